"""What the reader chose: period, place (borough or area) and breakdown, kept across pages and in the
address.

Belongs here: the choices, their defaults, the address, and the view that every page starts from. Does not
belong here: figures, wording, drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboards.published import Figure, Period, Publication, Served
from dashboards.sentences import capital, period_name

ALL_PLACES = "all"
NOT_A_CHOICE = "not_known"
BREAKDOWNS = {"sex": "Sex", "age_band": "Age", "ethnicity_group": "Ethnicity"}


@dataclass(frozen=True)
class View:
    """One release seen with one set of choices; a page gets all it shows from here."""

    served: Served
    period: Period
    before: Period | None
    chosen_place: str
    """A borough, or an area of a programme that has several; `ALL_PLACES` for all."""
    dark: bool

    @property
    def publication(self) -> Publication:
        """The release of this script run; never another one in the same run."""
        return self.served.publication

    @property
    def is_exact(self) -> bool:
        """Whether the file is management's: nothing in it is rounded or withheld."""
        return self.publication.release.audience == "management"

    @property
    def end(self) -> date:
        """The last day of the chosen period."""
        return self.period.end

    def place(
        self, metric_id: str, measure: str, period_type: str, dimensions: Sequence[str] = ()
    ) -> dict[str, str]:
        """The chosen place as a category, or nothing when all are chosen or this table is not published
        by place."""
        places = self.publication.places
        if self.chosen_place == ALL_PLACES or places in dimensions:
            return {}
        on = self.end_of(period_type)
        cells = self.publication.latest(
            metric_id, measure, period_type, dimensions, on=on, **{places: self.chosen_place}
        )
        return {places: self.chosen_place} if cells else {}

    def place_name(self, place: dict[str, str]) -> str:
        """`Camden`, or `all boroughs` where the figure is about all of them."""
        places = self.publication.places
        return self.publication.label(places, place[places]) if place else self.everywhere

    @property
    def everywhere(self) -> str:
        """`all boroughs`, `all areas`, or the one area that the file is about."""
        return self.publication.release.area or f"all {self.publication.places}s"

    @property
    def chosen_name(self) -> str:
        """The chosen place in words."""
        if self.chosen_place == ALL_PLACES:
            return self.everywhere
        return self.publication.label(self.publication.places, self.chosen_place)

    def about_all(self, sentence: str) -> str:
        """A sentence about all places; says so where the reader has chosen one."""
        return sentence if self.chosen_place == ALL_PLACES else f"{sentence} ({capital(self.everywhere)}.)"

    def figure(
        self, metric_id: str, measure: str, period_type: str, on: date | None = None, **categories: str
    ) -> Figure | None:
        """One cell of the chosen period (or of the period that ends `on`), for the chosen place where
        published."""
        place = self.place(metric_id, measure, period_type, tuple(categories))
        end = on or self.end_of(period_type)
        return self.publication.figure(metric_id, measure, period_type, end, **categories | place)

    def figures(
        self,
        metric_id: str,
        measure: str,
        period_type: str,
        dimensions: Sequence[str] = (),
        **categories: str,
    ) -> list[Figure]:
        """One table at the end of the chosen period or as last released before, for the chosen place where
        published."""
        place = self.place(metric_id, measure, period_type, (*dimensions, *categories))
        on = self.end_of(period_type)
        return self.publication.latest(
            metric_id, measure, period_type, dimensions, on=on, **categories | place
        )

    def day_of(self, figures: Sequence[Figure]) -> date:
        """The last day that the figures of a table describe: their own, not always that of the period."""
        return max((f.period_end for f in figures), default=self.end)

    def series(self, metric_id: str, measure: str, period_type: str, **categories: str) -> list[Figure]:
        """One cell over the periods up to the chosen one, oldest first."""
        place = self.place(metric_id, measure, period_type, tuple(categories))
        cells = self.publication.figures(metric_id, measure, period_type, (), None, **categories | place)
        ends = {p.end for p in periods(self.publication)}
        is_flow = period_type in ("month", "quarter", "year")
        return [f for f in cells if f.period_end <= self.end and (is_flow or f.period_end in ends)]

    @property
    def flow(self) -> str:
        """The type of the periods that are chosen from: `quarter`, or `year` in a file of year ends."""
        return self.period.period_type

    def end_of(self, period_type: str) -> date:
        """The last day of the chosen period, or of the newest year that it reaches."""
        year = self.latest_year() if period_type == "year" else None
        return year.end if year else self.end

    def latest_year(self) -> Period | None:
        """The newest financial year, whole or so far, that has ended by the end of the chosen period."""
        years = [p for p in self.publication.periods("year") if p.end <= self.end]
        return years[-1] if years else None


def current() -> View:
    """The view of this script run, as `streamlit_app.py` made it before the page began."""
    return st.session_state["view"]


def periods(publication: Publication) -> list[Period]:
    """The periods that a reader chooses from: quarters, and years where the file holds year ends alone."""
    return publication.periods("year" if publication.release.audience == "public" else "quarter")


def make_view(served: Served, period: Period, place: str, dark: bool) -> View:
    """The view of one run; `before` is the period that ends on the eve of the chosen one."""
    earlier = [p for p in periods(served.publication) if p.end < period.start]
    return View(served, period, earlier[-1] if earlier else None, place, dark)


def default_period(periods: Sequence[Period]) -> Period:
    """The last complete quarter, or the newest part of one where none is complete."""
    complete = [p for p in periods if p.is_complete]
    return (complete or list(periods))[-1]


def period_option(period: Period) -> str:
    """A period as the list of choices shows it; a part of a quarter says so."""
    return period_name(period) + ("" if period.is_complete else f" (part {period.period_type})")


def breakdowns(publication: Publication) -> dict[str, str]:
    """The breakdowns that a reader can choose from, with their names: by place as the file has it."""
    places = publication.places
    return BREAKDOWNS | {places: places.capitalize()}


def choose(
    name: str,
    label: str,
    options: Sequence[str],
    default: str,
    describe: Callable[[str], str],
    offered: bool = True,
) -> str:
    """Draw one choice (unless it is not `offered` on this page) and return it.

    The address wins, so that a link reproduces the view; then what this reader chose before (going to
    another page clears the address); then the default. A value that is not on offer is named and ignored.
    """
    widget, kept = f"choice_{name}", f"chosen_{name}"
    asked = st.query_params.get(name)
    before = st.session_state.get(kept)
    value = next((v for v in (asked, before) if v is not None and v in options), default)
    if asked is not None and asked not in options:
        # The value of an address is a stranger's text: it is not repeated on the page.
        article = "an" if label[0] in "AEIOU" else "a"
        st.session_state["address_note"] = (
            f"The address asks for {article} {label.lower()} that this release does not hold; it shows "
            f"{describe(value)}."
        )
    st.session_state[kept] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value
    if not offered:
        return value
    st.session_state[widget] = value
    st.selectbox(
        label, list(options), format_func=describe, key=widget, on_change=_to_address, args=(name, widget)
    )
    return value


def _to_address(name: str, widget: str) -> None:
    st.query_params[name] = st.session_state[widget]
