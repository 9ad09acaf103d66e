"""JSON lines on standard error or in a file. No patient data, no secret: fields are named, values are ids."""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

request_id: ContextVar[str] = ContextVar("request_id", default="")

MASKED = frozenset(
    {"name", "patient_name", "patient_id", "password", "token", "cookie", "phone", "id_no", "secret"}
)
NOISY = ("pynetdicom", "pydicom", "aioice", "aiortc", "httpx", "uvicorn.access", "alembic", "fontTools")
TRACE_LINES_MAX = 60
LOG_BYTES_MAX = 32 * 1024 * 1024
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def masked(key: str, value: object) -> object:
    """`value`, with whatever stands under a masked name at any depth replaced by stars."""
    if key.lower() in MASKED:
        return "***"
    if isinstance(value, Mapping):
        return {str(name): masked(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(key, inner) for inner in value]
    return value


def told_of(error: BaseException) -> dict[str, object]:
    """What a line may say of an error: its class, and the code of a refusal. Never its message, as below."""
    kind = type(error)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    code = getattr(kind, "code", "")  # of refusals; others have one in their instances, or none
    return {"error": name, "code": code if isinstance(code, str) else ""}


def trace_of(error: BaseException) -> list[str]:
    """Where an error came from, outermost cause last: its classes and lines of code, never its message.

    Drivers and validators quote values in messages ("Key (identifier)=(…) already exists"), and a
    value may be a patient's.
    """
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(lines) < TRACE_LINES_MAX:
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        frames = traceback.extract_tb(cause.__traceback__)
        lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
        cause = cause.__cause__ or cause.__context__
    return lines[:TRACE_LINES_MAX]


class JsonLines(logging.Formatter):
    """One JSON object for each record, with the request id and the `extra` fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        for key, value in vars(record).items():
            if key not in _STANDARD:
                line[key] = masked(key, value)
        if record.exc_info and record.exc_info[1]:
            line["trace"] = trace_of(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _in_file(file: Path) -> logging.Handler:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return RotatingFileHandler(file, maxBytes=LOG_BYTES_MAX, backupCount=1, encoding="utf-8")


def configure(process: str, file: Path | None = None) -> None:
    """Send everything from INFO up to standard error, or to `file`; noisy libraries only from WARNING up."""
    handler = _in_file(file) if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("pydicom").setLevel(
        logging.ERROR
    )  # its warnings quote values, which may be a patient's
    logging.getLogger(__name__).info("process.starting", extra={"process_name": process})
