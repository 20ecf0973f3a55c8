"""Every reason that ingestion can give for a cell or a row has words and advice for the data lead."""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.ingestion import door, read_file, read_workbook
from dagster_project.settings import ROOT


def reasons(path: Path) -> Iterator[str]:
    """The texts that a module uses as a fault: second of a returned pair, put among faults, or so named."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found: list[ast.expr] = []
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            found = [node.value.elts[1]]
        elif isinstance(node, ast.Assign | ast.keyword):
            name = node.arg or "" if isinstance(node, ast.keyword) else ast.unparse(node.targets[0])
            found = [node.value] if "fault" in name.lower() or name == "WRONG_FIELDS" else []
        for expression in found:
            parts: list[ast.expr] = [expression]
            while parts:
                part = parts.pop()
                if isinstance(part, ast.IfExp):
                    parts += [part.body, part.orelse]
                elif isinstance(part, ast.BoolOp):
                    parts += part.values
                elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


GIVEN = {
    reason
    for module in (door, read_file, read_workbook)
    for reason in reasons(Path(module.__file__ or ""))
    if reason.replace("_", "").isalpha()
}


def test_the_search_finds_the_reasons_that_are_known() -> None:
    known = {
        "excel_error", "formula_without_value", "wrong_number_of_fields", "scientific_notation",
        "not_an_identifier", "not_a_year", "age_out_of_range",
    }  # fmt: skip
    assert known <= GIVEN


@pytest.mark.parametrize("reason", sorted(GIVEN))
def test_a_reason_has_words_and_advice(reason: str) -> None:
    with (ROOT / "seeds/common/quality_rules.csv").open(encoding="utf-8", newline="") as file:
        rules = {row["rule"]: row for row in csv.DictReader(file)}
    assert rules[reason]["wording"]
    assert rules[reason]["guidance"].endswith(".")
