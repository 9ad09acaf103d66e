"""Metadata of a study, series or instance as DICOM JSON (PS3.18 10.4), from what was made at intake.

Each instance's document is stored compressed; an answer is their concatenation, with the address
of the object put before the placeholders of its bulk values. A series' answer is kept compressed
in the cache until the series changes, and sent as it is.
"""

import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path

from config.kernel.ids import new_id
from dicom_node.archive.tables import Instance, Series, Study
from viewer.attributes import json_text

PLACEHOLDER = b'"BulkDataURI":"bulk/'
GZIP_LEVEL = 5


def instance_document(study_uid: str, series_uid: str, instance: Instance, root: str) -> bytes:
    """One instance's metadata as a JSON object. `root` is the absolute address of the DICOMweb root."""
    address = instance_address(root, study_uid, series_uid, instance.sop_instance_uid)
    document = json_text(instance.metadata_json)
    return document.replace(PLACEHOLDER, f'"BulkDataURI":"{address}/bulkdata/'.encode())


def instance_address(root: str, study_uid: str, series_uid: str, sop_uid: str) -> str:
    """The address of an instance."""
    return f"{root}/studies/{study_uid}/series/{series_uid}/instances/{sop_uid}"


def array(documents: Iterable[bytes]) -> bytes:
    """JSON objects as one JSON array."""
    return b"[" + b",".join(documents) + b"]"


def root_tag(root: str) -> str:
    """A short name for an address of the DICOMweb root: the same object says other addresses elsewhere."""
    return hashlib.sha256(root.encode()).hexdigest()[:12]


def version_tag(series: Iterable[Series], root: str) -> str:
    """An ETag that changes whenever one of the series does (RFC 9110 8.8.3)."""
    facts = ";".join(f"{s.series_key}.{s.version}.{s.instance_count}" for s in series)
    return f'"{hashlib.sha256(f"{root};{facts}".encode()).hexdigest()[:32]}"'


class MetadataCache:
    """Compressed series answers below one folder; anything in it may be deleted at any time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, series: Series, root: str) -> Path:
        return (
            self._folder
            / f"{series.series_key}.{root_tag(root)}.{series.version}-{series.instance_count}.json.gz"
        )

    def find(self, series: Series, root: str) -> bytes | None:
        """The gzip answer for this state of the series, if it is kept."""
        try:
            return self._path(series, root).read_bytes()
        except FileNotFoundError:
            return None

    def make(self, study: Study, series: Series, instances: list[Instance], root: str) -> bytes:
        """The gzip answer, made and kept if these are all instances of this state of the series."""
        documents = (
            instance_document(study.study_instance_uid, series.series_instance_uid, i, root)
            for i in instances
        )
        answer = gzip.compress(array(documents), GZIP_LEVEL, mtime=0)
        if len(instances) == series.instance_count:
            self._keep(self._path(series, root), answer)
        return answer

    def _keep(self, path: Path, answer: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f".{new_id()}"
        draft.write_bytes(answer)
        draft.rename(path)
        state = path.name.rsplit(".", 3)[0]
        for older in self._folder.glob(f"{state}.*"):
            if older != path:
                older.unlink(missing_ok=True)
