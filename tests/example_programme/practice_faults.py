"""The faults planted in the thirteen other exports and in the Star's long form.

Most faulty rows are copies with a key of their own, so that the record itself still loads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.example_programme.columns import ITEMS
from tests.example_programme.story import Row, Value

LONG = "SYNTHETIC and far too long. " * 80


@dataclass
class Planting:
    """The rows of one file; those that must not load, with each reason; those with an emptied cell."""

    rows: list[Row]
    found: list[tuple[Row, str, str]] = field(default_factory=list)
    emptied: list[tuple[Row, str]] = field(default_factory=list)

    def some(self, wanted: Callable[[Row], object] = lambda row: True, skip: int = 0) -> Row:
        """The row after `skip` others that the predicate takes and that nothing was planted in."""
        taken = [row for row, *_ in [*self.found, *self.emptied]]
        fit = [row for row in self.rows if not any(row is other for other in taken) and wanted(row)]
        return fit[skip]

    def bad(self, like: Row, reasons: str, words: str, **values: Value) -> Row:
        """A copy of a row, spoilt, below it; `reasons` may name several classes."""
        row = like | values
        self.rows.insert(self.at(like) + 1, row)
        self.found += [(row, reason, words) for reason in reasons.split()]
        return row

    def twice(self, like: Row) -> None:
        """The same row once more."""
        self.rows.insert(self.at(like) + 1, copy := dict(like))
        self.found.append((copy, "exact_duplicate", "the row above once more"))

    def conflict(self, like: Row, words: str, **values: Value) -> None:
        """The same key once more with other values: neither may load."""
        self.found.append((like, "conflicting_duplicate", words))
        self.bad(like, "conflicting_duplicate", words, **values)

    def empty(self, like: Row, column: str, value: Value, **values: Value) -> None:
        """A cell that loads empty, or as not known, in a row that loads."""
        like.update(values)
        like[column] = value
        self.emptied.append((like, column))

    def at(self, row: Row) -> int:
        """The position of this very row, not of one like it."""
        return next(index for index, other in enumerate(self.rows) if other is row)


def plant_practice(export: str, day: str, rows: list[Row]) -> Planting:
    """Spoils one extract in place."""
    planting = Planting(rows)
    plan = PLANS.get(export)
    if plan is not None:
        plan(planting, day)
    return planting


def day_before(text: str, days: int = 0) -> date:
    """Some days before the day of the extract; a negative number lies after it."""
    return date.fromisoformat(text) - timedelta(days=days)


def ndta(file: Planting, day: str) -> None:
    bare = {"recorded_total": None}
    if day == "2015-05-31":
        stated = file.some(lambda row: row["recorded_total"] and row["recorded_total"] < 40)
        on = stated["assessed_date"] + timedelta(days=3)
        file.bad(
            stated,
            "total_differs",
            "stated total one too high",
            assessed_date=on,
            recorded_total=stated["recorded_total"] + 1,
        )
        whole = [
            row for row in file.rows if all(row[item] is not None for item in ITEMS) and row is not stated
        ]
        file.empty(whole[3], "item_2", 5, **bare)
        file.empty(whole[9], "item_4", 3, **bare)
        file.empty(whole[15], "item_7", "2.5", **bare)
    if day == "2016-03-31":
        file.bad(file.some(skip=5), "invalid_date", "assessed on 31/02", assessed_date="31/02/2016")
        file.bad(file.some(skip=20), "month_first", "assessed on 04/23/2015", assessed_date="04/23/2015")
        file.bad(
            file.some(skip=30), "unknown_client", "somebody who is in no other export", client_id="FLIC-9003"
        )
        file.twice(file.some(skip=60))
    if day == "2017-03-31":
        file.conflict(
            file.some(lambda row: row["item_1"] in (1, 2)),
            "one assessment twice with other scores",
            item_1=4,
            **bare,
        )
        file.bad(
            file.some(skip=11),
            "out_of_range",
            "stated total 49",
            recorded_total=49,
            item_9=None,
            assessed_date=date(2017, 2, 22),
        )
        late = file.some(lambda row: row["assessed_date"] > date(2016, 6, 1))
        file.bad(late, "date_order", "long before the first referral", assessed_date=date(2014, 6, 20))
        file.bad(file.some(skip=50), "after_extract", "a day to come", assessed_date=day_before(day, -32))
        file.bad(file.some(skip=70), "missing_required", "no day", assessed_date=None)
        file.bad(
            file.some(skip=90),
            "invalid_number",
            "stated total 'about 20'",
            recorded_total="about 20",
            assessed_date=date(2017, 2, 23),
        )


def contacts(file: Planting, day: str) -> None:
    number = f"CT-9{day[2:4]}{day[5:7]}"
    like = file.some(skip=4)
    if day == "2014-09-30":
        file.bad(
            like,
            "before_programme",
            "before the programme began",
            contact_id=number,
            contact_date=date(2014, 5, 20),
        )
    if day == "2014-12-31":
        file.bad(like, "not_allowed", "result 'Voicemail'", contact_id=number, result="voicemail")
    if day == "2015-03-31":
        file.twice(like)
    if day == "2015-09-30":
        file.bad(
            like,
            "unknown_client",
            "somebody who is in no other export",
            contact_id=number,
            client_id="FLIC-9004",
        )
    if day == "2016-03-31":
        file.bad(like, "missing_required", "client reference 'TBC'", contact_id=number, client_id="TBC")
    if day == "2016-06-30":
        file.bad(like, "invalid_date", "on 31/06", contact_id=number, contact_date="31/06/2016")
    if day == "2016-12-31":
        # The next file sends it again, once and right.
        late = file.some(
            lambda row: row["contact_date"] > date(2016, 12, 24) and row["result"] == "successful"
        )
        file.conflict(late, "one contact twice with other results", result="attempted")
    if day == "2017-03-31":
        file.bad(like, "after_extract", "a day to come", contact_id=number, contact_date=day_before(day, -3))
    if day == "2017-06-30":
        file.bad(like, "not_allowed", "begun by 'Neighbour'", contact_id=number, initiated_by="neighbour")
    if day == "2017-09-30":
        file.bad(like, "month_first", "on 09/25/2017", contact_id=number, contact_date="09/25/2017")
        file.empty(file.some(skip=30), "setting", "allotment")
    if day == "2018-03-31":
        file.bad(
            like,
            "not_allowed",
            "peer mentor present 'sometimes'",
            contact_id=number,
            peer_mentor_present="sometimes",
        )
        file.bad(file.some(skip=40), "missing_required", "no reference of its own", contact_id=None)


def workers(file: Planting, day: str) -> None:
    like = file.some(lambda row: row["role"] == "peer_mentor", skip=3)
    if day == "2015-05-31":
        file.bad(like, "not_allowed", "role 'Volunteer driver'", worker_id="PM90", role="volunteer_driver")
    if day == "2016-07-31":
        file.bad(like, "missing_required", "no role", worker_id="PM91", role=None)
        file.bad(like, "date_order", "left before the start", worker_id="PM92", end_date=date(2014, 8, 1))
        file.bad(
            like,
            "date_order",
            "secondment ends before the start",
            worker_id="PM93",
            secondment_end_date=date(2014, 1, 31),
        )
        file.bad(like, "out_of_range", "1.20 of a post", worker_id="PM94", fte=Decimal("1.20"))
        file.bad(like, "out_of_range", "less than none of a post", worker_id="PM95", fte=Decimal("-0.50"))
        file.twice(file.some(lambda row: row["worker_id"] == "PM07"))
    if day == "2018-03-31":
        file.bad(like, "month_first", "start 09/29/2014", worker_id="PM96", start_date="09/29/2014")
        file.bad(like, "after_extract", "start to come", worker_id="PM97", start_date=day_before(day, -16))
        file.bad(like, "invalid_date", "start 'early June'", worker_id="PM98", start_date="early June")
        file.bad(like, "invalid_number", "share 'half'", worker_id="PM99", fte="half")
        extra = file.bad(like, "conflicting_duplicate", "one worker twice with other posts", worker_id="PM89")
        file.bad(extra, "conflicting_duplicate", "one worker twice with other posts", role="other")
        file.empty(file.some(lambda row: row["worker_id"] == "PJ02"), "specialism", LONG[:80])


def assignments(file: Planting, day: str) -> None:
    like = file.some(lambda row: row["role"] == "second" and not row["to_date"], skip=6)
    if day == "2015-05-31":
        file.bad(
            like,
            "before_programme",
            "before the programme began",
            worker_id="LW08",
            from_date=date(2014, 5, 27),
        )
    if day == "2016-06-30":
        file.bad(like, "unknown_client", "somebody who is in no other export", client_id="FLIC-9005")
        file.bad(
            like, "date_order", "ended before it began", from_date=date(2016, 5, 4), to_date=date(2016, 5, 3)
        )
        file.bad(like, "not_allowed", "role 'Keyworker'", from_date=date(2016, 5, 5), role="keyworker")
        file.bad(like, "missing_required", "no first day", from_date=None)
        file.twice(file.some(skip=80))
    if day == "2018-03-31":
        file.conflict(
            file.some(lambda row: row["role"] == "second", skip=60),
            "one assignment twice, as two roles",
            role="third",
        )
        file.bad(like, "after_extract", "a day to come", from_date=day_before(day, -2))
        file.bad(like, "month_first", "from 02/15/2018", from_date="02/15/2018")
        file.bad(like, "invalid_date", "from 00/00/0000", from_date="00/00/0000")
        file.bad(like, "missing_required", "worker 'TBC'", from_date=date(2018, 1, 9), worker_id="TBC")


# A quarter before anybody's baseline: its rows stand beside no other row of the person.
FREE = date(2013, 10, 1)


def service_use(file: Planting, day: str) -> None:
    like = file.some(skip=8)
    if day == "2015-05-31":
        file.bad(like, "not_a_quarter_start", "quarter from 1 February", quarter_start=date(2015, 2, 1))
        file.bad(like, "out_of_range", "events -1", quarter_start=FREE, events=-1)
    if day == "2016-09-30":
        file.bad(like, "not_a_quarter_start", "quarter from 2 January", quarter_start=date(2016, 1, 2))
        file.bad(like, "not_allowed", "service 'Dentist'", quarter_start=FREE, service="dentist")
        file.bad(like, "unknown_client", "somebody who is in no other export", client_id="FLIC-9006")
        file.bad(like, "out_of_range", "events 1,001", quarter_start=FREE, events=1001)
        file.twice(file.some(skip=100))
    if day == "2018-03-31":
        file.bad(like, "invalid_number", "events 'several'", quarter_start=FREE, events="several")
        file.bad(like, "missing_required", "no service", quarter_start=FREE, service=None)
        file.bad(like, "after_extract", "a quarter to come", quarter_start=date(2018, 4, 1))
        file.bad(like, "month_first", "quarter 10/13/2015", quarter_start="10/13/2015")
        file.bad(like, "invalid_date", "quarter 'Q3 2016'", quarter_start="Q3 2016")
        file.conflict(
            file.some(lambda row: row["events"] == 2, skip=20), "one count twice with other numbers", events=7
        )


def accommodation(file: Planting, day: str) -> None:
    alone = {id(row) for row in file.rows if row["percent"] == 100}
    like = file.some(lambda row: id(row) in alone, skip=6)
    if day == "2015-05-31":
        first = file.bad(
            like,
            "over_100_percent",
            "60.5 and 50 per cent of one quarter",
            quarter_start=FREE,
            type="hostel",
            percent=Decimal("60.5"),
        )
        file.bad(
            first,
            "over_100_percent",
            "60.5 and 50 per cent of one quarter",
            type="prison",
            percent=Decimal(50),
        )
        file.bad(
            like,
            "out_of_range",
            "101 per cent",
            quarter_start=date(2013, 7, 1),
            percent=Decimal(101),
        )
    if day == "2016-09-30":
        file.bad(like, "not_a_quarter_start", "quarter from 15 July", quarter_start=date(2015, 7, 15))
        file.bad(like, "out_of_range", "-5 per cent", quarter_start=FREE, percent=Decimal(-5))
        file.bad(like, "unknown_client", "somebody who is in no other export", client_id="FLIC-9007")
        # All of a quarter twice is still all of it, not two hundred per cent.
        file.twice(file.some(lambda row: id(row) in alone, skip=40))
        file.bad(like, "missing_required", "no percentage", quarter_start=date(2013, 7, 1), percent=None)
    if day == "2018-03-31":
        file.bad(like, "after_extract", "a quarter to come", quarter_start=date(2018, 7, 1))
        file.bad(like, "invalid_number", "'most of it'", quarter_start=FREE, percent="most of it")
        extra = file.bad(
            like,
            "conflicting_duplicate",
            "one share twice with other numbers",
            quarter_start=date(2013, 7, 1),
            percent=Decimal(30),
        )
        file.bad(extra, "conflicting_duplicate", "one share twice with other numbers", percent=Decimal(40))
        other = file.some(lambda row: id(row) in alone and row["client_id"] != like["client_id"], skip=30)
        file.bad(other, "invalid_date", "quarter '31/09/2016'", quarter_start="31/09/2016")
        third = file.some(
            lambda row: id(row) in alone and row["client_id"] not in (like["client_id"], other["client_id"]),
            skip=60,
        )
        file.bad(third, "month_first", "quarter 10/31/2016", quarter_start="10/31/2016")
        fourth = file.some(lambda row: id(row) in alone, skip=90)
        # In a quarter of its own: beside a whole quarter it would make both rows more than all of it.
        file.bad(fourth, "not_allowed", "type 'narrowboat'", quarter_start=FREE, type="narrowboat")


def programme_budget(file: Planting, day: str) -> None:
    like = file.some(skip=2)
    if day == "2015-05-31":
        file.bad(like, "missing_required", "no budget", line="Furniture", budget=None)
        file.bad(
            like, "invalid_number", "forecast 'as last year'", line="Legal advice", forecast="as last year"
        )
    if day == "2016-06-30":
        file.bad(like, "too_long", "a sentence as a line", line=LONG[:70].strip())
        file.bad(like, "month_first", "period 04/30/2014", line="Travel", period_start="04/30/2014")
        file.bad(like, "invalid_number", "budget '1,23'", line="Interpreters", budget="1,23")
        file.twice(file.some(skip=20))
    if day == "2018-03-31":
        file.bad(like, "invalid_date", "period '2014 Q2'", line="Travel", period_start="2014 Q2")
        file.conflict(file.some(skip=40), "one line twice with other budgets", budget=Decimal("12345.00"))


def petty_cash(file: Planting, day: str) -> None:
    like = file.some(skip=7)
    if day == "2015-05-31":
        file.bad(like, "missing_required", "no amount", line_id="PC-9001", amount=None)
        file.bad(
            like,
            "before_programme",
            "before the programme began",
            line_id="PC-9002",
            spent_date=date(2014, 5, 30),
        )
        file.empty(file.some(skip=14), "purpose", "raffle")
    if day == "2016-06-30":
        file.bad(like, "invalid_number", "amount 'free'", line_id="PC-9003", amount="free")
        file.bad(like, "invalid_date", "spent on 30/02", line_id="PC-9004", spent_date="30/02/2016")
        file.twice(file.some(skip=20))
    if day == "2018-03-31":
        file.bad(like, "month_first", "spent on 03/28/2018", line_id="PC-9005", spent_date="03/28/2018")
        file.bad(like, "after_extract", "a day to come", line_id="PC-9006", spent_date=day_before(day, -9))
        file.bad(like, "missing_required", "no day", line_id="PC-9007", spent_date=None)
        file.conflict(file.some(skip=90), "one voucher twice with other amounts", amount=Decimal("99.99"))


def system_changes(file: Planting, day: str) -> None:
    like = file.rows[1]
    if day == "2015-05-31":
        file.bad(
            like,
            "date_order",
            "agreed before it was raised",
            change_id="SC-901",
            agreed_date=date(2015, 1, 2),
        )
    if day == "2016-06-30":
        file.bad(like, "not_allowed", "level 'Everything'", change_id="SC-902", level="everything")
        file.bad(like, "missing_required", "no day", change_id="SC-903", raised_date=None)
        file.empty(file.rows[4], "theme", LONG[:80])
        file.twice(file.rows[0])
    if day == "2018-03-31":
        file.bad(
            like,
            "after_extract",
            "reviewed on a day to come",
            change_id="SC-904",
            reviewed_date=day_before(day, -5),
        )
        file.bad(
            like,
            "before_programme",
            "raised before the programme began",
            change_id="SC-905",
            raised_date=date(2014, 3, 4),
        )
        file.bad(like, "month_first", "raised on 01/13/2015", change_id="SC-906", raised_date="01/13/2015")
        file.bad(like, "not_allowed", "still in place 'mostly'", change_id="SC-907", still_in_place="mostly")
        file.bad(
            like,
            "invalid_date date_order",
            "dialogue '31/11/2015', agreed before it was raised",
            change_id="SC-908",
            dialogue_date="31/11/2015",
            agreed_date=date(2014, 12, 24),
        )
        file.empty(file.some(lambda row: row["change_id"] == "SC-012"), "practice_b", LONG.strip())
        file.empty(file.some(lambda row: row["change_id"] == "SC-011"), "sector", "gardening")
        extra = file.bad(
            like, "conflicting_duplicate", "one change twice with other levels", change_id="SC-909"
        )
        file.bad(extra, "conflicting_duplicate", "one change twice with other levels", level="system")


def spg_items(file: Planting, day: str) -> None:
    like = file.rows[0]
    if day == "2015-05-31":
        file.bad(like, "missing_required", "no title", item_id="SPG-91", title=None)
    if day == "2016-06-30":
        file.bad(like, "not_allowed", "raised by 'The press'", item_id="SPG-92", raised_by="the_press")
        file.bad(
            like,
            "date_order",
            "decided before it was raised",
            item_id="SPG-93",
            decided_date=date(2014, 12, 1),
        )
        file.bad(like, "too_long", "a title of pages", item_id="SPG-94", title=LONG.strip())
        file.twice(file.rows[0])
    if day == "2018-03-31":
        file.bad(
            like,
            "after_extract",
            "done on a day to come",
            item_id="SPG-95",
            actioned_date=day_before(day, -1),
        )
        file.bad(like, "invalid_date", "raised on '9 December'", item_id="SPG-96", raised_date="9 December")
        file.bad(like, "month_first", "decided on 01/20/2015", item_id="SPG-97", decided_date="01/20/2015")
        file.bad(
            like,
            "before_programme",
            "raised before the programme began",
            item_id="SPG-98",
            raised_date=date(2014, 4, 8),
        )
        file.empty(file.rows[-1], "owner_organisation", LONG[:80])
        extra = file.bad(like, "conflicting_duplicate", "one item twice with other titles", item_id="SPG-99")
        file.bad(extra, "conflicting_duplicate", "one item twice with other titles", title="Something else")


def hypotheses(file: Planting, day: str) -> None:
    like = file.rows[0]
    if day == "2015-08-31":
        file.bad(like, "out_of_range", "cycle 0", cycle=0)
        file.bad(like, "not_allowed", "status 'Proven'", hypothesis_id="H91", status="proven")
        file.bad(like, "missing_required", "no statement", hypothesis_id="H92", statement=None)
    if day == "2018-03-31":
        file.bad(like, "invalid_number", "cycle 'two'", cycle="two")
        file.bad(like, "out_of_range", "cycle 51", cycle=51)
        file.bad(like, "too_long", "a statement of pages", hypothesis_id="H93", statement=LONG.strip())
        file.empty(file.rows[-1], "context", LONG.strip())
        file.twice(file.some(lambda row: row["hypothesis_id"] == "H2"))
        extra = file.bad(
            like, "conflicting_duplicate", "one hypothesis twice in a cycle", hypothesis_id="H94"
        )
        file.bad(extra, "conflicting_duplicate", "one hypothesis twice in a cycle", status="refuted")


def evidence(file: Planting, day: str) -> None:
    like = file.some(skip=3)
    if day == "2015-08-31":
        file.bad(like, "not_allowed", "source 'Newspaper'", evidence_id="EV-901", source_type="newspaper")
        file.bad(like, "missing_required", "no hypothesis", evidence_id="EV-902", hypothesis_id=None)
        file.empty(file.some(skip=8), "participants", -1)
        file.twice(file.some(skip=14))
    if day == "2018-03-31":
        file.bad(like, "not_allowed", "direction 'Sideways'", evidence_id="EV-903", direction="sideways")
        file.bad(like, "out_of_range", "cycle 0", evidence_id="EV-904", cycle=0)
        file.bad(
            like,
            "before_programme",
            "before the programme began",
            evidence_id="EV-905",
            gathered_date=date(2014, 5, 1),
        )
        file.bad(
            like, "after_extract", "a day to come", evidence_id="EV-906", gathered_date=day_before(day, -4)
        )
        file.bad(like, "invalid_date", "gathered 'in May'", evidence_id="EV-907", gathered_date="in May")
        file.bad(
            like, "month_first", "gathered on 05/14/2015", evidence_id="EV-908", gathered_date="05/14/2015"
        )
        file.empty(file.some(skip=20), "summary", LONG.strip())
        extra = file.bad(
            like,
            "conflicting_duplicate",
            "one piece twice with other directions",
            evidence_id="EV-909",
            direction="supports",
        )
        file.bad(
            extra, "conflicting_duplicate", "one piece twice with other directions", direction="challenges"
        )


def client_links(file: Planting, day: str) -> None:
    like = file.rows[0]
    if day == "2016-09-30":
        file.bad(
            like,
            "linked_to_itself",
            "a reference linked to itself",
            client_id="FLIC-0042",
            same_as="FLIC-0042",
        )
    if day == "2017-03-31":
        file.bad(like, "missing_required", "no reference to keep", client_id="FLIC-0042", same_as=None)
        file.bad(
            like,
            "after_extract",
            "from a day to come",
            client_id="FLIC-0042",
            same_as="FLIC-0304",
            effective_date=day_before(day, -11),
        )
        file.twice(like)
    if day == "2018-03-31":
        file.bad(
            like,
            "invalid_date",
            "from 31/04",
            client_id="FLIC-0042",
            same_as="FLIC-0304",
            effective_date="31/04/2017",
        )
        file.bad(
            like,
            "month_first",
            "from 05/22/2017",
            client_id="FLIC-0028",
            same_as="FLIC-0280",
            effective_date="05/22/2017",
        )
        extra = file.bad(
            like,
            "conflicting_duplicate",
            "one link twice from other days",
            client_id="FLIC-0031",
            same_as="FLIC-0380",
        )
        file.bad(
            extra, "conflicting_duplicate", "one link twice from other days", effective_date=date(2017, 9, 4)
        )


def long_stars(file: Planting, _: str) -> None:
    for row in list(file.rows):
        if row["score"] not in range(1, 11):
            reason = "invalid_number" if row["score"] == "5.5" else "out_of_range"
            file.found.append((row, reason, f"score {row['score']}"))
    like = file.some(lambda row: row["completed_date"] > date(2018, 1, 1) and row["area"] == "area_4")
    file.conflict(like, "one area of a reading twice with other scores", score=int(like["score"]) % 10 + 1)
    file.twice(file.some(lambda row: row["area"] == "area_9", skip=70))
    other = file.some(lambda row: row["area"] == "area_2", skip=90)
    file.bad(other, "not_allowed", "area 'Area 11'", area="area_11")
    file.bad(other, "unknown_client", "a star for somebody who is in no other export", client_id="FLIC-9001")


PLANS: dict[str, Callable[[Planting, str], None]] = {
    "ndta": ndta,
    "contacts": contacts,
    "workers": workers,
    "assignments": assignments,
    "service_use": service_use,
    "accommodation": accommodation,
    "programme_budget": programme_budget,
    "petty_cash": petty_cash,
    "system_changes": system_changes,
    "spg_items": spg_items,
    "hypotheses": hypotheses,
    "evidence": evidence,
    "client_links": client_links,
    "outcome_stars": long_stars,
}
