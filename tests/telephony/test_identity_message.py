"""What an abandoned callee hears."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from dialer.call_events import CallId
from dialer.ports import Placement, Way
from dialer.telephony.identity_message import TEXTS, IdentityMessages
from dialer.telephony.prompts import RATE, read_wav
from sip_config.carrying import Taken

NUMBER = "+442079460101"
A_PLACEMENT = Placement(
    call=CallId(UUID(int=1)),
    permit=cast(Any, None),
    number=cast(Any, None),
    way=Way(
        taken=Taken(trunk_id="t", host="sip:127.0.0.1", port=None, caller_id=NUMBER, pool=None),
        request_uri="sip:1@127.0.0.1",
        sender="<sip:2@127.0.0.1>",
    ),
    caller_name="Example Limited",
    ring_limit=timedelta(seconds=20),
    connect_limit=timedelta(seconds=2),
)


async def test_it_is_spoken_beforehand_in_the_callees_language(tmp_path: Path) -> None:
    messages = IdentityMessages(tmp_path)
    placement = replace(A_PLACEMENT, languages=("xx", "bg"))
    assert messages.for_placement(placement) is None, "nothing is spoken while a call waits"
    await messages.prepare([("Example Limited", NUMBER)])
    bulgarian = messages.for_placement(placement)
    english = messages.for_placement(replace(A_PLACEMENT, languages=("xx",)))
    assert bulgarian is not None and english is not None and bulgarian != english
    assert messages.for_placement(replace(A_PLACEMENT, languages=("en-GB",))) == english
    assert messages.for_placement(replace(A_PLACEMENT, caller_name="Somebody else")) is None
    assert len(read_wav(bulgarian)) > 2 * RATE


def test_every_message_names_the_caller_and_the_number_to_call_back() -> None:
    assert all("{name}" in text and "{number}" in text for text in TEXTS.values())
