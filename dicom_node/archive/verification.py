"""Is a stored object still what was received: its bytes read again and hashed again, in pieces.

Two witnesses, from two places: the file's SHA-256 is its name in the store, the data set's is in the
index. An object that both confirm is whole; one that either contradicts is not.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from config.kernel.objects import ObjectMissing, ObjectStore
from dicom_node.archive.files import sha256_in
from dicom_node.archive.reader import CHUNK_BYTES


class Integrity(StrEnum):
    """What was found under an object's key."""

    INTACT = "intact"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What the index says of an object: its size, where its data set begins, and that data set's SHA-256."""

    object_bytes: int
    dataset_offset: int
    dataset_sha256: str


def verified(objects: ObjectStore, key: str, expected: Expected) -> Integrity:
    """Read the object `key` to its end and say what it is, holding one piece of CHUNK_BYTES at a time.

    Raises StoreFailed when the store does not give its bytes: then nobody knows.
    """
    of_file, of_dataset, place = sha256(), sha256(), 0
    while place < expected.object_bytes:
        stop = min(place + CHUNK_BYTES, expected.object_bytes)
        # One byte before, for a bucket refuses a range that begins at an object's end; after the last
        # piece one more, for a file that grew is no longer itself.
        before, after = int(place > 0), int(stop == expected.object_bytes)
        try:
            piece = memoryview(objects.read(key, place - before, stop + after))[before:]
        except ObjectMissing:
            return Integrity.MISSING
        if len(piece) != stop - place:
            return Integrity.DAMAGED
        of_file.update(piece)
        of_dataset.update(piece[max(0, expected.dataset_offset - place) :])
        place = stop
    found = (of_file.hexdigest(), of_dataset.hexdigest())
    return Integrity.INTACT if found == (sha256_in(key), expected.dataset_sha256) else Integrity.DAMAGED
