"""The log of who opened what: one line of JSON each, chained by hash, written before a page or file is given.

Belongs here: adding a line, checking a whole log. Does not belong here: who may open what (`access.py`).

    python -m dashboards.access_log FILE [--holds HASH]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FIRST = "0" * 64
# Claims of a stranger are logged too; a line stays shorter than what is read back to chain the next one.
LONGEST_TEXT = 200
LONGEST_LINE = 16_384


class NotLogged(Exception):
    """The line could not be written whole: what it tells of must not happen. The text may name the file."""


def add(path: Path, now: datetime, **entry: str) -> None:
    """Add a line with `entry`, the UTC moment and the SHA-256 of the line before; raises NotLogged.

    The file must be there: the dashboards never begin a log, so that one that was taken away is noticed.
    Safe for several threads and processes; waits for the disk.
    """
    # No such module on Windows, where no file of roles can be trusted either (`access.py`).
    import fcntl

    texts = {name: text[:LONGEST_TEXT] for name, text in entry.items()}
    try:
        log = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(log, fcntl.LOCK_EX)
            end = os.fstat(log).st_size
            tail = os.pread(log, LONGEST_LINE, max(end - LONGEST_LINE, 0))
            # A line that was cut off (the disk was full) keeps its place: what comes after is chained to it.
            cut_off = bool(tail) and not tail.endswith(b"\n")
            before = tail.removesuffix(b"\n").rpartition(b"\n")[2]
            chained = {"previous": hashlib.sha256(before).hexdigest() if tail else FIRST}
            line = json.dumps(chained | {"at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"} | texts)
            content = (b"\n" if cut_off else b"") + line.encode() + b"\n"
            if os.write(log, content) != len(content):
                raise NotLogged(f"{path.name} took a part of a line only: its disk is full")
            os.fsync(log)
        finally:
            os.close(log)
    except OSError as error:
        raise NotLogged(f"{path.name} cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class Checked:
    """What a log holds: its lines, what is wrong in words, and the hash of its last line."""

    lines: int
    problems: list[str]
    last: str
    holds: bool


def check(path: Path, holds: str = "") -> Checked:
    """Follow the chain of a whole log; `holds` is the hash of a line that must still be in it.

    A log that was cut at its end is unbroken: only a hash kept elsewhere (`last` of an earlier check) tells.
    """
    previous, problems, found, number = FIRST, [], not holds, 0
    with path.open("rb") as log:
        for number, raw in enumerate(log, 1):
            line = raw.removesuffix(b"\n")
            try:
                entry = json.loads(line)
                named = entry["previous"] if raw.endswith(b"\n") else None
            except (ValueError, KeyError, TypeError):
                named = None
            if named is None:
                problems.append(f"line {number} is not whole")
            elif named != previous:
                problems.append(f"line {number} does not follow the line before it")
            previous = hashlib.sha256(line).hexdigest()
            found = found or previous == holds
    return Checked(number, problems, previous, found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a log; returns 0 where it is unbroken and 1 where it is not."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboards.access_log", description="Check an access log."
    )
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--holds", default="", metavar="HASH", help="the last hash that an earlier check told"
    )
    given = parser.parse_args(arguments)
    try:
        checked = check(given.file, given.holds)
    except OSError as error:
        print(f"{given.file} cannot be read: {error.strerror}.")
        return 1
    problems = checked.problems + ([] if checked.holds else ["the line of --holds is not in it"])
    for problem in problems:
        print(f"Broken: {problem}.")
    print(f"{checked.lines} lines, {'not as they were written' if problems else 'unbroken'}.")
    print(f"Last hash: {checked.last}")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
