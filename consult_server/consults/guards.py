"""Preconditions of a submission. Each verdict is kept with the facts it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from consult_server.institutions.domain import AgreementTerms

RULES_VERSION = "2026-11"
QUESTION_CHARACTERS_MIN = 4


class Guard(StrEnum):
    """The preconditions known here (domain: G1, G2, G7)."""

    AGREEMENT_IN_FORCE = "agreement_in_force"
    CONSENT_RECORDED = "consent_recorded"
    DATA_COMPLETE = "data_complete"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What the guards look at."""

    service_line: str
    patient_chosen: bool
    question: str
    chief_complaint: str
    urgency_explained: bool
    study_attached: bool
    consent_kind: str
    consent_at: str
    agreements: Sequence[AgreementTerms]
    today: date


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One guard's answer, the facts it used, and the fields that would cure a failure."""

    guard: Guard
    passed: bool
    facts: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def agreement_in_force(submission: Submission) -> Verdict:
    """G1: an agreement of both institutions covers this service today."""
    holding = [
        terms for terms in submission.agreements if terms.covers(submission.service_line, submission.today)
    ]
    if holding:
        return Verdict(
            guard=Guard.AGREEMENT_IN_FORCE, passed=True, facts={"valid_to": holding[0].valid_to.isoformat()}
        )
    ended = [
        terms.valid_to for terms in submission.agreements if submission.service_line in terms.service_lines
    ]
    facts = {"ended": max(ended).isoformat()} if ended else {}
    return Verdict(
        guard=Guard.AGREEMENT_IN_FORCE, passed=False, facts=facts, missing=["invited_institution_id"]
    )


def consent_recorded(submission: Submission) -> Verdict:
    """G2: the patient's or guardian's consent to this consult has been recorded."""
    passed = bool(submission.consent_kind)
    facts = {"kind": submission.consent_kind, "at": submission.consent_at} if passed else {}
    return Verdict(
        guard=Guard.CONSENT_RECORDED, passed=passed, facts=facts, missing=[] if passed else ["consent"]
    )


def data_complete(submission: Submission) -> Verdict:
    """G7: patient, question, chief complaint, the reason of a hurry, and the study are there."""
    present = {
        "patient_id": submission.patient_chosen,
        "question": len(submission.question.strip()) >= QUESTION_CHARACTERS_MIN,
        "chief_complaint": bool(submission.chief_complaint.strip()),
        "urgency_reason": submission.urgency_explained,
        "study_instance_uid": submission.study_attached,
    }
    missing = [name for name, there in present.items() if not there]
    return Verdict(guard=Guard.DATA_COMPLETE, passed=not missing, missing=missing)


def evaluate(submission: Submission) -> list[Verdict]:
    """Every guard's verdict, in the order people read them."""
    return [agreement_in_force(submission), consent_recorded(submission), data_complete(submission)]
