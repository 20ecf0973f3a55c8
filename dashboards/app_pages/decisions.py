"""Decisions for the group: what was asked of us and what became of it?"""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from dashboards import components, exhibits, sentences
from dashboards.state import View, current

STAGES = ("waiting", "decided", "actioned")


def show(view: View) -> None:
    """Draw the page."""
    counts = {
        f.category("item_stage"): f for f in view.figures("spg_item_age", "count", "as_at", ("item_stage",))
    }
    items = view.publication.spg_items(view.end)
    waiting = [item for item in items if item["stage"] == "waiting"]
    components.page_head(
        view,
        "Decisions for the group",
        "What was asked of us and what became of it?",
        sentences.decisions(
            [counts.get(code) for code in STAGES], waiting[0]["raised_date"] if waiting else None, view.end
        ),
    )
    components.quiet("Items are about the whole partnership and no one borough.")
    components.unseen_section("Headline figures")
    with components.tiles("decisions"):
        for code in STAGES:
            label = view.publication.label("item_stage", code)
            exhibits.tile(view, code, label, "spg_item_age", "count", "as_at", "items", item_stage=code)
    if view.publication.never_came("spg_items"):
        components.html('<p class="nothing">[x] The list of items for the group never came.</p>')
    else:
        _lists(view, items)
    components.section("How long items take")
    exhibits.breakdown(
        view,
        "age",
        "Days since an item was raised: the middle item of each group",
        "spg_item_age",
        "median",
        "as_at",
        "item_stage",
        heading="Days",
        noun="items",
        text="Waiting: days until the day shown. Decided, not yet done: until the decision. Done: until it "
        "was done, and not only until the decision. Half of a group's items took, or have waited, longer.",
        caveat="Of an even number of items it lies half-way between the two in the middle, so that with two "
        "items neither may be near it.",
    )


def _lists(view: View, items: list[dict[str, Any]]) -> None:
    for code, empty in zip(
        STAGES, ("Nothing waits.", "Nothing is decided and not done.", "Nothing is done yet."), strict=True
    ):
        components.section(view.publication.label("item_stage", code))
        chosen = [item for item in items if item["stage"] == code]
        if not chosen:
            components.quiet(empty)
            continue
        # What waits longest comes first; of what is done, the newest.
        with st.container(key=f"entries-{code}"):
            for item in reversed(chosen) if code == "actioned" else chosen:
                _item(view, item)
    if items:
        _table(view, items)


def _item(view: View, item: dict[str, Any]) -> None:
    components.entry(
        f"{item['item_id']} {item['title'] or ''}",
        f"Raised {sentences.day(item['raised_date'])} by {_raised_by(view, item)}",
        [
            ("Owner", item["owner_organisation"] or "Nobody yet"),
            ("Decision", item["decision"] or ""),
            ("When", _times(item, view.end)),
            ("Comes from", _origin(view, item)),
        ],
    )


def _raised_by(view: View, item: dict[str, Any]) -> str:
    """Who raised an item, in the programme's words."""
    return view.publication.wording().get(f"raised_by_{item['raised_by']}", "somebody who is not named")


def _times(item: dict[str, Any], on: date) -> str:
    parts = []
    for words, column in (("decided", "decided_date"), ("done", "actioned_date")):
        if item[column]:
            days = (item[column] - item["raised_date"]).days
            parts.append(f"{words} {sentences.day(item[column])}, {_after(days)}")
    if not parts:
        days = (on - item["raised_date"]).days
        parts.append(f"waiting for {sentences.number(days)} {'day' if days == 1 else 'days'}")
    return "; ".join(parts)


def _after(days: int) -> str:
    if not days:
        return "on the same day"
    return f"after {sentences.number(days)} {'day' if days == 1 else 'days'}"


def _origin(view: View, item: dict[str, Any]) -> str:
    """The figure or the change in the log that raised an item."""
    parts = []
    if item["metric_id"]:
        words = view.publication.definitions().get(item["metric_id"], {})
        parts.append(f"the figure “{words.get('label', item['metric_id'])}”")
    if item["change_id"]:
        parts.append(f"{item['change_id']} in the log of system changes")
    return " and ".join(parts) or "No figure or change is named"


def _table(view: View, items: list[dict[str, Any]]) -> None:
    table = components.Table(
        f"Items for the group, on {sentences.day(view.end)}",
        ["Item", "Title", "Raised by", "Raised", "Owner", "Decided", "Done", "Decision", "Comes from"],
        [
            [
                item["item_id"],
                item["title"] or "",
                _raised_by(view, item),
                str(item["raised_date"]),
                item["owner_organisation"] or "",
                str(item["decided_date"] or ""),
                str(item["actioned_date"] or ""),
                item["decision"] or "",
                _origin(view, item),
            ]
            for item in items
        ],
    )
    components.html(
        "<details><summary>Table of these "
        f"items</summary>{components.table_html(table, words=True)}</details>"
    )
    components.download_table(view, table, "decisions")


show(current())
