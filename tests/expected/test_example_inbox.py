"""The committed example exports are what their generator makes, with faults where the lists say.

Belongs here: the example files as files. Does not belong here: what the product makes of them.
"""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

from tests.example_programme.make import make, write_lists
from tests.expected.recount import EXAMPLES, blanked_cells, exports_in, grid, recount, refused_lines

LISTS = Path(__file__).parent


def contents(name: str, data: bytes) -> object:
    """A file's bytes; a workbook's parts, because another zlib may pack the same parts into other bytes."""
    if not name.endswith(".xlsx"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as workbook:
        return {part.filename: (part.date_time, workbook.read(part)) for part in workbook.infolist()}


def listed(name: str) -> set[tuple[str, int, str]]:
    with (LISTS / name).open(newline="") as file:
        return {(row[0], int(row[1]), row[2]) for row in list(csv.reader(file))[1:]}


def test_the_generator_makes_the_committed_folder(tmp_path: Path) -> None:
    files, faults, blanked = make()
    assert make() == (files, faults, blanked), "not deterministic to the byte"
    committed = {path.name: path.read_bytes() for path in EXAMPLES.iterdir()}
    assert sorted(committed) == sorted(files)
    differing = [name for name in files if contents(name, files[name]) != contents(name, committed[name])]
    assert differing == []
    write_lists(tmp_path, faults, blanked)
    for name in ("known_rejects.csv", "known_blanked_cells.csv"):
        assert (tmp_path / name).read_bytes() == (LISTS / name).read_bytes()


def test_an_independent_reading_finds_the_same_faults() -> None:
    assert refused_lines() == listed("known_rejects.csv")
    assert blanked_cells() == listed("known_blanked_cells.csv")


def test_every_title_row_and_the_readme_say_synthetic() -> None:
    assert "SYNTHETIC" in (EXAMPLES / "README.md").read_text()
    for path in exports_in(EXAMPLES):
        first = str(grid(path)[0][1][0])
        assert not first.startswith("FLIC ") or "SYNTHETIC" in first, path.name


def test_the_folder_stays_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir()) < 6_000_000


def test_caseload_flows_add_up_in_every_quarter() -> None:
    figures = recount(date(2018, 3, 31))
    opening = 0.0
    quarters = sorted(
        {end for metric, _, period_type, end, _ in figures if (metric, period_type) == ("starts", "quarter")}
    )
    assert len(quarters) == 16
    for quarter in quarters:
        starts, ends = (
            figures.get((metric, "count", "quarter", quarter, ()), 0) for metric in ("starts", "ends")
        )
        # Each day counted from today's knowledge, as the flows are.
        closing = recount(quarter)["open_caseload", "count", "as_at", quarter, ()]
        assert opening + starts - ends == closing
        opening = closing
    programme = {
        metric: figures[metric, "count", "programme", date(2018, 3, 31), ()] for metric in ("starts", "ends")
    }
    assert programme["starts"] - programme["ends"] == opening


def test_the_open_caseload_is_believable() -> None:
    year_ends = [date(2016, 3, 31), date(2017, 3, 31), date(2018, 3, 31)]
    for day in year_ends:
        assert 80 <= recount(day)["open_caseload", "count", "as_at", day, ()] <= 110
