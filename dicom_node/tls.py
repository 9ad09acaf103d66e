"""TLS for associations by BCP 195 (RFC 9325; PS3.15 B.9 to B.12), and whose certificate a peer showed.

The files lie in the data folder's secrets. With a CA file every peer must show a certificate that it
vouches for; the CA file may also hold peers' own self-signed certificates. Whom we call over TLS is
always verified against it, and sees our certificate where we have one.
"""

import hashlib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.kernel.errors import Invalid

CERTIFICATE_FILE, KEY_FILE, CA_FILE = "dicom_tls_certificate.pem", "dicom_tls_key.pem", "dicom_tls_ca.pem"
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!PSK"
"""For TLS 1.2: ephemeral keys and authenticated encryption only (RFC 9325 4.2). TLS 1.3 has no others."""
FINGERPRINT, SUBJECT = "sha256:", "CN="
FINGERPRINT_SHAPE = re.compile(r"sha256:[0-9a-f]{64}")
SUBJECT_SHAPE = re.compile(r"CN=[^\x00-\x1f\x7f]{1,64}")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class TlsNotUsable(Invalid):
    """TLS is asked for, but its certificate, key or CA file cannot be used."""

    code = "dicom.tls_not_usable"


class CertificateRefused(Invalid):
    """A peer's certificate is bound as `sha256:` with 64 hex digits, as `CN=name`, or given in PEM."""

    code = "dicom.certificate_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The certificate that a peer showed and that our CA file vouches for."""

    fingerprint: str
    subject: str

    def is_bound_by(self, certificate: str) -> bool:
        """True when this is the certificate that a peer is bound to."""
        return certificate in {self.fingerprint, self.subject}


def server_context(folder: Path) -> ssl.SSLContext:
    """What an acceptor of TLS offers, by the files in `folder`. Raises TlsNotUsable."""
    context = _strict(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    with _files_of(folder):
        context.load_cert_chain(folder / CERTIFICATE_FILE, folder / KEY_FILE)
        if (folder / CA_FILE).exists():
            context.load_verify_locations(folder / CA_FILE)
            context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(folder: Path) -> ssl.SSLContext:
    """What a requestor over TLS asks for, by the files in `folder`. Raises TlsNotUsable.

    The CA file is needed; our own certificate is shown to whoever asks for one, if there is one. A
    certificate names no AE title and hosts are often bare addresses: who the other side is, is said
    by the CA file and by the binding of its peer, not by a host name.
    """
    context = _strict(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    with _files_of(folder):
        context.load_verify_locations(folder / CA_FILE)
        if (folder / CERTIFICATE_FILE).exists():
            context.load_cert_chain(folder / CERTIFICATE_FILE, folder / KEY_FILE)
    return context


def _strict(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


@contextmanager
def _files_of(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise TlsNotUsable(folder=str(folder), reason=str(error)[:200]) from error


def shown_by(connection: object) -> Shown | None:
    """The verified certificate of a connection's other side; None without TLS or without one."""
    der = connection.getpeercert(binary_form=True) if isinstance(connection, ssl.SSLSocket) else None
    if not der or not isinstance(connection, ssl.SSLSocket):
        return None
    subject: Any = (connection.getpeercert() or {}).get("subject", ())
    names = dict(pair for part in subject for pair in part)
    return Shown(fingerprint=_fingerprint(der), subject=f"{SUBJECT}{names.get('commonName', '')}")


def _fingerprint(der: bytes) -> str:
    return FINGERPRINT + hashlib.sha256(der).hexdigest()


def checked_certificate(text: str) -> str:
    """How a certificate is bound to a peer, in one spelling. Raises CertificateRefused.

    `text` holds a certificate in PEM (of several the first counts), or is its SHA-256 with or without
    colons, or `CN=` and its name.
    """
    wanted = text.strip()
    pem = PEM.search(wanted)
    if pem is not None:
        try:
            der = ssl.PEM_cert_to_DER_cert(pem[0])
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=der)
        except (ValueError, ssl.SSLError) as error:
            raise CertificateRefused from error
        return _fingerprint(der)
    if SUBJECT_SHAPE.fullmatch(wanted):
        return wanted
    plain = wanted.lower().removeprefix(FINGERPRINT).replace(":", "")
    if not FINGERPRINT_SHAPE.fullmatch(FINGERPRINT + plain):
        raise CertificateRefused
    return FINGERPRINT + plain
