"""dbt's own unit tests: each metric's rows against rows counted by hand (beside the metric, in its YAML)."""

from pathlib import Path

from dagster_project.transformation import invoke_dbt
from tests.pipeline.programme import Programme


def test_every_unit_test_of_the_dbt_project_holds(published: Programme, bench: Path) -> None:
    # dbt reads the columns of the tables that a test stands in for; the example's warehouse has them all.
    copy = published.on_workbench(bench)
    result = invoke_dbt(copy.settings, ["test", "--select", "test_type:unit"])
    assert result.exception is None
    ran = [node for node in result.result.results if node.node.resource_type == "unit_test"]
    assert {node.node.name: node.message for node in ran if str(node.status) != "pass"} == {}
    assert len(ran) > 20
