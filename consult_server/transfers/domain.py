"""Who may have what sent where, as pure decisions."""

from config.kernel.errors import Forbidden


class DestinationNotAllowed(Forbidden):
    """A study of another institution may only be sent to one's own institution's peers."""

    code = "transfers.destination_not_allowed"


class NotThePatientsArchive(Forbidden):
    """Only peers of the patient's own institution may be asked for this patient's studies."""

    code = "transfers.not_the_patients_archive"


def check_destination(*, study_of: str, destination_of: str, caller_of: str) -> None:
    """Institutions of the study, the destination and the caller: an owner sends anywhere, others home.

    Raises DestinationNotAllowed.
    """
    if caller_of not in {study_of, destination_of}:
        raise DestinationNotAllowed


def check_archive(*, patient_of: str, peer_of: str) -> None:
    """Raises NotThePatientsArchive unless the peer is of the patient's institution."""
    if patient_of != peer_of:
        raise NotThePatientsArchive
