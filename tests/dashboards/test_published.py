"""Which release is served, what happens when a file is not what was published, and the query for figures."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from dashboards.published import NotServable, Publication, PublicationsFolder, Served
from tests.dashboards.publication_fixture import write_publication

END = date(2018, 3, 31)


@pytest.fixture
def folder(publications: dict[str, Path], tmp_path: Path) -> Path:
    """A folder of its own with the ordinary release, to be damaged."""
    return Path(shutil.copytree(publications["normal"], tmp_path / "publications"))


def served(publications: PublicationsFolder) -> Served:
    found = publications.serve()
    assert found is not None
    return found


def point_to(folder: Path, **changes: str) -> None:
    """Change `current.json`."""
    pointer = json.loads((folder / "current.json").read_text())
    (folder / "current.json").write_text(json.dumps(pointer | changes))


def test_the_release_that_current_json_names_is_served(folder: Path) -> None:
    found = served(PublicationsFolder(folder))
    assert found.publication.release.release_id == "2018-03-31-normal"
    assert found.fallback == ""


def test_a_new_release_is_served_at_the_next_look_and_the_old_one_stays_readable(folder: Path) -> None:
    publications = PublicationsFolder(folder)
    old = served(publications).publication
    write_publication(folder, END, "empty", release_id="2018-03-31-newer")
    new = served(publications).publication
    assert (old.release.release_id, new.release.release_id) == ("2018-03-31-normal", "2018-03-31-newer")
    assert [p.figure("starts", "count", "programme", END).value for p in (old, new)] == [186, 0]  # pyright: ignore


def test_when_a_refresh_last_looked_moves_without_a_new_release(folder: Path) -> None:
    publications = PublicationsFolder(folder)
    first = served(publications)
    point_to(folder, checked_at="2030-01-02T03:04:05Z")
    second = served(publications)
    assert second.checked_at == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert second.publication is first.publication


def damage_file(folder: Path) -> None:
    with (folder / "2018-03-31-normal.duckdb").open("r+b") as file:
        file.seek(5000)
        file.write(b"changed")


def remove_file(folder: Path) -> None:
    (folder / "2018-03-31-normal.duckdb").unlink()


def break_pointer(folder: Path) -> None:
    (folder / "current.json").write_text('{"file": ')


def remove_pointer(folder: Path) -> None:
    (folder / "current.json").unlink()


def point_outside(folder: Path) -> None:
    point_to(folder, file="../elsewhere.duckdb")


def point_to_a_file_that_is_no_database(folder: Path) -> None:
    (folder / "x.duckdb").write_text("not a database")
    digest = "7b0a2b0a6d40d7be1dee1ee2bb0b7c7ef3eff8cbd5d1de9c3e12ae14cc0f1f6e"
    point_to(folder, file="x.duckdb", sha256=digest)


FAULTS = [
    damage_file,
    remove_file,
    break_pointer,
    remove_pointer,
    point_outside,
    point_to_a_file_that_is_no_database,
]


@pytest.mark.parametrize("fault", FAULTS[1:])
def test_the_last_release_of_this_process_goes_on_being_served_and_says_so(fault, folder: Path) -> None:
    write_publication(
        folder, END, "empty", release_id="2018-03-31-older", created_at=datetime(2018, 4, 1, tzinfo=UTC)
    )
    pointer = json.loads((folder / "2018-03-31-normal.manifest.json").read_text())
    point_to(folder, **pointer)
    publications = PublicationsFolder(folder)
    before = served(publications)
    fault(folder)
    after = served(publications)
    assert after.publication is before.publication
    assert after.fallback


def test_a_file_that_is_changed_after_it_verified_is_not_served_again(folder: Path) -> None:
    write_publication(
        folder, END, "empty", release_id="2017-older", created_at=datetime(2018, 4, 1, tzinfo=UTC)
    )
    point_to(folder, **json.loads((folder / "2018-03-31-normal.manifest.json").read_text()))
    publications = PublicationsFolder(folder)
    served(publications)
    damage_file(folder)
    found = served(publications)
    assert found.publication.release.release_id == "2017-older"
    assert "is not the file that was published" in found.fallback


@pytest.mark.parametrize("fault", FAULTS)
def test_a_new_process_serves_the_newest_release_that_verifies(fault, folder: Path) -> None:
    write_publication(
        folder, END, "empty", release_id="2017-older", created_at=datetime(2018, 4, 1, tzinfo=UTC)
    )
    point_to(folder, **json.loads((folder / "2018-03-31-normal.manifest.json").read_text()))
    fault(folder)
    found = served(PublicationsFolder(folder))
    intact = fault not in (damage_file, remove_file)
    assert found.publication.release.release_id == ("2018-03-31-normal" if intact else "2017-older")
    assert found.fallback


@pytest.mark.parametrize("fault", [damage_file, remove_file])
def test_a_release_that_was_rolled_back_does_not_come_back_with_the_damage(fault, folder: Path) -> None:
    """Three releases, the middle one served after a rollback: the older one steps in for it."""
    for name, month in (("older", 4), ("newer", 6)):
        created = datetime(2018, month, 1, tzinfo=UTC)
        write_publication(folder, END, "empty", release_id=f"2018-{name}", created_at=created)
        manifest = folder / f"2018-{name}.manifest.json"
        manifest.write_text(
            json.dumps(json.loads(manifest.read_text()) | {"created_at": f"{created:%F}T00:00:00Z"})
        )
    named = json.loads((folder / "2018-03-31-normal.manifest.json").read_text())
    point_to(folder, **named | {"created_at": "2018-05-01T00:00:00Z"})
    fault(folder)
    found = served(PublicationsFolder(folder))
    assert found.publication.release.release_id == "2018-older"
    assert found.fallback


@pytest.mark.parametrize("fault", [damage_file, remove_file])
def test_nothing_that_verifies_is_nothing_to_serve(fault, folder: Path) -> None:
    fault(folder)
    assert PublicationsFolder(folder).serve() is None


def test_an_empty_or_absent_folder_is_nothing_to_serve(tmp_path: Path) -> None:
    assert PublicationsFolder(tmp_path).serve() is None
    assert PublicationsFolder(tmp_path / "absent").serve() is None


def test_a_database_that_is_no_publication_is_refused(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("create table something (a integer)")
    with pytest.raises(NotServable):
        Publication(tmp_path / "other.duckdb")


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_text('/etc/hostname')",
        "create table more (a integer)",
        "delete from metric_values",
        "set enable_external_access = true",
        "install httpfs",
        "attach ':memory:' as other; copy (select 1) to 'out.csv'",
    ],
)
def test_the_connection_is_locked(query: str, publications: dict[str, Path]) -> None:
    publication = served(PublicationsFolder(publications["normal"])).publication
    with pytest.raises(duckdb.Error):
        publication._rows(query)


@pytest.fixture(scope="module")
def publication(publications: dict[str, Path]) -> Publication:
    """The ordinary release."""
    return served(PublicationsFolder(publications["normal"])).publication


def test_what_one_page_does_with_what_it_got_no_other_page_sees(publication: Publication) -> None:
    def ask() -> tuple:
        return publication.source_status(), publication.figures("open_caseload", "count", "as_at", ("sex",))

    rows, figures = ask()
    rows[0]["label"] = "changed"
    figures.clear()
    rows, figures = ask()
    assert rows[0]["label"] != "changed"
    assert figures


def test_a_table_comes_in_the_order_of_its_categories(publication: Publication) -> None:
    rows = publication.figures("open_caseload", "count", "as_at", ("age_band",), END)
    assert [f.category("age_band") for f in rows] == [
        "16_to_24", "25_to_34", "35_to_44", "45_to_54", "55_to_64", "65_and_over", "not_known",
    ]  # fmt: skip


def test_breakdowns_are_asked_for_in_any_order(publication: Publication) -> None:
    one = publication.figures("open_caseload", "count", "as_at", ("borough", "sex"), END)
    other = publication.figures("open_caseload", "count", "as_at", ("sex", "borough"), END)
    assert {tuple(f.categories.items()) for f in one} == {tuple(f.categories.items()) for f in other}
    assert len(one) == 3 * 4


def test_a_headline_does_not_mix_with_its_breakdown(publication: Publication) -> None:
    assert len(publication.figures("starts", "count", "programme", (), END)) == 1
    assert len(publication.figures("starts", "count", "programme", (), END, borough="camden")) == 1


def test_what_is_not_published_is_none_and_not_nil(publication: Publication) -> None:
    assert publication.figure("starts", "count", "quarter", date(2013, 3, 31)) is None
    assert publication.figures("starts", "count", "quarter", ("age_band",)) == []


def test_a_withheld_cell_has_a_mark_and_no_number(publication: Publication) -> None:
    cell = publication.figure("open_caseload", "count", "as_at", END, sex="not_known")
    assert cell is not None
    assert (cell.value, cell.people, cell.mark) == (None, None, "c")


@pytest.mark.parametrize(
    ("metric_id", "measure", "by", "pounds"),
    [
        ("budget_spent", "total_gbp", (), 100),
        ("budget_spent", "median", (), 50),
        ("budget_people", "count", (), 0),
        ("programme_budget", "total_gbp", ("budget_line", "budget_figure"), 0),  # as it is: nobody's own
    ],
)
def test_money_says_what_it_is_rounded_to(
    publications: dict[str, Path], metric_id: str, measure: str, by: tuple[str, ...], pounds: int
) -> None:
    publication = served(PublicationsFolder(publications["normal"])).publication
    figures = publication.figures(metric_id, measure, "year", by)
    assert {figure.rounded_to for figure in figures if figure.value is not None} == {pounds}
