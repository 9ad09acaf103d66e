"""Which earlier studies a consult lends to those who read for it. Default deny.

A consult lends the earlier studies of its patient: those of the inviting institution by its own patient
number; those of another institution where the patient index links the two registrations
(`patients.queries.same_person`) and that institution has agreed to have this service line read by the
reader's institution on the day the consult was sent. Equal patient numbers of two institutions link nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from consult_server.consults.domain import Status
from consult_server.institutions.domain import AgreementTerms

# Once a request is back with its author, refused or taken back, the images are no longer lent.
LENDING = (Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING, Status.SIGNED, Status.CLOSED)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier study that a consult may lend. Birth dates are DA; '' where the images do not say."""

    institution_id: str
    study_instance_uid: str
    said_birth_date: str
    birth_date: date
    inviting_institution_id: str
    service_line: str
    submitted_on: date


def is_lent(
    one: Earlier, reader_institution_id: str, agreed: Mapping[str, Collection[AgreementTerms]]
) -> bool:
    """Whether a reader's institution may see an earlier study, under what others agreed with it."""
    if one.said_birth_date not in {"", f"{one.birth_date:%Y%m%d}"}:
        return False
    if one.institution_id in {one.inviting_institution_id, reader_institution_id}:
        return True
    terms = agreed.get(one.institution_id, ())
    return any(term.covers(one.service_line, one.submitted_on) for term in terms)
