"""Whether the agents' phones still send anything.

A phone that has crashed, or whose network has, says no BYE. Its leg stays up, and every callee
bridged to it would hear silence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MEDIA_LOSS_S: Final = 5.0  #: without one RTP packet


@dataclass(frozen=True, slots=True)
class _Heard:
    packets: int
    since: float
    told: bool


class Listening:
    """How many packets came from whom, and since when no more.

    >>> listening = Listening()
    >>> listening.silent([("a", 10)], now=0.0), listening.silent([("a", 10)], now=5.0)
    ([], ['a'])
    >>> listening.silent([("a", 10)], now=6.0), listening.silent([("a", 11)], now=7.0)
    ([], [])
    """

    def __init__(self) -> None:
        self._heard: dict[str, _Heard] = {}

    def silent(self, packets: Iterable[tuple[str, int]], *, now: float) -> list[str]:
        """Return the legs that have just been silent for too long, each once.

        Args:
            packets: All legs that should be heard, with the number of packets that came so far.
        """
        heard: dict[str, _Heard] = {}
        silent = []
        for leg, count in packets:
            before = self._heard.get(leg)
            if before is None or before.packets != count:
                heard[leg] = _Heard(count, now, told=False)
            elif not before.told and now - before.since >= MEDIA_LOSS_S:
                heard[leg] = _Heard(count, before.since, told=True)
                silent.append(leg)
            else:
                heard[leg] = before
        self._heard = heard
        return silent
