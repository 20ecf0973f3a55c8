"""The independent count of exits, housing and services on invented rows, each figure counted by hand."""

from datetime import date
from decimal import Decimal

import pytest

from tests.expected.invented_rows import episode, figures, home, known, use
from tests.expected.recount import Count, Row
from tests.expected.recount_housing import (
    COST_OF,
    count_accommodation_mix,
    count_exits,
    count_length_of_support,
    count_service_change,
    count_service_events,
    count_service_value,
    count_tenancies,
    quarters_of,
)
from tests.expected.support import spells_of

AS_AT = date(2015, 5, 31)
QUARTERS = ("2014-07-01", "2014-10-01", "2015-01-01", "2015-04-01", "2015-07-01", "2015-10-01")


def test_exits_by_destination() -> None:
    count = Count(AS_AT)
    rows = known(
        episode("E1", "2014-07-01", "2015-03-31", client="A", destination="2"),
        episode("E2", "2014-07-01", "2015-04-01", client="B", destination="Deceased"),
        episode("E3", "2014-07-01", "2015-05-31", client="C"),
        episode("E4", "2014-07-01", "2015-06-01", client="D", destination="2"),
        # One spell: what ended last says where to.
        episode("E5", "2014-07-01", "2015-05-01", client="E", destination="In prison"),
        episode("E6", "2014-08-01", "2015-04-30", client="E", destination="2"),
    )
    count_exits(count, spells_of(rows))
    assert figures(count, "exits", "count", "year", date(2015, 3, 31)) == {("no_longer_requires_support",): 1}
    this_year = {("died",): 1, ("not_known",): 1, ("prison",): 1}
    assert figures(count, "exits", "count", "year") == this_year
    assert figures(count, "exits", "count", "programme") == this_year | {("no_longer_requires_support",): 1}


def test_length_of_support_counts_who_is_open_up_to_the_day() -> None:
    count = Count(date(2015, 7, 1))
    rows = known(
        # 91 days, on the very day of three months.
        episode("E1", "2014-07-01", "2014-09-30", client="A"),
        # The second spell is not looked at.
        episode("E2", "2014-10-15", client="A"),
        episode("E3", "2014-07-01", "2015-01-01", client="B"),
        # 200 days, still open; an end to come is none.
        episode("E4", "2014-12-13", "2015-07-02", client="C"),
        episode("E5", "2015-01-01", client="D"),
        episode("E6", "2015-07-02", client="E"),
    )
    count_length_of_support(count, spells_of(rows))
    # One of four goes on day 91, B on day 184 of the two still there (D has 181 days): 3/4, then 3/8.
    assert figures(count, "length_of_support", "survival", "as_at") == {
        ("3",): 3 / 4,
        ("6",): 3 / 4,
        ("2014-H2", "3"): 2 / 3,
        ("2014-H2", "6"): 2 / 3,
        ("2015-H1", "3"): 1,
    }
    # Of 2014-H2 one of the last two goes on day 184, from two thirds to one third.
    assert figures(count, "length_of_support", "median", "as_at") == {
        (): pytest.approx(184 / 30.4375),
        ("2014-H2",): pytest.approx(184 / 30.4375),
    }


def test_once_everybody_has_ended_nobody_is_left() -> None:
    count = Count(AS_AT)
    count_length_of_support(count, spells_of(known(episode("E1", "2014-07-01", "2014-07-01"))))
    survival = figures(count, "length_of_support", "survival", "as_at")
    assert {cell: value for cell, value in survival.items() if len(cell) == 1} == dict.fromkeys(
        [("3",), ("6",), ("9",), ("12",), ("18",), ("24",)], 0
    )
    assert figures(count, "length_of_support", "median", "as_at")[()] == 0


def lived(*kinds: str) -> list[Row]:
    """One kind a quarter from July 2014; `private_rented 50` is half of it; - is not recorded."""
    rows = []
    for quarter, kind in zip(QUARTERS, kinds, strict=False):
        name, _, percent = kind.partition(" ")
        if name != "-":
            rows.append(home(quarter, name, percent or "100"))
    return rows


@pytest.mark.parametrize(
    ("rows", "six_months"),
    [
        (lived("hostel", "private_rented", "private_rented", "social_tenancy"), "held"),
        # Lost and found again.
        (lived("hostel", "private_rented", "hostel", "social_tenancy"), "not_held"),
        (lived("hostel", "private_rented", "private_rented", "hostel"), "not_held"),
        (lived("hostel", "private_rented", "private_rented", "-"), "not_known"),
        (lived("hostel", "private_rented", "-", "private_rented"), "not_known"),
        (lived("hostel", "private_rented", "-", "hostel"), "not_held"),
        # Half of the quarter makes it settled; of less the part that is not recorded may decide.
        (lived("hostel", "private_rented 50", "private_rented 50", "social_tenancy 49.9"), "not_known"),
        (lived("hostel", "private_rented", "private_rented", "hostel 50"), "not_known"),
        (lived("hostel", "private_rented", "private_rented", "hostel 50.1"), "not_held"),
        (lived("social_tenancy 40.5", "private_rented", "private_rented", "private_rented"), None),
        # Two settled kinds together.
        ([*lived("hostel", "private_rented 25"), home("2014-10-01", "social_tenancy", "25")], "not_known"),
        # A tenancy before any other home was not begun; one begun in 2015 is not yet six months old.
        (lived("private_rented", "private_rented", "private_rented", "private_rented"), None),
        (lived("private_rented", "hostel", "private_rented", "private_rented"), None),
        (lived("hostel", "-", "private_rented"), None),
    ],
)
def test_a_tenancy_begun_and_still_held_after_six_months(rows: list[Row], six_months: str | None) -> None:
    count = Count(date(2015, 6, 30))
    count_tenancies(count, quarters_of(rows, "type", "percent"))
    counted = figures(count, "tenancy_sustained_6m", "count", "as_at")
    assert counted == ({(six_months,): 1} if six_months else {})
    share = figures(count, "tenancy_sustained_6m", "share", "as_at").get(())
    assert share == {"held": 1, "not_held": 0}.get(six_months or "")


def test_a_tenancy_is_looked_at_once_the_quarter_is_over() -> None:
    homes = quarters_of(lived("hostel", *["private_rented"] * 5), "type", "percent")
    for day, metrics in (
        (date(2015, 6, 29), set()),
        (date(2015, 6, 30), {"tenancy_sustained_6m"}),
        (date(2015, 12, 30), {"tenancy_sustained_6m"}),
        (date(2015, 12, 31), {"tenancy_sustained_6m", "tenancy_sustained_12m"}),
    ):
        count = Count(day)
        count_tenancies(count, homes)
        assert {key[0] for key in count.figures} == metrics


def test_accommodation_mix_says_what_is_missing() -> None:
    count = Count(AS_AT)
    rows = [
        home("2015-01-01", "hostel", "60"),
        home("2015-01-01", "prison", "30.5"),
        home("2015-01-01", "hostel", "20", client="B"),
        home("2015-01-01", "not_known", "50", client="B"),
        home("2015-01-01", "hostel", "0", client="nothing_said"),
        home("2014-10-01", "prison", "100"),
        # Not over yet; and begun before the programme.
        home("2015-04-01", "rough_sleeping", "100"),
        home("2014-04-01", "rough_sleeping", "100"),
    ]
    count_accommodation_mix(count, quarters_of(rows, "type", "percent"))
    quarter = figures(count, "accommodation_mix", "mean", "quarter", date(2015, 3, 31))
    assert {kind: value for kind, value in quarter.items() if value} == {
        ("hostel",): 40,
        ("prison",): 15.25,
        # 9.5 of A; 50 said so and 30 missing of B.
        ("not_known",): 44.75,
    }
    assert len(quarter) == 11
    assert figures(count, "accommodation_mix", "mean", "quarter") == {}
    programme = figures(count, "accommodation_mix", "mean", "programme")
    assert programme[("hostel",)] == pytest.approx(80 / 3)
    assert programme[("prison",)] == pytest.approx(130.5 / 3)
    assert programme[("rough_sleeping",)] == 0


USES = [
    use("2015-01-01", "detox_day", 3),
    use("2015-01-01", "residential_rehab_day", 2),
    use("2015-01-01", "arrest", 0),
    use("2015-01-01", "gp_contact", None),
    # A has both, B one of the two with the other blank, C one without a row for the other.
    use("2015-01-01", "detox_day", 1, client="B"),
    use("2015-01-01", "residential_rehab_day", None, client="B"),
    use("2015-01-01", "detox_day", 5, client="C"),
    use("2015-01-01", "eviction", 1, client="B"),
    use("2015-01-01", "homelessness_application", 2, client="B"),
    use("2014-10-01", "detox_day", 0),
    use("2014-10-01", "residential_rehab_day", 1),
    use("2015-04-01", "detox_day", 9),
    use("2014-04-01", "detox_day", 9),
]
OTHER = ("police_caution", "conviction", "magistrates_court_appearance", "crown_court_appearance")


def test_service_events_leave_out_what_is_not_known() -> None:
    count = Count(AS_AT)
    whole = [use("2015-01-01", service, 2, client="D") for service in OTHER]
    part = [use("2015-01-01", service, 7, client="E") for service in OTHER[1:]]
    count_service_events(count, quarters_of([*USES, *whole, *part], "service", "events"))
    assert figures(count, "service_events", "mean", "quarter", date(2015, 3, 31)) == {
        ("detox_day",): 3,
        ("residential_rehab_day",): 2,
        ("arrest",): 0,
        ("eviction",): 1,
        ("homelessness_application",): 2,
        ("police_caution",): 2,
        ("conviction",): 4.5,
        ("magistrates_court_appearance",): 4.5,
        ("crown_court_appearance",): 4.5,
        # D alone: of E one of the four is not known, and of nobody is every crisis or planned service.
        ("other",): 8,
    }
    year = figures(count, "service_events", "mean", "year", date(2015, 3, 31))
    assert year[("detox_day",)] == pytest.approx(9 / 4)
    assert year[("other",)] == 8
    # A quarter that is not over is not counted.
    assert figures(count, "service_events", "mean", "quarter") == {}


def test_costs_are_brought_to_the_prices_of_2014_15() -> None:
    # 109 x 100 / 94.6; 593 x 100 / 85.2; 92.50 x 100 / 98.1; 6680 x 100 / 93.2
    assert COST_OF["ae_attendance"] == ("health", Decimal("115.22"))
    assert COST_OF["arrest"] == ("criminal_justice", Decimal("696.01"))
    assert COST_OF["prison_night"] == ("criminal_justice", Decimal("94.29"))
    assert COST_OF["eviction"] == ("housing", Decimal("7167.38"))
    assert "homelessness_application" not in COST_OF


def test_service_value_of_each_person_and_quarter() -> None:
    count = Count(AS_AT)
    count_service_value(count, quarters_of(USES, "service", "events"))
    metric, day = "service_value", date(2015, 3, 31)
    # Of drugs and alcohol A alone has every service: 3 x 154.94, 2 x 336.39. Of criminal justice nobody has.
    whole = 464.82 + 672.78
    assert figures(count, metric, "mean", "quarter", day) == {
        ("substance_misuse",): pytest.approx(whole),
        ("housing",): pytest.approx(7167.38),
        ("detox_day",): pytest.approx(3 * 154.94),
        ("residential_rehab_day",): pytest.approx(672.78),
        ("arrest",): 0,
        ("eviction",): pytest.approx(7167.38),
        # With one service or the two of one area, a payer's quarters are theirs.
        ("public_health",): pytest.approx(whole),
        ("landlord_and_local_authority",): pytest.approx(7167.38),
        ("police",): 0,
    }
    # The total has what is known: 1 and 5 days of B and C more, and A's quarter before.
    assert figures(count, metric, "total_gbp", "year", day) == {
        ("substance_misuse",): pytest.approx(whole + 6 * 154.94 + 336.39),
        ("criminal_justice",): 0,
        ("housing",): pytest.approx(7167.38),
        ("public_health",): pytest.approx(whole + 6 * 154.94 + 336.39),
        ("police",): 0,
        ("landlord_and_local_authority",): pytest.approx(7167.38),
    }
    year = figures(count, metric, "mean", "year", day)
    assert year[("substance_misuse",)] == pytest.approx((whole + 336.39) / 2)
    assert year[("detox_day",)] == pytest.approx(9 * 154.94 / 4)
    assert figures(count, metric, "total_gbp", "quarter", day) == {}


def test_service_value_of_a_payer_of_two_areas() -> None:
    health = ("ae_attendance", "ambulance_callout", "outpatient_attendance", "gp_contact")
    uses = [use("2015-01-01", service, 1, client=client) for service in health for client in ("A", "B")]
    uses += [use("2015-01-01", "mental_health_inpatient_day", 2, client=client) for client in ("A", "B")]
    uses += [use("2015-01-01", "community_mental_health_contact", 3)]
    count = Count(AS_AT)
    count_service_value(count, quarters_of(uses, "service", "events"))
    metric, day = "service_value", date(2015, 3, 31)
    # 109 x 100 / 94.6, and 216, 111, 38 x 100 / 98.1; two days at 410, three contacts at 156, of 2011-12.
    one = 115.22 + 220.18 + 113.15 + 38.74
    days, contacts = 2 * 433.40, 3 * 164.90
    means = figures(count, metric, "mean", "quarter", day)
    assert means[("health",)] == pytest.approx(one)
    # B's contacts are not known.
    assert means[("nhs",)] == pytest.approx(one + days + contacts)
    totals = figures(count, metric, "total_gbp", "year", day)
    assert totals[("nhs",)] == pytest.approx(2 * one + 2 * days + contacts)
    assert totals[("nhs",)] == pytest.approx(totals[("health",)] + totals[("mental_health",)])


@pytest.mark.usefixtures("few_people_will_do")
def test_service_change_is_of_people_known_in_both_quarters() -> None:
    rows = known(
        episode("E1", "2014-09-30", client="A"),
        episode("E2", "2014-07-01", "2014-08-01", client="B"),
        # The quarter of the first start counts, not of the second.
        episode("E3", "2014-10-01", client="B"),
        episode("E4", "2014-07-05", client="C"),
    )
    services = quarters_of(
        [
            use("2014-07-01", "arrest", 5),
            use("2015-07-01", "arrest", 2),
            use("2016-07-01", "arrest", 1),
            use("2014-07-01", "arrest", 0, client="B"),
            use("2015-07-01", "arrest", 2, client="B"),
            use("2016-07-01", "arrest", None, client="B"),
            use("2014-10-01", "arrest", 7, client="B"),
            use("2015-10-01", "arrest", 9, client="B"),
            use("2014-07-01", "gp_contact", None, client="C"),
            use("2015-07-01", "gp_contact", 2, client="C"),
            use("2015-07-01", "arrest", 9, client="C"),
        ],
        "service",
        "events",
    )
    count = Count(date(2015, 9, 29))
    count_service_change(count, spells_of(rows), services)
    assert count.figures == {}
    count = Count(date(2015, 9, 30))
    count_service_change(count, spells_of(rows), services)
    # -3 and +2, of three who started.
    assert figures(count, "service_change", "mean", "as_at") == {("4", "arrest"): -0.5}
    count = Count(date(2016, 9, 30))
    count_service_change(count, spells_of(rows), services)
    assert figures(count, "service_change", "mean", "as_at") == {("4", "arrest"): -0.5, ("8", "arrest"): -4}


def test_service_change_is_silent_below_ten_people_and_below_three_in_ten() -> None:
    def changed(pairs: int, others: int) -> dict:
        starts = [episode(f"E{n}", "2014-07-01", client=f"P{n}") for n in range(pairs + others)]
        uses = [
            use(quarter, "arrest", events, client=f"P{n}")
            for n in range(pairs)
            for quarter, events in (("2014-07-01", 3), ("2015-07-01", 1))
        ]
        count = Count(date(2015, 9, 30))
        count_service_change(count, spells_of(known(*starts)), quarters_of(uses, "service", "events"))
        return figures(count, "service_change", "mean", "as_at")

    assert changed(10, 23) == {("4", "arrest"): -2}
    assert changed(10, 24) == {}
    assert changed(9, 0) == {}
