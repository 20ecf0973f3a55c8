"""The door: what a row's values become before they land.

References become pseudonyms, a birth year becomes an age band, white space at the ends goes. Whatever a value
should have been and was not is named as a finding (`column:reason`); typing and every other rule is SQL's.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dagster_project.ingestion.contracts import Column, Export
from dagster_project.ingestion.pseudonyms import pseudonym
from dagster_project.ingestion.read_file import Record

YOUNGEST, OLDEST = 16, 100

# Texts that people put where a reference is not known; none of them is anybody's reference.
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

_ZEROS = re.compile(r"0+(?:\.0*)?")
# Excel's form of a long number, whose last digits are gone: 1.23E+15. A plain 12E3 may be a reference.
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+E[+-]?\d+|E[+-]\d+)", re.IGNORECASE)
_FOUR_DIGIT_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_TWO_DIGIT_YEAR = re.compile(r"[-/. ](\d{2})(?: \d{1,2}:\d{2}.*)?$")
_ISO_WITHOUT_HYPHENS = re.compile(r"(\d{4})[01]\d[0-3]\d")
_YEAR_OF_BIRTH = re.compile(r"(\d{4})(?:\.0)?|(\d{4})[-/.]\d\d[-/.]\d\d.*|\d{1,2}[/.-]\d{1,2}[/.-](\d{4})")
# White space at the ends of a value, with the signs that look like it and that Python does not count as such.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


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
    while (shorter := stripped.strip(_INVISIBLE).strip()) != stripped:
        stripped = shorter
    return stripped


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


class Door:
    """Passes the rows of one file; counts the cells that were empty on the way."""

    def __init__(
        self, export: Export, columns: Mapping[int, Column], key: bytes, age_bands: tuple[AgeBand, ...]
    ) -> None:
        """`columns` are the file's, by position from 0; a column that the file lacks lands empty."""
        self._key = key
        self._age_bands = age_bands
        position_of = {column.name: position for position, column in columns.items()}
        self._plan = [
            (position_of.get(column.name, -1), column, position_of.get(column.at or "", -1))
            for column in export.columns
        ]
        self.rows = 0
        self.empty_cells = dict.fromkeys(columns.values(), 0)
        self._reference_lengths: dict[Column, set[int]] = {}
        self._has_leading_zero: set[Column] = set()

    def land(self, record: Record) -> tuple[list[str | None], str | None]:
        """The values to land, in the contract's order, and the findings joined by `;`.

        A row whose fields cannot be told apart lands empty, with that as its one finding.
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
                value, fault = self._reference(text, column)
            else:
                value = text
            if fault:
                findings.append(f"{column.name}:{fault}")
            values.append(value)
        return values, ";".join(findings) or None

    def _reference(self, text: str, column: Column) -> tuple[str | None, str | None]:
        if _SCIENTIFIC.fullmatch(text):
            return None, "scientific_notation"
        if column.door is None:
            return text, None
        lower = text.casefold()
        if lower in column.missing:
            return None, None
        if lower in NO_REFERENCE or _ZEROS.fullmatch(text):
            # Where nobody has to stand, such a word says that nobody does.
            return None, "not_an_identifier" if column.required else None
        if text.isdigit():
            self._reference_lengths.setdefault(column, set()).add(len(text))
            if text.startswith("0"):
                self._has_leading_zero.add(column)
        return pseudonym(self._key, column.door.removeprefix("pseudonym_"), text), None

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

    def warnings(self) -> list[str]:
        """What is odd about the columns as a whole."""
        found = []
        for column, empty in self.empty_cells.items():
            if self.rows and empty == self.rows:
                found.append(f"column {column.name} is there and empty in every row")
        for column, lengths in self._reference_lengths.items():
            if column in self._has_leading_zero and len(lengths) > 1:
                found.append(
                    f"{column.name}: some references begin with 0 and others are shorter, as when a "
                    "spreadsheet drops leading zeros; 00123 and 123 count as two people"
                )
        return found
