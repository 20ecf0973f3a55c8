"""However a CSV file is written, the same rows land, with the lines that they have in the file."""

import codecs
import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.ingestion.contracts import Export, load_contracts
from dagster_project.ingestion.door import trimmed
from dagster_project.ingestion.inbox import FileRefusedError, fingerprint
from dagster_project.ingestion.load import CONTRACT
from dagster_project.ingestion.read_file import Table, read_csv
from dagster_project.settings import ROOT
from tests.ingestion.zone import HEADER, ROWS, Zone, csv_text, referrals

PLAIN = csv_text(*ROWS)
AGENCY = ("R9", "FLIC-0009", "2015-04-03", "Camden", "Caf\u00e9 \u2018Z\u00fcrich\u2019 \u00a35")
WITH_AGENCY = csv_text(AGENCY, header=(*HEADER, "referrer_agency"))

FORMS = {
    "comma": (PLAIN.encode(), ",", "utf-8"),
    "semicolon": (csv_text(*ROWS, delimiter=";").encode(), ";", "utf-8"),
    "tab": (csv_text(*ROWS, delimiter="\t").encode(), "tab", "utf-8"),
    "bar": (csv_text(*ROWS, delimiter="|").encode(), "|", "utf-8"),
    "carriage returns": (PLAIN.replace("\n", "\r\n").encode(), ",", "utf-8"),
    "old Macintosh": (PLAIN.replace("\n", "\r").encode(), ",", "utf-8"),
    "no end of line at the end": (PLAIN.rstrip().encode(), ",", "utf-8"),
    "byte-order mark": (codecs.BOM_UTF8 + PLAIN.encode(), ",", "utf-8-sig"),
    "UTF-16 of Excel's Unicode text": (csv_text(*ROWS, delimiter="\t").encode("utf-16"), "tab", "utf-16"),
    "UTF-16, big end first": (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), ",", "utf-16"),
    "everything quoted": (
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in (HEADER, *ROWS)).encode(),
        ",",
        "utf-8",
    ),
    "headers with spaces and capitals": (
        PLAIN.replace("client_id", " Client\u00a0ID ").replace("received_date", "RECEIVED-DATE").encode(),
        ",",
        "utf-8",
    ),
    "white space around values": (PLAIN.replace("FLIC-0001", " FLIC-0001\u00a0").encode(), ",", "utf-8"),
    "columns in another order": (
        csv_text(*(row[::-1] for row in ROWS), header=HEADER[::-1]).encode(),
        ",",
        "utf-8",
    ),
    "an empty field behind every row": (
        PLAIN.replace("Islington\n", "Islington,\n").replace("Camden\n", "Camden,\n").encode(),
        ",",
        "utf-8",
    ),
    "an empty field behind the header and every row": (PLAIN.replace("\n", ",\n").encode(), ",", "utf-8"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_usual_form_lands_the_same_rows(zone: Zone, form: str) -> None:
    content, delimiter, encoding = FORMS[form]
    report = zone.take_one("referrals_2015-05-31.csv", content)
    assert (report.status, report.reason) == ("loaded", None)
    landed = zone.landed()
    zone.take_one("referrals_2015-05-30.csv", PLAIN)
    as_plain = [row for row in zone.landed() if row["source_file"] == "referrals_2015-05-30.csv"]
    for column in HEADER:
        assert [row[column] for row in landed] == [row[column] for row in as_plain]
    assert [row["source_line"] for row in landed] == [2, 3, 4]
    [ledger] = [row for row in zone.ledger() if row["load_id"] == report.load_id]
    assert (ledger["delimiter"], ledger["encoding"]) == (delimiter, encoding)


def test_a_declared_delimiter_is_believed_and_its_line_counted(zone: Zone) -> None:
    report = zone.take_one("referrals_2015-05-31.csv", "sep=;\n" + csv_text(*ROWS, delimiter=";"))
    assert (report.rows_in_file, report.rows_skipped, report.rows_landed) == (5, 2, 3)
    assert [row["source_line"] for row in zone.landed()] == [3, 4, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_letters_outside_ascii_arrive_as_they_were(zone: Zone, encoding: str) -> None:
    report = zone.take_one("referrals_2015-05-31.csv", WITH_AGENCY.encode(encoding))
    assert report.status == "loaded"
    assert zone.landed()[0]["referrer_agency"] == AGENCY[-1]
    assert zone.ledger()[0]["encoding"] == encoding


def test_quoted_line_ends_and_doubled_quotes_keep_rows_and_lines_right(zone: Zone) -> None:
    header = (*HEADER, "referrer_agency")
    rows = ((*ROWS[0], 'North\n"Z"\nHouse'), (*ROWS[1], "South"))
    zone.take_one("referrals_2015-05-31.csv", csv_text(*rows, header=header))
    assert [(row["source_line"], row["referrer_agency"]) for row in zone.landed()] == [
        (2, 'North\n"Z"\nHouse'),
        (5, "South"),
    ]


@pytest.mark.parametrize(
    ("spoilt", "finding"),
    [
        ("R2,FLIC-0002,2015-04-01", "row:wrong_number_of_fields"),
        ("R2,FLIC-0002,2015-04-01,Camden,more", "row:wrong_number_of_fields"),
        ('R2,FLIC-0002,"2015" -04-01,Camden', "row:wrong_number_of_fields"),
    ],
)
def test_a_row_whose_fields_cannot_be_told_apart_lands_empty_with_its_finding(
    zone: Zone, spoilt: str, finding: str
) -> None:
    report = zone.take_one(
        "referrals_2015-05-31.csv", PLAIN.replace("R2,FLIC-0002,2015-04-01,Camden", spoilt)
    )
    assert report.rows_landed == 3
    row = zone.landed()[1]
    assert (row["source_line"], row["door_findings"]) == (3, finding)
    assert {row[column] for column in HEADER} == {None}


CASH = "line_id,spent_date,purpose,amount,notes\n"
PLAIN_CASH = "K{n},2015-05-01,travel,7.50,\n"
UNQUOTED = "K{n},2015-05-01,travel,1,234.50,\n"
LAST_PADDED = "K{n},2015-05-01,travel,7.50,,\n"


@pytest.mark.parametrize(
    ("rows", "rejected"),
    [
        ([UNQUOTED], {2}),
        ([UNQUOTED, PLAIN_CASH], {2}),
        ([PLAIN_CASH, UNQUOTED], {3}),
        ([PLAIN_CASH, LAST_PADDED], {3}),
        ([LAST_PADDED, LAST_PADDED, UNQUOTED.replace("\n", ",\n")], {4}),
        ([LAST_PADDED, LAST_PADDED], set()),
        ([LAST_PADDED] * 250 + [PLAIN_CASH, UNQUOTED.replace("\n", ",\n")], {253}),
    ],
)
def test_an_empty_field_too_many_is_padding_only_behind_every_row(
    zone: Zone, rows: list[str], rejected: set[int]
) -> None:
    """A comma without quotation marks moves every value of its row one field on."""
    content = CASH + "".join(row.format(n=n) for n, row in enumerate(rows))
    report = zone.take_one("petty_cash_2015-05-31.csv", content)
    assert (report.status, report.rows_landed) == ("loaded", len(rows))
    landed = {row["source_line"]: row for row in zone.landed("petty_cash")}
    faults = {line for line, row in landed.items() if row["door_findings"] == "row:wrong_number_of_fields"}
    assert faults == rejected
    assert {row["amount"] for line, row in landed.items() if line not in rejected} <= {"7.50"}


# Above and below the rows: (lines above, lines below, rows skipped, stated count)
LAYOUTS = {
    "nothing": ("", "", 1, None),
    "title, filter and blank rows": (
        'Referrals - run by the data team,,,\n"Filter: all, open",,,\n,,,\n',
        "",
        4,
        None,
    ),
    "blank rows below": ("", "\n,,,\n\n", 4, None),
    "grand total of a Salesforce report": (
        "",
        "Grand Totals (3 records),,,\n\nConfidential Information - Do Not Distribute\n"
        "Copyright (c) 2000-2015 salesforce.com, inc.\n",
        5,
        3,
    ),
    "count of the inbox specification": ("", "Total: 3 records\n", 2, 3),
    "count in two cells": ("", "Record count,3,,\n", 2, 3),
    "count with a thousands comma in the title": ("Number of records: 3\n", "", 2, 3),
    "count below a column that every row fills": ("", "Total,,,3\n", 2, 3),
    "totals without a count": ("", "Total,,,3.0\n", 2, None),
    "a subtotal states another number": ("", "Subtotal (2 records),,,\nGrand Totals (3 records),,,\n", 3, 3),
    "header again on the next page": ("", ",".join(HEADER) + "\n", 2, None),
    "a sentence at the end": ("", "Prepared for the partnership in June\n", 2, None),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_no_data_is_skipped_and_counted(zone: Zone, layout: str) -> None:
    above, below, skipped, stated = LAYOUTS[layout]
    report = zone.take_one("referrals_2015-05-31.csv", above + PLAIN + below)
    assert (report.status, report.reason) == ("loaded", None)
    assert (report.rows_landed, report.rows_skipped) == (3, skipped)
    assert report.rows_in_file == report.rows_landed + report.rows_skipped
    assert zone.ledger()[0]["stated_rows"] == stated


# Header, two rows below it, and a last line -> the count that it states
REFERRED = "referral_id,client_id,received_date,borough,referrer_agency,Cost\n{}\n{}\n".format(
    *(",".join((*row, "", "")) for row in ROWS[:2])
)
SPENT = "line_id,client_id,amount\nL1,FLIC-0001,5\nL2,FLIC-0001,7\n"
USED = "client_id,quarter_start,service,events\nFLIC-1,2015-01-01,arrest,1\nFLIC-1,2015-04-01,arrest,2\n"
LAST_LINES: list[tuple[str, str, str, int | None]] = [
    *(
        ("referrals", REFERRED, line, 2)
        for line in ("Grand total,2", "Grand total: 2", "Total 2", "Total: 2", "Total referrals: 2",
                     "Count,2", "Total Referrals,2", "Total number of referrals: 2", "Total:,2,,,,",
                     "Count: 2", "Overall total,2", "Total,,,2", "** Total **,2")
    ),
    # An amount, a number below a column that not every row fills or that is not known, another thing's count
    *(
        ("referrals", REFERRED, line, None)
        for line in ("Grand total,2.00", "Total: \u00a392", "Total 9.5", "Total,,,,9,", "Total,,,,,9",
                     "Total clients: 9", "Total,9%", "Total,7,9", "Sum,9")
    ),
    *(
        ("personal_budget", SPENT, line, None)
        for line in ("Total,,12", "Total: 12", "Total personal budget: 12")
    ),
    *(("personal_budget", SPENT, line, 2) for line in ("Count,2", "Count: 2", "Total,2")),
    *(("service_use", USED, line, None) for line in ("Total,,,3", "Total 3")),
    # Groups
    ("referrals", REFERRED.replace("\nR2", "\nTotal,1\nR2"), "Total,1", None),
    ("referrals", REFERRED.replace("\nR2", "\nTotal,1\nR2"), "", None),
    ("referrals", REFERRED.replace("\nR2", "\nTotal,1\nR2"), "Total,1\nGrand total,2", 2),
]  # fmt: skip


@pytest.mark.parametrize(("export", "rows", "line", "stated"), LAST_LINES)
def test_a_total_that_can_only_be_a_count_is_held_against_the_rows(
    zone: Zone, export: str, rows: str, line: str, stated: int | None
) -> None:
    name = f"{export}_2015-05-31.csv"
    report = zone.take_one(name, f"{rows}{line}\n")
    assert (report.status, report.rows_landed) == ("loaded", 2)
    assert zone.ledger()[0]["stated_rows"] == stated
    if stated:
        short = rows[: rows.rindex("\n", 0, -1) + 1]
        report = zone.take_one(f"{export}_2015-06-30.csv", f"{short}{line}\n")
        assert report.status == "refused"
        assert "states 2 records and the file holds 1" in (report.reason or "")


@pytest.mark.parametrize(
    "row",
    [
        "Total Place pilot,,500,",
        "Total P2,,7.00,travel",
        "Sum 5,2015-01-02,,travel",
        "Total,,3,travel",
        ",C 12,,",
    ],
)
def test_a_row_that_only_resembles_a_total_or_a_closing_line_is_a_row(zone: Zone, row: str) -> None:
    report = zone.take_one("referrals_2015-05-31.csv", PLAIN + row + "\n")
    assert (report.rows_landed, report.rows_skipped) == (4, 1)


@pytest.mark.parametrize(
    ("references", "last", "is_row"),
    [
        (("REF 1", "REF 2"), "REF 3,,,", True),
        (("REF 1", "REF 2"), "ref 31,,,", True),
        (("North House 1", "South House 2"), "East House 3,,,", True),
        (("REF 1", "REF 2"), "Kind regards,,,", False),
        (("REF 1", "REF 2"), "Page 2 of 2,,,", False),
        (("R1", "R2"), "REF 3,,,", False),
        (("R1", "R2"), "Waiting list run by the team,,,", False),
    ],
)
def test_a_last_row_with_nothing_but_its_reference_is_a_row_and_other_text_is_told(
    zone: Zone, references: tuple[str, ...], last: str, is_row: bool
) -> None:
    rows = [(reference, *ROWS[0][1:]) for reference in references] * 10
    report = zone.take_one("referrals_2015-05-31.csv", csv_text(*rows) + last + "\n")
    assert (report.status, report.rows_landed, report.rows_skipped) == ("loaded", 20 + is_row, 2 - is_row)
    told = [warning for warning in report.warnings if "closing line" in warning]
    is_usual = last.startswith("Page")
    assert len(told) == (not is_row and not is_usual)
    assert all(warning.startswith("line 22: text without values") for warning in told)


def test_where_rows_begin_with_names_a_closing_text_has_no_shape(zone: Zone) -> None:
    content = "line,period_start,budget\nStaff costs,2015-04-01,5\nPrepared by,,\n"
    report = zone.take_one("programme_budget_2015-05-31.csv", content)
    assert (report.rows_landed, report.rows_skipped) == (1, 2)
    assert any(warning.startswith("line 3: text without values") for warning in report.warnings)


@pytest.mark.parametrize(
    "row", ["Grand total:,,,3", "Sub-totals,\u00a31 234.50,,50%", "Sum,,,", "** Total **,,(3),"]
)
def test_a_bare_label_with_figures_beside_it_is_a_total(zone: Zone, row: str) -> None:
    report = zone.take_one("referrals_2015-05-31.csv", PLAIN + row + "\n")
    assert (report.rows_landed, report.rows_skipped) == (3, 2)


BUDGET = "line,period_start,budget,actual\nStaff,2015-04-01,1000,500\n"


@pytest.mark.parametrize(
    ("row", "is_total", "is_told"),
    [
        ("Total,2015-04-01,1500,", True, False),
        ("Grand Total:,01/04/2015,1500,500.50", True, False),
        ("Subtotal,1 Apr 2015,\u00a31500,", True, True),
        ("** Total **,2015-04-01 00:00:00,1500,", True, False),
        ("Total,April 2015,,500", True, False),
        ("Total staff costs,2015-04-01,1500,", False, True),
        ("Staff total,2015-04-01,1500,", False, True),
        ("Total,2015-04-01,soon,", False, True),
        ("Sum,2015-04-01,1500,", True, False),
        ("Totalisator,2015-04-01,1500,", False, False),
    ],
)
def test_a_total_with_every_required_cell_is_one_where_rows_begin_with_names(
    zone: Zone, row: str, is_total: bool, is_told: bool
) -> None:
    report = zone.take_one("programme_budget_2015-05-31.csv", f"{BUDGET}{row}\nRent,2015-04-01,500,\n")
    assert (report.status, report.rows_landed, report.rows_skipped) == ("loaded", 3 - is_total, 1 + is_total)
    assert any(warning.startswith("line 3:") for warning in report.warnings) == is_told


def test_a_row_whose_reference_is_total_is_a_row(zone: Zone) -> None:
    report = zone.take_one("petty_cash_2015-05-31.csv", f"{CASH}Total,2015-05-01,,7.50,\n")
    assert (report.rows_landed, report.rows_skipped) == (1, 1)


def test_a_line_of_text_between_the_rows_is_a_row_gone_wrong_and_not_a_trailer(zone: Zone) -> None:
    lines = PLAIN.splitlines()
    lines.insert(2, "North team referrals")
    report = zone.take_one("referrals_2015-05-31.csv", "\n".join(lines))
    assert report.rows_landed == 4
    assert zone.landed()[1]["door_findings"] == "row:wrong_number_of_fields"


def test_undeclared_columns_do_not_land_and_are_named_by_position_and_hash(zone: Zone) -> None:
    header = (*HEADER[:2], "NHS number", *HEADER[2:], "")
    rows = [(*row[:2], "9434765919", *row[2:], "stray") for row in ROWS]
    report = zone.take_one("referrals_2015-05-31.csv", csv_text(*rows, header=header))
    assert zone.ledger()[0]["ignored_columns"] == 2
    told = " ".join(report.warnings)
    assert "column 3 is not in the contract and was not loaded" in told
    assert "column 6" in told
    everything = told + str(zone.landed()) + str(zone.ledger())
    assert "NHS" not in everything
    assert "9434765919" not in everything
    assert "stray" not in everything


def test_a_declared_column_that_is_empty_throughout_is_told(zone: Zone) -> None:
    rows = [(*row, "") for row in ROWS]
    report = zone.take_one("referrals_2015-05-31.csv", csv_text(*rows, header=(*HEADER, "decision")))
    assert report.status == "loaded"
    assert report.warnings == ("column decision is there and empty in every row",)


def test_one_empty_required_cell_is_its_rows_fault_and_more_than_one_in_twenty_the_files(zone: Zone) -> None:
    one = [*referrals(19), ("R20", "", "2015-03-31", "Camden")]
    assert zone.take_one("referrals_2015-05-30.csv", csv_text(*one)).status == "loaded"
    two = [*one, ("R21", "", "2015-03-31", "Camden")]
    report = zone.take_one("referrals_2015-05-31.csv", csv_text(*two))
    assert report.status == "refused"
    assert "client_id is empty in 2 of 21 rows" in (report.reason or "")


def test_a_delta_without_rows_says_that_nothing_changed() -> None:
    table = table_of(csv_text(), replace(EXPORT, is_delta=True))
    assert list(table.rows()) == []
    assert table.warnings == ["the file has no data rows"]


def test_a_delimiter_is_not_taken_from_the_longest_title() -> None:
    title = ",".join(["a", "title", "with", "commas,", "many", "of", "them"]) + "\n"
    table = table_of(title * 5 + csv_text(*ROWS, delimiter=";"))
    assert [record.cells for record in table.rows()] == [list(row) for row in ROWS]


def table_of(text: str, export: Export | None = None) -> Table:
    """The table in a CSV text."""
    file = io.BytesIO(text.encode())
    return Table(read_csv(file, fingerprint(file), export or EXPORT), export or EXPORT)


EXPORT: Export = load_contracts(ROOT / "dbt" / CONTRACT)["referrals"]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
LINES = st.lists(st.lists(CELL, max_size=6).map(tuple), max_size=12)
RAGGED = st.lists(
    st.text(st.sampled_from('ab 1"\\,;\t|\n\r\x1a\ufeff\u2028\u00e9'), max_size=25), max_size=12
).map("\n".join)


def add_up(content: bytes) -> None:
    """Read a file to its end: refused, or every row of it is skipped or landed and each has its line."""
    file = io.BytesIO(content)
    try:
        raw = read_csv(file, fingerprint(file), EXPORT)
    except FileRefusedError:
        return
    try:
        table = Table(raw, EXPORT)
        landed = list(table.rows())
    except FileRefusedError:
        rows = raw.rows_in_file()
        assert rows is None or rows >= 0
        return
    assert len(landed) == table.rows_landed
    assert table.rows_in_file == table.rows_skipped + table.rows_landed == raw.rows_in_file()
    assert len({record.line for record in landed}) == len(landed)


@given(
    above=LINES, below=LINES, delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(ENCODINGS),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)  # fmt: skip
def test_every_row_of_any_file_is_skipped_or_landed(
    above: list[tuple[str, ...]], below: list[tuple[str, ...]], delimiter: str, encoding: str, end: str
) -> None:
    text = csv_text(*above, header=("a report",), delimiter=delimiter) + csv_text(
        *ROWS, *below, delimiter=delimiter
    )
    add_up(text.replace("\n", end).encode(encoding, errors="replace"))


LIKE_UTF_8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")


@given(above=RAGGED, below=RAGGED, delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(ENCODINGS))
def test_no_ragged_or_half_quoted_text_is_an_unforeseen_error(
    above: str, below: str, delimiter: str, encoding: str
) -> None:
    add_up(f"{above}\n{csv_text(*ROWS, delimiter=delimiter)}{below}".encode(encoding, errors="replace"))


@given(st.binary(max_size=300))
def test_no_bytes_are_an_unforeseen_error(content: bytes) -> None:
    add_up(content)
    add_up(PLAIN.encode() + content)


@given(
    order=st.permutations(range(4)), delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(ENCODINGS),
    end=st.sampled_from(["\n", "\r\n", "\r"]), blanks=st.lists(st.integers(0, 4), max_size=5),
    agencies=st.lists(
        # A capital with accent and the sign after it may be two bytes of UTF-8: such a file is refused.
        st.text(st.characters(codec="cp1252", exclude_categories=["C"]), max_size=12).filter(
            lambda text: not LIKE_UTF_8.search(text.encode("cp1252"))
        ),
        min_size=3, max_size=3,
    ),
)  # fmt: skip
def test_order_of_columns_blank_rows_delimiter_and_encoding_never_change_what_is_read(
    order: list[int], delimiter: str, encoding: str, end: str, blanks: list[int], agencies: list[str]
) -> None:
    at = [*order, 4]
    rows = [
        (*HEADER, "referrer_agency"),
        *((*row, agency) for row, agency in zip(ROWS, agencies, strict=True)),
    ]
    lines = [csv_text(header=tuple(row[n] for n in at), delimiter=delimiter) for row in rows]
    for blank in sorted(blanks, reverse=True):
        lines.insert(blank, "\n" if blank % 2 else delimiter * 4 + "\n")
    file = io.BytesIO("".join(lines).replace("\n", end).encode(encoding))
    mark = fingerprint(file)
    table = Table(read_csv(file, mark, EXPORT), EXPORT)
    read = [
        {table.columns[n].name: trimmed(cell) for n, cell in enumerate(record.cells)}
        for record in table.rows()
    ]
    # Letters of Windows-1252 may by chance be UTF-8; then nobody can tell which of them was meant.
    if encoding == "cp1252" and mark.encoding != "cp1252":
        return
    assert read == [dict(zip(rows[0], map(trimmed, row), strict=True)) for row in rows[1:]]
    assert table.rows_in_file == 4 + len(blanks)
