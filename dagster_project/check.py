"""What would come of files if they were dropped: the real ingestion and the real dbt, on a copy of landing.

The copy lies in `preview/` below the data folder, for its owner alone, and holds nothing but dbt's parse
between two checks. Nothing else of the data folder is touched, and no value of a file is said.
"""

import csv
import logging
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.ingestion.assets import HEART, everything_known, latest_described_day, write_control
from dagster_project.ingestion.contracts import Export
from dagster_project.ingestion.inbox import FileLeftError, open_plain, printable
from dagster_project.ingestion.landing import ASIDE, Ledger, Load
from dagster_project.ingestion.load import FileReport, contracts_of, ingest
from dagster_project.ingestion.read_file import DELIMITERS
from dagster_project.preview import preview_folder
from dagster_project.publication.assets import shrunken_loads
from dagster_project.settings import Settings
from dagster_project.transformation import build_warehouse

# The tables that tell what would change, and all that they are made of.
TABLES = ("fct_loads", "fct_rejected_rows", "fct_vanished_keys", "quality_rules")
FIRST_LINES = 5
# What is said of a client whom no file knows.
NOBODY_KNOWS = {"orphan", "unknown_client"}
# Only of a programme that has several areas.
AREA = "programme_area"


@dataclass(frozen=True)
class Finding:
    """A reason that stands against rows of a file: in words, how often, and the first lines."""

    words: str
    rows: int
    lines: tuple[int, ...]
    about: str
    """`reject`: the row is left out; `cell`: it loads empty; `warn`: odd, and no reason to leave it out."""
    rule: str


@dataclass(frozen=True)
class Changes:
    """A load's records beside those that counted before it; only of a full extract can any have vanished."""

    new: int
    changed: int
    unchanged: int
    vanished: int


@dataclass(frozen=True)
class Preview:
    """What would come of one file. All but `report` is empty where nothing of it would be loaded."""

    report: FileReport
    load: Load | None = None
    absent: tuple[str, ...] = ()
    """Columns of the contract that the file lacks and the programme could use."""
    rows_loaded: int = 0
    rows_duplicate: int = 0
    rows_rejected: int = 0
    findings: tuple[Finding, ...] = ()
    newer: str | None = None
    """The newer extract that figures rest on, so that this one would not become current."""
    before: str | None = None
    """The extract that it is compared with."""
    changes: Changes | None = None
    shrunk: str | None = None
    """Why the volume guard would stop."""
    without: tuple[str, ...] = ()
    """The exports that know clients and were not checked with it."""

    @property
    def is_loadable(self) -> bool:
        """Whether a refresh would take the file; one that is loaded already does no harm."""
        return self.report.status in ("loaded", "duplicate")

    @property
    def is_odd(self) -> bool:
        """Whether a person should look before dropping it: rows rejected or gone, or many of them changed."""
        changes = self.changes
        many_changed = changes is not None and 2 * changes.changed > changes.changed + changes.unchanged
        gone = changes is not None and changes.vanished > 0
        return self.rows_rejected > 0 or self.shrunk is not None or many_changed or gone


def check(settings: Settings, files: Sequence[Path], now: datetime) -> list[Preview]:
    """Preview files as if they were dropped together at `now` (UTC without zone); sorted by name.

    The names of the files differ. Raises what ingestion and dbt raise: for a wrong key, a mapping that
    contradicts itself, a rule that would stop the refresh; and `BusyError` while another check runs.
    """
    contracts = contracts_of(settings)
    with preview_folder(settings) as own:
        _copy_landing(settings, own)
        left = [report for file in files if (report := _put_into_inbox(file, own.inbox))]
        silent = logging.Logger("check")
        silent.addHandler(logging.NullHandler())
        reports = [*left, *ingest(own, received_at=now, backfill=False, log=silent).files]
        loads = {load.load_id: load for load in Ledger(own.landing).loads}
        previews = [Preview(report) for report in reports]
        if any(report.status == "loaded" for report in reports):
            known_by = everything_known(own, now)
            write_control(own, latest_described_day(own, known_by), known_by)
            build_warehouse(own, [f"+{table}" for table in TABLES])
            shrunk = shrunken_loads(own)
            without = not_among(reports)
            areas = _count_of_areas(own)
            with duckdb.connect(str(own.warehouse), read_only=True) as warehouse:
                previews = [
                    _preview(
                        warehouse,
                        report,
                        loads[report.load_id or ""],
                        contracts[report.export or ""],
                        shrunk,
                        unused=() if areas > 1 else (AREA,),
                        without=without,
                    )
                    if report.status == "loaded"
                    else Preview(report)
                    for report in reports
                ]
        return sorted(previews, key=lambda preview: preview.report.file_name)


def not_among(reports: Iterable[FileReport]) -> tuple[str, ...]:
    """The exports that know clients and of which no file would be loaded."""
    return tuple(sorted(HEART - {report.export for report in reports if report.status == "loaded"}))


def _count_of_areas(settings: Settings) -> int:
    with (settings.seeds_dir / "areas.csv").open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def _copy_landing(settings: Settings, own: Settings) -> None:
    """Landing as it stands, without copying its bytes: whoever writes there writes aside and renames."""
    # The ledger first: the rows of every load that it names are there, even while a refresh goes on.
    for folder in ("loads", ".", *(path.name for path in settings.landing.glob("*/"))):
        (own.landing / folder).mkdir(parents=True, exist_ok=True)
        for file in (settings.landing / folder).glob("*"):
            target = own.landing / folder / file.name
            if file.is_file() and file.suffix != ASIDE and not target.exists():
                _link(file, target)
    # Whether a known file lies in the archive, as it was, tells a repetition from a load that was killed.
    for file in settings.archive.glob("*/*"):
        target = own.archive / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(file, target)


def _link(source: Path, target: Path) -> None:
    with suppress(FileNotFoundError):  # what a killed refresh left, and the next one has just taken away
        try:
            os.link(source, target)
        except OSError:  # a file system without hard links
            shutil.copyfile(source, target)


def _put_into_inbox(file: Path, inbox: Path) -> FileReport | None:
    """Copy a file into the preview's inbox; a report where it cannot be read at all."""
    inbox.mkdir(exist_ok=True)
    try:
        with open_plain(file) as content, (inbox / file.name).open("wb") as copy:
            shutil.copyfileobj(content, copy)
            found = os.fstat(content.fileno())
    except FileLeftError as reason:
        return FileReport(printable(file.name), "left", str(reason))
    # Its own age tells whether somebody may still be writing to it.
    os.utime(inbox / file.name, ns=(found.st_atime_ns, found.st_mtime_ns))
    return None


def _preview(
    warehouse: duckdb.DuckDBPyConnection,
    report: FileReport,
    load: Load,
    export: Export,
    shrunk: dict[str, str],
    *,
    unused: tuple[str, ...],
    without: tuple[str, ...],
) -> Preview:
    [(loaded, duplicate, rejected, number, is_current)] = warehouse.execute(
        "select rows_loaded, rows_duplicate, rows_rejected, load_number, is_current from marts.fct_loads"
        " where load_id = ?",
        [load.load_id],
    ).fetchall()
    others = {
        name: f"{day:%Y-%m-%d}" + (f" (version {revision})" if revision > 1 else "")
        for name, day, revision in warehouse.execute(
            "select case when is_current then 'current' else 'before' end, extract_date, revision"
            " from marts.fct_loads where export = ? and (is_current or load_number = ?)",
            [export.name, number - 1],
        ).fetchall()
    }
    becomes_current = is_current or export.is_delta
    return Preview(
        report=report,
        load=load,
        absent=tuple(c.name for c in export.columns if c.name not in (*report.headers, *unused)),
        rows_loaded=loaded,
        rows_duplicate=duplicate,
        rows_rejected=rejected,
        findings=_findings(warehouse, load.load_id),
        newer=None if becomes_current else others["current"],
        before=others.get("before"),
        changes=_changes(warehouse, load.load_id, number, export) if becomes_current else None,
        shrunk=shrunk.get(load.load_id),
        without=without,
    )


def _findings(warehouse: duckdb.DuckDBPyConnection, load_id: str) -> tuple[Finding, ...]:
    rows = warehouse.execute(
        """
        select
            concat(
                case when rules.concerns = 'row' then '' else concat(found.column_name, ' ') end,
                coalesce(rules.wording, replace(found.reason, '_', ' '))
            ) as words,
            count(*) as row_count,
            list(found.source_line order by found.source_line)[1:?] as first_lines,
            case
                when rules.severity = 'warn' then 'warn' when found.row_is_kept then 'cell' else 'reject'
            end as about,
            found.reason
        from marts.fct_rejected_rows as found
        left join reference.quality_rules as rules on found.reason = rules.rule
        where found.load_id = ?
        group by words, about, found.reason
        order by list_position(['reject', 'cell', 'warn'], about), row_count desc, words
        """,
        [FIRST_LINES, load_id],
    ).fetchall()
    return tuple(
        Finding(words, count, tuple(lines), about, rule) for words, count, lines, about, rule in rows
    )


def _changes(warehouse: duckdb.DuckDBPyConnection, load_id: str, number: int, export: Export) -> Changes:
    """Compare a load's valid records with those that counted before it, value by value."""
    values = ", ".join(f"rows.{column.landed_name}" for column in export.columns)
    earlier = "loads.load_number < $number" if export.is_delta else "loads.load_number = $number - 1"
    [counts] = warehouse.execute(
        f"""
        with

        valid as (

            select
                rows.record_key,
                loads.load_number,
                list(row({values}) order by row({values})) as content
            from staging.base_{export.name} as rows
            inner join staging.stg_loads as loads on rows.load_id = loads.load_id
            where not rows.is_duplicate and rows.reject_reasons is null
                and (loads.load_number = $number or {earlier})
            group by rows.record_key, loads.load_number

        ),

        mine as (select * from valid where load_number = $number),

        before as (

            select * from valid
            where load_number < $number
            qualify row_number() over (partition by record_key order by load_number desc) = 1

        )

        select
            count(*) filter (before.record_key is null),
            count(*) filter (before.record_key is not null and mine.content <> before.content),
            count(*) filter (before.record_key is not null and mine.content = before.content),
            (select count(*) from marts.fct_vanished_keys where missing_since_load_id = $load_id)
        from mine
        left join before on mine.record_key = before.record_key
        """,
        {"number": number, "load_id": load_id},
    ).fetchall()
    return Changes(*counts)


# --- in words --------------------------------------------------------------------------------------------


def in_words(preview: Preview) -> list[str]:
    """A file's preview as lines for the data lead: names, places, counts and reasons, never a value."""
    report, load = preview.report, preview.load
    lines = [report.file_name]

    def say(about: str, words: str) -> None:
        lines.append(f"  {about:<10}{words}")

    if report.export:
        day = f", extract of {report.extract_date}" if report.extract_date else ""
        say("kind", f"{report.export}{day}")
    if report.status in ("refused", "left"):
        say("refused", report.reason or "")
        return lines
    if load is None:
        say("known", f"{report.reason or 'loaded already'}: nothing would change")
        return lines
    form = [
        load.encoding,
        f"separated by {DELIMITERS.get(load.delimiter, load.delimiter)}" if load.delimiter else None,
    ]
    form += [f"sheet {load.sheet!r}" if load.sheet else None, f"header in line {report.header_line}"]
    say("form", ", ".join(part for part in form if part))
    say("columns", ", ".join(f"{name} <- {place}" for name, place in report.headers.items()))
    if preview.absent:
        say("absent", ", ".join(preview.absent))
    say(
        "rows",
        f"{report.rows_in_file} in the file: {report.rows_skipped} skipped, {report.rows_landed} data",
    )
    say(
        "data",
        f"{preview.rows_loaded} to be loaded, {preview.rows_duplicate} repeated (counted once), "
        f"{preview.rows_rejected} to be rejected",
    )
    for finding in preview.findings:
        more = ", ..." if finding.rows > len(finding.lines) else ""
        where = ", ".join(str(line) for line in finding.lines)
        say(finding.about, f"{finding.rows} x {finding.words} (line {where}{more})")
    if preview.without and any(finding.rule in NOBODY_KNOWS for finding in preview.findings):
        say(
            "note",
            f"checked without a file of {' or '.join(preview.without)}: clients were looked for in what is"
            " loaded already; check the files of one day in one go",
        )
    for warning in report.warnings:
        say("warning", warning)
    for words in _change_in_words(preview):
        say("change", words)
    return lines


def _change_in_words(preview: Preview) -> Iterable[str]:
    if preview.newer:
        yield f"it would not become current: figures rest on the newer extract of {preview.newer}"
    if changes := preview.changes:
        against = f"the extract of {preview.before}" if preview.before else "nothing, as it is the first"
        yield (
            f"{changes.new} records new, {changes.changed} changed, {changes.unchanged} unchanged, "
            f"{changes.vanished} vanished, against {against}"
        )
    if preview.shrunk:
        yield f"the refresh would stop until you confirm: far fewer rows than last time ({preview.shrunk})"
