"""The workbook of a page: the figures of its tables as numbers, their meaning, and nothing that could run.

That each page's workbook shows what the page shows stands in `test_pages.py`.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboards.components import Table
from dashboards.published import PublicationsFolder, Served
from dashboards.state import View, default_period, make_view
from dashboards.workbook import Sheets, workbook_bytes
from tests.dashboards.publication_fixture import write_publication


@pytest.fixture(scope="module")
def view(publications: dict[str, Path]) -> View:
    """The ordinary release, last complete quarter, all boroughs."""
    served = PublicationsFolder(publications["normal"]).serve()
    assert isinstance(served, Served)
    return make_view(served, default_period(served.publication.periods("quarter")), "all", False)


def book(view: View, sheets: Sheets) -> Workbook:
    return load_workbook(io.BytesIO(workbook_bytes(view, "A page", sheets)))


def midnight(day: date) -> datetime:
    """A day as a workbook gives it back."""
    return datetime.combine(day, time.min)


def table(sheet: Worksheet) -> list[dict[str, object]]:
    """The rows under the heading, which is the first row that is filled beyond its first cell."""
    rows = list(sheet.iter_rows(values_only=True))
    top = next(n for n, row in enumerate(rows) if len(row) > 1 and row[1] is not None)
    return [dict(zip(map(str, rows[top]), row, strict=True)) for row in rows[top + 1 :]]


def test_a_sheet_has_numbers_days_and_marks(view: View) -> None:
    figures = view.figures("open_caseload", "count", "as_at", ("sex",))
    rows = table(book(view, [("People open by sex", figures)])["People open by sex"])
    assert [row["Sex"] for row in rows] == ["Female", "Male", "Other", "Sex not known"]
    assert [row["Value"] for row in rows] == [figures[0].value, figures[1].value, "<10 [c]", "<10 [c]"]
    assert [type(row["Value"]) for row in rows] == [int, int, str, str]
    assert {row["To"] for row in rows} == {midnight(date(2018, 3, 31))}
    assert (rows[-1]["People"], rows[-1]["Mark"]) == ("[c]", "withheld to protect people")


def test_every_sheet_says_what_it_is_about(view: View) -> None:
    figures = view.figures("open_caseload", "count", "as_at", ("sex",))
    made = book(view, [("One", figures), ("Two", Table("Two", ["A", "B"], [["a", "1"]]))])
    assert made.sheetnames == ["About", "One", "Two", "Definitions"]
    for sheet in made.worksheets:
        top = " ".join(str(sheet.cell(row, 1).value) for row in range(1, 5))
        assert "As at 31 March 2018, release 2018-03-31-normal (draft)" in top
        assert "January to March 2018, all boroughs" in top
        assert "The data are synthetic." in top


def test_the_definitions_are_those_of_the_figures(view: View) -> None:
    figures = view.figures("star_change", "mean", "as_at", ("star_area",))
    [row] = table(book(view, [("Change", figures)])["Definitions"])
    words = view.publication.definitions()["star_change"]
    assert (row["Figure"], row["Counted"]) == (words["label"], words["counted"])
    assert row["Rests on, with extract date"] == (
        "Outcomes Star (31 March 2018); Caseload (31 March 2018); Referrals (31 March 2018);"
        " Client links (31 March 2018)"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " ="])
def test_nothing_in_it_is_a_formula(start: str, view: View) -> None:
    hostile = f'{start}HYPERLINK("http://example.org")'
    figure = view.figure("open_caseload", "count", "as_at")
    assert figure is not None
    made = book(
        view, [(hostile, [replace(figure, note=hostile)]), ("Two", Table(hostile, [hostile], [[hostile]]))]
    )
    found = [cell for sheet in made.worksheets for row in sheet.iter_rows() for cell in row if cell.value]
    assert sum(str(cell.value).strip("'").strip() == hostile.strip() for cell in found) >= 4
    for cell in found:
        assert cell.data_type in ("s", "n", "d")
        assert not str(cell.value).lstrip().startswith(("=", "+", "@"))


def test_signs_that_no_workbook_can_hold_do_not_break_it(view: View) -> None:
    made = book(view, [("Odd", Table("Odd", ["A", "B"], [["a\x00\x0b\ud800", "x"]]))])
    assert table(made["Odd"]) == [{"A": "a\ufffd\ufffd\ufffd", "B": "x"}]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234", 1234),
        ("0", 0),
        ("<10 [c]", "<10 [c]"),
        ("45%", "45%"),
        ("12,34", "12,34"),
        ("2018-03", "2018-03"),
    ],
)
def test_a_table_of_words_has_its_whole_numbers_as_numbers(cell: str, value: object, view: View) -> None:
    assert table(book(view, [("T", Table("T", ["A", "B"], [["a", cell]]))])["T"])[0]["B"] == value


def test_names_of_sheets_are_short_and_differ(view: View) -> None:
    titles = ["Change [first] to: last * / reading, by area and stage"] * 3 + [
        "about",
        "'definitions'",
        "x" * 40,
        "",
    ]
    made = book(view, [(title, Table(title, ["A", "B"], [["a", "b"]])) for title in titles])
    names = made.sheetnames
    assert len(names) == len(titles) + 1
    assert len({name.casefold() for name in names}) == len(names)
    assert max(map(len, names)) <= 31
    assert names[1:3] == ["Change first to last reading", "Change first to last (2)"]


def test_management_is_told_that_its_figures_are_exact(tmp_path: Path) -> None:
    write_publication(tmp_path, audience="management")
    served = PublicationsFolder(tmp_path).serve()
    assert served is not None
    exact = make_view(served, default_period(served.publication.periods("quarter")), "all", False)
    about = book(exact, [("One", exact.figures("open_caseload", "count", "as_at", ("sex",)))])["About"]
    written = " ".join(str(cell.value) for row in about.iter_rows() for cell in row)
    assert "exact and for named managers only" in written
