"""Rejection notes (IHE RAD TF-2 4.66, Imaging Object Change Management): hidden, never destroyed.

A rejected object is filed under a study that belongs to no institution. So no list, query, retrieval,
count or pack has to know of rejection: whatever asks by institution does not find it, and whatever asks
for its bytes by UID as their keeper (storage commitment, the same object sent again) still does.

`note` reads a Key Object Selection, `filing` moves objects out of sight and back, `service` looks for
new notes, `queries` tells administrators what was rejected. Imports nothing of the intake.
"""
