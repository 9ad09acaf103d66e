"""The life of a consult as one transition table, and the guards before its steps.

Verbs are the transitions people ask for; who may ask is part of the row. Every refusal names the
precondition that failed. `case_kind` never changes: in a consult (会诊) the inviting side alone
is liable, in a remote diagnosis (远程诊断) both are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from config.kernel.principal import Principal
from consult_server.identity.domain import Role


class CaseKind(StrEnum):
    """Which of the two legal products this is."""

    CONSULT = "consult"
    DIAGNOSIS = "diagnosis"


class ServiceLine(StrEnum):
    """What is read."""

    IMAGING = "imaging"
    ECG = "ecg"


class Urgency(StrEnum):
    """How soon an answer is promised."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Status(StrEnum):
    """Where a consult stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    REPORTING = "reporting"
    SIGNED = "signed"
    CLOSED = "closed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


class Verb(StrEnum):
    """A step somebody asks for."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    RETURN = "return"
    DECLINE = "decline"
    ASSIGN = "assign"
    CLAIM = "claim"
    START = "start"
    ABANDON = "abandon"
    SIGN = "sign"
    ADOPT = "adopt"


class Side(StrEnum):
    """On whose behalf a step is taken."""

    INVITING = "inviting"
    INVITED = "invited"
    ASSIGNEE = "assignee"


class Adoption(StrEnum):
    """What the inviting doctor did with the opinion."""

    ADOPTED = "adopted"
    PARTLY = "partly"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Rule:
    """One row of the table: where the step leads, who may take it, whether a reason is needed."""

    target: Status
    side: Side
    roles: tuple[Role, ...]
    reason: bool = False


_APPLICANT = (Role.APPLICANT,)
_COORDINATOR = (Role.COORDINATOR,)
_READERS = (Role.SPECIALIST, Role.AUDITOR)

TRANSITIONS: Mapping[tuple[Verb, Status], Rule] = {
    (Verb.SUBMIT, Status.DRAFT): Rule(Status.SUBMITTED, Side.INVITING, _APPLICANT),
    (Verb.SUBMIT, Status.RETURNED): Rule(Status.SUBMITTED, Side.INVITING, _APPLICANT),
    (Verb.WITHDRAW, Status.SUBMITTED): Rule(Status.WITHDRAWN, Side.INVITING, _APPLICANT, reason=True),
    (Verb.WITHDRAW, Status.ACCEPTED): Rule(Status.WITHDRAWN, Side.INVITING, _APPLICANT, reason=True),
    (Verb.WITHDRAW, Status.RETURNED): Rule(Status.WITHDRAWN, Side.INVITING, _APPLICANT, reason=True),
    (Verb.ACCEPT, Status.SUBMITTED): Rule(Status.ACCEPTED, Side.INVITED, _COORDINATOR),
    (Verb.RETURN, Status.SUBMITTED): Rule(Status.RETURNED, Side.INVITED, _COORDINATOR, reason=True),
    (Verb.RETURN, Status.ACCEPTED): Rule(Status.RETURNED, Side.INVITED, _COORDINATOR, reason=True),
    (Verb.RETURN, Status.ASSIGNED): Rule(Status.RETURNED, Side.ASSIGNEE, _READERS, reason=True),
    (Verb.RETURN, Status.REPORTING): Rule(Status.RETURNED, Side.ASSIGNEE, _READERS, reason=True),
    (Verb.DECLINE, Status.SUBMITTED): Rule(Status.DECLINED, Side.INVITED, _COORDINATOR, reason=True),
    (Verb.DECLINE, Status.ACCEPTED): Rule(Status.DECLINED, Side.INVITED, _COORDINATOR, reason=True),
    (Verb.ASSIGN, Status.ACCEPTED): Rule(Status.ASSIGNED, Side.INVITED, _COORDINATOR),
    (Verb.ASSIGN, Status.ASSIGNED): Rule(Status.ASSIGNED, Side.INVITED, _COORDINATOR),
    (Verb.CLAIM, Status.ACCEPTED): Rule(Status.ASSIGNED, Side.INVITED, _READERS),
    (Verb.START, Status.ASSIGNED): Rule(Status.REPORTING, Side.ASSIGNEE, _READERS),
    (Verb.ABANDON, Status.ASSIGNED): Rule(Status.ACCEPTED, Side.ASSIGNEE, _READERS, reason=True),
    (Verb.ABANDON, Status.REPORTING): Rule(Status.ACCEPTED, Side.ASSIGNEE, _READERS, reason=True),
    (Verb.SIGN, Status.REPORTING): Rule(Status.SIGNED, Side.ASSIGNEE, _READERS),
    (Verb.ADOPT, Status.SIGNED): Rule(Status.CLOSED, Side.INVITING, _APPLICANT),
}

URGENCY_RANK: Mapping[Urgency, int] = {Urgency.EMERGENCY: 0, Urgency.URGENT: 1, Urgency.ROUTINE: 2}
EDITABLE = frozenset({Status.DRAFT, Status.RETURNED})
WITH_READER = frozenset({Status.ASSIGNED, Status.REPORTING, Status.SIGNED, Status.CLOSED})
LIMITS: Mapping[tuple[ServiceLine, Urgency], timedelta] = {
    (ServiceLine.IMAGING, Urgency.EMERGENCY): timedelta(minutes=30),
    (ServiceLine.IMAGING, Urgency.URGENT): timedelta(hours=2),
    (ServiceLine.IMAGING, Urgency.ROUTINE): timedelta(hours=24),
    (ServiceLine.ECG, Urgency.EMERGENCY): timedelta(minutes=10),
    (ServiceLine.ECG, Urgency.URGENT): timedelta(minutes=30),
    (ServiceLine.ECG, Urgency.ROUTINE): timedelta(hours=2),
}


class ConsultNotFound(NotFound):
    """There is no such consult."""

    code = "consults.not_found"


class StepNotPossible(Conflict):
    """A consult in this state does not allow that step."""

    code = "consults.step_not_possible"


class StepNotYours(Forbidden):
    """Somebody else has to take this step."""

    code = "consults.step_not_yours"


class ReasonMissing(Invalid):
    """This step needs a reason."""

    code = "consults.reason_missing"


class PreconditionsFailed(Invalid):
    """A precondition for this step is not met."""

    code = "consults.preconditions_failed"


class ReaderUnfit(Invalid):
    """The chosen person does not read this kind of study here."""

    code = "consults.reader_unfit"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the table must know of a consult."""

    status: Status
    inviting_institution_id: str
    invited_institution_id: str
    specialist_id: str | None


def _stands(principal: Principal, standing: Standing, side: Side) -> bool:
    match side:
        case Side.INVITING:
            return principal.institution_id == standing.inviting_institution_id
        case Side.INVITED:
            return principal.institution_id == standing.invited_institution_id
        case Side.ASSIGNEE:
            return principal.account_id == standing.specialist_id


def next_status(verb: Verb, standing: Standing, principal: Principal, reason: str) -> Status:
    """Where `verb` leads. Raises StepNotPossible, StepNotYours, ReasonMissing."""
    rule = TRANSITIONS.get((verb, standing.status))
    if rule is None:
        raise StepNotPossible(verb=verb.value, status=standing.status.value)
    if not principal.has_role(*rule.roles) or not _stands(principal, standing, rule.side):
        raise StepNotYours(verb=verb.value, needs=[role.value for role in rule.roles])
    if rule.reason and not reason.strip():
        raise ReasonMissing(verb=verb.value)
    return rule.target


def possible_verbs(standing: Standing, principal: Principal) -> list[Verb]:
    """The steps this caller could take now."""
    return [
        verb
        for (verb, status), rule in TRANSITIONS.items()
        if status is standing.status
        and principal.has_role(*rule.roles)
        and _stands(principal, standing, rule.side)
    ]


def due_at(service_line: ServiceLine, urgency: Urgency, submitted_at: datetime) -> datetime:
    """Until when an answer is promised."""
    return submitted_at + LIMITS[service_line, urgency]
