"""How the stored objects are, where machines read it: /metrics and the health page of the node."""

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from dicom_node.archive.verification import Integrity
from dicom_node.exposition import exposition_now
from dicom_node.keeping import damages, queries
from dicom_node.keeping.metrics import exposition
from tests.dicom_node.keeping.conftest import Warehouse


def figures_in(text: str) -> dict[str, float]:
    """Every sample of the exposition by name."""
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_waits_and_what_is_not_whole_is_counted(warehouse: Warehouse) -> None:
    now = warehouse.clock.now()
    warehouse.bucket.is_away = True
    warehouse.store_one(b"three")
    warehouse.send_all()
    warehouse.ingest.run(lambda c, at: damages.found(c, "dicom/a", Integrity.MISSING, None, at))
    warehouse.ingest.run(lambda c, at: damages.found(c, "dicom/b", Integrity.DAMAGED, None, at))
    warehouse.ingest.run(
        lambda c, at: damages.found(c, "dicom/c", Integrity.DAMAGED, damages.Mended.BY_OTHER_COPY, at)
    )
    warehouse.ingest.run(damages.begin)
    found = figures_in(exposition(queries.figures_now(warehouse.reader), now + timedelta(hours=1)))
    assert found == {
        "lianzhen_objects_missing": 1,
        "lianzhen_objects_damaged": 1,
        "lianzhen_objects_unsent": 1,
        "lianzhen_objects_unsent_bytes": len(b"three"),
        "lianzhen_objects_send_failed": 1,
        "lianzhen_objects_check_age_seconds": 3600,
    }
    assert queries.figures_now(warehouse.reader).facts() == {"missing": 1, "damaged": 1, "unsent": 1}


def test_before_the_first_round_its_age_is_not_told(small_warehouse: Warehouse) -> None:
    found = figures_in(exposition_now(small_warehouse.reader, small_warehouse.clock.now()))
    assert "lianzhen_objects_check_age_seconds" not in found
    assert found["lianzhen_objects_missing"] == 0
