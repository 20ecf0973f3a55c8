"""Every page in a real browser: figures as published, nothing cut off, nothing loaded from outside.

Screenshots of every page, at a desk and on a phone, in light and dark, go to `test-results/dashboards/`.
To look at another publication:

    FLIC_LOOK_AT=FOLDER_OF_PUBLICATIONS pytest tests/dashboards/test_pages_in_browser.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dashboards.published import Publication, PublicationsFolder
from dashboards.sentences import number
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, dashboards

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
    requests: list[str] | None = None,
) -> Page:
    """A page that has been drawn to its end; `requests` collects the addresses that it loads."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.on("request", lambda request: requests.append(request.url) if requests is not None else None)
    draw(page, url)
    return page


def draw(page: Page, url: str) -> None:
    """Go to an address and wait until it is drawn to its end."""
    page.goto(url)
    page.wait_for_selector("footer.foot", timeout=60_000)
    # The page's text comes before the code that draws its charts.
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
    """A picture of the whole page: Streamlit scrolls an inner box, so the window is made as tall as that."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size(
        {"width": page.viewport_size["width"] if page.viewport_size else 1280, "height": height}
    )
    page.wait_for_timeout(400)
    page.screenshot(path=PICTURES / f"{name}.png")


class Opened(NamedTuple):
    """A page that was opened once; a test may change its size and nothing else."""

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


# Light is opened at a desk and dark on a phone: to open a page is what takes long.
@pytest.fixture(
    scope="module", params=[(name, scheme) for name in PAGES for scheme in ("light", "dark")], ids="-".join
)
def opened(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Opened]:
    """Each page, light and dark."""
    name, scheme = request.param
    requests: list[str] = []
    size = SIZES["desk" if scheme == "light" else "phone"]
    page = open_page(browser, f"{address}/{name}", size, scheme, requests)
    yield Opened(name, scheme, page, requests)
    page.close()


def test_a_page_is_drawn_and_loads_nothing_from_elsewhere(opened: Opened, address: str) -> None:
    page = opened.page
    written = page.inner_text("[data-testid=stMain]")
    assert "As at " in written
    assert "The data are synthetic" in written
    assert "cannot be shown just now" not in written
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("h1").count() == 1
    assert [url for url in opened.requests if not url.startswith((address, "data:", "blob:"))] == []


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
    if size in SIZES:
        picture(page, f"{opened.name or 'this-quarter'}-{size}-{opened.scheme}")


def test_axe_finds_nothing(opened: Opened) -> None:
    assert findings(opened.sized(*SIZES["desk"])) == []
    assert findings(opened.sized(*NARROW)) == []


def test_the_figures_are_the_publications(browser: Browser, address: str, publication: Publication) -> None:
    page = open_page(browser, address, SIZES["desk"])
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
    page.close()


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


def test_no_publication_says_what_to_run(browser: Browser, tmp_path: Path) -> None:
    with dashboards(tmp_path) as address:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("h1")
        assert "Nothing is published yet" in page.inner_text("[data-testid=stMain]")
        page.close()
