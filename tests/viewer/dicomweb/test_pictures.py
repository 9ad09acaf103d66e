"""Rendered pictures and thumbnails over HTTP, opened by Pillow and held against computed levels."""

import io

import httpx
import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless

from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import CITY, Archive
from tests.viewer.dicomweb.parts import parts
from viewer.frame_jobs import FrameJob
from viewer.image_form import frames_of
from viewer.pixels import Fault
from viewer.render_query import Region, Wish
from viewer.rendering import PNG, PictureJob, picture

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
PICTURE = {"Accept": "image/png"}
ROWS, COLUMNS = 40, 60
WINDOW = {"WindowCenter": "128", "WindowWidth": "256"}
"""The linear window under which the value v of 0 to 255 is shown as v."""


def address(dataset: Dataset) -> str:
    """The path of an instance."""
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}"


def ramp(frame: int) -> npt.NDArray[np.uint16]:
    """Columns that grow brighter to the right; each frame ten levels above the one before."""
    return np.broadcast_to(np.arange(COLUMNS, dtype="<u2") * 2 + frame * 10, (ROWS, COLUMNS)).copy()


def an_image(frames: int = 1, **attributes: object) -> Dataset:
    """Frames of ramps."""
    described: dict[str, object] = WINDOW | {
        "Rows": ROWS,
        "Columns": COLUMNS,
        "NumberOfFrames": str(frames),
        "PixelData": b"".join(ramp(n).tobytes() for n in range(frames)),
    }
    return a_ct(**(described | attributes))


def levels(content: bytes) -> npt.NDArray[np.int64]:
    """The levels in a picture."""
    return np.asarray(Image.open(io.BytesIO(content)), np.int64)


@pytest.fixture
def image(archived: Archive) -> Dataset:
    """An archived image of one frame."""
    dataset = an_image()
    archived(file_bytes(dataset))
    return dataset


@pytest.fixture
def film(archived: Archive) -> Dataset:
    """An archived image of five compressed frames."""
    streams = [bytes(imagecodecs.jpegls_encode(ramp(n))) for n in range(5)]
    dataset = an_image(5, PixelData=encapsulate(streams))
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEGLSLossless))
    return dataset


async def test_a_picture_shows_the_values_under_their_window(web: httpx.AsyncClient, image: Dataset) -> None:
    exact = await web.get(f"{address(image)}/rendered", headers=PICTURE)
    assert exact.headers["content-type"] == "image/png"
    assert np.abs(levels(exact.content) - ramp(0)).max() <= 1
    usual = await web.get(f"{address(image)}/rendered")
    assert usual.headers["content-type"] == "image/jpeg"
    assert np.abs(levels(usual.content) - ramp(0)).max() <= 4
    assert Image.open(io.BytesIO(usual.content)).format == "JPEG"


async def test_another_window_is_another_picture(web: httpx.AsyncClient, image: Dataset) -> None:
    for window, expected in (
        ("59,2,linear-exact", np.where(ramp(0) >= 60, 255, np.where(ramp(0) <= 58, 0, 128))),
        ("128.5,257,linear", ramp(0)),
    ):
        answer = await web.get(f"{address(image)}/rendered?window={window}", headers=PICTURE)
        assert np.abs(levels(answer.content) - expected).max() <= 1, window


async def test_worse_quality_is_fewer_bytes(web: httpx.AsyncClient, archived: Archive) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (ROWS, COLUMNS)).astype("<u2")
    dataset = an_image(PixelData=noise.tobytes())
    archived(file_bytes(dataset))
    sizes = [
        len((await web.get(f"{address(dataset)}/rendered?quality={quality}")).content)
        for quality in (5, 50, 100)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] * 2 < sizes[2]


@pytest.mark.parametrize(
    "viewport, size",
    [
        ("30,20", (30, 20)),
        ("30,30", (30, 20)),
        ("120,120", (120, 80)),
        ("30,30,0,0,20,40", (15, 30)),
        ("1,1", (1, 1)),
    ],
)
async def test_a_picture_fits_its_viewport_and_keeps_its_shape(
    web: httpx.AsyncClient, image: Dataset, viewport: str, size: tuple[int, int]
) -> None:
    answer = await web.get(f"{address(image)}/rendered?viewport={viewport}", headers=PICTURE)
    assert Image.open(io.BytesIO(answer.content)).size == size


async def test_a_part_can_be_shown_and_mirrored(web: httpx.AsyncClient, image: Dataset) -> None:
    part = await web.get(f"{address(image)}/rendered?viewport=10,10,20,5,10,10", headers=PICTURE)
    assert np.abs(levels(part.content) - ramp(0)[5:15, 20:30]).max() <= 1
    turned = await web.get(f"{address(image)}/rendered?viewport=10,10,20,5,-10,10", headers=PICTURE)
    assert np.abs(levels(turned.content) - ramp(0)[5:15, 20:30][:, ::-1]).max() <= 1


@pytest.mark.parametrize("keyword", ["PixelSpacing", "PixelAspectRatio"])
async def test_pixels_that_are_not_square_are_shown_in_true_proportion(
    web: httpx.AsyncClient, archived: Archive, keyword: str
) -> None:
    dataset = an_image()
    setattr(dataset, keyword, ["2", "1"])
    archived(file_bytes(dataset))
    answer = await web.get(f"{address(dataset)}/rendered?viewport=120,120", headers=PICTURE)
    assert Image.open(io.BytesIO(answer.content)).size == (90, 120)


async def test_frames_by_number_and_the_one_that_stands_for_all(
    web: httpx.AsyncClient, film: Dataset, archived: Archive
) -> None:
    one = await web.get(f"{address(film)}/frames/4/rendered", headers=PICTURE)
    assert np.abs(levels(one.content) - ramp(3)).max() <= 1
    several = await web.get(f"{address(film)}/frames/5,1/rendered", headers=PICTURE)
    assert [kind for kind, _ in parts(several)] == ["image/png"] * 2
    for (_, content), number in zip(parts(several), (4, 0), strict=True):
        assert np.abs(levels(content) - ramp(number)).max() <= 1
    in_parts = await web.get(
        f"{address(film)}/frames/2/rendered", headers={"Accept": 'multipart/related; type="image/png"'}
    )
    assert len(parts(in_parts)) == 1
    middle = await web.get(f"{address(film)}/rendered", headers=PICTURE)
    assert np.abs(levels(middle.content) - ramp(2)).max() <= 1
    named = an_image(5, RepresentativeFrameNumber=5)
    archived(file_bytes(named))
    last = await web.get(f"{address(named)}/rendered", headers=PICTURE)
    assert np.abs(levels(last.content) - ramp(4)).max() <= 1
    for frames, status in (("6", 404), ("0", 404), ("x", 400)):
        assert (await web.get(f"{address(film)}/frames/{frames}/rendered")).status_code == status


async def test_a_series_and_a_study_are_a_picture_of_each_object(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    uids = a_ct()
    damaged = encapsulate([b"\xff\xd8 this is no JPEG-LS"])
    for number, (series, pixels) in enumerate((("1.2.1", None), ("1.2.1", damaged), ("1.2.2", None))):
        dataset = an_image(
            StudyInstanceUID=uids.StudyInstanceUID,
            SeriesInstanceUID=series,
            SeriesNumber=series[-1],
            InstanceNumber=str(number),
            PixelData=pixels or ramp(number).tobytes(),
        )
        dataset["PixelData"].VR = "OB" if pixels else "OW"
        archived(file_bytes(dataset, JPEGLSLossless) if pixels else file_bytes(dataset))
    report = a_ct(
        StudyInstanceUID=uids.StudyInstanceUID,
        SeriesInstanceUID="1.2.3",
        PixelData=None,
        Rows=None,
        Columns=None,
    )
    archived(file_bytes(report))
    study = f"/studies/{uids.StudyInstanceUID}"
    in_series = parts(await web.get(f"{study}/series/1.2.1/rendered", headers=PICTURE))
    assert len(in_series) == 1
    assert np.abs(levels(in_series[0][1]) - ramp(0)).max() <= 1
    assert len(parts(await web.get(f"{study}/rendered", headers=PICTURE))) == 2
    beside = await web.get(f"{study}/rendered?viewport=9,9,{COLUMNS},0,,", headers=PICTURE)
    assert (beside.status_code, parts(beside)) == (200, []), "of no image the viewport shows anything"
    nothing = await web.get(f"{study}/series/1.2.3/rendered")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "dicomweb.picture_not_found")
    for tail in ("rendered", "thumbnail", "pixeldata", "frames/1/rendered"):
        assert (await web.get(f"{address(report)}/{tail}")).status_code == 404


async def test_thumbnails_at_every_level(web: httpx.AsyncClient, archived: Archive) -> None:
    uids = large = a_ct()
    for number in range(3):
        large = an_image(
            StudyInstanceUID=uids.StudyInstanceUID,
            SeriesInstanceUID=uids.SeriesInstanceUID,
            InstanceNumber=str(number),
            Rows=400,
            Columns=600,
            PixelData=np.full((400, 600), number * 100, "<u2").tobytes(),
        )
        archived(file_bytes(large))
    study = f"/studies/{uids.StudyInstanceUID}"
    for path, brightness in (
        (study, 100),
        (f"{study}/series/{uids.SeriesInstanceUID}", 100),
        (address(large), 200),
        (f"{address(large)}/frames/1", 200),
    ):
        answer = await web.get(f"{path}/thumbnail")
        assert answer.headers["content-type"] == "image/jpeg", path
        assert Image.open(io.BytesIO(answer.content)).size == (192, 128)
        assert abs(levels(answer.content).mean() - brightness) < 3, path
        smaller = await web.get(f"{path}/thumbnail?viewport=60,60", headers=PICTURE)
        assert Image.open(io.BytesIO(smaller.content)).size == (60, 40)


async def test_a_small_image_is_not_blown_up_in_its_thumbnail(web: httpx.AsyncClient, image: Dataset) -> None:
    answer = await web.get(f"{address(image)}/thumbnail")
    assert Image.open(io.BytesIO(answer.content)).size == (COLUMNS, ROWS)


async def test_what_is_known_is_not_rendered_again(web: httpx.AsyncClient, film: Dataset) -> None:
    tags = set()
    for tail in ("rendered", "rendered?quality=50", "frames/1/rendered", "frames/2/rendered", "thumbnail"):
        first = await web.get(f"{address(film)}/{tail}")
        tags.add(first.headers["etag"])
        again = await web.get(f"{address(film)}/{tail}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), tail
    assert len(tags) == 5


async def test_wishes_that_cannot_be_met_are_named(web: httpx.AsyncClient, image: Dataset) -> None:
    for query, parameter in (
        ("annotation=patient", "annotation"),
        ("iccprofile=srgb", "iccprofile"),
        ("viewport=9,9,60,0,5,5", "viewport"),
        ("window=1,2,curved", "window"),
        ("quality=200", "quality"),
    ):
        answer = await web.get(f"{address(image)}/rendered?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "dicomweb.rendering_refused"), query
        assert answer.json()["params"]["parameter"] == parameter
    other = await web.get(f"{address(image)}/rendered", headers={"Accept": "image/gif"})
    assert (other.status_code, other.json()["code"]) == (406, "dicomweb.not_acceptable")
    assert other.json()["params"]["offered"] == [
        "image/jpeg; transfer-syntax=*",
        "image/png; transfer-syntax=*",
    ]


async def test_a_frame_that_cannot_be_decoded_has_no_picture(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    dataset = an_image(PixelData=encapsulate([b"\xff\xd8 this is no JPEG-LS \xff\xd9"]))
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEGLSLossless))
    answer = await web.get(f"{address(dataset)}/rendered")
    assert (answer.status_code, answer.json()["code"]) == (409, "dicomweb.frame_undecodable")
    assert answer.json()["params"] == {"frame": 1, "fault": "pixels.undecodable"}


async def test_the_foreign_has_no_picture(web: httpx.AsyncClient, archived: Archive) -> None:
    foreign, unknown = an_image(), an_image()
    archived(file_bytes(foreign), CITY)
    for tail in ("rendered", "thumbnail", "frames/1/rendered", "frames/1/thumbnail", "pixeldata"):
        theirs, nobodys = [await web.get(f"{address(one)}/{tail}") for one in (foreign, unknown)]
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert theirs.json()["code"] == nobodys.json()["code"] == "dicom.study_not_found"
        assert (await web.get(f"{address(foreign)}/{tail}", headers={"X-Who": ""})).status_code == 401
    study = f"/studies/{foreign.StudyInstanceUID}"
    for path in (study, f"{study}/series/{foreign.SeriesInstanceUID}"):
        for tail in ("rendered", "thumbnail"):
            assert (await web.get(f"{path}/{tail}")).json()["code"] == "dicom.study_not_found"
            assert (await web.get(f"{path}/{tail}", headers={"X-Who": "city"})).status_code == 200


def test_the_work_of_a_picture_tells_faults() -> None:
    document = an_image(PixelData=None).to_json_dict() | {"7FE00010": {"vr": "OW"}}
    (facts,) = frames_of(document, "1.2.840.10008.1.2.1", 1)
    assert facts.form is not None
    whole = Region(left=0, top=0, width=COLUMNS, height=ROWS)

    def shown(frame: FrameJob) -> bytes | Fault:
        assert facts.form is not None
        return picture(PictureJob(frame=frame, form=facts.form, region=whole, wish=Wish(), media_type=PNG))

    assert shown(FrameJob(frame=1, form=Fault.TOO_LARGE, source=b"", index=None)) is Fault.TOO_LARGE
    assert shown(FrameJob(frame=1, form=facts.pixels, source=b"", index=None)) is Fault.TRUNCATED
    made = shown(FrameJob(frame=1, form=facts.pixels, source=ramp(0).tobytes(), index=None))
    assert isinstance(made, bytes)
    assert np.abs(levels(made) - ramp(0)).max() <= 1
