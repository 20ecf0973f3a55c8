"""Fixtures of the dbt tests."""

from pathlib import Path

import pytest

from tests.dbt.landing_folder import Workshop


@pytest.fixture(scope="session")
def workshop(bench: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The one folder in which all warehouses of these tests are built."""
    return Workshop(bench, tmp_path_factory.mktemp("warehouses"))
