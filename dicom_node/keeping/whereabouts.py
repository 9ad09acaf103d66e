"""The rows that say where objects are: noted, sent on, failed, gone from the folder."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Table, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from dicom_node.backoff import doubled
from dicom_node.keeping.tables import Whereabouts

TABLE = Table(Whereabouts.__tablename__, Whereabouts.metadata)
INSERT: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": sqlite.insert(TABLE),
    "postgresql": postgresql.insert(TABLE),
}
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)


class State(StrEnum):
    """How far an object has come on its way to the bucket; only STORED is verified there."""

    LOCAL = "local"
    UPLOADING = "uploading"
    STORED = "stored"
    FAILED = "failed"


UNSENT = (State.LOCAL, State.UPLOADING, State.FAILED)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many vain attempts."""
    return doubled(FIRST_WAIT, LONGEST_WAIT, attempts)


def note(connection: Connection, sizes: Mapping[str, int], now: datetime) -> None:
    """These objects lie in the folder; what the bucket has of them already, it keeps."""
    if not sizes:
        return
    statement = INSERT[connection.dialect.name]
    values = {"is_local": True, "read_at": now, "object_bytes": statement.excluded.object_bytes}
    again = statement.on_conflict_do_update(index_elements=[TABLE.c.object_key], set_=values)
    row = {
        "state": State.LOCAL,
        "is_local": True,
        "read_at": now,
        "attempts": 0,
        "next_attempt_at": now,
        "reason_code": "",
        "noted_at": now,
        "verified_at": None,
    }
    connection.execute(
        again, [row | {"object_key": key, "object_bytes": size} for key, size in sizes.items()]
    )


def begin(connection: Connection, keys: Sequence[str]) -> None:
    """These are being sent."""
    connection.execute(update(TABLE).where(TABLE.c.object_key.in_(keys)).values(state=State.UPLOADING))


def stored(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    """The bucket has these; what it gave back had the right hash."""
    connection.execute(
        update(TABLE)
        .where(TABLE.c.object_key.in_(keys))
        .values(state=State.STORED, verified_at=now, reason_code="")
    )


def failed(connection: Connection, key: str, attempts: int, reason_code: str, now: datetime) -> None:
    """Sending this one failed for the so-manieth time; it is tried again, after ever longer waits."""
    connection.execute(
        update(TABLE)
        .where(TABLE.c.object_key == key)
        .values(
            state=State.FAILED,
            attempts=attempts,
            next_attempt_at=now + wait_after(attempts),
            reason_code=reason_code,
        )
    )


def send_again(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    """The bucket does not have these any more, or not whole."""
    connection.execute(
        update(TABLE)
        .where(TABLE.c.object_key.in_(keys))
        .values(state=State.LOCAL, verified_at=None, next_attempt_at=now)
    )


def left_folder(connection: Connection, keys: Sequence[str]) -> None:
    """The folder has these no longer."""
    connection.execute(update(TABLE).where(TABLE.c.object_key.in_(keys)).values(is_local=False))


def read_later(connection: Connection, times: Mapping[str, datetime]) -> None:
    """These were read since."""
    for key, moment in times.items():
        connection.execute(update(TABLE).where(TABLE.c.object_key == key).values(read_at=moment))


def forget(connection: Connection, keys: Sequence[str]) -> None:
    """These are nowhere any more."""
    connection.execute(delete(TABLE).where(TABLE.c.object_key.in_(keys)))
