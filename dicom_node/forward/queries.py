"""Reading the queue: what is due, what is left of a job, and how it all stands for people."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, RowMapping, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import sync_transaction
from config.kernel.limits import PAGE_ROWS_MAX
from dicom_node.archive.tables import Instance, Peer, Series, Study
from dicom_node.forward.domain import Acknowledgement, Availability, Delivery, Kind
from dicom_node.forward.errors import RuleNotFound, TransferNotFound
from dicom_node.forward.tables import AvailabilityNotice, ForwardRule, Transfer, TransferObject

RULES_MAX = 1_000
OBJECTS_MAX = 100_000
OPEN = (Delivery.WAITING.value, Delivery.SENDING.value)


def _delivery_due(now: datetime) -> ColumnElement[bool]:
    return and_(Transfer.delivery == Delivery.WAITING.value, Transfer.next_at <= now)


def _word_due(now: datetime) -> ColumnElement[bool]:
    """A question to be asked, or an answer that has not come in time."""
    open_words = (Acknowledgement.NOT_ASKED.value, Acknowledgement.ASKED.value)
    return and_(
        Transfer.delivery == Delivery.DELIVERED.value,
        Transfer.acknowledgement.in_(open_words),
        Transfer.ask_at <= now,
    )


def due_peers(engine: Engine, now: datetime) -> list[str]:
    """Whoever has something due, the one that has waited longest first."""
    moment = func.min(func.coalesce(Transfer.next_at, Transfer.ask_at))
    question = (
        select(Transfer.peer_ae_title, moment)
        .where(or_(_delivery_due(now), _word_due(now)))
        .group_by(Transfer.peer_ae_title)
        .order_by(moment, Transfer.peer_ae_title)
        .limit(PAGE_ROWS_MAX)
    )
    with sync_transaction(engine) as session:
        return [str(row[0]) for row in session.execute(question)]


def next_due(engine: Engine, peer_ae_title: str, now: datetime) -> Row[str, str, str, str] | None:
    """Id, kind, delivery and acknowledgement of the job that this peer's sender takes up next."""
    question = (
        select(Transfer.transfer_id, Transfer.kind, Transfer.delivery, Transfer.acknowledgement)
        .where(Transfer.peer_ae_title == peer_ae_title, or_(_delivery_due(now), _word_due(now)))
        .order_by(func.coalesce(Transfer.next_at, Transfer.ask_at), Transfer.transfer_id)
        .limit(1)
    )
    with sync_transaction(engine) as session:
        return session.execute(question).first()


def locked(connection: Connection, transfer_id: str) -> RowMapping | None:
    """A job's row, held until the transaction ends."""
    question = select(Transfer).where(Transfer.transfer_id == transfer_id).with_for_update()
    return connection.execute(question).mappings().first()


def being_sent(engine: Engine) -> list[tuple[str, str]]:
    """Id and peer of every job that somebody says to be sending."""
    question = select(Transfer.transfer_id, Transfer.peer_ae_title).where(
        Transfer.delivery == Delivery.SENDING.value
    )
    with sync_transaction(engine) as session:
        return [(row[0], row[1]) for row in session.execute(question.limit(OBJECTS_MAX))]


def ended_before(connection: Connection, moment: datetime, limit: int) -> list[str]:
    """Jobs that came to their end before `moment`; what needs a person or an answer has not."""
    question = select(Transfer.transfer_id).where(
        Transfer.delivery.in_([Delivery.DELIVERED.value, Delivery.CANCELLED.value]),
        Transfer.acknowledgement != Acknowledgement.ASKED.value,
        Transfer.updated_at < moment,
    )
    return [str(row[0]) for row in connection.execute(question.order_by(Transfer.updated_at).limit(limit))]


def rules_of(connection: Connection, institution_id: str) -> Sequence[RowMapping]:
    """The rules in force for what an institution sends, oldest first."""
    question = (
        select(ForwardRule)
        .where(ForwardRule.institution_id == institution_id, ForwardRule.enabled)
        .order_by(ForwardRule.created_at, ForwardRule.rule_id)
        .limit(RULES_MAX)
    )
    return connection.execute(question).mappings().all()


def study_of(connection: Connection, study_key: str) -> RowMapping | None:
    """What rules look at."""
    question = select(
        Study.institution_id,
        Study.study_instance_uid,
        Study.source_ae_title,
        Study.study_date,
        Study.modalities,
        Study.instance_count,
    ).where(Study.study_key == study_key)
    return connection.execute(question).mappings().first()


def by_rule(connection: Connection, rule_id: str, study_key: str) -> RowMapping | None:
    """The job that a rule has made for a study."""
    question = (
        select(Transfer)
        .where(Transfer.rule_id == rule_id, Transfer.study_key == study_key)
        .order_by(Transfer.created_at.desc())
        .limit(1)
    )
    return connection.execute(question.with_for_update()).mappings().first()


def asked_by(connection: Connection, peer_ae_title: str, commitment_uid: str) -> RowMapping | None:
    """The job whose objects this peer was asked to commit to under that transaction UID."""
    question = select(Transfer).where(
        Transfer.peer_ae_title == peer_ae_title, Transfer.commitment_uid == commitment_uid
    )
    return connection.execute(question.limit(1).with_for_update()).mappings().first()


def confirmed(connection: Connection, transfer_id: str) -> list[tuple[str, str]]:
    """SOP class and instance of all that the peer has confirmed."""
    question = (
        select(TransferObject.sop_class_uid, TransferObject.sop_instance_uid)
        .where(TransferObject.transfer_id == transfer_id)
        .order_by(TransferObject.sop_instance_uid)
        .limit(OBJECTS_MAX)
    )
    return [(row[0], row[1]) for row in connection.execute(question)]


def _left(transfer_id: str, study_key: str) -> list[ColumnElement[bool]]:
    sent = select(TransferObject.sop_instance_uid).where(
        TransferObject.transfer_id == transfer_id,
        TransferObject.sop_instance_uid == Instance.sop_instance_uid,
    )
    return [Series.study_key == study_key, ~sent.exists()]


def left_count(connection: Connection, transfer_id: str, study_key: str) -> int:
    """How many objects of the study the peer has not confirmed."""
    question = (
        select(func.count())
        .select_from(Instance)
        .join(Series, Instance.series_key == Series.series_key)
        .where(*_left(transfer_id, study_key))
    )
    return int(connection.scalar(question) or 0)


def left(engine: Engine, transfer_id: str, study_key: str) -> list[tuple[str, str, str]]:
    """Key, SOP class and transfer syntax of what the peer has not confirmed, series by series."""
    question = (
        select(Instance.instance_key, Instance.sop_class_uid, Instance.transfer_syntax_uid)
        .join(Series, Instance.series_key == Series.series_key)
        .where(*_left(transfer_id, study_key))
        .order_by(Series.series_number, Instance.series_key, Instance.instance_number, Instance.instance_key)
        .limit(OBJECTS_MAX)
    )
    with sync_transaction(engine) as session:
        return [(row[0], row[1], row[2]) for row in session.execute(question)]


def has_objects(engine: Engine, study_key: str) -> bool:
    """True while the study has any object."""
    question = select(Instance.instance_key).join(Series, Instance.series_key == Series.series_key)
    with sync_transaction(engine) as session:
        return session.execute(question.where(Series.study_key == study_key).limit(1)).first() is not None


def listeners(connection: Connection, institution_id: str) -> list[str]:
    """The peers of an institution that want to be told of its studies and can be called."""
    question = select(Peer.ae_title).where(
        Peer.institution_id == institution_id,
        Peer.availability,
        Peer.enabled,
        Peer.host.is_not(None),
        Peer.port.is_not(None),
    )
    return list(connection.scalars(question.order_by(Peer.ae_title)))


def about_to_hear(connection: Connection, institution_id: str, study_instance_uid: str) -> set[str]:
    """The peers that wait to be told that this study is there."""
    question = (
        select(Transfer.peer_ae_title)
        .join(AvailabilityNotice, AvailabilityNotice.transfer_id == Transfer.transfer_id)
        .where(
            Transfer.institution_id == institution_id,
            Transfer.study_instance_uid == study_instance_uid,
            Transfer.delivery == Delivery.WAITING.value,
            AvailabilityNotice.availability == Availability.ONLINE.value,
        )
    )
    return set(connection.scalars(question))


def named_objects(connection: Connection, study_key: str) -> list[list[str]]:
    """Series, SOP class and SOP instance of every object of a study, series by series."""
    question = (
        select(Series.series_instance_uid, Instance.sop_class_uid, Instance.sop_instance_uid)
        .join(Instance, Instance.series_key == Series.series_key)
        .where(Series.study_key == study_key)
        .order_by(Series.series_instance_uid, Instance.sop_instance_uid)
    )
    return [[str(each) for each in row] for row in connection.execute(question)]


def objects_there(connection: Connection, institution_id: str, study_instance_uid: str) -> list[list[str]]:
    """The same of an institution's study that may be gone by now: then nothing."""
    question = select(Study.study_key).where(
        Study.institution_id == institution_id, Study.study_instance_uid == study_instance_uid
    )
    study_key = connection.scalar(question)
    return named_objects(connection, study_key) if study_key else []


class Tab(StrEnum):
    """Which part of the queue people look at."""

    OPEN = "open"
    FAILED = "failed"
    DONE = "done"


def _of(tab: Tab) -> ColumnElement[bool]:
    awaited = and_(
        Transfer.delivery == Delivery.DELIVERED.value,
        Transfer.commitment,
        Transfer.acknowledgement.in_([Acknowledgement.NOT_ASKED.value, Acknowledgement.ASKED.value]),
    )
    refused = and_(
        Transfer.delivery == Delivery.DELIVERED.value,
        Transfer.acknowledgement == Acknowledgement.REFUSED.value,
    )
    failed = or_(Transfer.delivery == Delivery.FAILED.value, refused)
    under_way = or_(Transfer.delivery.in_(OPEN), awaited)
    return {Tab.OPEN: under_way, Tab.FAILED: failed, Tab.DONE: ~or_(under_way, failed)}[tab]


def _within(reach: str | None) -> ColumnElement[bool]:
    return true() if reach is None else Transfer.institution_id == reach


def undelivered(connection: Connection, study_instance_uids: Collection[str]) -> set[tuple[str, str]]:
    """Institution and UID of those of these studies that a job is not done with: under way or failed."""
    question = select(Transfer.institution_id, Transfer.study_instance_uid).where(
        Transfer.study_instance_uid.in_(study_instance_uids),
        Transfer.kind != Kind.NOTIFY.value,
        or_(_of(Tab.OPEN), _of(Tab.FAILED)),
    )
    return {(row[0], row[1]) for row in connection.execute(question)}


async def transfers(view: AsyncSession, reach: str | None, tab: Tab) -> list[Transfer]:
    """The jobs of one part of the queue, the latest first; at most a page of them."""
    question = select(Transfer).where(_within(reach), _of(tab))
    newest = question.order_by(Transfer.created_at.desc(), Transfer.transfer_id).limit(PAGE_ROWS_MAX)
    return list(await view.scalars(newest))


async def counts(view: AsyncSession, reach: str | None) -> dict[Tab, int]:
    """How many jobs are under way and how many need a person; the done are not counted."""
    found = {}
    for tab in (Tab.OPEN, Tab.FAILED):
        question = select(func.count()).select_from(Transfer).where(_within(reach), _of(tab))
        found[tab] = int(await view.scalar(question) or 0)
    return found


async def transfer(
    view: AsyncSession, reach: str | None, transfer_id: str, *, lock: bool = False
) -> Transfer:
    """One job, `lock`ed until the transaction ends if asked. Raises TransferNotFound."""
    question = select(Transfer).where(_within(reach), Transfer.transfer_id == transfer_id)
    found: Transfer | None = await view.scalar(question.with_for_update() if lock else question)
    if found is None:
        raise TransferNotFound
    return found


async def under_way(view: AsyncSession, kind: Kind, study_instance_uid: str, peer_ae_title: str) -> bool:
    """True while this study is on its way to (or from) this peer."""
    question = select(Transfer.transfer_id).where(
        Transfer.kind == kind.value,
        Transfer.study_instance_uid == study_instance_uid,
        Transfer.peer_ae_title == peer_ae_title,
        Transfer.delivery.in_(OPEN),
    )
    return await view.scalar(question.limit(1)) is not None


async def rules(view: AsyncSession, reach: str | None) -> list[ForwardRule]:
    """The rules, oldest first."""
    within: Any = true() if reach is None else ForwardRule.institution_id == reach
    question = select(ForwardRule).where(within).order_by(ForwardRule.created_at, ForwardRule.rule_id)
    return list(await view.scalars(question.limit(RULES_MAX)))


async def same_rule(
    view: AsyncSession, institution_id: str, source: str | None, modality: str | None, destination: str
) -> bool:
    """True when there is a rule of these words."""
    question = select(ForwardRule.rule_id).where(
        ForwardRule.institution_id == institution_id,
        ForwardRule.source_ae_title.is_not_distinct_from(source),
        ForwardRule.modality.is_not_distinct_from(modality),
        ForwardRule.destination == destination,
    )
    return await view.scalar(question.limit(1)) is not None


async def rule(view: AsyncSession, reach: str | None, rule_id: str) -> ForwardRule:
    """One rule, locked for a change. Raises RuleNotFound."""
    found = await view.get(ForwardRule, rule_id, with_for_update=True)
    if found is None or reach not in {None, found.institution_id}:
        raise RuleNotFound
    return found
