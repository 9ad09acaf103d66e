"""Caps that several packages share. Everything has one; what a package alone needs stays there."""

from collections import OrderedDict
from collections.abc import Callable

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

JSON_BODY_BYTES_MAX = 1 * MIB
WEBSOCKET_MESSAGE_BYTES_MAX = 64 * KIB
NAME_CHARACTERS_MAX = 64
TEXT_CHARACTERS_MAX = 4_000
PAGE_ROWS_MAX = 200


class TokenBucket:
    """`burst` acts at once, then `per_second` more for each second, counted for each key.

    `monotonic_seconds` is the time source. At most `keys_max` keys are remembered, least
    recently used first to go.
    """

    def __init__(
        self, *, per_second: float, burst: int, monotonic_seconds: Callable[[], float], keys_max: int = 10_000
    ) -> None:
        self._per_second, self._burst, self._seconds = per_second, burst, monotonic_seconds
        self._keys_max = keys_max
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str = "") -> bool:
        """Use one act for `key`; False when none is left."""
        now = self._seconds()
        level, then = self._levels.pop(key, (float(self._burst), now))
        level = min(self._burst, level + (now - then) * self._per_second)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, now)
        if len(self._levels) > self._keys_max:
            self._levels.popitem(last=False)
        return allowed
