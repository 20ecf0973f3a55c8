"""Ingestion as Dagster assets: the landed exports, the ledger and the control row.

Their metadata holds counts and reasons, never a value of a file.
"""

import csv
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingestion.contracts import load_contracts
from dagster_project.ingestion.landing import Ledger
from dagster_project.ingestion.load import CONTRACT, ingest, write_intake
from dagster_project.resources import RefreshLock
from dagster_project.settings import FlicError, Settings

logger = logging.getLogger("flic")

LONDON = ZoneInfo("Europe/London")
# Without these there are no figures (specification of exports); how far they reach is how far figures do.
HEART = {"referrals", "caseload"}


class AsAtError(FlicError):
    """Figures were asked for a day that no loaded extract can describe."""


class NothingLoadedError(FlicError):
    """No export has been loaded by the moment asked for, so there is nothing to describe."""


class IngestConfig(dg.Config):
    """What a person may choose for one refresh; empty means: as the schedule does it."""

    as_at: str = ""
    """Day that the figures describe, `YYYY-MM-DD`; empty: the last that referrals and caseload reach."""
    known_by: str = ""
    """London time `YYYY-MM-DDTHH:MM` up to which loads are taken into account; empty: all of them."""
    backfill: bool = False
    """The files are history loaded at once: each counts as known from the end of its extract date."""


def london_to_utc(moment: str) -> datetime:
    """A London clock time as naive UTC, the way the ledger keeps times; `ValueError` if it is not one."""
    local = datetime.fromisoformat(moment)
    if local.tzinfo is None:
        local = local.replace(tzinfo=LONDON)
    return local.astimezone(UTC).replace(tzinfo=None)


def everything_known(settings: Settings, now: datetime) -> datetime:
    """Now, or when the newest load became known if the clock has been set back since: none may drop out."""
    return max([now, *(load.known_from for load in Ledger(settings.landing).loads)])


def latest_described_day(settings: Settings, known_by: datetime) -> date:
    """The day up to which both referrals and caseload are known by then; `NothingLoadedError` if nothing is.

    A later extract of another export moves nothing: a quarter without referrals would read as one in which
    nobody was referred. Nor does the day of arrival of a file without a date whose dated twin counts
    (`stg_loads`).
    """
    ledger = str(settings.landing / "loads" / "*.parquet")
    with duckdb.connect() as connection:
        newest = dict(
            connection.execute(
                "with known as (select * from read_parquet(?, union_by_name = true)"
                " where status = 'loaded' and known_from <= ?)"
                " select export, max(extract_date) from known"
                " where coalesce(has_dated_name, true) or (export, sha256) not in"
                " (select (export, sha256) from known where coalesce(has_dated_name, true)) group by export",
                [ledger, known_by],
            ).fetchall()
        )
    if not newest:
        raise NothingLoadedError(
            "no export has been loaded yet: put referrals_<date>.csv and caseload_<date>.csv into the inbox"
        )
    return (
        min(newest[export] for export in HEART if export in newest)
        if HEART & newest.keys()
        else max(newest.values())
    )


def require_described(settings: Settings, as_at: date, latest: date) -> None:
    """Raise `AsAtError` for a day before the programme or after what is known: nobody knows it yet."""
    with (settings.seeds_dir / "programme_settings.csv").open(encoding="utf-8", newline="") as file:
        known = {row["setting"]: row["value"] for row in csv.DictReader(file)}
    start = date.fromisoformat(known["programme_start"])
    if not start <= as_at <= latest:
        raise AsAtError(
            f"as-at {as_at} lies outside what is known: it goes from {start} (programme start)"
            f" to {latest}, up to which referrals and caseload reach"
        )


def write_control(settings: Settings, as_at: date, known_by: datetime) -> None:
    """Put the one row (`as_at`, `known_by`) that dbt reads beside the landed exports."""
    folder = settings.landing / "control"
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {"as_at": pa.array([as_at], pa.date32()), "known_by": pa.array([known_by], pa.timestamp("us"))}
    )
    aside = folder / "control.parquet.tmp"
    pq.write_table(table, aside)
    aside.replace(folder / "control.parquet")


def read_control(settings: Settings) -> tuple[date, datetime]:
    """The day and the moment (UTC, without zone) that the last refresh put down for dbt.

    The view of the same name in a warehouse reads the folder it was made in, also where both were copied.
    Raises `OSError` where no refresh was begun.
    """
    [row] = pq.read_table(settings.landing / "control" / "control.parquet").to_pylist()
    return row["as_at"], row["known_by"]


def landing_assets(settings: Settings) -> dg.AssetsDefinition:
    """One asset for each export of the contract, with the ledger and the control row, made by one step."""
    exports = list(load_contracts(settings.dbt_dir / CONTRACT))
    # Decisions about warnings are written by `flic warnings`; ingestion makes the empty table.
    tables = [*exports, "loads", "control", "warning_decisions"]

    @dg.multi_asset(
        name="ingest",
        group_name="ingestion",
        specs=[dg.AssetSpec(["landing", table], kinds={"parquet"}) for table in tables],
    )
    def ingest_inbox(
        context: dg.AssetExecutionContext, config: IngestConfig, refresh_lock: RefreshLock
    ) -> Iterator[dg.MaterializeResult]:
        settings = Settings.from_environment()
        now = datetime.now(UTC).replace(tzinfo=None)
        report = ingest(settings, received_at=now, backfill=config.backfill, log=logger)
        write_intake(settings, now, not (config.as_at or config.known_by), report.files)
        known_by = london_to_utc(config.known_by) if config.known_by else everything_known(settings, now)
        latest = latest_described_day(settings, known_by)
        as_at = date.fromisoformat(config.as_at) if config.as_at else latest
        require_described(settings, as_at, latest)
        write_control(settings, as_at, known_by)
        for export in exports:
            files = [file for file in report.files if file.export == export]
            yield dg.MaterializeResult(
                asset_key=["landing", export],
                metadata={
                    "files loaded": sum(file.status == "loaded" for file in files),
                    "files seen before": sum(file.status == "duplicate" for file in files),
                    "files refused": sum(file.status == "refused" for file in files),
                    "rows landed": sum(file.rows_landed or 0 for file in files),
                    "rows skipped": sum(file.rows_skipped or 0 for file in files),
                },
            )
        refused = {file.file_name: file.reason or "" for file in report.files if file.status == "refused"}
        yield dg.MaterializeResult(
            asset_key=["landing", "loads"], metadata={"files": len(report.files), "refused": refused}
        )
        yield dg.MaterializeResult(
            asset_key=["landing", "control"],
            metadata={"as at": as_at.isoformat(), "known by (UTC)": known_by.isoformat(timespec="seconds")},
        )
        decisions = len(list((settings.landing / "warning_decisions").glob("*-*.parquet")))
        yield dg.MaterializeResult(
            asset_key=["landing", "warning_decisions"], metadata={"decisions": decisions}
        )

    return ingest_inbox
