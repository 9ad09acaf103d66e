"""A clinic for real browsers: the two pages of a call, what they ask the consult server, and signalling."""

import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from config.kernel.clock import SystemClock
from config.prepare import node_environment
from config.settings import load, secret
from signaling.app import make_app
from signaling.roles import Role
from signaling.tickets import mint
from tests.fixtures.call_spy import SPY
from tests.signaling.conftest import serving

ROOT = Path(__file__).parents[2]
HARNESS = ROOT / "tests" / "static" / "calls" / "harness"
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--allow-loopback-in-peer-connection",
]
DOCTORS = {
    "d1": ("江临川", "县医院胸外科", Role.SPECIALIST),
    "d2": ("覃秋月", "龙潭镇中心卫生院", Role.APPLICANT),
}
PREVIEW = {
    "standing": "open",
    "institution_name": "龙潭镇中心卫生院",
    "doctor_name": "江临川",
    "doctor_title": "主任",
    "doctor_institution_name": "县医院",
    "companion_name": "覃秋月 医生",
    "contact_phone": "0778-555 0101",
    "identity_tail_required": True,
    "patient_surname_masked": "罗**",
}
INVITATION = "good-invitation-0001"
TAIL = "082X"


def build(folder: Path) -> Path:
    """The pages as Vite builds them."""
    vite = ROOT / "static" / "node_modules" / ".bin" / "vite"
    subprocess.run(
        [
            vite,
            "build",
            "--config",
            HARNESS / "vite.config.mts",
            "--outDir",
            folder,
            "--emptyOutDir",
            "--logLevel",
            "error",
        ],
        check=True,
        cwd=ROOT / "static",
        env=os.environ | node_environment(),
        stdin=subprocess.DEVNULL,
    )
    return folder


@dataclass
class Clinic:
    """Pages on one address and browsers that look at them."""

    address: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    async def doctor(self, who: str, *, width: int = 1366, height: int = 768) -> Page:
        """A doctor's page before the call."""
        page = await self._page(width, height)
        await page.goto(f"{self.address}/room.html?consult={who}")
        return page

    async def patient(self, invitation: str = INVITATION) -> Page:
        """The patient's phone with the link opened."""
        page = await self._page(390, 844)
        await page.goto(f"{self.address}/join.html#{invitation}")
        return page

    async def _page(self, width: int, height: int) -> Page:
        context = await self.browser.new_context(
            viewport={"width": width, "height": height}, permissions=["camera", "microphone"], locale="zh-CN"
        )
        await context.add_init_script(SPY)
        self.contexts.append(context)
        return await context.new_page()


def _application(folder: Path, home: Path, redeemed: list[str]) -> FastAPI:
    app = FastAPI()
    settings = load(home=str(home))

    def seat(pid: str, name: str, institution: str, role: Role) -> dict[str, Any]:
        ticket = mint(
            secret(settings, "join_ticket"),
            room="room-1",
            participant=pid,
            name=name,
            institution=institution,
            role=role,
            can_admit=role.is_clinician,
            case_ref="c",
            now=SystemClock().now(),
            ttl_seconds=120,
        )
        return {
            "ticket": ticket,
            "signaling_url": "/signaling/ws",
            "room_id": "room-1",
            "participant_name": name,
        }

    @app.post("/api/consults/{who}/call")
    async def call(who: str) -> dict[str, Any]:
        return seat(who, *DOCTORS[who])

    @app.post("/api/consults/{who}/invitations")
    async def invite(who: str, request: Request) -> dict[str, str]:
        assert who in DOCTORS
        return {"url": f"{request.base_url}join.html#{INVITATION}", "expires_at": "2026-11-24T12:00:00+00:00"}

    @app.post("/api/invitations/preview")
    async def preview(request: Request) -> JSONResponse:
        if (await request.json())["invitation"] != INVITATION:
            return _problem(404, "calls.invitation_unknown", {})
        return JSONResponse(PREVIEW)

    @app.post("/api/invitations/redeem")
    async def redeem(request: Request) -> JSONResponse:
        body = await request.json()
        if body["identity_tail"] != TAIL:
            return _problem(403, "calls.identity_mismatch", {"tries_left": 4})
        redeemed.append(json.dumps(body["consent"]))
        return JSONResponse(seat("patient", "罗桂兰", "", Role.PATIENT))

    app.mount("/", StaticFiles(directory=folder))
    return app


def _problem(status: int, code: str, params: dict[str, int]) -> JSONResponse:
    return JSONResponse(
        {"code": code, "params": params, "title": code}, status, media_type="application/problem+json"
    )


@asynccontextmanager
async def open_clinic(folder: Path, home: Path, chromium: str, redeemed: list[str]) -> AsyncIterator[Clinic]:
    """Serves the pages and starts a browser with fake camera and microphone."""
    app = _application(folder, home, redeemed)
    origins: list[str] = []
    async with serving(_WithSignalling(app, home, origins)) as port, async_playwright() as playwright:
        address = f"http://127.0.0.1:{port}"
        origins.append(address)
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield Clinic(address, browser)
        finally:
            await browser.close()


class _WithSignalling:
    """The signalling server learns its own origin only when the port is known."""

    def __init__(self, pages: FastAPI, home: Path, origins: list[str]) -> None:
        self._pages, self._home, self._origins = pages, home, origins
        self._signalling: FastAPI | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            await self._pages(scope, receive, send)
            return
        if self._signalling is None:
            self._signalling = FastAPI()
            self._signalling.mount("/signaling", make_app(load(home=str(self._home)), origins=self._origins))
        await self._signalling(scope, receive, send)
