"""multipart/related bodies, read as they stream in (RFC 2387), with python-multipart's parser."""

from dataclasses import dataclass, field
from enum import StrEnum

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from config.kernel.errors import Invalid

HEADERS_MAX = 16
HEADER_BYTES_MAX = 2048
BOUNDARY_CHARACTERS_MAX = 70


class MultipartRefused(Invalid):
    """The body is not well-formed multipart/related."""

    code = "dicomweb.multipart_refused"


class Happening(StrEnum):
    """What a part does."""

    BEGAN = "began"
    DATA = "data"
    ENDED = "ended"


@dataclass(slots=True)
class PartEvent:
    """`content_type` with BEGAN, `data` with DATA."""

    happening: Happening
    content_type: str = ""
    data: bytes = b""


@dataclass(slots=True)
class _Headers:
    name: bytes = b""
    value: bytes = b""
    found: dict[str, str] = field(default_factory=dict)

    def keep(self) -> None:
        """The current header is complete."""
        self.found[self.name.decode("latin_1").lower()] = self.value.decode("latin_1").strip()
        self.name = self.value = b""


class MultipartReader:
    """Turns pieces of a body into events of its parts. `feed` each piece, then `close`."""

    def __init__(self, boundary: str, bytes_max: int) -> None:
        if not 1 <= len(boundary) <= BOUNDARY_CHARACTERS_MAX or not boundary.isascii():
            raise MultipartRefused(fault="the boundary is missing or too long")
        self._events: list[PartEvent] = []
        self._headers = _Headers()
        self._complete = False
        self._parser = MultipartParser(
            boundary.encode("ascii"),
            {
                "on_part_begin": self._part_began,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ended,
                "on_headers_finished": self._headers_ended,
                "on_part_data": self._part_data,
                "on_part_end": self._part_ended,
                "on_end": self._ended,
            },
            max_size=bytes_max,
            max_header_count=HEADERS_MAX,
            max_header_size=HEADER_BYTES_MAX,
        )

    def feed(self, piece: bytes) -> list[PartEvent]:
        """What happens in the next piece of the body. Raises MultipartRefused."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise MultipartRefused(fault=type(error).__name__) from error
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """The body is over. Raises MultipartRefused when its last part is not."""
        if not self._complete:
            raise MultipartRefused(fault="the body ends before its last boundary")

    def _part_began(self) -> None:
        self._headers = _Headers()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._headers.name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._headers.value += data[start:end]

    def _header_ended(self) -> None:
        self._headers.keep()

    def _headers_ended(self) -> None:
        self._events.append(
            PartEvent(Happening.BEGAN, content_type=self._headers.found.get("content-type", ""))
        )

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartEvent(Happening.DATA, data=bytes(data[start:end])))

    def _part_ended(self) -> None:
        self._events.append(PartEvent(Happening.ENDED))

    def _ended(self) -> None:
        self._complete = True
