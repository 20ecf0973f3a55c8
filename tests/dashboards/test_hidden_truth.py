"""One decision, every output: what is withheld looks alike whatever it is, on every page and in every file.

Two releases of one programme. What they publish is the same to the digit; what they withhold was counted
otherwise, and the rows of each file stand in the order of its own true figures.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import BrowserContext
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest

from dashboards.components import Table, csv_bytes, words_bytes
from dashboards.workbook import workbook_bytes
from tests.dashboards import test_pages_in_browser as in_browser
from tests.dashboards.publication_fixture import write_publication
from tests.dashboards.test_pages import PAGES, go_to, open_page
from tests.served import CHROMIUM, WITHOUT_CHROMIUM, chromium, dashboards

TRUTHS: tuple[Callable[[float], float], ...] = (lambda true: true, lambda true: 9 - true)
# Drawn anew by each session, about no figure: where a file is fetched, when it was made.
OF_THE_SESSION = ("url", "deferred_file_id")
WHEN_IT_WAS_MADE = "docProps/core.xml"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The two releases, made at one moment."""
    now = datetime.now(UTC).replace(microsecond=0)
    folders = [tmp_path_factory.mktemp("truth") for _ in TRUTHS]
    for folder, truth in zip(folders, TRUTHS, strict=True):
        write_publication(folder, created_at=now, truth=truth)
    return folders


def without_session(element: object) -> bytes:
    """An element as the browser gets it."""
    proto = type(element)()
    proto.CopyFrom(element)  # pyright: ignore[reportAttributeAccessIssue]
    for name in OF_THE_SESSION:
        if name in proto.DESCRIPTOR.fields_by_name:  # pyright: ignore[reportAttributeAccessIssue]
            proto.ClearField(name)  # pyright: ignore[reportAttributeAccessIssue]
    return proto.SerializeToString(deterministic=True)  # pyright: ignore[reportAttributeAccessIssue]


def drawn(app: AppTest) -> list[bytes]:
    """All that is on the page, in order: texts, tables, and charts as JSON with their axes and hover."""
    return [without_session(node.proto) for part in (app.main, app.sidebar) for node in part if node.proto]


def files(app: AppTest, title: str) -> dict[str, bytes]:
    """The CSV of each table of the page, and the parts of its workbook."""
    view, sheets = app.session_state["view"], app.session_state["on_this_page"]
    made = {
        f"{n} {caption}": words_bytes(content) if isinstance(content, Table) else csv_bytes(view, content)
        for n, (caption, content) in enumerate(sheets)
    }
    if sheets:
        with zipfile.ZipFile(io.BytesIO(workbook_bytes(view, title, sheets))) as book:
            made |= {name: book.read(name) for name in book.namelist() if name != WHEN_IT_WAS_MADE}
    return made


def test_the_two_files_differ_in_nothing_but_the_order_of_their_rows(folders: list[Path]) -> None:
    rows = []
    for folder in folders:
        [path] = folder.glob("*.duckdb")
        with duckdb.connect(str(path), read_only=True) as connection:
            rows.append(connection.execute("from metric_values").fetchall())
    assert rows[0] != rows[1]
    assert sorted(rows[0], key=repr) == sorted(rows[1], key=repr)


def test_every_page_and_file_is_the_same(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, tuple[list[bytes], dict[str, bytes]]]] = []
    charts = 0
    for folder in folders:
        app = open_page(folder, PAGES[0], monkeypatch)
        pages = {}
        for page in PAGES:
            if page != PAGES[0]:
                go_to(app, page)
            assert not app.exception
            charts += len(app.get("plotly_chart"))
            pages[page] = drawn(app), files(app, page)
        shown.append(pages)
    assert charts
    for page in PAGES:
        assert shown[0][page] == shown[1][page], page


@pytest.fixture(scope="module")
def addresses(folders: list[Path]) -> Iterator[list[str]]:
    """The application on each of the two releases."""
    with dashboards(folders[0]) as one, dashboards(folders[1]) as other:
        yield [one, other]


def seen(browser: BrowserContext, address: str, name: str) -> dict[str, object]:
    """What comes over the wire, what the page says, and what its charts are drawn from."""
    page = browser.new_page()
    frames: list[bytes | str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))
    in_browser.draw(page, f"{address}/{name}")
    found: dict[str, object] = {
        "traffic": traffic(frames),
        "text": page.inner_text("[data-testid=stMain]"),
        "charts": page.evaluate(
            # Plotly notes there where it has measured its place once more, which hangs on the moment alone.
            "[...document.querySelectorAll('.js-plotly-plot')]"
            ".map(e => ({data: e.data, layout: {...e.layout, autosize: undefined}}))"
        ),
    }
    page.close()
    return found


def traffic(frames: Iterable[bytes | str]) -> dict[tuple[int, ...], bytes]:
    """The last that came for each place of the page."""
    came: dict[tuple[int, ...], bytes] = {}
    for frame in frames:
        message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
        if message.WhichOneof("type") == "delta":
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            came[tuple(message.metadata.delta_path)] = (
                without_session(getattr(element, kind))
                if kind
                else message.delta.SerializeToString(deterministic=True)
            )
    return came


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT_CHROMIUM)
def test_a_browser_gets_the_same(addresses: list[str]) -> None:
    with chromium() as program:
        browser = program.new_context(viewport={"width": 1280, "height": 2400})
        for name in ("who-we-support", "what-is-changing"):
            one, other = (seen(browser, address, name) for address in addresses)
            assert one["traffic"]
            assert one["charts"]
            for part in one:
                assert one[part] == other[part], f"{part} of {name}"
