"""Another programme with another system is brought in by seeds alone (the profile `changing_futures`).

The partner system is made up. Here the example exports are written as it would send them, by means of the
independent recount's reading of them; no seed says what to write.
"""

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from dagster_project.ingestion.contracts import load_contracts, normal_header
from dagster_project.ingestion.load import CONTRACT
from tests.expected import recount
from tests.pipeline.programme import ROOT, Programme, emptied, example_files

DAYS = ("2014-12-31", "2015-05-31")

# What the system calls each column, in its own order; and how it writes what the words of ours mean.
SYSTEM_HEADERS = {
    "referrals": {
        "borough": "Town Hall", "received_date": "Enquiry Logged On", "client_id": "SU Number",
        "referral_id": "Enquiry Key", "referrer_agency": "Sent In By", "referrer_sector": "Sender Kind",
        "need_domestic_abuse": "Harm At Home", "need_mental_health": "Mind",
        "need_substance_misuse": "Drink or Drugs",
        "need_criminal_justice": "Courts", "need_supported_housing": "Roof",
        "acknowledged_date": "Replied On",
        "decision_date": "Panel Sat On", "decision": "Panel Verdict", "feedback_date": "Sender Told On",
    },
    "caseload": {
        "client_id": "SU Number", "episode_id": "Spell Key", "end_date": "Closed On",
        "destination": "Closing Code",
        "start_date": "Opened On", "referral_id": "From Enquiry", "allocated_date": "Worker Given On",
        "first_contact_date": "First Met On", "lead_worker_id": "Staff A", "second_worker_id": "Staff B",
        "third_worker_id": "Staff C", "borough": "Town Hall", "birth_year": "Born In", "sex": "M/F",
        "ethnicity": "Heritage", "accommodation_at_start": "Slept At", "consent": "Sharing OK",
        "consent_date": "Sharing Asked On", "eligibility_override_reason": "Waiver",
    },
    "outcome_stars": {
        "completed_date": "Scored On", "client_id": "SU Number", "star_version": "Tool",
        **{f"area_{number}": f"Step {number}" for number in range(1, 11)},
        "completed_by": "Scored With", "status": "Signed Off",
    },
    "personal_budget": {
        "line_id": "Voucher", "client_id": "SU Number", "amount": "Pounds", "category": "Bought",
        "status": "Stage",
        "requested_date": "Asked On", "agreed_date": "Granted On", "paid_date": "Handed Over On",
        "outcome_agreed": "Aim",
    },
}  # fmt: skip
# The fifth need is another one there. It carries our answers on the fifth, so that figures stay comparable.
CARRIED = {"need_domestic_abuse": "need_primary_health_care"}
THEIR_NEEDS = {
    "homelessness": "supported_housing", "offending": "criminal_justice",
    "drug_and_alcohol_misuse": "substance_misuse", "mental_ill_health": "mental_health",
    "domestic_abuse": "primary_health_care",
}  # fmt: skip
ANSWERS = {"yes": "Y", "no": "N", "unknown": "?"}
SYSTEM_CODES: dict[tuple[str, str], tuple[dict[str, str], dict[str, str]]] = {
    ("referrals", "borough"): (recount.BOROUGHS, {"islington": "N1", "camden": "NW1"}),
    ("referrals", "referrer_sector"): (
        recount.SECTORS,
        {"housing": "Landlord", "health": "Surgery", "mental_health": "Psychiatry",
         "substance_misuse": "Detox",
         "criminal_justice": "Bench", "social_care": "Town hall", "voluntary": "Charity shop",
         "outreach": "Van",
         "self_referral": "Walked in", "other": "Else", "not_known": "No idea"},
    ),
    ("referrals", "decision"): (
        recount.DECISIONS,
        {"accepted": "Taken on", "not_eligible": "Too few", "declined_by_client": "SU said no",
         "withdrawn": "Pulled", "signposted": "Sent on", "duplicate": "Twice", "pending": "Undecided",
         "not_stated": "Lost"},
    ),
    **{("referrals", f"need_{need}"): (recount.ANSWERS, ANSWERS) for need in recount.NEEDS},
    ("caseload", "borough"): (recount.BOROUGHS, {"islington": "N1", "camden": "NW1"}),
    ("caseload", "destination"): (
        recount.ENDED_AS, {"moved_on": "C1", "lost_contact": "C2", "died": "C3", "other": "C9"},
    ),
    ("caseload", "sex"): (
        recount.SEXES, {"female": "She", "male": "He", "other": "They", "not_known": "Left blank"},
    ),
    ("caseload", "ethnicity"): (
        recount.GROUPS,
        {"white": "H1", "mixed": "H2", "asian": "H3", "black": "H4", "other": "H5", "not_known": "H0"},
    ),
    ("caseload", "accommodation_at_start"): (
        recount.table(
            "rough: NFA, rough sleeping; hostel; supported housing; temporary accommodation: TA, B&B;"
            "private rented: PRS; social tenancy: council tenancy, own tenancy;"
            "family or friends: sofa surfing; prison; hospital; other; not known: n/k"
        ),
        {"rough": "Outside", "hostel": "Shared house", "supported housing": "Staffed flat",
         "temporary accommodation": "Stopgap", "private rented": "Landlord flat",
         "social tenancy": "Town hall flat", "family or friends": "Sofa", "prison": "Jail",
         "hospital": "Ward",
         "other": "Else", "not known": "No idea"},
    ),
    ("caseload", "consent"): (
        recount.table("yes: y; no: n; not asked"), {"yes": "Y", "no": "N", "not asked": "Later"},
    ),
    ("outcome_stars", "star_version"): (
        recount.VERSIONS, {"homelessness_star": "OS-H", "recovery_star": "OS-R"},
    ),
    ("outcome_stars", "completed_by"): (
        recount.PEOPLE_WHO_SCORE, {"together": "Both", "worker": "Staff", "client": "SU"},
    ),
    ("outcome_stars", "status"): (recount.STAR_STATES, {"approved": "Y", "draft": "N"}),
    ("personal_budget", "status"): (
        recount.LINE_STATES,
        {"requested": "Asked", "agreed": "Granted", "paid": "Handed over", "refused": "Turned down",
         "refunded": "Handed back"},
    ),
    ("personal_budget", "category"): (
        recount.CATEGORIES,
        {"rent_and_deposit": "B1", "furniture_and_household": "B2", "clothing": "B3", "phone": "B4",
         "travel": "B5", "food": "B6", "identity_documents": "B7", "health_and_wellbeing": "B8",
         "education_and_training": "B9", "leisure": "B10", "other": "B11", "not_known": "B0"},
    ),
}  # fmt: skip

NAMES = {
    "referrals": "Enquiries {day}.xlsx",
    "caseload": "SU Register {day}.xlsx",
    "outcome_stars": "Progress Log {day}.csv",
    "personal_budget": "VOUCHERS-{day}.csv",
}
SHEETS = {"referrals": "Enquiry list", "caseload": "Register"}
# Rows above the header, as many as the profile's seed declares or, for the vouchers, as any.
TITLES = {
    "referrals": ["Enquiries", "", "Made-up system, synthetic data", "Run by: nobody"],
    "caseload": ["Register of people", "Made-up system, synthetic data", ""],
    "outcome_stars": ["Progress Log", "Made-up system, synthetic data"],
    "personal_budget": ["Vouchers", "Made-up system, synthetic data", "", "All vouchers"],
}


def system_cell(export: str, column: str, cell: object, day_form: str) -> str:
    """A cell of an example file as the system writes it; what nobody can read stays as it is."""
    if column.endswith("_date"):
        day = recount.as_day(cell)
        return day.strftime(day_form) if day else ""
    if (export, column) in SYSTEM_CODES:
        words, codes = SYSTEM_CODES[export, column]
        meaning = recount.meant(words, cell)
        return codes[meaning] if meaning else ""
    return str(cell)


def system_table(path: Path, day_form: str = "%Y/%m/%d") -> tuple[str, list[list[str]]]:
    """The export that an example file holds, and the system's table of it with titles and a closing line."""
    export, _, _ = recount.export_of(path)
    headers = SYSTEM_HEADERS[export]
    rows = [
        [
            system_cell(export, column, cells.get(column, ""), day_form)
            for column in (CARRIED.get(header, header) for header in headers)
        ]
        for _, cells in recount.raw_rows(path)
    ]
    titles = [[title] for title in TITLES[export]]
    return export, [*titles, list(headers.values()), *rows, [], [f"Total records: {len(rows)}"]]


def write_for_system(folder: Path, path: Path, **form: str) -> Path:
    """Write one example file as the system would send it: a workbook of two sheets, or CSV with bars."""
    export, table = system_table(path, form.get("day_form", "%Y/%m/%d"))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAMES[export].format(day=recount.export_of(path)[1])
    if target.suffix == ".csv":
        with target.open("w", encoding="utf-16", newline="") as file:
            csv.writer(file, delimiter="|").writerows(table)
        return target
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "Cover"
    sheet = book.create_sheet(form.get("sheet", SHEETS[export]))
    for row in table:
        sheet.append(row)
    book.save(target)
    return target


@dataclass(frozen=True)
class OtherProgramme(Programme):
    """A programme under the made-up profile."""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"FLIC_PROFILE": "changing_futures"}


def early_files() -> list[Path]:
    every = [path for day in DAYS for path in example_files(f"*_{day}.*")]
    return [path for path in every if recount.export_of(path)[0] in SYSTEM_HEADERS]


@pytest.fixture(scope="module")
def ours(bench: Path) -> Programme:
    """The warehouse of eight early example exports under the profile of the first programme."""
    programme = Programme(emptied(bench))
    programme.drop(*early_files())
    programme.take_in(datetime.now(UTC))
    programme.build()
    return programme


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> OtherProgramme:
    """The same records as the made-up system sends them, under its profile."""
    programme = OtherProgramme(tmp_path_factory.mktemp("theirs"))
    for path in early_files():
        write_for_system(programme.inbox, path)
    programme.refresh("--backfill")
    return programme


def test_no_header_name_or_code_of_the_system_is_known_to_the_product() -> None:
    contracts = load_contracts(
        ROOT / "dbt" / CONTRACT, ROOT / "seeds" / "fulfilling_lives" / "header_aliases.csv"
    )
    every_known = {header for contract in contracts.values() for header in contract.headers}
    for export, headers in SYSTEM_HEADERS.items():
        assert not {normal_header(header) for header in headers.values()} & every_known
        assert set(headers) <= {column.name for column in contracts[export].columns}
        assert not NAMES[export].casefold().startswith(tuple(contracts))
    with (ROOT / "seeds" / "common" / "common_spellings.csv").open(encoding="utf-8") as file:
        known = {
            (row["export"], row["column_name"], row["spelling"].casefold()) for row in csv.DictReader(file)
        }
    for (export, column), (_, codes) in SYSTEM_CODES.items():
        if codes is not ANSWERS and column != "consent":
            assert not {(export, column, code.casefold()) for code in codes.values()} & known, column
            assert not set(codes.values()) & set(codes), column


def figures(programme: Programme, needs: Mapping[str, str] | None = None) -> dict[tuple, tuple]:
    """Every exact figure by what it is about, `needs` renamed."""
    known = needs or {}
    rows = programme.warehouse(
        "select metric_id, measure, period_type, period_start, period_end, dimension_1, category_1,"
        " dimension_2, category_2, value, people, denominator from metrics.fct_metric_values"
    )
    return {
        (
            *about,
            *(
                name
                for dimension, category in ((first, first_category), (second, second_category))
                for name in (dimension, known[category] if known and dimension == "need_domain" else category)
            ),
        ): figure
        for *about, first, first_category, second, second_category, value, people, denominator in rows
        for figure in [(value, people, denominator)]
    }


def test_every_exact_figure_is_the_same(ours: Programme, theirs: OtherProgramme) -> None:
    assert len(figures(ours)) > 1000
    assert figures(theirs, THEIR_NEEDS) == figures(ours)


def test_every_row_of_every_file_ends_the_same(ours: Programme, theirs: OtherProgramme) -> None:
    outcomes = (
        "select export, extract_date, status, rows_loaded, rows_duplicate, rows_rejected, is_current"
        " from marts.fct_loads order by all"
    )
    found = theirs.warehouse(outcomes)
    assert found == ours.warehouse(outcomes)
    assert len(found) == 8
    assert {status for _, _, status, *_ in found} == {"loaded"}


def test_what_the_two_profiles_decide_differently(ours: Programme, theirs: OtherProgramme) -> None:
    """The programme's name and the entry rule: three needs of five, which only a warning uses."""

    def settings(programme: Programme) -> dict[str, str]:
        return dict(programme.warehouse("select setting, value from reference.programme_settings"))

    other = settings(theirs)
    differing = {name for name, value in settings(ours).items() if other[name] != value}
    assert differing == {"programme_name", "needs_threshold"}
    assert other["needs_threshold"] == "3"


def test_needs_and_words_are_those_of_the_programme(ours: Programme, theirs: OtherProgramme) -> None:
    needs = "select label from metrics.metric_categories where dimension = 'need_domain' order by sort_order"
    assert [label for [label] in theirs.warehouse(needs)] == [
        "Homelessness",
        "Offending",
        "Drug and alcohol misuse",
        "Mental ill health",
        "Domestic abuse",
    ]
    words = "select label, unit from metrics.metric_definitions where metric_id = 'caseload_per_fte'"
    assert ours.warehouse(words) == [("Open cases per link worker", "people per full-time link worker")]
    assert theirs.warehouse(words) == [
        ("Open cases per service coordinator", "people per full-time service coordinator")
    ]
    for word in ("link worker", "client", "strategic partnership group"):
        said = (
            "select metric_id from metrics.metric_definitions where concat(label, definition, counted,"
            f" not_counted, missing, caveats, unit) ilike '%{word}%'"
        )
        assert theirs.warehouse(said) == [], word
        assert ours.warehouse(said), word


def test_what_an_export_that_never_came_would_hold_has_no_figure(theirs: OtherProgramme) -> None:
    labels = {
        "contacts": "Contacts",
        "contact_gap": "Contacts",
        "petty_cash": "Petty cash",
        "programme_budget": "Programme budget",
        "system_changes_by_stage": "System changes",
        "ndta_change": "New Directions Team Assessment",
    }
    shown = (
        "select distinct metric_id, value, numerator, denominator, people, mark, note from metric_values"
        f" where metric_id in {tuple(labels)}"
    )
    expected = {
        (metric, None, None, None, None, "x", f"this export never came: {label}")
        for metric, label in labels.items()
    }
    assert set(theirs.query(shown, folder="management")) == expected
    assert set(theirs.query(shown)) == expected
    # Of exports that came, nobody is nought.
    came = "select count(*) from metric_values where metric_id = 'star_coverage' and value is null"
    assert theirs.query(came, folder="management") == [(0,)]


def test_files_that_break_what_the_seed_declares(theirs: OtherProgramme, tmp_path: Path) -> None:
    programme = OtherProgramme(theirs.folder)
    [may] = example_files("caseload_2015-05-31.csv")
    wrong_sheet = write_for_system(tmp_path / "sheet", may, sheet="Sheet1")
    [stars] = example_files("outcome_stars_2014-12-31.csv")
    moved = write_for_system(tmp_path / "moved", stars)
    text = moved.read_text(encoding="utf-16")
    moved.write_text("One more title\n" + text, encoding="utf-16")
    [referrals] = example_files("referrals_2015-05-31.csv")
    day_first = write_for_system(tmp_path / "day_first", referrals, day_form="%d/%m/%Y")
    done = programme.flic("check", str(wrong_sheet), str(moved), str(day_first))
    assert done.returncode == 1, done.stdout
    assert "the sheet 'Register' is missing among 2" in done.stdout
    assert "line 3: the headers of outcome_stars do not stand here" in done.stdout
    assert "but in line 4" in done.stdout
    # All 166 rows of the file have a day of receipt, which is read in the declared form only.
    assert "received_date is not a date in an accepted form" in done.stdout


if __name__ == "__main__":
    for early in early_files():
        print(write_for_system(Path(sys.argv[1]), early))
