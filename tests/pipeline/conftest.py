"""Programmes that many tests look at, each refreshed once for the whole test session."""

from collections.abc import Callable

import pytest
from filelock import FileLock

from tests.pipeline.programme import Programme, example_files


def made_once(
    factory: pytest.TempPathFactory, worker_id: str, name: str, make: Callable[[Programme], None]
) -> Programme:
    """A programme that the first worker to ask makes and the other workers find."""
    # pytest-xdist gives each worker a folder of its own below one that they share.
    base = factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder = shared / name
    with FileLock(shared / f"{name}.lock"):
        done = shared / f"{name}.done"
        if not done.exists():
            make(Programme(folder))
            done.touch()
    return Programme(folder)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Programme:
    """All example exports, loaded as history in one refresh; as at the latest extract. Not to be changed."""

    def make(programme: Programme) -> None:
        programme.drop(*example_files())
        programme.refresh("--backfill")

    return made_once(tmp_path_factory, worker_id, "published", make)


@pytest.fixture(scope="session")
def published_may_2015(
    published: Programme, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Programme:
    """The same exports with the figures as at 31 May 2015, the review's day. Not to be changed."""

    def make(programme: Programme) -> None:
        published.copy_to(programme.folder).refresh("--as-at", "2015-05-31")

    return made_once(tmp_path_factory, worker_id, "published_may_2015", make)


@pytest.fixture
def programme(published: Programme, tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """All example exports, published, in a folder where a test may do what it likes."""
    return published.on_workbench(tmp_path_factory.getbasetemp() / "workbench")
