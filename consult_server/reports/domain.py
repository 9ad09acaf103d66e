"""When a report may be changed, read and signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from config.kernel.errors import Conflict, Invalid, NotFound, Unavailable


@dataclass(frozen=True, kw_only=True)
class MeasurementLink:
    """A value in a section's text, and the mark on the images that it was measured by."""

    section: str
    text: str
    study_instance_uid: str
    annotation_id: str


class ReportStatus(StrEnum):
    """FHIR DiagnosticReport.status, as far as it goes here."""

    DRAFT = "draft"
    FINAL = "final"


class ReportNotFound(NotFound):
    """There is no report to see here."""

    code = "reports.not_found"


class ReportSealed(Conflict):
    """A signed report never changes."""

    code = "reports.sealed"


class ReportNotOpen(Conflict):
    """The reading has not begun, or has ended."""

    code = "reports.not_open"


class ReportIncomplete(Invalid):
    """The report lacks a part that must be filled before signing."""

    code = "reports.incomplete"


class PageDamaged(Unavailable):
    """The stored page is no longer the one that was signed; it is not handed out."""

    code = "reports.page_damaged"


def missing_parts(required: Sequence[str], sections: Mapping[str, str]) -> list[str]:
    """The required sections that are still empty, in the template's order."""
    return [key for key in required if not sections.get(key, "").strip()]


def standing_links(links: Sequence[MeasurementLink], sections: Mapping[str, str]) -> list[MeasurementLink]:
    """The links whose value still stands in its section, each once: the text says what was measured."""
    standing = [link for link in links if link.text in sections.get(link.section, "")]
    return list(dict.fromkeys(standing))
