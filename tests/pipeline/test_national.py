"""A national programme from its exports to a publication for each area (the profile `national`)."""

import pytest

from tests.pipeline.national import National, areas, write_exports

PEOPLE_OF = (25, 20, 4)
"""Supported people of the first three areas; nobody is in the others yet."""


@pytest.fixture(scope="module")
def national(tmp_path_factory: pytest.TempPathFactory) -> National:
    """Two exports of three areas, published and approved; in a folder of its own: the profile is another."""
    programme = National(tmp_path_factory.mktemp("national"))
    write_exports(programme.inbox, PEOPLE_OF)
    programme.refresh("--backfill")
    return programme


def test_everybody_is_counted_in_one_area(national: National) -> None:
    # By its name, by its label, or only on the referral.
    counted = national.query(
        "select category_1, value from metric_values where metric_id = 'starts' and measure = 'count'"
        " and period_type = 'programme' and dimension_1 = 'area' and dimension_2 = ''"
        " and period_end = (select as_at from release)",
        folder="management",
    )
    names = [row["area"] for row in areas()]
    expected = dict(zip(names, PEOPLE_OF, strict=False))
    assert dict(counted) == {name: expected.get(name, 0) for name in names} | {"not_known": 0}


def test_each_area_has_a_publication_of_its_own_and_the_release_is_the_same(national: National) -> None:
    release = national.current()["release_id"]
    for area in areas():
        folder = f"publications/areas/{area['area']}"
        assert national.current(folder)["release_id"] == release
        assert national.query("select area, audience from release", folder=folder) == [(area["label"], "spg")]
    own = national.query(
        "select value from metric_values where metric_id = 'starts' and measure = 'count'"
        " and period_type = 'programme' and dimension_1 = '' and period_end = (select as_at from release)",
        folder="publications/areas/birmingham",
    )
    assert own == [(PEOPLE_OF[0],)]


def test_what_is_nobodys_own_is_not_offered_by_area(national: National) -> None:
    offered = dict(national.warehouse("select metric_id, breakdowns from metrics.metric_definitions"))
    without = {metric for metric, breakdowns in offered.items() if "area" not in breakdowns.split("|")}
    assert without == {
        "caseload_per_fte", "cost_per_client_month", "evidence_by_source", "petty_cash", "programme_budget",
        "spg_item_age", "system_changes_by_stage",
    }  # fmt: skip
