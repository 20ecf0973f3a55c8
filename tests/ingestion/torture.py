"""Hostile and careless CSV files, each with the rows that must land or the reason why nothing may.

The classes follow the literature on polluted CSV files, the edges of RFC 4180, and what report exports of
case systems add. Every expectation was written by hand from the text of the file. All people are invented.
"""

import codecs
from typing import NamedTuple

from dagster_project.ingestion.read_file import MAX_LINE_CHARACTERS, WRONG_FIELDS

NAME = "referrals_2015-05-31.csv"


class Row(NamedTuple):
    """A row that must land: its line, its cells after the door, and the door's findings."""

    line: int
    referral_id: str | None = None
    client: str | None = None
    """The reference as it stood in the file; it lands as its pseudonym."""
    received_date: str | None = None
    borough: str | None = None
    agency: str | None = None
    findings: str | None = None


class File(NamedTuple):
    """A file and what must become of it: rows (and how many are skipped), or words of the refusal."""

    content: bytes
    rows: tuple[Row, ...] = ()
    skipped: int = 1
    refused: str = ""
    warned: str = ""
    """Words of a warning that must be given."""
    rows_in_file: int | None = None
    """Of a refused file: the rows that the ledger says were not taken; None where nobody can tell."""


H = "referral_id,client_id,received_date,borough,referrer_agency"
A = "R1,FLIC-0001,31/03/2015,Islington,North House"
B = "R2,FLIC-0002,2015-04-01,Camden,South House"
C = "R3,FLIC-0003,02/04/2015,Camden,"
PLAIN = f"{H}\n{A}\n{B}\n{C}\n"

CELLS_A = ("R1", "FLIC-0001", "31/03/2015", "Islington", "North House")
CELLS_B = ("R2", "FLIC-0002", "2015-04-01", "Camden", "South House")
CELLS_C = ("R3", "FLIC-0003", "02/04/2015", "Camden", None)


def broken(line: int) -> Row:
    """A row whose fields cannot be told apart: it lands empty and SQL rejects it."""
    return Row(line, findings=f"row:{WRONG_FIELDS}")


def three(a: int = 2, b: int = 3, c: int = 4) -> tuple[Row, ...]:
    """The three rows, on these lines."""
    return Row(a, *CELLS_A), Row(b, *CELLS_B), Row(c, *CELLS_C)


def with_agency(line: int, agency: str | None) -> Row:
    """The first row with another agency."""
    return Row(line, *CELLS_A[:4], agency)


def agency(cell: str) -> bytes:
    """The file whose first row has this agency, written as it is; two more rows follow."""
    return PLAIN.replace("North House", cell).encode()


def quoted(text: str, delimiter: str = ",") -> str:
    """Every cell of a plain text between quotation marks."""
    return "\n".join(
        delimiter.join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
    ) + "\n"  # fmt: skip


DIALECTS: dict[str, File] = {
    f"{mark}, {end_name}, {encoding}, {style}": File(
        (text if style == "bare" else quoted(text))
        .replace(",", delimiter)
        .replace("\n", end)
        .encode(encoding),
        three(),
    )
    for mark, delimiter in {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}.items()
    for end_name, end in {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}.items()
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16")
    for style, text in {"bare": PLAIN, "quoted": PLAIN}.items()
}

QUOTES: dict[str, File] = {
    "mark within a bare field": File(
        agency('O"Brien House'), (with_agency(2, 'O"Brien House'), *three()[1:])
    ),
    "doubled marks": File(agency('"the ""Z"" House"'), (with_agency(2, 'the "Z" House'), *three()[1:])),
    "nothing but doubled marks": File(agency('""""'), (with_agency(2, '"'), *three()[1:])),
    "marks escaped by a backslash": File(agency('"the \\"Z\\" House"'), (broken(2), *three()[1:])),
    "delimiter within a quoted field": File(
        agency('"North, House"'), (with_agency(2, "North, House"), *three()[1:])
    ),
    "delimiter within a bare field": File(agency("North, House"), (broken(2), *three()[1:])),
    "delimiter escaped by a backslash": File(agency("North\\, House"), (broken(2), *three()[1:])),
    "space before the opening mark": File(
        PLAIN.replace("R1,FLIC-0001", 'R1, "FLIC-0001"').replace("North House", ' "North, House"').encode(),
        (with_agency(2, "North, House"), *three()[1:]),
    ),
    "space after the closing mark": File(agency('"North House" '), (broken(2), *three()[1:])),
    "single quotation marks are signs like others": File(
        agency("'North'"), (with_agency(2, "'North'"), *three()[1:])
    ),
    "curly quotation marks are signs like others": File(
        agency("\u201cNorth\u201d"), (with_agency(2, "\u201cNorth\u201d"), *three()[1:])
    ),
    "opened in the first cell and never closed": File(
        PLAIN.replace("R1", '"R1').encode(), refused="line 2: a quotation mark"
    ),
    "opened in the middle and never closed": File(
        PLAIN.replace("2015-04-01", '"2015-04-01').encode(), refused="line 3: a quotation mark"
    ),
    "opened in the last cell of the last row": File(
        PLAIN.replace("02/04/2015,Camden,", '02/04/2015,Camden,"').encode(), (*three()[:2], broken(4))
    ),
    "closed and never opened": File(agency('North House"'), (with_agency(2, 'North House"'), *three()[1:])),
    "opened in the last cell and closed at the end of the next row": File(
        PLAIN.replace("North House", '"North House').replace("South House", 'South House"').encode(),
        refused="line 2: a quotation mark seems to be opened and closed rows later",
        rows_in_file=3,
    ),
    "opened in one row and closed in the next": File(
        PLAIN.replace("Islington", '"Islington').replace("2015-04-01", '2015-04-01"').encode(),
        refused="line 2: a quotation mark seems to be opened and closed rows later",
        rows_in_file=3,
    ),
    "line ends within a cell": File(
        agency('"North\r\nHouse\n\n2, The Street"'),
        (with_agency(2, "North\r\nHouse\n\n2, The Street"), Row(6, *CELLS_B), Row(7, *CELLS_C)),
    ),
    "a cell of a hundred lines": File(
        agency('"' + "\n".join(["x"] * 100) + '"'),
        (with_agency(2, "\n".join(["x"] * 100)), Row(102, *CELLS_B), Row(103, *CELLS_C)),
    ),
    "a header with a line end": File(
        PLAIN.replace("received_date", '"received\ndate"').encode(), three(3, 4, 5)
    ),
    "a comma in an ignored header": File(
        b'"notes, if any",' + PLAIN.replace("\nR", '\n"x, y",R').encode(),
        three(),
        warned="column 1 is not in the contract and was not loaded (",
    ),
}

LINES: dict[str, File] = {
    "mixed CRLF and LF": File(PLAIN.replace("House\n", "House\r\n").encode(), three()),
    "no line end at the end": File(PLAIN.rstrip("\n").encode(), three()),
    "no line end after an empty last cell": File(PLAIN[:-1].encode(), three()),
    "empty lines at the start, between and at the end": File(
        f"\n\n{H}\n\n{A}\n\n\n{B}\n{C}\n\n\n".encode(), three(5, 8, 9), skipped=8
    ),
    "lines of white space": File(
        f" \n{H}\n \t \n{A}\n\u00a0\n{B}\n{C}\n   \n".encode(), three(4, 6, 7), skipped=5
    ),
    "lines of nothing but delimiters": File(
        f"{H}\n,,,,\n{A}\n{B}\n{C}\n,,,,\n,,,\n".encode(), three(3, 4, 5), skipped=4
    ),
    "trailing delimiters in every row": File(PLAIN.replace("\n", ",,\n").encode(), three()),
    "trailing delimiters in some rows": File(
        PLAIN.replace("House\n", "House,,\n").encode(), (broken(2), broken(3), three()[2])
    ),
    "a row too short": File(PLAIN.replace(",Islington,North House", "").encode(), (broken(2), *three()[1:])),
    "a row too long": File(PLAIN.replace("North House", "North House,x").encode(), (broken(2), *three()[1:])),
    "cut off within the last row": File(PLAIN[:-8].encode(), (*three()[:2], broken(4))),
    "a carriage return within a bare last cell": File(
        agency("North\rHouse"), refused="line 2: a line end of another kind", rows_in_file=None
    ),
    "a carriage return within a bare cell of the last row": File(
        PLAIN.replace("Camden,\n", "Camden,North\rof the river\n").encode(),
        refused="line 4: a line end of another kind",
    ),
    "a line feed within a bare cell where rows end in CR": File(
        PLAIN.replace("\n", "\r").replace("North ", "North\n").encode(),
        refused="line 2: a line end of another kind",
    ),
    "a carriage return within a quoted cell": File(
        agency('"North\rHouse"'), (with_agency(2, "North\rHouse"), *three()[1:])
    ),
    "an end-of-file sign of old systems": File(PLAIN.encode() + b"\x1a", three(), skipped=2),
    "signs that other programs take for line ends": File(
        agency("a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"),
        (with_agency(2, "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"), *three()[1:]),
    ),
    "control signs": File(agency("a\x01\x08\x1b[31mb"), (with_agency(2, "a\x01\x08\x1b[31mb"), *three()[1:])),
    "a cell of 300,000 characters": File(
        agency("x" * 300_000), (with_agency(2, "x" * 300_000), *three()[1:])
    ),
    "a line without end": File(
        agency("x" * MAX_LINE_CHARACTERS), refused="line 2 has more than a million characters"
    ),
    "a quoted cell without end": File(
        agency('"' + "x\n" * MAX_LINE_CHARACTERS), refused="line 2: a quotation mark"
    ),
}

HEADERS: dict[str, File] = {
    "title rows as wide as the table": File(
        f"Client,Referral,Day,LA,All agencies\nrun,by,the,data,team\n{PLAIN}".encode(),
        three(4, 5, 6),
        skipped=3,
    ),
    "a sep= line": File(b"sep=;\n" + PLAIN.replace(",", ";").encode(), three(3, 4, 5), skipped=2),
    "a sep= line after a byte-order mark, quoted": File(
        codecs.BOM_UTF8 + b'"sep=|"\r\n' + PLAIN.replace(",", "|").encode(), three(3, 4, 5), skipped=2
    ),
    "a sep= line with a mark of its own": File(
        b"sep=^\n" + PLAIN.replace(",", "^").encode(), three(3, 4, 5), skipped=2
    ),
    "a sep= line that names nothing": File(b"sep=\r\n" + PLAIN.encode(), three(3, 4, 5), skipped=2),
    "a sep= line that names a quotation mark": File(b'sep="\n' + PLAIN.encode(), three(3, 4, 5), skipped=2),
    "a sep= line that is not so": File(b"sep=;\n" + PLAIN.encode(), refused="no header row", rows_in_file=5),
    "a header over two lines": File(
        b"Referral,Client,Received,,\nRef,ID,date,Borough,Agency\nR1,FLIC-0001,31/03/2015,Camden,\n",
        refused="required columns are missing",
        rows_in_file=3,
    ),
    "the header again at every page": File(
        f"{H}\n{A}\n{H}\n{B}\n{H}\n{C}\n".encode(), three(2, 4, 6), skipped=3
    ),
    "the header again, written otherwise": File(
        f'{H}\n{A}\n{B}\n"Referral ID",CLIENT_ID ,Received Date,Borough,referrer agency\n{C}\n'.encode(),
        three(2, 3, 5),
        skipped=2,
    ),
    "two files put together, the second with its mark": File(
        codecs.BOM_UTF8 + f"{H}\n{A}\n".encode() + codecs.BOM_UTF8 + f"{H}\n{B}\n{C}\n".encode(),
        three(2, 4, 5),
        skipped=2,
    ),
    "a second table with its columns in another order": File(
        f"{H}\n{A}\n{B}\n\nclient_id,referral_id,received_date,borough,referrer_agency\n"
        "FLIC-0003,R3,02/04/2015,Camden,\n".encode(),
        refused="line 5: another header row",
        rows_in_file=6,
    ),
    "a second table of another kind and width": File(
        f"{H}\n{A}\n{B}\n{C}\n\nworker_id,role\nW1,lead\n".encode(),
        (*three(), broken(6), broken(7)),
        skipped=2,
    ),
    "a table further right and down": File(
        ("\n\n" + PLAIN).replace("\nr", "\n,,r").replace("\nR", "\n,,R").encode(), three(4, 5, 6), skipped=3
    ),
    "headers in capitals with spaces and signs nobody sees": File(
        PLAIN.replace("client_id", "\u200bCLIENT\u00a0 id ").encode(), three()
    ),
    "a header that comes twice": File(
        PLAIN.replace("referrer_agency", "Client ID").encode(),
        refused="columns 2 and 5 are both client_id",
        rows_in_file=4,
    ),
    "a nameless column with values": File(
        PLAIN.replace("borough", "borough,")
        .replace("Islington", "Islington,stray")
        .replace("Camden", "Camden,")
        .encode(),
        three(),
        warned="column 5 has values and no header",
    ),
    "only a header": File(H.encode(), refused="no data rows", rows_in_file=1),
    "rows without a header": File(f"{A}\n{B}\n{C}\n".encode(), refused="no header row", rows_in_file=3),
    "the header below more titles than are searched": File(
        ("a title\n" * 60 + PLAIN).encode(), refused="no header row", rows_in_file=64
    ),
}
_WIDE = ",x" * 9_995
HEADERS["ten thousand columns"] = File(
    "".join(
        line + (_WIDE if line != H else _WIDE.replace("x", "note")) + "\n" for line in (H, A, B, C)
    ).encode(),
    three(),
    warned="and 9,975 more",
)

GROUPS: dict[str, File] = {
    "subtotals and a grand total": File(
        f"{H}\n{A}\nSubtotal,,,,1\n{B}\n{C}\nSubtotal,,,,2\nGrand Total,,,,3\n".encode(),
        three(2, 4, 5),
        skipped=4,
        warned="subtotals",
    ),
    "a row that only sounds like a total": File(
        b"referrer_agency,client_id,referral_id,received_date,borough\n"
        b"Total Support,,R1,31/03/2015,Islington\nNorth,FLIC-0002,R2,2015-04-01,Camden\n",
        (Row(2, "R1", None, "31/03/2015", "Islington", "Total Support"), Row(3, *CELLS_B[:4], "North")),
    ),
    "a last row that only sounds like a trailer": File(
        b"referrer_agency,client_id,referral_id,received_date,borough\n"
        b"North,FLIC-0002,R2,2015-04-01,Camden\nReport by phone,,R1,31/03/2015,Islington\n",
        (Row(2, *CELLS_B[:4], "North"), Row(3, "R1", None, "31/03/2015", "Islington", "Report by phone")),
    ),
    "a group whose repeated references were left out": File(
        f"{H}\n{A}\n{B}\n,,2015-04-02,Camden,\n,,2015-04-03,Camden,\n".encode(),
        refused="referral_id is empty in 2 of 4 rows",
        rows_in_file=5,
    ),
    "group headings between the rows": File(
        f"{H}\nBorough: Islington (1 record),,,,\n{A}\nBorough: Camden (2 records),,,,\n{B}\n{C}\n".encode(),
        refused="is empty in 2 of 5 rows",
        rows_in_file=6,
    ),
    "a record count that is right": File((PLAIN + "Total: 3 records\n").encode(), three(), skipped=2),
    "a record count that is wrong": File(
        (PLAIN + "Total: 4 records\n").encode(),
        refused="line 5 states 4 records and the file holds 3",
        rows_in_file=5,
    ),
    "a record count above the table that is wrong": File(
        ("Number of records: 1,004\n" + PLAIN).encode(),
        refused="line 1 states 1004 records and the file holds 3",
        rows_in_file=5,
    ),
    "the trailer of a report": File(
        (
            PLAIN + '\n"Confidential Information - Do Not Distribute",,,,\n'
            "Copyright \u00a9 2000-2015 salesforce.com, inc. All rights reserved.\n"
        ).encode(),
        three(),
        skipped=4,
    ),
    "a trailer in a form nobody declared": File((PLAIN + "TRL,3\n").encode(), (*three(), broken(5))),
}

CAFE = "Caf\u00e9 \u00a35 \u2018Z\u2019"

ENCODINGS: dict[str, File] = {
    **{
        f"letters in {encoding}": File(
            PLAIN.replace("North House", CAFE).encode(encoding), (with_agency(2, CAFE), *three()[1:])
        )
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252")
    },
    "UTF-16, big end first": File(codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), three()),
    "UTF-16 without a mark": File(PLAIN.encode("utf-16-le"), refused="NUL characters"),
    "UTF-16 cut off within a letter": File(PLAIN.encode("utf-16")[:-1], refused="is not utf-16"),
    "UTF-32": File(PLAIN.encode("utf-32"), refused="UTF-32"),
    "NUL in a cell": File(agency("a\0b"), refused="NUL characters"),
    "a byte that Windows-1252 does not have": File(
        PLAIN.encode().replace(b"North", b"\x81\xa3"), refused="is not cp1252"
    ),
    "one damaged letter of many": File(
        PLAIN.replace("North", "\u00e9\u00e8\u00fc").encode().replace(b"South", b"\xff"),
        refused="damaged in line 3",
    ),
    "UTF-8 and Windows-1252 put together": File(
        PLAIN.replace("North", "Caf\u00e9").encode().replace(b"South", b"\xa35 \xa36 \xa37"),
        refused="line 3",
    ),
    "capitals before a curly apostrophe in Windows-1252": File(
        PLAIN.replace("North", "CAF\u00c9\u2019S").replace("Camden,\n", "Camden,\u00a35\n").encode("cp1252"),
        (with_agency(2, "CAF\u00c9\u2019S House"), three()[1], Row(4, *CELLS_C[:4], "\u00a35")),
    ),
    "text that was read wrongly before it came": File(
        PLAIN.replace("North", "Caf\u00e9".encode().decode("cp1252")).encode(),
        (with_agency(2, "Caf\u00c3\u00a9 House"), *three()[1:]),
        warned="line 2",
    ),
    "letters that were lost before it came": File(
        PLAIN.replace("South", "Caf\ufffd").encode(),
        (three()[0], Row(3, *CELLS_B[:4], "Caf\ufffd House"), three()[2]),
        warned="line 3",
    ),
    "emoji, right-to-left and combining letters": File(
        agency("\U0001f600 \u202e\u05d0\u05d1 e\u0301"),
        (with_agency(2, "\U0001f600 \u202e\u05d0\u05d1 e\u0301"), *three()[1:]),
    ),
}

VALUES: dict[str, File] = {
    "leading zeros": File(
        PLAIN.replace("R1", "00123").encode(), (Row(2, "00123", *CELLS_A[1:]), *three()[1:])
    ),
    "a reference in scientific notation": File(
        PLAIN.replace("FLIC-0001", "1.23E+15").encode(),
        (Row(2, "R1", None, *CELLS_A[2:], "client_id:scientific_notation"), *three()[1:]),
    ),
    "no reference for a key that is no person's": File(
        PLAIN.replace("R1", "tbc").encode(),
        (Row(2, None, *CELLS_A[1:], "referral_id:not_an_identifier"), *three()[1:]),
    ),
    "decimal commas between semicolons": File(
        PLAIN.replace(",", ";").replace("North House", "1.234,50").encode(),
        (with_agency(2, "1.234,50"), *three()[1:]),
    ),
    "a formula": File(agency("=1+1"), (with_agency(2, "=1+1"), *three()[1:])),
    "both orders of day and month": File(
        PLAIN.replace("2015-04-01", "04/13/2015").encode(),
        (three()[0], Row(3, "R2", "FLIC-0002", "04/13/2015", "Camden", "South House"), three()[2]),
        warned="received_date",
    ),
    "the words Null and True": File(agency("Null"), (with_agency(2, "Null"), *three()[1:])),
}

CSV_FILES = {
    f"{group}: {name}": file
    for group, files in {
        "quotes": QUOTES,
        "lines": LINES,
        "headers": HEADERS,
        "groups": GROUPS,
        "encodings": ENCODINGS,
        "values": VALUES,
    }.items()
    for name, file in files.items()
}
