"""A programme on a folder of its own: its inbox, the real `flic`, and what came out of it."""

import json
import logging
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from dagster_project.ingestion.assets import everything_known, latest_described_day, write_control
from dagster_project.ingestion.load import ingest
from dagster_project.settings import Settings
from dagster_project.statistics.store import fill_store
from dagster_project.transformation import invoke_dbt, remove_warehouse
from tests.killed import Place, copy_at, kill_at

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE_INBOX = ROOT / "tests" / "example_inbox"

Figures = dict[str, list[tuple]]
"""The rows of `metric_values` that each folder serves, by the folder's name."""

Tables = dict[tuple[str, str], list[tuple]]
"""The rows of every table, by folder and table."""

REFRESH = ("refresh", "--approve-by", "The tests")
"""A refresh whose release is approved at once, so that there is something served to look at."""

FLIC = [sys.executable, "-c", "from dagster_project.cli import main; main()"]

COMMANDS = multiprocessing.get_context("forkserver")
"""Each command is a process of its own, forked from one that has read the libraries: six seconds of each."""
COMMANDS.set_forkserver_preload(
    [
        *("dagster_project.refresh", "dagster_project.check", "dagster_dbt", "dbt.cli.main"),
        # What the product reads only when it comes to need it.
        *("dbt.adapters.duckdb", "dbt.task.build", "dagster_project.run_history", "dagster._daemon"),
        *("lifelines", "scipy.stats", "statsmodels.duration.survfunc", "statsmodels.stats.proportion"),
    ]
)

LONGEST_COMMAND = 900


def command(
    arguments: list[str],
    environment: Mapping[str, str],
    said: Path,
    killed_at: Place | None,
    copied_at: Mapping[Path, Place],
) -> None:
    """What runs in the process of a command: `flic` with these arguments; its words go into two files."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    for stream, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(said / name, os.O_WRONLY | os.O_CREAT), stream)
    for target, place in copied_at.items():
        copy_at(place, Path(environment["FLIC_DATA_DIR"]), target)
    if killed_at:
        kill_at(*killed_at)
    from dagster_project.cli import main

    sys.argv = ["flic", *arguments]
    main()


@dataclass(frozen=True)
class Programme:
    """One data folder and the commands run on it as a data lead would, each in a process of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the data lead's shell holds; the keys are fixed so that folders can be compared."""
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("FLIC_", "DAGSTER_"))
        }
        return own | {
            "FLIC_DATA_DIR": str(self.folder),
            "FLIC_PSEUDONYM_KEY": "synthetic-pseudonym-key-for-the-tests-only",
            "FLIC_ROUNDING_KEY": "synthetic-rounding-key-for-the-tests-only",
        }

    @property
    def settings(self) -> Settings:
        """The same for what runs in the process of the test."""
        keys = self.environment
        return Settings(
            data_dir=self.folder,
            publications_dir=self.publications,
            profile="fulfilling_lives",
            pseudonym_key=keys["FLIC_PSEUDONYM_KEY"].encode(),
            rounding_key=keys["FLIC_ROUNDING_KEY"].encode(),
            refresh_schedule="",
        )

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def publications(self) -> Path:
        return self.folder / "publications"

    def drop(self, *files: Path) -> None:
        """Put files into the inbox under their own names."""
        self.inbox.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copyfile(file, self.inbox / file.name)

    def waiting(self) -> list[str]:
        """The names in the inbox, sorted."""
        return sorted(path.name for path in self.inbox.iterdir()) if self.inbox.is_dir() else []

    def flic(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        killed_at: Place | None = None,
        copied_at: Mapping[Path, Place] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line to its end, or until it is killed at a place.

        `copied_at` names folders, to be made, that get the data folder as it is at each place on the way.
        `environment` replaces variables that `flic` reads; what libraries read when they are loaded is set.
        """
        with tempfile.TemporaryDirectory() as said:
            process = COMMANDS.Process(
                target=command,
                args=(
                    [*arguments],
                    self.environment | (environment or {}),
                    Path(said),
                    killed_at,
                    copied_at or {},
                ),
            )
            process.start()
            process.join(LONGEST_COMMAND)
            assert process.exitcode is not None, f"flic {arguments} did not end"
            stdout, stderr = ((Path(said) / name).read_text() for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess([*FLIC, *arguments], process.exitcode, stdout, stderr)

    def refresh(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A refresh that has to succeed, approved at once."""
        done = self.flic(*REFRESH, *arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def take_in(self, received_at: datetime) -> None:
        """A look at the inbox in this process, as history; nothing is built."""
        ingest(self.settings, received_at=received_at, backfill=True, log=logging.getLogger("tests"))

    def build(self, as_at: date | None = None) -> None:
        """The warehouse alone, as at a day or the latest that is described; untested and unpublished."""
        now = datetime.now(UTC).replace(tzinfo=None)
        known_by = everything_known(self.settings, now)
        write_control(self.settings, as_at or latest_described_day(self.settings, known_by), known_by)
        remove_warehouse(self.settings)
        without = [part for kind in ("test", "unit_test") for part in ("--exclude-resource-type", kind)]
        result = invoke_dbt(self.settings, ["build", *without, "--no-write-json"])
        assert result.success, result.exception or [node.message for node in result.result if node.message]
        fill_store(self.settings)

    def current(self, folder: str = "publications") -> dict[str, str]:
        """`current.json` of the served folder or of `management`."""
        return json.loads((self.folder / folder / "current.json").read_text())

    def query(self, sql: str, *parameters: object, folder: str = "publications") -> list[tuple]:
        """Rows of the release that is served in a folder."""
        return self.query_release(self.current(folder)["release_id"], sql, *parameters, folder=folder)

    def query_release(
        self, release_id: str, sql: str, *parameters: object, folder: str = "publications"
    ) -> list[tuple]:
        """Rows of one release of a folder."""
        with duckdb.connect(str(self.folder / folder / f"{release_id}.duckdb"), read_only=True) as release:
            return release.execute(sql, list(parameters)).fetchall()

    def figures(self) -> Figures:
        """All figures that are served; a folder that serves nothing has no entry."""
        return {
            folder: self.query("select * from metric_values order by all", folder=folder)
            for folder in ("publications", "management")
            if (self.folder / folder / "current.json").exists()
        }

    def tables(self) -> Tables:
        """Whatever is served and does not tell of when it came: all tables, with all of their rows."""
        own_to_a_release = ("release", "figure_changes")
        return {
            (folder, table): self.query(
                f"select columns(c -> c <> 'last_received_at') from {table} order by all", folder=folder
            )
            for folder in ("publications", "management")
            for (table,) in self.query("select table_name from duckdb_tables()", folder=folder)
            if table not in own_to_a_release
        }

    def ledger(self) -> list[dict[str, Any]]:
        """Every row of the ledger, by load."""
        files = sorted((self.folder / "landing" / "loads").glob("*-*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def warehouse(self, sql: str, *parameters: object) -> list[tuple]:
        """Rows of the warehouse."""
        with duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True) as warehouse:
            return warehouse.execute(sql, list(parameters)).fetchall()

    def on_workbench(self, folder: Path) -> "Programme":
        """The same programme in a folder that is used again and again, to be changed there."""
        emptied(folder)
        parsed = shutil.ignore_patterns("dbt_target") if (folder / "dbt_target").exists() else None
        shutil.copytree(self.folder, folder, ignore=parsed, dirs_exist_ok=True)
        return Programme(folder)

    def copy_to(self, folder: Path) -> "Programme":
        """The same programme in another folder, to be changed there."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Programme(folder)


def emptied(folder: Path) -> Path:
    """The folder without what it held but dbt's parse, which holds its path and takes ten seconds, and what
    the audit asked before of the very same figures."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and path.name != "dbt_target":
            shutil.rmtree(path)
        elif not path.is_dir() and path.name != "audit_answers.json":
            path.unlink()
    return folder


def example_files(*patterns: str) -> list[Path]:
    """The example exports, or those whose names match one of the patterns."""
    every = sorted(path for path in EXAMPLE_INBOX.iterdir() if path.suffix in {".csv", ".xlsx"})
    return [path for path in every if not patterns or any(path.match(pattern) for pattern in patterns)]


def next_extracts() -> list[Path]:
    """The example exports that come after the first two quarters."""
    return example_files("*_2015-03-31*", "*_2015-05-31*")
