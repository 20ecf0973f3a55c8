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

from dashboards import charts, components, sentences, state  # noqa: E402
from dashboards.published import PublicationsFolder, Served  # noqa: E402
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
    ("definitions", "Definitions and methods"),
    ("reports", "Reports and returns"),
)
# These describe the release as a whole: the choices are kept for the other pages, and not offered here.
WITHOUT_CHOICES = ("data-quality", "definitions", "reports")
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
    # On paper the words of a dark chart turn dark; those inside its bars were chosen against the bar.
    paper = "@media print { .js-plotly-plot text:not(.bartext) { fill: #1d2b36 !important } }" if dark else ""
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


def _top(served: Served, reached: list[str]) -> None:
    release = served.publication.release
    first, rest = sentences.top_line(release, served.checked_at).split(" · ", 1)
    components.html(
        f'<p class="topline"><strong>{components.escape(first)}</strong> · {components.escape(rest)}</p>'
    )
    if reached:
        components.banner(
            "Demonstration or preview: this process could read the restricted zone. It is for the person who "
            "runs it, or for named managers, and not for the Strategic Partnership Group."
        )
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
    boroughs = [state.ALL_BOROUGHS]
    boroughs += [c for c in publication.categories("borough") if c != state.NOT_A_CHOICE]
    with st.container(key="choices", horizontal=True, gap="small"):
        period = state.choose(
            "period",
            "Period",
            list(reversed(periods)),
            str(state.default_period(list(periods.values())).end),
            lambda end: state.period_option(periods[end]),
            offered,
        )
        borough = state.choose(
            "borough",
            "Borough",
            boroughs,
            state.ALL_BOROUGHS,
            lambda code: "All boroughs" if code == state.ALL_BOROUGHS else publication.label("borough", code),
            offered,
        )
    note = st.session_state.pop("address_note", "")
    if note:
        components.banner(note)
    return state.make_view(served, periods[period], borough, st.context.theme.type == "dark")


def main() -> None:
    """Draw one run of the application."""
    st.set_page_config(
        page_title="Fulfilling Lives", layout="wide", page_icon=str(ROOT / "dashboards" / "mark.svg")
    )
    folder = publications_dir()
    reached = reachable(folder, os.environ)
    if reached and os.environ.get(ALLOWED) != "1":
        _refuse(reached)
        return
    served = _folder(folder).serve()
    is_public = served is not None and served.publication.release.audience == "public"
    offered = [page for page in PAGES if not is_public or page[0] in PUBLIC_PAGES]
    pages = [
        st.Page(
            Path(__file__).parent / "app_pages" / f"{name}.py",
            title=title,
            url_path=name.replace("_", "-"),
            default=n == 0,
        )
        for n, (name, title) in enumerate(offered)
    ]
    page = st.navigation(pages)
    if served is None:
        _nothing_to_serve()
        return
    _style(st.context.theme.type == "dark", served.publication.release.programme_name)
    try:
        _top(served, reached)
        view = _choices(served, page.url_path not in WITHOUT_CHOICES)
        st.session_state["view"] = view
        page.run()
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
