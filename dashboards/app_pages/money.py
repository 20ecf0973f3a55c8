"""Money: does money follow people's own goals, and is it on budget?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, exhibits, sentences
from dashboards.published import Period
from dashboards.state import View, current

TWO_BOOKS = (
    "Personal budgets stand on this page twice, from two sources that are kept apart. “Paid” adds up the "
    "single payments for people by the day of payment, refunds taken off, also those of a quarter whose "
    "books are still open. The actual of a line of the programme's budget is what the ledger says, of the "
    "quarters whose books are closed alone. So the two differ. Each refresh holds one against the other by "
    "closed quarter and gives the differences to the data lead, who explains them; they are not published."
)
LEAST_FOR_A_SUM = "A sum is shown for 10 people or more, where no one or two of them make up most of it."


def show(view: View) -> None:
    """Draw the page."""
    total = view.publication.figure("budget_spent", "total_gbp", view.flow, view.end)
    spenders = view.publication.figure("budget_people", "count", view.flow, view.end)
    share = view.publication.figure("budget_people", "share", view.flow, view.end)
    answer = sentences.money(total, spenders, share, view.period)
    if exhibits.plans(view, "programme_budget", "total_gbp", "year", "budget_figure"):
        answer += f" {_budget_text(view)}"
    components.page_head(
        view, "Money", "Does money follow people's own goals, and is it on budget?", view.about_all(answer)
    )
    basis = "Personal budgets: refunds taken off"
    if not view.is_exact:
        basis += "; totals are rounded to £100"
        if exhibits.plans(view, "budget_spent", "mean", view.flow):
            basis += ", a person's mean and median to £50"
    components.quiet(f"{basis}.")
    if view.flow == "quarter":
        _quarter(view)
    year = view.latest_year()
    if year is not None:
        _year(view, year)
    exhibits.trend(
        view,
        "paid",
        f"Paid from personal budgets, by {view.flow}",
        "budget_spent",
        "total_gbp",
        view.flow,
        "Paid",
        lambda f: f"{sentences.shown(f)} was paid",
        beside=[
            ("People", "budget_people", "count"),
            ("Mean", "budget_spent", "mean"),
            ("Median", "budget_spent", "median"),
        ]
        if view.flow == "quarter"
        else (),
    )
    if year is not None and exhibits.plans(view, "budget_spent", "total_gbp", "year", "category"):
        components.section("What it was spent on, and where", "Everything in a fixed order, not by size.")
        with st.container(key="pair-money"):
            # By year and never since the start: two sums to date, one less the other, are a quarter's own
            # sum.
            places = view.publication.places
            for dimension, title in (("category", "By category"), (places, f"By {places}")):
                exhibits.breakdown(
                    view,
                    f"by-{dimension}",
                    f"Personal budgets: {title.lower()}",
                    "budget_spent",
                    "total_gbp",
                    "year",
                    dimension,
                    heading="Paid",
                    noun="spending",
                    caveat="" if view.is_exact else LEAST_FOR_A_SUM,
                )
    _limits(view)
    _programme(view)
    _petty_cash(view)


def _quarter(view: View) -> None:
    components.section(sentences.capital(sentences.period_name(view.period)))
    with components.tiles("money"):
        exhibits.tile(view, "paid", "Paid from personal budgets", "budget_spent", "total_gbp", "quarter")
        exhibits.tile(view, "people", "People with a payment", "budget_people", "count", "quarter", "people")
        exhibits.tile(view, "share", "Share of people supported", "budget_people", "share", "quarter")
        exhibits.tile(view, "mean", "Mean per person with a payment", "budget_spent", "mean", "quarter")
        exhibits.tile(view, "median", "Median per person with a payment", "budget_spent", "median", "quarter")
        exhibits.tile(
            view, "days", "Agreed to paid: half within", "budget_days_to_pay", "median", "quarter", "days"
        )


def _year(view: View, year: Period) -> None:
    title = f"Financial year, {sentences.period_name(year)}" + ("" if year.is_complete else " so far")
    components.section(title)
    allowance = view.publication.settings().get("allowance_gbp_per_year", "")
    with components.tiles("year"):
        exhibits.tile(
            view,
            "year-paid",
            "Paid in the year",
            "budget_spent",
            "total_gbp",
            "year",
            since="By single payments; the ledger's figure is below" if _is_in_both(view) else "",
        )
        exhibits.tile(
            view, "year-people", "People with a payment", "budget_people", "count", "year", "people"
        )
        exhibits.tile(view, "year-mean", "Mean per person with a payment", "budget_spent", "mean", "year")
        exhibits.tile(
            view,
            "year-allowance",
            "Share of the allowance used",
            "budget_allowance_used",
            "share",
            "year",
            since=f"£{int(allowance):,} a person a year" if allowance else "",
        )


def _limits(view: View) -> None:
    if not exhibits.plans(view, "budget_commitment", "total_gbp", "as_at"):
        return
    components.section(
        "What is promised, and who is near the limit",
        "What was requested and agreed is no published figure: only what was paid is.",
    )
    with components.tiles("limits"):
        exhibits.tile(
            view, "ceiling", "Allowance of everybody supported", "budget_commitment", "total_gbp", "as_at"
        )
        exhibits.tile(
            view,
            "days-to-date",
            "Agreed to paid since the start: half within",
            "budget_days_to_pay",
            "median",
            "programme",
            "days",
        )
    exhibits.breakdown(
        view,
        "near-limit",
        "Budget years near or over the limit",
        "budget_near_limit",
        "count",
        "as_at",
        "budget_limit",
        heading="Budget years",
        noun="budget years",
        amount="budget years",
        caveat="Who is over the allowance is near the limit as well.",
    )


def _has_ledger(view: View) -> bool:
    return exhibits.plans(view, "programme_budget", "total_gbp", "programme", "budget_line", "budget_figure")


def _is_in_both(view: View) -> bool:
    """Whether the ledger has an actual of the line that pays personal budgets."""
    if not _has_ledger(view):
        return False
    name = view.publication.settings().get("personal_budget_line", "").casefold()
    lines = view.figures("programme_budget", "total_gbp", "year", ("budget_line", "budget_figure"))
    return any(
        f.category("budget_figure") == "actual"
        and f.value is not None
        and view.publication.label("budget_line", f.category("budget_line")).strip().casefold() == name
        for f in lines
    )


def _programme(view: View) -> None:
    if not _has_ledger(view):
        return
    publication = view.publication
    lines = view.figures("programme_budget", "total_gbp", "year", ("budget_line", "budget_figure"))
    cells = {(f.category("budget_line"), f.category("budget_figure")): f for f in lines}
    rows = [
        (publication.label("budget_line", line), cells[(line, "budget_with_actual")], cells[(line, "actual")])
        for line in publication.categories("budget_line")
        if (line, "actual") in cells and (line, "budget_with_actual") in cells
    ]
    look = charts.look(view.dark)
    components.section(
        "The programme's own budget",
        "It is nobody's own money, so nothing is rounded or withheld. Compare an actual with the budget "
        "of the lines that "
        "have one.",
    )
    components.exhibit(
        view,
        "programme-budget",
        "Budget and actual, by line",
        figures=lines,
        draw=lambda look: charts.dumbbells(rows, look),
        table=components.two_way(
            view,
            f"The programme's budget by line, {exhibits.when(view, lines)}",
            "budget_line",
            "budget_figure",
            [*lines],
        ),
        alt="; ".join(
            f"{label}: budget {sentences.shown(budget)}, actual {sentences.shown(actual)}"
            for label, budget, actual in rows
        ),
        text=_budget_text(view),
        scope=exhibits.when(view, lines),
        caveat="Budget less actual is positive where less was spent than budgeted.",
        key=[("Budget of the lines with an actual (hollow)", look.second), ("Actual", look.accent)],
    )
    if _is_in_both(view):
        components.quiet(TWO_BOOKS)
    exhibits.trend(
        view,
        "month-cost",
        "What a month of support costs",
        "cost_per_client_month",
        "mean",
        "quarter",
        "Cost of a month",
        lambda f: f"a month of support cost {sentences.shown(f)}",
        beside=[("Months of support", "person_months", "total")],
        caveat="The programme's actual for each month of a person's support: early, with few people, it "
        "is high. It is no "
        "cost of an outcome.",
    )


def _budget_text(view: View) -> str:
    figures = view.figures("programme_budget", "total_gbp", "year", ("budget_figure",))
    totals = {f.category("budget_figure"): f for f in figures}
    return sentences.budget(totals, exhibits.when(view, figures), _closed(view))


def _closed(view: View) -> str:
    """The part of the year whose books are closed, where the file tells of quarters."""
    year = view.latest_year()
    if year is None:
        return ""
    quarters = view.publication.figures(
        "programme_budget", "total_gbp", "quarter", (), None, budget_figure="actual"
    )
    return sentences.closed_books([f for f in quarters if year.start <= f.period_end <= year.end], year)


def _petty_cash(view: View) -> None:
    if not exhibits.plans(view, "petty_cash", "total_gbp", "year", "purpose"):
        return
    components.section("Petty cash", "A ledger of its own; nothing of it is counted for one person.")
    exhibits.breakdown(
        view,
        "petty-cash",
        "Petty cash, by purpose",
        "petty_cash",
        "total_gbp",
        "year",
        "purpose",
        heading="Paid",
        noun="petty cash",
    )


show(current())
