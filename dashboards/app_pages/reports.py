"""Reports and returns: give me the pack."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards import components, sentences
from dashboards.published import Pack, packs, releases
from dashboards.state import View, current

KINDS = {
    ".pdf": "Report (PDF)",
    ".xlsx": "Workbook (XLSX)",
    ".pptx": "Slides (PPTX)",
    "-figures.csv": "Figures (CSV)",
    "-data_dictionary.csv": "Data dictionary (CSV)",
    "-restated.csv": "What moved (CSV)",
}
OFFICE = "application/vnd.openxmlformats-officedocument"
MIME = {
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".xlsx": f"{OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{OFFICE}.presentationml.presentation",
}


def show(view: View) -> None:
    """Draw the page: what the folder of releases tells, and nothing else."""
    release = view.publication.release
    found = releases(view.publication.path.parent)
    ready = packs(view.publication.path.parent)
    sentence = sentences.released(len({(p.name, p.period_end) for p in ready}), len(found), release)
    components.page_head(
        view, "Reports and returns", "Which reports and returns are ready to be taken?", sentence, True
    )
    _packs(view, ready)
    every, without = view.publication.cells()
    components.section("The release that is shown")
    facts = [
        ("Release", release.release_id),
        ("As at", sentences.day(release.as_at)),
        ("Made", sentences.moment(release.created_at)),
        ("Approved by", release.approved_by or "Nobody yet"),
        ("Figures shown", sentences.number(every - without)),
        ("Figures not shown", sentences.number(without)),
        ("Software", release.software_version),
    ]
    components.html(
        components.table_html(components.Table("This release", ["What", "Is"], facts), words=True)
    )
    components.section(
        "Releases", "Newest first. A release is never changed; a correction is in the next one."
    )
    rows = [
        [
            entry["release_id"] + (" (shown)" if entry["release_id"] == release.release_id else ""),
            sentences.day(entry["as_at"]),
            sentences.moment(entry["created_at"]) if entry["created_at"] else "[x]",
            entry["status"],
            entry["approved_by"] or "[x]",
            sentences.moment(entry["approved_at"]) if entry["approved_at"] else "[x]",
            sentences.number(entry["figures"]),
        ]
        for entry in found
    ]
    if not rows:
        components.quiet("No manifest of a release can be read in the folder.")
        return
    headings = ["Release", "As at", "Made", "Status", "Approved by", "Approved", "Figures in it"]
    table = components.Table("Releases kept, by their manifests", headings, rows)
    components.html(components.table_html(table, words=True, cards=True))
    components.download_table(view, table, "releases")


def _packs(view: View, ready: Sequence[Pack]) -> None:
    """What may be taken: the newest version of each return and period, with its files."""
    components.section("Packs", "Approved returns, newest first. Each holds published figures alone.")
    if not ready:
        components.quiet(
            "Until a pack is approved, each page prints on paper, and each table of this release can be "
            "taken as a file from the page that shows it."
        )
        return
    seen = set()
    for pack in ready:
        if (pack.name, pack.period_end) in seen:
            continue
        seen.add((pack.name, pack.period_end))
        until = f"up to {sentences.day(pack.period_end)}"
        steps = [
            f"{state} by {by}" + (f" ({sentences.moment(at)})" if at else "") for state, by, at in pack.states
        ]
        components.entry(
            pack.title,
            f"For the period {until}, version {pack.version}, from release {pack.release_id}",
            [("How it came", f"{sentences.capital('; '.join(steps))}.")],
        )
        with st.container(horizontal=True, key=f"files-{pack.name}-{pack.period_end}", gap="small"):
            kinds = {file: file.name.split(f"-v{pack.version}", 1)[-1] for file in pack.files}
            for file, kind in sorted(kinds.items(), key=lambda item: (item[1].startswith("-"), item[1])):
                components.download_button(
                    KINDS.get(kind, file.name),
                    file.read_bytes,
                    file.name,
                    mime=MIME.get(file.suffix, "application/octet-stream"),
                    key=f"pack-{file.name}",
                    type="tertiary",
                    help=f"{pack.title} {until}",
                )


show(current())
