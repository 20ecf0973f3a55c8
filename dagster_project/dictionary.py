"""The data dictionary: every export, table, metric and seed in Markdown, from the dbt project's own words.

Belongs here: turning dbt's manifest into one page that a newcomer can read and search. Does not belong here:
any description; those stand beside what they describe, in the YAML files of `dbt/` and `seeds/`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dagster_project.settings import ROOT, Settings
from dagster_project.transformation import TransformationError, invoke_dbt, manifest_path, prepare_manifest

DICTIONARY = ROOT / "docs" / "data_dictionary.md"
SITE = "docs"
LAYERS = ("staging", "intermediate", "marts", "returns", "metrics")
# A metric's words, in the order in which a reader asks for them.
WORDS = ("definition", "counted", "not_counted", "missing", "caveats")
FACTS = ("unit", "direction", "owner", "source", "timing", "counts", "measures", "breakdowns", "exports")


def write_docs(settings: Settings) -> tuple[str, str]:
    """Write the dictionary and dbt's own site of the built warehouse; returns where they are.

    Raises `TransformationError` when there is no warehouse yet: the site shows its tables.
    """
    if not settings.warehouse.exists():
        raise TransformationError(
            "there is no warehouse to document yet: run `flic refresh` or `make demo` first"
        )
    prepare_manifest(settings)
    DICTIONARY.write_text(data_dictionary(json.loads(manifest_path(settings).read_text())), encoding="utf-8")
    result = invoke_dbt(settings, ["docs", "generate", "--static"])
    if not result.success:
        raise TransformationError(f"dbt could not write its site: {result.exception}")
    site = settings.data_dir / SITE / "index.html"
    site.parent.mkdir(exist_ok=True)
    (settings.dbt_target / "static_index.html").replace(site)
    return str(DICTIONARY.relative_to(ROOT)), str(site)


def data_dictionary(manifest: Mapping[str, Any]) -> str:
    """The dictionary as Markdown; the same manifest gives the same text."""
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    seeds = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "seed"}
    exports = {
        source["name"]: source
        for source in manifest["sources"].values()
        if source["config"]["meta"].get("key")
    }
    lines = [
        "# Data dictionary",
        "",
        "Made by `make docs` from the words beside each model: change them there. Synthetic data.",
        "",
        "Exports come in, staging types them, marts hold people and events, metrics hold figures; a release",
        "holds what may leave, shares in per cent (0 to 100), times in UTC. Outcomes Star areas stand with",
        "number and name only.",
        "",
        "## Metrics",
        "",
        "A name in braces gives way to what the programme has decided (`programme_settings.csv`) or calls it",
        "(`wording.csv`).",
        "",
        *_metrics(models),
        "## Exports",
        "",
        *_exports(exports),
    ]
    for layer in reversed(LAYERS):
        own = [
            model
            for _, model in sorted(models.items())
            if model["fqn"][1] == layer and not model["config"]["meta"].get("metric_id")
        ]
        lines += [f"## Tables: {layer}", "", *_tables(own, columns=layer in ("marts", "metrics"))]
    lines += [
        "## Seeds: what is decided",
        "",
        *_tables([seed for _, seed in sorted(seeds.items())], columns=True),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _metrics(models: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for _, model in sorted(models.items()):
        meta = model["config"]["meta"]
        if "metric_id" not in meta:
            continue
        yield f"### {meta['metric_id']}: {meta['label']}"
        yield ""
        for word in WORDS:
            yield f"- **{word.replace('_', ' ').capitalize()}**: {_line(meta[word])}"
        facts = (
            f"{name} {', '.join(value) if isinstance(value, list) else value}"
            for name in FACTS
            if (value := meta.get(name))
        )
        yield f"- {'; '.join(facts)}"
        yield ""


def _exports(exports: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, export in sorted(exports.items()):
        rules = export["config"]["meta"]
        yield f"### {name}"
        yield ""
        yield f"{_line(export['description'])} Key: {', '.join(rules['key'])}. Extract: {rules['extract']}."
        yield ""
        yield "| column | type | required | what it is | allowed |"
        yield "| --- | --- | --- | --- | --- |"
        for column, description in export["columns"].items():
            own = description["config"]["meta"]
            allowed = ", ".join(map(str, own.get("allowed", [])))
            required = "yes" if own.get("required") else ""
            text = _line(description["description"])
            yield f"| {column} | {own.get('type', '')} | {required} | {text} | {allowed} |"
        yield ""


def _tables(models: Iterable[Mapping[str, Any]], *, columns: bool) -> Iterator[str]:
    for model in models:
        yield f"### {model['name']}"
        yield ""
        yield _line(model["description"])
        yield ""
        if columns and model["columns"]:
            yield "| column | type | what it is |"
            yield "| --- | --- | --- |"
            for name, column in model["columns"].items():
                yield f"| {name} | {column.get('data_type') or ''} | {_line(column['description'])} |"
            yield ""


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
