"""Bytes go when nobody names them, and never from under whoever is storing the same ones."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from config.kernel.errors import AppError
from config.kernel.objects import ObjectMissing, ObjectStore
from dicom_node.archive.tables import Instance, Quarantine
from dicom_node.archive.verification import Integrity
from dicom_node.intake.failpoints import Failpoints
from dicom_node.keeping import damages
from dicom_node.keeping.tables import Damage, Whereabouts
from dicom_node.keeping.whereabouts import State as Sent
from dicom_node.retention.destroying import ORPHAN, State
from dicom_node.retention.domain import Kept
from dicom_node.retention.removal import FAILPOINTS, LOOK_AGAIN
from dicom_node.retention.tables import Orphan
from tests.dicom_node.objects import a_ct
from tests.dicom_node.retention.conftest import CITY, TOWN, Vault
from tests.fixtures.objects import Bucket
from tests.fixtures.samples import REPOSITORY


def test_bytes_that_another_hospital_names_stay(vault: Vault) -> None:
    (one,) = vault.old_study(1)
    vault.send(one, CITY)
    vault.rule(institution_id=TOWN)
    vault.destroy()
    vault.remove_all()
    assert vault.rows(Orphan) == []
    (left,) = vault.rows(Instance)
    assert left.institution_id == CITY
    assert vault.files() == {left.object_key}


def test_bytes_that_were_set_aside_as_a_conflict_stay(small_vault: Vault) -> None:
    (one,) = small_vault.old_study(1)
    with pytest.raises(AppError) as refusal:
        small_vault.send(a_ct(SOPInstanceUID=one.SOPInstanceUID, PatientID="P2"))
    assert refusal.value.code == "dicom.same_uid_other_content"
    (aside,) = small_vault.rows(Quarantine)
    small_vault.rule()
    small_vault.destroy()
    small_vault.remove_all()
    assert small_vault.files() == {aside.object_key}


def test_what_is_known_of_its_damage_goes_with_it(small_vault: Vault) -> None:
    small_vault.old_study(1)
    (key,) = small_vault.keys()
    now = small_vault.clock.now()
    small_vault.write(lambda connection: damages.found(connection, key, Integrity.DAMAGED, None, now))
    small_vault.rule()
    small_vault.destroy()
    small_vault.remove_all()
    assert small_vault.rows(Damage) == []


class Meddling(Failpoints):
    """Does something once, when a place is passed."""

    def __init__(self, place: str, what: Callable[[], Any]) -> None:
        super().__init__()
        self._place, self._what = place, what
        self.done = False

    def passed(self, name: str) -> None:
        if name == self._place and not self.done:
            self.done = True
            self._what()


@pytest.mark.parametrize("place", FAILPOINTS)
def test_sent_again_while_its_bytes_are_removed_it_is_there(vault: Vault, place: str) -> None:
    (one,) = vault.old_study(1)
    vault.rule()
    vault.destroy()
    meddling = Meddling(place, lambda: vault.send(one))
    vault.new_remover(meddling).once()
    assert meddling.done
    vault.clock.advance(days=1)
    vault.remove_all()
    (key,) = vault.keys()
    assert vault.files() == {key}
    assert vault.rows(Orphan) == []


class Between:
    """A store in which something happens after an object's file is in place, before its row is."""

    def __init__(self, inner: ObjectStore, what: Callable[[], Any]) -> None:
        self._inner, self._what = inner, what

    def adopt(self, key: str, path: Path) -> None:
        self._inner.adopt(key, path)
        self._what()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_what_is_just_being_stored_is_left_alone_until_its_row_is_there(vault: Vault) -> None:
    (one,) = vault.old_study(1)
    vault.rule()
    vault.destroy()
    done: list[int] = []
    vault.door._objects = Between(vault.store, lambda: done.append(vault.remover.once()))
    vault.send(one)
    assert done == [0], "its file had a second name"
    (key,) = vault.keys()
    assert vault.files() == {key}
    assert [row.next_at for row in vault.rows(Orphan)] == [vault.clock.now() + LOOK_AGAIN]
    vault.clock.advance(LOOK_AGAIN.total_seconds())
    assert vault.remover.once() == 1
    assert (vault.files(), vault.rows(Orphan)) == ({key}, [])


def test_what_lies_aside_and_is_named_is_put_back(small_vault: Vault) -> None:
    """As when a kill struck between the move and the look at rows that came with the moved file."""
    small_vault.send(a_ct())
    (key,) = small_vault.keys()
    content = small_vault.store.read(key)
    aside = small_vault.folder / ".leaving" / key.replace("/", "-")
    aside.parent.mkdir()
    (small_vault.folder / key).rename(aside)
    now = small_vault.clock.now()
    row = {"object_key": key, "object_bytes": len(content), "orphaned_at": now, "next_at": now}
    small_vault.write(lambda connection: connection.execute(insert(ORPHAN).values(**row)))
    assert small_vault.remover.once() == 1
    assert (small_vault.files(), small_vault.store.read(key)) == ({key}, content)


def test_the_bucket_is_emptied_too_and_nothing_goes_before_it_was_sent(bucket_vault: Vault) -> None:
    bucket_vault.old_study()
    keys = bucket_vault.keys()
    bucket_vault.rule()
    bucket_vault.uploader()._note(keys)
    assert bucket_vault.preview().kept == {Kept.UNDELIVERED: 1}
    bucket_vault.upload()
    assert bucket_vault.destroy() == [State.DESTROYED]
    bucket_vault.remove_all()
    assert (bucket_vault.files(), bucket_vault.rows(Whereabouts), bucket_vault.rows(Orphan)) == (
        set(),
        [],
        [],
    )
    for key in keys:
        with pytest.raises(ObjectMissing):
            bucket_vault.store.read(key)


def test_while_the_bucket_is_away_what_is_left_there_waits(bucket_vault: Vault, bucket: Bucket) -> None:
    bucket_vault.old_study()
    keys = bucket_vault.keys()
    bucket_vault.rule()
    bucket_vault.upload()
    bucket_vault.destroy()
    bucket.is_away = True
    assert bucket_vault.remover.once() == 0
    assert {row.object_key for row in bucket_vault.rows(Orphan)} == set(keys)
    bucket.is_away = False
    assert bucket_vault.remover.once() == 0, "not yet due"
    bucket_vault.clock.advance(LOOK_AGAIN.total_seconds())
    bucket_vault.remove_all()
    assert bucket_vault.rows(Orphan) == []
    for key in keys:
        with pytest.raises(ObjectMissing):
            bucket.read(key)


@pytest.mark.parametrize("place", FAILPOINTS)
def test_sent_again_meanwhile_it_reaches_the_bucket_again(
    bucket_vault: Vault, bucket: Bucket, place: str
) -> None:
    (one,) = bucket_vault.old_study(1)
    bucket_vault.rule()
    bucket_vault.upload()
    bucket_vault.destroy()
    bucket_vault.new_remover(Meddling(place, lambda: bucket_vault.send(one))).once()
    bucket_vault.clock.advance(days=1)
    bucket_vault.upload()
    bucket_vault.remove_all()
    bucket_vault.upload()
    (key,) = bucket_vault.keys()
    (row,) = bucket_vault.rows(Whereabouts)
    assert (row.object_key, row.state, row.is_local) == (key, Sent.STORED, True)
    assert bucket.read(key) == (bucket_vault.folder / key).read_bytes()


def test_without_a_folder_no_bytes_are_removed(bucket_vault: Vault, bucket: Bucket) -> None:
    assert len(bucket_vault.remover.chores()) == 1
    bucket_vault.store = bucket
    assert bucket_vault.new_remover().chores() == []


REMOVE = """
import sys
from pathlib import Path
from threading import Lock
from config.kernel.clock import SystemClock
from config.kernel.database import open_sync_engine
from config.kernel.objects_local import LocalObjects
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.retention.removal import Remover
url, folder, plan = sys.argv[1:]
ingest = Ingest(open_sync_engine(url), SystemClock(), Failpoints())
remover = Remover(
    objects=LocalObjects(Path(folder)), reader=open_sync_engine(url, writes=False), ingest=ingest,
    clock=SystemClock(), failpoints=Failpoints(plan), leaving=Lock(), sending=Lock(),
)
remover.once()
"""


@pytest.mark.parametrize("place", ["moved_aside", "removed_here"])
def test_killed_anywhere_it_goes_on_where_it_was(small_vault: Vault, place: str) -> None:
    small_vault.old_study(3)
    stays = small_vault.send(a_ct())
    small_vault.rule()
    small_vault.destroy()
    command = [sys.executable, "-c", REMOVE, small_vault.url, str(small_vault.folder), f"{place}:2"]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == -signal.SIGKILL
    assert len(small_vault.rows(Orphan)) == 3, "noted at the end alone"
    small_vault.remove_all()
    assert small_vault.rows(Orphan) == []
    (left,) = small_vault.rows(Instance)
    assert left.sop_instance_uid == stays.SOPInstanceUID
    assert small_vault.files() == {left.object_key}
