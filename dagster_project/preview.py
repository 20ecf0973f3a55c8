"""The folder of previews: `preview/` below the data folder, where `flic check` works on a copy of landing.

Apart from the check itself, which needs Dagster and dbt: a refresh clears it also where it builds nothing.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from dagster_project.ingestion.load import StorageError
from dagster_project.lock import BusyError, exclusive
from dagster_project.settings import Settings

_KEPT = ("dbt_target", "refresh.lock", "refresh.lock.json")
_PARSE = "partial_parse.msgpack"


@contextmanager
def preview_folder(settings: Settings) -> Iterator[Settings]:
    """The settings of an empty preview folder, emptied again afterwards; also of what a killed check left."""
    own = replace(
        settings,
        data_dir=settings.data_dir / "preview",
        publications_dir=settings.data_dir / "preview" / "publications",
        # A few files need no cluster, and figures are the same.
        engine="duckdb",
    )
    try:
        with exclusive(own):
            _empty(own.data_dir)
            try:
                yield own
            finally:
                _empty(own.data_dir)
    except BusyError:
        raise BusyError(
            "another `flic check` is running on this data folder: wait until it is done"
        ) from None
    except OSError as error:
        raise StorageError(
            f"the folder preview/ of the data folder cannot be written ({error.strerror or 'no reason'}): "
            "free space or mend the rights of the data folder"
        ) from error


def remove_leftovers(settings: Settings) -> None:
    """Empty the preview folder of a check that was killed; leave that of one that is still running."""
    if (settings.data_dir / "preview").is_dir():
        with suppress(BusyError, StorageError), preview_folder(settings):
            pass


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name not in _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    # dbt notes its messages beside its parse, and one could quote a cell.
    for path in (folder / "dbt_target").glob("*"):
        if path.name != _PARSE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
