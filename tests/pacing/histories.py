"""Any history of a campaign, for property tests: sensible ones and absurd ones."""

from hypothesis import strategies as st

from dialer.pacing import (
    Abandoned,
    Answered,
    Dialed,
    Event,
    Failed,
    Floor,
    MachineFound,
    TalkEnded,
    WrapUpEnded,
)

instants = st.floats(0, 40_000, allow_nan=False)
calls = st.integers(0, 60)
agents = st.integers(0, 20)


def _event() -> st.SearchStrategy[Event]:
    of_calls = [
        st.builds(kind, calls, instants) for kind in (Answered, Failed, Abandoned, MachineFound)
    ]
    of_agents = [st.builds(kind, agents, instants, instants) for kind in (TalkEnded, WrapUpEnded)]
    dialed = st.builds(
        Dialed, calls, instants, st.sampled_from(["", "bg", "pl"]), st.sampled_from(["", "old"])
    )
    return st.one_of(dialed, *of_calls, *of_agents)


#: Events in no order, of calls that were never placed, twice, at negative lengths.
histories = st.lists(_event(), max_size=80)
ages = st.lists(st.floats(0, 4_000, allow_nan=False), max_size=25)
floors = st.builds(
    Floor,
    st.integers(0, 30),
    st.integers(0, 5),
    ages,
    ages,
    st.lists(st.floats(0, 90), max_size=40),
    st.integers(0, 200).map(float),
    st.integers(0, 500).map(float),
    st.floats(0, 30_000),
)


def a_day_so_far(*, live: int = 200, abandoned: int = 4, answer_every: int = 4) -> list[Event]:
    """Return a plain morning: calls answered after 9 s or failed after 27, talks of 100 s."""
    events: list[Event] = []
    for n in range(live * answer_every):
        at = n * 4.0
        events.append(Dialed(n, at))
        if n % answer_every == 0:
            events.append(Answered(n, at + 9.0))
            if n // answer_every < abandoned:
                events.append(Abandoned(n, at + 11.0))
            else:
                events.append(TalkEnded(n % 10, at + 9.0, at + 109.0))
                events.append(WrapUpEnded(n % 10, at + 109.0, at + 121.0))
        else:
            events.append(Failed(n, at + 27.0))
    return sorted(events, key=lambda event: event.at)
