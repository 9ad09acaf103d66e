"""The images of a study in reading order, and the pack that each series becomes. Pure.

A pack is named by what it is made of: the SHA-256 of every stored data set and frame in order and
of the form of records. So its address never changes meaning, and it may be made at any time.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from config.kernel.limits import MIB
from dicom_node.archive.tables import Instance, Series, Study
from viewer import frame_records
from viewer.attributes import Attributes, unpacked
from viewer.geometry import Slice, Stack, stack_of
from viewer.image_form import FrameFacts, frames_of
from viewer.luts import BulkReader
from viewer.objects.classes import NOT_READ_AS_IMAGES
from viewer.pixels import Fault, PixelForm

BLOCK_BYTES = 16 * MIB
BLOCK_FRAMES_MAX = 32
SERIES_FRAMES_MAX = 100_000
TOO_MANY = FrameFacts(number=1, position=None, form=None, pixels=Fault.TOO_LARGE)
"""What stands for an object whose frames would make the series longer than that."""
PACK_EDITION = f"pack-{frame_records.VERSION}-values-overlays-parts"
VIDEO_EDITION = "video-1"
"""Another one where renditions are made in another way: they then have other addresses."""
ECG_CLASSES = "1.2.840.10008.5.1.4.1.1.9."
"""Root of the waveform storage classes (PS3.4 B.5)."""
Kind = Literal["image", "ecg", "other"]


@dataclass(frozen=True, kw_only=True)
class PackFrame:
    """One frame of a pack: the object it comes from and its facts."""

    instance: Instance
    facts: FrameFacts

    @property
    def video_id(self) -> str | None:
        """The name of a video's rendition, by what it is made of, as packs are named; None for a picture."""
        if self.facts.video is None:
            return None
        made_of = f"{VIDEO_EDITION}\n{self.instance.dataset_sha256} {self.instance.transfer_syntax_uid}"
        return hashlib.sha256(made_of.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A series as the browser fetches it: frames in reading order, in blocks of `block_frames`."""

    pack_id: str
    block_frames: int
    frames: tuple[PackFrame, ...]

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-len(self.frames) // self.block_frames)

    def block(self, number: int) -> tuple[PackFrame, ...]:
        """The frames of block `number`, from 0."""
        return self.frames[number * self.block_frames : (number + 1) * self.block_frames]

    @property
    def videos(self) -> dict[str, PackFrame]:
        """Its frames that are videos, by name."""
        return {frame.video_id: frame for frame in self.frames if frame.video_id is not None}


@dataclass(frozen=True, kw_only=True)
class SeriesImages:
    """One series: its row, what it is, its first object's attributes, its frames when it has images.

    `kind` is "other" for what is no image, as reports and plans. Segmentations are images too: where there is
    nothing else, they are looked at as they are.
    """

    series: Series
    kind: Kind
    instances: tuple[Instance, ...]
    first: Attributes
    stack: Stack
    pack: Pack | None


@dataclass(frozen=True, kw_only=True)
class StudyImages:
    """One institution's copy of a study, ready to be described or served."""

    study: Study
    series: tuple[SeriesImages, ...]

    def pack(self, pack_id: str) -> Pack | None:
        """The pack of that name, if it is one of this study."""
        packs = (one.pack for one in self.series if one.pack is not None)
        return next((pack for pack in packs if pack.pack_id == pack_id), None)

    def video(self, video_id: str) -> PackFrame | None:
        """The video of that name, if it is one of this study."""
        packs = (one.pack for one in self.series if one.pack is not None)
        return next((found for pack in packs if (found := pack.videos.get(video_id))), None)


def study_images(
    study: Study,
    series: Sequence[tuple[Series, Sequence[Instance]]],
    bulk_of: Callable[[Instance], BulkReader],
) -> StudyImages:
    """The images of a study. Reads every object's metadata: run it in a thread."""
    return StudyImages(
        study=study, series=tuple(_series_images(one, list(rows), bulk_of) for one, rows in series)
    )


def _series_images(
    series: Series, instances: list[Instance], bulk_of: Callable[[Instance], BulkReader]
) -> SeriesImages:
    frames: list[PackFrame] = []
    first: Attributes = {}
    for instance in instances:
        data = unpacked(instance.metadata_json)
        first = first or data
        if _is_image(instance):
            room = SERIES_FRAMES_MAX - len(frames)
            facts = (
                frames_of(data, instance.transfer_syntax_uid, instance.number_of_frames, bulk_of(instance))
                if instance.number_of_frames <= room
                else [TOO_MANY]
            )
            frames += [PackFrame(instance=instance, facts=one) for one in facts]
    stack = stack_of(
        [
            Slice(sequence=i, position=frame.facts.position, orientation=frame.facts.orientation)
            for i, frame in enumerate(frames)
        ]
    )
    return SeriesImages(
        series=series,
        kind=_kind(series, instances, frames),
        instances=tuple(instances),
        first=first,
        stack=stack,
        pack=_pack([frames[i] for i in stack.order]) if frames else None,
    )


def _is_image(instance: Instance) -> bool:
    """Whether an object has pixels: spectra have rows and columns of something else."""
    pictured = instance.rows is not None or instance.pixel_offset is not None
    return pictured and instance.sop_class_uid not in NOT_READ_AS_IMAGES


def _kind(series: Series, instances: Sequence[Instance], frames: Sequence[PackFrame]) -> Kind:
    if frames:
        return "image"
    waveform = any(one.sop_class_uid.startswith(ECG_CLASSES) for one in instances)
    return "ecg" if waveform or series.modality == "ECG" else "other"


def _pack(frames: Sequence[PackFrame]) -> Pack:
    name = hashlib.sha256(PACK_EDITION.encode())
    for frame in frames:
        name.update(
            f"\n{frame.instance.dataset_sha256} {frame.instance.transfer_syntax_uid}"
            f" {frame.facts.number}".encode()
        )
    largest = max(
        (f.facts.pixels.frame_bytes for f in frames if isinstance(f.facts.pixels, PixelForm)), default=1
    )
    return Pack(
        pack_id=name.hexdigest(),
        block_frames=max(1, min(BLOCK_FRAMES_MAX, BLOCK_BYTES // largest)),
        frames=tuple(frames),
    )
