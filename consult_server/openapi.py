"""The API's description, made from the routes alone: nothing is opened or started."""

import json
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI

from config.kernel.clock import SystemClock
from config.kernel.database import Database
from config.kernel.objects import ObjectStore
from config.routing import joined, operation_id
from consult_server.app import PRODUCT_ROUTERS, viewer_routers
from viewer.access import StudyAccess, ViewerPorts

UNPLUGGED = ViewerPorts(
    access=cast("StudyAccess", None),
    database=Database("sqlite:///unplugged"),
    objects=cast("ObjectStore", None),
    cache_folder=Path("unplugged"),
    clock=SystemClock(),
)
FILE = Path(__file__).parent.parent / "static" / "openapi.json"


def describe() -> dict[str, Any]:
    """The OpenAPI document of every route under /api."""
    app = FastAPI(title="Lianzhen", version="0.1.0", generate_unique_id_function=operation_id)
    app.router.routes += joined([*PRODUCT_ROUTERS, *viewer_routers(UNPLUGGED)]).routes
    document = app.openapi()
    document["paths"] = {path: verbs for path, verbs in document["paths"].items() if path.startswith("/api/")}
    return document


def text() -> str:
    """The document as the file holds it."""
    return json.dumps(describe(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write() -> None:
    """Bring the file up to date."""
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
