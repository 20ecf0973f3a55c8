"""Releases: whole or not at all, verified before they are served, never overwritten, and free of people.

Who may be served what, and when, is in `test_approval.py`; here a release is approved as soon as it is made.
"""

import json
import logging
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.publication.approval import approve, served_history
from dagster_project.publication.figure_changes import SAME_CELL, figure_changes
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.publish import PublishReport, publish
from dagster_project.publication.releases import current_release, list_releases, verify
from dagster_project.settings import Settings
from tests.pipeline.programme import COMMANDS
from tests.publication.invented_warehouse import KEY, LISTED, Programme, settings_for, write_warehouse
from tests.publication.killed_publish import PLACES, SWAPPED, publish_with_copies

SPRING, SUMMER = date(2015, 3, 31), date(2015, 6, 30)
METRIC_VALUES = """
    metric_id measure period_type period_start period_end dimension_1 category_1 dimension_2 category_2
    value lower upper numerator denominator people mark exact note
"""


def invented(as_at: date) -> Programme:
    """The same people, seen on a later or an earlier day."""
    return Programme(4, people=60, as_at=as_at, days=[day for day in (SPRING, SUMMER) if day <= as_at])


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one release, as at March 2015. Tests work on copies."""
    settings = settings_for(tmp_path_factory.mktemp("spring") / "data")
    write_warehouse(settings.warehouse, invented(SPRING))
    run(settings, "2015-04-02T09:00:00")
    return settings.data_dir


@pytest.fixture(scope="module")
def summer_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of the next quarter."""
    path = tmp_path_factory.mktemp("summer") / "warehouse.duckdb"
    write_warehouse(path, invented(SUMMER))
    return path


@pytest.fixture
def zone(spring: Path, tmp_path: Path) -> Settings:
    """A data folder of the test's own with the March release served."""
    shutil.copytree(spring, tmp_path / "data")
    return settings_for(tmp_path / "data")


def run(settings: Settings, created_at: str, **options: Any) -> PublishReport:
    """Publish and approve at a given moment (UTC)."""
    moment = datetime.fromisoformat(created_at)
    report = publish(settings, created_at=moment, inputs_sha256="inputs", log=logging.getLogger(), **options)
    approve(settings, report.release_id, by="A tester", at=moment)
    return report


def served(folder: Path) -> str:
    """The id of the served release, after checking that it is whole."""
    current = current_release(folder)
    assert current is not None
    assert verify(folder, current.release_id) == []
    return current.release_id


def manifest(folder: Path, release_id: str) -> dict[str, Any]:
    """The manifest of a release."""
    return json.loads((folder / f"{release_id}.manifest.json").read_text())


def query(folder: Path, sql: str) -> list[tuple]:
    """Rows of the served file."""
    with duckdb.connect(str(folder / f"{served(folder)}.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# --- what is in the files ---


def test_the_safe_file_has_the_agreed_tables_and_the_management_file_the_same(zone: Settings):
    columns = "select table_name, column_name, data_type from information_schema.columns order by all"
    found = query(zone.publications_dir, columns)
    # What was accepted and who is to be asked is for management alone.
    its_own = ("accepted_warnings", "data_quality_lists")
    in_management = query(zone.management, columns)
    assert [row for row in in_management if row[0] not in its_own] == found
    assert {row[0] for row in in_management if row[0] in its_own} == set(its_own)
    tables = {name for name, _, _ in found}
    assert tables == {
        "release",
        "metric_values",
        "figure_changes",
        "metric_definitions",
        "reference_categories",
        "reference_wording",
        "reference_periods",
        "reference_plan",
        "reference_settings",
        "source_status",
        "data_quality_issues",
        "system_changes",
        "spg_items",
        "hypotheses",
        "evidence",
        "triangulation_gaps",
    }
    described = query(zone.publications_dir, "describe metric_values")
    assert [row[0] for row in described] == METRIC_VALUES.split()
    (release,) = query(
        zone.publications_dir,
        "select as_at, status, approved_by, audience, synthetic, profile, stale_after_days from release",
    )
    assert release == (SPRING, "approved", "A tester", "spg", True, "fulfilling_lives", 100)
    assert query(zone.management, "select status, audience from release") == [("exact", "management")]


def test_lists_by_pseudonym_are_in_the_file_of_management_and_in_no_other(zone: Settings) -> None:
    listed = query(zone.management, "select * from data_quality_lists")
    assert [tuple(row) for row in listed] == LISTED
    for folder in (zone.drafts, zone.publications_dir, zone.public):
        with duckdb.connect(str(folder / f"{served(folder)}.duckdb"), read_only=True) as connection:
            tables = [
                name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()
            ]
            assert "metric_values" in tables
            assert "data_quality_lists" not in tables
            cells = [connection.execute(f"select * from {table}").fetchall() for table in tables]
        assert LISTED[0][1] not in repr(cells)
        assert "data_quality_lists" not in json.dumps(manifest(folder, served(folder)))


def test_a_list_that_changes_makes_a_release_and_a_warning_that_is_accepted_does_not(zone: Settings) -> None:
    for change, is_same in (("is_accepted = true", True), ("record = 'EP-2'", False)):
        with duckdb.connect(str(zone.warehouse)) as warehouse:
            warehouse.execute(f"update metrics.fct_data_quality_lists set {change}")
        assert run(zone, "2015-04-03T09:00:00").unchanged == is_same


def test_management_has_the_exact_figures_and_the_safe_file_only_headlines(zone: Settings):
    programme = invented(SPRING)
    exact = {
        (f.metric_id, f.measure, f.period_type, f.period_start, f.period_end, *pairs): f.value
        for f in programme.figures()
        for pairs in [tuple(part for pair in (*f.categories, ("", ""), ("", ""))[:2] for part in pair)]
    }
    rows = query(zone.management, "select * from metric_values where measure = 'count'")
    assert rows
    assert all(row[9] == exact[row[:9]] and row[16] for row in rows)
    headlines = {table.metric_id for table in programme.plan() if table.exact}
    rows = query(zone.publications_dir, "select * from metric_values where measure = 'count'")
    assert {row[0] for row in rows if row[16]} == headlines
    assert all(row[9] is None or row[9] % 5 == 0 for row in rows if not row[16])
    assert all(row[5] in ("", "borough") and not row[7] for row in rows if row[16])


def test_nobody_is_in_the_safe_file(zone: Settings):
    clients = {person.client for person in invented(SPRING).people}
    file = zone.publications_dir / f"{served(zone.publications_dir)}.duckdb"
    content = file.read_bytes()
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = [
            name
            for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()
        ]
        text = "".join(repr(connection.execute(f"from {name}").fetchall()) for name in tables)
    assert clients
    for client in clients:
        assert client.encode() not in content
        assert client not in text
    assert "two_digit_year_pivot" not in text
    assert KEY.hex() not in text
    (spoken,) = zone.publications_dir.glob("*.manifest.json")
    assert "rounding_key_check" not in spoken.read_text()


def test_what_the_partnership_writes_stands_in_both_files_in_its_words(zone: Settings):
    for folder in (zone.publications_dir, zone.management):
        assert query(
            folder, "select change_id, practice_c, agreed_date, adopted_date from system_changes"
        ) == [("C1", "Bags are kept for a day", date(2015, 1, 22), None)]
        assert query(folder, "select item_id, title, decision, change_id from spg_items") == [
            ("I1", "Bedding", "Bags are kept", "C1")
        ]
        # The status is the one that people set, in each cycle, whatever the evidence says.
        assert query(folder, "select hypothesis_id, cycle, outcome, status from hypotheses") == [
            ("H1", 1, "They stay", "mixed"),
            ("H1", 2, None, "untested"),
        ]
        assert query(folder, "select evidence_id, source_type, direction, summary from evidence") == [
            ("V1", "client", "supports", "All three knew their lead")
        ]
        # Whose account nobody has, for each hypothesis and cycle.
        assert query(folder, "select * from triangulation_gaps order by all") == [
            ("H1", 1, "peer"),
            ("H1", 2, "client"),
            ("H1", 2, "peer"),
        ]


def test_another_word_of_the_partnership_makes_a_new_release(zone: Settings):
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute("update marts.fct_hypotheses set status = 'refined' where cycle = 1")
    assert not run(zone, "2015-05-01T09:00:00").unchanged
    assert query(zone.publications_dir, "select status from hypotheses where cycle = 1") == [("refined",)]


def test_rows_about_nobody_are_told_as_they_are(zone: Settings):
    """Seven hypotheses, which the release holds whole, were "fewer than 10" beside them."""
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        for export, loaded in (("hypotheses", 7), ("caseload", 7)):
            warehouse.execute(
                "insert into marts.fct_source_status"
                " select ?, ?, 1, last_extract_date, last_received_at, ?, 0, 3, 0, true"
                " from marts.fct_source_status where export = 'referrals'",
                [export, export, loaded],
            )
            warehouse.execute(
                "insert into marts.fct_data_quality_issues by name"
                " select ? as export, 'missing' as rule, 'reject' as severity, 'Empty' as wording, 3 as rows,"
                " 0 as rows_accepted",
                [export],
            )
    assert not run(zone, "2015-05-01T09:00:00").unchanged
    sources = "select rows_loaded, rows_rejected from source_status where export = '{}'"
    issues = "select rule, rows, mark from data_quality_issues where export = '{}'"
    assert query(zone.publications_dir, sources.format("hypotheses")) == [(7, 3)]
    assert query(zone.publications_dir, issues.format("hypotheses")) == [("missing", 3, "")]
    assert query(zone.publications_dir, sources.format("caseload")) in ([(None, None)], [(10, None)])
    assert set(query(zone.publications_dir, issues.format("caseload"))) == {("other", None, "c")}


def test_few_faulty_rows_are_withheld_and_management_sees_them(zone: Settings):
    question = "select rule, rows, mark from data_quality_issues order by rule"
    assert query(zone.management, question) == [
        ("date in the future", 12, ""),
        ("not in referrals", 3, ""),
        ("over the allowance", 0, ""),
    ]
    safe = query(zone.publications_dir, question)
    assert [row for row in safe if row[1] in (10, 15)] == [
        row for row in safe if row[0] == "date in the future"
    ]
    # Three rows and none look alike: neither rule is named, and every export has the same line.
    assert {row for row in safe if row[1] is None} == {("other", None, "c")}
    assert {row[0] for row in safe} == {"date in the future", "other"}


def test_a_table_planned_for_management_does_not_leave(zone: Settings):
    plan = [
        replace(table, audience="management" if table.metric_id == "cohort_status" else "spg")
        for table in invented(SPRING).plan()
    ]
    write_warehouse(zone.warehouse, invented(SPRING), plan=plan)
    run(zone, "2015-04-03T09:00:00")
    asked = "select count(*) from {} where metric_id = 'cohort_status'"
    for folder, there in ((zone.management, True), (zone.publications_dir, False)):
        for table in ("metric_values", "reference_plan", "metric_definitions"):
            assert bool(query(folder, asked.format(table))[0][0]) is there


# --- the same again, and something new ---


def test_the_same_figures_make_no_new_release(zone: Settings):
    before = current_release(zone.publications_dir)
    files = sorted(zone.publications_dir.iterdir())
    report = run(zone, "2015-05-01T09:00:00")
    after = current_release(zone.publications_dir)
    assert before
    assert after == replace(before, checked_at=datetime.fromisoformat("2015-05-01T09:00"))
    assert (report.unchanged, report.release_id) == (True, before.release_id)
    assert sorted(zone.publications_dir.iterdir()) == files


def test_new_figures_make_a_release_and_the_old_one_stays_as_it_was(zone: Settings, summer_warehouse: Path):
    old = served(zone.publications_dir)
    content = (zone.publications_dir / f"{old}.duckdb").read_bytes()
    shutil.copy(summer_warehouse, zone.warehouse)
    report = run(zone, "2015-07-02T09:00:00")
    assert (report.unchanged, report.dropped_tables) == (False, ())
    # Those that wait for their batch are in neither number.
    [(cells,)] = query(zone.publications_dir, "select count(*) from metric_values")
    assert report.cells_shown + report.cells_withheld == cells < len(invented(SUMMER).figures())
    assert list_releases(zone.publications_dir) == [old, report.release_id]
    assert served(zone.publications_dir) == served(zone.management) == report.release_id
    assert (zone.publications_dir / f"{old}.duckdb").read_bytes() == content
    assert query(zone.publications_dir, "select as_at from release") == [(SUMMER,)]


@pytest.mark.parametrize("corrected", [9, 10])
def test_an_approved_figure_stays_until_ten_people_moved(zone: Settings, corrected: int):
    """Management sees a corrected record at once; to others it would be what two releases differ by."""
    men = (
        "select value from metric_values where metric_id = 'open_caseload' and dimension_1 = 'sex'"
        " and dimension_2 = '' and category_1 = 'male'"
    )
    [before], [exact_before] = query(zone.publications_dir, men), query(zone.management, men)
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute(
            "update metrics.fct_metric_values set value = value + ?, people = people + ?"
            " where metric_id = 'open_caseload' and dimension_1 = 'sex' and category_1 = 'male'"
            " and dimension_2 = ''",
            [corrected, corrected],
        )
    run(zone, "2015-07-02T09:00:00")
    [(exact_after,)] = query(zone.management, men)
    assert exact_after == exact_before[0] + corrected
    assert (query(zone.publications_dir, men) == [before]) is (corrected < 10)


def test_a_draft_binds_nobody(zone: Settings, tmp_path: Path):
    """A draft that nobody approved leaves no figure behind: the next one is what it would be without it."""
    shutil.copytree(zone.data_dir, tmp_path / "alone")
    alone = settings_for(tmp_path / "alone")
    change = (
        "update metrics.fct_metric_values set value = value + {0}, people = people + {0}"
        " where metric_id = 'open_caseload' and dimension_1 = 'sex' and category_1 = 'male'"
        " and dimension_2 = ''"
    )
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute(change.format(12))
    moment = datetime.fromisoformat("2015-07-01T09:00:00")
    publish(zone, created_at=moment, inputs_sha256="inputs", log=logging.getLogger())
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute(change.format(3))
    with duckdb.connect(str(alone.warehouse)) as warehouse:
        warehouse.execute(change.format(15))
    for settings in (zone, alone):
        run(settings, "2015-07-02T09:00:00")
    figures = "select * from metric_values order by all"
    assert query(zone.publications_dir, figures) == query(alone.publications_dir, figures)


def test_two_folders_come_to_the_same_figures(zone: Settings, tmp_path: Path):
    """Another machine, another moment: the same people make the same tables."""
    other = settings_for(tmp_path / "other")
    shutil.copy(zone.warehouse, other.warehouse)
    release_id = run(other, "2016-01-01T00:00:00").release_id
    for one, two in ((zone.publications_dir, other.publications_dir), (zone.management, other.management)):
        first, second = manifest(one, served(one)), manifest(two, release_id)
        assert first["figures_sha256"] == second["figures_sha256"]
        assert first["tables"]["metric_values"] == second["tables"]["metric_values"]


def test_what_a_killed_run_left_goes_and_other_files_stay(zone: Settings):
    folder = zone.publications_dir
    unfinished = folder / "2015-06-30-20150702T090000Z-0123abcd.duckdb"
    others = folder / "notes.duckdb"
    for path in (unfinished, others, folder / "build" / "half"):
        path.write_text("")
    run(zone, "2015-05-01T09:00:00")
    assert not unfinished.exists()
    assert others.exists()
    assert list((folder / "build").iterdir()) == []


# --- faults ---


def damage(file: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def test_verify_finds_damage_and_the_next_refresh_mends_it(zone: Settings):
    folder = zone.publications_dir
    release_id = served(folder)
    damage(folder / f"{release_id}.duckdb")
    assert any("not the one" in problem for problem in verify(folder, release_id))
    report = run(zone, "2015-05-01T09:00:00")
    assert not report.unchanged
    assert served(folder) == report.release_id != release_id
    sound = manifest(folder, report.release_id)
    assert sound["figures_sha256"] == manifest(folder, release_id)["figures_sha256"]


@pytest.mark.parametrize("field", ["figures_sha256", "tables", "attempts", "created_at"])
def test_verify_finds_an_edited_manifest(zone: Settings, field: str):
    folder, release_id = zone.publications_dir, served(zone.publications_dir)
    edited = manifest(folder, release_id) | {field: {} if field == "tables" else "edited"}
    (folder / f"{release_id}.manifest.json").write_text(json.dumps(edited))
    assert "the manifest was changed" in verify(folder, release_id)


def test_verify_finds_what_is_missing(zone: Settings):
    folder, release_id = zone.publications_dir, served(zone.publications_dir)
    (folder / f"{release_id}.duckdb").rename(folder / "elsewhere")
    assert verify(folder, release_id) == ["the file is missing"]
    assert verify(folder, "never made") == ["the manifest is missing or cannot be read"]


def break_folder(zone: Settings, fault: str) -> None:
    """Bring about a fault of the served folder."""
    folder = zone.publications_dir
    pointer = (zone.public if fault == "a list for the public" else folder) / "current.json"
    if fault == "a file in place of the folder":
        shutil.rmtree(folder)
        folder.write_text("")
    elif fault == "a file in place of build":
        (folder / "build").rmdir()
        (folder / "build").write_text("")
    elif fault == "a pointer to nowhere":
        content = json.loads(pointer.read_text())
        pointer.write_text(json.dumps(content | {"release_id": "gone", "file": "gone.duckdb"}))
    elif fault == "a pointer that leaves the folder":
        content = json.loads(pointer.read_text())
        pointer.write_text(json.dumps(content | {"file": "../warehouse.duckdb"}))
    elif fault == "a dangling link":
        pointer.unlink()
        pointer.symlink_to("nowhere.json")
    elif fault == "not JSON":
        pointer.write_text("2015-03-31")
    elif fault in ("a list", "a list for the public"):
        pointer.write_text("[]")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("a file in place of the folder", "does not exist"),
        ("a file in place of build", "cannot be written"),
        ("a pointer to nowhere", "does not name a release"),
        ("a pointer that leaves the folder", "does not name a release"),
        ("a dangling link", "does not name a release"),
        ("not JSON", "does not name a release"),
        ("a list", "does not name a release"),
    ],
)
def test_a_broken_folder_stops_before_anything_is_built(zone: Settings, fault: str, reason: str):
    break_folder(zone, fault)
    zone.warehouse.unlink()  # it is not even looked for
    with pytest.raises(PublicationError, match=reason):
        run(zone, "2015-05-01T09:00:00")


def test_a_broken_pointer_of_the_public_is_written_anew(zone: Settings):
    """Its files are taken from the served folder's, which says what it is to serve."""
    break_folder(zone, "a list for the public")
    run(zone, "2015-05-01T09:00:00")
    assert served(zone.public) == served(zone.publications_dir)


def test_a_missing_folder_is_made_only_where_it_is_the_default(zone: Settings, tmp_path: Path):
    typed_wrongly = replace(zone, publications_dir=tmp_path / "publicatons")
    with pytest.raises(PublicationError, match="does not exist"):
        run(typed_wrongly, "2015-05-01T09:00:00")
    assert not typed_wrongly.publications_dir.exists()
    shutil.rmtree(zone.publications_dir)
    run(zone, "2015-05-01T09:00:00")
    assert served(zone.publications_dir)


@pytest.mark.parametrize("key", [b"", b"short"])
def test_a_missing_or_short_key_stops(zone: Settings, key: bytes):
    with pytest.raises(PublicationError, match="FLIC_ROUNDING_KEY"):
        run(replace(zone, rounding_key=key), "2015-05-01T09:00:00")


@pytest.mark.parametrize("lost", ["nothing", "the check value", "the exact release", "its manifest"])
def test_another_key_stops_whatever_was_lost(zone: Settings, lost: str):
    before = served(zone.publications_dir)
    if lost == "the check value":
        (zone.data_dir / "rounding_key_check").unlink()
    if lost == "the exact release":
        (zone.management / f"{before}.duckdb").write_bytes(b"damaged")
    if lost == "its manifest":
        (zone.management / f"{before}.manifest.json").unlink()
    with pytest.raises(PublicationError, match="not the key of the releases before"):
        run(replace(zone, rounding_key=KEY[::-1]), "2015-05-01T09:00:00")
    assert served(zone.publications_dir) == before


def test_one_secret_for_both_purposes_is_refused(zone: Settings):
    with pytest.raises(PublicationError, match="are the same"):
        run(replace(zone, pseudonym_key=zone.rounding_key), "2015-05-01T09:00:00")


def test_the_same_figures_in_another_order_are_the_same_release(zone: Settings):
    before = served(zone.publications_dir)
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        for table in ("metrics.fct_metric_values", "metrics.metric_budget_spent"):
            warehouse.execute(f"create table shuffled as from {table} order by hash({table.split('.')[1]})")
            warehouse.execute(f"delete from {table}")
            warehouse.execute(f"insert into {table} from shuffled")
            warehouse.execute("drop table shuffled")
    assert run(zone, "2015-05-01T09:00:00").unchanged
    assert served(zone.publications_dir) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("drop table metrics.fct_metric_values", "cannot be read"),
        (
            "delete from metrics.fct_metric_values where metric_id = 'ends'",
            "the warehouse has no such figures",
        ),
        (
            "update metrics.fct_metric_values set category_1 = 'Jo' where category_1 = 'male'",
            "not in the list",
        ),
        ("update metrics.fct_metric_values set value = 2.5 where measure = 'count'", "not a whole number"),
        ("delete from reference.publication_plan", "empty"),
        ("update reference.publication_plan set exact = true", "only counts of headline metrics"),
        ("delete from reference.programme_settings where setting = 'count_minimum'", "count_minimum"),
        ("delete from reference.programme_settings where setting = 'programme_name'", "programme_name"),
        ("delete from landing.control", "one row"),
    ],
)
def test_a_warehouse_that_cannot_be_published_stops_and_names_no_value(
    zone: Settings, change: str, reason: str
):
    before = served(zone.publications_dir)
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute(change)
    with pytest.raises(PublicationError, match=reason) as stopped:
        run(zone, "2015-05-01T09:00:00")
    assert "Jo" not in str(stopped.value)
    assert served(zone.publications_dir) == before
    assert list((zone.publications_dir / "build").iterdir()) == []


def test_a_missing_or_damaged_warehouse_stops(zone: Settings):
    zone.warehouse.write_bytes(b"no database")
    with pytest.raises(PublicationError, match="cannot be read"):
        run(zone, "2015-05-01T09:00:00")
    zone.warehouse.unlink()
    with pytest.raises(PublicationError, match="no warehouse"):
        run(zone, "2015-05-01T09:00:00")


# --- killed anywhere ---


@pytest.fixture(scope="module")
def undisturbed(spring: Path, summer_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The March and the June release, where nothing went wrong."""
    settings = settings_for(tmp_path_factory.mktemp("undisturbed") / "data")
    shutil.copytree(spring, settings.data_dir, dirs_exist_ok=True)
    shutil.copy(summer_warehouse, settings.warehouse)
    run(settings, "2015-07-02T09:00:00")
    return settings


@pytest.fixture(scope="module")
def killed(spring: Path, summer_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The June release is made and approved; below this folder is what kills on the way would leave."""
    folder = tmp_path_factory.mktemp("killed")
    shutil.copytree(spring, folder / "data")
    shutil.copy(summer_warehouse, settings_for(folder / "data").warehouse)
    child = COMMANDS.Process(target=publish_with_copies, args=(folder / "data", folder))
    child.start()
    child.join()
    assert child.exitcode == 0
    return folder


@pytest.mark.parametrize("place", PLACES)
def test_killed_anywhere_a_whole_release_is_served(
    killed: Path, spring: Path, undisturbed: Settings, place: str
):
    zone = settings_for(killed / place)
    before = current_release(settings_for(spring).publications_dir)
    assert before
    old = before.release_id
    if place not in {"amid rounding", "amid the audit"}:
        # What was worked out before is not again: most of the time goes into it.
        shutil.copy(undisturbed.data_dir / "audit_answers.json", zone.data_dir)
    now_served = served(zone.publications_dir)
    assert (now_served == old) is (place not in SWAPPED)
    # The public never sees a release before the SPG does.
    assert served(zone.public) in (old, now_served)
    assert served(zone.management)

    release_id = run(zone, "2015-07-03T09:00:00").release_id
    for folder in (zone.management, zone.drafts, zone.publications_dir, zone.public):
        same = undisturbed.data_dir / folder.relative_to(zone.data_dir)
        now, then = current_release(folder), current_release(same)
        assert now
        assert then
        assert now.release_id == release_id
        figures = [
            manifest(one, release.release_id)["tables"]["metric_values"]["sha256"]
            for one, release in ((folder, now), (same, then))
        ]
        assert figures[0] == figures[1]
        assert list((folder / "build").iterdir()) == []
        finished = {f"{name}{end}" for name in list_releases(folder) for end in (".duckdb", ".manifest.json")}
        below = {"public"} if folder == zone.publications_dir else set()
        assert {path.name for path in folder.iterdir()} == finished | below | {"build", "current.json"}
        for name in list_releases(folder):
            if name == old:
                # As it was, which costs less to see than that it is whole.
                kept = spring / folder.relative_to(zone.data_dir)
                for end in (".duckdb", ".manifest.json"):
                    assert (folder / f"{old}{end}").read_bytes() == (kept / f"{old}{end}").read_bytes()
            else:
                assert verify(folder, name) == []
    assert served_history(zone)[-1][0] == release_id


# --- what moved between two releases ---


def corrected(settings: Settings, figure: str, value: str) -> None:
    """The same day again from a corrected extract in which one figure is another one."""
    write_warehouse(settings.warehouse, invented(SPRING), files=["caseload_2015-03-31_v2.csv"])
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(f"update metrics.fct_metric_values set value = {value} where {figure}")


def test_a_first_release_moves_nothing(zone: Settings):
    assert query(zone.publications_dir, "select * from figure_changes") == []
    assert query(zone.management, "select * from figure_changes") == []


def test_a_corrected_figure_is_listed_with_old_new_and_the_file(zone: Settings):
    """D9: the next release says what moved; the one that was published before stays as it was."""
    figure = "metric_id = 'starts' and period_type = 'programme' and dimension_1 = ''"
    cell = f"from metric_values where {figure}"
    before = served(zone.management)
    [(old,)] = query(zone.management, f"select value {cell}")
    corrected(zone, figure, "value - 1")
    run(zone, "2015-04-03T09:00:00")
    [(new,)] = query(zone.management, f"select value {cell}")
    changes = "select old_value, new_value, previous_release_id, because_of from figure_changes"
    assert new == old - 1
    assert query(zone.management, changes) == [(old, new, before, "caseload_2015-03-31_v2.csv")]
    assert verify(zone.management, before) == []
    with duckdb.connect(str(zone.management / f"{before}.duckdb"), read_only=True) as frozen:
        assert frozen.execute(f"select value {cell}").fetchall() == [(old,)]
    # A headline is exact for everyone; the name of a file is not for everyone.
    assert [(row[0], row[1], row[3]) for row in query(zone.publications_dir, changes)] == [
        (old, new, "caseload of 2015-03-31")
    ]


@pytest.mark.parametrize("column", ["lower", "upper", "denominator"])
def test_the_same_share_of_other_people_has_moved(column: str):
    """A reader sees value, interval and people as one figure."""
    old: dict[str, object] = {**dict.fromkeys(SAME_CELL)}
    old |= {
        "metric_id": "moved_on",
        "value": 0.5,
        "lower": 0.3,
        "upper": 0.7,
        "denominator": 20.0,
        "mark": "",
    }
    new = old | {column: 0.9}

    def moved(figure: dict[str, object]) -> list[dict[str, object]]:
        table = figure_changes([old], [figure], previous_release_id="before", because_of={})
        names = [name for name, _ in table.columns]
        return [dict(zip(names, row, strict=True)) for row in table.rows]

    assert moved(old) == []
    [change] = moved(new)
    assert (change["old_value"], change["new_value"]) == (0.5, 0.5)
    assert (change[f"old_{column}"], change[f"new_{column}"]) == (old[column], 0.9)


def test_the_same_figures_again_keep_what_the_release_said_moved(zone: Settings):
    figure = "metric_id = 'starts' and period_type = 'programme' and dimension_1 = ''"
    corrected(zone, figure, "value - 1")
    first = run(zone, "2015-04-03T09:00:00")
    again = run(zone, "2015-04-04T09:00:00")
    assert (again.release_id, again.unchanged) == (first.release_id, True)
    assert len(query(zone.management, "select * from figure_changes")) == 1
