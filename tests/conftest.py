"""Programmes that many tests look at, each refreshed once for the whole test session."""

import os
import time
from pathlib import Path

import pytest

from tests.made_once import made_once
from tests.pipeline.programme import Programme, emptied, example_files, next_extracts


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long `make endure` is."""
    parser.addoption("--kills", type=int, default=0, help="refreshes killed at random moments")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a refresh waits for files to settle, and a page for its browser."""
    return min((os.cpu_count() or 1) + 1, 4)


# The folders of whole refreshes, then the other files that take longest.
LONGEST = (
    *("pipeline", "faults", "test_pages_in_browser.py", "test_parts.py", "benchmarks", "test_publish.py"),
    *("test_approval.py", "test_areas.py", "test_loads.py", "test_paper_in_browser.py"),
    *("test_login_in_browser.py", "test_pages.py", "test_audit.py", "test_exports.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: begun last, one of them would keep one core busy alone."""
    place = {name: number for number, name in enumerate(LONGEST)}

    def of(item: pytest.Item) -> int:
        return min(place.get(name, len(LONGEST)) for name in (item.path.parent.name, item.path.name))

    items.sort(key=of)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which tests may change a programme (`Programme.on_workbench`): one at a time."""
    return tmp_path_factory.getbasetemp() / "workbench"


@pytest.fixture(scope="session")
def published(bench: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Programme:
    """All example exports, loaded as history in one refresh; as at the latest extract. Not to be changed."""

    def make(folder: Path) -> None:
        working = Programme(emptied(bench))
        working.drop(*example_files())
        working.refresh("--backfill")
        working.copy_to(folder)

    return Programme(made_once(tmp_path_factory, worker_id, "published", make))


@pytest.fixture(scope="session")
def published_may_2015(
    published: Programme, bench: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Programme:
    """The same exports with the figures as at 31 May 2015, the review's day. Not to be changed.

    Before it comes a release of that day as known by the middle of June 2015.
    """

    def make(folder: Path) -> None:
        working = published.on_workbench(bench)
        working.refresh("--as-at", "2015-05-31", "--known-by", "2015-06-15T00:00")
        working.refresh("--as-at", "2015-05-31")
        working.copy_to(folder)

    return Programme(made_once(tmp_path_factory, worker_id, "published_may_2015", make))


@pytest.fixture(scope="session")
def two_quarters(bench: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Programme:
    """The exports of the first two quarters, published: small, for tests of faults. Not to be changed."""

    def make(folder: Path) -> None:
        working = Programme(emptied(bench))
        working.drop(*example_files("*_2014-09-30*", "*_2014-12-31*"))
        working.refresh("--backfill")
        working.copy_to(folder)

    return Programme(made_once(tmp_path_factory, worker_id, "two_quarters", make))


@pytest.fixture
def small(two_quarters: Programme, bench: Path) -> Programme:
    """Two quarters, published, in a folder where a test may do what it likes: refreshed sooner."""
    return two_quarters.on_workbench(bench)


@pytest.fixture(scope="session")
def undisturbed(
    two_quarters: Programme, bench: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Programme:
    """Two quarters and the next extracts after a refresh that nobody disturbed. Not to be changed.

    The file `seconds` says how long that refresh took, with the dbt project parsed before.
    """

    def make(folder: Path) -> None:
        working = two_quarters.on_workbench(bench)
        working.drop(*next_extracts())
        assert working.flic("prepare").returncode == 0
        began = time.monotonic()
        working.refresh("--backfill")
        (working.folder / "seconds").write_text(str(time.monotonic() - began))
        working.copy_to(folder)

    return Programme(made_once(tmp_path_factory, worker_id, "undisturbed", make))
