"""Whether anything changed since the last refresh that ended well, and what is noted where nothing did.

Such a refresh leaves a mark in the data folder: a fingerprint of all that it read and of all that it made.
While it fits and the inbox is empty, another refresh would come to the same, and only the moment of checking
is noted. A refresh that works takes the mark away first, so one that fails or is killed leaves none. Whatever
is in doubt (a folder that cannot be read, an entry of the inbox, an option of the command) is built: figures
that are kept from readers are worse than a minute's work.

Dagster, dbt and scipy are not imported here: they take longer than all the rest.
"""

import hmac
import json
import logging
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from dagster_project.fingerprint import digest, entries_of, of_product, sha256
from dagster_project.ingestion.landing import Ledger, written_whole
from dagster_project.ingestion.load import INTAKE, write_intake, written_to
from dagster_project.publication.approval import folders_taken_from_it, note_looked
from dagster_project.publication.releases import POINTER, WITHDRAWN, current_release, serve
from dagster_project.reports.load_report import REPORT, opening
from dagster_project.settings import FlicError, Settings

logger = logging.getLogger("flic")

MARK = "nothing_new.json"
# What every refresh writes anew.
_OF_THE_MOMENT = {"checked_at", "served_at"}
# Of a folder of releases: packs, and those that are looked at by themselves.
_NO_RELEASES = {"returns", "public", "areas"}
# What a missing or damaged file raises when it is read.
_DOUBTS = (OSError, ValueError, KeyError, TypeError)

Found = list[tuple[object, ...]]


def rests_on(settings: Settings) -> str:
    """The fingerprint of what a refresh reads and others write: program, seeds, settings, approved releases.

    With the key of the rounding, as nobody must be able to try the other key, or cells, on it.
    """
    served = _releases(settings.publications_dir, *folders_taken_from_it(settings))
    return digest(settings, [of_product(settings), str(settings.publications_dir), *served])


def remove_mark(settings: Settings) -> None:
    """Before anything is read or made: from here on the next refresh has to build."""
    (settings.data_dir / MARK).unlink(missing_ok=True)


def leave_mark(settings: Settings, rested_on: str, report: str) -> None:
    """Say that this refresh ended well, unless what it rests on changed since it began (`rested_on`).

    `report` is the load report of a refresh without files, without its opening. The caller holds the lock.
    A mark that cannot be written costs a minute, and is no reason to fail.
    """
    with suppress(FlicError, *_DOUBTS):
        rests_now = rests_on(settings)
        content = {"fingerprint": _fingerprint(settings, rests_now), "report": report}
        # Looked at after the fingerprint was taken: the next look at the inbox gives such files back.
        if rests_now != rested_on or any(written_to(settings, Ledger(settings.landing))):
            return
        with written_whole(settings.data_dir / MARK) as file:
            file.write(json.dumps(content).encode())


def is_noted(settings: Settings, at: datetime) -> bool:
    """Whether nothing is new; then a refresh at `at` (UTC without zone) is noted, and is done.

    Readers see when somebody looked, and the load report says that no file came. The caller holds the lock.
    """
    try:
        mark = json.loads((settings.data_dir / MARK).read_text(encoding="utf-8"))
        if entries_of(settings.inbox):
            return False
        if not hmac.compare_digest(mark["fingerprint"], _fingerprint(settings, rests_on(settings))):
            return False
        write_intake(settings, at, True, ())
        for folder in (settings.management, settings.drafts):
            current = current_release(folder)
            if current is None:
                return False
            serve(folder, current.release_id, checked_at=at)
        note_looked(settings, at)
        with written_whole(settings.reports / REPORT) as file:
            file.write((opening(at) + mark["report"]).encode())
    # Whatever is wrong, the refresh itself says it in its own words.
    except (FlicError, *_DOUBTS):
        return False
    logger.info("No file came and nothing else changed since the last refresh: nothing is built.")
    return True


def _fingerprint(settings: Settings, rests_now: str) -> str:
    """What a refresh reads, and all that it made, by names, sizes, times and rights."""
    made = [
        list(_tree(settings.landing, {INTAKE})),
        *(list(_tree(folder)) for folder in (settings.archive, settings.rejects, settings.findings)),
        list(_tree(settings.reports, {REPORT})),
        *_releases(settings.management, settings.drafts),
        # The warehouse, and small notes beside it.
        [
            _seen(entry)
            for entry in entries_of(settings.data_dir)
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith((MARK, "refresh.lock"))
        ],
    ]
    return digest(settings, [rests_now, made])


def _releases(*folders: Path) -> Iterator[Found]:
    """What stands in folders of releases, every byte of what is current, and not when somebody looked."""
    for folder in folders:
        yield list(_tree(folder, {POINTER, *_NO_RELEASES}))
        pointer = folder / POINTER
        if pointer.exists():
            told = json.loads(pointer.read_text(encoding="utf-8"))
            yield [(name, told[name]) for name in sorted(told) if name not in _OF_THE_MOMENT]
            # One that was withdrawn names no file.
            if WITHDRAWN not in told:
                yield [(told["file"], sha256(folder / told["file"]))]


def _tree(folder: Path, passed_over: Collection[str] = ()) -> Iterator[tuple[object, ...]]:
    """Everything below a folder but what lies in it under the names to pass over; no link is followed."""
    for entry in entries_of(folder):
        if entry.name not in passed_over:
            yield _seen(entry)
            if entry.is_dir(follow_symlinks=False):
                yield from _tree(Path(entry.path))


def _seen(entry: os.DirEntry[str]) -> tuple[object, ...]:
    status = entry.stat(follow_symlinks=False)
    if entry.is_dir(follow_symlinks=False):
        return (entry.path, status.st_mode)
    return (entry.path, status.st_mode, status.st_size, status.st_mtime_ns)
