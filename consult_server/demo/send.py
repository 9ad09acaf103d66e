"""Sends studies as a hospital's archive does: C-STORE over the network (PS3.4 B)."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association

from config.kernel.errors import Unavailable

CONNECT_SECONDS = 5.0
ACSE_SECONDS = 10.0
DIMSE_SECONDS = 30.0
NETWORK_SECONDS = 60.0
FAILURES_KEPT_MAX = 20
NO_ANSWER = -1
NOT_SUPPORTED = 0x0122
_ACKNOWLEDGED = frozenset({0x0000, 0xB000, 0xB006, 0xB007})


class PeerUnreachable(Unavailable):
    """The DICOM node does not answer, or does not let this AE title in."""

    code = "demo.peer_unreachable"


@dataclass(frozen=True)
class SendResult:
    """What became of the data sets offered.

    `acknowledged` counts those answered with success or a warning (PS3.4 B.2.3). `failures` names the
    first 20 of the others by SOP Instance UID and status; NO_ANSWER (-1) when none came, NOT_SUPPORTED
    when the node took no presentation context for it.
    """

    offered: int
    acknowledged: int
    failures: tuple[tuple[str, int], ...]

    @property
    def complete(self) -> bool:
        """True when every data set offered was acknowledged."""
        return self.offered == self.acknowledged


class _Line:
    """The way to one node: at most one association at a time, for one kind of object."""

    def __init__(self, host: str, port: int, calling_ae: str, called_ae: str) -> None:
        self._host, self._port, self._called_ae = host, port, called_ae
        self._ae = AE(ae_title=calling_ae)
        self._ae.connection_timeout, self._ae.acse_timeout = CONNECT_SECONDS, ACSE_SECONDS
        self._ae.dimse_timeout, self._ae.network_timeout = DIMSE_SECONDS, NETWORK_SECONDS
        self._kind: tuple[str, str] = ("", "")
        self._association: Association | None = None

    def store(self, ds: Dataset) -> int:
        """The status the node answered with, else NO_ANSWER or NOT_SUPPORTED. Raises PeerUnreachable."""
        association = self._open((str(ds.SOPClassUID), str(ds.file_meta.TransferSyntaxUID)))
        if not association.accepted_contexts:
            return NOT_SUPPORTED
        answer = association.send_c_store(ds)
        if "Status" in answer:
            return int(answer.Status)
        association.abort()  # it may still call itself established for a moment
        self._association = None
        return NO_ANSWER

    def _open(self, kind: tuple[str, str]) -> Association:
        if self._association is not None and self._kind == kind and self._association.is_established:
            return self._association
        self.close()
        self._ae.requested_contexts = []
        self._ae.add_requested_context(*kind)
        association = self._ae.associate(
            self._host, self._port, ae_title=self._called_ae, evt_handlers=[(evt.EVT_CONN_OPEN, _no_delay)]
        )
        if not association.is_established and not association.rejected_contexts:
            raise PeerUnreachable
        self._kind, self._association = kind, association
        return association

    def close(self) -> None:
        """Release the association, if there is one."""
        if self._association is not None and self._association.is_established:
            self._association.release()
        self._association = None


def _no_delay(event: evt.Event) -> None:
    """Small packets leave at once, else every object waits for a delayed acknowledgement."""
    wire = event.assoc.dul.socket
    if wire is not None and wire.socket is not None:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def send(datasets: Iterable[Dataset], *, host: str, port: int, calling_ae: str, called_ae: str) -> SendResult:
    """Store every data set at the node, one after another; every wait has an end.

    They need file meta information and are sent in the transfer syntax it names. A new association
    is opened where the kind of object changes and after one was lost. Raises PeerUnreachable when
    none can be had, whatever was stored before.
    """
    line = _Line(host, port, calling_ae, called_ae)
    offered = acknowledged = 0
    failures: list[tuple[str, int]] = []
    try:
        for ds in datasets:
            offered += 1
            status = line.store(ds)
            if status in _ACKNOWLEDGED:
                acknowledged += 1
            elif len(failures) < FAILURES_KEPT_MAX:
                failures.append((str(ds.SOPInstanceUID), status))
    finally:
        line.close()
    return SendResult(offered, acknowledged, tuple(failures))
