"""Workbooks: what a cell becomes, which sheet is read, and what is refused before or by the reader."""

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.ingestion import read_file
from dagster_project.ingestion.contracts import Export, load_contracts
from dagster_project.ingestion.inbox import FileRefusedError
from dagster_project.ingestion.load import CONTRACT
from dagster_project.ingestion.read_file import RawTable, read_workbook
from dagster_project.settings import ROOT
from tests.ingestion.zone import HEADER, Zone

NAME = "referrals_2015-05-31.xlsx"
DAY = date(2015, 3, 31)


def workbook(fill: Callable[[Worksheet], None] | None = None, *others: tuple[str, str]) -> bytes:
    """A workbook with one synthetic referral, changed by `fill`; `others` are more sheets (title, text)."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Sheet1"
    sheet.append((*HEADER, "referrer_agency", "acknowledged_date"))
    sheet.append(("R1", "FLIC-0001", DAY, "Camden", "North House", date(2015, 4, 2)))
    if fill:
        fill(sheet)
    for title, text in others:
        book.create_sheet(title)["A1"] = text
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one part of its archive changed."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            text = old.read(entry)
            new.writestr(entry, change(text.decode()) if entry.filename == name else text)
    return changed.getvalue()


def read(content: bytes, export: Export) -> RawTable:
    """The workbook as the ingestion reads it."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return read_workbook(file, export)


def setting(cell: str, value: Any, number_format: str | None = None) -> Callable[[Worksheet], None]:
    """A change that puts a value into a cell."""

    def fill(sheet: Worksheet) -> None:
        sheet[cell] = value
        if number_format:
            sheet[cell].number_format = number_format

    return fill


# (cell, value, number format) -> (landed column, landed value, findings)
CELLS = {
    "true date": (("C2", DAY, None), "received_date", "2015-03-31", None),
    "true date and time": (
        ("C2", datetime.fromisoformat("2015-03-31T23:30"), None),
        "received_date",
        "2015-03-31 23:30:00",
        None,
    ),
    "date as text": (("C2", "31/03/2015", None), "received_date", "31/03/2015", None),
    "serial number without a date format": (("C2", 42094, "General"), "received_date", "42094", None),
    "whole number": (("E2", 17.0, None), "referrer_agency", "17", None),
    "tenths without float dust": (("E2", 0.1 + 0.2, None), "referrer_agency", "0.3", None),
    "small number": (("E2", 0.00001, None), "referrer_agency", "0.00001", None),
    "percentage": (("E2", 0.625, "0.00%"), "referrer_agency", "62.5%", None),
    "percentage without decimals": (("E2", 1, "0%"), "referrer_agency", "100%", None),
    "percentage in a format of one's own": (("E2", 0.07, "[Red]0.0 %;-0 %"), "referrer_agency", "7%", None),
    "number with the sign as a text": (("E2", 62.5, '0.0"%"'), "referrer_agency", "62.5", None),
    "text in a percent format": (("E2", "half", "0%"), "referrer_agency", "half", None),
    "truth value": (("E2", True, None), "referrer_agency", "TRUE", None),
    "text with leading zeros": (("A2", "00123", None), "referral_id", "00123", None),
    "text that looks like a formula": (("E2", "'=1+1", None), "referrer_agency", "'=1+1", None),
    "long number as reference": (
        ("B2", 1234567890123456, None),
        "client_id",
        None,
        "client_id:scientific_notation",
    ),
    "error": (("C2", "#REF!", None), "received_date", None, "received_date:excel_error"),
    "not available": (("E2", "#N/A", None), "referrer_agency", None, "referrer_agency:excel_error"),
    "formula never worked out": (
        ("C2", "=1+1", None),
        "received_date",
        None,
        "received_date:formula_without_value",
    ),
    "formula at the right edge": (
        ("F2", "=1+1", None),
        "acknowledged_date",
        None,
        "acknowledged_date:formula_without_value",
    ),
}


@pytest.mark.parametrize("case", CELLS)
def test_what_a_cell_becomes(zone: Zone, case: str) -> None:
    (cell, value, number_format), column, landed, findings = CELLS[case]
    report = zone.take_one(NAME, workbook(setting(cell, value, number_format)))
    assert (report.status, report.reason) == ("loaded", None)
    [row] = zone.landed()
    assert (row[column], row["door_findings"]) == (landed, findings)


@pytest.mark.parametrize(
    ("export", "header", "row", "landed"),
    [
        ("workers", ("worker_id", "role", "start_date", "fte"), ("W1", "manager", "2015-03-31"), "0.5"),
        ("workers", ("worker_id", "role", "start_date", "WTE"), ("W1", "manager", "2015-03-31"), "0.5"),
        ("programme_budget", ("line", "period_start", "note", "budget"), ("Staff", DAY, ""), "0.5"),
        ("accommodation", ("client_id", "quarter_start", "type", "%"), ("C1", DAY, "hostel"), "50%"),
    ],
)
def test_what_is_shown_as_50_percent_is_fifty_only_where_the_column_is_per_cent(
    zone: Zone, export: str, header: tuple[str, ...], row: tuple[Any, ...], landed: str
) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for cells in (("A report",), header, (*row, 0.5)):
        sheet.append(cells)
    sheet["D3"].number_format = "0%"
    content = io.BytesIO()
    book.save(content)
    zone.take_one(f"{export}_2015-05-31.xlsx", content.getvalue())
    column = {"workers": "fte", "programme_budget": "budget", "accommodation": "percent"}[export]
    assert [landed[column] for landed in zone.landed(export)] == [landed]


def test_a_formula_with_its_saved_value_is_that_value(zone: Zone) -> None:
    content = with_part(
        workbook(setting("E2", "=1+1")),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace("<f>1+1</f><v />", "<f>1+1</f><v>2</v>").replace(
            "<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>"
        ),
    )
    zone.take_one(NAME, content)
    [row] = zone.landed()
    assert (row["referrer_agency"], row["door_findings"]) == ("2", None)


def test_a_last_row_of_nothing_but_errors_is_a_row(zone: Zone) -> None:
    def fill(sheet: Worksheet) -> None:
        for cell in ("A3", "B3", "C3", "D3"):
            sheet[cell] = "#REF!"

    report = zone.take_one(NAME, workbook(fill))
    assert report.rows_landed == 2
    assert zone.landed()[1]["door_findings"] == (
        "referral_id:excel_error;client_id:excel_error;received_date:excel_error;borough:excel_error"
    )


def test_titles_hidden_rows_and_totals_of_a_sheet(zone: Zone) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(("R2", "FLIC-0002", DAY, "Camden"))
        sheet.append(("Grand Totals (2 records)",))
        sheet.insert_rows(1, 3)
        sheet["B1"] = "Referrals - run by the data team"
        sheet.row_dimensions[6].hidden = True

    report = zone.take_one(NAME, workbook(fill))
    assert (report.rows_in_file, report.rows_skipped, report.rows_landed) == (7, 5, 2)
    assert "1 hidden rows were read" in report.warnings
    assert [(row["source_line"], row["referral_id"]) for row in zone.landed()] == [(5, "R1"), (6, "R2")]
    assert zone.ledger()[0]["sheet"] == "Sheet1"


def test_a_table_that_begins_further_right_is_found(zone: Zone) -> None:
    zone.take_one(NAME, workbook(lambda sheet: sheet.insert_cols(1, 2)))
    [row] = zone.landed()
    assert (row["referral_id"], row["borough"]) == ("R1", "Camden")


def test_other_sheets_are_not_read_and_counted(zone: Zone) -> None:
    report = zone.take_one(NAME, workbook(None, ("Notes", "a note"), ("Lookup", "client_id")))
    assert report.status == "loaded"
    assert "2 other sheets were not read" in report.warnings


def test_the_sheet_that_the_contract_names_is_read_and_no_other() -> None:
    export = replace(load_contracts(ROOT / "dbt" / CONTRACT)["referrals"], sheet="Referrals")
    content = workbook(lambda sheet: setattr(sheet, "title", "referrals "), ("Sheet2", "a note"))
    assert read(content, export).sheet == "referrals "
    with pytest.raises(FileRefusedError, match="the sheet 'Referrals' is missing among 2"):
        read(workbook(None, ("Referrals (2)", "a note")), export)


def test_a_hidden_sheet_with_the_rows_is_read_and_told(zone: Zone) -> None:
    def hide(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("Notes")
        sheet.sheet_state = "hidden"

    report = zone.take_one(NAME, workbook(hide))
    assert report.rows_landed == 1
    assert "the sheet is hidden and was read" in report.warnings


HIDDEN = {
    # what the hidden sheet holds -> whether the workbook is refused
    "the headers and a row": ([(*HEADER, "referrer_agency"), ("R2", "FLIC-0002", DAY, "Camden", "")], True),
    "other headers for the required columns, below a title": (
        [("Closed",), ("Borough", "Client Ref", "Date received", "Referral Ref"),
         ("Camden", "FLIC-2", DAY, "R2")],
        True,
    ),
    "the headers alone": ([HEADER], False),
    "a required column too few": ([HEADER[:3], ("R2", "FLIC-0002", DAY)], False),
    "a list of words": ([("borough",), ("Camden",), ("Islington",)], False),
}  # fmt: skip


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("name", HIDDEN)
def test_a_table_on_a_hidden_sheet_beside_the_one_that_is_read_does_not_vanish(
    zone: Zone, name: str, state: str
) -> None:
    rows, is_refused = HIDDEN[name]

    def fill(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        other = sheet.parent.create_sheet("Lookup")
        for row in rows:
            other.append(row)
        other.sheet_state = state

    content = workbook(fill)
    report = zone.take_one(NAME, content)
    assert report.status == ("refused" if is_refused else "loaded")
    assert ("a hidden sheet has the headers of referrals" in (report.reason or "")) is is_refused
    named = replace(load_contracts(ROOT / "dbt" / CONTRACT)["referrals"], sheet="Sheet1")
    assert read(content, named).sheet == "Sheet1"


def test_references_kept_as_numbers_are_told_without_those_of_totals(zone: Zone) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["B2"] = 123
        sheet.append(("R2", 124, DAY, "Camden"))
        sheet.append(("R3", "FLIC-0003", DAY, "Camden"))
        sheet.append(("Total", 3))

    report = zone.take_one(NAME, workbook(fill))
    assert [warning for warning in report.warnings if "numbers" in warning] == [
        "client_id: 2 references are numbers in the workbook, without leading zeros: format the column as "
        "text in the source"
    ]


# What a cell of references holds -> whether it is taken as one
NUMBERS = {
    "12": (12, True),
    "12.0": (12.0, True),
    "text of a number": ("12.5", True),
    "12.5": (12.5, False),
    "a small number": (0.00001, False),
    "less than nothing": (-5, False),
}


@pytest.mark.parametrize("column", ["referral_id", "client_id"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_cannot_be_a_reference_is_nobodys(zone: Zone, name: str, column: str) -> None:
    value, is_taken = NUMBERS[name]
    zone.take_one(NAME, workbook(setting("A2" if column == "referral_id" else "B2", value)))
    [row] = zone.landed()
    finding = None if is_taken else f"{column}:not_an_identifier"
    assert (row[column] is not None, row["door_findings"]) == (is_taken, finding)


def wide(sheet: Worksheet) -> None:
    """A cell far out to the right."""
    sheet.cell(1, 5000, "x")


def copied(sheet: Worksheet) -> None:
    """The same table on a second sheet."""
    assert sheet.parent is not None
    sheet.parent.copy_worksheet(sheet).title = "Last year"


def another_borough(*rows: tuple[str, ...]) -> bytes:
    """A second sheet with the required columns alone, so that the first one fits better."""

    def fill(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        other = sheet.parent.create_sheet("Islington")
        for row in (HEADER, *rows):
            other.append(row)

    return workbook(fill)


BOROUGHS_ROW = ("R2", "FLIC-0002", "2015-03-31", "Islington")


def test_a_second_sheet_with_rows_is_never_left_out(zone: Zone) -> None:
    both = another_borough(BOROUGHS_ROW)
    report = zone.take_one(NAME, both)
    assert report.status == "refused"
    assert "2 sheets hold every required column of referrals" in (report.reason or "")
    export = load_contracts(ROOT / "dbt" / CONTRACT)["referrals"]
    assert read(both, replace(export, sheet="Islington")).sheet == "Islington"


def test_a_second_sheet_without_rows_is_left(zone: Zone) -> None:
    report = zone.take_one(NAME, another_borough())
    assert (report.status, report.rows_landed) == ("loaded", 1)
    assert "1 other sheets were not read" in report.warnings


DOCTYPE = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


def bomb() -> bytes:
    """A small archive that unpacks to 106 MB."""
    return with_part(workbook(), "xl/styles.xml", lambda xml: xml + " " * 106_000_000)


REFUSED = {
    "bomb": (bomb, "unpacks to 101 MB"),
    "5,000 columns": (lambda: workbook(wide), "more than 500 columns"),
    "two sheets with the headers": (lambda: workbook(copied), "two sheets have the headers"),
    "document type in the sheet": (
        lambda: with_part(workbook(), "xl/worksheets/sheet1.xml", lambda xml: DOCTYPE + xml),
        "document type",
    ),
    "document type in another part": (
        lambda: with_part(workbook(), "docProps/core.xml", lambda xml: "<!-- -->" * 100_000 + DOCTYPE + xml),
        "document type",
    ),
    "broken sheet": (
        lambda: with_part(workbook(), "xl/worksheets/sheet1.xml", lambda xml: xml[:200]),
        "damaged or too large",
    ),
    "no cells": (
        lambda: with_part(workbook(), "xl/worksheets/sheet1.xml", lambda xml: "<worksheet/>"),
        "no header row",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_workbook_is_refused_with_its_reason(zone: Zone, case: str) -> None:
    make, words = REFUSED[case]
    report = zone.take_one(NAME, make())
    assert report.status == "refused"
    assert words in (report.reason or "")
    assert zone.landed() == []


def test_a_workbook_larger_than_the_settings_allow_is_refused(zone: Zone) -> None:
    content = workbook()
    small = Zone(replace(zone.settings, max_workbook_bytes=len(content) - 1))
    report = small.take_one(NAME, content)
    assert report.status == "refused"
    assert "(FLIC_MAX_WORKBOOK_MB): export it as CSV" in (report.reason or "")
    assert (
        Zone(replace(zone.settings, max_workbook_bytes=len(content))).take_one(NAME, content).status
        == "loaded"
    )


def test_a_workbook_that_takes_too_long_is_refused(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_file, "WORKBOOK_SECONDS", 0.01)
    report = zone.take_one(NAME, workbook())
    assert (report.status, zone.landed()) == ("refused", [])
    assert "within the limits of memory and time" in (report.reason or "")


def test_the_reader_of_workbooks_does_not_see_the_keys(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIC_PSEUDONYM_KEY", "must not be handed on")
    start = subprocess.Popen
    environments: list[dict[str, str]] = []

    def watched(*arguments: Any, **options: Any) -> subprocess.Popen:
        environments.append(options["env"])
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", watched)
    zone.take_one(NAME, workbook())
    [environment] = environments
    assert not [name for name in environment if name.startswith("FLIC_")]
