"""SQL of the gate's tables; every other module of the package is pure.

    proofs.py        consent_wordings, evidence_objects
    consents.py      consents, consent_events (values in consent_row.py)
    attestations.py  attestations, attestation_samples
    marks.py         person_marks: objections, restrictions, erasure
    suppressions.py  suppressions
    registers.py     register_snapshots, register_entries, register_answers
    balancing.py     balancing_tests
    approvals.py     profile_approvals
    decisions.py     decision_chains, decisions, decision_inputs
    requests.py      subject_requests, legal_holds
    retention.py     retention_rules, retention_runs
    notices.py       agent_notices
    gathering.py     facts for the gate, in bulk, from all of them

Rule: a table is named in exactly one module. The connection is passed in, so the caller owns the
transaction; time is an argument. Locks are taken in the order person, lead, attempt, chain.
"""
