"""Each metric names all exports that its figures rest on: those that dbt's own lineage leads back to.

What moved a figure is looked for among these (figure_changes), and a reader is told when each was extracted.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.pipeline.programme import Programme


def exports_beneath(manifest: Mapping[str, Any], node: str) -> set[str]:
    """The exports that a node rests on, over however many models."""
    found, seen, ahead = set(), set(), [node]
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        source = manifest["sources"].get(name)
        # A source without a key is no export: the as-at day, the ledger of loads.
        if source and source["config"]["meta"].get("key"):
            found.add(source["name"])
        # Days of all exports stand in it, and each model takes those of its own.
        if name == "model.flic.base_dates":
            continue
        ahead += manifest["nodes"].get(name, {}).get("depends_on", {}).get("nodes", [])
    return found


def test_every_metric_names_the_exports_that_it_rests_on(published: Programme) -> None:
    manifest = json.loads((published.folder / "dbt_target" / "manifest.json").read_text())
    metrics = {
        name: node["config"]["meta"]["exports"]
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["config"]["meta"].get("metric_id")
    }
    rests_on = {name: exports_beneath(manifest, name) for name in metrics}
    assert {name: set(exports) for name, exports in metrics.items()} == rests_on
    assert {name for name, exports in metrics.items() if len(exports) != len(set(exports))} == set()
    # Through the clients whom anybody knows: no payment of somebody unknown is loaded.
    assert rests_on["model.flic.metric_budget_days_to_pay"] >= {"personal_budget", "caseload", "referrals"}
