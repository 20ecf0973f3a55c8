"""Definitions and methods: what does each figure mean?"""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboards import components
from dashboards.sentences import MARKS
from dashboards.state import View, current

OPEN_AT_ONCE = 5
GLOSSARY = (
    ("As-at day", "The day that the figures describe, at its end."),
    ("Open, or being supported", "Supported at the end of the day: started, and not yet ended."),
    ("Started", "Support began in the period. Somebody who left and came back counts at each start."),
    ("Moved on", "Support ended because the person no longer needs it."),
    ("Outcomes Star reading", "One completed star, approved by the worker, with at least one area scored."),
    ("Release", "A dated file of figures that is never changed. A draft has not been approved yet."),
    ("Export", "A file from a partner's system, put into the inbox by the data lead."),
    (
        "Limits of a monthly chart",
        "The mean of the months, and above and below it 2.66 times the mean change from month to month.",
    ),
    ("Interval", "The range in which the figure would lie 95 times out of 100 if chance alone were at work."),
)


def show(view: View) -> None:
    """Draw the page."""
    definitions = view.publication.definitions()
    components.page_head(
        view,
        "Definitions and methods",
        "What does each figure mean?",
        f"{len(definitions)} figures are published; each is defined here once, in the words that stand "
        "beside it.",
        True,
    )
    asked = st.text_input(
        "Search the definitions", key="search_definitions", placeholder="for example: moved on"
    )
    found = [
        words
        for words in definitions.values()
        if not asked or asked.casefold() in " ".join(str(w) for w in words.values()).casefold()
    ]
    components.section("Figures", f"{len(found)} of {len(definitions)} shown.")
    if not found:
        components.quiet("No definition holds these words. Try a shorter one.")
    with st.container(key="pair-definitions"):
        # Folded: sixty definitions are a list to find one in, and on paper a glossary. Few that were searched
        # for stand open.
        is_open = " open" if asked and len(found) <= OPEN_AT_ONCE else ""
        components.html(
            "".join(
                f"<details{is_open}><summary>{escape(words['label'])}</summary>"
                f"{components.definition_html(view, words)}</details>"
                for words in found
            )
        )
    _disclosure(view)
    # The file of an area, and that of the public, do not tell how good the data are.
    if view.publication.source_status():
        components.section("Figures that moved")
        components.quiet(
            "Which figures differ from those of the release before, and which export moved them, stands on "
            "the page “How good is the data?”. When each export was extracted stands at the foot of every "
            "page."
        )
    components.section("Marks")
    marks = [(f"[{m}]", words) for m, words in MARKS.items() if m != "c" or not view.is_exact]
    _words_table("What a mark means", ("Mark", "Meaning"), marks)
    components.section("Glossary")
    _words_table("Words of the programme", ("Word", "Meaning"), GLOSSARY)
    _accessibility()
    components.section("Acknowledgements")
    components.html(
        f"<p>{escape(view.publication.wording().get('star_acknowledgement', ''))}</p><p>The areas of the "
        "star are named; "
        "its artwork and the wording of its scales are not reproduced.</p>"
    )


def _words_table(caption: str, headings: tuple[str, str], rows: list | tuple) -> None:
    components.html(components.table_html(components.Table(caption, headings, rows), words=True))


def _disclosure(view: View) -> None:
    settings = view.publication.settings()

    def value(name: str) -> str:
        return escape(settings.get(name, "[x]"))

    if view.is_exact:
        components.section(
            "How people are protected",
            "Nothing in this file is rounded or withheld: it is for named managers only. What everybody else "
            "reads follows these rules, so figures here can differ from theirs.",
        )
    else:
        components.section("How people are protected")
    rules = (
        "Only tables on a fixed list leave the programme's own system; a choice on a page picks among them.",
        "Referrals received and accepted, starts, ends and people supported, for the programme and each "
        f"{view.publication.places}, are exact. The number of different people beside them is not.",
        f"Every other count is rounded to a multiple of {value('rounding_base')}, up or down, in one go "
        "for all tables, so "
        f"that rows and columns agree. A count under {value('count_minimum')} is shown as "
        f"&lt;{value('count_minimum')}, "
        "also when it is nil.",
        f"A share is whole per cent of rounded counts and needs {value('share_denominator_minimum')} "
        "people; it is shown "
        "in steps of 5 where fewer than 100 people stand beneath it, and never as all or none.",
        f"A mean needs {value('mean_people_minimum')} people, a median {value('median_people_minimum')}. "
        "No smallest or "
        "largest values are shown.",
        f"Money needs {value('money_people_minimum')} people, and the total without the two largest must "
        "be at least "
        f"{value('money_p_percent')}% of the largest. Totals are rounded to £100.",
        "A release is never recomputed. Corrections appear in the next one.",
    )
    items = "".join(f"<li>{rule}</li>" for rule in rules)
    components.html(f'<ul class="sentences">{items}</ul>')


def _accessibility() -> None:
    components.section("Accessibility")
    components.html(
        '<ul class="sentences"><li>Every chart has a sentence, a text alternative, a table and a file.</li>'
        "<li>Colours are chosen to stay apart for colour-blind readers and never carry a meaning alone.</li>"
        "<li>Pages work by keyboard, at 320 pixels and 400% zoom, in light and dark, and on A4.</li>"
        "<li>Every page is checked by machine (axe-core: WCAG 2.2 A and AA, and good practice) in light and "
        "dark, at 1280 and 320 pixels, each time the product changes; a change with a finding stays out. "
        "Such a check finds a part of all barriers, and nobody who depends on a screen reader has tried the "
        "pages yet.</li>"
        "<li>Movement is off where your system asks for less of it.</li></ul>"
        '<h3>What remains</h3><ul class="sentences">'
        "<li>After a choice of period or place the page is drawn again, and a screen reader is not told; "
        "the line that begins with Showing says what is shown.</li>"
        "<li>The list of choices is the framework's own and announces its value after it closes.</li>"
        "<li>A chart cannot be walked through by keyboard: its text and its table hold the same figures.</li>"
        "<li>A wide table scrolls sideways inside its frame on a phone.</li>"
        "<li>If a file cannot be made, the message beside the button goes away after five seconds.</li>"
        "<li>Printed from a phone, charts keep the width of the phone. Print from a computer.</li>"
        "<li>Signing in happens on your organisation's own pages, which we have not checked.</li>"
        "<li>If something does not work for you, tell the data lead: the same figures can be sent as a "
        "file.</li></ul>"
    )


show(current())
