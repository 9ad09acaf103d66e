"""The printed report: a pure function of the document, as PDF/A with its own typeface.

Typst sets the page. What people wrote is handed over as data and never as markup; the typeface
comes from a folder of ours and no font of the machine is looked at, so that the same document and
watermark give the same bytes everywhere.
"""

import io
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import segno
import typst

from config.kernel.errors import Unavailable
from consult_server.reports.document import (
    ReportDocument,
    Signatory,
    content_sha256,
    moments,
    verification_payload,
)
from consult_server.reports.glyphs import coverage, drawable, lacks
from consult_server.reports.page_texts import PAGE_TEXTS, PageTexts

SOURCE = Path(__file__).with_name("report.typ")
FONT_FILES = ("*400Regular.ttf", "*700Bold.ttf")
PDF_STANDARD: Final = "a-2a"


class ReportFontsMissing(Unavailable):
    """The typeface of the printed report is not where it should be."""

    code = "reports.fonts_missing"


class ReportPdfFailed(Unavailable):
    """The printed report could not be made."""

    code = "reports.pdf_failed"


@dataclass(frozen=True)
class Typeface:
    """A loaded typeface and the code points that all its weights can draw."""

    fonts: typst.Fonts
    covered: frozenset[int]


@lru_cache(maxsize=2)
def typeface(fonts_folder: Path) -> Typeface:
    """The report typeface found in `fonts_folder` or below it. Raises ReportFontsMissing.

    Loaded once for a process: 20 MB of outlines, 30 ms.
    """
    files = [next(iter(sorted(fonts_folder.rglob(pattern))), None) for pattern in FONT_FILES]
    found = [file for file in files if file is not None]
    if len(found) < len(FONT_FILES):
        raise ReportFontsMissing(files=list(FONT_FILES))
    folders: list[str] = [str(folder) for folder in dict.fromkeys(file.parent for file in found)]
    try:
        covered = frozenset.intersection(*(coverage(file) for file in found))
    except (OSError, ValueError, struct.error) as error:
        raise ReportFontsMissing(files=[file.name for file in found]) from error
    return Typeface(
        typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders), covered
    )


def warm_up(fonts_folder: Path) -> None:
    """Load the typeface into this process, so that the first page asked for is as fast as the next."""
    typeface(fonts_folder)


def watermark_for(document: ReportDocument) -> str | None:
    """The words across a page that is not the signed report; None for one that is."""
    return PAGE_TEXTS[document.language].watermarks.get(document.status)


def render_pdf(document: ReportDocument, *, fonts_folder: Path, watermark: str | None) -> bytes:
    """The document as A4 pages in PDF/A-2a, `watermark` across each when given.

    Not for several threads of one process at once: the typesetter is busy for the whole call.
    Raises ReportFontsMissing, ReportPdfFailed, DocumentUnreadable.
    """
    face = typeface(fonts_folder)
    page = json.dumps(_page(document, watermark, face.covered), ensure_ascii=False)
    try:
        compiler = typst.Compiler(
            SOURCE.read_bytes(), font_paths=face.fonts, ignore_system_fonts=True, sys_inputs={"page": page}
        )
        made = compiler.compile(format="pdf", pdf_standards=PDF_STANDARD, timestamp=_made_at(document))
    except typst.TypstError as error:
        raise ReportPdfFailed from error
    if not isinstance(made, bytes):
        raise ReportPdfFailed
    return made


def _made_at(document: ReportDocument) -> datetime:
    """The PDF's own date: the newest moment on the page, in whole seconds as ISO 32000 writes it."""
    return max(moments(document)).replace(microsecond=0)


def _page(document: ReportDocument, watermark: str | None, covered: frozenset[int]) -> dict[str, object]:
    """What the page shows, every text in characters that the typeface has."""
    texts = PAGE_TEXTS[document.language]
    language, _, region = document.language.partition("-")
    page: dict[str, object] = {
        "labels": {"page": texts.page, "qr": texts.qr},
        "lang": language,
        "region": region.lower() or None,
        "title": document.title,
        "author": document.institution_invited,
        "watermark": watermark,
        "mark": texts.demonstration if document.demonstration else None,
        "parties": texts.parties[document.case_kind].format(
            inviting=document.institution_inviting, invited=document.institution_invited
        ),
        "facts": list(_facts(document, texts, covered)),
        "identity": [
            _name(document, covered),
            texts.sexes[document.patient_sex],
            document.age,
            document.patient_id,
            document.accession_number,
        ],
        "number_line": _number_line(document, texts),
        "parts": list(_parts(document, texts)),
        "signatures": list(_signatures(document, texts)),
        "footer": list(_footer(document, texts)),
        "qr": _qr_svg(verification_payload(document)),
    }
    return {key: _all_drawable(value, covered) for key, value in page.items()}


def _all_drawable(value: object, covered: frozenset[int]) -> object:
    if isinstance(value, str):
        return drawable(value, covered)
    if isinstance(value, list):
        return [_all_drawable(item, covered) for item in value]
    if isinstance(value, dict):
        return {key: _all_drawable(item, covered) for key, item in value.items()}
    return value


def _name(document: ReportDocument, covered: frozenset[int]) -> str:
    """The patient's name, in Latin letters too when the typeface lacks a character of it."""
    latin = document.patient_name_latin.replace("^", " ").strip()
    return (
        f"{document.patient_name} {latin}"
        if latin and lacks(document.patient_name, covered)
        else document.patient_name
    )


def _facts(
    document: ReportDocument, texts: PageTexts, covered: frozenset[int]
) -> Iterator[dict[str, object]]:
    """The identity table, four columns wide."""
    rows: list[tuple[str, str, int, bool]] = [
        (texts.name, _name(document, covered), 1, True),
        (texts.sex, texts.sexes[document.patient_sex], 1, False),
        (texts.age, document.age, 1, False),
        (texts.patient_id, document.patient_id, 1, False),
        (texts.item, document.item, 2, False),
        (texts.birth_date, document.patient_birth_date.isoformat(), 1, False),
        (texts.accession_number, document.accession_number, 1, False),
        (texts.study_at, _moment(document, document.study_at) if document.study_at else "", 3, False),
        (texts.reported_at, _moment(document, document.reporter.at), 1, False),
    ]
    for label, text, span, strong in rows:
        yield {"label": label, "text": text, "span": span, "strong": strong}


def _parts(document: ReportDocument, texts: PageTexts) -> Iterator[dict[str, object]]:
    """The text in reading order; what is empty is left out."""
    tag = {True: texts.positive, False: texts.negative, None: None}[document.positive]
    parts = [
        (texts.clinical_question, document.clinical_question, None, False),
        *((section.label, section.text, None, False) for section in document.sections),
        (texts.impression, document.impression, tag, True),
        (texts.recommendation, document.recommendation, None, False),
    ]
    for label, text, mark, strong in parts:
        rows = [row.strip() for row in text.splitlines() if row.strip()]
        if rows:
            yield {"label": label, "tag": mark, "strong": strong, "rows": rows}


def _signatures(document: ReportDocument, texts: PageTexts) -> Iterator[dict[str, str]]:
    reporter, signer = document.reporter, document.signer
    if signer is not None and (signer.name, signer.title) == (reporter.name, reporter.title):
        yield _signature(document, texts.signed_alone, signer)
        return
    yield _signature(document, texts.reporter, reporter)
    if signer is not None:
        yield _signature(document, texts.signer, signer)
    else:
        yield {"label": texts.signer, "name": "", "title": texts.not_signed, "at": ""}


def _signature(document: ReportDocument, label: str, signatory: Signatory) -> dict[str, str]:
    at = _moment(document, signatory.at, timespec="seconds")
    return {"label": label, "name": signatory.name, "title": signatory.title, "at": at}


def _number_line(document: ReportDocument, texts: PageTexts) -> str:
    return " · ".join(
        (texts.number.format(number=document.number), texts.version.format(version=document.version))
    )


def _footer(document: ReportDocument, texts: PageTexts) -> Iterator[str]:
    facts = [_number_line(document, texts), texts.statuses[document.status]]
    if _one_offset(document):
        facts.append(texts.zone.format(zone=_offset(document.reporter.at)))
    yield " · ".join(facts)
    yield texts.verify if document.verify_url else texts.verify_offline
    yield texts.disclaimers[document.case_kind]
    yield texts.digest.format(digest=content_sha256(document))


def _one_offset(document: ReportDocument) -> bool:
    return len({moment.utcoffset() for moment in moments(document)}) == 1


def _offset(moment: datetime) -> str:
    return f"UTC{moment.isoformat()[-6:]}"


def _moment(document: ReportDocument, moment: datetime, *, timespec: str = "minutes") -> str:
    """A moment as documents write it, in its own zone, which is named unless all share one."""
    text = moment.replace(tzinfo=None).isoformat(" ", timespec)
    return text if _one_offset(document) else f"{text} {_offset(moment)}"


def _qr_svg(payload: str) -> str:
    """The payload as a QR code of error correction level M (ISO/IEC 18004), two modules of quiet zone."""
    out = io.BytesIO()
    segno.make_qr(payload, error="m", boost_error=False).save(out, kind="svg", border=2, xmldecl=False)
    return out.getvalue().decode()
