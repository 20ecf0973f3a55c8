"""The common data framework: each of the evaluators' rules (CDF-1 to CDF-11), and what protects people.

Who left (CDF-1, CDF-5) and what was due (CDF-3, CDF-4, CDF-6, CDF-7) is held by the models' unit tests too.
"""

import csv
import io
import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import pyzipper
from openpyxl import load_workbook

from dagster_project.ingestion.landing import Ledger
from dagster_project.returns.build import build, differences
from dagster_project.returns.catalogue import ReturnError
from dagster_project.returns.framework import (
    CODES,
    FIELDS,
    NAME,
    ONGOING,
    PARTS,
    PEOPLE,
    PREVIOUS,
    Layout,
    Made,
    People,
    make,
    problems,
    read_mapping,
    sealed,
)
from dagster_project.returns.versions import (
    LOG,
    Version,
    advance,
    compared_by,
    compared_with,
    comparison,
    write_version,
)
from dagster_project.settings import ROOT, Settings
from tests.pipeline.programme import Programme

JUNE, SEPTEMBER = date(2015, 6, 30), date(2015, 9, 30)
STARTED = date(2015, 4, 20)
MARCH = date(2015, 3, 31)
"""The end of the quarter before the start."""


@pytest.fixture(scope="module")
def layout() -> Layout:
    return read_mapping(Settings(Path("none"), Path("none"), "fulfilling_lives", b"", b"", ""))


def person(consent: str = "yes", **changes: Any) -> dict[str, Any]:
    """A row of `return_people`: in support, started in April 2015."""
    return {
        "quarter_start": date(2015, 7, 1),
        "quarter_end": SEPTEMBER,
        "client_key": "anna",
        "consent": consent,
        "first_start": STARTED,
        "left_on": None,
        "destination": None,
        "is_after_leaving": False,
        "sex": "female",
        "age_band": "25_to_34",
        "ethnicity_group": "white",
    } | changes


def known(*people: dict[str, Any], assessments: Any = None, measures: Any = None) -> People:
    """What the warehouse says of Anna in September and the quarter before."""
    rows = people or (person(),)
    return People(
        {(row["client_key"], row["quarter_end"]): row for row in rows}, assessments or {}, measures or {}
    )


def rows(layout: Layout, made: Made, part: str) -> list[dict[str, Any]]:
    """The rows of a part by field."""
    return [
        dict(zip([each.name for each in layout.parts[part]], row, strict=True)) for row in made.rows[part]
    ]


def one(layout: Layout, people: People, part: str = PEOPLE) -> dict[str, Any]:
    made = make(layout, people, SEPTEMBER, {})
    assert problems(layout, made) == []
    [row] = rows(layout, made, part)
    return row


def test_cdf_1_counted_from_the_first_start(layout: Layout):
    """MNSTART is the day support started, not that of the referral."""
    assert one(layout, known())["MNSTART"] == STARTED


@pytest.mark.parametrize("left_on", [None, date(2015, 8, 3)])
def test_cdf_2_without_consent_a_person_is_four_fields(layout: Layout, left_on: date | None):
    """AREA, SUID, INCON and MNSTART (MNEND and DEST of a leaver); 999 in all else, and no other part."""
    people = known(
        person("no", left_on=left_on, destination="disengaged" if left_on else None),
        assessments={("anna", SEPTEMBER, "ndt"): (date(2015, 8, 1), True)},
        measures={
            ("anna", SEPTEMBER, "service"): {"arrest": 2.0},
            ("anna", MARCH, "service"): {"arrest": 1.0},
        },
    )
    made = make(layout, people, SEPTEMBER, {})
    [row] = rows(layout, made, PEOPLE)
    told = {name: value for name, value in row.items() if value not in (999, None)}
    leaving = {"MNEND": left_on, "DEST": 3} if left_on else {}
    assert told == {
        "AREA": "FLIC", "SUID": "anna", "QUARTER": SEPTEMBER, "INCON": 0, "MNSTART": STARTED, **leaving
    }  # fmt: skip
    assert [part for part in PARTS if made.rows[part]] == [PEOPLE]


def test_cdf_2_late_consent_back_fills_earlier_quarters(layout: Layout):
    """Who consents since the last return comes with all quarters so far; who withdrew with four fields."""
    june = person(quarter_start=date(2015, 4, 1), quarter_end=JUNE)
    people = known(
        person(),
        june,
        person("no", client_key="ben"),
        june | {"client_key": "ben", "consent": "no"},
        measures={("anna", JUNE, "service"): {"arrest": 2.0}},
    )
    made = make(layout, people, SEPTEMBER, {"anna": "no", "ben": "yes", "carl": "yes"})
    assert [(row["SUID"], row["QUARTER"]) for row in rows(layout, made, PEOPLE)] == [
        ("anna", JUNE), ("anna", SEPTEMBER), ("ben", SEPTEMBER),
    ]  # fmt: skip
    assert [row["ARREST"] for row in rows(layout, made, ONGOING)] == [2, 999]
    assert made.counts["back-filled after late consent"] == 1
    assert made.counts["no longer detailed, consent withdrawn"] == 1
    before, gone, new, now = list(made.counts.values())[:4]
    assert (before, gone, new, now) == (3, 1, 0, 2)
    assert made.consents == {"anna": "yes", "ben": "no", "carl": "yes"}


def test_cdf_2_a_leaver_who_consents_later_is_back_filled(layout: Layout):
    """However many quarters after leaving: who ever stood in a return stays known, and comes whole."""
    left = {"left_on": JUNE, "destination": "disengaged"}
    june = person(quarter_start=date(2015, 4, 1), quarter_end=JUNE, **left)
    silent = make(layout, known(person("no", is_after_leaving=True, **left)), SEPTEMBER, {"anna": "no"})
    assert silent.counts["in this return"] == 0
    assert silent.consents == {"anna": "no"}
    late = make(layout, known(person(is_after_leaving=True, **left), june), SEPTEMBER, silent.consents)
    assert [(row["SUID"], row["QUARTER"]) for row in rows(layout, late, PEOPLE)] == [("anna", JUNE)]
    assert late.counts["in this return"] == 1
    assert late.consents == {"anna": "yes"}


def test_people_are_those_of_any_part(layout: Layout):
    """A leaver with use of services stands in that part alone, and is counted; nobody is counted twice."""
    left = person(client_key="ben", left_on=JUNE, destination="disengaged", is_after_leaving=True)
    use = {(name, SEPTEMBER, "service"): {"arrest": 1.0} for name in ("anna", "ben")}
    made = make(layout, known(person(), left, measures=use), SEPTEMBER, {})
    assert made.counts["in this return"] == 2
    assert made.consents == {"anna": "yes", "ben": "yes"}


ASSESSED = [
    # (made on, due, date field, a score)
    ("CDF-3, not due", (None, False), 999, 999),
    ("CDF-3, due and not done", (None, True), 997, 999),
    ("done", (date(2015, 8, 1), True), date(2015, 8, 1), 4),
    ("done before it was due", (date(2015, 8, 1), False), date(2015, 8, 1), 4),
]


@pytest.mark.parametrize(
    ("part", "instrument", "field"), [("NDT", "ndt", "NDTDATE"), ("HOS", "hos", "HOSDATE")]
)
@pytest.mark.parametrize(("case", "assessed", "day", "score"), ASSESSED)
@pytest.mark.parametrize("left_on", [None, date(2015, 9, 2)])
def test_cdf_3_and_4_not_due_and_not_done(
    case: str, assessed: Any, day: Any, score: int, part: str, instrument: str, field: str,
    left_on: date | None, layout: Layout,
):  # fmt: skip
    """999 for not due, 997 for due and not done, with all scores 999; the same in the quarter of leaving."""
    item = "area_3" if part == "HOS" else "item_3"
    measures = {("anna", SEPTEMBER, instrument): {item: 4.0}} if assessed[0] else {}
    people = known(
        person(left_on=left_on, destination="other" if left_on else None),
        assessments={("anna", SEPTEMBER, instrument): assessed},
        measures=measures,
    )
    row = one(layout, people, part)
    assert (row[field], row[item.upper()]) == (day, score), case
    others = [value for name, value in row.items() if name not in ("SUID", "QUARTER", field, item.upper())]
    assert set(others) == {999}


def test_cdf_5_after_leaving_only_ongoing_service_use_goes_on(layout: Layout):
    """A leaver's later quarters have no other part; without any use known, not even that one."""
    left = person(left_on=JUNE, destination="disengaged", is_after_leaving=True)
    use = {("anna", SEPTEMBER, "service"): {"arrest": 1.0}, ("anna", MARCH, "service"): {"arrest": 1.0}}
    made = make(layout, known(left, measures=use), SEPTEMBER, {})
    assert [part for part in PARTS if made.rows[part]] == [ONGOING]
    assert rows(layout, made, ONGOING)[0]["ARREST"] == 1
    assert not any(make(layout, known(left), SEPTEMBER, {}).rows.values())


ACCOMMODATION = [
    ("the whole quarter", {"hostel": 100.0}, 100, 0, []),
    ("a part is not known", {"hostel": 40.5, "not_known": 20.0}, 40.5, 0, []),
    ("more than there is", {"hostel": 60.0, "prison": 40.5}, 60, 40.5, ["more than 100 per cent"]),
]


@pytest.mark.parametrize(("case", "percent", "hostel", "prison", "found"), ACCOMMODATION)
def test_cdf_8_accommodation_is_per_cent_of_the_quarter_and_never_above_100(
    case: str, percent: dict, hostel: float, prison: float, found: list[str], layout: Layout
):
    """Less than 100 may be known; more is refused before anything is written."""
    made = make(layout, known(measures={("anna", SEPTEMBER, "accommodation"): percent}), SEPTEMBER, {})
    [row] = rows(layout, made, PEOPLE)
    assert (row["ACC_HOSTEL"], row["ACC_PRISON"]) == (hostel, prison), case
    told = problems(layout, made)
    assert len(told) == len(found)
    assert all(words in problem for words, problem in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("destination", "code"), [("no_longer_requires_support", 2), ("disengaged", 3), ("prison", 999)]
)
def test_cdf_9_destinations_have_the_published_codes(destination: str, code: int, layout: Layout):
    """2 and 3 are published; no other code is made up."""
    assert one(layout, known(person(left_on=SEPTEMBER, destination=destination)))["DEST"] == code


def test_cdf_10_needs_are_as_they_were_answered(layout: Layout):
    """A field of yes or no takes what the partnership recorded; no answer, or no referral, is not no."""
    answers = {"mental_health": 1.0, "criminal_justice": 0.0}
    row = one(layout, known(measures={("anna", SEPTEMBER, "need"): answers}))
    names = ("NEED_MENTAL_HEALTH", "NEED_CRIMINAL_JUSTICE", "NEED_SUBSTANCE_MISUSE")
    assert [row[name] for name in names] == [1, 0, 999]
    assert one(layout, known())["NEED_MENTAL_HEALTH"] == 999


def test_a_programme_without_agreed_fields_sends_none():
    """Changing Futures agreed no fields with evaluators: the reason says so, and where they would stand."""
    other = Settings(Path("none"), Path("none"), "changing_futures", b"", b"", "")
    with pytest.raises(
        ReturnError, match=r"changing_futures sends no common_data_framework.*framework_fields"
    ):
        read_mapping(other)


def test_a_field_that_the_programme_does_not_record_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A copied mapping: Changing Futures counts other needs, and all of them would leave as 999."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.setattr("dagster_project.settings.ROOT", tmp_path)
    other = Settings(Path("none"), Path("none"), "changing_futures", b"", b"", "")
    for name in (FIELDS, CODES):
        shutil.copy(tmp_path / "seeds" / "fulfilling_lives" / name, other.seeds_dir / name)
    with pytest.raises(ReturnError, match=r"NEED_SUPPORTED_HOUSING: need_domains\.csv of changing_futures"):
        read_mapping(other)


def test_cdf_11_what_was_not_collected_is_999(layout: Layout):
    """Nothing recorded is 999 and not nil; a recorded nil is nil."""
    assert one(layout, known())["ACC_HOSTEL"] == 999
    row = one(layout, known(measures={("anna", SEPTEMBER, "service"): {"arrest": 0.0}}), ONGOING)
    assert (row["ARREST"], row["EVICTION"]) == (0, 999)
    assert one(layout, known(person(sex="not_known")))["SEX"] == 999


def test_use_before_the_start_is_that_of_the_quarter_before(layout: Layout):
    """Of a start on 20 April it is January to March."""
    row = one(layout, known(measures={("anna", MARCH, "service"): {"arrest": 3.0}}), PREVIOUS)
    assert row["ARREST"] == 3


WRONG = [
    ("a code that is none", PEOPLE, "SEX", 7, "SEX: 1 values are no code"),
    ("a word for a number", ONGOING, "ARREST", "two", "ARREST: 1 values are no number"),
    ("a number for a day", PEOPLE, "MNSTART", 5, "MNSTART: 1 values are no date"),
    ("nobody", "NDT", "SUID", "", "SUID: 1 values are no text"),
]


@pytest.mark.parametrize(("case", "part", "name", "value", "words"), WRONG)
def test_the_file_is_checked_before_it_is_written(
    case: str, part: str, name: str, value: object, words: str, layout: Layout
):
    """A cell that its field does not allow is found, and told without naming anybody."""
    made = make(layout, known(), SEPTEMBER, {})
    place = [each.name for each in layout.parts[part]].index(name)
    made.rows[part][0][place] = value  # type: ignore[call-overload]
    [problem] = problems(layout, made)
    assert words in problem, case
    assert "anna" not in problem


def test_somebody_twice_or_without_consent_is_found(layout: Layout):
    """Two rows of one person and quarter, and a row of somebody who refused."""
    made = make(layout, known(), SEPTEMBER, {})
    made.rows[PEOPLE] *= 2
    assert any("twice" in problem for problem in problems(layout, made))
    refused = make(layout, known(person("no")), SEPTEMBER, {})
    assert problems(layout, refused) == []
    detailed = make(layout, known(), SEPTEMBER, {})
    for part in (PEOPLE, ONGOING, "NDT", "HOS"):
        [wrong] = problems(layout, replace(refused, rows=refused.rows | {part: detailed.rows[part]}))
        assert "without consent" in wrong
        assert wrong.startswith(part)
    left = person("no", left_on=JUNE, destination="disengaged", is_after_leaving=True)
    gone = make(layout, known(left), SEPTEMBER, {})
    gone.rows[ONGOING] = detailed.rows[ONGOING]
    assert any("without consent" in problem for problem in problems(layout, gone))


# --- of the example -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zone(published: Programme, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The example's warehouse, from which the return is built."""
    folder = tmp_path_factory.mktemp("framework")
    for name in ("drafts", "publications", "landing/loads", "landing/control"):
        shutil.copytree(published.folder / name, folder / name)
    shutil.copyfile(published.folder / "warehouse.duckdb", folder / "warehouse.duckdb")
    password = b"a password for the tests"
    return Settings(
        folder, folder / "publications", "fulfilling_lives", b"", b"", "", return_password=password
    )


END = date(2018, 3, 31)


def test_the_example_goes_out_once_and_is_logged(zone: Settings, layout: Layout):
    """Written for the owner alone, sealed, built again to the same bytes, logged, and never served."""
    version, is_new = build(zone, NAME, END, by="Ada")
    assert is_new
    with duckdb.connect(str(zone.warehouse), read_only=True) as warehouse:
        [(people, agreed)] = warehouse.execute(
            "select count(*), count(*) filter (where consent = 'yes') from returns.return_people"
            " where quarter_end = ? and not is_after_leaving",
            [END],
        ).fetchall()
        [(with_use,)] = warehouse.execute(
            "select count(distinct client_key) from returns.return_people"
            " inner join returns.return_measures using (client_key, quarter_end)"
            " where quarter_end = ? and is_after_leaving and consent = 'yes' and measure = 'service'",
            [END],
        ).fetchall()
    book = load_workbook(io.BytesIO(version.read(".xlsx")), read_only=True)
    assert book.sheetnames[: len(PARTS)] == list(PARTS)
    assert len(list(book[PEOPLE].iter_rows())) == people + 1
    assert len(list(book["NDT"].iter_rows())) == agreed + 1
    people += with_use
    assert version.manifest["people"] == people
    assert version.manifest["mapping"] == layout.version
    for path in version.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (version.folder, *list(version.folder.parents)[:3]):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pyzipper.AESZipFile(io.BytesIO(version.read(".zip"))) as archive:
        [name] = archive.namelist()
        with pytest.raises(RuntimeError, match="password"):
            archive.read(name)
        archive.setpassword(zone.return_password)
        assert archive.read(name) == version.read(".xlsx")
    assert differences(zone, version) == []
    assert build(zone, NAME, END, by="Ada")[1] is False
    [sealed_copy] = version.folder.glob("*.zip")
    kept = sealed_copy.read_bytes()
    sealed_copy.write_bytes(b"damaged")
    again, is_new = build(zone, NAME, END, by="Ada")
    assert (is_new, again.number) == (True, 2)
    shutil.rmtree(again.folder)
    sealed_copy.write_bytes(kept)
    for state in ("checked", "approved"):
        version = advance(zone, version, state, by="Bo", at=datetime(2018, 5, 1, tzinfo=UTC))
    assert not zone.served_returns.exists()
    with (zone.returns / LOG).open(newline="") as file:
        noted = [(row["by"], row["step"], row["people"]) for row in csv.DictReader(file)]
    assert noted == [(by, step, str(people)) for by, step in
                     (("Ada", "built"), ("Ada", "built"), ("Bo", "checked"), ("Bo", "approved"))]  # fmt: skip
    assert stat.S_IMODE((zone.returns / LOG).stat().st_mode) == 0o600


def test_changes_are_since_what_was_approved(tmp_path: Path):
    """Of the framework an earlier quarter, whichever version of this one; of a pack the same period too.

    What was built and went no further is compared with by nothing.
    """
    settings = Settings(tmp_path, tmp_path / "publications", "fulfilling_lives", b"", b"", "")

    def written(end: date, number: int, *states: str, against: Version | None = None) -> Version:
        facts = {"aggregate": False, "release": {"release_id": "r"}, "people": 1}
        facts["against"] = comparison(against)  # type: ignore[assignment]
        at = datetime(2015, 10, 1, tzinfo=UTC)
        version = write_version(settings, NAME, end, number, {"a.xlsx": b"a"}, facts, by="Ada", at=at)
        for state in states:
            version = advance(settings, version, state, by="Bo", at=at)
        return version

    first = written(JUNE, 1, "checked", "approved", "sent")
    written(JUNE, 2, "checked")
    again = written(SEPTEMBER, 1, "checked", "approved", against=first)
    assert compared_with(settings, NAME, JUNE, 1) is None
    assert str(compared_with(settings, NAME, SEPTEMBER, 1)) == str(first)
    assert str(compared_with(settings, NAME, SEPTEMBER, 2)) == str(again)
    # What `build_framework` asks, now that September has a version that was approved.
    assert str(compared_with(settings, NAME, SEPTEMBER, 0)) == str(first)
    assert str(compared_by(settings, again)) == str(first)
    assert compared_by(settings, first) is None


def test_what_cannot_be_logged_is_not_written(tmp_path: Path):
    """The log comes first; folders that were there already are closed to all others."""
    shut = Settings(tmp_path, tmp_path / "publications", "fulfilling_lives", b"", b"", "")
    (shut.returns / LOG).mkdir(parents=True)
    shut.returns.chmod(0o755)
    facts: dict[str, object] = {"aggregate": False, "release": {"release_id": "r"}, "people": 2}
    with pytest.raises(ReturnError, match="cannot be written"):
        write_version(shut, NAME, END, 1, {"a.xlsx": b"people"}, facts, by="Ada", at=datetime.now(UTC))
    assert stat.S_IMODE(shut.returns.stat().st_mode) == 0o700
    assert not list(shut.returns.rglob("*.xlsx"))


def checked_before(settings: Settings) -> None:
    path = settings.drafts / "current.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"checked_at": "2018-04-01T00:00:00Z"}))


def later_exports(settings: Settings) -> None:
    ledger = Ledger(settings.landing)
    for export in ("referrals", "caseload"):
        load = next(each for each in ledger.loads if each.export == export and each.status == "loaded")
        ledger.add(replace(load, load_id=f"2018-06-30-{export}-later", extract_date=date(2018, 6, 30)))


BEHIND = [
    ("not served", lambda of: (of.publications_dir / "current.json").unlink(), "flic publications rollback"),
    ("a draft", lambda of: shutil.rmtree(of.publications_dir), "draft: `flic publications approve .* --by"),
    ("a refresh that failed", checked_before, "did not come to its checks: `flic refresh`"),
    ("as at an earlier day", later_exports, "as at 2018-03-31, and what is known reaches to 2018-06-30"),
]


@pytest.fixture
def behind(zone: Settings, tmp_path: Path) -> Settings:
    """A copy of the zone, for tests that put it behind."""
    for name in ("drafts", "publications", "landing"):
        shutil.copytree(zone.data_dir / name, tmp_path / name)
    (tmp_path / "warehouse.duckdb").symlink_to(zone.warehouse)
    publications = tmp_path / "publications"
    return replace(zone, data_dir=tmp_path, publications_dir=publications, return_password=b"")


@pytest.mark.parametrize(("case", "put_behind", "remedy"), BEHIND)
def test_a_return_needs_the_approved_release_of_the_warehouse(
    case: str, put_behind: Callable[[Settings], None], remedy: str, behind: Settings
):
    """Served and checked, of everything known and of the latest day; else the remedy is named."""
    put_behind(behind)
    with pytest.raises(ReturnError, match=remedy):
        build(behind, NAME, END, by="Ada")
    assert not behind.returns.exists(), case


def test_a_warehouse_that_is_behind_gives_no_return(behind: Settings):
    """Consent is that of today: where a newer file came, or the quarter is not over, nothing is written."""
    with pytest.raises(ReturnError, match="2018-06-30 is not the last day of a quarter that is over"):
        build(behind, NAME, date(2018, 6, 30), by="Ada")
    ledger = Ledger(behind.landing)
    newest = max(load.known_from for load in ledger.loads)
    later = max(newest, datetime.now(UTC).replace(tzinfo=None)) + timedelta(days=1)
    ledger.add(replace(ledger.loads[0], load_id="2018-06-30-caseload-late", known_from=later))
    with pytest.raises(ReturnError, match="consent is that of today"):
        build(behind, NAME, END, by="Ada")
    assert not behind.returns.exists()


@pytest.mark.parametrize("password", ["short but not one sign twice"[:19], "abcabcabc" * 4, "\u00e9" * 12])
def test_a_weak_password_is_refused(password: str):
    """Fewer than 20 characters (not bytes), or a few again and again."""
    with pytest.raises(ReturnError, match="20 characters at least, 8 of them different"):
        sealed(b"people", "a.xlsx", password.encode())
