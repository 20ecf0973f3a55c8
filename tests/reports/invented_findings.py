"""A warehouse with the tables that findings are read from, filled by hand; everything in it is invented."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from dagster_project.settings import ROOT, Settings

RULES = "read_csv(?, header = true, all_varchar = true)"


def zone(folder: Path) -> Settings:
    """Settings of a data folder of its own."""
    return Settings(folder, folder / "publications", "fulfilling_lives", b"", b"", "")


def build(settings: Settings, loads: Sequence[tuple[str, str]], warnings: Sequence[tuple[str, str]]) -> None:
    """A warehouse of these loads (id, status) and warnings (id, rule), all of the export referrals."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("create schema marts; create schema reference")
        warehouse.execute(
            f"create table reference.quality_rules as from {RULES}",
            [str(ROOT / "seeds/common/quality_rules.csv")],
        )
        warehouse.execute(
            "create table marts.fct_loads (load_id varchar, status varchar, load_number integer,"
            " is_current boolean, reason varchar, warnings varchar)"
        )
        warehouse.execute(
            "create table marts.fct_rejected_rows (finding_id varchar, load_id varchar, export varchar,"
            " reason varchar, column_name varchar, source_file varchar, source_line integer, value varchar,"
            " record_key varchar, row_is_kept boolean, is_open boolean)"
        )
        warehouse.execute(
            "create table marts.fct_warnings (warning_id varchar, export varchar, rule varchar,"
            " column_name varchar, severity varchar, source_file varchar, source_line integer,"
            " value varchar, record_key varchar)"
        )
        for load_id, status in loads:
            warehouse.execute(
                "insert into marts.fct_loads values (?, ?, ?, true, null, null)",
                [load_id, status, 1 if status == "loaded" else None],
            )
        for warning_id, rule in warnings:
            warehouse.execute(
                "insert into marts.fct_warnings"
                " values (?, 'referrals', ?, null, 'warn', 'r.csv', 2, null, ?)",
                [warning_id, rule, warning_id],
            )
        warehouse.execute(
            "create table marts.fct_data_quality_issues as select distinct export, warnings.rule, 'warn' as"
            " severity, wording from marts.fct_warnings as warnings"
            " inner join reference.quality_rules as rules on warnings.rule = rules.rule"
        )
