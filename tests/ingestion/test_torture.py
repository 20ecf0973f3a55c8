"""No file is loaded silently wrong: exactly the rows written down land, or it is refused and says where."""

import pytest

from dagster_project.ingestion.load import FileReport
from dagster_project.ingestion.pseudonyms import Pseudonyms
from tests.ingestion.torture import CSV_FILES, DIALECTS, NAME, File, Row
from tests.ingestion.zone import KEY, Zone


def landed(zone: Zone) -> list[Row]:
    """What stands in landing, in the form of the table."""
    return [
        Row(
            row["source_line"],
            row["referral_id"],
            row["client_id"],
            row["received_date"],
            row["borough"],
            row["referrer_agency"],
            row["door_findings"],
        )
        for row in zone.landed()
    ]


def expected(file: File) -> list[Row]:
    """What must stand there."""
    pseudonyms = Pseudonyms(KEY)
    return [row._replace(client=row.client and pseudonyms.of("client", row.client)) for row in file.rows]


def check(zone: Zone, report: FileReport, file: File) -> None:
    """Hold what happened against the table."""
    told = (report.reason or "") + " ".join(report.warnings)
    assert "FLIC-" not in told
    assert "House" not in told
    [ledger] = zone.ledger()
    if file.refused:
        assert report.status == "refused"
        assert file.refused in (report.reason or "")
        assert zone.landed() == []
        assert (ledger["rows_in_file"], ledger["rows_landed"]) == (file.rows_in_file, 0)
        return
    assert (report.status, report.reason) == ("loaded", None)
    assert landed(zone) == expected(file)
    assert (report.rows_landed, report.rows_skipped) == (len(file.rows), file.skipped)
    assert ledger["rows_in_file"] == len(file.rows) + file.skipped
    assert file.warned in " ".join(report.warnings)


@pytest.mark.parametrize("case", CSV_FILES)
def test_a_careless_file_lands_exactly_its_rows_or_says_why_not(zone: Zone, case: str) -> None:
    check(zone, zone.take_one(NAME, CSV_FILES[case].content), CSV_FILES[case])


@pytest.mark.parametrize("case", DIALECTS)
def test_every_dialect_lands_the_same_rows(zone: Zone, case: str) -> None:
    check(zone, zone.take_one(NAME, DIALECTS[case].content), DIALECTS[case])
