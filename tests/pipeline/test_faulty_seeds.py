"""A seed that contradicts the contract stops the build, and the message says which of its rows to mend."""

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

from dagster_project.ingestion.assets import write_control
from dagster_project.settings import ROOT
from dagster_project.transformation import TransformationError, build_warehouse
from tests.dbt.landing_folder import ProjectSettings, Workshop

# What is added to a seed -> the tables to build, and what the message holds
FAULTS: dict[str, tuple[str, str, list[str], str]] = {
    "a value that the contract does not allow": (
        "fulfilling_lives/value_spellings.csv",
        "caseload,sex,Femle,femal\n",
        ["+stg_value_spellings"],
        "export caseload, column_name sex, spelling Femle, value femal",
    ),
    "a column without values": (
        "common/common_spellings.csv",
        "*,start_date,soon,later\n",
        ["+stg_value_spellings"],
        "export *, column_name start_date, spelling soon, value later",
    ),
    "one spelling of two values": (
        "fulfilling_lives/value_spellings.csv",
        "caseload,sex,Zed,male\ncaseload,sex,zed,female\n",
        ["+stg_value_spellings"],
        "export caseload, column_name sex, spelling zed, value female and male",
    ),
    "a test attached to the seed": (
        "common/quality_rules.csv",
        "orphan,row,warn,Said twice,Said twice.\n",
        ["quality_rules"],
        "unique_field orphan, n_records 2",
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose seeds each test changes in turn: dbt reads the rest once."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "dbt", folder / "dbt", ignore=shutil.ignore_patterns("target", "logs"))
    return folder


@pytest.mark.parametrize("name", FAULTS)
def test_the_row_to_mend_is_named(name: str, project: Path) -> None:
    seed, rows, tables, words = FAULTS[name]
    shutil.rmtree(project / "seeds", ignore_errors=True)
    shutil.copytree(ROOT / "seeds", project / "seeds")
    with (project / "seeds" / seed).open("a", encoding="utf-8") as file:
        file.write(rows)
    settings = ProjectSettings(
        project / "data", project / "publications", "fulfilling_lives", b"", b"", "", root=project
    )
    Workshop(project / "data", project / "kept", project).land()
    write_control(settings, date(2015, 5, 31), datetime.fromisoformat("2015-06-15"))
    with pytest.raises(TransformationError) as stop:
        build_warehouse(settings, tables)
    assert words in str(stop.value)
    assert str(stop.value).count("export ") <= 1
