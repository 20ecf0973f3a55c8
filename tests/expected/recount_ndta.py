"""The independent count of the New Directions Team Assessment: at the start, and how it changed."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import date

from tests.expected.paired_change import changes_of, put_changes, with_a_pair
from tests.expected.practice_rules import ITEMS
from tests.expected.recount import Count, Known, Row, withdrew_consent
from tests.expected.recount_stars import PAIR, first_and_latest, first_starts, old_enough
from tests.expected.support import spells_of

SCORES = ("total", *ITEMS)
Assessments = dict[str, list[Row]]


def count_ndta_metrics(count: Count, known: Known, practice: dict[str, list[Row]]) -> None:
    """Every metric of this module."""
    starts = first_starts(spells_of(known), count.as_at)
    withdrew = withdrew_consent(known)
    rows = [row for row in practice["ndta"] if row["client_id"] not in withdrew]
    assessments = assessments_of(rows, starts, count.as_at)
    count_at_start(count, starts, assessments)
    changes = changes_of(first_and_latest(assessments, "assessed_date"), SCORES)
    everybody = old_enough(starts, count.as_at) | with_a_pair(changes)
    put_changes(count, "ndta_change", "item", SCORES, changes, everybody)


def assessments_of(rows: list[Row], starts: dict[str, date], as_at: date) -> Assessments:
    """By person who has started, in order of their days, with the total where all ten items are there."""
    found: Assessments = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["assessed_date"]):
        if row["assessed_date"] <= as_at and row["client_id"] in starts:
            scores = [row[item] for item in ITEMS]
            total = None if None in scores else sum(scores)
            found[str(row["client_id"])].append(row | {"total": total})
    return dict(found)


def count_at_start(count: Count, starts: dict[str, date], assessments: Assessments) -> None:
    """ndta_at_start: the first assessment, where it came within ninety days of the start."""
    scores: dict[str, list[int]] = defaultdict(list)
    for client, own in assessments.items():
        if own[0]["assessed_date"] <= starts[client] + PAIR:
            for name in SCORES:
                if own[0][name] is not None:
                    scores[name].append(own[0][name])
    for name, found in scores.items():
        count.put("ndta_at_start", "mean", "as_at", count.as_at, statistics.fmean(found), item=name)
