"""Objects that were set aside at the door: seen, tried again, or discarded by a person's decision.

The rows are written by `intake`; here they are read and decided. Publishes nothing.
"""
