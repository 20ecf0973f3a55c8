"""An ingestion in trouble, for `test_loading_once.py`: a program of its own, run as a child.

`killed N` ends it by SIGKILL in place of its N-th rename, `full N` lets no file grow beyond N bytes.
"""

import resource
import sys
from pathlib import Path

from tests.ingestion.zone import Zone
from tests.killed import kill_at

if __name__ == "__main__":
    folder, trouble, amount = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if trouble == "killed":
        kill_at("os", "replace", amount, "before")
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (amount, amount))
    Zone.at(folder).take()
