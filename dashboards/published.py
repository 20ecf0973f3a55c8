"""The published file: which one is served, whether it is what was published, and the one query for figures.

Belongs here: `current.json`, verification, the locked DuckDB connection, `Publication.figures`. Does not
belong here: wording, drawing, anything of Streamlit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

# The file is data from another process: it may not read files, load extensions or change these settings.
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


class NotServable(Exception):
    """A release that is missing, altered or unreadable; the text says which, in words for the page."""


@dataclass(eq=False)
class Withdrawn(Exception):
    """A folder that was served and is no longer, by what its `current.json` tells; '' and None for what it
    does not say. `as_at` is the last day that it told of."""

    area: str
    programme_name: str
    audience: str
    as_at: date | None
    since: datetime | None


@dataclass(frozen=True)
class Release:
    """The one row of `release` (times in UTC)."""

    release_id: str
    as_at: date
    created_at: datetime
    status: str
    programme_name: str
    synthetic: bool
    software_version: str
    refresh_interval_days: int
    stale_after_days: int
    audience: str = "spg"
    approved_by: str = ""
    area: str = ""
    """In words, the one area that the file is about; '' for the programme."""


@dataclass(frozen=True)
class Figure:
    """One published cell: a row of `metric_values` (the specification of publication).

    `categories` maps each breakdown of the cell to its category; empty for a figure about everyone. `value`
    and what goes with it is None where `mark` stands (`c` withheld, `z` not applicable, `x` not available,
    `m` too early). Shares are per cent; `unit` and `counts` are the metric's (`GBP`, `days`; `people`,
    `entries`). `is_of_management`: nothing in its file is rounded, the people included. `rounded_to` are the
    pounds that money is rounded to; 0 where it is as it is, or no money.
    """

    metric_id: str
    measure: str
    period_type: str
    period_start: date
    period_end: date
    categories: dict[str, str]
    value: float | None
    lower: float | None
    upper: float | None
    numerator: float | None
    denominator: float | None
    people: int | None
    mark: str
    exact: bool
    note: str
    unit: str = ""
    counts: str = ""
    is_of_management: bool = False
    rounded_to: float = 0

    @property
    def is_money(self) -> bool:
        """Pounds: totals always; means and medians by the unit of their metric."""
        return self.measure == "total_gbp" or (self.measure in ("mean", "median") and self.unit == "GBP")

    def category(self, dimension: str) -> str:
        """The category in one breakdown; '' when the cell is not broken down by it."""
        return self.categories.get(dimension, "")


@dataclass(frozen=True)
class Period:
    """A row of `reference_periods`; `end` is the last day shown."""

    period_type: str
    start: date
    end: date
    is_complete: bool


FIGURE_COLUMNS = (
    "metric_id, measure, period_type, period_start, period_end, dimension_1, category_1, dimension_2, "
    "category_2, "
    "value, lower, upper, numerator, denominator, people, mark, exact, note"
)


class Publication:
    """One verified release, opened read-only and locked; safe to share between sessions."""

    def __init__(self, path: Path) -> None:
        """Open `path`; raises NotServable when it is not a publication."""
        # What was asked of this one file, of one release for one audience; gone with it.
        self._found: dict[tuple[object, ...], list[dict[str, Any]]] = {}
        self._tables: dict[tuple[str, str, str, frozenset[str]], tuple[Figure, ...]] = {}
        try:
            self._connection = duckdb.connect(str(path), read_only=True, config=LOCKED)
            row = self._rows("select * from release")[0]
            self._order = {
                (r["dimension"], r["category"]): (r["sort_order"], r["label"])
                for r in self._rows("select * from reference_categories")
            }
            words = self._rows("select * from metric_definitions order by label, metric_id")
            self._definitions = {r["metric_id"]: {k: v or "" for k, v in r.items()} for r in words}
            self._planned = {
                (
                    r["metric_id"],
                    r["measure"],
                    r["period_type"],
                    frozenset((r["dimension_1"], r["dimension_2"])) - {""},
                )
                for r in self._rows("select * from reference_plan")
            }
            self._rows(f"select {FIGURE_COLUMNS} from metric_values limit 0")
        except (duckdb.Error, IndexError) as error:
            raise NotServable(f"{path.name} cannot be read as a publication") from error
        self.path = path
        self.release = Release(
            release_id=row["release_id"],
            as_at=row["as_at"],
            created_at=row["created_at"].replace(tzinfo=UTC),
            status=row["status"],
            programme_name=row["programme_name"],
            synthetic=row["synthetic"],
            software_version=row["software_version"],
            refresh_interval_days=row["refresh_interval_days"],
            stale_after_days=row["stale_after_days"],
            audience=row["audience"],
            approved_by=row.get("approved_by") or "",
            # A release made before there were areas does not say.
            area=row.get("area") or "",
        )
        has_areas = self.release.area or any("area" in dimensions for *_, dimensions in self._planned)
        self.places = "area" if has_areas else "borough"
        """The breakdown by place: areas of a programme that has several, else boroughs."""

    def figures(
        self,
        metric_id: str,
        measure: str,
        period_type: str,
        dimensions: Sequence[str] = (),
        period_end: date | None = None,
        **categories: str,
    ) -> list[Figure]:
        """The cells of one published table, by period and then in the order of the category lists.

        `dimensions` are the breakdowns of the table in any order (at most two); `categories` keeps the
        cells of one category of a breakdown (`borough="camden"`) and adds that breakdown to `dimensions`.
        An empty list means that the table was not published, never that the count is nil.
        """
        table = self._table(metric_id, measure, period_type, frozenset((*dimensions, *categories)))
        kept = [
            f
            for f in table
            if (period_end is None or f.period_end == period_end)
            and all(f.category(d) == c for d, c in categories.items())
        ]
        return sorted(
            kept, key=lambda f: (f.period_end, *[self._sort_key(d, f.category(d)) for d in dimensions])
        )

    def latest(
        self,
        metric_id: str,
        measure: str,
        period_type: str,
        dimensions: Sequence[str] = (),
        *,
        on: date,
        **categories: str,
    ) -> list[Figure]:
        """A table that describes a day, as it was last released on or before `on`; its cells have that date.

        A breakdown is not released for every day (the batch rule): the last one stands until the next.
        Tables of months, quarters and years are those that end `on`.
        """
        if period_type not in ("as_at", "programme"):
            return self.figures(metric_id, measure, period_type, dimensions, on, **categories)
        found = self.figures(metric_id, measure, period_type, dimensions, None, **categories)
        last = max((f.period_end for f in found if f.period_end <= on), default=on)
        return [f for f in found if f.period_end == last]

    def figure(
        self, metric_id: str, measure: str, period_type: str, period_end: date, **categories: str
    ) -> Figure | None:
        """One cell, or None where the plan publishes no such cell."""
        found = self.figures(metric_id, measure, period_type, (), period_end, **categories)
        return found[0] if found else None

    def plans(self, metric_id: str, measure: str, period_type: str, dimensions: Sequence[str] = ()) -> bool:
        """Whether this file may hold a table at all: what its audience may not see is not missing from it."""
        return (metric_id, measure, period_type, frozenset(dimensions)) in self._planned

    def label(self, dimension: str, category: str) -> str:
        """A category in the programme's words; the code itself where the list has none."""
        return self._order.get((dimension, category), (0, category))[1] or category

    def categories(self, dimension: str) -> list[str]:
        """The categories of a breakdown in their fixed order."""
        return [c for d, c in sorted(self._order, key=lambda key: self._sort_key(*key)) if d == dimension]

    def periods(self, period_type: str) -> list[Period]:
        """The periods of one type, oldest first."""
        rows = self._rows("select * from reference_periods where period_type = ?", period_type)
        periods = [
            Period(r["period_type"], r["period_start"], r["period_end"], r["is_complete"]) for r in rows
        ]
        return sorted(periods, key=lambda p: (p.end, p.start))

    def definitions(self) -> dict[str, dict[str, str]]:
        """The words of every metric by `metric_id`, in alphabetical order of label."""
        return self._definitions

    def settings(self) -> dict[str, str]:
        """The programme's and the disclosure settings, as text."""
        return {r["setting"]: r["value"] for r in self._rows("select setting, value from reference_settings")}

    def wording(self) -> dict[str, str]:
        """The programme's own words by term."""
        return {r["term"]: r["label"] for r in self._rows("select term, label from reference_wording")}

    def source_status(self) -> list[dict[str, Any]]:
        """One row an export: when it came and what became of its rows."""
        return self._rows("select * from source_status order by label, export")

    def never_came(self, export: str) -> bool:
        """Whether an export never came: what rests on it is empty, which is not nil."""
        return any(row["export"] == export and not row["ever_received"] for row in self.source_status())

    def data_quality_issues(self) -> list[dict[str, Any]]:
        """Rules that found something, with counts of rows (None where `mark` is `c`)."""
        return self._rows("select * from data_quality_issues order by severity, export, rule")

    def data_quality_lists(self) -> list[dict[str, Any]]:
        """What is to be mended, record by record, by pseudonym; only management's file has these lists."""
        return self._rows("select * from data_quality_lists order by day, client_key, export, record, rule")

    def system_changes(self, on: date) -> list[dict[str, Any]]:
        """The partnership's log as it was known at the end of a day, oldest first."""
        return self._written("system_changes", "raised_date", "change_id", on)

    def spg_items(self, on: date) -> list[dict[str, Any]]:
        """What the partnership's group was asked, as it was known at the end of a day, oldest first.

        `stage` follows the rule of `spg_item_age`: what was done is done, also if no decision is dated.
        """
        items = self._written("spg_items", "raised_date", "item_id", on)
        for item in items:
            decided = "decided" if item["decided_date"] else "waiting"
            item["stage"] = "actioned" if item["actioned_date"] else decided
            if item["stage"] == "waiting":
                item["decision"] = None
        return items

    def hypotheses(self) -> list[dict[str, Any]]:
        """The register of hypotheses by cycle: it has no dates, so it is as it stands in the release."""
        return self._rows("select * from hypotheses order by cycle, hypothesis_id")

    def evidence(self, on: date) -> list[dict[str, Any]]:
        """What was gathered about the hypotheses by the end of a day."""
        return self._written("evidence", "gathered_date", "evidence_id", on)

    def triangulation_gaps(self) -> list[dict[str, Any]]:
        """Whose account of a hypothesis was missing in a cycle, at the release's as-at day."""
        return self._rows("select * from triangulation_gaps order by cycle, hypothesis_id, source_type")

    def figure_changes(self) -> list[dict[str, Any]]:
        """Figures that the release before had with another value, interval, denominator or mark."""
        return self._rows("select * from figure_changes order by all")

    def cells(self) -> tuple[int, int]:
        """How many figures the release holds, and how many of them are withheld or not available."""
        [row] = self._rows("select count(*) as every, count(value) as shown from metric_values")
        return row["every"], row["every"] - row["shown"]

    def _written(self, table: str, day: str, key: str, on: date) -> list[dict[str, Any]]:
        rows = self._rows(f"select * from {table} where {day} <= ? order by {day}, {key}", on)
        # What happened afterwards was not known on the day.
        return [
            {name: None if isinstance(value, date) and value > on else value for name, value in row.items()}
            for row in rows
        ]

    def _table(
        self, metric_id: str, measure: str, period_type: str, dimensions: frozenset[str]
    ) -> tuple[Figure, ...]:
        """All cells of one table, in no order."""
        name = (metric_id, measure, period_type, dimensions)
        if name not in self._tables:
            found = self._ask(
                f"select {FIGURE_COLUMNS} from metric_values where metric_id = ? and measure = ? and "
                "period_type = ? "
                "and list_sort(list_filter([dimension_1, dimension_2], lambda d: d <> '')) = ?",
                metric_id,
                measure,
                period_type,
                sorted(dimensions),
            )
            words = self._definitions.get(metric_id, {})
            of_management = self.release.audience == "management"
            self._tables[name] = tuple(
                self._rounded(_figure(row, words.get("unit", ""), words.get("counts", ""), of_management))
                for row in found
            )
        return self._tables[name]

    def _rounded(self, figure: Figure) -> Figure:
        as_it_is = figure.exact or figure.is_of_management or figure.counts == "entries"
        if as_it_is or not figure.is_money:
            return figure
        kind = "total" if figure.measure == "total_gbp" else "mean"
        return replace(figure, rounded_to=float(self.settings().get(f"money_{kind}_rounding_gbp", "0")))

    def _sort_key(self, dimension: str, category: str) -> tuple[int, str]:
        order, _label = self._order.get((dimension, category), (10_000, ""))
        return (order, category)

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a query, the caller's to change; the file is asked once, for it does not change."""
        asked = (query, *values)
        if asked not in self._found:
            self._found[asked] = self._ask(query, *values)
        return [row.copy() for row in self._found[asked]]

    def _ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        # A cursor a query: DuckDB connections are not shared between threads, cursors of one database may be.
        with self._connection.cursor() as cursor:
            result = cursor.execute(query, values)
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _figure(row: dict[str, Any], unit: str, counts: str, of_management: bool) -> Figure:
    pairs = ((row["dimension_1"], row["category_1"]), (row["dimension_2"], row["category_2"]))
    plain: dict[str, Any] = {k: v for k, v in row.items() if not k.startswith(("dimension_", "category_"))}
    plain["mark"], plain["note"] = row["mark"] or "", row["note"] or ""
    categories = {dimension: category for dimension, category in pairs if dimension}
    return Figure(**plain, categories=categories, unit=unit, counts=counts, is_of_management=of_management)


def releases(folder: Path) -> list[dict[str, Any]]:
    """The releases of a folder by their manifests, newest first; one that cannot be read is left out."""
    found = []
    for path in folder.glob("*.manifest.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            found.append(
                {
                    "release_id": str(manifest["release_id"]),
                    "as_at": date.fromisoformat(manifest["as_at"]),
                    "status": str(manifest["status"]),
                    "created_at": _moment(str(manifest["created_at"])),
                    "approved_by": str(manifest.get("approved_by") or ""),
                    "approved_at": _moment(str(manifest.get("approved_at") or "")),
                    "figures": int(manifest["tables"]["metric_values"]["rows"]),
                }
            )
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda r: (r["created_at"] or oldest, r["release_id"]), reverse=True)


@dataclass(frozen=True)
class Pack:
    """An approved return in the folder of releases; `states` are (state, who, when) in order."""

    name: str
    title: str
    period_end: date
    version: int
    release_id: str
    states: tuple[tuple[str, str, datetime | None], ...]
    files: tuple[Path, ...]


def packs(folder: Path) -> list[Pack]:
    """The approved returns beside the releases of a folder, newest period first; a damaged one is left out.

    A file that is not as its manifest says is not offered.
    """
    found = []
    for path in folder.glob("returns/*/*/v*/manifest.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            files = [path.with_name(Path(name).name) for name in manifest["files"]]
            for file in files:
                with file.open("rb") as content:
                    sha256 = hashlib.file_digest(content, "sha256").hexdigest()
                if sha256 != manifest["files"][file.name]["sha256"]:
                    raise ValueError(file.name)
            found.append(
                Pack(
                    name=str(manifest["return"]),
                    title=str(manifest["title"]),
                    period_end=date.fromisoformat(manifest["period_end"]),
                    version=int(manifest["version"]),
                    release_id=str(manifest["release"]["release_id"]),
                    states=tuple(
                        (str(step["state"]), str(step["by"]), _moment(str(step["at"])))
                        for step in manifest["states"]
                    ),
                    files=tuple(files),
                )
            )
    return sorted(found, key=lambda pack: (-pack.period_end.toordinal(), pack.title, -pack.version))


@dataclass(frozen=True)
class Served:
    """What one script run shows.

    `checked_at` is when a refresh last looked for new exports, also when there were none; `fallback` says
    why this is not the release that `current.json` names, '' when it is.
    """

    publication: Publication
    checked_at: datetime
    fallback: str = ""


class PublicationsFolder:
    """The folder of releases; remembers the last one that verified in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._last: Publication | None = None
        self._last_sha256 = ""
        self._last_state: tuple[int, int] | None = None

    def serve(self) -> Served | None:
        """The release that `current.json` names; a verified older one if that cannot be served; None if
        there is none. A newer one than it names was rolled back, and stays so. Raises `Withdrawn` where
        nothing is to be shown any more.

        Reads `current.json` once. Hashes a file once, not at every run, unless its time or size has changed.
        """
        with self._lock:
            named = None
            try:
                pointer = _pointer(self.folder / "current.json")
                named = _moment(pointer["created_at"])
                publication = self._open(pointer["file"], pointer["sha256"])
                return Served(publication, _moment(pointer["checked_at"]) or publication.release.created_at)
            except NotServable as reason:
                problem = str(reason)
            # A file that is gone is still open as it was verified; one that was changed is not trusted again.
            if (
                self._last is not None
                and _state(self._last.path) in (None, self._last_state)
                and not _is_later(self._last.release.created_at, named)
            ):
                return Served(self._last, self._last.release.created_at, problem)
            for entry in self._newest_first():
                if _is_later(_moment(entry["created_at"]), named):
                    continue
                try:
                    publication = self._open(entry["file"], entry["sha256"])
                    return Served(publication, publication.release.created_at, problem)
                except NotServable:
                    continue
        return None

    def _newest_first(self) -> list[dict[str, str]]:
        manifests = []
        for path in self.folder.glob("*.manifest.json"):
            with contextlib.suppress(NotServable):
                manifests.append(_pointer(path))
        return sorted(manifests, key=lambda entry: (entry["created_at"], entry["file"]), reverse=True)

    def _open(self, file_name: str, sha256: str) -> Publication:
        path = self.folder / file_name
        if path.parent != self.folder or path.suffix != ".duckdb":
            raise NotServable("current.json names something that is not a release")
        state = _state(path)
        if self._last is not None and (path, sha256, state) == (
            self._last.path,
            self._last_sha256,
            self._last_state,
        ):
            return self._last
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise NotServable(f"release {path.stem} is missing") from error
        if found != sha256:
            raise NotServable(f"release {path.stem} is not the file that was published")
        self._last, self._last_sha256, self._last_state = Publication(path), sha256, state
        return self._last


def _is_later(moment: datetime | None, than: datetime | None) -> bool:
    return moment is not None and than is not None and moment > than


def _state(path: Path) -> tuple[int, int] | None:
    """Time and size of a file, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _pointer(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if "withdrawn_at" in content:
            raise _withdrawn(content)
        times = {key: str(content.get(key) or "") for key in ("checked_at", "created_at")}
        return {"file": str(content["file"]), "sha256": str(content["sha256"])} | times
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotServable(f"{path.name} is missing or cannot be read") from error


def _withdrawn(content: dict[str, Any]) -> Withdrawn:
    told = {key: str(content.get(key) or "") for key in ("area", "programme_name", "audience")}
    as_at = content.get("as_at")
    return Withdrawn(
        **told,
        as_at=date.fromisoformat(as_at) if as_at else None,
        since=_moment(str(content["withdrawn_at"])),
    )


def _moment(text: str) -> datetime | None:
    """A UTC moment from ISO text; None where there is none or it cannot be read."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
