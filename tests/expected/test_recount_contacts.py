"""The independent count of caseload, workers and contacts on invented rows, each figure counted by hand."""

from datetime import date

import pytest

from tests.expected.invented_rows import assignment, contact, episode, figures, known, worker
from tests.expected.recount import Count, Row
from tests.expected.recount_contacts import (
    count_attempts_before_success,
    count_contact_gap,
    count_contacts,
    count_lead_continuity,
    count_person_months,
    count_re_engaged,
    count_teams,
)
from tests.expected.support import Contacts, Spell, Teams, spells_of

AS_AT = date(2015, 5, 31)


def test_episodes_that_overlap_are_one_spell() -> None:
    found = spells_of(
        known(
            episode("E1", "2014-07-01", "2014-12-31", destination="Custody"),
            episode("E2", "2014-12-30", "2015-02-01", borough="islington", destination="3"),
            episode("E3", "2015-02-01"),
            episode("E4", "2015-03-01", "2015-04-01"),
        )
    )
    assert [(s.number, str(s.start), str(s.end), s.borough, s.destination) for s in found] == [
        (1, "2014-07-01", "2015-02-01", "camden", "disengaged"),
        (2, "2015-02-01", "None", "camden", "not_known"),
    ]


def test_cases_for_each_whole_post() -> None:
    count = Count(AS_AT)
    rows = known(
        episode("E1", "2015-01-05", client="A", lead_worker_id="LW9"),
        # Whom no assignment has named by the day has the lead of the caseload; TBC is nobody.
        episode("E2", "2015-01-05", client="B", lead_worker_id="LW1", third_worker_id="LW2"),
        episode("E3", "2015-01-05", client="C", lead_worker_id="TBC"),
        episode("E4", "2015-01-05", client="D"),
        episode("E5", "2015-01-05", "2015-05-31", client="gone", lead_worker_id="LW1"),
        episode("E6", "2015-01-05", client="E"),
        episode("E7", "2015-01-05", client="F", lead_worker_id="LW2"),
        episode("E8", "2015-01-05", client="G", lead_worker_id="LW9"),
        # Led by somebody whose share of a post is not recorded.
        episode("E9", "2015-01-05", client="H", lead_worker_id="LW5"),
    )
    assignments = [
        # Of two leads one was gone by the day, one begins on it.
        assignment("LW1", "2015-01-05", "2015-05-31"),
        assignment("LW2", "2015-05-31"),
        assignment("LW3", "2015-05-01", "2015-06-01", "second"),
        assignment("LW1", "2015-01-05", "2015-05-31", client="D"),
        assignment("LW2", "2015-02-05", role="second", client="D"),
        assignment("LW2", "2015-01-05", client="E"),
        assignment("LW3", "2015-06-01", role="second", client="E"),
        # Named from the next day on, and on the day itself.
        assignment("LW1", "2015-06-01", client="F"),
        assignment("LW3", "2015-05-31", role="second", client="G"),
    ]
    workers = [
        worker("LW1", "2014-06-02", fte="1"),
        worker("LW5", "2014-06-02"),
        worker("LW2", "2015-05-31", fte="0.5", secondment_end="2015-08-29"),
        worker("LW3", "2014-06-02", "2015-05-31", secondment_end="2015-06-30"),
        worker("LW4", "2015-06-01", fte="1"),
        worker("PM1", "2014-06-02", fte="1", role="peer_mentor"),
    ]
    count_teams(count, spells_of(rows), Teams(rows, assignments), workers)
    # A, B, E and F have a lead; one post and a half. LW5 and H are in neither part.
    assert figures(count, "caseload_per_fte", "mean", "as_at") == {(): pytest.approx(4 / 1.5)}
    assert figures(count, "allocation_completeness", "count", "as_at") == {
        ("lead_and_second",): 1,
        ("third_too",): 1,
        ("none",): 3,
        ("lead_only",): 3,
    }
    # LW2's secondment ends on the ninetieth day.
    assert figures(count, "secondment_cliff", "count", "as_at") == {(): 3}


@pytest.mark.parametrize(
    ("secondment_end", "expected"),
    [("2015-05-31", 0), ("2015-06-01", 1), ("2015-08-29", 1), ("2015-08-30", 0), ("", 0)],
)
def test_the_cliff_is_ninety_days_wide(secondment_end: str, expected: int) -> None:
    count = Count(AS_AT)
    rows = known(episode("E1", "2015-01-05"))
    teams = Teams(rows, [assignment("LW1", "2015-01-05"), assignment("LW2", "2015-01-05")])
    workers = [
        worker("LW1", "2014-06-02", secondment_end=secondment_end),
        worker("LW2", "2014-06-02", secondment_end=secondment_end),
    ]
    count_teams(count, spells_of(rows), teams, workers)
    assert figures(count, "secondment_cliff", "count", "as_at") == {(): expected}


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([assignment("LW1", "2014-06-01")], 1),
        # The cover of the first weeks is the first lead.
        ([assignment("LW2", "2014-06-02", "2014-06-20"), assignment("LW1", "2014-06-20")], 0),
        # Gone on the very day of the start: not the first.
        ([assignment("LW2", "2014-05-01", "2014-06-02"), assignment("LW1", "2014-06-02")], 1),
        # Two begin on one day: the least key; both are there a year later.
        ([assignment("LW2", "2014-06-02"), assignment("LW1", "2014-06-02")], 1),
        ([assignment("LW2", "2014-06-02"), assignment("LW1", "2014-06-02", "2015-06-02")], 0),
        # Gone on the anniversary, come on it, only the second: no first lead or nobody to compare with.
        ([assignment("LW1", "2014-06-02", "2015-06-02")], None),
        ([assignment("LW1", "2015-06-02")], None),
        ([assignment("LW1", "2014-06-02", role="second")], None),
        ([], None),
    ],
)
def test_the_same_lead_after_a_year(assignments: list[Row], expected: float | None) -> None:
    count = Count(date(2015, 6, 2))
    rows = known(episode("E1", "2014-06-02", lead_worker_id="LW1"))
    count_lead_continuity(count, spells_of(rows), Teams(rows, assignments))
    assert figures(count, "lead_continuity", "share", "as_at").get(()) == expected


def test_people_open_for_less_than_a_year_or_gone_are_left_out() -> None:
    count = Count(AS_AT)
    rows = known(
        episode("E1", "2014-06-01", client="not_yet"),
        episode("E2", "2014-05-01", "2015-05-31", client="gone"),
        episode("E3", "2014-05-31", client="counted"),
    )
    leads = [assignment("LW1", "2014-05-01", client=name) for name in ("not_yet", "gone")]
    leads += [
        assignment("LW1", "2014-06-15", "2015-01-01", client="counted"),
        assignment("LW2", "2015-01-01", client="counted"),
    ]
    count_lead_continuity(count, spells_of(rows), Teams(rows, leads))
    assert figures(count, "lead_continuity", "share", "as_at") == {(): 0}


def test_person_months_are_days_at_whose_end_someone_is_open() -> None:
    count = Count(AS_AT)
    rows = known(
        # 1 to 30 April and 1 to 30 May: 60 days; the day of the end is none.
        episode("E1", "2015-04-01", "2015-05-31"),
        # 31 May alone.
        episode("E2", "2015-05-31", client="B"),
        # 30 and 31 March belong to the quarter before; starts and ends on one day: none.
        episode("E3", "2015-03-30", "2015-04-02", client="C"),
        episode("E4", "2015-05-01", "2015-05-01", client="D"),
        # An end to come is none yet; a start to come neither.
        episode("E5", "2015-05-30", "2015-07-01", client="E"),
        episode("E6", "2015-06-01", client="F"),
    )
    count_person_months(count, spells_of(rows))
    # 60 + 1 + 1 + 2 days of April and May.
    assert figures(count, "person_months", "total", "quarter") == {(): pytest.approx(64 / 30.4375)}
    assert figures(count, "person_months", "total", "quarter", date(2015, 3, 31)) == {
        (): pytest.approx(2 / 30.4375)
    }
    assert figures(count, "person_months", "total", "programme") == {(): pytest.approx(66 / 30.4375)}


def test_contacts_of_everybody_for_each_month_of_people_open() -> None:
    count = Count(AS_AT)
    spells = spells_of(known(episode("E1", "2015-04-01")))
    rows = [
        contact("2015-03-31"),
        contact("2015-04-01"),
        contact("2015-04-02", setting=None),
        contact("2015-05-31", setting="not_known", client="never_open"),
        contact("2015-06-01"),
        contact("2015-04-03", "attempted", setting="street"),
        contact("2015-04-04", result=""),
    ]
    count_contacts(count, spells, rows)
    assert figures(count, "contacts", "count", "programme") == {(): 4}
    assert figures(count, "contacts", "count", "year") == {(): 3, ("home",): 1, ("not_known",): 2}
    assert figures(count, "contacts", "count", "year", date(2015, 3, 31)) == {(): 1, ("home",): 1}
    # 61 days open in April and May; nobody was open in the quarter before.
    assert figures(count, "contacts", "mean", "quarter") == {(): pytest.approx(3 * 30.4375 / 61)}
    assert figures(count, "contacts", "mean", "quarter", date(2015, 3, 31)) == {}
    assert figures(count, "contact_attempts", "count", "quarter") == {(): 1}
    assert figures(count, "contact_attempts", "mean", "year") == {(): pytest.approx(30.4375 / 61)}


def test_attempts_before_someone_was_first_reached() -> None:
    count = Count(AS_AT)
    rows = [
        # Two before; the one of the same day and the later one are none.
        *(contact(f"2015-01-{day:02}", "attempted") for day in (5, 5, 9, 12)),
        contact("2015-01-09"),
        contact("2015-03-01", client="B"),
        *(contact(f"2015-01-{day:02}", "attempted", client="C") for day in range(1, 8)),
        contact("2015-05-31", client="C"),
        contact("2015-01-01", "attempted", client="never_reached"),
        contact("2015-06-01", client="never_reached"),
    ]
    count_attempts_before_success(count, Contacts(rows, AS_AT))
    # Of 2, 0 and 7.
    assert figures(count, "attempts_before_success", "median", "programme") == {(): 2}


@pytest.mark.parametrize(
    ("last_contact", "expected"),
    [
        ("2015-05-31", "0_to_7"),
        ("2015-05-24", "0_to_7"),
        ("2015-05-23", "8_to_14"),
        ("2015-05-16", "15_to_28"),
        ("2015-05-03", "15_to_28"),
        ("2015-05-02", "29_to_60"),
        ("2015-04-01", "29_to_60"),
        ("2015-03-31", "61_to_90"),
        ("2015-03-02", "61_to_90"),
        ("2015-03-01", "over_90"),
        ("2015-06-01", "never"),
    ],
)
def test_days_since_someone_was_reached(last_contact: str, expected: str) -> None:
    count = Count(AS_AT)
    rows = known(episode("E1", "2015-03-05"), episode("E2", "2015-01-01", "2015-05-31", client="gone"))
    contacts = Contacts([contact(last_contact), contact("2015-05-31", "attempted")], AS_AT)
    count_contact_gap(count, spells_of(rows), contacts)
    assert figures(count, "contact_gap", "count", "as_at") == {(expected,): 1, ("camden", expected): 1}


def gaps(spells: list[Spell], *days: str) -> dict[str, float]:
    """Shares of people who came back, by quarter of 2015 and for the whole time."""
    count = Count(date(2015, 12, 31))
    count_re_engaged(count, spells, Contacts([contact(day) for day in days], count.as_at))
    ends = {"Q1": date(2015, 3, 31), "Q2": date(2015, 6, 30), "Q3": date(2015, 9, 30), "Q4": count.as_at}
    found = {
        name: figures(count, "re_engaged_after_gap", "share", "quarter", end) for name, end in ends.items()
    } | {"all": figures(count, "re_engaged_after_gap", "share", "programme")}
    return {name: own[()] for name, own in found.items() if own}


def test_a_gap_that_a_contact_ends() -> None:
    spells = spells_of(known(episode("E1", "2015-01-01")))
    # Sixty days on is 2 April; the contact of 10 July ends it. The others are 59 days apart at most.
    assert gaps(spells, "2015-02-01", "2015-07-10", "2015-09-07", "2015-11-05", "2015-12-31") == {
        "Q2": 0,
        "Q3": 1,
        "all": 1,
    }


def test_a_gap_that_ends_on_the_first_day_of_a_quarter_is_that_quarters_too() -> None:
    spells = spells_of(known(episode("E1", "2015-01-01", "2015-08-01")))
    assert gaps(spells, "2015-02-01", "2015-07-01") == {"Q2": 0, "Q3": 1, "all": 1}
    ended = spells_of(known(episode("E1", "2015-01-01", "2015-07-01")))
    assert gaps(ended, "2015-02-01") == {"Q2": 0, "Q3": 0, "all": 0}


def test_fifty_nine_days_are_no_gap_and_sixty_are() -> None:
    spells = spells_of(known(episode("E1", "2015-01-01")))
    assert gaps(spells, "2015-10-01", "2015-11-29", "2015-12-31") == {}
    assert gaps(spells, "2015-10-01", "2015-11-30", "2015-12-31") == {"Q4": 1, "all": 1}


def test_a_gap_that_nothing_or_the_end_of_support_ends() -> None:
    still_open = spells_of(known(episode("E1", "2015-01-01")))
    # Sixty days from 2 May is 1 July.
    assert gaps(still_open, "2015-05-02") == {"Q3": 0, "Q4": 0, "all": 0}
    ended = spells_of(known(episode("E1", "2015-01-01", "2015-07-15")))
    assert gaps(ended, "2015-05-02") == {"Q3": 0, "all": 0}
    # Contacts after the end and of the next spell do not end the gap.
    back = spells_of(known(episode("E1", "2015-01-01", "2015-07-15"), episode("E2", "2015-07-20")))
    assert gaps(back, "2015-05-02", "2015-07-18", "2015-07-20", "2015-09-01", "2015-10-15", "2015-12-01") == {
        "Q3": 0,
        "all": 0,
    }
    assert gaps(spells_of(known(episode("E1", "2015-01-01", "2015-06-30"))), "2015-05-02") == {}


def test_a_contact_on_the_day_of_the_end_counts() -> None:
    spells = spells_of(known(episode("E1", "2015-01-01", "2015-07-15")))
    assert gaps(spells, "2015-05-02", "2015-07-15") == {"Q3": 1, "all": 1}
