"""The door: what a row's values become before they land.

References become pseudonyms, a birth year becomes an age band, white space at the ends goes. Whatever a value
should have been and was not is named as a finding (`column:reason`); typing and every other rule of a row is
SQL's. What only the whole file can tell (an unknown form, two orders of day and month) is found here.

Plain rows pass together: what `_cell` makes of a cell it makes once of each text that a column holds, and
references of a usual form need no look of their own.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow makes its functions of columns at import, where pyright does not see them.
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.ingestion.contracts import Column, Export, comparable
from dagster_project.ingestion.inbox import FileRefusedError
from dagster_project.ingestion.plain_rows import Cells, PlainRows, first_rows
from dagster_project.ingestion.pseudonyms import Pseudonyms
from dagster_project.ingestion.read_file import Record

YOUNGEST, OLDEST = 16, 100
# So many references with .0 behind them are looked for without it; a file may have more than memory holds.
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


def landed_type(column: Column) -> pa.DataType:
    """How a column is held until it is written: of a key each row has its own, of others many the same."""
    is_key = column.type == "identifier" and column.door is None
    return pa.string() if is_key else pa.dictionary(pa.int32(), pa.string())


def _column_of(values: pa.StringArray, codes: np.ndarray | None) -> pa.Array:
    """The values that rows have by their codes; of a key, the values."""
    if codes is None:
        return values
    is_valid = np.asarray(values.is_valid())
    if is_valid.all():
        return pa.DictionaryArray.from_arrays(pa.array(codes), values)
    # What is written may have no empty value among those that rows point to.
    places = (np.cumsum(is_valid) - 1).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(places[codes], mask=~is_valid[codes]), values.drop_null())


def _beside_years(cells: Cells, days: Cells) -> tuple[np.ndarray, list[str], list[str]]:
    """Each text that stands beside a day of some year, and one such day: codes of rows, texts, days."""
    assert cells.codes is not None
    assert days.codes is not None
    day_of_year = {year_of(trimmed(day)): trimmed(day) for day in days.odd}
    place_of_year = {year: place for place, year in enumerate(day_of_year)}
    places = np.array([place_of_year[year_of(trimmed(day))] for day in days.odd])
    pairs = pa.array(
        cells.codes.astype(np.int64) * len(place_of_year) + places[days.codes]
    ).dictionary_encode()
    text_places, year_places = np.divmod(pairs.dictionary.to_numpy(), len(place_of_year))
    some_days = list(day_of_year.values())
    return (
        pairs.indices.to_numpy(),
        [cells.odd[place] for place in text_places],
        [some_days[place] for place in year_places],
    )


class Door:
    """Passes the rows of one file; counts the cells that were empty on the way."""

    def __init__(
        self,
        export: Export,
        columns: Mapping[int, Column],
        pseudonyms: Pseudonyms,
        age_bands: tuple[AgeBand, ...],
    ) -> None:
        """`columns` are the file's, by position from 0; a column that the file lacks lands empty."""
        self._form = export.form
        self._pseudonyms = pseudonyms
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
        self._whole_forms: dict[Column, set[str]] = {}
        """As what references with .0 behind them would land without it."""
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
            value, fault = None, faults.get(position)
            if not (fault or text):
                self.empty_cells[column] += 1
            elif not fault:
                day = trimmed(cells[day_position]) if 0 <= day_position < len(cells) else ""
                is_number = column.type == "identifier" and position in record.numbers
                value, fault = self._cell(text, column, position, record.line, day, is_number)
                self._number_cells[column] += is_number and value is not None
            if fault:
                findings.append(f"{column.name}:{fault}")
            values.append(value)
        if self._scale and not self._reaches_above:
            self._note_reading(record)
        return values, ";".join(findings) or None

    def land_rows(self, plain: PlainRows) -> tuple[list[pa.Array], pa.Array]:
        """What `land` makes of each of these rows: the contract's columns (`landed_type`) and findings."""
        self.rows += plain.rows
        landed: list[pa.Array] = []
        findings = pa.nulls(plain.rows, pa.string())
        refusals: list[tuple[int, FileRefusedError]] = []
        for position, column, day_position in self._plan:
            if position < 0:
                landed.append(pa.nulls(plain.rows, landed_type(column)))
                continue
            values, faults, codes = self._land_cells(plain, position, column, day_position, refusals)
            landed.append(_column_of(values, codes))
            if faults.null_count < len(faults):
                faults = faults if codes is None else faults.take(pa.array(codes))
                both = pc.binary_join_element_wise(findings, faults, ";")
                findings = pc.coalesce(both, findings, faults)
        if refusals:
            raise min(refusals, key=lambda refusal: refusal[0])[1]
        if self._scale and not self._reaches_above:
            self._note_readings(plain)
        return landed, findings

    def _land_cells(
        self,
        plain: PlainRows,
        position: int,
        column: Column,
        day_position: int,
        refusals: list[tuple[int, FileRefusedError]],
    ) -> tuple[pa.StringArray, pa.StringArray, np.ndarray | None]:
        """The values of one column, the findings about them, and for each row which of them are its own."""
        cells = plain.cells[position]
        codes, texts, is_odd = cells.codes, cells.odd, pc.invert(cells.is_usual)
        days = [""] * len(texts)
        values = cells.distinct
        if column.door == "age_band" and day_position >= 0:
            codes, texts, days = _beside_years(cells, plain.cells[day_position])
            is_odd, values = pa.repeat(True, len(texts)), pa.array(texts, pa.string())
        elif column.door is not None and len(texts) < len(values):
            usual = values.filter(cells.is_usual) if texts else values
            self._note_lengths(usual, column)
            kind = column.door.removeprefix("pseudonym_")
            pseudonyms = pa.array(self._pseudonyms.of_all(kind, usual.to_pylist()), pa.string())
            values = pc.replace_with_mask(values, cells.is_usual, pseudonyms) if texts else pseudonyms
        if not texts:
            return values, pa.nulls(len(values), pa.string()), codes
        places = np.flatnonzero(is_odd)
        tells_line = column.type == "date" or column.listed is not None
        rows = first_rows(codes, len(values))[places] if tells_line else np.zeros(len(places), np.int64)
        outcomes: list[tuple[str | None, str | None]] = []
        for raw, day, place, row in zip(texts, days, places, rows.tolist(), strict=True):
            value = fault = None
            if not (text := trimmed(raw)):
                self.empty_cells[column] += 1 if codes is None else int(np.count_nonzero(codes == place))
            else:
                try:
                    value, fault = self._cell(text, column, position, plain.line + row, day)
                except FileRefusedError as refusal:
                    refusals.append((row, refusal))
            outcomes.append((value, fault and f"{column.name}:{fault}"))
        landed, faults = (pa.array(texts, pa.string()) for texts in zip(*outcomes, strict=True))
        values = pc.replace_with_mask(values, is_odd, landed)
        return values, pc.replace_with_mask(pa.nulls(len(values), pa.string()), is_odd, faults), codes

    def _cell(
        self, text: str, column: Column, position: int, line: int, day: str, is_number: bool = False
    ) -> tuple[str | None, str | None]:
        """What a text that is not empty becomes, and its fault if it has one."""
        if text in EXCEL_ERRORS:
            return None, "excel_error"
        if column.door == "age_band":
            return self._age_band(text, column, day)
        if column.type == "identifier":
            return self._reference(text, column, is_number)
        if column.type == "text_code":
            return _code(text, column)
        self._note_value(text, column, position, line)
        return text, None

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

    def _note_readings(self, plain: PlainRows) -> None:
        """Count the rows of `_note_reading` among these."""
        is_complete = np.ones(plain.rows, bool)
        is_above = np.zeros(plain.rows, bool)
        for at, bound in self._scale:
            cells = plain.cells[at]
            assert cells.codes is not None
            texts = [trimmed(text) for text in cells.odd]
            is_whole = [_WHOLE_NUMBER.fullmatch(text) is not None for text in texts]
            above = [whole and float(text) > bound for text, whole in zip(texts, is_whole, strict=True)]
            is_complete &= np.array(is_whole)[cells.codes]
            is_above |= np.array(above)[cells.codes]
        reached = np.flatnonzero(is_complete & is_above)
        self._reaches_above = len(reached) > 0
        self._readings += int(is_complete[: reached[0] + 1 if self._reaches_above else None].sum())

    def _note_lengths(self, references: pa.StringArray, column: Column) -> None:
        numbers = references.filter(pc.ascii_is_decimal(references))
        if len(numbers):
            lengths = pc.unique(pc.utf8_length(numbers)).to_pylist()
            self._reference_lengths.setdefault(column, set()).update(lengths)
            if pc.any(pc.starts_with(numbers, "0")).as_py():
                self._has_leading_zero.add(column)

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
        if column.door is not None and text.isdigit():
            self._reference_lengths.setdefault(column, set()).add(len(text))
            if text.startswith("0"):
                self._has_leading_zero.add(column)
        if decimal := _DECIMAL_ZERO.fullmatch(text):
            whole_forms = self._whole_forms.setdefault(column, set())
            if len(whole_forms) < _MAX_REFERENCES_KEPT:
                whole_forms.add(self._landed_reference(decimal[1], column))
        return self._landed_reference(text, column), None

    def _landed_reference(self, text: str, column: Column) -> str:
        if column.door is None:
            return text
        return self._pseudonyms.of(column.door.removeprefix("pseudonym_"), text)

    def find_both_forms(self, landed: BinaryIO) -> None:
        """Find out from what landed (Parquet) whether a reference that came as `123.0` came as `123` too."""
        if not self._whole_forms:
            return
        wanted = {column: pa.array(forms, pa.string()) for column, forms in self._whole_forms.items()}
        file = pq.ParquetFile(landed)
        for batch in file.iter_batches(columns=[column.landed_name for column in wanted]):
            for column, forms in wanted.items():
                if pc.any(pc.is_in(batch[column.landed_name], value_set=forms)).as_py():
                    self._has_both_forms.add(column)

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
