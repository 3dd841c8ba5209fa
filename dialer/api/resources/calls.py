"""Calls as the record has them, and their recordings: ``/calls``, ``/recordings``.

Rule: a line of a call is computed from its events each time; a recording is sent in ranges (RFC
9110, section 14), and only from the recordings' own directory.
"""

from collections.abc import Mapping
from pathlib import Path

import structlog
from aiohttp import web
from pydantic import Field

from dialer.api.audio import audio_answer
from dialer.api.model import Id, Outgoing, Page
from dialer.api.operation import Asked, operation
from dialer.api.problem import Problem, not_found
from dialer.api.reach import FLOOR, READERS, campaign_of, conflict
from dialer.call_events import CallId
from dialer.call_line import CallFacts, CallLine, line_of
from dialer.database import events, recordings
from dialer.database.pool import Connection
from dialer.database.recordings import Recording, RecordingState
from dialer.rights.audio_keys import AudioKeys
from dialer.telephony.merging import unfinished
from leads.lead import AttemptId
from leads.store import attempts, people
from leads.store.connection import vault_of

log = structlog.get_logger()


class CallsWanted(Page):
    """Which calls are of interest."""

    campaign: Id


class Calls(Outgoing):
    """Calls, latest first."""

    calls: tuple[CallLine, ...]
    next: int | None = Field(description="`after` of the next page; none: this is the last")


@operation("GET", "/calls", roles=READERS)
async def all_of_them(asked: Asked[None, CallsWanted]) -> Calls:
    """List a campaign's calls, latest first."""
    wanted = asked.query
    async with asked.connection() as connection:
        campaign = await campaign_of(asked, connection, wanted.campaign)
        before = None if wanted.after is None else AttemptId(wanted.after)
        rows = await attempts.latest_attempts(
            connection, campaign.id, limit=wanted.limit, before=before
        )
        lines = await _lines(connection, rows)
    last = rows[-1].id if len(rows) == wanted.limit else None
    return Calls(calls=lines, next=last)


@operation("GET", "/recordings/{call:uuid}/audio", roles=READERS, media="audio/ogg")
async def audio(asked: Asked[None, None]) -> web.StreamResponse:
    """Play a call: agent on the left, callee on the right.

    While the call goes on, those who watch the floor get what has been said so far.
    """
    call = CallId(asked.uuid("call"))
    async with asked.connection() as connection:
        found = await _recording(asked, connection, call)
        keys = AudioKeys(vault_of(connection))
    directory = asked.context.recordings_dir.resolve()
    path = (directory / found.path).resolve()
    if not path.is_relative_to(directory):
        raise not_found("the recording is on record, but its file is not there")
    if grows := found.state is RecordingState.EXPECTED:
        path = _growing(asked, path)
        log.info("tape_heard", call_id=str(call), user_id=asked.user.id)
    return await audio_answer(asked.request, path, keys.opened, grows=grows)


def _growing(asked: Asked[None, None], path: Path) -> Path:
    """Return where the recording of a call grows that goes on."""
    growing = unfinished(path)
    if asked.user.role not in FLOOR or not growing.is_file():
        raise conflict("not-yet", "the recording is being made; try again in some seconds")
    return growing


async def _recording(asked: Asked[None, None], connection: Connection, call: CallId) -> Recording:
    recorded = await events.call(connection, call)
    if recorded is None:
        raise not_found("there is no such call")
    attempt = await attempts.load_attempt(connection, recorded.attempt)
    await campaign_of(asked, connection, attempt.campaign)
    found = await recordings.recording(connection, call)
    if found is None:
        raise not_found("this call was not recorded")
    if found.state is RecordingState.FAILED:
        raise Problem(404, "recording-failed", "the recording of this call could not be made")
    return found


async def _lines(
    connection: Connection, rows: tuple[attempts.AttemptRow, ...]
) -> tuple[CallLine, ...]:
    calls = {
        each.attempt: each
        for each in await events.calls_of_attempts(connection, [row.id for row in rows])
    }
    tapes = await recordings.recordings_of(connection, [call.id for call in calls.values()])
    of_leads = await people.numbers_of_leads(connection, {row.lead for row in rows})
    numbers = {each.id: each.number for several in of_leads.values() for each in several}
    return tuple(
        line_of(
            CallFacts(
                call=calls[row.id].id,
                attempt=row.id,
                lead=row.lead,
                campaign=row.campaign,
                number=numbers[row.number],
                trunk=calls[row.id].trunk,
                outcome=row.outcome,
                abandoned=row.abandoned,
                disposition=row.disposition.value if row.disposition else None,
                opened_at=row.opened_at,
                events=calls[row.id].events,
                recording=_playable(tapes, calls[row.id].id)[0],
                recording_s=_playable(tapes, calls[row.id].id)[1],
            ),
            reveal=True,
        )
        for row in rows
        if row.id in calls and row.number in numbers
    )


def _playable(
    tapes: Mapping[CallId, Recording], call: CallId
) -> tuple[str, float | None] | tuple[None, None]:
    """Return where the recording of *call* lies and how long it is, once it can be played."""
    tape = tapes.get(call)
    if tape is None or tape.state is not RecordingState.PLAYABLE:
        return None, None
    return tape.path, tape.seconds
