"""Bodies of parts, read as they stream in: multipart/related (RFC 2387), or one object by itself."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from config.kernel.errors import Invalid

HEADERS_MAX = 16
HEADER_BYTES_MAX = 2048
BOUNDARY_CHARACTERS_MAX = 256
"""RFC 2046 allows 70; Debian's Orthanc makes them of two UUIDs, 73 characters long."""
PREAMBLE_BYTES_MAX = 4096
LINE_END = b"\r\n"


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


class PartReader(Protocol):
    """Turns pieces of a body into events of its parts. `feed` each piece, then `close`."""

    def feed(self, piece: bytes) -> list[PartEvent]:
        """What happens in the next piece of the body. Raises MultipartRefused."""
        ...

    def close(self) -> list[PartEvent]:
        """The body is over: what that ends. Raises MultipartRefused when its last part is not complete."""
        ...


class SingleReader:
    """A body that is one part by itself."""

    def __init__(self, content_type: str) -> None:
        self._content_type, self._began = content_type, False

    def feed(self, piece: bytes) -> list[PartEvent]:
        """The piece, after the beginning when it is the first."""
        begin = [] if self._began else [PartEvent(Happening.BEGAN, content_type=self._content_type)]
        self._began = True
        return [*begin, PartEvent(Happening.DATA, data=piece)]

    def close(self) -> list[PartEvent]:
        """The end of the one part."""
        return [PartEvent(Happening.ENDED)]


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
    """Parts between boundaries, by python-multipart's parser. What stands before the first is skipped."""

    def __init__(self, boundary: str, bytes_max: int) -> None:
        if not 1 <= len(boundary) <= BOUNDARY_CHARACTERS_MAX or not boundary.isascii():
            raise MultipartRefused(fault="the boundary is missing or too long")
        self._events: list[PartEvent] = []
        self._headers = _Headers()
        self._delimiter = b"--" + boundary.encode("ascii")
        self._preamble: bytearray | None = bytearray()
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
        if self._preamble is not None:
            piece = self._after_preamble(piece)
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise MultipartRefused(fault=type(error).__name__) from error
        events, self._events = self._events, []
        return events

    def close(self) -> list[PartEvent]:
        """Nothing further. Raises MultipartRefused when the last boundary has not come."""
        if not self._complete:
            raise MultipartRefused(fault="the body ends before its last boundary")
        return []

    def _after_preamble(self, piece: bytes) -> bytes:
        """What comes from the first delimiter on, '' while there is none (RFC 2046 5.1.1)."""
        seen = self._preamble or bytearray()
        seen += piece
        found = 0 if seen.startswith(self._delimiter) else seen.find(LINE_END + self._delimiter)
        if found >= 0:
            self._preamble = None
            return bytes(seen[found:]).removeprefix(LINE_END)
        if len(seen) > PREAMBLE_BYTES_MAX:
            raise MultipartRefused(fault="the boundary does not come")
        self._preamble = seen
        return b""

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
