"""The releases that stand in a folder: written whole, verified, served, kept, and served again.

Belongs here: files, manifests, `current.json` and the order in which they are replaced
(publication specification, Publishing). Does not belong here: what is in the tables (`release_tables.py`).

A release is `<release_id>.duckdb` and, renamed into place after it, `<release_id>.manifest.json`. A file
without a manifest is unfinished; what `current.json` names is served. Nothing that a reader may have open is
overwritten.
"""

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.publication.plan import PublicationError

POINTER = "current.json"
# In `current.json` of a folder that is to show nothing: without a pointer readers get the newest file.
WITHDRAWN = "withdrawn_at"
# Day, moment of making, and the first digits of the fingerprint of both files' figures.
RELEASE_ID = re.compile(r"\d{4}-\d\d-\d\d-\d{8}T\d{6}Z-[0-9a-f]{8}")

# A publication is data, also to us: it may not read files, load extensions or change these settings.
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


@dataclass(frozen=True)
class Table:
    """A table of a publication: its columns with DuckDB types, and its rows in any order."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[object, ...], ...]

    def as_dicts(self) -> list[dict[str, object]]:
        """The rows by name of column."""
        names = [name for name, _ in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def sha256(self, without: Sequence[str] = ()) -> str:
        """The fingerprint of the content, `without` some columns: alike for the same rows in any order."""
        has_these = any(name in without for name, _ in self.columns)
        return self._fingerprint(without) if has_these else self._of_all

    @cached_property
    def _of_all(self) -> str:
        return self._fingerprint(())

    def _fingerprint(self, without: Sequence[str]) -> str:
        kept = [(place, column) for place, column in enumerate(self.columns) if column[0] not in without]
        # Not by `json.dumps`, which makes an encoder for each row.
        encode = json.JSONEncoder(ensure_ascii=False).encode
        lines = sorted(encode([_plain(row[place], kind) for place, (_, kind) in kept]) for row in self.rows)
        columns = json.dumps([column for _, column in kept])
        return hashlib.sha256("\n".join([columns, *lines]).encode()).hexdigest()


@dataclass(frozen=True)
class CurrentRelease:
    """What `current.json` says; `checked_at` is when a refresh last looked, `served_at` since when this one
    is served (naive UTC)."""

    release_id: str
    file: str
    as_at: date
    status: str
    sha256: str
    checked_at: datetime
    served_at: datetime
    approved_by: str = ""


def _plain(value: object, kind: str) -> object:
    """A cell as JSON can hold it; numbers of equal worth look alike."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value + 0.0 if kind == "DOUBLE" and isinstance(value, int | float) else value


# --- looking ----------------------------------------------------------------------------------------------


def current_release(folder: Path) -> CurrentRelease | None:
    """What `folder` serves, None if nothing ever was or it was withdrawn; raises `PublicationError` for a
    broken pointer."""
    pointer = folder / POINTER
    if not os.path.lexists(pointer):
        return None
    try:
        content = json.loads(pointer.read_text(encoding="utf-8"))
        if WITHDRAWN in content:
            return None
        current = CurrentRelease(
            release_id=str(content["release_id"]),
            file=str(content["file"]),
            as_at=date.fromisoformat(content["as_at"]),
            status=str(content["status"]),
            sha256=str(content["sha256"]),
            checked_at=_moment(content["checked_at"]),
            served_at=_moment(content.get("served_at") or content["checked_at"]),
            approved_by=str(content.get("approved_by") or ""),
        )
        if current.file != _file(current.release_id) or not (folder / current.file).is_file():
            raise ValueError("the release it names is not there")
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = (
            str(error) if isinstance(error, ValueError) and "release" in str(error) else "it cannot be read"
        )
        raise PublicationError(
            f"{pointer} does not name a release ({reason}). Serve a sound one again with"
            " `flic publications rollback RELEASE`; if there is none, remove current.json and refresh."
        ) from None
    return current


def list_releases(folder: Path) -> list[str]:
    """The ids of the finished releases in `folder`, oldest first."""
    return sorted(
        (
            release_id
            for path in folder.glob("*.manifest.json")
            if RELEASE_ID.fullmatch(release_id := path.name.removesuffix(".manifest.json"))
        ),
        key=lambda release_id: (_created(folder, release_id), release_id),
    )


def verify(folder: Path, release_id: str) -> list[str]:
    """What is wrong with a release, in words; empty when file and manifest are as they were published."""
    try:
        manifest = json.loads(_manifest_path(folder, release_id).read_text(encoding="utf-8"))
        seal = manifest.pop("manifest_sha256")
        tables, sha256, named = manifest["tables"], manifest["sha256"], manifest["file"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ["the manifest is missing or cannot be read"]
    problems = []
    if seal != _seal(manifest) or named != _file(release_id):
        problems.append("the manifest was changed")
    path = folder / _file(release_id)
    if not path.is_file():
        return [*problems, "the file is missing"]
    if _file_sha256(path) != sha256:
        problems.append("the file is not the one that was published")
    try:
        found = {table.name: table.sha256() for table in read_tables(path)}
    except duckdb.Error:
        return [*problems, "the file cannot be opened"]
    changed = sorted(
        name for name in found.keys() | tables.keys() if found.get(name) != tables.get(name, {}).get("sha256")
    )
    return problems + [f"the content of {name} differs from the manifest" for name in changed]


def read_manifest(folder: Path, release_id: str) -> dict[str, object]:
    """The manifest of a finished release."""
    return json.loads(_manifest_path(folder, release_id).read_text(encoding="utf-8"))


def read_tables(path: Path, only: Collection[str] = ()) -> list[Table]:
    """All tables of a publication file, or `only` some, by name."""
    with duckdb.connect(str(path), read_only=True, config=LOCKED) as connection:
        columns: dict[str, list[tuple[str, str]]] = {}
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from information_schema.columns"
            " where table_schema = 'main' order by table_name, ordinal_position"
        ).fetchall():
            if not only or table in only:
                columns.setdefault(table, []).append((column, kind))
        return [
            Table(name, tuple(found), tuple(connection.execute(f'select * from "{name}"').fetchall()))
            for name, found in columns.items()
        ]


# --- writing ----------------------------------------------------------------------------------------------


def prepare_folder(folder: Path, *, may_create: bool, private: bool) -> None:
    """Make sure that `folder` can take a release and clear what a killed run left; raises `PublicationError`.

    A missing folder is made only where it is the default one: a typing error in the environment must not
    start a second, empty publication somewhere else. `private` folders are for their owner alone.
    """
    try:
        if may_create and folder.parent.is_dir() and not os.path.lexists(folder):
            folder.mkdir()
            # Said by hand: a refresh runs with everything else closed to other users.
            folder.chmod(0o700 if private else 0o755)
        if not folder.is_dir():
            raise PublicationError(
                f"the publications folder {folder} does not exist. Make it, or correct FLIC_PUBLICATIONS_DIR."
            )
        shutil.rmtree(folder / "build", ignore_errors=True)
        (folder / "build").mkdir()
        current = current_release(folder)
        for path in [*folder.glob("*.duckdb"), *folder.glob("*.manifest.json")]:
            release_id = path.name.removesuffix(".duckdb").removesuffix(".manifest.json")
            whole = (folder / _file(release_id)).exists() and _manifest_path(folder, release_id).exists()
            is_served = current is not None and current.release_id == release_id
            # Somebody else's file is left alone.
            if RELEASE_ID.fullmatch(release_id) and not whole and not is_served:
                path.unlink()
    except OSError as error:
        raise PublicationError(
            f"the publications folder {folder} cannot be written: {error.strerror}."
        ) from error


def write_release(
    folder: Path, release_id: str, tables: Sequence[Table], about: Mapping[str, object]
) -> None:
    """Build a release aside, check it by reading it back, and rename it into `folder`; it is not served yet.

    The manifest is `about` and what can only be known of the finished file. Raises `PublicationError` when
    the file does not hold what was written.
    """
    build = folder / "build" / release_id
    try:
        build.mkdir(parents=True)
        path = build / _file(release_id)
        write_file(path, tables)
        wanted = {table.name: {"rows": len(table.rows), "sha256": table.sha256()} for table in tables}
        manifest = {
            "release_id": release_id,
            "file": path.name,
            "sha256": _file_sha256(path),
            "software": {
                "python": platform.python_version(),
                **{name: installed_version(name) for name in ("flic", "duckdb", "numpy", "scipy", "highspy")},
            },
            # The software of an approved release is that which made its draft.
            **about,
            "tables": dict(sorted(wanted.items())),
        }
        _write_json(_manifest_path(build, release_id), manifest | {"manifest_sha256": _seal(manifest)})
        problems = verify(build, release_id)
        if problems:
            raise PublicationError(
                f"release {release_id} was not written as it should be: {'; '.join(problems)}."
            )
        # The manifest last: it is what makes a release finished.
        for name in (path, _manifest_path(build, release_id)):
            _open_like(folder, name)
            _sync(name)
            name.replace(folder / name.name)
            _sync(folder)
    except (OSError, duckdb.Error) as error:
        why = error.strerror if isinstance(error, OSError) else "DuckDB could not write it; is the disk full?"
        raise PublicationError(f"release {release_id} cannot be written: {why}.") from error
    finally:
        shutil.rmtree(build, ignore_errors=True)


def serve(folder: Path, release_id: str, *, checked_at: datetime) -> None:
    """Let `current.json` name a finished release, in one step; `checked_at` is naive UTC."""
    manifest = read_manifest(folder, release_id)
    told = ("release_id", "file", "as_at", "created_at", "status", "approved_by", "approved_at", "sha256")
    pointer = {key: manifest[key] for key in told if key in manifest}
    moment = in_utc(checked_at)
    _replace_pointer(folder, pointer | {"checked_at": moment, "served_at": moment})


def withdraw(folder: Path, told: Mapping[str, str], *, at: datetime) -> None:
    """Let `current.json` say that nothing is served here any more, since `at` (naive UTC), and what readers
    are told of it; the releases stay."""
    _replace_pointer(folder, {**told, WITHDRAWN: in_utc(at)})


def note_checked(folder: Path, checked_at: datetime) -> None:
    """Note in `current.json`, if there is one, that a refresh looked; what is served stays as it is."""
    if current_release(folder) is not None:
        content = json.loads((folder / POINTER).read_text(encoding="utf-8"))
        _replace_pointer(folder, content | {"checked_at": in_utc(checked_at)})


def in_utc(moment: datetime) -> str:
    """A naive UTC moment as manifests hold it."""
    return f"{moment.isoformat(timespec='seconds')}Z"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _replace_pointer(folder: Path, content: Mapping[str, object]) -> None:
    aside = folder / "build" / POINTER
    try:
        aside.parent.mkdir(exist_ok=True)
        _write_json(aside, content)
        _open_like(folder, aside)
        _sync(aside)
        if (folder / POINTER).is_dir() and not (folder / POINTER).is_symlink():
            # No file can be renamed over a folder.
            shutil.rmtree(folder / POINTER)
        aside.replace(folder / POINTER)
        _sync(folder)
    except OSError as error:
        raise PublicationError(f"{folder / POINTER} cannot be written: {error.strerror}.") from error


def remove_old(folder: Path, keep: int, never: Collection[str] = ()) -> None:
    """Remove all but the newest `keep` releases, never what `current.json` names nor one of `never`."""
    current = current_release(folder)
    for release_id in list_releases(folder)[:-keep]:
        if release_id not in never and (not current or current.release_id != release_id):
            # The manifest first: a file without one is unfinished and goes with the next run if this one is
            # killed.
            _manifest_path(folder, release_id).unlink()
            (folder / _file(release_id)).unlink(missing_ok=True)


def installed_version(package: str) -> str:
    """The version of an installed package, for the record."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def write_file(path: Path, tables: Sequence[Table]) -> None:
    """Write a publication's file."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("begin")
        for table in tables:
            columns = ", ".join(f'"{column}" {kind}' for column, kind in table.columns)
            connection.execute(f'create table "{table.name}" ({columns})')
            if not table.rows:
                continue
            # By way of Parquet: inserting values takes DuckDB seconds, and its scan of Python objects is not
            # to be trusted in every version. Sorted: the order of rows must not tell what they counted.
            aside = path.with_suffix(".parquet")
            rows = sorted(table.rows, key=lambda row: [str(value) for value in row])
            names = [column for column, _ in table.columns]
            arrays = [pa.array(values) for values in zip(*rows, strict=True)]
            pq.write_table(pa.table(arrays, names=names), aside)
            connection.execute(f'insert into "{table.name}" select * from read_parquet(?)', [str(aside)])
            aside.unlink()
        connection.execute("commit")
        connection.execute("checkpoint")


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _open_like(folder: Path, path: Path) -> None:
    """Let those read a file who may read its folder."""
    path.chmod(folder.stat().st_mode & 0o444 | 0o600)


def _sync(path: Path) -> None:
    """Have a file or a folder on the disk before the next step relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seal(manifest: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _created(folder: Path, release_id: str) -> str:
    """When a release was made; one whose manifest is damaged counts as the oldest."""
    try:
        return str(read_manifest(folder, release_id)["created_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _file(release_id: str) -> str:
    return f"{release_id}.duckdb"


def _manifest_path(folder: Path, release_id: str) -> Path:
    return folder / f"{release_id}.manifest.json"
