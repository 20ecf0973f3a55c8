"""`flic`: what the data lead types. Each command ends with its reason as the last line and its exit status.

0 done, 1 failed, 2 wrong use, 3 stopped until somebody confirms. The work itself stands in the parts that
the commands call; Dagster, dbt and scipy are imported by the commands that need them, so that a wrong
option is told at once.
"""

import argparse
import difflib
import errno
import getpass
import logging
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.settings import ROOT, FlicError, Settings, SettingsError

if TYPE_CHECKING:
    import dagster as dg

    from dagster_project.reports.findings import Finding

# With less, not even the history of a run can be written.
LEAST_FREE_BYTES = 1_000_000

DONE, FAILED, WRONG_USE, NEEDS_CONFIRMATION = 0, 1, 2, 3
# As of a program that the shell's own signal ends: whoever read what is said had enough of it.
NOBODY_READS = 141

logger = logging.getLogger("flic")


# --- refresh ---------------------------------------------------------------------------------------------


def require_keys(settings: Settings) -> None:
    """Refuse to start without the two secrets; they are set once and never change."""
    for variable, key in (
        ("FLIC_PSEUDONYM_KEY", settings.pseudonym_key),
        ("FLIC_ROUNDING_KEY", settings.rounding_key),
    ):
        if not key:
            raise FlicError(
                f"{variable} is not set. Set it to a secret of at least 32 random characters and keep it"
                " safe: with another key, people and rounded figures would no longer match earlier releases."
                " To try the product with synthetic data, run `make demo`: it makes keys of its own."
            )


def dagster_instance(settings: Settings) -> "dg.DagsterInstance":
    """Dagster's own storage beside the data, made on first use from `.dagster/dagster.yaml`."""
    import dagster as dg
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    # Dagster opens, commits and closes its SQLite files for each of a refresh's thousand events; waiting for
    # the disk each time took longer than the work. A power cut may cost run history; no figure is kept there.
    event.listen(Engine, "connect", lambda connection, record: connection.execute("PRAGMA synchronous = OFF"))
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / ".dagster" / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return dg.DagsterInstance.from_config(str(home))


def run_refresh(
    settings: Settings, *, as_at: str, known_by: str, backfill: bool, confirm_volume: bool, approve_by: str
) -> None:
    """Run the refresh job in this process, the same job that Dagster's schedule and sensor start.

    Where nothing is new, and no option asks for more, that is noted and no job runs. Raises whatever stopped
    it.
    """
    from dagster_project.lock import exclusive
    from dagster_project.nothing_new import is_noted, remove_mark

    is_plain = not (as_at or known_by or backfill or confirm_volume or approve_by)
    # Taken here too, before the seconds that Dagster needs to start: a second refresh is told at once.
    with exclusive(settings):
        if is_plain and is_noted(settings, datetime.now(UTC).replace(tzinfo=None)):
            return
        remove_mark(settings)
        from dagster_project.transformation import prepare_manifest

        prepare_manifest(settings)
    from dagster_project.refresh import definitions

    job = definitions(settings).resolve_job_def("refresh")
    with dagster_instance(settings) as instance:
        job.execute_in_process(
            instance=instance,
            run_config={
                "ops": {
                    "ingest": {"config": {"as_at": as_at, "known_by": known_by, "backfill": backfill}},
                    "publication__release": {
                        "config": {"confirm_volume": confirm_volume, "approve_by": approve_by}
                    },
                },
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )


def refresh(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic refresh`: one refresh; the last line says what came of it."""
    from dagster_project.preview import remove_leftovers
    from dagster_project.publication.releases import current_release

    require_keys(settings)
    remove_leftovers(settings)
    served_before = current_release(settings.publications_dir)
    before = current_release(settings.drafts)
    began = datetime.now(UTC).replace(tzinfo=None)
    try:
        run_refresh(
            settings,
            as_at=arguments.as_at or "",
            known_by=arguments.known_by or "",
            backfill=arguments.backfill,
            confirm_volume=arguments.confirm_volume,
            approve_by=arguments.approve_by or "",
        )
    except Exception as error:
        from dagster_project.ingestion.assets import NothingLoadedError
        from dagster_project.ingestion.load import read_intake
        from dagster_project.publication.assets import ConfirmationNeededError
        from dagster_project.refresh import root_cause
        from dagster_project.reports.assets import REPORT, ReportError

        cause = root_cause(error)
        report_failure(settings, cause, began)
        if isinstance(cause, NothingLoadedError):
            intake = read_intake(settings)
            refused = [file for file in intake.files if file.status == "refused"] if intake else []
            if intake and intake.began >= began and refused:
                print(
                    f"Nothing was taken in: {len(refused)} of {len(intake.files)} files were refused; "
                    f"{settings.rejects.name}/ and {settings.reports.name}/{REPORT} say why."
                )
                return DONE
            print(f"No new files: {ended(cause)}")
            return DONE
        # Reports come after approval: what is served then may be the new release.
        serving = (
            current_release(settings.publications_dir) if isinstance(cause, ReportError) else served_before
        )
        served = f"Release {serving.release_id} stays served." if serving else "Nothing is served yet."
        if isinstance(cause, ConfirmationNeededError):
            print(f"Stopped for confirmation: {ended(cause)} {served}")
            return NEEDS_CONFIRMATION
        if is_disk_full(settings, error):
            print(f"Failed: the disk is full. Free space for {settings.data_dir} and refresh again. {served}")
        elif isinstance(cause, FlicError):
            print(f"Failed: {ended(cause)} {served}")
        elif isinstance(cause, OSError):
            print(f"Failed: {cause.strerror}: {cause.filename}. Free space or mend its rights. {served}")
        else:
            # A defect. Its words may quote a row, so they stay in the run's history, in the restricted zone.
            print(f"Failed: unexpected {type(cause).__name__}; see the run in Dagster. {served}")
        return FAILED
    after = current_release(settings.drafts)
    served = current_release(settings.publications_dir)
    if not after:
        return DONE
    release = f"release {after.release_id}, as at {after.as_at}"
    is_new = not before or before.release_id != after.release_id
    was_served = served_before and served_before.release_id == after.release_id
    if served and served.release_id == after.release_id and not was_served:
        if arguments.as_at or arguments.known_by:
            print("All readers of the dashboards now see these; approve a `flic refresh` to show the latest.")
        print(f"Published: {release}, approved by {served.approved_by}.")
    elif waits_for_approval(settings, after.release_id):
        print(
            f"{'Draft' if is_new else 'Nothing new'}: {release}, waits for approval;"
            f" `flic publications approve {after.release_id} --by NAME` serves it."
        )
    else:
        rolled_back = "" if was_served else " It was rolled back, and is not served."
        print(f"Nothing new: {release}, is up to date.{rolled_back}")
    return DONE


def ended(reason: object) -> str:
    """A reason with one full stop, whether or not it came with its own."""
    return f"{str(reason).rstrip('.')}."


def waits_for_approval(settings: Settings, release_id: str) -> bool:
    """Whether a draft has not been approved."""
    from dagster_project.publication.releases import list_releases

    return release_id not in list_releases(settings.publications_dir)


def report_failure(settings: Settings, cause: BaseException, began: datetime) -> None:
    """Write the load report of a refresh that stopped, unless another one runs and will write its own."""
    from dagster_project.lock import BusyError, exclusive
    from dagster_project.reports.assets import tell_of_failure

    if not isinstance(cause, BusyError):
        with suppress(BusyError), exclusive(settings):
            tell_of_failure(settings, cause, began)


def check(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic check`: what would come of files, without loading anything."""
    from dagster_project.check import check as preview_files
    from dagster_project.check import in_words

    files: list[Path] = arguments.files
    if len({file.name for file in files}) < len(files):
        raise SettingsError("two of the files have the same name: check them one after the other")
    logger.setLevel(logging.WARNING)  # what dbt does is no news here
    previews = preview_files(settings, files, datetime.now(UTC).replace(tzinfo=None))
    for preview in previews:
        print("\n".join(in_words(preview)))
    refused = sum(not preview.is_loadable for preview in previews)
    if refused:
        print(f"Refused: {refused} of {len(previews)} files. Nothing was loaded.")
        return FAILED
    odd = [preview.report.file_name for preview in previews if preview.is_odd]
    look = f" Look first at what is said of {', '.join(odd)}." if odd else ""
    print(f"Can be taken: {len(previews)} of {len(previews)} files. Nothing was loaded.{look}")
    return DONE


def is_disk_full(settings: Settings, error: BaseException) -> bool:
    """Whether what stopped a refresh, or what was met while it stopped, is a disk without space.

    Python, DuckDB and SQLite (Dagster's history) each say it in their own words, and SQLite not always.
    """
    if shutil.disk_usage(settings.data_dir).free < LEAST_FREE_BYTES:
        return True
    seen: list[BaseException] = []
    met: BaseException | None = error
    while met is not None and met not in seen:
        seen.append(met)
        if isinstance(met, OSError) and met.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if any(words in str(met) for words in (os.strerror(errno.ENOSPC), "database or disk is full")):
            return True
        met = met.__cause__ or met.__context__
    return False


# --- looking ---------------------------------------------------------------------------------------------


def status(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic status`: what is served, how old it is, what waits in the inbox, and the last run."""
    from dagster_project.ingestion.inbox import not_takeable, waiting_files
    from dagster_project.publication.approval import areas_apart
    from dagster_project.publication.releases import current_release
    from dagster_project.reports.load_report import in_london

    require_data_folder(settings)
    current = current_release(settings.publications_dir)
    draft = current_release(settings.drafts)
    waits = draft is not None and waits_for_approval(settings, draft.release_id)
    if current:
        print(f"Served      release {current.release_id} ({current.status})")
        print(f"As at       {current.as_at}")
        print(f"Checked     {age(current.checked_at)} ago, {in_london(current.checked_at)}")
    elif draft and waits:
        print(f"Served      nothing yet: `flic publications approve {draft.release_id} --by NAME`")
    else:
        print("Served      nothing yet: put exports into the inbox, `flic refresh`, and approve the draft")
    if folders := settings.area_folders:
        apart = areas_apart(settings)
        print(f"Areas       {len(folders) - len(apart)} of {len(folders)} are served this release")
        for area, what in apart.items():
            print(f"            {area}: {what}")
    if draft and waits:
        print(f"Draft       release {draft.release_id}, as at {draft.as_at}, waits for approval")
    waiting = waiting_files(settings)
    print(f"Inbox       {len(waiting)} waiting in {settings.inbox}")
    for file in waiting[:3]:
        print(f"            {file.name}")
    if len(waiting) > 3:
        print(f"            and {len(waiting) - 3} more")
    for name, reason in not_takeable(settings):
        print(f"            cannot be taken: {name}: {reason}")
    print(
        f"Refused     {refused_files(settings)} files so far; reasons, and those of rows: {settings.rejects}"
    )
    print(f"Last run    {last_run(settings)}")
    print(f"Report      {report_line(settings)}")
    print(f"Profile     {settings.profile}")
    return DONE


def require_data_folder(settings: Settings) -> None:
    """Raise `SettingsError` for a data folder that was named and is not there: most often it is mistyped.

    For commands that only look; a refresh begins a data folder.
    """
    if os.environ.get("FLIC_DATA_DIR") and not settings.data_dir.is_dir():
        raise SettingsError(
            f"FLIC_DATA_DIR names {settings.data_dir}, and there is no such folder: correct it, or"
            " `flic refresh` begins one there."
        )


def age(moment: datetime) -> str:
    """How long ago in the largest fitting unit; `moment` is naive UTC."""
    seconds = (datetime.now(UTC).replace(tzinfo=None) - moment).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def last_run(settings: Settings) -> str:
    """The newest run in Dagster's history, in words."""
    if not (settings.dagster_home / "history").exists():
        return "none yet"
    import dagster as dg

    from dagster_project.reports.load_report import in_london

    with dagster_instance(settings) as instance:
        records = instance.get_run_records(limit=1)
        if not records:
            return "none yet"
        run = records[0]
        started = datetime.fromtimestamp(run.start_time or 0, UTC)
        words = f"{run.dagster_run.status.value.lower()}, {in_london(started)}"
        for entry in instance.all_logs(run.dagster_run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
            failure = entry.dagster_event.step_failure_data.error if entry.dagster_event else None
            while failure and failure.cause:
                failure = failure.cause
            # Our own errors are written for the data lead; the words of any other may quote a row.
            if failure and failure.message.startswith("dagster_project."):
                words += f": {failure.message.split(': ', 1)[1].strip()}"
            else:
                words += ": a defect; see the run in Dagster"
        return words


def report_line(settings: Settings) -> str:
    """Where the load report stands and how many warnings the last load brought."""
    from dagster_project.reports.findings import NoFindingsError, compare, opened_warehouse
    from dagster_project.reports.load_report import REPORT

    report = settings.reports / REPORT
    if not report.exists():
        return "none yet"
    try:
        with opened_warehouse(settings) as warehouse:
            warnings = compare(settings, warehouse, keep=False).warnings
    except NoFindingsError:
        return f"{report} (warnings not known: the last refresh did not finish)"
    new = sum(warning.is_unseen for warning in warnings)
    waiting = sum(warning.accepted is None for warning in warnings)
    return f"{report}; {new} new warnings of {waiting} (`flic warnings`)"


def refused_files(settings: Settings) -> int:
    """Files refused whole, by the ledger; their reasons stand in the folder of rejects."""
    import duckdb

    if not (settings.landing / "loads").exists():
        return 0
    with duckdb.connect() as connection:
        [(count,)] = connection.execute(
            "select count(*) from read_parquet(?, union_by_name = true) where status = 'refused'",
            [str(settings.landing / "loads" / "*.parquet")],
        ).fetchall()
    return count


def warnings(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic warnings`: what is odd in the current extracts; accept what is right as it is, or undo that."""
    from dagster_project.lock import exclusive
    from dagster_project.reports.decisions import decide
    from dagster_project.reports.findings import compare, opened_warehouse

    require_data_folder(settings)
    with opened_warehouse(settings) as warehouse:
        known = compare(settings, warehouse, keep=False).warnings
        exports = {row[0] for row in warehouse.execute("select export from staging.stg_exports").fetchall()}
        rules = {row[0] for row in warehouse.execute("select rule from reference.quality_rules").fetchall()}
    if arguments.action is None:
        for kind, name, names in (("export", arguments.export, exports), ("rule", arguments.rule, rules)):
            if name is not None and name not in names:
                raise SettingsError(unknown_name(kind, name, names))
        list_warnings(
            [
                warning
                for warning in known
                if arguments.export in (None, warning.export)
                and arguments.rule in (None, warning.rule)
                and (not arguments.new or warning.is_unseen)
            ]
        )
        return DONE
    by, reason = arguments.by.strip(), (getattr(arguments, "reason", None) or "").strip()
    accepts = arguments.action == "accept"
    possible = {warning.finding_id for warning in known if accepts or warning.accepted}
    ids = {name.casefold() for name in arguments.ids}
    unknown = sorted(ids - possible)
    decided = [
        f"{w.finding_id} by {w.accepted.decided_by}" for w in known if w.accepted and w.finding_id in ids
    ]
    wrong = (
        f"no {'' if accepts else 'accepted '}warning of the current extracts is called {', '.join(unknown)};"
        " `flic warnings` lists them"
        if unknown
        else f"already accepted: {', '.join(decided)}; reopen it first to give another reason"
        if accepts and decided
        else "say who decides: --by NAME"
        if not by
        else "say why it is right as it is: --reason TEXT"
        if accepts and not reason
        else ""
    )
    if wrong:
        print(f"Wrong use: {wrong}.")
        return WRONG_USE
    with exclusive(settings):
        decide(settings, sorted(ids), "accepted" if accepts else "reopened", reason=reason, by=by)
    count = len(ids)
    print(f"{'Accepted' if accepts else 'Reopened'}: {count} warning{'s' if count > 1 else ''}, by {by}.")
    return DONE


def unknown_name(kind: str, name: str, names: Collection[str]) -> str:
    """Which names are like one that is not known, and where all of them stand."""
    near = difflib.get_close_matches(name.casefold(), sorted(names), n=3, cutoff=0.5)
    like = f"; nearest: {', '.join(near)}" if near else ""
    where = {"rule": "seeds/common/quality_rules.csv", "export": "seeds/<profile>/export_sources.csv"}[kind]
    return (
        f"no {kind} is called {name}{like}. `flic warnings` begins with those of now, {where} has every one."
    )


def list_warnings(found: Sequence["Finding"]) -> None:
    """Counts by rule, then the warnings themselves; accepted ones apart, with who accepted them and why."""
    waiting = [warning for warning in found if not warning.accepted]
    accepted = [warning for warning in found if warning.accepted]
    for (export, rule), count in sorted(
        Counter((warning.export, warning.rule) for warning in waiting).items()
    ):
        print(f"{count:5}  {export}  {rule}")
    for warning in waiting:
        print(f"\n{warning.finding_id}  {warning.status}  {place(warning)}")
        print(f"    {warning.wording}" + (f": {warning.detail}" if warning.detail else ""))
        print(f"    {warning.guidance}")
    if accepted:
        print("\nAccepted as right:")
    for warning in accepted:
        decision = warning.accepted
        assert decision is not None
        print(f"\n{warning.finding_id}  {warning.status}  {place(warning)}")
        print(f"    {warning.wording}")
        print(f"    {decision.decided_by}, {decision.decided_at:%Y-%m-%d}: {decision.reason}")
    new = sum(warning.is_unseen for warning in waiting)
    print(f"\n{len(waiting)} warnings, {new} of them new; {len(accepted)} accepted.")


def place(warning: "Finding") -> str:
    """Export, file and line of a warning."""
    line = f" line {warning.line}" if warning.line else ""
    return f"{warning.export}, {warning.file or 'no file'}{line}"


def publications(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic publications list | approve | rollback | verify`: drafts, and releases that somebody approved."""
    from dagster_project.lock import exclusive
    from dagster_project.publication.approval import approve, rollback
    from dagster_project.publication.releases import read_manifest

    require_data_folder(settings)
    now = datetime.now(UTC).replace(tzinfo=None)
    if arguments.action == "rollback":
        with exclusive(settings):
            rollback(settings, arguments.release_id, at=now)
        print(f"Served again: release {arguments.release_id}.")
    elif arguments.action == "approve":
        with exclusive(settings):
            is_new = approve(settings, arguments.release_id, by=arguments.by, at=now)
        by = approval_in_words(read_manifest(settings.publications_dir, arguments.release_id))
        print(
            f"Served: release {arguments.release_id}, {by}."
            if is_new
            else f"Nothing to do: release {arguments.release_id} is {by} already;"
            " `flic publications rollback` serves it again if another one is served."
        )
    elif arguments.action == "verify":
        return verify_releases(settings)
    else:
        list_publications(settings)
    return DONE


def bench(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic bench`: what safety costs in what is served, how fast pages are, how a refresh grows."""
    from dagster_project.benchmarks import dashboards, publication, refresh
    from dagster_project.publication.usefulness import in_words, usefulness

    if arguments.action == "refresh":
        lines = refresh.measure(arguments.folder, arguments.clients, arguments.memory, arguments.whole_up_to)
    elif arguments.action == "dashboards":
        lines = dashboards.measure(settings, arguments.sessions, arguments.seconds)
    elif arguments.areas:
        lines = publication.measure_invented(settings, arguments.areas)
    else:
        lines = chain(in_words(*usefulness(settings)), publication.measure(settings))
    for line in lines:
        print(line, flush=True)
    return DONE


def verify_releases(settings: Settings) -> int:
    """Check every file of every folder of releases against its manifest."""
    from dagster_project.publication.approval import folders_taken_from_it
    from dagster_project.publication.releases import list_releases, verify

    damaged = 0
    folders = [settings.drafts, settings.management, settings.publications_dir]
    for folder in (*folders, *folders_taken_from_it(settings)):
        for release_id in list_releases(folder):
            problems = verify(folder, release_id)
            damaged += bool(problems)
            print(f"{folder.name}/{release_id}" + (f"  DAMAGED: {'; '.join(problems)}" if problems else ""))
    if damaged:
        print(
            f"{damaged} damaged: serve a sound one with `flic publications rollback RELEASE`, or refresh and"
            " approve."
        )
        return FAILED
    print("All of them verify.")
    return DONE


def list_publications(settings: Settings) -> None:
    """Every release with its day and what became of it, then what was served when."""
    from dagster_project.publication.approval import served_history
    from dagster_project.publication.releases import current_release, list_releases, read_manifest
    from dagster_project.reports.load_report import in_london

    current = current_release(settings.publications_dir)
    approved = list_releases(settings.publications_dir)
    drafts = [release_id for release_id in list_releases(settings.drafts) if release_id not in approved]
    for folder, release_ids in ((settings.publications_dir, approved), (settings.drafts, drafts)):
        for release_id in release_ids:
            mark = "*" if current and current.release_id == release_id else " "
            try:
                manifest = read_manifest(folder, release_id)
                words = f"as at {manifest['as_at']}  {approval_in_words(manifest)}"
            except (OSError, ValueError, KeyError, TypeError):
                words = "DAMAGED: the manifest cannot be read"
            print(f"{mark} {release_id}  {words}")
    history = served_history(settings)
    if history:
        print("\nServed since")
    for release_id, since in history:
        print(f"  {in_london(since)}  {release_id}")
    print("* is served." if current else "Nothing is served yet.")


def returns(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic return list | build | check | approve | sent`: packs for funders, evaluators and the group."""
    from dagster_project.returns.build import build, differences
    from dagster_project.returns.versions import advance, find_version

    require_data_folder(settings)
    if arguments.action == "list":
        list_returns(settings)
        return DONE
    name, end = arguments.name, date.fromisoformat(arguments.period)
    if arguments.action == "build":
        by = arguments.by or getpass.getuser()
        version, is_new = build(settings, name, end, by=by, release_id=arguments.release or "")
        words = "Built" if is_new else "Nothing new, the same bytes"
        print(f"{words}: {version}, from release {version.release_id}: {version.folder}")
        if is_new:
            print(f"Look at it, then `flic return check {name} {end} --by NAME`.")
        return DONE
    version = find_version(settings, name, end, arguments.version)
    if arguments.action == "check":
        print(f"Building {version} again and comparing each file ...", flush=True)
        if found := differences(settings, version):
            print(f"Failed: {version} is not as it was built: {'; '.join(found)}. Build it again.")
            return FAILED
    state = {"check": "checked", "approve": "approved", "sent": "sent"}[arguments.action]
    version = advance(settings, version, state, by=arguments.by, at=datetime.now(UTC))
    served = " Readers of the dashboards can take it." if state == "approved" and version.is_aggregate else ""
    print(f"{state.capitalize()}: {version}, by {arguments.by}.{served}")
    return DONE


def list_returns(settings: Settings) -> None:
    """The returns that can be built, then the versions that were, with their last state."""
    from dagster_project.reports.load_report import in_london
    from dagster_project.returns import framework
    from dagster_project.returns.catalogue import read_returns
    from dagster_project.returns.versions import list_versions

    print("Returns (`flic return build NAME PERIOD`, where PERIOD is the last day of a period):")
    for wanted in read_returns(settings).values():
        period = wanted.period_type.replace("_", "-")
        print(f"  {wanted.name:<24} {period:<10} {', '.join(wanted.forms)}  {wanted.title}")
    if framework.has_mapping(settings):
        print(f"  {framework.NAME:<24} {'quarter':<10} xlsx  {framework.TITLE}, about single people")
    versions = list_versions(settings)
    print(f"\nBuilt, in {settings.returns}:" if versions else "\nNone is built yet.")
    for version in versions:
        last = version.manifest["states"][-1]
        at = in_london(datetime.fromisoformat(last["at"]))
        print(f"  {version}  {last['state']} by {last['by']}, {at}  release {version.release_id}")


def approval_in_words(manifest: Mapping[str, object]) -> str:
    """`draft`, or who approved a release and when."""
    if manifest.get("status") != "approved":
        return "draft"
    from dagster_project.reports.load_report import in_london

    at = datetime.fromisoformat(str(manifest["approved_at"]))
    return f"approved by {manifest['approved_by']} on {in_london(at)}"


def prepare(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic prepare`: read the dbt project, so that Dagster can be started on it."""
    from dagster_project.transformation import prepare_manifest

    prepare_manifest(settings)
    dagster_instance(settings).dispose()
    print(f"Ready. Dagster's home: {settings.dagster_home}")
    return DONE


def demo(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic demo`: example exports into the inbox, one refresh, dashboards and Dagster on loopback."""
    from dagster_project import demonstration
    from dagster_project.ingestion.inbox import waiting_files
    from dagster_project.publication.releases import current_release

    ports = demonstration.Ports(dashboards=arguments.dashboards_port, dagster=arguments.dagster_port)
    demonstration.require_free(ports)
    demonstration.require_own_folder(settings)
    settings = demonstration.make_keys(settings)
    demonstration.fill_inbox(settings)
    if waiting_files(settings) or current_release(settings.publications_dir) is None:
        print("One refresh: reading, building the warehouse, publishing ...", flush=True)
        options = argparse.Namespace(
            as_at=None,
            known_by=None,
            backfill=True,
            confirm_volume=False,
            approve_by=demonstration.NOBODY,
        )
        outcome = refresh(settings, options)
        if outcome != DONE:
            return outcome
    else:
        prepare(settings, arguments)
        print("The example exports are already published.", flush=True)
    demonstration.serve(settings, ports)
    return DONE


def docs(settings: Settings, arguments: argparse.Namespace) -> int:
    """`flic docs`: the data dictionary, and dbt's site of the warehouse."""
    from dagster_project.dictionary import write_docs

    dictionary, site = write_docs(settings)
    print(f"Written: {dictionary} and {site}.")
    return DONE


# --- the command line ------------------------------------------------------------------------------------


def iso_day(text: str) -> str:
    """A day as `YYYY-MM-DD`, checked."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2015-05-31") from None


def iso_moment(text: str) -> str:
    """A London clock time as `YYYY-MM-DDTHH:MM`, checked."""
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write it as 2015-06-15T00:00") from None


def a_name(text: str) -> str:
    """The name of a person who answers for something."""
    from dagster_project.publication.approval import name_of

    name = name_of(text)
    if not name:
        raise argparse.ArgumentTypeError("say who, by name")
    return name


def a_return(command: argparse.ArgumentParser) -> None:
    """Let a command take the name of a return and its period."""
    command.add_argument("name", metavar="NAME", help="the return, as `flic return list` names it")
    command.add_argument("period", type=iso_day, metavar="PERIOD", help="last day of the period: 2018-03-31")


def a_file(text: str) -> Path:
    """Something that is there; whether it is an export is for the check to say."""
    path = Path(text).expanduser().absolute()
    if not os.path.lexists(path):
        raise argparse.ArgumentTypeError(f"there is no {text!r}")
    return path


def port(text: str) -> int:
    """A port of this machine."""
    number = int(text)
    if not 0 < number < 65_536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number


def at_least_one(text: str) -> int:
    """A whole number of at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give at least 1")
    return number


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="flic", description="Exports in a folder become safe, defined figures."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[Settings, argparse.Namespace], int], summary: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        return command

    command = add("refresh", refresh, "read the inbox, build the warehouse, publish")
    command.add_argument("--as-at", type=iso_day, metavar="DAY", help="day the figures describe")
    command.add_argument(
        "--known-by",
        type=iso_moment,
        metavar="TIME",
        help="take only loads known by this London time",
    )
    command.add_argument("--confirm-volume", action="store_true", help="the loads that shrank are right")
    command.add_argument(
        "--backfill",
        action="store_true",
        help="the inbox holds history: each file was known on its extract date",
    )
    command.add_argument(
        "--approve-by",
        type=a_name,
        metavar="NAME",
        help="serve the release at once, in the name of who answers for it; without, it stays a draft",
    )
    command = add(
        "check", check, "preview files: kind, headers, rows, rejects, what would change; loads nothing"
    )
    command.add_argument("files", type=a_file, nargs="+", metavar="FILE")
    add("status", status, "what is served, how old it is, what waits, and the last run")
    command = add("publications", publications, "drafts and releases: list, approve, verify, roll back")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="all drafts and releases, and what was served when")
    action = actions.add_parser("approve", help="serve a draft in your name")
    action.add_argument("release_id", metavar="RELEASE")
    action.add_argument("--by", type=a_name, required=True, metavar="NAME", help="who approves it")
    actions.add_parser("verify", help="check every file against its manifest")
    actions.add_parser("rollback", help="serve an earlier approved release").add_argument(
        "release_id", metavar="RELEASE"
    )
    command = add("warnings", warnings, "what is odd in the current extracts: list, accept, reopen")
    command.add_argument("--export", metavar="EXPORT", help="only those of one export")
    command.add_argument("--rule", metavar="RULE", help="only those of one rule")
    command.add_argument("--new", action="store_true", help="only those that the last load brought")
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    action = actions.add_parser("accept", help="looked at, and right as it is; stays so in later extracts")
    action.add_argument("ids", nargs="+", metavar="ID")
    action.add_argument("--reason", required=True, help="why it is right, for whoever asks later")
    action.add_argument("--by", required=True, metavar="NAME", help="who decides")
    action = actions.add_parser("reopen", help="undo an acceptance; both stay on record")
    action.add_argument("ids", nargs="+", metavar="ID")
    action.add_argument("--by", required=True, metavar="NAME", help="who decides")
    command = add(
        "return", returns, "packs for funders, evaluators and the group: list, build, check, approve, sent"
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the returns there are, and the versions that were built")
    action = actions.add_parser(
        "build", help="build a return from an approved release; nothing is overwritten"
    )
    a_return(action)
    action.add_argument(
        "--release", metavar="RELEASE", help="the release; without, the newest with the period"
    )
    action.add_argument("--by", type=a_name, metavar="NAME", help="who builds it; without, who is logged in")
    for name, summary in (
        ("check", "build a version again, compare every byte, and note who looked at it"),
        ("approve", "let a checked version out, in your name; an aggregate one is offered on the dashboards"),
        ("sent", "note that an approved version was sent, and by whom"),
    ):
        action = actions.add_parser(name, help=summary)
        a_return(action)
        action.add_argument(
            "--version", type=int, metavar="NUMBER", help="which version; without, the newest"
        )
        action.add_argument("--by", type=a_name, required=True, metavar="NAME", help="who does it")
    command = add("bench", bench, "measure the product: what safety costs, how fast the dashboards are")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    action = actions.add_parser(
        "publication", help="share of figures shown, mean error of shown counts, and how long a quarter takes"
    )
    action.add_argument(
        "--areas", type=at_least_one, metavar="NUMBER", help="time an invented programme of so many areas"
    )
    action = actions.add_parser("dashboards", help="first page, change of period, and many readers at once")
    action.add_argument("--sessions", type=at_least_one, default=50, metavar="NUMBER", help="readers at once")
    action.add_argument(
        "--seconds", type=at_least_one, default=120, metavar="NUMBER", help="how long they read"
    )
    action = actions.add_parser("refresh", help="a refresh of invented exports, each step beside its floor")
    action.add_argument("folder", type=Path, metavar="FOLDER", help="an empty folder for exports and tables")
    action.add_argument(
        "--clients",
        type=at_least_one,
        nargs="+",
        default=[300, 4_000],
        metavar="NUMBER",
        help="how many, in order",
    )
    action.add_argument(
        "--whole-up-to",
        type=int,
        default=300,
        metavar="NUMBER",
        help="clients up to which statistics and publication too",
    )
    action.add_argument("--memory", default="2.5GB", metavar="SIZE", help="what DuckDB may take")
    add("prepare", prepare, "read the dbt project, so that Dagster can be started")
    add("docs", docs, "write the data dictionary and dbt's site of the warehouse")
    command = add("demo", demo, "synthetic example: one refresh, then dashboards and Dagster on this machine")
    command.add_argument("--dashboards-port", type=port, default=8501, metavar="PORT")
    command.add_argument("--dagster-port", type=port, default=3000, metavar="PORT")
    return top


class Said(logging.StreamHandler):
    """What is said while a command works. It goes on working where nobody reads that any more."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing for a closed pipe; anything else as usual."""
        if not isinstance(sys.exc_info()[1], BrokenPipeError):
            super().handleError(record)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status."""
    arguments = parser().parse_args(argv)
    say = Said(sys.stdout)
    say.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(say)
    logger.setLevel(logging.INFO)
    try:
        outcome = arguments.run(Settings.from_environment(), arguments)
    except SettingsError as error:
        print(f"Wrong use: {error}")
        outcome = WRONG_USE
    except FlicError as error:
        print(f"Failed: {error}")
        outcome = FAILED
    except BrokenPipeError:
        outcome = NOBODY_READS
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Or Python tries once more on its way out, and tells of that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(outcome)
