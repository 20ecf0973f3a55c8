"""What was worked out before of the very same figures, kept so that it is not worked out again.

Does not belong here: what is asked of figures (`attack.py`), how counts are rounded (`rounding.py`).
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from dagster_project.ingestion.landing import written_whole

T = TypeVar("T")


class Answers:
    """Answers by the facts that they rest on.

    A file of the restricted zone, beside the warehouse: it says what would have been told too nearly. It
    speeds a publication up and changes none: who removes it loses time alone. Kept are the answers that were
    used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before: dict[str, Any] = {}
        self._used: dict[str, Any] = {}
        with suppress(OSError, ValueError, TypeError):
            self._before = dict(json.loads(path.read_text(encoding="utf-8")))

    def of(self, facts: object, ask: Callable[[], T], read: Callable[[Any], T]) -> T:
        """The answer to these facts, asked now or before.

        The facts name who answers: another version may give another answer. `read` makes an answer of what
        JSON made of it, and raises where that is none.
        """
        key = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
        if key not in self._used:
            if key in self._before:
                with suppress(ValueError, TypeError, KeyError, AttributeError):
                    self._used[key] = read(self._before[key])
            if key not in self._used:
                self._used[key] = ask()
        return self._used[key]

    def keep(self) -> None:
        """Write down what was used."""
        with written_whole(self._path) as file:
            file.write(json.dumps(self._used, default=_as_json).encode())


def _as_json(answer: Any) -> object:
    return vars(answer) if hasattr(answer, "__dict__") else str(answer)
