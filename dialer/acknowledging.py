"""Which of the worker's events are on record, so that it may forget them.

Rule: the worker forgets everything up to a number. A number is passed on only when nothing before
it is still being written; so what takes longer keeps what came after it, too.
"""

from collections.abc import Callable
from functools import partial


class Acknowledging:
    """The events of one worker that are being written.

    >>> told = []
    >>> acknowledging = Acknowledging(told.append)
    >>> first, second = acknowledging.heard(1), acknowledging.heard(2)
    >>> second(); told
    []
    >>> first(); told
    [2]
    """

    def __init__(self, tell: Callable[[int], None]) -> None:
        """Args:
        tell: Lets the worker forget the events up to a number.
        """
        self._tell = tell
        self._newest = 0
        self._awaited: set[int] = set()

    def heard(self, number: int) -> Callable[[], None]:
        """Take note of an event (0: it has no number); return what to call once it is on record."""
        if number and number <= self._newest:
            self._awaited.clear()  # another worker, which counts anew
        self._newest = number or self._newest
        if number:
            self._awaited.add(number)
        return partial(self._written, number)

    def _written(self, number: int) -> None:
        if number in self._awaited:
            self._awaited.remove(number)
            first = min(self._awaited, default=self._newest + 1)
            if first > number:
                self._tell(first - 1)
