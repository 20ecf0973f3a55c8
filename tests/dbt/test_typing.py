"""What each form of a cell becomes, and every reason for which a row is left out (faults B to E).

One warehouse is built from all the tables below; each case then looks for its own row.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from tests.dbt.landing_folder import FIRST_LINE, Built, LandedFile, Row, Workshop

EXTRACT = date(2015, 5, 31)


class Case(NamedTuple):
    """A row that differs from a good one in what is given, and what must become of it."""

    given: Row
    becomes: dict[str, object] = {}  # noqa: RUF012
    rejected: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    """Findings with which the row is kept."""


def received(text: str, day: str | None, *rejected: str) -> Case:
    return Case({"received_date": text}, {"received_date": day and date.fromisoformat(day)}, rejected)


def need(text: str, answer: str | None, *rejected: str) -> Case:
    return Case({"need_mental_health": text}, {"need_mental_health": answer}, rejected)


def amount(text: str, value: str | None) -> Case:
    rejected = () if value else ("amount:not_an_amount",)
    return Case({"amount": text}, {"amount": value and Decimal(value)}, rejected)


def area(text: str, score: int | None, *listed: str) -> Case:
    return Case({"area_1": text, "area_2": "7"}, {"area_1": score, "area_2": 7}, listed=listed)


REFERRALS = [
    # Dates: ISO or day first
    received("2015-04-03", "2015-04-03"),
    received("20150403", "2015-04-03"),
    received("03/04/2015", "2015-04-03"),
    received("3/4/2015", "2015-04-03"),
    received("03-04-2015", "2015-04-03"),
    received("03/04/15", "2015-04-03"),
    received("3-Apr-15", "2015-04-03"),
    received("03 April 2015", "2015-04-03"),
    received("3-SEPT-2014", "2014-09-03"),
    received("03/04/2015 14:30", "2015-04-03"),
    received("2015-04-03 23:30:00", "2015-04-03"),
    received("\u00a003/04/2015 ", "2015-04-03"),
    received("13/04/2015", "2015-04-13"),
    # A time without zone is London's; Z is UTC, an hour behind it in summer
    received("2015-03-31T23:30", "2015-03-31"),
    received("2015-03-28T23:30:00Z", "2015-03-28"),
    received("2015-03-31T23:30:00Z", "2015-04-01"),
    received("2014-10-26T01:30:00Z", "2014-10-26"),
    received("2014-10-25T23:30:00.000Z", "2014-10-26"),
    # Never month first, never a serial number, never a day that is none
    received("04/13/2015", None, "received_date:month_first"),
    received("42097", None, "received_date:not_a_date"),
    received("early June", None, "received_date:not_a_date"),
    received("31/02/2015", None, "received_date:not_a_date"),
    received("2015-02-30", None, "received_date:not_a_date"),
    received("00/00/0000", None, "received_date:not_a_date"),
    received("03/04-2015", None, "received_date:not_a_date"),
    received("2015-04-03T25:61", None, "received_date:not_a_date"),
    received("3-Foo-15", None, "received_date:not_a_date"),
    received("01/01/1900", None, "received_date:missing"),
    received("31/12/9999", None, "received_date:missing"),
    received("", None, "received_date:missing"),
    # Days that cannot be
    received("01/06/2014", "2014-06-01"),
    received("31/05/2014", "2014-05-31", "received_date:before_programme_start"),
    received("03/04/68", "2068-04-03", "received_date:after_extract_date"),
    received("03/04/69", "1969-04-03", "received_date:before_programme_start"),
    received("31/05/2015", "2015-05-31"),
    received("01/06/2015", "2015-06-01", "received_date:after_extract_date"),
    Case({"decision_date": "31/12/2014"}, rejected=("decision_date:before_received_date",)),
    Case({"decision_date": "01/01/2015"}, {"decision_date": date(2015, 1, 1)}),
    # Codes: canonical values whatever case and spaces, listed spellings, declared rule for the rest
    Case({"borough": "ISLINGTON"}, {"borough": "islington"}),
    Case({"borough": "LB  Camden "}, {"borough": "camden"}),
    Case({"borough": "N/K"}, {"borough": "not_known"}),
    Case({"borough": "Hackney"}, {"borough": None}, ("borough:not_in_list",)),
    Case({"borough": None}, {"borough": None}, ("borough:missing",)),
    Case({"referrer_sector": "Criminal-Justice"}, {"referrer_sector": "criminal_justice"}),
    Case({"referrer_sector": "Martians"}, {"referrer_sector": "not_known"},
         listed=("referrer_sector:not_in_list",)),
    Case({"referrer_sector": "N/K"}, {"referrer_sector": "not_known"}),
    *(need(text, "yes") for text in ("Y", "yes", "1", "TRUE", "x")),
    *(need(text, "no") for text in ("N", "No", "0", "false")),
    need("N/K", "unknown"),
    need("", None),
    need("999", None),
    need("maybe", None, "need_mental_health:not_in_list"),
    Case({"decision": "Signposted elsewhere"}, {"decision": "signposted"}),
    Case({"decision": None}, {"decision": None}),
    Case({"referrer_agency": "x" * 61}, {"referrer_agency": None}, listed=("referrer_agency:too_long",)),
    # What the door found
    Case({"client_id": None, "door_findings": "client_id:not_an_identifier"},
         rejected=("client_id:not_an_identifier",)),
    Case({"client_id": None}, rejected=("client_id:missing",)),
    Case({"received_date": None, "borough": "Hackney", "door_findings": "received_date:excel_error"},
         rejected=("received_date:excel_error", "borough:not_in_list")),
]  # fmt: skip

CASELOAD = [
    Case({"end_date": "10/01/2015"}, {"end_date": date(2015, 1, 10)}),
    Case({"end_date": "09/01/2015"}, rejected=("end_date:before_start_date",)),
    Case({"end_date": "31/12/9999"}, {"end_date": None}),
    Case({"allocated_date": "12/01/2015", "end_date": "11/01/2015"},
         rejected=("end_date:before_allocated_date",)),
    Case({"client_id": "c-first-referred", "allocated_date": "01/01/2015"},
         {"allocated_date": date(2015, 1, 1)}),
    Case({"client_id": "c-first-referred", "allocated_date": "31/12/2014"},
         rejected=("allocated_date:before_first_received_date",)),
    Case({"start_date": "01/06/2015"}, rejected=("start_date:after_extract_date",)),
    Case({"consent_date": "30/06/2015"}, {"consent_date": None}, listed=("consent_date:after_extract_date",)),
    Case({"referral_id": "n/a"}, {"referral_id": None}),
    Case({"client_id": "c-in-no-referral"}, listed=("client_id:orphan",)),
    Case({"sex": "Agender"}, {"sex": "not_known"}, listed=("sex:not_in_list",)),
    Case({"ethnicity": "White: Irish"}, {"ethnicity": "white_irish"}),
    Case({"destination": "2", "end_date": "31/05/2015"}, {"destination": "no_longer_requires_support"}),
    Case({"age_band": "25_to_34"}, {"age_band": "25_to_34"}),
    Case({"door_findings": "birth_year:age_out_of_range"}, rejected=("birth_year:age_out_of_range",)),
]  # fmt: skip

STARS = [
    area("1", 1),
    area("10", 10),
    area("5.0", 5),
    area("", None),
    area("N/A", None),
    area("99", None),
    area("999", None),
    area("0", None, "area_1:below_minimum"),
    area("11", None, "area_1:above_maximum"),
    area("5.5", None, "area_1:not_a_whole_number"),
    area("4-5", None, "area_1:not_a_whole_number"),
    area("5*", None, "area_1:not_a_whole_number"),
    Case({"client_id": "c-nobody"}, rejected=("client_id:unknown_client",)),
    Case({"client_id": "c-first-referred", "completed_date": "02/12/2014"},
         {"completed_date": date(2014, 12, 2)}),
    Case({"client_id": "c-first-referred", "completed_date": "01/12/2014"},
         rejected=("completed_date:before_earliest_star_date",)),
    Case({"completed_date": "01/06/2015"}, rejected=("completed_date:after_extract_date",)),
    Case({"star_version": "Some other star"}, rejected=("star_version:not_in_list",)),
]  # fmt: skip

BUDGET = [
    amount("1234.5", "1234.50"),
    amount("£1,234.50", "1234.50"),
    amount("£ 12", "12.00"),
    amount("1,234,567.89", "1234567.89"),
    amount("0", "0.00"),
    amount("0.10", "0.10"),
    amount("-50", "-50.00"),
    amount("-£50", "-50.00"),
    amount("£-50.00", "-50.00"),
    amount("(45.00)", "-45.00"),
    amount("(£1,045.00)", "-1045.00"),
    *(amount(text, None) for text in ("1.234,50", "50p", "1,23", "£", "TBC", "1e3", "12.345")),
    *(amount(text, None) for text in ("(-5)", "--5", "5-", "£5 each", "€5")),
    amount("99999999999.00", None),
    Case({"amount": None}, rejected=("amount:missing",)),
    Case({"status": "paid", "paid_date": "01/02/2015"}),
    Case({"status": "paid"}, rejected=("paid_date:needed_for_status",)),
    Case({"status": "Refund"}, {"status": "refunded"}, ("paid_date:needed_for_status",)),
    Case({"category": "Unheard of"}, {"category": "not_known"}, listed=("category:not_in_list",)),
    Case({"client_id": "c-nobody", "status": "paid", "paid_date": "30/02/2015", "amount": "TBC"},
         rejected=("paid_date:not_a_date", "amount:not_an_amount", "client_id:unknown_client")),
    Case({"line_id": None, "door_findings": "line_id:not_an_identifier"},
         rejected=("line_id:not_an_identifier",)),
    Case({"line_id": "00071"}, {"line_id": "00071"}),
]  # fmt: skip

GOOD: dict[str, Row] = {
    "referrals": {"client_id": "c1", "received_date": "2015-01-01", "borough": "camden"},
    "caseload": {"client_id": "c1", "start_date": "2015-01-10", "borough": "camden"},
    "outcome_stars": {
        "client_id": "c1",
        "star_version": "HOS",
        "completed_date": "2015-03-01",
        "completed_by": "together",
        "status": "approved",
    },
    "personal_budget": {"client_id": "c1", "status": "agreed", "agreed_date": "2015-02-01", "amount": "5"},
}
RECORD_ID = {
    "referrals": "referral_id",
    "caseload": "episode_id",
    "outcome_stars": "client_id",
    "personal_budget": "line_id",
}
CASES = {"referrals": REFERRALS, "caseload": CASELOAD, "outcome_stars": STARS, "personal_budget": BUDGET}


def row(export: str, number: int, case: Case) -> Row:
    """A good row of a record of its own (for stars: of a client of its own), changed as the case says."""
    own = {RECORD_ID[export]: f"{export}-{number}"}
    return {**GOOD[export], **own, **case.given}


@pytest.fixture(scope="module")
def warehouse(workshop: Workshop) -> Built:
    """All cases in four files of one day, and the referrals that make their clients known."""
    rows = {export: [row(export, n, case) for n, case in enumerate(cases)] for export, cases in CASES.items()}
    referred = ["c-first-referred", *(f"outcome_stars-{n}" for n in range(len(STARS)))]
    rows["referrals"] += [
        {**GOOD["referrals"], "referral_id": f"known-{client}", "client_id": client} for client in referred
    ]
    workshop.land(*(LandedFile(export, EXTRACT, rows[export]) for export in CASES))
    return workshop.build(EXTRACT, date(2015, 6, 1), "fct_data_quality_issues")


@pytest.mark.parametrize(
    ("export", "number"),
    [
        pytest.param(export, number, id=f"{export}-{'-'.join(map(str, case.given.values()))[:40]}")
        for export, cases in CASES.items()
        for number, case in enumerate(cases)
    ],
)
def test_each_cell_is_typed_or_every_reason_named(warehouse: Built, export: str, number: int) -> None:
    case = CASES[export][number]
    columns = ", ".join([*case.becomes, "reject_reasons", "kept_findings", "is_duplicate"])
    [(*values, rejected, listed, is_duplicate)] = warehouse.rows(
        f"select {columns} from staging.base_{export} where source_line = {number + FIRST_LINE}"
    )
    assert dict(zip(case.becomes, values, strict=True)) == case.becomes
    assert set((rejected or "").split(";")) - {""} == set(case.rejected)
    assert set((listed or "").split(";")) - {""} == set(case.listed)
    assert not is_duplicate


def test_rejects_show_values_only_where_a_column_cannot_identify_anyone(warehouse: Built) -> None:
    shown = warehouse.rows("select distinct column_name from marts.fct_rejected_rows where value is not null")
    columns = {column for (column,) in shown}
    assert {"received_date", "borough", "amount", "area_1"} <= columns
    assert not columns & {"client_id", "line_id", "birth_year", "age_band", "referrer_agency"}


def test_every_reason_has_words(warehouse: Built) -> None:
    reasons = warehouse.rows(
        "select distinct reason from marts.fct_rejected_rows"
        " where reason not in (select rule from reference.quality_rules)"
    )
    assert reasons == []
    assert warehouse.rows(
        "select severity, wording, rows from marts.fct_data_quality_issues"
        " where export = 'personal_budget' and rule = 'paid_date:needed_for_status'"
    ) == [("reject", "paid date is empty and the line's status needs it", 2)]
