"""A page that is read all the while: every look shows one release, whole, while others are published."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.pipeline.programme import ROOT, Programme
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, chromium, dashboards

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)

DAYS = ["2014-08-31", "2014-11-30"]

# The refreshes of a service that goes on running: one process, as the daemon's.
REFRESHES = """
import sys
from dagster_project.cli import main
for day in sys.argv[1:]:
    try:
        main(["refresh", "--as-at", day, "--approve-by", "The tests"])
    except SystemExit as left:
        if left.code:
            raise
"""


@contextmanager
def refreshing(programme: Programme, days: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", REFRESHES, *days],
        env=programme.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        yield running


def open_on(programme: Programme, release: str) -> str:
    [(people,)] = programme.query_release(
        release,
        "select value from metric_values where metric_id = 'open_caseload' and dimension_1 = ''"
        " and period_end = (select as_at from release)",
    )
    return f"{people:.0f} people"


def test_refreshes_under_a_page_that_is_looked_at_every_second(small: Programme) -> None:
    seen: set[str] = set()
    looks = 0
    with (
        dashboards(small.publications) as address,
        chromium() as browser,
        refreshing(small, DAYS) as child,
    ):
        page = browser.new_page()
        while child.poll() is None or looks == 0:
            page.goto(address)
            page.wait_for_selector("footer.foot", timeout=60_000)
            text = page.inner_text("[data-testid=stMain]")
            release = re.findall(r"release (\d{4}-\d\d-\d\d-\d{8}T\d{6}Z-[0-9a-f]{8})", text)
            # The top line and the footer name it: one release, not two.
            assert len(release) == 2
            assert len(set(release)) == 1
            assert "cannot be shown just now" not in text
            tile = " ".join(page.inner_text("[class*=st-key-tile-open]:not([class*=tiles])").split())
            assert open_on(small, release[0]) in tile, (release, tile)
            seen.add(release[0])
            looks += 1
            time.sleep(1)
        assert child.returncode == 0, child.stdout.read() if child.stdout else ""
    assert looks >= 10
    # That which was served before, and the next one at least: the last may come after the last look.
    assert len(seen) >= 2
    assert len(list(small.publications.glob("*.duckdb"))) == 1 + len(DAYS)
