"""The dbt project on Apache Spark: the session that dbt works in, and the tables that are read after it.

Belongs here: what a refresh needs of Spark beside dbt. Where the cluster is, where it keeps tables and which
catalogue knows them is said in Spark's own `spark-defaults.conf`; what the models mean stands in `dbt/`.
"""

import duckdb

from dagster_project.settings import FlicError, Settings

# What statistics, publication, reports and returns read. Staging and intermediate tables stay where they are.
_LAYERS = ("reference", "marts", "metrics", "returns")
_TABLES = ("landing.control", "staging.stg_exports")


class SparkError(FlicError):
    """Spark is asked for and cannot be had."""


def start_session() -> None:
    """Start the Spark session of this process, which dbt and `copy_tables` then find.

    Raises `SparkError` where the extra `spark` is not installed.
    """
    try:
        from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise SparkError(
            "FLIC_ENGINE=spark needs the packages of requirements-spark.lock: see docs/spark.md"
        ) from None
    SparkSession.builder.appName("flic").getOrCreate()


def copy_tables(settings: Settings) -> None:
    """Write the figures that Spark has built, and what they rest on, into a new warehouse file of DuckDB."""
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports]

    spark = SparkSession.active()
    names = [*_TABLES]
    for layer in _LAYERS:
        names += [f"{layer}.{row.tableName}" for row in spark.sql(f"show tables in {layer}").collect()]
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        for name in names:
            warehouse.execute(f"create schema if not exists {name.split('.')[0]}")
            rows = spark.table(name).toArrow()
            warehouse.register("rows_of_spark", rows)
            warehouse.execute(f"create table {name} as select * from rows_of_spark")
            warehouse.unregister("rows_of_spark")
