"""Who we support: are we reaching whom we meant to?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, exhibits, sentences
from dashboards.state import View, breakdowns, choose, current


def show(view: View) -> None:
    """Draw the page."""
    started = view.figure("starts", "count", "programme")
    since = f"{started.period_start:%B %Y}" if started else "the programme began"
    components.page_head(
        view,
        "Who we support",
        "Are we reaching whom we meant to?",
        sentences.support(
            view.figure("open_caseload", "count", "as_at"),
            started,
            view.figure("ends", "count", "programme"),
            view.end,
            since,
        ),
    )
    components.unseen_section("People supported, starting and ending")
    with st.container(key="pair-flow"):
        exhibits.trend(
            view,
            "open",
            f"People supported at the end of each {view.flow}",
            "open_caseload",
            "count",
            "as_at",
            "People supported",
            lambda f: f"{sentences.counted(f, 'person was', 'people were')} being supported",
        )
        _starts_and_ends(view)
    exhibits.monthly(view, "starts-monthly", "Starts, month by month", "starts", "Starts")
    components.section("Needs at start", components.rounding_note(view))
    with st.container(key="pair-needs"):
        exhibits.breakdown(
            view,
            "needs",
            "Needs that brought people to us",
            "needs_at_start",
            "count",
            "programme",
            "need_domain",
            amount="people",
            caveat="A person stands in several needs, so the parts add up to more than the people. "
            "Which needs come "
            "together is not published: most combinations are so rare that one could be somebody.",
        )
        exhibits.breakdown(
            view,
            "need-count",
            "How many of the five needs",
            "needs_at_start",
            "count",
            "programme",
            "domain_count",
            amount="people",
            caveat="People are meant to have at least "
            f"{view.publication.settings().get('needs_threshold', 'four')} needs; others have a recorded "
            "reason. Where one of the needs is not known, nor is their number.",
        )
    _attributes(view, since)
    _workers(view)


def _attributes(view: View, since: str) -> None:
    offered = {
        code: label
        for code, label in breakdowns(view.publication).items()
        if exhibits.plans(view, "open_caseload", "count", "as_at", code)
    }
    if not offered:
        return
    components.section(
        "Who they are", "Those supported on the day and, where it is published, all who started."
    )
    breakdown = choose("by", "Break down by", list(offered), next(iter(offered)), offered.__getitem__)
    with st.container(key="pair-people"):
        exhibits.breakdown(
            view,
            "open-by",
            "Supported on the day",
            "open_caseload",
            "count",
            "as_at",
            breakdown,
            amount="people",
        )
        # People are counted once by attribute; by place only starts are published.
        is_place = breakdown == view.publication.places
        metric, counted = ("starts", "starts") if is_place else ("needs_at_start", "people")
        exhibits.breakdown(
            view,
            "started-by",
            f"Started since {since}",
            metric,
            "count",
            "programme",
            breakdown,
            heading=sentences.capital(counted),
            amount=counted,
        )


def _starts_and_ends(view: View) -> None:
    starts = view.series("starts", "count", view.flow)
    ends = view.series("ends", "count", view.flow)
    names = [sentences.axis_name(f) for f in starts]
    place = view.place_name(view.place("starts", "count", view.flow))
    components.exhibit(
        view,
        "starts-and-ends",
        "People who started and whose support ended",
        figures=[*starts, *ends],
        draw=lambda look: charts.in_and_out(names, starts, ends, look),
        table=components.over_time(
            f"Starts and ends by {view.flow}, {place}", [("Started", starts), ("Ended", ends)]
        ),
        alt="Started: "
        + charts.summary(list(zip(names, starts, strict=True)))
        + " Ended: "
        + charts.summary(list(zip(names, ends, strict=True))),
        text=sentences.latest(starts, sentences.started(starts[-1] if starts else None), view.period),
        scope=place,
        caveat=exhibits.whole_periods(view, starts, "pair of bars is of a part")[1],
    )


def _workers(view: View) -> None:
    if not exhibits.plans(view, "caseload_per_fte", "mean", "as_at"):
        return
    components.section("Who works with them", "Of the team as a whole; nothing here is about one worker.")
    with components.tiles("workers"):
        exhibits.tile(view, "per-fte", "Open cases per full-time worker", "caseload_per_fte", "mean", "as_at")
        exhibits.tile(
            view, "same-lead", "Same lead worker after 12 months", "lead_continuity", "share", "as_at"
        )
        exhibits.tile(
            view,
            "cliff",
            "Lead's secondment ends within 90 days",
            "secondment_cliff",
            "count",
            "as_at",
            "people",
        )
        exhibits.tile(
            view, "months", "Months of support given", "person_months", "total", view.flow, "months"
        )
    exhibits.breakdown(
        view,
        "allocation",
        "Workers allocated to the people supported",
        "allocation_completeness",
        "count",
        "as_at",
        "allocation",
        amount="people",
    )


show(current())
