"""The telephone exchange: takes every INVITE to the fate of its number, and writes it down.

Rule: every INVITE that opens a call has exactly one line in the journal.
"""

import random
from collections import Counter

from dialer.simulation.network.audio import AudioClock
from dialer.simulation.network.behaviour import Mix, plan_call
from dialer.simulation.network.call import IncomingCall
from dialer.simulation.network.endpoint import SipEndpoint
from dialer.simulation.network.journal import Journal
from dialer.simulation.network.line import Line, Surroundings
from dialer.simulation.network.loopback import Address
from dialer.simulation.network.repertoire import Repertoire
from dialer.simulation.network.transaction import TIMERS, Timers


class Exchange:
    """A telephone network at one SIP address."""

    def __init__(
        self,
        *,
        mix: Mix,
        seed: int,
        repertoire: Repertoire,
        journal: Journal,
        fast_forward: float = 1.0,
    ) -> None:
        self._mix = mix
        self._seed = seed
        self._repertoire = repertoire
        self._journal = journal
        self._fast_forward = fast_forward
        self._audio = AudioClock()
        self._attempts: Counter[str] = Counter()
        self._lines: dict[Line, None] = {}
        self._endpoint: SipEndpoint | None = None
        self._around: Surroundings | None = None

    @property
    def address(self) -> Address:
        """Where INVITEs go; known once :meth:`listen` has returned."""
        assert self._endpoint is not None
        return self._endpoint.address

    @property
    def calls(self) -> int:
        """How many calls are in progress."""
        return len(self._lines)

    async def listen(self, address: Address, *, timers: Timers = TIMERS) -> None:
        """Begin to take calls.

        Raises:
            OSError: the address cannot be bound.
        """
        self._around = Surroundings(
            host=address.host,
            audio=self._audio,
            repertoire=self._repertoire,
            rings_out_after=self._mix.rings_out_after,
            seed=self._seed,
        )
        self._endpoint = await SipEndpoint.listen(
            address, on_call=self._take, rng=random.Random(f"{self._seed} sip"), timers=timers
        )

    def close(self) -> None:
        """Cut everything off; calls in progress are written as open."""
        for line in tuple(self._lines):
            line.cut_off()
        self._audio.close()
        if self._endpoint is not None:
            self._endpoint.close()

    def _take(self, call: IncomingCall) -> None:
        assert self._around is not None
        self._attempts[call.number] += 1
        plan = plan_call(
            self._mix,
            seed=self._seed,
            number=call.number,
            attempt=self._attempts[call.number],
            fast_forward=self._fast_forward,
        )
        line = Line(call, plan, around=self._around, on_over=self._write_down)
        self._lines[line] = None
        line.begin()

    def _write_down(self, line: Line) -> None:
        del self._lines[line]
        self._journal.write(line.record)
