"""How guests are reached: a SIP URI as it stands, a number by one of the trunks.

Rule: a number goes the way of all calls, within the same lists of what may be called and the same
ceilings, and occupies its trunk until the leg has ended.
"""

from datetime import datetime

from dialer.call_events import AgentId
from dialer.campaign import Campaign
from dialer.carriage import Carriage
from dialer.in_call import GuestId
from dialer.live import LiveTeam
from dialer.ports import Way
from leads.phone import InvalidPhoneNumber, PhoneNumber, parse
from sip_config.routing import NoRoute


class Unreachable(ValueError):
    """Nothing carries a call there now. Says why, without the number."""


def _of_agent(agent: AgentId) -> GuestId:
    return GuestId(f"agent.{agent}")


class GuestWays:
    """The trunks as guests' legs use them."""

    def __init__(self, carriage: Carriage) -> None:
        self._carriage = carriage
        self._taken: dict[GuestId, tuple[Way, PhoneNumber]] = {}

    def take(self, guest: GuestId, to: str, campaign: Campaign, now: datetime) -> Way | None:
        """Return the way to a number, occupied for *guest*; ``None``: *to* is a SIP URI.

        Raises:
            Unreachable: it is neither, or no trunk may carry the call now.
        """
        if to.startswith(("sip:", "sips:")):
            return None
        try:
            number = parse(to)
        except InvalidPhoneNumber as error:
            raise Unreachable(f"neither a SIP URI nor a number: {error}") from None
        match self._carriage.take_for(number, campaign, now):
            case NoRoute(reasons=reasons):
                why = ", ".join(reason.obstacle.value for reason in reasons)
                raise Unreachable(f"no trunk carries a call there now: {why}")
            case Way() as way:
                self._taken[guest] = (way, number)
                return way

    def to_agent(self, agent: AgentId, phone: str, live: LiveTeam, now: datetime) -> Way | None:
        """Return the way to an agent's telephone, for a campaign of theirs, as :meth:`take` does.

        Raises:
            Unreachable: as there, or the number is of an agent without a campaign.
        """
        self.free_agent(agent, now)
        if phone.startswith(("sip:", "sips:")):
            return None
        theirs = [each for each in live.campaigns.values() if agent in each.agents]
        if not theirs:
            raise Unreachable("a number is called for a campaign, and this agent works none")
        return self.take(_of_agent(agent), phone, theirs[0], now)

    def free_agent(self, agent: AgentId, now: datetime) -> None:
        """Give back what an agent's leg occupied, if anything."""
        self.free(_of_agent(agent), now)

    def free(self, guest: GuestId, now: datetime) -> None:
        """Give back what *guest* occupied, if anything."""
        if (taken := self._taken.pop(guest, None)) is not None:
            self._carriage.free(*taken, now)

    def keying(self, way: Way | None) -> str:
        """Return how keys are sent over the trunk of *way*."""
        trunk = self._carriage.config.trunks.get(way.taken.trunk_id) if way else None
        return trunk.dtmf.value if trunk else "auto"
