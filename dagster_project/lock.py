"""One refresh at a time: a lock on the data folder that ends with the process that holds it.

The operating system's lock, not a file whose presence means something: a killed refresh must not shut
out the next one.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock

from dagster_project.settings import FlicError, Settings


class BusyError(FlicError):
    """Another refresh is running on this data folder; the message says which and since when."""


@contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """Hold the data folder for one refresh; raise `BusyError` at once if another one holds it."""
    # What is written while the lock is held is for its owner alone; the served folder opens its own files.
    previous = os.umask(0o077)
    try:
        with _held(settings):
            yield
    finally:
        os.umask(previous)


@contextmanager
def _held(settings: Settings) -> Iterator[None]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    holder = settings.data_dir / "refresh.lock.json"
    try:
        with filelock.FileLock(settings.data_dir / "refresh.lock", blocking=False, is_singleton=False):
            since = datetime.now(UTC).isoformat(timespec="seconds")
            holder.write_text(json.dumps({"process": os.getpid(), "since": since}))
            yield
    except filelock.Timeout:
        raise BusyError(f"already running: {_who(holder)}") from None


def _who(holder: Path) -> str:
    """Who holds the lock, as far as they have written it down."""
    try:
        who = json.loads(holder.read_text())
        return f"process {who['process']} has been refreshing since {who['since']}"
    except (OSError, ValueError, KeyError):
        return "another refresh has just begun"
