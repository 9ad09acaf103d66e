"""What peers ask the index, on the threads of their associations: keys first, within a bound, then pages.

The keys of all matches come in one statement without an order, so that a cap ends it early; they are
put in order here. Rows are then read a page at a time, no transaction waits for a slow peer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, func, select
from sqlalchemy.orm import Session, defer

from config.kernel.database import sync_transaction
from dicom_node.archive.matching import instance_conditions, series_conditions, study_conditions, visible
from dicom_node.archive.name_index import narrowed_here
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Instance, Series, Study
from dicom_node.keeping.unsound import damaged_here
from dicom_node.query.identifier import Filters
from dicom_node.query.model import Level

PAGE_ROWS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """One answer's rows; those below the level asked for are None.

    `totals`: how many studies, series and instances the patient has. `sop_classes`: of the study.
    """

    study: Study
    series: Series | None = None
    instance: Instance | None = None
    totals: tuple[int, int, int] = (0, 0, 0)
    sop_classes: list[str] = field(default_factory=list)


class Index:
    """The index as one caller may see it."""

    def __init__(self, engine: Engine, scope: StudyScope) -> None:
        self._engine, self._scope = engine, scope

    def keys(self, level: Level, filters: Filters, limit: int) -> list[str]:
        """The keys of at most `limit` matches, in the order in which they are answered."""
        with sync_transaction(self._engine) as session:
            studies = narrowed_here(session, self._scope, filters.studies)
            if studies is None:
                return []
            conditions = _conditions(level, replace(filters, studies=studies))
            question = QUESTIONS[level]().where(visible(self._scope), *conditions).limit(limit)
            rows = [tuple(row) for row in session.execute(question)]
        newest_first = level in {Level.PATIENT, Level.STUDY}
        rows.sort(key=lambda row: [_sortable(value) for value in row[1:]], reverse=newest_first)
        return [str(row[0]) for row in rows]

    def kinds(self, filters: Filters, limit: int) -> list[tuple[str, str]]:
        """SOP class and transfer syntax of the instances that match, each pair once, at most `limit`."""
        question = (
            select(Instance.sop_class_uid, Instance.transfer_syntax_uid)
            .join(Series, Instance.series_key == Series.series_key)
            .join(Study, Series.study_key == Study.study_key)
            .where(visible(self._scope), *_conditions(Level.IMAGE, filters))
            .distinct()
            .limit(limit)
        )
        with sync_transaction(self._engine) as session:
            return sorted((row[0], row[1]) for row in session.execute(question))

    def damaged(self, object_keys: Sequence[str]) -> set[str]:
        """Those of the keys whose objects are known to be damaged."""
        return damaged_here(self._engine, object_keys)

    def page(self, level: Level, keys: Sequence[str], *, sop_classes: bool) -> list[Match]:
        """The matches of these keys, in their order; those that have gone meanwhile are left out."""
        with sync_transaction(self._engine) as session:
            found = {match_key(match): match for match in self._matches(session, level, keys)}
            if level is Level.PATIENT:
                found = self._with_totals(session, found)
            elif level is Level.STUDY and sop_classes:
                found = _with_sop_classes(session, found)
            session.expunge_all()
        return [found[key] for key in keys if key in found]

    def _matches(self, session: Session, level: Level, keys: Sequence[str]) -> list[Match]:
        within = visible(self._scope)
        if level <= Level.STUDY:
            studies = session.scalars(select(Study).where(within, Study.study_key.in_(keys)))
            return [Match(study=study) for study in studies]
        if level is Level.SERIES:
            rows = session.execute(
                select(Study, Series)
                .join(Series, Series.study_key == Study.study_key)
                .where(within, Series.series_key.in_(keys))
            )
            return [Match(study=study, series=series) for study, series in rows]
        found = session.execute(
            select(Study, Series, Instance)
            .join(Series, Series.study_key == Study.study_key)
            .join(Instance, Instance.series_key == Series.series_key)
            .where(within, Instance.instance_key.in_(keys))
            .options(
                defer(Instance.metadata_json, raiseload=True), defer(Instance.frame_offsets, raiseload=True)
            )
        )
        return [Match(study=study, series=series, instance=one) for study, series, one in found]

    def _with_totals(self, session: Session, found: dict[str, Match]) -> dict[str, Match]:
        """Each patient's numbers of studies, series and instances."""
        whose = (Study.institution_id, Study.issuer_of_patient_id, Study.patient_id)
        patient_ids = [match.study.patient_id for match in found.values()]
        rows = session.execute(
            select(*whose, func.count(), func.sum(Study.series_count), func.sum(Study.instance_count))
            .where(visible(self._scope), Study.patient_id.in_(patient_ids))
            .group_by(*whose)
        )
        totals = {tuple(row[:3]): (int(row[3]), int(row[4]), int(row[5])) for row in rows}
        return {
            key: Match(study=match.study, totals=totals.get(_patient(match.study), (0, 0, 0)))
            for key, match in found.items()
        }


def _patient(study: Study) -> tuple[str, str, str]:
    return study.institution_id, study.issuer_of_patient_id, study.patient_id


def _with_sop_classes(session: Session, found: dict[str, Match]) -> dict[str, Match]:
    classes: dict[str, list[str]] = {}
    rows = session.execute(
        select(Series.study_key, Instance.sop_class_uid)
        .join(Instance, Instance.series_key == Series.series_key)
        .where(Series.study_key.in_(list(found)))
        .distinct()
    )
    for study_key, sop_class_uid in rows:
        classes.setdefault(study_key, []).append(sop_class_uid)
    return {
        key: Match(study=match.study, sop_classes=sorted(classes.get(key, ())))
        for key, match in found.items()
    }


def match_key(match: Match) -> str:
    """The key of a match's own row."""
    if match.instance is not None:
        return match.instance.instance_key
    return match.study.study_key if match.series is None else match.series.series_key


def _sortable(value: object) -> tuple[bool, Any]:
    """None after all numbers and texts."""
    return value is None, value if value is not None else 0


def _patients() -> Select[*tuple[Any, ...]]:
    """One study stands for each patient; studies without a Patient ID are nobody's here."""
    newest = func.max(Study.study_key)
    return (
        select(newest, newest)
        .where(Study.patient_id != "")
        .group_by(Study.institution_id, Study.issuer_of_patient_id, Study.patient_id)
    )


def _studies() -> Select[*tuple[Any, ...]]:
    return select(Study.study_key, Study.study_date, Study.study_time, Study.study_key)


def _series() -> Select[*tuple[Any, ...]]:
    return select(Series.series_key, Series.study_key, Series.series_number, Series.series_key).join(
        Study, Series.study_key == Study.study_key
    )


def _instances() -> Select[*tuple[Any, ...]]:
    return (
        select(Instance.instance_key, Instance.series_key, Instance.instance_number, Instance.instance_key)
        .join(Series, Instance.series_key == Series.series_key)
        .join(Study, Series.study_key == Study.study_key)
    )


QUESTIONS = {Level.PATIENT: _patients, Level.STUDY: _studies, Level.SERIES: _series, Level.IMAGE: _instances}


def _conditions(level: Level, filters: Filters) -> list[ColumnElement[bool]]:
    below = series_conditions(filters.series) if level >= Level.SERIES else []
    lowest = instance_conditions(filters.instances) if level is Level.IMAGE else []
    return [*study_conditions(filters.studies), *below, *lowest]
