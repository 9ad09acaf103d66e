"""Routes of signing in."""

from datetime import datetime

from fastapi import Request, Response

from config.routing import Router
from config.settings import secret
from consult_server.identity import access, queries, service
from consult_server.identity.current import Caller, address_of, cookie_name
from consult_server.identity.domain import AccountLocked, AccountNotFound, Role, WrongPassword, require_role
from consult_server.identity.passwords import Passwords, mark_of
from consult_server.identity.schemas import (
    InstitutionRef,
    LocaleIn,
    MeOut,
    NewPasswordIn,
    ReaderOut,
    SignInIn,
)
from consult_server.identity.tables import Account
from consult_server.institutions.queries import institution
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.platform import Platform

router = Router(prefix="/api", tags=["identity"])


def passwords_of(request: Request) -> Passwords:
    """The process's one password hasher."""
    found: Passwords = request.app.state.passwords
    return found


async def verified_account(
    here: Platform, passwords: Passwords, user: str, password: str, address: str
) -> Account:
    """The account these words open. Raises WrongPassword or AccountLocked; each wrong try is counted.

    The lock is asked for again after the hashing: guesses sent side by side all began before it.
    """
    async with here.database.read() as view:
        try:
            account = await access.account_by_user(view, user)
        except AccountNotFound:
            account = None
    now = here.clock.now()
    _refuse_locked(account, now)
    fits = await passwords.matches(account.password_hash if account else None, password)
    if account is None or not account.active:
        await _note_outsider(here, account, user, address)
        raise WrongPassword
    async with here.database.write() as tx:
        account = await access.account_by_id(tx, account.account_id, lock=True)
        _refuse_locked(account, now)
        if fits:
            return account
        await service.note_wrong_password(tx, account.account_id, address, here.settings.session, now)
    raise WrongPassword


async def _note_outsider(here: Platform, account: Account | None, user: str, address: str) -> None:
    now = here.clock.now()
    async with here.database.write() as tx:
        if account is None:
            service.note_unknown_user(tx, mark_of(secret(here.settings, "audit_key"), user), address, now)
        else:
            service.note_shut_out(tx, account, address, now)


def _refuse_locked(account: Account | None, now: datetime) -> None:
    if account is not None and account.locked_until is not None and account.locked_until > now:
        raise AccountLocked(until=account.locked_until.isoformat())


def set_session_cookie(response: Response, here: Platform, token: str) -> None:
    """Give the browser its proof; scripts on the page can't read it."""
    response.set_cookie(
        cookie_name(here),
        token,
        httponly=True,
        samesite="strict",
        path="/",
        secure=here.settings.public_url.startswith("https://"),
        max_age=here.settings.session.lifetime_hours * 3600,
    )


@router.post("/sessions", status_code=204)
async def sign_in(here: ThePlatform, request: Request, words: SignInIn) -> Response:
    """Open a session; the cookie proves it. Public."""
    account = await verified_account(
        here, passwords_of(request), words.user, words.password, address_of(request)
    )
    async with here.database.write() as tx:
        await service.replace_session(tx, request.cookies.get(cookie_name(here), ""), here.clock.now())
        token = await service.open_session(tx, account, address_of(request), here.clock.now())
    response = Response(status_code=204)
    set_session_cookie(response, here, token)
    return response


@router.delete("/sessions/current", status_code=204)
async def sign_out(here: ThePlatform, tx: Tx, caller: Caller) -> Response:
    """End the caller's session."""
    await service.close_session(tx, caller, here.clock.now())
    response = Response(status_code=204)
    response.delete_cookie(
        cookie_name(here),
        path="/",
        httponly=True,
        samesite="strict",
        secure=here.settings.public_url.startswith("https://"),
    )
    return response


@router.get("/me")
async def me(view: View, caller: Caller) -> MeOut:
    """The caller."""
    account = await access.account_by_id(view, caller.account_id)
    home = await institution(view, account.institution_id)
    return MeOut(
        account_id=account.account_id,
        user=account.user,
        name=account.name,
        title=account.title,
        department=account.department,
        roles=[Role(role) for role in account.roles],
        service_lines=account.service_lines,
        locale=account.locale,
        institution=InstitutionRef(institution_id=home.institution_id, name=home.name),
    )


@router.put("/me/locale", status_code=204)
async def choose_locale(tx: Tx, caller: Caller, choice: LocaleIn) -> Response:
    """Choose the interface language."""
    await service.set_locale(tx, caller, choice.locale)
    return Response(status_code=204)


@router.put("/me/password", status_code=204)
async def change_password(
    here: ThePlatform, request: Request, caller: Caller, words: NewPasswordIn
) -> Response:
    """Change one's own password; every other sign-in of this person ends."""
    async with here.database.read() as view:
        user = (await access.account_by_id(view, caller.account_id)).user
    await verified_account(here, passwords_of(request), user, words.current, address_of(request))
    async with here.database.write() as tx:
        await service.change_password(tx, caller, words.new, passwords_of(request), here.clock.now())
    return Response(status_code=204)


@router.get("/specialists")
async def list_specialists(view: View, caller: Caller) -> list[ReaderOut]:
    """Who reads at the caller's institution, for coordinators."""
    require_role(caller, Role.COORDINATOR)
    rows = await queries.readers_at(view, caller.institution_id)
    return [ReaderOut.model_validate(row, from_attributes=True) for row in rows]
