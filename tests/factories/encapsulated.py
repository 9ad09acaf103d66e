"""Encapsulated documents (PS3.3 A.45) and the small PDF in them, made by hand."""

from pydicom.dataset import Dataset, FileDataset

from tests.factories.outlined import begun, code

PDF_CLASS, CDA_CLASS = "1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.104.2"
PDF = "application/pdf"


def a_pdf(words: str, *, bytes_min: int = 0) -> bytes:
    """A PDF of one page that says some (ASCII) words; at least so many bytes long."""
    drawn = f"BT /F1 36 Tf 40 700 Td ({words}) Tj ET\n%{'x' * bytes_min}".encode("ascii")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    made, places = b"%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    end = b"trailer<</Size %d/Root 1 0 R>>startxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + head + table + end


def a_document(
    content: bytes,
    *,
    title: str = "检查申请单",
    media_type: str = PDF,
    sop_class_uid: str = PDF_CLASS,
    study: Dataset | None = None,
) -> FileDataset:
    """A document of a study, its length said as C.24.2 has it."""
    made = begun(sop_class_uid, "DOC", study)
    made.ContentDate, made.ContentTime, made.AcquisitionDateTime = "20260302", "091500", ""
    made.SeriesDescription, made.BurnedInAnnotation = "文书", "YES"
    made.DocumentTitle, made.MIMETypeOfEncapsulatedDocument = title, media_type
    made.ConceptNameCodeSequence = code("51851-4", "Administrative note", "LN")
    made.EncapsulatedDocument = content + bytes(len(content) % 2)
    made.EncapsulatedDocumentLength = len(content)
    return made
