"""Accept and Content-Type as DICOMweb uses them (PS3.18 8.7, RFC 9110 12.5.1)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from starlette.requests import Request

from config.kernel.errors import Invalid

ACCEPT_CHARACTERS_MAX = 4096
RANGES_MAX = 64
QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)
ESCAPED = re.compile(r"\\(.)")
DICOM, OCTETS = "application/dicom", "application/octet-stream"
DICOM_JSON, JSON = "application/dicom+json", "application/json"
DICOM_XML = "application/dicom+xml"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


class NotAcceptable(Invalid):
    """The object cannot be sent in any form that the request accepts."""

    code = "dicomweb.not_acceptable"


class MediaTypeRefused(Invalid):
    """The body is not of a media type that is taken here."""

    code = "dicomweb.media_type_refused"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One media type or range. For multipart/related, `inner` is the type of its parts.

    `but_not`: types that the same request refuses by q=0, whatever a wider range says.
    """

    media_type: str
    parameters: dict[str, str] = field(default_factory=dict)
    but_not: frozenset[str] = frozenset()

    @property
    def is_multipart(self) -> bool:
        """True when parts are asked for, or given."""
        return self.media_type == "multipart/related"

    @property
    def alone(self) -> bool:
        """True when one representation is asked for by its own type, outside of parts."""
        return not self.is_multipart and self.media_type != "*/*"

    @property
    def inner(self) -> str:
        """The type of the representation itself, inside parts or alone."""
        return self.parameters.get("type", "*/*").lower() if self.is_multipart else self.media_type

    @property
    def transfer_syntax(self) -> str:
        """The transfer syntax asked for: a UID, `*` for any, '' when not said (PS3.18 8.7.3.5)."""
        return self.parameters.get("transfer-syntax", "")

    @property
    def quality(self) -> float:
        """How much it is wanted, 0 to 1; what is no quality value counts as not wanted."""
        text = self.parameters.get("q", "1")
        return float(text) if QUALITY.fullmatch(text) else 0.0

    def matches(self, media_type: str) -> bool:
        """True when `media_type` lies in this range."""
        kind, _, rest = self.inner.partition("/")
        if self.inner == media_type:
            return True
        if media_type in self.but_not:
            return False
        return self.inner == "*/*" or (rest == "*" and media_type.startswith(f"{kind}/"))


def pieces(text: str, separator: str) -> Iterator[str]:
    """`text` cut at each `separator` that stands outside of a quoted string (RFC 9110 5.6.4)."""
    start, quoted, escaped = 0, False, False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def unquoted(text: str) -> str:
    """The value of a parameter, without quotes and their escapes."""
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return ESCAPED.sub(r"\1", text[1:-1])
    return text


def parse_media_type(text: str) -> MediaRange:
    """One media type with its parameters, quotes removed."""
    kind, *rest = pieces(text, ";")
    parameters = {}
    for part in rest:
        name, equals, value = part.partition("=")
        if equals:
            parameters[name.strip().lower()] = unquoted(value.strip())
    return MediaRange(kind.strip().lower(), parameters)


def accept_of(request: Request) -> str:
    """What the request says that it accepts.

    A query parameter `accept` counts before the header (PS3.18 8.3.3.1); a `+` in it that was not
    escaped has become a space. Raises NotAcceptable when it is too long to be read.
    """
    asked = request.query_params.get("accept", "").strip()
    text = re.sub(r"(?<=\w) (?=\w)", "+", asked) or ",".join(request.headers.getlist("accept"))
    if len(text) > ACCEPT_CHARACTERS_MAX:
        raise NotAcceptable(fault="Accept is too long")
    return text


def accepted(request: Request) -> tuple[MediaRange, ...]:
    """What the request accepts, most wanted first; everything when it doesn't say. Raises NotAcceptable."""
    return accepted_in(accept_of(request))


@lru_cache(maxsize=256)
def accepted_in(text: str) -> tuple[MediaRange, ...]:
    """The same of what was said."""
    given = [part for part in pieces(text, ",") if part.strip()][:RANGES_MAX]
    ranges = [parse_media_type(part) for part in given or ["*/*"]]
    refused = frozenset(one.inner for one in ranges if one.quality == 0)
    wanted = [replace(one, but_not=refused) for one in ranges if one.quality > 0]
    return tuple(sorted(wanted, key=lambda one: one.quality, reverse=True))


def response_type(request: Request) -> str:
    """The media type of one data set that says what was stored: JSON or XML. Raises NotAcceptable."""
    offered = (DICOM_JSON, JSON, DICOM_XML)
    ranges = [one for one in accepted(request) if not one.is_multipart]
    best = {kind: max((one.quality for one in ranges if one.matches(kind)), default=0.0) for kind in offered}
    wanted = max(offered, key=lambda kind: best[kind])
    if not best[wanted]:
        raise NotAcceptable(offered=list(offered))
    return wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form in which something can be sent: its media type, and the transfer syntaxes that ask for it.

    `syntaxes` are what a request may say; '' is saying nothing. `transfer_syntax_uid` is what the
    answer says. `decoded`: pixels are decoded on the way, and encoded anew where that says so.
    """

    media_type: str
    transfer_syntax_uid: str
    syntaxes: frozenset[str]
    decoded: bool = False


def stored_form(media_type: str, transfer_syntax_uid: str) -> Form:
    """What is sent as it is stored."""
    return Form(
        media_type=media_type,
        transfer_syntax_uid=transfer_syntax_uid,
        syntaxes=frozenset({"", "*", transfer_syntax_uid}),
    )


def choose(ranges: Iterable[MediaRange], forms: Iterable[Form]) -> tuple[MediaRange, Form]:
    """The most wanted range, and the first of `forms` that lies in it. Raises NotAcceptable."""
    offered = list(forms)
    for wanted in ranges:
        for form in offered:
            if wanted.matches(form.media_type) and wanted.transfer_syntax in form.syntaxes:
                return wanted, form
    raise not_acceptable(offered)


def not_acceptable(offered: Iterable[Form]) -> NotAcceptable:
    """The refusal that names what could be had."""
    return NotAcceptable(
        offered=[f"{form.media_type}; transfer-syntax={form.transfer_syntax_uid or '*'}" for form in offered]
    )
