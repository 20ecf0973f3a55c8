"""Who we support: are we reaching whom we meant to?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, sentences
from dashboards.published import Figure
from dashboards.state import BREAKDOWNS, View, choose, current


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
    components.unseen_section("People open, starting and ending")
    with st.container(key="pair-flow"):
        _open(view)
        _starts_and_ends(view)
    components.section("Needs at start", components.rounding_note(view))
    with st.container(key="pair-needs"):
        _one_way(
            view,
            "needs",
            "Needs that brought people to us",
            "needs_at_start",
            "programme",
            "need_domain",
            since,
            "A person stands in several needs, so the parts add up to more than the people.",
        )
        _one_way(
            view,
            "need-count",
            "How many of the five needs",
            "needs_at_start",
            "programme",
            "domain_count",
            since,
            "People are meant to have at least "
            f"{view.publication.settings().get('needs_threshold', 'four')} needs; others have a recorded "
            "reason. Where one of the needs is not known, nor is their number.",
        )
    components.section(
        "Who they are", "The same breakdown for those open on the day and for all who started."
    )
    breakdown = choose("by", "Break down by", list(BREAKDOWNS), "sex", BREAKDOWNS.__getitem__)
    with st.container(key="pair-people"):
        _one_way(view, "open-by", "Open on the day", "open_caseload", "as_at", breakdown, since)
        # People are counted once by attribute; by borough only starts are published.
        metric, counted = ("starts", "starts") if breakdown == "borough" else ("needs_at_start", "people")
        _one_way(
            view,
            "started-by",
            f"Started since {since}",
            metric,
            "programme",
            breakdown,
            since,
            counted=counted,
        )


def _open(view: View) -> None:
    series = view.series("open_caseload", "count", "as_at")
    names = [sentences.quarter_code(f) for f in series]
    place = view.place_name(view.place("open_caseload", "count", "as_at"))
    now, before = (series[-1] if series else None), (series[-2] if len(series) > 1 else None)
    text = f"{sentences.capital(sentences.counted(now, 'person was', 'people were'))} open"
    if now and before:
        text += f", {sentences.change(now, before, f'on {sentences.day(before.period_end)}')}"
    components.exhibit(
        view,
        "open",
        "People open at the end of each quarter",
        figures=series,
        draw=lambda look: charts.trend(names, series, look),
        table=components.over_time(f"People open, {place}", [("People open", series)]),
        alt=charts.summary(list(zip(names, series, strict=True))),
        text=f"{text}.",
        scope=place,
    )


def _starts_and_ends(view: View) -> None:
    starts = view.series("starts", "count", "quarter")
    ends = view.series("ends", "count", "quarter")
    names = [sentences.quarter_code(f) for f in starts]
    place = view.place_name(view.place("starts", "count", "quarter"))
    components.exhibit(
        view,
        "starts-and-ends",
        "People who started and whose support ended",
        figures=[*starts, *ends],
        draw=lambda look: charts.in_and_out(names, starts, ends, look),
        table=components.over_time(
            f"Starts and ends by quarter, {place}", [("Started", starts), ("Ended", ends)]
        ),
        alt="Started: "
        + charts.summary(list(zip(names, starts, strict=True)))
        + " Ended: "
        + charts.summary(list(zip(names, ends, strict=True))),
        text=sentences.latest(starts, sentences.started(starts[-1] if starts else None), view.period),
        scope=place,
        caveat="" if view.period.is_complete else "The last quarter is not over.",
    )


def _one_way(
    view: View,
    name: str,
    title: str,
    metric: str,
    period_type: str,
    dimension: str,
    since: str,
    caveat: str = "",
    counted: str = "people",
) -> None:
    figures: list[Figure] = view.figures(metric, "count", period_type, (dimension,))
    place = view.place_name(view.place(metric, "count", period_type, (dimension,)))
    rows = [(view.publication.label(dimension, f.category(dimension)), f) for f in figures]
    on = sentences.day(view.day_of(figures))
    when = f"on {on}" if period_type == "as_at" else f"since {since}"
    components.exhibit(
        view,
        name,
        title,
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(view, f"{title}, {place}", dimension, figures, counted.capitalize()),
        alt=charts.summary(rows),
        text=sentences.largest(rows, "people", counted),
        scope=f"{when}, {place}",
        caveat=caveat,
    )


show(current())
