"""A publication and its approval, and what a kill at each place on the way would leave behind."""

import logging
from datetime import datetime
from pathlib import Path

from dagster_project.publication.approval import approve
from dagster_project.publication.publish import publish
from tests.killed import Place, copy_at
from tests.publication.invented_warehouse import settings_for

RENAMES = (
    "answers of the audit",
    "exact file", "manifest of the exact file", "pointer to the exact file",
    "draft", "manifest of the draft", "pointer to the draft",
    "note that SPG's release was checked", "note that the public's release was checked",
    "approved file", "manifest of the approved file", "public file", "manifest of the public file",
    "pointer to the approved file", "pointer to the public file", "history of what was served",
)  # fmt: skip
PLACES: dict[str, Place] = {
    "amid rounding": ("dagster_project.publication.rounding", "_minimum", 1, "after"),
    "amid the audit": ("dagster_project.publication.attack", "_witnesses", 2, "after"),
    "amid the audit of sums": ("dagster_project.publication.disclosure", "_remainder_is_safe", 1, "after"),
    "before what was written is verified": ("dagster_project.publication.releases", "verify", 1, "before"),
    # Nothing reaches the disk between a rename and the next, but for the last ones: after them is the end.
    **{
        f"before the rename of the {name}": ("pathlib", "Path.replace", number, "before")
        for number, name in enumerate(RENAMES, 1)
    },
    "after the last rename": ("pathlib", "Path.replace", len(RENAMES), "after"),
    "before old drafts are removed": ("dagster_project.publication.publish", "remove_old", 2, "before"),
    "between draft and approval": ("dagster_project.publication.approval", "prepare_served", 1, "before"),
}
SWAPPED = {
    "before the rename of the pointer to the public file",
    "before the rename of the history of what was served",
    "after the last rename",
}
"""The places where the new release is served already."""


def publish_with_copies(folder: Path, copies: Path) -> None:
    """Publish and approve from a data folder, which is copied at each place below `copies`."""
    for place, where in PLACES.items():
        copy_at(where, folder, copies / place)
    zone, now = settings_for(folder), datetime.fromisoformat("2015-07-02T09:00:00")
    report = publish(zone, created_at=now, inputs_sha256="new", log=logging.getLogger())
    approve(zone, report.release_id, by="A tester", at=now)
