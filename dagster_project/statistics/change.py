"""Change of the same people between two readings (publication specification, honest statistics).

Belongs here: the typical change and what would undo it. The mean and its interval come from the number store
and `intervals.py`; who has a pair is the metrics' SQL.
"""

from collections.abc import Sequence


def hodges_lehmann(changes: Sequence[float]) -> float | None:
    """The Hodges-Lehmann estimate: the median of all means of two changes (each with itself too).

    Changes of nought take part: most people staying as they are is a finding. None for nobody.
    """
    import numpy as np

    if not changes:
        return None
    values = np.asarray(changes, dtype=float)
    first, second = np.triu_indices(len(values))
    return float(np.median((values[first] + values[second]) / 2))


def tipping_point(mean: float, with_pair: int, without_pair: int) -> float | None:
    """By how many points the people without a second reading would have to have changed the other way, each,
    for the mean change of all to be nil; None where nobody is without, or nothing changed.
    """
    if not without_pair or not mean:
        return None
    return mean * with_pair / without_pair
