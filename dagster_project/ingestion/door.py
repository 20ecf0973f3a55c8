"""The door: what a row's values become before they land.

References become pseudonyms, a birth year becomes an age band, white space at the ends goes. Whatever a value
should have been and was not is named as a finding (`column:reason`); typing and every other rule of a row is
SQL's. What only the whole file can tell (an unknown form, two orders of day and month) is found here.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dagster_project.ingestion.contracts import Column, Export, comparable
from dagster_project.ingestion.inbox import FileRefusedError
from dagster_project.ingestion.pseudonyms import pseudonym
from dagster_project.ingestion.read_file import Record

YOUNGEST, OLDEST = 16, 100
# So many references are compared with one another; a file may have more than memory holds.
_MAX_REFERENCES_KEPT = 200_000
# A required column may be empty in one row of twenty; so many complete readings show which scale a form has.
MOST_MISSING = 0.05
ENOUGH_READINGS = 20

# Texts that people put where a reference is not known; none of them is anybody's or anything's reference.
NO_REFERENCE = frozenset(
    {
        *("tbc", "tba", "to be confirmed", "pending", "missing", "unknown", "not known", "not yet known"),
        *("n/a", "na", "n.a.", "not applicable", "n/k", "nk", "none", "nil", "null", "nan"),
        *("no id", "no reference", "-", "--", ".", "?", "??", "x", "xx", "xxx"),
    }
)

EXCEL_ERRORS = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!")
)

# What a workbook gives for a true date or a truth value.
_NO_TEXT = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?|TRUE|FALSE")
_ZEROS = re.compile(r"0+(?:\.0*)?")
# Excel's form of a long number, whose last digits are gone: 1.23E+15. A plain 12E3 may be a reference.
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+E[+-]?\d+|E[+-]\d+)", re.IGNORECASE)
_FOUR_DIGIT_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_TWO_DIGIT_YEAR = re.compile(r"[-/. ](\d{2})(?: \d{1,2}:\d{2}.*)?$")
_LATE_DAY, _MONTH = r"(?:1[3-9]|2\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DAY_FIRST = re.compile(rf"{_LATE_DAY}[/.-]{_MONTH}[/.-]\d\d")
_MONTH_FIRST = re.compile(rf"{_MONTH}[/.-]{_LATE_DAY}[/.-]\d\d")
_WHOLE_NUMBER = re.compile(r"\d{1,9}(?:\.0+)?")
_ISO_WITHOUT_HYPHENS = re.compile(r"(\d{4})[01]\d[0-3]\d")
_YEAR_OF_BIRTH = re.compile(r"(\d{4})(?:\.0)?|(\d{4})[-/.]\d\d[-/.]\d\d.*|\d{1,2}[/.-]\d{1,2}[/.-](\d{4})")
# A telephone number, an NHS number, an address of e-mail: in no code and in no organisation's name.
_NO_CODE = re.compile(r"\d{7}|(?<!\d)(?:\+44|0)[ -]?\d(?:[ -]?\d){7}|@")
_CODE = re.compile(r"[\w-]+(?:\s+[\w-]+){0,2}")
_DECIMAL_ZERO = re.compile(r"(.*\d)\.0+")


class AgeBand(NamedTuple):
    """One band of the seed, both ages included."""

    age_band: str
    lower_age: int
    upper_age: int


def read_age_bands(path: Path) -> tuple[AgeBand, ...]:
    """The programme's age bands (seed `age_bands`)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return tuple(
            AgeBand(row["age_band"], int(row["lower_age"]), int(row["upper_age"]))
            for row in csv.DictReader(file)
        )


def trimmed(text: str) -> str:
    """A value without white space at its ends, the no-break space and invisible signs included."""
    stripped = text.strip()
    if stripped.isascii():
        return stripped
    start, end = 0, len(stripped)
    while start < end and _is_invisible(stripped[start]):
        start += 1
    while end > start and _is_invisible(stripped[end - 1]):
        end -= 1
    return stripped[start:end]


def _is_invisible(sign: str) -> bool:
    """White space, or a sign that only says how others are shown (category Cf: directions, joiners)."""
    return sign.isspace() or unicodedata.category(sign) == "Cf"


def _visible(text: str) -> str:
    """A reference without invisible signs: two that look alike are one."""
    return text if text.isascii() else "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def year_of(day: str) -> int | None:
    """The year of a date in any of the forms that staging accepts; None where there is none.

    A date with two digits for its year is one of the programme's, so of this century.
    """
    if compact := _ISO_WITHOUT_HYPHENS.fullmatch(day):
        return int(compact[1])
    if year := _FOUR_DIGIT_YEAR.search(day):
        return int(year[1])
    if year := _TWO_DIGIT_YEAR.search(day):
        return 2000 + int(year[1])
    return None


def _code(text: str, column: Column) -> tuple[str | None, str | None]:
    """A text that should be a code; what is free text stays outside."""
    if text.casefold() in column.missing:
        return text, None
    if column.is_code and len(text) > (column.max_length or len(text)):
        return None, "too_long"
    if _NO_CODE.search(text) or (column.is_code and not _CODE.fullmatch(text)):
        return None, "not_a_code"
    return text, None


class Door:
    """Passes the rows of one file; counts the cells that were empty on the way."""

    def __init__(
        self, export: Export, columns: Mapping[int, Column], key: bytes, age_bands: tuple[AgeBand, ...]
    ) -> None:
        """`columns` are the file's, by position from 0; a column that the file lacks lands empty."""
        self._form = export.form
        self._key = key
        self._age_bands = age_bands
        position_of = {column.name: position for position, column in columns.items()}
        self._plan = [
            (position_of.get(column.name, -1), column, position_of.get(column.at or "", -1))
            for column in export.columns
        ]
        self.rows = 0
        self.empty_cells = dict.fromkeys(columns.values(), 0)
        self._number_cells: Counter[Column] = Counter()
        self._reference_lengths: dict[Column, set[int]] = {}
        self._has_leading_zero: set[Column] = set()
        self._forms: dict[Column, tuple[set[str], set[str]]] = {}
        self._has_both_forms: set[Column] = set()
        self._order_lines: dict[Column, dict[str, int]] = {}
        self._scale = [
            (at, column.reaches_above) for at, column in columns.items() if column.reaches_above is not None
        ]
        self._readings = 0
        self._reaches_above = False

    def land(self, record: Record) -> tuple[list[str | None], str | None]:
        """The values to land, in the contract's order, and the findings joined by `;`.

        A row whose fields cannot be told apart lands empty, with that as its one finding. Raises
        `FileRefusedError` for a value that no file of this export may hold.
        """
        if record.row_fault:
            return [None] * len(self._plan), f"row:{record.row_fault}"
        self.rows += 1
        values: list[str | None] = []
        findings: list[str] = []
        cells, faults = record.cells, record.cell_faults
        for position, column, day_position in self._plan:
            if position < 0:
                values.append(None)
                continue
            text = trimmed(cells[position]) if position < len(cells) else ""
            fault = faults.get(position) or ("excel_error" if text in EXCEL_ERRORS else None)
            value: str | None = None
            if fault:
                pass
            elif not text:
                self.empty_cells[column] += 1
            elif column.door == "age_band":
                day = trimmed(cells[day_position]) if 0 <= day_position < len(cells) else ""
                value, fault = self._age_band(text, column, day)
            elif column.type == "identifier":
                is_number = position in record.numbers
                value, fault = self._reference(text, column, is_number)
                self._number_cells[column] += is_number and value is not None
            elif column.type == "text_code":
                value, fault = _code(text, column)
            else:
                value = text
                self._note_value(text, column, position, record.line)
            if fault:
                findings.append(f"{column.name}:{fault}")
            values.append(value)
        if self._scale and not self._reaches_above:
            self._note_reading(record)
        return values, ";".join(findings) or None

    def _note_value(self, text: str, column: Column, position: int, line: int) -> None:
        if column.type == "date":
            order = "day" if _DAY_FIRST.match(text) else "month" if _MONTH_FIRST.match(text) else None
            if order:
                self._order_lines.setdefault(column, {}).setdefault(order, line)
        elif column.listed is None or comparable(text) in column.listed or text.casefold() in column.missing:
            return
        else:
            raise FileRefusedError(
                f"line {line}: unknown {column.name.replace('_', ' ')}: column {position + 1} holds a value "
                "that neither the contract nor the seed value_spellings lists; if it is another name of a "
                "listed one, add it to value_spellings, else the contract must learn it first"
            )

    def _note_reading(self, record: Record) -> None:
        """Count the rows that fill every column of the scale, until one value shows how far it reaches."""
        texts = [trimmed(record.cells[at]) for at, _ in self._scale if at < len(record.cells)]
        if len(texts) == len(self._scale) and all(map(_WHOLE_NUMBER.fullmatch, texts)):
            self._readings += 1
            reached = zip(texts, self._scale, strict=True)
            self._reaches_above = any(float(text) > bound for text, (_, bound) in reached)

    def _reference(self, text: str, column: Column, is_number: bool) -> tuple[str | None, str | None]:
        text = _visible(text)
        if _SCIENTIFIC.fullmatch(text):
            return None, "scientific_notation"
        lower = text.casefold()
        if lower in column.missing:
            return None, None
        if lower in NO_REFERENCE or _ZEROS.fullmatch(text):
            # Where none has to stand, such a word says that there is none.
            return None, "not_an_identifier" if column.required else None
        if _NO_TEXT.fullmatch(text) or (is_number and not text.isdigit()):
            return None, "not_an_identifier"
        if text[-1:].isdigit():
            self._note_decimal_zero(text, column)
        if column.door is None:
            return text, None
        if text.isdigit():
            self._reference_lengths.setdefault(column, set()).add(len(text))
            if text.startswith("0"):
                self._has_leading_zero.add(column)
        return pseudonym(self._key, column.door.removeprefix("pseudonym_"), text), None

    def _note_decimal_zero(self, text: str, column: Column) -> None:
        """Keep what `123.0` would be as `123`, and find out whether that stands in the file too."""
        if column in self._has_both_forms:
            return
        decimal = _DECIMAL_ZERO.fullmatch(text)
        whole, decimals = self._forms.setdefault(column, (set(), set()))
        if len(whole) + len(decimals) >= _MAX_REFERENCES_KEPT:
            return
        if decimal:
            decimals.add(decimal[1])
        else:
            whole.add(text)
        if (decimal[1] in whole) if decimal else (text in decimals):
            self._has_both_forms.add(column)
            del self._forms[column]

    def _age_band(self, text: str, column: Column, day: str) -> tuple[str | None, str | None]:
        """The band of the age reached in the year of `day`: the birthday itself is not asked for."""
        if text.casefold() in column.missing:
            return None, None
        birth = _YEAR_OF_BIRTH.fullmatch(text)
        if birth is None:
            return None, "not_a_year"
        year = year_of(day)
        if year is None:
            return None, None  # staging rejects the row for its date
        age = year - int(birth[1] or birth[2] or birth[3])
        if not YOUNGEST <= age <= OLDEST:
            return None, "age_out_of_range"
        return next(
            (band.age_band for band in self._age_bands if band.lower_age <= age <= band.upper_age), None
        ), None

    def refuse_what_the_rows_show(self) -> None:
        """Once every row has passed: raise `FileRefusedError` for what only all of them can tell.

        More than one in twenty of the values of a required column are missing (one empty cell is its row's
        fault, however short the file), or a form's scores end where another scale ends.
        """
        for column, empty in self.empty_cells.items():
            if column.required and empty > 1 and empty > MOST_MISSING * self.rows:
                raise FileRefusedError(
                    f"the required column {column.name} is empty in {empty} of {self.rows} rows, and at "
                    "most one in twenty may be: fill it in the source and export again"
                )
        if self._readings >= ENOUGH_READINGS and not self._reaches_above:
            raise FileRefusedError(
                f"unknown {self._form}: none of {self._readings} complete readings has a score above "
                f"{self._scale[0][1]}, so the form has another scale; the contract must learn it first"
            )

    def warnings(self) -> list[str]:
        """What is odd about the columns as a whole."""
        found = []
        if self._readings and not self._reaches_above:
            found.append(
                f"none of the {self._readings} complete readings has a score above "
                f"{self._scale[0][1]}: make sure that the form is the one that the file names"
            )
        for column, lines in self._order_lines.items():
            if len(lines) == 2:
                found.append(
                    f"{column.name}: line {lines['day']} has the day first and line {lines['month']} the "
                    "month; dates that could be either are read with the day first, or rejected where more "
                    "have the month first: ask the source for one form, best YYYY-MM-DD"
                )
        for column, empty in self.empty_cells.items():
            if self.rows and empty == self.rows:
                found.append(f"column {column.name} is there and empty in every row")
        found += [
            f"{column.name}: {cells} references are numbers in the workbook, without leading zeros: "
            "format the column as text in the source"
            for column, cells in self._number_cells.items()
            if cells
        ]
        for column, lengths in self._reference_lengths.items():
            if column in self._has_leading_zero and len(lengths) > 1:
                found.append(
                    f"{column.name}: some references begin with 0 and others are shorter, as when a "
                    "spreadsheet drops leading zeros; 00123 and 123 count as two people"
                )
        found += [
            f"{column.name}: a reference stands both as a whole number and with .0 behind it, as when a "
            "spreadsheet takes references for numbers; the two count as two: format the column as text"
            for column in sorted(self._has_both_forms, key=lambda column: column.name)
        ]
        return found
