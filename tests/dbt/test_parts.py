"""A warehouse built a part of its people at a time is the one that is built at once."""

import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project import parts
from dagster_project.settings import ROOT, Settings
from dagster_project.transformation import build_warehouse, prepare_manifest, renew
from tests.dbt.landing_folder import LandedFile, Row, Workshop

# Each is a warehouse built four times (20 s each); `make endure` asks for more of them.
PROGRAMMES = int(os.environ.get("FLIC_TEST_RENEWALS", "1"))
DAYS = [date(2014, 12, 31), date(2015, 3, 31), date(2015, 6, 30)]
CLIENTS = [f"c{number:02}" for number in range(30)]


class Records:
    """What a system holds about invented clients, with what goes wrong in systems, by lot."""

    def __init__(self, lot: random.Random) -> None:
        self._lot = lot
        self.rows: dict[str, list[Row]] = {}

    def add(self, export: str, clients: Sequence[str], until: date, each: int) -> list[Row]:
        """Some new rows for each of some clients, and changes of some that are there; all that is new."""
        lot, known = self._lot, self.rows.setdefault(export, [])
        corrected = [self._changed(row, until) for row in lot.sample(known, len(known) // 12)]
        new = [self._row(export, client, until) for client in clients for _ in range(lot.randint(1, each))]
        # The same row twice, and two rows that differ under one reference.
        new += [dict(row) for row in lot.sample(new, len(new) // 15)]
        new += [self._changed(row, until) for row in lot.sample(new, len(new) // 15)]
        known += new
        return new + corrected

    def _day(self, until: date) -> str | None:
        day = until - timedelta(days=self._lot.randint(0, 300))
        return self._lot.choice(
            [*[f"{day:%d/%m/%Y}"] * 9, *[day.isoformat()] * 9, f"{day:%m/%d/%Y}", "soon", None]
        )

    def _changed(self, row: Row, until: date) -> Row:
        """Something else under the same key, another day, or another client: a correction."""
        lot = self._lot
        days = [name for name in row if name.endswith("_date")]
        others = {"area_1": "7", "item_1": "0", "amount": "3.00", "result": "attempted", "borough": "camden"}
        if (kept := [name for name in others if name in row]) and lot.random() < 0.5:
            return {**row, kept[0]: others[kept[0]]}
        if days and lot.random() < 0.6:
            return {**row, lot.choice(days): self._day(until)}
        return {**row, "client_id": lot.choice([*CLIENTS, None])}

    def _row(self, export: str, client: str, until: date) -> Row:
        lot = self._lot
        number = f"{export[0].upper()}{len(self.rows[export]):03}{lot.randint(0, 99)}"
        quarter = lot.choice(["2014-07-01", "2014-10-01", "2015-01-01"])
        found: dict[str, Row] = {
            "referrals": {
                "referral_id": number,
                "received_date": self._day(until),
                "borough": lot.choice(["camden", "islington"]),
                "need_mental_health": lot.choice(["yes", "no", None]),
                "decision": lot.choice(["accepted", "pending"]),
            },
            "caseload": {
                "episode_id": number,
                "referral_id": lot.choice([None, f"R{lot.randint(0, 40):03}{lot.randint(0, 99)}"]),
                "start_date": self._day(until),
                "end_date": lot.choice([None, None, self._day(until)]),
                "borough": lot.choice(["camden", "islington"]),
                "consent": lot.choice(["yes", "no", "withdrawn", None]),
                "consent_date": self._day(until),
                "lead_worker_id": lot.choice(["w1", "w2"]),
            },
            "outcome_stars": {
                "star_version": "homelessness_star",
                "completed_date": self._day(until),
                "completed_by": lot.choice(["together", "worker"]),
                "status": "approved",
                **{f"area_{area}": str(lot.randint(1, 10)) for area in range(1, lot.randint(2, 11))},
            },
            "ndta": {
                "assessed_date": self._day(until),
                **{f"item_{item}": str(2 * lot.randint(0, 2)) for item in range(1, lot.choice([9, 11]))},
            },
            "personal_budget": {
                "line_id": number,
                "status": "paid",
                "paid_date": self._day(until),
                "amount": lot.choice(["5.00", "12.50", "900", "five"]),
            },
            "contacts": {
                "contact_id": number,
                "contact_date": self._day(until),
                "result": lot.choice(["successful", "attempted"]),
            },
            "assignments": {
                "worker_id": lot.choice(["w1", "w2"]),
                "role": "lead",
                "from_date": self._day(until),
            },
            "service_use": {
                "quarter_start": quarter,
                "service": lot.choice(["arrest", "prison_night"]),
                "events": str(lot.randint(0, 5)),
            },
            "accommodation": {"quarter_start": quarter, "type": "hostel", "percent": "60"},
            "client_links": {
                "same_as": lot.choice(CLIENTS),
                "effective_date": (until - timedelta(days=lot.randint(-20, 90))).isoformat(),
            },
        }
        return {"client_id": lot.choice([*[client] * 40, None]), **found[export]}


def programme(seed: int) -> Iterator[LandedFile]:
    """Three rounds of exports: some send changes, some all there is; later ones are about few clients."""
    lot = random.Random(seed)
    records = Records(lot)
    exports = {
        **dict.fromkeys(("referrals", "assignments", "accommodation", "client_links"), 1),
        **dict.fromkeys(("caseload", "service_use"), 2),
        **dict.fromkeys(("outcome_stars", "ndta", "personal_budget", "contacts"), 4),
    }
    for day in DAYS:
        few = lot.sample(CLIENTS, 4)
        for export, each in exports.items():
            clients = few if day > DAYS[0] else lot.sample(CLIENTS, 3 if export == "client_links" else 22)
            if day > DAYS[0] and lot.random() < 0.4:
                continue
            new = records.add(export, clients, day, each)
            yield LandedFile(export, day, new if export not in FULL else records.rows[export])


# As a full extract changes where each of its rows stands, all of its clients are touched by it.
FULL = {"service_use", "client_links"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a contract by which nearly all exports are sent as changes."""
    root = tmp_path_factory.mktemp("changes")
    for part in ("dbt", "seeds"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("target", "logs"))
    sources = root / "seeds/fulfilling_lives/export_sources.csv"
    header, *lines = sources.read_text(encoding="utf-8").splitlines()
    sent = [
        line if line.split(",")[0] in FULL else ",".join([*line.split(",")[:-1], "delta"]) for line in lines
    ]
    sources.write_text("\n".join([header, *sent, ""]), encoding="utf-8")
    return root


@pytest.mark.parametrize("seed", range(PROGRAMMES))
def test_ranges_of_clients_and_what_new_loads_touch_make_what_is_built_at_once(
    seed: int,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Late corrections, records that move to another client, references that are linked or parted."""
    monkeypatch.setattr(parts, "LARGEST_PART", 1)
    workshop = Workshop(tmp_path / "somebody's data", tmp_path / "kept", project, whole_up_to=0)
    settings = workshop.settings
    workshop.land(*programme(seed))
    prepare_manifest(settings)

    def build(
        day: date, settings: Settings, name: str, by: Callable[[Settings], object] = build_warehouse
    ) -> Path:
        workshop.know(day, day)
        assert by(settings) is not None
        # What Dagster tells of a failure is read from the environment.
        assert os.environ["FLIC_DATA_DIR"] == str(settings.data_dir)
        assert list(settings.spill.iterdir()) == []
        return shutil.copyfile(settings.warehouse, tmp_path / name)

    with caplog.at_level("INFO"):
        ranges = build(DAYS[2], replace(settings, clients_at_once=11), "ranges.duckdb")
        # A load that is not known any more takes its rows with it. Of the others dbt's tests are asked too.
        back = build(DAYS[1], settings, "back.duckdb", by=renew)
        settings.warehouse.unlink()
        at_once = build(DAYS[1], settings, "at_once.duckdb")
        forward = build(DAYS[2], settings, "forward.duckdb")
    assert "Range 3 of" in caplog.text
    assert caplog.text.count("New loads touch") == 2
    assert "cannot be renewed" not in caplog.text
    assert differing(back, at_once) == []
    assert differing(forward, ranges) == []


def test_a_model_between_tables_of_people_has_to_say_so() -> None:
    """Built before them, it would hold what the part's people had before."""

    def node(name: str, *rests_on: str, **meta: str) -> dict[str, object]:
        return {
            "resource_type": "model",
            "name": name,
            "schema": "marts",
            "fqn": ["flic", "marts", name],
            "config": {"meta": meta, "materialized": "table"},
            "depends_on": {"nodes": list(rests_on)},
        }

    people = {
        "one": node("one", renewed_with="people"),
        "last": node("last", "between", renewed_with="people"),
    }
    marked = {**people, "between": node("between", "one", renewed_with="people")}
    assert parts.layers({"nodes": marked, "sources": {}}).after == []
    unmarked = {**people, "between": node("between", "one")}
    with pytest.raises(parts.UnmarkedModelError, match=r"^between: "):
        parts.layers({"nodes": unmarked, "sources": {}})


def differing(one: Path, other: Path) -> list[str]:
    """The tables of which two warehouses have not the same rows."""
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        tables = {
            name: set(
                connection.execute(
                    "select schema_name || '.' || table_name from duckdb_tables() where database_name = $1",
                    [name],
                ).fetchall()
            )
            for name in ("one", "other")
        }
        assert tables["one"] == tables["other"]
        return [
            table
            for (table,) in sorted(tables["one"])
            if connection.execute(
                f"(from one.{table} except all from other.{table})"
                f" union all (from other.{table} except all from one.{table})"
            ).fetchall()
        ]
