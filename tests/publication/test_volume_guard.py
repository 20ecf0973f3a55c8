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
            " rows_loaded integer, is_current boolean)"
        )
        for number, rows in enumerate(case.rows):
            warehouse.execute(
                "insert into marts.fct_loads values ('caseload', ?, ?, ?, ?)",
                [f"load-{number}", number + 1, rows, number == len(case.rows) - 1],
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
