"""From the bytes of a CSV file or workbook to its data rows: delimiter, header, what is data and what not.

Values pass through unread; what they are allowed to be is not known here.

A row is a `Record`. Once the header is settled and the first rows show what a row looks like, a CSV file is
read in pieces of whole lines, and a piece in which nothing could make its rows anything but data comes as
`PlainRows`, column by column; any other is halved, and what is still not plain when small is read row by row.
Which of the two ways a row takes changes nothing that is landed, counted or said of it.
"""

import codecs
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Timer
from typing import BinaryIO, NamedTuple

from dagster_project.ingestion.contracts import (
    HEADER_SEARCH_ROWS,
    Column,
    Export,
    count_matches,
    normal_header,
)
from dagster_project.ingestion.inbox import FileRefusedError, Fingerprint
from dagster_project.ingestion.plain_rows import Cells, PlainRows, columns_of, first_filled
from dagster_project.settings import ROOT

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MAX_LINE_CHARACTERS = 1 << 20
WRONG_FIELDS = "wrong_number_of_fields"
WORKBOOK_SECONDS = 120

_SEARCH_BYTES = 1 << 18
_TOLD_COLUMNS = 20
_LONGEST_HEADER = 100
# Pieces of a CSV file: until its header is settled, afterwards, and too small to be halved again.
_FIRST_PIECE_BYTES = 1 << 13
_PIECE_BYTES = 1 << 23
_SMALL_PIECE_CHARACTERS = 1 << 13
# The module's own limit, 131,072 characters, is less than a long note; memory stays bounded by ours.
csv.field_size_limit(MAX_LINE_CHARACTERS)
# Lines of text below the table; more than this many in a row are rows gone wrong.
_MAX_CLOSING_LINES = 20
# References of one system are of a few shapes; where they are not, no shape tells anything.
_MAX_SHAPES = 50

# So many rows show whether a system puts an empty field behind each; a file has more than memory holds.
_PADDED_ROWS = 200

_SEP = re.compile(r'"?sep=([^\w\s"]|\t)"?[ \t]*(?:\r|\n|$)', re.IGNORECASE)
_LINE_END = re.compile(r"\r+\n|\n|\r")
# A bare label with numbers beside it, also of a year: "Grand Total", "Total 2014/15:". `Total Place pilot`
# may be a client's, and "Total staff costs" a line of its own.
_TOTAL = re.compile(
    r"\W*(?:grand\s+|sub[\s-]*|overall\s+)?(?:totals?|sum)(?:\s+\d{4}(?:\s*[/-]\s*\d{2,4})?)?\W*",
    re.IGNORECASE,
)
_NAMES_TOTAL = re.compile(r"\b(?:(?:sub)?totals?|sum)\b", re.IGNORECASE)
_DAY = re.compile(
    r"(?:\d{1,4}([-/. ])\d{1,2}\1\d{1,4}|(?:\d{1,2}[ -]?)?[a-z]{3,9}[ -]?\d{2,4})(?:[T ][\d:.]+Z?)?",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[(+-]?\s*[\u00a3\u20ac$]?\s*[+-]?\d[\d,. ]*%?\s*\)?")
_CLOSING = re.compile(
    r"confidential|copyright|©|all rights reserved|do not distribute|end of (?:report|file|extract|data)|"
    r"page \d+ of \d+|"
    r"(?:report|extract|exported|generated|produced|printed|created|run)\s+(?:by|on|at|from|date)",
    re.IGNORECASE,
)
# What no record is called: not worth a warning in every load.
_USUAL_CLOSING = re.compile(
    r"\W*(?:confidential\b|copyright\b|©|all rights reserved|do not distribute|"
    r"end of (?:report|file|extract|data)|page \d+ of \d+)",
    re.IGNORECASE,
)
_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+|\d+)"
_STATED_ROWS = (
    re.compile(
        rf"(?:(?:grand\s+|overall\s+)?totals?\s*[:=(-]?\s*)?{_NUMBER}\s*(?:records?|rows?)"
        r"(?:\s+(?:in total|listed|exported|returned|found))?\s*\)?\.?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:(?:grand\s+|overall\s+)?totals?\s+(?:number\s+of\s+)?|number\s+of\s+|no\.?\s+of\s+)?"
        rf"(?:records?|rows?)(?:\s+(?:count|exported|returned))?\s*[:=]?\s*{_NUMBER}",
        re.IGNORECASE,
    ),
)
# A label with one whole number: the rows of the table, if it cannot be the sum of a column.
_WHOLE_NUMBER = re.compile(_NUMBER)
_FIGURES = ("decimal", "number", "integer")
_END_OF_FILE = "\x1a"  # what systems of the eighties, and their heirs, put behind the last line
_SERIES = re.compile(r"(.*\D)(\d+)")


class Record(NamedTuple):
    """A row as it stands in the file: a line may hold one, and one may run over several lines."""

    line: int
    """Line of the file (row of the sheet), 1 = first."""
    cells: list[str]
    cell_faults: Mapping[int, str]
    """By position from 0: why a cell has no value although it should."""
    row_fault: str | None
    is_one_line: bool
    numbers: Sequence[int] = ()
    """Of a workbook: the positions of cells that are numbers and no texts."""


@dataclass
class RawTable:
    """The records of a file and how it was read."""

    records: Generator[Record | PlainRows, None, None]
    """To be closed by whoever opened the file, before the file."""
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    warnings: list[str] = field(default_factory=list)
    lines: "_Lines | None" = None
    """Of a CSV file: to be told how plain rows are known."""
    _rows: int = 0
    _is_exhausted: bool = False

    def __post_init__(self) -> None:
        self.records = self._counted(self.records)

    def _counted(
        self, records: Generator[Record | PlainRows, None, None]
    ) -> Generator[Record | PlainRows, None, None]:
        with closing(records):
            for record in records:
                self._rows += record.rows if isinstance(record, PlainRows) else 1
                yield record
        self._is_exhausted = True

    def rows_in_file(self) -> int | None:
        """Read what is left and return the number of all rows; None where they cannot be told apart."""
        try:
            for _ in self.records:
                pass
        except FileRefusedError:
            pass
        return self._rows if self._is_exhausted else None


def read_csv(file: BinaryIO, mark: Fingerprint, export: Export) -> RawTable:
    """Open a text file with the delimiter under which a row matches the contract best; it is streamed."""
    if mark.encoding is None:
        raise FileRefusedError(mark.encoding_fault or "the file is no text")
    file.seek(0)
    start = file.read(_SEARCH_BYTES).decode(mark.encoding, errors="replace")
    delimiter = _delimiter(start, export)
    first_end = _LINE_END.search(start)
    line_end = "\r" if first_end and first_end[0] == "\r" else "\n"
    warnings = []
    if mark.misread_line:
        warnings.append(
            f"line {mark.misread_line}: letters were lost or read in a wrong encoding before the file came "
            "here: look at the text in the source and export it as UTF-8"
        )
    lines = _Lines(file, mark.encoding, line_end)
    return RawTable(
        _csv_records(lines, delimiter),
        encoding=mark.encoding,
        delimiter="tab" if delimiter == "\t" else delimiter,
        warnings=warnings,
        lines=lines,
    )


def count_rows(file: BinaryIO, mark: Fingerprint) -> int | None:
    """The rows of a text that is no export anybody knows; None where they cannot be told apart."""
    assert mark.encoding is not None
    file.seek(0)
    lines = file.read(_SEARCH_BYTES).decode(mark.encoding, errors="replace").splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    with closing(_csv_records(_Lines(file, mark.encoding, "\n"), delimiter)) as records:
        return RawTable(records).rows_in_file()


def _delimiter(start: str, export: Export) -> str:
    """The declared delimiter, else the one under which a row at the start matches the contract best."""
    if declared := _SEP.match(start):
        return declared[1]
    matches = {}
    for delimiter in DELIMITERS:
        matches[delimiter] = 0
        reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            for _, row in zip(range(HEADER_SEARCH_ROWS), reader, strict=False):
                matches[delimiter] = max(matches[delimiter], count_matches(row, export.headers))
        except csv.Error:
            continue  # an odd row further down does not speak against the header above it
    return max(matches, key=lambda delimiter: matches[delimiter])


def _csv_records(lines: "_Lines", delimiter: str) -> Generator[Record | PlainRows, None, None]:
    # Strict: else a quotation mark that is never closed swallows rows without a word. Without the spaces
    # before a value: else a quotation mark after `, ` becomes part of it.
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = lines.number + 1
        try:
            yield from lines.plain_rows()
            line = lines.number + 1
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "new-line character" in str(error):
                raise FileRefusedError(
                    f"line {line}: a line end of another kind than the first one's stands outside "
                    "quotation marks, so the rows cannot be told apart: export the file again"
                ) from None
            if lines.number > line:
                raise FileRefusedError(
                    f"line {line}: a quotation mark is opened and not closed as it should be, so the "
                    f"rows up to line {lines.number} cannot be told apart: correct it and export again"
                ) from None
            yield Record(line, [], {}, WRONG_FIELDS, is_one_line=True)
        except UnicodeError:
            raise FileRefusedError(
                f"the text after line {lines.number} is not {lines.encoding}: export the file as UTF-8"
            ) from None
        else:
            yield Record(line, cells, {}, None, is_one_line=lines.number == line)


class _Lines:
    """The lines of a text with their ends, for the reader of rows; plain rows pass beside it."""

    def __init__(self, file: BinaryIO, encoding: str, line_end: str) -> None:
        self.encoding = encoding
        self.line_end = line_end
        self.number = 0
        """Of the line that was read last, 1 = first."""
        self.as_plain: Callable[[str, int], PlainRows | None] | None = None
        """What makes plain rows of a piece and the number of its first line, if it can."""
        self._pieces = self._read(file)
        self._ahead: list[str] = []
        self._piece = ""
        self._at = 0
        """Where the next line begins in the piece."""

    def _read(self, file: BinaryIO) -> Generator[str, None, None]:
        """The text in pieces of whole lines; the last may lack its end, or be longer than a line may be."""
        file.seek(0)
        decoder = codecs.getincrementaldecoder(self.encoding)()
        rest = ""
        while True:
            content = file.read(_PIECE_BYTES if self.as_plain else _FIRST_PIECE_BYTES)
            before = decoder.getstate()
            fault = None
            try:
                text = decoder.decode(content, final=not content)
            except UnicodeDecodeError as error:
                fault = error
                decoder.setstate(before)
                # The fault's place counts from the few bytes that the decoder kept of the piece before.
                text = decoder.decode(content[: max(error.start - len(before[0]), 0)])
            text = rest + text
            # Lines end as the first one does: else a stray sign within a cell makes two rows of one.
            end = text.rfind(self.line_end) + 1
            if fault is None and (not content or len(text) - end >= MAX_LINE_CHARACTERS):
                end = len(text)
            rest = text[end:]
            if end:
                yield text[:end]
            if fault is not None:
                raise fault
            if not content:
                return

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while self._at == len(self._piece):
            self._piece, self._at = self._ahead.pop() if self._ahead else next(self._pieces), 0
        end = self._piece.find(self.line_end, self._at) + 1 or len(self._piece)
        line = self._piece[self._at : end]
        self._at = end
        self.number += 1
        if len(line) >= MAX_LINE_CHARACTERS:
            raise FileRefusedError(
                f"line {self.number} has more than a million characters: export the file again"
            )
        return line

    def plain_rows(self) -> Iterator[PlainRows]:
        """Those that follow here, where the reader stands between two rows and at the end of a piece."""
        while self.as_plain and self._at == len(self._piece):
            piece = self._ahead.pop() if self._ahead else next(self._pieces, "")
            if plain := self.as_plain(piece, self.number + 1):
                self.number += plain.rows
                yield plain
                continue
            middle = piece.find(self.line_end, len(piece) // 2) + 1
            if len(piece) > _SMALL_PIECE_CHARACTERS and 0 < middle < len(piece):
                # One odd line sends those near it to the reader of rows, not all of the piece.
                self._ahead += [piece[middle:], piece[:middle]]
            else:
                self._piece, self._at = piece, 0
                return


def read_workbook(file: BinaryIO, export: Export) -> RawTable:
    """Read a workbook in a limited process of its own (`dagster_project.ingestion.read_workbook`)."""
    request = {
        "sheet": export.sheet,
        "export": export.name,
        "headers": sorted(export.headers),
        "required": [
            [header for header, owner in export.headers.items() if owner is column]
            for column in export.required
        ],
        "fractions": [header for header, column in export.headers.items() if column.is_fraction],
    }
    answers = _workbook_answers(file, json.dumps(request))
    about = next(answers, {})
    if "sheet" not in about:
        raise FileRefusedError(about.get("refused", _TOO_MUCH))
    warnings = []
    if about["other_sheets"]:
        warnings.append(f"{about['other_sheets']} other sheets were not read")
    if about["sheet_is_hidden"]:
        warnings.append("the sheet is hidden and was read")
    if about["hidden_rows"]:
        warnings.append(f"{about['hidden_rows']} hidden rows were read")
    if about["hidden_columns"]:
        warnings.append(f"{about['hidden_columns']} hidden columns were read")
    return RawTable(
        _workbook_records(answers),
        sheet=about["sheet"],
        warnings=warnings,
    )


_TOO_MUCH = (
    "the workbook could not be read within the limits of memory and time: open it in Excel and save the one "
    "sheet anew, or export it as CSV, which may be of any length"
)


def _workbook_records(answers: Iterator) -> Generator[Record, None, None]:
    for answer in answers:
        if isinstance(answer, dict):  # the reader came to a limit among the rows
            raise FileRefusedError(answer["refused"])
        line, cells, faults, numbers = answer
        by_position = {int(position): fault for position, fault in faults.items()}
        yield Record(line, cells, by_position, None, True, numbers)


def _workbook_answers(file: BinaryIO, request: str) -> Generator:
    file.seek(0)
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # the child reads the descriptor, not our buffer
    reader = subprocess.Popen(
        [sys.executable, "-m", "dagster_project.ingestion.read_workbook", request],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback could quote a cell
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("FLIC_")},
    )
    stop = Timer(WORKBOOK_SECONDS, reader.kill)
    stop.daemon = True
    stop.start()
    try:
        assert reader.stdout is not None
        for answer in reader.stdout:
            if not answer.endswith(b"\n"):  # killed in the middle of a line
                break
            yield json.loads(answer)
        if reader.wait() != 0:
            raise FileRefusedError(_TOO_MUCH)
    finally:
        stop.cancel()
        reader.kill()
        reader.wait()
        if reader.stdout is not None:
            reader.stdout.close()


class Table:
    """The data rows below a header that fits the contract; counts what it skips.

    Once `rows` (or `rows_and_blocks`) is exhausted, `rows_in_file` = `rows_skipped` + `rows_landed`.
    """

    def __init__(self, raw: RawTable, export: Export) -> None:
        """Find the header. Raises `FileRefusedError` where there is none or it lacks a required column."""
        self._records = raw.records
        self._lines = raw.lines
        self._export = export
        # Empty for a workbook, whose rows are as wide as the sheet.
        self._delimiter = "\t" if raw.delimiter == "tab" else raw.delimiter or ""
        self.warnings = list(raw.warnings)
        self.rows_in_file = 0
        self.rows_skipped = 0
        self.rows_landed = 0
        self.stated_rows: int | None = None
        self._stated_line = 0
        self._stated_is_grand = False
        self._has_subtotals = False
        self._totals: list[tuple[int, int, int]] = []
        """Line, number and rows landed before it, of each total that may be a count of rows."""
        noun = "|".join(re.escape(name) for name in (export.name.replace("_", " "), export.label))
        self._counting_label = re.compile(
            rf"[\s*]*(?:(grand|overall)\s+)?(?:totals?(?:\s+(?:number\s+of\s+)?(?:{noun}))?|(?:total\s+)?count)"
            r"[\s*:=]*",
            re.IGNORECASE,
        )
        self._has_named_total = False
        self._padding = 0
        self._shapes: set[str] = set()
        self._closing_lines: list[int] = []
        above: list[Record] = []
        for record in self._records:
            assert isinstance(record, Record)  # nobody told yet how plain rows are known
            above.append(record)
            if len(above) == HEADER_SEARCH_ROWS:
                break
        self._after_search = self._take_header(above)
        self._required = [at for at, column in self.columns.items() if column.required]

    def _take_header(self, above: list[Record]) -> list[Record]:
        """Settle which of the first records is the header; return those that follow it."""
        matches = [count_matches(record.cells, self._export.headers) for record in above]
        best = max(range(len(above)), key=lambda index: matches[index], default=0)
        if not above or matches[best] < min(2, len(self._export.required)):
            tried = f", whether separated by {', '.join(DELIMITERS.values())}" if self._delimiter else ""
            raise FileRefusedError(
                f"no header row: none of the first {HEADER_SEARCH_ROWS} rows holds the headers of "
                f"{self._export.name}{tried}; expected are {_names(self._export.required)}"
            )
        if self._export.header_row:
            best = self._declared_header(above, matches, best)
        header = above[best]
        self._refuse_another_header(above[:best], header)
        self.rows_in_file = self.rows_skipped = best + 1
        for record in above[:best]:
            if texts := [cell.strip() for cell in record.cells if cell.strip()]:
                self._note_stated_rows(record.line, texts)
        self.header_line = header.line
        self._header = [normal_header(cell) for cell in header.cells]
        self._first_column = next(at for at, name in enumerate(self._header) if name)
        self._match_columns(header)
        first = self.columns.get(self._first_column)
        self._begins_with_words = first is not None and first.type != "identifier"
        return above[best + 1 :]

    def _refuse_another_header(self, above: list[Record], header: Record) -> None:
        """A header above the one that fits best begins a table whose rows would pass for titles.

        Directly above it stands the other half of a header over two rows.
        """
        required = set(self._export.required)
        for record in above[:-1]:
            columns = {self._export.headers.get(normal_header(cell)) for cell in record.cells} - {None}
            if len(columns) > 1 and required <= columns:
                raise FileRefusedError(
                    f"line {header.line}: another header row, below the one in line {record.line}: "
                    "the file holds two tables; export each to a file of its own"
                )

    def _declared_header(self, above: list[Record], matches: list[int], best: int) -> int:
        """Which of the first records stands where the seed says; refused where it is not the best match."""
        declared = self._export.header_row
        at = next((at for at, record in enumerate(above) if record.line == declared), None)
        # As good is enough: a second header below, say of another table, does not speak against it.
        if at is None or matches[at] < matches[best]:
            raise FileRefusedError(
                f"line {declared}: the headers of {self._export.name} do not stand here, as the seed "
                f"export_sources says, but in line {above[best].line}: correct the file, or header_row there"
            )
        return at

    def _match_columns(self, header: Record) -> None:
        self.columns: dict[int, Column] = {}
        self.ignored_columns = 0
        ignored = []
        for position, name in enumerate(self._header):
            column = self._export.headers.get(name)
            if column is not None:
                if column in self.columns.values():
                    first = next(at for at, other in self.columns.items() if other is column)
                    raise FileRefusedError(
                        f"line {header.line}: columns {first + 1} and {position + 1} are both {column.name}: "
                        "keep one"
                    )
                self.columns[position] = column
            elif name:
                self._refuse_longer_series(position, name)
                ignored.append((str(position + 1), _hash(name)))
        if ignored:
            self.ignored_columns = len(ignored)
            more = f" and {len(ignored) - _TOLD_COLUMNS:,} more" if len(ignored) > _TOLD_COLUMNS else ""
            places, hashes = (", ".join(told) for told in zip(*ignored[:_TOLD_COLUMNS], strict=True))
            is_one = len(ignored) == 1
            self.warnings.append(
                f"{'column' if is_one else 'columns'} {places}{more} {'is' if is_one else 'are'} not in the"
                f" contract and {'was' if is_one else 'were'} not loaded (hash of the"
                f" {'header' if is_one else 'headers'}: {hashes})"
            )
        self._nameless = {at for at, name in enumerate(self._header) if not name}
        self._refuse_missing(header)

    def _refuse_longer_series(self, position: int, name: str) -> None:
        """`area_11` beside `area_1` to `area_10`: another form, whose scores mean other things."""
        if series := _SERIES.fullmatch(name):
            own = [_SERIES.fullmatch(normal_header(column.name)) for column in self._export.columns]
            numbers = [int(other[2]) for other in own if other and other[1] == series[1]]
            if len(numbers) > 2 and int(series[2]) > max(numbers):
                raise FileRefusedError(
                    f"unknown {self._export.form}: column {position + 1} goes on after the "
                    f"{len(numbers)} numbered columns of the contract, which must learn the new form first"
                )

    def _refuse_missing(self, header: Record) -> None:
        found = set(self.columns.values())
        missing = [column for column in self._export.required if column not in found]
        if not missing:
            return
        # A cell longer than any header is a text, and comparing long texts takes long.
        unmatched = [
            cell
            for at, cell in enumerate(header.cells)
            if at not in self.columns and cell.strip() and len(cell) <= _LONGEST_HEADER
        ]
        texts = []
        for column in missing:
            where = ""
            if near := self._export.nearest_header(column, unmatched):
                text, may_be_quoted = near
                position = header.cells.index(text) + 1
                where = (
                    f" (nearest is {text.strip()!r} in column {position})"
                    if may_be_quoted
                    else f" (nearest is column {position}, hash of the header {_hash(normal_header(text))})"
                )
            texts.append(column.name + where)
        raise FileRefusedError(
            f"line {header.line}: required columns are missing: {', '.join(texts)}: "
            "rename the header, or add it to the seed header_aliases"
        )

    def rows(self) -> Iterator[Record]:
        """Every data row, those gone wrong too; `FileRefusedError` where the file contradicts itself."""
        for row in self._rows(takes_blocks=False):
            assert isinstance(row, Record)
            yield row

    def rows_and_blocks(self) -> Iterator[Record | PlainRows]:
        """The same rows, those of plain pieces of a CSV file together."""
        return self._rows(takes_blocks=True)

    def _rows(self, takes_blocks: bool) -> Iterator[Record | PlainRows]:
        rows = self._data_rows()
        first = [row for row in islice(rows, 1) if isinstance(row, Record)]
        if first and self._surplus_if_empty(first[0]):
            first += [row for row in islice(rows, _PADDED_ROWS - 1) if isinstance(row, Record)]
            self._padding = self._padding_of(first)
        if takes_blocks and self._lines:
            self._lines.as_plain = self._as_plain
        for record in chain(first, rows):
            yield record if isinstance(record, PlainRows) else self._checked(record)

    def _data_rows(self) -> Iterator[Record | PlainRows]:
        held: list[Record] = []
        for record in self._all_below():
            if isinstance(record, PlainRows):
                rows, kind = record.rows, "data"
            else:
                rows, kind = 1, self._kind(record)
            self.rows_in_file += rows
            if kind == "not data":
                self.rows_skipped += 1
            elif kind == "maybe closing" and isinstance(record, Record) and len(held) < _MAX_CLOSING_LINES:
                held.append(record)
            else:
                for row in held:
                    self.rows_landed += 1
                    yield row
                held.clear()
                self.rows_landed += rows
                yield record
        self.rows_skipped += len(held)
        self._settle_totals()
        self._closing_lines += [record.line for record in held]
        if self._closing_lines:
            lines = ", ".join(map(str, sorted(self._closing_lines)[:_TOLD_COLUMNS]))
            self.warnings.append(
                f"line {lines}: text without values was taken for a closing line of the report and skipped: "
                "make sure that it is no record"
            )
        if self.stated_rows not in (None, self.rows_landed):
            raise FileRefusedError(
                f"line {self._stated_line} states {self.stated_rows} records and the file holds "
                f"{self.rows_landed}: export it again, whole and without a filter"
            )
        if self.rows_landed == 0:
            if not self._export.is_delta:
                raise FileRefusedError("the file has a header and no data rows: nothing is concluded from it")
            self.warnings.append("the file has no data rows")

    def _all_below(self) -> Iterator[Record | PlainRows]:
        yield from self._after_search
        yield from self._records

    def _as_plain(self, piece: str, line: int) -> PlainRows | None:
        """The rows of a piece, if each is sure to be data of the header's width; their shapes are kept."""
        assert self._lines is not None
        width = len(self._header) + self._padding
        columns = columns_of(piece, self._delimiter, width, self._lines.line_end, MAX_LINE_CHARACTERS)
        if columns is None:
            return None
        cells = [Cells(texts, self.columns.get(at)) for at, texts in enumerate(columns)]
        if not all(cells[at].is_blank for at in (*self._nameless, *range(len(self._header), width))):
            return None
        for at in self._required:
            # A row that fills every column is none of those below the table, but may be the header again.
            if cells[at].has_blanks or any(
                normal_header(text) in self._export.headers
                for text in cells[at].odd
                if not text[-1:].isdigit()
            ):
                return None
        full = next((at for at, column in enumerate(cells) if not column.has_blanks), None)
        if full is None:
            return None
        first = first_filled(cells[: full + 1])
        if self._begins_with_words:
            if any(map(_NAMES_TOTAL.search, first.distinct.to_pylist())):
                return None
        elif len(self._shapes) < _MAX_SHAPES:
            for text in first.not_like(_of_shapes(self._shapes)):
                if len(self._shapes) < _MAX_SHAPES:
                    self._shapes.add(_shape(text.strip()))
        return PlainRows(line, len(columns[0]), cells[: len(self._header)])

    def _kind(self, record: Record) -> str:
        """`data`, `not data`, or `maybe closing`: a line of text, no data if only such lines follow it."""
        cells, faults = record.cells, record.cell_faults
        if record.row_fault:
            return "data"
        if self._is_header_again(record):
            return "not data"
        lacks = any(at not in faults and (at >= len(cells) or not cells[at].strip()) for at in self._required)
        texts = [cell.strip() for cell in cells if cell.strip()]
        if not lacks:
            if texts and not self._begins_with_words and len(self._shapes) < _MAX_SHAPES:
                self._shapes.add(_shape(texts[0]))
            return "not data" if self._is_whole_total(record, texts) else "data"
        if not texts or texts == [_END_OF_FILE]:
            return "data" if faults else "not data"
        if self._note_stated_rows(record.line, texts):
            return "not data"
        if self._note_total(record, texts):
            return "not data"
        if self._is_total(texts):
            self._warn_of_groups(record, texts[0])
            return "not data"
        # A closing text stands in the table's first column or left of it; further right it is a row's value.
        if faults or not any(cell.strip() for cell in cells[: self._first_column + 1]):
            return "data"
        # A row with nothing but its reference.
        if len(texts) == 1 and _shape(texts[0]) in self._shapes:
            return "data"
        if _CLOSING.search(texts[0]):
            if len(texts) == 1:
                if not _USUAL_CLOSING.match(texts[0]):
                    self._closing_lines.append(record.line)
                return "not data"
            # A comma in the sentence has made two fields of it; a row as wide as the table is a row.
            return "maybe closing" if len(cells) < len(self._header) else "data"
        return "maybe closing" if len(texts) == 1 and " " in texts[0] else "data"

    def _is_total(self, texts: list[str]) -> bool:
        """Whether a row is a bare label with figures beside it; a day too, where rows begin with words."""
        if not _TOTAL.fullmatch(texts[0]):
            return False
        return all(
            _FIGURE.fullmatch(text) or (self._begins_with_words and _DAY.fullmatch(text))
            for text in texts[1:]
        )

    def _is_whole_total(self, record: Record, texts: list[str]) -> bool:
        """Whether a row with every required cell is a total: only where rows begin with names, not keys."""
        if not self._begins_with_words or not _NAMES_TOTAL.search(texts[0]):
            return False
        if self._is_total(texts):
            self._warn_of_groups(record, texts[0])
            return True
        if not self._has_named_total:
            self._has_named_total = True
            self.warnings.append(
                f"line {record.line}: the row is named like a total and was loaded: if it adds up others, "
                "leave it out of the export, or figures count them twice"
            )
        return False

    def _is_header_again(self, record: Record) -> bool:
        """Whether a row below the header is the header of another page; one of another table is refused."""
        cells, headers = record.cells, self._export.headers
        # References and days end in a digit: most cells need not be made normal.
        if not any(
            at < len(cells) and not cells[at][-1:].isdigit() and normal_header(cells[at]) in headers
            for at in self._required
        ):
            return False
        names = [normal_header(cell) for cell in cells]
        columns = {at: headers[name] for at, name in enumerate(names) if name in headers}
        if len(set(columns.values())) < 2 or 2 * len(columns) <= sum(map(bool, names)):
            return False
        if columns != self.columns:
            raise FileRefusedError(
                f"line {record.line}: another header row, whose columns are not those of line "
                f"{self.header_line}: the file holds two tables; export each to a file of its own"
            )
        return True

    def _warn_of_groups(self, record: Record, label: str) -> None:
        if label.casefold().startswith("sub") and not self._has_subtotals:
            self._has_subtotals = True
            self.warnings.append(
                f"line {record.line}: the report has subtotals, and a grouped report may leave out values "
                "that repeat: export the details without groups"
            )

    def _note_stated_rows(self, line: int, texts: list[str]) -> bool:
        """Keep the record count that a row states, if it states one; a grand total outranks the others."""
        # The longest first: a comma in a count (1,004 records) has made two fields of it.
        for text in (" ".join(texts[:count]) for count in (3, 2, 1)):
            for pattern in _STATED_ROWS:
                if stated := pattern.fullmatch(text):
                    is_grand = "grand" in text.casefold()
                    if is_grand or not self._stated_is_grand:
                        self.stated_rows = int(re.sub(r"\D", "", stated[1]))
                        self._stated_line, self._stated_is_grand = line, is_grand
                    return True
        return False

    def _note_total(self, record: Record, texts: list[str]) -> bool:
        """Keep a total that may count rows: `Grand total,99`, `Total referrals: 99`, `Count,99`.

        A number under a column of figures is the sum of it; under one that not every row fills, and away from
        its label, the count of what fills it; under one that is not known, anything.
        """
        label, number = texts[0], texts[-1]
        if len(texts) == 1:
            label = texts[0].rstrip("0123456789, ")
            number = texts[0][len(label) :].strip()
            has_figures = any(column.type in _FIGURES for column in self.columns.values())
            if has_figures and "count" not in label.casefold():
                return False
        elif len(texts) == 2:
            [at, under] = [at for at, cell in enumerate(record.cells) if cell.strip()]
            column = self.columns.get(under)
            if column is None or column.type in _FIGURES or not (column.required or under == at + 1):
                return False
        else:
            return False
        counting = self._counting_label.fullmatch(label)
        if counting is None or not _WHOLE_NUMBER.fullmatch(number):
            return False
        count = int(re.sub(r"\D", "", number))
        if counting[1]:
            self.stated_rows, self._stated_line, self._stated_is_grand = count, record.line, True
        else:
            self._totals.append((record.line, count, self.rows_landed))
        return True

    def _settle_totals(self) -> None:
        """The only total, below all rows, states how many there are; of several each is a group's."""
        if self.stated_rows is None and len(self._totals) == 1:
            [(line, count, rows_above)] = self._totals
            if rows_above == self.rows_landed:
                self.stated_rows, self._stated_line = count, line

    def _checked(self, record: Record) -> Record:
        """The record, marked if its number of fields is not the header's."""
        if self._nameless and any(
            at in self._nameless and cell.strip() for at, cell in enumerate(record.cells)
        ):
            self._warn_of_nameless_columns(record)
        surplus = len(record.cells) - len(self._header)
        is_as_wide = not self._delimiter or self._is_as_wide(record, surplus)
        if not record.is_one_line and (not is_as_wide or self._has_swallowed_rows(record)):
            raise FileRefusedError(
                f"line {record.line}: a quotation mark seems to be opened and closed rows later: "
                "correct it in the source and export again"
            )
        return record if record.row_fault or is_as_wide else record._replace(row_fault=WRONG_FIELDS)

    def _has_swallowed_rows(self, record: Record) -> bool:
        """Whether a cell over several lines holds what looks like rows; a note has fewer delimiters.

        Or whether the record's lines would each be a row if its quotation marks were not there.
        """
        width = len(self._header)
        fields = max(width - 2, min(width - 1, 4))
        whole = self._delimiter.join(record.cells).splitlines()
        if width > 2 and len(whole) > 1 and all(line.count(self._delimiter) == width - 1 for line in whole):
            return True
        return any(
            line.count(self._delimiter) >= fields
            for cell in record.cells
            if len(lines := cell.splitlines()) > 1
            for line in lines
        )

    def _is_as_wide(self, record: Record, surplus: int) -> bool:
        """Whether a row is as wide as the header but for padding, or lacks only fields without a header."""
        if surplus > 0:
            return surplus == self._padding == self._surplus_if_empty(record)
        return surplus == 0 or not any(self._header[surplus:])

    def _surplus_if_empty(self, record: Record) -> int:
        """How many fields a row has beyond the header's, where they are all empty; else 0."""
        beyond = record.cells[len(self._header) :] if self._delimiter else []
        return 0 if any(cell.strip() for cell in beyond) else len(beyond)

    def _padding_of(self, rows: list[Record]) -> int:
        """How many empty fields stand behind each row.

        In a single row, or in some rows only, a comma without quotation marks (1,234.50) looks the same.
        """
        if len(rows) == 1:
            return 0
        return min((self._surplus_if_empty(record) for record in rows if not record.row_fault), default=0)

    def _warn_of_nameless_columns(self, record: Record) -> None:
        filled = {at for at in self._nameless if at < len(record.cells) and record.cells[at].strip()}
        for at in sorted(filled):
            self.ignored_columns += 1
            self.warnings.append(f"column {at + 1} has values and no header and was not loaded")
        self._nameless -= filled


def _shape(text: str) -> str:
    """`REF 12` and `Ref 7` are of one shape."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", text))


def _of_shapes(shapes: set[str]) -> str:
    """An expression for the plain texts of these shapes."""
    signs = {"a": "[A-Za-z]+", "9": "[0-9]+"}
    known = ("".join(signs.get(sign) or re.escape(sign) for sign in shape) for shape in shapes)
    return f"^(?:{'|'.join(known)})$"


def _hash(name: str) -> str:
    """For a header that may be a person's name: lets the data lead compare two files."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _names(columns: tuple[Column, ...]) -> str:
    return ", ".join(column.name for column in columns)
