"""What a gateway says of who answered is read in every spelling, and nothing sent does harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.screening.gateway import is_word, tells_who_answers, word_of
from dialer.screening.verdict import ScreeningVerdict

HUMAN, MACHINE, FAX = ScreeningVerdict.HUMAN, ScreeningVerdict.MACHINE, ScreeningVerdict.FAX


def an_info(body: str, content_type: str = "Content-Type: application/x-detect") -> str:
    return f"INFO sip:us@127.0.0.1 SIP/2.0\r\nCSeq: 1 INFO\r\n{content_type}\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("kind", "subtype", "verdict"),
    [
        ("AMD", "VOICE", HUMAN),
        ("AMD", "AUTOMATA", MACHINE),
        ("AMD", "BEEP", MACHINE),
        ("AMD", "BEEP-END", MACHINE),
        ("CPT", "Beep", MACHINE),
        ("AMD", "SILENT", ScreeningVerdict.SILENCE),
        ("AMD", "Silence", ScreeningVerdict.SILENCE),
        ("AMD", "UNKNOWN", ScreeningVerdict.UNSURE),
        ("FAX", "CED", FAX),
        ("FAX", "modem", FAX),
        *((("CPT", f"SIT-{name}", ScreeningVerdict.SIT)) for name in ("NC", "IC", "VC", "RO1")),
    ],
)
def test_every_event_of_the_manuals_has_its_verdict(
    kind: str, subtype: str, verdict: ScreeningVerdict
):
    word = word_of(an_info(f"Type= {kind}\r\nSubType= {subtype}\r\n"))
    assert word is not None
    assert word.verdict is verdict
    assert word.evidence == f"the gateway: {kind} {subtype.upper()}"


@pytest.mark.parametrize(
    "body",
    [
        "Type=AMD\r\nSubType=VOICE",
        "Type= AMD\r\nSubType= VOICE\r\n",
        "type = amd\nsubtype = voice\n",
        "TYPE=AMD, SUBTYPE=VOICE",
        "\r\n  Type\t=\tAMD ;Subtype=Voice",
        'Type="AMD"\r\nSubType="Voice"',
        "Type=PTT\r\nSubType=SPEECH-START\r\nType=AMD\r\nSubType=VOICE\r\n",
    ],
)
def test_it_is_read_however_it_is_spelled(body: str):
    for content_type in (
        "Content-Type: application/x-detect",
        "content-type:Application/X-Detect ;charset=utf-8",
        "c: application/x-detect",
    ):
        word = word_of(an_info(body, content_type))
        assert word is not None
        assert word.verdict is HUMAN


@pytest.mark.parametrize(
    "message",
    [
        "",
        an_info(""),
        an_info("Type=AMD"),
        an_info("SubType=VOICE"),
        an_info("Type=PTT\r\nSubType=SPEECH-END"),
        an_info("Type=CPT\r\nSubType=BUSY"),
        an_info("Type=CPT\r\nSubType=SIT-XX"),
        an_info("Type=AMD\r\nSubType=VOICELESS"),
        an_info("Type=AMD\r\nSubType=VOICE", "Content-Type: text/plain"),
        an_info("Type=AMD\r\nSubType=VOICE", "Content-Type: application/x-detective"),
        an_info("Content-Type: application/x-detect\r\n\r\nType=AMD\r\nSubType=VOICE", "X: y"),
        an_info(" " * 2000 + "Type=AMD\r\nSubType=VOICE"),
    ],
)
def test_what_is_not_understood_says_nothing(message: str):
    assert word_of(message) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("X-Detect: Response=AMD,CPT", True),
        ("x-detect:response = cpt , amd", True),
        ("X-Detect: Response=CPT\r\nX-Detect: Response=AMD", True),
        ("X-Detect: Response=CPT", False),
        ("X-Detect: Response=AMDX", False),
        ("X-Detect: Response=", False),
        ("X-Detect: Request=AMD,CPT", False),
        ("Y: X-Detect: Response=AMD", False),
        ("", False),
    ],
)
def test_only_who_says_so_will_tell_machines_from_people(header: str, expected: bool):
    answer = f"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n{header}\r\n\r\nX-Detect: Response=AMD"
    assert tells_who_answers(answer) is expected


HEADERS = ("INFO sip:x SIP/2.0", "Content-Type:", "application/x-detect", "X-Detect:", "Response=")
WORDS = ("Type", "SubType", "=", " ", ",", "AMD", "VOICE", "SIT-", "\udcff", "\x00")
FRAGMENTS = st.sampled_from((*HEADERS, *WORDS, "\n", "\r\n", "\r\n\r\n"))


@given(st.one_of(st.text(), st.lists(FRAGMENTS).map("".join)))
def test_nothing_that_is_sent_raises(message: str):
    word = word_of(message)
    assert word is None or (is_word(message) and word.evidence.isprintable())
    assert tells_who_answers(message) in (True, False)
