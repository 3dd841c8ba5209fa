"""A worker, a core and far ends for each test of faults: those of the tests of SIP."""

from tests.sip.conftest import core, far_end, uas, worker

__all__ = ["core", "far_end", "uas", "worker"]
