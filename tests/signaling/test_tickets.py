"""Join tickets: what is minted is read back, and nothing else is."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st
from pydantic import SecretStr

from signaling.errors import Unauthorized
from signaling.roles import Role
from signaling.tickets import (
    TOKEN_CHARACTERS_MAX,
    JoinTicket,
    ResumeToken,
    mint,
    mint_resume,
    verify,
    verify_resume,
)

SECRET = SecretStr("k" * 43)
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=64)


def a_ticket(ttl_seconds: int = 120, role: Role = Role.SPECIALIST) -> str:
    return mint(
        SECRET,
        room="room-1",
        participant="p-1",
        name="江临川",
        role=role,
        can_admit=role.is_clinician,
        case_ref="case-1",
        now=NOW,
        ttl_seconds=ttl_seconds,
        institution="县医院",
    )


@given(room=ids, participant=ids, name=ids, role=st.sampled_from(Role), ttl=st.integers(1, 600))
def test_a_ticket_says_what_was_minted(room: str, participant: str, name: str, role: Role, ttl: int) -> None:
    token = mint(
        SECRET,
        room=room,
        participant=participant,
        name=name,
        role=role,
        can_admit=role.is_clinician,
        case_ref="c",
        now=NOW,
        ttl_seconds=ttl,
    )
    read = verify(SECRET, token, NOW)
    assert (read.room, read.participant, read.name, read.role) == (room, participant, name, role)
    assert read.can_admit == role.is_clinician
    assert read.expires_at == NOW + timedelta(seconds=ttl)


def test_two_tickets_are_never_the_same() -> None:
    assert len({verify(SECRET, a_ticket(), NOW).jti for _ in range(100)}) == 100


@given(ttl=st.integers(1, 600), late=st.integers(0, 10_000))
def test_a_ticket_ends_exactly_when_it_says(ttl: int, late: int) -> None:
    token = a_ticket(ttl)
    if late < ttl:
        verify(SECRET, token, NOW + timedelta(seconds=late))
    else:
        with pytest.raises(Unauthorized):
            verify(SECRET, token, NOW + timedelta(seconds=late))


def test_a_ticket_from_the_future_is_refused() -> None:
    with pytest.raises(Unauthorized):
        verify(SECRET, a_ticket(), NOW - timedelta(minutes=5))


@given(position=st.integers(0, 10_000), replacement=st.characters(min_codepoint=33, max_codepoint=126))
@settings(max_examples=400)
def test_no_character_can_be_changed(position: int, replacement: str) -> None:
    token = a_ticket()
    at = position % len(token)
    forged = token[:at] + replacement + token[at + 1 :]
    assume(_bytes_of(forged) != _bytes_of(token))
    with pytest.raises(Unauthorized):
        verify(SECRET, forged, NOW)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_any_other_text_is_refused(text: str) -> None:
    for check in (verify, verify_resume):
        with pytest.raises(Unauthorized):
            check(SECRET, text, NOW)


@given(header=st.fixed_dictionaries({"alg": st.sampled_from(["none", "HS384", "HS512", "RS256", "", None])}))
def test_no_other_algorithm_is_read(header: dict[str, str | None]) -> None:
    _, body, signature = a_ticket().split(".")
    forged = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    for end in (signature, ""):
        with pytest.raises(Unauthorized):
            verify(SECRET, f"{forged}.{body}.{end}", NOW)


def test_another_secret_does_not_open() -> None:
    with pytest.raises(Unauthorized):
        verify(SecretStr("x" * 43), a_ticket(), NOW)


def test_a_ticket_and_a_resume_token_are_not_each_other() -> None:
    ticket = verify(SECRET, a_ticket(), NOW)
    resume, jti = mint_resume(SECRET, ResumeToken(ticket=ticket, epoch=3, admitted=True), NOW)
    read = verify_resume(SECRET, resume, NOW)
    assert (read.epoch, read.admitted, read.ticket.jti) == (3, True, jti)
    assert read.ticket.participant == "p-1"
    with pytest.raises(Unauthorized):
        verify(SECRET, resume, NOW)
    with pytest.raises(Unauthorized):
        verify_resume(SECRET, a_ticket(), NOW)


@pytest.mark.parametrize("ttl", [0, -1, 601])
def test_a_ticket_lives_shortly(ttl: int) -> None:
    with pytest.raises(ValueError, match="seconds"):
        a_ticket(ttl)


def test_a_guest_cannot_be_given_the_right_to_admit() -> None:
    with pytest.raises(ValueError, match="guest"):
        mint(
            SECRET,
            room="r",
            participant="p",
            name="n",
            role=Role.PATIENT,
            can_admit=True,
            case_ref="",
            now=NOW,
            ttl_seconds=60,
        )


@pytest.mark.parametrize(
    "field,longest", [("room", 64), ("participant", 64), ("name", 64), ("case_ref", 64), ("institution", 128)]
)
def test_each_fact_has_a_longest_form_that_still_opens(field: str, longest: int) -> None:
    facts: dict[str, Any] = {
        "room": "r",
        "participant": "p",
        "name": "n",
        "role": Role.SPECIALIST,
        "can_admit": True,
        "case_ref": "c",
        "now": NOW,
        "ttl_seconds": 60,
    }
    ticket = verify(SECRET, mint(SECRET, **facts | {field: "院" * longest}), NOW)
    assert getattr(ticket, field) == "院" * longest
    with pytest.raises(ValueError, match=r"at most|characters"):
        mint(SECRET, **facts | {field: "院" * (longest + 1)})


def test_the_longest_ticket_fits_into_hello() -> None:
    longest = mint(
        SECRET,
        room="院" * 64,
        participant="院" * 64,
        name="院" * 64,
        institution="院" * 128,
        role=Role.COORDINATOR,
        can_admit=True,
        case_ref="院" * 64,
        now=NOW,
        ttl_seconds=600,
    )
    assert len(longest) <= TOKEN_CHARACTERS_MAX
    ticket = verify(SECRET, longest, NOW)
    resume, _ = mint_resume(SECRET, ResumeToken(ticket=ticket, epoch=1_000_000, admitted=True), NOW)
    assert len(resume) <= TOKEN_CHARACTERS_MAX
    assert verify_resume(SECRET, resume, NOW).ticket.institution == "院" * 128


def test_a_token_that_is_too_long_is_not_even_read() -> None:
    with pytest.raises(Unauthorized):
        verify(SECRET, a_ticket() + "A" * TOKEN_CHARACTERS_MAX, NOW)


def _bytes_of(token: str) -> list[bytes]:
    """What the parts decode to: the last base64 character of a part has spare bits."""
    parts = []
    for part in token.split("."):
        try:
            parts.append(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except ValueError:
            parts.append(part.encode())
    return parts


def test_a_ticket_says_nothing_more_than_it_must() -> None:
    body = json.loads(_bytes_of(a_ticket(role=Role.PATIENT))[1])
    assert set(body) == {
        "aud",
        "jti",
        "iat",
        "exp",
        "room",
        "sub",
        "name",
        "inst",
        "role",
        "adm",
        "case",
        "ep",
        "let_in",
    }
    assert body["aud"] == "signaling"


def test_the_ticket_type_is_frozen() -> None:
    ticket: JoinTicket = verify(SECRET, a_ticket(), NOW)
    with pytest.raises(AttributeError):
        ticket.can_admit = True  # type: ignore[misc]
