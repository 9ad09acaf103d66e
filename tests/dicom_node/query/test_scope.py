"""Each question to the index keeps to the asker's institution by itself: none relies on another's filter."""

import pytest

from config.kernel.database import open_sync_engine
from dicom_node.archive.matching import ANY_INSTANCE, ANY_SERIES, ANY_STUDY
from dicom_node.archive.scope import StudyScope
from dicom_node.query.identifier import Filters
from dicom_node.query.model import Level
from dicom_node.query.queries import Index
from tests.dicom_node.asking import CITY, COUNTY, Place

ALL = Filters(studies=ANY_STUDY, series=ANY_SERIES, instances=ANY_INSTANCE)


@pytest.mark.parametrize("level", Level)
def test_every_question_keeps_to_the_scope_by_itself(place: Place, level: Level) -> None:
    place.send()
    engine = open_sync_engine(place.url, writes=False)
    own, foreign = (Index(engine, StudyScope(institution_ids=frozenset({who}))) for who in (COUNTY, CITY))
    (key,) = own.keys(level, ALL, 10)
    assert len(own.page(level, [key], sop_classes=True)) == 1
    assert len(own.kinds(ALL, 10)) == 1
    assert foreign.keys(level, ALL, 10) == []
    assert foreign.page(level, [key], sop_classes=True) == []
    assert foreign.kinds(ALL, 10) == []
    engine.dispose()
