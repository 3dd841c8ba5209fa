"""Whatever a far end does wrong, its call ends as what it was, and the worker goes on."""

import asyncio
from collections.abc import Sequence

import pytest

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import HangUp, TakeStock
from tests.faults import scenarios
from tests.faults.scenarios import Fault
from tests.faults.sipp import FarEnd, needs_sipp
from tests.sip.desk import Core

pytestmark = [pytest.mark.sip, pytest.mark.real_time]


async def suffered(core: Core, fault: Fault) -> str | None:
    """Live through one fault; say what was not as it should be."""
    far_end = await FarEnd(fault.name, fault.steps, fault.options).start()
    try:
        core.call(
            fault.name,
            far_end.uri,
            no_provisional_s=fault.no_provisional_s,
            no_progress_s=fault.no_progress_s,
            ring_s=fault.ring_s,
        )
        if fault.hangs_up:
            await core.event(events.Answered, fault.name)
            core.order(HangUp(leg=fault.name, because=OwnReason.HUNG_UP))
        _, ended = await core.event(events.Ended, fault.name)
        complaint = await far_end.complaint()
    except TimeoutError:
        return f"{fault.name}: no end was told; {await far_end.complaint()}"
    finally:
        await far_end.close()
    told = [h.event for h in core.told if getattr(h.event, "leg", None) == fault.name]
    answers = sum(isinstance(event, events.Answered) for event in told)
    ends = sum(isinstance(event, events.Ended) for event in told)
    found = (answers, ends, ended.by, ended.own_reason, ended.status, ended.q850)
    due = (int(fault.is_answered), 1, fault.by, fault.because, fault.status, fault.q850)
    if found != due:
        return f"{fault.name}: {found} instead of {due}; {complaint}"
    return f"{fault.name}: {complaint}" if complaint else None


async def suffer(core: Core, faults: Sequence[Fault]) -> None:
    complaints = await asyncio.gather(*(suffered(core, fault) for fault in faults))
    found = [each for each in complaints if each]
    assert not found, "\n".join(found)
    core.order(TakeStock())
    assert (await core.event(events.Stocked))[1].legs == ()


@pytest.mark.parametrize(
    "kind",
    [
        scenarios.answered_in_an_odd_way,
        scenarios.in_the_dialog,
        scenarios.never_answered,
        scenarios.hung_up_by_us,
        scenarios.with_a_wrong_description,
    ],
    ids=lambda kind: kind.__name__,
)
async def test_every_call_ends_as_what_it_was(core: Core, kind: object) -> None:
    needs_sipp()
    assert callable(kind)
    await suffer(core, list(kind()))
