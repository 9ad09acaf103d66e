"""The size that a compressed frame declares, for every codec we meet and for noise."""

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, strategies as st

from viewer.codestream import CodestreamSize, declared_size

GREY8 = np.arange(35 * 50, dtype=np.uint8).reshape(35, 50)
GREY12 = (np.arange(35 * 50, dtype=np.uint16) % 4096).reshape(35, 50)
COLOUR = np.arange(35 * 50 * 3, dtype=np.uint8).reshape(35, 50, 3)

ENCODED = {
    "jpeg": (imagecodecs.jpeg8_encode(GREY8), CodestreamSize(35, 50, 1, 8)),
    "jpeg colour": (imagecodecs.jpeg8_encode(COLOUR), CodestreamSize(35, 50, 3, 8)),
    "jpeg lossless": (imagecodecs.ljpeg_encode(GREY12, bitspersample=12), CodestreamSize(35, 50, 1, 12)),
    "jpeg-ls": (imagecodecs.jpegls_encode(GREY12), CodestreamSize(35, 50, 1, 12)),
    "j2k": (imagecodecs.jpeg2k_encode(GREY12, codecformat="j2k", level=0), CodestreamSize(35, 50, 1, 16)),
    "jp2": (imagecodecs.jpeg2k_encode(COLOUR, codecformat="jp2", level=0), CodestreamSize(35, 50, 3, 8)),
    "htj2k": (imagecodecs.htj2k_encode(GREY12, reversible=True), CodestreamSize(35, 50, 1, 16)),
}


@pytest.mark.parametrize("codec", ENCODED)
def test_the_size_is_read_from_the_codestream(codec: str) -> None:
    frame, expected = ENCODED[codec]
    found = declared_size(bytes(frame))
    assert found is not None
    assert (found.rows, found.columns, found.components) == (
        expected.rows,
        expected.columns,
        expected.components,
    )
    assert codec == "jpeg-ls" or found.bits == expected.bits


@given(codec=st.sampled_from(sorted(ENCODED)), data=st.data())
def test_damage_never_raises(codec: str, data: st.DataObject) -> None:
    frame = bytearray(ENCODED[codec][0])
    for _ in range(data.draw(st.integers(1, 6))):
        frame[data.draw(st.integers(0, min(len(frame), 200) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    found = declared_size(bytes(frame[:cut]))
    assert found is None or isinstance(found, CodestreamSize)


@given(noise=st.binary(max_size=300), start=st.sampled_from([b"", b"\xff\xd8", b"\xff\x4f\xff\x51"]))
def test_noise_never_raises(noise: bytes, start: bytes) -> None:
    declared_size(start + noise)


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    frame = bytes(imagecodecs.jpeg8_encode(GREY8))
    filled = frame[:2] + b"\xff\xff" + frame[2:]
    assert declared_size(filled) == declared_size(frame)
