"""The independent count of the Outcomes Star: change, who has no second star, and when a star is due."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from tests.expected.durations import add_months, quarter_of
from tests.expected.paired_change import Changes, changes_of, has_enough, put_changes, with_a_pair
from tests.expected.recount import AREAS, Count, Known, Row, readings_in_use
from tests.expected.support import Spell, spells_of

PAIR = timedelta(days=90)
"""First and latest lie at least this far apart."""
BASELINE = 90
"""Days after the start by which a first reading is a baseline."""
SENSITIVITY = (60, 90, 180)
"""And the days by which it would be if the choice were another."""
BEFORE_START = timedelta(days=30)
"""And a baseline lies before the start by no more than this."""
GRACE = timedelta(days=28)
INTERVAL_MONTHS = 6
DELAYS = ((30, "0_to_30"), (90, "31_to_90"), (180, "91_to_180"))
Pair = tuple[str, Row, Row]
Readings = dict[str, list[Row]]


def count_star_metrics(count: Count, known: Known) -> None:
    """Every metric of this module."""
    spells = spells_of(known)
    readings = readings_in_use(known, count.as_at)
    starts = first_starts(spells, count.as_at)
    pairs = first_and_latest(readings, "completed_date")
    changes = changes_of(pairs, AREAS)
    everybody = old_enough(starts, count.as_at) | with_a_pair(changes)
    year_on = {client: start for client, start in starts.items() if add_months(start, 15) <= count.as_at}
    changes_12m = changes_of(baseline_and_year_later(readings, year_on, BASELINE), AREAS)
    put_changes(count, "star_change", "star_area", AREAS, changes, everybody)
    put_changes(count, "star_change_12m", "star_area", AREAS, changes_12m, set(year_on))
    count_baselines(count, readings, year_on)
    areas = [area for area in AREAS if has_enough(changes.get(area, {}), everybody)]
    count_stages(count, pairs, areas)
    count_headroom(count, pairs, areas)
    count_missing(count, "first_to_latest", readings, everybody, changes)
    count_missing(count, "twelve_months", readings, set(year_on), changes_12m)
    count_due(count, spells, readings, known.rows["outcome_stars"])
    count_baseline_delay(count, starts, readings)


# Pairs --------------------------------------------------------------------------------------------


def first_starts(spells: list[Spell], as_at: date) -> dict[str, date]:
    """When each person who has started first did."""
    return {spell.client: spell.start for spell in spells if spell.number == 1 and spell.start <= as_at}


def old_enough(starts: dict[str, date], as_at: date) -> set[str]:
    """Who started long enough ago to have two readings a pair apart."""
    return {client for client, start in starts.items() if start + PAIR <= as_at}


def first_and_latest(readings: Readings, day: str) -> list[Pair]:
    """The first and latest reading of everybody whose two lie far enough apart."""
    return [
        (client, own[0], own[-1]) for client, own in readings.items() if own[-1][day] - own[0][day] >= PAIR
    ]


def baseline_and_year_later(readings: Readings, starts: dict[str, date], days: int) -> list[Pair]:
    """A first reading by so many days after the start, and the nearest to a year after, of 9 to 15 months."""
    found = []
    for client, start in starts.items():
        own, year_on = readings.get(client, []), add_months(start, 12)
        by = start + timedelta(days=days)
        near = [row for row in own if start - BEFORE_START <= row["completed_date"] <= by]
        later = [row for row in own if add_months(start, 9) <= row["completed_date"] <= add_months(start, 15)]
        if near and later:
            # Of two equally near the earlier.
            nearest = min(
                later, key=lambda row: (abs(row["completed_date"] - year_on), row["completed_date"])
            )
            found.append((client, near[0], nearest))
    return found


def scored(pairs: Iterable[Pair], areas: Iterable[str]) -> Iterable[tuple[str, int, int]]:
    """Area, first and latest score, of every one of these areas of a pair that has both."""
    for _, first, latest in pairs:
        for area in areas:
            if first[area] is not None and latest[area] is not None:
                yield area, first[area], latest[area]


def stage(score: int) -> int:
    """Two points make a stage: 1 to 5."""
    return (score + 1) // 2


# Figures ------------------------------------------------------------------------------------------


def count_baselines(count: Count, readings: Readings, starts: dict[str, date]) -> None:
    """star_change_12m_baseline: who has a pair, and the mean, by how soon the first reading must be."""
    for days in SENSITIVITY:
        changes = changes_of(baseline_and_year_later(readings, starts, days), AREAS)
        with_two = len(with_a_pair(changes))
        metric, cell = "star_change_12m_baseline", {"baseline_within": str(days)}
        count.put(metric, "count", "as_at", count.as_at, with_two, pair="with_pair", **cell)
        without = len(starts) - with_two
        count.put(metric, "count", "as_at", count.as_at, without, pair="without_pair", **cell)
        for area, own in changes.items():
            if has_enough(own, starts):
                mean = statistics.fmean(own.values())
                count.put(metric, "mean", "as_at", count.as_at, mean, star_area=area, **cell)


def count_stages(count: Count, pairs: list[Pair], areas: list[str]) -> None:
    """star_stage_move, of areas that enough people have twice: from 5 to 6 is no move."""
    moves: dict[str, list[bool]] = defaultdict(list)
    for area, first, latest in scored(pairs, areas):
        moves[area].append(stage(latest) > stage(first))
    for area, own in moves.items():
        count.share("star_stage_move", "as_at", count.as_at, sum(own), len(own), star_area=area)


def count_headroom(count: Count, pairs: list[Pair], areas: list[str]) -> None:
    """star_headroom, of areas that enough people have twice: who could rise did, who was near the top is."""
    did: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for area, first, latest in scored(pairs, areas):
        if first <= 8:
            did[area, "could_rise"].append(latest > first)
        else:
            did[area, "near_top"].append(latest >= 9)
    for (area, headroom), own in did.items():
        cell = {"star_area": area, "headroom": headroom}
        count.share("star_headroom", "as_at", count.as_at, sum(own), len(own), **cell)


def count_missing(
    count: Count, comparison: str, readings: Readings, everybody: set[str], changes: Changes
) -> None:
    """star_missing: people with and without a pair, and the mean of first readings with all areas."""
    paired = with_a_pair(changes)
    for pair, people in (("with_pair", everybody & paired), ("without_pair", everybody - paired)):
        cell = {"comparison": comparison, "pair": pair}
        first = [
            statistics.fmean(readings[client][0][area] for area in AREAS)
            for client in people
            if client in readings and all(readings[client][0][area] is not None for area in AREAS)
        ]
        count.put("star_missing", "count", "as_at", count.as_at, len(people), **cell)
        if first:
            count.put("star_missing", "mean", "as_at", count.as_at, statistics.fmean(first), **cell)


def count_due(count: Count, spells: list[Spell], readings: Readings, stars: list[Row]) -> None:
    """star_due: six months after this support's star before the quarter, or at its start, and four weeks."""
    quarter = quarter_of(count.as_at)
    drafts = [
        row for row in stars if row["status"] == "draft" and quarter <= row["completed_date"] <= count.as_at
    ]
    ends = {(spell.client, spell.number): spell.end for spell in spells}
    states: Counter[str] = Counter()
    for spell in spells:
        if not spell.open_on(count.as_at):
            continue
        before_it = ends.get((spell.client, spell.number - 1))

        def own(rows: Iterable[Row], spell: Spell = spell, left: date | None = before_it) -> list[date]:
            """Days of the person's readings, without those of a time of support that was over."""
            return [
                row["completed_date"]
                for row in rows
                if row["client_id"] == spell.client
                and (left is None or row["completed_date"] > left or row["completed_date"] >= spell.start)
            ]

        days = own(readings.get(spell.client, []))
        before = [day for day in days if day < quarter]
        due = add_months(max(before), INTERVAL_MONTHS) if before else spell.start
        if len(before) < len(days):
            states["done"] += 1
        elif due + GRACE >= count.as_at:
            states["not_due"] += 1
        else:
            states["due_draft" if own(drafts) else "due_not_done"] += 1
    for state, number in states.items():
        count.put("star_due", "count", "as_at", count.as_at, number, star_due=state)


def count_baseline_delay(count: Count, starts: dict[str, date], readings: Readings) -> None:
    """baseline_delay: days from the first start to the first reading; one before the start took none."""
    delays = {
        client: max(0, (own[0]["completed_date"] - starts[client]).days) for client, own in readings.items()
    }
    bands = Counter(
        next((band for most, band in DELAYS if days <= most), "over_180") for days in delays.values()
    )
    bands["none"] = len(starts) - len(delays)
    for band, number in bands.items():
        count.put("baseline_delay", "count", "as_at", count.as_at, number, baseline_delay=band)
    if delays:
        count.put("baseline_delay", "median", "as_at", count.as_at, statistics.median(delays.values()))
