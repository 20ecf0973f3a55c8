"""`flic` says what happened: by its exit status and by its last line."""

import os
import re
import shutil
import socket
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.reports.load_report import in_london
from tests.pipeline.programme import FLIC, REFRESH, ROOT, Programme, emptied, example_files


def a_free_port(program: str) -> tuple[str, str]:
    """The option that gives a program a port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"--{program}-port", str(free.getsockname()[1])


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


def report(programme: Programme) -> str:
    return (programme.folder / "reports" / "load_report.md").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["refersh"],
        ["refresh", "--as-at", "31/05/2015"],
        ["refresh", "--as-at", "2015-02-30"],
        ["refresh", "--known-by", "yesterday"],
        ["publications", "rollback"],
        ["publications", "approve"],
        ["publications", "approve", "2015"],
        ["publications", "approve", "2015", "--by", " "],
        ["refresh", "--approve-by", ""],
        ["demo", "--dagster-port", "80000"],
        ["bench", "dashboards", "--sessions", "0"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_two(tmp_path: Path, arguments: list[str]) -> None:
    done = Programme(tmp_path).flic(*arguments)
    assert done.returncode == 2
    assert "usage: flic" in done.stderr


@pytest.mark.parametrize("what", ["publication", "dashboards"])
def test_nothing_served_cannot_be_measured(tmp_path: Path, what: str) -> None:
    done = Programme(tmp_path).flic("bench", what)
    assert done.returncode == 1
    assert "nothing is served yet" in last_line(done)


def test_unknown_profile_is_wrong_use_and_names_the_known_ones(tmp_path: Path) -> None:
    done = Programme(tmp_path).flic("status", environment={"FLIC_PROFILE": "../elsewhere"})
    assert done.returncode == 2
    assert "fulfilling_lives" in last_line(done)


@pytest.mark.parametrize("variable", ["FLIC_PSEUDONYM_KEY", "FLIC_ROUNDING_KEY"])
def test_refresh_without_a_key_fails_before_it_touches_the_inbox(tmp_path: Path, variable: str) -> None:
    programme = Programme(tmp_path)
    programme.drop(*example_files("referrals_2014-09-30*"))
    done = programme.flic(*REFRESH, environment={variable: ""})
    assert done.returncode == 1
    assert variable in last_line(done)
    assert len(list(programme.inbox.iterdir())) == 1
    assert not (tmp_path / "landing").exists()


def test_an_empty_inbox_on_the_first_day_is_not_a_failure(bench: Path) -> None:
    done = Programme(emptied(bench)).flic(*REFRESH)
    assert done.returncode == 0
    assert last_line(done).startswith("No new files")


def test_a_first_refresh_whose_only_file_is_refused_says_so(bench: Path) -> None:
    programme = Programme(emptied(bench))
    programme.inbox.mkdir()
    (programme.inbox / "referrals_2015-05-31.csv").write_bytes(b"")
    done = programme.flic(*REFRESH)
    assert done.returncode == 0
    assert last_line(done) == (
        "Nothing was taken in: 1 of 1 files were refused; rejects/ and reports/load_report.md say why."
    )
    assert (programme.folder / "reports" / "load_report.md").exists()


def test_a_day_that_no_extract_describes_is_refused(small: Programme) -> None:
    before = small.current()
    for day in ("2014-05-31", "2015-01-01"):
        done = small.flic(*REFRESH, "--as-at", day)
        assert done.returncode == 1
        assert "from 2014-06-01 (programme start) to 2014-12-31, up to which" in last_line(done)
        assert small.current() == before


def test_the_restricted_zone_is_closed_and_the_served_one_open(published: Programme) -> None:
    assert (published.folder / "warehouse.duckdb").stat().st_mode & 0o077 == 0
    assert (published.folder / "management").stat().st_mode & 0o077 == 0
    for file in (
        published.publications / "current.json",
        published.publications / published.current()["file"],
    ):
        assert file.stat().st_mode & 0o044 == 0o044


def test_the_demonstration_keeps_off_data_of_somebody_else(small: Programme) -> None:
    done = small.flic("demo", *a_free_port("dashboards"), *a_free_port("dagster"))
    assert done.returncode == 1
    assert "data of your own" in last_line(done)
    assert not any(small.inbox.iterdir())


def test_a_second_refresh_is_told_at_once_who_runs(small: Programme) -> None:
    with subprocess.Popen(
        [*FLIC, *REFRESH], env=small.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        while not (small.folder / "refresh.lock.json").exists() or not first.stdout.readline():
            pass
        second = small.flic(*REFRESH)
        # That the first one was not disturbed needs no end of it.
        still_running = first.poll() is None
        first.kill()
    assert still_running
    assert second.returncode == 1
    assert "already running" in last_line(second)


def test_a_shrunken_export_stops_until_it_is_confirmed_and_its_draft_until_somebody_approves_it(
    small: Programme,
) -> None:
    """F14 is amid it: nothing new keeps the release and notes that somebody looked."""
    served = small.current()
    [caseload] = example_files("caseload_2014-09-30.csv")
    small.inbox.mkdir(exist_ok=True)
    # The first extract's 36 rows, the title, the filter, a blank row and the header, and one more blank row.
    (small.inbox / "caseload_2015-01-31.csv").write_bytes(caseload.read_bytes() + b"\n")
    stopped = small.flic(*REFRESH)
    assert stopped.returncode == 3
    assert ".." not in last_line(stopped)
    assert "caseload" in last_line(stopped)
    assert "--confirm-volume" in last_line(stopped)
    assert small.current() == served
    # What nobody confirmed is no measure for the next (publication/test_volume_guard.py).
    assert not list((small.folder / "landing" / "accepted").glob("2015-01-31-*"))
    told = report(small)
    assert ".. " not in told
    assert "**Stopped:** far fewer rows than last time (caseload: 36 rows, 70 before)" in told
    assert f"Release {served['release_id']}, as at 2014-12-31, is served." in told
    assert "| caseload_2015-01-31.csv | loaded | 2015-01-31 | 41 | 36 | 0 | 0 | 5 |" in told
    assert "| caseload | 2015-01-31 | 2014-12-31 | " in told

    done = small.flic("refresh", "--confirm-volume")
    assert done.returncode == 0
    draft = small.current("drafts")["release_id"]
    assert draft != served["release_id"]
    assert small.current() == served | {"checked_at": small.current()["checked_at"]}
    assert last_line(done) == (
        f"Draft: release {draft}, as at 2014-12-31, waits for approval;"
        f" `flic publications approve {draft} --by NAME` serves it."
    )
    told = report(small)
    assert f"Draft       release {draft}" in small.flic("status").stdout
    assert f"Release {draft}, as at 2014-12-31, is a draft that waits for approval." in told
    assert f"  {draft}  as at 2014-12-31  draft" in small.flic("publications", "list").stdout

    # Nothing came and nothing changed: nothing is built, and the load report says the same of another minute.
    served = small.current()
    done = small.flic("refresh")
    assert last_line(done).startswith(f"Nothing new: release {draft}, as at 2014-12-31, waits for approval")
    assert "built" in done.stdout.splitlines()[0]
    assert "Warehouse built" not in done.stdout
    assert small.current() == served | {"checked_at": small.current()["checked_at"]}
    assert small.current()["checked_at"] > served["checked_at"]
    assert small.current("drafts")["release_id"] == draft
    assert "Files: none." in told
    assert report(small).partition("(London)")[2] == told.partition("(London)")[2]

    approved = small.flic("publications", "approve", draft, "--by", "Jo Bloggs")
    assert approved.returncode == 0
    assert f"Served: release {draft}, approved by Jo Bloggs on " in last_line(approved)
    assert small.current()["release_id"] == draft
    assert small.current()["approved_by"] == "Jo Bloggs"
    assert "waits for approval" not in small.flic("status").stdout
    twice = small.flic("publications", "approve", draft, "--by", "Al")
    assert twice.returncode == 0
    assert f"release {draft} is approved by Jo Bloggs" in last_line(twice)

    # Automation does not undo a rollback; and what was confirmed once is never asked again.
    assert small.flic("publications", "rollback", served["release_id"]).returncode == 0
    rolled_back = small.current()
    assert rolled_back["release_id"] == served["release_id"]
    assert last_line(small.refresh()) == (
        f"Nothing new: release {draft}, as at 2014-12-31, is up to date."
        " It was rolled back, and is not served."
    )
    assert small.current() == rolled_back | {"checked_at": small.current()["checked_at"]}
    assert small.current()["checked_at"] > rolled_back["checked_at"]


def test_status_is_ten_lines_about_what_is_served(published: Programme) -> None:
    done = published.flic("status")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) <= 10
    assert published.current()["release_id"] in done.stdout
    assert "0 waiting" in done.stdout
    assert "success" in done.stdout


def test_status_says_of_a_draft_that_waits_how_to_serve_it(two_quarters: Programme, tmp_path: Path) -> None:
    programme = two_quarters.copy_to(tmp_path / "data")
    shutil.rmtree(programme.publications)
    draft = programme.current("drafts")["release_id"]
    said = programme.flic("status").stdout.splitlines()
    assert said[:2] == [
        f"Served      nothing yet: `flic publications approve {draft} --by NAME`",
        f"Draft       release {draft}, as at 2014-12-31, waits for approval",
    ]


@pytest.mark.parametrize(
    "arguments", [["status"], ["warnings"], ["publications", "list"], ["return", "list"]], ids=" ".join
)
def test_a_data_folder_that_is_not_there_is_wrong_use(tmp_path: Path, arguments: list[str]) -> None:
    done = Programme(tmp_path / "mistyped").flic(*arguments)
    assert done.returncode == 2
    assert f"FLIC_DATA_DIR names {tmp_path / 'mistyped'}, and there is no such folder" in last_line(done)


@pytest.mark.parametrize(
    ("arguments", "unbuffered", "status"),
    [(["publications", "list"], "", 0), (["publications", "list"], "1", 141), (["warnings"], "", 141)],
    ids=["when its work is done", "at the first line", "amid a long list"],
)
def test_whoever_reads_no_more_is_told_no_more(
    published: Programme, arguments: list[str], unbuffered: str, status: int
) -> None:
    """As with `| head`: what is said meets a closed pipe, at once where Python keeps nothing back."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*FLIC, *arguments],
        stdout=write,
        stderr=subprocess.PIPE,
        env=published.environment | {"PYTHONUNBUFFERED": unbuffered},
        cwd=ROOT,
        check=False,
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == status


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2018-03-31T09:05", "2018-03-31 10:05 (London)"),
        ("2018-03-31T09:05:00+00:00", "2018-03-31 10:05 (London)"),
        ("2017-12-31T23:59", "2017-12-31 23:59 (London)"),
    ],
)
def test_the_data_lead_is_told_london_time(moment: str, said: str) -> None:
    assert in_london(datetime.fromisoformat(moment)) == said


def test_status_and_report_tell_one_time(published: Programme) -> None:
    told = published.flic("status").stdout + published.flic("publications", "list").stdout
    assert len(re.findall(r"\d\d:\d\d \(London\)", told)) == len(re.findall(r"\d\d:\d\d", told)) > 3
    assert re.search(r"Refresh of \S+ \d\d:\d\d \(London\)", report(published))


def test_status_tells_what_cannot_be_taken_from_what_waits(tmp_path: Path) -> None:
    programme = Programme(tmp_path / "data")
    [file] = example_files("referrals_2014-09-30*")
    programme.drop(file)
    (programme.inbox / "referrals_link.csv").symlink_to(file)
    os.mkfifo(programme.inbox / "referrals_pipe.csv")
    (programme.inbox / "referrals_folder").mkdir()
    (programme.inbox / "caseload.csv.part").touch()
    said = programme.flic("status").stdout
    assert "1 waiting in" in said
    told = [line.strip() for line in said.splitlines() if "cannot be taken" in line]
    assert [line.split(", not")[0] for line in told] == [
        "cannot be taken: referrals_folder: it is a folder",
        "cannot be taken: referrals_link.csv: it is a link",
        "cannot be taken: referrals_pipe.csv: it is a special file",
    ]


def test_publications_are_listed_verified_and_rolled_back(
    published_may_2015: Programme, tmp_path: Path
) -> None:
    programme = published_may_2015.copy_to(tmp_path / "data")
    newest = programme.current()["release_id"]
    listed = programme.flic("publications", "list")
    assert f"* {newest}  as at 2015-05-31  approved by The tests on " in listed.stdout
    verified = programme.flic("publications", "verify")
    assert verified.returncode == 0
    for folder in ("drafts", "management", "publications", "public"):
        assert f"{folder}/{newest}" in verified.stdout
    [earlier] = [line.split()[0] for line in listed.stdout.splitlines() if "as at 2018-03-31" in line]
    assert programme.flic("publications", "rollback", earlier).returncode == 0
    assert (
        programme.current()["release_id"] == programme.current("publications/public")["release_id"] == earlier
    )
    history = programme.flic("publications", "list").stdout.split("Served since")[1]
    served = [line.split()[-1] for line in history.splitlines()[1:5]]
    assert [served[0], served[2], served[3]] == [earlier, newest, earlier]
    # One byte is enough.
    file = programme.publications / f"{newest}.duckdb"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    damaged = programme.flic("publications", "verify")
    assert damaged.returncode == 1
    assert newest in damaged.stdout
    assert programme.flic("publications", "rollback", newest).returncode == 1
    assert programme.current()["release_id"] == earlier


def test_demo_says_which_port_is_taken_before_it_does_anything(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = Programme(tmp_path / "data").flic("demo", "--dashboards-port", str(port))
    assert done.returncode == 1
    assert f"port {port} for the dashboards is taken" in last_line(done)
    assert "DASHBOARDS_PORT=" in last_line(done)
    assert not (tmp_path / "data").exists()
