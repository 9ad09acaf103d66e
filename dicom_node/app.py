"""`lianzhen dicom`: the DIMSE listener with its index writer, by itself or beside the rest."""

import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from config.kernel.clock import Clock, SystemClock
from config.kernel.database import open_sync_engine
from config.kernel.objects import ObjectStore
from config.memory import keep_freed_memory
from config.settings import Settings
from config.stores import objects_of, spool_folder
from dicom_node.association import Association, Terms
from dicom_node.commitment.checking import Checker
from dicom_node.commitment.reporting import Courier
from dicom_node.commitment.service import Commitments
from dicom_node.exposition import exposition_now
from dicom_node.forward.attempt import Means
from dicom_node.forward.forwarder import Forwarder
from dicom_node.forward.notifying import settled
from dicom_node.handlers import Dimse, Reading
from dicom_node.health import HealthPage
from dicom_node.index import answers
from dicom_node.intake.failpoints import ENVIRONMENT, Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.receive import Spool
from dicom_node.intake.rows import saw_peer
from dicom_node.intake.settled import LOOK_SECONDS, Settler
from dicom_node.keeping.chores import Keeping
from dicom_node.keeping.queries import figures_now
from dicom_node.keeping.room import Room
from dicom_node.listener import Listener
from dicom_node.peers import KnownPeer, PeerBook
from dicom_node.rejection.service import Rejections
from dicom_node.reporting.activity import Activity, Snapshot, WatchedDoor
from dicom_node.reporting.reporter import Reporter
from dicom_node.retention.removal import Remover
from dicom_node.retrieve.operations import Sending
from dicom_node.retrieve.sending import Outbox
from dicom_node.rounds import Chore, Rounds
from dicom_node.scu.association import Caller, Patience
from dicom_node.seats import Seats
from dicom_node.tls import Shown, server_context, shown_by
from dicom_node.wire import Deadlines, Wire

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Which of how many processes this is that listen on the same port; the first one settles studies."""

    number: int
    processes: int

    @property
    def settles(self) -> bool:
        """True for the one process that looks for quiet studies."""
        return self.number == 0


ALONE = Share(number=0, processes=1)


class Node:
    """The parts of a running node; `listener.run()` serves, `listener.stop()` ends it."""

    def __init__(
        self,
        settings: Settings,
        objects: ObjectStore,
        clock: Clock,
        failpoints: Failpoints,
        share: Share = ALONE,
    ) -> None:
        url = settings.database_url
        self._share, self._clock, self._ending = share, clock, threading.Event()
        self._keeping = settings.objects
        self._settings, self._reader = settings.dicom, open_sync_engine(url, writes=False)
        self._secrets = settings.home_path / "secrets"
        self.activity = Activity(clock)
        self.ingest = Ingest(open_sync_engine(url), clock, failpoints, self.activity.committed)
        self._spool = Spool(spool_folder(objects, settings.home_path / "spool"), failpoints)
        self.door = WatchedDoor(
            activity=self.activity,
            spool=self._spool,
            objects=objects,
            ingest=self.ingest,
            object_bytes_max=settings.dicom.object_bytes_max,
            room=Room(
                reader=self._reader,
                folders=[self._spool.own, settings.home_path],
                reserve_bytes=settings.objects.reserve_bytes,
            ),
        )
        self._book = PeerBook(self._reader)
        self._sending = self._sender(objects)
        self._commitments = self._committed(objects)
        self._failpoints = failpoints
        self._rounds = self._chores(objects) if share.settles else []
        self.reporter = Reporter(ingest=self.ingest, clock=clock, look=self._look, number=share.number)
        self._services = Dimse(self.door, failpoints, self._reading(), self.ingest)
        self._terms = Terms(
            ae_title=settings.dicom.ae_title,
            pdu_bytes_max=settings.dicom.pdu_bytes_max,
            find_peer=self._book.find,
            seat=self._seats(settings, "each").seat,
            accepted=lambda _peer: None,
        )
        in_all = self._seats(settings, "all")
        self.listener = self._listener(settings, settings.dicom.port, in_all)
        self.tls_listener: Listener | None = None
        if settings.dicom.tls_port:
            context = server_context(self._secrets)
            self.tls_listener = self._listener(settings, settings.dicom.tls_port, in_all, context)

    def _seats(self, settings: Settings, whose: str) -> Seats:
        limits = {"all": settings.dicom.associations_max, "each": settings.dicom.associations_per_peer_max}
        folder = settings.home_path / "run" / f"dicom-seats-{whose}" if self._share.processes > 1 else None
        return Seats(limits[whose], folder)

    def _listener(
        self, settings: Settings, port: int, in_all: Seats, tls: ssl.SSLContext | None = None
    ) -> Listener:
        return Listener(
            host=settings.dicom.host,
            port=port,
            associate_seconds=settings.dicom.associate_seconds,
            seats=in_all,
            serve=self._serve,
            share_port=self._share.processes > 1,
            tls=tls,
        )

    def start_chores(self) -> None:
        """Begin what is done besides receiving."""
        for rounds in self._rounds:
            rounds.start()

    def run(self) -> None:
        """Serve on every port until `stop`."""
        with ExitStack() as stack:
            if self.tls_listener is not None:
                beside = threading.Thread(target=self.tls_listener.run, name="tls listener")
                beside.start()
                stack.callback(beside.join)
                stack.callback(self.tls_listener.stop)
            self.listener.run()

    def stop(self) -> None:
        """Make `run` return; from anywhere, a signal handler too."""
        if self.tls_listener is not None:
            self.tls_listener.stop()
        self.listener.stop()

    @property
    def active(self) -> int:
        """Associations being served now."""
        return self.listener.active + (self.tls_listener.active if self.tls_listener else 0)

    def _chores(self, objects: ObjectStore) -> list[Chore]:
        """What one process of all does besides receiving."""
        settler = Settler(
            reader=self._reader,
            ingest=self.ingest,
            clock=self._clock,
            quiet_seconds=self._settings.quiet_seconds,
            settled=settled,
        )
        means = Means(
            reader=self._reader,
            ingest=self.ingest,
            sending=self._sending,
            find_peer=self._book.find,
            stopping=self._ending.is_set,
            failpoints=self._failpoints,
        )
        rejections = Rejections(reader=self._reader, writer=self.ingest, clock=self._clock)
        keeping = Keeping(
            reader=self._reader, ingest=self.ingest, clock=self._clock, failpoints=self._failpoints
        )
        remover = Remover(
            objects=objects,
            reader=self._reader,
            ingest=self.ingest,
            clock=self._clock,
            failpoints=self._failpoints,
            leaving=keeping.leaving,
            sending=keeping.sending,
        )
        return [
            Rounds("settler", LOOK_SECONDS, settler.once),
            Forwarder(means, self._clock),
            rejections.chore(),
            *self._commitments.chores(),
            *keeping.chores(objects, self._keeping),
            *remover.chores(),
        ]

    def _sender(self, objects: ObjectStore) -> Sending:
        """Who we are, and how long we wait, in associations of our own."""
        dicom = self._settings
        return Sending(
            outbox=Outbox(objects, self._spool.own),
            caller=Caller(ae_title=dicom.ae_title, pdu_bytes_max=dicom.pdu_bytes_max, secrets=self._secrets),
            patience=Patience(
                connect_seconds=dicom.associate_seconds,
                pdu_seconds=dicom.pdu_seconds,
                answer_seconds=dicom.idle_seconds,
            ),
        )

    def _committed(self, objects: ObjectStore) -> Commitments:
        return Commitments(
            reader=self._reader,
            ingest=self.ingest,
            clock=self._clock,
            checker=Checker(self._reader, objects, self.activity.unsound),
            courier=Courier(caller=self._sending.caller, patience=self._sending.patience),
            find_peer=self._book.find,
            promised_for=timedelta(hours=self._settings.commitment_hours),
        )

    def _reading(self) -> Reading:
        return Reading(
            engine=self._reader,
            ae_title=self._settings.ae_title,
            results_max=self._settings.query_results_max,
            sending=self._sending,
            find_peer=self._book.find,
            commitments=self._commitments,
        )

    def _serve(self, connection: socket.socket, address: str, request_body: bytes) -> None:
        deadlines = Deadlines(
            pdu_seconds=self._settings.pdu_seconds, idle_seconds=self._settings.idle_seconds
        )
        wire = Wire(connection, deadlines, self._settings.pdu_bytes_max)
        terms = replace(
            self._terms,
            accepted=partial(self._accepted, address),
            find_peer=partial(self._known, shown_by(connection)),
        )
        try:
            Association(wire, address, terms, self._services).run(request_body)
        finally:
            self.activity.ended()

    def _known(self, shown: Shown | None, ae_title: str) -> KnownPeer | None:
        """The peer of this title, unless it is bound to a certificate that was not shown."""
        peer = self._book.find(ae_title)
        return peer if peer is not None and peer.may_show(shown) else None

    def _accepted(self, address: str, peer: KnownPeer) -> None:
        logger.info("association.accepted", extra={"calling_ae_title": peer.ae_title, "address": address})
        self.activity.accepted(peer.ae_title, address)
        self.ingest.submit(lambda connection, now: saw_peer(connection, peer.ae_title, address, now))

    def _look(self) -> Snapshot:
        return self.activity.snapshot(self.ingest.depth)

    def facts(self) -> dict[str, object]:
        """For the health page: ready when the index answers."""
        if not answers(self._reader):
            return {"ready": False, "reason": "the database does not answer"}
        return {
            "ready": True,
            "associations": self.active,
            "receiving": self._look()["open"],
            "objects": figures_now(self._reader).facts(),
        }

    def metrics(self) -> str:
        """For the health page: the figures of every receiver on this database. Raises DatabaseUnavailable."""
        return exposition_now(self._reader, self._clock.now())

    def close(self) -> None:
        """Finish what was taken and let go of everything."""
        self._ending.set()
        self.reporter.stop()
        self._commitments.stop()
        for rounds in self._rounds:
            rounds.stop()
        self.ingest.close()
        self._spool.close()
        self._reader.dispose()


@contextmanager
def running_node(
    settings: Settings,
    *,
    clock: Clock | None = None,
    failpoints: Failpoints | None = None,
    share: Share = ALONE,
) -> Iterator[Node]:
    """A node whose writer and chores run and which has taken up what an earlier life left."""
    node = Node(settings, objects_of(settings), clock or SystemClock(), failpoints or Failpoints(), share)
    try:
        taken = node.door.recover()
        logger.info("node.ready", extra={"port": node.listener.port, "taken_up": taken})
        node.reporter.start()
        node.start_chores()
        yield node
    finally:
        node.close()


def serve(settings: Settings, share: Share = ALONE) -> None:
    """One process that serves until SIGTERM or SIGINT; then it finishes what was begun and returns."""
    failpoints = Failpoints(os.environ.get(ENVIRONMENT, ""))
    keep_freed_memory()
    with ExitStack() as stack:
        node = stack.enter_context(running_node(settings, failpoints=failpoints, share=share))
        if settings.dicom.health_port and share.processes == 1:
            stack.enter_context(
                HealthPage(settings.dicom.host, settings.dicom.health_port, node.facts, node.metrics)
            )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: node.stop())
        node.run()
