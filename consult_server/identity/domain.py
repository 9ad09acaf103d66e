"""Roles, passwords and the rules of signing in, as pure decisions."""

from datetime import datetime, timedelta
from enum import StrEnum

from config.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from config.kernel.principal import Principal

PASSWORD_CHARACTERS_MIN = 10
PASSWORD_CHARACTERS_MAX = 128


class PreferenceName(StrEnum):
    """The matters in which a person may set something for themselves."""

    READING_KEYS = "reading.keys"


class Role(StrEnum):
    """What a person does here; one person may have several roles."""

    APPLICANT = "applicant"
    TECHNICIAN = "technician"
    COORDINATOR = "coordinator"
    SPECIALIST = "specialist"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


READERS = (Role.SPECIALIST, Role.AUDITOR)
CLINICAL = (Role.APPLICANT, Role.TECHNICIAN, Role.COORDINATOR, Role.SPECIALIST, Role.AUDITOR)


class SignedOut(Forbidden):
    """Nobody is signed in, or the sign-in has ended."""

    code = "identity.signed_out"


class WrongPassword(Forbidden):
    """The account or the password is not right."""

    code = "identity.wrong_password"


class AccountLocked(Forbidden):
    """Too many wrong passwords; the account waits."""

    code = "identity.account_locked"


class RoleMissing(Forbidden):
    """This act needs a role the account does not have."""

    code = "identity.role_missing"


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "identity.account_not_found"


class OwnAccount(Conflict):
    """Nobody shuts themselves out; another administrator has to."""

    code = "identity.own_account"


class AccountExists(Conflict):
    """An account of this name is registered already."""

    code = "identity.account_exists"


class WeakPassword(Invalid):
    """The password is too short, too long, or the account's own name."""

    code = "identity.weak_password"


class BootstrapRefused(NotFound):
    """The set-up link is unknown, used or expired."""

    code = "identity.bootstrap_refused"


def require_role(principal: Principal, *roles: Role) -> None:
    """Raises RoleMissing unless the caller holds one of `roles`."""
    if not principal.has_role(*roles):
        raise RoleMissing(needs=[role.value for role in roles])


def checked_password(user: str, password: str) -> str:
    """The password, when it may be used. Raises WeakPassword."""
    if (
        not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX
        or password.casefold() == user.casefold()
    ):
        raise WeakPassword(characters_min=PASSWORD_CHARACTERS_MIN, characters_max=PASSWORD_CHARACTERS_MAX)
    return password


def session_ends_at(
    *, created_at: datetime, seen_at: datetime, idle_minutes: int, lifetime_hours: int
) -> datetime:
    """The last moment of a sign-in, by idleness or by age."""
    return min(seen_at + timedelta(minutes=idle_minutes), created_at + timedelta(hours=lifetime_hours))


def lock_until(*, failures: int, failures_max: int, lock_minutes: int, now: datetime) -> datetime | None:
    """Until when an account waits after this many wrong passwords in a row."""
    return now + timedelta(minutes=lock_minutes) if failures >= failures_max else None
