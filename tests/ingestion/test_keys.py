"""The pseudonym key: without the right one nothing is pseudonymised."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.ingestion.landing import ProfileRefusedError
from dagster_project.ingestion.pseudonyms import KeyRefusedError, demo_key
from dagster_project.settings import Settings, SettingsError, demo_key_path
from tests.ingestion.zone import ROWS, Zone, csv_text

NAME = "referrals_2015-05-31.csv"


@pytest.mark.parametrize(
    ("key", "words"), [(b"", "no pseudonym key"), (b"thirty-one bytes and not one on", "has 31 characters")]
)
def test_no_key_and_a_short_key_are_refused_with_the_inbox_untouched(
    zone: Zone, key: bytes, words: str
) -> None:
    zone.drop(NAME, csv_text(*ROWS))
    with pytest.raises(KeyRefusedError, match=words):
        Zone(replace(zone.settings, pseudonym_key=key)).take()
    assert zone.names_below("inbox") == {NAME}
    assert zone.names_below("landing") == set()


def test_a_changed_key_is_refused_and_the_former_one_taken_again(zone: Zone) -> None:
    zone.take_one(NAME, csv_text(*ROWS))
    zone.drop("referrals_2015-06-30.csv", csv_text(*ROWS))
    other = Zone(replace(zone.settings, pseudonym_key=b"another key of just as fair length"))
    with pytest.raises(KeyRefusedError, match="not the one of the data"):
        other.take()
    assert len(zone.landed()) == 3
    assert [file.status for file in zone.take().files] == ["loaded"]


def test_landed_data_without_their_key_check_are_refused(zone: Zone) -> None:
    zone.take_one(NAME, csv_text(*ROWS))
    (zone.settings.landing / "key_id.json").unlink()
    with pytest.raises(KeyRefusedError, match="restore the file"):
        zone.take()


def test_the_key_check_tells_neither_key_nor_reference(zone: Zone) -> None:
    zone.take()
    text = (zone.settings.landing / "key_id.json").read_text()
    assert zone.settings.pseudonym_key.decode() not in text
    assert len(text) < 60


def test_the_demonstrations_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "demo_keys" / "pseudonym.key"
    key = demo_key(path)
    assert len(key) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert demo_key(path) == key


@pytest.mark.parametrize("purpose", ["pseudonym", "rounding"])
def test_a_key_file_that_others_can_read_is_refused_by_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, purpose: str
) -> None:
    monkeypatch.setenv("FLIC_DATA_DIR", str(tmp_path))
    for variable in ("FLIC_PSEUDONYM_KEY", "FLIC_ROUNDING_KEY", "FLIC_PUBLICATIONS_DIR", "FLIC_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    path = demo_key_path(tmp_path, purpose)
    key = demo_key(path)
    assert key in (Settings.from_environment().pseudonym_key, Settings.from_environment().rounding_key)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="readable by others"):
        Settings.from_environment()


def test_a_data_folder_keeps_to_one_profile(zone: Zone) -> None:
    zone.take_one("referrals_2015-05-31.csv", csv_text(*ROWS))
    path = zone.drop("referrals_2015-06-30.csv", csv_text(*ROWS))
    other = Zone(replace(zone.settings, profile="changing_futures"))
    with pytest.raises(
        ProfileRefusedError, match="set FLIC_PROFILE=fulfilling_lives, or give changing_futures"
    ):
        other.take()
    assert path.exists()
    assert [file.status for file in zone.take().files] == ["loaded"]
