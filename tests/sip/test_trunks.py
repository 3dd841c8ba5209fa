"""Trunks as the worker speaks to them: passwords, registration, OPTIONS, codecs, sockets."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import HangUp
from dialer.telephony.trunk_settings import Configure, FurtherHeader, Socket, TrunkAccount
from tests.sip.desk import Core
from tests.sip.peers import PASSWORD, Proxy, free_port
from tests.sip.uas import Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

LOOPBACK = Socket(id="lo")


def an_account(name: str, host: str, **more: Any) -> TrunkAccount:
    plain: dict[str, Any] = {"trunk": name, "socket": "lo", "hosts": (host,), "options_s": None}
    return TrunkAccount(id=name, **(plain | more))


@pytest.fixture
async def proxy(uas: Uas, tmp_path: Path) -> AsyncIterator[Proxy]:
    proxy = Proxy(tmp_path)
    try:
        yield await proxy.start(behind=uas.port)
    finally:
        await proxy.stop()


async def test_a_trunk_that_asks_for_a_password_is_registered_at_called_and_watched(
    core: Core, proxy: Proxy, uas: Uas
) -> None:
    known = {"username": "us", "registrar": proxy.uri, "options_s": 30.0}
    right = an_account(
        "right",
        proxy.uri,
        password=PASSWORD,
        headers=(FurtherHeader(name="X-Token", value="t0ken"),),
        **known,
    )
    wrong = an_account("wrong", proxy.uri, password="guessed", **known)
    gone = an_account("gone", f"sip:127.0.0.1:{free_port()}", options_s=30.0)
    core.order(Configure(sockets=(LOOPBACK,), accounts=(right, wrong, gone)))
    core.call("a", f"sip:+442079460123@127.0.0.1:{proxy.port}", account="right")
    call = await uas.invited.get()
    assert call.invite["X-Token"] == "t0ken"
    call.ring()
    call.answer(hertz=1000)
    await core.event(events.Answered, "a")
    core.call("b", f"sip:+442079460123@127.0.0.1:{proxy.port}", account="wrong")
    _, ended = await core.event(events.Ended, "b")
    assert (ended.status, ended.by) == (407, events.Side.REMOTE)
    _, registered = await core.event(events.TrunkRegistered)
    assert registered.trunk == "right" and registered.expires_s > 0
    _, refused = await core.event(events.TrunkNotRegistered)
    assert (refused.trunk, refused.status) == ("wrong", 401)
    _, reachable = await core.event(events.TrunkReachable)
    assert (reachable.host, reachable.status) == (proxy.uri, 200)
    _, unreachable = await core.event(events.TrunkUnreachable)
    assert (unreachable.trunk, unreachable.host) == ("gone", gone.hosts[0])
    core.order(HangUp(leg="a", because=OwnReason.HUNG_UP))
    await call.ended.wait()


async def test_a_trunk_is_reconfigured_without_touching_its_calls(core: Core, uas: Uas) -> None:
    host = f"sip:127.0.0.1:{uas.port}"
    core.order(Configure(sockets=(LOOPBACK,), accounts=(an_account("a", host),)))
    core.call("first", uas.uri(), account="a")
    first = await uas.invited.get()
    first.answer()
    await core.event(events.Answered, "first")
    narrow = an_account("b", host, codecs=("PCMU/8000",))
    core.order(Configure(sockets=(LOOPBACK,), accounts=(narrow,)))
    core.call("second", uas.uri(), account="b")
    second = await uas.invited.get()
    assert " RTP/AVP 0 " in second.invite.body and "PCMA" not in second.invite.body
    second.refuse("486 Busy Here")
    core.call("third", uas.uri(), account="a")
    _, refused = await core.event(events.RefusedCommand, "third")
    assert refused.why.startswith("trunk a cannot be used")
    assert not first.ended.is_set()
    first.hang_up()
    await core.event(events.Ended, "first")


async def test_what_would_leave_this_machine_or_is_taken_is_said_and_hinders_nobody(
    core: Core, uas: Uas
) -> None:
    taken = Socket(id="taken", port=uas.port)
    wide = Socket(id="wide", bind="192.0.2.1")
    every = Socket(id="every", bind="0.0.0.0")
    host = f"sip:127.0.0.1:{uas.port}"
    accounts = (
        an_account("abroad", "sip:192.0.2.7"),
        an_account("open", host, socket="wide"),
        an_account("busy", host, socket="taken"),
        an_account("odd", host, codecs=("G729/8000",)),
        an_account("well", host, socket="every"),
    )
    core.order(Configure(sockets=(LOOPBACK, taken, wide, every), accounts=accounts))
    core.call("well", uas.uri(), account="well")
    call = await uas.invited.get()
    assert call.source[0] == "127.0.0.1", "every address of the machine is one of its own"
    call.refuse("486 Busy Here")
    await core.event(events.Ended, "well")
    told = {e.event.trunk: e.event.why for e in core.told if isinstance(e.event, events.TrunkFault)}
    assert set(told) == {"abroad", "open", "busy", "odd"}
    assert "not on this machine" in told["abroad"]
    assert "bind it to 127.0.0.1" in told["open"]
    assert "is the port in use?" in told["busy"]
    assert "no G729/8000" in told["odd"]
