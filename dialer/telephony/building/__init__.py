"""Building pjsua2, the SIP stack, once per machine.

    source ──▶ configure ──▶ library ┐
                                     ├──▶ link ──▶ try it out ──▶ wheel in the cache ──▶ .venv
                         wrapper ────┘

The ready-made pjsua2 in the Python package index holds four calls, stops the process on a failed
assertion and carries an OpenSSL that is no longer maintained. A dialer needs hundreds of calls, so
the project compiles pjproject with its own limits (:mod:`.recipe`).

Rule: nothing half-built is ever found later. The work is done in a folder with a name of its own,
tried out there, and only then renamed to its place in the cache.

Run it with ``python -m dialer.telephony.building``; ``make setup`` does.
"""
