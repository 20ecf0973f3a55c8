"""From the warehouse to the two files of a release: exact for management, and the draft that is safe to show.

Belongs here: the order of the work, and when a release is a new one. Does not belong here: what is read
(`warehouse.py`), how figures are made safe (`disclosure.py`), which tables a release has
(`release_tables.py`), how files are replaced (`releases.py`), what becomes of a draft (`approval.py`).
"""

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path

import duckdb

from dagster_project.publication.answers import Answers
from dagster_project.publication.approval import (
    folders_taken_from_it,
    newest_approved,
    note_looked,
    prepare_served,
)
from dagster_project.publication.audit import Audited, Draws, audited
from dagster_project.publication.batches import as_released, in_batches
from dagster_project.publication.disclosure import (
    Rules,
    SafeDraws,
    SafeFigures,
    TableOfPeriod,
    exact_figures,
    safe_issues,
)
from dagster_project.publication.figure_changes import as_manifest
from dagster_project.publication.plan import PublicationError
from dagster_project.publication.release_tables import (
    changes_since_served,
    exports_about_nobody,
    figures_sha256,
    plan_table,
    release_row,
    released_before,
    safe_sources,
    tables_of_release,
)
from dagster_project.publication.releases import (
    current_release,
    in_utc,
    list_releases,
    prepare_folder,
    read_manifest,
    remove_old,
    serve,
    verify,
    write_release,
)
from dagster_project.publication.rounding import Cell
from dagster_project.publication.warehouse import Warehouse, members, payments, read_warehouse
from dagster_project.settings import Settings

RELEASES_KEPT = 20
SHORTEST_KEY = 32


@dataclass(frozen=True)
class PublishReport:
    """What came of one publication; counts are of cells of the safe file."""

    release_id: str
    unchanged: bool
    """The newest release held these figures already; only its time of checking was renewed."""
    cells_shown: int
    cells_withheld: int
    dropped_tables: tuple[str, ...]


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
    warehouse = read_warehouse(settings.warehouse)
    log.info("%d exact figures in %d planned tables", len(warehouse.figures), len(warehouse.plan))
    rules = Rules.from_settings(warehouse.settings)
    audit = make_safe(settings, warehouse, rules, log)
    safe = audit.safe
    withheld = sum(1 for figure in safe.figures if figure.mark)
    log.info("%d figures are safe to show, %d are withheld", len(safe.figures) - withheld, withheld)
    for name in safe.dropped_tables:
        log.warning("Not published, neither with all the others nor safely: %s", name)
    exports = [str(source[0]) for source in warehouse.sources.rows]
    about_nobody = exports_about_nobody(warehouse)
    issues = safe_issues(warehouse.issues, exports, about_nobody, key=settings.rounding_key, rules=rules)
    exact = exact_figures(warehouse.figures, warehouse.definitions)
    contents = {
        settings.management: (
            "management",
            [
                *tables_of_release(
                    warehouse, exact, [(*issue, "") for issue in warehouse.issues], warehouse.sources
                ),
                warehouse.lists,
            ],
        ),
        settings.drafts: (
            "spg",
            tables_of_release(
                warehouse,
                safe.figures,
                issues,
                safe_sources(warehouse.sources, about_nobody, key=settings.rounding_key, rules=rules),
                audience="spg",
            ),
        ),
    }

    prints = {folder: figures_sha256(tables) for folder, (_, tables) in contents.items()}
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
                "plan_sha256": plan_table(warehouse.plan).sha256(),
                "settings_sha256": next(
                    table.sha256() for table in warehouse.references if table.name == "reference_settings"
                ),
                "follows": newest_approved(settings),
                "attempts": safe.attempts,
                "dropped_tables": safe.dropped_tables,
            }
            release = release_row(warehouse, release_id, created_at, about)
            # Beside the figures, not among them: what came before or was accepted makes no release.
            extra = [changes_since_served(settings, audience, tables, warehouse)]
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
    note_looked(settings, created_at)
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
        for folder in (settings.publications_dir, *folders_taken_from_it(settings))
        if release_id in list_releases(folder)
    ]
    if copies:
        return release_id if not any(verify(folder, release_id) for folder in copies) else ""
    follows = read_manifest(settings.drafts, release_id).get("follows")
    return release_id if follows == newest_approved(settings) else ""


def _served(folder: Path, as_at: date, fingerprint: str) -> str:
    """The served release if it is sound and holds just these figures for this day, else ''."""
    current = current_release(folder)
    if current is None or current.as_at != as_at or verify(folder, current.release_id):
        return ""
    same = read_manifest(folder, current.release_id).get("figures_sha256") == fingerprint
    return current.release_id if same else ""


def make_safe(settings: Settings, warehouse: Warehouse, rules: Rules, log: logging.Logger) -> Audited:
    """What may be shown of a warehouse beside what is released: in batches, rounded, audited."""
    planned = {table.name for table in warehouse.plan if table.is_for("spg")}
    figures = [figure for figure in warehouse.figures if figure.table in planned]
    earlier = released_before(settings)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        released = in_batches(
            figures,
            warehouse.definitions,
            {table.name for table in warehouse.plan if table.exact},
            earlier=earlier.keys(),
            quarter_ends=warehouse.quarter_ends,
            financial_year_start_month=int(warehouse.setting("financial_year_start_month")),
            minimum=rules.batch_people_minimum,
            members=cache(partial(members, connection)),
        )
    log.info(
        "%d figures wait for their batch: too few people moved, or it is not their day",
        len(figures) - len(released),
    )
    programme_start = date.fromisoformat(warehouse.setting("programme_start"))
    answers = Answers(settings.data_dir / "audit_answers.json")
    draws_of = SafeDraws(
        released,
        warehouse.plan,
        warehouse.definitions,
        rules,
        programme_start=programme_start,
        key=settings.rounding_key,
        payments=cache(partial(payments, settings.warehouse)),
        answers=answers,
    )

    def drawn(draws: Draws, stay: Mapping[Cell, int]) -> tuple[SafeFigures, set[TableOfPeriod]]:
        safe = draws_of.draw(draws, stay)
        kept, stayed = as_released(
            safe.figures, released, warehouse.definitions, earlier=earlier, minimum=rules.batch_people_minimum
        )
        return replace(safe, figures=kept), stayed

    log.info("The audit asks what readers could work out (a whole history takes a minute or two, once)")
    # Which tables stay does not hang on the draw; what comes after them goes on from what readers have.
    stayed = drawn({}, {})[1] if earlier else ()
    stay = draws_of.counts_of(row for table in stayed for row in earlier[table].rows)
    audit = audited(
        partial(drawn, stay=stay),
        warehouse.definitions,
        rules,
        programme_start=programme_start,
        needs_threshold=int(warehouse.setting("needs_threshold")),
        answers=answers,
        log=log,
    )
    headlines = {table.name for table in warehouse.plan if table.exact}
    if frozen := [table for table in audit.frozen if table[0] not in headlines]:
        log.info("%d tables of earlier periods stay as they were released", len(frozen))
    return audit
