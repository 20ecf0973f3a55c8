"""The faults planted in the four exports of the heart, and the list of what must not load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.example_programme.columns import AREAS
from tests.example_programme.story import BENCHMARK, Row, Story, Value


@dataclass
class Fault:
    """A line of a file that must not load, and why."""

    file: str
    line: int
    reason_class: str
    words: str


def plant(story: Story, export: str, day: str, rows: list[Row]) -> list[tuple[int, str, str]]:
    """Spoils rows of one extract in place. Returns (index of the row, reason class, words for the README)."""
    found: list[tuple[int, str, str]] = []

    def spoil(index: int, reason: str, words: str, **values: Value) -> None:
        rows[index].update(values)
        found.append((index, reason, words))

    def repeat(index: int, reason: str, words: str, **values: Value) -> None:
        rows.insert(index + 1, rows[index] | values)
        if reason == "conflicting_duplicate":
            found.append((index, reason, words))
        found.append((index + 1, reason, words))

    def position(wanted: Callable[[Row], object]) -> int:
        """First row that the predicate takes."""
        return next(index for index, row in enumerate(rows) if wanted(row))

    last = len(rows) - 1
    only_once = Counter(r.client.client_id for r in story.referrals)
    started = {e.client.client_id for e in story.episodes}

    def quiet(row: Row) -> bool:
        """A referral that no other record leans on."""
        return only_once[str(row["client_id"])] == 1 and row["client_id"] not in started

    spending = {str(r.facts["client_id"][0][1]) for r in story.records["personal_budget"]}
    where = (export, day)
    if export == "referrals":
        since = {
            "2015-09-30": date(2015, 7, 1),
            "2016-03-31": date(2016, 1, 1),
            "2018-03-31": date(2018, 1, 1),
        }
        if day in ("2015-09-30", "2018-03-31"):
            index = position(lambda row: row["received_date"] >= since[day] and quiet(row))
            spoil(index, "invalid_date", "received on 31/02", received_date=f"31/02/{day[:4]}")
        if day == "2016-03-31":
            index = position(lambda row: row["received_date"] >= since[day] and quiet(row))
            spoil(index, "missing_required", "client reference 'TBC'", client_id="TBC")
        if day in ("2015-05-31", "2016-12-31", "2018-03-31"):
            repeat(last - 6, "exact_duplicate", "the row above once more")
        if day >= "2017-09-30":
            index = position(lambda row: row["received_date"] >= date(2017, 7, 1) and quiet(row))
            spoil(index, "not_allowed", "borough 'Haringey'", borough="Haringey")
    if where in (("caseload", "2016-06-30"), ("caseload", "2018-03-31")):
        if day == "2016-06-30":
            index = position(lambda row: row.get("end_date") and row["start_date"] > BENCHMARK)
        else:
            index = position(
                lambda row: row["start_date"] >= date(2017, 10, 1) and row["client_id"] not in spending
            )
        start = rows[index]["start_date"]
        assert isinstance(start, date)
        spoil(
            index,
            "date_order",
            "closed before it started",
            end_date=start - timedelta(days=40),
            destination="other",
        )
    if where == ("caseload", "2016-09-30"):
        index = position(lambda row: row["start_date"] >= date(2016, 5, 1))
        repeat(index, "conflicting_duplicate", "one episode twice with other values", lead_worker_id="LW99")
    if export == "outcome_stars" and day >= "2017-03-31":
        rows.append(
            {
                "client_id": "FLIC-9001",
                "star_version": "homelessness_star",
                "completed_date": date(2017, 2, 8),
                "completed_by": "worker",
                "status": "approved",
                **dict.fromkeys(AREAS, 4),
            }
        )
        found.append((len(rows) - 1, "unknown_client", "a star for somebody who is in no other export"))
    if export == "outcome_stars" and day >= "2017-12-31":
        index = position(
            lambda row: (
                row["completed_date"] >= date(2017, 10, 2)
                and all(row[area] in range(1, 11) for area in AREAS)
            )
        )
        score = rows[index]["area_1"]
        repeat(
            index,
            "conflicting_duplicate",
            "two stars of one client on one day",
            area_1=score % 10 + 1,
            area_2=9,
        )
        found[:] = [(i + (i > index and r == "unknown_client"), r, w) for i, r, w in found]
    if export == "personal_budget" and day >= "2016-06-30":
        rows.append(
            {
                "line_id": "PB-90001",
                "client_id": "FLIC-9002",
                "status": "paid",
                "amount": Decimal("35.00"),
                "requested_date": date(2016, 5, 3),
                "agreed_date": date(2016, 5, 4),
                "paid_date": date(2016, 5, 10),
                "category": "clothing",
            }
        )
        found.append((len(rows) - 1, "unknown_client", "a payment for somebody who is in no other export"))
    if where in (("personal_budget", "2017-06-30"), ("personal_budget", "2018-03-31")):
        recent = date(int(day[:4]), int(day[5:7]) - 2, 1)
        index = position(
            lambda row: (
                row.get("requested_date") and row["requested_date"] >= recent and row["client_id"] in started
            )
        )
        spoil(index, "invalid_number", "amount 'TBC'", amount="TBC")
    return sorted(found)


def wrongly_closed(rows: list[Row]) -> list[Row]:
    """The first caseload of December 2015: a closure keyed on the wrong client's row (put right in `_v2`)."""
    ended = next(row for row in rows if row.get("end_date") and row["end_date"] > date(2015, 10, 1))
    wrong = next(
        row
        for row in rows
        if not row.get("end_date")
        and row["borough"] != ended["borough"]
        and row["start_date"] < date(2015, 4, 1)
    )
    closure = {"end_date": ended["end_date"], "destination": ended["destination"]}
    return [
        row | closure if row is wrong else row | dict.fromkeys(closure) if row is ended else row
        for row in rows
    ]
