"""A network and callers for it, on loopback, closed after each test."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dialer.simulation.network.behaviour import Fate, Mix, Rule, Spread
from dialer.simulation.network.exchange import Exchange
from dialer.simulation.network.journal import Journal
from dialer.simulation.network.loopback import Address
from dialer.simulation.network.phone_bank import PhoneBank
from dialer.simulation.network.repertoire import Repertoire
from dialer.simulation.network.transaction import TIMERS, Timers
from dialer.simulation.network.wall_clock import WallClock
from tests.simulation.network.caller import PATIENCE, Caller

AT_ONCE = Spread(median=0.05, sigma=0.0, limit=0.05)
NUMBER = "+442079460123"  # of Ofcom's range for drama


@pytest.fixture(scope="session")
def repertoire(tmp_path_factory: pytest.TempPathFactory) -> Repertoire:
    return Repertoire(languages=("en",), cache=tmp_path_factory.mktemp("voices"), espeak=None)


@pytest.fixture
async def no_mistakes_in_callbacks() -> AsyncIterator[None]:
    """A traceback that asyncio would only log fails the test."""
    mistakes: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: mistakes.append(context))
    yield
    assert mistakes == []


class Lines:
    """The journal as it is on disk."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]

    async def until(self, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(PATIENCE):
            while len(self()) < count:  # noqa: ASYNC110 - a file has nothing to wait on
                await asyncio.sleep(0.01)
        return self()


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    return Lines(tmp_path / "network.jsonl")


MakeNetwork = Callable[..., Awaitable[Exchange]]


@pytest.fixture
async def network(
    repertoire: Repertoire, lines: Lines, no_mistakes_in_callbacks: None
) -> AsyncIterator[MakeNetwork]:
    """Make a network in which every number has one fate, and all comes quickly."""
    opened: list[tuple[Exchange, Journal]] = []

    async def make(fate: Fate, *, timers: Timers = TIMERS, **changes: Any) -> Exchange:
        quick = {"post_dial_delay": AT_ONCE, "ring_time": AT_ONCE}
        mix = Mix(rules=(Rule(suffix="", fate=fate),), **{**quick, **changes})
        journal = Journal(lines.file, WallClock())
        exchange = Exchange(
            mix=mix, seed=7, repertoire=repertoire, journal=journal, fast_forward=50
        )
        opened.append((exchange, journal))
        await exchange.listen(Address("127.0.0.1", 0), timers=timers)
        return exchange

    yield make
    for exchange, journal in opened:
        exchange.close()
        journal.close()
    await asyncio.sleep(0)  # sockets close in the loop's next round


@pytest.fixture
async def calling(
    no_mistakes_in_callbacks: None,
) -> AsyncIterator[Callable[[Any], Awaitable[Caller]]]:
    """Open a caller for a network or a bank of phones."""
    opened: list[Caller] = []

    async def make(target: Any) -> Caller:
        opened.append(await Caller.open(tuple(target.address)))
        return opened[-1]

    yield make
    for caller in opened:
        caller.close()
    await asyncio.sleep(0)


MakePhones = Callable[..., Awaitable[PhoneBank]]


@pytest.fixture
async def phones(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MakePhones]:
    """Open a bank of agents' phones."""
    opened: list[PhoneBank] = []

    async def make(count: int = 1, **options: Any) -> PhoneBank:
        cache = tmp_path_factory.getbasetemp() / "phone-voices"
        opened.append(await PhoneBank.open(count, seed=3, cache=cache, espeak=None, **options))
        return opened[-1]

    yield make
    for bank in opened:
        bank.close()
    await asyncio.sleep(0)
