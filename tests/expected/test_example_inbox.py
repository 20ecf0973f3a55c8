"""The committed example exports are what their generator makes, with faults where the lists say.

Belongs here: the example files as files. Does not belong here: what the product makes of them.
"""

import csv
import io
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import canonicalize

from tests.example_programme.make import make, write_lists
from tests.expected import practice_rules
from tests.expected.recount import (
    AREAS,
    EXAMPLES,
    Row,
    accounts,
    blanked_cells,
    export_of,
    exports_in,
    grid,
    known_records,
    persons,
    practice_rows,
    read,
    readings_of,
    recount,
    refused_lines,
    sums,
)

LISTS = Path(__file__).parent


def contents(name: str, data: bytes) -> object:
    """A file's bytes; a workbook's parts, because another zlib may pack the same parts into other bytes, and
    openpyxl writes the same XML otherwise where lxml is installed."""
    if not name.endswith(".xlsx"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as workbook:
        parts = {part.filename: (part.date_time, workbook.read(part)) for part in workbook.infolist()}
    return {
        part: (time, canonicalize(content.decode()) if part.endswith((".xml", ".rels")) else content)
        for part, (time, content) in parts.items()
    }


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


def test_every_export_of_the_contract_came_and_one_file_of_each_is_no_plain_csv() -> None:
    files: dict[str, list[Path]] = {}
    for path in exports_in(EXAMPLES):
        files.setdefault(export_of(path)[0], []).append(path)
    assert len(files) == 17
    for export, paths in files.items():
        assert any(path.suffix == ".xlsx" for path in paths), export


def test_every_row_of_every_file_has_one_fate() -> None:
    for name, (rows, *fates) in accounts().items():
        assert rows == sum(fates), name


def test_pence_loaded_duplicate_and_rejected_are_the_files_pence() -> None:
    for export, column in (("petty_cash", "amount"), ("programme_budget", "actual")):
        for name, own in sums(export, column).items():
            assert own["loaded"] + own["duplicate"] + own["rejected"] == own["file"] > 0, name


def test_the_staff_of_the_review() -> None:
    in_post = [row for row in practice_rows("workers", date(2015, 5, 31)) if not row["end_date"]]
    roles = Counter(row["role"] for row in in_post)
    assert roles == {
        "link_worker": 9,
        "peer_mentor": 14,
        "peer_mentor_coordinator": 1,
        "manager": 2,
        "accommodation_worker": 1,
        "data_and_research": 1,
    }
    link_workers = [row for row in in_post if row["role"] == "link_worker"]
    assert {row["fte"] for row in link_workers} == {1}
    assert all(date(2016, 5, 1) < row["secondment_end_date"] < date(2016, 8, 1) for row in link_workers)


def test_each_open_case_of_the_review_has_one_lead_and_it_is_the_caseloads() -> None:
    day = date(2015, 5, 31)
    leads = {
        row["client_id"]: row["worker_id"]
        for row in practice_rows("assignments", day)
        if row["role"] == "lead" and row["to_date"] is None
    }
    open_cases = [row for row in known_records(EXAMPLES, day).rows["caseload"] if not row["end_date"]]
    assert len(open_cases) == 86
    assert [
        row["client_id"]
        for row in open_cases
        if leads[row["client_id"]] != row["as_it_stands"]["lead_worker_id"]
    ] == []


def test_the_log_of_the_review_has_the_sleeping_bags() -> None:
    [change] = [
        row for row in practice_rows("system_changes", date(2015, 5, 31)) if row["change_id"] == "SC-001"
    ]
    assert change["level"] == "practice"
    assert all(change[f"practice_{name}"] for name in "abc")
    assert len(practice_rows("system_changes")) == 13


def test_the_register_of_the_review_holds_three_hypotheses_and_its_evidence() -> None:
    assert [row["cycle"] for row in practice_rows("hypotheses", date(2015, 5, 31))] == [1, 1, 1]
    evidence = [row for row in practice_rows("evidence") if row["cycle"] == 1]
    people = Counter()
    for row in evidence:
        people[row["source_type"]] += row["participants"] or 0
    # 4 peer mentors and 4 members of the peer board; 9 link workers in two groups.
    assert people == {"client": 8, "stakeholder": 9, "worker": 9, "peer": 8, "administrative": 0}
    assert sum(row["source_type"] == "worker" for row in evidence) == 2


def test_links_make_one_person_of_two_references_from_their_day_on() -> None:
    links = known_records(EXAMPLES, date.max).links
    assert persons(links, date(2015, 5, 31)) == {}
    # A chain of two links: who came under three references is one person under the last.
    assert persons(links, date(2016, 12, 31)) == {"FLIC-0084": "FLIC-0222", "FLIC-0017": "006586"}
    assert persons(links, date(2018, 3, 31)) == {
        "FLIC-0084": "FLIC-0222",
        "FLIC-0017": "FLIC-0266",
        "006586": "FLIC-0266",
        "FLIC-0077": "FLIC-0345",
    }


def test_the_long_stars_hold_the_readings_of_the_wide_ones() -> None:
    wide = {key_of(row): row for _, row in read(EXAMPLES / "outcome_stars_2018-03-31.csv").rows}
    rows = [row for _, row in read(EXAMPLES / "outcome_stars_2018-03-31_v2.csv").rows]
    long = {key_of(row): row for row in readings_of(rows)}
    # In the wide form somebody unknown has a whole reading, in the long form a row on another day.
    added = [key for key in long if key not in wide and key[0] != "FLIC-9001"]
    # Six first Home Stars; a reading that the wide form has twice with other scores, and so not at all.
    assert Counter(version for _, version, *_ in added) == {"home_star": 6, "homelessness_star": 1}
    assert {client for client, *_ in wide.keys() - long.keys()} == {"FLIC-9001"}
    differing = [
        (key, area)
        for key in wide.keys() & long.keys()
        for area in AREAS
        if wide[key][area] != long[key][area]
    ]
    # The one area that stands twice with other scores.
    assert [area for _, area in differing] == ["area_4"]


def key_of(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in ("client_id", "star_version", "completed_date", "completed_by"))


def test_changes_are_sent_twice_and_put_right_later() -> None:
    files = [path for path in exports_in(EXAMPLES) if export_of(path)[0] == "contacts"]
    seen: dict[object, list[Row]] = {}
    for path in files:
        for _, row in read(path).rows:
            seen.setdefault(row["contact_id"], []).append(row)
    repeated = [rows for rows in seen.values() if len(rows) > 1]
    assert len(repeated) > 100
    assert any(first["result"] != last["result"] for first, *_, last in repeated)
    # All but the contact of somebody whom nobody knows.
    assert len(practice_rows("contacts")) == len(seen) - 1


def test_each_kind_of_fault_is_planted() -> None:
    reasons = {reason for _, _, reason in refused_lines()}
    assert reasons >= {
        *("missing_required", "invalid_date", "month_first", "invalid_number", "not_allowed", "too_long"),
        *("out_of_range", "before_programme", "after_extract", "date_order", "unknown_client"),
        *("exact_duplicate", "conflicting_duplicate", "total_differs", "not_a_quarter_start"),
        *("over_100_percent", "linked_to_itself"),
    }
    for export in practice_rules.CELLS:
        assert any(name.startswith(f"{export}_20") for name, *_ in refused_lines()), export
