"""What staff, finance and research record beside the heart: thirteen exports, and the Star in its long form.

Belongs here: the records of each export and when its system knew them, drawn for each export from a random
stream of its own, so that one can change without moving another. Does not belong here: how a file looks,
what is wrong in it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.example_programme.columns import AREAS, ITEMS
from tests.example_programme.story import LAST_EXTRACT, SEED, Episode, Record, Row, Story
from tests.example_programme.writings import CYCLE_1, CYCLE_2, HYPOTHESES, SPG_ITEMS, SYSTEM_CHANGES

PROGRAMME_START = date(2014, 6, 1)
# A system that sends changes sends again what was entered in the last days before the extract before.
OVERLAP = timedelta(days=14)
LEAVER, SUCCESSOR, HANDOVER = "LW03", "LW10", date(2018, 3, 12)

SERVICES = [
    "ae_attendance",
    "inpatient_day",
    "ambulance_callout",
    "arrest",
    "police_custody_night",
    "gp_contact",
    "drug_and_alcohol_contact",
    "community_mental_health_contact",
    "prison_night",
    "magistrates_court_appearance",
    "outpatient_attendance",
    "mental_health_inpatient_day",
    "counselling_session",
    "detox_day",
    "residential_rehab_day",
    "police_caution",
    "conviction",
    "crown_court_appearance",
    "eviction",
    "homelessness_application",
]
PLANNED = {"gp_contact", "outpatient_attendance", "drug_and_alcohol_contact", "counselling_session"}

# Two references of one person each, found in the story by sex, ethnic group and year of birth: the second
# came after the first had ended, so neither is open beside the other. One chain: FLIC-0017 -> 006586 ->
# FLIC-0266.
# client, same as, effective, entered, undone
LINKS: list[tuple[str, str, date, date, date | None]] = [
    ("FLIC-0084", "FLIC-0222", date(2016, 7, 4), date(2016, 7, 6), None),
    ("FLIC-0017", "006586", date(2016, 10, 3), date(2016, 10, 5), None),
    ("006586", "FLIC-0266", date(2017, 3, 13), date(2017, 3, 14), None),
    ("FLIC-0077", "FLIC-0345", date(2017, 11, 20), date(2017, 11, 22), None),
    # A mistake, undone: two people with one year of birth.
    ("FLIC-0067", "FLIC-0289", date(2017, 2, 6), date(2017, 2, 7), date(2017, 9, 1)),
]


def stream(export: str) -> random.Random:
    """The random stream of one export."""
    return random.Random(f"{SEED}:{export}")


def record_of(entered: date, **values: Any) -> Record:
    """A record whose values are all known from its entry on."""
    record = Record(entered)
    for column, value in values.items():
        record.learn(column, value)
    return record


def quarter_start(day: date, quarters: int = 0) -> date:
    """First day of the quarter of a day, some quarters later."""
    number = day.year * 4 + (day.month - 1) // 3 + quarters
    return date(number // 4, number % 4 * 3 + 1, 1)


class Practice:
    """The records of the thirteen exports."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.known_since: dict[str, date] = {}
        for export in ("referrals", "caseload"):
            for record in story.records[export]:
                client = str(record.facts["client_id"][0][1])
                self.known_since[client] = min(record.entered, self.known_since.get(client, date.max))
        self.records: dict[str, list[Record]] = {
            "ndta": self.ndta(),
            "contacts": self.contacts(),
            "workers": self.workers(),
            "assignments": self.assignments(),
            "service_use": self.service_use(),
            "accommodation": self.accommodation(),
            "programme_budget": self.programme_budget(),
            "petty_cash": self.petty_cash(),
            "system_changes": self.system_changes(),
            "spg_items": self.spg_items(),
            "hypotheses": self.hypotheses(),
            "evidence": self.evidence(),
            "client_links": [
                Record(entered, record_of(entered, client_id=a, same_as=b, effective_date=day).facts, undone)
                for a, b, day, entered, undone in LINKS
            ],
        }

    def entered(self, episode: Episode, on: date, lag: int) -> date:
        """When a system holds something of a client: never before referrals or caseload know who that is."""
        return max(on + timedelta(days=lag), self.known_since[episode.client.client_id])

    def workers_of(self, episode: Episode) -> list[str]:
        """Lead, second and third worker as the caseload has them."""
        names = ("lead_worker_id", "second_worker_id", "third_worker_id")
        found = [episode.record.facts[name][0][1] for name in names if name in episode.record.facts]
        return [str(worker) for worker in found if worker]

    # Clients

    def ndta(self) -> list[Record]:
        """At the start and about yearly: falling scores, totals that the source often leaves out."""
        rng = stream("ndta")
        records = []
        for episode in self.story.episodes:
            if rng.random() < 0.3:
                continue
            day = episode.start + timedelta(days=rng.randint(0, 45))
            level = rng.gauss(0.62, 0.14)
            while day <= min(episode.end or LAST_EXTRACT, LAST_EXTRACT):
                record = record_of(
                    self.entered(episode, day, rng.randint(0, 12)),
                    client_id=episode.client.client_id,
                    assessed_date=day,
                )
                scores: list[int | None] = []
                for number in range(1, 11):
                    share = min(1.0, max(0.0, rng.gauss(level, 0.2)))
                    scores.append(round(share * 4) * (2 if number in (4, 5) else 1))
                if rng.random() < 0.04:
                    scores[rng.randrange(10)] = None
                for item, score in zip(ITEMS, scores, strict=True):
                    record.learn(item, score)
                known = [score for score in scores if score is not None]
                stated = len(known) == 10 and rng.random() < 0.75
                record.learn("recorded_total", sum(known) if stated else None)
                records.append(record)
                level -= rng.uniform(-0.05, 0.2)
                day += timedelta(days=rng.randint(330, 420))
        # One is lost from the extract of March 2018 on, one is put right there.
        records[4].gone = date(2017, 10, 2)
        right = next(r for r in records if r.facts["recorded_total"][0][1] and r.facts["item_6"][0][1] == 2)
        right.learn("item_6", 3, date(2017, 11, 6))
        right.learn("recorded_total", right.facts["recorded_total"][0][1] + 1, date(2017, 11, 6))
        return records

    def contacts(self) -> list[Record]:
        """Successful contacts and attempts; some people are not reached for more than 60 days."""
        rng = stream("contacts")
        settings = {
            "street": 14,
            "cafe": 16,
            "day_centre": 8,
            "health_premises": 8,
            "home": 16,
            "family_home": 1,
            "hostel": 12,
            "court": 2,
            "prison": 3,
            "hospital": 3,
            "office": 3,
            "telephone": 12,
            "online": 1,
            "other": 1,
        }
        drafts: list[tuple[date, str, Record]] = []
        for episode in self.story.episodes:
            usual = rng.choices([16, 35, 62, 95], [12, 34, 36, 18])[0]
            day = episode.start + timedelta(days=rng.randint(0, 20))
            workers = self.workers_of(episode)
            while day <= min(episode.end or LAST_EXTRACT, LAST_EXTRACT):
                entered = self.entered(
                    episode, day, rng.randint(21, 70) if rng.random() < 0.05 else rng.randint(0, 4)
                )
                successful = rng.random() < 0.72
                record = record_of(
                    entered,
                    contact_id=None,
                    client_id=episode.client.client_id,
                    contact_date=day,
                    result="successful" if successful else "attempted",
                    setting=rng.choices(list(settings), list(settings.values()))[0]
                    if rng.random() < 0.97
                    else None,
                    initiated_by=rng.choices(["worker", "client", "agency"], [70, 22, 8])[0],
                    worker_id=rng.choices(workers, [6, 2, 1][: len(workers)])[0],
                    peer_mentor_present=rng.choices(["no", "yes", "unknown", None], [74, 16, 3, 7])[0],
                )
                if not successful and rng.random() < 0.04:
                    record.learn("result", "successful", entered + timedelta(days=rng.randint(30, 90)))
                drafts.append((entered, episode.client.client_id, record))
                missed = rng.random() < 0.04
                day += timedelta(
                    days=rng.randint(61, 110) if missed else 1 + round(rng.expovariate(1 / usual))
                )
        drafts.sort(key=lambda draft: draft[:2])
        for number, (_, _, record) in enumerate(drafts, 1):
            record.facts["contact_id"] = [(record.entered, f"CT-{number:05d}")]
        return [record for _, _, record in drafts]

    def assignments(self) -> list[Record]:
        """The caseload's workers, from allocation to the end; a cover lead for a few; one hand-over."""
        rng = stream("assignments")
        records = []

        def assign(episode: Episode, worker: str, role: str, first: date, last: date | None) -> None:
            record = record_of(
                self.entered(episode, first, 3),
                client_id=episode.client.client_id,
                worker_id=worker,
                role=role,
                from_date=first,
                to_date=None,
            )
            if last is not None:
                record.learn("to_date", last, last + timedelta(days=3))
            records.append(record)

        for episode in self.story.episodes:
            allocated = episode.record.facts["allocated_date"][0][1]
            assert isinstance(allocated, date)
            first = max(PROGRAMME_START, allocated)
            for role, worker in zip(("lead", "second", "third"), self.workers_of(episode), strict=False):
                # A third worker comes later, so that one worker never stands twice on one day.
                begins = first + timedelta(days=15 if role == "third" else 0)
                last = episode.end
                if begins > LAST_EXTRACT or (last is not None and last < begins):
                    continue
                if role == "lead" and rng.random() < 0.08 and (episode.end is None or episode.end > first):
                    cover = next(
                        w for w in ("LW08", "LW01", "LW05", "LW07") if w not in self.workers_of(episode)
                    )
                    until = min(episode.end or LAST_EXTRACT, first + timedelta(days=rng.randint(20, 90)))
                    if until > first + timedelta(days=1):
                        assign(episode, cover, "lead", first, until - timedelta(days=1))
                        begins = until
                if worker == LEAVER and last is None and begins < HANDOVER:
                    assign(episode, SUCCESSOR, role, HANDOVER, None)
                    last = HANDOVER - timedelta(days=1)
                assign(episode, worker, role, begins, last)
        return records

    def service_use(self) -> list[Record]:
        """One in six people, four services each, from the quarter before the start; blank is not known."""
        rng = stream("service_use")
        records = []
        for episode in self.story.episodes[::6]:
            services = rng.sample(SERVICES[:8], 2) + rng.sample(SERVICES, 4)
            level = {service: rng.uniform(0.5, 5.0) for service in services[:4]}
            for quarters in range(-1, 9):
                quarter = quarter_start(episode.start, quarters)
                ended = quarter_start(quarter, 1)
                if ended > LAST_EXTRACT or (episode.end is not None and episode.end < quarter):
                    break
                for service in level:
                    events = None if rng.random() < 0.08 else max(0, round(rng.gauss(level[service], 1.0)))
                    level[service] *= 1.1 if service in PLANNED else 0.88
                    entered = self.entered(episode, max(ended, episode.start), rng.randint(5, 35))
                    records.append(
                        record_of(
                            entered,
                            client_id=episode.client.client_id,
                            quarter_start=quarter,
                            service=service,
                            events=events,
                        )
                    )
        # A count that came late, and one that was put right.
        late = next(r for r in records if r.facts["events"][0][1] is None and r.entered < date(2016, 1, 1))
        late.learn("events", 2, date(2016, 12, 5))
        wrong = next(r for r in records if r.facts["events"][0][1] == 3 and r.entered < date(2016, 1, 1))
        wrong.learn("events", 1, date(2017, 2, 6))
        next(r for r in records if r.entered > date(2016, 2, 1)).gone = date(2017, 1, 9)
        return records

    def accommodation(self) -> list[Record]:
        """A third of the people: from the street towards tenancies; some quarters are known in part."""
        rng = stream("accommodation")
        towards = [
            "rough_sleeping",
            "hostel",
            "temporary_accommodation",
            "supported_housing",
            "social_tenancy",
        ]
        apart = ["prison", "hospital", "family_or_friends", "private_rented"]
        records = []
        for episode in self.story.episodes[::3]:
            step = rng.choice([0, 0, 0, 1, 1, 2])
            for quarters in range(-1, 9):
                quarter = quarter_start(episode.start, quarters)
                ended = quarter_start(quarter, 1)
                if ended > LAST_EXTRACT or (episode.end is not None and episode.end < quarter):
                    break
                main = (
                    Decimal(100)
                    if rng.random() < 0.6
                    else Decimal(rng.choice([40, 50, 60, 75])) + Decimal("0.5")
                )
                shares = {towards[step]: main}
                if main < 100 and rng.random() < 0.7:
                    other = rng.choice(apart)
                    shares[other] = 100 - main if rng.random() < 0.6 else Decimal(rng.randint(5, 20))
                if rng.random() < 0.33 and step < 4:
                    step += 1
                entered = self.entered(episode, max(ended, episode.start), rng.randint(5, 35))
                records += [
                    record_of(
                        entered,
                        client_id=episode.client.client_id,
                        quarter_start=quarter,
                        type=kind,
                        percent=percent,
                    )
                    for kind, percent in shares.items()
                ]
        wrong = next(r for r in records if r.facts["percent"][0][1] == 100 and r.entered < date(2016, 1, 1))
        wrong.learn("percent", Decimal(90), date(2017, 5, 8))
        return records

    # Staff and money

    def workers(self) -> list[Record]:
        """Nine link workers on secondment, 14 peer mentors and their coordinator, and the office."""
        rng = stream("workers")
        records: list[Record] = []

        def post(
            worker: str,
            role: str,
            start: date,
            end: date | None = None,
            fte: str | None = "1.00",
            specialism: str | None = None,
            employer: str | None = "Example lead partner",
        ) -> Record:
            record = record_of(
                start - timedelta(days=3),
                worker_id=worker,
                role=role,
                specialism=specialism,
                employer=employer,
                start_date=start,
                end_date=None,
                secondment_end_date=None,
                fte=Decimal(fte) if fte else None,
            )
            # Nobody is in the list before the first day in post.
            record.entered = start
            if end is not None:
                record.learn("end_date", end, end + timedelta(days=2))
            records.append(record)
            return record

        fields = ["housing", "criminal_justice", "substance_misuse", "mental_health", "primary_health_care"]
        for number in range(1, 10):
            worker = f"LW{number:02d}"
            start = date(2014, 5, 19) if number % 3 else date(2014, 6, 2)
            ends = HANDOVER - timedelta(days=1) if worker == LEAVER else None
            partner = f"Example {fields[number % 5].replace('_', ' ')} partner"
            record = post(worker, "link_worker", start, ends, specialism=fields[number % 5], employer=partner)
            until = date(2016, 6, 30) - timedelta(days=rng.choice([0, 14, 28]))
            record.learn("secondment_end_date", until)
            record.learn("secondment_end_date", date(2018, 6, 30), date(2016, 7, 21))
        post(SUCCESSOR, "link_worker", HANDOVER, specialism="housing", employer="Example housing partner")
        for number in range(1, 15):
            start = date(2014, 9, 1) + timedelta(days=rng.randint(0, 200))
            ends = date(2016, 1, 11) + timedelta(days=90 * number) if number in (2, 5, 6) else None
            post(f"PM{number:02d}", "peer_mentor", start, ends, fte=None, employer=None)
        for number in range(15, 19):
            post(
                f"PM{number:02d}",
                "peer_mentor",
                date(2016, 2, 1) + timedelta(days=130 * (number - 15)),
                fte=None,
                employer=None,
            )
        post("PC01", "peer_mentor_coordinator", date(2014, 7, 14), date(2016, 10, 28))
        post("PC02", "peer_mentor_coordinator", date(2016, 11, 7))
        post("PJ01", "manager", date(2014, 3, 3), date(2017, 4, 28))
        post("PJ02", "manager", date(2014, 4, 14))
        post("PJ03", "manager", date(2017, 5, 15))
        post(
            "AW01",
            "accommodation_worker",
            date(2014, 10, 6),
            date(2016, 9, 30),
            fte="0.80",
            specialism="private_rented",
        )
        post("AW02", "accommodation_worker", date(2016, 10, 17), fte="0.80", specialism="private_rented")
        post("DR01", "data_and_research", date(2014, 6, 16))
        post("PS01", "psychologist", date(2015, 11, 2), fte="0.60", employer="Example NHS trust")
        return records

    def programme_budget(self) -> list[Record]:
        """Six lines a quarter from April 2014: the budget a year ahead, the actual once it is closed."""
        rng = stream("programme_budget")
        lines = {
            "Staffing": 96000,
            "Peer mentoring": 14000,
            "Personal budgets": 15000,
            "Premises and overheads": 11000,
            "Evaluation and learning": 9000,
            "Contingency": 3000,
        }
        records = []
        for quarters in range(16):
            first = quarter_start(date(2014, 4, 1), quarters)
            planned = date(first.year - (first.month < 4), 3, 2)
            for line, usual in lines.items():
                budget = Decimal(usual + 100 * rng.randint(-9, 9))
                actual = budget * Decimal(rng.randint(82, 109)) / 100 + Decimal(rng.randint(0, 99)) / 100
                record = record_of(
                    planned, line=line, period_start=first, budget=budget, actual=None, forecast=budget
                )
                closed = quarter_start(first, 1) + timedelta(days=20)
                record.learn("actual", actual.quantize(Decimal("0.01")), closed)
                record.learn("forecast", None, closed)
                # A line that was given up: gone with the plan of its last year.
                record.gone = (
                    date(2017, 4, 3) if line == "Contingency" and first >= date(2016, 1, 1) else None
                )
                records.append(record)
        corrected = records[6]
        closed, actual = corrected.facts["actual"][-1]
        corrected.learn("actual", actual - Decimal("120.50"), date(2016, 2, 8))
        return records

    def petty_cash(self) -> list[Record]:
        """Small purchases that belong to nobody, returns among them."""
        rng = stream("petty_cash")
        prices = {
            "refreshments": (2, 18),
            "travel": (3, 20),
            "phone": (5, 20),
            "clothing": (6, 30),
            "toiletries": (2, 9),
            "stationery": (2, 15),
            "activity": (5, 35),
            "other": (1, 12),
        }
        records = []
        day = date(2014, 6, 11)
        while day <= LAST_EXTRACT:
            purpose = rng.choices(list(prices), [44, 18, 8, 6, 6, 5, 9, 4])[0]
            low, high = prices[purpose]
            amount = Decimal(rng.randint(low * 100, high * 100)) / 100
            if rng.random() < 0.04:
                amount = -amount
            number = f"PC-{len(records) + 1:04d}"
            entered = day + timedelta(days=rng.randint(20, 45) if rng.random() < 0.06 else rng.randint(0, 5))
            shown = purpose if rng.random() < 0.96 else None
            records.append(record_of(entered, line_id=number, spent_date=day, amount=amount, purpose=shown))
            day += timedelta(days=rng.randint(3, 14))
        wrong = records[20]
        wrong.facts["amount"] = [
            (wrong.entered, wrong.facts["amount"][0][1] + 9),
            (date(2016, 1, 11), wrong.facts["amount"][0][1]),
        ]
        records[33].gone = date(2017, 6, 5)
        return records

    # Partnership and research

    def system_changes(self) -> list[Record]:
        """The log of system changes: each date is known once it has come."""
        names = ("level", "sector", "theme", "practice_a", "practice_b", "practice_c")
        days = ("dialogue_date", "agreed_date", "adopted_date", "reviewed_date")
        records = []
        for change, raised, *rest in SYSTEM_CHANGES:
            *texts, still, written = rest
            entered = date.fromisoformat(str(written))
            record = record_of(entered, change_id=change, raised_date=date.fromisoformat(str(raised)))
            for name, value in zip(names, texts[:6], strict=True):
                record.learn(name, value)
            for name, value in zip(days, texts[6:], strict=True):
                on = date.fromisoformat(value) if value else None
                record.learn(name, on, on)
            for name, known in (
                ("practice_c", record.facts["agreed_date"]),
                ("still_in_place", record.facts["reviewed_date"]),
            ):
                value = texts[5] if name == "practice_c" else still
                record.facts[name] = [(known[0][0], value)]
            records.append(record)
        return records

    def spg_items(self) -> list[Record]:
        """What the Strategic Partnership Group was asked."""
        records = []
        for item, raised, by, title, owner, decision, decided, actioned, change, metric, written in SPG_ITEMS:
            record = record_of(
                date.fromisoformat(str(written)),
                item_id=item,
                raised_date=date.fromisoformat(str(raised)),
                raised_by=by,
                title=title,
                owner_organisation=owner,
                change_id=change,
                metric_id=metric,
            )
            for name, day, value in (
                ("decision", decided, decision),
                ("decided_date", decided, None),
                ("actioned_date", actioned, None),
            ):
                on = date.fromisoformat(day) if day else None
                record.learn(name, value if name == "decision" else on, on)
            records.append(record)
        return records

    def hypotheses(self) -> list[Record]:
        """The review's two hypotheses and its sample new one; in cycle 2 what became of them, and another."""
        records = []
        for name, cycle, context, mechanism, outcome, statuses, statement in HYPOTHESES:
            record = record_of(
                date.fromisoformat(statuses[0][1]),
                hypothesis_id=name,
                cycle=cycle,
                context=context,
                mechanism=mechanism,
                outcome=outcome,
                statement=statement,
            )
            for status, known in statuses:
                record.learn("status", status, date.fromisoformat(known))
            records.append(record)
        return records

    def evidence(self) -> list[Record]:
        """The interviews, groups and papers of both cycles."""
        rng = stream("evidence")
        records = []
        for cycle, pieces, first in ((1, CYCLE_1, date(2015, 5, 6)), (2, CYCLE_2, date(2017, 5, 3))):
            known = [name for name, number, *_ in HYPOTHESES if number == cycle and name != "H3"]
            if cycle == 2:
                known.append("H3")
            for source, sizes, words in pieces:
                for size in sizes:
                    day = first + timedelta(days=rng.randint(0, 84))
                    records.append(
                        record_of(
                            day + timedelta(days=6),
                            evidence_id=f"EV-{len(records) + 1:03d}",
                            hypothesis_id=rng.choice(known),
                            cycle=cycle,
                            gathered_date=day,
                            source_type=source,
                            participants=size,
                            direction=rng.choices(["supports", "mixed", "challenges"], [6, 3, 2])[0],
                            summary=f"SYNTHETIC: {words}",
                        )
                    )
        return records

    # Extracts

    def extract(self, export: str, day: date, since: date | None = None) -> list[Row]:
        """The rows of a full extract of `day`; with `since`, only what was entered or changed after it."""
        order: dict[str, Callable[[Row], Any]] = {
            "workers": lambda row: row["worker_id"],
            "programme_budget": lambda row: row["period_start"],
            "ndta": lambda row: (row["assessed_date"], row["client_id"]),
            "assignments": lambda row: (row["from_date"], row["client_id"], row["role"]),
        }
        rows = []
        for record in self.records[export]:
            known = [on for values in record.facts.values() for on, _ in values if on <= day]
            row = record.as_known(day)
            if row is not None and (since is None or max(known) > since - OVERLAP):
                rows.append(row)
        return sorted(rows, key=order[export]) if export in order else rows

    def long_stars(self, day: date) -> list[Row]:
        """The readings of a full extract of `day`, one row an area, and the first Home Stars, which only
        the new system sends."""
        rng = stream("outcome_stars_long")
        readings = self.story.extract("outcome_stars", day)
        staying = [
            e for e in self.story.episodes if e.end is None and date(2016, 6, 1) < e.start < date(2017, 6, 1)
        ]
        for episode in rng.sample(staying, 6):
            reading: Row = {
                "client_id": episode.client.client_id,
                "star_version": "home_star",
                "completed_date": date(2018, 1, 15) + timedelta(days=rng.randint(0, 60)),
                "completed_by": "together",
                "status": "approved",
            }
            readings.append(reading | {area: rng.randint(3, 8) for area in AREAS})
        head = ("client_id", "star_version", "completed_date", "completed_by", "status")
        return [
            {name: reading[name] for name in head} | {"area": area, "score": reading[area]}
            for reading in readings
            for area in AREAS
            if reading.get(area) is not None
        ]
