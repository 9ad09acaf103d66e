"""Telling peers that a study is there or gone: Instance Availability Notification (PS3.4 R), as its user.

A notice is a job of the queue like any other. That a study is there is said of what is there when it is
said; what is gone is named in the notice itself, because the index has forgotten it by then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, insert
from sqlalchemy.exc import SQLAlchemyError

from config.kernel.database import DatabaseUnavailable, sync_transaction
from config.kernel.errors import AppError
from dicom_node.command import CommandField, Field, ui
from dicom_node.forward import ledger, queries
from dicom_node.forward.attempt import Means
from dicom_node.forward.domain import Availability, Kind
from dicom_node.forward.errors import NoticeRefused
from dicom_node.forward.ledger import Job, Outcome, fresh
from dicom_node.forward.tables import AvailabilityNotice, Transfer
from dicom_node.intake.elements import Syntax
from dicom_node.intake.parse import syntax_of
from dicom_node.query.encoding import Elements, encoded
from dicom_node.scu.association import PLAIN_SYNTAXES, contexts_of, open_association
from dicom_node.status import DUPLICATE_SOP_INSTANCE, SUCCESS

CLASS_UID: Final = "1.2.840.10008.5.1.4.33"
STUDY, SERIES, RETRIEVE_AE, AVAILABILITY = 0x0020000D, 0x0020000E, 0x00080054, 0x00080056
PERFORMED_STEPS, IN_SERIES, OBJECTS = 0x00081111, 0x00081115, 0x00081199
SOP_CLASS, SOP_INSTANCE = 0x00081150, 0x00081155
WARNINGS: Final = range(0xB000, 0xC000)
Named: TypeAlias = Sequence[Sequence[str]]
"""Series, SOP class and SOP instance of objects, series by series."""


def settled(connection: Connection, study_key: str, now: datetime) -> None:
    """A study has settled: it is sent on by the rules, and whoever wants to hears that it is there."""
    ledger.settled(connection, study_key, now)
    study = queries.study_of(connection, study_key)
    peers = queries.listeners(connection, study["institution_id"]) if study else []
    if study and peers:
        waiting = queries.about_to_hear(connection, study["institution_id"], study["study_instance_uid"])
        left = [one for one in peers if one not in waiting]
        _queue(connection, study, left, Availability.ONLINE, [], now)


def destroyed(connection: Connection, study_key: str, now: datetime) -> None:
    """A study is about to go: whoever wants to hears which objects are not there any more."""
    study = queries.study_of(connection, study_key)
    peers = queries.listeners(connection, study["institution_id"]) if study else []
    if study and peers:
        objects = queries.named_objects(connection, study_key)
        _queue(connection, study, peers, Availability.UNAVAILABLE, objects, now)


def _queue(
    connection: Connection,
    study: Any,
    peers: Sequence[str],
    availability: Availability,
    objects: list[list[str]],
    now: datetime,
) -> None:
    for peer in peers:
        job = fresh(
            now,
            kind=Kind.NOTIFY.value,
            institution_id=study["institution_id"],
            study_instance_uid=study["study_instance_uid"],
            study_date=study["study_date"],
            modalities=study["modalities"],
            peer_ae_title=peer,
            commitment=False,
            total=1,
        )
        connection.execute(insert(Transfer).values(**job))
        notice = {"transfer_id": job["transfer_id"], "availability": availability.value, "objects": objects}
        connection.execute(insert(AvailabilityNotice).values(**notice))


def content(
    study_instance_uid: str, availability: Availability, objects: Named, retrieve_ae: str, syntax: Syntax
) -> bytes:
    """The attribute list of a notice (PS3.4 table R.3.2-1)."""
    series: dict[str, list[Elements]] = {}
    for series_uid, sop_class, sop_instance in objects:
        item: Elements = {
            SOP_CLASS: ("UI", sop_class),
            SOP_INSTANCE: ("UI", sop_instance),
            AVAILABILITY: ("CS", availability.value),
            RETRIEVE_AE: ("AE", retrieve_ae),
        }
        series.setdefault(series_uid, []).append(item)
    items: tuple[Elements, ...] = tuple(
        {SERIES: ("UI", uid), OBJECTS: ("SQ", tuple(found))} for uid, found in series.items()
    )
    elements: Elements = {
        PERFORMED_STEPS: ("SQ", ()),
        STUDY: ("UI", study_instance_uid),
        IN_SERIES: ("SQ", items),
    }
    return encoded(elements, syntax, "ISO_IR 192")


class Notice:
    """One attempt to tell a peer. Told again after a lost answer, it is the same notice to the peer."""

    def __init__(self, means: Means, job: Job) -> None:
        self._means, self._job = means, job

    def run(self) -> Outcome:
        """What the peer made of it."""
        outcome = Outcome()
        try:
            self._tell(*self._known())
        except AppError as fault:
            outcome.fault = fault
        except SQLAlchemyError:
            outcome.fault = DatabaseUnavailable()
        return outcome

    def _known(self) -> tuple[Availability, Named]:
        job = self._job
        with sync_transaction(self._means.reader) as session:
            notice = session.get_one(AvailabilityNotice, job.transfer_id)
            availability, objects = Availability(notice.availability), list(notice.objects)
            if availability is Availability.ONLINE:
                objects = queries.objects_there(
                    session.connection(), job.institution_id, job.study_instance_uid
                )
        return availability, objects

    def _tell(self, availability: Availability, objects: Named) -> None:
        """Nothing is said of a study that is gone by now: another notice says that."""
        if not objects:
            return
        sending = self._means.sending
        with open_association(
            self._means.remote(self._job.peer_ae_title),
            contexts_of((CLASS_UID, PLAIN_SYNTAXES)),
            caller=sending.caller,
            patience=sending.patience,
        ) as outgoing:
            context = outgoing.context_for(CLASS_UID)
            raw = content(
                self._job.study_instance_uid,
                availability,
                objects,
                sending.caller.ae_title,
                syntax_of(context.transfer_syntax),
            )
            answer = outgoing.answer_to(
                context,
                CommandField.N_CREATE_RQ,
                more={Field.AFFECTED_SOP_INSTANCE: ui(f"2.25.{UUID(self._job.transfer_id).int}")},
                data_set=[raw],
            )
        status = answer.command.status
        if status not in {SUCCESS, DUPLICATE_SOP_INSTANCE} and status not in WARNINGS:
            raise NoticeRefused(status=f"{status:04X}")
        self._means.ingest.run(
            lambda connection, now: ledger.progress(connection, self._job.transfer_id, 1, 1, now)
        )
