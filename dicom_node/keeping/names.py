"""Brings the index of names (`archive.name_index`) up to what triggers noted: new names in, gone ones out."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, literal, literal_column, select, update

from dicom_node.archive.name_index import ENTRY_END, GONE, GROUP_END, NAMES, TEXT
from dicom_node.archive.tables import Study
from dicom_node.intake.ingest import Ingest

LOOK_SECONDS: Final = 2.0
AT_ONCE: Final = 500
WAITING = NAMES.c.noted == literal_column("0")


def bring_up(connection: Connection) -> int:
    """Index some of the names that wait, and let go of some that are gone; how many."""
    ids = list(connection.scalars(select(NAMES.c.name_id).where(WAITING).limit(AT_ONCE)))
    gone = list(connection.scalars(select(GONE.c.name_id).limit(AT_ONCE)))
    group, entry = literal(GROUP_END), literal(ENTRY_END)
    names = select(
        NAMES.c.name_id, group + Study.patient_name + group, entry + Study.patient_name_key + entry
    ).join(Study, Study.study_key == NAMES.c.study_key)
    if ids:
        connection.execute(insert(TEXT).from_select(list(TEXT.c), names.where(NAMES.c.name_id.in_(ids))))
        connection.execute(update(NAMES).where(NAMES.c.name_id.in_(ids)).values(noted=1))
    if gone:
        connection.execute(delete(TEXT).where(TEXT.c.rowid.in_(gone)))
        connection.execute(delete(GONE).where(GONE.c.name_id.in_(gone)))
    return len(ids) + len(gone)


@dataclass(frozen=True, kw_only=True, slots=True)
class NameKeeper:
    """Looks for names that wait; reads often, writes only when there is one."""

    reader: Engine
    ingest: Ingest

    def once(self) -> int:
        """Bring some of the index up; how many names."""
        with self.reader.connect() as connection:
            waiting = connection.scalar(select(NAMES.c.name_id).where(WAITING).limit(1))
            gone = connection.scalar(select(GONE.c.name_id).limit(1))
        if waiting is None and gone is None:
            return 0
        return self.ingest.run(lambda connection, _now: bring_up(connection))
