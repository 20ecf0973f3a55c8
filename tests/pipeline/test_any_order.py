"""The same extracts, in any order, in any number of looks, any number of times: the same publication."""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.faults.seven_points import assert_clients_events_and_pence_reconcile
from tests.pipeline.programme import EXAMPLE_INBOX, REFRESH, Programme, Tables, emptied, example_files

# Three quarters, a file of each export in each, and a correction (`_v2`) beside what it corrects.
DATED = example_files("*_2014-09-30.*", "*_2014-12-31.*", "*_2015-05-31.*", "caseload_2015-12-31*")
EXTRACTS = {path.name: path for path in DATED} | {
    # Without a date it gives way to its like that has one; under another date it is an extract of its own.
    "outcome_stars.csv": EXAMPLE_INBOX / "outcome_stars_2014-12-31.csv",
    "referrals_2015-03-31.xlsx": EXAMPLE_INBOX / "referrals_2014-12-31.xlsx",
}
# An order costs a refresh (25 s), or two with one amid it; `make endure` asks for more of both.
ORDERS = int(os.environ.get("FLIC_TEST_ORDERS", "1"))
FIRST_ARRIVAL = datetime(2018, 6, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Arrivals:
    """What came into the inbox, look by look; a file may come again."""

    looks: Sequence[Sequence[str]]
    published_after: int | None
    """After this look there is a whole refresh; after the others the files are only taken in."""


@st.composite
def arrivals(draw: st.DrawFn) -> Arrivals:
    """Any split, order and repetition of the extracts, in two looks at least.

    Hypothesis begins with the least of everything: all at once, in order, once each. That is `at_once`.
    """
    order = draw(st.permutations([*EXTRACTS]))
    again = draw(st.lists(st.sampled_from([*EXTRACTS]), max_size=4))
    files = [*order, *again]
    cuts = sorted(draw(st.sets(st.integers(1, len(files) - 1), max_size=4)))
    looks = [files[start:end] for start, end in zip([0, *cuts], [*cuts, len(files)], strict=True)]
    assume(len(looks) > 1 and order != [*EXTRACTS])
    published_after = draw(st.none() | st.integers(0, len(looks) - 1)) if ORDERS > 1 else None
    return Arrivals(looks, published_after)


@pytest.fixture(scope="module")
def at_once(bench: Path) -> Tables:
    """What is served when every extract comes at once. Figures are made in parts, as those of many people."""
    programme = Programme(emptied(bench))
    drop(programme, EXTRACTS)
    done = programme.flic(*REFRESH, "--backfill", environment={"FLIC_WHOLE_UP_TO": "0"})
    assert done.returncode == 0, done.stdout
    tables = programme.tables()
    # Guards the comparison: that there is something in both folders, beside the figures too.
    assert {folder for folder, _ in tables} == {"publications", "management"}
    assert {table for (_, table), rows in tables.items() if rows} >= {"metric_values", "data_quality_issues"}
    return tables


@settings(max_examples=ORDERS, deadline=None, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
@given(arrivals=arrivals())
def test_any_split_order_and_repetition_give_the_same_publication(
    arrivals: Arrivals, bench: Path, at_once: Tables
) -> None:
    programme = Programme(emptied(bench))
    for number, look in enumerate(arrivals.looks):
        drop(programme, set(look))
        if number == arrivals.published_after:
            # A draft: the figures of an approved release would stay, and not all extracts are in it.
            assert programme.flic("refresh", "--backfill").returncode == 0
        else:
            programme.take_in(FIRST_ARRIVAL + timedelta(days=number))
    programme.refresh("--backfill")
    tables = programme.tables()
    # Table by table, or a difference would fill pages.
    assert [name for name in at_once.keys() | tables.keys() if at_once.get(name) != tables.get(name)] == []
    assert_clients_events_and_pence_reconcile(programme)


def test_arrivals_are_split_shuffled_and_repeated() -> None:
    """Guards the test above: that its orders differ, and that none loses an extract."""
    drawn: list[Arrivals] = []

    @settings(max_examples=20, database=None, phases=[Phase.generate])
    @given(arrivals())
    def draw(arrival: Arrivals) -> None:
        drawn.append(arrival)

    draw()
    assert len({tuple(map(tuple, arrival.looks)) for arrival in drawn}) > 10
    assert all(len(arrival.looks) > 1 for arrival in drawn)
    assert any(sum(map(len, arrival.looks)) > len(EXTRACTS) for arrival in drawn)
    assert all(set().union(*arrival.looks) == set(EXTRACTS) for arrival in drawn)


def drop(programme: Programme, names: Iterable[str]) -> None:
    """Put extracts into the inbox under these names."""
    programme.inbox.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(EXTRACTS[name], programme.inbox / name)
