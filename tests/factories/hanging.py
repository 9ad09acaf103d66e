"""Hanging protocols as clients keep them, and how their routes are asked in the authorisation matrix."""

import uuid
from typing import Any

import httpx

from tests.factories.annotations import PARTIES
from tests.factories.cases import ok

STUDY = "/api/studies/{study_instance_uid}"
ANY_SERIES: dict[str, Any] = {
    "prior": 0,
    "plane": None,
    "words": [],
    "without": [],
    "view": None,
    "side": None,
    "thickness": None,
    "order": None,
}


def a_pane(**series: Any) -> dict[str, Any]:
    """A pane that takes a series by this rule."""
    return {"series": ANY_SERIES | series, "window": None, "invert": False, "toward": None}


def a_protocol(name: str = "胸部CT 对照", *, shared: bool = False, **content: Any) -> dict[str, Any]:
    """The lungs beside those of the first prior study."""
    stage = {
        "name": "肺窗",
        "layout": "1x2",
        "panes": [a_pane(words=["肺"]), a_pane(prior=1, words=["肺"])],
        "linked": True,
    }
    use = {"modalities": ["CT"], "regions": ["chest"], "words": [], "priors_min": 1, "series_min": 0}
    whole = {"schema_version": 1, "use": use, "stages": [stage]} | content
    return {"name": name, "shared": shared, "position": 0, "content": whole}


async def keep(
    client: httpx.AsyncClient, protocol: dict[str, Any], protocol_id: str | None = None, version: int = 0
) -> tuple[str, int]:
    """Keep a protocol that must be taken; its id and version."""
    known = protocol_id or str(uuid.uuid4())
    path, seen = f"/api/hanging-protocols/{known}", {"If-Match": f'"{version}"'}
    return known, ok(await client.put(path, json=protocol, headers=seen))["version"]


SIGNED_IN = "401 200 200 200 200 200 200 200 200"
NONE_YET = SIGNED_IN.replace("200", "404:hanging.not_found")
WORDS = {"protocol_id": "00000000-0000-7000-8000-000000000000", "prior_instance_uid": "1.2.3.4.5.6"}
"""What stands in the addresses of these routes."""
ROWS: dict[str, dict[str, Any]] = {
    f"GET {STUDY}/priors": {"statuses": PARTIES},
    f"GET {STUDY}/priors/{{prior_instance_uid}}/reports": {
        "statuses": PARTIES.replace("200", "404:dicom.study_not_found")
    },
    "GET /api/hanging-protocols": {"statuses": SIGNED_IN},
    "PUT /api/hanging-protocols/{protocol_id}": {"statuses": NONE_YET, "json": a_protocol(), "version": 7},
    "DELETE /api/hanging-protocols/{protocol_id}": {"statuses": NONE_YET, "version": 7},
}
