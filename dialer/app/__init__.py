"""The core process: the composition root, where every edge meets the engines.

``python -m dialer.app`` is started by the supervisor (``dialer serve``) and may die at any
instant: what matters is in PostgreSQL, what lives is in the telephony workers.
"""
