"""What happens to a number follows from the seed, the number and the attempt alone."""

from collections import Counter
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.simulation.network.behaviour import (
    ANSWERED,
    DEFAULT_SHARES,
    PEOPLE,
    Fate,
    InvalidMix,
    Kind,
    Mix,
    Rule,
    Spread,
    forced_fate,
    plan_call,
)
from dialer.simulation.network.mix_file import read_mix, rule_from

NUMBERS = [f"+44207946{number:04}" for number in range(4000)]


def plans(seed=1, attempt=1, **options):
    return [plan_call(Mix(), seed=seed, number=n, attempt=attempt, **options) for n in NUMBERS]


def test_the_same_seed_gives_the_same_country_and_another_seed_another():
    assert plans() == plans()
    assert plans() != plans(seed=2)


def test_a_quarter_is_answered_by_four_people_to_one_machine():
    fates = Counter(plan.fate for plan in plans())
    answered = sum(fates[fate] for fate in ANSWERED) / len(NUMBERS)
    people = sum(fates[fate] for fate in PEOPLE) / len(NUMBERS)
    assert answered == pytest.approx(0.25, abs=0.03)
    assert people / answered == pytest.approx(0.8, abs=0.06)


def test_every_fate_comes_as_often_as_its_share_says():
    fates = Counter(plan.fate for attempt in (1, 2, 3) for plan in plans(attempt=attempt))
    for fate, share in DEFAULT_SHARES.items():
        assert fates[fate] / (3 * len(NUMBERS)) == pytest.approx(share, abs=0.012), fate


def test_a_number_that_does_not_exist_never_does_and_its_person_stays_the_same():
    first, second = plans(attempt=1), plans(attempt=2)
    for one, two in zip(first, second, strict=True):
        assert (one.fate is Fate.INVALID) == (two.fate is Fate.INVALID)
        if one.fate in PEOPLE and two.fate in PEOPLE:
            assert (one.fate, one.voice) == (two.fate, two.voice)


def test_people_pick_up_after_eight_seconds_and_never_after_twenty_five():
    rings = sorted(plan.ring_time for plan in plans())
    assert rings[-1] <= 25
    assert rings[len(rings) // 2] == pytest.approx(8, rel=0.1)
    delays = sorted(plan.post_dial_delay for plan in plans())
    assert delays[len(delays) // 2] == pytest.approx(2, rel=0.1)


def test_only_talk_is_fast_forwarded():
    for real, quick in zip(plans(), plans(fast_forward=20), strict=True):
        if real.fate is Fate.REFUSES:
            assert quick.talk_time == real.talk_time
        else:
            assert quick.talk_time == pytest.approx(max(2.5, real.talk_time / 20), rel=0.001)
        assert (quick.ring_time, quick.patience) == (real.ring_time, real.patience)


@settings(deadline=None)  # the machine may be busy
@given(number=st.text(alphabet="+0123456789", max_size=16), attempt=st.integers(1, 50))
def test_every_number_has_a_plan(number, attempt):
    plan = plan_call(Mix(), seed=3, number=number, attempt=attempt, fast_forward=20)
    assert 0.2 <= plan.reaction <= 0.8
    assert (plan.kind is Kind.NONE) == (plan.fate not in ANSWERED)
    assert plan.language in ("bg", "pl", "ro", "en")


def test_a_table_beats_rules_and_the_first_rule_wins():
    mix = Mix(
        rules=(Rule(suffix="1", fate=Fate.BUSY), Rule(suffix="", fate=Fate.MACHINE)),
        numbers=MappingProxyType({NUMBERS[1]: Fate.TALKS}),
    )
    assert forced_fate(mix, NUMBERS[1]) is Fate.TALKS
    assert forced_fate(mix, NUMBERS[11]) is Fate.BUSY
    assert forced_fate(mix, NUMBERS[2]) is Fate.MACHINE


def test_a_mix_is_read_from_a_file(tmp_path):
    file = tmp_path / "mix.toml"
    file.write_text(
        """
        rings_out_after = 5
        [shares]
        talks = 1
        [ring_time]
        median = 1.5
        limit = 3
        [[rules]]
        suffix = "486"
        fate = "busy"
        [numbers]
        "+442079460123" = "machine"
        """
    )
    mix = read_mix(file)
    assert mix.shares == {Fate.TALKS: 1.0}
    assert (mix.ring_time.median, mix.ring_time.limit, mix.rings_out_after) == (1.5, 3.0, 5.0)
    assert plan_call(mix, seed=1, number="+1486", attempt=1).fate is Fate.BUSY
    assert plan_call(mix, seed=1, number="+442079460123", attempt=1).fate is Fate.MACHINE
    assert plan_call(mix, seed=1, number="+14", attempt=1).fate is Fate.TALKS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shares = 1", "shares is not understood"),
        ("[shares]\nsleeps = 1", "there is no fate 'sleeps'"),
        ("[shares]\ntalks = -1", "expected a number of 0 or more"),
        ("[shares]\ntalks = 0", "not all 0"),
        ("[ring_time]\nmedian = 30", "0 < median <= limit"),
        ("[ring_time]\nmean = 3", "ring_time.mean is not understood"),
        ("[patience]\nmedian = 'long'", "expected a number"),
        ("[[rules]]\nsuffix = '1'", "needs suffix and fate"),
        ("what = 1", "what is not understood"),
        ("what", "no TOML"),
    ],
)
def test_a_mix_that_is_not_understood_says_what_and_where(tmp_path, text, message):
    file = tmp_path / "mix.toml"
    file.write_text(text)
    with pytest.raises(InvalidMix, match=message) as raised:
        read_mix(file)
    assert "mix.toml" in str(raised.value)


def test_a_mix_that_is_not_there_says_so(tmp_path):
    with pytest.raises(InvalidMix, match="cannot read the mix"):
        read_mix(tmp_path / "absent.toml")


@pytest.mark.parametrize("text", ["", "busy", "x=busy", "1=sleeps"])
def test_a_rule_is_a_suffix_and_a_fate(text):
    with pytest.raises(InvalidMix):
        rule_from(text)


def test_a_duration_never_exceeds_its_limit_even_if_chance_insists():
    import random

    assert Spread(median=1, sigma=50, limit=1).draw(random.Random(1)) <= 1
