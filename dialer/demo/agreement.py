"""Do the dialer's calls and the network's agree, one by one?

    calls.jsonl ──┐
                  ├─ SIP Call-ID ─▶ pairs: number, answered, times, who ended, outcome
    network.jsonl ┘            └──▶ what only one of the two knows

Rule: pure. Every INVITE of the network is one attempt of the dialer and the other way round;
attempts that were never placed have no Call-ID and no counterpart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dialer.call_line import CallLine
from dialer.demo.network_log import NetworkCall
from dialer.reporting.percentiles import percentiles
from dialer.simulation.network.behaviour import Fate
from leads.phone import redact

#: How far the two clocks' readings of one instant may lie apart. A message is stamped by whoever
#: is scheduled to read it, so a loaded machine needs some room.
TOLERANCE_MS: Final = 250.0

#: Which outcomes fit a fate, when the call was not answered.
OUTCOMES: Final[Mapping[Fate, frozenset[str]]] = {
    Fate.NO_ANSWER: frozenset({"no_answer"}),
    Fate.BUSY: frozenset({"busy"}),
    Fate.INVALID: frozenset({"invalid_number"}),
    Fate.CONGESTION: frozenset({"congestion"}),
    Fate.NETWORK_SILENCE: frozenset({"trunk_down"}),
    Fate.NETWORK_FAILURE: frozenset({"trunk_down", "congestion"}),
}
#: Of calls that the dialer gave up itself, whatever would have become of them.
GIVEN_UP: Final = frozenset({"cancelled", "lost"})
_RANG_IN_VAIN: Final = frozenset({"no_answer"})  # somebody who would have answered later

#: Who ended a call, in the network's word -> in the dialer's.
ENDERS: Final[Mapping[str, frozenset[str]]] = {
    "callee": frozenset({"callee"}),
    "network": frozenset({"callee", "dialer"}),  # a silent network: the dialer's timer ended it
    "caller": frozenset({"agent", "dialer", "fault"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something on which the two do not agree."""

    what: str
    sip_call_id: str
    number: str  #: its last digits
    dialer: str
    network: str

    def sentence(self) -> str:
        """Return the difference for a person."""
        return (
            f"{self.what}: the dialer says {self.dialer}, the network {self.network} "
            f"(number {self.number}, Call-ID {self.sip_call_id})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The result of comparing the two logs."""

    matched: int
    differences: tuple[Difference, ...]
    apart_ms: Mapping[str, Mapping[str, float | None]]  #: by instant: percentiles and maximum
    by_kind: Mapping[str, int] = field(default_factory=dict)  #: how many differences of a kind

    @property
    def holds(self) -> bool:
        return not self.differences


def compare(
    lines: Iterable[CallLine],
    network: Sequence[NetworkCall],
    *,
    tolerance_ms: float = TOLERANCE_MS,
) -> Agreement:
    """Compare the dialer's *lines* with the calls of the *network*."""
    ours: dict[str, CallLine] = {}
    found: list[Difference] = []
    for line in lines:
        if line.sip_call_id is None:
            continue
        if line.sip_call_id in ours:
            found.append(_alone(line, None, "one Call-ID twice in the dialer's record"))
        ours[line.sip_call_id] = line
    apart: dict[str, list[float]] = {}
    seen: Counter[str] = Counter()
    for call in network:
        seen[call.sip_call_id] += 1
        line_or_none = ours.get(call.sip_call_id)
        if line_or_none is None:
            found.append(_alone(None, call, "a call the dialer does not know"))
        elif seen[call.sip_call_id] > 1:
            found.append(_alone(line_or_none, call, "one Call-ID twice in the network's log"))
        else:
            found += _differences(line_or_none, call, apart, tolerance_ms)
    found += [
        _alone(line, None, "a call the network never saw")
        for call_id, line in ours.items()
        if call_id not in seen
    ]
    return Agreement(
        matched=sum(1 for call_id in seen if call_id in ours),
        differences=tuple(found),
        apart_ms={
            name: {**percentiles(values, 50, 95, 99), "max": round(max(values), 1)}
            for name, values in apart.items()
        },
        by_kind=dict(Counter(difference.what for difference in found)),
    )


def _differences(
    line: CallLine, call: NetworkCall, apart: dict[str, list[float]], tolerance_ms: float
) -> Iterator[Difference]:
    if line.number != call.number:
        yield _of(line, call, "number", redact(line.number), redact(call.number))
    for name, ours, theirs in _instants(line, call):
        if (ours is None) != (theirs is None):
            yield _of(line, call, name, _shown(ours), _shown(theirs))
        elif ours is not None and theirs is not None:
            milliseconds = abs((ours - theirs).total_seconds()) * 1000
            apart.setdefault(name, []).append(milliseconds)
            if milliseconds > tolerance_ms:
                yield _of(line, call, name, _shown(ours), _shown(theirs))
    if call.ended_by is not None and line.ended_by not in ENDERS[call.ended_by]:
        yield _of(line, call, "ended by", str(line.ended_by), call.ended_by)
    if line.outcome not in possible_outcomes(call):
        told = f"{call.fate or 'refused'} ({call.status or 'no answer'})"
        yield _of(line, call, "outcome", str(line.outcome), told)


def _instants(
    line: CallLine, call: NetworkCall
) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    yield "invited at", _instant(line.invited_at), call.invited_at
    yield "ringing at", _instant(line.ringing_at), call.ringing_at
    yield "answered at", _instant(line.answered_at), call.answered_at
    if call.fate is not Fate.NETWORK_SILENCE:  # it learns of the end by hearing nothing any more
        yield "ended at", _instant(line.ended_at), call.ended_at


def possible_outcomes(call: NetworkCall) -> frozenset[str]:
    """Return the outcomes the dialer may record of *call*."""
    if call.answered_at is not None:
        return frozenset({"answered"})
    if call.fate is None:
        return frozenset({"invalid_number", "media", "protocol"})
    return OUTCOMES.get(call.fate, _RANG_IN_VAIN) | GIVEN_UP


def _of(line: CallLine, call: NetworkCall, what: str, dialer: str, network: str) -> Difference:
    return Difference(
        what=what,
        sip_call_id=call.sip_call_id,
        number=redact(line.number),
        dialer=dialer,
        network=network,
    )


def _alone(line: CallLine | None, call: NetworkCall | None, what: str) -> Difference:
    return Difference(
        what=what,
        sip_call_id=(line.sip_call_id if line else call.sip_call_id if call else None) or "",
        number=redact(line.number if line else call.number if call else ""),
        dialer=(line.outcome or "open") if line else "nothing",
        network=(call.fate or "refused") if call else "nothing",
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _shown(at: datetime | None) -> str:
    return "never" if at is None else at.isoformat(timespec="milliseconds")
