"""The simulated telephone network and the agents' phones: the outside world over real SIP and RTP.

    INVITE ──▶ endpoint ──▶ exchange ──plan_call()──▶ what happens to this number
               (SIP)        (one call)                 │
                               ▲                       ▼
               journal ◀───────┴──── audio ◀──▶ callee: hello, turns, good-bye (pure)
               (JSON lines)         (RTP)

Rules of this package:

* It knows nothing of the dialer, and imports nothing of it: it is the independent witness.
* It speaks on loopback only. :mod:`~dialer.simulation.network.loopback` makes the only addresses
  that sockets here accept, so no setting can turn the simulator against a real network.
* What happens to a call is decided by pure modules (``behaviour``, ``callee``, ``agent_manner``,
  ``hearing``) from a seed, the number and the time given to them; the others only carry it out.
* Whatever arrives on a socket, it never raises out of the package: it is answered or dropped.
"""
