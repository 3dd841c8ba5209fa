"""A person who may no longer be called while the phone rings: the ringing stops at once."""

from dialer.call_events import AgentId, Ended, OwnReason, Rang
from dialer.ports import Placement
from dialer.simulation.telephony import Fate
from tests.system.scene import Scene, seconds
from tests.system.test_races import Floor


def rings_on(placement: Placement) -> Fate:
    return Fate(rings_after=seconds(0.5))


async def test_a_suppression_while_the_phone_rings_ends_the_call_and_nobody_tries_again():
    scene = Scene(seed=31, agents=1, leads=1)
    scene.telephony._fates = rings_on
    [lead] = scene.house.leads.values()
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: scene.telephony.truth.count(Rang))
        began = scene.clock.now()
        scene.house.suppressed.add(lead.lead.person)
        assert await floor.desk.revoke(lead.lead.person) == 1
        await floor.until(lambda: scene.telephony.truth.count(Ended))
        assert scene.clock.now() - began < seconds(1)
        await scene.clock.sleep(seconds(600))
    [attempt] = scene.house.attempts.values()
    [ended] = [event for event in attempt.events.values() if isinstance(event, Ended)]
    assert ended.own_reason is OwnReason.REVOKED
    assert len(scene.telephony.truth.placements) == 1


async def test_a_revoked_person_does_not_end_the_calls_of_others():
    scene = Scene(seed=32, agents=2, leads=2)
    scene.telephony._fates = rings_on
    first, second = (each.lead.person for each in scene.house.leads.values())
    async with Floor(scene) as floor:
        await floor.ready(1, 2)
        await floor.until(lambda: scene.telephony.truth.count(Rang) == 2)
        assert await floor.desk.revoke(first) == 1
        await scene.clock.sleep(seconds(1))
        assert [live.person for live in floor.engine.live.calls.values()] == [second]
        assert floor.desk.has(AgentId(1))
