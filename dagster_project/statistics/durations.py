"""How long things take: length of support and waits, with those not over yet (publication specification).

Belongs here: Kaplan-Meier and cumulative incidence at fixed times. Does not belong here: who is observed from
when (the metrics' SQL), and which figures are due (`store.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log
from typing import Any

EVENT, COMPETING, WAITING = "event", "competing", "waiting"
NORMAL_QUANTILE = 1.959963984540054
# Fractions that make just a half, or one, may differ from it in their last binary digits.
LAST_DIGITS = 1e-9


@dataclass(frozen=True)
class Observed:
    """One thing that was observed: for how many days, and what ended it (`event`, `competing`, `waiting`)."""

    days: float
    outcome: str


@dataclass(frozen=True)
class AtTime:
    """A figure at a fixed time, between 0 and 1; None where it is not known yet."""

    value: float | None
    lower: float | None
    upper: float | None
    """The interval's bounds; None where none can be worked out, as before the first or after the last end."""
    at_risk: int
    """How many had been observed for at least that long."""


def _at_risk(observed: Sequence[Observed], days: float) -> int:
    return sum(1 for one in observed if one.days >= days)


def _too_early(observed: Sequence[Observed], days: float) -> bool:
    """Whether nothing is known of that time: nobody was observed so long, and not all have ended.

    Where the longest observation ended, the libraries go on with the last figure; those who left the
    observation earlier and have not ended say that it is not known.
    """
    return not _at_risk(observed, days) and any(one.outcome == WAITING for one in observed)


def _at(observed: Sequence[Observed], days: float, value: float, lower: float, upper: float) -> AtTime:
    """The figure of a time and its interval, if it has one; sums of doubles may lie beside 0 and 1."""
    at_risk = _at_risk(observed, days)
    if _too_early(observed, days):
        return AtTime(None, None, None, at_risk)
    value, lower, upper = (min(max(part, 0.0), 1.0) for part in (value, lower, upper))
    # False also of what is no number.
    has_interval = lower < upper
    return AtTime(value, lower if has_interval else None, upper if has_interval else None, at_risk)


# The same people are asked for each of the fixed times and for the median: one fit serves all.
@lru_cache(maxsize=256)
def _kaplan_meier(observed: tuple[Observed, ...]) -> Any:
    from lifelines import KaplanMeierFitter

    return KaplanMeierFitter().fit(
        [one.days for one in observed], [one.outcome != WAITING for one in observed]
    )


def survival(observed: Sequence[Observed], days: Sequence[float]) -> list[AtTime]:
    """Kaplan-Meier: the share not ended after each number of days, with the log-log interval (lifelines).

    Whatever ends an observation but `waiting` is the event.
    """
    if not observed:
        return [AtTime(None, None, None, 0) for _ in days]
    fitted = _kaplan_meier(tuple(observed))
    curve = fitted.survival_function_at_times(list(days))
    bounds = fitted.confidence_interval_survival_function_
    return [
        _at(observed, day, float(value), *(float(bound) for bound in bounds[bounds.index <= day].iloc[-1]))
        for day, value in zip(days, curve, strict=True)
    ]


def median_survival(observed: Sequence[Observed]) -> float | None:
    """The least number of days after which half or fewer have not ended; None while more have not."""
    if not observed:
        return None
    curve = _kaplan_meier(tuple(observed)).survival_function_.iloc[:, 0]
    return next((float(days) for days, value in curve.items() if value <= 0.5 + LAST_DIGITS), None)


@lru_cache(maxsize=256)
def _incidence(observed: tuple[Observed, ...]) -> tuple[list[float], list[float], list[float]]:
    """Times, cumulative incidence of the event and its standard error (Aalen-Johansen, statsmodels).

    Not lifelines' Aalen-Johansen: it moves ties apart at random.
    """
    from numpy import errstate
    from statsmodels.duration.survfunc import CumIncidenceRight

    status = {EVENT: 1, COMPETING: 2, WAITING: 0}
    # Where the last of all ends, the library divides by nobody; its error is then no number (_log_log).
    with errstate(divide="ignore", invalid="ignore"):
        fitted = CumIncidenceRight([one.days for one in observed], [status[one.outcome] for one in observed])
    errors = fitted.cinc_se[0]  # pyright: ignore[reportOptionalSubscript]
    return list(fitted.times), list(fitted.cinc[0]), list(errors)


def incidence(observed: Sequence[Observed], days: Sequence[float]) -> list[AtTime]:
    """Cumulative incidence: the share with the event within each number of days, competing ends apart."""
    if not observed:
        return [AtTime(None, None, None, 0) for _ in days]
    if not any(one.outcome == EVENT for one in observed):
        return [_at(observed, day, 0.0, 0.0, 0.0) for day in days]
    times, shares, errors = _incidence(tuple(observed))
    found = []
    for day in days:
        place = sum(1 for time in times if time <= day) - 1
        value, error = (float(shares[place]), float(errors[place])) if place >= 0 else (0.0, 0.0)
        found.append(_at(observed, day, value, *_log_log(value, error)))
    return found


def _log_log(value: float, error: float) -> tuple[float, float]:
    """The interval that stays between 0 and 1; of no width, or no number, where there is no spread."""
    if not LAST_DIGITS < value < 1 - LAST_DIGITS:
        return value, value
    spread = NORMAL_QUANTILE * error / (value * log(value))
    return value ** exp(-spread), value ** exp(spread)


def median_incidence(observed: Sequence[Observed]) -> float | None:
    """The least number of days within which half had the event; None while fewer had."""
    if not any(one.outcome == EVENT for one in observed):
        return None
    times, shares, _ = _incidence(tuple(observed))
    return next(
        (float(time) for time, share in zip(times, shares, strict=True) if share >= 0.5 - LAST_DIGITS), None
    )
