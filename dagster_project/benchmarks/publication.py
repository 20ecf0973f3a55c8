"""How long the publication of a quarter takes: rounding and audit, as a refresh does them.

Belongs here: the measurement, of the warehouse that is there or of an invented national programme. Does not
belong here: how a figure is made safe (`disclosure.py`), or found to be (`audit.py`).
"""

import importlib
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from dagster_project.publication.disclosure import Rules
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.publish import make_safe
from dagster_project.publication.warehouse import Warehouse, read_warehouse
from dagster_project.settings import ROOT, Settings

PEOPLE_OF_AN_AREA = 300
# The newest quarter is attacked together with the two before it.
QUARTERS = (date(2017, 9, 30), date(2017, 12, 31), date(2018, 3, 31))
INVENTED = "tests.publication.invented_warehouse"


def measure(settings: Settings) -> Iterator[str]:
    """The newest quarter of the warehouse that is there, in lines; raises `PublicationError` where none is.

    What was asked of earlier quarters is known, as it is after their own refresh; nothing is written.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = replace(settings, data_dir=Path(folder), publications_dir=Path(folder) / "publications")
        if not settings.warehouse.is_file():
            raise PublicationError(f"there is no warehouse at {settings.warehouse}: refresh first.")
        shutil.copyfile(settings.warehouse, own.warehouse)
        yield from _newest_quarter(own)


def measure_invented(settings: Settings, areas: int) -> Iterator[str]:
    """The newest quarter of an invented national programme, whose people the tests make up."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    try:
        invented = importlib.import_module(INVENTED)
    except ImportError:
        raise PublicationError("the invented programme is part of the tests, which are not here.") from None
    people = areas * PEOPLE_OF_AN_AREA
    yield f"An invented programme of {areas} areas and {people} people supported"
    programme = invented.Programme(
        1, people=people, as_at=QUARTERS[-1], days=QUARTERS, tables=invented.AREA_PLAN, areas=areas
    )
    with tempfile.TemporaryDirectory() as folder:
        own = replace(settings, data_dir=Path(folder), publications_dir=Path(folder) / "publications")
        own = replace(own, rounding_key=own.rounding_key or invented.KEY)
        invented.write_warehouse(own.warehouse, programme)
        yield from _newest_quarter(own)


def _newest_quarter(settings: Settings) -> Iterator[str]:
    warehouse = read_warehouse(settings.warehouse)
    rules = Rules.from_settings(warehouse.settings)
    quiet = logging.getLogger("flic.bench")
    quiet.propagate = False
    newest = max(warehouse.quarter_ends)
    before = [figure for figure in warehouse.figures if figure.period_end < newest]
    if before:
        make_safe(settings, replace(warehouse, figures=before), rules, quiet)
    wall, cpu = time.perf_counter(), time.process_time()
    audit = make_safe(settings, warehouse, rules, quiet)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    took = f"{wall:.0f} s wall, {cpu:.0f} s CPU{_most_memory()}"
    yield f"Rounding and audit of the newest quarter, to {newest}: {took}"
    yield (
        f"  {_figures(warehouse, newest)} figures of it; {sum(audit.draws.values())} draws again and"
        f" {len(audit.given_up)} tables given up, in all quarters"
    )


def _figures(warehouse: Warehouse, day: date) -> int:
    return sum(figure.period_end == day for figure in warehouse.figures)


def _most_memory() -> str:
    """The most memory that this process ever took, where the system says."""
    try:
        import resource
    except ImportError:
        return ""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return f", {kilobytes / 1024:.0f} MB at most"
