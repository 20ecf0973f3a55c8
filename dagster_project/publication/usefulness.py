"""What safety costs: how much of a release is shown, and how far its counts are from the truth.

Belongs here: the comparison of a served release with its exact counterpart, for management's eyes. Does not
belong here: how a figure is made safe (`disclosure.py`), or found to be (`audit.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from dagster_project.publication.plan import PublicationError
from dagster_project.publication.releases import current_release
from dagster_project.settings import Settings

# A cell of both files; `exact` in the safe one is a headline.
_CELLS = """
    select
        case when safe.dimension_2 <> '' then 2 when safe.dimension_1 <> '' then 1 else 0 end as breakdowns,
        safe.measure,
        safe.value is not null as is_shown,
        case when safe.measure = 'count' and not safe.exact then abs(safe.value - exact.value) end as error
    from safe.metric_values as safe
    inner join exact.metric_values as exact
        using (
            metric_id, measure, period_type, period_start, period_end,
            dimension_1, category_1, dimension_2, category_2
        )
    inner join safe.metric_definitions as definitions using (metric_id)
    where exact.value is not null and not safe.exact and definitions.counts <> 'entries'
"""


@dataclass(frozen=True)
class Usefulness:
    """Of the figures with one number of breakdowns: how many there are and are shown, the error of counts."""

    breakdowns: int
    figures: int
    shown: int
    mean_error: float | None
    """Of shown counts that are rounded, in the unit of the count."""


def usefulness(settings: Settings) -> tuple[str, list[Usefulness]]:
    """The release that is served, and what is shown of it by number of breakdowns; headlines are left out.

    Raises `PublicationError` where nothing is served, or its exact counterpart is gone.
    """
    current = current_release(settings.publications_dir)
    if current is None:
        raise PublicationError("nothing is served yet: approve a draft first")
    name = f"{current.release_id}.duckdb"
    files = [folder / name for folder in (settings.publications_dir, settings.management)]
    if not files[1].is_file():
        raise PublicationError(f"its exact figures are gone: {files[1]}")
    with duckdb.connect() as connection:
        for alias, path in zip(("safe", "exact"), files, strict=True):
            connection.execute(f"attach '{str(path).replace(chr(39), 2 * chr(39))}' as {alias} (read_only)")
        rows = connection.execute(
            f"select breakdowns, count(*), count(*) filter (where is_shown), avg(error) from ({_CELLS})"
            " group by breakdowns order by breakdowns"
        ).fetchall()
    return current.release_id, [Usefulness(*row) for row in rows]


def in_words(release_id: str, found: list[Usefulness]) -> Iterator[str]:
    """A line for each number of breakdowns, and one for all."""
    yield f"Release {release_id}: figures of people that are not exact headlines"
    for one in found:
        name = ("without a breakdown", "one breakdown", "two breakdowns")[one.breakdowns]
        error = "" if one.mean_error is None else f"; shown counts are {one.mean_error:.2f} off on average"
        yield f"  {name}: {one.shown} of {one.figures} shown ({one.shown / one.figures:.0%}){error}"
    shown, figures = sum(one.shown for one in found), sum(one.figures for one in found)
    if figures:
        yield f"  all: {shown} of {figures} shown ({shown / figures:.0%})"
