"""The project's own attacker: how nearly a reader can work out each count of people from all that is
published.

Belongs here: what the published figures of several tables and days allow together, as linear programmes over
the tables behind them (publication specification, rule 6). Does not belong here: what one figure tells
(`reader.py`), what becomes of a finding (`audit.py`).

A population is written as counts over cliques of breakdowns along a junction tree, not as one cross-product:
tables on cliques that agree where they overlap are the margins of a whole table (tests compare with
every whole table, on small ones). Needs told by a further breakdown or by their number are bounded more
loosely. Those who came between two days are a table of their own, and so are those who left.
"""
# The stubs of scipy's sparse arrays and of the solver do not know each other's types.
# pyright: reportOptionalSubscript=false, reportAttributeAccessIssue=false, reportArgumentType=false

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import Literal, NamedTuple

import highspy
import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from dagster_project.publication.disclosure import PublishedFigure, Rules, TableName, TableOfPeriod
from dagster_project.publication.plan import AREA, MetricDefinition, PublicationError
from dagster_project.publication.reader import EVENTS, UNKNOWN, Parts, Space, Told, Within, read_as_a_reader

CANDIDATES = 5
"""A count that can be fewer numbers than this is found out (publication specification, rule 6)."""
WINDOW = 3
"""How many ends of periods are attacked together: a day and the ones before it."""

# Who is supported on a day: those who started by then, less those who ended.
STOCK, JOINED, LEFT = Space("open_caseload", "people"), Space("starts", "episodes"), Space("ends", "episodes")
NEEDS, HOW_MANY_NEEDS, ANSWER = "need_domain", "domain_count", "answer"
# Everyone supported passed the entry rule; who is only referred did not yet.
ELIGIBLE = frozenset({"starts", "ends", "open_caseload"})

# Rounds of witnesses with hardly any news before the questions left are asked by themselves.
PATIENCE = 2
# Sets of counts of a whole programme before its areas are looked at one by one: what is between these fits.
FIRST_LOOKS = 4
# Steps of the solver on the way to one witness: the best one takes five times as many and shows little more.
STEPS = 500
NEARLY = 1e-6
# The solver's numbers of its ways.
DUAL, PRIMAL = 1, 4
OPTIMAL, INFEASIBLE = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible
UNFINISHED, NO_LIMIT = highspy.HighsModelStatus.kIterationLimit, highspy.kHighsIInf
# A bound that the solver needs where nothing else gives one.
MOST_PEOPLE = UNKNOWN[1]

Expression = dict[int, float]
"""A sum over numbered unknowns: number and factor."""

GIVEN, STAYING, NEW = range(3)
"""Who tells of a sum: headlines and definitions; a rounded figure that stays as it is; one that can be drawn
again."""

_Sum = tuple[Expression, float, float, int]
"""A sum, its least, its most, and who tells so."""


@dataclass(frozen=True)
class Finding:
    """A count that can be told too nearly, and the tables that show it."""

    kind: Literal["exact", "narrow", "change", "contradiction"]
    what: str
    low: int
    high: int
    tables: tuple[TableOfPeriod, ...]

    def __str__(self) -> str:
        """As it stands in the manifest for management."""
        return f"{self.what}: {self.low} to {self.high}"


@dataclass(frozen=True)
class Linked:
    """What the definitions tell of populations whose events add up over time."""

    flows: frozenset[tuple[str, str]]
    """(population, unit) of events: those of a year are those of its quarters."""
    lasting: Mapping[str, frozenset[str]]
    """By population the breakdowns that an event keeps; all others are as at a day."""

    @classmethod
    def of(cls, definitions: Mapping[str, MetricDefinition]) -> "Linked":
        """Read from the published definitions."""
        flows: set[tuple[str, str]] = set()
        lasting: dict[str, set[str]] = defaultdict(set)
        for definition in definitions.values():
            if definition.timing == "flow" and definition.counts in EVENTS:
                flows.add((definition.population, definition.counts))
                lasting[definition.population].update(definition.breakdowns)
        lasting[STOCK.population] = lasting[JOINED.population] & lasting[LEFT.population]
        return cls(frozenset(flows), {name: frozenset(kept) for name, kept in lasting.items()})


class Window(NamedTuple):
    """Days that are attacked together, and what is assumed and asked of them."""

    days: tuple[date, ...]
    """In order; asked is of the last."""
    programme_start: date
    needs_threshold: int
    """The needs that everybody supported has at least: the entry rule."""
    small: int
    """Counts of so many and more are not asked for."""
    stays: tuple[TableOfPeriod, ...] = ()
    """Tables that are not drawn again: they are released, or withheld. What they tell by themselves cannot be
    mended; what others tell of them can."""


class _Question(NamedTuple):
    """How many? A sum of unknown counts, and how far apart two answers must be for it to be safe."""

    row: Expression
    kind: Literal["narrow", "change"]
    what: str
    tables: tuple[TableOfPeriod, ...]
    reach: int
    more: int = 0
    """What is known to come to the sum."""
    stays: bool = False
    """Nothing that shows it can be drawn again: asked is what others add to it, and `tables` are these."""


def attack(
    figures: Iterable[PublishedFigure],
    definitions: Mapping[str, MetricDefinition],
    rules: Rules,
    *,
    programme_start: date,
    needs_threshold: int,
) -> list[Finding]:
    """Everything that the published `figures` together tell too nearly.

    A finding is a count with fewer than `CANDIDATES` possible numbers, the exact headlines alone leaving
    more: of people in a cell, of those beside it in the same group, or of the change between two days. Each
    end of a period is attacked together with the `WINDOW - 1` before it.
    """
    told, within = read_as_a_reader(figures, definitions, rules, programme_start)
    linked = Linked.of(definitions)
    findings: list[Finding] = []
    for family in families(told, within):
        for days in windows(family):
            window = Window(days, programme_start, needs_threshold, rules.count_minimum)
            findings += attack_day(family, within, linked, window)
    return findings


def windows(family: Sequence[Told]) -> list[tuple[date, ...]]:
    """The days on which a family of counts is attacked, each last of those that it is attacked together with.

    These are the `WINDOW - 1` days before of each table that ends on it: one that comes by the half-year
    reaches back further. Days that only headlines end on tell nothing by themselves.
    """
    headlines = {count.table for count in family if count.exact}
    ends: dict[TableName, set[date]] = defaultdict(set)
    for count in family:
        if count.table not in headlines:
            ends[count.table[0]].add(count.end)
    together: dict[date, set[date]] = defaultdict(set)
    for days in map(sorted, ends.values()):
        for place, day in enumerate(days):
            together[day].update(days[max(0, place - WINDOW + 1) : place + 1])
    return [tuple(sorted(together[day])) for day in sorted(together)]


def families(told: Iterable[Told], within: Iterable[Within]) -> list[list[Told]]:
    """The counts, apart where no count of the one population tells anything of the other."""
    parent: dict[Space, Space] = {}

    def root(space: Space) -> Space:
        parent.setdefault(space, space)
        while parent[space] != space:
            space = parent[space]
        return space

    for smaller, larger in [*within, (LEFT, JOINED), (STOCK, JOINED)]:
        parent[root(smaller)] = root(larger)
    grouped: dict[Space, list[Told]] = defaultdict(list)
    for count in told:
        grouped[root(count.space)].append(count)
    return [grouped[space] for space in sorted(grouped)]


def attack_day(
    family: Sequence[Told], within: Collection[Within], linked: Linked, window: Window
) -> list[Finding]:
    """The findings of one family of counts at the last day of `window`, knowing the days before in it."""
    # Figures that contradict what is assumed of them: then without the entry rule; then without those that
    # stayed as they were while a record was corrected; and then each metric by itself, as a reader who trusts
    # no link between them would. What is found beside a contradiction stays found.
    found: list[Finding] = []
    contradicted: list[TableOfPeriod] = []
    without_entry_rule = window._replace(needs_threshold=0)
    for assumed in (window, without_entry_rule):
        sound, contradicted = _System(family, within, linked, assumed).answers()
        found += sound
        if not contradicted:
            return list(dict.fromkeys(found))
    # What says nothing contradicts nothing.
    newest = [c for c in family if c.exact or c.table not in window.stays or (c.low, c.high) == UNKNOWN]
    if len(newest) < len(family):
        return list(dict.fromkeys([*found, *attack_day(newest, within, linked, window)]))
    metrics = sorted({count.table[0][0] for count in family})
    if len(metrics) == 1:
        # What cannot be asked is not passed.
        tables = tuple(table for table in contradicted if table not in window.stays)
        what = f"nobody can be counted as {metrics[0]} to {window.days[-1]} says"
        found += [Finding("contradiction", what, 0, 0, tables)] if tables else []
        return list(dict.fromkeys(found))
    for metric in metrics:
        own = [count for count in family if count.table[0][0] == metric]
        found += attack_day(own, (), linked, without_entry_rule)
    return list(dict.fromkeys(found))


def cliques(sets: Iterable[Collection[str]]) -> list[tuple[str, ...]]:
    """The cliques of a triangulated graph in which each of `sets` is connected, along a junction tree.

    The least filling vertex goes first (ties by name). Each clique shares with some earlier one all that it
    shares with all of them together.
    """
    near: dict[str, set[str]] = defaultdict(set)
    for names in sets:
        for name in names:
            near[name].update(set(names) - {name})
    found: list[frozenset[str]] = []
    while near:
        fill = {
            name: sum(b not in near[a] for a, b in combinations(sorted(others), 2))
            for name, others in near.items()
        }
        name = min(sorted(near), key=lambda one: fill[one])
        others = near.pop(name)
        found.append(frozenset({name, *others}))
        for other in others:
            near[other] |= others - {other}
            near[other].discard(name)
    largest = [clique for clique in found if not any(clique < other for other in found)]
    return [tuple(sorted(clique)) for clique in reversed(list(dict.fromkeys(largest)))]


class _Known:
    """All that is known of a set of unknown counts; asked for the least of one sum after another.

    Each question begins where the last one ended, which makes it tens of times cheaper than the first. Parts
    of people are allowed: a reader who also knows that people are whole could tell more only where that alone
    decides.
    """

    def __init__(self, rows: csr_array, low: np.ndarray, high: np.ndarray) -> None:
        self._rows, self._low, self._high = rows, low, high
        self._every = np.arange(rows.shape[1], dtype=np.int32)
        self._asked = False

    @cached_property
    def _highs(self) -> highspy.Highs:
        # Made when it is first asked: of what was known before, most is never asked.
        highs = highspy.Highs()
        highs.silent()
        highs.setOptionValue("threads", 1)
        highs.setOptionValue("solver", "simplex")
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = len(self._low), len(self._every)
        model.col_cost_ = np.zeros(len(self._every))
        model.col_lower_ = np.zeros(len(self._every))
        model.col_upper_ = np.full(len(self._every), float(MOST_PEOPLE))
        model.row_lower_, model.row_upper_ = self._low, self._high
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_ = self._rows.indptr, self._rows.indices
        model.a_matrix_.value_ = self._rows.data
        highs.passModel(model)
        return highs

    def towards(self, costs: np.ndarray) -> np.ndarray | None:
        """Counts for which the sum is small, if not the least; None where none fit."""
        counts = self._ask(costs, STEPS)
        if counts is not None and self._highs.getModelStatus() == UNFINISHED:
            # On its way the solver moves bounds a little: only what fits is a witness.
            sums = self._rows @ counts
            fits = counts.min() >= -NEARLY and (sums >= self._low - NEARLY).all()
            fits = fits and (sums <= self._high + NEARLY).all()
            counts = counts if fits else self._ask(costs)
        return counts

    def least(self, costs: np.ndarray) -> np.ndarray | None:
        """Counts for which the sum is least; None where none fit."""
        return self._ask(costs)

    def beside(self, counts: np.ndarray, block: np.ndarray) -> "_Known":
        """What is known of the unknowns of `block` where all others are as in `counts`, which fit.

        Whatever fits it fits all that is known, together with the others.
        """
        inside = self._rows[:, block]
        tied = np.diff(inside.indptr) > 0
        own = inside[tied] @ counts[block]
        others = (self._rows @ counts)[tied] - own
        # The counts themselves fit to the last digit, whatever the solver left open.
        low, high = np.minimum(self._low[tied] - others, own), np.maximum(self._high[tied] - others, own)
        return _Known(inside[tied], low, high)

    def _ask(self, costs: np.ndarray, steps: int = NO_LIMIT) -> np.ndarray | None:
        self._highs.changeColsCost(len(costs), self._every, costs)
        # Only what is asked changes: from the second question on, the last answer fits and is the place to
        # begin.
        self._highs.setOptionValue("simplex_strategy", PRIMAL if self._asked else DUAL)
        self._highs.setOptionValue("simplex_iteration_limit", steps if self._asked else NO_LIMIT)
        self._asked = True
        self._highs.run()
        if self._highs.getModelStatus() not in (OPTIMAL, INFEASIBLE, UNFINISHED):
            # Once more from the beginning: the place to begin was a bad one.
            self._highs.clearSolver()
            self._highs.setOptionValue("simplex_iteration_limit", NO_LIMIT)
            self._highs.run()
        status = self._highs.getModelStatus()
        if status not in (OPTIMAL, INFEASIBLE, UNFINISHED):
            raise PublicationError(f"the audit's solver stopped with {status}; nothing is published unasked.")
        return None if status == INFEASIBLE else np.array(self._highs.getSolution().col_value)


class _System:
    """The unknown counts of one family in one window, all that is published of them, and what to ask."""

    def __init__(
        self,
        family: Sequence[Told],
        within: Collection[Within],
        linked: Linked,
        window: Window,
    ) -> None:
        self.linked, self.window, self.day = linked, window, window.days[-1]
        self.before = window.programme_start - timedelta(days=1)
        told = [count for count in family if count.end in window.days]
        headlines = {count.table for count in family if count.exact}
        starts = {count.start - timedelta(days=1) for count in told if count.table not in headlines}
        self.cuts = sorted({self.before, *window.days, *starts})
        told = [count for count in told if self._can_be_placed(count)]
        self.spaces = {count.space for count in told}
        self.within = [pair for pair in within if pair.smaller in self.spaces]
        self.spaces |= {pair.larger for pair in self.within}
        if {JOINED, LEFT} <= self.spaces:
            # Nobody leaves who did not come, whether or not it is told who is there.
            self.spaces.add(STOCK)
        if STOCK in self.spaces:
            for space in [space for space in self.spaces if space.population == STOCK.population]:
                self.spaces |= {JOINED._replace(of=space.of), LEFT._replace(of=space.of)}
        for space in [space for space in self.spaces if space.of and self._is_linked(space)]:
            self.spaces.add(space._replace(of=()))
            pair = Within(space, space._replace(of=()))
            if pair not in self.within:
                self.within.append(pair)
        self.categories: dict[str, list[str]] = {}
        dimensions: dict[Space, set[str]] = defaultdict(set)
        sets: set[tuple[str, ...]] = set()
        categories: dict[str, set[str]] = defaultdict(set)
        for count in told:
            names = tuple(name for name, _ in count.parts)
            sets.add(names)
            sets.add(tuple(name for name in names if name in self._lasting(count.space)))
            dimensions[count.space].update(names)
            for name, category in count.parts:
                categories[name].add(category)
        self.categories = {name: sorted(found) for name, found in categories.items()}
        self.cliques = cliques(sets)
        for of in {space.of for space in self.spaces if space._replace(of=()) == STOCK}:
            # Who is there on a day came and did not leave, in any cell: one set of breakdowns for all three.
            linked_spaces = [space._replace(of=of) for space in (STOCK, JOINED, LEFT)]
            shared = set[str]().union(*(dimensions[space] for space in linked_spaces))
            for space in linked_spaces:
                dimensions[space] |= shared & self._lasting(STOCK)
        for space in [space for space in self.spaces if [name for name, _ in space.of] == [NEEDS]]:
            # What tells those with a need apart tells everyone apart, shown or not; an answer is the need's.
            dimensions[space._replace(of=())] |= dimensions[space] - {ANSWER}
        self.dimensions = dimensions
        self.size = 0
        self._tables: dict[tuple[Space, date, date, bool], dict[tuple[str, ...], np.ndarray]] = {}
        self._rows: list[_Sum] = []
        self._told: dict[tuple[Space, date, date, Parts], list[Told]] = defaultdict(list)
        for count in told:
            if count.beside is None:
                self._told[count.space, count.start, count.end, count.parts].append(count)
        for count in told:
            row = self._count(count.space, count.start, count.end, count.parts)
            if count.beside is not None:
                row = _less(self._count(count.beside, count.start, count.end, count.parts), row)
            told_by = GIVEN if count.exact else STAYING if count.table in window.stays else NEW
            self._rows.append((row, count.low, count.high, told_by))
        self._part_of_another()
        self._add_needs()
        self.questions = list(self._questions())

    # --- who is counted when ---

    def _is_linked(self, space: Space) -> bool:
        return (space.population, space.unit) in self.linked.flows

    def _lasting(self, space: Space) -> frozenset[str]:
        """The breakdowns that a person or event of a population keeps, where days are linked at all."""
        if self._is_linked(space) or space._replace(of=()) == STOCK:
            return self.linked.lasting.get(space.population, frozenset())
        return frozenset()

    def _can_be_placed(self, count: Told) -> bool:
        """Whether the period can be put together of those between the cuts; a headline's month cannot."""
        if not any(self._is_linked(space) for space in (count.space, count.beside) if space):
            return True
        return count.start - timedelta(days=1) in self.cuts and count.end in self.cuts

    def _slots(self, start: date, end: date) -> Iterator[tuple[date, date]]:
        """The periods between cuts, first and last day of each."""
        inside = [cut for cut in self.cuts if start - timedelta(days=1) <= cut <= end]
        for before, last in pairwise(inside):
            yield before + timedelta(days=1), last

    # --- unknowns ---

    def _table(
        self, space: Space, start: date, end: date, *, lasting: bool
    ) -> dict[tuple[str, ...], np.ndarray]:
        """The unknown counts over each clique; made when first asked for, tied where cliques overlap."""
        key = space, start, end, lasting
        if key not in self._tables:
            own = self.dimensions[space]
            kept = self._lasting(space)
            names: list[tuple[str, ...]] = []
            for clique in self.cliques:
                left = tuple(name for name in clique if name in kept) if lasting else clique
                # Also by what nothing is told of them by: it ties them to those of whom it is. If all men
                # left and no woman did, those with a need who left are the men with it.
                if own.intersection(left) and not any(set(left) <= set(other) for other in names):
                    names = [other for other in names if not set(other) < set(left)] + [left]
            table: dict[tuple[str, ...], np.ndarray] = {}
            self._tables[key] = table
            for clique in names or [()]:
                shape = tuple(len(self.categories[name]) for name in clique)
                count = int(np.prod(shape, dtype=int))
                table[clique] = np.arange(self.size, self.size + count).reshape(shape)
                self.size += count
                self._agree(key, clique)
        return self._tables[key]

    def _agree(self, key: tuple[Space, date, date, bool], clique: tuple[str, ...]) -> None:
        """Tie a clique to an earlier one where they overlap: the same margins, or both what a headline
        says."""
        table = self._tables[key]
        earlier = [other for other in table if other != clique]
        if not earlier:
            return
        parent = max(earlier, key=lambda other: len(set(other) & set(clique)))
        for parts in self._cells([name for name in clique if name in parent]):
            margins = [_sum(_margin(table, one, parts, self.categories)) for one in (clique, parent)]
            self._are_alike(margins[0], margins[1], self._exactly(*key[:3], parts))

    def _are_alike(self, one: Expression, other: Expression, exactly: int | None) -> None:
        """Two sums are the same number. Where it is known, each is tied to it and not to the other: parts of
        a system that only headlines hold together can then be asked by themselves."""
        if exactly is None:
            self._rows.append((_less(one, other), 0, 0, GIVEN))
        else:
            self._rows += [(row, exactly, exactly, GIVEN) for row in (one, other)]

    def _exactly(self, space: Space, start: date, end: date, parts: Parts) -> int | None:
        """What the headlines say of a cell, by themselves or as the difference of two days; else None."""
        exact = [count.low for count in self._told.get((space, start, end, parts), ()) if count.exact]
        if exact:
            return exact[0]
        first = self.before + timedelta(days=1)
        if self._is_linked(space) and start > first:
            by_then = self._exactly(space, first, end, parts)
            before = self._exactly(space, first, start - timedelta(days=1), parts)
            return None if by_then is None or before is None else by_then - before
        return None

    def _cells(self, names: Sequence[str]) -> Iterator[Parts]:
        for found in product(*(self.categories[name] for name in names)):
            yield tuple(zip(names, found, strict=True))

    def _count(self, space: Space, start: date, end: date, parts: Parts) -> Expression:
        """How many are counted in a cell of a period, as a sum of unknowns."""
        names = {name for name, _ in parts}
        kept = self._lasting(space)
        if not (self._is_linked(space) or space._replace(of=()) == STOCK):
            return self._in(self._table(space, start, end, lasting=False), parts)
        if names <= kept:
            return self._over_time(space, start, end, parts)
        # How things stood on a day: a table of its own, whose margins are those of who is counted.
        key = space, start, end, False
        if key not in self._tables:
            table = self._table(space, start, end, lasting=False)
            for clique in table:
                for margin in self._cells([name for name in clique if name in kept]):
                    own = _sum(_margin(table, clique, margin, self.categories))
                    over_time = self._over_time(space, start, end, margin)
                    self._are_alike(own, over_time, self._exactly(space, start, end, margin))
        return self._in(self._tables[key], parts)

    def _count_if_placed(self, space: Space, start: date, end: date, parts: Parts) -> Expression | None:
        """As `_count`; None where the space has no such breakdowns."""
        try:
            return self._count(space, start, end, parts)
        except KeyError:
            return None

    def _over_time(self, space: Space, start: date, end: date, parts: Parts) -> Expression:
        found: Expression = {}
        flows = (
            ((space, 1),)
            if self._is_linked(space)
            else ((JOINED._replace(of=space.of), 1), (LEFT._replace(of=space.of), -1))
        )
        for flow, sign in flows:
            for first, last in self._slots(start, end):
                _add(found, self._in(self._table(flow, first, last, lasting=True), parts), sign)
        return found

    def _in(self, table: Mapping[tuple[str, ...], np.ndarray], parts: Parts) -> Expression:
        names = {name for name, _ in parts}
        holding = [clique for clique in table if names <= set(clique)]
        if not holding:
            raise KeyError(f"no clique of {sorted(names)}")
        return _sum(_margin(table, min(holding, key=lambda c: table[c].size), parts, self.categories))

    # --- what ties them together ---

    def _part_of_another(self) -> None:
        """Parts are never more than their whole, in any cell; and nobody leaves who did not come."""
        stocks = [space for space in self.spaces if space._replace(of=()) == STOCK]
        for space in stocks:
            for day in self.window.days:
                start = self.before + timedelta(days=1)
                for cell in self._joint_cells(JOINED._replace(of=space.of), start, day):
                    self._rows.append((self._over_time(space, start, day, cell), 0, np.inf, GIVEN))
        for smaller, larger in self.within:
            periods = {(start, end) for space, start, end, _ in self._told if space in (smaller, larger)}
            for start, end in periods:
                if self._is_linked(smaller) and self._is_linked(larger):
                    for first, last in self._slots(start, end):
                        self._add_within(smaller, larger, first, last)
                else:
                    self._add_within(smaller, larger, start, end)
        if STOCK in self.spaces:
            for flow in (JOINED, LEFT):
                for of in {space.of for space in stocks if space.of}:
                    for first, last in self._slots(self.before + timedelta(days=1), self.day):
                        self._add_within(flow._replace(of=of), flow, first, last)

    def _joint_cells(self, space: Space, start: date, end: date) -> list[Parts]:
        slots = list(self._slots(start, end))
        if not slots:
            return []  # a day before the programme began
        first, last = slots[0]
        return [
            cell for clique in self._table(space, first, last, lasting=True) for cell in self._cells(clique)
        ]

    def _add_within(self, smaller: Space, larger: Space, start: date, end: date) -> None:
        try:
            pairs = [
                (self._count(smaller, start, end, cell), self._count(larger, start, end, cell))
                for cell in self._cells_in_both(smaller, larger, start, end)
            ]
        except (KeyError, StopIteration):
            return
        for less, more in pairs:
            row = dict(more)
            _add(row, less, -1)
            self._rows.append((row, 0, np.inf, GIVEN))

    def _cells_in_both(self, smaller: Space, larger: Space, start: date, end: date) -> list[Parts]:
        def sets(space: Space) -> list[tuple[str, ...]]:
            if self._is_linked(space):
                slots = list(self._slots(start, end))
                return list(self._table(space, *slots[0], lasting=True)) if slots else []
            if space._replace(of=()) == STOCK:
                return sets(JOINED._replace(of=space.of))
            return list(self._table(space, start, end, lasting=False))

        shared = {
            tuple(name for name in one if name in other) for one in sets(smaller) for other in sets(larger)
        }
        largest = [names for names in shared if not any(set(names) < set(other) for other in shared)]
        return [cell for names in largest for cell in self._cells(names)]

    def _add_needs(self) -> None:
        """The entry rule, and that the needs counted by person and by need are as many."""
        threshold = self.window.needs_threshold
        for space, start, end, parts in self._told:
            number = dict(parts).get(HOW_MANY_NEEDS, "")
            if space.population in ELIGIBLE and number.isdigit() and int(number) < threshold:
                self._rows.append((self._count(space, start, end, parts), 0, 0, GIVEN))
        spaces = [space for space in self.spaces if [name for name, _ in space.of] == [NEEDS]]
        for population, unit in sorted({(space.population, space.unit) for space in spaces}):
            everyone = Space(population, unit)
            needs = sorted(s for s in spaces if (s.population, s.unit) == (population, unit))
            if everyone not in self.spaces:
                continue
            for start, end in sorted({(s, e) for space, s, e, _ in self._told if space in needs}):
                self._add_needs_of(everyone, needs, start, end)

    def _add_needs_of(self, everyone: Space, needs: Sequence[Space], start: date, end: date) -> None:
        threshold = self.window.needs_threshold
        yes = ((ANSWER, "yes"),) if all(ANSWER in self.dimensions[need] for need in needs) else ()
        try:
            total: Expression = {}
            for need in needs:
                _add(total, self._count(need, start, end, yes), 1)
                if yes:
                    # Everyone has some answer to each.
                    row = self._count(need, start, end, ())
                    _add(row, self._count(everyone, start, end, ()), -1)
                    self._rows.append((row, 0, 0, GIVEN))
        except KeyError:
            return
        if threshold and everyone.population in ELIGIBLE:
            for cell in {(), *self._cells_in_both(needs[0], everyone, start, end)} if not yes else {()}:
                row: Expression = {}
                for need in needs:
                    _add(row, self._count(need, start, end, cell), 1)
                _add(row, self._count(everyone, start, end, cell), -threshold)
                self._rows.append((row, 0, np.inf, GIVEN))
        if (everyone, start, end, ((HOW_MANY_NEEDS, "1"),)) not in self._told:
            return
        low, high = dict(total), dict(total)
        for category in self.categories[HOW_MANY_NEEDS]:
            cell = self._count(everyone, start, end, ((HOW_MANY_NEEDS, category),))
            known = category.isdigit()
            _add(low, cell, -int(category) if known else 0)
            _add(high, cell, -int(category) if known else -len(needs))
        self._rows += [(low, 0, np.inf, GIVEN), (high, -np.inf, 0, GIVEN)]

    # --- questions and answers ---

    def _questions(self) -> Iterator[_Question]:
        """What to ask of the last day: each rounded count, those beside it in the same group, and its
        change."""
        asked: set[tuple[int, tuple[tuple[int, float], ...]]] = set()

        def new(row: Expression, more: int = 0) -> bool:
            key = more, tuple(sorted(row.items()))
            seen = not row or key in asked
            asked.add(key)
            return not seen

        # What stays comes last: of it less is asked, and what is asked is asked once.
        for stays, cell, counts in sorted(
            (self._stays(counts), cell, counts) for cell, counts in self._told.items()
        ):
            space, start, end, parts = cell
            if end != self.day or any(count.exact for count in counts):
                continue
            tables = tuple(sorted({count.table for count in counts}))
            if stays and not (tables := self._beside(tables)):
                continue
            own, words = self._count(space, start, end, parts), _words(space, start, end, parts)
            reach = self._reach(space, start, end, parts)
            # What a figure itself shows to be many is not asked for.
            if max(count.low for count in counts) < self.window.small and new(own):
                yield _Question(own, "narrow", words, tables, reach, stays=stays)
            wholes = [(space, tuple(p for p in parts if p != part)) for part in parts]
            # Beside people stand their further episodes, and those are nobody.
            wholes += [
                (pair.larger, parts)
                for pair in self.within
                if pair.smaller == space and pair.larger.unit == space.unit
            ]
            for whole, cell in wholes:
                others = f"the others of {_words(whole, start, end, cell)} beside {words}"
                exactly = self._exactly(whole, start, end, cell)
                row = self._count_if_placed(whole, start, end, cell)
                if exactly is not None:
                    row = _less({}, own)
                elif row is not None:
                    row = _less(row, own)
                known = max((count.low for count in self._told.get((whole, start, end, cell), ())), default=0)
                if known - min(count.high for count in counts) >= self.window.small:
                    continue
                if row is not None and new(row, exactly or 0):
                    within = self._reach(whole, start, end, cell)
                    yield _Question(row, "narrow", others, tables, within, exactly or 0, stays)
            before = [
                day for day in self.window.days if day < end and (space, start, day, parts) in self._told
            ]
            if not {name for name, _ in parts} <= self._lasting(space):
                continue
            # Since each of them: the day between may tell nothing.
            for day in reversed(before):
                row = _less(own, self._count(space, start, day, parts))
                if not new(row):
                    continue
                moved = self._most_moved(space, day)
                what = f"the change since {day} of {words}"
                yield _Question(row, "change", what, tables, moved, stays=stays)

    def _stays(self, counts: Iterable[Told]) -> bool:
        return all(count.table in self.window.stays for count in counts)

    @cached_property
    def _newest(self) -> set[TableOfPeriod]:
        """The tables of the latest day that has any that can be drawn again."""
        new = {
            count.table
            for counts in self._told.values()
            for count in counts
            if not count.exact and not self._stays([count])
        }
        return {table for table in new if table[2] == max(end for _, _, end in new)}

    def _beside(self, tables: Collection[TableOfPeriod]) -> tuple[TableOfPeriod, ...]:
        """The newest tables, which may tell what these do not: those by the same breakdowns if there are."""
        names = {dimensions for (_, _, _, dimensions), _, _ in tables}
        return tuple(sorted({new for new in self._newest if new[0][3] in names} or self._newest))

    def _reach(self, space: Space, start: date, end: date, parts: Parts) -> int:
        """How far apart two answers must be seen, at most: what lies within a headline of two has three
        answers."""
        wholes = [space, *(pair.larger for pair in self.within if pair.smaller == space)]
        return min(
            [
                CANDIDATES - 1,
                *(
                    count.high
                    for whole in wholes
                    for size in range(len(parts) + 1)
                    for cell in combinations(parts, size)
                    for count in self._told.get((whole, start, end, cell), ())
                    if count.exact
                ),
            ]
        )

    def _most_moved(self, space: Space, before: date) -> int:
        """How many came and left between two days, where headlines tell; no more can have changed a cell."""
        flows = (JOINED, LEFT) if space._replace(of=()) == STOCK else (space._replace(of=()),)
        start = self.before + timedelta(days=1)
        moved = 0
        for flow in flows:
            told = [
                [count.high for count in self._told.get((flow, start, day, ()), ()) if count.exact]
                for day in (before, self.day)
            ]
            if not all(told):
                return CANDIDATES - 1
            moved += told[1][0] - told[0][0]
        return min(CANDIDATES - 1, moved)

    def answers(self) -> tuple[list[Finding], list[TableOfPeriod]]:
        """The findings; and the tables for which nothing fits all that is published and assumed."""
        contradicted: set[TableOfPeriod] = set()
        if not self.questions:
            return [], []
        sums = _tightest(self._rows)
        rows = _matrix([row for row, _, _, _ in sums], self.size)
        low = np.array([bound for _, bound, _, _ in sums], dtype=float)
        high = np.array([bound for _, _, bound, _ in sums], dtype=float)
        told_by = np.array([by for _, _, _, by in sums])
        asked = _matrix([question.row for question in self.questions], self.size)
        found: list[Finding] = []
        # What only headlines hold together is asked by itself.
        _, apart = connected_components(_ties([rows, asked], self.size), directed=False)
        place = self._places()
        row_parts, question_parts = (_first_of_each(matrix, apart) for matrix in (rows, asked))
        for part in np.unique(question_parts):
            mine, unknowns = row_parts == part, apart == part
            inside = rows[mine][:, unknowns]
            known, without_new, given = (
                _Known(
                    inside,
                    np.where(told_by[mine] > by, -np.inf, low[mine]),
                    np.where(told_by[mine] > by, np.inf, high[mine]),
                )
                for by in (NEW, STAYING, GIVEN)
            )
            places = np.flatnonzero(question_parts == part)
            questions = [self.questions[place] for place in places]
            blocks = [np.flatnonzero(place[unknowns] == each) for each in np.unique(place[unknowns]) if each]
            answers = self._findings(
                questions, asked[places][:, unknowns], known, (given, without_new), blocks
            )
            if answers is None:
                contradicted.update(table for question in questions for table in question.tables)
            found += answers or []
        return found, sorted(contradicted)

    def _places(self) -> np.ndarray:
        """For each unknown the number of the area that it counts in; 0 for one of all areas."""
        place = np.zeros(self.size, dtype=int)
        for table in self._tables.values():
            for clique, numbers in table.items():
                if AREA in clique:
                    for number, own in enumerate(np.moveaxis(numbers, clique.index(AREA), 0), 1):
                        place[own.ravel()] = number
        return place

    def _findings(
        self,
        questions: Sequence[_Question],
        asked: csr_array,
        known: _Known,
        before: tuple[_Known, _Known],
        blocks: Sequence[np.ndarray],
    ) -> list[Finding] | None:
        """The findings of questions that nothing but headlines ties to others; None where nothing fits.

        `before` are what is given, and that with what stays; `blocks` the unknowns of each area.
        """
        reach = np.array([question.reach for question in questions], dtype=float)
        seen = _witnesses(asked, reach, known, blocks)
        if seen is None:
            return None
        found: list[Finding] = []
        for number, question in enumerate(questions):
            if seen.spread[number] >= reach[number]:
                continue
            least = seen.ask(number, known, 1)
            if least + question.more >= self.window.small:
                continue
            first, last = int(np.ceil(least - NEARLY)), int(np.floor(seen.ask(number, known, -1) + NEARLY))
            if last - first >= question.reach:
                continue
            if self._is_news(asked[[number], :].toarray()[0], before[question.stays], first, last):
                first, last = first + question.more, last + question.more
                kind = "exact" if first == last else question.kind
                found.append(Finding(kind, question.what, first, last, question.tables))
        return found

    @staticmethod
    def _is_news(question: np.ndarray, prior: _Known, first: int, last: int) -> bool:
        """Whether `prior` leaves more numbers than that."""
        for sign, bound in ((1, first), (-1, -last)):
            counts = prior.least(sign * question)
            if counts is None or sign * question @ counts < bound - NEARLY:
                return True
        return False


class _Seen:
    """The least and the greatest answer seen to each question, among counts that fit what is known.

    Each is a proof that so much is possible, so that few questions have to be asked by themselves.
    """

    def __init__(self, asked: csr_array) -> None:
        self.asked = asked
        self.least = np.full(asked.shape[0], np.inf)
        self.most = np.full(asked.shape[0], -np.inf)
        self.looks = 0

    @property
    def spread(self) -> np.ndarray:
        """How far apart two whole answers were seen; minus infinity before anything was."""
        return np.floor(self.most + NEARLY) - np.ceil(self.least - NEARLY)

    def look_at(self, counts: np.ndarray) -> None:
        """Take up one more set of counts."""
        answers = self.asked @ counts
        self.looks += 1
        self.least, self.most = np.minimum(self.least, answers), np.maximum(self.most, answers)

    def ask(self, number: int, known: _Known, sign: int) -> float:
        """The least answer to a question (`sign` 1), or the greatest (-1)."""
        counts = known.least(sign * self.asked[[number], :].toarray()[0])
        if counts is None:
            return -sign * np.inf
        self.look_at(counts)
        return float((self.asked[[number], :] @ counts)[0])


def _witnesses(
    asked: csr_array, reach: np.ndarray, known: _Known, blocks: Sequence[np.ndarray] = ()
) -> _Seen | None:
    """Counts that answer as many questions as differently as can be; None where none fit.

    Where a programme has areas, most questions are about one of them. They are asked of that area with all
    others as they are, in a system that is so much smaller: what fits there fits the whole.
    """
    seen = _Seen(asked)
    if len(blocks) > 1:
        found = _look_around(seen, reach, known, most=FIRST_LOOKS)
        if found is None:
            return None
        middle = found / max(seen.looks, 1)
        for block in blocks:
            _look_within(seen, reach, known.beside(middle, block), block, middle)
    return None if _look_around(seen, reach, known) is None else seen


def _look_within(
    seen: _Seen, reach: np.ndarray, beside: _Known, block: np.ndarray, others: np.ndarray
) -> None:
    """Take up sets of counts that differ in a block alone; what is left of its questions is asked there."""
    inside = seen.asked[:, block]
    own = np.diff(inside.indptr) > 0
    _look_around(seen, reach, beside, own, (block, others))
    for number in np.flatnonzero(own & ~(seen.spread >= reach)):
        for sign in (1, -1):
            counts = beside.least(sign * inside[[number], :].toarray()[0])
            if counts is not None:
                seen.look_at(_put(counts, block, others))


def _look_around(
    seen: _Seen,
    reach: np.ndarray,
    known: _Known,
    own: np.ndarray | None = None,
    within: tuple[np.ndarray, np.ndarray] | None = None,
    most: int | None = None,
) -> np.ndarray | None:
    """Take up sets of counts until hardly any brings news, or `most`; their sum, or None where none fit.

    `own` are the questions that matter; `within` is what `known` is of: some unknowns, and the counts of all.
    """
    asked = seen.asked if within is None else seen.asked[:, within[0]]
    chance = np.random.default_rng(asked.shape[0])
    total = np.zeros(seen.asked.shape[1])
    stale = turn = 0
    while stale <= PATIENCE and turn != most:
        left = ~(seen.spread >= reach)
        if own is not None:
            left &= own
        if not left.any():
            break
        signs = np.full(len(left), (1.0, -1.0)[turn]) if turn < 2 else chance.choice([-1.0, 1.0], len(left))
        counts = known.towards(asked.T @ (signs * left))
        if counts is None:
            return None
        if within is not None:
            counts = _put(counts, *within)
        before = np.minimum(seen.spread, reach)
        seen.look_at(counts)
        total += counts
        turn += 1
        stale = 0 if turn < 2 or (np.minimum(seen.spread, reach) > before).sum() > 1 else stale + 1
    return total


def _put(counts: np.ndarray, block: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The counts of a block among those of all others."""
    put = others.copy()
    put[block] = counts
    return put


def _margin(
    table: Mapping[tuple[str, ...], np.ndarray],
    clique: tuple[str, ...],
    parts: Parts,
    categories: Mapping[str, Sequence[str]],
) -> np.ndarray:
    chosen = dict(parts)
    place = tuple(
        list(categories[name]).index(chosen[name]) if name in chosen else slice(None) for name in clique
    )
    return np.asarray(table[clique][place])


def _sum(numbers: np.ndarray) -> Expression:
    return dict.fromkeys(numbers.ravel().tolist(), 1.0)


def _add(row: Expression, other: Mapping[int, float], factor: float) -> None:
    for number, amount in other.items():
        row[number] = row.get(number, 0.0) + factor * amount


def _tightest(rows: Iterable[_Sum]) -> list[_Sum]:
    """Each sum once, with the nearest of its bounds, and none that no count can break: a third fewer rows."""
    bounds: dict[tuple[tuple[tuple[int, float], ...], int], tuple[float, float]] = {}
    for row, low, high, told_by in rows:
        terms = tuple(sorted((number, factor) for number, factor in row.items() if factor))
        says_nothing = high >= MOST_PEOPLE and all(factor > 0 for _, factor in terms)
        if low <= 0 <= high and (says_nothing or not terms):
            continue
        known = bounds.get((terms, told_by), (-np.inf, np.inf))
        bounds[terms, told_by] = max(low, known[0]), min(high, known[1])
    return [(dict(terms), low, high, told_by) for (terms, told_by), (low, high) in bounds.items()]


def _less(row: Mapping[int, float], other: Mapping[int, float]) -> Expression:
    """The difference of two sums, without what cancels."""
    difference = dict(row)
    _add(difference, other, -1)
    return {number: factor for number, factor in difference.items() if factor}


def _ties(matrices: Sequence[csr_array], size: int) -> coo_array:
    """Which unknowns stand in one row together, as a graph: each row's first with each other of it."""
    pairs = [np.repeat(matrix.indices[matrix.indptr[:-1]], np.diff(matrix.indptr)) for matrix in matrices]
    ends = np.concatenate([matrix.indices for matrix in matrices])
    return coo_array((np.ones(len(ends)), (np.concatenate(pairs), ends)), shape=(size, size))


def _first_of_each(matrix: csr_array, apart: np.ndarray) -> np.ndarray:
    """The part of the graph that each row is in."""
    return apart[matrix.indices[matrix.indptr[:-1]]]


def _matrix(rows: Sequence[Mapping[int, float]], size: int) -> csr_array:
    places = np.cumsum([0, *(len(row) for row in rows)])
    numbers = np.fromiter((number for row in rows for number in row), dtype=int, count=places[-1])
    factors = np.fromiter((factor for row in rows for factor in row.values()), dtype=float, count=places[-1])
    return csr_array((factors, numbers, places), shape=(len(rows), size))


def _words(space: Space, start: date, end: date, parts: Parts) -> str:
    categories = ", ".join(f"{name} {category}" for name, category in (*space.of, *parts))
    return f"{space.unit} of {space.population} ({categories or 'all'}) {start} to {end}"
