"""The data lead's morning: read the report, send workbooks, accept what is right; nothing published moves.

That a report which cannot be written harms nothing published stands in test_check.py.
"""

import csv
import re
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from dagster_project import refresh
from dagster_project.settings import Settings
from tests.faults.seven_points import assert_a_whole_release_is_served
from tests.pipeline.programme import REFRESH, Programme, example_files
from tests.pipeline.test_command_line import last_line, report

ODD_REFERRAL = "REF-00022"
"""A referral of the last extracts with a day of decision and no decision."""


def ids(programme: Programme, *arguments: str) -> list[str]:
    listed = programme.flic("warnings", *arguments)
    assert listed.returncode == 0
    return re.findall(r"^([0-9a-f]{12})  ", listed.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["accept", "0123456789ab", "--reason", "right", "--by", "A. Lead"], "0123456789ab"),
        (["accept", "{id}", "--reason", "  ", "--by", "A. Lead"], "--reason"),
        (["accept", "{id}", "--reason", "right", "--by", " "], "--by"),
        (["accept", "{id}", "0123456789ab", "--reason", "right", "--by", "A. Lead"], "0123456789ab"),
        (["reopen", "{id}", "--by", "A. Lead"], "accepted"),
    ],
    ids=["unknown", "no reason", "nobody", "one of two unknown", "reopen what is open"],
)
def test_wrong_use_decides_nothing(published: Programme, arguments: list[str], words: str) -> None:
    [first, *_] = ids(published)
    done = published.flic("warnings", *(argument.replace("{id}", first) for argument in arguments))
    assert done.returncode == 2
    assert last_line(done).startswith("Wrong use:")
    assert words in last_line(done)
    assert not list((published.folder / "landing/warning_decisions").glob("*-*.parquet"))


@pytest.mark.parametrize(
    "arguments", [["accept", "x", "--by", "A"], ["reopen"], ["refuse", "x"]], ids=" ".join
)
def test_what_the_command_line_does_not_know_is_two(tmp_path: Path, arguments: list[str]) -> None:
    assert Programme(tmp_path).flic("warnings", *arguments).returncode == 2


def test_without_a_warehouse_it_says_what_to_do(tmp_path: Path) -> None:
    done = Programme(tmp_path).flic("warnings")
    assert done.returncode == 1
    assert "flic refresh" in last_line(done)


def test_the_list_is_that_of_the_warehouse(published: Programme) -> None:
    [(count,)] = published.warehouse("select count(*) from marts.fct_warnings")
    assert len(ids(published)) == count > 0
    assert len(ids(published, "--export", "referrals", "--rule", "decision_without_date")) == 4
    # On the first morning nobody has seen any of them.
    assert ids(published, "--new") == ids(published)


@pytest.mark.parametrize(
    ("option", "name", "words"),
    [
        (
            "--rule",
            "decision_without_dates",
            "no rule is called decision_without_dates; nearest: decision_with",
        ),
        ("--rule", "qqqq", "no rule is called qqqq. `flic warnings` begins with those of now"),
        ("--export", "referal", "no export is called referal; nearest: referrals."),
    ],
)
def test_a_name_that_is_none_is_told_the_nearest(
    published: Programme, option: str, name: str, words: str
) -> None:
    done = published.flic("warnings", option, name)
    assert done.returncode == 2
    assert last_line(done).startswith(f"Wrong use: {words}")
    assert len(last_line(done)) < 250


def test_the_report_names_the_exports_that_never_came(two_quarters: Programme) -> None:
    [line] = [line for line in report(two_quarters).splitlines() if "never came" in line]
    # The example's accommodation begins in May 2015, its contacts in September 2014.
    assert "Accommodation" in line
    assert "Contacts" not in line


def test_the_first_report_adds_up_and_is_for_its_owner_alone(published: Programme) -> None:
    text = report(published)
    # The rows of the last extract of referrals, as the ledger's test counts them.
    assert "| referrals_2018-03-31.csv | loaded | 2018-03-31 | 446 | 439 | 1 | 2 | 4 |" in text
    assert "There is no earlier load to compare with." in text
    assert "- Every export has come." in text
    files = [path for path in (published.folder / "reports").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    loads = {path.stem for path in (published.folder / "reports/loads").iterdir()}
    assert loads == {path.stem for path in (published.folder / "landing/loads").glob("*-*.parquet")}
    teams = {path.name for path in (published.folder / "reports/corrections").iterdir()}
    assert teams == {
        *("finance.xlsx", "link_worker_team.xlsx", "programme_office.xlsx", "referrals_desk.xlsx"),
        "research.xlsx",
    }
    for path in files:
        if path.suffix == ".md":
            assert "FLIC-0" not in path.read_text()
            assert "REF-0" not in path.read_text()


def test_managements_lists_are_the_findings_and_what_is_still_to_come(published: Programme) -> None:
    listed = dict(
        published.query("select kind, count(*) from data_quality_lists group by all", folder="management")
    )
    # The same findings that are counted for everybody, but for those about a file as a whole.
    [(counted,)] = published.query(
        "select sum(rows) from data_quality_issues where rule not in"
        " ('file_refused', 'file_warning', 'same_content')",
        folder="management",
    )
    assert sum(listed[kind] for kind in ("impossible_date", "refused", "emptied", "odd")) == counted
    # The same people and referrals that the figures of the day count: but for who withdrew consent, and with
    # those whom nobody has met in more than four weeks.
    [(withdrawn,)] = published.warehouse(
        "select count(*) from metrics.metric_star_due inner join marts.fct_episodes using (episode_key)"
        " where counted_on = '2018-03-31' and star_due in ('due_draft', 'due_not_done')"
        " and is_consent_withdrawn"
    )
    [(never_met,)] = published.warehouse(
        "select count(*) from metrics.metric_contact_gap inner join marts.fct_episodes using (episode_key)"
        " where counted_on = '2018-03-31' and days_since_contact = 'never' and start_date < '2018-03-03'"
    )
    assert withdrawn == never_met == 1
    for kind, metric_id, categories, apart in (
        ("star", "star_due", ("due_draft", "due_not_done"), -withdrawn),
        ("contact", "contact_gap", ("over_90", "over_90"), never_met),
        ("no_word", "referrals_no_word", ("over_28", "over_56", "over_84"), 0),
    ):
        assert published.query(
            f"select sum(value) from metric_values where metric_id = '{metric_id}' and measure = 'count'"
            f" and period_end = '2018-03-31' and category_1 in {categories} and dimension_2 = ''",
            folder="management",
        ) == [(listed[kind] - apart,)]
    cells = repr(published.query("select * from data_quality_lists", folder="management"))
    workers = published.warehouse("select worker_key from marts.fct_workers")
    assert workers
    assert [worker for (worker,) in workers if worker in cells] == []
    # No reference of a client as its system has it.
    assert "FLIC-0" not in cells


def test_dagster_has_the_report_without_a_day_or_a_value(published: Programme) -> None:
    storage = [path for path in (published.folder / "dagster").rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in storage)
    assert b"What is wrong or odd in the current extracts" in content
    assert b"Days in the current extracts" not in content
    assert b"2014-06-04" not in content


def test_a_mornings_work(small: Programme) -> None:
    accepted, reopened, *_ = ids(small, "--rule", "decision_without_date")
    by = ("--by", "A. Lead")
    assert small.flic("warnings", "accept", accepted, reopened, "--reason", "asked", *by).returncode == 0
    assert small.flic("warnings", "reopen", reopened, *by).returncode == 0

    # The next extract: one odd referral is gone from it, and a refused file comes with it.
    [last] = example_files("referrals_2014-12-31.xlsx")
    [sheet] = openpyxl.load_workbook(last).worksheets
    # Without its notes, which no contract lists; 116 referrals below three lines and the header.
    lines = [row[:15] for row in sheet.iter_rows(values_only=True)]
    rest = [line for line in lines if line[0] != ODD_REFERRAL]
    assert len(rest) == len(lines) - 1 == 119
    small.inbox.mkdir(exist_ok=True)
    with (small.inbox / "referrals_2015-01-31.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rest)
    (small.inbox / "caseload_2015-01-31.csv").write_bytes(b"no,header,of,ours\n1,2,3,4\n")
    small.refresh()
    text = report(small)
    assert "| referrals_2015-01-31.csv | loaded | 2015-01-31 | 119 | 115 | 0 | 0 | 4 |" in text
    assert "| caseload_2015-01-31.csv | refused: " in text
    assert "| referrals | 2015-01-31 | 2014-12-31 | 0 | 0 | 1 | 1 |" in text
    resolved = text.split("## Resolved since the last load")[1].split("##")[0]
    assert "| referrals | A day of decision without the decision | warn | 1 |" in resolved
    # The vanished referral and the refused file; what was accepted stays so.
    assert len(ids(small, "--new")) == 2
    assert "### Warnings accepted as right (1)" in text
    assert small.query("select * from accepted_warnings", folder="management") == [
        ("referrals", "decision_without_date", 1)
    ]
    assert "2 new warnings" in small.flic("status").stdout

    # Again with nothing new but a decision: the same comparison, and nothing published moves.
    release = small.current()
    counts = small.query("select * from data_quality_issues order by all")
    one_more = next(one for one in ids(small, "--rule", "decision_without_date") if one != accepted)
    assert small.flic("warnings", "accept", one_more, "--reason", "asked", *by).returncode == 0
    small.refresh()
    assert small.current()["release_id"] == release["release_id"]
    assert small.query("select * from data_quality_issues order by all") == counts
    assert "### Warnings accepted as right (2)" in report(small)
    assert len(ids(small, "--new")) == 2
    against = [words.split("## Against")[1].split("##")[0] for words in (report(small), text)]
    assert against[0] == against[1]


def test_a_refresh_that_stops_publishes_nothing_and_says_so_in_the_report(small: Programme) -> None:
    """F10 is its last part: the rule that stops is named, and no row is quoted.

    What a stop for confirmation says stands in test_command_line.py.
    """
    before = small.current()
    figures = small.figures()
    # A day that cannot be: ingestion has read the inbox by then.
    small.inbox.mkdir(exist_ok=True)
    (small.inbox / "referrals_2015-01-31.csv").write_bytes(b"no,header\n1,2\n")
    assert small.flic(*REFRESH, "--as-at", "2030-01-01").returncode == 1
    assert "**Stopped:** as-at 2030-01-01 lies outside what is known" in report(small)
    assert "| referrals_2015-01-31.csv | refused: " in report(small)

    # A test of dbt that stops: a row is missing from a landed file, and the ledger counts it.
    [landed] = (small.folder / "landing/referrals").glob("2014-12-31-*.parquet")
    pq.write_table(pq.read_table(landed).slice(1), landed)
    stopped = small.flic(*REFRESH)
    assert stopped.returncode == 1
    assert "ledger_adds_up: Got 1 result" in last_line(stopped)
    assert "**Stopped:** a rule does not hold (Every row of every file" in report(small)
    assert "Not known: the warehouse does not hold these loads yet." in report(small)
    assert "FLIC-0" not in stopped.stdout + stopped.stderr
    assert small.current()["release_id"] == before["release_id"]
    assert_a_whole_release_is_served(small)
    assert small.figures() == figures


def test_a_run_of_dagster_that_fails_writes_the_report_too(
    small: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in small.environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    job = refresh.definitions(settings).resolve_job_def("refresh")
    outcome = job.execute_in_process(
        run_config={"ops": {"ingest": {"config": {"as_at": "2030-01-01"}}}}, raise_on_error=False
    )
    assert not outcome.success
    assert "**Stopped:** as-at 2030-01-01 lies outside what is known" in report(small)
