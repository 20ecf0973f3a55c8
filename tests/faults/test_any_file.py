"""Whatever stands in a file of any export, each of its rows is loaded, duplicate, rejected or skipped."""

import os
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from dagster_project.ingestion.assets import write_control
from dagster_project.ingestion.load import CONTRACT
from dagster_project.settings import ROOT
from dagster_project.transformation import invoke_dbt
from tests.ingestion.zone import Zone, csv_text
from tests.pipeline.programme import emptied

DAY = date(2015, 5, 31)
# A set of seventeen files costs a build (12 s); `make endure` asks for more of them.
SETS = int(os.environ.get("FLIC_TEST_FILES", "1"))

# Few of each, so that keys meet again: with the same values and with others.
TEXTS: dict[str, list[str]] = {
    "identifier": ["A1", "A2", "A3", "001", "", "TBC", "0", "1.2E+15", "d\u00e9j\u00e0 \U0001f98a", "=1+1"],
    "date": [
        "2014-07-01",
        "01/10/2014",
        "2015-01-01",
        "",
        "31/02/2015",
        "04/13/2015",
        "soon",
        "999",
        "2019-01-01",
    ],
    "integer": ["0", "1", "2", "4", "7", "11", "-1", "5.0", "5.5", "", "99", "lots"],
    "number": ["0", "50", "62.5", "100.00", "50%", "-1", "101", "", "half"],
    "decimal": ["10.00", "0", "60", "(5.00)", "\u00a31,000.00", "1.234,50", "", "much"],
    "text_code": ["north_house", "", "x" * 70, "\u202ertl", "'; drop table x; --"],
    "text": ["Practice of the street team", "", "two\nlines", "\u201cquoted\u201d", "x" * 2100],
    "code": ["nonsense", "", "999"],
    "yes_no_unknown": ["Y", "no", "unknown", "perhaps", ""],
}


def exports() -> dict[str, list[tuple[str, list[str]]]]:
    """Every export of the contract with its columns and texts for their cells."""
    document = yaml.safe_load((ROOT / "dbt" / CONTRACT).read_text(encoding="utf-8"))
    return {
        table["name"]: [
            (
                column["name"],
                # A required column that is empty too often refuses its file, which is another test's matter.
                [
                    text
                    for text in (*TEXTS[rules["type"]], *map(str, rules.get("allowed", [])[:3]))
                    if text or not rules.get("required")
                ],
            )
            for column in table["columns"]
            for rules in [column["config"]["meta"]]
        ]
        for table in document["sources"][0]["tables"]
        if "config" in table
    }


@st.composite
def files(draw: st.DrawFn) -> dict[str, str]:
    """A file of each export: names and contents.

    Hypothesis begins with the least of everything, one row of first values in each: that tells little.
    """
    contents = {}
    for export, columns in exports().items():
        row = st.tuples(*(st.sampled_from(texts) for _, texts in columns))
        rows = draw(st.lists(row, min_size=1, max_size=8))
        again = draw(st.lists(st.sampled_from(rows), max_size=3))
        header = tuple(name for name, _ in columns)
        contents[f"{export}_{DAY}.csv"] = csv_text(*rows, *again, header=header)
    assume(sum(content.count("\n") for content in contents.values()) > 3 * len(contents))
    return contents


@settings(max_examples=SETS, deadline=None, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
@given(files=files())
def test_every_row_of_any_file_is_accounted_for(files: dict[str, str], bench: Path) -> None:
    zone = Zone.at(emptied(bench))
    for name, content in files.items():
        zone.drop(name, content)
    zone.take(backfill=True)
    # A refused file is known from today, whenever it is said to come from.
    write_control(zone.settings, DAY, datetime(2100, 1, 1))  # noqa: DTZ001 - the ledger keeps naive UTC
    result = invoke_dbt(
        zone.settings,
        [
            "build",
            "--select",
            "+fct_loads",
            "+fct_rejected_rows",
            "--exclude-resource-type",
            "unit_test",
            *("--indirect-selection", "cautious"),
        ],
    )
    assert result.success, [
        (node.node.name, node.message) for node in result.result if str(node.status) in ("error", "fail")
    ]
    ledger = {load["load_id"]: load for load in zone.ledger()}
    assert {load["status"] for load in ledger.values()} <= {"loaded", "refused"}
    with duckdb.connect(str(zone.settings.warehouse), read_only=True) as warehouse:
        counted = warehouse.execute(
            "select load_id, rows_loaded + rows_duplicate + rows_rejected + rows_skipped from marts.fct_loads"
        ).fetchall()
        rejected = warehouse.execute(
            "select load_id, count(distinct source_line) from marts.fct_rejected_rows"
            " where not row_is_kept group by all"
        ).fetchall()
        counts = dict(warehouse.execute("select load_id, rows_rejected from marts.fct_loads").fetchall())
    assert {load_id: ledger[load_id]["rows_in_file"] for load_id, _ in counted} == dict(counted)
    assert set(dict(counted)) == set(ledger)
    # Every rejected row has a reason, and no other row has one; a refused file has one for all of its rows.
    loaded = {load_id: n for load_id, n in counts.items() if ledger[load_id]["status"] == "loaded"}
    assert {load_id: count for load_id, count in loaded.items() if count} == dict(rejected)
    for load in ledger.values():
        if load["status"] == "loaded":
            landed = zone.settings.landing / load["export"] / f"{load['load_id']}.parquet"
            assert pq.read_metadata(landed).num_rows == load["rows_landed"]
