"""Addresses on this machine: the only ones the simulated network binds to or sends to.

Rule: every socket address in this package is made by :func:`loopback_address`. A network that
simulates callers must never be able to reach a real one, whatever it is configured with and
whatever a message asks for (a Contact, a Via, a connection line in SDP).
"""

import contextlib
import ipaddress
import socket
from typing import Final, NamedTuple

#: Asked of the kernel for every socket: a burst of answers must not overflow the default.
RECEIVE_BUFFER_BYTES: Final = 4 * 1024 * 1024


class NotLoopback(ValueError):
    """The address leads off this machine."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host!r} is not an IPv4 loopback address; the simulated network speaks on "
            "127.0.0.0/8 only, for example on 127.0.0.1"
        )
        self.host = host


class Address(NamedTuple):
    """A host in 127.0.0.0/8 and a UDP port; made by :func:`loopback_address` only."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def loopback_address(host: str, port: int) -> Address:
    """Return the address, if it is on this machine and its port is in 0..65535.

    >>> loopback_address("localhost", 5060)
    Address(host='127.0.0.1', port=5060)
    >>> loopback_address("192.0.2.7", 5060)
    Traceback (most recent call last):
        ...
    dialer.simulation.network.loopback.NotLoopback: '192.0.2.7' is not an IPv4 loopback \
address; the simulated network speaks on 127.0.0.0/8 only, for example on 127.0.0.1

    Raises:
        NotLoopback: *host* is not an IPv4 loopback address or ``localhost``.
        ValueError: *port* is no port number.
    """
    if host.lower() == "localhost":
        host = "127.0.0.1"
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        raise NotLoopback(host) from None
    if not address.is_loopback:
        raise NotLoopback(host)
    if not 0 <= port <= 65535:
        raise ValueError(f"port {port} is not in 0..65535")
    return Address(host, port)


def open_socket(address: Address, *, even_port: bool = False) -> socket.socket:
    """Return a bound, non-blocking UDP socket.

    Args:
        even_port: With port 0, take an even one, as RTP does (RFC 3550, section 11); nobody's
            RTCP then arrives at another call's RTP port.

    Raises:
        OSError: the port is taken, or none is left.
    """
    attempts = 64 if even_port and address.port == 0 else 1
    for _ in range(attempts):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            with contextlib.suppress(OSError):
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            made.bind(address)
        except OSError:
            made.close()
            raise
        if attempts == 1 or made.getsockname()[1] % 2 == 0:
            return made
        made.close()
    raise OSError(f"no free even UDP port on {address.host} after {attempts} attempts")


def address_of(bound: socket.socket) -> Address:
    """Return the address *bound* was given by the kernel."""
    host, port = bound.getsockname()
    return Address(str(host), int(port))
