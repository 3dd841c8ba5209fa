"""Why a number, and where a campaign's leads stay behind: ``/why``, ``/campaigns/{id}/waterfall``.

Rule: asks the gate and writes nothing. The number comes in a body, since addresses end up in logs,
and goes out with its last digits only. A client's user sees the own campaigns' answers alone.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from compliance.profile import Bundle
from compliance.suppression import Keyring
from compliance.waterfall import Waterfall
from compliance.writing import plain
from dialer.api.context import ApiContext
from dialer.api.model import Incoming, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.problem import unavailable
from dialer.api.reach import READERS, campaign_of, client_of
from dialer.database import explaining
from leads import phone

Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]


class NumberAsked(Incoming):
    """The number somebody asks about."""

    number: Annotated[str, Field(min_length=3, max_length=40)] = Field(
        description="E.164, or local"
    )
    country: Country | None = Field(None, description="ISO 3166-1, of a number in local format")


class Finding(Outgoing):
    """One thing a gate found."""

    code: str
    kind: str = Field(description="passed, note, limit, defer, deny")
    rule: str
    detail: str
    sources: tuple[str, ...]
    until: datetime | None
    wait_for: str | None


class GateShown(Outgoing):
    """What one gate found."""

    gate: str
    verdict: str = Field(description="agreed, deferred, denied")
    findings: tuple[Finding, ...]


class AttemptShown(Outgoing):
    """An earlier attempt, as caps and cool-downs see it."""

    at: datetime
    outcome: str
    counts: bool


class LeadWhy(Outgoing):
    """One lead with this number, as the gate sees it now."""

    lead: int
    campaign: int
    state: str
    retired_because: str | None
    planned_at: datetime | None
    verdict: str = Field(description="allow, defer, deny")
    next_eligible_at: datetime | None = Field(description="none: now, or nobody can tell")
    wait_for: tuple[str, ...]
    gates: tuple[GateShown, ...]
    attempts: tuple[AttemptShown, ...]


class PastShown(Outgoing):
    """A decision of the trail."""

    at: datetime
    verdict: str
    primary: str
    stage: str


class WhyShown(Outgoing):
    """All that is on file about calling one number."""

    number: str = Field(description="its last digits")
    asked_at: datetime
    known: bool
    leads: tuple[LeadWhy, ...]
    consents: tuple[dict[str, Any], ...]
    suppressions: tuple[dict[str, Any], ...]
    marks: tuple[dict[str, Any], ...]
    decisions: tuple[PastShown, ...]


class StepShown(Outgoing):
    """How many leads are left after one step."""

    name: str
    left: int
    lost: dict[str, int] = Field(description="by code")
    lost_in_words: tuple[str, ...] = Field(description="the same, for people")


class UnlockShown(Outgoing):
    """Leads that one remedy alone would free."""

    code: str
    list: int
    leads: int
    remedy: str
    sentence: str


class HourShown(Outgoing):
    """An hour of the coming week."""

    at: datetime
    dialable: int


class WaterfallShown(Outgoing):
    """Where a campaign's rows stay behind."""

    campaign: int
    at: datetime
    steps: tuple[StepShown, ...]
    dialable_now: int
    unlocks: tuple[UnlockShown, ...]
    per_hour: tuple[HourShown, ...]


@operation("POST", "/why", roles=READERS)
async def why(asked: Asked[NumberAsked, None]) -> WhyShown:
    """May this number be called now, and what says so?"""
    bundle, keyring = rules_of(asked.context)
    number = phone.asked_about(asked.body.number, asked.body.country)
    async with asked.connection() as connection:
        report = await explaining.why(
            connection,
            number,
            client=client_of(asked.user),
            bundle=bundle,
            keyring=keyring,
            now=asked.context.clock.now(),
        )
    shown = _plain(report)
    return WhyShown.model_validate({**shown, "leads": [_lead(each) for each in shown["leads"]]})


@operation("GET", "/campaigns/{campaign:int}/waterfall", roles=READERS)
async def waterfall(asked: Asked[None, None]) -> WaterfallShown:
    """Where do the rows of a campaign's lists stay behind, and what would free most?"""
    bundle, keyring = rules_of(asked.context)
    async with asked.connection() as connection:
        campaign = await campaign_of(asked, connection, asked.number("campaign"))
        found = await explaining.waterfall(
            connection, campaign, bundle=bundle, keyring=keyring, now=asked.context.clock.now()
        )
    return _fallen(campaign.id, found)


def rules_of(context: ApiContext) -> tuple[Bundle, Keyring]:
    """Return rules and keys.

    Raises:
        Problem: This server was started without them.
    """
    if context.bundle is None or context.keyring is None:
        raise unavailable("no-rules", "the rules and keys of the gate are not loaded")
    return context.bundle, context.keyring


def _plain(value: object) -> dict[str, Any]:
    shown = plain(value)
    assert isinstance(shown, dict)
    return shown


def _lead(lead: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: value for name, value in lead.items() if name in LeadWhy.model_fields},
        "lead": lead["lead_id"],
        "campaign": lead["campaign_id"],
        "gates": [
            {
                **gate,
                "findings": [
                    {name: found[name] for name in Finding.model_fields}
                    for found in gate["findings"]
                ],
            }
            for gate in lead["gates"]
        ],
        "attempts": [
            {name: attempt[name] for name in AttemptShown.model_fields}
            for attempt in lead["attempts"]
        ],
    }


def _fallen(campaign: int, found: Waterfall) -> WaterfallShown:
    return WaterfallShown(
        campaign=campaign,
        at=found.at,
        steps=tuple(
            StepShown(
                name=step.name,
                left=step.left,
                lost=dict(step.lost),
                lost_in_words=step.lost_in_words,
            )
            for step in found.steps
        ),
        dialable_now=found.dialable_now,
        unlocks=tuple(
            UnlockShown(
                code=each.code,
                list=each.list_id,
                leads=each.leads,
                remedy=each.remedy,
                sentence=each.sentence,
            )
            for each in found.unlocks
        ),
        per_hour=tuple(HourShown(at=at, dialable=count) for at, count in found.per_hour),
    )
