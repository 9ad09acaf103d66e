"""pynetdicom as the one who asks for storage commitment and hears the reports."""

import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association

from tests.dicom_node.objects import dataset_bytes
from tests.dicom_node.raw_scu import command, element, pdu, pdv
from tests.fixtures.waiting import wait_until

COMMITMENT, WELL_KNOWN = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
IMPLICIT = "1.2.840.10008.1.2"
N_ACTION, GROUP_LENGTH_BYTES = 0x0130, 12
Reference = tuple[str, str]


@dataclass(frozen=True)
class Heard:
    """One N-EVENT-REPORT as pynetdicom read it."""

    transaction: str
    event_type: int
    instance: str
    retrieve_from: str
    committed: frozenset[Reference]
    failed: dict[Reference, int]


@dataclass
class Ear:
    """Takes reports; answers with `status`."""

    status: int = 0
    heard: list[Heard] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, event: evt.Event) -> tuple[int, None]:
        """A handler for pynetdicom."""
        said = event.event_information
        report = Heard(
            transaction=said.TransactionUID,
            event_type=int(event.event_type or 0),
            instance=str(getattr(event.request, "AffectedSOPInstanceUID", "")),
            retrieve_from=said.get("RetrieveAETitle", ""),
            committed=frozenset(map(named, said.get("ReferencedSOPSequence", []))),
            failed={named(item): item.FailureReason for item in said.get("FailedSOPSequence", [])},
        )
        with self._lock:
            self.heard.append(report)
        return self.status, None

    def about(self, transaction: str) -> list[Heard]:
        """What was heard of one request."""
        return [report for report in self.heard if report.transaction == transaction]

    def first(self, transaction: str, seconds: float = 20) -> Heard:
        """The first report of one request, now or soon."""
        return wait_until(lambda: self.about(transaction) or None, seconds)[0]


def named(item: Dataset) -> Reference:
    """What an item refers to."""
    return item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID


def reference(dataset: Dataset) -> Reference:
    """What would refer to an object."""
    return dataset.SOPClassUID, dataset.SOPInstanceUID


def action(references: Sequence[Reference], transaction: str = "") -> Dataset:
    """The action information of a request."""
    asked = Dataset()
    asked.TransactionUID = transaction or generate_uid()
    asked.ReferencedSOPSequence = []
    for sop_class, sop_instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_instance
        asked.ReferencedSOPSequence.append(item)
    return asked


def message(message_id: int, asked: Dataset) -> bytes:
    """A request as bytes, in Explicit VR Little Endian and presentation context 1."""
    plain = command(N_ACTION, message_id, COMMITMENT, WELL_KNOWN, data=True)[GROUP_LENGTH_BYTES:]
    body = plain + element(0x1008, b"\1\0")
    words = element(0, struct.pack("<L", len(body))) + body
    data = dataset_bytes(asked)
    return pdu(4, pdv(1, words, is_command=True, last=True)) + pdu(
        4, pdv(1, data, is_command=False, last=True)
    )


@contextmanager
def associated(
    port: int, ear: Ear, calling: str = "COUNTY", *, roles: bool = False, syntax: str = IMPLICIT
) -> Iterator[Association]:
    """An association for requests; with `roles` it says that it hears reports in it too."""
    entity = AE(calling)
    entity.add_requested_context(COMMITMENT, [syntax])
    association = entity.associate(
        "127.0.0.1",
        port,
        ae_title="LIANZHEN",
        ext_neg=[build_role(COMMITMENT, scu_role=True, scp_role=True)] if roles else [],
        evt_handlers=[(evt.EVT_N_EVENT_REPORT, ear.take)],
    )
    assert association.is_established
    try:
        yield association
    finally:
        association.release()


def ask(association: Association, asked: Dataset, instance: str = WELL_KNOWN, kind: int = 1) -> int:
    """N-ACTION; its status, -1 without an answer."""
    status, _reply = association.send_n_action(asked, kind, COMMITMENT, instance)
    return int(status.get("Status", -1))


@contextmanager
def waiting(ear: Ear, called: str = "COUNTY", port: int = 0) -> Iterator[int]:
    """An application entity that waits for reports in associations of ours; yields its port."""
    entity = AE(called)
    entity.add_supported_context(COMMITMENT, scu_role=False, scp_role=True)
    server = entity.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, ear.take)]
    )
    assert server is not None
    assert server.socket is not None
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
