"""Join tickets and resume tokens: small signed JWTs (RFC 7519, HS256), each good for one use.

consult_server mints a ticket with the shared secret; this package only verifies it. A ticket travels
in the first WebSocket message, never in a URL. After admission to the socket the server answers with
a resume token, which is another audience, and rotates it on each use. Whatever is wrong with a token
(forged, expired, used, for another purpose), the caller learns the same: it does not open a room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from config.kernel.ids import new_secret
from signaling.errors import Unauthorized
from signaling.roles import Role

ALGORITHM: Final = "HS256"
AUDIENCE_JOIN: Final = "signaling"
AUDIENCE_RESUME: Final = "signaling-resume"
JTI_BITS: Final = 128
TOKEN_CHARACTERS_MAX: Final = 4096
TICKET_SECONDS_MAX: Final = 600
INSTITUTION_CHARACTERS_MAX: Final = 128
RESUME_SECONDS: Final = 4 * 3600
LEEWAY_SECONDS: Final = 5


@dataclass(frozen=True, kw_only=True)
class JoinTicket:
    """What a verified ticket says: who may sit where. `jti` is remembered until `expires_at`."""

    room: str
    participant: str
    name: str
    institution: str
    role: Role
    can_admit: bool
    case_ref: str
    jti: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ResumeToken:
    """A seat once held: the ticket's facts, the epoch of the connection, and whether it was admitted."""

    ticket: JoinTicket
    epoch: int
    admitted: bool


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    aud: str
    jti: str = Field(min_length=1, max_length=64)
    iat: int = Field(ge=0)
    exp: int = Field(ge=0)
    room: str = Field(min_length=1, max_length=64)
    sub: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=64)
    inst: str = Field(max_length=INSTITUTION_CHARACTERS_MAX)
    role: Role = Field(strict=False)
    adm: bool
    case: str = Field(max_length=64)
    ep: int = Field(default=0, ge=0)
    let_in: bool = False


def mint(  # noqa: PLR0913 - the facts of a ticket, all by name
    secret: SecretStr,
    *,
    room: str,
    participant: str,
    name: str,
    role: Role,
    can_admit: bool,
    case_ref: str,
    now: datetime,
    ttl_seconds: int,
    institution: str = "",
) -> str:
    """A join ticket for `participant` (a stable id of this person in this room).

    `name` and `institution` are what the others see on the tile, at most 64 and 128 characters.
    Raises ValueError when a value breaks its rule, `can_admit` is given to a guest, or the
    life is not within 1…600 seconds.
    """
    if not 1 <= ttl_seconds <= TICKET_SECONDS_MAX:
        message = f"a join ticket lives 1 to {TICKET_SECONDS_MAX} seconds, not {ttl_seconds}"
        raise ValueError(message)
    if can_admit and not role.is_clinician:
        message = f"a guest ({role}) cannot admit others"
        raise ValueError(message)
    return _sign(
        secret,
        _Claims(
            aud=AUDIENCE_JOIN,
            jti=new_secret(JTI_BITS),
            iat=_seconds(now),
            exp=_seconds(now + timedelta(seconds=ttl_seconds)),
            room=room,
            sub=participant,
            name=name,
            inst=institution,
            role=role,
            adm=can_admit,
            case=case_ref,
        ),
    )


def verify(secret: SecretStr, token: str, now: datetime) -> JoinTicket:
    """The ticket, if this server's secret signed it for joining and it has not expired.

    Does not look whether it was used before: see `signaling.ledger`. Raises Unauthorized.
    """
    return _ticket(_read(secret, token, now, AUDIENCE_JOIN))


def mint_resume(secret: SecretStr, seat: ResumeToken, now: datetime) -> tuple[str, str]:
    """A resume token and its jti."""
    ticket, jti = seat.ticket, new_secret(JTI_BITS)
    token = _sign(
        secret,
        _Claims(
            aud=AUDIENCE_RESUME,
            jti=jti,
            iat=_seconds(now),
            exp=_seconds(now) + RESUME_SECONDS,
            room=ticket.room,
            sub=ticket.participant,
            name=ticket.name,
            inst=ticket.institution,
            role=ticket.role,
            adm=ticket.can_admit,
            case=ticket.case_ref,
            ep=seat.epoch,
            let_in=seat.admitted,
        ),
    )
    return token, jti


def verify_resume(secret: SecretStr, token: str, now: datetime) -> ResumeToken:
    """The seat a resume token speaks of. Raises Unauthorized."""
    claims = _read(secret, token, now, AUDIENCE_RESUME)
    return ResumeToken(ticket=_ticket(claims), epoch=claims.ep, admitted=claims.let_in)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _key(secret: SecretStr) -> OctKey:
    return OctKey.import_key(secret.get_secret_value())


def _sign(secret: SecretStr, claims: _Claims) -> str:
    return jwt.encode({"alg": ALGORITHM}, claims.model_dump(mode="json"), _key(secret), [ALGORITHM])


def _read(secret: SecretStr, token: str, now: datetime, audience: str) -> _Claims:
    """The claims, every rule checked by us: the algorithm is fixed, `aud` and `exp` are required."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise Unauthorized
    try:
        claims = _Claims.model_validate(_decode(secret, token))
    except (JoseError, ValidationError, ValueError, TypeError, RecursionError):
        raise Unauthorized from None
    moment = _seconds(now)
    if claims.aud != audience or claims.exp <= moment or claims.iat > moment + LEEWAY_SECONDS:
        raise Unauthorized
    return claims


def _decode(secret: SecretStr, token: str) -> Mapping[str, object]:
    return jwt.decode(token, _key(secret), [ALGORITHM]).claims


def _ticket(claims: _Claims) -> JoinTicket:
    return JoinTicket(
        room=claims.room,
        participant=claims.sub,
        name=claims.name,
        institution=claims.inst,
        role=claims.role,
        can_admit=claims.adm,
        case_ref=claims.case,
        jti=claims.jti,
        expires_at=datetime.fromtimestamp(claims.exp, UTC),
    )
