"""Every fault of the specification's table, classes A to F, is named by the test that covers it."""

import re
from pathlib import Path

import pytest

from tests.pipeline.programme import ROOT

FAULTS = (
    "A1 A3 A5 A6 A7 A9 A10 A12 A13 A14 A16 A17 A18 A20 A21 A23 A24",
    "B1 B2 B3 B4 B6 B8 B9",
    "C1 C3 C4 C5 C6 C7 C9 C10 C11 C13 C14 C16 C17 C18 C20",
    "D1 D3 D4 D6 D7 D9",
    "E1 E2 E3 E5 E6",
    "F1 F3 F4 F5 F6 F7 F9 F10 F11 F12 F13 F14",
)
# A case, a docstring or a description names it, before words: a client "C5" or an episode `E1` is no fault.
NAMED = r"(?<![\w|-]){fault}(?=[ .;)]|: |, [A-Z]| and )(?! *[=|])"


@pytest.fixture(scope="module")
def words() -> str:
    files = [
        path
        for folder in ("tests", "dbt")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".yml"} and path != Path(__file__).resolve()
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("fault", " ".join(FAULTS).split())
def test_a_fault_of_the_table_is_named_by_a_test(words: str, fault: str) -> None:
    assert re.search(NAMED.format(fault=fault), words)
