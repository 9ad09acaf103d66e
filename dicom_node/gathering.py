"""Data sets that are read whole, such as identifiers and attributes: taken in pieces, up to a bound."""


class Gathering:
    """Takes the pieces of one data set; beyond `bytes_max` nothing is kept."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max, self._bytes, self._too_long = bytes_max, bytearray(), False

    def take(self, piece: memoryview) -> None:
        """The next piece."""
        self._too_long |= len(self._bytes) + len(piece) > self._bytes_max
        if self._too_long:
            self._bytes.clear()
        else:
            self._bytes += piece

    def content(self) -> bytes | None:
        """All of it, None when it was longer than the bound."""
        return None if self._too_long else bytes(self._bytes)
