"""A campaign in numbers, computed from its record.

    rows       total = accepted + rejected + duplicates
    gate       asked = permitted + refused (each by its primary reason)
    attempts   placed = the sum of the outcomes
    answered = live answers + machines (as agents marked them)

Rule: pure. A number that cannot be computed is ``None``, never nought.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dialer.call import Call
from dialer.call_events import Connected
from dialer.call_line import CallLine, line_of
from dialer.minutes import call_of
from dialer.reporting.percentiles import percentiles
from dialer.reporting.record import PLAYABLE, Record, Tried
from dialer.reporting.shift import shift_time
from leads.disposition import MEANINGS, Disposition

Percentiles = Mapping[str, float | None]

UNCLOSED: Final = "open"  #: the outcome of an attempt whose end is not known yet


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    total: int
    accepted: int
    rejected: int
    duplicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCounts:
    asked: int  #: decisions on the trail, first looks that refused included
    permitted: int
    refused: Mapping[str, int]  #: by primary reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCounts:
    placed: int  #: an INVITE left the house
    outcomes: Mapping[str, int]  #: of those placed
    not_placed: int  #: permitted, and given up before the INVITE left


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentShares:
    count: int
    occupancy: float  #: on calls or in wrap-up, of the time not in a break; 0..1
    talk_share: float  #: talking, of the time not in a break; 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingCounts:
    expected: int  #: calls that were bridged and are recorded
    playable: int
    availability_s: Percentiles  #: from the end of the call until it can be played


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The numbers; durations in the unit their name ends with, rates in 0..1."""

    rows: RowCounts
    gate: GateCounts
    attempts: AttemptCounts
    answered: int
    machines: int  #: as agents marked them
    live_answers: int  #: answered, less machines
    connected: int  #: heard by an agent
    abandoned: int
    abandon_rate: float  #: abandoned / live answers
    connect_ms: Percentiles  #: from the answer to the bridge
    agents: AgentShares
    leads_qualified: int
    meetings: int
    callbacks: int  #: promised
    dispositions: Mapping[str, int]
    ring_backs: Mapping[str, int]  #: people who called us back, by what became of them
    recordings: RecordingCounts
    duration_s: float

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return asdict(self)


def report_of(record: Record) -> Report:
    """Return the numbers of *record*."""
    calls = [(tried, call_of(tried.facts.events)) for tried in record.attempts]
    placed = [(tried, call) for tried, call in calls if call.invited_at is not None]
    answered = [(tried, call) for tried, call in placed if call.answered_at is not None]
    connected = [call for _, call in answered if call.bridged_at is not None]
    machines = sum(_is_machine(tried) for tried, _ in answered)
    live_answers = len(answered) - machines
    abandoned = sum(tried.facts.abandoned for tried, _ in answered)
    outcomes = Counter(tried.facts.outcome or UNCLOSED for tried, _ in placed)
    dispositions = Counter(t.facts.disposition for t in record.attempts if t.facts.disposition)
    spent = shift_time(record.shifts, until=record.until)
    return Report(
        rows=RowCounts(
            total=record.rows.total,
            accepted=record.rows.accepted,
            rejected=record.rows.rejected,
            duplicates=record.rows.duplicates,
        ),
        gate=GateCounts(
            asked=record.decisions.permitted + sum(record.decisions.refused.values()),
            permitted=record.decisions.permitted,
            refused=_largest_first(record.decisions.refused),
        ),
        attempts=AttemptCounts(
            placed=len(placed),
            outcomes=_largest_first(outcomes),
            not_placed=sum(c.invited_at is None and not c.inbound for _, c in calls),
        ),
        answered=len(answered),
        machines=machines,
        live_answers=live_answers,
        connected=len(connected),
        abandoned=abandoned,
        abandon_rate=round(abandoned / live_answers, 5) if live_answers else 0.0,
        connect_ms=percentiles([_connect_ms(call) for call in connected], 50, 95, 99),
        agents=AgentShares(
            count=record.agents,
            occupancy=round(spent.occupancy, 4),
            talk_share=round(spent.talk_share, 4),
        ),
        leads_qualified=len({tried.facts.lead for tried in record.attempts if tried.qualified}),
        meetings=len(record.meetings),
        callbacks=dispositions[Disposition.CALLBACK.value],
        dispositions=_largest_first(dispositions),
        ring_backs=_largest_first(record.ring_backs),
        recordings=_recordings(record.attempts),
        duration_s=round((record.until - record.since).total_seconds(), 1),
    )


def lines_of(record: Record, *, reveal: bool) -> list[CallLine]:
    """Return one line for each attempt; numbers are masked unless *reveal*."""
    return [line_of(tried.facts, reveal=reveal) for tried in record.attempts]


def _is_machine(tried: Tried) -> bool:
    return tried.facts.disposition == Disposition.ANSWERING_MACHINE.value


def _connect_ms(call: Call) -> float:
    assert call.answered_at is not None and call.bridged_at is not None
    return max((call.bridged_at - call.answered_at).total_seconds(), 0.0) * 1000


def _recordings(attempts: Sequence[Tried]) -> RecordingCounts:
    expected = [tried for tried in attempts if tried.taped is not None or _was_recorded(tried)]
    playable = [t for t in expected if t.taped is not None and t.taped.state == PLAYABLE]
    waits = [
        max((tried.taped.available_at - ended.at).total_seconds(), 0.0)
        for tried in playable
        if tried.taped is not None and tried.taped.available_at is not None
        if (ended := call_of(tried.facts.events).ended) is not None
    ]
    return RecordingCounts(
        expected=len(expected),
        playable=len(playable),
        availability_s=percentiles(waits, 50, 95, digits=3),
    )


def _was_recorded(tried: Tried) -> bool:
    return any(isinstance(event, Connected) and event.recorded for event in tried.facts.events)


def _largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def reached(dispositions: Mapping[str, int]) -> int:
    """Return how many conversations were with the person the list means.

    >>> reached({"not_interested": 3, "wrong_person": 1, "answering_machine": 5})
    3
    """
    return sum(count for name, count in dispositions.items() if MEANINGS[Disposition(name)].reached)
