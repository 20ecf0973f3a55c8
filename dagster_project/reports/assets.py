"""The files for the data lead as a Dagster asset, and the same files after a refresh that stopped.

Written after publication, so that nothing that goes wrong here can harm a release.
"""

import csv
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import dagster as dg
import duckdb

from dagster_project.ingestion.landing import ASIDE, Ledger, Load, written_whole
from dagster_project.ingestion.load import FileReport, Intake, read_intake
from dagster_project.ingestion.rejects import write_rejects
from dagster_project.nothing_new import leave_mark
from dagster_project.publication.releases import current_release, list_releases
from dagster_project.reports.decisions import all_decisions
from dagster_project.reports.findings import NoFindingsError, compare, opened_warehouse
from dagster_project.reports.load_report import (
    REPORT,
    Built,
    load_report,
    opening,
    read_built,
    report_of_load,
)
from dagster_project.reports.workbooks import write_workbooks
from dagster_project.resources import RefreshLock
from dagster_project.settings import FlicError, Settings
from dagster_project.transformation import TransformationError

logger = logging.getLogger("flic")


class ReportError(FlicError):
    """The files for the data lead could not be written; what was published is not concerned."""


@dataclass(frozen=True)
class Written:
    """Two more readings of a load report that was written."""

    for_dagster: str
    if_nothing_comes: str
    """The next one, without its opening, if nothing comes and nothing changes; '' where that is in doubt."""


def write_reports(
    settings: Settings, *, stopped: BaseException | None = None, since: datetime | None = None
) -> Written:
    """Write rejects, workbooks and load report.

    After a failure (`stopped`), `since` is when that refresh began (UTC without zone): a look at the inbox
    before it tells of another one. Raises `ReportError`.
    """
    try:
        return _write(settings, stopped, since)
    except OSError as error:
        raise ReportError(
            f"the reports below {settings.reports.name}/ cannot be written ({error.strerror}): free space or"
            " mend the rights of the folder and refresh again; what is published is not concerned"
        ) from error


def _write(settings: Settings, stopped: BaseException | None, since: datetime | None) -> Written:
    intake = read_intake(settings)
    if intake and since and intake.began < since:
        intake = None
    loads = {load.load_id: load for load in Ledger(settings.landing).loads}
    # The warehouse that dbt left behind half built may hold tables of two refreshes.
    built = None if isinstance(stopped, TransformationError) else _built(settings, intake, loads)
    workbooks = []
    if built:
        teams = _teams(settings)
        workbooks = write_workbooks(
            settings.reports / "corrections", built.as_at, built.extracts, teams, built.comparison.findings
        )
    moment = datetime.now(UTC).replace(tzinfo=None)
    folder = settings.reports / "loads"
    files = _files(intake, loads, folder)
    report = partial(
        load_report,
        moment=moment,
        outcome=_outcome(settings, stopped),
        stopped=stopped is not None,
        loads=loads,
        built=built,
        workbooks=[path.name for path in workbooks],
    )
    _write_text(settings.reports / REPORT, report(files=files))
    if built:
        for load in loads.values():
            # What it says of the warnings holds on the day it came; later ones stand in the load report.
            if not (folder / f"{load.load_id}.md").exists():
                _write_text(folder / f"{load.load_id}.md", report_of_load(load, built))
    for path in (*folder.glob("*"), *settings.reports.glob(f"*{ASIDE}")):
        if path.suffix == ASIDE or path.stem not in loads:
            path.unlink()
    is_last_word = (
        built is not None
        and stopped is None
        and intake is not None
        and intake.is_plain
        # With a clock that was set back, these wait for a later refresh.
        and all(load.known_from <= built.known_by for load in loads.values())
        and all(decision.decided_at <= built.known_by for decision in all_decisions(settings))
    )
    return Written(
        for_dagster=report(files=files, is_for_dagster=True),
        if_nothing_comes=(report(files=()).removeprefix(opening(moment)) if is_last_word else ""),
    )


def _built(settings: Settings, intake: Intake | None, loads: dict[str, Load]) -> Built | None:
    """What the warehouse says, once the refused rows are listed; None unless it holds the present loads."""
    try:
        warehouse = opened_warehouse(settings)
    except NoFindingsError:
        return None
    with warehouse:
        try:
            [(known_by,)] = warehouse.execute("select known_by from landing.control").fetchall()
            held = {row[0] for row in warehouse.execute("select load_id from marts.fct_loads").fetchall()}
            if held != {load.load_id for load in loads.values() if load.known_from <= known_by}:
                return None
            rejected = warehouse.execute(
                "select load_id, export, source_file, source_line, column_name, value, reason"
                " from marts.fct_rejected_rows order by all"
            ).fetchall()
            comparison = compare(settings, warehouse, keep=intake is not None and intake.is_plain)
            built = read_built(warehouse, comparison)
        except (duckdb.Error, NoFindingsError, ValueError):
            return None
    write_rejects(settings, rejected)
    return built


def _outcome(settings: Settings, stopped: BaseException | None) -> str:
    try:
        current = current_release(settings.publications_dir)
        draft = current_release(settings.drafts)
    except FlicError as broken:
        served = str(broken)
    else:
        served = (
            f"Release {current.release_id}, as at {current.as_at}, is served."
            if current
            else "Nothing is served yet."
        )
        if draft and draft.release_id not in list_releases(settings.publications_dir):
            served += f" Release {draft.release_id}, as at {draft.as_at}, is a draft that waits for approval."
    if stopped is None:
        return served
    if isinstance(stopped, FlicError):
        return f"{str(stopped).rstrip('.')}. {served}"
    if isinstance(stopped, OSError):
        return f"{stopped.strerror}. Free space or mend the rights of the data folder. {served}"
    # The words of a defect may quote a row; they stay in the run's history.
    return f"unexpected {type(stopped).__name__}; see the run in Dagster. {served}"


def _files(intake: Intake | None, loads: dict[str, Load], folder: Path) -> list[FileReport]:
    """The files that this refresh met, and those that an earlier one took in and could not report."""
    files = list(intake.files) if intake else []
    met = {file.load_id for file in files}
    files += [
        FileReport(
            load.file_name,
            load.status,
            load.reason,
            load.load_id,
            load.export,
            load.extract_date,
            load.rows_in_file,
            load.rows_skipped,
            load.rows_landed,
        )
        for load in loads.values()
        if load.load_id not in met and not (folder / f"{load.load_id}.md").exists()
    ]
    return sorted(files, key=lambda file: file.file_name)


def _teams(settings: Settings) -> dict[str, str]:
    """Who corrects each export, as the programme decided."""
    with (settings.seeds_dir / "export_sources.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["export"]: row["team"] for row in csv.DictReader(file)}


def _write_text(path: Path, text: str) -> None:
    with written_whole(path) as file:
        file.write(text.encode())


def tell_of_failure(settings: Settings, error: BaseException, since: datetime) -> None:
    """Write the reports of a refresh that stopped; what goes wrong here never hides what stopped it."""
    try:
        write_reports(settings, stopped=error, since=since)
        logger.info("What came in and what stopped: %s", settings.reports / REPORT)
    except Exception as trouble:
        logger.warning("The load report could not be written (%s).", type(trouble).__name__)


@dg.asset(
    key=["reports", "load_report"],
    group_name="reports",
    deps=[
        dg.AssetKey(["publication", "release"]),
        dg.AssetKey(["marts", "fct_rejected_rows"]),
        dg.AssetKey(["marts", "fct_warnings"]),
        dg.AssetKey(["marts", "fct_load_changes"]),
        dg.AssetKey(["marts", "fct_date_ranges"]),
    ],
    kinds={"markdown", "xlsx", "csv"},
)
def data_lead_files(context: dg.AssetExecutionContext, refresh_lock: RefreshLock) -> dg.MaterializeResult:
    """The load report, the workbooks of corrections and the lists of refused rows."""
    settings = Settings.from_environment()
    report = write_reports(settings)
    if report.if_nothing_comes and _is_whole(context):
        leave_mark(settings, refresh_lock.rests_on, report.if_nothing_comes)
    return dg.MaterializeResult(metadata={"report": dg.MetadataValue.md(report.for_dagster)})


def _is_whole(context: dg.AssetExecutionContext) -> bool:
    """Whether every step of the job is of this run: Dagster can run chosen ones, or those that failed."""
    run = context.run
    steps = run.step_keys_to_execute
    every = set(context.job_def.graph.node_names())
    return not (run.asset_selection or run.op_selection) and (steps is None or set(steps) == every)
