"""The batch rule: when a table is released, and what of earlier releases stays (rules 5 and 7)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.publication.batches import (
    Released,
    TableOfPeriod,
    as_released,
    in_batches,
    is_half_year_end,
    moved,
    release_days,
    table_of,
)
from dagster_project.publication.disclosure import ExactFigure, PublishedFigure
from dagster_project.publication.plan import MetricDefinition

MARCH, MAY, JUNE = date(2015, 3, 31), date(2015, 5, 31), date(2015, 6, 30)
SEPTEMBER, DECEMBER = date(2015, 9, 30), date(2015, 12, 31)


def people(count: int, category: str = "camden", first: int = 0) -> dict[str, str]:
    return {f"c{number}": category for number in range(first, first + count)}


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (people(12), people(12), 0),
        (people(12), people(21), 9),
        (people(12), people(3), 9),
        # Five left and five others came: the counts are the same, ten people moved.
        (people(12), people(12, first=5), 10),
        # Nobody came or left, and one is in another category.
        (people(12), people(12) | {"c0": "islington"}, 1),
        ({}, {}, 0),
    ],
    ids=["nobody", "joined", "left", "left and joined", "changed category", "empty"],
)
def test_whoever_joined_left_or_changed_category_moved(
    before: Mapping[str, str], after: Mapping[str, str], count: int
) -> None:
    assert moved(before, after) == count


IN_ISLINGTON = dict.fromkeys(people(40), "islington")


@pytest.mark.parametrize(
    ("moves_to_camden", "count"),
    # Eleven came to Islington. Of Camden everybody knows how many came: nobody, one, or ten.
    [(0, 11), (1, 1), (10, 10)],
)
def test_enough_people_move_in_each_borough_in_which_anybody_does(moves_to_camden: int, count: int) -> None:
    before = people(20)
    after = people(31) | people(moves_to_camden, first=50)
    places_after = IN_ISLINGTON | dict.fromkeys(people(moves_to_camden, first=50), "camden")
    assert moved(before, after, IN_ISLINGTON, places_after) == count
    # Who was referred in both stands in both.
    both = places_after | {"c30": "camden;islington"}
    assert moved(before, after, IN_ISLINGTON, both) == {0: 1, 1: 2, 10: 11}[moves_to_camden]


@pytest.mark.parametrize(
    ("members", "served", "released"),
    [
        # Six and six more: neither quarter alone is enough, both together are.
        ({MARCH: people(20), JUNE: people(26), SEPTEMBER: people(32)}, [], [MARCH, SEPTEMBER]),
        ({MARCH: people(20), JUNE: people(30), SEPTEMBER: people(40)}, [], [MARCH, JUNE, SEPTEMBER]),
        # Served in May with 23: June's 30 differ by seven from it, though by ten from March.
        ({MARCH: people(8), MAY: people(23), JUNE: people(30)}, [MAY], [MARCH]),
        # June would tell six people apart from what September's table told before.
        (
            {MARCH: people(20), JUNE: people(30), SEPTEMBER: people(36)},
            [MARCH, SEPTEMBER],
            [MARCH, SEPTEMBER],
        ),
        # What was served stays, however few moved.
        ({MARCH: people(20), JUNE: people(21)}, [MARCH, JUNE], [MARCH, JUNE]),
    ],
    ids=["too few, then enough", "enough", "served in between", "served after", "served before"],
)
def test_a_table_waits_until_enough_people_moved(
    members: Mapping[date, Mapping[str, str]], served: list[date], released: list[date]
) -> None:
    # May is no end of a quarter: it is not asked for again.
    assert release_days([day for day in members if day != MAY], members, 10, served) == released


@given(st.lists(st.sets(st.integers(0, 60)), min_size=1, max_size=12), st.sets(st.integers(0, 11)))
def test_any_two_neighbours_that_are_released_differ_by_a_batch(
    quarters: list[set[int]], served_places: set[int]
) -> None:
    days = [date(2014 + place // 4, 3 * (place % 4) + 1, 1) for place in range(len(quarters))]
    members = {day: {str(n): "" for n in found} for day, found in zip(days, quarters, strict=True)}
    served = [days[place] for place in served_places if place < len(days)]
    released = release_days(days, members, 10, served)
    assert set(served) <= set(released)
    for before, after in pairwise(released):
        if before not in served or after not in served:
            assert moved(members[before], members[after]) >= 10


@pytest.mark.parametrize(
    ("day", "month", "is_end"),
    [(MARCH, 4, True), (SEPTEMBER, 4, True), (JUNE, 4, False), (DECEMBER, 4, False), (DECEMBER, 1, True)],
)
def test_halves_of_the_financial_year(day: date, month: int, is_end: bool) -> None:
    assert is_half_year_end(day, month) is is_end


# --- which tables -----------------------------------------------------------------------------------------

DEFINITIONS = {
    "open_caseload": MetricDefinition(
        "open_caseload", "stock", "people", "open_caseload", ("count",), ("borough", "sex", "need_domain"), ()
    ),
    "starts": MetricDefinition("starts", "flow", "people", "starts", ("count",), ("borough", "sex"), ()),
    "system_changes": MetricDefinition(
        "system_changes", "stock", "entries", "system_changes", ("count",), ("level",), ()
    ),
}


def exact(
    metric_id: str, period_type: str, end: date, dimension: str = "", category: str = "", count: int = 20
) -> ExactFigure:
    categories = ((dimension, category),) if dimension else ()
    start = end if period_type == "as_at" else end.replace(day=1)
    return ExactFigure(
        metric_id, "count", period_type, start, end, categories, count, None, None, count, None, None, None
    )


@pytest.mark.parametrize(
    ("figure", "comes"),
    [
        (exact("open_caseload", "as_at", JUNE, "need_domain", "housing"), True),
        (exact("open_caseload", "as_at", MAY, "need_domain", "housing"), False),  # no end of a quarter
        (exact("open_caseload", "as_at", JUNE, "sex", "female"), False),  # no end of a half-year
        (exact("open_caseload", "as_at", SEPTEMBER, "sex", "female"), True),
        (exact("open_caseload", "as_at", MAY), True),  # no breakdown
        (exact("open_caseload", "as_at", MAY, "borough", "camden"), True),  # a headline
        (exact("starts", "month", MAY, "sex", "female"), True),  # shares nobody with another month
        (exact("system_changes", "as_at", MAY, "level", "service"), True),  # nobody's own
    ],
    ids=lambda value: f"{value.table} {value.period_end}" if isinstance(value, ExactFigure) else "",
)
def test_which_tables_wait_for_their_day(figure: ExactFigure, comes: bool) -> None:
    kept = in_batches(
        [figure],
        DEFINITIONS,
        {("open_caseload", "count", "as_at", ("borough",))},
        earlier=(),
        quarter_ends={MARCH, JUNE, SEPTEMBER, DECEMBER},
        financial_year_start_month=4,
        minimum=10,
        members=lambda metric_id, period_type, dimensions, days: {day: people(20) for day in days},
    )
    assert kept == ([figure] if comes else [])


# --- what was released before -----------------------------------------------------------------------------


def shown(figure: ExactFigure, value: float | None, is_exact: bool = False) -> PublishedFigure:
    (dimension, category), *_ = (*figure.categories, ("", ""))
    days = figure.period_start, figure.period_end
    place = (figure.metric_id, "count", figure.period_type, *days, dimension, category, "", "")
    return PublishedFigure(*place, value=value, exact=is_exact)


@pytest.mark.parametrize(
    ("now", "stays"),
    [
        ({"camden": 42, "islington": 38}, True),  # one record was corrected
        ({"camden": 50, "islington": 38}, True),  # nine
        ({"camden": 51, "islington": 38}, False),  # ten
        ({"camden": 31, "islington": 48}, False),
        ({"camden": 41, "islington": 38}, True),
    ],
    ids=["one", "nine", "ten joined", "ten left", "as it was"],
)
def test_a_period_of_an_earlier_release_stays_until_enough_people_moved_in_it(
    now: dict[str, int], stays: bool
) -> None:
    def cells(counts: Mapping[str, int]) -> list[ExactFigure]:
        return [
            exact("open_caseload", "as_at", MARCH, "sex", category, count)
            for category, count in counts.items()
        ]

    before = cells({"camden": 41, "islington": 38})
    total = exact("open_caseload", "as_at", MARCH, count=sum(now.values()))
    earlier: dict[TableOfPeriod, Released] = {
        table_of(shown(before[0], 40)): Released(
            tuple(shown(figure, 40) for figure in before), {f.categories: f.people for f in before}
        )
    }
    new = [shown(figure, 45) for figure in cells(now)]
    headline = shown(total, total.people, is_exact=True)
    kept, stayed = as_released(
        [headline, *new], [total, *cells(now)], DEFINITIONS, earlier=earlier, minimum=10
    )
    assert kept[0] == headline
    assert [figure.value for figure in kept[1:]] == ([40, 40] if stays else [45, 45])
    assert len(stayed) == int(stays)


@pytest.mark.parametrize(
    ("value", "people_now", "told", "told_now", "is_shown"),
    [
        (83, 82, 80, 85, 80),
        (84, 83, None, 85, None),
        (79, 79, 80, 75, 75),  # "80 people of 79 starts" would tell that the newest were drawn upwards
        (95, 94, 80, 95, 95),
    ],
    ids=["corrected", "was fewer than ten", "fewer than were told", "moved"],
)
def test_the_people_beside_a_headline_stay_as_they_were_drawn(
    value: int, people_now: int, told: int | None, told_now: int, is_shown: int | None
) -> None:
    figure = replace(exact("starts", "month", MARCH, count=people_now), value=value)
    now = replace(shown(figure, value, is_exact=True), people=told_now)
    before = replace(shown(figure, 82, is_exact=True), people=told)
    earlier = {table_of(before): Released((before,), {figure.categories: 81})}
    definitions = {"starts": replace(DEFINITIONS["starts"], counts="episodes")}
    [kept], stayed = as_released([now], [figure], definitions, earlier=earlier, minimum=10)
    assert (kept.value, kept.people) == (value, is_shown)
    # What was drawn anew can be drawn again.
    assert (stayed == {table_of(now)}) is (is_shown == told)


def test_the_people_of_a_headline_of_people_are_the_headline() -> None:
    figure = exact("open_caseload", "as_at", MARCH, count=61)
    now = replace(shown(figure, 61, is_exact=True), people=61)
    before = replace(shown(figure, 60, is_exact=True), people=60)
    earlier = {table_of(before): Released((before,), {figure.categories: 60})}
    assert as_released([now], [figure], DEFINITIONS, earlier=earlier, minimum=10) == ([now], set())


def test_tables_of_one_population_and_day_stay_or_move_together() -> None:
    """Else the parts by sex would be of today and the parts by need of last quarter."""
    sex = [exact("open_caseload", "as_at", MARCH, "sex", c, n) for c, n in (("female", 30), ("male", 50))]
    need = [exact("open_caseload", "as_at", MARCH, "need_domain", "housing", 60)]
    earlier: dict[TableOfPeriod, Released] = {}
    for figures, people_then in ((sex, (18, 50)), (need, (59,))):
        earlier[table_of(shown(figures[0], 0))] = Released(
            tuple(shown(figure, 1) for figure in figures),
            {figure.categories: n for figure, n in zip(figures, people_then, strict=True)},
        )
    new = [shown(figure, 5) for figure in (*sex, *need)]
    kept, _ = as_released(new, [*sex, *need], DEFINITIONS, earlier=earlier, minimum=10)
    assert kept == new


def test_a_table_that_was_never_released_is_new_in_an_old_period() -> None:
    figure = exact("open_caseload", "as_at", MARCH, "sex", "female")
    assert as_released([shown(figure, 20)], [figure], DEFINITIONS, earlier={}, minimum=10) == (
        [shown(figure, 20)],
        set(),
    )
