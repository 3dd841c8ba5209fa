"""People who call us back, on virtual time: agents, announcements, keys, crashes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dialer.call_events import AgentId, Answered, CallId, Connected, Ended, OwnReason, Received
from dialer.campaign import Mode
from dialer.ringing_in import CameIn, Phrase, RingBackEnd
from dialer.simulation.ring_backs import MemoryRingBacks
from dialer.simulation.telephony import Fate
from leads.lead import LeadState
from tests.system.scene import MONDAY_TEN, Boundaries, Scene, seconds
from tests.system.test_floor import audit

BUSY = Fate(refused_after=seconds(1), sip_status=486)  # nobody is reached: they ring back
OURS = "+442079460000"
FIRST = CallId(UUID(int=10**6))


def a_scene(**more: object) -> Scene:
    values: dict[str, object] = {"agents": 1, "leads": 1, "mode": Mode.PROGRESSIVE, "seed": 1}
    return Scene(**{**values, "fate": lambda _: BUSY, **more})  # type: ignore[arg-type]


async def ringing(
    scene: Scene,
    *,
    at: float,
    caller: str,
    patience: float = 60,
    call: CallId = FIRST,
    called: str = OURS,
    then: Callable[[], None] = lambda: None,
    after: float = 0,
) -> None:
    """Somebody calls after some seconds of the shift, and does something a while later."""
    await scene.clock.sleep(seconds(at))
    scene.telephony.ring_in(
        call, caller, called, trunk="simulated", patience=timedelta(seconds=patience)
    )
    await scene.clock.sleep(seconds(after))
    then()


async def play(scene: Scene, length: float, *calls: object, kill_at: frozenset[int]) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]  # type: ignore[arg-type]
        await scene.play(seconds(length), Boundaries(kill_at=kill_at))
        for task in tasks:
            task.cancel()


def number(scene: Scene, lead: int = 1) -> str:
    return next(each.number for each in scene.house.leads.values() if int(each.lead.id) == lead)


NO_KILLS: frozenset[int] = frozenset()


async def test_who_calls_back_is_given_to_an_agent_who_is_ready():
    scene = a_scene()
    await play(scene, 120, ringing(scene, at=20, caller=number(scene)), kill_at=NO_KILLS)
    audit(scene)
    attempt = scene.house.of_call(FIRST)
    assert attempt is not None and attempt.closed is not None
    kinds = [type(event) for _, event in sorted(attempt.events.items())]
    assert kinds[:1] + kinds[1:2] == [Received, Answered] and Connected in kinds
    assert attempt.closed.agent == 1 and attempt.closed.outcome == "rang_back"
    assert not attempt.closed.counts and not attempt.closed.abandoned
    assert scene.callers.ends == {FIRST: RingBackEnd.AGENT}
    assert scene.carriage is not None
    assert [trunk.calls for trunk in scene.carriage.lines.trunks.values()] == [0]


async def test_the_agent_sees_that_they_have_called_back():
    scene = a_scene()
    seen: list[bool] = []

    def look() -> None:
        assert scene.desk is not None
        call = scene.desk.view(AgentId(1)).call
        seen.append(call is not None and call.inbound)
        seen.append(scene.desk.board().called_back == 1)

    call = ringing(scene, at=20, caller=number(scene), then=look, after=3)
    await play(scene, 40, call, kill_at=NO_KILLS)
    assert seen == [True, True]


async def test_who_finds_nobody_hears_who_called_and_is_left_alone_on_asking():
    scene = a_scene(agents=0)
    lead = scene.house.leads[next(iter(scene.house.leads))]
    scene.remember_a_call()
    press = ringing(
        scene,
        at=2,
        caller=lead.number,
        then=lambda: scene.telephony.press(FIRST, "2"),
        after=16,
    )
    await play(scene, 60, press, kill_at=NO_KILLS)
    assert [words.kind for _, words in scene.telephony.truth.said] == [
        Phrase.CHOICE,
        Phrase.WILL_NOT_CALL,
    ]
    assert all(words.caller_name == "Example Energy" for _, words in scene.telephony.truth.said)
    assert lead.lead.state is LeadState.RETIRED
    assert scene.house.suppressed and scene.callers.ends == {FIRST: RingBackEnd.LEFT_ALONE}


async def test_who_asks_to_be_called_is_promised_a_call():
    scene = a_scene(agents=0)
    lead = scene.house.leads[next(iter(scene.house.leads))]
    scene.remember_a_call()
    press = ringing(
        scene,
        at=2,
        caller=lead.number,
        then=lambda: scene.telephony.press(FIRST, "1"),
        after=16,
    )
    await play(scene, 60, press, kill_at=NO_KILLS)
    assert [w.kind for _, w in scene.telephony.truth.said] == [Phrase.CHOICE, Phrase.WILL_CALL]
    assert lead.lead.state is LeadState.CALLBACK
    assert scene.callers.ends == {FIRST: RingBackEnd.CALL_BACK}


async def test_a_worker_that_dies_while_the_attempt_is_opened_ends_it():
    scene = a_scene()
    opened = MemoryRingBacks.open

    async def while_the_worker_dies(self: MemoryRingBacks, *came: Any, **more: Any) -> Any:
        found = await opened(self, *came, **more)
        scene.telephony.kill()
        await scene.clock.sleep(seconds(1))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryRingBacks, "open", while_the_worker_dies)
        await play(scene, 60, ringing(scene, at=20, caller=number(scene)), kill_at=NO_KILLS)
    audit(scene)
    attempt = scene.house.of_call(FIRST)
    assert attempt is not None and attempt.closed is not None
    assert scene.starts == 1 and scene.callers.ends == {FIRST: RingBackEnd.AGENT}
    assert scene.carriage is not None
    assert [trunk.calls for trunk in scene.carriage.lines.trunks.values()] == [0]


async def test_a_caller_is_not_forgotten_before_being_on_record_whatever_happens_meanwhile():
    scene = a_scene(agents=0)
    scene.remember_a_call()
    kept: list[object] = []
    who = MemoryRingBacks.who

    async def slowly(self: MemoryRingBacks, came: CameIn, **more: Any) -> Any:
        if came.call == FIRST:
            await scene.clock.sleep(seconds(5))  # another calls, and hangs up
            kept.extend(heard.event for heard in scene.telephony._kept)
        return await who(self, came, **more)

    second = CallId(UUID(int=10**6 + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryRingBacks, "who", slowly)
        first = ringing(scene, at=2, caller=number(scene))
        other = ringing(scene, at=3, caller="+441134960999", call=second, patience=1)
        await play(scene, 60, first, other, kill_at=NO_KILLS)
    assert any(isinstance(event, CameIn) and event.call == FIRST for event in kept)
    assert not scene.telephony._kept


async def test_what_is_promised_lies_ahead_however_long_the_database_was_away():
    scene = a_scene(agents=0)
    lead = scene.house.leads[next(iter(scene.house.leads))]
    scene.remember_a_call()
    opened = MemoryRingBacks.open

    async def and_then_an_outage(self: MemoryRingBacks, *came: Any, **more: Any) -> Any:
        found = await opened(self, *came, **more)
        scene.house.available = False
        back_at = scene.clock.now() + seconds(200)
        scene.clock.wake_at(back_at, lambda: setattr(scene.house, "available", True))
        return found

    def press() -> None:
        scene.telephony.press(FIRST, "1")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryRingBacks, "open", and_then_an_outage)
        call = ringing(scene, at=2, caller=lead.number, then=press, after=16)
        await play(scene, 300, call, kill_at=NO_KILLS)
    assert scene.starts == 1 and scene.callers.ends == {FIRST: RingBackEnd.CALL_BACK}
    assert lead.lead.state is LeadState.CALLBACK
    assert lead.lead.next_attempt_at is not None
    assert lead.lead.next_attempt_at > MONDAY_TEN + seconds(218)


@pytest.mark.parametrize(
    ("caller", "said", "end"),
    [
        ("+442079469999", [Phrase.LEAVE_ALONE], RingBackEnd.ANNOUNCED),  # nobody we know
        ("", [Phrase.SORRY], RingBackEnd.ANNOUNCED),  # withheld: there is nobody to leave alone
    ],
)
async def test_who_is_not_known_hears_who_it_was(caller: str, said: list[Phrase], end: RingBackEnd):
    scene = a_scene()
    await play(scene, 60, ringing(scene, at=5, caller=caller), kill_at=NO_KILLS)
    assert [words.kind for _, words in scene.telephony.truth.said] == said
    assert scene.callers.ends == {FIRST: end}
    gone = [event for call, event in scene.telephony.truth.events if call == FIRST]
    assert isinstance(gone[-1], Ended) and gone[-1].own_reason is OwnReason.ANNOUNCED


async def test_a_stranger_is_left_alone_on_asking_too():
    scene = a_scene()
    stranger = "+442079469999"
    press = ringing(
        scene, at=5, caller=stranger, then=lambda: scene.telephony.press(FIRST, "2"), after=16
    )
    await play(scene, 60, press, kill_at=NO_KILLS)
    assert {number for _, number in scene.callers.left_alone} == {stranger}
    assert scene.callers.ends == {FIRST: RingBackEnd.LEFT_ALONE}


async def test_a_number_that_is_none_of_ours_is_turned_away():
    scene = a_scene()
    call = ringing(scene, at=5, caller="+442079469999", called="+442079461111")
    await play(scene, 30, call, kill_at=NO_KILLS)
    assert scene.callers.ends == {FIRST: RingBackEnd.TURNED_AWAY}
    assert scene.telephony.truth.said == []


async def test_who_hangs_up_while_it_rings_is_counted():
    scene = a_scene(agents=0)
    scene.remember_a_call()
    call = ringing(scene, at=2, caller=number(scene), patience=3)
    await play(scene, 30, call, kill_at=NO_KILLS)
    assert scene.callers.ends == {FIRST: RingBackEnd.HUNG_UP}


@pytest.mark.parametrize("seed", range(3))
async def test_killed_anywhere_every_caller_has_an_end_and_no_attempt_stays_open(seed: int):
    scene = a_scene(seed=seed, agents=2, leads=6)
    calls = [
        ringing(
            scene,
            at=10 + 25 * lead,
            caller=number(scene, lead),
            call=CallId(UUID(int=10**6 + lead)),
            then=lambda lead=lead: scene.telephony.press(CallId(UUID(int=10**6 + lead)), "2"),
            after=15,
        )
        for lead in range(1, 7)
    ]
    kills = frozenset(range(90 + 11 * seed, 1500, 73 + seed))
    await play(scene, 400, *calls, kill_at=kills)
    audit(scene)
    assert scene.starts > 3
    assert all(end is not None for end in scene.callers.ends.values())
    assert len(scene.callers.ends) == 6
    assert not [a for a in scene.house.attempts.values() if a.closed is None]
