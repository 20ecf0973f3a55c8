"""One person under several references: from a link's day on, every figure counts the person once."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from tests.dbt.landing_folder import Built, LandedFile, Row, Workshop
from tests.dbt.test_loads import episode, line, referral, star

AS_AT, EXTRACT = date(2015, 5, 20), date(2015, 5, 31)


def link(client: str, same_as: str, day: str = "2015-01-01") -> Row:
    return {"client_id": client, "same_as": same_as, "effective_date": day}


LINKS = [
    # In force the day before the as-at day, on it, and from the day after
    link("before-1", "before-2", "2015-05-19"),
    link("on-1", "on-2", "2015-05-20"),
    link("after-1", "after-2", "2015-05-21"),
    # A chain, two links from one reference, a circle, and a chain whose middle is not yet in force
    link("chain-1", "chain-2"),
    link("chain-2", "chain-3"),
    link("fork-2", "fork-1"),
    link("fork-2", "fork-3"),
    link("circle-1", "circle-2"),
    link("circle-2", "circle-3"),
    link("circle-3", "circle-1"),
    link("half-1", "half-2"),
    link("half-2", "half-3", "2015-05-21"),
    link("nobody-1", "nobody-2"),
    link("crowd-5", "crowd-4"),
    *(link(f"crowd-{number}", "crowd-5") for number in (1, 2, 3)),
    link("itself", "itself"),
]

# Every reference but those named unseen- and nobody- stands in the referrals.
REFERENCES = [f"{name}-{n}" for name in ("before", "on", "after") for n in (1, 2)] + [
    f"{name}-{n}" for name in ("chain", "fork", "circle", "half") for n in (1, 2, 3)
]

FILES = [
    LandedFile(
        "referrals", EXTRACT,
        [*(referral(f"R-{client}", client) for client in REFERENCES),
         referral("R-seen", "seen", received="2015-02-01"), referral("R-crowd", "crowd-1"),
         referral("R-early", "early", received="2014-07-01"),
         referral("R-late", "late", received="2015-02-01"),
         referral("R-not-yet", "not-yet")],
    ),
    LandedFile(
        "caseload", EXTRACT,
        [*(episode(f"E-{client}", client, f"2015-02-{number:02}")
           for number, client in enumerate(REFERENCES, 1)),
         # Its referral stands under the other reference
         episode("E-unseen", "unseen", "2015-03-01"),
         # Allocated before the later referral and after the first: the person's first counts
         episode("E-late", "late", "2015-02-02", allocated_date="2014-08-01"),
         episode("E-only-caseload", "only-caseload", "2015-01-10")],
    ),
    LandedFile(
        "client_links", EXTRACT,
        [*LINKS, link("unseen", "seen"), link("late", "early"), link("unseen-star", "only-caseload"),
         link("unseen-not-yet", "not-yet", "2015-05-21")],
    ),
    LandedFile(
        "outcome_stars", EXTRACT,
        [star("chain-1", "2015-04-01", "3"), star("chain-3", "2015-04-01", "4"),
         # 27 and 31 days before the person's first referral
         star("unseen", "2015-01-05", "3"), star("unseen", "2015-01-01", "3"),
         star("late", "2014-08-01", "3"), star("unseen-star", "2015-02-01", "3"),
         star("unseen-not-yet", "2015-02-01", "3")],
    ),
    LandedFile(
        "personal_budget", EXTRACT,
        [line("L1", "before-1", "2015-04-02", "600"), line("L2", "before-2", "2015-04-03", "400.01"),
         line("L3", "after-1", "2015-04-02", "600"), line("L4", "after-2", "2015-04-03", "400.01")],
    ),
    LandedFile(
        "accommodation", EXTRACT,
        [{"client_id": client, "quarter_start": "2015-01-01", "type": kind, "percent": percent}
         for client, kind, percent in (("before-1", "hostel", "60"), ("before-2", "prison", "60"),
                                       ("on-1", "hostel", "60"), ("on-2", "prison", "40"))],
    ),
    LandedFile(
        "ndta", EXTRACT,
        [{"client_id": client, "assessed_date": "2015-04-01"} for client in ("fork-1", "fork-3", "after-1")],
    ),
    LandedFile(
        "assignments", EXTRACT,
        [{"client_id": client, "worker_id": worker, "role": role, "from_date": start, "to_date": end}
         for client, worker, role, start, end in (
             ("before-1", "w1", "lead", "2015-02-01", None),
             ("before-2", "w2", "lead", "2015-03-01", None),
             # A handover on one day, and the same worker twice
             ("on-1", "w1", "lead", "2015-02-01", "2015-03-01"),
             ("on-2", "w2", "lead", "2015-03-01", None),
             ("chain-1", "w1", "lead", "2015-02-01", None),
             ("chain-2", "w1", "lead", "2015-03-01", None),
             # Ended on the as-at day, and a second worker only
             ("fork-1", "w1", "lead", "2015-02-01", "2015-05-20"),
             ("circle-1", "w1", "second", "2015-02-01", None),
         )],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(workshop: Workshop) -> Built:
    workshop.land(*FILES)
    return workshop.build(AS_AT, date(2015, 6, 15))


def warned(warehouse: Built, model: str, rule: str) -> set[Any]:
    """The records that a rule of an intermediate model lists."""
    return {
        record
        for (record,) in warehouse.rows(f"select record_key from intermediate.{model} where rule = '{rule}'")
    }


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("before", [{"before-1", "before-2"}]),
        ("on", [{"on-1", "on-2"}]),
        ("after", [{"after-1"}, {"after-2"}]),
        ("chain", [{"chain-1", "chain-2", "chain-3"}]),
        ("fork", [{"fork-1", "fork-2", "fork-3"}]),
        ("circle", [{"circle-1", "circle-2", "circle-3"}]),
        ("half", [{"half-1", "half-2"}, {"half-3"}]),
    ],
)
def test_linked_references_are_one_person_from_the_day_of_the_link(
    warehouse: Built, name: str, people: list[set[str]]
) -> None:
    for table, key in (("fct_referrals", "referral_key"), ("fct_episodes", "episode_key")):
        found: dict[str, set[str]] = {}
        for client, record in warehouse.rows(
            f"select client_key, {key} from marts.{table} where {key} like '%-{name}-%'"
        ):
            found.setdefault(client, set()).add(record[2:])
        assert sorted(found.values(), key=sorted) == people


def test_a_link_to_itself_is_rejected(warehouse: Built) -> None:
    assert warehouse.rows(
        "select column_name, reason from marts.fct_rejected_rows where export = 'client_links'"
    ) == [("same_as", "linked_to_itself")]


def test_a_reference_linked_to_a_known_one_is_known_with_its_first_referral(warehouse: Built) -> None:
    readings = warehouse.rows("select client_key, completed_date from marts.fct_star_readings order by all")
    assert readings == [
        ("chain-1", date(2015, 4, 1)),
        ("chain-1", date(2015, 4, 1)),
        ("early", date(2014, 8, 1)),
        ("only-caseload", date(2015, 2, 1)),
        ("seen", date(2015, 1, 5)),
    ]
    assert warehouse.rows(
        "select source_line, reason from marts.fct_rejected_rows where export = 'outcome_stars' order by all"
    ) == [(5, "before_earliest_star_date"), (8, "unknown_client")]
    orphans = "select source_line, reason from marts.fct_rejected_rows where export = 'caseload'"
    # Only the client who was never referred under any reference; it stands last
    assert warehouse.rows(orphans) == [(len(REFERENCES) + 4, "orphan")]


def test_an_episode_finds_the_referral_under_the_persons_other_reference(warehouse: Built) -> None:
    assert warehouse.rows("select referral_key from marts.fct_episodes where episode_key = 'E-unseen'") == [
        ("R-seen",)
    ]


def test_two_stars_of_one_person_on_one_day_count_once(warehouse: Built) -> None:
    valid = "select count(*) from marts.fct_star_readings where client_key = 'chain-1' and is_valid"
    assert warehouse.rows(valid) == [(1,)]
    assert len(warned(warehouse, "int_star_warnings", "two_stars_on_one_day")) == 1


def test_episodes_of_one_person_overlap(warehouse: Built) -> None:
    overlapping = warned(warehouse, "int_caseload_warnings", "overlapping_episodes")
    assert {key for key in overlapping if "chain" in key or "after" in key} == {"E-chain-2", "E-chain-3"}


def test_the_allowance_is_the_persons(warehouse: Built) -> None:
    assert warned(warehouse, "int_budget_warnings", "over_allowance") == {"L2"}


def test_a_quarter_an_assessment_and_a_lead_are_the_persons(warehouse: Built) -> None:
    assert warned(warehouse, "int_accommodation_warnings", "person_over_100_percent") == {
        "before-1|2015-01-01|hostel"
    }
    assert warned(warehouse, "int_ndta_warnings", "two_ndta_on_one_day") == {"fork-3|2015-04-01"}
    assert warned(warehouse, "int_assignment_warnings", "two_leads_on_one_day") == {"before-2|w2|2015-03-01"}
    without_lead = warned(warehouse, "int_support_warnings", "no_lead")
    assert {f"E-{name}-{n}" for name in ("before", "on", "chain") for n in (1, 2)} & without_lead == set()
    assert {"E-fork-1", "E-circle-1", "E-after-1"} <= without_lead


def test_odd_links_are_listed(warehouse: Built) -> None:
    assert warned(warehouse, "int_client_link_warnings", "link_of_unknown_client") == {"nobody-1|nobody-2"}
    crowd = {f"crowd-{n}|crowd-5" for n in (1, 2, 3)} | {"crowd-5|crowd-4"}
    assert warned(warehouse, "int_client_link_warnings", "person_of_many_references") == crowd


def test_a_chain_too_long_to_be_one_person_stops_the_refresh(workshop: Workshop) -> None:
    """Thirteen links in a row, as a column that was filled down leaves them."""
    names = [f"c{number:02}" for number in range(14)]
    workshop.land(LandedFile("client_links", EXTRACT, [link(a, b) for a, b in pairwise(names)]))
    with pytest.raises(AssertionError, match="Got 1 result, configured to fail if != 0"):
        workshop.build(EXTRACT, EXTRACT, "stg_people", "stg_client_links")
