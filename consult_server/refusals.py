"""What a refusal says at the terminal, in one line. Loaded only when there is one."""

import os
from tomllib import TOMLDecodeError

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from config.kernel.database import DatabaseUnavailable
from config.kernel.errors import AppError

KINDS = (AppError, ValidationError, TOMLDecodeError, DBAPIError)
"""What an operator can do something about; anything else is a bug and ends in its traceback."""


def words_of(error: Exception) -> str:
    """The line for an error of these kinds."""
    if isinstance(error, AppError):
        cause = error.__cause__
        seen = isinstance(cause, DBAPIError) and "reason" not in error.params
        return f"{error} ({_said(cause)})" if seen else str(error)
    if isinstance(error, ValidationError):
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        return "settings: " + "; ".join(faults)
    if isinstance(error, TOMLDecodeError):
        return f"settings: {os.environ.get('LIANZHEN_CONFIG')} is not TOML: {error}"
    return str(DatabaseUnavailable(reason=_said(error)))


def _said(error: BaseException | None) -> str:
    """The database's own words, in one line and without the statement's values."""
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
