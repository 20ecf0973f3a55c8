"""Money: does money follow people's own goals, and is it on budget?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, sentences
from dashboards.published import Period
from dashboards.state import View, current


def show(view: View) -> None:
    """Draw the page."""
    total = view.figure("budget_spent", "total_gbp", "quarter")
    spenders = view.publication.figure("budget_people", "count", "quarter", view.end)
    share = view.publication.figure("budget_people", "share", "quarter", view.end)
    components.page_head(
        view,
        "Money",
        "Does money follow people's own goals, and is it on budget?",
        view.about_all(sentences.money(total, spenders, share, view.period)),
    )
    components.quiet(
        "Personal budgets only, refunds taken off; totals are rounded to £100, a person's mean and median "
        "to £50. "
        "Petty cash and the programme's own budget are counted and defined; this page does not draw them yet."
    )
    _quarter(view)
    year = view.latest_year()
    if year is not None:
        _year(view, year)
    _trend(view)
    if year is not None:
        components.section("What it was spent on, and where", "Everything in a fixed order, not by size.")
        with st.container(key="pair-money"):
            _by(view, "category", year, "By category")
            _by(view, "borough", year, "By borough")


def _quarter(view: View) -> None:
    components.section(sentences.capital(sentences.period_name(view.period)))
    like_for_like = view.period.is_complete
    shown = (
        ("paid", "Paid from personal budgets", "budget_spent", "total_gbp", ""),
        ("people", "People with a payment", "budget_people", "count", "people"),
        ("share", "Share of people supported", "budget_people", "share", ""),
        ("mean", "Mean per person with a payment", "budget_spent", "mean", ""),
        ("median", "Median per person with a payment", "budget_spent", "median", ""),
    )
    with components.tiles("money"):
        for name, label, metric, measure, unit in shown:
            before = view.figure(metric, measure, "quarter", view.before.end) if view.before else None
            components.tile(
                view,
                name,
                label,
                view.figure(metric, measure, "quarter"),
                before=before,
                series=view.series(metric, measure, "quarter"),
                place=view.place_name(view.place(metric, measure, "quarter")),
                compare=like_for_like,
                unit=unit,
            )


def _year(view: View, year: Period) -> None:
    title = f"Financial year, {sentences.period_name(year)}" + ("" if year.is_complete else " so far")
    components.section(title)
    figures = {
        "Paid in the year": ("budget_spent", "total_gbp"),
        "People with a payment": ("budget_people", "count"),
        "Share of the allowance used": ("budget_allowance_used", "share"),
    }
    allowance = view.publication.settings().get("allowance_gbp_per_year", "")
    with components.tiles("year"):
        for n, (label, (metric, measure)) in enumerate(figures.items()):
            figure = view.publication.figure(metric, measure, "year", year.end)
            components.tile(
                view,
                f"year-{n}",
                label,
                figure,
                compare=False,
                unit="people" if measure == "count" else "",
                since=f"£{int(allowance):,} a person a year"
                if metric == "budget_allowance_used" and allowance
                else "",
            )


def _trend(view: View) -> None:
    series = view.series("budget_spent", "total_gbp", "quarter")
    names = [sentences.quarter_code(f) for f in series]
    components.exhibit(
        view,
        "paid-by-quarter",
        "Paid from personal budgets, by quarter",
        figures=series,
        draw=lambda look: charts.trend(names, series, look, part_last=not view.period.is_complete),
        table=components.over_time(
            "Personal budgets by quarter",
            [
                ("Paid", series),
                ("People", view.series("budget_people", "count", "quarter")),
                ("Mean", view.series("budget_spent", "mean", "quarter")),
                ("Median", view.series("budget_spent", "median", "quarter")),
            ],
        ),
        alt=charts.summary(list(zip(names, series, strict=True))),
        scope="all boroughs",
        caveat="" if view.period.is_complete else "The last point is hollow: its quarter is not over.",
    )


def _by(view: View, dimension: str, year: Period, title: str) -> None:
    # By year and never since the start: two sums to date, one less the other, are a quarter's own sum.
    figures = view.publication.figures("budget_spent", "total_gbp", "year", (dimension,), year.end)
    rows = [(view.publication.label(dimension, f.category(dimension)), f) for f in figures]
    in_year = sentences.period_name(year)
    components.exhibit(
        view,
        f"by-{dimension}",
        f"{title}, {in_year}",
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(
            view, f"Paid from personal budgets, {title.lower()}, {in_year}", dimension, figures, "Paid"
        ),
        alt=charts.summary(rows),
        text=sentences.largest(rows, "spending", ""),
        caveat="A sum is shown for 10 people or more, where no one or two of them make up most of it.",
    )


show(current())
