"""What may lie in an inbox, and what a file's name says."""

import os
import socket
import threading
from datetime import date
from pathlib import Path

import pytest

from dagster_project.ingestion.inbox import FileLeftError, open_plain, parts_of_name, waiting_files
from tests.ingestion.zone import ROWS, Zone, csv_text

PLAIN = csv_text(*ROWS)
EXPORTS = ["referrals", "caseload", "outcome_stars", "personal_budget", "personal_budget_plans"]


@pytest.mark.parametrize(
    ("name", "export", "day", "revision"),
    [
        ("caseload_2015-05-31.csv", "caseload", date(2015, 5, 31), 1),
        ("CASELOAD 20150531.CSV", "caseload", date(2015, 5, 31), 1),
        ("caseload_2015_05_31_v2.csv", "caseload", date(2015, 5, 31), 2),
        ("Outcome Stars 2015-05-31 (V3).xlsx", "outcome_stars", date(2015, 5, 31), 3),
        ("outcome-stars-20150531-231500.xlsx", "outcome_stars", date(2015, 5, 31), 1),
        ("referrals20150531231500.csv", "referrals", date(2015, 5, 31), 1),
        ("personal_budget_plans_2015-05-31.csv", "personal_budget_plans", date(2015, 5, 31), 1),
        ("personal_budget_2015-05-31.csv", "personal_budget", date(2015, 5, 31), 1),
        ("referrals.csv", "referrals", None, 1),
        ("referrals_123456789.csv", "referrals", None, 1),
        ("new referrals_2015-05-31.csv", None, date(2015, 5, 31), 1),
    ],
)
def test_a_name_states_export_day_and_revision(
    name: str, export: str | None, day: date | None, revision: int
) -> None:
    parts = parts_of_name(name, {name: name for name in EXPORTS}, today=date(2018, 6, 1))
    assert (parts.export, parts.extract_date, parts.revision) == (export, day, revision)


def test_what_is_no_plain_file_is_left_where_it_lies_and_told(zone: Zone, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(PLAIN)
    inbox = zone.settings.inbox
    (inbox / "referrals_link.csv").symlink_to(elsewhere)
    os.mkfifo(inbox / "referrals_pipe.csv")
    (inbox / "referrals_folder.csv").mkdir()
    for name in (".referrals.csv", "~$referrals.xlsx", "referrals.csv.part", "referrals.tmp"):
        zone.drop(name, PLAIN)
    report = zone.take()
    assert {file.status for file in report.files} == {"left"}
    reasons = {file.file_name: file.reason or "" for file in report.files}
    assert "a link" in reasons["referrals_link.csv"]
    assert "a special file" in reasons["referrals_pipe.csv"]
    assert "a folder" in reasons["referrals_folder.csv"]
    assert "temporary" in reasons["referrals.csv.part"]
    assert len(report.files) == 7
    assert zone.ledger() == []
    assert waiting_files(zone.settings) == []


def test_a_file_that_grows_while_we_watch_is_left_for_the_next_run(zone: Zone) -> None:
    """A7: still being written."""
    path = zone.settings.inbox / "referrals_2015-05-31.csv"
    path.write_text(csv_text(ROWS[0]))
    done = threading.Event()

    def write_on() -> None:
        with path.open("a") as file:
            while not done.wait(0.05):
                file.write("R2,FLIC-0002,2015-04-01,Camden\n")
                file.flush()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        [report] = zone.take().files
    finally:
        done.set()
        writer.join()
    assert (report.status, report.reason) == ("left", "it is still being written")
    assert zone.ledger() == []
    zone.drop("referrals_2015-05-31.csv", PLAIN)
    assert [file.status for file in zone.take().files] == ["loaded"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_the_right_to_read_is_left_and_the_run_goes_on(zone: Zone) -> None:
    """A23: nobody may read it."""
    zone.drop("caseload_2015-05-31.csv", "").chmod(0)
    zone.drop("referrals_2015-05-31.csv", PLAIN)
    assert [file.status for file in zone.take().files] == ["left", "loaded"]


def test_a_name_that_is_no_text_is_told_in_signs_that_are(zone: Zone) -> None:
    raw = os.fsdecode(b"referrals_2015-05-31\n\xff.csv")
    (zone.settings.inbox / raw).write_text(PLAIN)
    os.utime(zone.settings.inbox / raw, (0, 0))
    [report] = zone.take().files
    assert (report.status, report.file_name) == ("loaded", "referrals_2015-05-31\ufffd\\xff.csv")
    assert (zone.settings.archive / str(report.load_id) / raw).exists()


NAMES = {
    "leading dash": "-rf.csv",
    "right-to-left mark": "referrals_2015-05-31_\u202evsc.csv",
    "emoji": "referrals_2015-05-31_\U0001f600.csv",
    "255 bytes": "referrals_2015-05-31_" + "x" * 230 + ".csv",
    "255 bytes of long letters": "referrals_2015-05-31_" + "\U0001f600" * 57 + "xx.csv",
    "a way out, as another system writes it": "referrals_2015-05-31_..\\..\\etc.csv",
    "a way out, as a browser writes it": "referrals_2015-05-31_%2e%2e%2fetc.csv",
    "signs of a shell": "referrals_2015-05-31_$(touch x);`id`&.csv",
    "a line of its own in the log": "referrals_2015-05-31_\nERROR x.csv",
    "only dots and spaces": ".. .csv",
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_data_and_never_a_path(zone: Zone, case: str) -> None:
    name = NAMES[case]
    zone.drop(name, PLAIN)
    outside = {
        path
        for path in zone.settings.data_dir.parent.rglob("*")
        if zone.settings.data_dir not in path.parents
    }
    [report] = zone.take().files
    expected = "loaded" if name.startswith("referrals") else "left" if name.startswith(".") else "refused"
    assert report.status == expected
    assert "\n" not in report.file_name
    folder = {"loaded": "archive", "refused": "rejects", "left": "inbox"}[expected]
    inside = "" if expected == "left" else f"{report.load_id}/"
    assert f"{inside}{name}" in zone.names_below(folder)
    assert outside == {
        path
        for path in zone.settings.data_dir.parent.rglob("*")
        if zone.settings.data_dir not in path.parents
    }


def test_sockets_and_devices_are_left_where_they_lie(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(zone.settings.inbox)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("referrals_socket.csv")
        reasons = {file.file_name: file.reason or "" for file in zone.take().files}
    assert "a special file" in reasons["referrals_socket.csv"]


def test_what_is_swapped_after_the_look_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    """A23: gone, or something else, between the look and the opening."""
    (tmp_path / "link").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "gone"):
        with pytest.raises(FileLeftError):
            open_plain(tmp_path / name)


def test_no_inbox_is_an_empty_inbox(zone: Zone) -> None:
    zone.settings.inbox.rmdir()
    assert zone.take().files == ()
