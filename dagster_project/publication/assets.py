"""Publication as a Dagster asset: the volume guard, the two files of a release, its approval if asked."""

import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from dagster_project.ingestion.landing import written_whole
from dagster_project.publication.approval import approve
from dagster_project.publication.publish import publish
from dagster_project.resources import RefreshLock
from dagster_project.settings import FlicError, Settings

logger = logging.getLogger("flic")

TOLD_REASONS = 5


class ConfirmationNeededError(FlicError):
    """A load is far smaller than the one before it and a person has to confirm it; the message says which."""


class PublishConfig(dg.Config):
    """What the data lead confirms for one refresh."""

    confirm_volume: bool = False
    """The loads that are far smaller than the ones before them are right."""
    approve_by: str = ""
    """Who approves the release before anybody has looked at it; empty: it stays a draft."""


def shrunken_loads(settings: Settings) -> dict[str, str]:
    """The current full extracts that are far smaller than the last one accepted, with their rows in words.

    A load is accepted once it has been published or the data lead has confirmed it; before the first
    publication the load directly before counts. An accepted load is held against its own rows of then: a
    changed list or form of dates can reject them all. The share that is "far smaller" is
    `volume_guard_share` of the programme's settings. A file of changes may be of any length.
    """
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        [(share,)] = warehouse.execute(
            "select cast(value as double) from reference.programme_settings"
            " where setting = 'volume_guard_share'"
        ).fetchall()
        loads = warehouse.execute(
            "select loads.export, loads.load_id, loads.rows_loaded, loads.is_current"
            " from marts.fct_loads as loads"
            " inner join staging.stg_exports as exports on loads.export = exports.export"
            " where loads.load_number is not null and exports.extract = 'full'"
            " order by loads.export, loads.load_number"
        ).fetchall()
    before: dict[str, int] = {}
    has_accepted: set[str] = set()
    shrunk: dict[str, str] = {}
    for export, load_id, rows, is_current in loads:
        accepted = accepted_rows(settings, load_id)
        earlier = before.get(export, 0) if accepted is None else accepted
        if is_current and rows < share * earlier:
            shrunk[load_id] = f"{export}: {rows} rows, {earlier} before"
        if accepted is not None:
            before[export] = accepted
            has_accepted.add(export)
        elif export not in has_accepted:
            before[export] = rows
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
            f"far fewer rows than last time ({words}).{rejected_in_words(settings, list(shrunk))}"
            " If that is right: flic refresh --confirm-volume; if not, put the whole extract into the inbox"
            " with _v2 in its name and refresh again"
        )
    logger.info("Confirmed by the data lead: %s", words)
    accept_loads(
        settings, {load_id: rows for load_id, rows in current_loads(settings).items() if load_id in shrunk}
    )


def rejected_in_words(settings: Settings, load_ids: Sequence[str]) -> str:
    """How many rows of these loads were rejected, by column and reason; empty where none was.

    A confirmation would let the rest stand for the whole.
    """
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        loads = warehouse.execute(
            "select export, load_id, rows_rejected from marts.fct_loads"
            " where rows_rejected > 0 and list_contains(?, load_id) order by export",
            [load_ids],
        ).fetchall()
        words = ""
        for export, load_id, rows in loads:
            reasons = warehouse.execute(
                "select concat(column_name, ' ', reason, ' ', count(*)) from marts.fct_rejected_rows"
                " where load_id = ? and not row_is_kept"
                " group by column_name, reason order by count(*) desc, column_name, reason",
                [load_id],
            ).fetchall()
            told = ", ".join(reason for (reason,) in reasons[:TOLD_REASONS])
            more = f" and {len(reasons) - TOLD_REASONS} more reasons" if len(reasons) > TOLD_REASONS else ""
            words += f" Of {export} {rows} rows were rejected ({told}{more}): correct these first."
    return words


def accepted_rows(settings: Settings, load_id: str) -> int | None:
    """The rows that a load had when figures were last published from it; None if they never were."""
    note = settings.landing / "accepted" / load_id
    return int(note.read_text() or 0) if note.exists() else None


def accept_loads(settings: Settings, loads: Mapping[str, int]) -> None:
    """Note beside the landed files that figures rest on these loads, or may, with their rows."""
    for load_id, rows in loads.items():
        if accepted_rows(settings, load_id) != rows:
            with written_whole(settings.landing / "accepted" / load_id) as note:
                note.write(str(rows).encode())


def current_loads(settings: Settings) -> dict[str, int]:
    """The loads that the warehouse's figures rest on, with their rows."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return dict(
            warehouse.execute("select load_id, rows_loaded from marts.fct_loads where is_current").fetchall()
        )


def inputs_fingerprint(settings: Settings) -> str:
    """A fingerprint of what figures rest on: loads known, as-at, seeds, models and the rules of publication.

    With the key of the rounding: it stands in what readers have, and whoever knew all of a file but one cell
    could try that cell.
    """
    digest = hmac.new(settings.rounding_key, digestmod="sha256")
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
        Path(__file__).parents[1] / "statistics",
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
        dg.AssetKey(["metrics", "statistics"]),
        dg.AssetKey(["metrics", "metric_definitions"]),
        dg.AssetKey(["metrics", "fct_data_quality_lists"]),
        dg.AssetKey(["marts", "fct_source_status"]),
        dg.AssetKey(["marts", "fct_data_quality_issues"]),
        dg.AssetKey(["marts", "fct_loads"]),
    ],
    kinds={"duckdb"},
)
def release(
    context: dg.AssetExecutionContext, config: PublishConfig, refresh_lock: RefreshLock
) -> dg.MaterializeResult:
    """The draft of a release, served if somebody approves it, and its exact counterpart for management."""
    settings = Settings.from_environment()
    guard_volume(settings, config.confirm_volume)
    now = datetime.now(UTC).replace(tzinfo=None)
    report = publish(
        settings,
        created_at=now,
        inputs_sha256=inputs_fingerprint(settings),
        log=logger,
    )
    accept_loads(settings, current_loads(settings))
    if config.approve_by:
        approve(settings, report.release_id, by=config.approve_by, at=now)
    return dg.MaterializeResult(
        metadata={
            "release": report.release_id,
            "unchanged": report.unchanged,
            "cells shown": report.cells_shown,
            "cells withheld": report.cells_withheld,
            "tables dropped": len(report.dropped_tables),
        }
    )
