"""A campaign with a small list in it, for the tests of the leads' tables."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leads.importing import ImportOptions, read_list
from leads.lead import LeadId, LeadState
from leads.phone import PhoneNumber
from leads.store.attempts import AttemptRow
from leads.store.claiming import ClaimedLead, claim
from leads.store.closing import close_attempt
from leads.store.dialing import open_attempt, prepare
from leads.store.ending import AttemptEnd, CampaignRules, ClosedAttempt, Recorded
from leads.store.importing import ImportedList, import_list
from leads.store.leads import load_lead
from tests.builders import a_campaign_in

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
LEASE = timedelta(minutes=2)
Connection = Any


def a_number(last: int, area: str = "113 496") -> PhoneNumber:
    """A number of Ofcom's drama ranges; *last* is its last three digits."""
    return PhoneNumber(f"+44{area.replace(' ', '')}0{last:03}")


def a_list_of(*rows: str, header: str = "phone,name,languages") -> bytes:
    return "\n".join([header, *rows, ""]).encode()


@dataclass(frozen=True, slots=True)
class Scene:
    """One campaign and what tests do with it."""

    connection: Connection
    campaign: int
    client: int

    async def imported(self, content: bytes, **options: Any) -> ImportedList:
        return await import_list(
            self.connection,
            client=self.client,
            campaign=self.campaign,
            name="spring",
            file_name="spring.csv",
            file_sha256=b"\0" * 32,
            result=read_list(content, ImportOptions(default_country="GB", **options)),
            now=MONDAY,
        )

    async def with_leads(self, count: int) -> ImportedList:
        rows = [f"{a_number(place)},Person {place},en" for place in range(count)]
        return await self.imported(a_list_of(*rows))

    async def claimed(
        self, count: int = 1, now: datetime = MONDAY, **changes: Any
    ) -> list[ClaimedLead]:
        return await claim(
            self.connection, campaign=self.campaign, count=count, lease=LEASE, now=now, **changes
        )

    async def opened(self, now: datetime = MONDAY, lead: ClaimedLead | None = None) -> AttemptRow:
        if lead is None:
            [lead] = await self.claimed(now=now)
        async with self.connection.transaction():
            prepared = await prepare(
                self.connection,
                lead=lead.row.lead.id,
                person=lead.row.lead.person,
                number=lead.number.id,
                claimed_until=lead.claimed_until,
                now=now,
            )
            return await open_attempt(
                self.connection,
                prepared,
                permit_expires_at=now + timedelta(seconds=30),
                obligations=["identify"],
                now=now,
            )

    async def closed(
        self,
        attempt: AttemptRow,
        outcome: str = "no_answer",
        *,
        recorded: Recorded | None = None,
        rules: CampaignRules | None = None,
        now: datetime = MONDAY + timedelta(minutes=1),
        **changes: Any,
    ) -> ClosedAttempt:
        end = AttemptEnd(attempt=attempt.id, outcome=outcome, recorded=recorded, **changes)
        return await close_attempt(self.connection, end, rules=rules or CampaignRules(), now=now)

    async def state_of(self, lead: LeadId) -> LeadState:
        return (await load_lead(self.connection, lead)).lead.state


async def a_scene(connection: Connection) -> Scene:
    campaign = await a_campaign_in(connection)
    client = await connection.fetchval("SELECT client_id FROM campaigns WHERE id = $1", campaign)
    return Scene(connection, campaign, client)


async def beside(scene: Scene, *, same_client: bool) -> Scene:
    """Another campaign, of the same client or of another."""
    other = await a_scene(scene.connection)
    if same_client:
        await scene.connection.execute(
            "UPDATE campaigns SET client_id = $1, name = 'another' WHERE id = $2",
            scene.client,
            other.campaign,
        )
        return Scene(scene.connection, other.campaign, scene.client)
    return other


__all__ = ["LEASE", "MONDAY", "Scene", "a_list_of", "a_number", "a_scene", "beside"]
