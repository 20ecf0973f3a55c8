"""The seed of bank holidays against a package that works them out from the law and proclamations."""

import csv
from datetime import date

import holidays

from dagster_project.settings import ROOT

YEARS = range(2014, 2031)


def seeded() -> list[date]:
    with (ROOT / "seeds/common/bank_holidays.csv").open(encoding="utf-8", newline="") as file:
        return [date.fromisoformat(row["holiday_date"]) for row in csv.DictReader(file)]


def test_the_seed_has_the_bank_holidays_of_england_and_of_wales() -> None:
    for part in ("ENG", "WLS"):
        assert seeded() == sorted(holidays.country_holidays("GB", subdiv=part, years=YEARS)), part


def test_the_seed_knows_days_that_no_rule_gives() -> None:
    """From the proclamations: VE Day in place of early May, the jubilee, the funeral and the coronation."""
    days = set(seeded())
    assert date(2020, 5, 8) in days
    assert date(2020, 5, 4) not in days
    assert {date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)} <= days
    assert date(2022, 5, 30) not in days


def test_a_holiday_on_a_weekend_has_its_day_in_place() -> None:
    """Christmas Day 2021 was a Saturday: Monday and Tuesday were kept for it and Boxing Day."""
    days = set(seeded())
    assert {date(2021, 12, 27), date(2021, 12, 28)} <= days
    assert date(2021, 12, 29) not in days
