"""What a source does otherwise is declared: the one form of its dates, full or delta, how it stores scores.

One warehouse is built under a contract and seeds of its own, in which each export is sent in another way.
"""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import ROOT
from tests.dbt.landing_folder import FIRST_LINE, Built, LandedFile, Row, Workshop
from tests.dbt.test_exports import CLIENTS, FIRST, TWENTY_SIX, long, ndta, numbered, scores, wide
from tests.dbt.test_loads import episode, line, referral
from tests.dbt.test_people import warned

MARCH, APRIL, EXTRACT = date(2015, 3, 31), date(2015, 4, 30), date(2015, 5, 31)

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


# Long stars as changes, assessments as scored, and open episodes with and without a contact
SUPPORT = [
    LandedFile(
        "caseload", EXTRACT,
        [episode("E1", "anna", "2015-04-30"), episode("E2", "ben", "2015-05-01"),
         episode("E3", "cara", "2015-01-10"), episode("E4", "dan", "2015-01-10"),
         episode("E5", "eve", "2015-01-10"), episode("E6", "finn", "2015-01-10", "2015-02-01"),
         episode("E7", "gus", "2015-01-10")],
    ),
    LandedFile(
        "contacts", EXTRACT,
        [{"contact_id": f"K{number}", "client_id": client, "contact_date": day, "result": result}
         for number, (client, day, result) in enumerate(
             # Neither an attempt nor a contact without a result is one
             [("cara", "2015-04-30", "successful"), ("gus", "2015-05-01", "successful"),
              ("dan", "2015-05-20", None), ("dan", "2015-04-30", "successful"),
              ("eve", "2015-05-20", "attempted"), ("eve", "2015-03-01", "successful")])],
    ),
    LandedFile(
        "ndta", MARCH,
        # 1 + 2 + 3 + 2 x 2 + 2 x 3 + 0 + 1 + 2 + 3 + 4
        [ndta("anna", "2015-03-01", "1", "2", "3", "2", "3", *TWENTY_SIX[5:], total="26"),
         ndta("ben", "2015-03-01", *(["4"] * 10), total="48"),
         ndta("cara", "2015-03-01", "1", "2", "3", "2", "5", *TWENTY_SIX[5:]),
         ndta("dan", "2015-03-01", "1", "2", "3", "2", "3", *TWENTY_SIX[5:], total="21")],
    ),
    LandedFile(
        "outcome_stars", MARCH,
        [*long("anna", "2015-03-01", *numbered("1", "2", "3")),
         *long("ben", "2015-03-01", *numbered("4")), *long("cara", "2015-03-01", *numbered(*FIRST)),
         *long("dan", "2015-03-01", *numbered("1", "2")), wide("eve", "2015-03-01", "1", "2", "3"),
         *long("finn", "2015-01-20", *numbered("1", "2", "3")),
         *long("gus", "2015-03-01", *numbered("1", "2"))],
    ),
    LandedFile(
        "outcome_stars", EXTRACT,
        # Two areas of three, wrongly, one of ten, whole over areas, an area over the whole, one taken
        # back, one that is a draft again
        [*long("anna", "2015-03-01", *numbered("5", "6")), *long("ben", "2015-03-01", *numbered("11")),
         *long("cara", "2015-03-01", ("area_1", "9")),
         wide("dan", "2015-03-01", None, "7", "8"), *long("eve", "2015-03-01", ("area_2", "9")),
         *long("finn", "2015-01-20", ("area_3", None)),
         *long("gus", "2015-03-01", ("area_1", "3"), status="draft")],
    ),
]  # fmt: skip
BUDGET = [
    LandedFile(
        "personal_budget", MARCH,
        [*(line(key, "c1", "2015-02-10", "5") for key in ("L1", "L2", "L3")),
         *(line(key, "c1", "2015-02-10", "five") for key in ("L4", "L5", "L6"))],
    ),
    LandedFile(
        "personal_budget", EXTRACT,
        [line("L2", "c1", "2015-02-10", "6"), line("L3", "c1", "soon", "7"),
         line("L4", "c1", "2015-02-10", "8"), line("L6", "c1", "2015-02-10", "six")],
    ),
]  # fmt: skip


def put(file: Path, usual: str, other: str) -> None:
    """Say the other thing instead of the usual one, which has to stand there once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(usual) == 1
    file.write_text(text.replace(usual, other), encoding="utf-8")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All cases. Petty cash (by the seed), personal budget and stars (by the contract) bring changes only."""
    folder: Path = tmp_path_factory.mktemp("otherwise")
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
    settings = folder / "seeds/fulfilling_lives/programme_settings.csv"
    put(settings, "ndta_risk_items_are_doubled,true", "ndta_risk_items_are_doubled,false")
    put(settings, "stale_open_after_days,365", "stale_open_after_days,30")
    contract = folder / "dbt/models/staging/_landing__sources.yml"
    put(
        contract,
        "repeats_by: area\n            extract: full",
        "repeats_by: area\n            extract: delta",
    )
    before, budget, after = contract.read_text(encoding="utf-8").partition("      - name: personal_budget\n")
    assert budget
    contract.write_text(
        before + budget + after.replace("extract: full", "extract: delta", 1), encoding="utf-8"
    )
    workshop = Workshop(folder / "data", folder / "kept", folder)
    earlier: Row = {"line_id": "of April", "spent_date": "01.04.2015", "amount": "7"}
    replaced: Row = {"line_id": "petty_cash-0", "spent_date": "01.04.2015", "amount": "9"}
    # The cases come first: they are found by their lines.
    cells = {
        export: [row(export, n, text) for n, (text, _) in enumerate(cases)] for export, cases in CASES.items()
    }
    cells["referrals"] += [referral(f"R-{client}", client) for client in CLIENTS]
    workshop.land(
        LandedFile("petty_cash", APRIL, [earlier, replaced]),
        *(LandedFile(export, EXTRACT, rows) for export, rows in cells.items()),
        *BUDGET,
        *SUPPORT,
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


def test_an_export_of_changes_only_keeps_what_later_files_leave_out(warehouse: Built) -> None:
    """The latest valid row of each record counts, whichever file it came in, and nothing vanishes."""
    lines = dict(warehouse.rows("select line_key, cast(amount as varchar) from marts.fct_budget_lines"))
    assert lines == {"L1": "5.00", "L2": "6.00", "L3": "5.00", "L4": "8.00"}
    # L4 was put right; L6 is told once, at its newest place; nobody has sent L5 again.
    assert warehouse.rows(
        "select record_key, fct_loads.extract_date from marts.fct_rejected_rows as rejected"
        " inner join marts.fct_loads using (load_id)"
        " where is_open and rejected.export = 'personal_budget' order by all"
    ) == [("L3", EXTRACT), ("L5", MARCH), ("L6", EXTRACT)]


def test_nothing_vanishes_of_exports_of_changes_only(warehouse: Built) -> None:
    assert warehouse.rows("select export, record_key from marts.fct_vanished_keys") == []


def test_a_total_is_that_of_items_stored_as_scored(warehouse: Built) -> None:
    """Items 4 and 5 stored as scored are doubled."""
    totals = dict(warehouse.rows("select client_id, total from staging.stg_ndta"))
    assert totals == {"anna": 26, "ben": 48, "cara": None}


def test_of_long_stars_that_come_as_changes_each_areas_last_row_counts(warehouse: Built) -> None:
    """A reading stays one."""
    assert scores(warehouse, "anna") == {"area_1": 5, "area_2": 6, "area_3": 3}
    assert scores(warehouse, "ben") == {"area_1": 4}
    assert scores(warehouse, "cara") == {
        area: int(score) for area, score in numbered("9", *FIRST[1:]) if score
    }
    assert scores(warehouse, "dan") == {"area_2": 7, "area_3": 8}
    assert scores(warehouse, "eve") == {"area_1": 1, "area_2": 9, "area_3": 3}
    assert scores(warehouse, "finn", "2015-01-20") == {"area_1": 1, "area_2": 2}
    readings = warehouse.rows(
        "select client_id, stars.status, extract_date from staging.stg_outcome_stars as stars"
        " inner join staging.stg_loads using (load_id)"
    )
    assert sorted(readings) == [
        ("anna", "approved", EXTRACT), ("ben", "approved", MARCH), ("cara", "approved", EXTRACT),
        ("dan", "approved", EXTRACT), ("eve", "approved", EXTRACT), ("finn", "approved", EXTRACT),
        ("gus", "draft", EXTRACT),
    ]  # fmt: skip


def test_an_open_episode_is_stale_after_the_days_that_are_set(warehouse: Built) -> None:
    # 30 days before 31 May 2015 is 1 May
    assert warned(warehouse, "int_support_warnings", "stale_open") == {"E1", "E3", "E4", "E5"}
