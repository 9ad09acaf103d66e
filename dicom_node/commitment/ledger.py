"""Every write to `dicom_commitment`, each inside the transaction of the node's one writer.

A row that somebody works on is held by its `next_at`: nobody else touches it before that moment, and
when its holder dies the moment still comes.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Update, delete, insert, update

from config.kernel.errors import TooLarge
from config.kernel.ids import new_id
from dicom_node.archive.tables import Commitment
from dicom_node.backoff import doubled
from dicom_node.commitment.model import ENDED, OPEN, REPORTABLE, Failures, Request, State
from dicom_node.commitment.queries import Known, open_of, under
from dicom_node.peers import KnownPeer

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
KEPT: Final = timedelta(days=90)
"""How long a request that has ended can be looked up, and a repeated one be known as such."""
OPEN_MAX: Final = 10_000
NOW: Final = timedelta()


class TooManyOpen(TooLarge):
    """This application entity has more storage commitments under way than are kept for one."""

    code = "dicom.commitments_too_many"


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many vain attempts."""
    return doubled(FIRST_WAIT, LONGEST_WAIT, attempts)


def accept(
    connection: Connection, asked: Request, peer: KnownPeer, now: datetime, *, held: timedelta = NOW
) -> str:
    """Keep a request before it is answered; its key. The caller alone works on it while it is `held`.

    The same request again is checked and answered anew; another one under a transaction UID that is
    in use is a duplicate, all of it failed (PS3.3 C.14.1.1). Raises TooManyOpen.
    """
    known = under(connection, peer.ae_title, asked.transaction_uid, OPEN_MAX)
    for row in known:
        if row.fingerprint == asked.fingerprint:
            _again(connection, row, peer, now, now + held)
            return str(row.commitment_id)
    if open_of(connection, peer.ae_title) >= OPEN_MAX:
        raise TooManyOpen
    commitment_id = new_id()
    connection.execute(
        insert(Commitment).values(
            commitment_id=commitment_id,
            institution_id=peer.institution_id,
            ae_title=peer.ae_title,
            transaction_uid=asked.transaction_uid,
            fingerprint=asked.fingerprint,
            duplicate=bool(known),
            objects=[list(reference) for reference in asked.references],
            **_fresh(now, now + held),
        )
    )
    return commitment_id


def _fresh(now: datetime, next_at: datetime) -> dict[str, Any]:
    return {
        "failures": None,
        "state": State.REQUESTED,
        "attempts": 0,
        "fault": "",
        "requested_at": now,
        "checked_at": None,
        "delivered_at": None,
        "next_at": next_at,
    }


def _again(connection: Connection, row: Known, peer: KnownPeer, now: datetime, next_at: datetime) -> None:
    stands = row.state in OPEN and row.institution_id == peer.institution_id
    values = {"next_at": next_at} if stands else _fresh(now, next_at)
    connection.execute(_change(row.commitment_id).values(institution_id=peer.institution_id, **values))


def _change(commitment_id: str) -> Update:
    return update(Commitment).where(Commitment.commitment_id == commitment_id)


def checked(
    connection: Connection, commitment_id: str, failures: Failures, now: datetime, *, held: timedelta = NOW
) -> None:
    """Every reference has been looked at; the report may go out."""
    connection.execute(
        _change(commitment_id)
        .where(Commitment.state == State.REQUESTED)
        .values(
            state=State.CHECKED,
            failures=[[*reference, int(reason)] for reference, reason in failures.items()],
            attempts=0,
            checked_at=now,
            next_at=now + held,
        )
    )


def not_checked(connection: Connection, commitment_id: str, attempts: int, now: datetime) -> None:
    """The store did not give what was to be read; look again later."""
    connection.execute(
        _change(commitment_id)
        .where(Commitment.state == State.REQUESTED)
        .values(attempts=attempts, next_at=now + wait_after(attempts))
    )


def delivered(connection: Connection, commitment_id: str, now: datetime) -> None:
    """The peer has taken the report; once is enough."""
    connection.execute(
        _change(commitment_id)
        .where(Commitment.state.in_(REPORTABLE))
        .values(state=State.DELIVERED, delivered_at=now, next_at=now + KEPT, fault="")
    )


def not_delivered(
    connection: Connection, commitment_id: str, fault: str, attempts: int, now: datetime
) -> None:
    """The peer did not take this report, for the `attempts`th time."""
    connection.execute(_waits(fault, attempts, now).where(Commitment.commitment_id == commitment_id))


def not_reached(connection: Connection, ae_title: str, fault: str, attempts: int, now: datetime) -> None:
    """This peer could not be told any of the reports that were due, for the `attempts`th time."""
    due = (Commitment.ae_title == ae_title, Commitment.next_at <= now)
    connection.execute(_waits(fault, attempts, now).where(*due))


def _waits(fault: str, attempts: int, now: datetime) -> Update:
    return (
        update(Commitment)
        .where(Commitment.state.in_(REPORTABLE))
        .values(state=State.WAITING, attempts=attempts, fault=fault[:80], next_at=now + wait_after(attempts))
    )


def give_up(connection: Connection, since: datetime, now: datetime) -> int:
    """End what was asked before `since` and could not be reported; how many."""
    late = (
        update(Commitment)
        .where(Commitment.state.in_(REPORTABLE), Commitment.next_at <= now, Commitment.requested_at <= since)
        .values(state=State.EXPIRED, next_at=now + KEPT)
    )
    return connection.execute(late).rowcount


def forget(connection: Connection, now: datetime) -> int:
    """Remove what ended long ago; how many."""
    old = delete(Commitment).where(Commitment.state.in_(ENDED), Commitment.next_at <= now)
    return connection.execute(old).rowcount
