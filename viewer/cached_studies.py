"""What the cache holds of which study, so that it goes when the study does. Calls block: use threads.

Folders of the cache are named by content or by keys of our own, which nobody knows any more once a study's
rows are gone. So each study has a folder of notes, an empty file for each folder that was made of it. Of
two copies of a study that share one, the other's is made again when it is read.
"""

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from dicom_node.archive.tables import Study

NOTES = "studies"
FRAMES, METADATA = "frames", "metadata"
logger = logging.getLogger(__name__)


class CachedStudies:
    """Notes below one cache folder."""

    def __init__(self, cache_folder: Path) -> None:
        self._cache = cache_folder

    def note(self, study: Study, kind: str, groups: Iterable[str]) -> bool:
        """These folders of a kind are made of `study`, or soon will be. False when the disk takes no note."""
        notes = self._notes(study.institution_id, study.study_instance_uid)
        try:
            notes.mkdir(mode=0o700, parents=True, exist_ok=True)
            for group in groups:
                (notes / f"{kind}.{group}").touch(mode=0o600)
        except OSError as error:
            logger.warning("cache.not_noted", extra={"reason": type(error).__name__, "errno": error.errno})
            return False
        return True

    def forget(self, institution_id: str, study_instance_uid: str) -> None:
        """Remove all that was made of one institution's copy of a study; nothing of it need be there."""
        notes = self._notes(institution_id, study_instance_uid)
        if not notes.is_dir():
            return
        for note in list(notes.iterdir()):
            kind, _, group = note.name.partition(".")
            shutil.rmtree(self._cache / kind / group, ignore_errors=True)
            note.unlink(missing_ok=True)
        shutil.rmtree(notes, ignore_errors=True)

    def _notes(self, institution_id: str, study_instance_uid: str) -> Path:
        return self._cache / NOTES / f"{institution_id}.{study_instance_uid}"
