"""One association from its request to its end, on one thread: read a PDU, do it, answer.

An acceptor needs only states 2, 3, 6 and 13 of PS3.8 9.2 and never two of them at once, so the
machine is the flow of this file. pynetdicom's reactor, two threads that poll each millisecond,
cost four times the processor time for each object and waited for ever on half a PDU.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from config.kernel.errors import AppError
from dicom_node.command import (
    COMMAND_BYTES_MAX,
    Answer,
    Command,
    CommandField,
    CommandMalformed,
    read_command,
    response,
)
from dicom_node.dialogue import Dialogue
from dicom_node.intake.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom_node.line import Context, Line, Operation
from dicom_node.negotiation import agreed_contexts, answer_context, answer_extensions, answer_roles, objection
from dicom_node.pdu import (
    CALLING_AE_UNKNOWN,
    CONGESTED,
    LIMIT_EXCEEDED,
    AbortReason,
    AssociateRequest,
    PduMalformed,
    PduType,
    Pdv,
    Rejection,
    UserInformation,
    associate_accept,
    associate_reject,
    read_associate_request,
    read_pdvs,
    release_response,
)
from dicom_node.peers import KnownPeer
from dicom_node.wire import PduRefused, PeerGone, Wire

logger = logging.getLogger(__name__)

REJECTED_SECONDS = 0.05
"""How long a rejected peer may take to hang up: meanwhile it takes a place from others."""


class Services(Protocol):
    """What requests are served by."""

    def begin(self, peer: KnownPeer, context: Context, command: Command) -> Operation:
        """Start serving a request. Never raises for what the peer sent."""
        ...

    def answered(self, answer: Answer) -> None:
        """An answer is about to be written."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the listener lays down for every association. `seat` holds a peer's place, or is None."""

    ae_title: str
    pdu_bytes_max: int
    find_peer: Callable[[str], KnownPeer | None]
    seat: Callable[[str], AbstractContextManager[bool]]
    accepted: Callable[[KnownPeer], None]


@dataclass(slots=True)
class _Message:
    """A request on its way in."""

    context_id: int
    command_bytes: bytearray = field(default_factory=bytearray)
    command: Command | None = None
    operation: Operation | None = None


class Association:
    """Serves one connection whose A-ASSOCIATE-RQ has been read already."""

    def __init__(self, wire: Wire, address: str, terms: Terms, services: Services) -> None:
        self._wire, self._address, self._terms, self._services = wire, address, terms, services
        self._contexts: dict[int, Context] = {}
        self._dialogue = Dialogue(wire, 0)
        self._message: _Message | None = None
        self._served = 0

    def run(self, request_body: bytes) -> None:
        """Negotiate, serve, release. Ends when the peer does; never raises for what the peer did."""
        try:
            self._run(request_body)
        except PeerGone as gone:
            logger.info(
                "association.gone", extra={"address": self._address, "why": str(gone), "served": self._served}
            )
        except (PduMalformed, CommandMalformed, PduRefused) as fault:
            reason = fault.reason if isinstance(fault, PduRefused) else AbortReason.INVALID_PARAMETER
            logger.warning("association.aborted", extra={"address": self._address, "why": str(fault)})
            self._wire.abort(reason)
        finally:
            self._drop_message()

    def _run(self, request_body: bytes) -> None:
        request = read_associate_request(request_body)
        rejection, peer = self._admission(request)
        if peer is None:
            self._reject(request, rejection or CALLING_AE_UNKNOWN)
            return
        with self._terms.seat(peer.ae_title) as seated:
            if not seated:
                self._reject(request, LIMIT_EXCEEDED)
                return
            self._accept(request, request_body)
            self._terms.accepted(peer)
            self._serve(peer)

    def _admission(self, request: AssociateRequest) -> tuple[Rejection | None, KnownPeer | None]:
        against = objection(request, self._terms.ae_title)
        if against is not None:
            return against, None
        try:
            peer = self._terms.find_peer(request.calling_ae_title)
        except AppError:
            return CONGESTED, None
        if peer is None or not peer.may_come_from(self._address):
            return CALLING_AE_UNKNOWN, None
        return None, peer

    def _reject(self, request: AssociateRequest, rejection: Rejection) -> None:
        logger.warning(
            "association.rejected",
            extra={
                "address": self._address,
                "calling_ae_title": request.calling_ae_title,
                "rejection": list(rejection),
            },
        )
        self._wire.write(associate_reject(rejection))
        self._wire.drain(REJECTED_SECONDS)

    def _accept(self, request: AssociateRequest, request_body: bytes) -> None:
        answers = tuple(answer_context(proposed) for proposed in request.contexts)
        self._contexts = agreed_contexts(request, answers)
        self._dialogue = Dialogue(self._wire, request.user.pdu_bytes_max)
        self._wire.write(
            associate_accept(
                request_body,
                answers,
                user=UserInformation(
                    pdu_bytes_max=self._terms.pdu_bytes_max,
                    implementation=IMPLEMENTATION_VERSION_NAME,
                    roles=answer_roles(request.user.roles),
                    extensions=answer_extensions(request.user.extensions),
                ),
                implementation_class_uid=IMPLEMENTATION_CLASS_UID,
            )
        )

    def _serve(self, peer: KnownPeer) -> None:
        while True:
            kind, body = self._wire.read_pdu()
            if kind is PduType.DATA:
                for pdv in read_pdvs(body if self._storing else memoryview(bytes(body))):
                    self._take(peer, pdv)
            elif kind is PduType.RELEASE_RQ and self._message is None:
                self._wire.write(release_response())
                self._wire.drain()
                logger.info(
                    "association.released", extra={"calling_ae_title": peer.ae_title, "served": self._served}
                )
                return
            elif kind is PduType.ABORT:
                raise PeerGone("aborted")
            else:
                raise PduRefused(AbortReason.UNEXPECTED_PDU)

    @property
    def _storing(self) -> bool:
        """True while an object comes in; any other operation may read on while a PDU is worked through."""
        command = self._message.command if self._message is not None else None
        return command is not None and command.command == CommandField.C_STORE_RQ

    def _take(self, peer: KnownPeer, pdv: Pdv) -> None:
        if pdv.context_id not in self._contexts:
            raise PduRefused(AbortReason.INVALID_PARAMETER)
        message = self._message = self._message or _Message(pdv.context_id)
        if message.context_id != pdv.context_id or pdv.is_command is not (message.command is None):
            raise PduRefused(AbortReason.UNEXPECTED_PARAMETER)
        if message.command is None:
            self._take_command(peer, message, pdv)
        elif message.operation is not None:
            message.operation.take(pdv.fragment)
            if pdv.is_last:
                self._answer(message)

    def _take_command(self, peer: KnownPeer, message: _Message, pdv: Pdv) -> None:
        message.command_bytes += pdv.fragment
        if len(message.command_bytes) > COMMAND_BYTES_MAX:
            raise PduRefused(AbortReason.INVALID_PARAMETER)
        if not pdv.is_last:
            return
        message.command = read_command(bytes(message.command_bytes))
        message.operation = self._services.begin(peer, self._contexts[pdv.context_id], message.command)
        if not message.command.has_data_set:
            self._answer(message)

    def _answer(self, message: _Message) -> None:
        if message.command is None or message.operation is None:
            raise PduRefused(AbortReason.UNEXPECTED_PARAMETER)
        context, contexts = self._contexts[message.context_id], self._contexts.values()
        answer = message.operation.answer(Line(self._dialogue, message.command, context, contexts))
        self._drop_message()
        if answer is None:
            return
        self._services.answered(answer)
        self._served += 1
        identifier = [answer.identifier] if answer.identifier else None
        self._dialogue.send(message.context_id, response(message.command, answer), identifier)

    def _drop_message(self) -> None:
        if self._message is not None and self._message.operation is not None:
            self._message.operation.close()
        self._message = None
