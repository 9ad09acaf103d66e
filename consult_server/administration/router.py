"""Routes of institutions, agreements, accounts and the first set-up."""

from fastapi import Request, Response

from config.routing import Router
from consult_server.administration.schemas import (
    AccountOut,
    ActiveIn,
    AgreementOut,
    BootstrapIn,
    InstitutionOut,
    NewAccountIn,
    NewAgreementIn,
    NewInstitutionIn,
)
from consult_server.identity import queries as accounts, service
from consult_server.identity.current import Caller, address_of
from consult_server.identity.domain import Role, require_role
from consult_server.identity.router import passwords_of, set_session_cookie
from consult_server.identity.tables import Account
from consult_server.institutions import queries as institutions, service as institution_service
from consult_server.institutions.domain import Level
from consult_server.institutions.service import NewAgreement, NewInstitution
from consult_server.web.deps import ThePlatform, Tx, View

router = Router(prefix="/api", tags=["administration"])


@router.post("/bootstrap", status_code=204)
async def bootstrap(here: ThePlatform, request: Request, tx: Tx, first: BootstrapIn) -> Response:
    """Make the first administrator with the one-time link. Public."""
    now = here.clock.now()
    await service.use_bootstrap(tx, first.token, now)
    home = await institution_service.register(
        tx,
        service.COMMAND_LINE,
        NewInstitution(
            name=first.institution_name,
            level=Level.COUNTY,
            runs_centre=True,
            issuer_of_patient_id="CENTRE",
            phone="",
        ),
        now,
    )
    account = await service.create_account(
        tx,
        service.COMMAND_LINE,
        service.NewAccount(
            user=first.user, name=first.name, institution_id=home.institution_id, roles=[Role.ADMINISTRATOR]
        ),
        first.password,
        passwords_of(request),
        now,
    )
    token = await service.open_session(tx, account, address_of(request), now)
    response = Response(status_code=204)
    set_session_cookie(response, here, token)
    return response


@router.get("/institutions")
async def list_institutions(view: View, _caller: Caller) -> list[InstitutionOut]:
    """All institutions, for whoever is signed in."""
    rows = await institutions.all_institutions(view)
    return [InstitutionOut.model_validate(row, from_attributes=True) for row in rows]


@router.post("/institutions", status_code=201)
async def register_institution(
    here: ThePlatform, tx: Tx, caller: Caller, new: NewInstitutionIn
) -> InstitutionOut:
    """Register an institution, for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    row = await institution_service.register(tx, caller, NewInstitution(**dict(new)), here.clock.now())
    return InstitutionOut.model_validate(row, from_attributes=True)


@router.get("/agreements")
async def list_agreements(view: View, caller: Caller) -> list[AgreementOut]:
    """The caller's institution's agreements as inviting side; all of them for administrators."""
    inviting = None if caller.has_role(Role.ADMINISTRATOR) else caller.institution_id
    rows = await institutions.agreements(view, inviting)
    return [AgreementOut.model_validate(row, from_attributes=True) for row in rows]


@router.post("/agreements", status_code=201)
async def record_agreement(here: ThePlatform, tx: Tx, caller: Caller, new: NewAgreementIn) -> AgreementOut:
    """Record an agreement, for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    row = await institution_service.agree(
        tx,
        caller,
        NewAgreement(
            inviting_institution_id=new.inviting_institution_id,
            invited_institution_id=new.invited_institution_id,
            service_lines=list(new.service_lines),
            valid_from=new.valid_from,
            valid_to=new.valid_to,
        ),
        here.clock.now(),
    )
    return AgreementOut.model_validate(row, from_attributes=True)


def account_out(row: Account) -> AccountOut:
    """An account's row as administrators see it."""
    return AccountOut.model_validate(row, from_attributes=True)


@router.get("/accounts")
async def list_accounts(view: View, caller: Caller) -> list[AccountOut]:
    """All accounts, for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    return [account_out(row) for row in await accounts.accounts(view)]


@router.post("/accounts", status_code=201)
async def create_account(
    here: ThePlatform, request: Request, tx: Tx, caller: Caller, new: NewAccountIn
) -> AccountOut:
    """Let a person in, for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    home = await institutions.institution(tx, new.institution_id)
    row = await service.create_account(
        tx,
        caller,
        service.NewAccount(
            user=new.user,
            name=new.name,
            institution_id=home.institution_id,
            roles=new.roles,
            title=new.title,
            department=new.department,
            service_lines=list(new.service_lines),
        ),
        new.password,
        passwords_of(request),
        here.clock.now(),
    )
    return account_out(row)


@router.put("/accounts/{account_id}/active")
async def set_account_active(
    here: ThePlatform, tx: Tx, caller: Caller, account_id: str, choice: ActiveIn
) -> AccountOut:
    """Shut a person out at once, or let them in again; for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    return account_out(
        await service.set_active(tx, caller, account_id, here.clock.now(), active=choice.active)
    )
