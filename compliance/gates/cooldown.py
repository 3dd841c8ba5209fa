"""After a refusal, a silent call or a machine, a person is left in peace for a while.

France: D223-9 (sixty full days after a refusal); Britain: Ofcom (72 hours after an abandoned
call unless an agent is guaranteed, one machine-detected call a day); Italy: Garante no. 83 of
2014 (five days after a silent call, whatever the mode).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from compliance.case import Case, Ground, or_passed
from compliance.facts import ABANDONED, MACHINE, REFUSED
from compliance.gates.frequency import start_of_day
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Defer until the last cool-down has ended."""
    found = [reason for ground in case.grounds for reason in _findings(case, ground)]
    return or_passed("COOLDOWN", found, "no cool-down is running")


def _findings(case: Case, ground: Ground) -> Iterator[Reason]:
    cooldowns = ground.place.rules.cooldowns
    refused = _latest(case, {REFUSED})
    if refused is not None and not ground.callback:
        until = _refusal_ends_at(refused, ground)
        if until > case.now:
            yield _running("COOLDOWN_REFUSAL", ground, until, "the person said no", binds=True)
    abandoned = _latest(case, ABANDONED)
    if abandoned is not None and abandoned + cooldowns.abandoned > case.now:
        binds = case.automatic or cooldowns.agent_guarantee_after_abandon
        until = abandoned + cooldowns.abandoned
        detail = "a call to this person was abandoned"
        yield _running("COOLDOWN_ABANDONED", ground, until, detail, binds=binds)
    machine = _latest(case, {MACHINE})
    if machine is not None and machine + cooldowns.machine > case.now:
        until = machine + cooldowns.machine
        detail = "a call was taken for an answering machine"
        yield _running("COOLDOWN_AMD", ground, until, detail, binds=case.automatic)


def _latest(case: Case, outcomes: set[str] | frozenset[str]) -> datetime | None:
    return max((a.at for a in case.facts.history if a.outcome in outcomes), default=None)


def _refusal_ends_at(refused: datetime, ground: Ground) -> datetime:
    cooldowns = ground.place.rules.cooldowns
    if cooldowns.refusal_days is None:
        return refused + (cooldowns.refusal or timedelta())
    days = cooldowns.refusal_days + cooldowns.refusal_full_days
    return max(start_of_day(refused, days, zone) for zone in ground.place.zones)


def _running(code: str, ground: Ground, until: datetime, detail: str, *, binds: bool) -> Reason:
    cooldowns = ground.place.rules.cooldowns
    rule = cooldowns.refusal_rule if code == "COOLDOWN_REFUSAL" else cooldowns.rule
    kind = Kind.DEFER if binds else Kind.LIMIT
    return Reason(code, kind, "COOLDOWN", rule, detail, cooldowns.sources, until)
