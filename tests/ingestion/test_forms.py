"""A form that the contract does not know is refused whole; its scores would mean other things (fault B8)."""

import pytest

from tests.ingestion.zone import Zone, csv_text

NAME = "outcome_stars_2015-05-31.csv"
HEADER = ("client_id", "star_version", "completed_date", *(f"area_{number}" for number in range(1, 11)))


def readings(*scores: str, version: str = "homelessness_star", areas: int = 10) -> str:
    """One synthetic reading for each score, which stands in all its areas."""
    rows = [
        (f"FLIC-{n:04}", version, "2015-03-31", *[score] * areas, *[""] * (10 - areas))
        for n, score in enumerate(scores, 1)
    ]
    return csv_text(*rows, header=HEADER)


@pytest.mark.parametrize(
    "version", ["homelessness_star", "Homelessness Star", "home-star", "HOS", "RECOVERY STAR"]
)
def test_a_listed_version_and_its_spellings_land(zone: Zone, version: str) -> None:
    report = zone.take_one(NAME, readings("7", version=version))
    assert (report.status, report.reason) == ("loaded", None)
    assert zone.landed("outcome_stars")[0]["star_version"] == version


@pytest.mark.parametrize("version", ["Outcomes Star 2020", "homelessness_star_5", "star", "?"])
def test_an_unknown_version_in_one_row_refuses_the_file(zone: Zone, version: str) -> None:
    rows = readings(*["7"] * 3) + readings("7", version=version).splitlines(keepends=True)[1]
    report = zone.take_one(NAME, rows)
    assert report.status == "refused"
    assert (report.reason or "").startswith("line 5: unknown star version: column 2 ")
    assert version not in (report.reason or "").replace("star version", "")
    assert zone.landed("outcome_stars") == []
    [ledger] = zone.ledger()
    assert (ledger["rows_in_file"], ledger["rows_skipped"]) == (5, 1)


# (readings) -> (status, words)
SCALES = {
    "20 readings up to 5": (readings(*["5"] * 20), "refused", "unknown star version: none of 20 complete"),
    "20 readings up to 5, as Excel writes": (readings(*["5.0"] * 20), "refused", "unknown star version"),
    "19 readings up to 5": (readings(*["5"] * 19), "loaded", "none of the 19 complete readings"),
    "one score above 5 among many": (readings(*["5"] * 40, "6"), "loaded", ""),
    "20 readings, one of them without all areas": (
        readings(*["5"] * 19) + readings("5", areas=9).splitlines()[1], "loaded", "none of the 19"),
    "no complete reading": (readings(*["5"] * 40, areas=9), "loaded", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", SCALES)
def test_scores_that_end_at_five_are_those_of_another_form(zone: Zone, case: str) -> None:
    content, status, words = SCALES[case]
    report = zone.take_one(NAME, content)
    assert report.status == status
    told = " ".join([report.reason or "", *report.warnings])
    assert words in told
    assert ("complete readings" in told) == bool(words) or status == "refused"
