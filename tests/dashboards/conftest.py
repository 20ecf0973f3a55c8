"""What the tests of the dashboards share: publications, each written once, and the pages in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.dashboards.publication_fixture import LATEST, MAY_2015, write_publication
from tests.made_once import made_once
from tests.served import chromium, dashboards

KINDS: dict[str, tuple[date, str, str]] = {
    "normal": (LATEST, "normal", "spg"),
    "part_period": (MAY_2015, "normal", "spg"),
    "all_suppressed": (LATEST, "all_suppressed", "spg"),
    "empty": (LATEST, "empty", "spg"),
    "public": (LATEST, "public", "spg"),
    "national": (LATEST, "national", "spg"),
    "area": (LATEST, "area", "spg"),
    "management": (LATEST, "normal", "management"),
    "management_empty": (LATEST, "empty", "management"),
}


@pytest.fixture(scope="session")
def publications(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, Path]:
    """A folder of publications for each kind, each with one release and its `current.json`."""

    def make(folder: Path) -> None:
        for name, (as_at, kind, audience) in KINDS.items():
            write_publication(folder / name, as_at, kind, audience=audience)

    folder = made_once(tmp_path_factory, worker_id, "publications", make)
    return {name: folder / name for name in KINDS}


@pytest.fixture(scope="session")
def looked_at(publications: dict[str, Path]) -> Path:
    """The publications that are looked at in a browser; `FLIC_LOOK_AT` names others."""
    return Path(os.environ.get("FLIC_LOOK_AT") or publications["normal"])


@pytest.fixture(scope="session")
def address(looked_at: Path) -> Iterator[str]:
    """The application on them."""
    with dashboards(looked_at) as address:
        yield address


# Playwright keeps a loop running in its thread, which the tests of other modules must not meet.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the module."""
    with chromium() as browser:
        yield browser
