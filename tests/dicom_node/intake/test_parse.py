"""Facts and metadata of objects, held against pydicom on every sample and on made cases."""

import base64
import json
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence

from config.kernel.errors import AppError
from dicom_node.archive.errors import DatasetTruncated, DatasetUnreadable
from dicom_node.archive.inflate import InflatesTooLarge
from dicom_node.intake.elements import DEPTH_MAX, ELEMENTS_MAX, EXPLICIT_LITTLE, IMPLICIT_LITTLE, ITEMS_MAX
from dicom_node.intake.errors import AttributeRefused, DatasetTooComplex, PixelDataInconsistent
from dicom_node.intake.parse import Facts, facts_of, parse
from tests.dicom_node import oracle
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import DEFLATED

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
BIG_ENDIAN = "1.2.840.10008.1.2.2"


def document(facts: Facts) -> dict[str, Any]:
    """The metadata of an object."""
    found: dict[str, Any] = json.loads(zlib.decompress(facts.instance.metadata_json))
    return found


def of(dataset: Dataset, **form: bool) -> Facts:
    """The facts of a made data set."""
    syntax = IMPLICIT_LITTLE if form.get("implicit") else EXPLICIT_LITTLE
    return facts_of(dataset_bytes(dataset, **form), 0, syntax)


def pieces(raw: bytes, facts: Facts) -> list[bytes]:
    """The frames of an object by their stored places."""
    return [
        b"".join(raw[a:b] for a, b in zip(f[::2], f[1::2], strict=True)) for f in facts.instance.frame_offsets
    ]


@pytest.mark.samples
def test_metadata_and_frames_of_every_sample_are_what_pydicom_reads(samples: Path, tmp_path: Path) -> None:
    compared = framed = 0
    whole = tmp_path / "whole.dcm"
    for path in oracle.dicom_files(samples):
        whole.write_bytes(oracle.whole_file(path))
        syntax, offset = oracle.head_of(whole)
        if path.name == "badVR.dcm" or syntax == BIG_ENDIAN:
            continue
        try:
            facts = parse(whole, offset, syntax)
        except AppError:
            continue
        dataset = oracle.read(whole)
        assert oracle.differences(document(facts), dataset) == [], path
        compared += 1
        if facts.instance.frame_offsets and "PixelData" in dataset and syntax != DEFLATED:
            read = (
                oracle.encapsulated_frames
                if dataset["PixelData"].is_undefined_length
                else oracle.native_frames
            )
            assert pieces(whole.read_bytes(), facts) == read(dataset, facts.instance.number_of_frames), path
            framed += 1
    assert compared > 350
    assert framed > 250


@pytest.mark.parametrize("implicit", [False, True])
def test_the_index_gets_corrected_text(implicit: bool) -> None:
    facts = of(a_ct(), implicit=implicit)
    study, series, instance = facts.study, facts.series, facts.instance
    assert (study.patient_name, study.patient_id, study.study_date) == (
        "Wang^Xiaodong=王^小东",
        "P1",
        "20260302",
    )
    assert (study.study_description, study.referring_physician_name) == ("头颅平扫", "Li^Si")
    assert (series.modality, series.series_number, series.body_part_examined) == ("CT", 2, "HEAD")
    assert (instance.rows, instance.columns, instance.number_of_frames) == (3, 4, 1)
    assert document(facts)["00080005"]["Value"] == ["ISO_IR 192"]


def test_dates_of_older_standards_and_nonsense() -> None:
    facts = of(a_ct(StudyDate="2026.03.02", StudyTime="09:30:00", PatientBirthDate="someday"))
    assert (facts.study.study_date, facts.study.study_time, facts.study.patient_birth_date) == (
        "20260302",
        "093000",
        "",
    )


def test_numbers_that_are_none_stay_text() -> None:
    found = document(of(a_ct(InstanceNumber="1", SliceThickness="5", PixelSpacing=["0.5", "0.25"])))
    assert found["00180050"] == {"vr": "DS", "Value": [5]}
    assert found["00280030"]["Value"] == [0.5, 0.25]
    raw = dataset_bytes(a_ct(SliceThickness="12345678")).replace(b"12345678", b"1_0 abc ")
    assert document(facts_of(raw, 0, EXPLICIT_LITTLE))["00180050"]["Value"] == ["1_0 abc"]


def test_large_values_are_placeholders_that_point_at_their_bytes() -> None:
    dataset = a_ct()
    step = Dataset()
    step.add_new(0x54001010, "OW", bytes(range(256)) * 8)
    dataset.WaveformSequence = Sequence([step])
    raw = dataset_bytes(dataset)
    place = document(facts_of(raw, 0, EXPLICIT_LITTLE))["54000100"]["Value"][0]["54001010"]["BulkDataURI"]
    start, end = map(int, place.removeprefix("bulk/").split("-"))
    assert raw[start:end] == bytes(range(256)) * 8


def test_frames_of_native_pixels() -> None:
    dataset = a_ct(NumberOfFrames="2", PixelData=bytes(48))
    facts = of(dataset)
    (first, second) = facts.instance.frame_offsets
    assert second == [first[1], first[1] + 24]
    assert facts.instance.pixel_bytes == 48


def test_bit_frames_that_share_a_byte_are_not_named() -> None:
    mask = a_ct(BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames="3", PixelData=bytes(6))
    assert of(mask).instance.frame_offsets == []
    whole = a_ct(BitsAllocated=1, BitsStored=1, HighBit=0, Rows=4, NumberOfFrames="3", PixelData=bytes(6))
    assert [end - start for start, end in of(whole).instance.frame_offsets] == [2, 2, 2]


def item(content: bytes) -> bytes:
    """An item of a sequence of fragments."""
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content)) + content


def compressed(value: bytes, frames: int, **more: object) -> bytes:
    """A data set with encapsulated pixel data."""
    dataset = a_ct(NumberOfFrames=str(frames), PixelData=value, **more)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset_bytes(dataset)


def encapsulated(value: bytes, frames: int, **more: object) -> tuple[bytes, Facts]:
    """A data set with compressed pixel data and its facts."""
    raw = compressed(value, frames, **more)
    return raw, facts_of(raw, 0, EXPLICIT_LITTLE)


@pytest.mark.parametrize(
    "frames, fragments, table", [(1, 3, True), (3, 1, True), (3, 1, False), (3, 2, True)]
)
def test_frames_of_encapsulated_pixels(frames: int, fragments: int, table: bool) -> None:
    streams = [bytes([n]) * 40 for n in range(frames)]
    raw, facts = encapsulated(encapsulate(streams, fragments_per_frame=fragments, has_bot=table), frames)
    assert pieces(raw, facts) == streams


def test_frames_by_the_extended_offset_table() -> None:
    streams = [b"a" * 30, b"b" * 60, b"c" * 10]
    value, table, lengths = encapsulate_extended(streams)
    raw, facts = encapsulated(value, 3, ExtendedOffsetTable=table, ExtendedOffsetTableLengths=lengths)
    assert pieces(raw, facts) == streams


def test_frames_without_a_table_by_the_start_of_their_streams() -> None:
    streams = [b"\xff\xd8\xff" + bytes(37), b"\xff\xd8\xff" + bytes(57)]
    raw, facts = encapsulated(encapsulate(streams, fragments_per_frame=2, has_bot=False), 2)
    assert pieces(raw, facts) == streams


def test_frames_that_nothing_tells_apart_are_not_named() -> None:
    _raw, facts = encapsulated(encapsulate([b"x" * 40, b"y" * 40], fragments_per_frame=2, has_bot=False), 2)
    assert facts.instance.frame_offsets == []
    assert facts.instance.pixel_offset is not None


def test_fewer_fragments_than_frames_is_refused() -> None:
    with pytest.raises(PixelDataInconsistent):
        encapsulated(encapsulate([b"x" * 40], has_bot=False), 2)


MPEG2, MPEG4, HEVC = "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102.1", "1.2.840.10008.1.2.4.107"


@pytest.mark.parametrize("syntax", [MPEG2, MPEG4, HEVC])
@pytest.mark.parametrize("fragments", [[b"whole stream"], [b"half a", b"stream"]])
def test_the_frames_of_a_video_are_one_stream(tmp_path: Path, syntax: str, fragments: list[bytes]) -> None:
    raw = compressed(b"".join(item(one) for one in (b"", *fragments)), frames=25)
    path = tmp_path / "film"
    path.write_bytes(raw)
    instance = parse(path, 0, syntax).instance
    assert instance.number_of_frames == 25
    ((*places,),) = instance.frame_offsets
    assert [raw[a:b] for a, b in zip(places[::2], places[1::2], strict=True)] == fragments
    assert instance.pixel_offset == raw.index(item(b"")) > 0
    assert instance.pixel_bytes == len(raw) - instance.pixel_offset


@pytest.mark.parametrize("syntax", [MPEG2, "1.2.840.10008.1.2.4.50", "1.2.3.4"])
def test_no_stream_at_all_is_no_video(tmp_path: Path, syntax: str) -> None:
    path = tmp_path / "film"
    path.write_bytes(compressed(item(b""), frames=25))
    with pytest.raises(PixelDataInconsistent):
        parse(path, 0, syntax)


def nested(depth: int) -> bytes:
    """Sequences inside sequences, all of undefined length."""
    opening = struct.pack("<HH2s2xL", 0x0040, 0xA730, b"SQ", 0xFFFFFFFF) + struct.pack(
        "<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    closing = struct.pack("<HHL", 0xFFFE, 0xE00D, 0) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    return opening * depth + closing * depth


def test_nesting_is_taken_up_to_the_cap_and_refused_beyond() -> None:
    base = dataset_bytes(a_ct(PixelData=None))
    assert facts_of(base + nested(DEPTH_MAX), 0, EXPLICIT_LITTLE).study.patient_id == "P1"
    for depth in (DEPTH_MAX + 1, 60, 50_000):
        with pytest.raises(DatasetTooComplex):
            facts_of(base + nested(depth), 0, EXPLICIT_LITTLE)


def test_items_and_elements_are_counted() -> None:
    base = dataset_bytes(a_ct(PixelData=None))
    items = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * (ITEMS_MAX + 1)
    with pytest.raises(DatasetTooComplex):
        facts_of(
            base + struct.pack("<HH2s2xL", 0x0040, 0xA730, b"SQ", len(items)) + items, 0, EXPLICIT_LITTLE
        )
    many = b"".join(
        struct.pack("<HH2sH", 0x0041 + 2 * (n // 0xE000), 0x1000 + n % 0xE000, b"CS", 0)
        for n in range(ELEMENTS_MAX + 1)
    )
    with pytest.raises(DatasetTooComplex):
        facts_of(base + many, 0, EXPLICIT_LITTLE)


CASES: dict[str, Callable[[bytes], bytes]] = {
    "cut in a header": lambda raw: raw[:-30],
    "cut in a value": lambda raw: raw[:-3],
    "longer than the rest": lambda raw: raw.replace(
        struct.pack("<L", 24) + bytes(range(24)), struct.pack("<L", 26) + bytes(range(24))
    ),
    "unknown VR": lambda raw: raw.replace(b"\x10\0\x20\0LO", b"\x10\0\x20\0??"),
    "wrong VR": lambda raw: raw.replace(b"\x10\0\x20\0LO", b"\x10\0\x20\0ZZ"),
    "an element twice": lambda raw: raw + raw[: raw.index(b"\x08\0\x16\0")],
    "command elements": lambda raw: struct.pack("<HH2sH", 0, 2, b"UI", 0) + raw,
    "file meta": lambda raw: struct.pack("<HH2sH", 2, 2, b"UI", 0) + raw,
}


@pytest.mark.parametrize("case", CASES)
def test_broken_encodings_are_refused_by_name(case: str) -> None:
    raw = dataset_bytes(a_ct())
    broken = CASES[case](raw)
    assert broken != raw
    with pytest.raises(DatasetUnreadable) as refusal:
        facts_of(broken, 0, EXPLICIT_LITTLE)
    assert refusal.value.params["fault"]


@pytest.mark.parametrize(
    "tag, keyword, vr",
    [
        (b"\x10\0\x20\0", "PatientID", b"IS"),
        (b"\x10\0\x20\0", "PatientID", b"US"),
        (b"\x10\0\x10\0", "PatientName", b"LO"),
        (b"\x08\0\x50\0", "AccessionNumber", b"FD"),
        (b"\x20\0\x0d\0", "StudyInstanceUID", b"DS"),
        (b"\x08\0\x18\0", "SOPInstanceUID", b"SS"),
    ],
)
def test_who_and_what_it_is_may_not_hide_behind_another_vr(tag: bytes, keyword: str, vr: bytes) -> None:
    raw = dataset_bytes(a_ct(PatientID="12345678", AccessionNumber="A1234567"))
    place = raw.index(tag) + 4
    with pytest.raises(AttributeRefused) as refusal:
        facts_of(raw[:place] + vr + raw[place + 2 :], 0, EXPLICIT_LITTLE)
    assert refusal.value.params["attribute"] == keyword
    assert vr.decode() in str(refusal.value.params["fault"])


def test_an_empty_value_is_empty_whatever_its_vr() -> None:
    raw = dataset_bytes(a_ct(PatientID=""))
    place = raw.index(b"\x10\0\x20\0") + 4
    assert facts_of(raw[:place] + b"IS" + raw[place + 2 :], 0, EXPLICIT_LITTLE).study.patient_id == ""


@pytest.mark.parametrize(
    "keyword, words",
    [
        ("PatientName", "longer than 330 characters"),
        ("PatientID", "longer than 64 characters"),
        ("AccessionNumber", "longer than 64 characters"),
        ("StudyInstanceUID", "longer than 64 characters"),
    ],
)
def test_a_value_of_a_megabyte_is_named_and_never_taken_for_empty(keyword: str, words: str) -> None:
    dataset = a_ct(**{keyword: "1" * 100})
    raw = dataset_bytes(dataset, implicit=True)
    huge = raw.replace(struct.pack("<L", 100) + b"1" * 100, struct.pack("<L", 1_000_000) + b"1" * 1_000_000)
    with pytest.raises(AttributeRefused) as refusal:
        facts_of(huge, 0, IMPLICIT_LITTLE)
    assert (refusal.value.params["attribute"], refusal.value.params["fault"]) == (keyword, words)


def test_a_description_that_is_a_sequence_is_no_text() -> None:
    raw = dataset_bytes(a_ct(StudyDescription="x" * 8, PixelData=None, Rows=None))
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
    old = b"\x08\0\x30\x10LO" + struct.pack("<H", 8) + b"x" * 8
    new = b"\x08\0\x30\x10SQ\0\0" + struct.pack("<L", 8) + item
    assert facts_of(raw.replace(old, new), 0, EXPLICIT_LITTLE).study.study_description == ""


@pytest.mark.parametrize("count", [1, 7, 8, 65_537, 3_000_000])
def test_zero_padding_after_the_last_element_is_read_past(count: int) -> None:
    assert facts_of(dataset_bytes(a_ct()) + bytes(count), 0, EXPLICIT_LITTLE).study.patient_id == "P1"


@pytest.mark.parametrize("count", [1, 7, 8, 65_537, 3_000_000])
def test_what_follows_zeros_is_no_padding(count: int) -> None:
    with pytest.raises(DatasetUnreadable):
        facts_of(dataset_bytes(a_ct()) + bytes(count) + b"\1" * 9, 0, EXPLICIT_LITTLE)


def test_what_only_the_dictionary_calls_a_sequence_may_be_a_text() -> None:
    """(0040,A170) was Observation Class in the structured reports of the trial supplement, a CS."""
    dataset = a_ct(PixelData=None)
    dataset.add_new(0x0040A170, "CS", "NAMED MEASUREMENT")
    data = document(of(dataset, implicit=True))
    assert base64.b64decode(data["0040A170"]["InlineBinary"]) == b"NAMED MEASUREMENT "
    assert data["00100020"]["Value"] == ["P1"]


def test_signed_values_without_a_vr_follow_pixel_representation() -> None:
    for representation, value in ((0, 63_536), (1, -2_000)):
        dataset = a_ct(PixelRepresentation=representation)
        dataset.add_new(0x00280120, "SS" if representation else "US", value)
        assert document(of(dataset, implicit=True))["00280120"]["Value"] == [value]


def test_a_deflated_bomb_is_refused_soon(tmp_path: Path) -> None:
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(press.compress(bytes(1 << 20)) for _ in range(256)) + press.flush()
    path = tmp_path / "bomb"
    path.write_bytes(bomb)
    with pytest.raises(InflatesTooLarge):
        parse(path, 0, DEFLATED)
    assert [p.name for p in tmp_path.iterdir()] == ["bomb"]


@pytest.mark.parametrize("spoil", [lambda b: b[:-4], lambda b: b"\xff" + b[1:], lambda b: b[:0]])
def test_a_damaged_deflated_stream_is_refused(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    path = tmp_path / "object"
    path.write_bytes(spoil(press.compress(dataset_bytes(a_ct())) + press.flush()))
    with pytest.raises(DatasetUnreadable):
        parse(path, 0, DEFLATED)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    with pytest.raises(DatasetTruncated):
        parse(path, 0, "1.2.840.10008.1.2")


def test_elements_keep_their_order_and_place() -> None:
    raw = dataset_bytes(a_ct())
    tags = list(document(facts_of(raw, 0, EXPLICIT_LITTLE)))
    assert all(a < b for a, b in pairwise(tags))
    assert pydicom.datadict.keyword_for_tag(tags[-1]) == "PixelData"
