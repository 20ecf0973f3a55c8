"""A publication that is killed before or after one of its renames: a program of its own, run as a child.

The kill is put around the renames from outside, so that production code knows nothing of it.

    python -m tests.publication.killed_publish FOLDER NUMBER before|after
"""

import logging
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from dagster_project.publication.publish import publish
from tests.publication.invented_warehouse import settings_for

RENAMES = ("exact file", "its manifest", "its pointer", "safe file", "its manifest", "its pointer")


def kill_at(number: int, when: str) -> None:
    """Put a SIGKILL of this process around the rename of that number, counted from 1."""
    original = Path.replace
    calls = 0

    def killed(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(self, target)
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    Path.replace = killed  # pyright: ignore[reportAttributeAccessIssue]


if __name__ == "__main__":
    kill_at(int(sys.argv[2]), sys.argv[3])
    created_at = datetime.fromisoformat("2015-07-02T09:00:00")
    publish(
        settings_for(Path(sys.argv[1])), created_at=created_at, inputs_sha256="new", log=logging.getLogger()
    )
