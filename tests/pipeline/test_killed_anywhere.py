"""A refresh killed at any stage leaves the last good release served, and the next one converges."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.killed_refresh import PLACES
from tests.pipeline.programme import ROOT, Programme, example_files

NEW_FILES = ("*_2015-03-31*", "*_2015-05-31*")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """A programme with its first two quarters published and the next extracts waiting in the inbox."""
    programme = Programme(tmp_path_factory.mktemp("before"))
    programme.drop(*example_files("*_2014-09-30*", "*_2014-12-31*"))
    programme.refresh("--backfill")
    programme.drop(*example_files(*NEW_FILES))
    return programme


@pytest.fixture(scope="module")
def undisturbed(before: Programme, tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """The same programme after a refresh that nobody killed."""
    programme = before.copy_to(tmp_path_factory.mktemp("undisturbed"))
    programme.refresh("--backfill")
    return programme


def figures(programme: Programme) -> list[tuple]:
    return programme.query("select * from metric_values order by all")


@pytest.mark.parametrize("place", PLACES)
def test_killed(place: str, before: Programme, undisturbed: Programme, tmp_path: Path) -> None:
    programme = before.copy_to(tmp_path / "data")
    good = programme.current()
    child = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.killed_refresh", place, "refresh", "--backfill"],
        env=programme.environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    served = programme.current()
    if place != "after publication":
        assert served["release_id"] == good["release_id"]
    assert programme.flic("publications", "verify").returncode == 0
    programme.refresh("--backfill")
    assert programme.current()["as_at"] == undisturbed.current()["as_at"]
    assert figures(programme) == figures(undisturbed)
    assert not any(path.is_file() for path in programme.inbox.iterdir())
