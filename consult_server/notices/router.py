"""The browser's line for news."""

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from consult_server.identity.current import Caller
from consult_server.web.deps import ThePlatform

router = APIRouter(prefix="/api", tags=["notices"])


@router.get("/live", response_class=StreamingResponse)
async def live(
    here: ThePlatform, caller: Caller, last_event_id: Annotated[str, Header(max_length=128)] = ""
) -> StreamingResponse:
    """Server-sent events: what changed at the caller's institution, resumable by `Last-Event-ID`."""
    return StreamingResponse(
        here.live.listen(caller.institution_id, last_event_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
