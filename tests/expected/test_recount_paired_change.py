"""Changes of the same people on invented numbers, each figure worked out by hand."""

from datetime import date

import pytest

from tests.expected.invented_rows import figures
from tests.expected.paired_change import hodges_lehmann, put_changes, tipping_point
from tests.expected.recount import Count


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # 1, 1.5, 2, 2, 2.5, 3
        ([1, 2, 3], 2),
        # Each with itself too: -2, 1, 4.
        ([-2, 4], 1),
        # Those of nought take part: 0, 0, 0, 2.5, 2.5, 5.
        ([0, 0, 5], 1.25),
        ([3], 3),
    ],
)
def test_hodges_lehmann_is_the_median_of_all_means_of_two(changes: list[int], expected: float) -> None:
    assert hodges_lehmann(changes) == expected


@pytest.mark.parametrize(
    ("changes", "without", "expected"),
    [
        # A mean of 1.5 for two people is undone by a fall of half a point in six.
        ([2, 1], 6, 0.5),
        # A score that should fall: they would have to have risen.
        ([-2, 0], 1, -2),
        ([2, 1], 0, None),
        ([1, -1], 6, None),
    ],
)
def test_tipping_point(changes: list[int], without: int, expected: float | None) -> None:
    assert tipping_point(changes, without) == expected


@pytest.mark.usefixtures("few_people_will_do")
@pytest.mark.parametrize(("people", "has_figures"), [(10, True), (11, False)])
def test_below_three_in_ten_there_is_no_figure_of_change(people: int, has_figures: bool) -> None:
    count = Count(date(2015, 5, 31))
    everybody = {f"P{number}" for number in range(people)}
    put_changes(count, "change", "area", ["one"], {"one": {"P0": 2, "P1": 0, "P2": -1}}, everybody)
    # Which ways three people went is told if they are enough; that the others have no pair always is.
    each = 1 if has_figures else None
    assert figures(count, "change", "count", "as_at") == {
        ("one", "up"): each,
        ("one", "same"): each,
        ("one", "down"): each,
        ("one", "no_pair"): people - 3,
    }
    for measure in ("mean", "median", "tipping_point"):
        assert bool(figures(count, "change", measure, "as_at")) == has_figures


@pytest.mark.parametrize(("pairs", "expected"), [(9, {}), (10, {("one",): 2})])
def test_below_ten_people_there_is_no_figure_of_change(pairs: int, expected: dict) -> None:
    count = Count(date(2015, 5, 31))
    changes = {f"P{number}": 2 for number in range(pairs)}
    put_changes(count, "change", "area", ["one"], {"one": changes}, set(changes))
    assert figures(count, "change", "mean", "as_at") == expected


@pytest.mark.usefixtures("few_people_will_do")
def test_no_pair_at_all_and_a_pair_of_everybody() -> None:
    count = Count(date(2015, 5, 31))
    put_changes(count, "change", "area", ["none", "all"], {"all": {"A": 1, "B": 4}}, {"A", "B"})
    assert figures(count, "change", "count", "as_at") == {
        ("none", "up"): None,
        ("none", "same"): None,
        ("none", "down"): None,
        ("none", "no_pair"): 2,
        ("all", "up"): 2,
    }
    assert figures(count, "change", "mean", "as_at") == {("all",): 2.5}
    assert figures(count, "change", "tipping_point", "as_at") == {}
