"""A refresh killed at any stage leaves the last good release served, and the next one converges (F1).

The renames inside a stage have their own tests (tests/ingestion, tests/publication); here the stages are.
"""

import signal
from pathlib import Path

import pytest

from dagster_project.nothing_new import MARK
from dagster_project.publication.releases import verify
from tests.faults.seven_points import assert_seven_points
from tests.killed import Place
from tests.pipeline.programme import REFRESH, Figures, Programme, next_extracts

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
    {
        "before publication": ("dagster_project.publication.assets", "publish", 1, "before"),
        "after publication": ("dagster_project.publication.assets", "publish", 1, "after"),
        "amid approval": ("dagster_project.publication.approval", "_write_taken", 1, "before"),
    },
    {
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


@pytest.fixture(scope="module")
def figures(undisturbed: Programme) -> Figures:
    """The figures after a refresh that nobody killed."""
    assert undisturbed.current()["as_at"] == "2015-05-31"
    return undisturbed.figures()


def test_killed(two_quarters: Programme, figures: Figures, bench: Path, tmp_path: Path) -> None:
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
    assert programme.figures() == figures
    # Whatever was killed, each file is told of once the refresh has ended.
    report = (programme.folder / "reports" / "load_report.md").read_text()
    assert "caseload_2015-05-31.csv | loaded" in report
