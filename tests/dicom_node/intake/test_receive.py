"""The spool: bytes as they came, nothing half done left behind, the living told from the dead."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from config.kernel.objects import StoreFailed
from dicom_node.intake.errors import ObjectTooLarge
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.part10 import Announced, head_of
from dicom_node.intake.receive import Intent, Source, Spool
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


def test_a_spool_that_is_gone_is_said_at_the_beginning(spool: Spool) -> None:
    shutil.rmtree(spool.own)
    with pytest.raises(StoreFailed):
        spool.receive(ANNOUNCED, 1_000)


def test_an_intent_stands_while_its_block_runs(spool: Spool) -> None:
    with spool.intent("dicom/ab/x.dcm", SOURCE):
        (name,) = files_in(spool)
        said = json.loads((spool.own / name).read_text(encoding="utf-8"))
        assert (said["object_key"], said["source"]["issuer_of_patient_id"]) == ("dicom/ab/x.dcm", "县")
    assert files_in(spool) == []


def test_an_intent_outlives_what_went_wrong(spool: Spool) -> None:
    with pytest.raises(RuntimeError), spool.intent("dicom/ab/x.dcm", SOURCE):
        raise RuntimeError
    assert len(files_in(spool)) == 1


def leave(folder: Path, *keys: str, torn: bool = False) -> Path:
    """The folder of a process that died while it stored these objects."""
    dead = Spool(folder, Failpoints())
    for key in keys:
        with pytest.raises(RuntimeError), dead.intent(key, SOURCE):
            raise RuntimeError
    if torn:
        (dead.own / "zz.intent").write_text('{"object_key": "dicom/', encoding="utf-8")
        (dead.own / "yy.intent").write_text('{"object_key": "x", "source": {"who": 1}}', encoding="utf-8")
        (dead.own / "half.part").write_bytes(b"half")
    dead.close()
    return dead.own


def test_what_the_dead_left_is_told_once_and_cleared(spool: Spool) -> None:
    first, second = leave(spool.folder, "a", "b", torn=True), leave(spool.folder, "c")
    found = list(spool.left_behind())
    assert sorted(found, key=lambda intent: intent.object_key) == [
        Intent(object_key=key, source=SOURCE) for key in ("a", "b", "c")
    ]
    assert not first.exists()
    assert not second.exists()
    assert list(spool.left_behind()) == []


def test_a_folder_is_kept_until_its_intents_were_taken_up(spool: Spool) -> None:
    """The second crash, in the middle of recovering, loses nothing either."""
    folder = leave(spool.folder, "a", "b")
    assert next(iter(spool.left_behind())).object_key in {"a", "b"}
    assert len(list(folder.glob("*.intent"))) == 2
    assert len(list(spool.left_behind())) == 2


def test_the_living_are_left_alone(spool: Spool) -> None:
    with Spool(spool.folder, Failpoints()) as other:
        reception = other.receive(ANNOUNCED, 1_000)
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
