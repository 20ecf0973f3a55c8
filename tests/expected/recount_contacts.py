"""The independent count of caseload, workers and contacts."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest

from tests.expected.durations import DAYS_A_MONTH, add_months
from tests.expected.recount import Count, Known, Row, periods
from tests.expected.support import Contacts, Spell, Teams, spells_of

GAP = timedelta(days=60)
DAYS_SINCE = ((7, "0_to_7"), (14, "8_to_14"), (28, "15_to_28"), (60, "29_to_60"), (90, "61_to_90"))


def count_support(count: Count, known: Known, practice: dict[str, list[Row]]) -> None:
    """Every metric of this module."""
    spells = spells_of(known)
    teams = Teams(known, practice["assignments"])
    contacts = Contacts(practice["contacts"], count.as_at)
    count_teams(count, spells, teams, practice["workers"])
    count_lead_continuity(count, spells, teams)
    count_person_months(count, spells)
    count_contacts(count, spells, practice["contacts"])
    count_attempts_before_success(count, contacts)
    count_contact_gap(count, spells, contacts)
    count_re_engaged(count, spells, contacts)


def longer_periods(as_at: date) -> list[tuple[str, date, date]]:
    """Quarters, years and the programme."""
    return [period for period in periods(as_at) if period[0] != "month"]


def count_teams(count: Count, spells: list[Spell], teams: Teams, workers: list[Row]) -> None:
    """caseload_per_fte, allocation_completeness, secondment_cliff: who leads whom at the end of a day."""
    day = count.as_at
    secondments = {str(row["worker_id"]): row["secondment_end_date"] for row in workers}
    is_open = {spell.client for spell in spells if spell.open_on(day)}
    leads = {client: teams.on(client, "lead", day) for client in is_open}
    posts = [
        row["fte"]
        for row in workers
        if row["role"] == "link_worker"
        and row["fte"] is not None
        and row["start_date"] <= day
        and (row["end_date"] is None or row["end_date"] > day)
    ]
    # Who has no place below the line leads nobody above it.
    without_fte = {str(row["worker_id"]) for row in workers if row["fte"] is None}
    led = sum(bool(own - without_fte) for own in leads.values())
    if sum(posts):
        count.put("caseload_per_fte", "mean", "as_at", day, led / float(sum(posts, Decimal(0))))

    allocations: Counter[str] = Counter()
    for client, own in leads.items():
        others = [role for role in ("second", "third") if teams.on(client, role, day)]
        if not own:
            allocations["none"] += 1
        elif "third" in others:
            allocations["third_too"] += 1
        else:
            allocations["lead_and_second" if others else "lead_only"] += 1
    for allocation, number in allocations.items():
        count.put("allocation_completeness", "count", "as_at", day, number, allocation=allocation)

    ending = {worker for worker, end in secondments.items() if end and day < end <= day + timedelta(days=90)}
    count.put("secondment_cliff", "count", "as_at", day, sum(bool(own & ending) for own in leads.values()))


def count_lead_continuity(count: Count, spells: list[Spell], teams: Teams) -> None:
    """lead_continuity: people open for a year or more whose leads then and now are known."""
    same = []
    for spell in spells:
        anniversary = add_months(spell.start, 12)
        if not spell.open_on(count.as_at) or anniversary > count.as_at:
            continue
        first = teams.first_lead(spell.client, spell.start, anniversary)
        leads = teams.on(spell.client, "lead", anniversary)
        if first and leads:
            same.append(first in leads)
    count.share("lead_continuity", "as_at", count.as_at, sum(same), len(same))


def months_open(spells: list[Spell], first: date, last: date) -> float:
    """Days open within a period, of everybody, as months."""
    return float(sum(spell.open_days(first, last) for spell in spells) / DAYS_A_MONTH)


def count_person_months(count: Count, spells: list[Spell]) -> None:
    """person_months."""
    for period_type, first, last in longer_periods(count.as_at):
        count.put("person_months", "total", period_type, last, months_open(spells, first, last))


def count_contacts(count: Count, spells: list[Spell], contacts: list[Row]) -> None:
    """contacts, contact_attempts: of everybody, and for each month of people open."""
    for metric, result in (("contacts", "successful"), ("contact_attempts", "attempted")):
        rows = [(row["contact_date"], row["setting"]) for row in contacts if row["result"] == result]
        for period_type, first, last in longer_periods(count.as_at):
            settings = Counter(setting or "not_known" for day, setting in rows if first <= day <= last)
            count.put(metric, "count", period_type, last, settings.total())
            if period_type == "year":
                for setting, number in settings.items():
                    count.put(metric, "count", period_type, last, number, setting=setting)
            months = months_open(spells, first, last)
            if period_type != "programme" and months:
                count.put(metric, "mean", period_type, last, settings.total() / months)


def count_attempts_before_success(count: Count, contacts: Contacts) -> None:
    """attempts_before_success: on the days before someone was first reached; nobody who never was."""
    attempts = []
    for (client, result), days in list(contacts.days.items()):
        if result == "successful":
            attempts.append(contacts.attempts_before(client, days[0]))
    if attempts:
        middle = float(statistics.median(attempts))
        count.put("attempts_before_success", "median", "programme", count.as_at, middle)


def days_since(last_contact: date | None, day: date) -> str:
    """The band of days since someone was reached."""
    if last_contact is None:
        return "never"
    days = (day - last_contact).days
    return next((band for most, band in DAYS_SINCE if days <= most), "over_90")


def count_contact_gap(count: Count, spells: list[Spell], contacts: Contacts) -> None:
    """contact_gap."""
    who: list[tuple[str, dict[str, str]]] = []
    for spell in spells:
        if spell.open_on(count.as_at):
            last_contact = contacts.last_successful(spell.client, count.as_at)
            cell = {"days_since_contact": days_since(last_contact, count.as_at)}
            who += [(spell.client, cell), (spell.client, cell | {"borough": spell.borough})]
    count.people("contact_gap", "as_at", count.as_at, who)


def count_re_engaged(count: Count, spells: list[Spell], contacts: Contacts) -> None:
    """re_engaged_after_gap: gaps of sixty days and more, and those of them that a contact ended."""
    # (person, day the gap reached sixty days, day it closed, whether a contact closed it)
    gaps: list[tuple[str, date, date, bool]] = []
    for spell in spells:
        end = spell.end or date.max
        days = contacts.successful(spell.client, spell.start, end)
        for day, following in zip_longest(days, days[1:]):
            closed = following or end
            # Whether sixty days without a contact have passed by a period's end is for each period to say.
            if closed - day >= GAP:
                gaps.append((spell.client, day + GAP, closed, following is not None))
    for period_type, first, last in longer_periods(count.as_at):
        own = [gap for gap in gaps if gap[1] <= last and gap[2] >= first]
        again = {client for client, _, closed, by_contact in own if by_contact and closed <= last}
        whole = {client for client, *_ in own}
        count.share("re_engaged_after_gap", period_type, last, len(again), len(whole))
