"""The dbt project as Dagster assets and checks, run in this process by dbt's own runner.

Belongs here: invoking dbt, and turning what each node did into Dagster's events. What the models mean
stands in `dbt/`; what becomes of their figures in `publication/`.

One in-process invocation a refresh: a `dbt` process of its own costs several seconds of start-up each time.
"""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

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


def invoke_dbt(settings: Settings, arguments: Sequence[str], callbacks: Sequence[Any] = ()) -> Any:
    """Run dbt in this process and let go of the warehouse file; returns dbt's own result object."""
    # dbt takes a second and a half to import; the command line's short answers do not need it.
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    dbt_environment(settings)
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    try:
        return dbtRunner(callbacks=list(callbacks)).invoke(
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
    for name in (settings.warehouse.name, f"{settings.warehouse.name}.wal"):
        settings.warehouse.with_name(name).unlink(missing_ok=True)
    settings.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in settings.spill.glob("duckdb_temp_*"):
        leftover.unlink()


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
    """`dbt build` of seeds, models and data tests, or of those selected; returns dbt's results, one a node.

    Raises `TransformationError` with the nodes that failed, unless nothing failed. Unit tests are left to
    the test suite: they say something about the code, not about today's data.
    """
    remove_warehouse(settings)
    if settings.engine == "spark":
        start_session()
    done = 0

    def progress(event: Any) -> None:
        nonlocal done
        if event.info.name in {"LogModelResult", "LogSeedResult"}:
            done += 1
            if done % 20 == 0:
                logger.info("  %d tables built ...", done)

    chosen = ["--select", *select, "--indirect-selection", "cautious"] if select else []
    # The manifest is that of `prepare_manifest`; to write it twice more takes as long as a hundred checks.
    arguments = ["build", "--no-write-json", "--exclude-resource-type", "unit_test", *chosen]
    result = invoke_dbt(settings, arguments, [progress])
    nodes = list(getattr(result.result, "results", None) or [])
    if not result.success:
        failed = [node for node in nodes if str(node.status) in {"error", "fail", "runtime error"}]
        reasons = [
            _asked(node.node) + _safe_message(node.node.name, node.message) + _told_rows(settings, node)
            for node in failed
        ]
        raise TransformationError("; ".join(reasons) or f"dbt did not run: {result.exception}")
    if settings.engine == "spark":
        copy_tables(settings)
    for node in nodes:
        if str(node.status) == "warn":
            logger.warning("%s%s%s", _asked(node.node), node.node.name, _told_rows(settings, node))
    logger.info("Warehouse built: %d tables and %d checks passed.", done, len(nodes) - done)
    return nodes


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
