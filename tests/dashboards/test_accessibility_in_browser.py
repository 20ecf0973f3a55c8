"""Every page by the rules of axe-core, by keyboard, without movement, and with its order told in headings.

What the rules cannot see stands on the page of definitions, under "What remains".
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboards import access
from tests.dashboards.test_pages_in_browser import findings, open_page
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, dashboards

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)
DESK = (1280, 900)


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
