"""What consults publish."""

from dataclasses import dataclass, field
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class ConsultChanged(Event):
    """A consult has a new version. Carries no clinical content: receivers fetch it."""

    name: ClassVar[str] = "consult.changed"
    consult_id: str
    version: int
    verb: str
    status: str
    urgency: str
    institution_ids: list[str] = field(default_factory=list)
