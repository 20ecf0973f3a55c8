"""Rows of a CSV file that are taken column by column: as the row path would land them, at a copy's speed.

A piece of a file is plain where the parser of columns can only read it as the parser of rows does. What is
asked of a cell is asked once for each text that a column holds; a reference of a usual form is not looked at
one by one.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow makes its functions of columns at import, where pyright does not see them.
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from dagster_project.ingestion.contracts import Column

# A letter first and a digit last, or digits that are not all zeros: no word for "unknown", no day, no number
# of Excel's, no header and no total; nothing at its ends to be trimmed.
_USUAL_REFERENCE = r"^(?:[A-Za-z][A-Za-z0-9/_-]*[0-9]|[0-9]*[1-9][0-9]*)$"
_LINE_FEED, _RETURN, _MARK = b'\n\r"'


class Cells:
    """One column of plain rows, as its texts stand in the file."""

    def __init__(self, texts: pa.StringArray, column: Column | None) -> None:
        """`column` is what the contract says of it, None where it is not in the contract."""
        self.texts = texts
        self._is_reference = column is not None and column.type == "identifier"
        self._is_key = self._is_reference and column is not None and column.door is None
        self._missing = column.missing if column is not None else frozenset()

    @cached_property
    def _encoded(self) -> pa.DictionaryArray:
        return self.texts.dictionary_encode()

    @cached_property
    def codes(self) -> np.ndarray | None:
        """For each row the place of its text in `distinct`; None for keys, where each row has its own."""
        return None if self._is_key else self._encoded.indices.to_numpy()

    @property
    def distinct(self) -> pa.StringArray:
        """The texts in the order in which they first appear; of keys every row's."""
        return self.texts if self._is_key else self._encoded.dictionary

    @cached_property
    def is_usual(self) -> pa.BooleanArray:
        """Which of `distinct` are references of a usual form, so are landed without another look."""
        if not self._is_reference:
            return pa.repeat(False, len(self.distinct))
        usual = pc.match_substring_regex(self.distinct, _USUAL_REFERENCE)
        if self._missing:
            codes = pa.array(sorted(self._missing), pa.string())
            usual = pc.and_not(usual, pc.is_in(pc.ascii_lower(self.distinct), value_set=codes))
        return usual

    @cached_property
    def odd(self) -> list[str]:
        """Those of `distinct` that are not usual references."""
        if self.is_usual.true_count == len(self.is_usual):
            return []
        return self.distinct.filter(pc.invert(self.is_usual)).to_pylist()

    @property
    def has_blanks(self) -> bool:
        """Whether some row has nothing in this column."""
        return not all(map(str.strip, self.odd))

    @property
    def is_blank(self) -> bool:
        """Whether no row has anything in this column."""
        return len(self.odd) == len(self.distinct) and not any(map(str.strip, self.odd))

    def not_like(self, expression: str) -> list[str]:
        """Those of `distinct` that an expression does not fit."""
        return self.distinct.filter(
            pc.invert(pc.match_substring_regex(self.distinct, expression))
        ).to_pylist()


class PlainRows(NamedTuple):
    """Data rows that follow one another, each on a line of its own."""

    line: int
    """Of the first, 1 = first of the file."""
    rows: int
    cells: list[Cells]
    """By position from 0."""


def first_filled(cells: list[Cells]) -> Cells:
    """The first text of each row that is one; the last of the columns has no blanks."""
    if len(cells) == 1:
        return cells[0]
    nothing = pa.scalar(None, pa.string())
    texts = [
        pc.if_else(pc.equal(pc.utf8_trim_whitespace(column.texts), ""), nothing, column.texts)
        for column in cells
    ]
    return Cells(pc.coalesce(*texts), None)


def first_rows(codes: np.ndarray | None, count: int) -> np.ndarray:
    """For each of `count` texts the first row (from 0) that holds it."""
    if codes is None:
        return np.arange(count)
    first = np.empty(count, np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


def columns_of(piece: str, delimiter: str, width: int, line_end: str, longest: int) -> list[pa.Array] | None:
    """The columns of whole lines, or None where the row path might read anything else.

    Every line must have `width` fields and be shorter than `longest` characters.
    """
    content = piece.encode()
    if width < 2 or len(delimiter.encode()) != 1 or not _has_plain_lines(piece, content, line_end, longest):
        return None
    has_quotes = '"' in piece
    if has_quotes and not _has_plain_quotes(content, delimiter):
        return None
    names = [str(at) for at in range(width)]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(content),
            pacsv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
            pacsv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if has_quotes else False,
                double_quote=False,
                escape_char=False,
                newlines_in_values=False,
                ignore_empty_lines=False,
            ),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:  # a line of another width
        return None
    return [column.combine_chunks() for column in table.columns]


def _has_plain_lines(piece: str, content: bytes, line_end: str, longest: int) -> bool:
    """Whether lines end in one way, none is too long, and no other control character stands in them."""
    signs = np.frombuffer(content, np.uint8)
    controls = np.bincount(signs[signs < ord(" ")], minlength=32)
    feeds, returns, tabs = (int(controls[sign]) for sign in b"\n\r\t")
    if feeds if line_end == "\r" else returns and returns != content.count(b"\r\n"):
        return False
    if controls.sum() != feeds + returns + tabs or piece.startswith("\ufeff"):
        return False
    # No window of half the length without a line end, so no line of the whole.
    half = longest // 2
    return all(piece.find(line_end, at, at + half) >= 0 for at in range(0, len(piece) - half, half))


def _has_plain_quotes(content: bytes, delimiter: str) -> bool:
    """Whether each quotation mark opens or closes a whole field on one line, and none stands within it."""
    signs = np.frombuffer(b"\n" + content + b"\n", np.uint8)
    marks = np.flatnonzero(signs == _MARK)
    structure = np.frombuffer(b"\n\r" + delimiter.encode(), np.uint8)
    opens = np.isin(signs[marks - 1], structure)
    closes = np.isin(signs[marks + 1], structure)
    if len(marks) % 2 or not (opens[::2].all() and closes[1::2].all()):
        return False
    ends = np.flatnonzero((signs == _LINE_FEED) | (signs == _RETURN))
    return bool((np.searchsorted(ends, marks[::2]) == np.searchsorted(ends, marks[1::2])).all())
