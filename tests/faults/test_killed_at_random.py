"""Refreshes killed at random moments, several in a row: the next one that is let be gives the same figures.

`make endure` kills fifty (`--kills`); the suite kills at known places (pipeline/test_amid_a_refresh.py).
"""

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults.seven_points import assert_a_whole_release_is_served, assert_seven_points
from tests.pipeline.programme import FLIC, REFRESH, ROOT, Programme, next_extracts

SEED = 2015
# As many kills follow each other before anything is mended; an export arrives before each.
IN_A_ROW = len(next_extracts())


def killed_after(programme: Programme, seconds: float) -> bool:
    """Start a refresh and kill it and its children after a while; whether it was still running then."""
    with subprocess.Popen(
        # Not approved: figures of an approved release would stay, and not all inputs are in it.
        [*FLIC, "refresh", "--backfill"],
        env=programme.environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as refresh:
        try:
            refresh.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(refresh.pid, signal.SIGKILL)
    return refresh.returncode == -signal.SIGKILL


def test_killed_at_random_moments(
    two_quarters: Programme, undisturbed: Programme, bench: Path, pytestconfig: pytest.Config
) -> None:
    kills = int(str(pytestconfig.getoption("--kills")))
    if not kills:
        pytest.skip("`make endure` kills at random moments")
    moments = random.Random(SEED)
    length = float((undisturbed.folder / "seconds").read_text())
    while kills > 0:
        programme = two_quarters.on_workbench(bench)
        waiting = next_extracts()
        moments.shuffle(waiting)
        for _ in range(min(kills, IN_A_ROW)):
            programme.drop(waiting.pop())
            # One that ends sooner than the one that was measured was not killed and does not count.
            kills -= killed_after(programme, moments.uniform(0, length))
            assert_a_whole_release_is_served(programme)
        programme.drop(*waiting)
        done = programme.flic(*REFRESH, "--backfill")
        assert_seven_points(programme, done, exit_status=0)
        assert programme.figures() == undisturbed.figures()
