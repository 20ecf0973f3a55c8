"""The load test reads real pages to their end, tells those that fail, and does its sums right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project import demonstration
from dagster_project.benchmarks import dashboards
from dagster_project.benchmarks.dashboards import Load, NotAnsweredError, Reader
from dagster_project.settings import Settings
from tests.dashboards.publication_fixture import write_publication
from tests.dashboards.test_pages import PAGES

TROUBLED_PAGE = """
import streamlit as st

if st.query_params:
    raise ValueError("asked for")
st.html("whole")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of the dashboards on the synthetic publication, as the demonstration serves them."""
    folder = tmp_path_factory.mktemp("served")
    write_publication(folder)
    settings = replace(Settings.from_environment(), data_dir=folder, publications_dir=folder)
    with demonstration.served_alone("dashboards", demonstration.DASHBOARDS, settings) as server:
        yield server


def test_readers_click_and_nothing_goes_wrong(server: str) -> None:
    load = asyncio.run(dashboards.many_readers(server, 2, 2, between=0.5))
    assert load.errors == []
    assert len(load.seconds) >= 4


def test_every_page_is_asked_for_other_periods(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboards, "CHANGES", 1)
    found = asyncio.run(dashboards.changes_of_period(server))
    assert [len(seconds) for seconds in found.values()] == [1] * len(PAGES)


def test_a_reader_sees_what_it_chose(server: str) -> None:
    async def chosen() -> tuple[str, str, list[str]]:
        async with Reader.connected(server) as reader:
            await reader.open("period=2017-12-31")
            by_address, wanted = reader.address, reader.periods[-1]
            await reader.choose_period(wanted)
            await reader.go_to("Money")
            return by_address, reader.address, [wanted, *reader.periods]

    by_address, by_choice, [wanted, *offered] = asyncio.run(chosen())
    assert "period=2017-12-31" in by_address
    assert "period=2014-06-30" in by_choice
    assert wanted not in offered


def test_a_page_that_does_not_come_whole_is_an_error(server: str) -> None:
    async def read() -> None:
        async with Reader.connected(server, last="what no page says") as reader:
            await reader.open()

    with pytest.raises(NotAnsweredError, match="did not come whole"):
        asyncio.run(read())


def test_a_script_that_raises_is_an_error(tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text(TROUBLED_PAGE)
    settings = replace(Settings.from_environment(), data_dir=tmp_path, publications_dir=tmp_path)

    async def read(server: str) -> None:
        async with Reader.connected(server, last="whole") as reader:
            await reader.open()
            await reader.open("fail=1")

    with (
        demonstration.served_alone("page", script, settings, tmp_path) as server,
        pytest.raises(NotAnsweredError, match="an exception"),
    ):
        asyncio.run(read(server))


def test_nobody_there_is_an_error_of_each_reader() -> None:
    load = asyncio.run(dashboards.many_readers("127.0.0.1:9", 2, 0.2, between=0.1))
    assert (load.seconds, len(load.errors)) == ([], 2)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (range(1, 101), "100 clicks: median 50 ms, 95th percentile 95 ms, worst 100 ms"),
        # At least 95 in 100 of 20 are 19 of them.
        (range(20, 0, -1), "20 clicks: median 10 ms, 95th percentile 19 ms, worst 20 ms"),
        ([7], "1 clicks: median 7 ms, 95th percentile 7 ms, worst 7 ms"),
    ],
)
def test_the_sums_of_many_clicks(milliseconds: list[int], words: str) -> None:
    told = list(dashboards.load_in_words(Load([n / 1000 for n in milliseconds], ["late", "late", "lost"])))
    assert [line.strip() for line in told] == [words, "errors: 3", "2 times: late", "1 times: lost"]


def test_changes_over_the_goal_are_counted() -> None:
    found = {"Money": [0.1, 0.2, 0.4], "Cohorts": [0.3], "Reports": []}
    told = [" ".join(line.split()) for line in dashboards.changes_in_words(found)]
    assert told == [
        "Money median 200 ms, worst 400 ms",
        "Cohorts median 300 ms, worst 300 ms",
        "all pages median 250 ms, worst 400 ms; 1 of 4 over the goal",
    ]


def test_a_first_page_is_so_many_times_a_bare_one() -> None:
    told = [
        " ".join(line.split()) for line in dashboards.first_pages_in_words([0.03, 0.04, 0.05], [0.1], [0.02])
    ]
    assert told == [
        "dashboards 40 ms (medians of 3 each, in turn)",
        "one chart, Streamlit as it comes 100 ms: 0.40 times",
        "one chart, settings of the dashboards 20 ms: 2.00 times",
    ]
