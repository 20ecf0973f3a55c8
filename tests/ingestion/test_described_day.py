"""Up to which day figures can be made from what was loaded."""

from datetime import UTC, date, datetime

import pytest

from dagster_project.ingestion.assets import NothingLoadedError, latest_described_day
from tests.ingestion.zone import ROWS, Zone, csv_text

LATER = datetime(2030, 1, 1, tzinfo=UTC).replace(tzinfo=None)
CONTENTS = {
    "referrals": csv_text(*ROWS),
    "caseload": csv_text(
        ("E1", "FLIC-0001", "2015-04-10", "Camden"),
        header=("episode_id", "client_id", "start_date", "borough"),
    ),
    "contacts": csv_text(
        ("C1", "FLIC-0001", "2015-04-11"), header=("contact_id", "client_id", "contact_date")
    ),
}


@pytest.mark.parametrize(
    ("files", "day"),
    [
        (["referrals_2015-06-30", "caseload_2015-06-30"], date(2015, 6, 30)),
        (["referrals_2015-06-30", "caseload_2015-07-31"], date(2015, 6, 30)),
        (["referrals_2015-03-31", "referrals_2015-06-30", "caseload_2015-05-31"], date(2015, 5, 31)),
        (["referrals_2015-06-30", "caseload_2015-06-30", "contacts_2015-09-30"], date(2015, 6, 30)),
        (["referrals_2015-06-30"], date(2015, 6, 30)),
        (["contacts_2015-09-30"], date(2015, 9, 30)),
        # Without a date in its name: the day of arrival, unless the same content has one
        (["referrals", "caseload_2018-05-31"], date(2018, 5, 31)),
        (["referrals", "caseload"], date(2018, 6, 1)),
        (["referrals", "referrals_2015-06-30", "caseload", "caseload_2015-07-31"], date(2015, 6, 30)),
    ],
)
def test_figures_reach_as_far_as_referrals_and_caseload(zone: Zone, files: list[str], day: date) -> None:
    for name in files:
        zone.drop(f"{name}.csv", CONTENTS[name.partition("_")[0]])
    zone.take()
    assert latest_described_day(zone.settings, LATER) == day


def test_nothing_loaded_describes_no_day(zone: Zone) -> None:
    zone.take()
    with pytest.raises(NothingLoadedError):
        latest_described_day(zone.settings, LATER)
