"""The rights of persons, over all that the house holds about them.

Rule: every package exports and erases its own tables; here they are asked in turn, with the files
that belong to the rows. Nothing of a person is held here.
"""
