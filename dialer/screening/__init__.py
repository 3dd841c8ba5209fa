"""Who, or what, has answered: a person, a machine, a fax, an announcement, nobody.

    sound.py ─▶ frames.py ─▶ tones.py ─┐
                        └──▶ talk.py ──┴─▶ judging.py ─▶ a verdict, with its evidence

    tones.py, talk.py ─▶ progress.py ─▶ what the line says before anybody answers

Rule: pure. Samples in, a verdict out; whoever asks says what time it is by how much sound there
is. Only positive evidence says machine: whatever is not understood is a person.
"""
