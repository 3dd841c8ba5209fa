"""How a worker's SIP stack is set up, and where its packets may go.

Rule: with ``loopback_only`` the sockets for SIP and media are bound to a loopback address, from
which the kernel lets nothing leave the machine, whatever a peer writes into its messages; and
an INVITE to any other host is refused before it is made.
"""

from dataclasses import dataclass
from ipaddress import ip_address


class SipRefused(Exception):
    """The stack would not do it. Says what and why, without numbers or names of people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSettings:
    """How one worker's SIP stack is set up."""

    bind_host: str = "127.0.0.1"
    bind_port: int = 0  #: 0: any free one
    rtp_first: int = 20000  #: the first UDP port for media
    rtp_count: int = 4096  #: how many; at least eight for each leg
    max_calls: int = 512  #: legs
    codecs: tuple[str, ...] = ("PCMA/8000/1", "PCMU/8000/1")  #: best first
    jitter_ms: tuple[int, int] = (
        60,
        240,
    )  #: how long the jitter buffer waits, at least and at most
    loopback_only: bool = True  #: nothing may leave this machine
    sip_log: str | None = None  #: a file for pjsip's own log: for finding faults, holds numbers

    def __post_init__(self) -> None:
        if self.loopback_only and not is_loopback(self.bind_host):
            raise ValueError(
                f"bind_host is {self.bind_host!r} and loopback_only is set; "
                "bind to 127.0.0.1 or switch loopback_only off"
            )
        if not 1024 <= self.rtp_first <= 65535 - self.rtp_count:
            raise ValueError(
                f"{self.rtp_count} RTP ports from {self.rtp_first} do not fit below 65536"
            )


def is_loopback(host: str) -> bool:
    """Return whether *host* is this machine, by its literal address.

    >>> is_loopback("127.0.0.9"), is_loopback("localhost"), is_loopback("example.com")
    (True, True, False)
    """
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(uri: str) -> str:
    """Return the host of a SIP URI without headers, as commands have checked it.

    >>> host_of("sip:+442079460000@127.0.0.1:5070;transport=udp")
    '127.0.0.1'
    >>> host_of("sip:127.0.0.1;x@example.com"), host_of("sip:[::1]:5060")
    ('example.com', '[::1]')
    """
    user, at, after = uri.partition(":")[2].partition("@")
    rest = (after if at else user).partition(";")[0]
    if rest.startswith("["):
        return rest.partition("]")[0] + "]"
    return rest.partition(":")[0]
