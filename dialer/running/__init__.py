"""One campaign from one file: the dialer set up for it, run until the list is worked, reported.

    campaign file ─▶ fresh installation ─▶ agents' phones called ─▶ campaign dialed ─▶ report

Unlike the demo it simulates nothing: trunks, callees and phones are whatever the trunk file and the
campaign file name.

Rule: writes through the same functions as the API and the command line, and its agents without
people use the public API alone.
"""
