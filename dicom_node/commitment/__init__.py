"""Storage Commitment Push Model, as the one who commits (PS3.4 J): what a peer asked us to answer for.

`request` reads an N-ACTION, `ledger` keeps it, `checking` reads every object again before anything is
promised, `reporting` tells the peer, `service` is what associations and the node's chores call.
"""
