"""What the steps of a run share: the lock that makes it the only refresh of its data folder."""

import dagster as dg
from pydantic import PrivateAttr


class RefreshLock(dg.ConfigurableResource):
    """The lock for a run of Dagster, held from its first asset to its last (`refresh.py` takes it)."""

    _rests_on: str = PrivateAttr(default="")

    @property
    def rests_on(self) -> str:
        """What the run found before its first step (`nothing_new.rests_on`)."""
        return self._rests_on
