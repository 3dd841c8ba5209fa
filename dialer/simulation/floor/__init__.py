"""Shifts of a simulated floor: people and networks as event streams, the real pacing on top.

A world (``worlds/*.toml``) says how callees, agents and carriers behave; a controller says how
many calls to place; :mod:`dialer.simulation.floor.shift` lets a shift of hours pass in seconds.
"""
