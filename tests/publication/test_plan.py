"""The publication plan is fixed, and what it may not ask for is refused before anything is counted."""

from datetime import date

import pytest

from dagster_project.publication.plan import AUDIENCES, PlanError, read_definitions, read_plan
from tests.publication.invented_warehouse import Programme

DEFINITIONS = read_definitions(
    [
        {
            "metric_id": "open_caseload",
            "timing": "stock",
            "counts": "people",
            "population": "",
            "measures": "count",
            "breakdowns": "borough|sex|need_domain",
            "overlapping": "need_domain",
        },
        {
            "metric_id": "star_change",
            "timing": "stock",
            "counts": "people",
            "population": "star_change",
            "measures": "mean|count",
            "breakdowns": "star_area|direction",
            "overlapping": "star_area",
        },
        {
            "metric_id": "contacts",
            "timing": "flow",
            "counts": "contacts",
            "population": "",
            "measures": "count",
            "breakdowns": "",
            "overlapping": "",
        },
        {
            "metric_id": "open_for_years",
            "timing": "stock",
            "counts": "people",
            "population": "open_caseload",
            "measures": "mean|count",
            "breakdowns": "borough|sex",
            "overlapping": "",
        },
        {
            "metric_id": "score",
            "timing": "stock",
            "counts": "people",
            "population": "score",
            "measures": "mean",
            "breakdowns": "sex|star_area",
            "overlapping": "star_area",
        },
        # A definition cannot offer what no plan may ask for.
        {
            "metric_id": "reckless",
            "timing": "stock",
            "counts": "people",
            "population": "",
            "measures": "maximum|minimum",
            "breakdowns": "borough",
            "overlapping": "",
        },
    ]
)
SOUND: dict[str, object] = {
    "metric_id": "open_caseload",
    "measure": "count",
    "period_type": "as_at",
    "dimension_1": "borough",
    "dimension_2": None,
    "audience": "spg",
    "exact": True,
    "approved_by": "The board",
}


def test_a_sound_row_is_read_as_it_stands():
    (table,) = read_plan([SOUND], DEFINITIONS)
    assert (table.metric_id, table.dimensions, table.exact) == ("open_caseload", ("borough",), True)
    assert DEFINITIONS["open_caseload"].population == "open_caseload"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metric_id": "shoe_size"}, "no such metric"),
        ({"measure": "maximum"}, "offers count, not 'maximum'"),
        ({"measure": "minimum"}, "offers count, not 'minimum'"),
        ({"metric_id": "reckless", "measure": "maximum"}, "offers maximum, minimum, not 'maximum'"),
        ({"metric_id": "reckless", "measure": "minimum"}, "offers maximum, minimum, not 'minimum'"),
        ({"metric_id": "star_change", "measure": "median", "dimension_1": ""}, "offers mean, count"),
        ({"period_type": "quarter"}, "period must be one of as_at, programme"),
        ({"period_type": ""}, "period must be one of"),
        ({"dimension_1": "shoe_size"}, "no breakdown 'shoe_size'"),
        ({"dimension_1": "borough*sex*need_domain"}, "at most two"),
        ({"dimension_3": "sex"}, "column 'dimension_3' is not known"),
        ({"dimension_1": "", "dimension_2": "borough"}, "or one in dimension_1"),
        ({"dimension_2": "borough"}, "two different ones"),
        ({"audience": "press"}, "audience must be one of management, spg, public"),
        ({"audience": ""}, "audience must be one of"),
        (
            {"audience": "public", "dimension_2": "sex", "exact": False},
            "for the public has at most one breakdown",
        ),
        (
            {"metric_id": "contacts", "audience": "public", "period_type": "quarter", "dimension_1": ""},
            "for the public the period must be one of year, programme, as_at",
        ),
        ({"audience": "public", "dimension_1": "sex"}, "only counts of headline metrics"),
        ({"audience": "public", "approved_by": None}, "needs the name of who approved it"),
        ({"approved_by": " "}, "needs the name of who approved it"),
        ({"approved_by": None}, "needs the name of who approved it"),
        ({"dimension_1": "sex"}, "only counts of headline metrics"),
        ({"dimension_2": "sex"}, "only counts of headline metrics"),
        ({"metric_id": "star_change", "dimension_1": ""}, "only counts of headline metrics"),
        (
            {"metric_id": "star_change", "measure": "mean", "dimension_1": ""},
            "only counts of headline metrics",
        ),
    ],
)
def test_what_may_not_leave_is_refused_with_its_reason(change: dict[str, object], reason: str):
    with pytest.raises(PlanError, match=reason.replace("*", r"\*")):
        read_plan([SOUND | change], DEFINITIONS)


@pytest.mark.parametrize(
    ("change", "is_refused"),
    [
        ({}, True),
        # From the start to a day, and as at that day, are the same people.
        ({"period_type": "programme"}, True),
        ({"dimension_1": "sex"}, False),
        ({"measure": "count"}, False),
    ],
)
def test_a_mean_may_not_stand_beside_its_exact_people(change: dict[str, object], is_refused: bool):
    mean = {"metric_id": "open_for_years", "measure": "mean", "exact": False, "approved_by": None}
    rows = [SOUND, SOUND | mean | change]
    if is_refused:
        with pytest.raises(PlanError, match="a mean may not stand beside its exact people"):
            read_plan(rows, DEFINITIONS)
    else:
        assert len(read_plan(rows, DEFINITIONS)) == 2
    assert len(read_plan([SOUND | {"exact": False, "approved_by": None}, rows[1]], DEFINITIONS)) == 2


@pytest.mark.parametrize(
    ("audience", "files"),
    [("management", {"management"}), ("spg", {"management", "spg"}), ("public", set(AUDIENCES))],
)
def test_what_few_may_see_is_not_in_the_file_of_more(audience: str, files: set[str]):
    (table,) = read_plan([SOUND | {"audience": audience}], DEFINITIONS)
    assert {name for name in AUDIENCES if table.is_for(name)} == files


def test_every_fault_is_named_at_once_and_twice_the_same_table_is_one():
    swapped = {"dimension_1": "sex", "dimension_2": "borough", "exact": False}
    again = {"dimension_1": "borough", "dimension_2": "sex", "exact": False}
    with pytest.raises(PlanError) as refused:
        read_plan([SOUND | swapped, SOUND | again, SOUND | {"metric_id": "shoe_size"}], DEFINITIONS)
    assert "stands in the plan twice" in str(refused.value)
    assert "no such metric" in str(refused.value)


def test_an_empty_plan_is_refused():
    with pytest.raises(PlanError, match="empty"):
        read_plan([], DEFINITIONS)


def test_the_invented_programme_has_a_sound_plan():
    programme = Programme(1, people=5, as_at=date(2014, 9, 30))
    rows = [vars(table) for table in programme.plan()]
    assert read_plan(rows, programme.definitions()) == programme.plan()


@pytest.mark.parametrize(
    ("tables", "is_refused"),
    [
        # Of three parts and the whole the fourth part follows, though it is withheld.
        ([("", ""), ("sex", "")], True),
        ([("star_area", ""), ("sex", "star_area")], True),
        # The areas of the star are no parts of each other's people.
        ([("", ""), ("star_area", "")], False),
        ([("sex", ""), ("star_area", "")], False),
    ],
)
def test_a_mean_may_not_stand_beside_those_of_its_parts(tables: list[tuple[str, str]], is_refused: bool):
    rows = [
        SOUND
        | {"metric_id": "score", "measure": "mean", "exact": False, "approved_by": None}
        | {"dimension_1": first, "dimension_2": second}
        for first, second in tables
    ]
    if is_refused:
        with pytest.raises(PlanError, match="by sex may not stand beside that without it"):
            read_plan(rows, DEFINITIONS)
    else:
        assert len(read_plan(rows, DEFINITIONS)) == 2
