"""Studies on their way to others: by rule and by hand, all of it, once, whatever breaks in between."""

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynetdicom import evt

from dicom_node.forward import ledger
from dicom_node.forward.errors import RuleExists, TransferUnderWay
from dicom_node.forward.ledger import fresh
from dicom_node.forward.tables import Transfer, TransferObject
from dicom_node.peers import known_peer
from dicom_node.scu.association import Remote
from tests.dicom_node.asking import CITY, OpenPlace
from tests.dicom_node.forward.queue import Queue
from tests.dicom_node.objects import CT, dataset_bytes
from tests.dicom_node.other_side import Line, associate_ac, pynetdicom_entity, scripted
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT, element, pdu, pdv
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
MR = "1.2.840.10008.5.1.4.1.1.4"


class Taken:
    """What a storage SCP was sent: the data sets by SOP instance, and on how many associations."""

    def __init__(self, *statuses: int) -> None:
        self.objects: dict[str, bytes] = {}
        self.times: list[str] = []
        self.associations: set[int] = set()
        self.statuses, self.gate = list(statuses), threading.Event()
        self.gate.set()

    def keep(self, event: evt.Event) -> int:
        self.gate.wait(20)
        request: Any = event.request
        uid = str(request.AffectedSOPInstanceUID)
        self.times.append(uid)
        self.associations.add(id(event.assoc))
        status = self.statuses.pop(0) if self.statuses else 0
        if status in {0, 0xB000}:
            self.objects[uid] = request.DataSet.getvalue()
        return status


@contextmanager
def taking(
    taken: Taken, *, classes: tuple[str, ...] = (CT, MR), syntaxes: tuple[str, ...] = (EXPLICIT, IMPLICIT)
) -> Iterator[Remote]:
    """A storage SCP by pynetdicom."""
    with pynetdicom_entity([(0, uid, syntaxes) for uid in classes], {evt.EVT_C_STORE: taken.keep}) as remote:
        yield remote


def test_a_rule_sends_a_settled_study_on_over_one_association(either_queue: Queue) -> None:
    queue = either_queue
    taken = Taken()
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        rule = queue.rule("OTHER")
        sent = [queue.place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in range(1, 6)]
        job = queue.reaches("delivered")
    assert taken.objects == {one.SOPInstanceUID: dataset_bytes(one) for one in sent}
    assert len(taken.times) == len(sent), "each object is sent once"
    assert (job.total, job.done, job.refused) == (5, 5, 0)
    assert (job.rule_id, job.kind, job.peer_ae_title) == (rule, "send", "OTHER")
    assert (job.acknowledgement, job.reason, job.next_at) == ("not_asked", "", None)
    assert (job.study_date, job.modalities) == ("20260302", ["CT"])
    assert queue.confirmed(job.transfer_id) == dict.fromkeys(taken.objects, 0)


def test_only_what_a_rule_names_is_sent_on(queue: Queue) -> None:
    """Another institution's, another sender's, another modality's studies stay; nothing goes back."""
    taken = Taken()
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        queue.rule("OTHER", source="ELSE")
        queue.rule("OTHER", modality="MR")
        queue.rule("OTHER", institution=CITY)
        queue.rule("COUNTY")
        queue.place.send(StudyInstanceUID="1.2.3")
        wanted = queue.place.send(StudyInstanceUID="1.2.4", Modality="MR")
        job = queue.reaches("delivered")
    assert job.study_instance_uid == "1.2.4"
    assert list(taken.objects) == [wanted.SOPInstanceUID]


def test_what_comes_later_follows_without_what_was_sent(either_queue: Queue) -> None:
    queue = either_queue
    taken = Taken()
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        queue.rule("OTHER")
        first = queue.place.send(StudyInstanceUID="1.2.3")
        queue.reaches("delivered")
        later = queue.place.send(StudyInstanceUID="1.2.3")
        wait_until(lambda: len(taken.objects) == 2)
        job = queue.reaches("delivered")
    assert taken.times == [first.SOPInstanceUID, later.SOPInstanceUID]
    assert (job.total, job.done) == (2, 2)


def test_a_study_is_sent_by_hand_and_not_twice_at_once(queue: Queue) -> None:
    queue.place.send(StudyInstanceUID="1.2.3")
    taken = Taken()
    taken.gate.clear()
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        job = queue.send("1.2.3", "OTHER")
        with pytest.raises(TransferUnderWay):
            queue.send("1.2.3", "OTHER")
        taken.gate.set()
        assert queue.reaches("delivered").requested_by == "0190-person"
        second = queue.send("1.2.3", "OTHER")
        queue.reaches("delivered", transfer_id=second)
    assert job != second
    assert len(taken.times) == 2, "asked for again, sent again"


def test_a_peer_of_one_plain_encoding_is_given_it(queue: Queue) -> None:
    sent = queue.place.send(StudyInstanceUID="1.2.3")
    taken = Taken()
    with taking(taken, syntaxes=(IMPLICIT,)) as remote:
        queue.register("OTHER", remote.port)
        queue.send("1.2.3", "OTHER")
        queue.reaches("delivered")
    assert taken.objects == {sent.SOPInstanceUID: dataset_bytes(sent, implicit=True)}


def test_what_a_peer_does_not_take_needs_a_person_and_stops_nothing_else(queue: Queue) -> None:
    queue.place.send(StudyInstanceUID="1.2.3", sop_class=MR, Modality="MR", SeriesNumber="1")
    good = queue.place.send(StudyInstanceUID="1.2.3", SeriesNumber="2")
    taken = Taken()
    with taking(taken, classes=(CT,)) as remote:
        queue.register("OTHER", remote.port)
        queue.send("1.2.3", "OTHER")
        job = queue.reaches("failed")
    assert list(taken.objects) == [good.SOPInstanceUID]
    assert (job.total, job.done, job.refused) == (2, 1, 1)
    assert (job.reason, job.detail, job.next_at) == ("dicom.objects_refused", "not taken", None)


@pytest.mark.parametrize("code, detail", [(0xC001, "C001"), (0xA900, "A900"), (0x0111, "0111")])
def test_the_peers_own_word_is_kept(queue: Queue, code: int, detail: str) -> None:
    sent = [queue.place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in (1, 2, 3)]
    taken = Taken(0, code)
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        queue.send("1.2.3", "OTHER")
        job = queue.reaches("failed")
        assert (job.done, job.refused, job.reason, job.detail) == (2, 1, "dicom.objects_refused", detail)
        queue.again(job.transfer_id)
        queue.reaches("delivered")
    assert taken.times == [*(one.SOPInstanceUID for one in sent), sent[1].SOPInstanceUID]


def test_a_full_peer_is_tried_again_from_where_it_stopped(either_queue: Queue) -> None:
    queue = either_queue
    sent = [queue.place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in (1, 2, 3)]
    taken = Taken(0xB000, 0xA700)
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        queue.send("1.2.3", "OTHER")
        job = wait_until(lambda: next((one for one in queue.jobs() if one.reason), None))
        assert (job.delivery, job.reason, job.detail) == ("waiting", "dicom.destination_full", "A700")
        assert (job.done, job.attempts) == (1, 1)
        assert job.next_at is not None
        assert 25 < (job.next_at - job.updated_at).total_seconds() < 35
        queue.again(job.transfer_id)
        done = queue.reaches("delivered")
    assert (done.done, done.reason) == (3, "")
    assert taken.times == [one.SOPInstanceUID for one in (sent[0], sent[1], sent[1], sent[2])]
    assert queue.confirmed(job.transfer_id)[sent[0].SOPInstanceUID] == 0xB000


def stores_then_hangs_up(line: Line, count: int) -> None:
    """Takes so many objects well, reads half of the next and is gone."""
    _kind, request = line.pdu()
    line.say(associate_ac([(2 * n + 1, 0, EXPLICIT) for n in range(request.count(CT.encode()))]))
    for message_id in range(1, count + 1):
        line.pdu()
        body = element(0x0100, struct.pack("<H", 0x8001)) + element(0x0120, struct.pack("<H", message_id))
        body += element(0x0800, struct.pack("<H", 0x0101)) + element(0x0900, struct.pack("<H", 0))
        words = element(0, struct.pack("<L", len(body))) + body
        line.say(pdu(4, pdv(1, words, is_command=True, last=True)))
    line.exactly(20)


def test_a_line_that_breaks_midway_goes_on_where_the_peer_stopped_confirming(queue: Queue) -> None:
    sent = [
        queue.place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n), PixelData=None) for n in range(1, 6)
    ]
    with scripted(lambda line: stores_then_hangs_up(line, 2)) as remote:
        queue.register("OTHER", remote.port)
        queue.send("1.2.3", "OTHER")
        job = wait_until(lambda: next((one for one in queue.jobs() if one.reason), None))
    assert (job.delivery, job.reason, job.done) == ("waiting", "dicom.peer_unreachable", 2)
    assert set(queue.confirmed(job.transfer_id)) == {one.SOPInstanceUID for one in sent[:2]}
    taken = Taken()
    with taking(taken) as remote:
        queue.move_to("OTHER", remote.port)
        queue.again(job.transfer_id)
        queue.reaches("delivered")
    assert taken.times == [one.SOPInstanceUID for one in sent[2:]]


def test_nobody_there_is_tried_so_often_and_then_a_person_is_told(queue: Queue) -> None:
    queue.place.send(StudyInstanceUID="1.2.3")
    queue.register("OTHER", free_port())
    job = queue.send("1.2.3", "OTHER")
    found = wait_until(lambda: next((one for one in queue.jobs() if one.next_at and one.reason), None))
    assert (found.delivery, found.reason, found.attempts) == ("waiting", "dicom.peer_unreachable", 1)

    async def as_after_seven(tx: Any) -> None:
        (await tx.get(Transfer, job)).attempts = 7

    queue.done(as_after_seven)
    queue.again(job)
    failed = queue.reaches("failed")
    assert (failed.attempts, failed.detail, failed.next_at) == (8, "ConnectionRefusedError", None)


@pytest.mark.parametrize("port", [None, 1])
def test_a_destination_that_cannot_be_called_needs_a_person_at_once(queue: Queue, port: int | None) -> None:
    """Without a port, or shut out meanwhile."""
    queue.place.send(StudyInstanceUID="1.2.3")
    queue.register("OTHER", port)
    if port:

        async def shut(tx: Any) -> None:
            (await known_peer(tx, "OTHER")).enabled = False

        queue.done(shut)
        wait_until(lambda: queue.place.node._terms.find_peer("OTHER") is None)
    queue.send("1.2.3", "OTHER")
    job = queue.reaches("failed")
    assert (job.reason, job.attempts) == ("dicom.destination_not_callable", 1)


def test_a_cancelled_job_stops_between_objects(queue: Queue) -> None:
    for number in range(200):
        queue.place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(number), PixelData=None)
    taken = Taken()
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        job = queue.send("1.2.3", "OTHER")
        wait_until(lambda: taken.times)
        taken.gate.clear()
        queue.cancel(job)
        taken.gate.set()
        wait_until(lambda: not queue.place.node._rounds[1]._busy)  # type: ignore[attr-defined]
        stopped = queue.reaches("cancelled")
        assert stopped.done < 200
        assert len(taken.times) < 200
        queue.again(job)
        assert queue.reaches("delivered").done == 200
    assert len(set(taken.times)) == 200


def test_a_silent_destination_does_not_keep_others_waiting(open_queue: OpenPlace) -> None:
    queue, taken, heard = Queue(open_queue(idle_seconds=20.0)), Taken(), threading.Event()
    queue.place.send(StudyInstanceUID="1.2.3")

    def silent(line: Line) -> None:
        line.pdu()
        heard.wait(20)

    with scripted(silent) as slow, taking(taken) as remote:
        queue.register("SLOW", slow.port)
        queue.register("OTHER", remote.port)
        first = queue.send("1.2.3", "SLOW")
        queue.reaches("sending", transfer_id=first)
        second = queue.send("1.2.3", "OTHER")
        queue.reaches("delivered", transfer_id=second)
        assert queue.job(first).delivery == "sending"
        heard.set()


def test_what_a_dead_process_was_sending_is_taken_up(open_queue: OpenPlace) -> None:
    """The row says `sending`, as it stands after a kill, and no thread answers for it."""
    place = open_queue()
    queue = Queue(place)
    place.send(StudyInstanceUID="1.2.3")
    queue.register("OTHER", free_port())
    job = queue.send("1.2.3", "OTHER")
    wait_until(lambda: queue.job().reason)

    async def as_killed(tx: Any) -> None:
        (await tx.get(Transfer, job)).delivery = "sending"

    taken = Taken()
    with taking(taken) as remote:
        queue.move_to("OTHER", remote.port)  # first: tried where nobody is, it would wait for its next turn
        queue.done(as_killed)
        queue.reaches("delivered")
    assert len(taken.times) == 1


def test_a_destination_that_several_rules_name_is_sent_to_once(queue: Queue) -> None:
    """For the oldest of them; if any wants a promise, it is asked for."""
    taken = Taken()
    with taking(taken) as remote:
        queue.register("OTHER", remote.port)
        first = queue.rule("OTHER")
        queue.rule("OTHER", modality="CT", commitment=True)
        queue.rule("OTHER", source="COUNTY")
        with pytest.raises(RuleExists):
            queue.rule("OTHER", source="COUNTY")
        queue.place.send(StudyInstanceUID="1.2.3")
        job = queue.reaches("delivered")
    assert (job.rule_id, job.commitment) == (first, True)
    assert len(taken.times) == 1


def test_what_ended_long_ago_is_let_go_and_nothing_else(queue: Queue) -> None:
    queue.register("OTHER", None)
    kept: set[str] = set()
    ages = [("delivered", "not_asked", 91), ("cancelled", "not_asked", 91), ("delivered", "committed", 91)]
    stays = [("delivered", "not_asked", 89), ("failed", "not_asked", 400), ("delivered", "asked", 400)]

    async def add(tx: Any) -> None:
        for delivery, said, days in ages + stays:
            at = datetime.now(UTC) - timedelta(days=days)
            facts = {"study_instance_uid": "1.2", "study_date": "", "modalities": [], "total": 1}
            whose = {"kind": "send", "institution_id": CITY, "peer_ae_title": "OTHER", "commitment": True}
            job = Transfer(**fresh(at, **facts, **whose))
            job.delivery, job.acknowledgement, job.next_at = delivery, said, None
            tx.add(job)
            uid = f"1.2.{job.transfer_id[:8]}"
            tx.add(
                TransferObject(
                    transfer_id=job.transfer_id,
                    sop_instance_uid=uid,
                    sop_class_uid=CT,
                    status=0,
                    confirmed_at=at,
                )
            )
            if (delivery, said, days) in stays:
                kept.add(job.transfer_id)

    queue.done(add)
    assert queue.place.node.ingest.run(ledger.forget) == len(ages)
    assert {job.transfer_id for job in queue.jobs()} == kept
    assert all(queue.confirmed(transfer_id) for transfer_id in kept)
    assert queue.place.node.ingest.run(ledger.forget) == 0
