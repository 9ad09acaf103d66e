"""Routes of examinations."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from config.routing import Router
from consult_server.audit.service import record
from consult_server.consults.access import get_consult
from consult_server.consults.domain import Status
from consult_server.consults.queries import ENDED
from consult_server.exams import present, queries, service
from consult_server.exams.access import ORDERING, get_exam
from consult_server.exams.domain import ExamOrder
from consult_server.exams.schemas import CancelIn, ConsultExams, ExamIn, ExamOut, ExamPage, NewExamIn
from consult_server.exams.tables import Exam
from consult_server.identity.current import Caller
from consult_server.identity.domain import Role, require_role
from consult_server.repeats.service import IdempotencyKey, claim
from consult_server.web.deps import SeenVersion, ThePlatform, Tx, View

router = Router(prefix="/api", tags=["exams"])


async def _answer(tx: AsyncSession, caller: Principal, row: Exam) -> ExamOut:
    await tx.flush()
    (found,) = await present.exams_out(tx, [row], caller)
    return found


def _order(new: ExamIn) -> ExamOrder:
    return ExamOrder(
        modality=new.modality,
        body_part=new.body_part,
        procedure=new.procedure,
        reason=new.reason,
        urgency=new.urgency.value,
        scheduled_at=new.scheduled_at,
        station_ae_title=new.station_ae_title,
    )


@router.get("/exams")
async def list_exams(
    view: View,
    caller: Caller,
    show: Annotated[queries.ExamView, Query(alias="view")] = queries.ExamView.OPEN,
    q: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str | None, Query(max_length=36)] = None,
) -> ExamPage:
    """What is to be made at the caller's institution, what is over, or all."""
    return await present.page_out(view, await queries.exams(view, caller, show, q, after), caller)


@router.get("/exams/stations")
async def list_stations(view: View, caller: Caller) -> list[str]:
    """The AE titles of the institution's devices, of which one may be chosen."""
    require_role(caller, *ORDERING)
    return await queries.stations(view, caller.institution_id)


@router.post("/exams", status_code=201)
async def order_exam(
    here: ThePlatform, tx: Tx, caller: Caller, new: NewExamIn, idempotency_key: IdempotencyKey = None
) -> ExamOut:
    """Order an examination. Sent again with the same Idempotency-Key within a day it orders no second one."""
    now = here.clock.now()
    claimed = await claim(tx, caller, idempotency_key, "order_exam", new.model_dump(mode="json"), now)
    if claimed.answer is not None:
        return ExamOut.model_validate(claimed.answer)
    zone = ZoneInfo(here.settings.time_zone)
    answer = await _answer(
        tx, caller, await service.order(tx, caller, new.patient_id, _order(new), zone, now, new.consult_id)
    )
    claimed.keep(answer.model_dump(mode="json"))
    return answer


@router.get("/consults/{consult_id}/exams")
async def list_exams_of_consult(view: View, caller: Caller, consult_id: str) -> ConsultExams:
    """The examinations of a request, for everybody who may know of it; its own doctors may order one."""
    consult = await get_consult(view, caller, consult_id)
    rows = await queries.exams_of_consult(view, consult)
    ours = consult.inviting_institution_id == caller.institution_id
    return ConsultExams(
        rows=await present.exams_out(view, rows, caller),
        may_read=ours,
        may_order=ours
        and caller.has_role(Role.APPLICANT)
        and consult.patient_id is not None
        and Status(consult.status) not in ENDED,
    )


@router.get("/exams/{exam_id}")
async def get_one_exam(here: ThePlatform, tx: Tx, caller: Caller, exam_id: str) -> ExamOut:
    """Open an examination; opening is audited."""
    row = await get_exam(tx, caller, exam_id)
    record(tx, caller, "exam.open", "exam", exam_id, here.clock.now())
    return await _answer(tx, caller, row)


@router.put("/exams/{exam_id}")
async def change_exam(
    here: ThePlatform, tx: Tx, caller: Caller, exam_id: str, version: SeenVersion, wanted: ExamIn
) -> ExamOut:
    """Order it otherwise while no device has begun."""
    zone, now = ZoneInfo(here.settings.time_zone), here.clock.now()
    return await _answer(
        tx, caller, await service.change(tx, caller, exam_id, version, _order(wanted), zone, now)
    )


@router.post("/exams/{exam_id}/cancel")
async def cancel_exam(
    here: ThePlatform, tx: Tx, caller: Caller, exam_id: str, version: SeenVersion, cause: CancelIn
) -> ExamOut:
    """Take an order back while no device has begun."""
    return await _answer(
        tx, caller, await service.cancel(tx, caller, exam_id, version, cause.reason, here.clock.now())
    )
