"""The figures that no sum can say, worked out from the warehouse and written into its one number store.

Belongs here: which figures are due, from which rows, and writing them. Does not belong here: the statistics
(`durations.py`, `change.py`), and what may leave (`publication/`).

dbt makes `metrics.fct_metric_values` with a row for each planned figure; those of a metric whose `method` is
not `sums` are empty until `fill_store` has run. It may run again: the same warehouse gives the same figures.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import floor

import duckdb
import pyarrow as pa

from dagster_project.settings import FlicError, Settings
from dagster_project.statistics.change import hodges_lehmann, tipping_point
from dagster_project.statistics.durations import (
    AtTime,
    Observed,
    incidence,
    median_incidence,
    median_survival,
    survival,
)

DAYS_A_MONTH = 30.4375
TOO_EARLY = "too early to say: nobody can have been followed for so long yet"
# That it is none and not a few is a count of people: what is published says the same of both.
NOBODY_LEFT = "too few to say: nobody has been followed for so long"
NOT_REACHED = "too early: fewer than half so far"
NO_CHANGE_TO_UNDO = "nothing to undo"
SETTING = "change_coverage_minimum_percent"
PAIRED = "paired_change"
# Breakdowns by what the two readings are: coverage is asked of everybody, whichever way they went.
WHAT_A_PAIR_SAYS = ("direction", "headroom")
# Categories that only say who has two readings: told however few they are.
COVERAGE = frozenset({"no_pair", "with_pair", "without_pair"})
PEOPLE_SETTING = "mean_people_minimum"
START_SETTING = "programme_start"
# The breakdown by half-year of the first start, as in `2014-H2`.
COHORT = "start_cohort"
# What names a planned table of one period.
TABLE = ("metric_id", "measure", "period_type", "period_end", "dimension_1", "dimension_2")

_Row = Mapping[str, object]


class StatisticsError(FlicError):
    """Figures could not be worked out; nothing may be published from this warehouse."""


@dataclass(frozen=True)
class Method:
    """How the metrics of one method are worked out."""

    time_breakdown: str
    days: Callable[[str], float]
    """A category of the time breakdown in days."""
    at_times: Callable[[Sequence[Observed], Sequence[float]], list[AtTime]]
    median: Callable[[Sequence[Observed]], float | None]
    unit_days: float
    """Days in the unit of the median."""


METHODS = {
    "kaplan_meier": Method(
        "support_months",
        lambda months: floor(int(months) * DAYS_A_MONTH + 0.5),
        survival,
        median_survival,
        DAYS_A_MONTH,
    ),
    "cumulative_incidence": Method("within_days", float, incidence, median_incidence, 1),
}


@dataclass(frozen=True)
class _Worked:
    """What is written into one row of the store."""

    value: float | None
    lower: float | None
    upper: float | None
    denominator: float | None
    people: int
    note: str


def fill_store(settings: Settings) -> int:
    """Work out every planned figure that is not a sum and write it; returns how many rows were written.

    Raises `StatisticsError` when the warehouse lacks a setting or a table; then nothing is written.
    """
    try:
        with duckdb.connect(str(settings.warehouse)) as warehouse:
            return _fill(warehouse)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise StatisticsError(f"statistics cannot be worked out from the warehouse: {reason}") from None


def contributions(metric_id: str) -> str:
    """SQL for the rows of a metric with the area of each: shared code looks that up, as for sums
    (`int_metric_contributions`)."""
    return (
        f"(select counted.*, coalesce(clients.area, 'not_known') as area from metrics.metric_{metric_id} as"
        " counted left join marts.dim_clients as clients on counted.client_key = clients.client_key)"
    )


def _fill(warehouse: duckdb.DuckDBPyConnection) -> int:
    due = _rows(
        warehouse,
        "select metric_id, measure, period_type, period_end, dimension_1, dimension_2, method"
        " from metrics.int_metric_figures_due where method <> 'sums' and note is null order by due_key",
    )
    least_share, least_people, programme_start = _asked_for(warehouse)
    cells: dict[tuple[object, ...], list[dict[str, object]]] = defaultdict(list)
    for row in _rows(
        warehouse,
        f"select {', '.join(TABLE)}, category_1, category_2 from metrics.fct_metric_values"
        " where metric_id in (select metric_id from metrics.int_metric_figures_due where method <> 'sums')",
    ):
        cells[tuple(row[column] for column in TABLE)].append(row)
    worked: dict[tuple[object, ...], _Worked] = {}
    by_metric: dict[str, list[dict[str, object]]] = defaultdict(list)
    for table in due:
        by_metric[str(table["metric_id"])].append(table)
    for metric_id, tables in by_metric.items():
        days: dict[object, _Day] = defaultdict(_Day)
        for row in _rows(warehouse, f"select * from {contributions(metric_id)}"):
            days[row["counted_on"]].rows.append(row)
        for table in tables:
            here = days[table["period_end"]]
            for cell in cells[tuple(table[column] for column in TABLE)]:
                found = (
                    _duration(METHODS[str(table["method"])], table, cell, here, programme_start)
                    if table["method"] in METHODS
                    else _change(table, cell, here, least_share, least_people)
                )
                if found is not None:
                    key = (
                        metric_id, table["measure"], table["period_type"], table["period_end"],
                        table["dimension_1"], cell["category_1"], table["dimension_2"], cell["category_2"],
                    )  # fmt: skip
                    worked[key] = found
    return _write(warehouse, worked)


@dataclass
class _Day:
    """The rows of a metric that count on one day."""

    rows: list[_Row] = field(default_factory=list)
    _groups: dict[tuple[str, ...], dict[tuple[object, ...], list[_Row]]] = field(default_factory=dict)

    def within(self, table: _Row, cell: _Row, without: Collection[str] = ()) -> list[_Row]:
        """The rows of a cell, whatever the breakdowns `without` say."""
        places = [place for place in (1, 2) if table[f"dimension_{place}"] not in ("", *without)]
        dimensions = tuple(str(table[f"dimension_{place}"]) for place in places)
        if dimensions not in self._groups:
            groups = self._groups[dimensions] = defaultdict(list)
            for row in self.rows:
                groups[tuple(row[dimension] for dimension in dimensions)].append(row)
        return self._groups[dimensions].get(tuple(cell[f"category_{place}"] for place in places), [])


def _asked_for(warehouse: duckdb.DuckDBPyConnection) -> tuple[float, int, date]:
    """What a figure of change must rest on (the least share of people, from 0 to 1, and the least number),
    and the first day of the programme."""
    found = dict(warehouse.execute("select setting, value from reference.programme_settings").fetchall())
    for setting in (SETTING, PEOPLE_SETTING, START_SETTING):
        if setting not in found:
            raise StatisticsError(f"programme_settings.csv must give {setting}; statistics need it.")
    return float(found[SETTING]) / 100, int(found[PEOPLE_SETTING]), date.fromisoformat(found[START_SETTING])


def _duration(
    method: Method,
    table: _Row,
    cell: _Row,
    day: _Day,
    programme_start: date,
) -> _Worked:
    own = day.within(table, cell, (method.time_breakdown,))
    observed = [Observed(float(str(row["amount"])), str(row["outcome"])) for row in own]
    people = len({row["client_key"] for row in own})
    if table["measure"] == "median":
        median = method.median(observed)
        return _Worked(
            value=None if median is None else median / method.unit_days,
            lower=None,
            upper=None,
            denominator=len(observed),
            people=people,
            note=NOT_REACHED if observed and median is None else "",
        )
    place = 1 if table["dimension_1"] == method.time_breakdown else 2
    time = method.days(str(cell[f"category_{place}"]))
    [found] = method.at_times(observed, [time])
    note = ""
    if observed and found.value is None:
        first = _first_day(str(cell[f"category_{3 - place}"]), str(table[f"dimension_{3 - place}"]))
        last = date.fromisoformat(str(table["period_end"]))
        note = TOO_EARLY if max(programme_start, first) + timedelta(days=time) > last else NOBODY_LEFT
    return _Worked(
        value=found.value,
        lower=found.lower,
        upper=found.upper,
        denominator=found.at_risk,
        people=people,
        note=note,
    )


def _first_day(category: str, dimension: str) -> date:
    """The first day on which anybody of a category can have started."""
    if dimension != COHORT or "-H" not in category:
        return date.min
    year, half = category.split("-H")
    return date(int(year), 1 if half == "1" else 7, 1)


def _change(
    table: _Row,
    cell: _Row,
    day: _Day,
    least_coverage: float,
    least_people: int,
) -> _Worked | None:
    """The typical change and the tipping point; sums stay unless too few people have a pair."""
    if not COVERAGE.isdisjoint((cell["category_1"], cell["category_2"])):
        return None
    own = day.within(table, cell, WHAT_A_PAIR_SAYS)
    changes = [float(str(row["amount"])) for row in own if row["amount"] is not None]
    with_pair = len({row["client_key"] for row in own if row["amount"] is not None})
    eligible = len({row["client_key"] for row in own})
    note = ""
    value: float | None
    if eligible and with_pair < least_coverage * eligible:
        value, note = None, f"fewer than {100 * least_coverage:.0f} % of the people have two to compare"
    elif eligible and with_pair < least_people:
        value, note = None, f"fewer than {least_people} people have two to compare"
    elif table["measure"] in ("count", "mean", "share"):
        return None
    elif table["measure"] == "median":
        value = hodges_lehmann(changes)
    else:
        mean = sum(changes) / len(changes) if changes else 0.0
        value = tipping_point(mean, with_pair, eligible - with_pair)
        note = NO_CHANGE_TO_UNDO if changes and value is None else ""
    return _Worked(value, None, None, eligible, with_pair, note)


def _write(warehouse: duckdb.DuckDBPyConnection, worked: Mapping[tuple[object, ...], _Worked]) -> int:
    columns = (
        "metric_id", "measure", "period_type", "period_end", "dimension_1", "category_1", "dimension_2",
        "category_2",
    )  # fmt: skip
    warehouse.execute("begin")
    warehouse.execute(
        "create temporary table worked (metric_id varchar, measure varchar, period_type varchar,"
        " period_end date, dimension_1 varchar, category_1 varchar, dimension_2 varchar, category_2 varchar,"
        " value double,"
        " lower double, upper double, denominator double, people bigint, note varchar)"
    )
    rows = [[*key, *vars(one).values()] for key, one in worked.items()]
    if rows:
        # One statement for each row would take seconds.
        columns_of = {str(number): list(column) for number, column in enumerate(zip(*rows, strict=True))}
        warehouse.register("found", pa.table(columns_of))
        warehouse.execute("insert into worked select * from found")
        warehouse.unregister("found")
    same = " and ".join(f"store.{column} = worked.{column}" for column in columns)
    warehouse.execute(
        "update metrics.fct_metric_values as store set value = worked.value, lower = worked.lower,"
        " upper = worked.upper, denominator = worked.denominator, people = worked.people,"
        " numerator = case when worked.value is null then null else store.numerator end,"
        f" note = nullif(worked.note, '') from worked where {same}"
    )
    warehouse.execute("drop table worked")
    warehouse.execute("commit")
    return len(rows)


def _rows(warehouse: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[dict[str, object]]:
    result = warehouse.execute(query, list(parameters))
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
