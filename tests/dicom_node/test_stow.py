"""Files over HTTP, without HTTP: the same door as C-STORE, in any number of pieces."""

import io
import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from sqlalchemy import Engine

from config.kernel.objects_local import LocalObjects
from dicom_node.archive.reader import read_dataset
from dicom_node.archive.tables import Instance, Quarantine, Study
from dicom_node.stow import AE_TITLE, Stow, Stowed
from tests.dicom_node.objects import CT, a_ct, dataset_bytes, file_bytes
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock

OBJECT_BYTES_MAX = 500_000


@pytest.fixture
def objects_here(tmp_path: Path) -> LocalObjects:
    """The store of this test."""
    return LocalObjects(tmp_path / "objects")


@pytest.fixture
def stow(sqlite_url: str, objects_here: LocalObjects, tmp_path: Path, clock: HandClock) -> Iterator[Stow]:
    """A way in over HTTP."""
    made = Stow(
        database_url=sqlite_url,
        objects=objects_here,
        elsewhere=tmp_path / "elsewhere",
        object_bytes_max=OBJECT_BYTES_MAX,
        reserve_bytes=0,
        clock=clock,
    )
    yield made
    made.close()


def put(stow: Stow, content: bytes, cuts: list[int] | None = None, study: str | None = None) -> Stowed:
    """A file in pieces cut at these places."""
    upload = stow.upload("county", study)
    places = [0, *sorted({cut % (len(content) + 1) for cut in cuts or []}), len(content)]
    for start, end in pairwise(places):
        upload.write(content[start:end])
    return upload.finish()


def spooled(folder: Path) -> list[str]:
    """What waits in any spool below a folder."""
    return [path.name for path in folder.rglob("*") if path.suffix in {".part", ".intent"}]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 5_000), max_size=12))
def test_a_file_in_any_pieces_is_stored_whole(
    stow: Stow, engine: Engine, objects_here: LocalObjects, cuts: list[int]
) -> None:
    dataset = a_ct()
    told = put(stow, file_bytes(dataset), cuts)
    assert (told.status, told.comment, told.sop_class_uid) == (0, "", CT)
    assert (told.study_instance_uid, told.series_instance_uid, told.sop_instance_uid) == (
        dataset.StudyInstanceUID,
        dataset.SeriesInstanceUID,
        dataset.SOPInstanceUID,
    )
    (row,) = [r for r in rows_of(engine, Instance) if r.sop_instance_uid == dataset.SOPInstanceUID]
    assert read_dataset(objects_here, row) == dataset_bytes(dataset)


def test_its_study_says_how_it_came(stow: Stow, engine: Engine) -> None:
    put(stow, file_bytes(a_ct()))
    (study,) = rows_of(engine, Study)
    assert (study.institution_id, study.source_ae_title) == ("county", AE_TITLE)


def headed(syntax: UID, raw: bytes) -> bytes:
    """A file whose head says nothing but its transfer syntax."""
    value = syntax.encode() + b"\0" * (len(syntax) % 2)
    return bytes(128) + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", len(value)) + value + raw


@pytest.mark.parametrize(
    "syntax, form",
    [
        (ImplicitVRLittleEndian, {"implicit": True}),
        (ExplicitVRLittleEndian, {}),
        (ExplicitVRBigEndian, {"little": False}),
    ],
)
def test_what_the_head_leaves_out_the_data_set_says(
    stow: Stow, engine: Engine, objects_here: LocalObjects, syntax: UID, form: dict[str, bool]
) -> None:
    dataset = a_ct()
    raw = dataset_bytes(dataset, **form)
    stored = put(stow, headed(syntax, raw))
    assert (stored.status, stored.sop_instance_uid) == (0, dataset.SOPInstanceUID)
    (row,) = rows_of(engine, Instance)
    assert read_dataset(objects_here, row) == raw
    head = pydicom.dcmread(io.BytesIO(objects_here.read(row.object_key))).file_meta
    assert (head.MediaStorageSOPClassUID, head.MediaStorageSOPInstanceUID) == (CT, dataset.SOPInstanceUID)


@pytest.mark.parametrize(
    "raw", [b"", b"\x08\0\x16\0", dataset_bytes(a_ct(SOPClassUID=None)), dataset_bytes(a_ct())[:40]]
)
def test_where_neither_says_it_the_file_is_refused(stow: Stow, engine: Engine, raw: bytes) -> None:
    assert put(stow, headed(ExplicitVRLittleEndian, raw)).status >= 0xA000
    assert rows_of(engine, Instance) == []


def too_large() -> bytes:
    """A file beyond the cap."""
    return file_bytes(a_ct(PixelData=bytes(600_000), Rows=600, Columns=500))


def with_a_long_id() -> bytes:
    """A file whose Patient ID has more characters than the index holds."""
    whole = file_bytes(a_ct(PatientID="7" * 64))
    return whole.replace(b"LO\x40\0" + b"7" * 64, b"LO\x42\0" + b"7" * 66)


REFUSED: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "nothing": (lambda: b"", 0xC000, "the part is empty"),
    "prose": (lambda: b"x" * 500, 0xC000, "no DICM after 128 bytes"),
    "much prose": (lambda: b"x" * 100_000, 0xC000, "no DICM after 128 bytes"),
    "cut in a value": (lambda: file_bytes(a_ct())[:-3], 0xC000, "(7FE0,0010) ends inside an element"),
    "cut in its head": (lambda: file_bytes(a_ct())[:140], 0xC000, "ends inside"),
    "too large": (too_large, 0xA700, "larger"),
    "long id": (with_a_long_id, 0xC000, "PatientID longer than 64 characters"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why_and_leaves_nothing(
    stow: Stow, engine: Engine, tmp_path: Path, case: str
) -> None:
    make, status, words = REFUSED[case]
    told = put(stow, make(), [70_000])
    assert told.status == status
    assert words in told.comment
    assert rows_of(engine, Instance) == []
    assert spooled(tmp_path) == []


def test_an_object_of_another_study_is_refused_and_not_set_aside(stow: Stow, engine: Engine) -> None:
    dataset = a_ct()
    told = put(stow, file_bytes(dataset), study="1.2.3")
    assert (told.status, told.sop_instance_uid) == (0xC000, dataset.SOPInstanceUID)
    assert (rows_of(engine, Instance), rows_of(engine, Quarantine)) == ([], [])
    assert put(stow, file_bytes(dataset), study=dataset.StudyInstanceUID).status == 0


def test_one_failure_is_no_other_files_affair(stow: Stow, engine: Engine) -> None:
    first, bad, last = a_ct(), a_ct(StudyInstanceUID=None), a_ct()
    assert [put(stow, file_bytes(dataset)).status for dataset in (first, bad, last)] == [0, 0xC000, 0]
    assert len(rows_of(engine, Instance)) == 2


def test_a_file_given_up_in_the_middle_leaves_nothing(stow: Stow, engine: Engine, tmp_path: Path) -> None:
    upload = stow.upload("county", None)
    content = file_bytes(a_ct(PixelData=bytes(600_000), Rows=600, Columns=500))
    upload.write(content[:400_000])
    assert spooled(tmp_path) != []
    upload.discard()
    upload.discard()
    assert spooled(tmp_path) == []
    assert rows_of(engine, Instance) == []


def test_what_was_never_used_opens_nothing(stow: Stow, tmp_path: Path) -> None:
    stow.close()
    assert not (tmp_path / "elsewhere").exists()
    assert spooled(tmp_path) == []


def test_after_closing_it_opens_again(stow: Stow) -> None:
    assert put(stow, file_bytes(a_ct())).status == 0
    stow.close()
    assert put(stow, file_bytes(a_ct())).status == 0
