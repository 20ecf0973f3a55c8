"""Every warning has one shape and a name that lasts; what is accepted moves no count."""

from datetime import date, datetime
from typing import Any

import pytest

from tests.dbt.landing_folder import Built, LandedFile, Row, Workshop

MARCH, MAY, JUNE = date(2015, 3, 31), date(2015, 5, 31), date(2015, 6, 30)


def referral(key: str, client: str, **more: str) -> Row:
    return {
        "referral_id": key, "client_id": client, "borough": "camden", "received_date": "2015-01-05", **more
    }  # fmt: skip


def episode(key: str, client: str, **more: str) -> Row:
    return {"episode_id": key, "client_id": client, "borough": "camden", "start_date": "2015-02-01", **more}


def paid(key: str, day: str, amount: str) -> Row:
    return {"line_id": key, "client_id": "c1", "status": "paid", "paid_date": day, "amount": amount}


def lived(client: str, where: str, percent: str) -> Row:
    return {"client_id": client, "quarter_start": "2015-01-01", "type": where, "percent": percent}


LINK: Row = {"client_id": "c5", "same_as": "c2", "effective_date": "2015-02-01"}
R1 = referral("R1", "c1", decision="accepted")  # decided, and nobody knows when
R2 = referral("R2", "c2", referrer_sector="martians")  # on no list: counts as not known
R5 = referral("R5", "c5", decision_date="2015-04-01")  # a day, and nothing decided
FILES = [
    LandedFile("referrals", MARCH, [referral("R1", "c1"), referral("R2", "c2"), referral("R3", "c3")]),
    LandedFile("referrals", MAY, [R1, R2, R5, referral("R8", "c8", borough="Mars")]),
    LandedFile("referrals", date(2015, 5, 1), status="refused"),
    LandedFile(
        "caseload", MAY,
        [episode("E1", "c1"),
         # A referral that stands nowhere, and one whose row is rejected
         episode("E2", "c2", referral_id="R404", eligibility_override_reason="agreed"),
         episode("E8", "c8", referral_id="R8")],
    ),
    LandedFile(
        "personal_budget", MAY,
        # In the year to March the second line takes c1 over £1000; the third stays over.
        [paid("L1", "2015-02-10", "600"), paid("L2", "2015-03-30", "400.01"), paid("L3", "2015-03-31", "50"),
         *(paid(f"M{day}", f"2015-05-0{day}", "1") for day in range(1, 8))],
    ),
    LandedFile("client_links", MAY, [LINK]),
    # 60 and 50 per cent of one person's quarter, under two references
    LandedFile("accommodation", MAY, [lived("c5", "prison", "50"), lived("c2", "hostel", "60")]),
]  # fmt: skip
# The next extract has the same odd record in another line, and R5 was put right.
LATER = LandedFile(
    "referrals", JUNE, [referral("R0", "c1"), R1, R2, referral("R5", "c5"), referral("R8", "c8")]
)

WARNINGS = [
    # export, rule, column, record, line, value
    ("accommodation", "person_over_100_percent", None, "c2|2015-01-01|hostel", 3, None),
    ("caseload", "fewer_needs_than_entry_rule", None, "E1", 2, None),
    ("caseload", "referral_not_found", None, "E2", 3, None),
    ("caseload", "referral_refused", None, "E8", 4, None),
    ("personal_budget", "over_allowance", None, "L2", 3, None),
    ("referrals", "decision_date_without_decision", None, "R5", 4, None),
    ("referrals", "decision_without_date", None, "R1", 2, None),
    # The refused file of the first of May is not here: one of a later day was taken since.
    ("referrals", "not_in_list", "referrer_sector", "R2", 3, "martians"),
    ("referrals", "vanished", None, "R3", 4, None),
]

IDS = "select warning_id, is_accepted from marts.fct_warnings where export = 'referrals' and rule = ?"


@pytest.fixture(scope="module")
def first(workshop: Workshop) -> Built:
    workshop.land(*FILES)
    return workshop.build(MAY, MAY)


def one(built: Built, rule: str) -> tuple[Any, ...]:
    [row] = built.rows(IDS.replace("?", f"'{rule}'"))
    return row


def test_every_kind_of_warning_stands_in_one_shape(first: Built) -> None:
    rows = first.rows(
        "select export, rule, column_name, record_key, source_line, value from marts.fct_warnings"
        " order by export, rule"
    )
    assert rows == WARNINGS
    assert first.rows("select distinct severity, is_accepted from marts.fct_warnings") == [("warn", False)]


def test_counts_are_those_of_the_list(first: Built) -> None:
    counted = first.rows(
        "select export, rule, rows, rows_accepted from marts.fct_data_quality_issues"
        " where severity = 'warn' order by export, rule"
    )
    assert sorted(counted) == sorted(
        (export, f"{column}:{rule}" if column else rule, 1, 0) for export, rule, column, *_ in WARNINGS
    )
    # The rejected row stands beside them.
    assert first.rows(
        "select rule, wording, rows from marts.fct_data_quality_issues where severity = 'reject'"
    ) == [("borough:not_in_list", "borough is on no list of values or spellings", 1)]


def test_an_extract_is_compared_with_the_one_before_it(first: Built) -> None:
    # R5 is new, R1 and R2 differ, R3 is gone; the rejected R8 is in neither.
    assert first.rows("select * exclude (load_id, previous_load_id) from marts.fct_load_changes") == [
        ("referrals", 1, 2, 1, 4)
    ]


def test_days_are_told_of_columns_with_ten_dates_or_more(first: Built) -> None:
    assert first.rows("select * from marts.fct_date_ranges") == [
        ("personal_budget", "paid_date", 10, date(2015, 2, 10), date(2015, 5, 7))
    ]


@pytest.fixture(scope="module")
def decided(first: Built, workshop: Workshop) -> Built:
    """The next extract, with decisions about three warnings."""
    workshop.land(*FILES, LATER)
    accepted, unlisted, vanished = (
        one(first, rule)[0] for rule in ("decision_without_date", "not_in_list", "vanished")
    )
    workshop.decide(accepted, "reopened", datetime.fromisoformat("2015-06-01T09:00"))
    workshop.decide(accepted, "accepted", datetime.fromisoformat("2015-06-01T10:00"))
    workshop.decide(unlisted, "accepted", datetime.fromisoformat("2015-06-01T09:00"))
    workshop.decide(unlisted, "reopened", datetime.fromisoformat("2015-06-01T10:00"))
    workshop.decide(vanished, "accepted", datetime.fromisoformat("2015-07-01T00:01"))
    return workshop.build(JUNE, JUNE, "fct_data_quality_issues")


@pytest.mark.parametrize(
    ("rule", "is_accepted"),
    [
        ("decision_without_date", True),  # the later decision counts
        ("not_in_list", False),  # accepted and reopened
        ("vanished", False),  # decided after the moment that the figures describe
    ],
)
def test_a_warning_keeps_its_name_and_what_was_decided(
    first: Built, decided: Built, rule: str, is_accepted: bool
) -> None:
    assert one(decided, rule) == (one(first, rule)[0], is_accepted)


def test_accepting_moves_no_count(decided: Built) -> None:
    assert decided.rows(
        "select rows, rows_accepted from marts.fct_data_quality_issues where rule = 'decision_without_date'"
    ) == [(1, 1)]


def listed(number: int) -> Row:
    return {"item_id": f"I{number}", "raised_date": "2015-01-05", "title": "Letters"}


APRIL = date(2015, 4, 30)
CHANGE: Row = {"change_id": "C1", "raised_date": "2015-01-05"}
CASH: Row = {"line_id": "P1", "spent_date": "2015-01-05", "amount": "1"}
STATEMENT: Row = {"hypothesis_id": "H1", "cycle": "1", "statement": "One"}
WORKER: Row = {"worker_id": "w1", "role": "manager", "start_date": "2014-06-01"}
BUDGET_LINE: Row = {"line": "Rent", "period_start": "2015-01-01", "budget": "5"}
# (is the refused file still listed, the refused file, what was taken)
SETTLED = {
    "an older day taken later settles nothing": (
        True,
        LandedFile("workers", MAY, status="refused", arrived=MAY),
        LandedFile("workers", APRIL, [WORKER], arrived=JUNE),
    ),
    "a later day taken before it came": (
        False,
        LandedFile("petty_cash", APRIL, status="refused", arrived=JUNE),
        LandedFile("petty_cash", MAY, [CASH], arrived=MAY),
    ),
    "a later version taken before it came": (
        False,
        LandedFile("spg_items", MAY, status="refused", arrived=JUNE),
        LandedFile("spg_items", MAY, [listed(1)], revision=2, arrived=MAY),
    ),
    "an earlier version taken after it came": (
        True,
        LandedFile("system_changes", MAY, revision=2, status="refused", arrived=MAY),
        LandedFile("system_changes", MAY, [CHANGE], arrived=JUNE),
    ),
    "the same day and version, mended": (
        False,
        LandedFile("hypotheses", MAY, status="refused", arrived=MAY),
        LandedFile("hypotheses", MAY, [STATEMENT], arrived=JUNE),
    ),
    "the same day and version, taken before": (
        True,
        LandedFile("ndta", MAY, status="refused", arrived=JUNE),
        LandedFile("ndta", MAY, arrived=MAY),
    ),
    "without a date, mended under its day": (
        False,
        LandedFile("programme_budget", MAY, status="refused", arrived=MAY, has_dated_name=False),
        LandedFile("programme_budget", APRIL, [BUDGET_LINE], arrived=JUNE),
    ),
}


@pytest.fixture(scope="module")
def settled(workshop: Workshop) -> Built:
    """One build of every case above, and of extracts with the content of an earlier one, in any order."""
    workshop.land(
        *(file for _, *files in SETTLED.values() for file in files),
        # The later extract has the content of an older one, which came first, and last
        LandedFile("referrals", APRIL, [R2], sha256="same", arrived=APRIL),
        LandedFile("referrals", MAY, [R2], sha256="same", arrived=MAY),
        LandedFile("caseload", APRIL, sha256="same", arrived=MAY),
        LandedFile("caseload", MAY, sha256="same", arrived=APRIL),
        # A newer one has another content; an undated twin is no extract of its own
        LandedFile("contacts", APRIL, sha256="same"),
        LandedFile("contacts", MAY, sha256="same"),
        LandedFile("contacts", JUNE, sha256="other"),
        LandedFile("assignments", APRIL, sha256="same", arrived=MAY),
        LandedFile("assignments", MAY, sha256="same", arrived=APRIL, has_dated_name=False),
        # Names that tell no export: the first file came again under a right one, nothing replaces the other
        LandedFile("", APRIL, sha256="renamed", status="refused", arrived=APRIL),
        LandedFile("evidence", APRIL, sha256="renamed", arrived=MAY),
        LandedFile("", MAY, sha256="no export", status="refused", arrived=APRIL),
    )
    return workshop.build(MAY, JUNE, "fct_warnings")


@pytest.mark.parametrize("case", SETTLED)
def test_a_refused_file_is_listed_until_its_day_or_a_later_one_is_taken(settled: Built, case: str) -> None:
    is_listed, refused, _ = SETTLED[case]
    found = settled.rows(
        f"select 1 from marts.fct_warnings where rule = 'file_refused' and export = '{refused.export}'"
    )
    assert len(found) == is_listed


def test_a_file_of_no_export_is_listed_until_its_content_comes_under_a_right_name(settled: Built) -> None:
    listed = settled.rows("select record_key from marts.fct_warnings where export = 'not_recognised'")
    assert listed == [(LandedFile("", MAY, status="refused").load_id,)]


def test_the_later_extract_of_a_content_is_told_whichever_came_first(settled: Built) -> None:
    told = settled.rows("select record_key from marts.fct_warnings where rule = 'same_content' order by all")
    assert told == [(LandedFile(export, MAY).load_id,) for export in ("caseload", "referrals")]
