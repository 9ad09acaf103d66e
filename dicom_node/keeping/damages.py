"""The rows of what was found when objects were read again, and of the round of reading itself."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Table, delete, insert, update

from dicom_node.archive.verification import Integrity
from dicom_node.keeping.tables import Check, Damage

DAMAGE, CHECK = (Table(t.__tablename__, t.metadata) for t in (Damage, Check))
THE_ROUND = 1


class Mended(StrEnum):
    """How an object came right again."""

    BY_OTHER_COPY = "other_copy"
    BY_ITSELF = "sent_again"


def found(
    connection: Connection, key: str, integrity: Integrity, mended_by: Mended | None, now: datetime
) -> None:
    """This object is not whole, or was not until it was mended just now; what is known stays as it began."""
    mended = {"mended_by": mended_by or "", "mended_at": now if mended_by else None}
    known = update(DAMAGE).where(DAMAGE.c.object_key == key)
    if connection.execute(known.where(DAMAGE.c.mended_by == "").values(checked_at=now, **mended)).rowcount:
        return
    values = {"integrity": integrity, "found_at": now, "checked_at": now, **mended}
    if not connection.execute(known.values(values)).rowcount:
        connection.execute(insert(DAMAGE).values(object_key=key, **values))


def whole_again(connection: Connection, key: str, now: datetime) -> None:
    """An object that was not whole is so now: it was sent again, or somebody put it back."""
    connection.execute(
        update(DAMAGE)
        .where(DAMAGE.c.object_key == key, DAMAGE.c.mended_by == "")
        .values(checked_at=now, mended_at=now, mended_by=Mended.BY_ITSELF)
    )


def forget(connection: Connection, key: str) -> None:
    """Nothing names this object any more."""
    connection.execute(delete(DAMAGE).where(DAMAGE.c.object_key == key))


def begin(connection: Connection, now: datetime) -> None:
    """A new round."""
    values = {"began_at": now, "ended_at": None, "reached_key": "", "objects": 0, "bytes": 0, "faults": 0}
    if not connection.execute(update(CHECK).values(values)).rowcount:
        connection.execute(insert(CHECK).values(check_id=THE_ROUND, **values))


def reached(connection: Connection, key: str, *, objects: int, read_bytes: int, faults: int) -> None:
    """The round has come so far."""
    connection.execute(
        update(CHECK).values(
            reached_key=key,
            objects=CHECK.c.objects + objects,
            bytes=CHECK.c.bytes + read_bytes,
            faults=CHECK.c.faults + faults,
        )
    )


def end(connection: Connection, now: datetime) -> None:
    """The round is over."""
    connection.execute(update(CHECK).values(ended_at=now))
