"""The dialer itself: pacing, calls, agents, campaigns and the engine that joins them.

The modules at the top of this package are the dialer; its subfolders are its edges
(telephony, database, api, console, simulation). The top imports no edge, except the
composition root ``app.py`` and ``cli.py``; nobody imports ``dialer``.
"""

__version__ = "0.1.0"
