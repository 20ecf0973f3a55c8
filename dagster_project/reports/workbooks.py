"""One workbook a team with what it has to correct at the source.

The same findings give the same bytes. Every cell that comes from data is text and can never become a formula.
"""

import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.ingestion.landing import ASIDE, written_whole
from dagster_project.ingestion.rejects import harmless
from dagster_project.reports.findings import Finding

# A workbook holds the moment of its making in several places; one that never changes stands in all of them.
MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - a zip knows no zone

COLUMNS = (
    ("file", 34), ("line", 8), ("column", 22), ("what is wrong", 48), ("what to do", 60), ("value", 20),
    ("status", 12), ("severity", 10), ("warning", 15),
)  # fmt: skip

SEVERITIES = {"reject": "rejected", "warn": "warning"}

HOW_TO_USE = (
    "Each sheet lists the rows of one export that your team corrects in its own system.",
    "Correct the record in the source system, not in this workbook: the next export brings it in.",
    "Severity `rejected`: the row is left out of all figures until it is corrected. `warning`: the row"
    " counts, and looks odd.",
    "Status `new`: not there before the last load. `persisting`: told before and still there. `first load`:"
    " nothing came before.",
    "File and line say where the record stands in the export (line 1 is the first line of the file). What is"
    " empty under `value` is left out because it could identify a person.",
    "If a warning is right as it is, tell the data lead its name in the column `warning`, and why.",
)

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(<)")


def write_workbooks(
    folder: Path,
    as_at: date,
    extracts: Mapping[str, date],
    teams: Mapping[str, str],
    findings: Iterable[Finding],
) -> list[Path]:
    """Write `<team>.xlsx` for each team with something to correct, and remove the workbooks of all others.

    `extracts` are the days of the current extracts by export, `teams` the teams by export. Warnings that were
    accepted are left out and counted on the first sheet. An unchanged workbook keeps its file.
    """
    by_team: dict[str, list[Finding]] = {}
    for finding in findings:
        # A file that nobody recognised belongs to no team, and the form of a file is the data lead's matter;
        # the load report has both.
        if finding.export in teams and finding.rule not in ("file_warning", "same_content"):
            by_team.setdefault(teams[finding.export], []).append(finding)
    due = {team: rows for team, rows in by_team.items() if not all(row.accepted for row in rows)}
    files = {team: folder / f"{name}.xlsx" for team, name in safe_names(set(teams.values())).items()}
    paths = {team: files[team] for team in due}
    # Only what this program wrote: somebody may keep a copy with notes here.
    for stale in [*(files[team] for team in files.keys() - due.keys()), *folder.glob(f"*{ASIDE}")]:
        stale.unlink(missing_ok=True)
    for team, path in paths.items():
        content = _workbook(team, as_at, extracts, due[team])
        if not path.exists() or path.read_bytes() != content:
            with written_whole(path) as file:
                file.write(content)
    return sorted(paths.values())


def safe_names(teams: Iterable[str]) -> dict[str, str]:
    """A file name for each team, of small letters, digits and underscores; no two alike."""
    names: dict[str, str] = {}
    for team in sorted(teams):
        plain = unicodedata.normalize("NFKD", team).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60]
        if not name or name in _RESERVED or name in names.values():
            name = f"{name or 'team'}_{hashlib.sha256(team.encode()).hexdigest()[:8]}"
        names[team] = name
    return names


def _workbook(team: str, as_at: date, extracts: Mapping[str, date], findings: Sequence[Finding]) -> bytes:
    book = Workbook()
    about = book.active
    assert isinstance(about, Worksheet)
    about.title = "Read me"
    exports = sorted({finding.export for finding in findings if not finding.accepted})
    accepted = sum(finding.accepted is not None for finding in findings)
    lines: list[tuple[str, ...]] = [
        (f"What to correct at the source: {team}",),
        (f"As at {as_at.isoformat()}",),
        (),
        *((text,) for text in HOW_TO_USE),
        (),
        ("export", "extract of", "to correct", "of these new"),
    ]
    for export in exports:
        rows = [finding for finding in findings if finding.export == export and not finding.accepted]
        day = extracts[export].isoformat() if export in extracts else "never loaded"
        lines.append((export, day, str(len(rows)), str(sum(finding.is_new is True for finding in rows))))
    if accepted:
        lines += [(), (f"Accepted as right by the data lead, and not listed: {accepted}.",)]
    for number, line in enumerate(lines, 1):
        for column, text in enumerate(line, 1):
            cell = _text(about, number, column, text)
            # Sentences run over the columns to their right; the others are a small table.
            cell.alignment = Alignment(vertical="top", wrap_text=False)
            cell.font = Font(bold=number == 1 or line[0] == "export", size=14 if number == 1 else 11)
    for letter, width in zip("ABCD", (30, 16, 14, 14), strict=True):
        about.column_dimensions[letter].width = width
    _for_paper(about)
    for export in exports:
        _sheet(book, export, [row for row in findings if row.export == export and not row.accepted])
    book.properties.creator = "flic"
    book.properties.created = MADE
    raw = io.BytesIO()
    book.save(raw)
    return _timeless(raw)


def _sheet(book: Workbook, export: str, findings: Sequence[Finding]) -> None:
    sheet = book.create_sheet(export[:31])
    for column, (name, width) in enumerate(COLUMNS, 1):
        cell = _text(sheet, 1, column, name)
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for number, finding in enumerate(findings, 2):
        wrong = f"{finding.wording}: {finding.detail}" if finding.detail else finding.wording
        name = finding.finding_id if finding.severity == "warn" else None
        row = (
            finding.file, finding.line, finding.column, wrong, finding.guidance, finding.value,
            finding.status, SEVERITIES[finding.severity], name,
        )  # fmt: skip
        for column, value in enumerate(row, 1):
            if isinstance(value, int):
                sheet.cell(number, column, value).alignment = Alignment(vertical="top")
            elif value is not None:
                _text(sheet, number, column, value)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.print_title_rows = "1:1"
    _for_paper(sheet)


def _text(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """A cell whose content is text, whatever it looks like."""
    printable = "".join(sign if sign.isprintable() or sign in "\t\r\n" else "\ufffd" for sign in text)
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    # The apostrophe stays when somebody saves the sheet as CSV; type and format keep it text in here.
    cell.value = str(harmless(printable))
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def _for_paper(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _timeless(raw: io.BytesIO) -> bytes:
    """The same workbook without the moment of its making."""
    result = io.BytesIO()
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as timeless:
        for entry in made.infolist():
            content = made.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _MODIFIED.sub(
                    rb"\g<1>" + f"{MADE:%Y-%m-%dT%H:%M:%SZ}".encode() + rb"\g<2>", content
                )
            plain = zipfile.ZipInfo(entry.filename, (MADE.year, 1, 1, 0, 0, 0))
            plain.compress_type = zipfile.ZIP_DEFLATED
            timeless.writestr(plain, content)
    return result.getvalue()
