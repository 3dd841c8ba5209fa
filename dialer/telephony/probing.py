"""Finding out how many calls the pjsua2 at hand can hold, by placing them.

Run as ``python -m dialer.telephony.probing CALLS`` in a process of its own: a pjsua2 built with
assertions ends the process that asks too much of it. The last line printed is JSON::

    {"version": "2.17", "calls": 512, "refusal": null, "tls": true}

Rule: nothing leaves the machine. The calls go to a socket of our own on the loopback address that
never answers, and are dropped.
"""

import importlib
import json
import socket
import sys
from typing import Any

from dialer.telephony.stack import raise_open_file_limit


def probe(calls: int) -> dict[str, object]:
    """Place up to *calls* calls at once; return version, calls held, and what refused the next."""
    pj: Any = importlib.import_module("pjsua2")
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    try:
        _start(pj, endpoint, calls)
        held, refusal = _place(pj, calls)
        version, tls = endpoint.libVersion().full, _speaks_tls(pj, endpoint)
        return {"version": version, "calls": held, "refusal": refusal, "tls": tls}
    finally:
        endpoint.hangupAllCalls()
        endpoint.libDestroy()


def _start(pj: Any, endpoint: Any, calls: int) -> None:
    config = pj.EpConfig()
    config.uaConfig.maxCalls = max(calls, 1)
    config.uaConfig.threadCnt = 0
    config.logConfig.level = config.logConfig.consoleLevel = 0
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.port = 0
    transport.boundAddress = "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()


def _speaks_tls(pj: Any, endpoint: Any) -> bool:
    """Return whether a socket for SIP over TLS can be opened."""
    transport = pj.TransportConfig()
    transport.boundAddress = "127.0.0.1"
    try:
        endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, transport)
    except pj.Error:
        return False
    return True


def _place(pj: Any, calls: int) -> tuple[int, str | None]:
    config = pj.AccountConfig()
    config.idUri = "sip:probe@127.0.0.1"
    account = pj.Account()
    account.create(config)
    placed: list[Any] = []  # a call that Python forgets is hung up
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        target = f"sip:silent@127.0.0.1:{silent.getsockname()[1]}"
        for _ in range(calls):
            call = pj.Call(account)
            options = pj.CallOpParam(True)
            options.opt.videoCount = 0
            if hasattr(options.opt, "textCount"):  # since 2.16; a thread for each call otherwise
                options.opt.textCount = 0
            try:
                call.makeCall(target, options)
            except pj.Error as error:
                return len(placed), str(error.reason)
            placed.append(call)
    return len(placed), None


if __name__ == "__main__":
    raise_open_file_limit()
    print("\n" + json.dumps(probe(int(sys.argv[1]))), flush=True)
