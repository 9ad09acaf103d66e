"""C-FIND: what peers may ask of the archive and how they are answered (PS3.4 C.4.1)."""
