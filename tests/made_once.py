"""Folders that are made once for a whole test session, whichever of its workers asks first."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(
    factory: pytest.TempPathFactory, worker_id: str, name: str, make: Callable[[Path], None]
) -> Path:
    """The folder of that name, which the first worker to ask makes and the others find. Not to be changed."""
    # pytest-xdist gives each worker a folder of its own below one that they share.
    base = factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder = shared / name
    with FileLock(shared / f"{name}.lock"):
        done = shared / f"{name}.done"
        if not done.exists():
            make(folder)
            done.touch()
    return folder
