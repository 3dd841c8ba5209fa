"""May we call this person now, and how? Country rules are data; the evaluator is one pure function.

    facts.py        what is known about one wish to call: the gate's whole input
    profiles/       the rules of each country as dated, sourced data
    gates/          one gate, one module: each says what it found, none short-circuits
    evaluation.py   asks every gate; finds the earliest time at which all conditions hold
    decision.py     Permit | Refused: the only thing the dialer may act on
    store/          the tables: consents, suppressions, registers, the decision trail

Rule: this package imports :mod:`leads` and nothing else of ours.
"""
