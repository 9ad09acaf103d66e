"""The data sets of storage commitment as its user writes and reads them (PS3.4 J.3.2, J.3.3)."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from config.kernel.errors import AppError, Invalid
from dicom_node.intake.elements import Syntax
from dicom_node.intake.walk import Walk
from dicom_node.query.encoding import Value, encoded

CLASS_UID: Final = "1.2.840.10008.1.20.1"
INSTANCE_UID: Final = "1.2.840.10008.1.20.1.1"
REQUEST: Final = 1
ALL_COMMITTED, SOME_FAILED = 1, 2
TRANSACTION, FAILED, REFERENCED = 0x00081195, 0x00081198, 0x00081199
SOP_CLASS, SOP_INSTANCE, REASON = 0x00081150, 0x00081155, 0x00081197
ITEM: Final = 0xFFFEE000
REFERENCES_MAX: Final = 8_000
"""As many as fit into the data sets of 1 MiB that our own associations read (`dialogue`)."""
NO_REASON: Final = 0x0110


class ReportMalformed(Invalid):
    """The peer's report of a storage commitment cannot be read."""

    code = "dicom.commitment_report_malformed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a peer says of the objects it was asked to commit to; `failed` maps them to its reasons."""

    transaction_uid: str
    committed: frozenset[str]
    failed: dict[str, int]


def action(transaction_uid: str, references: Iterable[tuple[str, str]], syntax: Syntax) -> bytes:
    """The action information of a request: the transaction and what it is about (SOP class, instance)."""
    items = b"".join(
        _item({SOP_CLASS: ("UI", sop_class), SOP_INSTANCE: ("UI", instance)}, syntax)
        for sop_class, instance in references
    )
    head = encoded({TRANSACTION: ("UI", transaction_uid)}, syntax, "ISO_IR 192")
    group, number = REFERENCED >> 16, REFERENCED & 0xFFFF
    if syntax.explicit:
        return head + struct.pack("<HH2s2xL", group, number, b"SQ", len(items)) + items
    return head + struct.pack("<HHL", group, number, len(items)) + items


def _item(elements: dict[int, tuple[str, Value]], syntax: Syntax) -> bytes:
    body = encoded(elements, syntax, "ISO_IR 192")
    return struct.pack("<HHL", ITEM >> 16, ITEM & 0xFFFF, len(body)) + body


def read_report(raw: bytes, syntax: Syntax) -> Report:
    """The event information in `raw`. Raises ReportMalformed."""
    try:
        document: dict[str, Any] = Walk(raw).document(0, len(raw), syntax)
    except AppError as error:
        raise ReportMalformed(fault=error.code) from error
    transaction = _text(document, TRANSACTION)
    if not transaction:
        raise ReportMalformed(fault="no transaction UID")
    failed = {_text(item, SOP_INSTANCE): _number(item, REASON) for item in _items(document, FAILED)}
    return Report(
        transaction_uid=transaction,
        committed=frozenset(_text(item, SOP_INSTANCE) for item in _items(document, REFERENCED)),
        failed=failed,
    )


def _items(document: dict[str, Any], tag: int) -> list[dict[str, Any]]:
    element = document.get(f"{tag:08X}", {})
    return (
        [item for item in element.get("Value", []) if isinstance(item, dict)]
        if element.get("vr") == "SQ"
        else []
    )


def _text(document: dict[str, Any], tag: int) -> str:
    values = document.get(f"{tag:08X}", {}).get("Value") or [""]
    return str(values[0])


def _number(document: dict[str, Any], tag: int) -> int:
    values = document.get(f"{tag:08X}", {}).get("Value") or [NO_REASON]
    return values[0] if isinstance(values[0], int) else NO_REASON
