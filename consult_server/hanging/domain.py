"""Who may keep which hanging protocol."""

from config.kernel.errors import Conflict, Forbidden, NotFound
from consult_server.identity.domain import Role

PROTOCOLS_MAX = 60


class ProtocolNotFound(NotFound):
    """There is no such hanging protocol."""

    code = "hanging.not_found"


class ProtocolNotYours(Forbidden):
    """Protocols for a whole institution are kept by its administrators and coordinators."""

    code = "hanging.not_yours"


class ProtocolsTooMany(Conflict):
    """There are as many hanging protocols as can be kept."""

    code = "hanging.too_many"


def check_keeper(roles: frozenset[str], *, shared: bool) -> None:
    """A person keeps their own; those of the institution are its keepers'. Raises ProtocolNotYours."""
    if shared and roles.isdisjoint({Role.ADMINISTRATOR, Role.COORDINATOR}):
        raise ProtocolNotYours
