"""One stored object's facts: what the index needs, its metadata, where its pixels lie."""

import base64
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final, TypeVar

from dicom_node.archive.errors import DatasetTruncated
from dicom_node.archive.inflate import CHUNK_BYTES, DEFLATED, inflated_bytes_max, inflated_pieces
from dicom_node.archive.names import name_key
from dicom_node.intake.dicom_json import Document
from dicom_node.intake.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Buffer, Syntax
from dicom_node.intake.errors import AttributeRefused
from dicom_node.intake.pixels import PixelFacts, Raster, checked_raster, encapsulated_frames, native_frames
from dicom_node.intake.walk import Walk

IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
VIDEO: Final = re.compile(r"1\.2\.840\.10008\.1\.2\.4\.10[0-8](\.1)?", re.ASCII)
"""MPEG-2, H.264 and H.265: all frames are one stream (PS3.5 8.2.5 to 8.2.8, A.4.5 to A.4.9)."""
UID_CHARACTERS_MAX: Final = 64
UID: Final = re.compile(r"[0-9.]{1,64}", re.ASCII)
DATE: Final = re.compile(r"[0-9]{8}", re.ASCII)
TIME: Final = re.compile(r"[0-9]{2,6}(\.[0-9]{1,6})?", re.ASCII)
TEXT_VRS: Final = frozenset({"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UI", "UT"})
NAME_VRS: Final = frozenset({"PN"})
METADATA_LEVEL: Final = 3
"""zlib level: 6 saves 3 % of bytes for twice the time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyFacts:
    """Columns of `dicom_study` that one object tells."""

    study_instance_uid: str
    patient_id: str
    patient_name: str
    patient_name_key: str
    patient_birth_date: str
    patient_sex: str
    study_date: str
    study_time: str
    study_id: str
    accession_number: str
    study_description: str
    referring_physician_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesFacts:
    """Columns of `dicom_series` that one object tells."""

    series_instance_uid: str
    modality: str
    series_number: int | None
    series_description: str
    body_part_examined: str
    performed_procedure_step_start_date: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceFacts:
    """Columns of `dicom_instance` that one object tells."""

    sop_instance_uid: str
    sop_class_uid: str
    instance_number: int | None
    number_of_frames: int
    rows: int | None
    columns: int | None
    pixel_offset: int | None
    pixel_bytes: int | None
    frame_offsets: list[list[int]]
    metadata_json: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that is indexed of one object. `issuer_of_patient_id` is what the object itself says."""

    study: StudyFacts
    series: SeriesFacts
    instance: InstanceFacts
    issuer_of_patient_id: str


@dataclass(frozen=True, slots=True)
class Attributes:
    """Reads single values out of a DICOM JSON document, held to the index's limits."""

    document: Document

    def value(self, tag: str) -> Any:
        """The first value of `tag`, None when there is none."""
        values = self.document.get(tag, {}).get("Value")
        return values[0] if values else None

    def text(self, tag: str, limit: int) -> str:
        """A descriptive text, cut to `limit` characters."""
        value = self.value(tag)
        return str(value)[:limit] if isinstance(value, str | int | float) else ""

    def identity(self, tag: str, name: str, limit: int) -> str:
        """A text that identifies somebody or something: refused, not cut, beyond `limit`."""
        self._must_be_readable(tag, name, TEXT_VRS, limit)
        value = self.value(tag)
        text = "" if value is None else str(value)
        if len(text) > limit:
            raise AttributeRefused(attribute=name, fault=f"longer than {limit} characters")
        return text

    def person_name(self, tag: str, name: str, limit: int) -> str:
        """A PN value as one text: component groups parted by `=`, empty components at their ends left out."""
        self._must_be_readable(tag, name, NAME_VRS, limit)
        value = self.value(tag)
        groups = value if isinstance(value, dict) else {}
        parts = [groups.get(key, "").rstrip("^ ") for key in ("Alphabetic", "Ideographic", "Phonetic")]
        text = "=".join(parts).rstrip("=")
        if len(text) > limit:
            raise AttributeRefused(attribute=name, fault=f"longer than {limit} characters")
        return text

    def uid(self, tag: str, name: str) -> str:
        """A required UID. Its digits are taken as they are, leading zeros included."""
        self._must_be_readable(tag, name, TEXT_VRS, UID_CHARACTERS_MAX)
        value = self.value(tag)
        if value is None:
            raise AttributeRefused(attribute=name, fault="is missing")
        if not isinstance(value, str) or not UID.fullmatch(value):
            raise AttributeRefused(attribute=name, fault="is not a UID (digits and dots, at most 64)")
        return value

    def _must_be_readable(self, tag: str, name: str, vrs: frozenset[str], limit: int) -> None:
        """Refuse what would else be indexed as if it were not there: another kind of value, or a huge one."""
        element = self.document.get(tag, {})
        if len(element) > 1 and element["vr"] not in vrs:
            raise AttributeRefused(attribute=name, fault=f"has the value representation {element['vr']}")
        if "BulkDataURI" in element:
            raise AttributeRefused(attribute=name, fault=f"longer than {limit} characters")

    def matching(self, tag: str, rule: re.Pattern[str], noise: str) -> str:
        """A date or time without the punctuation of older standards; '' when it is none."""
        value = self.value(tag)
        text = str(value or "").translate(str.maketrans("", "", noise))
        return text if rule.fullmatch(text) else ""

    def integer(self, tag: str) -> int | None:
        """A whole number that fits the index, else None."""
        value = self.value(tag)
        return value if isinstance(value, int) and abs(value) < 2**31 else None


def syntax_of(transfer_syntax_uid: str) -> Syntax:
    """How a transfer syntax encodes elements; all but three are Explicit VR Little Endian (PS3.5 A)."""
    known = {IMPLICIT_VR_LITTLE_ENDIAN: IMPLICIT_LITTLE, EXPLICIT_VR_BIG_ENDIAN: EXPLICIT_BIG}
    return known.get(transfer_syntax_uid, EXPLICIT_LITTLE)


@contextmanager
def opened(path: Path, dataset_offset: int, transfer_syntax_uid: str) -> Iterator[tuple[Buffer, int]]:
    """The bytes that hold the data set, and where it starts in them.

    For a deflated transfer syntax these are the inflated bytes, kept beside `path` meanwhile.
    Raises InflatesTooLarge or DatasetUnreadable.
    """
    if transfer_syntax_uid in DEFLATED:
        inflated = path.with_name(f"{path.name}.inflated")
        try:
            _inflate(path, dataset_offset, inflated)
            with _mapped(inflated, 0) as buffer:
                yield buffer, 0
        finally:
            inflated.unlink(missing_ok=True)
        return
    with _mapped(path, dataset_offset) as buffer:
        yield buffer, dataset_offset


@contextmanager
def _mapped(path: Path, dataset_offset: int) -> Iterator[Buffer]:
    if path.stat().st_size <= dataset_offset:
        raise DatasetTruncated(fault="there is no data set")
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as buffer:
        yield buffer


def _inflate(source: Path, offset: int, target: Path) -> None:
    limit = inflated_bytes_max(source.stat().st_size - offset)
    with source.open("rb") as file, target.open("wb") as out:
        file.seek(offset)
        for piece in inflated_pieces(iter(lambda: file.read(CHUNK_BYTES), b""), limit):
            out.write(piece)


def parse(path: Path, dataset_offset: int, transfer_syntax_uid: str) -> Facts:
    """The facts of the Part 10 file at `path`.

    Offsets in the facts count from the start of the file; in a deflated object, from the start
    of its inflated data set. Raises DatasetUnreadable, DatasetTruncated, DatasetTooComplex,
    InflatesTooLarge, AttributeRefused or PixelDataInconsistent.
    """
    with opened(path, dataset_offset, transfer_syntax_uid) as (buffer, start):
        return facts_of(buffer, start, syntax_of(transfer_syntax_uid), video=_is_video(transfer_syntax_uid))


def facts_of_file(content: Buffer, dataset_offset: int, transfer_syntax_uid: str) -> Facts:
    """As `parse`, of a Part 10 file that is at hand and not deflated."""
    if len(content) <= dataset_offset:
        raise DatasetTruncated(fault="there is no data set")
    syntax, video = syntax_of(transfer_syntax_uid), _is_video(transfer_syntax_uid)
    return facts_of(content, dataset_offset, syntax, video=video)


def _is_video(transfer_syntax_uid: str) -> bool:
    return VIDEO.fullmatch(transfer_syntax_uid) is not None


def facts_of(buffer: Buffer, start: int, syntax: Syntax, *, video: bool = False) -> Facts:
    """The facts of the data set that fills `buffer` from `start`. Raises as `parse` does.

    `video`: all frames are one stream.
    """
    walk = Walk(buffer, remembering=True)
    document = walk.document(start, len(buffer), syntax)
    attributes = Attributes(document)
    return Facts(
        study=_repeated(_study, STUDY_TAGS, attributes, walk),
        series=_repeated(_series, SERIES_TAGS, attributes, walk),
        instance=_instance(attributes, walk, video=video),
        issuer_of_patient_id=attributes.text("00100021", 64),
    )


T = TypeVar("T", StudyFacts, SeriesFacts)
_KNOWN: dict[tuple[str | None, ...], Any] = {}
STUDY_TAGS: Final = (
    "0020000D",
    "00100010",
    "00100020",
    "00100030",
    "00100040",
    "00080020",
    "00080030",
    "00200010",
    "00080050",
    "00081030",
    "00080090",
)
SERIES_TAGS: Final = ("0020000E", "00080060", "00200011", "0008103E", "00180015", "00400244")
KNOWN_MAX: Final = 1024
KNOWN_TEXT_MAX: Final = 4096
"""Only what is no longer than this is remembered."""


def _repeated(
    make: Callable[[Attributes], T], tags: tuple[str, ...], attributes: Attributes, walk: Walk
) -> T:
    """What `make` makes of the values of `tags`: the same as for the last object, when they are the same."""
    key = tuple(map(walk.texts.get, tags))
    facts: T | None = _KNOWN.get(key)
    if facts is None:
        facts = make(attributes)
        if len(_KNOWN) > KNOWN_MAX:
            _KNOWN.clear()
        if sum(map(len, filter(None, key))) < KNOWN_TEXT_MAX:
            _KNOWN[key] = facts
    return facts


def _study(a: Attributes) -> StudyFacts:
    name = a.person_name("00100010", "PatientName", 330)
    return StudyFacts(
        study_instance_uid=a.uid("0020000D", "StudyInstanceUID"),
        patient_id=a.identity("00100020", "PatientID", 64),
        patient_name=name,
        patient_name_key=name_key(name),
        patient_birth_date=a.matching("00100030", DATE, ".-"),
        patient_sex=a.text("00100040", 16),
        study_date=a.matching("00080020", DATE, ".-"),
        study_time=a.matching("00080030", TIME, ":"),
        study_id=a.text("00200010", 16),
        accession_number=a.identity("00080050", "AccessionNumber", 64),
        study_description=a.text("00081030", 256),
        referring_physician_name=a.person_name("00080090", "ReferringPhysicianName", 330),
    )


def _series(a: Attributes) -> SeriesFacts:
    return SeriesFacts(
        series_instance_uid=a.uid("0020000E", "SeriesInstanceUID"),
        modality=a.text("00080060", 16),
        series_number=a.integer("00200011"),
        series_description=a.text("0008103E", 256),
        body_part_examined=a.text("00180015", 64),
        performed_procedure_step_start_date=a.matching("00400244", DATE, ".-"),
    )


def _instance(a: Attributes, walk: Walk, *, video: bool) -> InstanceFacts:
    frames = a.integer("00280008")
    pixels = _pixels(a, walk, 1 if frames is None else frames, video=video)
    metadata = f"{{{','.join(walk.texts.values())}}}".encode()
    return InstanceFacts(
        sop_instance_uid=a.uid("00080018", "SOPInstanceUID"),
        sop_class_uid=a.uid("00080016", "SOPClassUID"),
        instance_number=a.integer("00200013"),
        number_of_frames=max(0, frames or (1 if pixels else 0)),
        rows=a.integer("00280010"),
        columns=a.integer("00280011"),
        pixel_offset=pixels.offset if pixels else None,
        pixel_bytes=pixels.length if pixels else None,
        frame_offsets=pixels.frames if pixels else [],
        metadata_json=zlib.compress(metadata, METADATA_LEVEL),
    )


def _pixels(a: Attributes, walk: Walk, frames: int, *, video: bool) -> PixelFacts | None:
    if walk.pixels is None or (walk.pixels.length == 0 and not walk.pixels.undefined):
        return None
    raster = checked_raster(
        Raster(
            rows=a.integer("00280010") or 0,
            columns=a.integer("00280011") or 0,
            samples=a.integer("00280002") or 1,
            bits_allocated=a.integer("00280100") or 0,
            frames=frames,
            photometric=a.text("00280004", 16),
            video=video,
        )
    )
    if walk.pixels.undefined:
        return encapsulated_frames(
            walk.buffer, walk.pixels, walk.pixel_items, raster, _extended(a, walk.buffer)
        )
    return native_frames(walk.pixels, raster)


def _extended(a: Attributes, buffer: Buffer) -> list[int]:
    """The Extended Offset Table (7FE0,0001): 64-bit offsets, [] when absent (PS3.3 C.7.6.3.1.8)."""
    element = a.document.get("7FE00001", {})
    raw = base64.b64decode(element.get("InlineBinary", ""))
    place = re.fullmatch(r"bulk/(\d+)-(\d+)", element.get("BulkDataURI", ""))
    if place:
        raw = bytes(buffer[int(place[1]) : int(place[2])])
    return list(struct.unpack(f"<{len(raw) // 8}Q", raw[: len(raw) // 8 * 8]))
