"""An agent's phone and a callee, bridged by the test: both ends of the outside world at once."""

import asyncio

import pytest

from dialer.simulation.network.behaviour import Fate
from dialer.simulation.network.phone_event import (
    BeepHeard,
    ConversationFaded,
    MachineNoticed,
    Spoke,
)
from tests.simulation.network.caller import PATIENCE, OutgoingCall
from tests.simulation.network.conftest import NUMBER

pytestmark = pytest.mark.real_time


def bridge(one: OutgoingCall, other: OutgoingCall) -> None:
    """Let both hear each other from now on."""
    for source, sink in ((one, other), (other, one)):
        source.on_rtp = lambda packet, sink=sink: sink.send_rtp(packet[12:])


@pytest.fixture
async def bridged(network, calling, phones):
    """Call an agent and a callee of some fate, and bridge them when the callee answers."""

    async def make(fate: Fate, **changes: object):
        bank = await phones(1)
        agent_leg = (await calling(bank)).invite("agent1")
        await agent_leg.until_status(200)
        callee_leg = (await calling(await network(fate, **changes))).invite(NUMBER)
        await callee_leg.until_status(200)
        bridge(agent_leg, callee_leg)
        return bank.phones[0], callee_leg

    return make


async def events_until(phone, kind):
    seen = []
    async with asyncio.timeout(2 * PATIENCE):
        while not (seen and isinstance(seen[-1], kind)):
            seen.append(await phone.next_event())
    return seen


async def test_the_agent_answers_hello_and_the_two_talk_until_nobody_replies(bridged, lines):
    phone, leg = await bridged(Fate.TALKS)
    seen = await events_until(phone, ConversationFaded)
    assert sum(isinstance(event, Spoke) for event in seen) >= 2
    assert not any(isinstance(event, MachineNoticed | BeepHeard) for event in seen)
    leg.bye()
    [line] = await lines.until(1)
    assert line["ended_by"] == "caller"
    assert 150 <= line["silence_after_hello_ms"] <= 700
    assert line["heard_audio_ms"] > 1000


async def test_a_refusal_leaves_the_agent_alone(bridged, lines):
    _, leg = await bridged(Fate.REFUSES)
    await leg.until_bye()
    [line] = await lines.until(1)
    assert (line["fate"], line["ended_by"]) == ("refuses", "callee")
    assert line["silence_after_hello_ms"] is not None


async def test_the_agent_notices_a_machine_and_says_no_more(bridged, lines):
    phone, leg = await bridged(Fate.MACHINE)
    await events_until(phone, MachineNoticed)
    phone.conversation_over()
    assert not phone.is_speaking
    leg.bye()
    [line] = await lines.until(1)
    assert (line["kind"], line["silence_after_hello_ms"]) == ("machine", None)
