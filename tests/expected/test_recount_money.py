"""The independent count of money on invented rows, each figure counted by hand."""

from datetime import date
from decimal import Decimal

import pytest

from tests.expected.invented_rows import as_day, cost, episode, figures, known, line
from tests.expected.recount import Count, Row
from tests.expected.recount_money import (
    count_commitment,
    count_cost,
    count_days_to_pay,
    count_near_limit,
    count_petty_cash,
    count_programme_budget,
    ledger_quarters,
)

AS_AT = date(2015, 5, 31)
LAST_YEAR = date(2015, 3, 31)


def test_client_years_near_the_limit() -> None:
    count = Count(AS_AT)
    lines = [
        # What comes back in April is the next year's.
        line("950.00", "2015-03-31", client="A"),
        line("-100.00", "2015-04-01", status="refunded", client="A"),
        line("950.00", "2015-03-01", client="B"),
        line("-60.00", "2015-03-15", status="refunded", client="B"),
        line("600.00", "2014-07-01", client="C"),
        line("400.01", "2014-08-01", client="C"),
        # At a limit is not over it; the next year is one of its own.
        line("900.00", "2014-07-01", client="D"),
        line("1000.00", "2015-04-01", client="D"),
        line("950.00", "2015-06-01", client="E"),
        line("2000.00", agreed="2015-05-01", status="agreed", client="E"),
    ]
    count_near_limit(count, lines)
    # A and C of 2014-15, D of 2015-16.
    assert figures(count, "budget_near_limit", "count", "as_at") == {("over_900",): 3, ("over_1000",): 1}


def test_over_the_limit_until_the_refund() -> None:
    lines = [line("950.00", "2015-03-01"), line("-60.00", "2015-03-15", status="refunded")]
    for day, over in (("2015-02-28", 0), ("2015-03-14", 1), ("2015-03-15", 0)):
        count = Count(as_day(day))
        count_near_limit(count, lines)
        assert figures(count, "budget_near_limit", "count", "as_at")[("over_900",)] == over


def test_days_from_agreed_to_paid() -> None:
    count = Count(AS_AT)
    lines = [
        line("5.00", "2015-05-01", agreed="2015-05-01"),
        line("6.00", "2015-05-05", agreed="2015-05-01"),
        line("7.00", "2015-05-31", agreed="2015-04-01"),
        line("8.00", "2015-03-31", agreed="2015-03-24"),
        # None of these: paid before it was agreed, nothing agreed, a refund, not paid, tomorrow.
        line("9.00", "2015-05-01", agreed="2015-05-02"),
        line("10.00", "2015-05-01"),
        line("-11.00", "2015-05-31", agreed="2015-05-01", status="refunded"),
        line("12.00", agreed="2015-05-01", status="agreed"),
        line("13.00", "2015-06-01", agreed="2015-04-01"),
    ]
    count_days_to_pay(count, lines)
    # 0, 4 and 60 days; with the 7 of March before them.
    assert figures(count, "budget_days_to_pay", "median", "quarter") == {(): 4}
    assert figures(count, "budget_days_to_pay", "median", "quarter", LAST_YEAR) == {(): 7}
    assert figures(count, "budget_days_to_pay", "median", "year", LAST_YEAR) == {(): 7}
    assert figures(count, "budget_days_to_pay", "median", "programme") == {(): 5.5}


def test_allowances_of_people_open_are_paid_or_left() -> None:
    count = Count(AS_AT)
    rows = known(
        episode("E1", "2014-07-01", client="A"),
        # Two episodes, one allowance.
        episode("E2", "2015-05-01", client="A"),
        episode("E3", "2014-07-01", client="B"),
        episode("E4", "2014-07-01", "2015-05-31", client="C"),
        line("300.00", "2015-04-01", client="A"),
        line("200.00", "2015-03-31", client="A"),
        # More than the allowance leaves less than nothing.
        line("1200.00", "2015-04-10", client="B"),
        line("-50.00", "2015-05-31", status="refunded", client="B"),
        line("400.00", "2015-04-10", client="C"),
    )
    count_commitment(count, rows)
    assert figures(count, "budget_commitment", "total_gbp", "as_at") == {
        (): 2000,
        ("paid",): 1450,
        ("left",): 550,
    }


def voucher(day: str, amount: str, purpose: str | None) -> Row:
    return {"spent_date": as_day(day), "amount": Decimal(amount), "purpose": purpose}


def test_petty_cash() -> None:
    count = Count(AS_AT)
    vouchers = [
        voucher("2015-03-31", "5.00", "phone"),
        voucher("2015-04-01", "2.50", None),
        voucher("2015-05-31", "-1.00", "phone"),
        voucher("2015-06-01", "9.00", "other"),
    ]
    count_petty_cash(count, vouchers)
    assert figures(count, "petty_cash", "total_gbp", "quarter", LAST_YEAR) == {(): 5}
    assert figures(count, "petty_cash", "total_gbp", "quarter") == {(): 1.5}
    assert figures(count, "petty_cash", "total_gbp", "programme") == {(): 6.5}
    assert figures(count, "petty_cash", "total_gbp", "year") == {
        (): 1.5,
        ("not_known",): 2.5,
        ("phone",): -1,
    }


def test_programme_budget_by_line_and_figure() -> None:
    count = Count(AS_AT)
    lines = [
        # Before the programme's first quarter, within it, and ahead of the day.
        cost("Staffing", "2014-01-01", "70", "70"),
        cost("Staffing", "2014-04-01", "100", "90"),
        cost("Staffing", "2015-01-01", "200", "210"),
        cost("Staffing", "2015-04-01", "300", forecast="280"),
        # Of a quarter that still runs: it waits for the end of June.
        cost("Travel", "2015-04-01", "50", "40"),
        # A line that is still to come in a quarter that is over.
        cost("Travel", "2015-01-01", "30"),
        cost("Staffing", "2015-07-01", "400"),
    ]
    count_programme_budget(count, lines)
    first_quarter = figures(count, "programme_budget", "total_gbp", "quarter", date(2014, 6, 30))
    assert first_quarter == {
        ("budget",): 100,
        ("budget_with_actual",): 100,
        ("actual",): 90,
        ("variance",): 10,
    }
    last_quarter = figures(count, "programme_budget", "total_gbp", "quarter", LAST_YEAR)
    assert last_quarter == {
        ("budget",): 230,
        ("budget_with_actual",): 200,
        ("actual",): 210,
        ("variance",): -10,
    }
    in_all = {("budget",): 350, ("forecast",): 280}
    assert figures(count, "programme_budget", "total_gbp", "quarter") == in_all
    assert figures(count, "programme_budget", "total_gbp", "year") == in_all | {
        ("budget", "Staffing"): 300,
        ("forecast", "Staffing"): 280,
        ("budget", "Travel"): 50,
    }
    whole = figures(count, "programme_budget", "total_gbp", "programme")
    # Ten pounds less than planned, and ten more.
    assert {cell: value for cell, value in whole.items() if len(cell) == 1} == {
        ("budget",): 680,
        ("budget_with_actual",): 300,
        ("actual",): 300,
        ("variance",): 0,
        ("forecast",): 280,
    }
    assert whole["variance", "Staffing"] == 0


def test_cost_of_a_month_of_support_where_the_cost_is_known() -> None:
    count = Count(AS_AT)
    rows = known(
        # Thirty days of June.
        episode("E1", "2014-06-01", "2014-07-01", client="A"),
        # Within a quarter that has no actual, and one in which a line has none.
        episode("E2", "2014-07-01", "2015-01-01", client="B"),
        # Twenty days of April and thirty-one of May.
        episode("E3", "2015-04-11", client="C"),
    )
    lines = [
        cost("Staffing", "2014-04-01", "100", "60"),
        cost("Travel", "2014-04-01", "100", "30"),
        cost("Staffing", "2014-07-01", "100", forecast="100"),
        cost("Staffing", "2014-10-01", "100", "100"),
        cost("Travel", "2014-10-01", "100"),
        cost("Staffing", "2015-04-01", "100", "102"),
    ]
    count_cost(count, rows, lines)
    metric = "cost_per_client_month"
    assert figures(count, metric, "mean", "quarter", date(2014, 6, 30)) == {(): pytest.approx(91.3125)}
    assert figures(count, metric, "mean", "quarter", date(2014, 9, 30)) == {}
    assert figures(count, metric, "mean", "quarter", date(2014, 12, 31)) == {}
    assert figures(count, metric, "mean", "year", LAST_YEAR) == {(): pytest.approx(91.3125)}
    # The quarter from April 2015 still runs: all its money beside two of its three months would be too dear.
    assert figures(count, metric, "mean", "quarter") == {}
    assert figures(count, metric, "mean", "programme") == {(): pytest.approx(91.3125)}


def test_personal_budgets_beside_the_ledger() -> None:
    lines = [
        line("100.00", "2015-01-01"),
        line("-30.00", "2015-03-31", status="refunded"),
        line("20.00", "2015-04-01"),
        line("9.00", "2015-06-01"),
        line("50.00", agreed="2015-04-01", status="agreed"),
    ]
    programme = [
        cost("Personal budgets", "2014-10-01", "80", "8"),
        cost("Personal budgets", "2015-01-01", "80", "75"),
        cost("Staffing", "2015-01-01", "80", "70"),
        # What finance has of a running quarter is not the whole of it.
        cost("Personal budgets", "2015-04-01", "80", "20"),
    ]
    assert ledger_quarters(lines, programme, AS_AT) == {
        date(2014, 10, 1): (0, 8),
        date(2015, 1, 1): (70, 75),
        date(2015, 4, 1): (20, None),
    }
