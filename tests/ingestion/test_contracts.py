"""The contract of the exports: read once, refused where it contradicts itself."""

from pathlib import Path

import pytest

from dagster_project.ingestion.contracts import ContractError, load_contracts, normal_header
from dagster_project.ingestion.load import CONTRACT
from dagster_project.settings import ROOT

CONTRACT_FILE = ROOT / "dbt" / CONTRACT

SOURCE = """
sources:
  - name: landing
    tables:
      - name: visits
        config: {meta: {label: Visits, key: [visit_id], extract: delta, sheet: Visits}}
        columns:
          - name: visit_id
            config: {meta: {type: identifier, required: true, aliases: [Visit Ref]}}
          - name: visit_date
            config: {meta: {type: date, missing: ["1900-01-01", 999], aliases: [OTHER]}}
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
    assert (visits.label, visits.is_delta, visits.sheet) == ("Visits", True, "Visits")
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
