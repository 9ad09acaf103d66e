"""How much one STOW-RS request may bring."""

from dataclasses import dataclass

from config.kernel.limits import GIB


@dataclass(frozen=True, kw_only=True)
class StowLimits:
    """Bytes of a whole body and of one object, parts in a body, bodies at once; what the disk keeps free."""

    body_bytes_max: int = 2 * GIB
    object_bytes_max: int = 2 * GIB
    parts_max: int = 5_000
    bodies_max: int = 8
    reserve_bytes: int = GIB
