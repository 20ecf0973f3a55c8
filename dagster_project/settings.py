"""What this machine is: folders, keys and schedule, read from the environment.

What the programme decides (thresholds, money, disclosure rules) does not belong here: it stands in `seeds/`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# dbt takes the profile's name into a path; anything but a plain folder name would leave `seeds/`.
_PROFILE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


class FlicError(Exception):
    """Something that can happen in use; the message is written for the person who runs the command.

    It says what is wrong and what to do, and holds no value of a row. Every error that the parts raise on
    purpose is one of these; anything else is a defect of the product.
    """


class SettingsError(FlicError):
    """The environment asks for something that cannot be."""


def demo_key_path(data_dir: Path, purpose: str) -> Path:
    """Where the demonstration keeps the key it made for `purpose` (`pseudonym` or `rounding`)."""
    return data_dir / "demo_keys" / f"{purpose}.key"


def _key(variable: str, demo_key: Path) -> bytes:
    """The key in the environment, else the demonstration's own; empty when there is neither.

    Raises `SettingsError` when others can read the demonstration's.
    """
    if os.environ.get(variable):
        return os.environ[variable].encode()
    if not demo_key.is_file():
        return b""
    if os.name == "posix" and demo_key.stat().st_mode & 0o077:
        raise SettingsError(
            f"the key file {demo_key.name} is readable by others: chmod 600 it, or delete it together with"
            " landing/ to start the demonstration anew"
        )
    return demo_key.read_bytes().strip()


@dataclass(frozen=True)
class Settings:
    """Folders, keys and schedule of this machine.

    `data_dir` is the restricted zone, `publications_dir` the served one. The keys are empty until they
    are set in the environment or the demonstration has made its own (`flic demo`).
    """

    data_dir: Path
    publications_dir: Path
    profile: str
    pseudonym_key: bytes
    rounding_key: bytes
    refresh_schedule: str

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings; raise `SettingsError` for a profile that does not exist."""
        data_dir = Path(os.environ.get("FLIC_DATA_DIR") or ROOT / "data").expanduser().absolute()
        publications_dir = Path(os.environ.get("FLIC_PUBLICATIONS_DIR") or data_dir / "publications")
        profile = os.environ.get("FLIC_PROFILE") or "fulfilling_lives"
        if not set(profile) <= _PROFILE_CHARACTERS or not (ROOT / "seeds" / profile).is_dir():
            known = ", ".join(sorted(folder.name for folder in (ROOT / "seeds").iterdir() if folder.is_dir()))
            raise SettingsError(f"FLIC_PROFILE={profile!r} is not a folder of seeds/; there is: {known}.")
        return cls(
            data_dir=data_dir,
            publications_dir=publications_dir.expanduser().absolute(),
            profile=profile,
            pseudonym_key=_key("FLIC_PSEUDONYM_KEY", demo_key_path(data_dir, "pseudonym")),
            rounding_key=_key("FLIC_ROUNDING_KEY", demo_key_path(data_dir, "rounding")),
            refresh_schedule=os.environ.get("FLIC_REFRESH_SCHEDULE") or "0 6 * * *",
        )

    @property
    def inbox(self) -> Path:
        """Where the data lead drops exports."""
        return self.data_dir / "inbox"

    @property
    def landing(self) -> Path:
        """Append-only Parquet: one file a load, and the ledger of loads."""
        return self.data_dir / "landing"

    @property
    def archive(self) -> Path:
        """The files as they came, one folder a load."""
        return self.data_dir / "archive"

    @property
    def rejects(self) -> Path:
        """Refused rows and files with their reasons, one folder a load."""
        return self.data_dir / "rejects"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds; it can always be rebuilt from landing."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def management(self) -> Path:
        """The exact publication, for named people only."""
        return self.data_dir / "management"

    @property
    def dbt_dir(self) -> Path:
        """The dbt project."""
        return ROOT / "dbt"

    @property
    def dbt_target(self) -> Path:
        """dbt's manifest and partial parse; beside the data, because both hold the data folder's path."""
        return self.data_dir / "dbt_target"

    @property
    def seeds_dir(self) -> Path:
        """What the programme of this profile decides."""
        return ROOT / "seeds" / self.profile

    @property
    def dagster_home(self) -> Path:
        """Dagster's run history."""
        return Path(os.environ.get("DAGSTER_HOME") or self.data_dir / "dagster")
