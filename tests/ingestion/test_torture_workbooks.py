"""No workbook is loaded silently wrong: exactly the rows written down land, or it says why not."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from datetime import date, time
from typing import Any, NamedTuple

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.ingestion.test_reading_workbooks import NAME, with_part, workbook
from tests.ingestion.zone import HEADER, Zone

DAY = date(2015, 3, 31)
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def text(reference: str, value: str) -> str:
    """A cell with its text in it, as XML."""
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def row(line: int, *cells: str) -> str:
    """A row of cells as XML."""
    return f'<row r="{line}">{"".join(cells)}</row>'


def referral(line: int, number: int = 1) -> str:
    """The first four cells of a good row, as XML."""
    values = (f"R{number}", f"FLIC-000{number}", "2015-03-31", "Camden")
    return "".join(text(f"{column}{line}", value) for column, value in zip("ABCD", values, strict=True))


def sheet_of(*rows: str) -> bytes:
    """A workbook whose sheet has the header and these rows, as XML."""
    cells = (*HEADER, "referrer_agency")
    header = row(1, *(text(f"{column}1", name) for column, name in zip("ABCDE", cells, strict=True)))
    xml = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{header}{"".join(rows)}</sheetData></worksheet>'
    return with_part(workbook(), SHEET, lambda _: xml)


def filled(fill: Callable[[Worksheet], None], book: Workbook | None = None) -> bytes:
    """A workbook with the header, three synthetic referrals, and what `fill` does to them."""
    book = book or Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append((*HEADER, "referrer_agency"))
    for number in (1, 2, 3):
        sheet.append((f"R{number}", f"FLIC-000{number}", DAY, "Camden", f"House {number}"))
    fill(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def merging(reference: str, **cells: Any) -> Callable[[Worksheet], None]:
    """A change that sets cells and then merges some."""

    def fill(sheet: Worksheet) -> None:
        for cell, value in cells.items():
            sheet[cell] = value
        sheet.merge_cells(reference)

    return fill


def value_under_a_merge(sheet: Worksheet) -> None:
    """Two cells merged while the lower one keeps a value that nobody sees."""
    sheet["E2"], sheet["E3"] = "North", "Hidden"


def shifted(sheet: Worksheet) -> None:
    """The table begins at C7, below a merged title."""
    sheet.insert_rows(1, 6)
    sheet.insert_cols(1, 2)
    sheet["A1"] = "Referrals - run by the data team"
    sheet.merge_cells("A1:G3")


def header_over_two_rows(sheet: Worksheet) -> None:
    """Headers merged over two rows, beside a group of headers merged over two columns."""
    sheet.insert_rows(1)
    for column in "ABCD":
        sheet[f"{column}1"], sheet[f"{column}2"] = sheet[f"{column}2"].value, None
        sheet.merge_cells(f"{column}1:{column}2")
    sheet["E1"] = "About the agency"
    sheet.merge_cells("E1:F1")


def with_chart_sheet(sheet: Worksheet) -> None:
    """A chart sheet before the sheet with the rows."""
    assert sheet.parent is not None
    sheet.parent.create_chartsheet("Chart", 0).add_chart(BarChart())


def hidden_column(sheet: Worksheet) -> None:
    """The column of the agency is hidden."""
    sheet.column_dimensions["E"].hidden = True


def closing_line(sheet: Worksheet) -> None:
    """A closing line merged over the whole width."""
    sheet["A6"] = "Confidential Information - Do Not Distribute"
    sheet.merge_cells("A6:E6")


class Sheet(NamedTuple):
    """A workbook, and per landed row: line, reference of the referral, agency, findings."""

    make: Callable[[], bytes]
    rows: tuple[tuple[int, str | None, str | None, str | None], ...]
    warned: str = ""


def good(*lines: int) -> tuple[tuple[int, str | None, str | None, str | None], ...]:
    """The three referrals on these lines."""
    return tuple((line, f"R{number}", f"House {number}", None) for number, line in enumerate(lines, 1))


def one(
    agency: str | None, findings: str | None = None
) -> tuple[tuple[int, str, str | None, str | None], ...]:
    """A single referral with this agency."""
    return ((2, "R1", agency, findings),)


def agency_cell(cell: str) -> Callable[[], bytes]:
    """A sheet whose one row has this cell, as XML, for its agency."""
    return lambda: sheet_of(row(2, referral(2), cell))


LANDS = {
    "rich text": Sheet(
        agency_cell('<c r="E2" t="inlineStr"><is><r><t>No</t></r><r><t>rth</t></r></is></c>'), one("North")
    ),
    "phonetic text is no part of the value": Sheet(
        agency_cell('<c r="E2" t="inlineStr"><is><t>North</t><rPh sb="0" eb="1"><t>nosu</t></rPh></is></c>'),
        one("North"),
    ),
    "truth value": Sheet(agency_cell('<c r="E2" t="b"><v>1</v></c>'), one("TRUE")),
    "a formula with its text": Sheet(
        agency_cell('<c r="E2" t="str"><f>"a"</f><v>North</v></c>'), one("North")
    ),
    "a formula with an empty text": Sheet(agency_cell('<c r="E2" t="str"><f>""</f><v></v></c>'), one(None)),
    "a formula with an error": Sheet(
        agency_cell('<c r="E2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'), one(None, "referrer_agency:excel_error")
    ),
    "cells that do not say where they are": Sheet(
        lambda: sheet_of("<row>" + referral(2).replace('r="', 'x="') + "</row>"), one(None)
    ),
    "white space at the ends": Sheet(agency_cell(text("E2", " \u00a0North  ")), one("North")),
    "a time of day": Sheet(
        lambda: filled(lambda sheet: sheet.__setitem__("E2", time(10, 30))),
        ((2, "R1", "10:30:00", None), *good(2, 3, 4)[1:]),
    ),
    "a number kept as text": Sheet(
        lambda: filled(lambda sheet: sheet.__setitem__("A2", "00123")),
        ((2, "00123", "House 1", None), *good(2, 3, 4)[1:]),
    ),
    "formatted rows far below": Sheet(
        lambda: sheet_of(row(2, referral(2)), '<row r="1048576" ht="12"><c r="A1048576" s="0"/></row>'),
        one(None),
    ),
    "a table at C7 below a merged title": Sheet(lambda: filled(shifted), good(8, 9, 10)),
    "headers merged over two rows": Sheet(lambda: filled(header_over_two_rows), good(3, 4, 5)),
    "a reference merged over two rows": Sheet(
        lambda: filled(merging("A2:A3")),
        ((2, "R1", "House 1", None), (3, "R1", "House 2", None), good(2, 3, 4)[2]),
    ),
    "an agency merged over all rows and beyond": Sheet(
        lambda: filled(merging("E2:E9", E2="North")),
        tuple((line, f"R{line - 1}", "North", None) for line in (2, 3, 4)),
    ),
    "an error merged over two rows": Sheet(
        lambda: filled(merging("E2:E3", E2="#N/A")),
        (
            (2, "R1", None, "referrer_agency:excel_error"),
            (3, "R2", None, "referrer_agency:excel_error"),
            good(2, 3, 4)[2],
        ),
    ),
    "two columns merged into one": Sheet(
        lambda: filled(merging("D2:E2")),
        ((2, "R1", None, "referrer_agency:merged_cells"), *good(2, 3, 4)[1:]),
    ),
    "a value that nobody sees under a merged cell": Sheet(
        lambda: with_part(
            filled(value_under_a_merge),
            SHEET,
            lambda xml: xml.replace(
                "</sheetData>", '</sheetData><mergeCells><mergeCell ref="E2:E3"/></mergeCells>'
            ),
        ),
        ((2, "R1", "North", None), (3, "R2", None, "referrer_agency:merged_cells"), good(2, 3, 4)[2]),
    ),
    "a merged closing line": Sheet(lambda: filled(closing_line), good(2, 3, 4)),
    "a hidden column": Sheet(lambda: filled(hidden_column), good(2, 3, 4), "1 hidden columns were read"),
    "a chart sheet before the rows": Sheet(lambda: filled(with_chart_sheet), good(2, 3, 4), "1 other sheets"),
    "a sheet called otherwise": Sheet(
        lambda: filled(lambda sheet: setattr(sheet, "title", "Sheet1 (2)")), good(2, 3, 4)
    ),
    "a link to another workbook": Sheet(
        lambda: with_part(
            filled(lambda sheet: sheet.__setitem__("E2", "=[1]Other!A1")),
            SHEET,
            lambda xml: xml.replace("<v></v>", "<v>7</v>").replace("<v />", "<v>7</v>"),
        ),
        ((2, "R1", "7", None), *good(2, 3, 4)[1:]),
    ),
}


@pytest.mark.parametrize("case", LANDS)
def test_a_careless_workbook_lands_exactly_its_rows(zone: Zone, case: str) -> None:
    sheet = LANDS[case]
    report = zone.take_one(NAME, sheet.make())
    assert (report.status, report.reason) == ("loaded", None)
    assert report.rows_in_file == report.rows_landed + report.rows_skipped
    assert sheet.warned in " ".join(report.warnings)
    assert [
        (line["source_line"], line["referral_id"], line["referrer_agency"], line["door_findings"])
        for line in zone.landed()
    ] == list(sheet.rows)
    assert {line["borough"] for line in zone.landed()} == {"Camden"}
    assert {line["received_date"] for line in zone.landed()} == {"2015-03-31"}


def test_days_count_from_1900_or_1904_as_the_workbook_says(zone: Zone) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    zone.take_one(NAME, filled(lambda sheet: None, book))
    assert {row["received_date"] for row in zone.landed()} == {"2015-03-31"}


def understated() -> bytes:
    """A workbook whose directory says that its sheet unpacks to 10 bytes."""
    content = bytearray(workbook())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start, at = archive.start_dir, archive.infolist()
    for entry in at:
        if entry.filename == SHEET:
            struct.pack_into("<L", content, start + 24, 10)
        start += 46 + len(entry.filename.encode()) + len(entry.extra) + len(entry.comment)
    return bytes(content)


def overlapping() -> bytes:
    """A workbook with 1,500 names for one part of a megabyte: small, and it unpacks to 1.5 gigabytes."""
    content = bytearray(with_part(workbook(), "xl/theme/theme1.xml", lambda xml: xml + " " * (1 << 20)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start, entries = archive.start_dir, archive.infolist()
    end = content[content.rindex(b"PK\x05\x06") :]
    directory = bytes(content[start : len(content) - len(end)])
    theme = next(entry for entry in entries if entry.filename == "xl/theme/theme1.xml")
    at = directory.index(b"xl/theme/theme1.xml") - 46
    entry = directory[at : at + 46 + len(theme.filename)]
    more = b"".join(entry.replace(b"theme1.xml", f"t{n:04}1.xml".encode()[-10:]) for n in range(1_500))
    struct.pack_into("<HHL", end, 8, len(entries) + 1_500, len(entries) + 1_500, len(directory) + len(more))
    return bytes(content[:start]) + directory + more + bytes(end)


def doubled() -> bytes:
    """A workbook with two parts of one name, of which each reader would take another."""
    content = io.BytesIO(workbook())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(content, "a") as archive:
            archive.writestr(SHEET, "<worksheet/>")
    return content.getvalue()


def nested() -> bytes:
    """A zip archive in a zip archive that calls itself a workbook."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", bytes(30 << 20))
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("referrals.xlsx", inner.getvalue())
    return outer.getvalue()


ENTITIES = "<!DOCTYPE r [" + "".join(
    f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(9)
) + "]>"  # fmt: skip

REFUSED = {
    "one row number twice": (lambda: sheet_of(row(2, referral(2)), row(2, referral(2, 3))), "says twice"),
    "rows in another order": (lambda: sheet_of(row(3, referral(3)), row(2, referral(2, 2))), "says twice"),
    "a cell that says it stands in another row": (lambda: sheet_of(row(2, referral(3))), "says twice"),
    "one cell twice": (lambda: sheet_of(row(2, referral(2), text("B2", "FLIC-0009"))), "says twice"),
    "entities in entities": (
        lambda: with_part(workbook(), SHEET, lambda xml: ENTITIES + xml.replace("Camden", "&e8;")),
        "document type",
    ),
    "a document type in a part of another ending": (
        lambda: with_part(workbook(), "docProps/app.xml", lambda xml: "\n" + ENTITIES),
        "document type",
    ),
    "sizes understated": (understated, "damaged"),
    "parts that overlap": (overlapping, "unpacks to"),
    "a part twice": (doubled, "holds a part twice"),
    "a zip in a zip": (nested, "really a zip archive"),
    "cut off": (lambda: workbook()[:-100], "damaged zip archive"),
    "its XML of Excel 2003": (
        lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "Excel 2003",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_workbook_is_refused_with_its_reason(zone: Zone, case: str) -> None:
    make, words = REFUSED[case]
    report = zone.take_one(NAME, make())
    assert report.status == "refused"
    assert words in (report.reason or "")
    assert zone.landed() == []


def test_names_in_a_workbook_that_lead_out_of_it_are_never_paths(zone: Zone) -> None:
    content = io.BytesIO(workbook())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("../../escaped.txt", "x")
        archive.writestr("/tmp/escaped-from-a-workbook.txt", "x")
    before = zone.names_below(".")
    report = zone.take_one(NAME, content.getvalue())
    assert report.status == "loaded"
    assert not [name for name in zone.names_below(".") - before if "escaped" in name]
