"""Referrals and waits: who is referred to us, and is any referral left without an answer?"""

from __future__ import annotations

import streamlit as st

from dashboards import components, exhibits, sentences
from dashboards.published import Figure
from dashboards.state import View, current

WAITS = (
    ("wait_to_decision", "Referral to decision"),
    ("wait_to_allocation", "Decision to a lead worker"),
    ("wait_to_first_contact", "Lead worker to first contact"),
    ("wait_to_start", "Referral to start of support"),
)


def show(view: View) -> None:
    """Draw the page."""
    received = view.figure("referrals_received", "count", "programme")
    since = f"{received.period_start:%B %Y}" if received else "the programme began"
    answer = sentences.acceptance(
        view.figure("acceptance_rate", "share", "programme"),
        view.figure("acceptance_rate", "count", "programme"),
        received,
        since,
    )
    if exhibits.plans(view, "referrals_no_word", "count", "as_at"):
        answer += f" {_no_word(view)}"
    components.page_head(
        view,
        "Referrals and waits",
        "Who is referred to us, and is any referral left without an answer?",
        answer,
    )
    _tiles(view)
    components.unseen_section("Referrals received")
    exhibits.trend(
        view,
        "received",
        f"Referrals received, by {view.flow}",
        "referrals_received",
        "count",
        view.flow,
        "Referrals received",
        lambda f: f"{sentences.counted(f, 'referral was', 'referrals were')} received",
    )
    exhibits.monthly(
        view,
        "received-monthly",
        "Referrals received, month by month",
        "referrals_received",
        "Referrals received",
    )
    components.section("Where referrals come from", components.rounding_note(view))
    with st.container(key="pair-sources"):
        exhibits.breakdown(
            view,
            "by-sector",
            "Referrals received, by sector of the referrer",
            "referrals_received",
            "count",
            "programme",
            "referrer_sector",
            heading="Referrals",
            noun="referrals by sector",
            amount="referrals",
        )
        exhibits.breakdown(
            view,
            "accepted-by-sector",
            "Share accepted, of referrals decided",
            "acceptance_rate",
            "share",
            "programme",
            "referrer_sector",
            heading="Accepted",
            text="Sectors stand in a fixed order, not by size. A share needs 20 decided referrals.",
            caveat="Lines are 95% intervals. A high share says that a sector knows whom the programme "
            "is for; "
            "it is not a mark for its work.",
        )
    _by_place(view)
    _status(view)
    _needs(view)
    if exhibits.plans(view, "wait_to_start", "share", "as_at", "within_days"):
        _waits(view)
        _word_back(view)


def _no_word(view: View) -> str:
    before = view.figure("referrals_no_word", "count", "as_at", view.before.end) if view.before else None
    sentence = sentences.no_word(view.figure("referrals_no_word", "count", "as_at"), before, view.end)
    return view.about_all(sentence)


def _tiles(view: View) -> None:
    components.unseen_section("Headline figures")
    with components.tiles("referrals"):
        exhibits.tile(view, "received", "Received", "referrals_received", "count", view.flow, "referrals")
        exhibits.tile(view, "accepted", "Accepted, of those decided", "acceptance_rate", "share", "programme")
        exhibits.tile(
            view, "no-word", "No word after 28 days", "referrals_no_word", "count", "as_at", "referrals"
        )
        exhibits.tile(
            view, "feedback", "Word back within 10 working days", "referral_feedback", "share", "programme"
        )
        exhibits.tile(
            view,
            "wait",
            "Referral to start: half within",
            "wait_to_start",
            "median",
            "as_at",
            "days",
            since="Half of everybody who began to wait",
        )
        exhibits.tile(
            view, "again", "Referred again within 12 months", "re_referral_12m", "share", "programme"
        )


def _status(view: View) -> None:
    # Bars and no Sankey: a link's width is its figure, so a withheld one would need a width that stands for
    # nothing, the boxes on both sides would add it up, and a link cannot be hatched. A bar keeps its one
    # look.
    exhibits.breakdown(
        view,
        "status",
        "Where every referral stands",
        "referral_status",
        "count",
        "as_at",
        "status",
        heading="Referrals",
        text="Each referral stands in exactly one status; together they are the referrals received. A "
        "decision "
        "that is not stated is not a refusal.",
    )


def _needs(view: View) -> None:
    if not exhibits.plans(view, "needs_at_referral", "count", "programme", "domain_count"):
        return
    components.section(
        "What people are referred for",
        "Needs, and how many of them. Which needs come together is not published: with five needs there "
        "are 31 "
        "combinations, most of them so rare that one could be somebody.",
    )
    with st.container(key="pair-needs"):
        exhibits.parts(
            view,
            "needs",
            "Needs on the referral",
            "needs_at_referral",
            "count",
            "programme",
            "need_domain",
            "answer",
            shades=lambda look: (look.accent, look.categories[4], look.categories[1]),
            text="Not known is not no.",
        )
        exhibits.breakdown(
            view,
            "need-count",
            "How many of the five needs",
            "needs_at_referral",
            "count",
            "programme",
            "domain_count",
            heading="Referrals",
            noun="referrals by needs",
            amount="referrals",
            caveat="Where one of the needs is not known, nor is their number.",
        )


def _waits(view: View) -> None:
    components.section(
        "How long people wait",
        "Share of everyone who began to wait that had come to the next step within so many days. Who is "
        "still waiting "
        "is counted for as long as they have waited; who went another way (declined, signposted) never "
        "comes to the "
        "step. So the lines need not reach 100%.",
    )
    figures: list[Figure] = []
    panels, rows = [], []
    for metric, label in WAITS:
        shares = view.figures(metric, "share", "as_at", ("within_days",))
        median = view.figures(metric, "median", "as_at")
        typical = median[0] if median else None
        figures += [*shares, *median]
        panels.append((label, [(f.category("within_days"), f) for f in shares]))
        rows.append([label, *[_with_interval(f) for f in shares], sentences.table_cell(typical)])
    if not figures:
        return
    place_name = view.place_name(view.place("wait_to_start", "share", "as_at", ("within_days",)))
    labels = [view.publication.label("within_days", d) for d in view.publication.categories("within_days")]
    exhibits.curves(
        view,
        "waits",
        "Each step, by days waited",
        figures,
        panels,
        components.Table(
            f"Waits, {place_name}: share with its 95% interval, and days within which half of everybody who "
            "began to wait had come to the step",
            ["Step", *labels, "Half within, days"],
            [row for row in rows if len(row) == len(labels) + 2],
        ),
        axis="days",
        text=_typical_waits(figures),
        scope=f"{exhibits.when(view, figures)}, {place_name}",
        caveat="Lines are 95% intervals. A share is left out where too few people have been followed "
        "for so long.",
    )


def _with_interval(figure: Figure) -> str:
    bounds = sentences.interval(figure)
    return sentences.table_cell(figure) + (f" ({bounds})" if bounds else "")


def _typical_waits(figures: list[Figure]) -> str:
    medians = {f.metric_id: f for f in figures if f.measure == "median"}
    return sentences.half_within(
        [(label[:1].lower() + label[1:], medians[metric]) for metric, label in WAITS if metric in medians]
    )


def _word_back(view: View) -> None:
    components.section("Word back to the referrer", "Whoever refers somebody should hear what became of it.")
    with st.container(key="pair-word"):
        exhibits.breakdown(
            view,
            "feedback-by-sector",
            "Word back within 10 working days",
            "referral_feedback",
            "share",
            "programme",
            "referrer_sector",
            heading="Word back",
            text="Sectors stand in a fixed order, not by size. A share needs 20 referrals.",
            caveat="Lines are 95% intervals. Word that nobody wrote down counts as none.",
        )
        exhibits.breakdown(
            view,
            "no-word-by-age",
            "Referrals with no decision and no word",
            "referrals_no_word",
            "count",
            "as_at",
            "days_without_word",
            heading="Referrals",
            text="",
        )


def _by_place(view: View) -> None:
    places = view.publication.places
    if not exhibits.plans(view, "referrals_received", "count", view.flow, places):
        return
    series = {
        code: [
            f
            for f in view.publication.figures("referrals_received", "count", view.flow, (places,))
            if f.period_end <= view.end and f.category(places) == code
        ]
        for code in view.publication.categories(places)
    }
    columns = [(view.publication.label(places, code), cells) for code, cells in series.items() if cells]
    figures = [f for _, cells in columns for f in cells]
    if not figures:
        return
    components.section(f"By {places}", f"Exact counts; the {places}s stand in a fixed order.")
    title = f"Referrals received by {places} and {view.flow}"
    everywhere = [
        f
        for f in view.publication.figures("referrals_received", "count", view.flow)
        if f.period_end <= view.end
    ]
    columns.append((sentences.capital(view.everywhere), everywhere))
    components.html(components.table_html(components.over_time(title, columns)))
    with st.container(horizontal=True, key="tools-by-place", gap="small"):
        components.definition(view, ["referrals_received"], key="by-place")
        components.download(view, [*figures, *everywhere], f"referrals-by-{places}", title)


show(current())
