"""What the network's log says about the dialer that the dialer cannot say about itself.

Rule: pure, and computed from the network's log joined with permits on the trail. A call is counted
against the dialer unless something shows that it was right.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dialer.call_line import CallLine
from dialer.demo.network_log import NetworkCall
from dialer.reporting.percentiles import percentiles

#: Who hangs up before this was not left waiting by us (47 CFR 64.1200(a)(7)).
CONNECT_LIMIT: Final = timedelta(seconds=2)
#: A permit is used within this of being given; an INVITE is stamped by both sides.
_AROUND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """The network's view of a run."""

    network_abandon_rate: float  #: of people who answered, 0..1
    connect_ms: Mapping[str, float | None]  #: the network's answer to the bridge
    silence_after_hello_ms: Mapping[str, float | None]
    calls_without_permit: int
    double_dials: int  #: INVITEs beyond those of one permit that may be: one after the other failed


def witness(
    network: Sequence[NetworkCall], lines: Sequence[CallLine], *, permitted: Collection[str]
) -> Witnessed:
    """Return what the *network* saw.

    Args:
        permitted: Names of the attempts the decision trail has a permit for.
    """
    by_call_id = lines_by_call_id(lines)
    people = [call for call in network if call.is_person]
    left_alone = sum(_left_alone(call, by_call_id.get(call.sip_call_id)) for call in people)
    silences = [c.silence_after_hello_ms for c in people if c.silence_after_hello_ms is not None]
    used = [_attempt_of(call, by_call_id, lines) for call in network]
    per_permit: dict[int, list[NetworkCall]] = defaultdict(list)
    for call, attempt in zip(network, used, strict=True):
        if attempt is not None:
            per_permit[attempt].append(call)
    tries = {line.attempt: 1 + len(line.earlier_tries) for line in lines}
    return Witnessed(
        network_abandon_rate=round(left_alone / len(people), 5) if people else 0.0,
        connect_ms=percentiles(list(_connect_ms(network, by_call_id)), 50, 95, 99),
        silence_after_hello_ms=percentiles(silences, 50, 95),
        calls_without_permit=sum(
            attempt is None or str(attempt) not in permitted for attempt in used
        ),
        double_dials=sum(
            _double_dials(calls, tries[attempt]) for attempt, calls in per_permit.items()
        ),
    )


def lines_by_call_id(lines: Iterable[CallLine]) -> dict[str, CallLine]:
    """Return the lines by the Call-IDs of all their INVITEs."""
    found = {line.sip_call_id: line for line in lines if line.sip_call_id}
    earlier = ((tried.sip_call_id, line) for line in lines for tried in line.earlier_tries)
    return {**{name: line for name, line in earlier if name}, **found}


def _double_dials(calls: Sequence[NetworkCall], tries: int) -> int:
    """Return how many INVITEs of one permit should not have left.

    A second one may leave if it is on record that the first failed; never after a telephone has
    rung, and never while the one before is still under way.
    """
    wrong = 0
    in_order = sorted(calls, key=lambda call: call.invited_at)
    for number, call in enumerate(in_order[1:], start=1):
        before = in_order[:number]
        rang = any(each.ringing_at or each.answered_at for each in before)
        under_way = any(each.ended_at and each.ended_at > call.invited_at for each in before)
        wrong += rang or under_way
    return max(wrong, len(calls) - tries)


def _left_alone(call: NetworkCall, line: CallLine | None) -> bool:
    """Return whether a person who answered was never spoken to by an agent."""
    assert call.answered_at is not None
    gave_up_early = (
        call.ended_by == "callee"
        and call.ended_at is not None
        and call.ended_at - call.answered_at < CONNECT_LIMIT
    )
    if gave_up_early:
        return False
    heard_agent = line is not None and line.bridged_at is not None
    return not heard_agent or call.silence_after_hello_ms is None


def _connect_ms(
    network: Iterable[NetworkCall], by_call_id: Mapping[str, CallLine]
) -> Iterable[float]:
    for call in network:
        line = by_call_id.get(call.sip_call_id)
        if call.answered_at is not None and line is not None and line.bridged_at is not None:
            bridged_at = datetime.fromisoformat(line.bridged_at)
            yield max((bridged_at - call.answered_at).total_seconds(), 0.0) * 1000


def _attempt_of(
    call: NetworkCall, by_call_id: Mapping[str, CallLine], lines: Sequence[CallLine]
) -> int | None:
    """Return the attempt an INVITE was made for: by its Call-ID, else by number and time.

    The second way finds an INVITE that was sent again for one permit, which has a Call-ID of its
    own.
    """
    if (line := by_call_id.get(call.sip_call_id)) is not None:
        return line.attempt
    for line in lines:
        if line.number != call.number:
            continue
        opened_at = datetime.fromisoformat(line.opened_at)
        until = datetime.fromisoformat(line.ended_at) if line.ended_at else opened_at
        if opened_at - _AROUND <= call.invited_at <= until + _AROUND:
            return line.attempt
    return None
