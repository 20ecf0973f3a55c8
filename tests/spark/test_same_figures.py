"""The example built by Spark, on a cluster, and by DuckDB: every mart and every metric the same, bit for bit.

Run by `make test-spark` alone: it takes minutes, and packages that nothing else needs.
"""

from pathlib import Path

import duckdb
import pytest

from tests.pipeline.programme import Programme
from tests.spark.cluster import local_cluster

COMPARED = ("reference", "marts", "metrics", "returns")


@pytest.fixture(scope="module")
def on_spark(published: Programme, bench: Path, tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """The example, refreshed once more with Spark as the engine."""
    programme = published.on_workbench(bench)
    # What stands there afterwards is Spark's.
    (programme.folder / "warehouse.duckdb").unlink()
    with local_cluster(tmp_path_factory.mktemp("cluster")) as environment:
        done = programme.flic("refresh", environment={"FLIC_ENGINE": "spark", **environment})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return programme


def test_every_mart_and_metric_is_duckdbs(
    on_spark: Programme, published: Programme, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, differing = 0, {}
    with duckdb.connect() as connection:
        for name, programme in (("duck", published), ("spark", on_spark)):
            connection.execute(f"attach '{programme.folder / 'warehouse.duckdb'}' as {name} (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = 'duck' and list_contains(?, schema_name) order by all",
            [list(COMPARED)],
        ).fetchall()
        for schema, table in tables:
            # As texts: -0.0 equals 0.0, and a whole number may be of another width where no contract says.
            columns = [row[0] for row in connection.execute(f"describe duck.{schema}.{table}").fetchall()]
            texts = ", ".join(f'cast("{column}" as varchar)' for column in columns)
            duck, spark = (f"select {texts} from {engine}.{schema}.{table}" for engine in ("duck", "spark"))
            [(here, less, more)] = connection.execute(
                f"select (select count(*) from ({duck})), (select count(*) from ({duck} except all {spark})),"
                f" (select count(*) from ({spark} except all {duck}))"
            ).fetchall()
            with capsys.disabled():
                print(f"{schema}.{table}: {here} rows compared, {less + more} differ")
            rows += here
            if less or more:
                differing[f"{schema}.{table}"] = less + more
    with capsys.disabled():
        print(f"{len(tables)} tables, {rows} rows compared, {sum(differing.values())} differ")
    assert differing == {}
    assert rows > 100_000


def test_publication_finds_the_same_figures_in_either(on_spark: Programme, published: Programme) -> None:
    """A refresh that finds every figure as it was released makes no other release."""
    assert on_spark.current("management")["release_id"] == published.current("management")["release_id"]
