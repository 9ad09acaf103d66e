"""May this study be destroyed? The decision, pure: whatever is not known to be allowed is kept.

A rule is for an institution, a sender and a modality, each named or any. A rule that says the same and
more is *narrower* and takes the other's place; of the rules that are left the longest time counts, and
the longest time of all modalities of the study. A modality without a rule keeps its study for good.
"""

from calendar import monthrange
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from config.kernel.errors import Conflict, Invalid

KEEP_MONTHS_MAX: Final = 1_200
MONTHS: Final = 12


class RuleExists(Conflict):
    """There is a retention rule for exactly this already."""

    code = "dicom.retention_rule_exists"


class KeepTimeRefused(Invalid):
    """A keep time is a whole number of months, 1 to 1,200."""

    code = "dicom.keep_time_refused"


class Kept(StrEnum):
    """Why a study is kept; what is found first is said."""

    NO_RULE = "no_rule"
    TOO_YOUNG = "too_young"
    HELD = "held"
    NEEDED = "needed"
    UNDELIVERED = "undelivered"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How long is kept, of what; None is any."""

    keep_months: int
    institution_id: str | None = None
    source_ae_title: str | None = None
    modality: str | None = None

    @property
    def scope(self) -> tuple[str | None, str | None, str | None]:
        """What it is for."""
        return self.institution_id, self.source_ae_title, self.modality

    def covers(self, *facts: str) -> bool:
        """True when it is for this institution, sender and modality."""
        return all(named in {None, fact} for named, fact in zip(self.scope, facts, strict=True))

    def is_narrower(self, other: "Rule") -> bool:
        """True when it names all that `other` names, and more."""
        return self.scope != other.scope and all(
            theirs in {None, mine} for mine, theirs in zip(self.scope, other.scope, strict=True)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the decision rests on. `last_received_at` is when the last object of the study came."""

    institution_id: str
    source_ae_title: str
    modalities: Collection[str]
    study_date: str
    last_received_at: datetime
    settled: bool
    held: bool
    needed: bool
    undelivered: bool


def keep_months(
    rules: Sequence[Rule], institution_id: str, source_ae_title: str, modalities: Collection[str]
) -> int | None:
    """How long a study is kept; None is for good."""
    times = [_longest(rules, institution_id, source_ae_title, one) for one in modalities or {""}]
    found = [time for time in times if time is not None]
    return max(found) if len(found) == len(times) else None


def _longest(rules: Sequence[Rule], *facts: str) -> int | None:
    for_it = [rule for rule in rules if rule.covers(*facts)]
    left = [rule for rule in for_it if not any(other.is_narrower(rule) for other in for_it)]
    return max((rule.keep_months for rule in left), default=None)


def kept_until(study_date: str, last_received_at: datetime, months: int) -> date:
    """The last day on which a study is kept: counted from its date or its coming, whichever is later.

    So a device whose clock stood at 1990 loses nothing.
    """
    came = last_received_at.date()
    try:
        began = max(came, datetime.strptime(study_date, "%Y%m%d").date())  # noqa: DTZ007 - DICOM's DA has no zone
    except ValueError:
        began = came
    year, month = divmod(began.year * MONTHS + began.month - 1 + months, MONTHS)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(began.day, monthrange(year, month + 1)[1]))


def kept_for(facts: Facts, rules: Sequence[Rule], today: date) -> Kept | None:
    """Why a study is kept, None when it may be destroyed."""
    months = keep_months(rules, facts.institution_id, facts.source_ae_title, facts.modalities)
    if months is None:
        return Kept.NO_RULE
    if today <= kept_until(facts.study_date, facts.last_received_at, months):
        return Kept.TOO_YOUNG
    reasons = {
        Kept.HELD: facts.held,
        Kept.NEEDED: facts.needed,
        Kept.UNDELIVERED: facts.undelivered,
        Kept.UNSETTLED: not facts.settled,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def check_keep_time(months: int) -> None:
    """Raises KeepTimeRefused."""
    if not 1 <= months <= KEEP_MONTHS_MAX:
        raise KeepTimeRefused
