"""Exports of an invented national programme of several areas: two files, from a seed.

All of it is synthetic; the areas are those of the profile `national`.
"""

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path

from tests.pipeline.programme import ROOT, Programme

START, AS_AT = date(2014, 6, 1), date(2014, 12, 31)
NEEDS = ("supported_housing", "criminal_justice", "substance_misuse", "mental_health", "primary_health_care")


class National(Programme):
    """A programme under the profile of several areas."""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"FLIC_PROFILE": "national"}


def areas() -> list[dict[str, str]]:
    """The rows of the profile's seed, in order."""
    with (ROOT / "seeds" / "national" / "areas.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_exports(folder: Path, people_of: Sequence[int], seed: int = 1, as_at: date = AS_AT) -> list[Path]:
    """Referrals and caseload as at a day, with so many supported people in each of the first areas.

    One referral in four is refused. Every third row of the caseload names its area by the label, and every
    seventh not at all: then the referral does.
    """
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    referrals: list[dict[str, object]] = []
    episodes: list[dict[str, object]] = []
    written = cycle(range(21))
    numbered = [area for area, people in zip(areas(), people_of, strict=False) for _ in range(people)]
    for number, area in enumerate(numbered):
        accepted = START + timedelta(days=chance.randrange((as_at - START).days - 40))
        needs = chance.sample(NEEDS, chance.choice((4, 4, 5)))
        for refused in range(1 + (chance.random() < 0.25)):
            received = accepted + timedelta(days=refused)
            referrals.append(
                {
                    "referral_id": f"R-{number}-{refused}",
                    "client_id": f"SU-{number}" if not refused else f"SU-refused-{number}",
                    "received_date": received,
                    "referrer_sector": chance.choice(("housing", "health", "criminal_justice")),
                    "borough": "not known",
                    "programme_area": area["area"],
                    **{f"need_{need}": "yes" if need in needs else "no" for need in NEEDS},
                    "decision": "not_eligible" if refused else "accepted",
                    "decision_date": received + timedelta(days=chance.randrange(20)),
                }
            )
        start = accepted + timedelta(days=chance.randrange(20, 40))
        end = start + timedelta(days=chance.randrange(90, 900))
        place = next(written)
        episodes.append(
            {
                "episode_id": f"E-{number}",
                "client_id": f"SU-{number}",
                "referral_id": f"R-{number}-0",
                "start_date": start,
                "end_date": end if end <= as_at else "",
                "destination": chance.choice(("no_longer_requires_support", "disengaged"))
                if end <= as_at
                else "",
                "borough": "not known",
                "programme_area": "" if place % 7 == 0 else area["label"] if place % 3 == 0 else area["area"],
                "birth_year": chance.randrange(1955, 1996),
                "sex": chance.choices(("female", "male"), (35, 65))[0],
                "ethnicity": chance.choices(("white_british", "black_other", "indian"), (70, 20, 10))[0],
            }
        )
    found = []
    for name, rows in (("referrals", referrals), ("caseload", episodes)):
        found.append(folder / f"{name}_{as_at}.csv")
        with found[-1].open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return found
