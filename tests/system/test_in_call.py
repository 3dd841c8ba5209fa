"""Transfers, hold and supervisors in the whole engine on virtual time, with crashes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.agent import AgentState, NotNow
from dialer.call_events import (
    AgentId,
    CallEvent,
    Disposed,
    Ended,
    HandedOver,
    Held,
    Resumed,
    SupervisorJoined,
    SupervisorLeft,
    TapeMuted,
    TargetJoined,
    TransferAsked,
    TransferEnded,
)
from dialer.campaign import ClientId, Mode, TransferTarget
from dialer.desk import TeamDesk
from dialer.in_call import Part
from dialer.minutes import minutes_of
from dialer.ports import ClosingRefused
from dialer.simulation.telephony import Fate
from dialer.supervising import MayOnlyListen, Watching
from dialer.transferring import Act, UnknownTarget
from dialer.views import Disposal
from tests.system.scene import Boundaries, Scene, a_team, seconds
from tests.system.test_floor import audit

ANNA, BORIS = AgentId(1), AgentId(2)
SALES = TransferTarget(name="sales", to="sip:sales@127.0.0.1")
NOBODY = TransferTarget(name="nobody", to="sip:nobody@127.0.0.1")
WISH = Watching(user=7, agent=ANNA, part=Part.LISTEN, purpose="coaching", phone="sip:s@127.0.0.1")


class Desk(Scene):
    """A floor whose agents sign in and then do only what a test tells them."""

    def __init__(self, *, agents: int = 1) -> None:
        super().__init__(5, agents=agents, leads=1, mode=Mode.PROGRESSIVE)
        self.campaign = replace(self.campaign, transfer_targets=(SALES, NOBODY))
        self.house.team = a_team(agents, self.campaign)
        self.telephony._fates = lambda _: ANSWERS
        self.telephony.guests.absent.add(NOBODY.to)

    async def _next_step(self, desk: TeamDesk, agent: AgentId, dice: random.Random) -> None:
        if desk.view(agent).state in (AgentState.OFFLINE, AgentState.PAUSED):
            await super()._next_step(desk, agent, dice)

    @property
    def now(self) -> TeamDesk:
        assert self.desk is not None
        return self.desk

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while self.desk is None or not self.desk.has(ANNA) or not holds():
                await self.clock.sleep(seconds(0.1))

    async def talking(self, agent: AgentId = ANNA) -> None:
        await self.until(lambda: self.now.view(agent).state is AgentState.TALKING)

    def chain(self) -> list[CallEvent]:
        [attempt] = self.house.attempts.values()
        return [attempt.events[number] for number in sorted(attempt.events)]

    def kinds(self) -> list[type[CallEvent]]:
        return [type(event) for event in self.chain()]

    async def run(
        self, story: Callable[[], Awaitable[None]], boundaries: Boundaries | None = None
    ) -> None:
        play = asyncio.create_task(self.play(timedelta(minutes=10), boundaries))
        telling = asyncio.ensure_future(story())
        await asyncio.wait([play, telling], return_when=asyncio.FIRST_COMPLETED)
        await telling
        await play


ANSWERS = Fate(rings_after=seconds(1), answered_after=seconds(3))


def transfer_state(scene: Desk) -> str:
    call = scene.now.view(ANNA).call
    return call.transfer_state if call else ""


async def test_a_hot_transfer_frees_the_agent_and_the_call_goes_on():
    scene = Desk()

    async def story() -> None:
        await scene.talking()
        await scene.now.transfer(ANNA, "sales", blind=False)
        await scene.until(lambda: transfer_state(scene) == "consulting")
        with pytest.raises(NotNow):
            await scene.now.act(ANNA, Act.RESUME)
        await scene.now.act(ANNA, Act.JOIN)
        await scene.until(lambda: transfer_state(scene) == "joined")
        await scene.clock.sleep(seconds(5))
        await scene.now.act(ANNA, Act.COMPLETE)
        await scene.until(lambda: scene.now.view(ANNA).state is AgentState.WRAP_UP)
        await scene.now.dispose(ANNA, Disposal(disposition="hot_transfer"))
        assert scene.now.view(ANNA).call is None
        await scene.clock.sleep(seconds(60))
        assert Ended not in scene.kinds()
        [target] = scene.telephony.guests.legs
        scene.telephony.guests.drop(target)  # the salesperson hangs up
        await scene.until(lambda: Ended in scene.kinds())
        await scene.clock.sleep(seconds(1))
        assert not scene.now._engine.live.calls

    await scene.run(story)
    audit_of(scene)
    assert [k for k in scene.kinds() if k in (Held, TargetJoined, Resumed, HandedOver)] == [
        Held,
        TargetJoined,
        Resumed,
        HandedOver,
    ]
    handed = next(event for event in scene.chain() if isinstance(event, HandedOver))
    assert handed.to == "sales"
    assert minutes_of(scene.chain()).talk_s > 65
    [lead] = scene.house.leads.values()
    assert lead.lead.retired_because == "qualified"


def audit_of(scene: Desk) -> None:
    """What holds of every floor; here a disposition may come before the end."""
    [attempt] = scene.house.attempts.values()
    if attempt.closed is not None and attempt.closed.goes_on:
        assert sorted(attempt.events) == list(range(1, len(attempt.events) + 1))
        assert len(scene.telephony.truth.placements) == 1
    else:
        audit(scene)


async def test_a_blind_transfer_that_nobody_answers_gives_the_callee_back():
    scene = Desk()

    async def story() -> None:
        await scene.talking()
        with pytest.raises(UnknownTarget, match="sales"):
            await scene.now.transfer(ANNA, "sip:anybody@example.com", blind=True)
        await scene.now.transfer(ANNA, "nobody", blind=True)
        await scene.until(lambda: TransferEnded in scene.kinds())
        await scene.until(lambda: scene.kinds()[-1] is Resumed)
        await scene.now.transfer(ANNA, "sales", blind=True)
        await scene.until(lambda: scene.now.view(ANNA).state is AgentState.WRAP_UP)
        await scene.now.dispose(ANNA, Disposal(disposition="hot_transfer"))

    await scene.run(story)
    audit_of(scene)
    assert scene.kinds().count(TransferAsked) == 2


async def test_hot_transfer_is_refused_where_nobody_was_brought_in():
    scene = Desk()

    async def story() -> None:
        await scene.talking()
        await scene.now.act(ANNA, Act.HOLD)
        await scene.now.act(ANNA, Act.MUTE)
        await scene.until(lambda: TapeMuted in scene.kinds())
        call = scene.now.view(ANNA).call
        assert call is not None and call.held and call.muted
        await scene.now.hang_up(ANNA)
        await scene.until(lambda: scene.now.view(ANNA).state is AgentState.WRAP_UP)
        with pytest.raises(ClosingRefused, match="nobody was brought"):
            await scene.now.dispose(ANNA, Disposal(disposition="hot_transfer"))
        await scene.now.dispose(ANNA, Disposal(disposition="qualified"))

    await scene.run(story)
    audit(scene)


async def test_a_supervisor_hears_each_call_of_the_agent_and_each_access_is_on_record():
    scene = Desk()

    async def story() -> None:
        await scene.until(lambda: True)
        await scene.now.watch(WISH)
        await scene.talking()
        await scene.until(lambda: SupervisorJoined in scene.kinds())
        await scene.now.watch(replace(WISH, part=Part.WHISPER, phone=""))
        await scene.until(lambda: scene.kinds().count(SupervisorJoined) == 2)
        view = scene.now.watched(7)
        assert view is not None and view.is_up and view.call is not None
        await scene.now.end_watch(7)
        await scene.until(lambda: SupervisorLeft in scene.kinds())
        with pytest.raises(NotNow):
            await scene.now.take_over(7)
        await scene.now.watch(WISH)
        await scene.until(lambda: scene.kinds().count(SupervisorJoined) == 3)
        await scene.now.take_over(7)
        await scene.until(lambda: scene.now.view(ANNA).state is AgentState.WRAP_UP)
        await scene.now.dispose(ANNA, Disposal(disposition="qualified"))
        await scene.now.end_watch(7)  # hangs up, and the callee has nobody left
        await scene.until(lambda: Ended in scene.kinds())

    await scene.run(story)
    audit_of(scene)
    joined = [event for event in scene.chain() if isinstance(event, SupervisorJoined)]
    assert [(each.user, each.part, each.purpose) for each in joined] == [
        (7, "listen", "coaching"),
        (7, "whisper", "coaching"),
        (7, "listen", "coaching"),
    ]


async def test_a_clients_auditor_only_listens_and_only_to_calls_for_the_own_client():
    scene = Desk()

    async def story() -> None:
        await scene.talking()
        mine, other = ClientId(1), ClientId(2)
        for refused in (
            replace(WISH, client=mine, part=Part.WHISPER),
            replace(WISH, client=mine, part=Part.TALK),
            replace(WISH, client=other),
        ):
            with pytest.raises(MayOnlyListen):
                await scene.now.watch(refused)
        await scene.now.watch(replace(WISH, client=mine))
        await scene.until(lambda: SupervisorJoined in scene.kinds())
        with pytest.raises(MayOnlyListen):
            await scene.now.take_over(7)

    await scene.run(story)


async def test_when_the_agents_phone_dies_in_a_call_of_three_the_callee_goes_on_with_the_target():
    scene = Desk()

    async def story() -> None:
        await scene.talking()
        await scene.now.transfer(ANNA, "sales", blind=False)
        await scene.until(lambda: transfer_state(scene) == "consulting")
        await scene.now.act(ANNA, Act.JOIN)
        await scene.until(lambda: transfer_state(scene) == "joined")
        scene.telephony.drop_agent(ANNA)
        await scene.until(lambda: HandedOver in scene.kinds())
        await scene.until(lambda: scene.now.view(ANNA).state is AgentState.WRAP_UP)
        await scene.now.dispose(ANNA, Disposal(disposition="hot_transfer"))

    await scene.run(story)
    audit_of(scene)


@pytest.mark.parametrize("kill_at", range(0, 12, 2))
async def test_killed_in_the_midst_of_a_transfer_the_engine_goes_on_with_it(kill_at: int):
    """A supervisor's leg is dropped; callee, target and agent keep what they have."""
    scene = Desk()
    boundaries = Boundaries()

    async def again(wish: Callable[[], Awaitable[object]], holds: Callable[[], bool]) -> None:
        """Press the button until what was wished has come true."""
        while not (scene.desk and scene.desk.has(ANNA) and holds()):
            try:
                async with asyncio.timeout(2):
                    await wish()
            except (NotNow, AssertionError, TimeoutError):
                pass
            await scene.clock.sleep(seconds(1))

    async def story() -> None:
        await scene.talking()
        await scene.now.watch(WISH)
        await scene.until(lambda: SupervisorJoined in scene.kinds())
        boundaries.kill_at = frozenset({boundaries.crossed + 1 + kill_at})
        await again(
            lambda: scene.now.transfer(ANNA, "sales", blind=False),
            lambda: transfer_state(scene) == "consulting",
        )
        boundaries.kill_at = frozenset({boundaries.crossed + 1 + kill_at})
        await again(
            lambda: scene.now.act(ANNA, Act.JOIN), lambda: transfer_state(scene) == "joined"
        )
        boundaries.kill_at = frozenset({boundaries.crossed + 1 + kill_at})
        await again(lambda: scene.now.act(ANNA, Act.COMPLETE), lambda: HandedOver in scene.kinds())
        await again(
            lambda: scene.now.dispose(ANNA, Disposal(disposition="hot_transfer")),
            lambda: scene.now.view(ANNA).call is None,
        )
        await scene.clock.sleep(seconds(20))
        assert Ended not in scene.kinds()
        supervisors = [leg for leg in scene.telephony.guests.legs if leg.startswith("superv")]
        assert not supervisors
        [target] = scene.telephony.guests.legs
        scene.telephony.guests.drop(target)
        await scene.until(lambda: Ended in scene.kinds())

    await scene.run(story, boundaries)
    audit_of(scene)
    assert scene.starts >= 2
    assert scene.chain()[-1].at >= scene.chain()[-2].at


async def test_what_happens_while_a_hot_transfer_is_written_is_on_record_too():
    scene = Desk()

    async def story() -> None:
        await scene.talking()
        await scene.now.transfer(ANNA, "sales", blind=False)
        await scene.until(lambda: transfer_state(scene) == "consulting")
        await scene.now.act(ANNA, Act.JOIN)
        await scene.until(lambda: transfer_state(scene) == "joined")
        await scene.now.act(ANNA, Act.COMPLETE)
        await scene.until(lambda: scene.now.view(ANNA).state is AgentState.WRAP_UP)
        saving = scene.now._engine.closer.dispose(ANNA, Disposal(disposition="hot_transfer"))
        [target] = scene.telephony.guests.legs
        scene.telephony.guests.drop(target)
        await saving
        await scene.clock.sleep(seconds(2))
        assert not scene.now._engine.live.calls

    await scene.run(story)
    audit_of(scene)
    assert Disposed in scene.kinds() and scene.kinds()[-1] is Ended
