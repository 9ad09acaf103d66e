"""The objects of a study by the route: all that are shown, broken ones named, others' studies unknown."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from consult_server.web import errors
from tests.viewer.objects.filings import STUDY, a_filing, an_image, one_of_each
from tests.viewer.objects.reread import kept
from tests.viewer.reading.archive import INSTITUTION, archived
from viewer.access import ViewerPorts
from viewer.objects.filing import objects_of
from viewer.objects.router import bulk_of, objects_router


@pytest.fixture
async def client(ports: ViewerPorts) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app)
    app.include_router(objects_router(ports))
    async with LifespanManager(app) as running:
        transport = httpx.ASGITransport(app=running.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"x-institution": INSTITUTION}
        ) as opened:
            yield opened


async def test_what_was_written_is_told_to_the_readers_of_the_study_only(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    image = an_image()
    files = [kept(one, tmp_path) for one in objects_of(a_filing(one_of_each(image), [image]))]
    await archived(ports.database, ports.objects, files)
    told = (await client.get(f"/api/studies/{STUDY}/objects")).json()
    assert [len(told[part]) for part in ("key_objects", "presentations", "reports", "unreadable")] == [
        1,
        1,
        1,
        0,
    ]
    assert told["more"] is False
    assert len(told["reports"][0]["measurements"]) == 8
    elsewhere = await client.get(f"/api/studies/{STUDY}/objects", headers={"x-institution": "inst-elsewhere"})
    assert elsewhere.status_code == 404


@pytest.mark.samples
async def test_a_state_with_large_tables_is_told_with_them(
    client: httpx.AsyncClient, ports: ViewerPorts, samples: Path
) -> None:
    (uid,) = await archived(ports.database, ports.objects, sorted((samples / "pr").glob("*.dcm")))
    told = (await client.get(f"/api/studies/{uid}/objects")).json()
    (state,) = told["presentations"]
    assert state["description"] == "scrambled modality lut / voi lut / presentation lut"
    assert all(state[name] is not None for name in ("modality_lut", "presentation_lut"))


def test_no_more_of_a_table_is_read_than_a_table_can_be(ports: ViewerPorts) -> None:
    assert bulk_of(ports.objects, None)(0, 2**40) == b""  # type: ignore[arg-type]
