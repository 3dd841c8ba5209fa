"""Where the agents' phones are called, and what is known to be wrong before anybody is.

Rule: pure. What would fail at the first call is an error here, with the place in the file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from dialer.running.campaign_file import Agent, CampaignFile
from dialer.telephony.commands import is_sip_uri
from dialer.telephony.sip_settings import host_of, is_loopback
from leads.phone import PhoneNumber
from sip_config.config import SipConfig
from sip_config.lines import opening
from sip_config.problem import Problem
from sip_config.routing import CallRequest, NoRoute, choose
from sip_config.yaml_document import Path


def phone_of(agent: Agent, campaign: CampaignFile, trunks: SipConfig) -> str:
    """Return the SIP URI of *agent*'s phone, with the trunk it is called by, if one is named.

    Raises:
        ValueError: This is no SIP URI.
        KeyError: There is no such trunk.
    """
    name = agent.trunk or campaign.agents_trunk
    uri = agent.uri
    if name is not None and not uri.startswith(("sip:", "sips:")):
        scheme, _, host = str(trunks.trunks[name].hosts[0].uri).partition(":")
        uri = f"{scheme}:{uri}@{host}"
    if not is_sip_uri(uri):
        raise ValueError(f"found {agent.uri!r}, expected sip:USER@HOST[:PORT]")
    return uri if name is None else f"{uri};trunk={name}"


def phone_problems(campaign: CampaignFile, trunks: SipConfig, *, lab: bool) -> Iterator[Problem]:
    """Yield what is wrong with the agents' phones, by their places in the campaign file."""
    for position, agent in enumerate(campaign.agents):
        path: Path = ("agents", position, "uri")
        if (name := agent.trunk or campaign.agents_trunk) not in {None, *trunks.trunks}:
            known = ", ".join(trunks.trunks) or "none"
            yield Problem(
                path=("agents", position, "trunk") if agent.trunk else ("agents_trunk",),
                message=f"there is no trunk {name!r} in {trunks.file}; there are: {known}",
            )
            continue
        try:
            uri = phone_of(agent, campaign, trunks)
        except ValueError as error:
            yield Problem(path=path, message=str(error))
            continue
        if lab and not is_loopback(host_of(uri)):
            yield Problem(
                path=path,
                message=f"found host {host_of(uri)!r}; a lab's phones are on this machine "
                "(127.0.0.1)",
            )


def trunk_problems(trunks: SipConfig) -> Iterator[Problem]:
    """Yield what of the trunk file leads beyond this machine."""
    for trunk in trunks.trunks.values():
        transport = trunks.transport_of(trunk)
        if not trunk.enabled:
            continue
        if transport and not (is_loopback(transport.bind) or transport.bind in ("0.0.0.0", "::")):
            yield Problem(
                file=trunks.file,
                path=("transports", transport.id),
                message=f"found bind {transport.bind}; a lab's sockets are on 127.0.0.1",
            )
        for uri in trunk.uris:
            if not uri.is_loopback:
                yield Problem(
                    file=trunks.file,
                    path=("trunks", trunk.id),
                    message=f"{uri} is not on this machine, and a lab calls nobody else "
                    "(127.0.0.1); take the trunk out, or set enabled: false",
                )


def wayless(
    campaign: CampaignFile, trunks: SipConfig, numbers: Iterable[PhoneNumber], now: datetime
) -> Counter[str]:
    """Return how many of *numbers* no trunk would carry if nothing else went on, and why not."""
    lines = opening(trunks, now)
    found: Counter[str] = Counter()
    for number in numbers:
        request = CallRequest(
            number=number, campaign=campaign.campaign, caller_id=campaign.caller_id
        )
        match choose(trunks, lines, request, now):
            case NoRoute() as none:
                reasons = (f"{reason.obstacle.value} {reason.detail}" for reason in none.reasons)
                found["; ".join(dict.fromkeys(reason.strip() for reason in reasons))] += 1
    return found
