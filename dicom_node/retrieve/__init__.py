"""C-GET and C-MOVE: stored objects to peers, as stored wherever they are taken so (PS3.4 C.4.2, C.4.3)."""
