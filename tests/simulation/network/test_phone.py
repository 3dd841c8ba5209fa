"""The agents' phones, called by a caller that stands for the dialer."""

import asyncio

import pytest

from dialer.simulation.network.loopback import NotLoopback
from dialer.simulation.network.phone import Phone
from dialer.simulation.network.phone_bank import PhoneBank
from dialer.simulation.network.phone_event import (
    BeepHeard,
    ConversationFaded,
    LegAnswered,
    LegEnded,
    MachineNoticed,
    PhoneEvent,
    SoundBegan,
    SoundEnded,
    Spoke,
)
from tests.simulation.network.caller import PATIENCE, OutgoingCall

pytestmark = pytest.mark.real_time


async def until(phone: Phone, kind: type[PhoneEvent]) -> PhoneEvent:
    async with asyncio.timeout(PATIENCE):
        while not isinstance(event := await phone.next_event(), kind):
            pass
    return event


async def speak_like_a_person(call: OutgoingCall, seconds: float) -> None:
    """Send something that changes its pitch, as voices do and tones do not."""
    for number in range(round(seconds / 0.06)):
        await call.speak(0.06, hertz=300 + 170 * (number % 4))


async def test_a_phone_answers_at_once_and_keeps_the_line_warm(phones, calling):
    bank = await phones(2)
    assert bank.phones[1].uri == f"sip:agent2@127.0.0.1:{bank.address.port}"
    call = (await calling(bank)).invite("agent2")
    await call.until_status(200)
    await call.until(lambda: len(call.packets) >= 20)
    assert call.audible == []
    assert isinstance(await bank.phones[1].next_event(), LegAnswered)
    assert [phone.is_connected for phone in bank.phones] == [False, True]


async def test_nobody_is_at_an_unknown_extension(phones, calling):
    call = (await calling(await phones(1))).invite("agent2")
    await call.until_status(404)


async def test_the_agent_waits_for_the_pause_after_hello_and_greets(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until_status(200)
    await speak_like_a_person(call, 0.6)
    ended = await until(bank.phones[0], SoundEnded)
    spoke = await until(bank.phones[0], Spoke)
    assert ended.tone_hertz is None
    assert 0.4 < ended.seconds < 0.8
    assert 0.15 <= spoke.at - ended.at < 0.6
    await call.until_heard(20)


async def test_the_agent_greets_after_the_tone_of_the_bridge(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until_status(200)
    await call.speak(0.2, hertz=440)
    ended = await until(bank.phones[0], SoundEnded)
    assert 420 < ended.tone_hertz < 460
    await until(bank.phones[0], Spoke)


async def test_the_agent_speaks_into_a_tone_that_goes_on(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until_status(200)
    speaking = asyncio.create_task(call.speak(2.0, hertz=440))
    began = await until(bank.phones[0], SoundBegan)
    spoke = await until(bank.phones[0], Spoke)
    assert spoke.at - began.at < 1.5
    await speaking


async def test_three_seconds_without_a_breath_are_a_machine(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until_status(200)
    speaking = asyncio.create_task(speak_like_a_person(call, 4.0))
    noticed = await until(bank.phones[0], MachineNoticed)
    assert noticed.why == "long_speech"
    await speaking


async def test_a_beep_after_speech_is_a_machine(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until_status(200)
    await speak_like_a_person(call, 2.0)
    await asyncio.gather(call.speak(0.4, hertz=1000), until(bank.phones[0], BeepHeard))
    assert (await until(bank.phones[0], MachineNoticed)).why == "beep"


async def test_who_gets_no_answer_falls_silent_and_says_so(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until_status(200)
    await speak_like_a_person(call, 0.5)
    await until(bank.phones[0], ConversationFaded)
    assert not bank.phones[0].is_speaking


async def test_the_screen_can_make_the_agent_speak_first(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until_status(200)
    bank.phones[0].greet()
    await call.until_heard()


async def test_a_leg_is_ended_from_both_sides(phones, calling):
    bank = await phones(2)
    caller = await calling(bank)
    first, second = caller.invite("agent1"), caller.invite("agent2")
    await first.until_status(200)
    await second.until_status(200)
    first.bye()
    assert (await until(bank.phones[0], LegEnded)).by == "dialer"
    bank.phones[1].hang_up()
    await second.until_bye()
    assert (await until(bank.phones[1], LegEnded)).by == "phone"


async def test_a_second_call_replaces_the_leg_of_a_dialer_that_died(phones, calling):
    bank = await phones(1)
    caller = await calling(bank)
    first = caller.invite("agent1")
    await first.until_status(200)
    second = caller.invite("agent1")
    await second.until_status(200)
    await first.until_bye()
    await second.until(lambda: len(second.packets) >= 10)
    assert bank.phones[0].is_connected


async def test_a_phone_can_lose_its_audio_and_find_it_again(phones, calling):
    bank = await phones(1)
    call = (await calling(bank)).invite("agent1")
    await call.until(lambda: len(call.packets) >= 5)
    bank.phones[0].drop_rtp()
    await call.speak(0.1)  # as long as it takes for packets under way to arrive
    call.packets.clear()
    await call.speak(0.3)
    assert call.packets == []
    bank.phones[0].restore_rtp()
    await call.until(lambda: len(call.packets) >= 5)


async def test_events_nobody_reads_do_not_pile_up(phones, calling):
    bank = await phones(1)
    await (await calling(bank)).invite("agent1").until_status(200)
    for _ in range(1500):
        bank.phones[0].speak(0.02)
    assert bank.phones[0].late_events == 501  # with the answered leg


async def test_phones_ring_on_loopback_only():
    with pytest.raises(NotLoopback):
        await PhoneBank.open(1, host="192.0.2.1", espeak=None)


async def test_a_phone_follows_a_new_offer_and_refuses_what_it_cannot_do(phones, calling):
    bank = await phones(1)
    caller = await calling(bank)
    call = caller.invite("agent1", offer=False)
    await call.until_status(200)
    await call.until(lambda: len(call.packets) >= 5)
    call.inside("INVITE", body=call.sdp + "a=sendonly\r\n")
    await call.until(lambda: "a=recvonly" in call.answers[-1].body)
    call.inside("INVITE")
    await call.until(lambda: "a=sendrecv" in call.answers[-1].body)
    call.inside("INVITE", body=call.sdp.replace("RTP/AVP 8", "RTP/AVP 18"))
    await call.until_status(488)
    assert bank.phones[0].is_connected
    call.bye()


async def test_a_call_of_no_use_leaves_the_leg_alone(phones, calling):
    bank = await phones(1)
    caller = await calling(bank)
    await caller.invite("agent1").until_status(200)
    useless = caller.invite("agent1")
    caller.send(useless.message("INVITE", branch="z9hG4bKx", body="v=0\r\n"))
    await useless.until_status(488)
    assert bank.phones[0].is_connected


async def test_events_are_read_as_they_come(phones, calling):
    bank = await phones(1)
    await (await calling(bank)).invite("agent1").until_status(200)
    async for event in bank.phones[0].heard():
        assert isinstance(event, LegAnswered)
        break
