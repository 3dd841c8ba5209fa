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
    ever: bool  #: something has come at some time


class Listening:
    """How many packets came from whom, and since when no more.

    >>> listening = Listening()
    >>> listening.silent([("a", 10)], now=0.0), listening.silent([("a", 10)], now=5.0)
    ([], ['a'])
    >>> listening.silent([("a", 10)], now=6.0), listening.silent([("a", 11)], now=7.0)
    ([], [])

    A phone that has never sent anything is not one that has gone: some telephone systems send
    nothing while nobody talks.

    >>> listening.silent([("b", 0)], now=10.0), listening.silent([("b", 0)], now=20.0)
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
            ever = count > 0 or (before is not None and before.ever)
            if before is None or before.packets != count:
                heard[leg] = _Heard(count, now, told=False, ever=ever)
            elif ever and not before.told and now - before.since >= MEDIA_LOSS_S:
                heard[leg] = _Heard(count, before.since, told=True, ever=True)
                silent.append(leg)
            else:
                heard[leg] = before
        self._heard = heard
        return silent
