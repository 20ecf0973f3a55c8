"""A return as PPTX: a title, one chart a slide with its sentence, people and source, and what it rests on.

Belongs here: the form of the slides; charts are native, so that the group's officers can edit them. Does not
belong here: which figures there are (`pack.py`).
"""

import io
import re
import zipfile
from datetime import datetime

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE
from pptx.util import Cm, Pt

from dagster_project.returns.pack import Exhibit, Pack
from dagster_project.returns.words import ACCENT, INK, MUTED, about, alternative, checks, rounding
from dashboards import sentences
from dashboards.published import Figure

WIDE, HIGH, MARGIN = Cm(33.867), Cm(19.05), Cm(2)
FOOT = HIGH - Cm(1.5)
# More columns have labels that nobody reads from the back of a room.
MOST_COLUMNS = 12
DAY_OF_ENTRIES = (1980, 1, 1, 0, 0, 0)
_MOMENTS = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def slides_bytes(pack: Pack) -> bytes:
    """The return as PPTX; the same pack gives the same bytes."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDE, HIGH
    release = pack.publication.release
    properties = deck.core_properties
    properties.title = f"{pack.wanted.title}, {sentences.period_name(pack.period)}"
    properties.author = properties.last_modified_by = release.programme_name
    properties.subject, properties.language = pack.wanted.question, "en-GB"
    _title(deck, pack)
    for exhibit in pack.exhibits:
        _slide(deck, pack, exhibit)
    _basis(deck, pack)
    content = io.BytesIO()
    deck.save(content)
    return timeless(content.getvalue(), release.created_at)


def timeless(archive: bytes, moment: datetime) -> bytes:
    """An Office file, and the workbooks within it, without the moment of its making: that of the release."""
    told = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as made, zipfile.ZipFile(result, "w") as timeless_file:
        for entry in made.infolist():
            content = made.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _MOMENTS.sub(rb"\g<1>" + told + rb"\g<2>", content)
            elif entry.filename.endswith(".xlsx"):
                content = timeless(content, moment)
            plain = zipfile.ZipInfo(entry.filename, DAY_OF_ENTRIES)
            plain.compress_type = zipfile.ZIP_DEFLATED
            timeless_file.writestr(plain, content)
    return result.getvalue()


def _colour(code: str) -> RGBColor:
    return RGBColor.from_string(code.removeprefix("#").upper())


def _words(slide, left, top, width, height, text: str, size: int, colour: str, bold: bool = False) -> None:
    box = slide.shapes.add_textbox(left, top, width, height)
    frame = box.text_frame
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
    run = frame.paragraphs[0].add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, _colour(colour)


def _headed(deck, pack: Pack, title: str, size: int = 28):
    """A slide with a title that readers and screen readers find, and the foot of every slide."""
    slide = deck.slides.add_slide(deck.slide_layouts[5])  # "Title Only"
    shape = slide.shapes.title
    shape.left, shape.top, shape.width, shape.height = MARGIN, Cm(1), WIDE - 2 * MARGIN, Cm(2.2)
    shape.text_frame.text, shape.text_frame.word_wrap = title, True
    shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    [paragraph] = shape.text_frame.paragraphs
    paragraph.alignment = 1
    paragraph.runs[0].font.size, paragraph.runs[0].font.bold = Pt(size), True
    paragraph.runs[0].font.color.rgb = _colour(INK)
    _words(slide, MARGIN, FOOT, WIDE - 2 * MARGIN - Cm(2), Cm(1), about(pack), 10, MUTED)
    _words(slide, WIDE - MARGIN - Cm(2), FOOT, Cm(2), Cm(1), str(len(deck.slides)), 10, MUTED)
    return slide


def _title(deck, pack: Pack) -> None:
    release = pack.publication.release
    slide = _headed(deck, pack, release.programme_name, 36)
    slide.shapes.title.top = Cm(4)
    under = f"{pack.wanted.title}, {sentences.period_name(pack.period)}"
    if release.synthetic:
        under += f"\n{pack.publication.wording().get('synthetic', 'Synthetic data')}"
    _words(slide, MARGIN, Cm(6.6), WIDE - 2 * MARGIN, Cm(3.6), under, 20, MUTED)
    _words(slide, MARGIN, Cm(10.6), WIDE - 2 * MARGIN, Cm(5), pack.summary, 24, INK)


def _slide(deck, pack: Pack, exhibit: Exhibit) -> None:
    slide = _headed(deck, pack, exhibit.line.wording)
    text = exhibit.sentence or sentences.capital(exhibit.when)
    _words(slide, MARGIN, Cm(3.2), WIDE - 2 * MARGIN, Cm(1.8), text, 20, INK)
    if exhibit.line.reason:
        return
    # Where nothing is shown, ten times the same mark says no more than the sentence.
    if len(exhibit.line.dimensions) > 1 and not exhibit.is_all_hidden:
        # No chart says that; the words do.
        _words(slide, MARGIN, Cm(6), WIDE - 2 * MARGIN, Cm(8), alternative(pack, exhibit), 16, MUTED)
    elif not exhibit.is_all_hidden:
        _chart(slide, pack, exhibit, exhibit.series[-MOST_COLUMNS:] or exhibit.figures)
    below = _people_and_source(pack, exhibit)
    _words(slide, MARGIN, FOOT - Cm(1.5), WIDE - 2 * MARGIN, Cm(1.4), below, 12, MUTED)


def _people_and_source(pack: Pack, exhibit: Exhibit) -> str:
    """Whom the figure is about, when, and the exports it rests on."""
    words = pack.publication.definitions().get(exhibit.line.metric_id, {})
    labels = {row["export"]: row["label"] for row in pack.publication.source_status()}
    exports = [labels.get(name, name) for name in words.get("exports", "").split("|") if name]
    when = sentences.capital(exhibit.when)
    counts = words.get("counts", "")
    who = ""
    known = sorted({figure.people for figure in exhibit.figures if figure.people is not None})
    if counts != "entries" and exhibit.figures and not exhibit.line.dimensions:
        who = f" {sentences.capital(sentences.people(exhibit.figures[0], of_events=counts != 'people'))}."
    elif counts != "entries" and known:
        least, most = (sentences.number(people) for people in (known[0], known[-1]))
        who = f" About {least if least == most else f'{least} to {most}'} people behind each figure shown."
    what = "".join(f"{pack.dimension_label(name)}. " for name in exhibit.line.dimensions)
    left_out = len(exhibit.series) - MOST_COLUMNS
    if left_out > 0:
        who += f" The last {MOST_COLUMNS} of {len(exhibit.series)} periods."
    if any(sentences.interval(figure) for figure in exhibit.figures):
        who += " In brackets the 95% interval."
    return f"{what}{when}.{who} Source: {', '.join(exports)}."


def _chart(slide, pack: Pack, exhibit: Exhibit, shown: tuple[Figure, ...]) -> None:
    is_series = bool(exhibit.series)
    data = CategoryChartData()
    names = [pack.axis_name(f) if is_series else pack.label(f) for f in shown]
    # What is withheld has no bar that could bear a label: its mark stands with its name.
    data.categories = [
        name if figure.value is not None else f"{name} {sentences.table_cell(figure)}"
        for name, figure in zip(names, shown, strict=True)
    ]
    data.add_series(exhibit.line.wording, [f.value for f in shown])
    kind = XL_CHART_TYPE.COLUMN_CLUSTERED if is_series else XL_CHART_TYPE.BAR_CLUSTERED
    place = (MARGIN, Cm(5.4), WIDE - 2 * MARGIN, Cm(10.4))
    frame = slide.shapes.add_chart(kind, *place, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", alternative(pack, exhibit))
    frame.name = exhibit.line.wording
    chart = frame.chart
    chart.has_legend, chart.has_title = False, False
    chart.font.size, chart.font.color.rgb = Pt(14), _colour(INK)
    chart.value_axis.visible = chart.value_axis.has_major_gridlines = False
    if not any((f.value or 0) < 0 for f in shown):
        chart.value_axis.minimum_scale = 0
    if any(sentences.interval(f) for f in shown):
        # Room for the interval beside the longest bar.
        chart.value_axis.maximum_scale = 1.4 * max((f.value or 0) for f in shown)
    chart.category_axis.format.line.color.rgb = _colour(MUTED)
    chart.category_axis.reverse_order = not is_series
    [plot] = chart.plots
    # A few bars are no blocks.
    plot.gap_width, plot.vary_by_categories = 45 if len(shown) > 5 else 110, False
    [series] = plot.series
    series.format.fill.solid()
    series.format.fill.fore_color.rgb = _colour(ACCENT)
    series.invert_if_negative = False
    for place_of, figure in enumerate(shown):
        frame_of = series.points[place_of].data_label.text_frame
        between = sentences.interval(figure)
        frame_of.text = f"{sentences.shown(figure)} ({between})" if between else sentences.shown(figure)
        frame_of.word_wrap = False
        series.points[place_of].data_label.position = XL_LABEL_POSITION.OUTSIDE_END


def _basis(deck, pack: Pack) -> None:
    slide = _headed(deck, pack, "What these figures rest on")
    lines = [
        rounding(pack),
        checks(pack),
        pack.moved,
        pack.publication.wording().get("star_acknowledgement", ""),
    ]
    _words(slide, MARGIN, Cm(4), WIDE - 2 * MARGIN, Cm(12), "\n\n".join(filter(None, lines)), 18, INK)
