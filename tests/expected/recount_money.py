"""The independent count of money: personal budgets, petty cash and the programme's own budget."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from tests.expected.durations import add_months, is_over, quarter_of
from tests.expected.recount import PROGRAMME_START, Count, Known, Row
from tests.expected.recount_contacts import longer_periods, months_open
from tests.expected.support import spells_of

ALLOWANCE = Decimal(1000)
LIMITS = {"over_900": Decimal(900), "over_1000": ALLOWANCE}
PERSONAL_BUDGETS = "Personal budgets"


def count_money(count: Count, known: Known, practice: dict[str, list[Row]]) -> None:
    """Every metric of this module."""
    lines = known.rows["personal_budget"]
    count_near_limit(count, lines)
    count_days_to_pay(count, lines)
    count_commitment(count, known)
    count_petty_cash(count, practice["petty_cash"])
    count_programme_budget(count, practice["programme_budget"])
    count_cost(count, known, practice["programme_budget"])


# Personal budgets ---------------------------------------------------------------------------------


def budget_year(day: date) -> int:
    """The year in which a budget year that runs from April begins."""
    return day.year if day.month >= 4 else day.year - 1


def moved(lines: Iterable[Row], as_at: date) -> list[Row]:
    """Lines by which money has gone out or come back by a day; a refund is a minus."""
    return [
        row
        for row in lines
        if row["status"] in ("paid", "refunded") and row["paid_date"] and row["paid_date"] <= as_at
    ]


def net_by_client_year(lines: Iterable[Row], as_at: date) -> dict[tuple[str, int], Decimal]:
    """What each person has had by a day in each budget year, refunds off in the year they came back."""
    net: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for row in moved(lines, as_at):
        net[str(row["client_id"]), budget_year(row["paid_date"])] += row["amount"]
    return net


def count_near_limit(count: Count, lines: list[Row]) -> None:
    """budget_near_limit: client-years by their net balance on the day, not by the most they ever reached."""
    net = net_by_client_year(lines, count.as_at)
    for limit, pounds in LIMITS.items():
        over = sum(amount > pounds for amount in net.values())
        count.put("budget_near_limit", "count", "as_at", count.as_at, over, budget_limit=limit)


def count_days_to_pay(count: Count, lines: list[Row]) -> None:
    """budget_days_to_pay."""
    paid = [
        (row["paid_date"], (row["paid_date"] - row["agreed_date"]).days)
        for row in lines
        if row["status"] == "paid" and row["agreed_date"] and row["paid_date"]
    ]
    for period_type, first, last in longer_periods(count.as_at):
        days = [number for day, number in paid if first <= day <= last and number >= 0]
        if days:
            count.put("budget_days_to_pay", "median", period_type, last, statistics.median(days))


def count_commitment(count: Count, known: Known) -> None:
    """budget_commitment: the whole allowance of everybody open, paid already or left."""
    is_open = {spell.client for spell in spells_of(known) if spell.open_on(count.as_at)}
    net = net_by_client_year(known.rows["personal_budget"], count.as_at)
    this_year = budget_year(count.as_at)
    paid = sum((net.get((client, this_year), Decimal(0)) for client in is_open), Decimal(0))
    committed = ALLOWANCE * len(is_open)
    metric, measure = "budget_commitment", "total_gbp"
    count.put(metric, measure, "as_at", count.as_at, float(committed))
    count.put(metric, measure, "as_at", count.as_at, float(paid), commitment="paid")
    count.put(metric, measure, "as_at", count.as_at, float(committed - paid), commitment="left")


# The programme's money ----------------------------------------------------------------------------


def put_pounds(
    count: Count, metric: str, period_type: str, last: date, amounts: Iterable[tuple[Decimal, dict[str, str]]]
) -> None:
    """Sums of pounds by cell."""
    cells: dict[tuple[tuple[str, str], ...], Decimal] = defaultdict(Decimal)
    for amount, cell in amounts:
        cells[tuple(cell.items())] += amount
    for own, total in cells.items():
        count.put(metric, "total_gbp", period_type, last, float(total), **dict(own))


def count_petty_cash(count: Count, vouchers: list[Row]) -> None:
    """petty_cash."""
    for period_type, first, last in longer_periods(count.as_at):
        own = [row for row in vouchers if first <= row["spent_date"] <= last]
        put_pounds(count, "petty_cash", period_type, last, ((row["amount"], {}) for row in own))
        if period_type == "year":
            by_purpose = ((row["amount"], {"purpose": row["purpose"] or "not_known"}) for row in own)
            put_pounds(count, "petty_cash", period_type, last, by_purpose)


def counted_on(line: Row) -> date:
    """The day of a budget line. The quarter in which the programme began is the programme's."""
    begins: date = line["period_start"]
    if quarter_of(begins) == quarter_of(PROGRAMME_START):
        return max(begins, PROGRAMME_START)
    return begins


def figures_of_line(line: Row, last: date) -> dict[str, Decimal]:
    """What a line has by a day; less spent than planned is a plus. What was spent is of the whole quarter."""
    actual = line["actual"] if is_over(quarter_of(line["period_start"]), last) else None
    found = {
        "budget": line["budget"],
        "budget_with_actual": None if actual is None else line["budget"],
        "actual": actual,
        "variance": None if actual is None else line["budget"] - actual,
        "forecast": line["forecast"],
    }
    return {name: amount for name, amount in found.items() if amount is not None}


def count_programme_budget(count: Count, lines: list[Row]) -> None:
    """programme_budget."""
    for period_type, first, last in longer_periods(count.as_at):
        amounts = [
            (amount, {"budget_line": line["line"], "budget_figure": figure})
            for line in lines
            if first <= counted_on(line) <= last
            for figure, amount in figures_of_line(line, last).items()
        ]
        in_all = ((amount, {"budget_figure": cell["budget_figure"]}) for amount, cell in amounts)
        put_pounds(count, "programme_budget", period_type, last, in_all)
        if period_type != "quarter":
            put_pounds(count, "programme_budget", period_type, last, amounts)


def count_cost(count: Count, known: Known, lines: list[Row]) -> None:
    """cost_per_client_month: what was spent by the months in which people were open in those quarters."""
    spells = spells_of(known)
    actuals: dict[date, list[Decimal | None]] = defaultdict(list)
    for line in lines:
        actuals[quarter_of(line["period_start"])].append(line["actual"])
    # With one line still to come a quarter's money is not all of it.
    spent = {
        quarter: sum((actual for actual in own if actual is not None), Decimal(0))
        for quarter, own in actuals.items()
        if None not in own
    }
    for period_type, first, last in longer_periods(count.as_at):
        pounds, months = Decimal(0), 0.0
        for quarter, amount in spent.items():
            quarter_end = date.fromordinal(add_months(quarter, 3).toordinal() - 1)
            # A whole quarter's money beside a part of its months would be too dear: running quarters wait.
            if quarter_of(first) <= quarter and quarter_end <= last:
                pounds += amount
                months += months_open(spells, max(quarter, first), quarter_end)
        if months:
            count.put("cost_per_client_month", "mean", period_type, last, float(pounds) / months)


def ledger_quarters(
    budget_lines: list[Row], programme_lines: list[Row], as_at: date
) -> dict[date, tuple[Decimal, Decimal | None]]:
    """By quarter: net personal budget paid, and what the ledger says of it; None where it does not yet."""
    paid: dict[date, Decimal] = defaultdict(Decimal)
    for row in moved(budget_lines, as_at):
        paid[quarter_of(row["paid_date"])] += row["amount"]
    ledger: dict[date, Decimal] = defaultdict(Decimal)
    for line in programme_lines:
        quarter = quarter_of(line["period_start"])
        if line["line"] == PERSONAL_BUDGETS and line["actual"] is not None and is_over(quarter, as_at):
            ledger[quarter] += line["actual"]
    return {quarter: (paid.get(quarter, Decimal(0)), ledger.get(quarter)) for quarter in {*paid, *ledger}}
