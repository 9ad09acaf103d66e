"""Calls about a case: join tickets for doctors, one-time invitations for patients.

Owns consult_invitation. Publishes nothing; the media are `signaling`'s business.
"""
