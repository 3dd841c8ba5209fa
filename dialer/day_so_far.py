"""What the trunks have carried today, from the record: so that ceilings outlive a restart.

Rule: pure. Minutes, money, the traffic carriers judge and the showings of caller IDs are counted as
:mod:`sip_config.carrying` counts them while calls end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from dialer.call import Call
from dialer.call_events import CallEvent, FailedOver
from dialer.minutes import call_of
from dialer.on_record import taken_by
from leads.phone import PhoneNumber
from sip_config.caller_id import CallerIdUse
from sip_config.config import SipConfig
from sip_config.cost import price
from sip_config.lines import Lines, restored


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """A call of today."""

    number: PhoneNumber
    trunk: str  #: it was opened with
    caller_id: str
    opened_at: datetime
    events: Sequence[CallEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carried:
    trunk: str
    caller_id: str
    number: PhoneNumber
    seconds: float | None  #: from answer to end; None: not answered
    at: datetime


def with_day_so_far(config: SipConfig, lines: Lines, calls: Iterable[PastCall]) -> Lines:
    """Return *lines* with what *calls*, all of today and ended, have used."""
    uses = dict(lines.caller_ids)
    for carried in (each for call in calls for each in _carried(call)):
        trunk, state = config.trunks.get(carried.trunk), lines.trunks.get(carried.trunk)
        if trunk is None or state is None:
            continue
        seconds = carried.seconds
        cost = Decimal(0) if seconds is None else price(trunk.cost, carried.number, seconds)
        lines = restored(
            lines,
            carried.trunk,
            minutes=state.minutes + (seconds or 0.0) / 60,
            spent=state.spent + cost,
            traffic=state.traffic.after(seconds, trunk.traffic),
        )
        use = uses.get(carried.caller_id, CallerIdUse())
        uses[carried.caller_id] = replace(
            use,
            calls=use.calls + 1,
            answered=use.answered + (seconds is not None),
            last_used_at=max(carried.at, use.last_used_at or carried.at),
        )
    return replace(lines, caller_ids=uses)


def _carried(past: PastCall) -> Iterator[_Carried]:
    """Yield every INVITE of a call that is over; who calls us costs nothing."""
    call = call_of(past.events)
    if call.ended is None or call.inbound:
        return
    trunk, caller_id = past.trunk, past.caller_id
    for event in past.events:
        if isinstance(event, FailedOver):
            yield _Carried(
                trunk=trunk, caller_id=caller_id, number=past.number, seconds=None, at=event.at
            )
            trunk, caller_id = event.trunk, event.caller_id
    taken = taken_by(past.events, trunk=trunk, caller_id=caller_id)
    yield _Carried(
        trunk=taken.trunk_id,
        caller_id=taken.caller_id or caller_id,
        number=past.number,
        seconds=_answered_s(call),
        at=past.opened_at,
    )


def _answered_s(call: Call) -> float | None:
    if call.answered_at is None or call.ended is None:
        return None
    return max((call.ended.at - call.answered_at).total_seconds(), 0.0)
