"""Every write that the node makes to the queue, each inside the transaction of its one writer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, RowMapping, delete, insert, update

from config.kernel.errors import AppError
from config.kernel.ids import new_id
from dicom_node.forward import queries
from dicom_node.forward.commitment import Report
from dicom_node.forward.domain import (
    ANSWER_AWAITED,
    Acknowledgement,
    Delivery,
    Kind,
    Rule,
    Step,
    Word,
    acknowledgement_after,
    again_at,
    applies,
    delivery_after,
    may,
    unpromised,
)
from dicom_node.forward.errors import (
    FOR_A_PERSON,
    CommitmentRefused,
    CommitmentUnanswered,
    ObjectsRefused,
    detail_of,
)
from dicom_node.forward.tables import AvailabilityNotice, Transfer, TransferObject

KEPT = timedelta(days=90)
"""How long a job that has ended can be looked up. A study that settles anew after that is sent whole."""
FORGOTTEN_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What its sender needs to know of a job that it has taken up."""

    transfer_id: str
    kind: Kind
    institution_id: str
    study_key: str
    study_instance_uid: str
    peer_ae_title: str


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What came of one attempt. `refused` maps SOP instances to why; `stopped`: we were told to end."""

    confirmed: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    fault: AppError | None = None
    stopped: bool = False


def fresh(now: datetime, **values: Any) -> dict[str, Any]:
    """A new job's columns."""
    return {
        "transfer_id": new_id(),
        "rule_id": None,
        "requested_by": None,
        "study_key": None,
        "delivery": Delivery.WAITING.value,
        "acknowledgement": Acknowledgement.NOT_ASKED.value,
        "done": 0,
        "refused": 0,
        "attempts": 0,
        "asks": 0,
        "next_at": now,
        "ask_at": None,
        "reason": "",
        "detail": "",
        "commitment_uid": None,
        "created_at": now,
        "updated_at": now,
        "finished_at": None,
    } | values


def renewed(now: datetime, acknowledgement: Acknowledgement) -> dict[str, Any]:
    """What changes in a job that is to be taken up again from where the peer's confirmations end."""
    return {
        "acknowledgement": acknowledgement_after(acknowledgement, Word.RESET).value,
        "refused": 0,
        "attempts": 0,
        "asks": 0,
        "next_at": now,
        "ask_at": None,
        "reason": "",
        "detail": "",
        "commitment_uid": None,
        "updated_at": now,
        "finished_at": None,
    }


def settled(connection: Connection, study_key: str, now: datetime) -> None:
    """A study has settled: queue it for every destination that a rule names for it, new objects only.

    Where several rules name the same destination it is sent once, for the oldest of them.
    """
    study = queries.study_of(connection, study_key)
    if study is None:
        return
    first: dict[str, RowMapping] = {}
    wanted: set[str] = set()
    for row in queries.rules_of(connection, study["institution_id"]):
        rule = Rule(
            institution_id=row["institution_id"],
            source_ae_title=row["source_ae_title"],
            modality=row["modality"],
            destination=row["destination"],
        )
        facts = {name: study[name] for name in ("institution_id", "source_ae_title", "modalities")}
        if applies(rule, **facts):
            first.setdefault(rule.destination, row)
            wanted |= {rule.destination} if row["commitment"] else set()
    for destination, row in first.items():
        _queue(connection, study_key, study, row, now, commitment=destination in wanted)


def _queue(
    connection: Connection,
    study_key: str,
    study: RowMapping,
    rule: RowMapping,
    now: datetime,
    *,
    commitment: bool,
) -> None:
    known = queries.by_rule(connection, rule["rule_id"], study_key)
    facts = {
        "study_date": study["study_date"],
        "modalities": study["modalities"],
        "total": study["instance_count"],
    }
    if known is None:
        values = fresh(
            now,
            kind=Kind.SEND.value,
            institution_id=study["institution_id"],
            study_key=study_key,
            study_instance_uid=study["study_instance_uid"],
            peer_ae_title=rule["destination"],
            rule_id=rule["rule_id"],
            commitment=commitment,
            **facts,
        )
        connection.execute(insert(Transfer).values(**values))
        return
    delivery, said = Delivery(known["delivery"]), Acknowledgement(known["acknowledgement"])
    if may(delivery, Step.MORE) and queries.left_count(connection, known["transfer_id"], study_key):
        facts |= renewed(now, said) | {"delivery": delivery_after(delivery, Step.MORE).value}
    _change(connection, known, now, facts)


def _change(connection: Connection, row: RowMapping, now: datetime, values: Mapping[str, Any]) -> None:
    changed = update(Transfer).where(Transfer.transfer_id == row["transfer_id"])
    connection.execute(changed.values(**{"updated_at": now, **values}))


def resume(connection: Connection, transfer_ids: Iterable[str], now: datetime) -> int:
    """Put jobs that nobody is sending any more back into the queue; how many."""
    count = 0
    for transfer_id in transfer_ids:
        row = queries.locked(connection, transfer_id)
        if row is not None and may(Delivery(row["delivery"]), Step.PUT_OFF):
            state = delivery_after(Delivery(row["delivery"]), Step.PUT_OFF)
            _change(connection, row, now, {"delivery": state.value, "next_at": now})
            count += 1
    return count


def forget(connection: Connection, now: datetime) -> int:
    """Let go of jobs that ended long ago; how many."""
    found = queries.ended_before(connection, now - KEPT, FORGOTTEN_AT_ONCE)
    for table in (TransferObject, AvailabilityNotice, Transfer):
        connection.execute(delete(table).where(table.transfer_id.in_(found)))
    return len(found)


def begin(connection: Connection, transfer_id: str, now: datetime) -> Job | None:
    """Take up a job; None when somebody has cancelled it meanwhile."""
    row = queries.locked(connection, transfer_id)
    if row is None or not may(Delivery(row["delivery"]), Step.BEGIN):
        return None
    values = {
        "delivery": delivery_after(Delivery(row["delivery"]), Step.BEGIN).value,
        "attempts": row["attempts"] + 1,
        "refused": 0,
        "next_at": None,
    }
    if row["study_key"]:
        values["total"] = row["done"] + queries.left_count(connection, transfer_id, row["study_key"])
    _change(connection, row, now, values)
    return Job(
        transfer_id=transfer_id,
        kind=Kind(row["kind"]),
        institution_id=row["institution_id"],
        study_key=row["study_key"] or "",
        study_instance_uid=row["study_instance_uid"],
        peer_ae_title=row["peer_ae_title"],
    )


def confirm(
    connection: Connection, transfer_id: str, sop: tuple[str, str], status: int, now: datetime
) -> bool:
    """The peer has confirmed an object (SOP class, instance); False when the job is not wanted any more."""
    row = queries.locked(connection, transfer_id)
    if row is None or row["delivery"] != Delivery.SENDING.value:
        return False
    connection.execute(
        insert(TransferObject).values(
            transfer_id=transfer_id,
            sop_class_uid=sop[0],
            sop_instance_uid=sop[1],
            status=status,
            confirmed_at=now,
        )
    )
    _change(connection, row, now, {"done": row["done"] + 1})
    return True


def progress(connection: Connection, transfer_id: str, done: int, total: int, now: datetime) -> bool:
    """How a fetch stands by the peer's own counts; False when the job is not wanted any more."""
    row = queries.locked(connection, transfer_id)
    if row is None or row["delivery"] != Delivery.SENDING.value:
        return False
    _change(connection, row, now, {"done": done, "total": total})
    return True


def end(connection: Connection, transfer_id: str, outcome: Outcome, now: datetime) -> None:
    """An attempt is over; a job that was cancelled meanwhile stays so."""
    row = queries.locked(connection, transfer_id)
    if row is None or row["delivery"] != Delivery.SENDING.value:
        return
    step, values = _ended(connection, row, outcome, now)
    _change(connection, row, now, {"delivery": delivery_after(Delivery.SENDING, step).value} | values)


def _ended(
    connection: Connection, row: RowMapping, outcome: Outcome, now: datetime
) -> tuple[Step, dict[str, Any]]:
    attempts = 1 if outcome.confirmed else row["attempts"]
    if outcome.stopped:
        return Step.PUT_OFF, {"attempts": attempts - 1, "next_at": now}
    if outcome.fault is not None:
        return _failed(outcome.fault, attempts, now)
    if outcome.refused:
        fault = ObjectsRefused(status=next(iter(outcome.refused.values())))
        step, values = Step.GIVE_UP, _given_up(fault)
        return step, values | {"refused": len(outcome.refused), "attempts": attempts}
    if row["study_key"] and queries.left_count(connection, row["transfer_id"], row["study_key"]):
        return Step.PUT_OFF, {"attempts": 0, "next_at": now}
    ask_at = now if row["commitment"] else None
    done = {"reason": "", "detail": "", "next_at": None, "ask_at": ask_at, "finished_at": now}
    return Step.FINISH, done | {"attempts": attempts}


def _failed(fault: AppError, attempts: int, now: datetime) -> tuple[Step, dict[str, Any]]:
    next_at = None if isinstance(fault, FOR_A_PERSON) else again_at(attempts, now)
    values = _given_up(fault) | {"attempts": attempts, "next_at": next_at}
    return Step.GIVE_UP if next_at is None else Step.PUT_OFF, values


def _given_up(fault: AppError) -> dict[str, Any]:
    return {"reason": fault.code, "detail": detail_of(fault), "next_at": None}


# --- Acknowledgement ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a peer is asked to commit to."""

    transaction_uid: str
    references: list[tuple[str, str]]


def asking(connection: Connection, transfer_id: str, now: datetime) -> Question | None:
    """Note that the peer is being asked, before it can answer; None when that is out of date."""
    row = queries.locked(connection, transfer_id)
    state = row and Acknowledgement(row["acknowledgement"])
    if row is None or row["delivery"] != Delivery.DELIVERED.value or state is not Acknowledgement.NOT_ASKED:
        return None
    question = Question(
        transaction_uid=f"2.25.{uuid4().int}", references=queries.confirmed(connection, transfer_id)
    )
    values = {
        "acknowledgement": acknowledgement_after(state, Word.ASK).value,
        "commitment_uid": question.transaction_uid,
        "asks": row["asks"] + 1,
        "ask_at": now + ANSWER_AWAITED,
        "reason": "",
        "detail": "",
    }
    _change(connection, row, now, values)
    return question


def not_asked(connection: Connection, transfer_id: str, fault: AppError, now: datetime) -> None:
    """The question did not reach the peer: ask again later, or tell a person."""
    row = queries.locked(connection, transfer_id)
    if row is None or row["acknowledgement"] != Acknowledgement.ASKED.value:
        return
    again = None if isinstance(fault, FOR_A_PERSON) else again_at(row["asks"], now)
    word = Word.REFUSE if again is None else Word.UNSAID
    _say(connection, row, word, now, fault, again)


def overdue(connection: Connection, transfer_id: str, now: datetime) -> None:
    """The peer has had all the time there is."""
    row = queries.locked(connection, transfer_id)
    if row is not None and row["acknowledgement"] == Acknowledgement.ASKED.value and row["ask_at"] <= now:
        _say(connection, row, Word.REFUSE, now, CommitmentUnanswered(), None)


def _say(
    connection: Connection,
    row: RowMapping,
    word: Word,
    now: datetime,
    fault: AppError | None,
    ask_at: datetime | None,
) -> None:
    state = acknowledgement_after(Acknowledgement(row["acknowledgement"]), word)
    values = {
        "acknowledgement": state.value,
        "ask_at": ask_at,
        "reason": fault.code if fault else "",
        "detail": detail_of(fault) if fault else "",
    }
    _change(connection, row, now, values)


def heard(connection: Connection, peer_ae_title: str, report: Report, now: datetime) -> bool:
    """What a peer commits to; False when it was not asked. The same report again changes nothing."""
    row = queries.asked_by(connection, peer_ae_title, report.transaction_uid)
    if row is None:
        return False
    if row["acknowledgement"] != Acknowledgement.ASKED.value:
        return True
    asked = [uid for _class, uid in queries.confirmed(connection, row["transfer_id"])]
    missing = unpromised(asked, report.committed, report.failed)
    if not missing:
        _say(connection, row, Word.COMMIT, now, None, None)
        return True
    why = sorted({report.failed[uid] for uid in missing if uid in report.failed})
    fault = CommitmentRefused(objects=len(missing), why=" ".join(f"{code:04X}" for code in why) or "unnamed")
    _say(connection, row, Word.REFUSE, now, fault, None)
    return True
