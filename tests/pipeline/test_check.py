"""`flic check` says what a refresh would then do, and leaves everything as it was."""

import hashlib
import os
import re
import signal
import subprocess
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from dagster_project.check import Finding, Preview, in_words, not_among
from dagster_project.ingestion.landing import Load
from dagster_project.ingestion.load import FileReport
from tests.pipeline.programme import FLIC, REFRESH, ROOT, Programme, example_files

FIRST = "2014-12-31"
# An extract with a row to reject, one whose star has a cell to empty, and the money.
NEXT = [
    *example_files("referrals_2015-09-30.csv"),
    *example_files("caseload_2015-09-30.csv"),
    *example_files("outcome_stars_2015-09-30.csv"),
    *example_files("personal_budget_2015-06-30.xlsx"),
]


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file of a data folder but the preview's, by its hash and rights."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mode,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "preview" not in path.relative_to(folder).parts
    }


def sections(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, list[str]]]:
    """What was said of each file: the words after each label."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in done.stdout.splitlines()[:-1]:
        if line.startswith("  "):
            label, words = line[2:12].strip(), line[12:]
            found[list(found)[-1]].setdefault(label, []).append(words)
        else:
            found[line] = {}
    return found


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def early(two_quarters: Programme, bench: Path) -> Programme:
    """A programme that has published its first extracts. Each test leaves it as it was, but the last two."""
    return two_quarters.on_workbench(bench)


@pytest.fixture(scope="module")
def checked(early: Programme) -> subprocess.CompletedProcess[str]:
    """What was said of the next extracts while they lay in the inbox, where they do not stay."""
    early.drop(*NEXT)
    before = contents(early.folder)
    done = early.flic("check", *(str(early.inbox / file.name) for file in NEXT))
    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(early.folder) == before
    for file in NEXT:
        (early.inbox / file.name).unlink()
    return done


def test_a_check_changes_nothing_and_leaves_no_data(
    early: Programme, checked: subprocess.CompletedProcess[str]
) -> None:
    assert last_line(checked).startswith("Can be taken: 4 of 4 files. Nothing was loaded.")
    preview = early.folder / "preview"
    assert preview.stat().st_mode & 0o777 == 0o700
    left = {path.relative_to(preview).as_posix() for path in preview.rglob("*") if path.is_file()}
    assert left == {"dbt_target/partial_parse.msgpack", "refresh.lock", "refresh.lock.json"}


def small(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


HEADER = "Referral ID,Client ID,Received date,Borough\n"
GOOD = HEADER + "R1,C1,01/04/2015,Camden\n"
# (name of the file, its text, words of its reason)
REFUSED = [
    ("enquiries_2015-04-30.csv", GOOD, "the file name does not begin with the name of an export"),
    ("referrals_2015-04-27.csv", "a,b\n1,2\n", "no header row"),
    ("referrals_2015-04-28.csv", GOOD.replace("Borough", "Boro"), "missing: borough (nearest is 'Boro'"),
    ("referrals_2015-04-29.xlsx", GOOD, "really plain text"),
    ("referrals.csv.part", GOOD, "temporary"),
    ("referrals_2099-01-01.csv", GOOD, "after the day of arrival"),
]


@pytest.fixture(scope="module")
def odd(early: Programme, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What was said of files with odd and secret cells, and of others that would be refused."""
    before = contents(early.folder)
    folder = tmp_path_factory.mktemp("odd")
    (folder / "referrals_2015-04-30.csv").write_text(
        "Referral ID,Client ID,Received date,Borough,Secret header\n"
        "R-SECRET,C-SECRET,32/SECRET,Atlantis,free text\n"
        "R-SECRET2,C-SECRET,01/04/2015,Camden,free text\n"
    )
    (folder / "caseload_2015-04-30.csv").write_text(
        "Case Ref,Client Ref,Start date,Borough,Sex\n"
        "E1,NEVER-REFERRED-1,2015-04-01,Camden,martian\n"
        "E2,NEVER-REFERRED-2,2015-04-01,Atlantis,male\n"
    )
    for name, text, _ in REFUSED:
        small(folder, name, text)
    (folder / "link.csv").symlink_to(folder / "caseload_2015-04-30.csv")
    os.mkfifo(folder / "referrals_pipe.csv")
    done = early.flic("check", *map(str, sorted(folder.iterdir())))
    assert contents(early.folder) == before
    return done


def test_nothing_that_stands_in_a_cell_is_said(odd: subprocess.CompletedProcess[str]) -> None:
    said = sections(odd)["referrals_2015-04-30.csv"]
    assert said["data"] == ["1 to be loaded, 0 repeated (counted once), 1 to be rejected"]
    assert said["reject"] == [
        "1 x borough is on no list of values or spellings (line 2)",
        "1 x received_date is not a date in an accepted form (line 2)",
    ]
    assert said["columns"] == ["referral_id <- 1, client_id <- 2, received_date <- 3, borough <- 4"]
    # This programme has one area, so nobody misses a column of areas.
    assert "referrer_agency" in said["absent"][0]
    assert "programme_area" not in said["absent"][0]
    assert said["warning"][0].startswith("column 5 is not in the contract and was not loaded (hash of the")
    assert not re.search("secret|atlantis|martian|free text", odd.stdout + odd.stderr, re.IGNORECASE)
    # The 116 referrals of the extract before are gone, and one instead of them is a volume to confirm.
    assert (
        said["change"][0]
        == "1 records new, 0 changed, 0 unchanged, 116 vanished, against the extract of 2014-12-31"
    )
    assert "would stop until you confirm" in said["change"][1]


def test_what_only_warns_is_not_called_a_reject(odd: subprocess.CompletedProcess[str]) -> None:
    said = sections(odd)["caseload_2015-04-30.csv"]
    assert said["reject"] == ["1 x borough is on no list of values or spellings (line 3)"]
    assert said["cell"] == ["1 x sex is on no list of values or spellings (line 2)"]
    assert said["warn"] == ["2 x A client for whom there is no referral (line 2, 3)"]
    assert "note" not in said


REFERRALS, CASELOAD, STARS = (
    FileReport(f"{export}_{FIRST}.csv", "loaded", load_id=export, export=export)
    for export in ("referrals", "caseload", "outcome_stars")
)


DAY, NOON = date.fromisoformat(FIRST), datetime.fromisoformat(f"{FIRST}T12:00")
LOAD = Load("caseload", "caseload", "caseload.csv", "", 1, DAY, 1, NOON, NOON, "loaded", encoding="utf-8")


@pytest.mark.parametrize(
    ("checked_with", "rule", "note"),
    [
        ([CASELOAD], "orphan", "checked without a file of referrals: "),
        ([STARS], "unknown_client", "checked without a file of caseload or referrals: "),
        ([STARS, REFERRALS], "unknown_client", "checked without a file of caseload: "),
        ([CASELOAD, replace(REFERRALS, status="refused")], "orphan", "checked without a file of referrals: "),
        ([CASELOAD, REFERRALS], "orphan", ""),
        ([CASELOAD], "not_a_date", ""),
    ],
)
def test_a_file_checked_without_those_that_know_clients_says_so(
    checked_with: list[FileReport], rule: str, note: str
) -> None:
    found = Finding("A client for whom there is no referral", 256, (2, 3), "warn", rule)
    said = in_words(Preview(CASELOAD, LOAD, findings=(found,), without=not_among(checked_with)))
    told = [line for line in said if line.startswith("  note")]
    assert [line[12:].startswith(note) for line in told] == [True] * bool(note)


def test_a_file_that_would_be_refused_says_why_and_is_status_one(
    odd: subprocess.CompletedProcess[str],
) -> None:
    assert odd.returncode == 1
    assert last_line(odd) == "Refused: 8 of 10 files. Nothing was loaded."
    said = sections(odd)
    for taken in ("referrals_2015-04-30.csv", "caseload_2015-04-30.csv"):
        assert "refused" not in said[taken]
    special = [
        (name, "", "put the export itself into the inbox") for name in ("link.csv", "referrals_pipe.csv")
    ]
    for name, _, words in [*REFUSED, *special]:
        assert words in said[name]["refused"][0]


@pytest.mark.parametrize("arguments", [[], ["nowhere.csv"], ["README.md", "tests/example_inbox/README.md"]])
def test_wrong_use_is_two(tmp_path: Path, arguments: list[str]) -> None:
    assert Programme(tmp_path).flic("check", *arguments).returncode == 2


def test_known_older_and_unchanged_extracts_are_told_apart(early: Programme, tmp_path: Path) -> None:
    [known] = example_files(f"caseload_{FIRST}.csv")
    older = small(tmp_path, "caseload_2014-10-31.csv", "")
    older.write_bytes(example_files("caseload_2014-09-30.csv")[0].read_bytes())
    again = small(tmp_path, "referrals_2015-04-30.xlsx", "")
    again.write_bytes(example_files(f"referrals_{FIRST}.xlsx")[0].read_bytes())
    done = early.flic("check", str(known), str(older), str(again))
    assert done.returncode == 0
    said = sections(done)
    assert "nothing would change" in said[known.name]["known"][0]
    assert said[older.name]["change"] == [
        "it would not become current: figures rest on the newer extract of 2014-12-31"
    ]
    assert said[again.name]["change"] == [
        "0 records new, 0 changed, 116 unchanged, 0 vanished, against the extract of 2014-12-31"
    ]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "no pseudonym key"),
        ("another-synthetic-key-of-sufficient-length", "is not the one of the data"),
    ],
)
def test_the_key_is_checked_and_not_made(early: Programme, key: str, words: str) -> None:
    before = contents(early.folder)
    done = early.flic("check", str(NEXT[0]), environment={"FLIC_PSEUDONYM_KEY": key})
    assert done.returncode == 1
    assert words in last_line(done)
    assert contents(early.folder) == before


def test_what_a_killed_check_left_is_gone_after_the_next_command(early: Programme) -> None:
    with subprocess.Popen(
        [*FLIC, "check", str(NEXT[0])], env=early.environment, cwd=ROOT, stdout=subprocess.DEVNULL
    ) as check:
        while not list((early.folder / "preview").glob("landing/referrals/2015-09-30*")):
            assert check.poll() is None
        check.send_signal(signal.SIGKILL)
    assert (early.folder / "preview" / "landing").exists()
    before = contents(early.folder)
    # One that is known needs no build.
    assert early.flic("check", str(*example_files(f"caseload_{FIRST}.csv"))).returncode == 0
    assert contents(early.folder) == before
    assert not (early.folder / "preview" / "landing").exists()


@pytest.fixture(scope="module")
def refreshed(
    early: Programme, checked: subprocess.CompletedProcess[str]
) -> subprocess.CompletedProcess[str]:
    """What the refresh of the next extracts said, whose load report could not be written."""
    early.drop(*NEXT)
    (early.folder / "reports" / "load_report.md").unlink()
    (early.folder / "reports" / "load_report.md").mkdir()
    return early.flic(*REFRESH)


def test_reports_that_cannot_be_written_harm_nothing_published(
    early: Programme, refreshed: subprocess.CompletedProcess[str]
) -> None:
    assert refreshed.returncode == 1
    assert "what is published is not concerned" in last_line(refreshed)
    assert early.current()["as_at"] == "2015-09-30"
    assert early.current()["release_id"] in last_line(refreshed)


@pytest.mark.usefixtures("refreshed")
def test_a_refresh_then_gives_the_rows_and_rejects_that_the_check_said(
    early: Programme, checked: subprocess.CompletedProcess[str]
) -> None:
    said = sections(checked)
    for file in NEXT:
        [(*counts, load_id)] = early.warehouse(
            "select rows_in_file, rows_skipped, rows_landed, rows_loaded, rows_duplicate, rows_rejected,"
            " load_id from marts.fct_loads where file_name = ? and status = 'loaded'",
            file.name,
        )
        words = said[file.name]["rows"] + said[file.name]["data"]
        assert [int(number) for line in words for number in re.findall(r"\d+", line)] == counts
        for label, kept in (("reject", False), ("cell", True)):
            found = early.warehouse(
                "select count(*), min(source_line) from marts.fct_rejected_rows"
                " where load_id = ? and row_is_kept = ? and reason <> 'orphan' group by column_name, reason",
                load_id,
                kept,
            )
            given = [re.search(r"^(\d+) x .*\(line (\d+)", line) for line in said[file.name].get(label, [])]
            assert sorted((int(line[1]), int(line[2])) for line in given if line) == sorted(found)
    assert any("reject" in about for about in said.values())
    assert any("cell" in about for about in said.values())
