"""95 % intervals: Wilson for a share, Student's t for a mean (publication specification, honest statistics).

Pure arithmetic on figures. Does not belong here: rounding and withholding.
"""

from math import sqrt

from scipy.special import ndtri, stdtrit

UPPER_TAIL = 0.975


def wilson(counted: float, of: float) -> tuple[float, float]:
    """The Wilson interval of `counted` out of `of`, as per cent between 0 and 100; `of` must be above 0."""
    z = float(ndtri(UPPER_TAIL))
    share = counted / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def t_interval(mean: float, standard_deviation: float, people: int) -> tuple[float, float]:
    """The t interval of a mean of one value a person, in the unit of the mean; needs two people or more."""
    half = float(stdtrit(people - 1, UPPER_TAIL)) * standard_deviation / sqrt(people)
    return mean - half, mean + half
