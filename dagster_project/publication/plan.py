"""The publication plan: which tables may leave, and the refusal of everything else.

Belongs here: the plan's and the metric definitions' rows as typed records, and the rules a plan must keep
(publication specification, rules 1 and 2). Does not belong here: how a figure is made safe (`disclosure.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dagster_project.settings import FlicError

# The periods that each timing of a metric can be given for.
PERIODS = {
    "flow": ("month", "quarter", "year", "programme"),
    "period": ("month", "quarter", "year", "programme"),
    "stock": ("as_at", "programme"),
}
COLUMNS = frozenset(
    ("metric_id", "measure", "period_type", "dimension_1", "dimension_2", "audience", "exact", "approved_by")
)
MEASURES = ("count", "share", "mean", "median", "total", "total_gbp", "survival", "tipping_point")
# From the fewest readers to the most. What is planned for one stands in the files of those before it, too.
AUDIENCES = ("management", "spg", "public")
# The public file has year ends alone (`public.py`): these periods can end with a year and say no less.
PUBLIC_PERIODS = ("year", "programme", "as_at")

# The breakdown that each area's own publication is taken by (`areas.py`).
AREA = "area"

# Counts that carry no attribute beyond being a client (publication specification, rule 2). Written here and
# not in a seed: a plan that could widen its own exception would protect nobody.
HEADLINE_METRICS = frozenset({"referrals_received", "acceptance_rate", "starts", "ends", "open_caseload"})
HEADLINE_DIMENSIONS = frozenset({(), ("borough",), (AREA,)})


class PublicationError(FlicError):
    """Nothing was published; the message says why and what to do. What was served before stays served."""


class PlanError(PublicationError):
    """The publication plan asks for something that may not leave; the message names the row."""


@dataclass(frozen=True)
class MetricDefinition:
    """What publication needs to know of a metric: how it counts, not its words."""

    metric_id: str
    timing: str
    """`flow` (events in a period), `stock` (how things stood on a day) or `period` (worked out for each)."""
    counts: str
    """What one unit of a count is: `people`, `referrals`, `episodes`, `client_years`, `contacts`, `events`,
    `months`, `lines` (of money) or `entries`, which are nobody's own."""
    population: str
    """Metrics that count the same people name the same population."""
    measures: tuple[str, ...]
    breakdowns: tuple[str, ...]
    overlapping: tuple[str, ...]
    """Breakdowns in which one person can stand in several categories; nothing adds up along them."""
    method: str = "sums"
    """`sums`, or how statistics works the figures out: `paired_change`, `kaplan_meier`,
    `cumulative_incidence`."""

    exports: tuple[str, ...] = ()
    """The exports it rests on."""
    averages: str = "people"
    """What a mean or median is of: `people`, `contributions` (lines, entries), or people for each whole-time
    post (`posts`)."""
    unit: str = ""

    @property
    def is_about_durations(self) -> bool:
        """Its figures rest on those still under observation at a time, not on a count and its part."""
        return self.method in ("kaplan_meier", "cumulative_incidence")

    @property
    def is_money(self) -> bool:
        """Its figures are pounds; a share of it, or of lines, is pounds of pounds."""
        return "total_gbp" in self.measures or self.unit.startswith("GBP") or self.counts == "lines"


@dataclass(frozen=True)
class PlannedTable:
    """One row of the plan: a table that may leave, for every period of its type."""

    metric_id: str
    measure: str
    period_type: str
    dimension_1: str
    dimension_2: str
    audience: str
    exact: bool
    approved_by: str

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The breakdowns, sorted."""
        return tuple(sorted(filter(None, (self.dimension_1, self.dimension_2))))

    @property
    def name(self) -> tuple[str, str, str, tuple[str, ...]]:
        """Metric, measure, period type and breakdowns: what no two rows of the plan share."""
        return self.metric_id, self.measure, self.period_type, self.dimensions

    def is_for(self, audience: str) -> bool:
        """Whether the table stands in the file of an audience."""
        return AUDIENCES.index(audience) <= AUDIENCES.index(self.audience)

    def __str__(self) -> str:
        """The table in the words of messages and manifests."""
        by = f" by {' and '.join(self.dimensions)}" if self.dimensions else ""
        return f"{self.metric_id} {self.measure} {self.period_type}{by}"


def read_definitions(rows: Iterable[Mapping[str, object]]) -> dict[str, MetricDefinition]:
    """The rows of `metrics.metric_definitions` by `metric_id`."""

    def words(value: object) -> tuple[str, ...]:
        return tuple(part.strip() for part in str(value or "").split("|") if part.strip())

    definitions = (
        MetricDefinition(
            metric_id=str(row["metric_id"]),
            timing=str(row["timing"]),
            counts=str(row["counts"]),
            population=str(row["population"] or row["metric_id"]),
            measures=words(row["measures"]),
            breakdowns=words(row["breakdowns"]),
            overlapping=words(row["overlapping"]),
            method=str(row.get("method") or "sums"),
            exports=words(row.get("exports")),
            averages=str(row.get("averages") or "people"),
            unit=str(row.get("unit") or ""),
        )
        for row in rows
    )
    return {definition.metric_id: definition for definition in definitions}


def read_plan(
    rows: Iterable[Mapping[str, object]], definitions: Mapping[str, MetricDefinition]
) -> list[PlannedTable]:
    """The rows of `reference.publication_plan`, checked; raises `PlanError` with every fault it finds."""
    plan: list[PlannedTable] = []
    faults: list[str] = []
    for row in rows:
        table = PlannedTable(
            metric_id=str(row["metric_id"] or ""),
            measure=str(row["measure"] or ""),
            period_type=str(row["period_type"] or ""),
            dimension_1=str(row["dimension_1"] or ""),
            dimension_2=str(row["dimension_2"] or ""),
            audience=str(row["audience"] or ""),
            exact=str(row["exact"]).lower() == "true",
            approved_by=str(row["approved_by"] or "").strip(),
        )
        found = _faults(table, definitions)
        found += [f"column {name!r} is not known" for name in sorted(row.keys() - COLUMNS)]
        if table.name in {other.name for other in plan}:
            found.append("the table stands in the plan twice")
        faults += [f"{table}: {fault}" for fault in found]
        plan.append(table)
    faults += _exact_people_beside_a_mean(plan, definitions)
    faults += _means_that_leave_a_rest(plan, definitions)
    if faults:
        raise PlanError(
            "the publication plan (publication_plan.csv) cannot be used. " + "; ".join(faults) + "."
        )
    if not plan:
        raise PlanError("the publication plan (publication_plan.csv) is empty: there is nothing to publish.")
    return plan


def _exact_people_beside_a_mean(
    plan: Iterable[PlannedTable], definitions: Mapping[str, MetricDefinition]
) -> list[str]:
    """Means whose people are a headline of the same population and cells: times the exact count, a mean is
    the exact sum."""

    def cells(table: PlannedTable) -> tuple[str, str, tuple[str, ...]]:
        # As at a day and from the start to that day are the same people.
        period_type = "as_at" if table.period_type == "programme" else table.period_type
        return definitions[table.metric_id].population, period_type, table.dimensions

    known = [table for table in plan if table.metric_id in definitions]
    exact = {cells(table): table for table in known if table.exact}
    return [
        f"{table}: a mean may not stand beside its exact people ({exact[cells(table)]})"
        for table in known
        if table.measure == "mean" and cells(table) in exact
    ]


def _means_that_leave_a_rest(
    plan: Iterable[PlannedTable], definitions: Mapping[str, MetricDefinition]
) -> list[str]:
    """Means of the parts of a whole whose mean is planned too: the mean of a part that is withheld follows
    from the others. Sums of money are held against their rest (`disclosure.py`); other means are not."""
    means = {
        table.name: table for table in plan if table.measure == "mean" and table.audience != "management"
    }
    return [
        f"{table}: its mean by {name} may not stand beside that without it, from which the mean of a withheld"
        " part could be worked out"
        for table in means.values()
        if (definition := definitions.get(table.metric_id)) and not definition.is_money
        for name in table.dimensions
        if name not in definition.overlapping
        and (*table.name[:3], tuple(other for other in table.dimensions if other != name)) in means
    ]


def _faults(table: PlannedTable, definitions: Mapping[str, MetricDefinition]) -> list[str]:
    if table.metric_id not in definitions:
        return ["there is no such metric"]
    definition = definitions[table.metric_id]
    faults = []
    if table.measure not in MEASURES or table.measure not in definition.measures:
        faults.append(f"the metric offers {', '.join(definition.measures)}, not {table.measure!r}")
    allowed = PERIODS.get(definition.timing, ())
    if table.period_type not in allowed:
        faults.append(f"the period must be one of {', '.join(allowed)}")
    if table.dimension_2 and table.dimension_1 in ("", table.dimension_2):
        faults.append("the breakdowns must be two different ones, or one in dimension_1")
    faults += [
        f"the metric offers no breakdown {name!r} (at most two, one in each column)"
        for name in table.dimensions
        if name not in definition.breakdowns
    ]
    if table.audience not in AUDIENCES:
        faults.append(f"the audience must be one of {', '.join(AUDIENCES)}")
    if table.audience == "public":
        if len(table.dimensions) > 1:
            faults.append("a table for the public has at most one breakdown")
        if table.period_type not in PUBLIC_PERIODS:
            faults.append(f"for the public the period must be one of {', '.join(PUBLIC_PERIODS)}")
    if table.exact:
        headline = table.metric_id in HEADLINE_METRICS and table.measure == "count"
        if not headline or table.dimensions not in HEADLINE_DIMENSIONS:
            faults.append(
                "only counts of headline metrics, for the programme or by borough or area, may be exact"
            )
        if not table.approved_by:
            faults.append("an exact figure needs the name of who approved it (approved_by)")
    return faults
