"""What a reader may conclude from each published figure: a count of people, and between what it must lie.

Belongs here: the rounding rules read backwards (publication specification, rules 2 to 4), from published
figures and the published definitions alone. Does not belong here: what several figures tell together
(`attack.py`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dagster_project.publication.disclosure import (
    DONE_OFTEN,
    FEW_PEOPLE,
    WITHHELD,
    PublishedFigure,
    Rules,
    TableOfPeriod,
    categories_of,
    table_of,
)
from dagster_project.publication.plan import MetricDefinition
from dagster_project.statistics.store import METHODS

Parts = tuple[tuple[str, str], ...]
"""(breakdown, category), sorted."""


class Space(NamedTuple):
    """Who is counted: within one space categories exclude one another and add up."""

    population: str
    unit: str
    of: Parts = ()
    """The categories of breakdowns in which one person may stand in several (a need): each is a space of its
    own."""


EVENTS = frozenset({"episodes", "referrals"})
"""What adds up over time: those of a year are those of its quarters."""


UNKNOWN = (0, 1_000_000)
"""The bounds of a count that a table has a place for and says nothing of: what is beside it may."""

NO_PAIR = ("direction", "no_pair")


@dataclass(frozen=True, order=True)
class Told:
    """One count and its bounds, both included, as one published table tells it."""

    space: Space
    start: date
    """First day of the period; the programme's first for how things stood on a day."""
    end: date
    parts: Parts
    low: int
    high: int
    exact: bool
    table: TableOfPeriod


class Within(NamedTuple):
    """Everybody counted in one space is counted in the other, in the same categories."""

    smaller: Space
    larger: Space


def read_as_a_reader(
    figures: Iterable[PublishedFigure],
    definitions: Mapping[str, MetricDefinition],
    rules: Rules,
    programme_start: date,
) -> tuple[list[Told], set[Within]]:
    """Every count that the figures tell of, with its bounds, and which counts are part of which.

    What is nobody's own, and how often something was done, tells of no number of people and is left out.
    """
    told: list[Told] = []
    within: set[Within] = set()
    for figure in figures:
        definition = definitions[figure.metric_id]
        if definition.counts == "entries":
            continue
        start = programme_start if figure.period_type == "as_at" else figure.period_start
        for space, parts, low, high in _counts(figure, definition, rules, within):
            # One number alone is no headline: a publication read by weaker rules tells single numbers too.
            exact = figure.exact and low == high
            told.append(Told(space, start, figure.period_end, parts, low, high, exact, table_of(figure)))
    events = {
        definition.population: definition.counts
        for definition in definitions.values()
        if definition.timing == "flow" and definition.counts in EVENTS
    }
    for space in {count.space for count in told}:
        if space.of:
            within.add(Within(space, space._replace(of=())))
        if space.unit == "people" and space.population in events:
            within.add(Within(space, space._replace(unit=events[space.population])))
    return told, within


def _counts(
    figure: PublishedFigure, definition: MetricDefinition, rules: Rules, within: set[Within]
) -> Iterator[tuple[Space, Parts, int, int]]:
    """(space, categories, low, high) of each count behind one figure."""
    few = f"<{rules.count_minimum}"
    withheld = figure.mark == WITHHELD

    def near(shown: float) -> tuple[int, int]:
        return max(0, int(shown) - rules.rounding_base + 1), int(shown) + rules.rounding_base - 1

    def cell(population: str, unit: str, without: Collection[str] = ()) -> tuple[Space, Parts]:
        parts = sorted(part for part in categories_of(figure) if part[0] not in without)
        of = tuple(part for part in parts if part[0] in definition.overlapping)
        return Space(population, unit, of), tuple(p for p in parts if p[0] not in definition.overlapping)

    population = definition.population
    if NO_PAIR in categories_of(figure):
        # Who has no two readings is none of those who went up, down or neither, whom means are of.
        population += ", no pair"
    if figure.measure == "count" and not definition.is_about_durations:
        own = cell(population, definition.counts)
        if figure.value is not None and figure.exact:
            yield *own, int(figure.value), int(figure.value)
        elif definition.counts not in DONE_OFTEN:
            if figure.value is not None:
                yield *own, *near(figure.value)
            elif withheld and figure.note == few:
                yield *own, 0, rules.count_minimum - 1
            else:
                yield *own, *UNKNOWN
        if definition.counts != "people":
            # In a space of their own: who started with a need is not who had it at the first start.
            people = cell(f"{figure.metric_id} people", "people")
            within.add(Within(people[0], own[0]))
            if figure.people is not None:
                yield *people, *near(figure.people)
            else:
                # Beside a count that is shown, people that are not are fewer than ten.
                yield *people, 0, UNKNOWN[1] if figure.mark else rules.count_minimum - 1
    elif figure.measure == "share" and not definition.is_about_durations and not _is_money(definition):
        counts_too = "count" in definition.measures
        counted = cell(population if counts_too else f"{figure.metric_id}, counted", definition.counts)
        of_all = cell(f"{figure.metric_id}, of" if counts_too else population, definition.counts)
        within.add(Within(counted[0], of_all[0]))
        for place, shown in ((counted, figure.numerator), (of_all, figure.denominator)):
            low, high = UNKNOWN if shown is None else near(shown)
            yield *place, low, high
    else:
        method = METHODS.get(definition.method)
        times = () if method is None or not definition.is_about_durations else (method.time_breakdown,)
        # Beside a count, the people of an average may be others (those with a value): no reader can tell.
        apart = definition.method == "sums" and len(definition.measures) > 1
        people = cell(f"{figure.metric_id} {figure.measure}" if apart else population, "people", times)
        if figure.people is not None:
            yield *people, *near(figure.people)
        elif withheld and figure.note == FEW_PEOPLE and figure.measure in ("mean", "median"):
            least = rules.median_people_minimum if figure.measure == "median" else rules.mean_people_minimum
            yield *people, 0, least + rules.rounding_base - 1
        else:
            yield *people, *UNKNOWN


def _is_money(definition: MetricDefinition) -> bool:
    return "total_gbp" in definition.measures or definition.unit.startswith("GBP")
