"""An independent count of the example exports in plain Python, to hold the product against.

Belongs here: reading the files of `tests/example_inbox` and counting every metric from the words of
the specification. Does not belong here: anything of the product. No import from it, no SQL, no seed: what a
spelling means, which row is refused and who counts is written down once more, on purpose.

    python -m tests.expected.recount 2015-05-31 [KNOWN_BY]

prints the figures of one as-at day.
"""

from __future__ import annotations

import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.expected import practice_rules
from tests.expected.cells import Refused, as_day, as_money, as_reference, grid, meant, squeezed, table

EXAMPLES = Path(__file__).resolve().parents[1] / "example_inbox"
PROGRAMME_START = date(2014, 6, 1)
# (metric_id, measure, period_type, period_end, pairs of dimension and category in alphabetical order)
Key = tuple[str, str, str, date, tuple[tuple[str, str], ...]]
# A number, or None where a figure is expressly not given.
Figures = dict[Key, Any]
Row = dict[str, Any]


# Reading ------------------------------------------------------------------------------------------

NEEDS = ("supported_housing", "criminal_justice", "substance_misuse", "mental_health", "primary_health_care")
AREAS = tuple(f"area_{number}" for number in range(1, 11))

# Every header of the example files, squeezed to small letters and digits as the canonical names are.
HEADERS = {
    "referrals": {
        "referral_id": "referralref", "client_id": "clientref uniqueid",
        "received_date": "referraldate referralreceived",
        "referrer_agency": "referringagency", "referrer_sector": "referralsource sector",
        "borough": "localauthority",
        "need_supported_housing": "supportedhousing", "need_criminal_justice": "criminaljustice",
        "need_substance_misuse": "substancemisuse", "need_mental_health": "mentalhealth",
        "need_primary_health_care": "primaryhealthcare", "acknowledged_date": "dateacknowledged",
        "decision": "referraloutcome referraldecision", "decision_date": "dateofdecision",
        "feedback_date": "feedbacktoreferrer",
    },
    "caseload": {
        "episode_id": "caseref", "client_id": "clientref uniqueid", "referral_id": "referralref",
        "start_date": "datestarted supportstartdate", "allocated_date": "dateallocated",
        "first_contact_date": "firstcontact", "end_date": "dateclosed supportenddate",
        "destination": "closurereason dest",
        "lead_worker_id": "leadworker servicecoordinator", "second_worker_id": "secondworker",
        "third_worker_id": "thirdworker", "borough": "localauthority", "birth_year": "yearofbirth",
        "sex": "gender",
        "ethnicity": "ethnicorigin ethnicgroup", "accommodation_at_start": "accommodation",
        "consent": "consentgiven",
        "consent_date": "dateofconsent", "eligibility_override_reason": "overridereason",
    },
    "outcome_stars": {
        "client_id": "clientref uniqueid", "star_version": "star", "completed_date": "dateofreading",
        "completed_by": "", "status": "", **dict.fromkeys(AREAS, ""),
        "area": "outcomearea", "score": "areascore",
    },
    "personal_budget": {
        "line_id": "lineno", "client_id": "clientref uniqueid", "status": "",
        "requested_date": "daterequested",
        "agreed_date": "dateagreed", "paid_date": "datepaid", "amount": "amount", "category": "budgetheading",
        "outcome_agreed": "outcomecode",
    },
}  # fmt: skip
KEYS = {
    "referrals": ("referral_id",),
    "caseload": ("episode_id",),
    "outcome_stars": ("client_id", "star_version", "completed_date", "completed_by"),
    "personal_budget": ("line_id",),
}
REQUIRED = {
    "referrals": ("referral_id", "client_id", "received_date", "borough"),
    "caseload": ("episode_id", "client_id", "start_date", "borough"),
    "outcome_stars": ("client_id", "star_version", "completed_date"),
    "personal_budget": ("line_id", "client_id", "amount"),
}
HEADERS |= {
    export: {column: cell.header for column, cell in cells.items()}
    for export, cells in practice_rules.CELLS.items()
}
TRAILER = re.compile(r"^(grand )?totals?\b|^confidential", re.IGNORECASE)


def export_of(path: Path) -> tuple[str, date, int]:
    """Kind of export, extract date and revision from the file's name."""
    found = re.fullmatch(r"(\w+?)_(\d{4}-\d\d-\d\d)(?:_v(\d+))?", path.stem)
    if found is None:
        raise ValueError(f"not the name of an export: {path.name}")
    return found[1], date.fromisoformat(found[2]), int(found[3] or 1)


def raw_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Line number and cells by canonical name, for each row that is data."""
    export = export_of(path)[0]
    names = {
        header: column
        for column, others in HEADERS[export].items()
        for header in (squeezed(column), *others.split())
    }
    columns: list[str | None] = []
    for line, cells in grid(path):
        if not columns:
            # The first line in which most of the export's columns are named is the header.
            named = [names.get(squeezed(cell)) for cell in cells]
            is_long = {"area", "score"} <= set(named)
            if is_long or sum(name is not None for name in named) >= len(HEADERS[export]) * 0.6:
                columns = named
            continue
        texts = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
        filled = [cell for cell in texts if cell != ""]
        # A line of text alone is a remark, not a record.
        if len(filled) > 1 and not TRAILER.match(str(filled[0])):
            yield line, {name: cell for name, cell in zip(columns, texts, strict=False) if name}
    if not columns:
        raise ValueError(f"no header found in {path.name}")


# Meaning of words -----------------------------------------------------------------------------------------

ANSWERS = table("yes: y; no: n; unknown: n/k, not known")
BOROUGHS = table(
    "islington: LB Islington, Islington Council, London Borough of Islington;"
    "camden: LB Camden, Camden Council, London Borough of Camden"
)
DECISIONS = table(
    "accepted: accept; not_eligible: ineligible; declined_by_client: client declined;"
    "withdrawn: referral withdrawn; signposted: signposted elsewhere; duplicate: duplicate referral;"
    "not_stated: n/k, not recorded, unknown;"
    "pending: awaiting decision"
)
# What the cohort counts an end as.
ENDED_AS = table(
    "moved_on: 2, no longer requires support; lost_contact: 3, disengaged, disengaged with project;"
    "died: deceased; other: prison, in prison, custody, moved out of area, moved away, other support,"
    " transferred to other support"
)
SEXES = table("female: f; male: m; other: non-binary; not_known: n/k, unknown")
SECTORS = table(
    "housing: homelessness, hostel; health: GP, hospital; mental_health: CMHT; "
    "substance_misuse: drug and alcohol; criminal_justice: probation, police;"
    "social_care: adult social care; voluntary: third sector;"
    "outreach: street outreach; self_referral; other; not_known"
)
GROUPS = table(
    "white: white british, british, white irish, irish, white other, other white, any other white background,"
    " white: any other white background;"
    "black: african, black african, black or black british african, caribbean, black caribbean,"
    " black or black british caribbean, black other, any other black background;"
    "asian: bangladeshi, asian bangladeshi, asian or asian british bangladeshi, indian, asian indian,"
    " asian or asian british indian;"
    "mixed: white and black caribbean, mixed white and black caribbean, mixed other,"
    " any other mixed background;"
    "other: other ethnic group, any other ethnic group; not_known: n/k, not stated, refused"
)
CATEGORIES = table(
    "rent_and_deposit: rent deposit, deposit;"
    "furniture_and_household: household goods, furniture & household; clothing: clothes;"
    "phone: phone credit; travel: travel card; food: lunch;"
    "identity_documents: ID, birth certificate, passport; health_and_wellbeing: gym;"
    "leisure: activities, hobbies;education_and_training: training, course; other; not_known"
)
CONSENTS = table("yes: y, given; no: n, refused; withdrawn; not_asked: not asked, not asked yet")
VERSIONS = table("homelessness_star: HOS; recovery_star: recovery; home_star: home")
PEOPLE_WHO_SCORE = table("together: worker and client; worker; client")
STAR_STATES = table("approved: worker-approved; draft: in draft")
LINE_STATES = table("requested; agreed; paid; refused; refunded")


# Rows ---------------------------------------------------------------------------------------------


def typed(export: str, cells: Row) -> Row:
    """One row with its meanings. Raises Refused with the class of the first reason against it."""
    row: Row = {}
    for column, cell in cells.items():
        if column.endswith("_date"):
            row[column] = as_day(cell)
        elif column in ("client_id", "referral_id", "episode_id", "line_id"):
            row[column] = as_reference(cell)
        elif column == "amount":
            row[column] = as_money(cell)
        elif column == "score":
            if str(cell) not in ("", "999") and not re.fullmatch(r"-?\d+", str(cell)):
                raise Refused("invalid_number")
            row[column] = None if str(cell) in ("", "999") else int(str(cell))
            if row[column] is not None and not 1 <= row[column] <= 10:
                raise Refused("out_of_range")
        elif column == "area":
            row[column] = meant({squeezed(area): area for area in AREAS}, cell)
        elif column in AREAS:
            row[column] = int(str(cell)) if re.fullmatch(r"[1-9]|10", str(cell)) else None
        elif column.startswith("need_"):
            row[column.removeprefix("need_")] = meant(ANSWERS, cell, "unknown")
        elif column == "birth_year":
            row[column] = None if str(cell) in ("", "999") else int(str(cell))
        elif column in WORDS[export]:
            words, otherwise = WORDS[export][column]
            row[column] = meant(words, cell, otherwise)
    if any(row.get(column) is None for column in REQUIRED[export]):
        raise Refused("missing_required")
    start, end = row.get("start_date"), row.get("end_date")
    if isinstance(start, date) and isinstance(end, date) and end < start:
        raise Refused("date_order")
    return row


WORDS: dict[str, dict[str, tuple[dict[str, str], str | None]]] = {
    "referrals": {
        "borough": (BOROUGHS, None),
        "decision": (DECISIONS, None),
        "referrer_sector": (SECTORS, "not_known"),
    },
    "caseload": {
        "borough": (BOROUGHS, None),
        "destination": (ENDED_AS, "other"),
        "consent": (CONSENTS, "not_asked"),
        "sex": (SEXES, "not_known"),
        "ethnicity": (GROUPS, "not_known"),
    },
    "outcome_stars": {
        "star_version": (VERSIONS, None),
        "completed_by": (PEOPLE_WHO_SCORE, ""),
        "status": (STAR_STATES, ""),
    },
    "personal_budget": {"status": (LINE_STATES, ""), "category": (CATEGORIES, "not_known")},
}


@dataclass
class FileRead:
    """What one file gives: its good rows, and the lines that must not load with the class of their reason."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    emptied: list[tuple[int, str]] = field(default_factory=list)
    judged: list[practice_rules.Judged] = field(default_factory=list)
    """Every row, of the exports beside the heart only."""


@cache
def read(path: Path) -> FileRead:
    """Reads a file on its own; whether its clients are known is judged in `turned_away`."""
    export, extract_day, _ = export_of(path)
    result = FileRead()
    if export in practice_rules.CELLS:
        result.judged = practice_rules.judge_file(export, list(raw_rows(path)), extract_day)
        for found in result.judged:
            result.refused += [(found.line, reason) for reason in sorted(found.reasons)]
            if not found.reasons:
                result.rows.append((found.line, found.row))
                result.emptied += [(found.line, column) for column in found.emptied]
        return result
    good: dict[tuple[object, ...], list[tuple[int, Row]]] = defaultdict(list)
    for line, cells in raw_rows(path):
        try:
            row = typed(export, cells)
        except Refused as refusal:
            result.refused.append((line, str(refusal)))
            continue
        # A Star in the long form has a row for each area.
        good[tuple(row.get(column) for column in (*KEYS[export], "area"))].append(
            (line, row | {"as_it_stands": cells})
        )
    for same_key in good.values():
        if all(row == same_key[0][1] for _, row in same_key):
            result.rows.append(same_key[0])
            result.refused += [(line, "exact_duplicate") for line, _ in same_key[1:]]
        else:
            result.refused += [(line, "conflicting_duplicate") for line, _ in same_key]
    result.rows.sort(key=lambda pair: pair[0])
    return result


def exports_in(folder: Path) -> list[Path]:
    """The export files of a folder."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".xlsx"))


def known_extracts(folder: Path, known_by: date) -> dict[str, Path]:
    """Per export its latest extract (then highest revision) up to a day of knowledge."""
    current: dict[str, Path] = {}
    for path in exports_in(folder):
        export, day, _ = export_of(path)
        if day <= known_by and (
            export not in current or export_of(path)[1:] > export_of(current[export])[1:]
        ):
            current[export] = path
    return current


@dataclass
class Known:
    """The records that the current extracts give."""

    rows: dict[str, list[Row]]
    links: list[Row] = field(default_factory=list)
    once_given: set[str] = field(default_factory=set)
    """Whom any caseload so far says to consent, also one that no longer counts."""


def known_records(folder: Path, known_by: date) -> Known:
    """Everything that counts at a day of knowledge."""
    current = known_extracts(folder, known_by)
    found = Known({export: [] for export in KEYS})
    for export in ("referrals", "caseload"):
        if export in current:
            found.rows[export] = [row for _, row in read(current[export]).rows]
    for export in ("outcome_stars", "personal_budget"):
        if export in current:
            away = {line for _, line, _ in turned_away(current[export], folder, known_by)}
            found.rows[export] = [row for line, row in read(current[export]).rows if line not in away]
    found.rows["outcome_stars"] = readings_of(found.rows["outcome_stars"])
    if "client_links" in current:
        found.links = [row for _, row in read(current["client_links"]).rows]
    for path in exports_in(folder):
        export, day, _ = export_of(path)
        if export == "caseload" and day <= known_by:
            found.once_given |= {
                str(row["client_id"]) for _, row in read(path).rows if row.get("consent") == "yes"
            }
    return found


@cache
def first_referrals(folder: Path, day: date) -> dict[str, date | None]:
    """Everybody whom the extracts of a day know, with the day of their first referral."""
    current = known_extracts(folder, day)
    found: dict[str, date | None] = {}
    for export in ("caseload", "referrals"):
        for _, row in read(current[export]).rows if export in current else []:
            client, received = str(row["client_id"]), row.get("received_date")
            earlier = found.get(client)
            found[client] = min(filter(None, (received, earlier)), default=None)
    return found


@cache
def turned_away(path: Path, folder: Path, known_by: date) -> list[tuple[str, int, str]]:
    """Lines of a file that must not load for what the referrals and caseload known by a day say."""
    export = export_of(path)[0]
    found = []
    if export in ("outcome_stars", "personal_budget", *practice_rules.OF_CLIENTS):
        clients = first_referrals(folder, known_by)
        for line, row in read(path).rows:
            if row["client_id"] not in clients:
                found.append((path.name, line, "unknown_client"))
                continue
            first = clients[row["client_id"]]
            if export == "ndta" and first and row["assessed_date"] < first - timedelta(days=30):
                found.append((path.name, line, "date_order"))
    return found


def readings_of(rows: list[Row]) -> list[Row]:
    """Stars with their ten areas, whether they came in one row or in one for each area."""
    readings: dict[tuple[object, ...], Row] = {}
    for row in rows:
        if "area" not in row:
            readings[tuple(row[column] for column in KEYS["outcome_stars"])] = row
            continue
        key = tuple(row[column] for column in KEYS["outcome_stars"])
        reading = readings.setdefault(key, row | dict.fromkeys(AREAS))
        reading[str(row["area"])] = row["score"]
    return list(readings.values())


def persons(links: list[Row], as_at: date) -> dict[str, str]:
    """For each reference that was merged by a day, the one that stays, over as many links as there are."""
    merged = {str(row["client_id"]): str(row["same_as"]) for row in links if row["effective_date"] <= as_at}
    stays = {}
    for reference in merged:
        kept = merged[reference]
        while kept in merged:
            kept = merged[kept]
        stays[reference] = kept
    return stays


def of_persons(known: Known, as_at: date) -> Known:
    """The same records with one reference for each person."""
    stays = persons(known.links, as_at)
    rows = {
        export: [row | {"client_id": stays.get(str(row["client_id"]), row["client_id"])} for row in found]
        for export, found in known.rows.items()
    }
    return Known(rows, known.links, {stays.get(client, client) for client in known.once_given})


def refused_lines(folder: Path = EXAMPLES) -> set[tuple[str, int, str]]:
    """(file, line, class of reason) of every line that must not load, each file at its own extract date."""
    lines = {(path.name, line, reason) for path in exports_in(folder) for line, reason in read(path).refused}
    for path in exports_in(folder):
        lines.update(turned_away(path, folder, export_of(path)[1]))
    return lines


def blanked_cells(folder: Path = EXAMPLES) -> set[tuple[str, int, str]]:
    """(file, line, area) of every star area that holds something other than 1 to 10, blank or 999."""
    return {
        (path.name, line, area)
        for path in exports_in(folder)
        if export_of(path)[0] == "outcome_stars"
        for line, row in read(path).rows
        if "area" not in row
        for area in AREAS
        if row[area] is None and str(row["as_it_stands"][area]) not in ("", "999")
    } | {(path.name, line, column) for path in exports_in(folder) for line, column in read(path).emptied}


def accounts(folder: Path = EXAMPLES) -> dict[str, tuple[int, int, int, int, int]]:
    """By file: its rows, and how many of them are loaded, duplicate, rejected and skipped (no data)."""
    refused: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, line, reason in refused_lines(folder):
        refused[name][line].add(reason)
    found = {}
    for path in exports_in(folder):
        lines, data = len(grid(path)), len(list(raw_rows(path)))
        twice = sum(reasons == {"exact_duplicate"} for reasons in refused[path.name].values())
        bad = len(refused[path.name]) - twice
        found[path.name] = (lines, data - twice - bad, twice, bad, lines - data)
    return found


def sums(export: str, column: str, folder: Path = EXAMPLES) -> dict[str, dict[str, Decimal]]:
    """By file: the sum of a column in its loaded, duplicate and rejected rows, and in all of them."""
    refused = {(name, line) for name, line, _ in refused_lines(folder)}
    found: dict[str, dict[str, Decimal]] = {}
    for path in exports_in(folder):
        if export_of(path)[0] == export:
            own: dict[str, Decimal] = dict.fromkeys(("loaded", "duplicate", "rejected", "file"), Decimal(0))
            for judged in read(path).judged:
                amount = judged.read[column] or Decimal(0)
                fate = "rejected" if (path.name, judged.line) in refused else "loaded"
                own["duplicate" if judged.reasons == {"exact_duplicate"} else fate] += amount
                own["file"] += amount
            found[path.name] = own
    return found


def practice_rows(export: str, known_by: date = date.max, folder: Path = EXAMPLES) -> list[Row]:
    """The rows of an export beside the heart that count at a day of knowledge, unknown clients left out."""
    refused = {(name, line) for name, line, _ in refused_lines(folder)}
    files = []
    for path in exports_in(folder):
        name, day, revision = export_of(path)
        if name == export and day <= known_by:
            judged = [found for found in read(path).judged if (path.name, found.line) not in refused]
            files.append((day, revision, judged))
    return practice_rules.latest(files, export)


def vanished(folder: Path = EXAMPLES) -> Counter[str]:
    """How many records once taken in the latest full extract lacks, even as refused rows; by export."""
    latest_files = set(known_extracts(folder, date.max).values())
    keys: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    current: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for path in exports_in(folder):
        export = export_of(path)[0]
        if export in practice_rules.CELLS and export not in practice_rules.DELTAS:
            columns = practice_rules.KEYS[export]
            away = {line for _, line, _ in turned_away(path, folder, date.max)}
            for judged in read(path).judged:
                key = tuple(judged.read[column] for column in columns)
                if None in key:
                    continue
                if path in latest_files:
                    current[export].add(key)
                elif not judged.reasons and judged.line not in away:
                    keys[export].add(key)
    return Counter({export: len(keys[export] - current[export]) for export in keys})


# People and events --------------------------------------------------------------------------------


@dataclass
class Episode:
    """A time of support with its attributes at the start."""

    client: str
    start: date
    end: date | None
    ended_as: str
    attributes: dict[str, str]
    needs: tuple[str, ...]

    def open_on(self, day: date) -> bool:
        """Open at the end of a day."""
        return self.start <= day and (self.end is None or self.end > day)

    def open_within(self, first: date, last: date) -> bool:
        """Open at the end of at least one day of a period."""
        return any(self.open_on(max(first, day)) for day in (self.start, first) if day <= last)


AGE_BANDS = ((16, 24), (25, 34), (35, 44), (45, 54), (55, 64))


def age_band(start: date, birth_year: object) -> str:
    """Age at the start of support from the year of birth alone."""
    if not isinstance(birth_year, int):
        return "not_known"
    age = start.year - birth_year
    return next((f"{low}_to_{high}" for low, high in AGE_BANDS if low <= age <= high), "65_and_over")


def episodes_of(known: Known) -> list[Episode]:
    """All episodes, by start; needs come from the linked referral, else the client's latest by then."""
    by_id = {row["referral_id"]: row for row in known.rows["referrals"]}
    episodes = []
    for row in known.rows["caseload"]:
        start, end = row["start_date"], row.get("end_date")
        assert isinstance(start, date)
        referral = by_id.get(row.get("referral_id"))
        if referral is None:
            earlier = [r for r in known.rows["referrals"]
                       if r["client_id"] == row["client_id"] and r["received_date"] <= start]  # fmt: skip
            referral = max(earlier, key=lambda r: (r["received_date"], r["referral_id"]), default=None)
        answers = {need: referral[need] for need in NEEDS} if referral else {}
        needs = tuple(need for need, answer in answers.items() if answer == "yes")
        all_known = referral is not None and "unknown" not in answers.values()
        attributes = {
            "borough": str(row["borough"]),
            "sex": str(row["sex"]),
            "age_band": age_band(start, row.get("birth_year")),
            "ethnicity_group": str(row["ethnicity"]),
            "domain_count": str(len(needs)) if all_known else "not_known",
            "start_cohort": f"{start.year}-H{1 if start.month <= 6 else 2}",
        }
        episodes.append(
            Episode(
                str(row["client_id"]),
                start,
                end if isinstance(end, date) else None,
                str(row["destination"]),
                attributes,
                needs,
            )
        )
    return sorted(episodes, key=lambda episode: (episode.start, episode.client))


def periods(as_at: date) -> list[tuple[str, date, date]]:
    """(period_type, first day, last day shown) of each month, quarter, year and the programme to a day."""
    found = [("programme", PROGRAMME_START, as_at)]
    for period_type, months in (("month", 1), ("quarter", 3), ("year", 12)):
        # Quarters start in January, April, ..., years in April: April 2014 begins the first of both.
        year, month = 2014, 6 if months == 1 else 4
        while (first := date(year, month, 1)) <= as_at:
            year, month = year + (month + months - 1) // 12, (month + months - 1) % 12 + 1
            last = date(year, month, 1) - timedelta(days=1)
            found.append((period_type, max(first, PROGRAMME_START), min(last, as_at)))
    return found


# Figures ------------------------------------------------------------------------------------------


class Count:
    """Collects figures."""

    def __init__(self, as_at: date) -> None:
        self.as_at = as_at
        self.figures: Figures = {}

    def put(
        self, metric: str, measure: str, period_type: str, end: date, value: float | None, **cell: str
    ) -> None:
        """One figure, with its cell as dimension=category; None where there is expressly none."""
        self.figures[metric, measure, period_type, end, tuple(sorted(cell.items()))] = value

    def people(
        self, metric: str, period_type: str, end: date, who: Iterable[tuple[str, dict[str, str]]]
    ) -> None:
        """Counts of distinct people by cell: nobody counts twice in one."""
        cells: dict[tuple[tuple[str, str], ...], set[str]] = defaultdict(set)
        for client, cell in who:
            cells[tuple(sorted(cell.items()))].add(client)
        for cell, clients in cells.items():
            self.put(metric, "count", period_type, end, len(clients), **dict(cell))

    def events(
        self, metric: str, period_type: str, end: date, what: Iterable[tuple[str, dict[str, str]]]
    ) -> None:
        """Counts of events by cell, whoever they happen to."""
        cells = Counter(tuple(sorted(cell.items())) for _, cell in what)
        for cell, number in cells.items():
            self.put(metric, "count", period_type, end, number, **dict(cell))

    def share(self, metric: str, period_type: str, end: date, part: float, whole: float, **cell: str) -> None:
        """A share; none where nobody is beneath it."""
        if whole:
            self.put(metric, "share", period_type, end, part / whole, **cell)


def split(episodes: Iterable[Episode], *breakdowns: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each person in all and in each cell of the breakdowns (`a*b` crosses two); needs overlap."""
    for episode in episodes:
        yield episode.client, {}
        for breakdown in breakdowns:
            names = breakdown.split("*")
            own = {name: episode.attributes[name] for name in names if name != "need_domain"}
            for need in episode.needs if "need_domain" in names else [""]:
                yield episode.client, own | ({"need_domain": need} if need else {})


def count_referrals(count: Count, known: Known) -> None:
    """referrals_received, referral_status, acceptance_rate."""
    received = [row for row in known.rows["referrals"] if row["received_date"] <= count.as_at]
    for period_type, first, last in periods(count.as_at):
        sums: dict[tuple[str, ...], int] = defaultdict(int)
        for row in received:
            if first <= row["received_date"] <= last:
                for cell in ((), ("borough",), ("referrer_sector",), ("borough", "referrer_sector")):
                    sums[tuple(f"{name}={row[name]}" for name in cell)] += 1
        for cell, number in sums.items():
            pairs = dict(pair.split("=") for pair in cell)
            count.put("referrals_received", "count", period_type, last, number, **pairs)
    statuses = [(status_on(row, count.as_at), row) for row in received]
    for names in ((), ("borough",), ("referrer_sector",)):
        cells: dict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
        for status, row in statuses:
            cells[tuple((name, str(row[name])) for name in names)].append(status)
        for cell, found in cells.items():
            if names != ("referrer_sector",):
                for status in set(found):
                    value = found.count(status)
                    count.put(
                        "referral_status", "count", "as_at", count.as_at, value, status=status, **dict(cell)
                    )
            undecided = ("awaiting", "not_stated", "duplicate")
            decided = len([status for status in found if status not in undecided])
            accepted = found.count("accepted")
            count.share("acceptance_rate", "programme", count.as_at, accepted, decided, **dict(cell))
            if names != ("referrer_sector",):
                count.put("acceptance_rate", "count", "programme", count.as_at, accepted, **dict(cell))


def status_on(referral: Row, day: date) -> str:
    """Where a referral stood at the end of a day."""
    decision, decided = referral.get("decision"), referral.get("decision_date")
    if isinstance(decided, date) and decided > day:
        return "awaiting"
    if decision is None:
        return "awaiting" if decided is None else "not_stated"
    return "awaiting" if decision == "pending" else str(decision)


def count_caseload(count: Count, episodes: list[Episode]) -> None:
    """starts, ends, open_caseload, needs_at_start, cohort_status, moved_on."""
    profile = ("sex", "age_band", "ethnicity_group", "need_domain")
    for period_type, first, last in periods(count.as_at):
        wanted = ("borough", *profile) if period_type == "programme" else ("borough",)
        started = [e for e in episodes if first <= e.start <= last]
        ended = [e for e in episodes if e.end and first <= e.end <= last]
        # Who comes back starts again: only so do opening, starts and ends give the closing caseload.
        count.events("starts", period_type, last, split(started, *wanted))
        count.events("ends", period_type, last, split(ended, *wanted))
    is_open = [e for e in episodes if e.open_on(count.as_at)]
    wanted = ("borough", *profile, "borough*sex", "borough*need_domain")
    count.people("open_caseload", "as_at", count.as_at, split(is_open, *wanted))

    careers: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        if episode.start <= count.as_at:
            careers[episode.client].append(episode)
    first_starts = [career[0] for career in careers.values()]
    wanted = (*profile, "domain_count", *(f"need_domain*{name}" for name in profile[:3]))
    count.people("needs_at_start", "programme", count.as_at, split(first_starts, *wanted))

    where: list[tuple[str, dict[str, str]]] = []
    for client, career in careers.items():
        if any(episode.open_on(count.as_at) for episode in career):
            status = "open"
        else:
            status = max(career, key=lambda e: (e.end or date.min, e.start)).ended_as
        cohort = career[0].attributes["start_cohort"]
        where += [
            (client, {"cohort_status": status}),
            (client, {"cohort_status": status, "start_cohort": cohort}),
        ]
    count.people("cohort_status", "as_at", count.as_at, where)

    ends = [e.ended_as for e in episodes if e.end and e.end <= count.as_at]
    alive = [ended_as for ended_as in ends if ended_as != "died"]
    for name, counted in (("all_ends", ends), ("ends_without_deaths", alive)):
        moved_on = counted.count("moved_on")
        count.share("moved_on", "programme", count.as_at, moved_on, len(counted), ends_counted=name)


def withdrew_consent(known: Known) -> set[str]:
    """Who said yes to sharing once and says no now; the first no of several records is enough."""
    answers: dict[str, set[object]] = defaultdict(set)
    for row in known.rows["caseload"]:
        answers[str(row["client_id"])].add(row.get("consent"))
    return {
        client
        for client, own in answers.items()
        if "withdrawn" in own or ("no" in own and client in known.once_given)
    }


def readings_in_use(known: Known, as_at: date) -> dict[str, list[Row]]:
    """By person who has started, in order of their days: approved readings of the star used most."""
    started = {str(row["client_id"]) for row in known.rows["caseload"] if row["start_date"] <= as_at}
    started -= withdrew_consent(known)
    valid = [
        row
        for row in known.rows["outcome_stars"]
        if row["status"] == "approved"
        and any(row[area] is not None for area in AREAS)
        and row["completed_date"] <= as_at
        and row["client_id"] in started
    ]
    versions = [str(row["star_version"]) for row in valid]
    in_use = max(sorted(set(versions)), key=versions.count, default="")
    readings: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(valid, key=lambda row: row["completed_date"]):
        if row["star_version"] == in_use:
            readings[str(row["client_id"])].append(row)
    return dict(readings)


def count_stars(count: Count, known: Known, episodes: list[Episode]) -> None:
    """star_coverage, star_first_profile."""
    readings = readings_in_use(known, count.as_at)
    coverage: list[tuple[str, dict[str, str]]] = []
    for episode in episodes:
        if episode.open_on(count.as_at):
            number = len(readings.get(episode.client, []))
            cell = {"readings": "3_or_more" if number >= 3 else str(number)}
            coverage += [
                (episode.client, cell),
                (episode.client, cell | {"borough": episode.attributes["borough"]}),
            ]
    count.people("star_coverage", "as_at", count.as_at, coverage)

    profile: list[tuple[str, dict[str, str]]] = []
    for client, own in readings.items():
        for area in AREAS:
            first = own[0][area]
            if isinstance(first, int):
                profile.append((client, {"star_area": area, "stage": f"stage_{(first + 1) // 2}"}))
    count.people("star_first_profile", "as_at", count.as_at, profile)


def count_budget(count: Count, known: Known, episodes: list[Episode]) -> None:
    """budget_spent, budget_people, budget_allowance_used."""
    paid = []
    for row in known.rows["personal_budget"]:
        if row["status"] in ("paid", "refunded") and row["paid_date"]:
            # The borough of the support that began last before the money went out.
            before = [e for e in episodes if e.client == row["client_id"] and e.start <= row["paid_date"]]
            paid.append(row | {"borough": before[-1].attributes["borough"] if before else "not_known"})
    for period_type, first, last in periods(count.as_at):
        if period_type == "month":
            continue
        lines = [row for row in paid if first <= row["paid_date"] <= last]
        was_open = [e for e in episodes if e.open_within(first, last)]
        breakdowns: tuple[tuple[str, ...], ...] = ((), ("borough",), ("category",))
        for names in breakdowns:
            cells: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
            for row in lines:
                for name in names or ("",):
                    cells[str(row[name]) if name else ""][str(row["client_id"])] += row["amount"]
            everybody = [e.attributes["borough"] for e in was_open] if names == ("borough",) else [""]
            for category in {*cells, *everybody} if names != ("category",) else set(cells):
                cell = dict.fromkeys(names, category)
                net = cells[category]
                spending = {client: amount for client, amount in net.items() if amount > 0}
                count.put("budget_spent", "total_gbp", period_type, last, float(sum(net.values())), **cell)
                if spending:
                    mean = float(sum(spending.values())) / len(spending)
                    count.put("budget_spent", "mean", period_type, last, mean, **cell)
                    middle = float(statistics.median(spending.values()))
                    count.put("budget_spent", "median", period_type, last, middle, **cell)
        count_budget_people(count, period_type, last, lines, was_open, episodes)
        if period_type == "year":
            spent = float(sum((row["amount"] for row in lines), Decimal(0)))
            allowed = allowance(was_open, first, last)
            count.share("budget_allowance_used", "year", last, spent, allowed)


def count_budget_people(
    count: Count,
    period_type: str,
    last: date,
    lines: list[Row],
    was_open: list[Episode],
    episodes: list[Episode],
) -> None:
    """budget_people: each person in one borough, that of the support that began last by the period's end."""
    net: dict[str, Decimal] = defaultdict(Decimal)
    for row in lines:
        net[str(row["client_id"])] += row["amount"]
    spending = {client for client, amount in net.items() if amount > 0}
    there = {episode.client for episode in was_open}
    # In order of their starts: the last one wins.
    home = {e.client: str(e.attributes["borough"]) for e in episodes if e.start <= last}
    boroughs = {home.get(client, "not_known") for client in spending | there}
    for cell in ({}, *({"borough": borough} for borough in boroughs)):
        here = {c for c in spending | there if not cell or home.get(c, "not_known") == cell["borough"]}
        count.put("budget_people", "count", period_type, last, len(spending & here), **cell)
        count.share(
            "budget_people", period_type, last, len(spending & there & here), len(there & here), **cell
        )


def allowance(was_open: list[Episode], first: date, last: date) -> float:
    """Pounds that people open in a budget year may spend, each to the penny: joiners from their month on,
    leavers all.
    """
    year_start = date(first.year, 4, 1)
    months: dict[str, int] = {}
    for episode in was_open:
        joined = 12 if episode.start < year_start else 12 - (episode.start.month - 4) % 12
        months[episode.client] = max(joined, months.get(episode.client, 0))
    return sum(round(1000 * number / 12, 2) for number in months.values())


def recount(
    as_at: date, known_by: date | None = None, folder: Path = EXAMPLES, merged_by: date | None = None
) -> Figures:
    """Every figure as at a day, from the extracts up to `known_by` (default: all).

    Two references are one person if they were merged by `merged_by` (default: the as-at day). A release that
    tells of earlier days counts persons alike on all, or starts less ends would not bridge the days.
    Counts that are zero may be absent; money in pounds, shares from 0 to 1. Period figures end at
    `period_end`, the last day shown; states stand at `as_at`.
    """
    # They build on this module.
    from tests.expected import (
        recount_contacts,
        recount_housing,
        recount_learning,
        recount_money,
        recount_ndta,
        recount_referrals,
        recount_stars,
    )
    from tests.expected.support import practice_of

    known = of_persons(known_records(folder, known_by or date.max), merged_by or as_at)
    episodes = episodes_of(known)
    count = Count(as_at)
    count_referrals(count, known)
    count_caseload(count, episodes)
    count_stars(count, known, episodes)
    count_budget(count, known, episodes)
    practice = practice_of(known, merged_by or as_at, known_by, folder)
    recount_referrals.count_referrals_and_waits(count, known, practice)
    recount_contacts.count_support(count, known, practice)
    recount_housing.count_outcomes(count, known, practice)
    recount_stars.count_star_metrics(count, known)
    recount_ndta.count_ndta_metrics(count, known, practice)
    recount_money.count_money(count, known, practice)
    recount_learning.count_learning(count, practice)
    return count.figures


if __name__ == "__main__":
    day, *knowledge = [date.fromisoformat(argument) for argument in sys.argv[1:]]
    for key, value in sorted(recount(day, max(knowledge, default=None)).items()):
        metric, measure, period_type, end, cell = key
        print(
            metric,
            measure,
            period_type,
            end,
            *(f"{name}={category}" for name, category in cell),
            f"{value:g}",
        )
