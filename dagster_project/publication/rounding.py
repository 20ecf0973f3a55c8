"""Controlled random rounding: linked tables of counts, rounded together by one integer programme.

Belongs here: counts in, rounded counts out (publication specification, rule 3). Each count goes to one of its
two neighbouring multiples of the base, rows and columns go on adding up, and the same cell has the same
figure in every table. Does not belong here: which figures are shown or withheld (`disclosure.py`).
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from itertools import combinations, permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from dagster_project.publication.answers import Answers

# Weight of a wish: all count nearly alike, and none exactly alike, so that one answer is best on every
# machine.
WISH_WEIGHT = 10_000

SHARED_WISHES = {"open_caseload": "starts"}

# How many other wishes give way to one that keeps a figure as it was.
AS_BEFORE_WEIGHT = 50

# Redraws of the weights before a component counts as having no single answer.
DRAWS = 25

# A search of this many branches has never been needed; a bound in branches, not seconds, so that a slow
# machine publishes what a fast one does.
BRANCHES = 50_000

SOLVED = 0

_Row = tuple[tuple[tuple[int, int], ...], float, float]
"""A tie over numbered cells: ((number, sign), ...), low, high."""


class Cell(NamedTuple):
    """What is counted: the same cell has the same figure wherever it stands."""

    population: str
    unit: str
    start: date
    end: date
    parts: tuple[tuple[str, str], ...]
    """(breakdown, category), sorted by breakdown; empty for everyone."""

    def without(self, dimension: str) -> "Cell":
        """The margin that this cell is a part of, along one breakdown."""
        return self._replace(parts=tuple(part for part in self.parts if part[0] != dimension))


@dataclass(frozen=True)
class Layer:
    """The cells of one kind of count in a table, and the breakdowns along which they add up."""

    counts: Mapping[Cell, int]
    additive: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountTable:
    """One table of one period: all the counts behind its figures."""

    name: str
    dimensions: int
    layers: tuple[Layer, ...]
    totals: tuple[tuple[Cell, tuple[Cell, ...]], ...] = ()
    """(whole, its parts) beyond what the layers' breakdowns say: those counted and the rest."""
    at_most: tuple[tuple[Cell, Cell], ...] = ()
    """(smaller, greater): the people behind a count are never more than the count."""

    @property
    def end(self) -> date:
        """The last day of its period."""
        return next(cell.end for layer in self.layers for cell in layer.counts)

    @property
    def size(self) -> int:
        """How many counts the table shows or rests on."""
        return sum(len(layer.counts) for layer in self.layers)


@dataclass
class Rounded:
    """What came of rounding."""

    figures: dict[Cell, int]
    dropped: list[str] = field(default_factory=list)
    """Names of tables that could not be rounded together with the others, in the order they were given up."""
    not_additive: list[str] = field(default_factory=list)
    """`table, breakdown`: tables whose true parts do not add up to their whole (people counted twice)."""
    attempts: int = 1


def wish(cell: Cell, count: int, key: bytes, base: int, draw: int = 0) -> int:
    """1 to round `count` up, 0 for down: up with probability `(count mod base) / base`, by keyed hash.

    Neither period nor unit takes part: an unchanged count in the same cell rounds alike in every release, and
    whether people or their episodes are counted, so looking often averages nothing out. All counts between
    two multiples are held against one number: a count that grows is never shown as one that fell, which would
    tell that it is between the two. The audit asks for another `draw` where it has to.
    """
    again = f" {draw}" if draw else ""
    return int(_uniform(key, f"wish{again}", cell, count // base) * base < count % base)


def _uniform(key: bytes, purpose: str, cell: Cell, count: int) -> float:
    """A number in [0, 1) that only the key's owner can foretell."""
    parts = ";".join(f"{dimension}={category}" for dimension, category in cell.parts)
    text = "|".join((purpose, _kin(cell), parts, str(count)))
    return int.from_bytes(hmac.digest(key, text.encode(), hashlib.sha256)[:6], "big") / 2**48


def _kin(cell: Cell) -> str:
    """The population whose wishes a cell shares: while nobody left, those who came and those there are the
    same."""
    return SHARED_WISHES.get(cell.population, cell.population)


class Rounding:
    """The counts of a set of tables, to be rounded together: as often as draws are asked for.

    What does not hang on the draw is worked out once, and a day of which the same is asked as last time is
    not rounded again.
    """

    def __init__(
        self,
        tables: Sequence[CountTable],
        exact: Mapping[Cell, int],
        *,
        key: bytes,
        base: int,
        shown_from: int,
        answers: Answers | None = None,
    ) -> None:
        """Each count is to go to a neighbouring multiple of `base`.

        `exact` holds the counts that are published unrounded. Parts of an exact count add up to a rounded
        figure that is not shown; and no count within an exact one is rounded above it where that would be
        seen (`shown_from` and more), because "15 of 12" tells that nearly all twelve are counted. `answers`
        keeps what took a search.
        """
        self._exact, self._key, self._base, self._shown_from = exact, key, base, shown_from
        self._answers = answers
        by_day: dict[date, list[CountTable]] = defaultdict(list)
        for table in tables:
            by_day[table.end].append(table)
        self._tables = {end: by_day[end] for end in sorted(by_day)}
        self._networks: dict[tuple[date, tuple[str, ...]], _Network] = {}
        self._solved: dict[object, tuple[int, ...] | None] = {}

    def draw(
        self, draws: Mapping[Cell, int] | None = None, released: Mapping[Cell, int] | None = None
    ) -> Rounded:
        """Round all counts together.

        Linked tables that have no common rounding lose their finest one (two breakdowns before one, then the
        most cells); the rule itself is never relaxed. `draws` says which draw a cell is rounded by, where
        that is not the first. `released` holds figures that readers have already and keep: what comes after
        goes on from them.
        """
        rounded = Rounded(figures={})
        before: dict[Cell, tuple[int, int]] = {}
        for end, tables in self._tables.items():
            left = tables
            while True:
                network = self._network(end, left)
                failed = network.solve(self._solved, draws or {}, before, self._answers)
                if not failed:
                    break
                rounded.attempts += 1
                for names in failed:
                    linked = [table for table in left if table.name in names]
                    if len(linked) < len(names):
                        continue  # one of them was given up just now: see what is left
                    finest = max(linked, key=lambda table: (table.dimensions, table.size, table.name))
                    rounded.dropped.append(finest.name)
                    left = [table for table in left if table.name != finest.name]
            rounded.figures |= network.figures
            rounded.not_additive += network.not_additive
            before |= {
                whenever: (network.counts[cell], (released or {}).get(cell, network.figures[cell]))
                for cell, whenever in network.whenever.items()
            }
        return rounded

    def _network(self, end: date, tables: Sequence[CountTable]) -> "_Network":
        place = end, tuple(table.name for table in tables)
        if place not in self._networks:
            self._networks[place] = _Network(
                tables, self._exact, key=self._key, base=self._base, shown_from=self._shown_from
            )
        return self._networks[place]


def _whenever(cell: Cell) -> Cell:
    """The cell, whenever its period ends."""
    return cell._replace(end=cell.start)


class _Tie(NamedTuple):
    """`low <= sum of sign x up <= high` over the free ones of `cells`; `up` is 1 for a cell rounded up."""

    cells: tuple[Cell, ...]
    signs: tuple[tuple[Cell, int], ...]
    low: float
    high: float


_Asked = tuple[tuple[int, int | None], ...]
"""For each cell of a linked set its draw, and up (1) or down (0) where the period before asks for it."""


class _LinkedSet(NamedTuple):
    """Counts that are tied together, directly or through others; `facts` is what they are in any period."""

    cells: list[Cell]
    rows: list[_Row]
    facts: tuple[tuple[object, ...], ...]
    tables: set[str]


class _Network:
    """The counts of a set of tables and everything that ties them together."""

    def __init__(
        self,
        tables: Sequence[CountTable],
        exact: Mapping[Cell, int],
        *,
        key: bytes,
        base: int,
        shown_from: int,
    ) -> None:
        self.key, self.base, self.shown_from, self.exact = key, base, shown_from, exact
        self._exact_units = {cell.unit for cell in exact}
        self.counts: dict[Cell, int] = {}
        self.figures: dict[Cell, int] = {}
        self.not_additive: list[str] = []
        self._tables: dict[Cell, set[str]] = defaultdict(set)
        self._sums: dict[tuple[Cell, tuple[Cell, ...]], None] = {}
        self._at_most: dict[tuple[Cell, Cell], None] = {}
        for table in tables:
            for layer in table.layers:
                self.counts.update(layer.counts)
                for cell in layer.counts:
                    self._tables[cell].add(table.name)
        for table in tables:
            for layer in table.layers:
                self._add_margins(table.name, layer)
            self._sums.update(dict.fromkeys(table.totals))
            self._at_most.update(dict.fromkeys(table.at_most))
        for cell, count in self.counts.items():
            margins = (cell.without(dimension) for dimension, _ in cell.parts)
            self._at_most.update(((cell, m), None) for m in margins if count <= self.counts.get(m, -1))
        self._tie_equal_counts()
        # A count may go up only if it is no multiple and no exact count around it forbids it.
        self._free = {cell for cell, n in self.counts.items() if n % base and not self._capped(cell)}
        self.whenever = {cell: _whenever(cell) for cell in self.counts}
        self._sets, self._contradictions = self._linked_sets()
        self._asked: list[_Asked] | None = None
        self._failed: list[set[str]] = []

    def _tie_equal_counts(self) -> None:
        """Give the same number of people, of their episodes, and of those still there one figure: two would
        narrow each other."""
        alike: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
        for cell, count in self.counts.items():
            if cell not in self.exact:
                alike[(*cell._replace(unit="", population=_kin(cell)), count)].append(cell)
        for cells in alike.values():
            self._at_most.update(((one, other), None) for one, other in permutations(cells, 2))

    def _floor(self, cell: Cell) -> int:
        return self.counts[cell] // self.base * self.base

    def _add_margins(self, name: str, layer: Layer) -> None:
        """Tie a layer to its margins, and those to theirs; a margin that no table shows is a hidden count."""
        for dimension in layer.additive:
            parts: dict[Cell, list[Cell]] = defaultdict(list)
            for cell in sorted(layer.counts):
                parts[cell.without(dimension)].append(cell)
            margins = {margin: sum(layer.counts[cell] for cell in cells) for margin, cells in parts.items()}
            known = {m: self.counts.get(m, self.exact.get(m, count)) for m, count in margins.items()}
            if known != margins:
                self.not_additive.append(f"{name}, {dimension}")
                continue
            self.counts.update(margins)
            for margin in margins:
                self._tables[margin].add(name)
            self._sums.update(((margin, tuple(cells)), None) for margin, cells in parts.items())
            others = tuple(other for other in layer.additive if other != dimension)
            self._add_margins(name, Layer(margins, others))

    def _capped(self, cell: Cell) -> bool:
        """Whether an exact count that holds this one lies below the multiple above it, if that is shown."""
        above = self._floor(cell) + self.base
        if cell in self.exact or above < self.shown_from:
            return False
        units = {cell.unit} | (self._exact_units if cell.unit == "people" else set())
        holders = (
            cell._replace(unit=unit, parts=parts)
            for unit in units
            for length in range(len(cell.parts) + 1)
            for parts in combinations(cell.parts, length)
        )
        return any(self.counts[cell] <= self.exact.get(holder, above) < above for holder in holders)

    def _ties(self) -> Iterator[_Tie]:
        for whole, parts in self._sums:
            steps = (self._floor(whole) - sum(map(self._floor, parts))) // self.base
            signs = [(cell, 1) for cell in parts if cell in self._free]
            signs += [(whole, -1)] if whole in self._free else []
            yield _Tie((whole, *parts), tuple(signs), steps, steps)
        for smaller, greater in self._at_most:
            # A count of a table that was given up is not shown. In different steps the order keeps itself.
            if smaller not in self._free or greater not in self.counts:
                continue
            if self._floor(smaller) == self._floor(greater):
                signs = [(smaller, 1)] + ([(greater, -1)] if greater in self._free else [])
                yield _Tie((smaller, greater), tuple(signs), -np.inf, 0)

    def _linked_sets(self) -> tuple[list["_LinkedSet"], list[set[str]]]:
        """The sets of counts that are tied together, and the tables of ties that cannot hold."""
        ties_of: dict[Cell, list[_Tie]] = defaultdict(list)
        ties = list(self._ties())
        roots = _linked(self._free, ties)
        for tie in ties:
            if tie.signs:
                ties_of[roots[tie.signs[0][0]]].append(tie)
        members: dict[Cell, list[Cell]] = defaultdict(list)
        for cell in sorted(self._free):
            members[roots[cell]].append(cell)
        # Nothing is free in these, and they do not hold.
        failed = [self._tables_at([tie]) for tie in ties if not tie.signs and not tie.low <= 0 <= tie.high]
        sets = []
        for root, cells in members.items():
            number = {cell: place for place, cell in enumerate(cells)}
            rows = {
                (tuple(sorted((number[c], sign) for c, sign in tie.signs)), tie.low, tie.high)
                for tie in ties_of[root]
            }
            sets.append(
                _LinkedSet(
                    cells,
                    sorted(rows),
                    tuple((cell.population, cell.unit, cell.parts, self.counts[cell]) for cell in cells),
                    self._tables_at(ties_of[root]),
                )
            )
        return sets, failed

    def solve(
        self,
        solved: dict[object, tuple[int, ...] | None],
        draws: Mapping[Cell, int],
        before: Mapping[Cell, tuple[int, int]],
        answers: Answers | None,
    ) -> list[set[str]]:
        """Round every count into `figures`; return the tables of each linked set that has no answer.

        `draws` says by which draw each cell is rounded, `before` what the days before gave it. `solved` keeps
        the answers of linked sets that were met before: the same cells with the same counts and ties, in
        whatever period, are rounded alike. `answers` has those of earlier refreshes.
        """
        asked = [
            tuple((draws.get(cell, 0), self._as_before(cell, before)) for cell in linked.cells)
            for linked in self._sets
        ]
        if asked == self._asked:
            return self._failed
        failed = list(self._contradictions)
        ups: set[Cell] = set()
        for linked, asked_of_set in zip(self._sets, asked, strict=True):
            same = linked.facts, asked_of_set, tuple(linked.rows)
            if same not in solved:
                solved[same] = self._best(linked, asked_of_set, answers)
            answer = solved[same]
            if answer is None:
                failed.append(linked.tables)
            else:
                ups.update(cell for cell, up in zip(linked.cells, answer, strict=True) if up)
        self.figures = {cell: self._floor(cell) + self.base * (cell in ups) for cell in self.counts}
        self._asked, self._failed = asked, failed
        return failed

    def _as_before(self, cell: Cell, before: Mapping[Cell, tuple[int, int]]) -> int | None:
        """Up (1) or down (0) where the figure of the period before asks for it.

        A count that did not fall is not shown lower than before, nor one that did not rise higher: either
        tells within which few numbers it is.
        """
        count, floor = self.counts[cell], self._floor(cell)
        count_before, figure_before = before.get(self.whenever[cell], (-1, -1))
        if figure_before == floor + self.base and count >= count_before:
            return 1
        if figure_before == floor and count <= count_before:
            return 0
        return None

    def _chance(self, cell: Cell, draw: int) -> float:
        return _uniform(self.key, f"weight {draw} {cell.unit}", cell, self.counts[cell])

    def _tables_at(self, ties: Iterable[_Tie]) -> set[str]:
        return {name for tie in ties for cell in tie.cells for name in self._tables[cell]}

    def _best(self, linked: _LinkedSet, asked: _Asked, answers: Answers | None) -> tuple[int, ...] | None:
        """The answer against the fewest wishes, the same on every machine; None if there is none."""
        cells, rows = linked.cells, linked.rows
        draws, kept = zip(*asked, strict=True)
        wishes = np.array(
            [
                wish(cell, self.counts[cell], self.key, self.base, draw) if as_before is None else as_before
                for cell, draw, as_before in zip(cells, draws, kept, strict=True)
            ]
        )
        matrix = np.zeros((len(rows), len(cells)))
        for place, (signs, _, _) in enumerate(rows):
            for number, sign in signs:
                matrix[place, number] = sign
        low, high = (np.array([row[side] for row in rows]) for side in (1, 2))
        if np.all((low <= matrix @ wishes) & (matrix @ wishes <= high)):
            return tuple(wishes.tolist())

        def search() -> tuple[int, ...] | None:
            return self._search(cells, asked, wishes, matrix, low, high)

        def read(kept: list[int] | None) -> tuple[int, ...] | None:
            """What was kept, if it holds the ties and is not from somewhere else."""
            if kept is None:
                return None
            if set(kept) <= {0, 1} and np.all((low <= matrix @ kept) & (matrix @ kept <= high)):
                return tuple(kept)
            raise ValueError

        if answers is None:
            return search()
        # The key takes part in it: who has the file and not the key cannot try counts.
        who = hmac.digest(self.key, ROUNDER, hashlib.sha256).hex()
        return answers.of((who, self.base, linked.facts, asked, rows), search, read)

    def _search(
        self,
        cells: list[Cell],
        asked: _Asked,
        wishes: np.ndarray,
        matrix: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
    ) -> tuple[int, ...] | None:
        draws, kept = zip(*asked, strict=True)
        for draw in range(DRAWS):
            weights = np.array(
                [
                    (1 if as_before is None else AS_BEFORE_WEIGHT)
                    * (WISH_WEIGHT + int(WISH_WEIGHT * self._chance(cell, draw + DRAWS * own)))
                    for cell, own, as_before in zip(cells, draws, kept, strict=True)
                ]
            )
            costs = weights * (1 - 2 * wishes)
            best = _minimum(costs, matrix, low, high)
            if best is None:
                return None
            # Another answer that is as good would be a matter of the solver's mood: draw other weights.
            other = _minimum(
                costs,
                np.vstack([matrix, 1 - 2 * best]),
                np.append(low, 1 - best.sum()),
                np.append(high, np.inf),
            )
            if other is None or costs @ other > costs @ best:
                return tuple(best.tolist())
        return None


def _minimum(costs: np.ndarray, matrix: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray | None:
    """The 0/1 vector of least cost between the bounds, None if there is none or the search is too long."""
    result = milp(
        costs,
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, low, high),  # pyright: ignore[reportArgumentType]
        options={"mip_rel_gap": 0, "node_limit": BRANCHES},
    )
    return np.rint(result.x).astype(int) if result.status == SOLVED else None


def _linked(cells: Iterable[Cell], ties: Iterable[_Tie]) -> dict[Cell, Cell]:
    """For each cell one and the same member of its linked set (union-find)."""
    parent = {cell: cell for cell in cells}

    def root(cell: Cell) -> Cell:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    for tie in ties:
        for cell, _ in tie.signs[1:]:
            parent[root(cell)] = root(tie.signs[0][0])
    return {cell: root(cell) for cell in parent}


# Another programme, or another solver, may give other answers.
ROUNDER = Path(__file__).read_bytes() + version("scipy").encode()
