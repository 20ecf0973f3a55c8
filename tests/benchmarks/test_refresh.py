"""The benchmark of a refresh: what it measures is a refresh, and its floor makes the same tables."""

import csv
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from dagster_project.benchmarks.exports import write_exports
from dagster_project.benchmarks.floor import TABLES, rows_that_differ
from dagster_project.benchmarks.refresh import measure
from dagster_project.settings import Settings


def test_the_exports_have_the_usual_shape_and_are_the_same_each_time(tmp_path: Path) -> None:
    files = list(write_exports(tmp_path / "once", clients=40))
    again = list(write_exports(tmp_path / "again", clients=40))
    another = list(write_exports(tmp_path / "another", clients=40, seed=2))
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in again]
    assert [file.read_bytes() for file in files] != [file.read_bytes() for file in another]
    rows = {}
    for file in files:
        with file.open(newline="") as content:
            rows[file.name.partition("_2015")[0]] = list(csv.DictReader(content))
    a_client = {"referrals": 1, "outcome_stars": 6, "ndta": 8, "personal_budget": 30, "contacts": 25}
    for export, count in a_client.items():
        assert set(Counter(row["client_id"] for row in rows[export]).values()) == {count}, export
    assert 40 < len(rows["caseload"]) < 60


def test_the_marts_are_the_tables_that_a_script_by_hand_makes(tmp_path: Path) -> None:
    lines = list(measure(tmp_path, [60], "1GB", whole_up_to=0))
    # At once, and with the last month's files alone after those of before.
    compared, after_a_month = [line for line in lines if "compared" in line]
    # 60 referrals, 360 stars with 3,600 scores, 480 assessments with 5,280 scores and totals, 1,800 lines,
    # 1,500 contacts, and an episode or two each.
    count = int(compared.split(":")[1].split()[0].replace(",", ""))
    assert 13_140 <= count <= 13_200
    assert compared.endswith("0 differ")
    assert after_a_month == compared
    assert [line.split()[0] for line in lines[2:7]] == ["start", "copy", "landing", "floor", "prepare"]


@pytest.mark.parametrize(
    ("mart", "different"), [("select 1 as n", 0), ("select 2 as n", 2), ("select 1 as n limit 0", 1)]
)
def test_a_row_that_only_one_of_them_has_is_told(tmp_path: Path, mart: str, different: int) -> None:
    for name, schema in (("floor", "main"), ("warehouse", "marts")):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute(f"create schema if not exists {schema}")
            for table in TABLES:
                query = mart if (name, table) == ("warehouse", "fct_contacts") else "select 1 as n"
                connection.execute(f"create table {schema}.{table} as {query}")
    settings = Settings(tmp_path, tmp_path, "fulfilling_lives", b"", b"", "")
    assert rows_that_differ(settings, tmp_path / "floor.duckdb") == (len(TABLES), different)
