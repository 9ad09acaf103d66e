"""Hanging protocols (布局方案): how studies of a kind are laid out, kept for a person or an institution.

Owns consult_hanging_protocol. Publishes nothing. What a protocol does is decided by the client.
"""
