"""The independent count of exits, housing and the use of other services."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.expected.durations import (
    DAYS_A_MONTH,
    HALF,
    Wait,
    add_months,
    curves,
    is_over,
    quarter_of,
)
from tests.expected.paired_change import is_enough
from tests.expected.recount import Count, Known, Row, periods
from tests.expected.support import Spell, spells_of

SUPPORT_MONTHS = {3: 91, 6: 183, 9: 274, 12: 365, 18: 548, 24: 731}
"""The days at which each number of months is looked at: months x 30.4375, half a day upwards."""
HOMES = (
    "rough_sleeping", "hostel", "supported_housing", "temporary_accommodation", "private_rented",
    "social_tenancy", "family_or_friends", "prison", "hospital", "other", "not_known",
)  # fmt: skip
SETTLED = ("private_rented", "social_tenancy")
KINDS = {
    "crisis": "ae_attendance ambulance_callout inpatient_day mental_health_inpatient_day arrest"
    " police_custody_night prison_night eviction homelessness_application",
    "planned": "gp_contact outpatient_attendance community_mental_health_contact counselling_session"
    " drug_and_alcohol_contact detox_day residential_rehab_day",
    "other": "police_caution conviction magistrates_court_appearance crown_court_appearance",
}
KIND_OF = {service: kind for kind, services in KINDS.items() for service in services.split()}
# Unit Cost Database v1.4 as it stands, in pounds of a year whose price level 2014-15 = 100 is given.
PRICES = {"2006-07": "85.2", "2010-11": "93.2", "2011-12": "94.6", "2013-14": "98.1"}
COSTS = {
    "health": {
        "ae_attendance": ("109", "2011-12"),
        "ambulance_callout": ("216", "2013-14"),
        "outpatient_attendance": ("111", "2013-14"),
        "gp_contact": ("38", "2013-14"),
    },
    "mental_health": {
        "mental_health_inpatient_day": ("410", "2011-12"),
        "community_mental_health_contact": ("156", "2011-12"),
    },
    "substance_misuse": {
        "detox_day": ("152", "2013-14"),
        "residential_rehab_day": ("330", "2013-14"),
    },
    "criminal_justice": {
        "arrest": ("593", "2006-07"),
        # A year in prison by its days.
        "prison_night": (str(Decimal(33785) / Decimal("365.25")), "2013-14"),
    },
    # An application that follows an eviction would count the same loss of a home twice.
    "housing": {"eviction": ("6680", "2010-11")},
}
COST_OF = {
    service: (
        group,
        (Decimal(cost) * 100 / Decimal(PRICES[year])).quantize(Decimal("0.01"), ROUND_HALF_UP),
    )
    for group, services in COSTS.items()
    for service, (cost, year) in services.items()
}
# Who mainly bears the cost of each.
PAYERS = {
    "nhs": "ae_attendance ambulance_callout outpatient_attendance gp_contact mental_health_inpatient_day"
    " community_mental_health_contact",
    "public_health": "detox_day residential_rehab_day",
    "police": "arrest",
    "prison_service": "prison_night",
    "landlord_and_local_authority": "eviction",
}
PAYER_COST_OF = {
    service: (payer, COST_OF[service][1])
    for payer, services in PAYERS.items()
    for service in services.split()
}
PersonQuarters = dict[tuple[str, date], dict[str, Decimal]]


def count_outcomes(count: Count, known: Known, practice: dict[str, list[Row]]) -> None:
    """Every metric of this module."""
    spells = spells_of(known)
    homes = quarters_of(practice["accommodation"], "type", "percent")
    services = quarters_of(practice["service_use"], "service", "events")
    count_exits(count, spells)
    count_length_of_support(count, spells)
    count_tenancies(count, homes)
    count_accommodation_mix(count, homes)
    count_service_events(count, services)
    count_service_value(count, services)
    count_service_change(count, spells, services)


def quarters_of(rows: list[Row], name: str, number: str) -> PersonQuarters:
    """For each person and quarter what is known of each type or service; references of one person add up."""
    found: PersonQuarters = {}
    for row in rows:
        own = found.setdefault((str(row["client_id"]), row["quarter_start"]), {})
        if row[number] is not None:
            own[row[name]] = own.get(row[name], Decimal(0)) + row[number]
    return found


def within(quarter: date, first: date, last: date) -> bool:
    """Whether a quarter begins in a period and is over by its end."""
    return first <= quarter and is_over(quarter, last)


# Exits --------------------------------------------------------------------------------------------


def count_exits(count: Count, spells: list[Spell]) -> None:
    """exits."""
    for period_type, first, last in periods(count.as_at):
        if period_type in ("year", "programme"):
            ends = Counter(spell.destination for spell in spells if spell.end and first <= spell.end <= last)
            for destination, number in ends.items():
                count.put("exits", "count", period_type, last, number, destination=destination)


def count_length_of_support(count: Count, spells: list[Spell]) -> None:
    """length_of_support: everybody's first spell, who is open counted up to the as-at day."""
    lengths: dict[str, list[Wait]] = defaultdict(list)
    for spell in spells:
        if spell.number == 1 and spell.start <= count.as_at:
            has_ended = spell.end is not None and spell.end <= count.as_at
            until = spell.end if spell.end and has_ended else count.as_at
            wait = Wait((until - spell.start).days, "event" if has_ended else "waiting")
            lengths[spell.start_cohort].append(wait)
    everybody = [wait for own in lengths.values() for wait in own]
    for cell, waits in [({}, everybody), *(({"start_cohort": name}, own) for name, own in lengths.items())]:
        both = curves(waits)
        if both is None:
            continue
        _, survival = both
        for months, days in SUPPORT_MONTHS.items():
            share = survival.at(days)
            if share is not None:
                count.put(
                    "length_of_support",
                    "survival",
                    "as_at",
                    count.as_at,
                    float(share),
                    support_months=str(months),
                    **cell,
                )
        median = survival.first_day(0, HALF)
        if median is not None:
            count.put(
                "length_of_support", "median", "as_at", count.as_at, float(median / DAYS_A_MONTH), **cell
            )


# Housing ------------------------------------------------------------------------------------------


def is_settled(own: dict[str, Decimal]) -> bool | None:
    """Whether at least half of a quarter was in a tenancy; None where the part not recorded may decide it."""
    recorded = sum((percent for home, percent in own.items() if home != "not_known"), Decimal(0))
    whole = max(recorded, Decimal(100))
    settled = sum((own.get(home, Decimal(0)) for home in SETTLED), Decimal(0))
    at_most = settled + whole - recorded
    if settled * 2 >= whole:
        return True
    return False if at_most * 2 < whole else None


def count_tenancies(count: Count, homes: PersonQuarters) -> None:
    """tenancy_sustained_6m, tenancy_sustained_12m: settled in each quarter from the first to the last."""
    settled: dict[str, dict[date, bool | None]] = defaultdict(dict)
    for (client, quarter), own in homes.items():
        settled[client][quarter] = is_settled(own)
    for metric, months in (("tenancy_sustained_6m", 6), ("tenancy_sustained_12m", 12)):
        states: Counter[str] = Counter()
        for quarters in settled.values():
            unsettled = [quarter for quarter, status in quarters.items() if status is False]
            begun = [
                quarter
                for quarter, status in quarters.items()
                if status and any(earlier < quarter for earlier in unsettled)
            ]
            if not begun:
                continue
            first = min(begun)
            if not is_over(add_months(first, months), count.as_at):
                continue
            statuses = [quarters.get(add_months(first, later)) for later in range(0, months + 1, 3)]
            if False in statuses:
                states["not_held"] += 1
            else:
                states["not_known" if None in statuses else "held"] += 1
        for state, number in states.items():
            count.put(metric, "count", "as_at", count.as_at, number, tenancy=state)
        known = states["held"] + states["not_held"]
        count.share(metric, "as_at", count.as_at, states["held"], known)


def count_accommodation_mix(count: Count, homes: PersonQuarters) -> None:
    """accommodation_mix: what a quarter does not say of its hundred per cent is not known."""
    percent: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    people: Counter[date] = Counter()
    for (_, quarter), own in homes.items():
        total = sum(own.values())
        if total > 0:
            people[quarter] += 1
            for home, share in own.items():
                percent[quarter][home] += share
            percent[quarter]["not_known"] += max(Decimal(0), 100 - total)
    for period_type, first, last in periods(count.as_at):
        if period_type not in ("quarter", "programme"):
            continue
        quarters = [quarter for quarter in people if within(quarter, first, last)]
        number = sum(people[quarter] for quarter in quarters)
        for home in HOMES if number else ():
            mean = float(sum(percent[quarter][home] for quarter in quarters)) / number
            count.put("accommodation_mix", "mean", period_type, last, mean, accommodation_type=home)


# Services -----------------------------------------------------------------------------------------


def put_by_period(
    count: Count,
    metric: str,
    measure: str,
    dimension: str,
    amounts: Iterable[tuple[date, str, Decimal]],
    period_types: tuple[str, ...] = ("quarter", "year"),
) -> None:
    """Means over the person-quarters of each period, or their sum in pounds."""
    by_quarter: dict[date, dict[str, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for quarter, category, amount in amounts:
        by_quarter[quarter][category].append(amount)
    for period_type, first, last in periods(count.as_at):
        if period_type not in period_types:
            continue
        cells: dict[str, list[Decimal]] = defaultdict(list)
        for quarter, own in by_quarter.items():
            if within(quarter, first, last):
                for category, found in own.items():
                    cells[category] += found
        for category, found in cells.items():
            total = float(sum(found))
            value = total if measure == "total_gbp" else total / len(found)
            count.put(metric, measure, period_type, last, value, **{dimension: category})


def summed(
    services: PersonQuarters, of: dict[str, tuple[str, Decimal]], *, whole: bool
) -> list[tuple[date, str, Decimal]]:
    """Person-quarters by group of services, each service times its weight.

    `whole`: those alone in which every service of the group is known. Without it whatever is known.
    """
    members = Counter(group for group, _ in of.values())
    found = []
    for (_, quarter), own in services.items():
        groups: dict[str, list[Decimal]] = defaultdict(list)
        for service, events in own.items():
            if service in of:
                group, weight = of[service]
                groups[group].append(events * weight)
        found += [
            (quarter, group, sum(amounts, Decimal(0)))
            for group, amounts in groups.items()
            if not whole or len(amounts) == members[group]
        ]
    return found


def count_service_events(count: Count, services: PersonQuarters) -> None:
    """service_events: means of known counts; a blank is no zero, and leaves its kind unknown."""
    each = {service: (service, Decimal(1)) for service in KIND_OF}
    kinds = {service: (kind, Decimal(1)) for service, kind in KIND_OF.items()}
    for dimension, of in (("service", each), ("service_kind", kinds)):
        put_by_period(count, "service_events", "mean", dimension, summed(services, of, whole=True))


def count_service_value(count: Count, services: PersonQuarters) -> None:
    """service_value: events at their unit cost in prices of 2014-15."""
    each = {service: (service, cost) for service, (_, cost) in COST_OF.items()}
    metric = "service_value"
    put_by_period(count, metric, "mean", "service", summed(services, each, whole=True))
    for dimension, of in (("service_group", COST_OF), ("payer", PAYER_COST_OF)):
        put_by_period(count, metric, "mean", dimension, summed(services, of, whole=True))
        put_by_period(count, metric, "total_gbp", dimension, summed(services, of, whole=False), ("year",))


def count_service_change(count: Count, spells: list[Spell], services: PersonQuarters) -> None:
    """service_change: the same people's quarter of start against the fourth and eighth quarter after it."""
    changes: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    everybody: Counter[str] = Counter()
    for spell in spells:
        if spell.number > 1:
            continue
        start = quarter_of(spell.start)
        before = services.get((spell.client, start), {})
        for after in (4, 8):
            later = add_months(start, 3 * after)
            if is_over(later, count.as_at):
                everybody[str(after)] += 1
                events = services.get((spell.client, later), {})
                for service in before.keys() & events.keys():
                    changes[service, str(after)].append(events[service] - before[service])
    for (service, after), found in changes.items():
        if not is_enough(len(found), everybody[after]):
            continue
        mean = float(sum(found)) / len(found)
        count.put("service_change", "mean", "as_at", count.as_at, mean, service=service, quarters_after=after)
