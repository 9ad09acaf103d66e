"""Argon2id password hashes, computed in threads, few at a time (64 MiB each)."""

import asyncio
import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr

AT_ONCE = 2


class Passwords:
    """Hashing and checking that never blocks the loop nor fills the memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._decoy = self._hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        """A salted hash of `password`."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` fits; takes as long for an unknown account (`stored` None)."""
        async with self._turn:
            fits = await asyncio.to_thread(self._verify, stored or self._decoy, password)
        return fits and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def mark_of(key: SecretStr, typed: str) -> str:
    """What is kept of words that name nobody: equal words have equal marks, which tell nothing without `key`.

    Some of these words are passwords, typed into the wrong field.
    """
    return hmac.new(key.get_secret_value().encode(), typed.casefold().encode(), "sha256").hexdigest()[:32]


def digest(token: str) -> str:
    """How a random token is stored: it has enough entropy that a plain SHA-256 is safe."""
    return hashlib.sha256(token.encode()).hexdigest()
