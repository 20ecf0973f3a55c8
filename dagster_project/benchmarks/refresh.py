"""What a refresh costs as clients become many, each step beside the least that it can cost.

Belongs here: the steps, how they are measured and their words. Does not belong here: the invented exports
(`exports.py`), the floor of the warehouse (`floor.py`). Each step is a process of its own, so that its
processor time and its largest memory are its own; ratios are of processor time within one run.
"""

import json
import logging
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb

from dagster_project.benchmarks.exports import EXTRACT_DATE, LAST_MONTH, NAMES, write_changes, write_exports
from dagster_project.benchmarks.floor import build_floor, rows_that_differ
from dagster_project.cli import run_refresh
from dagster_project.ingestion.assets import everything_known, latest_described_day, write_control
from dagster_project.ingestion.inbox import SETTLED_SECONDS
from dagster_project.ingestion.load import ingest
from dagster_project.parts import count_of_clients
from dagster_project.settings import ROOT, FlicError, Settings
from dagster_project.transformation import (
    build_in_ranges,
    dbt_environment,
    invoke_dbt,
    prepare_manifest,
    remove_warehouse,
    renew,
)  # fmt: skip

# The goals, as ratios of processor time to the step that it stands beside, and megabytes.
GOALS = {"landing": (1.3, 500), "marts": (1.25, 2500), "refresh": (2.0, None)}
GOAL_MONTH = 0.2
MARTS = ("staging", "intermediate", "marts")
GOAL_EXPONENT = 1.10
KEYS = {
    "FLIC_PSEUDONYM_KEY": "synthetic-pseudonym-key-of-the-benchmark",
    "FLIC_ROUNDING_KEY": "synthetic-rounding-key-of-the-benchmark",
}


class StepFailedError(FlicError):
    """A step of the benchmark ended with an error; the text names it."""


@dataclass(frozen=True)
class Cost:
    """What one step took."""

    wall: float
    cpu: float
    megabytes: int
    """The most memory that its process had at one time."""


def _exports(settings: Settings, clients: int) -> None:
    for file in write_exports(settings.data_dir / "exports", clients):
        _drop(settings, file)
        _drop(replace(settings, data_dir=settings.data_dir / "whole"), file)


def _drop(settings: Settings, file: Path) -> None:
    settings.inbox.mkdir(parents=True, exist_ok=True)
    (settings.inbox / file.name).hardlink_to(file)


def _compare(settings: Settings, floor: str) -> None:
    """Whether the warehouse's marts hold the rows that the floor's tables hold."""
    found = rows_that_differ(settings, Path(floor))
    (settings.data_dir / "compared.json").write_text(json.dumps(found))


def _copy(settings: Settings) -> None:
    """The floor of landing: every CSV file of the inbox as text into Parquet, by DuckDB alone."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 1; set memory_limit = '500MB'; set preserve_insertion_order = true")
        for file in sorted((settings.data_dir / "exports").glob("*.csv")):
            copy = settings.data_dir / f"{file.stem}.parquet"
            connection.execute(
                "copy (select * from read_csv($file, header = true, all_varchar = true, delim = ',',"
                f" quote = '\"', escape = '\"', encoding = 'utf-8')) to '{copy}' (compression zstd)",
                {"file": str(file)},
            )
            copy.unlink()


def _landing(settings: Settings) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    report = ingest(settings, received_at=now, backfill=True, log=logging.getLogger("flic.bench"))
    if len([file for file in report.files if file.status == "loaded"]) != len(NAMES):
        raise StepFailedError("; ".join(f"{file.file_name}: {file.reason}" for file in report.files))
    known_by = everything_known(settings, now)
    write_control(settings, latest_described_day(settings, known_by), known_by)


def _floor(settings: Settings) -> None:
    settings.spill.mkdir(exist_ok=True)
    build_floor(settings, settings.data_dir / "floor.duckdb", settings.spill)


def _dbt(settings: Settings, *arguments: str) -> None:
    result = invoke_dbt(settings, arguments)
    if not result.success:
        raise StepFailedError(f"dbt {' '.join(arguments)}: {result.exception or 'a node failed'}")


def _prepare(settings: Settings) -> None:
    """What the marts rest on and no refresh of a running service does again: dbt's parse and the seeds."""
    prepare_manifest(settings)
    remove_warehouse(settings)
    _dbt(settings, "seed")


def _marts(settings: Settings) -> None:
    """As a refresh makes them: of many clients a range at a time, which begins with the seeds once more."""
    if count_of_clients(settings) > settings.clients_at_once:
        build_in_ranges(settings, MARTS)
    else:
        _dbt(settings, "run", "--select", *MARTS)


def _changes(settings: Settings) -> None:
    """A warehouse of a month ago, of a programme whose systems send changes; and what came since."""
    for file in write_changes(settings.data_dir / "exports", int(settings.data_dir.parent.name)):
        if str(LAST_MONTH) in file.name:
            _drop(settings, file)
    _landing(settings)
    _prepare(settings)
    _marts(settings)


def _month(settings: Settings) -> None:
    """One month's files, landed, and the part of the marts that they touch."""
    for file in (settings.data_dir / "exports").glob(f"*_{EXTRACT_DATE}.csv"):
        _drop(settings, file)
    _landing(settings)
    if renew(settings, MARTS) is None:
        raise StepFailedError("a month touches too much: all would be built anew")


def _correct_contacts(settings: Settings) -> None:
    """Put another version of the contacts into the inbox, with one row less than the one before."""
    known = sorted(settings.archive.glob("*/contacts_*.csv"), key=lambda file: file.stat().st_mtime)
    rows = known[-1].read_bytes().splitlines(keepends=True)
    settings.inbox.mkdir(exist_ok=True)
    (settings.inbox / f"contacts_{EXTRACT_DATE}_v{len(known) + 1}.csv").write_bytes(b"".join(rows[:-1]))
    time.sleep(SETTLED_SECONDS + 0.5)  # a file this young is watched for a second


def _refreshed(settings: Settings) -> Cost:
    """One refresh with another version of the contacts, in this process."""
    _correct_contacts(settings)
    began, cpu = time.monotonic(), time.process_time()
    run_refresh(settings, as_at="", known_by="", backfill=False, confirm_volume=False, approve_by="")
    return Cost(time.monotonic() - began, time.process_time() - cpu, 0)


def _service(settings: Settings) -> None:
    """A process that has refreshed before, as Dagster's is: the second refresh is what is told."""
    _refreshed(settings)
    (settings.data_dir / "service.json").write_text(json.dumps(asdict(_refreshed(settings))))


# In the order in which they are taken; those of the whole of a refresh in a folder of its own.
_THIS = ("-m", "dagster_project.benchmarks.refresh")
STEPS: dict[str, Callable[[Settings], None]] = {
    "start": lambda settings: None,
    "copy": _copy,
    "landing": _landing,
    "floor": _floor,
    "prepare": _prepare,
    "marts": _marts,
}
_REFRESH = ("-c", "from dagster_project.cli import main; main()", "refresh")
_DBT_BUILD = (
    *("-m", "dbt.cli.main", "build", "--exclude-resource-type", "unit_test"),
    *("--project-dir", str(ROOT / "dbt"), "--profiles-dir", str(ROOT / "dbt")),
)
WHOLE_STEPS: dict[str, Sequence[str]] = {
    "history": (*_REFRESH, "--backfill", "--approve-by", "Nobody"),
    "build": _DBT_BUILD,
    "refresh": _REFRESH,
    "service": (*_THIS, "service"),
    "nothing": _REFRESH,
}


def _measured(step: str, command: Sequence[str], folder: Path, memory_limit: str) -> Cost:
    """Run a command of Python, which is a step, in a process of its own.

    All work is done in such: a process has been as large as the one that started it.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FLIC_")},
        **KEYS,
        "FLIC_DATA_DIR": str(folder),
        # Of the profiles the one whose systems send changes.
        **({"FLIC_PROFILE": "national"} if folder.name == "month" else {}),
        "FLIC_MEMORY_LIMIT": memory_limit,
        "DBT_TARGET_PATH": str(folder / "dbt_target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    words = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise StepFailedError(f"step {step} failed: {words.strip().splitlines()[-1:]}")
    # Linux counts in kilobytes.
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10)


def measure(folder: Path, clients: Sequence[int], memory_limit: str, whole_up_to: int) -> Iterator[str]:
    """The measurements in words, a line at a time; `folder` is emptied of each number of clients afterwards.

    A whole refresh is measured up to `whole_up_to` clients. Raises `StepFailedError`.
    """
    load = os.getloadavg()[0]
    yield f"Machine     {os.cpu_count()} processors, load {load:.1f}; memory for DuckDB {memory_limit}"
    totals: dict[int, dict[str, Cost]] = {}
    for count in clients:
        place = folder / str(count)
        shutil.rmtree(place, ignore_errors=True)
        _measured("exports", (*_THIS, "exports", str(count)), place, memory_limit)
        files = list((place / "exports").iterdir())
        megabytes = sum(file.stat().st_size for file in files) >> 20
        yield f"{count:,} clients: {len(files)} files of {megabytes:,} MB"
        costs = totals[count] = {}
        for step in STEPS:
            costs[step] = _measured(step, (*_THIS, step), place, memory_limit)
            yield _line(step, costs)
        yield _compared(place, place, memory_limit)
        month = place / "month"
        _measured("changes", (*_THIS, "changes"), month, memory_limit)
        costs["month"] = _measured("month", (*_THIS, "month"), month, memory_limit)
        yield _line("month", costs)
        yield _compared(month, place, memory_limit)
        if count <= whole_up_to:
            whole = place / "whole"
            for step, command in WHOLE_STEPS.items():
                if step == "refresh":
                    _measured("correct", (*_THIS, "correct"), whole, memory_limit)
                costs[step] = _measured(step, command, whole, memory_limit)
                if step == "service":
                    # The whole process holds a cold refresh too.
                    told = Cost(**json.loads((whole / "service.json").read_text()))
                    costs[step] = replace(told, megabytes=costs[step].megabytes)
                yield _line(step, costs)
        shutil.rmtree(place)
    for smaller, larger in pairwise(clients):
        for step in ("landing", "marts"):
            few, many = (totals[count][step].cpu - totals[count]["start"].cpu for count in (smaller, larger))
            growth = math.log(many / few) / math.log(larger / smaller)
            yield (
                f"Growth      {step} from {smaller:,} to {larger:,} clients: exponent {growth:.2f}"
                f" (goal {GOAL_EXPONENT})"
            )


def _compared(folder: Path, floors: Path, memory_limit: str) -> str:
    _measured("compare", (*_THIS, "compare", str(floors / "floor.duckdb")), folder, memory_limit)
    rows, different = json.loads((folder / "compared.json").read_text())
    return f"  the same rows in both: {rows:,} compared, {different:,} differ"


def _line(step: str, costs: dict[str, Cost]) -> str:
    cost = costs[step]
    beside = {"landing": "copy", "marts": "floor", "refresh": "build"}.get(step)
    words = f"  {step:8} {cost.wall:8.1f} s {cost.cpu:8.1f} s of processor {cost.megabytes:6,} MB"
    if beside:
        ratio, memory = GOALS[step]
        # To start Python, Dagster and dbt takes longer than the work of three hundred clients.
        start = 0 if step == "refresh" else costs["start"].cpu
        words += f"; {(cost.cpu - start) / (costs[beside].cpu - start):.2f} times {beside} (goal {ratio:g}"
        words += f" and {memory:,} MB)" if memory else ")"
    if step == "month":
        start = costs["start"].cpu
        whole = costs["landing"].cpu + costs["marts"].cpu - 2 * start
        words += f"; {(cost.cpu - start) / whole:.2f} of landing and marts (goal {GOAL_MONTH:g})"
    return words


if __name__ == "__main__":
    settings, (_, step, *given) = Settings.from_environment(), sys.argv
    dbt_environment(settings)
    if step == "exports":
        _exports(settings, int(given[0]))
    elif step == "compare":
        _compare(settings, given[0])
    else:
        others = {"changes": _changes, "month": _month, "correct": _correct_contacts, "service": _service}
        {**STEPS, **others}[step](settings)
