"""Fixtures of the dbt tests."""

import pytest

from tests.dbt.landing_folder import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The one folder in which all warehouses of these tests are built."""
    return Workshop(tmp_path_factory.mktemp("workshop"))
