"""How the stored objects are, in Prometheus text form."""

from collections.abc import Iterator
from datetime import datetime

from dicom_node.keeping.queries import Figures


def _gauge(name: str, words: str, value: float) -> str:
    return f"# HELP {name} {words}\n# TYPE {name} gauge\n{name} {value}"


def _lines(found: Figures, now: datetime) -> Iterator[str]:
    yield _gauge("lianzhen_objects_missing", "Stored objects found to be missing.", found.missing)
    yield _gauge("lianzhen_objects_damaged", "Stored objects found to be damaged.", found.damaged)
    yield _gauge("lianzhen_objects_unsent", "Objects that the bucket does not have yet.", found.unsent)
    yield _gauge("lianzhen_objects_unsent_bytes", "Bytes of these.", found.unsent_bytes)
    yield _gauge("lianzhen_objects_send_failed", "Of these, those that failed already.", found.failed)
    if found.round_began_at is not None:
        age = (now - found.round_began_at).total_seconds()
        words = "Time since the newest round of reading everything again began."
        yield _gauge("lianzhen_objects_check_age_seconds", words, round(age))


def exposition(found: Figures, now: datetime) -> str:
    """The figures of keeping, for all processes together."""
    return "\n".join(_lines(found, now)) + "\n"
