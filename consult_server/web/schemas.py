"""What every body from outside must be: known fields only, text without control characters."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

# C0 and C1 controls but tab and line ends. PostgreSQL cannot store NUL, and no printer draws the rest.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def has_control(value: object) -> bool:
    """True when a text at any depth of this JSON value holds a control character."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text) if CONTROL.search(text):
                return True
            case list(items):
                waiting += items
            case dict(members):
                waiting += [*members.keys(), *members.values()]
    return False


class Heard(BaseModel):
    """The base of every request body."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def without_controls(cls, value: Any) -> Any:
        """Refuses control characters, wherever they stand."""
        if has_control(value):
            raise PydanticCustomError("control_character", "Text may not hold control characters")
        return value
