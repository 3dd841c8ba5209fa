"""The decision trail in PostgreSQL: appended by many, altered by nobody unnoticed."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compliance.checkpoints import (
    UnusableCheckpoints,
    append_checkpoints,
    load_or_make_signing_key,
    read_checkpoints,
)
from compliance.decision import (
    CallerIdFacts,
    CampaignFacts,
    ConsentFacts,
    GateInput,
    LeadFacts,
    Subject,
    check,
)
from compliance.loading import load
from compliance.store.auditing import evidence_pack, take_checkpoints, verify_trail
from compliance.store.decisions import (
    chain_heads,
    decisions_about,
    entries_of,
    erase_inputs,
    input_of,
    record_decisions,
)
from compliance.store.replaying import replay_trail
from compliance.suppression import Keyring
from compliance.trail import Decided, commitment
from compliance.verifying import FaultKind, replay, signed, verify
from compliance.writing import canonical
from leads.lead import LeadId
from leads.sealing import of_lead
from leads.store.connection import vault_of
from tests.database.leads_scene import Scene, a_number, a_scene

BUNDLE = load()
KEYS = Keyring(active="k1", keys={"k1": b"\1" * 32})
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def an_input(**changes) -> GateInput:
    consent = ConsentFacts(
        id="c1",
        controller="acme",
        purposes=("sales",),
        channels=("phone",),
        given_at=NOON - timedelta(days=1),
        evidence="ev",
    )
    lead = LeadFacts(id=1, country="PL", subject=Subject.CONSUMER)
    caller_id = CallerIdFacts(number="+442079460123", presented=True, callable=True)
    campaign = CampaignFacts(id="1", controller="acme", purpose="sales", caller_id=caller_id)
    return GateInput(
        **{
            "attempt": "a1",
            "lead": lead,
            "campaign": campaign,
            "number": "+48501234567",
            "consents": (consent,),
            **changes,
        }
    )


async def recorded(scene: Scene, count: int, connection=None) -> None:
    connection = connection or scene.connection
    imported = await connection.fetchval("SELECT min(id) FROM people")
    inputs = [an_input(attempt=f"a{n}") for n in range(count)]
    await record_decisions(
        connection,
        [
            Decided(
                client_id=scene.client,
                campaign_id=scene.campaign,
                person_id=imported,
                facts=one,
                decision=check(one, BUNDLE, NOON),
                at=NOON,
            )
            for one in inputs
        ],
        bundle=BUNDLE,
        keyring=KEYS,
    )


async def a_chain(connection, count: int = 5) -> Scene:
    scene = await a_scene(connection)
    await scene.with_leads(1)
    await recorded(scene, count)
    return scene


async def verified(scene: Scene, *checkpoints, key=None):
    entries = [entry async for entry in entries_of(scene.connection, scene.client)]
    return verify(entries, checkpoints, key)


async def tampered(connection, statement: str, *values) -> None:
    """Change what the application itself cannot: as an owner of the database would."""
    await connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
    await connection.execute(
        "ALTER TABLE decision_inputs DROP CONSTRAINT IF EXISTS "
        "decision_inputs_client_id_number_fkey"
    )
    await connection.execute(statement, *values)


async def test_an_untouched_chain_has_no_fault(connection):
    scene = await a_chain(connection, 5)
    await recorded(scene, 3)
    assert await verified(scene) == []


async def test_the_tables_refuse_to_be_changed(connection):
    await a_chain(connection)
    for statement in ("UPDATE decisions SET verdict = 'deny'", "DELETE FROM decisions"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(statement)


async def test_an_altered_entry_is_named(connection):
    scene = await a_chain(connection)
    change = """UPDATE decisions SET entry = replace(entry, '"allow"', '"deny"') WHERE number = 3"""
    await tampered(connection, change)
    faults = await verified(scene)
    assert [(fault.number, fault.kind) for fault in faults] == [(3, FaultKind.ALTERED)]


async def test_a_changed_column_beside_the_entry_is_named(connection):
    scene = await a_chain(connection)
    await tampered(connection, "UPDATE decisions SET verdict = 'deny' WHERE number = 2")
    faults = await verified(scene)
    assert [(fault.number, fault.kind) for fault in faults] == [(2, FaultKind.COLUMNS)]


async def test_a_missing_entry_is_named(connection):
    scene = await a_chain(connection)
    await tampered(connection, "DELETE FROM decisions WHERE number = 2")
    faults = await verified(scene)
    assert (2, FaultKind.MISSING) in [(fault.number, fault.kind) for fault in faults]


async def test_reordered_entries_are_named(connection):
    scene = await a_chain(connection)
    for change in ("number = -3 WHERE number = 3", "number = 3 WHERE number = 4"):
        await tampered(connection, f"UPDATE decisions SET {change}")
    await connection.execute("UPDATE decisions SET number = 4 WHERE number = -3")
    kinds = {(fault.number, fault.kind) for fault in await verified(scene)}
    assert {(3, FaultKind.REORDERED), (4, FaultKind.REORDERED)} <= kinds


async def test_a_chain_that_was_cut_or_rewritten_is_found_by_its_checkpoint(connection):
    scene = await a_chain(connection)
    key = Ed25519PrivateKey.generate()
    number, head = (await chain_heads(connection))[scene.client]
    point = signed(scene.client, number, head, NOON, key)
    assert await verified(scene, point, key=key.public_key()) == []
    await tampered(connection, "DELETE FROM decisions WHERE number = 5")
    [fault] = await verified(scene, point, key=key.public_key())
    assert (fault.number, fault.kind) == (5, FaultKind.MISSING)
    forged = replace(point, number=4)
    faults = await verified(scene, forged, key=key.public_key())
    assert [fault.kind for fault in faults] == [FaultKind.SIGNATURE]


async def test_many_writers_make_one_chain(database):
    async with database.acquire() as connection:
        scene = await a_chain(connection, 1)

    async def write() -> None:
        async with database.acquire() as connection:
            await recorded(scene, 3, connection)

    await asyncio.gather(*(write() for _ in range(8)))
    async with database.acquire() as connection:
        own = Scene(connection, scene.campaign, scene.client)
        entries = [entry async for entry in entries_of(connection, own.client)]
    assert [entry.number for entry in entries] == list(range(1, 26))
    assert verify(entries) == []


async def test_a_decision_replays_to_the_same_from_what_was_stored(connection):
    scene = await a_chain(connection, 1)
    entries = [entry async for entry in entries_of(connection, scene.client)]
    salt, text = await input_of(connection, scene.client, 1)
    assert commitment(salt, text) in entries[0].entry
    assert replay(text, salt, entries[0], BUNDLE)
    for field, other in (("defer_until", "2027-01-01T00:00:00Z"), ("wait_for", ["x"])):
        told = {**json.loads(entries[0].entry), field: other}
        assert not replay(text, salt, replace(entries[0], entry=canonical(told)), BUNDLE)


async def test_the_whole_trail_is_decided_again_and_a_changed_input_is_named(connection):
    scene = await a_chain(connection, 3)
    report = await replay_trail(connection, BUNDLE)
    assert (report.same, report.different, report.without_input) == (3, (), 0)
    other = replace(BUNDLE, sha256="0" * 64)
    assert (await replay_trail(connection, other)).other_rules == 3
    _, text = await input_of(connection, scene.client, 2)
    changed = text.replace("2026-11-23", "2026-11-22")  # a Sunday
    owner = of_lead(LeadId(json.loads(text)["lead"]["id"]))
    [sealed] = vault_of(connection).seal([(owner, changed)], "input")
    await tampered(connection, "UPDATE decision_inputs SET sealed = $1 WHERE number = 2", sealed)
    await tampered(
        connection, "UPDATE decision_inputs SET sealed = sealed || $1 WHERE number = 3", b"x"
    )
    faults = (await verify_trail(connection)).faults
    assert [(f.number, f.kind) for f in faults] == [(2, FaultKind.INPUT), (3, FaultKind.INPUT)]
    await tampered(connection, "DELETE FROM decision_inputs WHERE number = 3")
    report = await replay_trail(connection, BUNDLE)
    assert (report.same, report.different) == (1, ((scene.client, 2),))
    assert report.without_input == 1


async def test_erasing_the_inputs_leaves_the_chain_whole_and_no_number_in_it(connection):
    scene = await a_chain(connection, 3)
    person = await connection.fetchval("SELECT min(id) FROM people")
    assert await erase_inputs(connection, [person]) == 3
    assert await verified(scene) == []
    about = await decisions_about(connection, person, keyring=KEYS)
    assert len(about) == 3
    assert not any("501234567" in entry.entry for entry in about)


async def test_verification_of_the_whole_trail_finds_a_cut_end_and_a_forged_file(
    connection, tmp_path
):
    scene = await a_chain(connection, 3)
    key = load_or_make_signing_key(tmp_path / "key")
    assert load_or_make_signing_key(tmp_path / "key").sign(b"x") == key.sign(b"x")
    file = tmp_path / "checkpoints"
    append_checkpoints(file, await take_checkpoints(connection, key, now=NOON))
    report = await verify_trail(connection, read_checkpoints(file), key.public_key())
    assert report.intact and (report.entries, report.checkpoints) == (3, 1)
    await tampered(connection, "DELETE FROM decisions WHERE number = 3")
    report = await verify_trail(connection)
    assert [(f.client_id, f.number, f.kind) for f in report.faults] == [
        (scene.client, 3, FaultKind.MISSING)
    ]
    with file.open("a") as opened:
        opened.write('{"at":"cut o')
    assert len(read_checkpoints(file)) == 1
    with file.open("a") as opened:
        opened.write("\n")
    with pytest.raises(UnusableCheckpoints, match="line 2"):
        read_checkpoints(file)
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(UnusableCheckpoints, match="restore it"):
        load_or_make_signing_key(tmp_path / "key")


async def test_an_evidence_pack_holds_the_decisions_of_its_period_and_no_number(connection):
    await a_chain(connection, 2)
    number = a_number(0)
    hour = timedelta(hours=1)
    pack = await evidence_pack(
        connection, number, since=NOON - hour, until=NOON + hour, keyring=KEYS, bundle=BUNDLE
    )
    assert len(pack["decisions"]) == 2
    [rules] = pack["rules"]
    assert rules["text"]["id"] == rules["profile"]
    assert rules["sources"].keys() == set(rules["text"]["sources"])
    assert number not in str(pack)
    newer = replace(BUNDLE, texts={})
    period = {"since": NOON - hour, "until": NOON + hour}
    pack = await evidence_pack(connection, number, **period, keyring=KEYS, bundle=newer)
    assert [(one["text"], one["sha256"]) for one in pack["rules"]] == [(None, rules["sha256"])]
    later = await evidence_pack(
        connection, number, since=NOON + hour, until=NOON + 2 * hour, keyring=KEYS, bundle=BUNDLE
    )
    assert later["decisions"] == []
    stranger = await evidence_pack(
        connection, a_number(99), since=NOON, until=NOON + hour, keyring=KEYS, bundle=BUNDLE
    )
    assert stranger["decisions"] == []
