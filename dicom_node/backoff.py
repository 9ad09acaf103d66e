"""Trying again, ever more seldom."""

from datetime import timedelta

DOUBLINGS_MAX = 30


def doubled(first: timedelta, longest: timedelta, attempts: int) -> timedelta:
    """The wait after so many vain attempts: `first`, then twice as long each time, up to `longest`."""
    times: int = 1 << min(max(attempts - 1, 0), DOUBLINGS_MAX)
    return min(first * times, longest)
