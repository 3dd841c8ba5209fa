"""What a restarted engine makes of what was recorded and of what the worker still has.

Rule: pure. The record says how far things had come; the worker's stock says what still lives.
Together they say what everybody is now.
"""

from datetime import datetime

from dialer.agent import PHONE, SIGNED_IN, WITH_CALL, Agent, AgentState
from dialer.call import (
    Bridge,
    Call,
    CallState,
    Command,
    FindAgent,
    HangUp,
    InCall,
    ListenToLine,
    PickUp,
    PlayIdentityMessage,
    WakeAt,
)
from dialer.call_events import Ended, EndedBy, OwnReason
from dialer.in_call import HandOver
from dialer.talk import standing
from dialer.team import TeamAgent


def lost(call: Call, at: datetime) -> Ended:
    """Return how a call ended that the worker no longer knows, *at* the loss of the worker.

    A call whose INVITE is not on record was never placed, or its worker died before it could
    say so; either way its permit is used up and the phone is not tried again on it.
    """
    reason = OwnReason.LOST if call.invited_at or call.inbound else OwnReason.NOT_PLACED
    known = (call.invited_at, call.ringing_at, call.answered_at, call.bridged_at)
    latest = max((time for time in known if time is not None), default=at)
    return Ended(at=max(at, latest), by=EndedBy.FAULT, own_reason=reason)


def resumed(call: Call) -> tuple[Command, ...]:
    """Return the commands that may not have been carried out before the crash.

    Each is idempotent: the worker ignores what it has done already.
    """
    match call.state:
        case CallState.ANSWERED if call.hang_up_asked:
            return (HangUp(call.hang_up_asked),)
        case CallState.ANSWERED if call.agent_reserved and call.agent:
            return (Bridge(call.agent),)
        case CallState.ANSWERED if call.waiting_since:
            return (FindAgent(), WakeAt(call.waiting_since + call.patience))
        case CallState.ABANDONING:
            return (PlayIdentityMessage(),)
        case CallState.ENDED:
            return ()
        case _ if call.hang_up_asked:
            return (HangUp(call.hang_up_asked),)
        case CallState.RINGING if call.inbound:
            return (PickUp(),)
        case CallState.RINGING if call.opened_at:
            return (ListenToLine(),)
        case CallState.CONNECTED if not call.agent_reserved and call.talk.talks_with:
            gone_on = call.talk.handed_over is not None
            return () if gone_on else (InCall(HandOver(call.talk.talks_with)),)
        case CallState.CONNECTED:
            return tuple(map(InCall, standing(call.talk)))
        case _:
            return ()


def restored(agent: TeamAgent, call: Call | None, *, leg_up: bool, now: datetime) -> Agent:
    """Return *agent* as they are after a restart.

    Args:
        call: the call they had, if its attempt is still open.
        leg_up: whether the worker has their leg.
    """
    since = agent.last_since or now
    blank = Agent(id=agent.id, languages=agent.languages)
    if agent.last_state is AgentState.OFFLINE:
        return blank
    if call is not None and (state := _with_call(agent, call)) is not None:
        return Agent(
            id=agent.id,
            languages=agent.languages,
            state=state,
            since=since if state is agent.last_state else now,
            leg_up=leg_up,
            call=call.id,
        )
    wants_ready = agent.last_state in WITH_CALL or agent.last_state is AgentState.READY
    if wants_ready and leg_up:
        return Agent(
            id=agent.id, languages=agent.languages, state=AgentState.READY, since=now, leg_up=True
        )
    reason = (agent.last_reason or SIGNED_IN) if leg_up else PHONE
    return Agent(
        id=agent.id,
        languages=agent.languages,
        state=AgentState.PAUSED,
        since=since,
        reason=reason,
        leg_up=leg_up,
        wants=AgentState.READY if wants_ready else AgentState.PAUSED if not leg_up else None,
        wants_reason="" if wants_ready else agent.last_reason,
    )


def _with_call(agent: TeamAgent, call: Call) -> AgentState | None:
    """Return the agent's state if the call is still theirs to talk to or to dispose of."""
    if call.agent != agent.id:
        return None
    if call.state is CallState.ENDED:
        return AgentState.WRAP_UP if call.bridged_at else None
    if call.state is CallState.CONNECTED and not call.agent_reserved:  # it goes on without them
        return AgentState.WRAP_UP if call.disposed is None else None
    if not call.agent_reserved:
        return None
    return AgentState.TALKING if call.state is CallState.CONNECTED else AgentState.ASSIGNED
