"""What a refusal says at the terminal, in one line. Loaded only when there is one."""

import os
from tomllib import TOMLDecodeError

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from config.kernel.database import DatabaseUnavailable
from config.kernel.errors import AppError


def words_of(error: Exception) -> str | None:
    """The line for an error that an operator can do something about; None for any other, which is a bug."""
    if isinstance(error, AppError):
        cause = error.__cause__
        seen = isinstance(cause, DBAPIError) and "reason" not in error.params
        return f"{error} ({_said(cause)})" if seen else str(error)
    if isinstance(error, ValidationError):
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        return "settings: " + "; ".join(faults)
    if isinstance(error, TOMLDecodeError):
        return f"settings: {os.environ.get('LIANZHEN_CONFIG')} is not TOML: {error}"
    if isinstance(error, DBAPIError):
        return str(DatabaseUnavailable(reason=_said(error)))
    return None


def _said(error: BaseException | None) -> str:
    """The database's own words, in one line and without the statement's values."""
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
