"""Who is asking. Made once at each border, passed explicitly, never looked up from inside."""

from dataclasses import dataclass
from enum import StrEnum


class Proof(StrEnum):
    """How the caller proved who they are."""

    SESSION = "session"
    API_TOKEN = "api_token"  # noqa: S105 - the name of a kind of proof
    INVITATION = "invitation"
    COMMAND_LINE = "command_line"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """One caller: a person at an institution with roles, or a guest with an invitation."""

    account_id: str
    name: str
    institution_id: str
    roles: frozenset[str]
    proof: Proof
    session_id: str = ""
    address: str = ""

    def has_role(self, *roles: str) -> bool:
        """True when the caller holds at least one of `roles`."""
        return not self.roles.isdisjoint(roles)
