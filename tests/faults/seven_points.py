"""What must hold after every case, however bad the input or the fault (spec: faults, the seven points).

Belongs here: the points that all cases share. What one case is about (a reason, a count) stands in its test.
"""

import json
import sqlite3
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb
import filelock
import pyarrow.parquet as pq

from dagster_project.publication.releases import read_tables, verify
from tests.pipeline.programme import Figures, Programme

SHORTEST_SECRET = 5
DONE = 0
# Words of the reasons of files whose rows nobody can tell apart: empty, an archive, damaged, no text, a
# workbook that is not read, an open quotation mark or a second kind of line end.
UNCOUNTABLE = (
    *("empty file", "archive", "damaged", "no text", "binary file", "really a", "workbook", "DOCTYPE"),
    *("500 columns", "told apart", "is not utf", "million characters", "two encodings"),
)


def assert_seven_points(
    programme: Programme,
    done: subprocess.CompletedProcess[str],
    *,
    exit_status: int,
    secrets: Collection[str] = (),
    figures_before: Figures | None = None,
    waiting: Collection[str] = (),
    again: bool = False,
) -> None:
    """Assert the seven points after a finished `flic refresh`; `AssertionError` names the first that fails.

    `secrets` are the identifying values that the case planted: names, references, free text, bad cells.
    `figures_before` is `programme.figures()` from before: the same must be served after. A refresh that
    failed must keep what was served; without `figures_before` that was nothing. `waiting` names the files
    that have to be in the inbox afterwards. `again` runs the same command once more (25 s): once a batch.
    """
    # The reason is the last line; it explains every failure below.
    assert done.returncode == exit_status, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stdout.strip(), "no reason was given"
    assert_a_whole_release_is_served(programme)
    if figures_before is not None or exit_status != DONE:
        assert programme.figures() == (figures_before or {}), "the published figures moved"
    assert_rows_are_accounted_for(programme, built=exit_status == DONE)
    assert_nowhere(programme, done, secrets)
    assert_nothing_left_behind(programme, waiting)
    if exit_status == DONE:
        assert_clients_events_and_pence_reconcile(programme)
    if again:
        figures = programme.figures()
        once_more = programme.flic(*done.args[done.args.index("refresh") :])
        assert_seven_points(
            programme,
            once_more,
            exit_status=exit_status,
            secrets=secrets,
            figures_before=figures or None,
            waiting=waiting,
        )


def assert_a_whole_release_is_served(programme: Programme) -> None:
    """Each folder names a release that is as it was published, or has never had one."""
    for folder in ("publications", "publications/public", "drafts", "management"):
        if (programme.folder / folder / "current.json").exists():
            release_id = programme.current(folder)["release_id"]
            assert verify(programme.folder / folder, release_id) == []
        else:
            assert not list((programme.folder / folder).glob("*.manifest.json"))


def assert_rows_are_accounted_for(programme: Programme, *, built: bool) -> None:
    """Each row of a file is loaded, duplicate, rejected or skipped: by the ledger and by the warehouse."""
    ledger = programme.ledger()
    for load in ledger:
        if load["status"] == "loaded":
            # The rows of other files are all rejected or duplicate: the warehouse counts them below.
            assert load["rows_in_file"] == load["rows_skipped"] + load["rows_landed"], load["file_name"]
            landed = programme.folder / "landing" / load["export"] / f"{load['load_id']}.parquet"
            assert pq.read_metadata(landed).num_rows == load["rows_landed"], load["file_name"]
    try:
        counted = programme.warehouse(
            "select load_id, rows_in_file, rows_loaded + rows_duplicate + rows_rejected + rows_skipped,"
            " status from marts.fct_loads"
        )
    except duckdb.Error:
        assert not built or not ledger, "there is no warehouse"
        return
    reasons = {load["load_id"]: load["reason"] for load in ledger if load["status"] == "refused"}
    uncounted = {load[0] for load in counted if load[1] is None and load[3] == "refused"}
    assert [
        reasons[load_id] for load_id in uncounted if not any(kind in reasons[load_id] for kind in UNCOUNTABLE)
    ] == []
    assert [load for load in counted if load[0] not in uncounted and load[1] != load[2]] == []
    if built:
        # What is not known yet (`--known-by`) is no part of the warehouse.
        [(known_by,)] = programme.warehouse("select known_by from landing.control")
        known = {load["load_id"] for load in ledger if load["known_from"] <= known_by}
        assert {load_id for load_id, *_ in counted} == known


def assert_nowhere(
    programme: Programme, done: subprocess.CompletedProcess[str], secrets: Collection[str]
) -> None:
    """No secret stands in what was said, in logs, in Dagster's storage or in anything published."""
    assert all(len(secret) >= SHORTEST_SECRET for secret in secrets), "shorter ones are found by chance"
    if not secrets:
        return
    spellings = {
        spelled
        for secret in secrets
        # JSON, as Dagster stores it, writes other letters as escapes.
        for text in (secret, json.dumps(secret)[1:-1])
        for spelled in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"))
    }
    for place, content in _what_others_see(programme, done):
        # Which of them it is must not stand in the message of a test either.
        assert not any(spelling in content for spelling in spellings), f"a planted value stands in {place}"


def _what_others_see(
    programme: Programme, done: subprocess.CompletedProcess[str]
) -> Iterator[tuple[str, bytes]]:
    """Every place that a person other than the data lead may look at, and its content."""
    yield "stdout", done.stdout.encode()
    yield "stderr", (done.stderr or "").encode()
    for folder in ("dagster", "dbt_target", "logs", "publications", "drafts", "management"):
        for path in (programme.folder / folder).rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
                if path.suffix == ".db":
                    # A long text is cut in pieces in the file.
                    yield str(path), _sqlite_text(path).encode()
                if path.suffix == ".duckdb":
                    # Compressed in the file.
                    yield str(path), repr([table.rows for table in read_tables(path)]).encode()


def _sqlite_text(path: Path) -> str:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()


def assert_nothing_left_behind(programme: Programme, waiting: Collection[str]) -> None:
    """Nothing half-written, no row without its load, no lock, and in the inbox just what has to be there."""
    folder = programme.folder
    half_written = [
        path
        for path in folder.rglob("*")
        if path.suffix in {".tmp", ".part"} and programme.inbox not in path.parents
    ]
    assert half_written == []
    for served in ("publications", "publications/public", "drafts", "management"):
        assert list((folder / served / "build").glob("*")) == []
    committed = {load["load_id"] for load in programme.ledger() if load["status"] == "loaded"}
    uncommitted = [
        path
        for path in (folder / "landing").glob("*/*-*-*-*.parquet")
        if path.parent.name != "loads" and path.stem not in committed
    ]
    assert uncommitted == []
    assert programme.waiting() == sorted(waiting)
    if folder.exists():
        with filelock.FileLock(folder / "refresh.lock", blocking=False, is_singleton=False):
            pass


def assert_clients_events_and_pence_reconcile(programme: Programme) -> None:
    """What landed is what the warehouse holds, accepted or rejected; what it counts is what was published."""
    ledger = programme.ledger()
    if not (programme.folder / "warehouse.duckdb").exists():
        assert not any(load["status"] == "loaded" for load in ledger)
        return
    [(known_by,)] = programme.warehouse("select known_by from landing.control")
    # A file without a date gives way to a twin that has one, though both have landed.
    numbered = {
        load_id
        for (load_id,) in programme.warehouse(
            "select load_id from staging.stg_loads where load_number is not null"
        )
    }
    known = [
        load
        for load in ledger
        if load["status"] == "loaded" and load["known_from"] <= known_by and load["load_id"] in numbered
    ]
    for export in {load["export"] for load in known}:
        folder = programme.folder / "landing" / export
        landed = [
            row
            for load in known
            if load["export"] == export
            for row in pq.read_table(folder / f"{load['load_id']}.parquet").to_pylist()
        ]
        # Accepted, duplicate and rejected: the base model drops none.
        [(events,)] = programme.warehouse(f"select count(*) from staging.base_{export}")
        assert events == len(landed), export
        if landed and "client_id" in landed[0]:
            found = programme.warehouse(
                f"select distinct client_id from staging.base_{export} where client_id is not null"
            )
            assert len(found) == len({row["client_id"] for row in landed} - {None, ""}), export
    [(whole, accepted, rejected)] = programme.warehouse(
        """
        with lines as (
            select lines.amount, lines.reject_reasons
            from staging.base_personal_budget as lines
            inner join staging.stg_loads as loads on lines.load_id = loads.load_id
            where loads.is_current and not lines.is_duplicate
        )
        select
            (select coalesce(sum(amount), 0) from lines),
            (select coalesce(sum(amount), 0) from marts.fct_budget_lines),
            (select coalesce(sum(amount), 0) from lines where reject_reasons is not null)
        """
    )
    assert whole == accepted + rejected
    asked = (
        "select metric_id, measure, period_type, period_end, dimension_1, category_1, dimension_2,"
        " category_2, value from {} where measure in ('count', 'total_gbp')"
    )
    published = set(programme.query(asked.format("metric_values"), folder="management"))
    assert published <= set(programme.warehouse(asked.format("metrics.fct_metric_values")))
    assert published
