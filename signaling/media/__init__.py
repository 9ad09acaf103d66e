"""The media peers that this server itself can be."""
