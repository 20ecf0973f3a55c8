"""What is changing for people: what is different for the people supported, and what does this rest on?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, exhibits, sentences
from dashboards.published import Figure
from dashboards.state import View, current

CHANGE_CAVEAT = (
    "Lines are 95% intervals. People referred at their worst are expected to rise a little; there is no "
    "comparison group, "
    "and this does not say what caused the change."
)
OF_FIRST_STARS = ("people", "mean", "mean is of")
# Of the assessment; the others reach 4.
COUNTED_DOUBLE = ("item_4", "item_5")
STAR_AXIS = "points, from first to latest reading"


def show(view: View) -> None:
    """Draw the page: coverage first, then where people began, then change, then who is missing from it."""
    publication = view.publication
    # An area's file may have no change at all: that is not too few readings.
    is_told = exhibits.plans(view, "star_change", "mean", "as_at", "star_area")
    means = publication.latest("star_change", "mean", "as_at", ("star_area",), on=view.end)
    days = int(publication.settings().get("star_pair_minimum_days", "90"))
    coverage, started_by = sentences.star_pairs(
        means,
        publication.figures("starts", "count", "programme"),
        view.day_of(means),
        days,
    )
    so_far = sentences.change_so_far(coverage, started_by, exhibits.labelled(view, "star_area", means))
    first_year = publication.latest("star_change_12m", "mean", "as_at", ("star_area",), on=view.end)
    later = sentences.a_year_on(exhibits.labelled(view, "star_area", first_year))
    components.page_head(
        view,
        "What is changing for people",
        "What is different for the people supported, and what does this rest on?",
        view.about_all(f"{so_far} {later}".strip())
        if is_told
        else "What has changed is not given for one area.",
    )
    _coverage(view)
    components.section("Where people began")
    exhibits.parts(
        view,
        "first-profile",
        "First reading of each person, by area of the star and stage",
        "star_first_profile",
        "count",
        "as_at",
        "star_area",
        "stage",
        shades=lambda look: look.stages,
        text="Counts of people. Stage 1 is the lowest. An area of the star that was not scored is left out, "
        "so they differ in length.",
    )
    components.section("What has changed")
    _change(view, coverage, days)
    _twelve_months(view)
    _who_is_missing(view)
    _assessment(view)
    components.quiet(publication.wording().get("star_acknowledgement", ""))


def _coverage(view: View) -> None:
    components.section(
        "What this rests on",
        "Readings of the Outcomes Star are made when it helps the person. How many there are is shown "
        "so that change "
        "can be read with care; there is no target.",
    )
    exhibits.breakdown(
        view,
        "coverage",
        "Stars of the people supported",
        "star_coverage",
        "count",
        "as_at",
        "readings",
        text="",
        caveat="Stars are not missing at random: people who are hardest to reach have fewer.",
    )
    with st.container(key="pair-due"):
        exhibits.breakdown(
            view,
            "due",
            "Stars done and due",
            "star_due",
            "count",
            "as_at",
            "star_due",
            text="There is no target for these.",
        )
        exhibits.breakdown(
            view,
            "delay",
            "How soon the first star was made",
            "baseline_delay",
            "count",
            "as_at",
            "baseline_delay",
            text=_typical_delay(view),
            caveat="A late first star understates change: some of it came before.",
        )


def _typical_delay(view: View) -> str:
    median = next(iter(view.figures("baseline_delay", "median", "as_at")), None)
    if median is None or median.value is None:
        return "No typical delay can be shown."
    return f"Half of the first stars were made within {sentences.number(median.value)} days of the start."


def _change(view: View, coverage: sentences.StarCoverage, days: int) -> None:
    title = "Mean change from first to latest reading"
    if exhibits.is_absent(view, title, "star_change", "mean", "as_at", "star_area"):
        return
    if not coverage.is_enough:
        components.html(
            '<p class="nothing">[m] Too early, or too few: change is shown when at least 10 people, and 30% '
            "of the people who started long enough ago, have two readings.</p>"
        )
        return
    with st.container(key="pair-change"):
        exhibits.change(
            view,
            "change",
            title,
            "star_change",
            "star_area",
            axis=STAR_AXIS,
            scope=f"readings at least {days} days apart",
            caveat=CHANGE_CAVEAT,
        )
        exhibits.directions(
            view,
            "directions",
            "People whose reading went up, stayed or went down",
            "star_change",
            "star_area",
            "area of the star",
        )
    with st.container(key="pair-stages"):
        exhibits.breakdown(
            view,
            "stage-move",
            "Up by a stage or more",
            "star_stage_move",
            "share",
            "as_at",
            "star_area",
            heading="Up by a stage",
            text="Of the people with two readings. A point more can stay within a stage, and two can "
            "cross one.",
            caveat="Lines are 95% intervals.",
        )
        exhibits.breakdown(
            view,
            "headroom",
            "Up by a point or more, of those who had room to rise",
            "star_headroom",
            "share",
            "as_at",
            "star_area",
            heading="Up",
            text="Of the people whose first reading was 8 points or less.",
            caveat="Lines are 95% intervals.",
            headroom="could_rise",
        )


def _twelve_months(view: View) -> None:
    components.section(
        "The first twelve months",
        "Only people whose first star was made soon after their start and who have another about a year "
        "after it: few, "
        "and so the fairest comparison.",
    )
    exhibits.change(
        view,
        "change-12",
        "Mean change in the first twelve months",
        "star_change_12m",
        "star_area",
        axis="points, over twelve months",
        scope="the same people",
        caveat=CHANGE_CAVEAT,
    )


def _who_is_missing(view: View) -> None:
    if not exhibits.plans(view, "star_missing", "mean", "as_at", "comparison", "pair"):
        return
    components.section(
        "Who is missing from the change",
        "Where those with no two stars to compare began lower or higher, the change of the others does not "
        "speak for them.",
    )
    publication = view.publication
    means = view.figures("star_missing", "mean", "as_at", ("comparison", "pair"))
    counts = view.figures("star_missing", "count", "as_at", ("comparison", "pair"))
    cells = {(f.category("comparison"), f.category("pair")): f for f in means}
    people = {(f.category("comparison"), f.category("pair")): f for f in counts}
    comparisons = [c for c in publication.categories("comparison") if (c, "with_pair") in cells]
    rows = [
        (publication.label("comparison", c), cells[(c, "without_pair")], cells[(c, "with_pair")])
        for c in comparisons
        if (c, "without_pair") in cells
    ]
    without, with_pair = (publication.label("pair", p) for p in ("without_pair", "with_pair"))
    look = charts.look(view.dark)
    components.exhibit(
        view,
        "missing",
        "Mean of the first star, with and without a later one to compare",
        figures=[*means, *counts],
        draw=lambda look: charts.dumbbells(rows, look, "points of the first star (1 to 10)", (1, 10)),
        table=components.Table(
            "How many people stand in each group, the mean of the ten areas of the first star, and on how "
            "many it rests",
            [
                "Comparison",
                *[f"{group}: {column}" for group in (without, with_pair) for column in OF_FIRST_STARS],
            ],
            [
                [
                    publication.label("comparison", c),
                    *[
                        text
                        for p in ("without_pair", "with_pair")
                        for text in (
                            sentences.table_cell(people.get((c, p))),
                            _with_interval(cells.get((c, p))),
                            _rests_on(cells.get((c, p))),
                        )
                    ],
                ]
                for c in comparisons
            ],
        ),
        alt="; ".join(
            f"{label}: {without} {sentences.shown(first)}, {with_pair} {sentences.shown(second)}"
            for label, first, second in rows
        ),
        text=" ".join(
            sentences.first_stars(
                publication.label("comparison", c),
                people.get((c, "without_pair")),
                cells.get((c, "without_pair")),
            )
            for c in comparisons
        ),
        scope=f"{exhibits.when(view, means)}, {view.everywhere}",
        caveat="Lines are 95% intervals. Two stars can be compared if at least one area is scored in both. "
        "The hollow point is the mean of those with no two stars to compare who have a first one with all "
        "ten areas. The others of that group have no star at all, or a blank area in their only one: they "
        "are counted, and have no part in the mean. How many have one star and how many none is not "
        "published for this group.",
        key=[(f"{without} (hollow)", look.second), (with_pair, look.accent)],
    )


def _with_interval(figure: Figure | None) -> str:
    bounds = sentences.interval(figure) if figure else ""
    return sentences.table_cell(figure) + (f" ({bounds})" if bounds else "")


def _rests_on(mean: Figure | None) -> str:
    if mean is None or mean.people is None:
        return f"[{(mean.mark if mean else '') or 'x'}]"
    return sentences.number(mean.people)


def _assessment(view: View) -> None:
    if not exhibits.plans(view, "ndta_change", "mean", "as_at", "item"):
        return
    components.section(
        "The New Directions Team Assessment alongside",
        "Scored by the worker for one month, 0 to 48 in all; here less is better. It looks at some of "
        "the same things as the "
        "star and is never added to it. © South West London and St George's Mental Health NHS Trust.",
    )
    with st.container(key="pair-ndta"):
        exhibits.change(
            view,
            "ndta-change",
            "Mean change from first to latest assessment",
            "ndta_change",
            "item",
            axis="points, turned: better is right",
            scope="the same people",
            caveat=CHANGE_CAVEAT.replace("rise", "improve")
            + " Items 4 and 5 count double: a point of theirs is "
            "half of one.",
            text=_assessment_text(view),
            downwards=True,
            apart="total",
        )
        exhibits.directions(
            view,
            "ndta-directions",
            "People whose score went up, stayed or went down",
            "ndta_change",
            "item",
            "item",
            downwards=True,
        )
    _at_start(view)


def _at_start(view: View) -> None:
    title = "Mean score at the start"
    if exhibits.is_absent(view, title, "ndta_at_start", "mean", "as_at", "item"):
        return
    figures = view.figures("ndta_at_start", "mean", "as_at", ("item",))
    rows = exhibits.labelled(view, "item", [f for f in figures if f.category("item") != "total"])
    panels = [
        (
            f"Items scored 0 to {most}",
            most,
            [row for row in rows if (row[1].category("item") in COUNTED_DOUBLE) == is_double],
        )
        for most, is_double in ((4, False), (8, True))
    ]
    scope = exhibits.scope_of(view, figures)
    components.exhibit(
        view,
        "ndta-start",
        title,
        figures=figures,
        draw=lambda look: [
            components.Panel(name, charts.bars(some, look, (most, "mean score")), charts.summary(some))
            for name, most, some in panels
        ],
        table=components.one_way(view, f"{title}, {scope}", "item", figures, "Mean score"),
        text=_start_text(view),
        scope=scope,
        caveat="Lines are 95% intervals.",
    )


def _assessment_text(view: View) -> str:
    figures = view.figures("ndta_change", "mean", "as_at", ("item",))
    total = next((f for f in figures if f.category("item") == "total"), None)
    if total is None or total.value is None:
        return f"The change of the total is {sentences.why_missing(total)}."
    bounds = sentences.interval(total)
    words = f"The total (0 to 48) changed by {sentences.shown(total)} on average"
    return f"{words} (95% interval {bounds})." if bounds else f"{words}."


def _start_text(view: View) -> str:
    figures = view.figures("ndta_at_start", "mean", "as_at", ("item",))
    total = next((f for f in figures if f.category("item") == "total"), None)
    words = "Risk to others and risk from others count double: they reach 8 and have a scale of their own."
    if total is None or total.value is None:
        return f"The mean of the total is {sentences.why_missing(total)}. {words}"
    return f"The total (0 to 48) is {sentences.shown(total)} on average. {words}"


show(current())
