"""Cases of changes are counted by hand on one or two people."""

import pytest

from tests.expected import paired_change


@pytest.fixture
def few_people_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired_change, "LEAST_PEOPLE", 1)
