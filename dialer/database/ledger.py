"""The ledger in PostgreSQL: the transactions that make the dialer trustworthy.

    claim          leases, and every gate asked once
    open_attempt   person locked, every gate asked again, attempt + call + decision: one commit
    append         events of calls and agents
    close_attempt  disposition, lead, meeting, callback, invitation, suppression: one commit

Rule: this and the ledger in memory are the only callers of the gate's ``check``. A permit is
returned only after the transaction that opened its attempt has been committed.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from compliance.decision import Bundle, Permit, Refused, check, screen
from compliance.store.consents import record_use
from compliance.store.decisions import record_decisions
from compliance.store.gathering import Wish, facts
from compliance.suppression import Keyring
from compliance.trail import Decided
from dialer.call_events import AgentId, CallId, Connected, Ended
from dialer.campaign import CampaignId
from dialer.database import campaigns, closings, events, house, recordings
from dialer.database.callers import Callers
from dialer.database.pool import CONNECTION_ERRORS, Connection, DatabaseUnavailable, Pool
from dialer.on_record import taken_by
from dialer.ports import (
    SUPERSEDED,
    CallRow,
    Candidate,
    Claim,
    Closed,
    Closing,
    ClosingRefused,
    LedgerUnavailable,
    NotOpened,
    Opening,
    Row,
    Supply,
    Unfinished,
)
from dialer.team import Team, TeamId
from leads.lead import LeadId, LeadState
from leads.store import attempts, claiming, dialing, leads, people
from leads.store.claiming import ClaimedLead
from leads.store.faults import LeaseLost, PersonBusy, Unfit

LEASE: Final = timedelta(minutes=2)
#: The transaction was given up for another's sake; the same one may succeed at once.
PASSING_ERRORS: Final = (
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.TransactionRollbackError,
)
#: A closing holds what no column takes: zero bytes, numbers beyond all bounds, unknown ids.
UNSTORABLE: Final = (
    asyncpg.exceptions.DataError,
    asyncpg.exceptions.IntegrityConstraintViolationError,
)
#: When a lead is asked about again whose refusal names no time: consents and registers change.
ASK_AGAIN: Final = timedelta(days=1)
#: Likewise, where the refusal waits for an event (a register, the abandon rate).
ASK_SOON: Final = timedelta(minutes=15)


class PostgresLedger:
    """The ledger of one team."""

    def __init__(
        self,
        pool: Pool,
        team: TeamId,
        *,
        bundle: Bundle,
        keyring: Keyring,
        organizer: str,
        recording_path: Callable[[CallId], str],
        lease: timedelta = LEASE,
    ) -> None:
        """Args:
        lease: How long a claimed lead is ours.
        organizer: The mailbox invitations are sent from.
        recording_path: Where a call's recording will lie, below the recordings directory.
        """
        self._recording_path = recording_path
        self._lease = lease
        self._pool = pool
        self._team = team
        self._bundle = bundle
        self._keyring = keyring
        self._epoch = 0
        self._callers = Callers(bundle)
        self._closings = closings.Closings(keyring, organizer=organizer)

    async def take_over(self) -> None:
        """Become the team's only engine, and free what the one before had claimed."""
        async with self._transaction() as connection:
            epoch = await house.raise_epoch(connection, self._team)
            own = await campaigns.campaigns(connection, team=self._team)
            await leads.release_campaigns(connection, [campaign.id for campaign in own])
        self._epoch = epoch

    async def team(self) -> Team:
        """Return the team as it is now."""
        async with self._connection() as connection:
            installation = await house.installation(connection)
            members = await house.agents(connection, self._team)
            last = await events.last_states(connection, [member.id for member in members])
            return Team(
                id=self._team,
                name=await house.team_name(connection, self._team),
                agents=tuple(
                    replace(
                        member,
                        last_state=row.state,
                        last_reason=row.reason,
                        last_since=row.at,
                        last_call=row.call,
                    )
                    if (row := last.get(member.id))
                    else member
                    for member in members
                ),
                campaigns=await campaigns.campaigns(connection, team=self._team),
                stopped=installation.stopped,
            )

    async def claim(
        self, campaign: CampaignId, *, count: int, languages: frozenset[str], now: datetime
    ) -> Claim:
        """Lease due leads and ask every gate of each; put off those that are refused."""
        async with self._transaction() as connection:
            if not await house.hold_epoch(connection, self._team, self._epoch):
                return Claim(candidates=(), looked_at=0, superseded=True)
            claimed = await claiming.claim(
                connection,
                campaign=campaign,
                count=count,
                lease=self._lease,
                now=now,
                languages=sorted(languages),
            )
            refused = await self._screen(connection, campaign, claimed, now=now)
        candidates = tuple(
            _candidate(each, campaign) for each in claimed if each.row.lead.id not in refused
        )
        return Claim(candidates=candidates, looked_at=len(claimed))

    async def _screen(
        self,
        connection: Connection,
        campaign: CampaignId,
        claimed: Sequence[ClaimedLead],
        *,
        now: datetime,
    ) -> set[LeadId]:
        caller = await self._callers.of_campaign(connection, campaign, now=now)
        wishes = [Wish(lead=each.row, number=each.number.number) for each in claimed]
        found = await facts(
            connection,
            wishes,
            caller=caller,
            bundle=self._bundle,
            keyring=self._keyring,
            now=now,
        )
        put_off: dict[LeadId, datetime] = {}
        decided: list[Decided] = []
        for each in claimed:
            lead = each.row.lead
            answer = screen(found[lead.id], self._bundle, now)
            if isinstance(answer, Refused):
                put_off[lead.id] = _again_at(answer, now)
                decided.append(
                    Decided(
                        client_id=caller.client_id,
                        campaign_id=campaign,
                        person_id=lead.person,
                        facts=found[lead.id],
                        decision=answer,
                        at=now,
                    )
                )
        if put_off:
            await leads.postpone(connection, put_off)
            await self._record(connection, decided)
        return set(put_off)

    async def release(self, released: Sequence[LeadId]) -> None:
        """Give leases back."""
        async with self._connection() as connection:
            await leads.release(connection, released)

    async def open_attempt(
        self, opening: Opening, *, now: datetime
    ) -> Permit | Refused | NotOpened:
        """Ask every gate under the person's lock, and open the attempt it permits."""
        candidate = opening.candidate
        async with self._transaction() as connection:
            if because := await self._hindrance(connection, candidate.campaign):
                return NotOpened(because=because)
            try:
                prepared = await dialing.prepare(
                    connection,
                    lead=candidate.lead,
                    person=candidate.person,
                    number=candidate.number_id,
                    claimed_until=candidate.claimed_until,
                    now=now,
                )
            except (LeaseLost, PersonBusy) as lost:
                return NotOpened(because=lost.because)
            caller = await self._callers.of_campaign(connection, candidate.campaign, now=now)
            wish = Wish(lead=prepared.row, number=candidate.number, attempt=str(prepared.attempt))
            found = await facts(
                connection,
                [wish],
                caller=caller,
                bundle=self._bundle,
                keyring=self._keyring,
                now=now,
            )
            answer = check(found[candidate.lead], self._bundle, now)
            if isinstance(answer, Permit):
                await self._open(connection, opening, prepared, answer, now=now)
                used = answer.evaluation.consents
                await record_use(connection, used, call=opening.call, now=now)
            else:
                until = {candidate.lead: _again_at(answer, now)}
                await leads.postpone(connection, until)
            decided = Decided(
                client_id=caller.client_id,
                campaign_id=candidate.campaign,
                person_id=candidate.person,
                facts=found[candidate.lead],
                decision=answer,
                at=now,
            )
            await self._record(connection, [decided])
        return answer

    async def _hindrance(self, connection: Connection, campaign: CampaignId) -> str | None:
        """Return why nothing may be opened whatever the gate says."""
        if not await house.hold_epoch(connection, self._team, self._epoch):
            return SUPERSEDED
        if (await house.installation(connection)).stopped:
            return "stopped"
        running = (await campaigns.campaign(connection, campaign)).dials
        return None if running else "not_running"

    async def _open(
        self,
        connection: Connection,
        opening: Opening,
        prepared: dialing.Prepared,
        permit: Permit,
        *,
        now: datetime,
    ) -> None:
        await dialing.open_attempt(
            connection,
            prepared,
            permit_expires_at=permit.expires_at,
            obligations=permit.obligations,
            now=now,
        )
        await events.open_call(
            connection,
            opening.call,
            attempt=prepared.attempt,
            team=self._team,
            trunk=opening.way.taken.trunk_id,
            caller_id=opening.way.taken.caller_id,
            now=now,
        )

    async def _record(self, connection: Connection, decided: Sequence[Decided]) -> None:
        await record_decisions(connection, decided, bundle=self._bundle, keyring=self._keyring)

    async def append(self, rows: Sequence[Row]) -> None:
        """Append rows to the record."""
        async with self._transaction() as connection:
            await events.append(connection, rows)
            for row in rows:
                match row:
                    case CallRow(event=Connected(recorded=True)):
                        path = self._recording_path(row.call)
                        await recordings.expect(connection, row.call, path=path)
                    case CallRow(event=Ended(at=at)):
                        await events.close_disposed_call(connection, row.call, now=at)

    async def close_attempt(
        self, closing: Closing, rows: Sequence[Row], *, now: datetime
    ) -> Closed:
        """Close an attempt with all that follows from it."""
        try:
            async with self._transaction() as connection:
                closed = await self._closings.close(connection, closing, now=now)
                if not closed.repeated:
                    await events.append(connection, rows)
                    if not closing.goes_on:
                        await events.close_call(connection, closing.call, now=now)
                return closed
        except Unfit as unfit:
            raise ClosingRefused(unfit.because, str(unfit)) from None
        except UNSTORABLE as fault:  # their texts may hold what was typed
            detail = f"the database cannot store it ({type(fault).__name__})"
            raise ClosingRefused("unstorable", detail) from None

    async def unfinished(self) -> Sequence[Unfinished]:
        """Return the team's calls whose attempt is open.

        Waits for those being opened at this moment, so that what is missing stays missing.
        """
        async with self._transaction() as connection:
            await house.wait_for_openings(connection, self._team)
            calls = {call.attempt: call for call in await events.unfinished(connection, self._team)}
            found: list[Unfinished] = []
            for attempt_id, call in calls.items():
                attempt = await attempts.load_attempt(connection, attempt_id)
                row = await leads.load_lead(connection, attempt.lead)
                number = await people.number_of(connection, attempt.number)
                agent = row.lead.callback_agent
                found.append(
                    Unfinished(
                        call=call.id,
                        attempt=attempt_id,
                        lead=attempt.lead,
                        person=attempt.person,
                        campaign=CampaignId(attempt.campaign),
                        number=number.number,
                        languages=row.languages,
                        callback_agent=AgentId(agent) if agent is not None else None,
                        obligations=attempt.obligations,
                        opened_at=attempt.opened_at,
                        events=call.events,
                        taken=taken_by(call.events, trunk=call.trunk, caller_id=call.caller_id),
                    )
                )
            return found

    async def supply(self, campaign: CampaignId, *, now: datetime) -> Supply:
        """Return what is left of a campaign's leads."""
        async with self._connection() as connection:
            counts = await leads.count_leads(connection, campaign, now=now)
        return Supply(
            due=counts.due,
            later=counts.later,
            next_due_at=counts.next_due_at,
            in_call=counts.by_state[LeadState.IN_CALL],
        )

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire() as connection:
                yield connection
        except (*CONNECTION_ERRORS, *PASSING_ERRORS, DatabaseUnavailable) as error:
            raise LedgerUnavailable(type(error).__name__) from None

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._connection() as connection, connection.transaction():
            yield connection


def _again_at(refused: Refused, now: datetime) -> datetime:
    """Return when a refused lead is to be asked about again."""
    if refused.defer_until is not None:
        return refused.defer_until
    return now + (ASK_SOON if refused.wait_for else ASK_AGAIN)


def _candidate(claimed: ClaimedLead, campaign: CampaignId) -> Candidate:
    lead = claimed.row.lead
    agent = lead.callback_agent
    return Candidate(
        lead=lead.id,
        person=lead.person,
        campaign=campaign,
        number=claimed.number.number,
        number_id=claimed.number.id,
        languages=claimed.row.languages,
        claimed_until=claimed.claimed_until,
        segment=claimed.segment,
        is_callback=claimed.is_callback,
        callback_agent=AgentId(agent) if agent is not None else None,
    )
