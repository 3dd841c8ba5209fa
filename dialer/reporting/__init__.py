"""What became of a campaign: numbers for programs, a page for people.

    database ──gathering──▶ Record ──report_of──▶ Report ──page──▶ HTML
                              │
                              └──line_of──▶ calls.jsonl

Rule: a report is computed from the record alone, by pure functions, each time it is asked for.
Nothing here counts while calls are made, so nothing can drift from what happened.
"""
