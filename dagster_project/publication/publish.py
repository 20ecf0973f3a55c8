"""From the warehouse to the two files of a release: exact for management, and the draft that is safe to show.

Belongs here: what is read, which tables a publication has, and the order of the work. Does not belong here:
how figures are made safe (`disclosure.py`), how files are replaced (`releases.py`), what becomes of a draft
(`approval.py`).
"""

import hashlib
import hmac
import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path

import duckdb

from dagster_project.publication.approval import newest_approved, prepare_served
from dagster_project.publication.audit import Answers, Audited, Draws, audited
from dagster_project.publication.batches import (
    Members,
    Released,
    as_released,
    in_batches,
)
from dagster_project.publication.disclosure import (
    ExactFigure,
    Payment,
    PublishedFigure,
    Rules,
    SafeFigures,
    TableOfPeriod,
    categories_of,
    exact_figures,
    rounded_rows,
    safe_figures,
    safe_issues,
    table_of,
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
    LOCKED,
    CurrentRelease,
    Table,
    current_release,
    in_utc,
    installed_version,
    list_releases,
    note_checked,
    prepare_folder,
    read_manifest,
    read_tables,
    remove_old,
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
# For management alone: what is to be mended, by pseudonym.
LISTS = (
    ("kind", "VARCHAR"), ("client_key", "VARCHAR"), ("export", "VARCHAR"), ("record", "VARCHAR"),
    ("column_name", "VARCHAR"), ("rule", "VARCHAR"), ("wording", "VARCHAR"), ("guidance", "VARCHAR"),
    ("day", "DATE"), ("is_accepted", "BOOLEAN"),
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
    unchanged: bool
    """The newest release held these figures already; only its time of checking was renewed."""
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
    lists: Table
    """What is to be mended, by pseudonym: for management's file and no other."""
    sources: Table
    loads: dict[str, RestsOn]
    """The loads that figures rest on, by `load_id`."""
    references: list[Table]
    """Tables that stand in both files as they are."""
    quarter_ends: frozenset[date]
    """The last days of the quarters, the part of one included."""


def prepare_publication(settings: Settings) -> None:
    """Make sure that a release could be published: the rounding key, the folders, what they serve.

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
    prepare_folder(settings.drafts, may_create=True, private=True)
    prepare_served(settings)
    _refuse_other_key(settings)


def publish(
    settings: Settings,
    *,
    created_at: datetime,
    inputs_sha256: str,
    log: logging.Logger,
    keep: int = RELEASES_KEPT,
) -> PublishReport:
    """Publish the warehouse to management, and write the safe file of the same release as a draft.

    `created_at` is naive UTC; `inputs_sha256` is the fingerprint of what the warehouse was built from; `keep`
    is the number of releases that stay. Raises `PublicationError` with the reason in words; whatever goes
    wrong, every folder goes on serving what it served.
    """
    prepare_publication(settings)
    warehouse = _read_warehouse(settings.warehouse)
    log.info("%d exact figures in %d planned tables", len(warehouse.figures), len(warehouse.plan))
    rules = Rules.from_settings(warehouse.settings)
    audit = _safe_figures(settings, warehouse, rules, log)
    safe = audit.safe
    withheld = sum(1 for figure in safe.figures if figure.mark)
    log.info("%d figures are safe to show, %d are withheld", len(safe.figures) - withheld, withheld)
    for name in safe.dropped_tables:
        log.warning("Not published, neither with all the others nor safely: %s", name)
    exports = [str(source[0]) for source in warehouse.sources.rows]
    issues = safe_issues(warehouse.issues, exports, key=settings.rounding_key, rules=rules)
    exact = exact_figures(warehouse.figures, warehouse.definitions)
    contents = {
        settings.management: (
            "management",
            [
                *_tables(warehouse, exact, [(*issue, "") for issue in warehouse.issues], warehouse.sources),
                warehouse.lists,
            ],
        ),
        settings.drafts: (
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

    prints = {folder: _figures_sha256(tables) for folder, (_, tables) in contents.items()}
    unchanged = _unchanged(settings, warehouse.as_at, prints)
    release_id = unchanged or f"{warehouse.as_at}-{created_at:%Y%m%dT%H%M%SZ}-{prints[settings.drafts][:8]}"
    approved = list_releases(settings.publications_dir)
    for folder, (audience, tables) in contents.items():
        if not unchanged:
            about = {
                "as_at": warehouse.as_at.isoformat(),
                "created_at": in_utc(created_at),
                "status": "exact" if audience == "management" else "draft",
                "audience": audience,
                "profile": settings.profile,
                "inputs_sha256": inputs_sha256,
                "figures_sha256": prints[folder],
                "plan_sha256": _plan_table(warehouse.plan).sha256(),
                "settings_sha256": next(
                    table.sha256() for table in warehouse.references if table.name == "reference_settings"
                ),
                "follows": newest_approved(settings),
                "attempts": safe.attempts,
                "dropped_tables": safe.dropped_tables,
            }
            release = _release_table(warehouse, release_id, created_at, about)
            # Beside the figures, not among them: what came before or was accepted makes no release.
            extra = [_changes(settings, audience, tables, warehouse)]
            # Which tables do not add up says that somebody was counted twice: not for readers.
            if audience == "management":
                about |= {
                    "not_additive": safe.not_additive,
                    "rounded_apart": safe.apart,
                    "audit": audit.as_manifest(),
                    "loads": as_manifest(warehouse.loads),
                }
                extra.append(warehouse.accepted_warnings)
            write_release(folder, release_id, [release, *tables, *extra], about)
        serve(folder, release_id, checked_at=created_at)
        # What was approved stays for good, and with it the exact figures that its own were made from.
        remove_old(folder, keep, never=approved if folder == settings.management else ())
    for folder in (settings.publications_dir, settings.public):
        note_checked(folder, created_at)
    log.info("Release %s %s", release_id, "is up to date" if unchanged else "is a draft")
    return PublishReport(
        release_id=release_id,
        unchanged=bool(unchanged),
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


def _unchanged(settings: Settings, as_at: date, prints: Mapping[Path, str]) -> str:
    """The newest release if it is sound, holds just these figures and is or can be approved, else ''."""
    newest = {_served(folder, as_at, sha256) for folder, sha256 in prints.items()}
    release_id = newest.pop()
    if newest or not release_id:
        return ""
    copies = [
        folder
        for folder in (settings.publications_dir, settings.public)
        if release_id in list_releases(folder)
    ]
    if copies:
        return release_id if not any(verify(folder, release_id) for folder in copies) else ""
    follows = read_manifest(settings.drafts, release_id).get("follows")
    return release_id if follows == newest_approved(settings) else ""


def _served(folder: Path, as_at: date, figures_sha256: str) -> str:
    """The served release if it is sound and holds just these figures for this day, else ''."""
    current = current_release(folder)
    if current is None or current.as_at != as_at or verify(folder, current.release_id):
        return ""
    same = read_manifest(folder, current.release_id).get("figures_sha256") == figures_sha256
    return current.release_id if same else ""


def _figures_sha256(tables: Sequence[Table]) -> str:
    """The fingerprint of all that a reader is told. When a file last came is no part of it: the same export
    dropped in twice makes no new release, nor does a warning that was accepted."""
    prints = {table.name: table.sha256(without=("last_received_at", "is_accepted")) for table in tables}
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
    """All tables but `release`; `audience` keeps the tables planned for it, and their metrics' words."""
    plan = [table for table in warehouse.plan if not audience or table.is_for(audience)]
    metrics = {table.metric_id for table in plan}
    return [
        Table("metric_values", METRIC_VALUES, tuple(tuple(vars(figure).values()) for figure in figures)),
        _plan_table(plan),
        Table("data_quality_issues", ISSUES, tuple(issues)),
        sources,
        *(
            replace(table, rows=tuple(row for row in table.rows if row[0] in metrics))
            if table.name == "metric_definitions"
            else table
            for table in warehouse.references
        ),
    ]


def _plan_table(plan: Sequence[PlannedTable]) -> Table:
    return Table("reference_plan", PLAN, tuple(astuple(table) for table in plan))


def _changes(settings: Settings, audience: str, tables: Sequence[Table], warehouse: _Warehouse) -> Table:
    """What moved against the release that the audience is served; nothing where it is served none."""
    folder = settings.management if audience == "management" else settings.publications_dir
    current = current_release(folder)
    loads_before: dict[str, RestsOn] = {}
    # Management's manifest alone names files.
    if current is not None and current.release_id in list_releases(settings.management):
        loads_before = from_manifest(read_manifest(settings.management, current.release_id).get("loads"))
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
        "approved_by": ("VARCHAR", ""),
        "approved_at": ("TIMESTAMP", None),
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


def _safe_figures(settings: Settings, warehouse: _Warehouse, rules: Rules, log: logging.Logger) -> Audited:
    planned = {table.name for table in warehouse.plan if table.is_for("spg")}
    figures = [figure for figure in warehouse.figures if figure.table in planned]
    earlier = _released_before(settings)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        released = in_batches(
            figures,
            warehouse.definitions,
            {table.name for table in warehouse.plan if table.exact},
            earlier=earlier.keys(),
            quarter_ends=warehouse.quarter_ends,
            financial_year_start_month=int(_setting(warehouse.settings, "financial_year_start_month")),
            minimum=rules.batch_people_minimum,
            members=cache(partial(_members, connection)),
        )
    log.info(
        "%d figures wait for their batch: too few people moved, or it is not their day",
        len(figures) - len(released),
    )
    programme_start = date.fromisoformat(_setting(warehouse.settings, "programme_start"))
    solved: dict[object, tuple[int, ...] | None] = {}
    payments = cache(lambda metric_id: _payments(settings.warehouse, metric_id))

    def drawn(draws: Draws, stay: set[TableOfPeriod]) -> tuple[SafeFigures, set[TableOfPeriod]]:
        safe = safe_figures(
            released,
            warehouse.plan,
            warehouse.definitions,
            rules,
            programme_start=programme_start,
            key=settings.rounding_key,
            payments=payments,
            draws=draws,
            solved=solved,
            released=[row for table in stay for row in earlier[table].rows],
        )
        kept, stayed = as_released(
            safe.figures, released, warehouse.definitions, earlier=earlier, minimum=rules.batch_people_minimum
        )
        return replace(safe, figures=kept), stayed

    log.info("The audit asks what readers could work out (a whole history takes a minute or two, once)")
    # Which tables stay does not hang on the draw; what comes after them goes on from what readers have.
    stay = drawn({}, set())[1] if earlier else set[TableOfPeriod]()
    audit = audited(
        partial(drawn, stay=stay),
        warehouse.definitions,
        rules,
        programme_start=programme_start,
        needs_threshold=int(_setting(warehouse.settings, "needs_threshold")),
        answers=Answers(settings.data_dir / "audit_answers.json"),
        log=log,
    )
    if audit.frozen:
        log.info("%d tables of earlier periods stay as they were released", len(audit.frozen))
    return audit


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
    periods = _table(connection, "reference_periods", "marts.dim_periods", PERIODS)
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
        lists=_table(connection, "data_quality_lists", "metrics.fct_data_quality_lists", LISTS),
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
        quarter_ends=frozenset(
            date.fromisoformat(str(row["period_end"]))
            for row in _dicts(periods)
            if row["period_type"] == "quarter"
        ),
        references=[
            definitions,
            categories,
            _table(
                connection,
                "reference_wording",
                "reference.wording",
                (("term", "VARCHAR"), ("label", "VARCHAR")),
            ),
            periods,
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


def _members(
    connection: duckdb.DuckDBPyConnection,
    metric_id: str,
    period_type: str,
    dimensions: Sequence[str],
    days: Sequence[date],
) -> Members:
    """Who is counted in a table on each of the days, and in which categories, by client.

    Contributions of a flow are counted from the start to the day, all others on their own day. A breakdown
    that the contributions do not have (needs, times) is the same for a person on every day.
    """
    relation = f"metrics.metric_{metric_id}"
    columns = {str(row[0]) for row in connection.execute(f"describe {relation}").fetchall()}
    [(timing,)] = connection.execute(
        "select timing from metrics.metric_definitions where metric_id = ?", [metric_id]
    ).fetchall()
    own = [f"coalesce(cast(people.{name} as varchar), '')" for name in dimensions if name in columns]
    word = f"concat_ws('|', {', '.join(own)})" if own else "''"
    counted = "people.counted_on <= days.day" if timing == "flow" else "people.counted_on = days.day"
    if "period_type" in columns:
        counted += " and people.period_type = ?"
    found = connection.execute(
        "select day, client_key, string_agg(word, ';' order by word) from ("
        f"select days.day, people.client_key, {word} as word"
        f" from {relation} as people cross join (select unnest(?) as day) as days"
        f" where {counted} and people.client_key is not null) group by all",
        [list(days), *([period_type] if "period_type" in columns else [])],
    ).fetchall()
    members: dict[date, dict[str, str]] = {day: {} for day in days}
    for day, client, categories in found:
        members[day][client] = categories
    return members


def _released_before(settings: Settings) -> dict[TableOfPeriod, Released]:
    """Every table of every period as the newest approved release that has it holds it."""
    earlier: dict[TableOfPeriod, Released] = {}
    for release_id in reversed(list_releases(settings.publications_dir)):
        name = f"{release_id}.duckdb"
        rows: dict[TableOfPeriod, list[PublishedFigure]] = defaultdict(list)
        for figure in _metric_values(settings.publications_dir / name):
            if table_of(figure) not in earlier:
                rows[table_of(figure)].append(figure)
        people: dict[TableOfPeriod, dict[tuple[tuple[str, str], ...], int]] = defaultdict(dict)
        for figure in _metric_values(settings.management / name) if rows else ():
            people[table_of(figure)][categories_of(figure)] = figure.people or 0
        earlier |= {table: Released(tuple(figures), people[table]) for table, figures in rows.items()}
    return earlier


def _metric_values(path: Path) -> list[PublishedFigure]:
    """The figures of a release."""
    with duckdb.connect(str(path), read_only=True, config=LOCKED) as connection:
        names = ", ".join(name for name, _ in METRIC_VALUES)
        return [
            PublishedFigure(*row)
            for row in connection.execute(f"select {names} from metric_values").fetchall()
        ]


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
