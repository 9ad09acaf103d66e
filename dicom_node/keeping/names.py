"""Brings the index of names (`archive.name_index`) up to what triggers noted: new names in, gone ones out."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, update

from dicom_node.archive.name_index import GONE, NAMES, TEXT
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping.queries import gone_names, names_as_indexed, waiting_names

LOOK_SECONDS: Final = 2.0
AT_ONCE: Final = 500


def bring_up(connection: Connection) -> int:
    """Index some of the names that wait, and let go of some that are gone; how many."""
    waiting, gone = waiting_names(connection, AT_ONCE), gone_names(connection, AT_ONCE)
    if waiting:
        connection.execute(insert(TEXT).from_select(list(TEXT.c), names_as_indexed(waiting)))
        connection.execute(update(NAMES).where(NAMES.c.name_id.in_(waiting)).values(noted=1))
    if gone:
        connection.execute(delete(TEXT).where(TEXT.c.rowid.in_(gone)))
        connection.execute(delete(GONE).where(GONE.c.name_id.in_(gone)))
    return len(waiting) + len(gone)


@dataclass(frozen=True, kw_only=True, slots=True)
class NameKeeper:
    """Looks for names that wait; reads often, writes only when there is one."""

    reader: Engine
    ingest: Ingest

    def once(self) -> int:
        """Bring some of the index up; how many names."""
        with self.reader.connect() as connection:
            if not waiting_names(connection, 1) and not gone_names(connection, 1):
                return 0
        return self.ingest.run(lambda connection, _now: bring_up(connection))
