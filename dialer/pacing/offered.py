"""Which calls were answered and which of them abandoned, so that each is counted once.

Rule: facts may come twice, or in another order; only news is to be counted. The latest few thousand
calls are remembered, which is far more than can be under way.
"""

from typing import Final

MOST: Final = 4_096


class OfferedCalls:
    """The calls that were offered to agents."""

    __slots__ = ("_abandoned",)

    def __init__(self) -> None:
        self._abandoned: dict[object, bool] = {}  # by call, the oldest first

    def answered(self, call: object) -> bool:
        """Take note that *call* was answered; return whether that is news."""
        if call in self._abandoned:
            return False
        self._abandoned[call] = False
        if len(self._abandoned) > MOST:
            for known in list(self._abandoned)[: MOST // 2]:
                del self._abandoned[known]
        return True

    def abandoned(self, call: object) -> bool:
        """Take note that *call*, which was answered, is abandoned; return whether that is news."""
        if self._abandoned.get(call):
            return False
        self._abandoned[call] = True
        return True
