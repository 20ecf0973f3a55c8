"""Makes the example exports: SYNTHETIC records of people who never lived, in the mess of real systems.

    python tests/make_example_inbox.py [FOLDER [LISTS_FOLDER]]

Writes every export and the README into FOLDER (default `tests/example_inbox`), and into LISTS_FOLDER the
lists of rows and cells that must not load (default `tests/expected`; when only FOLDER is given, no lists are
written). Seeded: the same program writes the same bytes, workbooks included.

Belongs here: the story (who was referred, started, ended, and when the system knew it), the form of each file
and the planted faults. Does not belong here: any figure that the product must give; that is counted in
`tests/expected`.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook

SEED = 20150531
BENCHMARK = date(2015, 5, 31)
LAST_EXTRACT = date(2018, 3, 31)
# The first people start within days; then the referrals of the first summer take weeks.
OVERWHELMED_FROM = date(2014, 6, 20)
QUARTER_ENDS = [
    date(year, month, 31 if month in (3, 12) else 30) for year in range(2014, 2019) for month in (3, 6, 9, 12)
]
EXTRACT_DAYS = sorted([d for d in QUARTER_ENDS if date(2014, 9, 30) <= d <= LAST_EXTRACT] + [BENCHMARK])

NEEDS = [
    "need_supported_housing",
    "need_criminal_justice",
    "need_substance_misuse",
    "need_mental_health",
    "need_primary_health_care",
]
AREAS = [f"area_{number}" for number in range(1, 11)]
COLUMNS = {
    "referrals": [
        "referral_id", "client_id", "received_date", "referrer_agency", "referrer_sector", "borough", *NEEDS,
        "acknowledged_date", "decision", "decision_date", "feedback_date",
    ],
    "caseload": [
        "episode_id", "client_id", "referral_id", "start_date", "allocated_date", "first_contact_date",
        "end_date",
        "destination", "lead_worker_id", "second_worker_id", "third_worker_id", "borough", "birth_year",
        "sex",
        "ethnicity", "accommodation_at_start", "consent", "consent_date", "eligibility_override_reason",
    ],
    "outcome_stars": ["client_id", "star_version", "completed_date", "completed_by", "status", *AREAS],
    "personal_budget": [
        "line_id", "client_id", "status", "requested_date", "agreed_date", "paid_date", "amount", "category",
        "outcome_agreed",
    ],
}  # fmt: skip

Value = str | int | Decimal | date | None
Row = dict[str, Any]


# The story ----------------------------------------------------------------------------------------


@dataclass
class Record:
    """One record of a source system, with the day on which the system learned each value."""

    entered: date
    facts: dict[str, list[tuple[date, Value]]] = field(default_factory=dict)
    gone: date | None = None

    def learn(self, column: str, value: Value, on: date | None = None) -> None:
        """The system holds `value` from `on`, never before the record was entered; the last value wins."""
        known = max(on or self.entered, self.entered)
        self.facts.setdefault(column, []).append((known, value))

    def as_known(self, day: date) -> Row | None:
        """The record as an extract of `day` shows it, or None when the system does not hold it that day."""
        if self.entered > day or (self.gone is not None and self.gone <= day):
            return None
        return {
            column: next((value for known, value in reversed(values) if known <= day), None)
            for column, values in self.facts.items()
        }


@dataclass
class Client:
    """A person who never lived."""

    client_id: str
    borough: str
    birth_year: int | None
    sex: str
    ethnicity: str


@dataclass
class Referral:
    """A referral as it truly went; `decided` is None while nobody decided."""

    referral_id: str
    client: Client
    received: date
    outcome: str | None
    decided: date | None
    record: Record
    yes: int


@dataclass
class Episode:
    """A time of support as it truly went."""

    episode_id: str
    client: Client
    start: date
    record: Record
    end: date | None = None
    destination: str | None = None


class Story:
    """All synthetic records, drawn month by month from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.clients: list[Client] = []
        self.referrals: list[Referral] = []
        self.episodes: list[Episode] = []
        self.records: dict[str, list[Record]] = {export: [] for export in COLUMNS}
        self.first_year()
        self.later_months()
        self.write_ends()
        self.stars()
        self.budget()
        self.afterthoughts()

    # People and dates

    def pick(self, weights: dict[str, int]) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def workday(self, day: date) -> date:
        return day - timedelta(days=max(0, day.weekday() - 4))

    def lag(self, usual: int = 4, late_share: float = 0.08) -> timedelta:
        """Days between an event and its entry: mostly a few, sometimes long enough to miss a quarter end."""
        if self.rng.random() < late_share:
            return timedelta(days=self.rng.randint(20, 70))
        return timedelta(days=self.rng.randint(0, usual))

    def new_client(self, received: date) -> Client:
        number = len(self.clients) + 1
        # Some people came with the number of an older system: digits only, leading zeros that must survive.
        client_id = f"{number * 37:06d}" if number % 19 == 7 else f"FLIC-{number:04d}"
        age = min(68, max(19, round(self.rng.gauss(41, 10))))
        client = Client(
            client_id,
            self.pick({"islington": 55, "camden": 45}),
            received.year - age if self.rng.random() > 0.02 else None,
            self.pick({"male": 68, "female": 30, "other": 1, "not_known": 1}),
            self.pick(
                {
                    "white_british": 50, "white_irish": 8, "white_other": 9, "african": 8, "caribbean": 8,
                    "black_other": 3, "bangladeshi": 3, "indian": 2, "white_and_black_caribbean": 4,
                    "mixed_other": 2, "other": 2, "not_known": 2,
                }
            ),
        )  # fmt: skip
        self.clients.append(client)
        return client

    # Referrals and starts

    def refer(
        self,
        client: Client,
        received: date,
        outcome: str | None,
        decided: date | None,
        entered: date,
        decision_known: date | None = None,
    ) -> Referral:
        """One referral; `outcome` None: nobody decided; `no_value`: a decision date without a decision."""
        rng = self.rng
        record = Record(entered)
        referral_id = f"REF-{len(self.referrals) + 1:05d}"
        sector = self.pick(
            {"housing": 34, "health": 9, "mental_health": 9, "criminal_justice": 14, "social_care": 8,
             "substance_misuse": 11, "outreach": 10, "voluntary": 3, "other": 2}
        )  # fmt: skip
        if outcome == "accepted":
            # A few come in below the entry rule, with a recorded reason.
            yes = 3 if len(self.episodes) % 29 == 12 else rng.choices([4, 5], [60, 40])[0]
        elif outcome == "not_eligible":
            yes = rng.choices([0, 1, 2, 3], [1, 3, 7, 9])[0]
        else:
            yes = rng.choices([2, 3, 4, 5], [2, 3, 4, 1])[0]
        held = set(rng.sample(NEEDS, yes))
        learned_late = rng.choice(sorted(held)) if held and rng.random() < 0.04 else None
        record.learn("referral_id", referral_id)
        record.learn("client_id", client.client_id)
        record.learn("received_date", received)
        record.learn("referrer_agency", f"Example {sector.replace('_', ' ')} service {rng.randint(1, 4)}")
        record.learn("referrer_sector", sector if rng.random() > 0.02 else None)
        record.learn("borough", client.borough)
        for need in NEEDS:
            other = rng.choices(["no", "unknown", None], [60, 28, 12])[0]
            # Who starts shows the need from the first extract on: the entry rule holds whatever is known.
            if need == learned_late and outcome != "accepted":
                record.learn(need, "unknown")
                record.learn(need, "yes", received + timedelta(days=rng.randint(60, 240)))
            else:
                record.learn(need, "yes" if need in held else other)
        if outcome is not None:
            acknowledged = received + timedelta(days=rng.randint(0, 8))
            if rng.random() < 0.8 and (decided is None or acknowledged <= decided):
                record.learn("acknowledged_date", acknowledged, acknowledged)
        elif rng.random() < 0.75:
            acknowledged = received + timedelta(days=rng.randint(0, 10))
            record.learn("acknowledged_date", acknowledged, acknowledged)
        if outcome is not None:
            known = decision_known or (
                (decided or received) + self.lag(4, 0.05 if received > BENCHMARK else 0)
            )
            if decided is not None:
                record.learn("decision_date", decided, known)
            if outcome != "no_value":
                record.learn("decision", outcome, known)
            if decided is not None and rng.random() < 0.6:
                word = decided + timedelta(days=rng.randint(0, 21))
                record.learn("feedback_date", word, max(word, known))
        referral = Referral(referral_id, client, received, outcome, decided, record, yes)
        self.referrals.append(referral)
        self.records["referrals"].append(record)
        return referral

    def support(self, referral: Referral, latest: date, entry_by: date | None = None) -> None:
        """The start after an accepted referral, by `latest`; none when it lies past the last extract."""
        rng = self.rng
        assert referral.decided is not None
        longest = 3 if referral.received < OVERWHELMED_FROM else 10
        allocated = min(latest, referral.decided + timedelta(days=rng.randint(0, longest)))
        contacted = min(latest, allocated + timedelta(days=rng.randint(1, longest)))
        start = self.workday(min(latest, contacted + timedelta(days=rng.randint(0, longest + 2))))
        contacted, allocated = min(contacted, start), min(allocated, start)
        if start > LAST_EXTRACT:
            return
        client = referral.client
        entered = start + self.lag(4, 0 if entry_by else 0.09)
        if entry_by:
            entered = min(entered, entry_by)
        record = Record(entered)
        episode_id = f"EP-{len(self.episodes) + 1:04d}"
        record.learn("episode_id", episode_id)
        record.learn("client_id", client.client_id)
        record.learn("referral_id", referral.referral_id)
        record.learn("start_date", start)
        record.learn("allocated_date", allocated)
        if rng.random() < 0.94:
            record.learn("first_contact_date", contacted)
        lead, second = rng.sample(range(1, 10), 2)
        record.learn("lead_worker_id", f"LW{lead:02d}")
        record.learn("second_worker_id", f"LW{second:02d}" if rng.random() < 0.85 else None)
        record.learn("third_worker_id", f"LW{(second % 9) + 1:02d}" if rng.random() < 0.05 else None)
        record.learn("borough", client.borough)
        record.learn("birth_year", client.birth_year)
        record.learn("sex", client.sex)
        record.learn("ethnicity", client.ethnicity)
        record.learn(
            "accommodation_at_start",
            self.pick(
                {"rough_sleeping": 34, "hostel": 26, "temporary_accommodation": 10, "family_or_friends": 9,
                 "supported_housing": 8, "social_tenancy": 6, "prison": 5, "hospital": 2}
            ),
        )  # fmt: skip
        consent = self.pick({"yes": 74, "no": 11, "not_asked": 15})
        record.learn("consent", consent)
        if consent != "not_asked":
            signed = start + timedelta(days=rng.randint(0, 60))
            record.learn("consent_date", signed, signed)
        if referral.yes < 4:
            record.learn(
                "eligibility_override_reason", rng.choice(["panel_agreed", "high_risk", "history_known"])
            )
        self.episodes.append(Episode(episode_id, client, start, record))
        self.records["caseload"].append(record)

    def first_year(self) -> None:
        """June 2014 to May 2015: the figures of the worked example, whatever becomes known later."""
        rng = self.rng
        per_month = [12, 24, 22, 20, 17, 14, 8, 13, 10, 10, 8, 7]  # 165 from June 2014 to May 2015
        days: list[date] = []
        for index, count in enumerate(per_month):
            first = date(2014 + (index + 5) // 12, (index + 5) % 12 + 1, 1)
            days += [
                self.workday(max(date(2014, 6, 4), first + timedelta(days=rng.randint(2, 27))))
                for _ in range(count)
            ]
        days.sort()
        # As at 31 May 2015: 88 accepted and started; the other 77 add up from these.
        others = Counter(
            not_eligible=19,
            declined_by_client=9,
            withdrawn=7,
            signposted=11,
            duplicate=4,
            not_stated=2,
            no_value=1,
        )
        awaiting = set(rng.sample(range(150, 165), 12))
        awaiting |= set(
            rng.sample([i for i, d in enumerate(days) if date(2014, 11, 20) < d < date(2015, 3, 20)], 11)
        )
        no_word = next(i for i, d in enumerate(days) if d >= date(2014, 11, 3))
        awaiting.add(no_word)
        rest = [i for i in range(165) if i not in awaiting]
        accepted = set(rng.sample([i for i in rest if days[i] <= date(2015, 4, 10)], 88))
        pool = list(others.elements())
        rng.shuffle(pool)
        outcomes = {i: pool.pop() for i in rest if i not in accepted}
        # A duplicate repeats somebody: it cannot come first.
        returned = 0
        late_known = (
            2  # decided before the benchmark day, recorded after it: a restatement of the status only
        )
        for i, received in enumerate(days):
            client = None
            entered = min(received + self.lag(4, 0.05), BENCHMARK)
            if i in awaiting:
                if i == no_word:
                    referral = self.refer(self.new_client(received), received, None, None, entered)
                    referral.record.facts.pop("acknowledged_date", None)
                    continue
                later = rng.choices(
                    ["accepted", "not_eligible", "withdrawn", "signposted", None], [9, 4, 3, 3, 5]
                )[0]
                decided = BENCHMARK + timedelta(days=rng.randint(2, 75)) if later else None
                referral = self.refer(self.new_client(received), received, later, decided, entered)
                if later == "accepted" and decided:
                    self.support(referral, decided + timedelta(days=60))
                continue
            outcome = "accepted" if i in accepted else outcomes[i]
            open_for = (BENCHMARK - timedelta(days=8) - received).days
            longest = 6 if received < OVERWHELMED_FROM else 30
            decided = received + timedelta(days=rng.randint(2, max(2, min(longest, open_for))))
            known = None
            if outcome == "duplicate":
                earlier = [r for r in self.referrals if (received - r.received).days < 70] or self.referrals
                client = rng.choice(earlier).client
            elif (
                outcome == "accepted"
                and returned < 5
                and received > date(2014, 10, 15)
                and rng.random() < 0.3
            ):
                taken = {r.client.client_id for r in self.referrals if r.outcome in ("accepted", None)}
                free = [
                    r
                    for r in self.referrals
                    if r.outcome in ("withdrawn", "not_eligible", "declined_by_client")
                    and r.client.client_id not in taken
                ]
                if free:
                    client, returned = rng.choice(free).client, returned + 1
            elif outcome == "not_eligible" and received > date(2015, 1, 20) and late_known:
                late_known -= 1
                decided, known = BENCHMARK - timedelta(days=4 + late_known), date(2015, 6, 19)
            elif outcome == "signposted" and rng.random() < 0.3:
                decided = None  # a decision without a date counts from the day of receipt
            if known is None and decided is not None:
                known = min(decided + self.lag(4, 0), BENCHMARK)
            referral = self.refer(
                client or self.new_client(received), received, outcome, decided, entered, known
            )
            if outcome == "accepted":
                self.support(referral, date(2015, 5, 28), BENCHMARK)
        # The two who had moved on by then.
        early = sorted((e for e in self.episodes if e.start < date(2014, 8, 15)), key=lambda e: e.start)
        for episode, end in zip((early[2], early[9]), (date(2015, 3, 20), date(2015, 5, 8)), strict=True):
            episode.end, episode.destination = end, "no_longer_requires_support"

    def later_months(self) -> None:
        """June 2015 to March 2018: referrals, people who return, starts, and ends that keep pace."""
        rng = self.rng
        month = date(2015, 6, 1)
        ends_as = {
            "no_longer_requires_support": 40,
            "disengaged": 25,
            "died": 6,
            "prison": 8,
            "moved_out_of_area": 12,
            "other_support": 6,
            "other": 4,
        }
        step = 0
        while month <= LAST_EXTRACT:
            next_month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
            last = next_month - timedelta(days=1)
            days = sorted(
                self.workday(month + timedelta(days=rng.randint(2, 29 if month.month != 2 else 27)))
                for _ in range(rng.randint(6, 10))
            )
            for received in (min(d, last) for d in days):
                outcome: str | None = self.pick(
                    {"accepted": 62, "not_eligible": 14, "declined_by_client": 7, "withdrawn": 6,
                     "signposted": 8, "duplicate": 2, "not_stated": 2, "": 1}
                )  # fmt: skip
                client = self.who_returns(received, outcome) or self.new_client(received)
                decided = received + timedelta(days=rng.randint(2, 45)) if outcome else None
                entered = received + self.lag(4, 0.07)
                referral = self.refer(client, received, outcome or None, decided, entered)
                if outcome == "accepted" and decided:
                    self.support(referral, decided + timedelta(days=60))
            at_end = [e for e in self.episodes if e.start <= last and (e.end is None or e.end > last)]
            # Up from 86 to about 104 in two years, then down again towards 92.
            target = 86 + 18 * min(step, 22) / 22 - max(0, step - 24) * 1.2
            leave = max(0, min(9, round(len(at_end) - target + rng.uniform(-1.5, 1.5))))
            long_enough = [e for e in at_end if (month - e.start).days >= 75]
            weights = [(month - e.start).days for e in long_enough]
            for episode in set(rng.choices(range(len(long_enough)), weights, k=leave)):
                chosen = long_enough[episode]
                chosen.end = self.workday(month + timedelta(days=rng.randint(3, 27)))
                chosen.destination = self.pick(ends_as)
            month, step = next_month, step + 1

    def who_returns(self, received: date, outcome: str | None) -> Client | None:
        """Somebody known before: a duplicate, a re-referral after an end, or a second try after a refusal."""
        rng = self.rng
        if outcome == "duplicate":
            return rng.choice([r for r in self.referrals if (received - r.received).days < 120]).client
        twice = {c for c, n in Counter(e.client.client_id for e in self.episodes).items() if n > 1}
        waiting = {r.client.client_id for r in self.referrals if (received - r.received).days < 120}
        open_now = {e.client.client_id for e in self.episodes if e.end is None}
        if outcome == "accepted" and rng.random() < 0.05:
            back = [
                e.client
                for e in self.episodes
                if e.end
                and (received - e.end).days > 60
                and e.destination not in ("died", "prison")
                and e.client.client_id not in twice | waiting | open_now
            ]
            return rng.choice(back) if back else None
        if outcome and rng.random() < 0.08:
            started = {e.client.client_id for e in self.episodes}
            again = [
                r.client
                for r in self.referrals
                if r.outcome in ("not_eligible", "withdrawn", "declined_by_client")
                and r.client.client_id not in started | waiting
            ]
            return rng.choice(again) if again else None
        return None

    def write_ends(self) -> None:
        """Puts the ends into the records, some of them late or without a reason at first."""
        for episode in self.episodes:
            if episode.end is None:
                continue
            known = episode.end + self.lag(5, 0 if episode.end <= BENCHMARK else 0.12)
            episode.record.learn("end_date", episode.end, known)
            slow = episode.end > BENCHMARK and self.rng.random() < 0.06
            episode.record.learn(
                "destination", episode.destination, known + timedelta(days=80 if slow else 0)
            )

    # Stars and spending

    def stars(self) -> None:
        """Readings: late first ones, gaps, drafts, falls as well as rises, two versions for a few."""
        rng = self.rng
        for index, episode in enumerate(self.episodes):
            if rng.random() < (0.32 if episode.start < BENCHMARK else 0.2):
                continue
            delay = min(330, max(12, round(rng.lognormvariate(4.4, 0.75))))
            day = self.workday(episode.start + timedelta(days=delay))
            if day < episode.start + timedelta(days=9):
                day = episode.start + timedelta(days=9)
            stop = min(LAST_EXTRACT, episode.end or LAST_EXTRACT)
            base = rng.gauss(3.6, 1.0)
            level = [base + rng.gauss(0, 1.3) for _ in AREAS]
            reading = 0
            while day <= stop:
                version = "homelessness_star"
                # A few people also have a reading of another star: no change may be computed across them.
                if reading == 1 and index % 17 == 5:
                    version = "recovery_star"
                record = Record(day + self.lag(10, 0.1))
                record.learn("client_id", episode.client.client_id)
                record.learn("star_version", version)
                record.learn("completed_date", day)
                record.learn("completed_by", self.pick({"together": 66, "worker": 26, "client": 8}))
                draft = rng.random() < 0.09
                record.learn("status", "draft" if draft else "approved")
                if draft and rng.random() < 0.5:
                    record.learn("status", "approved", day + timedelta(days=rng.randint(30, 120)))
                for number, area in enumerate(AREAS):
                    score: Value = min(10, max(1, round(level[number])))
                    if rng.random() < 0.05 and reading != 0:
                        score = None
                    elif rng.random() < 0.004:
                        score = rng.choice([0, 11, "5.5"])
                    record.learn(area, score)
                self.records["outcome_stars"].append(record)
                honesty = -0.9 if reading == 0 and rng.random() < 0.3 else 0.0
                level = [x + honesty + rng.gauss(0.45, 1.1) for x in level]
                reading += 1
                gap = rng.randint(150, 240) * (2 if rng.random() < 0.25 else 1)
                day = self.workday(day + timedelta(days=gap))
                if rng.random() < 0.08:
                    break

    def budget(self) -> None:
        """Personal budget lines: many small, some people without any, a few near or over the allowance."""
        rng = self.rng
        prices = {
            "rent_and_deposit": (220, 620),
            "furniture_and_household": (30, 220),
            "clothing": (20, 110),
            "phone": (15, 75),
            "travel": (8, 70),
            "food": (4, 22),
            "identity_documents": (20, 83),
            "health_and_wellbeing": (10, 90),
            "leisure": (8, 60),
            "education_and_training": (25, 160),
            "other": (5, 60),
        }
        share = {
            "rent_and_deposit": 3,
            "furniture_and_household": 17,
            "clothing": 17,
            "phone": 16,
            "travel": 15,
            "food": 14,
            "identity_documents": 6,
            "health_and_wellbeing": 3,
            "leisure": 4,
            "education_and_training": 2,
            "other": 3,
        }
        drafts: list[tuple[date, Record]] = []
        for index, episode in enumerate(self.episodes):
            if rng.random() < 0.2:
                continue
            stop = min(LAST_EXTRACT, episode.end or LAST_EXTRACT) - timedelta(days=12)
            year = episode.start.year - (1 if episode.start.month < 4 else 0)
            while date(year, 4, 1) <= stop:
                first = max(episode.start + timedelta(days=6), date(year, 4, 2))
                last = min(stop, date(year + 1, 3, 10))
                room = 1000 * max(0, (last - first).days) / 365
                wish = min(rng.lognormvariate(5.5, 0.85), 960) * min(1.0, 0.3 + room / 1000)
                if rng.random() < 0.05 and room > 700:
                    wish = rng.uniform(910, 985)
                elif index in (30, 97) and room > 700:
                    wish = 1120.0
                spent = 0.0
                while spent < wish and first < last:
                    category = self.pick(share)
                    low, high = prices[category]
                    amount = min(rng.uniform(low, high), max(4.0, wish - spent))
                    spent += amount
                    self.line(episode, drafts, first, last, category, amount)
                year += 1
        for number, (_, record) in enumerate(sorted(drafts, key=lambda draft: draft[0]), 1):
            record.learn("line_id", f"PB-{number:05d}")
            self.records["personal_budget"].append(record)

    def line(
        self,
        episode: Episode,
        drafts: list[tuple[date, Record]],
        first: date,
        last: date,
        category: str,
        pounds: float,
    ) -> None:
        """One line from request to payment, and sometimes its refund as a line of its own."""
        rng = self.rng
        amount = Decimal(round(pounds * (4 if category == "food" else 2))) / (4 if category == "food" else 2)
        if rng.random() < 0.4:
            amount = max(Decimal("2.00"), amount - Decimal("0.01"))
        requested = self.workday(first + timedelta(days=rng.randint(0, max(0, (last - first).days - 8))))
        requested = max(requested, first)
        record = Record(requested + self.lag(3, 0.06))
        outcome = rng.choice(["tenancy", "health", "income", "connection", "safety", "daily_living"])
        record.learn("client_id", episode.client.client_id)
        record.learn("status", "requested")
        record.learn("requested_date", requested)
        record.learn("amount", amount.quantize(Decimal("0.01")))
        record.learn("category", category)
        record.learn("outcome_agreed", outcome if rng.random() < 0.93 else None)
        drafts.append((requested, record))
        fate = rng.random()
        agreed = min(last, requested + timedelta(days=rng.randint(0, 5)))
        if fate < 0.035:
            record.learn("status", "refused", agreed)
            return
        if fate < 0.05:
            return
        record.learn("agreed_date", agreed, agreed)
        record.learn("status", "agreed", agreed)
        if fate < 0.08:
            return
        paid = min(last + timedelta(days=8), agreed + timedelta(days=rng.randint(0, 12)))
        known = paid + self.lag(4, 0.05)
        record.learn("paid_date", paid, known)
        record.learn("status", "paid", known)
        if amount > 30 and rng.random() < 0.05:
            back = paid + timedelta(days=rng.randint(7, 80))
            limit = min(last + timedelta(days=8), LAST_EXTRACT)
            if back <= limit:
                refund = Record(back + self.lag(4, 0.05))
                refund.learn("client_id", episode.client.client_id)
                refund.learn("status", "refunded")
                refund.learn("paid_date", back)
                part = Decimal(rng.choice([40, 60, 100])) / 100
                refund.learn("amount", -(amount * part).quantize(Decimal("0.01")))
                refund.learn("category", category)
                drafts.append((back, refund))

    # What the systems got wrong and put right, or lost

    def afterthoughts(self) -> None:
        """Corrections and losses: all after the benchmark day or without weight for it."""
        rng = self.rng
        late = [e for e in self.episodes if e.start > date(2015, 8, 1)]
        for episode in rng.sample(
            [e for e in late if e.end is None], 3
        ):  # start typed a few days late at first
            wrong = episode.start + timedelta(days=rng.randint(3, 8))
            record = episode.record
            record.entered = max(record.entered, wrong)
            right_from = record.entered + timedelta(days=100)
            record.facts["start_date"] = [(record.entered, wrong), (right_from, episode.start)]
        for episode in rng.sample(late, 3):  # the other borough at first
            record = episode.record
            other = "camden" if episode.client.borough == "islington" else "islington"
            record.facts["borough"] = [
                (record.entered, other),
                (record.entered + timedelta(days=120), episode.client.borough),
            ]
        for episode in rng.sample([e for e in self.episodes if e.destination == "moved_out_of_area"], 3):
            known = episode.record.facts["end_date"][0][0]
            episode.record.facts["destination"] = [
                (known, "disengaged"),
                (known + timedelta(days=95), "moved_out_of_area"),
            ]
        for episode in rng.sample(
            [e for e in self.episodes if e.start < BENCHMARK], 3
        ):  # birth year put right
            if episode.client.birth_year:
                entered = episode.record.entered
                episode.record.facts["birth_year"] = [
                    (entered, episode.client.birth_year - 10),
                    (date(2015, 8, 3), episode.client.birth_year),
                ]
        for record in rng.sample(self.records["outcome_stars"], 6):  # a score put right
            known, score = record.facts["area_3"][0]
            if isinstance(score, int) and 1 < score <= 10:
                record.facts["area_3"].append((known + timedelta(days=110), score - 1))
        lines = [r for r in self.records["personal_budget"] if r.facts["status"][-1][1] == "paid"]
        for record in rng.sample(lines, 5):  # digits turned round at first
            known, amount = record.facts["amount"][0]
            assert isinstance(amount, Decimal)
            record.facts["amount"] = [(known, amount + 9), (known + timedelta(days=100), amount)]
        # One large single payment, with a thousands comma where the form has one.
        big = next(
            r
            for r in lines
            if r.facts["category"][0][1] == "rent_and_deposit" and r.entered > date(2016, 2, 1)
        )
        big.facts["amount"] = [(big.entered, Decimal("1150.00"))]
        # Two genuine lunches on one day at one price: two lines, not a duplicate.
        lunch = next(r for r in lines if r.facts["category"][0][1] == "food")
        again = Record(lunch.entered, dict(lunch.facts))
        again.facts["line_id"] = [(lunch.entered, f"PB-{len(self.records['personal_budget']) + 1:05d}")]
        self.records["personal_budget"].append(again)
        # Two keys that vanish.
        single = Counter(r.client.client_id for r in self.referrals)
        lost = next(
            r
            for r in self.referrals
            if r.received > date(2016, 4, 1) and r.outcome == "signposted" and single[r.client.client_id] == 1
        )
        lost.record.gone = date(2017, 3, 1)
        unpaid = next(
            r
            for r in self.records["personal_budget"]
            if r.entered > date(2016, 3, 1) and [v for _, v in r.facts["status"]] == ["requested"]
        )
        unpaid.gone = date(2016, 12, 1)
        # Links between caseload and referrals that the system lost or never had.
        plain = [e for e in self.episodes if single[e.client.client_id] == 1]
        for episode in (plain[12], plain[70], plain[140]):
            episode.record.facts["referral_id"] = [(episode.record.entered, None)]
        self.unreferred()

    def unreferred(self) -> None:
        """One person came over from another project: in the caseload, never in the referrals."""
        start = date(2016, 11, 14)
        client = self.new_client(start)
        record = Record(start)
        for column, value in (
            ("episode_id", f"EP-{len(self.episodes) + 1:04d}"),
            ("client_id", client.client_id),
            ("start_date", start),
            ("allocated_date", start),
            ("lead_worker_id", "LW04"),
            ("borough", client.borough),
            ("birth_year", client.birth_year),
            ("sex", client.sex),
            ("ethnicity", client.ethnicity),
            ("accommodation_at_start", "hostel"),
            ("consent", "not_asked"),
            ("eligibility_override_reason", "history_known"),
        ):
            record.learn(column, value)
        self.episodes.append(Episode("", client, start, record))
        self.records["caseload"].append(record)

    def extract(self, export: str, day: date) -> list[Row]:
        """The rows of a full extract of `day`, in the order in which the system keeps them."""
        rows = [known for record in self.records[export] if (known := record.as_known(day)) is not None]
        if export == "outcome_stars":
            rows.sort(key=lambda row: (str(row["completed_date"]), str(row["client_id"])))
        return rows


# The form of the files ----------------------------------------------------------------------------

# One line a file. First word: whose headers and spellings (plain = canonical, spaced,
# letters, council). Unless another word says otherwise: CSV, comma, UTF-8, day-first dates.
FORMS = {
    "referrals": {
        "2014-09-30": "spaced title trailer",
        "2014-12-31": "spaced xlsx title notes",
        "2015-03-31": "letters crlf quoted title",
        "2015-05-31": "spaced title blank-rows notes",
        "2015-06-30": "letters cp1252 title trailer",
        "2015-09-30": "spaced title",
        "2015-12-31": "council semicolon title trailer blank-rows",
        "2016-03-31": "letters crlf quoted title sentinels",
        "2016-06-30": "letters xlsx title trailer",
        "2016-09-30": "plain iso bom reordered worker-name",
        "2016-12-31": "spaced title reordered",
        "2017-03-31": "council tab title trailer",
        "2017-06-30": "plain iso notes",
        "2017-09-30": "spaced xlsx text-dates title extra-sheet",
        "2017-12-31": "letters bom crlf quoted title blank-rows",
        "2018-03-31": "spaced title reordered notes",
    },
    "caseload": {
        "2014-09-30": "spaced title",
        "2014-12-31": "letters crlf quoted title trailer",
        "2015-03-31": "spaced xlsx title trailer",
        "2015-05-31": "letters bom title trailer worker-name",
        "2015-06-30": "spaced title blank-rows",
        "2015-09-30": "council semicolon title sentinels",
        "2015-12-31": "spaced title trailer",
        "2016-03-31": "letters crlf quoted title",
        "2016-06-30": "plain iso reordered notes",
        "2016-09-30": "council cp1252 title reordered",
        "2016-12-31": "letters xlsx title blank-rows",
        "2017-03-31": "spaced title trailer sentinels",
        "2017-06-30": "plain iso bom worker-name",
        "2017-09-30": "council tab title trailer reordered",
        "2017-12-31": "spaced xlsx title extra-sheet",
        "2018-03-31": "letters title sentinels reordered notes",
    },
    "outcome_stars": {
        "2014-09-30": "spaced xlsx title trailer",
        "2014-12-31": "spaced title",
        "2015-03-31": "plain iso notes",
        "2015-05-31": "letters xlsx title notes",
        "2015-06-30": "letters title trailer blank-rows",
        "2015-09-30": "spaced bom title sentinels",
        "2015-12-31": "spaced semicolon title trailer",
        "2016-03-31": "spaced xlsx text-dates title reordered",
        "2016-06-30": "letters cp1252 crlf title",
        "2016-09-30": "plain iso reordered",
        "2016-12-31": "spaced title trailer",
        "2017-03-31": "letters tab title blank-rows sentinels",
        "2017-06-30": "letters xlsx title",
        "2017-09-30": "spaced title notes-with-breaks",
        "2017-12-31": "plain iso bom worker-name",
        "2018-03-31": "letters title reordered",
    },
    "personal_budget": {
        "2014-09-30": "spaced title trailer",
        "2014-12-31": "spaced cp1252 pounds title",
        "2015-03-31": "letters crlf pounds title totals",
        "2015-05-31": "letters cp1252 pounds title trailer",
        "2015-06-30": "spaced xlsx title trailer",
        "2015-09-30": "plain iso notes",
        "2015-12-31": "letters cp1252 pounds semicolon title",
        "2016-03-31": "spaced pounds bom title trailer",
        "2016-06-30": "spaced title blank-rows",
        "2016-09-30": "letters xlsx title reordered",
        "2016-12-31": "plain iso tab",
        "2017-03-31": "letters cp1252 pounds title totals",
        "2017-06-30": "spaced pounds crlf title",
        "2017-09-30": "plain iso bom reordered worker-name",
        "2017-12-31": "letters pounds title trailer blank-rows",
        "2018-03-31": "spaced cp1252 pounds title notes",
    },
}

WORDS = {
    "plain": "canonical headers and codes",
    "spaced": "headers as words",
    "letters": "alternative headers, Y / N / N/K, 'LB Camden'",
    "council": "alternative headers, 'Camden Council'",
    "iso": "ISO dates",
    "xlsx": "workbook",
    "text-dates": "dates as text",
    "bom": "UTF-8 with BOM",
    "cp1252": "Windows-1252",
    "semicolon": "semicolons",
    "tab": "tabs",
    "crlf": "CR LF line ends",
    "quoted": "every cell quoted",
    "title": "title and filter rows",
    "trailer": "'Grand Totals (n records)' and a confidentiality line below",
    "totals": "'Grand Totals (n records)' with the sum of the amounts",
    "blank-rows": "blank rows between and below",
    "reordered": "columns re-ordered",
    "notes": "undeclared column 'Notes'",
    "notes-with-breaks": "undeclared column 'Notes' with line breaks and doubled quotes",
    "worker-name": "undeclared column 'Worker name'",
    "sentinels": "01/01/1900, 31/12/9999 and 999 for missing",
    "pounds": "amounts as '£1,234.50' and '(45.00)'",
    "extra-sheet": "a second sheet 'About' that is no data",
}

HEADERS = {
    "letters": {
        "referral_id": "Referral Ref", "client_id": "Client Ref", "received_date": "Referral Date",
        "referrer_agency": "Referring Agency", "referrer_sector": "Referral Source",
        "borough": "Local Authority",
        "need_supported_housing": "Supported Housing", "need_criminal_justice": "Criminal Justice",
        "need_substance_misuse": "Substance Misuse", "need_mental_health": "Mental Health",
        "need_primary_health_care": "Primary Health Care", "acknowledged_date": "Date acknowledged",
        "decision": "Referral Outcome", "decision_date": "Date of decision",
        "feedback_date": "Feedback to referrer",
        "episode_id": "Case Ref", "start_date": "Date started", "allocated_date": "Date allocated",
        "first_contact_date": "First contact", "end_date": "Date closed", "destination": "Closure reason",
        "lead_worker_id": "Lead worker", "second_worker_id": "Second worker",
        "third_worker_id": "Third worker",
        "birth_year": "Year of birth", "sex": "Gender", "ethnicity": "Ethnic origin",
        "accommodation_at_start": "Accommodation", "consent": "Consent given",
        "consent_date": "Date of consent",
        "eligibility_override_reason": "Override reason", "star_version": "Star",
        "completed_date": "Date of reading",
        "line_id": "Line No", "requested_date": "Date requested", "agreed_date": "Date agreed",
        "paid_date": "Date paid", "amount": "Amount (£)", "category": "Budget heading",
        "outcome_agreed": "Outcome code",
    },
    "council": {
        "client_id": "Unique ID", "received_date": "Referral received", "referrer_sector": "Sector",
        "decision": "Referral decision", "start_date": "Support start date", "end_date": "Support end date",
        "destination": "DEST", "lead_worker_id": "Service Coordinator", "ethnicity": "Ethnic group",
    },
}  # fmt: skip

# canonical value -> spelling, by form; a list is cycled through row by row.
SPELLINGS: dict[str, dict[str, dict[str, str | list[str]]]] = {
    "spaced": {
        "yes_no": {"yes": "Yes", "no": "No", "unknown": "Unknown"},
        "borough": {"islington": "Islington", "camden": ["Camden", "CAMDEN", "Camden "]},
        "destination": {"disengaged": "Disengaged with project", "prison": "In prison",
                        "moved_out_of_area": "Moved out of area", "other_support": "Other support"},
        "sex": {"female": "Female", "male": "Male", "other": "Non-binary", "not_known": "Not known"},
        "ethnicity": {"white_british": "White British", "white_irish": "White: Irish",
        "white_other": "White Other",
                      "african": "Black African", "caribbean": "Black Caribbean",
                      "black_other": "Black - Other",
                      "bangladeshi": "Asian - Bangladeshi", "indian": "Asian - Indian",
                      "white_and_black_caribbean": "Mixed: White and Black Caribbean",
                      "mixed_other": "Mixed - Other",
                      "other": "Other ethnic group", "not_known": "Not stated"},
        "category": {"rent_and_deposit": "Rent deposit", "furniture_and_household": "Household goods",
                     "identity_documents": "ID", "leisure": "Activities",
                     "education_and_training": "Training"},
        "completed_by": {"together": "Together", "worker": "Worker", "client": "Client"},
        "star_version": {"homelessness_star": "Homelessness Star", "recovery_star": "Recovery Star"},
    },
    "letters": {
        "yes_no": {"yes": "Y", "no": "N", "unknown": "N/K"},
        "borough": {"islington": "LB Islington", "camden": "LB Camden"},
        "decision": {"accepted": "Accept", "not_eligible": "Ineligible",
        "declined_by_client": "Client declined",
                     "withdrawn": "Referral withdrawn", "signposted": "Signposted elsewhere",
                     "duplicate": "Duplicate referral", "not_stated": "N/K", "pending": "Awaiting decision"},
        "destination": {"no_longer_requires_support": "2", "disengaged": "3", "died": "Deceased",
        "prison": "Custody",
                        "moved_out_of_area": "Moved away", "other_support": "Transferred to other support"},
        "sex": {"female": "F", "male": "M", "other": "Other", "not_known": "N/K"},
        "ethnicity": {"white_british": "White - British", "white_irish": "White - Irish",
                      "white_other": "White: Any other White background",
                      "african": "Black or Black British - African",
                      "caribbean": "Black or Black British - Caribbean",
                      "black_other": "Any other Black background",
                      "bangladeshi": "Asian or Asian British - Bangladeshi",
                      "indian": "Asian or Asian British - Indian",
                      "white_and_black_caribbean": "Mixed - White and Black Caribbean",
                      "mixed_other": "Any other mixed background", "other": "Any other ethnic group",
                      "not_known": "N/K"},
        "referrer_sector": {"housing": ["Homelessness", "Hostel", "Housing"], "mental_health": "CMHT",
                            "health": ["GP", "Hospital"], "criminal_justice": ["Probation", "Police"],
                            "social_care": "Adult social care", "substance_misuse": "Drug and Alcohol",
                            "outreach": "Street Outreach", "voluntary": "Third sector"},
        "accommodation_at_start": {"family_or_friends": "Sofa surfing", "rough_sleeping": "NFA",
                                   "social_tenancy": "Own tenancy"},
        "category": {"rent_and_deposit": "Deposit", "furniture_and_household": "Furniture & household",
                     "clothing": "Clothes", "phone": "Phone credit", "travel": "Travel card", "food": "Lunch",
                     "identity_documents": ["Birth certificate", "Passport"], "health_and_wellbeing": "Gym",
                     "leisure": "Hobbies", "education_and_training": "Course"},
        "star_version": {"homelessness_star": "HOS", "recovery_star": "Recovery"},
        "completed_by": {"together": "Worker and client", "worker": "Worker", "client": "Client"},
        "status": {"approved": "Worker-approved", "draft": "In draft"},
    },
    "council": {
        "yes_no": {"yes": ["yes", "YES"], "no": ["no", "NO"], "unknown": "Not known"},
        "borough": {"islington": ["Islington Council", "London Borough of Islington"],
                    "camden": ["Camden Council", "London Borough of Camden"]},
        "decision": {"not_stated": "Not recorded"},
        "destination": {"no_longer_requires_support": "Moved on", "disengaged": "Lost contact"},
        "sex": {"female": "FEMALE", "male": "MALE", "other": "OTHER", "not_known": "Unknown"},
        "ethnicity": {"white_british": "White: British", "white_irish": "Irish", "white_other": "Other White",
                      "african": "Black African", "caribbean": "Black Caribbean",
                      "black_other": "Black - Other",
                      "not_known": "Refused"},
    },
}  # fmt: skip
AS_WORDS = (
    "referrer_sector",
    "accommodation_at_start",
    "category",
    "status",
    "eligibility_override_reason",
    "decision",
    "destination",
    "ethnicity",
    "consent",
    "outcome_agreed",
)
SENTINELS: dict[str, Value] = {
    "acknowledged_date": date(1900, 1, 1), "feedback_date": date(1900, 1, 1),
    "first_contact_date": date(1900, 1, 1),
    "consent_date": date(1900, 1, 1), "end_date": date(9999, 12, 31), "birth_year": 999,
} | dict.fromkeys(AREAS, 999)  # fmt: skip

Cell = str | int | float | date


@dataclass
class Sheet:
    """The rows of one file before they are written: title rows, header, data, trailer."""

    name: str
    header: list[str]
    rows: list[list[Cell]]
    above: list[list[Cell]]
    below: list[list[Cell]]
    blank_after: set[int]


def header_of(column: str, form: str) -> str:
    """The header that `form` gives a column; the council has some of its own and the rest as words."""
    if form == "plain":
        return column
    spaced = column.replace("_", " ").capitalize().replace(" id", " ID")
    if form == "council":
        return HEADERS["council"].get(column, spaced)
    return HEADERS["letters"].get(column, spaced) if form == "letters" else spaced


def spell(column: str, value: Value, form: str, mark: int) -> Value:
    """The spelling that `form` has for a canonical text; the record's `mark` chooses among several."""
    if not isinstance(value, str):
        return value
    kind = "yes_no" if column in NEEDS or column == "consent" else column
    found = SPELLINGS.get(form, {}).get(kind, {}).get(value)
    if found is not None:
        return found if isinstance(found, str) else found[mark % len(found)]
    if form != "plain" and column in AS_WORDS:
        return value.replace("_", " ").capitalize()
    return value


def cell_of(column: str, value: Value, words: set[str], workbook: bool) -> Cell:
    """One cell as the file shows it; '' when it holds nothing."""
    if value is None and "sentinels" in words and column in SENTINELS:
        value = SENTINELS[column]
    if value is None:
        return ""
    if isinstance(value, date):
        if workbook and "text-dates" not in words:
            return value
        return value.isoformat() if "iso" in words else value.strftime("%d/%m/%Y")
    if isinstance(value, Decimal):
        if workbook:
            return float(value)
        if "pounds" not in words:
            return str(value)
        return f"({-value:,.2f})" if value < 0 else f"£{value:,.2f}"
    return value if workbook or isinstance(value, str) else str(value)


def note_for(words: set[str], mark: int) -> str:
    """Obviously made-up text for an undeclared column; it must never be loaded."""
    if "worker-name" in words:
        return f"SYNTHETIC WORKER {mark % 9 + 1}"
    if mark % 5:
        return ""
    if "notes-with-breaks" in words:
        return f'SYNTHETIC NOTE {mark}\nsecond line, with "quotes"; and a comma'
    return f"SYNTHETIC NOTE {mark}"


def lay_out(export: str, day: str, words: set[str], rows: list[Row]) -> Sheet:
    """Puts an extract into the form of its file."""
    form = next(iter(words & {"plain", "spaced", "letters", "council"}))
    workbook = "xlsx" in words
    columns = list(COLUMNS[export])
    if "reordered" in words:
        random.Random(f"{export} {day}").shuffle(columns)
    extra = {"notes": "Notes", "notes-with-breaks": "Notes", "worker-name": "Worker name"}
    undeclared = [name for word, name in extra.items() if word in words]
    body: list[list[Cell]] = []
    for row in rows:
        shown = dict(row)
        # Spellings vary with the record, not with the line: a row that stands twice stands twice alike.
        mark = sum(map(ord, f"{row['client_id']} {next(iter(row.values()))}"))
        # Some systems show what is still open as a word; a decision date without a decision stays a blank.
        if (
            export == "referrals"
            and not shown.get("decision")
            and not shown.get("decision_date")
            and mark % 2
        ):
            shown["decision"] = "pending"
        cells = [cell_of(c, spell(c, shown.get(c), form, mark), words, workbook) for c in columns]
        body.append(cells + [note_for(words, mark) for _ in undeclared])
    header = [header_of(column, form) for column in columns] + list(undeclared)
    title = export.replace("_", " ").capitalize()
    dash = "–" if "cp1252" in words else "-"
    above: list[list[Cell]] = []
    if "title" in words:
        above = [
            [f"FLIC {title} {dash} SYNTHETIC example data, no real person"],
            [f"Extract of {date.fromisoformat(day):%d/%m/%Y}", "Filter: all records"],
            [],
        ]
    below: list[list[Cell]] = []
    if "blank-rows" in words:
        below += [[], []]
    stated = f"Grand Totals ({len(rows)} records)"
    if "trailer" in words:
        below += [[], [stated], ["Confidential Information - Do Not Distribute (SYNTHETIC)"]]
    if "totals" in words:
        total = sum((row["amount"] for row in rows if isinstance(row["amount"], Decimal)), Decimal(0))
        line: list[Cell] = [""] * len(header)
        line[0] = stated
        line[columns.index("amount")] = f"£{total:,.2f}"
        below += [line]
    blank_after = {len(rows) // 3, len(rows) // 2} if "blank-rows" in words else set()
    return Sheet(title, header, body, above, below, blank_after)


def lines_of(sheet: Sheet) -> tuple[list[list[Cell]], list[int]]:
    """All rows of a file in order, and for each data row the line on which it begins (1 = first)."""
    lines = [*sheet.above, sheet.header]
    numbers = []
    breaks = 0
    for index, row in enumerate(sheet.rows):
        lines.append(row)
        numbers.append(len(lines) + breaks)
        breaks += sum(str(cell).count("\n") for cell in row)
        if index in sheet.blank_after:
            lines.append([])
    return lines + sheet.below, numbers


def csv_bytes(sheet: Sheet, words: set[str]) -> bytes:
    """The file as CSV bytes."""
    lines, _ = lines_of(sheet)
    delimiter = ";" if "semicolon" in words else "\t" if "tab" in words else ","
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if "quoted" in words else csv.QUOTE_MINIMAL
    writer = csv.writer(
        out, delimiter=delimiter, quoting=quoting, lineterminator="\r\n" if "crlf" in words else "\n"
    )
    for line in lines:
        # A blank line is one without cells in some systems and a row of delimiters in others.
        writer.writerow(line if line or "semicolon" not in words else [""] * len(sheet.header))
    encoding = "cp1252" if "cp1252" in words else "utf-8-sig" if "bom" in words else "utf-8"
    return out.getvalue().encode(encoding)


def xlsx_bytes(sheet: Sheet, words: set[str]) -> bytes:
    """The file as a workbook; its inner times are fixed, because a writer would put today into them."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet.name
    for number, line in enumerate(lines_of(sheet)[0], 1):
        for position, value in enumerate(line, 1):
            if value == "":
                continue
            cell = page.cell(number, position, value)
            if isinstance(value, date):
                cell.number_format = "dd/mm/yyyy"
    if "extra-sheet" in words:
        about = book.create_sheet("About")
        about["A1"] = "SYNTHETIC example data: no row of this sheet is a record"
    book.properties.title = "SYNTHETIC example data"
    book.properties.creator = "make_example_inbox.py"
    raw, fixed = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "docProps/core.xml":
                data = without_times(data.decode()).encode()
            # A fixed system number too: Python writes another one on Windows.
            info = zipfile.ZipInfo(name, (2018, 3, 31, 0, 0, 0))
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
            target.writestr(info, data)
    return fixed.getvalue()


def without_times(core: str) -> str:
    """The property part of a workbook with its created and modified times set to a fixed moment."""
    for tag in ("created", "modified"):
        start = core.index(f"<dcterms:{tag}")
        begin, end = core.index(">", start) + 1, core.index(f"</dcterms:{tag}>", start)
        core = core[:begin] + "2018-03-31T00:00:00Z" + core[end:]
    return core


# Planted faults -----------------------------------------------------------------------------------


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


# Everything together ------------------------------------------------------------------------------


def make(seed: int = SEED) -> tuple[dict[str, bytes], list[Fault], list[tuple[str, int, str]]]:
    """All files by name, the lines that must not load, the cells (file, line, column) that load as blanks."""
    story = Story(seed)
    files: dict[str, bytes] = {}
    faults: list[Fault] = []
    blanked: list[tuple[str, int, str]] = []
    for export, forms in FORMS.items():
        assert list(forms) == [day.isoformat() for day in EXTRACT_DAYS]
        for day, form in forms.items():
            rows = story.extract(export, date.fromisoformat(day))
            words = set(form.split())
            assert words <= set(WORDS), words - set(WORDS)
            ending = ".xlsx" if "xlsx" in words else ".csv"
            planted = plant(story, export, day, rows)
            versions = {f"{export}_{day}{ending}": rows}
            if (export, day) == ("caseload", "2015-12-31"):
                versions = {
                    f"{export}_{day}{ending}": wrongly_closed(rows),
                    f"{export}_{day}_v2{ending}": rows,
                }
            for name, shown in versions.items():
                sheet = lay_out(export, day, words, shown)
                files[name] = xlsx_bytes(sheet, words) if "xlsx" in words else csv_bytes(sheet, words)
                numbers = lines_of(sheet)[1]
                faults += [Fault(name, numbers[index], reason, text) for index, reason, text in planted]
                rejected = {index for index, reason, _ in planted}
                if export == "outcome_stars":
                    blanked += [
                        (name, numbers[index], area)
                        for index, row in enumerate(shown)
                        for area in AREAS
                        if row.get(area) in (0, 11, "5.5") and index not in rejected
                    ]
    files["README.md"] = readme(files, faults, blanked).encode()
    return files, faults, blanked


def readme(files: dict[str, bytes], faults: list[Fault], blanked: list[tuple[str, int, str]]) -> str:
    """The README of the folder: what it is, the rules, the mess by file, the lines that must not load."""
    mess = []
    for name in files:
        export, day = name.rsplit(".", 1)[0].removesuffix("_v2").rsplit("_", 1)
        said = "; ".join(WORDS[word] for word in FORMS[export][day].split())
        if name == "caseload_2015-12-31.csv":
            said += "; **wrong**: a closure stands on another client's row"
        if name == "caseload_2015-12-31_v2.csv":
            said += "; puts the original right"
        mess.append(f"| `{name}` | {said} |")
    listed = [f"| `{f.file}` | {f.line} | {f.reason_class} | {f.words} |" for f in faults]
    spelled: list[str] = []
    for kind in (
        "yes_no",
        "borough",
        "decision",
        "destination",
        "sex",
        "ethnicity",
        "referrer_sector",
        "accommodation_at_start",
        "star_version",
        "completed_by",
        "status",
        "category",
    ):
        every: dict[str, list[str]] = {}
        for tables in SPELLINGS.values():
            for value, found in tables.get(kind, {}).items():
                names = [found] if isinstance(found, str) else found
                every.setdefault(value, []).extend(n.strip() for n in names if plain_word(n) != value)
        spelled += [
            f"| {kind} | {value} | {', '.join(dict.fromkeys(names))} |"
            for value, names in every.items()
            if names
        ]
    aliases = [f"| {export} | `{column}` | {', '.join(found)} |" for export, column, found in alias_list()]
    return README.format(
        files=len(files),
        mess="\n".join(mess),
        faults="\n".join(listed),
        blanked=len(blanked),
        aliases="\n".join(aliases),
        spellings="\n".join(spelled),
    )


def plain_word(text: str) -> str:
    """A spelling as a code: lower case, underscores."""
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def alias_list() -> list[tuple[str, str, list[str]]]:
    """(export, column, headers) for each column that some file names otherwise than its canonical name."""
    plain = str.maketrans("", "", " _-")
    found = []
    for export, columns in COLUMNS.items():
        for column in columns:
            names = [header_of(column, form) for form in ("letters", "council")]
            other = [n for n in dict.fromkeys(names) if n.lower().translate(plain) != column.translate(plain)]
            if other:
                found.append((export, column, other))
    return found


README = """# Example exports: SYNTHETIC

Every record here is made up by `tests/make_example_inbox.py` from a fixed seed. No person, worker or
agency in it exists. Do not edit the files: change the generator and run

    python tests/make_example_inbox.py

which writes this folder again, byte for byte the same when nothing changed, and the lists
`tests/expected/known_rejects.csv` and `tests/expected/known_blanked_cells.csv`.

## What is here
{files} full extracts of `referrals`, `caseload`, `outcome_stars` and `personal_budget` at each quarter
end from 30 September 2014 to 31 March 2018 and at 31 May 2015, the day of the worked example of
the specification. Each later extract holds the whole history as the system then knew it: late entries,
corrections, drafts that were approved.

As at 31 May 2015, whether or not later extracts are known: 165 referrals received, 88 people started, 2
ended (both "no longer requires support"), 86 open, 77 referrals with another status. Two decisions of
late May were recorded in June, so the split of the 77 is restated; the 77 is not. One referral of
November 2014 never had any word.

## Rules that the files keep
- Decisions: accepted, not_eligible, declined_by_client, withdrawn, signposted, duplicate, not_stated;
  pending or blank means awaiting. At as-at day D a decision dated after D counts as awaiting; a decision
  without a date counts from the day of receipt; a decision date (on or before D) without a decision is
  not_stated; "Not stated" and "N/K" are not_stated.
- Destinations: no_longer_requires_support (DEST 2, moved on), disengaged (DEST 3, lost contact), died,
  and prison, moved_out_of_area, other_support and other, which the cohort counts as other. An end whose
  reason is not yet recorded counts as other.
- Spellings differ in case, spaces and hyphens, and as listed below.
- Client references are text: `FLIC-0001`, or six digits whose leading zeros belong to them.
- Missing: blank, and in some files 01/01/1900 (acknowledged, feedback, first contact and consent dates),
  31/12/9999 (end date), 999 (birth year, star areas).
- Star versions: Homelessness Star and, for a few people, one later Recovery Star.
- Everyone who started has four of the five needs or a recorded `eligibility_override_reason`.
- One person is in the caseload without a referral; three episodes lack their `referral_id` though the
  client has one.
- Two keys vanish: a referral from the extract of 2017-03-31 on, a requested budget line from 2016-12-31
  on.
- A stated record count is the number of data rows in the file, faulty ones included.

## Mess by file
| file | form |
| --- | --- |
{mess}

## Lines that must not load
`exact_duplicate` counts as duplicate; all others are rejected. A row that is right in the next extract
loads from there.

| file | line | reason | what |
| --- | --- | --- | --- |
{faults}

{blanked} star areas hold 0, 11 or 5.5: the cell is blanked and listed, the star stays
(`tests/expected/known_blanked_cells.csv`).

## Headers other than the canonical names
Case, spaces, underscores and hyphens do not matter.

| export | column | headers |
| --- | --- | --- |
{aliases}

## Spellings other than the canonical values
Besides these, words stand for codes (`Rough sleeping` for `rough_sleeping`), in any case and with
trailing spaces.

| column | value | spellings |
| --- | --- | --- |
{spellings}
"""


def write_lists(folder: Path, faults: list[Fault], blanked: list[tuple[str, int, str]]) -> None:
    """Writes known_rejects.csv and known_blanked_cells.csv into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rejects = "".join(f"{f.file},{f.line},{f.reason_class}\n" for f in faults)
    (folder / "known_rejects.csv").write_bytes(("file,line,reason_class\n" + rejects).encode())
    cells = "".join(f"{file},{line},{column}\n" for file, line, column in blanked)
    (folder / "known_blanked_cells.csv").write_bytes(("file,line,column_name\n" + cells).encode())


def main(arguments: list[str]) -> None:
    """Writes the folder (and the lists); files of an earlier run that are no longer made are removed."""
    here = Path(__file__).parent
    folder = Path(arguments[0]) if arguments else here / "example_inbox"
    lists = Path(arguments[1]) if len(arguments) > 1 else None if arguments else here / "expected"
    files, faults, blanked = make()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in files and old.name.startswith(tuple(COLUMNS)):
            old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if lists is not None:
        write_lists(lists, faults, blanked)
    print(f"{len(files) - 1} exports, {sum(map(len, files.values())) / 1e6:.1f} MB, in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
