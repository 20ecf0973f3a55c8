"""Dates of a column whose month stands first: those that could be either order are not read day first."""

from datetime import date
from typing import NamedTuple

import pytest

from tests.dbt.landing_folder import Built, LandedFile, Row, Workshop

EXTRACT = date(2016, 5, 31)


class Case(NamedTuple):
    """The dates of one column of one file, and what each becomes: a day, or the reason why it is none."""

    export: str
    column: str
    dates: dict[str, str]


CLIENT: Row = {"client_id": "c1", "borough": "camden"}
# The column that names a record, and what else its rows need.
NEEDED: dict[str, tuple[str, Row]] = {
    "referrals": ("referral_id", CLIENT),
    "caseload": ("episode_id", {**CLIENT, "start_date": "2015-01-01"}),
    "service_use": ("events", {"client_id": "c1", "service": "arrest"}),
}
MONTH_FIRST = "month_first"

CASES = {
    "month first, every few days": Case(
        "referrals", "received_date",
        {"01/05/2015": MONTH_FIRST, "01/10/2015": MONTH_FIRST, "01/15/2015": MONTH_FIRST,
         "1/6/15": MONTH_FIRST, "02-03-2015 14:30": MONTH_FIRST, "2015-02-04": "2015-02-04",
         "5-Feb-15": "2015-02-05", "early June": "not_a_date"},
    ),
    "the sure one in the last row": Case(
        "referrals", "received_date", {"03/04/2015": MONTH_FIRST, "04/13/2015": MONTH_FIRST}
    ),
    "more month first than day first": Case(
        "referrals", "received_date",
        {"04/13/2015": MONTH_FIRST, "04/14/2015": MONTH_FIRST, "13/04/2015": "2015-04-13",
         "03/04/2015": MONTH_FIRST},
    ),
    "as many of each": Case(
        "referrals", "received_date",
        {"04/13/2015": MONTH_FIRST, "13/04/2015": "2015-04-13", "03/04/2015": "2015-04-03"},
    ),
    "only dates that could be either": Case(
        "referrals", "received_date", {"03/04/2015": "2015-04-03", "05/04/2015": "2015-04-05"}
    ),
    "a column that is emptied and whose rows stay": Case(
        "caseload", "consent_date",
        {"04/13/2015": MONTH_FIRST, "03/04/2015": MONTH_FIRST, "2015-04-03": "2015-04-03"},
    ),
    # The first days of quarters tell the order, though none of them is late in its month.
    "quarters with one slip": Case(
        "service_use", "quarter_start",
        {"10/13/2015": MONTH_FIRST, "01/04/2015": "2015-04-01", "01/01/2015": "2015-01-01",
         "01/07/2015": "2015-07-01"},
    ),
    "quarters with the month first": Case(
        "service_use", "quarter_start",
        {"04/01/2015": MONTH_FIRST, "07/01/2015": MONTH_FIRST, "01/01/2015": MONTH_FIRST},
    ),
}  # fmt: skip


def file_of(case: Case, revision: int) -> LandedFile:
    key, rest = NEEDED[case.export]
    rows: list[Row] = [{**rest, key: str(n), case.column: text} for n, text in enumerate(case.dates)]
    return LandedFile(case.export, EXTRACT, rows, revision=revision)


@pytest.fixture(scope="module")
def warehouse(workshop: Workshop) -> Built:
    """Every case as a file of its own."""
    client: Row = {**CLIENT, "referral_id": "R", "received_date": "2015-01-01"}
    workshop.land(
        LandedFile("referrals", EXTRACT, [client], revision=99),
        *(file_of(case, number) for number, case in enumerate(CASES.values(), 1)),
    )
    bases = {f"base_{case.export}" for case in CASES.values()}
    return workshop.build(EXTRACT, EXTRACT, *bases, "quality_rules")


@pytest.mark.parametrize("name", CASES)
def test_what_could_be_either_order_follows_what_can_only_be_one(warehouse: Built, name: str) -> None:
    case = CASES[name]
    load = file_of(case, list(CASES).index(name) + 1).load_id
    rows = warehouse.rows(
        f"select {case.column}, concat(reject_reasons, kept_findings) from staging.base_{case.export}"
        f" where load_id = '{load}' order by source_line"
    )
    assert [
        str(day) if day else findings.removeprefix(f"{case.column}:").removesuffix(";")
        for day, findings in rows
    ] == list(case.dates.values())
    assert all(day is None or not findings for day, findings in rows)


def test_a_declared_form_is_asked_for(warehouse: Built) -> None:
    [(guidance,)] = warehouse.rows("select guidance from reference.quality_rules where rule = 'month_first'")
    assert "export_sources.csv" in guidance
