"""A page that is read all the while: every look shows one release, whole, while others are published."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.pipeline.programme import FLIC, REFRESH, ROOT, Programme
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, chromium, dashboards

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)

DAY = "2014-09-30"


@contextmanager
def refreshing(programme: Programme) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*FLIC, *REFRESH, "--as-at", DAY],
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


def test_a_refresh_under_a_page_that_is_looked_at_every_second(small: Programme) -> None:
    seen: set[str] = set()
    looks = 0
    with (
        dashboards(small.publications) as address,
        chromium() as browser,
        refreshing(small) as child,
    ):
        page = browser.new_page()
        has_ended = False
        while not has_ended:
            # One more look after the end.
            has_ended = child.poll() is not None
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
    assert len(seen) == 2
