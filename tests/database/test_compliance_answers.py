"""Why, the waterfall, attestations, requests, erasure, notices: what people ask the gate for."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest

from compliance.attestation import Attestation
from compliance.retention import Category, Due, Kept, due
from compliance.store.attestations import (
    attestations_in_full,
    consents_with_proof,
    record_attestation,
    record_audit,
)
from compliance.store.consents import attestations_of
from compliance.store.erasing import PersonIsHeld, erase_person, export_person
from compliance.store.explaining import waterfall, why
from compliance.store.notices import acknowledge, give_notice, may_observe
from compliance.store.requests import (
    add_request,
    close_request,
    lift_hold,
    open_requests,
    place_hold,
    save_extension,
)
from compliance.store.retention import record_run, retention_rules
from compliance.subject_request import RequestKind, Result, extended, received
from compliance.why import in_words
from leads.store.importing import ImportedList
from tests.builders import a_team_in, an_agent_in
from tests.database.leads_scene import Scene, a_list_of, a_scene
from tests.database.test_compliance_gate import (
    BUNDLE,
    FORM,
    KEYS,
    MONDAY_NOON,
    a_bulgarian_list,
    a_caller,
    screened,
    with_consents,
    words,
)

NUMBER = "+359888123456"


async def asked_why(scene: Scene, number: str = NUMBER):
    return await why(
        scene.connection,
        number,
        callers={scene.campaign: a_caller(scene)},
        bundle=BUNDLE,
        keyring=KEYS,
        now=MONDAY_NOON,
    )


async def test_why_names_every_gate_with_its_evidence_and_hides_the_number(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported, evidence_reference="lost.txt")
    report = await asked_why(scene)
    [lead] = report.leads
    by_gate = {gate.gate: gate for gate in lead.gates}
    assert by_gate["BASIS"].verdict == "denied"
    assert by_gate["HOURS"].verdict == "agreed"
    text = in_words(report)
    assert "CONSENT_EVIDENCE_MISSING: no stored evidence proves the consent" in text
    assert "BG-ZES-261" in text
    assert "You may call me about energy." in text
    assert NUMBER not in text


async def test_why_knows_nothing_of_a_stranger_but_a_suppression(connection):
    scene = await a_scene(connection)
    report = await asked_why(scene, "+359888000001")
    assert not report.known
    assert "Nobody on our lists has this number" in in_words(report)


async def test_the_waterfall_adds_up_and_says_what_would_unlock_most(connection):
    scene = await a_scene(connection)
    rows = [f"+35988812345{n},Person {n},BG" for n in range(6)] + ["nonsense,Nobody,BG"]
    imported = await scene.imported(a_list_of(*rows, header="phone,name,country"))
    first, second = imported.leads[:2], imported.leads[2:5]
    await with_consents(scene, _only(imported, first))
    await with_consents(scene, _only(imported, second), evidence_reference="lost.txt")
    ids = [lead.lead for lead in imported.leads]
    found = await waterfall(
        connection,
        ids,
        rows=7,
        caller=a_caller(scene),
        bundle=BUNDLE,
        keyring=KEYS,
        now=MONDAY_NOON,
    )
    steps = {step.name: step.left for step in found.steps}
    assert steps == {
        "rows": 7,
        "leads": 6,
        "in_play": 6,
        "valid": 6,
        "basis": 2,
        "not_suppressed": 2,
        "registers": 2,
        "hours": 2,
        "caps": 2,
    }
    for before, after in zip(found.steps, found.steps[1:], strict=False):
        assert before.left - sum(after.lost.values()) == after.left
    assert found.dialable_now == 2
    assert [(u.code, u.leads) for u in found.unlocks] == [
        ("CONSENT_EVIDENCE_MISSING", 3),
        ("CONSENT_REQUIRED", 1),
    ]
    hours = dict(found.per_hour)
    assert len(hours) == 7 * 24
    assert hours[MONDAY_NOON] == 2
    assert hours[MONDAY_NOON + timedelta(hours=12)] == 0
    assert hours[MONDAY_NOON + timedelta(days=1)] == 2


def _only(imported: ImportedList, leads) -> ImportedList:
    return ImportedList(list_id=imported.list_id, result=imported.result, leads=tuple(leads))


def an_attestation(scene: Scene, imported: ImportedList, **changes) -> Attestation:
    return Attestation(
        **{
            "client_id": scene.client,
            "list_id": imported.list_id,
            "statement": "All of these people agreed at our fair.",
            "sha256": sha256(b"signed").digest(),
            "wording": "You may call me about energy.",
            "form": "the form at the fair",
            "given_from": MONDAY_NOON - timedelta(days=60),
            "given_to": MONDAY_NOON,
            "attested_by": "A. Director",
            "sample_size": 1,
            **changes,
        }
    )


async def test_an_attestation_proves_a_list_until_a_sampled_row_fails(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported, evidence_reference="")
    assert words(await screened(scene, imported)) == ["CONSENT_EVIDENCE_MISSING"]
    number, sample = await record_attestation(
        connection, an_attestation(scene, imported), now=MONDAY_NOON
    )
    assert len(sample) == 1
    assert words(await screened(scene, imported)) == ["allow"]
    for proven, expected in ((True, "allow"), (False, "CONSENT_EVIDENCE_MISSING")):
        await record_audit(
            connection, number, sample[0], proven=proven, audited_by="dpo", now=MONDAY_NOON
        )
        assert words(await screened(scene, imported)) == [expected]


async def test_a_consent_names_the_statement_that_attests_it_and_that_its_audit_failed(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported, evidence_reference="")
    person = imported.leads[0].person
    [consent] = await consents_with_proof(connection, person)
    assert consent["attestation"] is None
    number, [drawn] = await record_attestation(
        connection, an_attestation(scene, imported), now=MONDAY_NOON
    )
    [consent] = await consents_with_proof(connection, person)
    said = f"statement {number} for the whole list, signed by A. Director"
    assert consent["attestation"] == said
    await record_audit(connection, number, drawn, proven=False, audited_by="dpo", now=MONDAY_NOON)
    [consent] = await consents_with_proof(connection, person)
    assert consent["attestation"] == f"{said}; an audited row was not proven, so it counts no more"
    [full] = await attestations_in_full(connection, await attestations_of(connection, person))
    assert (full["wording"], full["audited"], full["failed"]) == (
        "You may call me about energy.",
        1,
        1,
    )


async def test_an_attestation_does_not_cover_rows_without_a_time_of_their_own(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported, evidence_reference="", given_at=None)
    await record_attestation(connection, an_attestation(scene, imported), now=MONDAY_NOON)
    assert words(await screened(scene, imported)) == ["CONSENT_NOT_YET_GIVEN"]


async def test_erasure_leaves_a_hash_that_stops_the_same_number_on_a_new_list(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported, evidence_reference="form.txt")
    person = imported.leads[0].person
    for again in (False, True):
        receipt = await erase_person(
            connection, person, [NUMBER], client_id=scene.client, keyring=KEYS, now=MONDAY_NOON
        )
        assert dict(receipt.erased)["evidence references"] == (0 if again else 1)
    assert ("suppression hashes", 1) in [stay[:2] for stay in receipt.stays]
    [decision] = await screened(scene, imported)
    assert {"DATA_ERASED", "SUPPRESSED_INTERNAL"} <= {r.code for r in decision.reasons}


async def test_a_legal_hold_stops_an_erasure_until_it_is_lifted(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    person = imported.leads[0].person
    hold = await place_hold(connection, person, because="claim 7", placed_by="dpo", now=MONDAY_NOON)
    with pytest.raises(PersonIsHeld, match="claim 7"):
        await erase_person(
            connection, person, [NUMBER], client_id=scene.client, keyring=KEYS, now=MONDAY_NOON
        )
    await lift_hold(connection, hold, now=MONDAY_NOON)
    await erase_person(
        connection, person, [NUMBER], client_id=scene.client, keyring=KEYS, now=MONDAY_NOON
    )


async def test_an_export_holds_consents_with_wording_and_nobody_elses_data(connection):
    scene = await a_scene(connection)
    rows = a_list_of(f"{NUMBER},One,BG", "+359888123457,Two,BG", header="phone,name,country")
    imported = await scene.imported(rows)
    await with_consents(scene, imported)
    content = await export_person(connection, imported.leads[0].person, [NUMBER], keyring=KEYS)
    [consent] = content["consents"]
    assert consent["wording"] == "You may call me about energy."
    assert consent["evidence_sha256"] == FORM
    assert json.dumps(content, default=str).count("You may call me") == 1


async def test_the_inbox_of_requests_is_ordered_by_due_date_and_closed_once(connection):
    scene = await a_scene(connection)
    late = received(RequestKind.ACCESS, client_id=scene.client, person_id=None, at=MONDAY_NOON)
    early = received(
        RequestKind.ERASURE,
        client_id=scene.client,
        person_id=None,
        at=MONDAY_NOON - timedelta(days=3),
    )
    second, first = await add_request(connection, late), await add_request(connection, early)
    assert [number for number, _ in await open_requests(connection)] == [first, second]
    longer = extended(early, "many recordings", now=MONDAY_NOON)
    await save_extension(connection, first, longer)
    assert [number for number, _ in await open_requests(connection)] == [second, first]
    assert (await open_requests(connection))[1][1] == longer
    for expected in (True, False):
        closed = await close_request(connection, first, Result.DONE, receipt="{}", now=MONDAY_NOON)
        assert closed is expected


async def test_retention_is_a_table_and_its_runs_are_on_record(connection):
    rules = await retention_rules(connection)
    assert set(rules) == set(Category)
    old = Kept(id=1, person_id=1, since=MONDAY_NOON - timedelta(days=91))
    held = Kept(id=2, person_id=2, since=MONDAY_NOON - timedelta(days=91))
    young = Kept(id=3, person_id=1, since=MONDAY_NOON - timedelta(days=90))
    what = due(
        [old, held, young], rules[Category.RECORDINGS], held_people={2: "claim"}, now=MONDAY_NOON
    )
    assert what == Due(remove=(1,), held=(2,))
    await record_run(connection, Category.RECORDINGS, what, now=MONDAY_NOON)


async def test_nobody_is_observed_before_acknowledging_the_present_notice(connection):
    agent = await an_agent_in(connection, await a_team_in(connection))
    text = "Supervisors may listen to your calls."
    assert not await acknowledge(connection, agent, "monitoring", text=text, now=MONDAY_NOON)
    await give_notice(connection, agent, "monitoring", text=text, now=MONDAY_NOON)
    assert not await may_observe(connection, agent, "monitoring", text=text)
    assert await acknowledge(connection, agent, "monitoring", text=text, now=MONDAY_NOON)
    assert await may_observe(connection, agent, "monitoring", text=text)
    assert not await may_observe(connection, agent, "monitoring", text=text + " And record.")
