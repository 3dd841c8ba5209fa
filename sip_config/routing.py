"""Which trunk, host, port and caller ID carry a call, or why none does.

    number ─▶ may anybody call it? ─▶ longest prefix ─▶ group in order of its policy
           ─▶ first trunk without an obstacle ─▶ caller ID ─▶ request-URI, checked again ─▶ Chosen

Rule: pure. The same configuration, lines, request and instant give the same answer; chance is an
argument (``draw``). A :class:`NoRoute` keeps every reason, and the earliest time at which asking
again makes sense. Whoever places the call hands ``Chosen.taken`` to
:func:`sip_config.carrying.started`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sip_config.availability import (
    PERMANENT,
    Obstacle,
    Reason,
    again,
    free_host,
    free_port,
    house_obstacle,
    trunk_obstacle,
)
from sip_config.blocking import Blocked, blocked, blocked_as_dialled
from sip_config.caller_id import CallerId, Pool, pick, usable
from sip_config.carrying import Taken
from sip_config.causes import FACTS, Ending, Outcome
from sip_config.config import SipConfig
from sip_config.cost import per_minute
from sip_config.identity import presentation
from sip_config.lines import Lines, of_today
from sip_config.number_format import dialled, prefixes
from sip_config.ordering import in_order, matching
from sip_config.route import FailOver, Route, RouteGroup
from sip_config.trunk import Channel, Host, Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """A call somebody wants to place."""

    number: str  #: E.164
    campaign: str = "*"
    caller_id: str | None = None  #: name of a pool, or a number; None: the first fitting pool
    lead: str = ""  #: keeps ``sticky_per_lead`` sticky
    draw: float = 0.0  #: chance, 0..1
    paced_by_answers: bool = False  #: more calls are placed than agents are free
    tried: frozenset[tuple[str, str]] = frozenset()  #: trunk id and host URI of earlier INVITEs


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How a call leaves."""

    taken: Taken
    request_uri: str  #: ``sip:USER@HOST[:PORT][;transport=…]``
    from_uri: str  #: value of From, display name included
    headers: tuple[tuple[str, str], ...]  #: identity headers
    group: RouteGroup
    cost_per_minute: Decimal
    currency: str

    @property
    def trunk_id(self) -> str:
        """The trunk that carries the call."""
        return self.taken.trunk_id

    @property
    def caller_id(self) -> str:
        """The number that is shown, E.164."""
        return self.taken.caller_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRoute:
    """Nothing can carry the call now; all reasons, in the order they were met."""

    reasons: tuple[Reason, ...]

    @property
    def retry_at(self) -> datetime | None:
        """When asking again makes sense; None: not by time alone."""
        return min((r.retry_at for r in self.reasons if r.retry_at is not None), default=None)

    @property
    def is_permanent(self) -> bool:
        """Whether waiting never helps: the number or the file has to change."""
        return all(reason.obstacle in PERMANENT for reason in self.reasons)


def choose(
    config: SipConfig, lines: Lines, request: CallRequest, now: datetime
) -> Chosen | NoRoute:
    """Return how the call in *request* leaves at *now*, or why it does not."""
    lists = config.site.blocklists
    if why := blocked(request.number, lists, countries=config.allowed_countries):
        reason = Reason(obstacle=Obstacle.BLOCKED, detail=why.value, blocked=why)
        return NoRoute(reasons=(reason,))
    route = matching(config.site.routes, number=request.number, campaign=request.campaign, now=now)
    if route is None:
        return NoRoute(reasons=(Reason(obstacle=Obstacle.NO_ROUTE),))
    group = config.group_of(route)
    if route.deny or group is None:
        return NoRoute(reasons=(Reason(obstacle=Obstacle.DENIED, detail=route.reason),))
    lines = of_today(config, lines, now)
    if obstacle := house_obstacle(config, lines, now):
        return NoRoute(reasons=(obstacle,))
    reasons: list[Reason] = []
    for member in in_order(config, lines, group, number=request.number, draw=request.draw):
        trunk = config.trunks[member.trunk]
        found = _on_trunk(config, lines, trunk, request, route, group, now)
        if isinstance(found, Chosen):
            return found
        reasons.append(found)
    return NoRoute(reasons=tuple(reasons) or (Reason(obstacle=Obstacle.NO_ROUTE),))


def fail_over_of(config: SipConfig, request: CallRequest, now: datetime) -> FailOver | None:
    """Return when another trunk is asked for the call in *request*; None: no group carries it."""
    routes = config.site.routes
    route = matching(routes, number=request.number, campaign=request.campaign, now=now)
    group = None if route is None or route.deny else config.group_of(route)
    return group.failover if group else None


def may_fail_over(
    outcome: Outcome, ending: Ending, policy: FailOver, *, attempts: int, elapsed_seconds: float
) -> bool:
    """Whether the call may be tried on another trunk at once.

    Args:
        attempts: INVITEs sent for this call so far, at least 1.
        elapsed_seconds: Since the first of them left.
    """
    limit = FACTS[outcome].fail_over_limit
    return (
        outcome in policy.on
        and not ending.ringing_seen
        and not ending.answered
        and attempts < policy.max_attempts
        and elapsed_seconds < policy.deadline_s
        and (limit is None or attempts <= limit)
    )


def _on_trunk(
    config: SipConfig,
    lines: Lines,
    trunk: Trunk,
    request: CallRequest,
    route: Route,
    group: RouteGroup,
    now: datetime,
) -> Chosen | Reason:
    """Return how the call leaves on *trunk*, or the first obstacle."""
    state = lines.trunks[trunk.id]
    if obstacle := trunk_obstacle(
        trunk,
        state,
        number=request.number,
        now=now,
        max_cost_per_minute=route.max_cost_per_minute,
    ):
        return obstacle
    if request.paced_by_answers and not trunk.tells_answers:
        return Reason(
            obstacle=Obstacle.SUPERVISION,
            trunk_id=trunk.id,
            detail=f"answer_supervision is {trunk.answer_supervision.value}",
        )
    host = free_host(trunk, state, tried=request.tried, draw=again(request.draw), now=now)
    if isinstance(host, Reason):
        return host
    shown = _caller_id(config, lines, trunk, request, now)
    if isinstance(shown, Reason):
        return shown
    pool, caller_id = shown
    wanted_line = caller_id if pool is None and request.caller_id else None
    port = free_port(trunk, state, draw_line=wanted_line, now=now)
    if isinstance(port, Reason):
        return port
    if port is not None and port.line is not None:
        pool, caller_id = None, port.line
    if caller_id is None:
        return Reason(
            obstacle=Obstacle.CALLER_ID, trunk_id=trunk.id, detail="no pool and no line to show"
        )
    return _built(config, trunk, host, port, request, group, pool=pool, caller_id=caller_id)


def _caller_id(
    config: SipConfig, lines: Lines, trunk: Trunk, request: CallRequest, now: datetime
) -> tuple[Pool | None, str | None] | Reason:
    """Return pool and number to show on *trunk*; no number where the port's line decides."""
    if trunk.channels and all(channel.line for channel in trunk.channels):
        return None, request.caller_id if (request.caller_id or "").startswith("+") else None
    ids = config.site.caller_ids
    wanted = request.caller_id
    if wanted is not None and wanted.startswith("+") and not ids.pools:
        return None, wanted  # nothing is declared that it could be checked against
    pools = [pool for pool in ids.pools if _fits(pool, request)]
    for pool in pools[:1] if wanted is None else pools:
        candidates = usable(
            pool,
            trunk_id=trunk.id,
            uses=lines.caller_ids,
            now=now,
            require_answerable=ids.require_answerable,
        )
        if number := _picked(candidates, pool, lines, request):
            return pool, number
    if any(channel.line for channel in trunk.channels):
        return None, None
    why = "all of them rest or are not verified on this trunk" if pools else "no pool fits"
    return Reason(obstacle=Obstacle.CALLER_ID, trunk_id=trunk.id, detail=why)


def _fits(pool: Pool, request: CallRequest) -> bool:
    """Whether *pool* is the one, or holds the one, that *request* asks for."""
    if "*" not in pool.campaigns and request.campaign not in pool.campaigns:
        return False
    wanted = request.caller_id
    return wanted is None or pool.id == wanted or any(n.e164 == wanted for n in pool.numbers)


def _picked(
    candidates: list[CallerId], pool: Pool, lines: Lines, request: CallRequest
) -> str | None:
    wanted = request.caller_id
    if wanted is not None and wanted.startswith("+"):
        candidates = [number for number in candidates if number.e164 == wanted]
    if not candidates:
        return None
    return pick(
        candidates,
        strategy=pool.strategy,
        called=request.number,
        lead=request.lead,
        uses=lines.caller_ids,
    ).e164


def _built(
    config: SipConfig,
    trunk: Trunk,
    host: Host,
    port: Channel | None,
    request: CallRequest,
    group: RouteGroup,
    *,
    pool: Pool | None,
    caller_id: str,
) -> Chosen | Reason:
    """Return the call as it leaves, after the last look at what is really dialled."""
    home = config.site.country
    user = dialled(request.number, trunk, country=home, channel=port)
    uri = port.uri if port is not None and port.uri is not None else host.uri
    why: Blocked | None = blocked_as_dialled(
        user, request.number, config.site.blocklists, prefix=prefixes(trunk, port), home=home
    )
    if why is not None:
        return Reason(obstacle=Obstacle.ALTERED, trunk_id=trunk.id, detail=why.value, blocked=why)
    scheme, _, address = uri.partition(":")
    domain = address.partition(";")[0]
    shown = presentation(trunk, caller_id, domain=domain, country=home, channel=port)
    return Chosen(
        taken=Taken(
            trunk_id=trunk.id,
            host=str(uri),
            port=port.id if port else None,
            caller_id=caller_id,
            pool=pool.id if pool else None,
        ),
        request_uri=f"{scheme}:{user}@{address}",
        from_uri=shown.from_uri,
        headers=shown.headers,
        group=group,
        cost_per_minute=per_minute(trunk.cost, request.number),
        currency=trunk.cost.currency,
    )
