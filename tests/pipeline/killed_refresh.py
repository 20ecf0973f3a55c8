"""Where `test_killed_anywhere.py` kills a refresh."""

# name of the place: (module, function, which call of it, before or after)
PLACES: dict[str, tuple[str, str, int, str]] = {
    "while the third file is landing": ("pyarrow.parquet", "ParquetWriter.close", 3, "before"),
    "before as-at and known-by are written": (
        "dagster_project.ingestion.assets",
        "write_control",
        1,
        "before",
    ),
    "amid dbt": ("dbt.adapters.duckdb.connections", "DuckDBConnectionManager.execute", 60, "after"),
    "amid dbt's tests": ("dbt.task.test", "TestRunner.execute", 70, "after"),
    "before publication": ("dagster_project.publication.assets", "publish", 1, "before"),
    "after publication": ("dagster_project.publication.assets", "publish", 1, "after"),
    "amid approval": ("dagster_project.publication.approval", "_write_public", 1, "before"),
    "after approval": ("dagster_project.publication.assets", "approve", 1, "after"),
    "before refused rows are written": ("dagster_project.reports.assets", "write_rejects", 1, "before"),
    "before the load report is written": ("dagster_project.reports.assets", "load_report", 1, "before"),
}
