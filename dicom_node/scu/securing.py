"""An outgoing connection over TLS: whom we trust with it, and in one word why not."""

import ssl
from pathlib import Path
from socket import socket
from typing import Protocol

from dicom_node.scu.errors import TlsFailed
from dicom_node.tls import TlsNotUsable, client_context, shown_by

NO_FILES, NOT_VOUCHED_FOR, ANOTHER_CERTIFICATE = "no TLS files", "not vouched for", "another certificate"
NO_TLS, OURS_REFUSED, NO_ANSWER = "no TLS there", "our certificate refused", "TimeoutError"
HANDSHAKE_FAILED = "handshake failed"
OF_OURS = ("CERTIFICATE", "UNKNOWN_CA", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE", "ACCESS_DENIED")
"""Parts of OpenSSL's names for the alerts with which the other side refuses what we show (RFC 8446 6.2)."""
PLAIN_SPEECH = ("WRONG_VERSION_NUMBER", "HTTP", "UNEXPECTED_EOF", "RECORD_LAYER")


class Certified(Protocol):
    """Whom we call."""

    @property
    def ae_title(self) -> str: ...

    @property
    def certificate(self) -> str | None: ...


def secured(connection: socket, remote: Certified, secrets: Path | None) -> ssl.SSLSocket:
    """`connection` over TLS, after a handshake within its timeout. Raises TlsFailed.

    The other side is whom the CA file vouches for and, if it is bound to a certificate, that one.
    """
    if secrets is None:
        raise TlsFailed(ae_title=remote.ae_title, fault=NO_FILES)
    try:
        context = client_context(secrets)
    except TlsNotUsable as error:
        raise TlsFailed(ae_title=remote.ae_title, fault=NO_FILES) from error
    try:
        encrypted = context.wrap_socket(connection)
    except OSError as error:
        raise TlsFailed(ae_title=remote.ae_title, fault=fault_of(error)) from error
    shown = shown_by(encrypted)
    if remote.certificate is not None and (shown is None or not shown.is_bound_by(remote.certificate)):
        encrypted.close()
        raise TlsFailed(ae_title=remote.ae_title, fault=ANOTHER_CERTIFICATE)
    return encrypted


def fault_of(error: OSError) -> str:
    """Why a handshake ended, as one of the words above, or the name of the line's fault."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return NOT_VOUCHED_FOR
    if not isinstance(error, ssl.SSLError):
        return type(error).__name__
    reason = (error.reason or type(error).__name__).upper()
    if "ALERT" in reason and any(part in reason for part in OF_OURS):
        return OURS_REFUSED
    return NO_TLS if any(part in reason for part in PLAIN_SPEECH) else HANDSHAKE_FAILED
