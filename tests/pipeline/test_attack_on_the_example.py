"""The attacker against sixteen quarters of the example, as published and as weaker rules would show them."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.publication.answers import Answers
from dagster_project.publication.attack import attack
from dagster_project.publication.audit import audited
from dagster_project.publication.disclosure import PublishedFigure, Rules, SafeFigures
from dagster_project.publication.plan import MetricDefinition, read_definitions
from tests.pipeline.programme import Programme

START, NEEDS = date(2014, 6, 1), 4
LAST_DAYS = {date(2017, 9, 30), date(2017, 12, 31), date(2018, 3, 31)}
# The spg plan's tables of who is supported, came and left: enough to find out a weak rule.
OF_PEOPLE = {"starts", "ends", "open_caseload", "needs_at_start"}

Weak = Callable[[PublishedFigure], PublishedFigure]


def rows(programme: Programme, folder: str, query: str) -> list[dict[str, object]]:
    """Rows of the release that a folder serves."""
    [path] = (programme.folder / folder).glob("2018-03-31-*.duckdb")
    with duckdb.connect(str(path), read_only=True) as connection:
        result = connection.execute(query)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def figures(programme: Programme, folder: str) -> list[PublishedFigure]:
    return [PublishedFigure(**row) for row in rows(programme, folder, "from metric_values")]  # pyright: ignore


@pytest.fixture(scope="module")
def definitions(published: Programme) -> dict[str, MetricDefinition]:
    return read_definitions(rows(published, "publications", "from metric_definitions"))


@pytest.fixture(scope="module")
def rules(published: Programme) -> Rules:
    found = rows(published, "publications", "from reference_settings")
    return Rules.from_settings({str(row["setting"]): str(row["value"]) for row in found})


def test_nothing_is_found_in_the_published_history(
    published: Programme, definitions: dict[str, MetricDefinition], rules: Rules, tmp_path: Path
) -> None:
    """The figures as they stand in the served file, whatever made them.

    What the refresh asked of the very same counts a minute ago is not asked again (its answers hang on all of
    them); of any other count it is asked here.
    """
    served = figures(published, "publications")
    assert {figure.period_end for figure in served} > LAST_DAYS
    answers = shutil.copyfile(published.folder / "audit_answers.json", tmp_path / "answers.json")
    audit = audited(
        lambda draws: (SafeFigures(served), set()),
        definitions,
        rules,
        programme_start=START,
        needs_threshold=NEEDS,
        answers=Answers(answers),
        log=logging.getLogger(__name__),
    )
    assert audit.found == []


def suppressed(figure: PublishedFigure) -> PublishedFigure:
    """Counts under five hidden, all others as they are."""
    if (figure.value or 0) >= 5:
        return replace(figure, exact=False)
    return replace(figure, value=None, people=None, mark="c", note="<5", exact=False)


def nearest(figure: PublishedFigure) -> PublishedFigure:
    """Each count to the nearest multiple of five, those under ten hidden."""
    shown = 5 * ((int(figure.value or 0) + 2) // 5)
    if shown < 10:
        return replace(figure, value=None, people=None, mark="c", note="<10", exact=False)
    return replace(figure, value=shown, people=None, exact=False)


@pytest.mark.parametrize(
    ("weak", "as_read", "kind"),
    [
        # What a reader of each knows of its rule: hidden is under five; shown is at most two away.
        pytest.param(suppressed, {"count_minimum": 5, "rounding_base": 1}, "exact", id="plain suppression"),
        pytest.param(nearest, {"rounding_base": 3}, "narrow", id="nearest rounding"),
    ],
)
def test_weaker_publications_of_the_same_figures_are_found_out(
    weak: Weak,
    as_read: dict[str, int],
    kind: str,
    published: Programme,
    definitions: dict[str, MetricDefinition],
    rules: Rules,
) -> None:
    headlines = {
        (f.metric_id, f.measure, f.period_type, f.period_end, f.category_1, f.category_2)
        for f in figures(published, "publications")
        if f.exact
    }
    weakened = [
        f
        if (f.metric_id, f.measure, f.period_type, f.period_end, f.category_1, f.category_2) in headlines
        else weak(f)
        for f in figures(published, "management")
        if f.metric_id in OF_PEOPLE and f.measure == "count" and f.period_end in LAST_DAYS and not f.note
    ]
    found = attack(
        weakened, definitions, replace(rules, **as_read), programme_start=START, needs_threshold=NEEDS
    )
    assert sum(finding.kind == kind for finding in found) > 10
