"""Words that every form of a return shares: what it is about, marks, rounding, definitions, sources.

Belongs here: texts and tables of words from the release alone. Does not belong here: figures (`pack.py`).
"""

from collections.abc import Sequence

from dagster_project.returns.pack import Exhibit, Pack
from dashboards import sentences

# The colours of the pages in light (a test compares them): ink, quiet words, lines, bars.
INK, MUTED, LINE, ACCENT, WITHHELD = "#1d2b36", "#51606c", "#dcd8cf", "#1f5f86", "#8a949c"

MARK_WORDS = (
    ("[c]", "Withheld to protect people; a count below the minimum is shown as <10"),
    ("[z]", "Not applicable"),
    ("[x]", "Not available"),
    ("[m]", "Too early to say"),
)

ALL_BOROUGHS = "All boroughs together, except in a table by borough"

Rows = list[list[object]]


def foot(pack: Pack) -> tuple[str, str]:
    """Programme, return, period and version in one line, as-at day and release in another."""
    release = pack.publication.release
    made_up = " Synthetic data." if release.synthetic else ""
    return (
        f"{release.programme_name}. {pack.wanted.title}, {sentences.period_name(pack.period)}, version"
        f" {pack.version}.",
        f"As at {sentences.day(release.as_at)}, release {release.release_id}.{made_up}",
    )


def about(pack: Pack) -> str:
    """The two lines of the foot as one."""
    return " ".join(foot(pack))


def checks(pack: Pack) -> str:
    """How many of the things that must hold among the figures do, in a sentence."""
    count = len(pack.identities)
    if not count:
        return "Nothing has to add up among these figures."
    holds = sum(identity.holds is True for identity in pack.identities)
    wrong = [identity for identity in pack.identities if identity.holds is False]
    if wrong:
        return f"These do not add up: {'; '.join(f'{i.about} ({i.says})' for i in wrong)}"
    if holds == count:
        return "All that has to add up among these figures does."
    open_for = "a figure is withheld, or two systems have to say why they differ"
    if not holds:
        return f"Whether these figures add up cannot be told: {open_for}."
    return f"{holds} of {count} things that have to add up do; of the others it cannot be told: {open_for}."


def rounding(pack: Pack) -> str:
    """How exact the figures are, in the numbers of the programme's own settings."""
    settings = pack.publication.settings()
    return (
        "Headline counts are exact. The number of people beside one and counts in breakdowns are rounded to "
        f"{settings.get('rounding_base', '5')} to protect people, so their parts may add up to a slightly"
        f" different total; a count under {settings.get('count_minimum', '10')} is shown as"
        f" <{settings.get('count_minimum', '10')}. Sums of money are rounded to"
        f" £{settings.get('money_total_rounding_gbp', '100')}."
    )


def alternative(pack: Pack, exhibit: Exhibit) -> str:
    """A chart in words: every number that it shows."""
    shown = exhibit.every if exhibit.series else exhibit.figures
    parts = [f"{pack.label(f) or pack.when(f)}: {sentences.table_cell(f)}" for f in shown]
    return f"{exhibit.line.wording}, {exhibit.when}. {'; '.join(parts)}."


def definitions(pack: Pack) -> tuple[Sequence[str], Rows]:
    """The words of each metric of the return, by label, as the pages' workbooks give them."""
    words = pack.publication.definitions()
    by_label = sorted(pack.metric_ids, key=lambda name: words.get(name, {}).get("label", name))
    headings, rows = sentences.definition_rows(words, pack.publication.source_status(), by_label)
    return headings, [list(row) for row in rows]


def sources(pack: Pack) -> str:
    """The exports and their extract dates in a sentence."""
    return f"Sources: {'; '.join(sentences.extract(row) for row in pack.publication.source_status())}."


ROWS_OF_A_FILE = (
    "Rows are those of the newest file of each export: taken, duplicates, rejected (left out until they are"
    " corrected) and skipped (headings, totals, blank lines)."
)


def quality(pack: Pack) -> tuple[Sequence[str], Rows]:
    """What became of the rows of each export, and what the rules found in ten rows or more."""
    issues = [issue for issue in pack.publication.data_quality_issues() if issue["rows"] is not None]
    headings = (
        "Export",
        "Extract of",
        "Files",
        "Rows taken",
        "Duplicates",
        "Rejected",
        "Skipped",
        "Findings",
    )
    names = ("files_loaded", "rows_loaded", "rows_duplicate", "rows_rejected", "rows_skipped")
    rows: Rows = []
    for row in pack.publication.source_status():
        own = [issue for issue in issues if issue["export"] == row["export"]]
        found = "; ".join(f"{issue['wording']}: {issue['rows']}" for issue in own)
        counts = ["[c]" if row[name] is None else row[name] for name in names]
        rows.append([row["label"], row["last_extract_date"] or "never came", *counts, found])
    return headings, rows
