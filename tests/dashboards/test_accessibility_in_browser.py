"""Every page by the rules of axe-core, by keyboard, without movement, and with its order told in headings.

What the rules cannot see stands on the page of definitions, under "What remains".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from dashboards import access
from tests.dashboards.test_pages_in_browser import NARROW, PAGES, findings, open_page
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, dashboards

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)
DESK = (1280, 900)
# What the focus changes about an element and the boxes around it, as a reader sees it.
LOOK = """
e => { const seen = []; for (let n = 0; e && n < 4; n++, e = e.parentElement) {
  const s = getComputedStyle(e);
  seen.push([s.outlineStyle, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor]);
} return JSON.stringify(seen); }
"""


def test_axe_would_find_something(browser: Browser, address: str) -> None:
    page = open_page(browser, address, DESK)
    page.evaluate("document.querySelector('.head .lead').style.color = '#ccc'")
    page.evaluate("document.querySelector('[aria-label]').removeAttribute('aria-label')")
    assert any(found.startswith("color-contrast (serious)") for found in findings(page))
    page.close()


def test_axe_finds_nothing_in_what_opens(browser: Browser, address: str) -> None:
    page = open_page(browser, address, DESK)
    page.get_by_role("button", name="Definition").first.click()
    page.wait_for_selector(".definition")
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.locator("summary").first.click()
    assert findings(page) == []
    page.close()


def test_axe_finds_nothing_where_nothing_is_shown(browser: Browser, tmp_path: Path) -> None:
    with dashboards(tmp_path) as address:
        for headers, title in (
            ({}, "Nothing is published yet"),
            ({"X-Real-IP": "192.0.2.7"}, "not open to everyone"),
        ):
            context = browser.new_context(extra_http_headers=headers)
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector(f"h1:has-text('{title}')")
            assert findings(page) == []
            context.close()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can write a file of roles"
)
def test_axe_finds_nothing_where_somebody_has_to_sign_in(
    browser: Browser, publications: dict[str, Path], tmp_path: Path
) -> None:
    roles, log, secrets = (tmp_path / name for name in ("roles.toml", "access.jsonl", "secrets.toml"))
    roles.write_text("[people]\n")
    log.touch()
    secrets.write_text(
        f'[auth]\nredirect_uri = "http://localhost/oauth2callback"\ncookie_secret = "{"s" * 32}"\n'
    )
    settings = {access.ROLES: str(roles), access.LOG: str(log)}
    with dashboards(publications["normal"], "--secrets.files", str(secrets), **settings) as address:
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("button", name="Sign in").wait_for()
        assert findings(page) == []
        page.close()


@pytest.fixture(scope="module", params=PAGES)
def at_a_desk(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """Each page, opened once for the tests that follow, the last of which changes it."""
    page = open_page(browser, f"{address}/{request.param}", DESK)
    yield page
    page.close()


def test_headings_titles_and_alternatives(at_a_desk: Page) -> None:
    page = at_a_desk
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


def test_the_keyboard_reaches_everything_and_shows_where_it_is(at_a_desk: Page) -> None:
    page = at_a_desk
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
        focused = where.evaluate(LOOK)
        where.evaluate("e => e.blur()")
        page.wait_for_timeout(20)
        assert where.evaluate(LOOK) != focused, where.evaluate("e => e.outerHTML.slice(0, 200)")
        where.focus()
        seen.append(where.evaluate("e => e.tagName"))
    assert sum(tag in ("BUTTON", "SUMMARY", "INPUT") for tag in seen) >= wanted


def test_with_wider_spacing_of_text_nothing_is_cut(at_a_desk: Page) -> None:
    """WCAG 1.4.12: lines 1.5, paragraphs 2, letters 0.12 and words 0.16 times the size of the type."""
    page = at_a_desk
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    page.add_style_tag(
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
    assert cut == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= NARROW[0]


def test_nothing_moves_where_the_reader_asked_for_less(browser: Browser, address: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("footer.foot")
    page.wait_for_timeout(500)
    moving = page.evaluate(
        "[...document.querySelectorAll('.stApp *')].filter(e => { const s = getComputedStyle(e);"
        " return [...s.transitionDuration.split(','), ...s.animationDuration.split(',')]"
        ".some(d => parseFloat(d) > (d.includes('ms') ? 1 : 0.001)); }).map(e => e.tagName)"
    )
    assert moving == []
    context.close()
