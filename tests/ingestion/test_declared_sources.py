"""What the seed export_sources declares about files: their names, the sheet and the row of the header."""

import io
import shutil
from pathlib import Path

import pytest
from openpyxl import Workbook

from dagster_project.settings import Settings
from tests.ingestion.zone import HEADER, ROWS, Zone, csv_text

PLAIN = csv_text(*ROWS)
TITLED = "A title\n\n" + PLAIN


class OwnSeeds(Settings):
    """Settings whose seeds lie in the data folder."""

    @property
    def seeds_dir(self) -> Path:
        return self.data_dir / "seeds"


def declared(zone: Zone, referrals: str) -> Zone:
    """The zone under a seed that says this of the referrals, and nothing of any other export."""
    own = Zone(OwnSeeds(**vars(zone.settings)))
    shutil.copytree(zone.settings.seeds_dir, own.settings.seeds_dir)
    (own.settings.seeds_dir / "export_sources.csv").write_text(
        f"export,team,file_names,sheet,header_row,date_format,extract\nreferrals,Desk,{referrals}\n"
    )
    return own


def workbook(*sheets: str, titles: int = 0) -> bytes:
    """A workbook with the same referrals in each of the sheets, below so many rows of titles."""
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for title in sheets:
        sheet = book.create_sheet(title)
        for row in [*([["A title"]] * titles), HEADER, *ROWS]:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    "name", ["SU Register 2015-05-31.csv", "su_register_2015-05-31_v2.csv", "Su-register 20150531.csv"]
)
def test_other_names_of_files_are_known_by_the_seed(zone: Zone, name: str) -> None:
    assert zone.take_one(name, PLAIN).status == "refused"
    own = declared(zone, "SU Register|Registrations,,,,")
    report = own.take_one(name, PLAIN + "\n")
    assert (report.status, report.export) == ("loaded", "referrals")
    assert own.take_one("referrals_2015-05-30.csv", PLAIN).export == "referrals"


@pytest.mark.parametrize(
    ("declaration", "content", "reason"),
    [
        (",,3,,", TITLED, None),
        (",,,,", TITLED, None),
        (",,1,,", PLAIN, None),
        (",,2,,", TITLED, "line 2: the headers of referrals do not stand here"),
        (",,1,,", TITLED, "but in line 3"),
        (",,50,,", TITLED, "but in line 3"),
        # A title that happens to hold a header's words does not make it the header.
        (",,1,,", "referral_id\n" + PLAIN, "but in line 2"),
    ],
)
def test_the_header_stands_where_it_is_declared_or_the_file_is_refused(
    zone: Zone, declaration: str, content: str, reason: str | None
) -> None:
    report = declared(zone, declaration).take_one("referrals_2015-05-31.csv", content)
    assert report.status == ("refused" if reason else "loaded")
    assert (reason or "") in (report.reason or "")
    if reason is None:
        assert report.rows_landed == len(ROWS)
        assert report.headers == {"referral_id": 1, "client_id": 2, "received_date": 3, "borough": 4}


@pytest.mark.parametrize(
    ("declaration", "content", "reason"),
    [
        (",Register,,,", workbook("Other", "Register"), None),
        (",register ,,,", workbook("Other", "REGISTER"), None),
        (",Register,4,,", workbook("Other", "Register", titles=3), None),
        (",Register,,,", workbook("Other", "Register 2"), "the sheet 'Register' is missing among 2"),
        (",Register,3,,", workbook("Register", titles=3), "but in line 4"),
        (",,,,", workbook("Other", "Register"), "two sheets have the headers"),
    ],
)
def test_the_sheet_is_the_declared_one_or_the_workbook_is_refused(
    zone: Zone, declaration: str, content: bytes, reason: str | None
) -> None:
    report = declared(zone, declaration).take_one("referrals_2015-05-31.xlsx", content)
    assert report.status == ("refused" if reason else "loaded"), report.reason
    assert (reason or "") in (report.reason or "")


@pytest.mark.parametrize(("extract", "status"), [("delta", "loaded"), ("full", "refused"), ("", "refused")])
def test_only_an_export_of_changes_may_come_without_rows(zone: Zone, extract: str, status: str) -> None:
    own = declared(zone, f",,,,{extract}")
    assert own.take_one("referrals_2015-05-31.csv", csv_text()).status == status
