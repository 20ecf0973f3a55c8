"""Staying in touch: are we persistent and unconditional?"""

from __future__ import annotations

import streamlit as st

from dashboards import components, exhibits, sentences
from dashboards.published import Figure
from dashboards.state import View, current


def show(view: View) -> None:
    """Draw the page."""
    gaps = {
        f.category("days_since_contact"): f
        for f in view.figures("contact_gap", "count", "as_at", ("days_since_contact",))
    }
    again = view.figure("re_engaged_after_gap", "share", view.flow)
    before = view.figure("re_engaged_after_gap", "share", view.flow, view.before.end) if view.before else None
    components.page_head(
        view,
        "Staying in touch",
        "Are we persistent and unconditional?",
        sentences.staying_in_touch(gaps.get("over_90"), gaps.get("never"), again, before, view.period),
    )
    _tiles(view)
    components.section(
        "How long since people were last reached",
        "More than 90 days is a prompt to look, and never a reason to end support.",
    )
    exhibits.breakdown(
        view,
        "gap",
        "Days since the last successful contact, of the people supported",
        "contact_gap",
        "count",
        "as_at",
        "days_since_contact",
        amount="people",
        caveat="People in prison or hospital are here with everybody else.",
    )
    components.section("Reached again, and how often", components.rounding_note(view))
    with st.container(key="pair-contacts"):
        exhibits.trend(
            view,
            "again",
            "Reached again after a gap of 60 days or more",
            "re_engaged_after_gap",
            "share",
            view.flow,
            "Reached again",
            lambda f: f"{sentences.shown(f)} of those with a gap were reached again",
            caveat="A gap that is still open may be closed a day later, so the share of a short period "
            "is lower by its "
            "nature.",
        )
        exhibits.trend(
            view,
            "contacts",
            "Contacts for each month of a person's support",
            "contacts",
            "mean",
            view.flow,
            "Contacts a month",
            _contacts,
            beside=[
                ("Attempts a month", "contact_attempts", "mean"),
                ("Contacts", "contacts", "count"),
                ("Attempts", "contact_attempts", "count"),
            ],
            caveat="How much is written down differs: many contacts are not better than few.",
        )
    components.section(
        "Where people are met",
        "Of a whole year. A place is shown where enough people were met, or looked for, there.",
    )
    with st.container(key="pair-settings"):
        exhibits.breakdown(
            view,
            "settings",
            "Contacts, by place",
            "contacts",
            "count",
            "year",
            "setting",
            heading="Contacts",
            noun="contacts by place",
            amount="contacts",
        )
        exhibits.breakdown(
            view,
            "attempts",
            "Attempts that did not reach the person, by place",
            "contact_attempts",
            "count",
            "year",
            "setting",
            heading="Attempts",
            noun="attempts by place",
            amount="attempts",
        )
    peers = "Peer mentors: what they do is in no export, so no figure of it is published."
    if not view.publication.release.area:
        peers += (
            " Where they helped to change how services work, the page “Learning and system change” says so."
        )
    components.quiet(peers)


def _contacts(figure: Figure | None) -> str:
    return f"people were reached {sentences.shown(figure)} times a month on average"


def _tiles(view: View) -> None:
    components.unseen_section("Headline figures")
    with components.tiles("touch"):
        exhibits.tile(
            view,
            "over-90",
            "Not reached for over 90 days",
            "contact_gap",
            "count",
            "as_at",
            "people",
            days_since_contact="over_90",
        )
        exhibits.tile(
            view,
            "never",
            "Never reached yet",
            "contact_gap",
            "count",
            "as_at",
            "people",
            days_since_contact="never",
        )
        exhibits.tile(view, "again", "Reached again after a gap", "re_engaged_after_gap", "share", view.flow)
        exhibits.tile(view, "contacts", "Contacts", "contacts", "count", view.flow, "contacts")
        exhibits.tile(view, "attempts", "Attempts", "contact_attempts", "count", view.flow, "attempts")
        exhibits.tile(
            view,
            "persistence",
            "Attempts before the first contact",
            "attempts_before_success",
            "median",
            "programme",
            since="Half of the people took this many or fewer",
        )


show(current())
