"""Charts draw what their table shows: a withheld cell has one fixed look, whatever its size."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from dashboards import charts
from dashboards.control_limits import ControlLimits, control_limits
from dashboards.published import Figure, PublicationsFolder, Served

END = date(2018, 3, 31)


@pytest.fixture(scope="module")
def sexes(publications: dict[str, Path]) -> list[tuple[str, Figure]]:
    """People open by sex: two counts and two withheld cells."""
    served = PublicationsFolder(publications["normal"]).serve()
    assert isinstance(served, Served)
    figures = served.publication.figures("open_caseload", "count", "as_at", ("sex",), END)
    assert [f.mark for f in figures] == ["", "", "c", "c"]
    return [(f.category("sex"), f) for f in figures]


def texts(chart: go.Figure) -> list[str]:
    return [a.text for a in chart.layout.annotations]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("colours", [charts.LIGHT, charts.DARK])
def test_withheld_bars_are_hatched_and_alike(sexes: list, colours: charts.Look) -> None:
    chart = charts.bars(sexes, colours)
    shown, withheld = chart.data
    assert [v is None for v in shown.x] == [False, False, True, True]  # pyright: ignore
    assert withheld.x[2] == withheld.x[3] > 0  # pyright: ignore
    assert withheld.marker.pattern.shape == "/"  # pyright: ignore
    assert texts(chart)[2:] == ["<10", "<10"]


def test_a_bar_starts_at_nil(sexes: list) -> None:
    assert charts.bars(sexes, charts.LIGHT).layout.xaxis.range[0] == 0  # pyright: ignore


def test_parts_of_a_stack_that_are_withheld_have_one_length(sexes: list) -> None:
    cells = [f for _, f in sexes]
    chart = charts.stacked([("all", cells)], ["a", "b", "c", "d"], charts.LIGHT.stages, charts.LIGHT)
    stubs = {trace.x[0] for trace in chart.data if trace.marker.pattern.shape} - {None}  # pyright: ignore
    assert len(stubs) == 1


def test_withheld_points_leave_a_gap_in_the_line(sexes: list) -> None:
    series = [f for _, f in sexes]
    for chart in (charts.trend(list("abcd"), series, charts.LIGHT), charts.spark(series, charts.LIGHT)):
        assert list(chart.data[0].y)[2:] == [None, None]  # pyright: ignore
        assert not chart.data[0].connectgaps  # pyright: ignore


@pytest.mark.parametrize(
    ("values", "step"), [([0, 0, 0], 1), ([3, 1, 2], 1), ([40, 7, 3], None), ([0.5, 2], None)]
)
def test_the_axis_of_small_counts_knows_no_half_person(
    sexes: list, values: list[float], step: int | None
) -> None:
    series = [replace(sexes[0][1], value=value) for value in values]
    assert charts.trend([str(n) for n in range(len(values))], series, charts.LIGHT).layout.yaxis.dtick == step  # pyright: ignore


def test_a_chart_tells_nothing_when_touched(sexes: list) -> None:
    assert charts.bars(sexes, charts.LIGHT).layout.template.layout.hovermode is False  # pyright: ignore


def test_a_chart_in_one_line_of_text(sexes: list) -> None:
    assert charts.summary(sexes[1:3]) == "male: 55; other: <10."


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [charts.LIGHT, charts.DARK])
def test_words_and_bars_stand_out_from_the_paper(colours: charts.Look) -> None:
    assert contrast(colours.ink, colours.paper) >= 7
    assert contrast(colours.muted, colours.paper) >= 4.5
    for drawn in (colours.accent, colours.second, colours.withheld):
        assert contrast(drawn, colours.paper) >= 3


def cell(value: float | None, **changes: Any) -> Figure:
    """A share with its interval; None is withheld."""
    bounds: dict[str, Any] = (
        {"lower": None, "upper": None} if value is None else {"lower": value - 10, "upper": value + 10}
    )
    fields: dict[str, Any] = {
        "metric_id": "length_of_support",
        "measure": "survival",
        "period_type": "as_at",
        "period_start": END,
        "period_end": END,
        "categories": {},
        "value": value,
        "numerator": None,
        "denominator": None,
        "people": None,
        "mark": "c" if value is None else "",
        "exact": False,
        "note": "",
    }
    return Figure(**(fields | bounds | changes))


def test_a_curve_has_no_point_that_is_too_early_and_withheld_ones_stand_apart_from_the_line() -> None:
    points = [
        ("3", cell(None, note=">90 %")),
        ("12", cell(80)),
        ("18", cell(None)),
        ("24", cell(None, mark="m")),
    ]
    line, withheld = charts.curve(points, charts.LIGHT, "months").data
    assert (list(line.x), list(line.y)) == ([12.0], [80])  # pyright: ignore
    assert (list(withheld.x), list(withheld.text)) == ([3.0, 18.0], [">90%", "[c]"])  # pyright: ignore
    assert list(withheld.y) == [95, 0]  # pyright: ignore


def test_withheld_neighbours_with_the_same_words_are_told_once() -> None:
    points = [(str(n), cell(None)) for n in (3, 6, 9)] + [("12", cell(80)), ("18", cell(None))]
    _, withheld = charts.curve(points, charts.LIGHT, "months").data
    assert list(withheld.text) == ["", "[c]", "", "[c]"]  # pyright: ignore


def test_a_dumbbell_joins_only_what_is_shown() -> None:
    rows = [("one", cell(20), cell(40)), ("two", cell(None), cell(40))]
    chart = charts.dumbbells(rows, charts.LIGHT)
    assert [list(t.y) for t in chart.data if t.mode == "lines"] == [["one", "one"]]  # pyright: ignore
    squares = [list(t.y) for t in chart.data if t.mode == "markers" and t.marker.symbol == "square-open"]  # pyright: ignore
    assert squares == [["two"], []]
    assert texts(chart) == ["<b>20%</b>", "[c]", "<b>40%</b>", "<b>40%</b>"]


def test_better_is_on_the_right_also_where_less_is_better() -> None:
    rows = [("one", cell(-2, metric_id="ndta_change", measure="mean"))]
    low, high = charts.changes(rows, charts.LIGHT, "points", downwards=True).layout.xaxis.range  # pyright: ignore
    assert low > 0 > high


def test_months_outside_the_limits_are_ringed() -> None:
    values = [5, 5, 6, 5, 5, 6, 5, 5, 6, 5, 5, 30]
    series = [cell(value, measure="count", metric_id="starts", exact=True) for value in values]
    limits = control_limits(values)
    assert limits is not None
    names = [f"2017 {n}" for n in range(12)]
    _, rings = charts.control(names, series, limits, charts.LIGHT).data
    assert list(rings.x) == ["2017 11"]  # pyright: ignore


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        # Mean 4, moving ranges 2, 2, 2, 2, 2: 4 ± 2.66 × 2, and a count has no limit below nil.
        ([3, 5, 3, 5, 3, 5], ControlLimits(4, 0, 9.32, True)),
        ([7] * 12, ControlLimits(7, 7, 7, False)),
        # Mean 170/12; moving ranges 10 and ten of 0, so 10/11 on average, times 2.66.
        ([5, *[15] * 11], ControlLimits(170 / 12, 170 / 12 - 26.6 / 11, 170 / 12 + 26.6 / 11, False)),
        ([1, 2, 3, 4, 5], None),
        ([], None),
    ],
)
def test_limits_of_a_monthly_series(values: list[float], limits: ControlLimits | None) -> None:
    found = control_limits(values)
    if limits is None:
        assert found is None
        return
    assert found is not None
    assert (found.mean, found.lower, found.upper) == pytest.approx((limits.mean, limits.lower, limits.upper))
    assert found.trial == limits.trial
