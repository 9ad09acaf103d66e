"""Studies sent on to peers and priors fetched from them: rules, the queue, orders by hand.

Owns no table: the queue is the archive's. Whoever may read a study may have it sent, as far as its
institution and theirs allow; administrators and technicians see the queue, which names no patient.
"""
