"""Which stored objects are known to be damaged without a whole copy: they are not given out as if whole.

What is only missing is not among them: reading it says so. An object that was sent again counts as
damaged until it is looked at again (`checking.LOOK_AGAIN`).
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import sync_transaction
from config.prepared import Prepared
from dicom_node.archive.verification import Integrity
from dicom_node.keeping.damages import DAMAGE

KEYS_AT_ONCE: Final = 500
AMONG: Final = select(DAMAGE.c.object_key).where(
    DAMAGE.c.object_key.in_(bindparam("keys", expanding=True)),
    DAMAGE.c.mended_by == "",
    DAMAGE.c.integrity == Integrity.DAMAGED.value,
)
_PREPARED: Final = Prepared(AMONG)


async def damaged(view: AsyncSession, object_keys: Sequence[str]) -> set[str]:
    """Those of the objects' keys that are known to be damaged."""
    found = set[str]()
    for some in _batches(object_keys):
        found.update(key for (key,) in await _PREPARED.rows(view, {"keys": some}))
    return found


def damaged_here(engine: Engine, object_keys: Sequence[str]) -> set[str]:
    """The same on a thread of its own."""
    found = set[str]()
    with sync_transaction(engine) as session:
        for some in _batches(object_keys):
            found.update(session.scalars(AMONG, {"keys": some}))
    return found


def _batches(keys: Sequence[str]) -> list[list[str]]:
    return [list(keys[start : start + KEYS_AT_ONCE]) for start in range(0, len(keys), KEYS_AT_ONCE)]
