"""The world around the dialer, simulated: networks, people, floors, and time itself.

Nothing in here is used in a real campaign. It exists so that the whole product can be watched,
tested and measured without calling anybody.
"""
