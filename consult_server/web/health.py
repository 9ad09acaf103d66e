"""Is it alive, can it work, how does it do: for people and machines that watch."""

import ipaddress

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text

from config.kernel.errors import Forbidden, Unavailable
from consult_server.web.deps import ThePlatform

router = APIRouter(tags=["health"])


class NotReady(Unavailable):
    """A part this server needs does not answer."""

    code = "general.not_ready"


class MetricsForbidden(Forbidden):
    """Metrics are for this machine only."""

    code = "general.metrics_forbidden"


@router.get("/health/live", include_in_schema=False)
async def live() -> dict[str, str]:
    """The process answers. Public."""
    return {"status": "live"}


@router.get("/health/ready", include_in_schema=False)
async def ready(here: ThePlatform) -> dict[str, str]:
    """Database and wire answer too. Public; names the part that does not."""
    async with here.database.read() as view:
        await view.execute(text("SELECT 1"))
    try:
        await here.redis.ping()
    except (RedisError, OSError) as error:
        raise NotReady(part="redis") from error
    return {"status": "ready"}


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Counters in Prometheus text form, for this machine only."""
    host = request.client.host if request.client else ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise MetricsForbidden
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
