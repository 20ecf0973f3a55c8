"""The load report's first lines: what to do next, and what of it is settled.

Whole reports stand in pipeline/test_warnings.py.
"""

from dataclasses import replace
from datetime import date, datetime

import pytest

from dagster_project.ingestion.load import FileReport
from dagster_project.reports.decisions import Decision
from dagster_project.reports.findings import Comparison, Finding
from dagster_project.reports.load_report import Built, load_report

DAY, NOON = date(2015, 5, 31), datetime.fromisoformat("2015-06-15T12:00")
NONE = FileReport("README.md", "refused", "the file name does not begin with the name of an export")
BAD = FileReport("referrals_2015-05-31.csv", "refused", "empty file", export="referrals")
WARNED = Finding(
    "0123456789ab", "not_recognised", "file_refused", None, "warn", "README.md", None, None,
    "Files that could not be read and were refused whole", "Mend it.", NONE.reason, False, None,
)  # fmt: skip
WARNED_BAD = replace(
    WARNED, finding_id="ba9876543210", export="referrals", file=BAD.file_name, detail=BAD.reason
)
ACCEPTED = Decision(WARNED.finding_id, "accepted", "no export", "A. Lead", NOON)

MEND = "- Mend the refused files and put them into the inbox again: referrals_2015-05-31.csv."
RENAME = "- Not recognised by name: README.md."
BEFORE = "- Refused before and not recognised by name: README.md: the file name"
REFUSED_BEFORE = "- Refused before and not yet replaced: referrals_2015-05-31.csv: empty file"
# Files of this refresh, warnings of the warehouse (None: it was not built), how its lines about them begin.
REPORTS = {
    "both refused now": ([NONE, BAD], [WARNED, WARNED_BAD], [MEND, RENAME]),
    "both refused before": ([], [WARNED, WARNED_BAD], [MEND, RENAME, BEFORE, REFUSED_BEFORE]),
    "no export, and accepted as such": ([], [replace(WARNED, accepted=ACCEPTED)], []),
    "accepted, though it was one": ([], [replace(WARNED_BAD, accepted=ACCEPTED)], []),
    "refused now, and the refresh stopped": ([NONE], None, [RENAME]),
}


def report(files: list[FileReport], warnings: list[Finding] | None) -> str:
    built = (
        None
        if warnings is None
        else Built(DAY, NOON, {}, (), (), (), {}, Comparison(tuple(warnings), (), is_compared=True))
    )
    return load_report(
        moment=NOON,
        outcome="served.",
        stopped=built is None,
        files=files,
        loads={},
        built=built,
        workbooks=[],
    )


@pytest.mark.parametrize("case", REPORTS)
def test_a_refused_file_is_told_until_it_is_replaced_or_accepted(case: str) -> None:
    files, warnings, expected = REPORTS[case]
    about = ("- Mend", "- Not recognised", "- Refused before")
    told = [line for line in report(files, warnings).splitlines() if line.startswith(about)]
    assert len(told) == len(expected)
    assert all(line.startswith(words) for line, words in zip(told, expected, strict=True))


def test_what_takes_a_file_off_the_list_is_a_command_to_copy() -> None:
    assert f"`flic warnings accept {WARNED.finding_id} --reason ... --by ...`" in report([NONE], [WARNED])
