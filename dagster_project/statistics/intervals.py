"""95 % intervals of a share and of a mean (publication specification, honest statistics).

Belongs here: which interval, and in which unit. The formulas are those of statsmodels and scipy. Does not
belong here: rounding and withholding.
"""

from math import sqrt

CONFIDENCE = 0.95


def wilson(counted: float, of: float) -> tuple[float, float]:
    """The Wilson interval of `counted` out of `of`, as per cent between 0 and 100; `of` must be above 0."""
    # These libraries take a second to import; only a refresh needs them.
    from statsmodels.stats.proportion import proportion_confint

    bounds = proportion_confint(counted, of, alpha=1 - CONFIDENCE, method="wilson")
    lower, upper = (100 * float(bound) for bound in bounds)  # pyright: ignore[reportArgumentType]
    return lower, upper


def t_interval(mean: float, standard_deviation: float, people: int) -> tuple[float, float]:
    """The t interval of a mean of one value a person, in the unit of the mean; needs two people or more."""
    from scipy.stats import t

    if standard_deviation == 0:
        return mean, mean
    lower, upper = t.interval(CONFIDENCE, people - 1, loc=mean, scale=standard_deviation / sqrt(people))
    return float(lower), float(upper)
