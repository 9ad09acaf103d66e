"""One attempt at a job: every object that the peer has not confirmed, over as few associations as can be."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from config.kernel.database import DatabaseUnavailable
from config.kernel.errors import AppError
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Instance
from dicom_node.forward import ledger, queries
from dicom_node.forward.domain import Fate, fate_of
from dicom_node.forward.errors import DestinationFull, DestinationNotCallable, NothingToSend
from dicom_node.forward.ledger import Job, Outcome
from dicom_node.intake.errors import NotStored
from dicom_node.intake.failpoints import SENT_ON, Failpoints
from dicom_node.intake.ingest import WAIT_SECONDS, Ingest
from dicom_node.peers import KnownPeer
from dicom_node.query.model import Level
from dicom_node.query.queries import PAGE_ROWS, Index
from dicom_node.retrieve.operations import Sending
from dicom_node.retrieve.sending import KINDS_MAX, Broken, NotSendable, sent_over, services
from dicom_node.scu.association import Outgoing, Remote, contexts_of, open_association
from dicom_node.scu.calling import remote_of

logger = logging.getLogger(__name__)

UNCOMMITTED_MAX = 64
"""So many confirmations may wait for their commit while the next object is sent."""
NO_CONTEXT, UNREADABLE = "not taken", "unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What every attempt needs. `find_peer` answers for enabled peers, `stopping` when we have to end."""

    reader: Engine
    ingest: Ingest
    sending: Sending
    find_peer: Callable[[str], KnownPeer | None]
    stopping: Callable[[], bool]
    failpoints: Failpoints

    def remote(self, ae_title: str) -> Remote:
        """Where to call a peer. Raises DestinationNotCallable."""
        peer = self.find_peer(ae_title)
        remote = remote_of(peer)
        if remote is None:
            raise DestinationNotCallable(ae_title=ae_title)
        return remote


class Cancelled(Exception):
    """Somebody does not want the job any more."""


class Confirmations:
    """What the peer has confirmed, on its way into the queue's rows while sending goes on."""

    def __init__(self, ingest: Ingest, job: Job, outcome: Outcome) -> None:
        self._ingest, self._job, self._outcome = ingest, job, outcome
        self._open: deque[Future[bool]] = deque()

    def add(self, instance: Instance, status: int) -> None:
        """One more. Raises Cancelled, or NotStored when the index does not take it."""
        transfer_id = self._job.transfer_id
        sop = (instance.sop_class_uid, instance.sop_instance_uid)
        self._open.append(
            self._ingest.submit(
                lambda connection, now: ledger.confirm(connection, transfer_id, sop, status, now)
            )
        )
        self._take(lambda: len(self._open) > UNCOMMITTED_MAX or self._open[0].done())

    def finish(self) -> None:
        """Wait for all of them. Raises as `add` does."""
        self._take(lambda: True)

    def _take(self, wanted: Callable[[], bool]) -> None:
        while self._open and wanted():
            try:
                noted = self._open.popleft().result(WAIT_SECONDS)
            except TimeoutError as error:
                raise NotStored(reason="the index does not answer") from error
            if not noted:
                raise Cancelled
            self._outcome.confirmed += 1


class Attempt:
    """Sends what is left of one job."""

    def __init__(self, means: Means, job: Job) -> None:
        self._means, self._job = means, job
        self._outcome = Outcome()
        self._confirmations = Confirmations(means.ingest, job, self._outcome)

    def run(self) -> Outcome:
        """Everything that can be sent now; what stood in the way is in the outcome."""
        try:
            try:
                self._send_all(self._means.remote(self._job.peer_ae_title))
            finally:
                self._confirmations.finish()
        except Cancelled:
            logger.info("forward.cancelled", extra={"transfer_id": self._job.transfer_id})
        except AppError as fault:
            self._outcome.fault = fault
        except SQLAlchemyError:
            self._outcome.fault = DatabaseUnavailable()
        return self._outcome

    def _send_all(self, remote: Remote) -> None:
        job = self._job
        found = queries.left(self._means.reader, job.transfer_id, job.study_key)
        if not found and not queries.has_objects(self._means.reader, job.study_key):
            raise NothingToSend
        for keys, kinds in batches(found):
            todo: Sequence[str] = keys
            while todo and not self._outcome.stopped:
                todo = self._over_one_association(remote, todo, kinds)

    def _over_one_association(
        self, remote: Remote, keys: Sequence[str], kinds: Sequence[tuple[str, str]]
    ) -> Sequence[str]:
        """Send these objects; the keys that are left when the association had to be given up."""
        sending, began = self._means.sending, 0
        try:
            with open_association(
                remote, contexts_of(*services(kinds)), caller=sending.caller, patience=sending.patience
            ) as outgoing:
                for instance in self._instances(keys):
                    if self._means.stopping():
                        self._outcome.stopped = True
                        return ()
                    began += 1
                    self._send(outgoing, instance)
        except Broken:
            return keys[began:]
        return ()

    def _instances(self, keys: Sequence[str]) -> Iterator[Instance]:
        scope = StudyScope(institution_ids=frozenset({self._job.institution_id}))
        index = Index(self._means.reader, scope)
        for start in range(0, len(keys), PAGE_ROWS):
            for match in index.page(Level.IMAGE, keys[start : start + PAGE_ROWS], sop_classes=False):
                if match.instance is not None:
                    yield match.instance

    def _send(self, outgoing: Outgoing, instance: Instance) -> None:
        refused, uid = self._outcome.refused, instance.sop_instance_uid
        try:
            status = sent_over(outgoing, self._means.sending.outbox, instance)
        except NotSendable as error:
            refused[uid] = UNREADABLE if error.__cause__ else NO_CONTEXT
            return
        except Broken:
            refused[uid] = UNREADABLE
            raise
        self._means.failpoints.passed(SENT_ON)
        fate = fate_of(status)
        if fate is Fate.LATER:
            raise DestinationFull(status=f"{status:04X}")
        if fate is Fate.REFUSED:
            refused[uid] = f"{status:04X}"
            return
        self._confirmations.add(instance, status)


def batches(found: Sequence[tuple[str, str, str]]) -> list[tuple[list[str], list[tuple[str, str]]]]:
    """Objects (key, SOP class, transfer syntax) in runs of at most KINDS_MAX kinds, in their order."""
    runs: list[tuple[list[str], list[tuple[str, str]]]] = []
    for key, sop_class, syntax in found:
        kind = (sop_class, syntax)
        if not runs or (kind not in runs[-1][1] and len(runs[-1][1]) == KINDS_MAX):
            runs.append(([], []))
        keys, kinds = runs[-1]
        keys.append(key)
        if kind not in kinds:
            kinds.append(kind)
    return runs
