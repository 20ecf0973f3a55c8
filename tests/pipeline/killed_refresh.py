"""A refresh that is killed at one place, for `test_killed_anywhere.py`: a program of its own, run as a child.

The places are functions of the product; the kill is put around them from outside, so that production
code knows nothing of it.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

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
    "before publication": ("dagster_project.publication.assets", "publish", 1, "before"),
    "after publication": ("dagster_project.publication.assets", "publish", 1, "after"),
    "before refused rows are written": ("dagster_project.reports.assets", "write_rejects", 1, "before"),
    "before the load report is written": ("dagster_project.reports.assets", "load_report", 1, "before"),
}


def kill_at(place: str) -> None:
    """Put a SIGKILL of this process around the named place."""
    module_name, path, call, when = PLACES[place]
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def killed(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, killed)


if __name__ == "__main__":
    kill_at(sys.argv[1])
    from dagster_project.cli import main

    main(sys.argv[2:])
