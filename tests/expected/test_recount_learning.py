"""The independent count of the partnership's learning on invented rows, each figure counted by hand."""

from datetime import date

import pytest

from tests.expected.invented_rows import figures, optional_day
from tests.expected.recount import Count, Row
from tests.expected.recount_learning import count_evidence, count_spg_items, count_system_changes, stage_of

AS_AT = date(2015, 5, 31)


def change(
    dialogue: str = "",
    agreed: str = "",
    adopted: str = "",
    reviewed: str = "",
    still: str | None = None,
    raised: str = "2014-11-01",
    level: str | None = "flex",
    sector: str | None = "housing",
) -> Row:
    return {
        "raised_date": optional_day(raised),
        "dialogue_date": optional_day(dialogue),
        "agreed_date": optional_day(agreed),
        "adopted_date": optional_day(adopted),
        "reviewed_date": optional_day(reviewed),
        "still_in_place": still,
        "level": level,
        "sector": sector,
    }


ADOPTED = ("2014-12-01", "2015-01-01", "2015-02-01")


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        (change(), "raised"),
        (change("2015-05-31"), "in_dialogue"),
        (change("2015-06-01"), "raised"),
        (change("2015-01-01", "2015-02-01"), "agreed"),
        # Agreed without a dialogue that anybody wrote down.
        (change("", "2015-02-01"), "agreed"),
        (change(*ADOPTED), "adopted"),
        # Found in place six months after the adoption to the day, and a day too soon.
        (change("", "", "2014-08-31", "2015-02-28", "yes", raised="2014-08-01"), "still_in_place"),
        (change("", "", "2014-08-31", "2015-02-27", "yes", raised="2014-08-01"), "adopted"),
        (change("2014-12-01", "2015-01-01", "", "2015-05-01", "yes"), "agreed"),
        (change("", "", "2014-08-31", "2015-06-01", "yes", raised="2014-08-01"), "adopted"),
        (change(*ADOPTED, "2015-05-31", "no"), "lapsed"),
        (change(*ADOPTED, "2015-05-01", "no"), "lapsed"),
        (change(*ADOPTED, "2015-05-01", "unknown"), "adopted"),
        (change(*ADOPTED, "2015-05-01", None), "adopted"),
        # A review to come says nothing yet.
        (change(*ADOPTED, "2015-06-01", "no"), "adopted"),
    ],
)
def test_where_a_change_stands(row: Row, stage: str) -> None:
    assert stage_of(row, AS_AT) == stage


def test_changes_by_stage_level_and_sector() -> None:
    count = Count(AS_AT)
    rows = [
        change(),
        change("2015-05-01", level=None),
        change(*ADOPTED, level="system", sector=None),
        change(raised="2015-06-01"),
    ]
    count_system_changes(count, rows)
    assert figures(count, "system_changes_by_stage", "count", "as_at") == {
        ("raised",): 1,
        ("in_dialogue",): 1,
        ("adopted",): 1,
        ("raised", "flex"): 1,
        ("in_dialogue", "not_known"): 1,
        ("adopted", "system"): 1,
        ("housing",): 2,
        ("not_known",): 1,
    }


def item(raised: str, decided: str = "", actioned: str = "") -> Row:
    days = {"raised_date": raised, "decided_date": decided, "actioned_date": actioned}
    return {column: optional_day(day) for column, day in days.items()}


def test_how_long_an_item_has_waited_or_took() -> None:
    count = Count(AS_AT)
    items = [
        item("2015-05-31"),
        # Decided tomorrow: waits, for ten days.
        item("2015-05-21", "2015-06-01", "2015-06-02"),
        # Twenty days to the decision, however long ago that was; what is done tomorrow is not done.
        item("2015-01-01", "2015-01-21"),
        item("2015-01-01", "2015-01-31", "2015-06-01"),
        item("2015-01-01", "2015-01-02", "2015-02-10"),
        item("2015-06-01"),
    ]
    count_spg_items(count, items)
    assert figures(count, "spg_item_age", "count", "as_at") == {
        ("waiting",): 2,
        ("decided",): 2,
        ("actioned",): 1,
    }
    assert figures(count, "spg_item_age", "median", "as_at") == {
        ("waiting",): 5,
        ("decided",): 25,
        ("actioned",): 40,
    }


def test_evidence_by_source_and_direction() -> None:
    count = Count(AS_AT)
    gathered = [
        ("2015-05-31", "client", "supports"),
        ("2015-05-01", "client", "supports"),
        ("2015-05-01", "client", None),
        ("2015-05-01", None, "mixed"),
        ("2015-06-01", "peer", "supports"),
    ]
    rows = [
        {"gathered_date": optional_day(day), "source_type": source, "direction": direction}
        for day, source, direction in gathered
    ]
    count_evidence(count, rows)
    assert figures(count, "evidence_by_source", "count", "as_at") == {
        ("client",): 3,
        ("not_known",): 1,
        ("supports", "client"): 2,
        ("not_known", "client"): 1,
        ("mixed", "not_known"): 1,
    }
