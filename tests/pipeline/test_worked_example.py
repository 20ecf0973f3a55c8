"""The figures of the realist review come out of the whole pipeline (spec: the worked example)."""

from datetime import date, datetime

import pytest

from dagster_project.publication.releases import read_manifest
from tests.expected.recount import Figures, recount
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


def headline(
    programme: Programme, metric_id: str, period_type: str, release_id: str | None = None
) -> list[tuple]:
    """Of the release that is served, if none is named."""
    return programme.query_release(
        release_id or programme.current()["release_id"],
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


def statuses(figures: Figures) -> dict[str, float]:
    """Where the referrals stood on the review's day, by the independent count."""
    return {
        cell[0][1]: value
        for (metric, measure, _, end, cell), value in figures.items()
        if (metric, measure, end) == ("referral_status", "count", REVIEW_DAY)
        and [name for name, _ in cell] == ["status"]
    }


def test_known_by_june_2015_gives_the_same_and_what_was_corrected_later_is_named(
    published_may_2015: Programme,
) -> None:
    programme = published_may_2015
    release_id = programme.current()["release_id"]
    known_by_june = str(read_manifest(programme.folder / "drafts", release_id)["follows"])
    assert programme.query_release(known_by_june, "select known_by from release") == [
        (datetime(2015, 6, 14, 23),)  # noqa: DTZ001 - a release holds its times in UTC
    ]
    found = {metric: headline(programme, metric, kind, known_by_june) for metric, kind, _ in WORKED_EXAMPLE}
    assert found == {metric: [(value, "", True)] for metric, _, value in WORKED_EXAMPLE}

    # Two decisions of late May were recorded in June: known by mid-June these referrals are still awaiting.
    before, after = (statuses(recount(REVIEW_DAY, known_by=by)) for by in (date(2015, 6, 14), date.max))
    moved = {
        status: (before.get(status, 0), after.get(status, 0))
        for status in before.keys() | after.keys()
        if before.get(status, 0) != after.get(status, 0)
    }
    assert before["awaiting"] - after["awaiting"] == 2
    changes = (
        "select category_1, old_value, new_value, because_of from figure_changes"
        " where metric_id = 'referral_status' and period_end = ? and dimension_1 = 'status'"
        " and dimension_2 = ''"
    )
    listed = programme.query(changes, REVIEW_DAY, folder="management")
    assert {status: (old, new) for status, old, new, _ in listed} == moved
    assert all("referrals_2018-03-31.csv" in because for *_, because in listed)
    # Everyone else is told of the export and its day, never of a file's name.
    for status, _, _, because in programme.query(changes, REVIEW_DAY):
        assert status in moved
        assert "referrals of 2018-03-31" in because


def exact(programme: Programme, metric_id: str, measure: str, **cell: str) -> float:
    """One exact figure of the review's day."""
    [(value,)] = programme.query(
        "select value from metric_values where metric_id = ? and measure = ? and period_end = ?"
        " and dimension_1 = ? and category_1 = ? and dimension_2 = ''",
        *(metric_id, measure, REVIEW_DAY, "".join(cell), "".join(cell.values())),
        folder="management",
    )
    return value


def test_workers_and_allowance_as_at_the_review(published_may_2015: Programme) -> None:
    # From the specification: nine link workers in post, 9.56 open cases each; allowance ceiling GBP 86,000.
    assert round(exact(published_may_2015, "caseload_per_fte", "mean"), 2) == 9.56
    assert exact(published_may_2015, "budget_commitment", "total_gbp") == 86_000
    posts = published_may_2015.warehouse(
        "select role, count(*) from marts.fct_workers where start_date <= ?"
        " and (end_date is null or end_date > ?) group by role",
        *(REVIEW_DAY, REVIEW_DAY),
    )
    assert {"link_worker": 9, "peer_mentor": 14, "peer_mentor_coordinator": 1}.items() <= dict(posts).items()


def test_one_referral_had_no_word_for_months(published_may_2015: Programme) -> None:
    waiting = exact(published_may_2015, "referrals_no_word", "count", days_without_word="over_84")
    assert waiting >= 1
    assert (
        waiting
        == recount(REVIEW_DAY)[
            ("referrals_no_word", "count", "as_at", REVIEW_DAY, (("days_without_word", "over_84"),))
        ]
    )


def test_the_sleeping_bag_change_and_the_hypotheses_are_in_the_release(published_may_2015: Programme) -> None:
    [(practice_a, practice_b, practice_c)] = published_may_2015.query(
        "select practice_a, practice_b, practice_c from system_changes where change_id = 'SC-001'"
    )
    assert practice_a
    assert practice_b
    assert practice_c
    first_cycle = "select count(distinct hypothesis_id) from hypotheses where cycle = 1"
    assert published_may_2015.query(first_cycle) == [(3,)]
    # Where somebody has spoken there is no gap.
    spoken_gaps = (
        "select count(*) from triangulation_gaps"
        " inner join evidence using (hypothesis_id, cycle, source_type)"
    )
    assert published_may_2015.query(spoken_gaps) == [(0,)]
    assert published_may_2015.query("select count(*) > 0 from triangulation_gaps") == [(True,)]


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
        # Two ends are no batch: the last one that is shown is of an earlier day, and withheld too.
        " where metric_id = 'moved_on' and period_end <= ?",
        REVIEW_DAY,
    )
    assert rows
    assert set(rows) == {(None, None, None, "c")}
