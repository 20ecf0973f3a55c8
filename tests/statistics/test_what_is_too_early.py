"""Why a length of support or a wait has no figure: too early for anybody, or nobody is left to follow."""

from datetime import date

import pytest

from dagster_project.statistics.store import METHODS, NOBODY_LEFT, TOO_EARLY, _Day, _duration

PROGRAMME_START = date(2014, 6, 1)


@pytest.mark.parametrize(
    ("cohort", "months", "as_at", "note"),
    [
        # Eighteen months are 548 days: from 1 June 2014 to 1 December 2015.
        ("", "18", date(2015, 11, 30), TOO_EARLY),
        ("", "18", date(2015, 12, 1), NOBODY_LEFT),
        # Nobody of the second half of 2014 began before 1 July: to 31 December 2015.
        ("2014-H2", "18", date(2015, 12, 30), TOO_EARLY),
        ("2014-H2", "18", date(2015, 12, 31), NOBODY_LEFT),
        # The programme began amid the first half.
        ("2014-H1", "18", date(2015, 11, 30), TOO_EARLY),
        ("2014-H1", "18", date(2015, 12, 1), NOBODY_LEFT),
    ],
)
def test_too_early_is_what_the_calendar_says(cohort: str, months: str, as_at: date, note: str) -> None:
    people = [
        {
            "client_key": f"c{number}",
            "amount": 30,
            "outcome": "waiting",
            "support_months": "",
            "start_cohort": cohort,
        }
        for number in range(20)
    ]
    table = {
        "measure": "survival", "period_end": as_at,
        "dimension_1": "support_months", "dimension_2": "start_cohort" if cohort else "",
    }  # fmt: skip
    cell = {"category_1": months, "category_2": cohort}
    worked = _duration(METHODS["kaplan_meier"], table, cell, _Day(people), PROGRAMME_START)  # pyright: ignore
    assert (worked.value, worked.people, worked.note) == (None, 20, note)
