"""Joined routers: the routes themselves, in order, and every lifespan around the application's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute

from config.routing import Router, joined


def a_router(name: str, heard: list[str]) -> Router:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        heard.append(f"{name} opened")
        yield
        heard.append(f"{name} closed")

    router = Router(prefix=f"/{name}", lifespan=lifespan)

    @router.get("/thing")
    async def thing() -> None: ...

    return router


def test_routes_are_the_same_ones_in_the_same_order() -> None:
    first, second = a_router("first", []), a_router("second", [])
    found = joined([first, second]).routes
    assert [id(route) for route in found] == [id(route) for route in (*first.routes, *second.routes)]
    assert [route.path for route in found if isinstance(route, APIRoute)] == ["/first/thing", "/second/thing"]
    assert {route.unique_id for route in found if isinstance(route, APIRoute)} == {"thing"}


async def test_every_router_lives_as_long_as_the_application() -> None:
    heard: list[str] = []
    routers = [a_router(name, heard) for name in ("first", "second")]
    async with joined([*routers, Router()]).lifespan_context(FastAPI()):
        assert heard == ["first opened", "second opened"]
    assert heard[2:] == ["second closed", "first closed"]
