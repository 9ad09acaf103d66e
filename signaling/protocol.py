"""The wire protocol, version 1: reading what browsers say, writing what we say, and the schema of both.

The messages are in `requests` (browser to server) and `events` (server to browser), their pieces in
`parts`, their caps and close codes in `caps`. PROTOCOL.md says the same in prose. What is not there
does not exist on the wire.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from config.kernel.errors import AppError
from signaling.caps import MESSAGE_BYTES_MAX, VERSION, CloseCode
from signaling.errors import BadMessage, MessageTooLarge, RateLimited, wire_code
from signaling.events import Error, ErrorData, ServerMessage
from signaling.requests import ClientMessage

SCHEMA_FILE: Final = Path(__file__).with_name("protocol.schema.json")
ID_CHARACTERS_MAX: Final = 32

Inbound: TypeAlias = Annotated[ClientMessage, Field(discriminator="t")]
Outbound: TypeAlias = Annotated[ServerMessage, Field(discriminator="t")]

_INBOUND: TypeAdapter[ClientMessage] = TypeAdapter(Inbound)
_OUTBOUND: TypeAdapter[ServerMessage] = TypeAdapter(Outbound)


def parse(text: str) -> ClientMessage:
    """The message in a text frame.

    Raises MessageTooLarge over 64 KiB, and BadMessage for anything that is not one of the requests;
    the error names the place of the first fault and never repeats a value.
    """
    if len(text) > MESSAGE_BYTES_MAX or len(text.encode("utf-8", "surrogatepass")) > MESSAGE_BYTES_MAX:
        raise MessageTooLarge(bytes_max=MESSAGE_BYTES_MAX)
    try:
        return _INBOUND.validate_json(text)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100]
        raise BadMessage(place=place or "message", rule=first["type"]) from None
    except ValueError:
        raise BadMessage(place="message", rule="unreadable") from None


def request_id(text: str) -> str | None:
    """The `id` of a message that could not be parsed, so that even its refusal can be answered."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = raw.get("id") if isinstance(raw, dict) else None
    return found if isinstance(found, str) and 1 <= len(found) <= ID_CHARACTERS_MAX else None


def write(message: ServerMessage) -> str:
    """The text frame of a message; facts that are absent are null."""
    return message.model_dump_json(by_alias=True)


def refusal(error: AppError, re: str | None = None) -> Error:
    """The wire form of an error."""
    facts = ", ".join(f"{name}={value}" for name, value in error.params.items())
    message = str(error.args[0]) + (f" ({facts})" if facts else "")
    wait = 1000 if isinstance(error, RateLimited) else None
    return Error(re=re, d=ErrorData(code=wire_code(error), msg=message, retry_after_ms=wait))


def schema() -> str:
    """JSON Schema of both halves with the protocol's numbers, as committed in `protocol.schema.json`."""
    document = {
        "version": VERSION,
        "close_codes": {code.name: int(code) for code in CloseCode},
        "browser_to_server": _with_type_demanded(_INBOUND.json_schema(by_alias=True)),
        "server_to_browser": _OUTBOUND.json_schema(by_alias=True, mode="serialization"),
    }
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _with_type_demanded(half: dict[str, Any]) -> dict[str, Any]:
    """A message without its `t` is none, though our classes know theirs by default."""
    for place in half["discriminator"]["mapping"].values():
        message = half["$defs"][place.rsplit("/", 1)[1]]
        message["required"] = ["t", *message.get("required", [])]
    return half


def export_schema(path: Path = SCHEMA_FILE) -> None:
    """Write the schema file that the browser's types are tested against."""
    path.write_text(schema(), encoding="utf-8")
