"""Registers the demonstration's institutions, people, patients and peers, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal, Proof
from consult_server.consults.domain import ServiceLine
from consult_server.demo import cast
from consult_server.identity import access, service
from consult_server.identity.domain import AccountNotFound, Role
from consult_server.identity.passwords import Passwords
from consult_server.institutions import queries as institutions
from consult_server.institutions.domain import InstitutionNotFound
from consult_server.institutions.service import NewAgreement, NewInstitution, agree, register
from consult_server.patients import queries as patients, service as patient_service
from dicom_node import peers

BOTH_LINES = [line.value for line in ServiceLine]
AGREEMENTS = ((cast.TOWNSHIP, cast.COUNTY), (cast.COUNTY, cast.CITY), (cast.COUNTY, cast.COUNTY))


@dataclass(frozen=True)
class Registered:
    """Ids by the cast's keys."""

    institutions: Mapping[str, str]
    patients: Mapping[str, str]


async def _institution(tx: AsyncSession, place: cast.CastInstitution, now: datetime) -> tuple[str, bool]:
    """The id of a place, and whether it is new."""
    try:
        return (await institutions.institution(tx, place.name)).institution_id, False
    except InstitutionNotFound:
        row = await register(
            tx,
            service.COMMAND_LINE,
            NewInstitution(
                name=place.name,
                level=place.level,
                runs_centre=place.runs_centre,
                issuer_of_patient_id=place.issuer,
                phone=place.phone,
            ),
            now,
        )
        return row.institution_id, True


async def _people(
    tx: AsyncSession,
    ids: Mapping[str, str],
    accounts: Sequence[Mapping[str, str]],
    passwords: Passwords,
    now: datetime,
) -> None:
    secrets = {row["user"]: row["password"] for row in accounts}
    for person in cast.PEOPLE:
        await service.create_account(
            tx,
            service.COMMAND_LINE,
            service.NewAccount(
                user=person.user,
                name=person.name,
                institution_id=ids[person.institution],
                roles=list(person.roles),
                title=person.title,
                department=person.department,
                service_lines=[line.value for line in person.service_lines],
                demonstration=True,
            ),
            secrets[person.user],
            passwords,
            now,
        )


async def _patients(tx: AsyncSession, ids: Mapping[str, str], now: datetime) -> dict[str, str]:
    found = {}
    for person in cast.PATIENTS:
        clerk = _clerk(ids[person.institution])
        known = await patients.search(tx, clerk, person.patient_id)
        row = (
            known[0]
            if known
            else await patient_service.register(
                tx,
                clerk,
                patient_service.NewPatient(
                    identifier=person.patient_id,
                    name=person.name,
                    sex=person.sex,
                    birth_date=person.birth_date,
                    id_no=person.id_no,
                    phone=person.phone,
                ),
                now,
            )
        )
        found[person.key] = row.patient_id
    return found


def _clerk(institution_id: str) -> Principal:
    """The command line, standing at an institution's registration desk."""
    return Principal(
        account_id=service.COMMAND_LINE.account_id,
        name=service.COMMAND_LINE.name,
        institution_id=institution_id,
        roles=frozenset({Role.TECHNICIAN.value}),
        proof=Proof.COMMAND_LINE,
    )


async def _agreements(tx: AsyncSession, ids: Mapping[str, str], now: datetime) -> None:
    ends = date(now.year + 2, 12, 31)
    for inviting, invited in AGREEMENTS:
        await agree(
            tx,
            service.COMMAND_LINE,
            NewAgreement(
                inviting_institution_id=ids[inviting.key],
                invited_institution_id=ids[invited.key],
                service_lines=BOTH_LINES,
                valid_from=date(now.year - 1, 1, 1),
                valid_to=ends,
            ),
            now,
        )


async def _peers(tx: AsyncSession, ids: Mapping[str, str], now: datetime) -> None:
    for peer in cast.PEERS:
        home = cast.institution(peer.institution)
        await peers.add_peer(
            tx,
            ae_title=peer.ae_title,
            institution_id=ids[peer.institution],
            institution_name=home.name,
            host="127.0.0.1",
            port=None,
            issuer_of_patient_id=home.issuer,
            now=now,
        )


async def register_everybody(
    tx: AsyncSession, accounts: Sequence[Mapping[str, str]], passwords: Passwords, now: datetime
) -> Registered:
    """Register the whole cast, or find it registered; one transaction does all of it or nothing."""
    placed = {place.key: await _institution(tx, place, now) for place in cast.INSTITUTIONS}
    ids = {key: institution_id for key, (institution_id, _new) in placed.items()}
    try:
        await access.account_by_user(tx, cast.PEOPLE[0].user)
    except AccountNotFound:
        await _people(tx, ids, accounts, passwords, now)
        await _agreements(tx, ids, now)
        await _peers(tx, ids, now)
    return Registered(ids, await _patients(tx, ids, now))
