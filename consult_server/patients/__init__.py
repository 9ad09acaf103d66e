"""Patients as their institution knows them: an identifier is always a pair with its issuer.

Owns consult_patient. Publishes nothing.
"""
