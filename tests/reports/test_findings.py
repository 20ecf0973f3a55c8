"""What is new, persists and is resolved, and that asking again gives the same answer."""

import pyarrow.parquet as pq
import pytest

from dagster_project.ingestion.landing import written_whole
from dagster_project.reports.decisions import decide, standing_decisions
from dagster_project.reports.findings import Comparison, NoFindingsError, compare, opened_warehouse
from dagster_project.settings import Settings
from tests.reports.invented_findings import build, zone

DECISION, DATE = "decision_date_without_decision", "decision_without_date"
A, B, C = ("aaa", DATE), ("bbb", DATE), ("ccc", DECISION)
MAY, JUNE, REFUSED = ("may", "loaded"), ("june", "loaded"), ("odd", "refused")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return zone(tmp_path)


def seen(settings: Settings, loads: list, warnings: list, *, keep: bool = True) -> Comparison:
    build(settings, loads, warnings)
    with opened_warehouse(settings) as warehouse:
        return compare(settings, warehouse, keep=keep)


def statuses(comparison: Comparison) -> dict[str, str]:
    return {finding.finding_id: finding.status for finding in comparison.findings}


# Each step: known loads, warnings, expected statuses, number resolved by wording's beginning.
STEPS = {
    "first load": [([MAY], [A], {"aaa": "first load"}, 0)],
    "one stays, one comes, one goes": [
        ([MAY], [A, B], {"aaa": "first load", "bbb": "first load"}, 0),
        ([MAY, JUNE], [A, C], {"aaa": "persisting", "ccc": "new"}, 1),
    ],
    "again with nothing new": [
        ([MAY], [A, B], {"aaa": "first load", "bbb": "first load"}, 0),
        ([MAY], [A, B], {"aaa": "first load", "bbb": "first load"}, 0),
        ([MAY, JUNE], [A, C], {"aaa": "persisting", "ccc": "new"}, 1),
        ([MAY, JUNE], [A, C], {"aaa": "persisting", "ccc": "new"}, 1),
    ],
    "a refused file is news too": [
        ([MAY], [A], {"aaa": "first load"}, 0),
        ([MAY, REFUSED], [A, B], {"aaa": "persisting", "bbb": "new"}, 0),
    ],
    "the same file refused, then loaded": [
        ([("june", "refused")], [A], {"aaa": "first load"}, 0),
        ([JUNE], [B], {"bbb": "new"}, 1),
    ],
    "resolved and back again": [
        ([MAY], [A], {"aaa": "first load"}, 0),
        ([MAY, JUNE], [], {}, 1),
        ([MAY, JUNE, REFUSED], [A], {"aaa": "new"}, 0),
    ],
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_against_the_last_load(settings: Settings, steps: list) -> None:
    for loads, warnings, expected, resolved in steps:
        comparison = seen(settings, loads, warnings)
        assert statuses(comparison) == expected
        assert sum(gone.count for gone in comparison.resolved) == resolved


def test_resolved_ones_keep_their_rule_in_words(settings: Settings) -> None:
    seen(settings, [MAY], [A, B, C])
    [gone] = seen(settings, [MAY, JUNE], [A, B]).resolved
    assert (gone.export, gone.wording, gone.severity, gone.count) == (
        "referrals", "A day of decision without the decision", "warn", 1
    )  # fmt: skip


def test_looking_back_keeps_nothing_and_compares_with_nothing(settings: Settings) -> None:
    seen(settings, [MAY, JUNE], [A])
    assert statuses(seen(settings, [MAY], [A, B], keep=False)) == {"aaa": "first load", "bbb": "first load"}
    assert len(list(settings.findings.iterdir())) == 1
    # And the next load is compared with the last one, not with what was looked back at.
    assert statuses(seen(settings, [MAY, JUNE, REFUSED], [A, B])) == {"aaa": "persisting", "bbb": "new"}


def test_what_was_kept_is_never_written_again_and_names_what_came_before(settings: Settings) -> None:
    seen(settings, [MAY], [A])
    [first] = settings.findings.iterdir()
    content = first.read_bytes()
    seen(settings, [MAY], [A, B])
    assert first.read_bytes() == content
    seen(settings, [MAY, JUNE], [B])
    [second] = set(settings.findings.iterdir()) - {first}
    assert (pq.read_schema(second).metadata or {})[b"predecessor"].decode() == first.stem
    assert first.stat().st_mode & 0o077 == 0


def test_an_interrupted_writing_leaves_nothing_that_counts(settings: Settings) -> None:
    seen(settings, [MAY], [A])
    (settings.findings / "half.parquet.tmp").write_bytes(b"half")
    assert statuses(seen(settings, [MAY, JUNE], [A, B])) == {"aaa": "persisting", "bbb": "new"}
    assert not list(settings.findings.glob("*.tmp"))


@pytest.mark.parametrize("content", [None, b"not a database"], ids=["no warehouse", "damaged"])
def test_without_a_warehouse_it_says_what_to_do(settings: Settings, content: bytes | None) -> None:
    if content is not None:
        with written_whole(settings.warehouse) as file:
            file.write(content)
    with pytest.raises(NoFindingsError, match="flic refresh"):
        opened_warehouse(settings)


# --- decisions -------------------------------------------------------------------------------------------


def test_what_is_accepted_stays_so_in_later_loads_with_who_and_why(settings: Settings) -> None:
    seen(settings, [MAY], [A, B])
    decide(settings, ["aaa"], "accepted", reason="decided by phone", by="A. Lead")
    comparison = seen(settings, [MAY, JUNE], [A, B])
    assert statuses(comparison) == {"aaa": "accepted", "bbb": "persisting"}
    decision = comparison.warnings[0].accepted
    assert decision is not None
    assert (decision.reason, decision.decided_by) == ("decided by phone", "A. Lead")


def test_reopening_undoes_and_keeps_the_history(settings: Settings) -> None:
    decide(settings, ["aaa", "bbb"], "accepted", reason="right", by="A. Lead")
    decide(settings, ["aaa"], "reopened", reason="", by="B. Lead")
    assert list(standing_decisions(settings)) == ["bbb"]
    decide(settings, ["aaa"], "accepted", reason="right after all", by="A. Lead")
    assert standing_decisions(settings)["aaa"].reason == "right after all"
    assert len(list((settings.landing / "warning_decisions").iterdir())) == 3


def test_a_decision_that_could_not_be_written_whole_is_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        decide(settings, ["aaa", "bbb"], "accepted", reason="right", by="A. Lead")
    assert standing_decisions(settings) == {}
    assert not list((settings.landing / "warning_decisions").iterdir())
