"""The figures of the realist review come out of the whole pipeline (spec: the worked example)."""

from datetime import date

import pytest

from tests.pipeline.programme import Programme

REVIEW_DAY = date(2015, 5, 31)

# From the specification: 165 referrals, 86 open, 88 started, 2 ended, 88 accepted of 165.
WORKED_EXAMPLE = [
    ("referrals_received", "programme", 165),
    ("starts", "programme", 88),
    ("ends", "programme", 2),
    ("open_caseload", "as_at", 86),
    ("acceptance_rate", "programme", 88),
]


def headline(programme: Programme, metric_id: str, period_type: str) -> list[tuple]:
    return programme.query(
        "select value, mark, exact from metric_values where metric_id = ? and measure = 'count'"
        " and period_type = ? and period_end = ? and dimension_1 = ''",
        metric_id,
        period_type,
        REVIEW_DAY,
    )


@pytest.mark.parametrize(("metric_id", "period_type", "expected"), WORKED_EXAMPLE)
def test_headlines_as_at_the_review(
    published_may_2015: Programme, metric_id: str, period_type: str, expected: int
) -> None:
    assert headline(published_may_2015, metric_id, period_type) == [(expected, "", True)]


@pytest.mark.parametrize(
    ("metric_id", "expected"), [(metric, value) for metric, kind, value in WORKED_EXAMPLE if kind == "as_at"]
)
def test_a_later_release_still_shows_the_review_day_as_a_month_end(
    published: Programme, metric_id: str, expected: int
) -> None:
    assert headline(published, metric_id, "as_at") == [(expected, "", True)]


def test_known_by_june_2015_gives_the_same(programme: Programme) -> None:
    programme.refresh("--as-at", "2015-05-31", "--known-by", "2015-06-15T00:00")
    found = {metric: headline(programme, metric, kind) for metric, kind, _ in WORKED_EXAMPLE}
    assert found == {metric: [(value, "", True)] for metric, _, value in WORKED_EXAMPLE}


def test_seventy_seven_referrals_are_accounted_for_by_other_statuses(published_may_2015: Programme) -> None:
    statuses = dict(
        published_may_2015.query(
            "select category_1, value from metric_values where metric_id = 'referral_status'"
            " and period_end = ? and dimension_1 = 'status' and dimension_2 = ''",
            REVIEW_DAY,
            folder="management",
        )
    )
    assert statuses.pop("accepted") == 88
    assert sum(statuses.values()) == 77


def test_moving_on_is_never_an_exact_headline(published_may_2015: Programme) -> None:
    # Two people moved on. The partnership must not see a figure from which that follows.
    rows = published_may_2015.query(
        "select value, numerator, denominator, mark from metric_values"
        " where metric_id = 'moved_on' and period_end = ?",
        REVIEW_DAY,
    )
    assert rows
    assert set(rows) == {(None, None, None, "c")}
