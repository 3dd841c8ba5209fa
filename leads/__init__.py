"""Whom we may want to call, and what has happened to them, up to the meeting and the rep's verdict.

Rule: this package knows no other package of the house. All of it is pure, apart from the SQL
in :mod:`leads.store` and the reading of files in :mod:`leads.list_files`.
"""
