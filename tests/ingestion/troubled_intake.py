"""An ingestion in trouble, for `test_loading_once.py`: a program of its own, run as a child.

`killed N` ends it by SIGKILL in place of its N-th rename, `full N` lets no file grow beyond N bytes. The
trouble is put around the product from outside, so that production code knows nothing of it.
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from tests.ingestion.zone import Zone


def kill_in_place_of_rename(number: int) -> None:
    """From now on, the N-th rename does not happen and ends this process."""
    rename = os.replace
    count = 0

    def replace(*arguments: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(*arguments, **options)

    os.replace = replace


if __name__ == "__main__":
    folder, trouble, amount = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if trouble == "killed":
        kill_in_place_of_rename(amount)
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (amount, amount))
    Zone.at(folder).take()
