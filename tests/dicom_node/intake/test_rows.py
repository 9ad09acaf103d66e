"""Rows of objects that are committed together are the rows of the same objects committed one by one."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from config.kernel.database import open_sync_engine
from dicom_node.archive.tables import Instance, Quarantine, Series, Study, outbox
from dicom_node.intake.errors import SameUidOtherContent
from dicom_node.intake.parse import facts_of, syntax_of
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Received, Source
from dicom_node.intake.rows import Arrival, Outcome, store_all
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MODALITIES = ("CT", "MR", "PT")


class Sent(NamedTuple):
    """What a sender chose: which institution, study, series and instance, and which version of the bytes."""

    institution: int
    study: int
    series: int
    instance: int
    version: int


def arrival(sent: Sent) -> Arrival:
    """The arrival of this object."""
    study, series = f"1.2.{sent.study + 1}", f"1.2.{sent.study + 1}.{sent.series + 1}"
    instance = f"1.9.{sent.instance + 1}"
    raw = dataset_bytes(
        a_ct(
            SOPInstanceUID=instance,
            StudyInstanceUID=study,
            SeriesInstanceUID=series,
            Modality=MODALITIES[sent.series],
            InstanceNumber=str(sent.instance),
            AccessionNumber=f"V{sent.version}",
        )
    )
    digest = sha256(raw).hexdigest()
    return Arrival(
        source=Source(
            institution_id=f"institution{sent.institution}", ae_title="COUNTY", issuer_of_patient_id=""
        ),
        received=Received(
            path=Path("unused"),
            announced=Announced(sop_class_uid=CT, sop_instance_uid=instance, transfer_syntax_uid=EXPLICIT),
            dataset_offset=0,
            file_bytes=len(raw),
            file_sha256=digest,
            dataset_sha256=digest,
        ),
        object_key=f"dicom/{digest[:2]}/{digest}.dcm",
        facts=facts_of(raw, 0, syntax_of(EXPLICIT)),
    )


def empty(engine: Engine) -> None:
    """Take every row away again."""
    with engine.begin() as connection:
        for table in (Instance, Series, Study, Quarantine):
            connection.execute(delete(table))
        connection.execute(delete(outbox.table))


def picture(engine: Engine) -> dict[str, object]:
    """What the index says, without the keys that are made up anew each time."""
    with Session(engine) as session:
        studies = session.scalars(select(Study))
        places = session.execute(
            select(Study, Series, Instance)
            .join(Series, Series.study_key == Study.study_key)
            .join(Instance, Instance.series_key == Series.series_key)
        )
        return {
            "studies": sorted(
                (
                    s.institution_id,
                    s.study_instance_uid,
                    s.series_count,
                    s.instance_count,
                    s.byte_count,
                    tuple(s.modalities),
                )
                for s in studies
            ),
            "series": sorted(
                (s.series_instance_uid, s.modality, s.instance_count, s.version)
                for s in session.scalars(select(Series))
            ),
            "instances": sorted(
                (
                    a.institution_id,
                    a.study_instance_uid,
                    b.series_instance_uid,
                    c.sop_instance_uid,
                    c.object_key,
                )
                for a, b, c in places
            ),
            "conflicts": Counter(
                (q.institution_id, q.sop_instance_uid, q.reason_code, q.object_key)
                for q in session.scalars(select(Quarantine))
            ),
            "announced": session.scalar(select(func.count()).select_from(outbox.table)),
        }


def told(engine: Engine, batches: Sequence[Sequence[Sent]]) -> tuple[list[Outcome], dict[str, object]]:
    """The outcomes of these batches on an empty index, and what it then says."""
    empty(engine)
    outcomes: list[Outcome] = []
    for batch in batches:
        with engine.begin() as connection:
            outcomes += store_all(connection, [arrival(sent) for sent in batch], NOW)
    return outcomes, picture(engine)


OBJECTS = st.builds(
    Sent,
    institution=st.integers(0, 1),
    study=st.integers(0, 1),
    series=st.integers(0, 2),
    instance=st.integers(0, 3),
    version=st.integers(0, 1),
)


@given(sent=st.lists(OBJECTS, min_size=1, max_size=10), cut=st.integers(0, 10))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_together_is_as_one_by_one(database_url: str, sent: list[Sent], cut: int) -> None:
    engine = open_sync_engine(database_url)
    try:
        singly = told(engine, [[each] for each in sent])
        together = told(engine, [batch for batch in (sent[:cut], sent[cut:]) if batch])
        assert together == singly
    finally:
        engine.dispose()


@pytest.mark.parametrize("batch_size", [1, 5])
def test_one_instance_in_two_studies_begins_only_the_first(sqlite_url: str, batch_size: int) -> None:
    """The second would be a study without an object, announced to the product."""
    sent = [Sent(0, study, 0, 1, 0) for study in (0, 1)]
    engine = open_sync_engine(sqlite_url)
    outcomes, seen = told(engine, [sent[n : n + batch_size] for n in range(0, len(sent), batch_size)])
    engine.dispose()
    assert outcomes == [Outcome.STORED, Outcome.OTHER_CONTENT]
    assert [study[1] for study in seen["studies"]] == ["1.2.1"]  # type: ignore[attr-defined]
    assert seen["announced"] == 1


def test_a_conflict_among_neighbours_is_recorded_and_the_first_stays(sqlite_url: str) -> None:
    engine = open_sync_engine(sqlite_url)
    first, other = Sent(0, 0, 0, 1, 0), Sent(0, 0, 0, 1, 1)
    outcomes, seen = told(engine, [[first, other, first]])
    engine.dispose()
    assert outcomes == [Outcome.STORED, Outcome.OTHER_CONTENT, Outcome.ALREADY_THERE]
    assert seen["conflicts"] == Counter(
        {("institution0", "1.9.2", SameUidOtherContent.code, arrival(other).object_key): 1}
    )
    assert [instance[-1] for instance in seen["instances"]] == [arrival(first).object_key]  # type: ignore[attr-defined]
