"""Makes the example exports: SYNTHETIC records of people who never lived, in the mess of real systems.

    python -m tests.example_programme.make [FOLDER [LISTS_FOLDER]]

Writes every export and the README into FOLDER (default `tests/example_inbox`), and into LISTS_FOLDER the
lists of rows and cells that must not load (default `tests/expected`; when only FOLDER is given, no lists are
written). Seeded: the same program writes the same bytes, workbooks included.

The story stands in `story` (the heart) and `practice` (what the staff record besides), the form of each file
in `forms`, the planted faults in `faults` and `practice_faults`. No figure that the product must give
stands in this package; that is counted in `tests/expected`.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from tests.example_programme.columns import AREAS, COLUMNS, HEART, LONG_STARS, PRACTICE
from tests.example_programme.faults import Fault, plant, wrongly_closed
from tests.example_programme.forms import (
    FORMS,
    LONG_STARS_FORM,
    PRACTICE_SPELLINGS,
    SPELLINGS,
    WORDS,
    csv_bytes,
    header_of,
    lay_out,
    lines_of,
    xlsx_bytes,
)
from tests.example_programme.practice import Practice
from tests.example_programme.practice_faults import Planting, plant_practice
from tests.example_programme.story import EXTRACT_DAYS, SEED, Story

DELTAS = ("contacts",)


def make(seed: int = SEED) -> tuple[dict[str, bytes], list[Fault], list[tuple[str, int, str]]]:
    """All files by name, the lines that must not load, the cells (file, line, column) that load as blanks."""
    story = Story(seed)
    practice = Practice(story)
    files: dict[str, bytes] = {}
    faults: list[Fault] = []
    blanked: list[tuple[str, int, str]] = []
    for export, forms in FORMS.items():
        assert export in PRACTICE or list(forms) == [day.isoformat() for day in EXTRACT_DAYS]
        for day, form in forms.items():
            words = set(form.split())
            assert words <= set(WORDS), words - set(WORDS)
            ending = ".xlsx" if "xlsx" in words else ".csv"
            if export in PRACTICE:
                name = f"{export}_{day}{ending}"
                rows = practice.extract(
                    export, date.fromisoformat(day), since(day) if export in DELTAS else None
                )
                put(files, faults, blanked, export, name, words, plant_practice(export, day, rows))
                continue
            rows = story.extract(export, date.fromisoformat(day))
            planted = plant(story, export, day, rows)
            versions = {f"{export}_{day}{ending}": rows}
            if (export, day) == ("caseload", "2015-12-31"):
                versions = {
                    f"{export}_{day}{ending}": wrongly_closed(rows),
                    f"{export}_{day}_v2{ending}": rows,
                }
            for name, shown in versions.items():
                sheet = lay_out(export, day, words, shown)
                files[name] = xlsx_bytes(sheet, words) if "xlsx" in words else csv_bytes(sheet, words)
                numbers = lines_of(sheet)[1]
                faults += [Fault(name, numbers[index], reason, text) for index, reason, text in planted]
                rejected = {index for index, reason, _ in planted}
                if export == "outcome_stars":
                    blanked += [
                        (name, numbers[index], area)
                        for index, row in enumerate(shown)
                        for area in AREAS
                        if row.get(area) in (0, 11, "5.5") and index not in rejected
                    ]
    day, form = LONG_STARS_FORM
    planting = plant_practice("outcome_stars", day, practice.long_stars(date.fromisoformat(day)))
    put(files, faults, blanked, "outcome_stars", f"outcome_stars_{day}_v2.csv", set(form.split()), planting)
    files["README.md"] = readme(files, faults, blanked).encode()
    return files, faults, blanked


def since(day: str) -> date:
    """The extract day before, from which an export of changes goes on."""
    earlier = [other for other in EXTRACT_DAYS if other.isoformat() < day]
    return max(earlier, default=date(2014, 1, 1))


def put(
    files: dict[str, bytes], faults: list[Fault], blanked: list[tuple[str, int, str]], export: str, name: str,
    words: set[str], planting: Planting,
) -> None:  # fmt: skip
    """Adds one file with its faulty lines and emptied cells, in the order of its lines."""
    sheet = lay_out(export, name.split(".")[0].removesuffix("_v2").rsplit("_", 1)[1], words, planting.rows)
    files[name] = xlsx_bytes(sheet, words) if "xlsx" in words else csv_bytes(sheet, words)
    line = {id(row): number for row, number in zip(planting.rows, lines_of(sheet)[1], strict=True)}
    found = [Fault(name, line[id(row)], reason, text) for row, reason, text in planting.found]
    faults += sorted(found, key=lambda fault: (fault.line, fault.reason_class))
    blanked += sorted((name, line[id(row)], column) for row, column in planting.emptied)


def readme(files: dict[str, bytes], faults: list[Fault], blanked: list[tuple[str, int, str]]) -> str:
    """The README of the folder: what it is, the rules, the mess by file, the lines that must not load."""
    mess = []
    for name in files:
        export, day = name.rsplit(".", 1)[0].removesuffix("_v2").rsplit("_", 1)
        form = (
            LONG_STARS_FORM[1] if name == f"outcome_stars_{LONG_STARS_FORM[0]}_v2.csv" else FORMS[export][day]
        )
        said = "; ".join(WORDS[word] for word in form.split())
        if name == "caseload_2015-12-31.csv":
            said += "; **wrong**: a closure stands on another client's row"
        if name == "caseload_2015-12-31_v2.csv":
            said += "; puts the original right"
        mess.append(f"| `{name}` | {said} |")
    listed = [f"| `{f.file}` | {f.line} | {f.reason_class} | {f.words} |" for f in faults]
    spelled: list[str] = []
    for kind in (
        "yes_no",
        "borough",
        "decision",
        "destination",
        "sex",
        "ethnicity",
        "referrer_sector",
        "accommodation_at_start",
        "star_version",
        "completed_by",
        "status",
        "category",
    ):
        every: dict[str, list[str]] = {}
        for tables in SPELLINGS.values():
            for value, found in tables.get(kind, {}).items():
                names = [found] if isinstance(found, str) else found
                every.setdefault(value, []).extend(n.strip() for n in names if plain_word(n) != value)
        spelled += [
            f"| {kind} | {value} | {', '.join(dict.fromkeys(names))} |"
            for value, names in every.items()
            if names
        ]
    for export, columns in PRACTICE_SPELLINGS.items():
        for column, values in columns.items():
            for value, found in values.items():
                names = [found] if isinstance(found, str) else found
                spelled.append(f"| {export}.{column} | {value} | {', '.join(names)} |")
    aliases = [f"| {export} | `{column}` | {', '.join(found)} |" for export, column, found in alias_list()]
    return README.format(
        heart=sum(name.startswith(tuple(HEART)) for name in files),
        others=sum(name.startswith(tuple(PRACTICE)) for name in files),
        mess="\n".join(mess),
        faults="\n".join(listed),
        blanked=len(blanked),
        aliases="\n".join(aliases),
        spellings="\n".join(spelled),
    )


def plain_word(text: str) -> str:
    """A spelling as a code: lower case, underscores."""
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def alias_list() -> list[tuple[str, str, list[str]]]:
    """(export, column, headers) for each column that some file names otherwise than its canonical name."""
    plain = str.maketrans("", "", " _-")
    found = []
    for export, columns in COLUMNS.items():
        more = [column for column in LONG_STARS if column not in columns] if export == "outcome_stars" else []
        for column in columns + more:
            names = [header_of(export, column, form) for form in ("letters", "council")]
            other = [n for n in dict.fromkeys(names) if n.lower().translate(plain) != column.translate(plain)]
            if other:
                found.append((export, column, other))
    return found


README = """# Example exports: SYNTHETIC

Every record here is made up by `tests/example_programme/` from a fixed seed. No person, worker or
agency in it exists. Do not edit the files: change the generator and run

    python -m tests.example_programme.make

which writes this folder again, byte for byte the same when nothing changed, and the lists
`tests/expected/known_rejects.csv` and `tests/expected/known_blanked_cells.csv`.

## What is here
{heart} full extracts of `referrals`, `caseload`, `outcome_stars` and `personal_budget`, the heart, at each
quarter end from 30 September 2014 to 31 March 2018 and at 31 May 2015, the day of the worked example of
the specification. Each later extract holds the whole history as the system then knew it: late entries,
corrections, drafts that were approved. {others} extracts of the thirteen other exports at a few of these days
(`contacts` at all). `contacts` sends changes only: what was entered or changed since the extract
before, and its last fortnight once more.

As at 31 May 2015, whether or not later extracts are known: 165 referrals received, 88 people started, 2
ended (both "no longer requires support"), 86 open, 77 referrals with another status. Two decisions of
late May were recorded in June, so the split of the 77 is restated; the 77 is not. One referral of
November 2014 never had any word.

## Rules that the files keep
- Decisions: accepted, not_eligible, declined_by_client, withdrawn, signposted, duplicate, not_stated;
  pending or blank means awaiting. At as-at day D a decision dated after D counts as awaiting; a decision
  without a date counts from the day of receipt; a decision date (on or before D) without a decision is
  not_stated; "Not stated" and "N/K" are not_stated.
- Destinations: no_longer_requires_support (DEST 2, moved on), disengaged (DEST 3, lost contact), died,
  and prison, moved_out_of_area, other_support and other, which the cohort counts as other. An end whose
  reason is not yet recorded counts as other.
- Spellings differ in case, spaces and hyphens, and as listed below.
- Client references are text: `FLIC-0001`, or six digits whose leading zeros belong to them.
- Missing: blank, and in some files 01/01/1900 (acknowledged, feedback, first contact and consent dates),
  31/12/9999 (end date), 999 (birth year, star areas).
- Star versions: Homelessness Star and, for a few people, one later Recovery Star.
- Everyone who started has four of the five needs or a recorded `eligibility_override_reason`.
- One person is in the caseload without a referral; three episodes lack their `referral_id` though the
  client has one.
- The other exports hang together with the heart: assignments are the caseload's workers, contacts and
  assessments lie within an episode and come once referrals or caseload know the client. Two things the
  caseload does not show: a cover lead in the first weeks of a few episodes, and the hand-over of LW03's open
  cases to LW10 on 12 March 2018.
- `outcome_stars_2018-03-31_v2.csv` is the Star's new system: the readings of the file before it in the
  **long** form, one row an area, without areas that have no score, and the first six Home Stars.
- `client_links`: two references of one person each, found among the people of the heart; the second
  reference came after the first had ended. FLIC-0084 is FLIC-0222 from 4 July 2016; FLIC-0017 is 006586 from
  3 October 2016 and 006586 is FLIC-0266 from 13 March 2017 (a chain); FLIC-0077 is FLIC-0345 from
  20 November 2017. A fifth link, FLIC-0067 and FLIC-0289, was a mistake: it stands in the extract of March
  2017 and is gone from the next.
- As at 31 May 2015: nine link workers with a whole post each, seconded until about mid-2016 (put right to
  mid-2018 in July 2016), 14 peer mentors and their coordinator, manager, deputy, accommodation worker, data
  and research lead; the sleeping-bag change (`SC-001`); three hypotheses of cycle 1.
- In `service_use` a blank count is not known, never none. `accommodation` totals 100 or less.
- Also gone from the last extract: an assessment, a count of service use, a voucher, and the budget line
  Contingency from January 2016 on.
- Two keys of the heart vanish: a referral from the extract of 2017-03-31 on, a requested budget line from
  2016-12-31 on.
- A stated record count is the number of data rows in the file, faulty ones included.

## Mess by file
| file | form |
| --- | --- |
{mess}

## Lines that must not load
`exact_duplicate` counts as duplicate; all others are rejected. A row that is right in the next extract
loads from there.

| file | line | reason | what |
| --- | --- | --- | --- |
{faults}

{blanked} cells are emptied and listed while their row stays (`tests/expected/known_blanked_cells.csv`): star
areas of 0, 11 or 5.5, items of an assessment that its scale does not have, codes and texts that are too
long, and words on no list where the contract says "not known". In the Star's long form the row of such an
area is rejected; the other areas of the reading stay.

## Headers other than the canonical names
Case, spaces, underscores and hyphens do not matter.

| export | column | headers |
| --- | --- | --- |
{aliases}

## Spellings other than the canonical values
Besides these, words stand for codes (`Rough sleeping` for `rough_sleeping`), in any case and with
trailing spaces.

| column | value | spellings |
| --- | --- | --- |
{spellings}
"""


def write_lists(folder: Path, faults: list[Fault], blanked: list[tuple[str, int, str]]) -> None:
    """Writes known_rejects.csv and known_blanked_cells.csv into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rejects = "".join(f"{f.file},{f.line},{f.reason_class}\n" for f in faults)
    (folder / "known_rejects.csv").write_bytes(("file,line,reason_class\n" + rejects).encode())
    cells = "".join(f"{file},{line},{column}\n" for file, line, column in blanked)
    (folder / "known_blanked_cells.csv").write_bytes(("file,line,column_name\n" + cells).encode())


def main(arguments: list[str]) -> None:
    """Writes the folder (and the lists); files of an earlier run that are no longer made are removed."""
    here = Path(__file__).parents[1]
    folder = Path(arguments[0]) if arguments else here / "example_inbox"
    lists = Path(arguments[1]) if len(arguments) > 1 else None if arguments else here / "expected"
    files, faults, blanked = make()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in files and old.name.startswith(tuple(COLUMNS)):
            old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if lists is not None:
        write_lists(lists, faults, blanked)
    print(f"{len(files) - 1} exports, {sum(map(len, files.values())) / 1e6:.1f} MB, in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
