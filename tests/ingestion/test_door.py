"""What the door makes of references and years of birth: nothing that identifies anyone lands."""

import re
from datetime import date

import pytest

from dagster_project.ingestion.contracts import Export, load_contracts
from dagster_project.ingestion.door import trimmed, year_of
from dagster_project.ingestion.load import CONTRACT
from dagster_project.ingestion.pseudonyms import Pseudonyms
from dagster_project.settings import ROOT
from tests.ingestion.zone import HEADER as REFERRAL
from tests.ingestion.zone import KEY, Zone, csv_text

HEADER = ("episode_id", "client_id", "start_date", "borough", "birth_year", "lead_worker_id")


def land(zone: Zone, **cells: str) -> dict:
    """The landed row of one synthetic episode with some cells of its own."""
    row = {
        "episode_id": "E1",
        "client_id": "FLIC-0001",
        "start_date": "11/07/2014",
        "borough": "Camden",
        "birth_year": "1980",
        "lead_worker_id": "LW05",
    }
    zone.take_one("caseload_2015-05-31.csv", csv_text(tuple((row | cells).values()), header=HEADER))
    [landed] = zone.landed("caseload")
    return landed


def test_references_land_as_keyed_pseudonyms(zone: Zone) -> None:
    row = land(zone)
    assert row["client_id"] == Pseudonyms(KEY).of("client", "FLIC-0001")
    assert row["lead_worker_id"] == Pseudonyms(KEY).of("worker", "LW05")
    assert re.fullmatch(r"c[0-9a-f]{24}", row["client_id"])
    assert re.fullmatch(r"w[0-9a-f]{24}", row["lead_worker_id"])
    assert "birth_year" not in row
    assert "FLIC" not in str(row)
    assert "1980" not in str(row)
    assert row["door_findings"] is None


def test_a_pseudonym_is_the_hmac_of_the_reference_under_the_key() -> None:
    # printf 'client:FLIC-0001' | openssl dgst -sha256 -hmac 'a key for tests and nothing else'
    assert Pseudonyms(KEY).of("client", "FLIC-0001") == "caf5fdef0ab2dd384bc84ac1f"
    assert Pseudonyms(KEY).of("worker", "FLIC-0001")[1:] != Pseudonyms(KEY).of("client", "FLIC-0001")[1:]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("FLIC-0001", " FLIC-0001\u00a0", True),
        ("FLIC-0001", "\ufeffFLIC-0001\u200b", True),
        ("FLIC-0001", "\u202aFLIC\u00ad-00\u200e01\u202c", True),
        ("FLIC-0001", "\u2066FLIC-0001\u2069 \u061c", True),
        ("FLIC-0001", "flic-0001", False),
        ("00123", "123", False),
        ("12E3", "12000", False),
        ("Zo\u00eb\u2019s \U0001f600", "Zo\u00eb's", False),
    ],
)
def test_only_white_space_at_the_ends_does_not_make_another_person(
    zone: Zone, one: str, other: str, is_same: bool
) -> None:
    first = land(zone, client_id=one)["client_id"]
    zone.take_one(
        "caseload_2015-06-30.csv", csv_text(("E1", other, "2014-07-11", "Camden", "", ""), header=HEADER)
    )
    assert (zone.landed("caseload")[-1]["client_id"] == first) is is_same


@pytest.mark.parametrize("text", ["TBC", "0", "000", "0.0", "n/a", "None", "UNKNOWN", "not known", "-", "?"])
def test_a_word_in_place_of_a_client_is_no_client(zone: Zone, text: str) -> None:
    row = land(zone, client_id=text)
    assert (row["client_id"], row["door_findings"]) == (None, "client_id:not_an_identifier")


@pytest.mark.parametrize("column", ["client_id", "episode_id", "lead_worker_id"])
@pytest.mark.parametrize(
    "text", ["2015-03-31", "2015-03-31 23:30:00", "2015-03-31T23:30:00.5Z", "TRUE", "FALSE"]
)
def test_a_date_or_a_truth_value_is_nobodys_reference(zone: Zone, column: str, text: str) -> None:
    row = land(zone, **{column: text})
    assert (row[column], row["door_findings"]) == (None, f"{column}:not_an_identifier")


@pytest.mark.parametrize("text", ["True", "123.0", "2015-03-31-A"])
def test_what_only_resembles_a_date_or_a_truth_value_is_a_reference(zone: Zone, text: str) -> None:
    row = land(zone, episode_id=text)
    assert (row["episode_id"], row["door_findings"]) == (text, None)


@pytest.mark.parametrize("text", ["1.23E+15", "1,23E+15", "1.23457e12", "9E+20"])
@pytest.mark.parametrize("column", ["client_id", "episode_id", "lead_worker_id"])
def test_a_number_that_excel_rounded_is_nobodys_reference(zone: Zone, column: str, text: str) -> None:
    row = land(zone, **{column: text})
    assert (row[column], row["door_findings"]) == (None, f"{column}:scientific_notation")


@pytest.mark.parametrize("text", ["", "  ", "\u00a0"])
def test_an_empty_cell_lands_empty_and_is_no_finding(zone: Zone, text: str) -> None:
    row = land(zone, client_id=text, lead_worker_id=text, birth_year=text)
    assert (row["client_id"], row["lead_worker_id"], row["age_band"]) == (None, None, None)
    assert row["door_findings"] is None


@pytest.mark.parametrize("text", ["n/k", "TBC", "none", "0", "997"])
def test_a_word_in_place_of_a_worker_is_no_worker(zone: Zone, text: str) -> None:
    row = land(zone, lead_worker_id=text)
    assert (row["lead_worker_id"], row["door_findings"]) == (None, None)


# Ages are those reached in 2014, the year of the start.
AGES = {
    "1998": ("16_to_24", None),
    "1990": ("16_to_24", None),
    "1989": ("25_to_34", None),
    "1949": ("65_and_over", None),
    "1914": ("65_and_over", None),
    "1980.0": ("25_to_34", None),
    "12/05/1980": ("25_to_34", None),
    "1980-05-12": ("25_to_34", None),
    "1999": (None, "birth_year:age_out_of_range"),
    "1913": (None, "birth_year:age_out_of_range"),
    "2041": (None, "birth_year:age_out_of_range"),
    "80": (None, "birth_year:not_a_year"),
    "15": (None, "birth_year:not_a_year"),
    "about 40": (None, "birth_year:not_a_year"),
    "999": (None, None),
}


@pytest.mark.parametrize("year", AGES)
def test_a_year_of_birth_lands_as_the_age_band_at_the_start(zone: Zone, year: str) -> None:
    row = land(zone, birth_year=year)
    assert (row["age_band"], row["door_findings"]) == AGES[year]


# A column of codes, and a column of organisations' names.
CODES = {
    "tenancy": None,
    "Daily living": None,
    "daily-living_2": None,
    "One two three": None,
    "n/a": None,
    "Caf\u00e9": None,
    "for Jane Smith 07700900123": "not_a_code",
    "wants to see her": "not_a_code",
    "Jane 07700900123": "not_a_code",
    "jane@example.org": "not_a_code",
    "Smith, Jane": "not_a_code",
    "moved (see notes)": "not_a_code",
    "x" * 60: None,
    "x" * 61: "too_long",
}
ORGANISATIONS = {
    "Example housing service 2": None,
    "St Mungo's, Camden (outreach team)": None,
    "Total 2014-2015": None,
    "n/k": None,
    "Jane Smith 07700900123": "not_a_code",
    "Jane Smith 07700 900 123": "not_a_code",
    "Jane Smith +44 7700 900123": "not_a_code",
    "NHS 9434765919": "not_a_code",
    "jane@example.org": "not_a_code",
}


@pytest.mark.parametrize(
    ("export", "column", "text", "fault"),
    [("personal_budget", "outcome_agreed", text, fault) for text, fault in CODES.items()]
    + [("referrals", "referrer_agency", text, fault) for text, fault in ORGANISATIONS.items()],
)
def test_free_text_in_a_column_of_codes_stays_outside(
    zone: Zone, export: str, column: str, text: str, fault: str | None
) -> None:
    rest = {
        "personal_budget": {"line_id": "L1", "client_id": "FLIC-0001", "amount": "5"},
        "referrals": dict(zip(REFERRAL, ("R1", "FLIC-0001", "2015-03-31", "Camden"), strict=True)),
    }[export]
    row = {**rest, column: text}
    zone.take_one(f"{export}_2015-05-31.csv", csv_text(tuple(row.values()), header=tuple(row)))
    [landed] = zone.landed(export)
    findings = f"{column}:{fault}" if fault else None
    assert (landed[column], landed["door_findings"]) == (None if fault else text, findings)


@pytest.mark.parametrize("export", load_contracts(ROOT / "dbt" / CONTRACT).values(), ids=lambda e: e.name)
def test_every_column_of_codes_has_a_longest_length(export: Export) -> None:
    assert all(column.max_length for column in export.columns if column.type == "text_code")


def test_an_error_of_excel_in_a_csv_file_is_a_finding_in_any_column(zone: Zone) -> None:
    row = land(zone, borough="#N/A", start_date="#REF!")
    assert (row["borough"], row["start_date"]) == (None, None)
    assert row["door_findings"] == "start_date:excel_error;borough:excel_error"


def test_every_other_value_lands_as_it_is(zone: Zone) -> None:
    row = land(zone, borough='=HYPERLINK("x") \U0001f600 \u202eabc  d')
    assert row["borough"] == '=HYPERLINK("x") \U0001f600 \u202eabc  d'
    assert row["extract_date"] == date(2015, 5, 31)


def test_references_that_seem_to_have_lost_zeros_are_told(zone: Zone) -> None:
    rows = [
        (f"E{n}", reference, "2014-07-11", "Camden", "", "") for n, reference in enumerate(("00123", "456"))
    ]
    report = zone.take_one("caseload_2015-05-31.csv", csv_text(*rows, header=HEADER))
    assert any("begin with 0 and others are shorter" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2014-07-11", 2014),
        ("2014-07-11T10:20:00Z", 2014),
        ("11/07/2014", 2014),
        ("11-07-14", 2014),
        ("11/07/14 10:20", 2014),
        ("11-Jul-2014", 2014),
        ("11 July 14", 2014),
        ("20140711", 2014),
        ("early June", None),
        ("", None),
    ],
)
def test_the_year_of_a_start_is_found_in_every_form_of_date(text: str, year: int | None) -> None:
    assert year_of(text) == year


@pytest.mark.parametrize(
    "text", ["a b", " a b ", "\u00a0a b\u2003", "\ufeff a b\u200b \u200b", "\u202aa b\u202c"]
)
def test_white_space_goes_from_the_ends_alone(text: str) -> None:
    assert trimmed(text) == "a b"


@pytest.mark.parametrize(
    ("references", "is_told"),
    [
        (("123", "124.0", "123.0"), True),
        (("123.0", "124", "123"), True),
        (("123.0", "124.0"), False),
        (("123", "1230", "R.0"), False),
        (("A-1", "A-1.00"), True),
    ],
)
@pytest.mark.parametrize("column", ["episode_id", "client_id"])
def test_a_reference_with_and_without_a_decimal_zero_is_told(
    zone: Zone, column: str, references: tuple[str, ...], is_told: bool
) -> None:
    rows = [(f"E{n}", f"C{n}", "2014-07-11", "Camden", "", "") for n in range(len(references))]
    at = HEADER.index(column)
    rows = [(*row[:at], text, *row[at + 1 :]) for row, text in zip(rows, references, strict=True)]
    report = zone.take_one("caseload_2015-05-31.csv", csv_text(*rows, header=HEADER))
    told = [warning for warning in report.warnings if "with .0 behind it" in warning]
    assert [warning.partition(":")[0] for warning in told] == [column] * is_told
    assert not any(reference in " ".join(told) for reference in references)
