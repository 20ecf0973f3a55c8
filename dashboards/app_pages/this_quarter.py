"""This quarter: how is the programme doing, and what needs the group's attention?"""

from __future__ import annotations

from html import escape

from dashboards import components, exhibits, sentences
from dashboards.published import Figure
from dashboards.state import View, current

FLOWS = (
    ("referrals_received", "Referrals received", "referrals"),
    ("starts", "Started", "starts"),
    ("ends", "Support ended", "ends"),
)


def show(view: View) -> None:
    """Draw the page."""
    quarter = {metric: view.figure(metric, "count", "quarter") for metric, *_ in FLOWS}
    to_date = {metric: view.figure(metric, "count", "programme") for metric, *_ in FLOWS}
    open_now = view.figure("open_caseload", "count", "as_at")
    open_before = _before(view, "open_caseload", "count", "as_at")
    components.page_head(
        view,
        "This quarter",
        "How is this area doing?"
        if view.publication.release.area
        else "How is the programme doing, and what needs the group's attention?",
        sentences.this_quarter(
            quarter["referrals_received"],
            quarter["starts"],
            quarter["ends"],
            open_now,
            open_before,
            view.period,
        ),
    )
    _tiles(view, quarter, to_date, open_now, open_before)
    _flow(view, quarter, to_date, open_now, open_before)
    components.section("What stands out")
    items = "".join(f"<li>{escape(text)}</li>" for text in _sentences(view, to_date))
    components.html(f'<ul class="sentences">{items}</ul>')
    # The group is that of all areas, and so is its list.
    if not view.publication.release.area:
        _asked(view)
    _table(view)


def _before(view: View, metric_id: str, measure: str, period_type: str, **categories: str) -> Figure | None:
    return (
        view.figure(metric_id, measure, period_type, view.before.end, **categories) if view.before else None
    )


def _since(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return f"{sentences.shown(figure)} since {figure.period_start:%B %Y}"


def _tiles(
    view: View,
    quarter: dict[str, Figure | None],
    to_date: dict[str, Figure | None],
    open_now: Figure | None,
    open_before: Figure | None,
) -> None:
    # A part of a quarter is not compared with a whole one.
    like_for_like = view.period.is_complete
    components.unseen_section("Headline figures")
    with components.tiles("quarter"):
        for metric, label, events in FLOWS:
            components.tile(
                view,
                metric,
                label,
                quarter[metric],
                before=_before(view, metric, "count", "quarter"),
                series=view.series(metric, "count", "quarter"),
                since=_since(to_date[metric]),
                place=view.place_name(view.place(metric, "count", "quarter")),
                compare=like_for_like,
                unit=events,
            )
        components.tile(
            view,
            "open",
            "People supported",
            open_now,
            before=open_before,
            series=view.series("open_caseload", "count", "as_at"),
            place=view.place_name(view.place("open_caseload", "count", "as_at")),
            unit="people",
        )
        accepted = view.figure("acceptance_rate", "share", "programme")
        components.tile(
            view,
            "accepted",
            "Referrals accepted",
            accepted,
            before=_before(view, "acceptance_rate", "share", "programme"),
            series=view.series("acceptance_rate", "share", "programme"),
            since="whose referrals have been decided" if accepted else "",
            place=view.place_name(view.place("acceptance_rate", "share", "programme")),
        )
        components.tile(
            view,
            "no-star",
            "Supported, no star yet",
            view.figure("star_coverage", "count", "as_at", readings="0"),
            before=_before(view, "star_coverage", "count", "as_at", readings="0"),
            series=view.series("star_coverage", "count", "as_at", readings="0"),
            place=view.place_name(view.place("star_coverage", "count", "as_at", ("readings",))),
            unit="people",
        )
        if not exhibits.is_absent(
            view, "Moved on so far", "cohort_status", "count", "as_at", "cohort_status"
        ):
            components.tile(
                view,
                "moved-on",
                "Moved on so far",
                view.figure("cohort_status", "count", "as_at", cohort_status="moved_on"),
                before=_before(view, "cohort_status", "count", "as_at", cohort_status="moved_on"),
                series=view.series("cohort_status", "count", "as_at", cohort_status="moved_on"),
                unit="people",
            )
        components.tile(
            view,
            "budget",
            "Personal budgets paid",
            view.figure("budget_spent", "total_gbp", "quarter"),
            before=_before(view, "budget_spent", "total_gbp", "quarter"),
            series=view.series("budget_spent", "total_gbp", "quarter"),
            compare=like_for_like,
        )


def _flow(
    view: View,
    quarter: dict[str, Figure | None],
    to_date: dict[str, Figure | None],
    open_now: Figure | None,
    open_before: Figure | None,
) -> None:
    components.section(
        "Everyone is accounted for",
        "People supported at the beginning, plus those who started, less those who ended.",
    )
    opening = (
        f"supported on {sentences.day(view.before.end)}"
        if view.before
        else "supported before the programme began"
    )
    _flow_line(
        sentences.capital(sentences.period_name(view.period)), opening, open_before, quarter, open_now, view
    )
    _flow_line(
        "Since the programme began", "supported before the programme began", None, to_date, open_now, view
    )


def _flow_line(
    title: str,
    opening_words: str,
    opening: Figure | None,
    flows: dict[str, Figure | None],
    closing: Figure | None,
    view: View,
) -> None:
    first = sentences.shown(opening) if opening else "0"
    referrals = flows["referrals_received"]
    parts = [
        ("", "", first, opening_words),
        ("", "+", sentences.shown(flows["starts"]), "started"),
        ("", "\N{MINUS SIGN}", sentences.shown(flows["ends"]), "ended"),
        ("sum", "=", sentences.shown(closing), f"supported on {sentences.day(view.end)}"),
    ]
    items = "".join(
        f'<li class="{kind}"><i>{sign}</i><b>{escape(figure)}</b><span>{escape(words)}</span></li>'
        for kind, sign, figure, words in parts
    )
    received = (
        f"{sentences.capital(sentences.counted(referrals, 'referral was', 'referrals were'))} received. "
    )
    components.html(
        f'<h3>{escape(title)}</h3><ul class="flow">{items}</ul><p class="quiet">{escape(received)}'
        f"{escape(sentences.flow_identity(opening, flows['starts'], flows['ends'], closing))}</p>"
    )


def _sentences(view: View, to_date: dict[str, Figure | None]) -> list[str]:
    """What stands out, of what this file may tell: of an area it tells less."""
    found = []
    if not exhibits.is_absent(view, "Referrals that heard nothing", "referrals_no_word", "count", "as_at"):
        found.append(
            sentences.no_word(
                view.figure("referrals_no_word", "count", "as_at"),
                _before(view, "referrals_no_word", "count", "as_at"),
                view.end,
            )
        )
    if not exhibits.is_absent(view, "What has changed", "star_change", "mean", "as_at", "star_area"):
        means = view.publication.latest("star_change", "mean", "as_at", ("star_area",), on=view.end)
        coverage, started_by = sentences.star_pairs(
            means,
            view.publication.figures("starts", "count", "programme"),
            view.day_of(means),
        )
        found.append(
            sentences.change_so_far(coverage, started_by, exhibits.labelled(view, "star_area", means))
        )
    if exhibits.plans(view, "cohort_status", "count", "as_at", "cohort_status"):
        received = to_date["referrals_received"]
        found.append(
            sentences.moved_on(
                view.figure("cohort_status", "count", "as_at", cohort_status="moved_on"),
                view.publication.figure("ends", "count", "programme", view.end),
                f"{received.period_start:%B %Y}" if received else "the programme began",
            )
        )
    found.append(
        sentences.money(
            view.figure("budget_spent", "total_gbp", "quarter"),
            view.publication.figure("budget_people", "count", "quarter", view.end),
            view.publication.figure("budget_people", "share", "quarter", view.end),
            view.period,
        )
    )
    found = [view.about_all(text) for text in found]
    # How good the data of all areas are is told of no area.
    if not view.publication.release.area:
        text = sentences.data_quality(view.publication.source_status())
        # The exports are those of the release, whatever period is chosen.
        as_at = view.publication.release.as_at
        found.append(text if view.end == as_at else f"In this release, as at {sentences.day(as_at)}: {text}")
    return found


def _asked(view: View) -> None:
    components.section("What the group is asked to decide", "Longest waiting first.")
    if view.publication.never_came("spg_items"):
        components.quiet("The list of items for the group never came.")
        return
    waiting = [item for item in view.publication.spg_items(view.end) if item["stage"] == "waiting"]
    if not waiting:
        components.quiet(f"Nothing waits for a decision of the group on {sentences.day(view.end)}.")
        return
    items = "".join(
        f"<li>{escape(item['title'] or item['item_id'])} "
        f"({escape(item['item_id'])}, raised {sentences.day(item['raised_date'])}; "
        f"owner: {escape(item['owner_organisation'] or 'nobody yet')})</li>"
        for item in waiting
    )
    components.html(f'<ul class="sentences">{items}</ul>')


def _table(view: View) -> None:
    columns = [(label, view.series(metric, "count", "quarter")) for metric, label, _ in FLOWS]
    columns.append(("Supported at the end", view.series("open_caseload", "count", "as_at")))
    columns.append(("Personal budgets paid", view.series("budget_spent", "total_gbp", "quarter")))
    figures = [f for _, series in columns for f in series]
    if not figures:
        return
    table = components.over_time("Headline figures by quarter", columns)
    components.html(
        "<details><summary>Table: headline figures by "
        f"quarter</summary>{components.table_html(table)}</details>"
    )
    components.download(view, figures, "headlines-by-quarter", "Headline figures by quarter")


show(current())
