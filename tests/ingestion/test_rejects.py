"""The lists of refused rows for the data lead."""

import csv
import stat
from pathlib import Path

from dagster_project.ingestion.rejects import write_rejects
from tests.ingestion.zone import ROWS, Zone, csv_text

NAME = "referrals_2015-05-31.csv"


def read(path: Path) -> list[list[str]]:
    """A list as rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_each_load_gets_its_list_in_the_order_of_the_file(zone: Zone) -> None:
    load = str(zone.take_one(NAME, csv_text(*ROWS)).load_id)
    rows = [
        (load, "referrals", NAME, 10, "received_date", "31/02/2015", "not_a_date"),
        (load, "referrals", NAME, 9, "client_id", None, "missing"),
    ]
    [path] = write_rejects(zone.settings, rows)
    assert path == zone.settings.rejects / load / "referrals.csv"
    assert read(path) == [
        ["file", "line", "column", "value", "reason"],
        [NAME, "9", "client_id", "", "missing"],
        [NAME, "10", "received_date", "31/02/2015", "not_a_date"],
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    write_rejects(zone.settings, rows[::-1])
    assert path.read_bytes() == before


def test_a_value_that_a_spreadsheet_would_work_out_is_made_harmless(zone: Zone) -> None:
    load = str(zone.take_one(NAME, csv_text(*ROWS)).load_id)
    values = ["=1+1", "@SUM(A1)", "+44 20 7946 0000", " =1+1", "\t=1+1", "-50.00", "-1,234", "plain"]
    rows = [(load, "referrals", NAME, n, "decision", value, "not_in_list") for n, value in enumerate(values)]
    [path] = write_rejects(zone.settings, rows)
    assert [row[3] for row in read(path)[1:]] == [
        "'=1+1",
        "'@SUM(A1)",
        "'+44 20 7946 0000",
        "' =1+1",
        "'\t=1+1",
        "-50.00",
        "-1,234",
        "plain",
    ]


def test_a_list_goes_when_its_rows_are_refused_no_more_and_a_refusal_stays(zone: Zone) -> None:
    load = str(zone.take_one(NAME, csv_text(*ROWS)).load_id)
    refused = str(zone.take_one("referrals_2015-06-30.csv", "").load_id)
    write_rejects(zone.settings, [(load, "referrals", NAME, 2, "client_id", None, "missing")])
    assert write_rejects(zone.settings, []) == []
    assert not (zone.settings.rejects / load).exists()
    assert (zone.settings.rejects / refused / "referrals.csv").exists()
