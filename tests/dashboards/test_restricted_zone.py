"""The process that the SPG looks at proves at start that it cannot reach the restricted zone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.restricted_zone import ALLOWED, DEFAULT_ZONE, NAMES, VARIABLES, reachable
from tests.dashboards.publication_fixture import write_publication
from tests.dashboards.test_pages import ROOT, open_page, text

ZONE = ("landing", "management", "drafts", "demo_keys", "inbox", "archive", "rejects", "findings", "spill")
FILES = (
    "warehouse.duckdb",
    "rounding_key_check",
    "returns/client_level_log.csv",
    "reports/load_report.md",
    "audit_answers.json",
    "served_releases.json",
    "nothing_new.json",
    "warehouse_rests_on",
)


def make_zone(folder: Path) -> Path:
    """A data folder with everything that gives it away; returns its folder of publications."""
    for name in ZONE:
        (folder / name).mkdir(parents=True)
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("people")
    (folder / "publications" / "public").mkdir(parents=True)
    (folder / "publications" / "returns").mkdir()
    return folder / "publications"


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A checkout in which no demonstration ran, and a shell that knows no zone."""
    monkeypatch.setattr("dashboards.restricted_zone.DEFAULT_ZONE", tmp_path / "no data")
    for name in (ALLOWED, *VARIABLES):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize(
    "served", ["publications", "publications/public", "publications/areas/bristol", "management", "drafts"]
)
def test_a_zone_around_the_publications_is_found(tmp_path: Path, served: str) -> None:
    make_zone(tmp_path / "data")
    found = reachable(tmp_path / "data" / served, {})
    assert found == sorted(str(tmp_path / "data" / name) for name in (*ZONE, *FILES))
    assert {*ZONE, *FILES} == set(NAMES)


@pytest.mark.usefixtures("apart")
def test_a_zone_behind_a_link_is_found(tmp_path: Path) -> None:
    publications = make_zone(tmp_path / "data")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "publications").symlink_to(publications)
    assert len(reachable(tmp_path / "elsewhere" / "publications", {})) == len(NAMES)


@pytest.mark.usefixtures("apart")
def test_publications_on_their_own_reach_nothing(tmp_path: Path) -> None:
    (tmp_path / "served" / "publications").mkdir(parents=True)
    assert reachable(tmp_path / "served" / "publications", {"FLIC_DATA_DIR": "", "HOME": "/"}) == []


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_of_the_zone_is_enough(tmp_path: Path, variable: str) -> None:
    assert reachable(tmp_path / "a" / "publications", {variable: "anything"}) == [variable]


def test_the_projects_own_data_folder_is_looked_at_too() -> None:
    assert DEFAULT_ZONE == ROOT / "data"


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can give a zone to another user"
)
@pytest.mark.parametrize(("mode", "reached"), [(0o700, set()), (0o755, set(ZONE))])
def test_rights_of_the_operating_system_are_what_counts(tmp_path: Path, mode: int, reached: set[str]) -> None:
    """The zone lies beside the publications and belongs to another user; files are closed, folders differ."""
    publications = make_zone(tmp_path / "data")
    for name in (*ZONE, *FILES):
        (tmp_path / "data" / name).chmod(mode if name in ZONE else 0o600)
        os.chown(tmp_path / "data" / name, 65534, 65534)
    asked = "import sys, pathlib; from dashboards.restricted_zone import reachable; "
    asked += "print(*reachable(pathlib.Path(sys.argv[1]), {}))"
    done = subprocess.run(
        # Root may read anything; without these two capabilities it may not.
        [
            "setpriv",
            "--bounding-set=-dac_override,-dac_read_search",
            sys.executable,
            "-c",
            asked,
            publications,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [Path(path) for path in done.stdout.split()]
    assert {path.name for path in found if tmp_path in path.parents} == reached


@pytest.mark.usefixtures("apart")
def test_the_pages_refuse_and_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publications = make_zone(tmp_path / "data")
    write_publication(publications)
    # `open_page` allows it, as tests of pages must; here it is not.
    monkeypatch.setattr("dashboards.restricted_zone.ALLOWED", "FLIC_NOBODY_SET_THIS")
    app = open_page(publications, "this_quarter", monkeypatch)
    written = text(app)
    assert not app.exception
    assert "These dashboards do not start" in written
    assert "warehouse.duckdb" in written
    assert "As at" not in written
    # Where it lies is for the log.
    assert str(tmp_path) not in written


@pytest.mark.usefixtures("apart")
def test_a_demonstration_says_that_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publications = make_zone(tmp_path / "data")
    write_publication(publications)
    written = text(open_page(publications, "this_quarter", monkeypatch))
    assert "this process could read the restricted zone" in written
    assert "As at" in written
    alone = tmp_path / "served" / "publications"
    write_publication(alone)
    assert "restricted zone" not in text(open_page(alone, "this_quarter", monkeypatch))
