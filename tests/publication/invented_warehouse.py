"""An invented programme, person by person, and the warehouse that publication would find for it.

All of it is synthetic. Belongs here: people made by a seeded generator, their exact figures counted in a few
plain lines that share nothing with the dbt models, and the DuckDB file with them. Does not belong here: any
rule of disclosure.
"""

import calendar
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from statistics import mean, median, stdev

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.publication.disclosure import ExactFigure, Payment, Rules
from dagster_project.publication.plan import MetricDefinition, PlannedTable
from dagster_project.settings import Settings

PROGRAMME_START = date(2014, 6, 1)
KEY = b"a rounding key for invented people only"

SETTINGS = {
    "programme_name": "An invented programme",
    "programme_start": "2014-06-01",
    "financial_year_start_month": "4",
    "needs_threshold": "3",
    "data_are_synthetic": "true",
    "rounding_base": "5",
    "count_minimum": "10",
    "batch_people_minimum": "10",
    "share_denominator_minimum": "20",
    "mean_people_minimum": "10",
    "median_people_minimum": "20",
    "money_people_minimum": "10",
    "money_p_percent": "15",
    "money_total_rounding_gbp": "100",
    "money_mean_rounding_gbp": "50",
    "refresh_interval_days": "31",
    "stale_after_days": "100",
    "two_digit_year_pivot": "69",
}
RULES = Rules.from_settings(SETTINGS)

CATEGORIES: dict[str, tuple[str, ...]] = {
    "borough": ("camden", "islington", "not_known"),
    "referrer_sector": ("housing", "health", "criminal_justice", "other"),
    "status": ("accepted", "not_eligible", "withdrawn", "not_stated"),
    "sex": ("female", "male", "not_known"),
    "age_band": ("18_24", "25_34", "35_44", "45_54", "55_over"),
    "ethnicity_group": ("asian", "black", "mixed", "white", "other", "not_known"),
    "need_domain": ("mental_health", "substance", "offending", "homelessness", "health"),
    "domain_count": ("0", "1", "2", "3", "4", "5"),
    "readings": ("0", "1", "2", "3_or_more"),
    "star_area": tuple(f"area_{number}" for number in range(1, 11)),
    "direction": ("up", "same", "down"),
    "cohort_status": ("open", "moved_on", "lost_contact", "died"),
    "start_cohort": tuple(f"{year}-H{half}" for year in range(2014, 2019) for half in (1, 2))[:9],
    "ends_counted": ("all_ends", "ends_without_deaths"),
    "category": ("furniture", "travel", "phone", "food", "other"),
}

# metric_id: timing, unit of a count, population, measures, overlapping breakdowns
METRICS: dict[str, tuple[str, str, str, str, str]] = {
    "referrals_received": ("flow", "referrals", "referrals_received", "count", ""),
    "referral_status": ("stock", "referrals", "referrals_received", "count", ""),
    "acceptance_rate": ("stock", "referrals", "acceptance_rate", "count|share", ""),
    "starts": ("flow", "episodes", "starts", "count", "need_domain"),
    "ends": ("flow", "episodes", "ends", "count", "need_domain"),
    "open_caseload": ("stock", "people", "open_caseload", "count", "need_domain"),
    "needs_at_start": ("flow", "people", "starts", "count", "need_domain"),
    "star_coverage": ("stock", "people", "open_caseload", "count", ""),
    "star_change": ("stock", "people", "star_change", "mean|count", "star_area"),
    "cohort_status": ("stock", "people", "starts", "count", ""),
    "moved_on": ("flow", "episodes", "ends", "share", "ends_counted"),
    "budget_spent": ("flow", "lines", "budget_people", "total_gbp|mean|median", "category|borough"),
    "budget_people": ("period", "people", "budget_people", "count|share", ""),
    "budget_allowance_used": ("period", "lines", "budget_allowance_used", "share", ""),
}

# metric_id, measure, exact, period types, tables ("all", a breakdown, or two joined by *)
PLAN: tuple[tuple[str, str, bool, str, str], ...] = (
    ("referrals_received", "count", True, "month quarter year programme", "all borough"),
    ("referrals_received", "count", False, "quarter programme", "referrer_sector"),
    ("referrals_received", "count", False, "programme", "borough*referrer_sector"),
    ("referral_status", "count", False, "as_at", "status status*borough"),
    ("acceptance_rate", "count", True, "programme", "all borough"),
    ("acceptance_rate", "share", False, "programme", "all borough referrer_sector"),
    ("starts", "count", True, "month quarter year programme", "all borough"),
    ("starts", "count", False, "programme", "sex age_band ethnicity_group need_domain"),
    ("ends", "count", True, "month quarter year programme", "all borough"),
    ("ends", "count", False, "programme", "sex age_band ethnicity_group need_domain"),
    ("open_caseload", "count", True, "as_at", "all borough"),
    ("open_caseload", "count", False, "as_at", "sex age_band ethnicity_group need_domain"),
    ("open_caseload", "count", False, "as_at", "borough*sex borough*need_domain"),
    (
        "needs_at_start",
        "count",
        False,
        "programme",
        "all need_domain domain_count sex age_band ethnicity_group",
    ),
    ("needs_at_start", "count", False, "programme", "need_domain*sex need_domain*age_band"),
    ("needs_at_start", "count", False, "programme", "need_domain*ethnicity_group"),
    ("star_coverage", "count", False, "as_at", "readings readings*borough"),
    ("star_change", "mean", False, "as_at", "star_area"),
    ("star_change", "count", False, "as_at", "star_area*direction"),
    ("cohort_status", "count", False, "as_at", "cohort_status start_cohort*cohort_status"),
    ("moved_on", "share", False, "programme", "ends_counted"),
    ("budget_spent", "total_gbp", False, "quarter year programme", "all"),
    ("budget_spent", "mean", False, "quarter year programme", "all"),
    ("budget_spent", "median", False, "quarter year programme", "all"),
    ("budget_spent", "total_gbp", False, "year programme", "category borough"),
    ("budget_spent", "mean", False, "year programme", "borough"),
    ("budget_people", "count", False, "quarter year programme", "all borough"),
    ("budget_people", "share", False, "quarter year programme", "all borough"),
    ("budget_allowance_used", "share", False, "year", "all"),
)

NO_BOROUGHS = tuple((m, me, e, p, t.replace("borough", "area")) for m, me, e, p, t in PLAN)
# The plan of a programme of several areas: what the other has by borough, and a little more. Not the share of
# people with a payment: here many are paid after their support, and the attacker takes those for
# contradictions.
AREA_PLAN: tuple[tuple[str, str, bool, str, str], ...] = (
    *(
        row
        for row in NO_BOROUGHS
        if not row[4].startswith("need_domain*") and row[:2] != ("budget_people", "share")
    ),
    ("open_caseload", "count", False, "as_at", "age_band*area ethnicity_group*area"),
    ("needs_at_start", "count", False, "programme", "need_domain*area"),
    ("cohort_status", "count", False, "as_at", "cohort_status*area"),
    ("moved_on", "share", False, "programme", "ends_counted*area"),
)


@dataclass(frozen=True)
class Contribution:
    """One client counted so much; a breakdown holds all categories that the client stands in."""

    client: str
    amount: float
    out_of: float | None
    breakdowns: dict[str, tuple[str, ...]]


@dataclass
class Person:
    """One invented client with one or two episodes of support."""

    client: str
    attributes: dict[str, tuple[str, ...]]
    episodes: list[tuple[date, date | None, str]]
    readings: list[date] = field(default_factory=list)
    change: dict[str, int] = field(default_factory=dict)
    payments: list[tuple[date, float, str]] = field(default_factory=list)

    def open_on(self, day: date) -> bool:
        """Open at the end of the day."""
        return any(start <= day and (end is None or end > day) for start, end, _ in self.episodes)

    def open_within(self, start: date, end: date) -> bool:
        """Open at the end of a day of the period."""
        return any(begin <= end and (stop is None or stop > start) for begin, stop, _ in self.episodes)


@dataclass
class Referral:
    """One invented referral."""

    client: str
    received: date
    status: str
    breakdowns: dict[str, tuple[str, ...]]


class Programme:
    """Invented people up to the day `as_at`, and their exact figures."""

    def __init__(
        self,
        seed: int,
        *,
        people: int,
        as_at: date,
        days: Sequence[date] | None = None,
        tables: Sequence[tuple[str, str, bool, str, str]] = PLAN,
        areas: int = 3,
    ) -> None:
        """`days` are the as-at days that figures are given for; all month ends unless stated."""
        self.as_at, self.tables = as_at, tables
        self.areas = tuple(f"area_{number}" for number in range(1, areas + 1))
        self.days = list(days) if days else [*month_ends(as_at), *([] if is_month_end(as_at) else [as_at])]
        chance = random.Random(seed)
        self.people = [self._person(chance, number) for number in range(people)]
        self.referrals = [
            self._referral(
                chance, person.client, person.attributes["borough"], "accepted", person.episodes[0][0]
            )
            for person in self.people
        ]
        self.area_of = {
            client: self.areas[number % len(self.areas)]
            for number, client in enumerate(referral.client for referral in self.referrals)
        }
        self.referrals += [
            self._referral(
                chance,
                f"refused-{number}",
                (self._pick(chance, "borough", 45, 50, 5),),
                chance.choice(CATEGORIES["status"][1:]),
                self._day(chance),
            )
            for number in range(chance.randint(0, people))
        ]
        for number, referral in enumerate(self.referrals):
            self.area_of.setdefault(referral.client, self.areas[number % len(self.areas)])
            referral.breakdowns["area"] = (self.area_of[referral.client],)
        for person in self.people:
            person.attributes["area"] = (self.area_of[person.client],)

    def categories(self, dimension: str) -> tuple[str, ...]:
        """The categories of a breakdown."""
        return (*self.areas, "not_known") if dimension == "area" else CATEGORIES[dimension]

    def _day(self, chance: random.Random) -> date:
        return PROGRAMME_START + timedelta(days=chance.randrange((self.as_at - PROGRAMME_START).days + 1))

    @staticmethod
    def _pick(chance: random.Random, dimension: str, *weights: float) -> str:
        return chance.choices(CATEGORIES[dimension], weights)[0]

    def _referral(
        self, chance: random.Random, client: str, borough: tuple[str, ...], status: str, day: date
    ) -> Referral:
        sector = self._pick(chance, "referrer_sector", 45, 30, 20, 5)
        return Referral(
            client, day, status, {"borough": borough, "referrer_sector": (sector,), "status": (status,)}
        )

    def _person(self, chance: random.Random, number: int) -> Person:
        needs = tuple(sorted(chance.sample(CATEGORIES["need_domain"], chance.choice((3, 4, 4, 5, 5)))))
        attributes = {
            "borough": (self._pick(chance, "borough", 48, 50, 2),),
            "sex": (self._pick(chance, "sex", 30, 67, 3),),
            "age_band": (self._pick(chance, "age_band", 5, 22, 35, 28, 10),),
            "ethnicity_group": (self._pick(chance, "ethnicity_group", 4, 16, 9, 62, 3, 6),),
            "need_domain": needs,
            "domain_count": (str(len(needs)),),
        }
        episodes = []
        start = self._day(chance)
        for _ in range(1 + (chance.random() < 0.08)):
            end = start + timedelta(days=chance.randint(30, 1500))
            closed = end <= self.as_at
            destination = self._pick(chance, "cohort_status", 0, 50, 40, 10) if closed else "open"
            episodes.append((start, end if closed else None, destination))
            start = end + timedelta(days=chance.randint(10, 200))
            if start > self.as_at:
                break
        person = Person(f"c{chance.getrandbits(96):024x}", attributes, episodes)
        day = episodes[0][0] + timedelta(days=chance.randint(10, 300))
        while day <= self.as_at and chance.random() < 0.7:
            person.readings.append(day)
            day += timedelta(days=chance.randint(100, 300))
        person.change = {area: chance.choice((-2, -1, 0, 1, 1, 2, 3)) for area in CATEGORIES["star_area"]}
        for _ in range(chance.choice((0, 0, 1, 3, 6))):
            paid = episodes[0][0] + timedelta(days=chance.randint(0, 500))
            if paid <= self.as_at:
                pounds = round(chance.paretovariate(1.3) * 15, 2)
                person.payments.append((paid, pounds, self._pick(chance, "category", 40, 20, 15, 20, 5)))
        return person

    # --- exact figures ---

    def plan(self) -> list[PlannedTable]:
        """The plan, one row a table."""
        return [
            PlannedTable(
                metric_id,
                measure,
                period_type,
                *(*("" if table == "all" else table).split("*"), "")[:2],
                audience="public" if is_public(metric_id, period_type, table) else "spg",
                exact=exact,
                approved_by="Invented board" if exact else "",
            )
            for metric_id, measure, exact, period_types, tables in self.tables
            for period_type in period_types.split()
            for table in tables.split()
        ]

    def definitions(self) -> dict[str, MetricDefinition]:
        """How each metric counts."""
        offered: dict[str, set[str]] = defaultdict(set)
        for table in self.plan():
            offered[table.metric_id].update(table.dimensions)
        return {
            metric_id: MetricDefinition(
                metric_id,
                timing,
                counts,
                population,
                tuple(measures.split("|")),
                tuple(sorted(offered[metric_id])),
                tuple(filter(None, overlapping.split("|"))),
            )
            for metric_id, (timing, counts, population, measures, overlapping) in METRICS.items()
        }

    def periods(self) -> list[tuple[str, date, date, bool]]:
        """Period type, first and last day, whether it is over."""
        found = [("as_at", day, day, True) for day in self.days]
        found += [("programme", PROGRAMME_START, day, True) for day in self.days]
        for period_type, months in (("month", 1), ("quarter", 3), ("year", 12)):
            for day in self.days:
                if day != self.as_at and not (
                    is_month_end(day) and (day.month - (3 if months == 12 else 0)) % months == 0
                ):
                    continue
                first = date(day.year, day.month, 1)
                while (first.month - (4 if months == 12 else 1)) % months:
                    first = (first - timedelta(days=1)).replace(day=1)
                over = is_month_end(day) and (day.month - (3 if months == 12 else 0)) % months == 0
                found.append((period_type, max(first, PROGRAMME_START), day, over))
        return found

    def figures(self) -> list[ExactFigure]:
        """Every planned figure, exact, empty cells too."""
        definitions = self.definitions()
        cache: dict[tuple[str, date, date], list[Contribution]] = {}
        found: list[ExactFigure] = []
        for table in self.plan():
            for period_type, start, end, _ in self.periods():
                wanted = table.exact or (is_month_end(end) and end.month % 3 == 0) or end == self.as_at
                if period_type != table.period_type or not wanted:
                    continue
                if (table.metric_id, start, end) not in cache:
                    cache[table.metric_id, start, end] = list(
                        CONTRIBUTIONS[table.metric_id](self, start, end)
                    )
                contributions = cache[table.metric_id, start, end]
                names = [name for name in (table.dimension_1, table.dimension_2) if name]
                placed: dict[tuple[str, ...], list[Contribution]] = defaultdict(list)
                for contribution in contributions:
                    for categories in product(*(contribution.breakdowns[name] for name in names)):
                        placed[categories].append(contribution)
                found += [
                    _figure(
                        table,
                        definitions[table.metric_id].counts,
                        (period_type, start, end),
                        tuple(zip(names, categories, strict=True)),
                        placed[categories],
                    )
                    for categories in product(*(self.categories(name) for name in names))
                ]
        return found

    def members(self, definition: MetricDefinition, names: Sequence[str]) -> list[tuple[object, ...]]:
        """Who is counted: events on the last day of their month, all others on each as-at day."""
        count = CONTRIBUTIONS[definition.metric_id]
        spans = [(start, end) for kind, start, end, _ in self.periods() if kind == "month"]
        if definition.timing != "flow":
            spans = [(PROGRAMME_START, day) for day in self.days]
        return [
            (contribution.client, end, *(contribution.breakdowns[name][0] for name in names))
            for start, end in spans
            for contribution in count(self, start, end)
        ]

    def payments(self, metric_id: str) -> list[Payment]:
        """The contributions of `budget_spent`."""
        assert metric_id == "budget_spent"
        return [
            Payment(
                person.client,
                day,
                amount,
                {"category": category, **{name: person.attributes[name][0] for name in ("borough", "area")}},
            )
            for person in self.people
            for day, amount, category in person.payments
        ]


def is_month_end(day: date) -> bool:
    """Whether the month ends with the day."""
    return day.day == calendar.monthrange(day.year, day.month)[1]


def month_ends(last: date) -> Iterator[date]:
    """The month ends from the programme's start to the last day."""
    day = PROGRAMME_START
    while (end := date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])) <= last:
        yield end
        day = end + timedelta(days=1)


def _figure(
    table: PlannedTable,
    counts: str,
    period: tuple[str, date, date],
    categories: tuple[tuple[str, str], ...],
    contributions: Sequence[Contribution],
) -> ExactFigure:
    sums: dict[str, float] = defaultdict(float)
    for contribution in contributions:
        sums[contribution.client] += contribution.amount
    amounts = list(sums.values())
    is_money = counts == "lines"
    spenders = [amount for amount in amounts if not is_money or amount > 0]
    out_of = sum(c.out_of or 0 for c in contributions)
    counted = {c.client for c in contributions if c.out_of is None or c.amount}
    largest = sorted((round(amount, 2) for amount in amounts), reverse=True) if is_money else []
    value, numerator, denominator, people = None, None, None, len(spenders)
    if table.measure == "count":
        people = len(counted)
        value = float(people if counts == "people" else sum(c.amount for c in contributions))
    elif table.measure == "share":
        numerator, denominator = (
            round(sum(c.amount for c in contributions if c.out_of is not None), 2),
            out_of,
        )
        value = numerator / denominator if denominator else None
        people = len({c.client for c in contributions if c.out_of})
    elif table.measure == "total_gbp":
        value = round(sum(amounts), 2)
    elif spenders:
        value = mean(spenders) if table.measure == "mean" else median(spenders)
    return ExactFigure(
        table.metric_id,
        table.measure,
        *period,
        categories,
        value,
        numerator,
        denominator,
        people,
        stdev(spenders) if table.measure == "mean" and len(spenders) > 1 else None,
        largest[0] if largest else None,
        largest[1] if len(largest) > 1 else None,
    )


# --- who counts how much, metric by metric: (programme, first day, last day)


def _referrals(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for referral in programme.referrals:
        if start <= referral.received <= end:
            yield Contribution(referral.client, 1, None, referral.breakdowns)


def _status(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    yield from _referrals(programme, PROGRAMME_START, end)


def _accepted(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for referral in programme.referrals:
        if referral.received <= end and referral.status != "not_stated":
            yield Contribution(referral.client, float(referral.status == "accepted"), 1, referral.breakdowns)


def _starts(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        for begin, _, _ in person.episodes:
            if start <= begin <= end:
                yield Contribution(person.client, 1, None, person.attributes)


def _ends(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        for _, stop, destination in person.episodes:
            if stop and start <= stop <= end:
                counted = ("all_ends",) if destination == "died" else ("all_ends", "ends_without_deaths")
                yield Contribution(
                    person.client,
                    1,
                    None,
                    person.attributes | {"ends_counted": counted, "destination": (destination,)},
                )


def _moved_on(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for contribution in _ends(programme, start, end):
        moved_on = float(contribution.breakdowns["destination"] == ("moved_on",))
        yield Contribution(contribution.client, moved_on, 1, contribution.breakdowns)


def _open(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        if person.open_on(end):
            number = sum(day <= end for day in person.readings)
            readings = "3_or_more" if number > 2 else str(number)
            yield Contribution(person.client, 1, None, person.attributes | {"readings": (readings,)})


def _star_change(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        if sum(day <= end for day in person.readings) < 2:
            continue
        for area, change in person.change.items():
            direction = "up" if change > 0 else "down" if change < 0 else "same"
            own = {"star_area": (area,), "direction": (direction,), "area": person.attributes["area"]}
            yield Contribution(f"{person.client}", change, None, own)


def _cohort(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        begin, stop, destination = person.episodes[0]
        if begin <= end:
            cohort = f"{begin.year}-H{1 if begin.month < 7 else 2}"
            status = destination if stop and stop <= end else "open"
            own = {"start_cohort": (cohort,), "cohort_status": (status,), "area": person.attributes["area"]}
            yield Contribution(person.client, 1, None, own)


def _spent(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        for day, amount, category in person.payments:
            if start <= day <= end:
                yield Contribution(person.client, amount, None, person.attributes | {"category": (category,)})


def _spenders(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        spent = sum(amount for day, amount, _ in person.payments if start <= day <= end)
        if spent or person.open_within(start, end):
            open_then = 1.0 if person.open_within(start, end) else None
            yield Contribution(person.client, float(spent > 0), open_then, person.attributes)


def _allowance(programme: Programme, start: date, end: date) -> Iterator[Contribution]:
    for person in programme.people:
        spent = sum(amount for day, amount, _ in person.payments if start <= day <= end)
        if spent or person.open_within(start, end):
            yield Contribution(person.client, spent, 1000.0, person.attributes)


CONTRIBUTIONS: dict[str, Callable[[Programme, date, date], Iterable[Contribution]]] = {
    "referrals_received": _referrals,
    "referral_status": _status,
    "acceptance_rate": _accepted,
    "starts": _starts,
    "ends": _ends,
    "open_caseload": _open,
    "needs_at_start": _starts,
    "star_coverage": _open,
    "star_change": _star_change,
    "cohort_status": _cohort,
    "moved_on": _moved_on,
    "budget_spent": _spent,
    "budget_people": _spenders,
    "budget_allowance_used": _allowance,
}

ISSUES = (
    ("referrals", "date in the future", "reject", "The date lies after the extract", 12),
    ("caseload", "not in referrals", "warn", "The client is in no referral", 3),
    ("personal_budget", "over the allowance", "warn", "More than the allowance of the year", 0),
)

# What the partnership wrote, invented: mart, columns, rows. One entry of each kind is of a later day.
_SPRING, _LATER = date(2015, 1, 22), date(2030, 1, 1)
WRITTEN = (
    (
        "fct_system_changes",
        "change_id varchar, raised_date date, level varchar, sector varchar, theme varchar,"
        " practice_a varchar, practice_b varchar, practice_c varchar, dialogue_date date,"
        " agreed_date date, adopted_date date, reviewed_date date, still_in_place varchar",
        (
            (
                "C1",
                _SPRING,
                "practice",
                "outreach",
                "bedding",
                "Bags are handed out",
                "Bags are thrown away",
                "Bags are kept for a day",
                _SPRING,
                _SPRING,
                None,
                None,
                None,
            ),
            ("C2", _LATER, "flex", "housing", None, "Later", None, None, None, None, None, None, None),
        ),
    ),
    (
        "fct_spg_items",
        "item_id varchar, raised_date date, raised_by varchar, title varchar, owner_organisation varchar,"
        " decision varchar, decided_date date, actioned_date date, change_id varchar, metric_id varchar",
        (
            (
                "I1",
                _SPRING,
                "peer_board",
                "Bedding",
                "Outreach",
                "Bags are kept",
                _SPRING,
                None,
                "C1",
                "starts",
            ),
            ("I2", _LATER, "spg", "Later", None, None, None, None, None, None),
        ),
    ),
    (
        "fct_hypotheses",
        "hypothesis_id varchar, cycle integer, statement varchar, context varchar, mechanism varchar,"
        " outcome varchar, status varchar",
        (
            ("H1", 1, "Staying with people keeps them", "Many moves", "One lead", "They stay", "mixed"),
            ("H1", 2, "Staying with people keeps them", "Many moves", "One lead", None, "untested"),
        ),
    ),
    (
        "fct_evidence",
        "evidence_id varchar, hypothesis_id varchar, cycle integer, gathered_date date, source_type varchar,"
        " participants integer, direction varchar, summary varchar",
        (
            ("V1", "H1", 1, _SPRING, "client", 3, "supports", "All three knew their lead"),
            ("V2", "H1", 1, _LATER, "peer", None, "mixed", "Later"),
        ),
    ),
    (
        "fct_triangulation_gaps",
        "hypothesis_id varchar, cycle integer, source_type varchar",
        (("H1", 1, "peer"), ("H1", 2, "client"), ("H1", 2, "peer")),
    ),
)


def is_public(metric_id: str, period_type: str, table: str) -> bool:
    """Two metrics are for anyone, one-way and without months and quarters."""
    is_yearly = period_type in ("year", "programme", "as_at")
    return metric_id in ("starts", "open_caseload") and is_yearly and "*" not in table


# --- the file


def settings_for(folder: Path) -> Settings:
    """Settings with all folders below `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(folder, folder / "publications", "fulfilling_lives", b"", KEY, "0 6 * * *")


# What management is asked to mend, by pseudonym.
LISTED = [
    (
        "star", "c0ffee0123456789", "outcome_stars", "EP-1", None, "", "star_not_done",
        "Star that is due", "Make the Star.", date(2014, 9, 1), False,
    )
]  # fmt: skip


def write_warehouse(
    path: Path,
    programme: Programme,
    *,
    plan: Iterable[PlannedTable] | None = None,
    issues: Iterable[tuple] = ISSUES,
    files: Iterable[str] = ("caseload_2015-03-31.csv",),
) -> None:
    """The warehouse that publication reads, with the invented programme in it."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as warehouse:
        for schema in ("landing", "reference", "staging", "marts", "metrics"):
            warehouse.execute(f"create schema {schema}")

        def table(name: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
            warehouse.execute(f"create table {name} ({columns})")
            rows = list(rows)
            if rows:
                aside = path.with_suffix(".parquet")
                arrays = [pa.array(values) for values in zip(*rows, strict=True)]
                pq.write_table(pa.table(arrays, names=[str(number) for number in range(len(arrays))]), aside)
                warehouse.execute(f"insert into {name} select * from read_parquet('{aside}')")
                aside.unlink()

        table(
            "landing.control",
            "as_at date, known_by timestamp",
            [(programme.as_at, datetime.combine(programme.as_at, datetime.min.time()) + timedelta(days=1))],
        )
        table(
            "metrics.metric_definitions",
            "metric_id varchar, label varchar, timing varchar, counts varchar, population varchar, measures"
            " varchar, breakdowns varchar, overlapping varchar, exports varchar",
            [
                (
                    d.metric_id,
                    d.metric_id,
                    d.timing,
                    d.counts,
                    d.population,
                    *map("|".join, lists),
                    "caseload",
                )
                for d in programme.definitions().values()
                for lists in [(d.measures, d.breakdowns, d.overlapping)]
            ],
        )
        table(
            "reference.publication_plan",
            "metric_id varchar, measure varchar, period_type varchar, dimension_1 varchar, dimension_2"
            " varchar, audience varchar, exact boolean, approved_by varchar",
            [
                (
                    t.metric_id,
                    t.measure,
                    t.period_type,
                    t.dimension_1,
                    t.dimension_2,
                    t.audience,
                    t.exact,
                    t.approved_by,
                )
                for t in (programme.plan() if plan is None else plan)
            ],
        )
        table(
            "metrics.metric_categories",
            "dimension varchar, category varchar, label varchar, sort_order integer, available_from date",
            [
                (d, c, c, number, None)
                for d in (*CATEGORIES, "area")
                for number, c in enumerate(programme.categories(d))
            ],
        )
        # Looked up, as shared code does; no metric has it.
        table("marts.dim_clients", "client_key varchar, area varchar", list(programme.area_of.items()))
        table("reference.wording", "term varchar, label varchar", [("client", "client")])
        settings = [(name, value, "") for name, value in SETTINGS.items()]
        table("reference.programme_settings", "setting varchar, value varchar, note varchar", settings)
        table(
            "marts.dim_periods",
            "period_type varchar, period_start date, period_end date, is_complete boolean",
            programme.periods(),
        )
        table(
            "marts.fct_source_status",
            "export varchar, label varchar, files_loaded integer, last_extract_date date,"
            " last_received_at timestamp, rows_loaded bigint, rows_duplicate bigint, rows_rejected bigint,"
            " rows_skipped bigint, ever_received boolean",
            [
                (
                    "referrals",
                    "Referrals",
                    3,
                    programme.as_at,
                    datetime.fromisoformat("2018-04-03T09:00"),
                    300,
                    0,
                    12,
                    1,
                    True,
                )
            ],
        )
        table("staging.stg_exports", "export varchar, extract varchar", [("caseload", "full")])
        table(
            "marts.fct_loads",
            "load_id varchar, export varchar, file_name varchar, extract_date date, is_current boolean,"
            " load_number integer",
            [(f"load-of-{name}", "caseload", name, programme.as_at, True, 1) for name in files],
        )
        table(
            "marts.fct_data_quality_issues",
            "export varchar, rule varchar, severity varchar, wording varchar, rows integer,"
            " rows_accepted integer",
            [(*issue, 0) for issue in issues],
        )
        table(
            "metrics.fct_data_quality_lists",
            "kind varchar, client_key varchar, export varchar, record varchar, source_file varchar,"
            " column_name varchar, rule varchar, wording varchar, guidance varchar, day date,"
            " is_accepted boolean",
            LISTED,
        )
        for name, columns, rows in WRITTEN:
            table(f"marts.{name}", columns, rows)
        table(
            "metrics.metric_budget_spent",
            "client_key varchar, counted_on date, amount double, category varchar, borough varchar",
            [
                (p.client_key, p.counted_on, p.amount, p.categories["category"], p.categories["borough"])
                for p in programme.payments("budget_spent")
            ],
        )
        for metric_id, definition in programme.definitions().items():
            if metric_id != "budget_spent":
                names = [n for n in definition.breakdowns if n not in definition.overlapping and n != "area"]
                table(
                    f"metrics.metric_{metric_id}",
                    ", ".join(
                        ["client_key varchar", "counted_on date", *(f"{name} varchar" for name in names)]
                    ),
                    programme.members(definition, names),
                )
        table(
            "metrics.fct_metric_values",
            "metric_id varchar, measure varchar, period_type varchar, period_start date, period_end date,"
            " is_complete boolean, dimension_1 varchar, category_1 varchar, dimension_2 varchar, category_2"
            " varchar, value double, lower double, upper double, numerator double, denominator double,"
            " people bigint, standard_deviation double, largest double, second_largest double, note varchar",
            [
                (
                    *(f.metric_id, f.measure, f.period_type, f.period_start, f.period_end, True),
                    *(part for pair in (*f.categories, ("", ""), ("", ""))[:2] for part in pair),
                    *(f.value, f.lower, f.upper, f.numerator, f.denominator, f.people),
                    *(f.standard_deviation, f.largest, f.second_largest, f.note),
                )
                for f in programme.figures()
            ],
        )
