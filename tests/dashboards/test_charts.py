"""Charts draw what their table shows: a withheld cell has one fixed look, whatever its size."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import plotly.graph_objects as go
import pytest

from dashboards import charts
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
