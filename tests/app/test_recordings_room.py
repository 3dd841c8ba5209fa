"""From tapes to rows: what the core writes of recordings, and what it says when it cannot."""

import json
from dataclasses import asdict, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from dialer.app.recordings_room import RecordingsRoom
from dialer.call_events import AgentAssigned, Answered, CallId, Connected, Ended, EndedBy, Invited
from dialer.clock import SystemClock
from dialer.database import events, recordings
from dialer.database.pool import Pool
from dialer.database.recordings import Recording, RecordingState
from dialer.ports import AudioLost, AudioReady, CallRow
from dialer.rights.audio_keys import AudioKeys
from dialer.telephony.audio_file import audio_of, envelope_of
from dialer.telephony.taping import Slip, slip_path
from leads.store.vault import Vault
from tests.api.scripted import a_house_in
from tests.builders import LONG_AGO, MONDAY_MORNING, a_call_in
from tests.telephony.test_recording import lay_tapes

pytestmark = pytest.mark.real_time


@pytest.fixture
async def call(database: Pool) -> CallId:
    """A call that was talked in for three seconds."""
    async with database.acquire() as connection:
        house = await a_house_in(connection)
        call = CallId(await a_call_in(connection, house.campaign))
        second = timedelta(seconds=1)
        happened = (
            Invited(MONDAY_MORNING, "id@127.0.0.1"),
            Answered(MONDAY_MORNING),
            AgentAssigned(MONDAY_MORNING, house.agent),
            Connected(MONDAY_MORNING),
            Ended(MONDAY_MORNING + 3 * second, EndedBy.CALLEE),
        )
        rows = [CallRow(call=call, number=n, event=e) for n, e in enumerate(happened, start=1)]
        await events.append(connection, rows)
        await recordings.expect(connection, call, path=f"{str(call)[-2:]}/{call}.ogg")
    return call


@pytest.fixture
def room(database: Pool, tmp_path: Path) -> RecordingsRoom:
    (tmp_path / "spool").mkdir()
    return RecordingsRoom(
        database, SystemClock(), spool=tmp_path / "spool", directory=tmp_path / "recordings"
    )


def ready(call: CallId) -> AudioReady:
    return AudioReady(call=call, agent_audio="", callee_audio="", at=MONDAY_MORNING)


async def on_record(database: Pool, call: CallId) -> Recording:
    async with database.acquire() as connection:
        found = await recordings.recording(connection, call)
    assert found is not None
    return found


async def test_a_recording_as_long_as_its_call_needs_no_words(
    room: RecordingsRoom, call: CallId, database: Pool, tmp_path: Path
):
    lay_tapes(tmp_path / "spool", str(call))
    room.take(ready(call))
    await room.close()
    found = await on_record(database, call)
    assert (found.state, found.seconds, found.problem) == (RecordingState.PLAYABLE, 3.0, None)
    assert room.troubles() == ()


async def test_why_a_recording_is_shorter_is_on_record(
    room: RecordingsRoom, call: CallId, database: Pool, tmp_path: Path
):
    lay_tapes(tmp_path / "spool", str(call), agent=2.0, callee=2.0)
    slip = Slip(recording=str(call), callee="c", agent="a", started_at=5.0, stopped_at=7.0)
    slip = replace(slip, stopped_because="only 7 MiB are left")
    slip_path(tmp_path / "spool", str(call)).write_text(json.dumps(asdict(slip)))
    room.take(AudioLost(call=call, why="only 7 MiB are left", at=SystemClock().now()))
    assert room.troubles() == (
        "calls are not recorded: only 7 MiB are left; make room in spool_dir",
    )
    room.take(ready(call))
    await room.close()
    found = await on_record(database, call)
    assert found.state is RecordingState.PLAYABLE
    assert found.problem == (
        "1.00 s shorter than by events: the tape was stopped, only 7 MiB are left"
    )


async def test_a_call_that_was_never_taped_says_so(
    room: RecordingsRoom, call: CallId, database: Pool
):
    room.take(AudioLost(call=call, why="no room", at=LONG_AGO))
    await room.close()
    found = await on_record(database, call)
    assert (found.state, found.problem) == (RecordingState.FAILED, "no room")
    assert room.troubles() == (), "it was long ago"


async def test_a_disk_that_takes_nothing_is_trouble_until_it_takes_something(
    room: RecordingsRoom, call: CallId, database: Pool, tmp_path: Path
):
    lay_tapes(tmp_path / "spool", str(call))
    (tmp_path / "recordings").write_text("a file where the directory should be")
    await room._make(call)
    assert [trouble.split(":")[0] for trouble in room.troubles()] == [
        "recordings cannot be written"
    ]
    assert (await on_record(database, call)).state is RecordingState.EXPECTED
    (tmp_path / "recordings").unlink()
    await room._make(call)
    assert room.troubles() == ()
    assert (await on_record(database, call)).state is RecordingState.PLAYABLE
    await room.close()


async def test_sealed_on_disk_it_is_measured_as_it_sounds(
    call: CallId, database: Pool, tmp_path: Path
):
    (tmp_path / "spool").mkdir()
    keys = AudioKeys(Vault.in_memory())
    room = RecordingsRoom(
        database, SystemClock(), spool=tmp_path / "spool", directory=tmp_path, keys=keys
    )
    lay_tapes(tmp_path / "spool", str(call))
    room.take(ready(call))
    await room.close()
    found = await on_record(database, call)
    path = tmp_path / found.path
    stream = audio_of(path, keys.opened(envelope_of(path) or b""))
    assert (found.seconds, found.bytes) == (3.0, len(stream))
    assert found.sha256 == sha256(stream).digest()
    assert stream[:4] == b"OggS"
    assert b"OggS" not in path.read_bytes()


async def test_a_vault_that_cannot_be_used_is_trouble_and_loses_no_tape(
    call: CallId, database: Pool, tmp_path: Path
):
    (tmp_path / "spool").mkdir()
    vault = Vault.in_memory()
    vault.close()
    room = RecordingsRoom(
        database,
        SystemClock(),
        spool=tmp_path / "spool",
        directory=tmp_path,
        keys=AudioKeys(vault),
    )
    lay_tapes(tmp_path / "spool", str(call))
    room.take(ready(call))
    await room.close()
    [trouble] = room.troubles()
    assert "the vault cannot be used" in trouble
    assert (await on_record(database, call)).state is RecordingState.EXPECTED
    assert len(list((tmp_path / "spool").iterdir())) == 3
