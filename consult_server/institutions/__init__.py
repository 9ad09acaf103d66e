"""Hospitals and what they agreed to do for each other.

Owns consult_institution and consult_agreement. Publishes nothing.
"""
