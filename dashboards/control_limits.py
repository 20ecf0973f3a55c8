"""Limits of a monthly series: which ups and downs are no more than usual.

Belongs here: the XmR chart's limits (mean ± 2.66 × mean moving range). Does not belong here: drawing,
wording, which series have limits (rare events have none).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

FULL_LIMITS = 12
FEWEST_POINTS = 6
"""A mean moving range of fewer than five ranges says nothing."""


@dataclass(frozen=True)
class ControlLimits:
    """Mean and limits in the unit of the series; a count has no limit below nil.

    `trial`: made of fewer than twelve points.
    """

    mean: float
    lower: float
    upper: float
    trial: bool

    def holds(self, value: float) -> bool:
        """Whether a value lies within the limits."""
        return self.lower <= value <= self.upper

    def written(self, bound: float, values: Sequence[float]) -> str:
        """A bound with one decimal, and with more where a value would else seem to lie on the other side."""
        texts = [f"{bound:.{digits}f}" for digits in range(1, 7)]
        return next(
            (
                text
                for text in texts
                if all((v > bound, v < bound) == (v > float(text), v < float(text)) for v in values)
            ),
            texts[-1],
        )


def control_limits(values: Sequence[float]) -> ControlLimits | None:
    """The limits of a series of counts in order of time; None for fewer than six."""
    if len(values) < FEWEST_POINTS:
        return None
    mean = fmean(values)
    reach = 2.66 * fmean(abs(later - earlier) for earlier, later in pairwise(values))
    return ControlLimits(mean, max(0.0, mean - reach), mean + reach, len(values) < FULL_LIMITS)
