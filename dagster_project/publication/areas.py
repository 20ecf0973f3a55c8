"""The files of the areas: what an area's readers get of an approved national release, by filtering alone.

Belongs here: which tables, rows and words an area's file has. Does not belong here: how a figure is made safe
(it is already, for all areas together), when a file is written and served (`approval.py`).

Nothing is rounded or decided a second time: a table by area becomes the area's figure of everybody, a table
by area and something else its breakdown by that. So whoever reads every file knows no more than the national
one says, and its audit holds for all of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dagster_project.publication.plan import AREA, PublicationError
from dagster_project.publication.releases import Table

NOT_KNOWN = "not_known"
# An area's name is that of its folder.
NAME = re.compile(r"[a-z][a-z0-9_]*")
# What the partnership of all areas writes, and how good the data of all of them are, is told of no area.
LEFT_EMPTY = (
    "data_quality_issues", "evidence", "hypotheses", "source_status", "spg_items", "system_changes",
    "triangulation_gaps",
)  # fmt: skip
AS_THEY_ARE = ("reference_categories", "reference_periods", "reference_settings", "reference_wording")
BY_AREA = ("metric_values", "figure_changes")
# What tells which areas have a publication of their own.
PUBLISHED_BY = ("reference_plan", "reference_categories")


def area_tables(tables: Sequence[Table]) -> dict[str, list[Table]]:
    """The tables of each area's file, by the area's name; none where nothing is planned by area.

    A table that is not named in this module is in no area's file, until somebody decides on it here. Raises
    `PublicationError` for an area whose name can be no folder.
    """
    by_name = {table.name: table for table in tables}
    plan = _without_area(by_name["reference_plan"])
    labels = published_areas(tables)
    if not labels:
        return {}
    metrics = {row["metric_id"] for row in plan.as_dicts()}
    words = by_name["metric_definitions"]
    of_metrics = tuple(
        row for row, named in zip(words.rows, words.as_dicts(), strict=True) if named["metric_id"] in metrics
    )
    shared = [
        plan,
        replace(words, rows=of_metrics),
        *(by_name[name] for name in AS_THEY_ARE),
        *(replace(by_name[name], rows=()) for name in LEFT_EMPTY),
    ]
    of_areas = {name: _by_area(by_name[name]) for name in BY_AREA}
    [release] = by_name["release"].as_dicts()
    found: dict[str, list[Table]] = {}
    for area, label in labels.items():
        if not NAME.fullmatch(area):
            raise PublicationError(
                f"areas.csv calls an area {area!r}: write small letters, digits and _, for its folder is"
                " called so."
            )
        name = f"{release['programme_name']}: {label}"
        found[area] = [
            with_values(by_name["release"], {"area": label, "programme_name": name}),
            *(replace(by_name[name], rows=of_areas[name].get(area, ())) for name in BY_AREA),
            *shared,
        ]
    return found


def published_areas(tables: Sequence[Table]) -> dict[str, str]:
    """The areas that have a publication of their own with a release, with their labels, in order.

    `tables` of the release are those of `PUBLISHED_BY` at least.
    """
    by_name = {table.name: table for table in tables}
    if not _without_area(by_name["reference_plan"]).rows:
        return {}
    rows = sorted(
        (int(str(row["sort_order"])), str(row["category"]), str(row["label"]))
        for row in by_name["reference_categories"].as_dicts()
        if row["dimension"] == AREA and row["category"] != NOT_KNOWN
    )
    return {area: label for _, area, label in rows}


def with_values(table: Table, values: Mapping[str, object]) -> Table:
    """A table of one row with other values in some of its columns."""
    [row] = table.rows
    names = [name for name, _ in table.columns]
    changed = tuple(values.get(name, value) for name, value in zip(names, row, strict=True))
    return replace(table, rows=(changed,))


def _without_area(plan: Table) -> Table:
    """The plan of an area: its tables by area, which are then about everybody or by one breakdown."""
    rows = [row for row in plan.as_dicts() if AREA in (row["dimension_1"], row["dimension_2"])]
    names = [name for name, _ in plan.columns]
    return replace(plan, rows=tuple(tuple(_lowered(row)[name] for name in names) for row in rows))


def _by_area(figures: Table) -> dict[str, tuple[tuple[object, ...], ...]]:
    """The rows of figures that are by area, for each area without it."""
    names = [name for name, _ in figures.columns]
    found: dict[str, list[tuple[object, ...]]] = {}
    for row in figures.as_dicts():
        for place in ("1", "2"):
            if row[f"dimension_{place}"] == AREA:
                lowered = _lowered(row)
                found.setdefault(str(row[f"category_{place}"]), []).append(
                    tuple(lowered[name] for name in names)
                )
    return {area: tuple(rows) for area, rows in found.items()}


def _lowered(row: Mapping[str, object]) -> dict[str, object]:
    """A row by area without its area: what else it is by stands first, and is all that it is by."""
    other = "2" if row["dimension_1"] == AREA else "1"
    kinds = [kind for kind in ("dimension", "category") if f"{kind}_1" in row]
    return (
        dict(row)
        | {f"{kind}_1": row[f"{kind}_{other}"] for kind in kinds}
        | {f"{kind}_2": "" for kind in kinds}
    )
