"""What lies in the inbox: which files may be taken, what a file's name says, and what its bytes really are.

Rows and columns are not known here.
"""

import codecs
import hashlib
import os
import re
import stat
import time
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dagster_project.ingestion.contracts import plain_name
from dagster_project.settings import Settings

SETTLED_SECONDS = 2.0
CHUNK = 1 << 20

# Hostile workbooks are small and unpack to gigabytes. (How large one may be stands in the settings.)
MAX_UNPACKED_BYTES = 250 * CHUNK
MAX_ENTRIES = 2_000
# Real sheets pack 5 to 40 times smaller; the ratio is asked only of what is large enough to hurt.
MAX_RATIO = 100
RATIO_MATTERS_BYTES = 20 * CHUNK

_TEXT_SUFFIXES = {".csv", ".tsv", ".txt"}
_WORKBOOK_SUFFIX = ".xlsx"

_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh91AY", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "a rich text document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
)
_DIRECTORY_BYTES = 50 * CHUNK  # wherever in an old document its directory stands
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_BLANK = b" \t\r\n\0\xef\xbb\xbf\xff\xfe"
_MARKUP = (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta", b"<body", b"<div")

# A time of day may follow (`20150531_2315`, `20150531231500`).
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?=(?:\d{4}|\d{6})?(?!\d))")
_DAY_FIRST = re.compile(r"(?<!\d)\d{1,2}([-_. ])\d{1,2}\1(?:\d\d)?\d\d(?!\d)")
_DAY_FIRST_TOGETHER = re.compile(r"(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d(?!\d)")
_REVISION = re.compile(r"(?<![a-z0-9])v(\d{1,3})(?![a-z0-9])")

_TEMPORARY = "its name marks it as temporary"

_NOT_ASCII = bytes(range(0x80, 0x100))
_VALID_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
# Accented letters, the pound sign, curly quotation marks and the euro in UTF-8. Nobody writes what they are
# in Windows-1252, while a capital letter and a curly apostrophe there may well make another UTF-8 sequence.
_USUAL_UTF8 = re.compile(rb"\xc3[\x80-\xbf]|\xc2[\xa0-\xbf]|\xe2\x80[\x93-\xa6]|\xe2\x82\xac")
# The same, read as Windows-1252 and written as UTF-8 again; and the sign for a letter that was lost.
_MISREAD = re.compile(rb"\xc3\x83\xc2[\x80-\xbf]|\xc3\x82\xc2[\xa0-\xbf]|\xc3\xa2\xe2\x82\xac|\xef\xbf\xbd")


class FileRefusedError(Exception):
    """The file cannot be taken; the message says why, where and what to do, and never quotes a value."""

    rows_in_file: int | None = None
    """Its rows, where they could be counted."""
    rows_skipped: int = 0
    was_read: bool = False
    """Whether its rows were read, as far as they could be told apart."""


class FileLeftError(Exception):
    """The file stays in the inbox for the next run; the message says why."""


@dataclass(frozen=True)
class InboxFile:
    """A plain file in the inbox, as it was when we looked."""

    path: Path
    size: int
    modified_ns: int
    inode: int

    @property
    def name(self) -> str:
        """Its name, fit for a log line and a text column."""
        return printable(self.path.name)


@dataclass(frozen=True)
class Fingerprint:
    """What one pass over the bytes tells. `encoding` is None where the bytes cannot be text."""

    sha256: str
    size: int
    head: bytes
    encoding: str | None
    encoding_fault: str | None
    misread_line: int | None
    """The first line of UTF-8 text with letters that were lost or wrongly read before the file came."""


@dataclass(frozen=True)
class NameParts:
    """What a file's name says."""

    export: str | None
    extract_date: date | None
    revision: int


def printable(name: str) -> str:
    """A file name without control characters and without bytes that are no text."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def look_at(inbox: Path) -> tuple[list[InboxFile], list[tuple[Path, str]]]:
    """The plain files of the inbox sorted by name, and all else with the reason why it is passed over."""
    files: list[InboxFile] = []
    passed_over: list[tuple[Path, str]] = []
    for path in sorted(inbox.iterdir(), key=lambda path: path.name) if inbox.is_dir() else []:
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        if path.name.startswith((".", "~$")) or path.suffix.lower() in (".part", ".tmp"):
            passed_over.append((path, _TEMPORARY))
        elif not stat.S_ISREG(status.st_mode):
            kind = "link" if stat.S_ISLNK(status.st_mode) else "folder" if path.is_dir() else "special file"
            passed_over.append(
                (path, f"it is a {kind}, not a plain file: put the export itself into the inbox")
            )
        else:
            files.append(InboxFile(path, status.st_size, status.st_mtime_ns, status.st_ino))
    return files, passed_over


def waiting_files(settings: Settings) -> list[InboxFile]:
    """The files that the next refresh would look at, sorted by name."""
    return look_at(settings.inbox)[0]


def not_takeable(settings: Settings) -> list[tuple[str, str]]:
    """The names of what no refresh will take, with the reason; files still under way are none of them."""
    return [
        (printable(path.name), reason) for path, reason in look_at(settings.inbox)[1] if reason != _TEMPORARY
    ]


def still_being_written(files: Iterable[InboxFile]) -> set[Path]:
    """Those of the files that changed within the last two seconds and change again while we watch."""
    settled_before = time.time_ns() - int(SETTLED_SECONDS * 1e9)
    fresh = [file for file in files if file.modified_ns > settled_before]
    if not fresh:
        return set()
    time.sleep(SETTLED_SECONDS / 2)
    growing = set()
    for file in fresh:
        try:
            now = file.path.lstat()
        except FileNotFoundError:
            continue
        if (now.st_size, now.st_mtime_ns) != (file.size, file.modified_ns):
            growing.add(file.path)
    return growing


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file to read, never following a link and never waiting for a pipe's other end."""
    flags = (
        os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    try:
        file = os.fdopen(os.open(path, flags), "rb")
    except FileNotFoundError:
        raise FileLeftError("it was taken away before it could be read") from None
    except PermissionError:
        raise FileLeftError("it cannot be read: give this account the right to read it") from None
    except OSError:
        raise FileLeftError("it cannot be opened: put the export itself into the inbox") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileLeftError("it is not a plain file: put the export itself into the inbox")
    return file


def fingerprint(file: BinaryIO) -> Fingerprint:
    """Read every byte once: SHA-256, size, and the encoding that the text must have."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = lines = several = alone = 0
    first_fault: int | None = None
    misread_line: int | None = None
    has_usual_utf8 = False
    has_nul = False
    head = b""
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        head = head or chunk[:4096]
        has_nul = has_nul or b"\0" in chunk
        if first_fault is None:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                # `start` counts from the few bytes that the decoder kept of the chunk before.
                first_fault = lines + 1 + chunk.count(b"\n", 0, max(error.start, 0))
        if not chunk.isascii():
            valid = _VALID_UTF8_SEQUENCE.findall(chunk)
            several += len(valid)
            alone += len(chunk) - len(chunk.translate(None, _NOT_ASCII)) - sum(map(len, valid))
            has_usual_utf8 = has_usual_utf8 or _USUAL_UTF8.search(chunk) is not None
            if misread_line is None and (misread := _MISREAD.search(chunk)):
                misread_line = lines + 1 + chunk.count(b"\n", 0, misread.start())
        # `count` takes thrice as long.
        lines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord("\n")))
        size += len(chunk)
    if first_fault is None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            first_fault = lines + 1
    is_damaged_utf8 = has_usual_utf8 or several > alone
    encoding, fault = _encoding(head, has_nul, first_fault, is_damaged_utf8)
    if encoding not in ("utf-8", "utf-8-sig"):
        misread_line = None
    return Fingerprint(digest.hexdigest(), size, head, encoding, fault, misread_line)


def _encoding(
    head: bytes, has_nul: bool, first_fault: int | None, is_damaged_utf8: bool
) -> tuple[str | None, str | None]:
    """The encoding, or why there is none: strict UTF-8, UTF-16 by its mark, else Windows-1252."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", None
    if has_nul:
        return None, "the file holds NUL characters: it is no text in UTF-8, Windows-1252 or marked UTF-16"
    has_mark = head.startswith(codecs.BOM_UTF8)
    if first_fault is None:
        return ("utf-8-sig" if has_mark else "utf-8"), None
    if has_mark or is_damaged_utf8:
        # Read as Windows-1252 every other accented letter of the file would turn into two wrong ones.
        return None, (
            f"the text is UTF-8 but damaged in line {first_fault}, or put together from two encodings: "
            "export the file again"
        )
    return "cp1252", None


def parts_of_name(name: str, exports: Mapping[str, str], today: date) -> NameParts:
    """Which export, day and revision a file's name states.

    `exports` names the export for each beginning of a name (`plain_name`); the longest that fits counts.
    `today` is the London day of arrival, which an extract date cannot follow. Raises `FileRefusedError`
    for a date that is none, lies ahead, or stands beside another.
    """
    plain = plain_name(name)
    known = max((beginning for beginning in exports if plain.startswith(beginning)), key=len, default=None)
    is_day_first = _DAY_FIRST.search(name) or _DAY_FIRST_TOGETHER.search(name)
    if not _DATE.search(name) and is_day_first:
        raise FileRefusedError("the file name holds a date with the day first: write it as YYYY-MM-DD")
    dates = set()
    for year, _, month, day in _DATE.findall(name):
        try:
            dates.add(date(int(year), int(month), int(day)))
        except ValueError:
            raise FileRefusedError(
                "the date in the file name is no day of the calendar: write it as YYYY-MM-DD"
            ) from None
    if len(dates) > 1:
        raise FileRefusedError("the file name holds two dates: keep the day that the extract describes")
    if dates and max(dates) > today:
        raise FileRefusedError("the date in the file name lies after the day of arrival: correct the name")
    revision = _REVISION.search(plain.replace("_", " "))
    return NameParts(
        export=exports[known] if known else None,
        extract_date=dates.pop() if dates else None,
        revision=int(revision[1]) if revision else 1,
    )


def kind_of_file(name: str, mark: Fingerprint, file: BinaryIO, max_workbook_bytes: int) -> str:
    """`csv` or `xlsx`, where the ending and the bytes agree; `FileRefusedError` names what it really is."""
    if mark.size == 0 or not mark.head.strip(_BLANK):
        raise FileRefusedError("empty file: nothing is concluded from it; export it again")
    found = _kind_of_bytes(name, mark, file, max_workbook_bytes)
    suffix = Path(name).suffix.lower()
    if found == "csv" and suffix in _TEXT_SUFFIXES:
        return "csv"
    if found == "xlsx" and suffix == _WORKBOOK_SUFFIX:
        return "xlsx"
    if found == "csv":
        found = "plain text"
    elif found == "xlsx":
        found = "an Excel workbook (.xlsx)"
    raise FileRefusedError(
        f"the file is really {found}: save it as CSV (.csv) or as an Excel workbook (.xlsx)"
    )


def is_plain_text(name: str, mark: Fingerprint, file: BinaryIO) -> bool:
    """Whether the bytes are text whose rows can be counted, whatever the file is called."""
    if mark.encoding is None or not mark.head.strip(_BLANK) or mark.head.startswith(_ZIP):
        return False
    return _kind_of_bytes(name, mark, file, 0) == "csv"


def _kind_of_bytes(name: str, mark: Fingerprint, file: BinaryIO, max_workbook_bytes: int) -> str:
    head = mark.head
    if head.startswith(_ZIP):
        return _kind_of_zip(mark, file, max_workbook_bytes)
    if head.startswith(_OLD_OFFICE):
        return _kind_of_old_office(file)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[257:262] == b"ustar":
        return "a tar archive"
    # The marks of UTF-8 and UTF-16 and the zeros of UTF-16 stand between us and the first sign.
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith(b"<?xml") and b"schemas-microsoft-com:office:spreadsheet" in start:
        return "an XML spreadsheet of Excel 2003"
    if start.startswith(_MARKUP) or (start.startswith(b"<?xml") and b"<html" in start):
        return "an HTML page"
    if start.startswith(b"<?xml"):
        return "an XML document"
    # Text that is damaged is still meant as text; `read_csv` says what is wrong with it.
    return "csv" if mark.encoding or Path(name).suffix.lower() in _TEXT_SUFFIXES else "a binary file"


def _kind_of_zip(mark: Fingerprint, file: BinaryIO, max_workbook_bytes: int) -> str:
    if mark.size > max_workbook_bytes:
        raise FileRefusedError(
            f"the workbook has {mark.size / CHUNK:.1f} MB and at most {max_workbook_bytes / CHUNK:.0f} are "
            "read (FLIC_MAX_WORKBOOK_MB): export it as CSV, which may be of any length"
        )
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise FileRefusedError("the file is a damaged zip archive or workbook: export it again") from None
    names = [entry.filename.lower() for entry in entries]
    if any(name.endswith("vbaproject.bin") for name in names):
        return "a workbook with macros (.xlsm)"
    if "xl/workbook.bin" in names:
        return "a binary workbook (.xlsb)"
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        return _kind_of_other_zip(names)
    if len(set(names)) < len(names):
        raise FileRefusedError("the workbook holds a part twice: open it in Excel and save it anew")
    if any(entry.flag_bits & 1 for entry in entries):
        return "an encrypted workbook (with a password)"
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED_BYTES
        or (unpacked > RATIO_MATTERS_BYTES and unpacked > MAX_RATIO * mark.size)
    ):
        raise FileRefusedError(
            f"the workbook unpacks to {unpacked / CHUNK:.0f} MB in {len(entries)} parts, more than a real "
            "one does: delete empty formatted rows and pictures, or export it as CSV"
        )
    return "xlsx"


def _kind_of_other_zip(names: list[str]) -> str:
    if "[content_types].xml" in names:
        return "a Word document" if any(name.startswith("word/") for name in names) else "an Office document"
    if "mimetype" in names and "content.xml" in names:
        return "an OpenDocument file"
    return "a zip archive"


def _kind_of_old_office(file: BinaryIO) -> str:
    """Tell an encrypted new workbook from an old one by the names in its directory."""
    file.seek(0)
    start = file.read(_DIRECTORY_BYTES)
    if "EncryptedPackage".encode("utf-16-le") in start:
        return "an encrypted workbook (with a password)"
    if "WordDocument".encode("utf-16-le") in start:
        return "an old Word document (.doc)"
    return "an old Excel workbook (.xls)"
