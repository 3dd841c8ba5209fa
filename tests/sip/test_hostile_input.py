"""Whatever arrives on the worker's sockets: it answers or drops it, and lives."""

import asyncio
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.telephony import events
from dialer.telephony.commands import TakeStock
from dialer.telephony.framing import LONGEST_FRAME
from tests.sip.desk import Core, WorkerProcess
from tests.sip.test_bridging import a_callee, until
from tests.sip.uas import Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8"


def a_request(method: str, *, number: int = 1, body: str = "", **headers: str) -> str:
    lines = {
        "Via": f"SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{method}{number}",
        "From": "<sip:stranger@127.0.0.1>;tag=a",
        "To": "<sip:anybody@127.0.0.1>",
        "Call-ID": f"{method}-{number}@stranger",
        "CSeq": f"1 {method}",
        "Contact": "<sip:stranger@127.0.0.1:9>",
        "Max-Forwards": "70",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if body:
        lines["Content-Type"] = "application/sdp"
    lines["Content-Length"] = lines.get("Content-Length", str(len(body)))
    head = "\r\n".join(f"{name}: {value}" for name, value in lines.items())
    return f"{method} sip:anybody@127.0.0.1 SIP/2.0\r\n{head}\r\n\r\n{body}"


def malformed() -> Iterator[bytes]:
    """Messages wrong in one way each, then noise."""
    yield b""
    yield b"\r\n\r\n"
    yield b"\x00" * 1400
    yield b"INVITE"
    yield b"SIP/2.0 200 OK\r\n\r\n"
    yield b"SIP/2.0 99999 What\r\n\r\n"
    wrong = [
        a_request("INVITE", number=1, body="v=0"),
        a_request("INVITE", number=2, body=SDP, Content_Length="99999"),
        a_request("INVITE", number=3, body=SDP, Content_Length="-1"),
        a_request("INVITE", number=4, body=SDP, CSeq="99999999999999999999 INVITE"),
        a_request("INVITE", number=5, body=SDP, CSeq="1 BYE"),
        a_request("INVITE", number=6, body=SDP, From="<sip:unclosed"),
        a_request("INVITE", number=7, body=SDP, To='"quoted <sip:x@y>'),
        a_request("INVITE", number=8, body=SDP, Via="SIP/7.0/PIGEON nowhere"),
        a_request("INVITE", number=9, body=SDP, X_Long="x" * 50_000),
        a_request("INVITE", number=10, body=SDP, Max_Forwards="-5"),
        a_request("INVITE", number=11, body=SDP, Contact="*"),
        a_request("INVITE", number=12, body=SDP, Require="teleport"),
        a_request("INVITE", number=13, body=SDP.replace("m=audio 9", "m=audio 99999999")),
        a_request("INVITE", number=14, body=SDP.replace("127.0.0.1", "300.300.300.300")),
        a_request("INVITE", number=15, body="m=audio\r\n" * 2000),
        a_request("REFER", Refer_To="<sip:victim@192.0.2.1>"),
        a_request("SUBSCRIBE", Event="presence"),
        a_request("NOTIFY", Event="presence"),
        a_request("MESSAGE", body="hello"),
        a_request("REGISTER"),
        a_request("BYE"),
        a_request("CANCEL"),
        a_request("ACK"),
        a_request("UPDATE", body=SDP),
        a_request("PRACK"),
        a_request("INFO"),
        a_request("OPTIONS", Via=""),
        a_request("\u0416" * 20),
    ]
    yield from (text.encode() for text in wrong)
    chance = random.Random(5)
    for text in wrong:  # and each with some bytes changed
        data = bytearray(text.encode())[:1400]
        for _ in range(8):
            data[chance.randrange(len(data))] = chance.randrange(256)
        yield bytes(data)
    yield from (chance.randbytes(chance.randrange(1, 1400)) for _ in range(200))


async def still_works(core: Core, uas: Uas, leg: str) -> None:
    core.call(leg, uas.uri())
    call = await uas.invited.get()
    call.answer()
    await core.event(events.Answered, leg)


async def test_no_datagram_ends_the_worker(worker: WorkerProcess, core: Core, uas: Uas) -> None:
    for data in malformed():
        if data:
            uas.send_raw(data[:60_000], worker.sip)
        await asyncio.sleep(0)
    await still_works(core, uas, "after")
    assert [type(h.event) for h in core.told] == [events.Invited, events.Answered]


async def test_strangers_who_call_are_turned_away(
    worker: WorkerProcess, core: Core, uas: Uas
) -> None:
    answers: list[str] = []
    received = uas.datagram_received

    def note(data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith(b"SIP/2.0"):
            answers.append(data.decode().split("\r\n")[0])
        else:
            received(data, addr)

    uas.datagram_received = note  # type: ignore[method-assign]
    for number in range(20):
        via = f"SIP/2.0/UDP {uas.host}:{uas.port};branch=z9hG4bKs{number}"
        invite = a_request("INVITE", number=number, body=SDP + "\r\n", Via=via)
        uas.send_raw(invite.encode(), worker.sip)
    await until(lambda: sum(" 403 " in answer for answer in answers) >= 20)
    await still_works(core, uas, "after")


async def test_a_peer_cannot_send_us_elsewhere(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.refuse("302 Moved Temporarily", "Contact: <sip:victim@127.0.0.1:9>")
    _, ended = await core.event(events.Ended, "a")
    assert ended.status == 302


async def test_noise_on_the_media_port_hurts_nobody(core: Core, uas: Uas) -> None:
    callee = await a_callee(core, uas)
    chance = random.Random(3)
    assert callee.audio.transport is not None
    for size in (0, 1, 11, 12, 13, 172, 1400):
        for port in (callee.media[1], callee.media[1] + 1):
            for _ in range(50):
                noise = chance.randbytes(size)
                callee.audio.transport.sendto(noise, ("127.0.0.1", port))
    await until(lambda: len(callee.audio.heard) > 50)
    await still_works(core, uas, "after")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        (LONGEST_FRAME + 1).to_bytes(4, "big"),
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x02[]",
        b'\x00\x00\x00\x14{"type":"heartbeat"}',
        os.urandom(64),
    ],
)
async def test_nonsense_on_the_cores_socket_closes_it_and_no_more(
    worker: WorkerProcess, uas: Uas, data: bytes
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(worker.socket))
    writer.write(data)
    writer.write_eof()
    await asyncio.wait_for(reader.read(), 10)
    writer.close()
    core = await Core(worker.socket).connect()
    await still_works(core, uas, "after")
    await core.disconnect()


async def test_a_second_worker_does_not_take_the_socket(worker: WorkerProcess) -> None:
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dialer.telephony.worker"),
        *("--socket", str(worker.socket), "--config", str(worker.config)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await second.communicate()
    assert second.returncode == 78
    assert b"another worker listens there" in said


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "settings"),
        ("[]", "expected an object"),
        ('{"spool": "/nowhere"}', "'sip' is missing"),
        ('{"sip": {"bind_host": "192.0.2.1"}, "spool": "x"}', "loopback_only"),
        ('{"sip": {"colour": 1}, "spool": "x"}', "unknown field 'colour'"),
        ('{"sip": {"max_calls": "many"}, "spool": "x"}', "expected int"),
    ],
)
async def test_settings_that_are_wrong_are_named(tmp_path: Path, content: str, found: str) -> None:
    config = tmp_path / "worker.json"
    config.write_text(content)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dialer.telephony.worker"),
        *("--socket", str(tmp_path / "s"), "--config", str(config)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 78
    text = said.decode()
    assert "worker.json" in text
    assert found in text
    assert "Traceback" not in text


async def test_the_stock_can_be_asked_for_by_anyone_who_speaks_the_protocol(core: Core) -> None:
    core.order(TakeStock())
    _, stocked = await core.event(events.Stocked)
    assert stocked.legs == ()
