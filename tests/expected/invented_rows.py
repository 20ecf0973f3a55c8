"""Tiny invented records in the shape that the independent count reads them, for counting by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.expected.practice_rules import ITEMS
from tests.expected.recount import AREAS, NEEDS, Count, Known, Row

as_day = date.fromisoformat


def optional_day(text: str) -> date | None:
    return as_day(text) if text else None


def referral(
    referral_id: str,
    received: str,
    decision: str | None = None,
    decided: str = "",
    feedback: str = "",
    client: str = "A",
    borough: str = "camden",
    sector: str = "housing",
    needs: str = "",
    unknown: str = "",
) -> Row:
    """A referral; needs not named are answered no."""
    answers = {need: "yes" if need in needs else "unknown" if need in unknown else "no" for need in NEEDS}
    return answers | {
        "referral_id": referral_id,
        "client_id": client,
        "received_date": as_day(received),
        "decision": decision,
        "decision_date": optional_day(decided),
        "feedback_date": optional_day(feedback),
        "borough": borough,
        "referrer_sector": sector,
    }


def episode(
    episode_id: str,
    start: str,
    end: str = "",
    client: str = "A",
    allocated: str = "",
    first_contact: str = "",
    referral_id: str | None = None,
    borough: str = "camden",
    ended_as: str = "other",
    **cells: str,
) -> Row:
    """An episode; further cells (destination, workers) as they stand in the file."""
    return {
        "episode_id": episode_id,
        "client_id": client,
        "referral_id": referral_id,
        "start_date": as_day(start),
        "end_date": optional_day(end),
        "allocated_date": optional_day(allocated),
        "first_contact_date": optional_day(first_contact),
        "borough": borough,
        "destination": ended_as,
        "as_it_stands": cells,
    }


def contact(day: str, result: str = "successful", client: str = "A", setting: str | None = "home") -> Row:
    return {"client_id": client, "contact_date": as_day(day), "result": result, "setting": setting}


def assignment(worker: str, since: str, until: str = "", role: str = "lead", client: str = "A") -> Row:
    return {
        "client_id": client,
        "worker_id": worker,
        "role": role,
        "from_date": as_day(since),
        "to_date": optional_day(until),
    }


def worker(
    worker_id: str,
    start: str,
    end: str = "",
    fte: str = "",
    role: str = "link_worker",
    secondment_end: str = "",
) -> Row:
    return {
        "worker_id": worker_id,
        "role": role,
        "start_date": as_day(start),
        "end_date": optional_day(end),
        "secondment_end_date": optional_day(secondment_end),
        "fte": Decimal(fte) if fte else None,
    }


def home(quarter: str, kind: str, percent: str, client: str = "A") -> Row:
    return {"client_id": client, "quarter_start": as_day(quarter), "type": kind, "percent": Decimal(percent)}


def use(quarter: str, service: str, events: int | None, client: str = "A") -> Row:
    return {"client_id": client, "quarter_start": as_day(quarter), "service": service, "events": events}


def scores(text: str, names: tuple[str, ...]) -> Row:
    """Scores in the order of their names; - is not scored, and so is what is not there."""
    given = [int(score) if score != "-" else None for score in text.split()]
    return dict.fromkeys(names) | dict(zip(names, given, strict=False))


def reading(
    day: str,
    areas: str,
    client: str = "A",
    status: str = "approved",
    version: str = "homelessness_star",
) -> Row:
    """A star."""
    return scores(areas, AREAS) | {
        "client_id": client,
        "star_version": version,
        "completed_date": as_day(day),
        "status": status,
    }


def assessment(day: str, items: str, client: str = "A") -> Row:
    return scores(items, ITEMS) | {"client_id": client, "assessed_date": as_day(day)}


def line(amount: str, paid: str = "", agreed: str = "", status: str = "paid", client: str = "A") -> Row:
    """A line of a personal budget."""
    return {
        "line_id": f"{client} {paid} {amount}",
        "client_id": client,
        "status": status,
        "agreed_date": optional_day(agreed),
        "paid_date": optional_day(paid),
        "amount": Decimal(amount),
    }


def cost(name: str, since: str, budget: str, actual: str = "", forecast: str = "") -> Row:
    """A line of the programme's budget."""
    return {
        "line": name,
        "period_start": as_day(since),
        "budget": Decimal(budget),
        "actual": Decimal(actual) if actual else None,
        "forecast": Decimal(forecast) if forecast else None,
    }


def known(*rows: Row) -> Known:
    """Records of the heart, told apart by what they hold."""
    held = {
        "referrals": "received_date",
        "caseload": "episode_id",
        "outcome_stars": "completed_date",
        "personal_budget": "line_id",
    }
    return Known({export: [row for row in rows if column in row] for export, column in held.items()})


def figures(
    count: Count, metric: str, measure: str, period_type: str, end: date | None = None
) -> dict[tuple[str, ...], float]:
    """The figures of one table by their categories (in the order of the names of the breakdowns)."""
    return {
        tuple(category for _, category in cell): value
        for (name, own, period, last, cell), value in count.figures.items()
        if (name, own, period, last) == (metric, measure, period_type, end or count.as_at)
    }
