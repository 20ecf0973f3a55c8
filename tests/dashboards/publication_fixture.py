"""A publication of synthetic people, made without the pipeline.

Belongs here: the tables a dashboard reads (schema of the specification), filled by counting an invented
programme of about two hundred people, rounded and suppressed in the simplest way that has the right look.
Does not belong here: the disclosure rules themselves (`dagster_project/publication`), which the real
publication obeys.

    python -m tests.dashboards.publication_fixture FOLDER [--as-at 2015-05-31] [--kind
    normal|all_suppressed|empty]
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from operator import itemgetter
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import duckdb
import yaml
from scipy import stats

from dagster_project.publication.areas import area_tables
from dagster_project.publication.releases import read_tables, write_file

PROGRAMME_START = date(2014, 6, 1)
LATEST = date(2018, 3, 31)
MAY_2015 = date(2015, 5, 31)

SEEDS = Path(__file__).parents[2] / "seeds"


def _seed(name: str) -> list[dict[str, str]]:
    [path] = [
        SEEDS / folder / f"{name}.csv"
        for folder in ("common", "fulfilling_lives")
        if (SEEDS / folder / f"{name}.csv").exists()
    ]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _categories() -> dict[str, list[tuple[str, str]]]:
    lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in sorted(_seed("categories"), key=lambda row: int(row["sort_order"])):
        lists[row["dimension"]].append((row["category"], row["label"]))
    needs = sorted(_seed("need_domains"), key=lambda row: int(row["sort_order"]))
    lists["need_domain"] = [(row["need_domain"], row["label"]) for row in needs]
    lists["start_cohort"] = [
        (f"{year}-H{half}", f"{'January to June' if half == 1 else 'July to December'} {year}")
        for year in range(2014, 2019)
        for half in (1, 2)
        if (2014, 1) <= (year, half) <= (2018, 1)
    ]
    lists["budget_line"] = [("staffing", "Staffing"), ("peer_mentoring", "Peer mentoring")]
    return lists


CATEGORIES = _categories()

EXPORTS = {
    "referrals": "Referrals",
    "caseload": "Caseload",
    "outcome_stars": "Outcomes Star",
    "personal_budget": "Personal budget",
    "ndta": "New Directions Team Assessment",
    "contacts": "Contacts",
    "workers": "Workers",
    "assignments": "Assignments",
    "service_use": "Service use",
    "accommodation": "Accommodation",
    "programme_budget": "Programme budget",
    "petty_cash": "Petty cash",
    "system_changes": "System changes",
    "spg_items": "SPG items",
    "hypotheses": "Hypotheses",
    "evidence": "Evidence",
    "client_links": "Client links",
}

# How often an invented person or referral falls into a category; those not named never occur.
WEIGHTS = {
    "borough": {"camden": 44, "islington": 56},
    "referrer_sector": {
        "housing": 28,
        "outreach": 14,
        "criminal_justice": 13,
        "substance_misuse": 18,
        "mental_health": 9,
        "health": 6,
        "social_care": 5,
        "voluntary": 5,
        "not_known": 2,
    },
    "status": {
        "not_eligible": 34,
        "declined_by_client": 14,
        "withdrawn": 10,
        "signposted": 22,
        "duplicate": 6,
        "not_stated": 14,
    },
    "sex": {"female": 30, "male": 68, "not_known": 2},
    "age_band": {
        "16_to_24": 5,
        "25_to_34": 22,
        "35_to_44": 33,
        "45_to_54": 26,
        "55_to_64": 12,
        "not_known": 2,
    },
    "ethnicity_group": {"asian": 5, "black": 15, "mixed": 7, "white": 66, "other": 2, "not_known": 5},
    "cohort_status": {"moved_on": 38, "lost_contact": 27, "died": 7, "other": 28},
    "category": {
        "rent_and_deposit": 14,
        "furniture_and_household": 10,
        "clothing": 18,
        "phone": 18,
        "travel": 15,
        "food": 18,
        "identity_documents": 4,
        "other": 3,
    },
}


def _draw(rng: random.Random, dimension: str) -> str:
    return rng.choices(list(WEIGHTS[dimension]), list(WEIGHTS[dimension].values()))[0]


@dataclass
class Person:
    """One invented client."""

    key: str
    borough: str
    sex: str
    age_band: str
    ethnicity_group: str
    needs: list[str]
    start: date
    end: date | None
    destination: str
    stars: list[tuple[date, list[int]]] = field(default_factory=list)
    payments: list[tuple[date, float, str]] = field(default_factory=list)

    def open_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or self.end > day)


@dataclass
class Referral:
    """One invented referral."""

    received: date
    sector: str
    borough: str
    decided: date | None
    status: str


def _programme() -> tuple[list[Referral], list[Person]]:
    """Referrals and people whose counts on 31 May 2015 are 165 received, 88 started, 86 open, 2 ended."""
    rng = random.Random(20150531)
    referrals: list[Referral] = []
    people: list[Person] = []

    def add(count: int, accepted: int, first: date, last: date, may_2015: bool) -> None:
        span = (last - first).days
        days = sorted(first + timedelta(days=int(span * (n + 0.5) / count)) for n in range(count))
        wins = set(rng.sample(range(int(count * (0.97 if may_2015 else 1.0))), accepted))
        for n, received in enumerate(days):
            borough = _draw(rng, "borough")
            sector = _draw(rng, "referrer_sector")
            if n in wins:
                start = min(received + timedelta(days=rng.randint(4, 60)), last)
                referrals.append(Referral(received, sector, borough, start, "accepted"))
                people.append(_person(rng, len(people), borough, start, n_early=may_2015))
                continue
            status = _draw(rng, "status")
            decided = None if status == "not_stated" else received + timedelta(days=rng.randint(5, 80))
            referrals.append(Referral(received, sector, borough, decided, status))

    add(165, 88, date(2014, 6, 2), date(2015, 5, 29), True)
    add(210, 98, date(2015, 6, 3), date(2018, 3, 26), False)
    for person, end in zip(people[:2], (date(2015, 2, 20), date(2015, 5, 8)), strict=True):
        person.end, person.destination = end, "moved_on"
    return referrals, people


def _person(rng: random.Random, number: int, borough: str, start: date, n_early: bool) -> Person:
    needs = rng.sample(
        [c for c, _ in CATEGORIES["need_domain"]], rng.choices([3, 4, 5], [0.03, 0.47, 0.5])[0]
    )
    length = int(rng.gammavariate(2.2, 380)) + 60
    end = start + timedelta(days=length)
    if n_early and end <= MAY_2015:
        end = MAY_2015 + timedelta(days=rng.randint(20, 700))
    person = Person(
        f"person-{number}",
        borough,
        _draw(rng, "sex"),
        _draw(rng, "age_band"),
        _draw(rng, "ethnicity_group"),
        needs,
        start,
        end if end <= LATEST else None,
        _draw(rng, "cohort_status"),
    )
    stop = person.end or LATEST
    day = start + timedelta(days=rng.randint(10, 200))
    level = [rng.choices(range(1, 11), [10, 14, 18, 16, 14, 10, 8, 5, 3, 2])[0] for _ in range(10)]
    while day < stop and rng.random() < 0.86:
        scores = [0 if rng.random() < 0.04 else score for score in level]
        person.stars.append((day, scores))
        drift = [0.6, 0.3, 0.45, 0.1, 0.5, 0.0, 0.25, 0.35, 0.9, 0.4]
        level = [max(1, min(10, round(s + rng.gauss(d, 1.4)))) for s, d in zip(level, drift, strict=True)]
        day += timedelta(days=rng.randint(120, 320))
    day = start + timedelta(days=rng.randint(5, 120))
    while day < stop and rng.random() < 0.9:
        category = _draw(rng, "category")
        amount = round(rng.lognormvariate(3.6, 0.9) * (4 if category == "rent_and_deposit" else 1), 2)
        person.payments.append((day, amount, category))
        day += timedelta(days=rng.randint(15, 150))
    return person


def quarter_start(day: date) -> date:
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _periods(as_at: date) -> list[tuple[str, date, date, bool]]:
    months: list[tuple[date, date, bool]] = []
    first = PROGRAMME_START
    while first <= as_at:
        last = next_month(first) - timedelta(days=1)
        months.append((first, min(last, as_at), last <= as_at))
        first = next_month(first)
    rows = [("month", *month) for month in months]
    for period_type, opening in (("quarter", quarter_start), ("year", _year_start)):
        groups: dict[date, list[tuple[date, date, bool]]] = defaultdict(list)
        for month in months:
            groups[opening(month[0])].append(month)
        for start, parts in groups.items():
            length = 3 if period_type == "quarter" else 12
            whole = start
            for _ in range(length):
                whole = next_month(whole)
            complete = parts[-1][2] and parts[-1][1] == whole - timedelta(days=1)
            rows.append((period_type, parts[0][0], parts[-1][1], complete))
    for _, last, _ in months:
        rows += [("as_at", last, last, True), ("programme", PROGRAMME_START, last, True)]
    return rows


def _year_start(day: date) -> date:
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def _cohort(day: date) -> str:
    return f"{day.year}-H{1 if day.month <= 6 else 2}"


PERSON_DIMENSIONS = ("borough", "sex", "age_band", "ethnicity_group", "need_domain")


def _person_categories(person: Person, dimension: str) -> list[str]:
    if dimension == "need_domain":
        return person.needs
    if dimension == "domain_count":
        return [str(len(person.needs))]
    if dimension == "start_cohort":
        return [_cohort(person.start)]
    return [getattr(person, dimension)]


class _Figures:
    """Collects rows of `metric_values`, rounding and suppressing as the demonstration needs."""

    def __init__(self, kind: str, truth: Callable[[float], float]) -> None:
        self.kind, self.truth = kind, truth
        self.rows: list[tuple] = []
        self.truths: list[float] = []
        """Of each row the true figure, which no reader is told."""
        self.plan: dict[tuple, tuple] = {}

    def count(self, key: tuple, people: int, exact: bool, lines: int | None = None) -> None:
        amount = people if lines is None else lines
        if self.kind == "all_suppressed" or (not exact and people < 10):
            self._withhold(key, "count", "<10", amount)
            return
        shown = amount if exact else 5 * round(amount / 5)
        self._add(
            key,
            "count",
            shown,
            people=people if exact and lines is None else 5 * round(people / 5),
            exact=exact,
        )

    def share(self, key: tuple, numerator: int, denominator: int, people: int | None = None) -> None:
        if self.kind == "all_suppressed" or denominator < 20:
            self._withhold(key, "share", "too few people", numerator)
            return
        top, bottom = 5 * round(numerator / 5), 5 * round(denominator / 5)
        if not 0.1 <= top / bottom <= 0.9:
            self._withhold(key, "share", "<10 %" if 10 * top < bottom else ">90 %", numerator)
            return
        step = 5 if bottom < 100 else 1
        half = 196 * (top / bottom * (1 - top / bottom) / bottom) ** 0.5
        per_cent = 100 * top / bottom
        shown, low, high = (step * round(v / step) for v in (per_cent, per_cent - half, per_cent + half))
        counted = bottom if people is None else 5 * round(people / 5)
        bounds = {"lower": max(0, low), "upper": min(100, high)} if people is None else {}
        self._add(key, "share", shown, numerator=top, denominator=bottom, people=counted, **bounds)

    def mean(self, key: tuple, values: list[float]) -> None:
        if self.kind == "all_suppressed" or len(values) < 10:
            self._withhold(key, "mean", "too few people", sum(values))
            return
        half = float(stats.t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
        centre = mean(values)
        self._add(
            key,
            "mean",
            round(centre, 1),
            lower=round(centre - half, 1),
            upper=round(centre + half, 1),
            people=5 * round(len(values) / 5),
        )

    def money(self, key: tuple, sums: list[float], measures: Iterable[str]) -> None:
        for measure in measures:
            least = 20 if measure == "median" else 10
            if self.kind == "all_suppressed" or len(sums) < least:
                note = "too few people, or most of it went to one or two of them"
                self._withhold(key, measure, note, sum(sums))
                continue
            figure = {"total_gbp": sum, "mean": mean, "median": median}[measure](sums)
            step = 100 if measure == "total_gbp" else 50
            self._add(key, measure, step * round(figure / step), people=5 * round(len(sums) / 5))

    def drawn(self, key: tuple, measure: str, of_entries: bool) -> None:
        """A figure of the right kind that counts nothing."""
        rng = random.Random(repr(key))
        if self.kind == "empty":
            self._add(key, measure, None, mark="x", note="this export never came")
        elif self.kind == "all_suppressed" and measure != "count":
            self._withhold(key, measure, "too few people", rng.randint(0, 9))
        elif of_entries and self.kind in ("normal", "public"):
            size = 50_000 if measure == "total_gbp" else 200 if measure == "median" else 6
            self._add(key, measure, rng.randint(0, size))
        elif measure == "count":
            self.count(key, rng.randint(0, 60), False)
        elif measure in ("share", "survival"):
            of = rng.randint(15, 120)
            if of < 20:
                self._withhold(key, measure, "too few people", of)
                return
            shown = 5 * rng.randint(2, 18)
            bounds = {"lower": max(0, shown - 10), "upper": min(100, shown + 10)}
            self._add(key, measure, shown, people=5 * round(of / 5), **bounds)
        elif measure == "mean":
            self.mean(key, [rng.gauss(2, 1) for _ in range(rng.randint(6, 60))])
        elif measure == "total_gbp":
            self.money(key, [rng.uniform(20, 400) for _ in range(rng.randint(6, 60))], [measure])
        else:
            self._add(key, measure, rng.randint(1, 30), people=5 * rng.randint(4, 20))

    def _withhold(self, key: tuple, measure: str, note: str, true: float) -> None:
        self._add(key, measure, None, mark="c", note=note)
        self.truths[-1] = self.truth(true)

    def _add(self, key: tuple, measure: str, value: float | None, **extra: object) -> None:
        metric, period_type, start, end, one, category_1, two, category_2 = key
        names = ("lower", "upper", "numerator", "denominator", "people")
        self.plan[(metric, measure, period_type, one, two)] = (bool(extra.get("exact")),)
        shown = [extra.get(name) for name in names]
        words = [extra.get("mark", ""), bool(extra.get("exact", False)), extra.get("note", "")]
        self.rows.append((metric, measure, period_type, start, end, one, category_1, two, category_2, value))
        self.rows[-1] += (*shown, *words)
        self.truths.append(value or 0)


def _fill(figures: _Figures, as_at: date, referrals: list[Referral], people: list[Person]) -> None:
    periods = _periods(as_at)

    def crossed(
        dimensions: tuple[str, ...], items: list, get: Callable[[Any, str], list[str]]
    ) -> dict[tuple, list]:
        cells: dict[tuple, list] = {
            (one, two): []
            for one in ([c for c, _ in CATEGORIES[dimensions[0]]] if dimensions else [""])
            for two in ([c for c, _ in CATEGORIES[dimensions[1]]] if len(dimensions) > 1 else [""])
        }
        for item in items:
            for one in get(item, dimensions[0]) if dimensions else [""]:
                for two in get(item, dimensions[1]) if len(dimensions) > 1 else [""]:
                    cells[(one, two)].append(item)
        return cells

    def names(dimensions: tuple[str, ...]) -> tuple[str, str]:
        return (dimensions[0] if dimensions else "", dimensions[1] if len(dimensions) > 1 else "")

    def counts(metric, period, dimensions, items, get, exact=False, of_people=True):
        for (c1, c2), cell in crossed(dimensions, items, get).items():
            one, two = names(dimensions)
            figures.count(
                (metric, *period, one, c1, two, c2),
                len(cell) if of_people else len({id(i) for i in cell}),
                exact,
                None if of_people else len(cell),
            )

    def referral_get(item, dimension):
        return {
            "borough": [item.borough],
            "referrer_sector": [item.sector],
            "status": [
                item.status if item.status == "not_stated" or (item.decided or as_at) <= day else "awaiting"
            ],
        }[dimension]

    quarter_ends = {end for kind, _, end, done in periods if kind == "quarter"} | {as_at}
    for period_type, start, end, _done in periods:
        period = (period_type, start, end)
        day = end
        detailed = end in quarter_ends
        if period_type in ("month", "quarter", "year", "programme"):
            received = [r for r in referrals if start <= r.received <= end]
            started = [p for p in people if start <= p.start <= end]
            ended = [p for p in people if p.end and start <= p.end <= end]
            for dimensions in ((), ("borough",)):
                counts("referrals_received", period, dimensions, received, referral_get, True, False)
                counts("starts", period, dimensions, started, _person_categories, True)
                counts("ends", period, dimensions, ended, _person_categories, True)
            if detailed and period_type == "programme":
                counts(
                    "referrals_received", period, ("referrer_sector",), received, referral_get, False, False
                )
            paying = [p for p in people if any(start <= d <= end for d, _, _ in p.payments)]
            sums = {p.key: sum(a for d, a, _ in p.payments if start <= d <= end) for p in paying}
            supported = [p for p in people if p.start <= end and (p.end is None or p.end >= start)]
            if detailed and period_type in ("quarter", "year", "programme"):
                blank = ("", "", "", "")
                figures.money(
                    ("budget_spent", *period, *blank), list(sums.values()), ("total_gbp", "mean", "median")
                )
                for dimensions in ((), ("borough",)):
                    counts("budget_people", period, dimensions, paying, _person_categories)
                    base = crossed(dimensions, supported, _person_categories)
                    for (c1, _), cell in crossed(dimensions, paying, _person_categories).items():
                        key = ("budget_people", *period, names(dimensions)[0], c1, "", "")
                        figures.share(key, len(cell), len(base[(c1, "")]))
            if detailed and period_type in ("year", "programme"):
                for code, _ in CATEGORIES["category"]:
                    spent = defaultdict(float)
                    for p in paying:
                        for d, amount, category in p.payments:
                            if category == code and start <= d <= end:
                                spent[p.key] += amount
                    key = ("budget_spent", *period, "category", code, "", "")
                    figures.money(key, list(spent.values()), ("total_gbp",))
                for code, _ in CATEGORIES["borough"]:
                    key = ("budget_spent", *period, "borough", code, "", "")
                    in_borough = [sums[p.key] for p in paying if p.borough == code]
                    figures.money(key, in_borough, ("total_gbp", "mean"))
            if detailed and period_type == "year":
                allowance = 1000 * len(supported) * max(1, (end - start).days) / 365 * 0.6
                key = ("budget_allowance_used", *period, "", "", "", "")
                figures.share(key, int(sum(sums.values())), int(allowance), len(supported))
            if detailed and period_type == "programme":
                counts(
                    "referrals_received",
                    period,
                    ("borough", "referrer_sector"),
                    received,
                    referral_get,
                    False,
                    False,
                )
                decided = [
                    r
                    for r in received
                    if (r.decided or as_at) <= end and r.status not in ("duplicate", "not_stated")
                ]
                accepted = [r for r in decided if r.status == "accepted"]
                for dimensions in ((), ("borough",), ("referrer_sector",)):
                    if dimensions != ("referrer_sector",):
                        counts("acceptance_rate", period, dimensions, accepted, referral_get, True, False)
                    base = crossed(dimensions, decided, referral_get)
                    for (c1, _), cell in crossed(dimensions, accepted, referral_get).items():
                        key = ("acceptance_rate", *period, names(dimensions)[0], c1, "", "")
                        figures.share(key, len(cell), len(base[(c1, "")]))
                for dimension in ("sex", "age_band", "ethnicity_group", "need_domain"):
                    counts("starts", period, (dimension,), started, _person_categories)
                    counts("ends", period, (dimension,), ended, _person_categories)
                    counts("needs_at_start", period, (dimension,), started, _person_categories)
                    if dimension != "need_domain":
                        counts(
                            "needs_at_start", period, ("need_domain", dimension), started, _person_categories
                        )
                counts("needs_at_start", period, (), started, _person_categories)
                counts("needs_at_start", period, ("domain_count",), started, _person_categories)
                alive = [p for p in ended if p.destination != "died"]
                for code, base in (("all_ends", ended), ("ends_without_deaths", alive)):
                    key = ("moved_on", *period, "ends_counted", code, "", "")
                    figures.share(key, len([p for p in ended if p.destination == "moved_on"]), len(base))
        if period_type != "as_at":
            continue
        open_people = [p for p in people if p.open_on(day)]
        for dimensions in ((), ("borough",)):
            counts("open_caseload", period, dimensions, open_people, _person_categories, True)
        if not detailed:
            continue
        for dimensions in (
            ("sex",),
            ("age_band",),
            ("ethnicity_group",),
            ("need_domain",),
            ("borough", "sex"),
            ("borough", "need_domain"),
        ):
            counts("open_caseload", period, dimensions, open_people, _person_categories)
        known = [r for r in referrals if r.received <= day]
        counts("referral_status", period, ("status",), known, referral_get, False, False)
        counts("referral_status", period, ("status", "borough"), known, referral_get, False, False)

        def star_get(person, dimension, day=day):
            if dimension == "borough":
                return [person.borough]
            seen = len([1 for d, _ in person.stars if d <= day])
            return [str(seen) if seen < 3 else "3_or_more"]

        counts("star_coverage", period, ("readings",), open_people, star_get)
        counts("star_coverage", period, ("readings", "borough"), open_people, star_get)
        ever = [p for p in people if p.start <= day]
        for number, (area, _) in enumerate(CATEGORIES["star_area"]):
            firsts = [p.stars[0][1][number] for p in ever if p.stars and p.stars[0][0] <= day]
            for stage in range(1, 6):
                key = ("star_first_profile", *period, "star_area", area, "stage", f"stage_{stage}")
                figures.count(key, len([s for s in firsts if s and (s + 1) // 2 == stage]), False)
            change, without = [], 0
            for p in ever:
                valid = [(d, s[number]) for d, s in p.stars if d <= day and s[number]]
                if len(valid) > 1 and (valid[-1][0] - valid[0][0]).days >= 90:
                    change.append(float(valid[-1][1] - valid[0][1]))
                else:
                    without += (day - p.start).days >= 90
            figures.mean(("star_change", *period, "star_area", area, "", ""), change)
            for code, test in (
                ("up", lambda c: c > 0),
                ("same", lambda c: c == 0),
                ("down", lambda c: c < 0),
            ):
                key = ("star_change", *period, "star_area", area, "direction", code)
                figures.count(key, len([c for c in change if test(c)]), False)
            key = ("star_change", *period, "star_area", area, "direction", "no_pair")
            figures.count(key, without, False)

        def status_on(person, dimension, day=day):
            if dimension == "start_cohort":
                return [_cohort(person.start)]
            return ["open"] if person.open_on(day) else [person.destination]

        counts("cohort_status", period, ("cohort_status",), ever, status_on)
        counts("cohort_status", period, ("start_cohort", "cohort_status"), ever, status_on)


PLANNED = ("metric_id", "measure", "period_type", "dimension_1", "dimension_2")


def _plan() -> list[dict[str, str]]:
    """The tables of the programme's plan that the SPG may see."""
    return [row for row in _seed("publication_plan") if row["audience"] != "management"]


def _fill_the_rest(figures: _Figures, as_at: date) -> None:
    """Every planned table that the invented programme does not count: figures of the right kind, of nothing.

    A cell has the same figure in every publication: it is drawn by its own name.
    """
    periods = _periods(as_at)
    quarter_ends = {end for kind, _, end, _ in periods if kind == "quarter"} | {as_at}
    entries = {name for name, words in METRICS.items() if words["counts"] == "entries"}
    done = set(figures.plan)
    for row in _plan():
        metric, measure, kind = row["metric_id"], row["measure"], row["period_type"]
        one, two = row["dimension_1"], row["dimension_2"]
        if (metric, measure, kind, one, two) in done:
            continue
        for period_type, start, end, _ in periods:
            if period_type != kind or end not in quarter_ends:
                continue
            for first, _ in CATEGORIES[one] if one else [("", "")]:
                for second, _ in CATEGORIES[two] if two else [("", "")]:
                    key = (metric, period_type, start, end, one, first, two, second)
                    figures.drawn(key, measure, metric in entries)


def _definitions() -> dict[str, dict[str, Any]]:
    """The words of every metric as its model has them; what stands in braces is filled in."""
    filled = SETTINGS | {row["term"]: row["label"] for row in _seed("wording")}
    found = {}
    for path in sorted((SEEDS.parent / "dbt" / "models" / "metrics").glob("*/metric_*.yml")):
        meta = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["models"][0]["config"]["meta"]
        found[meta["metric_id"]] = {
            name: re.sub(r"\{(\w+)\}", lambda m: filled.get(m[1], m[1]), value).strip()
            if isinstance(value, str)
            else value
            for name, value in meta.items()
        }
    return found


SETTINGS = {row["setting"]: row["value"] for row in _seed("programme_settings")}
METRICS = _definitions()

TABLES = """
create table release (release_id varchar, as_at date, known_by timestamp, created_at timestamp, status
varchar, audience varchar, profile varchar, programme_name varchar, area varchar, synthetic boolean,
software_version varchar, inputs_sha256 varchar, figures_sha256 varchar,
refresh_interval_days integer, stale_after_days
integer, approved_by varchar, approved_at timestamp); create
table metric_values (metric_id varchar, measure varchar, period_type varchar, period_start
date, period_end date, dimension_1 varchar, category_1 varchar, dimension_2 varchar, category_2 varchar,
value double, lower double, upper double, numerator double, denominator double, people bigint, mark varchar,
exact boolean, note varchar); create table metric_definitions (metric_id varchar, label varchar, definition
varchar, counted varchar, not_counted varchar, missing varchar, caveats varchar, unit varchar, direction
varchar, owner varchar, source varchar, exports varchar, timing varchar, counts varchar, population varchar,
measures varchar, breakdowns varchar, overlapping varchar); create table reference_categories (dimension
varchar, category varchar, label varchar, sort_order integer); create table reference_wording (term varchar,
label varchar); create table reference_periods (period_type varchar, period_start date, period_end date,
is_complete boolean); create table reference_plan (metric_id varchar, measure varchar, period_type varchar,
dimension_1 varchar, dimension_2 varchar, audience varchar, exact boolean, approved_by varchar); create
table reference_settings (setting varchar, value varchar, note varchar); create table source_status (export
varchar, label varchar, files_loaded bigint, last_extract_date date, last_received_at timestamp, rows_loaded
bigint, rows_duplicate bigint, rows_rejected bigint, rows_skipped bigint, ever_received boolean); create
table data_quality_issues (export varchar, rule varchar, severity varchar, wording varchar, rows bigint,
mark varchar); create table system_changes (change_id varchar, raised_date date, level varchar, sector
varchar, theme varchar, practice_a varchar, practice_b varchar, practice_c varchar, dialogue_date date,
agreed_date date, adopted_date date, reviewed_date date, still_in_place varchar); create table spg_items
(item_id varchar, raised_date date, raised_by varchar, title varchar, owner_organisation varchar, decision
varchar,
decided_date date, actioned_date date, change_id varchar, metric_id varchar); create table hypotheses
(hypothesis_id varchar, cycle integer, statement varchar, context varchar, mechanism varchar, outcome varchar,
status varchar); create table evidence (evidence_id varchar, hypothesis_id varchar, cycle integer,
gathered_date date, source_type varchar, participants integer, direction varchar, summary varchar); create
table triangulation_gaps (hypothesis_id varchar, cycle integer, source_type varchar); create table
figure_changes (metric_id varchar, measure varchar, period_type varchar, period_start date, period_end date,
dimension_1 varchar, category_1 varchar, dimension_2 varchar, category_2 varchar, old_value double, old_lower
double, old_upper double, old_denominator double, old_mark varchar, new_value double, new_lower double,
new_upper double, new_denominator double, new_mark varchar, previous_release_id varchar, because_of varchar);
"""

# What the partnership writes: one change that went all the way, one that has just been raised.
WRITTEN: dict[str, list[tuple]] = {
    "system_changes": [
        (
            "SC-1", date(2014, 11, 6), "practice", "outreach", "rough_sleeping",
            "Whoever needs a bag gets one.", "A bag keeps people outside.", "Both plan together.",
            date(2014, 12, 4), date(2015, 1, 22), date(2015, 2, 16), date(2015, 9, 11), "yes",
        ),
        (
            "SC-2", date(2015, 5, 12), None, None, "assessment", "One account, told once.", None, None, None,
            None, None, None, None,
        ),
    ],
    "spg_items": [
        (
            "SPG-1", date(2014, 12, 9), "frontline", "Two teams pull in two directions", "Outreach",
            "A joint plan.", date(2015, 1, 20), date(2015, 2, 16), "SC-1", None,
        ),
        (
            "SPG-2", date(2015, 3, 17), None, "A <b>panel</b> for people outside every threshold",
            "Adult care", "Trial for a year.", date(2015, 5, 5), None, None, "open_caseload",
        ),
        (
            "SPG-3", date(2015, 4, 21), "research", "Referrals that never hear back", None, None, None, None,
            None, "referral_status",
        ),
    ],
    "hypotheses": [
        ("H1", 1, "Showing what works changes others.", "Unseen.", "It is shown.", "They do.", "mixed"),
        ("H2", 2, "Peers make changes last.", None, "They are asked first.", "Changes last.", None),
    ],
    "evidence": [
        ("EV-1", "H1", 1, date(2015, 4, 20), "client", 1, "supports", "SYNTHETIC: an interview."),
        ("EV-2", "H1", 1, date(2017, 4, 20), "worker", 1, "mixed", "SYNTHETIC: an interview."),
    ],
    "triangulation_gaps": [("H1", 1, "peer"), ("H2", 2, "client")],
    "figure_changes": [
        (
            "open_caseload", "count", "as_at", date(2015, 3, 31), date(2015, 3, 31), "borough", "camden", "",
            "", 36.0, None, None, None, "", 35.0, None, None, None, "", "2015-04-an-earlier-one",
            "Caseload of 30 April 2015",
        ),
    ],
}  # fmt: skip


# What is left of a release in the file for anyone: year ends, and tables that are public by the plan.
PUBLIC = (
    "delete from reference_plan where audience <> 'public'",
    "delete from metric_values where not (month(period_end) = 3 and day(period_end) = 31) or not exists "
    "(select 1"
    " from reference_plan as p where (p.metric_id, p.measure, p.period_type, p.dimension_1, p.dimension_2) ="
    " (metric_values.metric_id, metric_values.measure, metric_values.period_type, metric_values.dimension_1,"
    " metric_values.dimension_2))",
    "delete from metric_definitions where metric_id not in (select metric_id from metric_values)",
    "delete from reference_periods where not (month(period_end) = 3 and day(period_end) = 31)",
    *(f"delete from {table}" for table in ("source_status", "data_quality_issues", *WRITTEN)),
    "update release set audience = 'public'",
)

# The same of a programme whose areas are what boroughs are to the other.
NATIONAL = (
    *(
        f"update {table} set {column} = 'area' where {column} = 'borough'"
        for table, columns in (
            ("reference_plan", ("dimension_1", "dimension_2")),
            ("metric_values", ("dimension_1", "dimension_2")),
            ("figure_changes", ("dimension_1", "dimension_2")),
            ("reference_categories", ("dimension",)),
        )
        for column in columns
    ),
)

# What management is asked to mend: two findings of one client, one of nobody, and one accepted as right.
TO_MEND = [
    (
        "missing_answer", "c0ffee01", "referrals", "REF-1", None, "need_mental_health",
        "answer_not_known", "is not known of a client who is supported now", "Ask the client.",
        date(2016, 2, 1), False,
    ),
    (
        "star", "c0ffee01", "outcome_stars", "EP-1", None, None, "star_not_done",
        "Star that is due and not made", "Make the Star.", date(2016, 2, 1), False,
    ),
    (
        "impossible_date", None, "petty_cash", "line 7", "petty_cash_2018-03-31.csv", "spent_date",
        "not_a_date", "is not a date in an accepted form", "Enter the day.", LATEST, False,
    ),
    (
        "odd", None, "caseload", "line 8", "caseload_2017-12-31.csv", None, "vanished",
        "Stood in an earlier extract and is gone from the current one", "Find out why.",
        date(2017, 12, 31), False,
    ),
    (
        "emptied", "c0ffee01", "referrals", "line 3", "referrals_2018-03-31.csv", "referrer_sector",
        "not_in_list", "is on no list of values or spellings", "Choose one.", LATEST, False,
    ),
    (
        "odd", "c0ffee02", "caseload", "line 9", "caseload_2018-03-31.csv", None, "no_lead",
        "Open episode without a lead worker", "Assign a lead worker.", LATEST, True,
    ),
]  # fmt: skip


@cache
def _figures(as_at: date, kind: str, truth: Callable[[float], float]) -> _Figures:
    """All figures of a publication: most of what one takes to write. Not to be changed."""
    figures = _Figures(kind, truth)
    referrals, people = _programme() if kind != "empty" else ([], [])
    _fill(figures, as_at, referrals, people)
    _fill_the_rest(figures, as_at)
    return figures


def write_publication(
    folder: Path,
    as_at: date = LATEST,
    kind: str = "normal",
    created_at: datetime | None = None,
    release_id: str | None = None,
    audience: str = "spg",
    truth: Callable[[float], float] | None = None,
) -> Path:
    """Write one release and point `current.json` at it; returns the DuckDB file.

    `kind`: `normal`, `all_suppressed` (no figure may be shown), `empty` (the programme has no rows yet),
    `public` (what anyone may read of it), `national` (boroughs are its areas) or `area` (what the readers of
    one of these get). With `truth` the rows stand in the order of the true figures, of
    which it makes others for what is withheld: the one thing of them that a file could tell.
    """
    folder.mkdir(parents=True, exist_ok=True)
    created = created_at or datetime.now(UTC).replace(microsecond=0)
    release_id = release_id or f"{as_at}-{kind}"
    audiences = {
        (*(row[name] for name in PLANNED[:3]), *sorted(row[name] for name in PLANNED[3:])): row["audience"]
        for row in _plan()
    }
    figures = _figures(as_at, kind, truth or float)
    path = folder / f"{release_id}.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLES)

        def insert(table: str, rows: list[tuple]) -> None:
            if rows:
                connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)

        moment = created.replace(tzinfo=None)
        days = (int(SETTINGS["refresh_interval_days"]), int(SETTINGS["stale_after_days"]))
        words = (release_id, as_at, moment, moment, "draft", audience, "fulfilling_lives")
        made_from = (SETTINGS["programme_name"], "", True, "0.1.0", "0" * 64, "0" * 64)
        insert("release", [(*words, *made_from, *days, "", None)])
        rows = figures.rows
        if truth:
            rows = [row for _, row in sorted(zip(figures.truths, rows, strict=True), key=itemgetter(0))]
        _bulk(connection, "metric_values", rows)
        insert("metric_definitions", [_definition(words) for words in METRICS.values()])
        _bulk(
            connection,
            "reference_categories",
            [
                (d, c, label, n)
                for d, items in CATEGORIES.items()
                for n, (c, label) in enumerate(items, start=1)
            ],
        )
        insert("reference_wording", [(row["term"], row["label"]) for row in _seed("wording")])
        _bulk(connection, "reference_periods", _periods(as_at))
        _bulk(
            connection,
            "reference_plan",
            [
                (m, me, p, d1, d2, audiences.get((m, me, p, *sorted((d1, d2))), "spg"), exact, "")
                for (m, me, p, d1, d2), (exact,) in figures.plan.items()
            ],
        )
        insert("reference_settings", [(k, v, "") for k, v in SETTINGS.items()])
        received = created.replace(tzinfo=None) - timedelta(hours=1)
        came = kind != "empty"
        exports_rows = [(name, label, 10 * n + 185) for n, (name, label) in enumerate(EXPORTS.items())]
        insert(
            "source_status",
            [
                (export, label, 15, as_at, received, rows, 3, 2, 4, True)
                if came
                else (export, label, 0, None, None, 0, 0, 0, 0, False)
                for export, label, rows in exports_rows
            ],
        )
        insert(
            "data_quality_issues",
            [
                (
                    "referrals",
                    "date_in_future",
                    "reject",
                    "The received date lies after the extract date.",
                    None,
                    "c",
                ),
                ("caseload", "not_allowed", "reject", "The value is not one the export may hold.", 12, ""),
                ("caseload", "end_before_start", "warn", "The support ends before it starts.", None, "c"),
                ("outcome_stars", "not_approved", "warn", "The reading is not approved.", 45, ""),
            ]
            if came
            else [],
        )
        if audience == "management":
            connection.execute(
                "create table data_quality_lists (kind varchar, client_key varchar, export varchar, record "
                "varchar, source_file varchar, column_name varchar, rule varchar, wording varchar, guidance "
                "varchar, day date, is_accepted boolean)"
            )
            for row in TO_MEND if came else ():
                insert("data_quality_lists", [row])
        for table, rows in WRITTEN.items() if came else ():
            insert(table, rows)
        for statement in {"public": PUBLIC, "national": NATIONAL, "area": NATIONAL}.get(kind, ()):
            connection.execute(statement)
    if kind == "area":
        _keep_one_area(path, "camden")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pointer = {
        "release_id": release_id,
        "file": path.name,
        "as_at": str(as_at),
        "created_at": created.isoformat(),
        "status": "draft",
        "sha256": digest,
    }
    tables = {"metric_values": {"rows": len(figures.rows)}}
    (folder / f"{release_id}.manifest.json").write_text(json.dumps(pointer | {"tables": tables}))
    (folder / "current.json").write_text(json.dumps(pointer | {"checked_at": created.isoformat()}))
    return path


def _keep_one_area(path: Path, area: str) -> None:
    """Make a national file that of one of its areas, as the product does."""
    tables = area_tables(read_tables(path))[area]
    path.unlink()
    write_file(path, tables)


def _bulk(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    """Insert many rows through one Arrow table: `executemany` takes a minute for the same."""
    import pyarrow as pa

    columns = [c[0] for c in connection.execute(f"select * from {table} limit 0").description or []]
    staged = pa.table({name: [row[n] for row in rows] for n, name in enumerate(columns)})  # noqa: F841 (read by DuckDB)
    connection.execute(f"insert into {table} select * from staged")


def _definition(words: dict[str, Any]) -> tuple:
    plain = ("metric_id", "label", "definition", "counted", "not_counted", "missing", "caveats", "unit")
    plain += ("direction", "owner", "source")
    lists = {name: "|".join(words[name]) for name in ("exports", "measures", "breakdowns", "overlapping")}
    return (
        *[words[name] for name in plain],
        lists["exports"],
        words["timing"],
        words["counts"],
        words.get("population", words["metric_id"]),
        lists["measures"],
        lists["breakdowns"],
        lists["overlapping"],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a synthetic publication.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-at", type=date.fromisoformat, default=LATEST)
    parser.add_argument(
        "--kind",
        default="normal",
        choices=["normal", "all_suppressed", "empty", "public", "national", "area"],
    )
    arguments = parser.parse_args()
    print(write_publication(arguments.folder, arguments.as_at, arguments.kind))


if __name__ == "__main__":
    main()
