"""Routes of calls. The two about invitations are public: the link itself is the proof."""

from typing import Annotated

from fastapi import Cookie, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import Invalid
from config.kernel.ids import new_secret
from config.kernel.principal import Principal
from config.routing import Router
from config.settings import secret
from consult_server.calls import service
from consult_server.calls.access import Invited
from consult_server.calls.domain import Standing, TooManyTries
from consult_server.calls.schemas import (
    AboutOut,
    AppointmentOut,
    InvitationIn,
    IssuedOut,
    JoinOut,
    PatientJoinOut,
    PreviewOut,
    RedeemIn,
)
from consult_server.calls.tries import Tries
from consult_server.consults.tables import Consult
from consult_server.identity.current import Caller, address_of
from consult_server.identity.domain import Role
from consult_server.identity.queries import names
from consult_server.institutions.queries import institution
from consult_server.patients.queries import patients_by_id
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.platform import Platform
from signaling.roles import Role as RoomRole
from signaling.tickets import mint

router = Router(prefix="/api", tags=["calls"])

DEVICE_COOKIE = "lianzhen_device"
DeviceCookie = Annotated[str, Cookie(alias=DEVICE_COOKIE, max_length=200)]


class ConsentMissing(Invalid):
    """The call needs the patient's agreement."""

    code = "calls.consent_missing"


def signaling_url(here: Platform) -> str:
    """Where the browser's WebSocket goes."""
    return here.settings.signaling.url or here.settings.public_url.replace("http", "ws", 1) + "/signaling/ws"


def room_role(caller: Principal) -> RoomRole:
    """What a doctor is in the room, from what they are here."""
    if caller.has_role(Role.APPLICANT):
        return RoomRole.APPLICANT
    return RoomRole.COORDINATOR if caller.has_role(Role.COORDINATOR) else RoomRole.SPECIALIST


def guess_limit(request: Request) -> None:
    """At most ten tries in any minute from one address. Raises TooManyTries."""
    tries: Tries = request.app.state.invitation_tries
    seconds = tries.wait_seconds(address_of(request))
    if seconds:
        raise TooManyTries(retry_after_seconds=seconds)


async def _doctor_seat(here: Platform, view: AsyncSession, caller: Principal, consult: Consult) -> JoinOut:
    home = await institution(view, caller.institution_id)
    patients = await patients_by_id(view, {consult.patient_id or ""})
    room = service.room_of(consult.consult_id)
    ticket = mint(
        secret(here.settings, "join_ticket"),
        room=room,
        participant=caller.account_id,
        name=caller.name,
        institution=home.name,
        role=room_role(caller),
        can_admit=True,
        case_ref=consult.consult_id,
        now=here.clock.now(),
        ttl_seconds=here.settings.signaling.ticket_seconds,
    )
    return JoinOut(
        ticket=ticket,
        signaling_url=signaling_url(here),
        room_id=room,
        participant_name=caller.name,
        about=AboutOut(
            number=consult.number,
            patient_name=patients[consult.patient_id or ""].name,
            question=consult.question,
        ),
    )


@router.post("/consults/{consult_id}/call")
async def join_call(here: ThePlatform, tx: Tx, caller: Caller, consult_id: str) -> JoinOut:
    """A doctor's seat in the room of a case."""
    consult = await service.join(tx, caller, consult_id, here.clock.now())
    return await _doctor_seat(here, tx, caller, consult)


@router.post("/consults/{consult_id}/invitations", status_code=201)
async def invite_patient(here: ThePlatform, tx: Tx, caller: Caller, consult_id: str) -> IssuedOut:
    """A one-time link for the patient of a case."""
    issued = await service.invite(tx, caller, consult_id, here.clock.now())
    return IssuedOut(url=f"{here.settings.public_url}/join#{issued.token}", expires_at=issued.expires_at)


async def _appointment(view: AsyncSession, invited: Invited) -> AppointmentOut:
    consult = invited.consult
    people = await names(view, {consult.applicant_id, consult.specialist_id or consult.applicant_id})
    doctor = people.get(consult.specialist_id or "")
    home = await institution(view, consult.inviting_institution_id)
    place = await institution(view, doctor.institution_id) if doctor else None
    return AppointmentOut(
        institution_name=home.name,
        contact_phone=home.phone,
        doctor_name=doctor.name if doctor else "",
        doctor_title=doctor.title if doctor else "",
        doctor_institution_name=place.name if place else "",
        companion_name=people[consult.applicant_id].name,
    )


@router.post("/invitations/preview")
async def preview_invitation(
    here: ThePlatform, request: Request, view: View, link: InvitationIn, device: DeviceCookie = ""
) -> PreviewOut:
    """Who invites, before anything is proven; of a link that opens no more, only whom to phone. Public."""
    guess_limit(request)
    invited, stands = await service.peek(view, link.invitation, device, here.clock.now())
    appointment = await _appointment(view, invited)
    if stands is not Standing.OPEN:
        return PreviewOut(
            standing=stands,
            institution_name=appointment.institution_name,
            contact_phone=appointment.contact_phone,
        )
    return PreviewOut(
        standing=stands,
        **dict(appointment),
        identity_tail_required=bool(service.identity_tail(invited)),
        patient_surname_masked=invited.patient.name[:1] + "**",
        expires_at=invited.invitation.expires_at,
    )


@router.post("/invitations/redeem")
async def redeem_invitation(
    here: ThePlatform, request: Request, response: Response, answer: RedeemIn, known_device: DeviceCookie = ""
) -> PatientJoinOut:
    """The patient's seat, in the lobby until a doctor admits them. Public."""
    guess_limit(request)
    if not answer.consent.consult:
        raise ConsentMissing
    now = here.clock.now()
    device = known_device or new_secret()
    async with here.database.write() as tx:
        invited, refusal = await service.redeem(
            tx,
            service.Answer(
                token=answer.invitation,
                identity_tail=answer.identity_tail,
                device=device,
                recording_consent=answer.consent.recording,
                address=address_of(request),
            ),
            now,
        )
        appointment = await _appointment(tx, invited)
    if refusal is not None:
        raise refusal
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        httponly=True,
        samesite="strict",
        path="/api/invitations",
        secure=here.settings.public_url.startswith("https://"),
        max_age=service.cookie_life(now, invited.invitation.expires_at),
    )
    return _patient_seat(here, invited, appointment)


def _patient_seat(here: Platform, invited: Invited, appointment: AppointmentOut) -> PatientJoinOut:
    room = service.room_of(invited.consult.consult_id)
    ticket = mint(
        secret(here.settings, "join_ticket"),
        room=room,
        participant=invited.invitation.invitation_id,
        name=invited.patient.name,
        institution="",
        role=RoomRole.PATIENT,
        can_admit=False,
        case_ref=invited.consult.consult_id,
        now=here.clock.now(),
        ttl_seconds=here.settings.signaling.ticket_seconds,
    )
    return PatientJoinOut(
        ticket=ticket,
        signaling_url=signaling_url(here),
        room_id=room,
        participant_name=invited.patient.name,
        appointment=appointment,
    )
