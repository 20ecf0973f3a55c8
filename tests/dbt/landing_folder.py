"""A warehouse built by the real dbt project from rows made by hand, as ingestion would have landed them.

Belongs here: writing the landing folder, running dbt up to the marts, reading tables. Does not belong here:
what a test expects. All rows are invented.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingestion.contracts import load_contracts
from dagster_project.ingestion.landing import LEDGER, WARNING_DECISIONS
from dagster_project.ingestion.load import landed_schema
from dagster_project.settings import ROOT, Settings
from dagster_project.transformation import invoke_dbt
from tests.pipeline.programme import emptied

CONTRACTS = load_contracts(ROOT / "dbt/models/staging/_landing__sources.yml")
CONTROL = pa.schema([("as_at", pa.date32()), ("known_by", pa.timestamp("us"))])
FIRST_LINE = 2

Row = dict[str, str | None]


@dataclass(frozen=True)
class LandedFile:
    """One load: rows of text by landed column name, from line 2 on; columns left out are empty."""

    export: str
    """Empty for a file whose name tells none."""
    extract_date: date
    rows: Sequence[Row] = field(default_factory=list)
    revision: int = 1
    status: str = "loaded"
    rows_skipped: int = 0
    sha256: str | None = None
    """Unlike that of any other load, if not given."""
    has_dated_name: bool = True
    arrived: date | None = None
    """At its end the load came; on the extract date, if not given."""

    @property
    def load_id(self) -> str:
        """Unlike that of any other file of the same export, day, revision and status."""
        status = "" if self.status == "loaded" else f"-{self.status}"
        return f"{self.extract_date}-{self.export}-{self.revision:012d}{status}"

    @property
    def known_from(self) -> datetime:
        """The end of the extract date."""
        return datetime.combine(self.extract_date, time.max)


@dataclass(frozen=True)
class Built:
    """A warehouse as one build left it."""

    path: Path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query).fetchall()


@dataclass(frozen=True)
class ProjectSettings(Settings):
    """Settings whose dbt project stands below `root`, which may be a changed copy."""

    root: Path = ROOT

    @property
    def dbt_dir(self) -> Path:
        """The dbt project."""
        return self.root / "dbt"


class Workshop:
    """One data folder in which warehouses are built in turn, so that dbt reads its project once.

    Each landing empties it; what was built is kept in another folder.
    """

    def __init__(
        self, folder: Path, kept: Path, root: Path = ROOT, whole_up_to: int = Settings.whole_up_to
    ) -> None:
        self.settings = ProjectSettings(
            *(folder, folder / "publications", "fulfilling_lives", b"", b"", ""),
            whole_up_to=whole_up_to,
            root=root,
        )
        self._kept = kept

    def land(self, *files: LandedFile) -> None:
        """Fill landing anew with these loads and the empty files that stand there for every table."""
        emptied(self.settings.data_dir)
        landing = self.settings.landing
        for export in CONTRACTS.values():
            _write(landing / export.name / "schema.parquet", [], landed_schema(export))
        _write(landing / "loads/schema.parquet", [], LEDGER)
        _write(landing / "warning_decisions/schema.parquet", [], WARNING_DECISIONS)
        for file in files:
            if file.status == "loaded":
                schema = landed_schema(CONTRACTS[file.export])
                _write(landing / file.export / f"{file.load_id}.parquet", _landed_rows(file), schema)
            _write(landing / "loads" / f"{file.load_id}.parquet", [_ledger_entry(file)], LEDGER)

    def decide(self, warning_id: str, decision: str, decided_at: datetime) -> None:
        """Add what the data lead decided about a warning to the loads that were landed."""
        entry = {
            "warning_id": warning_id,
            "decision": decision,
            "reason": "asked",
            "decided_by": "A. Lead",
            "decided_at": decided_at,
        }
        name = f"{decided_at:%Y%m%dT%H%M%S}-{warning_id}.parquet"
        _write(self.settings.landing / "warning_decisions" / name, [entry], WARNING_DECISIONS)

    def know(self, as_at: date, known_by: date) -> None:
        """Say that the next warehouse is as at one day, of what is known by the end of another."""
        control = [{"as_at": as_at, "known_by": datetime.combine(known_by, time.max)}]
        _write(self.settings.landing / "control/control.parquet", control, CONTROL)

    def build(self, as_at: date, known_by: date, *tables: str) -> Built:
        """Run dbt up to the marts, with their tests, on what is known by the end of a day; keep the result.

        Of `tables`, if any are named, and what they rest on. Fails with dbt's words if a model or test fails.
        """
        self.know(as_at, known_by)
        layers = [f"path:models/{layer}" for layer in ("staging", "intermediate", "marts")]
        selected = [f"+{table}" for table in tables] or ["resource_type:seed", *layers]
        result = invoke_dbt(
            self.settings,
            ["build", "--select", *selected, "--indirect-selection", "cautious",
             "--exclude-resource-type", "unit_test"],
        )  # fmt: skip
        assert result.success, result.exception or [node.message for node in result.result if node.message]
        self._kept.mkdir(parents=True, exist_ok=True)
        kept = self._kept / f"{len([*self._kept.iterdir()])}.duckdb"
        shutil.move(self.settings.warehouse, kept)
        return Built(kept)


def _landed_rows(file: LandedFile) -> list[dict[str, Any]]:
    origin = {"source_file": file.export, "load_id": file.load_id, "extract_date": file.extract_date}
    return [{**row, **origin, "source_line": line} for line, row in enumerate(file.rows, FIRST_LINE)]


def _ledger_entry(file: LandedFile) -> dict[str, Any]:
    return {
        "load_id": file.load_id,
        "export": file.export or None,
        "file_name": f"{file.export}.csv",
        "sha256": file.sha256 or file.load_id,
        "file_bytes": 1,
        "extract_date": file.extract_date,
        "revision": file.revision,
        "received_at": datetime.combine(file.arrived, time.max) if file.arrived else file.known_from,
        "known_from": file.known_from,
        "status": file.status,
        "rows_in_file": len(file.rows) + file.rows_skipped,
        "rows_skipped": file.rows_skipped,
        "rows_landed": len(file.rows) if file.status == "loaded" else 0,
        "ignored_columns": 0,
        "has_dated_name": file.has_dated_name,
    }


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
