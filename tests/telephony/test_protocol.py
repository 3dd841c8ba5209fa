"""The frames between core and worker: what is said is what is read, and nothing else is."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.call_events import OwnReason
from dialer.screening.verdict import ScreeningVerdict
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, Header, Originate, Play, Purpose
from dialer.telephony.framing import LONGEST_FRAME, FrameReader, ProtocolError, frame
from dialer.telephony.protocol import (
    Happened,
    Heartbeat,
    Hello,
    Order,
    Taken,
    Welcome,
    decode,
    encode,
)

ORIGINATE = Originate(
    leg="call.1",
    purpose=Purpose.CALLEE,
    uri="sip:+442079460123@127.0.0.1:5070",
    sender='"A B" <sip:+442079460999@example.org>',
    headers=(Header(name="P-Asserted-Identity", value="<sip:+442079460999@example.org>"),),
    ring_s=20.5,
)
REPORT = events.LegReport(
    leg="a", purpose=Purpose.AGENT, state=events.LegState.BRIDGED, sip_call_id="x", peer="b"
)
FIGURES = events.OperationFigures(
    operation="poll", count=1, total_s=0.5, longest_s=0.5, buckets=(0, 1)
)
MESSAGES = [
    Hello(version=1, incarnation="i", pid=1, capacity=512, oldest=1, newest=0),
    Welcome(version=1, last_taken=7),
    Taken(number=7),
    Heartbeat(),
    Order(id="o-1", command=ORIGINATE),
    Order(id="o-2", command=Bridge(callee="c", agent="a")),
    Order(id="o-3", command=Play(leg="c", file="/x/y.wav")),
    Order(id="o-4", command=HangUp(leg="c", because=OwnReason.REVOKED)),
    Happened(
        number=1,
        at=1.5,
        event=events.Ended(
            leg="c", by=events.Side.REMOTE, own_reason=OwnReason.NONE, status=486, q850=17
        ),
    ),
    Happened(number=2, at=2.0, event=events.Stocked(command="o-5", legs=(REPORT,))),
    Happened(
        number=3,
        at=2.0,
        event=events.Measured(command="o", cpu_s=1.0, memory_bytes=5, operations=(FIGURES,)),
    ),
    Happened(number=4, at=2.0, event=events.Gap(first=1, last=3)),
    Happened(
        number=5,
        at=2.0,
        event=events.Detected(leg="c", verdict=ScreeningVerdict.MACHINE, evidence="AMD AUTOMATA"),
    ),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_what_is_said_is_what_is_read(message: object) -> None:
    [content] = FrameReader().feed(encode(message))  # type: ignore[arg-type]
    assert decode(content) == message


@given(st.lists(st.sampled_from(MESSAGES), max_size=8), st.integers(0, 2**32))
def test_frames_are_found_however_the_stream_is_cut(messages: list[object], seed: int) -> None:
    stream = b"".join(encode(message) for message in messages)  # type: ignore[arg-type]
    chance, reader, found = random.Random(seed), FrameReader(), []
    while stream:
        cut = chance.randint(1, len(stream))
        found += [decode(content) for content in reader.feed(stream[:cut])]
        stream = stream[cut:]
    assert found == messages


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "unknown type"),
        ({"type": 5}, "unknown type"),
        ({"type": "taken"}, "'number' is missing"),
        ({"type": "taken", "number": "7"}, "expected int, found str"),
        ({"type": "taken", "number": True}, "expected int, found bool"),
        ({"type": "taken", "number": 7, "more": 1}, "unknown field 'more'"),
        ({"type": "order", "id": "x", "command": "explode", "content": {}}, "unknown command"),
        ({"type": "order", "id": "x", "command": [], "content": {}}, "unknown command"),
        ({"type": "order", "id": "x"}, "fields must be"),
        ({"type": "order", "id": "", "command": "drain", "content": {}}, "id is not a name"),
        ({"type": "order", "id": "x", "command": "drain", "content": []}, "expected an object"),
        (
            {
                "type": "order",
                "id": "x",
                "command": "hang_up",
                "content": {"leg": "a", "because": "x"},
            },
            "hang_up.because: not one of",
        ),
    ],
)
def test_nothing_is_guessed(content: dict[str, object], says: str) -> None:
    with pytest.raises(ProtocolError, match=says.replace(".", r"\.")):
        decode(content)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[1]", b"\xff\xfe", b"[" * 5000, b"5"])
def test_a_frame_that_is_no_json_object_is_an_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader().feed(len(body).to_bytes(4, "big") + body))


def test_a_frame_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError, match="claims"):
        list(FrameReader().feed((LONGEST_FRAME + 1).to_bytes(4, "big")))
    with pytest.raises(ProtocolError, match="too long"):
        frame({"x": "y" * LONGEST_FRAME})


@pytest.mark.parametrize(
    "change",
    [
        {"uri": "sip:a@b\r\nX-Evil: 1"},
        {"uri": "http://example.org"},
        {"uri": 'sip:a@b"'},
        {"uri": "sip:a@b@c"},
        {"uri": "sip:a@b?Route=x"},
        {"uri": "sip:evil.example?x=@127.0.0.1"},
        {"uri": "sip:a@b:123456"},
        {"uri": "sip:@b"},
        {"sender": '"x"\r\nEvil: 1 <sip:a@b>'},
        {"sender": '"x" y <sip:a@b>'},
        {"sender": "sip:a@b"},
        {"leg": "../../etc/passwd"},
        {"leg": ""},
        {"ring_s": float("nan")},
        {"ring_s": 0.0},
        {"ring_s": 1e9},
        {"outbound_proxy": "<sip:a>"},
    ],
)
def test_nothing_can_be_smuggled_into_an_invite(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not|must"):
        replace(ORIGINATE, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), [("X Y", "a"), ("X:", "a"), ("", "a"), ("X", "a\r\nb")])
def test_nothing_can_be_smuggled_into_a_header(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="header"):
        Header(name=name, value=value)


def test_an_error_never_repeats_a_value() -> None:
    content = json.loads(encode(Order(id="x", command=ORIGINATE))[4:])
    content["content"]["uri"] = "tel:+442079460123"
    with pytest.raises(ProtocolError) as caught:
        decode(content)
    assert "442079460123" not in str(caught.value)
