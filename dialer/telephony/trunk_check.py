"""Looking at the trunks from outside: are they there, do they take us, does a call go through?

A telephony worker of its own, for a moment, is told of the trunks as a running one would be, and
what it says becomes findings. With a number, one call is placed to it by the route of the trunk
file and hung up once it is answered.

Rule: the same checks as in production stand before the call: emergency, premium and foreign numbers
are refused by routing, and on loopback addresses nothing leaves the machine.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from dialer.call_events import OwnReason
from dialer.telephony import events as fact
from dialer.telephony.commands import HangUp, Header, Originate, Purpose
from dialer.telephony.events import Event, Side
from dialer.telephony.link import Connected, WorkerLink
from dialer.telephony.protocol import Happened
from dialer.telephony.sip_settings import SipSettings, is_loopback
from dialer.telephony.trunk_mapping import account_of, configuration
from dialer.telephony.trunk_settings import Configure
from sip_config.cli import Finding
from sip_config.config import SipConfig
from sip_config.lines import opening
from sip_config.routing import CallRequest, Chosen, choose
from sip_config.trunk import Trunk

ANSWERS_WITHIN_S: Final = 10.0  #: what a trunk gets to answer OPTIONS and REGISTER
RINGS_S: Final = 40.0  #: how long the test call may ring
TALKS_S: Final = 1.0  #: how long it stays up once it is answered
ASKED_EVERY_S: Final = 5.0  #: OPTIONS, also where the file asks for none
_READY_S: Final = 15.0
_LEG: Final = "test-call"


class CannotCheck(Exception):
    """No worker could be started to check with; says why."""


async def check_trunks(config: SipConfig, number: str | None, now: datetime) -> list[Finding]:
    """Return what was found out about every enabled trunk of *config*.

    Args:
        number: E.164, to be called once; None: no call.

    Raises:
        CannotCheck: no worker could be started.
    """
    async with _a_worker(config) as said:
        asked = [trunk for trunk in config.trunks.values() if trunk.enabled]
        findings = [found for trunk in asked for found in await _trunk(trunk, said)]
        if number is not None:
            findings.append(await _call(config, number, said, now))
    return findings


class Said:
    """What the worker has said, and somebody who waits for more."""

    def __init__(self, link: WorkerLink, trunks: Configure) -> None:
        self.link = link
        self._trunks = trunks
        self._events: list[tuple[float, Event]] = []
        self._news = asyncio.Condition()

    async def listen(self) -> None:
        """Take what the worker says until cancelled."""
        async for message in self.link.events():
            if isinstance(message, Connected):
                self.link.order(self._trunks)
            elif isinstance(message, Happened):
                async with self._news:
                    self._events.append((message.at, message.event))
                    self._news.notify_all()

    async def first(
        self, fits: Callable[[Event], bool], *, within_s: float
    ) -> tuple[float, Event] | None:
        """Return the first event that fits and when it was, None: there was none in time."""

        def found() -> tuple[float, Event] | None:
            return next((said for said in self._events if fits(said[1])), None)

        with suppress(TimeoutError):
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: found() is not None)
        return found()


async def _trunk(trunk: Trunk, said: Said) -> list[Finding]:
    """Return the findings about one trunk; those of all are under way at the same time."""
    findings = [await _host(trunk, str(host.uri), said) for host in trunk.hosts]
    if trunk.register.enabled:
        findings.append(await _registration(trunk, said))
    faults = await said.first(
        lambda event: isinstance(event, fact.TrunkFault) and event.trunk == trunk.id, within_s=0.01
    )
    if faults is not None and isinstance(faults[1], fact.TrunkFault):
        findings.append(
            Finding(trunk_id=trunk.id, what="configuration", passed=False, detail=faults[1].why)
        )
    return findings


async def _host(trunk: Trunk, uri: str, said: Said) -> Finding:
    answer = await said.first(
        lambda event: (
            isinstance(event, fact.TrunkReachable | fact.TrunkUnreachable)
            and (event.trunk, event.host) == (trunk.id, uri)
        ),
        within_s=ANSWERS_WITHIN_S,
    )
    what = f"OPTIONS {uri}"
    if answer is None or not isinstance(answer[1], fact.TrunkReachable):
        return Finding(trunk_id=trunk.id, what=what, passed=False, detail="no answer")
    status = answer[1].status
    known = status in trunk.health.ok_codes
    detail = f"{status}" if known else f"{status} is not among health.ok_codes"
    return Finding(trunk_id=trunk.id, what=what, passed=known, detail=detail)


async def _registration(trunk: Trunk, said: Said) -> Finding:
    answer = await said.first(
        lambda event: (
            isinstance(event, fact.TrunkRegistered | fact.TrunkNotRegistered)
            and event.trunk == trunk.id
        ),
        within_s=ANSWERS_WITHIN_S,
    )
    match answer:
        case (_, fact.TrunkRegistered(expires_s=seconds)):
            passed, detail = True, f"for {seconds} s"
        case (_, fact.TrunkNotRegistered(status=status, reason=reason)):
            passed, detail = False, f"{status or 'not sent'} {reason}".strip()
        case _:
            passed, detail = False, "no answer"
    return Finding(trunk_id=trunk.id, what="REGISTER", passed=passed, detail=detail)


async def _call(config: SipConfig, number: str, said: Said, now: datetime) -> Finding:
    """Place one call by the route of the file, and hang up once it is answered."""
    chosen = choose(config, opening(config, now), CallRequest(number=number), now)
    if not isinstance(chosen, Chosen):
        reasons = "; ".join(
            f"{reason.obstacle.value} {reason.detail}".strip() for reason in chosen.reasons
        )
        return Finding(trunk_id="-", what="test call", passed=False, detail=f"no way: {reasons}")
    trunk = config.trunks[chosen.trunk_id]
    said.link.order(
        Originate(
            leg=_LEG,
            purpose=Purpose.GUEST,
            uri=chosen.request_uri,
            sender=chosen.from_uri,
            headers=tuple(Header(name=name, value=value) for name, value in chosen.headers),
            account=account_of(configuration(config).accounts, chosen.taken),
            outbound_proxy=str(trunk.outbound_proxy) if trunk.outbound_proxy else None,
            no_provisional_s=trunk.timers.no_provisional_s,
            no_progress_s=trunk.timers.no_progress_s,
            ring_s=RINGS_S,
        )
    )
    finding = Finding(trunk_id=trunk.id, what="test call", passed=False)
    limit = trunk.timers.no_provisional_s + trunk.timers.no_progress_s + RINGS_S + 5
    result = await said.first(
        lambda event: (
            isinstance(event, fact.Answered | fact.Ended | fact.RefusedCommand)
            and event.leg == _LEG
        ),
        within_s=limit,
    )
    left = await said.first(lambda event: isinstance(event, fact.Invited), within_s=0.01)
    match result:
        case (at, fact.Answered()):
            await asyncio.sleep(TALKS_S)
            said.link.order(HangUp(leg=_LEG, because=OwnReason.HUNG_UP))
            await said.first(lambda event: isinstance(event, fact.Ended), within_s=3)
            detail = f"answered after {at - left[0]:.1f} s" if left else "answered"
            return replace(finding, passed=True, detail=detail)
        case (_, fact.Ended(by=Side.LOCAL, own_reason=reason)):
            return replace(finding, detail=reason.value)
        case (_, fact.Ended(status=status, q850=q850, reason_text=text)):
            cause = f", Q.850 cause {q850}" if q850 else ""
            return replace(finding, detail=f"{status or ''} {text}{cause}".strip())
        case (_, fact.RefusedCommand(why=why)):
            return replace(finding, detail=why)
        case _:
            return replace(finding, detail="nothing came of it")


@asynccontextmanager
async def _a_worker(config: SipConfig) -> AsyncIterator[Said]:
    """Run a worker that is told of the trunks, and yield what it says."""
    spool = await asyncio.to_thread(_spool)
    binds = [transport.bind for transport in config.site.transports]
    settings = SipSettings(
        bind_host=binds[0] if binds else "127.0.0.1",
        loopback_only=all(map(is_loopback, binds)),
        rtp_first=config.site.media.rtp_ports[0],
        rtp_count=config.site.media.rtp_ports[1] - config.site.media.rtp_ports[0],
        max_calls=8,
    )
    file = spool / "worker.json"
    content = {"sip": asdict(settings), "spool": str(spool), "drain_s": 0.2}
    await asyncio.to_thread(file.write_text, json.dumps(content))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dialer.telephony.worker"),
        *("--socket", str(spool / "socket"), "--config", str(file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await _ready(process)
        link = WorkerLink(spool / "socket")
        asked = configuration(config)
        accounts = tuple(replace(one, options_s=ASKED_EVERY_S) for one in asked.accounts)
        said = Said(link, replace(asked, accounts=accounts))
        tasks = [asyncio.create_task(link.run()), asyncio.create_task(said.listen())]
        try:
            yield said
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
        await asyncio.to_thread(shutil.rmtree, spool, ignore_errors=True)


def _spool() -> Path:
    """Make a directory for audio, in memory if there is one."""
    memory = Path("/dev/shm")
    return Path(
        tempfile.mkdtemp(prefix="callwright-check-", dir=memory if memory.is_dir() else None)
    )


async def _ready(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None and process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _READY_S)
    except TimeoutError:
        raise CannotCheck("the telephony worker does not start; see `dialer check`") from None
    if not line:
        why = (await process.stderr.read(2000)).decode(errors="replace").strip()
        raise CannotCheck(why.splitlines()[-1] if why else "the telephony worker has ended")
