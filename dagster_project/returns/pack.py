"""What a return says: the published figures of its lines, their words, and the identities that they keep.

Belongs here: choosing the release and reading its figures, in the way and the words of the dashboards
(`dashboards.published`, `dashboards.sentences`), so that no figure can differ from theirs. Does not belong
here: files (`workbook.py`, `report.py`, `slides.py`), versions and approval (`versions.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain, groupby

import duckdb

from dagster_project.publication.releases import LOCKED, current_release, list_releases, read_manifest, verify
from dagster_project.returns.catalogue import Line, Return, ReturnError
from dagster_project.settings import Settings
from dashboards import sentences
from dashboards.published import Figure, NotServable, Period, Publication

FLOW_OF_PEOPLE = {"starts", "open_caseload"}
"""A return that shows both says how they go together, and begins with them."""
CHANGING = {"star_area": ("areas of the star", "two readings"), "item": ("items", "two assessments")}
"""What changes between which, by breakdown."""
MONEY_OF_PEOPLE = {"budget_spent", "budget_people"}
"""A return that shows both holds personal budgets against the ledger."""


@dataclass(frozen=True)
class Exhibit:
    """A line with its figures: of the period, of the period before, and over time where it is a series.

    `total` (of the period, of the period before) is there for a table whose parts make one: those that are
    not known are among them. A line with a reason has no figures, and the reason for its sentence.
    """

    line: Line
    figures: tuple[Figure, ...]
    before: tuple[Figure, ...]
    series: tuple[Figure, ...]
    total: tuple[Figure | None, Figure | None]
    when: str
    when_before: str
    sentence: str

    @property
    def is_all_hidden(self) -> bool:
        """Whether nothing of it is shown, now or before."""
        return all(f.value is None for f in (*self.series, *self.before, *self.figures))

    @property
    def every(self) -> list[Figure]:
        """Each figure of the line once: earlier ones first, totals last."""
        found: list[Figure] = []
        totals = [figure for figure in reversed(self.total) if figure is not None]
        for figure in (*self.series, *self.before, *self.figures, *totals):
            if figure not in found:
                found.append(figure)
        return found


@dataclass(frozen=True)
class Identity:
    """Something that must hold among the figures of a return: what it says, and whether it does.

    `holds` is None where a withheld figure leaves it open.
    """

    about: str
    says: str
    holds: bool | None


@dataclass(frozen=True)
class Restated:
    """A figure that an earlier return gave with another value or mark, and the exports that came between."""

    label: str
    when: str
    categories: str
    old: str
    new: str
    because_of: str


@dataclass(frozen=True)
class Pack:
    """One return for one period from one release; `against` names the earlier return it was compared with."""

    wanted: Return
    version: int
    programme: str
    publication: Publication
    period: Period
    summary: str
    exhibits: tuple[Exhibit, ...]
    identities: tuple[Identity, ...]
    restated: tuple[Restated, ...]
    against: str
    unfinished: frozenset[tuple[str, date]]
    """Type and last day of the periods that are not over in the release."""

    def when(self, *figures: Figure) -> str:
        """What time a table is about: `on 31 March 2018`, `January to March 2018`; empty for no figure."""
        return when(figures, self.unfinished)

    def axis_name(self, figure: Figure) -> str:
        """The short name of a figure's time for axes, as on the pages; the end of a year is its month."""
        if figure.period_type == "as_at" and self.wanted.period_type == "year":
            return f"{figure.period_end:%b %Y}"
        return sentences.axis_name(figure)

    def label(self, figure: Figure) -> str:
        """The categories of a figure in the programme's words; empty for a figure about everyone."""
        return ", ".join(
            self.publication.label(name, category) for name, category in figure.categories.items()
        )

    def dimension_label(self, dimension: str) -> str:
        """A breakdown in the programme's words, as the pages head it."""
        words = self.publication.wording()
        return words.get(f"dimension_{dimension}", dimension.replace("_", " ").capitalize())

    @property
    def moved(self) -> str:
        """How much of what the earlier return gave is given otherwise now, in a sentence."""
        if not self.against:
            return "There is no earlier return of this name to compare with."
        count = len(self.restated)
        figures = "no figure" if not count else "1 figure" if count == 1 else f"{count:,} figures"
        return f"Compared with {self.against}: {figures} of those that both give moved."

    @property
    def parts(self) -> list[tuple[str, list[Exhibit]]]:
        """The exhibits by part of the return, in the order of its lines."""
        return [
            (part, list(group)) for part, group in groupby(self.exhibits, lambda exhibit: exhibit.line.part)
        ]

    @property
    def figures(self) -> list[tuple[Exhibit, Figure]]:
        """Every figure that the return shows, once a line, with the line that shows it."""
        return [(exhibit, figure) for exhibit in self.exhibits for figure in exhibit.every]

    @property
    def metric_ids(self) -> list[str]:
        """The metrics of its figures, each once, in order."""
        return list(dict.fromkeys(e.line.metric_id for e in self.exhibits if not e.line.reason))

    @property
    def file_stem(self) -> str:
        """What its file names begin with: programme, return, period and version, no spaces."""
        return f"{self.programme}-{self.wanted.name}-{self.period.end}-v{self.version}"


# --- the release ------------------------------------------------------------------------------------------


def choose_release(settings: Settings, wanted: Return, end: date, release_id: str = "") -> str:
    """The approved release that a return is made from: the one asked for, else the newest with its period.

    A release that is newer than the served one was rolled back and is not taken unasked. Raises `ReturnError`
    with what is missing and its remedy.
    """
    folder = settings.publications_dir
    approved = list_releases(folder)
    if not approved:
        drafts = list_releases(settings.drafts)
        hint = (
            f"release {drafts[-1]} is a draft: `flic publications approve {drafts[-1]} --by NAME`"
            if drafts
            else "`flic refresh --approve-by NAME` makes one"
        )
        raise ReturnError(f"no release is approved, and a return is made from an approved one; {hint}.")
    if release_id:
        if release_id not in approved:
            is_draft = release_id in list_releases(settings.drafts)
            raise ReturnError(
                f"release {release_id} is a draft; `flic publications approve {release_id} --by NAME` first."
                if is_draft
                else f"there is no release {release_id}; `flic publications list` names those that are."
            )
        candidates = [release_id]
    else:
        current = current_release(folder)
        served = approved.index(current.release_id) if current and current.release_id in approved else -1
        candidates = approved[: served + 1][::-1] if served >= 0 else approved[::-1]
    for candidate in candidates:
        if _period_of(_rows(settings, candidate, "reference_periods"), settings, candidate, wanted, end):
            if problems := verify(folder, candidate):
                raise ReturnError(
                    f"release {candidate} is damaged ({'; '.join(problems)}): name another with --release."
                )
            return candidate
    newest = read_manifest(folder, candidates[0])["as_at"]
    if date.fromisoformat(str(newest)) < end:
        raise ReturnError(
            f"the period is not over in release {candidates[0]}, which is as at {newest}: a return up to"
            f" {end} needs a release as at that day or later. Refresh with newer exports and approve it."
        )
    if wanted.period_type == "half_year":
        first_month = _half_year_ends_before(settings, candidates[0])
        morrow = end + timedelta(days=1)
        if (morrow.month, morrow.day) != (first_month, 1):
            last = date(end.year, first_month, 1) - timedelta(days=1)
            raise ReturnError(
                f"{end} is not the last day of the first half of a year; {last.day} {last:%B} is."
            )
        raise ReturnError(
            f"no approved release gives the half-year up to {end}: it is the year so far of a release as at"
            f" the last day of the half-year. `flic refresh --as-at {end} --approve-by NAME` makes one."
        )
    ends = sorted(
        row["period_end"]
        for row in _rows(settings, candidates[0], "reference_periods")
        if row["period_type"] == wanted.flow and row["is_complete"] and isinstance(row["period_end"], date)
    )
    raise ReturnError(
        f"{end} is not the last day of a whole {wanted.period_type} in release {candidates[0]};"
        f" {_in_between(ends, end, wanted.period_type)}."
    )


def _in_between(ends: Sequence[date], day: date, period_type: str) -> str:
    """The last days that a return can have, and the nearest to a day that is none of them."""
    if not ends:
        return f"it holds no whole {period_type} yet"
    nearest = min(ends, key=lambda end: abs((end - day).days))
    if len(ends) == 1:
        return f"its one whole {period_type} ends on {nearest}"
    return (
        f"it holds {len(ends)} whole {period_type}s, the first up to {ends[0]} and the last up to {ends[-1]};"
        f" the nearest ends on {nearest}"
    )


def open_release(settings: Settings, release_id: str) -> Publication:
    """A release of the served folder, opened as the dashboards open it; raises `ReturnError`."""
    try:
        return Publication(settings.publications_dir / f"{release_id}.duckdb")
    except NotServable as error:
        raise ReturnError(f"{error}: name another release with --release.") from error


def known_by(settings: Settings, release_id: str) -> str:
    """Up to which moment loads are taken into account (UTC), as the release holds it."""
    [row] = _rows(settings, release_id, "release")
    return f"{row['known_by']:%Y-%m-%dT%H:%M:%SZ}"


def _rows(settings: Settings, release_id: str, table: str) -> list[dict[str, object]]:
    path = settings.publications_dir / f"{release_id}.duckdb"
    try:
        with duckdb.connect(str(path), read_only=True, config=LOCKED) as connection:
            found = connection.execute(f'select * from "{table}"')
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error as error:
        raise ReturnError(f"release {release_id} cannot be opened: name another with --release.") from error


def _period_of(
    rows: Sequence[Mapping[str, object]], settings: Settings, release_id: str, wanted: Return, end: date
) -> Period | None:
    """The period of a return that ends on a day, in one release; None where it has no such whole period."""
    for row in rows:
        if row["period_type"] != wanted.flow or row["period_end"] != end:
            continue
        start = row["period_start"]
        assert isinstance(start, date)
        if wanted.period_type == "half_year":
            first_month, morrow = _half_year_ends_before(settings, release_id), end + timedelta(days=1)
            is_half = (morrow.month, morrow.day) == (first_month, 1)
            return Period(wanted.flow, start, end, True) if is_half else None
        return Period(wanted.flow, start, end, True) if row["is_complete"] else None
    return None


def _half_year_ends_before(settings: Settings, release_id: str) -> int:
    """The month that the second half of the programme's year begins with."""
    kept = {row["setting"]: row["value"] for row in _rows(settings, release_id, "reference_settings")}
    return (int(str(kept["financial_year_start_month"])) + 5) % 12 + 1


# --- the figures ------------------------------------------------------------------------------------------


def make_pack(
    settings: Settings, wanted: Return, lines: Sequence[Line], release_id: str, end: date, version: int
) -> Pack:
    """The figures of a return, without what an earlier return said (`with_restated`).

    Raises `ReturnError` for a line that the release's plan does not have.
    """
    publication = open_release(settings, release_id)
    period = _period_of(_rows(settings, release_id, "reference_periods"), settings, release_id, wanted, end)
    if period is None:
        raise ReturnError(f"release {release_id} has no whole {wanted.period_type} that ends on {end}.")
    for line in lines:
        if line.reason:
            continue
        period_type = line.published_as(wanted.flow)
        if not publication.plans(line.metric_id, line.measure, period_type, line.dimensions):
            by = f" by {' and '.join(line.dimensions)}" if line.dimensions else ""
            raise ReturnError(
                f"line {line.line} of {wanted.lines} asks for {line.metric_id} {line.measure} {period_type}"
                f"{by}, which release {release_id} does not publish for the group: correct the row of"
                " return_lines.csv, or add the table to publication_plan.csv, refresh and approve."
            )
    earlier = [p for p in publication.periods(wanted.flow) if p.end < period.start]
    before = earlier[-1] if earlier else None
    # A half-year is over, whatever its year is.
    parts = unfinished(publication) - {(period.period_type, period.end)}
    exhibits = tuple(_exhibit(publication, line, wanted, period, before, parts) for line in lines)
    return Pack(
        wanted=wanted,
        version=version,
        programme=settings.profile,
        publication=publication,
        period=period,
        summary=_summary(publication, wanted.flow, period, before, exhibits),
        exhibits=exhibits,
        identities=tuple(_identities(publication, wanted.flow, period, exhibits)),
        restated=(),
        against="",
        unfinished=parts,
    )


def with_restated(pack: Pack, restated: Sequence[Restated], against: str) -> Pack:
    """The same pack with what moved since an earlier return, which `against` names."""
    return replace(pack, restated=tuple(restated), against=against)


def _table(publication: Publication, line: Line, period_type: str, period: Period) -> tuple[Figure, ...]:
    on = period.end
    if period_type in ("quarter", "year") and period_type != period.period_type:
        # As the pages do: the newest one that the period reaches.
        reached = [p for p in publication.periods(period_type) if p.end <= period.end]
        on = reached[-1].end if reached else period.end
    return tuple(publication.latest(line.metric_id, line.measure, period_type, line.dimensions, on=on))


def _exhibit(
    publication: Publication,
    line: Line,
    wanted: Return,
    period: Period,
    before: Period | None,
    parts: frozenset[tuple[str, date]],
) -> Exhibit:
    if line.reason:
        return Exhibit(line, (), (), (), (None, None), "", "", line.reason)
    period_type = line.published_as(wanted.flow)
    figures = _table(publication, line, period_type, period)
    is_half = wanted.period_type == "half_year"
    # Half a year is not held against a whole one; what stands on its last day is, against the day before it.
    is_compared = before is not None and not (is_half and period_type in ("quarter", "year"))
    earlier = _table(publication, line, period_type, before) if before and is_compared else ()
    if figures and earlier and earlier[0].period_end == figures[0].period_end:
        earlier = ()
    series: tuple[Figure, ...] = ()
    if line.series:
        # For the same reason its columns are quarters, where they are published.
        by_quarter = _series(publication, line, "quarter", period.end) if is_half else ()
        series = by_quarter or _series(publication, line, wanted.flow, period.end)
    total = _total(publication, line, figures), _total(publication, line, earlier)
    sentence = _sentence(publication, line, figures, earlier, total[0] is not None, parts)
    return Exhibit(
        line=line,
        figures=figures,
        before=earlier,
        series=series,
        total=total,
        when=when(figures, parts),
        when_before=when(earlier, parts),
        sentence=f"{sentence} {_still(publication, line, figures, period)}".strip(),
    )


def _still(publication: Publication, line: Line, figures: Sequence[Figure], period: Period) -> str:
    """Until when a table is published that stands until enough people moved for the next (the batch rule)."""
    is_of_a_day = line.period_type in ("as_at", "programme")
    is_of_people = any(figure.value is not None or figure.mark == "c" for figure in figures)
    if not is_of_a_day or not is_of_people or figures[0].period_end >= period.end:
        return ""
    last = figures[0].period_end
    total = publication.latest(line.metric_id, line.measure, line.period_type, on=period.end)
    if line.dimensions and total and total[0].value is not None and total[0].period_end > last:
        return (
            f"This breakdown is not published after {sentences.day(last)}; its total is, up to "
            f"{sentences.day(total[0].period_end)}."
        )
    return f"Nothing of it is published after {sentences.day(last)}."


def _series(publication: Publication, line: Line, flow: str, until: date) -> tuple[Figure, ...]:
    """One figure in each period of a type up to a day."""
    ends = {p.end for p in publication.periods(flow)}
    return tuple(
        figure
        for figure in publication.figures(line.metric_id, line.measure, line.published_as(flow))
        if figure.period_end in ends and figure.period_end <= until
    )


def _total(publication: Publication, line: Line, figures: Sequence[Figure]) -> Figure | None:
    """The published total of a table whose categories are its parts; None for any other table."""
    if len(line.dimensions) != 1 or not figures:
        return None
    own = publication.definitions().get(line.metric_id, {})
    # Where a person stands in several places people do not add up; a line of money stands in one.
    is_parted = line.measure == "count" and line.dimensions[0] not in own.get("overlapping", "").split("|")
    is_sum = is_parted or (line.measure == "total_gbp" and own.get("counts") in ("lines", "entries"))
    if not is_sum:
        return None
    return publication.figure(line.metric_id, line.measure, figures[0].period_type, figures[0].period_end)


def unfinished(publication: Publication) -> frozenset[tuple[str, date]]:
    """Type and last day of the periods that are not over in a release."""
    flows = ("month", "quarter", "year")
    return frozenset(
        (period.period_type, period.end)
        for flow in flows
        for period in publication.periods(flow)
        if not period.is_complete
    )


def when(figures: Sequence[Figure], unfinished: frozenset[tuple[str, date]]) -> str:
    """What time figures of one day or period are about, `so far` where it is not over; empty for none."""
    if not figures:
        return ""
    figure = figures[0]
    if figure.period_type == "as_at":
        return f"on {sentences.day(figure.period_end)}"
    so_far = " so far" if (figure.period_type, figure.period_end) in unfinished else ""
    return sentences.period_name(figure) + so_far


def _sentence(
    publication: Publication,
    line: Line,
    figures: Sequence[Figure],
    before: Sequence[Figure],
    is_sum: bool,
    parts: frozenset[tuple[str, date]],
) -> str:
    """What a table says first; the same words as on the pages."""
    if not figures:
        return "Not published for this period."
    if not line.dimensions:
        now = figures[0]
        if now.value is None and not sentences.shown(now).startswith(("<", ">")):
            return f"{sentences.capital(sentences.why_missing(now))}."
        text = f"{sentences.shown(now)} {_at(when(figures, parts))}"
        if before:
            text += f", {sentences.change(now, before[0], _at(when(before, parts)))}"
        return f"{sentences.capital(text)}."
    rows = [(publication.label(line.dimensions[0], f.category(line.dimensions[0])), f) for f in figures]
    # The parts of a budget are no parts of one sum.
    if len(line.dimensions) == 1 and (line.measure == "count" or is_sum):
        return sentences.largest(rows, "these figures", "")
    if len(line.dimensions) == 1 and line.metric_id in sentences.CHANGES and line.measure == "mean":
        return sentences.paired_change(rows, *CHANGING.get(line.dimensions[0], ("rows", "two readings")))
    hidden = [figure for figure in figures if figure.value is None]
    if not hidden:
        return ""
    told = {sentences.why_missing(figure) for figure in hidden}
    # The longer one of two says the other as well.
    whole = [each for each in told if not any(other != each and other.startswith(each) for other in told)]
    reasons = " or ".join(sorted(whole))
    if len(hidden) == len(figures):
        return f"None of the {len(hidden)} figures is shown: {reasons}."
    verb = "is" if len(hidden) == 1 else "are"
    return f"{len(hidden)} of {len(figures)} figures {verb} not shown: {reasons}."


def _first(sentence: str) -> str:
    """What a table says first, to go on after a colon: `Still supported, 95 (the largest shown).`"""
    largest, _, name = sentence.partition("The largest shown: ")
    if name and not largest:
        return f"{name.split('. ')[0].rstrip('.')} (the largest shown)."
    return f"{sentence[:1].lower()}{sentence[1:]}"


def _at(time: str) -> str:
    return time if time.startswith("on ") else f"in {time}"


def _summary(
    publication: Publication,
    flow: str,
    period: Period,
    before: Period | None,
    exhibits: Sequence[Exhibit],
) -> str:
    """The sentence of the first page where a return is about who is supported; else its first figures."""
    if not {exhibit.line.metric_id for exhibit in exhibits} >= FLOW_OF_PEOPLE:
        told = [e for e in exhibits if e.sentence and any(f.value is not None for f in e.figures)]
        # One number says more than the largest of several.
        told.sort(key=lambda exhibit: len(exhibit.line.dimensions))
        return " ".join(f"{e.line.wording}: {_first(e.sentence)}" for e in told[:2])

    def figure(metric_id: str, period_type: str, on: date) -> Figure | None:
        return publication.figure(metric_id, "count", period_type, on)

    return sentences.this_quarter(
        figure("referrals_received", flow, period.end),
        figure("starts", flow, period.end),
        figure("ends", flow, period.end),
        figure("open_caseload", "as_at", period.end),
        figure("open_caseload", "as_at", before.end) if before else None,
        period,
    )


# --- reconciliation ---------------------------------------------------------------------------------------


def _identities(
    publication: Publication, flow: str, period: Period, exhibits: Sequence[Exhibit]
) -> list[Identity]:
    """The flow of people, and each table of parts beside its total."""

    found: list[Identity] = []
    shown = {exhibit.line.metric_id for exhibit in exhibits}
    if shown >= FLOW_OF_PEOPLE:
        found.append(_flow_identity(publication, flow, period))
    if shown >= MONEY_OF_PEOPLE:
        found += _ledger(publication, period)
    settings = publication.settings()
    for exhibit in exhibits:
        total, _ = exhibit.total
        if total is not None:
            found.append(_adds_up(exhibit.line, total, exhibit.figures, settings))
    return found


def _flow_identity(publication: Publication, flow: str, period: Period) -> Identity:
    """Opening + starts - ends = closing, in the words of the pages."""

    def count(metric_id: str, period_type: str, on: date) -> Figure | None:
        return publication.figure(metric_id, "count", period_type, on)

    opening = count("open_caseload", "as_at", period.start - timedelta(days=1))
    starts, ends = count("starts", flow, period.end), count("ends", flow, period.end)
    closing = count("open_caseload", "as_at", period.end)
    values = [f.value if f else None for f in (starts, ends, closing)]
    opened = opening.value if opening else 0
    known = [value for value in (opened, *values) if value is not None]
    holds = len(known) == 4 and known[0] + known[1] - known[2] == known[3]
    return Identity(
        "People open before + starts \N{MINUS SIGN} ends = people open at the end",
        sentences.flow_identity(opening, starts, ends, closing),
        holds if len(known) == 4 else None,
    )


def _ledger(publication: Publication, period: Period) -> list[Identity]:
    """Personal budgets twice over: the lines of clients, and the actual of the programme's budget.

    Of the closed quarters of the newest year that has any: the others have lines and no actual yet. Two
    systems, seldom equal to the pound; the difference is told, and is for the two to explain.
    """
    name = publication.settings().get("personal_budget_line", "")
    actual = _closed_quarters(publication, name)
    if actual is None:
        return []
    about = "Paid by the lines of clients, and by the ledger"
    years = [p for p in publication.periods("year") if p.end <= period.end]
    if not years:
        return []
    for year in reversed(years):
        quarters = [q for q in publication.periods("quarter") if year.start <= q.start and q.end <= year.end]
        closed = [quarter for quarter in quarters if quarter.end in actual]
        if closed:
            break
    else:
        return [Identity(about, f"No quarter of the budget line {name} is closed yet to compare with.", None)]
    still_open = [quarter for quarter in quarters if quarter.end not in actual]

    def paid(*of: Period) -> list[Figure | None]:
        return [publication.figure("budget_spent", "total_gbp", p.period_type, p.end) for p in of]

    # Each figure is rounded on its own: the way that takes the fewest of them, all shown. Where a quarter is
    # withheld, the year less its other quarters would tell it.
    ways = [(paid(*closed), []), (paid(year), paid(*still_open))]
    shown = [way for way in ways if all(f is not None and f.value is not None for f in chain(*way))]
    if still_open and ways[0] not in shown:
        shown = []
    spent = sum(actual[quarter.end] for quarter in closed)
    ledger = f"the actual of the budget line {name} is £{spent:,.0f}"
    rest = f" No actual yet, so left out on both sides: {_in_words(still_open)}." if still_open else ""
    if not shown:
        hidden = next(f for f in ways[0][0] if f is None or f.value is None)
        text = f"In {_in_words(closed)} {ledger}; what the lines of clients come to cannot be compared:"
        return [Identity(about, f"{text} {sentences.why_missing(hidden)}.{rest}", None)]
    added, taken = min(shown, key=lambda way: sum(map(len, way)))
    lines = sum(f.value or 0 for f in added if f) - sum(f.value or 0 for f in taken if f)
    rounding = float(publication.settings().get("money_total_rounding_gbp", "0"))
    loose = rounding * sum(f is not None and not f.exact for f in (*added, *taken))
    is_reckoned = len(added) + len(taken) > 1
    text = (
        f"In {_in_words(closed)} the lines of clients come to"
        f" {'about ' if is_reckoned and loose else ''}£{lines:,.0f}, {ledger}"
    )
    difference = abs(lines - spent)
    if difference <= loose:
        return [Identity(about, f"{text}: the same, as far as rounding can tell.{rest}", True)]
    apart = f"about £{round(difference / rounding) * rounding:,.0f}" if loose else f"£{difference:,.0f}"
    return [Identity(about, f"{text}: {apart} apart. The two systems have to say why.{rest}", None)]


def _closed_quarters(publication: Publication, name: str) -> dict[date, float] | None:
    """What a budget line's actual is in each quarter that finance has closed, by the quarter's last day.

    No table by line is of quarters: a quarter is what the line came to by its end less by the end before, and
    is closed where all that was budgeted in it has an actual. None where those tables are not published.
    """
    table = publication.figures(
        "programme_budget", "total_gbp", "programme", ("budget_line", "budget_figure")
    )
    by_its_end: dict[date, dict[str, float]] = {}
    for f in table:
        if publication.label("budget_line", f.category("budget_line")).strip().casefold() == name.casefold():
            # A line of which nothing is recorded adds nothing.
            by_its_end.setdefault(f.period_end, {})[f.category("budget_figure")] = f.value or 0
    if not by_its_end:
        return None
    closed: dict[date, float] = {}
    before: dict[str, float] | None = {}
    for quarter in publication.periods("quarter"):
        now = by_its_end.get(quarter.end)
        if now is not None and before is not None:
            came = {figure: round(now[figure] - before.get(figure, 0), 2) for figure in now}
            is_all = came.get("budget") == came.get("budget_with_actual")
            if is_all and (came.get("budget") or came.get("actual")):
                closed[quarter.end] = came.get("actual", 0)
        # Before its first quarter a line came to nothing; after a quarter without a table nobody knows.
        before = now if now or before else before
    return closed


def _in_words(quarters: Sequence[Period]) -> str:
    """Quarters in order as a reader names them, those that follow on one another as one stretch."""
    stretches: list[Period] = []
    for quarter in quarters:
        if stretches and stretches[-1].end + timedelta(days=1) == quarter.start:
            stretches[-1] = replace(stretches[-1], end=quarter.end)
        else:
            stretches.append(quarter)
    return " and ".join(map(sentences.period_name, stretches))


def _adds_up(line: Line, total: Figure, parts: Sequence[Figure], settings: Mapping[str, str]) -> Identity:
    """Whether the parts of a table, `not known` among them, can add up to its total.

    Counts are rounded at random by less than the base, sums of money by at most it; a withheld count is below
    the minimum, and what a withheld sum may be is not known.
    """
    is_money = line.measure == "total_gbp"
    base = float(settings.get("money_total_rounding_gbp" if is_money else "rounding_base", "0"))
    slack = base if is_money else base - 1
    shown = [part for part in parts if part.value is not None]
    hidden = len(parts) - len(shown)
    added = sum(part.value or 0 for part in shown)
    loose = slack * sum(not (part.exact or part.counts == "entries") for part in (*shown, total))
    most = float(settings.get("count_minimum", "10")) - 1
    written = sentences.shown(replace(total, value=added, mark="", note=""))
    about = f"{line.wording}: parts and total"
    if total.value is None:
        return Identity(about, f"The total is {sentences.why_missing(total)}.", None)
    text = f"The parts shown, those not known among them, add up to {written}; the total is "
    text += f"{sentences.shown(total)}."
    difference = total.value - added
    if not hidden:
        if difference and loose:
            text += f" Each is rounded on its own, which can make up to {loose:,.0f} between them."
        return Identity(about, text, abs(difference) <= loose)
    verb = "is" if hidden == 1 else "are"
    text += f" {hidden} of {len(parts)} parts {verb} withheld or not available"
    if is_money or any(not sentences.shown(part).startswith("<") for part in parts if part.value is None):
        return Identity(about, f"{text}, so whether they make the total is not known.", None)
    text += f"{',' if hidden == 1 else ', each'} below {most + 1:,.0f}."
    return Identity(about, text, -loose <= difference <= loose + most * hidden)
