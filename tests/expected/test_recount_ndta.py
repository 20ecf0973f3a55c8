"""The independent count of the NDTA on invented rows, each figure counted by hand."""

from datetime import date

import pytest

from tests.expected.invented_rows import assessment, episode, figures, known
from tests.expected.recount import Count
from tests.expected.recount_ndta import count_ndta_metrics

pytestmark = pytest.mark.usefixtures("few_people_will_do")
AS_AT = date(2015, 5, 31)
PEOPLE = known(
    episode("E1", "2014-07-01", client="A"),
    episode("E2", "2014-07-01", client="B"),
    episode("E3", "2015-03-02", client="C"),
    # Not started yet.
    episode("E4", "2015-06-01", client="D"),
    # Started too lately to have two.
    episode("E5", "2015-03-03", client="E"),
)
ASSESSMENTS = [
    # Out of order in the file. The total stays at 12: one item less, another more.
    assessment("2015-01-01", "0 1 2 2 2 1 1 1 1 1", client="A"),
    # On the ninetieth day.
    assessment("2014-09-29", "1 1 1 2 2 1 1 1 1 1", client="A"),
    # On the ninety-first day, and one without its first item on the as-at day itself.
    assessment("2014-09-30", "4 3 3 8 8 4 4 4 4 4", client="B"),
    assessment("2015-05-31", "- 1 3 8 8 4 4 4 4 4", client="B"),
    assessment("2015-03-02", "2 - 3 4 4 2 2 2 2 2", client="C"),
    # Tomorrow's does not count.
    assessment("2015-06-01", "0 0 0 0 0 0 0 0 0 0", client="C"),
    assessment("2015-05-01", "4 4 4 8 8 4 4 4 4 4", client="D"),
]


def counted() -> Count:
    count = Count(AS_AT)
    count_ndta_metrics(count, PEOPLE, {"ndta": ASSESSMENTS})
    return count


def test_scores_at_the_start_leave_out_what_is_missing() -> None:
    means = figures(counted(), "ndta_at_start", "mean", "as_at")
    assert means[("item_1",)] == 1.5
    assert means[("item_2",)] == 1
    assert means[("item_3",)] == 2
    # Of A alone: C's second item is missing.
    assert means[("total",)] == 12
    assert len(means) == 11


def test_change_is_item_by_item() -> None:
    count = counted()
    numbers = figures(count, "ndta_change", "count", "as_at")
    by_item = {
        item: {direction: number for (direction, own), number in numbers.items() if own == item}
        for item in ("total", "item_1", "item_2", "item_3")
    }
    assert by_item == {
        "total": {"same": 1, "no_pair": 2},
        "item_1": {"down": 1, "no_pair": 2},
        "item_2": {"same": 1, "down": 1, "no_pair": 1},
        "item_3": {"up": 1, "same": 1, "no_pair": 1},
    }


def test_less_is_a_minus() -> None:
    count = counted()
    means = figures(count, "ndta_change", "mean", "as_at")
    # One of three is enough. A's first item falls by one; their second by nought and by two.
    assert (means[("item_1",)], means[("item_2",)], means[("total",)]) == (-1, -1, 0)
    medians = figures(count, "ndta_change", "median", "as_at")
    assert (medians[("item_1",)], medians[("item_2",)], medians[("total",)]) == (-1, -1, 0)
    tipping = figures(count, "ndta_change", "tipping_point", "as_at")
    # A change of nought has none.
    assert tipping == {("item_1",): -0.5, ("item_2",): -2, ("item_3",): 1}


def test_two_assessments_too_near_are_no_pair() -> None:
    for latest, directions in (("2014-10-08", {"no_pair": 1}), ("2014-10-09", {"same": 1})):
        count = Count(AS_AT)
        rows = [assessment("2014-07-11", "1"), assessment(latest, "1")]
        count_ndta_metrics(count, known(episode("E1", "2014-07-01")), {"ndta": rows})
        numbers = figures(count, "ndta_change", "count", "as_at")
        assert {
            way: number for (way, item), number in numbers.items() if item == "item_1" and number
        } == directions
