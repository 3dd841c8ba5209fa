"""What a call costs."""

from decimal import Decimal
from math import ceil

from sip_config.limits import Cost


def per_minute(cost: Cost, number: str) -> Decimal:
    """Return the price of a minute to *number* (E.164): of the longest fitting prefix."""
    fitting = [rate for rate in cost.rates if number.startswith(rate.prefix)]
    if not fitting:
        return cost.per_minute
    return max(fitting, key=lambda rate: len(rate.prefix)).per_minute


def price(cost: Cost, number: str, seconds: float) -> Decimal:
    """Return what an answered call of *seconds* costs; an unanswered one costs nothing.

    Begun steps are paid whole: with increments of 60 and 6 seconds, 61 seconds are 66.

    >>> minute = Cost(per_minute=Decimal("0.60"), increments=(60, 6))
    >>> price(minute, "+442079460123", 61)
    Decimal('0.66')
    """
    first, step = cost.increments
    billed = Decimal(first)
    if seconds > first:
        billed += ceil((Decimal(str(seconds)) - first) / step) * step
    return cost.setup + per_minute(cost, number) * billed / 60
