"""Checkpoints and retention: what the core does for the record beside dialing."""

from datetime import timedelta
from uuid import uuid4

from compliance.checkpoints import read_checkpoints
from compliance.retention import Category
from compliance.revocation import Heard
from compliance.store.auditing import verify_trail
from compliance.store.consent_row import NewConsent
from compliance.store.consents import add_consent_event, consents_in_words, record_consents
from compliance.store.requests import place_hold
from compliance.verifying import FaultKind
from dialer.app.upkeep import Checkpoints
from dialer.database import recordings
from dialer.rights.audio_keys import AudioKeys
from dialer.rights.hearing import prove_spoken_consents
from dialer.rights.retaining import Keeper, run, run_due
from leads.store.connection import vault_of
from leads.store.leads import load_lead
from tests.api.scripted import SettableClock
from tests.builders import LONG_AGO, MONDAY_MORNING
from tests.rights.scene import BUNDLE, KEYS, decided_on, spoken_to


def a_keeper(village) -> Keeper:
    return Keeper(
        bundle=BUNDLE,
        keyring=KEYS,
        recordings=village.places.recordings,
        evidence=village.evidence,
    )


async def taped(village, *, at):
    _, call = await spoken_to(
        village.connection, village.imported.list.leads[0].lead, village.campaign, now=at
    )
    await recordings.expect(village.connection, call, path=f"{call}.flac")
    await recordings.measured(
        village.connection,
        call,
        seconds=1.0,
        seconds_by_events=1.0,
        sha256=b"\2" * 32,
        size=1,
        available_at=at,
    )
    file = village.places.recordings / f"{call}.flac"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("audio")
    return call, file


async def test_checkpoints_are_taken_only_of_chains_that_have_grown(village, database, tmp_path):
    checkpoints, clock = Checkpoints(tmp_path / "state"), SettableClock()
    assert await checkpoints.take(database, clock) == []
    await decided_on(village.connection, village.imported, village.campaign)
    assert len(await checkpoints.take(database, clock)) == 1
    assert await checkpoints.take(database, clock) == []
    assert len(read_checkpoints(checkpoints.path)) == 1


async def test_a_trail_rewritten_as_a_whole_is_found_by_its_checkpoint(village, database, tmp_path):
    checkpoints = Checkpoints(tmp_path / "state")
    await decided_on(village.connection, village.imported, village.campaign)
    await checkpoints.take(database, SettableClock())
    points, key = read_checkpoints(checkpoints.path), checkpoints.key.public_key()
    assert (await verify_trail(village.connection, points, key)).intact
    connection = village.connection
    await connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
    await connection.execute("DELETE FROM decision_inputs")
    await connection.execute("DELETE FROM decisions")
    await connection.execute("DELETE FROM decision_chains")
    later = MONDAY_MORNING + timedelta(seconds=1)
    await decided_on(connection, village.imported, village.campaign, now=later)
    report = await verify_trail(connection, points, key)
    assert {fault.kind for fault in report.faults} == {FaultKind.CHECKPOINT}


async def test_old_recordings_are_removed_once_and_a_hold_keeps_them(village):
    old, file = await taped(village, at=MONDAY_MORNING - timedelta(days=91))
    young, other = await taped(village, at=MONDAY_MORNING - timedelta(days=89))
    hold = await place_hold(
        village.connection, village.ivan, because="claim", placed_by="dpo", now=MONDAY_MORNING
    )
    keys = AudioKeys(vault_of(village.connection))
    sealed = {call: keys.new(str(call)) for call in (old, young)}
    keeper = a_keeper(village)
    first = await run(village.connection, Category.RECORDINGS, keeper, now=MONDAY_MORNING)
    assert (len(first.remove), len(first.held)) == (0, 1)
    assert file.exists()
    await village.connection.execute("UPDATE legal_holds SET lifted_at = placed_at")
    for expected in (1, 0):
        done = await run(village.connection, Category.RECORDINGS, keeper, now=MONDAY_MORNING)
        assert len(done.remove) == expected
    assert not file.exists()
    assert keys.opened(sealed[old].envelope) is None, "nor can a copy of it be read"
    assert other.exists()
    assert keys.opened(sealed[young].envelope) == sealed[young].key
    kept = await recordings.recordings_of(village.connection, [old, young])
    assert kept[old].problem == "erased"
    assert kept[young].state is recordings.RecordingState.PLAYABLE
    assert hold


async def test_leads_without_a_basis_are_erased_after_their_time_and_others_stay(village):
    keeper = a_keeper(village)
    soon = LONG_AGO + timedelta(days=29)
    early = await run(village.connection, Category.LEADS_NEVER_CALLED, keeper, now=soon)
    assert early.remove == ()
    ivan, maria = (lead.lead for lead in village.imported.list.leads)
    late = LONG_AGO + timedelta(days=40)
    done = await run(village.connection, Category.LEADS_NEVER_CALLED, keeper, now=late)
    assert done.remove == (maria,)
    assert (await load_lead(village.connection, maria)).name == ""
    assert (await load_lead(village.connection, ivan)).name == "Ivan Petrov"


async def test_inputs_of_decisions_go_after_their_time_and_the_trail_stays_whole(village):
    await decided_on(village.connection, village.imported, village.campaign)
    late = MONDAY_MORNING + timedelta(days=2191)
    done = await run(village.connection, Category.DECISION_INPUTS, a_keeper(village), now=late)
    assert len(done.remove) == 2
    assert await village.connection.fetchval("SELECT count(*) FROM decision_inputs") == 0
    assert (await verify_trail(village.connection)).entries == 2


async def test_evidence_goes_five_years_after_its_last_use(village):
    file = village.evidence / (await _evidence_hash(village))
    file.parent.mkdir(parents=True)
    file.write_text("form")
    keeper, given = a_keeper(village), LONG_AGO + timedelta(days=9)
    early = await run(
        village.connection, Category.CONSENT_EVIDENCE, keeper, now=given + timedelta(days=1824)
    )
    assert early.remove == ()
    done = await run(
        village.connection, Category.CONSENT_EVIDENCE, keeper, now=given + timedelta(days=1826)
    )
    assert len(done.remove) == 1
    assert not file.exists()


async def _evidence_hash(village) -> str:
    [consent] = await consents_in_words(village.connection, village.ivan)
    return bytes(consent["evidence_sha256"]).hex()


async def test_every_job_runs_once_a_day_and_is_on_record(village, database):
    keeper = a_keeper(village)
    first = await run_due(database, keeper, now=MONDAY_MORNING)
    assert len(first) == 4
    assert await run_due(database, keeper, now=MONDAY_MORNING + timedelta(hours=23)) == {}
    assert len(await run_due(database, keeper, now=MONDAY_MORNING + timedelta(hours=24))) == 4
    assert await village.connection.fetchval("SELECT count(*) FROM retention_runs") == 8


async def test_a_spoken_consent_counts_from_the_moment_its_recording_can_be_played(village):
    connection, call = village.connection, uuid4()
    consent = NewConsent(
        client_id=village.client,
        person_id=village.maria,
        purposes=("sales.energy",),
        method="voice",
        given_at=MONDAY_MORNING,
    )
    call, _ = await taped(village, at=MONDAY_MORNING)
    [number] = await record_consents(connection, [consent], now=MONDAY_MORNING)
    assert await prove_spoken_consents(connection, now=MONDAY_MORNING) == 0
    heard = Heard(at=MONDAY_MORNING, call_id=call, recording_second=12.5)
    await add_consent_event(connection, number, "confirmed", heard=heard, now=MONDAY_MORNING)
    assert await prove_spoken_consents(connection, now=MONDAY_MORNING) == 1
    assert await prove_spoken_consents(connection, now=MONDAY_MORNING) == 0
    [_, spoken] = await consents_in_words(connection, village.maria)
    assert spoken["evidence_sha256"] == b"\2" * 32
