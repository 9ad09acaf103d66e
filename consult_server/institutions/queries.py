"""Reads of institutions and agreements."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from consult_server.institutions.domain import InstitutionExists, InstitutionNotFound, IssuerExists
from consult_server.institutions.tables import Agreement, Institution

LIST_MAX = 500


async def all_institutions(view: AsyncSession) -> list[Institution]:
    """Every institution, by name."""
    return list(await view.scalars(select(Institution).order_by(Institution.name).limit(LIST_MAX)))


async def institution(view: AsyncSession, id_or_name: str) -> Institution:
    """The institution with this id or exact name. Raises InstitutionNotFound."""
    found = await view.scalar(
        select(Institution).where(
            or_(Institution.institution_id == id_or_name, Institution.name == id_or_name)
        )
    )
    if found is None:
        raise InstitutionNotFound
    return found


async def named(view: AsyncSession, ids: set[str]) -> dict[str, Institution]:
    """The institutions of these ids, by id."""
    rows = await view.scalars(select(Institution).where(Institution.institution_id.in_(ids)))
    return {row.institution_id: row for row in rows}


async def agreements(view: AsyncSession, inviting_id: str | None = None) -> list[Agreement]:
    """Agreements, those of one inviting institution when it is named."""
    statement = select(Agreement).order_by(Agreement.valid_to.desc()).limit(LIST_MAX)
    if inviting_id is not None:
        statement = statement.where(Agreement.inviting_institution_id == inviting_id)
    return list(await view.scalars(statement))


async def agreements_between(view: AsyncSession, inviting_id: str, invited_id: str) -> list[Agreement]:
    """What these two agreed, latest end first."""
    return list(
        await view.scalars(
            select(Agreement)
            .where(
                Agreement.inviting_institution_id == inviting_id,
                Agreement.invited_institution_id == invited_id,
            )
            .order_by(Agreement.valid_to.desc())
        )
    )


async def agreements_with(
    view: AsyncSession, inviting_ids: Collection[str], invited_id: str
) -> list[Agreement]:
    """What these institutions agreed to have done by that one."""
    if not inviting_ids:
        return []
    statement = select(Agreement).where(
        Agreement.inviting_institution_id.in_(inviting_ids), Agreement.invited_institution_id == invited_id
    )
    return list(await view.scalars(statement.limit(LIST_MAX)))


async def refuse_known(view: AsyncSession, name: str, issuer_of_patient_id: str) -> None:
    """Raises InstitutionExists when the name is taken, IssuerExists when the code is."""
    if await view.scalar(select(Institution.institution_id).where(Institution.name == name)):
        raise InstitutionExists
    if await view.scalar(
        select(Institution.institution_id).where(Institution.issuer_of_patient_id == issuer_of_patient_id)
    ):
        raise IssuerExists
