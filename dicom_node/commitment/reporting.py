"""The N-EVENT-REPORT of a storage commitment, and its delivery in an association of our own (PS3.4 J.3.3)."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from config.kernel.errors import AppError
from dicom_node.archive.tables import Commitment
from dicom_node.command import Command, CommandField, Field, ui, us
from dicom_node.commitment.model import (
    FAILED,
    FAILURE_REASON,
    REFERENCED,
    RETRIEVE_AE_TITLE,
    SOP_CLASS,
    SOP_INSTANCE,
    TRANSACTION,
    WELL_KNOWN,
    EventType,
)
from dicom_node.commitment.queries import failures_of, references_of
from dicom_node.intake.elements import ITEM, Syntax
from dicom_node.intake.parse import syntax_of
from dicom_node.negotiation import COMMITMENT
from dicom_node.pdu import Role
from dicom_node.query.encoding import Value, encoded
from dicom_node.scu.association import (
    PLAIN_SYNTAXES,
    Caller,
    Outgoing,
    Patience,
    Remote,
    contexts_of,
    open_association,
)

OUR_ROLE: Final = Role(sop_class_uid=COMMITMENT, scu=False, scp=True)
"""In an association that we open we are still the one who commits (PS3.4 J.3.3)."""
TAKEN: Final = frozenset({0x0000, 0x0107, 0x0116})
"""Success, and the warnings of PS3.7 10.1.1.1.9: the peer has heard it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What the peer is told. `data_set` is encoded in the presentation context's transfer syntax."""

    event_type: EventType
    data_set: bytes

    @property
    def more(self) -> Mapping[int, bytes]:
        """The further elements of the command set."""
        return {Field.AFFECTED_SOP_INSTANCE: ui(WELL_KNOWN), Field.EVENT_TYPE: us(self.event_type)}


def report_of(row: Commitment, ae_title: str, transfer_syntax: str) -> Report:
    """The report of a request that was checked; `ae_title` is where the objects can be had from."""
    syntax, failures = syntax_of(transfer_syntax), failures_of(row)
    committed = [_item(one, {}, syntax) for one in references_of(row) if one not in failures]
    failed = [_item(one, {FAILURE_REASON: ("US", int(reason))}, syntax) for one, reason in failures.items()]
    head: dict[int, tuple[str, Value]] = {
        RETRIEVE_AE_TITLE: ("AE", ae_title),
        TRANSACTION: ("UI", row.transaction_uid),
    }
    return Report(
        event_type=EventType.SOME_FAILED if failed else EventType.ALL_COMMITTED,
        data_set=encoded(head, syntax, "ISO_IR 192")
        + _sequence(FAILED, failed, syntax)
        + _sequence(REFERENCED, committed, syntax),
    )


def _item(reference: tuple[str, str], more: Mapping[int, tuple[str, Value]], syntax: Syntax) -> bytes:
    sop_class, sop_instance = reference
    content = encoded(
        {SOP_CLASS: ("UI", sop_class), SOP_INSTANCE: ("UI", sop_instance), **more}, syntax, "ISO_IR 192"
    )
    return struct.pack("<HHL", ITEM >> 16, ITEM & 0xFFFF, len(content)) + content


def _sequence(tag: int, items: Sequence[bytes], syntax: Syntax) -> bytes:
    """A sequence of these items; nothing when there are none, for each is there only if it has one."""
    if not items:
        return b""
    content = b"".join(items)
    vr = b"SQ\0\0" if syntax.explicit else b""
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr + struct.pack("<L", len(content)) + content


def fault_of(answer: Command) -> str:
    """Why the peer did not take a report, '' when it did."""
    return "" if answer.status in TAKEN else f"status {answer.status:04X}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Courier:
    """Brings reports to a peer that can be called."""

    caller: Caller
    patience: Patience

    def deliver(
        self,
        remote: Remote,
        commitment_ids: Sequence[str],
        load: Callable[[str], Commitment | None],
        told: Callable[[str, str], None],
    ) -> str:
        """Tell `remote` about each request in one association; `told` hears its key and fault.

        Why the association came to nothing or broke, '' when it did not.
        """
        proposed = contexts_of((COMMITMENT, PLAIN_SYNTAXES))
        try:
            with open_association(
                remote, proposed, caller=self.caller, patience=self.patience, roles=(OUR_ROLE,)
            ) as outgoing:
                for commitment_id in commitment_ids:
                    row = load(commitment_id)
                    if row is not None:
                        told(commitment_id, fault_of(self._tell(outgoing, row)))
        except AppError as error:
            return error.code
        return ""

    def _tell(self, outgoing: Outgoing, row: Commitment) -> Command:
        context = outgoing.context_for(COMMITMENT)
        report = report_of(row, self.caller.ae_title, context.transfer_syntax)
        return outgoing.answer_to(
            context, CommandField.N_EVENT_REPORT_RQ, more=report.more, data_set=[report.data_set]
        ).command
