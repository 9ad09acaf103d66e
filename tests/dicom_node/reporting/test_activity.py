"""What a process counts of itself: right by many threads, and nothing left over when all have gone."""

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from config.kernel.clock import SystemClock
from config.kernel.database import open_sync_engine
from config.kernel.objects_local import LocalObjects
from dicom_node.archive.errors import DatasetTruncated
from dicom_node.intake.errors import SameUidOtherContent
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import Announced, head_of
from dicom_node.intake.receive import Source, Spool
from dicom_node.keeping.room import Room
from dicom_node.reporting.activity import COMMIT_SECONDS, Activity, WatchedDoor
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT
from tests.fixtures.clock import HandClock

COUNTY = Source(institution_id="county", ae_title="COUNTY", issuer_of_patient_id="")


def test_an_association_is_open_while_it_lasts(clock: HandClock) -> None:
    activity = Activity(clock)
    assert activity.snapshot(0)["open"] == []
    activity.accepted("COUNTY", "10.0.0.7")
    activity.stored(500)
    activity.stored(700)
    assert activity.snapshot(0)["open"] == [
        {
            "ae_title": "COUNTY",
            "address": "10.0.0.7",
            "began_at": clock.now().isoformat(),
            "objects": 2,
            "bytes": None,
        }
    ]
    activity.ended()
    activity.ended()
    after = activity.snapshot(3)
    assert (after["open"], after["associations"], after["instances"], after["bytes"]) == ([], 1, 2, 1_200)
    assert after["queue"] == 3


def test_many_associations_at_once_are_told_apart(clock: HandClock) -> None:
    activity, together, leave = Activity(clock), threading.Barrier(9), threading.Barrier(9)

    def be(number: int) -> None:
        activity.accepted(f"AE{number}", "10.0.0.7")
        for _ in range(50 * number):
            activity.stored(1)
        together.wait(20)
        leave.wait(20)
        activity.ended()

    threads = [threading.Thread(target=be, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    together.wait(20)
    shown = activity.snapshot(0)
    assert {one["ae_title"]: one["objects"] for one in shown["open"]} == {
        f"AE{number}": 50 * number for number in range(8)
    }
    assert shown["instances"] == 50 * sum(range(8))
    leave.wait(20)
    for thread in threads:
        thread.join()
    assert activity.snapshot(0)["open"] == []


@given(st.lists(st.floats(0, 20), max_size=50))
def test_every_commit_is_in_one_step(durations: list[float]) -> None:
    activity = Activity(SystemClock())
    for seconds in durations:
        activity.committed(seconds)
    shown = activity.snapshot(0)
    assert sum(shown["commit_steps"]) == len(durations)
    assert shown["commit_seconds"] == pytest.approx(sum(durations), abs=1e-5)
    so_far = 0
    for end, count in zip(COMMIT_SECONDS, shown["commit_steps"], strict=False):
        so_far += count
        assert so_far == sum(seconds <= end for seconds in durations)


@pytest.fixture
def activity(clock: HandClock) -> Activity:
    """The counters of a process with one association, this thread's."""
    counted = Activity(clock)
    counted.accepted("COUNTY", "10.0.0.7")
    return counted


@pytest.fixture
def door(sqlite_url: str, tmp_path: Path, clock: HandClock, activity: Activity) -> Iterator[WatchedDoor]:
    """A door that tells `activity`."""
    objects = LocalObjects(tmp_path / "objects")
    ingest = Ingest(open_sync_engine(sqlite_url), clock, Failpoints(), activity.committed)
    spool = Spool(objects.root / ".spool", Failpoints())
    reader = open_sync_engine(sqlite_url, writes=False)
    yield WatchedDoor(
        activity=activity,
        spool=spool,
        objects=objects,
        ingest=ingest,
        object_bytes_max=100_000,
        room=Room(reader=reader, folders=[], reserve_bytes=0),
    )
    reader.dispose()
    ingest.close()
    spool.close()


def announced(uid: str) -> Announced:
    """A CT."""
    return Announced(sop_class_uid=CT, sop_instance_uid=uid, transfer_syntax_uid=EXPLICIT)


def arriving(activity: Activity) -> int | None:
    """Bytes of the object under way in the one association."""
    (one,) = activity.snapshot(0)["open"]
    found: int | None = one["bytes"]
    return found


def test_an_object_grows_and_is_counted_when_it_is_stored(door: WatchedDoor, activity: Activity) -> None:
    dataset = a_ct()
    data, what = dataset_bytes(dataset), announced(dataset.SOPInstanceUID)
    head = len(head_of(what))
    assert arriving(activity) is None
    reception = door.begin(what)
    assert arriving(activity) == head
    reception.write(data[:100])
    assert arriving(activity) == head + 100
    reception.write(data[100:])
    door.admit(reception, COUNTY)
    assert arriving(activity) is None
    shown = activity.snapshot(0)
    assert (shown["instances"], shown["bytes"], shown["refusals"]) == (1, head + len(data), {})
    assert sum(shown["commit_steps"]) == 1


def test_refusals_are_counted_by_their_status(door: WatchedDoor, activity: Activity) -> None:
    dataset = a_ct()
    good, uid = dataset_bytes(dataset), dataset.SOPInstanceUID
    dataset.PatientID = "P2"
    for content, error in (
        (good, None),
        (dataset_bytes(dataset), SameUidOtherContent),
        (good[:-5], DatasetTruncated),
        (good[:-7], DatasetTruncated),
    ):
        reception = door.begin(announced(uid))
        reception.write(content)
        with pytest.raises(error) if error else nullcontext():
            door.admit(reception, COUNTY)
        assert arriving(activity) is None
    shown = activity.snapshot(0)
    assert (shown["instances"], shown["refusals"]) == (1, {"0111": 1, "C000": 2})


def test_outside_an_association_nothing_is_open(clock: HandClock) -> None:
    """Start-up takes objects in too."""
    activity = Activity(clock)
    activity.arriving(None)
    activity.stored(10)
    activity.ended()
    assert (activity.snapshot(0)["instances"], activity.snapshot(0)["open"]) == (1, [])
