"""Objects and frames in another transfer syntax than the stored one, held against pydicom's own decoders."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import imagecodecs
import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from hypothesis import given, settings, strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.dicom_node.objects import a_ct, dataset_of, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from tests.viewer.dicomweb.parts import parts
from viewer.encoding import ENCODERS, NotEncodable, encoded, photometric_after
from viewer.frame_jobs import FrameJob
from viewer.pixels import Fault, PixelForm
from viewer.transcoding import FrameTranscoding, ObjectTranscoding, transcoded_frame, transcoded_object

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
DICOM = "application/dicom"
NATIVE = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
MADE = [ExplicitVRLittleEndian, JPEG2000Lossless, HTJ2KLossless, JPEGLSLossless]
SIDE = 16
Pixels = npt.NDArray[np.uint16]


def address(dataset: Dataset) -> str:
    """The path of an instance."""
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}"


def some_pixels(frames: int) -> Pixels:
    """Frames of 12-bit samples, every one different."""
    return (np.arange(frames * SIDE * SIDE).reshape(frames, SIDE, SIDE) * 13 % 4096).astype("<u2")


def an_object(frames: int, **attributes: object) -> Dataset:
    """Native frames of 12 bits; keywords replace attributes."""
    described: dict[str, object] = {
        "Rows": SIDE,
        "Columns": SIDE,
        "NumberOfFrames": str(frames),
        "PixelData": some_pixels(frames).tobytes(),
    }
    return a_ct(**(described | attributes))


def colours(frames: int = 1) -> npt.NDArray[np.uint8]:
    """RGB frames."""
    return np.random.default_rng(3).integers(0, 256, (frames, SIDE, SIDE, 3), np.uint8)


def a_colour_object(pixels: npt.NDArray[np.uint8]) -> Dataset:
    """RGB by pixel, natively."""
    return an_object(
        len(pixels),
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="RGB",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelData=pixels.tobytes(),
    )


def file_of(dataset: Dataset, syntax: UID) -> bytes:
    """A file in any native syntax; samples of big endian ones are turned round as they should be."""
    if syntax != ExplicitVRBigEndian:
        return file_bytes(dataset, syntax)
    plain = dataset.PixelData
    dataset.PixelData = np.frombuffer(plain, "<u2").astype(">u2").tobytes()
    content = file_bytes(dataset, syntax)
    dataset.PixelData = plain
    return content


async def had(web: httpx.AsyncClient, dataset: Dataset, syntax: str) -> pydicom.FileDataset:
    """The object in that syntax, alone."""
    answer = await web.get(address(dataset), headers={"Accept": f"{DICOM}; transfer-syntax={syntax}"})
    assert answer.status_code == 200, answer.text
    found = pydicom.dcmread(io.BytesIO(answer.content))
    assert found.file_meta.TransferSyntaxUID == syntax
    return found


def attributes_of(dataset: Dataset) -> dict[str, object]:
    """All but what a transfer syntax changes."""
    changed = {"PixelData", "PhotometricInterpretation", "PlanarConfiguration"}
    return {e.keyword or str(e.tag): e.value for e in dataset if e.keyword not in changed}


@pytest.mark.parametrize("stored", NATIVE, ids=lambda uid: uid.keyword)
async def test_native_objects_in_every_syntax_that_can_be_made(
    web: httpx.AsyncClient, archived: Archive, stored: UID
) -> None:
    dataset = an_object(3)
    archived(file_of(dataset, stored))
    for target in MADE:
        found = await had(web, dataset, target)
        assert np.array_equal(found.pixel_array, some_pixels(3)), target.keyword
        assert attributes_of(found) == attributes_of(dataset)


async def test_compressed_objects_become_native_and_change_their_compression(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    streams = [bytes(imagecodecs.jpegls_encode(frame)) for frame in some_pixels(4)]
    for table in (True, False):
        dataset = an_object(4, PixelData=encapsulate(streams, fragments_per_frame=1, has_bot=table))
        dataset["PixelData"].VR = "OB"
        archived(file_bytes(dataset, JPEGLSLossless))
        for target in (ExplicitVRLittleEndian, JPEG2000Lossless, HTJ2KLossless):
            found = await had(web, dataset, target)
            assert np.array_equal(found.pixel_array, some_pixels(4)), target.keyword
            assert found["PixelData"].is_undefined_length is (target != ExplicitVRLittleEndian)
            assert ("OW" if target == ExplicitVRLittleEndian else "OB") == found["PixelData"].VR


async def test_colour_stays_colour(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_colour_object(colours(2))
    archived(file_bytes(dataset))
    said = {JPEG2000Lossless: "YBR_RCT", HTJ2KLossless: "YBR_RCT", JPEGLSLossless: "RGB"}
    for target, photometric in said.items():
        found = await had(web, dataset, target)
        assert found.PhotometricInterpretation == photometric
        assert np.array_equal(found.pixel_array, colours(2)), target.keyword


async def test_colour_by_plane_is_told_as_it_leaves(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_colour_object(colours())
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.PlanarConfiguration = 1
    archived(file_bytes(dataset, RLELossless))
    native = await had(web, dataset, ExplicitVRLittleEndian)
    assert (native.PlanarConfiguration, native.PixelData) == (1, np.moveaxis(colours()[0], -1, 0).tobytes())
    encoded_anew = await had(web, dataset, HTJ2KLossless)
    assert (encoded_anew.PlanarConfiguration, encoded_anew.PhotometricInterpretation) == (0, "YBR_RCT")
    assert np.array_equal(encoded_anew.pixel_array, colours()[0])


async def test_words_of_big_endian_objects_turn_round_at_every_depth(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    """pydicom writes OW as it reads it; whoever changes the byte order has to turn the words."""
    dataset, step = an_object(1), Dataset()
    words = np.arange(600, dtype=np.uint16)
    step.add_new(0x54001010, "OW", words.astype(">u2").tobytes())
    dataset.WaveformSequence = Sequence([step])
    dataset.add_new(0x00281201, "OW", words.astype(">u2").tobytes())
    archived(file_of(dataset, ExplicitVRBigEndian))
    for target in (ExplicitVRLittleEndian, JPEG2000Lossless):
        found = await had(web, dataset, target)
        assert found.WaveformSequence[0].WaveformData == words.tobytes()
        assert found.RedPaletteColorLookupTableData == words.tobytes()
        assert np.array_equal(found.pixel_array, some_pixels(1)[0])


async def test_an_object_without_pixels_changes_its_encoding_only(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    dataset = a_ct(PixelData=None, Rows=None, Columns=None)
    archived(file_bytes(dataset, ImplicitVRLittleEndian))
    found = await had(web, dataset, ExplicitVRLittleEndian)
    assert attributes_of(found) == attributes_of(dataset)
    refused = await web.get(
        address(dataset), headers={"Accept": f"{DICOM};transfer-syntax={JPEG2000Lossless}"}
    )
    assert (refused.status_code, refused.json()["code"]) == (406, "dicomweb.not_acceptable")
    assert refused.json()["params"]["offered"] == [
        f"{DICOM}; transfer-syntax={ImplicitVRLittleEndian}",
        f"{DICOM}; transfer-syntax={ExplicitVRLittleEndian}",
    ]


async def test_what_cannot_be_encoded_exactly_is_refused_by_what_can_be_had(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    bits = an_object(
        1,
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        PixelData=np.packbits(some_pixels(1).ravel() > 2000, bitorder="little").tobytes(),
    )
    archived(file_bytes(bits))
    answer = await web.get(address(bits), headers={"Accept": f"{DICOM};transfer-syntax={JPEG2000Lossless}"})
    assert answer.status_code == 406
    offered = answer.json()["params"]["offered"]
    assert offered[0] == f"{DICOM}; transfer-syntax={ExplicitVRLittleEndian}"
    assert f"{DICOM}; transfer-syntax={JPEG2000Lossless}" not in offered
    frame = await web.get(f"{address(bits)}/frames/1", headers={"Accept": "image/jp2"})
    assert frame.json()["params"]["offered"] == [
        f"application/octet-stream; transfer-syntax={ExplicitVRLittleEndian}"
    ]


async def test_one_damaged_object_does_not_hold_back_its_series(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    good, uids = [], a_ct()
    for number, stream in enumerate((bytes(imagecodecs.jpegls_encode(some_pixels(1)[0])), b"\xff\xd8 bad")):
        dataset = an_object(
            1,
            StudyInstanceUID=uids.StudyInstanceUID,
            SeriesInstanceUID=uids.SeriesInstanceUID,
            InstanceNumber=str(number),
            PixelData=encapsulate([stream]),
        )
        dataset["PixelData"].VR = "OB"
        archived(file_bytes(dataset, JPEGLSLossless))
        good.append(dataset)
    accept = {"Accept": f'multipart/related; type="{DICOM}"; transfer-syntax={ExplicitVRLittleEndian}'}
    series = f"/studies/{uids.StudyInstanceUID}/series/{uids.SeriesInstanceUID}"
    (first, made), (second, stored) = parts(await web.get(series, headers=accept))
    assert first == f"{DICOM}; transfer-syntax={ExplicitVRLittleEndian}"
    assert np.array_equal(pydicom.dcmread(io.BytesIO(made)).pixel_array, some_pixels(1)[0])
    assert second == f"{DICOM}; transfer-syntax={JPEGLSLossless}"
    assert dataset_of(stored) == dataset_of(file_bytes(good[1], JPEGLSLossless))
    alone = await web.get(address(good[1]), headers=accept)
    assert (alone.status_code, alone.json()["code"]) == (409, "dicomweb.frame_undecodable")
    assert alone.json()["params"]["fault"] == "pixels.truncated"


async def test_made_objects_have_names_and_ranges_of_their_own(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    dataset = an_object(1)
    archived(file_bytes(dataset))
    tags = set()
    for accept in (DICOM, f"{DICOM}; transfer-syntax={JPEG2000Lossless}", f"{DICOM}; transfer-syntax=*"):
        whole = await web.get(address(dataset), headers={"Accept": accept})
        tag, size = whole.headers["etag"], len(whole.content)
        tags.add(tag)
        again = await web.get(address(dataset), headers={"Accept": accept, "If-None-Match": tag})
        assert again.status_code == 304
        part = await web.get(
            address(dataset), headers={"Accept": accept, "Range": "bytes=100-131", "If-Range": tag}
        )
        assert (part.status_code, part.content) == (206, whole.content[100:132])
        assert part.headers["content-range"] == f"bytes 100-131/{size}"
        beyond = await web.get(address(dataset), headers={"Accept": accept, "Range": f"bytes={size}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    assert len(tags) == 2


FRAMES: list[tuple[str, str, str, Callable[[bytes], Any]]] = [
    ("image/jp2", "image/jp2", JPEG2000Lossless, imagecodecs.jpeg2k_decode),
    ("image/jphc", "image/jphc", HTJ2KLossless, imagecodecs.htj2k_decode),
    ("image/jls", "image/jls", JPEGLSLossless, imagecodecs.jpegls_decode),
    (
        f"application/octet-stream; transfer-syntax={HTJ2KLossless}",
        "application/octet-stream",
        HTJ2KLossless,
        imagecodecs.htj2k_decode,
    ),
]


@pytest.mark.parametrize("accept, media_type, syntax, decode", FRAMES)
async def test_native_frames_are_encoded_without_loss_for_whoever_asks(
    web: httpx.AsyncClient,
    archived: Archive,
    accept: str,
    media_type: str,
    syntax: str,
    decode: Callable[[bytes], Any],
) -> None:
    dataset = an_object(3)
    archived(file_bytes(dataset))
    one = await web.get(f"{address(dataset)}/frames/2", headers={"Accept": accept})
    assert one.headers["content-type"] == f"{media_type}; transfer-syntax={syntax}"
    assert np.array_equal(decode(one.content), some_pixels(3)[1])
    several = await web.get(
        f"{address(dataset)}/frames/3,1",
        headers={"Accept": f'multipart/related; type="{media_type}"; transfer-syntax={syntax}'},
    )
    assert [kind for kind, _ in parts(several)] == [f"{media_type}; transfer-syntax={syntax}"] * 2
    for (_, content), number in zip(parts(several), (2, 0), strict=True):
        assert np.array_equal(decode(content), some_pixels(3)[number])
    whole = await web.get(f"{address(dataset)}/pixeldata", headers={"Accept": accept.replace("; t", ";t")})
    assert len(parts(whole)) == 3


FORM = PixelForm(
    transfer_syntax_uid=ExplicitVRLittleEndian,
    rows=5,
    columns=7,
    samples_per_pixel=1,
    photometric_interpretation="MONOCHROME2",
    bits_allocated=16,
    bits_stored=12,
    signed=False,
    planar_configuration=0,
)


@settings(deadline=None, max_examples=40)
@given(st.binary(min_size=70, max_size=70), st.sampled_from(sorted(ENCODERS)), st.booleans())
def test_any_samples_come_back_exactly_or_not_at_all(raw: bytes, syntax: str, signed: bool) -> None:
    form = replace(FORM, signed=signed)
    limit = 2048 if signed else 0
    samples = (np.frombuffer(raw, "<u2").reshape(5, 7) % 4096).astype("<i4") - limit
    exact = samples.astype("<i2" if signed else "<u2")
    if signed and syntax == JPEGLSLossless:
        with pytest.raises(NotEncodable):
            encoded(exact, form, syntax)
        return
    (decode,) = (decode for _, _, made, decode in FRAMES[:3] if made == syntax)
    assert np.array_equal(decode(encoded(exact, form, syntax)), exact)


def test_samples_wider_than_they_say_are_not_cut_off() -> None:
    """JPEG 2000 is told the bits stored; what lies above them would be lost."""
    too_wide = np.full((5, 7), 0xF000, "<u2")
    with pytest.raises(NotEncodable):
        encoded(too_wide, FORM, JPEG2000Lossless)
    with pytest.raises(NotEncodable):
        encoded(too_wide.astype("<u4"), replace(FORM, bits_allocated=32, bits_stored=32), HTJ2KLossless)
    with pytest.raises(NotEncodable):
        encoded(too_wide, replace(FORM, photometric_interpretation="YBR_FULL_422"), HTJ2KLossless)


@pytest.mark.parametrize(
    "photometric, stored, target, said",
    [
        ("MONOCHROME2", ExplicitVRLittleEndian, JPEG2000Lossless, "MONOCHROME2"),
        ("RGB", ExplicitVRLittleEndian, JPEG2000Lossless, "YBR_RCT"),
        ("RGB", RLELossless, JPEGLSLossless, "RGB"),
        ("YBR_RCT", JPEG2000Lossless, ExplicitVRLittleEndian, "RGB"),
        ("YBR_ICT", JPEG2000Lossless, HTJ2KLossless, "YBR_RCT"),
        ("YBR_FULL_422", "1.2.840.10008.1.2.4.50", ExplicitVRLittleEndian, "YBR_FULL"),
        ("YBR_FULL_422", ExplicitVRLittleEndian, ExplicitVRLittleEndian, "YBR_FULL_422"),
        ("YBR_FULL", "1.2.840.10008.1.2.4.50", HTJ2KLossless, "YBR_FULL"),
    ],
)
def test_the_colour_space_that_belongs_to_a_syntax(
    photometric: str, stored: str, target: str, said: str
) -> None:
    form = replace(FORM, photometric_interpretation=photometric, transfer_syntax_uid=stored)
    assert photometric_after(form, target) == said


def test_faults_are_told_and_never_raised() -> None:
    nothing = FrameJob(frame=1, form=Fault.NO_PIXEL_DATA, source=b"", index=None)
    work = FrameTranscoding(job=nothing, transfer_syntax_uid=ExplicitVRLittleEndian)
    assert transcoded_frame(work) is Fault.NO_PIXEL_DATA
    short = FrameJob(frame=1, form=FORM, source=bytes(10), index=None)
    for target in MADE:
        assert transcoded_frame(FrameTranscoding(job=short, transfer_syntax_uid=target)) is Fault.TRUNCATED
    for source in (b"", b"no DICOM file at all", file_bytes(a_ct(PixelData=None))):
        whole = ObjectTranscoding(
            source=source, form=FORM, number_of_frames=1, transfer_syntax_uid=JPEG2000Lossless
        )
        assert transcoded_object(whole) is Fault.UNDECODABLE


def test_frames_that_are_missing_are_not_made_up() -> None:
    stream = bytes(imagecodecs.jpegls_encode(some_pixels(1)[0]))
    dataset = an_object(1, PixelData=encapsulate([stream]))
    dataset["PixelData"].VR = "OB"
    form = replace(FORM, rows=SIDE, columns=SIDE, transfer_syntax_uid=JPEGLSLossless)
    work = ObjectTranscoding(
        source=file_bytes(dataset, JPEGLSLossless),
        form=form,
        number_of_frames=2,
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    assert transcoded_object(work) is Fault.TRUNCATED
    assert isinstance(transcoded_object(replace(work, number_of_frames=1)), bytes)
