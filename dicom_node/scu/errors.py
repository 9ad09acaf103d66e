"""Why another application entity could not be asked. None of these is the caller's mistake."""

from config.kernel.errors import Unavailable


class PeerUnreachable(Unavailable):
    """The application entity does not answer at its address, or the line broke."""

    code = "dicom.peer_unreachable"


class TlsFailed(PeerUnreachable):
    """No TLS connection came about with the application entity: its certificate, or ours, is not taken."""

    code = "dicom.tls_failed"


class AssociationRejected(Unavailable):
    """The application entity answers, but takes no association from us."""

    code = "dicom.association_rejected"


class ServiceNotTaken(Unavailable):
    """The application entity does not take this service or this kind of object."""

    code = "dicom.service_not_taken"


class PeerMisbehaved(Unavailable):
    """The application entity does not follow the DICOM protocol."""

    code = "dicom.peer_misbehaved"
