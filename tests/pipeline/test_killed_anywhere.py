"""A refresh killed at any stage leaves the last good release served, and the next one converges (F1).

The renames inside a stage have their own tests (tests/ingestion, tests/publication); here the stages are.
"""

import signal
from pathlib import Path

import pytest

from dagster_project.publication.releases import verify
from tests.faults.seven_points import assert_seven_points
from tests.pipeline.killed_refresh import PLACES
from tests.pipeline.programme import REFRESH, Figures, Programme, next_extracts

# One refresh after the other is killed, each further on, and the next lives with what the last one left.
CHAINS = (
    (
        "while the third file is landing",
        "amid dbt",
        "before publication",
        "after publication",
        "before refused rows are written",
    ),
    (
        "before as-at and known-by are written",
        "amid dbt's tests",
        "amid approval",
        "after approval",
        "before the load report is written",
    ),
)
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


@pytest.mark.parametrize("places", CHAINS, ids=", then ".join)
def test_killed(places: tuple[str, ...], two_quarters: Programme, figures: Figures, bench: Path) -> None:
    programme = two_quarters.on_workbench(bench)
    programme.drop(*next_extracts())
    good = programme.current()["release_id"]
    is_approved = False
    for place in places:
        killed = programme.flic(*REFRESH, "--backfill", killed_at=PLACES[place])
        assert killed.returncode == -signal.SIGKILL, place
        served = programme.current()["release_id"]
        is_approved = is_approved or place in AFTER_APPROVAL
        assert (served == good) is not is_approved, place
        assert verify(programme.publications, served) == []
    done = programme.flic(*REFRESH, "--backfill")
    assert_seven_points(programme, done, exit_status=0)
    assert programme.figures() == figures
    # Whatever was killed, each file is told of once the refresh has ended.
    report = (programme.folder / "reports" / "load_report.md").read_text()
    assert "caseload_2015-05-31.csv | loaded" in report


def test_every_place_is_killed_at() -> None:
    assert sorted(place for places in CHAINS for place in places) == sorted(PLACES)
