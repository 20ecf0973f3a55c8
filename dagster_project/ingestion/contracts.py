"""The contract of each export, read from dbt's source definition, and how headers are matched with it.

What a column's values may be is typed and judged in SQL; here stand only the names, the aliases and what
happens to a value at the door.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Literal

import yaml

from dagster_project.settings import FlicError

Door = Literal["pseudonym_client", "pseudonym_worker", "age_band"]
DOORS: tuple[Door, ...] = ("pseudonym_client", "pseudonym_worker", "age_band")

# How far down a header is looked for; nobody puts more titles above it.
HEADER_SEARCH_ROWS = 50

LIKE_ENOUGH_TO_QUOTE = 0.7

# The same sign between the parts. The year never stands in the middle.
_DATE_FORMAT = re.compile(r"YYYY([/.-])(?:MM\1DD|DD\1MM)|DD([/.-])MM\2YYYY|MM([/.-])DD\3YYYY")


class ContractError(FlicError):
    """The contract, or a seed that maps a system to it, contradicts itself; the message says where."""


@dataclass(frozen=True)
class Column:
    """One column of an export, as far as ingestion needs to know it."""

    name: str
    type: str
    required: bool
    missing: frozenset[str]
    """Codes that mean "no value", in lower case."""
    door: Door | None
    at: str | None
    """For an age band: the column with the day at which the age counts."""
    listed: frozenset[str] | None
    """Where `unlisted: refuse_file` stands: every value and spelling a file may hold, comparable."""
    reaches_above: int | None
    """In a large file some value of these columns lies above this, or its form has another scale."""
    is_code: bool
    """Whether its texts are short codes and no names of organisations."""
    max_length: int | None
    is_fraction: bool
    """A number of which 50% is a half; of one that may reach 100 it is fifty."""

    @property
    def landed_name(self) -> str:
        """The name under which it lands: a birth year lands as an age band."""
        return "age_band" if self.door == "age_band" else self.name


@dataclass(frozen=True)
class Export:
    """One kind of file: its columns and the headers under which they may come."""

    name: str
    label: str
    is_delta: bool
    file_names: tuple[str, ...]
    """What its files' names begin with (`plain_name`), its own name first."""
    sheet: str | None
    header_row: int | None
    """The line of the header, 1 = first; None where it is found by its headers."""
    columns: tuple[Column, ...]
    headers: Mapping[str, Column]
    """Every accepted header, normalised."""

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns that every row must fill."""
        return tuple(column for column in self.columns if column.required)

    @property
    def form(self) -> str:
        """What the versions of its form are called: `star version`."""
        names = (column.name for column in self.columns if column.name.endswith("_version"))
        return next(names, "form version").replace("_", " ")

    def nearest_header(self, column: Column, headers: Iterable[str]) -> tuple[str, bool] | None:
        """Which of a file's headers looks most like a header of this column, if any does.

        With it, whether it may be quoted: what is less like a header may be a person's name.
        """
        known = [name for name, owner in self.headers.items() if owner is column]
        likeness = {
            header: max(SequenceMatcher(None, normal_header(header), name).ratio() for name in known)
            for header in headers
        }
        nearest = max(likeness, key=lambda header: likeness[header], default=None)
        if nearest is None or likeness[nearest] < 0.5:
            return None
        return nearest, likeness[nearest] >= LIKE_ENOUGH_TO_QUOTE


def normal_header(text: str) -> str:
    """A header without what systems vary: case, white space of any kind, underscores, hyphens."""
    # NFKC turns the no-break space, full-width letters and the like into their plain forms.
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if not sign.isspace() and sign not in "_-\u200b\ufeff")


def plain_name(text: str) -> str:
    """A file's name as names are compared: case, white space, hyphens and underscores do not matter."""
    return re.sub(r"[\s_-]+", "_", text.strip().casefold())


def count_matches(cells: Iterable[str], headers: Iterable[str]) -> int:
    """How many of the accepted (normalised) headers a row holds."""
    return len({normal_header(cell) for cell in cells} & set(headers))


def comparable(text: str) -> str:
    """A coded value as it is compared with lists (the macro of this name does the same in SQL)."""
    return text.lower().replace(" ", "_").replace("-", "_")


def load_contracts(
    path: Path,
    header_aliases: Path | None = None,
    export_sources: Path | None = None,
    value_spellings: Sequence[Path] = (),
) -> dict[str, Export]:
    """Read every export of the source `landing` from `path`, with what the seeds say of a programme's files.

    Raises `ContractError` where two columns of an export claim one header or two exports one file name, or
    an entry is not understood.
    """
    # The loader in C, where it is built in: 10 ms instead of 150 at each start.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe loaders
    [source] = [source for source in document["sources"] if source["name"] == "landing"]
    tables = {table["name"]: table for table in source["tables"]}
    exports = [name for name, table in tables.items() if "key" in _meta(table)]
    aliases = _partners_aliases(header_aliases, exports) if header_aliases else []
    sources = _sources(export_sources, exports) if export_sources else {}
    spellings = [
        row for seed in value_spellings for row in _rows(seed, "export", "column_name", "spelling", "value")
    ]
    contracts = {}
    for name in exports:
        partners = [(column, header) for export, column, header in aliases if export in (name, "*")]
        known = {column["name"] for column in tables[name]["columns"]}
        if unknown := {column for export, column, _ in aliases if export == name} - known:
            raise ContractError(f"header_aliases: {name} has no column {', '.join(sorted(unknown))}")
        contracts[name] = _export(
            tables[name],
            partners,
            [row for row in spellings if row["export"] in (name, "*")],
            sources.get(name, _Source()),
        )
    exports_by_file_name(contracts)
    return contracts


def exports_by_file_name(contracts: Mapping[str, Export]) -> dict[str, str]:
    """The export for each beginning of a file name; `ContractError` where two claim one."""
    owners: dict[str, str] = {}
    for export in contracts.values():
        for beginning in export.file_names:
            if owners.setdefault(beginning, export.name) != export.name:
                raise ContractError(
                    f"export_sources: files named {beginning!r} are claimed by {owners[beginning]} and by "
                    f"{export.name}"
                )
    return owners


def _meta(entry: Mapping[str, Any]) -> dict[str, Any]:
    return entry.get("config", {}).get("meta", {})


def _export(
    table: Mapping[str, Any],
    partners_aliases: list[tuple[str, str]],
    spellings: list[dict[str, str]],
    source: "_Source",
) -> Export:
    name, meta = table["name"], _meta(table)
    columns = tuple(_column(name, column["name"], _meta(column), spellings) for column in table["columns"])
    by_name = {column.name: column for column in columns}
    claims = [(column, column.name) for column in columns]
    for entry in table["columns"]:
        claims += [(by_name[entry["name"]], str(alias)) for alias in _meta(entry).get("aliases", [])]
    for column_name, header in partners_aliases:
        if column_name in by_name:
            claims.append((by_name[column_name], header))
    headers: dict[str, Column] = {}
    for column, header in claims:
        owner = headers.setdefault(normal_header(header), column)
        if owner is not column:
            raise ContractError(
                f"{name}: the header {header!r} is claimed by {owner.name} and by {column.name}"
            )
    return Export(
        name=name,
        label=meta.get("label", name),
        is_delta=(source.extract or meta.get("extract")) == "delta",
        file_names=(plain_name(name), *source.file_names),
        sheet=source.sheet,
        header_row=source.header_row,
        columns=columns,
        headers=headers,
    )


def _column(export: str, name: str, meta: Mapping[str, Any], spellings: list[dict[str, str]]) -> Column:
    door = meta.get("door")
    if door is not None and door not in DOORS:
        raise ContractError(f"{export}.{name}: unknown door {door!r}; known are {', '.join(DOORS)}")
    if meta.get("form", "code") != "code":
        raise ContractError(f"{export}.{name}: `form` can only be code")
    if door == "age_band" and not meta.get("at"):
        raise ContractError(f"{export}.{name}: an age band needs `at`, the column with its day")
    return Column(
        name=name,
        type=meta.get("type", "text_code"),
        required=bool(meta.get("required", False)),
        missing=frozenset(str(code).casefold() for code in meta.get("missing", [])),
        door=door,
        at=meta.get("at"),
        listed=_listed(export, name, meta, spellings),
        reaches_above=meta.get("reaches_above"),
        is_code=meta.get("form") == "code",
        max_length=meta.get("max_length"),
        is_fraction=meta.get("type") in ("number", "decimal", "integer") and meta.get("max") != 100,
    )


def _listed(
    export: str, name: str, meta: Mapping[str, Any], spellings: list[dict[str, str]]
) -> frozenset[str] | None:
    if "unlisted" not in meta:
        return None
    if meta["unlisted"] != "refuse_file" or not meta.get("allowed"):
        raise ContractError(f"{export}.{name}: `unlisted` can only be refuse_file, and needs `allowed`")
    known = [row["spelling"] for row in spellings if row["column_name"] in (name, meta.get("type"))]
    return frozenset(comparable(str(text)) for text in (*meta["allowed"], *known))


def _partners_aliases(path: Path, exports: list[str]) -> list[tuple[str, str, str]]:
    rows = [
        (row["export"], row["column_name"], row["header"])
        for row in _rows(path, "export", "column_name", "header")
    ]
    if unknown := {export for export, _, _ in rows} - {*exports, "*"}:
        raise ContractError(f"{path.name}: no such export: {', '.join(sorted(unknown))}")
    return rows


def _rows(seed: Path, *columns: str) -> list[dict[str, str]]:
    """The rows of a seed; raises `ContractError` where a column is missing."""
    with seed.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := set(columns) - set(reader.fieldnames or ()):
            raise ContractError(
                f"{seed.name} lacks the column {', '.join(sorted(missing))}: its first line must name"
                f" {', '.join(columns)}, with commas between (a spreadsheet may have put semicolons)"
            )
        return list(reader)


_SOURCE_COLUMNS = ("export", "team", "file_names", "sheet", "header_row", "date_format", "extract")


@dataclass(frozen=True)
class _Source:
    """How the programme's system sends an export, where it differs from the contract's usual way."""

    file_names: tuple[str, ...] = ()
    sheet: str | None = None
    header_row: int | None = None
    extract: str | None = None


def _sources(path: Path, exports: list[str]) -> dict[str, _Source]:
    """The seed `export_sources`. `date_format` is only checked here: staging reads the dates."""
    sources: dict[str, _Source] = {}
    for row in _rows(path, *_SOURCE_COLUMNS):
        export = row["export"]
        if export not in exports:
            raise ContractError(f"{path.name}: no such export: {export}")
        if export in sources:
            raise ContractError(f"{path.name}: {export} stands there twice; an export has one row")
        sources[export] = _source(f"{path.name}: {export}", row)
    return sources


def _source(place: str, row: Mapping[str, str | None]) -> _Source:
    given = {name: (text or "").strip() for name, text in row.items()}
    names = tuple(plain_name(name) for name in given["file_names"].split("|")) if given["file_names"] else ()
    if "" in names or "_" in names:
        raise ContractError(f"{place}: a beginning of a file name between `|` is empty")
    header_row = given["header_row"]
    if header_row and not (header_row.isdecimal() and 1 <= int(header_row) <= HEADER_SEARCH_ROWS):
        raise ContractError(
            f"{place}: header_row {header_row!r} is not the number of a row from 1 to {HEADER_SEARCH_ROWS}"
        )
    if date_format := given["date_format"]:
        if not _DATE_FORMAT.fullmatch(date_format):
            raise ContractError(
                f"{place}: date_format {date_format!r} is not YYYY, MM and DD, each once and the year first "
                "or last, with the same sign (/ . or -) between them"
            )
        if date_format == "YYYY-DD-MM":
            raise ContractError(f"{place}: dates of the form {date_format} cannot be told from ISO dates")
    if given["extract"] not in ("", "full", "delta"):
        raise ContractError(f"{place}: extract {given['extract']!r} is neither full nor delta")
    return _Source(
        names, given["sheet"] or None, int(header_row) if header_row else None, given["extract"] or None
    )
