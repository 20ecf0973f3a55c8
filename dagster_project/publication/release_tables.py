"""The tables of a release, as its two files hold them, and those of the approved releases before it.

Belongs here: which tables and rows each audience gets, and the fingerprint of what it is told. Does not
belong here: how figures are made safe (`disclosure.py`), how files are written (`releases.py`).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, fields, replace
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.publication.batches import Released
from dagster_project.publication.disclosure import (
    PublishedFigure,
    Rules,
    TableOfPeriod,
    categories_of,
    rounded_rows,
    table_of,
)
from dagster_project.publication.figure_changes import RestsOn, figure_changes, from_manifest, moved_by
from dagster_project.publication.plan import PlannedTable
from dagster_project.publication.releases import (
    LOCKED,
    Table,
    current_release,
    installed_version,
    list_releases,
    read_manifest,
    read_tables,
    verify,
)
from dagster_project.publication.warehouse import FIGURES, ISSUES, Warehouse
from dagster_project.settings import Settings

_KINDS = dict(FIGURES) | {"mark": "VARCHAR", "exact": "BOOLEAN"}
METRIC_VALUES = tuple((column.name, _KINDS[column.name]) for column in fields(PublishedFigure))
PLAN = (
    ("metric_id", "VARCHAR"), ("measure", "VARCHAR"), ("period_type", "VARCHAR"), ("dimension_1", "VARCHAR"),
    ("dimension_2", "VARCHAR"), ("audience", "VARCHAR"), ("exact", "BOOLEAN"), ("approved_by", "VARCHAR"),
)  # fmt: skip


def tables_of_release(
    warehouse: Warehouse,
    figures: Sequence[PublishedFigure],
    issues: Sequence[tuple[object, ...]],
    sources: Table,
    audience: str = "",
) -> list[Table]:
    """All tables but `release`; `audience` keeps the tables planned for it, and their metrics' words."""
    plan = [table for table in warehouse.plan if not audience or table.is_for(audience)]
    metrics = {table.metric_id for table in plan}
    return [
        Table("metric_values", METRIC_VALUES, tuple(tuple(vars(figure).values()) for figure in figures)),
        plan_table(plan),
        Table("data_quality_issues", (*ISSUES, ("mark", "VARCHAR")), tuple(issues)),
        sources,
        *(
            replace(table, rows=tuple(row for row in table.rows if row[0] in metrics))
            if table.name == "metric_definitions"
            else table
            for table in warehouse.references
        ),
    ]


def plan_table(plan: Sequence[PlannedTable]) -> Table:
    return Table("reference_plan", PLAN, tuple(astuple(table) for table in plan))


def changes_since_served(
    settings: Settings, audience: str, tables: Sequence[Table], warehouse: Warehouse
) -> Table:
    """What moved against the release that the audience is served; nothing where it is served none."""
    folder = settings.management if audience == "management" else settings.publications_dir
    current = current_release(folder)
    loads_before: dict[str, RestsOn] = {}
    # Management's manifest alone names files.
    if current is not None and current.release_id in list_releases(settings.management):
        loads_before = from_manifest(read_manifest(settings.management, current.release_id).get("loads"))
    before: list[dict[str, object]] = []
    if current is not None and not verify(folder, current.release_id):
        before = next(
            table.as_dicts()
            for table in read_tables(folder / f"{current.release_id}.duckdb")
            if table.name == "metric_values"
        )
    return figure_changes(
        before,
        next(table.as_dicts() for table in tables if table.name == "metric_values"),
        previous_release_id=current.release_id if current else "",
        because_of={
            metric_id: moved_by(loads_before, warehouse.loads, definition, audience)
            for metric_id, definition in warehouse.definitions.items()
        },
    )


def release_row(
    warehouse: Warehouse, release_id: str, created_at: datetime, about: Mapping[str, object]
) -> Table:
    """The one row that says what this release is."""
    row: dict[str, tuple[str, object]] = {
        "release_id": ("VARCHAR", release_id),
        "as_at": ("DATE", warehouse.as_at),
        "known_by": ("TIMESTAMP", warehouse.known_by),
        "created_at": ("TIMESTAMP", created_at),
        "status": ("VARCHAR", about["status"]),
        "approved_by": ("VARCHAR", ""),
        "approved_at": ("TIMESTAMP", None),
        "audience": ("VARCHAR", about["audience"]),
        "profile": ("VARCHAR", about["profile"]),
        "programme_name": ("VARCHAR", warehouse.setting("programme_name")),
        # In words, of a file that is about one area; such a file is taken from that of all (`areas.py`).
        "area": ("VARCHAR", ""),
        "synthetic": ("BOOLEAN", warehouse.setting("data_are_synthetic").lower() == "true"),
        "software_version": ("VARCHAR", installed_version("flic")),
        "inputs_sha256": ("VARCHAR", about["inputs_sha256"]),
        "figures_sha256": ("VARCHAR", about["figures_sha256"]),
        "refresh_interval_days": ("INTEGER", int(warehouse.setting("refresh_interval_days"))),
        "stale_after_days": ("INTEGER", int(warehouse.setting("stale_after_days"))),
    }
    columns = tuple((name, kind) for name, (kind, _) in row.items())
    return Table("release", columns, (tuple(value for _, value in row.values()),))


def figures_sha256(tables: Sequence[Table]) -> str:
    """The fingerprint of all that a reader is told. When a file last came is no part of it: the same export
    dropped in twice makes no new release, nor does a warning that was accepted."""
    prints = {table.name: table.sha256(without=("last_received_at", "is_accepted")) for table in tables}
    return hashlib.sha256(json.dumps(prints, sort_keys=True).encode()).hexdigest()


def exports_about_nobody(warehouse: Warehouse) -> frozenset[str]:
    """The exports of what the partnership writes or budgets: a metric of entries counts them, or a release
    holds them whole. Their rows are nobody's own."""
    counted = {
        definition.exports[0]
        for definition in warehouse.definitions.values()
        if definition.counts == "entries" and definition.exports
    }
    exports = {str(row["export"]) for row in warehouse.sources.as_dicts()}
    return frozenset(exports & (counted | {table.name for table in warehouse.references}))


def safe_sources(sources: Table, about_nobody: Collection[str], *, key: bytes, rules: Rules) -> Table:
    """What came of each export as a reader gets it: counts of rows rounded, few of them NULL, but in exports
    `about_nobody`, where they are as they are."""
    counted = {"rows_loaded", "rows_duplicate", "rows_rejected"}
    names = [name for name, _ in sources.columns]

    def safe(row: dict[str, object]) -> tuple[object, ...]:
        return tuple(
            rounded_rows(int(str(row[name])), f"{row['export']}:{name}", key=key, rules=rules)[0]
            if name in counted and row["export"] not in about_nobody
            else row[name]
            for name in names
        )

    return replace(sources, rows=tuple(safe(row) for row in sources.as_dicts()))


def released_before(settings: Settings) -> dict[TableOfPeriod, Released]:
    """Every table of every period as the newest approved release that has it holds it."""
    earlier: dict[TableOfPeriod, Released] = {}
    for release_id in reversed(list_releases(settings.publications_dir)):
        name = f"{release_id}.duckdb"
        rows: dict[TableOfPeriod, list[PublishedFigure]] = defaultdict(list)
        for figure in _metric_values(settings.publications_dir / name):
            if table_of(figure) not in earlier:
                rows[table_of(figure)].append(figure)
        people: dict[TableOfPeriod, dict[tuple[tuple[str, str], ...], int]] = defaultdict(dict)
        for figure in _metric_values(settings.management / name) if rows else ():
            people[table_of(figure)][categories_of(figure)] = figure.people or 0
        earlier |= {table: Released(tuple(figures), people[table]) for table, figures in rows.items()}
    return earlier


def _metric_values(path: Path) -> list[PublishedFigure]:
    """The figures of a release."""
    with duckdb.connect(str(path), read_only=True, config=LOCKED) as connection:
        names = ", ".join(name for name, _ in METRIC_VALUES)
        return [
            PublishedFigure(*row)
            for row in connection.execute(f"select {names} from metric_values").fetchall()
        ]
