"""``network.jsonl`` read back: what really happened, as the other side of every call saw it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.simulation.network.behaviour import Fate, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCall:
    """One INVITE and what became of it, by the network's account."""

    sip_call_id: str
    number: str
    invited_at: datetime
    fate: Fate | None  #: None: the INVITE was refused as it stood
    kind: Kind
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None  #: None: cut short by the end of the simulation
    ended_by: str | None = None  #: caller | callee | network
    status: int | None = None  #: final SIP status that was sent
    silence_after_hello_ms: float | None = None  #: None: no hello, or never a voice after it
    rtp_bytes_in: int = 0
    rtp_bytes_out: int = 0

    @property
    def is_person(self) -> bool:
        """Whether a person answered."""
        return self.kind is Kind.PERSON and self.answered_at is not None


class UnreadableNetworkLog(ValueError):
    """A line of the log is not what the network writes."""


def read_network_log(file: Path) -> list[NetworkCall]:
    """Return the calls of the log, in the order in which they ended.

    Raises:
        UnreadableNetworkLog: Names the line.
        OSError: The file cannot be read.
    """
    return list(network_calls(file.read_text(encoding="utf-8").splitlines()))


def network_calls(lines: Iterable[str]) -> Iterable[NetworkCall]:
    """Yield one call for each of *lines*."""
    for number, line in enumerate(lines, start=1):
        try:
            yield _call(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableNetworkLog(
                f"line {number} of the network's log cannot be read ({type(error).__name__})"
            ) from None


def _call(found: dict[str, Any]) -> NetworkCall:
    return NetworkCall(
        sip_call_id=found["sip_call_id"],
        number=found["number"],
        invited_at=datetime.fromisoformat(found["invited_at"]),
        fate=None if found["fate"] is None else Fate(found["fate"]),
        kind=Kind(found["kind"]),
        ringing_at=_instant(found["ringing_at"]),
        answered_at=_instant(found["answered_at"]),
        ended_at=_instant(found["ended_at"]),
        ended_by=found["ended_by"],
        status=found["status"],
        silence_after_hello_ms=found["silence_after_hello_ms"],
        rtp_bytes_in=found["rtp_bytes_in"],
        rtp_bytes_out=found["rtp_bytes_out"],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
