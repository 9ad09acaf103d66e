"""Frame records: what is written is read, and nothing else is."""

import struct
import zlib

import pytest
from hypothesis import given, strategies as st

from viewer.frame_records import HEADER, VERSION, Encoding, FrameRecord, RecordsDamaged, records_in

record_lists = st.lists(
    st.builds(
        FrameRecord,
        frame=st.integers(0, 2**32 - 1),
        encoding=st.sampled_from(Encoding),
        payload=st.binary(max_size=200),
    ),
    max_size=6,
)


def written(records: list[FrameRecord]) -> bytes:
    return b"".join(record.to_bytes() for record in records)


@given(records=record_lists)
def test_records_come_back(records: list[FrameRecord]) -> None:
    assert list(records_in(written(records))) == records


@given(records=record_lists.filter(bool), data=st.data())
def test_a_cut_stream_is_refused(records: list[FrameRecord], data: st.DataObject) -> None:
    content = written(records)
    ends = {len(written(records[:n])) for n in range(len(records) + 1)}
    cut = data.draw(st.integers(0, len(content) - 1).filter(lambda n: n not in ends))
    with pytest.raises(RecordsDamaged):
        list(records_in(content[:cut]))


@given(records=record_lists.filter(bool), data=st.data())
def test_a_changed_byte_is_never_taken_for_the_truth(records: list[FrameRecord], data: st.DataObject) -> None:
    content = bytearray(written(records))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        found = list(records_in(bytes(content)))
    except RecordsDamaged:
        return
    # Only the number or the encoding of a frame can change unseen: payloads are under a checksum.
    assert [one.payload for one in found] == [one.payload for one in records]
    assert found != records


@given(content=st.binary(max_size=200))
def test_noise_is_refused_or_empty(content: bytes) -> None:
    try:
        found = list(records_in(content))
    except RecordsDamaged:
        return
    assert written(found) == content


def test_the_layout_is_the_one_that_is_written_down() -> None:
    record = FrameRecord(7, Encoding.ZLIB, b"abc")
    expected = struct.pack("<I", 7) + bytes([2, 1, 0, 0]) + struct.pack("<II", 3, zlib.crc32(b"abc")) + b"abc"
    assert record.to_bytes() == expected


def test_another_version_is_refused() -> None:
    content = HEADER.pack(0, Encoding.HTJ2K, VERSION + 1, 0, 0, 0)
    with pytest.raises(RecordsDamaged):
        list(records_in(content))
