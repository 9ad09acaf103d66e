"""Routes of priors from elsewhere: which studies of a patient a peer holds, and having them sent to us.

Asked for a patient of one's own institution, or for the patient of a consult that the caller may know;
only the peers of that patient's institution are asked, by the patient's number there. No transaction
is open while a peer is asked.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from config.routing import Router
from consult_server.audit.service import record
from consult_server.consults.access import get_consult
from consult_server.identity.current import Caller
from consult_server.identity.domain import CLINICAL, require_role
from consult_server.patients.access import own_patient, patient_of_consult
from consult_server.patients.domain import PatientNotFound
from consult_server.patients.tables import Patient
from consult_server.transfers.domain import check_archive
from consult_server.transfers.router import transfers_out
from consult_server.transfers.schemas import FetchIn, PriorOut, PriorsIn, PriorsOut, TransferOut
from consult_server.web.deps import ThePlatform
from consult_server.web.platform import Platform
from dicom_node.archive.matching import StudyFilter
from dicom_node.archive.queries import search_studies
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Peer
from dicom_node.forward import orders
from dicom_node.forward.searching import Prior, Whose, search
from dicom_node.scu.association import Caller as CallingEntity, Patience, Remote
from dicom_node.scu.calling import remote_of

router = Router(prefix="/api/priors", tags=["transfers"])

SEARCH_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whom to ask about whom."""

    remote: Remote
    patient: Patient
    peer: Peer


async def patient_for(view: AsyncSession, caller: Principal, asked: PriorsIn) -> Patient:
    """The patient asked about, if the caller may know them. Raises PatientNotFound or ConsultNotFound."""
    require_role(caller, *CLINICAL)
    if asked.consult_id is not None:
        consult = await get_consult(view, caller, asked.consult_id)
        if consult.patient_id is None:
            raise PatientNotFound
        return await patient_of_consult(view, consult.patient_id)
    return await own_patient(view, caller, asked.patient_id or "")


async def _checked(view: AsyncSession, caller: Principal, asked: PriorsIn) -> Asked:
    patient = await patient_for(view, caller, asked)
    peer = await orders.callable_peer(view, asked.ae_title)
    check_archive(patient_of=patient.institution_id, peer_of=peer.institution_id)
    remote = remote_of(peer)
    if remote is None:
        raise PatientNotFound
    return Asked(remote=remote, patient=patient, peer=peer)


async def _found(here: Platform, asked: Asked) -> list[Prior]:
    whose = Whose(
        patient_id=asked.patient.identifier,
        name=asked.patient.name,
        birth_date=f"{asked.patient.birth_date:%Y%m%d}",
    )
    dicom = here.settings.dicom
    caller = CallingEntity(
        ae_title=dicom.ae_title,
        pdu_bytes_max=dicom.pdu_bytes_max,
        secrets=here.settings.home_path / "secrets",
    )
    patience = Patience(
        connect_seconds=dicom.associate_seconds, pdu_seconds=dicom.pdu_seconds, answer_seconds=SEARCH_SECONDS
    )
    return await asyncio.to_thread(search, asked.remote, whose, caller=caller, patience=patience)


async def _here(view: AsyncSession, asked: Asked, priors: list[Prior]) -> set[str]:
    """Which of them are in our archive already."""
    if not priors:
        return set()
    scope = StudyScope(institution_ids=frozenset({asked.peer.institution_id}))
    wanted = StudyFilter(study_instance_uids=[one.study_instance_uid for one in priors])
    rows = await search_studies(view, scope, wanted, limit=len(priors))
    return {row.study_instance_uid for row in rows}


@router.post("/search")
async def search_priors(here: ThePlatform, caller: Caller, wanted: PriorsIn) -> PriorsOut:
    """Ask a peer which studies of a patient it holds."""
    async with here.database.read() as view:
        asked = await _checked(view, caller, wanted)
    priors = await _found(here, asked)
    async with here.database.write() as tx:
        held = await _here(tx, asked, priors)
        record(
            tx,
            caller,
            "priors.search",
            "patient",
            asked.patient.patient_id,
            here.clock.now(),
            peer=asked.peer.ae_title,
            found=len(priors),
        )
    rows = [
        PriorOut.model_validate(
            {name: getattr(one, name) for name in PriorOut.model_fields if hasattr(one, name)}
            | {"here": one.study_instance_uid in held}
        )
        for one in priors
    ]
    return PriorsOut(rows=rows, patient_birth_date=asked.patient.birth_date)


@router.post("", status_code=201)
async def fetch_priors(here: ThePlatform, caller: Caller, wanted: FetchIn) -> list[TransferOut]:
    """Have studies that a peer holds of a patient sent to us; each is a job of the queue.

    The peer is asked once more: only what it says is this patient's is fetched, the rest passed over.
    """
    async with here.database.read() as view:
        asked = await _checked(view, caller, wanted)
    priors = {one.study_instance_uid: one for one in await _found(here, asked)}
    async with here.database.write() as tx:
        now, jobs = here.clock.now(), []
        for uid in dict.fromkeys(wanted.studies):
            if uid in priors:
                jobs.append(
                    await orders.fetch(
                        tx,
                        asked.peer,
                        uid,
                        study_date=priors[uid].study_date,
                        modalities=priors[uid].modalities,
                        total=priors[uid].instance_count,
                        requested_by=caller.account_id,
                        now=now,
                    )
                )
                record(tx, caller, "study.fetch", "study", uid, now, peer=asked.peer.ae_title)
        return await transfers_out(tx, jobs)
