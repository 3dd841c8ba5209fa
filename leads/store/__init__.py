"""SQL of the leads' tables.

    lists.py         lists, unaccepted_rows           importing   a read list -> its tables
    people.py        people, person_numbers,          claiming    due leads, on a lease
                     lead_numbers                     dialing     the attempt opened under a permit
    leads.py         leads                            closing     its end: lead, meeting, promise
    attempts.py      attempts                         booking     what becomes of a meeting
    dispositions.py  dispositions, answers            cards       all that an agent's screen shows
    callbacks.py     callbacks
    reps.py          reps, rep_availability
    meetings.py      meetings                         ending      the values closing takes and gives
                                                      lead_row    a row of leads as a value
                                                      details     what a list says, sealed
                                                      vault       the keys, outside the database

Rule: a table is named in exactly one module, those on the left; the ones on the right put them
together. The connection is passed in, so the caller owns the transaction; time is an argument.
Where several rows are locked, the order is person, lead, attempt.

Numbers and words about people are sealed before they cross, with the keys of the vault that the
connection carries.
"""
