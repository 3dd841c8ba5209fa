"""What becomes of a call, drawn when it is placed.

Rule: delays of each kind have a random stream of their own, so that one kind drawn more often does
not change the others.
"""

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np

from dialer.simulation.floor.agenda import ENDED, OFFERED
from dialer.simulation.floor.standing import Call
from dialer.simulation.floor.world import World


class Fate:
    """Draws from five streams: chance, then the delays in the order a call meets them."""

    def __init__(self, world: World, randoms: Sequence[np.random.Generator]) -> None:
        self._world = world
        self._chance = _uniform(randoms[0])
        self._delay = world.post_dial_delay.stream(randoms[1])
        self._pick_up = world.pick_up.stream(randoms[2])
        self._fails_after = world.fails_after.stream(randoms[3])
        self._machine_picks_up = world.machine_picks_up.stream(randoms[4])

    def draw(self, call: Call, now: float, answer_rate: float) -> tuple[float, int]:
        """Decide a call placed at *now*: return when it is offered or ends, and which.

        Whether it is taken for what it is not is noted on the call.
        """
        world, chance = self._world, self._chance
        rates = call.line.campaign.rates
        while len(rates) > 1 and rates[1][0] <= now:
            rates.popleft()
        if rates and rates[0][0] <= now:
            answer_rate = rates[0][1]
        delay = next(self._delay)
        for begins, ends, share in world.brownouts:
            if begins <= now < ends and next(chance) < share:
                return now + delay + next(self._fails_after), ENDED
        limit = world.ring_limit_seconds
        screening = world.screening
        if next(chance) < answer_rate:
            rings = next(self._pick_up)
            while rings > limit:
                rings = next(self._pick_up)
            answered = now + delay + rings
            if screening is None:
                return answered, OFFERED
            call.screened_out = next(chance) < screening.false_positive_rate
            return answered + screening.seconds, ENDED if call.screened_out else OFFERED
        kind = next(chance)
        if kind < world.fails_at_once:
            return now + delay + next(self._fails_after), ENDED
        rings = next(self._machine_picks_up) if kind < world.fails_at_once + world.machines else inf
        if rings > limit:
            return now + delay + limit, ENDED
        if screening is None:
            return now + delay + rings, ENDED
        call.machine = next(chance) < screening.false_negative_rate
        return now + delay + rings + screening.seconds, OFFERED if call.machine else ENDED


def _uniform(random: np.random.Generator) -> Iterator[float]:
    while True:
        yield from random.random(4_096).tolist()
