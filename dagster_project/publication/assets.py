"""Publication as a Dagster asset: the volume guard, then the exact and the safe file of one release."""

import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from dagster_project.lock import RefreshLock
from dagster_project.publication.publish import publish
from dagster_project.settings import FlicError, Settings

logger = logging.getLogger("flic")


class ConfirmationNeededError(FlicError):
    """A load is far smaller than the one before it and a person has to confirm it; the message says which."""


class PublishConfig(dg.Config):
    """What the data lead confirms for one refresh."""

    confirm_volume: bool = False
    """The loads that are far smaller than the ones before them are right."""


def guard_volume(settings: Settings, confirm: bool) -> None:
    """Stop before publication when a current load is far smaller than the one before it.

    The share that counts as "far smaller" is `volume_guard_share` of the programme's settings. A confirmation
    is kept beside the landed files, so that a confirmed load is never asked about again. Raises
    `ConfirmationNeededError`.
    """
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        shrunk = warehouse.execute(
            """
            with loads as (
                select
                    load_id,
                    export,
                    is_current,
                    rows_loaded,
                    lag(rows_loaded) over (partition by export order by load_number) as rows_before
                from marts.fct_loads
                where load_number is not null
            )
            select load_id, export, rows_loaded, rows_before
            from loads
            cross join (
                select cast(value as double) as share from reference.programme_settings
                where setting = 'volume_guard_share'
            )
            where is_current and rows_loaded < share * rows_before
            order by export
            """
        ).fetchall()
    confirmed = settings.landing / "confirmed"
    waiting = [row for row in shrunk if not (confirmed / row[0]).exists()]
    if not waiting:
        return
    words = "; ".join(f"{export}: {rows} rows, {before} before" for _, export, rows, before in waiting)
    if not confirm:
        raise ConfirmationNeededError(
            f"far fewer rows than last time ({words}). If that is right: flic refresh --confirm-volume"
        )
    confirmed.mkdir(parents=True, exist_ok=True)
    for load_id, *_ in waiting:
        (confirmed / load_id).touch()
    logger.info("Confirmed by the data lead: %s", words)


def inputs_fingerprint(settings: Settings) -> str:
    """SHA-256 over what the figures rest on: the loads known, as-at and known-by rule, seeds and models."""
    digest = hashlib.sha256()
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            select loads.sha256, control.as_at
            from read_parquet(?, union_by_name = true) as loads
            cross join read_parquet(?) as control
            where loads.status = 'loaded' and loads.known_from <= control.known_by
            order by loads.load_id
            """,
            [
                str(settings.landing / "loads" / "*.parquet"),
                str(settings.landing / "control" / "control.parquet"),
            ],
        ).fetchall()
    digest.update(repr(rows).encode())
    for folder in (settings.seeds_dir, settings.dbt_dir / "models", settings.dbt_dir / "macros"):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(folder)}\0".encode() + _content(path))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


@dg.asset(
    key=["publication", "release"],
    group_name="publication",
    deps=[
        dg.AssetKey(["metrics", "fct_metric_values"]),
        dg.AssetKey(["metrics", "metric_definitions"]),
        dg.AssetKey(["marts", "fct_source_status"]),
        dg.AssetKey(["marts", "fct_data_quality_issues"]),
        dg.AssetKey(["marts", "fct_loads"]),
        dg.AssetKey(["rejects", "refused_rows"]),
    ],
    kinds={"duckdb"},
)
def release(
    context: dg.AssetExecutionContext, config: PublishConfig, refresh_lock: RefreshLock
) -> dg.MaterializeResult:
    """The served publication and its exact counterpart for management."""
    settings = Settings.from_environment()
    guard_volume(settings, config.confirm_volume)
    report = publish(
        settings,
        created_at=datetime.now(UTC).replace(tzinfo=None),
        inputs_sha256=inputs_fingerprint(settings),
        log=logger,
    )
    return dg.MaterializeResult(
        metadata={
            "release": report.release_id,
            "unchanged": report.unchanged,
            "cells shown": report.cells_shown,
            "cells withheld": report.cells_withheld,
            "tables dropped": len(report.dropped_tables),
        }
    )
