"""Every page draws every kind of publication, says what it must, and keeps the reader's choices."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import duckdb
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.access import Visitor
from dashboards.components import Table
from dashboards.sentences import shown, table_cell
from dashboards.workbook import Sheets
from tests.dashboards.publication_fixture import LATEST, METRICS, write_publication
from tests.dashboards.test_workbook import book, midnight, table
from tests.pipeline.programme import Programme

ROOT = Path(__file__).parents[2]
# About a chosen period; the last three are about the release as a whole.
CHOSEN_PERIOD = [
    "this_quarter",
    "referrals_and_waits",
    "who_we_support",
    "staying_in_touch",
    "what_is_changing",
    "cohorts",
    "money",
    "other_services",
    "learning",
    "decisions",
]
VISITOR = Visitor(None, is_here=True)
PAGES = [*CHOSEN_PERIOD, "data_quality", "definitions", "reports"]
KINDS = ["normal", "part_period", "all_suppressed", "empty"]


def serve(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the application show one folder of publications."""
    monkeypatch.setenv("FLIC_PUBLICATIONS_DIR", str(folder))
    # A checkout in which the demonstration ran has a restricted zone that this process can read.
    monkeypatch.setenv("FLIC_ALLOW_RESTRICTED_ZONE", "1")
    monkeypatch.setenv("FLIC_WITHOUT_LOGIN", "1")
    # There is no browser that could say where it is; `test_login_in_browser.py` has one.
    monkeypatch.setattr("dashboards.access.visitor", lambda: VISITOR)


def open_page(folder: Path, page: str, monkeypatch: pytest.MonkeyPatch, **address: str) -> AppTest:
    """One page of the application on one folder of publications."""
    serve(folder, monkeypatch)
    app = AppTest.from_file(str(ROOT / "dashboards" / "streamlit_app.py"), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    return app if page == PAGES[0] else go_to(app, page)


def go_to(app: AppTest, page: str) -> AppTest:
    return app.switch_page(str(ROOT / "dashboards" / "app_pages" / f"{page}.py")).run()


def markup(app: AppTest) -> str:
    """All that is written on the page, as markup."""
    return "\n".join(element.proto.body for element in app.get("html"))


def text(app: AppTest) -> str:
    """All that is written on the page, as a reader sees it."""
    without_style = re.sub(r"<style>.*?</style>", "", markup(app), flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without_style)))


@pytest.fixture(scope="module")
def readers() -> dict[str, AppTest]:
    """Who reads each kind of publication, where they are now."""
    return {}


# To go on from page to page is half the work of opening each in a session of its own.
@pytest.fixture(scope="module", params=[(kind, page) for kind in KINDS for page in PAGES], ids="-".join)
def opened(
    request: pytest.FixtureRequest, publications: dict[str, Path], readers: dict[str, AppTest]
) -> Iterator[tuple[str, AppTest]]:
    """A page of a kind of publication, and its name."""
    kind, page = request.param
    with pytest.MonkeyPatch.context() as monkeypatch:
        if kind in readers:
            serve(publications[kind], monkeypatch)
            go_to(readers[kind], page)
        else:
            readers[kind] = open_page(publications[kind], page, monkeypatch)
        yield page, readers[kind]


def test_every_page_of_every_publication(opened: tuple[str, AppTest]) -> None:
    _, app = opened
    written = text(app)
    assert not app.exception
    assert "cannot be shown just now" not in written
    assert re.search(
        r"As at \d+ \w+ \d{4} · refreshed .* \(draft: not yet approved\) · The data are synthetic", written
    )
    assert 'class="lead"' in markup(app)
    assert "Sources, with extract dates" in written
    # Words of definitions and of empty places aside.
    assert "None" not in re.sub(r"None( is a number| yet|\.)", "", written)
    assert not re.search(r"\bnan\b", written, re.IGNORECASE)


def test_a_page_and_its_workbook_show_the_same(opened: tuple[str, AppTest]) -> None:
    _, app = opened
    sheets: Sheets = app.session_state["on_this_page"]
    labels = [button.proto.label for button in app.get("download_button")]
    assert ("Download this page as a workbook (XLSX)" in labels) == bool(sheets)
    if not sheets:
        return
    written = unescape(markup(app))
    made = book(app.session_state["view"], sheets)
    for name, (_, content) in zip(made.sheetnames[1:], sheets, strict=False):
        rows = table(made[name])
        if isinstance(content, Table):
            assert len(rows) == len(content.rows)
            continue
        assert len(rows) == len(content)
        for row, figure in zip(rows, content, strict=True):
            if figure.value is None:
                assert row["Value"] == table_cell(figure)
            else:
                assert row["Value"] == pytest.approx(figure.value)
                assert shown(figure) in written
            assert row["To"] == midnight(figure.period_end)


@pytest.mark.parametrize("opened", [("normal", page) for page in CHOSEN_PERIOD], indirect=True, ids="-".join)
def test_every_chart_has_a_text_a_table_and_a_file(opened: tuple[str, AppTest]) -> None:
    _, app = opened
    drawn = [chart.proto for chart in app.get("plotly_chart")]
    assert drawn
    assert all(chart.alt for chart in drawn)
    for chart in drawn:
        go.Figure(
            json.loads(chart.spec)
        )  # raises what Plotly does not know: `charts.py` asks it for no check
    tables = markup(app).count("<details>")
    assert tables >= 1
    assert len(app.get("download_button")) >= tables


@pytest.mark.parametrize(
    "opened",
    [("area", page) for page in PAGES if page not in ("learning", "decisions", "data_quality")],
    indirect=True,
    ids="-".join,
)
def test_every_page_of_an_areas_file_names_the_area_and_says_what_is_not_given(
    opened: tuple[str, AppTest],
) -> None:
    page, app = opened
    written = text(app)
    assert not app.exception
    assert "cannot be shown just now" not in written
    assert "Fulfilling Lives in Islington and Camden Camden" in markup(app)  # in the head of the sidebar
    assert re.search(r"<h1>[^<]+: Camden</h1>", markup(app))
    assert "All figures here are of Camden alone. Figures of all areas together have pages of" in written
    assert "None" not in re.sub(r"None( is a number| yet|\.)", "", written)
    assert not re.search(r"\bnan\b", written, re.IGNORECASE)
    # The file is about one place: there is none to choose.
    assert [box.key for box in app.selectbox if box.key in ("choice_borough", "choice_area")] == []
    if page in CHOSEN_PERIOD:
        assert "Showing January to March 2018, Camden" in written
    # What it has not is named once, and is no reason to say that there is none of it.
    assert ("Not given for one area" in written) == (page not in ("definitions", "reports"))
    for untrue in ("Nothing waits for", "Nothing is known about the exports", "How good is the data?"):
        assert untrue not in written
    for unheard_of in ("each borough", "or borough", "client_links", "with extract date"):
        assert unheard_of not in written


def test_a_part_of_which_an_areas_file_has_nothing_has_no_heading(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = ("What became of everyone who started", "How long support lasts")
    whole = markup(open_page(publications["national"], "cohorts", monkeypatch))
    own = markup(open_page(publications["area"], "cohorts", monkeypatch))
    assert [f"<h2>{part}</h2>" in whole for part in parts] == [True, True]
    assert [f"<h2>{part}</h2>" in own for part in parts] == [False, False]


@pytest.mark.parametrize(
    ("address", "offer"),
    [
        ("", "ask the data lead for the address"),
        (
            "https://all.example.org/?a=1&b",
            '<a href="https://all.example.org/?a=1&amp;b">all areas together</a>',
        ),
        ("javascript:alert(1)", "ask the data lead for the address"),
    ],
)
def test_the_address_of_an_area_that_was_withdrawn_says_so_and_offers_all_areas(
    address: str, offer: str, publications: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(publications["area"], tmp_path, dirs_exist_ok=True)
    told = {"area": "Camden", "as_at": "2018-03-31", "withdrawn_at": "2018-07-02T09:00:00Z"}
    (tmp_path / "current.json").write_text(json.dumps(told))
    monkeypatch.setenv("FLIC_ALL_AREAS_ADDRESS", address)
    app = open_page(tmp_path, "money", monkeypatch)
    assert not app.exception
    assert "Camden is no longer published on its own" in text(app)
    assert "Since 2 July 2018 there are no figures here. The last ones were as at 31 March 2018" in text(app)
    assert offer in markup(app)
    assert not app.selectbox
    assert 'class="tile-figure"' not in markup(app)


def test_a_national_file_offers_its_areas_where_another_offers_boroughs(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere = text(open_page(publications["national"], "this_quarter", monkeypatch))
    chosen = text(open_page(publications["national"], "this_quarter", monkeypatch, area="camden"))
    own = text(open_page(publications["area"], "this_quarter", monkeypatch))
    assert "Showing January to March 2018, all areas" in everywhere
    assert "Showing January to March 2018, Camden" in chosen
    of_camden = re.search(r"Support ended\s+Camden (\d+)", chosen)
    of_all = re.search(r"Support ended\s+(\d+)", everywhere)
    assert of_camden
    assert of_all
    assert int(of_camden[1]) < int(of_all[1])
    assert f"Support ended {of_camden[1]}" in re.sub(r"\s+", " ", own)


# The others show what the partnership writes, which is nobody's and never withheld.
@pytest.mark.parametrize("page", CHOSEN_PERIOD[:8])
def test_nothing_withheld_turns_into_a_number(
    page: str, publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["all_suppressed"], page, monkeypatch)
    cells = re.findall(r"<td>([^<]*)</td>", markup(app))
    tiles = re.findall(r'class="tile-figure">([^<]*)', markup(app))
    assert {unescape(cell) for cell in cells} <= {"<10 [c]", "[c]", "[x]"}
    assert {unescape(tile).strip() for tile in tiles} <= {"<10", "[c]"}


def test_the_day_of_the_review(publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(publications["part_period"], "this_quarter", monkeypatch, period="2015-05-31")
    written = text(app)
    assert "165 since June 2014" in written
    assert "88 since June 2014" in written
    assert "2 since June 2014" in written
    assert "0 + 88 \N{MINUS SIGN} 2 = 86: everyone is accounted for." in written
    assert re.search(r"People supported\s+86 people", written)
    assert re.search(r"Moved on so far\s+<10 people", written)
    assert "The quarter is not over" in written


def test_the_view_is_in_the_address_and_stays_on_the_way_to_another_page(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(
        publications["normal"], "this_quarter", monkeypatch, period="2016-09-30", borough="camden"
    )
    assert "Showing July to September 2016, Camden" in text(app)
    for page in [*CHOSEN_PERIOD[1:], CHOSEN_PERIOD[0]]:
        app.query_params.clear()
        go_to(app, page)
        assert "Showing July to September 2016, Camden" in text(app), page
        assert app.query_params["period"] == "2016-09-30", page
        assert app.query_params["borough"] == "camden", page


def test_a_choice_goes_into_the_address(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["normal"], "this_quarter", monkeypatch)
    assert app.query_params["period"] == "2018-03-31"
    app.selectbox(key="choice_period").set_value("2017-12-31").run()
    assert app.query_params["period"] == "2017-12-31"
    assert "Showing October to December 2017" in text(app)
    go_to(app, "who_we_support")
    app.selectbox(key="choice_by").set_value("age_band").run()
    assert app.query_params["by"] == "age_band"


def test_an_address_that_asks_for_what_is_not_there(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["normal"], "this_quarter", monkeypatch, period="<b>1999</b>", borough="mars")
    assert "does not hold" in text(app)
    assert "1999" not in markup(app)
    assert "Showing January to March 2018, all boroughs" in text(app)


def test_a_borough_changes_the_figures_that_are_published_by_borough(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = text(open_page(publications["normal"], "this_quarter", monkeypatch))
    camden = text(open_page(publications["normal"], "this_quarter", monkeypatch, borough="camden"))
    assert "375 since June 2014" in everyone
    assert "375 since June 2014" not in camden
    assert re.search(r"People supported\s+Camden", camden)
    assert re.search(r"Personal budgets paid\s+all boroughs", camden)
    assert re.search(r"have the two readings that change needs.* \(All boroughs\.\)", camden)
    assert "(All boroughs.)" not in everyone


def test_old_figures_do_not_look_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_publication(tmp_path, created_at=datetime.now(UTC) - timedelta(days=150))
    assert "These figures are stale." in text(open_page(tmp_path, "this_quarter", monkeypatch))


def test_a_release_that_does_not_verify_gives_way_to_one_that_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_publication(tmp_path, release_id="2018-01-older", created_at=datetime(2018, 4, 1, tzinfo=UTC))
    damaged = write_publication(tmp_path, LATEST, "empty", release_id="2018-02-newer")
    damaged.write_bytes(damaged.read_bytes() + b"more")
    written = text(open_page(tmp_path, "this_quarter", monkeypatch))
    assert (
        "The newest release cannot be shown: release 2018-02-newer is not the file that was published"
        in written
    )
    assert "release 2018-01-older" in written


def test_no_publication_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(tmp_path, "this_quarter", monkeypatch)
    assert not app.exception
    assert "Nothing is published yet" in text(app)
    assert "flic refresh" in text(app)


def test_an_error_is_a_calm_sentence(publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("inner workings")

    monkeypatch.setattr("dashboards.components.page_head", broken)
    app = open_page(publications["normal"], "this_quarter", monkeypatch)
    assert not app.exception
    assert "This page cannot be shown just now" in text(app)
    assert "inner workings" not in markup(app)


def test_change_is_shown_only_where_enough_people_have_two_readings(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = text(open_page(publications["normal"], "what_is_changing", monkeypatch))
    early = text(open_page(publications["part_period"], "what_is_changing", monkeypatch, period="2015-05-31"))
    assert "Mean change from first to latest reading" in later
    assert "Mean change from first to latest reading" not in early
    assert "Too early, or too few" in early
    for written in (later, early):
        assert "Triangle Consulting Social Enterprise" in written


def test_who_has_no_two_readings_is_in_words_and_not_in_the_bars(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["normal"], "what_is_changing", monkeypatch)
    assert "Without two readings to compare, and so not shown here: " in text(app)
    # In the table neither: a column of it would look like a fourth way to go.
    assert "No two readings to compare" not in markup(app)


def test_definitions_can_be_searched(publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(publications["normal"], "definitions", monkeypatch)
    assert "59 of 59 shown" in text(app)
    app.text_input(key="search_definitions").set_value("bank holidays").run()
    assert "1 of 59 shown" in text(app)
    app.text_input(key="search_definitions").set_value("no such words").run()
    assert "No definition holds these words" in text(app)


def test_every_metric_stands_on_a_page(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["normal"], CHOSEN_PERIOD[0], monkeypatch)
    drawn = set(re.findall(r'class="definition"><h3>([^<]*)', markup(app)))
    for page in CHOSEN_PERIOD[1:]:
        drawn |= set(re.findall(r'class="definition"><h3>([^<]*)', markup(go_to(app, page))))
    defined = set(re.findall(r'class="definition"><h3>([^<]*)', markup(go_to(app, "definitions"))))
    # For management alone: the plan gives the SPG none of it.
    assert defined - drawn == {METRICS["star_change_12m_baseline"]["label"]}


PUBLIC_PAGES = ["referrals_and_waits", "who_we_support", "money", "definitions", "reports"]


@pytest.mark.parametrize("page", PUBLIC_PAGES)
def test_a_page_for_anyone_is_about_years_and_leaves_out_what_is_not_public(
    page: str, publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["public"], CHOSEN_PERIOD[0], monkeypatch)
    if page != PUBLIC_PAGES[0]:
        go_to(app, page)
    written = text(app)
    assert "cannot be shown just now" not in written
    assert "Not published" not in written
    assert not re.search(r"not published|not shown", re.search(r'class="lead">(.*?)</p>', markup(app))[1])  # pyright: ignore
    if page in CHOSEN_PERIOD:
        assert (
            "Showing April 2017 to March 2018, all boroughs, compared with April 2016 to March 2017"
            in written
        )
        assert "quarter" not in re.sub(
            r'<div class="definition">.*?</div>|<style>.*?</style>', "", markup(app), flags=re.S
        )


def test_a_page_that_the_public_may_not_see_is_not_there(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["public"], CHOSEN_PERIOD[0], monkeypatch)
    for page in {*PAGES, "data_quality_lists"} - set(PUBLIC_PAGES) - {CHOSEN_PERIOD[0]}:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            go_to(app, page)


def test_management_has_lists_by_pseudonym_and_nobody_else_has_the_page(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["management"], "data_quality_lists", monkeypatch)
    written = text(app)
    # Five are listed, three of them about one client; the sixth was accepted as right.
    assert "5 findings are to be mended and concern 1 client." in written
    assert "Left out: 1 that the data lead had accepted as right." in written
    assert re.search(
        r"Answers that are missing 1 1 Stars that are due 1 1 Contacts that are overdue 0 0", written
    )
    assert "Need mental health is not known of a client who is supported now" in written
    assert re.search(r"not known, or nobody line 7 of petty_cash_2018-03-31.csv 31 March 2018", written)
    # The current file has another record on that line.
    assert "line 8 of caseload_2017-12-31.csv, the last that held it" in written
    assert "Cells that count as empty 1 1 Odd records 1 0" in written
    assert [b.proto.label for b in app.get("download_button")].count("Download CSV") == 5
    empty = text(open_page(publications["management_empty"], "data_quality_lists", monkeypatch))
    assert "Nothing is left to mend." in empty
    assert empty.count("Not known: this export never came.") == 2
    assert "cannot be shown just now" not in empty
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        open_page(publications["normal"], "data_quality_lists", monkeypatch)


def test_management_is_not_told_that_its_figures_are_rounded(
    published: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounded = r"rounded to|withheld to protect|\[c\] |for 10 people or more|\babout \d"
    pages = ("this_quarter", "who_we_support", "cohorts", "money", "data_quality", "definitions")
    for folder in ("drafts", "management"):
        app = open_page(published.folder / folder, PAGES[0], monkeypatch)
        for page in pages:
            told = text(go_to(app, page))
            if folder == "drafts":
                assert re.search(rounded, told)
                continue
            # The rules of the others' file stand on the page of definitions, as theirs.
            told = re.sub("What everybody else reads follows these rules.* in the next one", "", told)
            assert re.findall(f".{{40}}(?:{rounded})", told) == []
            assert "These figures are exact and for named managers only" in told


def test_the_log_and_the_register_stand_in_their_own_words(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = text(open_page(publications["normal"], "learning", monkeypatch))
    assert "Whoever needs a bag gets one." in written
    assert "adopted 16 February 2015; reviewed 11 September 2015" in written
    assert re.search(r"H1 Showing what works changes others\. Cycle 1 · Mixed", written)
    assert "Clients 1; Workers 1" in written
    assert re.search(r"Whose account is missing\s+Peers", written)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        # What is counted, of what day, and what may look like a contradiction.
        (
            "this_quarter",
            [
                r"Supported, no star yet (<10|\d+) people On 31 March 2018",
                r"whose referrals have been decided, since June 2014",
                r"also the number of people beside these, are rounded up or down to a multiple of 5",
            ],
        ),
        (
            "referrals_and_waits",
            [
                r"Half of everybody who began to wait had come to the step within: ",
                r"Half of everybody who began to wait, on 31 March 2018",
            ],
        ),
        (
            "what_is_changing",
            [
                r"about \d+ people have no two stars to compare; the mean rests on those of them who "
                r"have a whole first one, about \d+ people",
                r"The others of that group have no star at all",
            ],
        ),
        ("cohorts", [r"“No longer requires support” here need not be as many as “Moved on” above"]),
        ("decisions", [r"Done: until it was done, and not only until the decision"]),
        ("data_quality", [r"their newest files hold about [\d,]+ rows|their newest files hold [\d,]+ rows"]),
    ],
)
def test_a_figure_says_of_whom_and_when_it_is(
    page: str, words: list[str], publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = text(open_page(publications["normal"], page, monkeypatch))
    assert [sought for sought in words if not re.search(sought, written)] == []


def test_personal_budgets_that_the_ledger_does_not_know_stand_on_the_page_once(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """This budget has lines of staffing and of peer mentoring alone."""
    written = text(open_page(publications["normal"], "money", monkeypatch))
    assert "Budget and actual, by line" in written
    assert "twice" not in written
    assert "the ledger's figure" not in written


def test_what_is_said_of_the_example_is_so(published: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(published.folder / "drafts", "this_quarter", monkeypatch, period="2014-06-30")
    written = text(app)
    assert "In this release, as at 31 March 2018: All 17 exports have come; their newest files" in written
    money = text(go_to(app, "money"))
    assert "The programme itself spent" not in money
    app = open_page(published.folder / "drafts", "money", monkeypatch)
    # The books of January to March 2018 are not closed: three quarters are held against three.
    assert (
        "The programme itself spent £421,133 in April to December 2017, as far as the books are closed, "
        "of £434,200 budgeted for the same lines and quarters: £13,067 less than budgeted. With what has no "
        "actual yet, the budget of April 2017 to March 2018 is £580,900." in text(app)
    )
    assert "Personal budgets stand on this page twice" in text(app)
    assert "By single payments; the ledger's figure is below" in text(app)
    decisions = markup(go_to(app, "decisions"))
    assert '1 <span class="unit">item</span>' in decisions
    go_to(app, "learning")
    learning = text(app)
    # SC-001 was reviewed after three months: five cards have a review, and four of them count.
    assert "Of 4 changes whose review counts, 3 were still in place." in learning
    assert learning.count("too early to count") == 1
    assert markup(app).count("<dt>Still in place at the review</dt>") == 5


def test_what_happened_later_is_not_known_on_an_earlier_day(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = text(open_page(publications["normal"], "learning", monkeypatch, period="2015-03-31"))
    assert "adopted 16 February 2015" in log
    assert "; reviewed" not in log
    assert "Assessment" not in log.split("The register of hypotheses")[0].split("The log")[1]
    items = text(open_page(publications["normal"], "decisions", monkeypatch, period="2015-03-31"))
    assert "Trial for a year" not in items
    assert "waiting for 14 days" in items
    assert "Referrals that never hear back" not in items


def test_what_the_group_was_asked_names_its_figure_or_change_and_no_markup(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["normal"], "decisions", monkeypatch)
    written = text(app)
    assert "decided 20 January 2015, after 42 days; done 16 February 2015, after 69 days" in written
    assert "SC-1 in the log of system changes" in written
    assert "the figure “Status of referrals”" in written
    assert "A &lt;b&gt;panel&lt;/b&gt; for people outside every threshold" in markup(app)
    first_page = text(open_page(publications["normal"], "this_quarter", monkeypatch))
    assert "Referrals that never hear back (SPG-3, raised 21 April 2015; owner: nobody yet)" in first_page


def test_figures_that_moved_are_listed(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = text(open_page(publications["normal"], "data_quality", monkeypatch))
    assert "1 figure of 1 metric has moved since release 2015-04-an-earlier-one" in written
    assert re.search(
        r"Open caseload\s+Number\s+on 31 March 2015\s+Camden\s+36\s+35\s+Caseload of 30 April 2015", written
    )


def test_the_releases_of_the_folder_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_publication(tmp_path, release_id="2018-01-older", created_at=datetime(2018, 4, 1, tzinfo=UTC))
    write_publication(tmp_path, release_id="2018-02-newer", created_at=datetime(2018, 5, 1, tzinfo=UTC))
    (tmp_path / "broken.manifest.json").write_text("{")
    written = text(open_page(tmp_path, "reports", monkeypatch))
    assert "There is no pack and no return to the funder here yet. 2 releases are kept." in written
    assert re.search(
        r"2018-02-newer \(shown\) .*2018-01-older 31 March 2018 1 April 2018, 01:00 draft", written
    )


def test_approved_returns_can_be_taken_and_a_changed_one_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_publication(tmp_path)
    for version, content in ((1, b"as built"), (2, b"edited since")):
        folder = tmp_path / "returns" / "2018-03-31" / "quarterly_figures" / f"v{version}"
        folder.mkdir(parents=True)
        name = f"programme-quarterly_figures-2018-03-31-v{version}-figures.csv"
        (folder / name).write_bytes(content)
        manifest = {
            "return": "quarterly_figures",
            "title": "Quarterly figures",
            "period_end": "2018-03-31",
            "version": version,
            "release": {"release_id": "2018-03-a-release"},
            "files": {name: {"sha256": hashlib.sha256(b"as built").hexdigest()}},
            "states": [{"state": "approved", "by": "Cy", "at": "2018-05-01T12:00:00Z"}],
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
    page = open_page(tmp_path, "reports", monkeypatch)
    assert "1 return is ready to be taken." in text(page)
    assert (
        "Quarterly figures For the period up to 31 March 2018, version 1, from release 2018-03-a-release "
        "How it came Approved by Cy (1 May 2018, 13:00)." in text(page)
    )
    assert page.get("download_button")[0].proto.label == "Figures (CSV)"


@pytest.mark.parametrize(("folder", "pages"), [("drafts", PAGES), ("management", ["data_quality_lists"])])
def test_every_page_of_a_release_of_the_example_exports(
    folder: str, pages: list[str], published: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(published.folder / folder, PAGES[0], monkeypatch)
    for page in pages:
        written = text(go_to(app, page))
        assert "cannot be shown just now" not in written, page
        assert "Not published" not in written, page
        assert "None" not in re.sub(r"None( is a number| yet|\.)", "", written), page


def test_what_is_withheld_in_every_part_is_a_line_and_no_chart(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["all_suppressed"], "other_services", monkeypatch)
    written = text(app)
    lines = re.findall(r'<div class="shrunk">', markup(app))
    assert len(lines) == 6
    assert not app.get("plotly_chart")
    assert "Table of these figures" not in written
    assert re.search(
        r"Value of all known use\s+April 2017 to March 2018, all boroughs\. \[c\] withheld to", written
    )
    # What is in the file is in the workbook, and what it means is said.
    assert len(app.session_state["on_this_page"]) == 6
    assert "service_value" in app.session_state["defined_here"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            "what_is_changing",
            r"Up by a stage or more On 31 March 2018, all boroughs, about \d+ to \d+ people behind",
        ),
        ("what_is_changing", r"readings at least 90 days apart, about \d+ to \d+ people behind each figure"),
        (
            "cohorts",
            r"months since the first start On 31 March 2018, all boroughs, about \d+ to \d+ people behind",
        ),
        # June 2014 is no quarter.
        (
            "referrals_and_waits",
            "The first point is hollow: the programme began within that quarter, so that it is of June",
        ),
        ("who_we_support", "The first pair of bars is of a part: the programme began within that quarter"),
        ("what_is_changing", "Items scored 0 to 4 .*Items scored 0 to 8 .*Lines are 95% intervals"),
    ],
)
def test_a_chart_says_what_it_rests_on(
    page: str, words: str, publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert re.search(words, text(open_page(publications["normal"], page, monkeypatch)))


def test_referrals_by_borough_have_their_total_and_definition(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(publications["normal"], "referrals_and_waits", monkeypatch)
    [table] = re.findall(
        r"<table[^>]*><caption>Referrals received by borough.*?</table>", markup(app), re.DOTALL
    )
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)', table)[-1] == "All boroughs"
    for row in re.findall(r"<tr>(.*?)</tr>", table)[1:]:
        *parts, total = map(int, re.findall(r"<td[^>]*>(\d+)</td>", row))
        assert sum(parts) == total
    assert "referrals_received" in app.session_state["defined_here"]


def altered(folder: Path, statement: str, audience: str = "spg") -> None:
    """An ordinary publication in which one statement was run."""
    path = write_publication(folder, LATEST, "normal", audience=audience)
    with duckdb.connect(str(path)) as file:
        file.execute(statement)
    pointer = json.loads((folder / "current.json").read_text())
    pointer["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "current.json").write_text(json.dumps(pointer))


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (None, "Nothing to compare with: there is no release before this one."),
        (
            "2017-12-31-20180105T090000Z-0a1b2c3d",
            "No figure moved since the release that was served before this one",
        ),
    ],
)
def test_where_no_figure_moved_it_is_said_whether_there_was_a_release_before(
    before: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered(tmp_path, "delete from figure_changes", audience="management")
    if before:
        [manifest] = tmp_path.glob("*.manifest.json")
        told = json.loads(manifest.read_text())
        told |= {"release_id": before, "as_at": "2017-12-31", "created_at": "2018-01-05T09:00:00Z"}
        (tmp_path / f"{before}.manifest.json").write_text(json.dumps(told))
    assert words in text(open_page(tmp_path, "data_quality", monkeypatch))


def test_exact_numbers_of_rows_are_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release has one line for the rare reasons of each export, but for those about nobody."""
    altered(
        tmp_path,
        "insert into data_quality_issues select export, 'other', 'warn', 'any other reason', null, 'c'"
        " from source_status where export not in ('hypotheses', 'evidence')",
    )
    written = text(open_page(tmp_path, "data_quality", monkeypatch))
    assert (
        "rounded to 5 like counts of people. Those of Evidence; Hypotheses are exact: their rows are"
        in written
    )
