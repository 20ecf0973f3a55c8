"""A small invented programme and one bad file for each row of the table of faults, classes A to E.

Belongs here: the files. What must become of each stands in the case beside its file, as the specification
has it; `test_bad_files.py` runs them all through one refresh. All people are invented.

The good extracts are of 31 December 2014. A bad file that loads describes an earlier day, so that a figure
which moves has moved by mistake; a file that is refused claims a later day, so that taking it would empty the
figures.
"""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

BASE_DAY = date(2014, 12, 31)

REFERRALS = (
    "referral_id",
    "client_id",
    "received_date",
    "borough",
    "decision",
    "decision_date",
    "need_mental_health",
)
CASELOAD = (
    *("episode_id", "client_id", "referral_id", "start_date", "allocated_date", "end_date", "destination"),
    *("borough", "birth_year", "sex", "consent", "consent_date"),
)
STARS = (
    "client_id",
    "star_version",
    "completed_date",
    "completed_by",
    "status",
    *(f"area_{n}" for n in range(1, 11)),
)
BUDGET = ("line_id", "client_id", "status", "paid_date", "amount", "category")

# What stands in bad cells and undeclared columns and may be seen nowhere; no real person bears such a name.
NAME = "Zebedee O'Quux-\u0141ukasz\u0301 \u05d0\u05d1 \U0001f98a"
CELLS = ("early-in-quuxember", "quux-free-text", "TenQuuxPounds", "Quuxborough")
SECRETS = (NAME, "QUUX-0001", *CELLS)

Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Case:
    """A file that is dropped, and what must become of it."""

    fault: str
    """The row of the table of faults and what is meant of it."""
    name: str
    content: bytes
    status: str = "loaded"
    reason: str = ""
    """Words of the reason for which the file is refused or left."""
    loaded: int | None = None
    duplicate: int = 0
    rejected: int = 0
    skipped: int | None = None
    findings: Mapping[int, set[str]] = field(default_factory=dict)
    """By line: every `column:reason` of a rejected row."""
    emptied: Mapping[int, set[str]] = field(default_factory=dict)
    """By line: every `column:reason` of a row that is kept."""
    warning: str = ""
    """Words of a warning about the file."""


def text(header: Sequence[str], rows: Rows, delimiter: str = ",") -> str:
    """A CSV file with its header; cells that need quotation marks have them."""

    def cell(value: object) -> str:
        plain = str(value)
        return (
            f'"{plain.replace(chr(34), chr(34) * 2)}"'
            if any(sign in plain for sign in f'{delimiter}"\n')
            else plain
        )

    return "".join(delimiter.join(map(cell, row)) + "\n" for row in (header, *rows))


def csv(header: Sequence[str], rows: Rows) -> bytes:
    """The same as bytes of UTF-8."""
    return text(header, rows).encode()


def workbook(
    fill: Callable[[Worksheet], None], title: str = "Sheet1", **others: Callable[[Worksheet], None]
) -> bytes:
    """A workbook with a sheet, and others by their titles."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    fill(sheet)
    for name, fill_other in others.items():
        fill_other(book.create_sheet(name))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """A workbook with more parts; in their names `__` stands for a slash and `_` for a dot."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), part)
    return out.getvalue()


# The good programme -----------------------------------------------------------------------------------------


def client(number: int) -> str:
    return f"GOOD-{number:03}"


def referral(number: int, **other: object) -> list[object]:
    """A good referral of client `number`; `other` replaces cells."""
    received = date(2014, 6, 2) + timedelta(days=number)
    row = dict.fromkeys(REFERRALS, "") | {
        "referral_id": f"REF-{number:03}",
        "client_id": client(number),
        "received_date": received,
        "borough": "islington" if number % 3 else "camden",
        "decision": "accepted",
        "decision_date": received + timedelta(days=3),
        "need_mental_health": "yes",
    }
    return list((row | other).values())


def episode(number: int, **other: object) -> list[object]:
    """A good open episode of client `number`."""
    started = date(2014, 6, 20) + timedelta(days=number)
    row = dict.fromkeys(CASELOAD, "") | {
        "episode_id": f"EPI-{number:03}",
        "client_id": client(number),
        "referral_id": f"REF-{number:03}",
        "start_date": started,
        "allocated_date": started,
        "borough": "islington" if number % 3 else "camden",
        "birth_year": 1970 + number % 20,
        "sex": "female" if number % 2 else "male",
        "consent": "yes",
        "consent_date": started,
    }
    return list((row | other).values())


def star(number: int, **other: object) -> list[object]:
    """A good star of client `number`, all areas at 3."""
    row = {
        "client_id": client(number),
        "star_version": "homelessness_star",
        "completed_date": "2014-09-30",
        "completed_by": "together",
        "status": "approved",
    } | {f"area_{area}": 3 + (area + number) % 5 for area in range(1, 11)}
    return list((row | other).values())


def line(number: int, **other: object) -> list[object]:
    """A good paid line of £20 for client `number`."""
    row = {
        "line_id": f"LIN-{number:03}",
        "client_id": client(number),
        "status": "paid",
        "paid_date": "2014-09-15",
        "amount": "20.00",
        "category": "travel",
    }
    return list((row | other).values())


BASE = {
    f"referrals_{BASE_DAY}.csv": csv(REFERRALS, [referral(n) for n in range(1, 41)]),
    f"caseload_{BASE_DAY}.csv": csv(CASELOAD, [episode(n) for n in range(1, 31)]),
    f"outcome_stars_{BASE_DAY}.csv": csv(STARS, [star(n) for n in range(1, 26)]),
    f"personal_budget_{BASE_DAY}.csv": csv(BUDGET, [line(n) for n in range(1, 31)]),
}


# A. Files and containers ------------------------------------------------------------------------------------

_days = (BASE_DAY - timedelta(days=n) for n in range(1, 170))
_later = (BASE_DAY + timedelta(days=n) for n in range(1, 400))

GOOD_ROWS = [referral(n) for n in range(1, 6)]
GOOD = csv(REFERRALS, GOOD_ROWS)
ACCENTED = [referral(n, referral_id=f"R\u00e9f \u201c{n}\u201d \u00a3") for n in range(1, 4)]


def accepted(
    fault: str, content: bytes, export: str = "referrals", suffix: str = "csv", **expected: Any
) -> Case:
    """A file of an earlier day that loads; by default five rows and the header."""
    return Case(
        fault,
        f"{export}_{next(_days)}.{suffix}",
        content,
        **dict[str, Any]({"loaded": 5, "skipped": 1} | expected),
    )


def refused(fault: str, reason: str, content: bytes, export: str = "referrals", suffix: str = "csv") -> Case:
    """A file of a later day of which nothing is taken."""
    return Case(fault, f"{export}_{next(_later)}.{suffix}", content, status="refused", reason=reason)


def table(rows: Rows = GOOD_ROWS, header: Sequence[str] = REFERRALS) -> Callable[[Worksheet], None]:
    """A sheet with a header and rows."""

    def fill(sheet: Worksheet) -> None:
        for row in (header, *rows):
            sheet.append(list(row))

    return fill


def note(sheet: Worksheet) -> None:
    sheet["A1"] = CELLS[1]


def hidden_row(sheet: Worksheet) -> None:
    table()(sheet)
    sheet.row_dimensions[3].hidden = True


def formulas(sheet: Worksheet) -> None:
    table([referral(1), referral(2, received_date="=TODAY()"), referral(3, received_date="#REF!")])(sheet)


def zip_bomb() -> bytes:
    """A workbook of about 200 kB that unpacks to 200 MB."""
    return with_parts(workbook(table()), xl__media__quux_bin=bytes(200 << 20))


def plain_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../referrals.csv", "text")
    return out.getvalue()


CONTAINERS = [
    refused("A5 no bytes", "empty file", b"", "caseload"),
    refused("A5 only a mark and blanks", "empty file", b"\xef\xbb\xbf \r\n", "caseload"),
    refused("A6 header only", "no data rows", csv(CASELOAD, []), "caseload"),
    accepted("A9 footer that agrees", GOOD + b"Total: 5 records\n", skipped=2),
    refused(
        "A9 footer that disagrees",
        "line 7 states 212 records and the file holds 5",
        GOOD + b"Total: 212 records\n",
    ),
    refused("A9 count above the header that disagrees", "states 6", b"6 records\n" + GOOD),
    accepted("A10 UTF-8 with a mark", b"\xef\xbb\xbf" + GOOD),
    accepted("A10 UTF-8", csv(REFERRALS, ACCENTED), loaded=3),
    accepted("A10 Windows-1252", text(REFERRALS, ACCENTED).encode("cp1252"), loaded=3),
    accepted("A10 UTF-16 by its mark", text(REFERRALS, ACCENTED).encode("utf-16"), loaded=3),
    refused(
        "A10 UTF-8 that is damaged",
        "damaged in line 3",
        csv(REFERRALS, ACCENTED).replace("R\u00e9f \u201c2".encode(), b"R\xc3\xe9f \xe2\x80"),
    ),
    accepted("A12 semicolons", text(REFERRALS, GOOD_ROWS, ";").encode()),
    accepted("A12 tabs", text(REFERRALS, GOOD_ROWS, "\t").encode()),
    accepted("A12 declared", b"sep=;\n" + text(REFERRALS, GOOD_ROWS, ";").encode(), skipped=2),
    refused("A12 no delimiter fits", "separated by", text(REFERRALS, GOOD_ROWS, "~").encode()),
    accepted(
        "A13 line ends and quotation marks in a note",
        csv((*REFERRALS, "notes"), [[*row, f'{CELLS[1]}\nshe said "no", twice'] for row in GOOD_ROWS]),
        warning="is not in the contract and was not loaded",
    ),
    refused("A14 a workbook that unpacks to 200 MB", "unpacks to", zip_bomb(), suffix="xlsx"),
    refused(
        "A16 document type",
        "DOCTYPE",
        with_parts(workbook(table()), customXml__item_xml=b"<!DOCTYPE x []><x/>"),
        suffix="xlsx",
    ),
    refused(
        "A16 entities",
        "DOCTYPE",
        with_parts(
            workbook(table()),
            customXml__item_xml=b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/hostname">]><x>&c;</x>',
        ),
        suffix="xlsx",
    ),
    refused("A17 CSV named as a workbook", "plain text", GOOD, suffix="xlsx"),
    refused(
        "A17 HTML named as a workbook",
        "HTML",
        b"<html><table><tr><td>referral_id</td></tr></table></html>",
        suffix="xlsx",
    ),
    refused("A17 workbook named as CSV", "Excel workbook", workbook(table())),
    refused("A17 old workbook", ".xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), suffix="xlsx"),
    refused(
        "A17 encrypted workbook",
        "password",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"),
        suffix="xlsx",
    ),
    refused(
        "A17 macros", "macros", with_parts(workbook(table()), xl__vbaProject_bin=b"macro"), suffix="xlsx"
    ),
    accepted(
        "A18 other sheets are counted and left",
        workbook(table(), Notes=note, Lookup=note),
        suffix="xlsx",
        warning="2 other sheets",
    ),
    accepted(
        "A18 a renamed sheet is found by its headers",
        workbook(table(), "Sheet1 (2)", Notes=note),
        suffix="xlsx",
    ),
    refused("A18 no sheet with the data", "no header row", workbook(note, "Notes"), suffix="xlsx"),
    accepted(
        "A18 a hidden row is read and told", workbook(hidden_row), suffix="xlsx", warning="1 hidden rows"
    ),
    accepted(
        "A20 formula without a value, error cell",
        workbook(formulas),
        suffix="xlsx",
        loaded=1,
        rejected=2,
        findings={3: {"received_date:formula_without_value"}, 4: {"received_date:excel_error"}},
    ),
    refused("A21 archive with a way out", "zip archive", plain_zip()),
    refused(
        "A24 a workbook of 5,000 columns",
        "columns",
        workbook(table([], [*REFERRALS, *(f"x{n}" for n in range(5_000))])),
        suffix="xlsx",
    ),
    accepted(
        "A24 a CSV of 50,000 rows is read",
        csv(REFERRALS, [referral(1, referral_id=f"LONG-{n:06}") for n in range(50_000)]),
        loaded=50_000,
    ),
]


# B. Columns and schema drift --------------------------------------------------------------------------------

SPACED = (
    "Referral ID",
    "client\u00a0id ",
    " RECEIVED_DATE",
    "Borough ",
    "Decision",
    "decision-date",
    "Need Mental Health",
)

COLUMNS = [
    accepted("B1 columns in another order", csv(REFERRALS[::-1], [row[::-1] for row in GOOD_ROWS])),
    accepted("B2 case, spaces, no-break spaces", csv(SPACED, GOOD_ROWS)),
    refused(
        "B3 required column renamed",
        "borough (nearest is 'burrough' in column 4)",
        GOOD.replace(b"borough", b"burrough", 1),
    ),
    accepted(
        "B4 extra columns stay outside",
        csv(
            ("NHS number", *REFERRALS, "Alleged offence"),
            [["QUUX-0001", *row, CELLS[1]] for row in GOOD_ROWS],
        ),
        warning="columns 1, ",
    ),
    accepted(
        "B6 a column that is there and empty",
        csv((*REFERRALS, "feedback_date"), [[*row, ""] for row in GOOD_ROWS]),
        warning="feedback_date is there and empty in every row",
    ),
    refused(
        "B6 more than one in twenty required values missing",
        "borough is empty in 2 of 5 rows",
        csv(REFERRALS, [referral(n, borough="") if n < 3 else referral(n) for n in range(1, 6)]),
    ),
    refused(
        "B8 an eleventh area",
        "unknown star version",
        csv((*STARS, "area_11"), [[*star(n), 3] for n in range(1, 4)]),
        "outcome_stars",
    ),
    refused(
        "B8 a version nobody knows",
        "unknown star version",
        csv(STARS, [star(n, star_version="Quuxborough Star") for n in range(1, 4)]),
        "outcome_stars",
    ),
    refused(
        "B8 scores from 1 to 5 only",
        "unknown star version",
        csv(STARS, [star(n, **{f"area_{a}": 1 + (a + n) % 5 for a in range(1, 11)}) for n in range(1, 26)]),
        "outcome_stars",
    ),
    accepted(
        "B9 spellings of a borough",
        csv(
            REFERRALS,
            [
                referral(1, borough="LB Islington"),
                referral(2, borough="Camden Council"),
                referral(3, borough="N/K"),
                referral(4, borough=CELLS[3]),
                referral(5),
            ],
        ),
        loaded=4,
        rejected=1,
        findings={5: {"borough:not_in_list"}},
    ),
    accepted(
        "B9 an option that a list lacks and whose column has a rule",
        csv(CASELOAD, [episode(1, sex="Quuxborough")]),
        "caseload",
        loaded=1,
        emptied={2: {"sex:not_in_list"}},
    ),
]


# C. Values of referrals and caseload ------------------------------------------------------------------------


def received(day: object) -> list[object]:
    return referral(1, referral_id=f"DATE-{day}", received_date=day, decision="", decision_date="")


def true_dates(sheet: Worksheet) -> None:
    table([received(date(2014, 7, 3)), received(41823)])(sheet)


VALUES = [
    accepted(
        "C1 forms of a date",
        csv(
            REFERRALS,
            [
                received("03/07/2014"),
                received("2014-07-03"),
                received("3-Jul-14"),
                received(CELLS[0]),
                received("31/02/2014"),
                received("00/00/0000"),
                received("41823"),
                received("13/07/2014"),
                received("07/13/2014"),
            ],
        ),
        loaded=4,
        rejected=5,
        warning="received_date",
        findings={line: {"received_date:not_a_date"} for line in (5, 6, 7, 8)}
        | {10: {"received_date:month_first"}},
    ),
    accepted(
        "C1 true dates of a workbook, and a number that is none",
        workbook(true_dates),
        suffix="xlsx",
        loaded=1,
        rejected=1,
        findings={3: {"received_date:not_a_date"}},
    ),
    accepted(
        "C3 years of two digits",
        csv(
            CASELOAD,
            [
                episode(1, start_date="01/07/14", allocated_date="", consent_date=""),
                episode(2, birth_year="15"),
                episode(3, start_date="01/07/68", allocated_date="", consent_date=""),
            ],
        ),
        "caseload",
        loaded=1,
        rejected=2,
        findings={3: {"birth_year:not_a_year"}, 4: {"start_date:after_extract_date"}},
    ),
    accepted(
        "C4 times of the day and the hour that comes twice",
        csv(
            REFERRALS,
            [received("2014-10-26T01:30"), received("2014-07-31 23:30"), received("2014-07-31T23:30:00Z")],
        ),
        loaded=3,
    ),
    accepted(
        "C6 days in an impossible order",
        csv(
            CASELOAD,
            [
                episode(1, allocated_date="2014-06-02"),
                episode(2, end_date="2014-06-21"),
                episode(3, start_date="2014-05-31", allocated_date="", consent_date=""),
                episode(4, end_date="2015-06-01"),
                episode(5, end_date="2014-06-25", destination="prison"),
            ],
        ),
        "caseload",
        loaded=1,
        rejected=4,
        findings={
            2: {"allocated_date:before_first_received_date"},
            3: {"end_date:before_start_date", "end_date:before_allocated_date"},
            4: {"start_date:before_programme_start"},
            5: {"end_date:after_extract_date"},
        },
    ),
    accepted(
        "C7 no reference",
        csv(
            REFERRALS,
            [
                *(referral(n) for n in range(1, 41)),
                referral(41, client_id=""),
                referral(42, client_id="TBC"),
                referral(43, client_id="0"),
                referral(44, client_id="n/a"),
                referral(45, client_id="1.23E+15"),
            ],
        ),
        loaded=40,
        rejected=5,
        findings={
            42: {"client_id:missing"},
            43: {"client_id:not_an_identifier"},
            44: {"client_id:not_an_identifier"},
            45: {"client_id:not_an_identifier"},
            46: {"client_id:scientific_notation"},
        },
    ),
    accepted(
        "C7 leading zeros that a spreadsheet lost",
        csv(REFERRALS, [referral(1, client_id="00123"), referral(2, client_id="123")]),
        loaded=2,
        warning="leading zeros",
    ),
    accepted(
        "C9 the same row twice, and a key with two contents",
        csv(REFERRALS, [referral(1), referral(1), referral(2), referral(2, borough="camden"), referral(3)]),
        loaded=2,
        duplicate=1,
        rejected=2,
        findings={4: {"referral_id:conflicting_duplicate"}, 5: {"referral_id:conflicting_duplicate"}},
    ),
    accepted(
        "C11 a client without a referral",
        csv(CASELOAD, [episode(1, client_id="QUUX-0001", referral_id="")]),
        "caseload",
        loaded=1,
        emptied={2: {"client_id:orphan"}},
    ),
    accepted(
        "C14 tokens of yes and no",
        csv(
            REFERRALS,
            [
                *(
                    referral(n, need_mental_health=word)
                    for n, word in enumerate(("Y", "N", "yes", "1", "TRUE", "x", ""), 1)
                ),
                referral(8, need_mental_health=CELLS[1]),
            ],
        ),
        loaded=7,
        rejected=1,
        findings={9: {"need_mental_health:not_in_list"}},
    ),
    accepted(
        "C16 a name as a reference",
        csv(
            REFERRALS,
            [
                referral(1, client_id=NAME),
                referral(2, client_id="Null"),
                referral(3, client_id="True"),
                referral(4, client_id="Q" * 200),
            ],
        ),
        loaded=3,
        rejected=1,
        findings={3: {"client_id:not_an_identifier"}},
    ),
    accepted(
        "C17 ages that cannot be",
        csv(
            CASELOAD,
            [
                episode(1, birth_year=1999),
                episode(2, birth_year=1998),
                episode(3, birth_year=1914),
                episode(4, birth_year=1913),
                episode(5, birth_year=2030),
            ],
        ),
        "caseload",
        loaded=2,
        rejected=3,
        findings={line: {"birth_year:age_out_of_range"} for line in (2, 5, 6)},
    ),
    accepted(
        "C18 consent",
        csv(
            CASELOAD,
            [
                episode(1, consent="", consent_date=""),
                episode(2, consent="withdrawn"),
                episode(3, consent_date=CELLS[0]),
            ],
        ),
        "caseload",
        loaded=3,
        emptied={4: {"consent_date:not_a_date"}},
    ),
    accepted(
        "C20 a worker's name",
        csv((*CASELOAD, "lead_worker_id", "worker name"), [[*episode(1), NAME, NAME]]),
        "caseload",
        loaded=1,
        warning="is not in the contract and was not loaded",
    ),
]


# D. Outcomes Stars ------------------------------------------------------------------------------------------

STAR_CASES = [
    accepted(
        "D1 scores that cannot be",
        csv(
            STARS,
            [
                star(n, area_1=score)
                for n, score in enumerate(("0", "11", "5.5", "4-5", "5*", "", "N/A", "99", "5.0"), 1)
            ],
        ),
        "outcome_stars",
        loaded=9,
        emptied={
            2: {"area_1:below_minimum"},
            3: {"area_1:above_maximum"},
            4: {"area_1:not_a_whole_number"},
            5: {"area_1:not_a_whole_number"},
            6: {"area_1:not_a_whole_number"},
        },
    ),
    accepted(
        "D3 two stars on one day, stars at odd times",
        csv(
            STARS,
            [
                star(1),
                star(1),
                star(2),
                star(2, area_1=9),
                star(3, completed_date="2014-05-20"),
                star(4, completed_date="2014-04-20"),
                star(5, completed_date="2015-05-20"),
            ],
        ),
        "outcome_stars",
        loaded=2,
        duplicate=1,
        rejected=4,
        findings={
            4: {"client_id:conflicting_duplicate"},
            5: {"client_id:conflicting_duplicate"},
            7: {"completed_date:before_earliest_star_date"},
            8: {"completed_date:after_extract_date"},
        },
    ),
    accepted(
        "D6 a star of somebody unknown",
        csv(STARS, [star(1), star(1, client_id="QUUX-0001-NEW")]),
        "outcome_stars",
        loaded=1,
        rejected=1,
        findings={3: {"client_id:unknown_client"}},
    ),
]


# E. Budgets -------------------------------------------------------------------------------------------------

AMOUNTS = ("\u00a31,234.50", "1234.5", "(50.00)", "-50", "1.234,50", "50p", "1,23", "\u00a3", CELLS[2], "1e3")

MONEY = [
    accepted(
        "E1 forms of an amount",
        csv(BUDGET, [line(n, amount=amount) for n, amount in enumerate(AMOUNTS, 1)]),
        "personal_budget",
        loaded=4,
        rejected=6,
        findings={number: {"amount:not_an_amount"} for number in range(6, 12)},
    ),
    accepted(
        "E1 ten thousand lines of ten pence",
        csv(BUDGET, [line(1, line_id=f"PENNY-{n:05}", amount="0.10") for n in range(10_000)]),
        "personal_budget",
        loaded=10_000,
    ),
    accepted(
        "E2 refund, nothing paid",
        csv(
            BUDGET,
            [line(1, status="refunded", amount="-20.00"), line(2, amount="0.00"), line(3, amount="-5.00")],
        ),
        "personal_budget",
        loaded=3,
    ),
    accepted(
        "E5 somebody unknown, no date, a category that the list lacks",
        csv(
            BUDGET,
            [
                line(1, client_id="QUUX-0001-NEW"),
                line(2, paid_date=""),
                line(3, category="Quuxborough"),
                line(4),
            ],
        ),
        "personal_budget",
        loaded=2,
        rejected=2,
        findings={2: {"client_id:unknown_client"}, 3: {"paid_date:needed_for_status"}},
        emptied={4: {"category:not_in_list"}},
    ),
    accepted(
        "E6 two lunches of a day are two by their references",
        csv(
            BUDGET,
            [
                line(1, line_id="LUNCH-1", amount="5.00"),
                line(1, line_id="LUNCH-2", amount="5.00"),
                line(1, line_id="LUNCH-2", amount="5.00"),
            ],
        ),
        "personal_budget",
        loaded=2,
        duplicate=1,
    ),
]

CASES = [*CONTAINERS, *COLUMNS, *VALUES, *STAR_CASES, *MONEY]
