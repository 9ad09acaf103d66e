"""What modalities ask of the worklist, and which of its entries they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, and_, or_, select

from config.kernel.database import sync_transaction
from dicom_node.archive.matching import any_of, name_by_reading, person_name, text, value_range
from dicom_node.archive.scope import StudyScope
from dicom_node.worklist.domain import LISTED
from dicom_node.worklist.tables import WorklistEntry

PAGE_ROWS = 100
ENTRY = WorklistEntry
LISTED_STATES = [state.value for state in LISTED]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Matching keys; empty means "any". Ranges as DA and TM write them."""

    accession_number: str = ""
    patient_name: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_instance_uids: Sequence[str] = ()
    requested_procedure_id: str = ""
    requested_procedure_priority: str = ""
    requesting_physician_name: str = ""
    modality: str = ""
    station_ae_title: str = ""
    start_date: str = ""
    start_time: str = ""
    performing_physician_name: str = ""
    scheduled_step_id: str = ""
    station_name: str = ""
    location: str = ""
    state: str = ""


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """`wanted` as conditions on the entries (PS3.4 table K.6-1)."""
    named = text(ENTRY.station_ae_title, wanted.station_ae_title)
    station = [or_(ENTRY.station_ae_title == "", *named)] if named else []
    return [
        *text(ENTRY.accession_number, wanted.accession_number),
        *name_by_reading(ENTRY.patient_name, ENTRY.patient_name_key, wanted.patient_name),
        *text(ENTRY.patient_id, wanted.patient_id),
        *text(ENTRY.issuer_of_patient_id, wanted.issuer_of_patient_id),
        *value_range(ENTRY.patient_birth_date, wanted.patient_birth_date),
        *text(ENTRY.patient_sex, wanted.patient_sex),
        *any_of(ENTRY.study_instance_uid, wanted.study_instance_uids),
        *text(ENTRY.requested_procedure_id, wanted.requested_procedure_id),
        *text(ENTRY.requested_procedure_priority, wanted.requested_procedure_priority),
        *person_name(ENTRY.requesting_physician_name, wanted.requesting_physician_name),
        *text(ENTRY.modality, wanted.modality),
        *station,
        *_start(wanted.start_date, wanted.start_time),
        *person_name(ENTRY.performing_physician_name, wanted.performing_physician_name),
        *text(ENTRY.scheduled_step_id, wanted.scheduled_step_id),
        *text(ENTRY.station_name, wanted.station_name),
        *text(ENTRY.location, wanted.location),
        *text(ENTRY.state, wanted.state),
    ]


def _start(date: str, time: str) -> list[ColumnElement[bool]]:
    """Two ranges are one period from the first moment to the last (PS3.4 table K.6-1, remark)."""
    if "-" not in date or "-" not in time:
        return [*value_range(ENTRY.start_date, date), *value_range(ENTRY.start_time, time)]
    (first_day, _, last_day), (first, _, last) = date.partition("-"), time.partition("-")
    found = value_range(ENTRY.start_date, date)
    if first_day and first:
        found.append(or_(ENTRY.start_date > first_day, *_on_that_day(f"{first}-")))
    if last_day and last:
        found.append(or_(ENTRY.start_date < last_day, *_on_that_day(f"-{last}")))
    return found


def _on_that_day(time: str) -> list[ColumnElement[bool]]:
    return [and_(*value_range(ENTRY.start_time, time))]


class Worklist:
    """The worklist as one caller may see it."""

    def __init__(self, engine: Engine, scope: StudyScope) -> None:
        self._engine = engine
        self._seen = [ENTRY.institution_id.in_(sorted(scope.institution_ids)), ENTRY.state.in_(LISTED_STATES)]

    def keys(self, wanted: Wanted, limit: int) -> list[str]:
        """The keys of at most `limit` entries that match, the next to be made first."""
        question = (
            select(ENTRY.entry_key)
            .where(*self._seen, *conditions(wanted))
            .order_by(ENTRY.start_date, ENTRY.start_time, ENTRY.entry_key)
            .limit(limit)
        )
        with sync_transaction(self._engine) as session:
            return list(session.scalars(question))

    def page(self, keys: Sequence[str]) -> list[WorklistEntry]:
        """The entries of these keys, in their order; those that have gone meanwhile are left out."""
        with sync_transaction(self._engine) as session:
            rows = session.scalars(select(ENTRY).where(*self._seen, ENTRY.entry_key.in_(keys)))
            found = {row.entry_key: row for row in rows}
            session.expunge_all()
        return [found[key] for key in keys if key in found]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepReference:
    """What a modality says of the scheduled step it performs; '' what it leaves out."""

    study_instance_uid: str
    accession_number: str
    scheduled_step_id: str


def entries_meant(
    connection: Connection, institution_id: str, references: Sequence[StepReference]
) -> list[str]:
    """The keys of the institution's entries that a modality means, each once, in the order of its words.

    A step that it names by ID must be that one; a study or an accession number alone means all of its
    entries.
    """
    found: dict[str, None] = {}
    for reference in references:
        study = ENTRY.study_instance_uid == reference.study_instance_uid
        order = and_(ENTRY.accession_number == reference.accession_number, ENTRY.accession_number != "")
        step = [ENTRY.scheduled_step_id == reference.scheduled_step_id] if reference.scheduled_step_id else []
        question = (
            select(ENTRY.entry_key)
            .where(ENTRY.institution_id == institution_id, or_(study, order), *step)
            .order_by(ENTRY.entry_key)
        )
        found |= dict.fromkeys(connection.scalars(question))
    return list(found)
