"""The story of the heart of the programme: who was referred, started, ended, scored and spent.

Belongs here: people who never lived, what happened to them, and when each system knew it. Does not belong
here: how a file looks, what is wrong in it, any figure that the product must give.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.example_programme.columns import AREAS, HEART, NEEDS

SEED = 20150531
BENCHMARK = date(2015, 5, 31)
LAST_EXTRACT = date(2018, 3, 31)
# The first people start within days; then the referrals of the first summer take weeks.
OVERWHELMED_FROM = date(2014, 6, 20)
QUARTER_ENDS = [
    date(year, month, 31 if month in (3, 12) else 30) for year in range(2014, 2019) for month in (3, 6, 9, 12)
]
EXTRACT_DAYS = sorted([d for d in QUARTER_ENDS if date(2014, 9, 30) <= d <= LAST_EXTRACT] + [BENCHMARK])

Value = str | int | Decimal | date | None
Row = dict[str, Any]


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
        self.records: dict[str, list[Record]] = {export: [] for export in HEART}
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
