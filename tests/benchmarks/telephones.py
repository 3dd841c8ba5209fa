"""Telephones for benchmarks: SIPp answers, talks from a file, does not listen, costs little.

Agents and callees take turns of three seconds, like people, so that coding costs what speech costs.
"""

import asyncio
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Self

import numpy as np

from dialer.simulation.network.g711 import PCMA

RATE = 8000
TURN_S = 3
A_PROCESS = 75  #: calls; above, SIPp runs out of ports it tries for audio
FIRST_PORT = 46_000  #: of audio; each process has five hundred

_SCENARIO = """<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="phone">
  <recv request="INVITE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=p[pid]c[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:phone@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
  <recv request="ACK"/>
  <nop><action><exec rtp_stream="{file},-1,8"/></action></nop>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


def speech(hertz: float, *, speaks_first: bool) -> bytes:
    """Two turns, one of them silent: voiced syllables with a little noise, as A-law."""
    time = np.arange(RATE * TURN_S) / RATE
    voice = sum(np.sin(2 * np.pi * hertz * k * (time + 0.0008 * np.sin(5 * time))) / k
                for k in range(1, 20))  # fmt: skip
    syllables = np.clip(np.sin(2 * np.pi * 3.3 * time), 0, 1) ** 0.5
    noise = np.random.default_rng(int(hertz)).normal(0, 30, len(time))
    turn = (3000 * voice * syllables + noise).astype(np.int16)
    other = noise.astype(np.int16)
    return PCMA.encode(np.concatenate((turn, other) if speaks_first else (other, turn)))


class Telephones:
    """So many phones that answer every call: half of them agents', half callees'."""

    def __init__(self, calls: int) -> None:
        self._calls = calls
        self._home = Path(tempfile.mkdtemp(prefix="callwright-phones-"))
        self._processes: list[asyncio.subprocess.Process] = []
        self.agents: list[str] = []  #: URIs
        self.callees: list[str] = []

    async def start(self) -> Self:
        for name, hertz in (("agents", 120.0), ("callees", 210.0)):
            voice = self._home / f"{name}.alaw"
            voice.write_bytes(speech(hertz, speaks_first=name == "agents"))
            scenario = self._home / f"{name}.xml"
            scenario.write_text(_SCENARIO.replace("{file}", str(voice)))
            uris = self.agents if name == "agents" else self.callees
            for start in range(0, self._calls, A_PROCESS):
                port = await self._process(scenario)
                count = min(A_PROCESS, self._calls - start)
                uris += [f"sip:{name}{start + n}@127.0.0.1:{port}" for n in range(count)]
        return self

    async def _process(self, scenario: Path) -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        media = FIRST_PORT + 500 * len(self._processes)
        process = await asyncio.create_subprocess_exec(
            *("sipp", "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(port)),
            *("-mi", "127.0.0.1", "-mp", str(media), "-nostdin", "-nd"),
            cwd=self._home,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._processes.append(process)
        await asyncio.sleep(0.5)
        return port

    async def stop(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        shutil.rmtree(self._home, ignore_errors=True)
