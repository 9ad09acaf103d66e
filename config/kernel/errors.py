"""The error tree. No HTTP, DIMSE or WebSocket words here; each border has one translator.

AppError
├── NotFound      it does not exist, or the caller may not know that it does
├── Forbidden     the caller may know it, but may not do this
├── Conflict      the state has moved on, or two writers met
├── Invalid       outside input breaks a stated rule
├── TooLarge      outside input is over a stated cap
└── Unavailable   a dependency failed; the same call may succeed later

The docstring of a class is its message, `code` its stable name (texts for people are keyed by
it), `params` the facts a text may mention. Parameters never hold patient data or secrets.
"""

import inspect
from enum import StrEnum
from typing import ClassVar, TypeAlias

Param: TypeAlias = str | int | float | bool | list[str]


class Kind(StrEnum):
    """What sort of refusal this is; a border maps it to its own status."""

    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"


class AppError(Exception):
    """Something was refused."""

    kind: ClassVar[Kind]
    code: ClassVar[str]

    def __init__(self, **params: Param) -> None:
        self.params = params
        super().__init__(inspect.getdoc(type(self)) or type(self).__name__)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code}: {self.args[0]}" + (f" ({facts})" if facts else "")


class NotFound(AppError):
    """There is nothing here under that name."""

    kind = Kind.NOT_FOUND
    code = "general.not_found"


class Forbidden(AppError):
    """The account may not do that."""

    kind = Kind.FORBIDDEN
    code = "general.forbidden"


class Conflict(AppError):
    """The state has changed; look again before repeating."""

    kind = Kind.CONFLICT
    code = "general.conflict"


class VersionPassed(Conflict):
    """Somebody else saved a newer version first."""

    code = "general.version_passed"


class Invalid(AppError):
    """The input breaks a rule."""

    kind = Kind.INVALID
    code = "general.invalid"


class TooLarge(AppError):
    """The input is over the allowed size."""

    kind = Kind.TOO_LARGE
    code = "general.too_large"


class Unavailable(AppError):
    """A service this needs does not answer; try again shortly."""

    kind = Kind.UNAVAILABLE
    code = "general.unavailable"


def all_errors(root: type[AppError] = AppError) -> list[type[AppError]]:
    """Every error class that has been imported; a test demands a text for each code."""
    found = [root] if hasattr(root, "code") else []
    for child in root.__subclasses__():
        found += all_errors(child)
    return found
