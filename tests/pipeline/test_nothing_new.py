"""A refresh builds unless nothing has changed since the last one that ended well; then it only notes that.

Whole refreshes that find nothing new stand in test_command_line.py, killed ones in test_amid_a_refresh.py.
"""

import os
import shutil
import site
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from dagster_project import refresh
from dagster_project.ingestion.landing import Ledger
from dagster_project.ingestion.load import read_intake
from dagster_project.nothing_new import MARK, is_noted, leave_mark, rests_on
from dagster_project.publication.releases import current_release
from dagster_project.reports.decisions import decide
from dagster_project.settings import ROOT, Settings
from tests.pipeline.programme import Programme

LATER = datetime.fromisoformat("2030-01-01T09:30")


@dataclass(frozen=True)
class OwnProduct(Settings):
    """Settings whose program, dbt project and seeds stand beside the data folder, to be changed."""

    @property
    def dbt_dir(self) -> Path:
        return self.data_dir.parent / "product" / "dbt"

    @property
    def seeds_dir(self) -> Path:
        return self.data_dir.parent / "product" / "seeds" / self.profile

    @property
    def common_seeds_dir(self) -> Path:
        return self.data_dir.parent / "product" / "seeds" / "common"


@pytest.fixture(scope="module")
def settled_once(two_quarters: Programme, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two quarters, and a copy of the product."""
    folder = tmp_path_factory.mktemp("settled")
    made = shutil.ignore_patterns("dbt_target", "dagster", "target", "logs", "__pycache__")
    shutil.copytree(two_quarters.folder, folder / "data", ignore=made)
    for name in ("dagster_project", "dbt", "seeds"):
        shutil.copytree(ROOT / name, folder / "product" / name, ignore=made)
    return folder


@pytest.fixture
def settled(settled_once: Path, two_quarters: Programme, tmp_path: Path) -> Settings:
    """Two quarters after a refresh that ended well. Its files are links: to be replaced, not written."""
    shutil.copytree(settled_once, tmp_path, copy_function=os.link, dirs_exist_ok=True)
    pseudonym_key, rounding_key = (
        two_quarters.environment[f"FLIC_{key}_KEY"].encode() for key in ("PSEUDONYM", "ROUNDING")
    )
    data = tmp_path / "data"
    settings = OwnProduct(
        data, data / "publications", "fulfilling_lives", pseudonym_key, rounding_key, refresh_schedule=""
    )
    settings.inbox.mkdir(exist_ok=True)
    # As if of several areas: one is served what the nation is, another was withdrawn.
    shutil.copytree(settings.publications_dir, tmp_path / "here", copy_function=os.link)
    (settings.areas / "left").mkdir(parents=True)
    (tmp_path / "here").rename(settings.areas / "here")
    (settings.areas / "left" / "current.json").write_text('{"withdrawn_at": "2015-01-01T09:00:00Z"}')
    leave_mark(settings, rests_on(settings), " Figures as at 2014-12-31.")
    return settings


def first(folder: Path, pattern: str = "*") -> Path:
    return sorted(path for path in folder.rglob(pattern) if path.is_file())[0]


def replaced(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def append(path: Path) -> None:
    replaced(path, path.read_bytes() + b"\n")


def change_a_byte(path: Path) -> None:
    """With size and time as they were: only who reads the file can tell."""
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replaced(path, bytes(content))
    path.chmod(status.st_mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def served_file(folder: Path) -> Path:
    current = current_release(folder)
    assert current
    return folder / current.file


CHANGES: dict[str, Callable[[Settings], object]] = {
    # what a refresh reads
    "a file came": lambda s: (s.inbox / "referrals_2015-03-31.csv").touch(),
    "a file is under way": lambda s: (s.inbox / "referrals_2015-03-31.csv.part").touch(),
    "something came that cannot be taken": lambda s: (s.inbox / "old").mkdir(),
    "a load more": lambda s: shutil.copy(first(s.landing / "loads", "*-*"), s.landing / "loads" / "2-x"),
    "a load fewer": lambda s: first(s.landing / "loads", "*-*").unlink(),
    "a row of the ledger": lambda s: append(first(s.landing / "loads", "*-*")),
    "rows that landed": lambda s: append(first(s.landing / "caseload", "*-*")),
    "another day asked for": lambda s: append(s.landing / "control" / "control.parquet"),
    "a decision about a warning": lambda s: decide(s, ["0123456789ab"], "accepted", reason="r", by="Al"),
    "a decision about the volume": lambda s: (s.landing / "accepted" / "2015-x").write_text("7"),
    "a file written to after it was taken": lambda s: append(first(s.archive)),
    "a seed of the programme": lambda s: append(s.seeds_dir / "programme_settings.csv"),
    "a seed of all programmes": lambda s: append(s.common_seeds_dir / "quality_rules.csv"),
    "a seed, and its time is kept": lambda s: change_a_byte(s.seeds_dir / "publication_plan.csv"),
    "a seed more": lambda s: (s.seeds_dir / "more.csv").touch(),
    "a model": lambda s: append(s.dbt_dir / "models" / "marts" / "fct_loads.sql"),
    "a macro": lambda s: append(s.dbt_dir / "macros" / "dates.sql"),
    "the contract": lambda s: append(s.dbt_dir / "models" / "staging" / "_landing__sources.yml"),
    "the program": lambda s: append(s.dbt_dir.parent / "dagster_project" / "publication" / "rounding.py"),
    "an approved release": lambda s: append(first(s.publications_dir, "*.manifest.json")),
    "it is served as another": lambda s: replaced(
        s.publications_dir / "current.json",
        (s.publications_dir / "current.json").read_bytes().replace(b'"approved"', b'"other"'),
    ),
    "nothing is served": lambda s: (s.publications_dir / "current.json").unlink(),
    "a byte of what is served": lambda s: change_a_byte(served_file(s.publications_dir)),
    "what a killed approval left": lambda s: (s.publications_dir / "build" / "release.duckdb").touch(),
    "the folder of releases is gone": lambda s: s.publications_dir.rename(s.data_dir / "elsewhere"),
    "the pointer of an area is broken": lambda s: replaced(s.areas / "here" / "current.json", b"{"),
    "the release of an area": lambda s: change_a_byte(served_file(s.areas / "here")),
    "an area that was withdrawn is no longer": lambda s: (s.areas / "left" / "current.json").unlink(),
    # what it made
    "the warehouse": lambda s: append(s.warehouse),
    "the warehouse is gone": lambda s: s.warehouse.unlink(),
    "what a killed program left beside it": lambda s: Path(f"{s.warehouse}.wal").touch(),
    "the draft": lambda s: change_a_byte(served_file(s.drafts)),
    "the draft is gone": lambda s: served_file(s.drafts).unlink(),
    "the exact release": lambda s: change_a_byte(served_file(s.management)),
    "the findings are gone": lambda s: first(s.findings).unlink(),
    "a workbook of corrections": lambda s: append(first(s.reports / "corrections")),
    "the report of a load is gone": lambda s: first(s.reports / "loads").unlink(),
    "a list of refused rows": lambda s: append(first(s.rejects)),
    "what was served when": lambda s: append(s.data_dir / "served_releases.json"),
    "the check value of the key": lambda s: (s.data_dir / "rounding_key_check").unlink(),
    "a right": lambda s: first(s.archive).parent.chmod(0o755),
    # the mark itself
    "the mark is gone": lambda s: (s.data_dir / MARK).unlink(),
    "the mark is damaged": lambda s: replaced(s.data_dir / MARK, b"{"),
    "the mark is of another kind": lambda s: replaced(s.data_dir / MARK, b"[]"),
}  # fmt: skip


def checked(settings: Settings) -> list[datetime]:
    """When each folder says that somebody looked."""
    served = (settings.publications_dir, settings.public, *settings.area_folders)
    currents = map(current_release, (*served, settings.drafts, settings.management))
    return [current.checked_at for current in currents if current]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_is_built(settled: Settings, change: str) -> None:
    CHANGES[change](settled)
    assert not is_noted(settled, LATER)


@pytest.mark.parametrize(
    "other",
    [
        {"rounding_key": b"another-synthetic-key-of-sufficient-length"},
        {"pseudonym_key": b"another-synthetic-key-of-sufficient-length"},
        {"profile": "changing_futures"},
        {"engine": "spark"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_with_another_setting_it_is_built(settled: Settings, other: dict[str, object]) -> None:
    assert not is_noted(replace(settled, **other), LATER)


def test_with_other_libraries_it_is_built(
    settled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "duckdb-0.0.1.dist-info").mkdir()
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(tmp_path)])
    assert not is_noted(settled, LATER)


def test_where_nothing_changed_the_moment_of_checking_moves_and_no_figure(settled: Settings) -> None:
    before = {path: path.read_bytes() for path in settled.data_dir.rglob("*.duckdb")}
    served = current_release(settled.publications_dir)
    assert served
    assert is_noted(settled, LATER)
    assert checked(settled) == [LATER] * 4
    assert current_release(settled.publications_dir) == replace(served, checked_at=LATER)
    assert {path: path.read_bytes() for path in settled.data_dir.rglob("*.duckdb")} == before
    # As after any refresh to which no file came.
    intake = read_intake(settled)
    assert intake
    assert (intake.began, intake.is_plain, intake.files) == (LATER, True, ())
    report = (settled.reports / "load_report.md").read_text()
    assert report == "# Load report\n\nRefresh of 2030-01-01 09:30 (London). Figures as at 2014-12-31."
    # And the next one finds as little.
    assert is_noted(settled, LATER.replace(hour=10))


NO_MATTER: dict[str, Callable[[Settings], object]] = {
    "a pack": lambda s: write(s.returns / "2014-12-31" / "pack.pdf"),
    "an approved pack": lambda s: write(s.served_returns / "2014-12-31" / "pack.pdf"),
    "a run of Dagster": lambda s: write(s.data_dir / "dagster" / "event_log.db"),
    "what dbt keeps": lambda s: write(s.dbt_target / "partial_parse.msgpack"),
    "the load report is gone": lambda s: (s.reports / "load_report.md").unlink(),
    "Python's own files": lambda s: write(s.dbt_dir.parent / "dagster_project" / "__pycache__" / "a.pyc"),
    "the inbox is gone": lambda s: s.inbox.rmdir(),
}


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"anything")


@pytest.mark.parametrize("change", NO_MATTER)
def test_what_no_refresh_reads_is_no_news(settled: Settings, change: str) -> None:
    NO_MATTER[change](settled)
    assert is_noted(settled, LATER)


def test_the_mark_tells_neither_key_nor_what_can_be_tried_without_one(settled: Settings) -> None:
    mark = (settled.data_dir / MARK).read_text()
    leave_mark(settled, rests_on(settled), " Figures as at 2014-12-31.")
    assert (settled.data_dir / MARK).read_text() == mark
    # The same folder under another key of the rounding, and nothing of the fingerprint is the same.
    other = replace(settled, rounding_key=b"another-synthetic-key-of-sufficient-length")
    leave_mark(other, rests_on(other), " Figures as at 2014-12-31.")
    assert (settled.data_dir / MARK).read_text() != mark
    assert (settled.data_dir / MARK).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda s: append(s.seeds_dir / "programme_settings.csv"),
        lambda s: append(first(s.publications_dir, "*.manifest.json")),
    ],
    ids=["a seed was edited", "a release was approved"],
)
def test_what_changed_while_a_refresh_worked_leaves_no_mark(
    settled: Settings, meanwhile: Callable[[Settings], object]
) -> None:
    (settled.data_dir / MARK).unlink()
    began_with = rests_on(settled)
    meanwhile(settled)
    leave_mark(settled, began_with, "")
    assert not (settled.data_dir / MARK).exists()


def test_a_file_that_the_next_look_gives_back_leaves_no_mark(settled: Settings) -> None:
    (settled.data_dir / MARK).unlink()
    load = Ledger(settled.landing).loads[0]
    append(settled.archive / load.load_id / load.file_name)
    leave_mark(settled, rests_on(settled), "")
    assert not (settled.data_dir / MARK).exists()


def test_the_folders_that_a_first_refresh_makes_are_no_change_from_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in Programme(tmp_path / "data").environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "data").mkdir()
    lock = refresh.CheckedRefreshLock()
    with lock.yield_for_execution(dg.build_init_resource_context()):
        assert (tmp_path / "data" / "publications").is_dir()
        assert lock.rests_on == rests_on(Settings.from_environment())


@pytest.fixture
def with_environment(small: Programme, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two quarters, for Dagster to run on."""
    for name, value in small.environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    settings.inbox.mkdir(exist_ok=True)
    return settings


def test_the_schedule_starts_no_run_where_nothing_is_new_and_one_where_anything_is(
    with_environment: Settings,
) -> None:
    settings = with_environment
    definitions = refresh.definitions(settings)
    schedule = definitions.resolve_schedule_def("daily_refresh")

    def tick() -> ScheduleExecutionData:
        with dg.DagsterInstance.ephemeral() as instance:
            return schedule.evaluate_tick(
                dg.build_schedule_context(instance=instance, repository_def=definitions.get_repository_def())
            )

    assert len(tick().run_requests or ()) == 1
    leave_mark(settings, rests_on(settings), "")
    before = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    quiet = tick()
    assert not quiet.run_requests
    assert quiet.skip_message
    assert min(checked(settings)) >= before
    (settings.inbox / "referrals_2015-03-31.csv").touch()
    assert len(tick().run_requests or ()) == 1


def test_a_run_of_some_steps_leaves_no_mark_and_takes_the_former_one_away(with_environment: Settings) -> None:
    settings = with_environment
    leave_mark(settings, rests_on(settings), "")
    job = refresh.definitions(settings).resolve_job_def("refresh")
    done = job.execute_in_process(asset_selection=[dg.AssetKey(["reports", "load_report"])])
    assert done.success
    assert not (settings.data_dir / MARK).exists()
