"""Which loads are too small to publish from before a person has confirmed them."""

from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from dagster_project.publication.assets import (
    ConfirmationNeededError,
    accept_loads,
    accepted_rows,
    guard_volume,
    shrunken_loads,
)
from dagster_project.settings import Settings


class Case(NamedTuple):
    """The rows of an export's loads, the last one current; those accepted, with their rows of then."""

    rows: tuple[int, ...]
    accepted: dict[int, int]
    stops: bool
    extract: str = "full"
    rejected: tuple[tuple[str, str, int], ...] = ()
    """Column, reason and rows rejected for it, of the current load."""


CASES = {
    "the first load": Case((10,), {}, False),
    "four fifths of the one before": Case((100, 80), {0: 100}, False),
    "less than four fifths": Case((100, 79), {0: 100}, True),
    "a load between that nobody accepted": Case((100, 50, 60), {0: 100}, True),
    "nothing accepted yet: the one before counts": Case((100, 90, 60), {}, True),
    "accepted as it is": Case((100, 50), {0: 100, 1: 50}, False),
    "accepted with a hundred rows, of which a changed list rejects all": Case((0,), {0: 100}, True),
    "accepted with a hundred rows and left with eighty": Case((80,), {0: 100}, False),
    "a file of changes may be of any length": Case((100, 1), {0: 100}, False, extract="delta"),
}


def programme(folder: Path, case: Case) -> Settings:
    settings = Settings(
        data_dir=folder,
        publications_dir=folder / "publications",
        profile="fulfilling_lives",
        pseudonym_key=b"",
        rounding_key=b"",
        refresh_schedule="",
    )
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        for schema in ("reference", "marts", "staging"):
            warehouse.execute(f"create schema {schema}")
        warehouse.execute(
            "create table reference.programme_settings as"
            " select 'volume_guard_share' as setting, '0.8' as value"
        )
        warehouse.execute(
            f"create table staging.stg_exports as select 'caseload' as export, '{case.extract}' as extract"
        )
        warehouse.execute(
            "create table marts.fct_loads (export varchar, load_id varchar, load_number integer,"
            " rows_loaded integer, is_current boolean, rows_rejected integer)"
        )
        warehouse.execute(
            "create table marts.fct_rejected_rows (load_id varchar, column_name varchar, reason varchar,"
            " row_is_kept boolean)"
        )
        for number, rows in enumerate(case.rows):
            is_current = number == len(case.rows) - 1
            rejected = sum(count for *_, count in case.rejected) if is_current else 3
            warehouse.execute(
                "insert into marts.fct_loads values ('caseload', ?, ?, ?, ?, ?)",
                [f"load-{number}", number + 1, rows, is_current, rejected],
            )
        for column, reason, count in case.rejected:
            warehouse.execute(
                "insert into marts.fct_rejected_rows select ?, ?, ?, false from range(?)",
                [f"load-{len(case.rows) - 1}", column, reason, count],
            )
        # The rows of an earlier load and cells that were emptied are beside the point.
        warehouse.execute(
            "insert into marts.fct_rejected_rows values ('load-0', 'borough', 'missing', false),"
            " ('load-1', 'consent', 'not_in_list', true)"
        )
    accept_loads(settings, {f"load-{number}": rows for number, rows in case.accepted.items()})
    return settings


@pytest.mark.parametrize("name", CASES)
def test_a_shrunken_load_stops_until_it_is_confirmed(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    settings = programme(tmp_path, case)
    current = f"load-{len(case.rows) - 1}"
    assert set(shrunken_loads(settings)) == ({current} if case.stops else set())
    if case.stops:
        with pytest.raises(ConfirmationNeededError, match="flic refresh --confirm-volume"):
            guard_volume(settings, confirm=False)
    guard_volume(settings, confirm=True)
    assert shrunken_loads(settings) == {}
    if case.stops:
        assert accepted_rows(settings, current) == case.rows[-1]


REJECTED = {
    "none": ((), ""),
    "one reason": (
        (("start_date", "month_first", 36),),
        " Of caseload 36 rows were rejected (start_date month_first 36): correct these first.",
    ),
    "more reasons than are told": (
        (*((f"column_{n}", "missing", n) for n in range(1, 7)), ("start_date", "not_a_date", 6)),
        " Of caseload 27 rows were rejected (column_6 missing 6, start_date not_a_date 6, column_5 missing 5,"
        " column_4 missing 4, column_3 missing 3 and 2 more reasons): correct these first.",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_the_stop_names_what_was_rejected(name: str, tmp_path: Path) -> None:
    rejected, words = REJECTED[name]
    settings = programme(tmp_path, Case((100, 50), {0: 100}, True, rejected=rejected))
    with pytest.raises(ConfirmationNeededError) as stop:
        guard_volume(settings, confirm=False)
    assert str(stop.value).startswith(
        f"far fewer rows than last time (caseload: 50 rows, 100 before).{words} If that is right:"
    )
