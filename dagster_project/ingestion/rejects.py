"""The lists of what was refused, for the data lead: whole files and single rows, as CSV.

Which rows are refused is decided in SQL; the values come only from columns that cannot identify anyone.
"""

import csv
import io
import re
import shutil
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from dagster_project.ingestion.landing import Ledger, written_whole
from dagster_project.settings import Settings

HEADER = ("file", "line", "column", "value", "reason")

_NUMBER = re.compile(r"[+-]?[\d,.]+%?")


def write_refusal(folder: Path, export: str | None, file_name: str, reason: str) -> None:
    """Say in `folder` why a file was refused whole."""
    line = re.match(r"line (\d+)", reason)
    _write(list_of_reasons(folder, export), [(file_name, int(line[1]) if line else None, None, None, reason)])


def list_of_reasons(folder: Path, export: str | None) -> Path:
    """Where the reasons for the rejects of a load stand."""
    return folder / f"{export or 'file'}.csv"


def write_rejects(settings: Settings, rows: Iterable[tuple]) -> list[Path]:
    """Write `rejects/<load_id>/<export>.csv` for each load with refused rows; remove lists that hold no more.

    Each row is (load_id, export, source_file, source_line, column_name, value, reason) of
    `marts.fct_rejected_rows`; the value is empty where the column could identify somebody. Returns the lists.
    """
    written = []
    ordered = sorted(rows, key=lambda row: (row[0], row[1], row[3] or 0, row[4] or "", row[6] or ""))
    for (load_id, export), group in groupby(ordered, key=lambda row: (row[0], row[1])):
        path = list_of_reasons(settings.rejects / load_id, export)
        _write(path, [row[2:7] for row in group])
        written.append(path)
    for load in Ledger(settings.landing).loads:
        folder = settings.rejects / load.load_id
        # A star is refused until its client's referral arrives, and then no longer.
        if (
            load.status == "loaded"
            and folder.is_dir()
            and list_of_reasons(folder, load.export) not in written
        ):
            shutil.rmtree(folder)
    return written


def _write(path: Path, rows: Iterable[tuple]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    with written_whole(path) as file:
        file.write(text.getvalue().encode("utf-8-sig"))  # Excel takes UTF-8 only with the mark


def harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers do not."""
    if (
        isinstance(cell, str)
        and (cell.startswith(("\t", "\r")) or cell.lstrip().startswith(("=", "+", "-", "@")))
        and not _NUMBER.fullmatch(cell)
    ):
        return "'" + cell
    return cell
