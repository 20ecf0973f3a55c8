"""What the independent count makes of one file's cells, before it knows which export the file is.

No import of the product: how a file is read and what a cell says is written down once more, on purpose.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from openpyxl import load_workbook


def squeezed(text: object) -> str:
    """Small letters and digits only: how headers and words are compared here."""
    return re.sub(r"[^a-z0-9]", "", str(text).lower())


@cache
def grid(path: Path) -> list[tuple[int, list[object]]]:
    """The line on which each row begins, and its cells; of a workbook its first sheet, typed."""
    if path.suffix == ".xlsx":
        sheet = load_workbook(path).worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        return [(line, ["" if cell is None else cell for cell in row]) for line, row in enumerate(rows, 1)]
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-16" if raw.startswith(b"\xff\xfe") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    delimiter = max(",;\t", key=lambda mark: max(line.count(mark) for line in text.splitlines()))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[tuple[int, list[object]]] = []
    line = 1
    for row in reader:
        found.append((line, list(row)))
        line = reader.line_num + 1
    return found


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Refused(Exception):
    """A cell that makes its row worthless; the argument is the class of the reason."""


def as_day(cell: object) -> date | None:
    """A day; None for blank and for the codes that stand for missing. 31/02 is refused."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if cell in ("", None):
        return None
    if isinstance(cell, date):
        day = cell
    else:
        text = re.sub(r"[- ]([A-Z][a-z]{2})[- ]", lambda found: f"/{MONTHS.index(found[1]) + 1}/", str(cell))
        if re.fullmatch(r"(0?\d|1[0-2])/(1[3-9]|2\d|3[01])/\d{4}", text):
            raise Refused("month_first")
        try:
            if "/" in text:
                number, month, year = text.split("/")
                day = date(int(year), int(month), int(number))
            else:
                day = date.fromisoformat(text)
        except ValueError:
            raise Refused("invalid_date") from None
    return None if day in (date(1900, 1, 1), date(9999, 12, 31)) else day


def as_money(cell: object) -> Decimal | None:
    """Pounds; brackets mean a minus."""
    if cell in ("", None):
        return None
    text = str(cell).replace("£", "")
    if re.fullmatch(r"[-(]?\d{1,3}(,\d{3})+(\.\d+)?\)?", text):
        text = text.replace(",", "")
    if text.startswith("("):
        text = "-" + text.strip("()")
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise Refused("invalid_number")
    return Decimal(text).quantize(Decimal("0.01"))


def as_reference(cell: object) -> str | None:
    """A reference as it stands; TBC and its like are none."""
    return None if squeezed(cell) in ("", "tbc", "na", "nk", "0") else str(cell)


def table(text: str) -> dict[str, str]:
    """`meaning: word, word; meaning: word` as a dictionary from squeezed word to meaning."""
    found = {}
    for part in text.split(";"):
        meaning, _, words = part.partition(":")
        for word in [meaning, *words.split(",")]:
            found[squeezed(word)] = meaning.strip()
    return found


def meant(words: dict[str, str], cell: object, otherwise: str | None = None) -> str | None:
    """The meaning of a word; `otherwise` for a blank; an unknown word is refused."""
    if squeezed(cell) == "":
        return otherwise
    if squeezed(cell) not in words:
        raise Refused("not_allowed")
    return words[squeezed(cell)]
