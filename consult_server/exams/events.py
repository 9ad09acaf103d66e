"""What examinations publish."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class ExamChanged(Event):
    """An examination has a new version. Carries no clinical content: receivers fetch it."""

    name: ClassVar[str] = "exam.changed"
    institution_id: str
    exam_id: str
    version: int
    verb: str
    status: str
