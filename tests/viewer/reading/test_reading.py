"""The routes of the reading station as a browser meets them."""

import hashlib
import io
from pathlib import Path
from typing import Any

import brotli
import httpx
import numpy as np
import pytest
from PIL import Image

from tests.viewer.reading.archive import INSTITUTION
from tests.viewer.reading.conftest import HeaderAccess, Shelf
from tests.viewer.reading.facts import facts
from viewer.frame_records import records_in
from viewer.manifest import Manifest
from viewer.series_images import BLOCK_FRAMES_MAX

ELSEWHERE = {"x-institution": "inst-elsewhere"}


def philips(samples: Path, count: int = 20) -> list[Path]:
    return sorted(path for path in (samples / "ct" / "philips_54").iterdir() if path.name != "DIRFILE")[
        :count
    ]


async def manifest(client: httpx.AsyncClient, uid: str) -> dict[str, Any]:
    response = await client.get(f"/api/studies/{uid}/manifest")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.samples
async def test_the_manifest_tells_what_the_objects_say(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    (uid,) = await shelf.store(philips(samples, 54))
    found = await manifest(client, uid)
    Manifest.model_validate(found)
    (series,) = found["series"]
    fact = facts(samples)["ct/philips_54/I10"]
    assert found["study_instance_uid"] == fact["study_uid"] == uid
    assert found["patient"]["name"] == fact["patient_name"]
    assert series["series_instance_uid"] == fact["series_uid"]
    assert (series["modality"], series["kind"], len(series["frames"])) == ("CT", "image", 54)
    (form,) = series["forms"]
    assert (form["rows"], form["columns"], form["bits_stored"]) == (512, 512, 12)
    assert [form["rescale_slope"], form["rescale_intercept"]] == fact["rescale"]
    assert [form["spacing"]["row_mm"], form["spacing"]["column_mm"]] == fact["PixelSpacing"]
    assert form["windows"][0] == {"center": 40, "width": 80, "explanation": ""}
    first = series["frames"][0]
    assert series["sop_instance_uids"][first["instance"]] == fact["sop_uid"]
    assert first["position"] == pytest.approx(fact["ImagePositionPatient"])
    assert form["orientation"] == pytest.approx(fact["ImageOrientationPatient"])
    assert series["stack"]["tilt_degrees"] == pytest.approx(18.5, abs=0.1)
    assert series["technique"]["kvp"] == 120
    assert series["pack"]["url"].startswith(f"/api/packs/{series['pack']['pack_id']}/{uid}/frames/")


@pytest.mark.samples
async def test_the_manifest_is_named_by_its_content_and_kept_nowhere(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    (uid,) = await shelf.store(philips(samples))
    url = f"/api/studies/{uid}/manifest"
    first = await client.get(url)
    assert first.headers["cache-control"] == "no-store"
    again = await client.get(url, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(url, headers={"if-none-match": '"old"'})
    assert other.status_code == 200


@pytest.mark.samples
async def test_the_manifest_is_compressed_for_those_who_ask(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    (uid,) = await shelf.store(philips(samples))
    url = f"/api/studies/{uid}/manifest"
    plain = await client.get(url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with client.stream("GET", url, headers={"accept-encoding": "br"}) as response:
        raw = b"".join([chunk async for chunk in response.aiter_raw()])
        assert response.headers["content-encoding"] == "br"
    assert brotli.decompress(raw) == plain.content
    assert len(raw) * 3 < len(plain.content)


@pytest.mark.samples
async def test_frames_come_with_an_address_for_ever(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    (uid,) = await shelf.store(philips(samples))
    pack = (await manifest(client, uid))["series"][0]["pack"]
    assert pack["block_frames"] == BLOCK_FRAMES_MAX
    block = await client.get(f"{pack['url']}0-15")
    assert block.status_code == 200
    assert block.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert [one.frame for one in records_in(block.content)] == list(range(16))
    last = await client.get(f"{pack['url']}19-19")
    assert [one.frame for one in records_in(last.content)] == [19]
    both = await client.get(f"{pack['url']}0-19")
    assert [one.frame for one in records_in(both.content)] == list(range(20))


@pytest.mark.samples
async def test_access_is_asked_on_each_request(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path, access: HeaderAccess
) -> None:
    (uid,) = await shelf.store(philips(samples, 2))
    series = (await manifest(client, uid))["series"][0]
    thumbnail = f"/api/studies/{uid}/series/{series['series_instance_uid']}/thumbnail"
    urls = [f"/api/studies/{uid}/manifest", f"{series['pack']['url']}0-1", thumbnail]
    access.asked.clear()
    for url in urls:
        assert (await client.get(url)).status_code == 200
    assert access.asked == [uid, uid, uid]
    for headers in (ELSEWHERE, {"x-institution": ""}):
        for url in urls:
            refused = await client.get(url, headers=headers)
            assert refused.status_code == 404
            assert refused.json()["code"] == "dicom.study_not_found"


@pytest.mark.samples
async def test_a_pack_is_reached_only_through_its_own_study(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    (ct,) = await shelf.store(philips(samples, 2))
    (mr,) = await shelf.store([samples / "ts" / "MR_small.dcm"])
    pack = (await manifest(client, ct))["series"][0]["pack"]
    crossed = await client.get(f"/api/packs/{pack['pack_id']}/{mr}/frames/0-0")
    assert (crossed.status_code, crossed.json()["code"]) == (404, "viewer.pack_not_found")


@pytest.mark.samples
async def test_wrong_ranges_are_refused_by_name(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    (uid,) = await shelf.store([samples / "xa" / "jpeg_baseline_8bit.dcm"])
    pack = (await manifest(client, uid))["series"][0]["pack"]
    expected = {
        "0-95": (413, "viewer.frames_too_many"),
        "0-96": (404, "viewer.frames_not_found"),
        "5-4": (404, "viewer.frames_not_found"),
        "96-96": (404, "viewer.frames_not_found"),
        "-1-3": (422, "general.fields_refused"),
        "a-b": (422, "general.fields_refused"),
        "1-99999999999999999999": (422, "general.fields_refused"),
    }
    for asked, answer in expected.items():
        response = await client.get(f"{pack['url']}{asked}")
        assert (response.status_code, response.json()["code"]) == answer, asked
    assert (await client.get(f"/api/packs/NOTHEX/{uid}/frames/0-0")).status_code == 422
    assert (await client.get("/api/studies/1.2.3x/manifest")).status_code == 422


@pytest.mark.samples
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "name, coloured",
    [
        ("ct/philips_54/I300", False),
        ("us/examples_palette.dcm", True),
        ("us/US1_UNCI.dcm", True),
        ("cr_dx/dx_image.dcm", False),
        ("ts/SC_ybr_full_422_uncompressed.dcm", True),
    ],
)
async def test_a_thumbnail_is_a_small_picture(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path, name: str, coloured: bool
) -> None:
    (uid,) = await shelf.store([samples / name])
    series = (await manifest(client, uid))["series"][0]["series_instance_uid"]
    url = f"/api/studies/{uid}/series/{series}/thumbnail"
    response = await client.get(url)
    assert response.headers["content-type"] == "image/webp"
    picture = np.asarray(Image.open(io.BytesIO(response.content)).convert("RGB")).astype(int)
    assert max(picture.shape) <= 192
    assert picture.max() > 100
    assert bool((np.ptp(picture, axis=2) > 40).any()) is coloured
    again = await client.get(url)
    assert hashlib.sha256(again.content).digest() == hashlib.sha256(response.content).digest()


@pytest.mark.samples
async def test_what_has_no_picture_has_no_thumbnail(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    waveform = next(path for path in sorted((samples / "ecg").rglob("*.dcm")))
    (uid,) = await shelf.store([waveform])
    (series,) = (await manifest(client, uid))["series"]
    assert (series["kind"], series["pack"], series["frames"]) == ("ecg", None, [])
    missing = await client.get(f"/api/studies/{uid}/series/{series['series_instance_uid']}/thumbnail")
    assert (missing.status_code, missing.json()["code"]) == (404, "viewer.thumbnail_not_found")
    unknown = await client.get(f"/api/studies/{uid}/series/1.2.3/thumbnail")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "dicom.series_not_found")


@pytest.mark.samples
async def test_a_frame_that_failed_is_in_the_next_manifest(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path, tmp_path: Path
) -> None:
    (uid,) = await shelf.store([samples / "ts" / "MR_small_jp2klossless.dcm"])
    before = (await manifest(client, uid))["series"][0]
    assert before["frames"][0]["problem"] is None
    (stored,) = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    stored.write_bytes(stored.read_bytes()[:-600] + bytes(600))
    response = await client.get(f"{before['pack']['url']}0-0")
    (record,) = records_in(response.content)
    after = (await manifest(client, uid))["series"][0]
    assert after["frames"][0]["problem"] == record.payload.decode()


@pytest.mark.samples
async def test_the_study_of_the_callers_own_institution_comes_first(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    files = philips(samples, 3)
    (uid,) = await shelf.store(files)
    await shelf.store(files[:1], "inst-elsewhere")
    assert len((await manifest(client, uid))["series"][0]["frames"]) == 3
    other = await client.get(f"/api/studies/{uid}/manifest", headers=ELSEWHERE)
    assert len(other.json()["series"][0]["frames"]) == 1
    assert INSTITUTION not in other.text
