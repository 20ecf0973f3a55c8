"""The proof at start that this process cannot reach the restricted zone: it tries, and tells what it reached.

Belongs here: what would give the zone away, and the attempt. Does not belong here: what the page then says
(`streamlit_app.py`). No file of the zone is read beyond its first byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# Set to 1 for a demonstration, the data lead's own preview and the management dashboards, which all run as
# the user who owns the zone.
ALLOWED = "FLIC_ALLOW_RESTRICTED_ZONE"
VARIABLES = (
    *("FLIC_DATA_DIR", "FLIC_SPILL_DIR"),
    *("FLIC_PSEUDONYM_KEY", "FLIC_ROUNDING_KEY", "FLIC_RETURN_PASSWORD"),
)
# Of the returns the log alone: a folder `returns` also lies among the publications, for readers.
NAMES = (
    "warehouse.duckdb",
    "spill",
    "landing",
    "management",
    "drafts",
    "inbox",
    "archive",
    "rejects",
    "findings",
    "reports/load_report.md",
    "demo_keys",
    "rounding_key_check",
    "audit_answers.json",
    "served_releases.json",
    "nothing_new.json",
    "warehouse_rests_on",
    "returns/client_level_log.csv",
)
DEFAULT_ZONE = Path(__file__).resolve().parents[1] / "data"


def reachable(folder: Path, environment: Mapping[str, str]) -> list[str]:
    """What this process could use of the restricted zone: variables, and paths that it could open.

    The zone is looked for where it can be known: around the folder of publications (the public one lies one
    folder deeper, an area's two) and in the project. Elsewhere it is for the operating system to keep the two
    users apart.
    """
    around = (
        (path, 3 if path.parent.name == "areas" else 2) for path in (folder.absolute(), folder.resolve())
    )
    places = {place for path, deep in around for place in path.parents[:deep]}
    paths = sorted(place / name for place in places | {DEFAULT_ZONE} for name in NAMES)
    return [name for name in VARIABLES if environment.get(name)] + [
        str(path) for path in paths if _opens(path)
    ]


def _opens(path: Path) -> bool:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            with path.open("rb") as file:
                file.read(1)
    except OSError:
        return False
    return True
