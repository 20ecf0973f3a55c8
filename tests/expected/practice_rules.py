"""The rules of the thirteen exports beside the heart, written down once more in plain Python.

Belongs here: which cell of them means what, and every reason against a row. Does not belong here: anything of
the product, and any figure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.expected.cells import Refused, as_day, as_money, as_reference, squeezed, table

Row = dict[str, Any]
PROGRAMME_START = date(2014, 6, 1)
ITEMS = tuple(f"item_{number}" for number in range(1, 11))

SECTORS = table(
    "housing; health; mental_health: CMHT; substance_misuse: drug and alcohol; criminal_justice: CJS;"
    "social_care: adult social care; voluntary: third sector; outreach; self_referral; other; not_known"
)
YES_NO = table("yes: y; no: n; unknown: n/k")
HOMES = table(
    "rough_sleeping: NFA; hostel; supported_housing; temporary_accommodation: B&B; private_rented: PRS;"
    "social_tenancy: council tenancy, housing association; family_or_friends: sofa surfing;"
    "prison: custody; hospital"
)
SETTINGS = table(
    "street: outreach; cafe: café; day_centre; health_premises: GP surgery, clinic; home: home visit;"
    "family_home;"
    "hostel; court; prison; hospital; office: FLIC office; telephone: phone, tel; online: video call; other"
)
ROLES = table(
    "link_worker; peer_mentor: peer volunteer; peer_mentor_coordinator: volunteer coordinator;"
    "accommodation_worker: PRS worker; manager: project manager, deputy project manager;"
    "psychologist: team psychologist; data_and_research: data and research lead; other"
)
SERVICES = table(
    "ae_attendance: A&E, ED attendance; outpatient_attendance: OPD; inpatient_day: hospital bed day;"
    "ambulance_callout: 999 ambulance; gp_contact: GP; community_mental_health_contact: CMHT;"
    "mental_health_inpatient_day; counselling_session; drug_and_alcohol_contact: drug & alcohol service;"
    "detox_day;"
    "residential_rehab_day; arrest: arrested; police_caution; conviction;"
    "magistrates_court_appearance: magistrates' court; crown_court_appearance;"
    "police_custody_night: night in custody;"
    "prison_night: night in prison; eviction; homelessness_application"
)
PURPOSES = table(
    "refreshments: coffee, lunch, tea & coffee; travel: bus fare, oyster; phone: top-up; clothing: clothes;"
    "toiletries: toiletries pack; stationery; activity: outing; other"
)
LEVELS = table(
    "flex: individual flex; practice: practice change; service: service level; system: system wide"
)
RAISERS = table("frontline: link worker, frontline staff; peer_board: PDB; research: KCL; spg: partnership")
STATES = table("untested: not yet tested; supported; mixed: mixed picture; refined: reworded; refuted")
SOURCES = table(
    "client: client interview; peer: peer mentor, PDB; worker: focus group;"
    "stakeholder: external stakeholder;"
    "administrative: records"
)
DIRECTIONS = table("supports: for; challenges: against; mixed: both ways")


@dataclass
class Cell:
    """How one column is read. `kind`: ref, day, whole, pounds, word or text."""

    kind: str
    header: str = ""
    required: bool = False
    low: int | None = None
    high: int | None = None
    even: bool = False
    words: dict[str, str] = field(default_factory=dict)
    keeps_row: bool = False
    """A bad cell is emptied and its row stays (an unlisted word becomes not known)."""


def ref(header: str, required: bool = True) -> Cell:
    return Cell("ref", header, required)


def day(header: str = "", required: bool = False) -> Cell:
    return Cell("day", header, required)


def whole(
    header: str, low: int, high: int, required: bool = False, even: bool = False, keeps: bool = False
) -> Cell:
    return Cell("whole", header, required, low, high, even, keeps_row=keeps)


def pounds(header: str = "", required: bool = False, low: int | None = None, high: int | None = None) -> Cell:
    return Cell("pounds", header, required, low, high)


def word(words: dict[str, str], header: str = "", required: bool = False, keeps: bool = False) -> Cell:
    return Cell("word", header, required, words=words, keeps_row=keeps)


def text(header: str = "", longest: int = 2000, required: bool = False) -> Cell:
    return Cell("text", header, required, high=longest, keeps_row=not required)


CELLS: dict[str, dict[str, Cell]] = {
    "ndta": {
        "client_id": ref("clientref"),
        "assessed_date": day("ndtdate", True),
        **{
            item: whole(
                f"ndt{item.removeprefix('item_')}",
                0,
                8 if item in ("item_4", "item_5") else 4,
                even=item in ("item_4", "item_5"),
                keeps=True,
            )
            for item in ITEMS
        },
        "recorded_total": whole("chaosindex", 0, 48),
    },
    "contacts": {
        "contact_id": ref("activityid"),
        "client_id": ref("clientref"),
        "contact_date": day("activitydate", True),
        "result": word(table("successful: seen, contact made; attempted: no reply, DNA"), "contactoutcome"),
        "setting": word(SETTINGS, "location", keeps=True),
        "initiated_by": word(
            table("worker: link worker, FLIC; client: service user; agency: other agency"), "initiator"
        ),
        "worker_id": ref("staffmember", False),
        "peer_mentor_present": word(YES_NO, "peermentor"),
    },
    "workers": {
        "worker_id": ref("employeeid"),
        "role": word(ROLES, "jobtitle", True),
        "specialism": text("specialistarea", 60),
        "employer": text("secondedfrom", 60),
        "start_date": day("inpostfrom", True),
        "end_date": day("dateleft"),
        "secondment_end_date": day("secondeduntil"),
        "fte": pounds("wte", low=0, high=1),
    },
    "assignments": {
        "client_id": ref("uniqueid"),
        "worker_id": ref("workerref"),
        "role": word(table("lead: lead worker, 1; second: secondary, 2; third: 3"), "assignedas", True),
        "from_date": day("assignedfrom", True),
        "to_date": day("until"),
    },
    "service_use": {
        "client_id": ref("suid"),
        "quarter_start": day("quarter", True),
        "service": word(SERVICES, "serviceused", True),
        "events": whole("times", 0, 1000),
    },
    "accommodation": {
        "client_id": ref("suid"),
        "quarter_start": day("quarterbeginning", True),
        "type": word(HOMES, "accommodationtype", True),
        "percent": pounds("percentage", True, 0, 100),
    },
    "programme_budget": {
        "line": Cell("text", "costheading", True, high=60),
        "period_start": day("period", True),
        "budget": pounds("budget", True),
        "actual": pounds("actualspend"),
        "forecast": pounds("forecast"),
    },
    "petty_cash": {
        "line_id": ref("voucherno"),
        "spent_date": day("date", True),
        "amount": pounds("amount", True),
        "purpose": word(PURPOSES, "spenton", keeps=True),
    },
    "system_changes": {
        "change_id": ref("changeno"),
        "raised_date": day("dateraised", True),
        "level": word(LEVELS, "levelofchange"),
        "sector": word(SECTORS, "changesector", keeps=True),
        "theme": text("topic", 60),
        "practice_a": text(),
        "practice_b": text(),
        "practice_c": text(),
        "dialogue_date": day("dateofdialogue"),
        "agreed_date": day("dateagreed"),
        "adopted_date": day("adopted"),
        "reviewed_date": day("datereviewed"),
        "still_in_place": word(YES_NO, "inplace"),
    },
    "spg_items": {
        "item_id": ref("itemno"),
        "raised_date": day("raised", True),
        "raised_by": word(RAISERS, "source"),
        "title": text("subject", required=True),
        "owner_organisation": text("owner", 60),
        "decision": text("spgdecision"),
        "decided_date": day("decided"),
        "actioned_date": day("dateactioned"),
        "change_id": ref("changeref", False),
        "metric_id": text("metric", 60),
    },
    "hypotheses": {
        "hypothesis_id": ref("theoryid"),
        "cycle": whole("reviewcycle", 1, 50, True),
        "context": text(),
        "mechanism": text(),
        "outcome": text(),
        "status": word(STATES, "hypothesisstatus"),
        "statement": text("theory", required=True),
    },
    "evidence": {
        "evidence_id": ref("evidenceno"),
        "hypothesis_id": ref("theoryid"),
        "cycle": whole("cycleno", 1, 50, True),
        "gathered_date": day("dategathered", True),
        "source_type": word(SOURCES, "source"),
        "participants": whole("n", 0, 10000, keeps=True),
        "direction": word(DIRECTIONS, "directionofevidence"),
        "summary": text("findings"),
    },
    "client_links": {
        "client_id": ref("clientref"),
        "same_as": ref("mergedinto"),
        "effective_date": day("mergedate", True),
    },
}
KEYS = {
    "ndta": ("client_id", "assessed_date"),
    "contacts": ("contact_id",),
    "workers": ("worker_id",),
    "assignments": ("client_id", "worker_id", "from_date"),
    "service_use": ("client_id", "quarter_start", "service"),
    "accommodation": ("client_id", "quarter_start", "type"),
    "programme_budget": ("line", "period_start"),
    "petty_cash": ("line_id",),
    "system_changes": ("change_id",),
    "spg_items": ("item_id",),
    "hypotheses": ("hypothesis_id", "cycle"),
    "evidence": ("evidence_id",),
    "client_links": ("client_id", "same_as"),
}
# Their rows need a client of referrals or caseload.
OF_CLIENTS = ("ndta", "contacts", "assignments", "service_use", "accommodation")
# Exports of changes: a newer file adds to the older ones.
DELTAS = ("contacts",)
# (column, the day that it may not precede)
ORDER = {
    "workers": (("end_date", "start_date"), ("secondment_end_date", "start_date")),
    "assignments": (("to_date", "from_date"),),
    "system_changes": tuple(
        (f"{name}_date", "raised_date") for name in ("dialogue", "agreed", "adopted", "reviewed")
    ),
    "spg_items": (("decided_date", "raised_date"), ("actioned_date", "raised_date")),
}
NOT_BEFORE_PROGRAMME = {
    "contacts": "contact_date",
    "assignments": "from_date",
    "petty_cash": "spent_date",
    "system_changes": "raised_date",
    "spg_items": "raised_date",
    "evidence": "gathered_date",
}
MAY_LIE_AHEAD = ("secondment_end_date", "period_start")


def value_of(rule: Cell, cell: object) -> object:
    """What a cell means. Raises Refused with the class of its reason."""
    shown = str(cell).strip()
    if rule.kind == "day":
        return as_day(cell)
    if rule.kind == "ref":
        return as_reference(cell)
    if rule.kind == "text":
        if len(" ".join(shown.split())) > (rule.high or 0):
            raise Refused("too_long")
        return shown or None
    if rule.kind == "word":
        if shown and squeezed(shown) not in rule.words:
            raise Refused("not_allowed")
        return rule.words[squeezed(shown)] if shown else None
    number: Decimal | int | None
    if rule.kind == "whole":
        if shown in ("", "99", "997", "998", "999"):
            return None
        if not re.fullmatch(r"-?\d+", shown):
            raise Refused("invalid_number")
        number = int(shown)
    else:
        number = as_money(cell)
    if number is not None and (
        (rule.low is not None and number < rule.low)
        or (rule.high is not None and number > rule.high)
        or (rule.even and number % 2)
    ):
        raise Refused("out_of_range")
    return number


@dataclass
class Judged:
    """One row: its meanings, every reason against it, and the columns that load empty."""

    line: int
    row: Row
    reasons: set[str]
    emptied: list[str]
    read: Row
    """What could be read at all, values out of range too; for sums of what a file holds."""


def judge(export: str, line: int, cells: Row, extract_day: date) -> Judged:
    """One row on its own."""
    found = Judged(line, {}, set(), [], {})
    for column, rule in CELLS[export].items():
        cell = cells.get(column, "")
        value: object = None
        try:
            value = value_of(rule, cell)
            if rule.required and value is None:
                found.reasons.add("missing_required")
        except Refused as refusal:
            if rule.keeps_row:
                found.emptied.append(column)
                value = "not_known" if rule.kind == "word" else None
            else:
                found.reasons.add(str(refusal))
        found.row[column] = value
        found.read[column] = as_read(rule, cell) if value is None else value
        if isinstance(value, date):
            if value > extract_day and column not in MAY_LIE_AHEAD:
                found.reasons.add("after_extract")
            if NOT_BEFORE_PROGRAMME.get(export) == column and value < PROGRAMME_START:
                found.reasons.add("before_programme")
    row = found.row
    for later, earlier in ORDER.get(export, ()):
        if row[later] and row[earlier] and row[later] < row[earlier]:
            found.reasons.add("date_order")
    if export in ("service_use", "accommodation") and row["quarter_start"]:
        first = row["quarter_start"]
        if (first.month, first.day) not in ((1, 1), (4, 1), (7, 1), (10, 1)):
            found.reasons.add("not_a_quarter_start")
    if export == "ndta" and row["recorded_total"] is not None:
        scores = [row[item] for item in ITEMS]
        if None not in scores and sum(scores) != row["recorded_total"]:
            found.reasons.add("total_differs")
    if export == "client_links" and row["client_id"] and row["client_id"] == row["same_as"]:
        found.reasons.add("linked_to_itself")
    return found


def as_read(rule: Cell, cell: object) -> object:
    """What a cell says although it may not (out of range, too long); None where it says nothing."""
    shown = str(cell).strip()
    if rule.kind == "text":
        return shown or None
    if rule.kind == "whole" and re.fullmatch(r"-?\d+", shown):
        return int(shown)
    try:
        return as_money(cell) if rule.kind == "pounds" else None
    except Refused:
        return None


def judge_file(export: str, rows: list[tuple[int, Row]], extract_day: date) -> list[Judged]:
    """Every row of one file, copies and contradictions found; unknown clients are judged elsewhere."""
    judged = [judge(export, line, cells, extract_day) for line, cells in rows]
    by_key: dict[tuple[object, ...], list[Judged]] = defaultdict(list)
    for found in judged:
        if not found.reasons:
            by_key[tuple(found.row[column] for column in KEYS[export])].append(found)
    for same in by_key.values():
        differ = any(other.row != same[0].row for other in same)
        for other in same if differ else same[1:]:
            other.reasons.add("conflicting_duplicate" if differ else "exact_duplicate")
    if export == "accommodation":
        shares: dict[tuple[object, object], list[Judged]] = defaultdict(list)
        for found in judged:
            known = found.row.get("quarter_start") is not None and found.read["percent"] is not None
            if "exact_duplicate" not in found.reasons and known:
                shares[found.row["client_id"], found.row["quarter_start"]].append(found)
        for rows_of_quarter in shares.values():
            if sum(found.read["percent"] for found in rows_of_quarter) > 100:
                for found in rows_of_quarter:
                    # More than a hundred in one cell is told of that cell.
                    if found.read["percent"] <= 100:
                        found.reasons.add("over_100_percent")
    return judged


def latest(files: list[tuple[date, int, list[Judged]]], export: str) -> list[Row]:
    """The rows that count: of the newest file, or of every file by key where an export sends changes."""
    ordered = sorted(files, key=lambda file: file[:2])
    if export not in DELTAS:
        return [found.row for found in ordered[-1][2] if not found.reasons] if ordered else []
    current: dict[tuple[object, ...], Row] = {}
    for _, _, judged in ordered:
        for found in judged:
            if not found.reasons:
                current[tuple(found.row[column] for column in KEYS[export])] = found.row
    return list(current.values())
