"""What the seed export_sources declares: the one form of an export's dates, and full or delta.

One warehouse is built under seeds of its own, in which several exports are sent in several forms.
"""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import ROOT
from tests.dbt.landing_folder import FIRST_LINE, Built, LandedFile, Row, Workshop

EXTRACT = date(2015, 5, 31)
APRIL = date(2015, 4, 30)

# The export, the form declared for it, its column with a date and what else its rows need.
FORMS: dict[str, tuple[str, str, Row]] = {
    "referrals": ("YYYY/MM/DD", "received_date", {"client_id": "c1", "borough": "camden"}),
    "petty_cash": ("DD.MM.YYYY", "spent_date", {"amount": "5"}),
    "evidence": ("MM/DD/YYYY", "gathered_date", {"hypothesis_id": "H1", "cycle": "1"}),
    "system_changes": ("DD-MM-YYYY", "raised_date", {}),
}
KEYS = {
    "referrals": "referral_id",
    "petty_cash": "line_id",
    "evidence": "evidence_id",
    "system_changes": "change_id",
}

THIRD = date(2015, 4, 3)
ISO = [("2015-04-03", THIRD), ("20150403", THIRD), ("2015-04-03 00:00:00", THIRD)]
CASES: dict[str, list[tuple[str, date | None]]] = {
    "referrals": [
        *ISO,
        ("2015/04/03", THIRD),
        ("2015/4/3", THIRD),
        ("2015/04/03 14:30", THIRD),
        ("2015/04/03 14:30:59", THIRD),
        ("2015/02/30", None),
        ("2015/13/04", None),
        ("2015/04/031", None),
        ("15/04/03", None),
        ("03/04/2015", None),
        ("2015.04.03", None),
        ("2015/04-03", None),
        ("2015/04/03 soon", None),
        ("2015//03", None),
        ("3-Apr-15", None),
        ("/2015/04/03", None),
    ],
    "petty_cash": [
        *ISO,
        ("03.04.2015", THIRD),
        ("3.4.2015", THIRD),
        ("03/04/2015", None),
        ("04/13/2015", None),
        ("31.04.2015", None),
    ],
    # Month first, because it is declared: day first is not guessed where the month cannot be one.
    "evidence": [
        *ISO,
        ("04/03/2015", THIRD),
        ("4/3/2015 09:15", THIRD),
        ("04/13/2015", date(2015, 4, 13)),
        ("13/04/2015", None),
        ("03 April 2015", None),
    ],
    "system_changes": [
        *ISO,
        ("03-04-2015", THIRD),
        ("03-04-15", None),
        ("03/04/2015", None),
        ("3-Apr-2015", None),
    ],
}


def row(export: str, number: int, text: str) -> Row:
    _, column, rest = FORMS[export]
    return {KEYS[export]: f"{export}-{number}", column: text, **rest}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All cases, under seeds of their own that declare the forms; petty cash brings changes only."""
    folder: Path = tmp_path_factory.mktemp("forms")
    for part in ("dbt", "seeds"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("target", "logs"))
    seed = folder / "seeds/fulfilling_lives/export_sources.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for source in rows:
        if source["export"] in FORMS:
            source["date_format"] = FORMS[source["export"]][0]
        if source["export"] == "petty_cash":
            source["extract"] = "delta"
    with seed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    workshop = Workshop(folder / "data", folder / "kept", folder)
    earlier: Row = {"line_id": "of April", "spent_date": "01.04.2015", "amount": "7"}
    replaced: Row = {"line_id": "petty_cash-0", "spent_date": "01.04.2015", "amount": "9"}
    workshop.land(
        LandedFile("petty_cash", APRIL, [earlier, replaced]),
        *(
            LandedFile(export, EXTRACT, [row(export, n, text) for n, (text, _) in enumerate(cases)])
            for export, cases in CASES.items()
        ),
    )
    return workshop.build(EXTRACT, date(2015, 6, 1))


@pytest.mark.parametrize(
    ("export", "number"),
    [
        pytest.param(export, number, id=f"{FORMS[export][0]}: {text}")
        for export, cases in CASES.items()
        for number, (text, _) in enumerate(cases)
    ],
)
def test_only_the_declared_form_and_iso_are_read(warehouse: Built, export: str, number: int) -> None:
    column, day = FORMS[export][1], CASES[export][number][1]
    rejected = None if day else f"{column}:not_a_date;"
    assert warehouse.rows(
        f"select {column}, reject_reasons from staging.base_{export}"
        f" where source_line = {number + FIRST_LINE} and extract_date = date '{EXTRACT}'"
    ) == [(day, rejected)]


def test_an_export_that_the_seed_calls_delta_adds_to_what_came_before(warehouse: Built) -> None:
    lines = dict(warehouse.rows("select line_id, cast(amount as varchar) from staging.stg_petty_cash"))
    assert lines["of April"] == "7.00"
    assert lines["petty_cash-0"] == "5.00"
    assert warehouse.rows("select count(*) from marts.fct_vanished_keys where export = 'petty_cash'") == [
        (0,)
    ]
    assert warehouse.rows("select extract from staging.stg_exports where export = 'petty_cash'") == [
        ("delta",)
    ]
    assert warehouse.rows("select extract from staging.stg_exports where export = 'referrals'") == [("full",)]
