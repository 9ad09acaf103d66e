"""Studies found by any part of a name, where the database is a file: an index of three characters each.

A name that few have, or none, would else be looked for in every study there is. The index (SQLite FTS5,
tokenizer trigram) says which studies may match; `matching` decides, so that no answer depends on it.
Triggers note which names it does not hold yet, which are candidates too (`keeping.names` adds them).
PostgreSQL has such an index of its own (pg_trgm) and is asked nothing here.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, bindparam, column, func, literal_column, select, table, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from config.kernel.view import View
from config.prepared import Prepared
from dicom_node.archive.matching import IN_SCOPE, StudyFilter, folded_pattern, fuzzy_parts, is_asked, reach
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Study

NAMES = table("dicom_study_name", column("name_id"), column("study_key"), column("noted"))
GONE = table("dicom_study_name_gone", column("name_id"))
TEXT = table("dicom_study_name_text", column("rowid"), column("patient_name"), column("patient_name_key"))
GROUP_END, ENTRY_END = "=", "|"
"""What parts the groups of a name, and the entries of its key; in the index also before and after each."""
GRAM_CHARACTERS: Final = 3
CANDIDATES_MAX: Final = 500
"""A name that more have is soon met on the way through the newest studies."""
WILD = re.compile(r"[*?]")
_MATCHES = literal_column(TEXT.name).op("MATCH")(bindparam("expression"))
_NOTED = (
    select(NAMES.c.study_key)
    .join(TEXT, TEXT.c.rowid == NAMES.c.name_id)
    .join(Study, Study.study_key == NAMES.c.study_key)
    .where(_MATCHES, IN_SCOPE)
)
_NOT_YET = select(NAMES.c.study_key).where(NAMES.c.noted == literal_column("0"))
_EITHER = union_all(_NOTED, _NOT_YET).subquery()
CANDIDATES: Select[str] = select(_EITHER.c.study_key).limit(CANDIDATES_MAX + 1)
COMMON_FROM: Final = 5_000
"""So many have the name, wherever: whose they are is not asked, which would take longer than to meet them."""
_HAVE_IT = select(TEXT.c.rowid).where(_MATCHES).limit(COMMON_FROM).subquery()
BEARERS: Select[int] = select(func.count()).select_from(_HAVE_IT)
_PREPARED, _PREPARED_BEARERS = Prepared(CANDIDATES), Prepared(BEARERS)


def is_own(name: str | None) -> bool:
    """True for what migrations make by hand for this index, here or in PostgreSQL: no mapped class has it."""
    return name is not None and (name.startswith(NAMES.name) or name.endswith("_grams"))


def expression(wanted: StudyFilter) -> str | None:
    """What the index must hold of a study whose name matches (FTS5 3); None when that cannot be said."""
    name = wanted.patient_name
    if wanted.fuzzy:
        return _all([_phrase(TEXT.c.patient_name_key.name, part) for part in fuzzy_parts(name)])
    if not is_asked(name):
        return None
    literal = _all(_phrases(name, TEXT.c.patient_name.name, GROUP_END))
    folded = folded_pattern(name)
    if not wanted.by_reading or not folded.strip("*?"):
        return literal
    by_reading = _all(_phrases(folded, TEXT.c.patient_name_key.name, ENTRY_END))
    return f"({literal}) OR ({by_reading})" if literal and by_reading else None


def _phrases(pattern: str, name: str, end: str) -> list[str]:
    """The parts of a pattern between its wild cards; where there is none at an end, a group ends there."""
    return [_phrase(name, part) for part in WILD.split(end + pattern + end)]


def _phrase(name: str, part: str) -> str:
    """The condition that `name` holds `part`, "" when that is too short to be in the index."""
    quoted = part.replace('"', '""')
    return f'{name} : "{quoted}"' if len(part) >= GRAM_CHARACTERS and "\0" not in part else ""


def _all(phrases: Sequence[str]) -> str | None:
    return " AND ".join(filter(None, phrases)) or None


async def narrowed(view: AsyncSession, scope: StudyScope, wanted: StudyFilter) -> StudyFilter | None:
    """`wanted`, which names the studies besides when only few can match; None when none can."""
    values = _values(scope, wanted)
    if values is None or not isinstance(view, View):
        return wanted
    bearers = await _PREPARED_BEARERS.rows_of_file(view, values)
    if bearers is None or bearers[0][0] >= COMMON_FROM:
        return wanted
    rows = await _PREPARED.rows_of_file(view, values)
    return wanted if rows is None else _among([key for (key,) in rows], wanted)


def narrowed_here(session: Session, scope: StudyScope, wanted: StudyFilter) -> StudyFilter | None:
    """`narrowed`, on a thread."""
    values = _values(scope, wanted)
    if values is None or session.get_bind().dialect.name != "sqlite":
        return wanted
    if (session.scalar(BEARERS, values) or 0) >= COMMON_FROM:
        return wanted
    return _among(list(session.scalars(CANDIDATES, values)), wanted)


def _values(scope: StudyScope, wanted: StudyFilter) -> dict[str, Any] | None:
    """The values of CANDIDATES; None when studies are named already, or the name says too little."""
    asked = None if wanted.names_few else expression(wanted)
    return None if asked is None else {"expression": asked} | reach(scope)


def _among(keys: list[str], wanted: StudyFilter) -> StudyFilter | None:
    if len(keys) > CANDIDATES_MAX:
        return wanted
    return replace(wanted, study_keys=keys) if keys else None
