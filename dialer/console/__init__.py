"""The web console: static pages, style and small ES modules that use the public API alone.

Rule: no framework, no build step, nothing from elsewhere; what is in ``static/`` is what is served.
"""
