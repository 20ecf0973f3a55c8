"""From draft to served: by a named person, never overwritten, rolled back, and what the public is shown."""

import json
import logging
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.publication.approval import approve, newest_approved, rollback, served_history
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.public import LEFT_EMPTY, ends_a_year
from dagster_project.publication.publish import publish
from dagster_project.publication.releases import current_release, list_releases, read_manifest, verify
from dagster_project.settings import Settings
from tests.publication.invented_warehouse import Programme, settings_for, write_warehouse

WINTER, SPRING = date(2014, 12, 31), date(2015, 3, 31)


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one draft, as at March 2015. Tests work on copies."""
    zone = settings_for(tmp_path_factory.mktemp("drafted") / "data")
    programme = Programme(4, people=60, as_at=SPRING, days=[WINTER, SPRING])
    write_warehouse(zone.warehouse, programme)
    draft(zone, 1)
    return zone.data_dir


@pytest.fixture
def zone(drafted: Path, tmp_path: Path) -> Settings:
    """A data folder of the test's own with one draft, and nothing served."""
    shutil.copytree(drafted, tmp_path / "data")
    return settings_for(tmp_path / "data")


def at(day: int) -> datetime:
    """A moment of April 2015 (UTC)."""
    return datetime.fromisoformat(f"2015-04-0{day}T09:00:00")


def draft(zone: Settings, day: int, **options: int) -> str:
    """Publish on a day of April 2015; the id of the newest draft."""
    return publish(
        zone, created_at=at(day), inputs_sha256="inputs", log=logging.getLogger(), **options
    ).release_id


def corrected(zone: Settings) -> None:
    """Another figure than before: one start fewer."""
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute(
            "update metrics.fct_metric_values set value = value - 1"
            " where metric_id = 'starts' and period_type = 'programme' and dimension_1 = ''"
        )


def served(folder: Path) -> str:
    """The id of what a folder serves, '' if nothing; it is whole."""
    current = current_release(folder)
    assert current is None or verify(folder, current.release_id) == []
    return current.release_id if current else ""


def rows(folder: Path, release_id: str, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / f"{release_id}.duckdb"), read_only=True) as release:
        return release.execute(sql).fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def damage(file: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


# --- draft, approved, served ---


def test_a_draft_is_in_the_restricted_zone_and_nobody_is_served_it(zone: Settings):
    (release_id,) = list_releases(zone.drafts)
    assert (served(zone.drafts), served(zone.management)) == (release_id, release_id)
    assert list_releases(zone.publications_dir) == []
    assert not zone.public.exists()
    assert zone.drafts.stat().st_mode & 0o077 == 0
    assert rows(zone.drafts, release_id, "select status, approved_by, approved_at from release") == [
        ("draft", "", None)
    ]


def test_an_approved_release_is_the_draft_with_a_name_on_it(zone: Settings):
    release_id = served(zone.drafts)
    assert approve(zone, release_id, by="  Jo \n Bloggs ", at=at(2))
    assert served(zone.publications_dir) == release_id
    asked = "select status, approved_by, approved_at, audience from release"
    assert rows(zone.publications_dir, release_id, asked) == [("approved", "Jo Bloggs", at(2), "spg")]
    pointer = json.loads((zone.publications_dir / "current.json").read_text())
    told = (pointer["status"], pointer["approved_by"], pointer["approved_at"])
    assert told == ("approved", "Jo Bloggs", "2015-04-02T09:00:00Z")
    before, after = (read_manifest(folder, release_id) for folder in (zone.drafts, zone.publications_dir))
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {"status", "approved_by", "approved_at", "sha256", "manifest_sha256", "tables"}
    tables: tuple[dict, dict] = (before["tables"], after["tables"])  # pyright: ignore[reportAssignmentType]
    assert {name for name in tables[0] | tables[1] if tables[0].get(name) != tables[1].get(name)} == {
        "release"
    }


def test_the_manifest_names_the_plan_and_the_settings_that_a_release_was_made_by(zone: Settings):
    first = read_manifest(zone.drafts, draft(zone, 1))
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute(
            "update reference.programme_settings set value = '15' where setting = 'count_minimum'"
        )
    second = read_manifest(zone.drafts, draft(zone, 2))
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute(
            "update reference.publication_plan set approved_by = 'Another board' where metric_id = 'starts'"
        )
    third = read_manifest(zone.drafts, draft(zone, 3))
    assert first["settings_sha256"] != second["settings_sha256"] == third["settings_sha256"]
    assert first["plan_sha256"] == second["plan_sha256"] != third["plan_sha256"]


@pytest.mark.parametrize("name", ["", "  ", "\n\t", "Jo\x00"])
def test_nobody_cannot_approve(zone: Settings, name: str):
    with pytest.raises(PublicationError, match="by name"):
        approve(zone, served(zone.drafts), by=name, at=at(2))
    assert served(zone.publications_dir) == ""


@pytest.mark.parametrize("release_id", ["never made", "../management/x", ""])
def test_only_a_draft_can_be_approved(zone: Settings, release_id: str):
    with pytest.raises(PublicationError, match="there is no draft"):
        approve(zone, release_id, by="Jo", at=at(2))


@pytest.mark.parametrize("what", [".duckdb", ".manifest.json"])
def test_a_damaged_draft_is_refused(zone: Settings, what: str):
    release_id = served(zone.drafts)
    damage(zone.drafts / f"{release_id}{what}")
    with pytest.raises(PublicationError, match="cannot be served"):
        approve(zone, release_id, by="Jo", at=at(2))
    assert list_releases(zone.publications_dir) == []


def test_approving_twice_changes_nothing(zone: Settings):
    release_id = served(zone.drafts)
    approve(zone, release_id, by="Jo", at=at(2))
    before = contents(zone.publications_dir)
    assert not approve(zone, release_id, by="Al", at=at(3))
    assert contents(zone.publications_dir) == before


def test_a_draft_from_before_another_approval_is_refused_and_the_next_refresh_makes_it_anew(zone: Settings):
    """Whoever looked at what two releases tell together did not know that the other one would be served."""
    first = served(zone.drafts)
    # Other words: of figures that contradict the approved ones the audit would draw a hundred others.
    with duckdb.connect(str(zone.warehouse)) as warehouse:
        warehouse.execute("update marts.fct_hypotheses set status = 'refined' where cycle = 1")
    second = draft(zone, 2)
    assert second != first
    approve(zone, first, by="Jo", at=at(3))
    with pytest.raises(PublicationError, match=f"before release {first} was approved"):
        approve(zone, second, by="Jo", at=at(4))
    third = draft(zone, 5)
    assert third not in (first, second)
    approve(zone, third, by="Jo", at=at(6))
    # The older draft cannot come after the newer release either.
    with pytest.raises(PublicationError, match=f"before release {third} was approved"):
        approve(zone, second, by="Jo", at=at(7))
    assert served(zone.publications_dir) == newest_approved(zone) == third


def test_what_moved_is_told_against_what_the_readers_have(zone: Settings):
    """Two drafts that nobody approved lie between: they are no news to whoever reads the safe file."""
    first = served(zone.drafts)
    approve(zone, first, by="Jo", at=at(1))
    for day in (2, 3):
        corrected(zone)
        newest = draft(zone, day)
    asked = (
        "select old_value - new_value, previous_release_id from figure_changes where metric_id = 'starts'"
        " and period_type = 'programme' and dimension_1 = '' and period_end = date '2015-03-31'"
    )
    assert rows(zone.drafts, newest, asked) == [(2, first)]
    assert [change for change, _ in rows(zone.management, newest, asked)] == [1]


def test_nothing_new_is_found_while_a_draft_waits_and_after_it_is_approved(zone: Settings):
    release_id = served(zone.drafts)
    assert draft(zone, 2) == release_id
    approve(zone, release_id, by="Jo", at=at(3))
    assert draft(zone, 4) == release_id
    for folder in (zone.publications_dir, zone.public, zone.drafts, zone.management):
        current = current_release(folder)
        assert current is not None
        assert current.checked_at == at(4)
    current = current_release(zone.publications_dir)
    assert current is not None
    assert current.served_at == at(3)


@pytest.mark.parametrize("folder", ["publications", "publications/public", "drafts", "management"])
def test_a_damaged_copy_makes_the_next_refresh_draft_the_release_anew(zone: Settings, folder: str):
    release_id = served(zone.drafts)
    approve(zone, release_id, by="Jo", at=at(2))
    damage(zone.data_dir / folder / f"{release_id}.duckdb")
    again = draft(zone, 3)
    assert again != release_id
    approve(zone, again, by="Jo", at=at(4))
    assert served(zone.publications_dir) == served(zone.public) == again


# --- rollback, history, what stays ---


def two_releases(zone: Settings) -> tuple[str, str]:
    """Two approved releases, the second one served."""
    first = served(zone.drafts)
    approve(zone, first, by="Jo", at=at(2))
    corrected(zone)
    second = draft(zone, 3)
    approve(zone, second, by="Al", at=at(4))
    return first, second


def test_a_rollback_serves_an_earlier_release_to_everyone_and_a_refresh_does_not_undo_it(zone: Settings):
    first, second = two_releases(zone)
    rollback(zone, first, at=at(5))
    assert served(zone.publications_dir) == served(zone.public) == first
    assert draft(zone, 6) == second
    assert not approve(zone, second, by="Al", at=at(6))
    assert served(zone.publications_dir) == first
    rollback(zone, second, at=at(7))
    assert served(zone.publications_dir) == served(zone.public) == second
    assert served_history(zone) == [(first, at(2)), (second, at(4)), (first, at(5)), (second, at(7))]


def test_rollback_serves_only_what_was_approved_and_verifies(zone: Settings):
    waiting = served(zone.drafts)
    with pytest.raises(PublicationError, match="no approved release"):
        rollback(zone, waiting, at=at(2))
    first, second = two_releases(zone)
    rollback(zone, first, at=at(5))
    damage(zone.publications_dir / f"{second}.duckdb")
    with pytest.raises(PublicationError, match="not the one that was published"):
        rollback(zone, second, at=at(6))
    with pytest.raises(PublicationError, match="no approved release"):
        rollback(zone, "../elsewhere", at=at(6))
    assert served(zone.publications_dir) == first


def test_a_rollback_mends_a_broken_pointer(zone: Settings):
    first, _ = two_releases(zone)
    (zone.publications_dir / "current.json").write_text("nothing of sense")
    rollback(zone, first, at=at(5))
    assert served(zone.publications_dir) == first


def test_approved_releases_stay_and_drafts_that_nobody_approved_go(zone: Settings):
    approved = served(zone.drafts)
    approve(zone, approved, by="Jo", at=at(2))
    content = (zone.publications_dir / f"{approved}.duckdb").read_bytes()
    made = []
    for day in range(3, 6):
        corrected(zone)
        made.append(draft(zone, day, keep=2))
    assert list_releases(zone.drafts) == made[-2:]
    # The exact counterpart of what readers have is needed for as long as they have it.
    assert list_releases(zone.management) == [approved, *made[-2:]]
    assert list_releases(zone.publications_dir) == list_releases(zone.public) == [approved]
    assert (zone.publications_dir / f"{approved}.duckdb").read_bytes() == content


# --- the public ---


def test_the_public_file_is_the_public_rows_of_year_ends_to_the_digit(zone: Settings):
    release_id = served(zone.drafts)
    approve(zone, release_id, by="Jo", at=at(2))
    figures = "select * from metric_values"
    public = rows(zone.public, release_id, f"{figures} order by all")
    # Counted from the plan: two metrics, one-way, and of two days the one that ends a year.
    expected = rows(
        zone.publications_dir,
        release_id,
        f"{figures} where metric_id in ('starts', 'open_caseload') and dimension_2 = ''"
        " and period_type in ('year', 'programme', 'as_at') and period_end = date '2015-03-31' order by all",
    )
    assert public == expected
    assert {row[0] for row in public} == {"starts", "open_caseload"}
    everything = rows(zone.publications_dir, release_id, figures)
    assert {row[4] for row in everything} == {WINTER, SPRING}
    assert any(row[7] for row in everything)


def test_the_public_file_holds_nothing_else_of_the_partnership(zone: Settings):
    release_id = served(zone.drafts)
    approve(zone, release_id, by="Jo", at=at(2))
    asked = "select table_name from information_schema.tables order by table_name"
    assert rows(zone.public, release_id, asked) == rows(zone.publications_dir, release_id, asked)
    for table in LEFT_EMPTY:
        assert rows(zone.public, release_id, f'select * from "{table}"') == []
    assert rows(zone.public, release_id, "select distinct metric_id from metric_definitions order by 1") == [
        ("open_caseload",),
        ("starts",),
    ]
    assert rows(zone.public, release_id, "select distinct period_end from reference_periods") == [(SPRING,)]
    assert rows(zone.public, release_id, "select distinct audience from reference_plan") == [("public",)]
    assert rows(zone.public, release_id, "select status, approved_by, audience from release") == [
        ("approved", "Jo", "public")
    ]
    told = (zone.public / f"{release_id}.manifest.json").read_text()
    assert "dropped_tables" not in told
    assert zone.public.stat().st_mode & 0o005 == 0o005


def test_without_a_whole_year_or_a_public_table_there_is_no_public_file(zone: Settings, tmp_path: Path):
    winter = Programme(4, people=60, as_at=WINTER, days=[WINTER])
    spring = Programme(4, people=60, as_at=SPRING, days=[SPRING])
    nothing_public = [replace(table, audience="spg") for table in spring.plan()]
    for number, (programme, plan) in enumerate([(winter, None), (spring, nothing_public)]):
        other = settings_for(tmp_path / str(number))
        write_warehouse(other.warehouse, programme, plan=plan)
        approve(other, draft(other, 1), by="Jo", at=at(2))
        assert served(other.publications_dir)
        assert not other.public.exists()


@pytest.mark.parametrize(
    ("day", "first_month", "ends"),
    [
        (date(2015, 3, 31), 4, True),
        (date(2015, 3, 30), 4, False),
        (date(2015, 6, 30), 4, False),
        (date(2014, 12, 31), 1, True),
        (date(2015, 3, 31), 1, False),
        (date(2016, 2, 29), 3, True),
        (date(2016, 2, 28), 3, False),
    ],
)
def test_the_last_day_of_a_programmes_year(day: date, first_month: int, ends: bool):
    assert ends_a_year(day, first_month) is ends
