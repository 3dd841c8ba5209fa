"""A campaign that has abandoned too many calls may not dial ahead of its agents.

16 CFR 310.4(b)(4) and Ofcom: at most 3 % of live answers; Italy: 3 in 100 connected calls.
The limit itself is still within the law.
"""

from collections.abc import Iterator
from decimal import Decimal

from compliance.case import Case, or_passed
from compliance.facts import AbandonStatistics
from compliance.profile import Abandonment
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Defer dialling without a guaranteed agent until the rate has come down."""
    return or_passed("CAMPAIGN", _findings(case), "the abandon rate is within the limit")


def _findings(case: Case) -> Iterator[Reason]:
    statistics = case.facts.campaign.statistics
    if statistics is None:
        return
    for ground in case.grounds:
        limits = ground.place.rules.abandonment
        if not exceeds(statistics, limits):
            continue
        yield Reason(
            "ABANDON_RATE_EXCEEDED",
            Kind.DEFER if case.automatic else Kind.LIMIT,
            "CAMPAIGN",
            limits.rule,
            f"{statistics.abandoned} of {statistics.live_answered} live answers were abandoned; "
            f"the limit is {limits.max_rate}",
            limits.sources,
            wait_for="campaign:abandon_rate",
        )


def exceeds(statistics: AbandonStatistics, limits: Abandonment) -> bool:
    """Whether the rate is above the limit; the limit itself is not."""
    base = statistics.live_answered
    if limits.denominator == "calls_connected_ok":
        base -= statistics.abandoned
    return statistics.abandoned > limits.max_rate * Decimal(max(base, 0))
