"""The Native DICOM Model (PS3.19 A.1) of a data set that is given in the DICOM JSON model."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from dicom_node.archive.carried_tables import ATTRIBUTES, REPEATING

NAMESPACE: Final = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
NAME_PARTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot say (2.2)."""
FIRST_CREATOR: Final = 0x10
"""Elements (gggg,0010) to (gggg,00FF) reserve blocks of private ones (PS3.5 7.8.1)."""


def native_xml(document: Mapping[str, Any]) -> bytes:
    """A whole XML document."""
    body = "".join(_attributes(document))
    root = f'<NativeDicomModel xmlns="{NAMESPACE}">{body}</NativeDicomModel>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{root}'.encode()


def _said(text: object) -> str:
    return UNSPEAKABLE.sub("\ufffd", escape(str(text)))


def _quoted(text: str) -> str:
    return quoteattr(UNSPEAKABLE.sub("\ufffd", text))


def _attributes(document: Mapping[str, Any]) -> list[str]:
    creators = {
        (tag[:4], int(tag[6:], 16)): str(next(iter(element.get("Value") or [""])))
        for tag, element in document.items()
        if _is_creator(tag)
    }
    return [_attribute(tag, element, creators) for tag, element in sorted(document.items())]


def _is_private(tag: str) -> bool:
    return int(tag[3], 16) % 2 == 1


def _is_creator(tag: str) -> bool:
    return _is_private(tag) and tag[4:6] == "00" and int(tag[6:], 16) >= FIRST_CREATOR


def _attribute(tag: str, element: Mapping[str, Any], creators: Mapping[tuple[str, int], str]) -> str:
    vr = str(element["vr"])
    named = ATTRIBUTES.get(int(tag, 16)) or REPEATING.get(f"{tag[:2]}xx{tag[4:]}")
    keyword = named[4] if named is not None else ""
    creator = "" if _is_creator(tag) else creators.get((tag[:4], int(tag[4:6], 16)), "")
    written = f"{tag[:4]}00{tag[6:]}" if _is_private(tag) and creator else tag
    head = f'tag="{written}" vr="{vr}"'
    head += f" keyword={_quoted(keyword)}" if keyword else ""
    head += f" privateCreator={_quoted(creator)}" if creator else ""
    return f"<DicomAttribute {head}>{_content(vr, element)}</DicomAttribute>"


def _content(vr: str, element: Mapping[str, Any]) -> str:
    if "BulkDataURI" in element:
        return f"<BulkData uri={_quoted(str(element['BulkDataURI']))}/>"
    if "InlineBinary" in element:
        raw = base64.b64encode(base64.b64decode(element["InlineBinary"])).decode()
        return f"<InlineBinary>{raw}</InlineBinary>"
    write = {"SQ": _item, "PN": _name}.get(vr, _value)
    return "".join(write(number, value) for number, value in enumerate(element.get("Value", []), 1))


def _value(number: int, value: object) -> str:
    return f'<Value number="{number}">{"" if value is None else _said(value)}</Value>'


def _item(number: int, value: object) -> str:
    inner = _attributes(value) if isinstance(value, Mapping) else []
    return f'<Item number="{number}">{"".join(inner)}</Item>'


def _name(number: int, value: object) -> str:
    groups = value if isinstance(value, Mapping) else {}
    inner = "".join(_group(group, str(groups[group])) for group in GROUPS if groups.get(group))
    return f'<PersonName number="{number}">{inner}</PersonName>'


def _group(group: str, text: str) -> str:
    parts = zip(NAME_PARTS, text.split("^"), strict=False)
    inner = "".join(f"<{part}>{_said(value)}</{part}>" for part, value in parts if value)
    return f"<{group}>{inner}</{group}>"
