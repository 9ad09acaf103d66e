"""Who did what, when, to which object: append-only, in the transaction of the act itself.

Owns consult_audit_entry. Publishes nothing.
"""
