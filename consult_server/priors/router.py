"""Routes of earlier studies."""

from typing import Annotated

from fastapi import Path

from config.routing import Router
from consult_server.audit.service import record
from consult_server.identity.current import Caller
from consult_server.institutions.queries import named
from consult_server.priors import queries
from consult_server.priors.queries import Prior
from consult_server.priors.schemas import PriorReportOut, PriorStudiesOut, PriorStudyOut
from consult_server.reports.router import signed_report_out
from consult_server.web.deps import ThePlatform, Tx, View

router = Router(prefix="/api", tags=["priors"])

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]


def _out(prior: Prior, institution_name: str) -> PriorStudyOut:
    study = prior.study
    return PriorStudyOut(
        study_instance_uid=study.study_instance_uid,
        institution_id=study.institution_id,
        institution_name=institution_name,
        study_date=study.study_date,
        study_time=study.study_time,
        study_description=study.study_description,
        modalities=study.modalities,
        body_parts=prior.body_parts,
        series_count=study.series_count,
        instance_count=study.instance_count,
        days_before=prior.relevance.days_before,
        same_modality=prior.relevance.same_modality,
        same_region=prior.relevance.same_region,
        relevant=prior.relevance.relevant,
        signed_at=prior.signed_at,
    )


@router.get("/studies/{study_instance_uid}/priors")
async def list_prior_studies(view: View, caller: Caller, study_instance_uid: Uid) -> PriorStudiesOut:
    """Earlier studies of the same person that the caller may read, the most telling first."""
    regions, priors = await queries.priors_of(view, caller, study_instance_uid)
    places = await named(view, {one.study.institution_id for one in priors})
    rows = [_out(one, places[one.study.institution_id].name) for one in priors]
    return PriorStudiesOut(regions=sorted(regions), rows=rows)


@router.get("/studies/{study_instance_uid}/priors/{prior_instance_uid}/reports")
async def list_prior_reports(
    here: ThePlatform, tx: Tx, caller: Caller, study_instance_uid: Uid, prior_instance_uid: Uid
) -> list[PriorReportOut]:
    """What was signed about an earlier study of the same person, newest first."""
    prior = await queries.prior_of(tx, caller, study_instance_uid, prior_instance_uid)
    places = await named(tx, {prior.study.institution_id})
    reports = await queries.signed_reports(tx, prior.study)
    for kept in reports:
        record(tx, caller, "report.read", "report", kept.report_id, here.clock.now(), as_prior=True)
    return [
        PriorReportOut(
            institution_name=places[prior.study.institution_id].name,
            study_date=prior.study.study_date,
            signed=signed_report_out(kept),
        )
        for kept in reports
    ]
