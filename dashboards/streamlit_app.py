"""The application: one release a run, the choices, the navigation, then the page.

Belongs here: what happens before and after every page. Does not belong here: what a page shows
(`app_pages/`).

    streamlit run dashboards/streamlit_app.py
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    # Streamlit puts only this folder on the path; the package is imported by its name from the folder above.
    sys.path.insert(0, str(ROOT))

from dashboards import access, charts, components, sentences, state, workbook  # noqa: E402
from dashboards.published import PublicationsFolder, Served, Withdrawn  # noqa: E402
from dashboards.restricted_zone import ALLOWED, reachable  # noqa: E402

PAGES = (
    ("this_quarter", "This quarter"),
    ("referrals_and_waits", "Referrals and waits"),
    ("who_we_support", "Who we support"),
    ("staying_in_touch", "Staying in touch"),
    ("what_is_changing", "What is changing for people"),
    ("cohorts", "Cohorts"),
    ("money", "Money"),
    ("other_services", "Use of other services"),
    ("learning", "Learning and system change"),
    ("decisions", "Decisions for the group"),
    ("data_quality", "How good is the data?"),
    ("data_quality_lists", "Data quality lists"),
    ("definitions", "Definitions and methods"),
    ("reports", "Reports and returns"),
)
# These describe the release as a whole: the choices are kept for the other pages, and not offered here.
WITHOUT_CHOICES = ("data-quality", "data-quality-lists", "definitions", "reports")
# These show single people, by pseudonym: the file of management alone has them.
MANAGEMENT_PAGES = ("data_quality_lists",)
# About what the partnership of all areas writes, and how good the data of all are: an area's file has none.
PAGES_OF_NO_AREA = ("learning", "decisions", "data_quality", "data_quality_lists")
# The others are about a quarter, change (two-way), the partnership's own log or the data, and the public file
# has none of these.
PUBLIC_PAGES = ("referrals_and_waits", "who_we_support", "money", "definitions", "reports")
logger = logging.getLogger("flic.dashboards")


def publications_dir() -> Path:
    """The one folder that the dashboards know: `FLIC_PUBLICATIONS_DIR`, else `data/publications` of the
    project."""
    return Path(os.environ.get("FLIC_PUBLICATIONS_DIR") or ROOT / "data" / "publications")


@st.cache_resource(show_spinner=False)
def _folder(path: Path) -> PublicationsFolder:
    return PublicationsFolder(path)


def _style(dark: bool, programme_name: str) -> None:
    look = charts.look(dark)
    name = "".join(c for c in programme_name if c.isalnum() or c in " -'()&.,")
    variables = {
        "ink": look.ink,
        "muted": look.muted,
        "line": look.line,
        "paper": look.paper,
        "accent": look.accent,
        "second": look.second,
        "withheld": look.withheld,
        "tint": "#2a2117" if dark else "#fbf0e1",
        "link": "#8fc6e8" if dark else "#1f5f86",
    }
    css = Path(__file__).with_name("theme.css").read_text(encoding="utf-8")
    roots = "; ".join(f"--{key}: {value}" for key, value in variables.items())
    brand = (
        f'[data-testid="stSidebarHeader"]::before {{ content: "{name}"; font-family: "Source Serif", serif; '
        f"font-weight: 600; font-size: 1.0625rem; line-height: 1.3; color: {look.ink} }}"
    )
    # On paper the words of a dark chart turn dark, but those that are white against the colour of their bar.
    kept = '[style*="rgb(255, 255, 255)"]'
    paper = (
        f"@media print {{ .js-plotly-plot text:not({kept}) {{ fill: #1d2b36 !important }} }}" if dark else ""
    )
    st.html(f"<style>:root {{ {roots} }}\n{css}\n{brand}\n{paper}</style>")


def _nothing_to_serve() -> None:
    _style(st.context.theme.type == "dark", "")
    st.html(
        '<div class="head"><h1>Nothing is published yet</h1>'
        '<p class="lead">There is no publication to show. Put the exports in the inbox and run '
        "<code>flic refresh</code>; once the data lead has approved the draft, this page shows the "
        "figures.</p>"
        '<p class="quiet">To see the product with example data, run <code>make demo</code>.</p></div>'
    )


def _withdrawn(notice: Withdrawn) -> None:
    """Say that there are no figures here any more, and where others are."""
    _style(st.context.theme.type == "dark", notice.programme_name)
    title, text = sentences.withdrawn(notice)
    others = f'<p class="lead">{components.all_areas()}</p>' if notice.area else ""
    st.html(
        f'<div class="head"><h1>{components.escape(title)}</h1>'
        f'<p class="lead">{components.escape(text)}</p>{others}</div>'
    )


def _refuse(reached: list[str]) -> None:
    """Say why nothing is shown; the paths are for the log, not for whoever opens the page."""
    logger.error("Refused to serve: this process can reach %s", ", ".join(reached))
    _style(st.context.theme.type == "dark", "")
    names = ", ".join(sorted({Path(name).name for name in reached}))
    st.html(
        '<div class="head"><h1>These dashboards do not start</h1>'
        '<p class="lead">This process could reach what its readers must never see: '
        f"{components.escape(names)}. Nothing is shown until it cannot.</p>"
        '<p class="quiet">Run the dashboards as a user of their own, who may read the folder of publications '
        "and nothing else of the data folder, with <code>FLIC_PUBLICATIONS_DIR</code> alone in the "
        "environment. "
        "For a demonstration, or the data lead's own preview on one machine, set "
        f"<code>{ALLOWED}=1</code>.</p></div>"
    )


def _refuse_start(options: list[str]) -> None:
    """Say that the server runs without the settings that protect its readers."""
    logger.error("Refused to serve: not as in .streamlit/config.toml: %s", ", ".join(options))
    _style(st.context.theme.type == "dark", "")
    names = ", ".join(f"<code>{components.escape(name)}</code>" for name in options)
    st.html(
        '<div class="head"><h1>These dashboards do not start</h1>'
        f'<p class="lead">They run without settings that protect their readers: {names}.</p>'
        '<p class="quiet">Start them from the project\'s folder, where <code>.streamlit/config.toml</code> '
        "lies, and without flags that say otherwise.</p></div>"
    )


def _refuse_visitor(refusal: access.Refused, visitor: access.Visitor) -> None:
    """Say why nothing is shown to this visitor, and offer to sign in or out; paths are for the log."""
    logger.warning("Refused a visitor: %s", refusal.reason)
    _style(st.context.theme.type == "dark", "")
    st.html(
        '<div class="head"><h1>These pages are not open to everyone</h1>'
        f'<p class="lead">{components.escape(str(refusal))}</p></div>'
    )
    if refusal.sign_in:
        st.button("Sign in", on_click=st.login, type="primary", key="sign_in")
    if visitor.claims is not None:
        st.button("Sign out", on_click=st.logout, key="sign_out")


def _who(grant: access.Grant) -> None:
    """In the sidebar: who is signed in, and the way out."""
    if grant.visitor.claims is None:
        return
    with st.sidebar:
        components.quiet(f"Signed in as {grant.who}")
        st.button("Sign out", on_click=st.logout, key="sign_out", type="tertiary")


def _top(served: Served, reached: list[str], grant: access.Grant) -> None:
    release = served.publication.release
    first, rest = sentences.top_line(release, served.checked_at).split(" · ", 1)
    components.html(
        f'<p class="topline"><strong>{components.escape(first)}</strong> · {components.escape(rest)}</p>'
    )
    notes = []
    if grant.is_without_login:
        notes.append(
            "Without login: whoever uses this machine can open these pages, and nobody from elsewhere can."
        )
    if reached:
        notes.append(
            "Demonstration or preview: this process could read the restricted zone. It is for the person who "
            "runs it, or for named managers, and not for the Strategic Partnership Group."
        )
    if notes:
        components.banner(" ".join(notes))
    if served.fallback:
        components.banner(
            f"The newest release cannot be shown: {served.fallback}. These are the figures of the last "
            "release that "
            f"could be verified, as at {sentences.day(release.as_at)}. The data lead should run flic "
            "publications verify."
        )
    stale = sentences.stale(release, served.checked_at, datetime.now(UTC))
    if stale:
        components.banner(stale)


def _choices(served: Served, offered: bool) -> state.View:
    publication = served.publication
    periods = {str(p.end): p for p in state.periods(publication)}
    places = publication.places
    options = [c for c in publication.categories(places) if c != state.NOT_A_CHOICE]
    with st.container(key="choices", horizontal=True, gap="small"):
        period = state.choose(
            "period",
            "Period",
            list(reversed(periods)),
            str(state.default_period(list(periods.values())).end),
            lambda end: state.period_option(periods[end]),
            offered,
        )
        # An area's file is about one place.
        place = state.ALL_PLACES
        if not publication.release.area:
            place = state.choose(
                places,
                places.capitalize(),
                [state.ALL_PLACES, *options],
                state.ALL_PLACES,
                lambda code: (
                    f"All {places}s" if code == state.ALL_PLACES else publication.label(places, code)
                ),
                offered and bool(options),
            )
    note = st.session_state.pop("address_note", "")
    if note:
        components.banner(note)
    return state.make_view(served, periods[period], place, st.context.theme.type == "dark")


def main() -> None:
    """Draw one run of the application."""
    st.set_page_config(
        page_title="Fulfilling Lives", layout="wide", page_icon=str(ROOT / "dashboards" / "mark.svg")
    )
    if options := access.unsafe_options():
        _refuse_start(options)
        return
    folder = publications_dir()
    reached = reachable(folder, os.environ)
    if reached and os.environ.get(ALLOWED) != "1":
        _refuse(reached)
        return
    served, notice = None, None
    try:
        served = _folder(folder).serve()
        audience = served.publication.release.audience if served else "spg"
    except Withdrawn as withdrawn:
        notice = withdrawn
        audience = notice.audience or "spg"
    is_of_an_area = bool(served and served.publication.release.area)
    visitor = access.visitor()
    try:
        grant = access.check(visitor, audience, os.environ, datetime.now(UTC))
    except access.Refused as refusal:
        _refuse_visitor(refusal, visitor)
        return
    offered = [
        page
        for page in PAGES
        if (audience != "public" or page[0] in PUBLIC_PAGES)
        and (audience == "management" or page[0] not in MANAGEMENT_PAGES)
        and not (is_of_an_area and page[0] in PAGES_OF_NO_AREA)
    ]
    pages = [
        st.Page(
            Path(__file__).parent / "app_pages" / f"{name}.py",
            title=title,
            url_path=name.replace("_", "-"),
            default=n == 0,
        )
        for n, (name, title) in enumerate(offered)
    ]
    # All of them: what stands behind "View 3 more" is not found.
    page = st.navigation(pages, position="hidden" if notice else "sidebar", expanded=True)
    # A tab, a bookmark and a screen reader tell pages apart by their titles.
    programme = served.publication.release.programme_name if served else "Fulfilling Lives"
    area = served.publication.release.area if served else ""
    title = f"{page.title}: {area}" if area else page.title
    st.set_page_config(page_title=f"{title} · {programme.removesuffix(f': {area}')}")
    try:
        grant.record("page", page.title, served.publication.release.release_id if served else "")
    except access.Refused as refusal:
        _refuse_visitor(refusal, visitor)
        return
    _who(grant)
    if notice is not None:
        _withdrawn(notice)
        return
    if served is None:
        _nothing_to_serve()
        return
    _style(st.context.theme.type == "dark", served.publication.release.programme_name)
    try:
        _top(served, reached, grant)
        view = _choices(served, page.url_path not in WITHOUT_CHOICES)
        st.session_state["view"] = view
        st.session_state["grant"] = grant
        st.session_state["on_this_page"] = []
        st.session_state["defined_here"] = {}
        page.run()
        components.end_page()
        workbook.button(view, page.title)
        components.footer(view)
    except Exception:
        logger.exception(
            "The page %s failed on release %s", page.title, served.publication.release.release_id
        )
        components.banner(
            "This page cannot be shown just now. The figures are safe; please tell the data lead which "
            "page and "
            "period you were looking at."
        )


if __name__ == "__main__":
    main()
