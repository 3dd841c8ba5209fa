"""What a shift came to: the figures of one seed, and their mean with a 95 % interval.

Success is talk with people: handling machines is counted apart and is no use of an agent.
"""

from dataclasses import asdict, dataclass, field
from math import sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFigures:
    """One campaign of a shift."""

    attempts: int
    live_answers: int
    abandoned: int
    connected: int

    @property
    def abandon_rate(self) -> float:
        return self.abandoned / self.live_answers if self.live_answers else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One shift. Shares and rates in 0..1, times in seconds."""

    seed: int
    utilisation: float  #: (talk + wrap-up with people) / signed-in time
    talk_share: float  #: talk with people / signed-in time
    abandon_rate: float  #: abandoned / live answers
    live_answers: int  #: people who answered, those screening hung up on included
    abandoned: int  #: of them: no agent within the connect limit, or taken for a machine
    machines_to_agents: int
    wait_mean: float  #: idle time of an agent before a call
    wait_p95: float
    attempts: int
    connected: int  #: people who were connected to an agent
    worst_running_abandon_rate: float  #: after half an hour, or a quarter of a shorter shift
    worst_rate_after_200: float  #: at any instant from the 200th live answer on
    seconds: float  #: until the leads ran out, or the whole shift
    campaigns: dict[str, CampaignFigures] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the figures under the names of ``dialer simulate --json``."""
        line: dict[str, object] = {
            "seed": self.seed,
            "utilisation": round(self.utilisation, 5),
            "talk_share": round(self.talk_share, 5),
            "abandon_rate": round(self.abandon_rate, 6),
            "live_answers": self.live_answers,
            "abandoned": self.abandoned,
            "machines_to_agents": self.machines_to_agents,
            "wait_s": {"mean": round(self.wait_mean, 2), "p95": round(self.wait_p95, 2)},
            "attempts": self.attempts,
            "connected": self.connected,
            "worst_running_abandon_rate": round(self.worst_running_abandon_rate, 6),
        }
        if len(self.campaigns) > 1:
            line["campaigns"] = {
                name: {**asdict(part), "abandon_rate": round(part.abandon_rate, 6)}
                for name, part in self.campaigns.items()
            }
        return line


#: Figures that are averaged, by their name in the JSON line.
_MEANT = (
    "utilisation",
    "talk_share",
    "abandon_rate",
    "live_answers",
    "abandoned",
    "machines_to_agents",
    "attempts",
    "connected",
    "worst_running_abandon_rate",
)


def summary(shifts: list[Figures]) -> dict[str, object]:
    """Return ``{"mean": ..., "ci95": ...}``; the interval is 1.96 standard errors, 0 for one."""
    means: dict[str, object] = {}
    intervals: dict[str, object] = {}
    for name in _MEANT:
        means[name], intervals[name] = mean_ci95([float(getattr(f, name)) for f in shifts])
    waits = {"mean": "wait_mean", "p95": "wait_p95"}
    found = {
        key: mean_ci95([float(getattr(f, name)) for f in shifts]) for key, name in waits.items()
    }
    means["wait_s"] = {key: pair[0] for key, pair in found.items()}
    intervals["wait_s"] = {key: pair[1] for key, pair in found.items()}
    return {"mean": means, "ci95": intervals}


def mean_ci95(values: list[float]) -> tuple[float, float]:
    """Return the mean and half the width of its 95 % interval.

    >>> mean_ci95([1.0, 3.0])
    (2.0, 1.96)
    """
    count = len(values)
    mean = sum(values) / count
    if count < 2:
        return round(mean, 6), 0.0
    variance = sum((value - mean) ** 2 for value in values) / (count - 1)
    return round(mean, 6), round(1.96 * sqrt(variance / count), 6)
