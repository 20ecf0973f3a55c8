"""The contract of the exports: read once, refused where it contradicts itself."""

import re
from pathlib import Path

import pytest

from dagster_project.ingestion.contracts import (
    ContractError,
    exports_by_file_name,
    load_contracts,
    normal_header,
)
from dagster_project.ingestion.load import CONTRACT
from dagster_project.settings import ROOT

CONTRACT_FILE = ROOT / "dbt" / CONTRACT

SOURCE = """
sources:
  - name: landing
    tables:
      - name: visits
        config: {meta: {label: Visits, key: [visit_id], extract: delta}}
        columns:
          - name: visit_id
            config: {meta: {type: identifier, required: true, aliases: [Visit Ref]}}
          - name: visit_date
            config: {meta: {type: date, missing: ["1900-01-01", 999], aliases: [OTHER]}}
      - name: calls
        config: {meta: {label: Calls, key: [call_id], extract: full}}
        columns:
          - name: call_id
            config: {meta: {type: identifier, required: true}}
      - name: loads
        columns: [{name: load_id}]
"""


def contract(folder: Path, other_alias: str = "Day", extra: str = "") -> Path:
    """A contract file of one small export."""
    path = folder / "contract.yml"
    path.write_text(SOURCE.replace("OTHER", other_alias + "]" + extra + ", x: [y"), encoding="utf-8")
    return path


def test_the_real_contract_has_the_exports_and_not_the_ledger() -> None:
    contracts = load_contracts(CONTRACT_FILE, ROOT / "seeds" / "fulfilling_lives" / "header_aliases.csv")
    assert {"referrals", "caseload", "outcome_stars", "personal_budget"} <= set(contracts)
    assert not {"loads", "control"} & set(contracts)
    required = {column.name for column in contracts["caseload"].required}
    assert required == {"episode_id", "client_id", "start_date", "borough"}
    landed = [column.landed_name for column in contracts["caseload"].columns]
    assert "age_band" in landed
    assert "birth_year" not in landed


def test_an_export_is_read_with_its_headers_and_missing_codes(tmp_path: Path) -> None:
    visits = load_contracts(contract(tmp_path))["visits"]
    assert (visits.label, visits.is_delta, visits.file_names) == ("Visits", True, ("visits",))
    assert (visits.sheet, visits.header_row) == (None, None)
    assert set(visits.headers) == {"visitid", "visitref", "visitdate", "day"}
    assert visits.columns[1].missing == {"1900-01-01", "999"}


@pytest.mark.parametrize(
    "header", ["Client ID ", "client_id", "CLIENT-ID", "client\u00a0id", "\ufeffClient Id", "Client\nID"]
)
def test_headers_are_compared_without_case_white_space_and_hyphens(header: str) -> None:
    assert normal_header(header) == "clientid"


def test_partners_aliases_come_from_the_seed(tmp_path: Path) -> None:
    seed = tmp_path / "header_aliases.csv"
    seed.write_text(
        "export,column_name,header\nvisits,visit_date,Seen on\n*,visit_id,Number\n*,borough,Town\n"
    )
    headers = load_contracts(contract(tmp_path), seed)["visits"].headers
    assert headers["seenon"].name == "visit_date"
    assert headers["number"].name == "visit_id"
    assert "town" not in headers


@pytest.mark.parametrize(
    ("alias", "extra", "words"),
    [
        ("visit ref", "", "claimed by visit_id and by visit_date"),
        ("Day", ", door: window", "unknown door 'window'"),
        ("Day", ", door: age_band", "an age band needs `at`"),
        ("Day", ", form: words", "`form` can only be code"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(
    tmp_path: Path, alias: str, extra: str, words: str
) -> None:
    with pytest.raises(ContractError, match=words):
        load_contracts(contract(tmp_path, alias, extra))


@pytest.mark.parametrize(
    ("alias", "words"),
    [
        ("vists,visit_date,Seen on", "no such export: vists"),
        ("visits,date,Seen on", "visits has no column date"),
    ],
)
def test_an_alias_for_what_does_not_exist_is_refused(tmp_path: Path, alias: str, words: str) -> None:
    seed = tmp_path / "header_aliases.csv"
    seed.write_text(f"export,column_name,header\n{alias}\n")
    with pytest.raises(ContractError, match=words):
        load_contracts(contract(tmp_path), seed)


SOURCES = "export,team,file_names,sheet,header_row,date_format,extract\n"


def sources(folder: Path, *rows: str) -> Path:
    """A seed export_sources with these rows."""
    path = folder / "export_sources.csv"
    path.write_text(SOURCES + "".join(f"{row}\n" for row in rows))
    return path


def test_the_seed_says_how_an_export_is_sent(tmp_path: Path) -> None:
    seed = sources(
        tmp_path, "visits,Desk,Home Visits | SEEN-people,Sheet 2,4,DD.MM.YYYY,full", "calls,Desk,,,,,delta"
    )
    contracts = load_contracts(contract(tmp_path), export_sources=seed)
    visits, calls = contracts["visits"], contracts["calls"]
    assert visits.file_names == ("visits", "home_visits", "seen_people")
    assert (visits.sheet, visits.header_row, visits.is_delta) == ("Sheet 2", 4, False)
    assert (calls.file_names, calls.sheet, calls.header_row, calls.is_delta) == (("calls",), None, None, True)
    assert exports_by_file_name(contracts) == {
        "visits": "visits", "home_visits": "visits", "seen_people": "visits", "calls": "calls",
    }  # fmt: skip


@pytest.mark.parametrize("form", ["YYYY/MM/DD", "DD.MM.YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "YYYY-MM-DD"])
def test_forms_of_dates_that_can_be_declared(tmp_path: Path, form: str) -> None:
    assert load_contracts(contract(tmp_path), export_sources=sources(tmp_path, f"visits,Desk,,,,{form},"))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["vists,Desk,,,,,"], "no such export: vists"),
        (["visits,Desk,,,,,", "visits,Desk,,,,,"], "visits stands there twice"),
        (["visits,Desk,Log,,,,", "calls,Desk,LOG,,,,"], "'log' are claimed by visits and by calls"),
        (["visits,Desk,Calls,,,,"], "'calls' are claimed by visits and by calls"),
        (["visits,Desk,Log|,,,,"], "a beginning of a file name between `|` is empty"),
        (["visits,Desk,Log|_-,,,,"], "a beginning of a file name between `|` is empty"),
        *(
            ([f"visits,Desk,,,{row},,"], f"header_row '{row}' is not the number of a row from 1 to 50")
            for row in ("0", "51", "four", "1.5", "-1")
        ),
        *(
            ([f"visits,Desk,,,,{form},"], f"date_format '{form}' is not YYYY, MM and DD")
            for form in ("DD/MM/YY", "D/M/YYYY", "YYYY/MM", "DD/MM-YYYY", "YYYYMMDD", "DD/DD/YYYY",
                         "%d/%m/%Y", "dd/mm/yyyy", "MM/YYYY/DD", "DD MM YYYY", "YYYY/MM/DD HH:MM")
        ),
        (["visits,Desk,,,,YYYY-DD-MM,"], "cannot be told from ISO dates"),
        (["visits,Desk,,,,,changes"], "extract 'changes' is neither full nor delta"),
    ],
)  # fmt: skip
def test_a_seed_of_sources_that_cannot_be_is_refused(tmp_path: Path, rows: list[str], words: str) -> None:
    with pytest.raises(ContractError, match=re.escape(words)):
        load_contracts(contract(tmp_path), export_sources=sources(tmp_path, *rows))


@pytest.mark.parametrize("profile", ["fulfilling_lives", "changing_futures"])
def test_the_seeds_of_every_profile_can_be(profile: str) -> None:
    seeds = ROOT / "seeds" / profile
    assert load_contracts(CONTRACT_FILE, seeds / "header_aliases.csv", seeds / "export_sources.csv")
