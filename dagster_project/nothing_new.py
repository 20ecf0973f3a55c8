"""Whether anything changed since the last refresh that ended well, and what is noted where nothing did.

Such a refresh leaves a mark in the data folder: a fingerprint of all that it read and of all that it made.
While it fits and the inbox is empty, another refresh would come to the same, and only the moment of checking
is noted. A refresh that works takes the mark away first, so one that fails or is killed leaves none. Whatever
is in doubt (a folder that cannot be read, an entry of the inbox, an option of the command) is built: figures
that are kept from readers are worse than a minute's work.

Dagster, dbt and scipy are not imported here: they take longer than all the rest.
"""

import hashlib
import hmac
import json
import logging
import os
import site
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

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
# Of the product's folders: what Python and dbt keep for themselves.
_MADE_FROM_SOURCES = {"__pycache__", "target", "logs"}
# Of a folder of releases: packs, and those that are looked at by themselves.
_NO_RELEASES = {"returns", "public", "areas"}
# What a missing or damaged file raises when it is read.
_DOUBTS = (OSError, ValueError, KeyError, TypeError)

# What an installer leaves beside a library; its name holds the version.
_LIBRARIES = (".dist-info", ".egg-info")

Found = list[tuple[object, ...]]


def rests_on(settings: Settings) -> str:
    """The fingerprint of what a refresh reads and others write: program, seeds, settings, approved releases.

    With the key of the rounding, as nobody must be able to try the other key, or cells, on it.
    """
    folders = (
        settings.dbt_dir.parent / "dagster_project",
        settings.dbt_dir,
        settings.common_seeds_dir,
        settings.seeds_dir,
    )
    product = [(str(path), _sha256(path)) for folder in folders for path in _sources(folder)]
    machine = (
        sys.version,
        _installed(),
        str(settings.data_dir),
        str(settings.publications_dir),
        settings.profile,
        settings.engine,
        hmac.digest(settings.rounding_key, settings.pseudonym_key, "sha256").hex(),
    )
    served = _releases(settings.publications_dir, *folders_taken_from_it(settings))
    return _digest(settings, [product, machine, *served])


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
        if _entries(settings.inbox):
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
            for entry in _entries(settings.data_dir)
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith((MARK, "refresh.lock"))
        ],
    ]
    return _digest(settings, [rests_now, made])


def _digest(settings: Settings, content: object) -> str:
    return hmac.digest(settings.rounding_key, json.dumps(content).encode(), "sha256").hex()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir():
            if entry.name not in _MADE_FROM_SOURCES:
                yield from _sources(Path(entry.path))
        else:
            yield Path(entry.path)


def _installed() -> list[str]:
    found = set[str]()
    for folder in site.getsitepackages():
        found |= {entry.name for entry in _entries(Path(folder)) if entry.name.endswith(_LIBRARIES)}
    return sorted(found)


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
                yield [(told["file"], _sha256(folder / told["file"]))]


def _tree(folder: Path, passed_over: Collection[str] = ()) -> Iterator[tuple[object, ...]]:
    """Everything below a folder but what lies in it under the names to pass over; no link is followed."""
    for entry in _entries(folder):
        if entry.name not in passed_over:
            yield _seen(entry)
            if entry.is_dir(follow_symlinks=False):
                yield from _tree(Path(entry.path))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _seen(entry: os.DirEntry[str]) -> tuple[object, ...]:
    status = entry.stat(follow_symlinks=False)
    if entry.is_dir(follow_symlinks=False):
        return (entry.path, status.st_mode)
    return (entry.path, status.st_mode, status.st_size, status.st_mtime_ns)
