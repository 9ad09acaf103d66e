"""OHIF 3.13.2, which nobody here wrote, opens what hospitals sent us: a CT, an MR, a cine and a 12-lead ECG.

`make ohif` fetches it and runs this. Its pictures are left in the folder that LIANZHEN_SCREENSHOTS names.
"""

import functools
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from config.prepare import SetUpFailed
from consult_server.demo import cast
from tests.bench.ohif import DIST, Front, standing, unpack
from tests.dicom_node.oracle import head_of, identity_of
from tests.dicom_node.raw_scu import status, storing
from tests.fixtures.browser import DESK, open_window
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.samples,
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
]
SENDER = "OHIF_SENDER"
PICTURE_SECONDS = 180
SPREAD, ACROSS, CHANGED = 10.0, 0.95, 0.01
LEADS, SAMPLES, SAMPLE_BYTES = 12, 10_000, 2
Pixels = npt.NDArray[np.int16]


def chosen(samples: Path) -> dict[str, list[Path]]:
    """What is opened."""
    return {
        "ct": sorted((samples / "ct" / "philips_54").glob("I*"))[:8],
        "mr": sorted((samples / "mr" / "siemens_mprage_96of192").glob("*.dcm"))[:6],
        "us": [samples / "us" / "examples_ybr_color.dcm"],
        "ecg": [samples / "ecg" / "dicom" / "waveform_ecg.dcm"],
    }


@pytest.fixture(scope="module")
def front(serving: Serving, samples: Path) -> Iterator[Front]:
    """OHIF beside our root, signed in as a doctor of the hospital that sent the samples."""
    assert (DIST / "index.html").is_file(), "OHIF is not here: make ohif fetches it"
    serving.command("peers", "add", "--ae-title", SENDER, "--institution", cast.TOWNSHIP.name)

    def is_sent(path: Path) -> bool:
        syntax, offset = head_of(path)
        content = path.read_bytes()[offset:]
        return status(storing(serving.dicom_port, *identity_of(path), content, syntax, SENDER)) == 0

    for files in chosen(samples).values():
        for path in files:
            wait_until(functools.partial(is_sent, path))
    token = serving.command("token", "create", "--user", "zhouli")
    with standing(Front(serving.http_port, token, DIST)) as made:
        yield made


@pytest.fixture
def page(front: Front, chrome: Browser) -> Iterator[Page]:
    """An empty window; nothing may go wrong in it, and nothing may be asked of another origin."""
    visit = open_window(chrome, front.url, DESK)
    before = len(front.asked)
    try:
        yield visit.page
    finally:
        visit.context.close()
    assert (visit.faults, visit.foreign) == ([], [])
    assert [one for one in front.asked[before:] if one.status != 200] == []


def viewport(page: Page) -> Pixels:
    """What a person sees where the images are."""
    boxes = [canvas.bounding_box() for canvas in page.locator("canvas").all()]
    sizes = [box for box in boxes if box is not None and box["width"] >= 300]
    if not sizes:
        return np.zeros((1, 1, 3), np.int16)
    box = max(sizes, key=lambda one: one["width"] * one["height"])
    shot = page.screenshot(
        clip={"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}
    )
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int16)


def opened(page: Page, front: Front, path: Path) -> Pixels:
    """The viewport once it shows something, with the tour for beginners put away."""
    study = pydicom.dcmread(path, stop_before_pixels=True).StudyInstanceUID
    page.goto(f"{front.url}/viewer?StudyInstanceUIDs={study}")
    page.get_by_text("Skip all").click(timeout=PICTURE_SECONDS * 1000)
    wait_until(lambda: viewport(page).std() > SPREAD, PICTURE_SECONDS)
    return viewport(page)


def photographed(page: Page, name: str) -> None:
    """A picture for people, where somebody wants one."""
    folder = os.environ.get("LIANZHEN_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"ohif-{name}.png")


@pytest.mark.parametrize("kind", ["ct", "mr", "us"])
def test_it_shows_images_and_scrolls_through_them(kind: str, front: Front, page: Page, samples: Path) -> None:
    files = chosen(samples)[kind]
    first = opened(page, front, files[0])
    photographed(page, kind)
    page.mouse.move(DESK["width"] / 2, DESK["height"] / 2)
    page.mouse.wheel(0, 300)

    def is_another() -> bool:
        now = viewport(page)
        return now.shape == first.shape and float((abs(now - first).max(-1) > 20).mean()) > CHANGED

    wait_until(is_another, PICTURE_SECONDS)
    uid = pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID
    frames = {one.path for one in front.answered("/frames/") if uid in one.path}
    assert len(frames) >= min(len(files), 2) + (kind == "us")


def test_it_draws_the_leads_of_a_real_ecg(front: Front, page: Page, samples: Path) -> None:
    """The traces are white on a red grid. Debian's Orthanc answers the request for the samples with 400."""
    shown = opened(page, front, chosen(samples)["ecg"][0])
    photographed(page, "ecg")
    white = (shown.min(-1) > 100) & (shown.max(-1) - shown.min(-1) < 40)
    assert white.any(axis=0).mean() > ACROSS
    red = (shown[..., 0] > 40) & (shown[..., 1] < 30)
    assert red.any(axis=0).mean() > 1 / 50
    asked = front.answered("/bulkdata/")
    assert [(one.status, one.bytes_count) for one in asked] == [(200, LEADS * SAMPLES * SAMPLE_BYTES)]


def test_another_package_of_that_name_is_not_taken(tmp_path: Path) -> None:
    package = tmp_path / "ohif-app.tgz"
    package.write_bytes(b"not what was built")
    with pytest.raises(SetUpFailed, match="has the SHA-512 "):
        unpack(package, "AAAA", tmp_path)
    assert list(tmp_path.iterdir()) == []
