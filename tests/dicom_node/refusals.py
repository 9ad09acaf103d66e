"""What a call came to: its answer, or the refusal it raised."""

from collections.abc import Callable
from typing import TypeVar

from config.kernel.errors import AppError

Answer = TypeVar("Answer")


def outcome_of(call: Callable[[], Answer]) -> Answer | AppError:
    """The answer of `call`, or the AppError it raised; anything else goes through."""
    try:
        return call()
    except AppError as refusal:
        return refusal
