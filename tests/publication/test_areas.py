"""Areas: their files are taken from the national one, which is rounded and audited once for all of them."""

import logging
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dagster_project.publication.approval import (
    OF_THE_FILE,
    approve,
    areas_apart,
    folders_taken_from_it,
    note_looked,
    prepare_served,
    rollback,
)
from dagster_project.publication.areas import AS_THEY_ARE, BY_AREA, LEFT_EMPTY, area_tables
from dagster_project.publication.attack import attack
from dagster_project.publication.disclosure import PublishedFigure
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.publish import publish
from dagster_project.publication.releases import (
    Table,
    current_release,
    list_releases,
    read_manifest,
    read_tables,
    serve,
    verify,
    write_release,
)
from dagster_project.settings import Settings
from dashboards.published import PublicationsFolder, Withdrawn
from tests.killed import kill_at
from tests.pipeline.programme import COMMANDS
from tests.publication.invented_warehouse import (
    AREA_PLAN,
    PROGRAMME_START,
    RULES,
    SETTINGS,
    Programme,
    settings_for,
    write_warehouse,
)

AS_AT = date(2014, 12, 31)
AREAS = ["area_1", "area_2", "area_3"]
WITHOUT_ONE = "2014-12-31-20150106T100000Z-00000001"


def invented(people: int) -> Programme:
    return Programme(11, people=people, as_at=AS_AT, days=[AS_AT], tables=AREA_PLAN)


def at(day: int) -> datetime:
    """A moment of January 2015 (UTC)."""
    return datetime.fromisoformat(f"2015-01-0{day}T09:00:00")


def draft(zone: Settings, day: int) -> str:
    return publish(zone, created_at=at(day), inputs_sha256="x", log=logging.getLogger()).release_id


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two releases of a programme of three areas: one served, a newer one a draft."""
    zone = settings_for(tmp_path_factory.mktemp("national") / "data")
    write_warehouse(zone.warehouse, invented(240))
    approve(zone, draft(zone, 5), by="A tester", at=at(5))
    write_warehouse(zone.warehouse, invented(300))
    draft(zone, 6)
    return zone.data_dir


@pytest.fixture
def zone(made: Path, tmp_path: Path) -> Settings:
    """A copy of the test's own."""
    shutil.copytree(made, tmp_path / "data")
    return settings_for(tmp_path / "data")


def served(folder: Path) -> str:
    """What a folder serves; it is whole."""
    current = current_release(folder)
    assert current is not None
    assert verify(folder, current.release_id) == []
    return current.release_id


def tables(folder: Path) -> dict[str, Table]:
    return {table.name: table for table in read_tables(folder / f"{served(folder)}.duckdb")}


def figures(folder: Path) -> Iterator[PublishedFigure]:
    for row in tables(folder)["metric_values"].as_dicts():
        yield PublishedFigure(**{column.name: row[column.name] for column in fields(PublishedFigure)})  # pyright: ignore[reportArgumentType]


def lifted(figure: PublishedFigure, area: str) -> list[PublishedFigure]:
    """What a figure of an area's file says in the nation's words, whichever way round the breakdowns are."""
    first, second = ("area", area), (figure.dimension_1, figure.category_1)
    return [
        replace(
            figure, dimension_1=one[0], category_1=one[1], dimension_2=other[0], category_2=other[1]
        )
        for one, other in ((first, second), (second, first))
    ]  # fmt: skip


def test_every_figure_of_every_area_is_one_of_the_national_file_and_none_is_left_out(made: Path) -> None:
    zone = settings_for(made)
    national = set(figures(zone.publications_dir))
    assert sorted(folder.name for folder in zone.area_folders) == AREAS
    found = set()
    for area in AREAS:
        own = list(figures(zone.areas / area))
        assert own
        assert all(figure.dimension_2 == "" for figure in own)
        same = [[whole for whole in lifted(figure, area) if whole in national] for figure in own]
        assert all(len(wholes) == 1 for wholes in same)
        found |= {whole for wholes in same for whole in wholes}
    by_area = {
        figure
        for figure in national
        if "area" in (figure.dimension_1, figure.dimension_2)
        and "not_known"
        not in [
            c
            for d, c in ((figure.dimension_1, figure.category_1), (figure.dimension_2, figure.category_2))
            if d == "area"
        ]
    }
    assert found == by_area
    # Among them some that are shown, some withheld, and exact headlines.
    assert {bool(figure.mark) for figure in found} == {True, False}
    assert any(figure.exact for figure in found)


def test_who_reads_every_file_together_can_work_out_nothing(made: Path) -> None:
    """The attacker on the union of the national file and all areas' files, in the nation's words."""
    zone = settings_for(made)
    union = dict.fromkeys(figures(zone.publications_dir))
    for area in AREAS:
        for figure in figures(zone.areas / area):
            one, other = lifted(figure, area)
            union.setdefault(other if other in union else one)
    found = attack(
        list(union),
        invented(240).definitions(),
        RULES,
        programme_start=PROGRAMME_START,
        needs_threshold=int(SETTINGS["needs_threshold"]),
    )
    assert [str(finding) for finding in found] == []


def test_an_areas_file_has_the_national_ones_tables_and_words_and_names_the_area(made: Path) -> None:
    zone = settings_for(made)
    national, own = tables(zone.publications_dir), tables(zone.areas / "area_2")
    assert {name: table.columns for name, table in own.items()} == {
        name: table.columns for name, table in national.items()
    }
    assert {*AS_THEY_ARE, *BY_AREA, *LEFT_EMPTY, "release", "reference_plan", "metric_definitions"} == set(
        own
    )
    assert all(own[name].rows == () for name in LEFT_EMPTY)
    assert all(
        sorted(own[name].rows, key=str) == sorted(national[name].rows, key=str) for name in AS_THEY_ARE
    )
    [release], [whole] = own["release"].as_dicts(), national["release"].as_dicts()
    assert (release["area"], release["programme_name"]) == ("area_2", "An invented programme: area_2")
    assert {name: value for name, value in release.items() if whole[name] != value}.keys() == {
        "area",
        "programme_name",
    }
    planned = {
        (r["metric_id"], r["measure"], r["period_type"], r["dimension_1"])
        for r in own["reference_plan"].as_dicts()
    }
    shown = {(f.metric_id, f.measure, f.period_type, f.dimension_1) for f in figures(zone.areas / "area_2")}
    assert shown <= planned
    assert "area" not in {dimension for *_, dimension in planned}


def test_a_programme_without_areas_has_no_files_of_areas() -> None:
    plan = Table(
        "reference_plan",
        (("metric_id", "VARCHAR"), ("dimension_1", "VARCHAR"), ("dimension_2", "VARCHAR")),
        (("starts", "borough", ""),),
    )
    assert area_tables([plan]) == {}


@pytest.mark.parametrize("name", ["../elsewhere", "East", "", "a b"])
def test_an_area_whose_name_can_be_no_folder_is_refused(made: Path, name: str) -> None:
    zone = settings_for(made)
    changed = [
        replace(table, rows=tuple((d, name if c == "area_1" else c, *rest) for d, c, *rest in table.rows))
        if table.name == "reference_categories"
        else table
        for table in tables(zone.publications_dir).values()
    ]
    with pytest.raises(PublicationError, match=r"areas\.csv"):
        area_tables(changed)


def test_everybody_is_served_a_release_and_an_earlier_one_again_together(zone: Settings) -> None:
    first = served(zone.publications_dir)
    [second] = set(list_releases(zone.drafts)) - {first}
    folders = [zone.publications_dir, *folders_taken_from_it(zone)]
    assert {folder.name for folder in folders} >= set(AREAS)
    assert [served(folder) for folder in zone.area_folders] == [first] * 3
    approve(zone, second, by="A tester", at=at(7))
    assert [served(folder) for folder in zone.area_folders] == [second] * 3
    rollback(zone, first, at=at(8))
    assert [served(folder) for folder in folders if first in list_releases(folder)] == [first] * len(folders)
    # A lost or damaged folder of an area is made whole by the next approval or rollback.
    shutil.rmtree(zone.areas / "area_1")
    (zone.areas / "area_2" / "current.json").write_text("nothing of sense")
    rollback(zone, second, at=at(9))
    assert [served(folder) for folder in zone.area_folders] == [second] * 3


def newer_draft(zone: Settings) -> str:
    [second] = set(list_releases(zone.drafts)) - {served(zone.publications_dir)}
    return second


def without_an_area(zone: Settings, area: str) -> str:
    """A draft like the newer one, from seeds that do not name one of the areas any more."""
    like = newer_draft(zone)
    drafted = read_tables(zone.drafts / f"{like}.duckdb")
    tables = [
        replace(table, rows=tuple(row for row in table.rows if row[:2] != ("area", area)))
        if table.name == "reference_categories"
        else table
        for table in drafted
    ]
    about = {k: v for k, v in read_manifest(zone.drafts, like).items() if k not in OF_THE_FILE}
    write_release(zone.drafts, WITHOUT_ONE, tables, about)
    return WITHOUT_ONE


def shown(folder: Path) -> tuple[str, str]:
    """What a reader who comes anew is shown of a folder, and what is said about another one."""
    found = PublicationsFolder(folder).serve()
    assert found
    return found.publication.path.stem, found.fallback


def damage(file: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def pointer_is_nothing_of_sense(pointer: Path) -> None:
    pointer.write_text("nothing of sense")


def pointer_names_what_is_not_there(pointer: Path) -> None:
    pointer.write_text(pointer.read_text().replace("2014", "2013"))


def pointer_is_a_link_to_nowhere(pointer: Path) -> None:
    pointer.unlink()
    pointer.symlink_to("nowhere.json")


def pointer_is_a_folder(pointer: Path) -> None:
    pointer.unlink()
    pointer.mkdir()
    (pointer / "something").touch()


def test_the_broken_pointers_of_areas_stop_no_approval_and_are_written_anew(
    zone: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    second = newer_draft(zone)
    breaks = (pointer_is_nothing_of_sense, pointer_names_what_is_not_there, pointer_is_a_link_to_nowhere)
    for area, broken in zip(AREAS, breaks, strict=True):
        broken(zone.areas / area / "current.json")
    approve(zone, second, by="A tester", at=at(7))
    assert [served(folder) for folder in (zone.publications_dir, *zone.area_folders)] == [second] * 4
    assert [message.split("/")[-2:] for message in caplog.messages] == [
        [area, "current.json could not be read, and is written anew."] for area in AREAS
    ]


@pytest.mark.parametrize("broken", [pointer_is_nothing_of_sense, pointer_is_a_folder])
def test_the_broken_pointer_of_an_area_stops_no_refresh(
    broken: Callable[[Path], None], zone: Settings
) -> None:
    first = served(zone.publications_dir)
    broken(zone.areas / "area_2" / "current.json")
    assert areas_apart(zone) == {"area_2": "its current.json cannot be read"}
    prepare_served(zone)
    assert areas_apart(zone) == {}
    assert [served(folder) for folder in zone.area_folders] == [first] * 3


def test_a_damaged_national_release_withdraws_no_area_and_stops_no_refresh(zone: Settings) -> None:
    first = served(zone.publications_dir)
    (zone.publications_dir / f"{first}.duckdb").write_bytes(b"nothing of sense")
    prepare_served(zone)
    assert [served(folder) for folder in zone.area_folders] == [first] * 3


def test_an_area_that_a_release_does_not_name_is_withdrawn_and_comes_back_with_one_that_does(
    zone: Settings,
) -> None:
    first, left = served(zone.publications_dir), zone.areas / "area_3"
    without = without_an_area(zone, "area_3")
    approve(zone, without, by="A tester", at=at(7))
    assert [served(zone.areas / area) for area in AREAS[:2]] == [without] * 2
    # Readers are told, and shown nothing older; the release stays.
    assert (current_release(left), list_releases(left)) == (None, [first])
    with pytest.raises(Withdrawn) as told:
        PublicationsFolder(left).serve()
    assert (told.value.area, told.value.as_at, told.value.since) == (
        "area_3",
        AS_AT,
        at(7).replace(tzinfo=UTC),
    )
    assert areas_apart(zone) == {"area_3": "withdrawn"}
    # Neither a look nor another start makes it look fresh, or lately withdrawn.
    said = (left / "current.json").read_bytes()
    prepare_served(zone)
    note_looked(zone, at(9))
    checked = [current_release(folder) for folder in (zone.publications_dir, *zone.area_folders)]
    assert [current and current.checked_at for current in checked] == [at(9)] * 3 + [None]
    assert (left / "current.json").read_bytes() == said
    rollback(zone, first, at=at(9))
    assert [served(folder) for folder in zone.area_folders] == [first] * 3
    # An area that came with a release goes with it.
    rollback(zone, without, at=at(9))
    with pytest.raises(Withdrawn):
        PublicationsFolder(left).serve()


def test_a_damaged_file_of_an_area_is_not_served_again(
    zone: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, hurt = served(zone.publications_dir), newer_draft(zone), zone.areas / "area_2"
    approve(zone, second, by="A tester", at=at(7))
    rollback(zone, first, at=at(8))
    damage(hurt / f"{second}.duckdb")
    with pytest.raises(
        PublicationError, match=rf"{second} cannot be served: its part in .*area_2 is damaged"
    ):
        rollback(zone, second, at=at(9))
    # All or nothing; and what the message says is what mends it.
    folders = (zone.publications_dir, *zone.area_folders)
    assert [served(folder) for folder in folders] == [first] * 4
    for path in hurt.glob(f"{second}.*"):
        path.unlink()
    rollback(zone, second, at=at(9))
    assert [served(folder) for folder in folders] == [second] * 4
    # A reader who comes anew is shown the last sound one, and told so.
    damage(hurt / f"{second}.duckdb")
    assert shown(hurt) == (first, f"release {second} is not the file that was published")
    assert shown(zone.areas / "area_1") == (second, "")


@pytest.mark.parametrize("broken", [None, pointer_is_nothing_of_sense])
def test_what_a_killed_approval_left_is_not_finished_with_a_damaged_file(
    broken: Callable[[Path], None] | None, zone: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, hurt = served(zone.publications_dir), newer_draft(zone), zone.areas / "area_2"
    approve(zone, second, by="A tester", at=at(7))
    # As if killed before the pointer of this area.
    serve(hurt, first, checked_at=at(5))
    damage(hurt / f"{second}.duckdb")
    if broken:
        broken(hurt / "current.json")
    prepare_served(zone)
    note_looked(zone, at(9))
    assert [served(folder) for folder in zone.area_folders] == [second, first, second]
    assert "area_2 is not served release" in caplog.text
    assert areas_apart(zone) == {"area_2": f"release {first}"}
    # It is not up to date, and does not look it.
    current = current_release(hurt)
    assert current
    assert current.checked_at < at(9)


RENAMES = (
    # File and manifest of all, of the public, of three areas; then the pointers; then what was served.
    *(f"{what} of {whose}" for whose in ("all", "the public", *AREAS) for what in ("file", "manifest")),
    *(f"pointer of {whose}" for whose in ("all", "the public", *AREAS)),
    "history",
)


def killed_approval(folder: Path, release_id: str, number: int) -> None:
    kill_at("pathlib", "Path.replace", number, "before")
    approve(settings_for(folder), release_id, by="A tester", at=at(7))


@pytest.mark.parametrize(
    "place",
    [
        "file of area_1",
        "manifest of area_2",
        "pointer of all",
        "pointer of area_1",
        "pointer of area_3",
        "history",
    ],
)
def test_killed_anywhere_everybody_is_served_a_whole_release_and_the_next_start_finishes_the_rest(
    zone: Settings, place: str
) -> None:
    first = served(zone.publications_dir)
    [second] = set(list_releases(zone.drafts)) - {first}
    # The public's file is there only where it has a figure: counted are the renames that happen.
    names = [name for name in RENAMES if zone.public.exists() or "the public" not in name]
    child = COMMANDS.Process(target=killed_approval, args=(zone.data_dir, second, names.index(place) + 1))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    swapped = names[names.index("pointer of all") : names.index(place)]
    for folder in (zone.publications_dir, *zone.area_folders):
        whose = "all" if folder == zone.publications_dir else folder.name
        assert served(folder) == (second if f"pointer of {whose}" in swapped else first), whose
    # A refresh finishes what was begun to be served; before that, the approval has to be given again.
    draft(zone, 8)
    began = bool(swapped)
    assert {served(folder) for folder in (zone.publications_dir, *zone.area_folders)} == {
        second if began else first
    }
    approve(zone, second, by="A tester", at=at(9))
    assert {served(folder) for folder in (zone.publications_dir, *zone.area_folders)} == {second}
