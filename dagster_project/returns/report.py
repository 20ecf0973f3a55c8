"""A return as PDF: typeset by Typst from `report.typ`, tagged for screen readers (PDF/UA-1); no browser runs.

Belongs here: the pack as plain texts and lengths for the layout. Does not belong here: the layout itself
(`report.typ`), which figures there are (`pack.py`).
"""

import json
import math
from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path

import typst

from dagster_project.returns.pack import Exhibit, Pack
from dagster_project.returns.words import (
    ACCENT,
    ALL_BOROUGHS,
    INK,
    LINE,
    MARK_WORDS,
    MUTED,
    ROWS_OF_A_FILE,
    WITHHELD,
    alternative,
    checks,
    definitions,
    foot,
    quality,
    rounding,
    sources,
)
from dashboards import sentences
from dashboards.published import Figure

LAYOUT = Path(__file__).with_name("report.typ")
# As many columns as fit across a page with a number over each; the workbook has them all.
MOST_COLUMNS = 16


def report_bytes(pack: Pack) -> bytes:
    """The return as PDF; the same pack gives the same bytes on any machine (fonts come with the library)."""
    return typst.compile(
        LAYOUT.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"pack": json.dumps(_payload(pack), ensure_ascii=False)},
        pdf_standards=["ua-1"],
        # The moment of the release, not of the making.
        timestamp=pack.publication.release.created_at.astimezone(UTC).replace(microsecond=0),
    )


def _payload(pack: Pack) -> dict[str, object]:
    release, wording = pack.publication.release, pack.publication.wording()
    notes = [{"term": mark, "text": text} for mark, text in MARK_WORDS]
    acknowledgement = wording.get("star_acknowledgement", "")
    headings, rows = definitions(pack)
    # Said once where it is the same of all.
    owners = {row[headings.index("Owner")] for row in rows}
    said_once = {"Owner"} if len(owners) == 1 else set()
    quality_headings, quality_rows = quality(pack)
    return {
        "colours": {"ink": INK, "muted": MUTED, "line": LINE, "accent": ACCENT, "withheld": WITHHELD},
        "title": pack.wanted.title,
        "programme": release.programme_name,
        "question": pack.wanted.question,
        "period": sentences.capital(sentences.period_name(pack.period)),
        "summary": pack.summary,
        "facts": [
            ["Period", sentences.capital(sentences.period_name(pack.period))],
            ["Places", ALL_BOROUGHS],
            ["As at", sentences.day(release.as_at)],
            ["Status", f"{sentences.capital(release.status)} by {release.approved_by}"],
            ["Release", release.release_id],
            ["Version", str(pack.version)],
            *([["Compared with", sentences.capital(pack.against)]] if pack.against else []),
        ],
        "synthetic": wording.get("synthetic", "Synthetic data") if release.synthetic else "",
        "foot": foot(pack),
        "parts": [_part(pack, part, exhibits) for part, exhibits in pack.parts],
        "notes": notes,
        "rounding": rounding(pack),
        "acknowledgement": acknowledgement,
        "sources": sources(pack),
        "quality": {
            "about": ROWS_OF_A_FILE,
            "headings": quality_headings[:-1],
            "rows": [[_text(cell) for cell in row[:-1]] for row in quality_rows],
            "findings": [[str(row[0]), str(row[-1])] for row in quality_rows if row[-1]],
        },
        "identities": [
            {
                "about": identity.about,
                "says": identity.says,
                "holds": {True: "Holds", False: "Does not hold", None: "Open"}[identity.holds],
            }
            for identity in pack.identities
        ],
        "checks": checks(pack),
        "moved": pack.moved,
        "restated": [[r.label, r.when, r.categories, r.old, r.new, r.because_of] for r in pack.restated],
        "owner": str(owners.pop()) if said_once else "",
        "definitions": [
            {
                "label": str(row[0]),
                "entries": [
                    {"term": term, "text": str(text)}
                    for term, text in zip(headings[1:], row[1:], strict=True)
                    if text and term not in said_once
                ],
            }
            for row in rows
        ],
    }


def _text(cell: object) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    return sentences.day(cell) if isinstance(cell, date) else str(cell)


def _part(pack: Pack, title: str, exhibits: Sequence[Exhibit]) -> dict[str, object]:
    """A part: its single figures as one table, then its series and tables, then what cannot be given."""
    given = [e for e in exhibits if not e.line.reason]
    single = [e for e in given if not e.line.dimensions and not e.series]
    return {
        "title": title,
        "single": [_single(e) for e in single],
        "exhibits": [_exhibit(pack, e) for e in given if e not in single],
        "not_given": [[e.line.wording, e.line.reason] for e in exhibits if e.line.reason],
    }


def _single(exhibit: Exhibit) -> dict[str, object]:
    now = exhibit.figures[0] if exhibit.figures else None
    before = exhibit.before[0] if exhibit.before else None
    return {
        "wording": exhibit.line.wording,
        "why": sentences.capital(sentences.why_missing(now)),
        "shown": sentences.table_cell(now),
        "interval": sentences.interval(now) if now else "",
        "when": sentences.capital(exhibit.when),
        "before": sentences.table_cell(before) if before else "",
        "when_before": exhibit.when_before,
        "people": _people(now) if now else "",
    }


def _people(figure: Figure) -> str:
    if figure.people is None:
        return f"[{figure.mark}]" if figure.mark else ""
    return sentences.number(figure.people)


def _exhibit(pack: Pack, exhibit: Exhibit) -> dict[str, object]:
    held: dict[str, object] = {
        "title": exhibit.line.wording,
        "scope": sentences.capital(exhibit.when),
        "sentence": exhibit.sentence,
    }
    if exhibit.is_all_hidden:
        # Twenty times the same mark says no more than the sentence; the figures of the return have each.
        return held | {"kind": "hidden", "rows": []}
    if exhibit.series:
        return held | _series(pack, exhibit)
    if len(exhibit.line.dimensions) == 2:
        return held | _two_way(pack, exhibit)
    return held | _one_way(pack, exhibit)


def _series(pack: Pack, exhibit: Exhibit) -> dict[str, object]:
    shown = exhibit.series[-MOST_COLUMNS:]
    top = max((f.value or 0 for f in shown), default=0) or 1
    left_out = len(exhibit.series) - len(shown)
    return {
        "kind": "series",
        "alt": alternative(pack, exhibit),
        "left_out": f"The last {len(shown)} of {len(exhibit.series)}; the figures hold all."
        if left_out
        else "",
        "columns": [
            {
                "name": pack.axis_name(f),
                "shown": sentences.table_cell(f),
                "length": None if f.value is None else max(0.0, f.value / top),
            }
            for f in shown
        ],
    }


def _one_way(pack: Pack, exhibit: Exhibit) -> dict[str, object]:
    [dimension] = exhibit.line.dimensions
    figures = exhibit.figures
    numbers = [n for f in figures for n in (f.value, f.lower, f.upper) if n is not None]
    least, most = min([0.0, *numbers]), max([0.0, *numbers])
    span = (most - least) or 1.0
    before = {f.category(dimension): f for f in exhibit.before}

    def place(value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else (value - least) / span

    # What stood there the period before and is not published now is not left out: something became of it.
    now = {f.category(dimension) for f in figures}
    gone = [f for f in exhibit.before if f.category(dimension) not in now]
    with_people = any(f.people is not None and f.people != f.value for f in figures)
    return {
        "kind": "one_way",
        "heading": pack.dimension_label(dimension),
        "zero": place(0.0),
        "with_interval": any(f.lower is not None for f in figures),
        "with_people": with_people,
        "when_before": sentences.capital(exhibit.when_before),
        "total": _total_row(exhibit),
        "rows": [
            {
                "label": pack.publication.label(dimension, f.category(dimension)),
                "shown": sentences.table_cell(f),
                "is_published": True,
                "at": place(f.value),
                "lower": place(f.lower),
                "upper": place(f.upper),
                "interval": sentences.interval(f) or (f"[{f.mark or 'z'}]"),
                "people": _people(f),
                "before": sentences.table_cell(before[f.category(dimension)])
                if f.category(dimension) in before
                else "",
            }
            for f in figures
        ]
        + [
            {
                "label": pack.publication.label(dimension, f.category(dimension)),
                "shown": sentences.table_cell(None),
                "is_published": False,
                "at": None,
                "lower": None,
                "upper": None,
                "interval": "",
                "people": "",
                "before": sentences.table_cell(f),
            }
            for f in gone
        ],
    }


def _total_row(exhibit: Exhibit) -> dict[str, str] | None:
    total, before = exhibit.total
    if total is None:
        return None
    return {
        "shown": sentences.table_cell(total),
        "people": _people(total),
        "before": sentences.table_cell(before) if before else "",
    }


def _two_way(pack: Pack, exhibit: Exhibit) -> dict[str, object]:
    down, across = exhibit.line.dimensions
    publication = pack.publication
    cells = {(f.category(down), f.category(across)): f for f in exhibit.figures}
    columns = [c for c in publication.categories(across) if any(key[1] == c for key in cells)]
    rows = [c for c in publication.categories(down) if any(key[0] == c for key in cells)]
    return {
        "kind": "two_way",
        "headings": [pack.dimension_label(down), *(publication.label(across, c) for c in columns)],
        "rows": [
            [
                publication.label(down, row),
                *(sentences.table_cell(cells.get((row, column))) for column in columns),
            ]
            for row in rows
        ],
    }
