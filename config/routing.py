"""Routers whose routes are made once, and which applications have as they are.

`FastAPI.include_router` makes each route again for whoever includes it, half of it when the first request
asks: 0.7 s of processor time at every start, and the first people wait for it (DECISIONS 117).
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute


def operation_id(route: APIRoute) -> str:
    """A route is called what its function is called."""
    return route.name


class Router(APIRouter):
    """Routes of one feature, each complete where it is made."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named, generate_unique_id_function=operation_id)


def joined(routers: Iterable[Router]) -> Router:
    """One router with the routes of all, in this order, which lives as long as all of them."""
    parts = list(routers)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as living:
            for part in parts:
                await living.enter_async_context(part.lifespan_context(app))
            yield

    whole = Router(lifespan=lifespan)
    whole.routes += [route for part in parts for route in part.routes]
    return whole
