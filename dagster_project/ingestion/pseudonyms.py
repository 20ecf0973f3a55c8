"""The keyed pseudonyms of clients and workers, and the care of their key.

One person has one pseudonym for as long as the key is the same; a key that changed would split every person
in two, so it is refused before anything is pseudonymised.
"""

import hmac
import json
import secrets
from pathlib import Path

from dagster_project.ingestion.landing import written_whole
from dagster_project.settings import FlicError

SHORTEST_KEY = 32
_MAX_KNOWN = 400_000  # of each kind; 100 MB
_PREFIXES = {"client": "c", "worker": "w"}


class KeyRefusedError(FlicError):
    """The pseudonym key is missing, too short, or not the key of the landed data."""


class Pseudonyms:
    """The pseudonyms under one key; those of the first references are remembered, as rows repeat them."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")
        self._known: dict[str, dict[str, str]] = {kind: {} for kind in _PREFIXES}

    def of(self, kind: str, reference: str) -> str:
        """The pseudonym: a letter for the kind (`client`, `worker`) and 24 hexadecimal digits."""
        return self.of_all(kind, [reference])[0]

    def of_all(self, kind: str, references: list[str]) -> list[str]:
        """Of each reference what `of` gives."""
        known = self._known[kind]
        found = map(known.get, references)
        return [
            pseudonym or self._new(kind, reference)
            for pseudonym, reference in zip(found, references, strict=True)
        ]

    def _new(self, kind: str, reference: str) -> str:
        keyed = self._keyed.copy()  # the key is worked in once, not for each
        keyed.update(f"{kind}:{reference}".encode())
        pseudonym = _PREFIXES[kind] + keyed.hexdigest()[:24]
        if len(known := self._known[kind]) < _MAX_KNOWN:
            known[reference] = pseudonym
        return pseudonym


def demo_key(path: Path) -> bytes:
    """The demonstration's own key, made at first use and kept in `path` for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with written_whole(path) as file:
            file.write(secrets.token_hex(32).encode())
    return path.read_bytes().strip()


def check_key(key: bytes, landing: Path) -> None:
    """Refuse a key that is missing, short, or not the one under which `landing` was filled.

    The first use leaves `key_id.json` there: a check value from which neither key nor reference can be told.
    """
    if not key:
        raise KeyRefusedError(
            "no pseudonym key: set FLIC_PSEUDONYM_KEY to a secret of at least "
            f"{SHORTEST_KEY} characters and keep it safe"
        )
    if len(key) < SHORTEST_KEY:
        raise KeyRefusedError(
            f"the pseudonym key has {len(key)} characters and needs at least {SHORTEST_KEY}: set "
            "FLIC_PSEUDONYM_KEY to a longer secret; data landed under a short key must "
            "be loaded again from the archive"
        )
    check = hmac.digest(key, b"key check", "sha256").hex()[:16]
    key_id = landing / "key_id.json"
    if key_id.exists():
        if json.loads(key_id.read_text(encoding="utf-8")) != {"key_check": check}:
            raise KeyRefusedError(
                "the pseudonym key is not the one of the data in landing/: set FLIC_PSEUDONYM_KEY "
                "to the former key; to change it, empty landing/ and load the archive again"
            )
    elif any((landing / "loads").glob("*-*.parquet")):
        raise KeyRefusedError(
            "landing/ holds data but not key_id.json, so nobody can tell whether the key is the "
            "former one: restore the file, or empty landing/ and load the archive again"
        )
    else:
        with written_whole(key_id) as file:
            file.write(json.dumps({"key_check": check}).encode())
