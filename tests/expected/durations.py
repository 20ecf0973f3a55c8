"""Days and times for the independent count: months, working days, and curves over people who still wait.

No statistics library and nothing of the product: Aalen-Johansen and Kaplan-Meier in fractions, so that a
curve that reaches one half reaches it exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

DAYS_A_MONTH = Fraction("30.4375")
HALF = Fraction(1, 2)

# Bank holidays in England and Wales as announced; a holiday on a weekend has its substitute here.
BANK_HOLIDAYS = {
    2014: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2015: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2016: "01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27",
    2017: "01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
    2018: "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26",
}


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    after = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day.day - 1), after - timedelta(days=1))


def quarter_of(day: date) -> date:
    """The first day of a day's calendar quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def is_over(quarter: date, day: date) -> bool:
    """Whether the last day of a quarter is past at the end of a day."""
    return add_months(quarter, 3) - timedelta(days=1) <= day


def is_working(day: date) -> bool:
    """Monday to Friday and no bank holiday; KeyError beyond the years listed."""
    return day.weekday() < 5 and f"{day:%m-%d}" not in BANK_HOLIDAYS[day.year].split()


@cache
def working_day(after: date, number: int) -> date:
    """The first, second ... working day after a day."""
    day = after
    while number:
        day += timedelta(days=1)
        number -= is_working(day)
    return day


@dataclass(frozen=True)
class Wait:
    """Days until an outcome: `event`, another end (`competing`), or none yet (`waiting`)."""

    days: int
    outcome: str


@dataclass(frozen=True)
class Curve:
    """A share by day: `first` before the first step, then each step's value from its day on."""

    first: Fraction
    steps: tuple[tuple[int, Fraction], ...]
    longest: int
    all_have_ended: bool
    """Whether nobody waits any more: else nothing is known beyond the longest duration."""

    def at(self, day: int) -> Fraction | None:
        """The share on a day; None where nobody was observed so long and some had not ended."""
        if day > self.longest and not self.all_have_ended:
            return None
        return ([self.first] + [value for since, value in self.steps if since <= day])[-1]

    def first_day(self, low: Fraction | int, high: Fraction | int) -> int | None:
        """The least day on which the share lies between two values; None if it never does."""
        return next((day for day, value in self.steps if low <= value <= high), None)


def curves(waits: Iterable[Wait]) -> tuple[Curve, Curve] | None:
    """Cumulative incidence of the event (Aalen-Johansen) and the share without any end yet (Kaplan-Meier).

    Who still waits on a day is at risk on it. None of nobody.
    """
    numbers = Counter((wait.days, wait.outcome) for wait in waits)
    if not numbers:
        return None
    at_risk = sum(numbers.values())
    without_end, happened = Fraction(1), Fraction(0)
    incidence, survival = [], []
    days = sorted({day for day, _ in numbers})
    for day in days:
        events, others, waiting = (numbers[day, outcome] for outcome in ("event", "competing", "waiting"))
        happened += without_end * Fraction(events, at_risk)
        without_end *= 1 - Fraction(events + others, at_risk)
        at_risk -= events + others + waiting
        incidence.append((day, happened))
        survival.append((day, without_end))
    all_have_ended = all(outcome != "waiting" for _, outcome in numbers)
    return (
        Curve(Fraction(0), tuple(incidence), days[-1], all_have_ended),
        Curve(Fraction(1), tuple(survival), days[-1], all_have_ended),
    )
