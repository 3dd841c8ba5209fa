"""Audio that somebody else sends into a call is not heard, and draws nothing out of it."""

import asyncio
import math
import socket
import struct

import numpy as np
import pytest

from dialer.simulation.network.g711 import PCMA
from dialer.telephony import events
from dialer.telephony.commands import Bridge, Purpose
from tests.sip.desk import Core
from tests.sip.test_bridging import until
from tests.sip.test_in_call import AGENT, CALLEE, up
from tests.sip.uas import Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

FOREIGN = 2200.0


async def test_who_injects_audio_is_neither_heard_nor_talked_to(core: Core, uas: Uas) -> None:
    callee = await up(core, uas, "callee", CALLEE, Purpose.CALLEE)
    agent = await up(core, uas, "agent", AGENT, Purpose.AGENT)
    core.order(Bridge(callee="callee", agent="agent", recording=None, zip_tone=False))
    await core.event(events.Bridged, "callee")
    await until(lambda: agent.audio.tones(AGENT, CALLEE, FOREIGN) == {CALLEE})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.setblocking(False)
        for sequence in range(60):
            at = (np.arange(160) + sequence * 160) / 8000
            sound = (9000 * np.sin(2 * math.pi * FOREIGN * at)).astype(np.int16)
            head = struct.pack("!BBHII", 0x80, 8, 30_000 + sequence, sequence * 160, 99)
            stranger.sendto(head + PCMA.encode(sound), callee.media)
            await asyncio.sleep(0.02)
        assert agent.audio.tones(AGENT, CALLEE, FOREIGN) == {CALLEE}
        with pytest.raises(BlockingIOError):
            stranger.recv(2000)
    assert callee.audio.tones(AGENT, CALLEE, FOREIGN) == {AGENT}
