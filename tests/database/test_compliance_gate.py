"""The gate over real tables: facts gathered in bulk, decisions recorded, races decided."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import asyncpg
import pytest

from compliance.decision import (
    CallerIdFacts,
    CampaignFacts,
    DialMode,
    Permit,
    Refused,
    check,
    screen,
)
from compliance.loading import load
from compliance.register_file import Listing
from compliance.revocation import Heard
from compliance.store.approvals import approve_profile
from compliance.store.balancing import add_balancing_test
from compliance.store.consents import consents_in_words, record_use, withdraw_consents
from compliance.store.gathering import Caller, Wish, controller, facts
from compliance.store.importing import ImportedConsentRow, record_imported_consents
from compliance.store.list_statements import Statement, StatementKind, add_statement
from compliance.store.marks import MarkKind, add_mark
from compliance.store.registers import import_snapshot
from compliance.store.suppressions import add_suppressions, lift_suppression
from compliance.suppression import Keyring, Reach, Why
from leads.disposition import Disposition
from leads.store.ending import Recorded
from leads.store.importing import ImportedList
from leads.store.leads import load_leads
from leads.store.people import lock_person, numbers_of_leads
from tests.database.leads_scene import Scene, a_list_of, a_number, a_scene, beside

BUNDLE = load()
KEYS = Keyring(active="k1", keys={"k1": b"\1" * 32})
MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PURPOSE = "sales.energy"
FORM = sha256(b"the form").digest()


def a_caller(scene: Scene, *, lab: bool = True, **changes: object) -> Caller:
    campaign = CampaignFacts(
        id=str(scene.campaign),
        controller=controller(scene.client),
        purpose=PURPOSE,
        sector="energy",
        caller_id=CallerIdFacts(number="+441134960999", presented=True, callable=True),
    )
    return Caller(
        client_id=scene.client,
        campaign=replace(campaign, **changes),
        own_campaigns={scene.campaign},
        lab=lab,
    )


async def screened(scene, imported: ImportedList, *, now=MONDAY_NOON, caller=None, keys=KEYS):
    """Every lead's first look, as {lead: verdict or primary code}."""
    ids = [lead.lead for lead in imported.leads]
    rows = await load_leads(scene.connection, ids)
    numbers = await numbers_of_leads(scene.connection, ids)
    wishes = [Wish(lead=rows[lead], number=numbers[lead][0].number) for lead in ids]
    inputs = await facts(
        scene.connection,
        wishes,
        caller=caller or a_caller(scene),
        bundle=BUNDLE,
        keyring=keys,
        now=now,
    )
    return [screen(inputs[lead], BUNDLE, now) for lead in ids]


def words(decisions):
    return [d.primary if isinstance(d, Refused) else d.verdict for d in decisions]


async def with_consents(scene: Scene, imported: ImportedList, **changes) -> None:
    row = {
        "evidence_reference": "form.txt",
        "given_at": MONDAY_NOON - timedelta(days=30),
        "wording": "You may call me about energy.",
        "purpose": PURPOSE,
        **changes,
    }
    await record_imported_consents(
        scene.connection,
        client_id=scene.client,
        list_id=imported.list_id,
        rows=[ImportedConsentRow(person_id=lead.person, **row) for lead in imported.leads],
        evidence={"form.txt": FORM},
        now=MONDAY_NOON,
    )


async def a_bulgarian_list(scene: Scene) -> ImportedList:
    header = "phone,name,country"
    return await scene.imported(a_list_of("+359888123456,Somebody,BG", header=header))


async def test_a_consent_with_evidence_opens_the_gate_and_a_bare_yes_does_not(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    assert words(await screened(scene, imported)) == ["CONSENT_REQUIRED"]
    await with_consents(scene, imported, evidence_reference="yes")
    assert words(await screened(scene, imported)) == ["CONSENT_EVIDENCE_MISSING"]
    await with_consents(scene, imported)
    [allowed] = await screened(scene, imported)
    assert allowed.verdict == "allow"
    call, [used] = uuid4(), allowed.evaluation.consents  # the bare yes is none of them
    await record_use(connection, [used], call=call, now=MONDAY_NOON)
    [lead] = imported.leads
    told = {row["id"]: row["events"] for row in await consents_in_words(connection, lead.person)}
    [event] = [event for event in told[int(used)] if event["kind"] == "used"]
    assert (event["at"], event["call_id"]) == (MONDAY_NOON, call)


async def test_bought_data_wait_for_the_notice_that_says_where_they_come_from(connection):
    scene = await a_scene(connection)
    header = "phone,name,country,source,obtained_at"
    row = "+359888123456,Somebody,BG,third_party,2026-09-01"
    imported = await scene.imported(a_list_of(row, header=header))
    await with_consents(scene, imported)
    assert words(await screened(scene, imported)) == ["NOTICE_ART14_OVERDUE"]
    told = Statement(
        kind=StatementKind.NOTICE,
        at=MONDAY_NOON - timedelta(days=1),
        reference="letters/2026-11",
        stated_by="A. Buyer",
    )
    await add_statement(connection, imported.list_id, told, now=MONDAY_NOON)
    assert words(await screened(scene, imported)) == ["allow"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await add_statement(connection, imported.list_id, told, now=MONDAY_NOON)


async def test_german_companies_are_called_where_presumed_consent_is_documented(connection):
    scene = await a_scene(connection)
    header = "phone,company,country,subject"
    row = "+4930123456,Somebody GmbH,DE,legal_person"
    imported = await scene.imported(a_list_of(row, header=header))
    assert words(await screened(scene, imported)) == ["PRESUMED_CONSENT_UNDOCUMENTED"]
    documented = Statement(
        kind=StatementKind.PRESUMED_CONSENT,
        at=MONDAY_NOON,
        reference="memo 7",
        stated_by="A. Lawyer",
    )
    await add_statement(connection, imported.list_id, documented, now=MONDAY_NOON)
    assert words(await screened(scene, imported)) == ["allow"]


async def test_a_wording_is_stored_once_for_a_whole_list(connection):
    scene = await a_scene(connection)
    imported = await scene.with_leads(5)
    await with_consents(scene, imported)
    assert await connection.fetchval("SELECT count(*) FROM consent_wordings") == 1
    assert await connection.fetchval("SELECT count(*) FROM consents") == 5


async def test_a_consent_counts_for_its_own_client_alone(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported)
    other = await beside(scene, same_client=False)
    assert words(await screened(scene, imported, caller=a_caller(other))) == ["CONSENT_REQUIRED"]


async def test_a_withdrawal_on_the_phone_counts_at_once_and_ends_ringing_calls(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported)
    [lead] = imported.leads
    said = Heard(at=MONDAY_NOON, call_id=uuid4(), recording_second=12.5)
    revocation = await withdraw_consents(
        connection, client_id=scene.client, person_id=lead.person, heard=said, now=MONDAY_NOON
    )
    assert revocation.covers(client_id=scene.client, person_id=lead.person, number="")
    assert words(await screened(scene, imported)) == ["CONSENT_WITHDRAWN"]
    await with_consents(scene, imported)  # the client's list again, as old as before
    assert words(await screened(scene, imported)) == ["CONSENT_WITHDRAWN"]
    later = MONDAY_NOON + timedelta(hours=1)
    await with_consents(scene, imported, given_at=MONDAY_NOON + timedelta(minutes=30))
    assert words(await screened(scene, imported, now=later)) == ["allow"]


async def test_an_objection_to_one_client_leaves_the_others_alone_until_it_is_lifted(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported)
    person = imported.leads[0].person
    said = Heard(at=MONDAY_NOON)
    await add_mark(
        connection,
        MarkKind.OBJECTION,
        person_id=person,
        client_id=scene.client,
        heard=said,
        now=MONDAY_NOON,
    )
    assert words(await screened(scene, imported)) == ["OBJECTION_ART21"]
    other = a_caller(await beside(scene, same_client=False))
    [decision] = await screened(scene, imported, caller=other)
    assert decision.primary == "CONSENT_REQUIRED"
    await add_mark(
        connection,
        MarkKind.OBJECTION_LIFTED,
        person_id=person,
        client_id=scene.client,
        heard=Heard(at=MONDAY_NOON + timedelta(hours=1)),
        now=MONDAY_NOON,
    )
    assert words(await screened(scene, imported)) == ["allow"]


async def test_a_suppression_survives_key_rotation_and_can_be_lifted_with_a_reason(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported)
    await add_suppressions(
        connection,
        ["+359888123456"],
        client_id=None,
        reach=Reach.NUMBER,
        why=Why.OBJECTION,
        keyring=KEYS,
        now=MONDAY_NOON,
    )
    rotated = KEYS.rotated("k2", b"\2" * 32)
    assert words(await screened(scene, imported, keys=rotated)) == ["SUPPRESSED_INTERNAL"]
    lifted = await lift_suppression(
        connection,
        "+359888123456",
        client_id=None,
        because="typed by mistake",
        keyring=rotated,
        now=MONDAY_NOON,
    )
    assert lifted == 1
    assert words(await screened(scene, imported)) == ["allow"]


async def test_no_plain_number_is_kept_with_a_suppression(connection):
    scene = await a_scene(connection)
    await add_suppressions(
        connection,
        ["+359888123456"],
        client_id=scene.client,
        reach=Reach.PERSON,
        why=Why.CLIENT_LIST,
        keyring=KEYS,
        now=MONDAY_NOON,
        until=MONDAY_NOON + timedelta(days=1),
    )
    row = await connection.fetchrow("SELECT s::text AS row FROM suppressions s")
    assert "888123456" not in row["row"]


async def test_a_person_is_protected_at_all_numbers_of_the_row(connection):
    scene = await a_scene(connection)
    rows = a_list_of("+359888123456,+359888123457,Somebody,BG", header="phone,phone2,name,country")
    imported = await scene.imported(rows)
    await with_consents(scene, imported)
    await add_suppressions(
        connection,
        ["+359888123457"],
        client_id=scene.client,
        reach=Reach.PERSON,
        why=Why.OBJECTION,
        keyring=KEYS,
        now=MONDAY_NOON,
    )
    assert words(await screened(scene, imported)) == ["SUPPRESSED_INTERNAL"]


async def test_an_end_of_a_suppression_is_kept_and_never_shortened(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported)
    for days in (5, 2):
        await add_suppressions(
            connection,
            ["+359888123456"],
            client_id=scene.client,
            reach=Reach.NUMBER,
            why=Why.LITIGATION,
            keyring=KEYS,
            now=MONDAY_NOON,
            until=MONDAY_NOON + timedelta(days=days),
        )
    on_thursday = MONDAY_NOON + timedelta(days=3)
    assert words(await screened(scene, imported, now=on_thursday)) == ["SUPPRESSED_INTERNAL"]
    next_monday = MONDAY_NOON + timedelta(days=7)
    assert words(await screened(scene, imported, now=next_monday)) == ["allow"]


async def test_british_leads_wait_for_the_register_and_a_listing_yields_to_consent(connection):
    scene = await a_scene(connection)
    imported = await scene.with_leads(2)
    await with_consents(scene, imported)
    assert words(await screened(scene, imported)) == ["REGISTER_NOT_CHECKED"] * 2
    await import_snapshot(
        connection,
        "TPS",
        [Listing(number=a_number(0))],
        as_of=MONDAY_NOON - timedelta(days=3),
        fetched_at=MONDAY_NOON,
        supplier="test",
        sha256=b"\0" * 32,
        keyring=KEYS,
    )
    decisions = await screened(scene, imported)
    assert words(decisions) == ["allow", "allow"]
    assert decisions[0].obligations == ("REGISTER_OVERRIDDEN_BY_CONSENT",)


async def test_a_listed_lead_without_consent_needs_more_than_a_balancing_test(connection):
    scene = await a_scene(connection)
    imported = await scene.with_leads(2)
    await import_snapshot(
        connection,
        "TPS",
        [Listing(number=a_number(0))],
        as_of=MONDAY_NOON - timedelta(days=3),
        fetched_at=MONDAY_NOON,
        supplier="test",
        sha256=b"\0" * 32,
        keyring=KEYS,
    )
    assert words(await screened(scene, imported)) == ["BASIS_LIA_MISSING"] * 2
    await add_balancing_test(
        connection,
        client_id=scene.client,
        purpose=PURPOSE,
        country="GB",
        reference="lia-7",
        signed_by="the officer",
        signed_at=MONDAY_NOON,
    )
    assert words(await screened(scene, imported)) == ["REGISTER_LISTED", "allow"]


async def test_outside_the_lab_a_profile_needs_a_persons_approval(connection):
    scene = await a_scene(connection)
    imported = await a_bulgarian_list(scene)
    await with_consents(scene, imported)
    real = a_caller(scene, lab=False)
    assert words(await screened(scene, imported, caller=real)) == ["POLICY_UNVERIFIED"]
    [rules] = BUNDLE.versions("BG", subdivision=None, controller="", campaign="")
    await approve_profile(
        connection,
        profile=rules.profile,
        sha256=rules.sha256,
        approved_by="counsel",
        note="read on 2026-11-20",
        now=MONDAY_NOON,
    )
    assert words(await screened(scene, imported, caller=real)) == ["allow"]


async def test_attempts_count_across_clients_and_a_refusal_only_for_its_own(connection):
    scene = await a_scene(connection)
    imported = await scene.with_leads(1)
    await with_consents(scene, imported)
    attempt = await scene.opened()
    await scene.closed(
        attempt, "answered", recorded=Recorded(disposition=Disposition.NOT_INTERESTED, agent=None)
    )
    [own] = await screened(scene, imported)
    assert "COOLDOWN_REFUSAL" in {r.code for r in own.reasons}
    other = a_caller(await beside(scene, same_client=False))
    [of_other] = await screened(scene, imported, caller=other)
    assert "COOLDOWN_REFUSAL" not in {r.code for r in of_other.reasons}


async def test_of_two_workers_racing_for_the_last_attempt_exactly_one_gets_a_permit(database):
    async with database.acquire() as first:
        scene = await a_scene(first)
        imported = await a_bulgarian_list(scene)
        await with_consents(scene, imported)
        attempt = await scene.opened(now=MONDAY_NOON - timedelta(hours=2))
        await scene.closed(attempt, now=MONDAY_NOON - timedelta(hours=2))

    async def worker(name: str) -> Permit | Refused:
        async with database.acquire() as connection, connection.transaction():
            own = Scene(connection, scene.campaign, scene.client)
            [lead] = imported.leads
            await lock_person(connection, lead.person)
            rows = await load_leads(connection, [lead.lead])
            wish = Wish(lead=rows[lead.lead], number="+359888123456", attempt=name)
            inputs = await facts(
                connection,
                [wish],
                caller=a_caller(own, dial_mode=DialMode.PREVIEW),
                bundle=BUNDLE,
                keyring=KEYS,
                now=MONDAY_NOON,
            )
            decision = check(inputs[lead.lead], BUNDLE, MONDAY_NOON)
            if isinstance(decision, Permit):
                await connection.execute(
                    """
                    INSERT INTO attempts (lead_id, person_id, campaign_id, number_id, was_callback,
                                          opened_at, permit_expires_at)
                    SELECT $1, $2, $3, min(id), false, $4, $5 FROM person_numbers
                    """,
                    lead.lead,
                    lead.person,
                    scene.campaign,
                    MONDAY_NOON,
                    decision.expires_at,
                )
            return decision

    decisions = await asyncio.gather(*(worker(f"worker {n}") for n in range(4)))
    permits = [decision for decision in decisions if isinstance(decision, Permit)]
    refused = {d.primary for d in decisions if isinstance(d, Refused)}
    assert len(permits) == 1
    assert refused == {"CAP_HOUSE_DAY"}
