"""Searches over one institution's patients."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.identity.domain import CLINICAL, require_role
from consult_server.patients.domain import folded_number, folded_query
from consult_server.patients.tables import Patient

FOUND_MAX = 20


def same_person(one: type[Patient], other: type[Patient]) -> ColumnElement[bool]:
    """The patient index: the same registration, or two of different institutions with one identity card.

    The card's number passed its check digit when it was registered; sex and birth date must agree with
    it besides. Names and hospital numbers link nobody.
    """
    linked = and_(
        other.institution_id != one.institution_id,
        one.id_no != "",
        other.id_no == one.id_no,
        other.birth_date == one.birth_date,
        other.sex == one.sex,
    )
    return or_(other.patient_id == one.patient_id, linked)


async def search(view: AsyncSession, principal: Principal, text: str) -> list[Patient]:
    """Patients of the caller's institution by name, pinyin, initials or number; newest first."""
    require_role(principal, *CLINICAL)
    statement = select(Patient).where(Patient.institution_id == principal.institution_id)
    folded = folded_query(text)
    number = folded_number(text)
    if folded:
        statement = statement.where(
            or_(
                Patient.name_key.contains(folded, autoescape=True),
                Patient.identifier.startswith(number, autoescape=True),
                Patient.id_no.startswith(number.upper(), autoescape=True),
            )
        )
    return list(await view.scalars(statement.order_by(Patient.patient_id.desc()).limit(FOUND_MAX)))


async def patients_by_id(view: AsyncSession, ids: set[str]) -> dict[str, Patient]:
    """The patients of consults already opened to the caller, by id."""
    rows = await view.scalars(select(Patient).where(Patient.patient_id.in_(ids)))
    return {row.patient_id: row for row in rows}
