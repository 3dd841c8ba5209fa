"""How the call is dialled and who speaks must be allowed.

Directive 2002/58/EC 13(1) (automated calls); Russia: 38-FZ 18(2), no dialling without human
participation; Regulation (EU) 2024/1689, 50(1): people must be told that they talk to a program.
Italy (Garante no. 83 of 2014): after a silent call, the next one only with an agent guaranteed.
"""

from collections.abc import Iterator

from compliance.case import Case, or_passed
from compliance.facts import ABANDONED, CONVERSATIONS, Channel, EarlierAttempt
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny forbidden ways of dialling; limit the dial modes of a call that is allowed."""
    mode = case.facts.campaign.dial_mode.value
    return or_passed("CHANNEL", _findings(case), f"dialled in {mode} mode as allowed")


def _findings(case: Case) -> Iterator[Reason]:
    campaign = case.facts.campaign
    if campaign.channel is Channel.AI_VOICE:
        detail = "say at the start that a program is speaking"
        yield Reason("ANNOUNCE_AI", Kind.NOTE, "CHANNEL", "eu.ai_act.50.1", detail)
    if campaign.channel.automated and not campaign.opt_out_in_message:
        detail = "an automated message must offer a way to object"
        rule = "house.opt_out"
        yield Reason("OPTOUT_MECHANISM_MISSING", Kind.DENY, "CHANNEL", rule, detail)
    for ground in case.grounds:
        rules = ground.place.rules
        if not rules.automatic_dialing:
            binds = case.automatic or campaign.channel.automated
            yield Reason(
                "AUTODIAL_PROHIBITED",
                Kind.DENY if binds else Kind.LIMIT,
                "CHANNEL",
                f"{rules.profile}.auto_dial",
                "dialling without human participation is prohibited here",
                rules.sources,
            )
        if rules.cooldowns.agent_guarantee_after_abandon and _last_was_silent(case.facts.history):
            yield Reason(
                "AGENT_GUARANTEE_REQUIRED",
                Kind.DENY if case.automatic else Kind.LIMIT,
                "CHANNEL",
                rules.cooldowns.rule,
                "an earlier call was abandoned: the next one needs an agent guaranteed",
                rules.cooldowns.sources,
            )


def _last_was_silent(history: tuple[EarlierAttempt, ...]) -> bool:
    """Whether an abandoned call was not yet followed by a conversation."""
    silent = [attempt.at for attempt in history if attempt.outcome in ABANDONED]
    talked = [attempt.at for attempt in history if attempt.outcome in CONVERSATIONS]
    return bool(silent) and (not talked or max(talked) < max(silent))
