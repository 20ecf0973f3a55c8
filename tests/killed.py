"""SIGKILL at a named place of the product, put around it from outside: production code knows nothing of it.

For programs that tests run as children.
"""

import importlib
import os
import signal
from collections.abc import Callable
from typing import Any


def kill_at(module_name: str, path: str, call: int, when: str) -> None:
    """From now on this process ends before or after (`when`) that call of a function, counted from 1."""
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def killed(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        this = calls
        if this == call and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if this == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, killed)
