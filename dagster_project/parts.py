"""Building the warehouse a part of its people at a time: whom new loads touch, or a range of clients.

Belongs here: who is of a part, their share of landing as a data folder of its own, and its tables among those
of the whole. Does not belong here: running dbt (`transformation.py`). A part is built by the very models that
build the whole, from a landing folder with fewer rows, so that there is one SQL for all.

Which tables hold people, and which of their rows go with what, is said at the models (`meta.renewed_with`):

- `people`: all rows of whoever has any new row, as these tables say what the others need to know of a client;
- an export and a `record`: the records that stand in new loads, and those that are judged together with them:
  of one reference, or one person's of one day where the client is part of the key;
- an export alone: all rows of whoever has a new row in it.

Of somebody whose referrals, caseload or links changed all rows of all tables are made anew. Rows without a
client belong together as those of one more person, whose reference is empty.
"""

import hashlib
import logging
import math
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.settings import FlicError, Settings

logger = logging.getLogger("flic")

# Of landing's rows about people: with more of them in the part, to build the whole takes no longer.
LARGEST_PART = 0.5
PEOPLE = "people"
# What says who a client is and since when; what other exports hold is judged by it.
_OF_PEOPLE = ("referrals", "caseload")
# What landed as a reference, as the models read it (macro clean_text).
_CLEAN = r"nullif(trim(regexp_replace({}, '[ \t\n\f\r\x{{00A0}}]+', ' ', 'g')), '')"


def part_folder(settings: Settings) -> Path:
    """Where the part of a data folder lies; several may share a folder for what they spill."""
    name = hashlib.sha256(str(settings.data_dir).encode()).hexdigest()[:12]
    return settings.spill / f"part-{name}"


class UnmarkedModelError(FlicError):
    """A model between tables about people does not say which of its rows go with what."""


@dataclass(frozen=True)
class Table:
    """A table of the warehouse that holds people."""

    path: str
    """`schema.name`."""
    renewed_with: str
    record: str | None
    """The column with the record's key, where its rows go with single records."""

    @property
    def is_typed(self) -> bool:
        """Whether it holds the rows of files, refused ones and those without a key among them."""
        return self.path.startswith("staging.base_")


@dataclass(frozen=True)
class Layers:
    """What a renewal does with the seeds and models of the project, as dbt selects them."""

    before: Sequence[str]
    """All seeds, and the models that tables of people rest on without being one."""
    people: Sequence[str]
    """The models of people, and views between them."""
    after: Sequence[str]
    """All other models, and once more the views between."""
    tables: Sequence[Table]
    rested_on: Sequence[str]
    """The tables of `before`, by `schema.name`."""
    exports: Mapping[str, Mapping[str, Any]]
    """The exports with rows about people, as dbt knows them."""


def layers(manifest: Mapping[str, Any], folders: Collection[str] = ()) -> Layers:
    """Sort what dbt's manifest knows, or the seeds and the models of some folders.

    Raises `UnmarkedModelError`.
    """
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "seed"
        or (node["resource_type"] == "model" and (not folders or node["fqn"][1] in folders))
    }
    marked = sorted(key for key, node in nodes.items() if node["config"]["meta"].get("renewed_with"))
    upstream = set[str]()
    waiting = list(marked)
    while waiting:
        for parent in nodes[waiting.pop()]["depends_on"].get("nodes", []):
            if parent in nodes and parent not in upstream:
                upstream.add(parent)
                waiting.append(parent)
    views = {key for key in upstream if nodes[key]["config"]["materialized"] == "view"}
    people = views.union(marked)
    tables = [
        Table(f"{node['schema']}.{node['name']}", meta["renewed_with"], meta.get("record"))
        for node, meta in ((nodes[key], nodes[key]["config"]["meta"]) for key in marked)
    ]
    wanted = {*_OF_PEOPLE, *(table.renewed_with for table in tables)}
    if between := sorted(
        nodes[key]["name"]
        for key in upstream - people
        if people.intersection(nodes[key]["depends_on"].get("nodes", []))
    ):
        raise UnmarkedModelError(
            f"{', '.join(between)}: built from tables about people, and such rest on it; say at it what it is"
            " renewed with (meta.renewed_with)"
        )
    seeds = {key for key, node in nodes.items() if node["resource_type"] == "seed"}
    before = upstream - people - seeds
    return Layers(
        # By name alone a seed would be taken for a folder of models that is called like it.
        before=["resource_type:seed", *_selected(nodes, before)],
        people=_selected(nodes, people),
        after=_selected(nodes, nodes.keys() - seeds - before - set(marked)),
        rested_on=sorted(f"{nodes[key]['schema']}.{nodes[key]['name']}" for key in before | seeds),
        tables=tables,
        exports={
            source["name"]: source for source in manifest["sources"].values() if source["name"] in wanted
        },
    )


def _selected(nodes: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    return sorted(f"resource_type:model,{nodes[key]['name']}" for key in keys)


class Part:
    """A data folder with some of the people: their landed rows, and the warehouse that is built from them.

    It is gone after `close`. What DuckDB finds wrong with the warehouse is raised as its own error.
    """

    def __init__(self, settings: Settings, layers: Layers) -> None:
        self._settings = settings
        self._layers = layers
        self.folder = part_folder(settings)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        self._landing = self.folder / "landing"
        self._landing.mkdir()
        for folder in settings.landing.iterdir():
            if folder.is_dir() and folder.name not in layers.exports:
                (self._landing / folder.name).symlink_to(folder)

    def close(self) -> None:
        """Let go of the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Who is of the part, to be asked and written. Closed in between, as dbt may take as much memory."""
        with duckdb.connect(str(self.folder / "sets.duckdb")) as self._sets:
            self._run(f"set threads = 1; set memory_limit = '{self._settings.memory_limit}'")
            self._run(f"set temp_directory = {_quoted(self.folder)}")
            yield

    def _read_landing(self) -> None:
        """Landed rows by client, as the models before know them: views `landed_<export>`."""
        with self._warehouse():
            self._run(f"create table new_people as {_PEOPLE}")
            # Those of before stay: a load that is not known any more is read like the others.
            self._run(f"create table if not exists days as {_DAYS} limit 0")
            self._run(f"insert into days {_DAYS} except from days")
        for name, source in self._layers.exports.items():
            self._run(f"create view landed_{name} as {self._landed(name, source)}")

    def _hand_over(self) -> None:
        """Give the part's warehouse the tables that those of people rest on."""
        with self._warehouse(), self._attached("part", read_only=False):
            for schema in {path.partition(".")[0] for path in self._layers.rested_on}:
                self._run(f"create schema part.{schema}")
            for path in self._layers.rested_on:
                self._run(f"create table part.{path} as from warehouse.{path}")

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self._sets.execute(sql)

    def _count(self, rows: str) -> int:
        found = self._run(f"select count(*) from {rows}").fetchone()
        assert found is not None
        return found[0]

    @contextmanager
    def _warehouse(self, read_only: bool = True) -> Iterator[None]:
        with self._attached("warehouse", self._settings.warehouse, read_only):
            yield

    @contextmanager
    def _attached(self, name: str, path: Path | None = None, read_only: bool = True) -> Iterator[None]:
        file = path or self.folder / self._settings.warehouse.name
        self._run(f"attach {_quoted(file)} as {name}{' (read_only)' if read_only else ''}")
        try:
            yield
        finally:
            self._run(f"detach {name}")

    def _write(self, export: str, chosen: str) -> None:
        """The landed rows of an export that are of the part."""
        (self._landing / export).mkdir(exist_ok=True)
        self._run(
            f"copy (select * exclude (client, unit) from landed_{export} where {chosen})"
            f" to {_quoted(self._landing / export / 'rows.parquet')}"
        )

    def _landed(self, name: str, source: Mapping[str, Any]) -> str:
        """The landed rows of an export with `client`, and `unit`, which rows judged together share."""
        key = source["config"]["meta"]["key"]
        rows = self._files(name)
        client = "coalesce(landed.client_id, '')"
        if "client_id" not in key:
            unit = " || '|' || ".join(_CLEAN.format(f"landed.{column}") for column in key)
            return f"select landed.*, {client} as client, {unit} as unit from {rows} as landed"
        day = next(column for column in key if source["columns"][column]["config"]["meta"]["type"] == "date")
        return (
            f"select landed.*, {client} as client, concat(coalesce(person_id, {client}), '|',"
            f" coalesce(cast(days.value as varchar), landed.{day})) as unit from {rows} as landed"
            " left join new_people as persons on landed.client_id = persons.client_id"
            f" left join days on landed.load_id = days.load_id and days.column_name = '{day}'"
            f" and landed.{day} = days.cell"
        )

    def _files(self, name: str, landing: Path | None = None) -> str:
        return _files(landing or self._settings.landing, name)

    def _add(self, table: str, clients: str) -> bool:
        """Add clients to a table of them; whether there was one to add."""
        before = self._count(table)
        self._run(
            f"insert into {table} select distinct client from ({clients}) as found (client)"
            f" where client not in (from {table})"
        )
        return self._count(table) > before

    def _join_persons(self, table: str) -> bool:
        """Add the other references, of now and of before, of the persons in a table, however indirectly."""
        others = (
            "select others.client_id from people inner join people as others using (person_id)"
            f" where people.client_id in (from {table})"
        )
        joined = False
        while self._add(table, others):
            joined = True
        return joined


class Touched(Part):
    """The part that new loads touch, from before anything is built to its place in the warehouse.

    To make one takes away from the warehouse all tables that are built after those of people.
    """

    def __init__(self, settings: Settings, layers: Layers) -> None:
        super().__init__(settings, layers)
        self._by_record = {table.renewed_with for table in layers.tables if table.record}
        with self._opened():
            with self._warehouse():
                self._run(f"create table old_loads as {_LOADS}")
                self._run(f"create table old_people as {_PEOPLE}")
                self._run(f"create table days as {_DAYS}")
            with self._warehouse(read_only=False):
                # Made anew in the end. A renewal that is killed must not look like a warehouse.
                kept = {*layers.rested_on, *(table.path for table in layers.tables)}
                for path in self._tables() - kept:
                    self._run(f"drop table warehouse.{path}")

    def _tables(self) -> set[str]:
        found = self._run(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'warehouse'"
        )
        return {path for (path,) in found.fetchall()}

    def is_worthwhile(self) -> bool:
        """Find out whom the loads touch that `before` knows now, and make their data folder.

        False where they are too many (`LARGEST_PART`) or landing lost a load.
        """
        with self._opened():
            with self._warehouse():
                self._run(f"create table new_loads as {_LOADS}")
                if self._count(
                    f"old_loads where load_id not in (select load_id from {self._files('loads')})"
                ):
                    return False
            self._read_landing()
            self._touch()
            chosen, of_all = (
                sum(self._count(self._files(name, landing)) for name in self._layers.exports)
                for landing in (self._landing, self._settings.landing)
            )
            logger.info("New loads touch %d of %d rows about people.", chosen, of_all)
            if chosen > LARGEST_PART * of_all:
                return False
            self._hand_over()
            return True

    def put_in_place(self) -> None:
        """Put the rows of the part's tables in the place of theirs in the warehouse."""
        with self._opened(), self._warehouse(read_only=False), self._attached("part"):
            # Rows of files first: which records the others lose is read off them.
            for table in sorted(self._layers.tables, key=lambda table: not table.is_typed):
                columns = [
                    name
                    for (name,) in self._run(
                        "select column_name from duckdb_columns() where database_name = 'warehouse'"
                        f" and schema_name || '.' || table_name = '{table.path}'"
                    ).fetchall()
                ]
                client = next(name for name in ("client_key", "client_id") if name in columns)
                if table.record is None:
                    gone = f"coalesce({client}, '') in (from {self._clients(table.renewed_with)})"
                elif table.is_typed:
                    gone = (
                        f"(load_id, source_line) in (select (load_id, source_line) from part.{table.path})"
                        f" or {self._is_new(table.renewed_with)}"
                    )
                    self._run(
                        f"create table records_{table.renewed_with} as select distinct {table.record}"
                        f" from warehouse.{table.path} where {table.record} is not null and ({gone})"
                    )
                else:
                    gone = f"{table.record} in (from records_{table.renewed_with})"
                self._run(f"delete from warehouse.{table.path} where {gone}")
                self._run(f"insert into warehouse.{table.path} by name from part.{table.path}")
            self._run("checkpoint warehouse")

    def _touch(self) -> None:
        """Find the clients and records that new loads touch, and write their landed rows."""
        self._run(
            "create table loads as select distinct load_id, export from"
            " ((from new_loads except from old_loads) union all (from old_loads except from new_loads))"
        )
        self._run("create table people as from new_people union from old_people")
        self._run(
            "create table changed as select distinct client_id as client from"
            " ((from new_people except from old_people) union all (from old_people except from new_people))"
            " union select ''"
        )
        for name in _OF_PEOPLE:
            self._add("changed", f"select client from landed_{name} where {self._is_new(name)}")
        self._enclose("changed")
        self._run("create table context as from changed")
        for name in self._layers.exports.keys() - set(_OF_PEOPLE):
            if name in self._by_record:
                self._run(
                    f"create table units_{name} as select distinct unit from landed_{name}"
                    f" where unit is not null and ({self._is_new(name)} or client in (from changed))"
                )
            else:
                self._run(f"create table clients_{name} as from changed")
                self._add(f"clients_{name}", f"select client from landed_{name} where {self._is_new(name)}")
                self._join_persons(f"clients_{name}")
            self._write(name, self._chosen(name))
            self._add("context", f"select coalesce(client_id, '') from {self._files(name, self._landing)}")
        self._enclose("context")
        for name in _OF_PEOPLE:
            self._write(name, self._chosen(name))

    def _is_new(self, export: str) -> str:
        """The condition that a row is of a load that came, went or counts otherwise than before."""
        return f"load_id in (select load_id from loads where export = '{export}')"

    def _chosen(self, export: str) -> str:
        """The condition that a landed row is of the part."""
        if export in self._by_record:
            return f"({self._is_new(export)} or client in (from changed) or unit in (from units_{export}))"
        return f"client in (from {self._clients(export)})"

    def _clients(self, renewed_with: str) -> str:
        return "context" if renewed_with in {PEOPLE, *_OF_PEOPLE} else f"clients_{renewed_with}"

    def _enclose(self, table: str) -> None:
        """Add whoever has a referral or an episode of the same reference as somebody in a table, too.

        Of two different rows with one reference in a file neither counts, and a later file may give a record
        to another client: such clients are judged together.
        """
        more = True
        while more:
            more = self._join_persons(table)
            for name in _OF_PEOPLE:
                more |= self._add(
                    table,
                    f"select client from landed_{name} where unit in"
                    f" (select unit from landed_{name} where unit is not null and client in (from {table}))",
                )


class Ranges(Part):
    """All people, a range of clients at a time, so that memory holds them however many there are."""

    def divide(self, clients_at_once: int) -> int:
        """Find out who is of which range; returns how many there are.

        Whose records share a reference with somebody else's are judged together, and so all of one range.
        """
        with self._opened():
            self._read_landing()
            self._run("create table people as from new_people")
            self._run("create table entangled as select '' as client")
            for name, source in self._layers.exports.items():
                if "client_id" not in source["config"]["meta"]["key"]:
                    self._add(
                        "entangled",
                        f"select client from landed_{name} where unit in (select unit from landed_{name}"
                        " where unit is not null group by unit having min(client) <> max(client))",
                    )
            self._join_persons("entangled")
            everybody = " union ".join(f"select client from landed_{name}" for name in self._layers.exports)
            self._run(f"create table clients as {everybody}")
            ranges = max(1, math.ceil(self._count("clients") / clients_at_once))
            self._run(
                "create table ranges as select client, case when client in (from entangled) then 0"
                f" else hash(coalesce(person_id, client)) % {ranges} end as range"
                " from clients left join new_people as persons on client = persons.client_id"
            )
            return ranges

    def take(self, number: int) -> None:
        """Make the data folder of one range in the place of the one before."""
        with self._opened():
            (self.folder / self._settings.warehouse.name).unlink(missing_ok=True)
            for name in self._layers.exports:
                self._write(name, f"client in (select client from ranges where range = {number})")
            self._hand_over()

    def add(self) -> None:
        """Add the rows of the range's tables to those of the warehouse."""
        with self._opened(), self._warehouse(read_only=False), self._attached("part"):
            for table in self._layers.tables:
                self._run(f"create schema if not exists warehouse.{table.path.partition('.')[0]}")
                self._run(
                    f"create table if not exists warehouse.{table.path} as from part.{table.path} limit 0"
                )
                self._run(f"insert into warehouse.{table.path} by name from part.{table.path}")


def count_of_clients(settings: Settings) -> int:
    """How many references of clients stand in the landed referrals."""
    with duckdb.connect() as connection:
        [(count,)] = connection.execute(
            f"select count(distinct client_id) from {_files(settings.landing, 'referrals')}"
        ).fetchall()
    return count


def _files(landing: Path, name: str) -> str:
    return f"read_parquet({_quoted(landing / name / '*.parquet')}, union_by_name = true)"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


# A load that is not the current one any more changes nothing about the rows of an export of changes.
_LOADS = """
    select
        loads.load_id,
        loads.export,
        loads.extract_date,
        loads.load_number,
        exports.extract = 'full' and loads.is_current as is_current
    from warehouse.staging.stg_loads as loads
    inner join warehouse.staging.stg_exports as exports using (export)
    where loads.load_number is not null
"""
_PEOPLE = "select client_id, person_id from warehouse.staging.stg_people"
_DAYS = "select load_id, column_name, cell, value from warehouse.staging.base_dates"
