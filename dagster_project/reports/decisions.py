"""What the data lead decided about single warnings: looked at and right, or open again.

One file a decision, never changed: a rebuild and a later extract find them again. They change working lists,
never a published count.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingestion.landing import WARNING_DECISIONS, written_whole
from dagster_project.settings import Settings


@dataclass(frozen=True)
class Decision:
    """One decision; `decided_at` is UTC without zone."""

    warning_id: str
    decision: Literal["accepted", "reopened"]
    reason: str
    decided_by: str
    decided_at: datetime


def decide(
    settings: Settings,
    warning_ids: Sequence[str],
    decision: Literal["accepted", "reopened"],
    *,
    reason: str,
    by: str,
) -> None:
    """Record one decision about some warnings, all of them or none."""
    earlier = all_decisions(settings)
    # After every earlier one, even if the clock has been set back.
    moment = max(
        [
            datetime.now(UTC).replace(tzinfo=None),
            *(old.decided_at + timedelta(microseconds=1) for old in earlier),
        ]
    )
    rows = [asdict(Decision(name, decision, reason, by, moment)) for name in sorted(set(warning_ids))]
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:8]
    target = settings.landing / "warning_decisions" / f"{moment:%Y%m%dT%H%M%S%f}-{digest}.parquet"
    with written_whole(target) as file:
        pq.write_table(pa.Table.from_pylist(rows, WARNING_DECISIONS), file)


def standing_decisions(settings: Settings) -> dict[str, Decision]:
    """The warnings that stand as accepted, by id."""
    latest: dict[str, Decision] = {}
    for decision in sorted(all_decisions(settings), key=lambda decision: decision.decided_at):
        latest[decision.warning_id] = decision
    return {name: decision for name, decision in latest.items() if decision.decision == "accepted"}


def all_decisions(settings: Settings) -> list[Decision]:
    """Every decision that was recorded, in no order."""
    files = (settings.landing / "warning_decisions").glob("*-*.parquet")
    return [
        Decision(**row) for file in files for row in pq.read_table(file, schema=WARNING_DECISIONS).to_pylist()
    ]
