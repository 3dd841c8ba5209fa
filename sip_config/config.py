"""The whole of one configuration file, resolved: what :func:`sip_config.loading.load` returns.

Rule: a value. A running dialer holds one and replaces it whole; :mod:`sip_config.reloading`
says what a replacement changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sip_config.caller_id import CallerIds, Pool
from sip_config.endpoint import HouseLimits, Media, SecretsPlace, Security, Transport
from sip_config.notation import Country, Zone
from sip_config.profile import Profile
from sip_config.resolving import Layer
from sip_config.route import Blocklists, Member, Route, RouteGroup
from sip_config.secret import Secrets
from sip_config.trunk import Trunk

#: Used when a file names no transport: nothing outside this machine can reach it.
LOCAL_TRANSPORT = Transport(id="udp-local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything in the file except trunks and profiles."""

    version: Literal[1]  #: of this format; 1
    country: Country  #: where the dialer stands: national numbers, default of allowed countries
    zone: Zone = "UTC"  #: time zone in which a day of the daily ceilings begins
    secrets: SecretsPlace = field(default_factory=SecretsPlace)  #: where secrets are looked up
    transports: tuple[Transport, ...] = (LOCAL_TRANSPORT,)  #: our sockets
    media: Media = field(default_factory=Media)  #: audio
    security: Security = field(default_factory=Security)  #: whom we let in
    limits: HouseLimits = field(default_factory=HouseLimits)  #: ceilings over all trunks
    route_groups: tuple[RouteGroup, ...] = ()  #: trunks that stand in for each other
    routes: tuple[Route, ...] = ()  #: which group carries which numbers
    blocklists: Blocklists = field(default_factory=Blocklists)  #: numbers nobody may call
    caller_ids: CallerIds = field(default_factory=CallerIds)  #: the numbers we show


@dataclass(frozen=True, slots=True, kw_only=True)
class SipConfig:
    """One configuration, resolved and checked."""

    site: Site
    trunks: Mapping[str, Trunk]  #: by id, in file order
    profiles: Mapping[str, Profile]  #: shipped ones and the file's own
    layers: Mapping[str, tuple[Layer, ...]]  #: by trunk id: where its values came from
    known_secrets: Secrets = field(default_factory=Secrets)
    file: str = ""

    @property
    def allowed_countries(self) -> frozenset[str]:
        """Countries that may be called."""
        allowed = self.site.blocklists.international.allow_countries
        return frozenset((self.site.country,) if allowed is None else allowed)

    def group_of(self, route: Route) -> RouteGroup | None:
        """Return the group that carries calls of *route*, None if it denies them."""
        if route.trunk is not None:
            return RouteGroup(id=route.trunk, members=(Member(trunk=route.trunk),))
        return next((g for g in self.site.route_groups if g.id == route.group), None)

    def pool(self, pool_id: str) -> Pool | None:
        """Return the pool of that name."""
        return next((p for p in self.site.caller_ids.pools if p.id == pool_id), None)

    def transport_of(self, trunk: Trunk) -> Transport | None:
        """Return the transport a trunk uses: the one it names, else the first that fits."""
        wanted = trunk.hosts[0].uri.transport
        for transport in self.site.transports:
            if trunk.transport is not None:
                if transport.id == trunk.transport:
                    return transport
            elif wanted is None or transport.proto.value == wanted:
                return transport
        return None
