"""Where an object's file lies in the object store: named by its own SHA-256, never by a UID.

A name made from outside text could leave its folder or collide after sanitising; a hash cannot,
and it makes equal files one file and a damaged file visible (`sha256sum` against its name).
"""

from hashlib import sha256

SHA256_HEX = 64


def object_key(file_sha256: str) -> str:
    """The key `dicom/<2 hex>/<sha256>.dcm` of a Part 10 file with this SHA-256 (lower-case hex)."""
    return f"dicom/{file_sha256[:2]}/{file_sha256}.dcm"


def quarantine_key(file_sha256: str) -> str:
    """The key of a refused object, kept apart so that nothing serves it by accident."""
    return f"quarantine/{file_sha256[:2]}/{file_sha256}.bin"


def sha256_in(key: str) -> str:
    """The SHA-256 that the name `key` promises; '' when it promises none."""
    stem = key.rsplit("/", 1)[-1].split(".", 1)[0]
    return stem if len(stem) == SHA256_HEX and set(stem) <= set("0123456789abcdef") else ""


def is_intact(key: str, content: bytes) -> bool:
    """True when `content` is what the name `key` promises."""
    return sha256(content).hexdigest() == sha256_in(key)
