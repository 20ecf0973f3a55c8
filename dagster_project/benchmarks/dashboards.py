"""How fast the dashboards answer: the first page, a change of period, many readers at once.

Belongs here: a reader without a browser, the three measurements and their words. Does not belong here: how
the programs are started (`demonstration.py`), what a browser takes to draw.

A reader speaks to a running server as a browser does, in Streamlit's own messages over a websocket: fifty
browsers would measure themselves. Times end when the server says that the script has finished.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Selectbox_pb2 import Selectbox
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from dagster_project import demonstration
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.releases import current_release
from dagster_project.settings import FlicError, Settings

# The goals of the dashboards' specification.
GOAL_FIRST_PAGE, GOAL_CHANGE, GOAL_READERS = 2.0, 0.3, 0.5
WARMING, FIRST_PAGES, CHANGES = 3, 15, 10
SECONDS_BETWEEN_CLICKS = 20.0
SECONDS_TO_ANSWER = 30.0
# The last thing that a page draws: where it is missing, something before it failed.
LAST_OF_A_PAGE = 'class="foot"'
PERIOD = "-choice_period"
BARE_PAGE = """
import plotly.graph_objects as go
import streamlit as st

st.title("One chart")
chart = go.Figure(layout={"height": 46})
chart.add_scatter(x=list(range(9)), y=[3, 1, 4, 1, 5, 9, 2, 6, 5], mode="lines")
st.plotly_chart(chart, theme=None, config={"staticPlot": True}, key="chart")
"""


class NotAnsweredError(FlicError):
    """A run that failed, did not come whole or did not end in time; the text says which."""


class Reader:
    """One session of a Streamlit server, without a browser.

    `pages` are those of its navigation by title, `choices` the lists of choices of the page as last drawn, by
    their id; both are empty before the first run.
    """

    def __init__(self, connection: ClientConnection, last: str) -> None:
        """`last`: what every page draws at its end; '' where nothing is known of the pages."""
        self._connection = connection
        self._last = last
        self._page = ""
        self._cached: set[str] = set()
        self.address = ""
        self.pages: dict[str, str] = {}
        self.choices: dict[str, Selectbox] = {}

    @classmethod
    @asynccontextmanager
    async def connected(cls, server: str, last: str = LAST_OF_A_PAGE) -> "AsyncIterator[Reader]":
        """A session of the server `host:port`; nothing has run yet."""
        # A page in one message can be larger than the usual limit; a proxy of this machine is none of ours.
        async with connect(f"ws://{server}/_stcore/stream", max_size=None, proxy=None) as connection:
            yield cls(connection, last)

    @property
    def periods(self) -> Sequence[str]:
        """The periods that the page offers and does not show, in words; empty where it offers none."""
        for name, choice in self.choices.items():
            if name.endswith(PERIOD):
                return [words for words in choice.options if words != choice.raw_value]
        return []

    async def open(self, address: str = "") -> float:
        """Open the page with an address (`period=2018-03-31`), or as it stands; seconds."""
        self.address = address
        return await self._run({})

    async def go_to(self, title: str) -> float:
        """Choose a page in the navigation, which clears the address; seconds."""
        self._page, self.address = self.pages[title], ""
        return await self._run({})

    async def choose_period(self, words: str) -> float:
        """Choose one of `periods`; seconds."""
        [name] = [name for name in self.choices if name.endswith(PERIOD)]
        return await self._run({name: words})

    async def _run(self, chosen: dict[str, str]) -> float:
        states = {name: choice.raw_value for name, choice in self.choices.items()} | chosen
        asked = ClientState(
            query_string=self.address,
            page_script_hash=self._page,
            widget_states=WidgetStates(
                widgets=[WidgetState(id=name, string_value=value) for name, value in states.items()]
            ),
            # A browser keeps large parts of a page, and the server then sends their names alone.
            cached_message_hashes=sorted(self._cached),
            context_info=ContextInfo(timezone="Europe/London", locale="en-GB", color_scheme="light"),
        )
        began = time.perf_counter()
        try:
            async with asyncio.timeout(SECONDS_TO_ANSWER):
                await self._connection.send(BackMsg(rerun_script=asked).SerializeToString())
                await self._read_to_the_end()
        except TimeoutError:
            raise NotAnsweredError(f"no end within {SECONDS_TO_ANSWER:.0f} seconds") from None
        except WebSocketException as error:
            raise NotAnsweredError(f"the connection broke: {error}") from error
        return time.perf_counter() - began

    async def _read_to_the_end(self) -> None:
        self.choices, is_whole, problem = {}, not self._last, ""
        async for raw in self._connection:
            message = ForwardMsg.FromString(raw if isinstance(raw, bytes) else raw.encode())
            if message.metadata.cacheable:
                self._cached.add(message.hash)
            kind = message.WhichOneof("type")
            if kind == "delta":
                element = message.delta.new_element
                if element.HasField("exception"):
                    problem = f"an exception: {element.exception.type}"
                elif element.HasField("selectbox"):
                    self.choices[element.selectbox.id] = element.selectbox
                elif element.HasField("html"):
                    is_whole = is_whole or self._last in element.html.body
            elif kind == "navigation":
                self._page = message.navigation.page_script_hash
                self.pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
            elif kind == "page_info_changed":
                self.address = message.page_info_changed.query_string
            elif kind == "page_not_found":
                problem = "the page was not found"
            elif kind == "session_event" and message.session_event.HasField("script_compilation_exception"):
                problem = "the script does not compile"
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                if problem or not is_whole:
                    raise NotAnsweredError(problem or "the page did not come whole")
                return
        raise NotAnsweredError("the connection was closed")


# --- the three measurements ------------------------------------------------------------------------------


async def first_page(server: str, last: str = LAST_OF_A_PAGE) -> float:
    """Seconds from connecting until a new session has its first page."""
    began = time.perf_counter()
    async with Reader.connected(server, last) as reader:
        await reader.open()
        return time.perf_counter() - began


async def first_pages(server: str, *bare: str) -> list[list[float]]:
    """Seconds of first pages of the dashboards and of each bare page, in turn, after a few that warm them."""
    found = [
        [await first_page(server), *[await first_page(one, "") for one in bare]]
        for _ in range(WARMING + FIRST_PAGES)
    ]
    return [list(seconds) for seconds in zip(*found[WARMING:], strict=True)]


async def changes_of_period(server: str) -> dict[str, list[float]]:
    """Seconds of changes of period by page, each to a period that this server has not shown on it before.

    By the list of choices where the page offers it; by the address, as a link does, elsewhere.
    """
    async with Reader.connected(server) as reader:
        await reader.open()
        addresses: dict[str, None] = {}
        found: dict[str, list[float]] = {}
        for title in reader.pages:
            # What was chosen is kept: each page begins with the last period of the page before.
            await reader.go_to(title)
            found[title] = []
            for words in list(reader.periods)[:CHANGES]:
                found[title].append(await reader.choose_period(words))
                addresses[reader.address] = None
            if not found[title]:
                found[title] = [await reader.open(address) for address in list(addresses)[:CHANGES]]
    return found


@dataclass
class Load:
    """What many readers saw: seconds of each click, and what went wrong in words."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def many_readers(
    server: str, readers: int, seconds: float, between: float = SECONDS_BETWEEN_CLICKS
) -> Load:
    """Let `readers` come within the seconds `between` two clicks, and click until `seconds` have passed.

    A click is a page or a period, by lot; the same ones at each measurement.
    """
    load = Load()
    end = time.perf_counter() + seconds
    lots = [random.Random(n) for n in range(readers)]  # noqa: S311
    await asyncio.gather(*[_click_on(server, lot, between, end, load) for lot in lots])
    return load


async def _click_on(server: str, lot: random.Random, between: float, end: float, load: Load) -> None:
    due = time.perf_counter() + lot.uniform(0, between)
    try:
        await asyncio.sleep(due - time.perf_counter())
        async with Reader.connected(server) as reader:
            await reader.open()
            # Due by the clock, not by when the last answer came: a slow server is not spared.
            while (due := due + between) < end:
                await asyncio.sleep(max(due - time.perf_counter(), 0))
                if reader.periods and lot.random() < 0.5:
                    load.seconds.append(await reader.choose_period(lot.choice(reader.periods)))
                else:
                    load.seconds.append(await reader.go_to(lot.choice(list(reader.pages))))
    except (NotAnsweredError, OSError, WebSocketException) as error:
        load.errors.append(str(error))


# --- the words -------------------------------------------------------------------------------------------


def measure(settings: Settings, readers: int, seconds: float) -> Iterator[str]:
    """Start the dashboards on what is served, measure, and tell line by line as it is known.

    Raises `PublicationError` where nothing is served, `FlicError` where the dashboards do not start or a page
    fails before there are many readers.
    """
    current = current_release(settings.publications_dir)
    if current is None:
        raise PublicationError("nothing is served yet: approve a draft first")
    demonstration.stop_when_told()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "bare_page.py"
        script.write_text(BARE_PAGE, encoding="utf-8")
        served = demonstration.served_alone
        with (
            served("bare page", script, settings, folder) as bare,
            served("bare page with the settings of the dashboards", script, settings) as alike,
            served("dashboards", demonstration.DASHBOARDS, settings) as server,
        ):
            busy = f"; load of the machine before: {os.getloadavg()[0]:.1f}" if os.name == "posix" else ""
            yield f"Release {current.release_id}, {os.cpu_count()} processors{busy}"
            yield f"1. First page of a new session; goal under {GOAL_FIRST_PAGE:.0f} times a bare page"
            yield from first_pages_in_words(*asyncio.run(first_pages(server, bare, alike)))
            yield f"2. Change of period, not shown before; goal {GOAL_CHANGE * 1000:.0f} ms"
            yield from changes_in_words(asyncio.run(changes_of_period(server)))
            clicks = f"a click every {SECONDS_BETWEEN_CLICKS:.0f} seconds"
            goal = f"goal {GOAL_READERS * 1000:.0f} ms and no error"
            yield f"3. {readers} readers for {seconds:.0f} seconds, {clicks}; {goal}"
            yield from load_in_words(asyncio.run(many_readers(server, readers, seconds)))


def first_pages_in_words(
    ours: Sequence[float], bare: Sequence[float], alike: Sequence[float]
) -> Iterator[str]:
    """The medians, and how many times a bare page the dashboards take."""
    yield f"   dashboards {_ms(median(ours))} (medians of {len(ours)} each, in turn)"
    for name, seconds in (
        ("one chart, Streamlit as it comes", bare),
        ("one chart, settings of the dashboards", alike),
    ):
        yield f"   {name:<38} {_ms(median(seconds)):>7}: {median(ours) / median(seconds):.2f} times"


def changes_in_words(found: dict[str, list[float]]) -> Iterator[str]:
    """A line a page, and one for all of them."""
    for title, seconds in found.items():
        if seconds:
            yield f"   {title:<38} median {_ms(median(seconds)):>7}, worst {_ms(max(seconds)):>7}"
    every = [taken for seconds in found.values() for taken in seconds]
    if every:
        slow = sum(taken > GOAL_CHANGE for taken in every)
        yield (
            f"   {'all pages':<38} median {_ms(median(every)):>7}, worst {_ms(max(every)):>7}; "
            f"{slow} of {len(every)} over the goal"
        )
    else:
        yield "   there is one period alone"


def load_in_words(load: Load) -> Iterator[str]:
    """Median, 95th percentile, worst and errors beside the goal."""
    if load.seconds:
        ranked = sorted(load.seconds)
        # The smallest that at least 95 in 100 do not exceed.
        high = ranked[-(-len(ranked) * 95 // 100) - 1]
        yield (
            f"   {len(ranked)} clicks: median {_ms(median(ranked))}, 95th percentile {_ms(high)}, "
            f"worst {_ms(ranked[-1])}"
        )
    yield f"   errors: {len(load.errors)}"
    for words in sorted(set(load.errors)):
        yield f"     {load.errors.count(words)} times: {words}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
