"""Metadata of a study, series or instance as DICOM JSON (PS3.18 10.4), from what was made at intake.

Each instance's document is stored compressed; an answer is their concatenation, with the address
of the object put before the placeholders of its bulk values. A series' answer is kept compressed
in the cache until the series changes, and sent as it is.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path

from config.kernel.limits import GIB, MIB
from dicom_node.archive.queries import Documented
from dicom_node.archive.tables import Instance, Series, Study
from viewer.attributes import json_text
from viewer.block_cache import BlockCache

PLACEHOLDER = b'"BulkDataURI":"bulk/'
GZIP_LEVEL = 3
BYTES_MAX = 2 * GIB
MEMORY_BYTES_MAX = 64 * MIB


def instance_document(study_uid: str, series_uid: str, instance: Instance | Documented, root: str) -> bytes:
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


def version_tag(series: Iterable[Series], root: str, media_type: str) -> str:
    """An ETag that changes whenever one of the series does (RFC 9110 8.8.3); codings share it, hence weak."""
    facts = ";".join(f"{s.series_key}.{s.version}.{s.instance_count}" for s in series)
    return f'W/"{hashlib.sha256(f"{root};{media_type};{facts}".encode()).hexdigest()[:32]}"'


class MetadataCache:
    """Compressed series answers below one folder, the latest in memory too; always rebuildable.

    One series has one answer for each address of the root; those of earlier states go when a new
    one is kept, and the least recently used ones when the folder or the memory is full.
    """

    def __init__(
        self, folder: Path, *, bytes_max: int = BYTES_MAX, memory_bytes_max: int = MEMORY_BYTES_MAX
    ) -> None:
        self._folder, self._memory_bytes_max = folder, memory_bytes_max
        self._blocks = BlockCache(folder, bytes_max=bytes_max)
        self._memory: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._memory_bytes = 0
        self._lock = threading.Lock()

    def remembered(self, series: Series, root: str) -> bytes | None:
        """The gzip answer for this state of the series if it is in memory; does not block."""
        key = (series.series_key, _name(series, root))
        with self._lock:
            answer = self._memory.get(key)
            if answer is not None:
                self._memory.move_to_end(key)
        return answer

    def find(self, series: Series, root: str) -> bytes | None:
        """The gzip answer for this state of the series, if it is kept. Blocks."""
        answer = self._blocks.read(series.series_key, _name(series, root))
        if answer is not None:
            self._remember(series, root, answer)
        return answer

    def make(
        self,
        study: Study,
        series: Series,
        instances: Sequence[Instance | Documented],
        root: str,
        *,
        keep: bool = True,
    ) -> bytes:
        """The gzip answer, made, and kept if it may be and these are all instances of this state."""
        documents = (
            instance_document(study.study_instance_uid, series.series_instance_uid, i, root)
            for i in instances
        )
        answer = gzip.compress(array(documents), GZIP_LEVEL, mtime=0)
        if keep and len(instances) == series.instance_count:
            self._keep(series, root, answer)
        return answer

    def _keep(self, series: Series, root: str, answer: bytes) -> None:
        name = _name(series, root)
        self._blocks.write(series.series_key, name, answer)
        self._remember(series, root, answer)
        for older in (self._folder / series.series_key).glob(f"{root_tag(root)}.*"):
            if older.name != name:
                older.unlink(missing_ok=True)

    def _remember(self, series: Series, root: str, answer: bytes) -> None:
        with self._lock:
            replaced = self._memory.pop((series.series_key, _name(series, root)), b"")
            self._memory[series.series_key, _name(series, root)] = answer
            self._memory_bytes += len(answer) - len(replaced)
            while self._memory_bytes > self._memory_bytes_max:
                self._memory_bytes -= len(self._memory.popitem(last=False)[1])


def _name(series: Series, root: str) -> str:
    """The file of one state of a series below its own folder."""
    return f"{root_tag(root)}.{series.version}-{series.instance_count}.json.gz"
