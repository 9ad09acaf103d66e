"""One copy of an object, hashed in pieces, and one object carried from the folder to the bucket."""

from hashlib import sha256

from config.kernel.objects import ObjectStore, StoreFailed
from config.spooled_objects import SpooledObjects
from dicom_node.archive.files import sha256_in

PIECE_BYTES = 4 * 1024 * 1024


class LocalCopyDamaged(StoreFailed):
    """The local copy is not what was received; it is not sent on."""

    code = "objects.local_damaged"


class BucketDiffers(StoreFailed):
    """The bucket gave back other bytes than it was sent."""

    code = "objects.bucket_differs"


def digest_of(objects: ObjectStore, key: str, size: int) -> str:
    """The SHA-256 of the object `key` if it has `size` bytes, '' if not; one piece held at a time.

    Raises ObjectMissing and StoreFailed.
    """
    digest, place = sha256(), 0
    while place < size or not place:
        stop = min(place + PIECE_BYTES, size)
        # One byte more than there should be, to see that nothing follows; one byte before, because a
        # bucket refuses a range that begins at an object's end.
        before, after = int(place > 0), int(stop == size)
        piece = memoryview(objects.read(key, place - before, stop + after))[before:]
        if len(piece) != stop - place:
            return ""
        digest.update(piece)
        if stop == size:
            break
        place = stop
    return digest.hexdigest()


def carry(store: SpooledObjects, key: str, size: int) -> None:
    """Send one object on and read it back; when this returns the bucket has it whole.

    Raises LocalCopyDamaged, BucketDiffers (what differs is deleted), StoreFailed, or ObjectMissing when
    the folder has no such object.
    """
    digest = digest_of(store.local, key, size)
    if not digest or digest != (sha256_in(key) or digest):
        raise LocalCopyDamaged(key=key)
    store.remote.adopt(key, store.local.root / key)
    if digest_of(store.remote, key, size) != digest:
        store.remote.delete(key)
        raise BucketDiffers(key=key)
