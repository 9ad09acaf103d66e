"""What a person set for themselves and finds again on any computer: a small document for each matter."""

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field

from config.kernel.errors import TooLarge
from config.routing import Router
from consult_server.identity import access
from consult_server.identity.current import Caller
from consult_server.identity.domain import PreferenceName
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.schemas import Heard

router = Router(prefix="/api", tags=["identity"])
VALUES_MAX, CHARACTERS_MAX = 200, 20_000


class PreferenceTooLarge(TooLarge):
    """These settings are larger than can be kept for a person."""

    code = "identity.preference_too_large"


class PreferenceIn(Heard):
    """The whole document; the client that writes it knows what it means."""

    value: Annotated[dict[str, Any], Field(max_length=VALUES_MAX)]


@router.get("/me/preferences/{name}")
async def get_preference(view: View, caller: Caller, name: PreferenceName) -> dict[str, Any]:
    """What the caller set; empty while they set nothing."""
    row = await access.preference(view, caller, name)
    return row.value if row is not None else {}


@router.put("/me/preferences/{name}", status_code=204)
async def set_preference(
    here: ThePlatform, tx: Tx, caller: Caller, name: PreferenceName, wanted: PreferenceIn
) -> Response:
    """Keep the caller's setting; the last one counts. Raises PreferenceTooLarge."""
    if len(wanted.model_dump_json()) > CHARACTERS_MAX:
        raise PreferenceTooLarge(characters_max=CHARACTERS_MAX)
    await access.keep_preference(tx, caller, name, wanted.value, here.clock.now())
    return Response(status_code=204)
