"""Routes of reports."""

import asyncio
from functools import partial
from hashlib import sha256
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from config.routing import Router
from consult_server.audit.service import record
from consult_server.consults.domain import ServiceLine
from consult_server.consults.tables import Consult
from consult_server.identity.access import account_by_id
from consult_server.identity.current import Caller, address_of
from consult_server.identity.router import passwords_of, verified_account
from consult_server.reports import access, service
from consult_server.reports.document import ReportDocument, content_sha256, read_document
from consult_server.reports.domain import MeasurementLink, PageDamaged, ReportNotFound, ReportStatus
from consult_server.reports.pdf import render_pdf, watermark_for
from consult_server.reports.schemas import (
    DraftIn,
    MeasurementRef,
    ReportOut,
    ReportSigningIn,
    SectionOut,
    SignedReportOut,
)
from consult_server.reports.tables import Report, ReportVersion
from consult_server.reports.templates import ReportTemplate, TemplateLibrary
from consult_server.web.deps import SeenVersion, ThePlatform, Tx, View
from consult_server.web.platform import Platform

router = Router(prefix="/api", tags=["reports"])


def library_of(request: Request) -> TemplateLibrary:
    """The templates in use."""
    found: TemplateLibrary = request.app.state.templates
    return found


def composer_of(here: Platform, library: TemplateLibrary) -> service.Composer:
    """What composing needs of this process."""
    return service.Composer(templates=library, zone=ZoneInfo(here.settings.time_zone))


async def printed(here: Platform, document: ReportDocument) -> bytes:
    """The document as PDF, made in the process pool."""
    work = partial(
        render_pdf,
        document,
        fonts_folder=here.settings.client_path / "report-fonts",
        watermark=watermark_for(document),
    )
    return await asyncio.get_running_loop().run_in_executor(here.cpu, work)


def signed_report_out(kept: ReportVersion) -> SignedReportOut:
    """A signed version as readers see it, its digest checked."""
    document = read_document(kept.canonical.encode())
    signer = document.signer or document.reporter
    return SignedReportOut(
        number=document.number,
        version=document.version,
        title=document.title,
        impression=document.impression,
        sections=[SectionOut(key=s.key, label=s.label, text=s.text) for s in document.sections],
        recommendation=document.recommendation,
        signer_name=signer.name,
        signer_title=signer.title,
        signed_at=kept.signed_at,
        sha256=kept.sha256,
        verified=content_sha256(document) == kept.sha256,
    )


async def _report_out(view: AsyncSession, report: Report) -> ReportOut:
    final = report.status == ReportStatus.FINAL.value
    return ReportOut(
        consult_id=report.consult_id,
        status=ReportStatus(report.status),
        version=report.version,
        template_id=report.template_id,
        sections=report.sections,
        measurements=[MeasurementRef(**one) for one in report.measurements],
        positive=report.positive,
        saved_at=report.saved_at,
        signed=signed_report_out(await access.signed_version(view, report)) if final else None,
    )


def _blank(consult: Consult, library: TemplateLibrary) -> ReportOut:
    words = f"{consult.body_part} {consult.study_description}"
    template = library.choose(consult.modality, words, ServiceLine(consult.service_line))
    return ReportOut(
        consult_id=consult.consult_id,
        status=ReportStatus.DRAFT,
        version=0,
        template_id=template.id,
        sections={},
        measurements=[],
        positive=None,
        saved_at=None,
        signed=None,
    )


@router.get("/report-templates")
async def list_report_templates(request: Request, _caller: Caller) -> list[ReportTemplate]:
    """The forms in use."""
    return list(library_of(request).templates.values())


@router.get("/consults/{consult_id}/report")
async def get_report(
    here: ThePlatform, request: Request, tx: Tx, caller: Caller, consult_id: str
) -> ReportOut:
    """The report: the author's draft (a blank form before the first save), for others what was signed."""
    consult, report = await access.readable_report(tx, caller, consult_id)
    if report is None:
        return _blank(consult, library_of(request))
    record(tx, caller, "report.read", "report", report.report_id, here.clock.now())
    return await _report_out(tx, report)


@router.put("/consults/{consult_id}/report")
async def save_report(
    here: ThePlatform,
    request: Request,
    tx: Tx,
    caller: Caller,
    consult_id: str,
    version: SeenVersion,
    draft: DraftIn,
) -> ReportOut:
    """Save the draft; If-Match names the version it was made from, "0" for the first."""
    text = service.DraftText(
        template_id=draft.template_id,
        sections=dict(draft.sections),
        positive=draft.positive,
        measurements=[MeasurementLink(**one.model_dump()) for one in draft.measurements],
    )
    report = await service.save_draft(
        tx, caller, consult_id, version, text, library_of(request), here.clock.now()
    )
    await tx.flush()
    return await _report_out(tx, report)


def pdf_key_of(page: bytes) -> str:
    """Where a printed page is kept: its key is its digest, so that a changed byte is noticed."""
    digest = sha256(page).hexdigest()
    return f"reports/{digest[:2]}/{digest}.pdf"


def _pdf(content: bytes, name: str, disposition: str) -> Response:
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'{disposition}; filename="{name}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@router.post("/consults/{consult_id}/report/preview", response_class=Response)
async def preview_report(
    here: ThePlatform, request: Request, view: View, caller: Caller, consult_id: str, version: SeenVersion
) -> Response:
    """The page as it would be printed, watermarked."""
    composer = composer_of(here, library_of(request))
    document = await service.draft_document(view, caller, consult_id, version, composer, here.clock.now())
    return _pdf(await printed(here, document), document.number, "inline")


async def _check_password(here: Platform, request: Request, caller: Principal, password: str) -> None:
    async with here.database.read() as view:
        account = await account_by_id(view, caller.account_id)
    await verified_account(here, passwords_of(request), account.user, password, address_of(request))


@router.post("/consults/{consult_id}/report/sign")
async def sign_report(
    here: ThePlatform,
    request: Request,
    caller: Caller,
    consult_id: str,
    version: SeenVersion,
    signing: ReportSigningIn,
) -> ReportOut:
    """Sign the draft of that version with the author's password."""
    await _check_password(here, request, caller, signing.password)
    now = here.clock.now()
    async with here.database.read() as view:
        composer = composer_of(here, library_of(request))
        document = await service.prepare(view, caller, consult_id, version, composer, now)
    page = await printed(here, document)
    pdf_key = pdf_key_of(page)
    await asyncio.to_thread(here.objects.put, pdf_key, page)
    async with here.database.write() as tx:
        report = await service.seal(tx, caller, consult_id, version, document, pdf_key, now)
        await tx.flush()
        return await _report_out(tx, report)


@router.get("/consults/{consult_id}/report.pdf", response_class=Response)
async def download_report(here: ThePlatform, tx: Tx, caller: Caller, consult_id: str) -> Response:
    """The signed page, exactly as it was made at signing. Raises PageDamaged when it is not."""
    consult, report = await access.readable_report(tx, caller, consult_id)
    if report is None:
        raise ReportNotFound
    kept = await access.signed_version(tx, report)
    record(tx, caller, "report.download", "report", report.report_id, here.clock.now(), version=kept.number)
    content: bytes = await asyncio.to_thread(here.objects.read, kept.pdf_key)
    if pdf_key_of(content) != kept.pdf_key:
        raise PageDamaged
    return _pdf(content, f"report-{consult.number}", "attachment")
