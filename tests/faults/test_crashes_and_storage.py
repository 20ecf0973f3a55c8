"""Crashes, disk, concurrency, clock: the rows of class F that other tests do not hold (spec: faults).

F1 is in test_amid_a_refresh.py, test_killed_at_random.py, ingestion/test_loading_once.py and
publication/test_publish.py; F6 in test_command_line.py, test_amid_a_refresh.py and test_readers.py;
F9 (releases) in test_publish.py and dashboards/test_published.py; F10 in test_warnings.py; F14 in
test_command_line.py.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.ingestion.load import StorageError
from dagster_project.lock import exclusive
from dagster_project.publication.approval import approve
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.publish import publish
from dagster_project.publication.releases import list_releases, read_manifest
from dagster_project.transformation import TransformationError, remove_warehouse
from tests.faults.seven_points import assert_seven_points
from tests.ingestion.zone import ARRIVAL, ROWS, Zone, csv_text, referrals
from tests.pipeline.programme import FLIC, REFRESH, ROOT, Programme, example_files
from tests.publication.invented_warehouse import Programme as InventedProgramme
from tests.publication.invented_warehouse import settings_for, write_warehouse

NAME = "referrals_2015-05-31.csv"
LATER = "referrals_2015-03-31.csv"
CLIENT = "FLIC-0001"


@pytest.fixture
def programme(two_quarters: Programme, bench: Path) -> Programme:
    """Two quarters published, and a later extract in the inbox."""
    programme = two_quarters.on_workbench(bench)
    programme.drop(*example_files(LATER))
    return programme


def run(
    programme: Programme, *arguments: str, environment: dict[str, str] | None = None, bound: bool = False
) -> subprocess.CompletedProcess[str]:
    """`flic refresh` in a process begun under another environment; `bound`: as a user whom rights bind."""
    # Root may write anywhere; without these two capabilities it may not.
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if bound and os.geteuid() == 0 else []
    return subprocess.run(
        [*drop, *FLIC, *REFRESH, *arguments],
        env=programme.environment | (environment or {}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


# --- F3, F9: the warehouse -------------------------------------------------------------------------------

UNCHECKPOINTED = """
import duckdb, os, signal, sys
warehouse = duckdb.connect(sys.argv[1])
warehouse.execute("set wal_autocheckpoint = '1GB'")
warehouse.execute("create table landing_of_a_killed_run as select range as number from range(100000)")
warehouse.execute("delete from marts.fct_episodes")
os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_with_a_log(warehouse: Path) -> Path:
    """End a process amid its work on the warehouse; its changes stand in the log beside the file."""
    killed = subprocess.run([sys.executable, "-c", UNCHECKPOINTED, str(warehouse)], check=False)
    assert killed.returncode == -signal.SIGKILL
    log = warehouse.with_name(f"{warehouse.name}.wal")
    assert log.stat().st_size > 1000
    return log


def flip_bytes_inside(file: Path) -> None:
    """Change one byte in each sixteenth of the file but for the first, which says what the file is."""
    content = bytearray(file.read_bytes())
    for place in range(len(content) // 16, len(content), len(content) // 16):
        content[place] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("fault", ["whole", "truncated", "garbage", "deleted", "alone", "flipped", "half"])
def test_f3_whatever_state_the_warehouse_is_in_the_next_build_begins_with_none(
    tmp_path: Path, fault: str
) -> None:
    zone = Zone.at(tmp_path)
    warehouse = zone.settings.warehouse
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.fct_episodes as select range as number from range(200000)")
    log = kill_with_a_log(warehouse)
    if fault == "truncated":
        os.truncate(log, log.stat().st_size // 2)
    elif fault == "garbage":
        log.write_bytes(b"garbage" * 1000)
    elif fault == "deleted":
        log.unlink()
    elif fault == "alone":
        warehouse.unlink()
    elif fault == "flipped":
        flip_bytes_inside(warehouse)
    elif fault == "half":
        os.truncate(warehouse, warehouse.stat().st_size // 2)
    remove_warehouse(zone.settings)
    assert [path.name for path in tmp_path.iterdir() if "warehouse" in path.name] == []


def test_f3_a_warehouse_that_another_program_holds_is_left_alone(tmp_path: Path) -> None:
    zone = Zone.at(tmp_path)
    duckdb.connect(str(zone.settings.warehouse)).close()
    holding = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(zone.settings.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(TransformationError, match="close it and run again"):
            remove_warehouse(zone.settings)
        assert zone.settings.warehouse.exists()
        holder.communicate()


# --- F4: the disk is full --------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A disk of that size in place of `folder`, for as long as the test runs."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk (test_loading_once.py has a limit on files instead)")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """A file that leaves so many bytes of a disk."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(folder).free - left)))
    return filler


def test_f4_disk_full_while_landing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 8):
        zone = Zone.at(tmp_path / "data")
        zone.take_one("referrals_2015-03-31.csv", csv_text(*ROWS))
        before = zone.landed()
        zone.drop(NAME, csv_text(*referrals(20_000)))
        filler = fill(zone.settings.data_dir, 100_000)
        with pytest.raises(StorageError, match=r"No space left on device.*free space"):
            zone.take()
        assert zone.landed() == before
        assert zone.names_below("inbox") == {NAME}
        assert not [name for name in zone.names_below("landing") if name.endswith(".tmp")]
        assert shutil.disk_usage(zone.settings.data_dir).free >= 90_000
        filler.unlink()
        assert [file.rows_landed for file in zone.take().files] == [20_000]


def test_f4_disk_full_while_publishing(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")

    def publish_as_at(as_at: date) -> str:
        settings.warehouse.unlink(missing_ok=True)
        write_warehouse(settings.warehouse, InventedProgramme(4, people=60, as_at=as_at, days=[as_at]))
        made = datetime.combine(as_at + timedelta(days=1), time(9))
        report = publish(settings, created_at=made, inputs_sha256="", log=logging.getLogger())
        approve(settings, report.release_id, by="The tests", at=made)
        return report.release_id

    # The served folder of production is another user's, and may be on another disk.
    with small_disk(settings.publications_dir, 16):
        first = publish_as_at(date(2015, 3, 31))
        filler = fill(settings.publications_dir, 300_000)
        with pytest.raises(PublicationError, match=r"No space left on device|is the disk full"):
            publish_as_at(date(2015, 6, 30))
        assert list_releases(settings.publications_dir) == [first]
        assert list((settings.publications_dir / "build").iterdir()) == []
        assert shutil.disk_usage(settings.publications_dir).free >= 250_000
        filler.unlink()
        second = publish_as_at(date(2015, 6, 30))
        assert list_releases(settings.publications_dir) == [first, second]


def test_f4_disk_full_while_building_and_while_noting_what_was_done(
    two_quarters: Programme, bench: Path
) -> None:
    with small_disk(bench, 150):
        programme = two_quarters.on_workbench(bench)
        programme.drop(*example_files(LATER))
        figures = two_quarters.figures()
        # Dagster's history comes first, then landing; what is left for the build is less than it needs.
        for left, waiting in ((0, [LATER]), (10_000_000, [])):
            (programme.folder / "warehouse.duckdb").unlink(missing_ok=True)
            filler = fill(programme.folder, left)
            full = programme.flic(*REFRESH, "--backfill")
            # To look at SQLite's files needs space too.
            filler.unlink()
            assert "the disk is full" in last_line(full)
            assert "Free space" in last_line(full)
            assert_seven_points(
                programme, full, exit_status=1, figures_before=figures, waiting=waiting, secrets=[CLIENT]
            )
        done = programme.flic(*REFRESH, "--backfill")
        assert_seven_points(programme, done, exit_status=0)
        # Referrals alone reach further; figures stay those of the day that the caseload reaches too.
        assert programme.current()["as_at"] == "2014-12-31"
        received = "select max(received_date) from marts.fct_referrals"
        assert programme.warehouse(received) > two_quarters.warehouse(received)


# --- F5: the served folder -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("read-only", "cannot be written"),
        ("of another owner", "cannot be written"),
        ("missing", "does not exist"),
        ("current.json dangling", "does not name a release"),
        ("current.json garbage", "does not name a release"),
        ("a plain file", "does not exist"),
    ],
)
def test_f5_a_served_folder_that_takes_no_release_stops_before_anything_is_read(
    programme: Programme, fault: str, reason: str
) -> None:
    elsewhere: dict[str, str] = {}
    folder = programme.publications
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    if fault == "read-only":
        folder.chmod(0o555)
    elif fault == "of another owner":
        if os.geteuid():
            pytest.skip("only root can give a folder away")
        os.chown(folder, 65534, 65534)
    elif fault == "missing":
        elsewhere = {"FLIC_PUBLICATIONS_DIR": str(programme.folder / "publicatons")}
    elif fault == "current.json dangling":
        (folder / "current.json").unlink()
        (folder / "current.json").symlink_to("nowhere.json")
    elif fault == "current.json garbage":
        (folder / "current.json").write_text("2014-12-31")
    else:
        shutil.rmtree(folder)
        folder.write_text("")
    if fault in {"read-only", "of another owner"}:
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            pytest.skip("rights do not bind root, and setpriv is not installed")
        done = run(programme, bound=True)
    else:
        done = programme.flic(*REFRESH, environment=elsewhere)
    # Nowhere else, either.
    assert not (programme.folder / "publicatons").exists()
    if folder.is_file():
        folder.unlink()
    if folder.exists():
        folder.chmod(0o755)
        shutil.rmtree(folder)
    kept.rename(folder)
    assert reason in last_line(done)
    assert_seven_points(
        programme,
        done,
        exit_status=1,
        figures_before=programme.figures(),
        waiting=[LATER],
        secrets=[CLIENT],
    )


# --- F7: the lock ----------------------------------------------------------------------------------------

HELD = """
import sys
from dagster_project.lock import exclusive
from dagster_project.settings import Settings
with exclusive(Settings.from_environment()):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_f7_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    programme = Programme(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HELD],
        env=programme.environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    assert (tmp_path / "refresh.lock.json").exists()
    with exclusive(Zone.at(tmp_path).settings):
        pass


# --- F11: the keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("FLIC_PSEUDONYM_KEY", "k3y-x", "has 5 characters"),
        ("FLIC_ROUNDING_KEY", "k3y-x", "shorter than 32"),
        ("FLIC_PSEUDONYM_KEY", "another-synthetic-key-of-sufficient-length", "not the one of the data"),
        ("FLIC_ROUNDING_KEY", "another-synthetic-key-of-sufficient-length", "not the key of the releases"),
    ],
)
def test_f11_a_short_or_changed_key_is_refused_before_the_inbox_is_read(
    programme: Programme, variable: str, value: str, reason: str
) -> None:
    figures = programme.figures()
    done = programme.flic(*REFRESH, environment={variable: value})
    assert reason in last_line(done)
    assert_seven_points(
        programme, done, exit_status=1, figures_before=figures, waiting=[LATER], secrets=[CLIENT, value]
    )


# --- F12, F13: the same again from what is kept ----------------------------------------------------------


def published_tables(programme: Programme) -> dict[str, dict[str, object]]:
    """The fingerprints of all tables of both served files but for those that tell when they were made."""
    found = {}
    for folder in ("publications", "management"):
        manifest = read_manifest(programme.folder / folder, programme.current(folder)["release_id"])
        tables: Any = manifest["tables"]
        found[folder] = {name: table for name, table in tables.items() if name != "release"}
    return found


def leave_only(programme: Programme, *kept: str) -> None:
    """Lose everything but these (and dbt's parse, which holds no data)."""
    for path in programme.folder.iterdir():
        if path.name not in {*kept, "dbt_target"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


# Columns that an earlier version did not write. None of them holds a fact that is published.
LACKING = {
    "loads": ["encoding", "delimiter", "sheet"],
    # Empty in every row of these extracts.
    "caseload": ["end_date", "destination"],
}


def as_an_earlier_version_wrote(programme: Programme) -> None:
    """Take columns of today's contract and ledger away from what landed, and today's empty tables too."""
    for folder, columns in LACKING.items():
        for file in (programme.folder / "landing" / folder).glob("*.parquet"):
            table = pq.read_table(file)
            lacking = [name for name in columns if name in table.column_names]
            assert lacking
            pq.write_table(table.drop_columns(lacking), file)


def test_f3_f9_f12_f13_rebuilt_elsewhere_from_what_an_earlier_version_landed(
    two_quarters: Programme, bench: Path
) -> None:
    """A damaged warehouse and the log of a killed database (F3, F9) came along, and change no figure."""
    programme = two_quarters.on_workbench(bench)
    log = kill_with_a_log(programme.folder / "warehouse.duckdb")
    flip_bytes_inside(programme.folder / "warehouse.duckdb")
    leave_only(programme, "landing", "warehouse.duckdb", log.name)
    as_an_earlier_version_wrote(programme)
    # Another machine: its clock, its language.
    done = run(programme, environment={"TZ": "America/Los_Angeles", "LC_ALL": "de_DE.UTF-8"})
    assert_seven_points(
        programme, done, exit_status=0, figures_before=two_quarters.figures(), secrets=[CLIENT]
    )
    assert published_tables(programme) == published_tables(two_quarters)


def landed(programme: Programme) -> dict[str, list[dict[str, object]]]:
    """The rows of every export by file, and the ledger without the moment at which each file came."""
    folder = programme.folder / "landing"
    files = [path for path in sorted(folder.glob("*/*-*-*-*.parquet")) if path.parent.name != "loads"]
    rows = {path.relative_to(folder).as_posix(): pq.read_table(path).to_pylist() for path in files}
    rows["loads"] = [
        {name: value for name, value in load.items() if name != "received_at"} for load in programme.ledger()
    ]
    return rows


def test_f12_what_landed_is_the_same_again_from_the_archive(two_quarters: Programme, bench: Path) -> None:
    """As the guide says: the archived files back into the inbox, and `flic refresh --backfill`.

    It stops as soon as they have landed: that figures rest on what landed alone is told above. When a file
    last came is the one thing that the archive does not know.
    """
    programme = two_quarters.on_workbench(bench)
    leave_only(programme, "archive")
    programme.inbox.mkdir()
    for file in (programme.folder / "archive").glob("*/*"):
        shutil.move(file, programme.inbox)
    environment = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    stopped = run(programme, "--backfill", "--as-at", "2030-01-01", environment=environment)
    assert "lies outside what is known" in last_line(stopped)
    assert_seven_points(programme, stopped, exit_status=1)
    before = landed(two_quarters)
    assert len(before) > 10
    assert landed(programme) == before


# --- the clock -------------------------------------------------------------------------------------------


def test_a_clock_set_back_does_not_put_an_older_version_over_a_newer_one(tmp_path: Path) -> None:
    zone = Zone.at(tmp_path)
    zone.take_one(NAME, csv_text(*ROWS))
    zone.drop(NAME, csv_text(*ROWS[:2]))
    zone.take(ARRIVAL.replace(year=2016))
    arrivals = {row["rows_landed"]: row["received_at"] for row in zone.ledger()}
    assert arrivals[2] >= arrivals[3] == ARRIVAL.replace(tzinfo=None)


def test_the_hour_that_comes_twice_keeps_its_order(tmp_path: Path) -> None:
    """28 October 2018, 01:30 in London, and 01:30 again."""
    zone = Zone.at(tmp_path)
    for moment, rows in (("2018-10-28T01:30+01:00", ROWS), ("2018-10-28T01:30+00:00", ROWS[:2])):
        zone.drop("referrals.csv", csv_text(*rows))
        zone.take(datetime.fromisoformat(moment))
    arrived = sorted((row["received_at"].isoformat(), row["extract_date"]) for row in zone.ledger())
    assert arrived == [
        ("2018-10-28T00:30:00", date(2018, 10, 28)),
        ("2018-10-28T01:30:00", date(2018, 10, 28)),
    ]
