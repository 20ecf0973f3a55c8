"""The common data framework: one quarter's return about single people, for the national evaluation.

Belongs here: those of the rules CDF-1 to CDF-11 that are about the file (who is in which part, consent, 997
and 999, codes, totals), checked before anything is written. Does not belong here: who left, what was due and
what is known of a quarter (models of the schema `returns`), fields and codes (the mapping files). This return
is for the data lead alone: it is never served, and each step is logged.
"""

import csv
import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyzipper
import xlsxwriter

from dagster_project.ingestion.assets import latest_described_day, read_control
from dagster_project.ingestion.landing import Ledger
from dagster_project.ingestion.rejects import harmless
from dagster_project.publication.releases import (
    current_release,
    installed_version,
    list_releases,
    read_manifest,
)
from dagster_project.returns import versions
from dagster_project.returns.catalogue import CLIENT_LEVEL, ReturnError
from dagster_project.returns.versions import (
    Version,
    compared_by,
    compared_with,
    comparison,
    fingerprints,
    list_versions,
    next_number,
    write_version,
)
from dagster_project.returns.workbook import midnight
from dagster_project.settings import Settings

logger = logging.getLogger("flic")

NAME, TITLE = CLIENT_LEVEL, "Common data framework"
FIELDS, CODES = "framework_fields.csv", "framework_codes.csv"

UNREADABLE = "the warehouse cannot be read: refresh, and build the return when no refresh runs."

NOT_DONE, NOT_COLLECTED = 997, 999
PEOPLE, PREVIOUS, ONGOING = "Service User Record", "Previous Ongoing Service Use", "Ongoing Service Use"
# Where the items of a source are listed that a field may name; a list of the profile's own comes first.
ITEMS = {
    "need": ("need_domains.csv", "need_domain"),
    "accommodation": ("accommodation_types.csv", "type"),
    "service": ("services.csv", "service"),
    "before": ("services.csv", "service"),
}
INSTRUMENTS = {"NDT": "ndt", "HOS": "hos"}
PARTS = (PEOPLE, PREVIOUS, ONGOING, *INSTRUMENTS)
# All that leaves of somebody who did not consent (CDF-2), and the quarter that the row is about.
WITHOUT_CONSENT = ("AREA", "SUID", "QUARTER", "INCON", "MNSTART", "MNEND", "DEST")
ONLY_OF_LEAVERS = ("MNEND", "DEST")
SHORTEST_PASSWORD, FEWEST_SIGNS = 20, 8

Cell = str | int | float | date | None


@dataclass(frozen=True)
class Field:
    """A row of the mapping: where a target field of a part comes from, and which codes it may have.

    `source` is a column of `return_people`, `constant`, `date:<instrument>`, or `<measure>:<item>` of
    `return_measures`; `before:<service>` is the use in the quarter before the first start.
    """

    part: str
    name: str
    source: str
    code_list: str
    kind: str
    meaning: str


@dataclass(frozen=True)
class Layout:
    """The layout of one version: the fields of each part in order, and the codes by list and value."""

    version: str
    parts: Mapping[str, Sequence[Field]]
    codes: Mapping[str, Mapping[str, tuple[str, str]]]


@dataclass(frozen=True)
class People:
    """What the schema `returns` says up to a quarter: rows of people, assessments, and values by person.

    `people` are by (person, quarter end); `assessments` by (person, quarter end, instrument) as (day or None,
    due); `measures` by (person, quarter end, measure) as values by item.
    """

    people: Mapping[tuple[str, date], Mapping[str, Any]]
    assessments: Mapping[tuple[str, date, str], tuple[date | None, bool]]
    measures: Mapping[tuple[str, date, str], Mapping[str, float]]


@dataclass
class Made:
    """The rows of each part, and the counts that the data lead is told.

    `consents` is that of everybody who ever stood in a return, this one included; `refused` are all who do
    not consent now, in whichever part they may stand.
    """

    rows: dict[str, list[list[Cell]]]
    refused: set[str] = field(default_factory=set)
    consents: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


# --- the mapping ------------------------------------------------------------------------------------------


def read_mapping(settings: Settings) -> Layout:
    """The newest version of the profile's mapping files; raises `ReturnError` where it has none, and for a
    part, list or item that is none.

    An item that the programme does not have would leave as nil or as not collected of everybody.
    """
    items = {kind: _items(settings, name, column) for kind, (name, column) in ITEMS.items()}
    if not has_mapping(settings):
        raise ReturnError(
            f"{settings.profile} sends no {NAME}: it has no fields in {FIELDS}. Agree them with the"
            f" evaluators of this programme, then write them into {FIELDS} and {CODES} of its seeds."
        )
    rows = _rows(settings.seeds_dir / FIELDS)
    # A later version is a later block of rows; earlier ones stay, for the record.
    version = rows[-1]["version"]
    parts: dict[str, list[Field]] = {part: [] for part in PARTS}
    codes: dict[str, dict[str, tuple[str, str]]] = {}
    for row in _rows(settings.seeds_dir / CODES):
        if row["version"] == version:
            codes.setdefault(row["code_list"], {})[row["value"]] = (row["code"], row["meaning"])
    for row in rows:
        if row["version"] != version:
            continue
        made = Field(*(row[name] for name in ("part", "field", "source", "code_list", "kind", "meaning")))
        if made.part not in parts:
            raise ReturnError(f"{FIELDS}, {made.name}: parts are {', '.join(PARTS)}, not {made.part!r}.")
        if made.code_list and made.code_list not in codes:
            raise ReturnError(f"{FIELDS}, {made.name}: {CODES} has no list {made.code_list!r} in {version}.")
        kind, _, item = made.source.partition(":")
        if kind in items and item not in items[kind]:
            raise ReturnError(
                f"{FIELDS}, {made.name}: {ITEMS[kind][0]} of {settings.profile} has no {item!r}, so everybody"
                " would leave as not collected: agree the field with the evaluators, then correct its source."
            )
        parts[made.part].append(made)
    return Layout(version, parts, codes)


def has_mapping(settings: Settings) -> bool:
    """Whether the profile has agreed fields with evaluators, and can build this return."""
    path = settings.seeds_dir / FIELDS
    return path.exists() and bool(_rows(path))


def _items(settings: Settings, name: str, column: str) -> set[str]:
    own = settings.seeds_dir / name
    return {row[column] for row in _rows(own if own.exists() else settings.common_seeds_dir / name)}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: (cell or "").strip() for name, cell in row.items()} for row in csv.DictReader(file)]


# --- the rules --------------------------------------------------------------------------------------------


def make(mapping: Layout, known: People, end: date, consents_before: Mapping[str, str]) -> Made:
    """The parts of the return for the quarter that ends on `end`.

    `consents_before` is that of everybody in the returns of earlier quarters. Whoever consents now and did
    not then is back-filled: earlier quarters come again, whole, also those of somebody who has left since.
    """
    made = Made({part: [] for part in PARTS})
    now = {person: row for (person, quarter), row in known.people.items() if quarter == end}
    made.refused = {person for person, row in now.items() if row["consent"] != "yes"}
    backfilled = {
        person
        for person, row in now.items()
        if row["consent"] == "yes" and consents_before.get(person) == "no"
    }
    quarters = sorted({quarter for _, quarter in known.people if quarter <= end})
    for person in sorted(now):
        for quarter in quarters if person in backfilled else (end,):
            row = known.people.get((person, quarter))
            if row is not None:
                _one(made, mapping, known, person, quarter, row, consents=now[person]["consent"] == "yes")
    stand = {
        str(row[place])
        for part, rows in made.rows.items()
        for place in [_place(mapping, part, "SUID")]
        for row in rows
    }
    ever = consents_before.keys() | stand
    made.consents = dict(consents_before) | {p: now[p]["consent"] for p in sorted(ever & now.keys())}
    made.counts = {
        "in earlier returns": len(consents_before),
        "of them not in this one, for they left": len(consents_before.keys() - stand),
        "new": len(stand - consents_before.keys()),
        "in this return": len(stand),
        "of them with consent": len(stand - made.refused),
        "of them without consent (four fields alone)": len(stand & made.refused),
        "back-filled after late consent": len(backfilled),
        "no longer detailed, consent withdrawn": sum(
            consents_before.get(person) == "yes" for person in stand & made.refused
        ),
    }
    return made


def _place(mapping: Layout, part: str, name: str) -> int:
    return [each.name for each in mapping.parts[part]].index(name)


def _one(
    made: Made,
    mapping: Layout,
    known: People,
    person: str,
    quarter: date,
    row: Mapping[str, Any],
    *,
    consents: bool,
) -> None:
    """The rows of one person for one quarter, in each part that the rules let them stand in."""

    def of(part: str) -> list[Cell]:
        return [
            _cell(mapping, each, known, person, quarter, row, consents=consents)
            for each in mapping.parts[part]
        ]

    is_current = not row["is_after_leaving"]
    if is_current:
        made.rows[PEOPLE].append(of(PEOPLE))
    if not consents:
        return
    if is_current or (person, quarter, "service") in known.measures:
        made.rows[ONGOING].append(of(ONGOING))
    if not is_current:
        return
    if (person, _before(row["first_start"]), "service") in known.measures:
        made.rows[PREVIOUS].append(of(PREVIOUS))
    for part in INSTRUMENTS:
        made.rows[part].append(of(part))


def _cell(
    mapping: Layout,
    each: Field,
    known: People,
    person: str,
    quarter: date,
    row: Mapping[str, Any],
    *,
    consents: bool,
) -> Cell:
    if not consents and each.name not in WITHOUT_CONSENT:
        return NOT_COLLECTED
    if each.name in ONLY_OF_LEAVERS and row["left_on"] is None:
        return None
    kind, _, item = each.source.partition(":")
    value: object
    if kind == "date":
        made_on, is_due = known.assessments.get((person, quarter, item), (None, False))
        return made_on or (NOT_DONE if is_due else NOT_COLLECTED)
    if kind == "before":
        value = known.measures.get((person, _before(row["first_start"]), "service"), {}).get(item)
    elif kind == "accommodation":
        of_quarter = known.measures.get((person, quarter, kind))
        value = None if of_quarter is None else of_quarter.get(item, 0)
    elif kind == "need":
        answer = known.measures.get((person, quarter, kind), {}).get(item)
        value = None if answer is None else int(answer)
    elif item:
        value = known.measures.get((person, quarter, kind), {}).get(item)
    elif kind == "constant":
        value = kind
    else:
        value = row[kind]
    if each.code_list:
        # What the list does not know is not passed on under a code of our own.
        code, _ = mapping.codes[each.code_list].get(str(value), (str(NOT_COLLECTED), ""))
        return int(code) if code.isdecimal() else code
    if value is None:
        return NOT_COLLECTED
    assert isinstance(value, str | int | float | date)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _before(first_start: date) -> date:
    """The last day of the calendar quarter before the one that a day falls in."""
    return date(first_start.year, 3 * ((first_start.month - 1) // 3) + 1, 1) - timedelta(days=1)


def problems(mapping: Layout, made: Made) -> list[str]:
    """What would be wrong with the file, in words that name nobody; empty when it may be written."""
    found = []
    names = {part: [each.name for each in fields] for part, fields in mapping.parts.items()}
    for part, rows in made.rows.items():
        suid, quarter = names[part].index("SUID"), names[part].index("QUARTER")
        if len({(row[suid], row[quarter]) for row in rows}) < len(rows):
            found.append(f"{part}: somebody stands twice in one quarter")
        for place, each in enumerate(mapping.parts[part]):
            cells = [row[place] for row in rows]
            allowed = {code for code, _ in mapping.codes.get(each.code_list, {}).values()}
            is_wrong = {
                "date": lambda cell: not isinstance(cell, date) and cell not in (NOT_DONE, NOT_COLLECTED),
                "number": lambda cell: not isinstance(cell, int | float) or cell < 0,
                "code": lambda cell, allowed=allowed: str(cell) not in {*allowed, str(NOT_COLLECTED)},
                "text": lambda cell: not isinstance(cell, str) or not cell,
            }[each.kind]
            empty = each.name in ONLY_OF_LEAVERS
            wrong = sum(is_wrong(cell) for cell in cells if not (cell is None and empty))
            if wrong:
                found.append(f"{part}, {each.name}: {wrong} values are no {each.kind} of the mapping")
    people = made.rows[PEOPLE]
    shares = [n for n, each in enumerate(mapping.parts[PEOPLE]) if each.source.startswith("accommodation:")]
    over = 0
    for row in people:
        known = [c for n in shares if isinstance(c := row[n], int | float) and c != NOT_COLLECTED]
        over += sum(known) > 100 + 1e-9
    if over:
        found.append(
            f"{PEOPLE}: accommodation adds up to more than 100 per cent of the quarter in {over} rows;"
            " correct them at the source and refresh"
        )
    suid = names[PEOPLE].index("SUID")
    no = mapping.codes["consent"]["no"][0]
    more = [n for n, name in enumerate(names[PEOPLE]) if name not in WITHOUT_CONSENT]
    consent = names[PEOPLE].index("INCON")
    told = [row for row in people if row[suid] in made.refused]
    if any(row[n] != NOT_COLLECTED for row in told for n in more) or any(str(r[consent]) != no for r in told):
        found.append(f"{PEOPLE}: more than {', '.join(WITHOUT_CONSENT)} of somebody without consent")
    return found + [
        f"{part}: somebody without consent stands in it"
        for part in PARTS[1:]
        if made.refused & {row[names[part].index("SUID")] for row in made.rows[part]}
    ]


# --- the file ---------------------------------------------------------------------------------------------


def workbook(mapping: Layout, made: Made, about: Sequence[tuple[str, str]], moment: datetime) -> bytes:
    """The parts as sheets, a code book and what it rests on; the same rows give the same bytes."""
    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": TITLE, "created": moment})
    day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})

    def sheet(
        name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], wide: Sequence[int] = ()
    ) -> None:
        page = book.add_worksheet(name)
        page.freeze_panes(1, 0)
        for column in range(len(headings)):
            page.set_column(column, column, 60 if column in wide else 16)
        for column, heading in enumerate(headings):
            page.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(number, column, midnight(cell), day)
                elif isinstance(cell, int | float):
                    page.write_number(number, column, cell)
                elif cell is not None:
                    page.write_string(number, column, str(harmless(cell)))

    for part, fields in mapping.parts.items():
        sheet(part, [each.name for each in fields], made.rows[part])
    sheet(
        "Code book",
        ("part", "field", "meaning", "code", "code means"),
        [
            (each.part, each.name, each.meaning, code, meaning)
            for fields in mapping.parts.values()
            for each in fields
            for code, meaning in sorted(set(mapping.codes.get(each.code_list, {"": ("", "")}).values()))
        ],
        wide=(0, 1, 2, 4),
    )
    people = [(f"{name[:1].upper()}{name[1:]}", count) for name, count in made.counts.items()]
    sheet("About", ("what", "is"), [*about, ("People", None), *people], wide=(0, 1))
    book.close()
    return content.getvalue()


def sealed(content: bytes, file_name: str, password: bytes) -> bytes:
    """The file in a ZIP that is encrypted with AES-256; raises `ReturnError` for a weak password."""
    check_password(password)
    archive = io.BytesIO()
    with pyzipper.AESZipFile(
        archive, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as zipped:
        zipped.setpassword(password)
        zipped.writestr(file_name, content)
    return archive.getvalue()


def check_password(password: bytes) -> None:
    """Raise `ReturnError` for a password that could be found by trying."""
    signs = password.decode("utf-8", errors="replace")
    if len(signs) < SHORTEST_PASSWORD or len(set(signs)) < FEWEST_SIGNS:
        raise ReturnError(
            f"FLIC_RETURN_PASSWORD needs {SHORTEST_PASSWORD} characters at least, {FEWEST_SIGNS} of them"
            " different: whoever holds the file may try as many as they like."
        )


# --- building ---------------------------------------------------------------------------------------------


def build_framework(settings: Settings, end: date, *, by: str) -> tuple[Version, bool]:
    """Build the return for a quarter from the warehouse as it is now; False where the newest is the same.

    Consent is that of today's newest caseload. Raises `ReturnError` where newer files came than the warehouse
    knows, the quarter is not over, or a rule does not hold; nothing is written then.
    """
    if settings.return_password:
        check_password(settings.return_password)
    mapping = read_mapping(settings)
    logger.info("%s for the quarter up to %s, mapping %s", TITLE, end, mapping.version)
    existing = list_versions(settings, NAME, end)
    if existing:
        last = existing[-1]
        files, _ = make_files(settings, end, last.number, compared_by(settings, last))
        told = last.manifest["files"]
        is_sealed = any(name.endswith(".zip") for name in told)
        is_same = all(told.get(name) == made for name, made in fingerprints(files).items())
        if is_same and (is_sealed or not settings.return_password) and not versions.problems(last):
            return last, False
    number = next_number(settings, NAME, end)
    # Not a version of the same quarter: who consented late would be back-filled in the first of them alone.
    files, facts = make_files(settings, end, number, compared_with(settings, NAME, end, 0))
    counts = facts["counts"]
    logger.info("  %d people, %d with consent", facts["people"], counts["of them with consent"])
    if settings.return_password:
        [(name, content)] = files.items()
        # Not of the same bytes twice: it begins with chance.
        files[f"{name}.zip"] = sealed(content, name, settings.return_password)
    return write_version(settings, NAME, end, number, files, facts, by=by, at=datetime.now(UTC)), True


def differences(settings: Settings, version: Version) -> list[str]:
    """Whether the warehouse still gives a version; consent is today's, so a later warehouse may not."""
    if str(_release(settings)["release_id"]) != version.release_id:
        return [
            f"the warehouse has moved on from release {version.release_id}, and with it who consents: build"
            " the return anew"
        ]
    files, _ = make_files(settings, version.end, version.number, compared_by(settings, version))
    made, told = fingerprints(files), version.manifest["files"]
    other = sorted(name for name in made if made[name] != told.get(name))
    return [f"building it again gives other bytes of {', '.join(other)}"] if other else []


def make_files(
    settings: Settings, end: date, number: int, against: Version | None
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The workbook of one version, and what its manifest says of its making."""
    mapping = read_mapping(settings)
    release = _release(settings)
    known = read_people(settings, end)
    before: Mapping[str, str] = against.manifest["consents"] if against else {}
    made = make(mapping, known, end, before)
    if found := problems(mapping, made):
        raise ReturnError(f"{TITLE} for {end} was not written: {'; '.join(found)}.")
    moment = datetime.fromisoformat(str(release["created_at"])).astimezone(UTC).replace(tzinfo=None)
    about = [
        ("Quarter up to", str(end)),
        ("Release", str(release["release_id"])),
        ("Mapping", f"{mapping.version}; no specification of the framework is published beyond its rules"),
        ("999", "Not collected, not due, or no consent"),
        ("997", "Due and not done"),
        ("Compared with", str(against) if against else "no earlier return"),
    ]
    people = made.counts["in this return"]
    files = {f"{settings.profile}-{NAME}-{end}-v{number}.xlsx": workbook(mapping, made, about, moment)}
    facts: dict[str, Any] = {
        "title": TITLE,
        "aggregate": False,
        "profile": settings.profile,
        "release": {name: release[name] for name in ("release_id", "as_at", "inputs_sha256", "sha256")},
        "mapping": mapping.version,
        "people": people,
        "counts": made.counts,
        "consents": made.consents,
        "against": comparison(against),
        "software": {name: installed_version(name) for name in ("flic", "duckdb", "xlsxwriter")},
    }
    return files, facts


def read_people(settings: Settings, end: date) -> People:
    """The schema `returns` up to a quarter; raises `ReturnError` where it cannot be read or ends before."""
    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
            quarters = {
                day
                for (day,) in warehouse.execute(
                    "select period_end from marts.dim_periods where period_type = 'quarter' and is_complete"
                ).fetchall()
            }
            people = _dicts(warehouse, "select * from returns.return_people where quarter_end <= ?", end)
            assessments = _dicts(
                warehouse, "select * from returns.return_assessments where quarter_end <= ?", end
            )
            measures = _dicts(warehouse, "select * from returns.return_measures where quarter_end <= ?", end)
    except duckdb.Error as error:
        raise ReturnError(UNREADABLE) from error
    if end not in quarters:
        raise ReturnError(
            f"{end} is not the last day of a quarter that is over; the last whole quarters of the warehouse"
            f" end on {', '.join(str(day) for day in sorted(quarters)[-4:]) or 'no day yet'}."
        )
    by_measure: dict[tuple[str, date, str], dict[str, float]] = {}
    for row in measures:
        key = (row["client_key"], row["quarter_end"], row["measure"])
        by_measure.setdefault(key, {})[row["item"]] = row["amount"]
    return People(
        people={(row["client_key"], row["quarter_end"]): row for row in people},
        assessments={
            (row["client_key"], row["quarter_end"], row["instrument"]): (row["made_on"], row["is_due"])
            for row in assessments
        },
        measures=by_measure,
    )


def _dicts(warehouse: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[dict[str, Any]]:
    found = warehouse.execute(query, list(values))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _release(settings: Settings) -> dict[str, object]:
    """The approved release that holds the figures of the warehouse as it is; raises `ReturnError`.

    Not every warehouse has one: it may be of an earlier day, or of a refresh that failed before its checks.
    """
    try:
        as_at, known_by = read_control(settings)
    except OSError as error:
        raise ReturnError(UNREADABLE) from error
    newer = [load for load in Ledger(settings.landing).loads if load.known_from > known_by]
    if newer:
        raise ReturnError(
            f"{len(newer)} files came that the warehouse does not know, and consent is that of today: `flic"
            " refresh` without --known-by, then build the return."
        )
    if as_at < (latest := latest_described_day(settings, known_by)):
        raise ReturnError(
            f"the warehouse is as at {as_at}, and what is known reaches to {latest}: `flic refresh` without"
            " --as-at, then build the return."
        )
    current = current_release(settings.drafts)
    if current is None or current.checked_at < known_by.replace(microsecond=0):
        raise ReturnError(
            "the last refresh did not come to its checks: `flic refresh`, then build the return."
        )
    release_id = current.release_id
    served = current_release(settings.publications_dir)
    if served is None or served.release_id != release_id:
        is_approved = release_id in list_releases(settings.publications_dir)
        raise ReturnError(
            f"the warehouse is that of release {release_id}, which is "
            + (
                f"not the one served: `flic publications rollback {release_id}`"
                if is_approved
                else f"a draft: `flic publications approve {release_id} --by NAME`"
            )
            + ", then build the return."
        )
    return read_manifest(settings.publications_dir, release_id)
