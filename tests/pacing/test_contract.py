"""The Pacer as another simulator sees it: the page's example, and a floor of its own.

The floor here shares nothing with ``dialer.simulation``: lists of plain numbers, one second a
step, callees who pick up when a die says so.
"""

import random
import re
from math import isfinite
from pathlib import Path

import pytest

from dialer.pacing import (
    Abandoned,
    Aim,
    Answered,
    Decision,
    Dialed,
    Failed,
    Floor,
    Pacer,
    TalkEnded,
    WrapUpEnded,
)

PAGE = Path(__file__).parents[2] / "docs" / "pacing.md"


def test_the_example_of_the_page_runs(capsys):
    [example] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert len([line for line in example.splitlines() if line and "import" not in line]) <= 45
    exec(compile(example, "docs/pacing.md", "exec"), {})
    printed = capsys.readouterr().out
    assert re.match(r"\d+ .*(threshold|one call per idle agent)", printed)


def a_shift(seed: int, *, agents: int, answer_rate: float, seconds: int = 3_600) -> tuple[int, int]:
    """Run a floor of another make; return live answers and abandoned calls."""
    dice, pacer = random.Random(seed), Pacer(Aim())
    ringing: dict[int, tuple[int, int | None]] = {}  # call: dialed at, answered after
    idle, talking, wrapping = list(range(agents)), {}, {}  # the last two: agent: since, until
    calls = live = abandoned = 0
    for now in range(seconds):
        for agent, (since, until) in list(wrapping.items()):
            if until <= now:
                pacer.observe(WrapUpEnded(agent, float(since), float(now)))
                del wrapping[agent]
                idle.append(agent)
        for agent, (since, until) in list(talking.items()):
            if until <= now:
                pacer.observe(TalkEnded(agent, float(since), float(now)))
                del talking[agent]
                wrapping[agent] = (now, now + dice.randint(2, 20))
        for call, (dialed_at, answered_after) in list(ringing.items()):
            if answered_after is not None and now - dialed_at >= answered_after:
                del ringing[call]
                live += 1
                pacer.observe(Answered(call, float(now)))
                if idle:
                    talking[idle.pop(0)] = (now, now + 1 + int(dice.expovariate(1 / 90)))
                else:
                    abandoned += 1
                    pacer.observe(Abandoned(call, float(now)))
            elif now - dialed_at >= 25:
                del ringing[call]
                pacer.observe(Failed(call, float(now)))
        floor = Floor(
            len(idle),
            0,
            [float(now - since) for since, _ in talking.values()],
            [float(now - since) for since, _ in wrapping.values()],
            [float(now - dialed_at) for dialed_at, _ in ringing.values()],
            100.0 - len(ringing),
            10_000.0,
            float(seconds - now),
        )
        decision = pacer.decide(floor, float(now))
        assert isinstance(decision, Decision)
        assert 0 <= decision.calls <= floor.lines_free
        assert isfinite(decision.reasons.risk) and str(decision.reasons)
        for _ in range(decision.calls):
            calls += 1
            after = dice.randint(3, 20) if dice.random() < answer_rate else None
            ringing[calls] = (now, after)
            pacer.observe(Dialed(calls, float(now)))
    return live, abandoned


@pytest.mark.parametrize(("agents", "answer_rate"), [(12, 0.3), (4, 0.9), (15, 0.08)])
def test_on_a_floor_of_another_make_the_limit_holds(agents, answer_rate):
    live, abandoned = a_shift(1, agents=agents, answer_rate=answer_rate)
    assert live > 12 * agents
    assert abandoned <= max(0.03 * live, 1)


@pytest.mark.parametrize(
    "events",
    [
        [Answered("never dialed", 5.0), Abandoned("never dialed", 7.0), Failed("nor this", 1.0)],
        [Dialed("a", 9.0), Failed("a", 2.0), Failed("a", 2.0), Answered("a", 1.0)],
        [TalkEnded("x", 50.0, 10.0), WrapUpEnded("x", 1e12, 3.0), TalkEnded("x", -1e12, 4.0)],
        [Dialed(n, 1e9) for n in range(300)] + [Answered(n, 1e9 + 1) for n in range(300)],
        [Dialed("old", 0.0), Dialed("new", 1e7)],
    ],
)
def test_weird_histories_make_no_weird_decisions(events):
    pacer = Pacer(Aim())
    for event in events:
        pacer.observe(event)
    for now in (0.0, 100.0, 1e9 + 30):
        for floor in (
            Floor(3, 0, [1e9], [0.0], [-4.0, 1e9], 7.0, 5.0, 1e-9),
            Floor(0, 9, ends_in=9),
        ):
            decision = pacer.decide(floor, now)
            assert 0 <= decision.calls <= 5
            assert "nan" not in str(decision.reasons)
            assert floor.agents or decision.calls == 0
