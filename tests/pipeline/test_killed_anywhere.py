"""A refresh killed at any stage leaves the last good release served, and the next one converges.

The renames inside a stage have their own tests (tests/ingestion, tests/publication); here the stages are.
"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.publication.releases import verify
from tests.pipeline.killed_refresh import PLACES
from tests.pipeline.programme import ROOT, Figures, Programme, example_files


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """Two quarters published, and the next extracts waiting in the inbox. Not to be changed."""
    programme = Programme(tmp_path_factory.mktemp("killed") / "data")
    programme.drop(*example_files("*_2014-09-30*", "*_2014-12-31*"))
    programme.refresh("--backfill")
    programme.drop(*example_files("*_2015-03-31*", "*_2015-05-31*"))
    return programme.copy_to(programme.folder.parent / "snapshot")


@pytest.fixture
def programme(snapshot: Programme) -> Programme:
    """The snapshot again, always in the folder where it was made: dbt's parse holds the folder's path."""
    folder = snapshot.folder.parent / "data"
    shutil.rmtree(folder)
    return snapshot.copy_to(folder)


@pytest.fixture(scope="module")
def undisturbed(snapshot: Programme, tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """The figures after a refresh that nobody killed."""
    programme = snapshot.copy_to(tmp_path_factory.mktemp("undisturbed"))
    programme.refresh("--backfill")
    assert programme.current()["as_at"] == "2015-05-31"
    return programme.figures()


@pytest.mark.parametrize("place", PLACES)
def test_killed(place: str, programme: Programme, undisturbed: Figures) -> None:
    good = programme.current()["release_id"]
    child = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.killed_refresh", place, "refresh", "--backfill"],
        env=programme.environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    served = programme.current()["release_id"]
    assert (served == good) is (place != "after publication")
    assert verify(programme.publications, served) == []
    programme.refresh("--backfill")
    assert programme.figures() == undisturbed
    assert not any(path.is_file() for path in programme.inbox.iterdir())
    assert not leftovers(programme.folder)


def leftovers(folder: Path) -> list[Path]:
    """Files that were being written and never finished."""
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix in {".tmp", ".part"}]
