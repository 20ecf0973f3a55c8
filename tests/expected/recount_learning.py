"""The independent count of what the partnership learns: system changes, items of the SPG, evidence."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from datetime import date

from tests.expected.durations import add_months
from tests.expected.recount import Count, Row

# What has happened to a change, the furthest first.
STAGES = {"adopted_date": "adopted", "agreed_date": "agreed", "dialogue_date": "in_dialogue"}


def count_learning(count: Count, practice: dict[str, list[Row]]) -> None:
    """Every metric of this module."""
    count_system_changes(count, practice["system_changes"])
    count_spg_items(count, practice["spg_items"])
    count_evidence(count, practice["evidence"])


def happened(row: Row, column: str, day: date) -> bool:
    """Whether something with a date has happened by the end of a day."""
    return row[column] is not None and row[column] <= day


def stage_of(change: Row, day: date) -> str:
    """Where a system change stands; a review too early to say that it lasts leaves it where it was."""
    if happened(change, "reviewed_date", day):
        adopted = change["adopted_date"]
        if (
            change["still_in_place"] == "yes"
            and adopted
            and change["reviewed_date"] >= add_months(adopted, 6)
        ):
            return "still_in_place"
        if change["still_in_place"] == "no":
            return "lapsed"
    return next((stage for column, stage in STAGES.items() if happened(change, column, day)), "raised")


def put_counts(count: Count, metric: str, cells: list[dict[str, str]], *tables: tuple[str, ...]) -> None:
    """Numbers of entries in each table, named by its breakdowns."""
    for table in tables:
        numbers = Counter(tuple((name, cell[name]) for name in table) for cell in cells)
        for own, number in numbers.items():
            count.put(metric, "count", "as_at", count.as_at, number, **dict(own))


def count_system_changes(count: Count, changes: list[Row]) -> None:
    """system_changes_by_stage."""
    cells = [
        {
            "change_stage": stage_of(row, count.as_at),
            "level": row["level"] or "not_known",
            "sector": row["sector"] or "not_known",
        }
        for row in changes
        if row["raised_date"] <= count.as_at
    ]
    put_counts(
        count, "system_changes_by_stage", cells, ("change_stage",), ("change_stage", "level"), ("sector",)
    )


def count_spg_items(count: Count, items: list[Row]) -> None:
    """spg_item_age: days an item has waited, or took to be decided or acted on."""
    ages: dict[str, list[int]] = defaultdict(list)
    for row in items:
        if row["raised_date"] > count.as_at:
            continue
        until, stage = count.as_at, "waiting"
        for column, reached in (("decided_date", "decided"), ("actioned_date", "actioned")):
            if happened(row, column, count.as_at):
                until, stage = row[column], reached
        ages[stage].append((until - row["raised_date"]).days)
    for stage, days in ages.items():
        count.put("spg_item_age", "count", "as_at", count.as_at, len(days), item_stage=stage)
        count.put("spg_item_age", "median", "as_at", count.as_at, statistics.median(days), item_stage=stage)


def count_evidence(count: Count, evidence: list[Row]) -> None:
    """evidence_by_source."""
    cells = [
        {
            "source_type": row["source_type"] or "not_known",
            "evidence_direction": row["direction"] or "not_known",
        }
        for row in evidence
        if row["gathered_date"] <= count.as_at
    ]
    put_counts(count, "evidence_by_source", cells, ("source_type", "evidence_direction"), ("source_type",))
