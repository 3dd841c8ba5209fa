"""A call that goes on after its attempt was closed: what every ledger keeps of it."""

import pytest

from dialer.call_events import Answered, Disposed, Ended, EndedBy, HandedOver, TransferAsked
from dialer.ports import CallRow
from tests.contracts.grounds import NOW, Ground, opened

pytestmark = pytest.mark.real_time


async def test_a_call_that_goes_on_without_its_agent_is_unfinished_until_it_ends(ground: Ground):
    ledger = ground.ledger()
    await ledger.take_over()
    call = await opened(ledger, ground)
    events = (
        Answered(NOW),
        TransferAsked(NOW, "sales", "target.x.1", blind=True),
        HandedOver(NOW, "target.x.1", to="sales"),
    )
    await ledger.append([CallRow(call=call.call, number=n, event=e) for n, e in enumerate(events)])
    closing = call.closing(
        agent=ground.agents[0], disposition="hot_transfer", outcome="answered", goes_on=True
    )
    disposed = CallRow(call=call.call, number=3, event=Disposed(NOW, "hot_transfer"))
    closed = await ledger.close_attempt(closing, (disposed,), now=NOW)
    assert closed.lead_state == "retired"
    [goes_on] = await ledger.unfinished()
    assert goes_on.call == call.call and goes_on.events[:3] == events
    ended = CallRow(call=call.call, number=4, event=Ended(NOW, EndedBy.CALLEE))
    for _ in range(2):
        await ledger.append([ended])
    assert list(await ledger.unfinished()) == []
