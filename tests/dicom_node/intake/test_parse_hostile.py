"""Mutated bytes: the parser answers or refuses, in bounded time, and never looks beyond the data set."""

import json
import struct
import time
import zlib
from collections.abc import Iterator
from mmap import mmap
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from config.kernel.errors import AppError
from dicom_node.intake.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from dicom_node.intake.parse import facts_of
from dicom_node.intake.part10 import read_head
from tests.dicom_node.objects import a_ct, dataset_bytes, file_bytes
from tests.dicom_node.refusals import outcome_of

SECONDS_MAX = 1.0
LONG = {vr.value.encode() for vr in EXPLICIT_VR_LENGTH_32}


def rich() -> Dataset:
    """A data set with nested sequences, text, numbers and compressed pixels."""
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning = "T-D1100", "头部"
    outer = Dataset()
    outer.ConceptNameCodeSequence = Sequence([inner, inner])
    dataset = a_ct(
        ContentSequence=Sequence([outer, Dataset()]),
        NumberOfFrames="2",
        PixelData=encapsulate([b"\xff\xd8\xff" + bytes(21), bytes(30)]),
        PixelSpacing=["0.5", "0.5"],
    )
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


SEEDS: tuple[tuple[bytes, Syntax], ...] = (
    (dataset_bytes(rich()), EXPLICIT_LITTLE),
    (dataset_bytes(a_ct(), implicit=True), IMPLICIT_LITTLE),
    (dataset_bytes(a_ct(), little=False), EXPLICIT_BIG),
)
Change = tuple[int, bytes]
changes = st.lists(
    st.tuples(
        st.integers(0, 2_000),
        st.one_of(
            st.binary(min_size=1, max_size=6),
            st.sampled_from(
                [
                    b"\xff\xff\xff\xff",
                    b"\0\0\0\0",
                    b"SQ\0\0",
                    b"UN\0\0",
                    b"\xfe\xff\0\xe0",
                    b"\xfe\xff\xdd\xe0",
                ]
            ),
        ),
    ),
    max_size=6,
)


class Watched(bytes):
    """Bytes that notice a read beyond their end."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            assert (key.stop or 0) <= len(self)
        return super().__getitem__(key)


def attempt(raw: bytes, syntax: Syntax) -> None:
    """Parse; a refusal must be one of ours, an answer must be valid JSON within the bytes."""
    began = time.monotonic()
    found = outcome_of(lambda: facts_of(raw, 0, syntax))
    if isinstance(found, AppError):
        assert found.code.startswith("dicom.")
    else:
        json.loads(zlib.decompress(found.instance.metadata_json))
        for frame in found.instance.frame_offsets:
            assert all(0 <= a <= b <= len(raw) for a, b in zip(frame[::2], frame[1::2], strict=True))
    assert time.monotonic() - began < SECONDS_MAX


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), changes, st.integers(0, 2_000))
def test_mutated_data_sets(seed: tuple[bytes, Syntax], edits: list[Change], keep: int) -> None:
    raw = bytearray(seed[0])
    for anywhere, content in edits:
        place = anywhere % len(raw)
        raw[place : place + len(content)] = content
    attempt(Watched(raw[: len(raw) - keep % 300 if keep < 600 else len(raw)]), seed[1])


def elements_of(raw: bytes) -> Iterator[int]:
    """Where each element of an Explicit VR Little Endian data set without sequences begins."""
    place = 0
    while place < len(raw):
        yield place
        is_long = raw[place + 4 : place + 6] in LONG
        head, form = (12, "<8xL") if is_long else (8, "<6xH")
        place += head + struct.unpack_from(form, raw, place)[0]


def test_an_element_of_any_other_vr_is_read_or_refused() -> None:
    dataset = a_ct(PixelSpacing=["0.5", "0.5"], WindowCenter="40")
    raw = dataset_bytes(dataset)
    places = list(elements_of(raw))
    assert len(places) == len(dataset)
    for place in places:
        for vr in VR:
            attempt(Watched(raw[: place + 4] + vr.value.encode() + raw[place + 6 :]), EXPLICIT_LITTLE)


@settings(max_examples=300)
@given(st.binary(max_size=600), st.sampled_from([EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG]))
def test_any_bytes(raw: bytes, syntax: Syntax) -> None:
    attempt(Watched(raw), syntax)


@settings(max_examples=300)
@given(changes, st.integers(0, 400))
def test_mutated_file_heads(edits: list[Change], keep: int) -> None:
    raw = bytearray(file_bytes(a_ct()))
    for place, content in edits:
        raw[place % 360 : place % 360 + len(content)] = content
    start = bytes(raw[: len(raw) - keep])
    found = outcome_of(lambda: read_head(start))
    if isinstance(found, AppError):
        assert found.code.startswith("dicom.")
    else:
        assert 132 < found[1] <= len(start)
        assert found[0].transfer_syntax_uid


def test_a_file_of_half_a_gigabyte_of_holes_is_not_read_through() -> None:
    raw = dataset_bytes(a_ct(PixelData=None))
    size = 512 * 1024 * 1024
    with mmap(-1, size) as buffer:
        buffer[: len(raw)] = raw
        began = time.monotonic()
        found = outcome_of(lambda: facts_of(buffer, 0, EXPLICIT_LITTLE))
        assert isinstance(found, AppError)
        assert found.params["tag"] == "(0000,0000)"
        assert time.monotonic() - began < SECONDS_MAX
