"""The worker's door: calls that come in from peers become legs that ring; all others are refused.

Rule: lives in the SIP thread, beside the switchboard. While no core is connected nobody is let in:
there would be no one to say who it is.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from dialer.telephony import commands, events
from dialer.telephony import leg as legs
from dialer.telephony.callbacks import Arrival
from dialer.telephony.conversing import Senseless
from dialer.telephony.events import Event, LegState
from dialer.telephony.inbound import Doorman, said_by
from dialer.telephony.leg import Leg
from dialer.telephony.pjsua2 import SipStack


class Reception:
    """Whose calls are let in, and the answering of them."""

    def __init__(
        self,
        stack: SipStack,
        known: Mapping[str, Leg],
        *,
        keep: Callable[[Leg], None],
        is_open: Callable[[], bool],
        tell: Callable[[float, Event], None],
    ) -> None:
        """Args:
        known: All legs by name.
        keep: Takes a changed leg.
        is_open: Whether calls that come in may ring at all.
        """
        self._stack = stack
        self._legs = known
        self._keep = keep
        self._is_open = is_open
        self._tell = tell
        self._doorman = Doorman()
        stack.let_in = self._let_in

    def do(self, command: commands.Inbound) -> None:
        """Carry out *command*.

        Raises:
            Senseless: it does not fit what there is.
            SipRefused: the stack would not do it.
        """
        match command:
            case commands.LetIn(peers=peers):
                self._doorman = Doorman(peers)
            case commands.PickUp():
                self._pick_up(command)

    def _let_in(self, arrival: Arrival) -> bool:
        """Return whether a call that has come rings; it is then a leg of ours."""
        trunk = self._doorman.trunk_at(arrival.source)
        if trunk is None or not self._is_open():
            return False
        said, at, name = said_by(arrival.message), time.monotonic(), arrival.call.name
        self._keep(legs.came_in(name, said.sip_call_id, at=at))
        told = events.CameIn(
            leg=name,
            sip_call_id=said.sip_call_id,
            trunk=trunk,
            caller=said.caller,
            called=said.called,
        )
        self._tell(at, told)
        return True

    def _pick_up(self, command: commands.PickUp) -> None:
        leg = self._legs.get(command.leg)
        if leg is None or not leg.came_in:
            raise Senseless("only a call that came in, and is there, can be picked up")
        order = replace(leg.order, identity_file=command.identity_file)
        self._keep(replace(leg, order=order))
        if leg.state is LegState.RINGING:
            self._stack.pick_up(leg.name)
