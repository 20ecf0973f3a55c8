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


def control_limits(values: Sequence[float]) -> ControlLimits | None:
    """The limits of a series of counts in order of time; None for fewer than six."""
    if len(values) < FEWEST_POINTS:
        return None
    mean = fmean(values)
    reach = 2.66 * fmean(abs(later - earlier) for earlier, later in pairwise(values))
    return ControlLimits(mean, max(0.0, mean - reach), mean + reach, len(values) < FULL_LIMITS)
