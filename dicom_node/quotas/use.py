"""The counters of what each institution uses, and what it may use."""

import os
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Table, delete
from sqlalchemy.dialects import postgresql, sqlite

from dicom_node.prepared import Prepared
from dicom_node.quotas.tables import Quota, Use

USE, QUOTA = (Table(t.__tablename__, t.metadata) for t in (Use, Quota))
SLOTS = 16


def _grow(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    return insert.on_conflict_do_update(
        index_elements=[USE.c.institution_id, USE.c.slot], set_={"bytes": USE.c.bytes + insert.excluded.bytes}
    )


def _set(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    changed = {"bytes": insert.excluded.bytes, "changed_at": insert.excluded.changed_at}
    return insert.on_conflict_do_update(index_elements=[QUOTA.c.institution_id], set_=changed)


GROW = Prepared(
    {"sqlite": _grow(sqlite.insert(USE)), "postgresql": _grow(postgresql.insert(USE))}, USE.columns.keys()
)
SET = {"sqlite": _set(sqlite.insert(QUOTA)), "postgresql": _set(postgresql.insert(QUOTA))}


def grow(connection: Connection, more: Mapping[str, int]) -> None:
    """Institutions have so many bytes more, or less: in the transaction of the rows that say so.

    The last thing that locks in it; and each process has rows of its own, so that none waits for another.
    """
    rows = [
        {"institution_id": institution_id, "slot": os.getpid() % SLOTS, "bytes": count}
        for institution_id, count in sorted(more.items())
        if count
    ]
    if rows:
        GROW.run(connection, rows)


def set_quota(connection: Connection, institution_id: str, quota_bytes: int, now: datetime) -> None:
    """An institution may have so many bytes; 0 is any number."""
    if not quota_bytes:
        connection.execute(delete(QUOTA).where(QUOTA.c.institution_id == institution_id))
        return
    row = {"institution_id": institution_id, "bytes": quota_bytes, "changed_at": now}
    connection.execute(SET[connection.dialect.name], row)
