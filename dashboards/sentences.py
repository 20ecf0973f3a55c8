"""Figures in words: numbers, dates, changes and the sentence on top of each page.

Belongs here: pure functions from figures to British English that stay true for any data (nothing published,
withheld, rising, falling, unchanged). Does not belong here: reading the publication, Streamlit, definitions
of metrics (those come from `metric_definitions` alone).
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.published import Figure, Period, Release, Withdrawn

MARKS = {
    "c": "withheld to protect people",
    "z": "not applicable",
    "x": "not available",
    "m": "too early to say",
    "p": "provisional",
    "r": "revised",
}
# Means of the change between two readings of the same people: shown with their sign.
CHANGES = {"star_change", "star_change_12m", "ndta_change", "service_change"}


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


def axis_name(figure: Figure) -> str:
    """The short name of a period for axes: `2017-18`, `2018 Q1`, `2018 Mar`; its first word is the year."""
    start, end = figure.period_start, figure.period_end
    if figure.period_type == "year":
        return f"{start.year}-{end:%y}" if start.year != end.year else f"{end.year}"
    return f"{end:%Y %b}" if figure.period_type == "month" else quarter_code(figure)


def is_per_cent(figure: Figure) -> bool:
    """Parts of a hundred: shares and survival always; means by the unit of their metric."""
    is_share = figure.measure in ("share", "survival")
    return is_share or (figure.measure == "mean" and figure.unit.startswith("per cent"))


def _bound(figure: Figure) -> str:
    """What is said in place of a withheld figure: `<10`; `<10%` or `>90%` of a share; '' where nothing is."""
    is_bound = figure.value is None and figure.note.startswith(("<", ">"))
    return figure.note.replace(" ", "") if is_bound else ""


def _written(figure: Figure, value: float) -> str:
    """A number in the unit of its figure."""
    if is_per_cent(figure):
        return f"{value:.0f}%"
    if figure.is_money:
        return ("\N{MINUS SIGN}" if value < 0 else "") + f"£{abs(value):,.0f}"
    if figure.metric_id in CHANGES and figure.measure in ("mean", "median", "tipping_point"):
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
    return words if not figure.note or _bound(figure) else f"{words}: {_note(figure)}"


def _note(figure: Figure) -> str:
    """The reason as published, as a clause; 30% and not 30 %, as everywhere on the pages."""
    return figure.note.rstrip(".").replace(" %", "%")


def people(figure: Figure | None, *, of_events: bool = False) -> str:
    """The people behind a figure: `86 people`, `about 160 people`; why not where the number is withheld.

    Beside events (referrals, starts) the people are rounded even where the events are exact and happen to be
    as many: it says so, lest `about 10 people` of 12 starts read as if some had started twice.
    """
    if figure is None or figure.people is None:
        return why_missing(figure) or "people not shown"
    count = figure.people
    noun = "person" if count == 1 else "people"
    if figure.is_of_management:
        return f"{number(count)} {noun}"
    rounded = ""
    if figure.exact and figure.value is not None:
        if figure.value == 0:
            return "nobody"
        if figure.value == count and not of_events:
            return f"{number(count)} {noun}"
        if figure.value <= count:
            # There cannot be more people than events.
            return f"at most {number(figure.value)} people"
        rounded = ", counted in fives"
    return f"about {number(count)} {noun}{rounded}"


def _is_exact(figure: Figure) -> bool:
    """Headlines, and what the partnership writes: entries are nobody's, and not rounded."""
    return figure.exact or figure.counts == "entries"


def change(now: Figure | None, before: Figure | None, compared_with: str) -> str:
    """The change since an earlier figure: `6 more than in October to December 2017 (31)`.

    `compared_with` is the earlier time with its preposition. Where either figure is withheld the sentence
    says so. Rounded money that lies one step apart (£1 to £99 where it is rounded to £50) has a direction and
    no amount.
    """
    if now is None or before is None:
        return "no earlier figure to compare with"
    if now.value is None or before.value is None:
        reasons = ["withheld" if f.mark == "c" else "missing" for f in (now, before) if f.value is None]
        which = "both figures are" if len(reasons) == 2 else "one of the two figures is"
        return f"no change is shown: {which} {' or '.join(dict.fromkeys(reasons))}"
    difference = now.value - before.value
    about = "" if _is_exact(now) and _is_exact(before) else "about "
    if difference == 0:
        return f"{'the same as' if not about else 'about the same as'} {compared_with}"
    size = abs(difference)
    points = round(size)
    unit = (
        ("under 1 point" if not points else f"{points} {'point' if points == 1 else 'points'}")
        if is_per_cent(now)
        else f"£{size:,.0f}"
        if now.is_money
        else number(size)
    )
    is_level = is_per_cent(now) or now.measure in ("mean", "median")
    word = ("higher" if difference > 0 else "lower") if is_level else ""
    word = word or ("more" if difference > 0 else "fewer" if not now.is_money else "less")
    about = "" if unit.startswith("under") else about
    step = max(now.rounded_to, before.rounded_to)
    if size <= step:
        why = f"each is rounded to £{step:,.0f}, so that it is not known by how much"
        return f"{word} than {compared_with} ({shown(before)}): {why}"
    return f"{about}{unit} {word} than {compared_with} ({shown(before)})"


def counted(figure: Figure | None, one: str, many: str) -> str:
    """A count with its noun: `1 referral`, `12 referrals`, `fewer than 10 people`; no figure says so."""
    if figure is None:
        return f"an unpublished number of {many}"
    if figure.value is None:
        bound = _bound(figure)
        if bound.startswith("<"):
            return f"fewer than {bound[1:]} {many}"
        return f"{'a withheld' if figure.mark == 'c' else 'an unknown'} number of {many}"
    about = "" if _is_exact(figure) else "about "
    return f"{about}{number(figure.value)} {one if figure.value == 1 else many}"


def started(figure: Figure | None) -> str:
    """Starts as a clause: the times, because a person can start twice and people are told apart, rounded."""
    if figure is None or figure.value is None:
        return f"{counted(figure, 'person', 'people')} started"
    return f"support started {_times(figure.value)}" if figure.value else "nobody started"


def ended(figure: Figure | None) -> str:
    """Ends as a clause, counted like starts."""
    if figure is None or figure.value is None:
        return f"the support of {counted(figure, 'person', 'people')} ended"
    return f"support ended {_times(figure.value)}" if figure.value else "nobody's support ended"


def started_and_ended(starts: Figure | None, ends: Figure | None) -> str:
    """Starts and ends as one clause: `support started 12 times and ended 9 times`."""
    words = f"{started(starts)} and {ended(ends)}"
    return words.replace(" and support ended ", " and ended ") if words.startswith("support ") else words


def _times(events: float) -> str:
    return {1: "once", 2: "twice"}.get(int(events), f"{number(events)} times")


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
    """How the programme is doing: what came, who began, who left, who is supported and how that compares."""
    if all(f is None for f in (referrals, starts, ends, open_now)):
        return f"Nothing is published about {period_name(period)}."
    if all(f is None or f.value is None for f in (referrals, starts, ends, open_now)):
        return f"The headline figures for {period_name(period)} are withheld to protect people."
    so_far = "" if period.is_complete else " so far"
    flow = (
        f"In {period_name(period)}{so_far}, {counted(referrals, 'referral was', 'referrals were')} received, "
        f"{started_and_ended(starts, ends)}."
    )
    stock = f"{capital(counted(open_now, 'person was', 'people were'))} being supported on {day(period.end)}"
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
        f"{sum_text} makes {number(expected)}, but {number(values[3])} people are supported: "
        f"a difference of {number(abs(values[3] - expected))} that the data lead should explain."
    )


def largest(figures: Sequence[tuple[str, Figure]], noun: str, amount: str) -> str:
    """The largest shown category of a table of `noun`, ties named together; `amount` is what is counted."""
    if not figures:
        return f"No breakdown of {noun} is published for this period."
    known = [(label, f) for label, f in figures if f.value is not None]
    hidden = len(figures) - len(known)
    if not known:
        reasons = {"withheld to protect people" if f.mark == "c" else why_missing(f) for _, f in figures}
        return f"Every category is {reasons.pop() if len(reasons) == 1 else 'withheld or not available'}."
    top = max(f.value or 0 for _, f in known)
    if top == 0 and not hidden:
        return "Every category is nil."
    names = [label for label, f in known if f.value == top]
    each = "each " if len(names) > 1 else ""
    amount_shown = f"{shown(next(f for _, f in known if f.value == top))} {amount}".strip()
    text = f"The largest shown: {_listed(names)}, {each}{amount_shown}."
    if hidden:
        verb = "is" if hidden == 1 else "are"
        is_withheld = all(f.mark == "c" for _, f in figures if f.value is None)
        text += f" {hidden} of {len(figures)} categories {verb} {'withheld' if is_withheld else 'not shown'}."
    return text


def acceptance(share: Figure | None, accepted: Figure | None, received: Figure | None, since: str) -> str:
    """Whom we are asked to help: received, decided and accepted since the programme began."""
    if received is None or received.value is None:
        return f"The number of referrals received since {since} is {why_missing(received) or 'not shown'}."
    if received.value == 0:
        return f"No referral has been received since {since}."
    text = f"{capital(counted(received, 'referral has', 'referrals have'))} been received since {since}"
    has_count = accepted is not None and accepted.value is not None
    if has_count:
        text += f"; {counted(accepted, 'has', 'have')} been accepted"
    if share is None or share.value is None:
        return f"{text}. The share of decided referrals that were accepted is {why_missing(share)}."
    return (
        f"{text}, {shown(share)} of those decided."
        if has_count
        else (f"{text}; {shown(share)} of those decided were accepted.")
    )


def support(open_now: Figure | None, starts: Figure | None, ends: Figure | None, on: date, since: str) -> str:
    """Who we support: now, and how many started and ended since the programme began."""
    if open_now is None:
        return f"The number of people supported on {day(on)} is not published."
    text = f"{capital(counted(open_now, 'person was', 'people were'))} being supported on {day(on)}."
    if starts is None or starts.value is None:
        return text
    return f"{text} Since {since}, {started_and_ended(starts, ends)}."


@dataclass(frozen=True)
class StarCoverage:
    """What change in the Outcomes Star rests on.

    `pairs` are people with two readings far enough apart, `started` the different people who started long
    enough ago, each once however often; either is None where it is withheld or not published.
    """

    pairs: int | None
    started: int | None
    is_exact: bool = False
    """Whether it is management's: nothing is rounded."""

    @property
    def share(self) -> float | None:
        """Pairs out of started, 0 to 1 and never over it; None where it cannot be computed."""
        if self.pairs is None or not self.started:
            return None
        return min(1.0, self.pairs / self.started)

    @property
    def is_enough(self) -> bool:
        """At least 10 people and 30% of those who started long enough ago."""
        return self.pairs is not None and self.pairs >= 10 and self.share is not None and self.share >= 0.30


# Of fewer people, rounded, a share says little (as published shares: 20 and more).
LEAST_OF_A_SHARE = 20


def star_coverage(coverage: StarCoverage, started_by: date | None) -> str:
    """What the figures of change rest on, before any of them is shown."""
    if coverage.started is None or started_by is None:
        return (
            "Change cannot be shown: too few people were supported for long enough, or their number is "
            "withheld."
        )
    about = "the" if coverage.is_exact else "about"
    base = f"{about} {number(coverage.started)} people who had started by {day(started_by)}"
    if coverage.pairs is None:
        return f"Fewer than 10 of {base} have the two readings that change needs, so no change is shown."
    # Both are rounded by themselves, so that those with two may come to more than all.
    pairs = number(min(coverage.pairs, coverage.started))
    pairs = pairs if coverage.is_exact else f"About {pairs}"
    text = f"{pairs} of {base} have the two readings that change needs, in the area of the star where most do"
    if coverage.share is not None and (coverage.is_exact or coverage.started >= LEAST_OF_A_SHARE):
        text += f" ({100 * coverage.share:.0f}%)"
    if not coverage.is_enough:
        return f"{text}: too few to speak for the group, so what changed since the first one is not shown."
    return f"{text}. The others are not in the figures of change, and they may differ."


def paired_change(
    changes: Sequence[tuple[str, Figure]], noun: str = "areas of the star", who: str = "two readings"
) -> str:
    """Which areas moved, by the side of nil on which the whole interval lies; never a ranking."""
    known = [(label, f) for label, f in changes if f.lower is not None and f.upper is not None]
    if not known:
        # What is not available says why by itself: "cannot be shown: not available: fewer than" is too much.
        reasons = {_note(f) if f.mark == "x" and f.note else why_missing(f) for _, f in changes}
        why = f": {reasons.pop()}" if len(reasons) == 1 else ""
        return f"No change can be shown for any of the {noun}{why}."
    up = [label for label, f in known if (f.lower or 0) > 0]
    down = [label for label, f in known if (f.upper or 0) < 0]
    unclear = len(known) - len(up) - len(down)
    sides = (
        ("higher on average in", len(up)),
        ("lower on average in", len(down)),
        ("not clearly different in", unclear),
    )
    parts = [f"{words} {count}" for words, count in sides if count]
    parts[0] += f" of {len(known)} {noun}"
    return f"Among people with {who}, the latest is {_listed(parts)}."


def change_so_far(
    coverage: StarCoverage, started_by: date | None, first_to_latest: Sequence[tuple[str, Figure]]
) -> str:
    """Whether people are better off, after what that rests on."""
    text = star_coverage(coverage, started_by)
    return f"{text} {paired_change(first_to_latest)}" if coverage.is_enough and first_to_latest else text


def a_year_on(changes: Sequence[tuple[str, Figure]]) -> str:
    """What had changed a year after the start, of how many (the area with most of them) and by when; '' where
    no such table is published."""
    if not changes:
        return ""
    most = max((f for _, f in changes), key=lambda f: f.people or 0)
    when = f"by {day(max(f.period_end for _, f in changes))}"
    whose = f", {people(most)} {when}" if most.people is not None else f" {when}"
    text = paired_change(changes, who=f"a star at the start and one a year later{whose}")
    return text.replace(
        "No change can be shown for any of the areas of the star",
        "What had changed a year after the start cannot be shown",
    )


def without_two_readings(figures: Sequence[Figure], noun: str = "area of the star") -> str:
    """How many are not in a chart of change for want of two readings, one figure for each `noun`."""
    if not figures:
        return "How many people have no two readings to compare is not published."
    # Withheld is mostly few: it stands before the least.
    ordered = sorted(figures, key=lambda f: (f.value is not None, f.value or 0))
    fewest, most = (counted(f, "person", "people") for f in (ordered[0], ordered[-1]))
    each = f"{fewest} in each" if fewest == most else f"between {fewest} and {most}, by"
    return f"Without two readings to compare, and so not shown here: {each} {noun}."


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
    """Whether the figures can be trusted: which exports came, and how much of the newest file of each was
    refused (earlier files are not counted)."""
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
    hold = "its newest file holds" if came == 1 else "their newest files hold"
    are_few = any(s["ever_received"] and s["rows_loaded"] is None for s in sources)
    apart = " (those of exports with fewer than 10 not counted)" if are_few else ""
    if not withheld:
        text += f"; {hold} {number(loaded)} rows that are loaded"
        if not rejected:
            return f"{text} and none that was refused.{never}"
        share = 100 * rejected / (loaded + rejected)
        text += f" and {number(rejected)} that {'was' if rejected == 1 else 'were'} refused"
        return f"{text} ({'under 0.1' if share < 0.1 else f'{share:.1f}'}%).{never}"
    text += f"; {hold} about {number(loaded)} rows that are loaded{apart}"
    if rejected:
        text += f" and about {number(rejected)} that {'was' if rejected == 1 else 'were'} refused"
    if len(withheld) == came:
        return f"{text}. {'Fewer' if came == 1 else 'Of each of them, fewer'} than 10 were refused.{never}"
    labels = [s["label"] for s in withheld]
    which = _listed(labels) if len(labels) == 1 else f"each of {_listed(labels)}"
    if len(labels) > 3:
        which = f"each of {'the other ' if rejected else ''}{len(labels)}"
    return f"{text}. Of {which}, fewer than 10 were refused.{never}"


def extract(source: Mapping[str, Any]) -> str:
    """An export and the day that its latest extract describes."""
    last = source["last_extract_date"]
    return f"{source['label']} ({day(last) if last else 'never came'})"


def definition_rows(
    words: Mapping[str, Mapping[str, str]], sources: Iterable[Mapping[str, Any]], metric_ids: Iterable[str]
) -> tuple[list[str], list[list[str]]]:
    """Headings, and a row of words for each metric with the exports that it rests on."""
    columns = {
        "Figure": "label",
        "What it is": "definition",
        "Counted": "counted",
        "Not counted": "not_counted",
        "Missing": "missing",
        "Caveats": "caveats",
        "Owner": "owner",
    }
    extracted = {str(source["export"]): extract(source) for source in sources}
    rows = []
    for metric_id in metric_ids:
        own = words.get(metric_id, {"label": metric_id})
        exports = [extracted.get(name, name) for name in own.get("exports", "").split("|") if name]
        rows.append([*(own.get(column, "") for column in columns.values()), "; ".join(exports)])
    return [*columns, "Rests on, with extract date"], rows


def to_mend(rows: Sequence[dict]) -> str:
    """How much there is to mend in the data, and how many people it concerns."""
    if not rows:
        return "Nothing is left to mend."
    people_named = len({row["client_key"] for row in rows} - {None})
    findings = f"{number(len(rows))} {'finding is' if len(rows) == 1 else 'findings are'} to be mended"
    if not people_named:
        return f"{findings}; none names a client."
    whose = f"{number(people_named)} {'client' if people_named == 1 else 'clients'}"
    return f"{findings} and {'concerns' if len(rows) == 1 else 'concern'} {whose}."


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


def withdrawn(told: Withdrawn) -> tuple[str, str]:
    """The title and the answer of a page whose figures are not published any more."""
    title = f"{told.area} is no longer published on its own" if told.area else "Nothing is published here now"
    since = f"Since {day(told.since.date())} there" if told.since else "There"
    text = f"{since} are no figures here."
    if told.as_at:
        text += f" The last ones were as at {day(told.as_at)}; they are kept, but not shown."
    return title, text


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
    means: Sequence[Figure], starts_to_date: Sequence[Figure], on: date, minimum_days: int = 90
) -> tuple[StarCoverage, date | None]:
    """What change rests on at a day, and the day by which its denominator had started.

    Pairs are the area with most people (areas are scored one by one). Two readings `minimum_days` apart are
    possible only for those who had started that long before, so the denominator is everyone who had, still
    supported or not. They are people, and not starts: who came back started twice.
    """
    early = [
        f for f in starts_to_date if f.period_end <= on - timedelta(days=minimum_days) and not f.categories
    ]
    base = max(early, key=lambda f: f.period_end) if early else None
    known = [f.people for f in means if f.people is not None]
    started = base.people if base is not None and base.value is not None else None
    is_exact = any(f.is_of_management for f in means)
    return (
        StarCoverage(max(known) if known else None, started, is_exact),
        base.period_end if base else None,
    )


def moved_on(count: Figure | None, ends: Figure | None, since: str) -> str:
    """How many moved on, beside all whose support ended; small numbers stay withheld."""
    if count is None:
        return f"How many people have moved on since {since} is not published."
    if ends is not None and ends.value == 0:
        return f"Nobody's support has ended since {since}, so nobody has moved on."
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
    if now.value is None:
        return f"{text}." if _bound(now) else f"The figure for {name}{so_far} is {why_missing(now)}."
    if not period.is_complete:
        return f"{text}; a part of a quarter is not compared with a whole one."
    earlier = [f for f in series if f.period_end < period.start]
    if not earlier:
        return f"{text}."
    return f"{text}, {change(now, earlier[-1], f'in {period_name(earlier[-1])}')}."


def no_word(figure: Figure | None, before: Figure | None, on: date, minimum_days: int = 28) -> str:
    """How many referrals have heard nothing, and how that compares with the day of the figure before."""
    if figure is None:
        return f"How many referrals have heard nothing by {day(on)} is not published."
    what = f"older than {minimum_days} days had neither a decision nor any word back on {day(on)}"
    if figure.value is None and not _bound(figure):
        return f"How many referrals {what} is {why_missing(figure)}."
    text = f"{capital(counted(figure, 'referral', 'referrals'))} {what}"
    if before is None or before.value is None or figure.value is None:
        return f"{text}."
    return f"{text}, {change(figure, before, f'on {day(before.period_end)}')}."


def staying_in_touch(
    long_gap: Figure | None,
    never: Figure | None,
    again: Figure | None,
    again_before: Figure | None,
    period: Period,
    gap_days: int = 60,
) -> str:
    """How many people supported were not reached for long, and how many were reached again after a gap."""
    parts = []
    if long_gap is not None and long_gap.value is None and not _bound(long_gap):
        how_many = "How many people had not been reached for more than 90 days"
        parts.append(f"{how_many} on {day(long_gap.period_end)} is {why_missing(long_gap)}.")
    elif long_gap is not None:
        text = f"On {day(long_gap.period_end)}, {counted(long_gap, 'person', 'people')} of those supported "
        text += "had not been reached for more than 90 days"
        if never is not None:
            text += f", and {counted(never, 'person', 'people')} had never been reached"
        parts.append(f"{text}.")
    if again is not None:
        name = period_name(period) + ("" if period.is_complete else " so far")
        who = f"people with a gap of {gap_days} days or more"
        if again.value is None and not _bound(again):
            parts.append(f"The share of {who} who were reached again in {name} is {why_missing(again)}.")
        else:
            text = f"Of {who}, {shown(again)} were reached again in {name}"
            if (
                period.is_complete
                and again_before is not None
                and None not in (again.value, again_before.value)
            ):
                text += f", {change(again, again_before, f'in {period_name(again_before)}')}"
            parts.append(f"{text}.")
    return " ".join(parts) or f"Nothing about staying in touch is published for {period_name(period)}."


def retention(after_a_year: Figure | None, median: Figure | None) -> str:
    """How long support lasts: the share supported after 12 months, and for how long half of them are."""
    if after_a_year is None:
        return "How long support lasts is not published."
    if after_a_year.value is None and not _bound(after_a_year):
        text = (
            f"The share of people still supported 12 months after their start is {why_missing(after_a_year)}"
        )
    else:
        text = f"Of everyone who started, {shown(after_a_year)} are still supported 12 months later"
        if bounds := interval(after_a_year):
            text += f" (95% interval {bounds})"
    if median is not None and median.value is not None:
        return f"{text}. Half of them are supported for {number(median.value)} months or longer."
    if median is not None and median.mark == "m":
        return f"{text}. Fewer than half have left so far, so there is no typical length of support yet."
    return f"{text}."


def service_use(kinds: Sequence[tuple[str, Figure | None, Figure | None]], name: str) -> str:
    """How often people used each kind of service in a period and in the one before; kinds are never netted.

    `kinds` are labels in lower case with the figure of the period and the one before.
    """
    published = [(label, now, before) for label, now, before in kinds if now is not None]
    if not published:
        return f"The use of other services is not published for {name}."
    known = [(label, now, before) for label, now, before in published if now.value is not None]
    if not known:
        labels = _listed([label for label, _, _ in published])
        return f"How often people used {labels} services in {name} is {why_missing(published[0][1])}."
    parts = []
    for label, now, before in known:
        text = f"{label} services {shown(now)} times a quarter on average"
        if before is not None and before.value is not None:
            text += f", {change(now, before, f'in {period_name(before)}')}"
        parts.append(text)
    missing = [label for label, now, _ in published if now.value is None]
    rest = f" For {_listed(missing)} services too few people have every count known." if missing else ""
    return f"In {name}, people used {'; '.join(parts)}.{rest}"


def _in_all(stages: Sequence[tuple[str, Figure]]) -> int:
    return int(sum(f.value or 0 for _, f in stages))


def learning(stages: Sequence[tuple[str, Figure]], before: Sequence[tuple[str, Figure]], on: date) -> str:
    """How many changes stand in the log, what became of them, and how many more than the period before.

    `stages` are the labels of the stages with their counts of entries, in order.
    """
    if not stages:
        return f"No log of system changes is published for {day(on)}."
    if all(f.value is None for _, f in stages):
        return f"What stands in the log of system changes on {day(on)} is {why_missing(stages[0][1])}."
    total = _in_all(stages)
    if not total:
        return f"Nothing stands in the log of system changes on {day(on)}."
    text = f"By {day(on)} the log holds {total} {'change' if total == 1 else 'changes'} in how services work"
    if before and all(f.value is not None for _, f in before):
        more = total - _in_all(before)
        text += f", {f'{more} more than' if more > 0 else f'{-more} fewer than' if more else 'as many as'}"
        text += f" on {day(before[0][1].period_end)}"
    parts = [f"{number(f.value)} {label[:1].lower()}{label[1:]}" for label, f in stages if f.value]
    return f"{text}: {_listed(parts)}."


def decisions(stages: Sequence[Figure | None], oldest: date | None, on: date) -> str:
    """What became of what the group was asked: how many items wait, and since when the oldest of them.

    `stages` are the items waiting, decided and done.
    """
    waiting, decided, done = stages
    if waiting is None or decided is None or done is None:
        return f"What the group was asked is not published for {day(on)}."
    if any(f.value is None for f in (waiting, decided, done)):
        return f"What the group was asked by {day(on)} is {why_missing(waiting)}."
    counts = [int(f.value or 0) for f in (waiting, decided, done)]
    if not sum(counts):
        return f"The group has not been asked for anything by {day(on)}."
    if not counts[0]:
        text = f"Nothing waits for a decision of the group on {day(on)}"
    elif counts[0] == 1:
        text = f"One item waits for a decision of the group on {day(on)}"
        text += f", since {day(oldest)}" if oldest else ""
    else:
        text = f"{counts[0]} items wait for a decision of the group on {day(on)}"
        text += f", the oldest since {day(oldest)}" if oldest else ""
    decided_words, done_words = (f"{n or 'none'} {'are' if n > 1 else 'is'}" for n in counts[1:])
    return f"{text}; {decided_words} decided and not yet done, {done_words} done."


def released(packs: int, releases: int, current: Release) -> str:
    """What the folder of releases holds, and which of them is shown."""
    text = f"{packs} {'return is' if packs == 1 else 'returns are'} ready to be taken. "
    if not packs:
        text = "There is no pack and no return to the funder here yet. "
    text += f"{releases} {'release is' if releases == 1 else 'releases are'} kept. "
    text += f"The figures shown are as at {day(current.as_at)}"
    if current.approved_by:
        return f"{text}, approved by {current.approved_by}."
    return f"{text}; nobody has approved them yet." if current.status == "draft" else f"{text}."


def control(names: Sequence[str], outside: Sequence[str], trial: bool) -> str:
    """What a process chart says: months outside its limits, or none."""
    limits = "trial limits (fewer than 12 months)" if trial else "limits"
    if not names:
        return "There are too few months for limits."
    if not outside:
        return f"Every month lies within the {limits}: the ups and downs are no more than is usual."
    verb = "lies" if len(outside) == 1 else "lie"
    # More names than a sentence carries; the chart rings them.
    which = _listed(outside) if len(outside) <= 4 else f"{len(outside)} of {len(names)} months"
    return f"{which} {verb} outside the {limits}: something was different, and worth asking about."


def closed_books(actuals: Sequence[Figure], year: Period) -> str:
    """The part of a year whose quarters have an actual, in words: `April to December 2017`; '' where that is
    the whole of it, or nothing is published by quarter.

    `actuals` are the quarters of the year in order.
    """
    closed = [f for f in actuals if f.value is not None]
    if not closed or len(closed) == len(actuals):
        return ""
    first, last = actuals.index(closed[0]), actuals.index(closed[-1])
    if last - first + 1 > len(closed):
        return _listed([period_name(f) for f in closed])
    start = max(closed[0].period_start, year.start)
    return period_name(Period("quarter", start, closed[-1].period_end, True))


def budget(totals: Mapping[str, Figure], name: str, closed: str = "") -> str:
    """Whether the programme is on budget: the actual against the budget of the lines that have one.

    `totals` are the figures of a year by `budget_figure`, `name` the year in words and `closed` the part of
    it whose books are closed where that is not the whole.
    """
    planned, actual = totals.get("budget_with_actual"), totals.get("actual")
    variance, whole = totals.get("variance"), totals.get("budget")
    if planned is None or actual is None or planned.value is None or actual.value is None:
        why = why_missing(actual) or why_missing(planned)
        return f"The programme's own spending in {name} cannot be compared with its budget: {why}."
    when = f"{closed}, as far as the books are closed" if closed else name
    text = f"The programme itself spent {shown(actual)} in {when}, of {shown(planned)} budgeted for the same "
    text += "lines and quarters" if closed else "lines"
    if variance is not None and variance.value is not None:
        size = f"£{abs(variance.value):,.0f} {'less' if variance.value > 0 else 'more'} than budgeted"
        text += f": {size if variance.value else 'just what was budgeted'}"
    if whole is None or whole.value is None or whole.value == planned.value:
        return f"{text}."
    return f"{text}. With what has no actual yet, the budget of {name} is {shown(whole)}."


def half_within(medians: Sequence[tuple[str, Figure]]) -> str:
    """By which day half of everybody who began to wait had come to each step.

    `medians` are the steps in lower case with the day. Who still waits or went another way counts among
    everybody, so it is no typical wait of those who came to the step.
    """
    known = [f"{label} {number(f.value)} days" for label, f in medians if f.value is not None]
    if not known:
        return "No day can be shown by which half of those who began to wait had come to the next step."
    return f"Half of everybody who began to wait had come to the step within: {'; '.join(known)}."


def first_stars(label: str, without: Figure | None, rested_on: Figure | None) -> str:
    """How many have no two stars to compare, and on how many of them the mean of their first star rests.

    `without` is the count of them, `rested_on` the mean.
    """
    missing = counted(without, "person has", "people have")
    text = f"{label}: {missing} no two stars to compare"
    if rested_on is None or rested_on.value is None or rested_on.people is None:
        return f"{text}."
    return f"{text}; the mean rests on those of them who have a whole first one, {people(rested_on)}."


def lasting(in_place: Figure | None, lapsed: Figure | None) -> str:
    """How many changes were still in place at their review, of those whose review found out."""
    if in_place is None or lapsed is None:
        return "Whether changes last is not published."
    if in_place.value is None or lapsed.value is None:
        return f"Whether changes last is {why_missing(in_place) or why_missing(lapsed)}."
    reviewed = int(in_place.value + lapsed.value)
    if not reviewed:
        return "No change has had a review that counts yet."
    return (
        f"Of {reviewed} {'change' if reviewed == 1 else 'changes'} whose review counts, "
        f"{number(in_place.value)} {'was' if in_place.value == 1 else 'were'} still in place."
    )


def at_review(answer: str, adopted: date | None, reviewed: date, minimum_months: int = 6) -> str:
    """What a review found of one change, and why it is not counted as still in place where it came too early.

    That a change is gone counts however early it was found.
    """
    words = capital(answer.replace("_", " "))
    if answer != "yes":
        return words
    if adopted is None:
        return f"{words}, but the day it was adopted is not known, so it is not counted as still in place"
    month = adopted.month - 1 + minimum_months
    year, month = adopted.year + month // 12, month % 12 + 1
    due = date(year, month, min(adopted.day, monthrange(year, month)[1]))
    if reviewed >= due:
        return words
    return f"{words}, but reviewed less than six months after it was adopted: too early to count"


def moved(changes: Sequence[dict]) -> str:
    """How many figures, at least one, moved since the release before."""
    metrics = len({row["metric_id"] for row in changes})
    figures = f"{number(len(changes))} {'figure' if len(changes) == 1 else 'figures'}"
    verb = "has" if len(changes) == 1 else "have"
    of = f"{metrics} {'metric' if metrics == 1 else 'metrics'}"
    return f"{figures} of {of} {verb} moved since release {changes[0]['previous_release_id']}."
