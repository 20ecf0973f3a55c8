"""Fixtures of the ingestion tests."""

from pathlib import Path

import pytest

from tests.ingestion.zone import Zone


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    """An empty restricted zone."""
    return Zone.at(tmp_path / "data")
