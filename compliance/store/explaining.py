"""The two questions people ask: why this number, and where do a campaign's leads stay behind?

Rule: both ask the gate itself, over the same facts as a call would be decided on; neither writes.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from compliance.decision import GateInput, Refused, screen
from compliance.history import earlier_attempts
from compliance.jurisdiction import find_places
from compliance.number import examine
from compliance.profile import Bundle
from compliance.reason import Kind
from compliance.store.attestations import consents_with_proof
from compliance.store.decisions import decisions_about
from compliance.store.gathering import Caller, Wish, facts
from compliance.store.marks import marks_in_words
from compliance.store.suppressions import suppressions_in_words
from compliance.suppression import Keyring
from compliance.waterfall import Considered, Waterfall, fall
from compliance.why import LeadView, PastDecision, WhyReport, gate_views
from leads.lead import DUE_STATES, LeadId
from leads.phone import PhoneNumber, redact
from leads.store.attempts import attempts_of_leads
from leads.store.connection import Connection
from leads.store.lead_row import LeadRow
from leads.store.leads import leads_of_person, load_leads
from leads.store.people import numbers_of_leads, person_of

_BATCH: Final = 500
_DECISIONS: Final = 20


async def why(
    connection: Connection,
    number: PhoneNumber,
    *,
    callers: Mapping[int, Caller],
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
    client_id: int | None = None,
) -> WhyReport:
    """Return all that speaks for and against calling *number* now.

    Args:
        callers: By campaign; leads of other campaigns (another client's) are left out.
        client_id: Only what this client may see; None: everything.
    """
    suppressions = await suppressions_in_words(
        connection, [number], keyring=keyring, client_id=client_id
    )
    person = await person_of(connection, number)
    of_person = () if person is None else await leads_of_person(connection, person)
    rows = [row for row in of_person if row.campaign in callers]
    if person is None or (client_id is not None and not rows):
        return WhyReport(
            number=redact(number), asked_at=now, known=False, suppressions=suppressions
        )
    views = []
    for row in rows:
        wish = Wish(lead=row, number=number)
        caller = callers[row.campaign]
        view = await _view(connection, wish, caller, bundle, keyring, now)
        if client_id is not None:  # what others tried counts for caps and is not this client's
            tried = (await attempts_of_leads(connection, [row.lead.id])).get(row.lead.id, ())
            view = replace(view, attempts=earlier_attempts(tried, caller.own_campaigns))
        views.append(view)
    past = await decisions_about(
        connection, person, keyring=keyring, client_id=client_id, limit=_DECISIONS
    )
    return WhyReport(
        number=redact(number),
        asked_at=now,
        known=True,
        leads=tuple(views),
        consents=await consents_with_proof(connection, person, client_id=client_id),
        suppressions=suppressions,
        marks=await marks_in_words(connection, person, client_id=client_id),
        decisions=tuple(_past(entry.entry) for entry in past),
    )


async def _view(
    connection: Connection,
    wish: Wish,
    caller: Caller,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> LeadView:
    lead = wish.lead.lead.id
    found = await facts(connection, [wish], caller=caller, bundle=bundle, keyring=keyring, now=now)
    decision = screen(found[lead], bundle, now)
    refused = decision if isinstance(decision, Refused) else None
    return LeadView(
        lead_id=lead,
        campaign_id=wish.lead.campaign,
        state=wish.lead.lead.state.value,
        retired_because=wish.lead.lead.retired_because,
        planned_at=wish.lead.lead.next_attempt_at,
        verdict=decision.verdict,
        gates=gate_views(decision.evaluation),
        next_eligible_at=refused.defer_until if refused else None,
        wait_for=refused.wait_for if refused else (),
        attempts=found[lead].history,
    )


def _past(entry: str) -> PastDecision:
    content = json.loads(entry)
    return PastDecision(
        at=content["at"],
        verdict=content["verdict"],
        primary=content["primary"],
        stage=content["stage"],
    )


async def waterfall(
    connection: Connection,
    leads: Sequence[LeadId],
    *,
    rows: int,
    caller: Caller,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> Waterfall:
    """Return where the *leads* of a campaign stay behind at *now*.

    Args:
        rows: Rows of the campaign's lists, rejected and duplicate ones included.
    """
    considered: list[Considered] = []
    out_of_play: dict[str, int] = {}
    for start in range(0, len(leads), _BATCH):
        batch = await load_leads(connection, leads[start : start + _BATCH])
        in_play = []
        for row in batch.values():
            if row.lead.state in DUE_STATES:
                in_play.append(row)
            else:
                state = row.lead.state.value
                out_of_play[state] = out_of_play.get(state, 0) + 1
        considered += await _considered(connection, in_play, caller, bundle, keyring, now)
    return await asyncio.to_thread(
        fall, considered, rows=rows, leads=len(leads), out_of_play=out_of_play, now=now
    )


async def without_basis(
    connection: Connection,
    leads: Sequence[LeadId],
    *,
    caller: Caller,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> list[LeadId]:
    """Return which of *leads* the gate finds no legal basis for calling."""
    found: list[LeadId] = []
    for start in range(0, len(leads), _BATCH):
        rows = (await load_leads(connection, leads[start : start + _BATCH])).values()
        for one in await _considered(connection, [*rows], caller, bundle, keyring, now):
            denied = {reason.gate for reason in one.evaluation.reasons if reason.kind is Kind.DENY}
            if "BASIS" in denied:
                found.append(one.lead_id)
    return found


async def _considered(
    connection: Connection,
    rows: Sequence[LeadRow],
    caller: Caller,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> list[Considered]:
    numbers = await numbers_of_leads(connection, [row.lead.id for row in rows])
    wishes = [
        Wish(lead=row, number=numbers[row.lead.id][0].number)
        for row in rows
        if numbers.get(row.lead.id)
    ]
    found = await facts(connection, wishes, caller=caller, bundle=bundle, keyring=keyring, now=now)
    return await asyncio.to_thread(_evaluated, wishes, found, bundle, now)


def _evaluated(
    wishes: Sequence[Wish], found: Mapping[LeadId, GateInput], bundle: Bundle, now: datetime
) -> list[Considered]:
    """Ask the gate about each wish; takes its time, so not on the event loop."""
    considered = []
    for wish in wishes:
        asked = found[wish.lead.lead.id]
        evaluation = screen(asked, bundle, now).evaluation
        number = examine(asked.number, asked.lead.country)
        places = find_places(asked, number, bundle, now).jurisdictions
        considered.append(
            Considered(
                lead_id=wish.lead.lead.id,
                list_id=wish.lead.list_id,
                evaluation=evaluation,
                places=places,
            )
        )
    return considered
