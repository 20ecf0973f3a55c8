"""The worked example of the specification, held against the independent count of the example files alone.

Belongs here: figures that the specification states. Does not belong here: anything that runs the product.
"""

from datetime import date, timedelta
from functools import cache

import pytest

from tests.expected.recount import EXAMPLES, Figures, Row, export_of, exports_in, known_records, recount

REVIEW_DAY = date(2015, 5, 31)
# Whatever becomes known later, the figures of the review stay what they were.
KNOWLEDGE_DAYS = sorted({day for path in exports_in(EXAMPLES) if (day := export_of(path)[1]) >= REVIEW_DAY})


@cache
def figures_known(known_by: date) -> Figures:
    return recount(REVIEW_DAY, known_by)


def count_of(figures: Figures, metric: str, period_type: str, **cell: str) -> float:
    return figures[metric, "count", period_type, REVIEW_DAY, tuple(sorted(cell.items()))]


def known(export: str, known_by: date) -> list[Row]:
    return known_records(EXAMPLES, known_by).rows[export]


def test_the_review_day_has_an_extract_of_its_own_and_the_story_goes_on_to_2018() -> None:
    assert KNOWLEDGE_DAYS[0] == REVIEW_DAY
    assert KNOWLEDGE_DAYS[-1] == date(2018, 3, 31)


@pytest.mark.parametrize("known_by", KNOWLEDGE_DAYS, ids=str)
@pytest.mark.parametrize(
    ("metric", "period_type", "expected"),
    [
        ("referrals_received", "programme", 165),
        ("acceptance_rate", "programme", 88),
        ("starts", "programme", 88),
        ("ends", "programme", 2),
        ("open_caseload", "as_at", 86),
    ],
)
def test_headlines(metric: str, period_type: str, expected: int, known_by: date) -> None:
    assert count_of(figures_known(known_by), metric, period_type) == expected


@pytest.mark.parametrize("known_by", KNOWLEDGE_DAYS, ids=str)
def test_every_referral_stands_in_one_status_and_77_are_not_accepted(known_by: date) -> None:
    figures = figures_known(known_by)
    statuses = {
        dict(cell)["status"]: value
        for (metric, _, _, _, cell), value in figures.items()
        if metric == "referral_status" and len(cell) == 1
    }
    assert statuses.pop("accepted") == 88
    assert set(statuses) <= {
        "awaiting",
        "not_eligible",
        "declined_by_client",
        "withdrawn",
        "signposted",
        "duplicate",
        "not_stated",
    }
    assert sum(statuses.values()) == 77


@pytest.mark.parametrize("known_by", KNOWLEDGE_DAYS, ids=str)
def test_both_who_left_had_moved_on(known_by: date) -> None:
    figures = figures_known(known_by)
    assert count_of(figures, "cohort_status", "as_at", cohort_status="moved_on") == 2
    assert count_of(figures, "cohort_status", "as_at", cohort_status="open") == 86


@pytest.mark.parametrize("known_by", KNOWLEDGE_DAYS, ids=str)
def test_nine_link_workers_lead_the_open_cases(known_by: date) -> None:
    open_cases = [
        row
        for row in known("caseload", known_by)
        if row["start_date"] <= REVIEW_DAY and not (row["end_date"] and row["end_date"] <= REVIEW_DAY)
    ]
    leads = {row["as_it_stands"]["lead_worker_id"] for row in open_cases}
    assert len(leads) == 9
    assert round(len(open_cases) / len(leads), 2) == 9.56


@pytest.mark.parametrize("known_by", KNOWLEDGE_DAYS, ids=str)
def test_everyone_who_started_has_four_needs_or_a_recorded_reason(known_by: date) -> None:
    needs = {
        row["referral_id"]: sum(value == "yes" for value in row.values())
        for row in known("referrals", known_by)
    }
    linked = [row for row in known("caseload", known_by) if row["referral_id"]]
    few = [row for row in linked if needs[row["referral_id"]] < 4]
    assert few
    assert all(row["as_it_stands"]["eligibility_override_reason"] for row in few)


def test_many_have_no_star_yet_and_several_have_one_only() -> None:
    figures = figures_known(REVIEW_DAY)
    none, one = (count_of(figures, "star_coverage", "as_at", readings=number) for number in ("0", "1"))
    assert none >= 86 / 3
    assert one >= 86 / 5


@pytest.mark.parametrize("known_by", [KNOWLEDGE_DAYS[0], KNOWLEDGE_DAYS[-1]], ids=str)
def test_one_referral_has_had_no_word_for_months(known_by: date) -> None:
    silent = [
        row
        for row in known("referrals", known_by)
        if row["received_date"] <= REVIEW_DAY - timedelta(days=180)
        and row["decision"] in (None, "pending")
        and not (row["acknowledged_date"] or row["decision_date"] or row["feedback_date"])
    ]
    assert len(silent) == 1
