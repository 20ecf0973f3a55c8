"""Signing in at a provider of OpenID Connect, in a browser: who gets in, who does not, what is logged."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import oidc_provider_mock
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page

from dashboards import access, access_log
from tests.dashboards.publication_fixture import write_publication
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, dashboards

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM),
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can write a file of roles"
    ),
    # The provider's own, of the library that it is made with.
    pytest.mark.filterwarnings("ignore:get_jwt_config"),
]
MEMBER, LEAD, STRANGER, UNVERIFIED = (
    f"{name}@example.org" for name in ("member", "lead", "stranger", "unverified")
)
ROLES = f'[people]\n"{MEMBER}" = "spg"\n"{LEAD}" = "management"\n"{UNVERIFIED}" = "spg"\n'


@dataclass(frozen=True)
class Place:
    """The application with a login, its file of roles and its log."""

    address: str
    roles: Path
    log: Path

    def entries(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider that knows four people; gives its address."""
    people = [
        oidc_provider_mock.User(
            sub=email.partition("@")[0], claims={"email": email, "email_verified": email != UNVERIFIED}
        )
        for email in (MEMBER, LEAD, STRANGER, UNVERIFIED)
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@contextmanager
def behind(provider: str, folder: Path, audience: str) -> Iterator[Place]:
    """The application on a release for `audience`, with the login of that provider."""
    write_publication(folder / "publications", audience=audience)
    roles, log, secrets = (folder / name for name in ("roles.toml", "access.jsonl", "secrets.toml"))
    roles.write_text(ROLES)
    log.touch(0o600)
    secrets.write_text(
        "[auth]\n"
        'redirect_uri = "http://localhost:{port}/oauth2callback"\n'
        f'cookie_secret = "{"s" * 32}"\n'
        'client_id = "dashboards"\n'
        'client_secret = "any"\n'
        f'server_metadata_url = "{provider}/.well-known/openid-configuration"\n'
    )
    settings = {access.ROLES: str(roles), access.LOG: str(log)}
    with dashboards(folder / "publications", "--secrets.files", str(secrets), **settings) as address:
        # The cookie belongs to the name in `redirect_uri`.
        yield Place(address.replace("127.0.0.1", "localhost"), roles, log)


@pytest.fixture(scope="module")
def place(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The release for the partnership, behind that provider."""
    with behind(provider, tmp_path_factory.mktemp("login"), "spg") as place:
        yield place


def sign_in(page: Page, place: Place, email: str, at: str = "") -> None:
    page.goto(f"{place.address}/{at}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("text=Authorize Client")
    page.get_by_placeholder("sub").fill(email.partition("@")[0])
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.wait_for_url(f"{place.address}/**")


def written(page: Page, selector: str = "footer.foot") -> str:
    page.wait_for_selector(selector, timeout=60_000)
    return page.inner_text("[data-testid=stMain]")


def test_a_member_signs_in_reads_takes_a_file_and_signs_out(browser: Browser, place: Place) -> None:
    page = browser.new_page()
    page.goto(f"{place.address}/money")
    closed = written(page, "h1")
    assert "Please sign in" in closed
    assert "As at" not in closed
    assert page.locator("[data-testid=stSidebarNav] a").count() == 0
    sign_in(page, place, MEMBER)
    assert "As at 31 March 2018" in written(page)
    assert "Without login" not in written(page)
    assert f"Signed in as {MEMBER}" in page.inner_text("[data-testid=stSidebar]")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").first.click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert {row["as_at"] for row in rows} == {"2018-03-31"}
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/oauth2/end_session**")
    page.goto(place.address)
    assert "Please sign in" in written(page, "h1")
    page.close()
    mine = [(e["event"], e["what"], e["role"]) for e in place.entries() if e["who"] == MEMBER]
    assert ("page", "This quarter", "spg") in mine
    assert ("download", download.value.suggested_filename, "spg") in mine
    assert access_log.check(place.log).problems == []


@pytest.mark.parametrize("email", [STRANGER, UNVERIFIED])
def test_nobody_else_gets_in(email: str, browser: Browser, place: Place) -> None:
    page = browser.new_page()
    sign_in(page, place, email)
    page.wait_for_selector("text=Sign out")
    closed = written(page, "h1")
    assert "These pages are not open to everyone" in closed
    assert "As at" not in closed
    page.close()
    assert [e["event"] for e in place.entries() if e["who"] == email][-1] == "refused"


def test_a_role_that_is_taken_away_ends_at_the_next_click_and_for_files_too(
    browser: Browser, place: Place
) -> None:
    page = browser.new_page()
    sign_in(page, place, MEMBER)
    written(page)
    page.wait_for_selector("text=Download CSV")
    place.roles.write_text(ROLES.replace(f'"{MEMBER}" = "spg"\n', ""))
    try:
        files: list[str] = []
        page.on("download", lambda download: files.append(download.suggested_filename))
        page.get_by_role("button", name="Download CSV").first.click()
        told = page.wait_for_selector("[data-testid=stDownloadButtonError]", state="attached")
        assert told is not None
        # Ours in place of Streamlit's, which says neither what happened nor what to do.
        assert "No file was made." in told.evaluate("e => getComputedStyle(e, '::after').content")
        assert told.inner_text() == ""
        assert files == []
        assert str(place.roles) not in page.inner_text("body")
        page.get_by_role("link", name="Money").click()
        page.wait_for_selector("text=that account may not open these pages")
        assert "As at" not in page.inner_text("[data-testid=stMain]")
    finally:
        place.roles.write_text(ROLES)
    page.close()


def test_a_sign_in_that_is_too_old_asks_for_another(browser: Browser, place: Place) -> None:
    page = browser.new_page()
    sign_in(page, place, MEMBER)
    written(page)
    # A hundredth of a second.
    place.roles.write_text(f"session_hours = 0.000003\n{ROLES}")
    try:
        page.reload()
        page.wait_for_selector("text=Your sign-in is too old")
    finally:
        place.roles.write_text(ROLES)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_placeholder("sub").fill("member")
    page.get_by_role("button", name="Authorize", exact=True).click()
    assert "As at 31 March 2018" in written(page)
    page.close()


def test_a_cookie_that_was_made_up_is_nobodys(browser: Browser, place: Place) -> None:
    context = browser.new_context()
    claims = json.dumps({"email": MEMBER, "email_verified": True, "is_logged_in": True, "iat": 4_000_000_000})
    context.add_cookies([{"name": "_streamlit_user", "value": claims, "url": place.address}])
    page = context.new_page()
    page.goto(place.address)
    assert "Please sign in" in written(page, "h1")
    context.close()


def test_management_reads_exact_figures_and_a_member_does_not(
    browser: Browser, provider: str, tmp_path: Path
) -> None:
    with behind(provider, tmp_path, "management") as place:
        page = browser.new_page()
        sign_in(page, place, LEAD)
        assert "These figures are exact and for named managers only" in written(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download this page as a workbook").click()
        book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
        assert book.sheetnames[0] == "About"
        page.close()
        page = browser.new_page()
        sign_in(page, place, MEMBER)
        page.wait_for_selector("text=that account may not open these pages")
        page.close()


def test_a_proxy_or_another_name_ends_the_demonstration(
    browser: Browser, publications: dict[str, Path]
) -> None:
    with dashboards(publications["normal"]) as address:
        for headers, is_open in (({}, True), ({"X-Forwarded-For": "192.0.2.7"}, False)):
            context = browser.new_context(extra_http_headers=headers)
            page = context.new_page()
            page.goto(address)
            shown = written(page, "h1")
            assert ("As at" in shown) == is_open
            context.close()
