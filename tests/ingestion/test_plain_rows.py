"""Plain rows pass column by column, and nothing that lands or is said shows which way a row took."""

import csv
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.ingestion import load, read_file
from dagster_project.ingestion.contracts import Export, load_contracts
from dagster_project.ingestion.door import Door
from dagster_project.ingestion.load import CONTRACT, FileReport
from dagster_project.ingestion.plain_rows import PlainRows
from dagster_project.ingestion.read_file import Table
from dagster_project.settings import ROOT
from tests.ingestion.zone import Zone, csv_text, referrals

# An example costs 0.1 s of CPU; `make endure` asks for more of them.
FILES = int(os.environ.get("FLIC_TEST_PLAIN_FILES", "25"))
EXPORTS = load_contracts(ROOT / "dbt" / CONTRACT)
# A key first; a year of birth; a scale and a listed version; a name first.
TRIED = ("referrals", "caseload", "outcome_stars", "ndta", "petty_cash")
# Of each type what is usual, and what is not.
USUAL = {
    "identifier": ["A1", "A2", "R-17/3", "123", "00123", "999"],
    "date": ["2014-07-01", "01/10/2014", "31/03/2015", "20150401"],
    "text_code": ["north_house", "A 1", "", "TBC"],
    "text": ["Practice of the team", "", "x"],
}
ODD = {
    "identifier": ["", " A1", "TBC", "0", "000", "123.0", "A1.0", "1.2E+15", "1E-5", "2015-01-01", "TRUE",
                   "999", "#N/A", "d\u00e9j\u00e0", "A1\u200b", "A 1", "client id", "referral_id", "x9",
                   "A0", "R\u0661"],
    "date": ["", "04/13/2015", "soon", "999", "start date", "#REF!", "1/2/15", "0.0"],
    "text_code": ["x" * 70, "07700 900123", "a@b", "Grand total", "sum", "Total 2", "#N/A", "\u00a0",
                  "caf\u00e9", "Borough"],
    "text": ["#VALUE!", " \u202f", "caf\u00e9 \u2019", "\u2028", "3"],
}  # fmt: skip
NUMBERS = ["1", "5", "10", "3", "2.0"]
ODD_NUMBERS = ["", "11", "-1", "1,5", "lots", "#DIV/0!", " 4"]
# Whole lines: below, between and beside the rows.
LINES = ["", ",", ",,,,", "Total", "Grand total,3", "Total: 12 records", "Copyright of the programme",
         "A note of words", "Report by, somebody", "A1", 'A1,"B', "\ufeffA1,A2", "\x1a", "a\rb,c", "a\x0bb,c",
         '"a""b",c', "HEADER", "HEADER,", "Subtotal,,4", "Confidential"]  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of an export with some of its columns, in which most rows are plain."""
    export = EXPORTS[draw(st.sampled_from(TRIED))]
    optional = [column.name for column in export.columns if not column.required]
    names = draw(st.permutations([column.name for column in export.required]))
    names += draw(st.lists(st.sampled_from([*optional, "more", ""]), max_size=5, unique=True))
    if draw(st.booleans()):
        names = names[::-1]
    rows = draw(st.lists(st.tuples(*(cells(export, name, False) for name in names)), min_size=1, max_size=6))
    rows *= draw(st.integers(1, 8))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(rows)))
        rows.insert(at, draw(st.tuples(*(cells(export, name, True) for name in names))))
    delimiter = draw(st.sampled_from(",,,;\t|"))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    padding = draw(st.sampled_from(["", "", "", delimiter, delimiter * 2]))
    header, *lines = [line_of(row, delimiter, quoting) + padding for row in [tuple(names), *rows]]
    for line in draw(st.lists(st.sampled_from(LINES), max_size=3)):
        at = draw(st.integers(0, len(lines)) | st.just(len(lines)))
        # Below a table a report's lines are as wide as it is.
        line += draw(st.sampled_from(["", "," * max(len(names) - 1 - line.count(","), 0)]))
        lines.insert(at, line.replace("HEADER", header).replace(",", delimiter))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = end.join([header.removesuffix(padding), *lines]) + draw(st.sampled_from(["", end]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    return f"{export.name}_2015-05-31.csv", text.encode(encoding, errors="replace")


def cells(export: Export, name: str, is_odd: bool) -> st.SearchStrategy[str]:
    """Texts for a column."""
    column = next((column for column in export.columns if column.name == name), None)
    if column is None:
        return st.sampled_from(["", "z"] if is_odd or name else [""])
    usual, odd = USUAL.get(column.type, NUMBERS), ODD.get(column.type, ODD_NUMBERS)
    if column.listed:
        usual, odd = sorted(column.listed)[:2], ["no such version", "", "999"]
    elif column.door == "age_band":
        usual, odd = ["1980", "1999", "1900"], ["", "soon", "01/01/1980", "2014", "999", "#N/A"]
    elif column.type in ("code", "yes_no_unknown"):
        usual, odd = ["yes", "no", "islington"], ["", "perhaps", "client id", "Total", " yes "]
    if column.required:
        usual = [text for text in usual if text]
    return st.sampled_from(odd) | st.sampled_from(usual) if is_odd else st.sampled_from(usual)


def line_of(row: tuple[str, ...], delimiter: str, quoting: Any) -> str:
    """A row as a line of CSV without its end."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="", quoting=quoting).writerow(row)
    return text.getvalue()


@contextmanager
def small_pieces(takes_blocks: bool, size: int = 200) -> Iterator[list[int]]:
    """Files are read in pieces of so many bytes; yields the number of rows of each plain piece."""
    plain: list[int] = []
    land_rows = Door.land_rows

    def noted(door: Door, rows: PlainRows) -> Any:
        plain.append(rows.rows)
        return land_rows(door, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Door, "land_rows", noted)
        if not takes_blocks:
            patch.setattr(Table, "rows_and_blocks", Table.rows)
        patch.setattr(read_file, "HEADER_SEARCH_ROWS", 2)
        patch.setattr(read_file, "_PADDED_ROWS", 3)
        patch.setattr(read_file, "_FIRST_PIECE_BYTES", 16)
        patch.setattr(read_file, "_SMALL_PIECE_CHARACTERS", 40)
        patch.setattr(read_file, "_PIECE_BYTES", size)
        patch.setattr(load, "BATCH_ROWS", 7)
        yield plain


def taken(folder: Path, name: str, content: bytes) -> tuple[FileReport, list[dict], list[dict]]:
    """What is said of a file, what landed, and the ledger."""
    shutil.rmtree(folder, ignore_errors=True)
    zone = Zone.at(folder)
    report = zone.take_one(name, content)
    return report, zone.landed(name.rsplit("_", 1)[0]), zone.ledger()


@settings(max_examples=FILES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=files(), size=st.integers(40, 600))
def test_whichever_way_rows_take_the_same_lands_and_is_said(
    file: tuple[str, bytes], size: int, tmp_path: Path
) -> None:
    with small_pieces(takes_blocks=False) as plain:
        by_row = taken(tmp_path / "zone", *file)
    assert plain == []
    with small_pieces(takes_blocks=True, size=size):
        assert taken(tmp_path / "zone", *file) == by_row


@pytest.mark.parametrize(
    ("odd", "landed"),
    [
        ("", 2_000),
        ("Total,,,", 2_000),
        ("Referral ID,Client ID,Received,Borough", 2_000),
        ('R7,FLIC-7,"2015 ""say""",Camden', 2_001),
        ("R7,,2015-03-31,Camden", 2_001),
        ("R7,FLIC-7,2015-03-31", 2_001),
    ],
)
def test_an_odd_line_sends_only_those_near_it_to_the_reader_of_rows(
    zone: Zone, odd: str, landed: int
) -> None:
    lines = csv_text(*referrals(2_000)).splitlines()
    lines.insert(1_000, odd)
    with small_pieces(takes_blocks=True, size=10_000) as plain:
        report = zone.take_one("referrals_2015-05-31.csv", "\n".join(lines))
    assert report.rows_landed == landed
    assert sum(plain) > 1_980


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_rows_are_plain_in_every_dialect(zone: Zone, quoting: Any, end: str, encoding: str) -> None:
    rows = [(*row, "Caf\u00e9") for row in referrals(200)]
    header = ("referral_id", "client_id", "received_date", "borough", "referrer_agency")
    text = end.join(line_of(row, ",", quoting) for row in (header, *rows))
    with small_pieces(takes_blocks=True, size=2_000) as plain:
        report = zone.take_one("referrals_2015-05-31.csv", text.encode(encoding))
    assert report.rows_landed == 200
    assert sum(plain) > 190
