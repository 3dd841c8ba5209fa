"""What the engine tells pacing of the leads it dials, and what pacing makes of it."""

from datetime import timedelta

from dialer.pacing import Dialed
from dialer.ports import Placement
from dialer.simulation.telephony import Fate
from tests.system.scene import Scene, seconds
from tests.system.test_races import Floor

GOOD, BAD = "list 1, mobile, first, morning", "list 2, fixed, again, morning"
ANSWERED = Fate(rings_after=seconds(1), answered_after=seconds(6), hangs_up_after=seconds(8))


async def test_a_list_that_answers_better_is_told_apart_by_what_was_dialed():
    scene = Scene(seed=1, agents=10, leads=200, fate=_by_list)
    for number, lead in enumerate(scene.house.leads.values()):
        lead.segment = GOOD if number % 2 else BAD
    await scene.play(timedelta(minutes=6))
    assert scene.desk is not None
    engine = scene.desk._engine
    [pacer] = engine.pacing._pacers.values()
    good, bad = (pacer.answering.relative_of(f"en, {each}") for each in (GOOD, BAD))
    assert good > 1.3 and bad < 0.7


async def test_the_next_leads_of_the_hopper_are_told_with_their_segments():
    scene = Scene(seed=2, agents=2, leads=50)
    for number, lead in enumerate(scene.house.leads.values()):
        lead.segment = GOOD if number >= 20 else BAD
    told: list[str] = []
    async with Floor(scene) as floor:
        [pacer] = floor.engine.pacing._pacers.values()
        observe = pacer.observe
        pacer.observe = lambda event: (  # type: ignore[method-assign]
            told.append(event.segment) if isinstance(event, Dialed) else None,
            observe(event),
        )[1]
        await floor.ready(1, 2)
        await floor.until(lambda: len(told) >= 2)
        [dialing] = floor.engine.dialing.values()
        [(queue, ahead)] = dialing.next_segments().items()
        assert queue == ("1", "en") and len(ahead) == 20
        assert set(ahead) <= {f"en, {GOOD}", f"en, {BAD}"}
    assert set(told) == {f"en, {BAD}"}


def _by_list(placement: Placement) -> Fate:
    answers = int(placement.number[-3:]) % 2 == 0  # those with even places in the list
    return ANSWERED if answers else Fate(rings_after=seconds(1))
