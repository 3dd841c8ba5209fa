"""How many calls to place now: a forecast of every agent and every ringing call, kept in budget.

Too few and agents sit idle; too many and people who answer hear silence. Everything here is pure:
no clock, no I/O, no randomness. ``docs/pacing.md`` explains it to a manager and to a scientist.
"""

from dialer.pacing.aim import Aim, ConnectClock, Mode, Window
from dialer.pacing.budget import Account
from dialer.pacing.events import (
    Abandoned,
    Answered,
    Dialed,
    Event,
    Failed,
    MachineFound,
    Signalled,
    TalkEnded,
    WrapUpEnded,
)
from dialer.pacing.floor import Decision, Floor, Ground, Pool, Reasons
from dialer.pacing.pacer import Pacer

__all__ = [
    "Abandoned",
    "Account",
    "Aim",
    "Answered",
    "ConnectClock",
    "Decision",
    "Dialed",
    "Event",
    "Failed",
    "Floor",
    "Ground",
    "MachineFound",
    "Mode",
    "Pacer",
    "Pool",
    "Reasons",
    "Signalled",
    "TalkEnded",
    "Window",
    "WrapUpEnded",
]
