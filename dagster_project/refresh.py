"""The one list of what Dagster runs: assets, checks, refresh job, schedule, inbox sensor, failure hook.

Explicit on purpose: loading definitions from a folder loses dbt assets silently. A function, so that the
command line and tests can have it for their own settings; Dagster's programs take it from `definitions.py`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import dagster as dg

from dagster_project.ingestion.assets import landing_assets
from dagster_project.ingestion.inbox import waiting_files
from dagster_project.lock import BusyError, exclusive
from dagster_project.nothing_new import is_noted, remove_mark, rests_on
from dagster_project.publication.assets import release
from dagster_project.publication.publish import prepare_publication
from dagster_project.reports.assets import data_lead_files, tell_of_failure
from dagster_project.resources import RefreshLock
from dagster_project.returns.assets import GROUP, return_assets
from dagster_project.settings import Settings
from dagster_project.statistics.assets import statistics
from dagster_project.transformation import warehouse_assets

logger = logging.getLogger("flic")


@dg.failure_hook
def keep_last_publication(context: dg.HookContext) -> None:
    """Say in the log and in the load report what a failure means for the people who read the dashboards.

    Within a run of Dagster; `flic refresh` has the error raised and writes the report itself.
    """
    logger.error("The refresh stopped at %s; the last publication stays served.", context.op.name)
    error = context.op_exception
    run = context.instance.get_run_record_by_id(context.run_id)
    began = datetime.fromtimestamp(run.start_time if run and run.start_time else 0, UTC).replace(tzinfo=None)
    if error is not None:
        tell_of_failure(Settings.from_environment(), root_cause(error), began)


def root_cause(error: BaseException) -> BaseException:
    """The error that Dagster has wrapped in its own."""
    while error.__cause__ is not None and type(error).__module__.startswith("dagster."):
        error = error.__cause__
    return error


class CheckedRefreshLock(RefreshLock):
    """The lock, and behind it a look at the way out: a folder that takes no release stops the run at once."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RefreshLock]:
        """Hold the lock for the run, if what it makes could be published."""
        settings = Settings.from_environment()
        with exclusive(settings):
            remove_mark(settings)
            # First: it makes folders and takes away what was left, and neither is news to the next refresh.
            prepare_publication(settings)
            self._rests_on = rests_on(settings)
            yield self


def definitions(settings: Settings) -> dg.Definitions:
    """Everything Dagster knows of this project, for one machine's settings."""
    refresh = dg.define_asset_job(
        "refresh",
        # Returns are built when somebody asks for one.
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups(GROUP),
        hooks={keep_last_publication},
        # A process a step would let several steps write one DuckDB file: two of three would fail.
        executor_def=dg.in_process_executor,
        description="Inbox to publication: ingest, build and test the warehouse, publish.",
    )

    returns = dg.define_asset_job(
        "returns",
        selection=dg.AssetSelection.groups(GROUP),
        executor_def=dg.in_process_executor,
        description="Packs for funders, evaluators and the group, each for the period that its config names.",
    )

    @dg.schedule(
        job=refresh,
        cron_schedule=settings.refresh_schedule,
        execution_timezone="Europe/London",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Starts a refresh every day; where nothing is new it notes that somebody looked.",
    )
    def daily_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        settings = Settings.from_environment()
        # A run that finds another one at work says so itself.
        with suppress(BusyError), exclusive(settings):
            if is_noted(settings, datetime.now(UTC).replace(tzinfo=None)):
                return dg.SkipReason("Nothing is new; that somebody looked is noted.")
        return dg.RunRequest()

    @dg.sensor(
        job=refresh,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a refresh when the set of files waiting in the inbox has changed and is quiet.",
    )
    def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        files = waiting_files(Settings.from_environment())
        if not files:
            return dg.SkipReason("The inbox is empty.")
        # The same files, refused again, must not start a run every half minute: the key names their state.
        return dg.RunRequest(
            run_key=";".join(f"{file.name}:{file.size}:{file.modified_ns}" for file in files)
        )

    return dg.Definitions(
        assets=[
            landing_assets(settings),
            warehouse_assets(settings),
            statistics,
            release,
            data_lead_files,
            *return_assets(settings),
        ],
        jobs=[refresh, returns],
        schedules=[daily_refresh],
        sensors=[inbox_sensor],
        resources={"refresh_lock": CheckedRefreshLock()},
    )
