"""The spool: bytes as they came, nothing half done left behind, the living told from the dead."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from config.kernel.errors import AppError
from config.kernel.objects import StoreFailed, StoreFull
from dicom_node.intake.errors import ObjectTooLarge
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.part10 import Announced, head_of
from dicom_node.intake.receive import MEMORY_BYTES_MAX, Received, Reception, Source, Spool, received_again
from tests.dicom_node.raw_scu import CT, EXPLICIT

ANNOUNCED = Announced(sop_class_uid=CT, sop_instance_uid="1.2.3", transfer_syntax_uid=EXPLICIT)
HEAD = head_of(ANNOUNCED)
SOURCE = Source(institution_id="county", ae_title="COUNTY", issuer_of_patient_id="县")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """A spool of this process."""
    with Spool(tmp_path / "spool", Failpoints()) as made:
        yield made


def files_in(spool: Spool) -> list[str]:
    """What lies in a spool's own folder besides its lock."""
    return sorted(path.name for path in spool.own.iterdir() if path.name != "lock")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.binary(max_size=400), max_size=8))
def test_what_is_received_is_the_head_and_the_bytes_and_their_hashes(
    spool: Spool, pieces: list[bytes]
) -> None:
    reception = spool.receive(ANNOUNCED, 1_000_000)
    for piece in pieces:
        reception.write(memoryview(piece))
    received = reception.finish()
    data = b"".join(pieces)
    assert received.path.read_bytes() == HEAD + data
    assert (received.dataset_offset, received.file_bytes) == (len(HEAD), len(HEAD) + len(data))
    assert received.dataset_sha256 == hashlib.sha256(data).hexdigest()
    assert received.file_sha256 == hashlib.sha256(HEAD + data).hexdigest()
    reception.discard()
    assert files_in(spool) == []


@pytest.mark.parametrize("over", [0, 1])
def test_the_cap_counts_the_whole_file(spool: Spool, over: int) -> None:
    reception = spool.receive(ANNOUNCED, len(HEAD) + 100)
    reception.write(bytes(60))
    if over:
        with pytest.raises(ObjectTooLarge):
            reception.write(bytes(41))
    else:
        reception.write(bytes(40))
        assert reception.finish().file_bytes == len(HEAD) + 100
    reception.discard()
    assert files_in(spool) == []


def test_a_discarded_reception_cannot_be_finished_as_if_it_were_whole(spool: Spool) -> None:
    reception = spool.receive(ANNOUNCED, 1_000)
    reception.discard()
    with pytest.raises(StoreFailed):
        reception.finish()
    reception.discard()


@pytest.mark.parametrize("count", [10, MEMORY_BYTES_MAX], ids=["small", "large"])
def test_a_spool_that_is_gone_is_never_a_success(spool: Spool, count: int) -> None:
    reception = spool.receive(ANNOUNCED, 2 * MEMORY_BYTES_MAX)
    shutil.rmtree(spool.own)
    with pytest.raises(StoreFailed):
        fill(reception, count)
    reception.discard()


def fill(reception: Reception, count: int) -> Received:
    """So many bytes of a data set, and its end."""
    reception.write(bytes(count))
    return reception.finish()


@given(pieces=st.lists(st.integers(0, MEMORY_BYTES_MAX), max_size=4), seed=st.integers(0, 255))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_comes_the_file_is_head_and_data_set(spool: Spool, pieces: list[int], seed: int) -> None:
    """In memory or not: the same bytes under the same hashes, and at hand only when it stayed small."""
    reception = spool.receive(ANNOUNCED, 10 * MEMORY_BYTES_MAX)
    parts = [bytes([(seed + number) % 256]) * count for number, count in enumerate(pieces)]
    for part in parts:
        reception.write(memoryview(part))
    received, whole = reception.finish(), HEAD + b"".join(parts)
    assert received.path.read_bytes() == whole
    assert received.file_sha256 == hashlib.sha256(whole).hexdigest()
    assert received.dataset_sha256 == hashlib.sha256(whole[len(HEAD) :]).hexdigest()
    assert received.content == (whole if len(whole) <= MEMORY_BYTES_MAX else None)
    reception.discard()
    assert files_in(spool) == []


def test_a_small_object_is_no_file_before_it_is_whole(spool: Spool) -> None:
    reception = spool.receive(ANNOUNCED, 10 * MEMORY_BYTES_MAX)
    reception.write(bytes(MEMORY_BYTES_MAX - len(HEAD)))
    assert files_in(spool) == []
    reception.write(b"x")
    assert len(files_in(spool)) == 1
    reception.discard()


def arrived(spool: Spool, data: bytes) -> Received:
    """A whole object in the spool."""
    reception = spool.receive(ANNOUNCED, 1_000_000)
    reception.write(data)
    return reception.finish()


def test_what_is_held_lies_with_its_source_and_goes_when_all_is_well(spool: Spool) -> None:
    received = arrived(spool, b"image")
    with spool.held(received, SOURCE) as path:
        assert not received.path.exists()
        assert path.read_bytes() == HEAD + b"image"
        said = json.loads((path.parent / "source.json").read_text(encoding="utf-8"))
        assert Source(**said) == SOURCE
    assert [each.name for each in path.parent.iterdir()] == ["source.json"]


def test_objects_of_one_source_share_its_folder(spool: Spool) -> None:
    other = replace(SOURCE, ae_title="OTHER")
    folders = []
    for source in (SOURCE, other, SOURCE):
        with spool.held(arrived(spool, b"image"), source) as path:
            folders.append(path.parent)
    assert folders[0] == folders[2] != folders[1]


@pytest.mark.parametrize("error", [StoreFull(key="x"), StoreFailed(key="x")])
def test_what_the_store_refused_does_not_fill_the_disk(spool: Spool, error: AppError) -> None:
    with pytest.raises(type(error)), spool.held(arrived(spool, b"image"), SOURCE) as path:
        raise error
    assert [each.name for each in path.parent.iterdir()] == ["source.json"]


def test_what_went_wrong_elsewhere_waits_in_one_copy(spool: Spool) -> None:
    """Nobody knows whether its rows were written; a sender that tries a hundred times fills no disk."""
    for _attempt in range(3):
        received = arrived(spool, b"image")
        with pytest.raises(RuntimeError), spool.held(received, SOURCE):
            raise RuntimeError
    kept = [each for each in spool.own.glob("*/*") if each.name != "source.json"]
    assert [each.read_bytes() for each in kept] == [HEAD + b"image"]


@given(data=st.binary(max_size=3_000_000))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_object_taken_up_again_is_what_it_was(spool: Spool, data: bytes) -> None:
    received = arrived(spool, b"\x08\0" + data)
    assert received_again(received.path) == received
    received.path.unlink()


def leave(folder: Path, *contents: bytes, torn: bool = False) -> Path:
    """The folder of a process that died while it stored these objects."""
    dead = Spool(folder, Failpoints())
    for content in contents:
        with pytest.raises(RuntimeError), dead.held(arrived(dead, content), SOURCE):
            raise RuntimeError
    if torn:
        for name, said in (("zz", '{"institution_id": "c'), ("yy", '{"who": 1}')):
            (dead.own / name).mkdir()
            (dead.own / name / "source.json").write_text(said, encoding="utf-8")
            (dead.own / name / "object").write_bytes(b"of nobody")
        (dead.own / "half.part").write_bytes(b"half")
    dead.close()
    return dead.own


def test_what_the_dead_left_is_told_once_and_cleared(spool: Spool) -> None:
    first, second = leave(spool.folder, b"a", b"b", torn=True), leave(spool.folder, b"c")
    told = []
    for left in spool.left_behind():
        assert left.source == SOURCE
        told.append(left.path.read_bytes().removeprefix(HEAD))
    assert sorted(told) == [b"a", b"b", b"c"]
    assert not first.exists()
    assert not second.exists()
    assert list(spool.left_behind()) == []


def test_a_folder_is_kept_until_its_objects_were_taken_up(spool: Spool) -> None:
    """The second crash, in the middle of recovering, loses nothing either."""
    leave(spool.folder, b"a", b"b")
    assert next(iter(spool.left_behind())).path.read_bytes().removeprefix(HEAD) in {b"a", b"b"}
    assert len([left.path.name for left in spool.left_behind()]) == 2


def test_the_living_are_left_alone(spool: Spool) -> None:
    with Spool(spool.folder, Failpoints()) as other:
        reception = other.receive(ANNOUNCED, 2 * MEMORY_BYTES_MAX)
        reception.write(bytes(MEMORY_BYTES_MAX))
        assert list(spool.left_behind()) == []
        assert len(files_in(other)) == 1
        reception.discard()


def test_a_clean_end_leaves_no_folder_and_an_unclean_one_does(tmp_path: Path) -> None:
    clean, unclean = Spool(tmp_path, Failpoints()), Spool(tmp_path, Failpoints())
    (unclean.own / "half.part").write_bytes(b"x")
    clean.close()
    unclean.close()
    assert (clean.own.exists(), unclean.own.exists()) == (False, True)


def test_strangers_may_not_look_into_the_spool(spool: Spool) -> None:
    assert spool.own.stat().st_mode & 0o077 == 0


def test_a_file_in_the_spools_folder_is_nobodys_business(spool: Spool) -> None:
    (spool.folder / "readme.txt").write_text("x", encoding="utf-8")
    assert list(spool.left_behind()) == []
    assert (spool.folder / "readme.txt").exists()


def clear_until(ended: threading.Event, patient: Spool) -> None:
    """Take up what the dead left, again and again: nothing is theirs."""
    while not ended.is_set():
        assert list(patient.left_behind()) == []


def begin_often(folder: Path) -> None:
    """Start, receive something and end."""
    for _ in range(60):
        with Spool(folder, Failpoints()) as mine:
            reception = mine.receive(ANNOUNCED, 1_000)
            reception.write(b"x" * 10)
            assert reception.finish().path.exists()
            reception.discard()


def test_those_who_start_at_once_do_not_clear_each_other(tmp_path: Path) -> None:
    """Receivers start together, and each takes up what the dead left: a folder just made looks like that."""
    folder, ended = tmp_path / "spool", threading.Event()
    with Spool(folder, Failpoints()) as patient, ThreadPoolExecutor(5) as pool:
        clearing = [pool.submit(clear_until, ended, patient) for _ in range(2)]
        try:
            for beginning in [pool.submit(begin_often, folder) for _ in range(3)]:
                beginning.result(90)
        finally:
            ended.set()
        for done in clearing:
            done.result(90)
    assert [path for path in folder.iterdir() if path.is_dir()] == []
