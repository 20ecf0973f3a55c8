"""The rules of the exports beside the caseload: what each row becomes, and what is loaded and listed.

One warehouse is built from everything below. Figures in the tests are counted by hand.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.landing_folder import FIRST_LINE, Built, LandedFile, Row, Workshop
from tests.dbt.test_loads import episode, referral
from tests.dbt.test_people import warned

MARCH, EXTRACT = date(2015, 3, 31), date(2015, 5, 31)
CLIENTS = ("anna", "ben", "cara", "dan", "eve", "finn", "gus", "hal", "ida", "jo")
ASKED = ("kim", "liv", "max", "una")
AREAS = range(1, 11)


def wide(client: str, day: str, *scores: str | None, version: str = "homelessness_star", **more: str) -> Row:
    areas = {f"area_{number}": score for number, score in enumerate(scores, 1)}
    key = {"client_id": client, "star_version": version, "completed_date": day, "completed_by": "together"}
    return {**key, "status": "approved", **areas, **more}


def long(client: str, day: str, *scored: tuple[str, str | None], **more: str) -> list[Row]:
    """The rows of one reading in the long form: one for each area and score."""
    return [{**wide(client, day), "area": area, "score": score, **more} for area, score in scored]


def numbered(*scores: str | None) -> list[tuple[str, str | None]]:
    return [(f"area_{number}", score) for number, score in enumerate(scores, 1)]


def ndta(client: str, day: str, *items: str | None, total: str | None = None) -> Row:
    scores = {f"item_{number}": item for number, item in enumerate(items, 1)}
    return {"client_id": client, "assessed_date": day, "recorded_total": total, **scores}


def quarter(client: str, start: str, **more: str | None) -> Row:
    return {"client_id": client, "quarter_start": start, **more}


def lived(client: str, start: str, kind: str, percent: str) -> Row:
    return quarter(client, start, type=kind, percent=percent)


# Two readings of the same areas, wide of anna and long of ben; half of ben's areas are called by name
FIRST = ("3", "4", None, "10", "1", "5", "5", "2", "7", "6")
SECOND = ("5", "4", "2", "9", "1", None, "6", "2", "8", "7")
NAMES = ("Motivation and taking responsibility", "Self-care and living skills", "Managing money",
         "Social networks and relationships", "Drug & alcohol misuse")  # fmt: skip
LONG_STARS = [
    *long("ben", "2015-01-10", *numbered(*FIRST)),
    *long("ben", "2015-05-01", *zip(NAMES, SECOND[:5], strict=True), *numbered(*SECOND)[5:]),
    # A bad score goes, the rest of the star stays; so does a conflict, and a copy is a copy
    *long("cara", "2015-03-01", ("area_1", "0"), ("area_2", "5.5"), ("area_3", "11"), ("area_4", "99"),
          ("5", "6")),
    *long("dan", "2015-03-01", ("area_1", "3"), ("area_1", "4"), ("area_2", "5"), ("area_2", "5"),
          ("area_3", "7")),
    *long("eve", "2015-03-01", ("area_1", "3"), ("Luck", "4"), ("Fate", "5")),
    {**wide("eve", "2015-04-01"), "score": "4"},
    # One star in both forms; approved and a draft at once
    wide("finn", "2015-03-01", "3"),
    *long("finn", "2015-03-01", ("area_2", "4")),
    *long("gus", "2015-03-01", ("area_1", "3")),
    *long("gus", "2015-03-01", ("area_2", "4"), status="draft"),
    *long("hal", "2015-03-01", ("Where I am living", "2"), ("Trust and hope", "8"), star_version="Home"),
    *long("ida", "2015-03-01", ("Work", "2"), ("Trust and hope", "8"), ("Physical health", "5"),
          star_version="Recovery"),
    *(wide(client, "2015-03-01", "3") for client in ASKED),
]  # fmt: skip

TWENTY_SIX = ("1", "2", "3", "4", "6", "0", "1", "2", "3", "4")
NDTA = [
    ndta("anna", "2015-03-01", *TWENTY_SIX, total="26"),
    ndta("ben", "2015-03-01", *TWENTY_SIX),
    # One item missing: no total, and nothing that the stated one could be held against
    ndta("cara", "2015-03-01", *TWENTY_SIX[:9], total="22"),
    ndta("dan", "2015-03-01", *TWENTY_SIX[:3], "3", *TWENTY_SIX[4:], total="25"),
    ndta("eve", "2015-03-01", *TWENTY_SIX[:4], "10", *TWENTY_SIX[5:], total="30"),
    ndta("finn", "2015-03-01", *TWENTY_SIX, total="25"),
    ndta("gus", "2015-03-01", *(["0"] * 10), total="0"),
    ndta("hal", "2015-03-01", *(["4"] * 3), "8", "8", *(["4"] * 5), total="48"),
    ndta("ida", "2015-03-01", "5", *TWENTY_SIX[1:], total="30"),
    ndta("nobody", "2015-03-01", *TWENTY_SIX),
    # After the only episode of jo, which ended in February
    ndta("jo", "2015-03-01", *TWENTY_SIX),
]

FILES = [
    LandedFile("referrals", EXTRACT, [referral(f"R-{client}", client) for client in (*CLIENTS, *ASKED)]),
    LandedFile(
        "caseload", EXTRACT,
        [*(episode(f"E-{client}", client, "2015-02-01")
           for client in (*CLIENTS, *ASKED) if client not in ("hal", "jo")),
         episode("E-jo", "jo", "2015-02-01", "2015-02-20"),
         episode("E-long-open", "hal", "2014-06-01"), episode("E-ida", "ida", "2015-05-01"),
         # Given, then withdrawn; withdrawn before it was given; given and withdrawn without a day
         episode("E-given", "kim", "2015-03-01", consent="yes", consent_date="2015-03-01"),
         episode("E-withdrawn", "kim", "2015-03-02", consent="withdrawn", consent_date="2015-03-01"),
         episode("E-before", "liv", "2015-03-01", consent="no", consent_date="2015-03-01"),
         episode("E-after", "liv", "2015-03-02", consent="yes", consent_date="2015-03-02"),
         episode("E-some-day", "max", "2015-03-01", consent="yes"),
         episode("E-other-day", "max", "2015-03-02", consent="no", consent_date="2015-03-02"),
         episode("E-refused", "una", "2015-03-01", consent="no", consent_date="2015-03-01"),
         episode("E-consents", "eve", "2015-03-01", consent="yes", consent_date="2015-03-01")],
    ),
    LandedFile(
        "outcome_stars", EXTRACT,
        [wide("anna", "2015-01-10", *FIRST), wide("anna", "2015-05-01", *SECOND), *LONG_STARS],
    ),
    # Of ben's star of May an older extract held two more areas: the record is there, so nothing has vanished
    LandedFile(
        "outcome_stars", MARCH,
        [*long("ben", "2015-01-10", *numbered("9", "9")), *long("ben", "2015-02-10", *numbered("9", "9"))],
    ),
    LandedFile("ndta", EXTRACT, NDTA),
    LandedFile(
        "service_use", EXTRACT,
        [quarter("anna", "2015-01-01", service="arrest", events=None),
         quarter("anna", "2015-01-01", service="eviction", events="0"),
         quarter("anna", "2015-01-02", service="arrest", events="1"),
         quarter("anna", "2015-02-01", service="arrest", events="1"),
         quarter("anna", "2015-04-01", service="arrest", events="999")],
    ),
    LandedFile(
        "accommodation", EXTRACT,
        [lived("anna", "2015-01-01", "hostel", "60"), lived("anna", "2015-01-01", "prison", "40"),
         lived("ben", "2015-01-01", "hostel", "60"), lived("ben", "2015-01-01", "prison", "40.01"),
         lived("cara", "2015-01-01", "hostel", "60"), lived("cara", "2015-01-01", "hostel", "60"),
         lived("cara", "2015-01-01", "prison", "40"), lived("dan", "2015-01-01", "hostel", "30"),
         lived("ben", "2015-04-01", "hostel", "100"), lived("ben", "2015-05-01", "hostel", "1"),
         lived("dan", "2015-04-01", "hostel", "101"),
         # Two types on no list are two, not one stated twice
         lived("eve", "2015-01-01", "Yurt", "10"), lived("eve", "2015-01-01", "Barge", "10"),
         lived("eve", "2015-01-01", "Sofa surfing", "80"),
         # Of quarters that cannot be read nobody knows whether they are one
         lived("finn", "some quarter", "hostel", "60"), lived("finn", "another", "hostel", "70")],
    ),
    LandedFile(
        "petty_cash", EXTRACT,
        [{"line_id": "P1", "spent_date": "2015-01-05", "amount": "0.10"},
         {"line_id": "P2", "spent_date": "2015-01-05", "amount": "(3.35)", "purpose": "Sweets"},
         {"line_id": "P3", "spent_date": "2014-05-31", "amount": "7"},
         {"line_id": "P4", "spent_date": "2015-01-06", "amount": "50p"},
         {"line_id": "P1", "spent_date": "2015-01-05", "amount": "0.10"}],
    ),
    LandedFile(
        "programme_budget", EXTRACT,
        [{"line": "Staff", "period_start": "2015-04-01", "budget": "1000", "actual": "12.34",
          "forecast": "900"},
         {"line": "Staff", "period_start": "2015-07-01", "budget": "1000", "actual": "1"},
         {"line": "Rent", "period_start": "2015-07-01", "budget": "1000", "actual": "0"},
         {"line": "Rent", "period_start": "soon", "budget": "5", "actual": "4"}],
    ),
    LandedFile(
        "workers", EXTRACT,
        [{"worker_id": "w1", "role": "Link worker", "start_date": "2014-06-01"},
         {"worker_id": "w2", "role": "peer_mentor", "start_date": "2014-06-01", "end_date": "2015-02-28",
          "fte": "0.5"},
         {"worker_id": "w3", "role": "manager", "start_date": "2015-02-01", "end_date": "2015-01-31"},
         {"worker_id": "w4", "role": "manager", "start_date": "2015-02-01", "fte": "1%"}],
    ),
    LandedFile(
        "contacts", EXTRACT,
        [{"contact_id": "K1", "client_id": "anna", "contact_date": "2015-05-01", "worker_id": "w1"},
         {"contact_id": "K2", "client_id": "anna", "contact_date": "2015-05-02", "worker_id": "w9"},
         {"contact_id": "K3", "client_id": "nobody", "contact_date": "2015-05-02", "worker_id": "w1"},
         # Not reached: no contact
         {"contact_id": "K4", "client_id": "hal", "contact_date": "2015-05-30", "result": "attempted"}],
    ),
    LandedFile(
        "assignments", EXTRACT,
        [{"client_id": client, "worker_id": worker, "role": "lead", "from_date": start, "to_date": end}
         for client, worker, start, end in (
             ("anna", "w1", "2015-02-01", None), ("ben", "w9", "2015-02-01", None),
             ("cara", "w2", "2015-02-01", None), ("dan", "w2", "2015-02-01", "2015-02-28"),
             ("eve", "w1", "2015-03-01", "2015-02-28"))],
    ),
    LandedFile(
        "system_changes", EXTRACT,
        [{"change_id": "C1", "raised_date": "2015-01-01", "agreed_date": "2015-03-01",
          "adopted_date": "2015-02-01", "practice_a": "Asks  for\na letter"},
         {"change_id": "C2", "raised_date": "2015-01-01", "agreed_date": "2015-02-01",
          "adopted_date": "2015-02-01", "still_in_place": "Y"},
         {"change_id": "C3", "raised_date": "2015-01-01", "agreed_date": "2014-12-31"},
         {"change_id": "C4", "raised_date": "2015-01-01", "adopted_date": "2015-03-01",
          "reviewed_date": "2015-02-01", "still_in_place": "no"}],
    ),
    LandedFile(
        "spg_items", EXTRACT,
        [{"item_id": "I1", "raised_date": "2015-01-01", "title": "Letters", "change_id": "C1",
          "metric_id": "Starts"},
         {"item_id": "I2", "raised_date": "2015-01-01", "title": "Keys", "change_id": "C9",
          "metric_id": "luck"},
         {"item_id": "I3", "raised_date": "2015-01-01", "title": "Doors", "decided_date": "2015-03-01",
          "actioned_date": "2015-02-01"},
         {"item_id": "I4", "raised_date": "2015-01-01"}],
    ),
    LandedFile(
        "hypotheses", EXTRACT,
        [{"hypothesis_id": "H1", "cycle": "1", "statement": "One"},
         {"hypothesis_id": "H1", "cycle": "2", "statement": "Two"},
         {"hypothesis_id": "H2", "cycle": "0", "statement": "Three"}],
    ),
    LandedFile(
        "evidence", EXTRACT,
        [{"evidence_id": "V1", "hypothesis_id": "H1", "cycle": "2", "gathered_date": "2015-02-01"},
         {"evidence_id": "V2", "hypothesis_id": "H1", "cycle": "3", "gathered_date": "2015-02-01"},
         {"evidence_id": "V3", "hypothesis_id": "H9", "cycle": "1", "gathered_date": "2015-02-01"}],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(workshop: Workshop) -> Built:
    workshop.land(*FILES)
    return workshop.build(EXTRACT, date(2015, 6, 1))


def findings(warehouse: Built, export: str) -> set[tuple[Any, ...]]:
    """Line, column, reason and whether the row is kept, of the file of May."""
    return set(
        warehouse.rows(
            "select source_line, column_name, reason, row_is_kept from marts.fct_rejected_rows"
            f" where export = '{export}' and load_id like '{EXTRACT}%'"
        )
    )


def scores(warehouse: Built, client: str, day: str = "2015-03-01") -> dict[str, int]:
    return dict(
        warehouse.rows(
            "select star_area, score from marts.fct_star_scores"
            f" where client_key = '{client}' and completed_date = '{day}'"
        )
    )


@pytest.mark.parametrize(("day", "given"), [("2015-01-10", FIRST), ("2015-05-01", SECOND)])
def test_a_star_is_the_same_in_one_row_and_in_a_row_for_each_area(
    warehouse: Built, day: str, given: tuple[str | None, ...]
) -> None:
    expected = {area: int(score) for area, score in numbered(*given) if score}
    assert scores(warehouse, "anna", day) == scores(warehouse, "ben", day) == expected
    readings = warehouse.rows(
        "select star_version, completed_date, completed_by, is_valid, areas_scored"
        f" from marts.fct_star_readings where client_key in ('anna', 'ben') and completed_date = '{day}'"
    )
    assert len(readings) == 2
    assert readings[0] == readings[1]


def test_a_bad_area_of_a_long_star_goes_and_the_rest_stays(warehouse: Built) -> None:
    assert scores(warehouse, "cara") == {"area_5": 6}
    assert scores(warehouse, "dan") == {"area_2": 5, "area_3": 7}
    assert scores(warehouse, "eve") == {"area_1": 3}
    assert scores(warehouse, "finn") == scores(warehouse, "gus") == {}
    assert scores(warehouse, "hal") == {"area_1": 2, "area_10": 8}
    assert scores(warehouse, "ida") == {"area_5": 2, "area_10": 8}
    # anna's two rows come first, then twenty of ben's
    first = FIRST_LINE + 2 + 20
    reasons = [
        (0, "score", "below_minimum"), (1, "score", "not_a_whole_number"), (2, "score", "above_maximum"),
        (5, "client_id", "conflicting_duplicate"), (6, "client_id", "conflicting_duplicate"),
        (11, "area", "not_in_list"), (12, "area", "not_in_list"), (13, "area", "score_without_area"),
        (14, "area", "area_scored_twice"), (15, "area", "area_scored_twice"),
        (16, "status", "status_differs"), (17, "status", "status_differs"),
        (22, "area", "area_of_an_edition_not_listed"),
    ]  # fmt: skip
    assert findings(warehouse, "outcome_stars") == {
        (first + place, column, reason, False) for place, column, reason in reasons
    }


def test_a_long_file_adds_up_and_vanishes_by_star(warehouse: Built) -> None:
    ledger = (
        "select rows_in_file, rows_loaded, rows_duplicate, rows_rejected, load_number from marts.fct_loads"
    )
    assert warehouse.rows(f"{ledger} where export = 'outcome_stars' order by extract_date") == [
        (4, 4, 0, 0, 1),
        (49, 35, 1, 13, 2),
    ]
    vanished = "select record_key from marts.fct_vanished_keys where export = 'outcome_stars'"
    assert warehouse.rows(vanished) == [("ben|homelessness_star|2015-02-10|together",)]


def test_the_total_of_an_assessment_is_counted_anew(warehouse: Built) -> None:
    assert dict(warehouse.rows("select client_id, total from staging.stg_ndta")) == {
        "anna": 26, "ben": 26, "cara": None, "dan": None, "eve": None,
        "gus": 0, "hal": 48, "ida": None, "jo": 26,
    }  # fmt: skip
    assert findings(warehouse, "ndta") == {
        (5, "item_4", "not_a_multiple_of_2", True),
        (6, "item_5", "above_maximum", True),
        (7, "recorded_total", "total_differs", False),
        (10, "item_1", "above_maximum", True),
        (11, "client_id", "unknown_client", False),
    }
    assert warned(warehouse, "int_ndta_warnings", "ndta_without_total") == {
        f"{client}|2015-03-01" for client in ("cara", "dan", "eve", "ida")
    }
    assert warned(warehouse, "int_ndta_warnings", "ndta_after_end") == {"jo|2015-03-01"}


def test_unknown_use_of_a_service_is_never_none(warehouse: Built) -> None:
    rows = warehouse.rows("select quarter_start, service, events from staging.stg_service_use order by all")
    assert rows == [
        (date(2015, 1, 1), "arrest", None),
        (date(2015, 1, 1), "eviction", 0),
        (date(2015, 4, 1), "arrest", None),
    ]
    assert findings(warehouse, "service_use") == {
        (line, "quarter_start", "not_a_quarter_start", False) for line in (4, 5)
    }


def test_a_quarter_over_the_whole_is_rejected_and_a_copy_counts_once(warehouse: Built) -> None:
    assert warehouse.rows(
        "select client_id, quarter_start, sum(percent) from staging.stg_accommodation"
        " group by all order by all"
    ) == [
        ("anna", date(2015, 1, 1), 100),
        ("ben", date(2015, 4, 1), 100),
        ("cara", date(2015, 1, 1), 100),
        ("dan", date(2015, 1, 1), 30),
        ("eve", date(2015, 1, 1), 80),
    ]
    assert findings(warehouse, "accommodation") == {
        (4, "percent", "over_100_percent", False),
        (5, "percent", "over_100_percent", False),
        (11, "quarter_start", "not_a_quarter_start", False),
        (12, "percent", "above_maximum", False),
        (13, "type", "not_in_list", False),
        (14, "type", "not_in_list", False),
        (16, "quarter_start", "not_a_date", False),
        (17, "quarter_start", "not_a_date", False),
    }


def test_money_keeps_its_pence_and_its_sign(warehouse: Built) -> None:
    cash = warehouse.rows("select line_id, amount, purpose from staging.stg_petty_cash order by all")
    assert cash == [("P1", Decimal("0.10"), None), ("P2", Decimal("-3.35"), "not_known")]
    assert findings(warehouse, "petty_cash") == {
        (3, "purpose", "not_in_list", True),
        (4, "spent_date", "before_programme_start", False),
        (5, "amount", "not_an_amount", False),
    }
    assert findings(warehouse, "programme_budget") == {(5, "period_start", "not_a_date", False)}
    assert warned(warehouse, "int_programme_budget_warnings", "actual_before_period") == {"Staff|2015-07-01"}


def test_references_to_what_is_not_there_are_listed(warehouse: Built) -> None:
    assert warned(warehouse, "int_contact_warnings", "worker_not_found") == {"K2"}
    assert (4, "client_id", "unknown_client", False) in findings(warehouse, "contacts")
    assert warned(warehouse, "int_assignment_warnings", "worker_not_found") == {"ben|w9|2015-02-01"}
    assert warned(warehouse, "int_spg_item_warnings", "change_not_found") == {"I2"}
    assert warned(warehouse, "int_spg_item_warnings", "metric_not_found") == {"I2"}
    assert warned(warehouse, "int_evidence_warnings", "hypothesis_not_found") == {"V2", "V3"}


def test_days_in_an_odd_order_are_listed_and_impossible_ones_rejected(warehouse: Built) -> None:
    assert findings(warehouse, "assignments") == {(6, "to_date", "before_from_date", False)}
    assert findings(warehouse, "workers") == {
        (4, "end_date", "before_start_date", False),
        (5, "fte", "not_a_number", False),
    }
    assert findings(warehouse, "system_changes") == {(4, "agreed_date", "before_raised_date", False)}
    assert warned(warehouse, "int_assignment_warnings", "assigned_after_worker_left") == {
        "cara|w2|2015-02-01"
    }
    assert warned(warehouse, "int_system_change_warnings", "adopted_before_agreed") == {"C1"}
    assert warned(warehouse, "int_system_change_warnings", "reviewed_before_adopted") == {"C4"}
    assert warned(warehouse, "int_system_change_warnings", "in_place_without_review") == {"C2"}
    assert warned(warehouse, "int_spg_item_warnings", "actioned_before_decided") == {"I3"}


def test_text_for_people_keeps_everything_but_runs_of_spaces(warehouse: Built) -> None:
    practice = "select practice_a from staging.stg_system_changes where change_id = 'C1'"
    assert warehouse.rows(practice) == [("Asks for a letter",)]
    assert findings(warehouse, "spg_items") == {(5, "title", "missing", False)}
    assert findings(warehouse, "hypotheses") == {(4, "cycle", "below_minimum", False)}


def test_an_open_episode_without_lead_is_listed(warehouse: Built) -> None:
    without_lead = warned(warehouse, "int_support_warnings", "no_lead")
    assert {"E-dan", "E-eve", "E-long-open"} <= without_lead
    assert not {"E-anna", "E-ben", "E-cara", "E-jo"} & without_lead


def test_in_doubt_nobody_consents(warehouse: Built) -> None:
    consents = dict(warehouse.rows("select client_key, consent from intermediate.int_consents"))
    assert {client: consents[client] for client in ("anna", "eve", *ASKED)} == {
        "anna": "not_asked", "eve": "yes", "kim": "no", "liv": "no", "max": "no", "una": "no",
    }  # fmt: skip
    assert warned(warehouse, "int_support_warnings", "consent_contradicts") == {
        *("E-liv", "E-before", "E-after"),
        *("E-max", "E-some-day", "E-other-day"),
    }


def test_stars_of_a_withdrawn_consent_do_not_count(warehouse: Built) -> None:
    """C18; of never asked (anna) and always no (una) they do, and no warning asks to put anything right."""
    valid = dict(
        warehouse.rows(
            "select client_key, bool_and(is_valid) from marts.fct_star_readings"
            f" where client_key in {('anna', *ASKED)} group by client_key"
        )
    )
    assert valid == {"anna": True, "kim": False, "liv": False, "max": False, "una": True}
    assert not {
        key.split("|")[0] for key in warned(warehouse, "int_star_warnings", "two_stars_on_one_day")
    } & {*ASKED}


def test_every_reason_and_warning_has_words(warehouse: Built) -> None:
    models = [
        name
        for (name,) in warehouse.rows(
            "select table_name from information_schema.columns"
            " where table_schema = 'intermediate' and column_name = 'rule'"
        )
    ]
    rules = {rule for name in models for (rule,) in warehouse.rows(f"select rule from intermediate.{name}")}
    rules |= {rule for (rule,) in warehouse.rows("select reason from marts.fct_rejected_rows")}
    assert rules - {rule for (rule,) in warehouse.rows("select rule from reference.quality_rules")} == set()
