"""The library behind pjsua2; only where it lies is of interest."""

__file__: str
