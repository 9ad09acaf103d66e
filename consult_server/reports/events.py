"""What reports publish."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class ReportSigned(Event):
    """A version of a report has been signed; `sha256` names its canonical bytes."""

    name: ClassVar[str] = "consult.report_signed"
    consult_id: str
    report_id: str
    report_version: int
    sha256: str
    institution_ids: list[str]
