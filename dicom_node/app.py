"""`lianzhen dicom`: the DIMSE listener with its index writer, by itself or beside the rest."""

import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from config.kernel.clock import Clock, SystemClock
from config.kernel.database import open_sync_engine
from config.kernel.objects import ObjectStore
from config.kernel.objects_open import spool_folder
from config.settings import Settings
from config.stores import objects_of
from dicom_node.association import Association, Terms
from dicom_node.handlers import Dimse
from dicom_node.health import HealthPage
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import ENVIRONMENT, Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.receive import Spool
from dicom_node.intake.rows import saw_peer
from dicom_node.intake.settled import Settler
from dicom_node.listener import Listener, Seats
from dicom_node.peers import KnownPeer, PeerBook
from dicom_node.wire import Deadlines, Wire

logger = logging.getLogger(__name__)


class Node:
    """The parts of a running node; `listener.run()` serves, `listener.stop()` ends it."""

    def __init__(
        self, settings: Settings, objects: ObjectStore, clock: Clock, failpoints: Failpoints
    ) -> None:
        url = settings.database_url
        self._settings, self._reader = settings.dicom, open_sync_engine(url, writes=False)
        self.ingest = Ingest(open_sync_engine(url), clock, failpoints)
        self._spool = Spool(spool_folder(objects, settings.home_path / "spool"), failpoints)
        self.door = Door(
            spool=self._spool,
            objects=objects,
            ingest=self.ingest,
            object_bytes_max=settings.dicom.object_bytes_max,
        )
        self.settler = Settler(
            reader=self._reader, ingest=self.ingest, clock=clock, quiet_seconds=settings.dicom.quiet_seconds
        )
        self._services = Dimse(self.door, failpoints)
        self._terms = Terms(
            ae_title=settings.dicom.ae_title,
            pdu_bytes_max=settings.dicom.pdu_bytes_max,
            find_peer=PeerBook(self._reader).find,
            seat=Seats(settings.dicom.associations_per_peer_max).seat,
            accepted=lambda _peer: None,
        )
        self.listener = Listener(
            host=settings.dicom.host,
            port=settings.dicom.port,
            associate_seconds=settings.dicom.associate_seconds,
            associations_max=settings.dicom.associations_max,
            serve=self._serve,
        )

    def _serve(self, connection: socket.socket, address: str, request_body: bytes) -> None:
        deadlines = Deadlines(
            pdu_seconds=self._settings.pdu_seconds, idle_seconds=self._settings.idle_seconds
        )
        wire = Wire(connection, deadlines, self._settings.pdu_bytes_max)
        terms = replace(self._terms, accepted=partial(self._accepted, address))
        Association(wire, address, terms, self._services).run(request_body)

    def _accepted(self, address: str, peer: KnownPeer) -> None:
        logger.info("association.accepted", extra={"calling_ae_title": peer.ae_title, "address": address})
        self.ingest.submit(lambda connection, now: saw_peer(connection, peer.ae_title, address, now))

    def facts(self) -> dict[str, object]:
        """For the health page: ready when the index answers."""
        try:
            with self._reader.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return {"ready": False, "reason": "the database does not answer"}
        return {"ready": True, "associations": self.listener.active}

    def close(self) -> None:
        """Finish what was taken and let go of everything."""
        self.settler.stop()
        self.ingest.close()
        self._spool.close()
        self._reader.dispose()


@contextmanager
def running_node(
    settings: Settings, *, clock: Clock | None = None, failpoints: Failpoints | None = None
) -> Iterator[Node]:
    """A node whose writer and settler run and which has taken up what an earlier life left."""
    node = Node(settings, objects_of(settings), clock or SystemClock(), failpoints or Failpoints())
    try:
        taken = node.door.recover()
        logger.info("node.ready", extra={"port": node.listener.port, "taken_up": taken})
        node.settler.start()
        yield node
    finally:
        node.close()


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then finish what was begun and return."""
    failpoints = Failpoints(os.environ.get(ENVIRONMENT, ""))
    with ExitStack() as stack:
        node = stack.enter_context(running_node(settings, failpoints=failpoints))
        if settings.dicom.health_port:
            stack.enter_context(HealthPage(settings.dicom.host, settings.dicom.health_port, node.facts))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: node.listener.stop())
        node.listener.run()
