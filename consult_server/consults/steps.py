"""Taking a step: table, guards, row, evidence, audit and event in one transaction."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id
from config.kernel.principal import Principal
from consult_server.audit.service import record
from consult_server.consults.access import get_consult_version
from consult_server.consults.domain import (
    Adoption,
    PreconditionsFailed,
    ReaderUnfit,
    ServiceLine,
    Status,
    Urgency,
    Verb,
    due_at,
    next_status,
)
from consult_server.consults.events import ConsultChanged
from consult_server.consults.guards import RULES_VERSION, Submission, Verdict, evaluate
from consult_server.consults.tables import Consult, ConsultStep, Evidence
from consult_server.identity.access import account_by_id
from consult_server.identity.domain import READERS, AccountNotFound
from consult_server.identity.tables import Account
from consult_server.institutions.queries import agreements_between
from consult_server.tables import outbox


async def announce(tx: AsyncSession, consult: Consult, verb: str, now: datetime) -> None:
    """Tell those who may know it that a consult has a new version; the invited side, once it was sent."""
    audience = [consult.inviting_institution_id]
    if consult.submitted_at is not None and consult.invited_institution_id is not None:
        audience.append(consult.invited_institution_id)
    await outbox.add(
        tx,
        ConsultChanged(
            subject=consult.consult_id,
            consult_id=consult.consult_id,
            version=consult.version,
            verb=verb,
            status=consult.status,
            urgency=consult.urgency,
            institution_ids=audience,
        ),
        now,
    )


async def _take(
    tx: AsyncSession,
    principal: Principal,
    consult: Consult,
    verb: Verb,
    now: datetime,
    note: str = "",
    subject_name: str = "",
) -> None:
    consult.status = next_status(verb, consult.standing, principal, note).value
    consult.version += 1
    tx.add(
        ConsultStep(
            step_id=new_id(),
            consult_id=consult.consult_id,
            verb=verb.value,
            status=consult.status,
            actor_id=principal.account_id,
            actor_name=principal.name,
            subject_name=subject_name,
            note=note,
            at=now,
        )
    )
    record(
        tx, principal, f"consult.{verb.value}", "consult", consult.consult_id, now, version=consult.version
    )
    await announce(tx, consult, verb.value, now)


def _keep(tx: AsyncSession, consult: Consult, verb: Verb, verdicts: list[Verdict], now: datetime) -> None:
    for verdict in verdicts:
        tx.add(
            Evidence(
                evidence_id=new_id(),
                consult_id=consult.consult_id,
                verb=verb.value,
                guard=verdict.guard.value,
                passed=verdict.passed,
                facts=verdict.facts,
                rules_version=RULES_VERSION,
                at=now,
            )
        )


async def verdicts_for(view: AsyncSession, consult: Consult, now: datetime) -> list[Verdict]:
    """What the guards say of a draft as it stands."""
    agreements = await agreements_between(
        view, consult.inviting_institution_id, consult.invited_institution_id or ""
    )
    return evaluate(
        Submission(
            service_line=consult.service_line,
            patient_chosen=consult.patient_id is not None,
            question=consult.question,
            chief_complaint=consult.chief_complaint,
            urgency_explained=consult.urgency != Urgency.EMERGENCY.value
            or bool(consult.urgency_reason.strip()),
            study_attached=consult.study_instance_uid is not None,
            consent_kind=consult.consent_kind,
            consent_at=consult.consent_at.isoformat() if consult.consent_at else "",
            agreements=[agreement.terms for agreement in agreements],
            today=now.date(),
        )
    )


async def submit(
    tx: AsyncSession, principal: Principal, consult_id: str, version: int, now: datetime
) -> Consult:
    """Send a request on its way. Raises PreconditionsFailed naming each guard that failed."""
    consult = await get_consult_version(tx, principal, consult_id, version)
    next_status(Verb.SUBMIT, consult.standing, principal, "")
    verdicts = await verdicts_for(tx, consult, now)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        raise PreconditionsFailed(
            guards=[verdict.guard.value for verdict in failed],
            missing=[name for verdict in failed for name in verdict.missing],
        )
    consult.submitted_at = now
    consult.due_at = due_at(ServiceLine(consult.service_line), Urgency(consult.urgency), now)
    await _take(tx, principal, consult, Verb.SUBMIT, now)
    _keep(tx, consult, Verb.SUBMIT, verdicts, now)
    return consult


async def take_step(
    tx: AsyncSession,
    principal: Principal,
    consult_id: str,
    version: int,
    verb: Verb,
    now: datetime,
    *,
    reason: str,
) -> Consult:
    """Accept, return, decline, withdraw, start or abandon."""
    consult = await get_consult_version(tx, principal, consult_id, version)
    await _take(tx, principal, consult, verb, now, note=reason.strip())
    if verb in {Verb.ABANDON, Verb.RETURN}:
        consult.specialist_id = None
    return consult


async def _fit_reader(tx: AsyncSession, consult: Consult, account_id: str) -> Account:
    """The account, when it reads this kind of study here. Raises ReaderUnfit, also for an unknown id."""
    try:
        reader = await account_by_id(tx, account_id)
    except AccountNotFound as error:
        raise ReaderUnfit(service_line=consult.service_line) from error
    reads = not reader.service_lines or consult.service_line in reader.service_lines
    at_home = reader.institution_id == consult.invited_institution_id and reader.active
    if not reads or not at_home or not {role.value for role in READERS} & set(reader.roles):
        raise ReaderUnfit(service_line=consult.service_line)
    return reader


async def assign(
    tx: AsyncSession, principal: Principal, consult_id: str, version: int, specialist_id: str, now: datetime
) -> Consult:
    """Give a consult to a reader of the invited institution. Raises ReaderUnfit."""
    consult = await get_consult_version(tx, principal, consult_id, version)
    next_status(Verb.ASSIGN, consult.standing, principal, "")
    reader = await _fit_reader(tx, consult, specialist_id)
    await _take(tx, principal, consult, Verb.ASSIGN, now, subject_name=reader.name)
    consult.specialist_id = reader.account_id
    return consult


async def claim(
    tx: AsyncSession, principal: Principal, consult_id: str, version: int, now: datetime
) -> Consult:
    """Take an accepted consult for oneself. Raises ReaderUnfit."""
    consult = await get_consult_version(tx, principal, consult_id, version)
    next_status(Verb.CLAIM, consult.standing, principal, "")
    await _fit_reader(tx, consult, principal.account_id)
    await _take(tx, principal, consult, Verb.CLAIM, now)
    consult.specialist_id = principal.account_id
    return consult


async def sign(tx: AsyncSession, principal: Principal, consult: Consult, now: datetime) -> None:
    """Note that the report of an opened consult has been signed."""
    await _take(tx, principal, consult, Verb.SIGN, now)
    consult.signed_at = now


async def adopt(
    tx: AsyncSession,
    principal: Principal,
    consult_id: str,
    version: int,
    outcome: Adoption,
    note: str,
    now: datetime,
) -> Consult:
    """Record what the inviting doctor did with the opinion, which closes the consult."""
    consult = await get_consult_version(tx, principal, consult_id, version)
    await _take(tx, principal, consult, Verb.ADOPT, now, note=note.strip())
    consult.adoption = outcome.value
    consult.closed_at = now
    return consult


async def refresh_after_arrival(tx: AsyncSession, consults: list[Consult], now: datetime) -> None:
    """More images of these consults' studies have come: lists show new counts."""
    for consult in consults:
        await announce(tx, consult, "study_settled", now)


def is_open_to_reader(consult: Consult) -> bool:
    """True while its reader may still write."""
    return consult.status == Status.REPORTING.value
