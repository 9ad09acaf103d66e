"""A video of a study is played among its images: by keys, frame by frame, and said to be converted."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from pydicom.dataset import Dataset

from consult_server.demo import cast
from tests.e2e.reading import ACQUIRED_AT, Reading, a_case, open_reading
from tests.factories.videos import HEIGHT, MPEG2_MAIN, RATE, WIDTH, a_stream, a_video, pictures
from tests.fixtures.browser import Visit
from tests.fixtures.screens import axe_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P12")
FRAMES, SCALE = 75, 4


def an_endoscopy(study: str, accession: str, stream: bytes, syntax: str) -> Dataset:
    made = a_video(stream, syntax, frames=FRAMES, study=study)
    made.PatientID, made.PatientName, made.AccessionNumber = PATIENT.patient_id, "Test^Video", accession
    made.StudyDate, made.StudyTime = ACQUIRED_AT.strftime("%Y%m%d"), ACQUIRED_AT.strftime("%H%M%S")
    made.SeriesDescription, made.SeriesNumber = "胃镜录像", 1
    made.Rows, made.Columns = HEIGHT * SCALE, WIDTH * SCALE
    return made


@pytest.fixture(scope="module")
def endoscopy(serving: Serving) -> Reading:
    stream = a_stream("mpeg2video", "mpeg2video", pictures(FRAMES, WIDTH * SCALE, HEIGHT * SCALE))
    both = [an_endoscopy("1.2.77.1", "E2EVIDEO", stream, MPEG2_MAIN) for _ in range(2)]
    for number, one in enumerate(both, 1):
        one.InstanceNumber = number
    return a_case(serving, both, PATIENT)


@pytest.fixture(scope="module")
def damaged(serving: Serving) -> Reading:
    return a_case(
        serving, [an_endoscopy("1.2.77.2", "E2ENOVIDEO", b"\0\0\1\xb3" + bytes(99), MPEG2_MAIN)], PATIENT
    )


def controls(page: Page) -> Locator:
    return page.get_by_role("region", name="视频播放")


def shows(page: Page, expression: str) -> None:
    """Wait until something holds of the page's video, called `video` there."""
    wait_until(lambda: page.locator("video").evaluate(f"(video) => {expression}"), 20)


def test_a_video_plays_rests_and_goes_frame_by_frame(
    serving: Serving, window: Callable[..., Visit], endoscopy: Reading
) -> None:
    page = open_reading(window(), serving, endoscopy)
    expect(controls(page)).to_contain_text("转换画面 · 有损")
    expect(controls(page)).to_contain_text(f"帧 1/{FRAMES}")
    video = page.locator("video")
    page.locator("[data-viewport] canvas").first.focus()
    page.keyboard.press("c")
    shows(page, "video.currentTime > 0.3")
    page.keyboard.press("c")
    expect(video).to_have_js_property("paused", True)
    page.keyboard.press("End")
    expect(controls(page)).to_contain_text(f"帧 {FRAMES}/{FRAMES}")
    page.keyboard.press("ArrowUp")
    expect(controls(page)).to_contain_text(f"帧 {FRAMES - 1}/{FRAMES}")
    shows(page, f"Math.abs(video.currentTime - {(FRAMES - 1.5) / RATE}) < 0.02")
    page.keyboard.press("Home")
    controls(page).get_by_role("button", name="下一帧").click()
    expect(controls(page)).to_contain_text(f"帧 2/{FRAMES}")
    slider = controls(page).get_by_role("slider", name="播放位置")
    slider.press("ArrowRight")
    expect(controls(page)).to_contain_text(f"帧 3/{FRAMES}")
    expect(slider).to_have_attribute("aria-valuetext", f"第 3 帧，共 {FRAMES} 帧，0:00.0")
    controls(page).get_by_label("播放速度").select_option("2×")
    expect(video).to_have_js_property("playbackRate", 2)
    assert axe_faults(page) == []


def test_after_the_last_frame_comes_the_next_video(
    serving: Serving, window: Callable[..., Visit], endoscopy: Reading
) -> None:
    visit = window()
    page = open_reading(visit, serving, endoscopy)
    corners = page.locator("[data-viewport] .corners").first
    expect(controls(page)).to_be_visible()
    expect(corners).to_contain_text("视频 1/2")
    page.locator("[data-viewport] canvas").first.focus()
    page.keyboard.press("c")
    shows(page, "video.currentTime > 0")
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    expect(corners).to_contain_text("视频 2/2")
    expect(controls(page)).to_contain_text(f"帧 1/{FRAMES}")
    expect(page.locator("video")).to_have_js_property("paused", True)
    page.keyboard.press("ArrowUp")
    expect(corners).to_contain_text("视频 1/2")
    assert visit.faults == []


def test_tools_that_need_pixel_values_are_not_offered(
    serving: Serving, window: Callable[..., Visit], endoscopy: Reading
) -> None:
    page = open_reading(window(), serving, endoscopy)
    expect(controls(page)).to_be_visible()
    rail = page.get_by_role("toolbar", name="工具")
    for name in ("窗宽窗位", "测距", "椭圆感兴趣区", "反色"):
        expect(rail.get_by_role("button", name=name)).to_have_attribute("aria-disabled", "true")
    expect(rail.get_by_role("button", name="平移")).not_to_have_attribute("aria-disabled", "true")
    before = page.locator("video").evaluate("(video) => video.getBoundingClientRect().width")
    page.locator("[data-viewport] canvas").first.focus()
    page.keyboard.press("+")
    shows(page, f"video.getBoundingClientRect().width > {before * 1.2}")


def test_what_cannot_be_played_says_why(
    serving: Serving, window: Callable[..., Visit], damaged: Reading
) -> None:
    page = open_reading(window(), serving, damaged)
    said = page.locator("[data-viewport]").get_by_role("status")
    expect(said).to_contain_text("这段视频不能播放")
    expect(said).to_contain_text("视频数据有损坏")
    expect(page.locator("video")).to_have_count(0)
