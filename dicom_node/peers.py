"""Which application entities we know, where they are and whose they are.

An AE title is a name, not a proof: a peer with a `host` is believed only from that address, and
one without (`host` None) from any, which an operator should choose only inside a closed network. A
peer bound to a `certificate` is believed only over TLS and with that certificate.
"""

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import sync_transaction
from config.kernel.errors import Conflict, Invalid, NotFound
from dicom_node.archive.tables import Peer
from dicom_node.tls import Shown, checked_certificate

AE_TITLE_CHARACTERS_MAX = 16
PORT_MAX = 65_535
CACHE_SECONDS = 1.0


class AeTitleRefused(Invalid):
    """An AE title has 1 to 16 printable ASCII characters without backslash, and is not only spaces."""

    code = "dicom.ae_title_refused"


class PeerAddressRefused(Invalid):
    """The peer's host or port cannot be used."""

    code = "dicom.peer_address_refused"


class PeerExists(Conflict):
    """A peer of that AE title is already known."""

    code = "dicom.peer_exists"


class PeerNotFound(NotFound):
    """No peer of that AE title is known."""

    code = "dicom.peer_not_found"


def checked_ae_title(text: str) -> str:
    """`text` without its insignificant outer spaces, if it is an AE title (PS3.5 6.2, VR AE).

    Raises AeTitleRefused.
    """
    title = text.strip(" ")
    if (
        not 1 <= len(title) <= AE_TITLE_CHARACTERS_MAX
        or not title.isascii()
        or not title.isprintable()
        or "\\" in title
    ):
        raise AeTitleRefused
    return title


async def _checked_address(host: str | None, port: int | None) -> None:
    if port is not None and not 1 <= port <= PORT_MAX:
        raise PeerAddressRefused(port=port)
    if host is None or _is_literal(host):
        return
    try:
        await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PeerAddressRefused(host=host[:64]) from error


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def add_peer(
    tx: AsyncSession,
    *,
    ae_title: str,
    institution_id: str,
    institution_name: str,
    host: str | None,
    port: int | None,
    issuer_of_patient_id: str,
    now: datetime,
) -> Peer:
    """Make an application entity known. Raises AeTitleRefused, PeerAddressRefused or PeerExists."""
    title = checked_ae_title(ae_title)
    await _checked_address(host, port)
    if await tx.get(Peer, title) is not None:
        raise PeerExists(ae_title=title)
    peer = Peer(
        ae_title=title,
        institution_id=institution_id,
        institution_name=institution_name,
        host=host,
        port=port,
        issuer_of_patient_id=issuer_of_patient_id,
        enabled=True,
        created_at=now,
        last_seen_at=None,
        last_seen_address=None,
        certificate=None,
        tls=False,
        availability=False,
    )
    tx.add(peer)
    await tx.flush()
    return peer


def bind(peer: Peer, certificate: str | None) -> None:
    """Let a peer in with this certificate alone, or with None as its address allows.

    Raises CertificateRefused.
    """
    peer.certificate = certificate and checked_certificate(certificate)


async def known_peer(view: AsyncSession, ae_title: str, *, lock: bool = False) -> Peer:
    """The application entity of this title, `lock`ed until the transaction ends if asked.

    Raises PeerNotFound; a title that could be nobody's is unknown too.
    """
    peer = await view.get(Peer, ae_title.strip(" "), with_for_update=lock)
    if peer is None:
        raise PeerNotFound(ae_title=ae_title[:AE_TITLE_CHARACTERS_MAX])
    return peer


async def change_peer(
    tx: AsyncSession,
    ae_title: str,
    *,
    host: str | None,
    port: int | None,
    enabled: bool,
    certificate: str | None = None,
    tls: bool = False,
    availability: bool = False,
) -> Peer:
    """Say anew where a peer is, how it is called, what it must show, whether it may send and is told.

    Title and institution stay.

    The running node knows it within CACHE_SECONDS. Raises PeerNotFound, PeerAddressRefused or
    CertificateRefused.
    """
    await _checked_address(host, port)
    peer = await known_peer(tx, ae_title, lock=True)
    peer.host, peer.port, peer.enabled, peer.tls = host, port, enabled, tls
    peer.availability = availability
    bind(peer, certificate)
    await tx.flush()
    return peer


async def list_peers(view: AsyncSession) -> list[Peer]:
    """Every known application entity, by AE title."""
    return list(await view.scalars(select(Peer).order_by(Peer.ae_title)))


async def remove_peer(tx: AsyncSession, ae_title: str) -> None:
    """Forget an application entity; what it sent stays. Raises PeerNotFound."""
    peer = await known_peer(tx, ae_title, lock=True)
    await tx.execute(delete(Peer).where(Peer.ae_title == peer.ae_title))


@dataclass(frozen=True, kw_only=True)
class KnownPeer:
    """What the listener needs to know of a peer. `addresses` empty means any, `certificate` None none.

    `host` and `port` say where it can be called, `tls` whether over TLS; without both it cannot.
    """

    ae_title: str
    institution_id: str
    issuer_of_patient_id: str
    addresses: frozenset[str]
    host: str | None = None
    port: int | None = None
    certificate: str | None = None
    tls: bool = False

    def may_show(self, shown: Shown | None) -> bool:
        """True when what a connection showed can be this peer's certificate."""
        return self.certificate is None or (shown is not None and shown.is_bound_by(self.certificate))

    def may_come_from(self, address: str) -> bool:
        """True when a connection from `address` (textual IP) can be this peer's."""
        return not self.addresses or plain_address(address) in self.addresses


def plain_address(address: str) -> str:
    """An IP address in one spelling: without zone, IPv4 not hidden in IPv6."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def _addresses(host: str | None) -> frozenset[str]:
    """The addresses a host name stands for now; a name that resolves to none matches nothing."""
    if host is None:
        return frozenset()
    if _is_literal(host):
        return frozenset({plain_address(host)})
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset({"unresolved"})
    return frozenset(plain_address(str(entry[4][0])) for entry in found)


class PeerBook:
    """The listener's view of the enabled peers, at most CACHE_SECONDS old. Safe from threads."""

    def __init__(self, engine: Engine, monotonic_seconds: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._seconds = engine, monotonic_seconds
        self._lock = threading.Lock()
        self._known: dict[str, KnownPeer] = {}
        self._read_at = float("-inf")

    def find(self, ae_title: str) -> KnownPeer | None:
        """The enabled peer of this AE title. Raises DatabaseUnavailable when nobody can tell."""
        with self._lock:
            if self._seconds() - self._read_at > CACHE_SECONDS:
                self._known = self._read()
                self._read_at = self._seconds()
            return self._known.get(ae_title.strip(" "))

    def _read(self) -> dict[str, KnownPeer]:
        with sync_transaction(self._engine) as session:
            rows = session.scalars(select(Peer).where(Peer.enabled)).all()
        return {
            row.ae_title: KnownPeer(
                ae_title=row.ae_title,
                institution_id=row.institution_id,
                issuer_of_patient_id=row.issuer_of_patient_id,
                addresses=_addresses(row.host),
                certificate=row.certificate,
                host=row.host,
                port=row.port,
                tls=row.tls,
            )
            for row in rows
        }
