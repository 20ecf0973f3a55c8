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


def test_withheld_parts_are_no_part_of_a_stack_and_begin_at_one_place_in_every_row(sexes: list) -> None:
    """A cohort of seven, all withheld, is not drawn as long as one of fifty."""
    _, male, *withheld = [f for _, f in sexes]
    rows = [("few", [withheld[0]] * 3), ("many", [male, male, withheld[0]])]
    chart = charts.stacked(rows, ["a", "b", "c"], charts.LIGHT.stages, charts.LIGHT)
    bars = [trace for trace in chart.data if not trace.marker.pattern.shape]  # pyright: ignore
    squares = [trace for trace in chart.data if trace.marker.pattern.shape]  # pyright: ignore
    longest = 2 * male.value
    # Each shown part begins where the one before it ends.
    assert [(t.base[1], t.x[1]) for t in bars] == [(0, male.value), (male.value, male.value), (longest, None)]  # pyright: ignore
    assert [t.x[0] for t in bars] == [None, None, None]  # pyright: ignore
    assert len({x for t in squares for x in t.x if x is not None}) == 1  # pyright: ignore
    assert all(t.base[0] == t.base[1] > longest for t in squares)  # pyright: ignore
    # The colour around a square is that of its part.
    assert [t.marker.line.color for t in squares] == list(charts.LIGHT.stages[:3])  # pyright: ignore
    assert texts(chart).count("<10") == 1


def test_the_figure_of_a_narrow_part_stands_on_a_patch_of_its_colour(sexes: list) -> None:
    narrow, wide = (replace(sexes[1][1], value=value) for value in (10.0, 300.0))
    chart = charts.stacked([("one", [wide, narrow])], ["a", "b"], charts.LIGHT.stages, charts.LIGHT)
    assert [(a.text, a.bgcolor) for a in chart.layout.annotations] == [  # pyright: ignore
        ("300", charts.LIGHT.stages[0]),
        ("10", charts.LIGHT.stages[1]),
    ]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([2.5, 5.0], ["2.5", "5.0"]),
        ([5.0, 5.0], ["5.0", "5.0"]),
        ([2.5, None], ["2.5", "[c]"]),
    ],
)
def test_means_under_one_another_have_one_decimal(values: list, shown: list[str]) -> None:
    cells = [cell(value, measure="mean", metric_id="ndta_at_start") for value in values]
    assert charts.column(cells) == shown
    chart = charts.bars([(str(n), f) for n, f in enumerate(cells)], charts.LIGHT, (4, "mean score"))
    assert texts(chart) == shown
    assert list(chart.layout.xaxis.range) == [0, 4]  # pyright: ignore
    assert (chart.layout.xaxis.visible, chart.layout.xaxis.title.text) == (True, "mean score")  # pyright: ignore


def test_a_period_that_is_not_whole_is_a_hollow_point(sexes: list) -> None:
    series = [sexes[0][1]] * 3
    line = charts.trend(list("abc"), series, charts.LIGHT, parts=[0]).data[0]
    paper, accent = charts.LIGHT.paper, charts.LIGHT.accent
    assert list(line.marker.color) == [paper, accent, accent]  # pyright: ignore


def test_withheld_points_are_a_patch_below_nil_for_each_run_with_its_words(sexes: list) -> None:
    shown, withheld = sexes[0][1], sexes[2][1]
    series = [withheld, withheld, shown, withheld, shown]
    chart = charts.trend(list("abcde"), series, charts.LIGHT)
    patches = [t for t in chart.data if t.type == "bar"]  # pyright: ignore
    assert [(t.x[0], round(t.width[0], 1)) for t in patches] == [("a", 1.8), ("d", 0.8)]  # pyright: ignore
    assert all(t.base[0] + t.y[0] < 0 for t in patches)  # pyright: ignore
    assert chart.layout.yaxis.range[0] < min(t.base[0] for t in patches)  # pyright: ignore
    assert [(a.x, a.text) for a in chart.layout.annotations if a.text == "<10"] == [(0.5, "<10"), (3, "<10")]  # pyright: ignore


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
    chart = charts.curve(points, charts.LIGHT, "months")
    line, above, below = chart.data
    assert (list(line.x), list(line.y)) == ([12.0], [80])  # pyright: ignore
    # Over 90 % lies between 90 and 100; where nothing is known there is no place on the scale.
    assert (above.x[0], above.base[0], above.y[0]) == (3.0, 90, 10)  # pyright: ignore
    assert below.x[0] == 18.0  # pyright: ignore
    assert below.base[0] + below.y[0] < 0  # pyright: ignore
    assert [a.text for a in chart.layout.annotations] == ["<b>80%</b>", ">90%", "[c]"]  # pyright: ignore


def test_withheld_neighbours_with_the_same_words_are_one_patch() -> None:
    points = [(str(n), cell(None)) for n in (3, 6, 9)] + [("12", cell(80)), ("18", cell(None))]
    chart = charts.curve(points, charts.LIGHT, "months")
    _, three, one = chart.data
    assert (three.x[0], one.x[0]) == (3, 18)  # pyright: ignore
    assert three.width[0] - one.width[0] == 6  # pyright: ignore
    assert texts(chart)[1:] == ["[c]", "[c]"]


def test_a_dumbbell_joins_only_what_is_shown() -> None:
    rows = [("one", cell(20), cell(40)), ("two", cell(None), cell(40))]
    chart = charts.dumbbells(rows, charts.LIGHT)
    assert [list(t.y) for t in chart.data if t.mode == "lines"] == [["one", "one"]]  # pyright: ignore
    squares = [list(t.y) for t in chart.data if t.mode == "markers" and t.marker.symbol == "square-open"]  # pyright: ignore
    assert squares == [["two"], []]
    assert texts(chart) == ["<b>20%</b>", "[c]", "<b>40%</b>", "<b>40%</b>"]
    # The number of a point at nil has room beside the names of the rows.
    assert chart.layout.xaxis.range[0] < 0  # pyright: ignore


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
    ("upper", "values", "written"),
    [
        (10.98, [5, 10], "11.0"),
        # 11 lies outside 10.98, which "11.0" would deny.
        (10.98, [5, 11], "10.98"),
        (10.998, [5, 11], "10.998"),
        (11.0, [5, 11], "11.0"),
        (11.02, [5, 11], "11.02"),
    ],
)
def test_a_limit_is_written_so_that_what_lies_outside_it_does(
    upper: float, values: list[float], written: str
) -> None:
    assert ControlLimits(5, 0, upper, False).written(upper, values) == written


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
