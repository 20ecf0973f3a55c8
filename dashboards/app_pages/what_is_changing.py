"""What is changing for people: what is different for the people supported, and what does this rest on?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, components, sentences
from dashboards.published import Figure
from dashboards.state import View, current

# The category of those in the table of directions who have no two readings to compare.
NO_PAIR = "no_pair"


def show(view: View) -> None:
    """Draw the page: coverage first, then where people began, then change, then what became of everyone."""
    publication = view.publication
    means = publication.latest("star_change", "mean", "as_at", ("star_area",), on=view.end)
    days = int(publication.settings().get("star_pair_minimum_days", "90"))
    coverage, started_by = sentences.star_pairs(
        [f.people for f in means],
        publication.figures("starts", "count", "programme"),
        view.day_of(means),
        days,
    )
    components.page_head(
        view,
        "What is changing for people",
        "What is different for the people supported, and what does this rest on?",
        view.about_all(sentences.star_coverage(coverage, started_by)),
    )
    components.section(
        "What this rests on",
        "Readings of the Outcomes Star are made when it helps the person. How many there are is shown so "
        "that change "
        "can be read with care; there is no target.",
    )
    _coverage(view)
    components.section("Where people began")
    _first_profile(view)
    components.section("What has changed")
    _change(view, means, coverage, days)
    components.section("What became of everyone who started", components.rounding_note(view))
    with st.container(key="pair-cohorts"):
        _status(view)
        _moved_on(view)
    _cohorts(view)
    components.quiet(publication.wording().get("star_acknowledgement", ""))


def _coverage(view: View) -> None:
    place = view.place_name(view.place("star_coverage", "count", "as_at", ("readings",)))
    figures = view.figures("star_coverage", "count", "as_at", ("readings",))
    rows = [(view.publication.label("readings", f.category("readings")), f) for f in figures]
    on = sentences.day(view.day_of(figures))
    components.exhibit(
        view,
        "coverage",
        f"Stars of the people open on {on}",
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(
            view, f"Open people by number of stars on {on}, {place}", "readings", figures, "People"
        ),
        alt=charts.summary(rows),
        scope=place,
        caveat="Stars are not missing at random: people who are hardest to reach have fewer.",
    )


def _first_profile(view: View) -> None:
    publication = view.publication
    figures = publication.latest("star_first_profile", "count", "as_at", ("star_area", "stage"), on=view.end)
    stages = publication.categories("stage")
    cells = {(f.category("star_area"), f.category("stage")): f for f in figures}
    areas = [a for a in publication.categories("star_area") if all((a, s) in cells for s in stages)]
    rows = [(publication.label("star_area", a), [cells[(a, s)] for s in stages]) for a in areas]
    names = [publication.label("stage", s) for s in stages]
    shades = charts.look(view.dark).stages
    components.exhibit(
        view,
        "first-profile",
        "First reading of each person, by area and stage",
        figures=figures,
        draw=lambda look: charts.stacked(rows, names, look.stages, look),
        table=components.two_way(
            view,
            f"People by stage of their first reading, on {sentences.day(view.day_of(figures))}",
            "star_area",
            "stage",
            figures,
        ),
        alt=" ".join(f"{label}: {charts.summary(list(zip(names, c, strict=True)))}" for label, c in rows),
        text="Counts of people. Stage 1 is the lowest. An area that was not scored is left out, so areas "
        "differ in length.",
        scope=f"all boroughs, readings up to {sentences.day(view.day_of(figures))}",
        caveat="A hatched part stands for fewer than 10 people and always has the same length.",
        key=list(zip(names, shades, strict=False)),
    )


def _change(view: View, means: list[Figure], coverage: sentences.StarCoverage, days: int) -> None:
    if not coverage.is_enough:
        components.html(
            '<p class="nothing">[m] Too early, or too few: change is shown when at least 10 people, and 30% '
            "of those who started long enough ago, have two readings.</p>"
        )
        return
    publication = view.publication
    counts = publication.latest("star_change", "count", "as_at", ("star_area", "direction"), on=view.end)
    # The rule holds area by area: an area scored for too few of the group shows no change.
    enough = {
        f.category("star_area") for f in means if sentences.StarCoverage(f.people, coverage.started).is_enough
    }
    means = [f for f in means if f.category("star_area") in enough]
    counts = [f for f in counts if f.category("star_area") in enough]
    rows = [(publication.label("star_area", f.category("star_area")), f) for f in means]
    with st.container(key="pair-change"):
        components.exhibit(
            view,
            "change",
            "Mean change from first to latest reading",
            figures=means,
            draw=lambda look: charts.changes(rows, look),
            table=_change_table(view, means, coverage),
            alt=charts.summary(rows),
            text=sentences.star_change(rows),
            scope=f"all boroughs, readings at least {days} days apart",
            caveat="Lines are 95% intervals. People referred at their worst are expected to rise a little; "
            "there is no comparison group, and this does not say what caused the change.",
        )
        _directions(view, counts)


def _change_table(view: View, means: list[Figure], coverage: sentences.StarCoverage) -> components.Table:
    rows = []
    for f in means:
        tipping = (
            sentences.tipping_point(f.value, f.people, coverage.started)
            if f.value is not None and f.people is not None and coverage.started
            else None
        )
        rows.append(
            [
                view.publication.label("star_area", f.category("star_area")),
                sentences.table_cell(f),
                sentences.interval(f) or "[z]",
                sentences.number(f.people) if f.people is not None else "[c]",
                sentences.signed(tipping) if tipping is not None else "[z]",
            ]
        )
    return components.Table(
        "Mean change in points. The last column is the mean change among people without a second reading "
        "at which the "
        "change of the whole group would be nil.",
        ["Area", "Mean change", "95% interval", "People", "Nil if others changed by"],
        rows,
    )


def _directions(view: View, figures: list[Figure]) -> None:
    publication = view.publication
    # Who has no two readings did not go anywhere: said in words, and no part of the bars.
    without = [f for f in figures if f.category("direction") == NO_PAIR]
    figures = [f for f in figures if f.category("direction") != NO_PAIR]
    directions = [d for d in publication.categories("direction") if d != NO_PAIR]
    cells = {(f.category("star_area"), f.category("direction")): f for f in figures}
    areas = [a for a in publication.categories("star_area") if all((a, d) in cells for d in directions)]
    rows = [(publication.label("star_area", a), [cells[(a, d)] for d in directions]) for a in areas]
    names = [publication.label("direction", d) for d in directions]

    def shades(look: charts.Look) -> tuple[str, ...]:
        return (look.accent, look.categories[4], look.second)

    components.exhibit(
        view,
        "directions",
        "People whose reading went up, stayed or went down",
        figures=figures,
        draw=lambda look: charts.stacked(rows, names, shades(look), look),
        table=components.two_way(
            view,
            f"People by direction of change, on {sentences.day(view.day_of(figures))}",
            "star_area",
            "direction",
            figures,
        ),
        alt=" ".join(f"{label}: {charts.summary(list(zip(names, c, strict=True)))}" for label, c in rows),
        text="A mean hides both: some people rise while others fall. "
        + sentences.without_two_readings(without),
        scope="all boroughs, the same people",
        key=list(zip(names, shades(charts.look(view.dark)), strict=False)),
    )


def _status(view: View) -> None:
    figures = view.publication.latest("cohort_status", "count", "as_at", ("cohort_status",), on=view.end)
    rows = [(view.publication.label("cohort_status", f.category("cohort_status")), f) for f in figures]
    on = sentences.day(view.day_of(figures))
    components.exhibit(
        view,
        "status",
        f"Everyone who started, as they stand on {on}",
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(
            view, f"People by what became of them, {on}", "cohort_status", figures, "People"
        ),
        alt=charts.summary(rows),
        scope="all boroughs",
    )


def _moved_on(view: View) -> None:
    figures = view.publication.latest("moved_on", "share", "programme", ("ends_counted",), on=view.end)
    rows = [(view.publication.label("ends_counted", f.category("ends_counted")), f) for f in figures]
    components.exhibit(
        view,
        "moved-on",
        "Share of ended support where the person moved on",
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(
            view, "Moved on, of people whose support ended", "ends_counted", figures, "Moved on"
        ),
        alt=charts.summary(rows),
        text="Moved on means that support is no longer needed. Out of all ends, and out of ends that were "
        "not deaths.",
        scope="all boroughs",
    )


def _cohorts(view: View) -> None:
    publication = view.publication
    figures = publication.latest(
        "cohort_status", "count", "as_at", ("start_cohort", "cohort_status"), on=view.end
    )
    statuses = publication.categories("cohort_status")
    cells = {(f.category("start_cohort"), f.category("cohort_status")): f for f in figures}
    cohorts = [c for c in publication.categories("start_cohort") if all((c, s) in cells for s in statuses)]
    rows = [(publication.label("start_cohort", c), [cells[(c, s)] for s in statuses]) for c in cohorts]
    names = [publication.label("cohort_status", s) for s in statuses]
    components.exhibit(
        view,
        "cohorts",
        "The same, by half-year of start",
        figures=figures,
        draw=lambda look: charts.stacked(rows, names, look.categories, look),
        table=components.two_way(
            view,
            f"People by start and what became of them, {sentences.day(view.day_of(figures))}",
            "start_cohort",
            "cohort_status",
            figures,
        ),
        alt=" ".join(f"{label}: {charts.summary(list(zip(names, c, strict=True)))}" for label, c in rows),
        text="Later cohorts have had less time: compare a cohort with itself over time rather than with "
        "another.",
        scope="all boroughs",
        caveat="A hatched part stands for fewer than 10 people, none included, and always has the same "
        "length.",
        key=list(zip(names, charts.look(view.dark).categories, strict=False)),
    )


show(current())
