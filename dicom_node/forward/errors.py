"""Why a job of the queue did not come to its end. Each code has a sentence for people."""

from config.kernel.errors import AppError, Conflict, NotFound, TooLarge, Unavailable
from dicom_node.scu.errors import ServiceNotTaken


class DestinationNotCallable(Conflict):
    """The destination is not registered, shut out, or has no host and port on record."""

    code = "dicom.destination_not_callable"


class NothingToSend(Unavailable):
    """The study has no objects here any more."""

    code = "dicom.nothing_to_send"


class DestinationFull(Unavailable):
    """The destination is out of resources for now."""

    code = "dicom.destination_full"


class ObjectsRefused(Unavailable):
    """The destination does not want some of the objects, or they can not be sent in a form it takes."""

    code = "dicom.objects_refused"


class MoveRefused(Unavailable):
    """The peer does not send us the study."""

    code = "dicom.move_refused"


class MoveIncomplete(Unavailable):
    """The peer could not send all objects of the study."""

    code = "dicom.move_incomplete"


class QueryRefused(Unavailable):
    """The peer does not answer which studies it holds."""

    code = "dicom.query_refused"


class TooManyPriors(TooLarge):
    """The peer knows more studies of this patient than can be shown."""

    code = "dicom.priors_too_many"


class CommitmentRefused(Unavailable):
    """The destination does not commit itself to keep all that it was sent."""

    code = "dicom.commitment_refused"


class NoticeRefused(Unavailable):
    """The peer does not take word of which studies are there."""

    code = "dicom.notice_refused"


class CommitmentUnanswered(Unavailable):
    """The destination was asked for storage commitment and never answered."""

    code = "dicom.commitment_unanswered"


class TransferNotFound(NotFound):
    """There is no such job in the queue, or not for this institution."""

    code = "dicom.transfer_not_found"


class TransferUnderWay(Conflict):
    """This study is on its way to this destination already."""

    code = "dicom.transfer_under_way"


class RuleExists(Conflict):
    """There is a rule of the same words."""

    code = "dicom.forward_rule_exists"


class RuleNotFound(NotFound):
    """There is no such rule, or not for this institution."""

    code = "dicom.forward_rule_not_found"


FOR_A_PERSON = (DestinationNotCallable, NothingToSend, ServiceNotTaken, MoveRefused)
"""What does not mend itself: no further attempt is made before a person has looked."""
DETAIL_CHARACTERS_MAX = 120


def detail_of(error: AppError) -> str:
    """The facts of a refusal in a line, without whose they are."""
    facts = (str(value) for name, value in error.params.items() if name != "ae_title")
    return " ".join(facts)[:DETAIL_CHARACTERS_MAX]
