"""An association of our own: opened to a registered peer, asked one thing after another, released."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dicom_node.command import (
    MEDIUM_PRIORITY,
    PENDING,
    RESPONSE,
    Answer,
    Command,
    CommandField,
    CommandMalformed,
    Field,
    ae,
    request,
    response,
    ui,
    us,
)
from dicom_node.dialogue import Dialogue, Message, Pieces
from dicom_node.intake.part10 import IMPLEMENTATION_VERSION_NAME
from dicom_node.pdu import AbortReason, PduMalformed, PduType, ProposedContext, Role, UserInformation
from dicom_node.scu.errors import AssociationRejected, PeerMisbehaved, PeerUnreachable, ServiceNotTaken
from dicom_node.scu.requesting import (
    associate_request,
    read_associate_accept,
    read_rejection,
    release_request,
)
from dicom_node.scu.securing import secured
from dicom_node.wire import Deadlines, PduRefused, PeerGone, Wire

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
PLAIN_SYNTAXES = (EXPLICIT, IMPLICIT)
MESSAGE_IDS = 65_535
LISTEN_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """Whom to call, as the register of peers has it; over TLS it must show `certificate`, if given."""

    ae_title: str
    host: str
    port: int
    tls: bool = False
    certificate: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Seconds: to connect and be accepted, for one whole PDU or write, for an answer to begin."""

    connect_seconds: float = 10.0
    pdu_seconds: float = 30.0
    answer_seconds: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who is calling, how much we take in one PDU, and the folder of the files for TLS."""

    ae_title: str
    pdu_bytes_max: int = 131_072
    secrets: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """A presentation context that was accepted."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Originator:
    """Whose C-MOVE a C-STORE fulfils."""

    ae_title: str
    message_id: int


class Outgoing:
    """An open association. Every method may raise PeerUnreachable or PeerMisbehaved."""

    def __init__(self, dialogue: Dialogue, agreed: tuple[Agreed, ...]) -> None:
        self._dialogue, self.agreed = dialogue, agreed
        self._asked = 0
        self.reported: Callable[[Message], int] | None = None
        """Given each N-EVENT-REPORT that the other side makes in between; the status to answer it with."""

    def context_for(self, abstract_syntax: str) -> Agreed:
        """The first context of this abstract syntax. Raises ServiceNotTaken."""
        for agreed in self.agreed:
            if agreed.abstract_syntax == abstract_syntax:
                return agreed
        raise ServiceNotTaken(abstract_syntax=abstract_syntax[:64])

    def ask(
        self,
        context: Agreed,
        command: CommandField,
        *,
        more: Mapping[int, bytes] = MappingProxyType({}),
        data_set: Pieces | None = None,
    ) -> Iterator[Message]:
        """Send a request; every response to it, the final one last.

        `data_set` is encoded in the context's transfer syntax, `more` the further elements of the
        command set, encoded. The iterator must be read to its end before the next request.
        """
        self._asked = self._asked % MESSAGE_IDS + 1
        words = request(
            command, self._asked, context.abstract_syntax, has_data_set=data_set is not None, more=more
        )
        with _faults_named():
            self._dialogue.send(context.context_id, words, data_set)
        while True:
            with _faults_named():
                message = self._dialogue.receive()
                if self._is_report(message):
                    continue
                _checked(message.command, command, self._asked)
            yield message
            if message.command.status not in PENDING:
                return

    def hear_reports(self, seconds: float, enough: Callable[[], bool]) -> None:
        """Wait so long for an N-EVENT-REPORT on this association, or until there is `enough`."""
        deadline, rest = time.monotonic() + seconds, threading.Event()
        while not enough() and time.monotonic() < deadline:
            with _faults_named():
                if not self._dialogue.has_input():
                    rest.wait(LISTEN_SECONDS)
                elif not self._is_report(self._dialogue.receive()):
                    raise PeerMisbehaved(fault="says something that was not asked")

    def _is_report(self, message: Message) -> bool:
        """True for a report of the other side's, which is answered at once."""
        if self.reported is None or message.command.command != CommandField.N_EVENT_REPORT_RQ:
            return False
        answer = Answer(self.reported(message))
        self._dialogue.send(message.context_id, response(message.command, answer))
        return True

    def answer_to(
        self,
        context: Agreed,
        command: CommandField,
        *,
        more: Mapping[int, bytes] = MappingProxyType({}),
        data_set: Pieces | None = None,
    ) -> Message:
        """Send a request that has one response; that response."""
        return list(self.ask(context, command, more=more, data_set=data_set))[-1]

    def echo(self) -> int:
        """C-ECHO; its status, 0 when all is well. Raises ServiceNotTaken too."""
        return self.answer_to(self.context_for(VERIFICATION), CommandField.C_ECHO_RQ).command.status

    def store(
        self, context: Agreed, sop_instance_uid: str, data_set: Pieces, originator: Originator | None = None
    ) -> int:
        """C-STORE of a data set that comes in pieces, in the context's syntax; its status (PS3.4 B.2.3)."""
        more: dict[int, bytes] = {
            Field.PRIORITY: us(MEDIUM_PRIORITY),
            Field.AFFECTED_SOP_INSTANCE: ui(sop_instance_uid),
        }
        if originator is not None:
            more |= {
                Field.MOVE_ORIGINATOR: ae(originator.ae_title),
                Field.MOVE_ORIGINATOR_MESSAGE_ID: us(originator.message_id),
            }
        done = self.answer_to(context, CommandField.C_STORE_RQ, more=more, data_set=data_set)
        return done.command.status

    def find(self, context: Agreed, identifier: bytes) -> Iterator[Message]:
        """C-FIND; every response, the matches with their data sets first, the final one last."""
        more: dict[int, bytes] = {Field.PRIORITY: us(MEDIUM_PRIORITY)}
        return self.ask(context, CommandField.C_FIND_RQ, more=more, data_set=[identifier])


def _checked(answer: Command, asked: CommandField, message_id: int) -> None:
    if answer.command != asked | RESPONSE or answer.responded_id != message_id:
        raise PeerMisbehaved(fault="answers something that was not asked")


@contextmanager
def _faults_named() -> Iterator[None]:
    """Faults of the line and the protocol as errors that say so."""
    try:
        yield
    except PeerGone as gone:
        raise PeerUnreachable(fault=str(gone)) from gone
    except (PduRefused, PduMalformed, CommandMalformed) as fault:
        raise PeerMisbehaved(fault=str(fault)[:80]) from fault


@contextmanager
def open_association(
    remote: Remote,
    contexts: Sequence[ProposedContext],
    *,
    caller: Caller,
    patience: Patience | None = None,
    roles: tuple[Role, ...] = (),
) -> Iterator[Outgoing]:
    """An association to `remote`, released when the block ends well and aborted when it raises.

    Raises PeerUnreachable (TlsFailed is one), AssociationRejected or PeerMisbehaved.
    """
    limits = patience or Patience()
    with _connected(remote, caller, limits.connect_seconds) as connection:
        deadlines = Deadlines(pdu_seconds=limits.pdu_seconds, idle_seconds=limits.answer_seconds)
        wire = Wire(connection, deadlines, caller.pdu_bytes_max)
        farewell = _abort
        try:
            with _faults_named():
                outgoing = _negotiated(wire, remote, contexts, caller, roles)
            yield outgoing
            farewell = _release
        except (PeerUnreachable, AssociationRejected):
            farewell = _hang_up
            raise
        finally:
            farewell(wire)


@contextmanager
def _connected(remote: Remote, caller: Caller, seconds: float) -> Iterator[socket.socket]:
    try:
        connection = socket.create_connection((remote.host, remote.port), timeout=seconds)
    except (OSError, UnicodeError) as error:
        raise PeerUnreachable(ae_title=remote.ae_title, fault=type(error).__name__) from error
    with connection:
        if not remote.tls:
            yield connection
            return
        with secured(connection, remote, caller.secrets) as encrypted:
            yield encrypted


def _negotiated(
    wire: Wire, remote: Remote, contexts: Sequence[ProposedContext], caller: Caller, roles: tuple[Role, ...]
) -> Outgoing:
    user = UserInformation(
        pdu_bytes_max=caller.pdu_bytes_max, implementation=IMPLEMENTATION_VERSION_NAME, roles=roles
    )
    wire.write(
        associate_request(called=remote.ae_title, calling=caller.ae_title, contexts=contexts, user=user)
    )
    kind, body = wire.read_pdu()
    if kind is PduType.ASSOCIATE_RJ:
        result, source, reason = read_rejection(bytes(body))
        raise AssociationRejected(ae_title=remote.ae_title, result=result, source=source, reason=reason)
    if kind is PduType.ABORT:
        raise AssociationRejected(ae_title=remote.ae_title, fault="aborted")
    if kind is not PduType.ASSOCIATE_AC:
        raise PduRefused(AbortReason.UNEXPECTED_PDU)
    accepted = read_associate_accept(bytes(body))
    proposed = {context.context_id: context for context in contexts}
    agreed = tuple(
        Agreed(
            context_id=answer.context_id,
            abstract_syntax=proposed[answer.context_id].abstract_syntax,
            transfer_syntax=answer.transfer_syntax,
        )
        for answer in accepted.contexts
        if answer.result == 0
        and answer.context_id in proposed
        and answer.transfer_syntax in proposed[answer.context_id].transfer_syntaxes
    )
    return Outgoing(Dialogue(wire, accepted.user.pdu_bytes_max), agreed)


def _abort(wire: Wire) -> None:
    wire.abort(AbortReason.NOT_SPECIFIED)


def _hang_up(wire: Wire) -> None:
    """There is nobody to say goodbye to."""


def _release(wire: Wire) -> None:
    """Say goodbye; whoever does not answer has been asked all the same."""
    with suppress(PeerGone, PduRefused):
        wire.write(release_request())
        while wire.read_pdu()[0] is PduType.DATA:
            continue  # what was still under way


def contexts_of(*services: tuple[str, Sequence[str]]) -> tuple[ProposedContext, ...]:
    """Presentation contexts for (abstract syntax, transfer syntaxes), numbered in order."""
    return tuple(
        ProposedContext(context_id=2 * n + 1, abstract_syntax=abstract, transfer_syntaxes=tuple(syntaxes))
        for n, (abstract, syntaxes) in enumerate(services)
    )


def echo(remote: Remote, *, caller: Caller, patience: Patience | None = None) -> int:
    """Whether `remote` is there and takes us: the status of a C-ECHO in an association of its own.

    Raises PeerUnreachable, AssociationRejected, ServiceNotTaken or PeerMisbehaved.
    """
    with open_association(
        remote, contexts_of((VERIFICATION, PLAIN_SYNTAXES)), caller=caller, patience=patience
    ) as outgoing:
        return outgoing.echo()
