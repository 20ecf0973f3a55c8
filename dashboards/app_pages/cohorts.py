"""Cohorts: what has become of people, by when they started, and does it last?"""

from __future__ import annotations

import streamlit as st

from dashboards import components, exhibits, sentences
from dashboards.published import Figure
from dashboards.state import View, current

SURVIVAL_CAVEAT = (
    "Lines are 95% intervals. Who is still supported counts for as long as that has lasted "
    "(Kaplan-Meier). Long is "
    "neither good nor bad: support has no set end."
)


def show(view: View) -> None:
    """Draw the page."""
    survival = {
        f.category("support_months"): f
        for f in view.figures("length_of_support", "survival", "as_at", ("support_months",))
    }
    [median] = view.figures("length_of_support", "median", "as_at") or [None]
    answer = view.about_all(sentences.retention(survival.get("12"), median))
    components.page_head(
        view, "Cohorts", "What has become of people, by when they started, and does it last?", answer
    )
    components.section("What became of everyone who started", components.rounding_note(view))
    with st.container(key="pair-cohorts"):
        exhibits.breakdown(
            view,
            "status",
            "Everyone who started, as they stand now",
            "cohort_status",
            "count",
            "as_at",
            "cohort_status",
            amount="people",
        )
        exhibits.breakdown(
            view,
            "moved-on",
            "Share of ended support where the person moved on",
            "moved_on",
            "share",
            "programme",
            "ends_counted",
            heading="Moved on",
            text="Moved on means that support is no longer needed. Out of all ends, and out of ends "
            "that were "
            "not deaths.",
        )
    exhibits.parts(
        view,
        "cohorts",
        "The same, by half-year of start",
        "cohort_status",
        "count",
        "as_at",
        "start_cohort",
        "cohort_status",
        text="Later cohorts have had less time: compare a cohort with itself over time rather than with "
        "another.",
    )
    exhibits.breakdown(
        view,
        "exits",
        "Where people went when support ended",
        "exits",
        "count",
        "programme",
        "destination",
        heading="Ends",
        noun="ends",
        amount="ends",
        caveat=_why_ends_differ(view),
    )
    components.section("How long support lasts")
    exhibits.survival(
        view,
        "survival",
        "Share still supported, by months since the first start",
        text=sentences.retention(survival.get("12"), median),
        caveat=SURVIVAL_CAVEAT,
    )
    _by_cohort(view)
    _homes(view)
    components.quiet(
        "Change by time in the programme: the star's change in the first twelve months stands on the "
        "page “What is "
        "changing for people”, the use of other services a year and two years after the start on “Use "
        "of other services”."
    )


def _why_ends_differ(view: View) -> str:
    gone = view.publication.label("destination", "no_longer_requires_support")
    moved_on = view.publication.label("cohort_status", "moved_on")
    return (
        "These are ends of support: who left twice counts twice, and who has come back counts too. Above, "
        f"each person stands once, where they are now. So “{gone}” here need not be as many as “{moved_on}” "
        "above."
    )


def _by_cohort(view: View) -> None:
    if not exhibits.plans(view, "length_of_support", "survival", "as_at", "support_months", "start_cohort"):
        return
    publication = view.publication
    figures = view.figures("length_of_support", "survival", "as_at", ("start_cohort", "support_months"))
    medians = {
        f.category("start_cohort"): f
        for f in view.figures("length_of_support", "median", "as_at", ("start_cohort",))
    }
    months = publication.categories("support_months")
    cells = {(f.category("start_cohort"), f.category("support_months")): f for f in figures}
    cohorts = [c for c in publication.categories("start_cohort") if all((c, m) in cells for m in months)]
    labels = [publication.label("support_months", m) for m in months]
    exhibits.curves(
        view,
        "survival-by-cohort",
        "The same, by half-year of first start",
        [*figures, *medians.values()],
        [(publication.label("start_cohort", c), [(m, cells[(c, m)]) for m in months]) for c in cohorts],
        components.Table(
            "Share still supported with its 95% interval, and months that half of a cohort is supported "
            "or longer",
            [components.dimension_label(view, "start_cohort"), *labels, "Half for, months"],
            [
                [
                    publication.label("start_cohort", c),
                    *[_with_interval(cells[(c, m)]) for m in months],
                    sentences.table_cell(medians.get(c)),
                ]
                for c in cohorts
            ],
        ),
        axis="months",
        text="Intervals of small cohorts are wide: where two of them overlap, the cohorts may well be alike.",
        scope=f"{exhibits.when(view, figures)}, {view.everywhere}",
        caveat="A point is left out where nobody of the cohort, or too few, have been followed for so long.",
    )


def _with_interval(figure: Figure) -> str:
    bounds = sentences.interval(figure)
    return sentences.table_cell(figure) + (f" ({bounds})" if bounds else "")


def _homes(view: View) -> None:
    if not exhibits.plans(view, "tenancy_sustained_6m", "share", "as_at"):
        return
    components.section(
        "Homes that last",
        "Of people who came to a settled home of their own. Who was lost from sight is not known, and "
        "shown as such.",
    )
    with components.tiles("homes"):
        exhibits.tile(view, "six", "Home kept for 6 months", "tenancy_sustained_6m", "share", "as_at")
        exhibits.tile(view, "twelve", "Home kept for 12 months", "tenancy_sustained_12m", "share", "as_at")
    with st.container(key="pair-homes"):
        for months, metric in ((6, "tenancy_sustained_6m"), (12, "tenancy_sustained_12m")):
            exhibits.breakdown(
                view,
                f"tenancy-{months}",
                f"The settled home after {months} months",
                metric,
                "count",
                "as_at",
                "tenancy",
                amount="people",
            )
    exhibits.breakdown(
        view,
        "accommodation",
        "Where people lived: average part of a quarter",
        "accommodation_mix",
        "mean",
        "quarter",
        "accommodation_type",
        heading="Part of a quarter",
        noun="places",
        caveat="The people of whom it is recorded change from quarter to quarter, so that a change need "
        "not be anybody's "
        "move.",
    )


show(current())
