"""The batch rule: when a table of people is released, and what of an earlier release stays as it was.

Belongs here: rules 5 and 7 of the publication specification. Does not belong here: how a figure is made safe
(`disclosure.py`), where people (`warehouse.py`) and earlier releases (`release_tables.py`) are read.

A breakdown that is released for every day gives away whoever joined, left or changed in between. So it comes
by the quarter, by attributes that equality law protects by the half-year, and only when enough people moved
since the last one; until then the last one is served under its own date. Counts without a breakdown come by
the month. And a period that was released before stays as it was, until enough people moved in it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from dagster_project.publication.disclosure import (
    ExactFigure,
    PublishedFigure,
    TableName,
    TableOfPeriod,
    categories_of,
    table_of,
)
from dagster_project.publication.plan import MetricDefinition

EQUALITY_DIMENSIONS = frozenset({"sex", "age_band", "ethnicity_group"})
# Tables of these describe a day: two of them share people. Those of months, quarters and years do not.
OF_A_DAY = frozenset({"as_at", "programme"})

Members = Mapping[date, Mapping[str, str]]
"""For each day who is counted in a table, by client, and in which of its categories, in one word."""


@dataclass(frozen=True)
class Released:
    """A table of one period as it was last released, and how many people stood behind each of its cells."""

    rows: tuple[PublishedFigure, ...]
    people: Mapping[tuple[tuple[str, str], ...], int]
    """Exact, by categories; from the exact file of the same release."""


def moved(
    before: Mapping[str, str],
    after: Mapping[str, str],
    places_before: Mapping[str, str] = MappingProxyType({}),
    places_after: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """How many people joined, left or changed category between two days: of all, or of the place in which the
    fewest did.

    Of places (boroughs, say) everybody knows the exact counts: where one came to a place, the one figure of
    it that moved says who. A place in which nobody moved tells nothing.
    """
    movers = [client for client in before.keys() | after.keys() if before.get(client) != after.get(client)]
    by_place = Counter(
        place
        for client in movers
        for place in {
            # Somebody who was referred twice may stand in two.
            one
            for places in (places_before, places_after)
            for one in places.get(client, "").split(";")
            if one
        }
    )
    return min([len(movers), *by_place.values()])


def release_days(
    days: Iterable[date],
    members: Members,
    minimum: int,
    served: Collection[date] = (),
    beside: Collection[date] = (),
    places: Members = MappingProxyType({}),
) -> list[date]:
    """The days on which a table is released.

    That is the first, each on which enough people moved since the last one, and those that were `served`
    before. A day between two that were served has to differ enough from both. `beside` are days that are next
    to a served one whose people are not known any more: too few may have moved in between, so none is
    released. `places` say in which cell of a headline each of the `members` stands: enough people have to
    move in each of them in which anybody does.
    """
    days = set(days)
    released: list[date] = []
    last: date | None = None
    for day in sorted(days.union(served)):
        if day in beside and day not in served:
            last = day
            continue
        if day not in served:
            near = [other for other in (last, min((s for s in served if s > day), default=None)) if other]
            if any(
                moved(*(of.get(each, {}) for of in (members, places) for each in (other, day))) < minimum
                for other in near
            ):
                continue
        last = day
        if day in days:
            released.append(day)
    return released


def is_half_year_end(day: date, financial_year_start_month: int) -> bool:
    """Whether a half of the financial year ends with the month of this day."""
    return (day.month - financial_year_start_month) % 6 == 5


def in_batches(
    figures: Sequence[ExactFigure],
    definitions: Mapping[str, MetricDefinition],
    exact: Collection[TableName],
    *,
    earlier: Collection[TableOfPeriod],
    quarter_ends: Collection[date],
    financial_year_start_month: int,
    minimum: int,
    members: Callable[[str, str, tuple[str, ...], tuple[date, ...]], Members],
) -> list[ExactFigure]:
    """The figures that are released: all but those of breakdowns whose day it is not.

    `exact` are the tables that are published unrounded, `earlier` what approved releases hold, `quarter_ends`
    the last days of the quarters, the part of one included. `members` gives the people of a metric, by period
    type and breakdowns, on some days.
    """
    ends: dict[TableName, set[date]] = defaultdict(set)
    for figure in figures:
        people = definitions[figure.metric_id].counts != "entries" and figure.table not in exact
        if people and figure.dimensions and figure.period_type in OF_A_DAY:
            ends[figure.table].add(figure.period_end)
    served: dict[TableName, set[date]] = defaultdict(set)
    beside: dict[TableName, set[date]] = defaultdict(set)
    for table, _, end in earlier:
        if end in ends.get(table, ()):
            served[table].add(end)
        else:
            # A day that is not worked out any more: of the next one that is, nobody knows how many moved
            # since.
            later = [day for day in ends.get(table, ()) if day > end]
            beside[table].update([min(later)] if later else [])
    headlines = {name for _, _, _, dimensions in exact for name in dimensions}
    released: dict[TableName, set[date]] = {}
    for table, all_days in ends.items():
        metric_id, _, period_type, dimensions = table
        halves = not EQUALITY_DIMENSIONS.isdisjoint(dimensions)
        days = {
            day
            for day in all_days.intersection(quarter_ends)
            if not halves or is_half_year_end(day, financial_year_start_month)
        }
        asked = tuple(sorted(days | served[table] | beside[table]))
        people = members(metric_id, period_type, dimensions, asked)
        known = tuple(name for name in dimensions if name in headlines)
        places = members(metric_id, period_type, known, asked) if known else {}
        released[table] = set(release_days(days, people, minimum, served[table], beside[table], places))
    return [
        figure
        for figure in figures
        if figure.table not in released or figure.period_end in released[figure.table]
    ]


def as_released(
    figures: Sequence[PublishedFigure],
    exact: Iterable[ExactFigure],
    definitions: Mapping[str, MetricDefinition],
    *,
    earlier: Mapping[TableOfPeriod, Released],
    minimum: int,
) -> tuple[list[PublishedFigure], set[TableOfPeriod]]:
    """The figures with those of periods in which too few people moved since their last release as they were.

    A correction of one record would show in an old period as the difference of two releases. Tables of one
    population and period stay or move together, so that they go on adding up. Headlines are what they are,
    with the people beside starts or referrals as they were told; and so is what is nobody's own. Returns the
    tables that stayed, in which nothing was drawn again, too.
    """
    now: dict[TableOfPeriod, dict[tuple[tuple[str, str], ...], int]] = defaultdict(dict)
    for figure in exact:
        now[figure.table, figure.period_start, figure.period_end][figure.categories] = figure.people
    most: dict[tuple[str, str, date], int] = defaultdict(int)
    for table, released in earlier.items():
        if table in now:
            # The greatest change of one cell: at least as many people moved.
            cells = now[table].keys() | released.people.keys()
            change = max(abs(now[table].get(c, 0) - released.people.get(c, 0)) for c in cells)
            group = _group(table, definitions)
            most[group] = max(most[group], change)
    kept: list[PublishedFigure] = []
    stayed: set[TableOfPeriod] = set()
    drawn_anew: set[TableOfPeriod] = set()
    for figure in figures:
        table = table_of(figure)
        counts = definitions[figure.metric_id].counts
        frozen = (
            table in earlier
            # The people of a headline of people are the headline.
            and counts not in (("entries", "people") if figure.exact else ("entries",))
            and most[_group(table, definitions)] < minimum
        )
        if not frozen:
            kept.append(figure)
        elif figure.exact:
            told = _people_told(figure, earlier[table])
            if told is not None and told > (figure.value or 0):
                # More than the headline counts: "15 of 13" would tell that nearly all are counted.
                drawn_anew.add(table)
                kept.append(figure)
            else:
                stayed.add(table)
                kept.append(replace(figure, people=told))
        elif table not in stayed:
            stayed.add(table)
            kept.extend(earlier[table].rows)
    return kept, stayed - drawn_anew


def _people_told(figure: PublishedFigure, released: Released) -> int | None:
    """The people beside a headline as they were released: two draws of one count narrow it."""
    told = {categories_of(row): row.people for row in released.rows}
    return told.get(categories_of(figure), figure.people)


def _group(table: TableOfPeriod, definitions: Mapping[str, MetricDefinition]) -> tuple[str, str, date]:
    (metric_id, _, period_type, _), _, end = table
    return definitions[metric_id].population, "day" if period_type in OF_A_DAY else period_type, end
