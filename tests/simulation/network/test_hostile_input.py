"""Whatever arrives on the SIP port is answered or dropped; the network lives and goes on."""

import random
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.simulation.network import sdp
from dialer.simulation.network.behaviour import Fate
from dialer.simulation.network.message import MalformedMessage, fault_of, parse
from tests.simulation.network.caller import read_answer
from tests.simulation.network.conftest import NUMBER

REQUEST = textwrap.dedent(
    """\
    {method} {uri} SIP/2.0
    Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch={branch}
    From: <sip:x@127.0.0.1>;tag=1
    To: <sip:y@127.0.0.1>
    Call-ID: {branch}
    CSeq: {cseq} {method}
    {extra}

    """
)


def a_request(port: int, **changes: object) -> str:
    values = {"method": "OPTIONS", "uri": "sip:y@127.0.0.1", "cseq": 1, "extra": "Max-Forwards: 7"}
    values |= {"port": port, "branch": f"z9hG4bK{random.Random(str(changes)).random()}"} | changes
    return REQUEST.format(**values)


HOSTILE = {
    "nothing": b"",
    "blanks": b"\r\n\r\n",
    "binary": bytes(range(256)) * 8,
    "no end of headers": b"INVITE sip:a@127.0.0.1 SIP/2.0\r\nVia: x",
    "no headers": b"INVITE sip:a@127.0.0.1 SIP/2.0\r\n\r\n",
    "other version": b"INVITE sip:a@127.0.0.1 SIP/7.0\r\nVia: x\r\n\r\n",
    "status of seven": b"SIP/2.0 700 Too Much\r\nVia: x\r\n\r\n",
    "stray answer": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"
    b"CSeq: 1 BYE\r\n\r\n",
    "answer without Via": b"SIP/2.0 200 OK\r\nCSeq: 1 BYE\r\n\r\n",
    "huge header": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
    "many headers": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n" + b"X: y\r\n" * 300 + b"\r\n",
    "negative length": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nl: -9\r\n\r\nxx",
    "length too great": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nl: 9999\r\n\r\nxx",
    "length of letters": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nl: \xc2\xb2\r\n\r\nxx",
    "unfinished quote": b'ACK sip:a@127.0.0.1 SIP/2.0\r\nv: "<;\r\nf: "<\r\nt: "\r\ni: 1\r\n'
    b"CSeq: 1 ACK\r\n\r\n",
    "header without name": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n: x\r\n\r\n",
    "fold without header": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n \r\n x: y\r\n\r\n",
    "NUL inside": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: \0;branch=\0\r\n\r\n",
}


@pytest.mark.real_time
async def test_hostile_datagrams_do_no_harm(network, calling):
    exchange = await network(Fate.BUSY)
    caller = await calling(exchange)
    for datagram in HOSTILE.values():
        caller.send(datagram)
    rng = random.Random(5)
    for _ in range(500):
        caller.send(_damaged(a_request(caller.port).replace("\n", "\r\n").encode(), rng))
    await caller.invite(NUMBER).until_status(486)
    assert exchange.calls == 0


def _damaged(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        position = rng.randrange(len(damaged))
        match rng.randrange(3):
            case 0:
                damaged[position] = rng.randrange(256)
            case 1:
                del damaged[position : position + rng.randint(1, 30)]
            case _:
                damaged[position:position] = bytes([rng.randrange(256)]) * rng.randint(1, 30)
    return bytes(damaged)


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"method": "REGISTER"}, 405),
        ({"method": "NEWTHING"}, 405),
        ({"method": "BYE"}, 481),
        ({"method": "PRACK"}, 481),
        ({"method": "INVITE", "extra": "Require: 100rel"}, 420),
        ({"method": "INVITE", "uri": "mailto:x"}, 416),
        ({"cseq": 2**31}, 400),
        ({"cseq": "one"}, 400),
        ({"extra": "From: <sip:again@127.0.0.1>;tag=2"}, 400),
    ],
)
async def test_what_can_be_read_and_not_served_is_refused(network, calling, changes, status):
    caller = await calling(await network(Fate.BUSY))
    answer = await caller.request(a_request(caller.port, **changes))
    assert answer.status == status
    assert ";received=127.0.0.1" in answer.header("via")
    assert f";rport={caller.port}" in answer.header("via")


@pytest.mark.real_time
async def test_a_cancel_of_nothing_is_told_so(network, calling):
    caller = await calling(await network(Fate.BUSY))
    assert (await caller.request(a_request(caller.port, method="CANCEL"))).status == 481


@pytest.mark.real_time
async def test_the_same_request_gets_the_same_answer(network, calling):
    caller = await calling(await network(Fate.BUSY))
    request = a_request(caller.port, method="REGISTER")
    first, second = await caller.request(request), await caller.request(request)
    assert first.header("to") == second.header("to")


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("v=0\r\n", "no stream of audio"),
        ("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n", "no codec in common"),
        ("c=IN IP4 198.51.100.9\r\nm=audio 4000 RTP/AVP 8\r\n", "leave this machine"),
        ("c=IN IP6 ::1\r\nm=audio 4000 RTP/AVP 8\r\n", "no IPv4 address"),
        ("c=IN IP4 127.0.0.1\r\nm=audio 99999 RTP/AVP 8\r\n", "no usable audio port"),
        ("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/SAVP 8\r\n", "no stream of audio"),
    ],
)
async def test_an_offer_of_no_use_is_refused_with_the_reason(network, calling, lines, body, reason):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER)
    caller.send(call.message("INVITE", branch="z9hG4bKother", body=body))
    answer = await call.until_status(488)
    assert reason in answer.reason
    written = await lines.until(1)
    assert (written[0]["fate"], written[0]["kind"]) == (None, "none")


@pytest.mark.real_time
async def test_a_call_to_no_number_is_incomplete(network, calling):
    caller = await calling(await network(Fate.TALKS))
    answer = await caller.request(a_request(caller.port, method="INVITE", uri="sip:127.0.0.1"))
    assert answer.status in (100, 484)


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=400))
def test_reading_raises_nothing_but_malformed_message(data):
    for prefix in (b"", b"INVITE sip:a@b SIP/2.0\r\n", b"SIP/2.0 200 OK\r\n"):
        try:
            message = parse(prefix + data + b"\r\n\r\n")
        except MalformedMessage:
            continue
        assert message.branch is not None
        assert message.cseq is not None
        if hasattr(message, "method"):
            fault_of(message)


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=300))
def test_a_description_is_read_or_refused(text):
    try:
        offer = sdp.read(f"c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\n{text}".encode())
    except sdp.UnusableOffer:
        return
    assert offer.codec.name == "PCMA"


def test_an_answer_has_the_shape_its_reader_expects():
    assert read_answer(b"SIP/2.0 200 OK\r\nTo: x\r\n\r\n").header("to") == "x"
