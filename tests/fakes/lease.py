"""A lease for a gateway that is tested without a supervisor."""

from clearedge_tui.engine.lease import LeaseKeeper


class FakeLease(LeaseKeeper):
    """Its supervisor is there and awake, until a test says otherwise."""

    there = True

    @property
    def awake(self) -> bool:
        return self.there
