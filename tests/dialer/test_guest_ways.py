"""How guests and agents' telephones are reached: SIP URIs as they stand, numbers by trunks."""

from dataclasses import replace

import pytest

from dialer.call_events import AgentId
from dialer.carriage import Carriage
from dialer.guest_ways import GuestWays, Unreachable
from dialer.in_call import GuestId
from sip_config.lines import opening
from tests.system.scene import MONDAY_TEN, TRUNKS, a_campaign
from tests.system.test_in_call import Desk

GUEST = GuestId("supervisor.7.a")
CAMPAIGN = a_campaign(1)


@pytest.fixture
def carriage() -> Carriage:
    return Carriage(TRUNKS, opening(TRUNKS, MONDAY_TEN), seed=1)


def occupied(carriage: Carriage) -> int:
    return carriage.lines.calls


def test_a_sip_uri_is_called_as_it_stands_and_occupies_nothing(carriage: Carriage):
    ways = GuestWays(carriage)
    assert ways.take(GUEST, "sip:me@127.0.0.1", CAMPAIGN, MONDAY_TEN) is None
    assert occupied(carriage) == 0


def test_a_number_occupies_its_trunk_until_the_leg_has_ended(carriage: Carriage):
    ways = GuestWays(carriage)
    way = ways.take(GUEST, "+442079460001", CAMPAIGN, MONDAY_TEN)
    assert way is not None and "2079460001" in way.request_uri
    assert occupied(carriage) == 1
    for _ in range(2):
        ways.free(GUEST, MONDAY_TEN)
        assert occupied(carriage) == 0


@pytest.mark.parametrize("to", ["+999", "+33142685300", "999", "me", ""])
def test_what_may_not_be_called_is_not_and_the_reason_names_no_number(carriage: Carriage, to: str):
    with pytest.raises(Unreachable) as refused:
        GuestWays(carriage).take(GUEST, to, CAMPAIGN, MONDAY_TEN)
    assert not to or to not in str(refused.value)
    assert occupied(carriage) == 0


async def test_an_agents_telephone_may_be_a_number_and_an_unreachable_one_stops_nobody():
    scene = Desk(agents=2)
    anna, boris = scene.house.team.agents
    agents = (replace(anna, sip_uri="+442079460201"), replace(boris, sip_uri="+33142685300"))
    scene.house.team = replace(scene.house.team, agents=agents)

    async def story() -> None:
        await scene.until(lambda: scene.now.view(AgentId(1)).leg_up)
        assert not scene.now.view(AgentId(2)).leg_up
        await scene.talking()

    await scene.run(story)
