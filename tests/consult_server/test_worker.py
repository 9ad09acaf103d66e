"""What the archive says reaches what was made of its images."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from config.kernel.envelope import Envelope
from consult_server.worker import remove_images
from dicom_node.archive.tables import Study
from dicom_node.events import StudyWithdrawn
from viewer.block_cache import BlockCache
from viewer.cached_studies import FRAMES, CachedStudies
from viewer.packs import ImagePorts, Packs


async def test_a_withdrawn_study_takes_its_packs_along(tmp_path: Path) -> None:
    kept = BlockCache(tmp_path / FRAMES)
    for uid, pack in (("1.2", "p1"), ("1.3", "p2")):
        kept.write(pack, "0", b"block")
        study = SimpleNamespace(institution_id="county", study_instance_uid=uid)
        CachedStudies(tmp_path).note(cast("Study", study), FRAMES, [pack])
    async with Packs(cast("ImagePorts", SimpleNamespace(cache_folder=tmp_path, objects=None))) as packs:
        payload = {"institution_id": "county", "study_instance_uid": "1.2"}
        said = Envelope(event_id="e1", name=StudyWithdrawn.name, occurred_at="", payload=payload)
        await remove_images(packs)(said)
    assert (kept.has("p1", "0"), kept.has("p2", "0")) == (False, True)
