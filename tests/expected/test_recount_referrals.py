"""The independent count of referrals and waits on invented rows, each figure counted by hand."""

from datetime import date

import pytest

from tests.expected.durations import Wait
from tests.expected.invented_rows import contact, episode, figures, known, referral
from tests.expected.recount import Count
from tests.expected.recount_referrals import (
    count_feedback,
    count_needs_at_referral,
    count_no_word,
    count_re_referrals,
    count_waits,
    waits_to_allocation,
    waits_to_decision,
    waits_to_first_contact,
    waits_to_start,
)
from tests.expected.support import Contacts, episodes_after, spells_of

AS_AT = date(2015, 5, 31)
ALL_NEEDS = "supported_housing criminal_justice substance_misuse mental_health primary_health_care"


def test_how_many_needs_is_not_known_once_one_answer_is_open() -> None:
    count = Count(AS_AT)
    rows = known(
        referral("five", "2015-03-31", needs=ALL_NEEDS),
        referral("one", "2015-04-01", needs="mental_health", unknown="criminal_justice"),
        referral("none", "2015-04-02", decision="duplicate", decided="2015-04-03"),
        referral("open", "2015-04-03", unknown="criminal_justice"),
        referral("later", "2015-06-01", needs=ALL_NEEDS),
    )
    count_needs_at_referral(count, rows)
    programme = figures(count, "needs_at_referral", "count", "programme")
    assert {cell: value for cell, value in programme.items() if len(cell) == 1} == {
        ("5",): 1,
        ("0",): 1,
        ("not_known",): 2,
    }
    of_justice = {cell[0]: value for cell, value in programme.items() if cell[-1] == "criminal_justice"}
    assert of_justice == {"yes": 1, "no": 1, "unknown": 2}
    assert programme["yes", "mental_health"] == 2
    assert figures(count, "needs_at_referral", "count", "year", date(2015, 3, 31)) == {("5",): 1}
    assert figures(count, "needs_at_referral", "count", "year") == {
        ("0",): 1,
        ("not_known",): 2,
    }


def test_feedback_counts_up_to_the_tenth_working_day() -> None:
    count = Count(AS_AT)
    # Easter 2015: from Thursday 2 April the tenth working day is Monday 20 April.
    rows = known(
        referral("tenth", "2015-04-02", feedback="2015-04-20"),
        referral("eleventh", "2015-04-02", feedback="2015-04-21"),
        referral("never", "2015-04-02", sector="health"),
        # From Friday 1 May the tenth working day is Monday 18 May, for 4 May was a holiday.
        referral("weekend", "2015-05-01", feedback="2015-05-16", sector="health"),
        # From Sunday 17 May only nine have passed by the as-at day, for 25 May was a holiday.
        referral("too_young", "2015-05-17", feedback="2015-05-18"),
        referral("not_yet", "2014-12-01", feedback="2015-06-01"),
    )
    count_feedback(count, rows)
    assert figures(count, "referral_feedback", "share", "programme") == {
        (): 2 / 5,
        ("housing",): 1 / 3,
        ("health",): 1 / 2,
    }


def test_feedback_on_the_weekend_after_the_tenth_working_day_is_in_time() -> None:
    count = Count(AS_AT)
    # From Friday 6 March the tenth working day is Friday 20 March.
    count_feedback(
        count,
        known(
            referral("sunday", "2015-03-06", feedback="2015-03-22"),
            referral("monday", "2015-03-06", feedback="2015-03-23"),
        ),
    )
    assert figures(count, "referral_feedback", "share", "programme")[()] == 1 / 2


@pytest.mark.parametrize(("as_at", "expected"), [(date(2015, 3, 19), {}), (date(2015, 3, 20), {(): 1})])
def test_a_referral_counts_from_its_tenth_working_day_on(
    as_at: date, expected: dict[tuple[str, ...], float]
) -> None:
    count = Count(as_at)
    count_feedback(count, known(referral("R", "2015-03-06", feedback="2015-03-09")))
    found = figures(count, "referral_feedback", "share", "programme")
    assert {cell: value for cell, value in found.items() if not cell} == expected


def test_no_word_begins_on_the_29th_day() -> None:
    count = Count(AS_AT)
    rows = known(
        referral("28", "2015-05-03"),
        referral("29", "2015-05-02"),
        referral("56", "2015-04-05", decision="pending"),
        referral("57", "2015-04-04"),
        referral("84", "2015-03-08"),
        referral("85", "2015-03-07", decision="accepted", decided="2015-06-01"),
        referral("heard", "2015-01-01", feedback="2015-05-31"),
        referral("heard_later", "2015-01-01", feedback="2015-06-01"),
        referral("decided", "2015-01-01", decision="withdrawn", decided="2015-05-31"),
    )
    count_no_word(count, rows)
    assert figures(count, "referrals_no_word", "count", "as_at") == {
        (): 6,
        ("over_28",): 2,
        ("over_56",): 2,
        ("over_84",): 2,
    }


@pytest.mark.parametrize(
    ("decision", "decided", "expected"),
    [
        ("accepted", "2015-05-08", Wait(7, "event")),
        ("accepted", "2015-05-31", Wait(30, "event")),
        ("accepted", "2015-06-01", Wait(30, "waiting")),
        (None, "2015-05-08", Wait(7, "event")),
        ("pending", "", Wait(30, "waiting")),
        ("pending", "2015-05-08", Wait(30, "waiting")),
        ("not_eligible", "2015-05-08", Wait(7, "event")),
        ("signposted", "2015-05-08", Wait(7, "event")),
        ("not_stated", "2015-05-08", Wait(7, "event")),
        # The client's side ended it.
        ("withdrawn", "2015-05-31", Wait(30, "competing")),
        ("withdrawn", "2015-06-01", Wait(30, "waiting")),
        ("declined_by_client", "2015-05-08", Wait(7, "competing")),
        ("withdrawn", "", None),
        ("duplicate", "", None),
        ("duplicate", "2015-05-31", None),
        # Found out later: on the day it waits like any other.
        ("duplicate", "2015-06-01", Wait(30, "waiting")),
        ("accepted", "2015-04-30", Wait(0, "event")),
    ],
)
def test_waits_to_decision(decision: str | None, decided: str, expected: Wait | None) -> None:
    rows = known(referral("R", "2015-05-01", decision, decided))
    assert waits_to_decision(rows, AS_AT) == ([("camden", expected)] if expected else [])


def test_waits_to_allocation() -> None:
    rows = known(
        *(
            referral(name, "2015-01-02", "accepted", "2015-01-10", client=name, borough="islington")
            for name in ("after", "before", "ended", "open", "none", "fallback", "other_person")
        ),
        referral("pending", "2015-01-02", "accepted", "2015-06-01", client="pending"),
        referral("undated", "2015-01-02", "accepted", client="undated"),
        referral("refused", "2015-01-02", "not_eligible", "2015-01-10", client="refused"),
        episode("E1", "2015-01-20", client="after", referral_id="after", allocated="2015-01-17"),
        episode("E2", "2015-01-20", client="before", referral_id="before", allocated="2015-01-05"),
        episode("E3", "2015-01-20", "2015-03-01", client="ended", referral_id="ended"),
        episode("E4", "2015-01-20", "2015-06-01", client="open", referral_id="open", allocated="2015-06-01"),
        episode("E5", "2015-01-02", client="fallback", allocated="2015-01-11"),
        # The system links somebody else's referral.
        episode("E6", "2015-01-01", client="stranger", referral_id="other_person", allocated="2015-01-11"),
    )
    assert waits_to_allocation(rows, AS_AT, episodes_after(rows)) == [
        ("islington", Wait(7, "event")),
        ("islington", Wait(0, "event")),
        ("islington", Wait(50, "competing")),
        ("islington", Wait(141, "waiting")),
        ("islington", Wait(141, "waiting")),
        ("islington", Wait(1, "event")),
        ("islington", Wait(141, "waiting")),
    ]


def test_waits_to_first_contact() -> None:
    allocated = "2015-03-01"
    rows = known(
        episode("E1", "2015-03-05", client="recorded", allocated=allocated, first_contact="2015-03-09"),
        episode("E2", "2015-03-05", client="earlier", allocated=allocated, first_contact="2015-02-20"),
        episode("E3", "2015-03-05", client="to_come", allocated=allocated, first_contact="2015-06-02"),
        episode("E4", "2015-03-05", client="seen", allocated=allocated, borough="islington"),
        episode("E5", "2015-03-05", "2015-03-31", client="gone", allocated=allocated),
        episode("E6", "2015-03-05", client="tried", allocated=allocated),
        episode("E7", "2015-03-05", client="not_allocated"),
        episode("E8", "2015-03-05", client="allocated_later", allocated="2015-06-01"),
    )
    contacts = [
        contact("2015-02-28", client="seen"),
        contact("2015-03-02", "attempted", client="seen"),
        contact("2015-03-04", client="seen"),
        contact("2015-04-01", client="gone"),
        contact("2015-03-04", "attempted", client="tried"),
        contact("2015-06-01", client="tried"),
    ]
    assert waits_to_first_contact(rows, AS_AT, Contacts(contacts, AS_AT)) == [
        ("camden", Wait(8, "event")),
        ("camden", Wait(0, "event")),
        ("camden", Wait(91, "waiting")),
        ("islington", Wait(3, "event")),
        ("camden", Wait(30, "competing")),
        ("camden", Wait(91, "waiting")),
    ]


def test_waits_to_start() -> None:
    rows = known(
        referral("started", "2015-03-01", "accepted", "2015-03-08", client="started"),
        referral("refused_but_started", "2015-03-01", "not_eligible", "2015-03-08", client="twice"),
        referral("refused", "2015-03-01", "signposted", "2015-03-08"),
        referral("not_stated", "2015-03-01", None, "2015-03-09"),
        referral("no_day", "2015-03-01", "withdrawn"),
        referral("duplicate", "2015-03-01", "duplicate", "2015-05-31"),
        referral("found_later", "2015-03-01", "duplicate", "2015-06-01"),
        referral("accepted", "2015-03-01", "accepted", "2015-03-08", client="later"),
        referral("refused_later", "2015-03-01", "withdrawn", "2015-06-01"),
        episode("E1", "2015-03-22", client="started", referral_id="started"),
        episode("E2", "2015-02-22", client="twice", referral_id="refused_but_started"),
        episode("E3", "2015-06-01", client="later", referral_id="accepted"),
    )
    assert [wait for _, wait in waits_to_start(rows, AS_AT, episodes_after(rows))] == [
        Wait(21, "event"),
        Wait(0, "event"),
        Wait(7, "competing"),
        Wait(8, "competing"),
        Wait(91, "waiting"),
        Wait(91, "waiting"),
        Wait(91, "waiting"),
    ]


def test_an_episode_goes_back_to_the_latest_referral_before_it() -> None:
    rows = known(
        referral("first", "2015-01-01"),
        referral("second", "2015-02-01"),
        referral("same_day", "2015-02-01"),
        referral("after", "2015-02-02"),
        episode("linked", "2015-03-01", referral_id="first"),
        episode("unlinked", "2015-02-01"),
        episode("lost_link", "2015-02-02", referral_id="gone"),
        episode("too_early", "2014-12-31"),
    )
    found = episodes_after(rows)
    assert {name: [row["episode_id"] for row in own] for name, own in found.items()} == {
        "first": ["linked"],
        # Of two received on one day the later key.
        "second": ["unlinked"],
        "after": ["lost_link"],
    }


def test_figures_of_a_wait() -> None:
    count = Count(AS_AT)
    rows = known(
        referral("R1", "2015-05-01", "accepted", "2015-05-08"),
        referral("R2", "2015-05-01", "withdrawn", "2015-05-15"),
        referral("R3", "2015-05-01", borough="islington"),
        referral("R4", "2015-05-20", borough="islington"),
    )
    count_waits(count, rows, [])
    # Four at risk on day 7, one decided. What was withdrawn on day 14 never will be, and stays in the sum.
    assert figures(count, "wait_to_decision", "share", "as_at") == {
        ("7",): 1 / 4,
        ("14",): 1 / 4,
        ("28",): 1 / 4,
        # Nobody has waited 56 days; of Camden's two nobody still waits.
        ("camden", "7"): 1 / 2,
        ("camden", "14"): 1 / 2,
        ("camden", "28"): 1 / 2,
        ("camden", "56"): 1 / 2,
        ("camden", "84"): 1 / 2,
        ("islington", "7"): 0,
        ("islington", "14"): 0,
        ("islington", "28"): 0,
    }
    assert figures(count, "wait_to_decision", "median", "as_at") == {("camden",): 7}


@pytest.mark.parametrize(
    ("end", "ended_as", "received", "expected"),
    [
        # Left exactly a year ago; referred again on the last of the 365 days.
        ("2014-06-30", "moved_on", "2015-06-30", 1),
        ("2014-06-30", "moved_on", "2014-07-01", 1),
        # On the day of the end itself, and on no day after it.
        ("2014-06-30", "moved_on", "2014-06-30", 0),
        ("2014-07-01", "moved_on", "2014-07-02", None),
        ("2014-06-30", "died", "2014-07-01", None),
    ],
)
def test_referred_again_within_a_year(end: str, ended_as: str, received: str, expected: float | None) -> None:
    count = Count(date(2015, 6, 30))
    rows = known(
        episode("E1", "2014-06-02", end, ended_as=ended_as),
        referral("R1", "2014-06-01"),
        referral("R2", received),
    )
    count_re_referrals(count, rows, spells_of(rows))
    assert figures(count, "re_referral_12m", "share", "programme").get(()) == expected


def test_a_leap_year_ends_before_its_366th_day() -> None:
    count = Count(date(2016, 7, 1))
    rows = known(
        episode("E1", "2014-06-02", "2015-07-01"),
        referral("R1", "2016-07-01"),
        episode("E2", "2014-06-02", "2015-02-01", client="B"),
        referral("R2", "2016-02-01", client="B"),
        episode("E3", "2014-06-02", "2015-02-01", client="C"),
    )
    count_re_referrals(count, rows, spells_of(rows))
    # 1 July 2015 + 365 days is 30 June 2016; 1 February 2015 + 365 days is 1 February 2016.
    assert figures(count, "re_referral_12m", "share", "programme") == {(): 1 / 3}
