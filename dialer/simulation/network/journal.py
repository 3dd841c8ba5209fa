"""``network.jsonl``: what really happened, one line for each INVITE, written when it is over.

Times are ISO 8601 in UTC with milliseconds, or null for what did not happen. Fields beside the
obvious: ``status`` is the final SIP status that was sent (487 for a cancelled call), null if none
was; ``ended_by`` is caller, callee or network; ``rtp_bytes_*`` count headers; the
``silence_after_hello_ms`` of a person is measured from the end of the first hello to the first
sound from the caller, 0 when that began earlier, null when there was none; ``heard_audio_ms`` is
all sound from the caller; a line with ``open`` true was cut short by the end of the simulation.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dialer.simulation.network.behaviour import Fate, Kind
from dialer.simulation.network.wall_clock import WallClock, iso_milliseconds


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """What is known of one call; instants are of the monotonic clock, in seconds."""

    sip_call_id: str
    number: str
    caller: str
    invited_at: float
    attempt: int
    fate: Fate | None  #: None: the INVITE was refused as it stood
    kind: Kind
    ringing_at: float | None = None
    early_media_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    ended_by: str | None = None
    status: int | None = None
    rtp_bytes_in: int = 0
    rtp_bytes_out: int = 0
    hello_ended_at: float | None = None
    first_heard_at: float | None = None  #: first sound from the caller
    heard_seconds: float = 0.0

    @property
    def silence_after_hello_ms(self) -> int | None:
        """Milliseconds a person waited for a voice; None without a hello or without a voice."""
        if self.hello_ended_at is None or self.first_heard_at is None:
            return None
        return max(0, round(1000 * (self.first_heard_at - self.hello_ended_at)))


class Journal:
    """The file; every line is flushed, so that it is complete whenever somebody looks."""

    def __init__(self, file: Path, clock: WallClock) -> None:
        self._clock = clock
        self._stream: TextIO = file.open("a", encoding="utf-8", buffering=1)

    def write(self, record: CallRecord) -> None:
        """Append one line."""
        line: dict[str, object] = {
            "sip_call_id": record.sip_call_id,
            "number": record.number,
            "from": record.caller,
            "attempt": record.attempt,
            "invited_at": self._time(record.invited_at),
            "ringing_at": self._time(record.ringing_at),
            "early_media_at": self._time(record.early_media_at),
            "answered_at": self._time(record.answered_at),
            "ended_at": self._time(record.ended_at),
            "ended_by": record.ended_by,
            "fate": record.fate,
            "kind": record.kind,
            "status": record.status,
            "rtp_bytes_in": record.rtp_bytes_in,
            "rtp_bytes_out": record.rtp_bytes_out,
            "hello_ended_at": self._time(record.hello_ended_at),
            "silence_after_hello_ms": record.silence_after_hello_ms,
            "heard_audio_ms": round(1000 * record.heard_seconds),
        }
        if record.ended_at is None:
            line["open"] = True
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()

    def _time(self, instant: float | None) -> str | None:
        return None if instant is None else iso_milliseconds(self._clock.at(instant))
