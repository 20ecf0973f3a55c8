"""What publication reads of the warehouse: planned figures, their words, what came, and who is counted.

Belongs here: every question that publication asks of the warehouse. Does not belong here: which tables a
release has (`release_tables.py`), what becomes of the figures (`publish.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.publication.batches import Members
from dagster_project.publication.disclosure import ExactFigure, Payment, Rules
from dagster_project.publication.figure_changes import RestsOn
from dagster_project.publication.plan import (
    MetricDefinition,
    PlannedTable,
    PublicationError,
    read_definitions,
    read_plan,
)
from dagster_project.publication.releases import Table
from dagster_project.statistics.store import contributions

# Settings that explain figures; those that only steer the reading of exports stay behind.
PUBLISHED_SETTINGS = (
    "programme_name", "programme_start", "financial_year_start_month", "needs_threshold",
    "allowance_gbp_per_year", "budget_near_limit_gbp", "budget_year", "personal_budget_line",
    "star_interval_months", "star_pair_minimum_days",
    "data_are_synthetic", "refresh_interval_days", "stale_after_days", *(rule.name for rule in fields(Rules)),
)  # fmt: skip

FIGURES = (
    ("metric_id", "VARCHAR"), ("measure", "VARCHAR"), ("period_type", "VARCHAR"), ("period_start", "DATE"),
    ("period_end", "DATE"), ("dimension_1", "VARCHAR"), ("category_1", "VARCHAR"), ("dimension_2", "VARCHAR"),
    ("category_2", "VARCHAR"), ("value", "DOUBLE"), ("lower", "DOUBLE"), ("upper", "DOUBLE"),
    ("numerator", "DOUBLE"), ("denominator", "DOUBLE"), ("people", "BIGINT"), ("note", "VARCHAR"),
    ("standard_deviation", "DOUBLE"), ("largest", "DOUBLE"), ("second_largest", "DOUBLE"),
)  # fmt: skip
SOURCE_STATUS = (
    ("export", "VARCHAR"), ("label", "VARCHAR"), ("files_loaded", "BIGINT"), ("last_extract_date", "DATE"),
    ("last_received_at", "TIMESTAMP"), ("rows_loaded", "BIGINT"), ("rows_duplicate", "BIGINT"),
    ("rows_rejected", "BIGINT"), ("rows_skipped", "BIGINT"), ("ever_received", "BOOLEAN"),
)  # fmt: skip
PERIODS = (
    ("period_type", "VARCHAR"),
    ("period_start", "DATE"),
    ("period_end", "DATE"),
    ("is_complete", "BOOLEAN"),
)
CATEGORIES = (
    ("dimension", "VARCHAR"),
    ("category", "VARCHAR"),
    ("label", "VARCHAR"),
    ("sort_order", "BIGINT"),
)
SETTINGS = (("setting", "VARCHAR"), ("value", "VARCHAR"), ("note", "VARCHAR"))
ISSUES = (
    ("export", "VARCHAR"), ("rule", "VARCHAR"), ("severity", "VARCHAR"), ("wording", "VARCHAR"),
    ("rows", "BIGINT"),
)  # fmt: skip
# For management alone: what is to be mended, by pseudonym.
LISTS = (
    ("kind", "VARCHAR"), ("client_key", "VARCHAR"), ("export", "VARCHAR"), ("record", "VARCHAR"),
    ("source_file", "VARCHAR"), ("column_name", "VARCHAR"), ("rule", "VARCHAR"), ("wording", "VARCHAR"),
    ("guidance", "VARCHAR"), ("day", "DATE"), ("is_accepted", "BOOLEAN"),
)  # fmt: skip
# What the partnership writes to be read, in its own words: no case record, and nobody in it.
SYSTEM_CHANGES = (
    ("change_id", "VARCHAR"), ("raised_date", "DATE"), ("level", "VARCHAR"), ("sector", "VARCHAR"),
    ("theme", "VARCHAR"), ("practice_a", "VARCHAR"), ("practice_b", "VARCHAR"), ("practice_c", "VARCHAR"),
    ("dialogue_date", "DATE"), ("agreed_date", "DATE"), ("adopted_date", "DATE"), ("reviewed_date", "DATE"),
    ("still_in_place", "VARCHAR"),
)  # fmt: skip
SPG_ITEMS = (
    ("item_id", "VARCHAR"), ("raised_date", "DATE"), ("raised_by", "VARCHAR"), ("title", "VARCHAR"),
    ("owner_organisation", "VARCHAR"), ("decision", "VARCHAR"), ("decided_date", "DATE"),
    ("actioned_date", "DATE"), ("change_id", "VARCHAR"), ("metric_id", "VARCHAR"),
)  # fmt: skip
HYPOTHESES = (
    ("hypothesis_id", "VARCHAR"), ("cycle", "INTEGER"), ("statement", "VARCHAR"), ("context", "VARCHAR"),
    ("mechanism", "VARCHAR"), ("outcome", "VARCHAR"), ("status", "VARCHAR"),
)  # fmt: skip
EVIDENCE = (
    ("evidence_id", "VARCHAR"), ("hypothesis_id", "VARCHAR"), ("cycle", "INTEGER"), ("gathered_date", "DATE"),
    ("source_type", "VARCHAR"), ("participants", "INTEGER"), ("direction", "VARCHAR"), ("summary", "VARCHAR"),
)  # fmt: skip
TRIANGULATION_GAPS = (("hypothesis_id", "VARCHAR"), ("cycle", "INTEGER"), ("source_type", "VARCHAR"))
ACCEPTED_WARNINGS = (("export", "VARCHAR"), ("rule", "VARCHAR"), ("rows", "BIGINT"))


@dataclass(frozen=True)
class Warehouse:
    """What publication reads of the warehouse, once, so that the file is free again before the long work."""

    as_at: date
    known_by: datetime
    settings: dict[str, str]
    definitions: dict[str, MetricDefinition]
    plan: list[PlannedTable]
    figures: list[ExactFigure]
    issues: list[tuple[str, str, str, str, int]]
    accepted_warnings: Table
    lists: Table
    """What is to be mended, by pseudonym: for management's file and no other."""
    sources: Table
    loads: dict[str, RestsOn]
    """The loads that figures rest on, by `load_id`."""
    references: list[Table]
    """Tables that stand in both files as they are."""
    quarter_ends: frozenset[date]
    """The last days of the quarters, the part of one included."""

    def setting(self, name: str) -> str:
        """A setting that publication needs; raises `PublicationError` where the programme has none."""
        if name not in self.settings:
            raise PublicationError(
                f"programme_settings.csv must give {name}; nothing can be published without."
            )
        return self.settings[name]


def read_warehouse(path: Path) -> Warehouse:
    """Everything publication needs, from the warehouse opened read-only; raises `PublicationError`."""
    if not path.is_file():
        raise PublicationError(
            f"there is no warehouse at {path}: nothing can be published before it is built."
        )
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return _read(connection)
    except duckdb.Error as error:
        # Only the first line: what DuckDB adds below it can quote values.
        reason = str(error).splitlines()[0]
        raise PublicationError(f"the warehouse {path} cannot be read: {reason}") from None


def _read(connection: duckdb.DuckDBPyConnection) -> Warehouse:
    control = connection.execute("select as_at, known_by from landing.control").fetchall()
    if len(control) != 1:
        raise PublicationError(
            "landing.control must have one row: the day and the moment the figures are for."
        )
    definitions = _table(connection, "metric_definitions", "metrics.metric_definitions", None)
    known = read_definitions(definitions.as_dicts())
    plan = read_plan(_table(connection, "plan", "reference.publication_plan", None).as_dicts(), known)
    categories = _table(connection, "reference_categories", "metrics.metric_categories", CATEGORIES)
    settings = _table(connection, "reference_settings", "reference.programme_settings", SETTINGS)
    periods = _table(connection, "reference_periods", "marts.dim_periods", PERIODS)
    issues = _table(connection, "issues", "marts.fct_data_quality_issues", ISSUES)
    return Warehouse(
        as_at=control[0][0],
        known_by=control[0][1],
        settings={str(name): str(value) for name, value, _ in settings.rows},
        definitions=known,
        plan=plan,
        figures=_figures(
            connection, plan, {(dimension, category) for dimension, category, *_ in categories.rows}
        ),
        sources=_table(connection, "source_status", "marts.fct_source_status", SOURCE_STATUS),
        issues=list(issues.rows),  # pyright: ignore[reportArgumentType]
        accepted_warnings=_table(
            connection,
            "accepted_warnings",
            "(select export, rule, rows_accepted as rows from marts.fct_data_quality_issues"
            " where rows_accepted > 0)",
            ACCEPTED_WARNINGS,
        ),
        lists=_table(connection, "data_quality_lists", "metrics.fct_data_quality_lists", LISTS),
        loads={
            str(row["load_id"]): RestsOn(
                str(row["export"]), str(row["file_name"]), date.fromisoformat(str(row["extract_date"]))
            )
            for row in _table(
                connection,
                "loads",
                # A file of changes counts beside the later ones.
                "(select loads.load_id, loads.export, loads.file_name, loads.extract_date"
                " from marts.fct_loads as loads"
                " inner join staging.stg_exports as exports on loads.export = exports.export"
                " where loads.is_current"
                " or (exports.extract = 'delta' and loads.load_number is not null))",
                None,
            ).as_dicts()
        },
        quarter_ends=frozenset(
            date.fromisoformat(str(row["period_end"]))
            for row in periods.as_dicts()
            if row["period_type"] == "quarter"
        ),
        references=[
            definitions,
            categories,
            _table(
                connection,
                "reference_wording",
                "reference.wording",
                (("term", "VARCHAR"), ("label", "VARCHAR")),
            ),
            periods,
            replace(settings, rows=tuple(row for row in settings.rows if row[0] in PUBLISHED_SETTINGS)),
            *_written_by_the_partnership(connection),
        ],
    )


def _written_by_the_partnership(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """Its log, items, hypotheses and evidence, and whose account is missing: as at the as-at day."""
    day = "(select as_at from landing.control)"
    return [
        _table(
            connection,
            "system_changes",
            f"(select * from marts.fct_system_changes where raised_date <= {day})",
            SYSTEM_CHANGES,
        ),
        _table(
            connection,
            "spg_items",
            f"(select * from marts.fct_spg_items where raised_date <= {day})",
            SPG_ITEMS,
        ),
        # A hypothesis has no date: it is in the register or it is not.
        _table(connection, "hypotheses", "marts.fct_hypotheses", HYPOTHESES),
        _table(
            connection,
            "evidence",
            f"(select * from marts.fct_evidence where gathered_date <= {day})",
            EVIDENCE,
        ),
        # The mart itself looks at no evidence after the as-at day.
        _table(connection, "triangulation_gaps", "marts.fct_triangulation_gaps", TRIANGULATION_GAPS),
    ]


def _figures(
    connection: duckdb.DuckDBPyConnection,
    plan: Sequence[PlannedTable],
    categories: set[tuple[object, object]],
) -> list[ExactFigure]:
    """The rows of the planned tables; whatever else the warehouse holds stays there."""
    planned = {table.name: table for table in plan}
    figures = []
    for row in _table(connection, "figures", "metrics.fct_metric_values", FIGURES).as_dicts():
        pairs = (
            (row.pop("dimension_1"), row.pop("category_1")),
            (row.pop("dimension_2"), row.pop("category_2")),
        )
        categories_of = tuple(pair for pair in pairs if pair[0])
        figure = ExactFigure(categories=categories_of, **row)  # pyright: ignore[reportArgumentType]
        if figure.table not in planned:
            continue
        unknown = [
            dimension for dimension, category in figure.categories if (dimension, category) not in categories
        ]
        if unknown:
            raise PublicationError(
                f"{figure.metric_id} by {unknown[0]} has a category that is not in the list (categories.csv,"
                " need_domains.csv for a need, areas.csv for an area)."
            )
        figures.append(figure)
    missing = sorted(planned.keys() - {figure.table for figure in figures})
    if missing:
        raise PublicationError(f"the plan has {planned[missing[0]]}, the warehouse has no such figures.")
    return figures


def members(
    connection: duckdb.DuckDBPyConnection,
    metric_id: str,
    period_type: str,
    dimensions: Sequence[str],
    days: Sequence[date],
) -> Members:
    """Who is counted in a table on each of the days, and in which categories, by client.

    Contributions of a flow are counted from the start to the day, all others on their own day. A breakdown
    that the contributions do not have (needs, times) is the same for a person on every day.
    """
    relation = contributions(metric_id)
    columns = {str(row[0]) for row in connection.execute(f"describe select * from {relation}").fetchall()}
    [(timing,)] = connection.execute(
        "select timing from metrics.metric_definitions where metric_id = ?", [metric_id]
    ).fetchall()
    own = [f"coalesce(cast(people.{name} as varchar), '')" for name in dimensions if name in columns]
    word = f"concat_ws('|', {', '.join(own)})" if own else "''"
    counted = "people.counted_on <= days.day" if timing == "flow" else "people.counted_on = days.day"
    if "period_type" in columns:
        counted += " and people.period_type = ?"
    found = connection.execute(
        "select day, client_key, string_agg(word, ';' order by word) from ("
        f"select days.day, people.client_key, {word} as word"
        f" from {relation} as people cross join (select unnest(?) as day) as days"
        f" where {counted} and people.client_key is not null) group by all",
        [list(days), *([period_type] if "period_type" in columns else [])],
    ).fetchall()
    members: dict[date, dict[str, str]] = {day: {} for day in days}
    for day, client, categories in found:
        members[day][client] = categories
    return members


def payments(path: Path, metric_id: str) -> list[Payment]:
    """The contributions of a money metric, for sums that nobody precomputed."""
    with duckdb.connect(str(path), read_only=True) as connection:
        table = _table(connection, metric_id, contributions(metric_id), None)
    own = {"client_key", "counted_on", "amount"}
    return [
        Payment(
            client_key=str(row["client_key"]),
            counted_on=row["counted_on"],  # pyright: ignore[reportArgumentType]
            amount=float(row["amount"]),  # pyright: ignore[reportArgumentType]
            categories={name: str(value) for name, value in row.items() if name not in own},
        )
        for row in table.as_dicts()
    ]


def _table(
    connection: duckdb.DuckDBPyConnection, name: str, source: str, columns: tuple[tuple[str, str], ...] | None
) -> Table:
    """A table of the warehouse under another name; with `columns`, those alone in those types."""
    wanted = (
        ", ".join(f'cast("{column}" as {kind}) as "{column}"' for column, kind in columns) if columns else "*"
    )
    # In one order: what is withheld beside a withheld sum must not depend on how the engine stored the rows.
    result = connection.execute(f"select {wanted} from {source} order by all")
    found = tuple((column[0], str(column[1])) for column in result.description or [])
    return Table(name, found, tuple(result.fetchall()))
