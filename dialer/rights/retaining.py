"""Retention: once a day, what has outlived its purpose is removed.

    recordings          so many days after the call
    leads_never_called  leads without a legal basis, so many days after their list came
    decision_inputs     the personal data beside the trail; the trail stays
    consent_evidence    files, so many days after the consent was given and after its last use

``silent_calls`` is a period for which records must be kept, and ``agent_monitoring`` has nothing
stored yet; neither has a job.

Rule: a job looks at what there is, so running it twice, or after a crash, changes nothing. A legal
hold keeps a person's data whatever their age. Each run is on record.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from compliance.profile import Bundle
from compliance.retention import Category, Due, Kept, RetentionRule, due
from compliance.store import consents, decisions, explaining
from compliance.store.requests import held_people
from compliance.store.retention import last_run_of_each, record_run, retention_rules
from compliance.suppression import Keyring
from dialer.database import campaigns, events, recordings
from dialer.database.callers import Callers
from dialer.database.pool import Connection, Pool
from dialer.rights.subject import remove
from leads.lead import PersonId
from leads.store import attempts, leads, lists, subject
from leads.store.connection import vault_of

log = structlog.get_logger()

EVERY: Final = timedelta(days=1)
_BATCH: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """What the jobs need of the installation."""

    bundle: Bundle
    keyring: Keyring
    recordings: Path
    evidence: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One job, looking at one category."""

    connection: Connection
    rule: RetentionRule
    held: Mapping[int, str]
    keeper: Keeper
    now: datetime

    def due(self, records: list[Kept]) -> Due:
        return due(records, self.rule, held_people=self.held, now=self.now)


async def run_due(pool: Pool, keeper: Keeper, *, now: datetime) -> dict[Category, Due]:
    """Run every job that has not run for a day; return what each removed and kept."""
    async with pool.acquire() as connection:
        last = await last_run_of_each(connection)
    done = {}
    for category in JOBS:
        if category in last and now - last[category].at < EVERY:
            continue
        async with pool.acquire() as connection:
            done[category] = await run(connection, category, keeper, now=now)
    return done


async def run(connection: Connection, category: Category, keeper: Keeper, *, now: datetime) -> Due:
    """Run one job now."""
    rules = await retention_rules(connection)
    held = await held_people(connection)
    looked = _Run(connection=connection, rule=rules[category], held=held, keeper=keeper, now=now)
    found = await JOBS[category](looked)
    await record_run(connection, category, found, now=now)
    log.info(
        "retention_ran", category=category.value, removed=len(found.remove), held=len(found.held)
    )
    return found


async def _recordings(run: _Run) -> Due:
    old = await recordings.available_before(run.connection, run.rule.cutoff(run.now))
    of_calls = await events.attempts_of_calls(run.connection, [call for call, _ in old])
    owners = await attempts.people_of(run.connection, of_calls.values())
    found = run.due(
        [Kept(id=of_calls[call], person_id=owners[of_calls[call]], since=at) for call, at in old]
    )
    gone = [call for call, _ in old if of_calls[call] in set(found.remove)]
    paths = await recordings.erase(run.connection, gone)
    vault_of(run.connection).destroy(recordings.own_key(call) for call in gone)
    await asyncio.to_thread(remove, [run.keeper.recordings / path for path in paths])
    return found


async def _leads_never_called(run: _Run) -> Due:
    removed: list[int] = []
    held: list[int] = []
    callers = Callers(run.keeper.bundle)
    for campaign in await campaigns.campaigns(run.connection):
        old = [
            row.id
            for row in await lists.lists_of_client(run.connection, campaign.client)
            if row.campaign == campaign.id and row.imported_at < run.rule.cutoff(run.now)
        ]
        waiting = dict(await leads.never_called(run.connection, old, limit=_BATCH))
        tried = await attempts.attempts_of_leads(run.connection, waiting)
        baseless = await explaining.without_basis(
            run.connection,
            [lead for lead in waiting if lead not in tried],
            caller=await callers.of_campaign(run.connection, campaign.id, now=run.now),
            bundle=run.keeper.bundle,
            keyring=run.keeper.keyring,
            now=run.now,
        )
        for lead in baseless:
            (held if waiting[lead] in run.held else removed).append(lead)
            if waiting[lead] not in run.held:
                owners = await subject.erase_lead(run.connection, lead, now=run.now)
                vault_of(run.connection).destroy(owners)
    return Due(remove=tuple(removed), held=tuple(held))


async def _decision_inputs(run: _Run) -> Due:
    old = await decisions.inputs_before(run.connection, run.rule.cutoff(run.now))
    places = [(client, number) for client, number, _ in old]
    before = run.rule.cutoff(run.now) - timedelta(seconds=1)
    found = run.due(
        [Kept(id=n, person_id=person, since=before) for n, (_, _, person) in enumerate(old)]
    )
    await decisions.drop_inputs(run.connection, [places[n] for n in found.remove])
    return found


async def _consent_evidence(run: _Run) -> Due:
    cutoff = run.rule.cutoff(run.now)
    old = await consents.evidence_before(run.connection, cutoff)
    used = await attempts.attempts_of_people(
        run.connection, {PersonId(each.person_id) for each in old}, since=cutoff
    )
    found = run.due(
        [
            Kept(id=each.consent, person_id=each.person_id, since=each.since)
            for each in old
            if PersonId(each.person_id) not in used
        ]
    )
    gone = await consents.drop_evidence(run.connection, found.remove)
    await asyncio.to_thread(remove, [run.keeper.evidence / sha256.hex() for sha256 in gone])
    return found


JOBS: Final[Mapping[Category, Callable[[_Run], Awaitable[Due]]]] = {
    Category.RECORDINGS: _recordings,
    Category.LEADS_NEVER_CALLED: _leads_never_called,
    Category.DECISION_INPUTS: _decision_inputs,
    Category.CONSENT_EVIDENCE: _consent_evidence,
}
