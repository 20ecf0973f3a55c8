"""Building an aggregate return: lines and a release in, files out; the same bytes for the same inputs.

Belongs here: which files a return has, what its manifest says of their inputs, and the rebuild that `check`
compares with. Does not belong here: one form of a file (`workbook.py`, `report.py`, `slides.py`), states
(`versions.py`).
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from dagster_project.ingestion.landing import Ledger, check_profile
from dagster_project.publication.figure_changes import RestsOn, from_manifest
from dagster_project.publication.releases import installed_version, list_releases, read_manifest
from dagster_project.returns import framework
from dagster_project.returns.catalogue import Return, find_return, read_lines, seed_hashes
from dagster_project.returns.figures_csv import dictionary_csv, figures_csv, restated, restated_csv
from dagster_project.returns.pack import Pack, choose_release, known_by, make_pack, with_restated
from dagster_project.returns.report import report_bytes
from dagster_project.returns.slides import slides_bytes
from dagster_project.returns.versions import (
    Version,
    compared_by,
    compared_with,
    comparison,
    fingerprints,
    list_versions,
    next_number,
    problems,
    write_version,
)
from dagster_project.returns.workbook import workbook_bytes
from dagster_project.settings import Settings
from dashboards import sentences

logger = logging.getLogger("flic")

FIGURES = "-figures.csv"
FORMS: Mapping[str, Callable[[Pack], bytes]] = {
    "pdf": report_bytes,
    "xlsx": workbook_bytes,
    "pptx": slides_bytes,
}
MADE_WITH = ("flic", "duckdb", "xlsxwriter", "typst", "python-pptx")


def build(settings: Settings, name: str, end: date, *, by: str, release_id: str = "") -> tuple[Version, bool]:
    """Build a return for the period that ends on a day; False where the newest version is the same already.

    Raises `ReturnError` (and other `FlicError`s) with the remedy; nothing is written then.
    """
    check_profile(settings.landing, settings.profile)
    if name == framework.NAME:
        return framework.build_framework(settings, end, by=by)
    wanted = find_return(settings, name)
    release_id = choose_release(settings, wanted, end, release_id)
    logger.info("%s for the period up to %s, from release %s", wanted.title, end, release_id)
    existing = list_versions(settings, name, end)
    if existing:
        last = existing[-1]
        if last.release_id == release_id:
            logger.info("  once more, to compare with v%d", last.number)
            files = make_files(settings, wanted, end, release_id, last.number, compared_by(settings, last))
            if fingerprints(files) == last.manifest["files"] and not problems(last):
                return last, False
    number = next_number(settings, name, end)
    against = compared_with(settings, name, end, number)
    files = make_files(settings, wanted, end, release_id, number, against)
    facts = {
        "title": wanted.title,
        "aggregate": True,
        "profile": settings.profile,
        "release": _release_facts(settings, release_id),
        "inputs": _inputs(settings, release_id),
        "settings": {
            **seed_hashes(settings),
            "publication": _manifest(settings, release_id)["settings_sha256"],
        },
        "software": {package: installed_version(package) for package in MADE_WITH},
        "against": comparison(against),
    }
    at = datetime.now(UTC)
    return write_version(settings, name, end, number, files, facts, by=by, at=at), True


def make_files(
    settings: Settings, wanted: Return, end: date, release_id: str, number: int, against: Version | None
) -> dict[str, bytes]:
    """The files of one version by name: a function of the release, the lines and what it is compared with."""
    pack = make_pack(settings, wanted, read_lines(settings, wanted), release_id, end, number)
    if against is not None:
        moved = restated(
            pack,
            against.read(FIGURES),
            _loads(settings, against.release_id),
            _loads(settings, release_id),
        )
        until = sentences.day(against.end)
        words = f"version {against.number} for the period up to {until}, from release {against.release_id}"
        pack = with_restated(pack, list(moved), words)
    for identity in pack.identities:
        if identity.holds is False:
            logger.warning("  does not hold: %s. %s", identity.about, identity.says)
    files = {f"{pack.file_stem}{FIGURES}": figures_csv(pack)}
    files[f"{pack.file_stem}-data_dictionary.csv"] = dictionary_csv()
    files[f"{pack.file_stem}-restated.csv"] = restated_csv(pack)
    for place, form in enumerate(wanted.forms, 1):
        logger.info("  writing %s (%d of %d)", form.upper(), place, len(wanted.forms))
        files[f"{pack.file_stem}.{form}"] = FORMS[form](pack)
    return files


def differences(settings: Settings, version: Version) -> list[str]:
    """What is wrong with a version: files that were changed, or that its release no longer gives."""
    found = problems(version)
    if version.name == framework.NAME:
        return found + framework.differences(settings, version)
    wanted = find_return(settings, version.name)
    release_id = choose_release(settings, wanted, version.end, version.release_id)
    against = compared_by(settings, version)
    files = make_files(settings, wanted, version.end, release_id, version.number, against)
    made, told = fingerprints(files), version.manifest["files"]
    other = sorted(name for name in made.keys() | told.keys() if made.get(name) != told.get(name))
    if other:
        now = {package: installed_version(package) for package in MADE_WITH}
        why = [
            f"{package} {was} is now {now.get(package)}"
            for package, was in version.manifest["software"].items()
            if now.get(package) != was
        ]
        seeds = seed_hashes(settings)
        why += [
            f"{name} was edited" for name in seeds if version.manifest["settings"].get(name) != seeds[name]
        ]
        found.append(
            f"building it again gives other bytes of {', '.join(other)}"
            + (f" ({'; '.join(why)})" if why else "")
        )
    return found


def _manifest(settings: Settings, release_id: str) -> Mapping[str, object]:
    return read_manifest(settings.publications_dir, release_id)


def _release_facts(settings: Settings, release_id: str) -> dict[str, object]:
    manifest = _manifest(settings, release_id)
    told = ("release_id", "as_at", "sha256", "inputs_sha256", "figures_sha256", "approved_by", "approved_at")
    return {name: manifest[name] for name in told} | {"known_by": known_by(settings, release_id)}


def _loads(settings: Settings, release_id: str) -> dict[str, RestsOn]:
    """The loads that a release rests on; its management file is kept for as long as it is."""
    if release_id not in list_releases(settings.management):
        return {}
    return from_manifest(read_manifest(settings.management, release_id).get("loads"))


def _inputs(settings: Settings, release_id: str) -> list[dict[str, str]]:
    """Each file that the release rests on, by export and extract date, with its fingerprint."""
    hashes = {load.load_id: load.sha256 for load in Ledger(settings.landing).loads}
    return [
        {"file": load.for_reader("spg"), "sha256": hashes.get(key, "not in the ledger")}
        for key, load in sorted(_loads(settings, release_id).items())
    ]
