"""`lianzhen web`: uvicorn with our caps."""

import gc
import socket

import uvicorn
import uvloop

from config.kernel.limits import WEBSOCKET_MESSAGE_BYTES_MAX
from config.memory import keep_freed_memory
from config.patience import allow_open_files, patient_protocol
from config.settings import Settings
from consult_server.app import make_app
from consult_server.open_platform import open_platform
from consult_server.reports.pdf import warm_up

KEEP_ALIVE_SECONDS = 15
STOP_SECONDS = 5
BACKLOG = 512
YOUNG_OBJECTS = 10_000
"""Objects made between two collections: an answer of 400 results is as many, and none of it is garbage."""


class Server(uvicorn.Server):
    """Once started, what start-up made is no garbage any more: collections look at what requests make."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then set aside what is there."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)


async def _serve(settings: Settings) -> None:
    async with open_platform(settings) as platform:
        platform.cpu.submit(warm_up, settings.client_path / "report-fonts")
        server = Server(
            uvicorn.Config(
                make_app(platform),
                host=settings.http.host,
                port=settings.http.port,
                log_config=None,
                access_log=False,
                loop="uvloop",
                http=patient_protocol(),
                ws="websockets-sansio",
                ws_max_size=WEBSOCKET_MESSAGE_BYTES_MAX,
                ws_per_message_deflate=False,
                server_header=False,
                proxy_headers=False,
                lifespan="on",
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
                backlog=BACKLOG,
            )
        )
        await server.serve()


def run(settings: Settings) -> None:
    """Serve until told to stop."""
    allow_open_files()
    keep_freed_memory()
    uvloop.run(_serve(settings))
