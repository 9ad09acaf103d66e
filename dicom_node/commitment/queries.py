"""Reading `dicom_commitment`: what is due, and how requests stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, Engine, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import sync_transaction
from dicom_node.archive.tables import Commitment, Instance
from dicom_node.commitment.model import OPEN, Failures, Reason, Reference, State

Known: TypeAlias = Row[str, str, str, str]
"""Key, fingerprint, state and institution of a request."""
Stored: TypeAlias = Row[str, str, str, int, int, str]
"""What is expected of a stored object, and where it lies."""
LISTED_MAX = 1_000
Listed: TypeAlias = Row[
    str, str, str, bool, str, int, str, datetime, datetime | None, datetime | None, datetime
]
"""The columns of LISTED, by their names."""
LISTED = (
    Commitment.commitment_id,
    Commitment.ae_title,
    Commitment.transaction_uid,
    Commitment.duplicate,
    Commitment.state,
    Commitment.attempts,
    Commitment.fault,
    Commitment.requested_at,
    Commitment.checked_at,
    Commitment.delivered_at,
    Commitment.next_at,
)


def references_of(row: Commitment) -> list[Reference]:
    """What was asked about."""
    return [(sop_class, sop_instance) for sop_class, sop_instance in row.objects]


def failures_of(row: Commitment) -> Failures:
    """What cannot be committed to, by what was found last."""
    return {(one[0], one[1]): Reason(one[2]) for one in row.failures or []}


def one(engine: Engine, commitment_id: str) -> Commitment | None:
    """A request by its key, None when it is forgotten. Raises DatabaseUnavailable."""
    with sync_transaction(engine) as session:
        found = session.get(Commitment, commitment_id)
        session.expunge_all()
        return found


def due(
    engine: Engine, states: Sequence[State], now: datetime, limit: int, ae_title: str | None = None
) -> list[Row[str, str, int, datetime]]:
    """Key, AE title, attempts and moment of request of what is due, the longest overdue first."""
    question = (
        select(Commitment.commitment_id, Commitment.ae_title, Commitment.attempts, Commitment.requested_at)
        .where(Commitment.state.in_(list(states)), Commitment.next_at <= now)
        .order_by(Commitment.next_at, Commitment.commitment_id)
        .limit(limit)
    )
    if ae_title is not None:
        question = question.where(Commitment.ae_title == ae_title)
    with sync_transaction(engine) as session:
        return list(session.execute(question))


def under(connection: Connection, ae_title: str, transaction_uid: str, limit: int) -> Sequence[Known]:
    """This application entity's requests under one transaction UID."""
    question = select(
        Commitment.commitment_id, Commitment.fingerprint, Commitment.state, Commitment.institution_id
    ).where(Commitment.ae_title == ae_title, Commitment.transaction_uid == transaction_uid)
    return connection.execute(question.limit(limit)).all()


def open_of(connection: Connection, ae_title: str) -> int:
    """How many requests of this application entity have not ended."""
    of_peer = (Commitment.ae_title == ae_title, Commitment.state.in_(OPEN))
    return connection.scalar(select(func.count()).select_from(Commitment).where(*of_peer)) or 0


def stored(engine: Engine, institution_id: str, sop_instance_uids: Sequence[str]) -> dict[str, Stored]:
    """What this institution has stored of these, by SOP Instance UID. Raises DatabaseUnavailable."""
    question = select(
        Instance.sop_instance_uid,
        Instance.sop_class_uid,
        Instance.object_key,
        Instance.object_bytes,
        Instance.dataset_offset,
        Instance.dataset_sha256,
    ).where(Instance.institution_id == institution_id, Instance.sop_instance_uid.in_(list(sop_instance_uids)))
    with sync_transaction(engine) as session:
        return {row.sop_instance_uid: row for row in session.execute(question)}


async def commitments(
    view: AsyncSession, *, ae_title: str | None = None, limit: int = 100
) -> Sequence[Listed]:
    """The latest requests, the columns of LISTED, of one application entity if one is named."""
    question = select(*LISTED).order_by(Commitment.requested_at.desc(), Commitment.commitment_id.desc())
    if ae_title is not None:
        question = question.where(Commitment.ae_title == ae_title)
    return (await view.execute(question.limit(max(0, min(limit, LISTED_MAX))))).all()


def _counted() -> Select[str, int]:
    return select(Commitment.state, func.count()).group_by(Commitment.state)


def _by_state(rows: Mapping[str, int]) -> dict[State, int]:
    return {state: rows.get(state, 0) for state in State}


async def counts(view: AsyncSession) -> dict[State, int]:
    """How many requests are in each state."""
    rows = (await view.execute(_counted())).all()
    return _by_state({row[0]: row[1] for row in rows})


def counts_now(engine: Engine) -> dict[State, int]:
    """The same, for a process without an event loop. Raises DatabaseUnavailable."""
    with sync_transaction(engine) as session:
        return _by_state({row[0]: row[1] for row in session.execute(_counted())})
