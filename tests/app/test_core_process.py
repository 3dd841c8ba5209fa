"""What the core process is made of."""

import subprocess
import sys


def test_the_core_loads_no_sip_stack():
    """A fault in native telephony code must not be able to end a campaign."""
    loaded = "import sys, dialer.app.running; sys.exit('pjsua2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded]).returncode == 0
