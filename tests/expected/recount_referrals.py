"""The independent count of referrals and waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from tests.expected.durations import HALF, Wait, add_months, curves, working_day
from tests.expected.recount import NEEDS, Count, Known, Row, periods, status_on
from tests.expected.support import Contacts, Spell, end_or_open, episodes_after, spells_of

WITHIN_DAYS = (7, 14, 28, 56, 84)
FEEDBACK_WORKING_DAYS = 10
OTHER_ENDS = ("not_eligible", "declined_by_client", "withdrawn", "signposted", "not_stated")
# Where somebody waits (the borough), and how long for what.
Waiting = tuple[str, Wait]


def count_referrals_and_waits(count: Count, known: Known, practice: dict[str, list[Row]]) -> None:
    """Every metric of this module."""
    count_needs_at_referral(count, known)
    count_feedback(count, known)
    count_no_word(count, known)
    count_waits(count, known, practice["contacts"])
    count_re_referrals(count, known, spells_of(known))


def received_by(known: Known, day: date) -> list[Row]:
    return [row for row in known.rows["referrals"] if row["received_date"] <= day]


def domain_count(referral: Row) -> str:
    """How many needs a referral names; not known if it leaves any domain open."""
    answers = [referral[need] for need in NEEDS]
    return "not_known" if "unknown" in answers else str(answers.count("yes"))


def count_needs_at_referral(count: Count, known: Known) -> None:
    """needs_at_referral: duplicates are referrals too."""
    for period_type, first, last in periods(count.as_at):
        if period_type not in ("year", "programme"):
            continue
        rows = [row for row in known.rows["referrals"] if first <= row["received_date"] <= last]
        for number, referrals in Counter(domain_count(row) for row in rows).items():
            count.put("needs_at_referral", "count", period_type, last, referrals, domain_count=number)
        if period_type == "programme":
            answers = Counter((need, str(row[need])) for row in rows for need in NEEDS)
            for (need, answer), referrals in answers.items():
                cell = {"need_domain": need, "answer": answer}
                count.put("needs_at_referral", "count", period_type, last, referrals, **cell)


def count_feedback(count: Count, known: Known) -> None:
    """referral_feedback: word to the referrer by the tenth working day after receipt."""
    in_time: dict[str, list[bool]] = defaultdict(list)
    for row in received_by(known, count.as_at):
        tenth = working_day(row["received_date"], FEEDBACK_WORKING_DAYS)
        if tenth > count.as_at:
            continue
        # On the weekend after the tenth working day still no more than ten working days have passed.
        too_late = working_day(row["received_date"], FEEDBACK_WORKING_DAYS + 1)
        feedback = row.get("feedback_date")
        in_time[str(row["referrer_sector"])].append(
            feedback is not None and feedback <= count.as_at and feedback < too_late
        )
    for sector, own in in_time.items():
        count.share("referral_feedback", "programme", count.as_at, sum(own), len(own), referrer_sector=sector)
    everybody = [is_in_time for own in in_time.values() for is_in_time in own]
    count.share("referral_feedback", "programme", count.as_at, sum(everybody), len(everybody))


def count_no_word(count: Count, known: Known) -> None:
    """referrals_no_word: neither decision nor feedback for more than 28 days."""
    bands: Counter[str] = Counter()
    for row in received_by(known, count.as_at):
        feedback = row.get("feedback_date")
        days = (count.as_at - row["received_date"]).days
        if days <= 28 or status_on(row, count.as_at) != "awaiting" or (feedback and feedback <= count.as_at):
            continue
        bands["over_84" if days > 84 else "over_56" if days > 56 else "over_28"] += 1
    for band, number in bands.items():
        count.put("referrals_no_word", "count", "as_at", count.as_at, number, days_without_word=band)
    count.put("referrals_no_word", "count", "as_at", count.as_at, bands.total())


def days_between(first: date, later: date) -> int:
    """Days from one to the other; what came before is no wait at all."""
    return max(0, (later - first).days)


def by_day(dates: Iterable[date | None], day: date) -> list[date]:
    """The dates that have come by a day."""
    return [found for found in dates if found and found <= day]


def waits_to_decision(known: Known, as_at: date) -> list[Waiting]:
    found = []
    for row in received_by(known, as_at):
        status, decided = status_on(row, as_at), row.get("decision_date")
        if status == "awaiting":
            wait = Wait(days_between(row["received_date"], as_at), "waiting")
        elif status == "duplicate" or not decided:
            continue
        else:
            ended_by_client = status in ("declined_by_client", "withdrawn")
            wait = Wait(
                days_between(row["received_date"], decided), "competing" if ended_by_client else "event"
            )
        found.append((str(row["borough"]), wait))
    return found


def waits_to_allocation(known: Known, as_at: date, episodes: dict[str, list[Row]]) -> list[Waiting]:
    found = []
    for row in received_by(known, as_at):
        decided = row.get("decision_date")
        if status_on(row, as_at) != "accepted" or not decided:
            continue
        every = episodes.get(str(row["referral_id"]), [])
        allocated = by_day((episode.get("allocated_date") for episode in every), as_at)
        own = [episode for episode in every if episode["start_date"] <= as_at]
        if allocated:
            wait = Wait(days_between(decided, min(allocated)), "event")
        elif own and all(end_or_open(episode) <= as_at for episode in own):
            wait = Wait(days_between(decided, max(map(end_or_open, own))), "competing")
        else:
            wait = Wait(days_between(decided, as_at), "waiting")
        found.append((str(row["borough"]), wait))
    return found


def waits_to_first_contact(known: Known, as_at: date, contacts: Contacts) -> list[Waiting]:
    found = []
    for episode in known.rows["caseload"]:
        allocated, end = episode.get("allocated_date"), end_or_open(episode)
        if not allocated or allocated > as_at:
            continue
        recorded = by_day([episode.get("first_contact_date")], as_at)
        seen = recorded or contacts.successful(str(episode["client_id"]), allocated, min(as_at, end))
        if seen:
            wait = Wait(days_between(allocated, seen[0]), "event")
        elif end <= as_at:
            wait = Wait(days_between(allocated, end), "competing")
        else:
            wait = Wait(days_between(allocated, as_at), "waiting")
        found.append((str(episode["borough"]), wait))
    return found


def waits_to_start(known: Known, as_at: date, episodes: dict[str, list[Row]]) -> list[Waiting]:
    found = []
    for row in received_by(known, as_at):
        status = status_on(row, as_at)
        own = episodes.get(str(row["referral_id"]), [])
        started = by_day((episode["start_date"] for episode in own), as_at)
        if status == "duplicate":
            continue
        if started:
            wait = Wait(days_between(row["received_date"], min(started)), "event")
        elif status not in OTHER_ENDS:
            wait = Wait(days_between(row["received_date"], as_at), "waiting")
        elif row.get("decision_date"):
            wait = Wait(days_between(row["received_date"], row["decision_date"]), "competing")
        else:
            continue
        found.append((str(row["borough"]), wait))
    return found


def count_waits(count: Count, known: Known, contacts: list[Row]) -> None:
    """wait_to_decision, wait_to_allocation, wait_to_first_contact, wait_to_start."""
    episodes = episodes_after(known)
    waits = {
        "wait_to_decision": waits_to_decision(known, count.as_at),
        "wait_to_allocation": waits_to_allocation(known, count.as_at, episodes),
        "wait_to_first_contact": waits_to_first_contact(known, count.as_at, Contacts(contacts, count.as_at)),
        "wait_to_start": waits_to_start(known, count.as_at, episodes),
    }
    for metric, found in waits.items():
        for borough in ("", *sorted({borough for borough, _ in found})):
            cell = {"borough": borough} if borough else {}
            both = curves(wait for own, wait in found if not borough or own == borough)
            if both is None:
                continue
            incidence, _ = both
            for days in WITHIN_DAYS:
                share = incidence.at(days)
                if share is not None:
                    count.put(
                        metric, "share", "as_at", count.as_at, float(share), within_days=str(days), **cell
                    )
            median = incidence.first_day(HALF, 1)
            if median is not None:
                count.put(metric, "median", "as_at", count.as_at, median, **cell)


def count_re_referrals(count: Count, known: Known, spells: list[Spell]) -> None:
    """re_referral_12m: people who left a year ago or longer; those referred again within 365 days."""
    left, again = set(), set()
    received: dict[str, list[date]] = defaultdict(list)
    for row in received_by(known, count.as_at):
        received[str(row["client_id"])].append(row["received_date"])
    for spell in spells:
        if spell.end is None or spell.ended_as == "died" or add_months(spell.end, 12) > count.as_at:
            continue
        left.add(spell.client)
        if any(spell.end < day <= spell.end + timedelta(days=365) for day in received[spell.client]):
            again.add(spell.client)
    count.share("re_referral_12m", "programme", count.as_at, len(again), len(left))
