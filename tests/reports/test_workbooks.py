"""The workbooks of corrections: for each team its own, text stays text, nothing stale stays."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.reports.decisions import Decision
from dagster_project.reports.findings import Finding
from dagster_project.reports.workbooks import safe_names, write_workbooks

DAY = date(2015, 5, 31)
TEAMS = {"referrals": "Referrals desk", "caseload": "Link worker team", "contacts": "Link worker team"}
ODD = Finding(
    "0123456789ab", "referrals", "decision_without_date", None, "warn", "referrals.csv", 7, None,
    "A decision without its day", "Ask for the day and enter it.", None, True, None,
)  # fmt: skip
BAD = Finding(
    "ba9876543210", "caseload", "not_a_date", "end_date", "reject", "caseload.csv", 12, "early June",
    "end date is not a date", "Enter it as 31/05/2015.", None, False, None,
)  # fmt: skip
ACCEPTED = Decision("0123456789ab", "accepted", "right", "A. Lead", datetime.fromisoformat("2015-06-01"))


def write(folder: Path, *findings: Finding) -> dict[str, bytes]:
    paths = write_workbooks(folder, DAY, {"referrals": DAY, "caseload": DAY}, TEAMS, findings)
    return {path.name: path.read_bytes() for path in paths}


def sheet(path: Path, name: str) -> Worksheet:
    found = load_workbook(path)[name]
    assert isinstance(found, Worksheet)
    return found


def test_each_team_gets_its_own_exports_and_no_others(tmp_path: Path) -> None:
    assert set(write(tmp_path, ODD, BAD)) == {"referrals_desk.xlsx", "link_worker_team.xlsx"}
    assert load_workbook(tmp_path / "referrals_desk.xlsx").sheetnames == ["Read me", "referrals"]
    assert load_workbook(tmp_path / "link_worker_team.xlsx").sheetnames == ["Read me", "caseload"]
    rows = list(sheet(tmp_path / "link_worker_team.xlsx", "caseload").iter_rows(values_only=True))
    assert rows == [
        ("file", "line", "column", "what is wrong", "what to do", "value", "status", "severity", "warning"),
        ("caseload.csv", 12, "end_date", "end date is not a date", "Enter it as 31/05/2015.", "early June",
         "persisting", "rejected", None),
    ]  # fmt: skip


def test_the_first_sheet_says_what_it_is_and_as_at_when(tmp_path: Path) -> None:
    write(tmp_path, ODD)
    lines = [row[0] for row in sheet(tmp_path / "referrals_desk.xlsx", "Read me").iter_rows(values_only=True)]
    assert lines[:2] == ["What to correct at the source: Referrals desk", "As at 2015-05-31"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+44 20",
        "-rm",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =cmd|' /C calc'!A0",
        '=HYPERLINK("x")',
        "\ufeff=1",
    ],
)
def test_a_text_never_becomes_a_formula(tmp_path: Path, text: str) -> None:
    write(tmp_path, replace(BAD, value=text, file=text))
    for row in sheet(tmp_path / "link_worker_team.xlsx", "caseload").iter_rows(min_row=2):
        for cell in (row[0], row[5]):
            assert cell.data_type == "s"
            assert cell.number_format == "@"
            assert not str(cell.value).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    "reference", ["00123", "1E5", "42097", "2015-05-31", "TRUE", "-50", "x\x00\x1by", "🙂"]
)
def test_a_reference_stays_text(tmp_path: Path, reference: str) -> None:
    write(tmp_path, replace(BAD, value=reference))
    cell = sheet(tmp_path / "link_worker_team.xlsx", "caseload")["F2"]
    assert cell.data_type == "s"
    assert cell.value == reference.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    first = write(tmp_path / "one", ODD, BAD)
    assert write(tmp_path / "two", ODD, BAD) == first
    before = (tmp_path / "one/referrals_desk.xlsx").stat().st_mtime_ns
    write(tmp_path / "one", ODD, BAD)
    assert (tmp_path / "one/referrals_desk.xlsx").stat().st_mtime_ns == before


def test_nothing_to_correct_means_no_file_and_an_old_one_goes(tmp_path: Path) -> None:
    write(tmp_path, ODD, BAD)
    (tmp_path / "referrals_desk with my notes.xlsx").write_bytes(b"somebody's own")
    (tmp_path / "half.xlsx.tmp").write_bytes(b"half")
    # What the team had was accepted, and the other team's row was put right.
    assert write(tmp_path, replace(ODD, accepted=ACCEPTED)) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["referrals_desk with my notes.xlsx"]


def test_accepted_warnings_are_counted_and_not_listed(tmp_path: Path) -> None:
    write(tmp_path, replace(ODD, accepted=ACCEPTED), replace(ODD, finding_id="cccccccccccc", line=9))
    book = load_workbook(tmp_path / "referrals_desk.xlsx")
    assert [row[1].value for row in book["referrals"].iter_rows(min_row=2)] == [9]
    words = " ".join(str(cell.value) for row in book["Read me"].iter_rows() for cell in row)
    assert "and not listed: 1." in words


def test_a_refused_file_stands_with_its_reason(tmp_path: Path) -> None:
    refused = replace(ODD, rule="file_refused", line=None, detail="required column borough missing")
    write(tmp_path, refused)
    assert str(sheet(tmp_path / "referrals_desk.xlsx", "referrals")["D2"].value).endswith("borough missing")


def test_a_file_that_nobody_recognised_is_no_teams(tmp_path: Path) -> None:
    assert write(tmp_path, replace(ODD, export="not_recognised")) == {}


def test_it_prints_on_a4_and_can_be_filtered(tmp_path: Path) -> None:
    write(tmp_path, ODD)
    listed = sheet(tmp_path / "referrals_desk.xlsx", "referrals")
    assert (listed.page_setup.orientation, str(listed.page_setup.paperSize)) == ("landscape", "9")
    assert listed.freeze_panes == "A2"
    assert listed.auto_filter.ref == "A1:I2"
    assert listed.print_title_rows == "$1:$1"


def test_workbooks_are_for_their_owner_alone(tmp_path: Path) -> None:
    write(tmp_path, ODD)
    assert (tmp_path / "referrals_desk.xlsx").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("team", "name"),
    [
        ("Link worker team", "link_worker_team"),
        ("Équipe d'accueil", "equipe_d_accueil"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\temp\\x", "c_temp_x"),
        ("a" * 300, "a" * 60),
    ],
)
def test_a_teams_name_is_never_a_path(team: str, name: str) -> None:
    assert safe_names([team]) == {team: name}


@pytest.mark.parametrize("team", ["con", "LPT1", "", "...", "团队", "\x00"])
def test_a_name_that_no_file_may_bear_gets_a_mark(team: str) -> None:
    [name] = safe_names([team]).values()
    assert name.rsplit("_", 1)[0] in {"con", "lpt1", "team"}
    assert name.replace("_", "").isalnum()


def test_two_teams_never_share_a_file() -> None:
    teams = ["Team A", "team-a", "TEAM  A"]
    assert len(set(safe_names(teams).values())) == 3
