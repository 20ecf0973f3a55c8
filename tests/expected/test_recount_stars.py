"""The independent count of the Outcomes Star on invented rows, each figure counted by hand."""

from datetime import date

import pytest

from tests.expected.invented_rows import episode, figures, known, reading
from tests.expected.recount import Count, Row
from tests.expected.recount_stars import count_star_metrics

pytestmark = pytest.mark.usefixtures("few_people_will_do")
AS_AT = date(2015, 5, 31)
# Where fewer than three in ten have a pair.
NOT_TOLD = {"up": None, "same": None, "down": None}


def counted(as_at: date, *rows: Row) -> Count:
    count = Count(as_at)
    count_star_metrics(count, known(*rows))
    return count


def directions(count: Count, metric: str, area: str) -> dict[str, float | None]:
    found = figures(count, metric, "count", "as_at")
    return {direction: number for (direction, own), number in found.items() if own == area}


def of_areas(count: Count, metric: str, measure: str) -> dict[str, float | None]:
    return {area: value for (area,), value in figures(count, metric, measure, "as_at").items()}


FIRST_AND_LATEST = (
    episode("E1", "2014-07-01", client="A"),
    reading("2014-07-10", "3 5 9 10", client="A"),
    # Neither first nor latest.
    reading("2014-08-10", "1 1 1 1", client="A"),
    # Ninety days after the first.
    reading("2014-10-08", "5 6 9 8", client="A"),
    episode("E2", "2014-07-01", client="B"),
    reading("2014-07-10", "4 6", client="B"),
    reading("2014-10-07", "9 9", client="B"),
    # Started ninety days ago, with nothing that counts by the day.
    episode("E3", "2015-03-02", client="C"),
    reading("2015-03-02", "5", client="C", status="draft"),
    reading("2015-06-01", "5", client="C"),
    # Eighty-nine days ago: too early to miss anything.
    episode("E4", "2015-03-03", client="D"),
    reading("2015-03-03", "8", client="D"),
    # Started lately, but has a pair.
    episode("E5", "2015-04-01", client="E"),
    reading("2015-01-10", "3", client="E"),
    reading("2015-05-01", "3", client="E"),
    # Another star is compared with nothing.
    reading("2015-05-20", "9", client="E", version="home_star"),
)


def test_change_from_the_first_to_the_latest_reading() -> None:
    count = counted(AS_AT, *FIRST_AND_LATEST)
    assert directions(count, "star_change", "area_1") == {"up": 1, "same": 1, "no_pair": 2}
    # Two of four have both scores in the first area (+2 and 0), one of four in the next three.
    for area in ("area_2", "area_3", "area_4"):
        assert directions(count, "star_change", area) == NOT_TOLD | {"no_pair": 3}
    assert directions(count, "star_change", "area_10") == NOT_TOLD | {"no_pair": 4}
    assert of_areas(count, "star_change", "mean") == {"area_1": 1}
    assert of_areas(count, "star_change", "median") == {"area_1": 1}
    assert of_areas(count, "star_change", "tipping_point") == {"area_1": 1}


def test_stages_and_headroom_of_areas_that_three_in_ten_have_twice() -> None:
    count = counted(AS_AT, *FIRST_AND_LATEST)
    # 3 to 5 is a move from the second stage to the third; the other of the two stayed.
    assert of_areas(count, "star_stage_move", "share") == {"area_1": 1 / 2}
    assert figures(count, "star_headroom", "share", "as_at") == {("could_rise", "area_1"): 1 / 2}


def test_who_could_rise_has_eight_or_fewer_and_who_is_near_the_top_nine() -> None:
    count = counted(
        AS_AT,
        episode("E1", "2014-07-01"),
        reading("2014-07-01", "8 9 8 10 9 5 6"),
        reading("2015-01-01", "9 10 8 9 8 6 7"),
    )
    # From 5 to 6 is no stage, from 6 to 7 is one.
    moves = of_areas(count, "star_stage_move", "share")
    assert moves == dict.fromkeys((f"area_{number}" for number in range(1, 8)), 0) | {
        "area_1": 1,
        "area_7": 1,
    }
    assert figures(count, "star_headroom", "share", "as_at") == {
        ("could_rise", "area_1"): 1,
        ("near_top", "area_2"): 1,
        ("could_rise", "area_3"): 0,
        ("near_top", "area_4"): 1,
        ("near_top", "area_5"): 0,
        ("could_rise", "area_6"): 1,
        ("could_rise", "area_7"): 1,
    }


def test_people_with_and_without_a_pair() -> None:
    count = counted(AS_AT, *FIRST_AND_LATEST)
    numbers = figures(count, "star_missing", "count", "as_at")
    assert numbers == {
        ("first_to_latest", "with_pair"): 2,
        ("first_to_latest", "without_pair"): 2,
        # Nobody started fifteen months ago.
        ("twelve_months", "with_pair"): 0,
        ("twelve_months", "without_pair"): 0,
    }
    # Nobody's first reading has all ten areas.
    assert figures(count, "star_missing", "mean", "as_at") == {}


def test_the_mean_is_of_first_readings_with_all_ten_areas() -> None:
    count = counted(
        date(2016, 3, 31),
        episode("E1", "2014-07-01", client="A"),
        reading("2014-07-10", "4 4 4 4 4 4 4 4 4 9", client="A"),
        reading("2015-07-01", "9 9 9 9 9 9 9 9 9 9", client="A"),
        # Nine of ten.
        episode("E2", "2014-07-01", client="B"),
        reading("2014-07-10", "1 1 1 1 1 1 1 1 1 -", client="B"),
        reading("2015-07-01", "1 1 1 1 1 1 1 1 1 1", client="B"),
        episode("E3", "2015-07-01", client="C"),
        reading("2015-07-10", "2 2 2 2 2 2 2 2 2 2", client="C"),
    )
    assert figures(count, "star_missing", "mean", "as_at") == {
        ("first_to_latest", "with_pair"): 4.5,
        ("first_to_latest", "without_pair"): 2,
        ("twelve_months", "with_pair"): 4.5,
    }


YEAR_ON = (
    # A baseline on the ninetieth day; of two readings eleven days from the anniversary the earlier.
    episode("E1", "2014-07-01", client="A"),
    reading("2014-09-29", "2", client="A"),
    reading("2015-04-01", "10", client="A"),
    reading("2015-06-20", "7", client="A"),
    reading("2015-07-12", "9", client="A"),
    # A baseline on the ninety-first day is none.
    episode("E2", "2014-07-01", client="B"),
    reading("2014-09-30", "2", client="B"),
    reading("2015-07-01", "9", client="B"),
    # Fifteen months after the last of December is the last of March; the day itself counts.
    episode("E3", "2014-12-31", client="C"),
    reading("2014-12-20", "4 4", client="C"),
    reading("2016-03-31", "3 -", client="C"),
    # A day short of fifteen months.
    episode("E4", "2015-01-01", client="D"),
    reading("2015-01-01", "1", client="D"),
    reading("2016-01-01", "9", client="D"),
    # The day before nine months and the day after fifteen.
    episode("E5", "2014-07-01", client="E"),
    reading("2014-07-01", "4", client="E"),
    reading("2015-03-31", "9", client="E"),
    reading("2015-10-02", "9", client="E"),
)


def test_change_over_a_year() -> None:
    count = counted(date(2016, 3, 31), *YEAR_ON)
    # A rises by 5, C falls by 1; B and E have no pair, and D started too lately.
    assert directions(count, "star_change_12m", "area_1") == {"up": 1, "down": 1, "no_pair": 2}
    assert directions(count, "star_change_12m", "area_2") == NOT_TOLD | {"no_pair": 4}
    assert of_areas(count, "star_change_12m", "mean") == {"area_1": 2}
    # 5, 2 and -1
    assert of_areas(count, "star_change_12m", "median") == {"area_1": 2}
    assert of_areas(count, "star_change_12m", "tipping_point") == {"area_1": 2}
    missing = figures(count, "star_missing", "count", "as_at")
    assert missing["twelve_months", "with_pair"] == 2
    assert missing["twelve_months", "without_pair"] == 2


def test_a_baseline_lies_at_most_thirty_days_before_the_start() -> None:
    count = counted(
        date(2016, 3, 31),
        episode("E1", "2014-07-01", client="A"),
        reading("2014-06-01", "4", client="A"),
        reading("2015-07-01", "6", client="A"),
        # A day too early; the next one in time is the baseline, and without one there is none.
        episode("E2", "2014-07-01", client="B"),
        reading("2014-05-31", "9", client="B"),
        reading("2014-09-01", "3", client="B"),
        reading("2015-07-01", "4", client="B"),
        episode("E3", "2014-07-01", client="C"),
        reading("2014-05-31", "4", client="C"),
        reading("2015-07-01", "6", client="C"),
    )
    assert directions(count, "star_change_12m", "area_1") == {"up": 2, "no_pair": 1}


def test_how_soon_the_first_star_must_be() -> None:
    # After a start on 1 July day 60 is 30 August, day 90 is 29 September and day 180 is 28 December.
    first = {
        "A": ("2014-08-30", 1),
        "B": ("2014-08-31", 2),
        "C": ("2014-09-29", 3),
        "D": ("2014-09-30", 4),
        "E": ("2014-12-28", 5),
        "F": ("2014-12-29", 6),
        # The thirtieth day before the start, and the thirty-first.
        "G": ("2014-06-01", 7),
        "H": ("2014-05-31", 8),
    }
    count = counted(
        date(2016, 3, 31),
        *(episode(f"E-{client}", "2014-07-01", client=client) for client in (*first, "I")),
        *(reading(day, str(points), client=client) for client, (day, points) in first.items()),
        *(reading("2015-07-01", "9", client=client) for client in first),
        # Has no star of the start.
        reading("2015-07-01", "9", client="I"),
    )
    metric = "star_change_12m_baseline"
    assert figures(count, metric, "count", "as_at") == {
        ("60", "with_pair"): 2,
        ("60", "without_pair"): 7,
        ("90", "with_pair"): 4,
        ("90", "without_pair"): 5,
        ("180", "with_pair"): 6,
        ("180", "without_pair"): 3,
    }
    # 8 and 2; 7 and 6 more; 5 and 4 more. Two of nine are fewer than three in ten.
    assert figures(count, metric, "mean", "as_at") == {
        ("90", "area_1"): 23 / 4,
        ("180", "area_1"): 32 / 6,
    }
    assert of_areas(count, "star_change_12m", "mean") == {"area_1": 23 / 4}


def test_nine_months_to_the_day_are_enough() -> None:
    count = counted(
        date(2016, 3, 31),
        episode("E1", "2014-07-01"),
        reading("2014-07-10", "4"),
        reading("2015-04-01", "6"),
    )
    assert directions(count, "star_change_12m", "area_1") == {"up": 1}


def test_who_comes_back_is_measured_from_the_first_start() -> None:
    count = counted(
        date(2016, 3, 31),
        episode("E1", "2014-07-01", "2014-12-01"),
        episode("E2", "2015-07-01"),
        reading("2015-07-10", "4"),
        reading("2016-03-20", "6"),
    )
    assert directions(count, "star_change_12m", "area_1") == NOT_TOLD | {"no_pair": 1}
    assert directions(count, "star_change", "area_1") == {"up": 1}


def test_when_a_star_is_due() -> None:
    count = counted(
        AS_AT,
        # Done on the first day of the quarter.
        episode("E1", "2014-07-01", client="A"),
        reading("2015-04-01", "5", client="A"),
        # Due on the last of April, with its grace on 28 May; a draft of tomorrow is none.
        episode("E2", "2014-07-01", client="B"),
        reading("2014-10-31", "5", client="B"),
        reading("2015-06-01", "5", client="B", status="draft"),
        # The grace ends today; a draft makes nothing due.
        episode("E3", "2014-07-01", client="C"),
        reading("2014-07-10", "5", client="C"),
        reading("2014-11-03", "5", client="C"),
        reading("2015-05-03", "5", client="C", status="draft"),
        # Never had one; the twenty-eight days after the start are over. The draft is of another star.
        episode("E4", "2015-05-02", client="D"),
        reading("2015-05-20", "5", client="D", status="draft", version="recovery_star"),
        episode("E5", "2015-05-03", client="E"),
        # Six months after the last of August is the last of February; the draft is of the quarter before.
        episode("E6", "2014-07-01", client="F"),
        reading("2014-08-31", "5", client="F"),
        reading("2015-03-31", "5", client="F", status="draft"),
        # Nobody's star is due who has left.
        episode("E7", "2014-07-01", "2015-05-31", client="G"),
    )
    assert figures(count, "star_due", "count", "as_at") == {
        ("done",): 1,
        ("due_not_done",): 2,
        ("due_draft",): 1,
        ("not_due",): 2,
    }


def test_without_a_star_the_open_time_of_support_says_when_it_is_due() -> None:
    count = counted(AS_AT, episode("E1", "2014-07-01", "2014-12-01"), episode("E2", "2015-05-20"))
    assert figures(count, "star_due", "count", "as_at") == {("not_due",): 1}


def test_stars_of_the_support_before_tell_nothing_of_this_one() -> None:
    count = counted(
        AS_AT,
        # Due by the start on 4 May, neither by the star of the year before nor by that of April.
        episode("E1", "2014-07-01", "2015-04-20", client="A"),
        episode("E2", "2015-05-04", client="A"),
        reading("2014-07-10", "5", client="A"),
        reading("2015-04-20", "5", client="A"),
        # Past the twenty-eight days; the draft is old too.
        episode("E3", "2014-07-01", "2015-04-20", client="B"),
        episode("E4", "2015-05-02", client="B"),
        reading("2015-04-10", "5", client="B", status="draft"),
        # Between the two, and on the day that ends one and begins the other.
        episode("E5", "2014-07-01", "2015-04-20", client="C"),
        episode("E6", "2015-05-02", client="C"),
        reading("2015-04-21", "5", client="C"),
        episode("E7", "2014-07-01", "2015-04-20", client="D"),
        episode("E8", "2015-04-20", client="D"),
        reading("2015-04-20", "5", client="D"),
    )
    assert figures(count, "star_due", "count", "as_at") == {
        ("not_due",): 1,
        ("due_not_done",): 1,
        ("done",): 2,
    }


def test_days_until_the_first_star() -> None:
    first = {"A": "2014-06-20", "B": "2014-07-31", "C": "2014-08-01", "D": "2014-12-28", "E": "2014-12-29"}
    count = counted(
        AS_AT,
        *(episode(f"E-{client}", "2014-07-01", client=client) for client in (*first, "F")),
        *(reading(day, "5", client=client) for client, day in first.items()),
        reading("2015-03-01", "5", client="A"),
        reading("2015-06-01", "5", client="F"),
        episode("E-G", "2015-06-01", client="G"),
    )
    # Before the start is no time at all; then 30, 31, 180 and 181 days.
    assert figures(count, "baseline_delay", "count", "as_at") == {
        ("0_to_30",): 2,
        ("31_to_90",): 1,
        ("91_to_180",): 1,
        ("over_180",): 1,
        ("none",): 1,
    }
    assert figures(count, "baseline_delay", "median", "as_at") == {(): 31}
