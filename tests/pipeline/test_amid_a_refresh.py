"""A refresh killed at any stage leaves the last good release served, and the next one converges (F1).

The renames inside a stage have their own tests (tests/ingestion, tests/publication); here the stages are.
A page that is read all the while shows one release, whole, at every look (F6).
"""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dagster_project.nothing_new import MARK
from dagster_project.publication.releases import verify
from tests.faults.seven_points import assert_seven_points
from tests.killed import Place
from tests.pipeline.programme import FLIC, REFRESH, ROOT, Figures, Programme, next_extracts
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, chromium, dashboards

# Refreshes in a row, and the places that each of them passes. It is killed at the last one; at those before,
# its folder is copied, which is what a kill there would leave.
REFRESHES: list[dict[str, Place]] = [
    {"while the third file is landing": ("pyarrow.parquet", "ParquetWriter.close", 3, "before")},
    {
        "before as-at and known-by are written": (
            "dagster_project.ingestion.assets",
            "write_control",
            1,
            "before",
        ),
        "amid dbt": ("dbt.adapters.duckdb.connections", "DuckDBConnectionManager.execute", 60, "after"),
        "amid dbt's tests": ("dbt.task.test", "TestRunner.execute", 70, "after"),
    },
    # What a kill amid publication or approval leaves is refreshed again in tests/publication.
    {
        "before publication": ("dagster_project.publication.assets", "publish", 1, "before"),
        "after publication": ("dagster_project.publication.assets", "publish", 1, "after"),
        "amid approval": ("dagster_project.publication.approval", "_write_taken", 1, "before"),
        "after approval": ("dagster_project.publication.assets", "approve", 1, "after"),
        "before refused rows are written": ("dagster_project.reports.assets", "write_rejects", 1, "before"),
        "before the load report is written": ("dagster_project.reports.assets", "load_report", 1, "before"),
    },
]

# The files for the data lead are written after approval.
AFTER_APPROVAL = {
    "after approval",
    "before refused rows are written",
    "before the load report is written",
}


@dataclass(frozen=True)
class Look:
    """What a reader saw: every name of a release on the page, all its words, and the people who are open."""

    releases: list[str]
    text: str
    tile: str


@dataclass(frozen=True)
class Undisturbed:
    """A refresh that nobody killed."""

    figures: Figures
    looks: list[Look]
    open_on: dict[str, str]
    """What each release says of the people who are open at its last whole quarter's end."""


def looks_at(programme: Programme, refresh: subprocess.Popen[str]) -> Iterator[Look]:
    """The first page, loaded again and again until the refresh has ended, and once more."""
    with dashboards(programme.publications) as address, chromium() as browser:
        page = browser.new_page()
        has_ended = False
        while not has_ended:
            has_ended = refresh.poll() is not None
            page.goto(address)
            page.wait_for_selector("footer.foot", timeout=60_000)
            text = page.inner_text("[data-testid=stMain]")
            releases = re.findall(r"release (\d{4}-\d\d-\d\d-\d{8}T\d{6}Z-[0-9a-f]{8})", text)
            tile = page.inner_text("[class*=st-key-tile-open]:not([class*=tiles])")
            yield Look(releases, text, " ".join(tile.split()))
            time.sleep(2)


@pytest.fixture(scope="module")
def undisturbed(two_quarters: Programme, bench: Path) -> Undisturbed:
    """The next extracts, refreshed under a page that is loaded again and again, where there is a browser."""
    programme = two_quarters.on_workbench(bench)
    programme.drop(*next_extracts())
    before = programme.current()["release_id"]
    with subprocess.Popen(
        [*FLIC, *REFRESH, "--backfill"],
        env=programme.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as refresh:
        looks = [*looks_at(programme, refresh)] if CHROMIUM else []
        said, _ = refresh.communicate()
    assert refresh.returncode == 0, said
    assert programme.current()["as_at"] == "2015-05-31"
    releases = (before, programme.current()["release_id"])
    return Undisturbed(programme.figures(), looks, {name: open_on(programme, name) for name in releases})


def open_on(programme: Programme, release: str) -> str:
    [(people,)] = programme.query_release(
        release,
        "select value from metric_values where metric_id = 'open_caseload' and dimension_1 = ''"
        " and period_end = (select max(period_end) from reference_periods"
        " where period_type = 'quarter' and is_complete)",
    )
    return f"{people:.0f} people"


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)
def test_a_page_that_is_read_all_the_while_shows_one_release(undisturbed: Undisturbed) -> None:
    for look in undisturbed.looks:
        # The top line and the footer name it: one release, not two.
        assert len(look.releases) == 2
        [release] = set(look.releases)
        assert "cannot be shown just now" not in look.text
        assert undisturbed.open_on[release] in look.tile, look
    assert len(undisturbed.looks) >= 5
    # The one of before and the new one, whose number of people is another.
    assert {release for look in undisturbed.looks for release in look.releases} == {*undisturbed.open_on}
    assert len(set(undisturbed.open_on.values())) == 2


def test_killed(two_quarters: Programme, undisturbed: Undisturbed, bench: Path, tmp_path: Path) -> None:
    """One refresh after the other is killed, and the next lives with what the last one left."""
    programme = two_quarters.on_workbench(bench)
    programme.drop(*next_extracts())
    good = programme.current()["release_id"]
    for number, places in enumerate(REFRESHES):
        (programme.folder / MARK).touch()
        *passed, last = places
        copies = {place: tmp_path / f"{number} {place}" for place in passed}
        killed = programme.flic(
            *REFRESH,
            "--backfill",
            killed_at=places[last],
            copied_at={copy: places[place] for place, copy in copies.items()},
        )
        assert killed.returncode == -signal.SIGKILL, last
        for place, folder in {**copies, last: programme.folder}.items():
            left = Programme(folder)
            # So the next one has to build.
            assert not (folder / MARK).exists(), place
            served = left.current()["release_id"]
            assert (served != good) is (place in AFTER_APPROVAL), place
            assert verify(left.publications, served) == []
    done = programme.flic(*REFRESH, "--backfill")
    assert_seven_points(programme, done, exit_status=0)
    assert programme.figures() == undisturbed.figures
    # Whatever was killed, each file is told of once the refresh has ended.
    report = (programme.folder / "reports" / "load_report.md").read_text()
    assert "caseload_2015-05-31.csv | loaded" in report
