"""How often one place may try invitations: guessing a link is hopeless at ten a minute."""

import ipaddress
import math
from collections import OrderedDict, deque
from collections.abc import Callable

IPV6_NEIGHBOURS = 64  # one household or host has at least so much (RFC 6177)


def place_of(address: str) -> str:
    """Whose tries count together: an IPv4 address, an IPv6 network of the size that one line gets."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NEIGHBOURS), strict=False))


class Tries:
    """At most so many in any `seconds`, for each place; the least recent of `places_max` is forgotten."""

    def __init__(
        self,
        *,
        at_most: int,
        seconds: float,
        monotonic_seconds: Callable[[], float],
        places_max: int = 10_000,
    ) -> None:
        self._at_most, self._span, self._seconds = at_most, seconds, monotonic_seconds
        self._places_max = places_max
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_seconds(self, address: str) -> int:
        """0, and the try is counted; else after how many whole seconds the next one is taken."""
        now, place = self._seconds(), place_of(address)
        taken = self._taken.pop(place, deque())
        while taken and now - taken[0] >= self._span:
            taken.popleft()
        allowed = len(taken) < self._at_most
        if allowed:
            taken.append(now)
        self._taken[place] = taken
        if len(self._taken) > self._places_max:
            self._taken.popitem(last=False)
        return 0 if allowed else max(1, math.ceil(self._span - (now - taken[0])))
