"""A page as a workbook: a sheet for each table with its figures as numbers, and the words that go with them.

Belongs here: the form of the workbook. Does not belong here: which figures a page shows (`app_pages/`),
the CSV of one table (`components.py`). It is made from what the page has drawn, so the two cannot differ.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Sequence
from datetime import date

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from dashboards import components
from dashboards.components import Table
from dashboards.published import Figure
from dashboards.sentences import MARKS, day, definition_rows, moment, period_name, table_cell
from dashboards.state import View

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEASURES = {
    "count": "Count",
    "share": "Per cent",
    "mean": "Mean",
    "median": "Median",
    "total_gbp": "Pounds",
    "survival": "Per cent",
}
# Excel allows no longer one, and none of these signs.
LONGEST_NAME, NOT_IN_A_NAME = 31, re.compile(r"[\[\]:*?/\\]")
WHOLE_NUMBER = re.compile(r"\d{1,3}(,\d{3})*")
WIDEST = 60

Sheets = Sequence[tuple[str, Sequence[Figure] | Table]]


def button(view: View, title: str) -> None:
    """Offer the page that was just drawn as a workbook; nothing where it drew no table."""
    sheets = list(components.on_this_page())
    if not sheets:
        return
    name = re.sub(r"[^a-z]+", "-", title.lower()).strip("-")
    components.download_button(
        "Download this page as a workbook (XLSX)",
        lambda: workbook_bytes(view, title, sheets),
        f"{view.publication.release.release_id}-{name}.xlsx",
        mime=MIME,
        key="xlsx-page",
        type="tertiary",
        help="A sheet for each table of this page, and the definitions of its figures",
    )


def workbook_bytes(view: View, title: str, sheets: Sheets) -> bytes:
    """The page `title` as XLSX: what it is about, its tables in order, then the definitions they rest on."""
    book = Workbook()
    about = book.active
    assert isinstance(about, Worksheet)
    about.title = "About"
    names = _names([name for name, _ in sheets])
    for name, (caption, content) in zip(names, sheets, strict=True):
        sheet = book.create_sheet(name)
        top = _head(sheet, view, caption)
        if isinstance(content, Table):
            _grid(sheet, top, content.headings, [[_typed(cell) for cell in row] for row in content.rows])
        else:
            _figures(sheet, top, view, content)
    metric_ids = list(dict.fromkeys(f.metric_id for _, c in sheets if not isinstance(c, Table) for f in c))
    if metric_ids:
        _definitions(book.create_sheet("Definitions"), view, metric_ids)
    _about(about, view, title, list(zip(names, [caption for caption, _ in sheets], strict=True)))
    book.properties.creator = "flic"
    content_bytes = io.BytesIO()
    book.save(content_bytes)
    return content_bytes.getvalue()


def _names(titles: Sequence[str]) -> list[str]:
    """A name for each sheet that Excel takes, no two alike, none that of our own sheets."""
    names: list[str] = []
    for title in titles:
        plain = NOT_IN_A_NAME.sub(" ", title).strip(" '") or "Table"
        taken = {name.casefold() for name in (*names, "About", "Definitions", "History")}
        name, number = _cut(plain, LONGEST_NAME), 2
        while name.casefold() in taken:
            end = f" ({number})"
            name, number = _cut(plain, LONGEST_NAME - len(end)) + end, number + 1
        names.append(name)
    return names


def _cut(text: str, length: int) -> str:
    """As many words as fit; a part of the first where it alone is too long."""
    return (textwrap.shorten(text, length, placeholder="") or text[:length]).strip(" ',")


def _head(sheet: Worksheet, view: View, title: str) -> int:
    """Title, release, as-at day and choice on top of a sheet; gives the row in which its table begins."""
    for row, text in enumerate((title, *_scope(view)), 1):
        cell = _put(sheet, row, 1, text)
        cell.alignment = Alignment(wrap_text=False)
        cell.font = Font(bold=row == 1, size=14 if row == 1 else 11)
    return 3 + len(_scope(view))


def _scope(view: View) -> list[str]:
    release = view.publication.release
    lines = [
        f"As at {day(release.as_at)}, release {release.release_id} ({release.status}), "
        f"refreshed {moment(release.created_at)}",
        f"Chosen on the page: {period_name(view.period)}, {view.chosen_name}. "
        "Each row names what it is about.",
    ]
    return [*lines, "The data are synthetic."] if release.synthetic else lines


def _figures(sheet: Worksheet, top: int, view: View, figures: Sequence[Figure]) -> None:
    words, publication = view.publication.definitions(), view.publication
    dimensions = list(dict.fromkeys(d for f in figures for d in f.categories))
    headings = ["Figure", "From", "To", *[components.dimension_label(view, d) for d in dimensions]]
    headings += ["Measure", "Value", "95% from", "95% to", "People", "Mark", "Exact", "Note"]
    rows, formats = [], []
    for f in figures:
        row: list[object] = [
            words.get(f.metric_id, {}).get("label", f.metric_id),
            f.period_start,
            f.period_end,
        ]
        row += [publication.label(d, f.category(d)) if f.category(d) else "All" for d in dimensions]
        measure = "Pounds" if f.is_money and f.measure != "total_gbp" else ""
        row += [" in ".join(filter(None, [MEASURES.get(f.measure, f.measure), measure.lower()]))]
        row += [f.value if f.value is not None else table_cell(f), f.lower, f.upper]
        row += [f.people if f.people is not None else f"[{f.mark or 'x'}]"]
        row += [MARKS.get(f.mark, ""), "yes" if f.exact else "no", f.note]
        rows.append(row)
        formats.append(_format(f))
    _grid(sheet, top, headings, rows)
    first = headings.index("Value") + 1
    for number, form in enumerate(formats, top + 1):
        for column in range(first, first + 3):
            cell = sheet.cell(number, column)
            if cell.data_type == "n":
                cell.number_format = form


def _format(figure: Figure) -> str:
    if figure.measure in ("share", "survival"):
        return '0.##"%"'
    if figure.is_money:
        return "[$£-809]#,##0"
    return "#,##0" if figure.measure == "count" else "#,##0.0"


def _typed(text: str) -> object:
    """A cell of a table of words: a whole number as a number, all else as it stands."""
    return int(text.replace(",", "")) if WHOLE_NUMBER.fullmatch(text) else text


def _definitions(sheet: Worksheet, view: View, metric_ids: Sequence[str]) -> None:
    columns, rows = definition_rows(
        view.publication.definitions(), view.publication.source_status(), metric_ids
    )
    top = _head(sheet, view, "Definitions")
    _grid(sheet, top, columns, rows)


def _about(sheet: Worksheet, view: View, title: str, names: Sequence[tuple[str, str]]) -> None:
    top = _head(sheet, view, title)
    lines = [("Sheet", "Table"), *names, ("", "")]
    lines += [("Mark", "Meaning"), *((f"[{mark}]", meaning) for mark, meaning in MARKS.items()), ("", "")]
    lines += [("Rounding", components.rounding_note(view))]
    if acknowledgement := view.publication.wording().get("star_acknowledgement", ""):
        lines.append(("Outcomes Star", acknowledgement))
    for number, (left, right) in enumerate(lines, top):
        _put(sheet, number, 1, left).font = Font(bold=left in ("Sheet", "Mark"))
        _put(sheet, number, 2, right).font = Font(bold=left in ("Sheet", "Mark"))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 90
    _for_paper(sheet)


def _grid(sheet: Worksheet, top: int, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for column, heading in enumerate(headings, 1):
        _put(sheet, top, column, heading).font = Font(bold=True)
        longest = max((len(str(row[column - 1])) for row in rows if row[column - 1] is not None), default=0)
        sheet.column_dimensions[get_column_letter(column)].width = 2 + min(max(longest, len(heading)), WIDEST)
    for number, row in enumerate(rows, top + 1):
        for column, value in enumerate(row, 1):
            _put(sheet, number, column, value)
    sheet.freeze_panes = f"A{top + 1}"
    sheet.print_title_rows = f"{top}:{top}"
    _for_paper(sheet)


def _put(sheet: Worksheet, row: int, column: int, value: object) -> Cell:
    """Write a cell: numbers and days as such, all else as text that can never become a formula."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if isinstance(value, date):
        cell.value, cell.number_format = value, "d mmm yyyy"
    elif isinstance(value, int | float):
        cell.value = value
    elif value not in (None, ""):
        printable = "".join(sign if sign.isprintable() or sign in "\t\n" else "\ufffd" for sign in str(value))
        # The apostrophe stays when somebody saves the sheet as CSV; type and format keep it text in here.
        cell.value = str(components.safe_cell(printable))
        cell.data_type, cell.number_format = "s", "@"
    return cell


def _for_paper(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
