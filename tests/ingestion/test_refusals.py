"""A file that cannot be taken is refused whole: with a reason, without a value, and nothing of it lands."""

import csv
import io
import stat
import tarfile
import zipfile

import pytest

from tests.ingestion.zone import HEADER, ROWS, Zone, csv_text

PLAIN = csv_text(*ROWS)
WIDE = csv_text(*((*row, "", "housing") for row in ROWS), header=(*HEADER, "decision", "referrer_sector"))
NAME = "referrals_2015-05-31.csv"


def archive(*names: str) -> bytes:
    """A zip archive with these entries."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "text")
    return content.getvalue()


def tar_with_a_way_out() -> bytes:
    """A tar archive whose entry would land outside its folder."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as file:
        file.addfile(tarfile.TarInfo("../referrals.csv"))
    return content.getvalue()


# name of the case: (file name, content, words of the reason)
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": (NAME, b"", "empty file"),
    "blank": (NAME, b"\xef\xbb\xbf\r\n \r\n", "empty file"),
    "header only": (NAME, csv_text().encode(), "no data rows"),
    "header and total only": (NAME, (csv_text() + "Total: 0 records\n").encode(), "no data rows"),
    "no header": (NAME, csv_text(*ROWS[1:], header=ROWS[0]).encode(), "no header row"),
    "rows above a second, wider header": (
        NAME,
        (csv_text(*ROWS[:2]) + csv_text((*ROWS[2], ""), header=(*HEADER, "decision"))).encode(),
        "line 4: another header row, below the one in line 1: the file holds two tables",
    ),
    "unknown separator": (NAME, PLAIN.replace(",", "~").encode(), "separated by comma, semicolon, tab, bar"),
    "required column missing": (
        NAME,
        PLAIN.replace("borough", "burrough").encode(),
        "line 1: required columns are missing: borough (nearest is 'burrough' in column 4)",
    ),
    "two headers for one column": (
        NAME,
        PLAIN.replace("received_date", "Client Ref").encode(),
        "columns 2 and 3 are both client_id",
    ),
    "fewer rows than stated": (
        NAME,
        (PLAIN + "Total: 212 records\n").encode(),
        "line 5 states 212 records and the file holds 3",
    ),
    "quotation mark never closed": (
        NAME,
        PLAIN.replace("FLIC-0002", '"FLIC-0002').encode(),
        "line 3: a quotation mark",
    ),
    "quotation marks that swallow the row they end in": (
        NAME,
        WIDE.replace("R1", '"R1').replace("R2", 'R2"').encode(),
        "line 2: a quotation mark seems to be opened and closed rows later",
    ),
    "quotation marks that swallow the row after them": (
        NAME,
        WIDE.replace("housing", '"housing', 1).replace("housing\nR3", 'housing"\nR3').encode(),
        "line 2: a quotation mark seems to be opened and closed rows later",
    ),
    "quotation marks that swallow parts of two rows": (
        NAME,
        PLAIN.replace("Islington", '"Islington').replace("R2,FLIC", 'R2",FLIC').encode(),
        "line 2: a quotation mark seems to be opened and closed rows later",
    ),
    "quotation marks that make one plausible row of two": (
        NAME,
        b"referral_id,client_id,referrer_agency,received_date,borough\n"
        b'R1,FLIC-0001,"abc,2015-01-05,Camden\nR2,FLIC-0002,abc",2015-02-05,Islington\n',
        "line 2: a quotation mark seems to be opened and closed rows later",
    ),
    "damaged UTF-8": (
        NAME,
        (PLAIN + "R4,Zo\u00eb \u00e9\u00e8,2015-04-01,Camden\n").encode() + b"R5,\xff,2015-04-01,Camden\n",
        "damaged in line 6",
    ),
    "NUL characters": (NAME, PLAIN.encode() + b"\0", "NUL characters"),
    "no such export": ("inventory_2015-05-31.csv", PLAIN.encode(), "does not begin with the name of an"),
    "two dates": ("referrals_2015-04-01_2015-05-31.csv", PLAIN.encode(), "two dates"),
    "no day of the calendar": ("referrals_2015-02-31.csv", PLAIN.encode(), "no day of the calendar"),
    "date with the day first": ("referrals_31-05-2015.csv", PLAIN.encode(), "the day first"),
    "date with the day first and nothing between": (
        "referrals_31052015.csv",
        PLAIN.encode(),
        "the day first",
    ),
    "date ahead": ("referrals_2018-06-02.csv", PLAIN.encode(), "after the day of arrival"),
    "HTML called CSV": (NAME, b"<html><table><tr><td>client_id</td></tr></table></html>", "an HTML page"),
    "HTML called workbook": ("referrals_2015-05-31.xlsx", b"\n<table>", "an HTML page"),
    "CSV called workbook": ("referrals_2015-05-31.xlsx", PLAIN.encode(), "plain text"),
    "old workbook": (
        "referrals_2015-05-31.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "an old Excel workbook (.xls)",
    ),
    "workbook with a password": (
        "referrals_2015-05-31.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "with a password",
    ),
    "workbook with macros": (
        "referrals_2015-05-31.xlsm",
        archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
        "a workbook with macros",
    ),
    "macros under a harmless name": (
        "referrals_2015-05-31.xlsx",
        archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
        "a workbook with macros",
    ),
    "zip with a way out": ("referrals_2015-05-31.zip", archive("../referrals.csv"), "a zip archive"),
    "tar with a way out": ("referrals_2015-05-31.csv", tar_with_a_way_out(), "a tar archive"),
    "gzip": ("referrals_2015-05-31.csv.gz", b"\x1f\x8b\x08\x00", "a gzip archive"),
    "PDF": ("referrals_2015-05-31.csv", b"%PDF-1.7\n", "a PDF document"),
    "truncated workbook": ("referrals_2015-05-31.xlsx", b"PK\x03\x04 and no more", "a damaged zip archive"),
    "longer star form": (
        "outcome_stars_2015-05-31.csv",
        b"client_id,star_version,completed_date,area_1,area_11\nFLIC-0001,homelessness_star,2015-03-31,4,5\n",
        "unknown star version: column 5",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_whole_with_its_reason(zone: Zone, case: str) -> None:
    name, content, words = REFUSED[case]
    report = zone.take_one(name, content)
    assert report.status == "refused"
    assert words in (report.reason or "")
    assert "FLIC-" not in (report.reason or "")
    assert zone.landed() == zone.landed("outcome_stars") == []
    assert not zone.names_below("inbox")
    [ledger] = zone.ledger()
    assert (ledger["status"], ledger["reason"], ledger["rows_landed"]) == ("refused", report.reason, 0)


def test_a_refused_file_stands_in_rejects_beside_its_reason(zone: Zone) -> None:
    report = zone.take_one(NAME, PLAIN + "Total: 212 records\n")
    folder = zone.settings.rejects / str(report.load_id)
    assert (folder / NAME).read_text() == PLAIN + "Total: 212 records\n"
    with (folder / "referrals.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "line", "column", "value", "reason"],
            [NAME, "5", "", "", str(report.reason)],
        ]
    assert stat.S_IMODE((folder / "referrals.csv").stat().st_mode) == 0o600


def test_a_refused_file_named_like_the_list_does_not_replace_it(zone: Zone) -> None:
    report = zone.take_one("referrals.csv", "")
    assert zone.names_below("rejects") == {
        f"{report.load_id}/referrals.csv",
        f"{report.load_id}/refused_referrals.csv",
    }


def test_a_refused_file_dropped_again_is_refused_again_and_recorded_once(zone: Zone) -> None:
    first = zone.take_one(NAME, csv_text())
    second = zone.take_one(NAME, csv_text())
    assert (first.status, first.reason, first.load_id) == (second.status, second.reason, second.load_id)
    assert len(zone.ledger()) == 1
    assert not zone.names_below("inbox")


def test_two_empty_files_of_two_exports_are_refused_each_for_itself(zone: Zone) -> None:
    zone.drop("caseload_2015-05-31.csv", "")
    zone.drop(NAME, "")
    zone.take()
    assert [row["export"] for row in zone.ledger()] == ["caseload", "referrals"]


def test_a_refusal_does_not_stop_the_files_after_it(zone: Zone) -> None:
    zone.drop("caseload_2015-05-31.csv", "")
    zone.drop(NAME, PLAIN)
    assert [file.status for file in zone.take().files] == ["refused", "loaded"]


def test_a_heading_that_may_be_a_value_is_not_quoted_in_the_reason(zone: Zone) -> None:
    header = (*HEADER[:3], "Jane Example")
    report = zone.take_one(NAME, csv_text(*ROWS, header=header))
    assert "required columns are missing: borough:" in (report.reason or "")
    assert "Jane" not in str(zone.ledger())


def test_a_heading_that_is_only_somewhat_like_a_header_is_told_by_position_and_hash(zone: Zone) -> None:
    header = ("referral_id", "Client: Jo Example", "received_date", "borough")
    report = zone.take_one(NAME, csv_text(*ROWS, header=header))
    # printf 'client:joexample' | sha256sum
    words = "client_id (nearest is column 2, hash of the header 3ffa9d69)"
    assert words in (report.reason or "")
    assert "Example" not in str(zone.ledger())


# (name, content) -> the rows that the ledger says were not taken
COUNTED = {
    "a day-first date in the name": ("referrals_31-05-2015.csv", PLAIN.encode(), 4),
    "a name of no export": ("referals_2015-05-31.csv", PLAIN.encode(), 4),
    "another ending": ("referrals_2015-05-31.dat", PLAIN.encode("utf-16"), 4),
    "a quoted line end between semicolons": ("referals.csv", b'a;b\n1;"x\ny"\n2;z\n', 3),
    "no bytes": ("referals.csv", b"", None),
    "an open quotation mark": ("referals.csv", b'a,b\n1,"x\n2,y\n', None),
    "an archive": ("referals.csv", archive("referrals.csv"), None),
    "no text": ("referals.dat", b"\x01\x00\x02", None),
    "a web page": ("referals.csv", b"<html>\n<body>\n</html>\n", None),
}


@pytest.mark.parametrize("case", COUNTED)
def test_the_rows_of_a_text_that_is_refused_by_its_name_or_kind_are_counted(zone: Zone, case: str) -> None:
    name, content, rows = COUNTED[case]
    report = zone.take_one(name, content)
    assert (report.status, report.rows_in_file, report.rows_skipped) == ("refused", rows, 0)
    assert [load["rows_in_file"] for load in zone.ledger()] == [rows]
