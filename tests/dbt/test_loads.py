"""Which loads and rows figures rest on as more becomes known, and what is counted."""

from datetime import date
from typing import Any, NamedTuple

import pytest

from tests.dbt.landing_folder import CONTRACTS, LandedFile, Row, Workshop

MARCH, MAY, JUNE = date(2015, 3, 31), date(2015, 5, 31), date(2015, 6, 30)
NEEDS = ("supported_housing", "criminal_justice", "substance_misuse", "mental_health", "primary_health_care")


def referral(
    key: str, client: str, borough: str = "camden", received: str = "2015-01-05", **more: str
) -> Row:
    return {"referral_id": key, "client_id": client, "borough": borough, "received_date": received, **more}


def episode(episode_id: str, client: str, start: str, end: str | None = None, **more: str | None) -> Row:
    dates = {"start_date": start, "end_date": end}
    return {"episode_id": episode_id, "client_id": client, "borough": "camden", **dates, **more}


def star(client: str, day: str, *scores: str, by: str = "together", status: str = "approved") -> Row:
    areas = {f"area_{number}": score for number, score in enumerate(scores, 1)}
    key = {"client_id": client, "star_version": "HOS", "completed_date": day, "completed_by": by}
    return {**key, "status": status, **areas}


def line(line_id: str, client: str, paid: str, amount: str) -> Row:
    return {"line_id": line_id, "client_id": client, "status": "paid", "paid_date": paid, "amount": amount}


FOUR_NEEDS = dict.fromkeys([f"need_{domain}" for domain in NEEDS[:4]], "yes")
FILES = [
    LandedFile("referrals", MARCH, [referral("R1", "c1"), referral("R2", "c2"), referral("R3", "c3")]),
    LandedFile("referrals", MAY, [referral("R1", "c1"), referral("R2", "c2"), referral("R4", "c4")]),
    # The corrected file of that day: R1 moved, R4 was nobody, R2 stands there twice, R5 has no date
    LandedFile(
        "referrals", MAY, revision=2, rows_skipped=3,
        rows=[referral("R1", "c1", "islington", **FOUR_NEEDS), referral("R2", "c2"), referral("R2", "c2"),
              referral("R5", "c5", received="soon"), referral("R6", "c1", received="2015-04-01")],
    ),
    LandedFile("referrals", date(2015, 6, 1), [referral("R1", "c1"), referral("R7", "c7")], status="refused"),
    LandedFile(
        "referrals", date(2015, 6, 2), rows_skipped=1, rows=[referral("R8", "c8")], status="duplicate"
    ),
    LandedFile(
        "referrals", JUNE,
        [referral("R1", "c1", "islington", **FOUR_NEEDS), referral("R2", "c2"),
         referral("R6", "c1", received="2015-04-01"), referral("R9", "c9", received="2015-05-20")],
    ),
    LandedFile(
        "caseload", MAY,
        [episode("E1", "c1", "2015-02-01", "2015-03-31", referral_id="R1", destination="2", sex="F"),
         episode("E2", "c1", "2015-04-10"),
         episode("E3", "c2", "2015-02-01", "2015-02-01"),
         episode("E4", "c-only-here", "2015-05-01")],
    ),
    LandedFile(
        "outcome_stars", MAY,
        [star("c9", "2015-05-25", "3"), star("c1", "2015-03-01", "1", "2", "10"),
         star("c1", "2015-03-01", "2", by="worker"), star("c1", "2015-04-01", "4", status="draft"),
         star("c2", "2015-04-01"), star("c1", "2015-04-05", "4")],
    ),
    LandedFile(
        "personal_budget", MAY,
        [line("L1", "c1", "2015-02-10", "600"), line("L2", "c1", "2015-03-31", "£400.01"),
         line("L3", "c1", "2015-04-01", "1000"), line("L4", "c2", "2015-04-01", "5"),
         line("L5", "c4", "2015-04-01", "0.10"), line("L6", "c-nobody", "2015-04-01", "7")],
    ),
]  # fmt: skip

QUERIES = {
    "current": "select load_id from marts.fct_loads where is_current order by load_id",
    "referrals": "select referral_key, borough from marts.fct_referrals order by referral_key",
    "stars": "select client_key, completed_date, completed_by, is_valid from marts.fct_star_readings"
    " order by reading_key",
    "scores": "select client_key, star_area, score, stage from marts.fct_star_scores"
    " order by reading_key, star_area",
    "rejected": "select export, source_line, column_name, reason from marts.fct_rejected_rows"
    " where not row_is_kept order by all",
    "ledger": "select rows_in_file, rows_loaded, rows_duplicate, rows_rejected, rows_skipped"
    " from marts.fct_loads where export = 'referrals' and status = 'loaded' order by load_id",
    "untaken": "select status, rows_in_file, rows_loaded, rows_duplicate, rows_rejected, rows_skipped"
    " from marts.fct_loads where status <> 'loaded' order by load_id",
    "vanished": "select export, record_key, last_seen_load_id, missing_since_load_id"
    " from marts.fct_vanished_keys order by all",
    "issues": "select export, rule, rows from marts.fct_data_quality_issues"
    " where severity = 'warn' order by all",
    "status": "select export, files_loaded, last_extract_date, rows_loaded, rows_duplicate, rows_rejected,"
    " rows_skipped from marts.fct_source_status order by export",
    "episodes": "select episode_key, referral_key, destination, cohort_status_at_end, sex, domain_count,"
    " start_cohort from marts.fct_episodes order by episode_key",
    "needs": "select episode_key, count(*) from marts.bridge_episode_needs group by episode_key",
    "budget": "select line_key, amount, borough from marts.fct_budget_lines order by line_key",
    "days": "select as_at, is_month_end, is_quarter_end, is_latest from marts.dim_as_at_days"
    " order by as_at desc limit 3",
    "periods": "select period_type, period_start, period_end, is_complete from marts.dim_periods"
    " where period_type in ('quarter', 'year') order by all",
}


class Builds(NamedTuple):
    """What the queries give before and after the extracts of June are known."""

    before: dict[str, list[tuple[Any, ...]]]
    after: dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def builds(workshop: Workshop) -> Builds:
    """One landing folder, built twice: as known on 15 June 2015 and a month later."""
    workshop.land(*FILES)
    seen = []
    for as_at, known_by in ((date(2015, 5, 20), date(2015, 6, 15)), (MAY, date(2015, 7, 15))):
        warehouse = workshop.build(as_at, known_by)
        seen.append({name: warehouse.rows(query) for name, query in QUERIES.items()})
    return Builds(*seen)


def load_id(day: date, export: str, revision: int = 1) -> str:
    return LandedFile(export, day, revision=revision).load_id


def test_the_current_load_is_the_latest_revision_that_was_known(builds: Builds) -> None:
    others = [(load_id(MAY, export),) for export in ("caseload", "outcome_stars", "personal_budget")]
    assert builds.before["current"] == sorted([(load_id(MAY, "referrals", 2),), *others])
    assert builds.after["current"] == sorted([(load_id(JUNE, "referrals"),), *others])


def test_figures_rest_on_the_valid_rows_of_the_current_load_once_each(builds: Builds) -> None:
    assert builds.before["referrals"] == [("R1", "islington"), ("R2", "camden"), ("R6", "camden")]
    assert builds.after["referrals"] == [*builds.before["referrals"], ("R9", "camden")]


def test_every_row_of_a_file_is_counted_once(builds: Builds) -> None:
    assert builds.before["ledger"] == [(3, 3, 0, 0, 0), (3, 3, 0, 0, 0), (8, 3, 1, 1, 3)]


def test_the_rows_of_files_that_were_not_taken_are_counted_as_such(builds: Builds) -> None:
    assert builds.before["untaken"] == [("refused", 2, 0, 0, 2, 0), ("duplicate", 2, 0, 1, 0, 1)]


def test_a_star_is_rejected_until_its_client_arrives(builds: Builds) -> None:
    unknown = ("outcome_stars", 2, "client_id", "unknown_client")
    assert unknown in builds.before["rejected"]
    assert unknown not in builds.after["rejected"]
    assert ("c9", date(2015, 5, 25), "together", True) in builds.after["stars"]


def test_a_vanished_key_is_named_with_the_load_that_lacks_it(builds: Builds) -> None:
    """C13: a row that a later full extract lacks."""
    may = load_id(MAY, "referrals")
    assert builds.before["vanished"] == [
        ("referrals", "R3", load_id(MARCH, "referrals"), may),
        ("referrals", "R4", may, load_id(MAY, "referrals", 2)),
    ]
    # The row without a date was never taken in, so nothing is gone with it.
    assert "R5" not in {record for _, record, *_ in builds.after["vanished"]}


def test_one_star_of_a_day_counts_and_only_approved_ones_with_an_area(builds: Builds) -> None:
    assert builds.before["stars"] == [
        ("c1", date(2015, 3, 1), "together", True),
        ("c1", date(2015, 3, 1), "worker", False),
        ("c1", date(2015, 4, 1), "together", False),
        ("c1", date(2015, 4, 5), "together", True),
        ("c2", date(2015, 4, 1), "together", False),
    ]
    assert builds.before["scores"] == [
        ("c1", "area_1", 1, 1),
        ("c1", "area_2", 2, 1),
        ("c1", "area_3", 10, 5),
        ("c1", "area_1", 4, 2),
    ]


def test_an_episode_goes_back_to_its_linked_referral_or_the_latest_before_it(builds: Builds) -> None:
    """C10: c1, referred again after the end, is one person with two episodes."""
    assert builds.before["episodes"] == [
        ("E1", "R1", "no_longer_requires_support", "moved_on", "female", "not_known", "2015-H1"),
        ("E2", "R6", None, None, "not_known", "not_known", "2015-H1"),
        ("E3", "R2", "not_known", "other", "not_known", "not_known", "2015-H1"),
        ("E4", None, None, None, "not_known", "not_known", "2015-H1"),
    ]
    assert builds.before["needs"] == [("E1", 4)]


def test_spending_keeps_its_pence_and_takes_the_borough_of_its_day(builds: Builds) -> None:
    lines = [(key, str(amount), borough) for key, amount, borough in builds.before["budget"]]
    assert lines == [
        ("L1", "600.00", "camden"),
        ("L2", "400.01", "camden"),
        ("L3", "1000.00", "camden"),
        ("L4", "5.00", "camden"),
        ("L5", "0.10", "not_known"),
    ]


def test_what_is_odd_is_loaded_and_counted(builds: Builds) -> None:
    assert builds.before["issues"] == [
        ("caseload", "client_id:orphan", 1),
        ("caseload", "end_without_destination", 1),
        # E2 and E3: their referrals evidence no need
        ("caseload", "fewer_needs_than_entry_rule", 2),
        # Two of c1 between their episodes, one of c2 after the only one
        ("outcome_stars", "star_after_end", 3),
        ("outcome_stars", "star_without_enough_areas", 1),
        ("outcome_stars", "two_stars_on_one_day", 1),
        # 1,000.01 in the year to March 2015; 1,000.00 in the next is not over
        ("personal_budget", "over_allowance", 1),
        # L3 between two episodes, L4 after the only one
        ("personal_budget", "spend_after_end", 2),
        ("personal_budget", "spend_before_start", 1),
        ("referrals", "file_refused", 1),
        ("referrals", "vanished", 2),
    ]


def test_each_export_says_what_its_current_load_is(builds: Builds) -> None:
    came = [
        ("caseload", 1, MAY, 4, 0, 0, 0),
        ("outcome_stars", 1, MAY, 5, 0, 1, 0),
        ("personal_budget", 1, MAY, 5, 0, 1, 0),
        ("referrals", 3, MAY, 3, 1, 1, 3),
    ]
    names = {export for export, *_ in came}
    never_came = [(export, 0, None, 0, 0, 0, 0) for export in CONTRACTS if export not in names]
    assert builds.before["status"] == sorted(came + never_came)
    assert len(came + never_came) == 17


def test_days_and_periods_end_with_the_as_at_day(builds: Builds) -> None:
    assert builds.before["days"] == [
        (date(2015, 5, 20), False, False, True),
        (date(2015, 4, 30), True, False, False),
        (date(2015, 3, 31), True, True, False),
    ]
    assert builds.after["days"][0] == (MAY, True, False, True)
    assert builds.before["periods"] == [
        ("quarter", date(2014, 6, 1), date(2014, 6, 30), True),
        ("quarter", date(2014, 7, 1), date(2014, 9, 30), True),
        ("quarter", date(2014, 10, 1), date(2014, 12, 31), True),
        ("quarter", date(2015, 1, 1), date(2015, 3, 31), True),
        ("quarter", date(2015, 4, 1), date(2015, 5, 20), False),
        ("year", date(2014, 6, 1), date(2015, 3, 31), True),
        ("year", date(2015, 4, 1), date(2015, 5, 20), False),
    ]


@pytest.mark.parametrize(
    ("day", "quarter_end", "financial_year_end"),
    [
        (date(2014, 6, 30), date(2014, 6, 30), date(2015, 3, 31)),
        (date(2014, 7, 1), date(2014, 9, 30), date(2015, 3, 31)),
        (date(2014, 12, 31), date(2014, 12, 31), date(2015, 3, 31)),
        (date(2015, 1, 1), date(2015, 3, 31), date(2015, 3, 31)),
        (date(2015, 3, 31), date(2015, 3, 31), date(2015, 3, 31)),
        # Of the financial year 2015/16 and its first quarter only the days to the as-at day are shown.
        (date(2015, 4, 1), date(2015, 5, 20), date(2015, 5, 20)),
    ],
)
def test_a_day_at_a_turn_is_of_one_quarter_and_one_year(
    builds: Builds, day: date, quarter_end: date, financial_year_end: date
) -> None:
    """C5: 31 March closes a quarter and the financial year; 1 April opens both."""
    found = [(kind, end) for kind, start, end, _ in builds.before["periods"] if start <= day <= end]
    assert found == [("quarter", quarter_end), ("year", financial_year_end)]


def test_exports_that_never_came_are_empty_tables(workshop: Workshop) -> None:
    workshop.land()
    warehouse = workshop.build(MAY, date(2015, 6, 1))
    assert warehouse.rows("select distinct ever_received from marts.fct_source_status") == [(False,)]
