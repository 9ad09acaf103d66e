"""A report as it was signed: one frozen value, its canonical bytes and their digest.

The canonical form is JSON after RFC 8785 (keys sorted, no white space, UTF-8), so that the same
report always gives the same bytes, and any change of any field another SHA-256. What is printed,
verified and sent back is a pure function of these bytes.
"""

import calendar
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from config.kernel.errors import Invalid, TooLarge
from consult_server.consults.domain import CaseKind, ServiceLine

FORMAT = "lianzhen.report/1"
CHARACTERS_MAX = 100_000
NEWBORN_DAYS = 28
MONTHS_UNTIL_YEARS = 2
YEARS_WITH_MONTHS_UNTIL = 6


class DocumentUnreadable(Invalid):
    """The report document does not follow its form."""

    code = "reports.document_unreadable"


class DocumentTooLong(TooLarge):
    """The report is longer than a report may be."""

    code = "reports.document_too_long"


class DocumentStatus(StrEnum):
    """How far the text is vouched for (FHIR DiagnosticReport.status words, `draft` before them)."""

    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the text. `label` is the heading as it is printed."""

    key: str
    label: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """Who answers for the text and since when; `at` knows its offset from UTC."""

    name: str
    title: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportDocument:
    """Everything a report says.

    Institutions are printed as given; the invited one is who diagnoses. `patient_name_latin` stands
    beside the name when the typeface lacks one of its characters. `sections` holds findings and
    whatever else the template has, without impression and recommendation. `verify_url` is where the
    report can be checked; '' when there is no such page. All moments know their offset from UTC and
    are printed in it. Raises DocumentUnreadable for a moment that does not, DocumentTooLong.
    """

    title: str
    case_kind: CaseKind
    service_line: ServiceLine
    institution_inviting: str
    institution_invited: str
    patient_name: str
    patient_name_latin: str
    patient_sex: Literal["M", "F", "O"]
    patient_birth_date: date
    patient_id: str
    item: str
    accession_number: str
    study_instance_uid: str
    study_at: datetime | None
    clinical_question: str
    sections: tuple[Section, ...]
    impression: str
    recommendation: str
    positive: bool | None
    reporter: Signatory
    signer: Signatory | None
    version: int
    number: str
    status: DocumentStatus
    verify_url: str
    language: Literal["zh-CN", "en"]
    demonstration: bool

    def __post_init__(self) -> None:
        for moment in moments(self):
            if moment.utcoffset() is None:
                raise DocumentUnreadable(reason="a moment without its offset from UTC")
        if sum(map(len, _texts(self))) > CHARACTERS_MAX:
            raise DocumentTooLong(characters_max=CHARACTERS_MAX)

    @property
    def age(self) -> str:
        """The age on the day of the study, else of the report, in the page's language."""
        on = self.study_at or self.reporter.at
        return age_text(self.patient_birth_date, on.date(), self.language)


_READER: TypeAdapter[ReportDocument] = TypeAdapter(ReportDocument)


def moments(document: ReportDocument) -> list[datetime]:
    """Every moment the document names."""
    signed = [document.signer.at] if document.signer else []
    studied = [document.study_at] if document.study_at else []
    return [*studied, document.reporter.at, *signed]


def _texts(document: ReportDocument) -> Iterator[str]:
    for section in document.sections:
        yield from (section.key, section.label, section.text)
    for field in fields(document):
        value = getattr(document, field.name)
        if isinstance(value, str):
            yield value


def canonical_bytes(document: ReportDocument) -> bytes:
    """The document as RFC 8785 JSON. Raises DocumentUnreadable for text that is not Unicode."""
    content = {"format": FORMAT, **asdict(document)}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DocumentUnreadable(reason="text that is not Unicode") from error


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def read_document(canonical: bytes) -> ReportDocument:
    """The document of these canonical bytes. Raises DocumentUnreadable when they are anything else."""
    try:
        content = json.loads(canonical)
        if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
            raise DocumentUnreadable(reason="another format")
        document = _READER.validate_json(json.dumps(content))
    except (ValueError, RecursionError, ValidationError) as error:
        raise DocumentUnreadable(reason="not a report") from error
    if canonical_bytes(document) != canonical:
        raise DocumentUnreadable(reason="not in canonical form")
    return document


def content_sha256(document: ReportDocument) -> str:
    """The SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return sha256(canonical_bytes(document)).hexdigest()


def verification_payload(document: ReportDocument) -> str:
    """What the printed QR code says: where to check, and the digest to check against.

    It names nobody. The digest stands in the fragment, which browsers do not send to the server.
    """
    place = document.verify_url or f"urn:lianzhen:report:{document.number}:{document.version}"
    return f"{place}#sha256={content_sha256(document)}"


def age_text(birth_date: date, on: date, language: str) -> str:
    """An age the way documents say it: days under 28 days, months under 2 years, years and months
    under 6, else years; '' when the birth lies after `on`.
    """
    days = (on - birth_date).days
    if days < 0:
        return ""
    months = _whole_months(birth_date, on)
    years, rest = divmod(months, 12)
    chinese = language != "en"
    if days < NEWBORN_DAYS:
        return f"{days}天" if chinese else f"{days} d"
    if years < MONTHS_UNTIL_YEARS:
        return f"{months}个月" if chinese else f"{months} mo"
    if years < YEARS_WITH_MONTHS_UNTIL and rest:
        return f"{years}岁{rest}个月" if chinese else f"{years} y {rest} mo"
    return f"{years}岁" if chinese else f"{years} y"


def _whole_months(birth_date: date, on: date) -> int:
    """Whole months lived; who was born on the 31st completes a short month on its last day."""
    months = (on.year - birth_date.year) * 12 + on.month - birth_date.month
    due = min(birth_date.day, calendar.monthrange(on.year, on.month)[1])
    return months if on.day >= due else months - 1
