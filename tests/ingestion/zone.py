"""A restricted zone for each test: files are dropped into its inbox and taken by the real ingestion."""

import csv
import io
import logging
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dagster_project.ingestion.load import FileReport, IngestReport, ingest
from dagster_project.settings import Settings

KEY = b"a key for tests and nothing else"
ARRIVAL = datetime(2018, 6, 1, 9, 0, tzinfo=UTC)
HEADER = ("referral_id", "client_id", "received_date", "borough")
# Synthetic: no such client exists.
ROWS = (
    ("R1", "FLIC-0001", "31/03/2015", "Islington"),
    ("R2", "FLIC-0002", "2015-04-01", "Camden"),
    ("R3", "FLIC-0003", "02/04/2015", "Camden"),
)


def csv_text(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER, delimiter: str = ",") -> str:
    """A header and rows as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def referrals(count: int) -> tuple[tuple[str, ...], ...]:
    """So many different synthetic referrals."""
    return tuple((f"R{n}", f"FLIC-{n:04}", "2015-03-31", "Camden") for n in range(1, count + 1))


@dataclass(frozen=True)
class Zone:
    """A data folder and the settings that point at it."""

    settings: Settings

    @classmethod
    def at(cls, folder: Path) -> "Zone":
        """The zone in `folder`; its inbox is made if it has none."""
        settings = Settings(
            data_dir=folder,
            publications_dir=folder / "publications",
            profile="fulfilling_lives",
            pseudonym_key=KEY,
            rounding_key=KEY,
            refresh_schedule="",
        )
        settings.inbox.mkdir(parents=True, exist_ok=True)
        return cls(settings)

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox that nobody has written to for an hour."""
        path = self.settings.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (time.time() - 3600, time.time() - 3600))
        return path

    def take(self, received_at: datetime = ARRIVAL, backfill: bool = False) -> IngestReport:
        """Ingest what lies in the inbox."""
        return ingest(
            self.settings,
            received_at=received_at,
            backfill=backfill,
            log=logging.getLogger("tests.ingestion"),
        )

    def take_one(self, name: str, content: str | bytes) -> FileReport:
        """Drop one file, ingest, and return what happened to it."""
        self.drop(name, content)
        [report] = [file for file in self.take().files if file.file_name == name]
        return report

    def landed(self, export: str = "referrals") -> list[dict[str, Any]]:
        """Every landed row of an export, by load and line."""
        files = sorted((self.settings.landing / export).glob("*-*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def ledger(self) -> list[dict[str, Any]]:
        """Every row of the ledger, by load."""
        files = sorted((self.settings.landing / "loads").glob("*-*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def names_below(self, folder: str) -> set[str]:
        """Every file below a folder of the zone, by its path in it."""
        root = self.settings.data_dir / folder
        return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}
