"""The audit: what the attacker finds is drawn again, and what no draw makes safe is not published.

Belongs here: rule 6 of the publication specification, the order of its steps. Does not belong here: how a
count is worked out (`attack.py`), how one is rounded (`rounding.py`).
"""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_project.publication.answers import Answers
from dagster_project.publication.attack import Finding, Linked, Window, attack_day, families, windows
from dagster_project.publication.disclosure import (
    WITHHELD,
    PublishedFigure,
    Rules,
    SafeFigures,
    TableOfPeriod,
    in_words,
    table_of,
)
from dagster_project.publication.plan import MetricDefinition, PublicationError
from dagster_project.publication.reader import Told, Within, read_as_a_reader

DRAWS = 5
"""How often the counts of one population and day are drawn anew before a table is given up. The publication
specification (rule 6) allows 25; in the example, what five did not mend twenty-five did not."""
GIVEN_UP = "withheld: beside the other tables it would tell too much of a few people"

Draws = Mapping[tuple[str, date], int]
"""By population and last day of the period, which draw its counts are rounded by; the first is 0."""


@dataclass
class Audited:
    """Figures in which the attacker finds nothing, and what that took."""

    safe: SafeFigures
    frozen: set[TableOfPeriod]
    """The tables that are published already and stay as they are."""
    draws: dict[tuple[str, date], int] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    """What was found on the way, and is found no more."""
    given_up: list[TableOfPeriod] = field(default_factory=list)

    def as_manifest(self) -> dict[str, object]:
        """For management's manifest: the findings, the draws they made necessary, and what was given up."""
        return {
            "findings": [f"{finding.kind}: {finding}" for finding in self.found],
            "draws": {
                f"{population} {end}": number for (population, end), number in sorted(self.draws.items())
            },
            "given_up": [in_words(table) for table in self.given_up],
        }


def audited(
    draw: Callable[[Draws], tuple[SafeFigures, set[TableOfPeriod]]],
    definitions: Mapping[str, MetricDefinition],
    rules: Rules,
    *,
    programme_start: date,
    needs_threshold: int,
    answers: Answers,
    log: logging.Logger,
) -> Audited:
    """Draw figures until the attacker finds nothing in them.

    `draw` gives the figures of the whole release and those of its tables that stay as they were released:
    these cannot be drawn again, and are known to the attacker. Where `DRAWS` draws of a population and day do
    not do, the table found most often is withheld for that period, and its draws begin anew. `answers` keeps
    what was asked before.
    """
    linked = Linked.of(definitions)
    read = _Reader(definitions, rules, programme_start)
    known: dict[object, list[Finding]] = {}
    links = sorted(linked.flows), sorted((name, sorted(kept)) for name, kept in linked.lasting.items())
    result = Audited(*draw({}))
    tries: Counter[tuple[str, date]] = Counter()
    often: Counter[TableOfPeriod] = Counter()
    rounds = 0

    def place(table: TableOfPeriod) -> tuple[str, date]:
        return definitions[table[0][0]].population, table[2]

    def findings_in(safe: SafeFigures, stays: Collection[TableOfPeriod]) -> list[Finding]:
        """What is found on the first day on which anything is: what is drawn anew moves the days after."""
        told, within = read.told_by(safe.figures)
        groups = [sorted(family, key=_place) for family in families(told, within)]
        asked = [(days, number) for number, family in enumerate(groups) for days in windows(family)]
        found: list[Finding] = []
        last = date.min
        for days, number in sorted(asked, key=lambda one: one[0][-1]):
            if found and days[-1] > last:
                break
            last = days[-1]
            counts = [count for count in groups[number] if count.end in days]
            if all(count.exact or count.table in stays for count in counts):
                continue  # published as they are, and nothing beside them that could be drawn again
            stay = tuple(sorted({count.table for count in counts}.intersection(stays)))
            window = Window(days, programme_start, needs_threshold, rules.count_minimum, stay)
            # Most draws leave most windows as they were.
            same = tuple(counts), within, window
            if same not in known:
                known[same] = answers.of(
                    (ATTACKER, (counts, sorted(within), links, window)),
                    partial(attack_day, groups[number], within, linked, window),
                    _findings,
                )
            found += known[same]
        return found

    while True:
        # What was given up is withheld: to draw it again changes nothing, as with what is released.
        stays = result.frozen.union(result.given_up)
        findings = findings_in(result.safe, stays)
        if not findings:
            if rounds:
                times = "once" if rounds == 1 else f"{rounds:,} times"
                log.info("Counts that could be told too nearly were drawn again, %s", times)
            answers.keep()
            return result
        result.found += findings
        rounds += 1
        shown = [t for finding in findings for t in finding.tables if t not in stays]
        if not shown:
            count = "1 count" if len(findings) == 1 else f"{len(findings)} counts"
            raise PublicationError(
                f"{count} can be told too nearly from what is released already, and to"
                " withhold what is new does not mend that. Nothing new is published; roll back to one before"
            )
        often.update(shown)
        for again in sorted({place(table) for table in shown}):
            tries[again] += 1
            result.draws[again] = result.draws.get(again, 0) + 1
            if tries[again] > DRAWS:
                worst = max((t for t in often if place(t) == again), key=lambda t: (often[t], t))
                result.given_up.append(worst)
                tries[again] = 0
                del often[worst]
        result.safe, result.frozen = draw(result.draws)
        result.safe.figures = withhold(result.safe.figures, result.given_up)
        result.safe.dropped_tables += [in_words(table) for table in result.given_up]
        result.safe.attempts += max(result.draws.values(), default=0)


class _Reader:
    """Figures as a reader has them: those of a period that are as they were are not read again.

    What the figures of one period tell hangs on no other period (`read_as_a_reader`).
    """

    def __init__(
        self, definitions: Mapping[str, MetricDefinition], rules: Rules, programme_start: date
    ) -> None:
        self._definitions, self._rules, self._programme_start = definitions, rules, programme_start
        self._read: dict[tuple[date, date], tuple[list[PublishedFigure], list[Told], set[Within]]] = {}

    def told_by(self, figures: Iterable[PublishedFigure]) -> tuple[list[Told], frozenset[Within]]:
        """The counts of all figures, and which are part of which."""
        of_period: dict[tuple[date, date], list[PublishedFigure]] = defaultdict(list)
        for figure in figures:
            start = self._programme_start if figure.period_type == "as_at" else figure.period_start
            of_period[start, figure.period_end].append(figure)
        for period, own in of_period.items():
            if period not in self._read or self._read[period][0] != own:
                told, within = read_as_a_reader(own, self._definitions, self._rules, self._programme_start)
                self._read[period] = own, told, within
        parts = [self._read[period] for period in of_period]
        return [count for _, told, _ in parts for count in told], frozenset().union(
            *(within for _, _, within in parts)
        )


def _place(count: Told) -> tuple[object, ...]:
    """What counts are sorted by: most are beside nothing, and nothing compares with no space."""
    return (*count[:-1], count.beside or ())


def withhold(figures: Iterable[PublishedFigure], tables: Collection[TableOfPeriod]) -> list[PublishedFigure]:
    """The figures, those of some tables without what they say."""
    return [
        replace(
            figure, value=None, lower=None, upper=None, numerator=None, denominator=None, people=None,
            mark=WITHHELD, note=GIVEN_UP,
        )
        if table_of(figure) in tables
        else figure
        for figure in figures
    ]  # fmt: skip


def _findings(entries: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """The findings of an answer that was kept."""
    return [
        Finding(
            entry["kind"],
            entry["what"],
            entry["low"],
            entry["high"],
            tuple(
                (
                    (metric_id, measure, period_type, tuple(dimensions)),
                    date.fromisoformat(start),
                    date.fromisoformat(end),
                )
                for (metric_id, measure, period_type, dimensions), start, end in entry["tables"]
            ),
        )
        for entry in entries
    ]


# Another attacker, or another solver, gives other answers.
ATTACKER = hashlib.sha256(
    b"".join(Path(__file__).with_name(name).read_bytes() for name in ("attack.py", "reader.py"))
    + version("highspy").encode()
).hexdigest()
