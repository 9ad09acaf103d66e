"""Finding earlier studies and the reports signed about them; outside of the caller's reach none exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.consults.access import EARLIER_MAX, earlier_lent_with, study_scope
from consult_server.consults.tables import Consult
from consult_server.priors.domain import Region, Relevance, Seen, rank, regions_of, relevance
from consult_server.reports.domain import ReportStatus
from consult_server.reports.tables import Report, ReportVersion
from dicom_node.archive.errors import StudyNotFound
from dicom_node.archive.queries import find_study
from dicom_node.archive.tables import Series, Study

LISTED_MAX = 50


@dataclass(frozen=True, kw_only=True)
class Prior:
    """An earlier study, how it bears on the one that is read, and when a report about it was signed last."""

    study: Study
    body_parts: list[str]
    relevance: Relevance
    signed_at: datetime | None


async def _earlier(view: AsyncSession, principal: Principal, study: Study) -> Sequence[Study]:
    """Earlier studies of the person within reach: lent with the case, or the caller's institution's own."""
    lent = await earlier_lent_with(view, principal, study.study_instance_uid)
    own: ColumnElement[bool] = false()
    if study.institution_id == principal.institution_id and study.patient_id:
        own = and_(
            Study.institution_id == study.institution_id,
            Study.patient_id == study.patient_id,
            Study.issuer_of_patient_id == study.issuer_of_patient_id,
            Study.patient_birth_date.in_(["", study.patient_birth_date]),
        )
    if not lent and study.institution_id != principal.institution_id:
        return []
    return list(
        await view.scalars(
            select(Study)
            .where(
                or_(own, tuple_(Study.institution_id, Study.study_instance_uid).in_(sorted(lent))),
                Study.study_instance_uid != study.study_instance_uid,
                Study.study_date != "",
                Study.study_date <= study.study_date,
                Study.instance_count > 0,
            )
            .order_by(Study.study_date.desc(), Study.study_key)
            .limit(EARLIER_MAX)
        )
    )


async def _body_parts(view: AsyncSession, studies: Sequence[Study]) -> dict[str, list[str]]:
    """The body parts that the series of these studies name, by study_key."""
    keys = [study.study_key for study in studies]
    rows = await view.execute(
        select(Series.study_key, Series.body_part_examined)
        .where(Series.study_key.in_(keys), Series.body_part_examined != "")
        .distinct()
        .order_by(Series.study_key, Series.body_part_examined)
    )
    found: dict[str, list[str]] = {}
    for key, part in rows:
        found.setdefault(key, []).append(part)
    return found


def _seen(study: Study, body_parts: Sequence[str]) -> Seen:
    return Seen(
        study_instance_uid=study.study_instance_uid,
        study_date=study.study_date,
        modalities=frozenset(study.modalities),
        regions=regions_of([*body_parts, study.study_description]),
    )


async def _signed(view: AsyncSession, studies: Sequence[Study]) -> dict[tuple[str, str], datetime]:
    """When a report about each of these studies was signed last."""
    places = [(study.institution_id, study.study_instance_uid) for study in studies]
    rows = await view.execute(
        select(Consult.inviting_institution_id, Consult.study_instance_uid, ReportVersion.signed_at)
        .join(Report, Report.consult_id == Consult.consult_id)
        .join(ReportVersion, ReportVersion.report_id == Report.report_id)
        .where(
            tuple_(Consult.inviting_institution_id, Consult.study_instance_uid).in_(places),
            Report.status == ReportStatus.FINAL.value,
        )
        .order_by(ReportVersion.signed_at)
    )
    return {(institution_id, uid or ""): at for institution_id, uid, at in rows}


async def priors_of(
    view: AsyncSession, principal: Principal, study_instance_uid: str
) -> tuple[frozenset[Region], list[Prior]]:
    """The regions of a study the caller may read, and earlier ones of its person, the most telling first.

    Raises StudyNotFound, also for a study the caller may not read.
    """
    scope = await study_scope(view, principal, study_instance_uid)
    study = await find_study(view, scope, study_instance_uid)
    found = await _earlier(view, principal, study)
    parts = await _body_parts(view, [study, *found])
    signed = await _signed(view, found)
    now = _seen(study, parts.get(study.study_key, []))
    priors = [
        Prior(
            study=one,
            body_parts=parts.get(one.study_key, []),
            relevance=relevance(now, _seen(one, parts.get(one.study_key, []))),
            signed_at=signed.get((one.institution_id, one.study_instance_uid)),
        )
        for one in found
    ]
    return now.regions, sorted(priors, key=lambda one: rank(one.relevance))[:LISTED_MAX]


async def prior_of(
    view: AsyncSession, principal: Principal, study_instance_uid: str, prior_instance_uid: str
) -> Prior:
    """One of the earlier studies of that study. Raises StudyNotFound."""
    _, priors = await priors_of(view, principal, study_instance_uid)
    for one in priors:
        if one.study.study_instance_uid == prior_instance_uid:
            return one
    raise StudyNotFound(study_instance_uid=prior_instance_uid[:64])


async def signed_reports(view: AsyncSession, study: Study) -> list[ReportVersion]:
    """The newest signed version of each report about an earlier study already opened, newest first."""
    rows = await view.scalars(
        select(ReportVersion)
        .join(Report, Report.report_id == ReportVersion.report_id)
        .join(Consult, Consult.consult_id == Report.consult_id)
        .where(
            Consult.inviting_institution_id == study.institution_id,
            Consult.study_instance_uid == study.study_instance_uid,
            Report.status == ReportStatus.FINAL.value,
        )
        .order_by(ReportVersion.signed_at.desc(), ReportVersion.number.desc())
        .limit(LISTED_MAX)
    )
    newest: dict[str, ReportVersion] = {}
    for row in rows:
        newest.setdefault(row.report_id, row)
    return list(newest.values())
