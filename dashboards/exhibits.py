"""The kinds of exhibit that pages share: which chart, table and words belong to a published table.

Belongs here: one function a kind of table (a breakdown, a series, a table of two breakdowns, change between
two readings, shares at fixed times). Each draws nothing where the file's plan has no such table, so that a
page is whole for every audience. Does not belong here: which tables a page shows (`app_pages/`), the look of
an exhibit (`components.py`), drawing (`charts.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboards import charts, components, sentences
from dashboards.control_limits import control_limits
from dashboards.published import Figure
from dashboards.state import View

HATCHED = (
    "A hatched square stands for a part of fewer than 10 people, none included. It is no part of the bar and "
    "always has the same size."
)
# The category of those in a table of directions who have no two readings to compare.
NO_PAIR = "no_pair"


def plans(view: View, metric_id: str, measure: str, period_type: str, *dimensions: str) -> bool:
    """Whether this audience's file has a table, for pages that head a part of theirs with it."""
    return view.publication.plans(metric_id, measure, period_type, dimensions)


def is_absent(
    view: View, title: str, metric_id: str, measure: str, period_type: str, *dimensions: str
) -> bool:
    """Whether the file has no such table; where it is about one area, the end of the page says so."""
    if plans(view, metric_id, measure, period_type, *dimensions):
        return False
    # By place there is nothing to tell in a file that is about one.
    if view.publication.release.area and view.publication.places not in dimensions:
        components.not_given(title)
    return True


def labelled(view: View, dimension: str, figures: Sequence[Figure]) -> list[tuple[str, Figure]]:
    """Figures of a breakdown with the labels of their categories."""
    return [(view.publication.label(dimension, f.category(dimension)), f) for f in figures]


def when(view: View, figures: Sequence[Figure]) -> str:
    """What time a table is about: `on 31 March 2018`, `since June 2014`, `January to March 2018`."""
    if not figures:
        return sentences.period_name(view.period)
    first = figures[0]
    if first.period_type == "programme":
        return f"since {first.period_start:%B %Y}"
    if first.period_type == "as_at":
        return f"on {sentences.day(view.day_of(figures))}"
    return sentences.period_name(first) + so_far(view, first)


def scope_of(view: View, figures: Sequence[Figure], place: str = "") -> str:
    """Time and place of a table; what the partnership writes or budgets is of no place."""
    is_of_a_place = bool(figures) and figures[0].counts != "entries"
    return f"{when(view, figures)}, {place or view.everywhere}" if is_of_a_place else when(view, figures)


def whole_periods(
    view: View, series: Sequence[Figure], drawn: str = "point is hollow"
) -> tuple[list[int], str]:
    """Which points of a series are of less than a whole period, and why, in words; `drawn` is how they look.

    The first is, where the programme began within it; the last, where it is not over.
    """
    months = {"quarter": 3, "year": 12}
    points, words = [], []
    for n in {0, len(series) - 1} if series else ():
        f = series[n]
        if f.value is None:
            continue
        if so_far(view, f):
            points.append(n)
            words.append(f"the last {drawn}: its period is not over")
        elif f.period_type in months:
            start, end = f.period_start, f.period_end
            length = 12 * (end.year - start.year) + end.month - start.month + 1
            if start.day > 1 or length < months[f.period_type]:
                points.append(n)
                words.append(
                    f"the first {drawn}: the programme began within that {f.period_type}, so that it is of "
                    f"{sentences.period_name(f)} alone"
                )
    return sorted(points), " ".join(f"{sentences.capital(text)}." for text in words)


def so_far(view: View, figure: Figure) -> str:
    """` so far` where the period of a figure is not over."""
    periods = view.publication.periods(figure.period_type)
    is_part = any(p.end == figure.period_end and not p.is_complete for p in periods)
    return " so far" if is_part else ""


def tile(
    view: View,
    name: str,
    label: str,
    metric_id: str,
    measure: str,
    period_type: str,
    unit: str = "",
    since: str = "",
    **categories: str,
) -> None:
    """One headline figure with what it was a period before; figures of a year stand alone."""
    if is_absent(view, label, metric_id, measure, period_type, *categories):
        return
    is_like = period_type in ("as_at", "programme", view.flow)
    is_flow = period_type == view.flow
    before = None
    if is_like and view.before is not None:
        before = view.figure(metric_id, measure, period_type, view.before.end, **categories)
    place = view.place(metric_id, measure, period_type, tuple(categories))
    components.tile(
        view,
        name,
        label,
        view.figure(metric_id, measure, period_type, None, **categories),
        before=before,
        series=view.series(metric_id, measure, period_type, **categories),
        since=since,
        place=view.place_name(place),
        compare=is_like and before is not None and (view.period.is_complete or not is_flow),
        unit=unit,
    )


def breakdown(
    view: View,
    name: str,
    title: str,
    metric_id: str,
    measure: str,
    period_type: str,
    dimension: str,
    *,
    heading: str = "People",
    noun: str = "people",
    amount: str = "",
    text: str | None = None,
    caveat: str = "",
    **categories: str,
) -> None:
    """Bars, or points with intervals, for the categories of one breakdown in their fixed order.

    `noun` is what is broken down and `amount` what is counted, for the sentence; `text` stands in its place.
    `categories` keep one category of a second breakdown.
    """
    if is_absent(view, title, metric_id, measure, period_type, dimension, *categories):
        return
    figures = view.figures(metric_id, measure, period_type, (dimension,), **categories)
    place = view.place_name(view.place(metric_id, measure, period_type, (dimension, *categories)))
    rows = labelled(view, dimension, figures)
    scope = scope_of(view, figures, place)
    components.exhibit(
        view,
        name,
        title,
        figures=figures,
        draw=lambda look: charts.bars(rows, look),
        table=components.one_way(view, f"{title}, {scope}", dimension, figures, heading),
        alt=charts.summary(rows),
        text=sentences.largest(rows, noun, amount) if text is None else text,
        scope=scope,
        caveat=caveat,
    )


def trend(
    view: View,
    name: str,
    title: str,
    metric_id: str,
    measure: str,
    period_type: str,
    heading: str,
    told: Callable[[Figure | None], str],
    *,
    beside: Sequence[tuple[str, str, str]] = (),
    caveat: str = "",
) -> None:
    """A line over the periods up to the chosen one; `told` makes a clause of the last figure.

    `beside` are further columns of the table: heading, metric and measure.
    """
    if is_absent(view, title, metric_id, measure, period_type):
        return
    series = view.series(metric_id, measure, period_type)
    names = [sentences.axis_name(f) for f in series]
    place = view.place_name(view.place(metric_id, measure, period_type))
    columns = [(heading, series)]
    columns += [(words, view.series(metric, other, period_type)) for words, metric, other in beside]
    parts, of_parts = whole_periods(view, series)
    last = series[-1] if series else None
    if period_type == "as_at":
        text = f"{sentences.capital(told(last))}."
        if len(series) > 1:
            on = f"on {sentences.day(series[-2].period_end)}"
            text = f"{text[:-1]}, {sentences.change(last, series[-2], on)}."
    else:
        text = sentences.latest(series, told(last), view.period)
    components.exhibit(
        view,
        name,
        title,
        figures=series,
        draw=lambda look: charts.trend(names, series, look, parts),
        table=components.over_time(f"{title}, {place}", columns),
        alt=charts.summary(list(zip(names, series, strict=True))),
        text=text if series else "",
        scope=place,
        caveat=" ".join(filter(None, [of_parts, caveat])),
    )


def monthly(view: View, name: str, title: str, metric_id: str, heading: str) -> None:
    """A process chart (XmR) of the exact counts of the whole months up to the chosen day."""
    if is_absent(view, title, metric_id, "count", "month"):
        return
    whole = {p.end for p in view.publication.periods("month") if p.is_complete}
    series = [f for f in view.series(metric_id, "count", "month") if f.period_end in whole]
    values = [f.value for f in series if f.value is not None]
    limits = control_limits(values) if len(values) == len(series) else None
    if limits is None:
        components.quiet(f"{title}: limits need six months without a withheld figure.")
        return
    if not any(values):
        components.quiet(f"{title}: every month is nil.")
        return
    names = [sentences.axis_name(f) for f in series]
    place = view.place_name(view.place(metric_id, "count", "month"))
    outside = [f"{f.period_end:%B %Y}" for f in series if not limits.holds(f.value or 0)]
    bounds = ", ".join(
        f"{words} {limits.written(value, values)}"
        for words, value in (
            ("mean", limits.mean),
            ("lower limit", limits.lower),
            ("upper limit", limits.upper),
        )
    )
    components.exhibit(
        view,
        name,
        title,
        figures=series,
        draw=lambda look: charts.control(names, series, limits, look),
        table=components.over_time(f"{title}, {place}: {bounds}", [(heading, series)]),
        alt=f"{sentences.capital(bounds)}. {charts.summary(list(zip(names, series, strict=True)))}",
        text=sentences.control(names, outside, limits.trial),
        scope=f"{place}, whole months",
        caveat="The limits follow from the ups and downs of the months themselves: nearly every month lies "
        "between them if nothing but chance is at work (“Definitions and methods” says how). They are no "
        "target.",
    )


def parts(
    view: View,
    name: str,
    title: str,
    metric_id: str,
    measure: str,
    period_type: str,
    rows: str,
    columns: str,
    *,
    shades: Callable[[charts.Look], Sequence[str]] = lambda look: look.categories,
    text: str = "",
    caveat: str = HATCHED,
) -> None:
    """One bar of parts for each category of `rows`, one part for each of `columns`."""
    if is_absent(view, title, metric_id, measure, period_type, rows, columns):
        return
    figures = view.figures(metric_id, measure, period_type, (rows, columns))
    stacked(view, name, title, figures, rows, columns, shades=shades, text=text, caveat=caveat)


def stacked(
    view: View,
    name: str,
    title: str,
    figures: Sequence[Figure],
    rows: str,
    columns: str,
    *,
    shades: Callable[[charts.Look], Sequence[str]],
    text: str = "",
    caveat: str = HATCHED,
) -> None:
    """`parts` of figures that the page has chosen."""
    cells = {(f.category(rows), f.category(columns)): f for f in figures}
    across = [c for c in view.publication.categories(columns) if any(two == c for _, two in cells)]
    down = [c for c in view.publication.categories(rows) if all((c, a) in cells for a in across)]
    bars = [(view.publication.label(rows, c), [cells[(c, a)] for a in across]) for c in down if cells]
    names = [view.publication.label(columns, a) for a in across]
    scope = scope_of(view, figures)
    components.exhibit(
        view,
        name,
        title,
        figures=figures,
        draw=lambda look: charts.stacked(bars, names, shades(look), look),
        table=components.two_way(view, f"{title}, {scope}", rows, columns, figures),
        alt=" ".join(f"{label}: {charts.summary(list(zip(names, row, strict=True)))}" for label, row in bars),
        text=text,
        scope=scope,
        caveat=caveat if any(f.mark == "c" for f in figures) and any(f.value for f in figures) else "",
        key=list(zip(names, shades(charts.look(view.dark)), strict=False)),
    )


def change(
    view: View,
    name: str,
    title: str,
    metric_id: str,
    dimension: str,
    *,
    axis: str,
    scope: str,
    caveat: str,
    text: str | None = None,
    downwards: bool = False,
    apart: str = "",
    **categories: str,
) -> None:
    """Mean change of the same people with its interval, category by category.

    `apart` is a category of another scale (a total), which the table has and the chart leaves out.
    """
    if is_absent(view, title, metric_id, "mean", "as_at", dimension, *categories):
        return
    means = view.figures(metric_id, "mean", "as_at", (dimension,), **categories)
    rows = labelled(view, dimension, [f for f in means if f.category(dimension) != apart])
    components.exhibit(
        view,
        name,
        title,
        figures=means,
        draw=lambda look: charts.changes(rows, look, axis, downwards),
        table=_change_table(view, title, metric_id, dimension, means, categories),
        alt=charts.summary(rows),
        text=sentences.paired_change(rows) if text is None else text,
        scope=f"{when(view, means)}, {view.everywhere}, {scope}",
        caveat=caveat,
    )


def _change_table(
    view: View,
    title: str,
    metric_id: str,
    dimension: str,
    means: Sequence[Figure],
    categories: dict[str, str],
) -> components.Table:
    headings = [components.dimension_label(view, dimension), "Mean change", "95% interval", "People"]
    further = [
        (
            heading,
            {
                f.category(dimension): f
                for f in view.figures(metric_id, measure, "as_at", (dimension,), **categories)
            },
        )
        for measure, heading in (
            ("median", "Typical change"),
            ("tipping_point", "Nil if the others had fallen by"),
        )
        if plans(view, metric_id, measure, "as_at", dimension, *categories)
    ]
    rows = []
    for f in means:
        row = [
            view.publication.label(dimension, f.category(dimension)),
            sentences.table_cell(f),
            sentences.interval(f) or f"[{f.mark or 'z'}]",
            sentences.number(f.people) if f.people is not None else f"[{f.mark or 'x'}]",
        ]
        row += [sentences.table_cell(figures.get(f.category(dimension))) for _, figures in further]
        rows.append(row)
    return components.Table(title, [*headings, *[heading for heading, _ in further]], rows)


def directions(
    view: View, name: str, title: str, metric_id: str, dimension: str, noun: str, downwards: bool = False
) -> None:
    """How many went up, stayed or went down, for each `noun`; who has no two readings is said in words, not
    in the bars."""
    if is_absent(view, title, metric_id, "count", "as_at", dimension, "direction"):
        return
    everyone = view.figures(metric_id, "count", "as_at", (dimension, "direction"))
    figures = [f for f in everyone if f.category("direction") != NO_PAIR]
    without = [f for f in everyone if f.category("direction") == NO_PAIR]
    stacked(
        view,
        name,
        title,
        figures,
        dimension,
        "direction",
        # The better way has the same colour in every chart.
        shades=lambda look: (look.accent, look.categories[4], look.second)[:: -1 if downwards else 1],
        text="A mean hides both: some people rise while others fall. "
        + sentences.without_two_readings(without, noun),
    )


def survival(view: View, name: str, title: str, *, text: str, caveat: str) -> None:
    """The share still supported at fixed times (Kaplan-Meier), with intervals."""
    if is_absent(view, title, "length_of_support", "survival", "as_at", "support_months"):
        return
    figures = view.figures("length_of_support", "survival", "as_at", ("support_months",))
    points = [(f.category("support_months"), f) for f in figures]
    scope = scope_of(view, figures)
    components.exhibit(
        view,
        name,
        title,
        figures=figures,
        draw=lambda look: charts.curve(points, look, "months since the first start"),
        table=components.one_way(view, f"{title}, {scope}", "support_months", figures, "Still supported"),
        alt=charts.summary(labelled(view, "support_months", figures)),
        text=text,
        scope=scope,
        caveat=caveat,
    )


def curves(
    view: View,
    name: str,
    title: str,
    figures: Sequence[Figure],
    panels: Sequence[tuple[str, Sequence[tuple[str, Figure]]]],
    table: components.Table,
    *,
    axis: str,
    text: str = "",
    scope: str = "",
    caveat: str = "",
) -> None:
    """Small multiples of shares at fixed times, on one scale; what holds no figure is told in words."""
    drawn = [(label, points) for label, points in panels if any(f.value is not None for _, f in points)]
    empty = [label for label, points in panels if all(f.value is None for _, f in points)]
    left_out = f"No share can be shown for {'; '.join(empty)}." if empty and drawn else ""
    components.exhibit(
        view,
        name,
        title,
        figures=figures,
        draw=lambda look: [
            components.Panel(label, charts.curve(points, look, axis, charts.PANEL), charts.summary(points))
            for label, points in drawn
        ],
        table=table,
        text=text,
        scope=scope,
        caveat=" ".join(filter(None, [caveat, left_out])),
    )
