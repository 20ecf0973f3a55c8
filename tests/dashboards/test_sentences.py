"""The words are true for whatever the figures are: nothing there, withheld, rising, falling, unchanged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dashboards import sentences
from dashboards.published import Figure, Period, Release
from dashboards.sentences import StarCoverage

END = date(2018, 3, 31)
QUARTER = Period("quarter", date(2018, 1, 1), END, True)
PART = Period("quarter", date(2015, 4, 1), date(2015, 5, 31), False)


def figure(value: float | None, **changes: Any) -> Figure:
    """A count of people in the first quarter of 2018; None is withheld as under ten."""
    fields: dict[str, Any] = {
        "metric_id": "starts",
        "measure": "count",
        "period_type": "quarter",
        "period_start": date(2018, 1, 1),
        "period_end": END,
        "categories": {},
        "value": value,
        "lower": None,
        "upper": None,
        "numerator": None,
        "denominator": None,
        "people": None if value is None else int(value),
        "mark": "c" if value is None else "",
        "exact": True,
        "note": "<10" if value is None else "",
    }
    return Figure(**fields | changes)


SHARE = {"measure": "share", "metric_id": "acceptance_rate", "exact": False}
MONEY = {"measure": "total_gbp", "metric_id": "budget_spent", "exact": False}
TYPICAL = {"measure": "median", "metric_id": "budget_spent", "unit": "GBP", "exact": False}
CHANGE = {"measure": "mean", "metric_id": "star_change", "exact": False}


@pytest.mark.parametrize(
    ("cell", "shown", "in_table"),
    [
        (figure(0), "0", "0"),
        (figure(1234), "1,234", "1,234"),
        (figure(None), "<10", "<10 [c]"),
        (figure(None, note="withheld so that another figure cannot be worked out"), "[c]", "[c]"),
        (figure(55, **SHARE), "55%", "55%"),
        (figure(None, **SHARE | {"note": "<10 %"}), "<10%", "<10% [c]"),
        (figure(None, **SHARE | {"note": ">90 %"}), ">90%", ">90% [c]"),
        (figure(None, **SHARE | {"note": "too few people"}), "[c]", "[c]"),
        (figure(2400, **MONEY), "£2,400", "£2,400"),
        (figure(-100, **MONEY), "\N{MINUS SIGN}£100", "\N{MINUS SIGN}£100"),
        (figure(0.8, **CHANGE), "+0.8", "+0.8"),
        (figure(-0.3, **CHANGE), "\N{MINUS SIGN}0.3", "\N{MINUS SIGN}0.3"),
        (figure(-0.04, **CHANGE), "0.0", "0.0"),
        (figure(None, mark="x", note="not received"), "[x]", "[x]"),
        (figure(None, mark="m", note=""), "[m]", "[m]"),
        (figure(12, mark="p"), "12", "12 [p]"),
        (None, "not published", "[x]"),
    ],
)
def test_a_figure_as_a_reader_sees_it(cell: Figure | None, shown: str, in_table: str) -> None:
    assert sentences.shown(cell) == shown
    assert sentences.table_cell(cell) == in_table


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (figure(3), ""),
        (None, "not published for this period"),
        (figure(None), "withheld to protect people"),
        (figure(None, note="too few people."), "withheld to protect people: too few people"),
        (figure(None, mark="z", note=""), "not applicable"),
        (figure(None, mark="x", note="the export never came"), "not available: the export never came"),
        (figure(None, mark="m", note=""), "too early to say"),
    ],
)
def test_why_there_is_no_number(cell: Figure | None, words: str) -> None:
    assert sentences.why_missing(cell) == words


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (figure(12), figure(8), "4 more than in autumn (8)"),
        (figure(8), figure(12), "4 fewer than in autumn (12)"),
        (figure(8), figure(8), "the same as in autumn"),
        (figure(25, exact=False), figure(20, exact=False), "about 5 more than in autumn (20)"),
        (figure(25, exact=False), figure(25, exact=False), "about the same as in autumn"),
        (figure(55, **SHARE), figure(60, **SHARE), "about 5 points lower than in autumn (60%)"),
        (figure(55, **SHARE), figure(54, **SHARE), "about 1 point higher than in autumn (54%)"),
        # Management's shares are not rounded.
        (figure(55.4, **SHARE), figure(54.5, **SHARE), "about 1 point higher than in autumn (54%)"),
        (figure(55.4, **SHARE), figure(55.2, **SHARE), "under 1 point higher than in autumn (55%)"),
        (figure(2400, **MONEY), figure(2800, **MONEY), "about £400 less than in autumn (£2,800)"),
        # Two sums rounded to £100 may lie £1 or £199 apart, two medians rounded to £50 £1 or £99.
        (
            figure(300, **MONEY, rounded_to=100),
            figure(200, **MONEY, rounded_to=100),
            "more than in autumn (£200): each is rounded to £100, so that it is not known by how much",
        ),
        (
            figure(50, **TYPICAL, rounded_to=50),
            figure(100, **TYPICAL, rounded_to=50),
            "lower than in autumn (£100): each is rounded to £50, so that it is not known by how much",
        ),
        (
            figure(200, **TYPICAL, rounded_to=50),
            figure(50, **TYPICAL, rounded_to=50),
            "about £150 higher than in autumn (£50)",
        ),
        (figure(None), figure(12), "no change is shown: one of the two figures is withheld"),
        (
            figure(None, mark="x", note=""),
            figure(12),
            "no change is shown: one of the two figures is missing",
        ),
        (figure(12), figure(None), "no change is shown: one of the two figures is withheld"),
        (figure(None), figure(None), "no change is shown: both figures are withheld"),
        (
            figure(None, mark="x", note=""),
            figure(None, mark="m", note=""),
            "no change is shown: both figures are missing",
        ),
        (
            figure(None, mark="x", note=""),
            figure(None),
            "no change is shown: both figures are missing or withheld",
        ),
        (figure(12), None, "no earlier figure to compare with"),
        (None, figure(12), "no earlier figure to compare with"),
    ],
)
def test_change_between_two_figures(now: Figure | None, before: Figure | None, words: str) -> None:
    assert sentences.change(now, before, "in autumn") == words


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (QUARTER, "January to March 2018"),
        (PART, "April to May 2015"),
        (Period("quarter", date(2014, 6, 1), date(2014, 6, 30), True), "June 2014"),
        (Period("quarter", date(2018, 4, 1), date(2018, 5, 15), False), "1 April to 15 May 2018"),
        (Period("year", date(2017, 4, 1), END, True), "April 2017 to March 2018"),
        (Period("programme", date(2014, 6, 1), date(2015, 5, 15), True), "1 June 2014 to 15 May 2015"),
        (Period("as_at", END, END, True), "on 31 March 2018"),
    ],
)
def test_a_period_in_words(period: Period, words: str) -> None:
    assert sentences.period_name(period) == words


OPEN_BEFORE = figure(82, period_type="as_at", period_end=date(2017, 12, 31))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (
            (figure(17), figure(10), figure(7), figure(85), OPEN_BEFORE),
            "In January to March 2018, 17 referrals were received, support started 10 times and ended 7 "
            "times. 85 people were being supported on 31 March 2018, 3 more than on 31 December 2017 (82).",
        ),
        (
            (figure(1), figure(1), figure(0), figure(82), OPEN_BEFORE),
            "In January to March 2018, 1 referral was received, support started once and nobody's support "
            "ended. 82 people were being supported on 31 March 2018, the same as on 31 December 2017.",
        ),
        (
            (figure(17), figure(2), figure(7), figure(77), OPEN_BEFORE),
            "In January to March 2018, 17 referrals were received, support started twice and ended 7 "
            "times. 77 people were being supported on 31 March 2018, 5 fewer than on 31 December 2017 (82).",
        ),
        (
            (figure(17), figure(None), figure(7), figure(77), None),
            "In January to March 2018, 17 referrals were received, fewer than 10 people started and support "
            "ended 7 times. 77 people were being supported on 31 March 2018.",
        ),
        (
            (figure(None),) * 5,
            "The headline figures for January to March 2018 are withheld to protect people.",
        ),
        ((None,) * 5, "Nothing is published about January to March 2018."),
    ],
)
def test_this_quarter(figures: tuple, words: str) -> None:
    assert sentences.this_quarter(*figures, period=QUARTER) == words


def test_a_part_of_a_quarter_says_so() -> None:
    text = sentences.this_quarter(figure(27), figure(18), figure(1), figure(86), None, PART)
    assert text.startswith("In April to May 2015 so far, 27 referrals were received")
    assert "ended once" in text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((69, 18, 1, 86), "69 + 18 \N{MINUS SIGN} 1 = 86: everyone is accounted for."),
        (("before", 88, 2, 86), "0 + 88 \N{MINUS SIGN} 2 = 86: everyone is accounted for."),
        (
            (69, 18, 1, 85),
            "69 + 18 \N{MINUS SIGN} 1 makes 86, but 85 people are supported: a difference of 1 that the data "
            "lead should "
            "explain.",
        ),
        ((69, None, 1, 86), "The flow cannot be added up because one of its figures is withheld."),
    ],
)
def test_the_flow_adds_up_in_words(values: tuple, words: str) -> None:
    cells = [None if v == "before" else figure(v) for v in values]
    assert sentences.flow_identity(*cells) == words


def test_a_flow_that_is_not_published_says_so() -> None:
    assert sentences.flow_identity(None, None, None, None) == (
        "The flow of people is not published for this period."
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "No breakdown of sex is published for this period."),
        ([("Female", figure(None))], "Every category is withheld to protect people."),
        (
            [("Female", figure(None, mark="x", note="this export never came"))],
            "Every category is not available: this export never came.",
        ),
        (
            [("A", figure(15)), ("B", figure(None, mark="m", note=""))],
            "The largest shown: A, 15 people. 1 of 2 categories is not shown.",
        ),
        ([("Female", figure(30)), ("Male", figure(55))], "The largest shown: Male, 55 people."),
        ([("A", figure(5)), ("B", figure(5))], "The largest shown: A and B, each 5 people."),
        (
            [("A", figure(15)), ("B", figure(None)), ("C", figure(10))],
            "The largest shown: A, 15 people. 1 of 3 categories is withheld.",
        ),
        (
            [("A", figure(15)), ("B", figure(None)), ("C", figure(None))],
            "The largest shown: A, 15 people. 2 of 3 categories are withheld.",
        ),
        ([("A", figure(0)), ("B", figure(0))], "Every category is nil."),
    ],
)
def test_the_largest_category(rows: list, words: str) -> None:
    assert sentences.largest(rows, "sex", "people") == words


@pytest.mark.parametrize(
    ("share", "accepted", "received", "words"),
    [
        (
            figure(55, **SHARE),
            figure(186),
            figure(375),
            "375 referrals have been received since June 2014; 186 have been accepted, 55% of those decided.",
        ),
        (
            figure(None, **SHARE | {"note": "too few people"}),
            figure(1),
            figure(2),
            "2 referrals have been received since June 2014; 1 has been accepted. The share of decided "
            "referrals that "
            "were accepted is withheld to protect people: too few people.",
        ),
        (
            figure(55, **SHARE),
            None,
            figure(375),
            "375 referrals have been received since June 2014; 55% of those decided were accepted.",
        ),
        (None, None, figure(0), "No referral has been received since June 2014."),
        (
            None,
            None,
            None,
            "The number of referrals received since June 2014 is not published for this period.",
        ),
    ],
)
def test_acceptance(
    share: Figure | None, accepted: Figure | None, received: Figure | None, words: str
) -> None:
    assert sentences.acceptance(share, accepted, received, "June 2014") == words


def test_support_now_and_so_far() -> None:
    text = sentences.support(figure(85), figure(186), figure(101), END, "June 2014")
    assert text == (
        "85 people were being supported on 31 March 2018. Since June 2014, support started 186 times and "
        "ended 101 times."
    )
    assert sentences.support(None, None, None, END, "June 2014") == (
        "The number of people supported on 31 March 2018 is not published."
    )


def test_people_of_managements_file_are_told_as_they_are() -> None:
    told = replace(figure(15, exact=True), people=12, is_of_management=True)
    assert sentences.people(told, of_events=True) == "12 people"


@pytest.mark.parametrize(
    ("events", "people", "words"),
    [(15, 15, "at most 15 people"), (15, 10, "about 10 people, counted in fives"), (0, 0, "nobody")],
)
def test_people_beside_events_are_never_said_to_be_exact(events: int, people: int, words: str) -> None:
    assert sentences.people(figure(events, people=people), of_events=True) == words


UP = figure(0.8, exact=False, measure="mean", lower=0.2, upper=1.4)
NOT_SHOWN = figure(None, mark="x", note="fewer than 30 % of the people have two to compare")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], ""),
        (
            [("Money", NOT_SHOWN)],
            "What had changed a year after the start cannot be shown: fewer than 30% of the people",
        ),
        (
            [("Money", replace(UP, people=25)), ("Work", replace(NOT_SHOWN, people=None))],
            "Among people with a star at the start and one a year later, about 25 people by 31 March 2018,"
            " the latest is higher",
        ),
    ],
)
def test_a_year_on(changes: list[tuple[str, Figure]], words: str) -> None:
    assert sentences.a_year_on(changes).startswith(words)


@pytest.mark.parametrize(("pairs", "tells"), [(40, True), (20, False)])
def test_change_is_told_after_what_it_rests_on_and_only_where_that_is_enough(pairs: int, tells: bool) -> None:
    coverage = sentences.StarCoverage(pairs, 100)
    text = sentences.change_so_far(coverage, END, [("Money", UP)])
    assert text.startswith(sentences.star_coverage(coverage, END))
    assert text.endswith("the latest is higher on average in 1 of 1 areas of the star.") == tells


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (figure(86), "86 people"),
        (figure(1), "1 person"),
        (figure(165, people=160), "about 160 people, counted in fives"),
        (figure(14, people=15), "at most 14 people"),
        (figure(64, **SHARE | {"people": 370}), "about 370 people"),
        (figure(26, people=None), "people not shown"),
        (figure(None), "withheld to protect people"),
        (None, "not published for this period"),
    ],
)
def test_the_people_behind_a_figure(cell: Figure | None, words: str) -> None:
    assert sentences.people(cell) == words


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        (figure(12), "support started 12 times"),
        (figure(1), "support started once"),
        (figure(0), "nobody started"),
        (figure(2), "support started twice"),
        (figure(None), "fewer than 10 people started"),
        (figure(255, people=250), "support started 255 times"),
        (figure(14, people=15), "support started 14 times"),
        (figure(9, people=None), "support started 9 times"),
        (None, "an unpublished number of people started"),
    ],
)
def test_a_person_who_starts_twice_is_two_starts(starts: Figure | None, words: str) -> None:
    assert sentences.started(starts) == words


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        (figure(12), figure(9), "support started 12 times and ended 9 times"),
        (figure(12, people=10), figure(9, people=8), "support started 12 times and ended 9 times"),
        (figure(0), figure(1), "nobody started and support ended once"),
        (figure(12), figure(0), "support started 12 times and nobody's support ended"),
        (figure(12), figure(None), "support started 12 times and the support of fewer than 10 people ended"),
    ],
)
def test_starts_and_ends_in_one_clause(starts: Figure, ends: Figure, words: str) -> None:
    assert sentences.started_and_ended(starts, ends) == words


@pytest.mark.parametrize(
    ("pairs", "started", "is_enough", "part_of_the_words"),
    [
        (100, 176, True, "About 100 of about 176 people who had started by 31 December 2017"),
        (20, 100, False, "too few to speak for the group, so what changed since the first one is not shown"),
        (30, 100, True, "(30%)"),
        (None, 59, False, "Fewer than 10 of about 59 people"),
        (None, None, False, "Change cannot be shown"),
        (20, 0, False, "what changed since the first one is not shown"),
    ],
)
def test_change_is_shown_for_ten_people_and_three_in_ten(
    pairs: int | None, started: int | None, is_enough: bool, part_of_the_words: str
) -> None:
    coverage = StarCoverage(pairs, started)
    assert coverage.is_enough is is_enough
    assert part_of_the_words in sentences.star_coverage(coverage, date(2017, 12, 31))


def test_what_change_rests_on_is_everyone_who_started_long_enough_ago() -> None:
    to_date = [
        # Starts, and the different people: who came back started twice, and change is a share of people.
        figure(n + 13, people=n, period_type="programme", period_end=end)
        for n, end in ((160, date(2017, 9, 30)), (176, date(2017, 12, 31)), (186, END))
    ]
    means = [figure(0.5, measure="mean", people=people) for people in (95, None, 100)]
    assert sentences.star_pairs(means, to_date, END) == (StarCoverage(100, 176), date(2017, 12, 31))
    assert sentences.star_pairs(means[:1], to_date, date(2018, 3, 30)) == (
        StarCoverage(95, 160),
        date(2017, 9, 30),
    )
    exact = replace(means[0], is_of_management=True)
    assert sentences.star_pairs([exact], to_date, END)[0] == StarCoverage(95, 176, is_exact=True)
    assert sentences.star_coverage(StarCoverage(95, 176, is_exact=True), END).startswith("95 of the 176")
    assert sentences.star_pairs([], [], END) == (StarCoverage(None, None), None)


def test_a_young_programme_is_not_told_of_more_people_than_there_are() -> None:
    """14 people shown as 10, and 11 with two readings shown as 15."""
    assert sentences.star_coverage(StarCoverage(15, 10), END).startswith(
        "About 10 of about 10 people who had started by 31 March 2018 have the two readings that change "
        "needs, in the area of the star where most do. "
    )
    # 29 of 95 starts would be enough, 29 of 100 people are not; so the other way round.
    few, many = figure(95, people=100), figure(105, people=95)
    for started, is_enough in ((few, False), (many, True)):
        on_the_day = replace(started, period_type="programme", period_end=date(2017, 12, 31))
        means = [figure(0.5, measure="mean", people=29)]
        assert sentences.star_pairs(means, [on_the_day], END)[0].is_enough is is_enough


@pytest.mark.parametrize(
    ("intervals", "words"),
    [
        ([], "No change can be shown for any of the areas of the star."),
        (
            [(0.4, 1.2), (0.1, 0.9)],
            "Among people with two readings, the latest is higher on average in 2 of 2 areas of the star.",
        ),
        (
            [(-1.2, -0.4)],
            "Among people with two readings, the latest is lower on average in 1 of 1 areas of the star.",
        ),
        (
            [(-0.2, 0.4)],
            "Among people with two readings, the latest is not clearly different in 1 of 1 areas of the "
            "star.",
        ),
        (
            [(0.4, 1.2), (-1.2, -0.4), (-0.1, 0.3)],
            "Among people with two readings, the latest is higher on average in 1 of 3 areas of the star, "
            "lower on average in 1 and not clearly different in 1.",
        ),
    ],
)
def test_change_is_worded_by_its_intervals(intervals: list, words: str) -> None:
    rows = [("area", figure((a + b) / 2, **CHANGE | {"lower": a, "upper": b})) for a, b in intervals]
    assert sentences.paired_change(rows) == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([], "How many people have no two readings to compare is not published."),
        (
            [140, 140],
            "Without two readings to compare, and so not shown here: about 140 people in each area "
            "of the star.",
        ),
        (
            [145, 130, 140],
            "Without two readings to compare, and so not shown here: between about 130 people and about 145 "
            "people, by area of the star.",
        ),
        (
            [25, None],
            "Without two readings to compare, and so not shown here: between fewer than 10 people and about "
            "25 people, by area of the star.",
        ),
        (
            [None, None],
            "Without two readings to compare, and so not shown here: fewer than 10 people in each "
            "area of the star.",
        ),
    ],
)
def test_who_has_no_two_readings_is_said_beside_the_chart(counts: list[int | None], words: str) -> None:
    assert sentences.without_two_readings([figure(count, exact=False) for count in counts]) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (
            figure(30, exact=False),
            "About 30 people have moved on since June 2014; in all, support ended 101 times.",
        ),
        (
            figure(None),
            "Fewer than 10 people have moved on since June 2014; in all, support ended 101 times.",
        ),
        (None, "How many people have moved on since June 2014 is not published."),
    ],
)
def test_moved_on(count: Figure | None, words: str) -> None:
    assert sentences.moved_on(count, figure(101), "June 2014").startswith(words)


def test_nobody_has_moved_on_where_nobodys_support_ended() -> None:
    assert sentences.moved_on(figure(None), figure(0), "June 2014") == (
        "Nobody's support has ended since June 2014, so nobody has moved on."
    )


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (
            figure(2400, **MONEY),
            "In January to March 2018, £2,400 was paid from personal budgets for about 40 people, 45% of "
            "those "
            "supported in the period.",
        ),
        (figure(0, **MONEY), "Nothing was paid from personal budgets in January to March 2018."),
        (
            figure(None, **MONEY | {"note": "too few people"}),
            "What was paid from personal budgets in January to March 2018 is withheld to protect people: "
            "too few "
            "people.",
        ),
        (None, "No personal budget figures are published for January to March 2018."),
    ],
)
def test_money(total: Figure | None, words: str) -> None:
    assert sentences.money(total, figure(40, exact=False), figure(45, **SHARE), QUARTER) == words


def source(label: str, loaded: int | None, rejected: int | None, came: bool = True) -> dict:
    return {"label": label, "rows_loaded": loaded, "rows_rejected": rejected, "ever_received": came}


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([], "Nothing is known about the exports behind these figures."),
        ([source("Referrals", 0, 0, False)], "No export has come yet, so there is nothing to count."),
        (
            [source("Referrals", 990, 10), source("Caseload", 1000, 0)],
            "Both exports have come; their newest files hold 1,990 rows that are loaded and 10 that were "
            "refused (0.5%).",
        ),
        (
            [source("Referrals", 5000, 1)],
            "The one export has come; its newest file holds 5,000 rows that are loaded and 1 that was "
            "refused (under 0.1%).",
        ),
        (
            [source("Referrals", 10, 0), source("Caseload", 5, 0), source("Outcomes Star", 0, 0, False)],
            "2 of 3 exports have come; their newest files hold 15 rows that are loaded and none that was "
            "refused. Outcomes Star never came.",
        ),
        (
            [source("Referrals", 10, 0), *(source(f"Export {n}", 0, 0, False) for n in range(4))],
            "1 of 5 exports has come; its newest file holds 10 rows that are loaded and none that was "
            "refused. 4 exports never came.",
        ),
        (
            [source("Referrals", 990, None), source("Caseload", 1000, None)],
            "Both exports have come; their newest files hold about 1,990 rows that are loaded. Of each of "
            "them, fewer than 10 were refused.",
        ),
        (
            [source("Referrals", 990, None)],
            "The one export has come; its newest file holds about 990 rows that are loaded. Fewer than 10 "
            "were refused.",
        ),
        (
            [source("Referrals", 990, 15), source("Caseload", 1000, None)],
            "Both exports have come; their newest files hold about 1,990 rows that are loaded and about 15 "
            "that were refused. Of Caseload, fewer than 10 were refused.",
        ),
        (
            [source("Referrals", 990, 15), *(source(f"Export {n}", 10, None) for n in range(4))],
            "All 5 exports have come; their newest files hold about 1,030 rows that are loaded and about 15 "
            "that were refused. Of each of the other 4, fewer than 10 were refused.",
        ),
        (
            [source("Referrals", 990, 0), *(source(f"Export {n}", 10, None) for n in range(4))],
            "All 5 exports have come; their newest files hold about 1,030 rows that are loaded. Of each of "
            "4, fewer than 10 were refused.",
        ),
        (
            [source("Referrals", None, None), source("Hypotheses", 7, 1)],
            "Both exports have come; their newest files hold about 7 rows that are loaded (those of exports "
            "with fewer than 10 not counted) and about 1 that was refused. Of Referrals, fewer than 10 were "
            "refused.",
        ),
    ],
)
def test_data_quality(sources: list, words: str) -> None:
    assert sentences.data_quality(sources) == words


@pytest.mark.parametrize(
    ("clients", "words"),
    [
        ([], "Nothing is left to mend."),
        ([None], "1 finding is to be mended; none names a client."),
        (["a"], "1 finding is to be mended and concerns 1 client."),
        (["a", "a", "b", None], "4 findings are to be mended and concern 2 clients."),
    ],
)
def test_to_mend(clients: list, words: str) -> None:
    assert sentences.to_mend([{"client_key": client} for client in clients]) == words


def release(created: datetime, status: str = "draft", synthetic: bool = True) -> Release:
    return Release("r1", END, created, status, "Programme", synthetic, "0.1.0", 31, 100)


CREATED = datetime(2018, 4, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("checked_after", "now_after", "part_of_the_words"),
    [
        (0, 0, ""),
        (0, 31, ""),
        (0, 32, "The planned refresh has not run: it is due every 31 days and the last was 32 days ago"),
        (0, 101, "These figures are stale. Nobody has looked for new exports for 101 days"),
        (110, 111, "These figures are stale: they are 111 days old."),
        (95, 96, ""),
    ],
)
def test_a_dead_scheduler_does_not_look_fresh(
    checked_after: int, now_after: int, part_of_the_words: str
) -> None:
    checked, now = CREATED + timedelta(days=checked_after), CREATED + timedelta(days=now_after)
    text = sentences.stale(release(CREATED), checked, now)
    assert (part_of_the_words in text) if part_of_the_words else text == ""


def test_the_top_line() -> None:
    assert sentences.top_line(release(CREATED), CREATED) == (
        "As at 31 March 2018 · refreshed 1 April 2018, 09:00 · release r1 (draft: not yet approved) · "
        "The data are synthetic"
    )
    approved = sentences.top_line(release(CREATED, "approved", synthetic=False), CREATED + timedelta(days=5))
    assert approved.endswith("checked for new exports 6 April 2018, 09:00 · release r1 (approved)")
    named = replace(release(CREATED, "approved"), approved_by="Jo Bloggs")
    assert "release r1 (approved by Jo Bloggs) · " in sentences.top_line(named, CREATED)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (figure(6, measure="median", metric_id="budget_days_to_pay", unit="days"), "6"),
        (figure(550, measure="mean", metric_id="cost_per_client_month", unit="GBP"), "£550"),
        (
            figure(
                80, measure="survival", metric_id="length_of_support", unit="per cent of people, and months"
            ),
            "80%",
        ),
        (
            figure(
                17.2, measure="median", metric_id="length_of_support", unit="per cent of people, and months"
            ),
            "17.2",
        ),
        (figure(37.6, measure="mean", metric_id="accommodation_mix", unit="per cent of a quarter"), "38%"),
        (
            figure(-4.8, measure="mean", metric_id="ndta_change", unit="points, and people"),
            "\N{MINUS SIGN}4.8",
        ),
        (figure(30, measure="mean", metric_id="ndta_at_start", unit="points"), "30"),
    ],
)
def test_a_figure_has_the_unit_of_its_metric(cell: Figure, shown: str) -> None:
    assert sentences.shown(cell) == shown


@pytest.mark.parametrize(
    ("period_type", "start", "end", "name"),
    [
        ("quarter", date(2018, 1, 1), END, "2018 Q1"),
        ("month", date(2018, 3, 1), END, "2018 Mar"),
        ("year", date(2017, 4, 1), END, "2017-18"),
        ("year", date(2014, 6, 1), date(2015, 3, 31), "2014-15"),
        ("year", date(2017, 1, 1), date(2017, 12, 31), "2017"),
        ("as_at", END, END, "2018 Q1"),
    ],
)
def test_a_period_on_an_axis(period_type: str, start: date, end: date, name: str) -> None:
    cell = figure(1, period_type=period_type, period_start=start, period_end=end)
    assert sentences.axis_name(cell) == name


def entries(value: float | None, **changes: Any) -> Figure:
    """A count of what the partnership wrote: nobody's, and neither rounded nor withheld."""
    return figure(value, exact=False, people=None, counts="entries", period_type="as_at", **changes)


NEVER_CAME = {"mark": "x", "note": "this export never came"}
AUTUMN = {"period_start": date(2017, 10, 1), "period_end": date(2017, 12, 31)}


def test_what_is_not_rounded_is_not_called_about() -> None:
    assert sentences.change(entries(2), entries(1), "in autumn") == "1 more than in autumn (1)"
    assert sentences.counted(entries(2), "item", "items") == "2 items"


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (
            figure(10, exact=False),
            figure(15, exact=False, **AUTUMN),
            "About 10 referrals older than 28 days had neither a decision nor any word back on 31 March "
            "2018, "
            "about 5 fewer than on 31 December 2017 (15).",
        ),
        (
            figure(15, exact=False),
            figure(10, exact=False, **AUTUMN),
            "About 15 referrals older than 28 days had neither a decision nor any word back on 31 March "
            "2018, "
            "about 5 more than on 31 December 2017 (10).",
        ),
        (
            figure(10, exact=False),
            figure(10, exact=False, **AUTUMN),
            "About 10 referrals older than 28 days had neither a decision nor any word back on 31 March "
            "2018, "
            "about the same as on 31 December 2017.",
        ),
        (
            figure(None, exact=False),
            figure(10, exact=False, **AUTUMN),
            "Fewer than 10 referrals older than 28 days had neither a decision nor any word back on 31 "
            "March 2018.",
        ),
        (
            figure(None, exact=False, mark="x", note="this export never came"),
            None,
            "How many referrals older than 28 days had neither a decision nor any word back on 31 March "
            "2018 is not "
            "available: this export never came.",
        ),
        (None, None, "How many referrals have heard nothing by 31 March 2018 is not published."),
    ],
)
def test_who_hears_nothing(now: Figure | None, before: Figure | None, words: str) -> None:
    assert sentences.no_word(now, before, END) == words


AGAIN = {"measure": "share", "metric_id": "re_engaged_after_gap", "exact": False}
NOT_REACHED = (
    "On 31 March 2018, about 25 people of those supported had not been reached for more than 90 days"
)


@pytest.mark.parametrize(
    ("long_gap", "never", "again", "before", "words"),
    [
        (
            figure(25, exact=False),
            figure(None, exact=False),
            figure(45, **AGAIN),
            figure(70, **AGAIN, **AUTUMN),
            f"{NOT_REACHED}, and fewer than 10 people had never been reached. Of people with a gap of "
            "60 days or more, "
            "45% were reached again in January to March 2018, about 25 points lower than in October to "
            "December 2017 "
            "(70%).",
        ),
        (
            figure(25, exact=False),
            None,
            figure(45, **AGAIN),
            figure(40, **AGAIN, **AUTUMN),
            f"{NOT_REACHED}. Of people with a gap of 60 days or more, 45% were reached again in January "
            "to March 2018, "
            "about 5 points higher than in October to December 2017 (40%).",
        ),
        (
            None,
            None,
            figure(45, **AGAIN),
            figure(45, **AGAIN, **AUTUMN),
            "Of people with a gap of 60 days or more, 45% were reached again in January to March 2018, "
            "about the same "
            "as in October to December 2017.",
        ),
        (
            None,
            None,
            figure(None, **AGAIN | {"note": ">90 %"}),
            figure(45, **AGAIN, **AUTUMN),
            "Of people with a gap of 60 days or more, >90% were reached again in January to March 2018.",
        ),
        (
            None,
            None,
            figure(None, **AGAIN | {"note": "too few people"}),
            None,
            "The share of people with a gap of 60 days or more who were reached again in January to "
            "March 2018 is "
            "withheld to protect people: too few people.",
        ),
        (
            figure(None, mark="x", note="this export never came"),
            figure(None, mark="x", note="this export never came"),
            None,
            None,
            "How many people had not been reached for more than 90 days on 31 March 2018 is not "
            "available: this "
            "export never came.",
        ),
        (None, None, None, None, "Nothing about staying in touch is published for January to March 2018."),
    ],
)
def test_staying_in_touch(
    long_gap: Figure | None, never: Figure | None, again: Figure | None, before: Figure | None, words: str
) -> None:
    assert sentences.staying_in_touch(long_gap, never, again, before, QUARTER) == words


SURVIVAL = {"measure": "survival", "metric_id": "length_of_support", "exact": False}


@pytest.mark.parametrize(
    ("after_a_year", "median", "words"),
    [
        (
            figure(80, **SURVIVAL, lower=70, upper=85),
            figure(17.2, measure="median"),
            "Of everyone who started, 80% are still supported 12 months later (95% interval 70% to "
            "85%). Half of them are "
            "supported for 17.2 months or longer.",
        ),
        (
            figure(None, **SURVIVAL | {"note": ">90 %"}),
            figure(None, measure="median", mark="m", note="too early: fewer than half so far"),
            "Of everyone who started, >90% are still supported 12 months later. Fewer than half have "
            "left so far, so there "
            "is no typical length of support yet.",
        ),
        (
            figure(None, **SURVIVAL | {"mark": "m", "note": ""}),
            None,
            "The share of people still supported 12 months after their start is too early to say.",
        ),
        (None, None, "How long support lasts is not published."),
    ],
)
def test_retention(after_a_year: Figure | None, median: Figure | None, words: str) -> None:
    assert sentences.retention(after_a_year, median) == words


USE = {"measure": "mean", "metric_id": "service_events", "exact": False}


@pytest.mark.parametrize(
    ("crisis", "planned", "words"),
    [
        (
            (figure(2.1, **USE), figure(1.7, **USE, **AUTUMN)),
            (figure(3.0, **USE), figure(3.2, **USE, **AUTUMN)),
            "In the year, people used crisis services 2.1 times a quarter on average, about 0.4 higher "
            "than in October to "
            "December 2017 (1.7); planned services 3 times a quarter on average, about 0.2 lower than "
            "in October to "
            "December 2017 (3.2).",
        ),
        (
            (figure(2.1, **USE), None),
            (figure(None, **USE | {"note": "too few people"}), None),
            "In the year, people used crisis services 2.1 times a quarter on average. For planned "
            "services too few people "
            "have every count known.",
        ),
        (
            (figure(None, **USE | {"note": "too few people"}), None),
            (figure(None, **USE | {"note": "too few people"}), None),
            "How often people used crisis and planned services in the year is withheld to protect "
            "people: too few people.",
        ),
        ((None, None), (None, None), "The use of other services is not published for the year."),
    ],
)
def test_crisis_and_planned_use_are_told_apart(
    crisis: tuple[Figure | None, Figure | None], planned: tuple[Figure | None, Figure | None], words: str
) -> None:
    assert sentences.service_use([("crisis", *crisis), ("planned", *planned)], "the year") == words


LOG = "By 31 March 2018 the log holds"


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (
            (2, 1),
            (2, 0),
            f"{LOG} 3 changes in how services work, 1 more than on 31 December 2017: 2 raised and 1 lapsed.",
        ),
        ((1, 0), (1, 0), f"{LOG} 1 change in how services work, as many as on 31 December 2017: 1 raised."),
        ((1, 0), (2, 0), f"{LOG} 1 change in how services work, 1 fewer than on 31 December 2017: 1 raised."),
        ((2, 0), (), f"{LOG} 2 changes in how services work: 2 raised."),
        ((0, 0), (), "Nothing stands in the log of system changes on 31 March 2018."),
        (
            (None, None),
            (),
            "What stands in the log of system changes on 31 March 2018 is not available: this export "
            "never came.",
        ),
        ((), (), "No log of system changes is published for 31 March 2018."),
    ],
)
def test_the_log_of_changes(now: tuple, before: tuple, words: str) -> None:
    labels = ("Raised", "Lapsed")
    stages = [
        (label, entries(n, **({} if n is not None else NEVER_CAME)))
        for label, n in zip(labels, now, strict=False)
    ]
    earlier = [(label, entries(n, **AUTUMN)) for label, n in zip(labels, before, strict=False)]
    assert sentences.learning(stages, earlier, END) == words


@pytest.mark.parametrize(
    ("in_place", "lapsed", "words"),
    [
        (entries(3), entries(1), "Of 4 changes whose review counts, 3 were still in place."),
        (entries(1), entries(0), "Of 1 change whose review counts, 1 was still in place."),
        (entries(0), entries(0), "No change has had a review that counts yet."),
        (
            entries(None, **NEVER_CAME),
            entries(None, **NEVER_CAME),
            "Whether changes last is not available: this export never came.",
        ),
        (None, None, "Whether changes last is not published."),
    ],
)
def test_whether_changes_last(in_place: Figure | None, lapsed: Figure | None, words: str) -> None:
    assert sentences.lasting(in_place, lapsed) == words


@pytest.mark.parametrize(
    ("answer", "adopted", "reviewed", "words"),
    [
        ("yes", date(2014, 8, 31), date(2015, 2, 28), "Yes"),
        (
            "yes",
            date(2014, 8, 31),
            date(2015, 2, 27),
            "Yes, but reviewed less than six months after it was adopted: too early to count",
        ),
        (
            "yes",
            None,
            date(2015, 2, 27),
            "Yes, but the day it was adopted is not known, so it is not counted as still in place",
        ),
        ("no", date(2015, 2, 16), date(2015, 5, 11), "No"),
        ("not_known", date(2015, 2, 16), date(2015, 5, 11), "Not known"),
        ("", date(2015, 2, 16), date(2015, 5, 11), ""),
    ],
)
def test_a_review_that_came_too_early_says_so(
    answer: str, adopted: date | None, reviewed: date, words: str
) -> None:
    assert sentences.at_review(answer, adopted, reviewed) == words


DAYS = {"measure": "median", "metric_id": "wait_to_start", "exact": False}


@pytest.mark.parametrize(
    ("medians", "words"),
    [
        (
            [
                ("decision", figure(24, **DAYS)),
                ("start", figure(None, **DAYS)),
                ("contact", figure(6, **DAYS)),
            ],
            "Half of everybody who began to wait had come to the step within: decision 24 days; "
            "contact 6 days.",
        ),
        (
            [("decision", figure(None, **DAYS))],
            "No day can be shown by which half of those who began to wait had come to the next step.",
        ),
    ],
)
def test_half_of_everybody_who_began_to_wait(medians: list, words: str) -> None:
    assert sentences.half_within(medians) == words


@pytest.mark.parametrize(
    ("without", "mean", "words"),
    [
        (
            figure(135, exact=False),
            figure(3.7, **CHANGE | {"people": 60}),
            "In all: about 135 people have no two stars to compare; the mean rests on those of them who have "
            "a whole first one, about 60 people.",
        ),
        (
            figure(None, exact=False),
            figure(None, **CHANGE),
            "In all: fewer than 10 people have no two stars to compare.",
        ),
    ],
)
def test_on_whom_the_mean_of_first_stars_rests(without: Figure, mean: Figure, words: str) -> None:
    assert sentences.first_stars("In all", without, mean) == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            (2, 1, 8),
            "2 items wait for a decision of the group on 31 March 2018, the oldest since 21 April 2015; "
            "1 is decided and "
            "not yet done, 8 are done.",
        ),
        (
            (1, 0, 1),
            "One item waits for a decision of the group on 31 March 2018, since 21 April 2015; none is "
            "decided and not yet "
            "done, 1 is done.",
        ),
        (
            (0, 2, 1),
            "Nothing waits for a decision of the group on 31 March 2018; 2 are decided and not yet "
            "done, 1 is done.",
        ),
        ((0, 0, 0), "The group has not been asked for anything by 31 March 2018."),
        (
            (None, None, None),
            "What the group was asked by 31 March 2018 is not available: this export never came.",
        ),
        ((), "What the group was asked is not published for 31 March 2018."),
    ],
)
def test_what_the_group_was_asked(counts: tuple, words: str) -> None:
    figures = [entries(n, **({} if n is not None else NEVER_CAME)) for n in counts] or [None, None, None]
    assert sentences.decisions(figures, date(2015, 4, 21), END) == words


POUNDS = {"measure": "total_gbp", "metric_id": "programme_budget"}
SPENT = "The programme itself spent £400 in the year, of £500 budgeted for the same lines"
UNRECORDED = {**POUNDS, "mark": "x", "note": "nothing is recorded of it"}


def quarters(*actuals: float | None) -> list[Figure]:
    """What was spent in the four quarters of a year from April 2017 on."""
    starts = (date(2017, 4, 1), date(2017, 7, 1), date(2017, 10, 1), date(2018, 1, 1))
    ends = (date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31), END)
    return [
        entries(n, **(POUNDS if n is not None else UNRECORDED), period_start=start, period_end=end)
        for n, start, end in zip(actuals, starts, ends, strict=False)
    ]


@pytest.mark.parametrize(
    ("actuals", "words"),
    [
        ((1, 2, 3, None), "April to December 2017"),
        ((1, None, 3, None), "April to June 2017 and October to December 2017"),
        ((1, 2, 3, 4), ""),
        ((None, None), ""),
        ((), ""),
    ],
)
def test_whose_books_are_closed(actuals: tuple, words: str) -> None:
    year = Period("year", date(2017, 4, 1), END, True)
    assert sentences.closed_books(quarters(*actuals), year) == words


@pytest.mark.parametrize(
    ("planned", "actual", "variance", "whole", "closed", "words"),
    [
        (500, 400, 100, 500, "", f"{SPENT}: £100 less than budgeted."),
        (
            500,
            600,
            -100,
            None,
            "",
            "The programme itself spent £600 in the year, of £500 budgeted for the same lines: £100 "
            "more than budgeted.",
        ),
        (
            500,
            500,
            0,
            500,
            "",
            "The programme itself spent £500 in the year, of £500 budgeted for the same lines: just "
            "what was budgeted.",
        ),
        (500, 400, None, 500, "", f"{SPENT}."),
        (
            500,
            400,
            100,
            700,
            "April to December 2017",
            "The programme itself spent £400 in April to December 2017, as far as the books are closed, "
            "of £500 budgeted for the same lines and quarters: £100 less than budgeted. With what has no "
            "actual yet, the budget of the year is £700.",
        ),
        (
            500,
            None,
            None,
            500,
            "",
            "The programme's own spending in the year cannot be compared with its budget: not "
            "available: nothing is recorded of it.",
        ),
    ],
)
def test_whether_the_programme_is_on_budget(
    planned: float, actual: float | None, variance: float | None, whole: float | None, closed: str, words: str
) -> None:
    names = ("budget_with_actual", "actual", "variance", "budget")
    totals = {
        name: entries(n, **(POUNDS if n is not None else UNRECORDED))
        for name, n in zip(names, (planned, actual, variance, whole), strict=True)
    }
    assert sentences.budget(totals, "the year", closed) == words


@pytest.mark.parametrize(
    ("names", "outside", "trial", "words"),
    [
        ([], [], False, "There are too few months for limits."),
        (
            ["a"],
            [],
            False,
            "Every month lies within the limits: the ups and downs are no more than is usual.",
        ),
        (
            ["a"],
            [],
            True,
            "Every month lies within the trial limits (fewer than 12 months): the ups and downs are no "
            "more than is usual.",
        ),
        (
            ["a"],
            ["May 2015"],
            False,
            "May 2015 lies outside the limits: something was different, and worth asking about.",
        ),
        (
            ["a"],
            ["May 2015", "June 2015"],
            False,
            "May 2015 and June 2015 lie outside the limits: something was different, and worth asking about.",
        ),
        (
            list("abcdefgh"),
            list("abcde"),
            False,
            "5 of 8 months lie outside the limits: something was different, and worth asking about.",
        ),
    ],
)
def test_what_a_process_chart_says(names: list, outside: list, trial: bool, words: str) -> None:
    assert sentences.control(names, outside, trial) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["starts"], "1 figure of 1 metric has moved since release earlier."),
        (["starts", "starts", "ends"], "3 figures of 2 metrics have moved since release earlier."),
    ],
)
def test_what_moved(changes: list[str], words: str) -> None:
    rows = [{"metric_id": metric, "previous_release_id": "earlier"} for metric in changes]
    assert sentences.moved(rows) == words
