"""How good is the data?: can we trust this?"""

from __future__ import annotations

from datetime import datetime

from dashboards import components, sentences
from dashboards.published import Figure, releases
from dashboards.state import View, current

SEVERITIES = (
    (
        "stop",
        "Rules that stop publication",
        "None of these can stand here: a release with one is not published.",
    ),
    (
        "reject",
        "Rows refused, by reason",
        "The row, or the cell named, is left out and listed for the data lead.",
    ),
    (
        "warn",
        "Warnings",
        "The rows are counted; the data lead is asked to look at them. Which warnings are new, persist "
        "or are resolved stands in the load report, not in this file.",
    ),
)
IDENTITIES = (
    ("Rows", "Rows in a file = rows loaded + duplicates + refused + skipped (titles, totals, blank lines)."),
    (
        "Flow",
        "People supported at the beginning + started − ended = people supported at the end, in every period "
        "and breakdown.",
    ),
    (
        "Referrals",
        "Every referral stands in exactly one status; the statuses add up to the referrals received.",
    ),
    (
        "Cohorts",
        "Everyone who started stands in exactly one place: supported, moved on, lost contact, died or other.",
    ),
)

# The exports have one word for an answer that was not asked for, not known or not wished.
UNTOLD = "Empty, not known or not wished: the exports do not say which"
# What is asked, of whom, who has no answer, what that is a part of, and why it is missing.
ANSWERS = (
    ("Sex", "people supported", "open_caseload", "as_at", {"sex": "not_known"}, "open_caseload", UNTOLD),
    ("Age", "people supported", "open_caseload", "as_at", {"age_band": "not_known"}, "open_caseload", UNTOLD),
    (
        "Ethnic group", "people supported", "open_caseload", "as_at", {"ethnicity_group": "not_known"},
        "open_caseload", UNTOLD,
    ),
    (
        "Where people went", "ends", "exits", "programme", {"destination": "not_known"}, "ends",
        "Empty or not known",
    ),
    (
        "Outcomes Star", "people supported", "star_due", "as_at", {"star_due": "due_not_done"},
        "open_caseload", "Due, and not made in the quarter",
    ),
    (
        "Outcomes Star", "people supported", "star_due", "as_at", {"star_due": "due_draft"}, "open_caseload",
        "Due, and made, but not yet approved",
    ),
)  # fmt: skip


def show(view: View) -> None:
    """Draw the page."""
    sources = view.publication.source_status()
    components.page_head(
        view, "How good is the data?", "Can we trust this?", sentences.data_quality(sources), True
    )
    components.section(
        "What came, and when",
        "An export is a file from a partner's system. How fresh each is, and what became of the rows of its "
        "newest file.",
    )
    components.shown_table(_sources_table(view, sources), cards=True)
    missing = [row["label"] for row in sources if not row["ever_received"]]
    if missing:
        components.quiet(
            f"Never came: {', '.join(missing)}. Figures that rest on them are empty, which is not nil."
        )
    _answers(view)
    _issues(view)
    _moved(view)
    components.section(
        "What must add up",
        "Where one of these does not, the refresh stops, and the last release stays in place.",
    )
    identities = components.Table("Identities that are checked", ["Identity", "In words"], IDENTITIES)
    components.shown_table(identities, words=True)


def _answers(view: View) -> None:
    """What is not known of whom, and why as far as the exports tell it."""
    publication, on = view.publication, view.publication.release.as_at
    needs = (
        (
            f"Need: {publication.label('need_domain', need)}",
            "referrals",
            "needs_at_referral",
            "programme",
            {"need_domain": need, "answer": "unknown"},
            "referrals_received",
            UNTOLD,
        )
        for need in publication.categories("need_domain")
    )
    rows, metric_ids = [], []
    for what, whose, metric_id, period_type, categories, of, why in (*needs, *ANSWERS):
        missing = publication.latest(metric_id, "count", period_type, tuple(categories), on=on, **categories)
        if not missing:
            continue
        [figure] = missing
        whole = publication.figure(of, "count", period_type, figure.period_end)
        of_whom = f"{sentences.table_cell(whole)} {whose} {_when(figure)}"
        rows.append([what, sentences.table_cell(figure), of_whom, why])
        metric_ids.append(metric_id)
    if not rows:
        return
    components.section("How complete the answers are", "Whose answer is missing, and why.")
    headings = ["Answer", "Missing", "Of", "Why"]
    components.shown_table(
        components.Table("Answers that are missing", headings, rows), words=True, cards=True
    )
    components.definition(view, list(dict.fromkeys(metric_ids)), key="answers")


def _when(figure: Figure) -> str:
    if figure.period_type == "programme":
        return f"from {figure.period_start:%B %Y} to {sentences.day(figure.period_end)}"
    return f"on {sentences.day(figure.period_end)}"


def _moved(view: View) -> None:
    """What moved since the release before, and the export that moved it."""
    changes = view.publication.figure_changes()
    components.section(
        "What changed since the last release",
        "Figures of the same time and category that the release before had with another value, interval "
        "or mark.",
    )
    if not changes:
        components.quiet(_nothing_moved(view))
        return
    components.quiet(sentences.moved(changes))
    words = view.publication.definitions()
    measures = view.publication.wording()
    rows = [
        [
            words.get(row["metric_id"], {}).get("label", row["metric_id"]),
            measures.get(f"measure_{row['measure']}", row["measure"]),
            _time(row),
            "; ".join(
                view.publication.label(row[f"dimension_{n}"], row[f"category_{n}"])
                for n in (1, 2)
                if row[f"dimension_{n}"]
            )
            or "Everybody",
            _told(row, "old"),
            _told(row, "new"),
            row["because_of"] or "",
        ]
        for row in changes
    ]
    headings = ["Figure", "Measure", "Time", "Category", "Before", "Now", "Because of"]
    components.long_table(view, components.Table("Figures that moved", headings, rows), "figures-that-moved")


def _nothing_moved(view: View) -> str:
    """That no figure moved, or that there is nothing to compare with, where the folder tells."""
    release = view.publication.release
    if release.status == "draft" and not view.is_exact:
        # Beside a draft lie other drafts, which nobody was served.
        return "No figure moved, or there is no release before this one."
    earlier = [
        row
        for row in releases(view.publication.path.parent)
        if row["release_id"] != release.release_id
        and row["created_at"] is not None
        and row["created_at"] < release.created_at
    ]
    if not earlier:
        return "Nothing to compare with: there is no release before this one."
    return "No figure moved since the release that was served before this one: what both have is the same."


def _time(row: dict) -> str:
    if row["period_type"] == "as_at":
        return f"on {sentences.day(row['period_end'])}"
    return f"{sentences.day(row['period_start'])} to {sentences.day(row['period_end'])}"


def _told(row: dict, which: str) -> str:
    value, mark = row[f"{which}_value"], row[f"{which}_mark"]
    return f"[{mark or 'x'}]" if value is None else sentences.number(round(value, 2))


def _sources_table(view: View, sources: list[dict]) -> components.Table:
    rows = []
    for row in sources:
        if not row["ever_received"]:
            continue
        extract, received = row["last_extract_date"], row["last_received_at"]
        age = (
            f"{(view.publication.release.as_at - extract).days} days before the as-at day"
            if extract
            else "[x]"
        )
        if extract and extract >= view.publication.release.as_at:
            age = "up to the as-at day"
        rows.append(
            [
                row["label"],
                sentences.number(row["files_loaded"] or 0),
                sentences.day(extract) if extract else "[x]",
                age,
                sentences.day(received) if isinstance(received, datetime) else "[x]",
                *[
                    _rows(row[column])
                    for column in ("rows_loaded", "rows_duplicate", "rows_rejected", "rows_skipped")
                ],
            ]
        )
    headings = [
        "Export",
        "Files",
        "Last extract",
        "Reaches",
        "Received",
        "Loaded",
        "Duplicate",
        "Refused",
        "Skipped",
    ]
    return components.Table("Exports: freshness, and the rows of the newest file", headings, rows)


def _rows(count: int | None) -> str:
    """A count of rows; few of them are withheld."""
    return "<10 [c]" if count is None else sentences.number(count)


def _issues(view: View) -> None:
    issues = view.publication.data_quality_issues()
    labels = {row["export"]: row["label"] for row in view.publication.source_status()}
    for severity, title, text in SEVERITIES:
        found = [row for row in issues if row["severity"] == severity]
        if severity == "stop" and not found:
            continue
        components.section(title, text)
        # The safe file has one line for all that is found in few rows; the exact one has none.
        named = [row for row in found if row["rule"] != "other"]
        few = len(named) < len(found)
        if few:
            other = "other " if named else ""
            components.quiet(f"No {other}reason was found in 10 rows or more of an export.")
        elif not named:
            components.quiet("None.")
        if not named:
            continue
        rows = [
            [
                labels.get(row["export"], row["export"]),
                sentences.number(row["rows"]) if row["rows"] is not None else "<10 [c]",
                sentences.capital(row["wording"]),
            ]
            for row in named
        ]
        table = components.Table(f"{title}, in the newest files", ["Export", "Rows", "Reason"], rows)
        components.shown_table(table, words=True, cards=True)
    if view.is_exact:
        components.quiet(
            "Counts of rows are exact. The page “Data quality lists” has each finding, and what to do."
        )
    else:
        # A safe file has one line for all that few rows have, but for an export about nobody.
        rounded = {row["export"] for row in issues if row["rule"] == "other"}
        exact = [label for export, label in labels.items() if rounded and export not in rounded]
        nobodys = f" Those of {'; '.join(exact)} are exact: their rows are about nobody." if exact else ""
        components.quiet(
            f"Counts of rows are rounded to 5 like counts of people.{nobodys} "
            "The data lead has every refused row of every file, with its reason."
        )


show(current())
