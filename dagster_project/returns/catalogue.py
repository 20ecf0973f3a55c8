"""Which returns there are, and what stands in each: the rows of two seeds, checked.

Belongs here: `returns.csv` (a row a return) and `return_lines.csv` (a row a figure, series or table). Returns
may share a list of lines. Does not belong here: figures (`pack.py`), the form of a file (`workbook.py`,
`report.py`, `slides.py`).
"""

import csv
import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.settings import FlicError, Settings

RETURNS, LINES = "returns.csv", "return_lines.csv"
# The period that a return is about, and the published period that holds its flows. A half-year is the year so
# far in a release as at its last day: rounded quarters are not added up.
FLOWS = {"quarter": "quarter", "half_year": "year", "year": "year"}
FORMS = ("pdf", "xlsx", "pptx")
OWN = "own"
# The return about single people: it is no row of the seed, and its code is `framework.py`.
CLIENT_LEVEL = "common_data_framework"
PERIOD_TYPES = (OWN, "quarter", "year", "programme", "as_at")


class ReturnError(FlicError):
    """No return was written; the message says why and what to do."""


@dataclass(frozen=True)
class Return:
    """A row of `returns.csv`: a return, the lines that it has, and the forms it is written in."""

    name: str
    title: str
    question: str
    lines: str
    period_type: str
    forms: tuple[str, ...]

    @property
    def flow(self) -> str:
        """The published period type of its own flows."""
        return FLOWS[self.period_type]


@dataclass(frozen=True)
class Line:
    """A row of `return_lines.csv`: a published table (or one figure) under the words of the return.

    `period_type` is `own` for the period of the return. `series` shows one figure over all periods so far. A
    line that was asked for and that no release can give has no metric, and a `reason` that readers are told.
    """

    line: int
    part: str
    wording: str
    metric_id: str
    measure: str
    period_type: str
    dimensions: tuple[str, ...]
    series: bool
    reason: str = ""

    def published_as(self, flow: str) -> str:
        """The published period type, for a return whose own flows are of type `flow`."""
        return flow if self.period_type == OWN else self.period_type


def read_returns(settings: Settings) -> dict[str, Return]:
    """The aggregate returns by name, in their order; raises `ReturnError` for a faulty row."""
    found: dict[str, Return] = {}
    for row in _rows(settings.seeds_dir / RETURNS):
        wanted = Return(
            name=row["return_name"],
            title=row["title"],
            question=row["question"],
            lines=row["lines"],
            period_type=row["period_type"],
            forms=tuple(row["forms"].split("|")),
        )
        if wanted.name in found:
            raise ReturnError(f"{RETURNS}: {wanted.name} stands there twice.")
        if wanted.period_type not in FLOWS:
            raise ReturnError(
                f"{RETURNS}, {wanted.name}: the period must be one of {', '.join(FLOWS)},"
                f" not {wanted.period_type!r}."
            )
        if not set(wanted.forms) <= set(FORMS):
            raise ReturnError(f"{RETURNS}, {wanted.name}: forms are {', '.join(FORMS)}, separated by |.")
        found[wanted.name] = wanted
    return found


def read_lines(settings: Settings, wanted: Return) -> list[Line]:
    """The lines of a return in order; raises `ReturnError` for a faulty row or where there is none."""
    lines = []
    for row in _rows(settings.seeds_dir / LINES):
        if row["lines"] != wanted.lines:
            continue
        where = f"{LINES}, line {row['line']} of {wanted.lines}"
        dimensions = tuple(filter(None, (row["dimension_1"], row["dimension_2"])))
        if row["period_type"] not in PERIOD_TYPES:
            raise ReturnError(f"{where}: the period must be one of {', '.join(PERIOD_TYPES)}.")
        series = row["series"].lower() == "true"
        if series and dimensions:
            raise ReturnError(f"{where}: a series is of one figure, without a breakdown.")
        reason = row.get("reason", "")
        if bool(reason) == bool(row["metric_id"]):
            raise ReturnError(f"{where}: a line has either a metric or the reason why there is no figure.")
        lines.append(
            Line(
                line=int(row["line"]),
                part=row["part"],
                wording=row["wording"],
                metric_id=row["metric_id"],
                measure=row["measure"],
                period_type=row["period_type"],
                dimensions=dimensions,
                series=series,
                reason=reason,
            )
        )
    if not lines:
        raise ReturnError(f"{wanted.name} has no lines: {LINES} has no row of {wanted.lines!r}.")
    return sorted(lines, key=lambda line: line.line)


def find_return(settings: Settings, name: str) -> Return:
    """One aggregate return by its name; raises `ReturnError` with the names that there are."""
    returns = read_returns(settings)
    if name not in returns:
        names = [*returns, CLIENT_LEVEL]
        near = difflib.get_close_matches(name, names, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise ReturnError(f"no return is called {name!r}; there are {', '.join(names)}.{meant}")
    return returns[name]


def seed_hashes(settings: Settings) -> Mapping[str, str]:
    """The fingerprints of the two seeds, for the record."""
    return {
        name: hashlib.sha256((settings.seeds_dir / name).read_bytes()).hexdigest()
        for name in (RETURNS, LINES)
    }


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                {column: (cell or "").strip() for column, cell in row.items() if column}
                for row in csv.DictReader(file)
            ]
    except FileNotFoundError:
        raise ReturnError(f"the profile has no {path.name} in {path.parent.name}/.") from None
