"""The 200 OK to an INFO whose content is for us.

pjsip answers those INFOs itself whose content it knows (keys, say), from within the callback that
tells of them; any other gets "500 Unhandled by dialog usages" once the callback has returned. To
answer one pjsua2 has no method. pjsip has a function, which the library pjsua2 consists of exports.

Rule: called from within ``onCallTsxState`` and with the request of that callback, where pjsip
answers too; nothing else may be done to the stack from there. A build that does not export the
function leaves the INFO to pjsip and its 500.
"""

import ctypes
from functools import cache
from typing import Any, Final

import _pjsua2
import pjsua2 as pj

_OK: Final = 200


def answer_info(request: pj.SipRxData) -> bool:
    """Answer *request* with 200 OK; return whether that was possible."""
    library = _library()
    if library is None:
        return False
    address = int(request.pjRxData)
    dialog = library.pjsip_rdata_get_dlg(address)
    return bool(dialog) and library.pjsip_dlg_respond(dialog, address, _OK, None, None, None) == 0


@cache
def _library() -> Any:
    """Return the functions used here; ``None``: this build does not export them."""
    try:
        library = ctypes.CDLL(_pjsua2.__file__)
        library.pjsip_rdata_get_dlg.argtypes = [ctypes.c_void_p]
        library.pjsip_rdata_get_dlg.restype = ctypes.c_void_p
        pointer, number = ctypes.c_void_p, ctypes.c_int
        library.pjsip_dlg_respond.argtypes = [pointer, pointer, number, pointer, pointer, pointer]
    except (OSError, AttributeError):
        return None
    return library
