"""Data quality lists: what is there to mend, and how?

For management alone: no other file holds these lists.
"""

from __future__ import annotations

from typing import Any

from dashboards import components, sentences
from dashboards.state import View, current

# Kind, title, what it lists, and what its days are.
KINDS = (
    (
        "missing_answer",
        "Answers that are missing",
        "Needs, sex, age and ethnicity of people who are supported now.",
        "Supported since",
    ),
    (
        "star",
        "Stars that are due",
        "Made in this quarter and approved, a Star leaves the list. Nobody is here who withdrew consent.",
        "Last Star, or start",
    ),
    (
        "contact",
        "Contacts that are overdue",
        "The last successful contact is long ago. Somebody in prison or hospital is on the list too.",
        "Last contact, or start",
    ),
    (
        "no_word",
        "Referrals without word",
        "Whoever referred has heard neither a decision nor anything else.",
        "Received",
    ),
    (
        "impossible_date",
        "Impossible dates",
        "Dates that cannot be, or that could be two days. The row is left out, or the date.",
        "Extract of",
    ),
    (
        "refused",
        "Other rows refused",
        "The row is in no figure until it is corrected.",
        "Extract of",
    ),
    (
        "emptied",
        "Cells that count as empty",
        "The row counts; this cell counts as empty.",
        "Extract of",
    ),
    (
        "odd",
        "Odd records",
        "Possible, and counted; please look whether it is right.",
        "Extract of",
    ),
)
# What is overdue is known only where its export came.
RESTS_ON = {"star": "outcome_stars", "contact": "contacts"}
HEADINGS = ("Client", "Export", "Record", "Field", "Since", "What is wrong", "What to do")


def show(view: View) -> None:
    """Draw the page."""
    everything = view.publication.data_quality_lists()
    rows = [row for row in everything if not row["is_accepted"]]
    components.page_head(
        view, "Data quality lists", "What is there to mend, and how?", sentences.to_mend(rows), True
    )
    components.banner(
        "For named managers only: these lists are about single people, by pseudonym. Do not pass them on."
    )
    components.section("How much there is", "One person can stand in several lists.")
    counts = [
        [
            title,
            sentences.number(len(listed)),
            sentences.number(len({r["client_key"] for r in listed} - {None})),
        ]
        for kind, title, _, _ in KINDS
        for listed in [[row for row in rows if row["kind"] == kind]]
    ]
    components.shown_table(components.Table("Findings by list", ["List", "Findings", "Clients"], counts))
    components.quiet(
        "A record is a line of a file, where line 1 is its first, or the reference of the episode or "
        "referral. Mend it there, in the source system: the next export takes it off the list. Who stands "
        "behind a pseudonym is found by the record. Where the latest file of contacts or Stars tells of an "
        "earlier day than that of the figures, they are overdue as at that day."
    )
    if accepted := len(everything) - len(rows):
        components.quiet(f"Left out: {accepted} that the data lead had accepted as right.")
    labels = {row["export"]: row["label"] for row in view.publication.source_status()}
    for kind, title, text, since in KINDS:
        _list(view, kind, title, text, since, [_row(labels, row) for row in rows if row["kind"] == kind])


def _row(labels: dict[str, str], row: dict[str, Any]) -> list[str]:
    field = (row["column_name"] or "").replace("_", " ")
    words = str(row["wording"])
    # The words of a rule about a cell are the end of a sentence that begins with the column.
    wrong = f"{field} {words}" if field and words[:1].islower() else words
    return [
        row["client_key"] or "not known, or nobody",
        labels.get(row["export"]) or row["export"],
        _record(row),
        field,
        sentences.day(row["day"]),
        sentences.capital(wrong),
        str(row["guidance"]),
    ]


def _record(row: dict[str, Any]) -> str:
    if not row["source_file"] or not row["record"]:
        return row["record"] or ""
    place = f"{row['record']} of {row['source_file']}"
    return f"{place}, the last that held it" if row["rule"] == "vanished" else place


def _list(view: View, kind: str, title: str, text: str, since: str, rows: list[list[str]]) -> None:
    components.section(title, text)
    if not rows:
        never = kind in RESTS_ON and view.publication.never_came(RESTS_ON[kind])
        components.quiet("Not known: this export never came." if never else "None.")
        return
    headings = [since if heading == "Since" else heading for heading in HEADINGS]
    # What is the same in every row is said once, above.
    same = [n for n in (1, 5, 6) if len({row[n] for row in rows}) == 1]
    for n in same:
        if n >= 5:
            components.quiet(f"{headings[n]}: {rows[0][n]}.".replace("..", "."))
    # What is wrong names the field.
    kept = [n for n in range(len(headings)) if n not in (*same, 3)]
    first = components.Table(title, [headings[n] for n in kept], [[row[n] for n in kept] for row in rows])
    components.long_table(view, first, kind.replace("_", "-"), whole=components.Table(title, headings, rows))


show(current())
