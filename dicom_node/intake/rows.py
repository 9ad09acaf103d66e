"""The rows of arriving objects, written inside the ingest transaction, many objects at once."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, insert, join, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from config.kernel.ids import new_id
from dicom_node.archive.tables import Instance, Peer, Quarantine, Series, Study, outbox
from dicom_node.events import StudyReceived
from dicom_node.intake.errors import SameUidOtherContent
from dicom_node.intake.parse import Facts, InstanceFacts
from dicom_node.intake.receive import Received, Source
from dicom_node.prepared import Prepared
from dicom_node.quotas.use import grow
from dicom_node.rejection.filing import came_again

STUDY, SERIES, INSTANCE = (Table(t.__tablename__, t.metadata) for t in (Study, Series, Instance))
_OF_STUDY = (
    STUDY.c.institution_id == bindparam("institution_id"),
    STUDY.c.study_instance_uid == bindparam("study_instance_uid"),
)
_OF_SERIES = and_(
    SERIES.c.study_key == STUDY.c.study_key, SERIES.c.series_instance_uid == bindparam("series_instance_uid")
)
PLACE = Prepared(
    select(STUDY.c.study_key, SERIES.c.series_key)
    .select_from(join(STUDY, SERIES, _OF_SERIES, isouter=True))
    .where(*_OF_STUDY)
)
KNOWN = Prepared(
    select(INSTANCE.c.dataset_sha256, INSTANCE.c.transfer_syntax_uid).where(
        INSTANCE.c.institution_id == bindparam("institution_id"),
        INSTANCE.c.sop_instance_uid == bindparam("sop_instance_uid"),
    )
)
COUNT_IN_STUDY = Prepared(
    update(STUDY)
    .where(STUDY.c.study_key == bindparam("of_study"))
    .values(
        instance_count=STUDY.c.instance_count + bindparam("more_instances"),
        byte_count=STUDY.c.byte_count + bindparam("more_bytes"),
        series_count=STUDY.c.series_count + bindparam("more_series"),
        last_received_at=bindparam("now"),
        settled_at=None,
    )
)
COUNT_IN_SERIES = Prepared(
    update(SERIES)
    .where(SERIES.c.series_key == bindparam("of_series"))
    .values(
        instance_count=SERIES.c.instance_count + bindparam("more_instances"),
        version=SERIES.c.version + bindparam("more_instances"),
    )
)
INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
BEGIN = {
    name: {
        t: insert_in(t).on_conflict_do_nothing().returning(*t.primary_key.columns) for t in (STUDY, SERIES)
    }
    for name, insert_in in INSERTS.items()
}
ADD = Prepared(
    {name: insert_in(INSTANCE).on_conflict_do_nothing() for name, insert_in in INSERTS.items()},
    INSTANCE.columns.keys(),
)
INSTANCE_FACTS = tuple(each.name for each in fields(InstanceFacts))


class Outcome(StrEnum):
    """What became of an object that was in order."""

    STORED = "stored"
    ALREADY_THERE = "already_there"
    OTHER_CONTENT = "other_content"


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """An object whose bytes are durable and whose facts are known.

    `set_aside` False records no conflict: the object is set aside already and only tried again.
    """

    source: Source
    received: Received
    object_key: str
    facts: Facts
    set_aside: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An object that was refused, and why. `object_key` is None when its bytes were not kept.

    `kept_sha256` makes it a conflict: the hash of the data set that has its SOP Instance UID.
    """

    source: Source
    sop_instance_uid: str
    reason_code: str
    reason: str
    object_key: str | None
    object_bytes: int
    dataset_sha256: str
    kept_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an object belongs: the keys of its study and its series."""

    study_key: str
    series_key: str


@dataclass(slots=True)
class _More:
    """By how much the counters of one study grow."""

    instances: int = 0
    bytes: int = 0
    series: int = 0
    modalities: set[str] = field(default_factory=set)


def store_all(connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> list[Outcome]:
    """Index these objects: each once, with its study and series, or not at all.

    The same object again changes nothing; other content under the same SOP Instance UID goes to
    the quarantine and the first object stays.
    """
    outcomes: dict[int, Outcome] = {}
    first, again = _first_of_each(arrivals)
    placed, more = _places(connection, first, outcomes, now)
    inserted = _instances(connection, placed, now)
    grown = Counter[str]()
    for number, (arrival, place) in placed.items():
        if number in inserted:
            outcomes[number] = Outcome.STORED
            more[place.study_key].instances += 1
            more[place.study_key].bytes += arrival.received.file_bytes
            grown[arrival.source.institution_id] += arrival.received.file_bytes
        else:
            outcomes[number] = _taken(connection, arrival, now) or Outcome.OTHER_CONTENT
    _count(connection, [placed[number][1] for number in inserted], more, now)
    grow(connection, grown)
    for number, outcome in outcomes.items():
        if outcome is Outcome.ALREADY_THERE:
            uids = _uids(arrivals[number])
            came_again(connection, uids["institution_id"], uids["sop_instance_uid"], now)
    if again:  # what came twice at once meets its first copy as if it had come later
        outcomes |= dict(zip(again, store_all(connection, list(again.values()), now), strict=True))
    return [outcomes[number] for number in range(len(arrivals))]


def _first_of_each(arrivals: Sequence[Arrival]) -> tuple[dict[int, Arrival], dict[int, Arrival]]:
    """The arrivals by number: the first of every SOP instance, and those that repeat one."""
    first: dict[int, Arrival] = {}
    again: dict[int, Arrival] = {}
    seen: set[tuple[str, str]] = set()
    for number, arrival in enumerate(arrivals):
        name = (arrival.source.institution_id, arrival.facts.instance.sop_instance_uid)
        (again if name in seen else first)[number] = arrival
        seen.add(name)
    return first, again


def _places(
    connection: Connection, arrivals: dict[int, Arrival], outcomes: dict[int, Outcome], now: datetime
) -> tuple[dict[int, tuple[Arrival, _Place]], dict[str, _More]]:
    """A place for each object; a study or series is begun only for one that is nowhere else."""
    known_places: dict[tuple[str, ...], _Place] = {}
    placed: dict[int, tuple[Arrival, _Place]] = {}
    more: dict[str, _More] = defaultdict(_More)
    for number, arrival in arrivals.items():
        uids = _uids(arrival)
        name = (uids["institution_id"], uids["study_instance_uid"], uids["series_instance_uid"])
        place = known_places.get(name)
        if place is None:
            study_key, series_key = PLACE.first(connection, uids) or (None, None)
            if series_key is None and (taken := _taken(connection, arrival, now)):
                outcomes[number] = taken
                continue
            place = (
                _Place(study_key, series_key)
                if study_key and series_key
                else _begun(connection, arrival, study_key, more, now)
            )
            known_places[name] = place
        placed[number] = (arrival, place)
    return placed, more


def _begun(
    connection: Connection, arrival: Arrival, study_key: str | None, more: dict[str, _More], now: datetime
) -> _Place:
    study_key = study_key or _study(connection, arrival, now)
    series_key, is_new = _series(connection, arrival, study_key)
    if is_new:
        more[study_key].series += 1
        more[study_key].modalities |= {arrival.facts.series.modality} - {""}
    return _Place(study_key, series_key)


def _uids(arrival: Arrival) -> dict[str, str]:
    facts = arrival.facts
    return {
        "institution_id": arrival.source.institution_id,
        "study_instance_uid": facts.study.study_instance_uid,
        "series_instance_uid": facts.series.series_instance_uid,
        "sop_instance_uid": facts.instance.sop_instance_uid,
    }


def _taken(connection: Connection, arrival: Arrival, now: datetime) -> Outcome | None:
    """What is stored under this SOP Instance UID, by this institution: nothing, the same, or another.

    Another is recorded as a conflict, unless the object is set aside already.
    """
    row = KNOWN.first(connection, _uids(arrival))
    if row is None:
        return None
    if row == (arrival.received.dataset_sha256, arrival.received.announced.transfer_syntax_uid):
        return Outcome.ALREADY_THERE
    if arrival.set_aside:
        _conflict(connection, arrival, row[0], now)
    return Outcome.OTHER_CONTENT


def _conflict(connection: Connection, arrival: Arrival, kept_sha256: str, now: datetime) -> None:
    refuse(
        connection,
        Refusal(
            source=arrival.source,
            sop_instance_uid=arrival.facts.instance.sop_instance_uid,
            reason_code=SameUidOtherContent.code,
            reason=str(SameUidOtherContent()),
            object_key=arrival.object_key,
            object_bytes=arrival.received.file_bytes,
            dataset_sha256=arrival.received.dataset_sha256,
            kept_sha256=kept_sha256,
        ),
        now,
    )


def _insert_new(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless a unique key of it is taken; True when it was inserted."""
    return connection.execute(BEGIN[connection.dialect.name][table], values).first() is not None


def _study(connection: Connection, arrival: Arrival, now: datetime) -> str:
    source, facts = arrival.source, arrival.facts
    study_key = new_id()
    values = asdict(facts.study) | {
        "study_key": study_key,
        "institution_id": source.institution_id,
        "issuer_of_patient_id": facts.issuer_of_patient_id or source.issuer_of_patient_id,
        "modalities": [],
        "series_count": 0,
        "instance_count": 0,
        "byte_count": 0,
        "source_ae_title": source.ae_title,
        "first_received_at": now,
        "last_received_at": now,
        "settled_at": None,
        "version": 0,
    }
    if not _insert_new(connection, STUDY, values):
        return _keys(connection, arrival)[0]
    event = StudyReceived(
        subject=study_key,
        institution_id=source.institution_id,
        study_instance_uid=facts.study.study_instance_uid,
    )
    connection.execute(insert(outbox.table).values(**outbox.row(event, now)))
    return study_key


def _series(connection: Connection, arrival: Arrival, study_key: str) -> tuple[str, bool]:
    values = asdict(arrival.facts.series) | {
        "series_key": new_id(),
        "study_key": study_key,
        "instance_count": 0,
        "version": 0,
    }
    if _insert_new(connection, SERIES, values):
        return values["series_key"], True
    return _keys(connection, arrival)[1], False


def _keys(connection: Connection, arrival: Arrival) -> tuple[str, str]:
    """The keys of the study and the series that another writer has begun."""
    study_key, series_key = PLACE.first(connection, _uids(arrival)) or ("", "")
    return study_key, series_key


def _instances(connection: Connection, placed: dict[int, tuple[Arrival, _Place]], now: datetime) -> set[int]:
    """Insert what is not there yet, all in one statement; the numbers of what was inserted."""
    if not placed:
        return set()
    added = ADD.run_each(connection, [_instance_row(*each, now) for each in placed.values()])
    return {number for number, is_new in zip(placed, added, strict=True) if is_new}


def _instance_row(arrival: Arrival, place: _Place, now: datetime) -> dict[str, Any]:
    received = arrival.received
    return {name: getattr(arrival.facts.instance, name) for name in INSTANCE_FACTS} | {
        "instance_key": new_id(),
        "series_key": place.series_key,
        "institution_id": arrival.source.institution_id,
        "transfer_syntax_uid": received.announced.transfer_syntax_uid,
        "object_key": arrival.object_key,
        "object_bytes": received.file_bytes,
        "dataset_offset": received.dataset_offset,
        "dataset_sha256": received.dataset_sha256,
        "received_at": now,
    }


def _count(connection: Connection, inserted: list[_Place], more: dict[str, _More], now: datetime) -> None:
    """Bring the counters up: studies first, in one order of keys, so that writers queue and never cross."""
    studies = [
        {
            "of_study": study_key,
            "more_instances": grown.instances,
            "more_bytes": grown.bytes,
            "more_series": grown.series,
            "now": now,
        }
        for study_key, grown in sorted(more.items())
        if grown.instances or grown.series
    ]
    series = Counter(place.series_key for place in inserted)
    if studies:
        COUNT_IN_STUDY.run(connection, studies)
    if series:
        counts = [{"of_series": key, "more_instances": count} for key, count in sorted(series.items())]
        COUNT_IN_SERIES.run(connection, counts)
    for study_key, grown in sorted(more.items()):
        if grown.modalities:
            _add_modalities(connection, study_key, grown.modalities)


def _add_modalities(connection: Connection, study_key: str, modalities: set[str]) -> None:
    seen: list[str] = (
        connection.scalar(select(STUDY.c.modalities).where(STUDY.c.study_key == study_key)) or []
    )
    connection.execute(
        update(STUDY).where(STUDY.c.study_key == study_key).values(modalities=sorted({*seen, *modalities}))
    )


def refuse(connection: Connection, refusal: Refusal, now: datetime) -> None:
    """Record a refused object for a person to see; the same again only counts, while nobody has decided."""
    source = refusal.source
    columns = {
        "institution_id": source.institution_id,
        "source_ae_title": source.ae_title,
        "sop_instance_uid": refusal.sop_instance_uid[:128],
        "reason_code": refusal.reason_code,
        "object_key": refusal.object_key,
    }
    same = [getattr(Quarantine, name).is_not_distinct_from(value) for name, value in columns.items()]
    again = (
        update(Quarantine)
        .where(*same, Quarantine.decision.is_(None))
        .values(times=Quarantine.times + 1, received_at=now)
    )
    if connection.execute(again).rowcount:
        return
    connection.execute(
        insert(Quarantine).values(
            quarantine_id=new_id(),
            kind="refused" if refusal.kept_sha256 is None else "conflict",
            reason=refusal.reason[:400],
            object_bytes=refusal.object_bytes,
            dataset_sha256=refusal.dataset_sha256,
            kept_sha256=refusal.kept_sha256,
            times=1,
            received_at=now,
            **columns,
        )
    )


def saw_peer(connection: Connection, ae_title: str, address: str, now: datetime) -> None:
    """Remember when a peer was last here, and from where it came."""
    connection.execute(
        update(Peer).where(Peer.ae_title == ae_title).values(last_seen_at=now, last_seen_address=address[:64])
    )
