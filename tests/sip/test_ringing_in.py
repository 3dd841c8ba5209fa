"""Calls that come in to the worker: whose ring, how they are picked up, what they hear."""

import struct
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, LetIn, Peer, PickUp, Play, Purpose, TakeStock
from dialer.telephony.events import LegState, Side
from tests.simulation.network.caller import Caller
from tests.sip.desk import Core, WorkerProcess, a_message
from tests.sip.test_bridging import until
from tests.sip.uas import Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

HERE = LetIn(peers=(Peer(network="127.0.0.1/32", trunk="north"),))


@pytest.fixture
async def outside(worker: WorkerProcess) -> AsyncIterator[Caller]:
    caller = await Caller.open(worker.sip)
    yield caller
    caller.close()


async def let_in(core: Core, peers: LetIn) -> None:
    core.order(peers)
    asked = core.order(TakeStock())
    await until(lambda: any(getattr(h.event, "command", "") == asked for h in core.told))


async def test_nobody_is_let_in_until_it_is_said_whom(core: Core, outside: Caller) -> None:
    stranger = outside.invite("+442079460000")
    assert (await stranger.until_status(403)).status == 403
    elsewhere = LetIn(peers=(Peer(network="192.0.2.0/24", trunk="south"),))
    await let_in(core, elsewhere)
    again = outside.invite("+442079460000")
    await again.until_status(403)
    await let_in(core, elsewhere)
    stocks = [h.event for h in core.told if isinstance(h.event, events.Stocked)]
    assert [stock.legs for stock in stocks] == [(), ()]


async def test_a_peer_rings_is_picked_up_hears_a_file_presses_a_key_and_is_let_go(
    core: Core, outside: Caller, tmp_path: Path
) -> None:
    await let_in(core, HERE)
    call = outside.invite("+442079460000")
    _, came = await core.event(events.CameIn)
    assert (came.trunk, came.caller, came.called) == ("north", "+442079460000", ("+442079460000",))
    assert came.sip_call_id == call.call_id
    await call.until_status(180)
    for _ in range(2):
        core.order(PickUp(leg=came.leg))
    await core.event(events.Answered, came.leg)
    assert call.status == 200
    tone = (9000 * np.sin(np.arange(4000) * 0.3)).astype(np.int16)
    message = a_message(tmp_path, tone)
    core.order(Play(leg=came.leg, file=str(message)))
    await call.until_heard()
    await core.event(events.Played, came.leg)
    for number in range(6):  # a key, as telephone events (RFC 4733)
        end = 0x80 if number >= 3 else 0
        call.send_rtp(struct.pack("!BBH", 5, end | 10, 160 * (number + 1)), kind=101)
    assert (await core.event(events.Digit, came.leg))[1].digit == "5"
    core.order(HangUp(leg=came.leg, because=OwnReason.ANNOUNCED))
    await call.until_bye()
    _, ended = await core.event(events.Ended, came.leg)
    assert (ended.by, ended.own_reason) == (Side.LOCAL, OwnReason.ANNOUNCED)


async def test_who_rings_in_talks_with_an_agent_and_hangs_up(
    core: Core, outside: Caller, uas: Uas
) -> None:
    await let_in(core, HERE)
    core.call("agent", uas.uri("agent"), purpose=Purpose.AGENT)
    (await uas.invited.get()).answer(hertz=400)
    await core.event(events.Answered, "agent")
    call = outside.invite("+442079460000")
    _, came = await core.event(events.CameIn)
    core.order(PickUp(leg=came.leg))
    await core.event(events.Answered, came.leg)
    core.order(Bridge(callee=came.leg, agent="agent", recording="r", zip_tone=False))
    await core.event(events.Bridged, came.leg)
    await call.until_heard(20)
    call.bye()
    _, ended = await core.event(events.Ended, came.leg)
    assert ended.by is Side.REMOTE
    await core.event(events.Recorded)


async def test_who_gives_up_while_it_rings_and_who_is_turned_away(
    core: Core, outside: Caller
) -> None:
    await let_in(core, HERE)
    impatient = outside.invite("+442079460001")
    _, came = await core.event(events.CameIn)
    await impatient.until_status(180)
    impatient.cancel()
    await impatient.until_status(487)
    _, ended = await core.event(events.Ended, came.leg)
    assert ended.by is Side.REMOTE
    unwanted = outside.invite("+442079460002")
    await until(lambda: sum(isinstance(h.event, events.CameIn) for h in core.told) == 2)
    second = [h.event for h in core.told if isinstance(h.event, events.CameIn)][1]
    core.order(HangUp(leg=second.leg, because=OwnReason.TURNED_AWAY))
    assert (await unwanted.until_status(480)).status == 480


async def test_without_a_core_nobody_is_let_in_and_who_rings_is_let_go(
    core: Core, outside: Caller, worker: WorkerProcess
) -> None:
    await let_in(core, HERE)
    waiting = outside.invite("+442079460000")
    await core.event(events.CameIn)
    await core.disconnect()
    await waiting.until_status(480)
    late = outside.invite("+442079460000")
    await late.until_status(403)
    again = await Core(worker.socket).connect()
    again.order(TakeStock())
    _, stock = await again.event(events.Stocked)
    assert [leg for leg in stock.legs if leg.state is not LegState.ENDING] == []
    await again.disconnect()
