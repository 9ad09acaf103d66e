"""N-CREATE and N-SET as operations of an association (PS3.7 10.1.3, 10.1.5)."""

import uuid
from collections.abc import Callable

from config.kernel.errors import AppError
from dicom_node.command import Answer, Command, CommandField
from dicom_node.gathering import Gathering
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.parse import syntax_of
from dicom_node.line import Context, Line
from dicom_node.mpps.attributes import ATTRIBUTES_BYTES_MAX, StepRefused, read_attributes
from dicom_node.mpps.domain import PERFORMED_STEP
from dicom_node.mpps.performing import Whose, Work, change, creation
from dicom_node.peers import KnownPeer
from dicom_node.query.identifier import UID
from dicom_node.status import INVALID_OBJECT_INSTANCE, RESOURCE_LIMITATION

ACTS = {CommandField.N_CREATE_RQ: creation, CommandField.N_SET_RQ: change}
"""The requests that are served in contexts of PERFORMED_STEP, and what is done with their attributes."""


def is_served(context: Context, command: Command) -> bool:
    """True for a request about performed procedure steps that we serve."""
    named = {command.sop_class_uid, context.abstract_syntax}
    return command.command in ACTS and command.has_data_set and named == {PERFORMED_STEP}


class Performing:
    """A request about a performed procedure step: attributes as they come, the answer after the commit."""

    def __init__(self, ingest: Ingest, peer: KnownPeer, context: Context, command: Command) -> None:
        creates = command.command == CommandField.N_CREATE_RQ
        # A modality may leave it to us to name what it creates (PS3.7 10.1.5.1.4).
        uid = command.sop_instance_uid or (f"2.25.{uuid.uuid4().int}" if creates else "")
        self._whose = Whose(institution_id=peer.institution_id, ae_title=peer.ae_title, sop_instance_uid=uid)
        self._act: Callable[..., Work] = ACTS[CommandField(command.command)]
        self._ingest, self._syntax = ingest, syntax_of(context.transfer_syntax)
        self._attributes = Gathering(ATTRIBUTES_BYTES_MAX)

    def take(self, piece: memoryview) -> None:
        """The next bytes of the attributes."""
        self._attributes.take(piece)

    def answer(self, line: Line) -> Answer:
        """Success only when the step and its worklist entries are durable."""
        attributes = self._attributes.content()
        if attributes is None:
            return Answer(RESOURCE_LIMITATION, f"attributes longer than {ATTRIBUTES_BYTES_MAX} bytes")
        if not UID.fullmatch(self._whose.sop_instance_uid):
            return Answer(INVALID_OBJECT_INSTANCE, "SOP Instance UID is no UID")
        try:
            work = self._act(self._whose, read_attributes(attributes, self._syntax))
        except StepRefused as refusal:
            return refusal.answer
        try:
            return self._ingest.run(work)
        except AppError:
            return Answer(RESOURCE_LIMITATION, "the index did not take it, send it again")

    def close(self) -> None:
        """Nothing is held."""
