"""The example exports, with the mess that real systems make, all load."""

import shutil

from dagster_project.settings import ROOT
from tests.ingestion.zone import Zone


def test_every_example_export_loads_and_its_rows_add_up(zone: Zone) -> None:
    examples = [
        path for path in (ROOT / "tests" / "example_inbox").iterdir() if path.suffix in (".csv", ".xlsx")
    ]
    for path in examples:
        shutil.copy2(path, zone.settings.inbox)
    report = zone.take(backfill=True)
    assert {file.file_name: file.reason for file in report.files if file.status != "loaded"} == {}
    assert len(report.files) == len(examples) > 0
    for row in zone.ledger():
        assert row["rows_in_file"] == row["rows_skipped"] + row["rows_landed"]
        assert row["stated_rows"] in (None, row["rows_landed"])
