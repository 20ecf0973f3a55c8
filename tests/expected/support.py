"""Who was supported when, by which worker, and after which referral: for the independent count."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from tests.expected.cells import as_reference, meant, table
from tests.expected.recount import EXAMPLES, Known, Row, of_persons, practice_rows

DESTINATIONS = table(
    "no_longer_requires_support: 2, moved on; disengaged: 3, disengaged with project, lost contact;"
    "died: deceased; prison: in prison, custody; moved_out_of_area: moved away;"
    "other_support: transferred to other support; hospital; excluded; other; not_known"
)
OF_PEOPLE = ("contacts", "assignments", "service_use", "accommodation", "ndta")
OF_NOBODY = ("workers", "petty_cash", "programme_budget", "system_changes", "spg_items", "evidence")


@cache
def practice_records(export: str, known_by: date, folder: Path) -> list[Row]:
    """Rows of an export beside the heart; read once for all as-at days."""
    return practice_rows(export, known_by, folder)


def practice_of(
    known: Known, merged_by: date, known_by: date | None = None, folder: Path = EXAMPLES
) -> dict[str, list[Row]]:
    """The exports beside the heart; those about people with one reference a person."""
    day = known_by or date.max
    people = Known({export: practice_records(export, day, folder) for export in OF_PEOPLE}, known.links)
    others = {export: practice_records(export, day, folder) for export in OF_NOBODY}
    return of_persons(people, merged_by).rows | others


@dataclass(frozen=True)
class Spell:
    """An unbroken time of support: one episode, or several of one person that overlap."""

    client: str
    number: int
    start: date
    end: date | None
    borough: str
    """As the first episode has it."""
    ended_as: str
    destination: str
    """As the episode that ended last has it."""

    @property
    def start_cohort(self) -> str:
        return f"{self.start.year}-H{1 if self.start.month <= 6 else 2}"

    def open_on(self, day: date) -> bool:
        """Open at the end of a day."""
        return self.start <= day and (self.end is None or self.end > day)

    def open_days(self, first: date, last: date) -> int:
        """Days of a period at whose end the spell is open."""
        until = last.toordinal() + 1 if self.end is None else min(last.toordinal() + 1, self.end.toordinal())
        return max(0, until - max(self.start, first).toordinal())


def spells_of(known: Known) -> list[Spell]:
    """All spells by person and start. An episode that starts on the day another ends is a new spell."""
    careers: dict[str, list[Row]] = defaultdict(list)
    for row in known.rows["caseload"]:
        careers[str(row["client_id"])].append(row)
    found = []
    for client, rows in sorted(careers.items()):
        rows.sort(key=lambda row: (row["start_date"], row.get("end_date") or date.max, row["episode_id"]))
        groups: list[list[Row]] = []
        for row in rows:
            if not groups or max(map(end_or_open, groups[-1])) <= row["start_date"]:
                groups.append([])
            groups[-1].append(row)
        for number, group in enumerate(groups, 1):
            last = max(group, key=lambda row: (end_or_open(row), row["start_date"], row["episode_id"]))
            cells = last.get("as_it_stands", {})
            found.append(
                Spell(
                    client,
                    number,
                    group[0]["start_date"],
                    last.get("end_date"),
                    str(group[0]["borough"]),
                    str(last.get("destination")),
                    str(meant(DESTINATIONS, cells.get("destination", ""), "not_known")),
                )
            )
    return found


def end_or_open(episode: Row) -> date:
    """The end, or a day after every other."""
    return episode.get("end_date") or date.max


def episodes_after(known: Known) -> dict[str, list[Row]]:
    """By referral, the episodes that go back to it.

    It is the one that the system links, if it is the same person's, else the person's latest received on or
    before the start.
    """
    own: dict[str, list[Row]] = defaultdict(list)
    for row in known.rows["referrals"]:
        own[str(row["client_id"])].append(row)
    found: dict[str, list[Row]] = defaultdict(list)
    for episode in known.rows["caseload"]:
        referrals = own[str(episode["client_id"])]
        linked = [row["referral_id"] for row in referrals if row["referral_id"] == episode.get("referral_id")]
        earlier = [
            (row["received_date"], row["referral_id"])
            for row in referrals
            if row["received_date"] <= episode["start_date"]
        ]
        if linked or earlier:
            found[str(linked[0] if linked else max(earlier)[1])].append(episode)
    return found


class Contacts:
    """Days of successful and attempted contacts by person, in order, up to a day."""

    def __init__(self, rows: list[Row], until: date) -> None:
        self.days: dict[tuple[str, object], list[date]] = defaultdict(list)
        for row in rows:
            if row["contact_date"] <= until:
                self.days[str(row["client_id"]), row["result"]].append(row["contact_date"])
        for days in self.days.values():
            days.sort()

    def successful(self, client: str, first: date = date.min, last: date = date.max) -> list[date]:
        """Days of successful contacts within a time, both ends in it."""
        return [day for day in self.days.get((client, "successful"), []) if first <= day <= last]

    def attempts_before(self, client: str, day: date) -> int:
        """Attempts that were not successful on the days before a day."""
        attempts = self.days.get((client, "attempted"), [])
        return sum(attempt < day for attempt in attempts)

    def last_successful(self, client: str, day: date) -> date | None:
        """The latest successful contact up to a day."""
        days = self.days.get((client, "successful"), [])
        place = bisect_right(days, day)
        return days[place - 1] if place else None


class Teams:
    """Who works with whom: assignments, and the caseload's columns for people whom none has named yet."""

    def __init__(self, known: Known, assignments: list[Row]) -> None:
        self.assignments: dict[str, list[Row]] = defaultdict(list)
        for row in assignments:
            self.assignments[str(row["client_id"])].append(row)
        self.episodes: dict[str, list[Row]] = defaultdict(list)
        for row in known.rows["caseload"]:
            self.episodes[str(row["client_id"])].append(row)

    def on(self, client: str, role: str, day: date) -> set[str]:
        """The workers who are someone's lead, second or third at the end of a day."""
        if any(row["from_date"] <= day for row in self.assignments.get(client, [])):
            return {
                str(row["worker_id"])
                for row in self.assignments[client]
                if row["role"] == role
                and row["from_date"] <= day
                and (row["to_date"] is None or row["to_date"] > day)
            }
        named = {
            as_reference(episode["as_it_stands"].get(f"{role}_worker_id", ""))
            for episode in self.episodes[client]
            if episode["start_date"] <= day < end_or_open(episode)
        }
        return {worker for worker in named if worker}

    def first_lead(self, client: str, start: date, before: date) -> str | None:
        """The lead who came first of those there at a start or assigned after it and before a day."""
        there = [
            (row["from_date"], str(row["worker_id"]))
            for row in self.assignments.get(client, [])
            if row["role"] == "lead"
            and row["from_date"] < before
            and (row["from_date"] > start or row["to_date"] is None or row["to_date"] > start)
        ]
        return min(there)[1] if there else None
