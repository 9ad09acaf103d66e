"""Whom the register says we can call."""

from typing import Protocol

from dicom_node.scu.association import Remote


class Registered(Protocol):
    """A peer of the register, as a row or as the listener knows it."""

    @property
    def ae_title(self) -> str: ...

    @property
    def host(self) -> str | None: ...

    @property
    def port(self) -> int | None: ...

    @property
    def tls(self) -> bool: ...

    @property
    def certificate(self) -> str | None: ...


def remote_of(peer: Registered | None) -> Remote | None:
    """Where and how to call `peer`; None when there is none, or no host or port of it is on record."""
    if peer is None or peer.host is None or peer.port is None:
        return None
    return Remote(
        ae_title=peer.ae_title, host=peer.host, port=peer.port, tls=peer.tls, certificate=peer.certificate
    )
