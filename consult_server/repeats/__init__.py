"""A request that is sent again, because its answer was lost, is done once and answered alike.

Owns consult_repeat. Publishes nothing.
"""
