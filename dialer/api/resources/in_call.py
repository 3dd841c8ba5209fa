"""What an agent does within a call: ``/agents/me/call``.

Rule: an agent names one of the campaign's transfer targets and never an address. Every answer is
the agent as they are after the wish; what the network makes of it follows as a change.
"""

from typing import Annotated

from pydantic import Field

from dialer.api.model import Incoming, Line
from dialer.api.operation import Asked, operation
from dialer.api.reach import AGENTS, desk_of
from dialer.api.resources.agents import AgentNow, shown
from dialer.transferring import Act


class Acting(Incoming):
    """What is to be done."""

    act: Act = Field(
        description="hold, resume; mute, unmute (of the recording); join, complete, cancel "
        "(of a transfer)"
    )


class Keys(Incoming):
    """Keys for the callee's line."""

    digits: Annotated[str, Field(pattern=r"^[0-9*#]{1,32}$")]


class TransferWish(Incoming):
    """To whom."""

    target: Line = Field(description="the name of one of the campaign's transfer targets")
    blind: bool = Field(
        False, description="hand over as soon as the target answers, without a consultation"
    )


@operation("POST", "/agents/me/call/act", roles=AGENTS)
async def act(asked: Asked[Acting, None]) -> AgentNow:
    """Hold or resume, stop or go on recording, go on with a transfer.

    While the recording is muted it holds silence, and keys of the callee are not recorded: for card
    data. `join` brings the consulted target in, `complete` leaves the callee with the target,
    `cancel` takes the callee back.
    """
    agent, desk = await desk_of(asked)
    await desk.act(agent, asked.body.act)
    return shown(desk.view(agent), asked.context.clock.now())


@operation("POST", "/agents/me/call/keys", roles=AGENTS)
async def keys(asked: Asked[Keys, None]) -> AgentNow:
    """Send keys to the callee's line, as their trunk takes them."""
    agent, desk = await desk_of(asked)
    await desk.send_keys(agent, asked.body.digits)
    return shown(desk.view(agent), asked.context.clock.now())


@operation("POST", "/agents/me/call/transfer", roles=AGENTS)
async def transfer(asked: Asked[TransferWish, None]) -> AgentNow:
    """Call one of the campaign's transfer targets; the callee hears the hold tone meanwhile.

    A target that is busy or does not answer gives the callee back.
    """
    agent, desk = await desk_of(asked)
    await desk.transfer(agent, asked.body.target, blind=asked.body.blind)
    return shown(desk.view(agent), asked.context.clock.now())
