"""What a reader may conclude from each published figure: a count of people, and between what it must lie.

Belongs here: the rounding rules read backwards (publication specification, rules 2 to 4), from published
figures and the published definitions alone. Does not belong here: what several figures tell together
(`attack.py`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from dagster_project.publication.disclosure import (
    DONE_OFTEN,
    FEW_BESIDE,
    FEW_PEOPLE,
    WITHHELD,
    PublishedFigure,
    Rules,
    TableOfPeriod,
    categories_of,
    table_of,
)
from dagster_project.publication.plan import MetricDefinition
from dagster_project.statistics.store import METHODS, PAIRED

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


Bounds = tuple[int, int]
"""The least and the most that a count can be."""

UNKNOWN: Bounds = (0, 1_000_000)
"""The bounds of a count that a table has a place for and says nothing of: what is beside it may."""

SHARE_MARKS = frozenset({FEW_PEOPLE, FEW_BESIDE, "<10 %", ">90 %"})
"""Why a share is withheld, where that follows from its rounded counts."""

NO_PAIR = ("direction", "no_pair")


class Told(NamedTuple):
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
    beside: Space | None = None
    """Where it is given, counted are those of this space, in the same categories, that are not in `space`:
    the others of a share."""


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
    rounded: dict[tuple[date, date, Space, Parts], Bounds] = {}
    # What the mark of a share tells depends on what other figures say of the same counts: those come first.
    for figure in sorted(figures, key=lambda figure: (figure.measure == "share", figure.mark)):
        definition = definitions[figure.metric_id]
        if definition.counts == "entries":
            continue
        start = programme_start if figure.period_type == "as_at" else figure.period_start
        period = start, figure.period_end

        def known(space: Space, parts: Parts, period: tuple[date, date] = period) -> Bounds:
            return rounded.get((*period, space, parts), UNKNOWN)

        for space, parts, (low, high), beside in _counts(figure, definition, rules, within, known):
            # One number alone is no headline: a publication read by weaker rules tells single numbers too.
            exact = figure.exact and low == high
            told.append(Told(space, *period, parts, low, high, exact, table_of(figure), beside))
            if beside is None:
                own, before = _rounded(low, high, rules, exact=exact), known(space, parts)
                rounded[*period, space, parts] = max(own[0], before[0]), min(own[1], before[1])
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


def _rounded(low: int, high: int, rules: Rules, *, exact: bool) -> Bounds:
    """Between what the rounded figure of a count must lie that a published one puts between these."""
    base = rules.rounding_base
    down, up = high // base * base, -(-low // base) * base
    return (low // base * base, -(-high // base) * base) if exact else (up, down)


def _behind_a_mark(note: str, of: Bounds, rules: Rules) -> tuple[Bounds, Bounds, Bounds]:
    """What a withheld share tells of three rounded counts: those counted, those they are out of, the others.

    `of` is what is known of those they are out of. The rules of `safe_share` read backwards.
    """
    base, least = rules.rounding_base, rules.share_denominator_minimum
    low, high = of
    if note == FEW_PEOPLE:
        high = min(high, (least - 1) // base * base)
        return (0, high), (low, high), (0, high)
    low = max(low, -(-least // base) * base)
    # The greatest rounded count that is below a tenth of all, and the least that is not.
    below = UNKNOWN[1] if high == UNKNOWN[1] else (high - 1) // (10 * base) * base
    tenth = -(-low // (10 * base)) * base
    if note == FEW_BESIDE:
        # One of the two is a tenth of all or more, and yet too small to be shown.
        high = min(high, 10 * ((rules.count_minimum - 1) // base * base))
        return (tenth, high - tenth), (low, high), (tenth, high - tenth)
    few, many = (0, below), (low - (low - 1) // (10 * base) * base, high)
    return (few, (low, high), many) if note == "<10 %" else (many, (low, high), few)


def _counts(
    figure: PublishedFigure,
    definition: MetricDefinition,
    rules: Rules,
    within: set[Within],
    known: Callable[[Space, Parts], Bounds],
) -> Iterator[tuple[Space, Parts, Bounds, Space | None]]:
    """(space, categories, bounds, beside) of each count behind one figure, as in `Told`.

    `known` gives what other figures tell of the rounded figure of a count of the same period.
    """
    few = f"<{rules.count_minimum}"
    withheld = figure.mark == WITHHELD

    def near(shown: float) -> Bounds:
        return between((int(shown), int(shown)))

    def between(shown: Bounds) -> Bounds:
        off = rules.rounding_base - 1
        return max(0, shown[0] - off), min(shown[1] + off, UNKNOWN[1])

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
            yield *own, (int(figure.value), int(figure.value)), None
        elif definition.counts not in DONE_OFTEN:
            if figure.value is not None:
                yield *own, near(figure.value), None
            elif withheld and figure.note == few:
                yield *own, (0, rules.count_minimum - 1), None
            else:
                yield *own, UNKNOWN, None
        if definition.counts != "people":
            # In a space of their own: who started with a need is not who had it at the first start.
            people = cell(f"{figure.metric_id} people", "people")
            within.add(Within(people[0], own[0]))
            if figure.people is not None:
                yield *people, near(figure.people), None
            else:
                # Beside a count that is shown, people that are not are fewer than ten.
                yield *people, (0, UNKNOWN[1] if figure.mark else rules.count_minimum - 1), None
    elif figure.measure == "share" and not definition.is_about_durations and not definition.is_money:
        counts_too = "count" in definition.measures
        counted = cell(population if counts_too else f"{figure.metric_id}, counted", definition.counts)
        of_all = cell(f"{figure.metric_id}, of" if counts_too else population, definition.counts)
        within.add(Within(counted[0], of_all[0]))
        # Too few pairs to compare are withheld in the words of few people: few of whom is not said.
        told = (
            withheld
            and figure.note in SHARE_MARKS
            and (figure.note != FEW_PEOPLE or definition.method != PAIRED)
        )
        if figure.numerator is not None and figure.denominator is not None:
            shown = int(figure.numerator), int(figure.denominator)
            tells = [(number, number) for number in (*shown, shown[1] - shown[0])]
        elif told:
            tells = list(_behind_a_mark(figure.note, known(*of_all), rules))
        else:
            tells = [UNKNOWN] * 3
        yield *counted, between(tells[0]), None
        yield *of_all, between(tells[1]), None
        yield *counted, between(tells[2]), of_all[0]
    else:
        method = METHODS.get(definition.method)
        times = () if method is None or not definition.is_about_durations else (method.time_breakdown,)
        # Beside a count, the people of an average may be others (those with a value): no reader can tell.
        apart = definition.method == "sums" and len(definition.measures) > 1
        people = cell(f"{figure.metric_id} {figure.measure}" if apart else population, "people", times)
        if figure.people is not None:
            yield *people, near(figure.people), None
        elif withheld and figure.note == FEW_PEOPLE and figure.measure in ("mean", "median"):
            least = rules.median_people_minimum if figure.measure == "median" else rules.mean_people_minimum
            yield *people, (0, least + rules.rounding_base - 1), None
        else:
            yield *people, UNKNOWN, None
