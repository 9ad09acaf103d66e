"""What a peer may see and where it may send: the one place that decides it for DIMSE."""

from dicom_node.archive.scope import StudyScope
from dicom_node.peers import KnownPeer


def scope_of(peer: KnownPeer) -> StudyScope:
    """A peer sees the studies of its own institution; nothing else exists for it."""
    return StudyScope(institution_ids=frozenset({peer.institution_id}))


def may_send_to(peer: KnownPeer, destination: KnownPeer) -> bool:
    """True when `peer` may have studies sent to `destination`: one of its own institution."""
    return peer.institution_id == destination.institution_id
