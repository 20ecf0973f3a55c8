"""Pages on A4: whole, with what was chosen, the as-at day and the footer; the first page on two sheets.

The sheets go to `test-results/dashboards/` to be looked at.
"""

from __future__ import annotations

import re
from unicodedata import normalize
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from tests.dashboards.test_pages_in_browser import PAGES, PICTURES, SIZES, open_page, walk
from tests.served import CHROMIUM, WITHOUT_CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)
A4 = (595, 842)
ABOUT_THE_RELEASE = ("data-quality", "definitions", "reports")
# More than these nobody reads; with the definitions.
SHEETS = {"": 2, "referrals-and-waits": 8, "what-is-changing": 9, "cohorts": 6, "money": 7, "learning": 7}
CHOSEN = "period=2017-12-31&borough=camden"


def sheets(page: Page, name: str) -> PdfReader:
    """The sheets that somebody gets who prints this page from a computer."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}-a4.pdf"
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    return PdfReader(path)


@pytest.fixture(scope="module")
def reader(browser: Browser, address: str) -> Page:
    """The first page with something chosen, from which the tests go on to each of the others."""
    return open_page(browser, f"{address}/?{CHOSEN}", SIZES["desk"])


@pytest.fixture(scope="module", params=PAGES)
def opened(request: pytest.FixtureRequest, reader: Page) -> tuple[str, Page]:
    """Each page with what was chosen before; the second of both tests changes how it is looked at."""
    reader.emulate_media(media="null")
    reader.set_viewport_size({"width": SIZES["desk"][0], "height": SIZES["desk"][1]})
    if urlsplit(reader.url).path != f"/{request.param}":
        walk(reader, request.param)
    return request.param, reader


def test_every_sheet_says_what_it_is(opened: tuple[str, Page]) -> None:
    name, page = opened
    printed = sheets(page, name or "this-quarter")
    # The letters f and i are one sign in the headings.
    texts = [" ".join(normalize("NFKC", sheet.extract_text()).split()) for sheet in printed.pages]
    for number, (sheet, text) in enumerate(zip(printed.pages, texts, strict=True), 1):
        assert tuple(round(float(side)) for side in sheet.mediabox[2:]) == A4
        assert "As at 31 March 2018 · release" in text
        assert "October to December 2017, Camden" in text
        assert f"{number} of {len(texts)}" in text
    # The line above the page and its footer, which the foot of a sheet does not repeat.
    whole = " ".join(texts)
    assert "refreshed" in texts[0]
    assert "Sources, with extract dates:" in whole
    assert "Marks:" in texts[-1]
    if name not in ABOUT_THE_RELEASE:
        assert "Showing October to December 2017, Camden" in texts[0]
    for tool in ("Download", "Sign out", "Search the definitions"):
        assert tool not in whole
    # A panel cannot be opened on paper.
    if name not in (*ABOUT_THE_RELEASE, "decisions"):
        assert "What these figures mean" in whole
    assert len(texts) <= SHEETS.get(name, len(texts))
    if name == "referrals-and-waits":
        # The months of a series, in three columns: January, May and October of 2014 to 2017.
        months = [
            set(re.findall(r"^(?:January|May|October) 201[4-8]\b", sheet.extract_text(), re.MULTILINE))
            for sheet in printed.pages
        ]
        assert [len(found) for found in months if found] == [10]


def test_nothing_is_cut_or_laid_over_another(opened: tuple[str, Page]) -> None:
    _, page = opened
    # As wide as the sheet without its margins, at 96 pixels an inch.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1031})
    page.wait_for_timeout(300)
    right = page.evaluate(
        "Math.max(...[...document.querySelectorAll("
        "'[data-testid=stMain] :is(table, .js-plotly-plot, p, h1, h2, h3, dl)')]"
        ".map(e => e.getBoundingClientRect().right))"
    )
    assert right <= 703
    # Sheets are broken well inside blocks only: exhibits and what holds them are blocks.
    kinds = page.evaluate(
        "[...document.querySelectorAll('[class*=st-key-exhibit-]')].flatMap(e => { const up = [];"
        " for (; e.dataset.testid !== 'stMain'; e = e.parentElement) up.push(getComputedStyle(e).display);"
        " return up; })"
    )
    assert set(kinds) <= {"block", "contents"}
    closed = page.evaluate(
        "[...document.querySelectorAll('details .table')]"
        ".filter(e => e.getBoundingClientRect().height === 0).length"
    )
    assert closed == 0
    assert not page.locator("[data-testid=stSidebar]").is_visible()


@pytest.mark.parametrize("period", ["", "period=2014-09-30"])
def test_this_quarter_fits_two_sheets(period: str, browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/?{period}", SIZES["desk"])
    assert len(sheets(page, "this-quarter-two").pages) <= 2
    page.close()


def test_a_dark_page_prints_dark_on_white(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/money", SIZES["desk"], "dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.wait_for_timeout(300)
    colours = page.evaluate(
        "['.head h1', '.topline', '.table td', '.foot']"
        ".map(s => getComputedStyle(document.querySelector(s)).color)"
    )
    assert all(max(map(int, colour[4:-1].split(","))) < 130 for colour in colours)
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    page.close()
