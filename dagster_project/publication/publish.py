"""From the warehouse to the two files of a release: exact for management, safe for everyone else.

Belongs here: what is read, which tables a publication has, and the order of the work. Does not belong here:
how figures are made safe (`disclosure.py`), how files are replaced (`releases.py`).
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

import duckdb

from dagster_project.publication.disclosure import (
    ExactFigure,
    Payment,
    PublishedFigure,
    Rules,
    SafeFigures,
    exact_figures,
    rounded_rows,
    safe_figures,
    safe_issues,
)
from dagster_project.publication.figure_changes import (
    RestsOn,
    as_manifest,
    figure_changes,
    from_manifest,
    moved_by,
)
from dagster_project.publication.plan import (
    MetricDefinition,
    PlannedTable,
    PublicationError,
    read_definitions,
    read_plan,
)
from dagster_project.publication.releases import (
    CurrentRelease,
    Table,
    current_release,
    installed_version,
    list_releases,
    prepare_folder,
    read_manifest,
    read_tables,
    remove_old,
    rollback,
    serve,
    verify,
    write_release,
)
from dagster_project.settings import Settings

__all__ = [
    "CurrentRelease",
    "PublicationError",
    "PublishReport",
    "current_release",
    "list_releases",
    "prepare_publication",
    "publish",
    "rollback",
    "verify",
]

RELEASES_KEPT = 20
SHORTEST_KEY = 32

# Settings that explain figures; those that only steer the reading of exports stay behind.
PUBLISHED_SETTINGS = (
    "programme_name", "programme_start", "financial_year_start_month", "needs_threshold",
    "allowance_gbp_per_year", "budget_near_limit_gbp", "budget_year", "personal_budget_line",
    "star_interval_months", "star_pair_minimum_days",
    "data_are_synthetic", "refresh_interval_days", "stale_after_days", *(rule.name for rule in fields(Rules)),
)  # fmt: skip

METRIC_VALUES = (
    ("metric_id", "VARCHAR"), ("measure", "VARCHAR"), ("period_type", "VARCHAR"), ("period_start", "DATE"),
    ("period_end", "DATE"), ("dimension_1", "VARCHAR"), ("category_1", "VARCHAR"), ("dimension_2", "VARCHAR"),
    ("category_2", "VARCHAR"), ("value", "DOUBLE"), ("lower", "DOUBLE"), ("upper", "DOUBLE"),
    ("numerator", "DOUBLE"), ("denominator", "DOUBLE"), ("people", "BIGINT"), ("mark", "VARCHAR"),
    ("exact", "BOOLEAN"), ("note", "VARCHAR"),
)  # fmt: skip
# The same without what publication adds, and with what it needs to judge a figure.
FIGURES = (
    *(column for column in METRIC_VALUES if column[0] not in ("mark", "exact")),
    ("standard_deviation", "DOUBLE"), ("largest", "DOUBLE"), ("second_largest", "DOUBLE"),
)  # fmt: skip
SOURCE_STATUS = (
    ("export", "VARCHAR"), ("label", "VARCHAR"), ("files_loaded", "BIGINT"), ("last_extract_date", "DATE"),
    ("last_received_at", "TIMESTAMP"), ("rows_loaded", "BIGINT"), ("rows_duplicate", "BIGINT"),
    ("rows_rejected", "BIGINT"), ("rows_skipped", "BIGINT"), ("ever_received", "BOOLEAN"),
)  # fmt: skip
PERIODS = (
    ("period_type", "VARCHAR"),
    ("period_start", "DATE"),
    ("period_end", "DATE"),
    ("is_complete", "BOOLEAN"),
)
CATEGORIES = (
    ("dimension", "VARCHAR"),
    ("category", "VARCHAR"),
    ("label", "VARCHAR"),
    ("sort_order", "BIGINT"),
)
SETTINGS = (("setting", "VARCHAR"), ("value", "VARCHAR"), ("note", "VARCHAR"))
ISSUES = (
    ("export", "VARCHAR"), ("rule", "VARCHAR"), ("severity", "VARCHAR"), ("wording", "VARCHAR"), ("rows",
    "BIGINT"), ("mark", "VARCHAR"),
)  # fmt: skip
# What the partnership writes to be read, in its own words: no case record, and nobody in it.
SYSTEM_CHANGES = (
    ("change_id", "VARCHAR"), ("raised_date", "DATE"), ("level", "VARCHAR"), ("sector", "VARCHAR"),
    ("theme", "VARCHAR"), ("practice_a", "VARCHAR"), ("practice_b", "VARCHAR"), ("practice_c", "VARCHAR"),
    ("dialogue_date", "DATE"), ("agreed_date", "DATE"), ("adopted_date", "DATE"), ("reviewed_date", "DATE"),
    ("still_in_place", "VARCHAR"),
)  # fmt: skip
SPG_ITEMS = (
    ("item_id", "VARCHAR"), ("raised_date", "DATE"), ("raised_by", "VARCHAR"), ("title", "VARCHAR"),
    ("owner_organisation", "VARCHAR"), ("decision", "VARCHAR"), ("decided_date", "DATE"),
    ("actioned_date", "DATE"), ("change_id", "VARCHAR"), ("metric_id", "VARCHAR"),
)  # fmt: skip
HYPOTHESES = (
    ("hypothesis_id", "VARCHAR"), ("cycle", "INTEGER"), ("statement", "VARCHAR"), ("context", "VARCHAR"),
    ("mechanism", "VARCHAR"), ("outcome", "VARCHAR"), ("status", "VARCHAR"),
)  # fmt: skip
EVIDENCE = (
    ("evidence_id", "VARCHAR"), ("hypothesis_id", "VARCHAR"), ("cycle", "INTEGER"), ("gathered_date", "DATE"),
    ("source_type", "VARCHAR"), ("participants", "INTEGER"), ("direction", "VARCHAR"), ("summary", "VARCHAR"),
)  # fmt: skip
TRIANGULATION_GAPS = (("hypothesis_id", "VARCHAR"), ("cycle", "INTEGER"), ("source_type", "VARCHAR"))
ACCEPTED_WARNINGS = (("export", "VARCHAR"), ("rule", "VARCHAR"), ("rows", "BIGINT"))
PLAN = (
    ("metric_id", "VARCHAR"), ("measure", "VARCHAR"), ("period_type", "VARCHAR"), ("dimension_1", "VARCHAR"),
    ("dimension_2", "VARCHAR"), ("audience", "VARCHAR"), ("exact", "BOOLEAN"), ("approved_by", "VARCHAR"),
)  # fmt: skip


@dataclass(frozen=True)
class PublishReport:
    """What came of one publication; counts are of cells of the safe file."""

    release_id: str
    served: bool
    """`current.json` names a release with these figures."""
    unchanged: bool
    """The served release held these figures already; only its time of checking was renewed."""
    cells_shown: int
    cells_withheld: int
    dropped_tables: tuple[str, ...]


@dataclass(frozen=True)
class _Warehouse:
    """What publication reads of the warehouse, once, so that the file is free again before the long work."""

    as_at: date
    known_by: datetime
    settings: dict[str, str]
    definitions: dict[str, MetricDefinition]
    plan: list[PlannedTable]
    figures: list[ExactFigure]
    issues: list[tuple[str, str, str, str, int]]
    accepted_warnings: Table
    sources: Table
    loads: dict[str, RestsOn]
    """The loads that figures rest on, by `load_id`."""
    references: list[Table]
    """Tables that stand in both files as they are."""


def prepare_publication(settings: Settings) -> None:
    """Make sure that a release could be published: the rounding key, both folders, what they serve.

    Raises `PublicationError` with the reason. Asked before the work begins, and again when it is done.
    """
    if len(settings.rounding_key) < SHORTEST_KEY:
        raise PublicationError(
            f"FLIC_ROUNDING_KEY is missing or shorter than {SHORTEST_KEY} characters. Rounding with a key"
            " that can be guessed protects nobody."
        )
    if hmac.compare_digest(settings.rounding_key, settings.pseudonym_key):
        raise PublicationError(
            "FLIC_ROUNDING_KEY and FLIC_PSEUDONYM_KEY are the same: who learns one must not hold the other."
        )
    prepare_folder(settings.management, may_create=True, private=True)
    is_default = settings.publications_dir == settings.data_dir / "publications"
    prepare_folder(settings.publications_dir, may_create=is_default, private=False)
    _refuse_other_key(settings)


def publish(
    settings: Settings,
    *,
    created_at: datetime,
    inputs_sha256: str,
    log: logging.Logger,
    keep: int = RELEASES_KEPT,
) -> PublishReport:
    """Publish the warehouse: build, verify and serve the exact and the safe file of one release.

    `created_at` is naive UTC; `inputs_sha256` is the fingerprint of what the warehouse was built from; `keep`
    is the number of releases that stay. Raises `PublicationError` with the reason in words; whatever goes
    wrong, both folders go on serving what they served.
    """
    prepare_publication(settings)
    warehouse = _read_warehouse(settings.warehouse)
    log.info("%d exact figures in %d planned tables", len(warehouse.figures), len(warehouse.plan))
    rules = Rules.from_settings(warehouse.settings)
    safe = _safe_figures(settings, warehouse, rules)
    withheld = sum(1 for figure in safe.figures if figure.mark)
    log.info("%d figures are safe to show, %d are withheld", len(safe.figures) - withheld, withheld)
    for name in safe.dropped_tables:
        log.warning("Not published, it cannot be rounded together with the others: %s", name)
    exports = [str(source[0]) for source in warehouse.sources.rows]
    issues = safe_issues(warehouse.issues, exports, key=settings.rounding_key, rules=rules)
    exact = exact_figures(warehouse.figures, warehouse.definitions)
    contents = {
        settings.management: (
            "management",
            _tables(warehouse, exact, [(*issue, "") for issue in warehouse.issues], warehouse.sources),
        ),
        settings.publications_dir: (
            "spg",
            _tables(
                warehouse,
                safe.figures,
                issues,
                safe_sources(warehouse.sources, key=settings.rounding_key, rules=rules),
                audience="spg",
            ),
        ),
    }

    before = _loads_before(settings)
    prints = {folder: _figures_sha256(tables) for folder, (_, tables) in contents.items()}
    served = {folder: _served(folder, warehouse.as_at, prints[folder]) for folder in contents}
    unchanged = all(served.values())
    new = f"{warehouse.as_at}-{created_at:%Y%m%dT%H%M%SZ}-{prints[settings.publications_dir][:8]}"
    for folder, (audience, tables) in contents.items():
        if not unchanged:
            about = {
                "as_at": warehouse.as_at.isoformat(),
                "created_at": f"{created_at.isoformat(timespec='seconds')}Z",
                "status": "draft",
                "audience": audience,
                "profile": settings.profile,
                "inputs_sha256": inputs_sha256,
                "figures_sha256": prints[folder],
                "attempts": safe.attempts,
                "dropped_tables": safe.dropped_tables,
            }
            release = _release_table(warehouse, new, created_at, about)
            # Beside the figures, not among them: what came before or was accepted makes no release.
            extra = [_changes(folder, audience, tables, warehouse, before)]
            # Which tables do not add up says that somebody was counted twice: not for readers.
            if audience == "management":
                about |= {
                    "not_additive": safe.not_additive,
                    "rounded_apart": safe.apart,
                    "loads": as_manifest(warehouse.loads),
                }
                extra.append(warehouse.accepted_warnings)
            write_release(folder, new, [release, *tables, *extra], about)
        serve(folder, new if not unchanged else served[folder], checked_at=created_at)
        remove_old(folder, keep)
    release_id = served[settings.publications_dir] if unchanged else new
    log.info("Release %s %s", release_id, "is up to date" if unchanged else "is served")
    return PublishReport(
        release_id=release_id,
        served=True,
        unchanged=unchanged,
        cells_shown=len(safe.figures) - withheld,
        cells_withheld=withheld,
        dropped_tables=tuple(safe.dropped_tables),
    )


def _refuse_other_key(settings: Settings) -> None:
    """Stop when the rounding key is another one than before: two roundings of one count give it away.

    The check value stands in the restricted zone, where readers of the safe figures cannot come.
    """
    check = hmac.digest(settings.rounding_key, b"rounding key check", "sha256").hex()[:16]
    known = settings.data_dir / "rounding_key_check"
    released = list_releases(settings.management) or list_releases(settings.publications_dir)
    if not released:
        known.write_text(check)
    elif not known.exists() or known.read_text() != check:
        raise PublicationError(
            "FLIC_ROUNDING_KEY is not the key of the releases before, or the file rounding_key_check is gone."
            " A count rounded with two keys can be worked out: set the former key again. If it is lost or has"
            " leaked, ask who answers for data protection, then remove all releases and refresh."
        )


def _served(folder: Path, as_at: date, figures_sha256: str) -> str:
    """The served release if it is sound and holds just these figures for this day, else ''."""
    current = current_release(folder)
    if current is None or current.as_at != as_at or verify(folder, current.release_id):
        return ""
    same = read_manifest(folder, current.release_id).get("figures_sha256") == figures_sha256
    return current.release_id if same else ""


def _figures_sha256(tables: Sequence[Table]) -> str:
    """The fingerprint of all that a reader is told. When a file last came is no part of it: the same export
    dropped in twice makes no new release."""
    prints = {table.name: table.sha256(without=("last_received_at",)) for table in tables}
    return hashlib.sha256(json.dumps(prints, sort_keys=True).encode()).hexdigest()


def safe_sources(sources: Table, *, key: bytes, rules: Rules) -> Table:
    """What came of each export as a reader gets it: counts of rows about people rounded, few of them NULL."""
    counted = {"rows_loaded", "rows_duplicate", "rows_rejected"}
    names = [name for name, _ in sources.columns]

    def safe(row: dict[str, object]) -> tuple[object, ...]:
        return tuple(
            rounded_rows(int(str(row[name])), f"{row['export']}:{name}", key=key, rules=rules)[0]
            if name in counted
            else row[name]
            for name in names
        )

    return replace(sources, rows=tuple(safe(row) for row in _dicts(sources)))


# --- the tables of a publication --------------------------------------------------------------------------


def _tables(
    warehouse: _Warehouse,
    figures: Sequence[PublishedFigure],
    issues: Sequence[tuple[object, ...]],
    sources: Table,
    audience: str = "",
) -> list[Table]:
    """All tables but `release`; `audience` keeps the tables planned for it."""
    plan = [astuple(table) for table in warehouse.plan if table.audience == (audience or table.audience)]
    return [
        Table("metric_values", METRIC_VALUES, tuple(tuple(vars(figure).values()) for figure in figures)),
        Table("reference_plan", PLAN, tuple(plan)),
        Table("data_quality_issues", ISSUES, tuple(issues)),
        sources,
        *warehouse.references,
    ]


def _loads_before(settings: Settings) -> dict[str, RestsOn]:
    """The loads that the served figures rest on; management's manifest alone names files."""
    current = current_release(settings.management)
    return from_manifest(
        read_manifest(settings.management, current.release_id).get("loads") if current else None
    )


def _changes(
    folder: Path,
    audience: str,
    tables: Sequence[Table],
    warehouse: _Warehouse,
    loads_before: Mapping[str, RestsOn],
) -> Table:
    """What moved against the release that this folder serves; nothing where it serves none."""
    current = current_release(folder)
    before: list[dict[str, object]] = []
    if current is not None and not verify(folder, current.release_id):
        before = next(
            _dicts(table)
            for table in read_tables(folder / f"{current.release_id}.duckdb")
            if table.name == "metric_values"
        )
    return figure_changes(
        before,
        next(_dicts(table) for table in tables if table.name == "metric_values"),
        previous_release_id=current.release_id if current else "",
        because_of={
            metric_id: moved_by(loads_before, warehouse.loads, definition, audience)
            for metric_id, definition in warehouse.definitions.items()
        },
    )


def _release_table(
    warehouse: _Warehouse, release_id: str, created_at: datetime, about: Mapping[str, object]
) -> Table:
    """The one row that says what this release is."""
    row: dict[str, tuple[str, object]] = {
        "release_id": ("VARCHAR", release_id),
        "as_at": ("DATE", warehouse.as_at),
        "known_by": ("TIMESTAMP", warehouse.known_by),
        "created_at": ("TIMESTAMP", created_at),
        "status": ("VARCHAR", about["status"]),
        "audience": ("VARCHAR", about["audience"]),
        "profile": ("VARCHAR", about["profile"]),
        "programme_name": ("VARCHAR", _setting(warehouse.settings, "programme_name")),
        "synthetic": ("BOOLEAN", _setting(warehouse.settings, "data_are_synthetic").lower() == "true"),
        "software_version": ("VARCHAR", installed_version("flic")),
        "inputs_sha256": ("VARCHAR", about["inputs_sha256"]),
        "figures_sha256": ("VARCHAR", about["figures_sha256"]),
        "refresh_interval_days": ("INTEGER", int(_setting(warehouse.settings, "refresh_interval_days"))),
        "stale_after_days": ("INTEGER", int(_setting(warehouse.settings, "stale_after_days"))),
    }
    columns = tuple((name, kind) for name, (kind, _) in row.items())
    return Table("release", columns, (tuple(value for _, value in row.values()),))


def _safe_figures(settings: Settings, warehouse: _Warehouse, rules: Rules) -> SafeFigures:
    planned = {table.name for table in warehouse.plan if table.audience == "spg"}
    return safe_figures(
        [figure for figure in warehouse.figures if figure.table in planned],
        warehouse.plan,
        warehouse.definitions,
        rules,
        programme_start=date.fromisoformat(_setting(warehouse.settings, "programme_start")),
        key=settings.rounding_key,
        payments=cache(lambda metric_id: _payments(settings.warehouse, metric_id)),
    )


# --- reading ----------------------------------------------------------------------------------------------


def _read_warehouse(path: Path) -> _Warehouse:
    """Everything publication needs, from the warehouse opened read-only; raises `PublicationError`."""
    if not path.is_file():
        raise PublicationError(
            f"there is no warehouse at {path}: nothing can be published before it is built."
        )
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return _read(connection)
    except duckdb.Error as error:
        # Only the first line: what DuckDB adds below it can quote values.
        reason = str(error).splitlines()[0]
        raise PublicationError(f"the warehouse {path} cannot be read: {reason}") from None


def _read(connection: duckdb.DuckDBPyConnection) -> _Warehouse:
    control = connection.execute("select as_at, known_by from landing.control").fetchall()
    if len(control) != 1:
        raise PublicationError(
            "landing.control must have one row: the day and the moment the figures are for."
        )
    definitions = _table(connection, "metric_definitions", "metrics.metric_definitions", None)
    known = read_definitions(_dicts(definitions))
    plan = read_plan(_dicts(_table(connection, "plan", "reference.publication_plan", None)), known)
    categories = _table(connection, "reference_categories", "metrics.metric_categories", CATEGORIES)
    settings = _table(connection, "reference_settings", "reference.programme_settings", SETTINGS)
    issues = _table(connection, "issues", "marts.fct_data_quality_issues", ISSUES[:-1])
    return _Warehouse(
        as_at=control[0][0],
        known_by=control[0][1],
        settings={str(name): str(value) for name, value, _ in settings.rows},
        definitions=known,
        plan=plan,
        figures=_figures(
            connection, plan, {(dimension, category) for dimension, category, *_ in categories.rows}
        ),
        sources=_table(connection, "source_status", "marts.fct_source_status", SOURCE_STATUS),
        issues=list(issues.rows),  # pyright: ignore[reportArgumentType]
        accepted_warnings=_table(
            connection,
            "accepted_warnings",
            "(select export, rule, rows_accepted as rows from marts.fct_data_quality_issues"
            " where rows_accepted > 0)",
            ACCEPTED_WARNINGS,
        ),
        loads={
            str(row["load_id"]): RestsOn(
                str(row["export"]), str(row["file_name"]), date.fromisoformat(str(row["extract_date"]))
            )
            for row in _dicts(
                _table(
                    connection,
                    "loads",
                    # A file of changes counts beside the later ones.
                    "(select loads.load_id, loads.export, loads.file_name, loads.extract_date"
                    " from marts.fct_loads as loads"
                    " inner join staging.stg_exports as exports on loads.export = exports.export"
                    " where loads.is_current"
                    " or (exports.extract = 'delta' and loads.load_number is not null))",
                    None,
                )
            )
        },
        references=[
            definitions,
            categories,
            _table(
                connection,
                "reference_wording",
                "reference.wording",
                (("term", "VARCHAR"), ("label", "VARCHAR")),
            ),
            _table(connection, "reference_periods", "marts.dim_periods", PERIODS),
            replace(settings, rows=tuple(row for row in settings.rows if row[0] in PUBLISHED_SETTINGS)),
            *_written_by_the_partnership(connection),
        ],
    )


def _written_by_the_partnership(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """Its log, items, hypotheses and evidence, and whose account is missing: as at the as-at day."""
    day = "(select as_at from landing.control)"
    return [
        _table(
            connection,
            "system_changes",
            f"(select * from marts.fct_system_changes where raised_date <= {day})",
            SYSTEM_CHANGES,
        ),
        _table(
            connection,
            "spg_items",
            f"(select * from marts.fct_spg_items where raised_date <= {day})",
            SPG_ITEMS,
        ),
        # A hypothesis has no date: it is in the register or it is not.
        _table(connection, "hypotheses", "marts.fct_hypotheses", HYPOTHESES),
        _table(
            connection,
            "evidence",
            f"(select * from marts.fct_evidence where gathered_date <= {day})",
            EVIDENCE,
        ),
        # The mart itself looks at no evidence after the as-at day.
        _table(connection, "triangulation_gaps", "marts.fct_triangulation_gaps", TRIANGULATION_GAPS),
    ]


def _figures(
    connection: duckdb.DuckDBPyConnection,
    plan: Sequence[PlannedTable],
    categories: set[tuple[object, object]],
) -> list[ExactFigure]:
    """The rows of the planned tables; whatever else the warehouse holds stays there."""
    planned = {table.name: table for table in plan}
    figures = []
    for row in _dicts(_table(connection, "figures", "metrics.fct_metric_values", FIGURES)):
        pairs = (
            (row.pop("dimension_1"), row.pop("category_1")),
            (row.pop("dimension_2"), row.pop("category_2")),
        )
        categories_of = tuple(pair for pair in pairs if pair[0])
        figure = ExactFigure(categories=categories_of, **row)  # pyright: ignore[reportArgumentType]
        if figure.table not in planned:
            continue
        unknown = [
            dimension for dimension, category in figure.categories if (dimension, category) not in categories
        ]
        if unknown:
            raise PublicationError(
                f"{figure.metric_id} by {unknown[0]} has a category that is not in the list (categories.csv,"
                " or need_domains.csv for a need)."
            )
        figures.append(figure)
    missing = sorted(planned.keys() - {figure.table for figure in figures})
    if missing:
        raise PublicationError(f"the plan has {planned[missing[0]]}, the warehouse has no such figures.")
    return figures


def _payments(path: Path, metric_id: str) -> list[Payment]:
    """The contributions of a money metric, for sums that nobody precomputed."""
    with duckdb.connect(str(path), read_only=True) as connection:
        table = _table(connection, metric_id, f"metrics.metric_{metric_id}", None)
    own = {"client_key", "counted_on", "amount"}
    return [
        Payment(
            client_key=str(row["client_key"]),
            counted_on=row["counted_on"],  # pyright: ignore[reportArgumentType]
            amount=float(row["amount"]),  # pyright: ignore[reportArgumentType]
            categories={name: str(value) for name, value in row.items() if name not in own},
        )
        for row in _dicts(table)
    ]


def _table(
    connection: duckdb.DuckDBPyConnection, name: str, source: str, columns: tuple[tuple[str, str], ...] | None
) -> Table:
    """A table of the warehouse under another name; with `columns`, those alone in those types."""
    wanted = (
        ", ".join(f'cast("{column}" as {kind}) as "{column}"' for column, kind in columns) if columns else "*"
    )
    # In one order: what is withheld beside a withheld sum must not depend on how the engine stored the rows.
    result = connection.execute(f"select {wanted} from {source} order by all")
    found = tuple((column[0], str(column[1])) for column in result.description or [])
    return Table(name, found, tuple(result.fetchall()))


def _dicts(table: Table) -> list[dict[str, object]]:
    names = [column for column, _ in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def _setting(settings: Mapping[str, str], name: str) -> str:
    if name not in settings:
        raise PublicationError(f"programme_settings.csv must give {name}; nothing can be published without.")
    return settings[name]
