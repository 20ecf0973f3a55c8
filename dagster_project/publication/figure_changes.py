"""What moved between two releases: figure, old, new, and the files that came or went in between.

Belongs here: comparing what two releases of one folder say, as their readers see it. A figure that is only in
one of them (a new period, a new metric) has not moved.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dagster_project.publication.plan import MetricDefinition
from dagster_project.publication.releases import Table

SAME_CELL = (
    "metric_id", "measure", "period_type", "period_start", "period_end", "dimension_1", "category_1",
    "dimension_2", "category_2",
)  # fmt: skip
# All of it is read as one figure: a share of other people under the same value has moved too.
SHOWN = ("value", "lower", "upper", "denominator")
COLUMNS = (
    ("metric_id", "VARCHAR"), ("measure", "VARCHAR"), ("period_type", "VARCHAR"), ("period_start", "DATE"),
    ("period_end", "DATE"), ("dimension_1", "VARCHAR"), ("category_1", "VARCHAR"), ("dimension_2", "VARCHAR"),
    ("category_2", "VARCHAR"),
    *((f"{time}_{name}", "DOUBLE" if name in SHOWN else "VARCHAR")
      for time in ("old", "new") for name in (*SHOWN, "mark")),
    ("previous_release_id", "VARCHAR"), ("because_of", "VARCHAR"),
)  # fmt: skip
NO_FILE = "no file: settings, definitions or software changed, or a day came from which a link holds"
# As many decimals as a reader of either file can see.
DECIMALS = 6


@dataclass(frozen=True)
class RestsOn:
    """A load that figures rest on: its export, the name of its file, and its extract date."""

    export: str
    file_name: str
    extract_date: date

    def for_reader(self, audience: str) -> str:
        """The file by its name for management; for everyone else by its export: a name may say anything."""
        if audience == "management":
            return self.file_name
        return f"{self.export} of {self.extract_date}"


def moved_by(
    before: Mapping[str, RestsOn], after: Mapping[str, RestsOn], definition: MetricDefinition, audience: str
) -> str:
    """The files that came or went between two releases, of the exports that a metric rests on."""
    came = [load for key, load in after.items() if key not in before and load.export in definition.exports]
    # A newer extract replaces the older: that one is named only where nothing came in its place.
    replaced = {load.export for load in came}
    went = [
        load
        for key, load in before.items()
        if key not in after and load.export in definition.exports and load.export not in replaced
    ]
    names = sorted({load.for_reader(audience) for load in came})
    names += sorted({f"{load.for_reader(audience)} (no longer counts)" for load in went})
    return "; ".join(names) or NO_FILE


def figure_changes(
    before: Iterable[Mapping[str, object]],
    after: Iterable[Mapping[str, object]],
    *,
    previous_release_id: str,
    because_of: Mapping[str, str],
) -> Table:
    """The table `figure_changes`: every figure that both releases have and that differs.

    `before` and `after` are rows of `metric_values`; `because_of` gives the files by metric. An empty
    `previous_release_id` means that there is no release before: nothing has moved.
    """
    old = {tuple(row[column] for column in SAME_CELL): row for row in before}
    rows: list[tuple[object, ...]] = []
    for row in after:
        key = tuple(row[column] for column in SAME_CELL)
        if key not in old:
            continue
        was, now = (_shown(figure) for figure in (old[key], row))
        if was != now:
            rows.append(
                (*key, *was, *now, previous_release_id, because_of.get(str(row["metric_id"]), NO_FILE))
            )
    return Table("figure_changes", COLUMNS, tuple(sorted(rows, key=repr)))


def _shown(figure: Mapping[str, object]) -> tuple[object, ...]:
    numbers = [figure[name] for name in SHOWN]
    rounded = [None if number is None else round(float(str(number)), DECIMALS) for number in numbers]
    return (*rounded, figure["mark"])


def as_manifest(loads: Mapping[str, RestsOn]) -> dict[str, Sequence[str]]:
    """The loads as they stand in the manifest of management's release."""
    return {
        key: (load.export, load.file_name, load.extract_date.isoformat())
        for key, load in sorted(loads.items())
    }


def from_manifest(loads: object) -> dict[str, RestsOn]:
    """The loads of a manifest; none for a release made before they were noted."""
    if not isinstance(loads, Mapping):
        return {}
    return {
        str(key): RestsOn(str(export), str(name), date.fromisoformat(str(day)))
        for key, (export, name, day) in loads.items()
    }
