"""Storage commitment as its user: what we ask, whom we believe, and that a promise is never made up."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, build_role, evt

from dicom_node.forward.commitment import (
    CLASS_UID,
    INSTANCE_UID,
    REFERENCES_MAX,
    Report,
    ReportMalformed,
    action,
    read_report,
)
from dicom_node.intake.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from tests.dicom_node.forward.queue import Queue
from tests.dicom_node.objects import CT, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
SYNTAXES = {EXPLICIT_LITTLE: EXPLICIT, IMPLICIT_LITTLE: IMPLICIT}
UIDS = st.lists(st.from_regex(r"1\.2\.[1-9][0-9]{0,20}", fullmatch=True), unique=True, max_size=12)


def read(raw: bytes, syntax: str) -> Dataset:
    """A bare data set by pydicom."""
    stream = io.BytesIO(raw)
    return dcmread(stream, force=True) if syntax == IMPLICIT else _explicit(stream)


def _explicit(stream: io.BytesIO) -> Dataset:
    found = Dataset()
    found.update(dcmread(io.BytesIO(_head() + stream.getvalue())))
    return found


def _head() -> bytes:
    meta = b"\2\0\x10\0UI\x14\0" + b"1.2.840.10008.1.2.1\0"
    return bytes(128) + b"DICM" + b"\2\0\0\0UL\4\0" + len(meta).to_bytes(4, "little") + meta


def report_of(transaction: str, committed: list[str], failed: dict[str, int]) -> Dataset:
    """The event information of an N-EVENT-REPORT."""
    made = Dataset()
    made.TransactionUID = transaction
    made.ReferencedSOPSequence = [reference(uid) for uid in committed]
    if failed:
        made.FailedSOPSequence = [reference(uid) for uid in failed]
        for item, reason in zip(made.FailedSOPSequence, failed.values(), strict=True):
            item.FailureReason = reason
    return made


def reference(uid: str) -> Dataset:
    """A reference to a CT."""
    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = CT, uid
    return made


@given(UIDS, st.sampled_from(list(SYNTAXES)))
def test_pydicom_reads_what_we_ask(uids: list[str], syntax: Syntax) -> None:
    found = read(action("2.25.7", [(CT, uid) for uid in uids], syntax), SYNTAXES[syntax])
    assert found.TransactionUID == "2.25.7"
    references = found.ReferencedSOPSequence
    assert [item.ReferencedSOPInstanceUID for item in references] == uids
    assert {str(item.ReferencedSOPClassUID) for item in references} <= {CT}


@given(UIDS, UIDS, st.booleans())
def test_what_pydicom_writes_is_read(committed: list[str], failed: list[str], implicit: bool) -> None:
    raw = dataset_bytes(report_of("1.2.3", committed, dict.fromkeys(failed, 0x0112)), implicit=implicit)
    expected = Report(
        transaction_uid="1.2.3", committed=frozenset(committed), failed=dict.fromkeys(failed, 0x0112)
    )
    assert read_report(raw, IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE) == expected


@given(st.binary(max_size=300), st.sampled_from(list(SYNTAXES)))
def test_other_bytes_are_refused_or_read(raw: bytes, syntax: Syntax) -> None:
    try:
        assert read_report(raw, syntax).transaction_uid
    except ReportMalformed:
        return


def test_the_largest_request_fits_into_what_associations_read() -> None:
    """Dialogue.DATA_SET_BYTES_MAX is a MiB; UIDs have at most 64 characters."""
    largest = action("1" * 64, [("1" * 64, "2" * 64)] * REFERENCES_MAX, EXPLICIT_LITTLE)
    report = action("1" * 64, [(CT, "2" * 64)] * REFERENCES_MAX, IMPLICIT_LITTLE)
    assert len(report) < 1024 * 1024
    assert len(largest) < 4 * 1024 * 1024


class Archive:
    """A peer that stores and commits, made of pynetdicom. `judge` makes its report out of a request."""

    def __init__(self, judge: Callable[[Dataset], Dataset | None], status: int = 0) -> None:
        self.judge, self.status = judge, status
        self.requests: list[tuple[Dataset, str]] = []
        self.answers: list[int] = []
        self.same_association = False

    def act(self, event: evt.Event) -> tuple[int, None]:
        asked, request = event.action_information, event.request
        self.requests.append((asked, str(getattr(request, "RequestedSOPInstanceUID", ""))))
        if self.same_association and self.status == 0:
            threading.Thread(target=self._report, args=(event.assoc, asked)).start()
        return self.status, None

    def _report(self, association: Any, asked: Dataset) -> None:
        self.say(association, asked)

    def say(self, association: Any, asked: Dataset, event_type: int | None = None) -> int:
        """Report what `judge` says of a request; how it was answered."""
        made = self.judge(asked)
        assert made is not None
        kind = event_type or (2 if "FailedSOPSequence" in made else 1)
        answer, _none = association.send_n_event_report(made, kind, CLASS_UID, INSTANCE_UID)
        self.answers.append(int(answer.Status))
        return int(answer.Status)

    def report_later(
        self, port: int, *, named: str = "OTHER", roles: bool = True, kind: int | None = None
    ) -> int:
        """Open an association to us and report there."""
        entity = AE(named)
        entity.add_requested_context(CLASS_UID)
        wanted: list[Any] = [build_role(UID(CLASS_UID), scu_role=False, scp_role=True)] if roles else []
        association = entity.associate("127.0.0.1", port, ae_title="LIANZHEN", ext_neg=wanted)
        assert association.is_established
        if not roles:
            for context in association.accepted_contexts:
                context._as_scp = True  # what an SCP does that forgets to negotiate its role
        try:
            return self.say(association, self.requests[-1][0], kind)
        finally:
            association.release()


@contextmanager
def committing(archive: Archive, *, commits: bool = True) -> Iterator[int]:
    """Its port."""
    entity = AE("OTHER")
    entity.add_supported_context(CT, [EXPLICIT, IMPLICIT])
    if commits:
        entity.add_supported_context(CLASS_UID, [EXPLICIT, IMPLICIT], scu_role=True, scp_role=True)
    handlers: list[Any] = [(evt.EVT_C_STORE, lambda _event: 0), (evt.EVT_N_ACTION, archive.act)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    assert server is not None
    assert server.socket is not None
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()


def all_of(asked: Dataset) -> Dataset:
    """Everything is promised."""
    return report_of(
        asked.TransactionUID, [r.ReferencedSOPInstanceUID for r in asked.ReferencedSOPSequence], {}
    )


def but_one(asked: Dataset) -> Dataset:
    """All but the first, which is said to be missing."""
    uids = [r.ReferencedSOPInstanceUID for r in asked.ReferencedSOPSequence]
    return report_of(asked.TransactionUID, uids[1:], {uids[0]: 0x0112})


def without_one(asked: Dataset) -> Dataset:
    """A success that leaves one object out."""
    uids = [r.ReferencedSOPInstanceUID for r in asked.ReferencedSOPSequence]
    return report_of(asked.TransactionUID, uids[1:], {})


def of_another(asked: Dataset) -> Dataset:
    """A success for a transaction that nobody began."""
    made = all_of(asked)
    made.TransactionUID = "1.2.3.4"
    return made


@pytest.fixture
def sent(queue: Queue) -> list[str]:
    """A study of three objects here; their UIDs."""
    return [
        str(queue.place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)).SOPInstanceUID)
        for n in range(3)
    ]


def test_a_report_on_the_same_association_is_taken(queue: Queue, sent: list[str]) -> None:
    archive = Archive(all_of)
    archive.same_association = True
    with committing(archive) as port:
        queue.register("OTHER", port)
        queue.send("1.2.3", "OTHER", commitment=True)
        job = queue.reaches("delivered", "committed")
        wait_until(lambda: archive.answers)
    [(asked, instance)] = archive.requests
    assert instance == "1.2.840.10008.1.20.1.1"
    assert {r.ReferencedSOPInstanceUID for r in asked.ReferencedSOPSequence} == set(sent)
    assert archive.answers == [0]
    assert (job.reason, job.ask_at, job.commitment_uid) == ("", None, asked.TransactionUID)


@pytest.mark.parametrize("roles", [True, False])
def test_a_report_on_a_later_association_is_taken_once_and_again(
    queue: Queue, sent: list[str], roles: bool
) -> None:
    archive = Archive(all_of)
    with committing(archive) as port:
        queue.register("OTHER", port)
        queue.send("1.2.3", "OTHER", commitment=True)
        queue.reaches("delivered", "asked")
        wait_until(lambda: archive.requests)
        assert archive.report_later(queue.place.port, roles=roles) == 0
        assert queue.job().acknowledgement == "committed"
        assert archive.report_later(queue.place.port, roles=roles) == 0, "the same again is harmless"
        assert queue.job().acknowledgement == "committed"
    assert len(sent) == queue.job().done


@pytest.mark.parametrize("judge, detail", [(but_one, "1 0112"), (without_one, "1 unnamed")])
def test_less_than_all_is_no_promise(
    queue: Queue, sent: list[str], judge: Callable[[Dataset], Dataset], detail: str
) -> None:
    archive = Archive(judge)
    with committing(archive) as port:
        queue.register("OTHER", port)
        queue.send("1.2.3", "OTHER", commitment=True)
        queue.reaches("delivered", "asked")
        wait_until(lambda: archive.requests)
        assert archive.report_later(queue.place.port) == 0
        job = queue.reaches("delivered", "refused")
        assert (job.reason, job.detail) == ("dicom.commitment_refused", detail)
        archive.judge = all_of
        queue.again(job.transfer_id)
        wait_until(lambda: len(archive.requests) == 2)
        assert archive.report_later(queue.place.port) == 0
        assert queue.job().acknowledgement == "committed"
    transactions = {asked.TransactionUID for asked, _instance in archive.requests}
    assert (len(transactions), queue.job().done) == (2, len(sent)), "asked anew, nothing sent anew"


def test_nobody_else_can_promise(queue: Queue, sent: list[str]) -> None:
    archive = Archive(all_of)
    with committing(archive) as port:
        queue.register("OTHER", port)
        queue.send("1.2.3", "OTHER", commitment=True)
        queue.reaches("delivered", "asked")
        wait_until(lambda: archive.requests)
        assert archive.report_later(queue.place.port, named="COUNTY") == 0x0110
        archive.judge = of_another
        assert archive.report_later(queue.place.port) == 0x0110
        archive.judge = all_of
        assert archive.report_later(queue.place.port, kind=3) == 0x0113
        assert queue.job().acknowledgement == "asked"
        assert archive.report_later(queue.place.port) == 0
    assert (queue.job().acknowledgement, len(sent)) == ("committed", 3)


def test_a_peer_that_does_not_commit_is_not_asked_for_ever(queue: Queue, sent: list[str]) -> None:
    with committing(Archive(all_of), commits=False) as port:
        queue.register("OTHER", port)
        queue.send("1.2.3", "OTHER", commitment=True)
        job = queue.reaches("delivered", "refused")
    assert (job.reason, job.done) == ("dicom.service_not_taken", len(sent))


def test_a_request_that_is_refused_is_made_again_later(queue: Queue, sent: list[str]) -> None:
    archive = Archive(all_of, status=0x0110)
    with committing(archive) as port:
        queue.register("OTHER", port)
        queue.send("1.2.3", "OTHER", commitment=True)
        job = wait_until(lambda: next((one for one in queue.jobs() if one.reason), None))
        assert (job.delivery, job.acknowledgement, job.detail) == ("delivered", "not_asked", "0110")
    assert job.ask_at is not None
    assert job.ask_at > job.updated_at
    assert (job.asks, job.done) == (1, len(sent))
