"""Packs from a real archive: exact, made once, rebuilt when damaged, honest about what cannot be shown."""

import asyncio
import base64
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from dicom_node.archive.errors import StudyNotFound
from dicom_node.archive.scope import NOTHING, StudyScope
from tests.viewer.reading import hostile
from tests.viewer.reading.archive import INSTITUTION
from tests.viewer.reading.conftest import Shelf
from tests.viewer.reading.facts import facts, frame_sha256
from tests.viewer.reading.made_images import a_table, an_object
from viewer.access import ViewerPorts
from viewer.decode_pool import DecodePool
from viewer.frame_jobs import FrameJob, encode_block
from viewer.frame_records import Encoding, FrameRecord, records_in
from viewer.packs import Packs, build_packs
from viewer.pixels import Fault, PixelForm
from viewer.series_images import BLOCK_FRAMES_MAX, Pack
from viewer.thumbnails import samples_of

OURS = StudyScope(institution_ids=frozenset({INSTITUTION}))


def philips(samples: Path, count: int = 54) -> list[Path]:
    return sorted(path for path in (samples / "ct" / "philips_54").iterdir() if path.name != "DIRFILE")[
        :count
    ]


async def pack_of(packs: Packs, study_instance_uid: str) -> Pack:
    images = await packs.study(OURS, study_instance_uid)
    (series,) = images.series
    assert series.pack is not None
    return series.pack


async def whole(packs: Packs, pack: Pack) -> list[FrameRecord]:
    blocks = [await packs.block(pack, number) for number in range(pack.blocks)]
    return [record for block in blocks for record in records_in(block)]


@pytest.mark.samples
async def test_every_slice_of_a_series_is_exact_and_in_order(
    packs: Packs, shelf: Shelf, samples: Path
) -> None:
    files = philips(samples)
    (uid,) = await shelf.store(files)
    pack = await pack_of(packs, uid)
    records = await whole(packs, pack)
    assert [record.frame for record in records] == list(range(54))
    known = {
        fact["sop_uid"]: fact for name, fact in facts(samples).items() if name.startswith("ct/philips_54/I")
    }
    for frame, record in zip(pack.frames, records, strict=True):
        fact = known[frame.instance.sop_instance_uid]
        assert isinstance(frame.facts.pixels, PixelForm)
        decoded = samples_of(record, frame.facts.pixels)
        assert decoded is not None
        assert frame_sha256(decoded, fact["frame0_dtype"]) == fact["frame0_sha256"]
    heights = [frame.facts.position[2] for frame in pack.frames if frame.facts.position is not None]
    assert heights == sorted(heights)


@pytest.mark.samples
async def test_the_facts_of_a_tilted_series(packs: Packs, shelf: Shelf, samples: Path) -> None:
    (uid,) = await shelf.store(philips(samples))
    images = await packs.study(OURS, uid)
    (series,) = images.series
    (fact,) = [one for one in facts(samples)["_series"].values() if one["folder"] == "ct/philips_54"]
    assert series.stack.by_position
    assert series.stack.spacing_mm == pytest.approx(
        (fact["spacing_min"] + fact["spacing_max"]) / 2, abs=0.002
    )
    assert series.stack.tilt_degrees == pytest.approx(18.5, abs=0.1)
    assert series.stack.repeats == 1
    assert series.stack.missing_after == ()


@pytest.mark.samples
async def test_a_missing_file_is_a_gap_in_the_stack(packs: Packs, shelf: Shelf, samples: Path) -> None:
    files = [path for path in philips(samples) if path.name != "I300"]
    (uid,) = await shelf.store(files)
    images = await packs.study(OURS, uid)
    assert len(images.series[0].stack.missing_after) == 1
    assert images.series[0].stack.spacing_varies


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
async def test_large_tables_and_overlays_are_found_however_the_object_is_stored(
    packs: Packs, shelf: Shelf, tmp_path: Path, syntax: UID
) -> None:
    """Of more bytes than are kept beside the index."""
    samples = np.arange(128 * 96, dtype="<u2").reshape(128, 96) % 4096
    drawn = np.arange(128 * 96).reshape(128, 96) % 7 == 0
    table = [4095 - value for value in range(4096)]
    made = an_object(samples, 12, VOILUTSequence=[a_table(0, 12, table)])
    made.add_new(0x60000010, "US", 128)
    made.add_new(0x60000011, "US", 96)
    made.add_new(0x60000050, "SS", [1, 1])
    made.add_new(0x60003000, "OW", np.packbits(drawn.ravel(), bitorder="little").tobytes())
    made.file_meta.TransferSyntaxUID = syntax
    made.save_as(tmp_path / "made.dcm", enforce_file_format=True)
    (uid,) = await shelf.store([tmp_path / "made.dcm"])
    pack = await pack_of(packs, uid)
    form = pack.frames[0].facts.form
    assert form is not None
    assert form.voi_lut is not None
    assert np.frombuffer(base64.b64decode(form.voi_lut.entries), "<u2").tolist() == table
    over, _frame = await whole(packs, pack)
    assert over.encoding is Encoding.OVERLAY
    bits = np.unpackbits(np.frombuffer(zlib.decompress(over.payload), np.uint8), bitorder="little")
    assert np.array_equal(bits.reshape(128, 96), drawn)


@pytest.mark.samples
async def test_a_block_is_made_once_and_then_read(
    packs: Packs, shelf: Shelf, samples: Path, ports: ViewerPorts
) -> None:
    (uid,) = await shelf.store(philips(samples, 3))
    pack = await pack_of(packs, uid)
    first, second, third = await asyncio.gather(*(packs.block(pack, 0) for _ in range(3)))
    assert first == second == third
    shutil.rmtree(ports.cache_folder.parent / "objects")
    assert await packs.block(pack, 0) == first


@pytest.mark.samples
async def test_a_damaged_cache_is_made_again(
    packs: Packs, shelf: Shelf, samples: Path, ports: ViewerPorts
) -> None:
    (uid,) = await shelf.store(philips(samples, 3))
    pack = await pack_of(packs, uid)
    first = await packs.block(pack, 0)
    path = ports.cache_folder / "frames" / pack.pack_id / "0"
    for damaged in (first[:-1], first[:40], b"", first[:100] + b"X" + first[101:], first[: len(first) // 3]):
        path.write_bytes(damaged)
        assert await packs.block(pack, 0) == first
        assert path.read_bytes() == first
    shelf.empty_cache()
    assert await packs.block(pack, 0) == first


@pytest.mark.samples
async def test_pictures_are_shown_while_nothing_can_be_kept(
    packs: Packs, shelf: Shelf, samples: Path, ports: ViewerPorts
) -> None:
    """A full disk: what is made is shown, is kept once there is room, and its study is noted by then."""
    (uid,) = await shelf.store(philips(samples, 3))
    ports.cache_folder.write_bytes(b"no folder")
    pack = await pack_of(packs, uid)
    first = await packs.block(pack, 0)
    assert [record.encoding for record in records_in(first)] == [Encoding.HTJ2K] * 3
    assert await packs.picture(pack) is not None
    ports.cache_folder.unlink()
    assert (await pack_of(packs, uid)).pack_id == pack.pack_id
    assert await packs.block(pack, 0) == first
    assert packs.cache.read(pack.pack_id, "0") == first
    await packs.forget(INSTITUTION, uid)
    assert not packs.cache.has(pack.pack_id, "0")


@pytest.mark.samples
async def test_one_frame_can_be_had_before_its_block(packs: Packs, shelf: Shelf, samples: Path) -> None:
    files = BLOCK_FRAMES_MAX + 4
    (uid,) = await shelf.store(philips(samples, files))
    pack = await pack_of(packs, uid)
    begins, second = pack.block_frames, list(range(pack.block_frames, files))
    alone = await packs.frames(pack, begins + 1, begins + 1)
    assert not packs.cache.has(pack.pack_id, "1")
    assert [record.frame for record in records_in(alone)] == [begins + 1]
    across = await packs.frames(pack, begins - 2, begins + 2)
    assert [record.frame for record in records_in(across)] == list(range(begins - 2, begins + 3))
    block = await packs.block(pack, 1)
    assert [record.frame for record in records_in(block)] == second
    assert await packs.frames(pack, begins + 1, begins + 1) == alone
    assert await packs.frames(pack, begins, files - 1) == block


@pytest.mark.samples
async def test_the_same_bytes_make_the_same_pack(packs: Packs, shelf: Shelf, samples: Path) -> None:
    files = philips(samples, 4)
    (uid,) = await shelf.store(files)
    await shelf.store(list(reversed(files)), "inst-city")
    other = await packs.study(StudyScope(institution_ids=frozenset({"inst-city"})), uid)
    ours = await pack_of(packs, uid)
    assert other.series[0].pack is not None
    assert other.series[0].pack.pack_id == ours.pack_id
    assert other.study.study_key != (await packs.study(OURS, uid)).study.study_key


@pytest.mark.samples
async def test_building_ahead_makes_every_block(packs: Packs, shelf: Shelf, samples: Path) -> None:
    (uid,) = await shelf.store(philips(samples))
    await build_packs(packs, INSTITUTION, uid)
    pack = await pack_of(packs, uid)
    assert all(packs.cache.has(pack.pack_id, str(number)) for number in range(pack.blocks))
    assert packs.cache.has(pack.pack_id, "thumbnail")
    await build_packs(packs, INSTITUTION, uid)
    with pytest.raises(StudyNotFound):
        await build_packs(packs, "inst-city", uid)
    await packs.forget("inst-city", uid)
    assert packs.cache.has(pack.pack_id, "0")
    await packs.forget(INSTITUTION, uid)
    assert not packs.cache.has(pack.pack_id, "0")


@pytest.mark.samples
async def test_nobody_else_sees_the_study(packs: Packs, shelf: Shelf, samples: Path) -> None:
    (uid,) = await shelf.store(philips(samples, 1))
    await packs.study(OURS, uid)
    for scope in (NOTHING, StudyScope(institution_ids=frozenset({"inst-city"}))):
        with pytest.raises(StudyNotFound):
            await packs.study(scope, uid)


@pytest.mark.samples
async def test_frames_of_a_multi_frame_object(packs: Packs, shelf: Shelf, samples: Path) -> None:
    name = "rt/rtdose.dcm"
    (uid,) = await shelf.store([samples / name])
    pack = await pack_of(packs, uid)
    records = await whole(packs, pack)
    assert len(records) == 15
    assert {record.encoding for record in records} == {Encoding.ZLIB}
    form = pack.frames[0].facts.pixels
    assert isinstance(form, PixelForm)
    decoded = samples_of(records[0], form)
    assert decoded is not None
    assert frame_sha256(decoded, "<u4") == facts(samples)[name]["frame0_sha256"]


@pytest.mark.samples
@pytest.mark.parametrize(
    "name",
    [
        "ts/image_dfl.dcm",
        "us/OBXXXX1A_expb_2frame.dcm",
        "seg/dcmqi_liver/liver.dcm",
        "ts/liver_nonbyte_aligned.dcm",
        "enhanced/CT0012.fragmented_no_bot_jpeg_ls.80.dcm",
        "enhanced/emri_small_RLE.dcm",
        "ts/SC_rgb_rle_2frame.dcm",
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
async def test_frames_that_cannot_be_cut_out_are_read_from_the_file(
    packs: Packs, shelf: Shelf, samples: Path, name: str
) -> None:
    (uid,) = await shelf.store([samples / name])
    pack = await pack_of(packs, uid)
    first = next(frame for frame in range(len(pack.frames)) if pack.frames[frame].facts.number == 1)
    form = pack.frames[first].facts.pixels
    assert isinstance(form, PixelForm)
    record = next(records_in(await packs.frames(pack, first, first)))
    decoded = samples_of(record, form)
    assert decoded is not None
    fact = facts(samples)[name]
    assert frame_sha256(decoded, fact["frame0_dtype"]) == fact["frame0_sha256"]


@pytest.mark.samples
async def test_a_palette_reaches_the_form(packs: Packs, shelf: Shelf, samples: Path) -> None:
    for name in ("us/gdcm-US-ALOKA-16.dcm", "us/examples_palette.dcm"):
        (uid,) = await shelf.store([samples / name])
        form = (await pack_of(packs, uid)).frames[0].facts.form
        assert form is not None
        assert form.palette is not None


@pytest.mark.samples
async def test_an_object_whose_bytes_are_damaged_is_said_to_be(
    packs: Packs, shelf: Shelf, samples: Path, ports: ViewerPorts
) -> None:
    (uid,) = await shelf.store([samples / "ts" / "MR_small_jp2klossless.dcm"])
    pack = await pack_of(packs, uid)
    stored = ports.cache_folder.parent / "objects" / pack.frames[0].instance.object_key
    content = stored.read_bytes()
    stored.write_bytes(content[:-600] + bytes(600))
    (record,) = await whole(packs, pack)
    assert record.encoding is Encoding.UNREADABLE
    assert packs.faults(pack) == {0: Fault(record.payload.decode())}


class DyingPool(DecodePool):
    """A pool whose processes die over one frame, by the real death of a real process."""

    def __init__(self, deadly: int) -> None:
        super().__init__(processes=1)
        self._deadly = deadly

    async def run(self, function, argument):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 - as inherited
        if function is encode_block and any(job.frame == self._deadly for job in argument):
            await super().run(hostile.crash, 0)
        return await super().run(function, argument)

    async def run_alone(self, function, argument):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 - as inherited
        if isinstance(argument, FrameJob) and argument.frame == self._deadly:
            await super().run_alone(hostile.crash, 0)
        return await super().run_alone(function, argument)


@pytest.mark.samples
async def test_only_the_frame_that_kills_decoders_is_given_up(
    ports: ViewerPorts, shelf: Shelf, samples: Path
) -> None:
    (uid,) = await shelf.store(philips(samples, 4))
    async with Packs(ports, pool=DyingPool(2)) as packs:
        pack = await pack_of(packs, uid)
        records = await whole(packs, pack)
        assert [one.encoding for one in records] == [
            Encoding.HTJ2K,
            Encoding.HTJ2K,
            Encoding.UNREADABLE,
            Encoding.HTJ2K,
        ]
        assert records[2].payload == b"pixels.decoder_died"
        assert packs.faults(pack) == {2: Fault.DECODER_DIED}
