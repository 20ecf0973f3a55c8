"""What is wrong or odd in the current extracts, and how that differs from the last load.

Findings are made in SQL; here they are read from the warehouse, and kept for each set of known loads, so that
the next load can be compared with it. Nothing flows back: no figure rests on what is kept here.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingestion.landing import ASIDE, written_whole
from dagster_project.reports.decisions import Decision, standing_decisions
from dagster_project.settings import FlicError, Settings

KEPT = pa.schema(
    [
        ("finding_id", pa.string()),
        ("export", pa.string()),
        ("rule", pa.string()),
        ("column_name", pa.string()),
        ("wording", pa.string()),
        ("severity", pa.string()),
    ]
)

_QUERY = """
    with findings as (
        select warning_id as finding_id, export, rule, column_name, severity, source_file, source_line,
            value, record_key
        from marts.fct_warnings
        union all
        select rejected.finding_id, rejected.export, rejected.reason, rejected.column_name, 'reject',
            rejected.source_file, rejected.source_line, rejected.value, rejected.record_key
        from marts.fct_rejected_rows as rejected
        where rejected.is_open and not rejected.row_is_kept
    )
    select findings.finding_id, findings.export, findings.rule, findings.column_name, findings.severity,
        findings.source_file, findings.source_line, findings.value, issues.wording, rules.guidance,
        case findings.rule when 'file_refused' then loads.reason when 'file_warning' then loads.warnings end
    from findings
    inner join marts.fct_data_quality_issues as issues
        on findings.export = issues.export and findings.severity = issues.severity
        and concat_ws(':', findings.column_name, findings.rule) = issues.rule
    inner join reference.quality_rules as rules on findings.rule = rules.rule
    left join marts.fct_loads as loads on findings.record_key = loads.load_id
    order by findings.export, findings.source_file, findings.source_line nulls first, findings.column_name,
        findings.rule, findings.finding_id
"""


class NoFindingsError(FlicError):
    """The warehouse cannot be asked: it is not built, or a refresh holds it."""


@dataclass(frozen=True)
class Finding:
    """One fault or oddity of a current extract; `value` only where the contract lets it be shown."""

    finding_id: str
    export: str
    rule: str
    column: str | None
    severity: str
    """`reject` (the row is left out) or `warn`."""
    file: str | None
    line: int | None
    value: str | None
    wording: str
    guidance: str
    detail: str | None
    """Of a refused or odd file: what ingestion said about it."""
    is_new: bool | None
    """Whether the last load did not have it; None where there is no earlier load to compare with."""
    accepted: Decision | None

    @property
    def is_unseen(self) -> bool:
        """Whether nobody can have seen it before: new, or of the first load, and not accepted."""
        return self.is_new is not False and self.accepted is None

    @property
    def status(self) -> str:
        """`accepted`, `new`, `persisting`, or `first load` where nothing came before."""
        if self.accepted:
            return "accepted"
        return {True: "new", False: "persisting", None: "first load"}[self.is_new]


@dataclass(frozen=True)
class Resolved:
    """Findings of one rule that the last load had and the current extracts have not."""

    export: str
    wording: str
    severity: str
    count: int


@dataclass(frozen=True)
class Comparison:
    """The findings of now, and those that are gone."""

    findings: tuple[Finding, ...]
    resolved: tuple[Resolved, ...]
    is_compared: bool

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that a person can accept."""
        return tuple(finding for finding in self.findings if finding.severity == "warn")


def opened_warehouse(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The warehouse, read-only; raises `NoFindingsError` with what to do."""
    if not settings.warehouse.exists():
        raise NoFindingsError("there is no warehouse yet: put exports into the inbox and run `flic refresh`")
    try:
        return duckdb.connect(str(settings.warehouse), read_only=True)
    except duckdb.Error:
        raise NoFindingsError(
            "the warehouse cannot be opened: wait until the refresh has ended, or run `flic refresh`"
        ) from None


def compare(settings: Settings, warehouse: duckdb.DuckDBPyConnection, *, keep: bool) -> Comparison:
    """The findings of the warehouse against those of the set of known loads before.

    With `keep` they are kept under the digest of the known loads, unless that is done: written once, so that
    another refresh without news finds the same predecessor. Raises `NoFindingsError` where the last refresh
    did not build the tables.
    """
    try:
        rows = warehouse.execute(_QUERY).fetchall()
        digest = known_loads_digest(
            row[0]
            for row in warehouse.execute(
                "select concat(load_id, ':', status) from marts.fct_loads"
                " where load_number is not null or status = 'refused'"
            ).fetchall()
        )
    except duckdb.Error:
        raise NoFindingsError(
            "the last refresh did not build the findings: read the load report and run `flic refresh`"
        ) from None
    kept = settings.findings / f"{digest}.parquet"
    if kept.exists():
        before = _predecessor(kept)
    else:
        # A refresh of an earlier moment (`--known-by`) has no load before it that was kept.
        before = _newest(settings.findings) if keep else ""
        if keep:
            _keep(kept, rows, before)
    earlier = _read(settings.findings / f"{before}.parquet") if before else None
    decisions = standing_decisions(settings)
    findings = tuple(
        Finding(
            finding_id=finding_id,
            export=export,
            rule=rule,
            column=column,
            severity=severity,
            file=file,
            line=line,
            value=value,
            wording=wording,
            guidance=guidance,
            detail=detail,
            is_new=None if earlier is None else finding_id not in earlier,
            accepted=decisions.get(finding_id) if severity == "warn" else None,
        )
        for (
            finding_id, export, rule, column, severity, file, line, value, wording, guidance, detail
        ) in rows
    )  # fmt: skip
    return Comparison(findings, _resolved(earlier or {}, findings), earlier is not None)


def known_loads_digest(known: Iterable[str]) -> str:
    """A name for a set of known loads, refused files among them: something came in when it changes."""
    return hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()[:24]


def _resolved(earlier: dict[str, dict[str, str]], now: Sequence[Finding]) -> tuple[Resolved, ...]:
    still_there = {finding.finding_id for finding in now}
    gone: dict[tuple[str, str, str], int] = {}
    for finding_id, row in earlier.items():
        if finding_id not in still_there:
            key = (row["export"], row["wording"], row["severity"])
            gone[key] = gone.get(key, 0) + 1
    return tuple(Resolved(*key, count) for key, count in sorted(gone.items()))


def _keep(path: Path, rows: Sequence[tuple], before: str) -> None:
    content = [
        dict(zip(KEPT.names, (row[0], row[1], row[2], row[3], row[8], row[4]), strict=True)) for row in rows
    ]
    table = pa.Table.from_pylist(content, KEPT.with_metadata({"predecessor": before}))
    for leftover in path.parent.glob(f"*{ASIDE}"):
        leftover.unlink()
    with written_whole(path) as file:
        pq.write_table(table, file)


def _predecessor(path: Path) -> str:
    return (pq.read_schema(path).metadata or {}).get(b"predecessor", b"").decode()


def _newest(folder: Path) -> str:
    """The kept findings that no others name as their predecessor; '' where none are kept."""
    names = {path.stem: _predecessor(path) for path in folder.glob("*.parquet")}
    return max(set(names) - set(names.values()), default="")


def _read(path: Path) -> dict[str, dict[str, str]] | None:
    """What was kept, by id; None where somebody took the file away."""
    if not path.exists():
        return None
    return {row["finding_id"]: row for row in pq.read_table(path, schema=KEPT).to_pylist()}
