"""Learning and system change: what is getting in the way, and what have we changed?"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import streamlit as st

from dashboards import components, exhibits, sentences
from dashboards.state import View, current

OF_CHANGES = (
    ("Practice A: how the programme works", "practice_a"),
    ("Practice B: how others work", "practice_b"),
    ("Practice C: what both agreed", "practice_c"),
)
OF_HYPOTHESES = ("Context", "Mechanism", "Outcome", "Evidence by source", "Whose account is missing")
DATES = (
    ("raised", "raised_date"),
    ("in dialogue", "dialogue_date"),
    ("agreed", "agreed_date"),
    ("adopted", "adopted_date"),
    ("reviewed", "reviewed_date"),
)


def show(view: View) -> None:
    """Draw the page."""
    stages = view.figures("system_changes_by_stage", "count", "as_at", ("change_stage",))
    before = (
        view.publication.figures(
            "system_changes_by_stage", "count", "as_at", ("change_stage",), view.before.end
        )
        if view.before
        else []
    )
    components.page_head(
        view,
        "Learning and system change",
        "What is getting in the way, and what have we changed?",
        sentences.learning(
            exhibits.labelled(view, "change_stage", stages),
            exhibits.labelled(view, "change_stage", before),
            view.end,
        ),
    )
    components.quiet(
        "What the partnership writes about itself, in its own words, about no one borough: counts of "
        "entries, not of people. How much is written "
        "follows how much is reported."
    )
    components.section(
        "Where changes stand",
        "A change is still in place where a review six months or more after it was adopted found it. An "
        "earlier review counts only where the change was gone. Practice A is how the programme works, "
        "Practice B how others work, and Practice C what both agreed.",
    )
    with st.container(key="pair-stages"):
        exhibits.breakdown(
            view,
            "stages",
            "System changes by stage",
            "system_changes_by_stage",
            "count",
            "as_at",
            "change_stage",
            heading="Changes",
            noun="changes",
            text=_lasting(view),
        )
        exhibits.breakdown(
            view,
            "sectors",
            "System changes by sector",
            "system_changes_by_stage",
            "count",
            "as_at",
            "sector",
            heading="Changes",
            noun="changes",
            text="Sectors stand in a fixed order. A sector with many entries is one that people talk to.",
        )
    exhibits.parts(
        view,
        "levels",
        "How far changes reach, and where they stand",
        "system_changes_by_stage",
        "count",
        "as_at",
        "level",
        "change_stage",
        shades=lambda look: (*look.stages, look.second),
        text="From a single exception (flex) to how the system works.",
    )
    _log(view)
    _evidence(view)
    _hypotheses(view)


def _lasting(view: View) -> str:
    cells = {
        f.category("change_stage"): f
        for f in view.figures("system_changes_by_stage", "count", "as_at", ("change_stage",))
    }
    return sentences.lasting(cells.get("still_in_place"), cells.get("lapsed"))


def _log(view: View) -> None:
    changes = view.publication.system_changes(view.end)
    components.section("The log", "Newest first.")
    if not changes:
        came = not view.publication.never_came("system_changes")
        words = "Nothing stands in the log by this day." if came else "[x] The log never came."
        components.html(f'<p class="nothing">{words}</p>')
        return
    with st.container(key="entries-log"):
        for change in reversed(changes):
            label = view.publication.label
            of = [label(name, change[name] or "not_known") for name in ("level", "sector")]
            components.entry(
                f"{change['change_id']} {_words(change['theme'])}",
                " · ".join(of),
                [
                    *[(heading, change[column] or "") for heading, column in OF_CHANGES],
                    ("When", _dates(change)),
                    (
                        "Still in place at the review",
                        sentences.at_review(
                            change["still_in_place"] or "", change["adopted_date"], change["reviewed_date"]
                        )
                        if change["reviewed_date"]
                        else "",
                    ),
                ],
            )
    headings = [
        "Change",
        "Theme",
        "Level",
        "Sector",
        *[h for h, _ in OF_CHANGES],
        *[h.capitalize() for h, _ in DATES],
    ]
    rows = [
        [
            change["change_id"],
            _words(change["theme"]),
            view.publication.label("level", change["level"] or "not_known"),
            view.publication.label("sector", change["sector"] or "not_known"),
            *[change[column] or "" for _, column in OF_CHANGES],
            *[str(change[column] or "") for _, column in DATES],
        ]
        for change in changes
    ]
    components.download_table(
        view, components.Table("The log of system changes", headings, rows), "system-changes"
    )


def _words(text: str | None) -> str:
    return sentences.capital((text or "").replace("_", " "))


def _dates(entry: dict[str, Any]) -> str:
    known = [(words, entry[column]) for words, column in DATES if isinstance(entry[column], date)]
    return "; ".join(f"{words} {sentences.day(value)}" for words, value in known)


def _evidence(view: View) -> None:
    components.section("What the hypotheses rest on", "Each account counts once, whoever gave it.")
    exhibits.parts(
        view,
        "evidence",
        "Evidence by source, and which way it speaks",
        "evidence_by_source",
        "count",
        "as_at",
        "source_type",
        "evidence_direction",
        # The last is not known: a shade that no direction has.
        shades=lambda look: (*look.categories[:3], look.categories[4]),
        text="A hypothesis that only one kind of source speaks for is weak, however often.",
    )


def _hypotheses(view: View) -> None:
    hypotheses = view.publication.hypotheses()
    components.section(
        "The register of hypotheses",
        "Context + mechanism = outcome, by cycle of the review, as it stands in this release. People "
        "set the status; nothing "
        "works it out.",
    )
    if not hypotheses:
        came = not view.publication.never_came("hypotheses")
        words = "The register holds no hypothesis." if came else "[x] The register never came."
        components.html(f'<p class="nothing">{words}</p>')
        return
    label = view.publication.label
    sources: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in view.publication.evidence(view.end):
        sources[(row["hypothesis_id"], row["cycle"])][row["source_type"] or "not_known"] += 1
    gaps: dict[tuple, list[str]] = defaultdict(list)
    for row in view.publication.triangulation_gaps():
        gaps[(row["hypothesis_id"], row["cycle"])].append(row["source_type"])
    order = view.publication.categories("source_type")
    written = []
    with st.container(key="entries-hypotheses"):
        for row in hypotheses:
            key = (row["hypothesis_id"], row["cycle"])
            found = "; ".join(
                f"{label('source_type', s)} {sources[key][s]}" for s in order if sources[key][s]
            )
            missing = "; ".join(label("source_type", s) for s in order if s in gaps[key])
            texts = [row[name] or "Not written down" for name in ("context", "mechanism", "outcome")]
            texts += [found or "None yet", missing or "Nobody's"]
            status = _words(row["status"]) or "Status not set"
            components.entry(
                f"{row['hypothesis_id']} {row['statement'] or ''}",
                f"Cycle {row['cycle']} · {status}",
                list(zip(OF_HYPOTHESES, texts, strict=True)),
            )
            written.append(
                [
                    row["hypothesis_id"],
                    str(row["cycle"]),
                    row["statement"] or "",
                    status,
                    *texts,
                ]
            )
    headings = ["Hypothesis", "Cycle", "Statement", "Status", *OF_HYPOTHESES]
    components.download_table(
        view, components.Table("The register of hypotheses", headings, written), "hypotheses"
    )


show(current())
