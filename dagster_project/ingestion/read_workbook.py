"""Reads one workbook from standard input and writes its rows to standard output, as a process of its own.

A hostile workbook can exhaust the memory of a parser or abort its whole process; here it meets limits and
takes nothing with it. The keys are not in this process's environment. What a row means is not known here.

Request (first argument, JSON): `sheet` (the seed's, or null), `export` (name), `headers` (normalised),
`required` (the headers of each required column), `fractions` (the headers of numbers that are not per cent).
Answer (JSON, one line each): `{"refused": reason}`, or first `{"sheet", "sheet_is_hidden", "other_sheets",
"hidden_rows", "hidden_columns"}` and then, for each row, `[line, [cell, ...], {column: fault}, [column of a
number, ...]]`.
"""

import datetime
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

import python_calamine
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from dagster_project.ingestion.contracts import HEADER_SEARCH_ROWS, count_matches, normal_header

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 60
MAX_COLUMNS = 500
MAX_ROWS = 1 << 20  # as many as Excel has

_CHUNK = 1 << 20
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STYLES = "xl/styles.xml"
_LITERAL = re.compile(r'"[^"]*"|\\.')  # text within a number format
_CONTRADICTION = "a sheet says twice what stands in one place: open it in Excel and save it anew"
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATIONSHIP = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


class WorkbookRefusedError(Exception):
    """The workbook cannot be read as it is; the message says why and what to do."""


@dataclass
class SheetMarks:
    """What a sheet's XML tells and the reader of values does not. Columns count from 0, rows from 1."""

    faults: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[range] = field(default_factory=list)
    merged: list[tuple[range, range]] = field(default_factory=list)
    """Rows and columns of each merged cell."""
    percents: list[tuple[int, int]] = field(default_factory=list)
    """Line and column of each number that is shown as a percentage."""


@dataclass
class Sheet:
    """A sheet that was read."""

    name: str
    is_hidden: bool
    matches: int
    is_whole: bool
    """Whether it has a header for every required column, and something below it."""
    first_column: int
    rows: list[list[Any]]
    marks: SheetMarks


def limit_this_process() -> None:
    """Cap memory, processor time and written bytes, where the system can (Windows cannot)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def refuse_doctypes(archive: zipfile.ZipFile) -> None:
    """Refuse a document type in any part: a workbook needs none, and entities expand through it.

    Every part is read, whatever it is called: that also finds out sizes which the directory understates.
    """
    for entry in archive.infolist():
        with archive.open(entry) as part:
            tail = b""
            while chunk := part.read(_CHUNK):
                window = tail + chunk
                if any(doctype in window for doctype in _DOCTYPES):
                    raise WorkbookRefusedError(
                        "a part of the workbook holds a document type (DOCTYPE), which no real workbook "
                        "does: open it in Excel and save it anew"
                    )
                tail = window[-20:]


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive for each sheet's name."""
    targets = {}
    with archive.open("xl/_rels/workbook.xml.rels") as part:
        for relation in ElementTree.fromstring(part.read(), forbid_dtd=True):
            targets[relation.get("Id")] = relation.get("Target", "")
    parts = {}
    with archive.open("xl/workbook.xml") as part:
        for element in ElementTree.fromstring(part.read(), forbid_dtd=True).iter():
            if element.tag.endswith("}sheet"):
                target = targets[element.get(_RELATIONSHIP) or element.get(_STRICT_RELATIONSHIP)]
                parts[element.get("name")] = target[1:] if target.startswith("/") else f"xl/{target}"
    return parts


def percent_styles(archive: zipfile.ZipFile) -> set[str]:
    """The styles of cells (attribute `s`) that show 0.625 as 62.5%."""
    if _STYLES not in archive.namelist():
        return set()
    with archive.open(_STYLES) as part:
        styles = ElementTree.fromstring(part.read(), forbid_dtd=True)
    formats = {"9", "10"}
    for element in styles.iter():
        if element.tag.endswith("}numFmt") and "%" in _LITERAL.sub("", element.get("formatCode", "")):
            formats.add(element.get("numFmtId", ""))
    cells = next((element for element in styles if element.tag.endswith("}cellXfs")), ())
    return {str(at) for at, style in enumerate(cells) if style.get("numFmtId") in formats}


def scan(archive: zipfile.ZipFile, part: str, percents: set[str]) -> SheetMarks:
    """Find error cells, formulas without a saved value, numbers, percentages, merged cells, what is hidden.

    Refuses a sheet that is too large, or in which one place has two values, of which one would be lost.
    """
    marks = SheetMarks()
    line = 0
    with archive.open(part) as file:
        for _, element in ElementTree.iterparse(file, forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if tag == "mergeCell":
                marks.merged.append(_rows_and_columns(element.get("ref")))
            elif tag == "col" and element.get("hidden") in ("1", "true"):
                marks.hidden_columns.append(range(int(element.get("min")) - 1, int(element.get("max"))))
            if tag != "row":
                continue
            before, line = line, int(element.get("r") or line + 1)
            if line <= before:
                raise WorkbookRefusedError(_CONTRADICTION)
            if line > MAX_ROWS:
                raise WorkbookRefusedError("a sheet has more rows than Excel knows: export it again")
            if element.get("hidden") in ("1", "true"):
                marks.hidden_rows.add(line)
            column = 0
            for cell in element:
                before, column = column, _column_number(cell.get("r")) or column + 1
                if column <= before or (cell.get("r") or str(line)).lstrip(_LETTERS) != str(line):
                    raise WorkbookRefusedError(_CONTRADICTION)
                if column > MAX_COLUMNS:
                    raise WorkbookRefusedError(
                        f"a sheet has more than {MAX_COLUMNS} columns: delete what lies right of the table"
                    )
                _mark_cell(cell, marks, line, column - 1)
                if cell.get("s", "0") in percents and cell.get("t", "n") == "n":
                    marks.percents.append((line, column - 1))
            element.clear()  # else every cell of the sheet stays in memory
    return marks


def _mark_cell(cell: Any, marks: SheetMarks, line: int, column: int) -> None:
    kind = cell.get("t", "n")
    if kind == "e":
        marks.faults.setdefault(line, {})[column] = "excel_error"
    elif kind in ("n", "str"):
        values = {child.tag.rpartition("}")[2]: child.text for child in cell}
        # A formula that gave an empty text has a `v` of kind `str`; one that was never worked out has none.
        is_worked_out = bool(values.get("v")) or (kind == "str" and "v" in values)
        if "f" in values and not is_worked_out:
            marks.faults.setdefault(line, {})[column] = "formula_without_value"


def _rows_and_columns(reference: str) -> tuple[range, range]:
    """`B2:C4` -> rows 2 to 4 (from 1), columns 1 to 2 (from 0)."""
    first, _, last = reference.partition(":")
    last = last or first
    return (
        range(int(first.lstrip(_LETTERS)), int(last.lstrip(_LETTERS)) + 1),
        range(_column_number(first) - 1, _column_number(last)),
    )


def _column_number(reference: str | None) -> int:
    """`B7` -> 2; 0 where the cell does not say where it stands."""
    number = 0
    for sign in reference or "":
        if not sign.isalpha():
            break
        number = number * 26 + ord(sign.upper()) - 64
    return number


def cell_text(value: Any) -> str:
    """A cell as text: true dates in ISO form, whole numbers without decimal point, 15 digits as in Excel."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        short = f"{value:.15g}"
        # A large number stays in scientific form: its last digits are lost and must not look exact.
        return f"{Decimal(short):f}" if "e-" in short else short.upper()
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def write_percents(sheet: Sheet, headers: set[str], fractions: set[str]) -> None:
    """Give the numbers that are shown as percentages as such texts, not a hundred times too small.

    In a column of fractions (half a post, shown as 50%) the number itself is what is meant.
    """
    top = [[normal_header(cell_text(cell)) for cell in row] for row in sheet.rows[:HEADER_SEARCH_ROWS]]
    header = max(top, key=lambda names: len(headers & set(names)), default=[])
    as_they_are = {at for at, name in enumerate(header) if name in fractions}
    for line, column in sheet.marks.percents:
        row = sheet.rows[line - 1] if line <= len(sheet.rows) else []
        at = column - sheet.first_column
        if 0 <= at < len(row) and at not in as_they_are and isinstance(row[at], int | float):
            percent = (Decimal(cell_text(row[at])) * 100).normalize()
            row[at] = f"{percent:f}%"


def choose(sheets: list[Sheet], wanted: str | None, export: str) -> Sheet:
    """The sheet that the seed export_sources names, else the one whose header matches best."""
    if wanted is not None:
        for sheet in sheets:
            if normal_header(sheet.name) == normal_header(wanted):
                return sheet
        raise WorkbookRefusedError(
            f"the sheet {wanted!r} is missing among {len(sheets)}: name the sheet with the data so, "
            "or correct the seed export_sources"
        )
    if not sheets:
        raise WorkbookRefusedError("the workbook has no sheet with cells: export it again")

    def rank(sheet: Sheet) -> tuple[int, bool, bool]:
        return sheet.matches, normal_header(sheet.name) == normal_header(export), not sheet.is_hidden

    best = max(sheets, key=rank)
    if best.matches > 1 and sum(rank(sheet) == rank(best) for sheet in sheets) > 1:
        raise WorkbookRefusedError(
            f"two sheets have the headers of {export}: keep one, or name the one to read in the "
            "seed export_sources"
        )
    also = sum(sheet.is_whole and not sheet.is_hidden for sheet in sheets if sheet is not best)
    if best.is_whole and also:
        raise WorkbookRefusedError(
            f"{also + 1} sheets hold every required column of {export}, and one file is one sheet: bring "
            "their rows together, or name the one to read in the seed export_sources"
        )
    return best


def is_whole(rows: list[list[Any]], required: list[list[str]]) -> bool:
    """Whether a sheet has a header with every required column, and a row below it."""
    for at, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        names = {normal_header(cell_text(cell)) for cell in row}
        if all(names & set(headers) for headers in required):
            return any(cell != "" for below in rows[at + 1 :] for cell in below)
    return False


def refuse_hidden_table(sheets: list[Sheet], chosen: Sheet, export: str) -> None:
    """Refuse a hidden sheet with a table of the export's own that would not be read."""
    if any(sheet.is_hidden and sheet.is_whole for sheet in sheets if sheet is not chosen):
        raise WorkbookRefusedError(
            f"a hidden sheet has the headers of {export} and rows, which would not be read: unhide "
            "it and keep one sheet, remove it, or name the sheet to read in the seed export_sources"
        )


def spread_merged_cells(sheet: Sheet) -> None:
    """Give each row that a merged cell spans its value, in the first of its columns.

    What stands beside or under it in a row with other values belongs to two columns, or contradicts it: the
    cell is marked. A merged cell that is alone in its rows is a title or a closing line.
    """
    faults = sheet.marks.faults
    for rows, columns in sheet.marks.merged:
        top, left = rows[0], columns[0] - sheet.first_column
        first = sheet.rows[top - 1] if top <= len(sheet.rows) else []
        value = first[left] if 0 <= left < len(first) else ""
        fault = faults.get(top, {}).get(columns[0])
        if value == "" and fault is None:
            continue
        for line in range(top, min(rows[-1], len(sheet.rows)) + 1):
            row = sheet.rows[line - 1]
            inside = range(max(left, 0), min(left + len(columns), len(row)))
            if not any(cell != "" for at, cell in enumerate(row) if at not in inside):
                continue
            for at in inside:
                if fault:
                    faults.setdefault(line, {})[at + sheet.first_column] = fault
                elif at == left and row[at] in ("", value):
                    row[at] = value
                else:
                    faults.setdefault(line, {})[at + sheet.first_column] = "merged_cells"


def read(content: bytes, request: dict[str, Any]) -> Iterator[Any]:
    """The answer described above, line by line."""
    headers = set(request["headers"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        refuse_doctypes(archive)
        percents = percent_styles(archive)
        marks = {
            name: scan(archive, part, percents)
            for name, part in sheet_parts(archive).items()
            if "sheets/" in part
        }
    workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = []
    for entry in workbook.sheets_metadata:
        if entry.name not in marks or entry.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        values = workbook.get_sheet_by_name(entry.name)
        rows = list(values.iter_rows())
        matches = max(
            (count_matches(map(cell_text, row), headers) for row in rows[:HEADER_SEARCH_ROWS]), default=0
        )
        is_hidden = entry.visible != python_calamine.SheetVisibleEnum.Visible
        first_column = values.start[1] if values.start else 0
        whole = is_whole(rows, request["required"])
        sheets.append(Sheet(entry.name, is_hidden, matches, whole, first_column, rows, marks[entry.name]))
    sheet = choose(sheets, request["sheet"], request["export"])
    if request["sheet"] is None:
        refuse_hidden_table(sheets, sheet, request["export"])
    write_percents(sheet, headers, set(request["fractions"]))
    spread_merged_cells(sheet)
    hidden = {
        at - sheet.first_column for columns in sheet.marks.hidden_columns for at in columns[:MAX_COLUMNS]
    }
    filled = {line for line, row in enumerate(sheet.rows, start=1) if any(cell != "" for cell in row)}
    yield {
        "sheet": sheet.name,
        "sheet_is_hidden": sheet.is_hidden,
        "other_sheets": len(workbook.sheet_names) - 1,
        "hidden_rows": len(sheet.marks.hidden_rows & filled),
        "hidden_columns": sum(
            any(row[at] != "" for row in sheet.rows if at < len(row)) for at in hidden if at >= 0
        ),
    }
    left = [""] * sheet.first_column
    # Rows of nothing but errors lie outside the range that the reader of values sees.
    for line in range(1, max(len(sheet.rows), *sheet.marks.faults, 0) + 1):
        row = sheet.rows[line - 1] if line in filled else []
        yield [
            line,
            left + [cell_text(cell) for cell in row],
            sheet.marks.faults.get(line, {}),
            [at for at, cell in enumerate(left + row) if type(cell) in (int, float)],
        ]


def main() -> None:
    """Answer the request; a workbook that breaks the parser leaves a reason or, killed by a limit, none."""
    limit_this_process()
    try:
        for answer in read(sys.stdin.buffer.read(), json.loads(sys.argv[1])):
            print(json.dumps(answer))
    except WorkbookRefusedError as refusal:
        print(json.dumps({"refused": str(refusal)}))
    except DefusedXmlException:
        print(json.dumps({"refused": "the workbook holds XML entities: open it in Excel and save it anew"}))
    except python_calamine.PasswordError:
        print(json.dumps({"refused": "the workbook is encrypted (with a password): save it without one"}))
    except (
        python_calamine.CalamineError,
        ParseError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        MemoryError,
        OSError,
    ):
        print(
            json.dumps({"refused": "the workbook is damaged or too large: open it in Excel and save it anew"})
        )


if __name__ == "__main__":
    main()
