"""The life of a return: built, checked, approved, sent, each with a name and a time; never overwritten.

Belongs here: folders, versions, manifests and states below `returns/`, and the copy of an approved aggregate
return that readers of the dashboards may take. Does not belong here: what is in the files (`build.py`,
`framework.py`).

A version is the folder `returns/<last day of the period>/<name>/v<k>/` with its files and `manifest.json`. It
is written aside and renamed: a killed build leaves nothing that counts.
"""

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dagster_project.ingestion.landing import ASIDE, written_whole
from dagster_project.ingestion.rejects import harmless
from dagster_project.publication.approval import name_of
from dagster_project.returns.catalogue import ReturnError
from dagster_project.settings import Settings

MANIFEST = "manifest.json"
LOG = "client_level_log.csv"
STATES = ("built", "checked", "approved", "sent")
COMMANDS = {"checked": "check", "approved": "approve", "sent": "sent"}
_VERSION = re.compile(r"v([1-9]\d*)")


@dataclass(frozen=True)
class Version:
    """One version of a return for one period, by its folder and manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The return."""
        return str(self.manifest["return"])

    @property
    def end(self) -> date:
        """The last day of its period."""
        return date.fromisoformat(self.manifest["period_end"])

    @property
    def number(self) -> int:
        """1 for the first version of the period."""
        return int(self.manifest["version"])

    @property
    def state(self) -> str:
        """The last of `STATES` that it reached."""
        return str(self.manifest["states"][-1]["state"])

    @property
    def release_id(self) -> str:
        """The release that it was made from."""
        return str(self.manifest["release"]["release_id"])

    @property
    def is_aggregate(self) -> bool:
        """Whether it holds published figures alone."""
        return bool(self.manifest["aggregate"])

    def __str__(self) -> str:
        """`quarterly_report 2018-03-31 v1`."""
        return f"{self.name} {self.end} v{self.number}"

    def read(self, ending: str) -> bytes:
        """The content of its one file whose name ends so; raises `ReturnError`."""
        for name in self.manifest["files"]:
            if name.endswith(ending):
                return (self.folder / name).read_bytes()
        raise ReturnError(f"{self} has no file that ends with {ending}.")


def list_versions(settings: Settings, name: str = "", end: date | None = None) -> list[Version]:
    """The finished versions, all or of one return or period: by period, return and number."""
    pattern = f"{end or '*'}/{name or '*'}/v*/{MANIFEST}"
    paths = [path for path in settings.returns.glob(pattern) if _VERSION.fullmatch(path.parent.name)]
    found = [_read(path) for path in paths]
    return sorted(found, key=lambda version: (version.end, version.name, version.number))


def find_version(settings: Settings, name: str, end: date, number: int | None = None) -> Version:
    """One version, the newest unless `number` says which; raises `ReturnError` where there is none."""
    found = [v for v in list_versions(settings, name, end) if number in (None, v.number)]
    if not found:
        which = f" v{number}" if number else ""
        raise ReturnError(
            f"{name} {end}{which} was not built; `flic return list` names what was and what can be,"
            " `flic return build` builds it."
        )
    return found[-1]


def next_number(settings: Settings, name: str, end: date) -> int:
    """The number of the next version: above all that were written, and above those that readers have.

    Where `returns/` was lost, a number that is served already stays that of what was sent.
    """
    return 1 + max(
        (
            int(number[1])
            for folder in (settings.returns, settings.served_returns)
            for path in folder.glob(f"{end}/{name}/v*")
            if (number := _VERSION.fullmatch(path.name))
        ),
        default=0,
    )


def compared_with(settings: Settings, name: str, end: date, number: int) -> Version | None:
    """The return that version `number` says the changes since: the last before it that was approved or sent,
    of the same period or else of an earlier one; None where none ever was.

    What was built and went no further was seen by nobody: nothing has changed since it.
    """
    out = [v for v in list_versions(settings, name) if STATES.index(v.state) >= STATES.index("approved")]
    before = [v for v in out if (v.end, v.number) < (end, number)]
    return before[-1] if before else None


def compared_by(settings: Settings, version: Version) -> Version | None:
    """The return that a version was compared with when it was built, as its manifest has it."""
    told = version.manifest["against"]
    if told is None:
        return None
    found = list_versions(settings, version.name, date.fromisoformat(told["period_end"]))
    return next((v for v in found if v.number == told["version"]), None)


def comparison(against: Version | None) -> dict[str, object] | None:
    """What a manifest says of the return that its version is compared with."""
    if against is None:
        return None
    return {"period_end": str(against.end), "version": against.number, "release_id": against.release_id}


def write_version(
    settings: Settings,
    name: str,
    end: date,
    number: int,
    files: Mapping[str, bytes],
    facts: Mapping[str, object],
    *,
    by: str,
    at: datetime,
) -> Version:
    """Write a version whole; `facts` go into its manifest, `at` is UTC. Raises `ReturnError`."""
    folder = settings.returns / str(end) / name / f"v{number}"
    aside = folder.with_name(f"{folder.name}{ASIDE}")
    manifest = {
        "return": name,
        "period_end": str(end),
        "version": number,
        **facts,
        "files": fingerprints(files),
        "states": [_step("built", by, at)],
    }
    try:
        shutil.rmtree(aside, ignore_errors=True)
        for above in (settings.returns, folder.parent.parent, folder.parent):
            above.mkdir(exist_ok=True)
            above.chmod(0o700)
        for file_name, content in files.items():
            with written_whole(aside / file_name) as file:
                file.write(content)
        with written_whole(aside / MANIFEST) as file:
            file.write(_json(manifest))
        aside.chmod(0o700)
        _log(settings, manifest)
        aside.rename(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise ReturnError(
            f"{name} for {end} cannot be written below {settings.returns.name}/: {error.strerror}. Free space"
            " or mend the rights of the folder, and see that no other build of it runs."
        ) from error
    return _read(folder / MANIFEST)


def fingerprints(files: Mapping[str, bytes]) -> dict[str, dict[str, object]]:
    """Size and SHA-256 of each file, by name."""
    return {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    }


def problems(version: Version) -> list[str]:
    """What is wrong with the files of a version, in words; empty when they are as they were built."""
    found = []
    for name, told in version.manifest["files"].items():
        path = version.folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != told["sha256"]:
            found.append(f"{name} is not the file that was built")
    return found


def advance(settings: Settings, version: Version, state: str, *, by: str, at: datetime) -> Version:
    """Let a version reach the next state, in the name of a person; an approved aggregate return is served.

    The same step again finishes one that was stopped before it was served. Raises `ReturnError` where it is
    not the turn of that state, a file is not as it was built, or readers have another one under its number.
    """
    name = name_of(by)
    if not name:
        raise ReturnError("say who, by name.")
    reached, wanted = STATES.index(version.state), STATES.index(state)
    served = settings.served_returns / str(version.end) / version.name / f"v{version.number}"
    is_served = version.is_aggregate and wanted >= STATES.index("approved")
    is_unfinished = (
        is_served and wanted == reached and not _holds(served / MANIFEST, for_readers(version.manifest))
    )
    if wanted != reached + 1 and not is_unfinished:
        last = version.manifest["states"][-1]
        turn = "nothing is left to do"
        if reached + 1 < len(STATES):
            command = COMMANDS[STATES[reached + 1]]
            turn = f"the next step is `flic return {command} {version.name} {version.end} --by NAME`"
        raise ReturnError(f"{version} was {version.state} by {last['by']} at {last['at']}; {turn}.")
    if found := problems(version):
        raise ReturnError(f"{version} cannot be {state}: {'; '.join(found)}. Build it again.")
    if is_served and served.exists() and (found := problems(Version(served, version.manifest))):
        raise ReturnError(
            f"{version} cannot be {state}: readers have another one under its number ({'; '.join(found)} in"
            f" {served}). Move that folder away, or build a new version from another release."
        )
    if not is_unfinished:
        manifest = {**version.manifest, "states": [*version.manifest["states"], _step(state, name, at)]}
        try:
            _log(settings, manifest)
            with written_whole(version.folder / MANIFEST) as file:
                file.write(_json(manifest))
        except OSError as error:
            raise ReturnError(f"{version} cannot be noted as {state}: {error.strerror}.") from error
        version = _read(version.folder / MANIFEST)
    # After the note: what readers have was approved by somebody, whatever stops this.
    if is_served:
        _serve(settings, version, served, for_readers(version.manifest))
    return version


def for_readers(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without the fingerprints of the exports.

    Whoever knew all of a file but one cell could try that cell until its fingerprint is right.
    """
    return {
        name: [{"file": each["file"]} for each in told] if name == "inputs" else told
        for name, told in manifest.items()
    }


def _holds(path: Path, manifest: Mapping[str, object]) -> bool:
    return path.is_file() and path.read_bytes() == _json(manifest)


def _serve(settings: Settings, version: Version, served: Path, manifest: Mapping[str, object]) -> None:
    """Put a copy where those may read it who may read the dashboards' folder."""
    mode = settings.publications_dir.stat().st_mode
    try:
        if not served.exists():
            aside = served.with_name(f"{served.name}{ASIDE}")
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            for name in version.manifest["files"]:
                shutil.copyfile(version.folder / name, aside / name)
                (aside / name).chmod(mode & 0o444 | 0o600)
            _write_open(aside / MANIFEST, manifest, mode)
            for folder in (aside, *served.parents):
                if folder == settings.publications_dir:
                    break
                folder.chmod(mode & 0o755 | 0o700)
            aside.rename(served)
        _write_open(served / MANIFEST, manifest, mode)
    except OSError as error:
        raise ReturnError(f"{served} cannot be written: {error.strerror}.") from error


def _write_open(path: Path, manifest: Mapping[str, object], mode: int) -> None:
    aside = path.with_name(f"{path.name}{ASIDE}")
    aside.write_bytes(_json(manifest))
    aside.chmod(mode & 0o444 | 0o600)
    aside.replace(path)


def _log(settings: Settings, manifest: Mapping[str, Any]) -> None:
    """Note the last step of a client-level return: when, who, what, which release, how many people.

    Called before the step is taken: nothing leaves without a trace. Every kind of return makes the file, for
    it is by this file that the dashboards' process finds out that the zone is open to it.
    """
    path = settings.returns / LOG
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        path.chmod(0o600)
        writer = csv.writer(file)
        if is_new:
            writer.writerow(("at", "by", "step", "return", "release", "people"))
        if not manifest["aggregate"]:
            step = manifest["states"][-1]
            which = f"{manifest['return']} {manifest['period_end']} v{manifest['version']}"
            release, people = manifest["release"]["release_id"], manifest["people"]
            row = (step["at"], step["by"], step["state"], which, release, people)
            writer.writerow([harmless(cell) for cell in row])


def _step(state: str, by: str, at: datetime) -> dict[str, str]:
    return {"state": state, "by": by, "at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _read(path: Path) -> Version:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = Version(path.parent, manifest)
        if (version.number, version.name, version.state in STATES) != (
            int(path.parent.name[1:]),
            path.parent.parent.name,
            True,
        ):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise ReturnError(f"{path} cannot be read: the manifest of a return was damaged.") from None
    return version


def _json(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
