"""Use of other services: what happens to crisis and planned service use?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, exhibits, sentences
from dashboards.published import Figure
from dashboards.state import View, current

NEVER_NETTED = (
    "More planned use is often the right help at last: crisis and planned use are never set off against "
    "each other, and "
    "value is not money saved."
)


def show(view: View) -> None:
    """Draw the page."""
    year = view.latest_year()
    kinds = [
        (label[:1].lower() + label[1:], _mean(view, kind, 0), _mean(view, kind, 1))
        for kind in ("crisis", "planned")
        for label in [view.publication.label("service_kind", kind)]
    ]
    name = sentences.period_name(year) if year else sentences.period_name(view.period)
    name += "" if year is None or year.is_complete else " so far"
    components.page_head(
        view,
        "Use of other services",
        "What happens to crisis and planned service use?",
        view.about_all(sentences.service_use(kinds, name)),
    )
    components.quiet(NEVER_NETTED)
    components.section(
        "Crisis and planned use apart",
        "Of quarters of a person for which every service of that kind is known: none is a number, not "
        "known is not none.",
    )
    _kinds(view)
    exhibits.breakdown(
        view,
        "services",
        "Each service: times a quarter, on average",
        "service_events",
        "mean",
        "year",
        "service",
        heading="Times a quarter",
        noun="services",
        amount="times a quarter",
        caveat="Days, nights, visits and arrests are not alike: no two of these can be added.",
    )
    components.section(
        "The same people, one and two years later", "Compared with the quarter of their start."
    )
    with st.container(key="pair-later"):
        for quarters in view.publication.categories("quarters_after"):
            label = view.publication.label("quarters_after", quarters)
            exhibits.change(
                view,
                f"change-{quarters}",
                label,
                "service_change",
                "service",
                axis="change in times a quarter",
                scope="the same people",
                caveat="Lines are 95% intervals. There is no comparison group, and people come at their "
                "worst.",
                text=_changes_text(view, quarters),
                quarters_after=quarters,
            )
    components.section("What it is worth at unit costs", _edition(view))
    with st.container(key="pair-value"):
        exhibits.breakdown(
            view,
            "value",
            "Value of all known use",
            "service_value",
            "total_gbp",
            "year",
            "service_group",
            heading="Value",
            noun="value",
            caveat="The sum of what is known, and lower than the true one. It is not money saved or "
            "spent by anybody.",
        )
        exhibits.breakdown(
            view,
            "value-mean",
            "Value of a person's quarter, on average",
            "service_value",
            "mean",
            "year",
            "service_group",
            heading="Mean value",
            noun="value",
            caveat="Only quarters of a person with a known number for every valued service of the area.",
        )


def _mean(view: View, kind: str, years_back: int) -> Figure | None:
    """The mean of a kind in the newest year of the choice, or in one before it."""
    ends = [p.end for p in view.publication.periods("year") if p.end <= view.end]
    if len(ends) <= years_back:
        return None
    return view.publication.figure("service_events", "mean", "year", ends[-1 - years_back], service_kind=kind)


def _kinds(view: View) -> None:
    """Small multiples: a panel a kind, on one scale."""
    if not exhibits.plans(view, "service_events", "mean", view.flow, "service_kind"):
        return
    kinds = view.publication.categories("service_kind")
    series = {k: view.series("service_events", "mean", view.flow, service_kind=k) for k in kinds}
    figures = [f for k in kinds for f in series[k]]
    top = max([f.value for f in figures if f.value is not None], default=0.0)
    names = {k: [sentences.axis_name(f) for f in series[k]] for k in kinds}
    labels = {k: view.publication.label("service_kind", k) for k in kinds}
    parts = {k: exhibits.whole_periods(view, series[k])[0] for k in kinds}
    of_parts = exhibits.whole_periods(view, series[kinds[0]])[1]
    components.exhibit(
        view,
        "kinds",
        "Times a quarter that a person used services, on average",
        figures=figures,
        draw=lambda look: [
            components.Panel(
                labels[k],
                charts.trend(names[k], series[k], look, parts[k], top=top),
                charts.summary(list(zip(names[k], series[k], strict=True))),
            )
            for k in kinds
        ],
        table=components.over_time("Mean use by kind of service", [(labels[k], series[k]) for k in kinds]),
        scope=view.everywhere,
        caveat=f"{of_parts} The people of whom it is known change from quarter to quarter.".strip(),
    )


def _changes_text(view: View, quarters: str) -> str:
    figures = view.figures("service_change", "mean", "as_at", ("service",), quarters_after=quarters)
    return sentences.paired_change(
        exhibits.labelled(view, "service", figures), "services", "both quarters known"
    )


def _edition(view: View) -> str:
    """Edition and price year, in the words of the metric."""
    return view.publication.definitions().get("service_value", {}).get("caveats", "")


show(current())
