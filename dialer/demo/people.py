"""``python -m dialer.demo.people``: all agents of the demo, with their phones, in one process.

Reads one JSON file (:class:`Crowd`), makes the ready file once the phones can be called, and works
until SIGTERM or SIGINT: then everybody finishes the call in hand and signs off. A second signal
ends it at once.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dialer.demo.http_api import HttpApi, Refused, Unreachable
from dialer.demo.person import Manner, Person
from dialer.simulation.network.phone_bank import PhoneBank


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One of them."""

    token: str
    languages: tuple[str, ...]  #: the best one first


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who works, and where."""

    base_url: str
    host: str
    port: int  #: UDP, of the phones
    seed: int
    fast_forward: float
    agents: tuple[Agent, ...]  #: the n-th has the phone ``agentN``

    def write(self, file: Path) -> None:
        """Write the file for the process; only we can read it, for it holds tokens."""
        text = json.dumps(asdict(self), ensure_ascii=False)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> "Crowd":
        """Return what :meth:`write` wrote."""
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        agents = tuple(
            Agent(token=agent["token"], languages=tuple(agent["languages"]))
            for agent in found.pop("agents")
        )
        return cls(**found, agents=agents)


def main(arguments: list[str] | None = None) -> int:
    """Work until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dialer.demo.people", description=__doc__)
    parser.add_argument("--crowd", type=Path, required=True, metavar="FILE")
    parser.add_argument("--ready-file", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        return asyncio.run(_work(Crowd.read(options.crowd), options.ready_file.touch))
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        return _complain(f"{type(wrong).__name__}: {wrong}", 2)


def _complain(sentence: str, code: int = 1) -> int:
    print(f"simulated people: {sentence}", file=sys.stderr, flush=True)
    return code


async def _work(crowd: Crowd, ready: Callable[[], None]) -> int:
    bank = await PhoneBank.open(
        len(crowd.agents),
        host=crowd.host,
        port=crowd.port,
        seed=crowd.seed,
        languages=tuple(dict.fromkeys(lang for agent in crowd.agents for lang in agent.languages)),
    )
    try:
        async with contextlib.AsyncExitStack() as stack:
            people = [
                Person(
                    await stack.enter_async_context(HttpApi(crowd.base_url, agent.token)),
                    phone,
                    Manner(seed=crowd.seed, fast_forward=crowd.fast_forward),
                    languages=agent.languages,
                )
                for agent, phone in zip(crowd.agents, bank.phones, strict=True)
            ]
            ready()
            return await _shift(people)
    finally:
        bank.close()


async def _shift(people: list[Person]) -> int:
    loop = asyncio.get_running_loop()
    at_once = asyncio.Event()
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        for person in people:
            person.go_home()
        if asked > 1:
            at_once.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    work = [
        asyncio.create_task(_shift_of(person), name=f"agent {number}")
        for number, person in enumerate(people, start=1)
    ]
    hurry = asyncio.create_task(at_once.wait(), name="hurry")
    ends = asyncio.create_task(asyncio.wait(work), name="everybody")
    await asyncio.wait({ends, hurry}, return_when=asyncio.FIRST_COMPLETED)
    hurry.cancel()
    for task in work:
        task.cancel()
    codes = await asyncio.gather(*work, return_exceptions=True)
    return max((code for code in codes if isinstance(code, int)), default=0)


async def _shift_of(person: Person) -> int:
    try:
        await person.work()
    except (Refused, Unreachable) as problem:
        return _complain(str(problem))
    return 0


if __name__ == "__main__":
    sys.exit(main())
