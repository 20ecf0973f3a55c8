"""The data dictionary is made from the words beside the models and is as new as they are."""

import json

from dagster_project.dictionary import DICTIONARY, data_dictionary
from tests.pipeline.programme import Programme


def test_the_dictionary_is_up_to_date(published: Programme) -> None:
    manifest = json.loads((published.folder / "dbt_target" / "manifest.json").read_text())
    assert DICTIONARY.read_text(encoding="utf-8") == data_dictionary(manifest), "run `make docs`"


def test_every_export_metric_and_table_is_in_it(published: Programme) -> None:
    text = DICTIONARY.read_text(encoding="utf-8")
    manifest = json.loads((published.folder / "dbt_target" / "manifest.json").read_text())
    named = [
        node["name"].removeprefix("metric_")
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed"} and not node["name"].startswith("metric_definitions")
    ]
    named += [
        source["name"] for source in manifest["sources"].values() if source["config"]["meta"].get("key")
    ]
    assert [name for name in named if f"### {name}" not in text and f"### metric_{name}" not in text] == []
