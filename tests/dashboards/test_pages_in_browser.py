"""Every page in a real browser: as published, nothing cut off or loaded from outside, for every reader.

Screenshots of every page, at a desk and on a phone, in light and dark, go to `test-results/dashboards/` when
`FLIC_PICTURES` is set; `FLIC_LOOK_AT` names another folder of publications to look at:

    FLIC_PICTURES=1 FLIC_LOOK_AT=FOLDER pytest tests/dashboards/test_pages_in_browser.py
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dashboards.published import Publication, PublicationsFolder
from dashboards.sentences import number
from tests.served import CHROMIUM, WITHOUT_CHROMIUM

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "test-results" / "dashboards"
PAGES = (
    "",
    "referrals-and-waits",
    "who-we-support",
    "staying-in-touch",
    "what-is-changing",
    "cohorts",
    "money",
    "other-services",
    "learning",
    "decisions",
    "data-quality",
    "definitions",
    "reports",
)
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
NARROW = (320, 640)
# Whether the focus changes anything that a reader sees about an element and the boxes around it. Some of that
# is drawn by the framework's code, which a busy machine is slow to run.
SHOWS_ITS_FOCUS = """
async e => {
  const look = () => { const seen = []; for (let n = 0, box = e; box && n < 4; n++, box = box.parentElement) {
    const s = getComputedStyle(box);
    seen.push([s.outlineStyle, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor]);
  } return JSON.stringify(seen); };
  const focused = look();
  e.blur();
  for (let n = 0; n < 100 && look() === focused; n++) await new Promise(done => setTimeout(done, 20));
  const shows = look() !== focused;
  e.focus();
  return shows; }
"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)


@pytest.fixture(scope="module")
def publication(looked_at: Path) -> Publication:
    """What the pages must show."""
    served = PublicationsFolder(looked_at).serve()
    assert served is not None
    return served.publication


def open_page(
    browser: Browser,
    url: str,
    size: tuple[int, int],
    scheme: str = "light",
) -> Page:
    """A page that has been drawn to its end."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    draw(page, url)
    return page


def draw(page: Page, url: str) -> None:
    """Go to an address and wait until it is drawn to its end."""
    page.goto(url)
    wait_until_drawn(page)


def walk(page: Page, name: str) -> None:
    """Go on to another page by its link, as readers do; that costs a fifth of an address, which loads all."""
    before = page.inner_text("h1")
    page.evaluate(
        "name => [...document.querySelectorAll('[data-testid=stSidebar] a')]"
        ".find(e => e.pathname === '/' + name).click()",
        name,
    )
    page.wait_for_function(
        "before => ![null, undefined, before].includes(document.querySelector('h1')?.innerText)", arg=before
    )
    wait_until_drawn(page)


def wait_until_drawn(page: Page) -> None:
    """Wait for the end of the page and for its charts, whose code comes after the text."""
    page.wait_for_selector("footer.foot", timeout=60_000)
    page.wait_for_selector("[data-test-script-state=notRunning]", timeout=60_000)
    page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton]').length === 0")
    page.wait_for_timeout(400)


def findings(page: Page) -> list[str]:
    """What axe-core finds, of any weight, in our part and in the framework's: rule, weight and places."""
    # Movement on the way to the end (a list that opens) would be measured half-way.
    page.wait_for_timeout(300)
    violations = Axe().run(page).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {[node['html'][:120] for node in v['nodes'][:3]]}" for v in violations
    ]


def picture(page: Page, name: str) -> None:
    """A picture of the whole page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


class Opened(NamedTuple):
    """A page that was opened once; a test may change its size, and the last two more than that."""

    name: str
    scheme: str
    page: Page
    requests: list[str]

    def sized(self, width: int, height: int) -> Page:
        """The page in a window of this size, drawn to its end."""
        self.page.set_viewport_size({"width": width, "height": height})
        # Charts are laid out anew, and movement would be measured half-way.
        self.page.wait_for_timeout(500)
        return self.page

    def whole(self, width: int, height: int) -> Page:
        """The page in a window of this width that shows all of it: Streamlit scrolls an inner box."""
        self.sized(width, height)
        return self.sized(
            width, self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        )


LIGHT = [(name, "light") for name in PAGES]
DARK = [(name, "dark") for name in PAGES]
SIZE_OF = {"light": SIZES["desk"], "dark": SIZES["phone"]}


@pytest.fixture(scope="module")
def windows(browser: Browser) -> dict[str, Opened]:
    """A window at a desk in light and one on a phone in dark: a new one would load the application anew."""
    windows = {}
    for scheme in ("light", "dark"):
        page, requests = browser.new_page(color_scheme=scheme), list[str]()
        page.on("request", lambda request, requests=requests: requests.append(request.url))
        windows[scheme] = Opened("", scheme, page, requests)
    return windows


# A reader goes on from page to page: an address loads all anew (test_hidden_truth.py opens some by theirs).
# All of light come first: tests of light alone find them in the same places.
@pytest.fixture(scope="module", params=[*LIGHT, *DARK], ids="-".join)
def opened(request: pytest.FixtureRequest, windows: dict[str, Opened], address: str) -> Opened:
    """Each page, light and dark."""
    name, scheme = request.param
    window = windows[scheme]
    window.requests.clear()
    page = window.sized(*SIZE_OF[scheme])
    if page.url == "about:blank":
        draw(page, f"{address}/{name}")
    else:
        walk(page, name)
    return window._replace(name=name)


ONLY_LIGHT = pytest.mark.parametrize("opened", LIGHT, indirect=True, ids="-".join)


def test_a_page_is_drawn_and_loads_nothing_from_elsewhere(opened: Opened, address: str) -> None:
    page = opened.page
    written = page.inner_text("[data-testid=stMain]")
    assert "As at " in written
    assert "The data are synthetic" in written
    assert "cannot be shown just now" not in written
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("h1").count() == 1
    assert [url for url in opened.requests if not url.startswith((address, "data:", "blob:"))] == []
    for size in SIZES if os.environ.get("FLIC_PICTURES") else ():
        picture(opened.whole(*SIZES[size]), f"{opened.name or 'this-quarter'}-{size}-{opened.scheme}")


@ONLY_LIGHT
def test_headings_titles_and_alternatives(opened: Opened) -> None:
    page = opened.page
    assert page.evaluate("document.documentElement.lang").startswith("en")
    assert page.title().startswith(page.inner_text("h1"))
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    charts = page.locator("[data-testid=stPlotlyChart]")
    names = [charts.nth(n).get_attribute("aria-label") or "" for n in range(charts.count())]
    assert all(len(text) > 20 for text in names)
    # A chart of an exhibit has its table beside it.
    exhibits = page.locator("[class*=st-key-exhibit-]:has([data-testid=stPlotlyChart])")
    assert all(exhibits.nth(n).locator("table").count() == 1 for n in range(exhibits.count()))


# What is dark has the same places and letters as what is light: colours alone differ.
@ONLY_LIGHT
@pytest.mark.parametrize("size", [*SIZES, "narrow"])
def test_nothing_is_cut(opened: Opened, size: str) -> None:
    page = opened.sized(*(SIZES | {"narrow": NARROW})[size])
    # The inner box scrolls downwards only; tables scroll inside their own frame.
    box = page.evaluate(
        "(e => [e.scrollWidth, e.clientWidth])(document.querySelector('[data-testid=stMain]'))"
    )
    assert box[0] <= box[1]
    cut = page.evaluate(
        "[...document.querySelectorAll('[class*=st-key-exhibit-], [class*=st-key-tile-], .flow, .head, "
        ".entry')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className)"
    )
    assert cut == []


def test_axe_finds_nothing(opened: Opened) -> None:
    """Each page light and dark, wide and narrow; the first one, with the frame of all, in all four ways."""
    sizes = {"light": SIZES["desk"], "dark": NARROW}
    for size in sizes.values() if not opened.name else [sizes[opened.scheme]]:
        # What has to be scrolled to is not looked at for its contrast.
        assert findings(opened.whole(*size)) == []


@ONLY_LIGHT
def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened: Opened) -> None:
    page = opened.sized(*SIZES["desk"])
    # From the top, wherever the reader was on the page before.
    page.evaluate("(e => { e.tabIndex = -1; e.focus(); e.removeAttribute('tabindex'); })(document.body)")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('[data-testid=stMain]') !== null")
    # The arrow of a list repeats the list for the mouse.
    controls = "button:visible:not([tabindex='-1']), summary:visible, input:visible"
    wanted = page.locator("[data-testid=stMain]").locator(controls).count()
    seen: list[str] = []
    for _ in range(3 * wanted + 20):
        page.keyboard.press("Tab")
        where = page.evaluate_handle("document.activeElement").as_element()
        if where is None or not where.evaluate("e => e.closest('[data-testid=stMain]') !== null"):
            break
        assert where.evaluate(SHOWS_ITS_FOCUS), where.evaluate("e => e.outerHTML.slice(0, 200)")
        seen.append(where.evaluate("e => e.tagName"))
    assert sum(tag in ("BUTTON", "SUMMARY", "INPUT") for tag in seen) >= wanted


@ONLY_LIGHT
def test_with_wider_spacing_of_text_nothing_is_cut(opened: Opened) -> None:
    """WCAG 1.4.12: lines 1.5, paragraphs 2, letters 0.12 and words 0.16 times the size of the type."""
    page = opened.sized(*NARROW)
    spacing = page.add_style_tag(
        content=".stApp * { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
        " word-spacing: 0.16em !important } .stApp p { margin-bottom: 2em !important }"
    )
    page.wait_for_timeout(300)
    cut = page.evaluate(
        "[...document.querySelectorAll("
        "'.head, .tile, .flow, .foot, .banner, .quiet, .finding, .sentences, summary')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')"
        ".map(e => [e.className, e.scrollWidth, e.clientWidth])"
    )
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    spacing.evaluate("e => e.remove()")
    assert cut == []
    assert width <= NARROW[0]


@pytest.mark.parametrize("opened", LIGHT[:1], indirect=True, ids="-".join)
def test_the_figures_are_the_publications(opened: Opened, publication: Publication) -> None:
    page = opened.sized(*SIZES["desk"])
    end = [p for p in publication.periods("quarter") if p.is_complete][-1].end
    for metric, tile in (
        ("referrals_received", "referrals_received"),
        ("starts", "starts"),
        ("ends", "ends"),
    ):
        shown = page.inner_text(f".st-key-tile-{tile}")
        for period_type in ("quarter", "programme"):
            figure = publication.figure(metric, "count", period_type, end)
            assert figure is not None
            assert figure.value is not None
            assert number(figure.value) in shown
    open_now = publication.figure("open_caseload", "count", "as_at", end)
    assert open_now is not None
    assert page.inner_text(".st-key-tile-open .tile-figure").split()[0] == number(open_now.value or 0)


def test_a_link_gives_the_same_view_and_the_way_to_another_page_keeps_it(
    browser: Browser, address: str
) -> None:
    page = open_page(browser, f"{address}/?period=2016-09-30&borough=camden", SIZES["desk"])
    assert "Showing July to September 2016, Camden" in page.inner_text(".head")
    page.get_by_role("link", name="Who we support").click()
    page.wait_for_function("document.querySelector('h1')?.innerText === 'Who we support'")
    page.wait_for_function("location.search.includes('period=2016-09-30')")
    assert "borough=camden" in page.url
    assert "Showing July to September 2016, Camden" in page.inner_text(".head")
    page.close()
