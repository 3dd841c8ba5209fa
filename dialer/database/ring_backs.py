"""People who call us, in PostgreSQL: who they are, the attempt they make, what became of them.

The only module that names the table ``ring_backs``.

Rule: the gate is not asked, since nobody is dialed. A number is looked up and not kept: of somebody
we do not know nothing is written but that, when and which of our numbers they called.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from compliance.store.suppressions import add_suppressions
from compliance.suppression import Keyring, Reach, Why
from dialer.call_events import AgentId, CallId, Received
from dialer.campaign import Campaign, CampaignId
from dialer.database import campaigns, events
from dialer.database.ledger import PASSING_ERRORS
from dialer.database.pool import CONNECTION_ERRORS, Connection, DatabaseUnavailable, Pool
from dialer.on_record import taken_by
from dialer.ports import CallRow, LedgerUnavailable, NotOpened, Unfinished
from dialer.ringing_in import CameIn, RingBackEnd, Ringer
from dialer.team import TeamId
from leads.lead import DUE_STATES, AttemptId
from leads.phone import InvalidPhoneNumber, PhoneNumber, asked_about, parse
from leads.store import attempts, dialing, dispositions, leads, people
from leads.store.attempts import AttemptRow
from leads.store.faults import PersonBusy


class PostgresRingBacks:
    """The callers of one team's worker."""

    def __init__(self, pool: Pool, team: TeamId, *, keyring: Keyring, country: str) -> None:
        """Args:
        country: Where our trunks are: whose local format their numbers may have, ISO 3166-1.
        """
        self._pool = pool
        self._team = team
        self._keyring = keyring
        self._country = country

    async def who(self, came: CameIn, *, now: datetime) -> Ringer | None:
        """Record that somebody calls, and return who it is; None: the number is none of ours."""
        callers = numbers_of(came.caller, self._country)
        async with self._transaction() as connection:
            called = [number for text in came.called for number in numbers_of(text, self._country)]
            ringer = await self._known(connection, callers, called)
            ringer = ringer or await self._stranger(connection, callers, called)
            await connection.execute(
                """
                INSERT INTO ring_backs (call_id, team_id, came_at, trunk, campaign_id, person_id,
                                        lead_id)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                    ON CONFLICT (call_id) DO NOTHING
                """,
                came.call,
                self._team,
                now,
                came.trunk,
                ringer.campaign if ringer else None,
                ringer.person if ringer else None,
                ringer.lead if ringer else None,
            )
        return ringer

    async def _known(
        self, connection: Connection, callers: Sequence[PhoneNumber], called: Sequence[str]
    ) -> Ringer | None:
        """Return the person with one of the numbers as we last called them."""
        owned = await people.owners(connection, callers)
        if not owned:
            return None
        number, owner = next(iter(owned.items()))
        of_people = await attempts.attempts_of_people(connection, [owner.person], since=None)
        tries = of_people.get(owner.person, ())
        if not tries:
            return None
        shown = await _shown(connection, [each.id for each in tries])
        fitting = [each for each in tries if shown.get(each.id) in called] or list(tries)
        last = fitting[-1]
        campaign = await campaigns.campaign(connection, CampaignId(last.campaign))
        row = await leads.load_lead(connection, last.lead)
        return Ringer(
            campaign=campaign.id,
            client=campaign.client,
            caller_name=campaign.caller_name,
            shown=shown.get(last.id, campaign.caller_id),
            numbers=(number,),
            lead=last.lead,
            person=owner.person,
            number=number,
            number_id=owner.id,
            languages=row.languages,
            agent=await _last_agent(connection, fitting),
            obligations=last.obligations,
            may_be_called=row.lead.state in DUE_STATES,
        )

    async def _stranger(
        self, connection: Connection, callers: Sequence[PhoneNumber], called: Sequence[str]
    ) -> Ringer | None:
        """Return somebody we do not know, as a caller of the campaign whose number it is."""
        for number in called:
            campaign = await _showing(connection, number)
            if campaign is not None:
                return Ringer(
                    campaign=campaign.id,
                    client=campaign.client,
                    caller_name=campaign.caller_name,
                    shown=number,
                    numbers=tuple(callers),
                )
        return None

    async def open(self, came: CameIn, ringer: Ringer, *, now: datetime) -> Unfinished | NotOpened:
        """Open an attempt for a known caller, whose call's first event says that it came in."""
        lead, person, number = ringer.lead, ringer.person, ringer.number
        if lead is None or person is None or number is None or ringer.number_id is None:
            return NotOpened(because="unknown_caller")
        async with self._transaction() as connection:
            if (known := await events.call(connection, came.call)) is not None:
                return await self._again(connection, known, ringer)
            try:
                prepared = await dialing.prepare_ring_back(
                    connection, lead=lead, person=person, number=ringer.number_id
                )
            except PersonBusy as busy:
                return NotOpened(because=busy.because)
            row = await dialing.open_attempt(
                connection,
                prepared,
                permit_expires_at=now,  # nothing is permitted by it
                obligations=ringer.obligations,
                now=now,
                rang_back=True,
            )
            await events.open_call(
                connection,
                came.call,
                attempt=row.id,
                team=self._team,
                trunk=came.trunk,
                caller_id=ringer.shown,
                now=now,
            )
            received = Received(came.at, came.sip_call_id, came.trunk, ringer.shown)
            await events.append(connection, [CallRow(call=came.call, number=1, event=received)])
            opened = await events.call(connection, came.call)
            assert opened is not None
        return _unfinished(opened, row, ringer)

    async def _again(
        self, connection: Connection, known: events.RecordedCall, ringer: Ringer
    ) -> Unfinished | NotOpened:
        """Return what was opened before, if its answer was lost; nothing once it is over."""
        row = await attempts.load_attempt(connection, known.attempt)
        if row.closed_at is not None:
            return NotOpened(because="repeated")
        return _unfinished(known, row, ringer)

    async def leave_alone(self, came: CameIn, ringer: Ringer, *, now: datetime) -> None:
        """Suppress the caller's numbers for the client."""
        async with self._transaction() as connection:
            await add_suppressions(
                connection,
                ringer.numbers,
                client_id=ringer.client,
                reach=Reach.NUMBER,
                why=Why.OBJECTION,
                keyring=self._keyring,
                now=now,
            )

    async def ended(self, call: CallId, end: RingBackEnd, *, now: datetime) -> None:
        """Record what became of a caller; the first word stands."""
        async with self._transaction() as connection:
            await connection.execute(
                "UPDATE ring_backs SET ended_at = $2, ended_as = $3"
                " WHERE call_id = $1 AND ended_at IS NULL",
                call,
                now,
                end.value,
            )

    async def forget(self, *, now: datetime) -> None:
        """End as lost what an engine before this one had not ended."""
        async with self._transaction() as connection:
            await connection.execute(
                "UPDATE ring_backs SET ended_at = $2, ended_as = 'lost'"
                " WHERE team_id = $1 AND ended_at IS NULL",
                self._team,
                now,
            )

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection
        except (*CONNECTION_ERRORS, *PASSING_ERRORS, DatabaseUnavailable) as error:
            raise LedgerUnavailable(type(error).__name__) from None


async def count_of_campaign(connection: Connection, campaign: CampaignId) -> dict[str, int]:
    """Return how many people called back, by what became of them; ``open`` are under way."""
    rows = await connection.fetch(
        """
        SELECT coalesce(ended_as, 'open') AS ended_as, count(*) AS callers
          FROM ring_backs
         WHERE campaign_id = $1
         GROUP BY 1
        """,
        campaign,
    )
    return {row["ended_as"]: row["callers"] for row in rows}


def numbers_of(text: str, country: str) -> tuple[PhoneNumber, ...]:
    """Return what a number may be that a trunk writes in its own way, the likeliest first.

    >>> numbers_of("02079460123", "GB"), numbers_of("442079460123", "GB")
    (('+442079460123',), ('+442079460123',))
    """
    plain = text.removeprefix("00") if text.startswith("00") else text
    ways = [plain] if plain.startswith("+") else []
    if not ways and not plain.startswith("0"):
        ways.append(f"+{plain}")
    found: list[PhoneNumber] = []
    for way in ways:
        try:
            found.append(asked_about(way))
        except InvalidPhoneNumber:
            continue
    if not plain.startswith("+") and text == plain:
        with suppress(InvalidPhoneNumber):
            found.append(parse(plain, country))
    return tuple(dict.fromkeys(found))


async def _shown(connection: Connection, tries: Sequence[AttemptId]) -> dict[AttemptId, str]:
    """Return which of our numbers each attempt showed last."""
    calls = await events.calls_of_attempts(connection, tries)
    return {
        call.attempt: taken_by(call.events, trunk=call.trunk, caller_id=call.caller_id).caller_id
        or call.caller_id
        for call in calls
    }


async def _last_agent(connection: Connection, tries: Sequence[AttemptRow]) -> AgentId | None:
    """Return who talked to them last."""
    said = await dispositions.load_dispositions(connection, [each.id for each in tries])
    for tried in reversed(tries):
        if (row := said.get(tried.id)) is not None and row.agent is not None:
            return AgentId(row.agent)
    return None


async def _showing(connection: Connection, number: str) -> Campaign | None:
    """Return the campaign that shows *number*, or did last."""
    own = [each for each in await campaigns.campaigns(connection) if each.caller_id == number]
    if own:
        return max(own, key=lambda campaign: campaign.dials)
    last = await events.latest_attempt_showing(connection, number)
    if last is None:
        return None
    row = await attempts.load_attempt(connection, last)
    return await campaigns.campaign(connection, CampaignId(row.campaign))


def _unfinished(call: events.RecordedCall, row: AttemptRow, ringer: Ringer) -> Unfinished:
    assert ringer.number is not None
    return Unfinished(
        call=call.id,
        attempt=row.id,
        lead=row.lead,
        person=row.person,
        campaign=CampaignId(row.campaign),
        number=ringer.number,
        languages=ringer.languages,
        callback_agent=ringer.agent,
        obligations=row.obligations,
        opened_at=row.opened_at,
        events=call.events,
        taken=taken_by(call.events, trunk=call.trunk, caller_id=call.caller_id),
    )
