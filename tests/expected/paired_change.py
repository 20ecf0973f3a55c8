"""Two scores of the same people, for the independent count: what changed, for how many, and who has no pair.

No statistics library and nothing of the product.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations_with_replacement

from tests.expected.recount import Count

# By category of the breakdown (an area, an item), then by person: the later score less the earlier.
Changes = dict[str, dict[str, int]]
Scores = Mapping[str, object]


def changes_of(pairs: Iterable[tuple[str, Scores, Scores]], names: Iterable[str]) -> Changes:
    """Changes of each name that has both of its scores; pairs are person, earlier and later scores."""
    found: Changes = defaultdict(dict)
    names = tuple(names)
    for client, earlier, later in pairs:
        for name in names:
            before, after = earlier[name], later[name]
            if isinstance(before, int) and isinstance(after, int):
                found[name][client] = after - before
    return found


def with_a_pair(changes: Changes) -> set[str]:
    """Everybody with a change in at least one name."""
    return {client for own in changes.values() for client in own}


def direction(change: int) -> str:
    return "up" if change > 0 else "down" if change < 0 else "same"


def hodges_lehmann(changes: Collection[int]) -> float:
    """The median of all means of two changes, each with itself too; changes of nought take part."""
    return statistics.median(one + other for one, other in combinations_with_replacement(changes, 2)) / 2


def tipping_point(changes: Collection[int], without: int) -> float | None:
    """The mean change of people without a pair that would make the change of all nil, its sign turned."""
    return sum(changes) / without if without and sum(changes) else None


LEAST_PEOPLE = 10


def has_enough(with_pair: Collection[str], everybody: Collection[str]) -> bool:
    """Whether ten people and three in ten have a pair; of nobody none is missing."""
    return not everybody or is_enough(len(with_pair), len(everybody))


def is_enough(with_pair: int, everybody: int) -> bool:
    """Whether a change may speak for everybody: ten people and three in ten have a pair."""
    return with_pair >= LEAST_PEOPLE and with_pair * 100 >= 30 * everybody


def put_changes(
    count: Count, metric: str, dimension: str, names: Iterable[str], changes: Changes, everybody: set[str]
) -> None:
    """The figures of one metric; of fewer than 30 % or ten people with a pair, only how many have none."""
    for name in names:
        own = changes.get(name, {})
        without = len(everybody - own.keys())
        directions = Counter(direction(change) for change in own.values())
        enough = has_enough(own, everybody)
        for category in ("up", "same", "down"):
            if not enough or directions[category]:
                cell = {dimension: name, "direction": category}
                number = directions[category] if enough else None
                count.put(metric, "count", "as_at", count.as_at, number, **cell)
        if without:
            cell = {dimension: name, "direction": "no_pair"}
            count.put(metric, "count", "as_at", count.as_at, without, **cell)
        if not own or not enough:
            continue
        found = list(own.values())
        measures = {
            "mean": statistics.fmean(found),
            "median": hodges_lehmann(found),
            "tipping_point": tipping_point(found, without),
        }
        for measure, value in measures.items():
            if value is not None:
                count.put(metric, measure, "as_at", count.as_at, value, **{dimension: name})
