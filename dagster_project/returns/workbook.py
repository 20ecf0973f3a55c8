"""A return as XLSX: cover, notes, a sheet for each line with typed numbers and a native chart, definitions.

Belongs here: the form of the workbook. Does not belong here: which figures it holds (`pack.py`).
"""

import io
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from dagster_project.ingestion.rejects import harmless
from dagster_project.returns.pack import Exhibit, Pack
from dagster_project.returns.words import (
    ACCENT,
    ALL_BOROUGHS,
    MARK_WORDS,
    ROWS_OF_A_FILE,
    about,
    alternative,
    definitions,
    quality,
    rounding,
)
from dashboards import sentences
from dashboards.published import Figure

LONGEST_NAME, NOT_IN_A_NAME = 31, re.compile(r"[\[\]:*?/\\']")
# What the name of a sheet does not end with where it was cut.
DANGLING = ("a", "and", "by", "each", "for", "in", "of", "or", "since", "the", "with", "within")
WIDEST = 60
A4 = 9
LINE_HEIGHT = 15
PAIRS = (34, 100)
COLUMNS = ("Value", "95% from", "95% to", "People", "Mark", "Exact", "Note")
NUMBERS = ("Value", "95% from", "95% to", "People")


@dataclass(frozen=True)
class _Book:
    book: Workbook
    formats: dict[str, Format]

    def sheet(self, name: str, title: str, under: Sequence[str]) -> tuple[Worksheet, int]:
        """A sheet with its title and the lines under it; gives the first free row."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&RPage &P of &N")
        self.text(sheet, 0, 0, title, "title")
        for row, line in enumerate(under, 1):
            self.text(sheet, row, 0, line, "quiet")
        return sheet, len(under) + 2

    def text(self, sheet: Worksheet, row: int, column: int, text: str, form: str = "words") -> None:
        """A cell whose content is text, whatever it looks like."""
        printable = "".join(sign if sign.isprintable() or sign in "\t\n" else "\ufffd" for sign in text)
        sheet.write_string(row, column, str(harmless(printable)), self.formats[form])

    def cell(self, sheet: Worksheet, row: int, column: int, value: object, form: str = "number") -> None:
        """A number or a day as such, all else as text; nothing for nothing."""
        if isinstance(value, date):
            sheet.write_datetime(row, column, midnight(value), self.formats["day"])
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, self.formats[form])
        elif value not in (None, ""):
            self.text(sheet, row, column, str(value))

    def figure(self, sheet: Worksheet, row: int, column: int, figure: Figure) -> None:
        """A figure as a number in its unit; its mark as text where it is not shown."""
        if figure.value is None:
            self.text(sheet, row, column, sentences.table_cell(figure), "mark")
        else:
            self.cell(sheet, row, column, figure.value, number_format(figure, figure.value))

    def fit(self, sheet: Worksheet, row: int, lengths: Sequence[tuple[int, float]]) -> None:
        """Height for the longest of (signs, width of the column): not every program finds it itself."""
        lines = max(math.ceil(signs / (width * 0.95)) for signs, width in lengths)
        if lines > 1:
            sheet.set_row(row, LINE_HEIGHT * lines)

    def pairs(self, sheet: Worksheet, row: int, pairs: Sequence[tuple[str, str]]) -> int:
        """Terms and texts in two columns; gives the first row after them."""
        for number, (name, text) in enumerate(pairs, row):
            self.text(sheet, number, 0, name, "term")
            self.text(sheet, number, 1, text)
            self.fit(sheet, number, [(len(name), PAIRS[0]), (len(text), PAIRS[1])])
        for column, width in enumerate(PAIRS):
            sheet.set_column(column, column, width)
        return row + len(pairs)

    def grid(
        self, sheet: Worksheet, top: int, headings: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """A table of words with its headings in row `top`."""
        widths = []
        for column, heading in enumerate(headings):
            self.text(sheet, top, column, heading, "heading")
            longest = max((len(str(row[column] or "")) for row in rows), default=0)
            widths.append(2 + min(max(longest, len(heading)), WIDEST))
            sheet.set_column(column, column, widths[-1])
        for number, row in enumerate(rows, top + 1):
            for column, value in enumerate(row):
                self.cell(sheet, number, column, value)
            self.fit(
                sheet,
                number,
                [(len(str(cell or "")), width) for cell, width in zip(row, widths, strict=True)],
            )
        sheet.freeze_panes(top + 1, 0)
        sheet.repeat_rows(top)


def workbook_bytes(pack: Pack) -> bytes:
    """The return as XLSX; the same pack gives the same bytes."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    release = pack.publication.release
    book.set_properties(
        {
            "title": f"{pack.wanted.title}, {sentences.period_name(pack.period)}",
            "subject": release.programme_name,
            "author": release.programme_name,
            # The moment of the release, not of the making: the same release gives the same bytes.
            "created": release.created_at.replace(tzinfo=None, microsecond=0),
        }
    )
    plain: dict[str, object] = {"valign": "top", "font_name": "Calibri", "font_size": 11}
    kinds: dict[str, dict[str, object]] = {
        "title": {"bold": True, "font_size": 14},
        "quiet": {"font_color": "#51606c"},
        "term": {"bold": True, "text_wrap": True},
        "heading": {"bold": True, "bottom": 1, "text_wrap": True},
        "over numbers": {"bold": True, "bottom": 1, "text_wrap": True, "align": "right"},
        "beside numbers": {"bold": True, "bottom": 1, "text_wrap": True, "align": "left", "indent": 1},
        "words": {"text_wrap": True, "num_format": "@"},
        "after numbers": {"text_wrap": True, "num_format": "@", "align": "left", "indent": 1},
        "day": {"num_format": "d mmm yyyy", "align": "left"},
        "number": {"num_format": "#,##0"},
        "decimal": {"num_format": "#,##0.0"},
        "change": {"num_format": "+0.0;\N{MINUS SIGN}0.0;0.0"},
        # As the pages write it; the cell holds the release's digits.
        "share": {"num_format": '0"%"'},
        "money": {"num_format": "[$£-809]#,##0"},
        "mark": {"align": "right", "num_format": "@"},
    }
    formats = {name: book.add_format(plain | kind) for name, kind in kinds.items()}
    made = _Book(book, formats)
    names = {exhibit.line.line: _name(exhibit) for exhibit in pack.exhibits}
    _cover(made, pack, names)
    _notes(made, pack)
    for exhibit in pack.exhibits:
        if not exhibit.line.reason:
            _exhibit(made, pack, exhibit, names[exhibit.line.line])
    sheet, top = made.sheet("Definitions", "Definitions", [about(pack)])
    headings, rows = definitions(pack)
    made.grid(sheet, top, headings, rows)
    sheet, top = made.sheet("Data quality", "Data quality", [about(pack), ROWS_OF_A_FILE])
    headings, rows = quality(pack)
    made.grid(sheet, top, headings, rows)
    _reconciliation(made, pack)
    book.close()
    return content.getvalue()


def midnight(day: date) -> datetime:
    """A day as the writer of workbooks takes it; Excel knows no zones."""
    return datetime.combine(day, time())


def _name(exhibit: Exhibit) -> str:
    """A name that Excel takes; the number of the line keeps any two apart."""
    plain = NOT_IN_A_NAME.sub(" ", f"{exhibit.line.line} {exhibit.line.wording}")
    words = textwrap.shorten(plain, LONGEST_NAME, placeholder="").split()
    while len(words) < len(plain.split()) and words[-1] in DANGLING:
        words.pop()
    return " ".join(words).strip(" ,")


def _cover(made: _Book, pack: Pack, names: dict[int, str]) -> None:
    release = pack.publication.release
    sheet, row = made.sheet("Cover", f"{pack.wanted.title}, {sentences.period_name(pack.period)}", [])
    facts = [
        ("Programme", release.programme_name),
        ("What it is about", pack.wanted.question),
        ("Period", sentences.capital(sentences.period_name(pack.period))),
        ("Places", ALL_BOROUGHS),
        ("As at", sentences.day(release.as_at)),
        ("Release", f"{release.release_id}, {release.status} by {release.approved_by}"),
        ("Version", f"{pack.version}" + (f", compared with {pack.against}" if pack.against else "")),
        ("In short", pack.summary),
    ]
    if release.synthetic:
        facts.append(("Note", pack.publication.wording().get("synthetic", "The data are synthetic")))
    row = made.pairs(sheet, row, facts) + 1
    forms = {"Sheet": "heading", "Table": "heading", "Figure": "over numbers", "About": "beside numbers"}
    for column, (heading, form) in enumerate(forms.items()):
        made.text(sheet, row, column, heading, form)
    sheet.set_column(2, 2, 13)
    sheet.set_column(3, 3, 27)
    for number, exhibit in enumerate(pack.exhibits, row + 1):
        made.text(sheet, number, 1, f"{exhibit.line.part}: {exhibit.line.wording}")
        if exhibit.line.reason:
            made.text(sheet, number, 0, "no sheet: see Notes", "quiet")
            made.text(sheet, number, 2, "[x]", "mark")
            continue
        name = names[exhibit.line.line]
        sheet.write_url(number, 0, f"internal:'{name}'!A1", made.formats["words"], string=name)
        if len(exhibit.figures) == 1 and not exhibit.line.dimensions:
            made.figure(sheet, number, 2, exhibit.figures[0])
            made.text(sheet, number, 3, sentences.capital(exhibit.when), "after numbers")


def _notes(made: _Book, pack: Pack) -> None:
    sheet, row = made.sheet("Notes", "Notes", [about(pack)])
    lines = [*(("Mark " + mark, words) for mark, words in MARK_WORDS), ("Rounding", rounding(pack))]
    wording = pack.publication.wording()
    if acknowledgement := wording.get("star_acknowledgement", ""):
        lines.append(("Outcomes Star", acknowledgement))
    row = made.pairs(sheet, row, lines)
    reasons = [(e.line.wording, e.line.reason) for e in pack.exhibits if e.line.reason]
    if reasons:
        made.text(sheet, row + 1, 0, "Asked for", "heading")
        made.text(sheet, row + 1, 1, "Why there is no figure", "heading")
        made.pairs(sheet, row + 2, reasons)


def _exhibit(made: _Book, pack: Pack, exhibit: Exhibit, name: str) -> None:
    dimensions = exhibit.line.dimensions
    under = [about(pack), exhibit.sentence] if exhibit.sentence else [about(pack)]
    sheet, top = made.sheet(name, exhibit.line.wording, under)
    headings = ["Period", "From", "To", *[pack.dimension_label(d) for d in dimensions], *COLUMNS]
    first = headings.index("Value")
    for column, heading in enumerate(headings):
        form = "heading" if column < first else "over numbers" if heading in NUMBERS else "beside numbers"
        made.text(sheet, top, column, heading, form)
        sheet.set_column(column, column, 30 if column < first and column not in (1, 2) else 13)
    for heading, width in (("Mark", 27), ("Note", WIDEST)):
        place = headings.index(heading, first)
        sheet.set_column(place, place, width)
    # Newest first, but a series as time goes.
    now, before = ([figure] if figure else [] for figure in exhibit.total)
    rows = exhibit.every if exhibit.series else [*exhibit.figures, *now, *exhibit.before, *before]
    for number, figure in enumerate(rows, top + 1):
        words: list[object] = [
            sentences.capital(pack.when(figure)),
            figure.period_start,
            figure.period_end,
        ]
        words += [
            pack.publication.label(d, figure.category(d)) if figure.categories else "Total"
            for d in dimensions
        ]
        for column, cell in enumerate(words):
            made.cell(sheet, number, column, cell)
        made.figure(sheet, number, first, figure)
        for column, value in enumerate((figure.lower, figure.upper), first + 1):
            made.cell(sheet, number, column, value, number_format(figure, value))
        if figure.people is None:
            if figure.mark:
                made.text(sheet, number, first + 3, f"[{figure.mark}]", "mark")
        else:
            made.cell(sheet, number, first + 3, figure.people)
        told = (sentences.MARKS.get(figure.mark, ""), "yes" if figure.exact else "no", figure.note)
        for column, cell in enumerate(told, first + len(NUMBERS)):
            if cell:
                made.text(sheet, number, column, cell, "after numbers")
    sheet.freeze_panes(top + 1, 0)
    sheet.repeat_rows(top)
    if not rows:
        made.text(sheet, top + 1, 0, "[x] Not published for this period")
        return
    _chart(made, pack, exhibit, sheet, name, top, first, len(rows))


def number_format(figure: Figure, value: float | None) -> str:
    """The kind of number that a value of a figure is: `share`, `money`, `change`, `decimal` or `number`."""
    if sentences.is_per_cent(figure):
        return "share"
    if figure.is_money:
        return "money"
    if figure.metric_id in sentences.CHANGES and figure.measure != "count":
        return "change"
    return "number" if value is None or float(value).is_integer() else "decimal"


def _chart(
    made: _Book, pack: Pack, exhibit: Exhibit, sheet: Worksheet, name: str, top: int, first: int, rows: int
) -> None:
    """A native chart of what the table shows; nothing where there is no more than one number."""
    is_series = bool(exhibit.series)
    shown = exhibit.series or exhibit.figures
    if len(exhibit.line.dimensions) > 1 or sum(f.value is not None for f in shown) < 2:
        return
    last = top + len(shown)
    chart = made.book.add_chart({"type": "column" if is_series else "bar"})
    assert chart is not None
    chart.add_series(
        {
            "name": exhibit.line.wording,
            "categories": [name, top + 1, 2 if is_series else 3, last, 2 if is_series else 3],
            "values": [name, top + 1, first, last, first],
            "fill": {"color": ACCENT},
            "gap": 50,
        }
    )
    chart.set_legend({"none": True})
    when = f"up to {sentences.day(shown[-1].period_end)}" if is_series else exhibit.when
    chart.set_title({"name": f"{exhibit.line.wording}, {when}", "name_font": {"size": 11}})
    quiet = {"line": {"none": True}, "major_gridlines": {"visible": False}}
    axis = {"num_font": {"color": "#51606c"}}
    # The first category on top, as in the table.
    chart.set_x_axis(axis | ({"text_axis": True, "num_format": "mmm yy"} if is_series else quiet))
    chart.set_y_axis(
        axis | (quiet if is_series else {"reverse": True, "major_gridlines": {"visible": False}})
    )
    chart.set_size({"width": 760, "height": 120 + (220 if is_series else 26 * len(shown))})
    sheet.insert_chart(
        top + rows + 3,
        0,
        chart,
        {"description": alternative(pack, exhibit), "object_position": 2},
    )


def _reconciliation(made: _Book, pack: Pack) -> None:
    sheet, top = made.sheet(
        "Reconciliation", "Reconciliation", [about(pack), "What must hold among the figures, and what moved."]
    )
    holds = {True: "yes", False: "NO", None: "open"}
    rows: list[list[object]] = [[i.about, holds[i.holds], i.says] for i in pack.identities]
    made.grid(sheet, top, ("What must hold", "Holds", "Figures"), rows)
    sheet, top = made.sheet("What changed", "Why does this differ from last time?", [about(pack)])
    made.text(sheet, top, 0, pack.moved, "quiet")
    if not pack.restated:
        return
    rows = [[r.label, r.when, r.categories, r.old, r.new, r.because_of] for r in pack.restated]
    headings = ("Figure", "Period", "Category", "Old", "New", "Exports that came in between")
    made.grid(sheet, top + 1, headings, rows)
