"""How much risk the next call may carry, and which rule says so where that is none."""

from dialer.pacing.floor import Ground


class Allowance:
    """The largest risk allowed, and what bounds the decision where that is 0."""

    __slots__ = ("ground", "threshold")

    def __init__(self, threshold: float, ground: Ground) -> None:
        self.threshold = threshold
        self.ground = ground
