"""Does a peer answer? One C-ECHO from us to it, and how it ended in words that an operator can act on.

Nothing that the network or the peer does is raised: the answer says how far we came and who said no.
"""

import asyncio
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from config.kernel.errors import AppError
from dicom_node.pdu import CALLED_AE_UNKNOWN, CALLING_AE_UNKNOWN, CONGESTED, LIMIT_EXCEEDED
from dicom_node.scu.association import (
    PLAIN_SYNTAXES,
    VERIFICATION,
    Caller,
    Patience,
    Remote,
    contexts_of,
    open_association,
)
from dicom_node.scu.errors import AssociationRejected, PeerMisbehaved, PeerUnreachable, ServiceNotTaken
from dicom_node.scu.securing import (
    ANOTHER_CERTIFICATE,
    HANDSHAKE_FAILED,
    NO_FILES,
    NO_TLS,
    NOT_VOUCHED_FOR,
    OURS_REFUSED,
)


class EchoOutcome(StrEnum):
    """How far an echo came."""

    REACHABLE = "reachable"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    SILENT = "silent"


REJECTIONS = {
    CALLING_AE_UNKNOWN: "calling_ae_unknown",
    CALLED_AE_UNKNOWN: "called_ae_unknown",
    CONGESTED: "busy",
    LIMIT_EXCEEDED: "busy",
}
LINE_FAULTS = {
    NO_FILES: (EchoOutcome.UNREACHABLE, "no_tls_files"),
    NOT_VOUCHED_FOR: (EchoOutcome.REFUSED, "certificate_not_vouched_for"),
    ANOTHER_CERTIFICATE: (EchoOutcome.REFUSED, "another_certificate"),
    NO_TLS: (EchoOutcome.REFUSED, "no_tls"),
    OURS_REFUSED: (EchoOutcome.REFUSED, "our_certificate_refused"),
    HANDSHAKE_FAILED: (EchoOutcome.REFUSED, "handshake_failed"),
    "SSLError": (EchoOutcome.REFUSED, "our_certificate_refused"),
    "SSLEOFError": (EchoOutcome.REFUSED, "hung_up"),
    "TimeoutError": (EchoOutcome.SILENT, "no_answer"),
    "too slow": (EchoOutcome.SILENT, "no_answer"),
    "gaierror": (EchoOutcome.UNREACHABLE, "host_unknown"),
    "UnicodeError": (EchoOutcome.UNREACHABLE, "host_unknown"),
    "UnicodeEncodeError": (EchoOutcome.UNREACHABLE, "host_unknown"),
    "ConnectionRefusedError": (EchoOutcome.UNREACHABLE, "port_closed"),
    "aborted": (EchoOutcome.REFUSED, "aborted"),
    "closed": (EchoOutcome.REFUSED, "hung_up"),
    "ConnectionResetError": (EchoOutcome.REFUSED, "hung_up"),
    "BrokenPipeError": (EchoOutcome.REFUSED, "hung_up"),
}
"""What the line said, by the name of its fault. In TLS 1.3 the other side refuses our certificate only
after the handshake: then the first read ends in an SSLError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EchoAnswer:
    """What came of an echo. `reason` is a stable word for what stood in the way, '' when nothing did.

    `milliseconds` is from the C-ECHO-RQ to its answer when reachable, else until we knew.
    """

    outcome: EchoOutcome
    reason: str
    milliseconds: float


async def echo(
    remote: Remote, *, calling_ae_title: str, seconds: float, secrets: Path | None = None
) -> EchoAnswer:
    """Ask `remote` for a C-ECHO-RSP; the answer comes within `seconds`, whatever the peer does.

    `secrets` is the folder of the files for TLS, for a peer that is called over it.
    """
    began, caller = time.monotonic(), Caller(ae_title=calling_ae_title, secrets=secrets)
    try:
        return await asyncio.wait_for(asyncio.to_thread(_converse, remote, caller, seconds), seconds)
    except TimeoutError:
        return _ended(began, EchoOutcome.SILENT, "no_answer")


def _converse(remote: Remote, caller: Caller, seconds: float) -> EchoAnswer:
    """The conversation itself, each step of it within `seconds`."""
    began = time.monotonic()
    patience = Patience(connect_seconds=seconds, pdu_seconds=seconds, answer_seconds=seconds)
    try:
        with open_association(
            remote, contexts_of((VERIFICATION, PLAIN_SYNTAXES)), caller=caller, patience=patience
        ) as association:
            began = time.monotonic()
            status = association.echo()
            if status == 0:
                return _ended(began, EchoOutcome.REACHABLE, "")
            return _ended(began, EchoOutcome.REFUSED, f"status_{status:04X}")
    except AppError as error:
        return _ended(began, *_reason(error))


def _reason(error: AppError) -> tuple[EchoOutcome, str]:
    fault = str(error.params.get("fault", ""))
    if isinstance(error, AssociationRejected) and not fault:
        numbers = tuple(error.params[name] for name in ("result", "source", "reason"))
        found = [word for rejection, word in REJECTIONS.items() if tuple(rejection) == numbers]
        return EchoOutcome.REJECTED, found[0] if found else "other"
    if isinstance(error, ServiceNotTaken):
        return EchoOutcome.REFUSED, "verification_refused"
    if isinstance(error, PeerMisbehaved):
        return EchoOutcome.REFUSED, "not_dicom"
    if isinstance(error, PeerUnreachable | AssociationRejected):
        return LINE_FAULTS.get(fault, (EchoOutcome.UNREACHABLE, "no_route"))
    raise error


def _ended(began: float, outcome: EchoOutcome, reason: str) -> EchoAnswer:
    spent = (time.monotonic() - began) * 1000
    return EchoAnswer(outcome=outcome, reason=reason, milliseconds=round(spent, 1))
