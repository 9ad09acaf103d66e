"""Earlier studies of a person beside the one that is read, and what was signed about them.

Owns no table. Publishes nothing. Who may know of which is decided in `consults.lending`.
"""
