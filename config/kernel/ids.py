"""Identifiers: time-ordered UUIDs (RFC 9562, version 7), so that primary keys grow at one end."""

import secrets
import time


def new_id() -> str:
    """A fresh UUIDv7 in canonical text form: 48 bits of Unix milliseconds, then randomness."""
    unix_ms = time.time_ns() // 1_000_000
    value = (unix_ms & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_secret(bits: int = 256) -> str:
    """A URL-safe random secret of at least `bits` bits of entropy."""
    return secrets.token_urlsafe((bits + 7) // 8)
