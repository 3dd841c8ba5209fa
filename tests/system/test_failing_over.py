"""A call whose trunk fails it goes by another, on the same permit and never after it rang."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dialer.call_events import Answered, Ended, FailedOver, Invited, OwnReason, Rang
from dialer.ports import Placement
from dialer.simulation.telephony import Fate
from sip_config.config import SipConfig
from tests.sip_config.files import a_file, a_group, a_trunk, loaded
from tests.system.scene import Boundaries, Scene, seconds
from tests.system.test_floor import audit

FIRST = Fate(rings_after=None, refused_after=seconds(0.2), sip_status=503)


def two_trunks(folder: Path, **failover: object) -> SipConfig:
    trunks = [
        a_trunk(id="first", hosts=[{"uri": "sip:127.0.0.1:5071"}]),
        a_trunk(id="second", hosts=[{"uri": "sip:127.0.0.1:5072"}]),
    ]
    group = a_group("first", "second", failover=failover)
    group["route_groups"][0]["members"] = [
        {"trunk": "first", "priority": 1},
        {"trunk": "second", "priority": 2},
    ]
    return loaded(folder, a_file(trunks=trunks, caller_ids={"pools": []}, **group))


def by_trunk(**fates: Fate) -> Callable[[Placement], Fate]:
    return lambda placement: fates[placement.way.taken.trunk_id]


ANSWERS = Fate(answered_after=seconds(3))


async def test_a_call_the_first_trunk_fails_is_answered_on_the_second(tmp_path: Path):
    scene = Scene(
        seed=1,
        agents=2,
        leads=8,
        trunks=two_trunks(tmp_path),
        fate=by_trunk(first=FIRST, second=ANSWERS),
    )
    await scene.play(seconds(400))
    audit(scene)
    chains = [
        [type(event) for _, event in sorted(attempt.events.items())]
        for attempt in scene.house.attempts.values()
    ]
    assert [Invited, FailedOver, Invited, Rang, Answered] in [chain[:5] for chain in chains]
    answered = [a for a in scene.house.attempts.values() if a.closed and a.closed.agent]
    assert len(answered) == len(scene.saved) > 0
    second = [event for a in answered for event in a.events.values() if isinstance(event, Invited)]
    assert {event.trunk for event in second} <= {"first", "second"}
    assert scene.carriage is not None
    lines = scene.carriage.lines
    assert {name: trunk.calls for name, trunk in lines.trunks.items()} == {"first": 0, "second": 0}


@pytest.mark.parametrize(
    ("fate", "why"),
    [
        (Fate(refused_after=seconds(2), sip_status=503), "it rang"),
        (Fate(rings_after=None, refused_after=seconds(0.2), sip_status=486), "they are busy"),
        (Fate(rings_after=None, refused_after=seconds(1.5), sip_status=503), "it is too late"),
    ],
)
async def test_a_call_is_not_sent_on_where_another_trunk_would_not_help(
    tmp_path: Path, fate: Fate, why: str
):
    trunks = two_trunks(tmp_path, deadline_s=1)
    scene = Scene(seed=2, agents=1, leads=3, trunks=trunks, fate=by_trunk(first=fate, second=fate))
    await scene.play(seconds(60))
    audit(scene)
    events = [event for a in scene.house.attempts.values() for event in a.events.values()]
    assert events and not [event for event in events if isinstance(event, FailedOver)], why


async def test_when_every_trunk_fails_the_call_ends_with_the_last_ones_word(tmp_path: Path):
    second = Fate(rings_after=None, refused_after=seconds(0.1), sip_status=502)
    scene = Scene(
        seed=3,
        agents=1,
        leads=1,
        trunks=two_trunks(tmp_path),
        fate=by_trunk(first=FIRST, second=second),
    )
    await scene.play(seconds(30))
    audit(scene)
    (attempt,) = scene.house.attempts.values()
    ends = [event for event in attempt.events.values() if isinstance(event, Ended)]
    assert [end.sip_status for end in ends] == [502]
    assert attempt.closed is not None and not attempt.closed.counts
    assert len(scene.telephony.truth.placements) == 2


async def test_a_rate_limit_with_retry_after_closes_the_trunk_for_so_long(tmp_path: Path):
    slow = Fate(rings_after=None, refused_after=seconds(0.1), sip_status=503, retry_after_s=30)
    scene = Scene(
        seed=4,
        agents=2,
        leads=6,
        trunks=two_trunks(tmp_path),
        fate=by_trunk(first=slow, second=ANSWERS),
    )
    await scene.play(seconds(20))
    audit(scene)
    first = [p for p in scene.telephony.truth.placements if p.way.taken.trunk_id == "first"]
    assert 1 <= len(first) <= 3, "those that were under way when the first answer came"


@pytest.mark.parametrize("seed", range(4))
async def test_killed_anywhere_nobody_is_dialed_twice_on_one_try(tmp_path: Path, seed: int):
    kills = frozenset(range(60 + 7 * seed, 900, 130 + seed))
    scene = Scene(
        seed=seed,
        agents=3,
        leads=20,
        trunks=two_trunks(tmp_path),
        fate=by_trunk(first=FIRST, second=ANSWERS),
    )
    await scene.play(seconds(400), Boundaries(kill_at=kills))
    audit(scene)
    assert scene.starts > 3
    over = [e for a in scene.house.attempts.values() for e in a.events.values()]
    assert [event for event in over if isinstance(event, FailedOver)]


async def test_a_call_lasts_no_longer_than_its_trunk_lets_it(tmp_path: Path):
    limits = {"channels": 10, "cps": 10, "max_call_s": 5}
    trunks = loaded(tmp_path, a_file(trunks=[a_trunk(limits=limits)], caller_ids={"pools": []}))
    answers = Fate(answered_after=seconds(3))
    scene = Scene(seed=5, agents=2, leads=3, trunks=trunks, fate=lambda _: answers)
    await scene.play(seconds(120))
    audit(scene)
    for attempt in scene.house.attempts.values():
        events = list(attempt.events.values())
        [answered] = [event for event in events if isinstance(event, Answered)]
        [ended] = [event for event in events if isinstance(event, Ended)]
        assert ended.own_reason is OwnReason.TOO_LONG
        assert seconds(5) <= ended.at - answered.at < seconds(6)
