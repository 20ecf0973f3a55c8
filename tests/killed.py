"""SIGKILL at a named place of the product, put around it from outside: production code knows nothing of it.

For programs that tests run as children.
"""

import importlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Place = tuple[str, str, int, str]
"""Module, function, which call of it counted from 1, `before` or `after` it."""


def kill_at(module_name: str, path: str, call: int, when: str) -> None:
    """From now on this process ends before or after (`when`) that call of a function, counted from 1."""
    _act_at((module_name, path, call, when), lambda: os.kill(os.getpid(), signal.SIGKILL))


def copy_at(place: Place, folder: Path, target: Path) -> None:
    """From now on `folder` is copied to `target`, which is made, at that place.

    The copy is what a kill at this place would leave on the disk, and the process goes on to the next place.
    """
    # By another process: whoever closes a file of its own lets go of all locks that it has on it.
    _act_at(place, lambda: subprocess.run(["cp", "-r", str(folder), str(target)], check=True))


def _act_at(place: Place, act: Callable[[], object]) -> None:
    module_name, path, call, when = place
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def wrapped(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        this = calls
        if this == call and when == "before":
            act()
        result = original(*arguments, **options)
        if this == call and when == "after":
            act()
        return result

    setattr(owner, name, wrapped)
