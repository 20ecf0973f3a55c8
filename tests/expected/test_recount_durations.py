"""Days, months and curves of the independent count, each case worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest

from tests.expected.durations import HALF, Curve, Wait, add_months, curves, is_over, quarter_of, working_day


def both(*waits: tuple[int, str]) -> tuple[Curve, Curve]:
    found = curves(Wait(*wait) for wait in waits)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2014, 8, 31), 6, date(2015, 2, 28)),
        (date(2016, 2, 29), 12, date(2017, 2, 28)),
        (date(2014, 12, 31), 2, date(2015, 2, 28)),
        (date(2014, 12, 1), 0, date(2014, 12, 1)),
        (date(2015, 5, 15), 19, date(2016, 12, 15)),
    ],
)
def test_months_later_is_the_same_day_or_the_last(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_quarter_is_over_on_its_last_day() -> None:
    assert quarter_of(date(2015, 6, 30)) == date(2015, 4, 1)
    assert is_over(date(2015, 4, 1), date(2015, 6, 30))
    assert not is_over(date(2015, 4, 1), date(2015, 6, 29))


def test_working_days_leave_out_weekends_and_bank_holidays() -> None:
    # Thursday before Good Friday: the first working day after it is Tuesday.
    assert working_day(date(2015, 4, 2), 1) == date(2015, 4, 7)
    # Christmas 2016 was a Sunday: Monday and Tuesday were holidays, and so was 2 January 2017.
    assert working_day(date(2016, 12, 23), 1) == date(2016, 12, 28)
    assert working_day(date(2016, 12, 23), 4) == date(2017, 1, 3)
    # A Saturday: two plain weeks on is Friday.
    assert working_day(date(2014, 6, 7), 10) == date(2014, 6, 20)


def test_who_ends_otherwise_never_has_the_event() -> None:
    incidence, survival = both(
        (5, "event"), (10, "event"), (10, "waiting"), (20, "competing"), (30, "waiting")
    )
    # One of five; then a quarter of the four fifths; then nobody of the last two.
    assert [incidence.at(day) for day in (4, 5, 9, 10, 20, 30)] == [
        0,
        Fraction(1, 5),
        Fraction(1, 5),
        Fraction(2, 5),
        Fraction(2, 5),
        Fraction(2, 5),
    ]
    assert [survival.at(day) for day in (4, 5, 10, 20)] == [
        1,
        Fraction(4, 5),
        Fraction(3, 5),
        Fraction(3, 10),
    ]
    assert incidence.first_day(HALF, 1) is None
    assert survival.first_day(0, HALF) == 20


@pytest.mark.parametrize("waiting_since", [10, 14])
def test_nothing_is_known_beyond_the_longest_while_anybody_waits(waiting_since: int) -> None:
    # Also where the longest of all has ended: the others have not come so far.
    incidence, survival = both((7, "event"), (14, "event"), (waiting_since, "waiting"))
    assert incidence.at(14) == (Fraction(2, 3) if waiting_since == 14 else 1)
    assert incidence.at(15) is None
    assert survival.at(15) is None


def test_once_everybody_has_ended_the_curve_stays() -> None:
    incidence, survival = both((7, "event"), (14, "competing"))
    assert incidence.at(84) == HALF
    assert survival.at(84) == 0
    assert incidence.first_day(HALF, 1) == 7


def test_a_half_is_reached_exactly() -> None:
    # A sixth three times makes a half, which sums of doubles miss.
    incidence, survival = both(*((day, "event") for day in range(1, 7)))
    assert incidence.first_day(HALF, 1) == 3
    assert survival.first_day(0, HALF) == 3


def test_of_nobody_there_is_no_curve() -> None:
    assert curves([]) is None
