"""Who may see which report: its reader always, everybody else of the case once it is signed."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.consults.access import get_consult, get_consult_locked
from consult_server.consults.domain import Status, StepNotYours
from consult_server.consults.tables import Consult
from consult_server.reports.domain import ReportNotFound, ReportNotOpen, ReportSealed, ReportStatus
from consult_server.reports.tables import Report, ReportVersion


async def _report_of(view: AsyncSession, consult_id: str) -> Report | None:
    return await view.scalar(select(Report).where(Report.consult_id == consult_id))


async def readable_report(
    view: AsyncSession, principal: Principal, consult_id: str
) -> tuple[Consult, Report | None]:
    """A report the caller may read; None when they are to write it and have not begun.

    Raises ConsultNotFound, ReportNotFound.
    """
    consult = await get_consult(view, principal, consult_id)
    report = await _report_of(view, consult_id)
    signed = report is not None and report.status == ReportStatus.FINAL.value
    if not signed and consult.specialist_id != principal.account_id:
        raise ReportNotFound
    return consult, report


async def writable_report(
    view: AsyncSession, principal: Principal, consult_id: str, version: int, *, lock: bool = False
) -> tuple[Consult, Report | None]:
    """The caller's own draft when it still has that version (0: none yet).

    `lock` keeps every other writer of this case waiting until the transaction ends; whoever is
    about to write must ask for it. Raises ConsultNotFound, StepNotYours, ReportSealed,
    ReportNotOpen, VersionPassed.
    """
    find = get_consult_locked if lock else get_consult
    consult = await find(view, principal, consult_id)
    if consult.specialist_id != principal.account_id:
        raise StepNotYours(verb="write", needs=["assignee"])
    report = await _report_of(view, consult_id)
    if report is not None and report.status == ReportStatus.FINAL.value:
        raise ReportSealed
    if consult.status != Status.REPORTING.value:
        raise ReportNotOpen(status=consult.status)
    known = report.version if report else 0
    if known != version:
        raise VersionPassed(version=known)
    return consult, report


async def signed_version(view: AsyncSession, report: Report) -> ReportVersion:
    """The newest signed version of a report already opened. Raises ReportNotFound."""
    row = await view.scalar(
        select(ReportVersion)
        .where(ReportVersion.report_id == report.report_id)
        .order_by(ReportVersion.number.desc())
        .limit(1)
    )
    if row is None:
        raise ReportNotFound
    return row
