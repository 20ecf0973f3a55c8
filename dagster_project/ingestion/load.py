"""One look at the inbox: every file is loaded, recognised as known, refused or left, and the ledger says so.

A load happens whole or not at all: rows are written aside and renamed, the ledger's row commits them, and
only then does the file leave the inbox. Whoever was killed in between finds it there and does the rest.
One process at a time may do this (`dagster_project.lock`).
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingestion.contracts import Export, exports_by_file_name, load_contracts
from dagster_project.ingestion.door import AgeBand, Door, landed_type, read_age_bands
from dagster_project.ingestion.inbox import (
    FileLeftError,
    FileRefusedError,
    Fingerprint,
    InboxFile,
    fingerprint,
    is_plain_text,
    kind_of_file,
    look_at,
    open_plain,
    parts_of_name,
    printable,
    still_being_written,
)
from dagster_project.ingestion.landing import (
    ASIDE,
    LEDGER,
    WARNING_DECISIONS,
    Ledger,
    Load,
    check_profile,
    moved,
    remove_uncommitted,
    write_schema,
    written_whole,
)
from dagster_project.ingestion.plain_rows import PlainRows
from dagster_project.ingestion.pseudonyms import Pseudonyms, check_key
from dagster_project.ingestion.read_file import Table, count_rows, read_csv, read_workbook
from dagster_project.ingestion.rejects import list_of_reasons, write_refusal
from dagster_project.settings import FlicError, Settings

CONTRACT = Path("models/staging/_landing__sources.yml")
INTAKE = "last_intake.json"  # in landing
LONDON = ZoneInfo("Europe/London")
_REFUSED = "refused_"  # before the name of a refused file that is called like the list of its reasons
BATCH_ROWS = 20_000
BATCH_CHARACTERS = 1 << 25
_WITH_STATISTICS = ["source_line", "extract_date"]


class StorageError(FlicError):
    """The restricted zone cannot be written; the run stops, and the inbox still holds what was not loaded."""


@dataclass(frozen=True)
class FileReport:
    """What happened to one file of the inbox; never holds a value of it."""

    file_name: str
    status: Literal["loaded", "duplicate", "refused", "left"]
    """`left`: not taken and still in the inbox."""
    reason: str | None = None
    load_id: str | None = None
    export: str | None = None
    extract_date: date | None = None
    rows_in_file: int | None = None
    """None where they could not be counted."""
    rows_skipped: int = 0
    rows_landed: int = 0
    warnings: tuple[str, ...] = ()
    header_line: int = 0
    """Line of the header, 1 = first; 0 for a file that was not loaded."""
    headers: Mapping[str, int] = field(default_factory=dict)
    """The contract's columns that the file has, each with the place of its header, 1 = first."""


@dataclass(frozen=True)
class IngestReport:
    """What happened to every file of the inbox, sorted by name."""

    files: tuple[FileReport, ...]


@dataclass(frozen=True)
class Intake:
    """The last look at the inbox, as it was noted for the load report."""

    began: datetime
    """UTC without zone."""
    is_plain: bool
    """Whether the refresh was one of the latest data, without `--as-at` or `--known-by`."""
    files: tuple[FileReport, ...]


@dataclass(frozen=True)
class _Arrival:
    """A file in hand, with what its name and bytes say before it is read."""

    file: InboxFile
    mark: Fingerprint
    export: Export | None
    extract_date: date
    has_dated_name: bool
    revision: int

    @property
    def load_id(self) -> str:
        export = self.export.name if self.export else "file"
        version = f"-v{self.revision}" if self.revision > 1 else ""
        return f"{self.extract_date.isoformat()}-{export}-{self.mark.sha256[:12]}{version}"


def landed_schema(export: Export) -> pa.Schema:
    """The columns of an export's Parquet files: the contract's as text, and where each row comes from."""
    return pa.schema(
        [
            *((column.landed_name, pa.string()) for column in export.columns),
            ("source_file", pa.string()),
            ("source_line", pa.int32()),
            ("load_id", pa.string()),
            ("extract_date", pa.date32()),
            ("door_findings", pa.string()),
        ]
    )


def contracts_of(settings: Settings) -> dict[str, Export]:
    """The contract with what this programme's seeds say of its files; raises `ContractError`."""
    return load_contracts(
        settings.dbt_dir / CONTRACT,
        settings.seeds_dir / "header_aliases.csv",
        settings.seeds_dir / "export_sources.csv",
        (settings.seeds_dir / "value_spellings.csv", settings.common_seeds_dir / "common_spellings.csv"),
    )


def ingest(settings: Settings, *, received_at: datetime, backfill: bool, log: logging.Logger) -> IngestReport:
    """Take every file of the inbox, sorted by name, and say what happened to each.

    `received_at` is UTC (with or without zone) and is the arrival of all of them; a clock that was set back
    counts as standing still, or an older version of a file would come after a newer one. With `backfill`
    the files are history loaded at once: each counts as known from the end of its extract date, not from its
    arrival.
    Raises `KeyRefusedError` for a key that must not be used, `ContractError` for a contract that contradicts
    itself, and `StorageError` where the restricted zone cannot be written; each leaves the inbox as it was.
    """
    if received_at.tzinfo is not None:
        received_at = received_at.astimezone(UTC).replace(tzinfo=None)
    contracts = contracts_of(settings)
    try:
        check_key(settings.pseudonym_key, settings.landing)
        check_profile(settings.landing, settings.profile)
        ledger = Ledger(settings.landing)
        remove_uncommitted(settings.landing, list(contracts), ledger)
        write_schema(settings.landing / "loads" / "schema.parquet", LEDGER)
        write_schema(settings.landing / "warning_decisions" / "schema.parquet", WARNING_DECISIONS)
        for export in contracts.values():
            write_schema(settings.landing / export.name / "schema.parquet", landed_schema(export))
        intake = _Intake(settings, contracts, ledger, received_at, backfill)
        _give_back(settings, ledger, log)
        return IngestReport(tuple(_take_all(settings.inbox, intake, log)))
    except OSError as error:
        raise StorageError(
            f"the data folder cannot be written ({error.strerror or type(error).__name__}): free space or "
            "mend the rights of the folder and refresh again; the inbox still holds what was not loaded"
        ) from error


def _give_back(settings: Settings, ledger: Ledger, log: logging.Logger) -> None:
    """Put files that were written to after they were taken or refused back into the inbox, to be taken whole.

    A writer that pauses for longer than we watch writes on into the file that we moved away.
    """
    for load, file, name in written_to(settings, ledger):
        if os.path.lexists(settings.inbox / name):
            log.warning(
                "%s: the file was written to after it was taken, and another of its name lies in the "
                "inbox: after that one it is taken again",
                load.file_name,
            )
            continue
        moved(file, settings.inbox / name)
        log.warning(
            "%s: the file was written to after it was taken, so it was still being written: it lies in "
            "the inbox again and is taken whole",
            load.file_name,
        )


def written_to(settings: Settings, ledger: Ledger) -> Iterator[tuple[Load, Path, str]]:
    """The files that were written to after they were taken or refused, with the names they came under."""
    for load in ledger.loads:
        is_refused = load.status == "refused"
        folder = (settings.rejects if is_refused else settings.archive) / load.load_id
        for file in sorted(folder.iterdir()) if folder.is_dir() else []:
            # Beside a refused file lie the reasons, and what the data lead puts there.
            name = file.name.removeprefix(_REFUSED) if is_refused else file.name
            is_other = is_refused and (
                printable(name) != load.file_name or file == list_of_reasons(folder, load.export)
            )
            if file.suffix != ASIDE and not is_other and _was_written_to(file, load):
                yield load, file, name


def _was_written_to(file: Path, load: Load) -> bool:
    """Whether a file is no longer what was taken. One that is older than its load need not be read again."""
    status = file.stat()
    if status.st_size != load.file_bytes:
        return True
    taken_at = load.received_at.replace(tzinfo=UTC).timestamp()
    if status.st_mtime < taken_at:
        return False
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() != load.sha256


def _take_all(inbox: Path, intake: "_Intake", log: logging.Logger) -> list[FileReport]:
    files, passed_over = look_at(inbox)
    growing = still_being_written(files)
    reports = [FileReport(printable(path.name), "left", reason) for path, reason in passed_over]
    for file in files:
        if file.path in growing:
            report = FileReport(file.name, "left", "it is still being written")
        else:
            report = intake.take(file)
        log.info("%s: %s%s", report.file_name, report.status, f": {report.reason}" if report.reason else "")
        for warning in report.warnings:
            log.warning("%s: %s", report.file_name, warning)
        reports.append(report)
    return sorted(reports, key=lambda report: report.file_name)


def write_intake(settings: Settings, began: datetime, is_plain: bool, files: Iterable[FileReport]) -> None:
    """Keep what became of the inbox's files for the load report, which may be written after a failure."""
    content = {"began": began, "is_plain": is_plain, "files": [asdict(file) for file in files]}
    with written_whole(settings.landing / INTAKE) as target:
        target.write(json.dumps(content, default=str, indent=1).encode())


def read_intake(settings: Settings) -> Intake | None:
    """The last look at the inbox; None before the first."""
    path = settings.landing / INTAKE
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    files = [
        FileReport(
            **{
                **file,
                "warnings": tuple(file["warnings"]),
                "extract_date": date.fromisoformat(file["extract_date"]) if file["extract_date"] else None,
            }
        )
        for file in content["files"]
    ]
    return Intake(datetime.fromisoformat(content["began"]), content["is_plain"], tuple(files))


class _Intake:
    """What all files of one look at the inbox share."""

    def __init__(
        self,
        settings: Settings,
        contracts: dict[str, Export],
        ledger: Ledger,
        received_at: datetime,
        backfill: bool,
    ) -> None:
        self._settings = settings
        self._contracts = contracts
        self._file_names = exports_by_file_name(contracts)
        self._ledger = ledger
        self._received_at = max([received_at, *(load.received_at for load in ledger.loads)])
        self._backfill = backfill
        self._pseudonyms = Pseudonyms(settings.pseudonym_key)
        self._today = received_at.replace(tzinfo=UTC).astimezone(LONDON).date()
        self._age_bands: tuple[AgeBand, ...] = read_age_bands(settings.common_seeds_dir / "age_bands.csv")

    def take(self, file: InboxFile) -> FileReport:
        """Do with one file what is due; only trouble with our own folders raises."""
        try:
            with open_plain(file.path) as content:
                mark = fingerprint(content)
                arrival = _Arrival(file, mark, None, self._today, False, 1)
                try:
                    arrival = self._recognised(arrival)
                    if known := self._known(arrival):
                        return self._finish_duplicate(arrival, known, content)
                    load, report = self._land(arrival, content)
                except FileRefusedError as refusal:
                    # Refused by its name or kind, before anybody read its rows.
                    if not refusal.was_read and is_plain_text(file.name, mark, content):
                        refusal.rows_in_file = count_rows(content, mark)
                    _leave_if_changed(file)
                    return self._refuse(arrival, refusal, content)
                self._ledger.add(load)
                self._put_away(arrival, load, content)
        except FileLeftError as reason:
            return FileReport(file.name, "left", str(reason))
        # The file may have been refused before the contract or the aliases learned its headers.
        shutil.rmtree(self._settings.rejects / load.load_id, ignore_errors=True)
        return report

    def _recognised(self, arrival: _Arrival) -> _Arrival:
        name = parts_of_name(arrival.file.path.name, self._file_names, self._today)
        arrival = replace(
            arrival,
            extract_date=name.extract_date or self._today,
            has_dated_name=name.extract_date is not None,
            revision=name.revision,
        )
        if name.export is None:
            raise FileRefusedError(
                "the file name does not begin with the name of an export: if it is one, name it "
                f"{', '.join(self._file_names)}"
            )
        return replace(arrival, export=self._contracts[name.export])

    def _known(self, arrival: _Arrival) -> Load | None:
        """The load that holds this content already.

        The same bytes under the date of another extract, or as another version of one, are news: they say
        that nothing changed until that day, or take a correction back, and without them the result would
        depend on which file came first. For the same reason a file without a date that came before its dated
        twin gives way to it later (`stg_loads`).
        """
        version = (arrival.extract_date, arrival.revision)
        for load in self._ledger.of_content(arrival.mark.sha256, "loaded"):
            same_export = arrival.export is not None and load.export == arrival.export.name
            if same_export and (not arrival.has_dated_name or (load.extract_date, load.revision) == version):
                return load
        return None

    def _land(self, arrival: _Arrival, content: BinaryIO) -> tuple[Load, FileReport]:
        """Write the rows of a file into landing; they count once the ledger has the load."""
        export = arrival.export
        assert export is not None
        limit = self._settings.max_workbook_bytes
        if kind_of_file(arrival.file.path.name, arrival.mark, content, limit) == "csv":
            raw = read_csv(content, arrival.mark, export)
        else:
            raw = read_workbook(content, export)
        table = None
        with closing(raw.records):
            try:
                table = Table(raw, export)
                door = Door(export, table.columns, self._pseudonyms, self._age_bands)
                rows = self._settings.landing / export.name / f"{arrival.load_id}.parquet"
                with written_whole(rows) as target:
                    _write_rows(target, table, door, arrival)
                    door.find_both_forms(target)
                    door.refuse_what_the_rows_show()
                    _leave_if_changed(arrival.file)
            except FileRefusedError as refusal:
                refusal.was_read, refusal.rows_in_file = True, raw.rows_in_file()
                if table is not None and refusal.rows_in_file is not None:
                    refusal.rows_skipped = table.rows_skipped
                raise
        warnings = [*table.warnings, *door.warnings()]
        now = self._received_at
        warnings += [
            f"{other.file_name} {'came with' if other.received_at == now else 'was loaded before'} it for "
            "the same day and version, and only one of the two counts: put _v2 before the ending of the "
            "one that corrects the other"
            for other in self._ledger.loads
            if (other.status, other.export, other.extract_date, other.revision)
            == ("loaded", export.name, arrival.extract_date, arrival.revision)
        ]
        if not arrival.has_dated_name:
            warnings.append(
                "the file name holds no date: the day of arrival is taken for the day of the extract"
            )
        load = Load(
            load_id=arrival.load_id,
            export=export.name,
            file_name=arrival.file.name,
            sha256=arrival.mark.sha256,
            file_bytes=arrival.mark.size,
            extract_date=arrival.extract_date,
            revision=arrival.revision,
            received_at=self._received_at,
            known_from=self._known_from(arrival.extract_date),
            status="loaded",
            encoding=raw.encoding,
            delimiter=raw.delimiter,
            sheet=raw.sheet,
            rows_in_file=table.rows_in_file,
            rows_skipped=table.rows_skipped,
            rows_landed=table.rows_landed,
            stated_rows=table.stated_rows,
            ignored_columns=table.ignored_columns,
            warnings="; ".join(warnings) or None,
            has_dated_name=arrival.has_dated_name,
        )
        headers = {column.name: at + 1 for at, column in table.columns.items()}
        report = replace(_report(load, warnings), header_line=table.header_line, headers=headers)
        return load, report

    def _known_from(self, extract_date: date) -> datetime:
        if not self._backfill:
            return self._received_at
        end_of_day = datetime.combine(extract_date + timedelta(days=1), time(), LONDON)
        # An extract of today is known now, not from midnight.
        return min(end_of_day.astimezone(UTC).replace(tzinfo=None), self._received_at)

    def _finish_duplicate(self, arrival: _Arrival, known: Load, content: BinaryIO) -> FileReport:
        """Record a file that is loaded already, or end what a killed run began."""
        if arrival.has_dated_name and known.has_dated_name is False:
            # Its day was the day of arrival; now a name states the same day.
            known = replace(known, has_dated_name=True)
            self._ledger.add(known)
        again = [
            load
            for load in self._ledger.of_content(arrival.mark.sha256, "duplicate")
            if load.load_id.startswith(f"{known.load_id}-again-")
        ]
        for load in (known, *again):
            if load.file_name == arrival.file.name and not self._archived(arrival, load).exists():
                # Its load is committed and the file is still here: only the last step is missing.
                self._put_away(arrival, load, content)
                return _report(load, [])
        reason = f"the same content as {known.file_name}, loaded as {known.load_id}"
        if known.ignored_columns:
            reason += (
                f"; {known.ignored_columns} of its columns were not loaded then: if the seeds know them now, "
                f"_v{known.revision + 1} before the ending of the name loads it again"
            )
        load = replace(
            known,
            load_id=f"{known.load_id}-again-{len(again) + 1}",
            file_name=arrival.file.name,
            received_at=self._received_at,
            known_from=self._known_from(known.extract_date),
            status="duplicate",
            reason=reason,
            rows_landed=0,
            stated_rows=None,
            ignored_columns=0,
            warnings=None,
        )
        self._ledger.add(load)
        self._put_away(arrival, load, content)
        return _report(load, [])

    def _refuse(self, arrival: _Arrival, refusal: FileRefusedError, content: BinaryIO) -> FileReport:
        """Record a refusal once for its content, say why in `rejects/`, and move the file there."""
        reason = str(refusal)
        export = arrival.export.name if arrival.export else None
        refused = self._ledger.of_content(arrival.mark.sha256, "refused")
        refused_before = [load for load in refused if load.export == export]
        load = Load(
            load_id=refused_before[-1].load_id if refused_before else arrival.load_id,
            export=export,
            file_name=arrival.file.name,
            sha256=arrival.mark.sha256,
            file_bytes=arrival.mark.size,
            extract_date=arrival.extract_date,
            revision=arrival.revision,
            received_at=self._received_at,
            known_from=self._received_at,
            status="refused",
            reason=reason,
            rows_in_file=refusal.rows_in_file,
            rows_skipped=refusal.rows_skipped,
            has_dated_name=arrival.has_dated_name,
        )
        folder = self._settings.rejects / load.load_id
        write_refusal(folder, load.export, load.file_name, reason)
        if not refused_before or refused_before[-1].reason != reason:
            self._ledger.add(load)
        target = folder / arrival.file.path.name
        if target.name.casefold() == list_of_reasons(folder, load.export).name.casefold():
            target = folder / f"{_REFUSED}{target.name}"
        _move_what_was_read(arrival.file, content, target)
        return _report(load, [])

    def _archived(self, arrival: _Arrival, load: Load) -> Path:
        return self._settings.archive / load.load_id / arrival.file.path.name

    def _put_away(self, arrival: _Arrival, load: Load, content: BinaryIO) -> None:
        _move_what_was_read(arrival.file, content, self._archived(arrival, load))


def _report(load: Load, warnings: list[str]) -> FileReport:
    return FileReport(
        file_name=load.file_name,
        status=load.status,
        reason=load.reason,
        load_id=load.load_id,
        export=load.export,
        extract_date=load.extract_date,
        rows_in_file=load.rows_in_file,
        rows_skipped=load.rows_skipped,
        rows_landed=load.rows_landed,
        warnings=tuple(warnings),
    )


def _write_rows(target: BinaryIO, table: Table, door: Door, arrival: _Arrival) -> None:
    """Stream a file's rows into Parquet, one batch in memory at a time: few rows where the cells are long.

    Plain rows are a batch as they come. Small batches are written together, or each odd line would cost the
    rows around it what makes Parquet small.
    """
    export = arrival.export
    assert export is not None
    as_text = landed_schema(export)
    repeated = pa.dictionary(pa.int32(), pa.string())
    types = [landed_type(column) for column in export.columns]
    schema = pa.schema(
        zip(as_text.names, [*types, repeated, pa.int32(), repeated, pa.date32(), repeated], strict=True)
    )
    # Nobody looks for a text by its least and greatest. The file says what its columns are as ever: texts.
    with pq.ParquetWriter(
        target,
        schema,
        compression="zstd",
        # Columns may be named. A dictionary of keys, each of which stands once, is time and space lost.
        use_dictionary=[field.name for field in schema if field.type == repeated],  # pyright: ignore[reportArgumentType]
        write_statistics=_WITH_STATISTICS,  # pyright: ignore[reportArgumentType]
        store_schema=False,
    ) as writer:
        batches: list[pa.RecordBatch] = []
        held: list[list] = []
        characters = 0

        def write() -> None:
            rows = pa.Table.from_batches(batches, schema)
            writer.write_table(rows.unify_dictionaries() if len(batches) > 1 else rows)
            batches.clear()

        def add(columns: Sequence[pa.Array], lines: pa.Array, findings: pa.Array) -> None:
            origins = [
                pa.DictionaryArray.from_arrays(np.zeros(len(lines), np.int32), [text])
                for text in (arrival.file.name, arrival.load_id)
            ]
            day = pa.repeat(pa.scalar(arrival.extract_date), len(lines))
            arrays = [*columns, origins[0], lines, origins[1], day, findings.dictionary_encode()]
            batches.append(pa.record_batch(arrays, schema=schema))
            is_long = sum(batch.num_rows for batch in batches) >= BATCH_ROWS
            if is_long or sum(batch.nbytes for batch in batches) > BATCH_CHARACTERS:
                write()

        def flush() -> None:
            nonlocal characters
            if held:
                *columns, lines, findings = map(list, zip(*held, strict=True))
                add(
                    [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)],
                    pa.array(lines, pa.int32()),
                    pa.array(findings, pa.string()),
                )
            held.clear()
            characters = 0

        for row in table.rows_and_blocks():
            if isinstance(row, PlainRows):
                flush()
                columns, findings = door.land_rows(row)
                add(columns, pa.array(np.arange(row.line, row.line + row.rows, dtype=np.int32)), findings)
                continue
            values, findings = door.land(row)
            held.append([*values, row.line, findings])
            characters += sum(map(len, row.cells))
            if len(held) == BATCH_ROWS or characters > BATCH_CHARACTERS:
                flush()
        flush()
        if batches:
            write()


def _leave_if_changed(file: InboxFile) -> None:
    """Leave a file to the next run that somebody wrote to, or replaced, while we read it."""
    now = _now(file)
    if now is None:
        raise FileLeftError("it was taken away while it was read")
    if now != file:
        raise FileLeftError("it was still being written while it was read")


def _now(file: InboxFile) -> InboxFile | None:
    """What lies under the file's name now."""
    try:
        status = file.path.lstat()
    except FileNotFoundError:
        return None
    return InboxFile(file.path, status.st_size, status.st_mtime_ns, status.st_ino)


def _move_what_was_read(file: InboxFile, content: BinaryIO, target: Path) -> None:
    """Move a file that was dealt with; what took its name meanwhile stays in the inbox, for the next look."""
    now = _now(file)
    if now == file:
        moved(file.path, target)
    elif now is None or now.inode != file.inode:
        # Its name is another's, but we still have it open.
        content.seek(0)
        with written_whole(target) as copy:
            shutil.copyfileobj(content, copy)
