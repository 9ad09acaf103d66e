"""Our own associations to other application entities: C-ECHO, C-STORE, C-FIND and any other request.

`open_association` is the door; whom to call comes from the register of peers, never from a request.
"""
