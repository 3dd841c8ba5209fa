"""Every callee finds an agent to talk to."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dialer.demo.pools import agents_by_language, languages_counted

CALLEES = st.dictionaries(
    st.sampled_from(["bg", "pl", "ro", "en", "de"]), st.integers(1, 5000)
).map(Counter)


@given(CALLEES, st.integers(1, 60))
def test_every_language_is_spoken_however_few_the_agents(callees, agents):
    spoken = agents_by_language(callees, agents)
    assert len(spoken) == agents
    assert all(spoken)
    assert {language for each in spoken for language in each} >= set(callees)


def test_a_floor_of_twenty_follows_the_list():
    spoken = agents_by_language(Counter({"bg": 1700, "pl": 1400, "ro": 1000, "en": 600}), 20)
    best = Counter(languages[0] for languages in spoken)
    assert best == {"bg": 8, "pl": 6, "ro": 4, "en": 2}
    assert all(len(languages) == 3 for languages in spoken)


def test_leads_without_a_language_count_for_none():
    assert languages_counted([("bg", "en"), (), ("bg",)]) == {"bg": 2}
