"""The form of every file: headers, spellings, title rows, trailers, encodings, workbooks.

Belongs here: how a system or a spreadsheet kept by hand shows a record. Does not belong here: which records
there are and which of them are wrong.
"""

from __future__ import annotations

import codecs
import csv
import io
import random
import zipfile
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from openpyxl import Workbook

from tests.example_programme.columns import AREAS, COLUMNS, HEART, ITEMS, LONG_STARS, NEEDS
from tests.example_programme.story import Row, Value

# One line a file. First word: whose headers and spellings (plain = canonical, spaced,
# letters, council). Unless another word says otherwise: CSV, comma, UTF-8, day-first dates.
FORMS = {
    "referrals": {
        "2014-09-30": "spaced title trailer",
        "2014-12-31": "spaced xlsx title notes",
        "2015-03-31": "letters crlf quoted title",
        "2015-05-31": "spaced title blank-rows notes",
        "2015-06-30": "letters cp1252 title trailer",
        "2015-09-30": "spaced title",
        "2015-12-31": "council semicolon title trailer blank-rows",
        "2016-03-31": "letters crlf quoted title sentinels",
        "2016-06-30": "letters xlsx title trailer",
        "2016-09-30": "plain iso bom reordered worker-name",
        "2016-12-31": "spaced title reordered",
        "2017-03-31": "council tab title trailer",
        "2017-06-30": "plain iso notes",
        "2017-09-30": "spaced xlsx text-dates title extra-sheet",
        "2017-12-31": "letters bom crlf quoted title blank-rows",
        "2018-03-31": "spaced title reordered notes",
    },
    "caseload": {
        "2014-09-30": "spaced title",
        "2014-12-31": "letters crlf quoted title trailer",
        "2015-03-31": "spaced xlsx title trailer",
        "2015-05-31": "letters bom title trailer worker-name",
        "2015-06-30": "spaced title blank-rows",
        "2015-09-30": "council semicolon title sentinels",
        "2015-12-31": "spaced title trailer",
        "2016-03-31": "letters crlf quoted title",
        "2016-06-30": "plain iso reordered notes",
        "2016-09-30": "council cp1252 title reordered",
        "2016-12-31": "letters xlsx title blank-rows",
        "2017-03-31": "spaced title trailer sentinels",
        "2017-06-30": "plain iso bom worker-name",
        "2017-09-30": "council tab title trailer reordered",
        "2017-12-31": "spaced xlsx title extra-sheet",
        "2018-03-31": "letters title sentinels reordered notes",
    },
    "outcome_stars": {
        "2014-09-30": "spaced xlsx title trailer",
        "2014-12-31": "spaced title",
        "2015-03-31": "plain iso notes",
        "2015-05-31": "letters xlsx title notes",
        "2015-06-30": "letters title trailer blank-rows",
        "2015-09-30": "spaced bom title sentinels",
        "2015-12-31": "spaced semicolon title trailer",
        "2016-03-31": "spaced xlsx text-dates title reordered",
        "2016-06-30": "letters cp1252 crlf title",
        "2016-09-30": "plain iso reordered",
        "2016-12-31": "spaced title trailer",
        "2017-03-31": "letters tab title blank-rows sentinels",
        "2017-06-30": "letters xlsx title",
        "2017-09-30": "spaced title notes-with-breaks",
        "2017-12-31": "plain iso bom worker-name",
        "2018-03-31": "letters title reordered",
    },
    "personal_budget": {
        "2014-09-30": "spaced title trailer",
        "2014-12-31": "spaced cp1252 pounds title",
        "2015-03-31": "letters crlf pounds title totals",
        "2015-05-31": "letters cp1252 pounds title trailer",
        "2015-06-30": "spaced xlsx title trailer",
        "2015-09-30": "plain iso notes",
        "2015-12-31": "letters cp1252 pounds semicolon title",
        "2016-03-31": "spaced pounds bom title trailer",
        "2016-06-30": "spaced title blank-rows",
        "2016-09-30": "letters xlsx title reordered",
        "2016-12-31": "plain iso tab",
        "2017-03-31": "letters cp1252 pounds title totals",
        "2017-06-30": "spaced pounds crlf title",
        "2017-09-30": "plain iso bom reordered worker-name",
        "2017-12-31": "letters pounds title trailer blank-rows",
        "2018-03-31": "spaced cp1252 pounds title notes",
    },
    "ndta": {
        "2015-05-31": "spaced title trailer",
        "2016-03-31": "letters xlsx title merged",
        "2017-03-31": "letters semicolon cp1252 title sentinels",
        "2018-03-31": "plain iso bom reordered notes",
    },
    # Changes only: what was entered or changed since the extract before, and its last fortnight once more.
    "contacts": {
        "2014-09-30": "spaced title trailer",
        "2014-12-31": "letters crlf quoted title",
        "2015-03-31": "plain iso",
        "2015-05-31": "letters title trailer worker-name",
        "2015-06-30": "letters xlsx title merged",
        "2015-09-30": "letters cp1252 semicolon title notes",
        "2015-12-31": "spaced tab title",
        "2016-03-31": "letters title named-months",
        "2016-06-30": "plain iso bom reordered",
        "2016-09-30": "letters utf16 tab title trailer",
        "2016-12-31": "letters xlsx title extra-sheet",
        "2017-03-31": "spaced title blank-rows",
        "2017-06-30": "letters crlf quoted title trailer",
        "2017-09-30": "plain iso notes-with-breaks",
        "2017-12-31": "letters cp1252 title",
        "2018-03-31": "letters semicolon title trailer reordered",
    },
    "workers": {
        "2015-05-31": "letters xlsx title merged by-hand notes",
        "2016-07-31": "letters semicolon cp1252 title sentinels",
        "2018-03-31": "plain iso",
    },
    "assignments": {
        "2015-05-31": "spaced title trailer",
        "2016-06-30": "letters xlsx title merged",
        "2018-03-31": "letters tab crlf sentinels",
    },
    "service_use": {
        "2015-05-31": "plain iso",
        "2016-09-30": "letters xlsx title merged by-hand",
        "2018-03-31": "letters semicolon cp1252 title trailer sentinels",
    },
    "accommodation": {
        "2015-05-31": "spaced xlsx text-dates title",
        "2016-09-30": "letters utf16 tab title",
        "2018-03-31": "letters title trailer",
    },
    "programme_budget": {
        "2015-05-31": "letters xlsx title merged year-totals by-hand",
        "2016-06-30": "letters cp1252 pounds title year-totals",
        "2018-03-31": "letters xlsx title merged year-totals notes",
    },
    "petty_cash": {
        "2015-05-31": "letters xlsx title merged by-hand hidden-rows",
        "2016-06-30": "letters cp1252 pounds title totals",
        "2018-03-31": "spaced semicolon pounds bom title trailer",
    },
    "system_changes": {
        "2015-05-31": "spaced xlsx title merged by-hand",
        "2016-06-30": "letters title",
        "2018-03-31": "plain iso quoted",
    },
    "spg_items": {
        "2015-05-31": "letters cp1252 title",
        "2016-06-30": "letters xlsx title merged by-hand",
        "2018-03-31": "spaced semicolon title trailer",
    },
    "hypotheses": {
        "2015-05-31": "plain",
        "2015-08-31": "letters xlsx title merged",
        "2018-03-31": "letters semicolon title",
    },
    "evidence": {
        "2015-08-31": "letters xlsx title merged by-hand",
        "2018-03-31": "letters cp1252 title trailer named-months",
    },
    "client_links": {
        "2016-09-30": "spaced title",
        "2017-03-31": "letters xlsx title merged by-hand",
        "2018-03-31": "letters semicolon title trailer",
    },
}
# A second file of a day: the Star's new system sends the same readings in the long form.
LONG_STARS_FORM = ("2018-03-31", "letters crlf title trailer long")

WORDS = {
    "plain": "canonical headers and codes",
    "spaced": "headers as words",
    "letters": "alternative headers, Y / N / N/K, 'LB Camden'",
    "council": "alternative headers, 'Camden Council'",
    "iso": "ISO dates",
    "xlsx": "workbook",
    "text-dates": "dates as text",
    "bom": "UTF-8 with BOM",
    "cp1252": "Windows-1252",
    "semicolon": "semicolons",
    "tab": "tabs",
    "crlf": "CR LF line ends",
    "quoted": "every cell quoted",
    "title": "title and filter rows",
    "trailer": "'Grand Totals (n records)' and a confidentiality line below",
    "totals": "'Grand Totals (n records)' with the sum of the amounts",
    "blank-rows": "blank rows between and below",
    "reordered": "columns re-ordered",
    "notes": "undeclared column 'Notes'",
    "notes-with-breaks": "undeclared column 'Notes' with line breaks and doubled quotes",
    "worker-name": "undeclared column 'Worker name'",
    "sentinels": "01/01/1900, 31/12/9999 and 999 for missing",
    "pounds": "amounts as '£1,234.50' and '(45.00)'",
    "extra-sheet": "a second sheet 'About' that is no data",
    "utf16": "UTF-16 with its mark, as Excel's 'Unicode text'",
    "named-months": "dates as 3-Apr-2015",
    "merged": "the title runs over merged cells",
    "by-hand": "a line below says who keeps the sheet",
    "hidden-rows": "some rows are hidden by a filter",
    "year-totals": "a line 'Total 2014/15' below each financial year, and no record count",
    "long": "one row an area",
}

HEADERS = {
    "letters": {
        "referral_id": "Referral Ref", "client_id": "Client Ref", "received_date": "Referral Date",
        "referrer_agency": "Referring Agency", "referrer_sector": "Referral Source",
        "borough": "Local Authority",
        "need_supported_housing": "Supported Housing", "need_criminal_justice": "Criminal Justice",
        "need_substance_misuse": "Substance Misuse", "need_mental_health": "Mental Health",
        "need_primary_health_care": "Primary Health Care", "acknowledged_date": "Date acknowledged",
        "decision": "Referral Outcome", "decision_date": "Date of decision",
        "feedback_date": "Feedback to referrer",
        "episode_id": "Case Ref", "start_date": "Date started", "allocated_date": "Date allocated",
        "first_contact_date": "First contact", "end_date": "Date closed", "destination": "Closure reason",
        "lead_worker_id": "Lead worker", "second_worker_id": "Second worker",
        "third_worker_id": "Third worker",
        "birth_year": "Year of birth", "sex": "Gender", "ethnicity": "Ethnic origin",
        "accommodation_at_start": "Accommodation", "consent": "Consent given",
        "consent_date": "Date of consent",
        "eligibility_override_reason": "Override reason", "star_version": "Star",
        "completed_date": "Date of reading",
        "line_id": "Line No", "requested_date": "Date requested", "agreed_date": "Date agreed",
        "paid_date": "Date paid", "amount": "Amount (£)", "category": "Budget heading",
        "outcome_agreed": "Outcome code",
    },
    "council": {
        "client_id": "Unique ID", "received_date": "Referral received", "referrer_sector": "Sector",
        "decision": "Referral decision", "start_date": "Support start date", "end_date": "Support end date",
        "destination": "DEST", "lead_worker_id": "Service Coordinator", "ethnicity": "Ethnic group",
    },
}  # fmt: skip

# The headers of the other exports where they are neither the canonical name nor that name as words.
PRACTICE_HEADERS = {
    "ndta": {"client_id": "Client Ref", "assessed_date": "NDTDATE", "recorded_total": "Chaos Index"}
    | {f"item_{number}": f"NDT {number}" for number in range(1, 11)},
    "contacts": {
        "contact_id": "Activity ID", "client_id": "Client Ref", "contact_date": "Activity Date",
        "result": "Contact Outcome", "setting": "Location", "initiated_by": "Initiator",
        "worker_id": "Staff Member", "peer_mentor_present": "Peer Mentor",
    },
    "workers": {
        "worker_id": "Employee ID", "role": "Job Title", "specialism": "Specialist Area",
        "employer": "Seconded From", "start_date": "In Post From", "end_date": "Date Left",
        "secondment_end_date": "Seconded Until", "fte": "WTE",
    },
    "assignments": {
        "client_id": "Unique ID", "worker_id": "Worker Ref", "role": "Assigned As",
        "from_date": "Assigned From", "to_date": "Until",
    },
    "service_use": {
        "client_id": "SU ID", "quarter_start": "Quarter", "service": "Service Used", "events": "Times",
    },
    "accommodation": {
        "client_id": "SU ID", "quarter_start": "Quarter Beginning", "type": "Accommodation Type",
        "percent": "Percentage",
    },
    "programme_budget": {
        "line": "Cost Heading", "period_start": "Period", "budget": "Budget (£)", "actual": "Actual Spend",
        "forecast": "Forecast (£)",
    },
    "petty_cash": {
        "line_id": "Voucher No", "spent_date": "Date", "amount": "Amount (£)", "purpose": "Spent On",
    },
    "system_changes": {
        "change_id": "Change No", "raised_date": "Date Raised", "level": "Level of Change",
        "sector": "Change Sector", "theme": "Topic", "dialogue_date": "Date of Dialogue",
        "agreed_date": "Date Agreed", "adopted_date": "Adopted", "reviewed_date": "Date Reviewed",
        "still_in_place": "In Place",
    },
    "spg_items": {
        "item_id": "Item No", "raised_date": "Raised", "raised_by": "Source", "title": "Subject",
        "owner_organisation": "Owner", "decision": "SPG Decision", "decided_date": "Decided",
        "actioned_date": "Date Actioned", "change_id": "Change Ref", "metric_id": "Metric",
    },
    "hypotheses": {
        "hypothesis_id": "Theory ID", "cycle": "Review Cycle", "status": "Hypothesis Status",
        "statement": "Theory",
    },
    "evidence": {
        "evidence_id": "Evidence No", "hypothesis_id": "Theory ID", "cycle": "Cycle No",
        "gathered_date": "Date Gathered", "source_type": "Source", "participants": "N",
        "direction": "Direction of Evidence", "summary": "Findings",
    },
    "client_links": {
        "client_id": "Client Ref", "same_as": "Merged Into", "effective_date": "Merge Date",
    },
    "outcome_stars": {"area": "Outcome Area", "score": "Area Score"},
}  # fmt: skip

# canonical value -> spelling, by form; a list is cycled through row by row.
SPELLINGS: dict[str, dict[str, dict[str, str | list[str]]]] = {
    "spaced": {
        "yes_no": {"yes": "Yes", "no": "No", "unknown": "Unknown"},
        "borough": {"islington": "Islington", "camden": ["Camden", "CAMDEN", "Camden "]},
        "destination": {"disengaged": "Disengaged with project", "prison": "In prison",
                        "moved_out_of_area": "Moved out of area", "other_support": "Other support"},
        "sex": {"female": "Female", "male": "Male", "other": "Non-binary", "not_known": "Not known"},
        "ethnicity": {"white_british": "White British", "white_irish": "White: Irish",
        "white_other": "White Other",
                      "african": "Black African", "caribbean": "Black Caribbean",
                      "black_other": "Black - Other",
                      "bangladeshi": "Asian - Bangladeshi", "indian": "Asian - Indian",
                      "white_and_black_caribbean": "Mixed: White and Black Caribbean",
                      "mixed_other": "Mixed - Other",
                      "other": "Other ethnic group", "not_known": "Not stated"},
        "category": {"rent_and_deposit": "Rent deposit", "furniture_and_household": "Household goods",
                     "identity_documents": "ID", "leisure": "Activities",
                     "education_and_training": "Training"},
        "completed_by": {"together": "Together", "worker": "Worker", "client": "Client"},
        "star_version": {"homelessness_star": "Homelessness Star", "recovery_star": "Recovery Star"},
    },
    "letters": {
        "yes_no": {"yes": "Y", "no": "N", "unknown": "N/K"},
        "borough": {"islington": "LB Islington", "camden": "LB Camden"},
        "decision": {"accepted": "Accept", "not_eligible": "Ineligible",
        "declined_by_client": "Client declined",
                     "withdrawn": "Referral withdrawn", "signposted": "Signposted elsewhere",
                     "duplicate": "Duplicate referral", "not_stated": "N/K", "pending": "Awaiting decision"},
        "destination": {"no_longer_requires_support": "2", "disengaged": "3", "died": "Deceased",
        "prison": "Custody",
                        "moved_out_of_area": "Moved away", "other_support": "Transferred to other support"},
        "sex": {"female": "F", "male": "M", "other": "Other", "not_known": "N/K"},
        "ethnicity": {"white_british": "White - British", "white_irish": "White - Irish",
                      "white_other": "White: Any other White background",
                      "african": "Black or Black British - African",
                      "caribbean": "Black or Black British - Caribbean",
                      "black_other": "Any other Black background",
                      "bangladeshi": "Asian or Asian British - Bangladeshi",
                      "indian": "Asian or Asian British - Indian",
                      "white_and_black_caribbean": "Mixed - White and Black Caribbean",
                      "mixed_other": "Any other mixed background", "other": "Any other ethnic group",
                      "not_known": "N/K"},
        "referrer_sector": {"housing": ["Homelessness", "Hostel", "Housing"], "mental_health": "CMHT",
                            "health": ["GP", "Hospital"], "criminal_justice": ["Probation", "Police"],
                            "social_care": "Adult social care", "substance_misuse": "Drug and Alcohol",
                            "outreach": "Street Outreach", "voluntary": "Third sector"},
        "accommodation_at_start": {"family_or_friends": "Sofa surfing", "rough_sleeping": "NFA",
                                   "social_tenancy": "Own tenancy"},
        "category": {"rent_and_deposit": "Deposit", "furniture_and_household": "Furniture & household",
                     "clothing": "Clothes", "phone": "Phone credit", "travel": "Travel card", "food": "Lunch",
                     "identity_documents": ["Birth certificate", "Passport"], "health_and_wellbeing": "Gym",
                     "leisure": "Hobbies", "education_and_training": "Course"},
        "star_version": {"homelessness_star": "HOS", "recovery_star": "Recovery", "home_star": "Home"},
        "completed_by": {"together": "Worker and client", "worker": "Worker", "client": "Client"},
        "status": {"approved": "Worker-approved", "draft": "In draft"},
    },
    "council": {
        "yes_no": {"yes": ["yes", "YES"], "no": ["no", "NO"], "unknown": "Not known"},
        "borough": {"islington": ["Islington Council", "London Borough of Islington"],
                    "camden": ["Camden Council", "London Borough of Camden"]},
        "decision": {"not_stated": "Not recorded"},
        "destination": {"no_longer_requires_support": "Moved on", "disengaged": "Lost contact"},
        "sex": {"female": "FEMALE", "male": "MALE", "other": "OTHER", "not_known": "Unknown"},
        "ethnicity": {"white_british": "White: British", "white_irish": "Irish", "white_other": "Other White",
                      "african": "Black African", "caribbean": "Black Caribbean",
                      "black_other": "Black - Other",
                      "not_known": "Refused"},
    },
}  # fmt: skip
# The same for the other exports, where their form is `letters`; every other value is shown as words.
PRACTICE_SPELLINGS: dict[str, dict[str, dict[str, str | list[str]]]] = {
    "contacts": {
        "result": {"successful": ["Seen", "Contact made"], "attempted": ["No reply", "DNA"]},
        "setting": {
            "street": ["Street", "Outreach"], "cafe": "Café", "health_premises": ["GP surgery", "Clinic"],
            "telephone": ["Phone", "Tel"], "home": "Home visit", "office": "FLIC office",
            "online": "Video call",
        },
        "initiated_by": {"worker": ["Link worker", "FLIC"], "client": "Service user",
                         "agency": "Other agency"},
    },
    "workers": {
        "role": {
            "manager": ["Project Manager", "Deputy Project Manager"], "accommodation_worker": "PRS worker",
            "data_and_research": "Data and Research Lead", "peer_mentor": "Peer volunteer",
            "peer_mentor_coordinator": "Volunteer Coordinator", "psychologist": "Team Psychologist",
        },
    },
    "assignments": {"role": {"lead": ["Lead worker", "1"], "second": ["Secondary", "2"], "third": "3"}},
    "service_use": {
        "service": {
            "ae_attendance": ["A&E", "ED attendance"], "inpatient_day": "Hospital bed day",
            "ambulance_callout": "999 ambulance", "gp_contact": "GP", "arrest": "Arrested",
            "police_custody_night": "Night in custody", "prison_night": "Night in prison",
            "drug_and_alcohol_contact": "Drug & alcohol service", "outpatient_attendance": "OPD",
            "magistrates_court_appearance": "Magistrates' court", "community_mental_health_contact": "CMHT",
        },
    },
    "accommodation": {
        "type": {
            "rough_sleeping": "NFA", "temporary_accommodation": "B&B", "private_rented": "PRS",
            "social_tenancy": ["Council tenancy", "Housing association"], "family_or_friends": "Sofa surfing",
            "prison": "Custody",
        },
    },
    "petty_cash": {
        "purpose": {
            "refreshments": ["Coffee", "Lunch", "Tea & coffee"], "travel": ["Bus fare", "Oyster"],
            "phone": "Top-up", "clothing": "Clothes", "toiletries": "Toiletries pack", "activity": "Outing",
        },
    },
    "system_changes": {
        "level": {"flex": "Individual flex", "practice": "Practice change", "service": "Service level",
                  "system": "System wide"},
        "sector": {"criminal_justice": "CJS", "mental_health": "CMHT", "substance_misuse": "Drug and alcohol",
                   "social_care": "Adult social care", "voluntary": "Third sector"},
    },
    "spg_items": {
        "raised_by": {"frontline": ["Link worker", "Frontline staff"], "peer_board": "PDB", "research": "KCL",
                      "spg": "Partnership"},
    },
    "hypotheses": {"status": {"untested": "Not yet tested", "mixed": "Mixed picture", "refined": "Reworded"}},
    "evidence": {
        "source_type": {"client": "Client interview", "peer": ["Peer mentor", "PDB"], "worker": "Focus group",
                        "stakeholder": "External stakeholder", "administrative": "Records"},
        "direction": {"supports": "For", "challenges": "Against", "mixed": "Both ways"},
    },
}  # fmt: skip
CODED = {export: set(columns) for export, columns in PRACTICE_SPELLINGS.items()}

AS_WORDS = (
    "referrer_sector",
    "accommodation_at_start",
    "category",
    "status",
    "eligibility_override_reason",
    "decision",
    "destination",
    "ethnicity",
    "consent",
    "outcome_agreed",
)
SENTINELS: dict[str, Value] = {
    "acknowledged_date": date(1900, 1, 1), "feedback_date": date(1900, 1, 1),
    "first_contact_date": date(1900, 1, 1),
    "consent_date": date(1900, 1, 1), "end_date": date(9999, 12, 31), "birth_year": 999,
    "secondment_end_date": date(1900, 1, 1), "to_date": date(9999, 12, 31), "events": 998,
    "recorded_total": 999,
} | dict.fromkeys(AREAS, 999) | dict.fromkeys(ITEMS, 99)  # fmt: skip

Cell = str | int | float | date


@dataclass
class Sheet:
    """The rows of one file before they are written: title rows, header, data, trailer."""

    name: str
    header: list[str]
    rows: list[list[Cell]]
    above: list[list[Cell]]
    below: list[list[Cell]]
    blank_after: set[int]
    total_after: dict[int, list[Cell]] = field(default_factory=dict)
    is_workbook: bool = False


def header_of(export: str, column: str, form: str) -> str:
    """The header that `form` gives a column; the council has some of its own and the rest as words."""
    if form == "plain":
        return column
    own = PRACTICE_HEADERS.get(export, {})
    if form == "letters" and column in own:
        return own[column]
    spaced = column.replace("_", " ").capitalize().replace(" id", " ID")
    if form == "council":
        return HEADERS["council"].get(column, spaced)
    return HEADERS["letters"].get(column, spaced) if form == "letters" and export in HEART else spaced


YES_NO = (*NEEDS, "consent", "peer_mentor_present", "still_in_place")


def spell(export: str, column: str, value: Value, form: str, mark: int) -> Value:
    """The spelling that `form` has for a canonical text; the record's `mark` chooses among several."""
    if not isinstance(value, str):
        return value
    if export not in HEART and column not in YES_NO:
        if form == "plain" or column not in CODED.get(export, set()):
            return value
        own = PRACTICE_SPELLINGS[export][column].get(value) if form == "letters" else None
        if isinstance(own, list):
            return own[mark % len(own)]
        return own or value.replace("_", " ").capitalize()
    kind = "yes_no" if column in YES_NO else column
    found = SPELLINGS.get(form, {}).get(kind, {}).get(value)
    if found is not None:
        return found if isinstance(found, str) else found[mark % len(found)]
    if form != "plain" and column in AS_WORDS:
        return value.replace("_", " ").capitalize()
    return value


def cell_of(column: str, value: Value, words: set[str], workbook: bool) -> Cell:
    """One cell as the file shows it; '' when it holds nothing."""
    if value is None and "sentinels" in words and column in SENTINELS:
        value = SENTINELS[column]
    if value is None:
        return ""
    if isinstance(value, date):
        if workbook and "text-dates" not in words:
            return value
        if "named-months" in words:
            months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            return f"{value.day}-{months[value.month - 1]}-{value.year}"
        return value.isoformat() if "iso" in words else value.strftime("%d/%m/%Y")
    if isinstance(value, Decimal):
        if workbook:
            return float(value)
        if "pounds" not in words:
            return str(value)
        return f"({-value:,.2f})" if value < 0 else f"£{value:,.2f}"
    return value if workbook or isinstance(value, str) else str(value)


def note_for(words: set[str], mark: int) -> str:
    """Obviously made-up text for an undeclared column; it must never be loaded."""
    if "worker-name" in words:
        return f"SYNTHETIC WORKER {mark % 9 + 1}"
    if mark % 5:
        return ""
    if "notes-with-breaks" in words:
        return f'SYNTHETIC NOTE {mark}\nsecond line, with "quotes"; and a comma'
    return f"SYNTHETIC NOTE {mark}"


def lay_out(export: str, day: str, words: set[str], rows: list[Row]) -> Sheet:
    """Puts an extract into the form of its file."""
    form = next(iter(words & {"plain", "spaced", "letters", "council"}))
    workbook = "xlsx" in words
    columns = list(LONG_STARS if "long" in words else COLUMNS[export])
    if "reordered" in words:
        random.Random(f"{export} {day}").shuffle(columns)
    extra = {"notes": "Notes", "notes-with-breaks": "Notes", "worker-name": "Worker name"}
    undeclared = [name for word, name in extra.items() if word in words]
    body: list[list[Cell]] = []
    for row in rows:
        shown = dict(row)
        # Spellings vary with the record, not with the line: a row that stands twice stands twice alike.
        mark = sum(map(ord, f"{row.get('client_id')} {next(iter(row.values()))}"))
        # Some systems show what is still open as a word; a decision date without a decision stays a blank.
        if (
            export == "referrals"
            and not shown.get("decision")
            and not shown.get("decision_date")
            and mark % 2
        ):
            shown["decision"] = "pending"
        cells = [cell_of(c, spell(export, c, shown.get(c), form, mark), words, workbook) for c in columns]
        body.append(cells + [note_for(words, mark) for _ in undeclared])
    header = [header_of(export, column, form) for column in columns] + list(undeclared)
    title = export.replace("_", " ").capitalize()
    dash = "–" if "cp1252" in words else "-"
    above: list[list[Cell]] = []
    if "title" in words:
        above = [
            [f"FLIC {title} {dash} SYNTHETIC example data, no real person"],
            [f"Extract of {date.fromisoformat(day):%d/%m/%Y}", "Filter: all records"],
            [],
        ]
    below: list[list[Cell]] = []
    if "blank-rows" in words:
        below += [[], []]
    stated = f"Grand Totals ({len(rows)} records)"
    if "trailer" in words:
        below += [[], [stated], ["Confidential Information - Do Not Distribute (SYNTHETIC)"]]
    if "totals" in words:
        total = sum((row["amount"] for row in rows if isinstance(row["amount"], Decimal)), Decimal(0))
        line: list[Cell] = [""] * len(header)
        line[0] = stated
        line[columns.index("amount")] = f"£{total:,.2f}"
        below += [line]
    if "by-hand" in words:
        below += [[], ["Kept by hand in the programme office (SYNTHETIC example data)"]]
    blank_after = {len(rows) // 3, len(rows) // 2} if "blank-rows" in words else set()
    total_after = year_totals(rows, columns, words) if "year-totals" in words else {}
    return Sheet(title, header, body, above, below, blank_after, total_after, workbook)


def year_totals(rows: list[Row], columns: list[str], words: set[str]) -> dict[int, list[Cell]]:
    """Below the last row of each financial year a line with the sums of its money."""
    sums: dict[int, tuple[int, dict[str, Decimal]]] = {}
    for index, row in enumerate(rows):
        first = row["period_start"]
        if isinstance(first, date):
            year = first.year - (first.month < 4)
            _, known = sums.get(year, (0, {}))
            for name in ("budget", "actual", "forecast"):
                if isinstance(row.get(name), Decimal):
                    known[name] = known.get(name, Decimal(0)) + row[name]
            sums[year] = (index, known)
    lines: dict[int, list[Cell]] = {}
    for year, (index, known) in sums.items():
        line = [cell_of(name, known.get(name), words, "xlsx" in words) for name in columns]
        line[0] = f"Total {year}/{(year + 1) % 100}"
        lines[index] = line
    return lines


def lines_of(sheet: Sheet) -> tuple[list[list[Cell]], list[int]]:
    """All rows of a file in order, and for each data row the line on which it begins (1 = first)."""
    lines = [*sheet.above, sheet.header]
    numbers = []
    breaks = 0
    for index, row in enumerate(sheet.rows):
        lines.append(row)
        numbers.append(len(lines) + breaks)
        # In a workbook a row is a row, however many lines its cells have.
        breaks += 0 if sheet.is_workbook else sum(str(cell).count("\n") for cell in row)
        if index in sheet.blank_after:
            lines.append([])
        if index in sheet.total_after:
            lines.append(sheet.total_after[index])
    return lines + sheet.below, numbers


def csv_bytes(sheet: Sheet, words: set[str]) -> bytes:
    """The file as CSV bytes."""
    lines, _ = lines_of(sheet)
    delimiter = ";" if "semicolon" in words else "\t" if "tab" in words else ","
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if "quoted" in words else csv.QUOTE_MINIMAL
    writer = csv.writer(
        out, delimiter=delimiter, quoting=quoting, lineterminator="\r\n" if "crlf" in words else "\n"
    )
    for line in lines:
        # A blank line is one without cells in some systems and a row of delimiters in others.
        writer.writerow(line if line or "semicolon" not in words else [""] * len(sheet.header))
    if "utf16" in words:
        return codecs.BOM_UTF16_LE + out.getvalue().encode("utf-16-le")
    encoding = "cp1252" if "cp1252" in words else "utf-8-sig" if "bom" in words else "utf-8"
    return out.getvalue().encode(encoding)


def xlsx_bytes(sheet: Sheet, words: set[str]) -> bytes:
    """The file as a workbook; its inner times are fixed, because a writer would put today into them."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet.name
    for number, line in enumerate(lines_of(sheet)[0], 1):
        for position, value in enumerate(line, 1):
            if value == "":
                continue
            cell = page.cell(number, position, value)
            if isinstance(value, date):
                cell.number_format = "dd/mm/yyyy"
    if "merged" in words:
        page.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(sheet.header))
    if "hidden-rows" in words:
        for number in lines_of(sheet)[1][3:6]:
            page.row_dimensions[number].hidden = True
    if "extra-sheet" in words:
        about = book.create_sheet("About")
        about["A1"] = "SYNTHETIC example data: no row of this sheet is a record"
    book.properties.title = "SYNTHETIC example data"
    # The name that the first files were given; it stands in their bytes.
    book.properties.creator = "make_example_inbox.py"
    raw, fixed = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "docProps/core.xml":
                data = without_times(data.decode()).encode()
            # A fixed system number too: Python writes another one on Windows.
            info = zipfile.ZipInfo(name, (2018, 3, 31, 0, 0, 0))
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
            target.writestr(info, data)
    return fixed.getvalue()


def without_times(core: str) -> str:
    """The property part of a workbook with its created and modified times set to a fixed moment."""
    for tag in ("created", "modified"):
        start = core.index(f"<dcterms:{tag}")
        begin, end = core.index(">", start) + 1, core.index(f"</dcterms:{tag}>", start)
        core = core[:begin] + "2018-03-31T00:00:00Z" + core[end:]
    return core
