"""Fingerprints: whether something is the same as it was, told without keeping it.

Belongs here: the fingerprint of the product, its seeds and its machine. Does not belong here: what else a
refresh or a warehouse rests on.
"""

import hashlib
import hmac
import json
import os
import site
import sys
from collections.abc import Iterator
from pathlib import Path

from dagster_project.settings import Settings

# Of the product's folders: what Python and dbt keep for themselves.
_MADE_FROM_SOURCES = {"__pycache__", "target", "logs"}
# What an installer leaves beside a library; its name holds the version.
_LIBRARIES = (".dist-info", ".egg-info")


def of_product(settings: Settings) -> str:
    """The fingerprint of program, libraries, seeds and settings."""
    folders = (
        settings.dbt_dir.parent / "dagster_project",
        settings.dbt_dir,
        settings.common_seeds_dir,
        settings.seeds_dir,
    )
    product = [(str(path), sha256(path)) for folder in folders for path in _sources(folder)]
    machine = (
        sys.version,
        _installed(),
        str(settings.data_dir),
        settings.profile,
        settings.engine,
        hmac.digest(settings.rounding_key, settings.pseudonym_key, "sha256").hex(),
    )
    return digest(settings, [product, machine])


def digest(settings: Settings, content: object) -> str:
    """With the key of the rounding, as nobody must be able to try the other key, or cells, on it."""
    return hmac.digest(settings.rounding_key, json.dumps(content).encode(), "sha256").hex()


def sha256(path: Path) -> str:
    """Of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entries_of(folder: Path) -> list[os.DirEntry[str]]:
    """What stands in a folder, by name; nothing where there is none."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _sources(folder: Path) -> Iterator[Path]:
    for entry in entries_of(folder):
        if entry.is_dir():
            if entry.name not in _MADE_FROM_SOURCES:
                yield from _sources(Path(entry.path))
        else:
            yield Path(entry.path)


def _installed() -> list[str]:
    found = set[str]()
    for folder in site.getsitepackages():
        found |= {entry.name for entry in entries_of(Path(folder)) if entry.name.endswith(_LIBRARIES)}
    return sorted(found)
