"""What an institution may be and when an agreement holds."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from config.kernel.errors import Conflict, Invalid, NotFound


class Level(StrEnum):
    """Where an institution stands (WS 218, in the words people use)."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"
    CITY = "city"


class InstitutionNotFound(NotFound):
    """There is no such institution."""

    code = "institutions.not_found"


class InstitutionExists(Conflict):
    """An institution of this name is registered already."""

    code = "institutions.exists"


class IssuerExists(Conflict):
    """Another institution issues patient numbers under that code already."""

    code = "institutions.issuer_exists"


class AgreementDatesWrong(Invalid):
    """An agreement ends before it begins."""

    code = "institutions.agreement_dates_wrong"


@dataclass(frozen=True, kw_only=True)
class AgreementTerms:
    """What an agreement says: which services, from which day to which (inclusive)."""

    service_lines: frozenset[str]
    valid_from: date
    valid_to: date

    def covers(self, service_line: str, on: date) -> bool:
        """True when `service_line` is agreed on that day."""
        return service_line in self.service_lines and self.valid_from <= on <= self.valid_to
