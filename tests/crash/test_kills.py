"""Core, worker and PostgreSQL are killed while a list is being worked."""

import random
from pathlib import Path

import pytest

from tests.crash.audit import complaints, survivors
from tests.crash.installation import Installation, Kill

pytestmark = [pytest.mark.sip, pytest.mark.real_time, pytest.mark.timeout(240)]

VICTIMS = ("core", "core", "core", "worker-1", "postgresql")


def some_kills(seed: int, count: int, *, rows: int = 60) -> list[Kill]:
    """Victims and their hours, by *seed*; the record of a whole run has some 100 rows."""
    dice = random.Random(seed)
    hours = sorted(dice.sample(range(5, rows), count))
    return [Kill(victim=dice.choice(VICTIMS), rows=hour) for hour in hours]


async def survived(home: Path, seed: int, kills: list[Kill], **size: int) -> Installation:
    installation = Installation(home, seed=seed, **size)
    await installation.run(kills)
    assert complaints(installation) == []
    assert len(installation.story.kills) == len(kills)
    assert installation.story.acknowledged
    return installation


async def test_a_list_is_worked_while_the_core_dies_in_the_middle_of_conversations(tmp_path: Path):
    kills = [Kill(victim="core", rows=rows, talking=2) for rows in (15, 35, 50)]
    installation = await survived(tmp_path, 1, kills)
    books = installation.story.books
    assert books is not None
    assert list(survivors(installation, books)), "nobody was talking when the core died"


@pytest.mark.parametrize("seed", [4, 10])
async def test_a_list_is_worked_whatever_is_killed(tmp_path: Path, seed: int):
    await survived(tmp_path, seed, some_kills(seed, 3))


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(100, 110))
async def test_a_longer_list_is_worked_whatever_is_killed(tmp_path: Path, seed: int):
    kills = some_kills(seed, 10, rows=500)
    await survived(tmp_path, seed, kills, rows=150, agents=6)
