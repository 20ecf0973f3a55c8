"""The parts of a page: head, tiles, exhibits with their table and file, definition panels, footer.

Belongs here: how a figure, a chart, a table or a definition looks on a page, and the CSV behind a chart.
Does not belong here: which figures a page shows (`app_pages/`), wording (`sentences.py`), drawing
(`charts.py`).
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import access, charts
from dashboards.published import Figure
from dashboards.sentences import (
    MARKS,
    capital,
    change,
    day,
    interval,
    number,
    people,
    period_name,
    shown,
    table_cell,
    top_line,
    why_missing,
)
from dashboards.state import ALL_PLACES, View, current

# A static picture: no hover, zoom or drag that would say more than the table or trap a finger on a phone.
STATIC = {"staticPlot": True, "displayModeBar": False, "responsive": True}
# A cell as long as the longest date is not broken.
SHORT_CELL = 17
# What a page shows of a table that its file has in full.
ROWS_ON_A_PAGE = 50
ROWS_OF_A_COLUMN = 12
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Table:
    """A table as text: a caption, headings and rows; the first cell of a row is its heading."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Panel:
    """One of several small charts that share a scale: its title, its chart and what it shows in words."""

    title: str
    chart: go.Figure
    alt: str


def html(text: str) -> None:
    """Write markup; whatever comes from the publication has been escaped by the caller."""
    if part := st.session_state.get("part"):
        part.is_drawn = True
    st.html(text)


def page_head(view: View, title: str, question: str, sentence: str, whole_release: bool = False) -> None:
    """The title, the question the page answers, the answer in one sentence and what is being looked at.

    `whole_release`: the page is about the release as it is, not about the chosen period and place.
    """
    area = view.publication.release.area
    scope = f"Showing {period_name(view.period)}, {view.chosen_name}"
    if not view.period.is_complete:
        scope += ". The quarter is not over: its flows are figures so far, not compared with a whole quarter."
    else:
        scope += f", compared with {period_name(view.before)}." if view.before else "."
    if whole_release:
        scope = "About the whole release, not one period" + (
            "." if area else f" or {view.publication.places}."
        )
    about = f" All figures here are of {escape(area)} alone. {all_areas()}" if area else ""
    html(
        f'<div class="head"><h1>{escape(f"{title}: {area}" if area else title)}</h1>'
        f'<p class="question">{escape(question)}</p>'
        f'<p class="lead">{escape(sentence)}</p><p class="scope">{escape(scope)}{about}</p></div>'
    )


def all_areas() -> str:
    """Where the figures of all areas are, as markup; a link where the address is set."""
    address = os.environ.get("FLIC_ALL_AREAS_ADDRESS", "")
    if address.startswith(("https://", "http://")):
        return f'Figures of <a href="{escape(address)}">all areas together</a> have pages of their own.'
    return "Figures of all areas together have pages of their own: ask the data lead for the address."


@dataclass
class Part:
    """A part of the page: its heading, and whether something stands under it or is not given for one area."""

    heading: DeltaGenerator
    is_drawn: bool = False
    is_absent: bool = False


def section(title: str, text: str = "") -> None:
    """A heading of a part of the page, with a quiet line under it."""
    _begin(f"<h2>{escape(title)}</h2>" + (f'<p class="quiet">{escape(text)}</p>' if text else ""))


def unseen_section(title: str) -> None:
    """A heading for those who listen, where the eye needs none."""
    _begin(f'<h2 class="unseen">{escape(title)}</h2>')


def _begin(heading: str) -> None:
    _end_part()
    place = st.empty()
    place.html(heading)
    st.session_state["part"] = Part(place)


def _end_part() -> None:
    """Take a heading back under which nothing stands because none of it is given for one area."""
    part: Part | None = st.session_state.pop("part", None)
    if part and part.is_absent and not part.is_drawn:
        part.heading.empty()


def not_given(title: str) -> None:
    """Something that this page shows for all areas, and the file of one has not; `end_page` names it."""
    st.session_state.setdefault("not_given", []).append(title)
    if part := st.session_state.get("part"):
        part.is_absent = True


def end_page() -> None:
    """After the last part: what is not given for one area, once and not in the place of each."""
    _end_part()
    if titles := dict.fromkeys(st.session_state.pop("not_given", [])):
        items = "".join(f"<li>{escape(title)}</li>" for title in titles)
        html(f'<h2>Not given for one area</h2><ul class="quiet">{items}</ul>')


def quiet(text: str) -> None:
    """A line that matters less: a caveat, a pointer; alone it makes no part of a page."""
    st.html(f'<p class="quiet">{escape(text)}</p>')


def banner(text: str) -> None:
    """A warning in words, on top of the page."""
    html(f'<p class="banner" role="status">{escape(text)}</p>')


@contextmanager
def tiles(name: str) -> Iterator[None]:
    """A grid of tiles that folds to two columns and then to one."""
    with st.container(key=f"tiles-{name}"):
        yield


def tile(
    view: View,
    name: str,
    label: str,
    figure: Figure | None,
    *,
    before: Figure | None = None,
    series: Sequence[Figure] = (),
    since: str = "",
    place: str = "",
    compare: bool = True,
    unit: str = "",
) -> None:
    """One headline figure with its people, its change, a small trend and its definition.

    `since` is a second figure in words (programme to date). `unit` is a plural and stands beside the number;
    with the unit `people` the number is the people and needs none under it. A figure of a day, or to date,
    says so: the head of the page names the period of the others.
    """
    metric_id = figure.metric_id if figure else ""
    with st.container(key=f"tile-{name}"):
        missing = why_missing(figure)
        area = view.publication.release.area
        if figure is None and (area or view.chosen_place != ALL_PLACES):
            missing += f"; {_waits_for(view.publication.places)}"
        # Entries and budgets are nobody's: there are no people to tell.
        has_people = unit != "people" and figure is not None and figure.people is not None
        under = missing or (people(figure, of_events=True) if has_people else "")
        lines = [f'<p class="tile-under">{escape(capital(under))}</p>'] if under else []
        time = ""
        if figure is not None and figure.period_type in ("as_at", "programme"):
            is_to_date = figure.period_type == "programme"
            time = f"since {figure.period_start:%B %Y}" if is_to_date else period_name(figure)
        if since or time:
            told = ", ".join(filter(None, [since, time]))
            lines.append(f'<p class="tile-under">{escape(told if since else capital(told))}</p>')
        if compare and figure is not None and view.before is not None:
            is_on_a_day = figure.period_type in ("as_at", "programme")
            compared = f"on {day(view.before.end)}" if is_on_a_day else f"in {period_name(view.before)}"
            lines.append(f'<p class="tile-change">{escape(capital(change(figure, before, compared)))}</p>')
        if figure is not None and figure.value == 1:
            unit = "person" if unit == "people" else unit.removesuffix("s")
        noun = f' <span class="unit">{escape(unit)}</span>' if unit and figure is not None else ""
        # Where a place is chosen, every tile says whether it is about it.
        where = (
            ""
            if view.chosen_place == ALL_PLACES
            else f'<span class="tile-place">{escape(place or view.everywhere)}</span>'
        )
        html(
            f'<div class="tile"><h3>{escape(label)} {where}</h3>'
            f'<p class="tile-figure">{escape(shown(figure) if figure else table_cell(figure))}{noun}</p>'
            f"{''.join(lines)}</div>"
        )
        if len(series) > 1:
            recent = series[-9:]
            st.plotly_chart(
                charts.spark(recent, charts.look(view.dark)),
                theme=None,
                config=STATIC,
                key=f"spark-{name}",
                alt=f"{label}, the last {len(recent)} quarters: " + ", ".join(shown(f) for f in recent),
            )
        if metric_id:
            definition(view, [metric_id], key=f"tile-{name}")


def _waits_for(by: str) -> str:
    return (
        f"a figure by {by} is shown anew when enough people in every {by} have joined, left or changed group"
    )


def definition(view: View, metric_ids: Sequence[str], key: str) -> None:
    """The definition panel of one or more metrics; every word comes from `metric_definitions`."""
    words = view.publication.definitions()
    defined_here().update(dict.fromkeys(metric_ids))
    with st.popover("Definition", type="tertiary", key=f"definition-{key}"):
        panels = [definition_html(view, words.get(name, {"label": name})) for name in metric_ids]
        # Where the panel is longer than the screen, the keyboard scrolls what it can reach.
        html(f'<div tabindex="0">{"".join(panels)}</div>')


def definition_html(view: View, words: dict[str, str]) -> str:
    """One metric's words as markup, with the exports it rests on and when each was extracted."""
    rows = [
        (heading, words.get(column, ""))
        for heading, column in (
            ("What it is", "definition"),
            ("Counted", "counted"),
            ("Not counted", "not_counted"),
            ("Missing", "missing"),
            ("Caveats", "caveats"),
        )
    ]
    extracted = {
        row["export"]: f"{row['label']} ({day(row['last_extract_date'])})"
        if row["last_extract_date"]
        else f"{row['label']} (never came)"
        for row in view.publication.source_status()
    }
    # The files of an area and of the public do not hold when each export came, nor its label.
    named = [name for name in words.get("exports", "").split("|") if name]
    exports = [extracted.get(name, name.replace("_", " ")) for name in named]
    rows.append(("Rests on, with extract date" if extracted else "Rests on", "; ".join(exports)))
    rows.append(("Owner", words.get("owner", "")))
    body = "".join(f"<dt>{escape(h)}</dt><dd>{escape(text)}</dd>" for h, text in rows if text)
    return f'<div class="definition"><h3>{escape(words.get("label", ""))}</h3><dl>{body}</dl></div>'


def exhibit(
    view: View,
    name: str,
    title: str,
    *,
    figures: Sequence[Figure],
    draw: Callable[[charts.Look], go.Figure | Sequence[Panel]],
    table: Table,
    alt: str = "",
    text: str = "",
    scope: str = "",
    caveat: str = "",
    key: Sequence[tuple[str, str]] = (),
) -> None:
    """A chart, or panels, with what it says in words, its key, its table, its file and its definitions.

    Where nothing can be drawn (no table, or every cell withheld) the exhibit shrinks to a line that says so
    and why; its figures are in the workbook of the page all the same.
    """
    with st.container(key=f"exhibit-{name}"):
        told = escape(capital(", ".join(filter(None, [scope, people_behind(figures)]))))
        age = older(view, figures)
        if all(f.value is None for f in figures):
            reasons = dict.fromkeys(f"{table_cell(f)} {why_missing(f)}" for f in figures)
            why = (
                f"{'; '.join(reasons)}, in every part"
                if figures
                else "[x] Not published for this period and place"
            )
            line = f"{told}. {escape(capital(age))} " if age else f"{told}. " if told else ""
            html(f'<div class="shrunk"><h3>{escape(title)}</h3><p>{line}{escape(why)}.</p></div>')
            if figures:
                on_this_page().append((title, figures))
                definition(view, list(dict.fromkeys(f.metric_id for f in figures)), key=name)
            return
        head = f"<h3>{escape(title)}</h3>" + (f'<p class="scope">{told}</p>' if told else "")
        head += f'<p class="age">{escape(age)}</p>' if age else ""
        html(head + (f'<p class="finding">{escape(text)}</p>' if text else ""))
        if key:
            swatches = "".join(
                f'<li><span class="swatch" style="background:{colour}"></span>{escape(label)}</li>'
                for label, colour in key
            )
            html(f'<ul class="key">{swatches}</ul>')
        drawn = draw(charts.look(view.dark))
        if isinstance(drawn, go.Figure):
            _chart(drawn, name, f"{title}. {alt}")
        else:
            with st.container(key=f"panels-{name}"):
                for n, panel in enumerate(drawn):
                    with st.container(key=f"panel-{name}-{n}"):
                        html(f"<h4>{escape(panel.title)}</h4>")
                        _chart(panel.chart, f"{name}-{n}", f"{title}: {panel.title}. {panel.alt}")
        if caveat:
            quiet(caveat)
        if age:
            quiet(shown_anew(view, figures))
        html(f"<details><summary>Table of these figures</summary>{table_html(table)}</details>")
        with st.container(horizontal=True, key=f"tools-{name}", gap="small"):
            definition(view, list(dict.fromkeys(f.metric_id for f in figures)), key=name)
            download(view, figures, name, title)


def _chart(chart: go.Figure, name: str, alt: str) -> None:
    st.plotly_chart(chart, theme=None, config=STATIC, key=f"chart-{name}", alt=alt)


def people_behind(figures: Sequence[Figure]) -> str:
    """The people that shares, means and sums rest on, as published: `about 85 to 90 people behind each
    figure`; '' of counts, which are the people themselves, and of what is nobody's."""
    behind = [
        f
        for f in figures
        if f.value is not None and f.people is not None and f.measure != "count" and f.counts != "entries"
    ]
    if not behind:
        return ""
    least, most = min(f.people or 0 for f in behind), max(f.people or 0 for f in behind)
    about = "" if behind[0].is_of_management else "about "
    amount = number(least) if least == most else f"{number(least)} to {number(most)}"
    noun = "person" if most == 1 else "people"
    return f"{about}{amount} {noun} behind {'each' if len(behind) > 1 else 'the'} figure"


def older(view: View, figures: Sequence[Figure]) -> str:
    """How much older than the chosen day a table is, `As at 31 March 2017: 1 year before 31 March 2018.`;
    '' where it is not."""
    days = {f.period_end for f in figures if f.period_type in ("as_at", "programme")}
    if len(days) != 1 or min(days) >= view.end:
        return ""
    [on] = days
    months = 12 * (view.end.year - on.year) + view.end.month - on.month
    # A month is over on the same day of the next, or on its last.
    is_last = (view.end + timedelta(days=1)).day == 1
    years, months = divmod(months - (view.end.day < on.day and not is_last), 12)
    parts = [f"{n} {noun}{'s' if n > 1 else ''}" for n, noun in ((years, "year"), (months, "month")) if n]
    return f"As at {day(on)}: {' and '.join(parts) or 'less than a month'} before {day(view.end)}."


def shown_anew(view: View, figures: Sequence[Figure]) -> str:
    """Why a breakdown describes an earlier day than the chosen one."""
    least = view.publication.settings().get("batch_people_minimum", "10")
    places = view.publication.places
    is_by_place = view.publication.release.area or any(f.category(places) for f in figures)
    return (
        "A breakdown is shown anew at the end of a quarter (sex, age and ethnicity "
        f"at the end of a half-year), and when at least {least} people have joined, left or changed group "
        "since the last one" + (f", in every {places} where anybody has." if is_by_place else ".")
    )


def download(view: View, figures: Sequence[Figure], name: str, title: str) -> None:
    """The figures as a CSV file, marks kept, formulas neutralised, and as a sheet of the page's workbook."""
    on_this_page().append((title, figures))
    download_button(
        "Download CSV",
        lambda: csv_bytes(view, figures),
        f"{view.publication.release.release_id}-{name}.csv",
        mime="text/csv",
        key=f"csv-{name}",
        type="tertiary",
        help=f"{title}: the same figures, with marks",
    )


def download_table(view: View, table: Table, name: str) -> None:
    """A table of words as a CSV file, formulas neutralised, and as a sheet of the page's workbook."""
    on_this_page().append((table.caption, table))
    download_button(
        "Download CSV",
        lambda: words_bytes(table),
        f"{view.publication.release.release_id}-{name}.csv",
        mime="text/csv",
        key=f"csv-{name}",
        type="tertiary",
        help=table.caption,
    )


def words_bytes(table: Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([[safe_cell(cell) for cell in row] for row in (table.headings, *table.rows)])
    return out.getvalue().encode("utf-8-sig")


def table_html(table: Table, words: bool = False, cards: bool = False) -> str:
    """A table that prints, scrolls sideways inside itself on a phone and is read cell by cell.

    `words`: the cells are text, set from the left; figures are set from the right. `cards`: on a phone each
    row is a card of its own, with the headings beside the cells, and nothing scrolls sideways.
    """
    # A table that is not laid out as one loses its meaning for those who listen, unless it is named.
    role = (lambda name: f' role="{name}"') if cards else (lambda name: "")
    # Dates and references stay in one piece where there is room.
    short = [cards and max(map(len, column)) <= SHORT_CELL for column in zip(*table.rows, strict=True)]
    head = "".join(f'<th scope="col"{role("columnheader")}>{escape(h)}</th>' for h in table.headings)
    body = "".join(
        f'<tr{role("row")}><th scope="row"{role("rowheader")}>{escape(row[0])}</th>'
        + "".join(
            f"<td{role('cell')}"
            + (f' data-heading="{escape(heading)}"' if cards else "")
            + (' class="short"' if is_short else "")
            + f">{escape(c)}</td>"
            for heading, is_short, c in zip(table.headings[1:], short[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    kind = "table" + (" words" if words else "") + (" cards" if cards else "")
    # Two columns of many rows stand beside themselves on paper.
    kind += " narrow" if len(table.headings) == 2 and len(table.rows) > ROWS_OF_A_COLUMN and not words else ""
    group = role("rowgroup")
    return (
        f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(table.caption)}">'
        f"<table{role('table')}><caption>{escape(table.caption)}</caption>"
        f"<thead{group}><tr{role('row')}>{head}</tr></thead><tbody{group}>{body}</tbody></table></div>"
    )


def dimension_label(view: View, dimension: str) -> str:
    """A breakdown in the programme's words."""
    return view.publication.wording().get(f"dimension_{dimension}", dimension.replace("_", " ").capitalize())


def entry(title: str, scope: str, parts: Sequence[tuple[str, str]]) -> None:
    """Something that the partnership wrote: a title, when and where, and its parts in its own words."""
    body = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in parts if text)
    head = f'<h3>{escape(title)}</h3><p class="scope">{escape(scope)}</p>'
    html(f'<div class="entry">{head}<dl>{body}</dl></div>')


def one_way(view: View, caption: str, dimension: str, figures: Sequence[Figure], heading: str) -> Table:
    """A table with a row for each category: figure, interval where there is one, people where they are not
    the figure."""
    with_interval = any(f.lower is not None for f in figures)
    with_people = any(f.people is not None and f.people != f.value for f in figures)
    texts = charts.column(figures)
    headings = [dimension_label(view, dimension), heading]
    headings += ["95% interval"] if with_interval else []
    headings += ["People"] if with_people else []
    rows = []
    for f, text in zip(figures, texts, strict=True):
        row = [view.publication.label(dimension, f.category(dimension))]
        row.append(table_cell(f) if f.mark else text)
        if with_interval:
            row.append(interval(f) or f"[{f.mark or 'z'}]")
        if with_people:
            row.append(number(f.people) if f.people is not None else f"[{f.mark or 'x'}]")
        rows.append(row)
    return Table(caption, headings, rows)


def two_way(view: View, caption: str, rows: str, columns: str, figures: Sequence[Figure]) -> Table:
    """A table with a row and a column for each category of two breakdowns."""
    cells = {(f.category(rows), f.category(columns)): f for f in figures}
    across = [c for c in view.publication.categories(columns) if any(k[1] == c for k in cells)]
    down = [c for c in view.publication.categories(rows) if any(k[0] == c for k in cells)]
    return Table(
        caption,
        [dimension_label(view, rows), *[view.publication.label(columns, c) for c in across]],
        [
            [
                view.publication.label(rows, r),
                *[table_cell(cells[(r, c)]) if (r, c) in cells else "[x]" for c in across],
            ]
            for r in down
        ],
    )


def over_time(caption: str, columns: Sequence[tuple[str, Sequence[Figure]]]) -> Table:
    """A table with a row for each period, newest last, and a column for each figure."""
    by_end = {heading: {f.period_end: f for f in series} for heading, series in columns}
    periods = {f.period_end: f for _, series in columns for f in series}
    return Table(
        caption,
        ["Period", *[heading for heading, _ in columns]],
        [
            [capital(period_name(f)), *[table_cell(by_end[heading].get(end)) for heading, _ in columns]]
            for end, f in sorted(periods.items())
        ],
    )


def safe_cell(value: object) -> object:
    """A cell that a spreadsheet will not take for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def csv_bytes(view: View, figures: Sequence[Figure]) -> bytes:
    """Figures as CSV (UTF-8 with a byte order mark, for Excel): codes, labels, figure, interval, people,
    mark, note.

    A withheld figure is `[c]` in the value column, never empty or 0.
    """
    publication, release = view.publication, view.publication.release
    dimensions = list(dict.fromkeys(d for f in figures for d in f.categories))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    columns = [
        "release",
        "as_at",
        "synthetic",
        "metric_id",
        "measure",
        "period_type",
        "period_start",
        "period_end",
    ]
    columns += [name for d in dimensions for name in (d, f"{d}_label")]
    writer.writerow(
        [*columns, "value", "lower", "upper", "people", "mark", "meaning_of_mark", "exact", "note"]
    )
    for f in figures:
        row: list[object] = [release.release_id, release.as_at, release.synthetic, f.metric_id, f.measure]
        row += [f.period_type, f.period_start, f.period_end]
        for d in dimensions:
            row += [f.category(d), publication.label(d, f.category(d)) if f.category(d) else ""]
        row += [f"[{f.mark or 'x'}]" if f.value is None else f"{f.value:.12g}"]
        row += ["" if bound is None else f"{bound:.12g}" for bound in (f.lower, f.upper)]
        row += [f.people, f.mark]
        row += [MARKS.get(f.mark, ""), f.exact, f.note]
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def footer(view: View) -> None:
    """Sources with extract dates, what the marks mean, acknowledgement, release; the foot of each sheet."""
    release = view.publication.release
    on_paper(view)
    status = view.publication.source_status()
    sources = [f"{row['label']} {day(row['last_extract_date'])}" for row in status if row["ever_received"]]
    if never := [row["label"] for row in status if not row["ever_received"]]:
        sources.append(f"never came: {', '.join(never)}")
    acknowledgement = view.publication.wording().get("star_acknowledgement", "")
    # The public file does not hold when each export came.
    came = f"<strong>Sources, with extract dates:</strong> {escape('; '.join(sources))}." if sources else ""
    withheld = "" if view.is_exact else "[c] withheld to protect people (counts under 10 show as &lt;10); "
    _definitions_on_paper(view)
    html(
        f'<footer class="foot"><p>{came}</p>'
        f"<p><strong>Marks:</strong> {withheld}[z] not applicable; [x] not available; [m] too early to say. "
        f"{escape(rounding_note(view))}</p>"
        f"<p>{escape(acknowledgement)}</p>"
        f"<p>{escape(release.programme_name)} · {escape(top_line(release, view.served.checked_at))} · "
        f"software {escape(release.software_version)}</p></footer>"
    )


def _definitions_on_paper(view: View) -> None:
    """What the figures of this page mean, which paper alone shows: on a screen each has its panel."""
    words = view.publication.definitions()
    items = "".join(
        f"<dt>{escape(found['label'])}</dt><dd>{escape(found['definition'])} {escape(found['counted'])}</dd>"
        for metric_id in defined_here()
        if (found := words.get(metric_id))
    )
    if items:
        html(
            '<div class="on-paper"><h2>What these figures mean</h2><p class="quiet">What is not counted, how '
            "missing answers are treated and what to beware of stand on the page “Definitions and methods”."
            f"</p><dl>{items}</dl></div>"
        )


def on_this_page() -> list[tuple[str, Sequence[Figure] | Table]]:
    """What this run of the page has offered as a file, in order: the sheets of its workbook.

    `streamlit_app.py` begins it anew before each page.
    """
    return st.session_state.setdefault("on_this_page", [])


def defined_here() -> dict[str, None]:
    """The metrics that this run of the page defines, in order: a sheet of paper has no panels to open.

    `streamlit_app.py` begins it anew before each page.
    """
    return st.session_state.setdefault("defined_here", {})


def download_button(
    label: str, make: Callable[[], bytes], file_name: str, *, mime: str, key: str, **options: Any
) -> None:
    """A file that is made when it is asked for, and only for somebody who may still have it then.

    The button says that it works while it does. What `make` uses must be ready: it runs without a session.
    """
    grant, release_id = access.current(), current().publication.release.release_id

    def checked() -> bytes:
        grant.download(file_name, release_id)
        return make()

    st.download_button(label, checked, file_name=file_name, mime=mime, key=key, on_click="ignore", **options)


def shown_table(table: Table, words: bool = False, cards: bool = False) -> None:
    """A table that is no exhibit's, on the page and as a sheet of its workbook."""
    on_this_page().append((table.caption, table))
    html(table_html(table, words, cards))


def long_table(view: View, table: Table, name: str, *, whole: Table | None = None) -> None:
    """A table of words that can run to hundreds of rows: folded, its first rows on the page, all in its file.

    `whole` is the table of the file where it has more columns than the page.
    """
    rows = "row" if len(table.rows) == 1 else "rows"
    shown_rows = f"Show {number(len(table.rows))} {rows}"
    if len(table.rows) > ROWS_ON_A_PAGE:
        shown_rows = f"Show the first {ROWS_ON_A_PAGE} of {number(len(table.rows))} rows"
    first = Table(table.caption, table.headings, table.rows[:ROWS_ON_A_PAGE])
    html(f"<details><summary>{shown_rows}</summary>{table_html(first, words=True, cards=True)}</details>")
    download_table(view, whole or table, name)


def rounding_note(view: View) -> str:
    """How exact the figures of this release are: those for management are not rounded."""
    if view.is_exact:
        return "These figures are exact and for named managers only: do not pass them on."
    return (
        "Referrals received and accepted, starts, ends and people supported are exact, in all and by "
        f"{view.publication.places}. All other counts about people, also the number of people beside "
        "these, are rounded up or down to a multiple of 5 to protect people, so that parts may add up to a "
        "slightly different total; a count under 10 is shown as <10."
    )


def on_paper(view: View) -> None:
    """At the foot of each sheet: as-at day, release, choice and number of the sheet."""
    release = view.publication.release
    chosen = f"{period_name(view.period)}, {view.chosen_name}"
    words = f"As at {day(release.as_at)} · release {release.release_id} · {chosen}"
    words += " · synthetic data" if release.synthetic else ""
    # Inside quotation marks of a style sheet: nothing that could end them.
    plain = "".join(sign for sign in words if sign.isalnum() or sign in " -.,·'()&")
    look = "font: 8pt 'Source Sans', sans-serif; color: #51606c"
    html(
        f'<style>@page {{ @bottom-left {{ content: "{plain}"; {look}; width: 85%; text-align: left }} '
        f'@bottom-right {{ content: counter(page) " of " counter(pages); {look} }} }}</style>'
    )
