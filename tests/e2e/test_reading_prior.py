"""A CT beside its prior by keyboard alone, from the worklist to the next case; protocols without code."""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, Reconstruction, chest_ct
from consult_server.demo.send import send
from tests.e2e.reading import Reading, View, a_case, open_reading, pane
from tests.factories.cases import ok
from tests.fixtures.browser import PHONE, Visit, mark, sign_in
from tests.fixtures.screens import axe_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT, OTHER = cast.patient("P13"), cast.patient("P06")
SLICES = 12
SERIES = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
DAYS = 191


@pytest.fixture(scope="module")
def cases(serving: Serving) -> tuple[Reading, Reading]:
    """A CT with one of 191 days before, and another case; both assigned to 许诺."""
    now = datetime.now(UTC)
    earlier = list(
        chest_ct(
            PATIENT,
            accession="E2EPRIOR0",
            acquired_at=now - timedelta(days=DAYS),
            slices=SLICES,
            series=(SERIES,),
            seed=31,
        )
    )
    sent = send(
        earlier, host="127.0.0.1", port=serving.dicom_port, calling_ae="SQZX_PACS", called_ae="LIANZHEN"
    )
    assert sent.complete
    both = [
        a_case(
            serving,
            chest_ct(
                patient,
                accession=accession,
                acquired_at=now,
                slices=SLICES,
                series=(replace(SERIES, number=1),),
                seed=seed,
            ),
            patient,
        )
        for patient, accession, seed in ((PATIENT, "E2EPRIOR1", 32), (OTHER, "E2EPRIOR2", 33))
    ]

    def found() -> bool:
        with closing(serving.client("xunuo")) as specialist:
            rows = ok(specialist.get(f"/api/studies/{both[0].study_uid}/priors"))["rows"]
        return any(row["relevant"] for row in rows)

    wait_until(found, 40)
    return both[0], both[1]


def from_the_worklist(page: Page, reading: Reading) -> None:
    """Choose the case with the arrows and open it with Enter."""
    row = page.locator(f'[data-key="{reading.consult_id}"]')
    expect(row).to_be_visible()
    for _ in range(40):
        if row.get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowDown")
    expect(row).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/read/"))


def beside(page: Page) -> None:
    """The prior stands beside, named as such, and follows by position."""
    ports = page.locator("[data-viewport]")
    expect(ports).to_have_count(2, timeout=20_000)
    band = ports.nth(1).locator(".band")
    expect(band).to_contain_text("既往")
    expect(band).to_contain_text(f"{DAYS} 天前")
    expect(ports.nth(0).locator(".band")).to_have_count(0)
    corners = ports.nth(1).locator(".corners")
    expect(corners).to_contain_text("同步")
    ports.nth(0).locator("canvas").first.focus()
    page.keyboard.press("Home")
    expect(corners).to_contain_text(f"层 1/{SLICES}")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(corners).to_contain_text(f"层 4/{SLICES}")
    expect(ports.nth(1).locator("canvas").first).to_have_attribute("aria-label", re.compile("^既往 "))


def stepped(page: Page) -> None:
    """Stages by , and . – the prior away and back by Alt and arrows."""
    ports = page.locator("[data-viewport]")
    strip = page.get_by_role("region", name="布局方案")
    expect(strip).to_contain_text("1/3 肺窗对照")
    page.keyboard.press(".")
    expect(strip).to_contain_text("2/3 纵隔窗对照")
    expect(ports.nth(0).locator(".corners")).to_contain_text("纵隔窗")
    page.keyboard.press(",")
    expect(strip).to_contain_text("1/3 肺窗对照")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".band")).to_have_count(0)
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.locator(".band")).to_have_count(1)


def test_a_ct_is_read_beside_its_prior_by_keyboard_alone(
    window: Callable[..., Visit], serving: Serving, cases: tuple[Reading, Reading]
) -> None:
    visit = window()
    page = sign_in(visit, serving, "xunuo")
    from_the_worklist(page, cases[0])
    mark(page, "lianzhen:first-image")
    beside(page)
    stepped(page)
    page.locator("[data-viewport] canvas").first.focus()
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    expect(page.locator("[data-viewport]").first.locator("svg.marks text")).to_contain_text("mm")
    findings = pane(page).get_by_label("影像所见")
    findings.wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if findings.evaluate("(area) => area === document.activeElement"):
            break
    page.keyboard.type("与既往比较无变化。")
    page.keyboard.press("F2")
    expect(findings).to_have_value(re.compile(r"与既往比较无变化。.*mm", re.DOTALL))
    assert axe_faults(page) == []
    page.keyboard.press("F4")
    page.wait_for_url(re.compile(f"/read/(?!{re.escape(cases[0].study_uid)})"))
    pane(page).get_by_label("影像所见").wait_for()
    page.keyboard.press("Shift+F4")
    page.wait_for_url(re.compile(f"/read/{re.escape(cases[0].study_uid)}"))
    expect(pane(page).get_by_label("影像所见")).to_have_value(re.compile("与既往比较无变化。"))
    assert visit.faults == []


def test_a_protocol_is_made_without_code_tried_and_taken_back(
    window: Callable[..., Visit], serving: Serving, cases: tuple[Reading, Reading]
) -> None:
    visit = window()
    page = sign_in(visit, serving, "xunuo")
    page.goto(cases[0].href(serving))
    View(page)
    expect(page.locator(".band")).to_have_count(1, timeout=20_000)
    page.keyboard.press("Shift+G")
    dialog = page.get_by_role("dialog", name="布局方案")
    dialog.get_by_role("button", name="把现在的布局存成方案").click()
    dialog.get_by_label("名称", exact=True).fill("我的胸部对照")
    assert axe_faults(page) == []
    dialog.get_by_role("button", name="保存", exact=True).click()
    expect(dialog.get_by_role("listitem").filter(has_text="我的胸部对照")).to_contain_text("本人")
    page.reload()
    strip = page.get_by_role("region", name="布局方案")
    expect(strip).to_contain_text("我的胸部对照", timeout=20_000)
    page.keyboard.press("Shift+G")
    mine = dialog.get_by_role("listitem").filter(has_text="我的胸部对照")
    mine.get_by_role("button", name="删除").click()
    expect(mine).to_have_count(0)
    assert visit.faults == []


def test_a_phone_shows_one_study_and_has_room_for_the_prior(
    window: Callable[..., Visit], serving: Serving, cases: tuple[Reading, Reading]
) -> None:
    page = open_reading(window(PHONE), serving, cases[0])
    mark(page, "lianzhen:series-loaded")
    prior = page.get_by_role("region", name="既往检查")
    expect(prior).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(page.locator("[data-viewport]")).to_have_count(1)
    prior.get_by_role("button").first.click()
    expect(page.locator(".band")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
