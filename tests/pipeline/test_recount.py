"""The pipeline holds against an independent count of the same files: figures, refusals, vanished keys."""

from datetime import date
from functools import cache

import pytest

from tests.expected.recount import Figures, blanked_cells, recount, refused_lines
from tests.pipeline.programme import Programme

METRICS = [
    "referrals_received",
    "referral_status",
    "acceptance_rate",
    "starts",
    "ends",
    "open_caseload",
    "needs_at_start",
    "star_coverage",
    "star_first_profile",
    "star_change",
    "cohort_status",
    "moved_on",
    "budget_spent",
    "budget_people",
    "budget_allowance_used",
]


@cache
def counted(as_at: date) -> Figures:
    return recount(as_at)


def counted_for(metric_id: str, days: list[date]) -> Figures:
    """What the files say of a metric, in every period and at each day that a figure is about."""
    to_date = {"as_at", "programme"}
    figures = {
        key: value
        for day in days
        for key, value in counted(day).items()
        if key[2] in to_date or key[3] != day or day == days[-1]
    }
    return {key: value for key, value in figures.items() if key[0] == metric_id}


def figures_of(programme: Programme, metric_id: str) -> dict[tuple, float | None]:
    """The warehouse's figures in the shape of the recount."""
    rows = programme.warehouse(
        "select metric_id, measure, period_type, period_end,"
        " dimension_1, category_1, dimension_2, category_2, value"
        " from metrics.fct_metric_values where metric_id = ?",
        metric_id,
    )
    return {
        (
            metric,
            measure,
            period_type,
            end,
            tuple(sorted(pair for pair in ((d1, c1), (d2, c2)) if pair[0])),
        ): value
        for metric, measure, period_type, end, d1, c1, d2, c2, value in rows
    }


def differences(programme: Programme, metric_id: str) -> dict[tuple, tuple]:
    found = figures_of(programme, metric_id)
    days = sorted({key[3] for key in found})
    expected = counted_for(metric_id, days)
    assert len(expected) > 1
    differing = {}
    for key, value in found.items():
        # A count where the recount has no entry is a count of nobody; a mean of nobody is no figure.
        by_hand = expected.get(key, 0.0 if key[1] in {"count", "total_gbp"} else None)
        if value is None or by_hand is None or abs(value - by_hand) > 1e-6:
            differing[key] = (value, by_hand)
    return {key: pair for key, pair in differing.items() if pair != (None, None)}


@pytest.mark.parametrize("metric_id", METRICS)
def test_figures_as_at_the_latest_extract(published: Programme, metric_id: str) -> None:
    assert differences(published, metric_id) == {}


@pytest.mark.parametrize("metric_id", METRICS)
def test_figures_as_at_the_review(published_may_2015: Programme, metric_id: str) -> None:
    assert differences(published_may_2015, metric_id) == {}


def test_refused_are_exactly_the_rows_that_break_the_contract(published: Programme) -> None:
    refused = published.warehouse(
        "select distinct source_file, source_line from marts.fct_rejected_rows where not row_is_kept"
    )
    expected = {(file, line) for file, line, reason in refused_lines() if reason != "exact_duplicate"}
    assert set(refused) == expected


def test_emptied_are_exactly_the_cells_that_cannot_be(published: Programme) -> None:
    emptied = published.warehouse(
        "select distinct source_file, source_line, column_name from marts.fct_rejected_rows"
        " where row_is_kept and column_name like 'area_%'"
    )
    assert set(emptied) == blanked_cells()


def test_the_ledger_accounts_for_every_row_of_every_file(published: Programme) -> None:
    loads = published.warehouse(
        "select status, rows_in_file, rows_loaded + rows_duplicate + rows_rejected + rows_skipped"
        " from marts.fct_loads"
    )
    assert len(loads) == 65
    assert {status for status, _, _ in loads} == {"loaded"}
    assert all(rows == accounted for _, rows, accounted in loads)


def test_refused_rows_are_files_for_the_data_lead(published: Programme) -> None:
    lists = sorted((published.folder / "rejects").rglob("*.csv"))
    lines = [line for file in lists for line in file.read_text(encoding="utf-8-sig").splitlines()]
    assert lines[0] == "file,line,column,value,reason"
    assert any("31/02" in line for line in lines)
    assert not any("FLIC-0" in line for line in lines)


def test_two_keys_vanished_and_were_listed(published: Programme) -> None:
    # The generator drops one referral and one requested budget line from later extracts.
    vanished = published.warehouse("select export from marts.fct_vanished_keys order by export")
    assert vanished == [("personal_budget",), ("referrals",)]
