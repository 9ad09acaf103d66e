"""The manifest of a study: everything a browser needs to know before the first pixel arrives.

Compact on purpose: what many frames share is said once (`forms`), frames are in reading order, and
the frame k of a series is the frame k of its pack.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from viewer.attributes import NOTHING, Attributes, number, text
from viewer.geometry import Stack, Vector
from viewer.image_form import ImageForm
from viewer.pixels import Fault
from viewer.series_images import Kind, Pack, SeriesImages, StudyImages

TECHNIQUE = {
    "kvp": "00180060",
    "tube_current_ma": "00181151",
    "exposure_mas": "00181152",
    "repetition_time_ms": "00180080",
    "echo_time_ms": "00180081",
    "field_strength_t": "00180087",
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PatientFacts(_Model):
    """The patient as the objects name them; texts may be empty. Dates are DICOM DA (YYYYMMDD)."""

    name: str
    patient_id: str
    birth_date: str
    sex: str
    age: str


class Technique(_Model):
    """How the first object of a series was acquired, as far as it says."""

    kvp: float | None
    tube_current_ma: float | None
    exposure_mas: float | None
    repetition_time_ms: float | None
    echo_time_ms: float | None
    field_strength_t: float | None


class FrameEntry(_Model):
    """One frame: index into `sop_instance_uids` and `forms`, frame number from 1, upper left pixel.

    `problem` is the reason code of a frame that cannot be shown, when that is known already.
    """

    instance: int
    number: int
    form: int | None
    position: Vector | None
    problem: Fault | None


class StackFacts(_Model):
    """What is unusual about the order of the frames; see `viewer.geometry.Stack`."""

    by_position: bool
    spacing_mm: float | None
    spacing_varies: bool
    missing_after: tuple[int, ...]
    repeats: int
    tilt_degrees: float


class PackEntry(_Model):
    """Where the frames are: `url` + "first-last" answers frame records (see viewer/frame_records.py).

    `previews_url` + "first-last" answers the previews of those of the frames that have one.
    """

    pack_id: str
    url: str
    previews_url: str
    block_frames: int


class VideoEntry(_Model):
    """A frame that is a video: `frame` is its place in the series, `frames` and `frame_time_ms` its object's.

    `url` + "state" tells how far what a browser plays has come, `url` + "content" is that.
    """

    frame: int
    url: str
    frames: int
    frame_time_ms: float | None


class SeriesEntry(_Model):
    """One series. `pack` is null when it has no images; then `frames` is empty."""

    series_instance_uid: str
    series_number: int | None
    series_description: str
    modality: str
    body_part_examined: str
    laterality: str
    acquisition_time: str
    institution_name: str
    kind: Kind
    technique: Technique
    sop_instance_uids: tuple[str, ...]
    pack: PackEntry | None
    stack: StackFacts
    forms: tuple[ImageForm, ...]
    frames: tuple[FrameEntry, ...]
    videos: tuple[VideoEntry, ...]


class Manifest(_Model):
    """A study in reading order."""

    study_instance_uid: str
    study_date: str
    study_time: str
    study_description: str
    accession_number: str
    patient: PatientFacts
    settled: bool
    series: tuple[SeriesEntry, ...]


def manifest_of(images: StudyImages, faults: Mapping[str, Mapping[int, Fault]]) -> Manifest:
    """The manifest; `faults` gives, for each pack id, the frames known not to be showable."""
    study = images.study
    first: Attributes = next((one.first for one in images.series if one.first), NOTHING)
    return Manifest(
        study_instance_uid=study.study_instance_uid,
        study_date=study.study_date,
        study_time=study.study_time,
        study_description=study.study_description,
        accession_number=study.accession_number,
        patient=PatientFacts(
            name=_shown_name(study.patient_name),
            patient_id=study.patient_id,
            birth_date=study.patient_birth_date,
            sex=study.patient_sex,
            age=text(first, "00101010"),
        ),
        settled=study.settled_at is not None,
        series=tuple(_series(one, study.study_instance_uid, faults) for one in images.series),
    )


def _shown_name(patient_name: str) -> str:
    """A person's name as read: the ideographic group, else the alphabetic one (PS3.5 6.2.1)."""
    alphabetic, _, rest = patient_name.partition("=")
    return rest.partition("=")[0] or " ".join(part for part in alphabetic.split("^") if part)


def _series(
    images: SeriesImages, study_instance_uid: str, faults: Mapping[str, Mapping[int, Fault]]
) -> SeriesEntry:
    row, first, pack = images.series, images.first, images.pack
    forms, frames = _frames(images, faults.get(pack.pack_id, {}) if pack is not None else {})
    return SeriesEntry(
        series_instance_uid=row.series_instance_uid,
        series_number=row.series_number,
        series_description=row.series_description,
        modality=row.modality,
        body_part_examined=row.body_part_examined,
        laterality=text(first, "00200060") or text(first, "00200062"),
        acquisition_time=text(first, "00080032") or text(first, "00080031"),
        institution_name=text(first, "00080080"),
        kind=images.kind,
        technique=_technique(first),
        sop_instance_uids=tuple(one.sop_instance_uid for one in images.instances),
        pack=_pack(pack, study_instance_uid) if pack is not None else None,
        stack=_stack(images.stack),
        forms=forms,
        frames=frames,
        videos=_videos(pack, study_instance_uid) if pack is not None else (),
    )


def _videos(pack: Pack, study_instance_uid: str) -> tuple[VideoEntry, ...]:
    return tuple(
        VideoEntry(
            frame=i,
            url=f"/api/videos/{frame.video_id}/{study_instance_uid}/",
            frames=frame.facts.video.frames,
            frame_time_ms=frame.facts.video.frame_time_ms,
        )
        for i, frame in enumerate(pack.frames)
        if frame.facts.video is not None
    )


def _frames(
    images: SeriesImages, faults: Mapping[int, Fault]
) -> tuple[tuple[ImageForm, ...], tuple[FrameEntry, ...]]:
    """The distinct forms, and the frames that refer to them."""
    instances = {one.instance_key: i for i, one in enumerate(images.instances)}
    forms: dict[ImageForm, int] = {}
    frames = []
    for i, frame in enumerate(images.pack.frames if images.pack is not None else ()):
        facts = frame.facts
        frames.append(
            FrameEntry(
                instance=instances[frame.instance.instance_key],
                number=facts.number,
                position=facts.position,
                form=forms.setdefault(facts.form, len(forms)) if facts.form is not None else None,
                problem=faults.get(i),
            )
        )
    return tuple(forms), tuple(frames)


def _pack(pack: Pack, study_instance_uid: str) -> PackEntry:
    address = f"/api/packs/{pack.pack_id}/{study_instance_uid}"
    return PackEntry(
        pack_id=pack.pack_id,
        url=f"{address}/frames/",
        previews_url=f"{address}/previews/",
        block_frames=pack.block_frames,
    )


def _stack(stack: Stack) -> StackFacts:
    return StackFacts(
        by_position=stack.by_position,
        spacing_mm=stack.spacing_mm,
        spacing_varies=stack.spacing_varies,
        missing_after=stack.missing_after,
        repeats=stack.repeats,
        tilt_degrees=stack.tilt_degrees,
    )


def _technique(first: Attributes) -> Technique:
    return Technique(**{name: number(first, tag) for name, tag in TECHNIQUE.items()})
