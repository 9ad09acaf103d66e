"""Which studies may be destroyed, and how rules, seals and approvals stand.

`reach` is an institution's id, None for all of them. A study is known by its institution and its UID:
its objects in sight and those that rejection notes have hidden (filed under nobody) are one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import Conflict, NotFound
from config.kernel.limits import PAGE_ROWS_MAX
from dicom_node.archive.tables import Instance, Quarantine, RejectedObject, RejectionNote, Series, Study
from dicom_node.forward.queries import undelivered
from dicom_node.keeping.whereabouts import TABLE as WHEREABOUTS, UNSENT
from dicom_node.quotas.tables import Use
from dicom_node.rejection.note import Title
from dicom_node.rejection.queries import NOBODY, nobodys
from dicom_node.retention.domain import Facts, Kept, Rule, keep_months, kept_for
from dicom_node.retention.tables import DestroyedStudy, Destruction, LegalHold, Orphan, RetentionRule

STUDIES_AT_ONCE: Final = 500
"""No approval is for more: a person is to look through it."""
PAGE: Final = 200
Name: TypeAlias = tuple[str, str]
"""Institution and Study Instance UID."""
Needed: TypeAlias = Callable[[Connection, Collection[str]], Collection[str]]
"""Which of these Study Instance UIDs somebody above still refers to: the one thing we have to be told."""
COLUMNS = (
    Study.study_key,
    Study.institution_id,
    Study.study_instance_uid,
    Study.study_date,
    Study.accession_number,
    Study.modalities,
    Study.source_ae_title,
    Study.instance_count,
    Study.byte_count,
    Study.last_received_at,
    Study.settled_at,
)


class RetentionRuleNotFound(NotFound):
    """There is no such retention rule, or not for this institution."""

    code = "dicom.retention_rule_not_found"


class HoldNotFound(NotFound):
    """There is no such seal, or not for this institution."""

    code = "dicom.hold_not_found"


class HoldLifted(Conflict):
    """Somebody has lifted this seal already."""

    code = "dicom.hold_lifted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A study that is past its time, as a person is shown it."""

    institution_id: str
    study_instance_uid: str
    study_date: str
    accession_number: str
    modalities: list[str]
    source_ae_title: str
    last_received_at: datetime
    keep_months: int
    instance_count: int
    byte_count: int

    @property
    def name(self) -> Name:
        """What it is known by."""
        return self.institution_id, self.study_instance_uid


@dataclass(kw_only=True, slots=True)
class Preview:
    """What could be destroyed now, and why the rest of what a rule speaks of is kept."""

    candidates: list[Candidate] = field(default_factory=list)
    kept: Counter[str] = field(default_factory=Counter)
    more: bool = False

    @property
    def digest(self) -> str:
        """The same for the same studies with the same contents alone."""
        rows = sorted((*one.name, str(one.instance_count), str(one.byte_count)) for one in self.candidates)
        return sha256("\n".join("\t".join(row) for row in rows).encode()).hexdigest()


def rules_now(connection: Connection) -> list[Rule]:
    """The rules."""
    columns = [getattr(RetentionRule, name) for name in Rule.__dataclass_fields__]
    return [Rule(**row) for row in connection.execute(select(*columns)).mappings()]


def preview(
    connection: Connection,
    reach: str | None,
    needed: Needed,
    now: datetime,
    studies_max: int = STUDIES_AT_ONCE,
) -> Preview:
    """What is past its time, at most `studies_max` of it."""
    found, rules = Preview(), rules_now(connection)
    if not rules:
        return found
    for names in _old(connection, reach):
        for one, why in judged(connection, names, rules, needed, now):
            if why is not None:
                found.kept[why.value] += 1
            elif len(found.candidates) == studies_max:
                found.more = True
                return found
            else:
                found.candidates.append(one)
    return found


def _old(connection: Connection, reach: str | None) -> Iterator[list[Name]]:
    """Every study within reach, each once, a page at a time."""
    owners = _owners(connection, reach)
    seen, last = set[Name](), ""
    within = true() if reach is None else Study.institution_id.in_(owners)
    question = select(Study.study_key, Study.institution_id, Study.study_instance_uid).where(within)
    while rows := connection.execute(
        question.where(Study.study_key > last).order_by(Study.study_key).limit(PAGE)
    ).all():
        last = str(rows[-1].study_key)
        names = {(owners.get(row.institution_id, row.institution_id), row.study_instance_uid) for row in rows}
        yield sorted(names - seen)
        seen |= names


def _owners(connection: Connection, reach: str | None) -> dict[str, str]:
    """Under what each institution's studies are filed, hidden or not: the institution."""
    question = select(Use.institution_id).union(
        select(Study.institution_id).where(~Study.institution_id.startswith(NOBODY))
    )
    known = {reach} if reach is not None else {str(row[0]) for row in connection.execute(question)}
    return {filed: one for one in known for filed in (one, nobodys(one))}


def judged(
    connection: Connection, names: Sequence[Name], rules: Sequence[Rule], needed: Needed, now: datetime
) -> list[tuple[Candidate, Kept | None]]:
    """Each of these studies that exists, and why it is kept; None when it may be destroyed."""
    copies = copies_of(connection, names)
    uids = {uid for _institution, uid in copies}
    wanted = set(needed(connection, uids)) if uids else set()
    held = _held(connection, uids)
    late = undelivered(connection, uids) | _unsent(connection, copies)
    answers = []
    for (institution_id, uid), rows in sorted(copies.items()):
        modalities = sorted({one for row in rows for one in row["modalities"]})
        source = str(rows[0]["source_ae_title"])
        facts = Facts(
            institution_id=institution_id,
            source_ae_title=source,
            modalities=modalities,
            study_date=rows[0]["study_date"],
            last_received_at=max(row["last_received_at"] for row in rows),
            settled=all(row["settled_at"] is not None for row in rows),
            held=(institution_id, uid) in held,
            needed=uid in wanted,
            undelivered=(institution_id, uid) in late,
        )
        months = keep_months(rules, institution_id, source, modalities)
        answers.append((_candidate(facts, rows, months or 0), kept_for(facts, rules, now.date())))
    return answers


def _candidate(facts: Facts, rows: Sequence[RowMapping], months: int) -> Candidate:
    return Candidate(
        institution_id=facts.institution_id,
        study_instance_uid=rows[0]["study_instance_uid"],
        study_date=facts.study_date,
        accession_number=rows[0]["accession_number"],
        modalities=list(facts.modalities),
        source_ae_title=facts.source_ae_title,
        last_received_at=facts.last_received_at,
        keep_months=months,
        instance_count=sum(row["instance_count"] for row in rows),
        byte_count=sum(row["byte_count"] for row in rows),
    )


def copies_of(
    connection: Connection, names: Sequence[Name], *, lock: bool = False
) -> dict[Name, list[RowMapping]]:
    """The rows of these studies, what is in sight first; `lock`ed until the transaction ends if asked."""
    filed = {(owner, uid): (one, uid) for one, uid in names for owner in (one, nobodys(one))}
    question = select(*COLUMNS).where(
        Study.study_instance_uid.in_({uid for _one, uid in names}),
        Study.institution_id.in_({owner for owner, _uid in filed}),
    )
    found = connection.execute(
        question.order_by(Study.study_key).with_for_update() if lock else question.order_by(Study.study_key)
    )
    copies: dict[Name, list[RowMapping]] = {}
    for row in found.mappings():
        name = filed.get((row["institution_id"], row["study_instance_uid"]))
        if name is not None:
            copies.setdefault(name, []).append(row)
    for rows in copies.values():
        rows.sort(key=lambda row: row["institution_id"].startswith(NOBODY))
    return copies


def _held(connection: Connection, uids: Collection[str]) -> set[Name]:
    question = select(LegalHold.institution_id, LegalHold.study_instance_uid).where(
        LegalHold.study_instance_uid.in_(uids), LegalHold.lifted_at.is_(None)
    )
    return {(row[0], row[1]) for row in connection.execute(question)}


def _unsent(connection: Connection, copies: dict[Name, list[RowMapping]]) -> set[Name]:
    """What the bucket does not have whole yet."""
    keys = {row["study_key"]: name for name, rows in copies.items() for row in rows}
    question = (
        select(Series.study_key)
        .distinct()
        .join(Instance, Instance.series_key == Series.series_key)
        .join(WHEREABOUTS, WHEREABOUTS.c.object_key == Instance.object_key)
        .where(Series.study_key.in_(keys), WHEREABOUTS.c.state.in_(UNSENT))
    )
    return {keys[str(row[0])] for row in connection.execute(question)}


def is_approved(connection: Connection, destruction_id: str, name: Name) -> bool:
    """True while an approved study is still to be judged; its row is locked."""
    question = select(DestroyedStudy.state).where(
        DestroyedStudy.destruction_id == destruction_id,
        DestroyedStudy.institution_id == name[0],
        DestroyedStudy.study_instance_uid == name[1],
        DestroyedStudy.decided_at.is_(None),
    )
    return connection.scalar(question.with_for_update()) is not None


def of_studies(study_keys: Sequence[str]) -> ColumnElement[bool]:
    """The instances of these studies."""
    series = select(Series.series_key).where(Series.study_key.in_(study_keys))
    return Instance.series_key.in_(series)


def bytes_of(connection: Connection, mine: ColumnElement[bool]) -> int:
    """How much these instances are."""
    total = select(func.coalesce(func.sum(Instance.object_bytes), 0)).where(mine)
    return int(connection.scalar(total) or 0)


def keys_of(
    mine: ColumnElement[bool], moment: ColumnElement[datetime]
) -> Select[str, int, datetime, datetime]:
    """Where these instances' objects lie, how large each is, and twice the moment given."""
    columns = select(Instance.object_key, func.min(Instance.object_bytes), moment, moment)
    return columns.where(mine).group_by(Instance.object_key)


def uids_of(mine: ColumnElement[bool]) -> Select[str]:
    """The SOP Instance UIDs of these instances."""
    return select(Instance.sop_instance_uid).where(mine)


def notes_in(mine: ColumnElement[bool]) -> Select[str]:
    """The keys of these instances, under which those that are rejection notes are known."""
    return select(Instance.instance_key).where(mine)


def notes_titled(title: Title) -> Select[str]:
    """The notes that reject for this reason."""
    return select(RejectionNote.note_id).where(RejectionNote.title == title.value)


def notes_about(*which: ColumnElement[bool]) -> Select[str]:
    """The notes that name such objects."""
    return select(RejectedObject.note_id).where(*which)


def due_orphans(reader: Engine, now: datetime, most: int) -> list[str]:
    """Whose bytes are to be removed now, longest due first."""
    question = select(Orphan.object_key).where(Orphan.next_at <= now).order_by(Orphan.next_at)
    with reader.connect() as connection:
        return list(connection.scalars(question.limit(most)))


def is_named(reader: Engine, key: str) -> bool:
    """True while any row names these bytes."""
    instances = select(Instance.instance_key).where(Instance.object_key == key)
    asides = select(Quarantine.quarantine_id).where(Quarantine.object_key == key)
    with reader.connect() as connection:
        return bool(connection.scalar(select(or_(instances.exists(), asides.exists()))))


async def rules(view: AsyncSession, reach: str | None) -> list[RetentionRule]:
    """The rules that concern the reach, those for all institutions first."""
    mine = RetentionRule.institution_id
    within = true() if reach is None else or_(mine.is_(None), mine == reach)
    question = select(RetentionRule).where(within).order_by(mine.is_not(None), RetentionRule.created_at)
    return list(await view.scalars(question.limit(PAGE_ROWS_MAX)))


async def rule(tx: AsyncSession, reach: str | None, rule_id: str) -> RetentionRule:
    """A rule to be changed. Raises RetentionRuleNotFound, also for one for all that is not ours to change."""
    found = await tx.get(RetentionRule, rule_id, with_for_update=True)
    if found is None or reach not in {None, found.institution_id}:
        raise RetentionRuleNotFound
    return found


async def same_rule(view: AsyncSession, scope: tuple[str | None, str | None, str | None]) -> bool:
    """True when there is a rule for exactly this."""
    columns = RetentionRule.institution_id, RetentionRule.source_ae_title, RetentionRule.modality
    question = select(RetentionRule.rule_id).where(
        and_(*(column.is_not_distinct_from(value) for column, value in zip(columns, scope, strict=True)))
    )
    return await view.scalar(question.limit(1)) is not None


async def holds(view: AsyncSession, reach: str | None, *, lifted: bool = False) -> list[LegalHold]:
    """The newest seals in force, or with `lifted` those that are not any more."""
    within = true() if reach is None else LegalHold.institution_id == reach
    ended = LegalHold.lifted_at
    question = select(LegalHold).where(within, ended.is_not(None) if lifted else ended.is_(None))
    newest = ended if lifted else LegalHold.placed_at
    return list(await view.scalars(question.order_by(newest.desc(), LegalHold.hold_id).limit(PAGE_ROWS_MAX)))


async def hold(tx: AsyncSession, reach: str | None, hold_id: str) -> LegalHold:
    """A seal in force, locked. Raises HoldNotFound or HoldLifted."""
    found = await tx.get(LegalHold, hold_id, with_for_update=True)
    if found is None or reach not in {None, found.institution_id}:
        raise HoldNotFound
    if found.lifted_at is not None:
        raise HoldLifted
    return found


async def is_held(view: AsyncSession, name: Name) -> bool:
    """True while a study is sealed."""
    question = select(
        exists().where(
            LegalHold.institution_id == name[0],
            LegalHold.study_instance_uid == name[1],
            LegalHold.lifted_at.is_(None),
        )
    )
    return bool(await view.scalar(question))


async def studies_called(view: AsyncSession, institution_id: str, text: str) -> list[Study]:
    """An institution's studies of this accession number or Study Instance UID, hidden ones too."""
    owners = (institution_id, nobodys(institution_id))
    question = select(Study).where(
        Study.institution_id.in_(owners),
        or_(Study.accession_number == text, Study.study_instance_uid == text),
    )
    return list(await view.scalars(question.order_by(Study.study_key).limit(PAGE_ROWS_MAX)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far an approval has come."""

    destroyed: int
    kept: int


async def destructions(view: AsyncSession, reach: str | None) -> list[tuple[Destruction, Progress]]:
    """The newest approvals and how far they have come."""
    within = true() if reach is None else Destruction.reach == reach
    newest = select(Destruction).where(within).order_by(Destruction.approved_at.desc())
    rows = list(await view.scalars(newest.limit(PAGE_ROWS_MAX)))
    question = (
        select(DestroyedStudy.destruction_id, DestroyedStudy.state, func.count())
        .where(DestroyedStudy.destruction_id.in_([row.destruction_id for row in rows]))
        .group_by(DestroyedStudy.destruction_id, DestroyedStudy.state)
    )
    counts = {(row[0], row[1]): int(row[2]) for row in await view.execute(question)}
    return [
        (
            row,
            Progress(
                destroyed=counts.get((row.destruction_id, "destroyed"), 0),
                kept=counts.get((row.destruction_id, "kept"), 0),
            ),
        )
        for row in rows
    ]


async def register(view: AsyncSession, reach: str | None, destruction_id: str) -> list[DestroyedStudy]:
    """What one approval was for, as far as the reach goes."""
    within = true() if reach is None else DestroyedStudy.institution_id == reach
    question = select(DestroyedStudy).where(within, DestroyedStudy.destruction_id == destruction_id)
    ordered = question.order_by(DestroyedStudy.study_date, DestroyedStudy.study_instance_uid)
    return list(await view.scalars(ordered.limit(STUDIES_AT_ONCE)))
