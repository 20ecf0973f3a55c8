"""Statistics as a Dagster asset: between the warehouse and the publication."""

import logging

import dagster as dg

from dagster_project.resources import RefreshLock
from dagster_project.settings import Settings
from dagster_project.statistics.store import fill_store

logger = logging.getLogger("flic")


@dg.asset(
    key=["metrics", "statistics"],
    group_name="metrics",
    deps=[dg.AssetKey(["metrics", "fct_metric_values"])],
    kinds={"python", "duckdb"},
)
def statistics(context: dg.AssetExecutionContext, refresh_lock: RefreshLock) -> dg.MaterializeResult:
    """Survival, waits with those still waiting, typical change: written into the store of all figures."""
    figures = fill_store(Settings.from_environment())
    logger.info("Statistics: %d figures", figures)
    return dg.MaterializeResult(metadata={"figures": figures})
