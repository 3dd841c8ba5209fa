"""Why a number, and where a campaign's leads stay behind: the gate's answers over the whole house.

Rule: nothing is written, and nothing is judged here: the gate itself is asked, with the same facts
as for a call.
"""

from datetime import datetime

from compliance.profile import Bundle
from compliance.store import explaining
from compliance.suppression import Keyring
from compliance.waterfall import Waterfall
from compliance.why import WhyReport
from dialer.campaign import Campaign, CampaignId, ClientId
from dialer.database import campaigns
from dialer.database.callers import Callers
from dialer.database.pool import Connection
from leads.phone import PhoneNumber
from leads.store import leads, lists, people


async def why(
    connection: Connection,
    number: PhoneNumber,
    *,
    client: ClientId | None,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> WhyReport:
    """Return all that speaks for and against calling *number* now.

    Args:
        client: Only for this client's campaigns; None: for all.
    """
    callers = Callers(bundle)
    person = await people.person_of(connection, number)
    of_person = () if person is None else await leads.leads_of_person(connection, person)
    own = {each.id for each in await campaigns.campaigns(connection, client=client)}
    asked = sorted({CampaignId(row.campaign) for row in of_person} & own)
    return await explaining.why(
        connection,
        number,
        callers={
            campaign: await callers.of_campaign(connection, campaign, now=now) for campaign in asked
        },
        bundle=bundle,
        keyring=keyring,
        now=now,
        client_id=client,
    )


async def waterfall(
    connection: Connection,
    campaign: Campaign,
    *,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> Waterfall:
    """Return where the rows of a campaign's lists stay behind on the way to the telephone."""
    of_client = await lists.lists_of_client(connection, campaign.client)
    own = [row for row in of_client if row.campaign == campaign.id]
    return await explaining.waterfall(
        connection,
        sorted(await leads.leads_of_lists(connection, [row.id for row in own])),
        rows=sum(row.rows_total for row in own),
        caller=await Callers(bundle).of_campaign(connection, campaign.id, now=now),
        bundle=bundle,
        keyring=keyring,
        now=now,
    )
