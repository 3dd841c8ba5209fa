"""Two telephone networks with the same callees, in memory and over SIP, as one suite needs them.

Whom a number reaches: ``TALKS`` answers and stays, ``BUSY`` is busy, ``RINGS`` lets it ring,
``SILENT`` is a number for which the network says nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeVar, cast
from uuid import uuid4

import numpy as np

from dialer.call_events import AgentId, CallEvent, CallId
from dialer.clock import SystemClock
from dialer.ports import CallHeard, Heard, Placement, Stock, Telephony, Way
from dialer.simulation.network.behaviour import Fate as NetworkFate
from dialer.simulation.network.behaviour import Mix, Rule, Spread
from dialer.simulation.network.exchange import Exchange
from dialer.simulation.network.journal import Journal
from dialer.simulation.network.loopback import Address
from dialer.simulation.network.phone_bank import PhoneBank
from dialer.simulation.network.repertoire import Repertoire
from dialer.simulation.network.wall_clock import WallClock
from dialer.simulation.telephony import Fate, SimulatedTelephony
from dialer.telephony.client import WorkerTelephony
from dialer.telephony.prompts import write_wav
from tests.sip.desk import WorkerProcess

PATIENCE_S: Final = 30.0
TALKS, BUSY, RINGS, SILENT = "1", "2", "3", "4"
CONNECT_LIMIT: Final = timedelta(seconds=1)
RING_LIMIT: Final = timedelta(seconds=2)
ALICE, BOB = AgentId(1), AgentId(2)
Kind = TypeVar("Kind")


@dataclass
class Listener:
    """An engine's ear: everything it was told, and somebody who waits for it."""

    port: Telephony
    told: list[Heard] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._listen())]
        if isinstance(self.port, WorkerTelephony):
            self._tasks.append(asyncio.create_task(self.port.run()))
        self.port.take_stock()
        await self.hear(Stock)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        async for heard in self.port.events():
            async with self._news:
                self.told.append(heard)
                self._news.notify_all()

    async def hear(self, kind: type[Kind], count: int = 1, *, call: CallId | None = None) -> Kind:
        """The *count*-th event of *kind*, be it of a call or not."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.heard(kind, call)) >= count)
        return self.heard(kind, call)[count - 1]

    def heard(self, kind: type[Kind], call: CallId | None = None) -> list[Kind]:
        return [event for event in self._plain(call) if isinstance(event, kind)]

    def chain(self, call: CallId) -> list[type[CallEvent]]:
        """The kinds of events of a call, in their order."""
        return [type(event) for event in self._plain(call)]

    def _plain(self, call: CallId | None) -> list[Any]:
        found = (heard.event for heard in self.told)
        if call is not None:
            return [e.event for e in found if isinstance(e, CallHeard) and e.call == call]
        return [e.event if isinstance(e, CallHeard) else e for e in found]


class Lines(Protocol):
    """A telephone network and who is to be reached in it."""

    def engine(self) -> Listener:
        """A new engine's ear; the one before has gone."""
        ...

    def uri(self, agent: AgentId) -> str: ...
    def way(self, number: str) -> Way: ...
    async def invites(self, count: int) -> int:
        """How many INVITEs to callees there were, once *count* of them are over."""
        ...

    async def lose_phone(self, agent: AgentId) -> None: ...
    async def kill_worker(self) -> None: ...
    async def start_worker(self) -> None: ...


def a_placement(lines: Lines, who: str, call: CallId | None = None) -> Placement:
    return Placement(
        call=call or CallId(uuid4()),
        permit=cast(Any, None),  # the engine has looked at it
        number=cast(Any, f"+44207946000{who}"),
        way=lines.way(f"+44207946000{who}"),
        caller_name="Example",
        ring_limit=RING_LIMIT,
        connect_limit=CONNECT_LIMIT,
    )


# --- In memory ---------------------------------------------------------------------------------


class MemoryLines:
    """The network of tests on virtual time, here on the machine's clock."""

    _FATES: Final = {
        TALKS: Fate(rings_after=timedelta(seconds=0.1), answered_after=timedelta(seconds=0.2)),
        BUSY: Fate(rings_after=None, refused_after=timedelta(seconds=0.1)),
        RINGS: Fate(rings_after=timedelta(seconds=0.1)),
        SILENT: Fate(rings_after=None),
    }

    def __init__(self) -> None:
        self._network = SimulatedTelephony(
            SystemClock(), lambda placement: self._FATES[str(placement.number)[-1]]
        )

    def engine(self) -> Listener:
        return Listener(self._network)

    def uri(self, agent: AgentId) -> str:
        return f"sip:agent{agent}@simulated"

    def way(self, number: str) -> Way:
        return Way(taken=cast(Any, None), request_uri=number, sender="")

    async def invites(self, count: int) -> int:
        placed = self._network.truth.placements
        async with asyncio.timeout(PATIENCE_S):
            while len(placed) - len(self._network._legs) < count:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)
        return len(placed)

    async def lose_phone(self, agent: AgentId) -> None:
        self._network.drop_agent(agent)

    async def kill_worker(self) -> None:
        self._network.kill()

    async def start_worker(self) -> None:
        self._network.take_stock()


# --- Over SIP ----------------------------------------------------------------------------------


class SipLines:
    """A real worker, the simulated network and agents' phones. Made by :meth:`open`."""

    def __init__(
        self, worker: WorkerProcess, exchange: Exchange, bank: PhoneBank, journal: Path, home: Path
    ) -> None:
        self._worker = worker
        self._exchange = exchange
        self._bank = bank
        self._journal = journal
        self._message = home / "message.wav"

    @classmethod
    @asynccontextmanager
    async def open(cls, home: Path) -> AsyncIterator["SipLines"]:
        quick = Spread(median=0.1, sigma=0.0, limit=0.1)
        mix = Mix(
            rules=(
                Rule(suffix=TALKS, fate=NetworkFate.TALKS),
                Rule(suffix=BUSY, fate=NetworkFate.BUSY),
                Rule(suffix=RINGS, fate=NetworkFate.NO_ANSWER),
                Rule(suffix=SILENT, fate=NetworkFate.NETWORK_SILENCE),
            ),
            post_dial_delay=quick,
            ring_time=quick,
            patience=Spread(median=20.0, sigma=0.0, limit=20.0),
            talk_time=Spread(median=60.0, sigma=0.0, limit=60.0),
        )
        cache = home / "voices"
        async with AsyncExitStack() as stack:
            repertoire = Repertoire(languages=("en",), cache=cache, espeak=None)
            journal = Journal(home / "network.jsonl", WallClock())
            stack.callback(journal.close)
            exchange = Exchange(mix=mix, seed=7, repertoire=repertoire, journal=journal)
            await exchange.listen(Address("127.0.0.1", 0))
            stack.callback(exchange.close)
            bank = await PhoneBank.open(2, seed=7, cache=cache, espeak=None)
            stack.callback(bank.close)
            worker = WorkerProcess()
            await worker.start()
            stack.callback(worker.clear)
            stack.push_async_callback(worker.stop)
            lines = cls(worker, exchange, bank, home / "network.jsonl", home)
            write_wav(lines._message, np.full(4000, 1000, dtype=np.int16))
            yield lines

    def engine(self) -> Listener:
        port = WorkerTelephony(
            self._worker.socket, clock=SystemClock(), identity_message=lambda _: self._message
        )
        return Listener(port)

    def uri(self, agent: AgentId) -> str:
        return self._bank.phones[agent - 1].uri

    def way(self, number: str) -> Way:
        return Way(
            taken=cast(Any, None),
            request_uri=f"sip:{number}@{self._exchange.address}",
            sender="<sip:+442079460999@127.0.0.1>",
            no_provisional=timedelta(seconds=1),
        )

    async def invites(self, count: int) -> int:
        async with asyncio.timeout(PATIENCE_S):
            while len(await self._over()) < count:  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.02)
        return len(await self._over()) + self._exchange.calls

    async def _over(self) -> list[str]:
        return (await asyncio.to_thread(self._journal.read_text)).splitlines()

    async def lose_phone(self, agent: AgentId) -> None:
        self._bank.phones[agent - 1].hang_up()

    async def kill_worker(self) -> None:
        await self._worker.kill()

    async def start_worker(self) -> None:
        await self._worker.start()
