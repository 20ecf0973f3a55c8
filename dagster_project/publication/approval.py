"""The life of a release after its draft: approved by a named person, served, and served again.

Belongs here: who lets readers see a release, what may be approved, and the order in which it is done. Does
not belong here: files and pointers (`releases.py`), figures (`publish.py`), what the public is shown
(`public.py`).

An approved release stands in the served folder and is neither made again nor overwritten nor removed. What
`current.json` of that folder names is served; replacing it is the one step that readers see.
"""

import json
import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.ingestion.landing import written_whole
from dagster_project.publication.areas import PUBLISHED_BY, area_tables, published_areas, with_values
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.public import public_tables
from dagster_project.publication.releases import (
    POINTER,
    Table,
    current_release,
    in_utc,
    list_releases,
    note_checked,
    prepare_folder,
    read_manifest,
    read_tables,
    serve,
    verify,
    withdraw,
    write_release,
)
from dagster_project.settings import Settings

logger = logging.getLogger("flic")

# What was served, and since when; in the restricted zone, where no reader can change it.
HISTORY = "served_releases.json"
# What `write_release` finds out for itself.
OF_THE_FILE = ("release_id", "file", "sha256", "tables", "manifest_sha256")
OF_A_MANIFEST_TAKEN_FROM_IT = (
    "as_at", "created_at", "status", "approved_by", "approved_at", "profile", "software"
)  # fmt: skip


def prepare_served(settings: Settings) -> None:
    """Make sure that the served folders can take a release, and that those taken from the first serve what it
    does; raises `PublicationError`.

    What a killed approval or rollback left is so finished by the next start of anything.
    """
    is_default = settings.publications_dir == settings.data_dir / "publications"
    prepare_folder(settings.publications_dir, may_create=is_default, private=False)
    current = current_release(settings.publications_dir)
    if current is not None:
        _serve_as_well(settings, current.release_id, current.served_at)
    # Made with the first release that has something for them; their pointers are mended by now.
    for folder in folders_taken_from_it(settings):
        prepare_folder(folder, may_create=False, private=False)


def folders_taken_from_it(settings: Settings) -> list[Path]:
    """The folders there are of the public and of areas: their files are taken from the served one."""
    return [*([settings.public] if settings.public.exists() else []), *settings.area_folders]


def note_looked(settings: Settings, at: datetime) -> None:
    """Note that a refresh looked at `at` (naive UTC), for all readers who are served what the SPG is.

    Whose last release is an earlier one is not told that it is up to date.
    """
    current = current_release(settings.publications_dir)
    if current is not None:
        note_checked(settings.publications_dir, at)
        for folder in folders_taken_from_it(settings):
            if _served_id(folder) == current.release_id:
                note_checked(folder, at)


def areas_apart(settings: Settings) -> dict[str, str]:
    """The areas whose readers are not served what the nation's are, and what they are served in its place."""
    current = current_release(settings.publications_dir)
    apart: dict[str, str] = {}
    for folder in settings.area_folders:
        served = _served_id(folder)
        if not served or current is None or served != current.release_id:
            nothing = "its current.json cannot be read" if _is_broken(folder) else "withdrawn"
            apart[folder.name] = f"release {served}" if served else nothing
    return apart


def approve(settings: Settings, release_id: str, *, by: str, at: datetime) -> bool:
    """Serve a draft in the name of the person who approved it; False where that was done before.

    `at` is naive UTC. An approval that was killed is finished by the next one of the same release; the file
    keeps the first name. Raises `PublicationError` with the reason; what was served stays served.
    """
    name = name_of(by)
    if not name:
        raise PublicationError("say who approves the release, by name.")
    prepare_served(settings)
    was_served = release_id in dict(served_history(settings))
    _note_served(settings)
    if release_id in list_releases(settings.publications_dir):
        # Once served it may have been rolled back on purpose: that is for `rollback` to undo.
        if was_served:
            return False
        _require_sound(settings.publications_dir, release_id)
    else:
        _write_approved(settings, release_id, name, at)
    _serve(settings, release_id, at)
    return True


def rollback(settings: Settings, release_id: str, *, at: datetime) -> None:
    """Serve an earlier approved release again; raises `PublicationError` for an unknown or damaged one."""
    if release_id not in list_releases(settings.publications_dir):
        raise PublicationError(f"there is no approved release {release_id} in {settings.publications_dir}.")
    _require_sound(settings.publications_dir, release_id)
    with suppress(PublicationError):  # a broken pointer is what a rollback mends
        _note_served(settings)
    _serve(settings, release_id, at)


def name_of(text: str) -> str:
    """A person's name as it is kept and shown; empty for a text that is none."""
    name = " ".join(text.split())
    return name if name.isprintable() else ""


def newest_approved(settings: Settings) -> str:
    """The release that was approved last, '' if none was."""
    folder = settings.publications_dir
    return max(list_releases(folder), key=lambda release_id: _approved_at(folder, release_id), default="")


def served_history(settings: Settings) -> list[tuple[str, datetime]]:
    """The releases that were served, oldest first, and since when (naive UTC)."""
    path = settings.data_dir / HISTORY
    if not path.exists():
        return []
    return [(release_id, datetime.fromisoformat(since)) for release_id, since in json.loads(path.read_text())]


def _write_approved(settings: Settings, release_id: str, by: str, at: datetime) -> None:
    """Write a draft into the served folder as approved; it is not served yet."""
    if release_id not in list_releases(settings.drafts):
        raise PublicationError(f"there is no draft {release_id}; `flic publications list` names the drafts.")
    _require_sound(settings.drafts, release_id)
    draft = read_manifest(settings.drafts, release_id)
    last = newest_approved(settings)
    if draft.get("follows") != last:
        raise PublicationError(
            f"draft {release_id} was made before release {last} was approved, and what the two tell together"
            " was not looked at. Refresh and approve what comes of it; an earlier approved release is served"
            " again by `flic publications rollback RELEASE`."
        )
    approved = {"status": "approved", "approved_by": by, "approved_at": at}
    tables = [
        with_values(table, approved) if table.name == "release" else table
        for table in read_tables(settings.drafts / f"{release_id}.duckdb")
    ]
    about = {name: value for name, value in draft.items() if name not in OF_THE_FILE}
    write_release(
        settings.publications_dir, release_id, tables, about | approved | {"approved_at": in_utc(at)}
    )


def _serve(settings: Settings, release_id: str, at: datetime) -> None:
    """Let everyone see a release; the public and the areas never see one before the SPG does."""
    _write_taken(settings, release_id)
    serve(settings.publications_dir, release_id, checked_at=at)
    _serve_as_well(settings, release_id, at)
    _note_served(settings)


def _serve_as_well(settings: Settings, release_id: str, at: datetime) -> None:
    """Let the public and the areas see the release that the SPG is served, where they have it and do not.

    An area that the release does not name is withdrawn. Who should have it and has not keeps the last sound
    one before it, which is said; nothing that was approved later: that was rolled back.
    """
    areas = _published_areas(settings, release_id)
    approved_at = _approved_at(settings.publications_dir, release_id)
    for folder in folders_taken_from_it(settings):
        is_area = folder.parent == settings.areas
        served, releases = _served_id(folder), list_releases(folder)
        is_broken = not served and _is_broken(folder)
        if is_broken:
            logger.warning("%s could not be read, and is written anew.", folder / POINTER)
        if is_area and folder.name not in areas:
            if served or is_broken:
                logger.warning("%s is no area of the release that is served: it is withdrawn.", folder.name)
                _withdraw(folder, served, at)
            continue
        if served == release_id:
            continue
        if release_id in releases or is_area:
            problems = verify(folder, release_id)
            if not problems:
                serve(folder, release_id, checked_at=at)
                continue
            logger.warning(
                "%s is not served release %s: %s. `flic publications rollback %s` says what to do.",
                folder.name, release_id, "; ".join(problems), release_id,
            )  # fmt: skip
        # One who never was served anything is no reason to look for something.
        if is_broken or (served and approved_at and _approved_at(folder, served) > approved_at):
            newest_first = sorted(releases, key=lambda one: _approved_at(folder, one), reverse=True)
            before = (one for one in newest_first if _approved_at(folder, one) <= approved_at)
            sound = next((one for one in before if not verify(folder, one)), None)
            if sound:
                serve(folder, sound, checked_at=at)
            else:
                _withdraw(folder, served, at)


def _withdraw(folder: Path, served: str, at: datetime) -> None:
    """Show nothing more of a folder, and tell its readers of whom and up to which day it last told."""
    told: dict[str, str] = {}
    for release_id in [served] if served else reversed(list_releases(folder)):
        with suppress(duckdb.Error):
            [release] = read_tables(folder / f"{release_id}.duckdb", ["release"])
            [row] = release.as_dicts()
            told = {name: str(row[name]) for name in ("area", "programme_name", "audience", "as_at")}
            break
    withdraw(folder, told, at=at)


def _published_areas(settings: Settings, release_id: str) -> set[str]:
    """The areas that have their own of a release; asked only where there are any."""
    folders = {folder.name for folder in settings.area_folders}
    if not folders:
        return set()
    try:
        tables = read_tables(settings.publications_dir / f"{release_id}.duckdb", PUBLISHED_BY)
    except duckdb.Error:
        # A damaged release says nothing of its areas: they keep what they have.
        return folders
    return set(published_areas(tables))


def _is_broken(folder: Path) -> bool:
    try:
        current_release(folder)
    except PublicationError:
        return True
    return False


def _served_id(folder: Path) -> str:
    """The release that a folder serves; '' for none, or a broken pointer, which serving one mends."""
    try:
        current = current_release(folder)
    except PublicationError:
        return ""
    return current.release_id if current else ""


def _write_taken(settings: Settings, release_id: str) -> None:
    """The parts of an approved release for the public and for each area, where it has one and the file is not
    there yet; raises `PublicationError` for one that is there and damaged."""
    everything = read_tables(settings.publications_dir / f"{release_id}.duckdb")
    manifest = read_manifest(settings.publications_dir, release_id)
    about = {name: manifest[name] for name in OF_A_MANIFEST_TAKEN_FROM_IT if name in manifest}
    [release] = [table for table in everything if table.name == "release"]
    taken: list[tuple[Path, list[Table], str]] = []
    if public := public_tables(everything):
        taken.append((settings.public, [with_values(release, {"audience": "public"}), *public], "public"))
    for area, tables in area_tables(everything).items():
        taken.append((settings.areas / area, tables, str(manifest["audience"])))
    for folder, tables, audience in taken:
        if folder.parent == settings.areas and not settings.areas.exists():
            settings.areas.mkdir()
            settings.areas.chmod(0o755)  # as `prepare_folder` does
        # One that is there may have a broken pointer, which serving the release mends.
        if not folder.exists():
            prepare_folder(folder, may_create=True, private=False)
        # What stands is not written over, whatever became of it: somebody may have it open.
        if release_id in list_releases(folder) and (folder / f"{release_id}.duckdb").exists():
            if problems := verify(folder, release_id):
                raise PublicationError(
                    f"release {release_id} cannot be served: its part in {folder} is damaged"
                    f" ({'; '.join(problems)}). Remove that file and its manifest, and give the command"
                    " again: it is then taken anew from the release of all."
                )
        else:
            write_release(folder, release_id, tables, about | {"audience": audience})


def _note_served(settings: Settings) -> None:
    """Write down what is served, unless that is what was written down last."""
    current = current_release(settings.publications_dir)
    history = served_history(settings)
    if current is not None and (not history or history[-1][0] != current.release_id):
        history.append((current.release_id, current.served_at))
        with written_whole(settings.data_dir / HISTORY) as file:
            rows = [(release_id, since.isoformat()) for release_id, since in history]
            file.write(json.dumps(rows, indent=1).encode())


def _require_sound(folder: Path, release_id: str) -> None:
    problems = verify(folder, release_id)
    if problems:
        raise PublicationError(f"release {release_id} cannot be served: {'; '.join(problems)}.")


def _approved_at(folder: Path, release_id: str) -> str:
    """When a release was approved; one whose manifest is damaged counts as the oldest."""
    try:
        return str(read_manifest(folder, release_id)["approved_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
