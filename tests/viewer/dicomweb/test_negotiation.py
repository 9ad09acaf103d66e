"""Accept, Accept-Encoding and Content-Type, as many clients write them (RFC 9110 12.5, PS3.18 8.7)."""

import re

import pytest
from hypothesis import given, strategies as st
from starlette.requests import Request

from viewer.content_coding import coding_for
from viewer.documents import XML_PARTS, document_type
from viewer.frame_types import COMPRESSED, frame_forms
from viewer.media_types import (
    DICOM,
    OCTETS,
    MediaRange,
    NotAcceptable,
    accepted,
    choose,
    parse_media_type,
    pieces,
    stored_form,
    unquoted,
)

EXPLICIT, IMPLICIT, BIG, J2K = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.90",
)
MPEG4, DEFLATED_FRAMES, PRIVATE = "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.8.1", "1.3.6.1.4.1.5962.300.2"


def asking(accept: str | None = None, query: str = "", coding: str | None = None) -> Request:
    """A request with that Accept header, query string and Accept-Encoding."""
    given_headers = (("accept", accept), ("accept-encoding", coding))
    headers = [(name.encode(), value.encode()) for name, value in given_headers if value is not None]
    return Request({"type": "http", "method": "GET", "headers": headers, "query_string": query.encode()})


def frame(accept: str | None, syntax: str, query: str = "") -> tuple[str, str, bool, bool]:
    """Media type, transfer syntax, whether decoded and whether alone: how a frame would be sent."""
    wanted, form = choose(accepted(asking(accept, query)), frame_forms(syntax))
    return form.media_type, form.transfer_syntax_uid, form.decoded, wanted.alone


STORED, NATIVE, DECODED = ("image/jp2", J2K, False), (OCTETS, EXPLICIT, False), (OCTETS, EXPLICIT, True)
FRAMES: list[tuple[str | None, str, tuple[str, str, bool], bool]] = [
    (None, J2K, STORED, False),
    ("*/*", J2K, STORED, False),
    ('multipart/related; type="*/*"', J2K, STORED, False),
    ("multipart/related", J2K, STORED, False),
    ("image/jp2", J2K, STORED, True),
    ("image/*", J2K, STORED, True),
    (f"image/jp2;transfer-syntax={J2K}", J2K, STORED, True),
    (f'multipart/related; type="image/jp2"; transfer-syntax={J2K}', J2K, STORED, False),
    ("multipart/related;type=image/jp2;transfer-syntax=*", J2K, STORED, False),
    ("MULTIPART/RELATED; TYPE=Image/JP2", J2K, STORED, False),
    # OHIF and Cornerstone ask for octets of any syntax and read the syntax of the part
    ("multipart/related; type=application/octet-stream; transfer-syntax=*", J2K, (OCTETS, J2K, False), False),
    (f'multipart/related; type="{OCTETS}"; transfer-syntax="{J2K}"', J2K, (OCTETS, J2K, False), False),
    # octets without a syntax are Explicit VR Little Endian (PS3.18 8.7.3.5.2)
    (f'multipart/related; type="{OCTETS}"', J2K, DECODED, False),
    (OCTETS, J2K, DECODED, True),
    (f"multipart/related; type={OCTETS}; transfer-syntax={EXPLICIT}", J2K, DECODED, False),
    (f'multipart/related; type="*/*"; transfer-syntax={EXPLICIT}', J2K, DECODED, False),
    (f"image/png, image/jp2;q=0.3, {OCTETS};q=0.9", J2K, DECODED, True),
    (f"image/jp2, {OCTETS}", J2K, STORED, True),
    (f"{OCTETS};q=0, */*;q=0.1", J2K, STORED, False),
    (OCTETS, EXPLICIT, NATIVE, True),
    (OCTETS, IMPLICIT, NATIVE, True),
    (f'multipart/related; type="{OCTETS}"; transfer-syntax={EXPLICIT}', BIG, NATIVE, False),
    (f"multipart/related; type={OCTETS}; transfer-syntax={IMPLICIT}", IMPLICIT, NATIVE, False),
    ("multipart/related; type=application/octet-stream; transfer-syntax=*", BIG, NATIVE, False),
    ("video/mp4", MPEG4, ("video/mp4", MPEG4, False), True),
    (OCTETS, PRIVATE, (OCTETS, PRIVATE, False), True),
    (OCTETS, DEFLATED_FRAMES, DECODED, True),
]


@pytest.mark.parametrize("accept, syntax, form, alone", FRAMES)
def test_the_form_of_a_frame(
    accept: str | None, syntax: str, form: tuple[str, str, bool], *, alone: bool
) -> None:
    assert frame(accept, syntax) == (*form, alone)


@pytest.mark.parametrize(
    "accept, syntax",
    [
        ("image/png", J2K),
        ("image/jp2;transfer-syntax=1.2.840.10008.1.2.4.91", J2K),
        ("image/jp2;q=0, application/octet-stream;q=0, image/*;q=0, image/jpeg, text/*", J2K),
        (OCTETS, MPEG4),
        ("application/dicom", EXPLICIT),
        ("text/html", PRIVATE),
        ("multipart/form-data", J2K),
        ("image/jp2;q=nonsense", J2K),
    ],
)
def test_a_frame_that_cannot_be_had_so(accept: str, syntax: str) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        frame(accept, syntax)
    offered = refusal.value.params["offered"]
    assert isinstance(offered, list)
    assert all(one.startswith((*COMPRESSED.values(), OCTETS)) for one in offered)


def test_a_query_parameter_counts_before_the_header() -> None:
    assert frame("image/png", J2K, "accept=image/jp2")[:2] == ("image/jp2", J2K)
    assert document_type(asking("text/html", "accept=application/dicom+json")) == "application/dicom+json"
    assert document_type(asking("text/html", "accept=application%2Fdicom%2Bjson")) == "application/dicom+json"


@pytest.mark.parametrize(
    "accept, media_type",
    [
        (None, "application/dicom+json"),
        ("*/*", "application/dicom+json"),
        ("application/json", "application/json"),
        ("application/json, application/dicom+json", "application/dicom+json"),
        ("application/json;q=0.9, application/dicom+json;q=0.8", "application/json"),
        ("application/dicom+json;q=0, application/json", "application/json"),
        ("application/dicom+xml, application/*;q=0.1", "application/dicom+json"),
        ("application/json; charset=utf-8", "application/json"),
        ('multipart/related; type="application/dicom+xml"', XML_PARTS),
        ('multipart/related; type="*/*"', XML_PARTS),
        ("multipart/related;type=application/dicom+xml, application/dicom+json;q=0.5", XML_PARTS),
        ('multipart/related; type="application/dicom+xml";q=0.2, */*;q=0.3', "application/dicom+json"),
    ],
)
def test_json_as_it_is_asked_for(accept: str | None, media_type: str) -> None:
    assert document_type(asking(accept)) == media_type


@pytest.mark.parametrize(
    "accept",
    [
        "application/dicom+xml",
        "text/html",
        "application/json;q=0",
        'multipart/related; type="application/dicom+xml"; q=0',
        'multipart/related; type="application/dicom"',
    ],
)
def test_nothing_but_json_and_xml_in_parts(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        document_type(asking(accept))


@pytest.mark.parametrize(
    "header, coding",
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br", "br"),
        ("br;q=1.0, gzip;q=0.8", "br"),
        ("gzip;q=0", "identity"),
        ("*", "gzip"),
        ("*;q=0, br", "br"),
        ("GZIP", "gzip"),
        ("gzippy", "identity"),
        ("gzip;q=2", "identity"),
    ],
)
def test_the_coding_of_an_answer(header: str | None, coding: str) -> None:
    assert coding_for(asking(coding=header), ["gzip", "br"]) == coding


TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789.+-", min_size=1, max_size=8)
VALUE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@given(TOKEN, TOKEN, st.dictionaries(TOKEN.map(str.lower), VALUE, max_size=4))
def test_a_media_type_is_read_as_it_was_written(kind: str, sub: str, parameters: dict[str, str]) -> None:
    written = f"{kind}/{sub}" + "".join(
        f'; {name}="' + re.sub(r'(["\\])', r"\\\1", value) + '"' for name, value in parameters.items()
    )
    assert parse_media_type(written) == MediaRange(f"{kind}/{sub}", parameters)
    assert list(pieces(f"{written},{written}", ",")) == [written, written]


@given(st.text(max_size=60))
def test_any_header_is_read_or_refused(text: str) -> None:
    request = Request(
        {"type": "http", "method": "GET", "headers": [(b"accept", text.encode("utf-8"))], "query_string": b""}
    )
    ranges = accepted(request)
    assert [r.quality for r in ranges] == sorted((r.quality for r in ranges), reverse=True)
    assert all(0 < r.quality <= 1 for r in ranges)
    assert ",".join(pieces(text, ",")) == text


@given(
    st.lists(st.sampled_from(["image/jp2", OCTETS, "*/*", "image/*", DICOM, "text/html"]), max_size=5),
    st.data(),
)
def test_what_is_chosen_is_never_what_is_refused(types: list[str], data: st.DataObject) -> None:
    qualities = [data.draw(st.sampled_from(["0", "0.5", "1", "0.001"])) for _ in types]
    header = ", ".join(f"{one};q={quality}" for one, quality in zip(types, qualities, strict=True))
    refused = {one for one, quality in zip(types, qualities, strict=True) if quality == "0"}
    allowed = {one for one, quality in zip(types, qualities, strict=True) if quality != "0"}
    try:
        chosen = frame(header, J2K)[0]
    except NotAcceptable:
        assert not {"image/jp2", OCTETS} & (allowed - refused)
    else:
        assert chosen in allowed or not types or allowed & {"*/*", "image/*"}


@pytest.mark.parametrize(
    "text, value", [('"a;b"', "a;b"), (r'"a\"b"', 'a"b'), ("plain", "plain"), ('"', '"'), ('""', "")]
)
def test_quotes_come_off(text: str, value: str) -> None:
    assert unquoted(text) == value


def test_an_object_is_chosen_only_in_its_own_syntax() -> None:
    for accept in (DICOM, f"{DICOM}; transfer-syntax=*", f'{DICOM};transfer-syntax="{J2K}"'):
        wanted, form = choose(accepted(asking(accept)), [stored_form(DICOM, J2K)])
        assert (wanted.alone, form.transfer_syntax_uid) == (True, J2K)
    with pytest.raises(NotAcceptable):
        choose(accepted(asking(f"{DICOM}; transfer-syntax={EXPLICIT}")), [stored_form(DICOM, J2K)])
