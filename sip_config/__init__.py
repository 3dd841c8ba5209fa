"""How calls leave the building: trunks, gateways, routes, caller IDs, and what endings mean.

Pure except :mod:`sip_config.loading` and :mod:`sip_config.cli`; knows no other package of ours.
"""
