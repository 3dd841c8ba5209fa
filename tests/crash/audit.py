"""What must be true of an installation, whatever was killed under it.

Both witnesses are asked: the dialer's record and the simulated network's own log.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import soundfile

from dialer.call_line import CallLine
from dialer.demo.network_log import NetworkCall, read_network_log
from dialer.demo.witness import lines_by_call_id, witness
from tests.crash.books import Books
from tests.crash.installation import Installation, Killed

#: Ends that a worker's death excuses: what it knew, and nobody else did, is gone.
LOST = frozenset({"lost", "not_placed"})
_AROUND = timedelta(seconds=1)


def complaints(installation: Installation) -> list[str]:
    """Everything that is wrong, in words."""
    books = installation.story.books
    assert books is not None, "the run did not come to its end"
    network = read_network_log(installation.network_log)
    return [
        *_complaints_of_permits(books, network),
        *_complaints_of_the_record(installation, books, network),
        *_complaints_of_the_end(books),
        *_complaints_of_dispositions(installation, books),
        *_complaints_of_survivors(installation, books),
        *_complaints_of_recordings(installation, books),
    ]


def _complaints_of_permits(books: Books, network: list[NetworkCall]) -> Iterator[str]:
    seen = witness(network, books.lines, permitted=books.permitted)
    if seen.double_dials:
        yield f"{seen.double_dials} permits were dialed on twice"
    if seen.calls_without_permit:
        yield f"{seen.calls_without_permit} calls without a permit"
    if books.trail.faults:
        yield f"the decision trail has faults: {books.trail.faults}"


def _complaints_of_the_record(
    installation: Installation, books: Books, network: list[NetworkCall]
) -> Iterator[str]:
    """Whoever was rung is on record; whoever answered is on record as having answered."""
    by_id = lines_by_call_id(books.lines)
    worker_died = any(kill.victim == "worker-1" for kill in installation.story.kills)
    for call in network:
        line = by_id.get(call.sip_call_id) or _by_number(call, books.lines)
        if line is None:
            yield f"an INVITE at {call.invited_at} is not on record"
        elif call.answered_at is not None and line.answered_at is None:
            excused = worker_died and line.own_reason in LOST
            if not excused:
                yield f"attempt {line.attempt} was answered, and the record says {line.own_reason}"
    for line in books.lines:
        if line.outcome is None or line.ended_at is None:
            yield f"attempt {line.attempt} has no end"
        if line.bridged_at and line.disposition is None:
            yield f"attempt {line.attempt} was talked in and has no disposition"


def _by_number(call: NetworkCall, lines: Iterable[CallLine]) -> CallLine | None:
    """The attempt of an INVITE whose worker died before the core had heard its Call-ID."""
    for line in lines:
        opened = datetime.fromisoformat(line.opened_at)
        until = datetime.fromisoformat(line.ended_at) if line.ended_at else opened
        fits = opened - _AROUND <= call.invited_at <= until + _AROUND
        if line.number == call.number and line.sip_call_id is None and fits:
            return line
    return None


def _complaints_of_the_end(books: Books) -> Iterator[str]:
    if books.open_attempts:
        yield f"{books.open_attempts} attempts are open"
    if books.leads_in_call:
        yield f"{books.leads_in_call} leads are in a call"
    if books.agents_on_duty:
        yield f"{books.agents_on_duty} agents could not go home"


def _complaints_of_dispositions(installation: Installation, books: Books) -> Iterator[str]:
    for said in installation.story.acknowledged:
        if books.dispositions.get(said.attempt) != said.disposition:
            found = books.dispositions.get(said.attempt)
            yield f"attempt {said.attempt}: {said.disposition} was acknowledged, {found} is there"


@dataclass(frozen=True, slots=True)
class Survivor:
    """A call that was connected when something else than its worker was killed."""

    line: CallLine
    kill: Killed


def survivors(installation: Installation, books: Books) -> Iterator[Survivor]:
    """Yield the calls that had to survive a kill; not those a dying worker took away later."""
    by_call = {line.id: line for line in books.lines}
    for kill in installation.story.kills:
        if kill.victim != "worker-1":
            for call in kill.connected:
                line = by_call[call]
                if not _worker_died(installation, line, since=kill.at):
                    yield Survivor(line, kill)


def _worker_died(installation: Installation, line: CallLine, *, since: datetime) -> bool:
    ended = datetime.fromisoformat(line.ended_at or line.opened_at)
    return any(
        kill.victim == "worker-1" and since <= kill.at <= ended + 3 * _AROUND
        for kill in installation.story.kills
    )


def _complaints_of_survivors(installation: Installation, books: Books) -> Iterator[str]:
    for survivor in survivors(installation, books):
        line = survivor.line
        if line.ended_by not in ("agent", "callee"):
            yield f"attempt {line.attempt} was connected and ended by {line.ended_by}"
        if books.recordings.get(line.id) not in ("playable", None):
            yield f"attempt {line.attempt} survived, its recording is {books.recordings[line.id]}"


def _complaints_of_recordings(installation: Installation, books: Books) -> Iterator[str]:
    directory = installation.recordings_dir
    for line in books.lines:
        state = books.recordings.get(line.id)
        died = _worker_died(installation, line, since=datetime.fromisoformat(line.opened_at))
        if line.bridged_at and state != "playable" and not died:
            yield f"attempt {line.attempt} was talked in, its recording is {state}"
        if state == "playable" and line.recording is not None:
            yield from _complaints_of_a_file(directory / line.recording, line, died=died)


def _complaints_of_a_file(file: Path, line: CallLine, *, died: bool) -> Iterator[str]:
    samples, rate = soundfile.read(file, always_2d=True)
    if samples.shape[1] != 2:
        yield f"the recording of attempt {line.attempt} has {samples.shape[1]} channels"
    bridged = datetime.fromisoformat(line.bridged_at or line.opened_at)
    ended = datetime.fromisoformat(line.ended_at or line.opened_at)
    apart = abs(len(samples) / rate - (ended - bridged).total_seconds())
    if apart > 0.1 and not died:
        yield f"the recording of attempt {line.attempt} differs by {apart:.2f} s"
