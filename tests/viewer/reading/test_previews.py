"""Previews: a true beginning of the codestream, without its finest details, of what has such a beginning."""

import struct
from pathlib import Path
from typing import Any

import httpx
import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st

from tests.viewer.reading.conftest import HeaderAccess, Shelf
from tests.viewer.reading.made_images import an_object, saved
from tests.viewer.reading.test_packs import pack_of
from tests.viewer.reading.test_pixels import a_form
from tests.viewer.reading.test_reading import ELSEWHERE, manifest
from viewer.frame_records import Encoding, FrameRecord, records_in
from viewer.packs import Packs
from viewer.pixels import BY_RESOLUTION, PARTS_FROM_BYTES, record_of
from viewer.previews import LEVELS_LEFT_OUT, preview_of, previews_in
from viewer.series_images import BLOCK_FRAMES_MAX

LEVELS = 5
SIDE = 128
"""So many rows and columns of 16 bits are just enough to travel in parts."""


def noise(shape: tuple[int, ...], dtype: str, seed: int = 1) -> npt.NDArray[Any]:
    """Samples of every value of their type."""
    kind = np.dtype(dtype)
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    return np.random.default_rng(seed).integers(low, high, shape, kind, endpoint=True)


def in_parts(samples: npt.NDArray[Any], **options: Any) -> bytes:
    colour = True if samples.ndim == 3 else None
    return bytes(
        imagecodecs.htj2k_encode(
            samples, reversible=True, rgb=colour, **({"tilepart": BY_RESOLUTION} | options)
        )
    )


def a_frame(stream: bytes, frame: int = 4) -> FrameRecord:
    return FrameRecord(frame, Encoding.HTJ2K, stream)


def parts_of(stream: bytes) -> list[tuple[int, int]]:
    """Number and length of each tile-part: found by its marker, told by the segment after it."""
    at, found = stream.index(b"\xff\x90\x00\x0a"), []
    while stream[at : at + 2] == b"\xff\x90":
        size, number = struct.unpack_from(">IB", stream, at + 6)
        found.append((number, size))
        at += size
    return found


def mean_of_blocks(samples: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    rows, columns = (length // side for length in samples.shape)
    tiles = samples[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.asarray(tiles.mean(axis=(1, 3)))


KEPT = in_parts(noise((64, 96), "<u2"))
"""A stream to be cut and damaged."""


@pytest.mark.parametrize("dtype", ["|u1", "<u2", "<i2"])
@pytest.mark.parametrize(
    "shape",
    [(512, 512), (511, 300), (300, 511, 3), (256, 256, 3), (SIDE, SIDE), (1, 40_000), (40_000, 1), (3, 3)],
)
def test_a_preview_is_the_beginning_of_a_codestream_in_parts(shape: tuple[int, ...], dtype: str) -> None:
    samples = noise(shape, dtype)
    stream = in_parts(samples)
    assert np.array_equal(imagecodecs.htj2k_decode(stream), samples)
    assert [number for number, _ in parts_of(stream)] == list(range(LEVELS + 1))
    preview = preview_of(a_frame(stream))
    assert preview is not None
    assert (preview.frame, preview.encoding) == (4, Encoding.PREVIEW)
    assert stream.startswith(preview.payload)
    assert parts_of(preview.payload) == parts_of(stream)[: LEVELS + 1 - LEVELS_LEFT_OUT]
    left_out = sum(size for _, size in parts_of(stream)[LEVELS + 1 - LEVELS_LEFT_OUT :])
    assert len(preview.payload) == len(stream) - left_out - len(b"\xff\xd9")
    assert list(records_in(preview.to_bytes())) == [preview]


@pytest.mark.parametrize("dtype", ["|u1", "<u2", "<i2"])
@pytest.mark.parametrize("shape", [(512, 512), (511, 300), (300, 511, 3)])
def test_a_preview_decodes_to_the_image_at_a_quarter(shape: tuple[int, ...], dtype: str) -> None:
    stream = in_parts(noise(shape, dtype))
    preview = preview_of(a_frame(stream))
    assert preview is not None
    quarter = imagecodecs.htj2k_decode(preview.payload, skipres=LEVELS_LEFT_OUT)
    assert quarter.shape[:2] == tuple(-(-side // 2**LEVELS_LEFT_OUT) for side in shape[:2])
    assert np.array_equal(quarter, imagecodecs.htj2k_decode(stream, skipres=LEVELS_LEFT_OUT))
    assert imagecodecs.htj2k_decode(preview.payload).shape == shape


def test_a_preview_of_a_noisy_slice_is_a_tenth_of_it_and_looks_like_it() -> None:
    y, x = np.mgrid[:512, :512]
    body = np.where(np.hypot(x - 256, y - 256) < 200, 40.0, -1000.0) + 30 * np.sin(x / 25) * np.cos(y / 30)
    slice_ = (body + np.random.default_rng(1).normal(0, 20, body.shape)).round().astype("<i2")
    record = record_of(a_form(512, 512, signed=True), slice_, 9)
    preview = preview_of(record)
    assert preview is not None
    assert preview.frame == 9
    assert len(preview.payload) * 10 < len(record.payload)
    seen = imagecodecs.htj2k_decode(preview.payload).astype(float)
    apart = np.abs(mean_of_blocks(seen, 8) - mean_of_blocks(slice_, 8))
    assert apart.mean() < 10
    assert np.array_equal(imagecodecs.htj2k_decode(record.payload), slice_)


@pytest.mark.parametrize("levels", range(1, LEVELS + 1))
def test_there_have_to_be_details_to_leave_out(levels: int) -> None:
    stream = in_parts(noise((64, 64), "|u1"), resolutions=levels)
    assert len(parts_of(stream)) == levels + 1
    preview = preview_of(a_frame(stream))
    if levels < LEVELS_LEFT_OUT:
        assert preview is None
    else:
        assert preview is not None
        assert len(parts_of(preview.payload)) == levels + 1 - LEVELS_LEFT_OUT


@pytest.mark.parametrize("encoding", set(Encoding) - {Encoding.HTJ2K})
def test_other_records_have_none(encoding: Encoding) -> None:
    assert preview_of(FrameRecord(0, encoding, KEPT)) is None


@pytest.mark.parametrize("levels", [LEVELS_LEFT_OUT, LEVELS])
def test_streams_in_other_parts_have_none(levels: int) -> None:
    grey, colour = noise((64, 96), "<u2"), noise((64, 96, 3), "|u1")
    streams = [in_parts(grey, tilepart=parts, resolutions=levels) for parts in (None, 2)]
    streams += [in_parts(colour, tilepart=None, resolutions=levels)]
    streams += [in_parts(noise((64, 64), "<u2"), tile=(32, 32), resolutions=levels)]
    assert [preview_of(a_frame(stream)) for stream in streams] == [None] * len(streams)


def test_frames_of_a_few_kilobytes_travel_in_one_part() -> None:
    assert SIDE * SIDE * 2 == PARTS_FROM_BYTES
    just, below = noise((SIDE, SIDE), "<u2"), noise((SIDE - 1, SIDE), "<u2")
    assert preview_of(record_of(a_form(SIDE, SIDE), just, 0)) is not None
    assert preview_of(record_of(a_form(SIDE - 1, SIDE), below, 0)) is None


def check(stream: bytes) -> FrameRecord | None:
    """Whatever the bytes are: no error, and nothing but a true beginning."""
    preview = preview_of(a_frame(stream, 2))
    if preview is not None:
        assert (preview.frame, preview.encoding) == (2, Encoding.PREVIEW)
        assert stream.startswith(preview.payload)
        assert 0 < len(preview.payload) < len(stream)
    return preview


@given(stream=st.binary(max_size=300))
def test_noise_has_none(stream: bytes) -> None:
    assert check(stream) is None
    check(KEPT[: KEPT.index(b"\xff\x90")] + stream)
    check(b"\xff\x4f" + stream)


@given(cut=st.integers(0, len(KEPT) - 1))
def test_a_cut_stream_has_none(cut: int) -> None:
    assert check(KEPT[:cut]) is None


@given(more=st.binary(min_size=1, max_size=20))
def test_a_stream_with_something_behind_it_has_none(more: bytes) -> None:
    assert check(KEPT + more) is None


@given(data=st.data())
def test_damaged_streams_never_mislead(data: st.DataObject) -> None:
    damaged = bytearray(KEPT)
    heads = [KEPT.index(b"\xff\x90")]
    for _, size in parts_of(KEPT):
        heads.append(heads[-1] + size)
    places = [*range(heads[0]), *(head + i for head in heads[:-1] for i in range(12)), len(KEPT) - 1]
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.sampled_from(places))] = data.draw(st.integers(0, 255))
    check(bytes(damaged))


@pytest.mark.parametrize("field, value", [(0, 0x00), (5, 0x01), (6, 0xFF), (9, 0x0B), (10, 0x07)])
@pytest.mark.parametrize("part", range(LEVELS + 1))
def test_each_part_has_to_be_the_next_of_the_one_tile(part: int, field: int, value: int) -> None:
    """Marker, tile, length and number of a part, each changed by itself."""
    head = KEPT.index(b"\xff\x90") + sum(size for _, size in parts_of(KEPT)[:part])
    damaged = bytearray(KEPT)
    damaged[head + field] = value
    assert check(bytes(damaged)) is None


def test_a_block_gives_the_previews_of_the_frames_asked_for() -> None:
    frames = [record_of(a_form(SIDE, SIDE), noise((SIDE, SIDE), "<u2", seed), seed) for seed in range(4)]
    drawn = FrameRecord(2, Encoding.OVERLAY, b"overlay")
    block = b"".join(one.to_bytes() for one in (*frames[:2], drawn, *frames[2:]))
    assert list(records_in(previews_in(block, range(1, 3)))) == [preview_of(one) for one in frames[1:3]]
    assert previews_in(block, range(9, 12)) == b""


def a_film(frames: npt.NDArray[Any], folder: Path) -> list[Path]:
    """A multi-frame object of these samples."""
    made = an_object(frames[0], NumberOfFrames=len(frames), InstanceNumber=1)
    made.PixelData = frames.tobytes()
    return list(saved({"film": made}, folder).values())


def mixed_frames(folder: Path) -> list[Path]:
    """A series with a frame of each kind: in parts, too small, and two that HTJ2K does not carry."""
    kinds = [
        ("<u2", SIDE),
        ("<u2", SIDE // 2),
        ("<u4", SIDE),
        ("<i2", SIDE),
        ("|i1", 2 * SIDE),
        ("|u1", 2 * SIDE),
    ]
    made = {
        f"{number}": an_object(noise((side, side), dtype), InstanceNumber=number + 1)
        for number, (dtype, side) in enumerate(kinds)
    }
    return list(saved(made, folder).values())


async def records(client: httpx.AsyncClient, url: str) -> list[FrameRecord]:
    response = await client.get(url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["cache-control"] == "private, max-age=31536000, immutable"
    return list(records_in(response.content))


async def test_previews_come_in_order_before_their_blocks_are_there(
    client: httpx.AsyncClient, shelf: Shelf, packs: Packs, tmp_path: Path
) -> None:
    count = BLOCK_FRAMES_MAX + 4
    (uid,) = await shelf.store(a_film(noise((count, SIDE, SIDE), "<u2"), tmp_path))
    pack = (await manifest(client, uid))["series"][0]["pack"]
    assert pack["previews_url"] == f"/api/packs/{pack['pack_id']}/{uid}/previews/"
    assert not packs.cache.has(pack["pack_id"], "0")
    found = await records(client, f"{pack['previews_url']}{BLOCK_FRAMES_MAX - 3}-{BLOCK_FRAMES_MAX + 2}")
    assert [one.frame for one in found] == list(range(BLOCK_FRAMES_MAX - 3, BLOCK_FRAMES_MAX + 3))
    assert all(packs.cache.has(pack["pack_id"], number) for number in ("0", "1"))
    frames = await records(client, f"{pack['url']}0-{count - 1}")
    assert {one.encoding for one in frames} == {Encoding.HTJ2K}
    assert await records(client, f"{pack['previews_url']}0-{count - 1}") == [
        preview_of(one) for one in frames
    ]


async def test_frames_without_a_preview_are_left_out(
    client: httpx.AsyncClient, shelf: Shelf, tmp_path: Path
) -> None:
    (uid,) = await shelf.store(mixed_frames(tmp_path))
    pack = (await manifest(client, uid))["series"][0]["pack"]
    frames = await records(client, f"{pack['url']}0-5")
    assert [one.encoding for one in frames] == [
        Encoding.HTJ2K,
        Encoding.HTJ2K,
        Encoding.ZLIB,
        Encoding.HTJ2K,
        Encoding.ZLIB,
        Encoding.HTJ2K,
    ]
    previews = await records(client, f"{pack['previews_url']}0-5")
    assert previews == [preview_of(frames[number]) for number in (0, 3, 5)]
    assert await records(client, f"{pack['previews_url']}1-2") == []


async def test_a_cached_preview_is_never_taken_for_a_frame(
    shelf: Shelf, packs: Packs, tmp_path: Path
) -> None:
    (uid,) = await shelf.store(mixed_frames(tmp_path))
    pack = await pack_of(packs, uid)
    block = await packs.block(pack, 0)
    first, *others = records_in(block)
    preview = preview_of(first)
    assert preview is not None
    packs.cache.write(pack.pack_id, "0", b"".join(one.to_bytes() for one in (preview, *others)))
    assert await packs.block(pack, 0) == block


async def test_wrong_ranges_are_refused_as_those_of_frames(
    client: httpx.AsyncClient, shelf: Shelf, tmp_path: Path
) -> None:
    count = 4 * BLOCK_FRAMES_MAX + 1
    (uid,) = await shelf.store(a_film(noise((count, 4, 4), "|u1"), tmp_path))
    pack = (await manifest(client, uid))["series"][0]["pack"]
    expected = {
        f"0-{count - 1}": (413, "viewer.frames_too_many"),
        f"0-{count}": (404, "viewer.frames_not_found"),
        "5-4": (404, "viewer.frames_not_found"),
        "-1-3": (422, "general.fields_refused"),
        "a-b": (422, "general.fields_refused"),
    }
    for asked, answer in expected.items():
        response = await client.get(f"{pack['previews_url']}{asked}")
        assert (response.status_code, response.json()["code"]) == answer, asked
    assert await records(client, f"{pack['previews_url']}0-{count - 2}") == []
    other = await client.get(f"/api/packs/{'0' * 64}/{uid}/previews/0-0")
    assert (other.status_code, other.json()["code"]) == (404, "viewer.pack_not_found")


async def test_access_is_asked_for_previews_too(
    client: httpx.AsyncClient, shelf: Shelf, tmp_path: Path, access: HeaderAccess
) -> None:
    (uid,) = await shelf.store(mixed_frames(tmp_path))
    url = (await manifest(client, uid))["series"][0]["pack"]["previews_url"]
    access.asked.clear()
    await records(client, f"{url}0-0")
    assert access.asked == [uid]
    for headers in (ELSEWHERE, {"x-institution": ""}):
        refused = await client.get(f"{url}0-0", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (404, "dicom.study_not_found")
