"""Figures in words: numbers, dates, changes and the sentence on top of each page.

Belongs here: pure functions from figures to British English that stay true for any data (nothing published,
withheld, rising, falling, unchanged). Does not belong here: reading the publication, Streamlit, definitions
of metrics (those come from `metric_definitions` alone).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards.published import Figure, Period, Release

MARKS = {
    "c": "withheld to protect people",
    "z": "not applicable",
    "x": "not available",
    "m": "too early to say",
    "p": "provisional",
    "r": "revised",
}
POUNDS = {"total_gbp"}


def day(value: date) -> str:
    """31 March 2018."""
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime) -> str:
    """31 March 2018, 09:05 in London."""
    local = value.astimezone(ZoneInfo("Europe/London"))
    return f"{day(local)}, {local:%H:%M}"


def period_name(period: Period | Figure) -> str:
    """A period in words: `January to March 2018`, `1 April to 31 May 2015`, `on 31 March 2018`."""
    start, end = (
        (period.start, period.end) if isinstance(period, Period) else (period.period_start, period.period_end)
    )
    if start == end:
        return f"on {day(end)}"
    whole = start.day == 1 and (end + timedelta(days=1)).day == 1
    if whole and (start.year, start.month) == (end.year, end.month):
        return f"{end:%B %Y}"
    if whole:
        first = f"{start:%B}" if start.year == end.year else f"{start:%B %Y}"
        return f"{first} to {end:%B %Y}"
    first = f"{start.day} {start:%B}" if start.year == end.year else day(start)
    return f"{first} to {day(end)}"


def quarter_code(period: Period | Figure) -> str:
    """The short name of a quarter for axes and addresses: `2018 Q1`."""
    end = period.end if isinstance(period, Period) else period.period_end
    return f"{end.year} Q{(end.month - 1) // 3 + 1}"


def number(value: float) -> str:
    """12,345 for whole numbers; one decimal otherwise."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def signed(value: float) -> str:
    """A change in points with its sign: +0.8, 0.0, −0.3 (a true minus)."""
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "\N{MINUS SIGN}")


def is_money(figure: Figure) -> bool:
    """Pounds: totals always; means and medians of the personal budget."""
    return figure.measure in POUNDS or (
        figure.metric_id.startswith("budget") and figure.measure in ("mean", "median")
    )


def _bound(figure: Figure) -> str:
    """What is said in place of a withheld figure: `<10`; `<10%` or `>90%` of a share; '' where nothing is."""
    is_bound = figure.value is None and figure.note.startswith(("<", ">"))
    return figure.note.replace(" ", "") if is_bound else ""


def _written(figure: Figure, value: float) -> str:
    """A number in the unit of its figure."""
    if figure.measure == "share":
        return f"{value:.0f}%"
    if is_money(figure):
        return ("\N{MINUS SIGN}" if value < 0 else "") + f"£{abs(value):,.0f}"
    if figure.metric_id == "star_change" and figure.measure == "mean":
        return signed(value)
    return number(value)


def shown(figure: Figure | None) -> str:
    """A figure as a reader sees it; `<10` or the mark in brackets where it is withheld, never 0 or blank."""
    if figure is None:
        return "not published"
    if figure.value is None:
        return _bound(figure) or f"[{figure.mark or 'x'}]"
    return _written(figure, figure.value)


def interval(figure: Figure) -> str:
    """The 95% interval of a figure, `45% to 60%`; '' where it has none."""
    if figure.lower is None or figure.upper is None:
        return ""
    return f"{_written(figure, figure.lower)} to {_written(figure, figure.upper)}"


def table_cell(figure: Figure | None) -> str:
    """A figure in a table or CSV: as `shown`, with its mark kept beside it."""
    if figure is None:
        return "[x]"
    text = shown(figure)
    return text if not figure.mark or text == f"[{figure.mark}]" else f"{text} [{figure.mark}]"


def why_missing(figure: Figure | None) -> str:
    """Why there is no number, in words; '' when there is one."""
    if figure is None:
        return "not published for this period"
    if figure.value is not None:
        return ""
    words = MARKS.get(figure.mark, MARKS["x"])
    return words if not figure.note or _bound(figure) else f"{words}: {figure.note.rstrip('.')}"


def people(figure: Figure | None, *, of_events: bool = False) -> str:
    """The people behind a figure: `86 people`, `about 160 people`; why not where the number is withheld.

    Beside events (referrals, starts) the people are rounded even where the events are exact and happen to be
    as many.
    """
    if figure is None or figure.people is None:
        return why_missing(figure) or "people not shown"
    count = figure.people
    noun = "person" if count == 1 else "people"
    if figure.exact and figure.value is not None:
        if figure.value == count and not of_events:
            return f"{number(count)} {noun}"
        if figure.value <= count:
            # There cannot be more people than events.
            return f"at most {number(figure.value)} people"
    return f"about {number(count)} {noun}"


def change(now: Figure | None, before: Figure | None, compared_with: str) -> str:
    """The change since an earlier figure: `6 more than in October to December 2017 (31)`.

    `compared_with` is the earlier time with its preposition. Where either figure is withheld the sentence
    says so.
    """
    if now is None or before is None:
        return "no earlier figure to compare with"
    if now.value is None or before.value is None:
        return "no change is shown: one of the two figures is withheld"
    difference = now.value - before.value
    about = "" if now.exact and before.exact else "about "
    if difference == 0:
        return f"{'the same as' if not about else 'about the same as'} {compared_with}"
    size = abs(difference)
    unit = (
        f"{size:.0f} {'point' if size == 1 else 'points'}"
        if now.measure == "share"
        else f"£{size:,.0f}"
        if is_money(now)
        else number(size)
    )
    word = ("higher" if difference > 0 else "lower") if now.measure in ("share", "mean", "median") else ""
    word = word or ("more" if difference > 0 else "fewer" if not is_money(now) else "less")
    return f"{about}{unit} {word} than {compared_with} ({shown(before)})"


def counted(figure: Figure | None, one: str, many: str) -> str:
    """A count with its noun: `1 referral`, `12 referrals`, `fewer than 10 people`; no figure says so."""
    if figure is None:
        return f"an unpublished number of {many}"
    if figure.value is None:
        bound = _bound(figure)
        return f"fewer than {bound[1:]} {many}" if bound.startswith("<") else f"a withheld number of {many}"
    about = "" if figure.exact else "about "
    return f"{about}{number(figure.value)} {one if figure.value == 1 else many}"


def started(figure: Figure | None) -> str:
    """Starts as a clause: the times, because a person can start twice and people are told apart, rounded."""
    if figure is None or figure.value is None:
        return f"{counted(figure, 'person', 'people')} started"
    return f"support started {_times(figure.value)}"


def ended(figure: Figure | None) -> str:
    """Ends as a clause, counted like starts."""
    if figure is None or figure.value is None:
        return f"the support of {counted(figure, 'person', 'people')} ended"
    return f"support ended {_times(figure.value)}"


def started_and_ended(starts: Figure | None, ends: Figure | None) -> str:
    """Starts and ends as one clause: `support started 12 times and ended 9 times`."""
    words = f"{started(starts)} and {ended(ends)}"
    return words.replace(" and support ended ", " and ended ") if words.startswith("support ") else words


def _times(events: float) -> str:
    return "once" if events == 1 else f"{number(events)} times"


def capital(text: str) -> str:
    """The first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def this_quarter(
    referrals: Figure | None,
    starts: Figure | None,
    ends: Figure | None,
    open_now: Figure | None,
    open_before: Figure | None,
    period: Period,
) -> str:
    """How the programme is doing: what came, who began, who left, who is open and how that compares."""
    if all(f is None for f in (referrals, starts, ends, open_now)):
        return f"Nothing is published about {period_name(period)}."
    if all(f is None or f.value is None for f in (referrals, starts, ends, open_now)):
        return f"The headline figures for {period_name(period)} are withheld to protect people."
    so_far = "" if period.is_complete else " so far"
    flow = (
        f"In {period_name(period)}{so_far}, {counted(referrals, 'referral was', 'referrals were')} received, "
        f"{started_and_ended(starts, ends)}."
    )
    stock = f"{capital(counted(open_now, 'person was', 'people were'))} open on {day(period.end)}"
    if open_now is None or open_before is None or open_now.value is None or open_before.value is None:
        return f"{flow} {stock}."
    return f"{flow} {stock}, {change(open_now, open_before, f'on {day(open_before.period_end)}')}."


def flow_identity(
    opening: Figure | None, starts: Figure | None, ends: Figure | None, closing: Figure | None
) -> str:
    """Whether opening + starts − ends = closing, in words; an opening of None is the day before the
    programme: nobody."""
    if starts is None or ends is None or closing is None:
        return "The flow of people is not published for this period."
    if any(f is not None and f.value is None for f in (opening, starts, ends, closing)):
        return "The flow cannot be added up because one of its figures is withheld."
    first = opening.value or 0 if opening else 0
    values = [first, starts.value or 0, ends.value or 0, closing.value or 0]
    sum_text = f"{number(values[0])} + {number(values[1])} \N{MINUS SIGN} {number(values[2])}"
    expected = values[0] + values[1] - values[2]
    if expected == values[3]:
        return f"{sum_text} = {number(values[3])}: everyone is accounted for."
    return (
        f"{sum_text} makes {number(expected)}, but {number(values[3])} people are open: "
        f"a difference of {number(abs(values[3] - expected))} that the data lead should explain."
    )


def largest(figures: Sequence[tuple[str, Figure]], noun: str, amount: str) -> str:
    """The largest shown category of a table of `noun`, ties named together; `amount` is what is counted."""
    if not figures:
        return f"No breakdown of {noun} is published for this period."
    known = [(label, f) for label, f in figures if f.value is not None]
    hidden = len(figures) - len(known)
    if not known:
        return "Every category is withheld to protect people."
    top = max(f.value or 0 for _, f in known)
    if top == 0 and not hidden:
        return "Every category is nil."
    names = [label for label, f in known if f.value == top]
    each = "each " if len(names) > 1 else ""
    amount_shown = f"{shown(next(f for _, f in known if f.value == top))} {amount}".strip()
    text = f"The largest shown: {_listed(names)}, {each}{amount_shown}."
    if hidden:
        text += f" {hidden} of {len(figures)} categories {'is' if hidden == 1 else 'are'} withheld."
    return text


def acceptance(share: Figure | None, accepted: Figure | None, received: Figure | None, since: str) -> str:
    """Whom we are asked to help: received, decided and accepted since the programme began."""
    if received is None or received.value is None:
        return f"The number of referrals received since {since} is {why_missing(received) or 'not shown'}."
    if received.value == 0:
        return f"No referral has been received since {since}."
    text = f"{capital(counted(received, 'referral has', 'referrals have'))} been received since {since}"
    if accepted is not None and accepted.value is not None:
        text += f"; {counted(accepted, 'has', 'have')} been accepted"
    if share is None or share.value is None:
        return f"{text}. The share of decided referrals that were accepted is {why_missing(share)}."
    return f"{text}, {shown(share)} of those decided."


def support(open_now: Figure | None, starts: Figure | None, ends: Figure | None, on: date, since: str) -> str:
    """Who we support: open now, and how many started and ended since the programme began."""
    if open_now is None:
        return f"The number of people open on {day(on)} is not published."
    text = f"{capital(counted(open_now, 'person was', 'people were'))} open on {day(on)}."
    if starts is None or starts.value is None:
        return text
    return f"{text} Since {since}, {started_and_ended(starts, ends)}."


@dataclass(frozen=True)
class StarCoverage:
    """What change in the Outcomes Star rests on.

    `pairs` are people with two readings far enough apart (rounded), `started` everyone who started long
    enough ago (exact headline); either is None where it is withheld or not published.
    """

    pairs: int | None
    started: int | None

    @property
    def share(self) -> float | None:
        """Pairs out of started, 0 to 1 and never over it; None where it cannot be computed."""
        if self.pairs is None or not self.started:
            return None
        return min(1.0, self.pairs / self.started)

    @property
    def is_enough(self) -> bool:
        """At least 10 people and 30 % of those who started long enough ago."""
        return self.pairs is not None and self.pairs >= 10 and self.share is not None and self.share >= 0.30


def star_coverage(coverage: StarCoverage, started_by: date | None) -> str:
    """What the figures of change rest on, before any of them is shown."""
    if coverage.started is None or started_by is None:
        return (
            "Change cannot be shown: too few people were supported for long enough, or their number is "
            "withheld."
        )
    base = f"the {number(coverage.started)} people who had started by {day(started_by)}"
    if coverage.pairs is None:
        return f"Fewer than 10 of {base} have the two readings that change needs, so no change is shown."
    text = f"About {number(coverage.pairs)} of {base} have the two readings that change needs"
    if coverage.share is not None:
        text += f" ({100 * coverage.share:.0f}%)"
    if not coverage.is_enough:
        return f"{text}: too few to speak for the group, so no change is shown."
    return f"{text}. The others are not in the figures of change, and they may differ."


def star_change(changes: Sequence[tuple[str, Figure]]) -> str:
    """Which areas moved, by the side of nil on which the whole interval lies; never a ranking."""
    known = [(label, f) for label, f in changes if f.lower is not None and f.upper is not None]
    if not known:
        return "No change can be shown for any area."
    up = [label for label, f in known if (f.lower or 0) > 0]
    down = [label for label, f in known if (f.upper or 0) < 0]
    unclear = len(known) - len(up) - len(down)
    sides = (
        ("higher on average in", len(up)),
        ("lower on average in", len(down)),
        ("not clearly different in", unclear),
    )
    parts = [f"{words} {count}" for words, count in sides if count]
    parts[0] += f" of {len(known)} areas"
    return f"Among people with two readings, the latest is {_listed(parts)}."


def without_two_readings(figures: Sequence[Figure]) -> str:
    """How many are not in a chart of change for want of two readings, one figure an area."""
    if not figures:
        return "How many people have no two readings to compare is not published."
    # Withheld is mostly few: it stands before the least.
    ordered = sorted(figures, key=lambda f: (f.value is not None, f.value or 0))
    fewest, most = (counted(f, "person", "people") for f in (ordered[0], ordered[-1]))
    each = f"{fewest} in each area" if fewest == most else f"between {fewest} and {most}, by area"
    return f"Without two readings to compare, and so not shown here: {each}."


def tipping_point(mean_change: float, pairs: int, started: int) -> float | None:
    """By how many points the people without a second reading would have to have changed for the mean of all
    to be nil.

    None when everybody has a second reading.
    """
    missing = started - pairs
    if missing <= 0:
        return None
    return -mean_change * pairs / missing


def money(total: Figure | None, spenders: Figure | None, share: Figure | None, period: Period) -> str:
    """What was paid from personal budgets, for how many people."""
    name = period_name(period) + ("" if period.is_complete else " so far")
    if total is None:
        return f"No personal budget figures are published for {name}."
    if total.value is None:
        return f"What was paid from personal budgets in {name} is {why_missing(total)}."
    if total.value == 0:
        return f"Nothing was paid from personal budgets in {name}."
    text = f"In {name}, {shown(total)} was paid from personal budgets"
    if spenders is not None and spenders.value is not None:
        text += f" for {counted(spenders, 'person', 'people')}"
    if share is not None and share.value is not None:
        text += f", {shown(share)} of those supported in the period"
    return f"{text}."


def data_quality(sources: Sequence[dict]) -> str:
    """Whether the figures can be trusted: which exports came, and how much of them was refused."""
    if not sources:
        return "Nothing is known about the exports behind these figures."
    missing = [s["label"] for s in sources if not s["ever_received"]]
    came = len(sources) - len(missing)
    if not came:
        return "No export has come yet, so there is nothing to count."
    # Few rows are withheld like few people; where nothing came there is nothing to withhold.
    withheld = [s for s in sources if s["ever_received"] and s["rows_rejected"] is None]
    rejected = sum(s["rows_rejected"] or 0 for s in sources)
    loaded = sum(s["rows_loaded"] or 0 for s in sources)
    if missing:
        text = f"{came} of {len(sources)} exports {'has' if came == 1 else 'have'} come"
    elif len(sources) == 1:
        text = "The one export has come"
    else:
        text = f"{'Both' if came == 2 else f'All {came}'} exports have come"
    # A headline would drown in more names; the page lists them.
    names = _listed(missing) if 0 < len(missing) <= 3 else f"{len(missing)} exports"
    never = f" {names} never came." if missing else ""
    if withheld:
        refused = f"about {number(rejected)} were refused, and " if rejected else ""
        few = "fewer than 10 of each"
        if len(withheld) < came:
            labels = [s["label"] for s in withheld]
            few = "fewer than 10 of " + (
                _listed(labels) if len(labels) <= 3 else f"each of {len(labels)} exports"
            )
        few += "" if refused else " were refused"
        return f"{text}; about {number(loaded)} rows are loaded, {refused}{few}.{never}"
    text += f"; {number(loaded)} rows are loaded"
    share = 100 * rejected / (loaded + rejected) if loaded + rejected else 0
    if rejected:
        text += f" and {number(rejected)} {'was' if rejected == 1 else 'were'} refused"
        text += f" ({'under 0.1' if share < 0.1 else f'{share:.1f}'}%)"
    else:
        text += " and none was refused"
    return f"{text}.{never}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def top_line(release: Release, checked_at: datetime) -> str:
    """As-at date, when refreshed, the release and its status, and that the data are synthetic if they are."""
    status = "draft: not yet approved" if release.status == "draft" else release.status
    if release.approved_by:
        status += f" by {release.approved_by}"
    refreshed = f"refreshed {moment(release.created_at)}"
    if checked_at.date() != release.created_at.date():
        refreshed += f", checked for new exports {moment(checked_at)}"
    text = f"As at {day(release.as_at)} · {refreshed} · release {release.release_id} ({status})"
    return text + (" · The data are synthetic" if release.synthetic else "")


def stale(release: Release, checked_at: datetime, now: datetime) -> str:
    """Why the figures should be read as old, in words; '' when they are fresh.

    `checked_at` moves with every refresh, also one that finds nothing, so a scheduler that died shows here.
    """
    silent = math.floor((now.astimezone(UTC) - checked_at) / timedelta(days=1))
    unchanged = math.floor((now.astimezone(UTC) - release.created_at) / timedelta(days=1))
    if silent > release.stale_after_days:
        return (
            f"These figures are stale. Nobody has looked for new exports for {silent} days, since "
            f"{moment(checked_at)}."
        )
    if silent > release.refresh_interval_days:
        return (
            f"The planned refresh has not run: it is due every {release.refresh_interval_days} days and "
            "the last was "
            f"{silent} days ago, on {moment(checked_at)}."
        )
    if unchanged > release.stale_after_days:
        return (
            f"These figures are stale: they are {unchanged} days old. "
            f"New exports were looked for on {moment(checked_at)}, and nothing newer has been approved."
        )
    return ""


def star_pairs(
    pairs_by_area: Sequence[int | None], starts_to_date: Sequence[Figure], on: date, minimum_days: int = 90
) -> tuple[StarCoverage, date | None]:
    """What change rests on at a day, and the day by which its denominator had started.

    Pairs are the area with most people (areas are scored one by one). Two readings `minimum_days` apart are
    possible only for those who had started that long before, so the denominator is everyone who had, still
    supported or not.
    """
    early = [
        f for f in starts_to_date if f.period_end <= on - timedelta(days=minimum_days) and not f.categories
    ]
    base = max(early, key=lambda f: f.period_end) if early else None
    known = [p for p in pairs_by_area if p is not None]
    started = int(base.value) if base is not None and base.value is not None else None
    return StarCoverage(max(known) if known else None, started), base.period_end if base else None


def moved_on(count: Figure | None, ends: Figure | None, since: str) -> str:
    """How many moved on, beside all whose support ended; small numbers stay withheld."""
    if count is None:
        return f"How many people have moved on since {since} is not published."
    text = f"{capital(counted(count, 'person has', 'people have'))} moved on since {since}"
    if ends is None or ends.value is None:
        return f"{text}."
    return f"{text}; in all, {ended(ends)}."


def latest(series: Sequence[Figure], clause: str, period: Period) -> str:
    """The last point of a series, told by `clause`, and its change since the one before, like for like."""
    name = period_name(period)
    now = next((f for f in series if f.period_end == period.end), None)
    if now is None:
        return f"Nothing is published for {name}."
    so_far = "" if period.is_complete else " so far"
    text = f"In {name}{so_far}, {clause}"
    if not period.is_complete:
        return f"{text}; a part of a quarter is not compared with a whole one."
    earlier = [f for f in series if f.period_end < period.start]
    if not earlier:
        return f"{text}."
    return f"{text}, {change(now, earlier[-1], f'in {period_name(earlier[-1])}')}."
