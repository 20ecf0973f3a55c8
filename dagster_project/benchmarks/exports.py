"""Invented core exports of any number of clients, for measuring alone: the same for the same seed.

Each client has one referral, 1.2 episodes on average, six Outcomes Star readings of ten areas, eight NDTA, 30
lines of personal budget and 25 contacts. Dates have the day first. Rows stand in the order in which a system
writes them down, so one client's lie far apart. Nobody in them exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

PROGRAMME_START = date(2014, 6, 1)
EXTRACT_DATE = date(2015, 6, 30)
LAST_MONTH = date(2015, 5, 31)
_DAY = "strftime({}, '%d/%m/%Y')"


@dataclass(frozen=True)
class _Export:
    """The columns of one export by name, over `clients` and a number `k` of each client's rows."""

    columns: dict[str, str]
    rows: str
    """The numbers `k` for which a client has a row."""
    day: str
    """The day from which on the system knows of a row."""
    where: str = "true"


def _lot(salt: str, below: int) -> str:
    """An expression for a whole number from 0 below `below`, by lot for each client and row."""
    return f"cast(hash($seed, i, k, '{salt}') % {below} as integer)"


def _one_of(salt: str, *values: str) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"[{listed}][1 + {_lot(salt, len(values))}]"


def _spread(rows: int) -> str:
    """A day for each of a client's `rows`, evenly from the first start to the last day of support."""
    return f"started + cast(floor(k * (last_day - started) / {rows}.0) as integer)"


# A client's own days. Everybody started at least four months before the extract; who came back did so too.
_CLIENTS = f"""
    select
        i,
        received,
        started,
        is_ended,
        is_ended and hash($seed, i, 'again') % 2 = 0 as is_back,
        case when is_ended then started + 60 + cast(hash($seed, i, 'length') % 50 as integer) else $until end
            as last_day
    from (
        select
            i,
            received,
            received + 7 + cast(hash($seed, i, 'wait') % 60 as integer) as started,
            hash($seed, i, 'ended') % 5 < 2 as is_ended
        from (
            select
                i,
                date '{PROGRAMME_START}' + cast(hash($seed, i, 'received') % 180 as integer) as received
            from range($first, $last) as clients (i)
        )
    )
"""

_EXPORTS = {
    "referrals": _Export(
        {
            "referral_id": "printf('R%08d', i)",
            "client_id": "printf('C%08d', i)",
            "received_date": _DAY.format("received"),
            "referrer_agency": f"printf('Agency %d', {_lot('agency', 40)})",
            "referrer_sector": _one_of("sector", "housing", "health", "criminal_justice", "outreach"),
            "borough": _one_of("borough", "Islington", "Camden"),
            **{
                f"need_{need}": _one_of(need, "yes", "yes", "yes", "yes", "no")
                for need in (
                    *("supported_housing", "criminal_justice", "substance_misuse", "mental_health"),
                    "primary_health_care",
                )
            },
            "acknowledged_date": _DAY.format("received + 1"),
            "decision": "'accepted'",
            "decision_date": _DAY.format("received + 3"),
            "feedback_date": _DAY.format("received + 5"),
        },
        "range(1)",
        "received",
    ),
    "caseload": _Export(
        {
            "episode_id": "printf('E%08d-%d', i, k)",
            "client_id": "printf('C%08d', i)",
            "referral_id": "case when k = 0 then printf('R%08d', i) end",
            "start_date": _DAY.format("case when k = 0 then started else last_day + 30 end"),
            "allocated_date": _DAY.format("case when k = 0 then started - 2 else last_day + 28 end"),
            "first_contact_date": _DAY.format("case when k = 0 then started - 1 else last_day + 29 end"),
            "end_date": f"case when k = 0 and is_ended then {_DAY.format('last_day')} end",
            "destination": (
                f"case when k = 0 and is_ended then {_one_of('end', 'disengaged', 'other', 'prison')} end"
            ),
            "lead_worker_id": "printf('W%06d', i // 10)",
            "borough": _one_of("borough", "Islington", "Camden"),
            "birth_year": f"cast(1955 + {_lot('birth', 40)} as varchar)",
            "sex": _one_of("sex", "female", "male", "male"),
            "ethnicity": _one_of("ethnicity", "white_british", "caribbean", "african", "white_irish"),
            "accommodation_at_start": _one_of("home", "hostel", "rough_sleeping", "social_tenancy"),
            "consent": "'yes'",
            "consent_date": _DAY.format("started"),
        },
        "range(2)",
        "case when k = 0 then started else last_day + 30 end",
        "(k = 0 or is_back)",
    ),
    "outcome_stars": _Export(
        {
            "client_id": "printf('C%08d', i)",
            "star_version": "'homelessness_star'",
            "completed_date": _DAY.format(_spread(6)),
            "completed_by": _one_of("by", "together", "worker"),
            "status": "'approved'",
            **{f"area_{area}": f"cast(1 + {_lot(f'area{area}', 10)} as varchar)" for area in range(1, 11)},
        },
        "range(6)",
        _spread(6),
    ),
    "ndta": _Export(
        {
            "client_id": "printf('C%08d', i)",
            "assessed_date": _DAY.format(_spread(8)),
            **{
                f"item_{item}": f"cast({2 if item in (4, 5) else 1} * {_lot(f'item{item}', 5)} as varchar)"
                for item in range(1, 11)
            },
        },
        "range(8)",
        _spread(8),
    ),
    "personal_budget": _Export(
        {
            "line_id": "printf('B%08d-%02d', i, k)",
            "client_id": "printf('C%08d', i)",
            "status": "'paid'",
            "requested_date": _DAY.format(_spread(30)),
            "agreed_date": _DAY.format(_spread(30)),
            "paid_date": _DAY.format(_spread(30)),
            "amount": f"printf('%d.%02d', 5 + {_lot('pounds', 50)}, {_lot('pence', 100)})",
            "category": _one_of("category", "food", "travel", "clothing", "phone", "leisure"),
            "outcome_agreed": "'OUT-1'",
        },
        "range(30)",
        _spread(30),
    ),
    "contacts": _Export(
        {
            "contact_id": "printf('K%08d-%02d', i, k)",
            "client_id": "printf('C%08d', i)",
            "contact_date": _DAY.format(_spread(25)),
            "result": _one_of("result", "successful", "successful", "attempted"),
            "setting": _one_of("setting", "street", "cafe", "home", "telephone"),
            "initiated_by": _one_of("initiated", "worker", "client"),
            "worker_id": "printf('W%06d', i // 10)",
            "peer_mentor_present": _one_of("peer", "yes", "no", "no", "no"),
        },
        "range(25)",
        _spread(25),
    ),
}
NAMES = tuple(_EXPORTS)


def write_exports(folder: Path, clients: int, seed: int = 1) -> Iterator[Path]:
    """Write the six exports as at `EXTRACT_DATE` into `folder`, one after the other, and name each."""
    yield from _write(folder, clients, seed, EXTRACT_DATE, "true")


def write_changes(folder: Path, clients: int, seed: int = 1) -> Iterator[Path]:
    """Write the same rows as two files of changes an export: up to `LAST_MONTH`, and what came after it.

    The second holds a row in two hundred of the first once more, as if something had been put right in it.
    """
    again = "(k + 7 * i) % 200 = 0"
    for day, where in (
        (LAST_MONTH, "day <= $last_month"),
        (EXTRACT_DATE, f"(day > $last_month or {again})"),
    ):
        yield from _write(folder, clients, seed, day, where)


def _write(folder: Path, clients: int, seed: int, extract_date: date, where: str) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "seed": seed,
        "first": 0,
        "last": clients,
        "until": EXTRACT_DATE - timedelta(days=1),
        **({"last_month": LAST_MONTH} if "$last_month" in where else {}),
    }
    with duckdb.connect() as connection:
        for name, export in _EXPORTS.items():
            path = folder / f"{name}_{extract_date}.csv"
            columns = ", ".join(f"{expression} as {column}" for column, expression in export.columns.items())
            # By row number first: a system adds what happens to the end of its list.
            connection.execute(
                f"copy (with clients as ({_CLIENTS}) select {columns}"
                f" from (select *, {export.day} as day from {export.rows} as rows (k) cross join clients)"
                f" where {export.where} and {where} order by k, i) to '{path}' (header, delimiter ',')",
                values,
            )
            yield path
