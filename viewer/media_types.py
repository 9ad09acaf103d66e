"""Accept and Content-Type as DICOMweb uses them (PS3.18 8.7, RFC 9110 12.5.1)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.requests import Request

from config.kernel.errors import Invalid

ACCEPT_CHARACTERS_MAX = 4096
RANGES_MAX = 64
PARAMETER = re.compile(r';\s*([\w!#$&^.+-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;,\s]*)')
DICOM, OCTETS, DICOM_JSON = "application/dicom", "application/octet-stream", "application/dicom+json"
JSON_TYPES = frozenset({DICOM_JSON, "application/json", "application/*", "*/*"})


class NotAcceptable(Invalid):
    """The object cannot be sent in any form that the request accepts."""

    code = "dicomweb.not_acceptable"


class MediaTypeRefused(Invalid):
    """The body is not of a media type that is taken here."""

    code = "dicomweb.media_type_refused"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One media type or range. For multipart/related, `inner` is the type of its parts."""

    media_type: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def is_multipart(self) -> bool:
        """True when parts are asked for, or given."""
        return self.media_type == "multipart/related"

    @property
    def inner(self) -> str:
        """The type of the representation itself, inside parts or alone."""
        return self.parameters.get("type", "*/*").lower() if self.is_multipart else self.media_type

    @property
    def transfer_syntax(self) -> str:
        """The transfer syntax asked for: a UID, `*` for any, '' when not said (PS3.18 8.7.3.5)."""
        return self.parameters.get("transfer-syntax", "")

    def matches(self, media_type: str) -> bool:
        """True when `media_type` lies in this range."""
        kind, _, rest = self.inner.partition("/")
        return self.inner in {"*/*", media_type} or (rest == "*" and media_type.startswith(f"{kind}/"))


def parse_media_type(text: str) -> MediaRange:
    """One media type with its parameters, quotes removed."""
    kind = text.partition(";")[0].strip().lower()
    parameters = {name.lower(): value.strip('"') for name, value in PARAMETER.findall(text)}
    return MediaRange(kind, parameters)


def accepted(request: Request) -> list[MediaRange]:
    """What the request accepts, most wanted first; everything when it doesn't say.

    A query parameter `accept` counts before the header (PS3.18 8.3.3.1).
    """
    text = request.query_params.get("accept") or request.headers.get("accept") or "*/*"
    if len(text) > ACCEPT_CHARACTERS_MAX:
        raise NotAcceptable(fault="Accept is too long")
    ranges = [parse_media_type(part) for part in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', text)][:RANGES_MAX]
    return sorted((r for r in ranges if _quality(r) > 0), key=_quality, reverse=True)


def _quality(media_range: MediaRange) -> float:
    text = media_range.parameters.get("q", "1")
    return float(text) if re.fullmatch(r"[01](\.\d{1,3})?", text) else 0.0


def require_json(request: Request) -> None:
    """Refuse a request that does not take DICOM JSON. Raises NotAcceptable."""
    if not any(r.media_type in JSON_TYPES for r in accepted(request)):
        raise NotAcceptable(offered=DICOM_JSON)


def choose(ranges: Iterable[MediaRange], media_type: str, transfer_syntax_uid: str) -> MediaRange:
    """The range under which a representation in its stored transfer syntax may be sent.

    A named transfer syntax must be the stored one: nothing is transcoded here. Raises NotAcceptable.
    """
    for wanted in ranges:
        if wanted.matches(media_type) and wanted.transfer_syntax in {"", "*", transfer_syntax_uid}:
            return wanted
    raise NotAcceptable(offered=media_type, transfer_syntax=transfer_syntax_uid)
