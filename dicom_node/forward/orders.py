"""What people ask of the queue, each inside the caller's transaction; who may ask is decided above."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id
from dicom_node.archive.tables import Peer, Study
from dicom_node.forward import queries
from dicom_node.forward.domain import Acknowledgement, Delivery, Kind, Step, delivery_after, may
from dicom_node.forward.errors import DestinationNotCallable, RuleExists, TransferUnderWay
from dicom_node.forward.ledger import fresh, renewed
from dicom_node.forward.tables import ForwardRule, Transfer
from dicom_node.peers import known_peer
from dicom_node.scu.calling import remote_of


async def callable_peer(view: AsyncSession, ae_title: str) -> Peer:
    """A registered peer that we can call. Raises PeerNotFound or DestinationNotCallable."""
    peer = await known_peer(view, ae_title)
    if not peer.enabled or remote_of(peer) is None:
        raise DestinationNotCallable(ae_title=peer.ae_title)
    return peer


async def send(
    tx: AsyncSession, study: Study, peer: Peer, *, commitment: bool, requested_by: str, now: datetime
) -> Transfer:
    """Send a study to a peer, all of it. Raises TransferUnderWay."""
    if await queries.under_way(tx, Kind.SEND, study.study_instance_uid, peer.ae_title):
        raise TransferUnderWay
    job = Transfer(
        **fresh(
            now,
            kind=Kind.SEND.value,
            institution_id=study.institution_id,
            study_key=study.study_key,
            study_instance_uid=study.study_instance_uid,
            study_date=study.study_date,
            modalities=study.modalities,
            peer_ae_title=peer.ae_title,
            requested_by=requested_by,
            commitment=commitment,
            total=study.instance_count,
        )
    )
    tx.add(job)
    await tx.flush()
    return job


async def fetch(
    tx: AsyncSession,
    peer: Peer,
    study_instance_uid: str,
    *,
    study_date: str,
    modalities: list[str],
    total: int,
    requested_by: str,
    now: datetime,
) -> Transfer:
    """Have a study sent to us by the peer that holds it. Raises TransferUnderWay."""
    if await queries.under_way(tx, Kind.FETCH, study_instance_uid, peer.ae_title):
        raise TransferUnderWay
    job = Transfer(
        **fresh(
            now,
            kind=Kind.FETCH.value,
            institution_id=peer.institution_id,
            study_instance_uid=study_instance_uid,
            study_date=study_date,
            modalities=modalities,
            peer_ae_title=peer.ae_title,
            requested_by=requested_by,
            commitment=False,
            total=total,
        )
    )
    tx.add(job)
    await tx.flush()
    return job


async def cancel(tx: AsyncSession, reach: str | None, transfer_id: str, now: datetime) -> Transfer:
    """Send no more of a job. Raises TransferNotFound or StepNotAllowed."""
    job = await queries.transfer(tx, reach, transfer_id, lock=True)
    job.delivery = delivery_after(Delivery(job.delivery), Step.CANCEL).value
    job.next_at, job.updated_at = None, now
    return job


async def again(tx: AsyncSession, reach: str | None, transfer_id: str, now: datetime) -> Transfer:
    """Take up what needs a person, or ask anew for what was not promised, or wait no longer.

    Raises TransferNotFound or StepNotAllowed.
    """
    job = await queries.transfer(tx, reach, transfer_id, lock=True)
    delivery, said = Delivery(job.delivery), Acknowledgement(job.acknowledgement)
    if delivery is Delivery.WAITING:
        job.next_at, job.updated_at = now, now
        return job
    if delivery is Delivery.DELIVERED and said is Acknowledgement.REFUSED:
        values = renewed(now, said) | {"next_at": None, "ask_at": now, "finished_at": job.finished_at}
    else:
        values = renewed(now, said) | {"delivery": delivery_after(delivery, Step.AGAIN).value}
    for name, value in values.items():
        setattr(job, name, value)
    return job


def can_cancel(job: Transfer) -> bool:
    """True while there is something to cancel."""
    return may(Delivery(job.delivery), Step.CANCEL)


def can_try_again(job: Transfer) -> bool:
    """True when `again` does something."""
    refused = job.acknowledgement == Acknowledgement.REFUSED.value
    delivery = Delivery(job.delivery)
    waits = delivery is Delivery.WAITING and job.attempts > 0
    return waits or may(delivery, Step.AGAIN) or (delivery is Delivery.DELIVERED and refused)


async def add_rule(
    tx: AsyncSession,
    peer: Peer,
    *,
    institution_id: str,
    source_ae_title: str | None,
    modality: str | None,
    commitment: bool,
    now: datetime,
) -> ForwardRule:
    """Send on to `peer` what settles from now on. Raises RuleExists."""
    if await queries.same_rule(tx, institution_id, source_ae_title, modality, peer.ae_title):
        raise RuleExists
    row = ForwardRule(
        rule_id=new_id(),
        institution_id=institution_id,
        source_ae_title=source_ae_title,
        modality=modality,
        destination=peer.ae_title,
        commitment=commitment,
        enabled=True,
        created_at=now,
    )
    tx.add(row)
    await tx.flush()
    return row
