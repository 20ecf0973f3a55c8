"""What anyone may read of the example programme: the same dashboards on the public file alone."""

import pytest

from dashboards.streamlit_app import PUBLIC_PAGES
from tests.dashboards.test_pages import PAGES, go_to, markup, open_page, text
from tests.pipeline.programme import Programme


@pytest.mark.parametrize("page", PUBLIC_PAGES)
def test_every_page_shows_the_public_file(
    page: str, published: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(published.publications / "public", page, monkeypatch)
    written = text(app)
    assert not app.exception
    assert "cannot be shown just now" not in written
    assert "(approved by The tests)" in written
    assert "Sources, with extract dates" not in written
    assert "None" not in written
    assert 'class="lead"' in markup(app)


def test_the_day_and_the_headlines_of_a_year_end(
    published: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = published.publications / "public"
    app = go_to(open_page(folder, PAGES[0], monkeypatch, period="2016-03-31"), "who_we_support")
    [(people,)] = published.query(
        "select value from metric_values where metric_id = 'open_caseload' and period_end = date '2016-03-31'"
        " and period_type = 'as_at' and dimension_1 = ''",
    )
    assert f"{people:.0f} people were being supported on 31 March 2016" in text(app)
    assert list(app.selectbox(key="choice_period").options) == [
        *(f"April {year - 1} to March {year}" for year in (2018, 2017, 2016)),
        "June 2014 to March 2015",
    ]
