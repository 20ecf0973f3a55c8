"""Each content is loaded once, whatever comes in which order and wherever a run is killed."""

import hashlib
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.ingestion.contracts import load_contracts
from dagster_project.ingestion.landing import Ledger, Load
from dagster_project.ingestion.load import CONTRACT, StorageError, landed_schema
from dagster_project.settings import ROOT, Settings
from tests.ingestion.zone import ARRIVAL, HEADER, ROWS, Zone, csv_text, referrals

NAME = "referrals_2015-05-31.csv"
LONGEST_NAME = f"referrals_2015-05-31_{'x' * 230}.csv"  # 255 bytes, as many as a file name may have
PLAIN = csv_text(*ROWS)
SHA256 = hashlib.sha256(PLAIN.encode()).hexdigest()
LOAD_ID = f"2015-05-31-referrals-{SHA256[:12]}"


def test_a_loaded_file_leaves_its_rows_a_ledger_row_and_its_archive(zone: Zone) -> None:
    zone.take_one(NAME, PLAIN)
    at = datetime.fromisoformat("2018-06-01T09:00")
    assert zone.ledger() == [
        {
            "load_id": LOAD_ID,
            "export": "referrals",
            "file_name": NAME,
            "sha256": SHA256,
            "file_bytes": len(PLAIN),
            "encoding": "utf-8",
            "delimiter": ",",
            "sheet": None,
            "extract_date": date(2015, 5, 31),
            "revision": 1,
            "received_at": at,
            "known_from": at,
            "status": "loaded",
            "reason": None,
            "rows_in_file": 4,
            "rows_skipped": 1,
            "rows_landed": 3,
            "stated_rows": None,
            "ignored_columns": 0,
            "warnings": None,
            "has_dated_name": True,
        }
    ]
    first = zone.landed()[0]
    assert (first["source_file"], first["source_line"], first["load_id"]) == (NAME, 2, LOAD_ID)
    assert (zone.settings.archive / LOAD_ID / NAME).read_text() == PLAIN
    assert not zone.names_below("inbox")


def test_the_same_file_again_is_recorded_and_loads_nothing(zone: Zone) -> None:
    zone.take_one(NAME, PLAIN)
    landed = zone.landed()
    for number in (1, 2):
        report = zone.take_one(NAME, PLAIN)
        assert (report.status, report.load_id) == ("duplicate", f"{LOAD_ID}-again-{number}")
        assert f"loaded as {LOAD_ID}" in (report.reason or "")
    assert zone.landed() == landed
    assert sorted(row["status"] for row in zone.ledger()) == ["duplicate", "duplicate", "loaded"]
    assert f"{LOAD_ID}-again-2/{NAME}" in zone.names_below("archive")


def test_a_file_seen_before_whose_columns_were_not_all_loaded_says_how_to_load_it_again(zone: Zone) -> None:
    content = csv_text(*((*row, "x") for row in ROWS), header=(*HEADER, "Extra"))
    zone.take_one(NAME, content)
    reason = zone.take_one(NAME, content).reason or ""
    assert "; 1 of its columns were not loaded then: if the seeds know them now, _v2 before" in reason
    assert zone.take_one("referrals_2015-05-31_v2.csv", content).status == "loaded"


def test_the_rows_of_a_file_seen_before_are_counted_as_duplicates(zone: Zone) -> None:
    zone.take_one(NAME, PLAIN)
    zone.take_one(NAME, PLAIN)
    counts = {
        row["status"]: (row["rows_in_file"], row["rows_skipped"], row["rows_landed"]) for row in zone.ledger()
    }
    assert counts == {"loaded": (4, 1, 3), "duplicate": (4, 1, 0)}


# (names, revisions named) -> whether the second says that only one of the two counts
SAME_DAY = {
    "two of one day": (NAME, "referrals_2015-05-31_b.csv", True),
    "the second is a version of its own": (NAME, "referrals_2015-05-31_v2.csv", False),
    "the second is of another day": (NAME, "referrals_2015-06-30.csv", False),
    "two exports": (NAME, "caseload_2015-05-31.csv", False),
}


@pytest.mark.parametrize("looks", [1, 2])
@pytest.mark.parametrize("case", SAME_DAY)
def test_two_files_that_claim_the_same_day_are_told_in_words(zone: Zone, case: str, looks: int) -> None:
    first, second, is_told = SAME_DAY[case]
    zone.drop(first, PLAIN)
    files = zone.take().files if looks == 2 else ()
    zone.drop(second, csv_text(*ROWS[:2]))
    files += zone.take(ARRIVAL + timedelta(days=looks)).files
    reports = {file.file_name: file.warnings for file in files}
    later = second if looks == 2 else max(first, second)
    assert {name for name in reports if "put _v2" in "".join(reports[name])} == (
        {later} if is_told else set()
    )


@pytest.mark.parametrize("name", ["referrals.csv", "Referrals 2015-05-31 (copy).csv"])
def test_the_same_bytes_under_another_name_of_no_other_day_are_a_duplicate(zone: Zone, name: str) -> None:
    zone.take_one(NAME, PLAIN)
    assert zone.take_one(name, PLAIN).status == "duplicate"


def test_a_date_in_a_name_that_comes_later_is_noted_at_its_load(zone: Zone) -> None:
    zone.take_one("referrals.csv", PLAIN)
    assert [load["has_dated_name"] for load in zone.ledger()] == [False]
    assert zone.take_one(f"referrals_{ARRIVAL.date()}.csv", PLAIN).status == "duplicate"
    assert {load["status"]: load["has_dated_name"] for load in zone.ledger()} == {
        "loaded": True, "duplicate": True
    }  # fmt: skip


def test_a_ledger_of_a_version_that_did_not_note_dates_is_read(zone: Zone) -> None:
    zone.take_one(NAME, PLAIN)
    entry = zone.settings.landing / "loads" / f"{LOAD_ID}.parquet"
    pq.write_table(pq.read_table(entry).drop_columns("has_dated_name"), entry)
    assert zone.take_one("referrals.csv", PLAIN).status == "duplicate"


def test_the_same_bytes_as_a_later_extract_are_news(zone: Zone) -> None:
    zone.take_one(NAME, PLAIN)
    zone.take_one("referrals_2015-06-30.csv", csv_text(*ROWS[:2]))
    report = zone.take_one("referrals_2015-07-31.csv", PLAIN)
    assert report.status == "loaded"
    assert max(zone.ledger(), key=lambda row: row["extract_date"])["sha256"] == SHA256


def test_a_corrected_file_of_the_same_day_is_a_load_of_its_own(zone: Zone) -> None:
    zone.take_one(NAME, PLAIN)
    zone.take_one("referrals_2015-05-31_v2.csv", csv_text(*ROWS[:2]))
    assert sorted((row["revision"], row["rows_landed"]) for row in zone.ledger()) == [(1, 3), (2, 2)]


@pytest.mark.parametrize("order", [("", "_v2", "_v3"), ("_v3", "_v2", "")])
def test_a_version_with_the_content_of_an_earlier_one_counts_in_any_order(
    zone: Zone, order: tuple[str, ...]
) -> None:
    contents = {"": PLAIN, "_v2": csv_text(*ROWS[:2]), "_v3": PLAIN}
    reports = [zone.take_one(f"referrals_2015-05-31{version}.csv", contents[version]) for version in order]
    assert {report.status for report in reports} == {"loaded"}
    last = max(zone.ledger(), key=lambda row: row["revision"])
    assert (last["load_id"], last["sha256"]) == (f"{LOAD_ID}-v3", SHA256)
    assert len(zone.landed()) == 8
    again = zone.take_one("referrals_2015-05-31_v3.csv", PLAIN)
    assert (again.status, again.load_id) == ("duplicate", f"{LOAD_ID}-v3-again-1")


@pytest.mark.parametrize(
    ("arrival", "day"),
    [("2018-05-31T22:30+00:00", date(2018, 5, 31)), ("2018-05-31T23:30", date(2018, 6, 1))],
)
def test_without_a_date_in_the_name_the_london_day_of_arrival_counts(
    zone: Zone, arrival: str, day: date
) -> None:
    zone.drop("referrals.csv", PLAIN)
    [report] = zone.take(datetime.fromisoformat(arrival)).files
    assert report.extract_date == day
    assert any("no date" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("name", "known_from"),
    [
        (NAME, "2015-05-31T23:00"),
        ("referrals_2015-12-31.csv", "2016-01-01T00:00"),
        ("referrals_2018-06-01.csv", "2018-06-01T09:00"),
    ],
)
def test_history_loaded_at_once_is_known_from_the_end_of_its_day_in_london(
    zone: Zone, name: str, known_from: str
) -> None:
    zone.drop(name, PLAIN)
    zone.take(backfill=True)
    assert zone.ledger()[0]["known_from"] == datetime.fromisoformat(known_from)
    assert zone.ledger()[0]["received_at"] == ARRIVAL.replace(tzinfo=None)


def test_an_export_that_never_came_is_an_empty_table_with_the_contracts_columns(zone: Zone) -> None:
    zone.take()
    for export in load_contracts(ROOT / "dbt" / CONTRACT).values():
        table = pq.read_table(zone.settings.landing / export.name / "schema.parquet")
        assert table.num_rows == 0
        assert table.schema.equals(landed_schema(export))
    assert pq.read_metadata(zone.settings.landing / "loads" / "schema.parquet").num_rows == 0


def test_a_column_that_the_contract_learns_reaches_the_empty_table(zone: Zone) -> None:
    path = zone.settings.landing / "referrals" / "schema.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"referral_id": pa.array([], pa.string())}), path)
    zone.take()
    assert "borough" in pq.read_schema(path).names


class OwnSeeds(Settings):
    """Settings whose seeds lie in the data folder."""

    @property
    def seeds_dir(self) -> Path:
        return self.data_dir / "seeds"


def test_a_refused_file_loads_once_the_seed_of_aliases_knows_its_headers(zone: Zone) -> None:
    own = Zone(OwnSeeds(**vars(zone.settings)))
    shutil.copytree(zone.settings.seeds_dir, own.settings.seeds_dir)
    content = PLAIN.replace("borough", "Town hall")
    report = own.take_one(NAME, content)
    assert report.status == "refused"
    with (own.settings.seeds_dir / "header_aliases.csv").open("a", encoding="utf-8") as file:
        file.write("referrals,borough,TOWN HALL\n")
    assert own.take_one(NAME, content).status == "loaded"
    assert [row["status"] for row in own.ledger()] == ["loaded"]
    assert own.names_below("rejects") == set()


def test_what_a_killed_run_left_aside_or_uncommitted_is_gone_after_the_next(zone: Zone) -> None:
    zone.take_one(NAME, PLAIN)
    folder = zone.settings.landing / "referrals"
    shutil.copy(folder / f"{LOAD_ID}.parquet", folder / "2015-06-30-referrals-0123456789ab.parquet")
    (folder / "2015-06-30-referrals-0123456789ab.parquet.tmp").write_bytes(b"PAR1")
    (folder.parent / "loads" / "2015-06-30-referrals-0123456789ab.parquet.tmp").write_bytes(b"PAR1")
    zone.take()
    assert zone.names_below("landing/referrals") == {"schema.parquet", f"{LOAD_ID}.parquet"}
    assert zone.names_below("landing/loads") == {"schema.parquet", f"{LOAD_ID}.parquet"}


def test_a_folder_that_cannot_be_written_stops_the_run_and_leaves_the_inbox(zone: Zone) -> None:
    zone.take()
    shutil.rmtree(zone.settings.landing / "loads")
    (zone.settings.landing / "loads").write_text("in the way")
    zone.drop(NAME, PLAIN)
    with pytest.raises(StorageError, match="inbox still holds"):
        zone.take()
    assert zone.names_below("inbox") == {NAME}


def run_troubled(zone: Zone, *trouble: object) -> subprocess.CompletedProcess:
    """Ingest in a process of its own that gets into trouble."""
    command = [sys.executable, "-m", "tests.ingestion.troubled_intake", zone.settings.data_dir, *trouble]
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_file_from_another_file_system_is_moved_whole(zone: Zone) -> None:
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == zone.settings.data_dir.stat().st_dev:
        pytest.skip("there is no second file system to move from")
    with tempfile.TemporaryDirectory(dir=shared_memory) as folder:
        zone.settings.inbox.rmdir()
        zone.settings.inbox.symlink_to(folder)
        for name in (NAME, LONGEST_NAME):
            zone.take_one(name, PLAIN)
        assert not zone.names_below("inbox")
    assert (zone.settings.archive / LOAD_ID / NAME).read_text() == PLAIN
    assert (zone.settings.archive / f"{LOAD_ID}-again-1" / LONGEST_NAME).read_text() == PLAIN


def test_a_full_disk_stops_the_run_with_nothing_half_written(zone: Zone) -> None:
    zone.take()
    zone.drop(NAME, csv_text(*referrals(5000)))
    result = run_troubled(zone, "full", 4096)
    assert result.returncode == 1
    assert "StorageError: the data folder cannot be written (File too large)" in result.stderr
    assert "FLIC-" not in result.stderr
    assert zone.names_below("inbox") == {NAME}
    assert not [name for name in zone.names_below("landing") if name.endswith(".tmp")]
    assert [file.rows_landed for file in zone.take().files] == [5000]


def fill(zone: Zone) -> None:
    """One file to load, one of the same content and one to refuse: eight renames in all."""
    zone.take()
    zone.drop("caseload_2015-05-31.csv", "")
    zone.drop(NAME, PLAIN)
    zone.drop("referrals_2015-05-31_copy.csv", PLAIN)


def state(zone: Zone) -> tuple:
    """All that a run leaves behind."""
    return (
        zone.ledger(),
        zone.landed(),
        *(zone.names_below(f) for f in ("inbox", "landing", "archive", "rejects")),
    )


@pytest.mark.parametrize("rename", range(1, 9))
def test_a_run_killed_at_any_rename_is_made_good_by_the_next(tmp_path: Path, rename: int) -> None:
    undisturbed, killed = Zone.at(tmp_path / "undisturbed"), Zone.at(tmp_path / "killed")
    for zone in (undisturbed, killed):
        fill(zone)
    undisturbed.take()
    assert run_troubled(killed, "killed", rename).returncode == -signal.SIGKILL
    assert state(killed) != state(undisturbed)
    killed.take()
    assert state(killed) == state(undisturbed)


def test_there_are_no_more_renames_to_be_killed_at(zone: Zone) -> None:
    fill(zone)
    assert run_troubled(zone, "killed", 9).returncode == 0
    assert not zone.names_below("inbox")


FILES = {
    NAME: PLAIN,
    "referrals_2015-05-31_copy.csv": PLAIN,
    "referrals_2015-06-30.csv": csv_text(*ROWS[:2]),
    "referrals_2015-07-31.csv": PLAIN,
    "referrals_2015-07-31_v2.csv": csv_text(*ROWS[1:]),
}


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(list(FILES)), again=st.lists(st.sampled_from(list(FILES)), max_size=3))
def test_any_order_and_any_repetition_land_the_same_contents(order: list[str], again: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        zone = Zone.at(Path(folder) / "data")
        for name in [*order, *again]:
            zone.take_one(name, FILES[name])
        loads = {row["load_id"]: row["revision"] for row in zone.ledger() if row["status"] == "loaded"}
        contents = sorted(
            (row["extract_date"].isoformat(), loads[row["load_id"]], *(row[column] for column in HEADER[2:]))
            for row in zone.landed()
        )
    assert [(day, revision) for day, revision, *_ in contents] == (
        [("2015-05-31", 1)] * 3 + [("2015-06-30", 1)] * 2 + [("2015-07-31", 1)] * 3 + [("2015-07-31", 2)] * 2
    )


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zone.drop(NAME, PLAIN)
    from dagster_project.ingestion import load

    read = load.read_csv

    def read_while_written(*arguments):
        path.write_text(PLAIN + "R4,FLIC-0004,2015-04-01,Camden\n")
        return read(*arguments)

    monkeypatch.setattr(load, "read_csv", read_while_written)
    [report] = zone.take().files
    assert (report.status, report.reason) == ("left", "it was still being written while it was read")
    assert zone.landed() == zone.ledger() == []
    monkeypatch.undo()
    assert [file.rows_landed for file in zone.take().files] == [4]


def taken_half(zone: Zone) -> str:
    """Take a file whose writer pauses, who then writes on; returns the load of the half."""
    path = zone.drop(NAME, PLAIN)
    with path.open("a") as writer:
        [report] = zone.take().files
        writer.write("R4,FLIC-0004,2015-04-01,Camden\n")
    assert report.rows_landed == 3
    return str(report.load_id)


def test_a_file_that_grew_after_it_was_taken_is_taken_whole_in_the_next_look(
    zone: Zone, caplog: pytest.LogCaptureFixture
) -> None:
    half = taken_half(zone)
    [report] = zone.take(ARRIVAL + timedelta(days=1)).files
    assert (report.status, report.rows_landed) == ("loaded", 4)
    assert "it was still being written" in caplog.text
    assert zone.names_below("archive") == {f"{report.load_id}/{NAME}"} != {f"{half}/{NAME}"}
    assert zone.take(ARRIVAL + timedelta(days=2)).files == ()
    assert max(zone.ledger(), key=lambda row: row["received_at"])["load_id"] == report.load_id


def test_a_file_that_grew_never_replaces_another_in_the_inbox(zone: Zone) -> None:
    half = taken_half(zone)
    [report] = (zone.drop(NAME, csv_text(*ROWS[:2])), *zone.take().files)[1:]
    assert report.rows_landed == 2
    assert f"{half}/{NAME}" in zone.names_below("archive")
    assert [file.rows_landed for file in zone.take().files] == [4]


def test_a_file_written_over_at_the_same_length_is_taken_again(zone: Zone) -> None:
    path = zone.drop(NAME, PLAIN)
    with path.open("r+") as writer:
        zone.take()
        writer.write(PLAIN.replace("Islington", "Hackney  "))
    [report] = zone.take(ARRIVAL + timedelta(days=1)).files
    assert (report.status, report.rows_landed) == ("loaded", 3)


@pytest.mark.parametrize("name", [NAME, "referrals.csv"])
def test_a_refused_file_whose_writer_went_on_is_taken_whole(zone: Zone, name: str) -> None:
    path = zone.drop(name, "")
    with path.open("a") as writer:
        assert [file.status for file in zone.take().files] == ["refused"]
        writer.write(PLAIN)
    [note] = [
        path.parent for path in zone.settings.rejects.rglob("*.csv") if path.stat().st_size == len(PLAIN)
    ]
    (note / "a note.txt").write_text("asked the team")
    [report] = zone.take(ARRIVAL + timedelta(days=1)).files
    assert (report.file_name, report.status, report.rows_landed) == (name, "loaded", 3)
    assert not zone.names_below("inbox")


# What is done with the first file: (its content, what was there before, the folder it goes to)
DEALT_WITH = {
    "loaded": (PLAIN, None, "archive"),
    "duplicate": (PLAIN, PLAIN, "archive"),
    "refused": ("no header\n", None, "rejects"),
}


@pytest.mark.parametrize("dealt", DEALT_WITH)
@pytest.mark.parametrize("how", ["replaced", "written over", "taken away"])
def test_a_file_that_comes_in_anothers_place_before_the_move_is_not_lost(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, dealt: str, how: str
) -> None:
    content, before, folder = DEALT_WITH[dealt]
    if before:
        zone.take_one("referrals_2015-05-31_copy.csv", before)
    path = zone.drop(NAME, content)
    newer = csv_text(*ROWS[:2])
    add = Ledger.add

    def add_and_disturb(ledger: Ledger, load: Load) -> None:
        add(ledger, load)
        if how == "written over":
            path.write_text(newer)
        elif how == "taken away":
            path.unlink()
        else:
            zone.drop("aside.csv", newer).replace(path)

    monkeypatch.setattr(Ledger, "add", add_and_disturb)
    [report] = zone.take().files
    monkeypatch.undo()
    assert report.status == dealt
    kept = zone.settings.data_dir / folder / str(report.load_id) / NAME
    if how != "written over":
        assert kept.read_text() == content
    if how != "taken away":
        assert path.read_text() == newer
        [next_report] = zone.take(ARRIVAL + timedelta(days=1)).files
        assert (next_report.status, next_report.rows_landed) == ("loaded", 2)
    assert not zone.names_below("inbox")


def test_a_run_killed_while_it_gives_a_grown_file_back_is_made_good_by_the_next(zone: Zone) -> None:
    taken_half(zone)
    for rename in (1, 2):
        assert run_troubled(zone, "killed", rename).returncode == -signal.SIGKILL
    assert [file.rows_landed for file in zone.take().files] == [4]


def test_times_with_and_without_zone_are_the_same_moment(tmp_path: Path) -> None:
    for name, arrival in (("with", ARRIVAL), ("without", ARRIVAL.replace(tzinfo=None))):
        zone = Zone.at(tmp_path / name)
        zone.drop(NAME, PLAIN)
        zone.take(arrival)
        assert zone.ledger()[0]["received_at"] == ARRIVAL.replace(tzinfo=None)


def test_settings_with_another_key_are_another_zone(zone: Zone, tmp_path: Path) -> None:
    other = Zone(
        replace(
            zone.settings, data_dir=tmp_path / "other", pseudonym_key=b"another key of just as fair length"
        )
    )
    other.settings.inbox.mkdir(parents=True)
    zone.take_one(NAME, PLAIN)
    other.take_one(NAME, PLAIN)
    assert not {row["client_id"] for row in zone.landed()} & {row["client_id"] for row in other.landed()}
