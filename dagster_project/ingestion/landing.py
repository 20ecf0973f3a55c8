"""How anything comes to stand in the restricted zone: written aside, flushed, renamed; and the ledger.

What a file holds is not known here.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.settings import FlicError

ASIDE = ".tmp"

LEDGER = pa.schema(
    [
        ("load_id", pa.string()),
        ("export", pa.string()),
        ("file_name", pa.string()),
        ("sha256", pa.string()),
        ("file_bytes", pa.int64()),
        ("encoding", pa.string()),
        ("delimiter", pa.string()),
        ("sheet", pa.string()),
        ("extract_date", pa.date32()),
        ("revision", pa.int32()),
        ("received_at", pa.timestamp("us")),
        ("known_from", pa.timestamp("us")),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("rows_in_file", pa.int32()),
        ("rows_skipped", pa.int32()),
        ("rows_landed", pa.int32()),
        ("stated_rows", pa.int32()),
        ("ignored_columns", pa.int32()),
        ("warnings", pa.string()),
        ("has_dated_name", pa.bool_()),
    ]
)

# What the data lead decided about single warnings (`dagster_project.reports`), one file a decision.
WARNING_DECISIONS = pa.schema(
    [
        ("warning_id", pa.string()),
        ("decision", pa.string()),
        ("reason", pa.string()),
        ("decided_by", pa.string()),
        ("decided_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class Load:
    """A row of the ledger: what was done with one file. Times are UTC without zone.

    Of a loaded file `rows_in_file` = `rows_skipped` + `rows_landed`, the header and blank rows among the
    skipped. Of a duplicate no row landed, and every one that is not skipped is a duplicate; of a refused file
    every one is rejected, and `rows_in_file` is None where the rows could not be counted.
    """

    load_id: str
    export: str | None
    file_name: str
    sha256: str
    file_bytes: int
    extract_date: date
    revision: int
    received_at: datetime
    known_from: datetime
    status: Literal["loaded", "duplicate", "refused"]
    reason: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    rows_in_file: int | None = None
    rows_skipped: int = 0
    rows_landed: int = 0
    stated_rows: int | None = None
    ignored_columns: int = 0
    warnings: str | None = None
    has_dated_name: bool | None = True
    """None in a ledger of a version that did not note it."""


class ProfileRefusedError(FlicError):
    """The data in landing/ belong to another programme's profile."""


def check_profile(landing: Path, profile: str) -> None:
    """Refuse a profile other than the one that `landing` was filled under; the first use leaves its name.

    Another profile's words and forms of dates would reject the rows of this one, or misread them.
    """
    note = landing / "profile"
    if not note.exists():
        with written_whole(note) as file:
            file.write(profile.encode())
    elif (former := note.read_text(encoding="utf-8")) != profile:
        raise ProfileRefusedError(
            f"the data in landing/ are of the profile {former}, not {profile}: set FLIC_PROFILE={former}, or"
            f" give {profile} a data folder of its own (FLIC_DATA_DIR)"
        )


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name complete and on disk, or not at all; only its owner can read it.

    What was written can be read again before.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A name may have 255 bytes; with the whole of it there would be no room for the ending.
    aside = path.with_name(path.name[:60] + ASIDE)
    try:
        descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        _flush_folder(path.parent)
    except BaseException:
        # The failure that matters is the first one, not a second from tidying up.
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def moved(source: Path, target: Path) -> None:
    """Move a file, also from another file system (an inbox on a share), so that it is never lost between."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as original, written_whole(target) as copy:
            shutil.copyfileobj(original, copy)
        source.unlink()
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Put a rename on disk. Windows cannot open folders and needs no such step."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Ledger:
    """What was done with every file so far: one Parquet file a load, whose presence commits the load."""

    def __init__(self, landing: Path) -> None:
        """Read the ledger; the folder need not exist yet."""
        self._folder = landing / "loads"
        files = sorted(self._folder.glob("*-*.parquet"))
        self.loads = [Load(**row) for file in files for row in pq.read_table(file, schema=LEDGER).to_pylist()]

    def add(self, load: Load) -> None:
        """Commit a load: from now on it happened. A refusal gives way to a newer row of its name."""
        with written_whole(self._folder / f"{load.load_id}.parquet") as file:
            pq.write_table(pa.Table.from_pylist([asdict(load)], LEDGER), file)
        self.loads = [other for other in self.loads if other.load_id != load.load_id] + [load]

    def of_content(self, sha256: str, status: str) -> list[Load]:
        """The loads with these bytes and this status, oldest first."""
        return sorted(
            (load for load in self.loads if load.sha256 == sha256 and load.status == status),
            key=lambda load: (load.received_at, load.load_id),
        )


def write_schema(path: Path, schema: pa.Schema) -> None:
    """Keep `schema.parquet` (no rows, every column) in step with the contract."""
    if not path.exists() or not pq.read_schema(path).equals(schema):
        with written_whole(path) as file:
            pq.write_table(schema.empty_table(), file)


def remove_uncommitted(landing: Path, exports: list[str], ledger: Ledger) -> None:
    """Take away what a killed run left: files written aside, and rows whose load was never committed."""
    committed = {load.load_id for load in ledger.loads if load.status == "loaded"}
    for folder in [landing, *(landing / name for name in (*exports, "loads", "warning_decisions"))]:
        for leftover in folder.glob(f"*{ASIDE}"):
            leftover.unlink()
    for export in exports:
        for file in (landing / export).glob("*-*.parquet"):
            if file.stem not in committed:
                file.unlink()
