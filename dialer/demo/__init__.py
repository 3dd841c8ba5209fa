"""A whole call centre on one machine, for whoever wants to see it work: ``dialer demo``.

    command ── preparing: installation, client, team, agents, campaign, list
       │  └─── supervisor: PostgreSQL, telephony worker, core       (as ``dialer serve`` runs them)
       ├────── network:    carriers and callees, real SIP and RTP   (knows nothing of the dialer)
       ├────── people:     agents at phones and desks               (know the HTTP API alone)
       └────── board while it lasts; then report, page, calls.jsonl, agreement with network.jsonl

Rule: nothing here does what the dialer should do. The people use the public API, the network is a
witness of its own, and the two logs have to agree call by call or the demo fails.
"""
