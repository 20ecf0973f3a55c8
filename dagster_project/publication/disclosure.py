"""Exact figures in, safe figures out: what is rounded, what is withheld and what a reader is told instead.

Belongs here: rules 2 to 4 of the publication specification, in words in docs/disclosure.md. Does not belong
here: the rounding programme (`rounding.py`), files (`releases.py`), the plan's own rules (`plan.py`).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from itertools import permutations, product

from dagster_project.publication.answers import Answers
from dagster_project.publication.plan import MetricDefinition, PlannedTable, PublicationError
from dagster_project.publication.rounding import Cell, CountTable, Layer, Rounding, wish
from dagster_project.statistics.intervals import t_interval, wilson
from dagster_project.statistics.store import METHODS, NOBODY_LEFT, PAIRED

WITHHELD = "c"
NOT_AVAILABLE = "x"
TOO_EARLY_MARK = "m"

# How the reason begins why the warehouse has no figure of an export (int_metric_figures_due).
NEVER_CAME = "this export never came"

# What one person can do many times over: not only the people, also the number of times may be one person's.
DONE_OFTEN = frozenset({"contacts", "events"})

# The words of a withheld figure are the same for nobody and for a few, or they would tell the two apart.
FEW_PEOPLE = "too few people"
FEW_BESIDE = "too few people counted, or too few of the others"
FEW_SPENDERS = "too few people, or most of it went to one or two of them"
COMPLEMENT = "withheld so that another figure cannot be worked out"
HALF_A_PENNY = 0.005

DROPPED = "this table could not be rounded together with the others of this period"


@dataclass(frozen=True)
class Rules:
    """The programme's disclosure settings (`programme_settings.csv`), never looser than the specification."""

    rounding_base: int
    count_minimum: int
    share_denominator_minimum: int
    mean_people_minimum: int
    median_people_minimum: int
    money_people_minimum: int
    money_p_percent: int
    money_total_rounding_gbp: int
    money_mean_rounding_gbp: int
    batch_people_minimum: int

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "Rules":
        """Read and check the settings; raises `PublicationError` for one that is missing or too loose."""
        found: dict[str, int] = {}
        for rule in fields(cls):
            try:
                found[rule.name] = int(settings[rule.name])
            except (KeyError, ValueError):
                raise PublicationError(
                    f"programme_settings.csv must give {rule.name} as a whole number; publishing needs it."
                ) from None
            if found[rule.name] < LEAST[rule.name]:
                raise PublicationError(
                    f"programme_settings.csv sets {rule.name} to {found[rule.name]}; it may not be below"
                    f" {LEAST[rule.name]} (publication specification)."
                )
        if found["rounding_base"] != LEAST["rounding_base"]:
            raise PublicationError(
                "programme_settings.csv must set rounding_base to 5: the other rules rest on it."
            )
        return cls(**found)


# What publication specification asks for; a programme may be stricter.
LEAST = {
    "rounding_base": 5,
    "count_minimum": 10,
    "share_denominator_minimum": 20,
    "mean_people_minimum": 10,
    "median_people_minimum": 20,
    "money_people_minimum": 10,
    "money_p_percent": 15,
    "money_total_rounding_gbp": 100,
    "money_mean_rounding_gbp": 50,
    "batch_people_minimum": 10,
}


@dataclass(frozen=True)
class ExactFigure:
    """A row of `metrics.fct_metric_values`, with its categories by breakdown."""

    metric_id: str
    measure: str
    period_type: str
    period_start: date
    period_end: date
    categories: tuple[tuple[str, str], ...]
    """(breakdown, category) in the plan's order; empty for everyone."""
    value: float | None
    numerator: float | None
    denominator: float | None
    people: int
    standard_deviation: float | None
    largest: float | None
    second_largest: float | None
    lower: float | None = None
    upper: float | None = None
    note: str | None = None
    """Why there is no figure, if it is another reason than that nobody is counted."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The breakdowns, sorted."""
        return tuple(sorted(dimension for dimension, _ in self.categories))

    @property
    def table(self) -> tuple[str, str, str, tuple[str, ...]]:
        """The planned table it belongs to (`PlannedTable.name`)."""
        return self.metric_id, self.measure, self.period_type, self.dimensions


@dataclass(frozen=True)
class PublishedFigure:
    """A row of `metric_values` as a reader gets it (publication specification, Tables)."""

    metric_id: str
    measure: str
    period_type: str
    period_start: date
    period_end: date
    dimension_1: str
    category_1: str
    dimension_2: str
    category_2: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    people: int | None = None
    mark: str = ""
    exact: bool = False
    note: str = ""


@dataclass
class SafeFigures:
    """The safe figures of one release and what had to be given up for them."""

    figures: list[PublishedFigure]
    dropped_tables: list[str] = field(default_factory=list)
    not_additive: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    """Tables whose counts differ from those of the population they name; they are rounded on their own."""
    attempts: int = 1


@dataclass(frozen=True)
class Payment:
    """A contribution to a money metric: one person, one day, one amount in GBP."""

    client_key: str
    counted_on: date
    amount: float
    categories: Mapping[str, str]


TableName = tuple[str, str, str, tuple[str, ...]]
"""What `PlannedTable.name` is: metric, measure, period type and breakdowns."""

TableOfPeriod = tuple[TableName, date, date]
"""A table, and the first and the last day of its period."""


def table_of(figure: PublishedFigure) -> TableOfPeriod:
    """The table and period that a published cell belongs to."""
    dimensions = tuple(sorted(filter(None, (figure.dimension_1, figure.dimension_2))))
    name = (figure.metric_id, figure.measure, figure.period_type, dimensions)
    return name, figure.period_start, figure.period_end


def categories_of(figure: PublishedFigure) -> tuple[tuple[str, str], ...]:
    """(breakdown, category) of a published cell, as `ExactFigure.categories`."""
    pairs = ((figure.dimension_1, figure.category_1), (figure.dimension_2, figure.category_2))
    return tuple(pair for pair in pairs if pair[0])


def in_words(table: TableOfPeriod) -> str:
    """The table and its period as messages and manifests call it."""
    (metric_id, measure, period_type, dimensions), start, end = table
    by = f" by {' and '.join(dimensions)}" if dimensions else ""
    days = f"{end}" if period_type == "as_at" else f"{start} to {end}"
    return f"{metric_id} {measure} {period_type} {days}{by}"


def published(figure: ExactFigure, **shown: object) -> PublishedFigure:
    """The published row of a figure, with what is `shown` of it; everything else stays empty."""
    (first, first_category), (second, second_category) = (*figure.categories, ("", ""), ("", ""))[:2]
    return PublishedFigure(
        metric_id=figure.metric_id,
        measure=figure.measure,
        period_type=figure.period_type,
        period_start=figure.period_start,
        period_end=figure.period_end,
        dimension_1=first,
        category_1=first_category,
        dimension_2=second,
        category_2=second_category,
        **shown,  # pyright: ignore[reportArgumentType]
    )


def nearest(value: float, step: float) -> float:
    """The multiple of `step` nearest to `value`, halves upwards, whatever the last binary digits are."""
    return round(math.floor(round(value / step, 9) + 0.5) * step, 6)


# --- management: exact ------------------------------------------------------------------------------------


def exact_figures(
    figures: Iterable[ExactFigure], definitions: Mapping[str, MetricDefinition]
) -> list[PublishedFigure]:
    """All figures as they are, shares per cent, with intervals from the exact counts: for management only."""
    figures = list(figures)
    money = money_metrics(figures, definitions)
    return [
        _exact_figure(figure, definitions[figure.metric_id], figure.metric_id in money) for figure in figures
    ]


def _exact_figure(figure: ExactFigure, definition: MetricDefinition, money: bool) -> PublishedFigure:
    value, lower, upper = figure.value, figure.lower, figure.upper
    if definition.is_about_durations:
        if figure.measure in ("share", "survival"):
            value, lower, upper = (_per_cent(part) for part in (value, lower, upper))
    elif figure.measure == "share":
        value = None
        if not figure.note and figure.denominator and figure.numerator is not None:
            value = round(100 * figure.numerator / figure.denominator, 6)
            if not money:
                lower, upper = (round(bound, 6) for bound in wilson(figure.numerator, figure.denominator))
    elif (
        figure.measure == "mean"
        and value is not None
        and figure.standard_deviation is not None
        and figure.people > 1
    ):
        bounds = t_interval(value, figure.standard_deviation, figure.people)
        lower, upper = (round(bound, 6) for bound in bounds)
    return published(
        figure,
        value=value,
        lower=lower,
        upper=upper,
        numerator=figure.numerator,
        denominator=figure.denominator,
        people=None if _is_for_want_of_files(figure, definition) else figure.people,
        mark="" if value is not None else _mark_without_value(figure),
        exact=True,
        note="" if value is not None else figure.note or "nobody to count",
    )


def _per_cent(part: float | None) -> float | None:
    return None if part is None else round(100 * part, 6)


def _is_for_want_of_files(figure: ExactFigure, definition: MetricDefinition) -> bool:
    """Whether there is no figure because an export, or what an export should say, is not there.

    Such a reason says nothing of people. Those of statistics do: they rest on who was observed.
    """
    if figure.value is not None or not figure.note:
        return False
    return definition.method == "sums" or figure.note.startswith(NEVER_CAME)


def _mark_without_value(figure: ExactFigure) -> str:
    return TOO_EARLY_MARK if (figure.note or "").startswith("too early") else NOT_AVAILABLE


def money_metrics(
    figures: Iterable[ExactFigure], definitions: Mapping[str, MetricDefinition]
) -> frozenset[str]:
    """The metrics in pounds: they say so, offer a total in GBP or name the largest person's sum."""

    def is_money(figure: ExactFigure) -> bool:
        definition = definitions[figure.metric_id]
        return (
            "total_gbp" in definition.measures
            or definition.unit.startswith("GBP")
            or figure.largest is not None
        )

    return frozenset(figure.metric_id for figure in figures if is_money(figure))


# --- everyone else: safe ----------------------------------------------------------------------------------


class SafeDraws:
    """The figures of the planned tables, to be made safe: as often as draws are asked for.

    What does not hang on the draw is worked out once; what a draw leaves as it was is not made again.
    """

    def __init__(
        self,
        figures: Iterable[ExactFigure],
        plan: Iterable[PlannedTable],
        definitions: Mapping[str, MetricDefinition],
        rules: Rules,
        *,
        programme_start: date,
        key: bytes,
        payments: Callable[[str], Sequence[Payment]],
        answers: Answers | None = None,
    ) -> None:
        """Take up `figures`, which are those of the plan's tables alone.

        `programme_start` makes "as at a day" and "programme start to that day" one period: a population
        counted either way is the same. `payments` gives the contributions of a money metric, asked for only
        when a withheld sum could be worked out from those shown. `answers` keeps roundings for later
        refreshes.
        """
        figures = list(figures)
        self._definitions, self._rules = definitions, rules
        self._headlines = {table.name for table in plan if table.exact}
        self._money = money_metrics(figures, definitions)
        tables: dict[TableOfPeriod, list[ExactFigure]] = defaultdict(list)
        for figure in figures:
            tables[figure.table, figure.period_start, figure.period_end].append(figure)
        # What the partnership writes or budgets is nobody's own, and neither is a table without figures for
        # want of an export: shown as it is, no part of the rounding.
        self._nobodys: dict[ExactFigure, PublishedFigure] = {}
        for table, members in list(tables.items()):
            definition = definitions[table[0][0]]
            if definition.counts == "entries" or all(_is_for_want_of_files(f, definition) for f in members):
                self._nobodys |= {figure: _as_it_is(figure) for figure in members}
                del tables[table]
        self._counted = counted = _Counts(definitions, self._money, programme_start)
        # Headlines first, then counts: what comes later has to agree with them.
        for table in sorted(tables, key=lambda t: (t[0] not in self._headlines, t[0][1] != "count", t)):
            counted.add(table, tables[table], exact=table[0] in self._headlines)
        self._rounding = Rounding(
            counted.tables,
            counted.exact,
            key=key,
            base=rules.rounding_base,
            shown_from=rules.count_minimum,
            answers=answers,
        )
        self._tables = [(in_words(table), members) for table, members in tables.items()]
        self._made: dict[str, tuple[object, dict[ExactFigure, PublishedFigure]]] = {}
        """By table what it was made of last time, and what was made of it."""
        totals = [
            figure for _, members in self._tables for figure in members if figure.measure == "total_gbp"
        ]
        self._complements = _Complements(totals, rules, payments)

    def counts_of(self, released: Iterable[PublishedFigure]) -> dict[Cell, int]:
        """The counts that figures which readers have already, and keep, show: what `draw` goes on from."""
        return self._counted.figures_of(released)

    def draw(
        self,
        draws: Mapping[tuple[str, date], int] | None = None,
        released: Mapping[Cell, int] | None = None,
    ) -> SafeFigures:
        """The safe figures of one draw.

        `draws` gives, by population and last day of the period, which draw its counts are rounded by, where
        it is not the first; `released` what readers have already and keep (`counts_of`).
        """
        rounded = self._rounding.draw(self._counted.draws(draws or {}), released)
        shown: dict[ExactFigure, PublishedFigure] = {}
        for name, members in self._tables:
            roles = [
                {role: rounded.figures.get(cell, 0) for role, cell in self._counted.cells[figure].items()}
                for figure in members
            ]
            made_of = name in rounded.dropped, roles
            if name not in self._made or self._made[name][0] != made_of:
                self._made[name] = made_of, self._table(members, *made_of)
            shown |= self._made[name][1]
        self._complements.withhold(shown)
        return SafeFigures(
            figures=[*self._nobodys.values(), *shown.values()],
            dropped_tables=rounded.dropped,
            not_additive=rounded.not_additive,
            apart=self._counted.apart,
            attempts=rounded.attempts,
        )

    def _table(
        self, members: Sequence[ExactFigure], is_dropped: bool, roles: Sequence[Mapping[str, int]]
    ) -> dict[ExactFigure, PublishedFigure]:
        """What is shown of one table of one period, before its complements."""
        rules, definition = self._rules, self._definitions[members[0].metric_id]
        if is_dropped:
            return {figure: _withheld(figure, DROPPED) for figure in members}
        if definition.counts in DONE_OFTEN and any(
            figure.measure == "count" and own["people"] < rules.count_minimum
            for figure, own in zip(members, roles, strict=True)
        ):
            # One withheld cell would be what is left of the whole, and it may be one person's: or nobody's,
            # which is not told apart.
            return {figure: _withheld(figure, FEW_PEOPLE) for figure in members}
        return {
            figure: _safe_figure(
                figure,
                own,
                rules,
                definition,
                headline=figure.table in self._headlines,
                money=figure.metric_id in self._money,
            )
            for figure, own in zip(members, roles, strict=True)
        }


def safe_issues(
    issues: Iterable[tuple[str, str, str, str, int]],
    exports: Iterable[str],
    about_nobody: Collection[str],
    *,
    key: bytes,
    rules: Rules,
) -> list[tuple[str, str, str, str, int | None, str]]:
    """Rows (export, rule, severity, wording, rows, mark) of faults as a reader gets them.

    A rule that shows by being listed that somebody broke it would tell of a single row. So every rule whose
    count is withheld goes into one line for its export and severity, and that line is there for every export
    but those `about_nobody`, whose rules are all listed with their counts.
    """
    listed: list[tuple[str, str, str, str, int | None, str]] = []
    for export, rule, severity, wording, rows in issues:
        if export in about_nobody:
            listed.append((export, rule, severity, wording, rows, ""))
            continue
        shown, mark = rounded_rows(rows, f"{export}:{rule}", key=key, rules=rules)
        if not mark:
            listed.append((export, rule, severity, wording, shown, mark))
    least = rules.count_minimum
    few = f"any other reason, each in fewer than {least} rows or in none"
    listed += [
        (export, "other", severity, few, None, WITHHELD)
        for export in sorted(set(exports) - set(about_nobody))
        for severity in ("reject", "warn")
    ]
    return listed


def rounded_rows(rows: int, label: str, *, key: bytes, rules: Rules) -> tuple[int | None, str]:
    """A count of rows with a data-quality fault as a reader gets it, and its mark."""
    cell = Cell("data_quality_issues", "rows", date.min, date.min, (("rule", label),))
    base = rules.rounding_base
    shown = rows // base * base + base * wish(cell, rows, key, base)
    return (shown, "") if shown >= rules.count_minimum else (None, WITHHELD)


class _Counts:
    """The counts behind the figures: which cell each one is, and the tables that tie them together."""

    def __init__(
        self, definitions: Mapping[str, MetricDefinition], money: frozenset[str], programme_start: date
    ) -> None:
        self.definitions, self.money, self.programme_start = definitions, money, programme_start
        self.exact: dict[Cell, int] = {}
        self.tables: list[CountTable] = []
        self.cells: dict[ExactFigure, dict[str, Cell]] = defaultdict(dict)
        """For each figure the cell of its `value`, `people`, `numerator`, `denominator`."""
        self.apart: list[str] = []
        self._known: dict[Cell, int] = {}
        self._parts: list[Cell] = []
        """The cells of counts of metrics that give shares of the same people too."""

    def add(self, table: TableOfPeriod, figures: Sequence[ExactFigure], *, exact: bool) -> None:
        """Take up one table of one period."""
        metric_id, measure, _, dimensions = table[0]
        definition = self.definitions[metric_id]
        additive = tuple(d for d in dimensions if d not in definition.overlapping)
        everyone, figures = figures, [f for f in figures if not _too_few_pairs(f, definition)]
        layers: list[Layer] = []
        totals: list[tuple[Cell, tuple[Cell, ...]]] = []
        at_most: list[tuple[Cell, Cell]] = []

        def place(role: str, numbers: Sequence[int], populations: Sequence[str]) -> list[Cell]:
            return self._place(table, figures, role, numbers, populations)

        if measure == "count":
            counts = [_whole(figure.value, figure) for figure in figures]
            cells = place("value", counts, [definition.population, f"{metric_id} alone"])
            if cells and cells[0].population != definition.population:
                self.apart.append(in_words(table))
            if exact:
                self.exact.update(zip(cells, counts, strict=True))
            else:
                # Who has no two readings is no part of those compared, whom means and shares of them count.
                compared, others = {}, {}
                for cell, count in zip(cells, counts, strict=True):
                    (others if ("direction", "no_pair") in cell.parts else compared)[cell] = count
                layers.append(Layer(compared, additive))
                if "share" in definition.measures and len(additive) == 1:
                    # A share's numerator is not taken for everybody in the table (tenancies held and all).
                    for margin in {cell.without(additive[0]) for cell in compared}:
                        parts = (n for cell, n in compared.items() if cell.without(additive[0]) == margin)
                        self._known.setdefault(margin, sum(parts))
                    self._parts.extend(cells)
                if others:
                    layers.append(Layer(others, tuple(d for d in additive if d != "direction")))
        elif definition.is_about_durations:
            at_risk = [_whole(figure.denominator or 0, figure) for figure in figures]
            # Those still under observation, at each time; they are no part of those observed that adds up.
            layers.append(
                Layer(
                    dict(zip(place("denominator", at_risk, [f"{metric_id}, at risk"]), at_risk, strict=True))
                )
            )
        elif measure == "share" and metric_id not in self.money:
            counted = [_whole(figure.numerator, figure) for figure in figures]
            of = [_whole(figure.denominator, figure) for figure in figures]
            # A metric that also gives the count names the population of those counted, else of all they are
            # out of.
            of_all = [definition.population, f"{metric_id}, of"]
            of_counted = [f"{metric_id}, counted"]
            if "count" in definition.measures:
                of_counted, of_all = [definition.population, *of_counted], of_all[1:]
            numerators = place("numerator", counted, of_counted)
            denominators = place("denominator", of, of_all)
            # "Of all ends" and "of ends without deaths" have one numerator; two roundings would narrow it.
            alike: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
            for figure, cell, count in zip(figures, numerators, counted, strict=True):
                alike[*((d, c) for d, c in figure.categories if d in additive), count].append(cell)
            at_most += [pair for cells in alike.values() for pair in permutations(cells, 2)]
            # And those counted may be one of the metric's own categories: tenancies held.
            for cell, count in zip(numerators, counted, strict=True):
                same = [
                    part
                    for part in self._parts
                    if part.population == definition.population
                    and (part.start, part.end) == (cell.start, cell.end)
                    and set(cell.parts) < set(part.parts)
                    and self._known[part] == count
                ]
                at_most += [pair for part in same for pair in ((cell, part), (part, cell))]
            rest = [cell._replace(population=f"{metric_id}, rest") for cell in denominators]
            others = [b - a for a, b in zip(counted, of, strict=True)]
            for cells, numbers in ((numerators, counted), (denominators, of), (rest, others)):
                layers.append(Layer(dict(zip(cells, numbers, strict=True)), additive))
            totals += [(d, (n, r)) for d, n, r in zip(denominators, numerators, rest, strict=True)]

        layers.append(Layer(self._place_people(everyone)))
        if measure == "count" and definition.counts != "people" and not exact:
            at_most += [(self.cells[figure]["people"], self.cells[figure]["value"]) for figure in figures]
        self.tables.append(
            CountTable(in_words(table), len(dimensions), tuple(layers), tuple(totals), tuple(at_most))
        )

    def draws(self, by_population: Mapping[tuple[str, date], int]) -> dict[Cell, int]:
        """Which draw each cell is rounded by: that of its metric's population, whatever stands in the
        cell."""
        drawn: dict[Cell, int] = {}
        for figure, cells in self.cells.items() if by_population else ():
            population = self.definitions[figure.metric_id].population
            draw = by_population.get((population, figure.period_end), 0)
            for cell in cells.values() if draw else ():
                drawn[cell] = draw
        return drawn

    def figures_of(self, released: Iterable[PublishedFigure]) -> dict[Cell, int]:
        """The counts that released figures show, by cell."""
        rows = {(table_of(row), frozenset(categories_of(row))): row for row in released}
        shown: dict[Cell, int] = {}
        for figure, cells in self.cells.items() if rows else ():
            table = figure.table, figure.period_start, figure.period_end
            row = rows.get((table, frozenset(figure.categories)))
            if row is None:
                continue
            for role, cell in cells.items():
                number = getattr(row, role)
                # A headline's own count is exact, and always the newest.
                rounded = role != "value" or (figure.measure == "count" and not row.exact)
                if number is not None and rounded:
                    shown[cell] = int(number)
        return shown

    def _cell(self, figure: ExactFigure, population: str, unit: str) -> Cell:
        start = self.programme_start if figure.period_type == "as_at" else figure.period_start
        return Cell(population, unit, start, figure.period_end, tuple(sorted(figure.categories)))

    def _place(
        self,
        table: TableOfPeriod,
        figures: Sequence[ExactFigure],
        role: str,
        counts: Sequence[int],
        populations: Sequence[str],
    ) -> list[Cell]:
        """The cells of a table's counts: in the first of the populations whose known counts all agree."""
        unit = self.definitions[table[0][0]].counts
        for population in populations:
            cells = [self._cell(figure, population, unit) for figure in figures]
            if all(self._known.get(cell, count) == count for cell, count in zip(cells, counts, strict=True)):
                self._known.update(zip(cells, counts, strict=True))
                for figure, cell in zip(figures, cells, strict=True):
                    self.cells[figure][role] = cell
                return cells
        raise PublicationError(
            f"{in_words(table)}: the same cell has two different counts (fct_metric_values)."
        )

    def _place_people(self, figures: Sequence[ExactFigure]) -> dict[Cell, int]:
        """The people behind each figure: a cell of the population, unless it is known to differ there."""
        placed: dict[Cell, int] = {}
        for figure in figures:
            definition = self.definitions[figure.metric_id]
            # Beneath a share stand the people of its denominator.
            beneath = self.cells[figure].get("denominator")
            own = beneath is None or definition.is_about_durations
            population = definition.population if own or not beneath else beneath.population
            cell = self._cell(figure, population, "people")
            if definition.is_about_durations:
                # The same people at each time: rounded again for each, they would be told more nearly.
                time = METHODS[definition.method].time_breakdown
                cell = cell._replace(parts=tuple(part for part in cell.parts if part[0] != time))
            elif _too_few_pairs(figure, definition):
                # Those who have two to compare, whichever way they went: the people of the mean.
                parts = (part for part in cell.parts if part[0] in definition.overlapping)
                cell = cell._replace(parts=tuple(parts))
            if self._known.setdefault(cell, figure.people) != figure.people:
                cell = cell._replace(population=f"{figure.metric_id} {figure.measure} people")
            self.cells[figure]["people"] = cell
            placed[cell] = figure.people
        return placed


def _too_few_pairs(figure: ExactFigure, definition: MetricDefinition) -> bool:
    """Whether too few have two readings to compare: no count or share of who rose is there to be rounded."""
    return definition.method == PAIRED and figure.measure in ("count", "share") and bool(figure.note)


def _whole(count: float | None, figure: ExactFigure) -> int:
    if count is None or count != int(count) or count < 0:
        raise PublicationError(
            f"{figure.metric_id} {figure.measure} {figure.period_type} {figure.period_end}: a count is not a"
            " whole number (fct_metric_values)."
        )
    return int(count)


def _safe_figure(
    figure: ExactFigure,
    rounded: Mapping[str, int],
    rules: Rules,
    definition: MetricDefinition,
    *,
    headline: bool,
    money: bool,
) -> PublishedFigure:
    """One figure as a reader gets it; `rounded` holds its rounded counts by role (`value`, `people` ...)."""
    people = rounded["people"] if rounded["people"] >= rules.count_minimum else None
    if figure.note and figure.note != NOBODY_LEFT and people is not None:
        return published(figure, people=people, mark=_mark_without_value(figure), note=figure.note)
    if _too_few_pairs(figure, definition):
        # In the words of figures of a few: of fewer than ten it is not told whether they are enough.
        return _withheld(figure, f"<{rules.count_minimum}" if figure.measure == "count" else FEW_PEOPLE)
    if definition.is_about_durations and figure.measure != "median":
        return _safe_at_time(figure, people, rounded["denominator"], rules)
    if figure.measure == "count":
        if headline:
            shown = figure.people if definition.counts == "people" else people
            return published(figure, value=figure.value, people=shown, exact=True)
        if rounded["value"] < rules.count_minimum:
            return _withheld(figure, f"<{rules.count_minimum}")
        return published(figure, value=rounded["value"], people=people)
    if figure.measure == "share" and not money:
        return published(figure, **safe_share(rounded["numerator"], rounded["denominator"], people, rules))
    # By the rounded count alone, and so that it guarantees the minimum: whether a mean is shown must tell
    # nothing of the true count that the rounded one does not.
    enough = rounded["people"] - (rules.rounding_base - 1)
    if figure.measure == "share":
        return _safe_money_share(figure, people, enough, rules)
    if figure.measure == "total":
        if figure.value is None or enough < rules.mean_people_minimum:
            return _withheld(figure, FEW_PEOPLE)
        return published(figure, value=nearest(figure.value, rules.rounding_base), people=people)
    if definition.averages == "posts":
        # The posts are known to everybody: times the exact mean they are the exact count.
        if enough < rules.mean_people_minimum or not figure.denominator:
            return _withheld(figure, FEW_PEOPLE)
        return published(figure, value=nearest(rounded["people"] / figure.denominator, 0.1), people=people)
    if figure.measure == "total_gbp":
        if figure.value is None or not money_passes(
            figure.value, figure.largest, figure.second_largest, enough, rules
        ):
            return _withheld(figure, FEW_SPENDERS)
        return published(figure, value=nearest(figure.value, rules.money_total_rounding_gbp), people=people)
    return _safe_average(figure, people, enough, rules, money=money)


def _as_it_is(figure: ExactFigure) -> PublishedFigure:
    """A figure about nobody: to the penny or the day."""
    if figure.value is None:
        return published(figure, mark=_mark_without_value(figure), note=figure.note or "nothing to count")
    return published(figure, value=round(figure.value, 2))


def _safe_at_time(figure: ExactFigure, people: int | None, at_risk: int, rules: Rules) -> PublishedFigure:
    """Survival or cumulative incidence at a fixed time: ten still under observation, to the nearest 5 %."""
    if figure.value is None or at_risk - (rules.rounding_base - 1) < rules.mean_people_minimum:
        return _withheld(figure, FEW_PEOPLE)
    if figure.value < 0.1:
        return _withheld(figure, "<10 %")
    if figure.value > 0.9:
        return _withheld(figure, ">90 %")
    step = 5
    bounds = {
        name: nearest(100 * bound, step)
        for name, bound in (("lower", figure.lower), ("upper", figure.upper))
        if bound is not None
    }
    return published(figure, value=nearest(100 * figure.value, step), people=people, **bounds)


def safe_share(numerator: int, denominator: int, people: int | None, rules: Rules) -> dict[str, object]:
    """What is shown of a share of rounded counts: per cent, its Wilson interval and the counts, or a mark."""
    rest = denominator - numerator
    if denominator < rules.share_denominator_minimum:
        return {"mark": WITHHELD, "note": FEW_PEOPLE}
    if 10 * numerator < denominator:
        return {"mark": WITHHELD, "note": "<10 %"}
    if 10 * rest < denominator:
        return {"mark": WITHHELD, "note": ">90 %"}
    # The share and its denominator give the numerator away, and with it the rest; neither is shown under the
    # minimum.
    if min(numerator, rest) < rules.count_minimum:
        return {"mark": WITHHELD, "note": FEW_BESIDE}
    step = 1 if denominator >= 100 else 5
    lower, upper = wilson(numerator, denominator)
    return {
        "value": nearest(100 * numerator / denominator, step),
        "lower": nearest(lower, step),
        "upper": nearest(upper, step),
        "numerator": numerator,
        "denominator": denominator,
        "people": people,
    }


def money_passes(
    total: float, largest: float | None, second_largest: float | None, people: int, rules: Rules
) -> bool:
    """Whether a sum of money (GBP) is safe: enough people, and the p per cent rule.

    The p per cent rule: the total less the two largest people is at least p per cent of the largest, so that
    the second largest cannot work out the largest to within p per cent.
    """
    first, second = largest or 0.0, second_largest or 0.0
    left = round(total - first - second, 2)
    return (
        people >= rules.money_people_minimum
        and first > 0
        and 100 * left >= round(rules.money_p_percent * first, 2)
    )


def _safe_money_share(figure: ExactFigure, people: int | None, enough: int, rules: Rules) -> PublishedFigure:
    """GBP of GBP. What stands below the line is allowances, alike for everyone: enough people will do."""
    step = rules.money_total_rounding_gbp
    paid, of = figure.numerator or 0.0, nearest(figure.denominator or 0.0, step)
    if of <= 0 or not money_passes(paid, figure.largest, figure.second_largest, enough, rules):
        return _withheld(figure, FEW_SPENDERS)
    shown = nearest(paid, step)
    return published(
        figure, value=nearest(100 * shown / of, 1), numerator=shown, denominator=of, people=people
    )


def _safe_average(
    figure: ExactFigure, people: int | None, enough: int, rules: Rules, *, money: bool
) -> PublishedFigure:
    """A mean with its t interval, or a median."""
    step = rules.money_mean_rounding_gbp if money else 0.1
    minimum = rules.median_people_minimum if figure.measure == "median" else rules.mean_people_minimum
    if figure.value is None or enough < minimum:
        return _withheld(figure, FEW_PEOPLE)
    if figure.measure == "median":
        return published(figure, value=nearest(figure.value, step), people=people)
    # Money that is no person's own (the programme's, for each month of support) has no largest person.
    total = figure.value * figure.people if figure.numerator is None else figure.numerator
    if (
        money
        and figure.largest is not None
        and not money_passes(total, figure.largest, figure.second_largest, enough, rules)
    ):
        return _withheld(figure, FEW_SPENDERS)
    bounds = {}
    if figure.standard_deviation is not None:
        lower, upper = t_interval(figure.value, figure.standard_deviation, figure.people)
        bounds = {"lower": nearest(lower, step), "upper": nearest(upper, step)}
    return published(figure, value=nearest(figure.value, step), people=people, **bounds)


def _withheld(figure: ExactFigure, note: str) -> PublishedFigure:
    return published(figure, mark=WITHHELD, note=note)


# --- a complement is a table too --------------------------------------------------------------------------


class _Complements:
    """What more has to be withheld of sums of money, and what is known of it already."""

    def __init__(
        self,
        totals: Sequence[ExactFigure],
        rules: Rules,
        payments: Callable[[str], Sequence[Payment]],
    ) -> None:
        self._totals, self._rules, self._payments = totals, rules, payments
        of_metric: dict[str, list[ExactFigure]] = defaultdict(list)
        for figure in totals:
            of_metric[figure.metric_id].append(figure)
        self._splits = [
            (whole, parts) for whole in totals for parts in _splits(whole, of_metric[whole.metric_id])
        ]
        self._known: dict[tuple[bool, ...], list[ExactFigure]] = {}

    def withhold(self, shown: dict[ExactFigure, PublishedFigure]) -> None:
        """Withhold further sums of money until those withheld cannot be worked out from those shown.

        Where a whole and all but some of its parts are shown, those some together are a figure a reader can
        work out: they must pass the money rule themselves, or the next smallest part is withheld too. Then
        every mean goes whose sum is withheld: it would give the sum back.
        """
        # Which sums are shown is all that hangs on the draw.
        marked = tuple(bool(shown[figure].mark) for figure in self._totals)
        if marked not in self._known:
            self._known[marked] = self._found({figure: shown[figure] for figure in self._totals})
        shown |= {figure: _withheld(figure, COMPLEMENT) for figure in self._known[marked]}
        withheld = {_place_of(figure) for figure in self._totals if shown[figure].mark}
        for figure, safe in shown.items():
            if figure.measure == "mean" and not safe.mark and _place_of(figure) in withheld:
                shown[figure] = _withheld(figure, COMPLEMENT)

    def _found(self, shown: dict[ExactFigure, PublishedFigure]) -> list[ExactFigure]:
        """The sums to be withheld beside those that are."""
        before = {figure for figure, safe in shown.items() if safe.mark}
        changed = True
        while changed:
            changed = False
            for whole, parts in self._splits:
                if shown[whole].mark:
                    continue
                hidden = [part for part in parts if shown[part].mark]
                left = sorted(
                    (part for part in parts if not shown[part].mark),
                    key=lambda part: (part.value or 0.0, part.period_start, part.categories),
                )
                while (
                    hidden
                    and left
                    and not _remainder_is_safe(whole, hidden, len(left), self._rules, self._payments)
                ):
                    hidden.append(left.pop(0))
                    shown[hidden[-1]] = _withheld(hidden[-1], COMPLEMENT)
                    changed = True
            changed |= _withhold_differences(shown, self._rules, self._payments)
        return [figure for figure, safe in shown.items() if safe.mark and figure not in before]


def _withhold_differences(
    shown: dict[ExactFigure, PublishedFigure],
    rules: Rules,
    payments: Callable[[str], Sequence[Payment]],
) -> bool:
    """Withhold sums of money that would tell what was paid between two days; returns whether any was.

    Two sums to date give the one of the time between: wherever shown sums lead from one day to another, a
    reader can work out what was paid between them. The sum that ends first stays: it may be in an earlier
    release.
    """
    lines: dict[tuple[str, frozenset[tuple[str, str]]], list[ExactFigure]] = defaultdict(list)
    for figure, safe in shown.items():
        # What stands on a day is no sum of what was paid until then.
        if figure.measure == "total_gbp" and figure.period_type != "as_at" and not safe.mark:
            lines[figure.metric_id, frozenset(figure.categories)].append(figure)
    changed = False
    for (metric_id, categories), figures in lines.items():
        if len({(figure.period_start, figure.period_end) for figure in figures}) < 2:
            continue
        paid = [payment for payment in payments(metric_id) if categories <= payment.categories.items()]
        told: dict[date, frozenset[date]] = {}
        for figure in sorted(figures, key=lambda f: (f.period_end, f.period_start, f.period_type)):
            days = figure.period_start - timedelta(days=1), figure.period_end
            before, after = (told.get(day, frozenset({day})) for day in days)
            pairs = {(min(pair), max(pair)) for pair in product(before, after)} - {days}
            if before == after or all(_may_be_told(paid, *pair, rules) for pair in pairs):
                told |= dict.fromkeys(before | after, before | after)
            else:
                shown[figure] = _withheld(figure, COMPLEMENT)
                changed = True
    return changed


def _may_be_told(paid: Iterable[Payment], before: date, last: date, rules: Rules) -> bool:
    """Whether what was paid after one day until another passes the money rule or is lost in rounding."""
    sums: dict[str, float] = defaultdict(float)
    for payment in paid:
        if before < payment.counted_on <= last:
            sums[payment.client_key] += payment.amount
    total = sum(sums.values())
    first, second = (*sorted(sums.values(), reverse=True), 0.0, 0.0)[:2]
    return abs(total) <= rules.money_total_rounding_gbp or money_passes(
        total, first, second, sum(1 for amount in sums.values() if amount > 0), rules
    )


def _place_of(figure: ExactFigure) -> tuple[object, ...]:
    days = figure.period_start, figure.period_end
    return figure.metric_id, figure.period_type, *days, frozenset(figure.categories)


def _splits(whole: ExactFigure, totals: Sequence[ExactFigure]) -> Iterator[list[ExactFigure]]:
    """The sets of sums that add up to `whole`: along one more breakdown, or along shorter periods."""
    own = set(whole.categories)
    candidates: dict[tuple[str, str], list[ExactFigure]] = defaultdict(list)
    for figure in totals:
        more = set(figure.categories) - own
        inside = whole.period_start <= figure.period_start and figure.period_end <= whole.period_end
        same_days = (figure.period_start, figure.period_end) == (whole.period_start, whole.period_end)
        if own < set(figure.categories) and len(more) == 1 and same_days:
            candidates[figure.period_type, next(iter(more))[0]].append(figure)
        elif set(figure.categories) == own and inside and figure.period_type != whole.period_type:
            candidates[figure.period_type, ""].append(figure)
    for parts in candidates.values():
        # Overlapping parts, or parts of part of the time, do not add up and give nothing away by subtraction.
        if abs(sum(part.value or 0.0 for part in parts) - (whole.value or 0.0)) < HALF_A_PENNY:
            yield parts


def _remainder_is_safe(
    whole: ExactFigure,
    hidden: Sequence[ExactFigure],
    shown_parts: int,
    rules: Rules,
    payments: Callable[[str], Sequence[Payment]],
) -> bool:
    """Whether the withheld sums may be worked out as one: it passes the money rule or is lost in rounding.

    Each shown figure is up to half a step from the truth; a remainder below all these halves together cannot
    be told from nothing.
    """

    def within(payment: Payment, figure: ExactFigure) -> bool:
        return figure.period_start <= payment.counted_on <= figure.period_end and all(
            payment.categories.get(dimension) == category for dimension, category in figure.categories
        )

    sums: dict[str, float] = defaultdict(float)
    total = 0.0
    for payment in payments(whole.metric_id):
        if within(payment, whole):
            total += payment.amount
        if any(within(payment, figure) for figure in hidden):
            sums[payment.client_key] += payment.amount
    if abs(total - (whole.value or 0.0)) >= HALF_A_PENNY:
        raise PublicationError(
            f"metric_{whole.metric_id} and fct_metric_values disagree on the sum of {whole.period_type}"
            f" {whole.period_start} to {whole.period_end}: what is withheld cannot be checked."
        )
    remainder = sum(sums.values())
    if abs(remainder) <= rules.money_total_rounding_gbp / 2 * (1 + shown_parts):
        return True
    first, second = (*sorted(sums.values(), reverse=True), 0.0, 0.0)[:2]
    return money_passes(remainder, first, second, sum(1 for paid in sums.values() if paid > 0), rules)
