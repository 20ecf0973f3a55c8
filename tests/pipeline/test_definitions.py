"""What Dagster runs is complete: nothing of the graph is lost, and one refresh runs at a time."""

from collections.abc import Iterator

import dagster as dg
import pytest
import yaml
from dagster._core.storage.event_log.sqlite import ConsolidatedSqliteEventLogStorage

from dagster_project import refresh
from dagster_project.settings import Settings
from tests.pipeline.programme import ROOT, Programme

LAYERS = {
    "ingestion",
    "seeds",
    "staging",
    "intermediate",
    "marts",
    "metrics",
    "publication",
    "reports",
    "returns",
    "packs",
}


@pytest.fixture(scope="module")
def definitions(published: Programme) -> Iterator[dg.Definitions]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in published.environment.items():
            patch.setenv(name, value)
        yield refresh.definitions(Settings.from_environment())


def test_the_graph_has_every_layer(definitions: dg.Definitions) -> None:
    specs = definitions.resolve_all_asset_specs()
    assert {spec.group_name for spec in specs} == LAYERS


def test_every_model_and_seed_of_dbt_is_an_asset(definitions: dg.Definitions) -> None:
    names = {path.stem for path in (ROOT / "dbt" / "models").rglob("*.sql")}
    names |= {path.stem for path in (ROOT / "seeds" / "fulfilling_lives").glob("*.csv")}
    assets = {spec.key.path[-1] for spec in definitions.resolve_all_asset_specs()}
    assert names <= assets


def test_files_flow_to_the_release_without_a_gap(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = graph.upstream_key_iterator(dg.AssetKey(["publication", "release"]))
    assert dg.AssetKey(["landing", "referrals"]) in set(upstream)


def test_data_tests_of_dbt_are_asset_checks(definitions: dg.Definitions) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    assert any(key.asset_key.path[0] == "marts" for key in checks)
    assert any(key.asset_key.path[0] == "metrics" for key in checks)


def test_the_schedule_runs_in_london_time(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily_refresh")
    assert schedule.execution_timezone == "Europe/London"
    assert schedule.cron_schedule == "0 6 * * *"


def test_the_sensor_asks_for_one_run_for_a_new_file_and_none_for_an_empty_inbox(
    definitions: dg.Definitions, published: Programme
) -> None:
    sensor = definitions.resolve_sensor_def("inbox_sensor")
    with dg.DagsterInstance.ephemeral() as instance:
        quiet = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=definitions))
    assert quiet.run_requests == []
    assert quiet.skip_message


def test_one_run_at_a_time_and_nothing_calls_home() -> None:
    settings = yaml.safe_load((ROOT / ".dagster" / "dagster.yaml").read_text())
    assert settings["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert settings["telemetry"]["enabled"] is False
    assert settings["nux"]["enabled"] is False


def test_the_run_tells_counts_and_reasons_but_no_value(published: Programme) -> None:
    storage = [path for path in (published.folder / "dagster").rglob("*") if path.is_file()]
    assert storage
    for path in storage:
        content = path.read_bytes()
        assert b"FLIC-0" not in content, path
        assert b"SYNTHETIC NOTE" not in content, path


def test_dagsters_own_storage_reads_what_a_run_left(
    definitions: dg.Definitions, published: Programme
) -> None:
    home = published.folder / "dagster"
    history = ConsolidatedSqliteEventLogStorage(str(home))
    graph = definitions.resolve_asset_graph()
    packs = {spec.key for spec in definitions.resolve_all_asset_specs() if spec.group_name == "packs"}
    # Eight packs, each built when somebody asks for it and never by a refresh.
    assert len(packs) == 8
    assert set(history.all_asset_keys()) == set(graph.materializable_asset_keys) - packs
    executed = history.get_latest_asset_check_execution_by_key([*graph.asset_check_keys])
    assert set(executed) == set(graph.asset_check_keys)
