"""The load report: what came in, what became of it and what to do next, in words for the data lead.

Also where a refresh stopped: then the report says so, and tells the rest as far as it is known. It holds
counts, reasons, names of files and sheets, and the days of whole columns, never a value of a row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.ingestion.contracts import normal_header
from dagster_project.ingestion.landing import Load
from dagster_project.ingestion.load import FileReport
from dagster_project.reports.findings import Comparison, Finding

REPORT = "load_report.md"
# What findings call the export of a file whose name tells none.
NOT_RECOGNISED = "not_recognised"
LONDON = ZoneInfo("Europe/London")

USUAL_ENCODINGS = {None, "utf-8", "utf-8-sig"}
USUAL_DELIMITERS = {None, ","}
_STATUSES = {
    "loaded": "loaded",
    "duplicate": "known already",
    "refused": "refused",
    "left": "left in the inbox",
}
DELIMITERS = {";": "semicolons", "tab": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one load, and what its findings are, by wording and severity."""

    rows_in_file: int
    loaded: int
    duplicate: int
    rejected: int
    skipped: int
    rejects: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Changes:
    """How the current extract of an export differs from the one before."""

    export: str
    load_id: str
    extract_date: date
    previous_date: date
    new: int
    changed: int
    gone: int
    clients: int | None


@dataclass(frozen=True)
class Built:
    """What the warehouse of this refresh says."""

    as_at: date
    known_by: datetime
    counts: dict[str, Counts]
    changes: tuple[Changes, ...]
    dates: tuple[tuple[str, str, int, date, date], ...]
    never_came: tuple[str, ...]
    extracts: dict[str, date]
    comparison: Comparison


def read_built(warehouse: duckdb.DuckDBPyConnection, comparison: Comparison) -> Built:
    """Everything that the report takes from the warehouse."""
    [(as_at, known_by)] = warehouse.execute("select as_at, known_by from landing.control").fetchall()
    rejects: dict[str, list[tuple[str, int]]] = {}
    for load_id, words, rows in warehouse.execute(
        """
        select rejected.load_id,
            concat(case when rules.concerns = 'cell' then replace(column_name, '_', ' ') || ' ' else '' end,
                rules.wording),
            count(*)
        from marts.fct_rejected_rows as rejected
        inner join reference.quality_rules as rules on rejected.reason = rules.rule
        where not row_is_kept
        group by all order by all
        """
    ).fetchall():
        rejects.setdefault(load_id, []).append((words, rows))
    return Built(
        as_at=as_at,
        known_by=known_by,
        counts={
            load_id: Counts(rows, loaded, duplicate, rejected, skipped, tuple(rejects.get(load_id, ())))
            for load_id, rows, loaded, duplicate, rejected, skipped in warehouse.execute(
                "select load_id, rows_in_file, rows_loaded, rows_duplicate, rows_rejected, rows_skipped"
                " from marts.fct_loads where rows_in_file is not null"
            ).fetchall()
        },
        changes=tuple(
            Changes(*row)
            for row in warehouse.execute(
                """
                select changes.export, changes.load_id, now.extract_date, earlier.extract_date, records_new,
                    records_changed, records_gone, clients_affected
                from marts.fct_load_changes as changes
                inner join marts.fct_loads as now on changes.load_id = now.load_id
                inner join marts.fct_loads as earlier on changes.previous_load_id = earlier.load_id
                order by changes.export
                """
            ).fetchall()
        ),
        dates=tuple(
            warehouse.execute(
                "select export, column_name, dates, earliest, latest from marts.fct_date_ranges order by all"
            ).fetchall()
        ),
        never_came=tuple(
            label
            for (label,) in warehouse.execute(
                "select label from marts.fct_source_status where not ever_received order by label"
            ).fetchall()
        ),
        extracts=dict(
            warehouse.execute("select export, extract_date from marts.fct_loads where is_current").fetchall()
        ),
        comparison=comparison,
    )


def load_report(
    *,
    moment: datetime,
    outcome: str,
    stopped: bool,
    files: Sequence[FileReport],
    loads: dict[str, Load],
    built: Built | None,
    workbooks: Sequence[str],
    is_for_dagster: bool = False,
) -> str:
    """The report as Markdown. `moment` is UTC without zone; a report for
    Dagster names no day of a column and no sheet.

    `files` are those that this refresh met, `loads` the ledger by id. Without `built` the warehouse does not
    describe the present loads, and the report tells of files alone.
    """
    parts = [
        opening(moment)
        + (f" Figures as at {built.as_at}." if built else "")
        + f"\n\n**{'Stopped' if stopped else 'Done'}:** {outcome}",
        "## What to do next",
        "\n".join(f"- {step}" for step in _next_steps(stopped, files, built, workbooks)),
        "## In short",
        _in_short(files, built),
    ]
    table = ["## Files", _files(files, loads, built, with_sheets=not is_for_dagster)]
    if built is None:
        parts += table
        parts += [
            "## Rows and warnings",
            "Not known: the warehouse does not hold these loads yet. What was published stays as it was.",
        ]
        return "\n\n".join(parts) + "\n"
    parts += ["## What is wrong or odd in the current extracts", _findings(built.comparison)]
    parts += ["## Resolved since the last load", _resolved(built.comparison)]
    parts += ["## Against the extract before", _changes(built.changes)]
    parts += table
    if not is_for_dagster:
        parts += ["## Days in the current extracts", _dates(built)]
    return "\n\n".join(parts) + "\n"


def opening(moment: datetime) -> str:
    """What a report begins with; `moment` is UTC without zone."""
    return f"# Load report\n\nRefresh of {in_london(moment)}."


def report_of_load(load: Load, built: Built) -> str:
    """The report that is kept for one file."""
    file = FileReport(load.file_name, load.status, load.reason, load.load_id, load.export, load.extract_date)
    parts = [
        f"# {_cell(load.file_name)}",
        f"Taken in on {in_london(load.received_at)} as `{load.load_id}`.",
        _files([file], {load.load_id: load}, built),
    ]
    counts = built.counts.get(load.load_id)
    if counts and counts.rejects:
        parts += ["## Rejected, by reason", _table(("reason", "findings"), counts.rejects)]
    if changes := [change for change in built.changes if change.load_id == load.load_id]:
        parts += ["## Against the extract before", _changes(changes)]
        odd = [finding for finding in built.comparison.warnings if finding.export == load.export]
        parts += ["## Warnings", _by_rule(odd)]
    return "\n\n".join(parts) + "\n"


def _next_steps(
    stopped: bool, files: Sequence[FileReport], built: Built | None, workbooks: Sequence[str]
) -> list[str]:
    steps = []
    if stopped:
        steps.append(
            "Do what the reason above says, then `flic refresh`. What was published before stays served, and"
            " what follows here of rows and warnings may be wrong until then: send nobody a workbook."
        )
    # Refused now, and earlier where it is not yet replaced or accepted as no export.
    refused = {(_cell(file.file_name), file.export is None) for file in files if file.status == "refused"}
    earlier = _refused_before(built)
    refused |= {(_cell(finding.file), finding.export == NOT_RECOGNISED) for finding in earlier}
    if mend := sorted(name for name, is_unknown in refused if not is_unknown):
        steps.append(f"Mend the refused files and put them into the inbox again: {', '.join(mend)}.")
    if unknown := sorted(name for name, is_unknown in refused if is_unknown):
        ids = sorted(finding.finding_id for finding in earlier if finding.export == NOT_RECOGNISED)
        accept = f"`flic warnings accept {' '.join(ids or ['ID'])} --reason ... --by ...`"
        steps.append(
            f"Not recognised by name: {', '.join(unknown)}. Give a file that is an export its right name and"
            f" put it into the inbox again; one that is none is replaced by nothing: {accept} takes it off"
            " this list."
        )
    if any(file.status == "left" for file in files):
        steps.append("Look at the files that were left in the inbox; the next refresh tries them again.")
    if workbooks and not stopped:
        steps.append(
            f"Send the teams what they have to correct: {', '.join(workbooks)} in `reports/corrections/`."
        )
    if built and not stopped:
        open_warnings = [finding for finding in built.comparison.warnings if not finding.accepted]
        if any(finding.is_new for finding in open_warnings):
            steps.append("Look at the new warnings: `flic warnings --new`.")
        if open_warnings:
            steps.append(
                "Accept the warnings that are right as they are:"
                " `flic warnings accept ID --reason ... --by ...`."
            )
    return steps or ["Nothing."]


def _refused_before(built: Built | None) -> list[Finding]:
    """The refused files that wait for somebody."""
    found = built.comparison.warnings if built else ()
    return [finding for finding in found if finding.rule == "file_refused" and not finding.accepted]


def _in_short(files: Sequence[FileReport], built: Built | None) -> str:
    """What a minute is enough for: how many files and rows, what is wrong, what never came."""
    lines = []
    statuses = {status: sum(file.status == status for file in files) for status in _STATUSES}
    said = ", ".join(f"{count} {_STATUSES[status]}" for status, count in statuses.items() if count)
    lines.append(f"Files: {said}." if said else "Files: none.")
    lines += [
        f"{_cell(file.file_name)}: {file.status}: {_cell(file.reason)}"
        for file in files
        if file.status in ("refused", "left")
    ]
    if built:
        counts = [built.counts[file.load_id] for file in files if file.load_id in built.counts]
        if counts:
            lines.append(
                f"Rows of these files: {sum(count.loaded for count in counts):,} loaded,"
                f" {sum(count.duplicate for count in counts):,} duplicate,"
                f" {sum(count.rejected for count in counts):,} rejected,"
                f" {sum(count.skipped for count in counts):,} skipped (no data)."
            )
        found = built.comparison.findings
        rejects = sum(finding.severity == "reject" for finding in found)
        waiting = [finding for finding in built.comparison.warnings if not finding.accepted]
        new = (
            f", {sum(bool(finding.is_new) for finding in waiting)} of them new"
            if built.comparison.is_compared
            else ""
        )
        resolved = sum(gone.count for gone in built.comparison.resolved)
        met = {file.file_name for file in files}
        waits = {NOT_RECOGNISED: "and not recognised by name"}
        lines += [
            f"Refused before {waits.get(finding.export, 'and not yet replaced')}:"
            f" {_cell(finding.file)}: {_cell(finding.detail)}"
            for finding in _refused_before(built)
            if finding.file not in met
        ]
        lines.append(
            f"In the current extracts: {rejects} reasons against rows, {len(waiting)} warnings{new};"
            f" {resolved} resolved since the last load."
        )
        further = [export for export, day in built.extracts.items() if day > built.as_at]
        if further:
            lines.append(
                f"Figures are as at {built.as_at}, the last day that both referrals and caseload reach;"
                f" {', '.join(sorted(further))} reaches further."
            )
        never = ", ".join(built.never_came)
        lines.append(f"Exports that never came: {never}." if never else "Every export has come.")
    return "\n".join(f"- {line}" for line in lines)


def _files(
    files: Sequence[FileReport], loads: dict[str, Load], built: Built | None, *, with_sheets: bool = True
) -> str:
    if not files:
        return "No new files."
    rows, notes = [], []
    for file in files:
        load = loads.get(file.load_id or "")
        counts = built.counts.get(file.load_id or "") if built else None
        what = f"{file.status}: {file.reason}" if file.reason else file.status
        if counts:
            numbers = (
                counts.rows_in_file, counts.loaded, counts.duplicate, counts.rejected, counts.skipped
            )  # fmt: skip
        else:
            numbers = (
                (file.rows_in_file, None, None, None, file.rows_skipped)
                if file.status == "loaded"
                else (None,) * 5
            )
        rows.append((file.file_name, what, file.extract_date if load else None, *numbers))
        odd = _unusual(load, with_sheets) if load and file.status == "loaded" else ""
        notes += [f"- {_cell(file.file_name)}: {_cell(odd)}"] if odd else []
    head = ("file", "what became of it", "extract of", "rows", "loaded", "duplicate", "rejected", "skipped")
    words = "Rows in the file = loaded + duplicate + rejected + skipped (not data)."
    return "\n\n".join(
        [_table(head, rows), words, *(["Out of the ordinary:\n\n" + "\n".join(notes)] if notes else [])]
    )


def _unusual(load: Load, with_sheet: bool) -> str:
    """How a file was read, where that is worth a look; else ''."""
    notes = []
    if load.encoding not in USUAL_ENCODINGS:
        notes.append(f"read as {load.encoding}")
    if load.delimiter not in USUAL_DELIMITERS:
        notes.append(f"fields separated by {DELIMITERS.get(load.delimiter or '', load.delimiter)}")
    if with_sheet and load.sheet and normal_header(load.sheet) != normal_header(load.export or ""):
        notes.append(f"read from the sheet {load.sheet!r}")
    return "; ".join([*notes, load.warnings] if load.warnings else notes)


def _changes(changes: Iterable[Changes]) -> str:
    rows = [
        (
            change.export, change.extract_date, change.previous_date, change.new, change.changed, change.gone,
            "" if change.clients is None else change.clients,
        )
        for change in changes
    ]  # fmt: skip
    if not rows:
        return "Nothing to compare: no export has come twice."
    return _table(("export", "extract of", "before", "new", "changed", "gone", "clients affected"), rows)


def _findings(comparison: Comparison) -> str:
    rejected = [finding for finding in comparison.findings if finding.severity == "reject"]
    waiting = [finding for finding in comparison.warnings if not finding.accepted]
    accepted = [finding for finding in comparison.warnings if finding.accepted]
    parts = [f"### Rejected rows, by reason ({len(rejected)})", _by_rule(rejected)]
    parts += [f"### Warnings ({len(waiting)})", _by_rule(waiting)]
    parts += [f"### Warnings accepted as right ({len(accepted)})", _by_rule(accepted)]
    if not comparison.is_compared:
        parts.append("There is no earlier load to compare with.")
    return "\n\n".join(parts)


def _by_rule(findings: Iterable[Finding]) -> str:
    counted: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        counted.setdefault((finding.export, finding.wording), []).append(finding)
    if not counted:
        return "None."
    rows = [
        (
            export,
            wording,
            len(group),
            *(_counted(group, is_new) for is_new in (True, False)),
            group[0].guidance,
        )
        for (export, wording), group in sorted(counted.items())
    ]
    return _table(("export", "what is wrong", "now", "new", "persisting", "what to do"), rows)


def _counted(group: Sequence[Finding], is_new: bool) -> int | str:
    """How many are new, or persisting; a dash where nothing came before."""
    return "–" if group[0].is_new is None else sum(finding.is_new is is_new for finding in group)


def _resolved(comparison: Comparison) -> str:
    if not comparison.resolved:
        return "None."
    rows = [(gone.export, gone.wording, gone.severity, gone.count) for gone in comparison.resolved]
    return _table(("export", "what was wrong", "severity", "gone"), rows)


def _dates(built: Built) -> str:
    if not built.dates:
        return "None."
    words = "A first or last day that cannot be is most often a date with month and day exchanged."
    return words + "\n\n" + _table(("export", "column", "dates", "first", "last"), built.dates)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    """A value of a table: names of files are data, and neither end a cell nor begin a tag."""
    text = "" if value is None else str(value)
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").replace("`", "'").split())


def in_london(moment: datetime) -> str:
    """A moment as the data lead is told it: `2018-03-31 09:05 (London)`; one without zone is UTC."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{known.astimezone(LONDON):%Y-%m-%d %H:%M} (London)"
