"""The pipeline holds against an independent count of the same files: figures, refusals, vanished keys."""

from datetime import date
from functools import cache
from math import isclose
from pathlib import Path

import pytest

from tests.expected import practice_rules
from tests.expected.recount import (
    Figures,
    accounts,
    blanked_cells,
    practice_rows,
    recount,
    refused_lines,
    sums,
    vanished,
)
from tests.pipeline.programme import Programme, example_files

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
    "needs_at_referral",
    "referral_feedback",
    "referrals_no_word",
    "wait_to_decision",
    "wait_to_allocation",
    "wait_to_first_contact",
    "wait_to_start",
    "re_referral_12m",
    "caseload_per_fte",
    "allocation_completeness",
    "lead_continuity",
    "secondment_cliff",
    "contacts",
    "contact_attempts",
    "attempts_before_success",
    "contact_gap",
    "re_engaged_after_gap",
    "person_months",
    "exits",
    "length_of_support",
    "tenancy_sustained_6m",
    "tenancy_sustained_12m",
    "accommodation_mix",
    "service_events",
    "service_value",
    "service_change",
    "star_change_12m",
    "star_change_12m_baseline",
    "star_stage_move",
    "star_headroom",
    "star_missing",
    "star_due",
    "baseline_delay",
    "ndta_at_start",
    "ndta_change",
    "budget_near_limit",
    "budget_days_to_pay",
    "budget_commitment",
    "petty_cash",
    "programme_budget",
    "cost_per_client_month",
    "system_changes_by_stage",
    "spg_item_age",
    "evidence_by_source",
]
# What adds up: where the recount has no entry, nothing is there to add.
SUMS = {"count", "total", "total_gbp"}
# Sums of which nothing recorded is not nothing spent.
UNKNOWN_WITHOUT_ENTRY = {"programme_budget"}


@cache
def counted(day: date, as_at: date) -> Figures:
    return recount(day, merged_by=as_at)


def counted_for(metric_id: str, days: list[date]) -> Figures:
    """What the files say of a metric, in every period and at each day that a figure is about."""
    to_date = {"as_at", "programme"}
    figures = {
        key: value
        for day in days
        for key, value in counted(day, days[-1]).items()
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
    assert found
    differing = {}
    for key, value in found.items():
        # Where the recount has no entry a count is one of nobody; a mean of nobody is no figure.
        is_nil = key[1] in SUMS and metric_id not in UNKNOWN_WITHOUT_ENTRY
        by_hand = expected.get(key, 0.0 if is_nil else None)
        # Pounds of millions do not come out alike to the last digit of a double.
        if value is None or by_hand is None or not isclose(value, by_hand, rel_tol=1e-6, abs_tol=1e-6):
            differing[key] = (value, by_hand)
    return {key: pair for key, pair in differing.items() if pair != (None, None)}


@pytest.mark.parametrize("metric_id", METRICS)
def test_figures_as_at_the_latest_extract(published: Programme, metric_id: str) -> None:
    assert differences(published, metric_id) == {}


@pytest.mark.parametrize("metric_id", METRICS)
def test_figures_as_at_the_review(published_may_2015: Programme, metric_id: str) -> None:
    assert differences(published_may_2015, metric_id) == {}


@pytest.fixture(scope="module", params=["2016-02-29", "2017-08-31"])
def counted_between(published: Programme, bench: Path, request: pytest.FixtureRequest) -> Programme:
    """The figures of the same exports as at a leap day, and as at a day in the midst of a quarter."""
    programme = published.on_workbench(bench)
    programme.build(date.fromisoformat(request.param))
    return programme


@pytest.mark.parametrize("metric_id", METRICS)
def test_figures_as_at_days_between(counted_between: Programme, metric_id: str) -> None:
    assert differences(counted_between, metric_id) == {}


def test_the_recount_holds_every_metric(published: Programme) -> None:
    metrics = published.warehouse("select metric_id from metrics.metric_definitions")
    assert {metric_id for (metric_id,) in metrics} == set(METRICS)


def test_no_curve_turns_or_leaves_its_interval(published: Programme) -> None:
    curves: dict[tuple, list[tuple]] = {}
    for metric, end, time, by, category, *figure in published.warehouse(
        "select metric_id, period_end, category_1, dimension_2, category_2, value, lower, upper"
        " from metrics.fct_metric_values where value is not null"
        " and (measure = 'survival' or (metric_id like 'wait_to_%' and measure = 'share'))"
    ):
        curves.setdefault((metric, end, by, category), []).append((int(time), *figure))
    assert {metric for metric, *_ in curves} == {"length_of_support", *(m for m in METRICS if "wait_to" in m)}
    for (metric, *_), points in curves.items():
        values = [value for _, value, _, _ in sorted(points)]
        assert values == sorted(values, reverse=metric == "length_of_support")
        for _, value, lower, upper in points:
            assert (lower is None) == (upper is None)
            assert 0 <= value <= 1
            assert lower is None or 0 <= lower < value < upper <= 1


# What the product says of a row for each class of reason in the list of what must not load.
REASONS = {
    "missing_required": {"missing", "not_an_identifier", "needed_for_status"},
    "invalid_date": {"not_a_date"},
    "month_first": {"month_first"},
    "invalid_number": {"not_an_amount", "not_a_number", "not_a_whole_number"},
    "not_allowed": {"not_in_list"},
    "too_long": {"too_long", "text_too_long"},
    "out_of_range": {"below_minimum", "above_maximum"},
    "before_programme": {"before_programme_start"},
    "after_extract": {"after_extract_date"},
    "date_order": {
        "before_allocated_date",
        "before_earliest_star_date",
        "before_from_date",
        "before_raised_date",
        "before_start_date",
    },
    "unknown_client": {"unknown_client"},
    "conflicting_duplicate": {"conflicting_duplicate"},
    "total_differs": {"total_differs"},
    "not_a_quarter_start": {"not_a_quarter_start"},
    "over_100_percent": {"over_100_percent"},
    "linked_to_itself": {"linked_to_itself"},
}


def test_refused_are_exactly_the_rows_that_break_the_contract(published: Programme) -> None:
    refused = published.warehouse(
        "select distinct source_file, source_line from marts.fct_rejected_rows where not row_is_kept"
    )
    expected = {(file, line) for file, line, reason in refused_lines() if reason != "exact_duplicate"}
    assert set(refused) == expected


def test_refused_rows_carry_every_reason_against_them(published: Programme) -> None:
    given: dict[tuple[str, int], set[str]] = {}
    for file, line, reason in published.warehouse(
        "select source_file, source_line, reason from marts.fct_rejected_rows where not row_is_kept"
    ):
        given.setdefault((file, line), set()).add(reason)
    unnamed = {
        (file, line, reason)
        for file, line, reason in refused_lines()
        if reason != "exact_duplicate" and not REASONS[reason] & given.get((file, line), set())
    }
    assert unnamed == set()


def test_emptied_are_exactly_the_cells_that_cannot_be(published: Programme) -> None:
    emptied = published.warehouse(
        "select distinct source_file, source_line, column_name from marts.fct_rejected_rows"
        " where row_is_kept and reason <> 'orphan'"
    )
    assert set(emptied) == blanked_cells()


def test_the_ledger_accounts_for_every_row_of_every_file(published: Programme) -> None:
    loads = published.warehouse(
        "select file_name, status, rows_in_file, rows_loaded, rows_duplicate, rows_rejected, rows_skipped"
        " from marts.fct_loads"
    )
    assert len(loads) == len(example_files())
    assert {status for _, status, *_ in loads} == {"loaded"}
    assert {name: tuple(rows) for name, _, *rows in loads} == accounts()


@pytest.mark.parametrize("export", practice_rules.CELLS)
def test_rows_that_count_of_each_other_export(published: Programme, export: str) -> None:
    [(rows,)] = published.warehouse(f"select count(*) from staging.stg_{export}")
    assert rows == len(practice_rows(export))


def test_ndta_totals_are_those_of_the_items(published: Programme) -> None:
    items = " + ".join(practice_rules.ITEMS)
    [(whole, points)] = published.warehouse(f"select count({items}), sum({items}) from staging.stg_ndta")
    scores = [[row[item] for item in practice_rules.ITEMS] for row in practice_rows("ndta")]
    totals = [sum(own) for own in scores if None not in own]
    assert (whole, points) == (len(totals), sum(totals))


def test_quarters_of_accommodation_never_pass_a_hundred(published: Programme) -> None:
    [(quarters, most, percent)] = published.warehouse(
        "select count(*), max(total), sum(total) from"
        " (select sum(percent) as total from staging.stg_accommodation group by client_id, quarter_start)"
    )
    rows = practice_rows("accommodation")
    assert quarters == len({(row["client_id"], row["quarter_start"]) for row in rows})
    assert (most, percent) == (100, sum(row["percent"] for row in rows))


@pytest.mark.parametrize(
    ("export", "column"),
    [("petty_cash", "amount"), ("programme_budget", "budget"), ("programme_budget", "actual")],
)
def test_pence_loaded_duplicate_and_rejected_are_the_files_pence(
    published: Programme, export: str, column: str
) -> None:
    by_file = {
        file: {"loaded": loaded, "duplicate": duplicate, "rejected": rejected, "file": every}
        for file, loaded, duplicate, rejected, every in published.warehouse(
            f"""
            select
                source_file,
                coalesce(sum({column}) filter (where not is_duplicate and reject_reasons is null), 0),
                coalesce(sum({column}) filter (where is_duplicate), 0),
                coalesce(sum({column}) filter (where not is_duplicate and reject_reasons is not null), 0),
                sum({column})
            from staging.base_{export}
            group by source_file
            """
        )
    }
    assert by_file == sums(export, column)


def test_refused_rows_are_files_for_the_data_lead(published: Programme) -> None:
    lists = sorted((published.folder / "rejects").rglob("*.csv"))
    lines = [line for file in lists for line in file.read_text(encoding="utf-8-sig").splitlines()]
    assert lines[0] == "file,line,column,value,reason"
    assert any("31/02" in line for line in lines)
    assert not any("FLIC-0" in line for line in lines)


def test_keys_that_vanished_were_listed(published: Programme) -> None:
    # Of the heart the generator drops one referral and one requested budget line. The star of somebody whom
    # nobody knows is gone too, but it was never taken in.
    others = {export: keys for export, keys in vanished().items() if keys}
    expected = others | {"referrals": 1, "personal_budget": 1}
    listed = published.warehouse("select export, count(*) from marts.fct_vanished_keys group by export")
    assert dict(listed) == expected
