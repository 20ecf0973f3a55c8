"""What one published figure tells of numbers of people: bounds counted by hand from the rounding rules."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from dagster_project.publication.disclosure import (
    FEW_BESIDE,
    FEW_PEOPLE,
    FEW_SPENDERS,
    PublishedFigure,
    safe_share,
)
from dagster_project.publication.plan import MetricDefinition
from dagster_project.publication.reader import UNKNOWN, Parts, Space, Within, read_as_a_reader
from tests.publication.invented_warehouse import PROGRAMME_START, RULES

DAY = date(2015, 3, 31)
MONTH = date(2015, 3, 1)


def metric(
    metric_id: str, counts: str = "people", measures: str = "count", timing: str = "stock", **more: object
) -> MetricDefinition:
    breakdowns = ("sex", "need_domain", "support_months")
    plain = MetricDefinition(
        metric_id, timing, counts, metric_id, tuple(measures.split()), breakdowns, ("need_domain",)
    )
    return replace(plain, **more)  # pyright: ignore[reportArgumentType]


DEFINITIONS = {
    definition.metric_id: definition
    for definition in (
        metric("open_caseload"),
        metric("starts", "episodes", timing="flow"),
        metric("ends", "episodes", timing="flow"),
        metric("needs_at_start", population="starts", timing="flow"),
        metric("system_changes", "entries"),
        metric("service_use", "contacts"),
        metric("moved_on", "episodes", "share", population="ends"),
        metric("spenders", "people", "count share"),
        metric("star_moves", measures="share", method="paired_change"),
        metric("star_change", measures="mean median", method="paired_change"),
        metric("budget_spent", "lines", "total_gbp mean"),
        metric("allowance_used", "lines", "share"),
        metric("hours", "people", "mean total"),
        metric("length", measures="survival", method="kaplan_meier"),
    )
}


def shown(metric_id: str, measure: str = "count", **more: object) -> PublishedFigure:
    """A published figure as at a day, of everyone unless said otherwise."""
    plain = PublishedFigure(metric_id, measure, "as_at", DAY, DAY, "", "", "", "")
    return replace(plain, **more)  # pyright: ignore[reportArgumentType]


def withheld(metric_id: str, measure: str = "count", note: str = "<10") -> PublishedFigure:
    return shown(metric_id, measure, mark="c", note=note)


def told(*figures: PublishedFigure) -> list[tuple[Space, Parts, int, int, bool]]:
    """What figures tell, the places of which they say nothing and the others of a share aside."""
    counts, _ = read_as_a_reader(figures, DEFINITIONS, RULES, PROGRAMME_START)
    return [
        (count.space, count.parts, count.low, count.high, count.exact)
        for count in counts
        if count.high < UNKNOWN[1] and count.beside is None
    ]


def links(*figures: PublishedFigure) -> set[Within]:
    return read_as_a_reader(figures, DEFINITIONS, RULES, PROGRAMME_START)[1]


@pytest.mark.parametrize(
    ("figure", "bounds"),
    [
        (shown("open_caseload", value=87, people=87, exact=True), [("open_caseload", "people", 87, 87)]),
        (shown("open_caseload", value=15, people=15), [("open_caseload", "people", 11, 19)]),
        (shown("open_caseload", value=10, people=10), [("open_caseload", "people", 6, 14)]),
        (withheld("open_caseload"), [("open_caseload", "people", 0, 9)]),
        # What another table would give away, or what was given up, is withheld whatever its number.
        (withheld("open_caseload", note="withheld"), []),
        (
            shown("starts", value=40, people=35),
            [("starts", "episodes", 36, 44), ("starts people", "people", 31, 39)],
        ),
        (
            shown("starts", value=43, people=40, exact=True),
            [("starts", "episodes", 43, 43), ("starts people", "people", 36, 44)],
        ),
        # The partnership's own entries are nobody's.
        (shown("system_changes", value=3), []),
        # Fifteen contacts can be one person's.
        (shown("service_use", value=115, people=15), [("service_use people", "people", 11, 19)]),
        (withheld("service_use"), []),
        (
            shown("moved_on", "share", value=50, numerator=20, denominator=40, people=40),
            [("moved_on, counted", "episodes", 16, 24), ("ends", "episodes", 36, 44)],
        ),
        (
            shown("spenders", "share", value=50, numerator=20, denominator=40, people=40),
            [("spenders", "people", 16, 24), ("spenders, of", "people", 36, 44)],
        ),
        (shown("star_change", "mean", value=1.2, people=15), [("star_change", "people", 11, 19)]),
        # A mean is shown from 15 on, which fourteen can be, and 10 to 14 can be shown as 10.
        (withheld("star_change", "mean", FEW_PEOPLE), [("star_change", "people", 0, 14)]),
        (withheld("star_change", "median", FEW_PEOPLE), [("star_change", "people", 0, 24)]),
        # Many people may be behind what one or two spent.
        (withheld("budget_spent", "total_gbp", FEW_SPENDERS), []),
        (
            shown("budget_spent", "total_gbp", value=3400.0, people=20),
            [("budget_spent total_gbp", "people", 16, 24)],
        ),
        # Pounds of pounds are no numbers of people.
        (
            shown("allowance_used", "share", value=25, numerator=10_100, denominator=41_000, people=40),
            [("allowance_used", "people", 36, 44)],
        ),
        # Who has a value to be averaged is not everybody who is counted.
        (shown("hours", "mean", value=4.5, people=20), [("hours mean", "people", 16, 24)]),
    ],
    ids=lambda value: f"{value.metric_id} {value.measure} {value.value}" if hasattr(value, "note") else "",
)
def test_the_bounds_of_every_count_behind_a_figure(
    figure: PublishedFigure, bounds: Sequence[tuple[str, str, int, int]]
):
    assert told(figure) == [
        (Space(population, unit), (), low, high, low == high) for population, unit, low, high in bounds
    ]


def test_a_need_is_a_space_of_its_own_within_everyone():
    figure = shown(
        "open_caseload", value=20, dimension_1="sex", category_1="female",
        dimension_2="need_domain", category_2="housing",
    )  # fmt: skip
    need = Space("open_caseload", "people", (("need_domain", "housing"),))
    assert told(figure) == [(need, (("sex", "female"),), 16, 24, False)]
    assert links(figure) == {Within(need, Space("open_caseload", "people"))}


def test_people_are_part_of_their_episodes_and_those_counted_of_all():
    episodes = Space("starts", "episodes")
    assert links(shown("starts", value=40, people=35)) == {Within(Space("starts people", "people"), episodes)}
    assert links(shown("needs_at_start", value=35)) == {Within(Space("starts", "people"), episodes)}
    share = shown("moved_on", "share", value=50, numerator=20, denominator=40)
    assert links(share) == {Within(Space("moved_on, counted", "episodes"), Space("ends", "episodes"))}


def test_the_same_people_stand_at_every_time_of_a_curve():
    times = [
        shown("length", "survival", value=50, people=30, dimension_1="support_months", category_1=months)
        for months in ("6", "12")
    ]
    assert told(*times) == [(Space("length", "people"), (), 26, 34, False)] * 2


@pytest.mark.parametrize(
    ("figure", "period"),
    [
        # How things stood on a day is what came of all since the first.
        (shown("open_caseload", value=20), (PROGRAMME_START, DAY)),
        (shown("starts", value=20, period_type="month", period_start=MONTH), (MONTH, DAY)),
    ],
    ids=["a day", "a month"],
)
def test_the_period_of_a_count(figure: PublishedFigure, period: tuple[date, date]):
    counts, _ = read_as_a_reader([figure], DEFINITIONS, RULES, PROGRAMME_START)
    assert {(count.start, count.end) for count in counts} == {period}


def test_what_is_withheld_keeps_its_place():
    """Else the others of the table would have to make up the whole."""
    counts, _ = read_as_a_reader(
        [withheld("spenders", "share", "given up")], DEFINITIONS, RULES, PROGRAMME_START
    )
    assert [(count.low, count.high) for count in counts] == [UNKNOWN, UNKNOWN, UNKNOWN]


MANY = UNKNOWN[1]
OF_45 = shown("ends", value=45, people=45)
OF_95 = shown("ends", value=95, people=95)


@pytest.mark.parametrize(
    ("share", "beside", "counted", "of", "others"),
    [
        (shown("moved_on", "share", numerator=20, denominator=40), [], (16, 24), (36, 44), (16, 24)),
        # Of 15 at most, as rounded.
        (withheld("moved_on", "share", FEW_PEOPLE), [], (0, 19), (0, 19), (0, 19)),
        # Of 20 at least; of just 20 nobody is below a tenth.
        (withheld("moved_on", "share", "<10 %"), [], (0, MANY), (16, MANY), (16, MANY)),
        (withheld("moved_on", "share", ">90 %"), [], (16, MANY), (16, MANY), (0, MANY)),
        # 5 on the one side or on the other, a tenth or more of 20 to 50.
        (withheld("moved_on", "share", FEW_BESIDE), [], (1, 49), (16, 54), (1, 49)),
        # Of 45 only 0 is below a tenth, of 95 also 5.
        (withheld("moved_on", "share", "<10 %"), [OF_45], (0, 4), (41, 49), (41, 49)),
        (withheld("moved_on", "share", ">90 %"), [OF_45], (41, 49), (41, 49), (0, 4)),
        (withheld("moved_on", "share", "<10 %"), [OF_95], (0, 9), (91, 99), (86, 99)),
        (withheld("moved_on", "share", FEW_BESIDE), [OF_45], (1, 44), (41, 49), (1, 44)),
        # Of "<10", which is 0 or 5 as rounded.
        (withheld("moved_on", "share", FEW_PEOPLE), [withheld("ends")], (0, 9), (0, 9), (0, 9)),
        # A headline of 47 is 45 or 50 as rounded, of both of which only 0 is below a tenth.
        (
            withheld("moved_on", "share", "<10 %"),
            [shown("ends", value=47, people=45, exact=True)],
            (0, 4), (41, 54), (41, 54),
        ),
        # Another day's count says nothing of this one's.
        (
            withheld("moved_on", "share", "<10 %"),
            [shown("ends", value=45, people=45, period_end=MONTH)],
            (0, MANY), (16, MANY), (16, MANY),
        ),
        # Few pairs to compare are withheld in the same words, whatever they are out of.
        (withheld("star_moves", "share", FEW_PEOPLE), [], (0, MANY), (0, MANY), (0, MANY)),
    ],
)  # fmt: skip
def test_what_a_share_tells_of_those_counted_of_all_and_of_the_others(
    share: PublishedFigure,
    beside: list[PublishedFigure],
    counted: tuple[int, int],
    of: tuple[int, int],
    others: tuple[int, int],
):
    # Whichever comes first: a mark is read last.
    for figures in ([share, *beside], [*beside, share]):
        counts, _ = read_as_a_reader(figures, DEFINITIONS, RULES, PROGRAMME_START)
        own = [count for count in counts if count.table[0][0] == share.metric_id]
        assert [(count.low, count.high) for count in own] == [counted, of, others]
        assert [count.beside for count in own] == [None, None, own[1].space]


@pytest.mark.parametrize("of", range(10, 125, 5))
def test_a_mark_tells_all_that_follows_from_the_rule_of_shares_and_no_more(of: int):
    """Every rounded count of those counted is tried: what is published alike is told alike."""
    alike: dict[object, list[int]] = defaultdict(list)
    for counted in range(0, of + 1, 5):
        alike[safe_share(counted, of, of, RULES).get("note")].append(counted)
    for note in alike.keys() - {None}:
        figures = [shown("ends", value=of, people=of), withheld("moved_on", "share", str(note))]
        counts, _ = read_as_a_reader(figures, DEFINITIONS, RULES, PROGRAMME_START)
        counted, _, others = [count for count in counts if count.table[0][0] == "moved_on"]
        least, most = min(alike[note]), max(alike[note])
        assert (counted.low, counted.high) == (max(0, least - 4), most + 4)
        assert (others.low, others.high) == (max(0, of - most - 4), of - least + 4)
