"""Encapsulated documents of anybody (PS3.3 A.45, C.24): what they are, and where their bytes lie. Pure."""

import base64
import binascii

from dicom_node.archive.tables import Instance
from viewer.attributes import Attributes, integer, unpacked
from viewer.bulk_values import DOCUMENT, DOCUMENT_LENGTH, BulkValue, bulk_value, document_type
from viewer.objects.reading import header_of, meaning, shown_person, words_of
from viewer.objects.told import Document

TITLE_CHARACTERS_MAX = 300
CREATED = ("00080023", "00080033", "00080021", "00080031", "00080020", "00080030")
"""When it was written, else when its series or study was."""
BULK = "bulk/"


def read_document(data: Attributes, series_instance_uid: str) -> Document:
    """What a document is called and what it is, without its bytes. Raises ObjectUnreadable."""
    title = words_of(data, "00420010") or meaning(data, "0040A043") or words_of(data, "0008103E")
    return Document(
        header=header_of(data, series_instance_uid, shown_person(data, "00081048"), CREATED),
        title=title[:TITLE_CHARACTERS_MAX],
        kind=meaning(data, "0040A043")[:TITLE_CHARACTERS_MAX],
        media_type=document_type(data),
    )


def document_place(instance: Instance) -> tuple[str, BulkValue | bytes]:
    """The media type of a document, and where it lies in its object, or itself where it is so small that the
    metadata holds it; no bytes where there is none.
    """
    data = unpacked(instance.metadata_json)
    element = data.get(DOCUMENT, {})
    address = str(element.get("BulkDataURI", ""))
    if address.startswith(BULK):
        value = bulk_value(instance, address.removeprefix(BULK))
        return document_type(data), b"" if value is None else value
    try:
        held = base64.b64decode(str(element.get("InlineBinary", "")), validate=True)
    except binascii.Error:
        held = b""
    length = integer(data, DOCUMENT_LENGTH)
    return document_type(data), held[:-1] if length == len(held) - 1 else held
