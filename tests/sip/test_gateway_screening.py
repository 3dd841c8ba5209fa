"""A gateway that says who answered, over real SIP: asked in the INVITE, told by INFO."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final
from uuid import uuid4

import pytest

from dialer.call_events import Answered, CallId, Ended, OwnReason, Screened
from dialer.ports import Stock
from dialer.screening.verdict import ScreeningVerdict
from dialer.telephony import events
from dialer.telephony.commands import HangUp
from tests.sip.desk import Core, WorkerProcess
from tests.sip.test_telephony_port import Floor, a_placement
from tests.sip.uas import Uas, UasCall

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

AGREES: Final = "X-Detect: Response=AMD,CPT"
PATIENCE_S: Final = 10.0


@pytest.fixture
async def floor(worker: WorkerProcess, uas: Uas) -> AsyncIterator[Floor]:
    floor = Floor(worker, uas)
    await floor.wait(Stock)
    yield floor
    await floor.close()


async def says(call: UasCall, kind: str, subtype: str) -> str:
    """Say who answered, as the manuals write it; return how the dialer answers."""
    return await tells(call, "Application/X-Detect", f"Type= {kind}\r\nSubType= {subtype}\r\n")


async def tells(call: UasCall, content_type: str, body: str) -> str:
    call.tell(content_type, body)
    return await asyncio.wait_for(call.info_answers.get(), PATIENCE_S)


def detected(core: Core) -> list[ScreeningVerdict]:
    return [h.event.verdict for h in core.told if isinstance(h.event, events.Detected)]


async def answered(core: Core, uas: Uas, *headers: str, **more: object) -> UasCall:
    core.call("leg", uas.uri(), **{"gateway_screens": True, **more})
    call = await uas.invited.get()
    call.answer(*headers)
    await core.event(events.Answered, "leg")
    return call


@pytest.mark.parametrize(
    ("subtype", "verdict"),
    [("VOICE", ScreeningVerdict.HUMAN), ("AUTOMATA", ScreeningVerdict.MACHINE)],
)
async def test_the_gateway_is_asked_and_its_word_is_told(
    floor: Floor, subtype: str, verdict: ScreeningVerdict
):
    call = CallId(uuid4())
    placement = a_placement(call, floor.uas)
    floor.port.place(replace(placement, way=replace(placement.way, gateway_screens=True)))
    far = await floor.uas.invited.get()
    assert far.invite["X-Detect"].startswith("Request=AMD")
    far.ring()
    far.answer(AGREES)
    assert (await floor.wait(Answered)).screened
    assert await says(far, "AMD", subtype) == "200"
    told = await floor.wait(Screened)
    assert (told.verdict, told.evidence) == (verdict, f"the gateway: AMD {subtype}")
    floor.port.hang_up(call, OwnReason.SCREENED_OUT)
    assert (await floor.wait(Ended)).own_reason is OwnReason.SCREENED_OUT


async def test_a_gateway_that_agrees_while_it_rings_is_believed(core: Core, uas: Uas):
    core.call("leg", uas.uri(), gateway_screens=True)
    call = await uas.invited.get()
    call.ring("183 Session Progress", AGREES, audio=True)
    await core.event(events.Provisional, "leg")
    call.answer()
    assert (await core.event(events.Answered, "leg"))[1].screened


async def test_a_gateway_that_detects_no_machines_keeps_nobody_waiting(core: Core, uas: Uas):
    call = await answered(core, uas, "X-Detect: Response=CPT")
    assert not (await core.event(events.Answered, "leg"))[1].screened
    assert await says(call, "CPT", "SIT-IC") == "200"
    assert (await core.event(events.Detected, "leg"))[1].verdict is ScreeningVerdict.SIT


async def test_who_was_not_asked_is_not_listened_to(core: Core, uas: Uas):
    call = await answered(core, uas, AGREES, gateway_screens=False)
    assert not (await core.event(events.Answered, "leg"))[1].screened
    assert await says(call, "AMD", "AUTOMATA") == "200"
    core.order(HangUp(leg="leg", because=OwnReason.HUNG_UP))
    await core.event(events.Ended, "leg")
    assert not detected(core)


async def test_what_is_no_word_or_said_twice_is_passed_over_and_the_call_goes_on(
    core: Core, uas: Uas
):
    call = await answered(core, uas, AGREES)
    for body in ("", "Type=PTT\r\nSubType=SPEECH-START\r\n", "Type=\r\nSubType=\r\n", "=" * 1200):
        assert await tells(call, "application/x-detect", body) == "200"
    for _ in range(20):
        assert await says(call, "AMD", "VOICE") == "200"
    assert await says(call, "AMD", "AUTOMATA") == "200"
    assert await tells(call, "text/plain", "Type=AMD\r\nSubType=VOICE\r\n") == "500"
    assert await tells(call, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n") == "200"
    assert (await core.event(events.Digit, "leg"))[1].digit == "5"
    assert detected(core) == [ScreeningVerdict.HUMAN, ScreeningVerdict.MACHINE]
    core.order(HangUp(leg="leg", because=OwnReason.HUNG_UP))
    await core.event(events.Ended, "leg")
