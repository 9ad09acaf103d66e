"""What a peer may see and where it may send: the one place that decides it for DIMSE."""

from dicom_node.archive.scope import StudyScope
from dicom_node.peers import KnownPeer
from dicom_node.scu.association import Remote
from dicom_node.scu.calling import remote_of


def scope_of(peer: KnownPeer) -> StudyScope:
    """A peer sees the studies of its own institution; nothing else exists for it."""
    return StudyScope(institution_ids=frozenset({peer.institution_id}))


def destination_of(peer: KnownPeer, destination: KnownPeer | None) -> Remote | None:
    """Where a C-MOVE of `peer` may send: to a peer of its own institution whose address is registered."""
    if destination is None or destination.institution_id != peer.institution_id:
        return None
    return remote_of(destination)
