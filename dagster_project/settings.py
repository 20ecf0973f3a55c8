"""What this machine is: folders, keys and schedule, read from the environment.

What the programme decides (thresholds, money, disclosure rules) does not belong here: it stands in `seeds/`.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What can build the warehouse (docs/spark.md); the first is usual.
ENGINES = ("duckdb", "spark")

# The one folder of `seeds/` that is no profile.
COMMON_SEEDS = "common"


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
    max_workbook_bytes: int = 50 << 20
    """A programme's workbooks have a few MB; a larger one comes as CSV, which may be of any length."""
    return_password: bytes = b""
    """Seals a copy of each return about single people, where it is set."""
    engine: str = ENGINES[0]
    """What builds the warehouse from landing; a target of `dbt/profiles.yml`."""
    memory_limit: str = "4GB"
    """What DuckDB may take while it builds the warehouse before it puts rows down in `spill`."""
    whole_up_to: int = 20_000
    """With more clients than this figures are made metric by metric, and only what new loads touch anew."""
    clients_at_once: int = 250_000
    """Of more clients than this the tables about people are built a range of them at a time."""
    spill_dir: Path | None = None
    """A folder on another disk for what does not fit into memory; rows of people, so a closed one."""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings; raise `SettingsError` for an unknown profile or engine, or what is no size."""
        data_dir = Path(os.environ.get("FLIC_DATA_DIR") or ROOT / "data").expanduser().absolute()
        publications_dir = Path(os.environ.get("FLIC_PUBLICATIONS_DIR") or data_dir / "publications")
        profile = os.environ.get("FLIC_PROFILE") or "fulfilling_lives"
        profiles = {path.name for path in (ROOT / "seeds").iterdir() if path.is_dir()} - {COMMON_SEEDS}
        if profile not in profiles:
            known = ", ".join(sorted(profiles))
            raise SettingsError(f"FLIC_PROFILE={profile!r} is not a folder of seeds/; there is: {known}.")
        megabytes = os.environ.get("FLIC_MAX_WORKBOOK_MB") or "50"
        if not megabytes.isdecimal() or int(megabytes) == 0:
            raise SettingsError(
                f"FLIC_MAX_WORKBOOK_MB={megabytes!r} is no whole number of megabytes, such as 50."
            )
        engine = os.environ.get("FLIC_ENGINE") or ENGINES[0]
        if engine not in ENGINES:
            raise SettingsError(f"FLIC_ENGINE={engine!r} is none of: {', '.join(ENGINES)}.")
        memory_limit = (os.environ.get("FLIC_MEMORY_LIMIT") or cls.memory_limit).replace(" ", "").upper()
        if not re.fullmatch(r"\d+(\.\d+)?(MB|GB|TB|MIB|GIB|TIB)", memory_limit):
            raise SettingsError(f"FLIC_MEMORY_LIMIT={memory_limit!r} is no amount of memory, such as 2.5GB.")
        whole_up_to = os.environ.get("FLIC_WHOLE_UP_TO") or str(cls.whole_up_to)
        if not whole_up_to.isdecimal():
            raise SettingsError(f"FLIC_WHOLE_UP_TO={whole_up_to!r} is no number of clients, such as 20000.")
        at_once = os.environ.get("FLIC_CLIENTS_AT_ONCE") or str(cls.clients_at_once)
        if not at_once.isdecimal() or int(at_once) == 0:
            raise SettingsError(f"FLIC_CLIENTS_AT_ONCE={at_once!r} is no number of clients, such as 250000.")
        spill = os.environ.get("FLIC_SPILL_DIR")
        return cls(
            data_dir=data_dir,
            publications_dir=publications_dir.expanduser().absolute(),
            profile=profile,
            pseudonym_key=_key("FLIC_PSEUDONYM_KEY", demo_key_path(data_dir, "pseudonym")),
            rounding_key=_key("FLIC_ROUNDING_KEY", demo_key_path(data_dir, "rounding")),
            refresh_schedule=os.environ.get("FLIC_REFRESH_SCHEDULE") or "0 6 * * *",
            max_workbook_bytes=int(megabytes) << 20,
            return_password=(os.environ.get("FLIC_RETURN_PASSWORD") or "").encode(),
            engine=engine,
            memory_limit=memory_limit,
            whole_up_to=int(whole_up_to),
            clients_at_once=int(at_once),
            spill_dir=Path(spill).expanduser().absolute() if spill else None,
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
    def reports(self) -> Path:
        """The load report and the workbooks of corrections; written anew by each refresh."""
        return self.data_dir / "reports"

    @property
    def findings(self) -> Path:
        """The findings of each set of known loads, so that a load can be compared with the one before."""
        return self.data_dir / "findings"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds; it can always be rebuilt from landing."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def spill(self) -> Path:
        """Where DuckDB puts down what does not fit into memory while the warehouse is built."""
        return self.spill_dir or self.data_dir / "spill"

    @property
    def management(self) -> Path:
        """The exact publication, for named people only."""
        return self.data_dir / "management"

    @property
    def drafts(self) -> Path:
        """Safe releases that nobody has approved yet, and those that somebody has."""
        return self.data_dir / "drafts"

    @property
    def public(self) -> Path:
        """What anyone may read; below the served folder, so that it is served and copied with it."""
        return self.publications_dir / "public"

    @property
    def areas(self) -> Path:
        """A served folder for each area of a programme that has several, by the area's name."""
        return self.publications_dir / "areas"

    @property
    def area_folders(self) -> list[Path]:
        """The areas' folders that are there."""
        return sorted(path for path in self.areas.glob("*") if path.is_dir())

    @property
    def returns(self) -> Path:
        """What leaves for funders and evaluators, by period, return and version; for the data lead."""
        return self.data_dir / "returns"

    @property
    def served_returns(self) -> Path:
        """Approved aggregate returns, where those may take them who may read the dashboards."""
        return self.publications_dir / "returns"

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
    def common_seeds_dir(self) -> Path:
        """What is the same for every programme: the words of the rules and the shapes of all seeds."""
        return ROOT / "seeds" / COMMON_SEEDS

    @property
    def dagster_home(self) -> Path:
        """Dagster's run history."""
        return Path(os.environ.get("DAGSTER_HOME") or self.data_dir / "dagster")
