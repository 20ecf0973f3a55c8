"""A CSV file may be of any length: it passes through memory and does not stay there."""

import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.settings import ROOT

PROGRAM = """
import resource, sys
from pathlib import Path
from tests.ingestion.zone import Zone

folder, rows, width = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
zone = Zone.at(folder)
with (zone.settings.inbox / "referrals_2015-05-31.csv").open("w") as file:
    file.write("referral_id,client_id,received_date,borough,referrer_agency,notes\\n")
    for n in range(rows):
        file.write(f"R{n},FLIC-{n},2015-03-31,Camden,{'a' * width},{'x' * 100}\\n")
[report] = zone.take().files
assert (report.status, report.rows_landed) == ("loaded", rows), report
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_megabytes(folder: Path, rows: int, width: int) -> float:
    """The most memory that a process needs for a file of so many rows with a cell of such a width."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(rows), str(width)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count peak memory in other units")
@pytest.mark.parametrize(
    ("small", "large"),
    [
        ((900_000, 20), (1_800_000, 20)),  # 135 and 270 MB: buffers are full with the first
        ((100, 400_000), (400, 400_000)),  # 40 and 160 MB in few rows
    ],
)
def test_a_longer_file_needs_no_more_memory(
    tmp_path: Path, small: tuple[int, int], large: tuple[int, int]
) -> None:
    less = peak_megabytes(tmp_path / "small", *small)
    more = peak_megabytes(tmp_path / "large", *large)
    # Held in memory, the rows of the larger file would need 120 MB more at least.
    assert more < less + 60
