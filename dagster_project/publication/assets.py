"""Publication as a Dagster asset: the volume guard, then the exact and the safe file of one release."""

import hashlib
import logging
from collections.abc import Iterable
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


def shrunken_loads(settings: Settings) -> dict[str, str]:
    """The current loads that are far smaller than the last one that was accepted, with their rows in words.

    A load is accepted once it has been published or the data lead has confirmed it; before the first
    publication the load directly before counts. The share that is "far smaller" is `volume_guard_share` of
    the programme's settings.
    """
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        [(share,)] = warehouse.execute(
            "select cast(value as double) from reference.programme_settings"
            " where setting = 'volume_guard_share'"
        ).fetchall()
        loads = warehouse.execute(
            "select export, load_id, rows_loaded, is_current from marts.fct_loads"
            " where load_number is not null order by export, load_number"
        ).fetchall()
    accepted = settings.landing / "accepted"
    before: dict[str, int] = {}
    has_accepted: set[str] = set()
    shrunk: dict[str, str] = {}
    for export, load_id, rows, is_current in loads:
        is_accepted = (accepted / load_id).exists()
        if is_current and not is_accepted and rows < share * before.get(export, 0):
            shrunk[load_id] = f"{export}: {rows} rows, {before[export]} before"
        if is_accepted or export not in has_accepted:
            before[export] = rows
        if is_accepted:
            has_accepted.add(export)
    return shrunk


def guard_volume(settings: Settings, confirm: bool) -> None:
    """Stop before publication when a current load is far smaller than the last one that was accepted.

    Raises `ConfirmationNeededError`; with `confirm` the loads are accepted.
    """
    shrunk = shrunken_loads(settings)
    if not shrunk:
        return
    words = "; ".join(shrunk.values())
    if not confirm:
        raise ConfirmationNeededError(
            f"far fewer rows than last time ({words}). If that is right: flic refresh --confirm-volume"
        )
    logger.info("Confirmed by the data lead: %s", words)
    accept_loads(settings, shrunk)


def accept_loads(settings: Settings, load_ids: Iterable[str]) -> None:
    """Note beside the landed files that figures have been published from these loads, or may be."""
    accepted = settings.landing / "accepted"
    accepted.mkdir(parents=True, exist_ok=True)
    for load_id in load_ids:
        (accepted / load_id).touch()


def current_loads(settings: Settings) -> list[str]:
    """The loads that the warehouse's figures rest on."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        rows = warehouse.execute("select load_id from marts.fct_loads where is_current").fetchall()
    return [load_id for (load_id,) in rows]


def inputs_fingerprint(settings: Settings) -> str:
    """SHA-256 over what figures rest on: loads known, as-at, seeds, models and the rules of publication."""
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
    for folder in (
        settings.common_seeds_dir,
        settings.seeds_dir,
        settings.dbt_dir / "models",
        settings.dbt_dir / "macros",
        Path(__file__).parent,
    ):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
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
    accept_loads(settings, current_loads(settings))
    return dg.MaterializeResult(
        metadata={
            "release": report.release_id,
            "unchanged": report.unchanged,
            "cells shown": report.cells_shown,
            "cells withheld": report.cells_withheld,
            "tables dropped": len(report.dropped_tables),
        }
    )
