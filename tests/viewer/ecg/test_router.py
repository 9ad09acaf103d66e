"""The ECG routes over a real archive: the samples a browser decodes are the server's own values."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import brotli
import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from pydicom import Dataset
from starlette.requests import HTTPConnection

from config.kernel.database import Database
from config.kernel.errors import Forbidden
from config.kernel.objects_local import LocalObjects
from consult_server.web.errors import install
from dicom_node.archive.scope import StudyScope
from tests.fixtures.clock import HandClock
from tests.viewer.access import ReadingAs
from tests.viewer.ecg.waveforms import EIGHT, channel, ecg_object, file_of, group, ramps
from tests.viewer.reading.archive import INSTITUTION, archived
from viewer.access import ViewerPorts
from viewer.ecg.dicom import AMBULATORY_ECG, TWELVE_LEAD_ECG, read_ecg
from viewer.ecg.router import ecg_router

STUDY, ECG = "2.25.12", "2.25.11"


class SignedOut(Forbidden):
    """Nobody is signed in."""

    code = "identity.signed_out"


class OneInstitution:
    """A StudyAccess that lets in who names an institution in a header."""

    def scope(self, connection: HTTPConnection, study_instance_uid: str | None) -> StudyScope:
        institution = connection.headers.get("x-institution")
        if institution is None:
            raise SignedOut
        return StudyScope(institution_ids=frozenset({institution}))


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "objects")


@pytest.fixture
async def client(
    database: Database, objects: LocalObjects, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install(app)
    ports = ViewerPorts(
        access=ReadingAs(database, OneInstitution()),
        database=database,
        objects=objects,
        cache_folder=tmp_path,
        clock=HandClock(),
    )
    app.include_router(ecg_router(ports))
    transport = httpx.ASGITransport(app)
    headers = {"x-institution": INSTITUTION}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as opened:
        yield opened


def an_ecg(**attributes: Any) -> Dataset:
    made = group(ramps(8, 5000), [channel(name) for name in EIGHT])
    facts = {"AcquisitionDateTime": "20261121103812+0800", "PatientID": "7", "StudyDate": "20261121"}
    return ecg_object([made], sop_class=TWELVE_LEAD_ECG, **{**facts, **attributes})


async def store(database: Database, objects: LocalObjects, folder: Path, *datasets: Dataset) -> None:
    paths = []
    for at, ds in enumerate(datasets):
        path = folder / f"{at}.dcm"
        path.write_bytes(file_of(ds))
        paths.append(path)
    await archived(database, objects, paths)


def decoded(lead: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Microvolts by the documented rule alone."""
    kind = {"int16": "<i2", "int32": "<i4"}[lead["sample_type"]]
    samples = np.frombuffer(base64.b64decode(lead["samples"]), dtype=kind).astype(np.float64)
    return np.asarray(samples * lead["microvolts_per_unit"] + lead["baseline_microvolts"])


async def test_an_ecg_is_listed_and_answered(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, tmp_path: Path
) -> None:
    await store(database, objects, tmp_path, an_ecg())
    listed = (await client.get(f"/api/studies/{STUDY}/ecgs")).json()
    assert listed == {
        "ecgs": [
            {
                "sop_instance_uid": ECG,
                "series_instance_uid": "2.25.13",
                "kind": "twelve_lead",
                "acquired_at": "2026-11-21T10:38:12+08:00",
            }
        ]
    }
    answer = await client.get(f"/api/studies/{STUDY}/ecgs/{ECG}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["duration_ms"], body["acquired_at"]) == (10_000, "2026-11-21T10:38:12+08:00")
    assert [one["name"] for one in body["groups"][0]["leads"]] == [*EIGHT, "III", "aVR", "aVL", "aVF"]


@pytest.mark.samples
async def test_the_browser_decodes_the_servers_own_values(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, samples: Path
) -> None:
    path = samples / "ecg/dicom/waveform_ecg.dcm"
    [study] = await archived(database, objects, [path])
    listed = (await client.get(f"/api/studies/{study}/ecgs")).json()["ecgs"]
    body = (await client.get(f"/api/studies/{study}/ecgs/{listed[0]['sop_instance_uid']}")).json()
    facts = json.loads((samples / "FACTS.json").read_text())["ecg/dicom/waveform_ecg.dcm"]["waveforms"]
    expected = read_ecg(path.read_bytes())
    for answered, read, stated in zip(body["groups"], expected.groups, facts, strict=True):
        assert answered["sample_count"] == stated["samples"]
        for lead, ours, fact in zip(answered["leads"], read.leads, stated["leads"], strict=True):
            values = decoded(lead)
            np.testing.assert_array_equal(values, ours.microvolts())
            assert (values.min(), values.max()) == (fact["min_uv"], fact["max_uv"])
    assert body["machine_rate"]["rate_per_minute"] == pytest.approx(61.1, abs=0.2)
    assert {one["key"]: one["value"] for one in body["stated"]}["rr"] == 982


async def test_windows_of_a_long_recording_join_without_gap_or_overlap(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, tmp_path: Path
) -> None:
    table = ramps(2, 250 * 130)
    made = group(table, [channel("CM5"), channel("CC5")], hz="250", MultiplexGroupTimeOffset="40")
    await store(database, objects, tmp_path, ecg_object([made], sop_class=AMBULATORY_ECG))
    pieces, url = [], f"/api/studies/{STUDY}/ecgs/{ECG}"
    for start in range(0, 130_000, 60_000):
        body = (await client.get(url, params={"start_ms": start, "window_ms": 60_000})).json()
        assert (body["duration_ms"], body["window_start_ms"]) == (130_000, start)
        [piece] = body["groups"]
        assert piece["offset_ms"] == start
        pieces.append(decoded(piece["leads"][1]))
    np.testing.assert_array_equal(np.concatenate(pieces), table[:, 1].astype(float) * 5)
    beyond = (await client.get(url, params={"start_ms": 500_000})).json()
    assert beyond["groups"][0]["sample_count"] == 0


async def test_etag_saves_the_second_answer(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, tmp_path: Path
) -> None:
    await store(database, objects, tmp_path, an_ecg())
    url = f"/api/studies/{STUDY}/ecgs/{ECG}"
    tag = (await client.get(url)).headers["etag"]
    again = await client.get(url, headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await client.get(url, params={"start_ms": 1000}, headers={"if-none-match": tag})
    assert other.status_code == 200


async def test_the_answer_travels_compressed(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, tmp_path: Path
) -> None:
    await store(database, objects, tmp_path, an_ecg())
    url = f"/api/studies/{STUDY}/ecgs/{ECG}"
    async with client.stream("GET", url, headers={"accept-encoding": "gzip, br"}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "br"
    plain = await client.get(url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert brotli.decompress(raw) == plain.content


async def test_nobody_else_learns_that_it_exists(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, tmp_path: Path
) -> None:
    await store(database, objects, tmp_path, an_ecg())
    foreign = {"x-institution": "inst-other"}
    for url in (f"/api/studies/{STUDY}/ecgs", f"/api/studies/{STUDY}/ecgs/{ECG}"):
        refused = await client.get(url, headers=foreign)
        unknown = await client.get(url.replace(STUDY, "2.25.999"), headers=foreign)
        assert refused.status_code == unknown.status_code == 404
        assert refused.json()["code"] == unknown.json()["code"] == "dicom.study_not_found"
        assert (await client.get(url, headers={"x-institution": INSTITUTION})).status_code == 200
        del client.headers["x-institution"]
        assert (await client.get(url)).status_code == 401
        client.headers["x-institution"] = INSTITUTION
    missing = await client.get(f"/api/studies/{STUDY}/ecgs/2.25.404")
    assert (missing.status_code, missing.json()["code"]) == (404, "dicom.instance_not_found")


@pytest.mark.samples
async def test_a_study_of_images_holds_no_ecg(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, samples: Path
) -> None:
    [study] = await archived(database, objects, [samples / "ct/philips_54/I10"])
    assert (await client.get(f"/api/studies/{study}/ecgs")).json() == {"ecgs": []}


@pytest.mark.samples
async def test_an_image_is_no_ecg(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, samples: Path
) -> None:
    [study] = await archived(database, objects, [samples / "ct/philips_54/I10"])
    facts = json.loads((samples / "FACTS.json").read_text())["ct/philips_54/I10"]
    refused = await client.get(f"/api/studies/{study}/ecgs/{facts['sop_uid']}")
    assert (refused.status_code, refused.json()["code"]) == (422, "ecg.not_an_ecg")


async def test_a_damaged_recording_says_what_is_wrong(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, tmp_path: Path
) -> None:
    damaged = an_ecg()
    damaged.WaveformSequence[0].NumberOfWaveformSamples = 9999
    await store(database, objects, tmp_path, damaged)
    refused = await client.get(f"/api/studies/{STUDY}/ecgs/{ECG}")
    assert refused.status_code == 422
    assert refused.json()["code"] == "ecg.data_cut_short"
    assert refused.json()["params"] == {"bytes": 80_000, "bytes_stated": 159_984}


@pytest.mark.parametrize(
    "query",
    ["start_ms=-1", "window_ms=0", "window_ms=600001", "start_ms=x", "window_ms=1e9", "start_ms=99999999999"],
)
async def test_windows_have_limits(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/studies/{STUDY}/ecgs/{ECG}?{query}")).status_code == 422


@pytest.mark.parametrize("uid", ["1.2.a", "1" * 65, "%2e%2e"])
async def test_only_uids_name_studies(client: httpx.AsyncClient, uid: str) -> None:
    assert (await client.get(f"/api/studies/{uid}/ecgs")).status_code in {404, 422}


async def test_several_recordings_come_earliest_first(
    client: httpx.AsyncClient, database: Database, objects: LocalObjects, tmp_path: Path
) -> None:
    later = an_ecg(SOPInstanceUID="2.25.21", AcquisitionDateTime="20261121120000")
    earlier = an_ecg(SOPInstanceUID="2.25.22", AcquisitionDateTime="20261121080000")
    await store(database, objects, tmp_path, later, earlier)
    listed = (await client.get(f"/api/studies/{STUDY}/ecgs")).json()["ecgs"]
    assert [one["sop_instance_uid"] for one in listed] == ["2.25.22", "2.25.21"]
