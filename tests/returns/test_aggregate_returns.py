"""Returns of published figures: they tie to the pages to the digit, are reproduced, and go out in steps."""

import csv
import io
import json
import logging
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook
from pptx import Presentation
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from dagster_project.ingestion.landing import ProfileRefusedError
from dagster_project.publication.releases import (
    list_releases,
    read_manifest,
    read_tables,
    serve,
    write_release,
)
from dagster_project.returns import report, words
from dagster_project.returns.build import build, differences, make_files
from dagster_project.returns.catalogue import (
    LINES,
    RETURNS,
    Line,
    Return,
    ReturnError,
    find_return,
    read_lines,
    read_returns,
)
from dagster_project.returns.pack import (
    Identity,
    _adds_up,
    _closed_quarters,
    _in_between,
    _ledger,
    choose_release,
    make_pack,
)
from dagster_project.returns.versions import (
    Version,
    advance,
    find_version,
    list_versions,
    next_number,
    write_version,
)
from dagster_project.settings import ROOT, Settings
from dashboards import charts, sentences
from dashboards.published import Figure, Period, Publication
from tests.dashboards.publication_fixture import write_publication
from tests.pipeline.programme import Programme

MARCH_2018 = date(2018, 3, 31)
NOON = datetime(2018, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def zone(published: Programme, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The example's releases in a data folder in which returns are built."""
    folder = tmp_path_factory.mktemp("zone")
    for name in ("publications", "management", "drafts", "landing/loads"):
        shutil.copytree(published.folder / name, folder / name)
    return Settings(folder, folder / "publications", "fulfilling_lives", b"", b"", "0 6 * * *")


@pytest.fixture(scope="module")
def release_id(zone: Settings) -> str:
    """The one approved release."""
    [only] = list_releases(zone.publications_dir)
    return only


@pytest.fixture(scope="module")
def publication(zone: Settings, release_id: str) -> Publication:
    """The release as the dashboards open it."""
    return Publication(zone.publications_dir / f"{release_id}.duckdb")


Built = Mapping[str, bytes]


@pytest.fixture(scope="module")
def files(zone: Settings, release_id: str) -> Mapping[str, Built]:
    """The files of four returns by their endings: all four forms of files among them."""
    made = {}
    for name in ("quarterly_report", "quarterly_figures", "spg_slides", "personal_budget_report"):
        wanted = find_return(zone, name)
        every = make_files(zone, wanted, MARCH_2018, release_id, 1, None)
        made[name] = {re.split(r"-v1[.-]", file)[1]: content for file, content in every.items()}
    return made


def on_the_pages(publication: Publication, line: Line, flow: str) -> list[Figure]:
    """What the dashboards show of a line at the end of March 2018, by their own query.

    All of its periods end with that month, so the newest quarter and year are the chosen ones.
    """
    found = publication.latest(
        line.metric_id, line.measure, line.published_as(flow), line.dimensions, on=MARCH_2018
    )
    assert found, line
    return found


def quarterly_lines(zone: Settings) -> list[Line]:
    return read_lines(zone, find_return(zone, "quarterly_figures"))


def test_csv_holds_each_figure_as_the_pages_do(
    zone: Settings, publication: Publication, files: Mapping[str, Built]
):
    """Every line of the quarterly return: value, interval, people and mark of each figure."""
    text = files["quarterly_figures"]["figures.csv"].decode("utf-8-sig")
    told: dict[tuple[str, ...], dict[str, str]] = {
        (row["line"], row["period_end"], row["category_1"], row["category_2"]): row
        for row in csv.DictReader(io.StringIO(text))
    }
    compared = 0
    for line in quarterly_lines(zone):
        for figure in on_the_pages(publication, line, "quarter"):
            categories = [*figure.categories.values(), "", ""][:2]
            row = told[str(line.line), str(figure.period_end), *categories]
            value = None if row["value"].startswith("[") else float(row["value"])
            interval = tuple(float(row[name]) if row[name] else None for name in ("lower", "upper"))
            people = int(row["people"]) if row["people"] else None
            assert (value, row["mark"], people) == (figure.value, figure.mark, figure.people), row
            assert interval == (figure.lower, figure.upper), row
            assert row["shown"] == sentences.table_cell(figure)
            compared += 1
    assert compared > 200


def test_workbook_holds_typed_numbers_equal_to_the_pages(
    zone: Settings, publication: Publication, files: Mapping[str, Built]
):
    """A sheet a line; a figure is a number, a mark is text."""
    book = load_workbook(io.BytesIO(files["quarterly_figures"]["xlsx"]))
    for line in quarterly_lines(zone):
        [sheet] = [book[name] for name in book.sheetnames if name.split(" ")[0] == str(line.line)]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        top = next(number for number, row in enumerate(rows) if row[0] == "Period")
        place = {heading: column for column, heading in enumerate(rows[top])}
        told = {
            (str(row[2])[:10], *row[3 : 3 + len(line.dimensions)]): row
            for row in rows[top + 1 :]
            if row[2] is not None
        }
        for figure in on_the_pages(publication, line, "quarter"):
            labels = [publication.label(d, figure.category(d)) for d in line.dimensions]
            row = told[str(figure.period_end), *labels]
            withheld = f"[{figure.mark}]" if figure.mark else None
            assert row[place["People"]] == (withheld if figure.people is None else figure.people), row
            expected = figure.value if figure.value is not None else sentences.table_cell(figure)
            assert row[place["Value"]] == expected, (line, row)
            assert isinstance(row[place["Value"]], str) is (figure.value is None)
            assert row[place["95% from"]] == figure.lower
            assert (row[place["Mark"]] or "") == sentences.MARKS.get(figure.mark, "")


def test_shares_have_the_form_of_the_pages(
    zone: Settings, publication: Publication, files: Mapping[str, Built]
):
    """No decimal point is left behind where nothing comes after it: 45%, not 45.%."""
    book = load_workbook(io.BytesIO(files["quarterly_figures"]["xlsx"]))
    shares = [line for line in quarterly_lines(zone) if line.measure == "share" and not line.series]
    assert shares
    for line in shares:
        [sheet] = [book[name] for name in book.sheetnames if name.split(" ")[0] == str(line.line)]
        forms = {
            cell.number_format
            for row in sheet.iter_rows()
            for cell in row
            if cell.number_format.endswith('"%"') and isinstance(cell.value, int | float)
        }
        assert forms <= {'0"%"'}
        if any(figure.value is not None for figure in on_the_pages(publication, line, "quarter")):
            assert forms


def test_a_category_that_stood_there_before_keeps_its_row(zone: Settings, release_id: str):
    """It is [x] now, with the figure before; and a withheld figure of a series keeps its mark."""
    wanted = find_return(zone, "quarterly_figures")
    lines = read_lines(zone, wanted)
    pack = make_pack(zone, wanted, lines, release_id, MARCH_2018, 1)
    exhibit = next(e for e in pack.exhibits if len(e.line.dimensions) == 1 and e.before)
    [gone, *rest] = exhibit.figures
    table: Any = report._one_way(pack, replace(exhibit, figures=tuple(rest)))
    was = next(f for f in exhibit.before if f.categories == gone.categories)
    row = table["rows"][-1]
    assert (row["label"], row["shown"], row["before"]) == (pack.label(gone), "[x]", sentences.table_cell(was))
    exhibit = next(e for e in pack.exhibits if e.series)
    withheld = replace(exhibit.series[-1], value=None, mark="c", note="<10")
    chart: Any = report._series(pack, replace(exhibit, series=(*exhibit.series[:-1], withheld)))
    assert chart["columns"][-1]["shown"] == "<10 [c]"


def test_report_prints_each_figure_in_the_words_of_the_pages(
    zone: Settings, publication: Publication, files: Mapping[str, Built]
):
    """Each table of the report: its figures stand in the text of the PDF, in order, after its title."""
    reader = PdfReader(io.BytesIO(files["quarterly_report"]["pdf"]))
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    squeezed = text.replace(" ", "")
    for line in quarterly_lines(zone):
        figures = on_the_pages(publication, line, "quarter")
        title = line.wording.replace(" ", "")
        assert title in squeezed, line
        if all(figure.value is None for figure in figures):
            continue
        place = -1
        starts = [found.end() for found in re.finditer(re.escape(title), squeezed)]
        for start in starts:
            place = start
            for figure in figures:
                cell = sentences.table_cell(figure).replace(" ", "")
                place = squeezed.find(cell, place)
                if place < 0:
                    break
            if place >= 0:
                break
        assert place >= 0, line


def test_slides_chart_what_the_pages_show(
    zone: Settings, publication: Publication, files: Mapping[str, Built]
):
    """A native chart a slide with the values of the pages, its text alternative, people and source."""
    deck = Presentation(io.BytesIO(files["spg_slides"]["pptx"]))
    lines = read_lines(zone, find_return(zone, "spg_slides"))
    slides = list(deck.slides)[1:-1]
    assert len(slides) == len(lines)
    for line, slide in zip(lines, slides, strict=True):
        assert slide.shapes.title is not None
        assert slide.shapes.title.text_frame.text == line.wording
        shapes: list[Any] = list(slide.shapes)
        texts = [shape.text_frame.text for shape in shapes if shape.has_text_frame]
        assert any("Source: " in text for text in texts)
        [frame] = [shape for shape in shapes if shape.has_chart]
        figures = on_the_pages(publication, line, "quarter")
        [plot] = frame.chart.plots
        assert list(plot.series[0].values)[-len(figures) :] == [f.value for f in figures]
        described = frame._element.nvGraphicFramePr.cNvPr.get("descr")
        assert all(sentences.table_cell(figure) in described for figure in figures)


def test_the_report_is_for_those_who_listen_too(files: Mapping[str, Built]):
    """It declares PDF/UA, has a language, a title and tags, and every picture has its text alternative."""
    reader = PdfReader(io.BytesIO(files["quarterly_report"]["pdf"]))
    root: Any = reader.trailer["/Root"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    assert root["/Lang"] == "en-GB"
    assert reader.metadata is not None
    assert reader.metadata.title == "Quarterly report, January to March 2018"
    figures, tables = [], 0
    waiting = [root["/StructTreeRoot"].get_object()]
    while waiting:
        element = waiting.pop()
        figures += [element] if element.get("/S") == "/Figure" else []
        tables += element.get("/S") == "/Table"
        below = element.get("/K", [])
        for child in below if isinstance(below, list) else [below]:
            found = child.get_object() if hasattr(child, "get_object") else child
            waiting += [found] if isinstance(found, DictionaryObject) else []
    assert len(figures) == 5
    assert all("Referrals received" in f["/Alt"] or ":" in f["/Alt"] for f in figures)
    assert tables > 20


@pytest.mark.parametrize("name", ["quarterly_report", "quarterly_figures", "spg_slides"])
def test_same_release_gives_the_same_bytes(
    name: str, zone: Settings, release_id: str, files: Mapping[str, Built]
):
    """Files made once more are the same, and no archive holds the moment of its making."""
    again = make_files(zone, find_return(zone, name), MARCH_2018, release_id, 1, None)
    assert sorted(again.values()) == sorted(files[name].values())
    made = read_manifest(zone.publications_dir, release_id)["created_at"]
    for content in again.values():
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
                core = archive.read("docProps/core.xml").decode()
            assert set(re.findall(r">([^<]*Z)<", core)) == {made}


def test_every_part_is_accounted_for(zone: Settings, release_id: str):
    """All that must hold in the personal budget report holds; what is not known is among its parts."""
    wanted = find_return(zone, "personal_budget_report")
    pack = make_pack(zone, wanted, read_lines(zone, wanted), release_id, MARCH_2018, 1)
    assert [identity for identity in pack.identities if identity.holds is False] == []
    assert len(pack.identities) >= 4
    for exhibit in pack.exhibits:
        if exhibit.line.dimensions in (("borough",), ("category",)):
            assert "not_known" in {f.category(exhibit.line.dimensions[0]) for f in exhibit.figures}
            # What waits for its batch stands under an earlier day, and is compared with nothing.
            assert bool(exhibit.before) is (exhibit.figures[0].period_end == MARCH_2018)


def plain(pdf: bytes) -> str:
    """The text of a PDF without blanks, so that a broken line is no difference."""
    reader = PdfReader(io.BytesIO(pdf))
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def test_breakdown_and_total_stand_together(
    zone: Settings, publication: Publication, release_id: str, files: Mapping[str, Built]
):
    """Payments by borough and category end with the published total, in every form; not known is a part."""
    made = files["personal_budget_report"]
    lines = read_lines(zone, find_return(zone, "personal_budget_report"))
    told = list(csv.DictReader(io.StringIO(made["figures.csv"].decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(made["xlsx"]))
    text = plain(made["pdf"])
    parted = [
        line for line in lines if line.dimensions in (("borough",), ("category",)) if line.measure != "share"
    ]
    assert [line.line for line in parted] == [7, 9, 11, 12]
    for line in parted:
        period_type = line.published_as("quarter")
        # A breakdown that waits for its batch stands under an earlier day, with the total of that day.
        of_line = [row for row in told if row["line"] == str(line.line)]
        day = max(row["period_end"] for row in of_line if row["dimension_1"])
        total = publication.figure(line.metric_id, line.measure, period_type, date.fromisoformat(day))
        assert total is not None
        rows = [row for row in of_line if row["period_end"] == day]
        assert [float(row["value"]) for row in rows if not row["dimension_1"]] == [total.value]
        assert "not_known" in {row["category_1"] for row in rows}
        [sheet] = [book[name] for name in book.sheetnames if name.split(" ")[0] == str(line.line)]
        totals = [row[4].value for row in sheet.iter_rows() if row[3].value == "Total"]
        assert totals[0] == total.value
        assert f"Total{sentences.table_cell(total)}" in text


def test_what_cannot_be_given_stands_there_with_its_reason(zone: Settings, files: Mapping[str, Built]):
    """What the funder asks for and no release has is a row of each form, and says why."""
    made = files["personal_budget_report"]
    lines = [line for line in read_lines(zone, find_return(zone, "personal_budget_report")) if line.reason]
    assert {"Applications", "sex"} <= {
        word for line in lines for word in re.findall(r"Applications|sex", line.wording)
    }
    told = {
        row["wording"]: (row["value"], row["metric_id"], row["note"])
        for row in csv.DictReader(io.StringIO(made["figures.csv"].decode("utf-8-sig")))
    }
    notes = {
        row[0].value: row[1].value for row in load_workbook(io.BytesIO(made["xlsx"]))["Notes"].iter_rows()
    }
    text = plain(made["pdf"])
    for line in lines:
        assert told[line.wording] == ("[x]", "", line.reason)
        assert notes[line.wording] == line.reason
        assert line.reason.replace(" ", "") in text


def test_a_table_that_is_no_longer_published_says_since_when(zone: Settings, release_id: str):
    """Referrals without a word were last published by age in September 2015: nobody takes them for those of
    2018, nor the total, which is published, for missing."""
    wanted = find_return(zone, "quarterly_figures")
    pack = make_pack(zone, wanted, read_lines(zone, wanted), release_id, MARCH_2018, 1)
    [exhibit] = [e for e in pack.exhibits if e.line.metric_id == "referrals_no_word"]
    last = exhibit.figures[0].period_end
    assert last < MARCH_2018
    assert exhibit.sentence.endswith(
        f"This breakdown is not published after {sentences.day(last)}; its total is, up to 31 March 2018."
    )


def figure(value: float | None, note: str = "", exact: bool = False, measure: str = "count") -> Figure:
    """An invented figure about a year."""
    return Figure(
        "starts", measure, "year", date(2017, 4, 1), MARCH_2018, {}, value, None, None, None, None, None,
        "" if value is not None else "c", exact, note,
    )  # fmt: skip


CHECKS = [
    ([], "Nothing has to add up among these figures."),
    ([True, True], "All that has to add up among these figures does."),
    ([True, None], "1 of 2 things that have to add up do; of the others it cannot be told"),
    ([None], "Whether these figures add up cannot be told"),
    ([True, None, False], "These do not add up: b (B)"),
]


@pytest.mark.parametrize(("holds", "says"), CHECKS)
def test_what_adds_up_is_said_in_a_sentence(
    holds: list[bool | None], says: str, zone: Settings, release_id: str
):
    """What does not hold is named before anything else; what a withheld figure leaves open is no success."""
    wanted = find_return(zone, "spg_slides")
    pack = make_pack(zone, wanted, read_lines(zone, wanted), release_id, MARCH_2018, 1)
    found = tuple(Identity("b" if each is False else "a", "B", each) for each in holds)
    assert words.checks(replace(pack, identities=found)).startswith(says)


def test_personal_budgets_are_held_against_the_ledger(zone: Settings, release_id: str):
    """Nine months against the same nine: finance has nothing of January to March 2018 yet.

    By hand from the tables: lines 24,100 in the year less 5,700 in the last quarter; the year's actual.
    """
    wanted = find_return(zone, "personal_budget_report")
    pack = make_pack(zone, wanted, read_lines(zone, wanted), release_id, MARCH_2018, 1)
    publication = pack.publication
    paid = publication.figure("budget_spent", "total_gbp", "year", MARCH_2018)
    last = publication.figure("budget_spent", "total_gbp", "quarter", MARCH_2018)
    [actual] = publication.figures(
        "programme_budget", "total_gbp", "year", (), MARCH_2018,
        budget_line="Personal budgets", budget_figure="actual",
    )  # fmt: skip
    assert paid is not None
    assert last is not None
    assert paid.value is not None
    assert last.value is not None
    assert actual.value is not None
    [identity] = [identity for identity in pack.identities if "ledger" in identity.about]
    assert identity.says.startswith("In April to December 2017 the lines of clients come to about ")
    assert f" about £{paid.value - last.value:,.0f}, " in identity.says
    assert f" is £{actual.value:,.0f}: about £25,900 apart." in identity.says
    assert identity.says.endswith("No actual yet, so left out on both sides: January to March 2018.")


def test_a_closed_quarter_is_what_the_warehouse_says_it_is(published: Programme, publication: Publication):
    """The release has no table of the ledger by quarter and line; what is reckoned from it is that table."""
    compared = published.warehouse(
        "select quarter_end, ledger_gbp from marts.fct_ledger_reconciliation where ledger_gbp is not null"
    )
    closed = _closed_quarters(publication, "Personal budgets")
    assert closed == {end: float(ledger) for end, ledger in compared}
    assert len(compared) == 15


JUNE, SEPTEMBER, DECEMBER = date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31)
FOUR = (JUNE, SEPTEMBER, DECEMBER, MARCH_2018)
PAID = {JUNE: 900, SEPTEMBER: 1_900, DECEMBER: 2_900, MARCH_2018: 700}
ACTUAL = {JUNE: 1_000.4, SEPTEMBER: 2_000, DECEMBER: 4_000}
LEDGER = "the actual of the budget line Personal budgets is"
EXPLAIN = "The two systems have to say why."
# Lines by quarter (without: withheld; the year has 6,400), actual by quarter, of which quarters half of the
# budget alone has an actual: what is said, and whether it holds. Each shown sum can be 100 off.
LEDGERS = {
    "one quarter is open": (
        PAID, ACTUAL, (), None,
        f"In April to December 2017 the lines of clients come to about £5,700, {LEDGER} £7,000: about £1,300"
        f" apart. {EXPLAIN} No actual yet, so left out on both sides: January to March 2018.",
    ),
    "all are closed": (
        PAID, ACTUAL | {MARCH_2018: 1_000}, (), None,
        f"In April 2017 to March 2018 the lines of clients come to £6,400, {LEDGER} £8,000: about £1,600"
        f" apart. {EXPLAIN}",
    ),
    "as far as rounding can tell": (
        PAID, {JUNE: 1_000}, (), True,
        f"In April to June 2017 the lines of clients come to £900, {LEDGER} £1,000: the same, as far as"
        " rounding can tell. No actual yet, so left out on both sides: July 2017 to March 2018.",
    ),
    "the open quarter is withheld": (
        {JUNE: 900, SEPTEMBER: 1_900, DECEMBER: 2_900}, ACTUAL, (), None,
        f"In April to December 2017 the lines of clients come to about £5,700, {LEDGER} £7,000: about £1,300"
        f" apart. {EXPLAIN} No actual yet, so left out on both sides: January to March 2018.",
    ),
    "neither way is shown": (
        {SEPTEMBER: 1_900, DECEMBER: 2_900}, ACTUAL, (), None,
        f"In April to December 2017 {LEDGER} £7,000; what the lines of clients come to cannot be compared:"
        " withheld to protect people. No actual yet, so left out on both sides: January to March 2018.",
    ),
    "the rest of the year would tell what is withheld": (
        {SEPTEMBER: 1_900, DECEMBER: 2_900, MARCH_2018: 700}, {JUNE: 1_000}, (), None,
        f"In April to June 2017 {LEDGER} £1,000; what the lines of clients come to cannot be compared:"
        " withheld to protect people. No actual yet, so left out on both sides: July 2017 to March 2018.",
    ),
    "a month of a quarter is not closed": (
        PAID, ACTUAL, (SEPTEMBER,), None,
        "In April to June 2017 and October to December 2017 the lines of clients come to about £3,800,"
        f" {LEDGER} £5,000: about £1,200 apart. {EXPLAIN} No actual yet, so left out on both sides: July to"
        " September 2017 and January to March 2018.",
    ),
    "nothing is closed": (
        PAID, {}, (), None, "No quarter of the budget line Personal budgets is closed yet to compare with.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LEDGERS)
def test_the_same_quarters_are_compared_and_named(case: str, invented: Path, tmp_path: Path):
    paid, actual, half_closed, holds, says = LEDGERS[case]
    path = shutil.copy(invented, tmp_path / invented.name)
    budget = sum_so_far = with_actual = 0.0
    with duckdb.connect(path) as release:
        release.execute(
            "update reference_settings set value = '100' where setting = 'money_total_rounding_gbp'"
        )
        release.execute("delete from metric_values where metric_id in ('programme_budget', 'budget_spent')")

        def add(metric_id: str, kind: str, end: date, value: float | None, *names: str) -> None:
            figures, line = ("budget_figure", "budget_line") if names else ("", "")
            release.execute(
                "insert into metric_values by name select ? as metric_id, 'total_gbp' as measure,"
                " ? as period_type, ?::date as period_start, ?::date as period_end, ? as dimension_1,"
                " ? as category_1, ? as dimension_2, ? as category_2, ?::double as value, ? as mark,"
                " false as exact, '' as note",
                [metric_id, kind, end.replace(day=1), end, figures, *(names or ("",)), line,
                 "Personal budgets" if names else "", value, "" if value is not None else "c"],
            )  # fmt: skip

        for end in FOUR:
            budget += 100
            with_actual += 0 if end not in actual else 50 if end in half_closed else 100
            sum_so_far += actual.get(end, 0)
            for name, value in (
                ("budget", budget), ("budget_with_actual", with_actual), ("actual", sum_so_far)
            ):  # fmt: skip
                add("programme_budget", "programme", end, value, name)
            add("budget_spent", "quarter", end, paid.get(end))
        add("budget_spent", "year", MARCH_2018, 6_400)
    [identity] = _ledger(Publication(Path(path)), Period("quarter", date(2018, 1, 1), MARCH_2018, True))
    assert (identity.says, identity.holds) == (says, holds)


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up release as at March 2018."""
    return write_publication(tmp_path_factory.mktemp("invented"), MARCH_2018)


ENDS = [date(2016, 12, 31), date(2017, 3, 31), JUNE]


@pytest.mark.parametrize(
    ("ends", "day", "says"),
    [
        ([], JUNE, "it holds no whole quarter yet"),
        ([JUNE], MARCH_2018, "its one whole quarter ends on 2017-06-30"),
        (
            ENDS,
            date(2017, 3, 30),
            "it holds 3 whole quarters, the first up to 2016-12-31 and the last up to 2017-06-30; the nearest"
            " ends on 2017-03-31",
        ),
    ],
)
def test_a_day_that_ends_no_period_is_told_which_do(ends: list[date], day: date, says: str):
    assert _in_between(ends, day, "quarter") == says


def test_the_mid_year_report_is_about_the_year_so_far(tmp_path: Path):
    """From a release as at 30 September its flows are those since April: they are not held against whole
    years, and their columns are quarters. Who was open then is held against the end of March.
    """
    path = write_publication(tmp_path / "publications", date(2017, 9, 30))
    settings = Settings(tmp_path, path.parent, "fulfilling_lives", b"", b"", "")
    wanted = find_return(settings, "mid_year_report")
    lines = [
        line
        for line in read_lines(settings, wanted)
        if line.metric_id in ("starts", "open_caseload") and line.series
    ]
    pack = make_pack(settings, wanted, lines, path.stem, date(2017, 9, 30), 1)
    [starts, people_open] = pack.exhibits
    [figure] = starts.figures
    assert (figure.period_start, figure.period_end) == (date(2017, 4, 1), date(2017, 9, 30))
    assert starts.before == ()
    assert starts.when == "April to September 2017"
    assert {f.period_type for f in starts.series} == {"quarter"}
    assert [f.period_end for f in starts.series[-2:]] == [date(2017, 6, 30), date(2017, 9, 30)]
    assert [f.period_end for f in people_open.before] == [date(2017, 3, 31)]
    assert [f.period_end for f in people_open.series[-2:]] == [date(2017, 6, 30), date(2017, 9, 30)]
    with pytest.raises(ReturnError, match="no whole half_year that ends on 2017-06-30"):
        make_pack(settings, wanted, lines, path.stem, date(2017, 6, 30), 1)


RULES = {"rounding_base": "5", "count_minimum": "10", "money_total_rounding_gbp": "100"}
LINE = Line(1, "Part", "Starts", "starts", "count", "own", ("borough",), False)
ADDING_UP = [
    # Each of two parts and the total is off by at most 4: 12 between them.
    ("rounded apart", [20, 30], 60, None, True),
    ("too far apart", [20, 30], 65, None, False),
    ("exact parts", [20, 30], 50, "exact", True),
    ("exact parts that do not add up", [20, 30], 51, "exact", False),
    # A part below ten is at most 9.
    ("one part withheld", [20, None], 25, None, True),
    ("one part withheld, too much missing", [20, None], 40, None, False),
]


@pytest.mark.parametrize(("case", "parts", "total", "exact", "holds"), ADDING_UP)
def test_parts_and_total(case: str, parts: list, total: float, exact: str | None, holds: bool):
    """Whether parts can make their total, by hand: rounding to 5 moves a count by less than 5."""
    made = [figure(part, "<10" if part is None else "", bool(exact)) for part in parts]
    assert _adds_up(LINE, figure(total, exact=bool(exact)), made, RULES).holds is holds, case


def test_withheld_money_leaves_the_sum_open():
    """What a withheld sum of money may be is not known: nothing is claimed."""
    money = replace(LINE, measure="total_gbp")
    parts = [figure(100, measure="total_gbp"), figure(None, measure="total_gbp")]
    assert _adds_up(money, figure(900, measure="total_gbp"), parts, RULES).holds is None


# --- life ---------------------------------------------------------------------------------------------------


@pytest.fixture
def own(zone: Settings, tmp_path: Path) -> Settings:
    """A data folder of its own, for tests that build."""
    for name in ("publications", "management", "landing"):
        shutil.copytree(zone.data_dir / name, tmp_path / name)
    return replace(zone, data_dir=tmp_path, publications_dir=tmp_path / "publications")


def restated_release(settings: Settings, before: str) -> str:
    """A second approved release in which one figure is 27 instead of 26, because of one more file."""
    later = before[:-8] + "0" * 8
    folder, tables = settings.publications_dir, []
    for table in read_tables(folder / f"{before}.duckdb"):
        names = [name for name, _ in table.columns]
        rows = [dict(zip(names, row, strict=True)) for row in table.rows]
        for row in rows:
            row.update({"release_id": later} if table.name == "release" else {})
            if table.name == "metric_values" and (
                row["metric_id"], row["measure"], row["period_type"], row["period_end"], row["dimension_1"]
            ) == ("referrals_received", "count", "quarter", MARCH_2018, ""):  # fmt: skip
                assert row["value"] == 26
                row["value"] = 27.0
        tables.append(replace(table, rows=tuple(tuple(row[name] for name in names) for row in rows)))
    of_the_file = ("release_id", "file", "sha256", "tables", "manifest_sha256")
    about = {name: value for name, value in read_manifest(folder, before).items() if name not in of_the_file}
    (folder / "build").mkdir(exist_ok=True)
    write_release(folder, later, tables, about | {"created_at": "2099-01-01T00:00:00Z"})
    exact: dict[str, Any] = read_manifest(settings.management, before)
    loads = dict(exact["loads"])
    loads["2018-03-31-referrals-late"] = ["referrals", "referrals_2018-03-31_v2.csv", "2018-03-31"]
    (settings.management / f"{later}.manifest.json").write_text(json.dumps(exact | {"loads": loads}))
    serve(settings.publications_dir, later, checked_at=datetime(2099, 1, 1))  # noqa: DTZ001
    return later


def test_a_return_goes_out_in_steps_and_is_never_overwritten(own: Settings, release_id: str):
    """Built, checked, approved, sent, each once and in order; a later release makes a second version."""
    first, is_new = build(own, "spg_slides", MARCH_2018, by="Ada")
    assert (is_new, first.number, first.state) == (True, 1, "built")
    with pytest.raises(ReturnError, match=r"was built by Ada.*flic return check"):
        advance(own, first, "approved", by="Bo", at=NOON)
    assert differences(own, first) == []
    for state, by in (("checked", "Bo"), ("approved", "Cy"), ("sent", "Di")):
        first = advance(own, first, state, by=by, at=NOON)
    steps = [(step["state"], step["by"]) for step in first.manifest["states"]]
    assert steps == [("built", "Ada"), ("checked", "Bo"), ("approved", "Cy"), ("sent", "Di")]
    assert {step["at"] for step in first.manifest["states"][1:]} == {"2018-05-01T12:00:00Z"}
    with pytest.raises(ReturnError, match="nothing is left"):
        advance(own, first, "sent", by="Di", at=NOON)
    again, is_new = build(own, "spg_slides", MARCH_2018, by="Eve")
    assert (is_new, again.number, again.state) == (False, 1, "sent")

    later = restated_release(own, release_id)
    kept = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    second, is_new = build(own, "spg_slides", MARCH_2018, by="Ada")
    assert (is_new, second.number, second.release_id) == (True, 2, later)
    assert {path.name: path.read_bytes() for path in first.folder.iterdir()} == kept
    [moved] = csv.DictReader(io.StringIO(second.read("-restated.csv").decode("utf-8-sig")))
    assert (moved["figure"], moved["old"], moved["new"]) == ("Referrals received", "26", "27")
    assert (moved["period"], moved["because_of"]) == ("January to March 2018", "referrals of 2018-03-31")
    assert differences(own, second) == []
    assert differences(own, find_version(own, "spg_slides", MARCH_2018, 1)) == []


def test_what_is_approved_is_offered_and_readable(own: Settings):
    """The served copy is the one that was checked, readable like its folder; the restricted one is not."""
    own.publications_dir.chmod(0o755)
    version, _ = build(own, "spg_slides", MARCH_2018, by="Ada")
    version = advance(own, version, "checked", by="Bo", at=NOON)
    assert not own.served_returns.exists()
    version = advance(own, version, "approved", by="Cy", at=NOON)
    served = own.served_returns / "2018-03-31" / "spg_slides" / "v1"
    assert sorted(path.name for path in served.iterdir()) == sorted(
        [*version.manifest["files"], "manifest.json"]
    )
    told = json.loads((served / "manifest.json").read_text())
    assert told["states"] == version.manifest["states"]
    # Whoever knew all of a file but one cell could try that cell.
    own_inputs = json.loads((version.folder / "manifest.json").read_text())["inputs"]
    assert [each["file"] for each in told["inputs"]] == [each["file"] for each in own_inputs]
    assert not [each for each in own_inputs if each["sha256"] in (served / "manifest.json").read_text()]
    for name in version.manifest["files"]:
        assert (served / name).read_bytes() == (version.folder / name).read_bytes()
        assert ((served / name).stat().st_mode & 0o777, (version.folder / name).stat().st_mode & 0o777) == (
            0o644,
            0o600,
        )


def written(settings: Settings, content: bytes = b"figures") -> Version:
    """A small pack that was checked."""
    facts = {"aggregate": True, "release": {"release_id": "r"}, "against": None}
    number = next_number(settings, "spg_slides", MARCH_2018)
    files = {"a-figures.csv": content}
    version = write_version(settings, "spg_slides", MARCH_2018, number, files, facts, by="Ada", at=NOON)
    return advance(settings, version, "checked", by="Bo", at=NOON)


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    (tmp_path / "publications").mkdir()
    return Settings(tmp_path, tmp_path / "publications", "fulfilling_lives", b"", b"", "")


def test_an_approval_that_was_stopped_is_finished_by_the_same_again(empty: Settings):
    """It is noted before it is served; done again it is served, in the name of who approved, once."""
    version = written(empty)
    empty.served_returns.write_text("in the way")
    with pytest.raises(ReturnError, match="cannot be written"):
        advance(empty, version, "approved", by="Cy", at=NOON)
    version = find_version(empty, "spg_slides", MARCH_2018)
    assert version.state == "approved"
    empty.served_returns.unlink()
    version = advance(empty, version, "approved", by="Di", at=NOON)
    assert [step["by"] for step in version.manifest["states"]] == ["Ada", "Bo", "Cy"]
    served = empty.served_returns / "2018-03-31" / "spg_slides" / "v1"
    assert json.loads((served / "manifest.json").read_text()) == version.manifest
    with pytest.raises(ReturnError, match="was approved by Cy"):
        advance(empty, version, "approved", by="Di", at=NOON)


def test_what_readers_have_keeps_its_number(empty: Settings):
    """Where the folder `returns` was lost, the next version is another one; files are not mixed."""
    advance(empty, written(empty), "approved", by="Cy", at=NOON)
    shutil.rmtree(empty.returns)
    second = written(empty, b"other figures")
    assert second.number == 2
    other = empty.served_returns / "2018-03-31" / "spg_slides" / "v2"
    shutil.copytree(other.with_name("v1"), other)
    with pytest.raises(ReturnError, match="readers have another one"):
        advance(empty, second, "approved", by="Cy", at=NOON)
    assert find_version(empty, "spg_slides", MARCH_2018).state == "checked"


def test_the_manifest_names_all_that_it_was_made_from(own: Settings, release_id: str):
    """Release, days, hashes of release and inputs, seeds and software."""
    version, _ = build(own, "spg_slides", MARCH_2018, by="Ada")
    manifest = version.manifest
    told = read_manifest(own.publications_dir, release_id)
    assert manifest["release"]["release_id"] == release_id
    assert manifest["release"]["sha256"] == told["sha256"]
    assert manifest["release"]["as_at"] == "2018-03-31"
    assert manifest["release"]["known_by"].endswith("Z")
    assert len(manifest["inputs"]) == len(read_manifest(own.management, release_id)["loads"])  # type: ignore[arg-type]
    assert all(re.fullmatch("[0-9a-f]{64}", load["sha256"]) for load in manifest["inputs"])
    assert {RETURNS, LINES, "publication"} == set(manifest["settings"])
    assert manifest["software"]["typst"] == "0.15.2"


def test_a_changed_file_goes_no_further(own: Settings):
    """A file edited by hand is found by the check, and not approved."""
    version, _ = build(own, "spg_slides", MARCH_2018, by="Ada")
    [path] = version.folder.glob("*figures.csv")
    path.write_bytes(path.read_bytes() + b"edited")
    assert any("not the file that was built" in problem for problem in differences(own, version))
    with pytest.raises(ReturnError, match="not the file that was built"):
        advance(own, version, "checked", by="Bo", at=NOON)


def test_a_new_return_needs_rows_and_no_code(own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A row in each seed makes a return; wording that looks like a formula stays text."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.setattr("dagster_project.settings.ROOT", tmp_path)
    for name, row in (
        (RETURNS, "lottery,For the lottery,What the lottery asked,lottery,quarter,xlsx\n"),
        (LINES, "lottery,1,All,=1+1 starts,starts,count,own,borough,,false\n"),
    ):
        with (own.seeds_dir / name).open("a", encoding="utf-8") as file:
            file.write(row)
    version, _ = build(own, "lottery", MARCH_2018, by="Ada")
    book = load_workbook(io.BytesIO(version.read(".xlsx")))
    cell = book[book.sheetnames[2]]["A1"]
    assert (cell.value, cell.data_type) == ("'=1+1 starts", "s")
    rows = list(csv.DictReader(io.StringIO(version.read("-figures.csv").decode("utf-8-sig"))))
    assert {row["wording"] for row in rows} == {"'=1+1 starts"}
    # The one without a borough is their total.
    assert {row["category_1"] for row in rows} == {"camden", "islington", "not_known", ""}


def lines_of(profile: str) -> list[tuple[str, Line, str]]:
    """Each line of each return of a profile with the period type of the return's own flows."""
    settings = Settings(Path("none"), Path("none"), profile, b"", b"", "")
    return [
        (wanted.name, line, wanted.flow)
        for wanted in read_returns(settings).values()
        for line in read_lines(settings, wanted)
        if not line.reason
    ]


@pytest.mark.parametrize("profile", ["fulfilling_lives", "changing_futures"])
def test_every_line_is_in_the_plan(profile: str):
    """What a return asks for may leave for the group."""
    with (ROOT / "seeds" / profile / "publication_plan.csv").open(newline="") as file:
        planned = {
            (
                r["metric_id"],
                r["measure"],
                r["period_type"],
                frozenset((r["dimension_1"], r["dimension_2"])) - {""},
            )
            for r in csv.DictReader(file)
            if r["audience"] in ("spg", "public")
        }
    for name, line, flow in lines_of(profile):
        wanted = (line.metric_id, line.measure, line.published_as(flow), frozenset(line.dimensions))
        assert wanted in planned, name


# --- failures -----------------------------------------------------------------------------------------------


def asked(settings: Settings, name: str, end: date, release: str = "") -> None:
    wanted = find_return(settings, name)
    choose_release(settings, wanted, end, release)


FAILURES = [
    ("no such return", "annual", MARCH_2018, "", "there are quarterly_report"),
    ("a slip", "quaterly_report", MARCH_2018, "", r"Did you mean quarterly_report\?"),
    ("not over", "quarterly_report", date(2018, 6, 30), "", "not over in release .* Refresh"),
    (
        "no end of a quarter",
        "quarterly_report",
        date(2018, 2, 28),
        "",
        "first up to 2014-06-30 and the last up to 2018-03-31",
    ),
    ("no end of a half-year", "mid_year_report", date(2017, 12, 31), "", "30 September is"),
    ("no release of that day", "mid_year_report", date(2017, 9, 30), "", "--as-at 2017-09-30 --approve-by"),
    ("no such release", "quarterly_report", MARCH_2018, "nothing", "flic publications list"),
]


@pytest.mark.parametrize(("case", "name", "end", "release", "remedy"), FAILURES)
def test_a_refusal_names_the_remedy(
    case: str, name: str, end: date, release: str, remedy: str, zone: Settings
):
    """Nothing is written; the reason says what to do."""
    with pytest.raises(ReturnError, match=remedy):
        asked(zone, name, end, release)
    assert list_versions(zone) == [], case


def test_another_programme_makes_no_return_of_these_data(own: Settings):
    """Its files would carry a programme's name over the figures of another one."""
    (own.landing / "profile").write_text("fulfilling_lives")
    other = replace(own, profile="changing_futures")
    with pytest.raises(ProfileRefusedError, match="set FLIC_PROFILE=fulfilling_lives"):
        build(other, "spg_slides", MARCH_2018, by="Ada")


@pytest.mark.parametrize("row", ["starts,count,own,,,false,Not collected: no", ",,own,,,false,"])
def test_a_line_has_a_metric_or_a_reason(
    row: str, zone: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Both, or neither, is a mistake in the seed, and is named."""
    monkeypatch.setattr("dagster_project.settings.ROOT", tmp_path)
    zone.seeds_dir.mkdir(parents=True)
    head = "lines,line,part,wording,metric_id,measure,period_type,dimension_1,dimension_2,series,reason"
    (zone.seeds_dir / LINES).write_text(f"{head}\none,1,All,Starts,{row}\n")
    with pytest.raises(ReturnError, match="line 1 of one: a line has either"):
        read_lines(zone, Return("one", "One", "?", "one", "quarter", ("xlsx",)))


def test_a_draft_makes_no_return(zone: Settings, tmp_path: Path, release_id: str):
    """Without an approved release the draft is named, and the command that approves it."""
    shutil.copytree(zone.drafts, tmp_path / "drafts")
    (tmp_path / "publications").mkdir()
    empty = replace(zone, data_dir=tmp_path, publications_dir=tmp_path / "publications")
    with pytest.raises(ReturnError, match=f"flic publications approve {release_id}"):
        asked(empty, "quarterly_report", MARCH_2018)


def test_a_table_that_is_not_in_the_plan_is_named(zone: Settings, release_id: str):
    """A line that the release does not publish for the group stops the build, with its remedy."""
    wanted = Return("one", "One", "?", "one", "quarter", ("xlsx",))
    line = replace(LINE, metric_id="budget_commitment", measure="total_gbp", period_type="as_at")
    with pytest.raises(ReturnError, match=r"line 1 of one .* publication_plan\.csv, refresh and approve"):
        make_pack(zone, wanted, [line], release_id, MARCH_2018, 1)


def test_building_says_how_far_it_is(zone: Settings, own: Settings, caplog: pytest.LogCaptureFixture):
    """A line for the release and one for each file."""
    with caplog.at_level(logging.INFO, logger="flic"):
        build(own, "spg_slides", MARCH_2018, by="Ada")
    assert [record.message.strip() for record in caplog.records][1:] == ["writing PPTX (1 of 1)"]


def test_packs_have_the_colours_of_the_pages():
    """The same look: one palette, written down twice because the pipeline knows no charts of the pages."""
    light = charts.LIGHT
    assert (light.ink, light.muted, light.line) == (words.INK, words.MUTED, words.LINE)
    assert (light.accent, light.withheld) == (words.ACCENT, words.WITHHELD)
