"""Every bad file of `bad_inbox.py` through one refresh: what becomes of it, and that no figure moves.

What a single cell may look like is told case by case in tests/dbt and tests/ingestion; here the whole product
runs.
"""

import logging
import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.ingestion.assets import everything_known, write_control
from dagster_project.ingestion.load import ingest
from dagster_project.transformation import build_warehouse
from tests.faults.bad_inbox import BASE, BASE_DAY, CASES, REFERRALS, SECRETS, Case, csv, referral
from tests.faults.seven_points import assert_seven_points
from tests.pipeline.programme import REFRESH, Figures, Programme, emptied

# The same bytes come once more among the bad files.
CAME_BEFORE = f"referrals_{BASE_DAY}.csv"


@dataclass(frozen=True)
class Story:
    """The programme before and after the bad files came, and what the refresh said."""

    programme: Programme
    figures: Figures
    done: subprocess.CompletedProcess[str]
    loads: dict[str, dict]
    """The ledger by file name, with the counts of the warehouse."""
    findings: Mapping[str, Mapping[bool, Mapping[int, set[str]]]]
    """By file name, by whether the row is kept, by line: `column:reason`."""


@pytest.fixture(scope="module")
def story(bench: Path) -> Story:
    programme = Programme(emptied(bench))
    programme.inbox.mkdir()
    for name, content in BASE.items():
        (programme.inbox / name).write_bytes(content)
    programme.refresh("--backfill")
    figures = programme.figures()
    for case in CASES:
        (programme.inbox / case.name).write_bytes(case.content)
    (programme.inbox / CAME_BEFORE).write_bytes(BASE[CAME_BEFORE])
    done = programme.flic(*REFRESH, "--backfill")
    names = "file_name, status, reason, warnings, rows_loaded, rows_duplicate, rows_rejected, rows_skipped"
    loads = {
        row[0]: dict(zip(names.split(", "), row, strict=True))
        for row in programme.warehouse(f"select {names} from marts.fct_loads")
    }
    findings: dict = defaultdict(lambda: {True: defaultdict(set), False: defaultdict(set)})
    for file, line, column, reason, kept in programme.warehouse(
        "select source_file, source_line, column_name, reason, row_is_kept from marts.fct_rejected_rows"
    ):
        findings[file][kept][line].add(f"{column}:{reason}")
    return Story(programme, figures, done, loads, findings)


def test_the_seven_points_hold_and_no_figure_moves(story: Story) -> None:
    assert_seven_points(
        story.programme, story.done, exit_status=0, secrets=SECRETS, figures_before=story.figures
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_bad_file(case: Case, story: Story) -> None:
    load = story.loads[case.name]
    assert (load["status"], case.reason in (load["reason"] or "")) == (case.status, True), load["reason"]
    assert case.warning in (load["warnings"] or "")
    if case.status != "loaded":
        assert case.name in story.done.stdout
        return
    skipped = load["rows_skipped"] if case.skipped is None else case.skipped
    counted = {key: load[f"rows_{key}"] for key in ("loaded", "duplicate", "rejected", "skipped")}
    assert counted == {
        "loaded": case.loaded, "duplicate": case.duplicate, "rejected": case.rejected, "skipped": skipped
    }  # fmt: skip
    found = story.findings.get(case.name, {True: {}, False: {}})
    assert found[False] == dict(case.findings)
    assert found[True] == dict(case.emptied)


def test_every_reject_has_its_line_in_a_list(story: Story) -> None:
    lists = story.programme.folder.glob("rejects/*/*.csv")  # refused files lie there too
    listed = "\n".join(path.read_text("utf-8-sig", errors="replace") for path in lists)
    for case in CASES:
        for line, reasons in case.findings.items():
            for column, _, reason in (finding.partition(":") for finding in reasons):
                assert re.search(rf"^{case.name},{line},{column},.*{reason}", listed, re.MULTILINE), (
                    case.fault
                )


def test_a_time_of_day_falls_on_the_day_in_london(story: Story) -> None:
    [case] = [case for case in CASES if case.fault.startswith("C4")]
    days = story.programme.warehouse(
        "select source_line, cast(received_date as varchar) from staging.base_referrals"
        " where source_file = ? order by all",
        case.name,
    )
    assert days == [(2, "2014-10-26"), (3, "2014-07-31"), (4, "2014-08-01")]


def test_amounts_add_up_to_the_penny(story: Story) -> None:
    sums = dict(
        story.programme.warehouse(
            "select source_file, cast(sum(amount) as varchar) from staging.base_personal_budget"
            " where reject_reasons is null and not is_duplicate group by all"
        )
    )
    by_fault = {case.fault: sums.get(case.name) for case in CASES}
    assert by_fault["E1 forms of an amount"] == "2369.00"  # 1,234.50 + 1,234.50 - 50 - 50
    assert by_fault["E1 ten thousand lines of ten pence"] == "1000.00"
    assert by_fault["E2 refund, nothing paid"] == "-25.00"
    assert by_fault["E6 two lunches of a day are two by their references"] == "10.00"


def test_what_came_before_is_known_and_what_was_corrected_wins(story: Story) -> None:
    """A1: the same bytes again; A3: other bytes under the same name."""
    programme = story.programme
    assert f"{CAME_BEFORE}: duplicate" in story.done.stdout
    # The first referral is of another borough.
    corrected = csv(
        REFERRALS, [referral(n, **({"borough": "camden"} if n == 1 else {})) for n in range(1, 41)]
    )
    received = "select referral_key, borough from marts.fct_referrals"
    before = dict(programme.warehouse(received))
    (programme.inbox / CAME_BEFORE).write_bytes(corrected)
    # A build up to referrals instead of a whole refresh: publication/test_publish.py has a figure that moves.
    now, log = datetime.now(UTC), logging.getLogger("tests.faults")
    ingest(programme.settings, received_at=now, backfill=True, log=log)
    write_control(
        programme.settings, BASE_DAY, everything_known(programme.settings, now.replace(tzinfo=None))
    )
    build_warehouse(programme.settings, ["+fct_referrals", "+fct_loads"])
    assert set(programme.warehouse(received)) ^ set(before.items()) == {
        ("REF-001", "islington"),
        ("REF-001", "camden"),
    }
    loaded = "select 1 from marts.fct_loads where file_name = ? and status = 'loaded'"
    assert len(programme.warehouse(loaded, CAME_BEFORE)) == 2
