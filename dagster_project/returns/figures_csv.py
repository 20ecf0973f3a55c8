"""The figures of a return as CSV, its data dictionary, and what moved since an earlier return.

Belongs here: the columns of the tidy figures, which every return comes with, and reading them again. Does not
belong here: the workbook (`workbook.py`).
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from dagster_project.ingestion.rejects import harmless
from dagster_project.publication.figure_changes import RestsOn, moved_by
from dagster_project.publication.plan import read_definitions
from dagster_project.returns.pack import Exhibit, Pack, Restated
from dashboards import sentences
from dashboards.published import Figure, Publication

# Name, type and meaning of each column of the figures, in their order.
COLUMNS = (
    ("line", "whole number", "Number of the line in the return"),
    ("part", "text", "Part of the return"),
    ("wording", "text", "What the return calls the figure"),
    ("release", "text", "The release that the figure is taken from"),
    ("as_at", "date", "The day that the release describes"),
    ("synthetic", "true or false", "Whether the people in the figures are made up"),
    ("metric_id", "text", "The metric; its definition is in the workbook and on the page of definitions"),
    ("measure", "text", "count, share, mean, median, total_gbp, survival or tipping_point"),
    ("unit", "text", "Unit of the metric; shares are per cent, sums of money pounds"),
    ("counts", "text", "What one unit of a count is"),
    ("period_type", "text", "quarter, year (so far), programme (to date) or as_at (a day)"),
    ("period_start", "date", "First day that the figure is about"),
    ("period_end", "date", "Last day that the figure is about"),
    ("dimension_1", "text", "First breakdown; empty for a figure about everyone, as a total is"),
    ("category_1", "text", "Its category, as a code"),
    ("label_1", "text", "Its category, in words"),
    ("dimension_2", "text", "Second breakdown"),
    ("category_2", "text", "Its category, as a code"),
    ("label_2", "text", "Its category, in words"),
    ("value", "number", "The figure; where it is not shown, its mark in brackets, such as [c]"),
    ("lower", "number", "Lower end of the 95% interval"),
    ("upper", "number", "Upper end of the 95% interval"),
    ("numerator", "number", "Part of a share, where it is published"),
    ("denominator", "number", "Whole of a share, where it is published"),
    ("people", "whole number", "People behind the figure, rounded; empty where they are not shown"),
    ("mark", "text", "c withheld to protect people, z not applicable, x not available, m too early to say"),
    ("meaning_of_mark", "text", "The mark in words"),
    ("exact", "true or false", "Whether the figure is a headline that is not rounded"),
    ("note", "text", "More about the mark, such as <10; why there is no figure of what was asked for"),
    ("shown", "text", "The figure as the pages and the report show it"),
)  # fmt: skip
NAMES = tuple(name for name, _, _ in COLUMNS)
SAME_CELL = (
    "metric_id", "measure", "period_type", "period_start", "period_end", "dimension_1", "category_1",
    "dimension_2", "category_2",
)  # fmt: skip


def figures_csv(pack: Pack) -> bytes:
    """Every figure of the return, one row each (UTF-8 with a byte order mark, for Excel).

    What was asked for and cannot be given is a row as well, without a metric: its note says why.
    """
    rows = [
        row
        for exhibit in pack.exhibits
        for row in (
            [_without_figure(pack, exhibit)]
            if exhibit.line.reason
            else [_row(pack, exhibit, figure) for figure in exhibit.every]
        )
    ]
    return _csv([NAMES, *rows])


def dictionary_csv() -> bytes:
    """What each column of the figures holds."""
    return _csv([("column", "type", "meaning"), *COLUMNS])


def restated_csv(pack: Pack) -> bytes:
    """What moved since the earlier return that the pack was compared with."""
    rows = [(r.label, r.when, r.categories, r.old, r.new, r.because_of) for r in pack.restated]
    return _csv([("figure", "period", "category", "old", "new", "because_of"), *rows])


def restated(
    pack: Pack, earlier: bytes, before: Mapping[str, RestsOn], after: Mapping[str, RestsOn]
) -> Iterator[Restated]:
    """The figures of an earlier return (its CSV) that the release now gives otherwise.

    `before` and `after` are the loads that either release rests on. A figure that is no longer published, or
    was not before, has not moved.
    """
    definitions = read_definitions(pack.publication.definitions().values())
    seen = set()
    for row in csv.DictReader(io.StringIO(earlier.decode("utf-8-sig"), newline="")):
        key = tuple(row[name] for name in SAME_CELL)
        if key in seen or row["metric_id"] not in definitions:
            continue
        seen.add(key)
        figure = _same(pack.publication, row)
        if figure is None or _compared(row) == _compared(_numbers(figure)):
            continue
        yield Restated(
            label=row["wording"],
            when=pack.when(figure),
            categories=", ".join(filter(None, (row["label_1"], row["label_2"]))),
            old=_with_interval(row["shown"], row["lower"], row["upper"]),
            new=_with_interval(
                sentences.table_cell(figure), *(_numbers(figure)[n] for n in ("lower", "upper"))
            ),
            because_of=moved_by(before, after, definitions[row["metric_id"]], "spg"),
        )


def _same(publication: Publication, row: Mapping[str, str]) -> Figure | None:
    categories = {row[f"dimension_{n}"]: row[f"category_{n}"] for n in (1, 2) if row[f"dimension_{n}"]}
    found = publication.figures(
        row["metric_id"],
        row["measure"],
        row["period_type"],
        (),
        date.fromisoformat(row["period_end"]),
        **categories,
    )
    same = [figure for figure in found if figure.period_start.isoformat() == row["period_start"]]
    return same[0] if same else None


def _compared(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("value", "lower", "upper", "denominator", "mark"))


def _with_interval(shown: str, lower: str, upper: str) -> str:
    return f"{shown} ({lower} to {upper})" if lower and upper else shown


def _numbers(figure: Figure) -> dict[str, str]:
    """What a figure says, as the CSV holds it; the digits are those of the release."""
    held = {
        name: "" if number is None else f"{number:.12g}"
        for name, number in (
            ("value", figure.value),
            ("lower", figure.lower),
            ("upper", figure.upper),
            ("numerator", figure.numerator),
            ("denominator", figure.denominator),
        )
    }
    if figure.value is None:
        held["value"] = f"[{figure.mark or 'x'}]"
    return held | {"mark": figure.mark}


def _of_line(pack: Pack, exhibit: Exhibit) -> dict[str, object]:
    release = pack.publication.release
    return {
        "line": exhibit.line.line,
        "part": exhibit.line.part,
        "wording": exhibit.line.wording,
        "release": release.release_id,
        "as_at": release.as_at,
        "synthetic": str(release.synthetic).lower(),
    }


def _without_figure(pack: Pack, exhibit: Exhibit) -> Sequence[object]:
    told = {
        "period_start": pack.period.start,
        "period_end": pack.period.end,
        "value": "[x]",
        "mark": "x",
        "meaning_of_mark": sentences.MARKS["x"],
        "note": exhibit.line.reason,
        "shown": "[x]",
    }
    return [(_of_line(pack, exhibit) | told).get(name, "") for name in NAMES]


def _row(pack: Pack, exhibit: Exhibit, figure: Figure) -> Sequence[object]:
    publication = pack.publication
    row = _of_line(pack, exhibit) | {
        "metric_id": figure.metric_id,
        "measure": figure.measure,
        "unit": figure.unit,
        "counts": figure.counts,
        "period_type": figure.period_type,
        "period_start": figure.period_start,
        "period_end": figure.period_end,
        "people": figure.people,
        "meaning_of_mark": sentences.MARKS.get(figure.mark, ""),
        "exact": str(figure.exact).lower(),
        "note": figure.note,
        "shown": sentences.table_cell(figure),
    }
    for place, (dimension, category) in enumerate(figure.categories.items(), 1):
        row[f"dimension_{place}"], row[f"category_{place}"] = dimension, category
        row[f"label_{place}"] = publication.label(dimension, category)
    return [(row | _numbers(figure)).get(name, "") for name in NAMES]


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([["" if cell is None else harmless(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")
