"""Writing and signing reports.

Signing has two halves. `prepare` judges and composes without holding the database; the caller
prints the document and stores the page; `seal` then keeps it, if nobody changed the draft in
between. What is answered with success is durable: row, page, audit and event.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id
from config.kernel.principal import Principal
from consult_server.audit.service import record
from consult_server.consults import steps
from consult_server.consults.queries import own_study
from consult_server.consults.tables import Consult
from consult_server.identity.access import account_by_id
from consult_server.institutions.queries import institution
from consult_server.patients.access import patient_of_consult
from consult_server.reports import access
from consult_server.reports.compose import CaseFacts, compose
from consult_server.reports.document import DocumentStatus, ReportDocument, canonical_bytes, content_sha256
from consult_server.reports.domain import (
    MeasurementLink,
    ReportIncomplete,
    ReportNotFound,
    ReportStatus,
    standing_links,
)
from consult_server.reports.events import ReportSigned
from consult_server.reports.tables import Report, ReportVersion
from consult_server.reports.templates import TemplateLibrary
from consult_server.tables import outbox


@dataclass(frozen=True, kw_only=True)
class DraftText:
    """What an author saves."""

    template_id: str
    sections: dict[str, str]
    positive: bool | None
    measurements: Sequence[MeasurementLink] = ()


@dataclass(frozen=True, kw_only=True)
class Composer:
    """What composing needs besides the rows."""

    templates: TemplateLibrary
    zone: ZoneInfo


async def save_draft(
    tx: AsyncSession,
    principal: Principal,
    consult_id: str,
    version: int,
    text: DraftText,
    library: TemplateLibrary,
    now: datetime,
) -> Report:
    """Keep the author's text. Raises TemplateNotFound and what `access.writable_report` raises."""
    template = library.get(text.template_id)
    _consult, report = await access.writable_report(tx, principal, consult_id, version, lock=True)
    if report is None:
        report = Report(
            report_id=new_id(),
            consult_id=consult_id,
            author_id=principal.account_id,
            status=ReportStatus.DRAFT.value,
            version=0,
            created_at=now,
        )
        tx.add(report)
        record(tx, principal, "report.begin", "report", report.report_id, now)
    known = {part.key for part in template.sections}
    report.template_id = template.id
    report.sections = {key: value for key, value in text.sections.items() if key in known}
    report.measurements = [asdict(link) for link in standing_links(text.measurements, report.sections)]
    report.positive = text.positive
    report.author_id = principal.account_id
    report.version += 1
    report.saved_at = now
    return report


async def gather(
    view: AsyncSession, principal: Principal, consult: Consult, report: Report, composer: Composer
) -> CaseFacts:
    """Everything the document of a case draws on. It speaks in the caller's name, whoever began it."""
    return CaseFacts(
        consult=consult,
        report=report,
        patient=await patient_of_consult(view, consult.patient_id or ""),
        study=await own_study(view, consult.inviting_institution_id, consult.study_instance_uid or ""),
        inviting=await institution(view, consult.inviting_institution_id),
        invited=await institution(view, consult.invited_institution_id or ""),
        reader=await account_by_id(view, principal.account_id),
        template=composer.templates.get(report.template_id),
        zone=composer.zone,
    )


async def draft_document(
    view: AsyncSession, principal: Principal, consult_id: str, version: int, composer: Composer, now: datetime
) -> ReportDocument:
    """The caller's draft as it would be printed. Raises ReportNotFound before the first save."""
    consult, report = await access.writable_report(view, principal, consult_id, version)
    if report is None:
        raise ReportNotFound
    return compose(await gather(view, principal, consult, report, composer), now, DocumentStatus.DRAFT)


async def prepare(
    view: AsyncSession, principal: Principal, consult_id: str, version: int, composer: Composer, now: datetime
) -> ReportDocument:
    """The document that signing would seal now. Raises ReportIncomplete naming the empty parts."""
    consult, report = await access.writable_report(view, principal, consult_id, version)
    if report is None:
        raise ReportNotFound
    facts = await gather(view, principal, consult, report, composer)
    empty = facts.template.empty_required(report.sections)
    if empty:
        raise ReportIncomplete(missing=empty)
    return compose(facts, now, DocumentStatus.FINAL)


async def seal(
    tx: AsyncSession,
    principal: Principal,
    consult_id: str,
    version: int,
    document: ReportDocument,
    pdf_key: str,
    now: datetime,
) -> Report:
    """Keep the signed document and move the consult on. Raises VersionPassed when the draft moved."""
    consult, report = await access.writable_report(tx, principal, consult_id, version, lock=True)
    if report is None:
        raise ReportNotFound
    report.status = ReportStatus.FINAL.value
    report.author_id = principal.account_id
    report.version += 1
    digest = content_sha256(document)
    tx.add(
        ReportVersion(
            report_id=report.report_id,
            number=document.version,
            canonical=canonical_bytes(document).decode(),
            sha256=digest,
            pdf_key=pdf_key,
            signed_by=principal.account_id,
            signed_at=now,
        )
    )
    await steps.sign(tx, principal, consult, now)
    record(tx, principal, "report.sign", "report", report.report_id, now, sha256=digest)
    await outbox.add(
        tx,
        ReportSigned(
            subject=consult.consult_id,
            consult_id=consult.consult_id,
            report_id=report.report_id,
            report_version=document.version,
            sha256=digest,
            institution_ids=[consult.inviting_institution_id, consult.invited_institution_id or ""],
        ),
        now,
    )
    return report
