"""Referrals and waits: whom are we asked to help, and does anyone hear nothing back?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, sentences
from dashboards.state import View, current


def show(view: View) -> None:
    """Draw the page."""
    received = view.figure("referrals_received", "count", "programme")
    since = f"{received.period_start:%B %Y}" if received else "the programme began"
    components.page_head(
        view,
        "Referrals and waits",
        "Whom are we asked to help, and does anyone hear nothing back?",
        sentences.acceptance(
            view.figure("acceptance_rate", "share", "programme"),
            view.figure("acceptance_rate", "count", "programme"),
            received,
            since,
        ),
    )
    components.quiet(
        "Waiting times, and referrals with no word back, are counted and defined; this page does not draw "
        "them yet."
    )
    components.unseen_section("Referrals received")
    _received(view)
    components.section("Where referrals come from", components.rounding_note(view))
    with st.container(key="pair-sources"):
        _by_sector(view, since)
        _accepted_by_sector(view, since)
    _status(view)
    _by_borough(view)


def _received(view: View) -> None:
    series = view.series("referrals_received", "count", "quarter")
    names = [sentences.quarter_code(f) for f in series]
    place = view.place_name(view.place("referrals_received", "count", "quarter"))
    components.exhibit(
        view,
        "received",
        "Referrals received, by quarter",
        figures=series,
        draw=lambda look: charts.trend(names, series, look, part_last=not view.period.is_complete),
        table=components.over_time(
            f"Referrals received by quarter, {place}", [("Referrals received", series)]
        ),
        alt=charts.summary(list(zip(names, series, strict=True))),
        text=sentences.latest(
            series,
            f"{sentences.counted(series[-1] if series else None, 'referral was', 'referrals were')} received",
            view.period,
        ),
        scope=place,
        caveat="" if view.period.is_complete else "The last point is hollow: its quarter is not over.",
    )


def _by_sector(view: View, since: str) -> None:
    place = view.place_name(view.place("referrals_received", "count", "programme", ("referrer_sector",)))
    figures = view.figures("referrals_received", "count", "programme", ("referrer_sector",))
    rows = [(view.publication.label("referrer_sector", f.category("referrer_sector")), f) for f in figures]
    components.exhibit(
        view,
        "by-sector",
        "Referrals received, by sector of the referrer",
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(
            view, f"Referrals by sector since {since}, {place}", "referrer_sector", figures, "Referrals"
        ),
        alt=charts.summary(rows),
        text=sentences.largest(rows, "referrals by sector", "referrals"),
        scope=f"since {since}, {place}",
    )


def _accepted_by_sector(view: View, since: str) -> None:
    figures = view.publication.latest(
        "acceptance_rate", "share", "programme", ("referrer_sector",), on=view.end
    )
    rows = [(view.publication.label("referrer_sector", f.category("referrer_sector")), f) for f in figures]
    components.exhibit(
        view,
        "accepted-by-sector",
        "Share accepted, of referrals decided",
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(
            view,
            f"Share of decided referrals accepted since {since}, all boroughs",
            "referrer_sector",
            figures,
            "Accepted",
        ),
        alt=charts.summary(rows),
        text="Sectors stand in a fixed order, not by size. A share needs 20 decided referrals.",
        scope=f"since {since}, all boroughs",
        caveat="Lines are 95% intervals. A high share says that a sector knows whom the programme is for; "
        "it is not a mark for its work.",
    )


def _status(view: View) -> None:
    place = view.place_name(view.place("referral_status", "count", "as_at", ("status",)))
    figures = view.figures("referral_status", "count", "as_at", ("status",))
    on = sentences.day(view.day_of(figures))
    rows = [(view.publication.label("status", f.category("status")), f) for f in figures]
    components.exhibit(
        view,
        "status",
        f"Where every referral stands on {on}",
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(
            view, f"Referrals by status on {on}, {place}", "status", figures, "Referrals"
        ),
        alt=charts.summary(rows),
        text="Each referral stands in exactly one status. A decision that is not stated is not a refusal.",
        scope=place,
    )


def _by_borough(view: View) -> None:
    series = {
        code: [
            f
            for f in view.publication.figures("referrals_received", "count", "quarter", borough=code)
            if f.period_end <= view.end
        ]
        for code in view.publication.categories("borough")
    }
    columns = [(view.publication.label("borough", code), cells) for code, cells in series.items() if cells]
    figures = [f for _, cells in columns for f in cells]
    if not figures:
        return
    components.section("By borough", "Exact counts; the boroughs stand in a fixed order.")
    components.html(components.table_html(components.over_time("Referrals received by borough", columns[:])))
    components.download(view, figures, "referrals-by-borough", "Referrals received by borough")


show(current())
