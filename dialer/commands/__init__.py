"""What the ``dialer`` command can do: one module a subcommand, each registers itself.

Rule: a command prints what it was asked for on standard output and everything else on standard
error. Exit codes: 0 done, 1 it said no or failed, 2 wrong arguments or settings, 3 something
needed is missing (the message names the remedy).
"""
