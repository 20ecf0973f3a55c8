"""Reports and returns: give me the pack."""

from __future__ import annotations

from dashboards import components, sentences
from dashboards.published import releases
from dashboards.state import View, current


def show(view: View) -> None:
    """Draw the page: what the folder of releases tells, and nothing else."""
    release = view.publication.release
    found = releases(view.publication.path.parent)
    components.page_head(
        view, "Reports and returns", "Give me the pack", sentences.released(len(found), release), True
    )
    components.quiet(
        "Until there are packs, each page prints on paper, and each table of this release can be taken "
        "as a file from the "
        "page that shows it."
    )
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


show(current())
