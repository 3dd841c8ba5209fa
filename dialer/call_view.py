"""A call as its agent's desk shows it."""

from dialer.live import LiveCall
from dialer.views import CallView


def call_view(live: LiveCall, targets: tuple[str, ...]) -> CallView:
    """Return the call in *live*.

    Args:
        targets: Names of those to whom the callee may be handed over.
    """
    call, talk = live.call, live.call.talk
    left = call.ended or talk.handed_over
    transfer = talk.transfer
    return CallView(
        call=call.id,
        attempt=live.attempt,
        lead=live.lead,
        campaign=live.campaign,
        number=live.number,
        state=call.state,
        inbound=call.inbound,
        answered_at=call.answered_at,
        bridged_at=call.bridged_at,
        ended_at=left.at if left else None,
        held=talk.held,
        muted=talk.muted,
        transfer=transfer.target if transfer else "",
        transfer_state=transfer.state.value if transfer else "",
        transfer_is_blind=transfer.blind if transfer else False,
        targets=targets,
        key=talk.key,
        listeners=tuple(sorted(talk.supervisors.values())),
        screening=call.screened.verdict if call.screened else None,
    )
