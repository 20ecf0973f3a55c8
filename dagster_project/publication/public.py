"""The public file: what anyone may read of an approved release, taken from it by filtering alone.

Belongs here: which tables, rows and year ends the public file has. Does not belong here: how a figure is made
safe (it is already), when the file is written and served (`approval.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from dagster_project.publication.plan import PublicationError
from dagster_project.publication.releases import Table

# What the partnership writes, how good its data are, and what moved since the last release are for those who
# answer for them. The tables stay, empty, so that the same dashboards open the file.
LEFT_EMPTY = (
    "data_quality_issues", "evidence", "figure_changes", "hypotheses", "source_status", "spg_items",
    "system_changes", "triangulation_gaps",
)  # fmt: skip
AS_THEY_ARE = ("reference_categories", "reference_settings", "reference_wording")
PLANNED = ("metric_id", "measure", "period_type", "dimension_1", "dimension_2")


def public_tables(tables: Sequence[Table]) -> list[Table]:
    """The tables of the public file but for `release`; none where no public figure ends a year.

    A table that is not named in this module is not in the file, until somebody decides on it here.
    """
    by_name = {table.name: table for table in tables}
    first_month = _first_month(by_name["reference_settings"])
    plan = _kept(by_name["reference_plan"], lambda row: row["audience"] == "public")
    planned = {_table_of(row) for row in plan.as_dicts()}
    figures = _kept(
        by_name["metric_values"],
        lambda row: ends_a_year(row["period_end"], first_month) and _table_of(row) in planned,
    )
    if not figures.rows:
        return []
    metrics = {row["metric_id"] for row in figures.as_dicts()}
    return [
        figures,
        plan,
        _kept(by_name["metric_definitions"], lambda row: row["metric_id"] in metrics),
        # Quarters too: they are what a reader chooses a day by.
        _kept(by_name["reference_periods"], lambda row: ends_a_year(row["period_end"], first_month)),
        *(by_name[name] for name in AS_THEY_ARE),
        *(replace(by_name[name], rows=()) for name in LEFT_EMPTY),
    ]


def ends_a_year(day: object, first_month: int) -> bool:
    """Whether a day is the last of a programme's year, which begins in `first_month`."""
    morrow = day + timedelta(days=1) if isinstance(day, date) else None
    return morrow is not None and (morrow.month, morrow.day) == (first_month, 1)


def _first_month(settings: Table) -> int:
    for row in settings.as_dicts():
        if row["setting"] == "financial_year_start_month":
            return int(str(row["value"]))
    raise PublicationError("programme_settings.csv must give financial_year_start_month for the public file.")


def _table_of(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[column] for column in PLANNED)


def _kept(table: Table, keep: Callable[[dict[str, object]], bool]) -> Table:
    rows = zip(table.rows, table.as_dicts(), strict=True)
    return replace(table, rows=tuple(row for row, named in rows if keep(named)))
