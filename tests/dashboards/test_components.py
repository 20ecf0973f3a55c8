"""The file behind a chart, and the markup of tables: nothing can be smuggled into either."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dashboards import components, sentences
from dashboards.components import Table
from dashboards.published import Figure, PublicationsFolder, Served
from dashboards.state import View, default_period, make_view

END = date(2018, 3, 31)


@pytest.fixture(scope="module")
def view(publications: dict[str, Path]) -> View:
    """The ordinary release, last complete quarter, all boroughs."""
    served = PublicationsFolder(publications["normal"]).serve()
    assert isinstance(served, Served)
    return make_view(served, default_period(served.publication.periods("quarter")), "all", False)


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def behind(people: int | None, **changes: Any) -> Figure:
    """A share of so many people."""
    fields: dict[str, Any] = {
        "metric_id": "star_headroom", "measure": "share", "period_type": "as_at", "period_start": END,
        "period_end": END, "categories": {}, "value": None if people is None else 40, "lower": None,
        "upper": None, "numerator": None, "denominator": None, "people": people, "mark": "", "exact": False,
        "note": "", "counts": "people",
    }  # fmt: skip
    return Figure(**(fields | changes))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ([behind(85), behind(90), behind(None)], "about 85 to 90 people behind each figure"),
        ([behind(90), behind(90)], "about 90 people behind each figure"),
        ([behind(240), behind(None)], "about 240 people behind the figure"),
        ([behind(87, is_of_management=True)], "87 people behind the figure"),
        # Counts are the people, entries are nobody's, and of a withheld figure nothing is told.
        ([behind(90, measure="count")], ""),
        ([behind(90, counts="entries")], ""),
        ([behind(None)], ""),
        ([], ""),
    ],
)
def test_the_people_behind_a_chart_are_told(figures: list[Figure], words: str) -> None:
    assert components.people_behind(figures) == words


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (END, ""),
        (date(2017, 12, 31), "As at 31 December 2017: 3 months before 31 March 2018."),
        (date(2017, 3, 31), "As at 31 March 2017: 1 year before 31 March 2018."),
        (date(2015, 9, 30), "As at 30 September 2015: 2 years and 6 months before 31 March 2018."),
    ],
)
def test_an_old_table_tells_its_age(view: View, on: date, words: str) -> None:
    assert components.older(view, [behind(90, period_end=on)]) == words


@pytest.mark.parametrize(
    ("end", "age"),
    [
        (date(2018, 4, 10), "less than a month"),
        (date(2018, 4, 30), "1 month"),
        (date(2018, 5, 30), "1 month"),
        (date(2019, 3, 30), "11 months"),
    ],
)
def test_a_month_is_over_when_its_day_comes_again(end: date, age: str) -> None:
    view = cast(View, SimpleNamespace(end=end))
    told = components.older(view, [behind(90, period_end=date(2018, 3, 31))])
    assert told == f"As at 31 March 2018: {age} before {sentences.day(end)}."


def test_a_file_has_the_figures_of_its_table_with_their_marks(view: View) -> None:
    figures = view.figures("open_caseload", "count", "as_at", ("sex",))
    rows = read(components.csv_bytes(view, figures))
    assert [(r["sex"], r["sex_label"]) for r in rows] == [
        ("female", "Female"), ("male", "Male"), ("other", "Other"), ("not_known", "Sex not known"),
    ]  # fmt: skip
    withheld = rows[-1]
    assert (withheld["value"], withheld["mark"], withheld["note"]) == ("[c]", "c", "<10")
    assert withheld["meaning_of_mark"] == "withheld to protect people"
    assert float(rows[0]["value"]) == figures[0].value
    assert {r["synthetic"] for r in rows} == {"True"}


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44", "'+44"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\r=1", "'\r=1"),
        ("Camden", "Camden"),
        ("<10", "<10"),
        ("", ""),
        (None, ""),
        (-0.3, -0.3),
        (12, 12),
    ],
)
def test_a_cell_is_never_a_formula(cell: object, written: object) -> None:
    assert components.safe_cell(cell) == written


def test_a_note_that_is_a_formula_is_neutralised_in_the_file(view: View) -> None:
    figure = view.figure("open_caseload", "count", "as_at")
    assert isinstance(figure, Figure)
    hostile = replace(figure, note='=HYPERLINK("http://example.org")')
    assert read(components.csv_bytes(view, [hostile]))[0]["note"].startswith("'=")


def test_a_table_shows_what_it_is_given_and_no_markup() -> None:
    markup = components.table_html(Table("A <caption>", ["Sex", "People"], [["<b>Female</b>", "<10 [c]"]]))
    assert "<b>" not in markup
    assert "&lt;b&gt;Female&lt;/b&gt;" in markup
    assert "&lt;10 [c]" in markup
    assert 'scope="row"' in markup
    assert 'scope="col"' in markup


def test_a_two_way_table_has_a_cell_for_every_pair(view: View) -> None:
    figures = view.figures("star_first_profile", "count", "as_at", ("star_area", "stage"))
    table = components.two_way(view, "First readings", "star_area", "stage", figures)
    assert (len(table.rows), {len(row) for row in table.rows}) == (10, {6})
    assert all(cell for row in table.rows for cell in row)


def test_a_definition_names_its_exports_and_when_they_were_extracted(view: View) -> None:
    words = view.publication.definitions()["star_change"]
    markup = components.definition_html(view, words)
    assert "Outcomes Star (31 March 2018); Caseload (31 March 2018); Referrals (31 March 2018)" in markup
    assert "which flatters the figure" in markup


def test_the_default_is_the_last_complete_quarter(publications: dict[str, Path]) -> None:
    served = PublicationsFolder(publications["part_period"]).serve()
    assert isinstance(served, Served)
    quarters = served.publication.periods("quarter")
    assert default_period(quarters).end == date(2015, 3, 31)
    part = make_view(served, quarters[-1], "all", False)
    assert (part.end, part.period.is_complete) == (date(2015, 5, 31), False)
    assert part.before is not None
    assert part.before.end == date(2015, 3, 31)


def test_times_are_of_utc(view: View) -> None:
    assert view.publication.release.created_at.tzinfo == UTC
    assert view.served.checked_at <= datetime.now(UTC)
