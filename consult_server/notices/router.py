"""The browser's line for news."""

from functools import partial
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import StreamingResponse

from config.routing import Router
from consult_server.identity.current import Caller, still_signed_in
from consult_server.identity.domain import CLINICAL
from consult_server.web.deps import ThePlatform
from consult_server.web.push import Listener

router = Router(prefix="/api", tags=["notices"])


@router.get("/live", response_class=StreamingResponse)
async def live(
    here: ThePlatform,
    request: Request,
    caller: Caller,
    last_event_id: Annotated[str, Header(max_length=128)] = "",
) -> StreamingResponse:
    """Server-sent events: what changed at the caller's institution, resumable by `Last-Event-ID`.

    Who has no clinical role hears that the line is alive and nothing else. The line ends soon after
    the sign-in does; being open does not prolong it.
    """
    here.live.refuse_when_full(caller.account_id)
    institution_id = caller.institution_id if caller.has_role(*CLINICAL) else ""
    listener = Listener(account_id=caller.account_id, institution_id=institution_id)
    return StreamingResponse(
        here.live.listen(listener, last_event_id, partial(still_signed_in, request)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
