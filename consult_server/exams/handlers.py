"""What examinations do when the node tells of them."""

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.clock import Clock
from config.kernel.envelope import Envelope
from config.kernel.streams import Handler
from consult_server.consults.drafts import attach_arrived
from consult_server.exams.access import exam_of_study, told_exam
from consult_server.exams.domain import TOLD, TRANSITIONS, ExamStatus, ExamVerb
from consult_server.exams.service import announce, move, node_at
from dicom_node.worklist.domain import StepBegun
from dicom_node.worklist.scheduling import finish


def on_step_performed(clock: Clock) -> Handler:
    """An examination goes where its modality says it is; what was cancelled stays so."""

    async def move_examination(tx: AsyncSession, envelope: Envelope) -> None:
        told, now = envelope.payload, clock.now()
        exam = await told_exam(tx, told["institution_id"], told["entry_key"])
        verb = TOLD.get(told["state"])
        if exam is None or verb is None or (verb, ExamStatus(exam.status)) not in TRANSITIONS:
            return
        exam.performed_by = told["ae_title"]
        await move(tx, node_at(exam.institution_id, exam.performed_by), exam, verb, now)

    return move_examination


def on_study_arrived(clock: Clock) -> Handler:
    """Images that come without a word of the modality end their examination; lists learn of more images.

    A request that waits for just these has them from now on.
    """

    async def end_examination(tx: AsyncSession, envelope: Envelope) -> None:
        told, now = envelope.payload, clock.now()
        exam = await exam_of_study(tx, told["institution_id"], told["study_instance_uid"])
        if exam is None:
            return
        if exam.consult_id is not None:
            await attach_arrived(tx, exam.consult_id, exam.study_instance_uid, now)
        if exam.status == ExamStatus.SCHEDULED:
            with suppress(StepBegun):
                await finish(tx, exam.exam_id, now)
                await move(tx, node_at(exam.institution_id, ""), exam, ExamVerb.COMPLETE, now)
                return
        await announce(tx, exam, "images", now)

    return end_examination
