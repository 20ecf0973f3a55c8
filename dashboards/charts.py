"""Charts: Plotly figures with one look for light and one for dark.

Belongs here: the palettes and the few kinds of chart. Does not belong here: which figures a page shows,
wording of sentences, Streamlit. `plotly.express` is not used: it takes ten times as long for the same bars.

Every chart draws only what its table shows. A withheld figure is hatched and of one fixed size, with `<10`
(or its mark) beside it, and stands apart from the scale: its size and place say nothing about the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from dashboards.control_limits import ControlLimits
from dashboards.published import Figure
from dashboards.sentences import interval, is_per_cent, shown

FONT = '"Source Sans", "Source Sans Pro", sans-serif'
STUB_SHARE = 0.05
# Below the line of nil, as a part of the height of a chart: there a withheld point is no figure of nil.
STRIP = 0.24
PANEL = 190
"""The height of one of several small charts, in pixels."""


@dataclass(frozen=True)
class Look:
    """The colours of one theme. `categories` and `stages` keep apart under the common colour-blindnesses.

    No red and no green: these are figures about people, not about good and bad.
    """

    ink: str
    muted: str
    line: str
    paper: str
    accent: str
    second: str
    withheld: str
    stages: tuple[str, ...]
    categories: tuple[str, ...]


LIGHT = Look(
    ink="#1d2b36",
    muted="#51606c",
    line="#dcd8cf",
    paper="#ffffff",
    accent="#1f5f86",
    second="#b8651b",
    withheld="#8a949c",
    stages=("#c9dcea", "#94bcd6", "#5b96bb", "#2f6f99", "#123f60"),
    categories=("#1f5f86", "#e0a458", "#8c6bb1", "#51606c", "#b9c2c9"),
)
DARK = Look(
    ink="#e9edf0",
    muted="#aab6bf",
    line="#36424c",
    paper="#1b232a",
    accent="#7dbbe0",
    second="#e3a35c",
    withheld="#8794a0",
    stages=("#e3f0f8", "#b1d3ea", "#79b0d3", "#4688b1", "#2b6186"),
    categories=("#7dbbe0", "#e3a35c", "#b79bdb", "#aab6bf", "#6f7e8a"),
)


def look(dark: bool) -> Look:
    """The palette of the theme in use."""
    return DARK if dark else LIGHT


def _template(colours: Look) -> go.layout.Template:
    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "outside",
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",
        "tickfont": {"size": 13, "color": colours.muted},
        "title": {"font": {"size": 13, "color": colours.muted}},
        "fixedrange": True,
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 14, "color": colours.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "separators": ".,",
            "hovermode": False,
            "showlegend": False,
            "bargap": 0.34,
            "uniformtext": {"minsize": 11, "mode": "show"},
        }
    )


TEMPLATES = {colours: _template(colours).to_plotly_json() for colours in (LIGHT, DARK)}


class _Sketch:
    """What a chart is to be made of, by the names that Plotly's figures have for it.

    Plotly checks all that a figure has at each addition: a tenth of a second for a chart of thirty labels. It
    gets the whole in one piece here, and takes it as it is; the tests have it checked.
    """

    def __init__(self, colours: Look, height: int) -> None:
        self.height = height
        self._data: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._shapes: list[dict[str, Any]] = []
        self._layout: dict[str, Any] = {"template": TEMPLATES[colours]}
        self._axes: dict[str, dict[str, Any]] = {"xaxis": {}, "yaxis": {}}

    def add_bar(self, **trace: Any) -> None:
        self._data.append({"type": "bar"} | trace)

    def add_scatter(self, **trace: Any) -> None:
        self._data.append({"type": "scatter"} | trace)

    def add_annotation(self, **annotation: Any) -> None:
        self._annotations.append(annotation)

    def add_hline(self, y: float, line: dict[str, Any]) -> None:
        across = {"x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y, "yref": "y"}
        self._shapes.append({"type": "line", "line": line} | across)

    def add_vline(self, x: float, line: dict[str, Any]) -> None:
        upright = {"x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
        self._shapes.append({"type": "line", "line": line} | upright)

    def update_xaxes(self, **axis: Any) -> None:
        self._axes["xaxis"].update(axis)

    def update_yaxes(self, **axis: Any) -> None:
        self._axes["yaxis"].update(axis)

    def update_layout(self, **layout: Any) -> None:
        self._layout.update(layout)

    def drawn(self) -> go.Figure:
        marks = {"annotations": self._annotations, "shapes": self._shapes}
        layout = self._layout | self._axes | {name: some for name, some in marks.items() if some}
        return go.Figure(self._data, layout | {"height": self.height}, _validate=False)


def _wrapped(label: str, width: int = 24) -> str:
    """A label in lines of at most about `width` letters, so that names fit a phone."""
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _hatched(colours: Look) -> dict:
    """The one look of a withheld figure."""
    return {
        "color": colours.paper,
        "pattern": {
            "shape": "/",
            "fillmode": "overlay",
            "fgcolor": colours.withheld,
            "fgopacity": 1,
            "size": 6,
            "solidity": 0.35,
        },
        "line": {"color": colours.withheld, "width": 1},
    }


def column(figures: Sequence[Figure]) -> list[str]:
    """Figures that stand under one another, as shown; means of points and times all with one decimal."""
    is_plain = all(f.measure == "mean" and not (f.is_money or is_per_cent(f)) for f in figures)
    if not is_plain:
        return [shown(f) for f in figures]
    return [f"{text}.0" if text.lstrip("+\N{MINUS SIGN}").isdigit() else text for text in map(shown, figures)]


def bars(
    rows: Sequence[tuple[str, Figure]], colours: Look, scale: tuple[float, str] | None = None
) -> go.Figure:
    """Horizontal bars in the order given, labelled at their ends; points where there are intervals.

    `scale` is the end of an axis that begins at nil, and its name.
    """
    values = [f.value for _, f in rows if f.value is not None]
    uppers = [f.upper for _, f in rows if f.upper is not None]
    longest = max([*values, *uppers, 1.0])
    is_share = bool(rows) and is_per_cent(rows[0][1])
    if is_share:
        longest = 100.0
    if scale:
        longest = scale[0]
    texts = column([f for _, f in rows])
    stub = longest * STUB_SHARE
    labels = [_wrapped(label) for label, _ in rows]
    chart = _Sketch(colours, 24 + sum(30 + 14 * label.count("<br>") for label in labels))
    if any(f.lower is not None and f.upper is not None for _, f in rows):
        # A point on a line shows its interval better than the end of a bar does.
        chart.add_scatter(
            y=labels,
            x=[f.value for _, f in rows],
            mode="markers",
            marker={"color": colours.accent, "size": 11},
            error_x=_intervals([f for _, f in rows], colours) | {"color": colours.accent, "thickness": 2.2},
        )
        chart.update_yaxes(showgrid=True, gridcolor=colours.line)
    else:
        chart.add_bar(
            y=labels, x=[f.value for _, f in rows], orientation="h", marker={"color": colours.accent}
        )
    chart.add_bar(
        y=labels,
        x=[stub if f.value is None else None for _, f in rows],
        orientation="h",
        marker=_hatched(colours),
    )
    for label, (_, f), text in zip(labels, rows, texts, strict=True):
        chart.add_annotation(
            x=max(f.upper or 0, f.value) if f.value is not None else stub,
            y=label,
            text=text,
            showarrow=False,
            xanchor="left",
            xshift=6,
            bgcolor=colours.paper,
            font={"color": colours.ink if f.value is not None else colours.muted, "size": 14},
        )
    chart.update_yaxes(autorange="reversed", tickfont={"color": colours.ink})
    chart.update_xaxes(
        # A refund can take a sum below nil.
        range=[min([0.0, *values]), longest],
        visible=is_share,
        tickvals=[0, 50, 100],
        ticktext=["0%", "50%", "100%"],
    )
    if scale:
        chart.update_xaxes(
            visible=True, tickmode="auto", tickvals=None, ticktext=None, nticks=5, title={"text": scale[1]}
        )
    if is_share or scale:
        chart.height += 54 if scale else 34
    # The labels stand right of the longest bar, outside the axes: room by their length.
    room = 14 + 8 * max([len(text) for text in texts], default=0)
    chart.update_layout(barmode="overlay", margin={"r": room})
    return chart.drawn()


def _intervals(figures: Sequence[Figure], colours: Look) -> dict:
    return {
        "type": "data",
        "symmetric": False,
        "array": [(f.upper - f.value) if f.value is not None and f.upper is not None else 0 for f in figures],
        "arrayminus": [
            (f.value - f.lower) if f.value is not None and f.lower is not None else 0 for f in figures
        ],
        "color": colours.ink,
        "thickness": 1.4,
        "width": 4,
    }


def spark(series: Sequence[Figure], colours: Look) -> go.Figure:
    """A small trend line from zero; a withheld point is a hollow square on the base line."""
    chart = _Sketch(colours, 46)
    places = list(range(len(series)))
    chart.add_scatter(
        x=places,
        y=[f.value for f in series],
        mode="lines",
        line={"color": colours.muted, "width": 1.6},
        connectgaps=False,
    )
    shown_points = [(x, f.value) for x, f in zip(places, series, strict=True) if f.value is not None]
    if shown_points and series[-1].value is not None:
        chart.add_scatter(
            x=[shown_points[-1][0]],
            y=[shown_points[-1][1]],
            mode="markers",
            marker={"color": colours.accent, "size": 8},
            cliponaxis=False,
        )
    hidden = [x for x, f in zip(places, series, strict=True) if f.value is None]
    if hidden:
        chart.add_scatter(
            x=hidden,
            y=[0] * len(hidden),
            mode="markers",
            marker={"symbol": "square-open", "color": colours.withheld, "size": 6},
        )
    top = max([v for _, v in shown_points], default=1.0) or 1.0
    chart.update_xaxes(visible=False, range=[-0.3, max(len(series) - 0.7, 0.3)])
    chart.update_yaxes(visible=False, range=[-0.18 * top, 1.18 * top])
    chart.update_layout(margin={"l": 2, "r": 8, "t": 2, "b": 2})
    return chart.drawn()


def trend(
    names: Sequence[str],
    series: Sequence[Figure],
    colours: Look,
    parts: Sequence[int] = (),
    top: float = 0,
) -> go.Figure:
    """A line from zero over periods, its ends labelled; `parts` are the hollow points, of periods that are
    not whole. `top` is the height of several that are to be compared."""
    # Several that are compared have the same room below their scale.
    has_strip = bool(top)
    top = top or max([f.value for f in series if f.value is not None], default=1.0) or 1.0
    if any(shown(f) == ">90%" for f in series):
        top = max(top, 100 / 1.2)  # its patch lies between 90 and 100
    chart = _Sketch(colours, 260)
    chart.add_scatter(
        x=list(names),
        y=[f.value for f in series],
        mode="lines+markers",
        line={"color": colours.accent, "width": 2.4},
        marker={
            "size": 7,
            "color": [colours.paper if n in parts else colours.accent for n in range(len(series))],
            "line": {"color": colours.accent, "width": 2},
        },
        connectgaps=False,
    )
    hidden = [(n, f) for n, f in enumerate(series) if f.value is None]
    has_strip = _hidden_points(chart, hidden, top * 1.2, colours, reach=0.4, names=names) or has_strip
    known = [n for n, f in enumerate(series) if f.value is not None]
    # The last one stands on the side from which no line comes.
    falls = len(known) > 1 and (series[known[-1]].value or 0) < (series[known[-2]].value or 0)
    for n, beside in {known[0]: True, known[-1]: False}.items() if known else ():
        # The first figure stands left of its point, where no line runs.
        chart.add_annotation(
            x=names[n],
            y=series[n].value,
            text=f"<b>{shown(series[n])}</b>",
            showarrow=False,
            xanchor="right" if beside else "center",
            xshift=-9 if beside else 0,
            yshift=0 if beside else -16 if falls else 16,
        )
    chart.update_yaxes(
        range=[-top * 1.2 * STRIP if has_strip else -top * 0.03, top * 1.2],
        showgrid=True,
        gridcolor=colours.line,
        nticks=5,
        rangemode="tozero",
    )
    if top < 4 and all(float(f.value or 0).is_integer() for f in series):
        chart.update_yaxes(dtick=1)  # nobody is half a person
    if series and series[-1].is_money:
        chart.update_yaxes(tickprefix="£", tickformat=",d")
    if series and is_per_cent(series[-1]):
        chart.update_yaxes(ticksuffix="%")
    _time_axis(chart, names)
    return chart.drawn()


def _hidden_points(
    chart: _Sketch,
    hidden: Sequence[tuple[float, Figure]],
    height: float,
    colours: Look,
    *,
    reach: float,
    names: Sequence[str] = (),
    steps: Sequence[float] = (),
    crowded: bool = True,
) -> bool:
    """A hatched patch for each run of withheld points with the same words, which stand in it once; whether
    there is one below the line of nil.

    `hidden` are places and figures, `height` what the chart reaches to, `reach` how far a patch goes beyond
    its points. Of all points of the axis, `names` are those of the places 0, 1, 2 and so on, or `steps` their
    places. What is withheld as `<10%` or `>90%` has its patch where its figure may lie, on the scale, and the
    words of `>90%` above it unless it is `crowded` there; all else stands below the scale.
    """
    order = {place: n for n, place in enumerate(steps)}
    runs = [
        list(run)
        for _, run in groupby(
            enumerate(hidden),
            key=lambda pair: (shown(pair[1][1]), order.get(pair[1][0], pair[1][0]) - pair[0]),
        )
    ]
    has_strip = False
    for run in runs:
        first, last, figure = run[0][1][0], run[-1][1][0], run[0][1][1]
        words = shown(figure)
        base, size, beside = {"<10%": (0.0, 10.0, "bottom"), ">90%": (90.0, 10.0, "top")}.get(
            words, (-0.11 * height, 0.09 * height, "top")
        )
        if words == ">90%" and not crowded:
            beside = "bottom"
        has_strip = has_strip or base < 0
        chart.add_bar(
            x=[names[int(first)] if names else first],
            y=[size],
            base=[base],
            offset=-reach,
            width=[last - first + 2 * reach],
            marker=_hatched(colours),
        )
        chart.add_annotation(
            # On an axis of names a number is the place among them.
            x=(first + last) / 2,
            y=base if beside == "top" else base + size,
            yanchor=beside,
            text=words,
            showarrow=False,
            borderpad=0,
            font={"size": 12, "color": colours.muted},
        )
    return has_strip


def _time_axis(chart: _Sketch, names: Sequence[str]) -> None:
    # One label a year keeps a phone readable: the first quarter that is there of each year.
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name.split()[0], name)
    chart.update_xaxes(
        type="category",
        tickvals=list(firsts.values()),
        ticktext=list(firsts),
        categoryarray=list(names),
        tickangle=0,
    )


def in_and_out(
    names: Sequence[str], ins: Sequence[Figure], outs: Sequence[Figure], colours: Look
) -> go.Figure:
    """Starts above the line and ends below it, quarter by quarter."""
    top = max([f.value for f in (*ins, *outs) if f.value is not None], default=1.0) or 1.0
    stub = top * STUB_SHARE
    chart = _Sketch(colours, 280)
    for series, sign, colour in ((ins, 1, colours.accent), (outs, -1, colours.second)):
        heights = [sign * (stub if f.value is None else f.value) for f in series]
        for is_hidden, marker in ((False, {"color": colour}), (True, _hatched(colours))):
            chart.add_bar(
                x=list(names),
                y=[
                    h if (f.value is None) == is_hidden else None
                    for h, f in zip(heights, series, strict=True)
                ],
                marker=marker,
            )
        for name, height, f in zip(names, heights, series, strict=True):
            chart.add_annotation(
                x=name,
                y=height,
                text=shown(f),
                showarrow=False,
                yshift=9 * sign,
                font={"size": 12, "color": colours.ink},
            )
    chart.add_hline(y=0, line={"color": colours.muted, "width": 1})
    chart.update_layout(barmode="relative", bargap=0.25)
    chart.update_yaxes(range=[-top * 1.35, top * 1.6], visible=False)
    for text, colour, y in (("<b>Started</b>", colours.accent, 1), ("<b>Ended</b>", colours.second, 0)):
        chart.add_annotation(
            x=0,
            y=y,
            xref="paper",
            yref="paper",
            text=text,
            showarrow=False,
            xanchor="left",
            font={"color": colour},
        )
    _time_axis(chart, names)
    return chart.drawn()


def stacked(
    rows: Sequence[tuple[str, Sequence[Figure]]],
    names: Sequence[str],
    shades: Sequence[str],
    colours: Look,
) -> go.Figure:
    """One bar of parts for each row, each part labelled with its figure; the key stands above in the same
    order.

    A withheld part is no part of the bar, whose length would tell a total: it is a hatched square with the
    colour of its part around it, in a lane of its own that begins at the same place in every row.
    """
    longest = max([sum(f.value or 0 for f in cells) for _, cells in rows], default=1.0) or 1.0
    square, lane = longest * 0.08, longest * 1.04
    labels = [_wrapped(label, 20) for label, _ in rows]
    chart = _Sketch(colours, 60 + sum(34 + 12 * label.count("<br>") for label in labels))
    begins = [0.0 for _ in rows]
    for n in range(len(names)):
        cells = [cells[n] for _, cells in rows]
        chart.add_bar(
            y=labels,
            x=[f.value for f in cells],
            base=list(begins),
            orientation="h",
            marker={"color": shades[n], "line": {"color": colours.paper, "width": 1.5}},
        )
        for row, f in enumerate(cells):
            if f.value:
                # On a patch of its colour: on a phone a narrow part is smaller than its figure.
                chart.add_annotation(
                    x=begins[row] + f.value / 2,
                    y=labels[row],
                    text=shown(f),
                    showarrow=False,
                    bgcolor=shades[n],
                    borderpad=0,
                    font={"size": 12, "color": _readable_on(shades[n])},
                )
                begins[row] += f.value
    hidden = [f for _, cells in rows for f in cells if f.value is None]
    lanes = [n for n in range(len(names)) if any(cells[n].value is None for _, cells in rows)]
    for place, n in enumerate(lanes):
        marker = _hatched(colours)
        marker["line"] = {"color": shades[n], "width": 1.5}
        chart.add_bar(
            y=labels,
            x=[square * 0.8 if cells[n].value is None else None for _, cells in rows],
            base=[lane + place * square for _ in rows],
            orientation="h",
            width=0.45,
            marker=marker,
        )
    if hidden:
        words = {shown(f) for f in hidden}
        chart.add_annotation(
            x=lane,
            y=1,
            yref="paper",
            text=words.pop() if len(words) == 1 else "not shown",
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            font={"size": 12, "color": colours.muted},
        )
    chart.update_layout(barmode="overlay", bargap=0.28, margin={"t": 22 if hidden else 8})
    chart.update_yaxes(autorange="reversed", tickfont={"color": colours.ink})
    chart.update_xaxes(visible=False, range=[0, lane + len(lanes) * square if hidden else longest])
    return chart.drawn()


def _readable_on(colour: str) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#10181f" if luminance > 0.2 else "#ffffff"


def changes(
    rows: Sequence[tuple[str, Figure]], colours: Look, axis: str, downwards: bool = False
) -> go.Figure:
    """Mean change by area as a dot with its interval, around a line at nil; withheld areas say so at the
    line. With `downwards`, where less is better, the axis is turned so that better is right in every chart.

    No dumbbells from first to latest: the plan publishes the change of the same people and not the means that
    it lies between.
    """
    known = [f for _, f in rows if f.value is not None]
    reach = max([abs(v) for f in known for v in (f.lower, f.upper, f.value) if v is not None], default=1.0)
    reach = max(reach * 1.25, 1.0)
    labels = [_wrapped(label, 22) for label, _ in rows]
    chart = _Sketch(colours, 70 + sum(36 + 12 * label.count("<br>") for label in labels))
    chart.add_vline(x=0, line={"color": colours.muted, "width": 1})
    places = [n for n, (_, f) in enumerate(rows) if f.value is not None]
    chart.add_scatter(
        y=[labels[n] for n in places],
        x=[rows[n][1].value for n in places],
        mode="markers",
        marker={"size": 11, "color": colours.accent},
        error_x=_intervals([rows[n][1] for n in places], colours)
        | {"color": colours.accent, "thickness": 2.2},
    )
    for label, (_, f) in zip(labels, rows, strict=True):
        # On a patch of paper, so that the line at nil does not run through the figure.
        chart.add_annotation(
            x=f.value or 0,
            y=label,
            text=f"<b>{shown(f)}</b>" if f.value is not None else shown(f),
            showarrow=False,
            yshift=15 if f.value is not None else 0,
            bgcolor=colours.paper,
            borderpad=1,
            font={"size": 12.5, "color": colours.ink if f.value is not None else colours.muted},
        )
    chart.update_yaxes(
        autorange="reversed",
        categoryorder="array",
        categoryarray=labels,
        tickfont={"color": colours.ink},
        showgrid=True,
        gridcolor=colours.line,
    )
    chart.update_xaxes(
        range=[reach, -reach] if downwards else [-reach, reach], nticks=7, title={"text": axis}
    )
    return chart.drawn()


def curve(points: Sequence[tuple[str, Figure]], colours: Look, axis: str, height: int = 280) -> go.Figure:
    """Shares at fixed times, 0 to 100, with their intervals; no steps between them, for none are published.

    The names of the points are numbers (months, days), spaced as such. A point that it is too early for is
    left out: the line ends where nobody has been followed for longer.
    """
    at = [float(name) for name, _ in points]
    chart = _Sketch(colours, height)
    series = [f for _, f in points]
    known = [n for n, f in enumerate(series) if f.value is not None]
    chart.add_scatter(
        x=[at[n] for n in known],
        y=[series[n].value for n in known],
        mode="lines+markers",
        line={"color": colours.accent, "width": 2.4},
        marker={"size": 8, "color": colours.accent},
        error_y=_intervals([series[n] for n in known], colours) | {"color": colours.accent, "thickness": 1.6},
    )
    # In a small panel the first and the last alone: the table has them all.
    for n in known if height > PANEL else {known[0], known[-1]} if known else ():
        # Above its interval, where no line runs.
        chart.add_annotation(
            x=at[n],
            y=series[n].upper or series[n].value,
            text=f"<b>{shown(series[n])}</b>",
            showarrow=False,
            yshift=10,
            font={"size": 12.5},
        )
    reach = max(at, default=1.0)
    hidden = [(at[n], f) for n, f in enumerate(series) if f.value is None and f.mark != "m"]
    # The words of `>90%` stand above its patch, but where the figures beside it have theirs there.
    crowded = any((f.upper or f.value or 0) >= 85 for f in series)
    has_strip = _hidden_points(chart, hidden, 106, colours, reach=reach * 0.03, steps=at, crowded=crowded)
    has_strip = has_strip or height <= PANEL
    chart.update_xaxes(
        range=[0, reach * 1.14], tickvals=at, ticktext=[name for name, _ in points], title={"text": axis}
    )
    chart.update_yaxes(
        range=[-106 * STRIP if has_strip else -4, 106 if crowded else 118],
        tickvals=[0, 50, 100],
        ticktext=["0%", "50%", "100%"],
        showgrid=True,
        gridcolor=colours.line,
    )
    return chart.drawn()


def control(
    names: Sequence[str], series: Sequence[Figure], limits: ControlLimits, colours: Look
) -> go.Figure:
    """A monthly series of exact counts with its mean and limits; a month outside them is a large ring."""
    values = [f.value or 0 for f in series]
    chart = _Sketch(colours, 280)
    chart.add_scatter(
        x=list(names),
        y=values,
        mode="lines+markers",
        line={"color": colours.accent, "width": 1.8},
        marker={"size": 5, "color": colours.accent},
    )
    outside = [n for n, value in enumerate(values) if not limits.holds(value)]
    runs = [list(run) for _, run in groupby(enumerate(outside), key=lambda pair: pair[1] - pair[0])]
    # Of months in a row the one furthest out has its figure; the table has them all.
    told = {max((n for _, n in run), key=lambda n: abs(values[n] - limits.mean)) for run in runs}
    chart.add_scatter(
        x=[names[n] for n in outside],
        y=[values[n] for n in outside],
        mode="markers+text",
        marker={"symbol": "circle-open", "size": 14, "color": colours.second, "line": {"width": 2.5}},
        text=[shown(series[n]) if n in told else "" for n in outside],
        textposition="top center",
        cliponaxis=False,
    )
    bounds = (
        (limits.mean, "mean", "solid"),
        (limits.upper, "limit", "dash"),
        (limits.lower, "limit", "dash"),
    )
    for value, words, dash in bounds:
        chart.add_hline(y=value, line={"color": colours.muted, "width": 1.2, "dash": dash})
        # Outside the axes, where it covers no month.
        chart.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=4,
            y=value,
            text=f"{words} {limits.written(value, values)}",
            showarrow=False,
            font={"size": 12, "color": colours.muted},
        )
    top = max([limits.upper, *values])
    chart.update_yaxes(range=[-top * 0.05, top * 1.2], nticks=5, rangemode="tozero")
    chart.update_layout(margin={"r": 74})
    _time_axis(chart, names)
    return chart.drawn()


def dumbbells(
    rows: Sequence[tuple[str, Figure, Figure]],
    colours: Look,
    axis: str = "",
    axis_range: Sequence[float] = (),
) -> go.Figure:
    """Two figures a row joined by a line: the first hollow, the second full, each with its interval and
    its number. Withheld figures are hollow squares at the left edge with their words."""
    values = [
        v
        for _, first, second in rows
        for f in (first, second)
        for v in (f.value, f.lower, f.upper)
        if v is not None
    ]
    low, high = axis_range or (min([0.0, *values]), max([*values, 1.0]) * 1.12)
    # A number is wider than its point: it would run into the names of the rows.
    room = 0.1 * (high - low)
    labels = [_wrapped(label, 22) for label, *_ in rows]
    pairs = [(first, second) for _, first, second in rows]
    chart = _Sketch(colours, 60 + sum(48 + 8 * label.count("<br>") for label in labels))
    for label, (_, first, second) in zip(labels, rows, strict=True):
        if first.value is not None and second.value is not None:
            chart.add_scatter(
                x=[first.value, second.value],
                y=[label, label],
                mode="lines",
                line={"color": colours.withheld, "width": 3},
            )
    for place, (colour, fill) in enumerate(
        ((colours.second, colours.paper), (colours.accent, colours.accent))
    ):
        figures = [(label, row[place]) for label, row in zip(labels, pairs, strict=True)]
        known = [(label, f) for label, f in figures if f.value is not None]
        chart.add_scatter(
            x=[f.value for _, f in known],
            y=[label for label, _ in known],
            mode="markers",
            marker={"size": 11, "color": fill, "line": {"color": colour, "width": 2.4}},
            error_x=_intervals([f for _, f in known], colours) | {"color": colour, "thickness": 1.4},
        )
        hidden = [(label, f) for label, f in figures if f.value is None]
        chart.add_scatter(
            x=[low] * len(hidden),
            y=[label for label, _ in hidden],
            mode="markers",
            marker={"symbol": "square-open", "size": 8, "color": colours.withheld},
            cliponaxis=False,
        )
        for label, f in figures:
            # The first above its line, the second below, so that two that are close stay readable.
            chart.add_annotation(
                x=f.value if f.value is not None else low,
                y=label,
                text=f"<b>{shown(f)}</b>" if f.value is not None else shown(f),
                showarrow=False,
                xanchor="center" if f.value is not None else "left",
                yshift=-15 if place else 15,
                font={"size": 12.5, "color": colour if f.value is not None else colours.muted},
            )
    chart.update_yaxes(
        autorange="reversed",
        categoryorder="array",
        categoryarray=labels,
        tickfont={"color": colours.ink},
        showgrid=True,
        gridcolor=colours.line,
    )
    chart.update_xaxes(range=[low - room, high], nticks=6, title={"text": axis} if axis else {})
    if rows and rows[0][1].is_money:
        chart.update_xaxes(tickprefix="£", tickformat="~s")
    return chart.drawn()


def summary(rows: Sequence[tuple[str, Figure]]) -> str:
    """A chart in one line of text, for those who do not see it: each label with its figure."""
    parts = []
    for label, f in rows:
        bounds = f" (interval {interval(f)})" if interval(f) else ""
        parts.append(f"{label}: {shown(f)}{bounds}")
    return "; ".join(parts) + "."
