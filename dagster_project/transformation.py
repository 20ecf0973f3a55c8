"""The dbt project as Dagster assets and checks, run in this process by dbt's own runner.

Belongs here: invoking dbt, and turning what each node did into Dagster's events. What the models mean
stands in `dbt/`; what becomes of their figures in `publication/`.

One in-process invocation a refresh: a `dbt` process of its own costs several seconds of start-up each time.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from dagster_project.fingerprint import of_product
from dagster_project.parts import Layers, Ranges, Touched, count_of_clients, layers, part_folder
from dagster_project.settings import FlicError, Settings
from dagster_project.spark import copy_tables, start_session

logger = logging.getLogger("flic")

# DuckDB quotes the offending value in these, and Spark in any of its own; a log is no place for it.
_ERRORS_THAT_QUOTE_VALUES = re.compile(
    r"(Conversion|Constraint|Invalid Input|Out of Range) Error|(?-i:\[[A-Z]+_[A-Z_.]+\])", re.IGNORECASE
)


# The tag of tests whose rows are of seeds, and what is told of these.
SEEDS_TAG = "seeds"
NOBODYS_TAG = "about_nobody"
_TOLD_ROWS = 5
# The fingerprint of the product that built a warehouse in which many people stand.
_RESTS_ON = "warehouse_rests_on"
_UNTESTED = (
    "build",
    *("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"),
    "--select",
)
_LONGEST_TOLD = 80


class TransformationError(FlicError):
    """dbt could not build the warehouse, or a stopping rule failed; nothing may be published from it."""


class Translator(DagsterDbtTranslator):
    """Groups assets by dbt's layers, so that the graph reads like the folders."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer (`staging`, `intermediate`, `marts`, `metrics`) or `seeds`."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return dbt_resource_props["fqn"][1]

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`schema/name`, as the table is called in the warehouse."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])


def dbt_environment(settings: Settings) -> None:
    """Give dbt what it reads of this machine, and switch its statistics off."""
    os.environ["FLIC_DATA_DIR"] = str(settings.data_dir)
    os.environ["FLIC_PROFILE"] = settings.profile
    os.environ["FLIC_MEMORY_LIMIT"] = settings.memory_limit
    os.environ["FLIC_SPILL_DIR"] = str(settings.spill)
    os.environ["FLIC_WHOLE_UP_TO"] = str(settings.whole_up_to)
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"


def invoke_dbt(
    settings: Settings, arguments: Sequence[str], callbacks: Sequence[Any] = (), manifest: Any = None
) -> Any:
    """Run dbt in this process and let go of the warehouse file; returns dbt's own result object.

    With a manifest, as dbt's `parse` returns one, the project is not read again.
    """
    # dbt takes a second and a half to import; the command line's short answers do not need it.
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    dbt_environment(settings)
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    try:
        return dbtRunner(manifest=manifest, callbacks=list(callbacks)).invoke(
            [
                *arguments,
                "--project-dir",
                str(settings.dbt_dir),
                "--profiles-dir",
                str(settings.dbt_dir),
                "--target",
                settings.engine,
                "--target-path",
                str(settings.dbt_target),
                # dbt's own words can quote a cell; what failed is told by us (_safe_message).
                "--log-level",
                "none",
                "--log-level-file",
                "none",
                "--no-version-check",
            ]
        )
    finally:
        # The runner keeps its connection after it returns, and with it the lock on the file.
        reset_adapters()
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()


def manifest_path(settings: Settings) -> Path:
    """dbt's manifest, which the asset graph is read from."""
    return settings.dbt_target / "manifest.json"


def prepare_manifest(settings: Settings) -> None:
    """Parse the dbt project if its manifest is missing, cut off or older than any of its files."""
    manifest = manifest_path(settings)
    if _is_whole(manifest):
        made = manifest.stat().st_mtime
        sources = [
            *settings.dbt_dir.rglob("*"),
            *settings.common_seeds_dir.rglob("*"),
            *settings.seeds_dir.rglob("*"),
        ]
        if not any(
            # A folder too: it is as old as the last file that was taken out of it.
            "target" not in path.parts and path.stat().st_mtime > made
            for path in sources
        ):
            return
    logger.info("Reading the dbt project ...")
    result = invoke_dbt(settings, ["parse"])
    if not result.success:
        raise TransformationError(f"the dbt project does not parse: {result.exception}")


def _is_whole(manifest: Path) -> bool:
    """Whether there is a manifest that can be read: dbt leaves a part of one where the disk was full."""
    try:
        json.loads(manifest.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return True


def remove_warehouse(settings: Settings) -> None:
    """Remove the former warehouse and what it spilt: all is built from landing, old files can only do harm.

    Damage inside a file shows when a page of it is read, which may be in the midst of a build or not at all;
    what a killed run left in the log beside it would be carried over. Raises `TransformationError` when
    another program holds the file open.
    """
    if settings.warehouse.exists():
        try:
            duckdb.connect(str(settings.warehouse)).close()
        except duckdb.Error as error:
            if "Could not set lock" in str(error):
                raise TransformationError(
                    "another program holds the warehouse open; close it and run again"
                ) from None
            logger.warning("The warehouse file does not open; it is built anew from landing.")
    for name in (_RESTS_ON, settings.warehouse.name, f"{settings.warehouse.name}.wal"):
        settings.warehouse.with_name(name).unlink(missing_ok=True)
    settings.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in settings.spill.glob("duckdb_temp_*"):
        leftover.unlink()
    shutil.rmtree(part_folder(settings), ignore_errors=True)


def _safe_message(node_name: str, message: str | None) -> str:
    """One line about a failed node that quotes no value of a row."""
    text = " ".join((message or "").split())
    kind = _ERRORS_THAT_QUOTE_VALUES.search(text)
    if kind:
        return f"{node_name}: {kind.group(0)} (the value is not repeated here)"
    return f"{node_name}: {text[:300]}"


def _asked(node: Any) -> str:
    """What a test that failed asks, in its own words: the comment that its SQL begins with."""
    lines = (getattr(node, "raw_code", None) or "").splitlines()
    words = " ".join(line[2:].strip() for line in takewhile(lambda line: line.startswith("--"), lines))
    return f"a rule does not hold ({words.rstrip('.')}): " if words else ""


def _told_rows(settings: Settings, node: Any) -> str:
    """What a failed test found, where its rows are of seeds (attached to one, or tagged) or about nobody.

    Rows of any other test may be about people, and are never told. Spark is not asked again.
    """
    test = node.node
    is_of_seed = (getattr(test, "attached_node", None) or "").startswith("seed.")
    may_be_told = is_of_seed or not {SEEDS_TAG, NOBODYS_TAG}.isdisjoint(test.tags)
    if str(node.status) not in {"fail", "warn"} or not may_be_told or settings.engine == "spark":
        return ""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        found = warehouse.execute(f"select * from (\n{test.compiled_code}\n) order by all")
        names = [column[0] for column in found.description]
        rows = found.fetchall()
    told = [
        ", ".join(
            f"{name} {str(value)[:_LONGEST_TOLD]}"
            for name, value in zip(names, row, strict=True)
            if value is not None
        )
        for row in rows[:_TOLD_ROWS]
    ]
    more = [f"and {len(rows) - _TOLD_ROWS} more"] if len(rows) > _TOLD_ROWS else []
    return ": " + "; ".join([*told, *more])


def build_warehouse(settings: Settings, select: Sequence[str] = ()) -> list[Any]:
    """Seeds, models and data tests, or those selected; returns dbt's results, one a node.

    Where the warehouse of before rests on the same program and seeds and many people stand in it
    (`Settings.whole_up_to`), only what new loads touch is made anew; of more clients than memory may hold
    (`Settings.clients_at_once`) a range is built at a time. Raises `TransformationError` with the nodes that
    failed, unless nothing failed. Unit tests are left to the test suite: they say something about the code,
    not about today's data.
    """
    clients = 0 if select or settings.engine == "spark" else count_of_clients(settings)
    product = of_product(settings) if clients > settings.whole_up_to else None
    nodes = None
    if product is not None and _rests_on(settings) == product:
        nodes = renew(settings)
    if nodes is None and clients > settings.clients_at_once:
        nodes = build_in_ranges(settings)
    if nodes is not None:
        nodes += _run(settings, ["test", "--exclude-resource-type", "unit_test"])
    else:
        remove_warehouse(settings)
        if settings.engine == "spark":
            start_session()
        chosen = ["--select", *select, "--indirect-selection", "cautious"] if select else []
        nodes = _run(settings, ["build", "--exclude-resource-type", "unit_test", *chosen])
    if settings.engine == "spark":
        copy_tables(settings)
    for node in nodes:
        if str(node.status) == "warn":
            logger.warning("%s%s%s", _asked(node.node), node.node.name, _told_rows(settings, node))
    tests = sum(node.node.resource_type == "test" for node in nodes)
    logger.info("Warehouse built: %d tables and %d checks passed.", len(nodes) - tests, tests)
    if product is not None:
        settings.warehouse.with_name(_RESTS_ON).write_text(product)
    # A view is made in each part and in the whole.
    return [*{node.node.unique_id: node for node in nodes}.values()]


def _run(settings: Settings, arguments: Sequence[str], manifest: Any = None) -> list[Any]:
    """One invocation of dbt; raises `TransformationError` with the nodes that failed."""
    done = 0

    def progress(event: Any) -> None:
        nonlocal done
        if event.info.name in {"LogModelResult", "LogSeedResult"}:
            done += 1
            if done % 20 == 0:
                logger.info("  %d tables built ...", done)

    # The manifest is that of `prepare_manifest`; to write it twice more takes as long as a hundred checks.
    result = invoke_dbt(settings, [*arguments, "--no-write-json"], [progress], manifest)
    nodes = list(getattr(result.result, "results", None) or [])
    if not result.success:
        failed = [node for node in nodes if str(node.status) in {"error", "fail", "runtime error"}]
        reasons = [
            _asked(node.node) + _safe_message(node.node.name, node.message) + _told_rows(settings, node)
            for node in failed
        ]
        raise TransformationError("; ".join(reasons) or f"dbt did not run: {result.exception}")
    return nodes


def _rests_on(settings: Settings) -> str | None:
    """The product by which the warehouse of before was built as a whole or renewed, if that ended well."""
    mark = settings.warehouse.with_name(_RESTS_ON)
    return mark.read_text() if mark.exists() and settings.warehouse.exists() else None


def renew(settings: Settings, folders: Collection[str] = ()) -> list[Any] | None:
    """Renew the tables of the warehouse, or of some folders of models; returns dbt's results, one a node.

    None where all must be built, because much is new or the warehouse of before is damaged. Whatever breaks
    it off leaves no mark, and the next refresh builds all. Nothing is tested.
    """
    settings.warehouse.with_name(_RESTS_ON).unlink(missing_ok=True)
    project, manifest = _project(settings, folders)
    part = None
    try:
        part = Touched(settings, project)
        nodes = _run(settings, [*_UNTESTED, *project.before], manifest)
        if not part.is_worthwhile():
            return None
        nodes += _run(_inside(part.folder, settings), [*_UNTESTED, *project.people], manifest)
        part.put_in_place()
        return nodes + _run(settings, [*_UNTESTED, *project.after], manifest)
    except (duckdb.Error, TransformationError) as error:
        logger.warning(
            "The warehouse of before cannot be renewed and is built anew: %s", type(error).__name__
        )
        return None
    finally:
        if part is not None:
            part.close()
        # This process is not to take the part's folder for its own.
        dbt_environment(settings)


def build_in_ranges(settings: Settings, folders: Collection[str] = ()) -> list[Any]:
    """Build all tables, or those of some folders of models, a range of clients at a time, without tests.

    Returns dbt's results; of a model of people those of the last range. Raises `TransformationError`.
    """
    remove_warehouse(settings)
    project, manifest = _project(settings, folders)
    nodes = _run(settings, [*_UNTESTED, *project.before], manifest)
    part = None
    try:
        part = Ranges(settings, project)
        ranges = part.divide(settings.clients_at_once)
        of_people = []
        for number in range(ranges):
            logger.info("Range %d of %d of the clients ...", number + 1, ranges)
            part.take(number)
            of_people = _run(_inside(part.folder, settings), [*_UNTESTED, *project.people], manifest)
            part.add()
    except duckdb.Error as error:
        raise TransformationError(f"a range of clients: {type(error).__name__}") from None
    finally:
        if part is not None:
            part.close()
        dbt_environment(settings)
    return nodes + of_people + _run(settings, [*_UNTESTED, *project.after], manifest)


def _project(settings: Settings, folders: Collection[str]) -> tuple[Layers, Any]:
    manifest = invoke_dbt(settings, ["parse", "--no-write-json"]).result
    return layers(json.loads(manifest_path(settings).read_bytes()), folders), manifest


def _inside(folder: Path, settings: Settings) -> Settings:
    """The same settings with the data folder of a part."""
    return replace(settings, data_dir=folder, spill_dir=settings.spill)


def dagster_events(
    nodes: Sequence[Any], manifest: Mapping[str, Any], translator: Translator, row_counts: Mapping[str, int]
) -> Iterator[dg.Output | dg.AssetCheckResult]:
    """What each dbt node did, as Dagster's outputs (with row counts) and asset checks."""
    for node in nodes:
        properties = manifest["nodes"].get(node.node.unique_id)
        if properties is None:
            continue
        if properties["resource_type"] in {"model", "seed"}:
            key = translator.get_asset_key(properties)
            name = f"{properties['schema']}.{properties['name']}"
            rows = {"dagster/row_count": row_counts[name]} if name in row_counts else {}
            yield dg.Output(
                None,
                output_name=key.to_python_identifier(),
                metadata={"seconds": round(node.execution_time, 3), **rows},
            )
        elif properties["resource_type"] == "test":
            check = get_asset_check_key_for_test(manifest, translator, node.node.unique_id, None)
            if check is not None:
                warned = str(node.status) == "warn"
                yield dg.AssetCheckResult(
                    asset_key=check.asset_key,
                    check_name=check.name,
                    passed=str(node.status) == "pass",
                    severity=dg.AssetCheckSeverity.WARN if warned else dg.AssetCheckSeverity.ERROR,
                    metadata={"rows found": node.failures or 0},
                )


def table_row_counts(settings: Settings) -> dict[str, int]:
    """Rows of each table of the warehouse, by `schema.name`."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return dict(
            warehouse.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )


def warehouse_assets(settings: Settings) -> dg.AssetsDefinition:
    """The dbt project as one multi-asset; the manifest must have been prepared.

    Raises `TransformationError` with the remedy when it has not: importing must not run dbt.
    """
    manifest = manifest_path(settings)
    if not manifest.exists():
        raise TransformationError(
            f"{manifest.name} is missing: run `flic prepare` once before starting Dagster."
        )
    translator = Translator()

    @dbt_assets(manifest=manifest, dagster_dbt_translator=translator, name="warehouse")
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[dg.Output | dg.AssetCheckResult]:
        from dagster_dbt.dbt_manifest import validate_manifest

        nodes = build_warehouse(Settings.from_environment())
        yield from dagster_events(
            nodes, validate_manifest(manifest), translator, table_row_counts(Settings.from_environment())
        )

    return warehouse
