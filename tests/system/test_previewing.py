"""Calls that agents start themselves, in the whole engine on virtual time, with crashes."""

import asyncio
import contextlib
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.agent import AgentState, NotNow
from dialer.asked_call import NotCalled
from dialer.call_events import AgentAssigned, AgentId, Invited, OwnReason
from dialer.campaign import Mode
from dialer.desk import TeamDesk
from dialer.ports import Opening
from dialer.previewing import CHOICES
from dialer.simulation.ledger import MemoryLedger
from dialer.simulation.telephony import Fate
from leads.lead import LeadEvent, LeadId, apply
from tests.system.scene import MONDAY_TEN, Boundaries, Scene, seconds
from tests.system.test_floor import audit
from tests.system.test_races import Floor

ANNA, BORIS = AgentId(1), AgentId(2)
RINGS = Fate(rings_after=seconds(1))
ANSWERS = Fate(rings_after=seconds(1), answered_after=seconds(4))


class Looking(Scene):
    """People who look at each lead for a while, and call most of them."""

    async def _next_step(self, desk: TeamDesk, agent: AgentId, dice: random.Random) -> None:
        view = desk.view(agent)
        if view.state is not AgentState.READY or not view.offers:
            await super()._next_step(desk, agent, dice)
        elif dice.random() < 0.4:  # else still reading
            lead = dice.choice(view.offers).lead
            with contextlib.suppress(NotCalled):
                await (desk.skip_lead if dice.random() < 0.2 else desk.call_lead)(agent, lead)


def audit_with_agents(scene: Scene) -> None:
    """What must be true of every floor, and that each call had its agent before it left."""
    audit(scene)
    for attempt in scene.house.attempts.values():
        kinds = [type(event) for _, event in sorted(attempt.events.items())]
        if Invited in kinds:
            assert kinds.index(AgentAssigned) < kinds.index(Invited)
        assert not (attempt.closed and attempt.closed.abandoned)


@pytest.mark.parametrize("mode", [Mode.PREVIEW, Mode.MANUAL])
async def test_a_shift_of_agents_who_look_first_works_its_list_and_abandons_nobody(mode: Mode):
    scene = Looking(seed=1, agents=4, leads=40, mode=mode)
    await scene.play(timedelta(minutes=20))
    audit_with_agents(scene)
    assert len(scene.telephony.truth.placements) >= 40
    assert scene.saved


async def test_nobody_is_called_before_an_agent_asks_and_each_agent_sees_another_lead():
    scene = Scene(seed=2, agents=3, leads=20, mode=Mode.PREVIEW)
    async with Floor(scene) as floor:
        await floor.ready(1, 2, 3)
        await floor.until(lambda: all(floor.desk.view(AgentId(n)).offers for n in (1, 2, 3)))
        await scene.clock.sleep(seconds(300))  # longer than a lease: other leads, or the same again
        seen = [floor.desk.view(AgentId(number)).offers for number in (1, 2, 3)]
        assert all(len(offers) == 1 and offers[0].until > scene.clock.now() for offers in seen)
        assert len({offers[0].lead for offers in seen}) == 3
        assert not scene.telephony.truth.placements


async def test_a_lead_that_is_passed_on_makes_room_for_another_and_its_turn_comes_again():
    scene = Scene(seed=3, agents=1, leads=3, mode=Mode.PREVIEW)
    async with Floor(scene) as floor:
        await floor.ready(1)
        seen = []
        for _ in range(4):
            await floor.until(lambda: floor.desk.view(ANNA).offers)
            [offer] = floor.desk.view(ANNA).offers
            seen.append(offer.lead)
            await floor.desk.skip_lead(ANNA, offer.lead)
        assert len(set(seen[:3])) == 3 and seen[3] == seen[0]
        assert not scene.telephony.truth.placements


async def test_in_a_manual_campaign_the_agent_chooses_and_nobody_else_gets_that_lead():
    scene = Scene(seed=4, agents=2, leads=30, mode=Mode.MANUAL, fate=lambda _: RINGS)
    async with Floor(scene) as floor:
        await floor.ready(1, 2)
        await floor.until(lambda: len(floor.desk.view(BORIS).offers) == CHOICES)
        version = floor.desk.view(BORIS).version
        chosen = floor.desk.view(ANNA).offers[4].lead
        await floor.desk.call_lead(ANNA, chosen)
        assert floor.desk.view(ANNA).state is AgentState.ASSIGNED
        assert not floor.desk.view(ANNA).offers
        async with asyncio.timeout(5):
            view = await floor.desk.changed(BORIS, version)
        assert chosen not in {offer.lead for offer in view.offers}
        with pytest.raises(NotCalled, match="not before you"):
            await floor.desk.call_lead(BORIS, chosen)


async def test_an_agent_gives_a_ringing_call_up_and_is_ready_again():
    scene = Scene(seed=5, agents=1, leads=3, mode=Mode.PREVIEW, fate=lambda _: RINGS)
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: floor.desk.view(ANNA).offers)
        await floor.desk.call_lead(ANNA, floor.desk.view(ANNA).offers[0].lead)
        with pytest.raises(NotNow):
            await floor.desk.call_lead(ANNA, LeadId(2))
        await scene.clock.sleep(seconds(2))
        await floor.desk.hang_up(ANNA)
        await floor.until(lambda: floor.desk.view(ANNA).state is AgentState.READY)
        await scene.clock.sleep(seconds(1))
    audit_with_agents(scene)
    [attempt] = scene.house.attempts.values()
    assert attempt.closed is not None and attempt.closed.outcome == "cancelled"
    assert attempt.closed.counts, "it has rung"


async def test_when_the_agents_phone_dies_while_it_rings_nobody_is_rung_for_nobody():
    scene = Scene(seed=6, agents=2, leads=4, mode=Mode.PREVIEW, fate=lambda _: ANSWERS)
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: floor.desk.view(ANNA).offers)
        await floor.desk.call_lead(ANNA, floor.desk.view(ANNA).offers[0].lead)
        await scene.clock.sleep(seconds(2))
        scene.telephony.drop_agent(ANNA)
        await floor.until(lambda: not floor.engine.live.calls)
        await floor.until(lambda: floor.desk.view(ANNA).state is AgentState.READY)
    audit_with_agents(scene)
    [attempt] = scene.house.attempts.values()
    ended = attempt.events[len(attempt.events)]
    assert getattr(ended, "own_reason", None) is OwnReason.CANCELLED


class Slow(MemoryLedger):
    """Opening takes long enough for an agent to change their mind."""

    async def open_attempt(self, opening: Opening, **more):  # type: ignore[no-untyped-def]
        await self._clock.sleep(seconds(2))
        return await super().open_attempt(opening, **more)


async def test_an_agent_who_pauses_while_the_call_is_opened_has_no_call():
    scene = Scene(seed=7, agents=1, leads=3, mode=Mode.PREVIEW)
    async with Floor(scene, Slow(scene.house, scene.clock)) as floor:
        await floor.ready(1)
        await floor.until(lambda: floor.desk.view(ANNA).offers)
        asked = asyncio.create_task(
            floor.desk.call_lead(ANNA, floor.desk.view(ANNA).offers[0].lead)
        )
        await scene.clock.sleep(seconds(1))
        assert not floor.desk.view(ANNA).offers
        await floor.desk.pause(ANNA, "break")
        with pytest.raises(NotCalled, match="no longer ready"):
            await asked
        await scene.clock.sleep(seconds(1))
        assert floor.desk.view(ANNA).state is AgentState.PAUSED
    audit(scene)
    assert not scene.telephony.truth.placements


async def test_whose_asking_is_refused_takes_the_call_that_waits_meanwhile():
    scene = Scene(seed=11, agents=2, leads=4, mode=Mode.PREVIEW, fate=lambda _: ANSWERS)
    async with Floor(scene, Slow(scene.house, scene.clock)) as floor:
        await floor.ready(1, 2)
        await floor.until(lambda: floor.desk.view(ANNA).offers and floor.desk.view(BORIS).offers)
        await floor.desk.call_lead(BORIS, floor.desk.view(BORIS).offers[0].lead)
        await floor.until(lambda: floor.desk.view(BORIS).state is AgentState.TALKING)
        lead = floor.desk.view(ANNA).offers[0].lead
        person = scene.house.leads[lead].lead.person
        scene.house.suppressed.add((scene.campaign.client, person))
        asked = asyncio.create_task(floor.desk.call_lead(ANNA, lead))
        await scene.clock.sleep(seconds(1))
        scene.telephony.drop_agent(BORIS)
        with pytest.raises(NotCalled):
            await asked
        await floor.until(lambda: floor.desk.view(ANNA).state is AgentState.TALKING)
    audit_with_agents(scene)


async def test_dialing_that_stops_while_a_call_is_opened_is_named_as_the_reason():
    scene = Scene(seed=12, agents=1, leads=3, mode=Mode.PREVIEW)
    async with Floor(scene, Slow(scene.house, scene.clock)) as floor:
        await floor.ready(1)
        await floor.until(lambda: floor.desk.view(ANNA).offers)
        lead = floor.desk.view(ANNA).offers[0].lead
        asked = asyncio.create_task(floor.desk.call_lead(ANNA, lead))
        await scene.clock.sleep(seconds(1))
        floor.engine.draining = True
        with pytest.raises(NotCalled, match="dialing is stopped"):
            await asked
        assert floor.desk.view(ANNA).state is AgentState.READY
    assert not scene.telephony.truth.placements


async def test_what_the_gate_refuses_is_told_with_its_reasons():
    scene = Scene(seed=8, agents=1, leads=1, mode=Mode.PREVIEW)
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: floor.desk.view(ANNA).offers)
        scene.house.suppressed.add(
            (scene.campaign.client, scene.house.leads[LeadId(1)].lead.person)
        )
        with pytest.raises(NotCalled) as refused:
            await floor.desk.call_lead(ANNA, LeadId(1))
        assert refused.value.because == "refused" and refused.value.rules
        await floor.until(lambda: not floor.desk.view(ANNA).offers)
        assert floor.desk.view(ANNA).state is AgentState.READY


async def test_a_promised_call_is_set_before_the_agent_who_promised_it():
    scene = Scene(seed=9, agents=2, leads=5, mode=Mode.PREVIEW)
    promised = scene.house.leads[LeadId(4)]
    promised.lead = replace(
        apply(
            apply(promised.lead, LeadEvent.DIALED),
            LeadEvent.CALLBACK_PROMISED,
            next_attempt_at=MONDAY_TEN,
        ),
        callback_agent=int(BORIS),
    )
    async with Floor(scene) as floor:
        await floor.ready(1, 2)
        await floor.until(lambda: floor.desk.view(ANNA).offers and floor.desk.view(BORIS).offers)
        [offer] = floor.desk.view(BORIS).offers
        assert offer.lead == LeadId(4) and offer.is_callback
        assert floor.desk.view(ANNA).offers[0].lead != LeadId(4)


@pytest.mark.parametrize("part", range(3))
async def test_killed_at_any_boundary_a_floor_that_looks_first_loses_nothing(part: int):
    boundaries = Boundaries()
    await Looking(seed=10, agents=2, leads=6, mode=Mode.PREVIEW).play(seconds(120), boundaries)
    assert boundaries.crossed > 60
    for kill_at in range(part * 4 + 1, boundaries.crossed, 12):
        scene = Looking(seed=10, agents=2, leads=6, mode=Mode.PREVIEW)
        await scene.play(timedelta(minutes=4), Boundaries(kill_at=frozenset({kill_at})))
        try:
            audit(scene)
        except AssertionError as error:
            raise AssertionError(f"killed at boundary {kill_at}: {error}") from error
