"""Publications that the tests of the dashboards share: each is written once a session."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.dashboards.publication_fixture import LATEST, MAY_2015, write_publication

KINDS: dict[str, tuple[date, str, str]] = {
    "normal": (LATEST, "normal", "spg"),
    "part_period": (MAY_2015, "normal", "spg"),
    "all_suppressed": (LATEST, "all_suppressed", "spg"),
    "empty": (LATEST, "empty", "spg"),
    "public": (LATEST, "public", "spg"),
    "management": (LATEST, "normal", "management"),
    "management_empty": (LATEST, "empty", "management"),
}


@pytest.fixture(scope="session")
def publications(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of publications for each kind, each with one release and its `current.json`."""
    folders = {}
    for name, (as_at, kind, audience) in KINDS.items():
        folders[name] = tmp_path_factory.mktemp(name)
        write_publication(folders[name], as_at, kind, audience=audience)
    return folders
