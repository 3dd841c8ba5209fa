"""Why agents' phones are not connected, in words, for the board.

Rule: what was last heard of a phone counts; one that is up has no trouble.
"""

from collections.abc import Iterator, Mapping

from dialer.call_events import AgentId


class PhoneTroubles:
    """The phones that could not be reached, or were lost."""

    def __init__(self) -> None:
        self._why: dict[AgentId, str] = {}

    def up(self, agent: AgentId) -> None:
        """Learn that the phone is connected."""
        self._why.pop(agent, None)

    def lost(self, agent: AgentId, why: str) -> None:
        """Learn that it is not, and why."""
        if why:
            self._why[agent] = why

    def in_words(self, names: Mapping[AgentId, str]) -> Iterator[str]:
        """Yield a sentence for each phone in trouble whose agent is in *names*.

        >>> troubles = PhoneTroubles()
        >>> troubles.lost(AgentId(1), "404 Not Found")
        >>> list(troubles.in_words({AgentId(1): "Anna"}))
        ["Anna's phone is not connected: 404 Not Found"]
        """
        for agent, name in names.items():
            if (why := self._why.get(agent)) is not None:
                yield f"{name}'s phone is not connected: {why}"
