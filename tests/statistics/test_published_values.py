"""The libraries are asked the right question: values that were published come out, to the printed digits."""

import pytest

from dagster_project.statistics.change import hodges_lehmann, tipping_point
from dagster_project.statistics.durations import (
    AtTime,
    Observed,
    incidence,
    median_incidence,
    median_survival,
    survival,
)
from dagster_project.statistics.intervals import t_interval, wilson


@pytest.mark.parametrize(
    ("counted", "of", "lower", "upper"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0.00, 16.11), (1, 29, 0.61, 17.18)],
)
def test_wilson(counted: int, of: int, lower: float, upper: float) -> None:
    assert wilson(counted, of) == pytest.approx((lower, upper), abs=0.005)


# Student, Biometrika 6 (1908): hours of sleep gained with one drug and with the other, ten people.
SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]


def test_t_interval_of_a_paired_change() -> None:
    mean = sum(SLEEP) / len(SLEEP)
    spread = (sum((hours - mean) ** 2 for hours in SLEEP) / (len(SLEEP) - 1)) ** 0.5
    assert mean == pytest.approx(1.58)
    assert t_interval(mean, spread, len(SLEEP)) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)


def test_t_interval_of_people_who_all_moved_alike() -> None:
    assert t_interval(2.0, 0.0, 12) == (2.0, 2.0)


def test_hodges_lehmann() -> None:
    # Hollander and Wolfe, Nonparametric Statistical Methods, table 3.1: the estimate is 0.46.
    before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    changes = [first - second for first, second in zip(before, after, strict=True)]
    assert hodges_lehmann(changes) == pytest.approx(0.46, abs=0.0005)


@pytest.mark.parametrize(
    ("changes", "typical"),
    [
        ([], None),
        ([3], 3),
        # The six means of two: -1, -0.5, 1.5, 0, 2, 4; in the middle lie 0 and 1.5.
        ([-1, 0, 4], 0.75),
        # Four who stayed as they were and one who rose by five: most means are nought.
        ([0, 0, 0, 0, 5], 0),
    ],
)
def test_hodges_lehmann_by_hand(changes: list[float], typical: float | None) -> None:
    assert hodges_lehmann(changes) == typical


@pytest.mark.parametrize(
    ("mean", "with_pair", "without", "points"),
    [
        (1.5, 24, 37, 1.5 * 24 / 37),
        (-0.5, 10, 20, -0.25),
        (1.0, 20, 0, None),
        (0.0, 20, 10, None),
    ],
)
def test_tipping_point(mean: float, with_pair: int, without: int, points: float | None) -> None:
    assert tipping_point(mean, with_pair, without) == points


# Freireich and others, Blood 21 (1963): weeks in remission of 21 patients on 6-MP; with a plus: still in it.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def remission(text: str) -> list[Observed]:
    return [
        Observed(float(weeks.rstrip("+")), "waiting" if weeks.endswith("+") else "event")
        for weeks in text.split()
    ]


def test_kaplan_meier() -> None:
    # The estimates as printed in Kleinbaum and Klein, Survival Analysis, table 2.1.
    weeks = [5, 6, 7, 10, 13, 16, 22, 23]
    printed = [1, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    found = survival(remission(SIX_MP), weeks)
    assert [at.value for at in found] == pytest.approx(printed, abs=0.00006)
    assert [at.at_risk for at in found] == [21, 21, 17, 15, 12, 11, 7, 6]


def test_medians_of_the_remissions() -> None:
    assert median_survival(remission(SIX_MP)) == 23
    assert median_survival(remission(PLACEBO)) == 8


def test_nothing_is_known_beyond_the_longest_who_has_not_ended() -> None:
    # 35 weeks is the longest and still goes on; of the placebo's all have ended after 23.
    assert [at.value is None for at in survival(remission(SIX_MP), [35, 36])] == [False, True]
    assert survival(remission(PLACEBO), [24])[0].value == 0
    # The longest has ended, but another has not come so far.
    assert [at.value is None for at in survival(remission("5 7+ 9"), [7, 9, 10])] == [False, False, True]


def test_the_log_log_interval_of_the_remissions() -> None:
    # By hand: 6/7 after six weeks, with Greenwood's sum 3 / (21 x 18). The error of log(-log(6/7)) is
    # sqrt(3 / 378) / log(7/6) = 0.577922, so that the exponents of 6/7 are exp(+/- 1.959964 x 0.577922).
    [found] = survival(remission(SIX_MP), [6])
    assert (found.lower, found.upper) == pytest.approx((0.6197180, 0.9515517), abs=5e-7)


def test_no_interval_where_none_can_be_worked_out() -> None:
    """Before the first end and after the last there is no spread; an interval of no width would be false."""
    observed = remission(PLACEBO)
    assert survival(observed, [0]) == [AtTime(1, None, None, 21)]
    assert survival(observed, [23, 24]) == [AtTime(0, None, None, 1), AtTime(0, None, None, 0)]
    [before, after] = incidence(observed, [0, 24])
    assert (before.value, before.lower, before.upper) == (0, None, None)
    # Sums of doubles pass one.
    assert (after.value, after.lower, after.upper) == (1, None, None)
    # The last of all has another end: the library has no error there.
    last = incidence([Observed(1, "event"), Observed(2, "event"), Observed(3, "competing")], [3])
    assert [(at.value, at.lower, at.upper) for at in last] == [(pytest.approx(2 / 3), None, None)]


def test_a_curve_never_turns_and_lies_within_its_interval() -> None:
    for weeks in (SIX_MP, PLACEBO):
        stayed = survival(remission(weeks), range(36))
        had_it = incidence(remission(weeks), range(36))
        for curve, step in ((stayed, -1), (had_it, 1)):
            known = [at for at in curve if at.value is not None]
            values = [step * at.value for at in known if at.value is not None]
            assert values == sorted(values)
            for at in known:
                if at.value is not None and at.lower is not None and at.upper is not None:
                    assert 0 <= at.lower < at.value < at.upper <= 1


# One has the event after a day, one another end after two, one still waits after three, one has the event
# after four. By hand: 1/4 after a day; three are left, two after the second day, one after the third, so that
# after the fourth it is 1/4 + 2/4 x 1/1.
FOUR = [Observed(1, "event"), Observed(2, "competing"), Observed(3, "waiting"), Observed(4, "event")]


def test_cumulative_incidence_by_hand() -> None:
    found = incidence(FOUR, [0, 1, 2, 3, 4])
    assert [at.value for at in found] == pytest.approx([0, 0.25, 0.25, 0.25, 0.75])
    assert [at.at_risk for at in found] == [4, 4, 3, 2, 1]
    # Nobody was observed longer, and one still waits.
    assert incidence(FOUR, [9]) == [AtTime(None, None, None, 0)]
    assert median_incidence(FOUR) == 4


def test_other_ends_do_not_make_a_wait_seem_shorter() -> None:
    """One minus Kaplan-Meier would say that all four had the event; two never will."""
    ends = [Observed(1, "event"), Observed(2, "competing"), Observed(3, "competing"), Observed(4, "event")]
    assert incidence(ends, [4])[0].value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("observed", "values"),
    [
        ([], [None, None]),
        ([Observed(10, "waiting")], [0.0, None]),
        ([Observed(0, "event")], [1.0, 1.0]),
        ([Observed(3, "competing")], [0.0, 0.0]),
    ],
)
def test_few_waits(observed: list[Observed], values: list[float | None]) -> None:
    assert [at.value for at in incidence(observed, [7, 14])] == values


def test_all_who_came_at_once_count_together() -> None:
    """Ties are one step: 3 of 6 on one day, whatever the order of the rows."""
    tied = [Observed(7, "event")] * 3 + [Observed(7, "waiting")] * 3
    assert incidence(tied, [6, 7])[1].value == pytest.approx(0.5)
    assert incidence(tied[::-1], [6, 7])[1].value == pytest.approx(0.5)
