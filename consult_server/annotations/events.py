"""What marks publish."""

from dataclasses import dataclass, field
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class AnnotationsChanged(Event):
    """A mark on a study was made, changed or removed. Says neither what nor by whom: receivers fetch it."""

    name: ClassVar[str] = "annotations.changed"
    study_instance_uid: str
    institution_ids: list[str] = field(default_factory=list)
